BEGIN;

-- asset_now.yomi is the key of the order: folded for comparing, and the name where no reading was
-- typed. What was typed stands beside it, for files and prints.
ALTER TABLE asset_now ADD reading text NOT NULL DEFAULT '';
COMMENT ON COLUMN asset_now.yomi IS '五十音順の並べ替えの鍵。画面や台帳には出さない';
COMMENT ON COLUMN asset_now.reading IS 'ふりがな（入力されたまま）';
ALTER TABLE asset_now DISABLE TRIGGER USER;
UPDATE asset_now n SET reading = coalesce(v.content::jsonb #>> '{values,yomi}', '')
FROM asset_version v WHERE v.asset_id = n.asset_id AND v.no = coalesce(n.version_no, n.pending_no);
UPDATE asset_now n SET reading = coalesce(d.form #>> '{yomi,0}', '')
FROM draft d WHERE d.asset_id = n.asset_id AND n.version_no IS NULL AND n.pending_no IS NULL;
ALTER TABLE asset_now ENABLE TRIGGER USER;

COMMIT;

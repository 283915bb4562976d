BEGIN;

-- An adoption stands behind the content that was there when it was recorded. Schemes and catalogues are
-- kept from changing afterwards; an organisation does change with the years, so its adoption names what
-- it adopted, and what changes later waits for an adoption of its own.
ALTER TABLE pack ADD COLUMN org_sha256 bytea;
COMMENT ON COLUMN pack.org_sha256 IS '持ち込んだ組織（構成団体・機関・組織・職）の要約値。組織を持ち込まないパックは空。この欄ができる前の読込みはNULL';
ALTER TABLE adoption ADD COLUMN content bytea CHECK (content IS NULL OR target = 'org');
COMMENT ON COLUMN adoption.content IS '採用した組織の要約値（パックのorg_sha256）。組織がこのあと変わると、もう一度採用するまで「案・未照合」と表示する';
ALTER TABLE adoption DROP CONSTRAINT adoption_target_code_key;
CREATE UNIQUE INDEX adoption_once ON adoption (target, code, coalesce(content, ''));
-- One decision adopts one content: its number does not vouch for what was changed after it.
CREATE UNIQUE INDEX adoption_doc_no ON adoption (target, code, doc_no);

-- What the levels of earlier editions become is a part of what was adopted. Rows for other editions may
-- still be added.
CREATE CONSTRAINT TRIGGER adopted AFTER UPDATE ON scheme_mapping DEFERRABLE INITIALLY DEFERRED FOR EACH ROW
  WHEN (OLD.to_codes IS DISTINCT FROM NEW.to_codes) EXECUTE FUNCTION scheme_adopted_guard();

COMMIT;

BEGIN;

ALTER TABLE asset_now DROP reading;
COMMENT ON COLUMN asset_now.yomi IS NULL;

COMMIT;

BEGIN;
ALTER TABLE asset_now DROP CONSTRAINT asset_now_detail;
DROP FUNCTION detail_ok;
COMMIT;

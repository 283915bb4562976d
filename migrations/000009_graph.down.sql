BEGIN;
DROP VIEW travel;
ALTER TABLE level_now DROP CONSTRAINT level_now_witness, DROP COLUMN gathered;
COMMENT ON COLUMN level_now.via IS NULL;
DROP INDEX relation_owner;
ALTER TABLE relation DROP CONSTRAINT relation_pass, DROP COLUMN effect, DROP COLUMN pass_c, DROP COLUMN pass_i, DROP COLUMN pass_a;
COMMIT;

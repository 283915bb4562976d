BEGIN;
DROP FUNCTION reference_changed CASCADE;
DROP TABLE reference_head;
COMMIT;

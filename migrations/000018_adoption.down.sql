BEGIN;
DROP TRIGGER adopted ON scheme_mapping;
DROP INDEX adoption_doc_no;
DROP INDEX adoption_once;
ALTER TABLE adoption ADD CONSTRAINT adoption_target_code_key UNIQUE (target, code);
ALTER TABLE adoption DROP COLUMN content;
ALTER TABLE pack DROP COLUMN org_sha256;
COMMIT;

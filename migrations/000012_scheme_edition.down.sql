BEGIN;
DROP INDEX asset_now_scheme;
ALTER TABLE asset_now DROP COLUMN scheme_id;
DROP FUNCTION scheme_prune(bigint, text, jsonb), scheme_discard(bigint);
ALTER TABLE scheme_judgement ALTER CONSTRAINT scheme_judgement_scheme_id_axis_level_fkey NOT DEFERRABLE;
DROP TRIGGER adopted ON scheme_axis;
DROP TRIGGER adopted ON scheme_level;
DROP TRIGGER adopted ON scheme_question;
DROP TRIGGER adopted ON scheme_judgement;
DROP TRIGGER guard ON scheme_axis;
DROP TRIGGER guard ON scheme_level;
DROP TRIGGER guard ON scheme_question;
DROP TRIGGER guard ON scheme_judgement;
DROP TRIGGER guard ON scheme;
DROP TABLE scheme_decision, scheme_mapping;
DROP FUNCTION scheme_adopted_guard(), scheme_part_guard(), scheme_decision_guard(), scheme_guard(), scheme_level_at(bigint, text, smallint),
  scheme_today(), scheme_in_force(date);
ALTER TABLE scheme DROP COLUMN edit_no, DROP COLUMN proposer_id, DROP COLUMN note, DROP COLUMN in_force_from, DROP COLUMN base_id, DROP COLUMN state;
COMMIT;

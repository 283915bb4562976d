BEGIN;
DROP TABLE tenure, decision_item, decision, application_step, application_item, application;
DROP FUNCTION tenure_guard;
COMMIT;

BEGIN;

DROP TABLE placement;
DROP TABLE model_decision;
DROP TABLE crossing;

COMMIT;

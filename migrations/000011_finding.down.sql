BEGIN;

DROP TABLE asset_completeness;
DROP TABLE check_run;
DROP TABLE finding_acceptance;
DROP TABLE finding;
DROP TABLE check_rule;

COMMIT;

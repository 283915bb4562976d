BEGIN;
DROP VIEW requirement;
DROP FUNCTION census_facets;
DROP TABLE census, census_sum, asset_file, file, asset_member, asset_code, asset_due, asset_review, asset_now, level_now, relation, relation_rule,
  draft, asset_version, asset;
DROP FUNCTION census_count, census_fold, asset_guard;
COMMIT;

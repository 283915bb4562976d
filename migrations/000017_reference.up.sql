BEGIN;

-- Organisation, schemes, catalogues and rules change a few times a year and are asked for by every
-- request, so each process keeps them in memory. The mark names the state of these tables: whoever
-- changes one of them puts a new mark and holds the row to commit. Mark and content change in one
-- moment for every snapshot; changes come one after another; one that rolls back leaves the mark that
-- was there, with the content that was there. The mark is random, so that no two states ever share one,
-- a database that was restored included.
CREATE TABLE reference_head (
  only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row),
  mark     uuid NOT NULL DEFAULT gen_random_uuid()
);
COMMENT ON TABLE reference_head IS '基準データ（組織・分類体系・対策基準・点検規則など）の現在の状態の印。変わるたびに新しい印になり、控えが古いことを見分ける【運用】';
INSERT INTO reference_head DEFAULT VALUES;
GRANT SELECT ON reference_head TO daicho_app;

CREATE FUNCTION reference_changed() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
  UPDATE reference_head SET mark = gen_random_uuid();
  RETURN NULL;
END $$;

CREATE TRIGGER trail_refuse BEFORE INSERT OR DELETE OR TRUNCATE ON reference_head FOR EACH STATEMENT EXECUTE FUNCTION trail_refuse();

DO $$
DECLARE t text;
BEGIN
  FOREACH t IN ARRAY '{adoption, applicability, catalogue, chapter, check_rule, control, host_body, model_decision, organ, placement, post,
    scheme, scheme_axis, scheme_decision, scheme_judgement, scheme_level, scheme_mapping, scheme_question, unit, unit_tree}'::text[] LOOP
    EXECUTE format('CREATE TRIGGER reference AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON %I FOR EACH STATEMENT EXECUTE FUNCTION reference_changed()', t);
  END LOOP;
END $$;
-- The years of which numbers were given: a new one, not each number.
CREATE TRIGGER reference AFTER INSERT ON number_counter FOR EACH ROW EXECUTE FUNCTION reference_changed();

COMMIT;

BEGIN;
DROP TRIGGER guard_set ON tenure;
DROP TRIGGER guard_set_update ON tenure;
DROP FUNCTION tenure_guard_set;
DROP TRIGGER guard_closed ON tenure;
DROP TRIGGER guard ON tenure;
CREATE OR REPLACE FUNCTION tenure_guard() RETURNS trigger LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
DECLARE
  p tenure;
  item application_item;
  falls boolean := false;
BEGIN
  PERFORM trail_act();
  IF TG_OP = 'UPDATE' THEN
    IF OLD.to_rev <> 9223372036854775807 THEN
      RAISE EXCEPTION 'a closed tenure never changes' USING ERRCODE = 'DA002';
    END IF;
    IF NEW.to_rev IS DISTINCT FROM revision_taken() THEN
      RAISE EXCEPTION 'a tenure ends with the revision that ends it' USING ERRCODE = 'DA003';
    END IF;
    RETURN NEW;
  END IF;
  IF NEW.to_rev <> 9223372036854775807 OR NEW.from_rev IS DISTINCT FROM revision_taken() THEN
    RAISE EXCEPTION 'a tenure begins with the revision that begins it' USING ERRCODE = 'DA003';
  END IF;
  SELECT * INTO p FROM tenure WHERE asset_id = NEW.asset_id ORDER BY from_rev DESC LIMIT 1;
  IF FOUND THEN
    IF p.to_rev > NEW.from_rev THEN
      RAISE EXCEPTION 'one tenure of an asset at a time' USING ERRCODE = 'DA003';
    END IF;
    falls := NEW.c < p.c OR NEW.i < p.i OR NEW.a < p.a;
    IF p.decision_id = NEW.decision_id AND falls THEN
      RAISE EXCEPTION 'a level falls only by a decision' USING ERRCODE = 'DA003';
    END IF;
    IF p.decision_id > NEW.decision_id THEN
      RAISE EXCEPTION 'an older decision never comes back into force' USING ERRCODE = 'DA003';
    END IF;
  END IF;
  SELECT x.* INTO item FROM decision d JOIN application_item x ON x.application_id = d.application_id AND x.asset_id = NEW.asset_id
  WHERE d.id = NEW.decision_id;
  IF FOUND THEN -- otherwise the foreign key refuses
    IF falls AND NOT item.lowers THEN
      RAISE EXCEPTION 'a level falls only where the application says so' USING ERRCODE = 'DA003';
    END IF;
    IF NEW.c < item.c OR NEW.i < item.i OR NEW.a < item.a THEN
      RAISE EXCEPTION 'nothing is in force below what was decided' USING ERRCODE = 'DA003';
    END IF;
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER guard BEFORE INSERT OR UPDATE ON tenure FOR EACH ROW EXECUTE FUNCTION tenure_guard();
DROP TRIGGER trail ON tenure;
DROP TRIGGER trail_update ON tenure;
DROP TRIGGER trail_delete ON tenure;
CREATE TRIGGER trail AFTER INSERT OR UPDATE OR DELETE ON tenure FOR EACH ROW EXECUTE FUNCTION trail_mutable('asset_id', 'from_rev');
DROP FUNCTION trail_mutable_set;
COMMIT;

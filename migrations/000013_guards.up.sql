BEGIN;

-- A function that guards looks its tables up where they are, whatever the session has set.
DO $$
DECLARE f regprocedure;
BEGIN
  FOR f IN SELECT p.oid::regprocedure FROM pg_proc p
    WHERE p.pronamespace = 'public'::regnamespace AND p.proconfig IS NULL AND (p.prorettype = 'trigger'::regtype OR p.proname = 'trail_act') LOOP
    EXECUTE format('ALTER FUNCTION %s SET search_path = public, pg_temp', f);
  END LOOP;
END $$;

-- For tables whose rows leave no trace of their own: nothing is written to them without an act.
CREATE FUNCTION trail_needs_act() RETURNS trigger LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
BEGIN
  PERFORM trail_act();
  RETURN NULL;
END $$;

-- The revision that this very transaction took, or null.
CREATE FUNCTION revision_taken() RETURNS bigint LANGUAGE sql STABLE SET search_path = public, pg_temp AS $$
  SELECT r.rev FROM register_head h JOIN revision r ON r.rev = h.rev JOIN act a ON a.id = r.act_id WHERE a.xid = pg_current_xact_id_if_assigned()
$$;

CREATE FUNCTION register_head_guard() RETURNS trigger LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
BEGIN
  IF NEW.rev <> OLD.rev + 1 THEN
    RAISE EXCEPTION 'the register goes on by one revision at a time' USING ERRCODE = 'DA003';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER guard BEFORE UPDATE ON register_head FOR EACH ROW EXECUTE FUNCTION register_head_guard();
CREATE TRIGGER needs_act AFTER UPDATE ON register_head FOR EACH STATEMENT EXECUTE FUNCTION trail_needs_act();
CREATE TRIGGER trail_refuse BEFORE INSERT OR DELETE OR TRUNCATE ON register_head FOR EACH STATEMENT EXECUTE FUNCTION trail_refuse();

-- What an asset requires is read through these; each row says the same for ever.
REVOKE UPDATE, DELETE ON class, requirement_set, set_item FROM daicho_app;
CALL trail_class('class', 'immutable');
CALL trail_class('requirement_set', 'immutable');
CALL trail_class('set_item', 'immutable');
COMMENT ON TABLE class IS '適用区分。種別・区分・領域・個人情報・特性が同じ資産の組。一度できた行は変わらない【不変】';
COMMENT ON TABLE requirement_set IS '必要対策群。対策と理由の組が同じ適用区分で共有する。一度できた行は変わらない【不変】';
COMMENT ON TABLE set_item IS '必要対策群の中身。causes は当てはまった適用条件。一度できた行は変わらない【不変】';

-- Made from the organisation and the catalogue, and yet authority: who reaches which unit, and what
-- is required. Each change is in the trail.
REVOKE DELETE ON class_set FROM daicho_app;
CALL trail_class('class_set', 'mutable', 'class_id', 'catalogue_id');
CALL trail_class('unit_tree', 'mutable', 'above_id', 'unit_id');

-- A relation begins and ends with what is in force; what it said stays.
REVOKE UPDATE, DELETE ON relation FROM daicho_app;
GRANT UPDATE (to_rev) ON relation TO daicho_app;
CREATE FUNCTION relation_guard() RETURNS trigger LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
BEGIN
  IF OLD.to_rev <> 9223372036854775807 THEN
    RAISE EXCEPTION 'a relation that ended never changes' USING ERRCODE = 'DA002';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER guard BEFORE UPDATE ON relation FOR EACH ROW EXECUTE FUNCTION relation_guard();
CREATE TRIGGER needs_act BEFORE INSERT OR UPDATE OR DELETE ON relation FOR EACH STATEMENT EXECUTE FUNCTION trail_needs_act();

-- An application says for ever who asked for what; only how it ended is added, and by a decision.
REVOKE UPDATE ON application, application_item FROM daicho_app;
GRANT UPDATE (state, decided_at) ON application TO daicho_app;
GRANT UPDATE (open) ON application_item TO daicho_app;
CREATE FUNCTION application_guard() RETURNS trigger LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
BEGIN
  PERFORM trail_act();
  IF OLD.state <> 'submitted' THEN
    RAISE EXCEPTION 'an application that ended never changes' USING ERRCODE = 'DA002';
  END IF;
  IF NEW.state IN ('approved', 'returned')
     AND NOT EXISTS (SELECT FROM decision d WHERE d.application_id = NEW.id AND d.step = NEW.step AND d.outcome = NEW.state) THEN
    RAISE EXCEPTION 'an application ends by a decision' USING ERRCODE = 'DA003';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER guard BEFORE UPDATE ON application FOR EACH ROW EXECUTE FUNCTION application_guard();
CREATE FUNCTION application_item_guard() RETURNS trigger LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
BEGIN
  PERFORM trail_act();
  IF TG_OP = 'UPDATE' THEN
    IF NEW.open AND NOT OLD.open THEN
      RAISE EXCEPTION 'an item that is closed stays closed' USING ERRCODE = 'DA002';
    END IF;
  ELSIF NOT EXISTS (SELECT FROM application p JOIN act a ON a.id = p.act_id WHERE p.id = NEW.application_id AND a.xid = pg_current_xact_id_if_assigned()) THEN
    RAISE EXCEPTION 'an application is made with all its items' USING ERRCODE = 'DA003';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER guard BEFORE INSERT OR UPDATE ON application_item FOR EACH ROW EXECUTE FUNCTION application_item_guard();

-- A decision is about an application that is open, with the very items that were submitted, by a
-- post that the person holds through the appointment named.
ALTER TABLE appointment ADD CONSTRAINT appointment_whose UNIQUE (id, person_id, post_id);
ALTER TABLE decision ADD CONSTRAINT decision_by_appointment FOREIGN KEY (appointment_id, person_id, post_id) REFERENCES appointment (id, person_id, post_id);
ALTER TABLE scheme_decision ADD CONSTRAINT scheme_decision_by_appointment
  FOREIGN KEY (appointment_id, person_id, post_id) REFERENCES appointment (id, person_id, post_id);
CREATE FUNCTION decision_guard() RETURNS trigger LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
BEGIN
  PERFORM FROM application p WHERE p.id = NEW.application_id AND p.state = 'submitted' AND p.step = NEW.step FOR UPDATE;
  IF NOT FOUND THEN
    RAISE EXCEPTION 'a decision is about an application that is open' USING ERRCODE = 'DA003';
  END IF;
  IF NEW.digest IS DISTINCT FROM (
    SELECT sha256(convert_to(string_agg(format(E'%s %s %s\n', i.asset_id, i.version_no, encode(i.material_sha256, 'hex')), '' ORDER BY i.asset_id, i.version_no), 'UTF8'))
    FROM application_item i WHERE i.application_id = NEW.application_id) THEN
    RAISE EXCEPTION 'a decision is about the items that were submitted' USING ERRCODE = 'DA003';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER guard BEFORE INSERT ON decision FOR EACH ROW EXECUTE FUNCTION decision_guard();
CREATE FUNCTION decision_item_guard() RETURNS trigger LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
BEGIN
  IF NOT EXISTS (SELECT FROM decision d JOIN act a ON a.id = d.act_id WHERE d.id = NEW.decision_id AND a.xid = pg_current_xact_id_if_assigned()) THEN
    RAISE EXCEPTION 'a decision names its items when it is made' USING ERRCODE = 'DA003';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER guard BEFORE INSERT ON decision_item FOR EACH ROW EXECUTE FUNCTION decision_item_guard();

-- A tenure follows the one before it without overlap, begins and ends with the revision of the
-- transaction that brings it about, and stands no lower than the decision said. It falls below the
-- one before only where the item that was decided says so.
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

-- What was adopted stays what it was. At the end of the transaction, so that a load can say in words
-- what it would have changed; the load that brings an edition and its adoption is free.
CREATE FUNCTION adopted_guard() RETURNS trigger LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
DECLARE
  r jsonb;
  of text;
BEGIN
  FOR r IN SELECT v FROM (VALUES (CASE WHEN TG_OP <> 'INSERT' THEN to_jsonb(OLD) END), (CASE WHEN TG_OP <> 'DELETE' THEN to_jsonb(NEW) END)) x (v) WHERE v IS NOT NULL LOOP
    of := CASE TG_TABLE_NAME
      WHEN 'scheme' THEN r ->> 'code'
      WHEN 'catalogue' THEN r ->> 'code'
      WHEN 'applicability' THEN (SELECT c.code FROM control k JOIN catalogue c ON c.id = k.catalogue_id WHERE k.id = (r ->> 'control_id')::bigint)
      ELSE (SELECT c.code FROM catalogue c WHERE c.id = (r ->> 'catalogue_id')::bigint)
    END;
    IF EXISTS (SELECT FROM adoption d JOIN act a ON a.id = d.act_id
               WHERE d.target = TG_ARGV[0] AND d.code = of AND a.xid IS DISTINCT FROM pg_current_xact_id_if_assigned()) THEN
      RAISE EXCEPTION 'what was adopted never changes (% %)', TG_TABLE_NAME, of USING ERRCODE = 'DA002';
    END IF;
  END LOOP;
  RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER adopted AFTER UPDATE OR DELETE ON scheme DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION adopted_guard('scheme');
CREATE CONSTRAINT TRIGGER adopted AFTER INSERT OR UPDATE OR DELETE ON catalogue DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION adopted_guard('catalogue');
CREATE CONSTRAINT TRIGGER adopted AFTER INSERT OR UPDATE OR DELETE ON chapter DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION adopted_guard('catalogue');
CREATE CONSTRAINT TRIGGER adopted AFTER INSERT OR UPDATE OR DELETE ON control DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION adopted_guard('catalogue');
CREATE CONSTRAINT TRIGGER adopted AFTER INSERT OR UPDATE OR DELETE ON applicability DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION adopted_guard('catalogue');

-- An edit of a draft never has the number of another: a page that was opened on a draft of the same
-- asset long ago must not pass for one that knows the draft of today. It begins beyond what counting
-- from 1 can have reached.
CREATE SEQUENCE draft_edit START WITH 1000000;
ALTER TABLE draft ALTER COLUMN edit_no TYPE bigint, ALTER COLUMN edit_no SET DEFAULT nextval('draft_edit');
ALTER SEQUENCE draft_edit OWNED BY draft.edit_no;
GRANT USAGE ON SEQUENCE draft_edit TO daicho_app;
COMMENT ON COLUMN draft.edit_no IS '保存ごとに変わる番号。捨てて作り直した下書きとも重ならない。二人が同時に直したことを見分ける';

COMMIT;

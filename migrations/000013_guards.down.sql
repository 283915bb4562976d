BEGIN;

COMMENT ON COLUMN draft.edit_no IS '保存の回数。二人が同時に直したことを見分ける';
ALTER TABLE draft ALTER COLUMN edit_no SET DEFAULT 1, ALTER COLUMN edit_no TYPE int;
DROP SEQUENCE draft_edit;

DROP TRIGGER adopted ON scheme;
DROP TRIGGER adopted ON catalogue;
DROP TRIGGER adopted ON chapter;
DROP TRIGGER adopted ON control;
DROP TRIGGER adopted ON applicability;
DROP FUNCTION adopted_guard();

CREATE OR REPLACE FUNCTION tenure_guard() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE p tenure;
BEGIN
  IF TG_OP = 'UPDATE' THEN
    IF OLD.to_rev <> 9223372036854775807 THEN
      RAISE EXCEPTION 'a closed tenure never changes' USING ERRCODE = 'DA002';
    END IF;
    RETURN NEW;
  END IF;
  SELECT * INTO p FROM tenure WHERE asset_id = NEW.asset_id ORDER BY from_rev DESC LIMIT 1;
  IF FOUND AND p.decision_id = NEW.decision_id AND (NEW.c < p.c OR NEW.i < p.i OR NEW.a < p.a) THEN
    RAISE EXCEPTION 'a level falls only by a decision' USING ERRCODE = 'DA003';
  END IF;
  IF FOUND AND p.decision_id > NEW.decision_id THEN
    RAISE EXCEPTION 'an older decision never comes back into force' USING ERRCODE = 'DA003';
  END IF;
  RETURN NEW;
END $$;

DROP TRIGGER guard ON decision_item;
DROP TRIGGER guard ON decision;
DROP TRIGGER guard ON application_item;
DROP TRIGGER guard ON application;
DROP FUNCTION decision_item_guard(), decision_guard(), application_item_guard(), application_guard();
ALTER TABLE scheme_decision DROP CONSTRAINT scheme_decision_by_appointment;
ALTER TABLE decision DROP CONSTRAINT decision_by_appointment;
ALTER TABLE appointment DROP CONSTRAINT appointment_whose;
GRANT UPDATE ON application, application_item TO daicho_app;

DROP TRIGGER needs_act ON relation;
DROP TRIGGER guard ON relation;
DROP FUNCTION relation_guard();
REVOKE UPDATE (to_rev) ON relation FROM daicho_app;
GRANT UPDATE, DELETE ON relation TO daicho_app;

DROP TRIGGER trail ON unit_tree;
DROP TRIGGER trail ON class_set;
DROP TRIGGER trail ON set_item;
DROP TRIGGER trail ON requirement_set;
DROP TRIGGER trail ON class;
DROP TRIGGER trail_refuse ON set_item;
DROP TRIGGER trail_refuse ON requirement_set;
DROP TRIGGER trail_refuse ON class;
GRANT UPDATE, DELETE ON class, requirement_set, set_item TO daicho_app;
GRANT DELETE ON class_set TO daicho_app;
COMMENT ON TABLE class IS '適用区分。種別・区分・領域・個人情報・特性が同じ資産の組【派生】';
COMMENT ON TABLE requirement_set IS '必要対策群。対策と理由の組が同じ適用区分で共有する【派生】';
COMMENT ON TABLE set_item IS '必要対策群の中身。causes は当てはまった適用条件【派生】';

DROP TRIGGER trail_refuse ON register_head;
DROP TRIGGER needs_act ON register_head;
DROP TRIGGER guard ON register_head;
DROP FUNCTION register_head_guard(), revision_taken(), trail_needs_act();

DO $$
DECLARE f regprocedure;
BEGIN
  FOR f IN SELECT p.oid::regprocedure FROM pg_proc p WHERE p.pronamespace = 'public'::regnamespace AND NOT p.prosecdef
    AND p.proconfig = ARRAY['search_path=public, pg_temp'] AND (p.prorettype = 'trigger'::regtype OR p.proname = 'trail_act') LOOP
    EXECUTE format('ALTER FUNCTION %s RESET search_path', f);
  END LOOP;
END $$;

COMMIT;

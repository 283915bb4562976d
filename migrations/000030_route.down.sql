BEGIN;

DROP TRIGGER guard_set ON decision_item;
DROP FUNCTION decision_item_guard_set();
CREATE OR REPLACE FUNCTION decision_guard() RETURNS trigger LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
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
DROP TRIGGER guard ON step_post;
DROP TRIGGER guard ON application_step;
DROP FUNCTION step_post_guard(), application_step_guard();
CREATE OR REPLACE FUNCTION application_guard() RETURNS trigger LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
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
DROP FUNCTION application_next(bigint), step_passed(bigint, int);

ALTER TABLE decision
  DROP CONSTRAINT decision_once,
  DROP CONSTRAINT decision_back_to_step,
  DROP CONSTRAINT decision_back_to,
  DROP CONSTRAINT decision_return_says_why,
  DROP CONSTRAINT decision_outcome_check,
  DROP CONSTRAINT decision_capacity_check,
  DROP COLUMN back_to,
  DROP COLUMN round,
  ADD CONSTRAINT decision_application_id_step_key UNIQUE (application_id, step),
  ADD CONSTRAINT decision_return_says_why CHECK (outcome <> 'returned' OR comment <> ''),
  ADD CONSTRAINT decision_outcome_check CHECK (outcome IN ('approved', 'returned')),
  ADD CONSTRAINT decision_capacity_check CHECK (capacity IN ('self', 'acting', 'delegated'));
COMMENT ON COLUMN decision.capacity IS '資格（self 本人, acting 代理, delegated 代決）';
COMMENT ON COLUMN decision.outcome IS NULL;

DROP TABLE item_opening;
DROP FUNCTION item_opening_guard();
ALTER TABLE application_item DROP COLUMN must;
REVOKE UPDATE (step, round, step_since) ON application FROM daicho_app;
ALTER TABLE application
  DROP CONSTRAINT application_emergency_says_why,
  DROP COLUMN emergency_why, DROP COLUMN emergency_on, DROP COLUMN sample_seed, DROP COLUMN step_since, DROP COLUMN route_id, DROP COLUMN round;
COMMENT ON COLUMN application.step IS NULL;
DROP TABLE step_post;
ALTER TABLE application_step
  DROP COLUMN asked_by, DROP COLUMN question, DROP COLUMN days, DROP COLUMN again, DROP COLUMN in_name_of, DROP COLUMN kind, DROP COLUMN ord;

DROP TABLE post_deputy;
ALTER TABLE adoption DROP CONSTRAINT adoption_target_check;
ALTER TABLE adoption ADD CONSTRAINT adoption_target_check CHECK (target IN ('org', 'scheme', 'catalogue'));
DROP FUNCTION route_discard(bigint), route_in_force(date);
DROP TABLE route_decision, route_edition;
DROP FUNCTION route_decision_guard(), route_edition_guard();

COMMIT;

BEGIN;

-- What the law orders to be erased leaves the trail by a decision: somebody asks, somebody else
-- approves, and the payload goes with its salt. Its digest stays under the seal, the log still holds
-- and says who erased what.

CREATE TABLE erasure (
  id        bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  of_act    bigint NOT NULL REFERENCES act,
  of_seq    bigint,
  reason    text   NOT NULL CHECK (reason <> ''),
  basis     text   NOT NULL CHECK (basis <> ''),
  person_id bigint NOT NULL REFERENCES person,
  by_text   text   NOT NULL,
  at        timestamptz NOT NULL DEFAULT now(),
  act_id    bigint NOT NULL REFERENCES act,
  UNIQUE (id, person_id),
  FOREIGN KEY (of_act, of_seq) REFERENCES change (act_id, seq)
);
COMMENT ON TABLE erasure IS '消去の求め。操作記録の一つの内容を消すことを求める【不変】';
COMMENT ON COLUMN erasure.of_act IS '消す行為';
COMMENT ON COLUMN erasure.of_seq IS '消す変更（空=行為そのものの対象・理由・内容）';
COMMENT ON COLUMN erasure.basis IS '根拠（法令、命令や決裁の文書番号）';
CREATE INDEX erasure_of ON erasure (of_act, id);
CALL trail_class('erasure', 'immutable');

CREATE TABLE erasure_decision (
  erasure_id bigint PRIMARY KEY,
  asked_by   bigint NOT NULL,
  person_id  bigint NOT NULL REFERENCES person,
  outcome    text   NOT NULL CHECK (outcome IN ('approved', 'returned')),
  note       text   NOT NULL DEFAULT '',
  by_text    text   NOT NULL,
  at         timestamptz NOT NULL DEFAULT now(),
  act_id     bigint NOT NULL REFERENCES act,
  FOREIGN KEY (erasure_id, asked_by) REFERENCES erasure (id, person_id),
  CONSTRAINT decision_not_own CHECK (person_id <> asked_by)
);
COMMENT ON TABLE erasure_decision IS '消去の求めの決裁。求めた本人は決裁できない【不変】';
CALL trail_class('erasure_decision', 'immutable');

-- An act and a change lose what they say only by an erasure that this very transaction approves, and
-- nothing else about them changes.
CREATE FUNCTION erase_guard() RETURNS trigger LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
DECLARE
  o jsonb := to_jsonb(OLD);
  n jsonb := to_jsonb(NEW);
  blank jsonb := CASE TG_TABLE_NAME WHEN 'act' THEN '{"target": "", "reason": "", "detail": {}, "salt": "\\x"}'::jsonb ELSE '{"before": null, "after": null, "salt": "\\x"}' END;
BEGIN
  IF n IS DISTINCT FROM o || blank OR NOT EXISTS (
    SELECT FROM erasure e JOIN erasure_decision d ON d.erasure_id = e.id AND d.outcome = 'approved' JOIN act a ON a.id = d.act_id
    WHERE e.of_act = (o ->> CASE TG_TABLE_NAME WHEN 'act' THEN 'id' ELSE 'act_id' END)::bigint
      AND e.of_seq IS NOT DISTINCT FROM (o ->> 'seq')::bigint AND a.action = 'trail.erase' AND a.xid = pg_current_xact_id_if_assigned()) THEN
    RAISE EXCEPTION 'the rows of % never change', TG_TABLE_NAME USING ERRCODE = 'DA002';
  END IF;
  RETURN NEW;
END $$;
DROP TRIGGER trail_refuse ON act;
DROP TRIGGER trail_refuse ON change;
CREATE TRIGGER trail_refuse BEFORE DELETE OR TRUNCATE ON act FOR EACH STATEMENT EXECUTE FUNCTION trail_refuse();
CREATE TRIGGER trail_refuse BEFORE DELETE OR TRUNCATE ON change FOR EACH STATEMENT EXECUTE FUNCTION trail_refuse();
CREATE TRIGGER erase_guard BEFORE UPDATE ON act FOR EACH ROW EXECUTE FUNCTION erase_guard();
CREATE TRIGGER erase_guard BEFORE UPDATE ON change FOR EACH ROW EXECUTE FUNCTION erase_guard();

-- Carries an approved erasure out. The act that approved it gets a change of its own, which says what
-- is left of the row and binds it again. Nothing is erased before a head covers it: what was there
-- stays provable by its digest. What the trail says about itself is never erased.
CREATE FUNCTION trail_erase(which bigint) RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
  by_act bigint := trail_act();
  e erasure;
  s bytea := uuid_send(gen_random_uuid());
  rest jsonb;
  gone bigint;
BEGIN
  SELECT * INTO STRICT e FROM erasure WHERE id = which;
  IF NOT EXISTS (SELECT FROM trail_leaf l WHERE l.act_id = e.of_act AND l.n < (SELECT max(size) FROM trail_head))
     OR EXISTS (SELECT FROM act WHERE id = e.of_act AND action LIKE 'trail.%') THEN
    RAISE EXCEPTION 'what is erased lies under a head, and is not about the trail itself' USING ERRCODE = 'DA003';
  END IF;
  IF e.of_seq IS NULL THEN
    UPDATE act SET target = '', reason = '', detail = '{}', salt = '' WHERE id = e.of_act AND salt <> '';
    GET DIAGNOSTICS gone = ROW_COUNT;
    SELECT jsonb_build_array(extract(epoch FROM at)::text, account_id, person_id, post_id, appointment_id, person_text, post_text, auth, channel,
      action, outcome, target, asset_id, unit_id, reason, request_id, detail) INTO rest FROM act WHERE id = e.of_act;
  ELSE
    UPDATE change SET before = NULL, after = NULL, salt = '' WHERE act_id = e.of_act AND seq = e.of_seq AND num_nonnulls(before, after) > 0;
    GET DIAGNOSTICS gone = ROW_COUNT;
    rest := '{"erased": true}';
  END IF;
  IF gone = 0 THEN
    RAISE EXCEPTION 'there is nothing to erase' USING ERRCODE = 'DA003';
  END IF;
  INSERT INTO change (act_id, tbl, pk, op, after, salt, digest)
  VALUES (by_act, CASE WHEN e.of_seq IS NULL THEN 'act' ELSE 'change' END, concat_ws('/', e.of_act, e.of_seq), 'UPDATE', rest, s,
          sha256(s || convert_to(E'\x1f' || rest::text, 'UTF8')));
END $$;

COMMIT;

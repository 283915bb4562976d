BEGIN;

-- A row of scheme is one edition. What a pack brings is read only; a body copies it, changes the
-- copy, proposes it, and a second person brings it into force from a day on.
ALTER TABLE scheme
  ADD COLUMN state text NOT NULL DEFAULT 'loaded' CHECK (state IN ('loaded', 'draft', 'proposed', 'approved')),
  ADD COLUMN base_id bigint REFERENCES scheme,
  ADD COLUMN in_force_from date,
  ADD COLUMN note text NOT NULL DEFAULT '',
  ADD COLUMN proposer_id bigint REFERENCES person,
  ADD COLUMN edit_no int NOT NULL DEFAULT 1,
  ADD CONSTRAINT scheme_proposed CHECK (state NOT IN ('proposed', 'approved') OR in_force_from IS NOT NULL AND proposer_id IS NOT NULL);
COMMENT ON COLUMN scheme.state IS '状態（loaded 読込み, draft 案, proposed 承認待ち, approved 承認済）';
COMMENT ON COLUMN scheme.base_id IS 'もとにした版';
COMMENT ON COLUMN scheme.in_force_from IS '施行日（JST）。この日の0時から効く';
COMMENT ON COLUMN scheme.note IS '改める理由';
COMMENT ON COLUMN scheme.proposer_id IS '承認を求めた人';
COMMENT ON COLUMN scheme.edit_no IS '保存の回数。二人が同時に直したことを見分ける';

CREATE TABLE scheme_mapping (
  scheme_id  bigint NOT NULL REFERENCES scheme,
  earlier_id bigint NOT NULL REFERENCES scheme,
  axis       text   NOT NULL,
  from_code  text   NOT NULL,
  to_codes   text[] NOT NULL CHECK (cardinality(to_codes) > 0),
  source     text   NOT NULL DEFAULT '',
  checked    text   NOT NULL DEFAULT '',
  PRIMARY KEY (scheme_id, earlier_id, axis, from_code),
  CHECK (scheme_id <> earlier_id),
  FOREIGN KEY (scheme_id, axis) REFERENCES scheme_axis
);
COMMENT ON TABLE scheme_mapping IS '前の版の区分が、この版のどの区分になるか【可変】';
COMMENT ON COLUMN scheme_mapping.to_codes IS '行き先の区分。一つなら安全に移せる。二つ以上なら人が一件ずつ決める';
CALL trail_class('scheme_mapping', 'mutable', 'scheme_id', 'earlier_id', 'axis', 'from_code');

CREATE TABLE scheme_decision (
  id             bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  scheme_id      bigint NOT NULL REFERENCES scheme,
  proposer_id    bigint NOT NULL REFERENCES person,
  person_id      bigint NOT NULL REFERENCES person,
  post_id        bigint NOT NULL REFERENCES post,
  appointment_id bigint NOT NULL REFERENCES appointment,
  outcome        text   NOT NULL CHECK (outcome IN ('approved', 'returned')),
  comment        text   NOT NULL DEFAULT '',
  in_force_from  date   NOT NULL,
  digest         bytea  NOT NULL CHECK (length(digest) = 32),
  act_id         bigint NOT NULL REFERENCES act,
  CONSTRAINT scheme_decision_not_own CHECK (person_id <> proposer_id),
  CONSTRAINT scheme_decision_return_says_why CHECK (outcome <> 'returned' OR comment <> '')
);
COMMENT ON TABLE scheme_decision IS '分類体系の版の決裁。承認を求めた本人は決裁できない（人で比べる）【不変】';
COMMENT ON COLUMN scheme_decision.digest IS '決裁した内容（区分・質問・判定表・移行表）の要約値';
CREATE UNIQUE INDEX scheme_decision_approved ON scheme_decision (scheme_id) WHERE outcome = 'approved';
CALL trail_class('scheme_decision', 'immutable');

-- The edition in force on a day: the one approved last among those with the latest day that has come;
-- before any was approved, the one that the packs began with.
CREATE FUNCTION scheme_in_force(day date) RETURNS bigint LANGUAGE sql STABLE AS $$
  SELECT coalesce(
    (SELECT d.scheme_id FROM scheme_decision d WHERE d.outcome = 'approved' AND d.in_force_from <= day ORDER BY d.in_force_from DESC, d.id DESC LIMIT 1),
    (SELECT s.id FROM scheme s WHERE s.is_default))
$$;
CREATE FUNCTION scheme_today() RETURNS bigint LANGUAGE sql STABLE AS $$
  SELECT scheme_in_force((now() AT TIME ZONE 'Asia/Tokyo')::date)
$$;

-- The rank of the level that stands for a place of the common scale: at it, else the least above, else
-- the highest. The same rule as classify.Scheme.ByRank.
CREATE FUNCTION scheme_level_at(of bigint, ax text, r smallint) RETURNS smallint LANGUAGE sql STABLE AS $$
  SELECT CASE WHEN r > 0 THEN coalesce(min(l.rank) FILTER (WHERE l.rank >= r), max(l.rank)) END
  FROM scheme_level l WHERE l.scheme_id = of AND l.axis = ax
$$;

CREATE FUNCTION scheme_guard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'DELETE' THEN
    IF OLD.state <> 'draft' THEN
      RAISE EXCEPTION 'only a draft of a scheme is ever deleted' USING ERRCODE = 'DA002';
    END IF;
    RETURN OLD;
  END IF;
  IF OLD.state = 'approved' THEN
    RAISE EXCEPTION 'an approved edition of a scheme never changes' USING ERRCODE = 'DA002';
  END IF;
  IF NEW.code <> OLD.code OR (NEW.state = 'loaded') <> (OLD.state = 'loaded') THEN
    RAISE EXCEPTION 'code and origin of a scheme never change' USING ERRCODE = 'DA002';
  END IF;
  IF OLD.state = 'proposed' AND (NEW.name, NEW.edition, NEW.note, NEW.in_force_from, NEW.proposer_id) IS DISTINCT FROM
     (OLD.name, OLD.edition, OLD.note, OLD.in_force_from, OLD.proposer_id) THEN
    RAISE EXCEPTION 'a proposed edition of a scheme is not edited' USING ERRCODE = 'DA002';
  END IF;
  IF NEW.state = 'approved' THEN
    IF OLD.state <> 'proposed' OR NOT EXISTS (SELECT FROM scheme_decision d WHERE d.scheme_id = NEW.id AND d.outcome = 'approved'
         AND d.proposer_id = NEW.proposer_id AND d.in_force_from = NEW.in_force_from) THEN
      RAISE EXCEPTION 'a scheme comes into force by a decision only' USING ERRCODE = 'DA003';
    END IF;
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER guard BEFORE UPDATE OR DELETE ON scheme FOR EACH ROW EXECUTE FUNCTION scheme_guard();

CREATE FUNCTION scheme_decision_guard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NOT EXISTS (SELECT FROM scheme s WHERE s.id = NEW.scheme_id AND s.state = 'proposed' AND s.proposer_id = NEW.proposer_id
                 AND s.in_force_from = NEW.in_force_from) THEN
    RAISE EXCEPTION 'a decision is about a proposed edition' USING ERRCODE = 'DA003';
  END IF;
  IF NEW.outcome = 'approved' AND NEW.in_force_from < (now() AT TIME ZONE 'Asia/Tokyo')::date THEN
    RAISE EXCEPTION 'an edition never comes into force in the past' USING ERRCODE = 'DA003';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER guard BEFORE INSERT ON scheme_decision FOR EACH ROW EXECUTE FUNCTION scheme_decision_guard();

-- The parts of an edition change while it is a draft, or by a load while its pack is not adopted.
CREATE FUNCTION scheme_part_guard() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE was text;
BEGIN
  SELECT state INTO was FROM scheme WHERE id = CASE WHEN TG_OP = 'DELETE' THEN OLD.scheme_id ELSE NEW.scheme_id END;
  IF was IN ('proposed', 'approved') OR TG_OP = 'DELETE' AND was <> 'draft' OR TG_OP = 'UPDATE' AND NEW.scheme_id <> OLD.scheme_id THEN
    RAISE EXCEPTION 'an edition of a scheme that is proposed or approved never changes (%)', TG_TABLE_NAME USING ERRCODE = 'DA002';
  END IF;
  RETURN NULL;
END $$;
CREATE FUNCTION scheme_adopted_guard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF EXISTS (SELECT FROM scheme s JOIN adoption d ON d.target = 'scheme' AND d.code = s.code JOIN act a ON a.id = d.act_id
             WHERE s.id = NEW.scheme_id AND s.state = 'loaded' AND a.xid <> pg_current_xact_id()) THEN
    RAISE EXCEPTION 'an adopted scheme never changes (%)', TG_TABLE_NAME USING ERRCODE = 'DA002';
  END IF;
  RETURN NULL;
END $$;
CREATE TRIGGER guard AFTER INSERT OR UPDATE OR DELETE ON scheme_axis FOR EACH ROW EXECUTE FUNCTION scheme_part_guard();
CREATE TRIGGER guard AFTER INSERT OR UPDATE OR DELETE ON scheme_level FOR EACH ROW EXECUTE FUNCTION scheme_part_guard();
CREATE TRIGGER guard AFTER INSERT OR UPDATE OR DELETE ON scheme_question FOR EACH ROW EXECUTE FUNCTION scheme_part_guard();
CREATE TRIGGER guard AFTER INSERT OR UPDATE OR DELETE ON scheme_judgement FOR EACH ROW EXECUTE FUNCTION scheme_part_guard();
CREATE TRIGGER guard AFTER INSERT OR UPDATE OR DELETE ON scheme_mapping FOR EACH ROW EXECUTE FUNCTION scheme_part_guard();
-- At the end of the transaction, so that a load can say in words what it would have changed.
CREATE CONSTRAINT TRIGGER adopted AFTER INSERT OR UPDATE ON scheme_axis DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION scheme_adopted_guard();
CREATE CONSTRAINT TRIGGER adopted AFTER INSERT OR UPDATE ON scheme_level DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION scheme_adopted_guard();
CREATE CONSTRAINT TRIGGER adopted AFTER INSERT OR UPDATE ON scheme_question DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION scheme_adopted_guard();
CREATE CONSTRAINT TRIGGER adopted AFTER INSERT OR UPDATE ON scheme_judgement DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION scheme_adopted_guard();

-- A draft is stored by taking away the rows that changed and putting in the new ones.
ALTER TABLE scheme_judgement ALTER CONSTRAINT scheme_judgement_scheme_id_axis_level_fkey DEFERRABLE INITIALLY DEFERRED;

-- The application cannot delete rows of its own accord. It can have the rows of a draft pruned to
-- those that it is about to store (JSON objects without scheme_id), and a draft that was never
-- proposed thrown away; the triggers above hold for both.
CREATE FUNCTION scheme_prune(of bigint, part text, keep jsonb) RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
  IF part NOT IN ('scheme_level', 'scheme_question', 'scheme_judgement', 'scheme_mapping') THEN
    RAISE EXCEPTION 'no part of a scheme: %', part;
  END IF;
  EXECUTE format('DELETE FROM %I p WHERE p.scheme_id = $1 AND NOT EXISTS (SELECT FROM jsonb_array_elements($2) k WHERE k = to_jsonb(p) - ''scheme_id'')', part) USING of, keep;
END $$;
CREATE FUNCTION scheme_discard(of bigint) RETURNS void LANGUAGE sql SECURITY DEFINER SET search_path = public, pg_temp AS $$
  DELETE FROM scheme_mapping WHERE scheme_id = of;
  DELETE FROM scheme_judgement WHERE scheme_id = of;
  DELETE FROM scheme_question WHERE scheme_id = of;
  DELETE FROM scheme_level WHERE scheme_id = of;
  DELETE FROM scheme_axis WHERE scheme_id = of;
  DELETE FROM scheme WHERE id = of;
$$;

-- Each asset is shown under the edition that it was judged by until it is judged again.
ALTER TABLE asset_now ADD COLUMN scheme_id bigint REFERENCES scheme;
COMMENT ON COLUMN asset_now.scheme_id IS '判定した分類体系の版（空=下書きで、今日の版）';
ALTER TABLE asset_now DISABLE TRIGGER USER;
UPDATE asset_now n SET scheme_id = v.scheme_id FROM asset_version v WHERE v.asset_id = n.asset_id AND v.no = coalesce(n.version_no, n.pending_no);
ALTER TABLE asset_now ENABLE TRIGGER USER;
CREATE INDEX asset_now_scheme ON asset_now (scheme_id, unit_id, asset_id) WHERE version_no IS NOT NULL AND state <> 'disposed';

COMMIT;

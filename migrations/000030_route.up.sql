BEGIN;

-- An edition of the routes is one document: nothing is joined to its inside, and what was decided on
-- is the text itself.
CREATE TABLE route_edition (
  id            bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  code          text   NOT NULL UNIQUE,
  name          text   NOT NULL,
  edition       text   NOT NULL,
  is_default    boolean NOT NULL DEFAULT false,
  state         text   NOT NULL DEFAULT 'loaded' CHECK (state IN ('loaded', 'draft', 'proposed', 'approved')),
  base_id       bigint REFERENCES route_edition,
  content       text   NOT NULL CHECK (content::jsonb IS NOT NULL),
  digest        bytea  NOT NULL CHECK (digest = sha256(convert_to(content, 'UTF8'))),
  in_force_from date,
  note          text   NOT NULL DEFAULT '',
  proposer_id   bigint REFERENCES person,
  edit_no       int    NOT NULL DEFAULT 1,
  source        text   NOT NULL DEFAULT '',
  checked       text   NOT NULL DEFAULT '',
  CONSTRAINT route_edition_proposed CHECK (state NOT IN ('proposed', 'approved') OR in_force_from IS NOT NULL AND proposer_id IS NOT NULL)
);
COMMENT ON TABLE route_edition IS '決裁経路の版。どの行為が、誰の順で決裁されるか【可変】';
COMMENT ON COLUMN route_edition.state IS '状態（loaded 読込み, draft 案, proposed 承認待ち, approved 承認済）';
COMMENT ON COLUMN route_edition.content IS '経路と、どの場合にどの経路を通るか（正規形のJSON）';
COMMENT ON COLUMN route_edition.digest IS '内容の要約値';
COMMENT ON COLUMN route_edition.in_force_from IS '施行日（JST）。この日の0時から効く';
COMMENT ON COLUMN route_edition.note IS '改める理由';
COMMENT ON COLUMN route_edition.proposer_id IS '承認を求めた人';
COMMENT ON COLUMN route_edition.edit_no IS '保存の回数。二人が同時に直したことを見分ける';
CREATE UNIQUE INDEX route_edition_default ON route_edition (is_default) WHERE is_default;
CALL trail_class('route_edition', 'mutable', 'id');

CREATE TABLE route_decision (
  id             bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  edition_id     bigint NOT NULL REFERENCES route_edition,
  proposer_id    bigint NOT NULL REFERENCES person,
  person_id      bigint NOT NULL REFERENCES person,
  post_id        bigint NOT NULL REFERENCES post,
  appointment_id bigint NOT NULL,
  outcome        text   NOT NULL CHECK (outcome IN ('approved', 'returned')),
  comment        text   NOT NULL DEFAULT '',
  in_force_from  date   NOT NULL,
  digest         bytea  NOT NULL,
  act_id         bigint NOT NULL REFERENCES act,
  CONSTRAINT route_decision_not_own CHECK (person_id <> proposer_id),
  CONSTRAINT route_decision_return_says_why CHECK (outcome <> 'returned' OR comment <> ''),
  CONSTRAINT route_decision_by_appointment FOREIGN KEY (appointment_id, person_id, post_id) REFERENCES appointment (id, person_id, post_id)
);
COMMENT ON TABLE route_decision IS '決裁経路の版の決裁。承認を求めた本人は決裁できない（人で比べる）【不変】';
COMMENT ON COLUMN route_decision.digest IS '決裁した内容の要約値';
CREATE UNIQUE INDEX route_decision_approved ON route_decision (edition_id) WHERE outcome = 'approved';
CALL trail_class('route_decision', 'immutable');

-- The edition in force on a day, as scheme_in_force; null where the body has none.
CREATE FUNCTION route_in_force(day date) RETURNS bigint LANGUAGE sql STABLE AS $$
  SELECT coalesce(
    (SELECT d.edition_id FROM route_decision d WHERE d.outcome = 'approved' AND d.in_force_from <= day ORDER BY d.in_force_from DESC, d.id DESC LIMIT 1),
    (SELECT e.id FROM route_edition e WHERE e.is_default))
$$;

CREATE FUNCTION route_edition_guard() RETURNS trigger LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
BEGIN
  IF TG_OP = 'DELETE' THEN
    IF OLD.state <> 'draft' OR EXISTS (SELECT FROM route_decision d WHERE d.edition_id = OLD.id) THEN
      RAISE EXCEPTION 'only a draft that nobody decided on is ever deleted' USING ERRCODE = 'DA002';
    END IF;
    RETURN OLD;
  END IF;
  IF TG_OP = 'INSERT' THEN
    IF NEW.state NOT IN ('loaded', 'draft') OR NEW.is_default AND NEW.state <> 'loaded' THEN
      RAISE EXCEPTION 'an edition begins as a draft' USING ERRCODE = 'DA003';
    END IF;
    RETURN NEW;
  END IF;
  IF OLD.state = 'approved' THEN
    RAISE EXCEPTION 'an approved edition never changes' USING ERRCODE = 'DA002';
  END IF;
  IF NEW.code <> OLD.code OR (NEW.state = 'loaded') <> (OLD.state = 'loaded') OR NEW.is_default AND NEW.state <> 'loaded' THEN
    RAISE EXCEPTION 'code and origin of an edition never change' USING ERRCODE = 'DA002';
  END IF;
  IF OLD.state = 'proposed' AND (NEW.name, NEW.edition, NEW.content, NEW.note, NEW.in_force_from, NEW.proposer_id) IS DISTINCT FROM
     (OLD.name, OLD.edition, OLD.content, OLD.note, OLD.in_force_from, OLD.proposer_id) THEN
    RAISE EXCEPTION 'a proposed edition is not edited' USING ERRCODE = 'DA002';
  END IF;
  IF OLD.state = 'loaded' AND NEW.content <> OLD.content AND EXISTS (SELECT FROM adoption a WHERE a.target = 'route' AND a.code = OLD.code) THEN
    RAISE EXCEPTION 'an adopted edition never changes' USING ERRCODE = 'DA002';
  END IF;
  IF NEW.state = 'approved' AND (OLD.state <> 'proposed' OR NOT EXISTS (SELECT FROM route_decision d WHERE d.edition_id = NEW.id AND d.outcome = 'approved'
       AND d.proposer_id = NEW.proposer_id AND d.in_force_from = NEW.in_force_from AND d.digest = NEW.digest)) THEN
    RAISE EXCEPTION 'an edition comes into force by a decision only' USING ERRCODE = 'DA003';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER guard BEFORE INSERT OR UPDATE OR DELETE ON route_edition FOR EACH ROW EXECUTE FUNCTION route_edition_guard();

CREATE FUNCTION route_decision_guard() RETURNS trigger LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
BEGIN
  IF NOT EXISTS (SELECT FROM route_edition e WHERE e.id = NEW.edition_id AND e.state = 'proposed' AND e.proposer_id = NEW.proposer_id
                 AND e.in_force_from = NEW.in_force_from AND e.digest = NEW.digest) THEN
    RAISE EXCEPTION 'a decision is about a proposed edition' USING ERRCODE = 'DA003';
  END IF;
  IF NEW.outcome = 'approved' AND NEW.in_force_from < (now() AT TIME ZONE 'Asia/Tokyo')::date THEN
    RAISE EXCEPTION 'an edition never comes into force in the past' USING ERRCODE = 'DA003';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER guard BEFORE INSERT ON route_decision FOR EACH ROW EXECUTE FUNCTION route_decision_guard();

-- The application cannot delete rows; it can have a draft thrown away that nobody decided on.
CREATE FUNCTION route_discard(of bigint) RETURNS void LANGUAGE sql SECURITY DEFINER SET search_path = public, pg_temp AS $$
  DELETE FROM route_edition WHERE id = of;
$$;

ALTER TABLE adoption DROP CONSTRAINT adoption_target_check;
ALTER TABLE adoption ADD CONSTRAINT adoption_target_check CHECK (target IN ('org', 'scheme', 'catalogue', 'route'));

-- Posts that decide where nobody else above could, in their order.
CREATE TABLE post_deputy (
  post_id   bigint NOT NULL REFERENCES post,
  deputy_id bigint NOT NULL REFERENCES post,
  ord       int    NOT NULL,
  PRIMARY KEY (post_id, deputy_id),
  CHECK (post_id <> deputy_id)
);
COMMENT ON TABLE post_deputy IS '代決の順位。機関が定めた、職ごとの代わりに決裁する職【可変】';
CALL trail_class('post_deputy', 'mutable', 'post_id', 'deputy_id');

-- The way of an application: written with it, in the order of ord; a 合議 that a decider asks for later
-- stands before her step.
ALTER TABLE application_step
  ADD COLUMN ord        int  NOT NULL DEFAULT 1000,
  ADD COLUMN kind       text NOT NULL DEFAULT 'decide' CHECK (kind IN ('decide', 'consult')),
  ADD COLUMN in_name_of text NOT NULL DEFAULT '',
  ADD COLUMN again      boolean NOT NULL DEFAULT false,
  ADD COLUMN days       int  NOT NULL DEFAULT 0 CHECK (days >= 0),
  ADD COLUMN question   text NOT NULL DEFAULT '',
  ADD COLUMN asked_by   bigint REFERENCES person;
COMMENT ON COLUMN application_step.ord IS '経路の中の順。同じ順では合議が先';
COMMENT ON COLUMN application_step.kind IS '段の種類（decide 決裁, consult 合議）';
COMMENT ON COLUMN application_step.in_name_of IS '専決のとき、本来の決裁権者の役割';
COMMENT ON COLUMN application_step.again IS 'ほかの段を決裁した人が、この段も決裁してよい';
COMMENT ON COLUMN application_step.days IS '期限（日）。0は期限なし';
COMMENT ON COLUMN application_step.question IS '決裁する人が合議を求めたときの問い';
COMMENT ON COLUMN application_step.asked_by IS '合議を求めた人。空は経路の定めによる段';

CREATE TABLE step_post (
  application_id bigint NOT NULL,
  step           int    NOT NULL,
  turn           int    NOT NULL DEFAULT 0,
  post_id        bigint NOT NULL REFERENCES post,
  PRIMARY KEY (application_id, step, turn, post_id),
  FOREIGN KEY (application_id, step) REFERENCES application_step (application_id, no)
);
COMMENT ON TABLE step_post IS '段を受け持つ職。申請のときに決まる。責任者が替えると turn が進み、最後のものが効く【不変】';
CREATE INDEX step_post_post ON step_post (post_id);
INSERT INTO step_post (application_id, step, post_id)
SELECT s.application_id, s.no, p.id FROM application_step s JOIN post p ON p.role = s.role AND p.unit_id = s.unit_id;
CALL trail_class('step_post', 'immutable');

ALTER TABLE application
  ADD COLUMN round        int   NOT NULL DEFAULT 1,
  ADD COLUMN route_id     bigint REFERENCES route_edition,
  ADD COLUMN step_since timestamptz NOT NULL DEFAULT now(),
  ADD COLUMN sample_seed  bytea CHECK (length(sample_seed) = 16),
  ADD COLUMN emergency_on date,
  ADD COLUMN emergency_why text NOT NULL DEFAULT '',
  ADD CONSTRAINT application_emergency_says_why CHECK ((emergency_on IS NULL) = (emergency_why = ''));
COMMENT ON COLUMN application.step IS 'いまの段（application_step.no）';
COMMENT ON COLUMN application.round IS '前の段に差し戻すたびに進む番号';
COMMENT ON COLUMN application.route_id IS '決裁経路の版（空=既定の簡単な経路）';
COMMENT ON COLUMN application.step_since IS 'いまの段に来た時刻。期限を数え始める';
COMMENT ON COLUMN application.sample_seed IS '抜取りの種。同じ種からは同じものが選ばれる';
COMMENT ON COLUMN application.emergency_on IS '緊急で先に行った日（7-09 事後の承認）';
ALTER TABLE application DISABLE TRIGGER USER;
UPDATE application SET step_since = submitted_at;
ALTER TABLE application ENABLE TRIGGER USER;
GRANT UPDATE (step, round, step_since) ON application TO daicho_app;

ALTER TABLE application_item ADD COLUMN must text NOT NULL DEFAULT '' CHECK (must IN ('', 'lowers', 'guarded', 'mynumber', 'sample'));
COMMENT ON COLUMN application_item.must IS '決裁の前に開いて確かめる理由（lowers 引下げ, guarded 3B以上, mynumber マイナンバー利用事務系, sample 抜取り）';
ALTER TABLE application_item DISABLE TRIGGER USER;
UPDATE application_item SET must = 'lowers' WHERE lowers;
ALTER TABLE application_item ENABLE TRIGGER USER;
ALTER TABLE application_item ADD CONSTRAINT application_item_lowering_is_opened CHECK (NOT lowers OR must = 'lowers') NOT VALID;

CREATE TABLE item_opening (
  application_id bigint NOT NULL,
  asset_id       bigint NOT NULL,
  person_id      bigint NOT NULL REFERENCES person,
  act_id         bigint NOT NULL REFERENCES act,
  PRIMARY KEY (application_id, asset_id, person_id),
  FOREIGN KEY (application_id, asset_id) REFERENCES application_item (application_id, asset_id)
);
COMMENT ON TABLE item_opening IS '申請項目を決裁する人が開いたこと。開かなければならない項目は、これがないと承認できない【不変】';
CALL trail_class('item_opening', 'immutable');
CREATE FUNCTION item_opening_guard() RETURNS trigger LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
BEGIN
  IF NOT EXISTS (SELECT FROM act a WHERE a.id = NEW.act_id AND a.person_id = NEW.person_id AND a.xid = pg_current_xact_id_if_assigned()) THEN
    RAISE EXCEPTION 'everybody opens with their own eyes' USING ERRCODE = 'DA003';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER guard BEFORE INSERT ON item_opening FOR EACH ROW EXECUTE FUNCTION item_opening_guard();

ALTER TABLE decision
  ADD COLUMN round   int NOT NULL DEFAULT 1,
  ADD COLUMN back_to int,
  DROP CONSTRAINT decision_capacity_check,
  ADD CONSTRAINT decision_capacity_check CHECK (capacity IN ('self', 'acting', 'delegated', 'standing')),
  DROP CONSTRAINT decision_outcome_check,
  ADD CONSTRAINT decision_outcome_check CHECK (outcome IN ('approved', 'returned', 'sent_back', 'agreed', 'opinion')),
  DROP CONSTRAINT decision_return_says_why,
  ADD CONSTRAINT decision_return_says_why CHECK (outcome IN ('approved', 'agreed') OR comment <> ''),
  ADD CONSTRAINT decision_back_to CHECK ((outcome = 'sent_back') = (back_to IS NOT NULL)),
  ADD CONSTRAINT decision_back_to_step FOREIGN KEY (application_id, back_to) REFERENCES application_step (application_id, no),
  DROP CONSTRAINT decision_application_id_step_key,
  ADD CONSTRAINT decision_once UNIQUE (application_id, step, round);
COMMENT ON COLUMN decision.capacity IS '資格（self 本人, acting 代理, delegated 代決, standing 専決）';
COMMENT ON COLUMN decision.outcome IS '結果（approved 承認, returned 差戻し, sent_back 前の段へ差戻し, agreed 合議で異議なし, opinion 合議で意見あり）';
COMMENT ON COLUMN decision.back_to IS '差し戻した先の段';

-- Whether a step is passed: by a decision that no later return to it or to a step before it voids.
CREATE FUNCTION step_passed(of bigint, step int) RETURNS boolean LANGUAGE sql STABLE SET search_path = public, pg_temp AS $$
  SELECT EXISTS (
    SELECT FROM decision d JOIN application_step x ON (x.application_id, x.no) = (d.application_id, d.step)
    WHERE d.application_id = of AND d.step = step_passed.step AND d.outcome IN ('approved', 'agreed', 'opinion')
      AND NOT EXISTS (SELECT FROM decision b JOIN application_step s ON (s.application_id, s.no) = (b.application_id, b.back_to)
        WHERE b.application_id = of AND b.outcome = 'sent_back' AND b.id > d.id AND (s.ord, s.kind, s.no) <= (x.ord, x.kind, x.no)))
$$;
-- The step that comes next, null when every step is passed.
CREATE FUNCTION application_next(of bigint) RETURNS int LANGUAGE sql STABLE SET search_path = public, pg_temp AS $$
  SELECT s.no FROM application_step s WHERE s.application_id = of AND NOT step_passed(of, s.no) ORDER BY s.ord, s.kind, s.no LIMIT 1
$$;

CREATE OR REPLACE FUNCTION application_guard() RETURNS trigger LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
BEGIN
  PERFORM trail_act();
  IF OLD.state <> 'submitted' THEN
    RAISE EXCEPTION 'an application that ended never changes' USING ERRCODE = 'DA002';
  END IF;
  IF NEW.state IN ('approved', 'returned')
     AND NOT EXISTS (SELECT FROM decision d WHERE d.application_id = NEW.id AND d.step = OLD.step AND d.round = OLD.round AND d.outcome = NEW.state) THEN
    RAISE EXCEPTION 'an application ends by a decision' USING ERRCODE = 'DA003';
  END IF;
  IF NEW.state = 'approved' AND application_next(NEW.id) IS NOT NULL THEN
    RAISE EXCEPTION 'an application is approved when every step is' USING ERRCODE = 'DA003';
  END IF;
  IF (NEW.step, NEW.round) IS DISTINCT FROM (OLD.step, OLD.round) AND (NEW.state <> 'submitted'
     OR NEW.step IS DISTINCT FROM application_next(NEW.id)
     OR NEW.round <> OLD.round + (EXISTS (SELECT FROM decision d WHERE d.application_id = NEW.id AND d.step = OLD.step AND d.round = OLD.round AND d.outcome = 'sent_back'))::int) THEN
    RAISE EXCEPTION 'an application goes from step to step' USING ERRCODE = 'DA003';
  END IF;
  RETURN NEW;
END $$;

-- The way is made with the application; later only a 合議 is put in before the open step, by somebody
-- who could take that one.
CREATE FUNCTION application_step_guard() RETURNS trigger LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
BEGIN
  PERFORM trail_act();
  IF EXISTS (SELECT FROM application p JOIN act a ON a.id = p.act_id WHERE p.id = NEW.application_id AND a.xid = pg_current_xact_id_if_assigned()) THEN
    RETURN NEW;
  END IF;
  IF NEW.kind <> 'consult' OR NEW.question = '' OR NEW.asked_by IS DISTINCT FROM (SELECT a.person_id FROM act a WHERE a.id = trail_act()) OR NOT EXISTS (
    SELECT FROM application p JOIN application_step s ON (s.application_id, s.no) = (p.id, p.step)
    WHERE p.id = NEW.application_id AND p.state = 'submitted' AND s.kind = 'decide' AND s.ord = NEW.ord AND p.applicant_id <> NEW.asked_by) THEN
    RAISE EXCEPTION 'the way of an application is made with it' USING ERRCODE = 'DA003';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER guard BEFORE INSERT ON application_step FOR EACH ROW EXECUTE FUNCTION application_step_guard();

-- The posts of a step: the first with the step itself, each later turn under the open application.
CREATE FUNCTION step_post_guard() RETURNS trigger LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
BEGIN
  PERFORM trail_act();
  IF NEW.turn = 0 THEN
    IF EXISTS (SELECT FROM decision d WHERE d.application_id = NEW.application_id AND d.step = NEW.step) OR EXISTS (
      SELECT FROM step_post x WHERE x.application_id = NEW.application_id AND x.step = NEW.step AND x.turn > 0) THEN
      RAISE EXCEPTION 'the posts of a step are given with it' USING ERRCODE = 'DA003';
    END IF;
  ELSIF NOT EXISTS (SELECT FROM application p WHERE p.id = NEW.application_id AND p.state = 'submitted' AND p.step = NEW.step) THEN
    RAISE EXCEPTION 'only the open step is given to another post' USING ERRCODE = 'DA003';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER guard BEFORE INSERT ON step_post FOR EACH ROW EXECUTE FUNCTION step_post_guard();

-- A decision is about an application that is open, at the step where it stands, with the very items
-- that were submitted, by somebody whose post takes the step, through an appointment of this day, who
-- passed no other step, and who opened what must be opened.
CREATE OR REPLACE FUNCTION decision_guard() RETURNS trigger LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
DECLARE
  s application_step;
BEGIN
  PERFORM FROM application p WHERE p.id = NEW.application_id AND p.state = 'submitted' AND p.step = NEW.step AND p.round = NEW.round FOR UPDATE;
  IF NOT FOUND THEN
    RAISE EXCEPTION 'a decision is about an application that is open' USING ERRCODE = 'DA003';
  END IF;
  IF NEW.digest IS DISTINCT FROM (
    SELECT sha256(convert_to(string_agg(format(E'%s %s %s\n', i.asset_id, i.version_no, encode(i.material_sha256, 'hex')), '' ORDER BY i.asset_id, i.version_no), 'UTF8'))
    FROM application_item i WHERE i.application_id = NEW.application_id) THEN
    RAISE EXCEPTION 'a decision is about the items that were submitted' USING ERRCODE = 'DA003';
  END IF;
  SELECT x.* INTO s FROM application_step x WHERE x.application_id = NEW.application_id AND x.no = NEW.step;
  IF (s.kind = 'consult') <> (NEW.outcome IN ('agreed', 'opinion')) THEN
    RAISE EXCEPTION 'the one consulted gives an opinion, the one who decides a decision' USING ERRCODE = 'DA003';
  END IF;
  IF NOT EXISTS (SELECT FROM step_post t WHERE t.application_id = NEW.application_id AND t.step = NEW.step AND t.post_id = NEW.post_id
      AND t.turn = (SELECT max(y.turn) FROM step_post y WHERE y.application_id = NEW.application_id AND y.step = NEW.step)) THEN
    RAISE EXCEPTION 'a decision is by a post that takes the step' USING ERRCODE = 'DA003';
  END IF;
  IF NOT EXISTS (SELECT FROM appointment m WHERE m.id = NEW.appointment_id AND m.valid_from <= (now() AT TIME ZONE 'Asia/Tokyo')::date
      AND (now() AT TIME ZONE 'Asia/Tokyo')::date < m.valid_to) THEN
    RAISE EXCEPTION 'a decision is by somebody who holds the post today' USING ERRCODE = 'DA003';
  END IF;
  IF NOT s.again AND EXISTS (
    SELECT FROM decision d JOIN application_step x ON (x.application_id, x.no) = (d.application_id, d.step)
    WHERE d.application_id = NEW.application_id AND d.step <> NEW.step AND d.person_id = NEW.person_id AND d.outcome IN ('approved', 'agreed', 'opinion')
      AND NOT x.again AND step_passed(NEW.application_id, x.no)) THEN
    RAISE EXCEPTION 'one person passes one step' USING ERRCODE = 'DA003';
  END IF;
  IF NEW.outcome = 'sent_back' AND NOT EXISTS (
    SELECT FROM application_step x WHERE x.application_id = NEW.application_id AND x.no = NEW.back_to AND x.kind = 'decide' AND x.ord < s.ord
      AND step_passed(NEW.application_id, x.no)) THEN
    RAISE EXCEPTION 'a step is sent back to one that was passed' USING ERRCODE = 'DA003';
  END IF;
  IF NEW.outcome = 'approved' AND EXISTS (
    SELECT FROM application_item i WHERE i.application_id = NEW.application_id AND i.must <> ''
      AND NOT EXISTS (SELECT FROM item_opening o WHERE o.application_id = i.application_id AND o.asset_id = i.asset_id AND o.person_id = NEW.person_id)) THEN
    RAISE EXCEPTION 'what must be opened is opened before the decision' USING ERRCODE = 'DA003';
  END IF;
  RETURN NEW;
END $$;

-- What is in force rests on the decision that ended the whole way.
CREATE OR REPLACE FUNCTION decision_item_guard() RETURNS trigger LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
BEGIN
  IF NOT EXISTS (SELECT FROM decision d JOIN act a ON a.id = d.act_id WHERE d.id = NEW.decision_id AND a.xid = pg_current_xact_id_if_assigned()) THEN
    RAISE EXCEPTION 'a decision names its items when it is made' USING ERRCODE = 'DA003';
  END IF;
  RETURN NEW;
END $$;
CREATE FUNCTION decision_item_guard_set() RETURNS trigger LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
BEGIN
  IF EXISTS (SELECT FROM (SELECT DISTINCT application_id FROM fresh) f WHERE application_next(f.application_id) IS NOT NULL) THEN
    RAISE EXCEPTION 'nothing is approved before every step is' USING ERRCODE = 'DA003';
  END IF;
  RETURN NULL;
END $$;
CREATE TRIGGER guard_set AFTER INSERT ON decision_item REFERENCING NEW TABLE AS fresh FOR EACH STATEMENT EXECUTE FUNCTION decision_item_guard_set();

COMMIT;

BEGIN;

CREATE TABLE application (
  id              bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  unit_id         bigint NOT NULL REFERENCES unit,
  applicant_id    bigint NOT NULL REFERENCES person,
  applicant_text  text   NOT NULL,
  note            text   NOT NULL DEFAULT '',
  state           text   NOT NULL CHECK (state IN ('submitted', 'returned', 'approved', 'withdrawn')),
  step            int    NOT NULL DEFAULT 1,
  item_count      int    NOT NULL CHECK (item_count > 0),
  digest          bytea  NOT NULL CHECK (length(digest) = 32),
  submitted_at    timestamptz NOT NULL DEFAULT now(),
  decided_at      timestamptz,
  act_id          bigint NOT NULL REFERENCES act,
  UNIQUE (id, applicant_id),
  CHECK ((decided_at IS NULL) = (state = 'submitted'))
);
COMMENT ON TABLE application IS '申請。一つの決裁を受けるまとまり。項目は一つでも三千でもよい【可変】';
COMMENT ON COLUMN application.digest IS '項目（資産・版・重要項目の要約値）を並べた一覧の要約値';
CREATE INDEX application_unit_open ON application (unit_id, submitted_at) WHERE state = 'submitted';
CREATE INDEX application_applicant ON application (applicant_id, submitted_at DESC);
CALL trail_class('application', 'mutable', 'id');

CREATE TABLE application_item (
  application_id  bigint  NOT NULL REFERENCES application,
  asset_id        bigint  NOT NULL,
  no              int     NOT NULL,
  version_no      int     NOT NULL,
  material_sha256 bytea   NOT NULL,
  base_no         int     NOT NULL DEFAULT 0,
  deed            text    NOT NULL CHECK (deed IN ('register', 'change', 'dispose')),
  lowers          boolean NOT NULL,
  c               smallint NOT NULL DEFAULT 0,
  i               smallint NOT NULL DEFAULT 0,
  a               smallint NOT NULL DEFAULT 0,
  open            boolean NOT NULL DEFAULT true,
  PRIMARY KEY (application_id, asset_id),
  UNIQUE (application_id, no),
  UNIQUE (application_id, asset_id, version_no, material_sha256),
  FOREIGN KEY (asset_id, version_no, material_sha256) REFERENCES asset_version (asset_id, no, material_sha256)
);
COMMENT ON TABLE application_item IS '申請項目。どの資産のどの版か【可変】';
COMMENT ON COLUMN application_item.base_no IS '申請時に有効だった版（0=新規）';
COMMENT ON COLUMN application_item.lowers IS '区分の引下げを含む';
COMMENT ON COLUMN application_item.c IS '申請時に決裁者へ示した機密性の順位。発効する区分はこれを下回らない';
COMMENT ON COLUMN application_item.i IS '同じく完全性の順位';
COMMENT ON COLUMN application_item.a IS '同じく可用性の順位';
COMMENT ON COLUMN application_item.open IS '決裁待ち。資産ごとに一つだけ';
CREATE UNIQUE INDEX application_item_open ON application_item (asset_id) WHERE open;
CREATE INDEX application_item_asset ON application_item (asset_id);
CALL trail_class('application_item', 'mutable', 'application_id', 'asset_id');

CREATE TABLE application_step (
  application_id bigint NOT NULL REFERENCES application,
  no             int    NOT NULL,
  role           text   NOT NULL,
  unit_id        bigint NOT NULL REFERENCES unit,
  PRIMARY KEY (application_id, no)
);
COMMENT ON TABLE application_step IS '決裁経路。申請ごとに、何番目を・どの組織の・どの役割が決めるか【不変】';
CALL trail_class('application_step', 'immutable');

CREATE TABLE decision (
  id             bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  application_id bigint NOT NULL,
  step           int    NOT NULL,
  applicant_id   bigint NOT NULL,
  person_id      bigint NOT NULL REFERENCES person,
  post_id        bigint NOT NULL REFERENCES post,
  appointment_id bigint NOT NULL REFERENCES appointment,
  capacity       text   NOT NULL DEFAULT 'self' CHECK (capacity IN ('self', 'acting', 'delegated')),
  outcome        text   NOT NULL CHECK (outcome IN ('approved', 'returned')),
  comment        text   NOT NULL DEFAULT '',
  digest         bytea  NOT NULL,
  act_id         bigint NOT NULL REFERENCES act,
  UNIQUE (application_id, step),
  UNIQUE (id, application_id, outcome),
  FOREIGN KEY (application_id, applicant_id) REFERENCES application (id, applicant_id),
  FOREIGN KEY (application_id, step) REFERENCES application_step,
  CONSTRAINT decision_not_own CHECK (person_id <> applicant_id),
  CONSTRAINT decision_return_says_why CHECK (outcome <> 'returned' OR comment <> '')
);
COMMENT ON TABLE decision IS '決裁。申請した本人は決裁できない（人で比べる）【不変】';
COMMENT ON COLUMN decision.capacity IS '資格（self 本人, acting 代理, delegated 代決）';
COMMENT ON COLUMN decision.digest IS '決裁した項目一覧の要約値（申請のものと同じ）';
CALL trail_class('decision', 'immutable');

CREATE TABLE decision_item (
  decision_id     bigint NOT NULL,
  application_id  bigint NOT NULL,
  outcome         text   NOT NULL DEFAULT 'approved' CHECK (outcome = 'approved'),
  asset_id        bigint NOT NULL,
  version_no      int    NOT NULL,
  material_sha256 bytea  NOT NULL,
  PRIMARY KEY (decision_id, asset_id),
  UNIQUE (decision_id, asset_id, material_sha256),
  FOREIGN KEY (decision_id, application_id, outcome) REFERENCES decision (id, application_id, outcome),
  FOREIGN KEY (application_id, asset_id, version_no, material_sha256)
    REFERENCES application_item (application_id, asset_id, version_no, material_sha256)
);
COMMENT ON TABLE decision_item IS '承認された項目。版と重要項目の要約値を名指しする【不変】';
CALL trail_class('decision_item', 'immutable');

CREATE TABLE tenure (
  asset_id        bigint   NOT NULL,
  version_no      int      NOT NULL,
  from_rev        bigint   NOT NULL REFERENCES revision,
  to_rev          bigint   NOT NULL DEFAULT 9223372036854775807,
  material_sha256 bytea    NOT NULL,
  decision_id     bigint   NOT NULL,
  unit_id         bigint   NOT NULL REFERENCES unit,
  kind            text     NOT NULL,
  state           text     NOT NULL CHECK (state IN ('active', 'suspended', 'disposed')),
  c               smallint NOT NULL CHECK (c > 0),
  i               smallint NOT NULL CHECK (i > 0),
  a               smallint NOT NULL CHECK (a > 0),
  zone            text     NOT NULL,
  class_id        bigint   NOT NULL REFERENCES class,
  number          text     NOT NULL,
  name            text     NOT NULL,
  PRIMARY KEY (asset_id, from_rev),
  CHECK (from_rev < to_rev),
  FOREIGN KEY (asset_id, version_no, material_sha256) REFERENCES asset_version (asset_id, no, material_sha256),
  -- Nothing is in force unless exactly this material content was approved.
  CONSTRAINT tenure_approved FOREIGN KEY (decision_id, asset_id, material_sha256)
    REFERENCES decision_item (decision_id, asset_id, material_sha256)
);
COMMENT ON TABLE tenure IS '在任。どの版が・どの区分で・いつからいつまで有効だったか【可変】';
COMMENT ON COLUMN tenure.decision_id IS '根拠となる決裁。軽微変更と区分の上昇は前の決裁を引き継ぐ';
CREATE UNIQUE INDEX tenure_open ON tenure (asset_id) WHERE to_rev = 9223372036854775807;
CREATE INDEX tenure_unit ON tenure (unit_id, from_rev, to_rev);
CALL trail_class('tenure', 'mutable', 'asset_id', 'from_rev');
REVOKE UPDATE ON tenure FROM daicho_app;
GRANT UPDATE (to_rev) ON tenure TO daicho_app;

-- A level never falls without a decision of its own, and a closed tenure stays closed.
CREATE FUNCTION tenure_guard() RETURNS trigger LANGUAGE plpgsql AS $$
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
CREATE TRIGGER guard BEFORE INSERT OR UPDATE ON tenure FOR EACH ROW EXECUTE FUNCTION tenure_guard();

COMMIT;

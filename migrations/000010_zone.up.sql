BEGIN;

-- Where two 領域 meet: relations in force that join assets of different 領域, and every connection that
-- somebody drew (type bridges), with its particulars. A page then reads as many rows as there are
-- crossings and not every relation of the register.
CREATE TABLE crossing (
  type      text    NOT NULL CHECK (type IN ('bridges', 'connects', 'runs_on')),
  from_id   bigint  NOT NULL REFERENCES asset,
  to_id     bigint  NOT NULL REFERENCES asset,
  owner_id  bigint  NOT NULL REFERENCES asset,
  from_zone text    NOT NULL,
  to_zone   text    NOT NULL,
  cloud     boolean NOT NULL,
  flow      text    NOT NULL DEFAULT '',
  purpose   text    NOT NULL DEFAULT '',
  protocol  text    NOT NULL DEFAULT '',
  split     text    NOT NULL DEFAULT '',
  sanitise  text    NOT NULL DEFAULT '',
  special   boolean NOT NULL DEFAULT false,
  partner   text    NOT NULL DEFAULT '',
  path      text    NOT NULL DEFAULT '',
  review_on date,
  PRIMARY KEY (type, from_id, to_id, owner_id)
);
COMMENT ON TABLE crossing IS '領域の境。発効した関連のうち、領域間接続のすべてと、領域をまたぐ接続・稼働【派生】';
COMMENT ON COLUMN crossing.owner_id IS 'どの資産の版に書かれているか';
COMMENT ON COLUMN crossing.cloud IS '先がクラウドサービス';
COMMENT ON COLUMN crossing.flow IS '通信の向き（元から見て out, in, both）';
COMMENT ON COLUMN crossing.split IS '分割の方式';
COMMENT ON COLUMN crossing.sanitise IS '無害化の方式';
COMMENT ON COLUMN crossing.special IS '許可された特定通信';
CREATE INDEX crossing_from ON crossing (from_id);
CREATE INDEX crossing_to ON crossing (to_id);
CREATE INDEX crossing_owner ON crossing (owner_id);
CALL trail_class('crossing', 'derived');
INSERT INTO crossing (type, from_id, to_id, owner_id, from_zone, to_zone, cloud)
  SELECT r.type, r.from_id, r.to_id, r.owner_id, f.zone, g.zone, r.to_kind = 'CL'
  FROM relation r JOIN asset_now f ON f.asset_id = r.from_id JOIN asset_now g ON g.asset_id = r.to_id
  WHERE r.to_rev = 9223372036854775807 AND r.type IN ('bridges', 'connects', 'runs_on')
    AND f.version_no IS NOT NULL AND f.state <> 'disposed' AND g.version_no IS NOT NULL AND g.state <> 'disposed'
    AND (r.type = 'bridges' OR f.zone <> g.zone AND f.zone <> '' AND g.zone <> '');

-- The way in which the body separates its networks. The newest row without a unit is the body's own;
-- a unit's own stands in unit.model, and its rows here say who decided it and why.
CREATE TABLE model_decision (
  id      bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  unit_id bigint REFERENCES unit,
  model   text   NOT NULL CHECK (model IN ('', 'a', 'a2', 'b', 'b2')),
  was     text   NOT NULL CHECK (was IN ('', 'a', 'a2', 'b', 'b2')),
  doc_no  text   NOT NULL CHECK (doc_no <> ''),
  reason  text   NOT NULL CHECK (reason <> ''),
  by_text text   NOT NULL,
  at      timestamptz NOT NULL DEFAULT now(),
  act_id  bigint NOT NULL REFERENCES act
);
COMMENT ON TABLE model_decision IS '採用モデルの決定。組織が空の行は団体全体のもので、いちばん新しい行が効く【不変】';
COMMENT ON COLUMN model_decision.unit_id IS '組織（空=団体全体）';
COMMENT ON COLUMN model_decision.model IS '採用モデル（a=α a2=α′ b=β b2=β′、空=上位に従う）';
COMMENT ON COLUMN model_decision.was IS '変える前';
CREATE INDEX model_decision_unit ON model_decision (unit_id, id DESC);
CALL trail_class('model_decision', 'immutable');

-- What may lie where.
CREATE TABLE placement (
  rank      smallint NOT NULL CHECK (rank BETWEEN 1 AND 9),
  my_number boolean  NOT NULL,
  place     text     NOT NULL CHECK (place IN ('MN', 'LG', 'IT', 'CMN', 'CLG', 'CIT', 'PAPER', 'MEDIUM')),
  verdict   text     NOT NULL CHECK (verdict IN ('standard', 'ok', 'approval', 'no')),
  models    text[]   NOT NULL DEFAULT '{}',
  control   text     NOT NULL DEFAULT '',
  note      text     NOT NULL DEFAULT '',
  doc_no    text     NOT NULL DEFAULT '',
  source    text     NOT NULL DEFAULT '',
  checked   text     NOT NULL DEFAULT '',
  PRIMARY KEY (rank, my_number, place)
);
COMMENT ON TABLE placement IS '置き場の表。機密性と置き場の組ごとの可否【可変】';
COMMENT ON COLUMN placement.rank IS '機密性の順位（この順位から、次の行の手前まで）';
COMMENT ON COLUMN placement.my_number IS '特定個人情報の行';
COMMENT ON COLUMN placement.place IS '置き場（MN LG IT 領域, CMN CLG CIT クラウド, PAPER 紙, MEDIUM 媒体）';
COMMENT ON COLUMN placement.verdict IS '可否（standard ◎, ok ○, approval △, no ✕）';
COMMENT ON COLUMN placement.models IS 'この採用モデルのときだけ（空=問わない）。ほかのモデルでは不可';
COMMENT ON COLUMN placement.control IS 'もとになる対策の番号';
COMMENT ON COLUMN placement.note IS '条件';
COMMENT ON COLUMN placement.doc_no IS '採用した文書番号（空=案）';
CALL trail_class('placement', 'mutable', 'rank', 'my_number', 'place');

COMMIT;

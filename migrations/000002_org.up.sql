BEGIN;

-- The organisation is data with validity days; a pack brings it, nothing here names a body.

CREATE TABLE pack (
  name      text PRIMARY KEY,
  title     text   NOT NULL,
  version   text   NOT NULL,
  sample    boolean NOT NULL,
  sha256    bytea  NOT NULL,
  loaded_by bigint NOT NULL REFERENCES act
);
COMMENT ON TABLE pack IS 'パック。組織・分類体系・対策基準・見本を持ち込むデータの束【可変】';
CALL trail_class('pack', 'mutable', 'name');

CREATE TABLE host_body (
  id      bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  code    text NOT NULL UNIQUE,
  name    text NOT NULL,
  yomi    text NOT NULL DEFAULT '',
  lg_code text NOT NULL DEFAULT '',
  ord     int  NOT NULL DEFAULT 0,
  source  text NOT NULL DEFAULT '',
  checked text NOT NULL DEFAULT ''
);
COMMENT ON TABLE host_body IS '構成団体（物理ホスト）。局が入る庁舎とネットワークを持つ団体【可変】';
COMMENT ON COLUMN host_body.lg_code IS '全国地方公共団体コード（6桁）';
CALL trail_class('host_body', 'mutable', 'id');

CREATE TABLE organ (
  id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  code        text    NOT NULL UNIQUE,
  name        text    NOT NULL,
  yomi        text    NOT NULL DEFAULT '',
  prefix      text    NOT NULL UNIQUE CHECK (prefix ~ '^[A-Z]{2}$'),
  independent boolean NOT NULL DEFAULT false,
  ord         int     NOT NULL DEFAULT 0,
  source      text    NOT NULL DEFAULT '',
  checked     text    NOT NULL DEFAULT ''
);
COMMENT ON TABLE organ IS '機関。基本方針4(1)の議会・長・選挙管理委員会・監査委員など【可変】';
COMMENT ON COLUMN organ.prefix IS '管理番号の採番記号（英大文字2字）';
COMMENT ON COLUMN organ.independent IS '独立した機関。決裁は機関の中で完結する';
CALL trail_class('organ', 'mutable', 'id');

CREATE TABLE number_counter (
  organ_id    bigint NOT NULL REFERENCES organ,
  fiscal_year int    NOT NULL,
  last        bigint NOT NULL CHECK (last > 0),
  PRIMARY KEY (organ_id, fiscal_year)
);
COMMENT ON TABLE number_counter IS '管理番号の連番。機関と年度ごとに一つ。戻らない【派生】';
GRANT SELECT, INSERT, UPDATE ON number_counter TO daicho_app;

CREATE TABLE unit (
  id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  code       text   NOT NULL UNIQUE,
  organ_id   bigint NOT NULL REFERENCES organ,
  parent_id  bigint REFERENCES unit,
  name       text   NOT NULL,
  yomi       text   NOT NULL DEFAULT '',
  host_id    bigint REFERENCES host_body,
  model      text   NOT NULL DEFAULT '' CHECK (model IN ('', 'a', 'a2', 'b', 'b2')),
  ord        int    NOT NULL DEFAULT 0,
  valid_from date   NOT NULL DEFAULT '0001-01-01',
  valid_to   date   NOT NULL DEFAULT 'infinity',
  source     text   NOT NULL DEFAULT '',
  checked    text   NOT NULL DEFAULT '',
  CHECK (valid_from < valid_to),
  CHECK (parent_id <> id)
);
COMMENT ON TABLE unit IS '組織（局・課・係）。木になる。有効期間を持つ【可変】';
COMMENT ON COLUMN unit.model IS '採用モデル（a=α a2=α′ b=β b2=β′、空=上位に従う）';
COMMENT ON COLUMN unit.valid_to IS '終了日（この日は含まない）';
CREATE INDEX unit_parent ON unit (parent_id);
CREATE INDEX unit_organ ON unit (organ_id);
CALL trail_class('unit', 'mutable', 'id');

CREATE TABLE unit_tree (
  above_id bigint NOT NULL REFERENCES unit,
  unit_id  bigint NOT NULL REFERENCES unit,
  depth    int    NOT NULL,
  PRIMARY KEY (above_id, unit_id)
);
COMMENT ON TABLE unit_tree IS '組織の木を上下の組に展開したもの。自分自身は深さ0【派生】';
CREATE INDEX unit_tree_unit ON unit_tree (unit_id);
CALL trail_class('unit_tree', 'derived');

CREATE TABLE post (
  id      bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  code    text   NOT NULL UNIQUE,
  unit_id bigint NOT NULL REFERENCES unit,
  name    text   NOT NULL,
  role    text   NOT NULL CHECK (role IN ('registrant', 'manager', 'responsible', 'chief', 'ciso', 'auditor', 'admin')),
  reach   text   NOT NULL CHECK (reach IN ('unit', 'organ', 'body')),
  ord     int    NOT NULL DEFAULT 0,
  source  text   NOT NULL DEFAULT '',
  checked text   NOT NULL DEFAULT ''
);
COMMENT ON TABLE post IS '職。権限は人ではなく職に付く【可変】';
COMMENT ON COLUMN post.role IS '役割（registrant 登録者, manager 情報セキュリティ管理者, responsible 同責任者, chief 統括, ciso, auditor 監査人, admin システム管理者）';
COMMENT ON COLUMN post.reach IS '及ぶ範囲（unit 所属とその下, organ 機関, body 団体全体）';
CREATE INDEX post_unit ON post (unit_id);
CALL trail_class('post', 'mutable', 'id');

CREATE TABLE person (
  id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  code       text NOT NULL UNIQUE,
  name       text NOT NULL,
  yomi       text NOT NULL DEFAULT '',
  employment text NOT NULL DEFAULT ''
);
COMMENT ON TABLE person IS '職員。併任しても一人は一行【可変】';
CALL trail_class('person', 'mutable', 'id');

CREATE TABLE appointment (
  id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  person_id  bigint NOT NULL REFERENCES person,
  post_id    bigint NOT NULL REFERENCES post,
  kind       text   NOT NULL CHECK (kind IN ('main', 'concurrent', 'acting', 'delegated')),
  valid_from date   NOT NULL,
  valid_to   date   NOT NULL DEFAULT 'infinity',
  CHECK (valid_from < valid_to),
  UNIQUE (person_id, post_id, valid_from)
);
COMMENT ON TABLE appointment IS '補職。本務・併任・職務代理・委任。権限の根拠であり取引のたびに読み直す【可変】';
COMMENT ON COLUMN appointment.kind IS '区分（main 本務, concurrent 併任, acting 職務代理, delegated 委任）';
COMMENT ON COLUMN appointment.valid_to IS '終了日（この日は含まない）';
CREATE INDEX appointment_person ON appointment (person_id);
CREATE INDEX appointment_post ON appointment (post_id);
CALL trail_class('appointment', 'mutable', 'id');

CREATE TABLE adoption (
  id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  target     text NOT NULL CHECK (target IN ('org', 'scheme', 'catalogue')),
  code       text NOT NULL,
  doc_no     text NOT NULL,
  decided_on date NOT NULL,
  note       text NOT NULL DEFAULT '',
  act_id     bigint NOT NULL REFERENCES act,
  UNIQUE (target, code)
);
COMMENT ON TABLE adoption IS '採用決裁。これがない組織・分類体系・対策基準は「案・未照合」と表示する【不変】';
COMMENT ON COLUMN adoption.doc_no IS '文書番号';
CALL trail_class('adoption', 'immutable');

COMMIT;

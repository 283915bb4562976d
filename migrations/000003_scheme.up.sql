BEGIN;

CREATE TABLE scheme (
  id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  code       text    NOT NULL UNIQUE,
  name       text    NOT NULL,
  edition    text    NOT NULL,
  is_default boolean NOT NULL DEFAULT false,
  source     text    NOT NULL DEFAULT '',
  checked    text    NOT NULL DEFAULT ''
);
COMMENT ON TABLE scheme IS '分類体系の版【可変】';
CREATE UNIQUE INDEX scheme_default ON scheme (is_default) WHERE is_default;
CALL trail_class('scheme', 'mutable', 'id');

CREATE TABLE scheme_axis (
  scheme_id bigint NOT NULL REFERENCES scheme,
  axis      text   NOT NULL CHECK (axis IN ('C', 'I', 'A')),
  name      text   NOT NULL,
  ord       int    NOT NULL DEFAULT 0,
  PRIMARY KEY (scheme_id, axis)
);
COMMENT ON TABLE scheme_axis IS '軸（機密性・完全性・可用性）【可変】';
CALL trail_class('scheme_axis', 'mutable', 'scheme_id', 'axis');

CREATE TABLE scheme_level (
  scheme_id bigint   NOT NULL,
  axis      text     NOT NULL,
  rank      smallint NOT NULL CHECK (rank BETWEEN 1 AND 9),
  code      text     NOT NULL,
  label     text     NOT NULL,
  criteria  text     NOT NULL,
  examples  text     NOT NULL DEFAULT '',
  handling  text     NOT NULL DEFAULT '',
  marking   text     NOT NULL DEFAULT '',
  guarded   boolean  NOT NULL DEFAULT false,
  source    text     NOT NULL DEFAULT '',
  checked   text     NOT NULL DEFAULT '',
  PRIMARY KEY (scheme_id, axis, rank),
  UNIQUE (scheme_id, axis, code),
  FOREIGN KEY (scheme_id, axis) REFERENCES scheme_axis
);
COMMENT ON TABLE scheme_level IS '区分。順位は軸の中での高さ（1が最も低い）【可変】';
COMMENT ON COLUMN scheme_level.handling IS '取扱制限（「／」区切り）';
COMMENT ON COLUMN scheme_level.marking IS '表示する文言';
COMMENT ON COLUMN scheme_level.guarded IS '個別に開いて確かめる区分（開いたことも記録する）';
CALL trail_class('scheme_level', 'mutable', 'scheme_id', 'axis', 'rank');

CREATE TABLE scheme_question (
  scheme_id  bigint NOT NULL REFERENCES scheme,
  code       text   NOT NULL,
  ord        int    NOT NULL,
  stage      int    NOT NULL CHECK (stage IN (1, 2)),
  text       text   NOT NULL,
  hint       text   NOT NULL DEFAULT '',
  options    text   NOT NULL,
  shown_when text   NOT NULL DEFAULT '',
  source     text   NOT NULL DEFAULT '',
  checked    text   NOT NULL DEFAULT '',
  PRIMARY KEY (scheme_id, code)
);
COMMENT ON TABLE scheme_question IS '判定の質問。段階1は最初に必ず聞くやさしい質問【可変】';
CALL trail_class('scheme_question', 'mutable', 'scheme_id', 'code');

CREATE TABLE scheme_judgement (
  scheme_id bigint NOT NULL,
  axis      text   NOT NULL,
  ord       int    NOT NULL,
  cond      text   NOT NULL DEFAULT '',
  level     text   NOT NULL,
  why       text   NOT NULL,
  source    text   NOT NULL DEFAULT '',
  checked   text   NOT NULL DEFAULT '',
  PRIMARY KEY (scheme_id, axis, ord),
  FOREIGN KEY (scheme_id, axis, level) REFERENCES scheme_level (scheme_id, axis, code)
);
COMMENT ON TABLE scheme_judgement IS '判定表。上から見て最初に当てはまる行で決まる【可変】';
CALL trail_class('scheme_judgement', 'mutable', 'scheme_id', 'axis', 'ord');

CREATE TABLE catalogue (
  id      bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  code    text NOT NULL UNIQUE,
  name    text NOT NULL,
  edition text NOT NULL,
  source  text NOT NULL DEFAULT '',
  checked text NOT NULL DEFAULT ''
);
COMMENT ON TABLE catalogue IS '対策基準の版【可変】';
CALL trail_class('catalogue', 'mutable', 'id');

CREATE TABLE chapter (
  catalogue_id bigint NOT NULL REFERENCES catalogue,
  no           int    NOT NULL,
  name         text   NOT NULL,
  clause       text   NOT NULL DEFAULT '',
  PRIMARY KEY (catalogue_id, no)
);
COMMENT ON TABLE chapter IS '対策基準の章【可変】';
COMMENT ON COLUMN chapter.clause IS '基本方針の条項';
CALL trail_class('chapter', 'mutable', 'catalogue_id', 'no');

CREATE TABLE control (
  id           bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  catalogue_id bigint   NOT NULL,
  key          text     NOT NULL,
  chapter      int      NOT NULL,
  title        text     NOT NULL,
  text         text     NOT NULL,
  aim          text     NOT NULL DEFAULT '',
  modality     text     NOT NULL CHECK (modality IN ('must', 'should', 'may')),
  role         text     NOT NULL DEFAULT '',
  evidence     text     NOT NULL DEFAULT '',
  cycle        text     NOT NULL DEFAULT '',
  effort       smallint NOT NULL DEFAULT 0 CHECK (effort BETWEEN 0 AND 5),
  answered_at  text     NOT NULL CHECK (answered_at IN ('organ', 'unit', 'unit_kind', 'system', 'asset')),
  clause       text     NOT NULL DEFAULT '',
  source       text     NOT NULL DEFAULT '',
  checked      text     NOT NULL DEFAULT '',
  UNIQUE (catalogue_id, key),
  FOREIGN KEY (catalogue_id, chapter) REFERENCES chapter
);
COMMENT ON TABLE control IS '対策。基準の版に属する要求の一つ【可変】';
COMMENT ON COLUMN control.modality IS '強さ（must 必須, should 推奨, may 任意）';
COMMENT ON COLUMN control.answered_at IS '実施状況をどこで答えるか（organ 機関, unit 課, unit_kind 課×種別, system システム, asset 資産）';
COMMENT ON COLUMN control.effort IS '手間（0〜5）';
COMMENT ON COLUMN control.checked IS '照合。空でなければ現行ガイドラインとの照合状況';
CALL trail_class('control', 'mutable', 'id');

CREATE TABLE applicability (
  id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  control_id bigint   NOT NULL REFERENCES control,
  row_no     int      NOT NULL,
  kinds      text[]   NOT NULL,
  min_c      smallint NOT NULL DEFAULT 0,
  max_c      smallint NOT NULL DEFAULT 0,
  min_i      smallint NOT NULL DEFAULT 0,
  min_a      smallint NOT NULL DEFAULT 0,
  zones      text[]   NOT NULL DEFAULT '{}',
  personal   smallint NOT NULL DEFAULT 0,
  flags      int      NOT NULL DEFAULT 0,
  models     text[]   NOT NULL DEFAULT '{}',
  reason     text     NOT NULL,
  UNIQUE (control_id, row_no)
);
COMMENT ON TABLE applicability IS '適用条件。どれか一行に当てはまれば必要になり、当てはまった行が理由になる【可変】';
COMMENT ON COLUMN applicability.max_c IS '機密性の上限（0=なし）';
COMMENT ON COLUMN applicability.personal IS '個人情報の区分の下限（0=問わない）';
COMMENT ON COLUMN applicability.flags IS '特性（すべて満たすこと。ビット和）';
CALL trail_class('applicability', 'mutable', 'id');

-- Assets with equal facets share a class; classes with an equal list of (control, cause) share a set.
-- Neither is ever deleted, so that the requirements of any day can still be read.
CREATE TABLE class (
  id       bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  kind     text     NOT NULL,
  c        smallint NOT NULL,
  i        smallint NOT NULL,
  a        smallint NOT NULL,
  zone     text     NOT NULL,
  personal smallint NOT NULL,
  flags    int      NOT NULL,
  model    text     NOT NULL,
  UNIQUE (kind, c, i, a, zone, personal, flags, model)
);
COMMENT ON TABLE class IS '適用区分。種別・区分・領域・個人情報・特性が同じ資産の組【派生】';
CALL trail_class('class', 'derived');

CREATE TABLE requirement_set (
  id     bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  digest bytea NOT NULL UNIQUE
);
COMMENT ON TABLE requirement_set IS '必要対策群。対策と理由の組が同じ適用区分で共有する【派生】';
CALL trail_class('requirement_set', 'derived');

CREATE TABLE set_item (
  set_id     bigint NOT NULL REFERENCES requirement_set,
  control_id bigint NOT NULL REFERENCES control,
  causes     bigint[] NOT NULL,
  PRIMARY KEY (set_id, control_id)
);
COMMENT ON TABLE set_item IS '必要対策群の中身。causes は当てはまった適用条件【派生】';
CREATE INDEX set_item_control ON set_item (control_id);
CALL trail_class('set_item', 'derived');

CREATE TABLE class_set (
  class_id     bigint NOT NULL REFERENCES class,
  catalogue_id bigint NOT NULL REFERENCES catalogue,
  set_id       bigint NOT NULL REFERENCES requirement_set,
  PRIMARY KEY (class_id, catalogue_id)
);
COMMENT ON TABLE class_set IS '適用区分ごと・対策基準の版ごとの必要対策群【派生】';
CALL trail_class('class_set', 'derived');

COMMIT;

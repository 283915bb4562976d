BEGIN;

-- What a body decides about a check. A rule without a row is used as shipped.
CREATE TABLE check_rule (
  id       text PRIMARY KEY CHECK (id ~ '^[A-Z][0-9]{2}[A-Z]?$'),
  severity text NOT NULL CHECK (severity IN ('refuse', 'grave', 'warn', 'note')),
  enabled  boolean NOT NULL DEFAULT true,
  limit_no int  NOT NULL DEFAULT 0 CHECK (limit_no BETWEEN 0 AND 1000000),
  title    text NOT NULL DEFAULT '',
  advice   text NOT NULL DEFAULT ''
);
COMMENT ON TABLE check_rule IS '点検規則の設定（重大さ・しきい値・言い回し・使うかどうか）。行のない規則は出荷時のまま【可変】';
COMMENT ON COLUMN check_rule.severity IS '重大さ（refuse 拒否, grave 重大, warn 注意, note 案内）';
COMMENT ON COLUMN check_rule.limit_no IS 'しきい値（人・か月・日。0=出荷時のまま）';
COMMENT ON COLUMN check_rule.title IS '規則の名前（空=出荷時のまま）';
COMMENT ON COLUMN check_rule.advice IS 'どう直すか（空=出荷時のまま）';
CALL trail_class('check_rule', 'mutable', 'id');

-- What the program found by itself. Nothing in it is a statement of a person, and it can be found
-- again from the register, so its rows leave no digest; the runs and the acceptances are acts.
CREATE TABLE finding (
  id             bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  rule           text   NOT NULL,
  asset_id       bigint REFERENCES asset,
  unit_id        bigint NOT NULL REFERENCES unit,
  field          text   NOT NULL DEFAULT '',
  mark           text   NOT NULL,
  other_id       bigint REFERENCES asset,
  severity       text   NOT NULL,
  weight         smallint NOT NULL,
  params         jsonb  NOT NULL DEFAULT '{}',
  first_seen     timestamptz NOT NULL DEFAULT now(),
  last_seen      timestamptz NOT NULL DEFAULT now(),
  cleared_at     timestamptz,
  accepted_until date,
  CHECK (cleared_at IS NULL OR cleared_at >= first_seen)
) WITH (fillfactor = 85);
COMMENT ON TABLE finding IS '検出。点検規則が見つけたこと。直ると閉じ、再び起きれば新しい行になる【運用】';
COMMENT ON COLUMN finding.asset_id IS '情報資産（空=組織についての検出）';
COMMENT ON COLUMN finding.unit_id IS '直す組織（資産の所管課）';
COMMENT ON COLUMN finding.mark IS '同じ検出かどうかを見分ける印（欄。相手ごとの規則では欄と相手）';
COMMENT ON COLUMN finding.other_id IS 'もとになった別の資産';
COMMENT ON COLUMN finding.weight IS '重大さの順（1=拒否 … 4=案内）';
COMMENT ON COLUMN finding.params IS '文に入れる値（見つけたときの区分・日付など）';
COMMENT ON COLUMN finding.last_seen IS '最後に成り立っていることを確かめた日時（日ごとに進む）';
COMMENT ON COLUMN finding.accepted_until IS '受け入れの期限（空=受け入れていない）。過ぎれば自動で未対応に戻る';
CREATE UNIQUE INDEX finding_open_asset ON finding (asset_id, rule, mark) WHERE cleared_at IS NULL AND asset_id IS NOT NULL;
CREATE UNIQUE INDEX finding_open_unit ON finding (unit_id, rule, mark) WHERE cleared_at IS NULL AND asset_id IS NULL;
CREATE INDEX finding_unit_open ON finding (unit_id, weight, first_seen, id) INCLUDE (rule, accepted_until) WHERE cleared_at IS NULL;
CREATE INDEX finding_open ON finding (weight, first_seen, id) INCLUDE (unit_id, rule, accepted_until) WHERE cleared_at IS NULL;
CREATE INDEX finding_rule_open ON finding (rule) WHERE cleared_at IS NULL;
CREATE INDEX finding_other_open ON finding (other_id) WHERE cleared_at IS NULL AND other_id IS NOT NULL;
CREATE INDEX finding_cleared ON finding (cleared_at DESC, id DESC) INCLUDE (unit_id, rule) WHERE cleared_at IS NOT NULL;
CREATE INDEX finding_asset ON finding (asset_id);
CALL trail_class('finding', 'operational');

CREATE TABLE finding_acceptance (
  id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  finding_id bigint NOT NULL REFERENCES finding,
  until      date,
  reason     text   NOT NULL CHECK (reason <> ''),
  person_id  bigint NOT NULL REFERENCES person,
  by_text    text   NOT NULL,
  at         timestamptz NOT NULL DEFAULT now(),
  act_id     bigint NOT NULL REFERENCES act
);
COMMENT ON TABLE finding_acceptance IS '検出の受け入れ。管理者が理由と期限を添えて残す。取消しも一行。いちばん新しい行が効く【不変】';
COMMENT ON COLUMN finding_acceptance.until IS '期限（この日まで。空=取消し）';
CREATE INDEX finding_acceptance_finding ON finding_acceptance (finding_id, id DESC);
CALL trail_class('finding_acceptance', 'immutable');

CREATE TABLE check_run (
  day      date   PRIMARY KEY,
  act_id   bigint NOT NULL REFERENCES act,
  complete boolean NOT NULL,
  settings bytea  NOT NULL,
  found    int    NOT NULL,
  cleared  int    NOT NULL
);
COMMENT ON TABLE check_run IS '日ごとの点検。一日に一度だけ、システムが行う【不変】';
COMMENT ON COLUMN check_run.day IS '日本時間の日';
COMMENT ON COLUMN check_run.complete IS '日付によらない規則もすべての資産について確かめた';
COMMENT ON COLUMN check_run.settings IS '使った規則と設定の要約値。変われば次の点検ですべてを確かめ直す';
CALL trail_class('check_run', 'immutable');

CREATE TABLE asset_completeness (
  asset_id bigint   PRIMARY KEY REFERENCES asset,
  unit_id  bigint   NOT NULL REFERENCES unit,
  level    smallint NOT NULL CHECK (level BETWEEN 0 AND 3),
  filled   int      NOT NULL,
  total    int      NOT NULL,
  missing  text[]   NOT NULL
);
COMMENT ON TABLE asset_completeness IS '記入の段階（0〜3）。発効している版から作り直せる【派生】';
COMMENT ON COLUMN asset_completeness.missing IS '次の段階に要る欄';
CREATE INDEX asset_completeness_unit ON asset_completeness (unit_id, level) INCLUDE (asset_id);
CALL trail_class('asset_completeness', 'derived');

COMMIT;

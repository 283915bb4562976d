BEGIN;

-- The act is the unit of evidence. Every transaction that writes first inserts one act; the
-- triggers below tie its row changes to it and refuse a write without one.

CREATE TABLE act (
  id             bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  xid            xid8        NOT NULL DEFAULT pg_current_xact_id(),
  at             timestamptz NOT NULL DEFAULT now(),
  account_id     bigint,
  person_id      bigint,
  post_id        bigint,
  appointment_id bigint,
  person_text    text        NOT NULL,
  post_text      text        NOT NULL DEFAULT '',
  auth           text        NOT NULL CHECK (auth IN ('password', 'operator', 'none')),
  channel        text        NOT NULL CHECK (channel IN ('web', 'cli', 'system')),
  action         text        NOT NULL,
  outcome        text        NOT NULL DEFAULT 'done' CHECK (outcome IN ('done', 'refused')),
  target         text        NOT NULL DEFAULT '',
  asset_id       bigint,
  unit_id        bigint,
  reason         text        NOT NULL DEFAULT '',
  request_id     text        NOT NULL DEFAULT '',
  detail         jsonb       NOT NULL DEFAULT '{}',
  salt           bytea       NOT NULL DEFAULT uuid_send(gen_random_uuid()),
  digest         bytea       NOT NULL DEFAULT '\x'
);
COMMENT ON TABLE act IS '行為。書込みの単位であり証跡の単位。誰が・どの職で・何を・なぜ行ったか【不変】';
COMMENT ON COLUMN act.xid IS '取引番号。確定済みの行為だけを封印するために使う';
COMMENT ON COLUMN act.auth IS '本人確認の方法（password, operator=OS利用者, none）';
COMMENT ON COLUMN act.channel IS '経路（web, cli, system）';
COMMENT ON COLUMN act.outcome IS '結果。拒否された行為も記録する';
COMMENT ON COLUMN act.target IS '対象の表示名（管理番号など）。閲覧制限のない語だけを入れる';
COMMENT ON COLUMN act.detail IS '出力の条件・件数など。秘密の値は入れない';
COMMENT ON COLUMN act.salt IS '要約値のための乱数。消去命令があれば本文とともに消す';
COMMENT ON COLUMN act.digest IS 'sha256(salt || 本文のJSON配列)。本文を消しても記録の連なりは検証できる';
CREATE INDEX act_at ON act (at DESC, id DESC);
CREATE INDEX act_person ON act (person_id, id DESC);
CREATE INDEX act_asset ON act (asset_id, id DESC) WHERE asset_id IS NOT NULL;
CREATE INDEX act_action ON act (action, id DESC);

CREATE TABLE change (
  act_id bigint NOT NULL REFERENCES act,
  seq    bigint GENERATED ALWAYS AS IDENTITY,
  tbl    text   NOT NULL,
  pk     text   NOT NULL,
  op     text   NOT NULL CHECK (op IN ('INSERT', 'UPDATE', 'DELETE')),
  before jsonb,
  after  jsonb,
  salt   bytea  NOT NULL DEFAULT uuid_send(gen_random_uuid()),
  digest bytea  NOT NULL,
  PRIMARY KEY (act_id, seq)
);
COMMENT ON TABLE change IS '変更。行為に属する行単位の変更の控え。アプリケーションの役割は直接書けない【不変】';
COMMENT ON COLUMN change.pk IS '主キー。不変の表では件数';
COMMENT ON COLUMN change.digest IS 'sha256(salt || 変更前 || 0x1F || 変更後)。不変の表では挿入行の要約';

CREATE FUNCTION act_digest() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  -- An array keeps the place of what is missing; a joined text would not.
  NEW.digest := sha256(NEW.salt || convert_to(jsonb_build_array(extract(epoch FROM NEW.at)::text, NEW.account_id, NEW.person_id,
    NEW.post_id, NEW.appointment_id, NEW.person_text, NEW.post_text, NEW.auth, NEW.channel, NEW.action, NEW.outcome, NEW.target,
    NEW.asset_id, NEW.unit_id, NEW.reason, NEW.request_id, NEW.detail)::text, 'UTF8'));
  RETURN NEW;
END $$;
CREATE TRIGGER act_digest BEFORE INSERT ON act FOR EACH ROW EXECUTE FUNCTION act_digest();

-- The act of this very transaction, or an error. The setting alone proves nothing: the row must
-- have been inserted by the transaction that now writes.
CREATE FUNCTION trail_act() RETURNS bigint LANGUAGE plpgsql STABLE AS $$
DECLARE a bigint := nullif(current_setting('daicho.act', true), '')::bigint;
BEGIN
  IF a IS NULL OR NOT EXISTS (SELECT 1 FROM act WHERE id = a AND xid = pg_current_xact_id_if_assigned()) THEN
    RAISE EXCEPTION 'write without an act' USING ERRCODE = 'DA001';
  END IF;
  RETURN a;
END $$;

-- Mutable tables: before and after, row by row. TG_ARGV names the key columns.
CREATE FUNCTION trail_mutable() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
  a bigint := trail_act();
  b jsonb; n jsonb; k text; s bytea := uuid_send(gen_random_uuid());
BEGIN
  IF TG_OP <> 'INSERT' THEN b := to_jsonb(OLD); END IF;
  IF TG_OP <> 'DELETE' THEN n := to_jsonb(NEW); END IF;
  IF b IS NOT DISTINCT FROM n THEN RETURN NULL; END IF;
  SELECT string_agg(coalesce(n, b) ->> c, '/') INTO k FROM unnest(TG_ARGV) c;
  INSERT INTO change (act_id, tbl, pk, op, before, after, salt, digest)
  VALUES (a, TG_TABLE_NAME, k, TG_OP, b, n, s,
          sha256(s || convert_to(coalesce(b::text, '') || E'\x1f' || coalesce(n::text, ''), 'UTF8')));
  RETURN NULL;
END $$;

-- Immutable tables: one digest per statement over the inserted rows.
CREATE FUNCTION trail_immutable() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
  a bigint := trail_act();
  s bytea := uuid_send(gen_random_uuid());
  body text; n bigint;
BEGIN
  SELECT count(*), string_agg(r::text, E'\x1e' ORDER BY r::text) INTO n, body FROM fresh r;
  IF n = 0 THEN RETURN NULL; END IF;
  INSERT INTO change (act_id, tbl, pk, op, salt, digest)
  VALUES (a, TG_TABLE_NAME, n::text, 'INSERT', s, sha256(s || convert_to(body, 'UTF8')));
  RETURN NULL;
END $$;

CREATE FUNCTION trail_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'the rows of % never change', TG_TABLE_NAME USING ERRCODE = 'DA002';
END $$;

-- Credentials and the like: that it happened, never the value.
CREATE FUNCTION trail_fact() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
  a bigint := trail_act();
  s bytea := uuid_send(gen_random_uuid());
  k text;
BEGIN
  SELECT string_agg((CASE WHEN TG_OP = 'DELETE' THEN to_jsonb(OLD) ELSE to_jsonb(NEW) END) ->> c, '/') INTO k FROM unnest(TG_ARGV) c;
  INSERT INTO change (act_id, tbl, pk, op, salt, digest) VALUES (a, TG_TABLE_NAME, k, TG_OP, s, sha256(s));
  RETURN NULL;
END $$;

-- Declares the class of a table: the triggers and the rights of the application follow from it.
-- classes: mutable (before and after), immutable (insert only), derived (rebuilt and compared),
-- operational (no values in the trail), fact (operational, but each write is a fact in the trail).
CREATE PROCEDURE trail_class(t regclass, class text, VARIADIC keys text[] DEFAULT '{}') LANGUAGE plpgsql AS $$
DECLARE
  args text := (SELECT string_agg(quote_literal(k), ', ') FROM unnest(keys) k);
BEGIN
  IF class = 'mutable' THEN
    EXECUTE format('CREATE TRIGGER trail AFTER INSERT OR UPDATE OR DELETE ON %s FOR EACH ROW EXECUTE FUNCTION trail_mutable(%s)', t, args);
    EXECUTE format('GRANT SELECT, INSERT, UPDATE ON %s TO daicho_app', t);
  ELSIF class = 'immutable' THEN
    EXECUTE format('CREATE TRIGGER trail AFTER INSERT ON %s REFERENCING NEW TABLE AS fresh FOR EACH STATEMENT EXECUTE FUNCTION trail_immutable()', t);
    EXECUTE format('CREATE TRIGGER trail_refuse BEFORE UPDATE OR DELETE OR TRUNCATE ON %s FOR EACH STATEMENT EXECUTE FUNCTION trail_refuse()', t);
    EXECUTE format('GRANT SELECT, INSERT ON %s TO daicho_app', t);
  ELSIF class = 'derived' THEN
    EXECUTE format('GRANT SELECT, INSERT, UPDATE, DELETE ON %s TO daicho_app', t);
  ELSIF class = 'operational' THEN
    EXECUTE format('GRANT SELECT, INSERT, UPDATE, DELETE ON %s TO daicho_app', t);
  ELSIF class = 'fact' THEN
    EXECUTE format('CREATE TRIGGER trail AFTER INSERT OR UPDATE OR DELETE ON %s FOR EACH ROW EXECUTE FUNCTION trail_fact(%s)', t, args);
    EXECUTE format('GRANT SELECT, INSERT, UPDATE ON %s TO daicho_app', t);
  ELSE
    RAISE EXCEPTION 'unknown class %', class;
  END IF;
END $$;

CREATE TRIGGER trail_refuse BEFORE UPDATE OR DELETE OR TRUNCATE ON act FOR EACH STATEMENT EXECUTE FUNCTION trail_refuse();
CREATE TRIGGER trail_refuse BEFORE UPDATE OR DELETE OR TRUNCATE ON change FOR EACH STATEMENT EXECUTE FUNCTION trail_refuse();
-- Time, transaction and digest of an act are the database's own: the application cannot set them.
GRANT SELECT ON act, change TO daicho_app;
GRANT INSERT (account_id, person_id, post_id, appointment_id, person_text, post_text, auth, channel, action, outcome,
  target, asset_id, unit_id, reason, request_id, detail) ON act TO daicho_app;

-- One counter orders what is in force: whoever changes that takes the next number and holds the row
-- to commit, so the numbers are gapless and in commit order.
CREATE TABLE register_head (
  only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row),
  rev      bigint NOT NULL
);
COMMENT ON TABLE register_head IS '台帳リビジョンの現在値。発効する内容を変える取引が一つずつ取る【派生】';
INSERT INTO register_head (rev) VALUES (0);
GRANT SELECT, UPDATE ON register_head TO daicho_app;

CREATE TABLE revision (
  rev    bigint PRIMARY KEY,
  at     timestamptz NOT NULL DEFAULT clock_timestamp(),
  act_id bigint NOT NULL REFERENCES act
);
COMMENT ON TABLE revision IS '台帳リビジョン。発効内容の変更ごとに欠番なく進む【不変】';
CREATE INDEX revision_at ON revision (at);
CALL trail_class('revision', 'immutable');

COMMIT;

BEGIN;

CREATE TABLE asset (
  id     bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  kind   text NOT NULL CHECK (kind IN ('NW', 'IS', 'EQ', 'MD', 'FA', 'IN', 'PD', 'SD', 'CL', 'CT')),
  number text UNIQUE,
  UNIQUE (id, kind)
);
COMMENT ON TABLE asset IS '情報資産の同一性。種別は変わらず、管理番号は申請時に一度だけ付く【可変】';
COMMENT ON COLUMN asset.number IS '管理番号（年度-採番機関-連番-検査数字）';
CALL trail_class('asset', 'mutable', 'id');
REVOKE UPDATE ON asset FROM daicho_app;
GRANT UPDATE (number) ON asset TO daicho_app;

CREATE FUNCTION asset_guard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NEW.id <> OLD.id OR NEW.kind <> OLD.kind OR (OLD.number IS NOT NULL AND NEW.number IS DISTINCT FROM OLD.number) THEN
    RAISE EXCEPTION 'id, kind and number of an asset never change' USING ERRCODE = 'DA002';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER guard BEFORE UPDATE ON asset FOR EACH ROW EXECUTE FUNCTION asset_guard();

CREATE TABLE asset_version (
  asset_id        bigint NOT NULL REFERENCES asset,
  no              int    NOT NULL CHECK (no > 0),
  act_id          bigint NOT NULL REFERENCES act,
  author_id       bigint NOT NULL REFERENCES person,
  content         text   NOT NULL,
  content_sha256  bytea  NOT NULL CHECK (content_sha256 = sha256(convert_to(content, 'UTF8'))),
  material_sha256 bytea  NOT NULL CHECK (length(material_sha256) = 32),
  fields_edition  text   NOT NULL,
  scheme_id       bigint NOT NULL REFERENCES scheme,
  PRIMARY KEY (asset_id, no),
  UNIQUE (asset_id, no, material_sha256)
);
COMMENT ON TABLE asset_version IS '情報資産の版。内容は正規形JSONの文字列そのもの。追記だけ【不変】';
COMMENT ON COLUMN asset_version.material_sha256 IS '重要項目の要約値。同じなら軽微変更';
CALL trail_class('asset_version', 'immutable');

CREATE TABLE draft (
  asset_id   bigint PRIMARY KEY REFERENCES asset,
  unit_id    bigint NOT NULL REFERENCES unit,
  owner_id   bigint NOT NULL REFERENCES person,
  base_no    int    NOT NULL DEFAULT 0,
  form       jsonb  NOT NULL,
  edit_no    int    NOT NULL DEFAULT 1,
  returned   bigint,
  created_at timestamptz NOT NULL DEFAULT now(),
  updated_at timestamptz NOT NULL DEFAULT now()
);
COMMENT ON TABLE draft IS '下書き。打ち込まれたままの値。資産ごとに一つ、所属で共有する【運用】';
COMMENT ON COLUMN draft.base_no IS 'もとにした版（0=新規）';
COMMENT ON COLUMN draft.edit_no IS '保存の回数。二人が同時に直したことを見分ける';
COMMENT ON COLUMN draft.returned IS '差し戻された申請';
CREATE INDEX draft_owner ON draft (owner_id);
CREATE INDEX draft_unit ON draft (unit_id);
CALL trail_class('draft', 'operational');

CREATE TABLE relation_rule (
  type      text NOT NULL,
  from_kind text NOT NULL,
  to_kind   text NOT NULL,
  c_travel  text NOT NULL DEFAULT '' CHECK (c_travel IN ('', 'to_from', 'to_to')),
  i_travel  text NOT NULL DEFAULT '' CHECK (i_travel IN ('', 'to_from', 'to_to')),
  a_travel  text NOT NULL DEFAULT '' CHECK (a_travel IN ('', 'to_from', 'to_to')),
  PRIMARY KEY (type, from_kind, to_kind)
);
COMMENT ON TABLE relation_rule IS '関連の型。どの種別の間に結べ、どちらへ区分が伝わるか（to_from=元へ, to_to=先へ）【不変】';
INSERT INTO relation_rule
  SELECT 'stores', f, t, 'to_from', 'to_from', 'to_from' FROM unnest('{MD,EQ,IS,CL,FA}'::text[]) f, unnest('{IN,PD,SD}'::text[]) t
  UNION ALL SELECT 'processes', 'IS', 'IN', 'to_from', 'to_from', 'to_from'
  UNION ALL SELECT 'runs_on', 'IS', t, 'to_to', 'to_to', 'to_to' FROM unnest('{EQ,CL}'::text[]) t
  UNION ALL SELECT 'part_of', f, 'IS', '', '', 'to_from' FROM unnest('{EQ,MD,NW}'::text[]) f
  UNION ALL SELECT 'part_of', 'FA', 'FA', '', '', 'to_from'
  UNION ALL SELECT 'connects', f, 'NW', 'to_to', 'to_to', 'to_to' FROM unnest('{EQ,IS}'::text[]) f
  UNION ALL SELECT 'located_in', f, 'FA', 'to_to', '', 'to_to' FROM unnest('{EQ,MD,PD}'::text[]) f
  UNION ALL SELECT 'depends_on', f, t, '', '', 'to_to' FROM unnest('{IS,EQ,NW}'::text[]) f, unnest('{IS,EQ,NW,FA,CL}'::text[]) t
  UNION ALL SELECT 'copy_of', f, t, 'to_from', '', '' FROM unnest('{IN,PD,MD}'::text[]) f, unnest('{IN,PD}'::text[]) t
  UNION ALL SELECT 'documents', 'SD', t, '', '', '' FROM unnest('{IS,NW,FA}'::text[]) t
  UNION ALL SELECT 'entrusted', f, 'CT', 'to_to', 'to_to', 'to_to' FROM unnest('{IN,IS,EQ}'::text[]) f
  UNION ALL SELECT 'bridges', f, t, '', '', '' FROM unnest('{NW,IS}'::text[]) f, unnest('{NW,IS}'::text[]) t;
CREATE TRIGGER trail_refuse BEFORE INSERT OR UPDATE OR DELETE OR TRUNCATE ON relation_rule FOR EACH STATEMENT EXECUTE FUNCTION trail_refuse();
GRANT SELECT ON relation_rule TO daicho_app;

CREATE TABLE relation (
  id        bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  type      text   NOT NULL,
  from_id   bigint NOT NULL,
  from_kind text   NOT NULL,
  to_id     bigint NOT NULL,
  to_kind   text   NOT NULL,
  owner_id  bigint NOT NULL REFERENCES asset,
  note      text   NOT NULL DEFAULT '',
  from_rev  bigint NOT NULL REFERENCES revision,
  to_rev    bigint NOT NULL DEFAULT 9223372036854775807,
  CHECK (from_id <> to_id),
  CHECK (from_rev < to_rev),
  CHECK (owner_id IN (from_id, to_id)),
  FOREIGN KEY (type, from_kind, to_kind) REFERENCES relation_rule,
  FOREIGN KEY (from_id, from_kind) REFERENCES asset (id, kind),
  FOREIGN KEY (to_id, to_kind) REFERENCES asset (id, kind)
);
COMMENT ON TABLE relation IS '関連。発効した版に書かれた資産どうしの結びつき【派生】';
COMMENT ON COLUMN relation.owner_id IS 'どの資産の版に書かれているか';
CREATE UNIQUE INDEX relation_open ON relation (type, from_id, to_id, owner_id) WHERE to_rev = 9223372036854775807;
CREATE INDEX relation_from ON relation (from_id) INCLUDE (to_id, type) WHERE to_rev = 9223372036854775807;
CREATE INDEX relation_to ON relation (to_id) INCLUDE (from_id, type) WHERE to_rev = 9223372036854775807;
CALL trail_class('relation', 'derived');

CREATE TABLE level_now (
  asset_id bigint   NOT NULL REFERENCES asset,
  axis     text     NOT NULL CHECK (axis IN ('C', 'I', 'A')),
  base     smallint NOT NULL,
  computed smallint NOT NULL,
  level    smallint NOT NULL CHECK (level >= base),
  via      bigint   REFERENCES asset,
  PRIMARY KEY (asset_id, axis)
);
COMMENT ON TABLE level_now IS '区分の現在値。base=申告、computed=関連から計算、level=効いている値（承認なしに下がらない）、via=その値をもたらした隣【派生】';
CREATE INDEX level_now_via ON level_now (axis, via) WHERE via IS NOT NULL;
CALL trail_class('level_now', 'derived');

CREATE TABLE asset_now (
  asset_id    bigint   PRIMARY KEY REFERENCES asset,
  kind        text     NOT NULL,
  number      text COLLATE "C",
  unit_id     bigint   NOT NULL REFERENCES unit,
  organ_id    bigint   NOT NULL REFERENCES organ,
  host_id     bigint   REFERENCES host_body,
  state       text     NOT NULL CHECK (state IN ('draft', 'pending', 'returned', 'active', 'suspended', 'disposed')),
  name        text     NOT NULL,
  yomi        text     NOT NULL COLLATE "C",
  c           smallint NOT NULL DEFAULT 0,
  i           smallint NOT NULL DEFAULT 0,
  a           smallint NOT NULL DEFAULT 0,
  zone        text     NOT NULL DEFAULT '',
  personal    smallint NOT NULL DEFAULT 0,
  flags       int      NOT NULL DEFAULT 0,
  class_id    bigint   REFERENCES class,
  set_id      bigint   REFERENCES requirement_set,
  version_no  int,
  pending_no  int,
  review_since timestamptz,
  fiscal_year int      NOT NULL DEFAULT 0,
  members     int      NOT NULL DEFAULT 0,
  checked_on  date,
  updated_at  timestamptz NOT NULL,
  updated_rev bigint   NOT NULL DEFAULT 0,
  search      text     NOT NULL COLLATE "C",
  grams       text[]   NOT NULL,
  detail      jsonb    NOT NULL DEFAULT '{}',
  FOREIGN KEY (asset_id, kind) REFERENCES asset (id, kind),
  FOREIGN KEY (asset_id, version_no) REFERENCES asset_version,
  FOREIGN KEY (asset_id, pending_no) REFERENCES asset_version,
  CHECK (state = 'draft' OR number IS NOT NULL),
  CHECK ((version_no IS NOT NULL) = (state IN ('active', 'suspended', 'disposed')))
);
COMMENT ON TABLE asset_now IS '情報資産の現在。一覧のための一行。文書から作り直せる【派生】';
COMMENT ON COLUMN asset_now.search IS '検索鍵（名称・よみ・番号・製造番号など）';
COMMENT ON COLUMN asset_now.grams IS '検索鍵の1字組と2字組';
COMMENT ON COLUMN asset_now.pending_no IS '申請中の版';
COMMENT ON COLUMN asset_now.review_since IS '要再承認になった日時';
COMMENT ON COLUMN asset_now.fiscal_year IS '管理番号の年度';
-- The orders by number and by update carry what a list filters on: rows that a walk drops, and rows
-- that a deep page skips, are passed over inside the index.
CREATE INDEX asset_now_number ON asset_now (number, asset_id) INCLUDE (kind, state, c, i, a, zone, fiscal_year);
CREATE INDEX asset_now_unit_number ON asset_now (unit_id, number, asset_id) INCLUDE (kind, state, c, i, a, zone, fiscal_year);
CREATE INDEX asset_now_unit_yomi ON asset_now (unit_id, yomi, asset_id);
CREATE INDEX asset_now_unit_updated ON asset_now (unit_id, updated_at DESC, asset_id DESC) INCLUDE (kind, state, c, i, a, zone, fiscal_year);
CREATE INDEX asset_now_yomi ON asset_now (yomi, asset_id);
CREATE INDEX asset_now_updated ON asset_now (updated_at DESC, asset_id DESC) INCLUDE (kind, state, c, i, a, zone, fiscal_year);
CREATE INDEX asset_now_class ON asset_now (class_id, unit_id);
CREATE INDEX asset_now_todo ON asset_now (unit_id) WHERE pending_no IS NOT NULL OR review_since IS NOT NULL;
-- Few assets are not in use, and they are the ones that somebody looks for.
CREATE INDEX asset_now_state ON asset_now (state, unit_id) WHERE state <> 'active';
-- What has no class yet (drafts) is found by what stands in its place.
CREATE INDEX asset_now_unclassed ON asset_now (kind, c, zone, unit_id) WHERE class_id IS NULL;
CREATE INDEX asset_now_grams ON asset_now USING gin (grams);
ALTER TABLE asset_now ALTER COLUMN grams SET STATISTICS 1000;
CALL trail_class('asset_now', 'derived');

CREATE TABLE asset_review (
  asset_id bigint NOT NULL REFERENCES asset,
  cause    text   NOT NULL,
  since    timestamptz NOT NULL DEFAULT now(),
  note     text   NOT NULL DEFAULT '',
  PRIMARY KEY (asset_id, cause)
);
COMMENT ON TABLE asset_review IS '要再承認の理由（計算上の区分の低下、組織の終了、関連資産の廃棄など）と日付【派生】';
CALL trail_class('asset_review', 'derived');

CREATE TABLE asset_due (
  asset_id bigint NOT NULL REFERENCES asset,
  what     text   NOT NULL,
  due      date   NOT NULL,
  PRIMARY KEY (asset_id, what)
);
COMMENT ON TABLE asset_due IS '期限（保守・リース・契約・保存期間など）【派生】';
CREATE INDEX asset_due_due ON asset_due (due);
CALL trail_class('asset_due', 'derived');

CREATE TABLE asset_code (
  asset_id bigint NOT NULL REFERENCES asset,
  sort     text   NOT NULL,
  code     text   NOT NULL COLLATE "C",
  member   int    NOT NULL DEFAULT 0,
  PRIMARY KEY (asset_id, sort, code, member)
);
COMMENT ON TABLE asset_code IS '製造番号・ラベル番号・備品番号など、現物から引くための番号【派生】';
CREATE INDEX asset_code_code ON asset_code (code);
CALL trail_class('asset_code', 'derived');

CREATE TABLE asset_member (
  asset_id bigint NOT NULL REFERENCES asset,
  no       int    NOT NULL,
  serial   text   NOT NULL DEFAULT '',
  label    text   NOT NULL DEFAULT '',
  place    text   NOT NULL DEFAULT '',
  holder   text   NOT NULL DEFAULT '',
  storage  text   NOT NULL DEFAULT '',
  state    text   NOT NULL DEFAULT 'in_use',
  PRIMARY KEY (asset_id, no)
);
COMMENT ON TABLE asset_member IS '内訳。まとめて一行にした資産の一つ一つ【派生】';
CALL trail_class('asset_member', 'derived');

CREATE TABLE file (
  sha256 bytea PRIMARY KEY,
  size   bigint NOT NULL CHECK (size BETWEEN 1 AND 20971520),
  mime   text   NOT NULL,
  body   bytea  NOT NULL,
  CHECK (length(body) = size),
  CHECK (sha256(body) = sha256)
);
ALTER TABLE file ALTER COLUMN body SET STORAGE EXTERNAL;
COMMENT ON TABLE file IS '添付の中身。要約値で引く。20MBまで【不変】';
CREATE TRIGGER trail_refuse BEFORE UPDATE OR DELETE OR TRUNCATE ON file FOR EACH STATEMENT EXECUTE FUNCTION trail_refuse();
GRANT SELECT, INSERT ON file TO daicho_app;

CREATE TABLE asset_file (
  id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  asset_id   bigint NOT NULL REFERENCES asset,
  sha256     bytea  NOT NULL REFERENCES file,
  name       text   NOT NULL,
  title      text   NOT NULL DEFAULT '',
  added_act  bigint NOT NULL REFERENCES act,
  removed_act bigint REFERENCES act
);
COMMENT ON TABLE asset_file IS '資産に付けた添付。外しても行と中身は残る【可変】';
CREATE INDEX asset_file_asset ON asset_file (asset_id);
CALL trail_class('asset_file', 'mutable', 'id');

-- Counts by what a list filters on, kept by the database itself; unit_id 0 is the whole body. Each
-- write adds rows of differences and never changes one, so that writers do not wait for each other
-- and cannot deadlock; now and then a writer folds the rows of the units that it touched.
CREATE TABLE census (
  unit_id     bigint   NOT NULL,
  kind        text     NOT NULL,
  state       text     NOT NULL,
  c           smallint NOT NULL,
  i           smallint NOT NULL,
  a           smallint NOT NULL,
  zone        text     NOT NULL,
  fiscal_year int      NOT NULL,
  n           bigint   NOT NULL
);
COMMENT ON TABLE census IS '件数表。一覧の絞込みごとの正確な件数をすぐ出すため。同じ組の行を足し合わせて読む【派生】';
CREATE INDEX census_key ON census (unit_id, kind, state, c, i, a, zone, fiscal_year) INCLUDE (n);
GRANT SELECT ON census TO daicho_app;

-- The same by single facets, which is what most lists count: a few rows instead of every
-- combination of facets that occurs.
CREATE TABLE census_sum (
  unit_id bigint NOT NULL,
  facet   text   NOT NULL,
  value   text   NOT NULL,
  n       bigint NOT NULL
);
COMMENT ON TABLE census_sum IS '件数表の小計。観点ごと（空=総数）。同じ組の行を足し合わせて読む【派生】';
COMMENT ON COLUMN census_sum.unit_id IS '組織（0=全体）';
CREATE INDEX census_sum_key ON census_sum (unit_id, facet, value) INCLUDE (n);
GRANT SELECT ON census_sum TO daicho_app;

CREATE FUNCTION census_fold(units bigint[]) RETURNS void LANGUAGE sql SECURITY DEFINER SET search_path = public, pg_temp AS $$
  WITH gone AS (
    DELETE FROM census WHERE ctid = ANY (ARRAY(SELECT ctid FROM census WHERE unit_id = ANY (units) FOR UPDATE SKIP LOCKED)) RETURNING *)
  INSERT INTO census (unit_id, kind, state, c, i, a, zone, fiscal_year, n)
  SELECT unit_id, kind, state, c, i, a, zone, fiscal_year, sum(n) FROM gone GROUP BY 1, 2, 3, 4, 5, 6, 7, 8 HAVING sum(n) <> 0;
  WITH gone AS (
    DELETE FROM census_sum WHERE ctid = ANY (ARRAY(SELECT ctid FROM census_sum WHERE unit_id = ANY (units) FOR UPDATE SKIP LOCKED)) RETURNING *)
  INSERT INTO census_sum (unit_id, facet, value, n)
  SELECT unit_id, facet, value, sum(n) FROM gone GROUP BY 1, 2, 3 HAVING sum(n) <> 0;
$$;

-- The facets of a row of the census, one by one.
CREATE FUNCTION census_facets(d census) RETURNS TABLE (facet text, value text) LANGUAGE sql IMMUTABLE AS $$
  VALUES ('', ''), ('kind', d.kind), ('state', d.state), ('c', d.c::text), ('i', d.i::text), ('a', d.a::text), ('zone', d.zone),
    ('fiscal_year', d.fiscal_year::text)
$$;

CREATE FUNCTION census_count() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE units bigint[];
BEGIN
  IF TG_OP = 'INSERT' THEN
    WITH d AS (
      INSERT INTO census (unit_id, kind, state, c, i, a, zone, fiscal_year, n)
      SELECT u, kind, state, c, i, a, zone, fiscal_year, count(*)
      FROM fresh, LATERAL (VALUES (unit_id), (0::bigint)) v (u) GROUP BY 1, 2, 3, 4, 5, 6, 7, 8 RETURNING *)
    INSERT INTO census_sum (unit_id, facet, value, n)
    SELECT d.unit_id, f.facet, f.value, sum(d.n) FROM d, census_facets(d) f GROUP BY 1, 2, 3;
    SELECT array_agg(DISTINCT unit_id) INTO units FROM fresh;
  ELSIF TG_OP = 'DELETE' THEN
    WITH d AS (
      INSERT INTO census (unit_id, kind, state, c, i, a, zone, fiscal_year, n)
      SELECT u, kind, state, c, i, a, zone, fiscal_year, -count(*)
      FROM stale, LATERAL (VALUES (unit_id), (0::bigint)) v (u) GROUP BY 1, 2, 3, 4, 5, 6, 7, 8 RETURNING *)
    INSERT INTO census_sum (unit_id, facet, value, n)
    SELECT d.unit_id, f.facet, f.value, sum(d.n) FROM d, census_facets(d) f GROUP BY 1, 2, 3;
    SELECT array_agg(DISTINCT unit_id) INTO units FROM stale;
  ELSE
    WITH d AS (
      INSERT INTO census (unit_id, kind, state, c, i, a, zone, fiscal_year, n)
      SELECT u, kind, state, c, i, a, zone, fiscal_year, sum(x.sign)
      FROM (SELECT unit_id, kind, state, c, i, a, zone, fiscal_year, 1 AS sign FROM fresh
            UNION ALL SELECT unit_id, kind, state, c, i, a, zone, fiscal_year, -1 FROM stale) x,
           LATERAL (VALUES (unit_id), (0::bigint)) v (u)
      GROUP BY 1, 2, 3, 4, 5, 6, 7, 8 HAVING sum(x.sign) <> 0 RETURNING *)
    INSERT INTO census_sum (unit_id, facet, value, n)
    SELECT d.unit_id, f.facet, f.value, sum(d.n) FROM d, census_facets(d) f GROUP BY 1, 2, 3 HAVING sum(d.n) <> 0;
    SELECT array_agg(DISTINCT unit_id) INTO units FROM fresh;
  END IF;
  IF random() < 0.02 THEN
    PERFORM census_fold(units || 0::bigint);
  END IF;
  RETURN NULL;
END $$;
CREATE TRIGGER census_insert AFTER INSERT ON asset_now REFERENCING NEW TABLE AS fresh FOR EACH STATEMENT EXECUTE FUNCTION census_count();
CREATE TRIGGER census_update AFTER UPDATE ON asset_now REFERENCING NEW TABLE AS fresh OLD TABLE AS stale FOR EACH STATEMENT EXECUTE FUNCTION census_count();
CREATE TRIGGER census_delete AFTER DELETE ON asset_now REFERENCING OLD TABLE AS stale FOR EACH STATEMENT EXECUTE FUNCTION census_count();

CREATE VIEW requirement AS
  SELECT n.asset_id, s.control_id, s.causes FROM asset_now n JOIN set_item s USING (set_id);
COMMENT ON VIEW requirement IS '資産に必要な対策（必要対策群から引く）';
GRANT SELECT ON requirement TO daicho_app;

COMMIT;

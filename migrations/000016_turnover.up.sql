BEGIN;

-- One change of a relation may lift ten thousand assets in one act. What each of them costs is written
-- here as few times as it can be (docs/adr/0016).

-- The words by which an asset is looked up and the fields of its kind change far less often than its row
-- of the list, and the index of the words costs more than all others together: they stand apart, so
-- that a level that changes neither copies nor checks them again.
CREATE TABLE asset_search (
  asset_id bigint PRIMARY KEY REFERENCES asset,
  unit_id  bigint NOT NULL REFERENCES unit,
  search   text   NOT NULL COLLATE "C",
  grams    text[] NOT NULL
);
COMMENT ON TABLE asset_search IS '検索鍵。一覧の行ごとに、何で引けるか【派生】';
COMMENT ON COLUMN asset_search.unit_id IS '所管課（範囲の中だけを引くため）';
COMMENT ON COLUMN asset_search.search IS '検索鍵（名称・よみ・番号・製造番号など）';
COMMENT ON COLUMN asset_search.grams IS '検索鍵の1字組と2字組';
INSERT INTO asset_search (asset_id, unit_id, search, grams) SELECT asset_id, unit_id, search, grams FROM asset_now ORDER BY asset_id;
CREATE INDEX asset_search_unit ON asset_search (unit_id);
CREATE INDEX asset_search_grams ON asset_search USING gin (grams);
ALTER TABLE asset_search ALTER COLUMN grams SET STATISTICS 1000;
CALL trail_class('asset_search', 'derived');

CREATE TABLE asset_detail (
  asset_id bigint PRIMARY KEY,
  kind     text   NOT NULL,
  detail   jsonb  NOT NULL,
  FOREIGN KEY (asset_id, kind) REFERENCES asset (id, kind),
  CONSTRAINT asset_detail_fields CHECK (detail_ok(kind, detail))
);
COMMENT ON TABLE asset_detail IS '種別ごとの項目。一覧の行ごとに、項目表に合うものだけ【派生】';
INSERT INTO asset_detail (asset_id, kind, detail) SELECT asset_id, kind, detail FROM asset_now ORDER BY asset_id;
CALL trail_class('asset_detail', 'derived');

-- The row itself is rewritten without them. Classes and requirement sets are never deleted, and the row
-- is compared with them when it is rebuilt: no lookup of each for every change.
ALTER TABLE asset_now DROP COLUMN search, DROP COLUMN grams, DROP COLUMN detail,
  DROP CONSTRAINT asset_now_class_id_fkey, DROP CONSTRAINT asset_now_set_id_fkey;
-- What waits for a new decision is found by its reasons (asset_review): noting since when touches no index,
-- and there is room on the page for it.
DROP INDEX asset_now_todo;
CREATE INDEX asset_now_pending ON asset_now (unit_id) WHERE pending_no IS NOT NULL;
ALTER TABLE asset_now SET (fillfactor = 80);
CLUSTER asset_now USING asset_now_pkey;
ALTER TABLE asset_now SET WITHOUT CLUSTER;

-- Witnesses are compared with the relations when they are rebuilt.
ALTER TABLE level_now DROP CONSTRAINT level_now_via_fkey, DROP CONSTRAINT level_now_gathered_fkey;

-- A tenure is ended in its place, without a new entry in any index: nothing is indexed by its end. That
-- one of an asset is open at a time says the guard below.
DROP INDEX tenure_open;
DROP INDEX tenure_unit;
CREATE INDEX tenure_unit ON tenure (unit_id, from_rev);
ALTER TABLE tenure SET (fillfactor = 70);
CLUSTER tenure USING tenure_pkey;
ALTER TABLE tenure SET WITHOUT CLUSTER;

-- Nothing but its end is ever set.
CREATE FUNCTION tenure_stays() RETURNS trigger LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
BEGIN
  PERFORM trail_act();
  RAISE EXCEPTION 'only the end of a tenure is ever set' USING ERRCODE = 'DA002';
END $$;
CREATE TRIGGER guard_rest BEFORE UPDATE OF asset_id, version_no, from_rev, material_sha256, decision_id, unit_id, kind, state, c, i, a, zone, class_id, number, name
  ON tenure FOR EACH STATEMENT EXECUTE FUNCTION tenure_stays();

-- A row by itself is recorded as ever, with what it was and is. What one statement did to several is one
-- entry: of rows that are new a digest, because they stay; of those that end which they are, and the end.
CREATE FUNCTION trail_tenure() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
  a bigint := trail_act();
  n bigint; k text; b jsonb; w jsonb; body text;
  s bytea := uuid_send(gen_random_uuid());
BEGIN
  IF TG_OP = 'INSERT' THEN
    SELECT count(*), string_agg(f::text, E'\x1e' ORDER BY f::text) INTO n, body FROM fresh f;
    IF n = 1 THEN SELECT to_jsonb(f), asset_id || '/' || from_rev INTO w, k FROM fresh f; END IF;
  ELSE
    SELECT count(*) INTO n FROM stale;
    IF n = 1 THEN
      SELECT to_jsonb(f), asset_id || '/' || from_rev INTO b, k FROM stale f;
      IF TG_OP = 'UPDATE' THEN SELECT to_jsonb(f) INTO w FROM fresh f; END IF;
    ELSIF TG_OP = 'UPDATE' THEN
      SELECT jsonb_build_object('to_rev', min(to_rev), 'from_rev', jsonb_object_agg(asset_id, from_rev)) INTO b FROM stale;
      SELECT jsonb_build_object('to_rev', min(to_rev)) INTO w FROM fresh;
    ELSE
      SELECT to_jsonb(array_agg(f)) INTO b FROM stale f;
    END IF;
  END IF;
  IF n = 0 THEN RETURN NULL; END IF;
  IF b IS NOT NULL OR w IS NOT NULL THEN body := coalesce(b::text, '') || E'\x1f' || coalesce(w::text, ''); END IF;
  INSERT INTO change (act_id, tbl, pk, op, before, after, salt, digest)
  VALUES (a, TG_TABLE_NAME, coalesce(k, n::text), TG_OP, b, w, s, sha256(s || convert_to(body, 'UTF8')));
  RETURN NULL;
END $$;
COMMENT ON COLUMN change.pk IS '主キー。不変の表と、一度に幾つもの行を変えたときは件数';
DROP TRIGGER trail ON tenure;
DROP TRIGGER trail_update ON tenure;
DROP TRIGGER trail_delete ON tenure;
DROP FUNCTION trail_mutable_set;
CREATE TRIGGER trail AFTER INSERT ON tenure REFERENCING NEW TABLE AS fresh FOR EACH STATEMENT EXECUTE FUNCTION trail_tenure();
CREATE TRIGGER trail_update AFTER UPDATE ON tenure REFERENCING OLD TABLE AS stale NEW TABLE AS fresh FOR EACH STATEMENT EXECUTE FUNCTION trail_tenure();
CREATE TRIGGER trail_delete AFTER DELETE ON tenure REFERENCING OLD TABLE AS stale FOR EACH STATEMENT EXECUTE FUNCTION trail_tenure();

-- All that a tenure must be is checked of all rows of a statement together; they all begin with the one
-- revision, so no two are of one asset. What it has in common with the one before it was checked then,
-- and nothing that it names can go: only the approval itself stays a foreign key beside.
ALTER TABLE tenure DROP CONSTRAINT tenure_from_rev_fkey, DROP CONSTRAINT tenure_class_id_fkey, DROP CONSTRAINT tenure_unit_id_fkey,
  DROP CONSTRAINT tenure_asset_id_version_no_material_sha256_fkey;
DROP TRIGGER guard ON tenure;
CREATE OR REPLACE FUNCTION tenure_guard() RETURNS trigger LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
BEGIN
  RAISE EXCEPTION 'a closed tenure never changes' USING ERRCODE = 'DA002';
END $$;
CREATE OR REPLACE FUNCTION tenure_guard_set() RETURNS trigger LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
DECLARE
  taken bigint;
  wrong text;
BEGIN
  IF NOT EXISTS (SELECT FROM fresh) THEN RETURN NULL; END IF;
  PERFORM trail_act();
  taken := revision_taken();
  IF TG_OP = 'UPDATE' THEN
    IF EXISTS (SELECT FROM fresh f WHERE f.to_rev IS DISTINCT FROM taken) THEN
      RAISE EXCEPTION 'a tenure ends with the revision that ends it' USING ERRCODE = 'DA003';
    END IF;
    RETURN NULL;
  END IF;
  SELECT w.wrong INTO wrong
  FROM fresh f
  LEFT JOIN LATERAL (SELECT * FROM tenure p WHERE p.asset_id = f.asset_id AND p.from_rev < f.from_rev ORDER BY p.from_rev DESC LIMIT 1) p ON true
  CROSS JOIN LATERAL (SELECT f.c < p.c OR f.i < p.i OR f.a < p.a AS falls, p.decision_id IS NOT DISTINCT FROM f.decision_id AS carried) q
  LEFT JOIN LATERAL (
    SELECT x.lowers, x.c, x.i, x.a FROM decision d JOIN application_item x ON x.application_id = d.application_id AND x.asset_id = f.asset_id
    WHERE d.id = f.decision_id AND NOT q.carried OFFSET 0) x ON true
  CROSS JOIN LATERAL (SELECT CASE
    WHEN f.from_rev IS DISTINCT FROM taken OR f.to_rev <> 9223372036854775807 THEN 'a tenure begins with the revision that begins it'
    WHEN p.to_rev > f.from_rev THEN 'one tenure of an asset at a time'
    WHEN p.decision_id > f.decision_id THEN 'an older decision never comes back into force'
    WHEN q.falls AND q.carried THEN 'a level falls only by a decision'
    WHEN q.falls AND NOT x.lowers THEN 'a level falls only where the application says so'
    WHEN f.c < x.c OR f.i < x.i OR f.a < x.a THEN 'nothing is in force below what was decided'
    WHEN (f.version_no, f.material_sha256) IS DISTINCT FROM (p.version_no, p.material_sha256)
      AND NOT EXISTS (SELECT FROM asset_version v WHERE v.asset_id = f.asset_id AND v.no = f.version_no AND v.material_sha256 = f.material_sha256)
      THEN 'a tenure is of a version that is there'
    WHEN f.unit_id IS DISTINCT FROM p.unit_id AND NOT EXISTS (SELECT FROM unit u WHERE u.id = f.unit_id) THEN 'a tenure is of a unit that is there'
    WHEN f.class_id IS DISTINCT FROM p.class_id AND NOT EXISTS (SELECT FROM class k WHERE k.id = f.class_id) THEN 'a tenure has a class that is there'
    END AS wrong OFFSET 0) w
  WHERE w.wrong IS NOT NULL LIMIT 1;
  IF wrong IS NOT NULL THEN
    RAISE EXCEPTION '%', wrong USING ERRCODE = 'DA003';
  END IF;
  RETURN NULL;
END $$;

-- The counts of a change are summed up before they are doubled for the whole body, and what comes out even
-- is left out.
CREATE OR REPLACE FUNCTION census_count() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
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
    WITH x AS (
      SELECT unit_id, kind, state, c, i, a, zone, fiscal_year, sum(n)::bigint AS n FROM (
        SELECT unit_id, kind, state, c, i, a, zone, fiscal_year, count(*) AS n FROM fresh GROUP BY 1, 2, 3, 4, 5, 6, 7, 8
        UNION ALL SELECT unit_id, kind, state, c, i, a, zone, fiscal_year, -count(*) FROM stale GROUP BY 1, 2, 3, 4, 5, 6, 7, 8) y
      GROUP BY 1, 2, 3, 4, 5, 6, 7, 8 HAVING sum(n) <> 0),
    d AS (
      INSERT INTO census (unit_id, kind, state, c, i, a, zone, fiscal_year, n)
      SELECT v.u, kind, state, c, i, a, zone, fiscal_year, sum(n)
      FROM x, LATERAL (VALUES (unit_id), (0::bigint)) v (u) GROUP BY 1, 2, 3, 4, 5, 6, 7, 8 HAVING sum(n) <> 0 RETURNING *)
    INSERT INTO census_sum (unit_id, facet, value, n)
    SELECT d.unit_id, f.facet, f.value, sum(d.n) FROM d, census_facets(d) f GROUP BY 1, 2, 3 HAVING sum(d.n) <> 0;
    SELECT array_agg(DISTINCT unit_id) INTO units FROM fresh;
  END IF;
  IF random() < 0.02 THEN
    PERFORM census_fold(units || 0::bigint);
  END IF;
  RETURN NULL;
END $$;

-- Folding rewrites only what has gathered several rows, not every count of the units.
CREATE OR REPLACE FUNCTION census_fold(units bigint[]) RETURNS void LANGUAGE sql SECURITY DEFINER SET search_path = public, pg_temp AS $$
  WITH many AS MATERIALIZED (
    SELECT unit_id, kind, state, c, i, a, zone, fiscal_year FROM census WHERE unit_id = ANY (units) GROUP BY 1, 2, 3, 4, 5, 6, 7, 8 HAVING count(*) > 1),
  gone AS (
    DELETE FROM census WHERE ctid = ANY (ARRAY(
      SELECT t.ctid FROM many JOIN census t USING (unit_id, kind, state, c, i, a, zone, fiscal_year) FOR UPDATE OF t SKIP LOCKED)) RETURNING *)
  INSERT INTO census (unit_id, kind, state, c, i, a, zone, fiscal_year, n)
  SELECT unit_id, kind, state, c, i, a, zone, fiscal_year, sum(n) FROM gone GROUP BY 1, 2, 3, 4, 5, 6, 7, 8 HAVING sum(n) <> 0;
  WITH many AS MATERIALIZED (
    SELECT unit_id, facet, value FROM census_sum WHERE unit_id = ANY (units) GROUP BY 1, 2, 3 HAVING count(*) > 1),
  gone AS (
    DELETE FROM census_sum WHERE ctid = ANY (ARRAY(
      SELECT t.ctid FROM many JOIN census_sum t USING (unit_id, facet, value) FOR UPDATE OF t SKIP LOCKED)) RETURNING *)
  INSERT INTO census_sum (unit_id, facet, value, n)
  SELECT unit_id, facet, value, sum(n) FROM gone GROUP BY 1, 2, 3 HAVING sum(n) <> 0;
$$;

-- Who gave to whom while a relation was in force, also of those that ended: history asks it.
CREATE INDEX relation_from_ended ON relation (from_id) WHERE to_rev <> 9223372036854775807;
CREATE INDEX relation_to_ended ON relation (to_id) WHERE to_rev <> 9223372036854775807;
DROP VIEW travel;
CREATE VIEW passage AS
  SELECT x.axis, r.to_id AS giver, r.from_id AS taker,
    CASE r.effect WHEN 'gather' THEN x.pass ELSE 0::smallint END AS least,
    CASE WHEN r.effect = 'spread' AND x.pass > 0 THEN x.pass ELSE 9::smallint END AS most, r.id AS relation_id, r.from_rev, r.to_rev
  FROM relation r JOIN relation_rule q USING (type, from_kind, to_kind)
  CROSS JOIN LATERAL (VALUES ('C', q.c_travel, r.pass_c), ('I', q.i_travel, r.pass_i), ('A', q.a_travel, r.pass_a)) x (axis, way, pass)
  WHERE x.way = 'to_from'
  UNION ALL
  SELECT x.axis, r.from_id, r.to_id,
    CASE r.effect WHEN 'gather' THEN x.pass ELSE 0::smallint END,
    CASE WHEN r.effect = 'spread' AND x.pass > 0 THEN x.pass ELSE 9::smallint END, r.id, r.from_rev, r.to_rev
  FROM relation r JOIN relation_rule q USING (type, from_kind, to_kind)
  CROSS JOIN LATERAL (VALUES ('C', q.c_travel, r.pass_c), ('I', q.i_travel, r.pass_i), ('A', q.a_travel, r.pass_a)) x (axis, way, pass)
  WHERE x.way = 'to_to';
COMMENT ON VIEW passage IS '区分の伝わり方。終わった関連のものも、いつからいつまでかとともに';
GRANT SELECT ON passage TO daicho_app;
CREATE VIEW travel AS SELECT axis, giver, taker, least, most, relation_id FROM passage WHERE to_rev = 9223372036854775807;
COMMENT ON VIEW travel IS '区分の伝わり方。軸ごとに、giver から taker へ、少なくとも least・多くとも most が届く';
GRANT SELECT ON travel TO daicho_app;

COMMIT;

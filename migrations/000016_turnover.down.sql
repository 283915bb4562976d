BEGIN;

DROP VIEW travel, passage;
CREATE VIEW travel AS
  SELECT x.axis, r.to_id AS giver, r.from_id AS taker,
    CASE r.effect WHEN 'gather' THEN x.pass ELSE 0::smallint END AS least,
    CASE WHEN r.effect = 'spread' AND x.pass > 0 THEN x.pass ELSE 9::smallint END AS most, r.id AS relation_id
  FROM relation r JOIN relation_rule q USING (type, from_kind, to_kind)
  CROSS JOIN LATERAL (VALUES ('C', q.c_travel, r.pass_c), ('I', q.i_travel, r.pass_i), ('A', q.a_travel, r.pass_a)) x (axis, way, pass)
  WHERE r.to_rev = 9223372036854775807 AND x.way = 'to_from'
  UNION ALL
  SELECT x.axis, r.from_id, r.to_id,
    CASE r.effect WHEN 'gather' THEN x.pass ELSE 0::smallint END,
    CASE WHEN r.effect = 'spread' AND x.pass > 0 THEN x.pass ELSE 9::smallint END, r.id
  FROM relation r JOIN relation_rule q USING (type, from_kind, to_kind)
  CROSS JOIN LATERAL (VALUES ('C', q.c_travel, r.pass_c), ('I', q.i_travel, r.pass_i), ('A', q.a_travel, r.pass_a)) x (axis, way, pass)
  WHERE r.to_rev = 9223372036854775807 AND x.way = 'to_to';
COMMENT ON VIEW travel IS '区分の伝わり方。軸ごとに、giver から taker へ、少なくとも least・多くとも most が届く';
GRANT SELECT ON travel TO daicho_app;
DROP INDEX relation_from_ended, relation_to_ended;

CREATE OR REPLACE FUNCTION census_fold(units bigint[]) RETURNS void LANGUAGE sql SECURITY DEFINER SET search_path = public, pg_temp AS $$
  WITH gone AS (
    DELETE FROM census WHERE ctid = ANY (ARRAY(SELECT ctid FROM census WHERE unit_id = ANY (units) FOR UPDATE SKIP LOCKED)) RETURNING *)
  INSERT INTO census (unit_id, kind, state, c, i, a, zone, fiscal_year, n)
  SELECT unit_id, kind, state, c, i, a, zone, fiscal_year, sum(n) FROM gone GROUP BY 1, 2, 3, 4, 5, 6, 7, 8 HAVING sum(n) <> 0;
  WITH gone AS (
    DELETE FROM census_sum WHERE ctid = ANY (ARRAY(SELECT ctid FROM census_sum WHERE unit_id = ANY (units) FOR UPDATE SKIP LOCKED)) RETURNING *)
  INSERT INTO census_sum (unit_id, facet, value, n)
  SELECT unit_id, facet, value, sum(n) FROM gone GROUP BY 1, 2, 3 HAVING sum(n) <> 0;
$$;

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

CREATE OR REPLACE FUNCTION tenure_guard() RETURNS trigger LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
DECLARE
  p tenure;
BEGIN
  IF TG_OP = 'UPDATE' THEN
    RAISE EXCEPTION 'a closed tenure never changes' USING ERRCODE = 'DA002';
  END IF;
  IF NEW.to_rev <> 9223372036854775807 THEN
    RAISE EXCEPTION 'a tenure begins with the revision that begins it' USING ERRCODE = 'DA003';
  END IF;
  SELECT * INTO p FROM tenure WHERE asset_id = NEW.asset_id ORDER BY from_rev DESC LIMIT 1;
  IF FOUND THEN
    IF p.to_rev > NEW.from_rev THEN
      RAISE EXCEPTION 'one tenure of an asset at a time' USING ERRCODE = 'DA003';
    END IF;
    IF p.decision_id = NEW.decision_id AND (NEW.c < p.c OR NEW.i < p.i OR NEW.a < p.a) THEN
      RAISE EXCEPTION 'a level falls only by a decision' USING ERRCODE = 'DA003';
    END IF;
    IF p.decision_id > NEW.decision_id THEN
      RAISE EXCEPTION 'an older decision never comes back into force' USING ERRCODE = 'DA003';
    END IF;
  END IF;
  RETURN NEW;
END $$;
CREATE OR REPLACE FUNCTION tenure_guard_set() RETURNS trigger LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
DECLARE
  taken bigint;
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
  IF EXISTS (SELECT FROM fresh f WHERE f.from_rev IS DISTINCT FROM taken) THEN
    RAISE EXCEPTION 'a tenure begins with the revision that begins it' USING ERRCODE = 'DA003';
  END IF;
  -- Only what a new decision brings can fall: the row guard has refused the rest.
  IF EXISTS (
    SELECT FROM fresh f
    JOIN decision d ON d.id = f.decision_id
    JOIN application_item x ON x.application_id = d.application_id AND x.asset_id = f.asset_id
    CROSS JOIN LATERAL (SELECT p.c, p.i, p.a FROM tenure p WHERE p.asset_id = f.asset_id AND p.from_rev < f.from_rev ORDER BY p.from_rev DESC LIMIT 1) p
    WHERE NOT x.lowers AND (f.c < p.c OR f.i < p.i OR f.a < p.a)) THEN
    RAISE EXCEPTION 'a level falls only where the application says so' USING ERRCODE = 'DA003';
  END IF;
  IF EXISTS (
    SELECT FROM fresh f
    JOIN decision d ON d.id = f.decision_id
    JOIN application_item x ON x.application_id = d.application_id AND x.asset_id = f.asset_id
    WHERE f.c < x.c OR f.i < x.i OR f.a < x.a) THEN
    RAISE EXCEPTION 'nothing is in force below what was decided' USING ERRCODE = 'DA003';
  END IF;
  RETURN NULL;
END $$;
CREATE TRIGGER guard BEFORE INSERT ON tenure FOR EACH ROW EXECUTE FUNCTION tenure_guard();
ALTER TABLE tenure ADD FOREIGN KEY (from_rev) REFERENCES revision, ADD FOREIGN KEY (class_id) REFERENCES class,
  ADD FOREIGN KEY (unit_id) REFERENCES unit, ADD FOREIGN KEY (asset_id, version_no, material_sha256) REFERENCES asset_version (asset_id, no, material_sha256);
DROP TRIGGER trail ON tenure;
DROP TRIGGER trail_update ON tenure;
DROP TRIGGER trail_delete ON tenure;
DROP FUNCTION trail_tenure;
CREATE FUNCTION trail_mutable_set() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
  a bigint;
BEGIN
  IF TG_OP = 'INSERT' THEN
    IF NOT EXISTS (SELECT FROM fresh) THEN RETURN NULL; END IF;
    a := trail_act();
    INSERT INTO change (act_id, tbl, pk, op, after, salt, digest)
    SELECT a, TG_TABLE_NAME, array_to_string(ARRAY(SELECT r.n ->> c FROM unnest(TG_ARGV) c), '/'), TG_OP, r.n, r.s,
      sha256(r.s || convert_to(E'\x1f' || r.n::text, 'UTF8'))
    FROM (SELECT to_jsonb(f) AS n, uuid_send(gen_random_uuid()) AS s FROM fresh f) r;
  ELSIF TG_OP = 'DELETE' THEN
    IF NOT EXISTS (SELECT FROM stale) THEN RETURN NULL; END IF;
    a := trail_act();
    INSERT INTO change (act_id, tbl, pk, op, before, salt, digest)
    SELECT a, TG_TABLE_NAME, array_to_string(ARRAY(SELECT r.b ->> c FROM unnest(TG_ARGV) c), '/'), TG_OP, r.b, r.s,
      sha256(r.s || convert_to(r.b::text || E'\x1f', 'UTF8'))
    FROM (SELECT to_jsonb(f) AS b, uuid_send(gen_random_uuid()) AS s FROM stale f) r;
  ELSE
    IF NOT EXISTS (SELECT FROM fresh) THEN RETURN NULL; END IF;
    a := trail_act();
    INSERT INTO change (act_id, tbl, pk, op, before, after, salt, digest)
    SELECT a, TG_TABLE_NAME, r.pk, TG_OP, r.b, r.n, r.s, sha256(r.s || convert_to(coalesce(r.b::text, '') || E'\x1f' || coalesce(r.n::text, ''), 'UTF8'))
    FROM (
      SELECT pk, o.b, w.n, uuid_send(gen_random_uuid()) AS s
      FROM (SELECT x.b, array_to_string(ARRAY(SELECT x.b ->> c FROM unnest(TG_ARGV) c), '/') AS pk FROM (SELECT to_jsonb(f) AS b FROM stale f OFFSET 0) x OFFSET 0) o
      FULL JOIN (SELECT x.n, array_to_string(ARRAY(SELECT x.n ->> c FROM unnest(TG_ARGV) c), '/') AS pk FROM (SELECT to_jsonb(f) AS n FROM fresh f OFFSET 0) x OFFSET 0) w USING (pk)
      WHERE o.b IS DISTINCT FROM w.n) r;
  END IF;
  RETURN NULL;
END $$;
CREATE TRIGGER trail AFTER INSERT ON tenure REFERENCING NEW TABLE AS fresh
  FOR EACH STATEMENT EXECUTE FUNCTION trail_mutable_set('asset_id', 'from_rev');
CREATE TRIGGER trail_update AFTER UPDATE ON tenure REFERENCING OLD TABLE AS stale NEW TABLE AS fresh
  FOR EACH STATEMENT EXECUTE FUNCTION trail_mutable_set('asset_id', 'from_rev');
CREATE TRIGGER trail_delete AFTER DELETE ON tenure REFERENCING OLD TABLE AS stale
  FOR EACH STATEMENT EXECUTE FUNCTION trail_mutable_set('asset_id', 'from_rev');
COMMENT ON COLUMN change.pk IS '主キー。不変の表では件数';
DROP TRIGGER guard_rest ON tenure;
DROP FUNCTION tenure_stays;
ALTER TABLE tenure RESET (fillfactor);
DROP INDEX tenure_unit;
CREATE INDEX tenure_unit ON tenure (unit_id, from_rev, to_rev);
CREATE UNIQUE INDEX tenure_open ON tenure (asset_id) WHERE to_rev = 9223372036854775807;

ALTER TABLE level_now ADD FOREIGN KEY (via) REFERENCES asset, ADD FOREIGN KEY (gathered) REFERENCES asset;

ALTER TABLE asset_now RESET (fillfactor);
DROP INDEX asset_now_pending;
CREATE INDEX asset_now_todo ON asset_now (unit_id) WHERE pending_no IS NOT NULL OR review_since IS NOT NULL;
ALTER TABLE asset_now ADD COLUMN search text COLLATE "C", ADD COLUMN grams text[], ADD COLUMN detail jsonb NOT NULL DEFAULT '{}';
ALTER TABLE asset_now DISABLE TRIGGER USER;
UPDATE asset_now n SET search = s.search, grams = s.grams, detail = d.detail
FROM asset_search s JOIN asset_detail d USING (asset_id) WHERE s.asset_id = n.asset_id;
ALTER TABLE asset_now ENABLE TRIGGER USER;
ALTER TABLE asset_now ALTER COLUMN search SET NOT NULL, ALTER COLUMN grams SET NOT NULL, ALTER COLUMN grams SET STATISTICS 1000,
  ADD CONSTRAINT asset_now_detail CHECK (detail_ok(kind, detail)),
  ADD FOREIGN KEY (class_id) REFERENCES class, ADD FOREIGN KEY (set_id) REFERENCES requirement_set;
COMMENT ON COLUMN asset_now.search IS '検索鍵（名称・よみ・番号・製造番号など）';
COMMENT ON COLUMN asset_now.grams IS '検索鍵の1字組と2字組';
CREATE INDEX asset_now_grams ON asset_now USING gin (grams);
DROP TABLE asset_search, asset_detail;

COMMIT;

BEGIN;

-- The census by single facets: what most lists count. A list without a filter, or with one, reads a
-- few rows instead of every combination of facets that occurs. It is kept as the census is: rows of
-- differences, folded now and then.
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

INSERT INTO census_sum (unit_id, facet, value, n)
SELECT unit_id, f, x, sum(n) FROM census, LATERAL (VALUES ('', ''), ('kind', kind), ('state', state), ('c', c::text), ('i', i::text), ('a', a::text), ('zone', zone), ('fiscal_year', fiscal_year::text)) w (f, x) GROUP BY 1, 2, 3;

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
    INSERT INTO census (unit_id, kind, state, c, i, a, zone, fiscal_year, n)
    SELECT u, kind, state, c, i, a, zone, fiscal_year, count(*)
    FROM fresh, LATERAL (VALUES (unit_id), (0::bigint)) v (u) GROUP BY 1, 2, 3, 4, 5, 6, 7, 8;
    INSERT INTO census_sum (unit_id, facet, value, n)
    SELECT u, f, x, count(*) FROM fresh, LATERAL (VALUES (unit_id), (0::bigint)) v (u), LATERAL (VALUES ('', ''), ('kind', kind), ('state', state), ('c', c::text), ('i', i::text), ('a', a::text), ('zone', zone), ('fiscal_year', fiscal_year::text)) w (f, x) GROUP BY 1, 2, 3;
    SELECT array_agg(DISTINCT unit_id) INTO units FROM fresh;
  ELSIF TG_OP = 'DELETE' THEN
    INSERT INTO census (unit_id, kind, state, c, i, a, zone, fiscal_year, n)
    SELECT u, kind, state, c, i, a, zone, fiscal_year, -count(*)
    FROM stale, LATERAL (VALUES (unit_id), (0::bigint)) v (u) GROUP BY 1, 2, 3, 4, 5, 6, 7, 8;
    INSERT INTO census_sum (unit_id, facet, value, n)
    SELECT u, f, x, -count(*) FROM stale, LATERAL (VALUES (unit_id), (0::bigint)) v (u), LATERAL (VALUES ('', ''), ('kind', kind), ('state', state), ('c', c::text), ('i', i::text), ('a', a::text), ('zone', zone), ('fiscal_year', fiscal_year::text)) w (f, x) GROUP BY 1, 2, 3;
    SELECT array_agg(DISTINCT unit_id) INTO units FROM stale;
  ELSE
    INSERT INTO census (unit_id, kind, state, c, i, a, zone, fiscal_year, n)
    SELECT u, kind, state, c, i, a, zone, fiscal_year, sum(d)
    FROM (SELECT unit_id, kind, state, c, i, a, zone, fiscal_year, 1 AS d FROM fresh
          UNION ALL SELECT unit_id, kind, state, c, i, a, zone, fiscal_year, -1 FROM stale) x,
         LATERAL (VALUES (unit_id), (0::bigint)) v (u)
    GROUP BY 1, 2, 3, 4, 5, 6, 7, 8 HAVING sum(d) <> 0;
    IF FOUND THEN
      INSERT INTO census_sum (unit_id, facet, value, n)
      SELECT u, f, x, sum(d)
      FROM (SELECT unit_id, kind, state, c, i, a, zone, fiscal_year, 1 AS d FROM fresh
            UNION ALL SELECT unit_id, kind, state, c, i, a, zone, fiscal_year, -1 FROM stale) y,
           LATERAL (VALUES (unit_id), (0::bigint)) v (u), LATERAL (VALUES ('', ''), ('kind', kind), ('state', state), ('c', c::text), ('i', i::text), ('a', a::text), ('zone', zone), ('fiscal_year', fiscal_year::text)) w (f, x)
      GROUP BY 1, 2, 3 HAVING sum(d) <> 0;
    END IF;
    SELECT array_agg(DISTINCT unit_id) INTO units FROM fresh;
  END IF;
  IF random() < 0.02 THEN
    PERFORM census_fold(units || 0::bigint);
  END IF;
  RETURN NULL;
END $$;

-- The orders by number and by update carry what a list filters on: rows that a walk drops are dropped in the index,
-- and rows that a deep page skips are skipped there.
DROP INDEX asset_now_number;
CREATE UNIQUE INDEX asset_now_number ON asset_now (number) INCLUDE (asset_id, kind, state, c, i, a, zone, fiscal_year);
DROP INDEX asset_now_unit_number;
CREATE INDEX asset_now_unit_number ON asset_now (unit_id, number, asset_id) INCLUDE (kind, state, c, i, a, zone, fiscal_year);
DROP INDEX asset_now_updated;
CREATE INDEX asset_now_updated ON asset_now (updated_at DESC, asset_id DESC) INCLUDE (kind, state, c, i, a, zone, fiscal_year);
DROP INDEX asset_now_unit_updated;
CREATE INDEX asset_now_unit_updated ON asset_now (unit_id, updated_at DESC, asset_id DESC) INCLUDE (kind, state, c, i, a, zone, fiscal_year);
-- Few assets are not in use, and they are the ones that somebody looks for.
CREATE INDEX asset_now_state ON asset_now (state, unit_id) WHERE state <> 'active';
-- What has no class yet (drafts) is found by what stands in its place.
CREATE INDEX asset_now_unclassed ON asset_now (kind, unit_id) WHERE class_id IS NULL;

COMMIT;

BEGIN;

-- One change of a relation may turn over ten thousand tenures at once: their trail and what can be
-- checked of all together is done per statement. What is recorded and what is refused stays the same.
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
DROP TRIGGER trail ON tenure;
CREATE TRIGGER trail AFTER INSERT ON tenure REFERENCING NEW TABLE AS fresh
  FOR EACH STATEMENT EXECUTE FUNCTION trail_mutable_set('asset_id', 'from_rev');
CREATE TRIGGER trail_update AFTER UPDATE ON tenure REFERENCING OLD TABLE AS stale NEW TABLE AS fresh
  FOR EACH STATEMENT EXECUTE FUNCTION trail_mutable_set('asset_id', 'from_rev');
CREATE TRIGGER trail_delete AFTER DELETE ON tenure REFERENCING OLD TABLE AS stale
  FOR EACH STATEMENT EXECUTE FUNCTION trail_mutable_set('asset_id', 'from_rev');

-- Row by row only what depends on the tenure before: the next row of one statement may follow it.
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
DROP TRIGGER guard ON tenure;
CREATE TRIGGER guard BEFORE INSERT ON tenure FOR EACH ROW EXECUTE FUNCTION tenure_guard();
CREATE TRIGGER guard_closed BEFORE UPDATE ON tenure FOR EACH ROW WHEN (OLD.to_rev <> 9223372036854775807) EXECUTE FUNCTION tenure_guard();

CREATE FUNCTION tenure_guard_set() RETURNS trigger LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
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
CREATE TRIGGER guard_set AFTER INSERT ON tenure REFERENCING NEW TABLE AS fresh FOR EACH STATEMENT EXECUTE FUNCTION tenure_guard_set();
CREATE TRIGGER guard_set_update AFTER UPDATE ON tenure REFERENCING NEW TABLE AS fresh FOR EACH STATEMENT EXECUTE FUNCTION tenure_guard_set();

COMMIT;

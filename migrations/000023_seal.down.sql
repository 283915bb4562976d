BEGIN;
CREATE OR REPLACE FUNCTION trail_act() RETURNS bigint LANGUAGE plpgsql STABLE SET search_path = public, pg_temp AS $$
DECLARE a bigint := nullif(current_setting('daicho.act', true), '')::bigint;
BEGIN
  IF a IS NULL OR NOT EXISTS (SELECT 1 FROM act WHERE id = a AND xid = pg_current_xact_id_if_assigned()) THEN
    RAISE EXCEPTION 'write without an act' USING ERRCODE = 'DA001';
  END IF;
  RETURN a;
END $$;
DROP INDEX act_xid;
DROP TABLE trail_head, trail_leaf;
DROP FUNCTION trail_head_guard, trail_leaf_guard, trail_leaf_hash;
COMMIT;

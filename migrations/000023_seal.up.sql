BEGIN;

-- The seal upon the trail. Each act becomes one leaf of a Merkle tree (RFC 6962), in an order that
-- never changes; signed heads say what the first so many leaves are. Neither table is written under
-- an act: a seal that had to be sealed would never end.

CREATE TABLE trail_leaf (
  n      bigint PRIMARY KEY CHECK (n >= 0),
  act_id bigint NOT NULL UNIQUE REFERENCES act,
  head   bigint NOT NULL CHECK (head BETWEEN 0 AND n),
  hashes bytea  NOT NULL CHECK (octet_length(hashes) > 0 AND octet_length(hashes) % 32 = 0)
);
COMMENT ON TABLE trail_leaf IS '封印。行為を並べた木（RFC 6962）の葉。一つの行為に一つ、欠番なく追記する【不変】';
COMMENT ON COLUMN trail_leaf.n IS '記録の番号（0から、欠番なし）。行為の番号とは別';
COMMENT ON COLUMN trail_leaf.head IS '封印したときの最後の頭の件数（まだなければ0）。頭があとから消されないように、葉に含める';
COMMENT ON COLUMN trail_leaf.hashes IS '葉の要約値と、この葉でそろった部分木の要約値（下から順、各32バイト）';

CREATE TABLE trail_head (
  size bigint PRIMARY KEY CHECK (size > 0),
  note text   NOT NULL
);
COMMENT ON TABLE trail_head IS '頭。はじめの size 件の記録の全体を表す、署名付きの控え（C2SP tlog-checkpoint）【不変】';
COMMENT ON COLUMN trail_head.note IS '署名付きの控えの全文';

-- What a leaf is the hash of, as docs/evidence-format.md has it: the act, and its changes with all
-- that they say but their payload, which stands under their digest.
CREATE FUNCTION trail_leaf_hash(of bigint, head bigint) RETURNS bytea LANGUAGE sql STABLE SET search_path = public, pg_temp AS $$
  SELECT sha256('\x00'::bytea || convert_to(format(E'daicho-act/1\n%s %s %s %s\n', a.id, a.xid, head, encode(a.digest, 'hex')) || coalesce((
    SELECT string_agg(format(E'%s %s %s %s %s %s %s\n', c.seq, c.op, c.tbl, encode(c.digest, 'hex'),
      CASE WHEN num_nonnulls(c.before, c.after) = 0 AND c.salt <> '' THEN encode(c.salt, 'hex') ELSE '-' END, octet_length(c.pk), c.pk), '' ORDER BY c.seq)
    FROM change c WHERE c.act_id = a.id), ''), 'UTF8'))
  FROM act a WHERE a.id = of
$$;

-- Leaves follow each other without a gap, each of an act whose transaction has been committed, so
-- that nothing is added to it any more.
CREATE FUNCTION trail_leaf_guard() RETURNS trigger LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
DECLARE
  first bigint; last bigint; many bigint;
BEGIN
  SELECT min(n), max(n), count(*) INTO first, last, many FROM fresh;
  IF last - first + 1 <> many OR first <> (SELECT coalesce(max(n) + 1, 0) FROM trail_leaf WHERE n < first) THEN
    RAISE EXCEPTION 'leaves follow each other without a gap' USING ERRCODE = 'DA003';
  END IF;
  IF EXISTS (SELECT FROM fresh f JOIN act a ON a.id = f.act_id WHERE a.xid = pg_current_xact_id()) THEN
    RAISE EXCEPTION 'a leaf is of an act that was committed' USING ERRCODE = 'DA003';
  END IF;
  IF EXISTS (SELECT FROM fresh f WHERE substr(f.hashes, 1, 32) IS DISTINCT FROM trail_leaf_hash(f.act_id, f.head))
     OR EXISTS (SELECT FROM fresh f WHERE f.head <> (SELECT coalesce(max(size), 0) FROM trail_head)) THEN
    RAISE EXCEPTION 'a leaf is the hash of its act and of the last head' USING ERRCODE = 'DA003';
  END IF;
  RETURN NULL;
END $$;
CREATE TRIGGER guard AFTER INSERT ON trail_leaf REFERENCING NEW TABLE AS fresh FOR EACH STATEMENT EXECUTE FUNCTION trail_leaf_guard();
CREATE TRIGGER trail_refuse BEFORE UPDATE OR DELETE OR TRUNCATE ON trail_leaf FOR EACH STATEMENT EXECUTE FUNCTION trail_refuse();

-- A head is of all leaves there are, and each is of more than the one before.
CREATE FUNCTION trail_head_guard() RETURNS trigger LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
BEGIN
  IF NEW.size <> (SELECT coalesce(max(n) + 1, 0) FROM trail_leaf) OR NEW.size <= (SELECT coalesce(max(size), 0) FROM trail_head)
     OR split_part(NEW.note, E'\n', 2) <> NEW.size::text THEN
    RAISE EXCEPTION 'a head is of all leaves and of more than the last' USING ERRCODE = 'DA003';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER guard BEFORE INSERT ON trail_head FOR EACH ROW EXECUTE FUNCTION trail_head_guard();
CREATE TRIGGER trail_refuse BEFORE UPDATE OR DELETE OR TRUNCATE ON trail_head FOR EACH STATEMENT EXECUTE FUNCTION trail_refuse();
GRANT SELECT, INSERT ON trail_leaf, trail_head TO daicho_app;

-- What is new since the last seal is found by this.
CREATE INDEX act_xid ON act (xid);

-- As in version 1, and: an act that is sealed takes no more changes. Only after a restore, where
-- numbers of transactions come again, could one be asked to.
CREATE OR REPLACE FUNCTION trail_act() RETURNS bigint LANGUAGE plpgsql STABLE SET search_path = public, pg_temp AS $$
DECLARE a bigint := nullif(current_setting('daicho.act', true), '')::bigint;
BEGIN
  IF a IS NULL OR NOT EXISTS (SELECT 1 FROM act WHERE id = a AND xid = pg_current_xact_id_if_assigned())
     OR EXISTS (SELECT 1 FROM trail_leaf WHERE act_id = a) THEN
    RAISE EXCEPTION 'write without an act' USING ERRCODE = 'DA001';
  END IF;
  RETURN a;
END $$;

COMMIT;

package postgres

import (
	"context"
	"errors"
	"time"

	"github.com/jackc/pgx/v5"

	"daicho/internal/authz"
	"daicho/internal/errs"
	"daicho/internal/trail"
)

// Seal runs fn in a transaction that writes the seal upon the trail, and nothing else: it signs no
// act, and so the database refuses every other write in it. Of two sealers one gets the turn.
// Errors: Forbidden without a grant to seal; Conflict "trail.sealing" while another seals; as Act.
func (db *DB) Seal(ctx context.Context, g authz.Grant, fn func(context.Context, *Tx) error) error {
	if g.Action() != authz.SealTrail {
		return errs.New(errs.Forbidden, "authz.seal", "")
	}
	return db.within(ctx, g, sqlBeginAct, func(ctx context.Context, t *Tx) error {
		turn, err := scalar[bool](ctx, t, sqlSealTurn, nil)
		if err != nil {
			return err
		}
		if !turn {
			return errs.New(errs.Conflict, "trail.sealing", "ほかの daicho が操作記録を封印しています。終わってから、もう一度行ってください。")
		}
		if _, err := exec(ctx, t, sqlSealPatient, nil); err != nil {
			return err
		}
		t.sealing = true
		return fn(ctx, t)
	})
}

const (
	sqlSealTurn = `SELECT pg_try_advisory_xact_lock(hashtext('daicho seal'))`

	// The plan depends on how far back it looks.
	sqlSealPatient = `SELECT set_config('statement_timeout', '900000', true), set_config('plan_cache_mode', 'force_custom_plan', true)`

	// The clock is read after the acts are seen: one that another sealer has sealed since this
	// transaction began is not ahead of it.
	sqlSealTip = `
SELECT clock_timestamp() AS now, coalesce((SELECT max(n) + 1 FROM trail_leaf), 0) AS size,
  coalesce((SELECT note FROM trail_head ORDER BY size DESC LIMIT 1), '') AS note,
  (SELECT a.at FROM trail_leaf l JOIN act a ON a.id = l.act_id ORDER BY l.n DESC LIMIT 1) AS last`

	sqlHorizon = `SELECT pg_snapshot_xmin(pg_current_snapshot())::text`

	// An act that is seen has been committed, and nothing is added to it any more. One that is still
	// under way is found by a later pass: what counts is that it is not sealed, not where its number
	// lies among the others.
	sqlUnsealed = `
SELECT a.id, a.xid::text AS xid, encode(a.digest, 'hex') AS digest
FROM act a
WHERE a.xid >= @from::text::xid8 AND a.id > @after AND NOT EXISTS (SELECT FROM trail_leaf l WHERE l.act_id = a.id)
ORDER BY a.id LIMIT @most`

	sqlUnsealedChanges = `
SELECT act_id, seq, op, tbl, pk, encode(digest, 'hex'), CASE WHEN num_nonnulls(before, after) = 0 THEN encode(salt, 'hex') ELSE '' END
FROM change WHERE act_id = ANY (@acts::bigint[]) ORDER BY act_id, seq`

	sqlInsertHead = `INSERT INTO trail_head (size, note) VALUES (@size, @note)`
)

// SealTip is how far the trail is sealed.
type SealTip struct {
	Now  time.Time  // by the database's clock, not before any act that is seen
	Size int64      // leaves
	Note string     // the last head, or empty
	Last *time.Time // when the act of the last leaf was
}

// SealTip reads how far the trail is sealed.
func (t *Tx) SealTip(ctx context.Context) (SealTip, error) {
	return row[SealTip](ctx, t, sqlSealTip, nil)
}

// Horizon is the number of the oldest transaction that may still be under way: of an act before it
// it is known for good whether it came to be.
func (t *Tx) Horizon(ctx context.Context) (string, error) {
	return scalar[string](ctx, t, sqlHorizon, nil)
}

// Unsealed is an act that is not sealed.
type Unsealed struct {
	ID          int64
	Xid, Digest string
}

// Unsealed lists at most so many acts that are not sealed, by id, beyond the id after and of
// transactions from the number from.
func (t *Tx) Unsealed(ctx context.Context, from string, after int64, most int) ([]Unsealed, error) {
	return rows[Unsealed](ctx, t, sqlUnsealed, pgx.StrictNamedArgs{"from": from, "after": after, "most": most})
}

// SealActs makes the acts, which Unsealed has listed, the next leaves of the tree, after the last head,
// that of head entries.
func (t *Tx) SealActs(ctx context.Context, tree *trail.Tree, head int64, acts []Unsealed) error {
	if !t.sealing {
		return errors.New("seal: not a transaction that seals")
	}
	hashes, err := t.leafHashes(ctx, head, acts)
	if err != nil {
		return err
	}
	_, err = t.tx.CopyFrom(ctx, pgx.Identifier{"trail_leaf"}, []string{"n", "act_id", "head", "hashes"}, pgx.CopyFromSlice(len(acts), func(i int) ([]any, error) {
		return []any{tree.Size(), acts[i].ID, head, trail.Bytes(tree.Append(hashes[i]))}, nil
	}))
	return mapErr(err)
}

// leafHashes takes the hash of each act with its changes, which come by as the server sends them.
func (t *Tx) leafHashes(ctx context.Context, head int64, acts []Unsealed) ([]trail.Hash, error) {
	ids := make([]int64, len(acts))
	for i, a := range acts {
		ids[i] = a.ID
	}
	r, err := t.tx.Query(ctx, sqlUnsealedChanges, pgx.StrictNamedArgs{"acts": ids})
	if err != nil {
		return nil, mapErr(err)
	}
	out := make([]trail.Hash, 0, len(acts))
	var leaf *trail.Leaf
	upTo := func(id int64) { // ends the leaves before the act id and begins its own
		for len(out) < len(acts) {
			a := acts[len(out)]
			if leaf == nil {
				leaf = trail.NewLeaf(a.ID, a.Xid, head, a.Digest)
			}
			if a.ID == id {
				return
			}
			out, leaf = append(out, leaf.Hash()), nil
		}
	}
	var act int64
	var c trail.Change
	_, err = pgx.ForEachRow(r, []any{&act, &c.Seq, &c.Op, &c.Table, &c.PK, &c.Digest, &c.Salt}, func() error {
		upTo(act)
		leaf.Add(c)
		return nil
	})
	upTo(0)
	return out, mapErr(err)
}

// AddHead stores the signed head of the first size leaves.
func (t *Tx) AddHead(ctx context.Context, size int64, note string) error {
	_, err := exec(ctx, t, sqlInsertHead, pgx.StrictNamedArgs{"size": size, "note": note})
	return mapErr(err)
}

const (
	sqlTrailHashes = `
SELECT substr(l.hashes, 32 * w.at + 1, 32)
FROM unnest(@leaves::bigint[], @places::int[]) WITH ORDINALITY w (n, at, i) JOIN trail_leaf l ON l.n = w.n ORDER BY w.i`

	sqlTrailKeys = `
SELECT a.id AS act, coalesce(l.n, -1) AS n, a.at, coalesce(a.detail ->> 'key', '') AS key
FROM act a LEFT JOIN trail_leaf l ON l.act_id = a.id
WHERE a.action = @action AND a.outcome = 'done' ORDER BY l.n NULLS LAST, a.id`
)

// TrailHashes reads hashes of the tree.
func (t *Tx) TrailHashes(ctx context.Context) trail.Reader {
	return func(indexes []int64) ([]trail.Hash, error) {
		leaves, places := make([]int64, len(indexes)), make([]int, len(indexes))
		for i, x := range indexes {
			leaves[i], places[i] = trail.Stored(x)
		}
		r, err := t.tx.Query(ctx, sqlTrailHashes, pgx.StrictNamedArgs{"leaves": leaves, "places": places})
		if err != nil {
			return nil, mapErr(err)
		}
		list, err := pgx.CollectRows(r, pgx.RowTo[[]byte])
		if err != nil {
			return nil, mapErr(err)
		}
		out := make([]trail.Hash, len(list))
		for i, b := range list {
			if copy(out[i][:], b) != len(out[i]) {
				return nil, errSealBroken
			}
		}
		if len(out) != len(indexes) {
			return nil, errSealBroken
		}
		return out, nil
	}
}

// errSealBroken is a tree that lacks what the program has stored.
var errSealBroken = errs.New(errs.Conflict, "trail.broken", "封印の表に、あるはずの行がありません。記録が書き換えられたか、失われています。daicho trail verify で確かめてください。")

// TrailKey is a key that the trail names.
type TrailKey struct {
	Act int64
	N   int64 // its place in the log; -1 until it is sealed
	At  time.Time
	Key string
}

// TrailKeys lists the keys in the order in which they began to sign.
func (t *Tx) TrailKeys(ctx context.Context) ([]TrailKey, error) {
	return rows[TrailKey](ctx, t, sqlTrailKeys, pgx.StrictNamedArgs{"action": trail.ActionKey})
}

const sqlLockTrailKeys = `SELECT pg_advisory_xact_lock(hashtext('daicho trail key'))`

// LockTrailKeys waits until nobody else changes the keys, to the end of the transaction.
func (t *Tx) LockTrailKeys(ctx context.Context) error {
	_, err := exec(ctx, t, sqlLockTrailKeys, nil)
	return mapErr(err)
}

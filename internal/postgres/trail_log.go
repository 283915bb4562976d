package postgres

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"

	"daicho/internal/authz"
	"daicho/internal/errs"
	"daicho/internal/trail"
)

// fragSaid is the text that the digest of an act is taken of (act_digest in migration 1).
const fragSaid = `jsonb_build_array(extract(epoch FROM a.at)::text, a.account_id, a.person_id, a.post_id, a.appointment_id, a.person_text, a.post_text,
  a.auth, a.channel, a.action, a.outcome, a.target, a.asset_id, a.unit_id, a.reason, a.request_id, a.detail)::text`

const (
	sqlLogEntries = `
SELECT l.n, l.act_id AS act, l.head, coalesce(a.xid::text, '') AS xid, coalesce(encode(a.digest, 'hex'), '') AS digest, coalesce(encode(a.salt, 'hex'), '') AS salt,
  coalesce(` + fragSaid + `, '') AS text, l.hashes AS stored, (SELECT count(*) FROM change c WHERE c.act_id = l.act_id)::int AS count
FROM trail_leaf l LEFT JOIN act a ON a.id = l.act_id WHERE l.n >= @from AND l.n < @to ORDER BY l.n`

	sqlLogChanges = `
SELECT l.n, c.seq, c.op, c.tbl, c.pk, encode(c.digest, 'hex'), encode(c.salt, 'hex'), c.before::text, c.after::text
FROM trail_leaf l JOIN change c ON c.act_id = l.act_id WHERE l.n >= @from AND l.n < @to ORDER BY l.n, c.seq`

	sqlLogHeads = `SELECT size, note FROM trail_head WHERE size > @from AND size <= @to ORDER BY size`

	sqlLogPlace = `SELECT n FROM trail_leaf WHERE act_id = @act`
)

// logBatch is how many entries one query reads.
const logBatch = 1_000

type logHead struct {
	Size int64
	Note string
}

// EachEntry gives the entries from to (exclusive) with their changes to the sink, and the heads among
// them. It keeps no more than a batch of acts in memory, however many changes they have.
func (t *Tx) EachEntry(ctx context.Context, from, to int64, sink trail.Sink) error {
	if err := t.Unhurried(ctx); err != nil {
		return err
	}
	for ; from < to; from += logBatch {
		if err := t.entries(ctx, pgx.StrictNamedArgs{"from": from, "to": min(from+logBatch, to)}, sink); err != nil {
			return err
		}
	}
	return nil
}

// entries gives one batch to the sink.
func (t *Tx) entries(ctx context.Context, between pgx.StrictNamedArgs, sink trail.Sink) error {
	type entry struct {
		N, Act, Head            int64
		Xid, Digest, Salt, Text string
		Stored                  []byte
		Count                   int
	}
	list, err := rows[entry](ctx, t, sqlLogEntries, between)
	if err != nil {
		return mapErr(err)
	}
	heads, err := rows[logHead](ctx, t, sqlLogHeads, between)
	if err != nil {
		return mapErr(err)
	}
	given := int64(-1) // the last entry that was given
	upTo := func(n int64) error {
		for len(list) > 0 && list[0].N <= n {
			for len(heads) > 0 && heads[0].Size <= list[0].N {
				if err := sink.Head(heads[0].Note); err != nil {
					return err
				}
				heads = heads[1:]
			}
			e := list[0]
			list, given = list[1:], e.N
			var leaf trail.Hash
			copy(leaf[:], e.Stored)
			if err := sink.Entry(trail.Entry{N: e.N, Act: e.Act, Xid: e.Xid, Head: e.Head, Digest: e.Digest, Salt: e.Salt, Text: e.Text, Leaf: leaf.String(), Count: e.Count, Stored: e.Stored}); err != nil {
				return err
			}
		}
		return nil
	}
	r, err := t.tx.Query(ctx, sqlLogChanges, between)
	if err != nil {
		return mapErr(err)
	}
	var n int64
	var c trail.Change
	if _, err := pgx.ForEachRow(r, []any{&n, &c.Seq, &c.Op, &c.Table, &c.PK, &c.Digest, &c.Salt, &c.Before, &c.After}, func() error {
		if n != given {
			if err := upTo(n); err != nil {
				return err
			}
		}
		return sink.Change(c)
	}); err != nil {
		return mapErr(err)
	}
	if err := upTo(between["to"].(int64)); err != nil {
		return err
	}
	for _, h := range heads {
		if err := sink.Head(h.Note); err != nil {
			return err
		}
	}
	return nil
}

// LogPlace is the place of an act in the log. Errors: NotFound while it is not sealed.
func (t *Tx) LogPlace(ctx context.Context, act int64) (int64, error) {
	return scalar[int64](ctx, t, sqlLogPlace, pgx.StrictNamedArgs{"act": act})
}

const (
	fragSealedHeads = `
SELECT h.size, h.note, coalesce(a.at, now()) AS at
FROM trail_head h LEFT JOIN trail_leaf l ON l.n = h.size - 1 LEFT JOIN act a ON a.id = l.act_id `

	sqlSealedHeads = fragSealedHeads + `ORDER BY h.size DESC LIMIT @limit OFFSET @offset`
	sqlSealedHead  = fragSealedHeads + `WHERE h.size = @size`
	sqlLastHead    = fragSealedHeads + `ORDER BY h.size DESC LIMIT 1`
	sqlCountHeads  = `SELECT count(*) FROM trail_head`

	// Of the newest: what is not sealed lies there, unless it was under way for very long.
	sqlOpenActs = `
SELECT count(*) AS count, min(a.at) AS oldest FROM (
  SELECT a.at FROM act a WHERE a.id > coalesce((SELECT min(x.act_id) FROM (SELECT act_id FROM trail_leaf ORDER BY n DESC LIMIT 1000) x), 0)
    AND NOT EXISTS (SELECT FROM trail_leaf l WHERE l.act_id = a.id) LIMIT @most) a`

	sqlOpenActsAll = `
SELECT count(*) AS count, min(a.at) AS oldest FROM act a WHERE NOT EXISTS (SELECT FROM trail_leaf l WHERE l.act_id = a.id)`
)

// SealedHead is a head as it is stored. At is the time of the last act under it.
type SealedHead struct {
	Size int64
	Note string
	At   time.Time
}

// SealedHeads lists heads, the newest first, with how many there are.
func (t *Tx) SealedHeads(ctx context.Context, limit, offset int) ([]SealedHead, int, error) {
	n, err := scalar[int](ctx, t, sqlCountHeads, nil)
	if err != nil {
		return nil, 0, err
	}
	out, err := rows[SealedHead](ctx, t, sqlSealedHeads, pgx.StrictNamedArgs{"limit": limit, "offset": offset})
	return out, n, err
}

// SealedHead reads the head of the first size entries. Errors: NotFound.
func (t *Tx) SealedHead(ctx context.Context, size int64) (SealedHead, error) {
	return row[SealedHead](ctx, t, sqlSealedHead, pgx.StrictNamedArgs{"size": size})
}

// LastHead reads the newest head; ok is false as long as there is none.
func (t *Tx) LastHead(ctx context.Context) (h SealedHead, ok bool, err error) {
	h, err = row[SealedHead](ctx, t, sqlLastHead, nil)
	if errs.Is(err, errs.NotFound) {
		return h, false, nil
	}
	return h, err == nil, err
}

// OpenActs are acts that are not sealed.
type OpenActs struct {
	Count  int
	Oldest *time.Time
}

// OpenActs counts the acts that are not sealed: all of them, or at most so many of the newest.
func (t *Tx) OpenActs(ctx context.Context, most int) (OpenActs, error) {
	if most == 0 {
		return row[OpenActs](ctx, t, sqlOpenActsAll, nil)
	}
	return row[OpenActs](ctx, t, sqlOpenActs, pgx.StrictNamedArgs{"most": most})
}

const sqlLostHead = `
SELECT id AS act, at, person_text AS person, reason FROM act WHERE action = @action AND outcome = 'done' AND detail ->> 'lost' = @lost ORDER BY id LIMIT 1`

// LostHead is the record that a head was lost when the database was put back to an earlier state.
type LostHead struct {
	Act            int64
	At             time.Time
	Person, Reason string
}

// LostHead finds the record that a head was lost; nil when there is none.
func (t *Tx) LostHead(ctx context.Context, short string) (*LostHead, error) {
	h, err := row[LostHead](ctx, t, sqlLostHead, pgx.StrictNamedArgs{"action": string(authz.AcceptRestore), "lost": short})
	if errs.Is(err, errs.NotFound) {
		return nil, nil
	}
	return &h, err
}

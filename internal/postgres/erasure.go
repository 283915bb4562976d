package postgres

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"
)

const (
	sqlAskErasure = `
INSERT INTO erasure (of_act, of_seq, reason, basis, person_id, by_text, act_id)
VALUES (@of_act, nullif(@of_seq::bigint, 0), @reason, @basis, @person, @by, @act) RETURNING id`

	sqlDecideErasure = `
INSERT INTO erasure_decision (erasure_id, asked_by, person_id, outcome, note, by_text, act_id)
SELECT e.id, e.person_id, @person, @outcome, @note, @by, @act FROM erasure e WHERE e.id = @id`

	sqlErase = `SELECT trail_erase(@id)`

	fragErasures = `
SELECT e.id, e.of_act AS act, coalesce(e.of_seq, 0) AS seq, e.reason, e.basis, e.person_id AS person, e.by_text AS by, e.at,
  coalesce(d.outcome, '') AS outcome, coalesce(d.note, '') AS note, coalesce(d.by_text, '') AS decided_by, d.at AS decided_at
FROM erasure e LEFT JOIN erasure_decision d ON d.erasure_id = e.id WHERE `

	sqlErasuresOf   = fragErasures + `e.of_act = @act ORDER BY e.id`
	sqlErasure      = fragErasures + `e.id = @id`
	sqlErasuresOpen = fragErasures + `d.erasure_id IS NULL ORDER BY e.id LIMIT 100`

	// What an erasure explains is gone before the seal says who erased it. One that was sent back, or
	// refused to somebody who may not approve, has taken nothing away.
	sqlErasureUnsealed = `
SELECT EXISTS (SELECT FROM erasure_decision d WHERE d.outcome = 'approved' AND NOT EXISTS (SELECT FROM trail_leaf l WHERE l.act_id = d.act_id AND l.n < @size))`
)

// Erasure is the wish that something leaves the trail, with what became of it.
type Erasure struct {
	ID, Act, Seq    int64 // Seq 0: the act itself
	Reason, Basis   string
	Person          int64
	By              string
	At              time.Time
	Outcome         string // approved, returned, or empty while it is open
	Note, DecidedBy string
	DecidedAt       *time.Time
}

// AskErasure stores the wish and returns its id.
func (t *Tx) AskErasure(ctx context.Context, e Erasure) (int64, error) {
	return scalar[int64](ctx, t, sqlAskErasure, pgx.StrictNamedArgs{
		"of_act": e.Act, "of_seq": e.Seq, "reason": e.Reason, "basis": e.Basis, "person": e.Person, "by": e.By, "act": t.act,
	})
}

// DecideErasure stores the decision on a wish and, when it is approved, erases. Errors: Conflict when
// it was decided meanwhile; Forbidden by the one who asked.
func (t *Tx) DecideErasure(ctx context.Context, e Erasure, approve bool, person int64, by, note string) error {
	outcome := "returned"
	if approve {
		outcome = "approved"
	}
	if _, err := exec(ctx, t, sqlDecideErasure, pgx.StrictNamedArgs{"id": e.ID, "person": person, "outcome": outcome, "note": note, "by": by, "act": t.act}); err != nil {
		return mapErr(err)
	}
	if !approve {
		return nil
	}
	_, err := exec(ctx, t, sqlErase, pgx.StrictNamedArgs{"id": e.ID})
	return mapErr(err)
}

// ErasuresOf lists the wishes about one act, oldest first.
func (t *Tx) ErasuresOf(ctx context.Context, act int64) ([]Erasure, error) {
	return rows[Erasure](ctx, t, sqlErasuresOf, pgx.StrictNamedArgs{"act": act})
}

// Erasure reads one wish. Errors: NotFound.
func (t *Tx) Erasure(ctx context.Context, id int64) (Erasure, error) {
	return row[Erasure](ctx, t, sqlErasure, pgx.StrictNamedArgs{"id": id})
}

// OpenErasures lists the wishes that wait for a decision.
func (t *Tx) OpenErasures(ctx context.Context) ([]Erasure, error) {
	return rows[Erasure](ctx, t, sqlErasuresOpen, nil)
}

// ErasureUnsealed reports whether something was erased that the first size entries do not tell of yet.
func (t *Tx) ErasureUnsealed(ctx context.Context, size int64) (bool, error) {
	return scalar[bool](ctx, t, sqlErasureUnsealed, pgx.StrictNamedArgs{"size": size})
}

const (
	sqlTrailOne = fragTrail + fragTrailScope + ` AND a.id = @act`

	sqlActChanges = `
SELECT seq, op, tbl AS table, pk, encode(digest, 'hex') AS digest, encode(salt, 'hex') AS salt, before::text AS before, after::text AS after
FROM change WHERE act_id = @act ORDER BY seq LIMIT @most`

	sqlActSeal = `
SELECT l.n, l.hashes FROM trail_leaf l WHERE l.act_id = @act`
)

// TrailActOf reads one act within the reader's scope. Errors: NotFound.
func (t *Tx) TrailActOf(ctx context.Context, id int64) (TrailAct, error) {
	_, args := t.trailWhere(TrailFilter{})
	args["act"] = id
	return row[TrailAct](ctx, t, sqlTrailOne, args)
}

// ActChange is one change of an act for a page.
type ActChange struct {
	Seq                         int64
	Op, Table, PK, Digest, Salt string
	Before, After               *string
}

// ActChanges lists the changes of an act, at most so many.
func (t *Tx) ActChanges(ctx context.Context, act int64, most int) ([]ActChange, error) {
	return rows[ActChange](ctx, t, sqlActChanges, pgx.StrictNamedArgs{"act": act, "most": most})
}

// ActLeaf is the place of an act in the log with the hashes that lie there.
type ActLeaf struct {
	N      int64
	Hashes []byte
}

// ActLeaf reads the place of an act in the log. Errors: NotFound while it is not sealed.
func (t *Tx) ActLeaf(ctx context.Context, act int64) (ActLeaf, error) {
	return row[ActLeaf](ctx, t, sqlActSeal, pgx.StrictNamedArgs{"act": act})
}

package postgres

import (
	"context"
	"maps"
	"slices"

	"github.com/jackc/pgx/v5"

	"daicho/internal/asset"
	"daicho/internal/classify"
	"daicho/internal/errs"
)

// Entry is one document that comes into force.
type Entry struct {
	Version
	Number   string
	Place    Place
	Decision int64
	// Fresh says that the decision is of this very content. Otherwise only minor fields changed:
	// the earlier decision carries on and no level may fall.
	Fresh bool
	// Seen are the levels that the one who decided saw. What is computed when it comes into force
	// may be higher, because its neighbours rose meanwhile, and never makes it lower.
	Seen classify.Levels
	// Least are the levels that hold at least: those in force, where the application does not say that
	// it lowers any; else zero.
	Least classify.Levels
}

// PutInForce brings documents into force: relations, levels of everything that they reach, classes
// and sets, tenure, and the rows of the list, all under the next revision. Levels of other assets
// rise by themselves; none falls.
// Errors: Stale when an entry would stand below its Least, because what it held together with then
// has risen since.
func (t *Tx) PutInForce(ctx context.Context, scheme *classify.Scheme, entries []Entry) error {
	rev, err := t.Revision(ctx)
	if err != nil {
		return err
	}
	c := turn{decided: map[int64]classify.Levels{}}
	if c.ended, c.opened, err = t.putRelations(ctx, rev, scheme, entries); err != nil {
		return err
	}
	if c.bases, err = t.putBases(ctx, scheme, entries); err != nil {
		return err
	}
	mine := make([]int64, len(entries))
	for i, e := range entries {
		mine[i] = e.Asset
		if e.Fresh {
			c.decided[e.Asset] = e.Seen
		}
	}
	moved, err := t.relevel(ctx, c)
	if err != nil {
		return err
	}
	levels, err := t.levels(ctx, mine)
	if err != nil {
		return err
	}
	for _, e := range entries {
		if levels[e.Asset].Lower(e.Least) {
			return errs.New(errs.Stale, "approval.fell", e.Number+" の区分は、申請のあとに上がりました。このまま承認すると、申請に書かれていない引下げになります。差し戻して、いまの内容から申請し直してもらってください。")
		}
		if err := t.install(ctx, rev, e, levels[e.Asset]); err != nil {
			return err
		}
	}
	slices.Sort(mine)
	others := func(ids []int64) []int64 {
		return slices.DeleteFunc(ids, func(id int64) bool { _, is := slices.BinarySearch(mine, id); return is })
	}
	risen, around := others(moved.risen), others(moved.ids)
	if err := t.turnOver(ctx, rev, risen, false); err != nil {
		return err
	}
	if err := t.putCrossings(ctx, entries); err != nil {
		return err
	}
	if err := t.refreshReviews(ctx, slices.Concat(mine, around)); err != nil {
		return err
	}
	return t.refreshFindings(ctx, scheme, entries, mine, risen, around)
}

const (
	fragRelations = `unnest(@owners::bigint[], @types::text[], @froms::bigint[], @tos::bigint[], @notes::text[], @effects::text[],
  @c::smallint[], @i::smallint[], @a::smallint[]) w (owner, type, from_id, to_id, note, effect, c, i, a)`

	// A relation that passes on something else is another one. The note of a plain relation is no part
	// of what is in force.
	sqlCloseRelations = `
UPDATE relation r SET to_rev = @rev
WHERE r.owner_id = ANY (@mine::bigint[]) AND r.to_rev = 9223372036854775807
  AND NOT EXISTS (SELECT FROM ` + fragRelations + `
    WHERE w.owner = r.owner_id AND w.type = r.type AND w.from_id = r.from_id AND w.to_id = r.to_id AND w.effect = r.effect
      AND w.c = r.pass_c AND w.i = r.pass_i AND w.a = r.pass_a AND (w.effect = '' OR w.note = r.note))
RETURNING r.from_id AS "from", r.to_id AS "to"`

	sqlOpenRelations = `
INSERT INTO relation (type, from_id, from_kind, to_id, to_kind, owner_id, note, effect, pass_c, pass_i, pass_a, from_rev)
SELECT w.type, w.from_id, f.kind, w.to_id, g.kind, w.owner, w.note, w.effect, w.c, w.i, w.a, @rev
FROM ` + fragRelations + `
JOIN asset f ON f.id = w.from_id JOIN asset g ON g.id = w.to_id
ON CONFLICT (type, from_id, to_id, owner_id) WHERE to_rev = 9223372036854775807 DO NOTHING
RETURNING id`
)

// putRelations brings the relations of documents into force. It returns the assets at both ends of
// the relations that ended, and the ids of those that are new.
func (t *Tx) putRelations(ctx context.Context, rev int64, scheme *classify.Scheme, entries []Entry) (ended, opened []int64, err error) {
	var mine, owners, froms, tos []int64
	var types, notes, effects []string
	var pass [3][]int16
	for _, e := range entries {
		mine = append(mine, e.Asset)
		own, err := t.schemeOr(ctx, e.Scheme, scheme)
		if err != nil {
			return nil, nil, err
		}
		for _, r := range e.Doc.Relations {
			from, to := e.Asset, r.Other
			if !r.Outgoing {
				from, to = to, from
			}
			owners, froms, tos = append(owners, e.Asset), append(froms, from), append(tos, to)
			types, notes, effects = append(types, r.Type), append(notes, r.Note), append(effects, r.Effect)
			p, err := passOf(own, r)
			if err != nil {
				return nil, nil, err
			}
			for x, axis := range classify.Axes() {
				pass[x] = append(pass[x], int16(p.On(axis)))
			}
		}
	}
	lines := pgx.StrictNamedArgs{
		"rev": rev, "owners": owners, "types": types, "froms": froms, "tos": tos, "notes": notes, "effects": effects, "c": pass[0], "i": pass[1], "a": pass[2],
	}
	closing := maps.Clone(lines)
	closing["mine"] = mine
	type ends struct{ From, To int64 }
	gone, err := rows[ends](ctx, t, sqlCloseRelations, closing)
	for _, g := range gone {
		ended = append(ended, g.From, g.To)
	}
	if err != nil || len(owners) == 0 {
		return ended, nil, mapErr(err)
	}
	q, err := t.tx.Query(ctx, sqlOpenRelations, lines)
	if err != nil {
		return nil, nil, mapErr(err)
	}
	opened, err = pgx.CollectRows(q, pgx.RowTo[int64])
	return ended, opened, mapErr(err)
}

// passOf is what a relation with an effect passes on, 0 on the axes that it leaves alone.
// Errors: Conflict for a level that the scheme does not know.
func passOf(scheme *classify.Scheme, r asset.Relation) (classify.Levels, error) {
	var p classify.Levels
	if r.Effect == "" {
		return p, nil
	}
	for _, axis := range classify.Axes() {
		rank, err := rankOf(scheme, axis, r.Values[asset.PassKey(axis)])
		if err != nil {
			return p, err
		}
		p = p.With(axis, rank)
	}
	return p, nil
}

const (
	sqlCloseTenure = `UPDATE tenure SET to_rev = @rev WHERE asset_id = @asset AND to_rev = 9223372036854775807`

	sqlOpenTenure = `
INSERT INTO tenure (asset_id, version_no, from_rev, material_sha256, decision_id, unit_id, kind, state, c, i, a, zone, class_id, number, name)
VALUES (@asset, @version, @rev, @material, @decision, @unit, @kind, @state, @c, @i, @a, @zone, @class, @number, @name)`
)

// install opens the tenure of a document and writes its row of the list.
func (t *Tx) install(ctx context.Context, rev int64, e Entry, l classify.Levels) error {
	class, set, err := t.ClassOf(ctx, e.Doc.Facets(l, e.Place.Model))
	if err != nil {
		return err
	}
	state := asset.InForceState(e.Doc.Lifecycle())
	if _, err := exec(ctx, t, sqlCloseTenure, pgx.StrictNamedArgs{"asset": e.Asset, "rev": rev}); err != nil {
		return mapErr(err)
	}
	if _, err := exec(ctx, t, sqlOpenTenure, pgx.StrictNamedArgs{
		"asset": e.Asset, "version": e.No, "rev": rev, "material": e.Material[:], "decision": e.Decision, "unit": e.Place.Unit,
		"kind": string(e.Doc.Kind), "state": string(state), "c": int16(l.C), "i": int16(l.I), "a": int16(l.A),
		"zone": e.Doc.Get("zone"), "class": class, "number": e.Number, "name": e.Doc.Get("name"),
	}); err != nil {
		return mapErr(err)
	}
	return t.PutNow(ctx, Now{
		Asset: e.Asset, Number: e.Number, Place: e.Place, State: state, Doc: e.Doc, Levels: l, Class: class, Set: set, Version: e.No, Scheme: e.Scheme,
	})
}

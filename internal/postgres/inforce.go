package postgres

import (
	"context"
	"slices"

	"github.com/jackc/pgx/v5"

	"daicho/internal/asset"
	"daicho/internal/classify"
	"daicho/internal/relation"
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
}

// PutInForce brings documents into force: relations, levels of everything that they reach, classes
// and sets, tenure, and the rows of the list, all under the next revision. Levels of other assets
// rise by themselves; none falls.
func (t *Tx) PutInForce(ctx context.Context, scheme *classify.Scheme, entries []Entry) error {
	rev, err := t.Revision(ctx)
	if err != nil {
		return err
	}
	start := make([]int64, 0, len(entries))
	for _, e := range entries {
		touched, err := t.putRelations(ctx, rev, e)
		if err != nil {
			return err
		}
		start = append(append(start, e.Asset), touched...)
		if err := t.putBase(ctx, scheme, e); err != nil {
			return err
		}
	}
	decided := map[int64]classify.Levels{}
	for _, e := range entries {
		if e.Fresh {
			decided[e.Asset] = e.Seen
		}
	}
	levels, err := t.relax(ctx, start, decided)
	if err != nil {
		return err
	}
	mine := map[int64]bool{}
	for _, e := range entries {
		mine[e.Asset] = true
		if err := t.install(ctx, rev, e, levels[e.Asset].now); err != nil {
			return err
		}
	}
	risen := make([]int64, 0, len(levels))
	for id, l := range levels {
		if !mine[id] && l.now != l.before {
			risen = append(risen, id)
		}
	}
	slices.Sort(risen)
	for _, id := range risen {
		if err := t.raise(ctx, rev, id, levels[id].now); err != nil {
			return err
		}
	}
	return t.refreshReviews(ctx, levels)
}

const (
	sqlCloseRelations = `
UPDATE relation SET to_rev = @rev
WHERE owner_id = @owner AND to_rev = 9223372036854775807
  AND NOT EXISTS (SELECT 1 FROM unnest(@types::text[], @froms::bigint[], @tos::bigint[]) w (type, from_id, to_id)
                  WHERE (w.type, w.from_id, w.to_id) = (relation.type, relation.from_id, relation.to_id))
RETURNING CASE from_id WHEN @owner THEN to_id ELSE from_id END`

	sqlOpenRelations = `
INSERT INTO relation (type, from_id, from_kind, to_id, to_kind, owner_id, note, from_rev)
SELECT w.type, w.from_id, f.kind, w.to_id, g.kind, @owner, w.note, @rev
FROM unnest(@types::text[], @froms::bigint[], @tos::bigint[], @notes::text[]) w (type, from_id, to_id, note)
JOIN asset f ON f.id = w.from_id JOIN asset g ON g.id = w.to_id
ON CONFLICT (type, from_id, to_id, owner_id) WHERE to_rev = 9223372036854775807 DO NOTHING`
)

// putRelations brings the relations of a document into force and returns the other ends of those
// that ended.
func (t *Tx) putRelations(ctx context.Context, rev int64, e Entry) ([]int64, error) {
	n := len(e.Doc.Relations)
	types, notes := make([]string, n), make([]string, n)
	froms, tos := make([]int64, n), make([]int64, n)
	for i, r := range e.Doc.Relations {
		types[i], notes[i], froms[i], tos[i] = r.Type, r.Note, e.Asset, r.Other
		if !r.Outgoing {
			froms[i], tos[i] = r.Other, e.Asset
		}
	}
	q, err := t.tx.Query(ctx, sqlCloseRelations, pgx.StrictNamedArgs{"rev": rev, "owner": e.Asset, "types": types, "froms": froms, "tos": tos})
	if err != nil {
		return nil, err
	}
	ended, err := pgx.CollectRows(q, pgx.RowTo[int64])
	if err != nil || n == 0 {
		return ended, mapErr(err)
	}
	_, err = exec(ctx, t, sqlOpenRelations, pgx.StrictNamedArgs{"rev": rev, "owner": e.Asset, "types": types, "froms": froms, "tos": tos, "notes": notes})
	return ended, mapErr(err)
}

const sqlPutBase = `
INSERT INTO level_now AS l (asset_id, axis, base, computed, level) VALUES (@asset, @axis, @base, @base, @base)
ON CONFLICT (asset_id, axis) DO UPDATE SET base = excluded.base,
  level = CASE WHEN @fresh THEN excluded.base ELSE greatest(l.level, excluded.base) END`

// putBase stores what the document declares on each axis. An axis that follows and for which no
// intended use is declared starts at the lowest level.
func (t *Tx) putBase(ctx context.Context, scheme *classify.Scheme, e Entry) error {
	b := &pgx.Batch{}
	for _, axis := range classify.Axes() {
		base := int16(1)
		if l, ok := scheme.ByCode(axis, e.Doc.Level(axis)); ok {
			base = int16(l.Rank)
		}
		b.Queue(sqlPutBase, pgx.StrictNamedArgs{"asset": e.Asset, "axis": string(axis), "base": base, "fresh": e.Fresh})
	}
	return mapErr(t.tx.SendBatch(ctx, b).Close())
}

const (
	// What the levels of the given assets can reach, along the relations in force.
	sqlReach = `
WITH RECURSIVE reach (id) AS (
  SELECT DISTINCT unnest(@start::bigint[])
  UNION
  SELECT n.id FROM reach x CROSS JOIN LATERAL (
    SELECT r.from_id AS id FROM relation r JOIN relation_rule q USING (type, from_kind, to_kind)
    WHERE r.to_id = x.id AND r.to_rev = 9223372036854775807 AND 'to_from' IN (q.c_travel, q.i_travel, q.a_travel)
    UNION ALL
    SELECT r.to_id FROM relation r JOIN relation_rule q USING (type, from_kind, to_kind)
    WHERE r.from_id = x.id AND r.to_rev = 9223372036854775807 AND 'to_to' IN (q.c_travel, q.i_travel, q.a_travel)
  ) n)
SELECT id FROM reach`

	sqlEdges = `
SELECT DISTINCT type, from_id AS "from", to_id AS "to" FROM relation
WHERE to_rev = 9223372036854775807 AND (from_id = ANY (@ids::bigint[]) OR to_id = ANY (@ids::bigint[]))`

	sqlLevels = `
SELECT l.asset_id AS id, s.kind,
  max(base) FILTER (WHERE axis = 'C') AS base_c, max(base) FILTER (WHERE axis = 'I') AS base_i, max(base) FILTER (WHERE axis = 'A') AS base_a,
  max(computed) FILTER (WHERE axis = 'C') AS computed_c, max(computed) FILTER (WHERE axis = 'I') AS computed_i, max(computed) FILTER (WHERE axis = 'A') AS computed_a,
  max(level) FILTER (WHERE axis = 'C') AS level_c, max(level) FILTER (WHERE axis = 'I') AS level_i, max(level) FILTER (WHERE axis = 'A') AS level_a
FROM level_now l JOIN asset s ON s.id = l.asset_id WHERE l.asset_id = ANY (@ids::bigint[]) GROUP BY l.asset_id, s.kind`

	sqlPutLevel = `
UPDATE level_now SET computed = @computed, level = @level, via = nullif(@via::bigint, 0)
WHERE asset_id = @asset AND axis = @axis AND (computed, level, coalesce(via, 0)) IS DISTINCT FROM (@computed::smallint, @level::smallint, @via::bigint)`
)

// outcome is what a recomputation did to one asset.
type outcome struct {
	before, now classify.Levels
	computed    classify.Levels
	kind        asset.Kind
}

type levelRow struct {
	ID                              int64
	Kind                            string
	BaseC, BaseI, BaseA             int16
	ComputedC, ComputedI, ComputedA int16
	LevelC, LevelI, LevelA          int16
}

// relax recomputes the levels of everything that the given assets can reach and stores them. An
// axis that follows takes what was computed; it falls only where the asset itself was just decided,
// and then no further than to the levels that the decision was about.
func (t *Tx) relax(ctx context.Context, start []int64, decided map[int64]classify.Levels) (map[int64]outcome, error) {
	q, err := t.tx.Query(ctx, sqlReach, pgx.StrictNamedArgs{"start": start})
	if err != nil {
		return nil, err
	}
	reach, err := pgx.CollectRows(q, pgx.RowTo[int64])
	if err != nil {
		return nil, err
	}
	edges, err := rows[relation.Edge](ctx, t, sqlEdges, pgx.StrictNamedArgs{"ids": reach})
	if err != nil {
		return nil, err
	}
	inside := make(map[int64]bool, len(reach))
	ids := slices.Clone(reach)
	for _, id := range reach {
		inside[id] = true
	}
	for _, e := range edges {
		ids = append(ids, e.From, e.To)
	}
	slices.Sort(ids)
	stored, err := rows[levelRow](ctx, t, sqlLevels, pgx.StrictNamedArgs{"ids": slices.Compact(ids)})
	if err != nil {
		return nil, err
	}
	nodes := make([]relation.Node, 0, len(stored))
	for _, s := range stored {
		n := relation.Node{ID: s.ID, Kind: asset.Kind(s.Kind), Base: levelsOf(s.BaseC, s.BaseI, s.BaseA)}
		if !inside[s.ID] { // beyond the reach of the change: it gives what it gave before
			n.Base = levelsOf(s.ComputedC, s.ComputedI, s.ComputedA)
		}
		nodes = append(nodes, n)
	}
	computed := relation.Relax(nodes, edges)
	out := map[int64]outcome{}
	b := &pgx.Batch{}
	for _, s := range stored {
		if !inside[s.ID] {
			continue
		}
		kind, base, before := asset.Kind(s.Kind), levelsOf(s.BaseC, s.BaseI, s.BaseA), levelsOf(s.LevelC, s.LevelI, s.LevelA)
		o := outcome{before: before, now: before, kind: kind}
		for x, axis := range classify.Axes() {
			r := computed[s.ID][x]
			o.computed = o.computed.With(axis, r.Level)
			level, least := base.On(axis), before.On(axis)
			if seen, ok := decided[s.ID]; ok {
				least = seen.On(axis)
			}
			if relation.Follows(kind, axis) {
				level = r.Level
			}
			level = max(level, least)
			o.now = o.now.With(axis, level)
			b.Queue(sqlPutLevel, pgx.StrictNamedArgs{
				"asset": s.ID, "axis": string(axis), "computed": int16(r.Level), "level": int16(level), "via": r.Via,
			})
		}
		out[s.ID] = o
	}
	return out, mapErr(t.tx.SendBatch(ctx, b).Close())
}

func levelsOf(c, i, a int16) classify.Levels {
	return classify.Levels{C: classify.Rank(c), I: classify.Rank(i), A: classify.Rank(a)}
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
		Asset: e.Asset, Number: e.Number, Place: e.Place, State: state, Doc: e.Doc, Levels: l, Class: class, Set: set, Version: e.No,
	})
}

const (
	sqlTenureClass = `
SELECT c.kind, c.zone, c.personal, c.flags, c.model
FROM tenure t JOIN class c ON c.id = t.class_id WHERE t.asset_id = @asset AND t.to_rev = 9223372036854775807`

	// The same version under the same decision, at higher levels.
	sqlRaiseTenure = `
WITH old AS (UPDATE tenure SET to_rev = @rev WHERE asset_id = @asset AND to_rev = 9223372036854775807 RETURNING *)
INSERT INTO tenure (asset_id, version_no, from_rev, material_sha256, decision_id, unit_id, kind, state, c, i, a, zone, class_id, number, name)
SELECT asset_id, version_no, @rev, material_sha256, decision_id, unit_id, kind, state, @c, @i, @a, zone, @class, number, name FROM old`

	sqlRaiseNow = `
UPDATE asset_now SET c = @c, i = @i, a = @a, class_id = @class, set_id = nullif(@set::bigint, 0), updated_at = now(), updated_rev = @rev
WHERE asset_id = @asset`
)

// raise turns over the tenure of an asset whose level rose because of what it holds or carries.
func (t *Tx) raise(ctx context.Context, rev, id int64, l classify.Levels) error {
	type facets struct {
		Kind, Zone string
		Personal   int16
		Flags      int32
		Model      string
	}
	f, err := row[facets](ctx, t, sqlTenureClass, pgx.StrictNamedArgs{"asset": id})
	if err != nil {
		return err
	}
	class, set, err := t.ClassOf(ctx, asset.Facets{
		Kind: asset.Kind(f.Kind), C: l.C, I: l.I, A: l.A, Zone: f.Zone, Personal: asset.PersonalClasses()[f.Personal].Code,
		Flags: asset.Flags(f.Flags), Model: f.Model, //nolint:gosec // written from the same type
	})
	if err != nil {
		return err
	}
	args := pgx.StrictNamedArgs{"asset": id, "rev": rev, "c": int16(l.C), "i": int16(l.I), "a": int16(l.A), "class": class}
	if _, err := exec(ctx, t, sqlRaiseTenure, args); err != nil {
		return mapErr(err)
	}
	args["set"] = set
	_, err = exec(ctx, t, sqlRaiseNow, args)
	return mapErr(err)
}

const (
	sqlPutReview = `
INSERT INTO asset_review (asset_id, cause) VALUES (@asset, @cause) ON CONFLICT DO NOTHING`

	sqlDropReview = `DELETE FROM asset_review WHERE asset_id = @asset AND cause = @cause`

	sqlReviewSince = `
UPDATE asset_now SET review_since = (SELECT min(since) FROM asset_review r WHERE r.asset_id = asset_now.asset_id)
WHERE asset_id = ANY (@ids::bigint[])
  AND review_since IS DISTINCT FROM (SELECT min(since) FROM asset_review r WHERE r.asset_id = asset_now.asset_id)`
)

// Causes of 要再承認 that the levels bring.
const (
	ReviewComputedAbove = "computed_above" // what is related weighs more than what was declared
	ReviewMayFall       = "may_fall"       // what is related weighs less than what is in force
)

// refreshReviews notes what changed around approved content (design: 要再承認).
func (t *Tx) refreshReviews(ctx context.Context, levels map[int64]outcome) error {
	b := &pgx.Batch{}
	ids := make([]int64, 0, len(levels))
	for id := range levels {
		ids = append(ids, id)
	}
	slices.Sort(ids)
	for _, id := range ids {
		o := levels[id]
		var above, fall bool
		for _, axis := range classify.Axes() {
			if relation.Follows(o.kind, axis) {
				fall = fall || o.computed.On(axis) < o.now.On(axis)
			} else {
				above = above || o.computed.On(axis) > o.now.On(axis)
			}
		}
		for cause, holds := range map[string]bool{ReviewComputedAbove: above, ReviewMayFall: fall} {
			sql := sqlDropReview
			if holds {
				sql = sqlPutReview
			}
			b.Queue(sql, pgx.StrictNamedArgs{"asset": id, "cause": cause})
		}
	}
	b.Queue(sqlReviewSince, pgx.StrictNamedArgs{"ids": ids})
	return mapErr(t.tx.SendBatch(ctx, b).Close())
}

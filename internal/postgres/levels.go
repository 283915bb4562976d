package postgres

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"github.com/jackc/pgx/v5"

	"daicho/internal/asset"
	"daicho/internal/classify"
	"daicho/internal/errs"
	"daicho/internal/relation"
)

// Levels over the graph. level_now keeps for each asset and axis its base, what is computed from the
// relations in force, the level that holds, and the witness: the neighbour that gave what was
// computed. A change first lets fall what hangs on a witness that no longer supports it, along via,
// and nothing else; then what is offered is taken, round by round, until nothing rises any more. All
// of it is set-wise in the database, over all three axes at once. A witness is only
// taken with a rise and has what it gives already, so via never leads round in a circle, and a circle
// of relations ends at the highest of its members.

// spot is one asset on one axis.
type spot struct {
	Axis  string
	ID    int64
	Rises bool // the level in force rose with what was computed
}

// turn is a change of what the graph is made of.
type turn struct {
	bases   []spot                    // what is declared is new
	ended   []int64                   // assets at the ends of relations that ended
	opened  []int64                   // relations that came into force
	decided map[int64]classify.Levels // what decisions of now were about: only these assets may fall, and no lower
}

// shift is what a recomputation touched.
type shift struct {
	ids   []int64 // something was computed anew
	risen []int64 // of these, the level in force rose
}

// fragFollows is true where the level of the asset s on the axis of l follows what is computed.
const fragFollows = `(s.kind, l.axis) IN (SELECT * FROM unnest(@follow_kinds::text[], @follow_axes::text[]))`

// following names the kinds and axes that follow, for fragFollows.
func following(args pgx.StrictNamedArgs) pgx.StrictNamedArgs {
	var kinds, axes []string
	for _, k := range asset.Kinds() {
		for _, axis := range classify.Axes() {
			if relation.Follows(k.Kind, axis) {
				kinds, axes = append(kinds, string(k.Kind)), append(axes, string(axis))
			}
		}
	}
	args["follow_kinds"], args["follow_axes"] = kinds, axes
	return args
}

const sqlPutBases = `
WITH put AS (
  INSERT INTO level_now AS l (asset_id, axis, base, computed, level)
  SELECT id, axis, base, base, base FROM unnest(@ids::bigint[], @axes::text[], @bases::smallint[]) w (id, axis, base) ORDER BY id, axis
  ON CONFLICT (asset_id, axis) DO UPDATE SET base = excluded.base,
    level = CASE WHEN l.asset_id = ANY (@fresh::bigint[]) THEN excluded.base ELSE greatest(l.level, excluded.base) END
  RETURNING l.axis, l.asset_id, l.base)
SELECT put.axis, put.asset_id AS id, false AS rises
FROM put LEFT JOIN level_now old ON old.asset_id = put.asset_id AND old.axis = put.axis
WHERE old.base IS DISTINCT FROM put.base`

// putBases stores what the documents declare on each axis and returns where that is new. An axis that
// follows and for which no intended use is declared starts at the lowest level.
func (t *Tx) putBases(ctx context.Context, scheme *classify.Scheme, entries []Entry) ([]spot, error) {
	var ids, fresh []int64
	var axes []string
	var bases []int16
	for _, e := range entries {
		own, err := t.schemeOr(ctx, e.Scheme, scheme)
		if err != nil {
			return nil, err
		}
		base, err := basesOf(own, e.Doc)
		if err != nil {
			return nil, err
		}
		for _, axis := range classify.Axes() {
			ids, axes, bases = append(ids, e.Asset), append(axes, string(axis)), append(bases, int16(base.On(axis)))
		}
		if e.Fresh {
			fresh = append(fresh, e.Asset)
		}
	}
	list, err := rows[spot](ctx, t, sqlPutBases, pgx.StrictNamedArgs{"ids": ids, "axes": axes, "bases": bases, "fresh": fresh})
	return list, mapErr(err)
}

// basesOf is what a document declares on each axis, the lowest level where it declares nothing.
// Errors: Conflict for a level that the scheme does not know, which must not count as the lowest.
func basesOf(scheme *classify.Scheme, d asset.Document) (classify.Levels, error) {
	base := classify.Levels{C: 1, I: 1, A: 1}
	for _, axis := range classify.Axes() {
		r, err := rankOf(scheme, axis, d.Level(axis))
		if err != nil {
			return base, err
		}
		if r != 0 {
			base = base.With(axis, r)
		}
	}
	return base, nil
}

// rankOf is the rank of a level by its code, 0 for none.
func rankOf(scheme *classify.Scheme, axis classify.Axis, code string) (classify.Rank, error) {
	if code == "" {
		return 0, nil
	}
	l, ok := scheme.ByCode(axis, code)
	if !ok {
		return 0, errs.New(errs.Conflict, "level.unknown", fmt.Sprintf("%sの区分「%s」は、分類体系「%s %s」にありません。区分を選び直して申請してください。", axis.Label(), code, scheme.Name, scheme.Edition))
	}
	return l.Rank, nil
}

const (
	// What was computed by nothing but a witness that has gone, or that no longer reaches as high; and
	// everything that hangs on it.
	sqlFalling = `
WITH RECURSIVE fall (axis, id) AS (
  SELECT l.axis, l.asset_id FROM level_now l
  WHERE l.asset_id = ANY (@ids::bigint[]) AND l.computed > l.base AND NOT EXISTS (
    SELECT FROM (SELECT * FROM travel v WHERE v.taker = l.asset_id AND v.axis = l.axis AND v.giver = coalesce(l.via, l.gathered) OFFSET 0) x
    JOIN level_now g ON g.asset_id = x.giver AND g.axis = x.axis
    WHERE least(greatest(g.computed, x.least), x.most) >= l.computed AND (l.via IS NULL OR g.computed >= l.computed))
  UNION
  SELECT x.axis, x.asset_id FROM fall f
  CROSS JOIN LATERAL (SELECT l.axis, l.asset_id FROM level_now l WHERE l.axis = f.axis AND l.via = f.id OFFSET 0) x)
SELECT axis, id, false AS rises FROM fall`

	// All of it starts again at its base.
	sqlFall = `
UPDATE level_now l SET computed = l.base, via = NULL, gathered = NULL
FROM unnest(@axes::text[], @ids::bigint[]) f (axis, id) WHERE l.asset_id = f.id AND l.axis = f.axis`

	// Where the base reaches what was computed, it needs no witness.
	sqlStand = `
UPDATE level_now l SET computed = l.base, via = NULL, gathered = NULL
WHERE l.asset_id = ANY (@ids::bigint[]) AND l.computed <= l.base AND (l.computed < l.base OR l.via IS NOT NULL OR l.gathered IS NOT NULL)
RETURNING l.axis, l.asset_id AS id, false AS rises`

	// The best offer for each spot: the highest, from the smallest id. What an asset has by itself goes
	// before what only the relation gathers.
	fragTake = `
UPDATE level_now l SET computed = b.value, via = CASE WHEN b.carried THEN b.giver END, gathered = CASE WHEN NOT b.carried THEN b.giver END,
  level = CASE WHEN b.rises THEN b.value ELSE l.level END
FROM best b WHERE l.asset_id = b.taker AND l.axis = b.axis
RETURNING l.axis, l.asset_id AS id, b.rises`

	// All lookups go through an index for each row, and nothing is joined to what is looked up: no
	// misjudged number of rows can make the work grow with the register. LIMIT and OFFSET keep them apart.
	fragStands = `CROSS JOIN LATERAL (SELECT l.axis, l.computed, l.level FROM level_now l WHERE l.asset_id = f.id AND l.axis = f.axis OFFSET 0) l
  CROSS JOIN LATERAL (SELECT s.kind FROM asset s WHERE s.id = f.id OFFSET 0) s`

	fragGives = `CROSS JOIN LATERAL (SELECT g.computed FROM level_now g WHERE g.asset_id = v.giver AND g.axis = v.axis OFFSET 0) g
    CROSS JOIN LATERAL (SELECT least(greatest(g.computed, v.least), v.most) AS value) w`

	// From all neighbours.
	sqlPull = `
WITH best AS (
  SELECT f.axis, f.id AS taker, o.value, o.giver, o.carried, o.value > l.level AND ` + fragFollows + ` AS rises
  FROM unnest(@axes::text[], @ids::bigint[]) f (axis, id) ` + fragStands + `
  CROSS JOIN LATERAL (
    SELECT w.value, v.giver, g.computed >= w.value AS carried
    FROM (SELECT * FROM travel v WHERE v.taker = f.id AND v.axis = f.axis OFFSET 0) v ` + fragGives + `
    ORDER BY w.value DESC, carried DESC, v.giver LIMIT 1) o
  WHERE l.computed < o.value)` + fragTake

	fragBest = `
    CROSS JOIN LATERAL (SELECT FROM level_now l WHERE l.asset_id = v.taker AND l.axis = v.axis AND l.computed < w.value OFFSET 0) l
    ORDER BY v.axis, v.taker, w.value DESC, carried DESC, v.giver),
best AS (
  SELECT f.axis, f.id AS taker, f.value, f.giver, f.carried, f.value > l.level AND ` + fragFollows + ` AS rises FROM offers f ` + fragStands + `)` + fragTake

	// To all neighbours.
	sqlPush = `
WITH offers AS MATERIALIZED (
    SELECT DISTINCT ON (v.axis, v.taker) v.axis, v.taker AS id, w.value, v.giver, g.computed >= w.value AS carried
    FROM unnest(@axes::text[], @ids::bigint[]) u (axis, id) CROSS JOIN LATERAL (SELECT * FROM travel v WHERE v.giver = u.id AND v.axis = u.axis OFFSET 0) v
    ` + fragGives + fragBest

	// Along relations that are new.
	sqlArrive = `
WITH offers AS MATERIALIZED (
    SELECT DISTINCT ON (v.axis, v.taker) v.axis, v.taker AS id, w.value, v.giver, g.computed >= w.value AS carried
    FROM (SELECT * FROM travel WHERE relation_id = ANY (@ids::bigint[]) OFFSET 0) v
    ` + fragGives + fragBest

	// What was just decided holds at what was computed or declared, and no lower than what the decision
	// was about.
	sqlSettle = `
UPDATE level_now l SET level = greatest(w.seen, CASE WHEN ` + fragFollows + ` THEN l.computed ELSE l.base END)
FROM unnest(@ids::bigint[], @axes::text[], @seen::smallint[]) w (id, axis, seen) JOIN asset s ON s.id = w.id
WHERE l.asset_id = w.id AND l.axis = w.axis`
)

// relevel brings what is computed up to date after a change and lets the levels that follow rise with
// it.
func (t *Tx) relevel(ctx context.Context, c turn) (shift, error) {
	var seen shift
	note := func(list []spot, err error) ([]spot, error) {
		for _, s := range list {
			seen.ids = append(seen.ids, s.ID)
			if s.Rises {
				seen.risen = append(seen.risen, s.ID)
			}
		}
		return list, mapErr(err)
	}
	touched := slices.Clone(c.ended)
	for _, b := range c.bases {
		touched = append(touched, b.ID)
	}
	var fallen, stand []spot
	var err error
	if len(touched) > 0 {
		args := pgx.StrictNamedArgs{"ids": touched}
		if fallen, err = note(rows[spot](ctx, t, sqlFalling, args)); err != nil {
			return shift{}, err
		}
		if len(fallen) > 0 {
			if _, err := exec(ctx, t, sqlFall, at(fallen)); err != nil {
				return shift{}, mapErr(err)
			}
		}
		if stand, err = note(rows[spot](ctx, t, sqlStand, args)); err != nil {
			return shift{}, err
		}
	}
	pulled, err := note(t.take(ctx, sqlPull, slices.Concat(fallen, c.bases)))
	if err != nil {
		return shift{}, err
	}
	var arrived []spot
	if len(c.opened) > 0 {
		if arrived, err = note(rows[spot](ctx, t, sqlArrive, following(pgx.StrictNamedArgs{"ids": c.opened}))); err != nil {
			return shift{}, err
		}
	}
	for front := slices.Concat(c.bases, stand, pulled, arrived); len(front) > 0; {
		if front, err = note(t.take(ctx, sqlPush, front)); err != nil {
			return shift{}, err
		}
	}
	slices.Sort(seen.ids)
	slices.Sort(seen.risen)
	return shift{slices.Compact(seen.ids), slices.Compact(seen.risen)}, t.settle(ctx, c.decided)
}

// take runs one round of offers to or from the spots, each once, a portion at a time, and returns where
// something rose.
func (t *Tx) take(ctx context.Context, sql string, spots []spot) ([]spot, error) {
	slices.SortFunc(spots, func(a, b spot) int { return cmp.Or(cmp.Compare(a.ID, b.ID), cmp.Compare(a.Axis, b.Axis)) })
	spots = slices.CompactFunc(spots, func(a, b spot) bool { return a.ID == b.ID && a.Axis == b.Axis })
	var rose []spot
	for some := range slices.Chunk(spots, 2*portion) {
		list, err := rows[spot](ctx, t, sql, following(at(some)))
		if err != nil {
			return nil, mapErr(err)
		}
		rose = append(rose, list...)
	}
	return rose, nil
}

// at names spots to a statement.
func at(spots []spot) pgx.StrictNamedArgs {
	axes, ids := make([]string, len(spots)), make([]int64, len(spots))
	for i, s := range spots {
		axes[i], ids[i] = s.Axis, s.ID
	}
	return pgx.StrictNamedArgs{"axes": axes, "ids": ids}
}

// settle writes the levels of assets that were just decided.
func (t *Tx) settle(ctx context.Context, decided map[int64]classify.Levels) error {
	if len(decided) == 0 {
		return nil
	}
	var ids []int64
	var axes []string
	var least []int16
	for id, seen := range decided {
		for _, axis := range classify.Axes() {
			ids, axes, least = append(ids, id), append(axes, string(axis)), append(least, int16(seen.On(axis)))
		}
	}
	_, err := exec(ctx, t, sqlSettle, following(pgx.StrictNamedArgs{"ids": ids, "axes": axes, "seen": least}))
	return mapErr(err)
}

const sqlLevels = `
SELECT asset_id AS id, max(level) FILTER (WHERE axis = 'C') AS c, max(level) FILTER (WHERE axis = 'I') AS i, max(level) FILTER (WHERE axis = 'A') AS a
FROM level_now WHERE asset_id = ANY (@ids::bigint[]) GROUP BY asset_id`

// levels reads the levels in force.
func (t *Tx) levels(ctx context.Context, ids []int64) (map[int64]classify.Levels, error) {
	type line struct {
		ID      int64
		C, I, A int16
	}
	list, err := rows[line](ctx, t, sqlLevels, pgx.StrictNamedArgs{"ids": ids})
	out := make(map[int64]classify.Levels, len(list))
	for _, l := range list {
		out[l.ID] = levelsOf(l.C, l.I, l.A)
	}
	return out, mapErr(err)
}

func levelsOf(c, i, a int16) classify.Levels {
	return classify.Levels{C: classify.Rank(c), I: classify.Rank(i), A: classify.Rank(a)}
}

const (
	sqlRefreshReviews = `
WITH w AS (
  SELECT l.asset_id, bool_or(l.computed > l.level AND NOT ` + fragFollows + `) AS above, bool_or(l.computed < l.level AND ` + fragFollows + `) AS fall
  FROM level_now l JOIN asset s ON s.id = l.asset_id WHERE l.asset_id = ANY (@ids::bigint[]) GROUP BY l.asset_id),
v AS (SELECT w.asset_id, x.cause, x.holds FROM w CROSS JOIN LATERAL (VALUES (@above, w.above), (@fall, w.fall)) x (cause, holds)),
gone AS (DELETE FROM asset_review r USING v WHERE r.asset_id = v.asset_id AND r.cause = v.cause AND NOT v.holds RETURNING r.asset_id),
come AS (INSERT INTO asset_review (asset_id, cause) SELECT asset_id, cause FROM v WHERE holds ORDER BY asset_id ON CONFLICT DO NOTHING RETURNING asset_id)
SELECT asset_id FROM gone UNION SELECT asset_id FROM come`

	sqlReviewSince = `
UPDATE asset_now n SET review_since = w.since
FROM (SELECT id, (SELECT min(since) FROM asset_review r WHERE r.asset_id = id) AS since FROM unnest(@ids::bigint[]) id OFFSET 0) w
WHERE n.asset_id = w.id AND n.review_since IS DISTINCT FROM w.since`
)

// Causes of 要再承認 that the levels bring.
const (
	ReviewComputedAbove = "computed_above" // what is related weighs more than what was declared
	ReviewMayFall       = "may_fall"       // what is related weighs less than what is in force
)

// refreshReviews notes what changed around approved content (design: 要再承認).
func (t *Tx) refreshReviews(ctx context.Context, ids []int64) error {
	q, err := t.tx.Query(ctx, sqlRefreshReviews, following(pgx.StrictNamedArgs{"ids": ids, "above": ReviewComputedAbove, "fall": ReviewMayFall}))
	if err != nil {
		return mapErr(err)
	}
	changed, err := pgx.CollectRows(q, pgx.RowTo[int64])
	if err != nil || len(changed) == 0 {
		return mapErr(err)
	}
	for some := range slices.Chunk(changed, portion) {
		if _, err := exec(ctx, t, sqlReviewSince, pgx.StrictNamedArgs{"ids": some}); err != nil {
			return mapErr(err)
		}
	}
	return nil
}

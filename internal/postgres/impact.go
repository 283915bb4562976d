package postgres

import (
	"context"

	"github.com/jackc/pgx/v5"

	"daicho/internal/classify"
)

// ImpactBound is how many assets an impact is followed over; beyond them the answer is "at least".
const ImpactBound = 10_000

// stopDepth bounds how far a standstill is followed: chains of dependence are not longer.
const stopDepth = 20

const (
	// What rises when the asset stands at a rank on an axis, with what would arrive there. A neighbour is
	// followed only where more arrives than is computed today, so circles end.
	fragRise = `
WITH RECURSIVE reach (id, value) AS (
  SELECT @asset::bigint, @rank::smallint
  UNION
  SELECT x.taker, o.value FROM reach r
  CROSS JOIN LATERAL (SELECT * FROM travel v WHERE v.giver = r.id AND v.axis = @axis OFFSET 0) x
  CROSS JOIN LATERAL (SELECT least(greatest(r.value, x.least), x.most) AS value) o
  JOIN level_now l ON l.asset_id = x.taker AND l.axis = @axis AND l.computed < o.value
  WHERE x.taker <> @asset),
walked AS (SELECT id, value FROM reach LIMIT @bound::int + 1),
hit AS (
  SELECT w.id, l.level AS was, w.value AS now, 0 AS depth, ` + fragFollows + ` AS sure
  FROM (SELECT id, max(value) AS value FROM walked WHERE id <> @asset GROUP BY id) w
  JOIN level_now l ON l.asset_id = w.id AND l.axis = @axis JOIN asset s ON s.id = w.id
  WHERE l.level < w.value)`

	// The assets that stop when the asset r stops, in one step: what depends on it, runs on it, is
	// connected to it or lies in it; a system stops with its part, a room with its building.
	fragStops = `
  SELECT e.from_id AS id FROM relation e WHERE e.to_id = r.id AND e.to_rev = 9223372036854775807
    AND (e.type IN ('depends_on', 'runs_on', 'connects', 'located_in') OR e.type = 'part_of' AND e.to_kind = 'FA')
  UNION ALL
  SELECT e.to_id FROM relation e WHERE e.from_id = r.id AND e.to_rev = 9223372036854775807 AND e.type = 'part_of' AND e.to_kind = 'IS'`

	fragStop = `
WITH RECURSIVE reach (id, depth) AS (
  SELECT @asset::bigint, 0
  UNION
  SELECT n.id, r.depth + 1 FROM reach r CROSS JOIN LATERAL (` + fragStops + ` OFFSET 0) n WHERE r.depth < @depth AND n.id <> @asset),
walked AS (SELECT id, depth FROM reach LIMIT @bound::int + 1),
near AS (SELECT id, min(depth) AS depth FROM walked GROUP BY id),
hit AS (SELECT w.id, 0::smallint AS was, 0::smallint AS now, w.depth, true AS sure FROM near w JOIN asset_now s ON s.asset_id = w.id
  WHERE w.id <> @asset AND s.state <> 'disposed')`

	fragImpactCount = `
SELECT x.unit, coalesce((SELECT string_agg(p.name, ' ' ORDER BY y.depth DESC) FROM unit_tree y JOIN unit p ON p.id = y.above_id WHERE y.unit_id = x.unit), '') AS path,
  x.sure, x.asks, (SELECT count(*) > @bound::int FROM walked) AS more
FROM (SELECT CASE WHEN @everything OR n.unit_id = ANY (@scope::bigint[]) THEN n.unit_id ELSE 0 END AS unit,
        (count(*) FILTER (WHERE h.sure))::int AS sure, (count(*) FILTER (WHERE NOT h.sure))::int AS asks
      FROM hit h JOIN asset_now n ON n.asset_id = h.id GROUP BY 1) x
ORDER BY x.unit = 0, x.sure + x.asks DESC, x.unit`

	fragImpactPage = `,
shown AS (
  SELECT h.was, h.now, h.depth, h.sure, n.asset_id AS id, n.number, n.name, n.kind, n.unit_id, n.state, n.c, n.i, n.a, coalesce(n.scheme_id, 0) AS scheme
  FROM hit h JOIN asset_now n ON n.asset_id = h.id WHERE @everything OR n.unit_id = ANY (@scope::bigint[])
  ORDER BY h.depth, h.sure DESC, h.now DESC, n.number, n.asset_id LIMIT @limit OFFSET @offset)
SELECT h.was, h.now, h.depth, h.sure, h.id, coalesce(h.number, '') AS number, h.name, h.kind, u.name AS unit, h.state, h.c, h.i, h.a, h.scheme,
  coalesce(b.id, 0) AS because, coalesce(b.name, '') AS because_name, coalesce(b.number, '') AS because_number, coalesce(b.inside, false) AS because_inside
FROM shown h JOIN unit u ON u.id = h.unit_id LEFT JOIN LATERAL (`

	fragImpactOrder = `) b ON true ORDER BY h.depth, h.sure DESC, h.now DESC, h.number, h.id`

	sqlRiseCount = fragRise + fragImpactCount
	sqlRise      = fragRise + fragImpactPage + `SELECT 0::bigint AS id, '' AS name, '' AS number, false AS inside WHERE false` + fragImpactOrder

	sqlStopCount = fragStop + fragImpactCount

	// Beside each asset, one through which it stops: of those that stop one step earlier.
	sqlStop = fragStop + fragImpactPage + `
  SELECT w.id, a.name, a.number, @everything OR a.unit_id = ANY (@scope::bigint[]) AS inside
  FROM (SELECT e.to_id AS id FROM relation e WHERE e.from_id = h.id AND e.to_rev = 9223372036854775807
          AND (e.type IN ('depends_on', 'runs_on', 'connects', 'located_in') OR e.type = 'part_of' AND e.to_kind = 'FA')
        UNION ALL
        SELECT e.from_id FROM relation e WHERE e.to_id = h.id AND e.to_rev = 9223372036854775807 AND e.type = 'part_of' AND e.to_kind = 'IS') p
  JOIN near w ON w.id = p.id AND w.depth = h.depth - 1 JOIN asset_now a ON a.asset_id = w.id
  ORDER BY inside DESC, a.number, w.id LIMIT 1` + fragImpactOrder
)

// UnitImpact counts the assets of one unit that a change reaches; Unit 0 is everything beyond the
// scope.
type UnitImpact struct {
	Unit int64
	Path string
	Sure int  // that change by themselves
	Asks int  // that would have to be looked at again
	More bool // the walk was cut: the counts are the least
}

// Impacted is one asset that a change reaches.
type Impacted struct {
	Ref     AssetRef
	Was     classify.Rank // level in force, of a rise
	Now     classify.Rank // level that would arrive
	Depth   int           // steps away, of a standstill
	Sure    bool          // it changes by itself; otherwise it would have to be looked at again
	Because AssetRef      // one through which it stops; ID 0 outside the scope
}

type impactRow struct {
	Was, Now int16
	Depth    int
	Sure     bool
	refRow
	Because                    int64
	BecauseName, BecauseNumber string
	BecauseInside              bool
}

// Rise reads what would change if an asset stood at a rank on an axis, without changing anything:
// counts by unit, what lies outside the scope as one, and a page of those inside.
func (t *Tx) Rise(ctx context.Context, id int64, axis classify.Axis, rank classify.Rank, limit, offset int) ([]UnitImpact, []Impacted, error) {
	args := following(pgx.StrictNamedArgs{"asset": id, "axis": string(axis), "rank": int16(rank), "bound": ImpactBound})
	return t.impact(ctx, sqlRiseCount, sqlRise, args, limit, offset)
}

// Stop reads what stops if an asset stops, nearest first: counts by unit, what lies outside the scope
// as one, and a page of those inside.
func (t *Tx) Stop(ctx context.Context, id int64, limit, offset int) ([]UnitImpact, []Impacted, error) {
	args := pgx.StrictNamedArgs{"asset": id, "depth": stopDepth, "bound": ImpactBound}
	return t.impact(ctx, sqlStopCount, sqlStop, args, limit, offset)
}

func (t *Tx) impact(ctx context.Context, count, page string, args pgx.StrictNamedArgs, limit, offset int) ([]UnitImpact, []Impacted, error) {
	units, err := rows[UnitImpact](ctx, t, count, t.scoped(args))
	if err != nil || len(units) == 0 {
		return units, nil, err
	}
	args["limit"], args["offset"] = limit, offset
	list, err := rows[impactRow](ctx, t, page, args)
	out := make([]Impacted, len(list))
	for i, l := range list {
		out[i] = Impacted{Ref: l.ref(), Was: classify.Rank(l.Was), Now: classify.Rank(l.Now), Depth: l.Depth, Sure: l.Sure}
		if l.BecauseInside {
			out[i].Because = AssetRef{ID: l.Because, Name: l.BecauseName, Number: l.BecauseNumber}
		}
	}
	return units, out, err
}

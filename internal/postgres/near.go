package postgres

import (
	"context"

	"github.com/jackc/pgx/v5"

	"daicho/internal/classify"
)

// Bounds of a drawing: how far it reaches, how many assets it shows, and how many relations of one
// asset other than the middle are looked at.
const (
	nearDepth = 3
	nearShown = 40
	nearEdges = 1_000
)

const (
	fragNearEnds = `
  SELECT e.type, true AS outgoing, e.to_id AS other FROM relation e WHERE e.from_id = n.id AND e.to_rev = 9223372036854775807
  UNION ALL
  SELECT e.type, false, e.from_id FROM relation e WHERE e.to_id = n.id AND e.to_rev = 9223372036854775807`

	// The neighbourhood, a few of each way of being related, fewer with each step; what weighs most goes
	// first, among as many relations as are looked at.
	sqlNear = `
WITH RECURSIVE near (id, depth) AS (
  SELECT @asset::bigint, 0
  UNION
  SELECT k.other, n.depth + 1 FROM near n CROSS JOIN LATERAL (
    SELECT f.other FROM (
      SELECT b.other, row_number() OVER (PARTITION BY b.type, b.outgoing ORDER BY a.c DESC, b.other) AS at
      FROM (SELECT * FROM (` + fragNearEnds + `) b LIMIT CASE n.depth WHEN 0 THEN 5 * @edges::int ELSE @edges::int END) b
      JOIN asset_now a ON a.asset_id = b.other WHERE @everything OR a.unit_id = ANY (@scope::bigint[])) f
    WHERE f.at <= CASE n.depth WHEN 0 THEN 5 WHEN 1 THEN 2 ELSE 1 END) k
  WHERE n.depth < @depth)
SELECT x.depth, ` + fragRefColumns + `
FROM (SELECT id, min(depth) AS depth FROM near GROUP BY id) x JOIN asset_now n ON n.asset_id = x.id JOIN unit u ON u.id = n.unit_id
WHERE @everything OR n.unit_id = ANY (@scope::bigint[])
ORDER BY x.depth, n.c DESC, n.asset_id LIMIT @limit`

	sqlNearEdges = `
SELECT DISTINCT ON (type, from_id, to_id) type, from_id AS "from", to_id AS "to", effect, pass_c, pass_i, pass_a FROM relation
WHERE from_id = ANY (@ids::bigint[]) AND to_id = ANY (@ids::bigint[]) AND to_rev = 9223372036854775807
ORDER BY type, from_id, to_id, effect DESC`

	// What each of the assets is related to beyond those that are drawn.
	sqlNearRest = `
SELECT n.id, b.type, b.outgoing, (count(*) FILTER (WHERE x.inside))::int AS inside, (count(*) FILTER (WHERE NOT x.inside))::int AS outside
FROM unnest(@ids::bigint[]) n (id)
CROSS JOIN LATERAL (SELECT * FROM (` + fragNearEnds + `) b LIMIT CASE n.id WHEN @asset THEN 1000000 ELSE @edges::int END) b
JOIN asset_now a ON a.asset_id = b.other CROSS JOIN LATERAL (SELECT @everything OR a.unit_id = ANY (@scope::bigint[]) AS inside) x
WHERE b.other <> ALL (@ids::bigint[]) GROUP BY n.id, b.type, b.outgoing ORDER BY n.id, b.type, b.outgoing DESC`
)

// Near is a part of the graph around one asset, as much of it as can be drawn.
type Near struct {
	Nodes []NearNode // the asset itself first, the nearest next
	Edges []NearEdge
	Rest  []NearRest
}

// NearNode is one asset of a drawing.
type NearNode struct {
	Ref   AssetRef
	Depth int
}

// NearEdge is one relation between two assets of a drawing.
type NearEdge struct {
	Type     string
	From, To int64
	Effect   string
	Pass     classify.Levels
}

// NearRest counts what an asset of a drawing is related to in one way and is not drawn.
type NearRest struct {
	ID              int64
	Type            string
	Outgoing        bool
	Inside, Outside int
}

// Near reads the neighbourhood of an asset. What lies outside the scope is counted and never named.
func (t *Tx) Near(ctx context.Context, id int64) (Near, error) {
	type node struct {
		Depth int
		refRow
	}
	args := pgx.StrictNamedArgs{"asset": id, "depth": nearDepth, "limit": nearShown, "edges": nearEdges}
	nodes, err := rows[node](ctx, t, sqlNear, t.scoped(args))
	if err != nil {
		return Near{}, err
	}
	var out Near
	ids := make([]int64, len(nodes))
	for i, n := range nodes {
		ids[i] = n.ID
		out.Nodes = append(out.Nodes, NearNode{n.ref(), n.Depth})
	}
	type edge struct {
		Type                string
		From, To            int64
		Effect              string
		PassC, PassI, PassA int16
	}
	edges, err := rows[edge](ctx, t, sqlNearEdges, pgx.StrictNamedArgs{"ids": ids})
	if err != nil {
		return Near{}, err
	}
	for _, e := range edges {
		out.Edges = append(out.Edges, NearEdge{e.Type, e.From, e.To, e.Effect, levelsOf(e.PassC, e.PassI, e.PassA)})
	}
	out.Rest, err = rows[NearRest](ctx, t, sqlNearRest, t.scoped(pgx.StrictNamedArgs{"asset": id, "ids": ids, "edges": nearEdges}))
	return out, err
}

package relation

import (
	"slices"

	"daicho/internal/asset"
	"daicho/internal/classify"
)

// Node is an asset in a neighbourhood with the levels that it brings by itself: declared for what
// is declared, the intended use for what follows and holds nothing yet.
type Node struct {
	ID   int64
	Kind asset.Kind
	Base classify.Levels
}

// Edge is a relation in force between two nodes.
type Edge struct {
	Type     Type
	From, To int64
}

// Result is the level computed for one node on one axis, with the neighbour that gave it (Via is 0
// where the node's own base gives it). The path to the source is walked along Via.
type Result struct {
	Level classify.Rank
	Via   int64
}

// Relax computes the least levels that satisfy every edge: each end that receives is at least as
// high as the end that gives. Cycles take the highest of their group. Nodes that an edge names but
// that are not given are ignored. The result does not depend on the order of nodes or edges.
func Relax(nodes []Node, edges []Edge) map[int64][3]Result {
	kind := make(map[int64]asset.Kind, len(nodes))
	out := make(map[int64][3]Result, len(nodes))
	for _, n := range nodes {
		kind[n.ID] = n.Kind
		out[n.ID] = [3]Result{{Level: n.Base.C}, {Level: n.Base.I}, {Level: n.Base.A}}
	}
	for x, axis := range classify.Axes() {
		next := map[int64][]int64{}
		for _, e := range edges {
			info, ok := Find(e.Type, kind[e.From], kind[e.To])
			if !ok {
				continue
			}
			switch info.On(axis) {
			case ToFrom:
				next[e.To] = append(next[e.To], e.From)
			case ToTo:
				next[e.From] = append(next[e.From], e.To)
			case Stays:
			}
		}
		var queue []int64
		for id, r := range out {
			if r[x].Level > 0 {
				queue = append(queue, id)
			}
		}
		// Highest first, then by id: each node is settled once and the witness is the same each time.
		slices.SortFunc(queue, func(a, b int64) int {
			if d := int(out[b][x].Level) - int(out[a][x].Level); d != 0 {
				return d
			}
			return int(a - b)
		})
		for len(queue) > 0 {
			give := queue[0]
			queue = queue[1:]
			takers := next[give]
			slices.Sort(takers)
			for _, take := range takers {
				r := out[take]
				if l := out[give][x].Level; r[x].Level < l {
					r[x] = Result{l, give}
					out[take] = r
					queue = append(queue, take)
				}
			}
		}
	}
	return out
}

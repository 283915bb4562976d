package relation

import (
	"cmp"
	"maps"
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
	// Effect is "", asset.Gather (集積: at least Pass arrives) or asset.Spread (分散: at most Pass
	// arrives). On an axis where Pass is 0 the level travels as it is.
	Effect string
	Pass   classify.Levels
}

// Arrives is what an edge delivers on an axis when its giver stands at a level.
func (e Edge) Arrives(a classify.Axis, giver classify.Rank) classify.Rank {
	pass := e.Pass.On(a)
	switch {
	case pass == 0:
	case e.Effect == asset.Gather:
		return max(giver, pass)
	case e.Effect == asset.Spread:
		return min(giver, pass)
	}
	return giver
}

// Result is the level computed for one node on one axis, with the neighbour that gave it. The path
// to the source is walked along Via, which never leads round in a circle.
type Result struct {
	Level classify.Rank
	// Via is the neighbour that has the level itself, 0 where the node's own base or Gathered gives it.
	Via int64
	// Gathered is the neighbour at the other end of the relation whose 集積 gives the level: the
	// neighbour's own is lower, and the path begins at the relation.
	Gathered int64
}

// From is the neighbour that the level came from in either way, 0 where it is the node's own.
func (r Result) From() int64 { return max(r.Via, r.Gathered) }

// Relax computes the least levels that satisfy every edge: each end that receives is at least as
// high as what arrives at it. Cycles take the highest of their group. Nodes that an edge names but
// that are not given are ignored. The result does not depend on the order of nodes or edges. It is
// the slow reference for what the database does set by set, and good for the neighbourhood of a form.
func Relax(nodes []Node, edges []Edge) map[int64][3]Result {
	kind := make(map[int64]asset.Kind, len(nodes))
	out := make(map[int64][3]Result, len(nodes))
	for _, n := range nodes {
		kind[n.ID] = n.Kind
		out[n.ID] = [3]Result{{Level: n.Base.C}, {Level: n.Base.I}, {Level: n.Base.A}}
	}
	for x, axis := range classify.Axes() {
		for id, r := range settle(axis, travelling(axis, kind, edges), func(id int64) classify.Rank { return out[id][x].Level }, nodes) {
			three := out[id]
			three[x] = r
			out[id] = three
		}
	}
	return out
}

// way is an edge seen from its giver on one axis.
type way struct {
	taker int64
	edge  Edge
}

// travelling sorts the edges on which the axis travels by their giver.
func travelling(axis classify.Axis, kind map[int64]asset.Kind, edges []Edge) map[int64][]way {
	next := map[int64][]way{}
	for _, e := range edges {
		info, ok := Find(e.Type, kind[e.From], kind[e.To])
		if !ok {
			continue
		}
		switch info.On(axis) {
		case ToFrom:
			next[e.To] = append(next[e.To], way{e.From, e})
		case ToTo:
			next[e.From] = append(next[e.From], way{e.To, e})
		case Stays:
		}
	}
	return next
}

// offer is a level that could be a node's.
type offer struct {
	to int64
	r  Result
}

// settle works one axis out, the highest level first: when a node is taken up, nothing can lift it any
// more, so each is settled once. Between equals the own base goes before a neighbour that has the
// level, that before a relation that only gathers it, and the smaller id before the larger.
func settle(axis classify.Axis, next map[int64][]way, base func(int64) classify.Rank, nodes []Node) map[int64]Result {
	const own, carried, gathered = 0, 1, 2
	open := map[classify.Rank]*[3][]offer{}
	add := func(worth int, to int64, r Result) {
		if open[r.Level] == nil {
			open[r.Level] = &[3][]offer{}
		}
		open[r.Level][worth] = append(open[r.Level][worth], offer{to, r})
	}
	for _, n := range nodes {
		add(own, n.ID, Result{Level: base(n.ID)})
		for _, w := range next[n.ID] {
			// What a relation gathers arrives whatever its giver has.
			if at := w.edge.Arrives(axis, 0); at > 0 {
				add(gathered, w.taker, Result{Level: at, Gathered: n.ID})
			}
		}
	}
	out := make(map[int64]Result, len(nodes))
	for len(open) > 0 {
		top := slices.Max(slices.Collect(maps.Keys(open)))
		worth := slices.IndexFunc(open[top][:], func(l []offer) bool { return len(l) > 0 })
		if worth < 0 {
			delete(open, top)
			continue
		}
		wave := open[top][worth]
		open[top][worth] = nil
		slices.SortFunc(wave, func(a, b offer) int { return cmp.Or(cmp.Compare(a.r.From(), b.r.From()), cmp.Compare(a.to, b.to)) })
		for _, o := range wave {
			if _, done := out[o.to]; done {
				continue
			}
			out[o.to] = o.r
			for _, w := range next[o.to] {
				if at := w.edge.Arrives(axis, top); at <= top { // more than that was gathered above
					add(carried, w.taker, Result{Level: at, Via: o.to})
				}
			}
		}
	}
	return out
}

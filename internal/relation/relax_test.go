package relation_test

import (
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"daicho/internal/asset"
	"daicho/internal/classify"
	"daicho/internal/relation"
)

func lv(c, i, a classify.Rank) classify.Levels { return classify.Levels{C: c, I: i, A: a} }

func TestRelax(t *testing.T) {
	const list, copied, usb, server, app, net, room = 1, 2, 3, 4, 5, 6, 7
	nodes := []relation.Node{
		{list, asset.Info, lv(4, 2, 1)}, {copied, asset.Info, lv(2, 1, 2)}, {usb, asset.Medium, lv(1, 1, 1)}, {server, asset.Device, lv(1, 1, 1)},
		{app, asset.System, lv(1, 1, 2)}, {net, asset.Network, lv(1, 1, 1)}, {room, asset.Facility, lv(1, 1, 1)},
	}
	edge := func(typ relation.Type, from, to int64) relation.Edge {
		return relation.Edge{Type: typ, From: from, To: to}
	}
	with := func(e relation.Edge, effect string, pass classify.Levels) relation.Edge {
		e.Effect, e.Pass = effect, pass
		return e
	}
	type r = relation.Result
	for name, c := range map[string]struct {
		edges []relation.Edge
		want  map[int64][3]r
	}{
		"a container takes the highest of each axis": {
			[]relation.Edge{edge(relation.Stores, usb, list), edge(relation.Stores, usb, copied)},
			map[int64][3]r{usb: {{Level: 4, Via: list}, {Level: 2, Via: list}, {Level: 2, Via: copied}}},
		},
		"and passes it on": {
			[]relation.Edge{edge(relation.Processes, app, list), edge(relation.RunsOn, app, server), edge(relation.Connects, server, net), edge(relation.LocatedIn, server, room)},
			map[int64][3]r{
				app: {{Level: 4, Via: list}, {Level: 2, Via: list}, {Level: 2}}, server: {{Level: 4, Via: app}, {Level: 2, Via: app}, {Level: 2, Via: app}},
				net: {{Level: 4, Via: server}, {Level: 2, Via: server}, {Level: 2, Via: server}}, room: {{Level: 4, Via: server}, {Level: 1}, {Level: 2, Via: server}},
			},
		},
		"a copy follows in confidentiality alone": {
			[]relation.Edge{edge(relation.CopyOf, copied, list)},
			map[int64][3]r{copied: {{Level: 4, Via: list}, {Level: 1}, {Level: 2}}, list: {{Level: 4}, {Level: 2}, {Level: 1}}},
		},
		"what documents or bridges gives nothing": {
			[]relation.Edge{edge(relation.Bridges, net, app), edge(relation.Documents, list, app)},
			map[int64][3]r{net: {{Level: 1}, {Level: 1}, {Level: 1}}, app: {{Level: 1}, {Level: 1}, {Level: 2}}},
		},
		"gathered above what each is": {
			[]relation.Edge{with(edge(relation.Stores, usb, copied), asset.Gather, lv(5, 0, 1)), edge(relation.Stores, usb, list)},
			map[int64][3]r{usb: {{Level: 5, Gathered: copied}, {Level: 2, Via: list}, {Level: 2, Via: copied}}},
		},
		"a gathered level below what is there changes nothing": {
			[]relation.Edge{with(edge(relation.Stores, usb, list), asset.Gather, lv(3, 2, 0))},
			map[int64][3]r{usb: {{Level: 4, Via: list}, {Level: 2, Via: list}, {Level: 1}}},
		},
		"spread below what the whole is": {
			[]relation.Edge{with(edge(relation.Stores, usb, list), asset.Spread, lv(2, 0, 0))},
			map[int64][3]r{usb: {{Level: 2, Via: list}, {Level: 2, Via: list}, {Level: 1}}},
		},
		"the other way round the same content still counts": {
			[]relation.Edge{with(edge(relation.Stores, usb, list), asset.Spread, lv(2, 1, 0)), edge(relation.Stores, usb, copied), edge(relation.CopyOf, copied, list)},
			map[int64][3]r{usb: {{Level: 4, Via: copied}, {Level: 1}, {Level: 2, Via: copied}}},
		},
	} {
		got := relation.Relax(nodes, c.edges)
		for id, want := range c.want {
			if d := cmp.Diff(want, got[id]); d != "" {
				t.Errorf("%s, node %d:\n%s", name, id, d)
			}
		}
	}
}

// A circle stands at the highest of its members, and at what it gathers, without holding itself up.
func TestCircles(t *testing.T) {
	nodes := []relation.Node{{1, asset.System, lv(1, 1, 1)}, {2, asset.System, lv(1, 1, 2)}, {3, asset.System, lv(1, 1, 3)}}
	edges := []relation.Edge{{Type: relation.DependsOn, From: 1, To: 2}, {Type: relation.DependsOn, From: 2, To: 3}, {Type: relation.DependsOn, From: 3, To: 1}}
	for id, r := range relation.Relax(nodes, edges) {
		if r[2].Level != 3 || r[0].Level != 1 {
			t.Errorf("%d: %+v", id, r)
		}
	}
	edges[0].Effect, edges[0].Pass = asset.Gather, lv(0, 0, 5)
	got := relation.Relax(nodes, edges)
	want := map[int64]relation.Result{2: {Level: 5, Gathered: 1}, 3: {Level: 5, Via: 2}, 1: {Level: 5, Via: 3}}
	for id, w := range want {
		if got[id][2] != w {
			t.Errorf("%d: %+v, want %+v", id, got[id][2], w)
		}
	}
}

// graph draws a graph with circles; kinds and types are drawn so that most edges fit.
func graph(t *rapid.T) ([]relation.Node, []relation.Edge) {
	kinds := asset.Kinds()
	rank := rapid.Custom(func(t *rapid.T) classify.Rank { return classify.Rank(rapid.IntRange(1, 5).Draw(t, "rank")) })
	levels := func(t *rapid.T, least int) classify.Levels {
		pass := rapid.Custom(func(t *rapid.T) classify.Rank { return classify.Rank(rapid.IntRange(least, 5).Draw(t, "rank")) })
		return lv(pass.Draw(t, "C"), pass.Draw(t, "I"), pass.Draw(t, "A"))
	}
	_ = rank
	var nodes []relation.Node
	for i := range rapid.IntRange(1, 12).Draw(t, "nodes") {
		nodes = append(nodes, relation.Node{ID: int64(i + 1), Kind: rapid.SampledFrom(kinds).Draw(t, "kind").Kind, Base: levels(t, 1)})
	}
	var edges []relation.Edge
	for range rapid.IntRange(0, 30).Draw(t, "edges") {
		from, to := rapid.SampledFrom(nodes).Draw(t, "from"), rapid.SampledFrom(nodes).Draw(t, "to")
		var fit []relation.Type
		for _, i := range relation.Infos() {
			if slices.Contains(i.From, from.Kind) && slices.Contains(i.To, to.Kind) {
				fit = append(fit, i.Type)
			}
		}
		if len(fit) == 0 || from.ID == to.ID {
			continue
		}
		e := relation.Edge{Type: rapid.SampledFrom(fit).Draw(t, "type"), From: from.ID, To: to.ID, Effect: rapid.SampledFrom([]string{"", "", asset.Gather, asset.Spread}).Draw(t, "effect")}
		if e.Effect != "" {
			e.Pass = levels(t, 0)
		}
		edges = append(edges, e)
	}
	return nodes, edges
}

// naive raises whatever an edge demands until nothing changes: the definition itself.
func naive(nodes []relation.Node, edges []relation.Edge) map[int64]classify.Levels {
	out, kind := map[int64]classify.Levels{}, map[int64]asset.Kind{}
	for _, n := range nodes {
		out[n.ID], kind[n.ID] = n.Base, n.Kind
	}
	for changed := true; changed; {
		changed = false
		for _, e := range edges {
			info, ok := relation.Find(e.Type, kind[e.From], kind[e.To])
			for _, axis := range classify.Axes() {
				giver, taker := e.From, e.To
				if info.On(axis) == relation.ToFrom {
					giver, taker = taker, giver
				}
				if at := e.Arrives(axis, out[giver].On(axis)); ok && info.On(axis) != relation.Stays && at > out[taker].On(axis) {
					out[taker] = out[taker].With(axis, at)
					changed = true
				}
			}
		}
	}
	return out
}

func TestRelaxProperties(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		nodes, edges := graph(t)
		got := relation.Relax(nodes, edges)
		for id, want := range naive(nodes, edges) {
			for x, axis := range classify.Axes() {
				if got[id][x].Level != want.On(axis) {
					t.Fatalf("node %d on %s: %+v, want %d", id, axis, got[id][x], want.On(axis))
				}
			}
		}
		witnesses(t, nodes, edges, got)

		// The order of what is given does not matter.
		seed := rapid.Uint64().Draw(t, "seed")
		rnd := rand.New(rand.NewPCG(seed, 1))
		ns, es := slices.Clone(nodes), slices.Clone(edges)
		rnd.Shuffle(len(ns), func(i, j int) { ns[i], ns[j] = ns[j], ns[i] })
		rnd.Shuffle(len(es), func(i, j int) { es[i], es[j] = es[j], es[i] })
		if d := cmp.Diff(got, relation.Relax(ns, es)); d != "" {
			t.Fatalf("another order, another result:\n%s", d)
		}
		// What was computed is what is computed from it.
		settled := slices.Clone(nodes)
		for i, n := range settled {
			r := got[n.ID]
			settled[i].Base = lv(r[0].Level, r[1].Level, r[2].Level)
		}
		for id, r := range relation.Relax(settled, edges) {
			for x := range r {
				if r[x] != (relation.Result{Level: got[id][x].Level}) {
					t.Fatalf("node %d moved again: %+v after %+v", id, r[x], got[id][x])
				}
			}
		}
		// More can only lift: a higher base, and a relation more.
		i := rapid.IntRange(0, len(nodes)-1).Draw(t, "raised")
		higher := slices.Clone(nodes)
		higher[i].Base = lv(5, 5, 5)
		fewer := edges
		if len(edges) > 0 {
			fewer = slices.Delete(slices.Clone(edges), 0, 1)
		}
		more, less := relation.Relax(higher, edges), relation.Relax(nodes, fewer)
		for id, r := range got {
			for x := range r {
				if more[id][x].Level < r[x].Level || less[id][x].Level > r[x].Level {
					t.Fatalf("node %d: %d, with a higher base %d, with a relation less %d", id, r[x].Level, more[id][x].Level, less[id][x].Level)
				}
			}
		}
	})
}

// witnesses checks that each result can be explained: the neighbour named gives as much, and the way
// along the witnesses ends.
func witnesses(t *rapid.T, nodes []relation.Node, edges []relation.Edge, got map[int64][3]relation.Result) {
	kind, base := map[int64]asset.Kind{}, map[int64]classify.Levels{}
	for _, n := range nodes {
		kind[n.ID], base[n.ID] = n.Kind, n.Base
	}
	for id, three := range got {
		for x, axis := range classify.Axes() {
			r := three[x]
			if (r.From() == 0) != (r.Level == base[id].On(axis)) || r.Via != 0 && r.Gathered != 0 {
				t.Fatalf("node %d on %s with base %v: %+v", id, axis, base[id], r)
			}
			if r.From() != 0 && !slices.ContainsFunc(edges, func(e relation.Edge) bool {
				info, ok := relation.Find(e.Type, kind[e.From], kind[e.To])
				giver, taker := e.From, e.To
				if info.On(axis) == relation.ToFrom {
					giver, taker = taker, giver
				}
				has := got[r.From()][x].Level
				return ok && info.On(axis) != relation.Stays && giver == r.From() && taker == id && e.Arrives(axis, has) >= r.Level &&
					(r.Gathered != 0) == (has < r.Level || r.Gathered != 0)
			}) {
				t.Fatalf("node %d on %s: nothing gives %+v", id, axis, r)
			}
			at := id
			for steps := 0; got[at][x].Via != 0; steps++ {
				if steps > len(nodes) {
					t.Fatalf("node %d on %s: the way does not end", id, axis)
				}
				at = got[at][x].Via
			}
		}
	}
}

package relation_test

import (
	"slices"
	"strings"
	"testing"

	"daicho/internal/asset"
	"daicho/internal/classify"
	"daicho/internal/relation"
)

// Every type says where it may stand, in words at both ends, and can be found from there.
func TestEveryTypeIsWhole(t *testing.T) {
	seen := map[relation.Type]bool{}
	for _, i := range relation.Infos() {
		seen[i.Type] = true
		if i.Out == "" || i.In == "" || len(i.From) == 0 || len(i.To) == 0 {
			t.Errorf("%s: %+v", i.Type, i)
		}
		for _, from := range i.From {
			for _, to := range i.To {
				got, ok := relation.Find(i.Type, from, to)
				if !ok || got.Out != i.Out {
					t.Errorf("%s from %s to %s is found as %q", i.Type, from, to, got.Out)
				}
			}
		}
	}
	if len(seen) != 11 {
		t.Errorf("%d types", len(seen))
	}
	for name, c := range map[string]struct {
		t        relation.Type
		from, to asset.Kind
	}{
		"turned round":   {relation.Stores, asset.Info, asset.Medium},
		"of other kinds": {relation.Processes, asset.Device, asset.Info},
		"unknown":        {"is_like", asset.Info, asset.Info},
		"no kind":        {relation.Stores, "", ""},
	} {
		if _, ok := relation.Find(c.t, c.from, c.to); ok {
			t.Error(name)
		}
	}
}

// The form of a kind offers each of its ends once, with the kinds that stand at the other.
func TestEnds(t *testing.T) {
	for _, k := range asset.Kinds() {
		type key struct {
			t   relation.Type
			out bool
			in  asset.Kind
		}
		seen := map[key]bool{}
		for _, e := range relation.Ends(k.Kind) {
			for _, other := range e.Kinds {
				id := key{e.Type, e.Outgoing, other}
				if seen[id] {
					t.Errorf("%s offers %+v twice", k.Kind, id)
				}
				seen[id] = true
				from, to := k.Kind, other
				if !e.Outgoing {
					from, to = to, from
				}
				if i, ok := relation.Find(e.Type, from, to); !ok || e.Label != map[bool]string{true: i.Out, false: i.In}[e.Outgoing] {
					t.Errorf("%s: %+v cannot be tied to %s", k.Kind, e, other)
				}
			}
		}
	}
	if ends := relation.Ends(asset.Medium); len(ends) == 0 || ends[0].Type != relation.Stores || !ends[0].Outgoing {
		t.Errorf("a medium is not asked first for what it holds: %+v", ends)
	}
}

// Information is declared, containers and carriers follow, a system declares its 可用性 only.
func TestFollows(t *testing.T) {
	for k, want := range map[asset.Kind]string{
		asset.Info: "", asset.Paper: "", asset.SysDoc: "", asset.System: "CI", asset.Medium: "CIA", asset.Device: "CIA",
		asset.Facility: "CIA", asset.Network: "CIA", asset.Cloud: "CIA", asset.Contract: "CIA", "XX": "",
	} {
		var got strings.Builder
		for _, a := range classify.Axes() {
			if relation.Follows(k, a) {
				got.WriteString(string(a))
			}
		}
		if got.String() != want || relation.FollowsAny(k) != (want != "") {
			t.Errorf("%s follows on %q, want %q", k, got.String(), want)
		}
	}
}

func TestOnAnAxisThatIsNone(t *testing.T) {
	for _, i := range relation.Infos() {
		if i.On("X") != relation.Stays {
			t.Errorf("%s travels on an axis that is none", i.Type)
		}
	}
	if got := slices.Repeat([]relation.Travel{relation.Stays}, 2); relation.Infos()[8].On(classify.Confidentiality) != relation.ToFrom || got[0] != relation.Infos()[8].On(classify.Integrity) {
		t.Error("a copy follows its original in confidentiality alone")
	}
}

package control_test

import (
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"daicho/internal/asset"
	"daicho/internal/classify"
	"daicho/internal/control"
)

// line is a row of applicability.csv as a person writes it: words and codes, no ranks, no bits.
type line struct {
	kinds, minC, maxC, minI, minA, zones, personal, flags, models string
}

// subject is an asset as a person describes it.
type subject struct {
	kind, c, i, a, zone, personal, model string
	flags                                []string
}

var (
	cCodes    = []string{"1", "2", "3C", "3B", "3A"}
	biCodes   = []string{"1", "2"}
	zones     = []string{"MN", "LG", "IT", "OUT"}
	personals = []string{"none", "personal", "sensitive", "ordinance", "mynumber"}
	flags     = []string{"cloud", "outsourced", "portable", "public", "hosted"}
	models    = []string{"a", "a2", "b", "b2"}
	kinds     = []string{"NW", "IS", "EQ", "MD", "FA", "IN", "PD", "SD", "CL", "CT"}
)

// requires is the slow reference: it reads the words of the row one after another and knows nothing
// of ranks, bits or classes.
func (l line) requires(s subject) bool {
	among := func(list, v string) bool {
		for w := range strings.FieldsSeq(list) {
			if w == v {
				return true
			}
		}
		return false
	}
	atLeast := func(scale []string, min, v string) bool {
		seen := false
		for _, w := range scale {
			seen = seen || w == min
			if w == v {
				return seen
			}
		}
		return false
	}
	if !among(l.kinds, s.kind) {
		return false
	}
	if l.minC != "" && !atLeast(cCodes, l.minC, s.c) {
		return false
	}
	if l.maxC != "" && !atLeast(cCodes, s.c, l.maxC) {
		return false
	}
	if l.minI != "" && !atLeast(biCodes, l.minI, s.i) || l.minA != "" && !atLeast(biCodes, l.minA, s.a) {
		return false
	}
	if l.zones != "" && !among(l.zones, s.zone) || l.models != "" && !among(l.models, s.model) {
		return false
	}
	if l.personal != "" && !atLeast(personals, l.personal, s.personal) {
		return false
	}
	for f := range strings.FieldsSeq(l.flags) {
		if !slices.Contains(s.flags, f) {
			return false
		}
	}
	return true
}

func (l line) row(t *rapid.T, id, ctl int64) control.Row {
	rank := func(scale []string, code string) classify.Rank { return classify.Rank(slices.Index(scale, code) + 1) }
	r := control.Row{
		ID: id, Control: ctl, MinC: rank(cCodes, l.minC), MaxC: rank(cCodes, l.maxC), MinI: rank(biCodes, l.minI), MinA: rank(biCodes, l.minA),
		Zones: strings.Fields(l.zones), Models: strings.Fields(l.models), Personal: asset.PersonalRank(l.personal),
	}
	for k := range strings.FieldsSeq(l.kinds) {
		if k == control.OrgKind {
			r.Org = true
		} else {
			r.Kinds = append(r.Kinds, asset.Kind(k))
		}
	}
	f, ok := asset.ParseFlags(l.flags)
	if !ok {
		t.Fatalf("flags %q", l.flags)
	}
	r.Flags = f
	return r
}

func (s subject) facets(t *rapid.T) asset.Facets {
	f, ok := asset.ParseFlags(strings.Join(s.flags, " "))
	if !ok {
		t.Fatalf("flags %v", s.flags)
	}
	return asset.Facets{
		Kind: asset.Kind(s.kind), C: classify.Rank(slices.Index(cCodes, s.c) + 1), I: classify.Rank(slices.Index(biCodes, s.i) + 1),
		A: classify.Rank(slices.Index(biCodes, s.a) + 1), Zone: s.zone, Personal: s.personal, Flags: f, Model: s.model,
	}
}

func some(t *rapid.T, label string, from []string, chance int) string {
	if rapid.IntRange(1, 100).Draw(t, label+"?") > chance {
		return ""
	}
	return strings.Join(rapid.SliceOfNDistinct(rapid.SampledFrom(from), 1, len(from), rapid.ID).Draw(t, label), " ")
}

func one(t *rapid.T, label string, from []string, chance int) string {
	if rapid.IntRange(1, 100).Draw(t, label+"?") > chance {
		return ""
	}
	return rapid.SampledFrom(from).Draw(t, label)
}

func drawLine(t *rapid.T) line {
	l := line{
		kinds: strings.Join(rapid.SliceOfNDistinct(rapid.SampledFrom(append([]string{"ORG"}, kinds...)), 1, 11, rapid.ID).Draw(t, "kinds"), " "),
		minC:  one(t, "min c", cCodes, 30), maxC: one(t, "max c", cCodes, 15), minI: one(t, "min i", biCodes, 25), minA: one(t, "min a", biCodes, 25),
		zones: some(t, "zones", zones, 25), personal: one(t, "personal", personals[1:], 20), flags: some(t, "flags", flags[:2], 20), models: some(t, "models", models, 15),
	}
	if rapid.Bool().Draw(t, "one flag") {
		l.flags = one(t, "flag", flags, 40)
	}
	return l
}

func drawSubject(t *rapid.T) subject {
	return subject{
		kind: one(t, "kind", kinds, 100), c: one(t, "c", cCodes, 100), i: one(t, "i", biCodes, 100), a: one(t, "a", biCodes, 100),
		zone: one(t, "zone", zones, 100), personal: one(t, "personal", personals, 80), model: one(t, "model", models, 80),
		flags: strings.Fields(some(t, "flags", flags, 60)),
	}
}

// Whatever the catalogue and whatever the asset, the list is the one that reading the words of the
// catalogue row by row gives, with the same causes.
func TestDeriveAgainstTheSlowReference(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(0, 30).Draw(t, "rows")
		lines := make([]line, n)
		rows := make([]control.Row, n)
		for i := range n {
			lines[i] = drawLine(t)
			// Ids and controls in no order: the result must not depend on it.
			rows[i] = lines[i].row(t, int64(1000-i*7), int64(1+rapid.IntRange(0, 9).Draw(t, "control")))
		}
		s := drawSubject(t)
		want := map[int64]map[int64]bool{}
		for i, l := range lines {
			if l.requires(s) {
				if want[rows[i].Control] == nil {
					want[rows[i].Control] = map[int64]bool{}
				}
				want[rows[i].Control][rows[i].ID] = true
			}
		}
		got := control.Derive(s.facets(t), rows)
		if len(got) != len(want) {
			t.Fatalf("%d controls, want %d\n%+v\n%+v", len(got), len(want), s, lines)
		}
		for i, r := range got {
			if i > 0 && got[i-1].Control >= r.Control || !slices.IsSorted(r.Causes) {
				t.Fatalf("not in order: %v", got)
			}
			for _, c := range r.Causes {
				if !want[r.Control][c] {
					t.Fatalf("row %d of control %d is no cause", c, r.Control)
				}
			}
			if len(r.Causes) != len(want[r.Control]) {
				t.Fatalf("control %d: causes %v, want %v", r.Control, r.Causes, want[r.Control])
			}
		}
		shuffled := rapid.Permutation(rows).Draw(t, "shuffled")
		if again := control.Derive(s.facets(t), shuffled); control.Digest(again) != control.Digest(got) {
			t.Fatalf("the order of rows matters: %v and %v", got, again)
		}
	})
}

// Assets with equal keys of facets must have equal lists, or a class would lie.
func TestEqualFacetsShareTheList(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var rows []control.Row
		for i := range rapid.IntRange(1, 20).Draw(t, "rows") {
			rows = append(rows, drawLine(t).row(t, int64(i+1), int64(i%5+1)))
		}
		s := drawSubject(t)
		a, b := s.facets(t), s.facets(t)
		if a.Personal == asset.PersonalNone {
			b.Personal = "" // none and unset are one class
		}
		if control.Digest(control.Derive(a, rows)) != control.Digest(control.Derive(b, rows)) {
			t.Fatalf("%+v and %+v differ", a, b)
		}
	})
}

// A rise on any axis never lifts a control that has no upper bound: staff must not get rid of a
// requirement by classifying higher.
func TestHigherNeverNeedsLess(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var rows []control.Row
		for i := range rapid.IntRange(1, 20).Draw(t, "rows") {
			l := drawLine(t)
			l.maxC = ""
			rows = append(rows, l.row(t, int64(i+1), int64(i+1)))
		}
		f := drawSubject(t).facets(t)
		up := f
		up.C, up.I, up.A = f.C+1, f.I+1, f.A+1
		have := map[int64]bool{}
		for _, r := range control.Derive(up, rows) {
			have[r.Control] = true
		}
		for _, r := range control.Derive(f, rows) {
			if !have[r.Control] {
				t.Fatalf("control %d is required at %v and not above", r.Control, f.Levels())
			}
		}
	})
}

func TestDeriveOrg(t *testing.T) {
	rows := []control.Row{
		{ID: 1, Control: 1, Org: true},
		{ID: 2, Control: 1, Kinds: []asset.Kind{asset.Network}},
		{ID: 3, Control: 2, Org: true, Zones: []string{"MN"}},
		{ID: 4, Control: 3, Org: true, Models: []string{"b", "b2"}},
		{ID: 5, Control: 4, Kinds: []asset.Kind{asset.Network}},
	}
	for _, c := range []struct {
		zones []string
		model string
		want  []control.Requirement
	}{
		{nil, "", []control.Requirement{{1, []int64{1}}}},
		{[]string{"IT", "MN"}, "a", []control.Requirement{{1, []int64{1}}, {2, []int64{3}}}},
		{[]string{"LG"}, "b2", []control.Requirement{{1, []int64{1}}, {3, []int64{4}}}},
	} {
		if d := cmp.Diff(c.want, control.DeriveOrg(c.zones, c.model, rows)); d != "" {
			t.Errorf("%v %q:\n%s", c.zones, c.model, d)
		}
	}
	if got := control.Derive(asset.Facets{Kind: control.OrgKind}, rows[:1]); len(got) != 0 {
		t.Errorf("a row of an organisation fell on an asset: %v", got)
	}
}

func TestDigest(t *testing.T) {
	seen := map[[32]byte]string{}
	for _, l := range [][]control.Requirement{
		nil,
		{{1, []int64{2}}},
		{{1, []int64{2, 3}}},
		{{1, []int64{23}}},
		{{1, []int64{2}}, {3, []int64{4}}},
		{{12, []int64{2}}},
	} {
		d := control.Digest(l)
		if old, ok := seen[d]; ok {
			t.Errorf("%v and %s share a digest", l, old)
		}
		seen[d] = strconv.Itoa(len(l))
	}
	if control.Digest(nil) != control.Digest([]control.Requirement{}) {
		t.Error("nothing required has two digests")
	}
}

func TestWords(t *testing.T) {
	if got := control.SourceLabel("memory 総務省ガイドライン"); got != "記憶による再構成（引用ではない）：総務省ガイドライン" {
		t.Error(got)
	}
	for checked, want := range map[string]bool{"": false, "未照合": false, "2026-04-01 山田": true} {
		if (control.Control{Checked: checked}).Compared() != want {
			t.Errorf("%q", checked)
		}
	}
	if control.RoleLabel("統") == "統" || control.RoleLabel("総務課") != "総務課" {
		t.Error("role labels")
	}
}

package check

import (
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"daicho/internal/asset"
	"daicho/internal/classify"
	"daicho/internal/errs"
)

func testScheme() *classify.Scheme {
	levels := func(codes ...string) []classify.Level {
		var out []classify.Level
		for i, c := range codes {
			out = append(out, classify.Level{Rank: classify.Rank(i + 1), Code: c, Label: c})
		}
		return out
	}
	rule := func(a classify.Axis, cond, level string) classify.Rule {
		cs, ok := classify.ParseConds(cond)
		if !ok {
			panic(cond)
		}
		return classify.Rule{Axis: a, Conds: cs, Level: level}
	}
	return &classify.Scheme{
		Code: "mic-r6",
		Axes: []classify.AxisDef{
			{Axis: classify.Confidentiality, Levels: levels("1", "2", "3C", "3B", "3A")},
			{Axis: classify.Integrity, Levels: levels("1", "2")},
			{Axis: classify.Availability, Levels: levels("1", "2")},
		},
		Questions: []classify.Question{{Code: "mynumber"}, {Code: "personal"}, {Code: "published"}},
		Rules: []classify.Rule{
			rule("C", "mynumber=yes", "3B"), rule("C", "published=yes", "1"), rule("C", "personal=yes", "3C"), rule("C", "", "2"),
			rule("I", "", "1"), rule("A", "", "1"),
		},
	}
}

// facts of a kind with pairs of key and value at levels as "4 1 1".
func facts(k asset.Kind, c, i, a classify.Rank, pairs ...string) Facts {
	d := asset.New(k)
	for n := 0; n+1 < len(pairs); n += 2 {
		d.Values[pairs[n]] = pairs[n+1]
	}
	return Facts{Doc: d, Levels: classify.Levels{C: c, I: i, A: a}}
}

func found(s Set, f Facts) []string {
	var out []string
	for _, x := range s.Content(f) {
		out = append(out, x.Rule.ID+" "+x.Line.Field)
	}
	return out
}

// Each rule about content finds what it is for, and is silent beside it.
func TestRulesAboutContent(t *testing.T) {
	const mn, ordinary, sensitive = asset.PersonalMyNumber, asset.PersonalOrdinary, asset.PersonalSensitive
	gone := []string{"lifecycle", asset.LifecycleDisposed}
	with := func(a []string, b ...string) []string { return append(slices.Clone(a), b...) }
	for _, c := range []struct {
		want     string
		yes, not Facts
	}{
		{"R01 level_c", facts(asset.Info, 3, 1, 1, "personal", mn, "zone", "MN"), facts(asset.Info, 4, 1, 1, "personal", mn, "zone", "MN")},
		{"R01 zone", facts(asset.Medium, 4, 1, 1, "personal", mn, "zone", "LG"), facts(asset.Medium, 4, 1, 1, "personal", ordinary, "zone", "LG")},
		{"R01 locked", facts(asset.Paper, 4, 1, 1, "personal", mn), facts(asset.Paper, 4, 1, 1, "personal", mn, "locked", "locked")},
		{"R01P pia", facts(asset.Info, 4, 1, 1, "personal", mn, "pia", "unknown"), facts(asset.Info, 4, 1, 1, "personal", mn, "pia", "full")},
		{"R02 level_c", facts(asset.Info, 3, 1, 1, "personal", sensitive), facts(asset.Info, 4, 1, 1, "personal", sensitive)},
		{"R03 zone", facts(asset.System, 4, 1, 1, "zone", "IT"), facts(asset.System, 3, 1, 1, "zone", "IT")},
		{"R04 approval_no", facts(asset.Cloud, 2, 1, 1), facts(asset.Cloud, 1, 1, 1)},
		{"R04 data_place", facts(asset.Cloud, 1, 1, 1, "personal", ordinary, "data_place", "unknown"), facts(asset.Cloud, 1, 1, 1, "personal", ordinary, "data_place", "japan")},
		{"R04 ismap", facts(asset.Cloud, 2, 1, 1), facts(asset.Cloud, 2, 1, 1, "ismap", "none")},
		{"R05 encryption", facts(asset.Medium, 2, 1, 1, "encryption", "password"), facts(asset.Medium, 2, 1, 1, "encryption", "hardware")},
		{"R05 encryption", facts(asset.Device, 2, 1, 1, "portable", "1"), facts(asset.Device, 2, 1, 1)},
		{"R05 locked", facts(asset.Paper, 2, 1, 1, "locked", "open"), facts(asset.Paper, 1, 1, 1, "locked", "open")},
		{"R06 disposal_method", facts(asset.Medium, 1, 1, 1, with(gone, "zone", "MN", "disposal_method", "overwrite")...), facts(asset.Medium, 1, 1, 1, with(gone, "zone", "MN", "disposal_method", "crush")...)},
		{"R07 backup", facts(asset.Info, 1, 2, 1, "backup", "none"), facts(asset.Info, 1, 1, 1, "backup", "none")},
		{"R07 rto", facts(asset.System, 1, 1, 2), facts(asset.System, 1, 1, 2, "rto", "0")},
		{"R08 pi_file", facts(asset.Info, 3, 1, 1, "personal", ordinary, "subjects", "1000"), facts(asset.Info, 3, 1, 1, "personal", ordinary, "subjects", "999")},
		{"R08 pi_file_reason", facts(asset.Info, 3, 1, 1, "personal", ordinary, "subjects", "1000", "pi_file", "exempt", "pi_file_reason", "under_1000"), facts(asset.Info, 3, 1, 1, "personal", ordinary, "subjects", "1000", "pi_file", "exempt", "pi_file_reason", "staff")},
		{"R19 marking", facts(asset.Info, 2, 1, 1, "marking", "not_yet"), facts(asset.Info, 1, 1, 1, "marking", "not_yet")},
		{"R20D lease_end", facts(asset.Device, 1, 1, 1, "acquisition", "lease"), facts(asset.Device, 1, 1, 1, "acquisition", "lease", "lease_end", "2027-03-31")},
		{"P01 public", facts(asset.Info, 1, 1, 1, "personal", ordinary, "public", "1"), facts(asset.Info, 1, 1, 1, "personal", asset.PersonalNone, "public", "1")},
		{"P02 terms", facts(asset.Contract, 1, 1, 1, "personal", ordinary), facts(asset.Contract, 1, 1, 1, "personal", ordinary, "terms", "return")},
		{"P03 subcontractors", facts(asset.Contract, 1, 1, 1, "subcontract", "approved"), facts(asset.Contract, 1, 1, 1, "subcontract", "none")},
		{"P04 portable", facts(asset.Medium, 4, 1, 1, "personal", mn, "zone", "MN", "portable", "1"), facts(asset.Medium, 4, 1, 1, "personal", mn, "zone", "MN")},
	} {
		s := New(nil, testScheme())
		if got := found(s, c.yes); !slices.Contains(got, c.want) {
			t.Errorf("%s is not found: %v", c.want, got)
		}
		if got := found(s, c.not); slices.Contains(got, c.want) {
			t.Errorf("%s is found where it should not be", c.want)
		}
		id, _, _ := strings.Cut(c.want, " ")
		off := New([]Setting{{ID: id, Severity: Grave, On: false}}, testScheme())
		if got := found(off, c.yes); slices.Contains(got, c.want) {
			t.Errorf("%s is found although it is off", c.want)
		}
	}
}

// When nothing but levels changes, no rule beyond OfLevels comes to another result or other words.
func TestOfLevelsIsAllThatLevelsChange(t *testing.T) {
	s := New(nil, testScheme())
	few := s.OfLevels()
	if len(few.Rules) == 0 || len(few.Rules) == len(s.Rules) {
		t.Fatalf("%d of %d rules look at levels", len(few.Rules), len(s.Rules))
	}
	rapid.Check(t, func(r *rapid.T) {
		d := asset.New(rapid.SampledFrom(asset.Kinds()).Draw(r, "kind").Kind)
		for _, f := range asset.Fields(d.Kind) {
			switch {
			case f.Type == asset.Flag && rapid.Bool().Draw(r, f.Key):
				d.Values[f.Key] = "1"
			case len(f.Options) > 0 && rapid.Bool().Draw(r, f.Key):
				d.Values[f.Key] = rapid.SampledFrom(f.Options).Draw(r, "code").Code
			}
		}
		words := func() []string {
			level := func(top int) classify.Rank { return classify.Rank(rapid.IntRange(1, top).Draw(r, "level")) }
			f := Facts{Doc: d, Levels: classify.Levels{C: level(5), I: level(2), A: level(2)}}
			var out []string
			for _, x := range s.Content(f) {
				if _, may := few.Rule(x.Rule.ID); !may {
					out = append(out, x.Rule.ID+" "+s.Text(x.Rule, x.Line, Params{Kind: d.Kind, Field: x.Line.Field, Levels: f.Levels}, testScheme()))
				}
			}
			return out
		}
		if was, now := words(), words(); !slices.Equal(was, now) {
			r.Fatalf("%v, and at other levels %v", was, now)
		}
	})
}

// Every rule is tried above, or belongs to the database alone.
func TestEveryRuleIsWhole(t *testing.T) {
	ids := map[string]bool{}
	for _, r := range Shipped() {
		if ids[r.ID] || r.Title == "" || r.Clause == "" || r.Advice == "" || !r.Severity.Valid() || !r.On || len(r.Lines) == 0 {
			t.Errorf("%s is not whole", r.ID)
		}
		ids[r.ID] = true
		if (r.Limit > 0) != (r.Unit != "") {
			t.Errorf("%s: a threshold has a unit", r.ID)
		}
		at := map[string]bool{}
		for _, l := range r.Lines {
			if l.Source != r.Lines[0].Source && !(l.Source >= CopyBelow && l.Source <= Above) {
				t.Errorf("%s mixes sources", r.ID)
			}
			if l.Text == "" || l.Source != Vacancy && len(l.AllKinds()) == 0 {
				t.Errorf("%s %s concerns nothing", r.ID, l.Field)
			}
			for _, k := range l.AllKinds() {
				if key := string(k) + l.Field; at[key] && l.Source != Vacancy {
					t.Errorf("%s has two lines at %s of %s", r.ID, l.Field, k)
				} else {
					at[key] = true
				}
			}
			for _, c := range l.If {
				known(t, r, l, c)
			}
		}
	}
}

// known checks that a test names fields and codes of the catalogue.
func known(t *testing.T, r Rule, l Line, c Test) {
	t.Helper()
	switch x := c.(type) {
	case Either:
		for _, o := range x {
			known(t, r, l, o)
		}
	case Is:
		for _, k := range l.AllKinds() {
			f, ok := asset.Lookup(k, x.Key)
			if !ok && x.Key != "personal" && x.Key != "zone" {
				t.Errorf("%s %s asks %s of %s, which lacks it", r.ID, l.Field, x.Key, k)
			}
			for _, v := range x.In {
				if ok && v != "" && len(f.Options) > 0 && asset.Label(f.Options, v) == v && r.ID != "R06" {
					t.Errorf("%s: %s has no code %q in %s", r.ID, x.Key, v, k)
				}
			}
		}
	case OverLimit:
		if r.Limit == 0 {
			t.Errorf("%s has no threshold", r.ID)
		}
	}
}

// A setting changes severity, threshold and wording, and nothing that the program does not know.
func TestSettings(t *testing.T) {
	s := New([]Setting{
		{ID: "R08", Severity: Refuse, Limit: 500, On: true, Title: "ファイル簿", Advice: "総務課へ"}, {ID: "R07", Severity: "loud", Limit: 9, On: true}, {ID: "Z99", Severity: Note},
	}, testScheme())
	r, _ := s.Rule("R08")
	if r.Severity != Refuse || r.Limit != 500 || r.Title != "ファイル簿" || r.Advice != "総務課へ" {
		t.Errorf("%+v", r)
	}
	if r, _ := s.Rule("R07"); r.Severity != Warn || r.Limit != 0 {
		t.Errorf("%+v", r)
	}
	f := facts(asset.Info, 3, 1, 1, "personal", asset.PersonalOrdinary, "subjects", "600")
	err := s.Refusals(f, testScheme())
	if got := errs.Fields(err); len(got) != 1 || got[0].Field != "pi_file" || !strings.Contains(got[0].Message, "500人以上") {
		t.Errorf("%v", err)
	}
	for _, w := range s.Warnings(f, testScheme()) {
		if w.Code == "check.r08" {
			t.Error("what is refused is also advice")
		}
	}
	if New(nil, nil).High != 0 {
		t.Error("a level without a scheme")
	}
}

// No text leaves a name in braces, and each names its field or its level.
func TestTexts(t *testing.T) {
	s := New(nil, testScheme())
	for _, r := range s.Rules {
		for _, l := range r.Lines {
			k := asset.Info
			if kinds := l.AllKinds(); len(kinds) > 0 {
				k = kinds[0]
			}
			p := Params{Kind: k, Field: l.Field, Levels: classify.Levels{C: 4, I: 1, A: 1}, Level: 2, Computed: 4, Day: "令和8年4月1日", Other: "名簿"}
			if l.Source != Above && l.Source != HoldsMore && l.Source != CopyBelow {
				p.Other = ""
			}
			text := s.Text(r, l, p, testScheme())
			if strings.ContainsAny(text, "{}") || text == "" {
				t.Errorf("%s: %q", r.ID, text)
			}
		}
	}
	if got := CodeOf(testScheme(), classify.Integrity, 5); got != "2" {
		t.Errorf("above the top: %s", got)
	}
}

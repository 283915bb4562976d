package approval

import (
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"daicho/internal/asset"
	"daicho/internal/classify"
	"daicho/internal/org"
)

var body = Body{
	Organs: []Organ{{"KR", "広域連合長"}, {"GK", "議会"}},
	Posts:  map[string]Post{"kacho": {org.Manager, "KR"}, "kyokucho": {org.Responsible, "GK"}},
}

func TestSimpleIsSound(t *testing.T) {
	if ps := Simple().Check(body); len(ps) != 0 {
		t.Errorf("%+v", ps)
	}
	back, err := ParseEdition(Simple().Document())
	if err != nil || back.Digest() != Simple().Digest() {
		t.Errorf("%v %v", back, err)
	}
	if _, err := ParseEdition([]byte("{")); err == nil {
		t.Error("half a document was read")
	}
}

func TestCheckNamesTheFaultAndItsWitness(t *testing.T) {
	edit := func(fn func(*Edition)) Edition {
		e, _ := ParseEdition(Simple().Document())
		fn(&e)
		return e
	}
	for name, c := range map[string]struct {
		e    Edition
		want string
	}{
		"nothing at all":         {Edition{}, "経路がありません"},
		"a case without a route": {edit(func(e *Edition) { e.Rules[1].Most.C = 3 }), "どの行にも当たらない場合があります。例：集積・分散・広域連合長・電子情報・マイナンバー利用事務系・機密性の順位4"},
		"a zone without a route": {edit(func(e *Edition) { e.Rules[1].Zones = []string{asset.ZoneLGWAN} }), "どの行にも当たらない"},
		"a case with two routes": {edit(func(e *Edition) { e.Rules[1].Deeds = append(e.Rules[1].Deeds, Dispose) }), "1行目と2行目の両方に当たる場合があります。例：廃棄・広域連合長"},
		"two routes in one organ": {edit(func(e *Edition) {
			e.Rules = append(e.Rules, Rule{Deeds: []Deed{Stocktake}, Organs: []string{"GK"}, Route: "ciso"})
		}), "例：棚卸しの完了・議会"},
		"a route without a decision": {edit(func(e *Edition) { e.Routes[0].Legs[0].Kind = Consulting }), "申請した人だけで終わってしまいます"},
		"a route without a leg":      {edit(func(e *Edition) { e.Routes[0].Legs = nil }), "申請した人だけで終わってしまいます"},
		"a 合議 at the end":            {edit(func(e *Edition) { e.Routes[0].Legs = append(e.Routes[0].Legs, Leg{Kind: Consulting, Role: org.Chief}) }), "最後に決裁の段"},
		"a way down":                 {edit(func(e *Edition) { e.Routes[1].Legs = append(e.Routes[1].Legs, leg(org.Manager)) }), "前の段より下の役割"},
		"a leg twice":                {edit(func(e *Edition) { e.Routes[1].Legs = append(e.Routes[1].Legs, leg(org.Responsible)) }), "前の段と同じ"},
		"a registrant decides":       {edit(func(e *Edition) { e.Routes[0].Legs[0].Role = org.Registrant }), "決裁できる役割"},
		"an auditor decides":         {edit(func(e *Edition) { e.Routes[0].Legs[0].Role = org.Auditor }), "決裁できる役割"},
		"a post that is not there":   {edit(func(e *Edition) { e.Routes[0].Legs[0].Posts = []string{"nemo"} }), "「nemo」は、組織にありません"},
		"a post of another role":     {edit(func(e *Edition) { e.Routes[0].Legs[0].Posts = []string{"kyokucho"} }), "情報セキュリティ管理者の職ではありません"},
		"専決 for a lower role":        {edit(func(e *Edition) { e.Routes[1].Legs[0].For = org.Manager }), "より上の役割"},
		"a limit of no length":       {edit(func(e *Edition) { e.Routes[1].Legs[0].Days = -1 }), "日数"},
		"two routes of one code":     {edit(func(e *Edition) { e.Routes[1].Code = e.Routes[0].Code }), "二つあります"},
		"a code of capitals":         {edit(func(e *Edition) { e.Routes[0].Code = "A b" }), "英小文字"},
		"a route without a name":     {edit(func(e *Edition) { e.Routes[0].Name = "" }), "名称"},
		"a rule to nowhere":          {edit(func(e *Edition) { e.Rules[0].Route = "x" }), "経路「x」はありません"},
		"a rule without a deed":      {edit(func(e *Edition) { e.Rules[0].Deeds = nil }), "行為を選んで"},
		"a deed that is not":         {edit(func(e *Edition) { e.Rules[0].Deeds = []Deed{"eat"} }), "「eat」はありません"},
		"a kind that is not":         {edit(func(e *Edition) { e.Rules[0].Kinds = []asset.Kind{"XX"} }), "種別「XX」"},
		"a zone that is not":         {edit(func(e *Edition) { e.Rules[0].Zones = []string{"ZZ"} }), "領域「ZZ」"},
		"an organ that is not":       {edit(func(e *Edition) { e.Rules[0].Organs = []string{"ZZ"} }), "機関「ZZ」"},
		"levels upside down":         {edit(func(e *Edition) { e.Rules[0].Least.C, e.Rules[0].Most.C = 4, 3 }), "下限が上限を超えない"},
		"a level of a stocktake":     {edit(func(e *Edition) { e.Rules[2].Least.C = 2 }), "資産のない行為"},
		"a route that nobody walks": {edit(func(e *Edition) {
			e.Routes = append(e.Routes, Route{Code: "x", Name: "余り", Legs: []Leg{leg(org.Chief)}})
		}), "どの場合にも使われません"},
	} {
		ps := c.e.Check(body)
		if !slices.ContainsFunc(ps, func(p Problem) bool { return strings.Contains(p.Text, c.want) }) {
			t.Errorf("%s: %+v, want %q", name, ps, c.want)
		}
	}
}

// The people of today walk each route: who could not, and who could alone, is named.
func TestCheckWalksTheRoutes(t *testing.T) {
	e := Simple()
	e.Routes[0].Legs = []Leg{leg(org.Manager), {Kind: Deciding, Role: org.Responsible, Again: true}}
	b := body
	b.Offices = []Office{
		{Name: "総務課", Organ: "KR", Ladder: []Rung{rung(org.Manager, 1, 2), rung(org.Responsible, 1, 2), rung(org.CISO, 1, 9)}, Applicants: []Applicant{{1, "山田"}}},
		{Name: "議会事務局", Organ: "GK", Ladder: []Rung{rung(org.Manager, 5, 6)}, Applicants: []Applicant{{6, "井上"}}},
	}
	ps := e.Check(b)
	has := func(text string, warns bool) {
		t.Helper()
		if !slices.ContainsFunc(ps, func(p Problem) bool { return strings.Contains(p.Text, text) && p.Warns == warns }) {
			t.Errorf("%+v does not say %q", ps, text)
		}
	}
	has("総務課で山田さんが申請すると、一人が2段すべてを決裁できます", false)
	has("議会事務局の井上さんが申請すると、決裁できる人がほかにいません", true)
	e.Routes[0].Legs[1].Again = false // now the rule of one person, one step stands in the way
	if ps = e.Check(b); Blocks(ps) {
		t.Errorf("%+v", ps)
	}
}

// Whatever the rules: an edition without a problem leads every case to exactly one route, one with a
// gap or an overlap is told, and what it says is so.
func TestCheckIsTotal(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		e := Edition{Routes: []Route{{Code: "m", Name: "m", Legs: []Leg{leg(org.Manager)}}}}
		for range rapid.IntRange(1, 4).Draw(t, "rules") {
			r := Rule{Route: "m", Deeds: rapid.SliceOfNDistinct(rapid.SampledFrom([]Deed{Register, Change, Lower}), 1, 3, rapid.ID).Draw(t, "deeds")}
			r.Least.C = classify.Rank(rapid.IntRange(0, 4).Draw(t, "least"))
			if rapid.Bool().Draw(t, "bounded") {
				r.Most.C = classify.Rank(rapid.IntRange(int(max(r.Least.C, 1)), 9).Draw(t, "most"))
			}
			r.Zones = rapid.SliceOfNDistinct(rapid.SampledFrom([]string{"MN", "LG"}), 0, 2, rapid.ID).Draw(t, "zones")
			e.Rules = append(e.Rules, r)
		}
		rest := slices.DeleteFunc(Deeds(), func(d Deed) bool { return d == Register || d == Change || d == Lower })
		e.Rules = append(e.Rules, Rule{Route: "m", Deeds: rest})
		good := true
		for _, d := range []Deed{Register, Change, Lower} {
			for c := classify.Rank(1); c <= 9; c++ {
				for _, z := range []string{"MN", "LG", "IT", asset.ZoneOutside} {
					n := 0
					for _, r := range e.Rules {
						if r.Holds(Case{Deed: d, Kind: asset.Info, Levels: classify.Levels{C: c, I: 1, A: 1}, Zone: z, Organ: "KR"}) {
							n++
						}
					}
					good = good && n == 1
				}
			}
		}
		if ps := e.Check(Body{Organs: body.Organs}); Blocks(ps) == good {
			t.Fatalf("sound: %v, and the check says %+v of %+v", good, ps, e.Rules)
		}
	})
}

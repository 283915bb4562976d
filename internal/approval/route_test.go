package approval

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"daicho/internal/asset"
	"daicho/internal/errs"
	"daicho/internal/org"
)

// rung is a post of its own for each role and unit; its id is unit*10 + height.
func rung(r org.Role, unit int64, persons ...int64) Rung {
	return Rung{Post: unit*10 + int64(slices.Index(deciders, r)), Role: r, Unit: unit, Persons: persons, Near: true}
}

func leg(r org.Role) Leg { return Leg{Kind: Deciding, Role: r} }

// posts are the posts of the steps of a way, for comparing.
func posts(steps []Step) [][]int64 {
	var out [][]int64
	for _, s := range steps {
		out = append(out, s.Posts)
	}
	return out
}

func TestResolve(t *testing.T) {
	const applicant, kacho, other, jicho, tokatsu, ciso = 1, 2, 3, 4, 5, 6
	full := []Rung{
		rung(org.Manager, 10, kacho), rung(org.Manager, 20, other), rung(org.Responsible, 20, jicho),
		rung(org.Chief, 30, tokatsu), rung(org.CISO, 30, ciso),
	}
	privacy := Rung{Post: 999, Code: "privacy", Role: org.Manager, Unit: 99, Persons: []int64{7}}
	both := []Leg{leg(org.Manager), leg(org.Responsible)}
	deputy := rung(org.Manager, 40, 8)
	deputy.Deputy = true
	for _, c := range []struct {
		name      string
		applicant int64
		legs      []Leg
		ladder    []Rung
		want      [][]int64 // posts
		fails     bool
	}{
		{name: "the manager of the unit", applicant: applicant, legs: both[:1], ladder: full, want: [][]int64{{100}}},
		{name: "the manager applies: the manager above", applicant: kacho, legs: both[:1], ladder: full, want: [][]int64{{200}}},
		{name: "two share the post: the other one decides", applicant: kacho, legs: both[:1], ladder: []Rung{rung(org.Manager, 10, kacho, other)}, want: [][]int64{{100}}},
		{name: "管理者 → 責任者", applicant: applicant, legs: both, ladder: full, want: [][]int64{{100}, {201}}},
		{name: "the 責任者 alone", applicant: applicant, legs: both[1:], ladder: full, want: [][]int64{{201}}},
		{name: "the 責任者 applies: climbs", applicant: jicho, legs: both[1:], ladder: full, want: [][]int64{{302}}},
		{name: "the only 責任者 applies, and is the 統括 too: climbs on", applicant: jicho, legs: both[1:],
			ladder: []Rung{rung(org.Manager, 10, kacho), rung(org.Responsible, 20, jicho), rung(org.Chief, 30, jicho), rung(org.CISO, 30, ciso)}, want: [][]int64{{303}}},
		{name: "no manager but the applicant: both legs come to the 責任者, who decides once", applicant: kacho, legs: both,
			ladder: []Rung{rung(org.Manager, 10, kacho), rung(org.Responsible, 20, jicho)}, want: [][]int64{{201}}},
		{name: "one person holds both posts: the later leg climbs", applicant: applicant, legs: both,
			ladder: []Rung{rung(org.Manager, 10, jicho), rung(org.Responsible, 20, jicho), rung(org.Chief, 30, tokatsu)}, want: [][]int64{{100}, {302}}},
		{name: "one person holds both posts, and nothing is above: one step at the higher", applicant: applicant, legs: both,
			ladder: []Rung{rung(org.Manager, 10, jicho), rung(org.Responsible, 20, jicho)}, want: [][]int64{{201}}},
		{name: "two people for two posts that both hold", applicant: applicant, legs: both,
			ladder: []Rung{rung(org.Manager, 10, kacho, jicho), rung(org.Responsible, 20, jicho)}, want: [][]int64{{100}, {201}}},
		{name: "the same person may, where the route says so", applicant: applicant, legs: []Leg{leg(org.Manager), {Kind: Deciding, Role: org.Responsible, Again: true}},
			ladder: []Rung{rung(org.Manager, 10, jicho), rung(org.Responsible, 20, jicho)}, want: [][]int64{{100}, {201}}},
		{name: "an independent organ without a 統括: its highest post decides once", applicant: applicant, legs: []Leg{leg(org.Responsible), leg(org.Chief)},
			ladder: []Rung{rung(org.Manager, 10, kacho), rung(org.Responsible, 20, jicho)}, want: [][]int64{{201}}},
		{name: "nobody above but the applicant: never down to the manager", applicant: jicho, legs: both[1:],
			ladder: []Rung{rung(org.Manager, 10, kacho), rung(org.Responsible, 20, jicho)}, fails: true},
		{name: "nobody above but the applicant: the deputy whom the organ named", applicant: jicho, legs: both[1:],
			ladder: []Rung{rung(org.Manager, 10, kacho), rung(org.Responsible, 20, jicho), deputy}, want: [][]int64{{400}}},
		{name: "a deputy is not asked while another stands there", applicant: applicant, legs: both[1:],
			ladder: []Rung{rung(org.Responsible, 20, jicho), deputy}, want: [][]int64{{201}}},
		{name: "an organ without a 責任者: its highest post", applicant: applicant, legs: both[1:],
			ladder: []Rung{rung(org.Manager, 10, kacho), rung(org.Manager, 20, other)}, want: [][]int64{{100}}},
		{name: "an organ of one post that the applicant holds", applicant: kacho, legs: both[:1], ladder: []Rung{rung(org.Manager, 10, kacho)}, fails: true},
		{name: "nobody at all", applicant: applicant, legs: both[:1], fails: true},
		{name: "a post that nobody holds", applicant: applicant, legs: both[:1], ladder: []Rung{rung(org.Manager, 10), rung(org.Chief, 30, tokatsu)}, want: [][]int64{{302}}},
		{name: "合議 before the decision that it prepares", applicant: applicant,
			legs: []Leg{leg(org.Manager), {Kind: Consulting, Role: org.Manager, Posts: []string{"privacy"}}, leg(org.Responsible)}, ladder: append(slices.Clone(full), privacy),
			want: [][]int64{{100}, {999}, {201}}},
		{name: "合議 of a post that is not there is left out", applicant: applicant,
			legs: []Leg{{Kind: Consulting, Role: org.Manager, Posts: []string{"privacy"}}, leg(org.Manager)}, ladder: full, want: [][]int64{{100}}},
		{name: "合議 of the applicant is left out", applicant: 7,
			legs: []Leg{{Kind: Consulting, Role: org.Manager, Posts: []string{"privacy"}}, leg(org.Manager)}, ladder: append(slices.Clone(full), privacy), want: [][]int64{{100}}},
		{name: "合議 for a leg that became one with another", applicant: kacho,
			legs:   []Leg{leg(org.Manager), {Kind: Consulting, Role: org.Manager, Posts: []string{"privacy"}}, leg(org.Responsible)},
			ladder: []Rung{rung(org.Manager, 10, kacho), rung(org.Responsible, 20, jicho), privacy}, want: [][]int64{{999}, {201}}},
		{name: "a named post decides", applicant: applicant, legs: []Leg{{Kind: Deciding, Role: org.Manager, Posts: []string{"privacy"}}}, ladder: append(slices.Clone(full), privacy),
			want: [][]int64{{999}}},
		{name: "a named post in another organ: the nearest of its role", applicant: applicant, legs: []Leg{{Kind: Deciding, Role: org.Manager, Posts: []string{"privacy"}}}, ladder: full,
			want: [][]int64{{100}}},
		{name: "all posts of the rung, one after the other", applicant: applicant, legs: []Leg{{Kind: Deciding, Role: org.Manager, All: true}},
			ladder: []Rung{rung(org.Manager, 10, kacho), {Post: 105, Role: org.Manager, Unit: 10, Persons: []int64{other}, Near: true}}, want: [][]int64{{100}, {105}}},
		{name: "any post of the rung", applicant: applicant, legs: both[:1],
			ladder: []Rung{rung(org.Manager, 10, kacho), {Post: 105, Role: org.Manager, Unit: 10, Persons: []int64{other}, Near: true}}, want: [][]int64{{100, 105}}},
		{name: "a post of another unit takes nothing that does not name it", applicant: applicant, legs: both[:1], ladder: []Rung{privacy}, fails: true},
	} {
		t.Run(c.name, func(t *testing.T) {
			steps, err := Resolve(c.applicant, c.legs, c.ladder)
			if c.fails {
				if errs.KindOf(err) != errs.Conflict || errs.MessageOf(err) == "" {
					t.Errorf("%v, %v", steps, err)
				}
				return
			}
			if d := cmp.Diff(c.want, posts(steps)); err != nil || d != "" {
				t.Errorf("%v (-want +got):\n%s", err, d)
			}
		})
	}
}

func TestStandingDecision(t *testing.T) {
	steps, err := Resolve(1, []Leg{{Kind: Deciding, Role: org.Manager, For: org.Responsible, Days: 5}}, []Rung{{Post: 1, Role: org.Manager, Unit: 2, Name: "総務課", Persons: []int64{2}, Near: true}})
	if err != nil || steps[0].Words() != "総務課の情報セキュリティ管理者（情報セキュリティ責任者の専決）" || steps[0].Days != 5 {
		t.Errorf("%+v %v", steps, err)
	}
}

func drawLadder(t *rapid.T) []Rung {
	var ladder []Rung
	for _, r := range deciders {
		for range rapid.IntRange(0, 2).Draw(t, "rungs") {
			ladder = append(ladder, rung(r, rapid.Int64Range(1, 3).Draw(t, "unit"), rapid.SliceOfN(rapid.Int64Range(1, 5), 0, 3).Draw(t, "persons")...))
		}
	}
	return ladder
}

// Whoever applies, whatever the route and whoever holds the posts: the way ends with a decision, its
// steps can be taken by different people none of whom is the applicant, roles never go down, and the
// last stands as high as the last leg while the organ has such a post. It fails only where nobody but
// the applicant stands there.
func TestResolveNeverEndsAtTheApplicant(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		ladder := drawLadder(t)
		applicant := rapid.Int64Range(1, 5).Draw(t, "applicant")
		var legs []Leg
		for _, r := range deciders {
			if rapid.Bool().Draw(t, string(r)) {
				legs = append(legs, Leg{Kind: Deciding, Role: r, All: rapid.Bool().Draw(t, "all")})
			}
		}
		if len(legs) == 0 {
			legs = []Leg{leg(org.Manager)}
		}
		height := func(r org.Role) int { return slices.Index(deciders, r) }
		top := -1
		for _, r := range ladder {
			top = max(top, height(r.Role))
		}
		floor := min(legs[len(legs)-1].Height(), top)
		able := false
		for _, r := range ladder {
			able = able || height(r.Role) >= floor && slices.ContainsFunc(r.Persons, func(p int64) bool { return p != applicant })
		}
		steps, err := Resolve(applicant, legs, ladder)
		if err != nil {
			if able && len(legs) == 1 && !legs[0].All {
				t.Fatalf("somebody could decide: %v over %v", legs, ladder)
			}
			return
		}
		if !able {
			t.Fatalf("nobody could decide, and yet %v", steps)
		}
		var slots []slot
		for i, s := range steps {
			x := slot{Step: s}
			for _, r := range ladder {
				if slices.Contains(s.Posts, r.Post) {
					for _, p := range r.Persons {
						if p != applicant {
							x.persons = append(x.persons, p)
						}
					}
				}
			}
			if i > 0 && height(s.Role) < height(steps[i-1].Role) {
				t.Fatalf("the way goes down: %v", steps)
			}
			slots = append(slots, x)
		}
		if !apart(slots) {
			t.Fatalf("%v cannot be walked by different people: %v", steps, ladder)
		}
		if last := steps[len(steps)-1]; height(last.Role) < floor {
			t.Fatalf("ends at %s, below %v", last.Role, legs)
		}
	})
}

func TestBalances(t *testing.T) {
	plain := asset.Relation{Type: "stores", Outgoing: true, Other: 7}
	note := plain
	note.Note = "備考"
	gather := plain
	gather.Effect, gather.Note, gather.Values = asset.Gather, "合わせると県民全員になる", map[string]string{"pass_c": "3B"}
	more := gather
	more.Values = map[string]string{"pass_c": "3A"}
	reason := gather
	reason.Note = "別の理由"
	spread := gather
	spread.Effect = asset.Spread
	list := func(r ...asset.Relation) []asset.Relation { return r }
	for name, c := range map[string]struct {
		old, now []asset.Relation
		want     bool
	}{
		"nothing":                  {nil, nil, false},
		"a plain one added":        {nil, list(plain), false},
		"a note changed":           {list(plain), list(note), false},
		"集積 added with the line":   {nil, list(gather), true},
		"集積 put on a line":         {list(plain), list(gather), true},
		"集積 kept, another line":    {list(gather), list(gather, note), false},
		"its level changed":        {list(gather), list(more), true},
		"its reason changed":       {list(gather), list(reason), true},
		"集積 turned into 分散":        {list(gather), list(spread), true},
		"taken off the line":       {list(gather), list(plain), true},
		"taken away with its line": {list(gather), nil, true},
	} {
		if got := Balances(c.old, c.now); got != c.want {
			t.Errorf("%s: %v, want %v", name, got, c.want)
		}
	}
}

func steps3() []Step {
	return []Step{{No: 1, Kind: Deciding, Role: org.Manager}, {No: 2, Kind: Consulting, Role: org.Manager}, {No: 3, Kind: Deciding, Role: org.Responsible}}
}

func TestDecidable(t *testing.T) {
	a := Application{State: Submitted, Applicant: 1, Digest: [32]byte{1}, Steps: steps3()}
	if err := a.Decidable(1); errs.KindOf(err) != errs.Forbidden {
		t.Errorf("one's own: %v", err)
	}
	if err := a.Decidable(2); err != nil {
		t.Error(err)
	}
	if err := a.Withdrawable(2); errs.KindOf(err) != errs.Forbidden {
		t.Errorf("withdrawn by another: %v", err)
	}
	a.Decisions = []Decision{{Step: 1, Person: 2, Outcome: Approve}}
	if err := a.Decidable(2); errs.CodeOf(err) != "approval.twice" {
		t.Errorf("a second step: %v", err)
	}
	a.Steps[1].Again = true
	if err := a.Decidable(2); err != nil {
		t.Errorf("a step that the same person may take: %v", err)
	}
	for _, s := range []State{Returned, Approved, Withdrawn} {
		a.State = s
		if errs.KindOf(a.Decidable(3)) != errs.Conflict || errs.KindOf(a.Withdrawable(1)) != errs.Conflict {
			t.Errorf("%s is still open", s)
		}
	}
}

// A return to an earlier step voids what was decided from there on, and nothing before.
func TestSentBack(t *testing.T) {
	a := Application{State: Submitted, Applicant: 1, Steps: steps3()}
	at := func(want int, last bool) {
		t.Helper()
		s, ok := a.Next()
		if s.No != want || ok != (want != 0) || want != 0 && a.Last(want) != last {
			t.Errorf("stands at %d, last %v; want %d, %v", s.No, a.Last(want), want, last)
		}
	}
	at(1, false)
	a.Decisions = append(a.Decisions, Decision{Step: 1, Person: 2, Outcome: Approve})
	at(2, false)
	a.Decisions = append(a.Decisions, Decision{Step: 2, Person: 3, Outcome: Opine})
	at(3, true)
	if e := a.Earlier(3); len(e) != 1 || e[0].No != 1 {
		t.Errorf("could be sent back to %v", e)
	}
	a.Decisions = append(a.Decisions, Decision{Step: 3, Person: 4, Outcome: SendBack, BackTo: 1})
	at(1, false)
	a.Decisions = append(a.Decisions, Decision{Step: 1, Person: 2, Outcome: Approve})
	at(2, false) // the one consulted sees it again, because it may be another thing now
	a.Decisions = append(a.Decisions, Decision{Step: 2, Person: 3, Outcome: Agree}, Decision{Step: 3, Person: 4, Outcome: Approve})
	at(0, false)
}

func TestCheckDecision(t *testing.T) {
	a := Application{State: Submitted, Applicant: 1, Digest: [32]byte{1}, Steps: steps3(), Decisions: []Decision{{Step: 1, Person: 2, Outcome: Approve}, {Step: 2, Person: 3, Outcome: Agree}}}
	asked := a
	asked.Decisions = a.Decisions[:1]
	for name, c := range map[string]struct {
		a       Application
		outcome Outcome
		comment string
		back    int
		seen    [32]byte
		want    string
	}{
		"approved":                         {a, Approve, "", 0, a.Digest, ""},
		"returned with a word":             {a, Return, "直してください", 0, a.Digest, ""},
		"returned without one":             {a, Return, " 　\n", 0, a.Digest, "approval.comment"},
		"neither":                          {a, "maybe", "", 0, a.Digest, "approval.outcome"},
		"another list on screen":           {a, Approve, "", 0, [32]byte{2}, "approval.seen"},
		"returned from an old list":        {a, Return, "直してください", 0, [32]byte{2}, "approval.seen"},
		"sent back":                        {a, SendBack, "確かめて", 1, a.Digest, ""},
		"sent back without a word":         {a, SendBack, "", 1, a.Digest, "approval.comment"},
		"sent back to the one consulted":   {a, SendBack, "確かめて", 2, a.Digest, "approval.back_to"},
		"sent back to itself":              {a, SendBack, "確かめて", 3, a.Digest, "approval.back_to"},
		"an opinion at a decision":         {a, Opine, "よい", 0, a.Digest, "approval.outcome"},
		"agreed at a 合議":                   {asked, Agree, "", 0, a.Digest, ""},
		"an opinion without a word":        {asked, Opine, "　", 0, a.Digest, "approval.opinion"},
		"an opinion":                       {asked, Opine, "暗号化が要る", 0, a.Digest, ""},
		"an approval by the one consulted": {asked, Approve, "", 0, a.Digest, "approval.outcome"},
	} {
		err := CheckDecision(c.a, c.outcome, c.comment, c.back, c.seen)
		if errs.CodeOf(err) != c.want {
			t.Errorf("%s: %v, want %q", name, err, c.want)
		}
	}
}

// The digest names the list and not its order, and everything in it.
func TestDigest(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		item := rapid.Custom(func(t *rapid.T) Item {
			return Item{rapid.Int64Range(1, 99).Draw(t, "asset"), rapid.IntRange(1, 9).Draw(t, "version"), [32]byte{rapid.Byte().Draw(t, "material")}}
		})
		list := rapid.SliceOfNDistinct(item, 1, 8, func(i Item) int64 { return i.Asset }).Draw(t, "list")
		want := Digest(list)
		if got := Digest(rapid.Permutation(list).Draw(t, "order")); got != want {
			t.Fatal("the order counts")
		}
		i := rapid.IntRange(0, len(list)-1).Draw(t, "at")
		other := append([]Item(nil), list...)
		other[i].Material[31]++
		if Digest(other) == want || Digest(list[1:]) == want {
			t.Fatal("another list has the same digest")
		}
	})
}

// What is drawn follows from the seed alone, whatever the order of the items, and is as many as said.
func TestDraw(t *testing.T) {
	if SampleSize(5, 5) != 0 || SampleSize(6, 6) != 3 || SampleSize(3000, 2500) != 50 || SampleSize(3000, 2501) != 51 || SampleSize(100, 0) != 0 {
		t.Error("the size of a sample")
	}
	rapid.Check(t, func(t *rapid.T) {
		seed := [16]byte(rapid.SliceOfN(rapid.Byte(), 16, 16).Draw(t, "seed"))
		list := rapid.SliceOfNDistinct(rapid.Int64Range(1, 1e6), 0, 50, rapid.ID).Draw(t, "list")
		n := rapid.IntRange(0, 60).Draw(t, "n")
		got := Draw(seed, list, n)
		if len(got) != min(n, len(list)) || !slices.Equal(got, Draw(seed, rapid.Permutation(list).Draw(t, "order"), n)) {
			t.Fatalf("drew %v of %v", got, list)
		}
		for _, g := range got {
			if !slices.Contains(list, g) {
				t.Fatalf("%d was not in the list", g)
			}
		}
	})
	list := []int64{1, 2, 3, 4, 5, 6, 7, 8, 9}
	same := 0
	for b := range 20 {
		if slices.Equal(Draw([16]byte{byte(b)}, list, 3), Draw([16]byte{byte(b + 1)}, list, 3)) {
			same++
		}
	}
	if same > 10 {
		t.Error("the seed hardly counts")
	}
}

func TestWay(t *testing.T) {
	e := Edition{
		Routes: []Route{
			{Code: "m", Legs: []Leg{{Kind: Deciding, Role: org.Manager, Days: 7}}},
			{Code: "mr", Legs: []Leg{{Kind: Deciding, Role: org.Manager, Days: 5}, leg(org.Responsible)}},
			{Code: "rc", Legs: []Leg{{Kind: Consulting, Role: org.Manager, Posts: []string{"x"}}, leg(org.Responsible), leg(org.Chief)}},
		},
		Rules: []Rule{{Deeds: []Deed{Register}, Route: "m"}, {Deeds: []Deed{Lower}, Route: "mr"}, {Deeds: []Deed{UseCloud}, Route: "rc"}},
	}
	legs, err := e.Way([]Case{{Deed: UseCloud}, {Deed: Register}, {Deed: Lower}})
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, l := range legs {
		got = append(got, strings.TrimSpace(l.key()))
	}
	if d := cmp.Diff([]string{"decide manager", "consult manager x", "decide responsible", "decide chief"}, got); d != "" || legs[0].Days != 5 {
		t.Errorf("%d days (-want +got):\n%s", legs[0].Days, d)
	}
	if _, err := e.Way([]Case{{Deed: Dispose}}); errs.CodeOf(err) != "approval.no_route" || errs.MessageOf(err) == "" {
		t.Errorf("a case that nothing speaks of: %v", err)
	}
}

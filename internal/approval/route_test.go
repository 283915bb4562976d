package approval

import (
	"testing"

	"pgregory.net/rapid"

	"daicho/internal/asset"
	"daicho/internal/errs"
	"daicho/internal/org"
)

func rung(r org.Role, unit int64, persons ...int64) Holder {
	return Holder{Step: Step{r, unit}, Persons: persons}
}

func TestRoute(t *testing.T) {
	const applicant, kacho, other, jicho, tokatsu, ciso = 1, 2, 3, 4, 5, 6
	full := []Holder{
		rung(org.Manager, 10, kacho), rung(org.Manager, 20, other), rung(org.Responsible, 20, jicho),
		rung(org.Chief, 30, tokatsu), rung(org.CISO, 30, ciso),
	}
	for _, c := range []struct {
		name      string
		applicant int64
		least     org.Role
		ladder    []Holder
		want      Step
		fails     bool
	}{
		{name: "the manager of the unit", applicant: applicant, least: org.Manager, ladder: full, want: Step{org.Manager, 10}},
		{name: "the manager applies: the manager above", applicant: kacho, least: org.Manager, ladder: full, want: Step{org.Manager, 20}},
		{name: "two share the post: the other one decides", applicant: kacho, least: org.Manager, ladder: []Holder{rung(org.Manager, 10, kacho, other)}, want: Step{org.Manager, 10}},
		{name: "集積: the one responsible", applicant: applicant, least: org.Responsible, ladder: full, want: Step{org.Responsible, 20}},
		{name: "集積, and the one responsible applies: climbs", applicant: jicho, least: org.Responsible, ladder: full, want: Step{org.Chief, 30}},
		{name: "the only one responsible applies, and is the chief too: climbs on", applicant: jicho, least: org.Responsible,
			ladder: []Holder{rung(org.Manager, 10, kacho), rung(org.Responsible, 20, jicho), rung(org.Chief, 30, jicho), rung(org.CISO, 30, ciso)}, want: Step{org.CISO, 30}},
		{name: "nobody above but the applicant: never down to the manager", applicant: jicho, least: org.Responsible,
			ladder: []Holder{rung(org.Manager, 10, kacho), rung(org.Responsible, 20, jicho)}, fails: true},
		{name: "an organ without a 責任者: its highest post", applicant: applicant, least: org.Responsible,
			ladder: []Holder{rung(org.Manager, 10, kacho), rung(org.Manager, 20, other)}, want: Step{org.Manager, 10}},
		{name: "an organ of one post that the applicant holds", applicant: kacho, least: org.Responsible, ladder: []Holder{rung(org.Manager, 10, kacho)}, fails: true},
		{name: "nobody at all", applicant: applicant, least: org.Manager, fails: true},
		{name: "a post that nobody holds", applicant: applicant, least: org.Manager, ladder: []Holder{rung(org.Manager, 10), rung(org.Chief, 30, tokatsu)}, want: Step{org.Chief, 30}},
	} {
		t.Run(c.name, func(t *testing.T) {
			steps, err := Route(c.applicant, c.least, c.ladder)
			if c.fails {
				if errs.KindOf(err) != errs.Conflict || errs.MessageOf(err) == "" {
					t.Errorf("%v, %v", steps, err)
				}
				return
			}
			if err != nil || len(steps) != 1 || steps[0] != c.want {
				t.Errorf("%v, %v; want %v", steps, err, c.want)
			}
		})
	}
}

// Whoever applies and whatever the ladder: the route never ends at the applicant alone, and never
// below the least role while the organ has a post of it.
func TestRouteNeverEndsAtTheApplicant(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var ladder []Holder
		for _, r := range deciders {
			for range rapid.IntRange(0, 2).Draw(t, "rungs") {
				ladder = append(ladder, rung(r, rapid.Int64Range(1, 5).Draw(t, "unit"), rapid.SliceOfN(rapid.Int64Range(1, 4), 1, 3).Draw(t, "persons")...))
			}
		}
		applicant, least := rapid.Int64Range(1, 4).Draw(t, "applicant"), rapid.SampledFrom(deciders).Draw(t, "least")
		steps, err := Route(applicant, least, ladder)
		if err != nil {
			return
		}
		reached, found := false, false
		for _, h := range ladder {
			reached = reached || Higher(h.Step.Role, least) == h.Step.Role
			if h.Step == steps[0] {
				for _, p := range h.Persons {
					found = found || p != applicant
				}
			}
		}
		if !found {
			t.Fatalf("%v is held by the applicant alone: %v", steps, ladder)
		}
		if reached && Higher(steps[0].Role, least) != steps[0].Role {
			t.Fatalf("%v lies below %s: %v", steps, least, ladder)
		}
	})
}

func TestLeast(t *testing.T) {
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
		want     org.Role
	}{
		"nothing":                  {nil, nil, org.Manager},
		"a plain one added":        {nil, list(plain), org.Manager},
		"a note changed":           {list(plain), list(note), org.Manager},
		"集積 added with the line":   {nil, list(gather), org.Responsible},
		"集積 put on a line":         {list(plain), list(gather), org.Responsible},
		"集積 kept, another line":    {list(gather), list(gather, note), org.Manager},
		"its level changed":        {list(gather), list(more), org.Responsible},
		"its reason changed":       {list(gather), list(reason), org.Responsible},
		"集積 turned into 分散":        {list(gather), list(spread), org.Responsible},
		"taken off the line":       {list(gather), list(plain), org.Responsible},
		"taken away with its line": {list(gather), nil, org.Responsible},
	} {
		if got := Least(c.old, c.now); got != c.want {
			t.Errorf("%s: %s, want %s", name, got, c.want)
		}
	}
}

func TestDecidable(t *testing.T) {
	a := Application{State: Submitted, Applicant: 1, Digest: [32]byte{1}}
	if err := a.Decidable(1); errs.KindOf(err) != errs.Forbidden {
		t.Errorf("one's own: %v", err)
	}
	if err := a.Decidable(2); err != nil {
		t.Error(err)
	}
	if err := a.Withdrawable(2); errs.KindOf(err) != errs.Forbidden {
		t.Errorf("withdrawn by another: %v", err)
	}
	for _, s := range []State{Returned, Approved, Withdrawn} {
		a.State = s
		if errs.KindOf(a.Decidable(2)) != errs.Conflict || errs.KindOf(a.Withdrawable(1)) != errs.Conflict {
			t.Errorf("%s is still open", s)
		}
	}
}

func TestCheckDecision(t *testing.T) {
	a := Application{State: Submitted, Applicant: 1, Digest: [32]byte{1}}
	for name, c := range map[string]struct {
		outcome Outcome
		comment string
		seen    [32]byte
		want    errs.Kind
	}{
		"approved":                  {Approve, "", a.Digest, errs.Internal},
		"returned with a word":      {Return, "直してください", a.Digest, errs.Internal},
		"returned without one":      {Return, " 　\n", a.Digest, errs.Invalid},
		"neither":                   {"maybe", "", a.Digest, errs.Invalid},
		"another list on screen":    {Approve, "", [32]byte{2}, errs.Stale},
		"returned from an old list": {Return, "直してください", [32]byte{2}, errs.Stale},
	} {
		err := CheckDecision(a, c.outcome, c.comment, c.seen)
		if (c.want == errs.Internal) != (err == nil) || err != nil && errs.KindOf(err) != c.want {
			t.Errorf("%s: %v", name, err)
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

package asset

import (
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"daicho/internal/classify"
)

func TestStateWords(t *testing.T) {
	if len(States()) != 6 || StatePending.Label() != "申請中" || State("x").Label() != "x" || State("x").Valid() {
		t.Error(States())
	}
}

func TestCompleteness(t *testing.T) {
	d := New(Info)
	if c := d.Completeness(); c.Level != 0 || c.Filled != 0 || c.Missing[0].Key != "name" {
		t.Errorf("%+v", c)
	}
	d = complete(Info)
	c := d.Completeness()
	if c.Level != 1 {
		t.Errorf("what may be submitted has reached level %d: %v", c.Level, c.Missing)
	}
	has := func(c Completeness, key string) bool {
		return slices.ContainsFunc(c.Missing, func(f Field) bool { return f.Key == key })
	}
	d.Values["personal"] = PersonalNone
	if has(d.Completeness(), "subjects") {
		t.Error("the number of persons is missed where there are none")
	}
	d.Values["personal"] = PersonalOrdinary
	if !has(d.Completeness(), "subjects") {
		t.Error("the number of persons is not missed")
	}
	d.Values["lifecycle"] = LifecycleDisposed
	if c := d.Completeness(); c.Level != 0 || !has(c, "disposal_proof") {
		t.Errorf("%+v", c)
	}
}

// Filling in what is missing leads to the top in at most as many steps as there are levels, for
// every kind: no level asks for what cannot be given.
func TestCompletenessCanBeReached(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		d := New(genKind().Draw(t, "kind"))
		last := -1
		for range 20 {
			c := d.Completeness()
			if c.Filled > c.Total {
				t.Fatalf("%d of %d", c.Filled, c.Total)
			}
			if c.Level == TopLevel {
				if len(c.Missing) > 0 || c.Filled != c.Total {
					t.Fatalf("%+v", c)
				}
				return
			}
			if len(c.Missing) == 0 || c.Filled <= last {
				t.Fatalf("level %d and nothing to do: %+v", c.Level, c)
			}
			last = c.Filled
			for _, f := range c.Missing {
				for d.Values[f.Key] == "" {
					d.Values[f.Key] = genValue(t, f)
				}
			}
		}
		t.Fatal("the top level is never reached")
	})
}

func TestFlagsAndFacets(t *testing.T) {
	d := New(Info)
	d.Values = map[string]string{"portable": "1", "cloud": "0", "host_body": "27", "zone": ZoneLGWAN, "personal": PersonalNone}
	if got := d.Flags(); got != FlagPortable|FlagHosted || !got.Has(FlagHosted) || got.Has(FlagHosted|FlagCloud) {
		t.Errorf("%b", got)
	}
	if New(Cloud).Flags() != FlagCloud || New(Contract).Flags() != FlagOutsourced {
		t.Error("flags of the kind itself")
	}
	f := d.Facets(classify.Levels{C: 4, I: 2, A: 1}, "a2")
	if got := f.Key(); got != "IN|4|2|1|LG||20|a2" {
		t.Errorf("the stored form of the key changed: %s", got)
	}
	if f.Levels() != (classify.Levels{C: 4, I: 2, A: 1}) {
		t.Error(f.Levels())
	}
	d.Values["personal"] = ""
	if d.Facets(f.Levels(), "a2") != f {
		t.Error("no personal data, unset or said, is one class")
	}
}

func TestParseFlags(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		f := Flags(rapid.Uint16Range(0, 31).Draw(t, "flags"))
		var s strings.Builder
		for _, c := range f.Codes() {
			s.WriteString(c + " ")
		}
		if got, ok := ParseFlags(s.String()); !ok || got != f || len(f.Labels()) != len(f.Codes()) {
			t.Fatalf("%q: %b %v", s.String(), got, ok)
		}
	})
	if _, ok := ParseFlags("cloud x"); ok {
		t.Error("an unknown flag passes")
	}
}

package check

import (
	"slices"
	"strconv"
	"strings"

	"daicho/internal/asset"
	"daicho/internal/classify"
	"daicho/internal/errs"
	"daicho/internal/jptext"
)

// Test is one condition of a line. There are few kinds of them, and internal/postgres writes each as
// SQL; a test of that package compares the two over drawn documents.
type Test interface {
	holds(f Facts, high classify.Rank, limit int) bool
}

type (
	// AtLeast holds when the level of an axis reaches a rank; rank 0 stands for Set.High.
	AtLeast struct {
		Axis classify.Axis
		Rank classify.Rank
	}
	// BelowHigh holds when 機密性 is set and lies below Set.High.
	BelowHigh struct{}
	// Is holds when the value of a field is one of the codes; "" stands for unset.
	Is struct {
		Key string
		In  []string
	}
	// OverLimit holds when the number in a field reaches the threshold of the rule.
	OverLimit struct{ Key string }
	// Personal holds when the 個人情報の区分 reaches a class.
	Personal struct{ From string }
	// Flagged holds when the asset has all of the traits.
	Flagged struct{ Flags asset.Flags }
	// Either holds when one of the tests does.
	Either []Test
)

// Facts are what the lines about content look at.
type Facts struct {
	Doc    asset.Document
	Levels classify.Levels // in force, or as the form works them out; 0 where unknown
}

func (x AtLeast) holds(f Facts, high classify.Rank, _ int) bool {
	want := x.Rank
	if want == 0 {
		want = high
	}
	return want > 0 && f.Levels.On(x.Axis) >= want
}

func (BelowHigh) holds(f Facts, high classify.Rank, _ int) bool {
	return f.Levels.C != 0 && f.Levels.C < high
}

func (x Is) holds(f Facts, _ classify.Rank, _ int) bool {
	return slices.Contains(x.In, f.Doc.Get(x.Key))
}

func (x OverLimit) holds(f Facts, _ classify.Rank, limit int) bool {
	n, err := strconv.Atoi(f.Doc.Get(x.Key))
	return err == nil && n >= limit
}

func (x Personal) holds(f Facts, _ classify.Rank, _ int) bool {
	return asset.PersonalRank(f.Doc.Get("personal")) >= asset.PersonalRank(x.From)
}

func (x Flagged) holds(f Facts, _ classify.Rank, _ int) bool { return f.Doc.Flags().Has(x.Flags) }

func (x Either) holds(f Facts, high classify.Rank, limit int) bool {
	return slices.ContainsFunc(x, func(t Test) bool { return t.holds(f, high, limit) })
}

// readsLevels reports whether a test looks at a level.
func readsLevels(t Test) bool {
	switch x := t.(type) {
	case AtLeast, BelowHigh:
		return true
	case Either:
		return slices.ContainsFunc(x, readsLevels)
	}
	return false
}

// Found is one thing that the rules found in a document.
type Found struct {
	Rule Rule
	Line Line
}

// Content evaluates the rules about content over a document: what a form warns of, and what comes
// into force with it. Sources: the rules' own clauses.
func (s Set) Content(f Facts) []Found {
	var out []Found
	gone := f.Doc.Lifecycle() == asset.LifecycleDisposed
	for _, r := range s.Rules {
		if !r.On {
			continue
		}
		for _, l := range r.Lines {
			if l.Source != Content || l.Gone != gone || !l.Concerns(f.Doc.Kind) {
				continue
			}
			if !slices.ContainsFunc(l.If, func(t Test) bool { return !t.holds(f, s.High, r.Limit) }) {
				out = append(out, Found{r, l})
			}
		}
	}
	return out
}

// Warnings is what a form and an approver are told without being stopped, each at its field.
func (s Set) Warnings(f Facts, scheme *classify.Scheme) []*errs.Error {
	return s.tell(f, scheme, func(r Rule) bool { return r.Severity != Refuse })
}

// Refusals is what stops a submission because the body wants the rule so, each at its field; nil when
// nothing does. What asset.Check refuses by itself is not repeated.
func (s Set) Refusals(f Facts, scheme *classify.Scheme) error {
	var out []error
	for _, e := range s.tell(f, scheme, func(r Rule) bool { return r.Severity == Refuse }) {
		out = append(out, e)
	}
	return errs.Join(out...)
}

func (s Set) tell(f Facts, scheme *classify.Scheme, want func(Rule) bool) []*errs.Error {
	var out []*errs.Error
	for _, x := range s.Content(f) {
		if x.Line.Held || !want(x.Rule) {
			continue
		}
		p := Params{Kind: f.Doc.Kind, Field: x.Line.Field, Levels: f.Levels, Value: f.Doc.Get(x.Line.Field)}
		out = append(out, errs.OnField(x.Line.Field, "check."+strings.ToLower(x.Rule.ID), s.Text(x.Rule, x.Line, p, scheme)))
	}
	return out
}

// Params are what the text of a finding names.
type Params struct {
	Kind     asset.Kind
	Field    string
	Levels   classify.Levels // when it was found
	Axis     classify.Axis   // of a finding about one axis
	Level    classify.Rank   // declared, or in force
	Computed classify.Rank   // given by the relations
	Value    string          // of the field
	Day      string          // in words
	Other    string          // name of the other asset, or 他機関の資産
	Old      bool            // the asset stands under an earlier edition, which its codes say
}

// Text puts a finding into words, in the codes of the edition that the asset was judged by. A rank that
// the edition lacks is shown as the next one above it: never less protected.
func (s Set) Text(r Rule, l Line, p Params, scheme *classify.Scheme) string {
	label := p.Field
	if f, ok := asset.Lookup(p.Kind, p.Field); ok {
		label = f.Label
	}
	for _, a := range classify.Axes() {
		if asset.LevelKey(a) == p.Field {
			label = a.Label()
			p.Axis = a
		}
	}
	code := func(a classify.Axis, r classify.Rank) string {
		c := CodeOf(scheme, a, r)
		if p.Old && r > 0 {
			c += classify.OldMark
		}
		return c
	}
	return strings.NewReplacer(
		"{項目}", label, "{値}", valueWords(p), "{しきい値}", jptext.Thousands(strconv.Itoa(r.Limit))+r.Unit, "{相手}", p.Other, "{日}", p.Day,
		"{機密性}", code(classify.Confidentiality, p.Levels.C), "{基準}", code(classify.Confidentiality, s.High),
		"{区分}", code(p.Axis, p.Level), "{計算}", code(p.Axis, p.Computed),
	).Replace(l.Text)
}

func valueWords(p Params) string {
	f, ok := asset.Lookup(p.Kind, p.Field)
	if p.Value == "" {
		return "未記入"
	}
	if ok && len(f.Options) > 0 {
		return asset.Label(f.Options, p.Value)
	}
	return p.Value
}

// CodeOf is the code of a rank in a scheme, or of the least level above it that the scheme has;
// "未定" when there is none.
func CodeOf(s *classify.Scheme, a classify.Axis, r classify.Rank) string {
	if s != nil {
		if l, ok := s.ByRank(a, r); ok {
			return l.Code
		}
	}
	return "未定"
}

package classify

import (
	"maps"
	"slices"
	"strconv"
)

// Exploration is what a walk over every combination of answers found out about the decision table of
// one axis.
type Exploration struct {
	// Undecided are answers that no row decides; nil when the table is total.
	Undecided map[string]string
	// Dead are the rows, counted from 0 in the order of the table, that no answers ever reach.
	Dead []int
	// Whole is false when there were more cases than are looked at; then nothing is said for certain.
	Whole bool
}

// exploreLimit bounds the cases of one table. The tables that ship need a few hundred.
const exploreLimit = 200_000

// Explore walks all answers that matter to the decision table of an axis: those that questions offer,
// no answer, and for a number the values around each bound. It asks a question only where a row's
// condition hangs on it, so that the cases stay few.
func (s *Scheme) Explore(a Axis) Exploration {
	x := explorer{s: s, questions: map[string]Question{}, at: map[string]int{}, hit: map[int]bool{}, left: exploreLimit}
	for i, q := range s.Questions {
		x.questions[q.Code], x.at[q.Code] = q, i
	}
	for _, r := range s.Rules {
		if r.Axis == a {
			x.rules = append(x.rules, r)
		}
	}
	x.walk(map[string]string{}, 0)
	out := Exploration{Undecided: x.open, Whole: x.left > 0}
	for i := range x.rules {
		if !x.hit[i] && out.Whole {
			out.Dead = append(out.Dead, i)
		}
	}
	return out
}

type explorer struct {
	s         *Scheme
	questions map[string]Question
	at        map[string]int // place of a question
	rules     []Rule
	hit       map[int]bool
	open      map[string]string
	left      int
}

// walk decides the rows from the i-th on under the answers so far.
func (x *explorer) walk(answers map[string]string, i int) {
	if x.left <= 0 {
		return
	}
	x.left--
	for ; i < len(x.rules); i++ {
		holds := true
		for _, c := range x.rules[i].Conds {
			if _, known := answers[c.Code]; !known {
				x.branch(answers, c.Code, i)
				return
			}
			if !c.Holds(answers) {
				holds = false
				break
			}
		}
		if holds {
			x.hit[i] = true
			return
		}
	}
	if x.open == nil {
		x.open = maps.Clone(answers)
		maps.DeleteFunc(x.open, func(_, v string) bool { return v == "" })
	}
}

// branch goes on with every answer that a question may have where it stands.
func (x *explorer) branch(answers map[string]string, code string, i int) {
	q, ok := x.questions[code]
	if !ok { // no such question: it is never answered
		x.with(answers, code, "", i)
		return
	}
	for _, c := range q.ShownWhen {
		at, asked := x.at[c.Code]
		seen := answers
		if !asked || at >= x.at[code] { // asked later, if at all: no answer yet
			seen = nil
		} else if _, known := answers[c.Code]; !known {
			x.branch(answers, c.Code, i)
			return
		}
		if !c.Holds(seen) {
			x.with(answers, code, "", i)
			return
		}
	}
	for _, v := range x.values(q) {
		x.with(answers, code, v, i)
	}
}

func (x *explorer) with(answers map[string]string, code, value string, i int) {
	answers[code] = value
	x.walk(answers, i)
	delete(answers, code)
}

// values are the answers of a question that can make a difference.
func (x *explorer) values(q Question) []string {
	out := []string{""}
	for _, o := range q.Options {
		out = append(out, o.Value)
	}
	if len(q.Options) > 0 {
		return out
	}
	bounds := map[float64]bool{0: true}
	look := func(cs []Cond) {
		for _, c := range cs {
			if n, err := strconv.ParseFloat(c.Value, 64); err == nil && c.Code == q.Code {
				bounds[n-1], bounds[n], bounds[n+1] = true, true, true
			}
		}
	}
	for _, r := range x.s.Rules {
		look(r.Conds)
	}
	for _, other := range x.s.Questions {
		look(other.ShownWhen)
	}
	for _, n := range slices.Sorted(maps.Keys(bounds)) {
		if n >= 0 {
			out = append(out, strconv.FormatFloat(n, 'f', -1, 64))
		}
	}
	return out
}

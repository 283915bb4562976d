package approval

import (
	"crypto/sha256"
	"encoding/json"
	"slices"
	"strings"

	"daicho/internal/asset"
	"daicho/internal/classify"
	"daicho/internal/errs"
	"daicho/internal/org"
)

// Case is what the rules of an edition can ask about: one deed on one asset, or on none.
type Case struct {
	Deed   Deed
	Kind   asset.Kind      // "" where the deed is on no asset
	Levels classify.Levels // the higher of before and after on each axis; zero where the deed is on no asset
	Zone   string          // ZoneMyNumber where either before or after is, ZoneOutside where none is stated
	Organ  string          // code
}

// StepKind says what is done at a step.
type StepKind string

// The kinds of steps.
const (
	Deciding   StepKind = "decide"  // 決裁
	Consulting StepKind = "consult" // 合議
)

// StepKinds lists the kinds of steps.
func StepKinds() []StepKind { return []StepKind{Consulting, Deciding} }

// Label returns the 用語 of the kind.
func (k StepKind) Label() string {
	if k == Consulting {
		return "合議"
	}
	return "決裁"
}

// Leg is one step of a route as an edition describes it, before it is laid on the posts of a unit.
type Leg struct {
	Kind  StepKind `json:"kind"`
	Role  org.Role `json:"role"`
	Posts []string `json:"posts,omitempty"` // codes of posts with the role; empty = the nearest of the unit
	All   bool     `json:"all,omitempty"`   // every post, one after the other; otherwise any
	For   org.Role `json:"for,omitempty"`   // 専決: the role in whose name it is decided
	Again bool     `json:"again,omitempty"` // whoever took another step may take this one too
	Days  int      `json:"days,omitempty"`  // until it is due; 0 = no limit
}

// Height is the place of the leg's role among those that decide, from 0; -1 for any other role.
func (l Leg) Height() int { return slices.Index(deciders, l.Role) }

func (l Leg) key() string {
	return string(l.Kind) + " " + string(l.Role) + " " + strings.Join(l.Posts, " ")
}

// Route is an ordered list of legs under a name.
type Route struct {
	Code string `json:"code"`
	Name string `json:"name"`
	Legs []Leg  `json:"legs"`
}

// Rule leads a box of cases to a route. An empty list asks nothing; so does a rank of 0.
type Rule struct {
	Deeds  []Deed          `json:"deeds"`
	Kinds  []asset.Kind    `json:"kinds,omitempty"`
	Zones  []string        `json:"zones,omitempty"`
	Organs []string        `json:"organs,omitempty"` // codes
	Least  classify.Levels `json:"least"`
	Most   classify.Levels `json:"most"`
	Route  string          `json:"route"`
}

// Holds reports whether the rule speaks of the case.
func (r Rule) Holds(c Case) bool {
	in := func(n int, has bool) bool { return n == 0 || has }
	if !slices.Contains(r.Deeds, c.Deed) || !in(len(r.Kinds), slices.Contains(r.Kinds, c.Kind)) ||
		!in(len(r.Zones), slices.Contains(r.Zones, c.Zone)) || !in(len(r.Organs), slices.Contains(r.Organs, c.Organ)) {
		return false
	}
	for _, a := range classify.Axes() {
		if at := c.Levels.On(a); at < r.Least.On(a) || r.Most.On(a) != 0 && at > r.Most.On(a) {
			return false
		}
	}
	return true
}

// Edition is one edition of the routes of a body.
type Edition struct {
	Routes []Route `json:"routes"`
	Rules  []Rule  `json:"rules"`
}

// Document is the canonical text of an edition: what is stored, decided on and named by its digest.
func (e Edition) Document() []byte {
	b, _ := json.Marshal(e) // texts and numbers only
	return b
}

// Digest names the content of an edition.
func (e Edition) Digest() [32]byte { return sha256.Sum256(e.Document()) }

// ParseEdition reads what Document wrote. Errors: Internal, because only the program writes it.
func ParseEdition(b []byte) (Edition, error) {
	var e Edition
	err := json.Unmarshal(b, &e)
	return e, errs.Wrap(errs.Internal, "approval.edition", err)
}

// Route finds a route by its code.
func (e Edition) Route(code string) (Route, bool) {
	i := slices.IndexFunc(e.Routes, func(r Route) bool { return r.Code == code })
	if i < 0 {
		return Route{}, false
	}
	return e.Routes[i], true
}

// Of returns the route of a case. Errors: Conflict when no rule speaks of it or several do, which
// Check keeps out of an edition that is in force.
func (e Edition) Of(c Case) (Route, error) {
	var found []Rule
	for _, r := range e.Rules {
		if r.Holds(c) {
			found = append(found, r)
		}
	}
	if len(found) == 1 {
		if r, ok := e.Route(found[0].Route); ok {
			return r, nil
		}
	}
	return Route{}, errs.New(errs.Conflict, "approval.no_route",
		"「"+c.Deed.Label()+"」の決裁経路が定まっていません。統括情報セキュリティ責任者に、決裁経路の見直しを依頼してください。")
}

// Way joins the routes of the cases of one application: each leg once, the lower role before the
// higher, and what is asked of others (合議) before the decision that it prepares. Where two routes
// differ about a leg the stricter holds: all posts, another person, the shorter time.
// Errors: Conflict as Of.
func (e Edition) Way(cases []Case) ([]Leg, error) {
	type placed struct {
		Leg
		height int
	}
	var out []placed
	done := map[string]bool{}
	for _, c := range cases {
		r, err := e.Of(c)
		if err != nil {
			return nil, err
		}
		if done[r.Code] {
			continue
		}
		done[r.Code] = true
		height := len(deciders)
		for i := len(r.Legs) - 1; i >= 0; i-- {
			l := r.Legs[i]
			if l.Kind == Deciding {
				height = l.Height()
			}
			at := slices.IndexFunc(out, func(p placed) bool { return p.key() == l.key() })
			if at < 0 {
				out = append(out, placed{l, height})
				continue
			}
			p := &out[at]
			p.height = min(p.height, height)
			p.All, p.Again = p.All || l.All, p.Again && l.Again
			if p.Days == 0 || l.Days != 0 && l.Days < p.Days {
				p.Days = l.Days
			}
			if p.For != l.For {
				p.For = ""
			}
		}
	}
	slices.SortStableFunc(out, func(a, b placed) int {
		if a.height != b.height {
			return a.height - b.height
		}
		if a.Kind != b.Kind {
			return strings.Compare(string(a.Kind), string(b.Kind)) // consult before decide
		}
		return strings.Compare(a.key(), b.key())
	})
	legs := make([]Leg, len(out))
	for i, p := range out {
		legs[i] = p.Leg
	}
	return legs, nil
}

// Simple is the edition of a body that has none of its own: the 管理者 decides, the 責任者 where 集積
// or 分散 moves the levels of others, and the 最高責任者 on what binds everybody.
func Simple() Edition {
	one := func(code string, r org.Role) Route {
		return Route{Code: code, Name: r.Label(), Legs: []Leg{{Kind: Deciding, Role: r}}}
	}
	var rest []Deed
	for _, d := range Deeds() {
		if d != Balance && d != Revise {
			rest = append(rest, d)
		}
	}
	return Edition{
		Routes: []Route{one("manager", org.Manager), one("responsible", org.Responsible), one("ciso", org.CISO)},
		Rules:  []Rule{{Deeds: rest, Route: "manager"}, {Deeds: []Deed{Balance}, Route: "responsible"}, {Deeds: []Deed{Revise}, Route: "ciso"}},
	}
}

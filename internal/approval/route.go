package approval

import (
	"slices"

	"daicho/internal/asset"
	"daicho/internal/errs"
	"daicho/internal/org"
)

// Step is one decision or 合議 on the way of an application, with the posts that may take it.
type Step struct {
	No    int // identity within the application; 0 before it is stored
	Kind  StepKind
	Role  org.Role
	Unit  int64
	Name  string // of the unit
	Posts []int64
	For   org.Role // 専決: in whose name
	Again bool     // whoever took another step may take this one too
	Days  int      // until it is due; 0 = no limit
}

// Words names who takes the step: 「総務課の情報セキュリティ管理者」.
func (s Step) Words() string {
	out := s.Name + "の" + s.Role.Label()
	if s.Kind == Consulting {
		return out + "（合議）"
	}
	if s.For != "" {
		return out + "（" + s.For.Label() + "の専決）"
	}
	return out
}

// Rung is a post that could take a step, with the people who hold it today.
type Rung struct {
	Post    int64
	Code    string
	Role    org.Role
	Unit    int64
	Name    string // of the unit, for words
	Persons []int64
	// Near says that the post stands above the unit in question. Other posts of its organ take a step
	// only where a route names them.
	Near bool
	// Deputy says that the organ named the post for the case that nobody above could decide.
	Deputy bool
}

// deciders are the roles that decide, lowest first.
var deciders = []org.Role{org.Manager, org.Responsible, org.Chief, org.CISO}

// Deciders lists the roles that can take a step, lowest first.
func Deciders() []org.Role { return slices.Clone(deciders) }

// Resolve lays legs on the ladder of posts above a unit, nearest and lowest first, and returns the
// steps of one application.
//
// A leg of a decision goes to the first rung of its role or above that somebody other than the
// applicant holds, never below the leg before it. Legs that come to one rung become one step. No
// person is needed for two steps unless the route says so: where one would be, the later leg climbs,
// and where nothing is left to climb to, the two become one. An organ in which nobody holds a post of
// the role has its highest post decide, and where only the applicant stands there, the deputies whom
// the organ named: a small independent organ keeps its decisions to itself (基本方針 4(1)). A 合議
// that nobody could take is left out.
// Errors: Conflict when nobody but the applicant could decide.
func Resolve(applicant int64, legs []Leg, ladder []Rung) ([]Step, error) {
	l := layout{applicant: applicant, ladder: ladder}
	for _, r := range ladder {
		if r.Near && !r.Deputy {
			l.group(r)
		}
	}
	if steps, ok := l.decisions(legs); ok {
		return l.consultations(legs, steps), nil
	}
	for _, r := range ladder {
		if r.Deputy {
			l.deputies = true
			l.group(r)
		}
	}
	if steps, ok := l.decisions(legs); ok {
		return l.consultations(legs, steps), nil
	}
	return nil, errs.New(errs.Conflict, "approval.no_approver",
		"承認できる職に就いていて利用者IDのある人が、あなたのほかにいません。システム管理者に補職と利用者IDの登録を依頼してください。")
}

// layout is one attempt to lay legs on posts.
type layout struct {
	applicant int64
	ladder    []Rung
	groups    []group // of posts with one role in one unit, in the order of the ladder
	deputies  bool    // the last groups are the deputies, who stand above everybody
}

type group struct {
	role    org.Role
	unit    int64
	name    string
	posts   []int64
	persons []int64 // but the applicant
	by      map[int64][]int64
	deputy  bool
}

func (l *layout) but(persons []int64) []int64 {
	return slices.DeleteFunc(slices.Clone(persons), func(p int64) bool { return p == l.applicant })
}

func (l *layout) group(r Rung) {
	at := slices.IndexFunc(l.groups, func(g group) bool { return g.role == r.Role && g.unit == r.Unit && g.deputy == r.Deputy })
	if at < 0 {
		at = len(l.groups)
		l.groups = append(l.groups, group{role: r.Role, unit: r.Unit, name: r.Name, by: map[int64][]int64{}, deputy: r.Deputy})
	}
	g := &l.groups[at]
	g.posts = append(g.posts, r.Post)
	g.by[r.Post] = l.but(r.Persons)
	g.persons = append(g.persons, g.by[r.Post]...)
}

// slot is a step with the people one of whom takes it.
type slot struct {
	Step
	persons []int64
	from    int // leg
}

// decisions lays the legs that decide, and reports whether all of them found a place.
func (l *layout) decisions(legs []Leg) ([]slot, bool) {
	var need []int
	for i, leg := range legs {
		if leg.Kind == Deciding {
			need = append(need, i)
		}
	}
	var out []slot
	var lay func(n, least int, have []slot) bool
	lay = func(n, least int, have []slot) bool {
		if n == len(need) {
			out = have
			return apart(have)
		}
		leg := legs[need[n]]
		if slots := l.named(leg, need[n]); len(slots) > 0 {
			if next := slices.Concat(have, slots); apart(next) && lay(n+1, least, next) {
				return true
			}
		}
		for at := max(least, l.floor(leg)); at < len(l.groups); at++ {
			slots := l.slots(leg, need[n], at)
			if len(slots) == 0 {
				continue
			}
			var next []slot
			if len(have) > 0 && at == least && len(leg.Posts) == 0 && len(legs[have[len(have)-1].from].Posts) == 0 {
				next = slices.Clone(have) // one post decides for both
				last := &next[len(next)-1]
				last.Again, last.For = last.Again && leg.Again, ""
				if last.Days == 0 || leg.Days != 0 && leg.Days < last.Days {
					last.Days = leg.Days
				}
			} else {
				next = slices.Concat(have, slots)
			}
			if apart(next) && lay(n+1, at, next) {
				return true
			}
		}
		return false
	}
	if len(need) == 0 || !lay(0, 0, nil) {
		return nil, false
	}
	return out, true
}

// floor is the first group that stands as high as a leg, or at the top of the ladder.
func (l *layout) floor(leg Leg) int {
	top := -1
	for _, g := range l.groups {
		if !g.deputy {
			top = max(top, slices.Index(deciders, g.role))
		}
	}
	want := min(leg.Height(), top)
	at := slices.IndexFunc(l.groups, func(g group) bool { return g.deputy || slices.Index(deciders, g.role) >= want })
	if at < 0 {
		return len(l.groups)
	}
	return at
}

// slots are the steps that a leg becomes in a group: one for any of its posts, one for each where all
// are asked.
func (l *layout) slots(leg Leg, from, at int) []slot {
	g := l.groups[at]
	if len(g.persons) == 0 {
		return nil
	}
	step := Step{Kind: leg.Kind, Role: g.role, Unit: g.unit, Name: g.name, Posts: g.posts, Again: leg.Again, Days: leg.Days}
	if g.role == leg.Role {
		step.For = leg.For
	}
	if !leg.All {
		return []slot{{step, g.persons, from}}
	}
	var out []slot
	for _, p := range g.posts {
		if len(g.by[p]) > 0 {
			one := step
			one.Posts = []int64{p}
			out = append(out, slot{one, g.by[p], from})
		}
	}
	return out
}

// named are the steps of a leg that names posts, those of them that somebody could take.
func (l *layout) named(leg Leg, from int) []slot {
	if len(leg.Posts) == 0 {
		return nil
	}
	var out []slot
	for _, r := range l.ladder {
		persons := l.but(r.Persons)
		if r.Deputy || r.Role != leg.Role || len(persons) == 0 || !slices.Contains(leg.Posts, r.Code) {
			continue
		}
		step := Step{Kind: leg.Kind, Role: r.Role, Unit: r.Unit, Name: r.Name, Posts: []int64{r.Post}, For: leg.For, Again: leg.Again, Days: leg.Days}
		if len(out) > 0 && !leg.All {
			out[0].Posts, out[0].persons = append(out[0].Posts, r.Post), append(out[0].persons, persons...)
			continue
		}
		out = append(out, slot{step, persons, from})
	}
	return out
}

// consultations puts the 合議 of the way before the decisions that they prepare, where somebody who
// is needed for no other step can take them.
func (l *layout) consultations(legs []Leg, decisions []slot) []Step {
	all := slices.Clone(decisions)
	for i, leg := range legs {
		if leg.Kind != Consulting {
			continue
		}
		slots := l.named(leg, i)
		if len(leg.Posts) == 0 {
			for at, g := range l.groups {
				if g.role == leg.Role && !g.deputy {
					if slots = l.slots(leg, i, at); len(slots) > 0 {
						break
					}
				}
			}
		}
		for _, s := range slots {
			next := slices.Concat(all, []slot{s})
			if apart(next) {
				all = next
			}
		}
	}
	place := func(s slot) int {
		if s.Kind == Deciding {
			return s.from
		}
		for _, d := range decisions {
			if d.from > s.from {
				return d.from
			}
		}
		return decisions[len(decisions)-1].from // its leg became one with an earlier one
	}
	slices.SortStableFunc(all, func(a, b slot) int {
		if x := place(a) - place(b); x != 0 {
			return x
		}
		if a.Kind != b.Kind {
			if a.Kind == Consulting {
				return -1
			}
			return 1
		}
		return 0
	})
	out := make([]Step, len(all))
	for i, s := range all {
		out[i] = s.Step
	}
	return out
}

// apart reports whether different people can take the steps, but those that the route lets one person
// take again.
func apart(slots []slot) bool {
	taken := map[int64]int{} // person → slot
	var place func(i int, seen map[int64]bool) bool
	place = func(i int, seen map[int64]bool) bool {
		for _, p := range slots[i].persons {
			if seen[p] {
				continue
			}
			seen[p] = true
			if at, is := taken[p]; !is || place(at, seen) {
				taken[p] = i
				return true
			}
		}
		return false
	}
	for i, s := range slots {
		if !s.Again && !place(i, map[int64]bool{}) {
			return false
		}
	}
	return true
}

// Balances reports whether a change from the old relations to the new ones adds, changes or takes away
// 集積 or 分散, which move the levels of others beyond what the assets themselves weigh.
// Source: design of the graph (集積・分散は理由と上位の承認).
func Balances(old, now []asset.Relation) bool {
	bears := func(r asset.Relation) bool { return r.Effect != "" }
	stands := func(in []asset.Relation, r asset.Relation) bool { return slices.ContainsFunc(in, r.Equal) }
	return slices.ContainsFunc(now, func(r asset.Relation) bool { return bears(r) && !stands(old, r) }) ||
		slices.ContainsFunc(old, func(r asset.Relation) bool { return bears(r) && !stands(now, r) })
}

package approval

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"daicho/internal/asset"
	"daicho/internal/classify"
	"daicho/internal/org"
)

// Part is where something is to be mended in an edition.
type Part string

// The parts of an edition.
const (
	PartHead   Part = "head"
	PartRoutes Part = "routes"
	PartRules  Part = "rules"
)

// Problem is something that keeps an edition from being proposed, in Japanese, with the place to mend
// it.
type Problem struct {
	Part Part
	Row  int // from 1; 0 = the part as a whole
	Leg  int // of a route, from 1; 0 = the route as a whole
	Key  string
	Text string
	// Warns is true when the edition may be proposed all the same.
	Warns bool
}

// Blocks reports whether one of the problems keeps an edition from being proposed.
func Blocks(ps []Problem) bool {
	return slices.ContainsFunc(ps, func(p Problem) bool { return !p.Warns })
}

// Body is what Check knows of the organisation.
type Body struct {
	Organs  []Organ
	Posts   map[string]Post // by code; nil when not known
	Offices []Office        // nil leaves out the check against the people of today
}

// Organ is one 機関.
type Organ struct{ Code, Name string }

// Post is one 職 that a route may name.
type Post struct {
	Role  org.Role
	Organ string // code
}

// Office is a unit with the ladder of posts above it and the people who apply for it.
type Office struct {
	Name       string
	Organ      string // code
	Ladder     []Rung
	Applicants []Applicant
}

// Applicant is somebody who may apply.
type Applicant struct {
	Person int64
	Name   string
}

// Bounds of an edition, so that Check and the pages stay quick.
const (
	MostRoutes = 60
	MostRules  = 300
	MostLegs   = 12
	MostDays   = 365
	mostText   = 80
)

var codePattern = regexp.MustCompile(`^[a-z0-9][a-z0-9-]{0,39}$`)

// Check finds everything that keeps an edition from leading every case to exactly one way that two
// people walk. Every text names a case or a person by which the fault shows.
func (e Edition) Check(b Body) []Problem {
	out := append(e.checkRoutes(b), e.checkRules(b)...)
	if Blocks(out) { // what cannot be read cannot be walked
		return out
	}
	if out = append(out, e.checkTotal(b)...); Blocks(out) {
		return out
	}
	return append(out, e.checkPeople(b)...)
}

func (e Edition) checkRoutes(b Body) []Problem {
	var out []Problem
	say := func(row, leg int, key, format string, args ...any) {
		out = append(out, Problem{Part: PartRoutes, Row: row, Leg: leg, Key: key, Text: fmt.Sprintf(format, args...)})
	}
	if len(e.Routes) == 0 {
		say(0, 0, "", "経路がありません。一つ以上作ってください。")
	}
	if len(e.Routes) > MostRoutes {
		say(0, 0, "", "経路は%dまでにしてください。", MostRoutes)
	}
	seen := map[string]bool{}
	for i, r := range e.Routes {
		n := i + 1
		switch {
		case !codePattern.MatchString(r.Code):
			say(n, 0, "code", "経路のコードは、英小文字・数字・ハイフンの1～40字にしてください。")
		case seen[r.Code]:
			say(n, 0, "code", "経路「%s」が二つあります。", r.Code)
		}
		seen[r.Code] = true
		if r.Name == "" || len([]rune(r.Name)) > mostText {
			say(n, 0, "name", "経路「%s」の名称を%d字までで入力してください。", r.Code, mostText)
		}
		if len(r.Legs) > MostLegs {
			say(n, 0, "legs", "経路「%s」の段は%dまでにしてください。", r.Name, MostLegs)
		}
		if len(r.Legs) == 0 || r.Legs[len(r.Legs)-1].Kind != Deciding {
			// The witness of a walk by one person: nobody but the applicant decides.
			say(n, 0, "legs", "経路「%s」は、申請した人だけで終わってしまいます。最後に決裁の段を置いてください。", r.Name)
		}
		height := -1
		keys := map[string]bool{}
		for j, l := range r.Legs {
			m := j + 1
			if l.Kind != Deciding && l.Kind != Consulting {
				say(n, m, "kind", "%d段目は「決裁」か「合議」を選んでください。", m)
			}
			if l.Height() < 0 {
				say(n, m, "role", "%d段目に、決裁できる役割を選んでください。", m)
				continue
			}
			if keys[l.key()] {
				say(n, m, "role", "%d段目は、前の段と同じです。どちらかを消してください。", m)
			}
			keys[l.key()] = true
			if l.Kind == Deciding {
				if l.Height() < height {
					say(n, m, "role", "%d段目の%sは、前の段より下の役割です。下の役割から並べてください。", m, l.Role.Label())
				}
				height = max(height, l.Height())
			}
			if l.For != "" && (l.Kind != Deciding || slices.Index(deciders, l.For) <= l.Height()) {
				say(n, m, "for", "%d段目の専決は、より上の役割に代わって決裁するときに選びます。", m)
			}
			if l.Days < 0 || l.Days > MostDays {
				say(n, m, "days", "%d段目の期限は、0から%dの日数にしてください。", m, MostDays)
			}
			for _, code := range l.Posts {
				p, known := b.Posts[code]
				switch {
				case b.Posts == nil:
				case !known:
					say(n, m, "posts", "%d段目の職「%s」は、組織にありません。", m, code)
				case p.Role != l.Role:
					say(n, m, "posts", "%d段目の職「%s」は、%sの職ではありません。", m, code, l.Role.Label())
				}
			}
		}
		if !slices.ContainsFunc(e.Rules, func(x Rule) bool { return x.Route == r.Code }) {
			out = append(out, Problem{Part: PartRoutes, Row: n, Key: "code", Warns: true, Text: "経路「" + r.Name + "」は、どの場合にも使われません。"})
		}
	}
	return out
}

func (e Edition) checkRules(b Body) []Problem {
	var out []Problem
	say := func(row int, key, format string, args ...any) {
		out = append(out, Problem{Part: PartRules, Row: row, Key: key, Text: fmt.Sprintf(format, args...)})
	}
	if len(e.Rules) > MostRules {
		say(0, "", "どの経路を通るかの行は%dまでにしてください。", MostRules)
	}
	for i, r := range e.Rules {
		n := i + 1
		if len(r.Deeds) == 0 {
			say(n, "deeds", "%d行目の行為を選んでください。", n)
		}
		bare := false
		for _, d := range r.Deeds {
			if !slices.Contains(Deeds(), d) {
				say(n, "deeds", "%d行目の行為「%s」はありません。", n, d)
			}
			bare = bare || !d.OnAsset()
		}
		for _, k := range r.Kinds {
			if !k.Valid() {
				say(n, "kinds", "%d行目の種別「%s」はありません。", n, k)
			}
		}
		for _, z := range r.Zones {
			if !slices.ContainsFunc(asset.Zones(), func(o asset.Option) bool { return o.Code == z }) {
				say(n, "zones", "%d行目の領域「%s」はありません。", n, z)
			}
		}
		for _, o := range r.Organs {
			if !slices.ContainsFunc(b.Organs, func(x Organ) bool { return x.Code == o }) {
				say(n, "organs", "%d行目の機関「%s」はありません。", n, o)
			}
		}
		levels := r.Least != classify.Levels{} || r.Most != classify.Levels{}
		if bare && (len(r.Kinds)+len(r.Zones) > 0 || levels) {
			say(n, "deeds", "%d行目：資産のない行為（棚卸しの完了、改定）には、種別・領域・区分の条件を付けられません。行を分けてください。", n)
		}
		for _, a := range classify.Axes() {
			least, most := r.Least.On(a), r.Most.On(a)
			if least < 0 || most < 0 || least > classify.MaxRank || most > classify.MaxRank || most != 0 && most < least {
				say(n, strings.ToLower(string(a)), "%d行目の%sは、下限が上限を超えないようにしてください。", n, a.Label())
			}
		}
		if _, ok := e.Route(r.Route); !ok {
			say(n, "route", "%d行目の経路「%s」はありません。", n, r.Route)
		}
	}
	return out
}

// Cases calls visit with one case for each combination that the rules of the edition can tell apart.
func (e Edition) Cases(organs []Organ, visit func(Case)) {
	var ranks [3][]classify.Rank
	for x, a := range classify.Axes() {
		ranks[x] = []classify.Rank{1}
		for _, r := range e.Rules {
			ranks[x] = append(ranks[x], max(1, r.Least.On(a)), min(r.Most.On(a)+1, classify.MaxRank))
		}
		slices.Sort(ranks[x])
		ranks[x] = slices.Compact(ranks[x])
	}
	var zones []string
	for _, o := range asset.Zones() {
		zones = append(zones, o.Code)
	}
	for _, d := range Deeds() {
		for _, o := range organs {
			if !d.OnAsset() {
				visit(Case{Deed: d, Organ: o.Code})
				continue
			}
			for _, k := range asset.Kinds() {
				for _, z := range zones {
					for _, c := range ranks[0] {
						for _, i := range ranks[1] {
							for _, v := range ranks[2] {
								visit(Case{Deed: d, Kind: k.Kind, Levels: classify.Levels{C: c, I: i, A: v}, Zone: z, Organ: o.Code})
							}
						}
					}
				}
			}
		}
	}
}

// checkTotal finds a case of each deed that no rule speaks of, and one for each two rules that speak
// of the same.
func (e Edition) checkTotal(b Body) []Problem {
	var out []Problem
	without := map[Deed]bool{}
	twice := map[[2]int]bool{}
	e.Cases(b.Organs, func(c Case) {
		var found []int
		for i, r := range e.Rules {
			if r.Holds(c) {
				found = append(found, i)
			}
		}
		if len(found) == 0 && !without[c.Deed] {
			without[c.Deed] = true
			out = append(out, Problem{Part: PartRules, Text: "どの行にも当たらない場合があります。例：" + c.words(b.Organs)})
		}
		if len(found) > 1 && !twice[[2]int{found[0], found[1]}] {
			twice[[2]int{found[0], found[1]}] = true
			out = append(out, Problem{Part: PartRules, Row: found[1] + 1, Key: "deeds",
				Text: fmt.Sprintf("%d行目と%d行目の両方に当たる場合があります。例：%s", found[0]+1, found[1]+1, c.words(b.Organs))})
		}
	})
	return out
}

// words describes a case as a witness.
func (c Case) words(organs []Organ) string {
	out := []string{c.Deed.Label()}
	for _, o := range organs {
		if o.Code == c.Organ {
			out = append(out, o.Name)
		}
	}
	if !c.Deed.OnAsset() {
		return strings.Join(out, "・")
	}
	out = append(out, c.Kind.Label(), asset.Label(asset.Zones(), c.Zone))
	for _, a := range classify.Axes() {
		out = append(out, fmt.Sprintf("%sの順位%d", a.Label(), c.Levels.On(a)))
	}
	return strings.Join(out, "・")
}

// checkPeople walks each route in each office of today, as each of its applicants.
func (e Edition) checkPeople(b Body) []Problem {
	var out []Problem
	for i, r := range e.Routes {
		nobody, alone := false, false
		for _, o := range b.Offices {
			if !slices.ContainsFunc(e.Rules, func(x Rule) bool {
				return x.Route == r.Code && (len(x.Organs) == 0 || slices.Contains(x.Organs, o.Organ))
			}) {
				continue
			}
			for _, p := range o.Applicants {
				steps, err := Resolve(p.Person, r.Legs, o.Ladder)
				if err != nil {
					if !nobody {
						out = append(out, Problem{Part: PartRoutes, Row: i + 1, Warns: true,
							Text: fmt.Sprintf("経路「%s」は、%sの%sさんが申請すると、決裁できる人がほかにいません。", r.Name, o.Name, p.Name)})
					}
					nobody = true
					continue
				}
				if who := walker(steps, o.Ladder, p.Person); who != 0 && !alone {
					alone = true
					out = append(out, Problem{Part: PartRoutes, Row: i + 1, Leg: len(r.Legs), Key: "again",
						Text: fmt.Sprintf("経路「%s」は、%sで%sさんが申請すると、一人が%d段すべてを決裁できます。「同じ人でもよい」を外してください。", r.Name, o.Name, p.Name, len(steps))})
				}
			}
		}
	}
	return out
}

// walker finds somebody who could take every one of several steps.
func walker(steps []Step, ladder []Rung, applicant int64) int64 {
	if len(steps) < 2 || !slices.ContainsFunc(steps, func(s Step) bool { return s.Again }) {
		return 0 // the rule that one person takes one step stands in the way
	}
	could := map[int64]int{}
	free := 0 // steps that the same person may not take again
	for _, s := range steps {
		if !s.Again {
			free++
		}
		mine := map[int64]bool{}
		for _, r := range ladder {
			if slices.Contains(s.Posts, r.Post) {
				for _, p := range r.Persons {
					mine[p] = true
				}
			}
		}
		for p := range mine {
			could[p]++
		}
	}
	for _, r := range ladder {
		for _, p := range r.Persons {
			if p != applicant && free < 2 && could[p] == len(steps) {
				return p
			}
		}
	}
	return 0
}

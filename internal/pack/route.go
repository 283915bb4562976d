package pack

import (
	"slices"

	"daicho/internal/approval"
	"daicho/internal/asset"
	"daicho/internal/classify"
	"daicho/internal/intake"
	"daicho/internal/org"
)

// Routes is the edition of the 決裁経路 that a pack brings. A pack has one at most.
type Routes struct {
	Code    string
	Name    string
	Version string
	Source  string
	Checked string
	approval.Edition
}

// Deputy is a row of deputy.csv: a post that decides where nobody else above could.
type Deputy struct {
	Post   string `json:"post"`
	Deputy string `json:"deputy"`
	Ord    int    `json:"ord"`
}

func (r *reader) deputies() {
	posts, seen := keys{}, keys{}
	for i, p := range r.p.Posts {
		posts[p.Code] = i
	}
	for _, row := range r.rows("deputy") {
		d := Deputy{Post: posts.needRef(row, "post", "post.csv", r.known.Posts), Deputy: posts.needRef(row, "deputy", "post.csv", r.known.Posts), Ord: row.Int("ord", 0, maxOrd)}
		if d.Post != "" && d.Post == d.Deputy {
			row.Fail("deputy", "同じ職です。代わりに決裁する、ほかの職を書いてください。")
		}
		if seen.add(row, "deputy", join(d.Post, d.Deputy)) {
			r.p.Deputies = append(r.p.Deputies, d)
		}
	}
}

func (r *reader) routes() {
	heads := r.rows("route_edition")
	if len(heads) == 0 {
		for _, name := range []string{"route", "route_rule"} {
			for _, row := range r.rows(name)[:min(1, len(r.rows(name)))] {
				row.Fail("", "route_edition.csv に版がありません。版を一行書くか、この表を外してください。")
			}
		}
		return
	}
	if len(heads) > 1 {
		heads[1].Fail("code", "決裁経路の版は、一つのパックに一つです。")
	}
	head := heads[0]
	e := Routes{Code: code(head, "code"), Name: head.Need("name", 100), Version: head.Need("edition", 60)}
	e.Source, e.Checked = provenance(head)
	legs := r.legs(&e.Edition)
	rules := r.rules(&e.Edition)
	r.p.Routes = &e
	for _, name := range []string{"level", "route_edition", "route", "route_rule"} {
		if t := r.tables[name+".csv"]; t != nil && len(t.Problems()) > 0 {
			return // what cannot be read cannot be walked
		}
	}
	organs := make([]approval.Organ, 0, len(r.p.Organs)+len(r.known.Organs))
	for _, o := range r.p.Organs {
		organs = append(organs, approval.Organ{Code: o.Code, Name: o.Name})
	}
	for _, o := range r.known.Organs {
		if !slices.ContainsFunc(organs, func(x approval.Organ) bool { return x.Code == o }) {
			organs = append(organs, approval.Organ{Code: o, Name: o})
		}
	}
	if len(organs) == 0 {
		organs = []approval.Organ{{}}
	}
	for _, p := range e.Check(approval.Body{Organs: organs}) {
		if p.Warns {
			continue
		}
		at := head
		switch {
		case p.Part == approval.PartRoutes && p.Row > 0 && len(legs[p.Row-1]) > 0:
			at = legs[p.Row-1][max(0, p.Leg-1)]
		case p.Part == approval.PartRules && p.Row > 0:
			at = rules[p.Row-1]
		}
		at.Fail("", p.Text)
	}
}

// legs reads route.csv, one row a leg, and returns the rows by route.
func (r *reader) legs(e *approval.Edition) [][]*intake.Row {
	var out [][]*intake.Row
	posts := map[string]Post{}
	for _, p := range r.p.Posts {
		posts[p.Code] = p
	}
	var roles, kinds []string
	for _, role := range approval.Deciders() {
		roles = append(roles, string(role))
	}
	for _, k := range approval.StepKinds() {
		kinds = append(kinds, string(k))
	}
	for _, row := range r.rows("route") {
		c := code(row, "route")
		l := approval.Leg{
			Kind: approval.StepKind(row.NeedOneOf("kind", kinds...)), Role: org.Role(row.NeedOneOf("role", roles...)), Posts: row.List("posts"), All: row.Flag("all"),
			For: org.Role(row.OneOf("for", roles...)), Again: row.Flag("again"), Days: row.Int("days", 0, approval.MostDays),
		}
		for _, p := range l.Posts {
			switch own, here := posts[p]; {
			case !here && !slices.Contains(r.known.Posts, p):
				row.Fail("posts", "「"+p+"」は post.csv にありません。コードを直すか、post.csv に加えてください。")
			case here && own.Role != string(l.Role):
				row.Fail("posts", "「"+p+"」は、"+l.Role.Label()+"の職ではありません。")
			}
		}
		at := slices.IndexFunc(e.Routes, func(x approval.Route) bool { return x.Code == c })
		if at < 0 {
			at = len(e.Routes)
			e.Routes, out = append(e.Routes, approval.Route{Code: c, Name: row.Need("name", 80)}), append(out, nil)
		}
		e.Routes[at].Legs, out[at] = append(e.Routes[at].Legs, l), append(out[at], row)
	}
	return out
}

// rules reads route_rule.csv.
func (r *reader) rules(e *approval.Edition) []*intake.Row {
	var deeds, kinds, zones, organs []string
	for _, d := range approval.Deeds() {
		deeds = append(deeds, string(d))
	}
	for _, k := range asset.Kinds() {
		kinds = append(kinds, string(k.Kind))
	}
	for _, z := range asset.Zones() {
		zones = append(zones, z.Code)
	}
	for _, o := range r.p.Organs {
		organs = append(organs, o.Code)
	}
	organs = append(organs, r.known.Organs...)
	scheme := r.defaultScheme()
	rows := r.rows("route_rule")
	for _, row := range rows {
		x := approval.Rule{Zones: row.ListOf("zones", zones...), Organs: row.ListOf("organs", organs...), Route: row.NeedCode("route")}
		for _, d := range row.ListOf("deeds", deeds...) {
			x.Deeds = append(x.Deeds, approval.Deed(d))
		}
		for _, k := range row.ListOf("kinds", kinds...) {
			x.Kinds = append(x.Kinds, asset.Kind(k))
		}
		for _, a := range classify.Axes() {
			x.Least = x.Least.With(a, classify.Rank(rank(row, "min_"+axisKey(a), scheme, a))) //nolint:gosec // 1 to 9
			x.Most = x.Most.With(a, classify.Rank(rank(row, "max_"+axisKey(a), scheme, a)))   //nolint:gosec // 1 to 9
		}
		e.Rules = append(e.Rules, x)
	}
	return rows
}

// axisKey is the letter of an axis in the keys of columns.
func axisKey(a classify.Axis) string {
	switch a {
	case classify.Integrity:
		return "i"
	case classify.Availability:
		return "a"
	case classify.Confidentiality:
	}
	return "c"
}

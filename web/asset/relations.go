package asset

import (
	"net/http"
	"strconv"

	"daicho/internal/app"
	"daicho/internal/asset"
	"daicho/internal/form"
	"daicho/web/page"
	"daicho/web/ui"
)

func (s shows) relations(w http.ResponseWriter, r *http.Request, p *page.Request) error {
	in := r.URL.Query()
	n, _ := strconv.Atoi(in.Get("page"))
	v, err := s.app.Relations(r.Context(), p.Actor, r.PathValue("no"), app.RelationsQuery{Text: clip(in.Get("q"), 200), End: in.Get("end"), Page: n})
	if err != nil {
		return err
	}
	if gone, err := canonical(w, r, v.Number); gone {
		return err
	}
	return page.Render(w, r, http.StatusOK, relationsPage(p, headView{AssetHead: v.AssetHead, Tab: tabRelations}, v))
}

// refLevels are the levels of another asset, in the words of the edition that it was judged by.
func refLevels(h app.AssetHead, r app.AssetRef) []ui.Level {
	var out []ui.Level
	for _, w := range h.Words {
		out = append(out, ui.LevelOf(w.Axis, h.Shelf.Look(r.Scheme, w.Axis, r.Levels.On(w.Axis))))
	}
	return out
}

// beyond says how many assets of a group are not named.
func beyond(g app.RelationGroup) string {
	if g.Outside == 0 {
		return ""
	}
	return "他機関の資産 " + ui.Thousands(g.Outside) + "件"
}

// relationsURL is the tab with a query.
func relationsURL(no string, q app.RelationsQuery, page_ int) string {
	n := ""
	if page_ > 1 {
		n = strconv.Itoa(page_)
	}
	return page.With(page.AssetRelations(no), "end", q.End, "q", q.Text, "page", n)
}

// manyRelations is from how many relations on the tab offers to narrow them down.
const manyRelations = 10

// narrows reports whether the filter of the tab is worth its place.
func narrows(v app.RelationsView) bool {
	return v.Query.Text != "" || v.Query.End != "" || v.Inside() > manyRelations
}

// relationFields are the two fields that narrow the relations down.
func relationFields(v app.RelationsView) (end, text *form.Field) {
	end = &form.Field{Key: "end", Label: "関連の種類", Type: form.Select, Raw: []string{v.Query.End}}
	for _, g := range v.Groups {
		end.Options = append(end.Options, form.Option{Value: g.End, Label: g.Label + "（" + ui.Thousands(g.Inside+g.Outside) + "件）"})
	}
	return end, &form.Field{Key: "q", Label: "相手の名称・番号", Type: form.Text, Raw: []string{v.Query.Text}}
}

// shownGroups are the groups that the query shows.
func shownGroups(v app.RelationsView) []app.RelationGroup {
	var out []app.RelationGroup
	for _, g := range v.Groups {
		if (v.Query.End == "" || v.Query.End == g.End) && (v.Query.Text == "" || g.Found > 0) {
			out = append(out, g)
		}
	}
	return out
}

// groupPager leads through one way of being related.
func groupPager(no string, q app.RelationsQuery, g app.RelationGroup) ui.Pager {
	from := (g.Page-1)*100 + 1
	return ui.Pager{Page: g.Page, Pages: g.Pages, From: from, To: from + len(g.Lines) - 1, Total: g.Found, URL: func(n int) string { return relationsURL(no, q, n) }}
}

// groupCount says how much of a group is found.
func groupCount(v app.RelationsView, g app.RelationGroup) string {
	s := ui.Thousands(g.Inside+g.Outside) + "件"
	if v.Query.Text != "" {
		s += "のうち、条件に合うもの " + ui.Thousands(g.Found) + "件"
	}
	return s
}

// effectTag is the mark of a relation that gathers or spreads.
func effectTag(effect string) string {
	switch effect {
	case asset.Gather:
		return "集積"
	case asset.Spread:
		return "分散"
	}
	return ""
}

// passed are the levels that a 集積 or 分散 passes on.
func passed(h app.AssetHead, l app.Related) []ui.Level {
	var out []ui.Level
	for _, w := range h.Words {
		if rank := l.Pass.On(w.Axis); rank > 0 {
			out = append(out, ui.LevelOf(w.Axis, h.Scheme.Look(w.Axis, rank)))
		}
	}
	return out
}

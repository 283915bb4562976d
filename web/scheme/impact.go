package scheme

import (
	"net/http"
	"strconv"

	"daicho/internal/app"
	"daicho/internal/org"
	"daicho/web/page"
	"daicho/web/ui"
)

// moves are the columns of the impact of an edition.
var moves = []app.Move{app.MoveAll, app.MoveSafe, app.MoveAsk}

func (h pages) impact(w http.ResponseWriter, r *http.Request, p *page.Request) error {
	in := r.URL.Query()
	q := app.SchemeImpactQuery{Unit: in.Get("unit")}
	for _, m := range moves {
		if in.Get("move") == string(m) {
			q.Move = m
		}
	}
	q.Page, _ = strconv.Atoi(in.Get("page"))
	v, err := h.app.SchemeImpact(r.Context(), p.Actor, idOf(r), q)
	if err != nil {
		return err
	}
	return page.Render(w, r, http.StatusOK, impactPage(p, v))
}

func impactPath(id int64, q app.SchemeImpactQuery) string {
	no := ""
	if q.Page > 1 {
		no = strconv.Itoa(q.Page)
	}
	return page.With(page.SchemeImpact(id), "unit", q.Unit, "move", string(q.Move), "page", no)
}

func impactUnit(u org.Unit) string {
	if u.ID == 0 {
		return "合計"
	}
	return u.Path
}

// moveLinks leads to the other numbers of the same unit.
func moveLinks(v app.SchemeImpactView) []ui.Segment {
	var out []ui.Segment
	for _, m := range moves {
		out = append(out, ui.Segment{Label: m.Label(), Href: impactPath(v.Head.ID, app.SchemeImpactQuery{Unit: v.Query.Unit, Move: m}), Current: m == v.Query.Move})
	}
	return out
}

func impactPager(v app.SchemeImpactView) ui.Pager {
	from := (v.Query.Page-1)*v.Size + 1
	return ui.Pager{Page: v.Query.Page, Pages: v.Pages(), From: from, To: from + len(v.Lines) - 1, Total: v.Total, URL: func(n int) string {
		q := v.Query
		q.Page = n
		return impactPath(v.Head.ID, q)
	}}
}

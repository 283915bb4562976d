package asset

import (
	"io"
	"net/http"
	"strconv"

	"daicho/internal/app"
	"daicho/internal/classify"
	"daicho/web/page"
	"daicho/web/ui"
)

func (s shows) impact(w http.ResponseWriter, r *http.Request, p *page.Request) error {
	in := r.URL.Query()
	q := app.ImpactQuery{Rise: in.Get("rise")}
	q.RisePage, _ = strconv.Atoi(in.Get("rpage"))
	q.StopPage, _ = strconv.Atoi(in.Get("spage"))
	v, err := s.app.Impact(r.Context(), p.Actor, r.PathValue("no"), q)
	if err != nil {
		return err
	}
	if gone, err := canonical(w, r, v.Number); gone {
		return err
	}
	return page.Render(w, r, http.StatusOK, impactPage(p, headView{AssetHead: v.AssetHead, Tab: tabRelations, Title: "影響範囲"}, v))
}

// impactFile sends one list of the page as a file.
func (s shows) impactFile(f app.Format) page.Handler {
	return func(w http.ResponseWriter, r *http.Request, p *page.Request) error {
		in := r.URL.Query()
		return page.Download(w, func(begin page.Begin) error {
			return s.app.ExportImpact(r.Context(), p.Actor, r.PathValue("no"), app.ImpactExport{Part: app.ImpactPart(in.Get("part")), Rise: in.Get("rise"), Format: f},
				func(h app.Head) io.Writer { return begin(h.Name, h.Rows) })
		})
	}
}

func impactFile(v app.ImpactView, part app.ImpactPart, f app.Format) string {
	rise := ""
	if part == app.PartRise {
		rise = v.Chosen.Value()
	}
	return page.With(page.AssetImpact(v.Number)+"."+string(f), "part", string(part), "rise", rise)
}

func impactFileText(part app.ImpactPart, f app.Format) string {
	text := "止まる資産を"
	if part == app.PartRise {
		text = "区分が変わる資産を"
	}
	if f == app.XLSX {
		return text + "Excelで出す"
	}
	return text + "CSVで出す"
}

// riseGroup are the levels of one axis to choose from.
type riseGroup struct {
	Axis    classify.Axis
	Choices []app.RiseChoice
}

func riseGroups(v app.ImpactView) []riseGroup {
	var out []riseGroup
	for _, c := range v.Choices {
		if n := len(out); n == 0 || out[n-1].Axis != c.Axis {
			out = append(out, riseGroup{Axis: c.Axis})
		}
		out[len(out)-1].Choices = append(out[len(out)-1].Choices, c)
	}
	return out
}

// counted writes a count that may be the least.
func counted(n int, more bool) string {
	s := ui.Thousands(n) + "件"
	if more {
		s += "以上"
	}
	return s
}

// riseText says in one sentence what a rise would change.
func riseText(v app.ImpactView) string {
	l := v.Rise
	if l.Total() == 0 {
		return "ほかに区分の変わる資産はありません。"
	}
	s := ""
	if l.Sure > 0 {
		s += counted(l.Sure, l.More) + "の区分が自動で上がります。"
	}
	if l.Asks > 0 {
		s += counted(l.Asks, l.More) + "は、申告した区分を見直すことになります。"
	}
	if l.Outside > 0 {
		s += "ほかに、他機関の資産 " + counted(l.Outside, l.More) + "にも及びます。"
	}
	return s
}

// stopText says in one sentence what stops.
func stopText(v app.ImpactView) string {
	l := v.Stop
	if l.Total() == 0 {
		return "この資産に頼っている資産は登録されていません。"
	}
	s := ""
	if l.Sure > 0 {
		s = counted(l.Sure, l.More) + "の資産が使えなくなるおそれがあります。"
	}
	if l.Outside > 0 {
		s += "他機関の資産 " + counted(l.Outside, l.More) + "にも及びます。"
	}
	return s
}

// impactPager leads through one of the two lists; the other stays on its page.
func impactPager(v app.ImpactView, l app.ImpactList, key, anchor string) ui.Pager {
	from := (l.Page-1)*100 + 1
	other := map[string]string{"rpage": strconv.Itoa(v.Rise.Page), "spage": strconv.Itoa(v.Stop.Page)}
	return ui.Pager{Page: l.Page, Pages: l.Pages, From: from, To: from + len(l.Lines) - 1, Total: l.Sure + l.Asks, URL: func(n int) string {
		other[key] = strconv.Itoa(n)
		return page.With(page.AssetImpact(v.Number), "rise", v.Chosen.Value(), "rpage", other["rpage"], "spage", other["spage"]) + anchor
	}}
}

// lookAt is the mark of a rank of another asset, in the words of the edition that it was judged by.
func lookAt(v app.ImpactView, r app.AssetRef, a classify.Axis, rank classify.Rank) ui.Level {
	return ui.LevelOf(a, v.Shelf.Look(r.Scheme, a, rank))
}

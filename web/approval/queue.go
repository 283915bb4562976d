package approval

import (
	"net/http"
	"strconv"

	"daicho/internal/app"
	"daicho/web/page"
	"daicho/web/ui"
)

func (h pages) queue(w http.ResponseWriter, r *http.Request, p *page.Request) error {
	q, err := h.app.Queue(r.Context(), p.Actor, pageOf(r))
	if err != nil {
		return err
	}
	return page.Render(w, r, http.StatusOK, queuePage(p, q))
}

func queueTitle(q app.QueueView) string {
	if q.Page > 1 {
		return "承認待ち（" + strconv.Itoa(q.Page) + "ページ）"
	}
	return "承認待ち"
}

func queuePager(q app.QueueView) ui.Pager {
	from := (q.Page-1)*q.Size + 1
	return ui.Pager{
		Page: q.Page, Pages: q.Pages(), From: from, To: from + len(q.Applications) - 1, Total: q.Total,
		URL: func(n int) string { return page.With(page.Approvals, "page", strconv.Itoa(n)) },
	}
}

// marks are what an approver should know before opening an application.
func marks(a app.Application) []ui.State {
	var out []ui.State
	if a.Lowers > 0 {
		out = append(out, ui.State{Tone: ui.StateWarn, Label: "引下げ"})
	}
	if a.Guarded > 0 {
		out = append(out, ui.State{Tone: ui.StatePending, Label: "個別に確認"})
	}
	return out
}

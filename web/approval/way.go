package approval

import (
	"net/http"
	"strconv"
	"strings"

	"daicho/internal/app"
	"daicho/internal/approval"
	"daicho/internal/errs"
	"daicho/internal/jpdate"
	"daicho/web/page"
	"daicho/web/ui"
)

// waySteps lays the way of an application out in time: what was decided, where it stands, what comes.
func waySteps(v app.ApplicationView) []ui.Event {
	var out []ui.Event
	for _, s := range v.Way {
		for _, d := range append(s.Voided, s.SentBack...) {
			e := decided(d)
			e.Tone, e.Link = ui.EventMinor, ""
			e.What += "（前の段に戻り、決裁し直しになりました）"
			out = append(out, e)
		}
		what := s.Step.Kind.Label()
		if s.Step.For != "" {
			what = "専決"
		}
		switch {
		case s.Passed != nil:
			out = append(out, decided(*s.Passed))
		case s.Open:
			out = append(out, ui.Event{What: what + "：いまここ", Who: s.Step.Words(), Text: waiting(v, s)})
		case v.State == string(approval.Submitted):
			out = append(out, ui.Event{What: what + "：これから", Who: s.Step.Words(), Tone: ui.EventMinor})
		case v.Decision != nil && v.Decision.Step == s.No:
			e := decided(*v.Decision)
			e.Tone = ui.EventError
			out = append(out, e)
		}
	}
	return out
}

// waiting says who can take the open step, until when, and what a 合議 was asked for.
func waiting(v app.ApplicationView, s app.WayStep) string {
	who := strings.Join(s.PostNames, "・")
	if len(s.HolderNames) > 0 {
		who += "　" + strings.Join(s.HolderNames, "、")
	} else {
		who += "は、空席です"
	}
	lines := []string{who}
	if s.Question != "" {
		lines = append(lines, s.AskedBy+"からの問い　"+s.Question)
	}
	if due, limited := v.Due(); limited {
		lines = append(lines, "期限　"+jpdate.OfTime(due).Wareki())
	}
	return strings.Join(lines, "\n")
}

// decided is one decision on the way.
func decided(d app.Decision) ui.Event {
	who := d.Unit + " " + d.Post + " " + d.Person
	if c := capacity(d.Capacity); c != "" {
		who += "（" + c + "）"
	}
	return ui.Event{What: approval.Outcome(d.Outcome).Label(), Who: who, When: moment(d.At), ISO: iso(d.At), Text: d.Comment}
}

func (h pages) item(w http.ResponseWriter, r *http.Request, p *page.Request) error {
	id, err := idOf(r)
	if err != nil {
		return err
	}
	no, err := strconv.Atoi(r.PathValue("item"))
	if err != nil || no <= 0 {
		return errs.New(errs.NotFound, "application.item", "")
	}
	v, err := h.app.ApplicationItem(r.Context(), p.Actor, id, no)
	if err != nil {
		return err
	}
	p.Nav = page.MarkCurrent(p.Nav, page.Approvals)
	it := newItem(v.Items[0].Scheme, v.Items[0], false)
	return page.Render(w, r, http.StatusOK, itemPage(p, v, it))
}

package asset

import (
	"fmt"
	"net/http"
	"strings"

	"daicho/internal/app"
	"daicho/internal/control"
	"daicho/internal/jpdate"
	"daicho/web/page"
	"daicho/web/ui"
)

func (s shows) controls(w http.ResponseWriter, r *http.Request, p *page.Request) error {
	v, err := s.app.Controls(r.Context(), p.Actor, r.PathValue("no"))
	if err != nil {
		return err
	}
	if gone, err := canonical(w, r, v.Number); gone {
		return err
	}
	return page.Render(w, r, http.StatusOK, controlsPage(p, headView{AssetHead: v.AssetHead, Tab: tabControls}, v))
}

// catalogueLine says which edition demands the list and by which decision it holds.
func catalogueLine(v app.ControlsView) string {
	c := v.Catalogue
	line := c.Name + "　" + c.Edition
	if c.DocNo != "" && c.DecidedOn != nil {
		return line + "　採用 " + jpdate.OfTime(*c.DecidedOn).Wareki() + " " + c.DocNo
	}
	return line
}

func adopted(v app.ControlsView) bool { return v.Catalogue.DocNo != "" }

// uncompared counts the controls whose text nobody has compared with its source.
func uncompared(v app.ControlsView) int {
	n := 0
	for _, ch := range v.Chapters {
		for _, c := range ch.Controls {
			if !c.Compared() {
				n++
			}
		}
	}
	return n
}

// controlDescs are the particulars of a control.
func controlDescs(c app.ControlLine) []ui.Desc {
	var out []ui.Desc
	add := func(term, text string) {
		if text != "" {
			out = append(out, ui.Desc{Term: term, Text: text})
		}
	}
	add("ねらい", c.Aim)
	add("担当", control.RoleLabel(c.Role))
	add("証跡", c.Evidence)
	add("周期", control.CycleLabel(c.Cycle))
	add("条項", clauses(c.Clause))
	add("出典", control.SourceLabel(c.Source))
	return out
}

func clauses(s string) string {
	if s == "" {
		return ""
	}
	return "基本方針 " + strings.Join(strings.Fields(s), "、")
}

// conditionLine is what one row asked for and what it found: 「機密性 3C以上（この資産は3B）」.
func conditionLine(c control.Condition) string {
	if c.Label == "種別" || c.Label == "特性" {
		return c.Label + "：" + c.Asks
	}
	return fmt.Sprintf("%s：%s（この資産は%s）", c.Label, c.Asks, c.Has)
}

func controlTone(m control.Modality) ui.StateTone {
	if m == control.Must {
		return ui.StatePending
	}
	return ui.StateDraft
}

func controlID(c app.ControlLine) string { return "c-" + c.Key }

// controlMarks says how strongly a control asks and whether its text was compared, for paper.
func controlMarks(c app.ControlLine) string {
	if c.Compared() {
		return c.Modality.Label()
	}
	return c.Modality.Label() + "・未照合"
}

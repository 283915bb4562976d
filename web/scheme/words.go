package scheme

import (
	"daicho/internal/app"
	"daicho/internal/classify"
	"daicho/internal/jpdate"
	"daicho/web/ui"
)

// facts are what stands under the title of an edition.
func facts(v showView) []ui.Desc {
	h := v.Head
	out := []ui.Desc{{Term: "採用", Text: adoptedOf(h)}}
	add := func(term, text string) {
		if text != "" {
			out = append(out, ui.Desc{Term: term, Text: text})
		}
	}
	add("もとにした版", h.BaseName)
	add("施行日", dayOf(h))
	if classify.State(h.State) != classify.Drafting {
		add("承認を求めた人", h.ProposerName)
		add("改める理由", h.Note)
	}
	add("出典", v.Edition.Source)
	add("照合", v.Edition.Checked)
	for _, d := range v.Decisions {
		add(outcomeWords(d), d.Post+" "+d.Person+"　"+jpdate.FormatTime(d.At)+commentWords(d))
	}
	return out
}

func outcomeWords(d app.SchemeDecision) string {
	if d.Outcome == "approved" {
		return "承認"
	}
	return "差戻し"
}

func commentWords(d app.SchemeDecision) string {
	if d.Comment == "" {
		return ""
	}
	return "　「" + d.Comment + "」"
}

func diffField(c classify.Difference) string {
	switch {
	case c.Field != "":
		return "：" + c.Field
	case c.Before == "":
		return "（加わる）"
	}
	return "（なくなる）"
}

func unitLinks(v rejudgeView) []ui.Segment {
	all := ui.Segment{Label: "すべて", Href: rejudgePath("", 1), Current: v.Unit.Unit == 0}
	out := []ui.Segment{all}
	for _, u := range v.Units {
		out = append(out, ui.Segment{Label: u.Name + "（" + ui.Thousands(u.Count) + "）", Href: rejudgePath(u.Code, 1), Current: u.Unit == v.Unit.Unit})
	}
	return out
}

package asset

import (
	"net/http"

	"daicho/internal/app"
	"daicho/internal/jpdate"
	"daicho/web/page"
	"daicho/web/ui"
)

func (s shows) print(w http.ResponseWriter, r *http.Request, p *page.Request) error {
	v, err := s.app.PrintAsset(r.Context(), p.Actor, r.PathValue("no"))
	if err != nil {
		return err
	}
	return page.Render(w, r, http.StatusOK, sheetPage(p, v))
}

// sheetRun is what stands on every sheet of an asset.
func sheetRun(v app.AssetSheet) ui.Running {
	run := ui.Running{
		Title: v.Number + " " + v.Name, Marking: v.Marking(), AsOf: jpdate.OfTime(v.At).Wareki() + "時点", By: v.By, Printed: moment(v.At), Head: v.Head,
	}
	switch {
	case !v.InForce():
		run.Note = "未承認"
	case !v.Scheme.Adopted || v.Catalogue.ID != 0 && !adopted(v.ControlsView):
		run.Note = "案・未照合"
	}
	return run
}

// sheetLines are the head of a printed asset, before its fields.
func sheetLines(v app.AssetSheet) []app.Line {
	out := []app.Line{
		{Label: "種別", Text: v.Kind.Label()}, {Label: "所管", Text: v.UnitPath}, {Label: "状態", Text: v.State.Label()},
	}
	for _, w := range v.Words {
		out = append(out, app.Line{Label: w.Axis.Label(), Text: w.Level.Words()})
	}
	return out
}

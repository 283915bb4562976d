package zone

import (
	"net/http"

	"daicho/internal/app"
	"daicho/internal/authz"
	"daicho/internal/errs"
	"daicho/internal/form"
	"daicho/internal/zone"
	"daicho/web/page"
	"daicho/web/ui"
)

var zonesCrumb = ui.Crumb{Label: "領域図", Href: page.Zones}

// bodyUnit stands for the whole body in the list of units.
const bodyUnit = "-"

func (h pages) models(w http.ResponseWriter, r *http.Request, p *page.Request) error {
	v, err := h.app.Models(r.Context(), p.Actor)
	if err != nil {
		return err
	}
	f := &form.Form{Fields: modelFields(v), Token: form.Read(nil).Token}
	if u := r.URL.Query().Get("unit"); u != "" {
		f.Field("unit").Raw = []string{u}
	}
	return page.Render(w, r, http.StatusOK, modelPage(p, v, f, authz.Can(p.Actor, authz.DecideModel)))
}

func modelFields(v app.ModelsView) []*form.Field {
	unit := &form.Field{Key: "unit", Label: "どこの採用モデルか", Type: form.Select, Required: true, Options: []form.Option{{Value: bodyUnit, Label: "団体全体"}}}
	for _, u := range v.Units {
		unit.Options = append(unit.Options, form.Option{Value: u.Code, Label: u.Path})
	}
	m := &form.Field{Key: "model", Label: "採用モデル", Type: form.Choice, Required: true}
	for _, o := range zone.Models() {
		m.Options = append(m.Options, form.Option{Value: o.Code, Label: o.Label, Hint: o.Hint})
	}
	m.Options = append(m.Options, form.Option{Value: "above", Label: "定めない", Hint: "局・課では上位の組織に従い、団体全体では定めなしにする"})
	return append([]*form.Field{unit, m}, decisionFields()...)
}

// decisionFields ask for what stands behind a decision.
func decisionFields() []*form.Field {
	return []*form.Field{
		{Key: "doc_no", Label: "文書番号", Type: form.Text, Required: true, Max: 100, Hint: "決裁を受けた文書の番号。例：関広連総第123号"},
		{Key: "reason", Label: "理由", Type: form.Area, Required: true, Max: 1000},
	}
}

func (h pages) decideModel(w http.ResponseWriter, r *http.Request, p *page.Request) error {
	v, err := h.app.Models(r.Context(), p.Actor)
	if err != nil {
		return err
	}
	if err := r.ParseForm(); err != nil {
		return errs.Wrap(errs.Invalid, "form.parse", err)
	}
	f := form.Read(r.PostForm, modelFields(v)...)
	in := app.NewModel{Unit: f.Field("unit").OneOf(), Model: f.Field("model").OneOf(), DocNo: f.Field("doc_no").Text(), Reason: f.Field("reason").Text()}
	if in.Unit == bodyUnit {
		in.Unit = ""
	}
	if in.Model == "above" {
		in.Model = ""
	}
	if f.OK() {
		moved, err := h.app.DecideModel(r.Context(), p.Actor, in)
		if err == nil {
			p.Leave(page.Success, "採用モデルを変えました。"+ui.Thousands(moved)+"件の資産の必要な対策を導き直しました。")
			return page.Redirect(w, r, pathModel)
		}
		if !errs.Is(err, errs.Invalid) {
			return err
		}
		f.Add(err)
	}
	return page.Render(w, r, http.StatusUnprocessableEntity, modelPage(p, v, f, true))
}

// ownText is the model that a unit has itself, in words.
func ownText(code string) string {
	if code == "" {
		return "上位に従う"
	}
	return model(code)
}

// heldText is the model that holds somewhere, in words.
func heldText(code string) string {
	if code == "" {
		return "定めなし"
	}
	return model(code)
}

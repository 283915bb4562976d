package zone

import (
	"net/http"
	"slices"
	"strconv"
	"strings"

	"daicho/internal/app"
	"daicho/internal/asset"
	"daicho/internal/authz"
	"daicho/internal/classify"
	"daicho/internal/errs"
	"daicho/internal/form"
	"daicho/internal/zone"
	"daicho/web/page"
	"daicho/web/ui"
)

// matrix is the 置き場の表 ready to be drawn, with the cell that is being changed.
type matrix struct {
	app.PlacementView
	May   bool
	Edit  *cell
	Form  *form.Form // of the cell
	Adopt *form.Form // of the whole table
}

// cell is one cell of the 置き場の表 with its name in an address.
type cell struct {
	Rank     classify.Rank
	MyNumber bool
	Place    string
	Verdict  zone.Verdict
	Models   []string
	Control  string
	Title    string // of the control
	Note     string
	DocNo    string
}

// key names the cell: 4-mn-LG.
func (c cell) key() string {
	who := "all"
	if c.MyNumber {
		who = "mn"
	}
	return strconv.Itoa(int(c.Rank)) + "-" + who + "-" + c.Place
}

// cells are the cells of a row in the order of the places.
func (m matrix) cells(r app.PlaceRow) []*cell {
	var out []*cell
	for _, o := range zone.Places() {
		var found *cell
		for _, c := range r.Cells {
			if c.Place == o.Code {
				k, _ := m.Control(c.Control)
				found = &cell{c.Rank, c.MyNumber, c.Place, zone.Verdict(c.Verdict), c.Models, c.Control, k.Title, c.Note, c.DocNo}
			}
		}
		out = append(out, found)
	}
	return out
}

// rowName is what a row is about.
func rowName(r app.PlaceRow) string {
	code := r.Level.Code
	if code == "" {
		code = "順位" + strconv.Itoa(int(r.Rank))
	}
	if r.MyNumber {
		return code + " 特定個人情報"
	}
	return code + " " + r.Level.Label
}

func placeName(code string) string { return asset.Label(zone.Places(), code) }

// sign is the sign of a verdict, and word its word.
func sign(v zone.Verdict) string { s, _, _ := strings.Cut(v.Label(), " "); return s }
func word(v zone.Verdict) string { _, w, _ := strings.Cut(v.Label(), " "); return w }

// find reads the name of a cell.
func (m matrix) find(key string) *cell {
	for _, r := range m.Rows {
		for _, c := range m.cells(r) {
			if c != nil && c.key() == key {
				return c
			}
		}
	}
	return nil
}

// title names the cell in words.
func (m matrix) title(c *cell) string {
	for _, r := range m.Rows {
		if r.Rank == c.Rank && r.MyNumber == c.MyNumber {
			return rowName(r) + " × " + placeName(c.Place)
		}
	}
	return placeName(c.Place)
}

func placeFields(c *cell) []*form.Field {
	v := &form.Field{Key: "verdict", Label: "可否", Type: form.Choice, Required: true, Raw: []string{string(c.Verdict)}}
	for _, o := range zone.Verdicts() {
		v.Options = append(v.Options, form.Option{Value: o.Code, Label: o.Label, Hint: o.Hint})
	}
	models := &form.Field{Key: "models", Label: "採用モデルの条件", Type: form.Checks, Raw: slices.Clone(c.Models), Hint: "選んだモデルを採用した組織でだけ、この可否になります。ほかの組織では不可です。選ばなければ、どのモデルでも同じです"}
	for _, o := range zone.Models() {
		models.Options = append(models.Options, form.Option{Value: o.Code, Label: o.Label})
	}
	return append([]*form.Field{
		v, models,
		{Key: "control", Label: "もとになる対策の番号", Type: form.Code, Required: true, Max: 10, Raw: []string{c.Control}, Hint: "例：3-07"},
		{Key: "note", Label: "条件", Type: form.Text, Max: 200, Wide: true, Raw: []string{c.Note}},
	}, decisionFields()...)
}

func (h pages) load(r *http.Request, p *page.Request) (matrix, error) {
	v, err := h.app.Placement(r.Context(), p.Actor)
	return matrix{PlacementView: v, May: authz.Can(p.Actor, authz.EditPlacement), Adopt: &form.Form{Fields: decisionFields()}}, err
}

func (h pages) placement(w http.ResponseWriter, r *http.Request, p *page.Request) error {
	m, err := h.load(r, p)
	if err != nil {
		return err
	}
	if m.May {
		if m.Edit = m.find(r.URL.Query().Get("cell")); m.Edit != nil {
			m.Form = &form.Form{Fields: placeFields(m.Edit)}
		}
	}
	return page.Render(w, r, http.StatusOK, placementPage(p, m))
}

func (h pages) decidePlace(w http.ResponseWriter, r *http.Request, p *page.Request) error {
	m, err := h.load(r, p)
	if err != nil {
		return err
	}
	if err := r.ParseForm(); err != nil {
		return errs.Wrap(errs.Invalid, "form.parse", err)
	}
	if m.Edit = m.find(r.PostForm.Get("cell")); m.Edit == nil {
		return errs.New(errs.NotFound, "placement.cell", "")
	}
	f := form.Read(r.PostForm, placeFields(m.Edit)...)
	m.Form = f
	in := app.NewPlace{Reason: f.Field("reason").Text()}
	in.Rank, in.MyNumber, in.Place = m.Edit.Rank, m.Edit.MyNumber, m.Edit.Place
	in.Verdict, in.Models = f.Field("verdict").OneOf(), strings.Fields(f.Field("models").AllOf())
	in.Control, in.Note, in.DocNo = f.Field("control").Code(), f.Field("note").Text(), f.Field("doc_no").Text()
	if f.OK() {
		err := h.app.DecidePlace(r.Context(), p.Actor, in)
		if err == nil {
			p.Leave(page.Success, "置き場の表を直しました。すぐに効きます。")
			return page.Redirect(w, r, pathPlacement)
		}
		if !errs.Is(err, errs.Invalid) {
			return err
		}
		f.Add(err)
	}
	return page.Render(w, r, http.StatusUnprocessableEntity, placementPage(p, m))
}

func (h pages) adopt(w http.ResponseWriter, r *http.Request, p *page.Request) error {
	m, err := h.load(r, p)
	if err != nil {
		return err
	}
	if err := r.ParseForm(); err != nil {
		return errs.Wrap(errs.Invalid, "form.parse", err)
	}
	f := form.Read(r.PostForm, decisionFields()...)
	m.Adopt = f
	docNo, reason := f.Field("doc_no").Text(), f.Field("reason").Text()
	if f.OK() {
		err := h.app.AdoptPlacement(r.Context(), p.Actor, docNo, reason)
		if err == nil {
			p.Leave(page.Success, "置き場の表の採用を記録しました。")
			return page.Redirect(w, r, pathPlacement)
		}
		if !errs.Is(err, errs.Invalid) {
			return err
		}
		f.Add(err)
	}
	return page.Render(w, r, http.StatusUnprocessableEntity, placementPage(p, m))
}

// cited are the 対策 that some cell refers to.
func (m matrix) cited() []app.PlaceControl {
	return slices.DeleteFunc(slices.Clone(m.Controls), func(k app.PlaceControl) bool {
		return !slices.ContainsFunc(m.Rows, func(r app.PlaceRow) bool {
			return slices.ContainsFunc(r.Cells, func(c app.PlaceCell) bool { return c.Control == k.Key })
		})
	})
}

// controlID is the id of a 対策 on the page.
func controlID(key string) string { return "control-" + key }

// failed is the form that was refused, or nil.
func (m matrix) failed() *form.Form {
	for _, f := range []*form.Form{m.Form, m.Adopt} {
		if f != nil && !f.OK() {
			return f
		}
	}
	return nil
}

// modelsText are the models of a cell in words.
func modelsText(codes []string) string {
	var out []string
	for _, c := range codes {
		out = append(out, model(c))
	}
	return strings.Join(out, "・") + "だけ"
}

var placeColumns = func() []ui.Column {
	out := []ui.Column{{Label: "情報"}}
	for _, o := range zone.Places() {
		out = append(out, ui.Column{Label: o.Label})
	}
	return out
}()

package admin

import (
	"net/http"

	"daicho/internal/app"
	"daicho/internal/errs"
	"daicho/internal/form"
	"daicho/internal/jpdate"
	"daicho/web/page"
	"daicho/web/ui"
)

var packsCrumb = []ui.Crumb{{Label: "パック", Href: page.AdminPacks}}

func adoptFields(now jpdate.Date) []*form.Field {
	return []*form.Field{
		{Key: "doc_no", Label: "文書番号", Type: form.Text, Required: true, Max: 100, Hint: "決裁を受けた文書の番号。例：関広連総第123号"},
		{Key: "decided_on", Label: "決裁日", Type: form.Date, Required: true, Hint: "和暦でも西暦でも書けます。例：" + now.Short()},
		{Key: "note", Label: "備考", Type: form.Text, Max: 400, Wide: true},
	}
}

func (h pages) adoptForm(w http.ResponseWriter, r *http.Request, p *page.Request) error {
	e, err := h.edition(r, p)
	if err != nil {
		return err
	}
	return page.Render(w, r, http.StatusOK, adoptPage(p, e, &form.Form{Fields: adoptFields(jpdate.OfTime(p.Now))}))
}

// edition finds the edition that the address names, as long as it waits for its adoption.
func (h pages) edition(r *http.Request, p *page.Request) (app.Edition, error) {
	v, err := h.app.Packs(r.Context(), p.Actor)
	if err != nil {
		return app.Edition{}, err
	}
	q := r.URL.Query()
	for _, e := range v.Editions {
		if e.Target == q.Get("target") && e.Code == q.Get("code") {
			return e, nil
		}
	}
	return app.Edition{}, errs.New(errs.NotFound, "adopt.edition", "")
}

func (h pages) adopt(w http.ResponseWriter, r *http.Request, p *page.Request) error {
	e, err := h.edition(r, p)
	if err != nil {
		return err
	}
	f := form.Read(r.PostForm, adoptFields(jpdate.OfTime(p.Now))...)
	in := app.NewAdoption{
		Target: e.Target, Code: e.Code, DocNo: f.Field("doc_no").Text(), DecidedOn: f.Field("decided_on").Date(), Note: f.Field("note").Text(),
	}
	if f.OK() {
		err := h.app.Adopt(r.Context(), p.Actor, in)
		if err == nil {
			p.Leave(page.Success, e.Name+"の採用を記録しました")
			return page.Redirect(w, r, page.AdminPacks)
		}
		if !errs.Is(err, errs.Invalid) {
			return err
		}
		f.Add(err)
	}
	return page.Render(w, r, http.StatusUnprocessableEntity, adoptPage(p, e, f))
}

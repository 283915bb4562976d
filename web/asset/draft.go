package asset

import (
	"net/http"

	"daicho/internal/app"
	"daicho/internal/errs"
	"daicho/web/page"
)

// autosave keeps a form that its page sends by itself. The answer carries where the next one goes and
// which edit it is about; its body is what stands beside the form.
func (f forms) autosave(w http.ResponseWriter, r *http.Request, p *page.Request) error {
	s, err := f.receive(r, p)
	if err != nil {
		return err
	}
	v, err := f.save(r, p, &s, true)
	status := http.StatusOK
	switch errs.KindOf(err) {
	case errs.Stale:
		status = http.StatusConflict
	case errs.Invalid:
		status = http.StatusUnprocessableEntity
	default:
		if err != nil {
			return err
		}
	}
	h := w.Header()
	h.Set("Cache-Control", "no-store")
	if err == nil {
		h.Set("Draft-Id", draftState(v.Asset, v.EditNo))
		h.Set("Draft-Url", page.Draft(v.Asset)+"/autosave")
		return page.Render(w, r, http.StatusOK, formSummary(newView(p, v, shown{}, nil)))
	}
	w.WriteHeader(status)
	return nil
}

// confirmEdit asks before a draft is made of an asset: opening a page must change nothing, and this
// one shows no more of the asset than a list does.
func (f forms) confirmEdit(w http.ResponseWriter, r *http.Request, p *page.Request) error {
	a, err := f.app.AssetRef(r.Context(), p.Actor, r.PathValue("no"))
	if err != nil {
		return err
	}
	return page.Render(w, r, http.StatusOK, editPage(p, a))
}

// edit opens the draft in which an asset is changed.
func (f forms) edit(w http.ResponseWriter, r *http.Request, p *page.Request) error {
	id, err := f.app.EditAsset(r.Context(), p.Actor, r.PathValue("no"))
	if err != nil {
		return err
	}
	return page.Redirect(w, r, page.Draft(id))
}

func (f forms) confirmDiscard(w http.ResponseWriter, r *http.Request, p *page.Request) error {
	id, err := idOf(r)
	if err != nil {
		return err
	}
	v, err := f.app.OpenDraft(r.Context(), p.Actor, id)
	if err != nil {
		return err
	}
	p.Nav = page.MarkCurrent(p.Nav, page.MyRequests)
	return page.Render(w, r, http.StatusOK, discardPage(p, v, ""))
}

func (f forms) discard(w http.ResponseWriter, r *http.Request, p *page.Request) error {
	id, err := idOf(r)
	if err != nil {
		return err
	}
	v, err := f.app.OpenDraft(r.Context(), p.Actor, id)
	if err != nil {
		return err
	}
	if err := f.app.DiscardDraft(r.Context(), p.Actor, id); errs.Is(err, errs.Conflict) {
		return page.Render(w, r, http.StatusConflict, discardPage(p, v, errs.MessageOf(err)))
	} else if err != nil {
		return err
	}
	p.Leave(page.Success, "「"+nameOf(v)+"」の下書きを破棄しました。")
	return page.Redirect(w, r, page.MyRequests)
}

// nameOf is how a draft is called while it may have no name yet.
func nameOf(v app.DraftView) string {
	if name := v.Doc.Get("name"); name != "" {
		return name
	}
	if v.Number != "" {
		return v.Number
	}
	return "名称未入力の" + v.Kind.Label()
}

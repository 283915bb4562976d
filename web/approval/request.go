package approval

import (
	"net/http"

	"daicho/internal/app"
	"daicho/internal/approval"
	"daicho/internal/asset"
	"daicho/internal/authz"
	"daicho/internal/errs"
	"daicho/internal/form"
	"daicho/web/page"
	"daicho/web/ui"
)

// requestView is an application for its applicant and for readers.
type requestView struct {
	app.ApplicationView
	items   []itemView
	Own     bool
	Form    *form.Form
	Reason  *form.Field
	Problem string
}

func newWithdrawal(r *http.Request) (*form.Form, *form.Field) {
	f := &form.Field{Key: "reason", Label: "取り下げる理由", Type: form.Text, Max: 200, Hint: "書かなくてもかまいません。操作記録に残ります", Wide: true}
	return form.Read(r.PostForm, f), f
}

func (h pages) request(w http.ResponseWriter, r *http.Request, p *page.Request) error {
	id, err := idOf(r)
	if err != nil {
		return err
	}
	a, err := h.app.Application(r.Context(), p.Actor, id, pageOf(r))
	if err != nil {
		return err
	}
	return page.Render(w, r, http.StatusOK, requestPage(p, newRequest(r, p, a)))
}

// readHead reads an application for the page of its withdrawal, which shows nothing of its content.
func (h pages) readHead(r *http.Request, p *page.Request) (requestView, error) {
	id, err := idOf(r)
	if err != nil {
		return requestView{}, err
	}
	a, err := h.app.ApplicationHead(r.Context(), p.Actor, id)
	if err != nil {
		return requestView{}, err
	}
	return newRequest(r, p, a), nil
}

func newRequest(r *http.Request, p *page.Request, v app.ApplicationView) requestView {
	out := requestView{ApplicationView: v, items: itemsOf(v), Own: v.Applicant == p.Actor.Person}
	p.Nav = page.MarkCurrent(p.Nav, section(p, out.Own))
	out.Form, out.Reason = newWithdrawal(r)
	return out
}

// section is the part of the navigation in which an application stands for its reader: one's own among
// the drafts and applications, that of another where it is decided, or with the assets that it is about.
func section(p *page.Request, own bool) string {
	switch {
	case own && authz.Can(p.Actor, authz.SubmitApplication):
		return page.MyRequests
	case authz.Can(p.Actor, authz.SeeQueue):
		return page.Approvals
	case authz.Can(p.Actor, authz.SubmitApplication):
		return page.MyRequests
	}
	return page.Assets
}

func (h pages) confirmWithdraw(w http.ResponseWriter, r *http.Request, p *page.Request) error {
	v, err := h.readHead(r, p)
	if err != nil {
		return err
	}
	return drawWithdraw(w, r, p, http.StatusOK, v)
}

func drawWithdraw(w http.ResponseWriter, r *http.Request, p *page.Request, status int, v requestView) error {
	if !v.CanWithdraw && v.Problem == "" {
		v.Problem = v.whyNot()
	}
	if v.Problem != "" && status == http.StatusOK {
		status = http.StatusConflict
	}
	return page.Render(w, r, status, withdrawPage(p, v))
}

func (v requestView) whyNot() string {
	if !v.Own {
		return "取り下げられるのは申請した本人だけです。"
	}
	return "この申請はすでに「" + approval.State(v.State).Label() + "」になっています。"
}

func (h pages) withdraw(w http.ResponseWriter, r *http.Request, p *page.Request) error {
	v, err := h.readHead(r, p)
	if err != nil {
		return err
	}
	reason := v.Reason.Text()
	if !v.Form.OK() {
		return drawWithdraw(w, r, p, http.StatusUnprocessableEntity, v)
	}
	err = h.app.Withdraw(r.Context(), p.Actor, v.ID, reason)
	if errs.Is(err, errs.Conflict) {
		if v, err = h.readHead(r, p); err != nil {
			return err
		}
		if v.State == string(approval.Withdrawn) && v.Own { // the same form came twice
			return page.Redirect(w, r, page.RequestShow(v.ID))
		}
		return drawWithdraw(w, r, p, http.StatusConflict, v)
	}
	if err != nil {
		return err
	}
	if p.SetFlash != nil {
		p.SetFlash(page.Flash{Tone: page.Success, Title: "「" + subject(v.FirstName, v.ItemCount) + "」の申請を取り下げました。",
			Text: "入力した内容は、下書きに戻りました。", Path: page.MyRequests, Link: "下書きを見る"})
	}
	return page.Redirect(w, r, page.RequestShow(v.ID))
}

// drafts are the items that have become drafts again and are one's to correct.
func (v requestView) drafts() []ui.Link {
	var out []ui.Link
	for _, it := range v.Items {
		if (it.Asset.State == asset.StateReturned || it.Asset.State == asset.StateDraft) && len(out) < 5 {
			out = append(out, ui.Link{Text: "「" + it.Asset.Name + "」を直す", Href: page.Draft(it.Asset.ID), Icon: "edit"})
		}
	}
	return out
}

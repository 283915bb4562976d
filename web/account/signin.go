package account

import (
	"net/http"

	"daicho/internal/account"
	"daicho/internal/app"
	"daicho/internal/errs"
	"daicho/internal/form"
	"daicho/web/page"
)

// signInView is the sign-in page.
type signInView struct {
	Form *form.Form
	Next string // path to go to afterwards, or empty
	Out  bool   // somebody has just signed out
}

func signInFields() []*form.Field {
	return []*form.Field{
		{Key: "login", Label: "利用者ID", Type: form.Code, Required: true, Max: 64, Autocomplete: "username"},
		{Key: "password", Label: "パスワード", Type: form.Password, Required: true, Max: account.MaxPassword * 4, Autocomplete: "current-password"},
	}
}

func next(r *http.Request) string {
	if n := r.FormValue("next"); page.Local(n) {
		return n
	}
	return ""
}

func (h pages) signInForm(w http.ResponseWriter, r *http.Request, p *page.Request) error {
	if p.Actor.Known() {
		return page.Redirect(w, r, page.Home)
	}
	v := signInView{Form: &form.Form{Fields: signInFields()}, Next: next(r), Out: r.URL.Query().Has("out")}
	return page.Render(w, r, http.StatusOK, signInPage(v))
}

func (h pages) signIn(w http.ResponseWriter, r *http.Request, p *page.Request) error {
	v := signInView{Form: form.Read(r.PostForm, signInFields()...), Next: next(r)}
	login, password := v.Form.Field("login").Code(), v.Form.Field("password").Secret()
	if !v.Form.OK() {
		return page.Render(w, r, http.StatusUnprocessableEntity, signInPage(v))
	}
	in, err := h.app.SignIn(r.Context(), p.Actor, app.SignIn{Login: login, Password: password, Address: h.keep.Address(r)})
	if errs.Is(err, errs.Invalid) {
		v.Form.Add(err)
		status := http.StatusUnprocessableEntity
		if errs.CodeOf(err) == "account.throttled" {
			status = http.StatusTooManyRequests
		}
		return page.Render(w, r, status, signInPage(v))
	}
	if err != nil {
		return err
	}
	if err := h.keep.Begin(r, in.Account); err != nil {
		return err
	}
	to := v.Next
	if to == "" {
		to = page.Home
	}
	if in.MustChange {
		to = page.MePassword
	}
	return page.Redirect(w, r, to)
}

func (h pages) signOut(w http.ResponseWriter, r *http.Request, p *page.Request) error {
	if err := h.app.SignOut(r.Context(), p.Actor); err != nil {
		return err
	}
	if err := h.keep.End(r); err != nil {
		return err
	}
	return page.Redirect(w, r, page.With(page.Login, "out", "1"))
}

// extend answers the dialog that warns before the session ends. Any request moves the idle limit, so
// there is nothing to do; the server adds the time that is left.
func (h pages) extend(w http.ResponseWriter, r *http.Request, p *page.Request) error {
	if r.Header.Get("X-Requested-By") == "" { // without scripts
		p.Leave(page.Success, "ログインの時間を延ばしました。")
		return page.Redirect(w, r, page.Home)
	}
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(http.StatusNoContent)
	return nil
}

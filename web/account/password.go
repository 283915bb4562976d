package account

import (
	"net/http"

	"daicho/internal/account"
	"daicho/internal/app"
	"daicho/internal/errs"
	"daicho/internal/form"
	"daicho/web/page"
)

func passwordFields() []*form.Field {
	const max = account.MaxPassword * 4
	return []*form.Field{
		{Key: "old", Label: "いまのパスワード", Type: form.Password, Required: true, Max: max, Autocomplete: "current-password"},
		{Key: "new", Label: "新しいパスワード", Type: form.Password, Required: true, Max: max, Autocomplete: "new-password",
			Hint: "12文字以上。短い言葉をいくつかつなげると、長くて覚えやすくなります。記号や数字は混ぜなくてもかまいません。"},
		{Key: "again", Label: "新しいパスワード（確認）", Type: form.Password, Required: true, Max: max, Autocomplete: "new-password"},
	}
}

func (h pages) passwordForm(w http.ResponseWriter, r *http.Request, p *page.Request) error {
	return page.Render(w, r, http.StatusOK, passwordPage(p, &form.Form{Fields: passwordFields()}, p.MustChange))
}

func (h pages) changePassword(w http.ResponseWriter, r *http.Request, p *page.Request) error {
	f := form.Read(r.PostForm, passwordFields()...)
	in := app.ChangePassword{
		Old: f.Field("old").Secret(), New: f.Field("new").Secret(), Again: f.Field("again").Secret(), Session: h.keep.Current(r),
	}
	if !f.OK() {
		return page.Render(w, r, http.StatusUnprocessableEntity, passwordPage(p, f, p.MustChange))
	}
	err := h.app.ChangePassword(r.Context(), p.Actor, in)
	if errs.Is(err, errs.Invalid) {
		f.Add(err)
		return page.Render(w, r, http.StatusUnprocessableEntity, passwordPage(p, f, p.MustChange))
	}
	if err != nil {
		return err
	}
	if err := h.keep.Renew(r); err != nil {
		return err
	}
	p.Leave(page.Success, "パスワードを変えました。ほかの端末は、もう一度ログインが必要です。")
	return page.Redirect(w, r, page.Home)
}

package account

import (
	"net/http"

	"daicho/internal/errs"
	"daicho/internal/form"
	"daicho/web/page"
)

func tasteFields() []*form.Field {
	return []*form.Field{
		{Key: "density", Label: "一覧の行の高さ", Type: form.Choice, Required: true, Options: []form.Option{
			{Value: string(page.Relaxed), Label: "ゆったり"}, {Value: string(page.Standard), Label: "標準"}, {Value: string(page.Compact), Label: "詰める"},
		}},
		{Key: "shortcuts", Label: "1つのキーで操作する", Type: form.Flag,
			Hint: "「?」を押すと、使えるキーの一覧が出ます。音声入力や読み上げソフトと重なるときは外してください。"},
	}
}

func (h pages) me(w http.ResponseWriter, r *http.Request, p *page.Request) error {
	f := &form.Form{Fields: tasteFields()}
	f.Field("density").Fill(string(p.Density))
	if p.Shortcuts {
		f.Field("shortcuts").Fill("1")
	}
	return page.Render(w, r, http.StatusOK, mePage(p, f))
}

func (h pages) saveMe(w http.ResponseWriter, r *http.Request, p *page.Request) error {
	f := form.Read(r.PostForm, tasteFields()...)
	density, shortcuts := f.Field("density").OneOf(), f.Field("shortcuts").Bool()
	if f.OK() {
		err := h.app.SaveMe(r.Context(), p.Actor, density, shortcuts)
		if err == nil {
			p.Leave(page.Success, "設定を保存しました。")
			return page.Redirect(w, r, page.Me)
		}
		if !errs.Is(err, errs.Invalid) {
			return err
		}
		f.Add(err)
	}
	return page.Render(w, r, http.StatusUnprocessableEntity, mePage(p, f))
}

package admin

import (
	"net/http"
	"strconv"
	"time"

	"daicho/internal/app"
	"daicho/internal/errs"
	"daicho/internal/form"
	"daicho/internal/jpdate"
	"daicho/web/page"
	"daicho/web/ui"
)

// accountsView is the list of accounts.
type accountsView struct {
	List  app.AccountList
	Query string
	Ended bool
	Pager ui.Pager
}

func (h pages) accounts(w http.ResponseWriter, r *http.Request, p *page.Request) error {
	q := r.URL.Query()
	n, _ := strconv.Atoi(q.Get("page")) // anything else is the first page
	v := accountsView{Query: q.Get("q"), Ended: q.Get("ended") == "1"}
	var err error
	if v.List, err = h.app.Accounts(r.Context(), p.Actor, app.AccountQuery{Query: v.Query, Ended: v.Ended, Page: n}); err != nil {
		return err
	}
	here := page.With(page.AdminAccounts, "q", v.Query, "ended", q.Get("ended"))
	v.Pager = pager(v.List.Page, v.List.Size, v.List.Total, len(v.List.Rows), here)
	return page.Render(w, r, http.StatusOK, accountsPage(p, v))
}

// pager describes one page of a list of total rows, of which shown are on this page.
func pager(n, size, total, shown int, here string) ui.Pager {
	return ui.Pager{
		Page: n, Pages: (total + size - 1) / size, From: min((n-1)*size+1, total), To: (n-1)*size + shown, Total: total,
		URL: func(k int) string { return page.With(here, "page", strconv.Itoa(k)) },
	}
}

func when(t *time.Time) string {
	if t == nil {
		return ""
	}
	return jpdate.FormatTime(*t)
}

func accountState(a app.Account) ui.State {
	switch {
	case a.EndedAt != nil:
		return ui.State{Tone: ui.StateEnded, Label: "利用終了"}
	case a.MustChange:
		return ui.State{Tone: ui.StatePending, Label: "パスワード未設定"}
	}
	return ui.State{Tone: ui.StateActive, Label: "利用中"}
}

// newAccountView is the form for a new account.
type newAccountView struct {
	Form    *form.Form
	Persons int // people without an account
}

func newFields(c app.AccountChoices) []*form.Field {
	persons := []form.Option{{Value: "new", Label: "一覧にない職員を新しく登録する"}}
	for _, one := range c.Persons {
		label := one.Name + "（" + one.Code + "）"
		if one.Posts != "" {
			label += " " + one.Posts
		}
		persons = append(persons, form.Option{Value: strconv.FormatInt(one.ID, 10), Label: label})
	}
	var posts []form.Option
	for _, one := range c.Posts {
		label := one.Unit + " " + one.Name + "（" + one.Role.Label() + "）"
		if one.Held {
			label += "　在職あり"
		}
		posts = append(posts, form.Option{Value: strconv.FormatInt(one.ID, 10), Label: label})
	}
	return []*form.Field{
		{Key: "login", Label: "利用者ID", Type: form.Code, Required: true, Max: 64, Hint: "半角の英小文字・数字で始まる2〜64文字。あとから変えられません。"},
		{Key: "person", Label: "職員", Type: form.Select, Required: true, Options: persons, Wide: true, Hint: "利用者IDのない職員を選びます。"},
		{Key: "name", Label: "氏名", Type: form.Text, Max: 100, Hint: "新しく登録する職員だけ"},
		{Key: "yomi", Label: "ふりがな", Type: form.Text, Max: 100, Hint: "新しく登録する職員だけ"},
		{Key: "code", Label: "職員番号", Type: form.Code, Max: 40, Hint: "新しく登録する職員だけ。なければ空欄"},
		{Key: "post", Label: "職", Type: form.Select, Options: posts, Wide: true, Hint: "新しく登録する職員だけ。今日からの本務になり、操作記録に残ります。"},
	}
}

func (h pages) newAccount(w http.ResponseWriter, r *http.Request, p *page.Request) error {
	c, err := h.app.AccountChoices(r.Context(), p.Actor)
	if err != nil {
		return err
	}
	return page.Render(w, r, http.StatusOK, newAccountPage(p, newAccountView{&form.Form{Fields: newFields(c)}, len(c.Persons)}))
}

func (h pages) createAccount(w http.ResponseWriter, r *http.Request, p *page.Request) error {
	c, err := h.app.AccountChoices(r.Context(), p.Actor)
	if err != nil {
		return err
	}
	f := form.Read(r.PostForm, newFields(c)...)
	in := app.NewAccount{Login: f.Field("login").Code()}
	if person := f.Field("person").OneOf(); person == "new" {
		for _, key := range []string{"name", "post"} {
			f.Field(key).Required = true
		}
		in.Name, in.Yomi, in.Code = f.Field("name").Text(), f.Field("yomi").Text(), f.Field("code").Code()
		in.Post, _ = strconv.ParseInt(f.Field("post").OneOf(), 10, 64)
	} else {
		in.Person, _ = strconv.ParseInt(person, 10, 64)
	}
	if f.OK() {
		made, err := h.app.CreateAccount(r.Context(), p.Actor, in)
		if err == nil {
			return page.Render(w, r, http.StatusOK, passwordOnce(p, made, "利用者IDを作りました"))
		}
		if !errs.Is(err, errs.Invalid) {
			return err
		}
		f.Add(err)
	}
	return page.Render(w, r, http.StatusUnprocessableEntity, newAccountPage(p, newAccountView{f, len(c.Persons)}))
}

func accountID(r *http.Request) (int64, error) {
	id, err := strconv.ParseInt(r.PathValue("id"), 10, 64)
	if err != nil {
		return 0, errs.Wrap(errs.NotFound, "account.id", err)
	}
	return id, nil
}

func (h pages) account(w http.ResponseWriter, r *http.Request, p *page.Request) error {
	return h.show(w, r, p, http.StatusOK, endForm())
}

func endForm() *form.Form {
	return &form.Form{Fields: []*form.Field{{Key: "reason", Label: "終える理由", Type: form.Text, Required: true, Max: 200, Hint: "例：令和9年3月31日付け退職"}}}
}

func (h pages) show(w http.ResponseWriter, r *http.Request, p *page.Request, status int, end *form.Form) error {
	id, err := accountID(r)
	if err != nil {
		return err
	}
	v, err := h.app.Account(r.Context(), p.Actor, id)
	if err != nil {
		return err
	}
	return page.Render(w, r, status, accountPage(p, v, end))
}

func (h pages) resetAccount(w http.ResponseWriter, r *http.Request, p *page.Request) error {
	id, err := accountID(r)
	if err != nil {
		return err
	}
	made, err := h.app.ResetAccount(r.Context(), p.Actor, id)
	if err != nil {
		return err
	}
	return page.Render(w, r, http.StatusOK, passwordOnce(p, made, "パスワードを再発行しました"))
}

func (h pages) endAccount(w http.ResponseWriter, r *http.Request, p *page.Request) error {
	id, err := accountID(r)
	if err != nil {
		return err
	}
	f := form.Read(r.PostForm, endForm().Fields...)
	reason := f.Field("reason").Text()
	if !f.OK() {
		return h.show(w, r, p, http.StatusUnprocessableEntity, f)
	}
	if err := h.app.EndAccount(r.Context(), p.Actor, id, reason); err != nil {
		return err
	}
	p.Leave(page.Success, "利用者IDの利用を終えました。接続もすべて切りました。")
	return page.Redirect(w, r, page.AdminAccount(id))
}

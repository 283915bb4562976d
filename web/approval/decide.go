package approval

import (
	"encoding/hex"
	"net/http"
	"slices"
	"strconv"

	"daicho/internal/app"
	"daicho/internal/approval"
	"daicho/internal/authz"
	"daicho/internal/errs"
	"daicho/internal/form"
	"daicho/web/page"
	"daicho/web/ui"
)

// Names and values of the inputs of the decision.
const (
	seenName    = "seen" // digest of the list that was on the screen
	doName      = "do"
	commentName = "comment"
	backName    = "back_to"
)

// decisionView is the page of a decision.
type decisionView struct {
	app.ApplicationView
	items   []itemView
	Form    *form.Form
	Comment *form.Field
	BackTo  *form.Field // where a return leads; nil where it leads to the applicant alone
	Problem string      // why the last try was not carried out, or empty
}

// backTo offers the steps to which a return may lead.
func backTo(v app.ApplicationView, chosen string) *form.Field {
	earlier := v.Rules.Earlier(v.Open.No)
	if len(earlier) == 0 {
		return nil
	}
	f := &form.Field{Key: backName, Label: "差し戻す先", Type: form.Select, Options: []form.Option{{Label: "申請した人"}}, Raw: []string{chosen}}
	for _, s := range earlier {
		f.Options = append(f.Options, form.Option{Value: strconv.Itoa(s.No), Label: s.Words()})
	}
	return f
}

func newDecision(r *http.Request) (*form.Form, *form.Field) {
	c := &form.Field{Key: commentName, Label: "コメント", Type: form.Area, Max: 2000, Hint: "差し戻すときは、直してほしいことを必ず書きます"}
	return form.Read(r.PostForm, c), c
}

func (h pages) show(w http.ResponseWriter, r *http.Request, p *page.Request) error {
	id, err := idOf(r)
	if err != nil {
		return err
	}
	v, err := h.app.Application(r.Context(), p.Actor, id, pageOf(r))
	if err != nil {
		return err
	}
	d := decisionView{ApplicationView: v}
	d.Form, d.Comment = newDecision(r)
	return draw(w, r, p, http.StatusOK, d)
}

func draw(w http.ResponseWriter, r *http.Request, p *page.Request, status int, v decisionView) error {
	v.Form.Token = newToken()
	v.BackTo = backTo(v.ApplicationView, r.PostForm.Get(backName))
	v.items = itemsOf(v.ApplicationView)
	if authz.Can(p.Actor, authz.SeeQueue) {
		p.Nav = page.MarkCurrent(p.Nav, page.Approvals)
	}
	return page.Render(w, r, status, decisionPage(p, v))
}

func (h pages) decide(w http.ResponseWriter, r *http.Request, p *page.Request) error {
	id, err := idOf(r)
	if err != nil {
		return err
	}
	f, comment := newDecision(r)
	in := app.Decide{Application: id, Comment: comment.Text(), Token: f.Token}
	switch r.PostForm.Get(doName) {
	case "approve":
		in.Outcome = approval.Approve
	case "return":
		in.Outcome = approval.Return
		if in.BackTo, _ = strconv.Atoi(r.PostForm.Get(backName)); in.BackTo != 0 {
			in.Outcome = approval.SendBack
		}
	case "agree":
		in.Outcome = approval.Agree
	case "opine":
		in.Outcome = approval.Opine
	}
	seen, err := hex.DecodeString(r.PostForm.Get(seenName))
	if err == nil && len(seen) == len(in.Seen) {
		in.Seen = [32]byte(seen)
	}
	if f.OK() {
		err = h.app.Decide(r.Context(), p.Actor, in)
	}
	kind := errs.KindOf(err)
	if err == nil && f.OK() {
		return h.decided(w, r, p, in)
	}
	if err != nil && kind != errs.Invalid && kind != errs.Conflict && kind != errs.Stale {
		return err
	}
	// Not carried out: the page again, as things stand now, with what was typed.
	v, e := h.app.Application(r.Context(), p.Actor, id, pageOf(r))
	if e != nil {
		return e
	}
	d, status := decisionView{ApplicationView: v, Form: f, Comment: comment}, http.StatusConflict
	if kind == errs.Invalid || err == nil {
		status = http.StatusUnprocessableEntity
		f.Add(err)
	} else {
		d.Problem = errs.MessageOf(err)
		if d.Problem == "" {
			d.Problem = "ほかの処理と重なりました。いまの内容を確かめて、もう一度決裁してください。"
		}
	}
	return draw(w, r, p, status, d)
}

// decided says what became of the application and leads to the next one that waits.
func (h pages) decided(w http.ResponseWriter, r *http.Request, p *page.Request, in app.Decide) error {
	v, err := h.app.ApplicationHead(r.Context(), p.Actor, in.Application)
	if err != nil {
		return err
	}
	f := page.Flash{Tone: page.Success, Path: page.RequestShow(v.ID), Link: "決裁した申請を見る"}
	what := "「" + subject(v.FirstName, v.ItemCount) + "」"
	switch {
	case in.Outcome == approval.Return:
		f.Title = what + "を差し戻しました。"
		f.Text = "申請者の下書きに戻り、コメントが表示されます。"
	case in.Outcome == approval.SendBack:
		f.Title = what + "を前の段に差し戻しました。"
		f.Text = v.Open.Words() + "が、決裁し直します。"
	case in.Outcome == approval.Agree || in.Outcome == approval.Opine:
		f.Title = what + "の合議に答えました。"
		f.Text = "次は、" + v.Open.Words() + "です。"
	case v.State == string(approval.Submitted):
		f.Title = what + "を承認しました。"
		f.Text = "次は、" + v.Open.Words() + "です。すべての段が終わると発効します。"
	default:
		f.Title = what + "を承認しました。"
		f.Text = "この内容で発効し、区分に応じて必要な対策が決まりました。"
		if v.ItemCount == 1 && v.FirstNumber != "" {
			f.Path, f.Link = page.AssetControls(v.FirstNumber), "必要な対策を見る"
		}
	}
	next := page.Approvals
	q, err := h.app.Queue(r.Context(), p.Actor, 1)
	if err != nil {
		return err
	}
	if len(q.Applications) > 0 {
		next = page.ApprovalShow(q.Applications[0].ID)
		f.Text += "次の申請を開いています（残り" + strconv.Itoa(q.Total) + "件）。"
	} else {
		f.Text += "承認を待っている申請は、ほかにありません。"
	}
	if p.SetFlash != nil {
		p.SetFlash(f)
	}
	return page.Redirect(w, r, next)
}

func (v decisionView) digest() string { return hex.EncodeToString(v.Digest) }

// openText leads to what has to be opened before the decision.
func (v decisionView) openText() string {
	return "開いて確かめる（あと" + strconv.Itoa(v.Unopened.Count) + "件）"
}

// failed reports whether the last try was refused.
func (v decisionView) failed() bool { return v.Problem != "" || !v.Form.OK() }

// approveText is a verb with its object.
func (v decisionView) approveText() string {
	if v.ItemCount > 1 {
		return ui.Thousands(v.ItemCount) + "件を承認する"
	}
	switch {
	case len(v.Deeds) == 1 && v.Deeds[0] == string(approval.Register):
		return "登録を承認する"
	case len(v.Deeds) == 1 && v.Deeds[0] == string(approval.Dispose):
		return "廃棄を承認する"
	}
	return "変更を承認する"
}

// effects say what an approval does, before its button.
func (v decisionView) effects() []string {
	if v.Open.Kind == approval.Consulting {
		return []string{"合議を求められています。意見は記録に残り、次に決裁する人が読みます。"}
	}
	out := []string{"承認すると、すぐに発効し、必要な対策が決まります。"}
	if !v.Last {
		out = []string{"承認すると、次の段へ回ります。発効するのは、すべての段が終わったときです。"}
	}
	if v.Lowers > 0 {
		out = append(out, "区分を引き下げるものが"+strconv.Itoa(v.Lowers)+"件あります。理由を確かめてください。")
	}
	if slices.Contains(v.Deeds, string(approval.Dispose)) {
		out = append(out, "廃棄したものは廃棄済になります。履歴と証拠は残ります。")
	}
	return out
}

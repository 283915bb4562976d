// Package scheme has the pages of the 分類体系: the editions, the editor of a draft, its check, its
// difference to the one in force, its impact and its decision, and the list of assets that are to be
// judged again. It must not import server or postgres.
package scheme

import (
	"encoding/hex"
	"net/http"
	"strconv"
	"strings"

	"daicho/internal/app"
	"daicho/internal/approval"
	"daicho/internal/authz"
	"daicho/internal/classify"
	"daicho/internal/errs"
	"daicho/internal/form"
	"daicho/internal/jpdate"
	"daicho/web/page"
	"daicho/web/ui"
)

type pages struct{ app *app.App }

// Routes lists the URLs of this package.
func Routes(a *app.App) []page.Route {
	p := pages{a}
	one := page.Schemes + "/{id}"
	return []page.Route{
		{Method: "GET", Pattern: page.Schemes, Action: authz.SeeSchemes, Handler: p.list},
		{Method: "GET", Pattern: one, Action: authz.SeeSchemes, Handler: p.show},
		{Method: "GET", Pattern: one + "/impact", Action: authz.ReadAsset, Handler: p.impact},
		{Method: "POST", Pattern: one + "/copy", Action: authz.EditScheme, Handler: p.copy},
		{Method: "POST", Pattern: one + "/discard", Action: authz.EditScheme, Handler: p.discard},
		{Method: "POST", Pattern: one + "/propose", Action: authz.EditScheme, Handler: p.propose},
		{Method: "POST", Pattern: one + "/recall", Action: authz.EditScheme, Handler: p.recall},
		{Method: "POST", Pattern: one + "/decide", Action: authz.DecideScheme, Handler: p.decide},
		{Method: "GET", Pattern: one + "/edit/{part}", Action: authz.EditScheme, Handler: p.edit},
		{Method: "POST", Pattern: one + "/edit/{part}", Action: authz.EditScheme, Handler: p.save},
		{Method: "GET", Pattern: page.Rejudge, Action: authz.RegisterAsset, Handler: p.rejudge},
		{Method: "POST", Pattern: page.Rejudge, Action: authz.RegisterAsset, Handler: p.makeDrafts},
	}
}

func idOf(r *http.Request) int64 {
	id, err := strconv.ParseInt(r.PathValue("id"), 10, 64)
	if err != nil {
		return 0
	}
	return id
}

var crumbs = []ui.Crumb{{Label: "分類体系", Href: page.Schemes}}

func crumbsTo(h app.SchemeHead) []ui.Crumb {
	return append(append([]ui.Crumb{}, crumbs...), ui.Crumb{Label: h.Name + " " + h.Edition, Href: page.Scheme(h.ID)})
}

func (h pages) list(w http.ResponseWriter, r *http.Request, p *page.Request) error {
	v, err := h.app.Schemes(r.Context(), p.Actor)
	if err != nil {
		return err
	}
	return page.Render(w, r, http.StatusOK, listPage(p, v))
}

// stateOf is the mark of where an edition stands.
func stateOf(h app.SchemeHead) ui.State {
	switch {
	case h.Current:
		return ui.State{Tone: ui.StateActive, Label: "施行中"}
	case h.Over:
		return ui.State{Tone: ui.StateEnded, Label: "前の版"}
	}
	switch classify.State(h.State) {
	case classify.Drafting:
		return ui.State{Tone: ui.StateDraft, Label: "作成中の案"}
	case classify.Proposed:
		return ui.State{Tone: ui.StatePending, Label: "承認待ち"}
	case classify.Approved:
		return ui.State{Tone: ui.StatePaused, Label: "施行を待つ"}
	case classify.Loaded:
	}
	return ui.State{Tone: ui.StateEnded, Label: "ひな形"}
}

// dayOf is the 施行日 in words.
func dayOf(h app.SchemeHead) string {
	if h.InForceFrom == nil || classify.State(h.State) == classify.Drafting {
		return ""
	}
	return jpdate.OfTime(*h.InForceFrom).Wareki()
}

func adoptedOf(h app.SchemeHead) string {
	if h.Adopted {
		return "採用済"
	}
	return "案・未照合"
}

// showView is the page of one edition with its forms.
type showView struct {
	app.SchemeView
	Propose, Decide *form.Form
	Failed          *form.Form // the one that was refused; nil = none
}

func proposeFields(now jpdate.Date) []*form.Field {
	return []*form.Field{
		{Key: "from", Label: "施行日", Type: form.Date, Required: true, Hint: "この日の0時から効きます。今日から後の日にします。例：" + now.Short()},
		{Key: "note", Label: "改める理由", Type: form.Area, Required: true, Max: 2000},
	}
}

func decideFields() []*form.Field {
	return []*form.Field{
		{Key: "outcome", Label: "決裁", Type: form.Choice, Required: true, Options: []form.Option{{Value: string(approval.Approve), Label: "承認する"}, {Value: string(approval.Return), Label: "差し戻す"}}},
		{Key: "comment", Label: "コメント", Type: form.Area, Max: 2000, Hint: "差し戻すときは、理由を書いてください。"},
		{Key: "doc_no", Label: "文書番号", Type: form.Text, Max: 100, Hint: "採用の決裁の番号。空のままにすると「案・未照合」と表示され、あとから記録できます。"},
		{Key: "decided_on", Label: "決裁日", Type: form.Date, Hint: "文書番号を書いたときの、決裁の日。"},
	}
}

func (h pages) view(r *http.Request, p *page.Request) (showView, error) {
	v, err := h.app.Scheme(r.Context(), p.Actor, idOf(r))
	if err != nil {
		return showView{}, err
	}
	return showView{SchemeView: v, Propose: &form.Form{Fields: proposeFields(v.Today)}, Decide: &form.Form{Fields: decideFields()}}, nil
}

func (h pages) show(w http.ResponseWriter, r *http.Request, p *page.Request) error {
	v, err := h.view(r, p)
	if err != nil {
		return err
	}
	return page.Render(w, r, http.StatusOK, showPage(p, v))
}

func (h pages) copy(w http.ResponseWriter, r *http.Request, p *page.Request) error {
	id, err := h.app.CopyScheme(r.Context(), p.Actor, idOf(r))
	if err != nil {
		return err
	}
	p.Leave(page.Success, "写して、改め案を作りました。直してから、承認を求めてください")
	return page.Redirect(w, r, page.Scheme(id))
}

func (h pages) discard(w http.ResponseWriter, r *http.Request, p *page.Request) error {
	if err := h.app.DiscardScheme(r.Context(), p.Actor, idOf(r)); err != nil {
		return err
	}
	p.Leave(page.Success, "作成中の案を捨てました")
	return page.Redirect(w, r, page.Schemes)
}

func (h pages) recall(w http.ResponseWriter, r *http.Request, p *page.Request) error {
	if err := h.app.RecallScheme(r.Context(), p.Actor, idOf(r)); err != nil {
		return err
	}
	p.Leave(page.Success, "承認の求めを取り下げました。もう一度直せます")
	return page.Redirect(w, r, page.Scheme(idOf(r)))
}

func (h pages) propose(w http.ResponseWriter, r *http.Request, p *page.Request) error {
	v, err := h.view(r, p)
	if err != nil {
		return err
	}
	f := form.Read(r.PostForm, v.Propose.Fields...)
	in := app.ProposeScheme{ID: v.Head.ID, From: f.Field("from").Date(), Note: f.Field("note").Text()}
	if f.OK() {
		err := h.app.ProposeScheme(r.Context(), p.Actor, in)
		if err == nil {
			p.Leave(page.Success, "最高情報セキュリティ責任者に承認を求めました")
			return page.Redirect(w, r, page.Scheme(v.Head.ID))
		}
		if !errs.Is(err, errs.Invalid) {
			return err
		}
		f.Add(err)
	}
	v.Propose, v.Failed = f, f
	return page.Render(w, r, http.StatusUnprocessableEntity, showPage(p, v))
}

func (h pages) decide(w http.ResponseWriter, r *http.Request, p *page.Request) error {
	v, err := h.view(r, p)
	if err != nil {
		return err
	}
	f := form.Read(r.PostForm, v.Decide.Fields...)
	in := app.DecideScheme{
		ID: v.Head.ID, Outcome: approval.Outcome(f.Field("outcome").OneOf()), Comment: f.Field("comment").Text(), DocNo: f.Field("doc_no").Text(),
		DecidedOn: f.Field("decided_on").Date(),
	}
	if b, err := hex.DecodeString(r.PostForm.Get("seen")); err == nil && len(b) == len(in.Seen) {
		in.Seen = [32]byte(b)
	}
	if f.OK() {
		err := h.app.DecideScheme(r.Context(), p.Actor, in)
		if err == nil {
			words := "差し戻しました"
			if in.Outcome == approval.Approve {
				words = "承認しました。" + dayOf(v.Head) + "から効きます"
			}
			p.Leave(page.Success, words)
			return page.Redirect(w, r, page.Scheme(v.Head.ID))
		}
		if !errs.Is(err, errs.Invalid) {
			return err
		}
		f.Add(err)
	}
	v.Decide, v.Failed = f, f
	return page.Render(w, r, http.StatusUnprocessableEntity, showPage(p, v))
}

// partLabel is what a part of an edition is called.
func partLabel(p classify.Part) string {
	switch p {
	case classify.PartHead:
		return "名称"
	case classify.PartLevels:
		return "区分"
	case classify.PartQuestions:
		return "質問"
	case classify.PartTable:
		return "判定表"
	case classify.PartMapping:
		return "前の版からの移り方"
	}
	return string(p)
}

// editPath is where a part is edited.
func editPath(id int64, p classify.Part, a classify.Axis) string {
	return page.With(page.Scheme(id)+"/edit/"+string(p), "axis", string(a))
}

// problemLine is one thing that is missing, with the way to mend it.
type problemLine struct{ Where, Text, Href string }

func problemLines(v showView, warns bool) []problemLine {
	var out []problemLine
	for _, p := range v.Problems {
		if p.Warns != warns {
			continue
		}
		where := partLabel(p.Part)
		if p.Axis != "" {
			where += "・" + p.Axis.Label()
		}
		if p.Row > 0 {
			where += " " + strconv.Itoa(p.Row) + "行目"
		}
		out = append(out, problemLine{where, p.Text, editPath(v.Head.ID, p.Part, p.Axis)})
	}
	return out
}

// choiceWords puts the candidates of a mapping into words.
func choiceWords(to []string) string {
	var s strings.Builder
	for i, c := range to {
		if i > 0 {
			s.WriteString("、")
		}
		s.WriteString(c)
	}
	if len(to) > 1 {
		return s.String() + " のどれかを人が決める"
	}
	return s.String()
}

func sum(lines []app.ImpactLine) app.ImpactLine {
	var out app.ImpactLine
	for _, l := range lines {
		out.All, out.Safe, out.Unsafe = out.All+l.All, out.Safe+l.Safe, out.Unsafe+l.Unsafe
	}
	return out
}

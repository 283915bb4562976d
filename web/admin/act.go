package admin

import (
	"io"
	"mime"
	"net/http"
	"strconv"
	"strings"

	"daicho/internal/app"
	"daicho/internal/errs"
	"daicho/internal/form"
	"daicho/internal/trail"
	"daicho/web/page"
	"daicho/web/ui"
)

// actView is one act of the 操作記録.
type actView struct {
	app.ActView
	Row    actRow
	Ask    *form.Form
	Decide *form.Form
}

// askFields asks what is to go, why, and by what right.
func askFields(v app.ActView) []*form.Field {
	parts := []form.Option{}
	if !v.Erased(0) {
		parts = append(parts, form.Option{Value: "0", Label: "行為の対象・理由・内容"})
	}
	for _, c := range v.Changes {
		if c.Before != nil || c.After != nil {
			parts = append(parts, form.Option{Value: strconv.FormatInt(c.Seq, 10), Label: "変更 " + strconv.FormatInt(c.Seq, 10) + "（" + c.Table + " " + c.PK + "）の内容"})
		}
	}
	return []*form.Field{
		{Key: "seq", Label: "消す内容", Type: form.Select, Required: true, Options: parts},
		{Key: "reason", Label: "消す理由", Type: form.Area, Required: true, Max: 1000, Wide: true, Hint: "消す内容そのものは書かないでください。操作記録に残ります。"},
		{Key: "basis", Label: "根拠", Type: form.Text, Required: true, Max: 200, Wide: true, Hint: "法令の条項、命令や決裁の文書番号"},
	}
}

func decideFields() []*form.Field {
	return []*form.Field{
		{Key: "erasure", Type: form.Hidden},
		{Key: "note", Label: "決裁の理由", Type: form.Area, Max: 1000, Wide: true, Hint: "差し戻すときは必ず書いてください。"},
	}
}

func (h pages) readAct(r *http.Request, p *page.Request) (actView, error) {
	id, err := strconv.ParseInt(r.PathValue("id"), 10, 64)
	if err != nil {
		return actView{}, errs.Wrap(errs.NotFound, "act.id", err)
	}
	v, err := h.app.TrailActOf(r.Context(), p.Actor, id)
	if err != nil {
		return actView{}, err
	}
	out := actView{ActView: v, Row: actOf(v.Act), Ask: &form.Form{Fields: askFields(v)}, Decide: &form.Form{Fields: decideFields()}}
	out.Decide.Field("erasure").Raw = []string{strconv.FormatInt(v.Open, 10)}
	return out, nil
}

func (h pages) act(w http.ResponseWriter, r *http.Request, p *page.Request) error {
	v, err := h.readAct(r, p)
	if err != nil {
		return err
	}
	return page.Render(w, r, http.StatusOK, actPage(p, v))
}

// actProof gives the proof that the act lies under the last head, with the act itself.
func (h pages) actProof(w http.ResponseWriter, r *http.Request, p *page.Request) error {
	id, err := strconv.ParseInt(r.PathValue("id"), 10, 64)
	if err != nil {
		return errs.Wrap(errs.NotFound, "act.id", err)
	}
	begun := false
	err = h.app.ProveEntry(r.Context(), p.Actor, id, func(trail.Head) io.Writer {
		begun = true
		header := w.Header()
		header.Set("Content-Type", "application/jsonl; charset=utf-8")
		header.Set("Content-Disposition", mime.FormatMediaType("attachment", map[string]string{"filename": "操作記録の証明_行為" + r.PathValue("id") + ".jsonl"}))
		header.Set("Cache-Control", "no-store")
		return w
	})
	if err != nil && begun {
		panic(http.ErrAbortHandler)
	}
	return err
}

func (h pages) askErasure(w http.ResponseWriter, r *http.Request, p *page.Request) error {
	v, err := h.readAct(r, p)
	if err != nil {
		return err
	}
	f := form.Read(r.PostForm, askFields(v.ActView)...)
	in := app.AskErasure{Act: v.Act.ID, Reason: f.Field("reason").Text(), Basis: f.Field("basis").Text()}
	in.Seq, _ = strconv.ParseInt(f.Field("seq").OneOf(), 10, 64)
	if f.OK() {
		err := h.app.AskErasure(r.Context(), p.Actor, in)
		if err == nil {
			p.Leave(page.Success, "消去を求めました。最高情報セキュリティ責任者の承認を待ちます。")
			return page.Redirect(w, r, page.AdminAct(v.Act.ID))
		}
		if !errs.Is(err, errs.Invalid) {
			return err
		}
		f.Add(err)
	}
	v.Ask = f
	return page.Render(w, r, http.StatusUnprocessableEntity, actPage(p, v))
}

func (h pages) decideErasure(w http.ResponseWriter, r *http.Request, p *page.Request) error {
	v, err := h.readAct(r, p)
	if err != nil {
		return err
	}
	f := form.Read(r.PostForm, decideFields()...)
	id, _ := strconv.ParseInt(f.Field("erasure").Value(), 10, 64)
	approve := r.PostForm.Get("do") == "approve"
	if note := f.Field("note").Text(); f.OK() {
		err := h.app.DecideErasure(r.Context(), p.Actor, id, approve, note)
		if err == nil {
			p.Leave(page.Success, map[bool]string{true: "内容を消しました。要約値と、消した記録は残ります。", false: "消去の求めを差し戻しました。"}[approve])
			return page.Redirect(w, r, page.AdminAct(v.Act.ID))
		}
		if !errs.Is(err, errs.Invalid) {
			return err
		}
		f.Add(err)
	}
	v.Decide = f
	return page.Render(w, r, http.StatusUnprocessableEntity, actPage(p, v))
}

// lines are what the act says.
func (v actView) lines() []ui.Desc {
	a := v.Row
	out := []ui.Desc{
		{Term: "日時", Text: a.At}, {Term: "だれが", Text: strings.TrimSpace(a.Who + "　" + a.Post)}, {Term: "行為", Text: a.What},
		{Term: "結果", Text: map[bool]string{true: "拒否", false: "完了"}[a.Refused]},
	}
	if v.Erased(0) {
		return append(out, ui.Desc{Term: "対象・理由・内容", Text: "承認を受けて消されています"})
	}
	for _, d := range []ui.Desc{{Term: "対象", Text: a.Target}, {Term: "管理番号", Text: a.Number}, {Term: "理由", Text: a.Why}, {Term: "内容", Text: a.Detail}} {
		if d.Text != "" {
			out = append(out, d)
		}
	}
	return append(out, ui.Desc{Term: "経路", Text: a.How}, ui.Desc{Term: "要求の番号", Text: orNone(a.Request)})
}

// sealLines are where the act lies in the log.
func (v actView) sealLines() []ui.Desc {
	if !v.Sealed {
		return []ui.Desc{{Term: "封印", Text: "まだ封印していません（1分ごとに封印します）"}}
	}
	out := []ui.Desc{{Term: "記録の番号", Text: count(v.N) + "番"}, {Term: "葉の要約値", Body: code(v.Leaf)}}
	if !v.Under.IsZero() {
		out = append(out, ui.Desc{Term: "署名した頭", Body: code(v.Under.Short())})
	}
	return out
}

// ops are the words for what happened to a row.
var ops = map[string]string{"INSERT": "追加", "UPDATE": "変更", "DELETE": "削除"}

// payload says what the trail keeps of a change.
func (v actView) payload(i int) string {
	c := v.Changes[i]
	switch {
	case c.Salt == "":
		return "承認を受けて消されています"
	case !v.Whole:
		return ""
	case c.Before == nil && c.After == nil:
		return "要約値だけを記録しています"
	}
	return ""
}

func text(s *string) string {
	if s == nil {
		return "（なし）"
	}
	return *s
}

// asked says what became of a wish.
func asked(outcome string) ui.State {
	switch outcome {
	case "approved":
		return ui.State{Tone: ui.StateEnded, Label: "消去済"}
	case "returned":
		return ui.State{Tone: ui.StateError, Label: "差戻し"}
	}
	return ui.State{Tone: ui.StatePending, Label: "承認待ち"}
}

// decided says who decided on a wish and when.
func decided(by, note string, at string) string {
	if by == "" {
		return ""
	}
	return strings.TrimSpace(at + " " + by + " " + note)
}

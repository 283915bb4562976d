package admin

import (
	"io"
	"mime"
	"net/http"
	"strconv"

	"daicho/internal/app"
	"daicho/internal/errs"
	"daicho/internal/form"
	"daicho/internal/jpdate"
	"daicho/web/page"
	"daicho/web/ui"
)

var (
	trailCrumb = []ui.Crumb{{Label: "操作記録", Href: page.AdminTrail}}
	headsCrumb = append(trailCrumb[:1:1], ui.Crumb{Label: "封印と頭", Href: page.AdminHeads})
)

// headsView is the page of the heads.
type headsView struct {
	app.HeadsView
	Form  *form.Form
	Check *app.HeadCheck // what came of a head that was put in, or nil
	Pager ui.Pager
}

// headMost bounds what is pasted: a note with many signatures is a few kilobytes.
const headMost = 20_000

func headFields() []*form.Field {
	return []*form.Field{{
		Key: "head", Label: "控えた頭", Type: form.Area, Required: true, Max: headMost, Wide: true,
		Hint: "控えの全文か、台帳に印刷された「件数 文字列」をそのまま入れます。",
	}}
}

func (h pages) heads(w http.ResponseWriter, r *http.Request, p *page.Request) error {
	return h.showHeads(w, r, p, http.StatusOK, &form.Form{Fields: headFields()}, nil)
}

func (h pages) showHeads(w http.ResponseWriter, r *http.Request, p *page.Request, status int, f *form.Form, check *app.HeadCheck) error {
	n, _ := strconv.Atoi(r.URL.Query().Get("page")) // anything else is the first page
	list, err := h.app.Heads(r.Context(), p.Actor, n)
	if err != nil {
		return err
	}
	v := headsView{HeadsView: list, Form: f, Check: check, Pager: pager(list.Page, list.Size, list.Total, len(list.Heads), page.AdminHeads)}
	return page.Render(w, r, status, headsPage(p, v))
}

// checkHead says how a head that was kept stands to the register of now.
func (h pages) checkHead(w http.ResponseWriter, r *http.Request, p *page.Request) error {
	f := form.Read(r.PostForm, headFields()...)
	if text := f.Field("head").Text(); f.OK() {
		check, err := h.app.CheckHead(r.Context(), p.Actor, text)
		if err == nil {
			return h.showHeads(w, r, p, http.StatusOK, f, &check)
		}
		if !errs.Is(err, errs.Invalid) && !errs.Is(err, errs.Conflict) {
			return err
		}
		f.Add(errs.OnField("head", errs.CodeOf(err), errs.MessageOf(err)))
	}
	return h.showHeads(w, r, p, http.StatusUnprocessableEntity, f, nil)
}

func (h pages) readHead(r *http.Request, p *page.Request) (app.HeadView, error) {
	size, err := strconv.ParseInt(r.PathValue("size"), 10, 64)
	if err != nil {
		return app.HeadView{}, errs.Wrap(errs.NotFound, "head.size", err)
	}
	return h.app.HeadOf(r.Context(), p.Actor, size)
}

func (h pages) head(w http.ResponseWriter, r *http.Request, p *page.Request) error {
	v, err := h.readHead(r, p)
	if err != nil {
		return err
	}
	return page.Render(w, r, http.StatusOK, headPage(p, v))
}

func (h pages) printHead(w http.ResponseWriter, r *http.Request, p *page.Request) error {
	v, err := h.readHead(r, p)
	if err != nil {
		return err
	}
	return page.Render(w, r, http.StatusOK, headSheet(p, v))
}

// headFile gives the signed note as a file, to be kept elsewhere.
func (h pages) headFile(w http.ResponseWriter, r *http.Request, p *page.Request) error {
	v, err := h.readHead(r, p)
	if err != nil {
		return err
	}
	header := w.Header()
	header.Set("Content-Type", "text/plain; charset=utf-8")
	header.Set("Content-Disposition", mime.FormatMediaType("attachment", map[string]string{"filename": "操作記録の頭_" + strconv.FormatInt(v.TrailHead.Head.Size, 10) + ".txt"}))
	_, err = io.WriteString(w, v.Note)
	return err
}

// headLines are what a head says, for the page and for paper.
func headLines(v app.HeadView) []ui.Desc {
	out := []ui.Desc{
		{Term: "記録の名前", Body: code(v.Log)},
		{Term: "件数", Text: count(v.TrailHead.Head.Size) + "件"},
		{Term: "根の要約値", Body: code(v.Root.String())},
		{Term: "最後の行為", Text: jpdate.FormatTime(v.At)},
	}
	for _, k := range v.By {
		out = append(out, ui.Desc{Term: "署名した鍵の指紋", Body: code(k.Fingerprint())})
	}
	if len(v.By) == 0 {
		out = append(out, ui.Desc{Term: "署名した鍵の指紋", Text: "この記録の鍵の署名がありません"})
	}
	return out
}

// count writes a number of entries.
func count(n int64) string { return ui.Thousands(int(n)) }

// openText says how many acts wait for the seal.
func openText(v app.SealView) string {
	switch {
	case v.Open.Count >= app.OpenActsMost:
		return "まだ封印していない行為が" + ui.Thousands(app.OpenActsMost) + "件以上あります。"
	case v.Open.Count > 0:
		return "まだ封印していない行為が" + strconv.Itoa(v.Open.Count) + "件あります。"
	}
	return "すべての行為を封印しています。"
}

// keySpan says from where a key signs.
func keySpan(k app.TrailKey) string {
	if k.N < 0 {
		return "まだ封印されていない"
	}
	return "記録 " + count(k.N) + "番から"
}

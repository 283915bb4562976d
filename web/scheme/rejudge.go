package scheme

import (
	"net/http"
	"slices"
	"strconv"

	"daicho/internal/app"
	"daicho/internal/asset"
	"daicho/internal/errs"
	"daicho/internal/form"
	"daicho/web/page"
	"daicho/web/ui"
)

// rejudgeView is the list with what was chosen in it.
type rejudgeView struct {
	app.RejudgeView
	Lines []rejudgeLine
	Form  *form.Form
	Pager ui.Pager
}

type rejudgeLine struct {
	app.RejudgeItem
	Picked bool
	Now    []ui.Level // each level with what it becomes, where that is safe
	Fields []*form.Field
}

func rejudgePath(unit string, n int) string {
	no := ""
	if n > 1 {
		no = strconv.Itoa(n)
	}
	return page.With(page.Rejudge, "unit", unit, "page", no)
}

func (h pages) openRejudge(r *http.Request, p *page.Request) (rejudgeView, error) {
	q := r.URL.Query()
	n, _ := strconv.Atoi(q.Get("page"))
	v, err := h.app.Rejudge(r.Context(), p.Actor, q.Get("unit"), n)
	if err != nil {
		return rejudgeView{}, err
	}
	out := rejudgeView{RejudgeView: v, Form: &form.Form{}}
	for _, it := range v.Items {
		l := rejudgeLine{RejudgeItem: it, Picked: it.Safe && it.Stops == ""}
		for _, x := range it.Axes {
			l.Now = append(l.Now, ui.Level{Axis: string(x.Axis), Code: x.Was.Code, Rank: int(x.Was.Rank), Of: int(v.Scheme.Top(x.Axis)), Word: x.Was.Label, Old: true, Next: x.Next.Code})
			if x.Next.Code != "" || it.Stops != "" {
				continue
			}
			f := &form.Field{Key: app.RejudgeKey(it.Asset, x.Axis), Label: x.Axis.Label(), Type: form.Choice}
			for _, c := range x.Choices {
				f.Options = append(f.Options, form.Option{Value: c.Code, Label: c.Code})
			}
			l.Fields = append(l.Fields, f)
			out.Form.Fields = append(out.Form.Fields, f)
		}
		out.Lines = append(out.Lines, l)
	}
	from := (v.Page - 1) * v.Size
	out.Pager = ui.Pager{Page: v.Page, Pages: v.Pages(), From: from + 1, To: from + len(v.Items), Total: v.Total, URL: func(n int) string { return rejudgePath(v.Unit.Code, n) }}
	return out, nil
}

func (h pages) rejudge(w http.ResponseWriter, r *http.Request, p *page.Request) error {
	v, err := h.openRejudge(r, p)
	if err != nil {
		return err
	}
	return page.Render(w, r, http.StatusOK, rejudgePage(p, v))
}

func (h pages) makeDrafts(w http.ResponseWriter, r *http.Request, p *page.Request) error {
	v, err := h.openRejudge(r, p)
	if err != nil {
		return err
	}
	v.Form = form.Read(r.PostForm, v.Form.Fields...)
	in := app.MakeRejudgements{Levels: map[string]string{}}
	for i, l := range v.Lines {
		id := strconv.FormatInt(l.Asset, 10)
		v.Lines[i].Picked = slices.Contains(r.PostForm["asset"], id)
	}
	for _, s := range r.PostForm["asset"] {
		if id, err := strconv.ParseInt(s, 10, 64); err == nil {
			in.Assets = append(in.Assets, id)
		}
	}
	for _, f := range v.Form.Fields {
		in.Levels[f.Key] = f.OneOf()
	}
	if v.Form.OK() {
		n, err := h.app.MakeRejudgements(r.Context(), p.Actor, in)
		if err == nil {
			p.Leave(page.Success, "再判定の下書きを"+strconv.Itoa(n)+"件作りました。確かめて、まとめて申請してください")
			return page.Redirect(w, r, page.MyRequests)
		}
		if !errs.Is(err, errs.Invalid) {
			return err
		}
		v.Form.Add(err)
	}
	return page.Render(w, r, http.StatusUnprocessableEntity, rejudgePage(p, v))
}

func kindLabel(k string) string { return asset.Kind(k).Label() }

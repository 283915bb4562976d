package asset

import (
	"cmp"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"daicho/internal/app"
	"daicho/internal/approval"
	"daicho/internal/errs"
	"daicho/internal/form"
	"daicho/internal/jpdate"
	"daicho/web/page"
	"daicho/web/ui"
)

// requestsView is the page of one's drafts and applications.
type requestsView struct{ app.MyRequestsView }

func (f forms) requests(w http.ResponseWriter, r *http.Request, p *page.Request) error {
	q := r.URL.Query()
	in := app.RequestsQuery{Open: q.Get(page.ParamApplications) == page.ApplicationsOpen}
	in.Page, _ = strconv.Atoi(q.Get("page"))
	in.Drafts.All, in.Drafts.Returned = q.Get(page.ParamDrafts) == page.DraftsAll, q.Get(page.ParamDrafts) == page.DraftsReturned
	list, err := f.app.MyRequests(r.Context(), p.Actor, in)
	if err != nil {
		return err
	}
	v := requestsView{list}
	slices.SortStableFunc(v.Drafts, func(a, b app.DraftLine) int { return cmp.Compare(weight(a), weight(b)) })
	return page.Render(w, r, http.StatusOK, requestsPage(p, v))
}

// draftsLead says which drafts the list shows, and whose they are.
func (v requestsView) draftsLead() string {
	switch {
	case v.Query.Drafts.Returned:
		return "差し戻された下書きだけを表示しています。"
	case v.Query.Drafts.All:
		return "あなたの範囲の下書きを、ほかの登録者のものも含めて表示しています。"
	}
	return ""
}

// nextPage keeps the choice of the list from page to page.
func (v requestsView) nextPage(n int) string {
	pairs := []string{"page", strconv.Itoa(n)}
	if v.Query.Open {
		pairs = append(pairs, page.ParamApplications, page.ApplicationsOpen)
	}
	return page.With(page.MyRequests, pairs...)
}

// weight puts first what waits longest for an answer: what came back, then what is ready.
func weight(d app.DraftLine) int {
	switch {
	case d.Returned:
		return 0
	case d.Ready:
		return 1
	}
	return 2
}

// basket is what is about to be submitted together.
type basket struct {
	Items   []basketItem
	Way     []approval.Step // nil where nothing needs a decision, or nobody could take it
	Gone    int             // drafts that are not there any more
	Note    *form.Field
	Form    *form.Form
	Refused string
}

type basketItem struct {
	app.DraftView
	Problems []string
}

// Ready reports whether nothing stands against the submission.
func (b basket) Ready() bool {
	return len(b.Items) > 0 && !slices.ContainsFunc(b.Items, func(i basketItem) bool { return len(i.Problems) > 0 })
}

// wayText says who will decide, in order.
func wayText(way []approval.Step) string {
	return "この申請は " + app.WayWords(way) + " へ回ります。"
}

// maxBasket is how many drafts one submission from the screen takes.
const maxBasket = 200

func (f forms) basket(r *http.Request, p *page.Request, in url.Values) (basket, error) {
	var b basket
	b.Note = &form.Field{Key: "note", Label: "承認する人へ", Type: form.Area, Max: 1000, Wide: true, Hint: "伝えたいことがあれば書きます。書かなくてもかまいません"}
	b.Form = form.Read(in, b.Note)
	var ids []int64
	for _, s := range in["asset"] {
		id, err := strconv.ParseInt(s, 10, 64)
		if err == nil && id > 0 && !slices.Contains(ids, id) && len(ids) < maxBasket {
			ids = append(ids, id)
		}
	}
	drafts, err := f.app.OpenDrafts(r.Context(), p.Actor, ids)
	if err != nil {
		return b, err
	}
	b.Gone = len(ids) - len(drafts)
	for _, v := range drafts {
		item := basketItem{DraftView: v}
		for _, e := range errs.Fields(v.Missing) {
			item.Problems = append(item.Problems, e.Message)
		}
		b.Items = append(b.Items, item)
	}
	b.Way, err = f.app.WayOf(r.Context(), p.Actor, drafts)
	return b, err
}

func (f forms) confirmSubmit(w http.ResponseWriter, r *http.Request, p *page.Request) error {
	b, err := f.basket(r, p, r.URL.Query())
	if err != nil {
		return err
	}
	b.Form.Token = newToken()
	return page.Render(w, r, http.StatusOK, basketPage(p, b))
}

func (f forms) submitMany(w http.ResponseWriter, r *http.Request, p *page.Request) error {
	if err := r.ParseForm(); err != nil {
		return errs.Wrap(errs.Invalid, "form.parse", err)
	}
	b, err := f.basket(r, p, r.PostForm)
	if err != nil {
		return err
	}
	in := app.Submit{Note: b.Note.Text(), Token: submitToken(b.Form.Token)}
	for _, i := range b.Items {
		in.Assets = append(in.Assets, i.Asset)
	}
	if len(b.Items) == 0 && b.Gone > 0 { // perhaps the same form came twice
		if done, ok := f.replayed(r, p, sent{token: b.Form.Token}); ok {
			return f.submitted(w, r, p, done)
		}
	}
	refuse := func(status int) error {
		b.Form.Token = newToken()
		return page.Render(w, r, status, basketPage(p, b))
	}
	if !b.Form.OK() {
		return refuse(http.StatusUnprocessableEntity)
	}
	if !b.Ready() {
		b.Refused = "まだ申請できない下書きがあります。直すか、選び直してください。"
		if len(b.Items) == 0 {
			b.Refused = "申請する下書きを選んでください。"
		}
		return refuse(http.StatusUnprocessableEntity)
	}
	done, err := f.app.Submit(r.Context(), p.Actor, in)
	switch errs.KindOf(err) {
	case errs.Invalid:
		b.place(err)
		return refuse(http.StatusUnprocessableEntity)
	case errs.Conflict, errs.Stale:
		b.Refused = errs.MessageOf(err)
		return refuse(http.StatusConflict)
	}
	if err != nil {
		return err
	}
	return f.submitted(w, r, p, done)
}

// place puts the errors of a submission at the drafts that they concern.
func (b *basket) place(err error) {
	for _, e := range errs.Fields(err) {
		at, field, _ := strings.Cut(e.Field, "/")
		if field == b.Note.Key { // what was not put right is explained once, for all
			b.Note.Fail(e.Code, e.Message)
			continue
		}
		i := slices.IndexFunc(b.Items, func(i basketItem) bool { return strconv.FormatInt(i.Asset, 10) == at })
		if i < 0 {
			b.Refused = e.Message
			continue
		}
		if !slices.Contains(b.Items[i].Problems, e.Message) {
			b.Items[i].Problems = append(b.Items[i].Problems, e.Message)
		}
	}
	if b.Refused == "" && b.Note.Err == "" {
		b.Refused = "まだ申請できない下書きがあります。直すか、選び直してください。"
	}
}

// submitted says what became of a submission and leads back to one's applications.
func (f forms) submitted(w http.ResponseWriter, r *http.Request, p *page.Request, done app.Submitted) error {
	flash := page.Flash{Tone: page.Success, Title: "申請しました。"}
	switch {
	case done.Application != 0:
		a, err := f.app.ApplicationHead(r.Context(), p.Actor, done.Application)
		if err != nil {
			return err
		}
		flash.Title = countWords(a.FirstNumber, a.ItemCount) + " を申請しました。"
		flash.Text = a.Open.Words() + "の決裁を待っています。"
		if len(a.Rules.Steps) > 1 {
			flash.Text = wayText(a.Rules.Steps) + flash.Text
		}
		flash.Path, flash.Link = page.RequestShow(a.ID), "申請の内容を見る"
		if len(done.Minor) > 0 {
			flash.Text += countWords(done.Minor[0], len(done.Minor)) + " の軽微な変更は、反映しました。"
		}
	case len(done.Minor) > 0:
		flash.Title = countWords(done.Minor[0], len(done.Minor)) + " の軽微な変更を反映しました。"
		flash.Text = "分類や所管などの重要な項目は変わっていないので、承認は要りません。"
		flash.Path, flash.Link = page.AssetShow(done.Minor[0]), "資産を見る"
	}
	if p.SetFlash != nil {
		p.SetFlash(flash)
	}
	return page.Redirect(w, r, page.MyRequests)
}

func countWords(first string, n int) string {
	if n > 1 {
		return first + " ほか" + strconv.Itoa(n-1) + "件"
	}
	return first
}

func lineState(d app.DraftLine) ui.State {
	switch {
	case d.Returned:
		return ui.State{Tone: ui.StateReturned, Label: "差戻し"}
	case d.Ready:
		return ui.State{Tone: ui.StateActive, Label: "申請できる"}
	}
	return ui.State{Tone: ui.StateDraft, Label: "あと" + strconv.Itoa(d.Missing) + "か所"}
}

func applicationState(state string) ui.State {
	s := approval.State(state)
	tone := ui.StateEnded
	switch s {
	case approval.Submitted:
		tone = ui.StatePending
	case approval.Returned:
		tone = ui.StateReturned
	case approval.Approved:
		tone = ui.StateActive
	case approval.Withdrawn:
	}
	return ui.State{Tone: tone, Label: s.Label()}
}

func day(v app.DraftLine) string { return jpdate.OfTime(v.UpdatedAt).Short() }

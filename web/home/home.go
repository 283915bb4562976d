// Package home has the page 「今日やること」: what waits for the one who signed in, over all of their
// posts, and the ways to start something. It must not import server or postgres.
package home

import (
	"net/http"
	"strconv"
	"time"

	"daicho/internal/app"
	"daicho/internal/authz"
	"daicho/internal/errs"
	"daicho/internal/jpdate"
	"daicho/internal/ledger"
	"daicho/web/page"
	"daicho/web/ui"
)

type pages struct{ app *app.App }

// Routes lists the URLs of this package.
func Routes(a *app.App) []page.Route {
	h := pages{a}
	return []page.Route{{Method: http.MethodGet, Pattern: page.Home, Action: authz.SeeHome, Handler: h.home}}
}

// view is the page.
type view struct {
	app.HomeView
	Tasks     []ui.Task
	Comments  map[int64]*app.ReturnedNote // of the drafts shown that came back
	Registers bool
	Exports   bool
	Manages   bool // accounts, packs or the trail
	Nothing   bool // no part of the page is for this actor
}

func (h pages) home(w http.ResponseWriter, r *http.Request, p *page.Request) error {
	v := view{Registers: authz.Can(p.Actor, authz.RegisterAsset), Exports: authz.Can(p.Actor, authz.ExportLedger), Comments: map[int64]*app.ReturnedNote{}}
	for _, a := range []authz.Action{authz.ManageAccounts, authz.SeePacks, authz.ReadTrail} {
		v.Manages = v.Manages || authz.Can(p.Actor, a)
	}
	var err error
	if v.HomeView, err = h.app.Home(r.Context(), p.Actor); err != nil {
		return err
	}
	for _, d := range v.DraftLines {
		if !d.Returned {
			continue
		}
		switch draft, err := h.app.OpenDraft(r.Context(), p.Actor, d.Asset); {
		case errs.Is(err, errs.NotFound): // submitted or thrown away meanwhile
		case err != nil:
			return err
		default:
			v.Comments[d.Asset] = draft.Returned
		}
	}
	v.Tasks = tasks(v.HomeView)
	v.Nothing = !v.ReadsAssets && !v.Manages
	return page.Render(w, r, http.StatusOK, homePage(p, v))
}

// tasks are what is to be done, most urgent first. Each number is the length of the list behind it.
func tasks(v app.HomeView) []ui.Task {
	var out []ui.Task
	add := func(n int, t ui.Task) {
		t.Count, t.Unit, t.Done = n, "件", n == 0
		out = append(out, t)
	}
	if d := v.Drafts; d != nil && d.Returned > 0 {
		add(d.Returned, ui.Task{Text: "差し戻された申請を直す", Href: page.With(page.MyRequests, page.ParamDrafts, page.DraftsReturned), Hint: "コメントを読み、直して、もう一度申請します"})
	}
	if v.Queue != nil {
		add(v.Queue.Total, ui.Task{Text: "申請を決裁する", Href: page.Approvals, Hint: "内容を確かめて、承認するか差し戻します"})
	}
	if d := v.Drafts; d != nil {
		hint := ""
		if d.Returned > 0 {
			hint = "差し戻された" + strconv.Itoa(d.Returned) + "件を含みます"
		}
		add(d.Total, ui.Task{Text: "下書きを仕上げて申請する", Href: page.MyRequests, Hint: hint})
	}
	if v.ReadsAssets && (v.Drafts != nil || v.Queue != nil) {
		add(v.Review, ui.Task{Text: "要再承認の資産を確かめる", Href: reviewPath(), Hint: "関連する資産の区分が変わるなどして、承認し直すことになったもの"})
	}
	if v.Rejudge > 0 && v.Drafts != nil {
		add(v.Rejudge, ui.Task{Text: "新しい版の分類体系で判定し直す", Href: page.Rejudge, Hint: "前の版で判定したままの資産です。まとめて下書きを作れます"})
	}
	if v.ReadsAssets && (v.Drafts != nil || v.Queue != nil) {
		hint := "点検規則が見つけた、直すか確かめるところです"
		if v.Grave > 0 {
			hint = "重大なもの" + strconv.Itoa(v.Grave) + "件を含みます"
		}
		add(v.Findings, ui.Task{Text: "検出を直す", Href: page.Findings, Hint: hint})
	}
	if q := v.Requests; q != nil {
		add(q.Open, ui.Task{Text: "決裁を待っている申請", Href: page.With(page.MyRequests, page.ParamApplications, page.ApplicationsOpen), Hint: "あなたが出した申請です。決裁されるまで取り下げられます"})
	}
	return out
}

func (v view) busy() bool {
	for _, t := range v.Tasks {
		if !t.Done {
			return true
		}
	}
	return false
}

// lines reports whether there is anything to list beside the tasks.
func (v view) lines() bool {
	return v.Queue != nil && v.Queue.Total > 0 || len(v.DraftLines) > 0
}

func reviewPath() string { return page.With(page.Assets, ledger.ParamTodo, string(ledger.Review)) }

// figures are the numbers of the register, each with the list that it counts.
func (v view) figures() []ui.Figure {
	return []ui.Figure{
		{Value: v.Assets, Unit: "件", Label: "登録されている資産（下書きも含む）", Href: page.Assets},
		{Value: v.Review, Unit: "件", Label: "要再承認の資産", Href: reviewPath()},
		{Value: v.Findings, Unit: "件", Label: "未対応の検出", Href: page.Findings},
	}
}

// unadopted names what no decision of the body stands behind.
func (v view) unadopted() string {
	var out string
	for _, part := range []struct {
		adopted bool
		name    string
	}{{v.Adopted.Org, "組織"}, {v.Adopted.Scheme, "分類体系"}, {v.Adopted.Catalogue, "対策基準"}} {
		if part.adopted {
			continue
		}
		if out != "" {
			out += "・"
		}
		out += part.name
	}
	return out
}

// subtitle is the day and the one who signed in.
func subtitle(p *page.Request) string {
	return jpdate.OfTime(p.Now).Long() + "　" + p.Actor.Title() + " " + p.Actor.Name
}

func shortDay(t time.Time) string { return jpdate.OfTime(t).Short() }

func iso(t time.Time) string { return t.UTC().Format(time.RFC3339) }

func subject(name string, items int) string {
	if items > 1 {
		return name + " ほか" + strconv.Itoa(items-1) + "件"
	}
	return name
}

func draftState(d app.DraftLine) ui.State {
	switch {
	case d.Returned:
		return ui.State{Tone: ui.StateReturned, Label: "差戻し"}
	case d.Ready:
		return ui.State{Tone: ui.StateActive, Label: "申請できる"}
	}
	return ui.State{Tone: ui.StateDraft, Label: "あと" + strconv.Itoa(d.Missing) + "か所"}
}

// manage are the cards of those who look after the program.
func manage(p *page.Request) []ui.KindCard {
	var out []ui.KindCard
	for _, c := range []struct {
		action authz.Action
		card   ui.KindCard
	}{
		{authz.ManageAccounts, ui.KindCard{Icon: "key", Label: "利用者ID", Text: "利用者IDを作る、止める、パスワードを再発行する", Href: page.AdminAccounts}},
		{authz.EditScheme, ui.KindCard{Icon: "org", Label: "分類体系", Text: "施行中の版を確かめ、改める案を作り、影響を調べる", Href: page.Schemes}},
		{authz.ManageChecks, ui.KindCard{Icon: "gear", Label: "点検規則", Text: "検出の重大さ、しきい値、言い回しを変える", Href: page.CheckSettings}},
		{authz.DecideModel, ui.KindCard{Icon: "k-nw", Label: "採用モデル", Text: "三つの領域のモデル（α、β など）を、団体と組織ごとに決める", Href: page.Zones + "/model"}},
		{authz.EditPlacement, ui.KindCard{Icon: "list", Label: "置き場の表", Text: "どの区分の情報をどこに置けるかを直し、採用する", Href: page.Zones + "/placement"}},
		{authz.SeePacks, ui.KindCard{Icon: "pack", Label: "パック", Text: "読み込んだ組織・分類体系・対策基準と、採用の決裁を確かめる", Href: page.AdminPacks}},
		{authz.ReadTrail, ui.KindCard{Icon: "log", Label: "操作記録", Text: "だれが、いつ、何をしたかを確かめる", Href: page.AdminTrail}},
	} {
		if authz.Can(p.Actor, c.action) {
			out = append(out, c.card)
		}
	}
	return out
}

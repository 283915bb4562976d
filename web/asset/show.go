package asset

import (
	"fmt"
	"net/http"
	"strings"
	"time"

	"daicho/internal/app"
	"daicho/internal/asset"
	"daicho/internal/attach"
	"daicho/internal/authz"
	"daicho/internal/jpdate"
	"daicho/web/layout"
	"daicho/web/page"
	"daicho/web/ui"
)

// shows answers the requests about one asset.
type shows struct{ app *app.App }

// ShowRoutes are the pages of one asset: its content, its requirements, relations, history and files.
func ShowRoutes(a *app.App) []page.Route {
	s := shows{a}
	const get, post = http.MethodGet, http.MethodPost
	return []page.Route{
		{Method: get, Pattern: "/assets/{no}", Action: authz.ReadAsset, Handler: s.overview},
		{Method: get, Pattern: "/assets/{no}/controls", Action: authz.ReadAsset, Handler: s.controls},
		{Method: get, Pattern: "/assets/{no}/relations", Action: authz.ReadAsset, Handler: s.relations},
		{Method: get, Pattern: "/assets/{no}/impact", Action: authz.ReadAsset, Handler: s.impact},
		{Method: get, Pattern: "/assets/{no}/impact.csv", Action: authz.ExportLedger, Handler: s.impactFile(app.CSV), Long: true},
		{Method: get, Pattern: "/assets/{no}/impact.xlsx", Action: authz.ExportLedger, Handler: s.impactFile(app.XLSX), Long: true},
		{Method: get, Pattern: "/assets/{no}/history", Action: authz.ReadAsset, Handler: s.history},
		{Method: get, Pattern: "/assets/{no}/history/{v}", Action: authz.ReadAsset, Handler: s.version},
		{Method: get, Pattern: "/assets/{no}/print", Action: authz.ExportLedger, Handler: s.print},
		{Method: get, Pattern: "/assets/{no}/files", Action: authz.ReadAsset, Handler: s.files},
		{Method: post, Pattern: "/assets/{no}/files", Action: authz.AttachFile, Handler: s.attach, Body: attach.MaxSize + 1<<20, Long: true},
		{Method: get, Pattern: "/assets/{no}/files/{id}", Action: authz.ReadAsset, Handler: s.download, Long: true},
		{Method: get, Pattern: "/assets/{no}/files/{id}/remove", Action: authz.AttachFile, Handler: s.confirmRemove},
		{Method: post, Pattern: "/assets/{no}/files/{id}/remove", Action: authz.AttachFile, Handler: s.remove},
	}
}

// tab names one page of an asset.
type tab int

const (
	tabOverview tab = iota
	tabControls
	tabRelations
	tabFiles
	tabHistory
)

var tabTitles = [...]string{"", "分類と対策", "関連・経路", "添付", "履歴"}

// headView is the head of every page of an asset.
type headView struct {
	app.AssetHead
	Tab    tab
	Title  string // of a page below a tab: 版 3; "" = the tab itself
	Failed bool   // a form on the page was refused
}

func (h headView) shell() layout.View {
	title := h.Name + " – 資産"
	if sub := tabTitles[h.Tab]; sub != "" {
		title = sub + " – " + title
	}
	crumbs := []ui.Crumb{{Label: "資産", Href: page.Assets}, {Label: h.Kind.Label(), Href: page.With(page.Assets, "kind", string(h.Kind))}}
	if h.Tab != tabOverview {
		crumbs = append(crumbs, ui.Crumb{Label: h.Name, Href: page.AssetShow(h.Number)})
	}
	if h.Title != "" {
		title = h.Title + " – " + title
		crumbs = append(crumbs, ui.Crumb{Label: tabTitles[h.Tab], Href: h.tabs()[h.Tab].Href})
	}
	return layout.View{Title: title, Crumbs: crumbs, Failed: h.Failed}
}

func (h headView) sub() string {
	parts := []string{"所管 " + h.UnitPath}
	if h.ManagerPost != "" {
		parts = append(parts, "管理責任者 "+h.ManagerPost)
	}
	if h.Host != "" {
		parts = append(parts, "構成団体 "+h.Host)
	}
	if h.CheckedOn != nil {
		parts = append(parts, "最終確認 "+jpdate.OfTime(*h.CheckedOn).Wareki())
	} else if h.InForce() {
		parts = append(parts, "最終確認 まだ")
	}
	return strings.Join(parts, "　")
}

func (h headView) tabs() []ui.Tab {
	no := h.Number
	out := []ui.Tab{
		{Label: "概要", Href: page.AssetShow(no)},
		{Label: "分類と対策", Href: page.AssetControls(no), Count: h.Controls, Counted: true},
		{Label: "関連・経路", Href: page.AssetRelations(no), Count: h.Relations, Counted: true},
		{Label: "添付", Href: page.AssetFiles(no), Count: h.Attachments, Counted: true},
		{Label: "履歴", Href: page.AssetHistory(no), Count: h.Versions, Counted: true},
	}
	out[h.Tab].Current = true
	return out
}

// levels are the marks of the head and of a tenure.
func showLevels(words []app.LevelWords) []ui.Level {
	var out []ui.Level
	for _, w := range words {
		out = append(out, ui.LevelOf(w.Axis, w.Look))
	}
	return out
}

func showState(s asset.State) ui.State {
	tones := map[asset.State]ui.StateTone{
		asset.StateDraft: ui.StateDraft, asset.StatePending: ui.StatePending, asset.StateReturned: ui.StateReturned,
		asset.StateActive: ui.StateActive, asset.StateSuspended: ui.StatePaused, asset.StateDisposed: ui.StateEnded,
	}
	return ui.State{Tone: tones[s], Label: s.Label()}
}

func moment(t time.Time) string { return jpdate.FormatTime(t) }

// iso is a time for the datetime attribute.
func iso(t time.Time) string { return t.UTC().Format(time.RFC3339) }

// by is 所属 職 氏名 of who did something.
func by(b app.By) string { return strings.TrimSpace(b.Post + " " + b.Person) }

// canonical sends somebody who typed a number in another spelling to the one address of the asset.
func canonical(w http.ResponseWriter, r *http.Request, number string) (bool, error) {
	if r.PathValue("no") == number {
		return false, nil
	}
	path := page.AssetShow(number) + strings.TrimPrefix(r.URL.Path, page.Assets+"/"+r.PathValue("no"))
	return true, page.Redirect(w, r, path)
}

func (s shows) overview(w http.ResponseWriter, r *http.Request, p *page.Request) error {
	v, err := s.app.Asset(r.Context(), p.Actor, r.PathValue("no"))
	if err != nil {
		return err
	}
	if gone, err := canonical(w, r, v.Number); gone {
		return err
	}
	return page.Render(w, r, http.StatusOK, overviewPage(p, headView{AssetHead: v.AssetHead}, v))
}

// descs are lines of a description list.
func descs(lines []app.Line) []ui.Desc {
	var out []ui.Desc
	for _, l := range lines {
		out = append(out, ui.Desc{Term: l.Label, Text: l.Text})
	}
	return out
}

// levelDescs says each level in words and, in short, where it comes from.
func levelDescs(v app.AssetHead, origins []app.Origin) []ui.Desc {
	var out []ui.Desc
	for _, w := range v.Words {
		l := showLevels([]app.LevelWords{w})[0]
		d := ui.Desc{Term: w.Axis.Label(), Body: levelLine(l, w.Level)}
		for _, o := range origins {
			if o.Axis == w.Axis && (o.Moves() || o.Follows) {
				d.Body = levelFrom(v.Number, l, w.Level, o)
			}
		}
		out = append(out, d)
	}
	return out
}

// memberRow is one item of the 内訳 in words.
func memberState(m asset.Member) string {
	if m.State == "" {
		return asset.Label(asset.MemberStates(), asset.MemberInUse)
	}
	return asset.Label(asset.MemberStates(), m.State)
}

func memberHeads() []ui.Column {
	return []ui.Column{{Label: "番号", Num: true}, {Label: "製造番号"}, {Label: "ラベル番号"}, {Label: "設置場所"}, {Label: "使用者"}, {Label: "記憶装置"}, {Label: "状態"}}
}

// completeness says how far the entry has come, in one line.
func completeness(c asset.Completeness) string {
	if c.Level == asset.TopLevel {
		return "記入はすべて済んでいます"
	}
	return fmt.Sprintf("記入の段階 %d／%d（%d項目のうち%d項目を記入）", c.Level, asset.TopLevel, c.Total, c.Filled)
}

func missing(c asset.Completeness) string {
	var names []string
	for _, f := range c.Missing {
		names = append(names, f.Label)
	}
	return strings.Join(names, "、")
}

func warnings(v app.AssetView) []string {
	var out []string
	for _, w := range v.Warnings {
		out = append(out, w.Message)
	}
	return out
}

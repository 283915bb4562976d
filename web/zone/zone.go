// Package zone shows the 領域図 with the connections between 領域, the adopted model of the body and
// the 置き場の表. It knows internal/app for what can be done and must not import internal/postgres,
// internal/server or another feature's pages.
package zone

import (
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"daicho/internal/app"
	"daicho/internal/asset"
	"daicho/internal/authz"
	"daicho/internal/control"
	"daicho/internal/jpdate"
	"daicho/internal/relation"
	"daicho/internal/zone"
	"daicho/web/layout"
	"daicho/web/page"
	"daicho/web/ui"
)

type pages struct{ app *app.App }

// The addresses.
const (
	pathPrint     = page.Zones + "/print"
	pathModel     = page.Zones + "/model"
	pathPlacement = page.Zones + "/placement"
	pathAdopt     = pathPlacement + "/adopt"
)

// Routes are the 領域図 and what belongs to it.
func Routes(a *app.App) []page.Route {
	h := pages{a}
	const get, post = http.MethodGet, http.MethodPost
	return []page.Route{
		{Method: get, Pattern: page.Zones, Action: authz.ReadAsset, Handler: h.mapPage},
		{Method: get, Pattern: pathPrint, Action: authz.ExportLedger, Handler: h.print},
		{Method: get, Pattern: pathModel, Action: authz.ReadAsset, Handler: h.models},
		{Method: post, Pattern: pathModel, Action: authz.DecideModel, Handler: h.decideModel},
		{Method: get, Pattern: pathPlacement, Action: authz.ReadAsset, Handler: h.placement},
		{Method: post, Pattern: pathPlacement, Action: authz.EditPlacement, Handler: h.decidePlace},
		{Method: post, Pattern: pathAdopt, Action: authz.EditPlacement, Handler: h.adopt},
	}
}

// parse reads what the address of the 領域図 asks for; what is unknown counts as not said.
func parse(v url.Values) app.ZoneQuery {
	q := app.ZoneQuery{A: v.Get("a"), B: v.Get("b"), Bad: v.Get("bad") == "1"}
	known := func(code string) bool {
		return slices.ContainsFunc(asset.Zones(), func(o asset.Option) bool { return o.Code == code })
	}
	if !known(q.A) || !known(q.B) || q.A == q.B {
		q.A, q.B = "", ""
	}
	q.Page, _ = strconv.Atoi(v.Get("page"))
	q.Page = max(q.Page, 1)
	return q
}

// at is the address of the 領域図 for a query.
func at(path string, q app.ZoneQuery) string {
	bad, no := "", ""
	if q.Bad {
		bad = "1"
	}
	if q.Page > 1 {
		no = strconv.Itoa(q.Page)
	}
	return page.With(path, "a", q.A, "b", q.B, "bad", bad, "page", no)
}

func (h pages) mapPage(w http.ResponseWriter, r *http.Request, p *page.Request) error {
	v, err := h.app.Zones(r.Context(), p.Actor, parse(r.URL.Query()))
	if err != nil {
		return err
	}
	return page.Render(w, r, http.StatusOK, mapPage(p, newMap(v)))
}

func (h pages) print(w http.ResponseWriter, r *http.Request, p *page.Request) error {
	q := parse(r.URL.Query())
	v, err := h.app.PrintZones(r.Context(), p.Actor, q)
	if err != nil {
		return err
	}
	paper := layout.A4
	if r.URL.Query().Get("paper") == string(layout.A3) {
		paper = layout.A3
	}
	return page.Render(w, r, http.StatusOK, printPage(p, sheet{newMap(v.ZoneView), v, paper}))
}

// view is the 領域図 ready to be drawn.
type view struct {
	app.ZoneView
}

func newMap(v app.ZoneView) view { return view{v} }

// sheet is the 領域図 for paper.
type sheet struct {
	view
	app   app.ZoneSheet
	Paper layout.Paper
}

func (s sheet) running() ui.Running {
	return ui.Running{
		Title: "領域図と領域間接続の一覧", Marking: s.app.Marking, AsOf: s.Day.Wareki() + "時点", By: s.app.By, Printed: s.app.Printed, Head: s.app.Head,
	}
}

// name is the word of a 領域.
func name(code string) string { return zone.Label(code) }

// model is the sign of an adopted model.
func model(code string) string { return control.ModelLabel(code) }

// short are the words for kinds where there is little room.
var short = map[asset.Kind]string{
	asset.Network: "ネットワーク", asset.System: "システム", asset.Device: "機器", asset.Medium: "媒体", asset.Facility: "施設・設備",
	asset.Info: "電子情報", asset.Paper: "印刷文書", asset.SysDoc: "関連文書", asset.Cloud: "クラウド", asset.Contract: "委託契約",
}

// listed is the list of assets in use of a 領域 and a kind; without a kind, of all.
func listed(z string, k asset.Kind) string {
	return page.With(page.Assets, "zone", z, "kind", string(k), "state", string(asset.StateActive))
}

// of is the list of crossings between two 領域 on this page.
func of(a, b string, bad bool) string {
	return at(page.Zones, app.ZoneQuery{A: a, B: b, Bad: bad}) + "#crossings"
}

// box is where a 領域 stands in the drawing, in units of its viewBox.
type box struct {
	X, Y, W, H int
	Columns    int // of kinds
}

const (
	drawW, drawH = 1080, 520
	lineH        = 28
)

var boxes = map[string]box{
	asset.ZoneMyNumber: {10, 70, 290, 220, 2},
	asset.ZoneLGWAN:    {395, 70, 290, 220, 2},
	asset.ZoneInternet: {780, 70, 290, 220, 2},
	asset.ZoneOutside:  {300, 372, 480, 138, 4},
}

// spot is where the nth kind of a box is written.
func (b box) spot(n int) (x, y int) {
	return b.X + 14 + (n%b.Columns)*((b.W-14)/b.Columns), b.Y + 62 + (n/b.Columns)*lineH
}

// link is the way between two 領域 in the drawing.
type link struct {
	A, B   string
	Path   string
	X, Y   int // middle of its words
	Second int // how far below stands the second line
}

var links = []link{
	{asset.ZoneMyNumber, asset.ZoneLGWAN, "M300 180 H395", 347, 170, 30},
	{asset.ZoneMyNumber, asset.ZoneInternet, "M155 70 V34 H925 V70", 540, 26, 26},
	{asset.ZoneMyNumber, asset.ZoneOutside, "M155 290 V441 H300", 228, 431, 30},
	{asset.ZoneLGWAN, asset.ZoneInternet, "M685 180 H780", 732, 170, 30},
	{asset.ZoneLGWAN, asset.ZoneOutside, "M540 290 V372", 540, 326, 26},
	{asset.ZoneInternet, asset.ZoneOutside, "M925 290 V441 H780", 852, 431, 30},
}

// look is the class of a way: what is joined and right, joined and wrong, or not joined.
func look(p app.ZonePair) string {
	switch {
	case p.Bad > 0:
		return "zmap__way zmap__way--bad"
	case p.N > 0:
		return "zmap__way zmap__way--on"
	}
	return "zmap__way"
}

// boxClass gives a 領域 its border and pattern.
func boxClass(code string) string { return "zmap__box zmap__box--" + strings.ToLower(code) }

// method is the way of a crossing in words.
func method(l app.ZoneLine, day jpdate.Date) string { return app.Method(l.Connection(day)) }

// hanging are the words for a crossing that nobody drew as a connection.
var hanging = map[string]string{string(relation.Connects): "ネットワークに接続", string(relation.RunsOn): "そこで稼働"}

// flows are the arrows of the directions of a connection.
var flows = map[string]string{zone.Out: "→", zone.In: "←", zone.Both: "⇄"}

// about is what a crossing is for.
func about(l app.ZoneLine) string {
	if w := hanging[l.Type]; w != "" {
		return w
	}
	var out []string
	for _, s := range []string{l.Purpose, l.Protocol} {
		if s != "" {
			out = append(out, s)
		}
	}
	if l.Special {
		path := l.Path
		for _, f := range asset.RelationFields(string(relation.Bridges), "") {
			if f.Key == "path" {
				path = asset.Label(f.Options, l.Path)
			}
		}
		out = append(out, "特定通信：相手 "+l.Partner+"、経路 "+path)
	}
	return strings.Join(out, "、")
}

func review(l app.ZoneLine) string {
	if l.ReviewOn == nil {
		return ""
	}
	return jpdate.OfTime(*l.ReviewOn).Short()
}

func tone(s zone.Severity) ui.State {
	switch s {
	case zone.Refuse, zone.Grave:
		return ui.State{Label: "違反：" + s.Label(), Tone: "error"}
	case zone.Warn:
		return ui.State{Label: "違反：" + s.Label(), Tone: "warn"}
	case zone.Note:
		return ui.State{Label: s.Label(), Tone: "draft"}
	}
	return ui.State{Label: "なし", Tone: "active"}
}

// pager leads through the crossings.
func (v view) pager() ui.Pager {
	const size = 50
	from := (v.Query.Page-1)*size + 1
	return ui.Pager{Page: v.Query.Page, Pages: v.Pages, From: from, To: from + len(v.Lines) - 1, Total: v.Count, URL: func(n int) string {
		q := v.Query
		q.Page = n
		return at(page.Zones, q) + "#crossings"
	}}
}

// empty reports whether nothing has a 領域 yet.
func (v view) empty() bool {
	for _, a := range v.Areas {
		if a.N+a.Others > 0 {
			return false
		}
	}
	return v.Count == 0
}

func (v view) area(code string) app.ZoneArea {
	for _, a := range v.Areas {
		if a.Zone == code {
			return a
		}
	}
	return app.ZoneArea{Zone: code}
}

// modelText says which model holds.
func (v view) modelText() string {
	if v.Model == "" {
		return "団体全体の採用モデルは定めていません（局・課ごとに定めています）"
	}
	return "団体全体の採用モデルは " + model(v.Model) + " です"
}

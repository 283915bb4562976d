// Package ledger is where a ledger leaves the screen: the page on which one chooses what and how,
// the files, and the pages for paper. It knows internal/app for what can be done and must not import
// internal/postgres, internal/server or another feature's pages.
package ledger

import (
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"daicho/internal/app"
	"daicho/internal/asset"
	"daicho/internal/authz"
	"daicho/internal/classify"
	"daicho/internal/errs"
	"daicho/internal/form"
	"daicho/internal/jpdate"
	"daicho/internal/ledger"
	"daicho/web/layout"
	"daicho/web/page"
	"daicho/web/ui"
)

type pages struct{ app *app.App }

// The addresses of files and prints: the parameters of the list behind them say what they hold.
const (
	pathCSV   = "/assets.csv"
	pathXLSX  = "/assets.xlsx"
	pathPrint = "/ledgers/print"

	paramColumns = "columns"
	paramPaper   = "paper"
	paramFormat  = "format"
)

// Routes are the ledger page, the files and the prints.
func Routes(a *app.App) []page.Route {
	h := pages{a}
	const get = http.MethodGet
	return []page.Route{
		{Method: get, Pattern: page.Ledgers, Action: authz.ExportLedger, Handler: h.choose, Long: true},
		{Method: get, Pattern: pathCSV, Action: authz.ExportLedger, Handler: h.file(app.CSV), Long: true},
		{Method: get, Pattern: pathXLSX, Action: authz.ExportLedger, Handler: h.file(app.XLSX), Long: true},
		{Method: get, Pattern: pathPrint, Action: authz.ExportLedger, Handler: h.print, Long: true},
	}
}

// choose shows what a ledger of the filter would be. A form that names a format leads on to it.
func (h pages) choose(w http.ResponseWriter, r *http.Request, p *page.Request) error {
	asked := r.URL.Query()
	q, notices := ledger.Parse(asked)
	if to := target(asked, q); to != "" {
		return page.Redirect(w, r, to)
	}
	v, err := h.app.Ledger(r.Context(), p.Actor, q)
	if err != nil {
		return err
	}
	v.Notices = append(notices, v.Notices...)
	return page.Render(w, r, http.StatusOK, choosePage(p, newView(v)))
}

// The choices of the form.
const (
	asCSV     = "csv"
	asCSVFull = "csv-full"
	asXLSX    = "xlsx"
	asA4      = "a4"
	asA3      = "a3"
	asCount   = "count" // only count again
)

// target is the address that the chosen format has, or "" when none is chosen.
func target(asked url.Values, q ledger.Query) string {
	with := func(path string, pairs ...string) string {
		v := q.Unpaged().Values()
		for i := 0; i+1 < len(pairs); i += 2 {
			v.Set(pairs[i], pairs[i+1])
		}
		if s := v.Encode(); s != "" {
			return path + "?" + s
		}
		return path
	}
	if asked.Get("do") == asCount {
		return with(page.Ledgers)
	}
	switch asked.Get(paramFormat) {
	case asCSV:
		return with(pathCSV, paramColumns, string(ledger.Wide))
	case asCSVFull:
		return with(pathCSV)
	case asXLSX:
		return with(pathXLSX)
	case asA4:
		return with(pathPrint, paramPaper, string(layout.A4))
	case asA3:
		return with(pathPrint, paramPaper, string(layout.A3))
	}
	return ""
}

func (h pages) file(f app.Format) page.Handler {
	return func(w http.ResponseWriter, r *http.Request, p *page.Request) error {
		asked := r.URL.Query()
		q, notices := ledger.Parse(asked)
		if len(notices) > 0 {
			// A file does not say what was not understood; the page does.
			return page.Redirect(w, r, page.Ledgers+"?"+r.URL.RawQuery)
		}
		set := ledger.Full
		if asked.Get(paramColumns) == string(ledger.Wide) {
			set = ledger.Wide
		}
		err := page.Download(w, func(begin page.Begin) error {
			return h.app.Export(r.Context(), p.Actor, app.Export{Query: q, Format: f, Columns: set}, func(head app.Head) io.Writer { return begin(head.Name, head.Rows) })
		})
		if errs.Is(err, errs.Invalid) {
			return page.Redirect(w, r, page.Ledgers+"?"+r.URL.RawQuery) // the page names what is unknown
		}
		return err
	}
}

func (h pages) print(w http.ResponseWriter, r *http.Request, p *page.Request) error {
	asked := r.URL.Query()
	q, notices := ledger.Parse(asked)
	paper, set := layout.A4, ledger.Short
	if asked.Get(paramPaper) == string(layout.A3) {
		paper, set = layout.A3, ledger.Broad
	}
	v, err := h.app.Print(r.Context(), p.Actor, q, set)
	if err != nil {
		return err
	}
	v.Notices = append(notices, v.Notices...)
	return page.Render(w, r, http.StatusOK, printPage(p, newSheet(v, paper)))
}

// view is the page on which one chooses.
type view struct {
	app.LedgerView
	Filters []*form.Field
	Formats *form.Field
	Back    string
}

func newView(v app.LedgerView) view {
	q := v.Query.Values()
	field := func(key, label string, t form.Type, options []form.Option) *form.Field {
		return &form.Field{Key: key, Label: label, Type: t, Options: options, Raw: q[key]}
	}
	out := view{LedgerView: v, Back: page.Assets}
	if s := v.Query.Encode(); s != "" {
		out.Back += "?" + s
	}
	var units, kinds, years []form.Option
	for _, u := range v.Units {
		units = append(units, form.Option{Value: u.Code, Label: strings.Repeat("　", u.Depth) + u.Name})
	}
	for _, k := range asset.Kinds() {
		kinds = append(kinds, form.Option{Value: string(k.Kind), Label: k.Label})
	}
	for _, y := range v.Years {
		years = append(years, form.Option{Value: strconv.Itoa(y), Label: jpdate.FiscalYearName(y)})
	}
	var levels []form.Option
	all := v.Book.Scheme.Axis(classify.Confidentiality).Levels
	for i := len(all) - 1; i >= 0; i-- {
		levels = append(levels, form.Option{Value: ledger.Bound{Code: all[i].Code, Above: true}.String(), Label: all[i].Code + " 以上"})
	}
	if b := v.Query.C; !b.IsZero() && !b.Above {
		levels = append(levels, form.Option{Value: b.String(), Label: b.Words() + " だけ"})
	}
	out.Filters = []*form.Field{
		field(ledger.ParamPart, "台帳の範囲", form.Select, []form.Option{{Value: string(ledger.Main), Label: ledger.Main.Label()}, {Value: string(ledger.Related), Label: ledger.Related.Label()}}),
		field(ledger.ParamUnit, "所管（下の組織も含む）", form.Select, units),
		field(ledger.ParamC, "機密性", form.Select, levels),
		field(ledger.ParamYear, "登録した年度", form.Select, years),
		field(ledger.ParamText, "名称・番号・かな", form.Search, nil),
		field(ledger.ParamKind, "種別", form.Checks, kinds),
		field(ledger.ParamZone, "領域", form.Checks, codes(asset.Zones())),
		field(ledger.ParamState, "状態", form.Checks, codes(asset.States())),
	}
	// What the form has no field for stays as it is.
	for _, k := range []string{ledger.ParamI, ledger.ParamA, ledger.ParamTodo, ledger.ParamSort} {
		if q.Has(k) {
			out.Filters = append(out.Filters, field(k, k, form.Hidden, nil))
		}
	}
	out.Formats = &form.Field{Key: paramFormat, Label: "出力の形", Type: form.Choice, Raw: []string{asXLSX}, Options: []form.Option{
		{Value: asXLSX, Label: "Excel（xlsx）", Hint: "すべての項目。見出しの固定、絞り込み、コード表が付きます。" + ui.Thousands(ledger.XLSXRows) + "件まで"},
		{Value: asCSV, Label: "CSV 主な項目", Hint: "UTF-8（BOM付き）。件数に限りはありません"},
		{Value: asCSVFull, Label: "CSV すべての項目", Hint: "UTF-8（BOM付き）。ほかのシステムに渡すとき"},
		{Value: asA4, Label: "印刷 A4横", Hint: "課で回覧するとき。主な項目。" + ui.Thousands(app.PrintRows) + "件まで"},
		{Value: asA3, Label: "印刷 A3横", Hint: "監査などで広く見るとき。" + ui.Thousands(app.PrintRows) + "件まで"},
	}}
	return out
}

func codes(in []asset.Option) []form.Option {
	out := make([]form.Option, len(in))
	for i, o := range in {
		out[i] = form.Option{Value: o.Code, Label: o.Label}
	}
	return out
}

// sheet is a print in words.
type sheet struct {
	app.PrintView
	Paper   layout.Paper
	Running ui.Running
	Heads   []string
	Back    string
	TooMany bool
}

func newSheet(v app.PrintView, paper layout.Paper) sheet {
	out := sheet{PrintView: v, Paper: paper, Back: page.Ledgers, TooMany: v.Count > app.PrintRows, Running: ui.Running{
		Title: "情報資産台帳", Marking: v.Marking, AsOf: v.At.Wareki() + "時点", By: v.By, Printed: v.Printed, Note: v.Note, Head: v.Head,
	}}
	if s := v.Query.Encode(); s != "" {
		out.Back += "?" + s
	}
	for _, c := range v.Columns {
		out.Heads = append(out.Heads, c.Head())
	}
	return out
}

// cell is the text of a cell on paper, where a date is short.
func (s sheet) cell(row, column int) string {
	text := s.Cells[row][column]
	if text == "0" && s.Columns[column].Key == "members" {
		return "" // the asset is one thing
	}
	if s.Columns[column].Type == ledger.DateCell {
		if d, err := jpdate.ParseISO(text); err == nil {
			return d.Short()
		}
	}
	return text
}

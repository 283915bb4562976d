// Package finding shows what the checks found: the list with its filter and its file, one finding with
// its acceptance, how far the entries have come, and the rules themselves. It knows internal/app for
// what can be done and must not import internal/postgres, internal/server or another feature's pages.
package finding

import (
	"encoding/csv"
	"io"
	"net/http"
	"strconv"
	"time"

	"daicho/internal/app"
	"daicho/internal/asset"
	"daicho/internal/authz"
	"daicho/internal/check"
	"daicho/internal/errs"
	"daicho/internal/form"
	"daicho/internal/jpdate"
	"daicho/internal/jptext"
	"daicho/web/page"
	"daicho/web/ui"
)

type pages struct{ app *app.App }

// Routes lists the URLs of this package.
func Routes(a *app.App) []page.Route {
	h := pages{a}
	const get, post = http.MethodGet, http.MethodPost
	return []page.Route{
		{Method: get, Pattern: page.Findings, Action: authz.ReadAsset, Handler: h.list},
		{Method: get, Pattern: "/findings.csv", Action: authz.ExportLedger, Handler: h.file, Long: true},
		{Method: get, Pattern: page.FindingsCompleteness, Action: authz.ReadAsset, Handler: h.completeness},
		{Method: get, Pattern: page.Findings + "/{id}", Action: authz.ReadAsset, Handler: h.show},
		{Method: post, Pattern: page.Findings + "/{id}/fix", Action: authz.RegisterAsset, Handler: h.fix},
		{Method: post, Pattern: page.Findings + "/{id}/accept", Action: authz.AcceptFinding, Handler: h.accept},
		{Method: get, Pattern: page.CheckSettings, Action: authz.ManageChecks, Handler: h.rules},
		{Method: post, Pattern: page.CheckSettings, Action: authz.ManageChecks, Handler: h.saveRule},
	}
}

// listView is the list with its filter.
type listView struct {
	app.FindingsView
	Form    *form.Form
	States  []ui.Segment
	Pager   ui.Pager
	Exports bool
	Manages bool
	Set     bool // the list is narrowed
	Now     time.Time
}

// ages are the ages by which the list can be narrowed, in days.
var ages = []form.Option{{Value: "", Label: "すべて"}, {Value: "7", Label: "7日以上前から"}, {Value: "30", Label: "30日以上前から"}, {Value: "90", Label: "90日以上前から"}, {Value: "365", Label: "1年以上前から"}}

func filterFields(v app.FindingsView) []*form.Field {
	units, rules, severities := []form.Option{{Value: "", Label: "すべて"}}, []form.Option{{Value: "", Label: "すべて"}}, []form.Option{{Value: "", Label: "すべて"}}
	for _, u := range v.Units {
		units = append(units, form.Option{Value: u.Code, Label: u.Name})
	}
	for _, r := range v.Rules {
		rules = append(rules, form.Option{Value: r.ID, Label: r.Title + "（" + r.ID + "）"})
	}
	for _, s := range check.Severities() {
		severities = append(severities, form.Option{Value: s.Code, Label: s.Label})
	}
	return []*form.Field{
		{Key: "unit", Label: "組織（下の組織も含む）", Type: form.Select, Options: units},
		{Key: "severity", Label: "重大さ", Type: form.Select, Options: severities},
		{Key: "rule", Label: "規則", Type: form.Select, Options: rules, Wide: true},
		{Key: "days", Label: "見つけた時期", Type: form.Select, Options: ages},
	}
}

func queryOf(r *http.Request) app.FindingQuery {
	q := r.URL.Query()
	days, _ := strconv.Atoi(q.Get("days")) // anything else is no filter
	n, _ := strconv.Atoi(q.Get("page"))
	return app.FindingQuery{
		State: app.FindingState(q.Get("state")), Unit: q.Get("unit"), Rule: q.Get("rule"), Severity: q.Get("severity"), Days: max(days, 0), Page: n,
	}
}

// here is the address of a list.
func here(path string, q app.FindingQuery) string {
	state, days := string(q.State), ""
	if q.State == app.FindingOpen {
		state = ""
	}
	if q.Days > 0 {
		days = strconv.Itoa(q.Days)
	}
	return page.With(path, "state", state, "unit", q.Unit, "severity", q.Severity, "rule", q.Rule, "days", days)
}

var stateLabels = [...]struct {
	state app.FindingState
	label string
}{{app.FindingOpen, "未対応"}, {app.FindingAccepted, "受け入れ中"}, {app.FindingCleared, "直ったもの"}}

func (h pages) list(w http.ResponseWriter, r *http.Request, p *page.Request) error {
	found, err := h.app.Findings(r.Context(), p.Actor, queryOf(r))
	if err != nil {
		return err
	}
	q := found.Query
	days := ""
	if q.Days > 0 {
		days = strconv.Itoa(q.Days)
	}
	v := listView{
		FindingsView: found, Exports: authz.Can(p.Actor, authz.ExportLedger), Manages: authz.Can(p.Actor, authz.ManageChecks), Now: p.Now,
		Set: q.Unit != "" || q.Rule != "" || q.Severity != "" || q.Days > 0,
	}
	v.Form = &form.Form{Fields: filterFields(found)}
	for key, value := range map[string]string{"unit": q.Unit, "severity": q.Severity, "rule": q.Rule, "days": days} {
		v.Form.Field(key).Raw = []string{value}
	}
	for _, s := range stateLabels {
		one := q
		one.State = s.state
		v.States = append(v.States, ui.Segment{Label: s.label + " " + ui.Thousands(found.Counts[s.state]) + "件", Href: here(page.Findings, one), Current: q.State == s.state})
	}
	v.Pager = pager(q.Page, found.Size, found.Total, len(found.Rows), func(n int) string { return page.With(here(page.Findings, q), "page", strconv.Itoa(n)) })
	return page.Render(w, r, http.StatusOK, listPage(p, v))
}

func pager(at, size, total, shown int, url func(int) string) ui.Pager {
	from := (at-1)*size + 1
	return ui.Pager{Page: at, Pages: max(1, (total+size-1)/size), From: from, To: from + shown - 1, Total: total, URL: url}
}

// columns are the columns of the file.
var columns = []string{"finding_id", "rule", "severity", "title", "text", "number", "name", "kind", "unit", "field", "first_seen", "last_seen", "cleared_at", "accepted_until", "accepted_by", "accepted_reason"}

// file sends the list as CSV: UTF-8 with a mark, one line a finding.
func (h pages) file(w http.ResponseWriter, r *http.Request, p *page.Request) error {
	q := queryOf(r)
	out := csv.NewWriter(w)
	begun := false
	begin := func() error {
		begun = true
		w.Header().Set("Content-Type", "text/csv; charset=utf-8")
		w.Header().Set("Content-Disposition", `attachment; filename="findings-`+jpdate.OfTime(p.Now).ISO()+`.csv"`)
		w.Header().Set("Cache-Control", "no-store")
		if _, err := io.WriteString(w, "\ufeff"); err != nil {
			return err
		}
		return out.Write(columns)
	}
	err := h.app.FindingsFile(r.Context(), p.Actor, q, func(list []app.Finding) error {
		if !begun {
			if err := begin(); err != nil {
				return err
			}
		}
		for _, f := range list {
			if err := out.Write(record(f)); err != nil {
				return err
			}
		}
		out.Flush()
		return out.Error()
	})
	if begun && err != nil {
		panic(http.ErrAbortHandler) // the file is cut off visibly: nothing else can be said any more
	}
	return err
}

func record(f app.Finding) []string {
	at := func(t *time.Time, layout string) string {
		if t == nil {
			return ""
		}
		return t.In(jpdate.JST).Format(layout)
	}
	const moment = "2006-01-02 15:04:05"
	out := []string{
		strconv.FormatInt(f.ID, 10), f.Rule, f.Severity.Label(), f.Title, f.Text, f.Number, f.Name, f.Kind.Label(), f.Unit, f.Label,
		at(&f.First, moment), at(&f.Last, moment), at(f.Cleared, moment), at(f.AcceptedUntil, time.DateOnly), f.AcceptedBy, f.AcceptedWhy,
	}
	for i := range out {
		out[i] = jptext.EscapeFormula(out[i])
	}
	return out
}

func idOf(r *http.Request) (int64, error) {
	id, err := strconv.ParseInt(r.PathValue("id"), 10, 64)
	if err != nil || id <= 0 {
		return 0, errs.New(errs.NotFound, "finding.id", "")
	}
	return id, nil
}

// showView is one finding with the form of its acceptance.
type showView struct {
	app.Finding
	Form *form.Form
	Back string
}

func acceptFields(now jpdate.Date) []*form.Field {
	return []*form.Field{
		{Key: "reason", Label: "受け入れる理由と、代わりの守り方", Type: form.Area, Required: true, Max: 1000, Hint: "監査人が読みます。直せないわけと、それまでどう守るかを書きます"},
		{Key: "until", Label: "期限", Type: form.Date, Required: true, Hint: "この日までに直します。1年以内の日を書きます。例：" + now.AddMonths(3).Wareki()},
	}
}

func (h pages) show(w http.ResponseWriter, r *http.Request, p *page.Request) error {
	id, err := idOf(r)
	if err != nil {
		return err
	}
	f, err := h.app.Finding(r.Context(), p.Actor, id)
	if err != nil {
		return err
	}
	return page.Render(w, r, http.StatusOK, showPage(p, showView{Finding: f, Form: &form.Form{Fields: acceptFields(jpdate.OfTime(p.Now))}}))
}

// fix prepares the draft that mends a finding, and leads to the field.
func (h pages) fix(w http.ResponseWriter, r *http.Request, p *page.Request) error {
	id, err := idOf(r)
	if err != nil {
		return err
	}
	draft, field, err := h.app.PrepareFix(r.Context(), p.Actor, id)
	if err != nil {
		return err
	}
	p.Leave(page.Info, "直すための下書きを作りました。内容を確かめて、申請してください")
	return page.Redirect(w, r, page.Draft(draft)+"#"+(&form.Field{Key: field}).ID())
}

// The buttons of the acceptance.
const doWithdraw = "withdraw"

func (h pages) accept(w http.ResponseWriter, r *http.Request, p *page.Request) error {
	id, err := idOf(r)
	if err != nil {
		return err
	}
	now := jpdate.OfTime(p.Now)
	withdraw := r.PostFormValue("do") == doWithdraw
	fields := acceptFields(now)
	if withdraw {
		fields[1].Required = false
	}
	f := form.Read(r.PostForm, fields...)
	in := app.AcceptFinding{ID: id, Reason: f.Field("reason").Text(), Until: f.Field("until").Date()}
	if withdraw {
		in.Until = jpdate.Date{}
	}
	if f.OK() {
		err := h.app.AcceptFinding(r.Context(), p.Actor, in)
		if err == nil {
			said := "検出を、期限つきで受け入れました"
			if withdraw {
				said = "受け入れを取り消しました"
			}
			p.Leave(page.Success, said)
			return page.Redirect(w, r, page.Finding(id))
		}
		if !errs.Is(err, errs.Invalid) {
			return err
		}
		f.Add(err)
	}
	one, err := h.app.Finding(r.Context(), p.Actor, id)
	if err != nil {
		return err
	}
	return page.Render(w, r, http.StatusUnprocessableEntity, showPage(p, showView{Finding: one, Form: f}))
}

// completenessView is how far the entries have come.
type completenessView struct {
	app.CompletenessView
	Pager ui.Pager
}

func (h pages) completeness(w http.ResponseWriter, r *http.Request, p *page.Request) error {
	q := r.URL.Query()
	level, err := strconv.Atoi(q.Get("level"))
	if err != nil {
		level = -1
	}
	n, _ := strconv.Atoi(q.Get("page")) // anything else is the first page
	found, err := h.app.Completeness(r.Context(), p.Actor, q.Get("unit"), level, n)
	if err != nil {
		return err
	}
	v := completenessView{CompletenessView: found}
	v.Pager = pager(max(found.Page, 1), found.Size, found.Total, len(found.Assets), func(n int) string {
		return page.With(levelPath(found.Unit, found.Level), "page", strconv.Itoa(n))
	})
	return page.Render(w, r, http.StatusOK, completenessPage(p, v))
}

// levelPath is the list of the assets of a unit at a level.
func levelPath(unit string, level int) string {
	return page.With(page.FindingsCompleteness, "unit", unit, "level", strconv.Itoa(level))
}

// levelWords says what a level of completeness means.
func levelWords(level int) string {
	switch level {
	case asset.TopLevel:
		return "段階3（すべて記入）"
	case 2:
		return "段階2（望ましい項目まで）"
	case 1:
		return "段階1（必須の項目まで）"
	}
	return "段階0（必須の項目が足りない）"
}

// share is a part of a whole in percent, rounded down so that 100 means all.
func share(part, whole int) string {
	if whole == 0 {
		return "–"
	}
	return strconv.Itoa(part*100/whole) + "%"
}

// stateOf is the look of a severity. The word always stands in it.
func stateOf(s check.Severity) ui.State {
	tone := ui.StatePaused
	switch s {
	case check.Refuse, check.Grave:
		tone = ui.StateError
	case check.Warn:
		tone = ui.StateWarn
	case check.Note:
	}
	return ui.State{Tone: tone, Label: s.Label()}
}

func day(t time.Time) string { return jpdate.OfTime(t).Wareki() }

// shortDay is day for the narrow columns of the list.
func shortDay(t time.Time) string { return jpdate.OfTime(t).Short() }

func iso(t time.Time) string { return t.UTC().Format(time.RFC3339) }

// age says since when something stands.
func age(first, now time.Time) string {
	n := jpdate.OfTime(first).DaysUntil(jpdate.OfTime(now))
	if n < 1 {
		return "今日から"
	}
	return strconv.Itoa(n) + "日前から"
}

// fixWords is the text of the button that mends a finding.
func fixWords(f app.Finding) string { return f.Fix.Label() }

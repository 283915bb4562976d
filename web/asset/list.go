package asset

import (
	"context"
	"io"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"

	"daicho/internal/app"
	"daicho/internal/asset"
	"daicho/internal/authz"
	"daicho/internal/classify"
	"daicho/internal/form"
	"daicho/internal/jpdate"
	"daicho/internal/ledger"
	"daicho/web/page"
	"daicho/web/ui"

	"github.com/a-h/templ"
)

// lists answers the requests about the list of assets.
type lists struct {
	app   *app.App
	marks *atomic.Pointer[listMarks]
}

// ListRoutes are the list of assets.
func ListRoutes(a *app.App) []page.Route {
	l := lists{a, &atomic.Pointer[listMarks]{}}
	return []page.Route{{Method: http.MethodGet, Pattern: page.Assets, Action: authz.ReadAsset, Handler: l.list}}
}

func (l lists) list(w http.ResponseWriter, r *http.Request, p *page.Request) error {
	asked := r.URL.Query()
	q, notices := ledger.Parse(asked)
	if listBlanks(asked) {
		// A form sends its empty fields too; the address that people keep and share has none.
		return page.Redirect(w, r, listPath(q))
	}
	v, err := l.app.List(r.Context(), p.Actor, q)
	if err != nil {
		return err
	}
	if _, typed := asked[ledger.ParamText]; typed && len(asked) == 1 && v.Exact != "" {
		return page.Redirect(w, r, page.AssetShow(v.Exact))
	}
	v.Notices = append(notices, v.Notices...)
	return page.Render(w, r, http.StatusOK, listPage(p, newListView(p, v, l.marksOf(v.Book))))
}

// marksOf returns the marks for a book; another book, after a pack was loaded, gets marks of its own.
func (l lists) marksOf(b *ledger.Book) *listMarks {
	m := l.marks.Load()
	if m == nil || m.book != b {
		m = newListMarks(b)
		l.marks.Store(m)
	}
	return m
}

func listBlanks(v url.Values) bool {
	for _, all := range v {
		if slices.Contains(all, "") {
			return true
		}
	}
	return false
}

// listPath is the address of a list.
func listPath(q ledger.Query) string {
	if s := q.Encode(); s != "" {
		return page.Assets + "?" + s
	}
	return page.Assets
}

// listView is the page of the list in words and links.
type listView struct {
	app.ListView
	Title   string
	Filters []*form.Field
	Hidden  []*form.Field // what a new filter leaves as it is
	Clear   string        // the list without filters, "" when there are none
	Active  []ui.Active
	Columns []ui.Column
	Lines   []listLine
	Export  string
	May     struct{ Register, Export bool }
}

// listLine is one row in words and marks.
type listLine struct {
	Number, Href, Name, Kind, Unit string
	Zone, State, Changing, Review  templ.Component // Changing and Review nil when they do not apply
	Levels                         [3]templ.Component
	Checked, CheckedISO            string
}

func newListView(p *page.Request, v app.ListView, marks *listMarks) listView {
	q := v.Query
	out := listView{ListView: v, Title: "情報資産", Filters: listFilters(v, marks), Columns: listColumns(q), Export: page.Ledgers}
	out.May.Register, out.May.Export = authz.Can(p.Actor, authz.RegisterAsset), authz.Can(p.Actor, authz.ExportLedger)
	if n := listPageNumber(q); n > 1 {
		out.Title += "（" + strconv.Itoa(n) + "ページ）"
	}
	if q.Filtered() {
		bare := ledger.Query{Sort: q.Sort, Size: q.Size, Page: 1}
		out.Clear = listPath(bare)
	}
	for _, t := range q.Describe(v.Book) {
		out.Active = append(out.Active, ui.Active{Label: t.Label, Value: t.Value, Remove: listPath(t.Without)})
	}
	keep := q.First()
	if s := (ledger.Query{Sort: keep.Sort, Size: keep.Size}).Values(); len(s) > 0 {
		for _, k := range []string{ledger.ParamSort, ledger.ParamSize} {
			if s.Has(k) {
				out.Hidden = append(out.Hidden, &form.Field{Key: k, Type: form.Hidden, Raw: s[k]})
			}
		}
	}
	if s := q.Unpaged().Encode(); s != "" {
		out.Export += "?" + s
	}
	out.Lines = make([]listLine, len(v.Rows))
	for i := range v.Rows {
		out.Lines[i] = listLineOf(p, v.Book, marks, &v.Rows[i])
	}
	return out
}

func listLineOf(p *page.Request, b *ledger.Book, m *listMarks, r *ledger.Row) listLine {
	l := listLine{
		Number: r.Number, Name: r.Name, Kind: r.Kind.Info().Tag, Unit: b.Unit(r.Unit).Path,
		Zone: m.zone(r.Zone), State: m.state(r.State), CheckedISO: r.Checked.ISO(), Checked: listDate(p, r.Checked),
	}
	for i, a := range classify.Axes() {
		l.Levels[i] = m.level(b, r, i, a)
	}
	if r.Changing {
		l.Changing = m.changing
	}
	if !b.Review(r).IsZero() {
		l.Review = m.review
	}
	l.Href = page.AssetShow(r.Number)
	if r.Number == "" {
		l.Href = page.Draft(r.ID)
	}
	if l.Name == "" {
		l.Name = asset.NoName
	}
	return l
}

func listDate(p *page.Request, d jpdate.Date) string {
	if p.Era == page.Western {
		return d.ISO()
	}
	return d.Short()
}

func listState(s asset.State) ui.State {
	tone := map[asset.State]ui.StateTone{
		asset.StateDraft: ui.StateDraft, asset.StatePending: ui.StatePending, asset.StateReturned: ui.StateReturned,
		asset.StateActive: ui.StateActive, asset.StateSuspended: ui.StatePaused, asset.StateDisposed: ui.StateEnded,
	}[s]
	return ui.State{Tone: tone, Label: s.Label()}
}

// drawn is a component drawn once and shown many times: a page of 100 rows has 500 marks, of some
// fifteen kinds.
type drawn string

// Render writes what was drawn.
func (d drawn) Render(_ context.Context, w io.Writer) error {
	_, err := io.WriteString(w, string(d))
	return err
}

func draw(c templ.Component) templ.Component {
	var b strings.Builder
	if err := c.Render(context.Background(), &b); err != nil {
		return c // then it fails where it is shown
	}
	return drawn(b.String())
}

// listMark is what decides how a level is drawn.
type listMark struct {
	axis   int
	scheme int64
	rank   classify.Rank // 0 = not classified
}

// listMarks are the marks of a scheme's lists, each drawn once: pages of all readers share them.
type listMarks struct {
	book             *ledger.Book
	levels           map[listMark]templ.Component
	bounds           [3][]form.Option // to filter by
	zones, states    map[string]templ.Component
	changing, review templ.Component
}

func newListMarks(b *ledger.Book) *listMarks {
	m := &listMarks{
		book: b, levels: map[listMark]templ.Component{}, zones: map[string]templ.Component{"": templ.NopComponent}, states: map[string]templ.Component{},
		changing: draw(ui.StateChip(ui.State{Tone: ui.StatePending, Label: "変更申請中"})), review: draw(ui.StateChip(ui.State{Tone: ui.StateWarn, Label: "要再承認"})),
	}
	for i, a := range classify.Axes() {
		m.bounds[i] = listLevels(b.Scheme, a)
		schemes := []int64{0, b.Scheme.ID}
		if b.Shelf != nil {
			schemes = append(schemes, slices.Collect(maps.Keys(b.Shelf.Editions))...)
		}
		for _, s := range schemes {
			for r := range classify.MaxRank + 1 {
				row := ledger.Row{Scheme: s, Levels: classify.Levels{}.With(a, r)}
				m.levels[listMark{i, s, r}] = draw(ui.Chip(listLevel(b, &row, a)))
			}
		}
	}
	for _, z := range asset.Zones() {
		m.zones[z.Code] = draw(ui.ZoneChip(z.Code, ledger.BriefZone(z.Code)))
	}
	for _, s := range asset.States() {
		m.states[s.Code] = draw(ui.StateChip(listState(asset.State(s.Code))))
	}
	return m
}

func (m *listMarks) level(b *ledger.Book, r *ledger.Row, i int, a classify.Axis) templ.Component {
	if c, ok := m.levels[listMark{i, r.Scheme, r.Levels.On(a)}]; ok {
		return c
	}
	return ui.Chip(listLevel(b, r, a))
}

func listLevel(b *ledger.Book, r *ledger.Row, a classify.Axis) ui.Level {
	return ui.LevelOf(a, b.Look(r, a))
}

func (m *listMarks) zone(code string) templ.Component {
	if c, ok := m.zones[code]; ok {
		return c
	}
	return ui.ZoneChip(code, ledger.BriefZone(code))
}

func (m *listMarks) state(s asset.State) templ.Component {
	if c, ok := m.states[string(s)]; ok {
		return c
	}
	return ui.StateChip(listState(s))
}

// listColumns are the heads of the columns. A link sorts by its column; on the column that sorts it
// turns the order round.
func listColumns(q ledger.Query) []ui.Column {
	var out []ui.Column
	for _, c := range []struct {
		label string
		key   ledger.Key
		desc  bool // what a first click means: the newest, the highest
	}{
		{"管理番号", ledger.ByNumber, false}, {"名称", ledger.ByName, false}, {"種別", ledger.ByKind, false}, {"所管", ledger.ByUnit, false}, {"領域", ledger.ByZone, false},
		{"機密", ledger.ByC, true}, {"完全", ledger.ByI, true}, {"可用", ledger.ByA, true}, {"状態", ledger.ByState, false}, {"確認日", "", false},
	} {
		col := ui.Column{Label: c.label}
		if c.key != "" {
			next := q.First()
			next.Sort = ledger.Sort{Key: c.key, Desc: c.desc}
			if q.Sort.Key == c.key {
				next.Sort.Desc = !q.Sort.Desc
				col.Dir = map[bool]string{false: "asc", true: "desc"}[q.Sort.Desc]
			}
			col.Sort = listPath(next)
		}
		out = append(out, col)
	}
	return out
}

func listPageNumber(q ledger.Query) int {
	if q.From.IsZero() {
		return q.Page
	}
	return q.From.Row/q.Size + 1
}

// listPager is the pager with numbers: it ends where numbers do.
func listPager(v listView) ui.Pager {
	q, shown := v.Query, min(v.Count.N, ledger.NumberedRows)
	from := (q.Page - 1) * q.Size
	p := ui.Pager{
		Page: q.Page, Pages: (shown + q.Size - 1) / q.Size, From: from + 1, To: from + len(v.Rows), Total: v.Count.N,
		URL: func(n int) string { x := q; x.Page = n; return listPath(x) },
	}
	for _, n := range ledger.Sizes() {
		x := q.First()
		x.Size = n
		p.Sizes = append(p.Sizes, ui.Segment{Label: strconv.Itoa(n) + "件", Href: listPath(x), Current: n == q.Size})
	}
	return p
}

// listSteps are the links past the pages with numbers; an empty one leads nowhere.
type listSteps struct{ First, Before, After, Last string }

// listBeyond returns the links by which a long list goes on, and whether there are any.
func listBeyond(v listView) (listSteps, bool) {
	q := v.Query
	if q.From.IsZero() && v.Count.N <= ledger.NumberedRows && !v.Count.Bound || len(v.Rows) == 0 {
		return listSteps{}, false
	}
	at := (q.Page - 1) * q.Size
	if !q.From.IsZero() {
		at = q.From.Row
	}
	link := func(c ledger.Cursor) string { x := q.First(); x.From = c; return listPath(x) }
	b := listSteps{First: listPath(q.First())}
	if !v.Count.Bound {
		b.Last = link(ledger.Last(max(v.Count.N-q.Size, 0)))
	}
	if v.Before {
		b.Before = link(ledger.Before(&v.Rows[0], q.Sort, at-q.Size))
	}
	if v.After {
		b.After = link(ledger.After(&v.Rows[len(v.Rows)-1], q.Sort, at+len(v.Rows)))
	}
	return b, true
}

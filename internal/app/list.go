package app

import (
	"context"
	"slices"

	"daicho/internal/asset"
	"daicho/internal/authz"
	"daicho/internal/errs"
	"daicho/internal/jpdate"
	"daicho/internal/ledger"
	"daicho/internal/org"
	"daicho/internal/postgres"
)

// ListView is one page of the list of assets.
type ListView struct {
	Query   ledger.Query
	Notices []ledger.Notice // what of the address does not count
	Rows    []ledger.Row
	Count   ledger.Count
	Before  bool // rows stand before the page
	After   bool // rows stand after it
	Book    *ledger.Book
	Units   []org.Unit // to filter by: those of today within the reach of the reader
	Years   []int      // to filter by, newest first
	Exact   string     // the 管理番号 of the one asset that the text names, or ""
}

// List reads one page of the list of assets within the actor's reach. Nothing in the query makes it
// fail: what is unknown is named in a notice. Errors: Forbidden, Busy.
func (a *App) List(ctx context.Context, actor authz.Actor, q ledger.Query) (ListView, error) {
	g, err := authz.Permit(actor, authz.ReadAsset)
	if err != nil {
		return ListView{}, err
	}
	v := ListView{Query: q}
	err = a.db.View(ctx, g, func(ctx context.Context, t *postgres.Tx) error {
		if v.Exact, err = exactNumber(ctx, t, q); err != nil {
			return err
		}
		asked, err := a.ask(ctx, t, q)
		if err != nil {
			return err
		}
		v.Notices, v.Count, v.Book = asked.notices, ledger.Count{N: asked.tally.N, Bound: asked.tally.Bound}, asked.dir.Book
		v.Units = within(asked.dir.Now, t.Scope())
		v.Years = years(asked.dir.FirstYear, t)
		if q.From.IsZero() && (q.Page-1)*q.Size >= v.Count.N && q.Page > 1 {
			v.Query = lastPage(q, v.Count.N) // rows went since the link was made
		}
		p, err := t.Assets(ctx, v.Query, asked.filter, asked.tally, asked.segments)
		v.Rows, v.Before, v.After = p.Rows, p.Before, p.After
		return err
	})
	return v, err
}

func lastPage(q ledger.Query, n int) ledger.Query {
	q.Page = max((n+q.Size-1)/q.Size, 1)
	return q
}

// asked is a query with everything that the database needs to know of it.
type asked struct {
	dir      *postgres.Directory
	filter   ledger.Filter
	notices  []ledger.Notice
	segments []ledger.Segment
	tally    postgres.Tally
}

// ask resolves a query by the directory of the transaction and counts.
func (a *App) ask(ctx context.Context, t *postgres.Tx, q ledger.Query) (asked, error) {
	d, err := t.Directory(ctx)
	if errs.Is(err, errs.NotFound) {
		return asked{}, errs.New(errs.Conflict, "scheme.missing", "分類体系がまだ読み込まれていません。システム管理者に、パックの読込みを頼んでください。")
	}
	if err != nil {
		return asked{}, err
	}
	out := asked{dir: d}
	out.filter, out.notices = q.Filter(d.Book.Scheme, func(code string) ([]int64, bool) {
		ids, ok := d.Below[code]
		return ids, ok && coversAny(t.Scope(), ids)
	})
	out.filter.Common = d.Common(out.filter.Terms)
	out.segments = out.filter.Segments(q.Sort, d.Book, inScope(d.Order, t.Scope()))
	if !out.filter.Empty() {
		out.tally, err = t.CountList(ctx, out.filter, q.Sort)
	}
	return out, err
}

// exactNumber returns the number of the asset that the text of a query names outright, typed or
// scanned in any form, when it lies within reach; else "".
func exactNumber(ctx context.Context, t *postgres.Tx, q ledger.Query) (string, error) {
	if q.Text == "" {
		return "", nil
	}
	n, err := asset.ParseNumber(q.Text)
	if err != nil {
		return "", nil //nolint:nilerr // a text is usually no number
	}
	h, err := t.HeadByNumber(ctx, n.String())
	if errs.Is(err, errs.NotFound) {
		return "", nil
	}
	return h.Number, err
}

func coversAny(s authz.Scope, units []int64) bool {
	return slices.ContainsFunc(units, s.Covers)
}

func inScope(units []int64, s authz.Scope) []int64 {
	if s.All() {
		return units
	}
	var out []int64
	for _, u := range units {
		if s.Covers(u) {
			out = append(out, u)
		}
	}
	return out
}

func within(units []org.Unit, s authz.Scope) []org.Unit {
	if s.All() {
		return units
	}
	var out []org.Unit
	for _, u := range units {
		if s.Covers(u.ID) {
			out = append(out, u)
		}
	}
	return out
}

// years lists the 年度 of which numbers were given, newest first.
func years(first int, t *postgres.Tx) []int {
	last := jpdate.FiscalYear(jpdate.OfTime(t.Now()))
	if first == 0 {
		first = last
	}
	var out []int
	for y := last; y >= first; y-- {
		out = append(out, y)
	}
	return out
}

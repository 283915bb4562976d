package postgres

import (
	"context"
	"slices"
	"strconv"

	"github.com/jackc/pgx/v5"

	"daicho/internal/ledger"
)

// A list asks for the exact count first and then runs one of three shapes. Gather fetches all hits
// by the index that finds few of them (適用区分, unit or grams) and sorts them. Walk goes along the
// index of the order and drops what the filter does not let pass. Merge walks the index of each
// unit in scope and merges. Which is cheapest depends on how many hits there are, which the planner
// guesses wrongly where it matters; so the counts decide here. Every statement is composed from
// fixed fragments with values as parameters only.

// Page is one page of a list.
type Page struct {
	Rows   []ledger.Row
	Before bool // rows stand before the page
	After  bool // rows stand after it
}

// Assets reads the page of a query: f is its resolved filter, n what CountList said, segments the
// parts of its order. Rows outside the scope of the transaction are not there.
func (t *Tx) Assets(ctx context.Context, q ledger.Query, f ledger.Filter, n Tally, segments []ledger.Segment) (Page, error) {
	if n.N == 0 || f.Empty() {
		return Page{}, nil
	}
	l := lister{t: t, q: q, n: n, want: q.Size + 1}
	l.out = make([]ledger.Row, 0, min(l.want, n.N+1))
	if segments != nil && n.N > gatherSegments {
		return l.segmented(ctx, segments)
	}
	return l.plain(ctx, f, segments)
}

// gatherSegments is up to how many hits are gathered at once although their order has parts.
const gatherSegments = 2_000

// lister reads one page. It asks for one row more than the page shows, to know whether more follow.
type lister struct {
	t    *Tx
	q    ledger.Query
	n    Tally
	want int
	out  []ledger.Row
}

// plain reads a page from one list.
func (l *lister) plain(ctx context.Context, f ledger.Filter, segments []ledger.Segment) (Page, error) {
	w := window{order: orderOf(l.q.Sort), from: l.q.From, offset: l.offset(), limit: l.want, back: l.q.From.Back}
	if segments != nil {
		w.order = segmentOrder(l.q.Sort, segments)
	}
	err := l.t.read(ctx, f, l.n.Part, w, l.add)
	return l.page(), err
}

// segmented reads a page that may begin in one part of the list and end in a later one.
func (l *lister) segmented(ctx context.Context, parts []ledger.Segment) (Page, error) {
	back := l.q.From.Back
	if back {
		parts = slices.Clone(parts)
		slices.Reverse(parts)
	}
	skip, from := l.offset(), l.q.From
	started := from.IsZero() || from.End
	for _, p := range parts {
		w := window{order: orderOf(ledger.DefaultSort), offset: skip, limit: l.want - len(l.out), back: back}
		if !started {
			if p.Code != from.Segment {
				continue
			}
			started = true
			w.from = from
		}
		n, err := l.part(ctx, p)
		if err != nil {
			return Page{}, err
		}
		if n.N == 0 {
			continue
		}
		if !n.Bound && skip >= n.N {
			skip -= n.N
			continue
		}
		before := len(l.out)
		if err := l.t.read(ctx, p.Filter, n, w, l.add); err != nil {
			return Page{}, err
		}
		if skip > 0 && len(l.out) == before {
			continue // a part of unknown length beyond the pages with numbers: there the list goes on by cursor
		}
		skip = 0
		if len(l.out) >= l.want {
			break
		}
	}
	return l.page(), nil
}

// part says how many rows a part of the list has: from the census, or counted when there is a text.
func (l *lister) part(ctx context.Context, p ledger.Segment) (Part, error) {
	if n, ok := l.n.parts[p.Code]; ok || l.n.parts != nil {
		return Part{N: n, base: l.n.base}, nil
	}
	n, err := l.t.CountList(ctx, p.Filter, ledger.DefaultSort)
	return n.Part, err
}

func (l *lister) add(r *ledger.Row) error {
	l.out = append(l.out, *r)
	return nil
}

func (l *lister) offset() int {
	if l.q.From.IsZero() {
		return (l.q.Page - 1) * l.q.Size
	}
	return 0
}

// page cuts off the one row too many and turns a page that was read backwards.
func (l *lister) page() Page {
	more := len(l.out) == l.want
	if more {
		l.out = l.out[:l.want-1]
	}
	p := Page{Rows: l.out, After: more, Before: l.offset() > 0 || !l.q.From.IsZero()}
	if l.q.From.Back {
		slices.Reverse(p.Rows)
		p.Before, p.After = more, !l.q.From.End
	}
	return p
}

// window is a stretch of a sorted list.
type window struct {
	order  order
	from   ledger.Cursor
	half   half
	offset int
	limit  int  // 0 = all
	back   bool // read towards the beginning
	sheet  bool // rows carry all that a file or a print may show
	values bool // and the fields of their kind
}

// half tells rows with a number from those without: drafts have none, and stand last.
type half uint8

const (
	bothHalves half = iota
	numbered
	unnumbered
)

// halves cuts a window behind a cursor in two where it passes from rows with a number to those
// without, or back: one condition over both would keep the index from being used.
func (w window) halves() []window {
	if !w.order.null || w.order.first != "" || w.from.IsZero() || w.from.End {
		return []window{w}
	}
	here, there := w, w
	here.half, there.half = numbered, unnumbered
	if w.from.Null {
		here.half, there.half = unnumbered, numbered
	}
	there.from = ledger.Cursor{}
	if towardsNull := w.order.desc == w.back; towardsNull == w.from.Null {
		return []window{here}
	}
	return []window{here, there}
}

// read reads a window of the list that a filter and its count describe.
func (t *Tx) read(ctx context.Context, f ledger.Filter, n Part, w window, visit func(*ledger.Row) error) error {
	left := w.limit
	for _, h := range w.halves() {
		h.limit = left
		if err := t.readHalf(ctx, f, n, h, func(r *ledger.Row) error { left--; return visit(r) }); err != nil {
			return err
		}
		if w.limit > 0 && left <= 0 {
			break
		}
	}
	return nil
}

func (t *Tx) readHalf(ctx context.Context, f ledger.Filter, n Part, w window, visit func(*ledger.Row) error) error {
	c := t.conditions(f)
	shape, budget := choose(n, w, c)
	switch shape {
	case shapeMerge:
		return t.run(ctx, c.merge(w), w, c, visit)
	case shapePlain:
		return t.run(ctx, c.walk(w, 0), w, c, visit)
	case shapeGather:
		return t.run(ctx, c.gather(w), w, c, visit)
	case shapeWalk:
	}
	var kept []ledger.Row
	keep := func(r *ledger.Row) error { kept = append(kept, *r); return nil }
	if err := t.run(ctx, c.walk(w, budget), w, c, keep); err != nil {
		return err
	}
	// Fewer rows than asked for, although more may have passed the filter: they stand together far
	// along the order.
	if len(kept) < w.limit && budget < n.base && (!w.from.IsZero() || w.half != bothHalves || w.offset+len(kept) < n.N) {
		if n.N <= 2*few && !n.Bound {
			return t.run(ctx, c.gather(w), w, c, visit)
		}
		return t.run(ctx, c.walk(w, 0), w, c, visit)
	}
	for i := range kept {
		if err := visit(&kept[i]); err != nil {
			return err
		}
	}
	return nil
}

// shape is one of the ways to read a stretch.
type shape uint8

const (
	shapePlain  shape = iota // walk to the end if need be
	shapeWalk                // walk within a budget
	shapeGather              // gather and sort
	shapeMerge               // walk each unit and merge
)

// few is up to how many rows are gathered and sorted at most; beyond it the order is walked.
const few = 20_000

// Costs in nanoseconds as measured (e2e/bench): a row that a walk passes, the same with a text to
// compare, and a row that is gathered from all over the table and sorted.
const (
	costPass   = 500
	costHeld   = 200   // the same inside the index
	costText   = 2_000 // its words stand in another table
	costGather = 2_500
)

// choose compares the costs of the shapes. budget is how many rows a walk may look at before it
// gives up.
func choose(n Part, w window, c conditions) (s shape, budget int) {
	if w.limit == 0 {
		return shapePlain, 0
	}
	if w.order.first != "" {
		return shapeGather, 0
	}
	need := w.offset + w.limit
	pass := costPass
	switch {
	case c.like != "":
		pass = costText
	case c.held(w.order):
		pass = costHeld
	}
	hits := max(n.N, 1)
	base := max(n.base, hits)
	expect := float64(need) * float64(base) / float64(hits)
	if expect > float64(base) {
		expect = float64(base)
	}
	units := 1
	if !c.everything {
		units = max(len(c.units), 1)
	}
	walk := expect * float64(pass)
	gather := float64(hits) * costGather
	switch {
	case units > 1:
		// Each unit is walked for as many rows as the whole page needs.
		walk *= float64(min(units, base/max(need, 1)+1))
		if hits <= few && gather <= 2*walk {
			return shapeGather, 0
		}
		return shapeMerge, 0
	case !c.filters():
		return shapePlain, 0
	case hits <= few && !n.Bound && gather <= 2*walk:
		return shapeGather, 0
	case c.held(w.order):
		return shapePlain, 0
	}
	return shapeWalk, int(4*expect) + 2_000
}

// run runs a composed statement and visits its rows.
func (t *Tx) run(ctx context.Context, sql string, w window, c conditions, visit func(*ledger.Row) error) error {
	r, err := t.tx.Query(ctx, sql, c.mode(), pgx.QueryResultFormats{pgx.BinaryFormatCode}, pgx.NamedArgs(c.args))
	if err != nil {
		return mapErr(err)
	}
	defer r.Close()
	d := decoder{window: w}
	for r.Next() {
		if err := d.decode(r.RawValues()); err != nil {
			return err
		}
		if err := visit(&d.row); err != nil {
			return err
		}
	}
	return mapErr(r.Err())
}

func itoa(n int) string { return strconv.Itoa(n) }

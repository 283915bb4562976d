package postgres

import (
	"context"

	"github.com/jackc/pgx/v5"

	"daicho/internal/jpdate"
	"daicho/internal/jptext"
	"daicho/internal/ledger"
	"daicho/internal/org"
)

// Directory is the organisation and the scheme as lists, files and pages show them: names of every
// unit, ended ones too, because an old asset still stands in one. It holds nothing of any asset, so that
// one serves every reader.
type Directory struct {
	Book      *ledger.Book
	Order     []int64            // every unit in the official order
	Now       []org.Unit         // the units of today, parents before children
	Below     map[string][]int64 // code of a unit → itself and all below
	FirstYear int                // the first 年度 of which a number was given; 0 = none yet
	common    map[string]bool    // the grams that a good part of all texts have
}

// Common reports whether every term is made of grams that a good part of all texts have: see
// ledger.Filter.
func (d *Directory) Common(terms []string) bool {
	for _, term := range terms {
		for _, g := range jptext.TermGrams(term) {
			if !d.common[g] {
				return false
			}
		}
	}
	return len(terms) > 0
}

// Above three texts in ten the bounded count is cheaper text by text (e2e/bench). The statistics are
// those of the last ANALYZE; an old answer costs time, never a row.
const sqlCommonGrams = `
SELECT u.gram FROM pg_stats s, unnest(s.most_common_elems::text::text[], s.most_common_elem_freqs) u (gram, freq)
WHERE s.schemaname = 'public' AND s.tablename = 'asset_now' AND s.attname = 'grams' AND u.gram IS NOT NULL AND u.freq >= 0.3`

const sqlDirectory = `
SELECT u.id, u.code, u.name,
       ` + fragUnitPath + ` AS path,
       coalesce(u.parent_id, 0) AS parent_id, u.organ_id, o.name AS organ, o.prefix,
       coalesce(h.id, 0) AS host_id, coalesce(h.code, '') AS host_code, coalesce(h.name, '') AS host_name, ` + fragUnitModel + ` AS model,
       (SELECT max(depth) FROM unit_tree y WHERE y.unit_id = u.id)::int AS depth,
       ARRAY(SELECT y.unit_id FROM unit_tree y WHERE y.above_id = u.id) AS below,
       u.valid_from <= @today AND @today < u.valid_to AS standing,
       coalesce((SELECT min(fiscal_year) FROM number_counter), 0) AS first_year
FROM unit u JOIN organ o ON o.id = u.organ_id LEFT JOIN host_body h ON h.id = u.host_id
ORDER BY o.ord, o.id,
  ` + fragUnitOrder

// Directory reads the organisation and the scheme of today. Errors: NotFound when no scheme is loaded.
func (t *Tx) Directory(ctx context.Context) (*Directory, error) {
	return keep(ctx, t, askDirectory, "", t.readDirectory)
}

func (t *Tx) readDirectory(ctx context.Context) (*Directory, error) {
	type line struct {
		org.Unit
		Below     []int64
		Standing  bool
		FirstYear int
	}
	lines, err := rows[line](ctx, t, sqlDirectory, pgx.StrictNamedArgs{"today": today(t.now)})
	if err != nil {
		return nil, err
	}
	d := &Directory{Book: &ledger.Book{Units: map[int64]org.Unit{}, Hosts: map[int64]org.HostBody{}}, Below: map[string][]int64{}}
	for _, l := range lines {
		d.FirstYear = l.FirstYear
		d.Book.Units[l.ID] = l.Unit
		d.Below[l.Code] = l.Below
		d.Order = append(d.Order, l.ID)
		if l.Standing {
			d.Now = append(d.Now, l.Unit)
		}
	}
	hosts, err := t.Hosts(ctx)
	if err != nil {
		return nil, err
	}
	for _, h := range hosts {
		d.Book.Hosts[h.ID] = h
	}
	grams, err := rows[struct{ Gram string }](ctx, t, sqlCommonGrams, nil)
	if err != nil {
		return nil, err
	}
	d.common = map[string]bool{}
	for _, g := range grams {
		d.common[g.Gram] = true
	}
	if d.Book.Shelf, err = t.ShelfWhole(ctx); err != nil {
		return nil, err
	}
	d.Book.Scheme = d.Book.Shelf.Current
	since, err := t.SchemeSince(ctx)
	if since.Year() > 1 {
		d.Book.Since = jpdate.OfTime(since)
	}
	return d, err
}

// Measure counts what a filter lets pass within the scope, to the last row also where a text is
// searched, and returns the highest rank of 機密性 in it: a sheet or a file is marked by that
// (基本方針 6(2)).
func (t *Tx) Measure(ctx context.Context, f ledger.Filter) (n int, top int16, err error) {
	c := t.conditions(f)
	where := "n.unit_id = 0"
	if !c.everything {
		where = "n.unit_id = ANY (@scope::bigint[])"
	}
	sql := "SELECT coalesce(sum(g.n), 0)::bigint, coalesce(max(g.c) FILTER (WHERE g.n > 0), 0) FROM (SELECT n.c, sum(n.n) AS n FROM census n WHERE " + where + c.facet + " GROUP BY n.c) g"
	if words := c.words(f); words != "" || f.Todo != ledger.Anything {
		sql = "SELECT count(*), coalesce(max(n.c), 0) FROM asset_now n WHERE " + c.scope("n") + c.facet + c.rest + c.reviews + c.found(words)
	}
	err = t.tx.QueryRow(ctx, sql, pgx.QueryExecModeCacheDescribe, pgx.NamedArgs(c.args)).Scan(&n, &top)
	return n, top, mapErr(err)
}

const sqlUnhurried = `SET LOCAL statement_timeout = '15min'`

// Unhurried lets the statements of this transaction take minutes: a page has seconds, a file is read
// at the pace of somebody's line.
func (t *Tx) Unhurried(ctx context.Context) error {
	_, err := t.tx.Exec(ctx, sqlUnhurried)
	return mapErr(err)
}

// EachAsset visits every row that a filter lets pass within the scope, in the order of the list, as
// they come from the server: nothing is gathered here. values says whether rows carry the fields of
// their kind. The row is good until visit returns; its error ends the reading and is returned.
func (t *Tx) EachAsset(ctx context.Context, f ledger.Filter, s ledger.Sort, segments []ledger.Segment, values bool, visit func(*ledger.Row) error) error {
	if f.Empty() {
		return nil
	}
	w := window{order: orderOf(s), sheet: true, values: values}
	if segments != nil {
		w.order = segmentOrder(s, segments)
	}
	c := t.conditions(f)
	return t.run(ctx, c.stream(w), w, c, visit)
}

package postgres

import (
	"context"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"daicho/internal/authz"
	"daicho/internal/fixture"
	"daicho/internal/ledger"
	"daicho/internal/pgtest"
	"daicho/internal/synth"
)

// plan is the plan of a composed statement for its parameters.
func (t *Tx) plan(ctx context.Context, tb testing.TB, sql string, c conditions) string {
	tb.Helper()
	r, err := t.tx.Query(ctx, "EXPLAIN "+sql, pgx.QueryExecModeExec, pgx.NamedArgs(c.args))
	if err != nil {
		tb.Fatalf("%v in %s", err, sql)
	}
	lines, err := pgx.CollectRows(r, pgx.RowTo[string])
	if err != nil {
		tb.Fatalf("%v in %s", err, sql)
	}
	return strings.Join(lines, "\n")
}

// Each shape must go by the index that it is made for, whatever the planner would like better: on
// the register's size at which it matters nobody looks before it is slow.
func TestShapesGoByTheirIndexes(t *testing.T) {
	raw := pgtest.New(t)
	w := fixture.Body(t, raw)
	synth.Units(t, w)
	synth.Fill(t, w, 15_000)
	db, err := Open(t.Context(), raw.AppURL, Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(db.Close)
	var some []int64 // the three that hold most
	w.One(t, `SELECT array_agg(unit_id) FROM (SELECT unit_id FROM asset_now GROUP BY 1 ORDER BY count(*) DESC LIMIT 3) u`, nil, &some)
	one := some[:1]
	page := window{order: orderOf(ledger.DefaultSort), limit: 101}
	deep := page
	deep.offset = 9900
	newest := window{order: orderOf(ledger.Sort{Key: ledger.ByUpdated, Desc: true}), limit: 101}
	next := page
	next.from = ledger.Cursor{Text: "2020-KR-000100-0", ID: 9}
	rare := ledger.Filter{Kinds: []string{"MD"}, C: []int16{4}, Zones: []string{"MN"}}
	level := ledger.Filter{Units: one, C: []int16{2}}

	gather := func(c *conditions, w window) string { return c.gather(w) }
	walk := func(c *conditions, w window) string { return c.walk(w, 0) }
	within := func(c *conditions, w window) string { return c.walk(w, 5000) }
	merge := func(c *conditions, w window) string { return c.merge(w) }
	for _, x := range []struct {
		name   string
		f      ledger.Filter
		w      window
		sql    func(*conditions, window) string
		want   string
		refuse string
	}{
		{"whole body", ledger.Filter{}, page, walk, "using asset_now_number", "Seq Scan"},
		{"whole body, deep", ledger.Filter{}, deep, walk, "Index Only Scan using asset_now_number", "Seq Scan"},
		{"whole body, next", ledger.Filter{}, next, walk, "Index Cond: (ROW(number, asset_id) >", "Seq Scan"},
		{"whole body, newest", ledger.Filter{}, newest, walk, "using asset_now_updated", "Sort"},
		{"common filter", ledger.Filter{Kinds: []string{"IN"}}, newest, walk, "Index Only Scan using asset_now_updated", "Seq Scan"},
		{"rare filter", rare, page, gather, "asset_now_class", "Seq Scan on asset_now"},
		{"drafts", ledger.Filter{States: []string{"draft"}}, page, gather, "asset_now_state", "Seq Scan on asset_now"},
		{"a unit", ledger.Filter{Units: one}, page, walk, "using asset_now_unit_number", "Seq Scan on asset_now"},
		{"a unit and a level", level, page, walk, "Index Only Scan using asset_now_unit_number", "Seq Scan on asset_now"},
		{"units", ledger.Filter{Units: some}, page, merge, "using asset_now_unit_number", "Seq Scan on asset_now"},
		{"two characters", ledger.Filter{Terms: []string{"髙槻"}}, page, gather, "asset_search_grams", "Seq Scan on asset_now"},
		{"four characters", ledger.Filter{Terms: []string{"海賊版本"}}, page, gather, "asset_search_grams", "Seq Scan on asset_now"},
		{"a common text", ledger.Filter{Terms: []string{"年度"}}, page, within, "using asset_now_number", "Seq Scan"},
	} {
		g, err := authz.Permit(w.Actor(t, fixture.Chief), authz.ReadAsset)
		if err != nil {
			t.Fatal(err)
		}
		if err := db.View(t.Context(), g, func(ctx context.Context, tx *Tx) error {
			c := tx.conditions(x.f)
			sql := x.sql(&c, x.w)
			p := tx.plan(ctx, t, sql, c)
			if !strings.Contains(p, x.want) || x.refuse != "" && strings.Contains(strings.ReplaceAll(p, "Incremental Sort", ""), x.refuse) {
				t.Errorf("%s: want %q and no %q in\n%s", x.name, x.want, x.refuse, p)
			}
			return nil
		}); err != nil {
			t.Fatal(err)
		}
	}
}

// choose is where the counts decide: few hits are gathered, many are walked to, a unit is merged.
func TestChooseByCounts(t *testing.T) {
	page := window{order: orderOf(ledger.DefaultSort), limit: 101}
	facets := conditions{everything: true, facet: " AND x", args: pgx.StrictNamedArgs{}}
	text := conditions{everything: true, like: " AND y", text: " AND z", args: pgx.StrictNamedArgs{}}
	units := conditions{units: []int64{1, 2, 3}, args: pgx.StrictNamedArgs{}}
	bare := conditions{everything: true, args: pgx.StrictNamedArgs{}}
	for _, x := range []struct {
		name string
		n    Part
		c    conditions
		want shape
	}{
		{"rare among many", Part{N: 152, base: 1_000_000}, facets, shapeGather},
		{"common", Part{N: 300_000, base: 1_000_000}, facets, shapePlain},
		{"above what is gathered", Part{N: few + 1, base: 100_000_000}, facets, shapePlain},
		{"a text without bound", Part{N: ledger.TextBound, Bound: true, base: 1_000_000}, text, shapeWalk},
		{"a rare text", Part{N: 40, base: 1_000_000}, text, shapeGather},
		{"no filter", Part{N: 1_000_000, base: 1_000_000}, bare, shapePlain},
		{"units", Part{N: 60_000, base: 60_000}, units, shapeMerge},
		{"few in units", Part{N: 5, base: 60_000}, units, shapeGather},
	} {
		if got, _ := choose(x.n, page, x.c); got != x.want {
			t.Errorf("%s: shape %d, want %d", x.name, got, x.want)
		}
	}
	if got, _ := choose(Part{N: 10, base: 10}, window{}, facets); got != shapePlain {
		t.Errorf("a window without an end: shape %d", got)
	}
}

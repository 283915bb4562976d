package postgres_test

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"daicho/internal/asset"
	"daicho/internal/authz"
	"daicho/internal/classify"
	"daicho/internal/fixture"
	"daicho/internal/jpdate"
	"daicho/internal/ledger"
	"daicho/internal/pgtest"
	"daicho/internal/postgres"
	"daicho/internal/synth"

	cmpdiff "github.com/google/go-cmp/cmp"
)

// register is a synthetic register with everything about it in memory, to compare lists with.
type register struct {
	w    *fixture.World
	db   *postgres.DB
	rows []ledger.Row // all, by id
	text map[int64]string
	book *ledger.Book
	all  []int64 // units in the order of their ids
}

func newRegister(t *testing.T, n int) *register {
	t.Helper()
	raw := pgtest.New(t)
	r := &register{w: fixture.Body(t, raw), text: map[int64]string{}, book: &ledger.Book{}}
	synth.Units(t, r.w)
	synth.Fill(t, r.w, n)
	db, err := postgres.Open(t.Context(), raw.AppURL, postgres.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(db.Close)
	r.db = db
	rows, err := raw.Owner.Query(t.Context(), `SELECT n.asset_id, coalesce(number, ''), kind, n.unit_id, state, yomi, c, i, a, zone, fiscal_year,
		pending_no IS NOT NULL AND version_no IS NOT NULL, review_since IS NOT NULL, updated_at, search FROM asset_now n JOIN asset_search s ON s.asset_id = n.asset_id ORDER BY n.asset_id`)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	for rows.Next() {
		var x ledger.Row
		var kind, state, search string
		var c, i, a int16
		var review bool
		if err := rows.Scan(&x.ID, &x.Number, &kind, &x.Unit, &state, &x.Yomi, &c, &i, &a, &x.Zone, &x.Year, &x.Changing, &review, &x.Updated, &search); err != nil {
			t.Fatal(err)
		}
		x.Kind, x.State, x.Levels = asset.Kind(kind), asset.State(state), classify.Levels{C: classify.Rank(c), I: classify.Rank(i), A: classify.Rank(a)}
		if review {
			x.Version = -1 // marks it for the oracle
		}
		r.text[x.ID] = search
		r.rows = append(r.rows, x)
		if !slices.Contains(r.all, x.Unit) {
			r.all = append(r.all, x.Unit)
		}
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	slices.Sort(r.all)
	r.view(t, fixture.Chief, func(ctx context.Context, tx *postgres.Tx) error {
		r.book.Scheme, err = tx.Scheme(ctx, 0)
		return err
	})
	return r
}

func (r *register) view(t *testing.T, login string, fn func(context.Context, *postgres.Tx) error) {
	t.Helper()
	g, err := authz.Permit(r.w.Actor(t, login), authz.ReadAsset)
	if err != nil {
		t.Fatal(err)
	}
	if err := r.db.View(t.Context(), g, fn); err != nil {
		t.Fatal(err)
	}
}

// want is the list by the plainest means: look at every row, sort, cut.
func (r *register) want(f ledger.Filter, s ledger.Sort, covers func(int64) bool) []int64 {
	has := func(list []string, v string) bool { return list == nil || slices.Contains(list, v) }
	rank := func(list []int16, v classify.Rank) bool { return list == nil || slices.Contains(list, int16(v)) }
	var hits []ledger.Row
	for _, x := range r.rows {
		ok := covers(x.Unit) && has(f.Kinds, string(x.Kind)) && (f.Units == nil || slices.Contains(f.Units, x.Unit)) && has(f.Zones, x.Zone) &&
			has(f.States, string(x.State)) && (f.Years == nil || slices.Contains(f.Years, int32(x.Year))) &&
			rank(f.C, x.Levels.C) && rank(f.I, x.Levels.I) && rank(f.A, x.Levels.A) &&
			(f.Todo != ledger.Changing || x.Changing) && (f.Todo != ledger.Review || x.Version == -1)
		for _, term := range f.Terms {
			ok = ok && strings.Contains(r.text[x.ID], term)
		}
		if ok {
			hits = append(hits, x)
		}
	}
	place := map[string]int{}
	for i, p := range f.Segments(s, r.book, r.all) {
		place[p.Code] = i
	}
	code := func(x ledger.Row) string {
		switch s.Key {
		case ledger.ByKind:
			return string(x.Kind)
		case ledger.ByUnit:
			return fmt.Sprint(x.Unit)
		case ledger.ByZone:
			return x.Zone
		case ledger.ByState:
			return string(x.State)
		case ledger.ByC:
			return fmt.Sprint(x.Levels.C)
		}
		return ""
	}
	number := func(a, b ledger.Row) int { // drafts have none and stand last
		return cmp.Or(cmp.Compare(map[bool]int{true: 1}[a.Number == ""], map[bool]int{true: 1}[b.Number == ""]), cmp.Compare(a.Number, b.Number), cmp.Compare(a.ID, b.ID))
	}
	slices.SortFunc(hits, func(a, b ledger.Row) int {
		var c int
		switch s.Key {
		case ledger.ByName:
			c = cmp.Or(cmp.Compare(a.Yomi, b.Yomi), cmp.Compare(a.ID, b.ID))
		case ledger.ByUpdated:
			c = cmp.Or(a.Updated.Compare(b.Updated), cmp.Compare(a.ID, b.ID))
		case ledger.ByNumber:
			c = number(a, b)
		default:
			return cmp.Or(cmp.Compare(place[code(a)], place[code(b)]), number(a, b))
		}
		if s.Desc {
			return -c
		}
		return c
	})
	var out []int64
	for _, x := range hits {
		out = append(out, x.ID)
	}
	return out
}

func ids(rows []ledger.Row) []int64 {
	var out []int64
	for _, x := range rows {
		out = append(out, x.ID)
	}
	return out
}

func TestEveryListIsWhatThePlainestMeansGive(t *testing.T) {
	r := newRegister(t, 6000)
	unit := func(code string) int64 { return r.w.Units[code] }
	somu := []int64{unit("honbu-somu")}
	filters := map[string]ledger.Filter{
		"all":          {},
		"a kind":       {Kinds: []string{"EQ"}},
		"rare":         {Kinds: []string{"MD", "EQ"}, C: []int16{4}, Zones: []string{"MN"}},
		"drafts":       {States: []string{"draft"}},
		"states":       {States: []string{"draft", "pending", "disposed"}},
		"a unit":       {Units: somu},
		"units":        {Units: r.all[:20], C: []int16{2, 3}},
		"unit, level":  {Units: somu, C: []int16{3, 4, 5}},
		"a year":       {Years: []int32{2020}},
		"years":        {Years: []int32{2019, 2024}, I: []int16{2}, A: []int16{2}},
		"changing":     {Todo: ledger.Changing},
		"review":       {Todo: ledger.Review, Kinds: []string{"IN"}},
		"one char":     {Terms: []string{"県"}},
		"two chars":    {Terms: []string{"医療"}},
		"common":       {Terms: []string{"年度"}},
		"four chars":   {Terms: []string{"防災計画"}},
		"two terms":    {Terms: []string{"試験", "名簿"}, C: []int16{3}},
		"no hit":       {Terms: []string{"海賊版"}},
		"odd":          {Terms: []string{`%_\`}},
		"nothing":      {Kinds: []string{}},
		"no such unit": {Units: []int64{}},
	}
	sorts := []ledger.Sort{{Key: ledger.ByNumber}, {Key: ledger.ByNumber, Desc: true}, {Key: ledger.ByName}, {Key: ledger.ByUpdated, Desc: true}, {Key: ledger.ByKind}, {Key: ledger.ByUnit, Desc: true}, {Key: ledger.ByC, Desc: true}, {Key: ledger.ByState}, {Key: ledger.ByZone}}
	for _, login := range []string{fixture.Chief, fixture.Registrant, fixture.Responsible, fixture.GikaiHead} {
		r.view(t, login, func(ctx context.Context, tx *postgres.Tx) error {
			for name, f := range filters {
				for _, s := range sorts {
					if err := r.compare(ctx, t, tx, login+", "+name+" by "+s.String(), f, s); err != nil {
						return err
					}
				}
			}
			return nil
		})
	}
}

// compare walks through a list page by page, forwards by number, then forwards and backwards by
// cursor, and compares every page with the plain list.
func (r *register) compare(ctx context.Context, t *testing.T, tx *postgres.Tx, name string, f ledger.Filter, s ledger.Sort) error {
	want := r.want(f, s, tx.Scope().Covers)
	parts := f.Segments(s, r.book, r.all)
	n, err := tx.CountList(ctx, f, s)
	if err != nil {
		return err
	}
	if n.N != len(want) || n.Bound {
		t.Errorf("%s: %d hits, want %d", name, n.N, len(want))
	}
	q := ledger.Query{Sort: s, Size: 100, Page: 1}
	pages := (len(want) + q.Size - 1) / q.Size
	check := func(what string, q ledger.Query, from, to int) (postgres.Page, bool) {
		p, err := tx.Assets(ctx, q, f, n, parts)
		if err != nil {
			t.Fatalf("%s, %s: %v", name, what, err)
		}
		from, to = max(from, 0), min(to, len(want))
		if got := ids(p.Rows); !slices.Equal(got, want[min(from, to):to]) {
			t.Errorf("%s, %s: rows %d to %d are %v, want %v", name, what, from, to, got, want[min(from, to):to])
			return p, false
		}
		if p.After != (to < len(want)) || p.Before != (from > 0) {
			t.Errorf("%s, %s: before %v, after %v at %d to %d of %d", name, what, p.Before, p.After, from, to, len(want))
		}
		return p, true
	}
	for _, page := range []int{1, 2, pages / 2, pages} {
		if q.Page = page; page > 0 && (page == 1 || page <= pages) {
			check(fmt.Sprint("page ", page), q, (page-1)*q.Size, page*q.Size)
		}
	}
	if len(want) == 0 {
		return nil
	}
	q.Page, q.Size = 1, 500
	for at := 0; ; at += q.Size {
		p, ok := check(fmt.Sprint("forwards from ", at), q, at, at+q.Size)
		if !ok || !p.After {
			break
		}
		q.From = ledger.After(&p.Rows[len(p.Rows)-1], s, at+q.Size)
	}
	q.From = ledger.Last(len(want))
	for at := len(want); ; at -= q.Size {
		p, ok := check(fmt.Sprint("backwards from ", at), q, at-q.Size, at)
		if !ok || !p.Before {
			break
		}
		q.From = ledger.Before(&p.Rows[0], s, at-q.Size)
	}
	return nil
}

func TestRowsAreReadAsTheDriverReadsThem(t *testing.T) {
	r := newRegister(t, 700)
	type seen struct {
		row     ledger.Row
		number  *string
		host    *int64
		version *int32
		review  *time.Time
		checked *time.Time
		content string
	}
	want := map[int64]*seen{}
	rows, err := r.w.DB.Owner.Query(t.Context(), `SELECT n.asset_id, n.number, n.name, n.yomi, n.reading, n.organ_id, n.host_id, n.personal, n.flags, n.members, n.version_no, n.review_since, n.checked_on, n.updated_at, coalesce(n.scheme_id, 0),
		coalesce(v.content, e.detail::text) FROM asset_now n JOIN asset_detail e USING (asset_id) LEFT JOIN asset_version v ON v.asset_id = n.asset_id AND v.no = coalesce(n.version_no, n.pending_no)`)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	for rows.Next() {
		var x seen
		var flags, members int32
		if err := rows.Scan(&x.row.ID, &x.number, &x.row.Name, &x.row.Yomi, &x.row.Reading, &x.row.Organ, &x.host, &x.row.Personal, &flags, &members, &x.version, &x.review, &x.checked, &x.row.Updated, &x.row.Scheme, &x.content); err != nil {
			t.Fatal(err)
		}
		x.row.Flags, x.row.Members = asset.Flags(flags), int(members)
		want[x.row.ID] = &x
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	n := 0
	r.view(t, fixture.Chief, func(ctx context.Context, tx *postgres.Tx) error {
		return tx.EachAsset(ctx, ledger.Filter{}, ledger.DefaultSort, nil, true, func(got *ledger.Row) error {
			n++
			x, plain := want[got.ID], r.rows[got.ID-1]
			day := func(p *time.Time) jpdate.Date {
				if p == nil {
					return jpdate.Date{}
				}
				return jpdate.OfTime(*p)
			}
			var number string
			if x.number != nil {
				number = *x.number
			}
			var host int64
			if x.host != nil {
				host = *x.host
			}
			var version int
			if x.version != nil {
				version = int(*x.version)
			}
			wanted := ledger.Row{
				ID: x.row.ID, Number: number, Kind: plain.Kind, State: plain.State, Name: x.row.Name, Yomi: x.row.Yomi, Reading: x.row.Reading, Unit: plain.Unit, Organ: x.row.Organ, Host: host,
				Levels: plain.Levels, Scheme: x.row.Scheme, Zone: plain.Zone, Personal: x.row.Personal, Flags: x.row.Flags, Year: plain.Year, Members: x.row.Members, Version: version,
				Changing: plain.Changing, Review: day(x.review), Checked: day(x.checked), Updated: x.row.Updated.UTC(), Values: []byte(x.content),
			}
			if diff := cmpdiff.Diff(wanted, *got, cmpdiff.Comparer(func(a, b jpdate.Date) bool { return a == b })); diff != "" {
				return fmt.Errorf("asset %d: %s", got.ID, diff)
			}
			return nil
		})
	})
	if n != 700 {
		t.Errorf("%d rows", n)
	}
}

// Package synth fills a test's database with many assets that look like those of a real register:
// Japanese names, facets that hang together (who holds personal data, holds it at a high level),
// units of very different size, numbers and dates that follow each other. The same seed gives the
// same register. It writes by COPY as the owner with every trigger on. Only tests may import it; it
// must not import internal/postgres, so that tests inside that package can use it.
package synth

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"daicho/internal/asset"
	"daicho/internal/classify"
	"daicho/internal/fixture"
	"daicho/internal/jpdate"
	"daicho/internal/jptext"
)

// Seed is the seed of Fill, so that two runs measure the same register.
const Seed = 20261123

// batch is how many assets one transaction writes.
const batch = 10_000

// unit is one unit with how much of the register it holds.
type unit struct {
	id, organ int64
	code      string
	prefix    string
	weight    float64
	host      int64
	hostCode  string
	model     string
}

// Units adds bureaus and sections to a world until it has some eighty units.
func Units(t testing.TB, w *fixture.World) {
	t.Helper()
	var b strings.Builder
	ord := 100
	line := func(code, above, name string) {
		fmt.Fprintf(&b, "('%s', '%s', '%s', %d),", code, above, name, ord)
		ord++
	}
	for _, bureau := range bureaus {
		line(bureau.code, "", bureau.name)
		for _, s := range sections {
			line(bureau.code+"-"+s.code, bureau.code, s.name)
		}
	}
	values := strings.TrimSuffix(b.String(), ",")
	w.Exec(t, `WITH v (code, above, name, ord) AS (VALUES `+values+`),
		top AS (INSERT INTO unit (code, organ_id, name, model, ord) SELECT v.code, o.id, v.name, 'a', v.ord FROM v, organ o WHERE v.above = '' AND o.prefix = 'KR' RETURNING id, code, organ_id)
		INSERT INTO unit (code, organ_id, parent_id, name, ord) SELECT v.code, top.organ_id, top.id, v.name, v.ord FROM v JOIN top ON top.code = v.above`)
	w.Exec(t, `WITH RECURSIVE r AS (
		SELECT id AS above_id, id AS unit_id, 0 AS depth FROM unit
		UNION ALL SELECT r.above_id, u.id, r.depth + 1 FROM r JOIN unit u ON u.parent_id = r.unit_id)
		INSERT INTO unit_tree SELECT * FROM r ON CONFLICT DO NOTHING`)
}

// Fill adds n assets over all units of the world and leaves the tables vacuumed and analysed.
func Fill(t testing.TB, w *fixture.World, n int) {
	t.Helper()
	m := newMaker(t, w)
	// A batch brings its new classes along: the maker is at the next one while this one is written.
	type load struct {
		rows    []*made
		classes []classRow
	}
	next := make(chan load, 1)
	go func() {
		defer close(next)
		for done := 0; done < n; done += batch {
			rows := make([]*made, 0, min(batch, n-done))
			for range min(batch, n-done) {
				rows = append(rows, m.make(n))
			}
			next <- load{rows, m.fresh}
			m.fresh = nil
		}
	}()
	for l := range next {
		if err := m.write(t.Context(), l.rows, l.classes); err != nil {
			t.Error(err)
			break
		}
	}
	for range next { // the maker ends before the test does
	}
	if t.Failed() {
		t.FailNow()
	}
	w.Exec(t, `SELECT setval(pg_get_serial_sequence('asset', 'id'), (SELECT max(id) FROM asset)), setval(pg_get_serial_sequence('class', 'id'), (SELECT max(id) FROM class))`)
	for _, table := range []string{"asset", "asset_now", "asset_search", "asset_detail", "asset_review", "asset_version", "class", "census", "census_sum", "act", "asset_code", "unit", "unit_tree"} {
		if _, err := w.DB.Owner.Exec(t.Context(), "VACUUM (ANALYZE) "+table); err != nil {
			t.Fatal(err)
		}
	}
}

type maker struct {
	w      *fixture.World
	rnd    *rand.Rand
	units  []unit
	sum    []float64
	seq    map[string]int64 // year-prefix → last number
	class  map[string]int64
	fresh  []classRow
	nextID int64
	made   int
	day    time.Time
}

type classRow struct {
	id int64
	f  asset.Facets
}

// made is one asset ready to be written.
type made struct {
	id       int64
	unit     *unit
	doc      asset.Document
	number   string
	year     int
	levels   classify.Levels
	state    asset.State
	class    int64
	updated  time.Time
	checked  *time.Time
	review   *time.Time
	content  []byte
	search   string
	grams    []string
	pending  bool
	codes    []string
	material [32]byte
}

func newMaker(t testing.TB, w *fixture.World) *maker {
	t.Helper()
	m := &maker{w: w, rnd: rand.New(rand.NewPCG(Seed, 1)), seq: map[string]int64{}, class: map[string]int64{}} //nolint:gosec // a fixed seed is the point
	rows, err := w.DB.Owner.Query(t.Context(), `SELECT u.id, u.organ_id, u.code, o.prefix, coalesce(h.id, 0), coalesce(h.code, ''),
		coalesce((SELECT x.model FROM unit_tree y JOIN unit x ON x.id = y.above_id WHERE y.unit_id = u.id AND x.model <> '' ORDER BY y.depth LIMIT 1), '')
		FROM unit u JOIN organ o ON o.id = u.organ_id LEFT JOIN host_body h ON h.id = u.host_id ORDER BY u.id`)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	for rows.Next() {
		var u unit
		if err := rows.Scan(&u.id, &u.organ, &u.code, &u.prefix, &u.host, &u.hostCode, &u.model); err != nil {
			t.Fatal(err)
		}
		m.units = append(m.units, u)
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	var total float64
	for i := range m.units {
		m.units[i].weight = 1 / float64(3+m.rnd.IntN(len(m.units))) // some big units, many small ones
		total += m.units[i].weight
		m.sum = append(m.sum, total)
	}
	w.One(t, `SELECT coalesce(max(id), 0), now() FROM asset`, nil, &m.nextID, &m.day)
	m.day = time.Date(2026, 11, 23, 9, 0, 0, 0, jpdate.JST)
	return m
}

func one[T any](m *maker, list []T) T { return list[m.rnd.IntN(len(list))] }

// in says yes in so many of a thousand cases.
func (m *maker) in(of int) bool { return m.rnd.IntN(1000) < of }

func (m *maker) kind() asset.Kind {
	x := m.rnd.IntN(1000)
	for _, k := range mix {
		if x -= k.of; x < 0 {
			return k.kind
		}
	}
	return asset.Info
}

// make makes the next asset; the register grows from 2015 to 2026, so that the age of an asset and
// its number go together.
func (m *maker) make(total int) *made {
	m.nextID++
	age := 1 - float64(m.made)/float64(max(total, 1))
	m.made++
	created := m.day.Add(-time.Duration(age*11.5*365*24) * time.Hour)
	at, _ := slices.BinarySearch(m.sum, m.rnd.Float64()*m.sum[len(m.sum)-1])
	a := &made{id: m.nextID, unit: &m.units[min(at, len(m.units)-1)], year: jpdate.FiscalYear(jpdate.OfTime(created))}
	k := m.kind()
	a.doc = asset.New(k)
	m.fields(a, k)
	m.classify(a, k)
	m.settle(a, created)
	key := fmt.Sprintf("%d-%s", a.year, a.unit.prefix)
	if a.state != asset.StateDraft {
		m.seq[key]++
		a.number = asset.FormatNumber(a.year, a.unit.prefix, m.seq[key])
	}
	a.search, a.grams = search(a)
	if a.state != asset.StateDraft {
		a.content = a.doc.Encode()
		a.material = a.doc.MaterialDigest()
	}
	return a
}

func (m *maker) fields(a *made, k asset.Kind) {
	business := one(m, businesses)
	v := a.doc.Values
	v["name"] = jpdate.FiscalYearName(a.year) + " " + business + " " + one(m, things[k])
	if r, ok := readings[business]; ok && m.in(600) {
		v["yomi"] = r + " " + fmt.Sprint(m.rnd.IntN(100))
	}
	if m.in(150) {
		v["name"] += fmt.Sprintf("（%s担当）", one(m, surnames))
	}
	v["detail_kind"] = one(m, details[k])
	v["summary"] = business + "のために使う" + one(m, things[k]) + "。担当は" + one(m, surnames) + "。"
	v["business"] = business
	v["unit"] = a.unit.code
	set := func(key, value string) {
		if _, ok := asset.Lookup(k, key); ok {
			v[key] = value
		}
	}
	set("place", one(m, places)+fmt.Sprintf(" 棚%d", 1+m.rnd.IntN(40)))
	if a.unit.hostCode != "" && m.in(500) {
		set("host_body", a.unit.hostCode)
	}
	set("policy", one(m, []string{"own", "both"}))
	set("contact", one(m, surnames)+fmt.Sprintf("（内線 %d）", 100+m.rnd.IntN(900)))
	set("retention", one(m, []string{"y1", "y3", "y5", "y10"}))
	set("locked", one(m, []string{"locked", "controlled", "open"}))
	set("backup", one(m, []string{"daily", "weekly", "none"}))
	if m.in(200) {
		set("outsourced", "1")
	}
	if m.in(60) {
		set("portable", "1")
	}
	if m.in(40) {
		set("public", "1")
	}
	if k == asset.Device || k == asset.Medium {
		serial := fmt.Sprintf("%s-%06d", one(m, makers), m.rnd.IntN(1_000_000))
		set("serial", serial)
		a.codes = []string{jptext.SearchKey(serial)}
	}
	if k == asset.Contract {
		set("contractor", "株式会社"+one(m, surnames)+"電算")
		set("contract_end", "2027-03-31")
	}
	if k == asset.Cloud {
		set("provider", "株式会社"+one(m, surnames)+"クラウド")
	}
	if k == asset.Facility {
		set("area_class", "general")
	}
}

// classify draws personal data, levels and zone so that they agree with each other.
func (m *maker) classify(a *made, k asset.Kind) {
	v := a.doc.Values
	person := asset.PersonalNone
	switch x := m.rnd.IntN(1000); {
	case x < 15:
		person = asset.PersonalMyNumber
	case x < 20:
		person = asset.PersonalOrdinance
	case x < 60:
		person = asset.PersonalSensitive
	case x < 350:
		person = asset.PersonalOrdinary
	}
	if _, ok := asset.Lookup(k, "personal"); ok {
		v["personal"] = person
	} else {
		person = asset.PersonalNone
	}
	l := classify.Levels{C: 2, I: 1, A: 1}
	switch person {
	case asset.PersonalMyNumber:
		l.C, l.I = 4, 2
	case asset.PersonalSensitive, asset.PersonalOrdinance:
		l.C, l.I = one(m, []classify.Rank{3, 4}), 2
	case asset.PersonalOrdinary:
		l.C = 3
	default:
		if m.in(150) {
			l.C = 1
		} else if m.in(250) {
			l.C = 3
		}
		if m.in(2) {
			l.C = 5
		}
	}
	if m.in(250) {
		l.I = 2
	}
	if m.in(180) {
		l.A = 2
	}
	a.levels = l
	if _, ok := asset.Lookup(k, "zone"); ok {
		switch x := m.rnd.IntN(1000); {
		case person == asset.PersonalMyNumber:
			v["zone"] = asset.ZoneMyNumber
		case x < 780:
			v["zone"] = asset.ZoneLGWAN
		case x < 930:
			v["zone"] = asset.ZoneInternet
		default:
			v["zone"] = asset.ZoneOutside
		}
	}
	codes := map[string]string{}
	for _, axis := range classify.Axes() {
		if asset.Declares(k, axis) {
			codes[string(axis)] = levelCode(axis, l.On(axis))
		}
	}
	a.doc.Judgement = &asset.Judgement{Scheme: fixture.SchemeCode, Levels: codes, Proposed: codes}
}

func levelCode(a classify.Axis, r classify.Rank) string {
	if a == classify.Confidentiality {
		return [...]string{"", "1", "2", "3C", "3B", "3A"}[r]
	}
	return [...]string{"", "1", "2"}[r]
}

// settle draws the state and the dates.
func (m *maker) settle(a *made, created time.Time) {
	a.state = asset.StateActive
	switch x := m.rnd.IntN(1000); {
	case x < 7:
		a.state = asset.StateDraft
	case x < 15:
		a.state = asset.StatePending
	case x < 17:
		a.state = asset.StateReturned
	case x < 37:
		a.state = asset.StateSuspended
		a.doc.Values["lifecycle"] = asset.LifecycleSuspended
	case x < 117:
		a.state = asset.StateDisposed
		a.doc.Values["lifecycle"] = asset.LifecycleDisposed
		a.doc.Values["disposed_on"] = jpdate.OfTime(created.AddDate(0, 6, 0)).ISO()
	}
	a.updated = created.Add(time.Duration(m.rnd.Int64N(int64(m.day.Sub(created)) + 1))).Truncate(time.Microsecond)
	if a.state.InForce() {
		if m.in(700) {
			d := a.updated
			a.checked = &d
			a.doc.Values["checked_on"] = jpdate.OfTime(d).ISO()
		}
		a.pending = m.in(5)
		if m.in(10) {
			d := a.updated
			a.review = &d
		}
	}
	if a.state != asset.StateDraft {
		f := a.doc.Facets(a.levels, a.unit.model)
		key := f.Key()
		id, ok := m.class[key]
		if !ok {
			id = int64(len(m.class) + 1)
			m.class[key] = id
			m.fresh = append(m.fresh, classRow{id, f})
		}
		a.class = id
	}
}

// search builds what the register looks texts up by: as internal/postgres does from a document.
func search(a *made) (key string, grams []string) {
	d := a.doc
	var keys []string
	for _, p := range append([]string{d.Get("name"), d.Get("yomi"), a.number, d.Get("summary"), d.Get("business"), d.Get("place"), d.Get("contact"), d.Get("notes")}, a.codes...) {
		if k := jptext.SearchKey(p); k != "" && !slices.Contains(keys, k) {
			keys = append(keys, k)
			grams = append(grams, jptext.Grams(k)...)
		}
	}
	slices.Sort(grams)
	return strings.Join(keys, "\x1f"), slices.Compact(grams)
}

// write copies one batch, with the classes that came up in it, in one transaction with one act.
func (m *maker) write(ctx context.Context, rows []*made, classes []classRow) error {
	tx, err := m.w.DB.Owner.Begin(ctx)
	if err != nil {
		return err
	}
	defer func() { _ = tx.Rollback(context.WithoutCancel(ctx)) }()
	var act int64
	if err := tx.QueryRow(ctx, `INSERT INTO act (person_text, auth, channel, action) VALUES ('合成', 'operator', 'system', 'synth')
		RETURNING set_config('daicho.act', id::text, true)::bigint`).Scan(&act); err != nil {
		return err
	}
	for _, c := range []struct {
		table   string
		columns string
		n       int
		row     func(i int) []any // nil leaves the row out
	}{
		{"class", "id kind c i a zone personal flags model", len(classes), func(i int) []any {
			f := classes[i].f
			return []any{classes[i].id, string(f.Kind), int16(f.C), int16(f.I), int16(f.A), f.Zone, int16(asset.PersonalRank(f.Personal)), int32(f.Flags), f.Model} //nolint:gosec // small
		}},
		{"asset", "id kind number", len(rows), func(i int) []any { return []any{rows[i].id, string(rows[i].doc.Kind), orNil(rows[i].number)} }},
		{"asset_version", "asset_id no act_id author_id content content_sha256 material_sha256 fields_edition scheme_id", len(rows), func(i int) []any {
			a := rows[i]
			if a.content == nil {
				return nil
			}
			digest := asset.Digest(a.content)
			return []any{a.id, 1, act, m.w.Persons[fixture.Registrant], string(a.content), digest[:], a.material[:], asset.Edition, m.w.Scheme}
		}},
		{"asset_now", "asset_id kind number unit_id organ_id host_id state name yomi reading c i a zone personal flags class_id version_no pending_no review_since fiscal_year checked_on updated_at scheme_id", len(rows), func(i int) []any { return rows[i].now(m.w.Scheme) }},
		{"asset_review", "asset_id cause since", len(rows), func(i int) []any {
			if rows[i].review == nil {
				return nil
			}
			return []any{rows[i].id, "synth", *rows[i].review}
		}},
		{"asset_detail", "asset_id kind detail", len(rows), func(i int) []any { return []any{rows[i].id, string(rows[i].doc.Kind), rows[i].doc.At(asset.InDetail)} }},
		{"asset_search", "asset_id unit_id search grams", len(rows), func(i int) []any { return []any{rows[i].id, rows[i].unit.id, rows[i].search, rows[i].grams} }},
		{"asset_code", "asset_id sort code", len(rows), func(i int) []any {
			if len(rows[i].codes) == 0 {
				return nil
			}
			return []any{rows[i].id, "serial", rows[i].codes[0]}
		}},
	} {
		i := 0
		_, err := tx.CopyFrom(ctx, pgx.Identifier{c.table}, strings.Fields(c.columns), pgx.CopyFromFunc(func() ([]any, error) {
			for i < c.n {
				r := c.row(i)
				i++
				if r != nil {
					return r, nil
				}
			}
			return nil, nil
		}))
		if err != nil {
			return fmt.Errorf("copy %s: %w", c.table, err)
		}
	}
	return tx.Commit(ctx)
}

func orNil(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}

// now is the row of the list, under an edition of the 分類体系.
func (a *made) now(edition int64) []any {
	d := a.doc
	var version, pending *int
	one := 1
	if a.state.InForce() {
		version = &one
	}
	if a.state == asset.StatePending || a.pending {
		pending = &one
	}
	var host, class *int64
	if d.Get("host_body") != "" {
		host = &a.unit.host
	}
	if a.class != 0 {
		class = &a.class
	}
	year := a.year
	if a.number == "" {
		year = 0
	}
	yomi := d.Get("yomi")
	if yomi == "" {
		yomi = d.Get("name")
	}
	return []any{
		a.id, string(d.Kind), orNil(a.number), a.unit.id, a.unit.organ, host, string(a.state), d.Get("name"), jptext.SearchKey(yomi), d.Get("yomi"),
		int16(a.levels.C), int16(a.levels.I), int16(a.levels.A), d.Get("zone"), int16(asset.PersonalRank(d.Get("personal"))), int32(d.Flags()), //nolint:gosec // small
		class, version, pending, a.review, year, a.checked, a.updated, edition,
	}
}

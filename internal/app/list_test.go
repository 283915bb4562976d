package app_test

import (
	"bytes"
	"encoding/csv"
	"errors"
	"io"
	"net/url"
	"slices"
	"strings"
	"testing"

	"daicho/internal/app"
	"daicho/internal/authz"
	"daicho/internal/errs"
	"daicho/internal/fixture"
	"daicho/internal/ledger"
	"daicho/internal/postgres"
	"daicho/internal/synth"
)

// listed is a synthetic register with the program on top.
type listed struct {
	t *testing.T
	w *fixture.World
	a *app.App
}

func newListed(t *testing.T, n int) listed {
	t.Helper()
	l := listed{t: t, w: fixture.New(t)}
	synth.Units(t, l.w)
	synth.Fill(t, l.w, n)
	db, err := postgres.Open(t.Context(), l.w.DB.AppURL, postgres.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(db.Close)
	l.a = app.New(db, app.Options{})
	return l
}

func (l listed) as(login string) authz.Actor { l.t.Helper(); return l.w.Actor(l.t, login) }

func query(t *testing.T, address string) ledger.Query {
	t.Helper()
	v, err := url.ParseQuery(address)
	if err != nil {
		t.Fatal(err)
	}
	q, notices := ledger.Parse(v)
	if len(notices) > 0 {
		t.Fatalf("%s: %+v", address, notices)
	}
	return q
}

// export returns the cells of a CSV file, header first.
func (l listed) export(login, address string, set ledger.Set) (app.Head, [][]string) {
	l.t.Helper()
	var b bytes.Buffer
	var head app.Head
	err := l.a.Export(l.t.Context(), l.as(login), app.Export{Query: query(l.t, address), Format: app.CSV, Columns: set}, func(h app.Head) io.Writer { head = h; return &b })
	if err != nil {
		l.t.Fatalf("%s: %v", address, err)
	}
	records, err := csv.NewReader(strings.NewReader(strings.TrimPrefix(b.String(), "\ufeff"))).ReadAll()
	if err != nil {
		l.t.Fatal(err)
	}
	return head, records
}

// acts counts the acts of an action and returns the detail of the last.
func (l listed) acts(action authz.Action) (n int, format, filter string, rows int) {
	l.t.Helper()
	l.w.One(l.t, `SELECT count(*), coalesce((SELECT detail->>'format' FROM act WHERE action = $1 ORDER BY id DESC LIMIT 1), ''),
		coalesce((SELECT detail->>'filter' FROM act WHERE action = $1 ORDER BY id DESC LIMIT 1), ''),
		coalesce((SELECT (detail->>'rows')::int FROM act WHERE action = $1 ORDER BY id DESC LIMIT 1), 0) FROM act WHERE action = $1`, []any{string(action)}, &n, &format, &filter, &rows)
	return n, format, filter, rows
}

func TestAFileHoldsWhatTheListShows(t *testing.T) {
	l := newListed(t, 2000)
	for login, addresses := range map[string][]string{
		fixture.Chief:       {"", "kind=MD&c=3C~&sort=-updated", "q=%E5%8C%BB%E7%99%82&sort=unit", "state=draft&state=disposed&sort=-c", "unit=iryo&fy=2024", "todo=review", "part=related&sort=name"},
		fixture.Registrant:  {"", "q=%E5%B9%B4%E5%BA%A6", "sort=state"},
		fixture.Responsible: {"", "zone=LG&i=2"},
		fixture.GikaiHead:   {"", "unit=gikai"},
	} {
		for _, address := range addresses {
			head, records := l.export(login, address, ledger.Wide)
			v, err := l.a.List(t.Context(), l.as(login), query(t, address+"&size=500"))
			if err != nil {
				t.Fatal(err)
			}
			if len(records)-1 != v.Count.N || head.Rows != v.Count.N || v.Count.N == 0 {
				t.Fatalf("%s %q: %d records, head says %d, the list %d", login, address, len(records)-1, head.Rows, v.Count.N)
			}
			for i, r := range v.Rows {
				if records[i+1][0] != r.Number || records[i+1][2] != strings.TrimSpace(r.Name) {
					t.Fatalf("%s %q: row %d is %q in the file and %s %s in the list", login, address, i, records[i+1], r.Number, r.Name)
				}
			}
			if n, format, filter, rows := l.acts(authz.ExportLedger); n == 0 || format != "csv" || rows != v.Count.N || query(t, filter).Encode() != query(t, address).Encode() {
				t.Errorf("the trail says %s %q %d of %q", format, filter, rows, address)
			}
		}
	}
}

func TestAFileNeverLeavesItsScope(t *testing.T) {
	l := newListed(t, 1500)
	outside := "広域連合長" // the other organ
	for _, address := range []string{"", "unit=gikai", "sort=-updated", "q=%E5%B9%B4%E5%BA%A6"} {
		_, records := l.export(fixture.Gikai, address, ledger.Full)
		organ := slices.Index(records[0], "機関")
		for _, r := range records[1:] {
			if r[organ] == outside {
				t.Fatalf("%q: %q", address, r)
			}
		}
		if len(records) < 2 {
			t.Errorf("%q holds nothing", address)
		}
	}
	// A unit outside is as unknown as one that does not exist: the list says so alike, a file refuses.
	var said []string
	for _, unit := range []string{"iryo", "nowhere"} {
		v, err := l.a.List(t.Context(), l.as(fixture.Gikai), query(t, "unit="+unit))
		if err != nil || len(v.Notices) != 1 {
			t.Fatalf("%s: %v %v", unit, v.Notices, err)
		}
		said = append(said, strings.ReplaceAll(v.Notices[0].Text, unit, "X"))
		err = l.a.Export(t.Context(), l.as(fixture.Gikai), app.Export{Query: query(t, "unit="+unit), Format: app.CSV}, func(app.Head) io.Writer { t.Error("a byte went out"); return io.Discard })
		if errs.CodeOf(err) != "export.filter" {
			t.Errorf("%s: %v", unit, err)
		}
	}
	if said[0] != said[1] {
		t.Errorf("%q tells a unit outside from one that is not there: %q", said[0], said[1])
	}
	if err := l.a.Export(t.Context(), l.as(fixture.Admin), app.Export{Format: app.CSV}, nil); !errs.Is(err, errs.Forbidden) {
		t.Errorf("an administrator: %v", err)
	}
}

// broken is a reader who goes away.
type broken struct{}

var errGone = errors.New("the reader is gone")

func (broken) Write([]byte) (int, error) { return 0, errGone }

func TestAFileThatBreaksOffIsInTheTrail(t *testing.T) {
	l := newListed(t, 3000)
	before, _, _, _ := l.acts(authz.ExportLedger)
	for _, f := range []app.Format{app.CSV, app.XLSX} {
		err := l.a.Export(t.Context(), l.as(fixture.Chief), app.Export{Query: query(t, ""), Format: f, Columns: ledger.Full}, func(app.Head) io.Writer {
			// The act is there before the first byte.
			if n, format, _, rows := l.acts(authz.ExportLedger); n != before+1 || format != string(f) || rows != 3000 {
				t.Errorf("%s: %d acts, the last of %s with %d rows", f, n, format, rows)
			}
			return broken{}
		})
		if !errors.Is(err, errGone) {
			t.Errorf("%s: %v", f, err)
		}
		before++
	}
	if n, _, _, _ := l.acts(authz.ExportLedger); n != before {
		t.Errorf("%d acts, want %d", n, before)
	}
}

func TestFilesWaitTheirTurn(t *testing.T) {
	l := newListed(t, 200)
	hold, started, done := make(chan struct{}), make(chan struct{}), make(chan error)
	for range 3 {
		go func() {
			done <- l.a.Export(t.Context(), l.as(fixture.Chief), app.Export{Query: query(t, ""), Format: app.CSV}, func(app.Head) io.Writer {
				started <- struct{}{}
				<-hold
				return io.Discard
			})
		}()
	}
	for range 3 {
		<-started
	}
	err := l.a.Export(t.Context(), l.as(fixture.Chief), app.Export{Query: query(t, ""), Format: app.CSV}, func(app.Head) io.Writer { return io.Discard })
	if !errs.Is(err, errs.Busy) {
		t.Errorf("a fourth file: %v", err)
	}
	close(hold)
	for range 3 {
		if err := <-done; err != nil {
			t.Error(err)
		}
	}
	if _, records := l.export(fixture.Chief, "", ledger.Wide); len(records) != 201 {
		t.Errorf("afterwards: %d records", len(records))
	}
}

func TestPrint(t *testing.T) {
	l := newListed(t, 5500)
	v, err := l.a.Print(t.Context(), l.as(fixture.Chief), query(t, ""), ledger.Short)
	if err != nil || v.Cells != nil || v.Count != 5500 {
		t.Fatalf("%d of %d rows, %v", len(v.Cells), v.Count, err)
	}
	if n, _, _, _ := l.acts(authz.ExportLedger); n != 0 {
		t.Errorf("%d acts for what was not printed", n)
	}
	v, err = l.a.Print(t.Context(), l.as(fixture.Chief), query(t, "c=2&kind=EQ"), ledger.Short)
	if err != nil || len(v.Cells) != v.Count || v.Count == 0 || v.Marking != "自治体機密性２" || v.By != "本部事務局 本部事務局次長（統括） 渡辺 五月" || v.Note != "" {
		t.Errorf("%d of %d rows, marked %q by %q, note %q, %v", len(v.Cells), v.Count, v.Marking, v.By, v.Note, err)
	}
	if n, format, _, rows := l.acts(authz.ExportLedger); n != 1 || format != "print" || rows != v.Count {
		t.Errorf("the trail: %d %s %d", n, format, rows)
	}
	if v, err = l.a.Print(t.Context(), l.as(fixture.Chief), query(t, "q=%E5%8C%BB%E7%99%82&zone=MN"), ledger.Broad); err != nil || v.Marking != "自治体機密性３Ｂ" {
		t.Errorf("a text search is marked %q, %v", v.Marking, err)
	}
}

func TestATypedNumberNamesItsAsset(t *testing.T) {
	l := newListed(t, 800)
	var inside, other string
	l.w.One(t, `SELECT max(number) FILTER (WHERE unit_id = $1), max(number) FILTER (WHERE unit_id <> $1) FROM asset_now`, []any{l.w.Units["honbu-somu"]}, &inside, &other)
	wide := strings.NewReplacer("-", "－", "2", "２", "K", "ｋ").Replace(inside)
	for text, want := range map[string]string{inside: inside, strings.ReplaceAll(inside, "-", ""): inside, wide: inside, " " + inside + " ": inside, other: "", inside[:len(inside)-1]: "", "名簿": ""} {
		v, err := l.a.List(t.Context(), l.as(fixture.Registrant), query(t, url.Values{"q": {text}}.Encode()))
		if err != nil || v.Exact != want {
			t.Errorf("%q names %q, want %q, %v", text, v.Exact, want, err)
		}
	}
	var serial, holder string
	l.w.One(t, `SELECT v.content::json->'values'->>'serial', n.number FROM asset_code c JOIN asset_version v USING (asset_id) JOIN asset_now n USING (asset_id) WHERE n.number IS NOT NULL LIMIT 1`, nil, &serial, &holder)
	v, err := l.a.List(t.Context(), l.as(fixture.Chief), query(t, url.Values{"q": {strings.ToLower(serial)}}.Encode()))
	if err != nil || len(v.Rows) == 0 || v.Rows[0].Number != holder && len(v.Rows) == 1 {
		t.Errorf("the serial number %s finds %d rows, %v", serial, len(v.Rows), err)
	}
}

func TestAListKnowsWhatWasJustLoaded(t *testing.T) {
	l := newListed(t, 100)
	look := func() app.ListView {
		v, err := l.a.List(t.Context(), l.as(fixture.Chief), query(t, ""))
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
	n := len(look().Units)
	l.w.Exec(t, `WITH a AS (INSERT INTO act (person_text, auth, channel, action) VALUES ('試験', 'operator', 'cli', 'pack.load')),
		u AS (INSERT INTO unit (code, organ_id, name, ord) SELECT 'shinsetsu', id, '新設課', 9999 FROM organ WHERE prefix = 'KR' RETURNING id)
		INSERT INTO unit_tree SELECT id, id, 0 FROM u`)
	if v := look(); len(v.Units) != n+1 {
		t.Errorf("%d units, want %d", len(v.Units), n+1)
	}
}

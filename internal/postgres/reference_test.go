package postgres

import (
	"context"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"daicho/internal/authz"
	"daicho/internal/fixture"
	"daicho/internal/org"
	"daicho/internal/pgtest"
)

// readings collects the statements that were run for each question.
type readings struct {
	mu  sync.Mutex
	sql map[question][]string
}

func (r *readings) TraceQueryStart(ctx context.Context, _ *pgx.Conn, d pgx.TraceQueryStartData) context.Context {
	if q, ok := ctx.Value(readFor{}).(question); ok {
		r.mu.Lock()
		defer r.mu.Unlock()
		r.sql[q] = append(r.sql[q], d.SQL)
	}
	return ctx
}

func (r *readings) TraceQueryEnd(context.Context, *pgx.Conn, pgx.TraceQueryEndData) {}

// process is a pool of its own with a memory of its own, as another process on the database has.
func process(t *testing.T, w *fixture.World) *DB {
	t.Helper()
	db, err := Open(t.Context(), w.DB.AppURL, Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(db.Close)
	return db
}

// look runs fn in a snapshot of the whole body.
func look(t *testing.T, w *fixture.World, db *DB, fn func(context.Context, *Tx) error) {
	t.Helper()
	g, err := authz.Permit(w.Actor(t, fixture.Chief), authz.ReadAsset)
	if err == nil {
		err = db.View(t.Context(), g, fn)
	}
	if err != nil {
		t.Error(err)
	}
}

// everyQuestion asks all of them.
func everyQuestion(ctx context.Context, t *Tx) error {
	s, err := t.Scheme(ctx, 0)
	if err != nil {
		return err
	}
	catalogue, _, err := t.CurrentCatalogue(ctx)
	if err != nil {
		return err
	}
	units, err := t.Units(ctx)
	if err != nil {
		return err
	}
	for _, ask := range []func() error{
		func() error { _, err := t.SchemeOf(ctx, s.Code); return err },
		func() error { _, err := t.SchemeMappings(ctx, s.ID); return err },
		func() error { _, err := t.Hosts(ctx); return err },
		func() error { _, err := t.Posts(ctx); return err },
		func() error { _, err := t.PlaceOf(ctx, units[0].Code); return err },
		func() error { _, err := t.Applicability(ctx, catalogue); return err },
		func() error { _, err := t.Catalogue(ctx, catalogue); return err },
		func() error { _, err := t.Chapters(ctx, catalogue); return err },
		func() error { _, err := t.Controls(ctx, []int64{1}); return err },
		func() error { _, err := t.CodeNames(ctx); return err },
		func() error { _, err := t.Checks(ctx, s); return err },
		func() error { _, err := t.Placement(ctx); return err },
		func() error { _, err := t.Directory(ctx); return err },
	} {
		if err := ask(); err != nil {
			return err
		}
	}
	return nil
}

// An answer that stays in memory comes from tables that move the mark, and from no others: a table that
// is read for one, also by a function, and has no trigger would leave old answers standing.
func TestWhatIsKeptComesFromWatchedTables(t *testing.T) {
	w := fixture.Body(t, pgtest.New(t))
	seen := &readings{sql: map[question][]string{}}
	db := process(t, w)
	cfg := db.pool.Config()
	cfg.ConnConfig.Tracer = seen
	pool, err := pgxpool.NewWithConfig(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	db.pool.Close()
	db.pool = pool
	look(t, w, db, everyQuestion)

	words, texts := regexp.MustCompile(`[a-z_]+`), regexp.MustCompile(`'[^']*'`)
	tables, bodies := map[string]bool{}, map[string]string{}
	var name, body string
	for _, q := range []struct {
		sql   string
		found func()
	}{
		{`SELECT c.relname::text, coalesce((SELECT g.tgname::text FROM pg_trigger g WHERE g.tgrelid = c.oid AND g.tgname = 'reference'), '')
			FROM pg_class c WHERE c.relkind IN ('r', 'v') AND c.relnamespace = 'public'::regnamespace`, func() { tables[name] = body != "" }},
		{`SELECT proname::text, prosrc FROM pg_proc WHERE pronamespace = 'public'::regnamespace`, func() { bodies[name] = body }},
	} {
		r, err := w.DB.Owner.Query(t.Context(), q.sql)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := pgx.ForEachRow(r, []any{&name, &body}, func() error { q.found(); return nil }); err != nil {
			t.Fatal(err)
		}
	}
	watched := map[string]bool{}
	for q := range questions {
		if q == bulk {
			continue
		}
		if len(seen.sql[q]) == 0 {
			t.Errorf("question %d is not asked here: ask it in everyQuestion", q)
		}
		todo := slices.Clone(seen.sql[q])
		for i := 0; i < len(todo); i++ {
			for _, word := range words.FindAllString(texts.ReplaceAllString(todo[i], ""), -1) {
				if moves, table := tables[word]; table && !moves {
					t.Errorf("question %d reads %s, which does not move the mark", q, word)
				} else if table {
					watched[word] = true
				}
				if src, ok := bodies[word]; ok && !slices.Contains(todo, src) {
					todo = append(todo, src)
				}
			}
		}
	}
	for table, moves := range tables {
		if moves && !watched[table] {
			t.Errorf("%s moves the mark, and nothing that is kept comes from it", table)
		}
	}
	if len(watched) < 18 {
		t.Errorf("only %d tables are watched: %v", len(watched), slices.Sorted(maps.Keys(watched)))
	}
}

// markOf reads the mark as any process sees it.
func markOf(t *testing.T, w *fixture.World) (m [16]byte) {
	t.Helper()
	w.One(t, `SELECT mark FROM reference_head`, nil, &m)
	return m
}

// Every write to a watched table moves the mark, and one that is taken back leaves it.
func TestEveryChangeMovesTheMark(t *testing.T) {
	w := fixture.Body(t, pgtest.New(t))
	r, err := w.DB.Owner.Query(t.Context(), `SELECT c.relname::text, (SELECT a.attname::text FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attnum > 0 AND a.attidentity = '' AND a.attgenerated = '' ORDER BY a.attnum LIMIT 1)
		FROM pg_trigger g JOIN pg_class c ON c.oid = g.tgrelid WHERE g.tgname = 'reference' ORDER BY 1`)
	if err != nil {
		t.Fatal(err)
	}
	columns := map[string]string{}
	var table, column string
	if _, err := pgx.ForEachRow(r, []any{&table, &column}, func() error { columns[table] = column; return nil }); err != nil {
		t.Fatal(err)
	}
	if len(columns) < 20 {
		t.Fatalf("only %d tables move the mark", len(columns))
	}
	for table, column := range columns {
		before := markOf(t, w)
		if table == "adoption" || table == "scheme_decision" || table == "model_decision" {
			continue // rows only come: see below
		}
		sql := fmt.Sprintf(`UPDATE %s SET %s = %s WHERE false`, table, column, column)
		if table == "number_counter" {
			sql = `INSERT INTO number_counter (organ_id, fiscal_year, last) SELECT id, 1999, 1 FROM organ LIMIT 1`
		}
		tx := act(t, w)
		must(t, tx, sql)
		if markOf(t, w) != before {
			t.Errorf("%s: a change shows before it is committed", table)
		}
		if err := tx.Rollback(t.Context()); err != nil {
			t.Fatal(err)
		}
		if markOf(t, w) != before {
			t.Errorf("%s: a change that was taken back has moved the mark", table)
		}
		w.Exec(t, sql)
		if markOf(t, w) == before {
			t.Errorf("%s changes and the mark stays", table)
		}
	}
	for _, sql := range []string{
		`INSERT INTO adoption (target, code, doc_no, decided_on, act_id) SELECT 'org', 'x', 'x', now(), id FROM act WHERE false`,
		`INSERT INTO model_decision (model, was, doc_no, reason, by_text, act_id) SELECT 'a', '', 'x', 'x', 'x', id FROM act WHERE false`,
		`INSERT INTO scheme_decision (scheme_id, proposer_id, person_id, post_id, appointment_id, outcome, in_force_from, digest, act_id)
			SELECT 0, 0, 0, 0, 0, 'approved', now(), '', 0 WHERE false`,
	} {
		before := markOf(t, w)
		w.Exec(t, sql)
		if markOf(t, w) == before {
			t.Errorf("the mark stays after %s", sql)
		}
	}
	for _, sql := range []string{`UPDATE reference_head SET mark = gen_random_uuid()`, `DELETE FROM reference_head`} {
		if _, err := w.DB.App.Exec(t.Context(), sql); err == nil {
			t.Errorf("the application may %s", sql)
		}
	}
	if _, err := w.DB.Owner.Exec(t.Context(), `DELETE FROM reference_head`); err == nil {
		t.Error("the head can be taken away")
	}
}

// names are what one snapshot knows of a host body and a unit: from memory, and from the tables.
type names struct{ host, unit, rule, tableHost, tableUnit, tableRule string }

func (n names) fresh() bool {
	return n.host == n.tableHost && n.unit == n.tableUnit && n.rule == n.tableRule
}

func readNames(ctx context.Context, t *Tx) (n names, err error) {
	codes, err := t.CodeNames(ctx)
	if err != nil {
		return n, err
	}
	n.host, n.unit = codes.Hosts["h"], codes.Units["honbu"]
	set, err := t.Checks(ctx, nil)
	if err != nil {
		return n, err
	}
	if r, ok := set.Rule("R08"); ok {
		n.rule = r.Advice
	}
	return n, t.tx.QueryRow(ctx, `SELECT (SELECT name FROM host_body WHERE code = 'h'), (SELECT name FROM unit WHERE code = 'honbu'), (SELECT advice FROM check_rule WHERE id = 'R08')`).
		Scan(&n.tableHost, &n.tableUnit, &n.tableRule)
}

func newNames(t *testing.T) *fixture.World {
	t.Helper()
	w := fixture.Body(t, pgtest.New(t))
	w.Exec(t, `INSERT INTO host_body (code, name) VALUES ('h', '0')`)
	w.Exec(t, `UPDATE unit SET name = '0' WHERE code = 'honbu'`)
	w.Exec(t, `INSERT INTO check_rule (id, severity, advice) VALUES ('R08', 'warn', '0')`)
	return w
}

// act begins a transaction that may write, with an act.
func act(t *testing.T, w *fixture.World) pgx.Tx {
	t.Helper()
	tx, err := w.DB.Owner.Begin(t.Context())
	if err == nil {
		t.Cleanup(func() { _ = tx.Rollback(context.WithoutCancel(t.Context())) }) // a failed test must not hold it
	}
	if err == nil {
		var id int64
		err = tx.QueryRow(t.Context(), `INSERT INTO act (person_text, auth, channel, action) VALUES ('試験', 'operator', 'system', 'test')
			RETURNING set_config('daicho.act', id::text, true)::bigint`).Scan(&id)
	}
	if err != nil {
		t.Fatal(err)
	}
	return tx
}

func must(t *testing.T, tx pgx.Tx, sql string) {
	t.Helper()
	if _, err := tx.Exec(t.Context(), sql); err != nil {
		t.Fatalf("%v in %s", err, sql)
	}
}

// What another process commits shows in the next snapshot, in the order of the commits: an act that
// began first and is committed last is not passed over. A snapshot that was there before keeps what it
// saw, also of what it asks for only afterwards, and leaves nothing of it behind.
func TestTheNextSnapshotSeesWhatWasCommitted(t *testing.T) {
	w := newNames(t)
	db := process(t, w)
	want := func(host, unit, rule string) {
		t.Helper()
		look(t, w, db, func(ctx context.Context, tx *Tx) error {
			n, err := readNames(ctx, tx)
			if n.host != host || n.unit != unit || n.rule != rule || !n.fresh() {
				t.Errorf("%+v, want %s %s %s", n, host, unit, rule)
			}
			return err
		})
	}
	named := func(name string) func(org.HostBody) bool {
		return func(h org.HostBody) bool { return h.Code == "h" && h.Name == name }
	}
	want("0", "0", "0")

	early, late := act(t, w), act(t, w)
	must(t, late, `UPDATE check_rule SET advice = '1' WHERE id = 'R08'`)
	waiting := make(chan error, 1)
	go func() {
		_, err := early.Exec(context.WithoutCancel(t.Context()), `UPDATE host_body SET name = '1' WHERE code = 'h'`)
		waiting <- err
	}()
	want("0", "0", "0")
	if err := late.Commit(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := <-waiting; err != nil {
		t.Fatal(err)
	}
	want("0", "0", "1")
	look(t, w, db, func(ctx context.Context, old *Tx) error {
		if _, err := old.CodeNames(ctx); err != nil {
			return err
		}
		if err := early.Commit(ctx); err != nil {
			return err
		}
		want("1", "0", "1")
		// Not asked for before; the snapshot still answers as of then.
		hosts, err := old.Hosts(ctx)
		if !slices.ContainsFunc(hosts, named("0")) {
			t.Errorf("an old snapshot sees %v", hosts)
		}
		return err
	})
	look(t, w, db, func(ctx context.Context, tx *Tx) error {
		hosts, err := tx.Hosts(ctx)
		if !slices.ContainsFunc(hosts, named("1")) {
			t.Errorf("an answer of an old snapshot is left: %v", hosts)
		}
		return err
	})

	back := act(t, w)
	must(t, back, `UPDATE unit SET name = '9' WHERE code = 'honbu'`)
	want("1", "0", "1")
	if err := back.Rollback(t.Context()); err != nil {
		t.Fatal(err)
	}
	want("1", "0", "1")
	w.Exec(t, `UPDATE unit SET name = '2' WHERE code = 'honbu'`)
	want("1", "2", "1")
}

// Units begin and end with days, and editions come into force: another day is another state.
func TestAnotherDayIsAnotherState(t *testing.T) {
	db := &DB{}
	day := time.Date(2026, 4, 1, 0, 0, 0, 0, time.UTC)
	first := db.recollect(state{[16]byte{1}, day})
	if db.recollect(state{[16]byte{1}, day}) != first {
		t.Error("the same state is forgotten")
	}
	if db.recollect(state{[16]byte{1}, day.AddDate(0, 0, 1)}) == first || db.recollect(state{[16]byte{2}, day}) == first {
		t.Error("another state has the answers of before")
	}
}

// Readers of several processes never see an answer that is older than their snapshot, while writers
// change several tables at once, overlap and roll back.
func TestNoAnswerIsStaleUnderChange(t *testing.T) {
	w := newNames(t)
	dbs := []*DB{process(t, w), process(t, w)}
	g, err := authz.Permit(w.Actor(t, fixture.Chief), authz.ReadAsset)
	if err != nil {
		t.Fatal(err)
	}
	var readers, writers sync.WaitGroup
	done := make(chan struct{})
	for i := range 6 {
		readers.Go(func() {
			for n := 0; ; n++ {
				if err := dbs[i%2].View(t.Context(), g, func(ctx context.Context, tx *Tx) error {
					n, err := readNames(ctx, tx)
					if err == nil && !n.fresh() {
						t.Errorf("stale: %+v", n)
					}
					return err
				}); err != nil {
					t.Error(err)
				}
				select {
				case <-done:
					if n > 0 {
						return
					}
				default:
				}
			}
		})
	}
	for i := range 2 {
		writers.Go(func() {
			for n := range 25 {
				tx := act(t, w)
				must(t, tx, []string{`UPDATE host_body SET name = name::int + 1 WHERE code = 'h'`, `UPDATE check_rule SET advice = advice::int + 1 WHERE id = 'R08'`}[i])
				must(t, tx, `UPDATE unit SET name = name::int + 1 WHERE code = 'honbu'`)
				end := tx.Commit
				if n%3 == 0 {
					end = tx.Rollback
				}
				if err := end(t.Context()); err != nil {
					t.Error(err)
				}
			}
		})
	}
	writers.Wait()
	close(done)
	readers.Wait()
}

package schema_test

import (
	"context"
	"io/fs"
	"strings"
	"sync"
	"testing"
	"testing/fstest"
	"time"

	"daicho/internal/errs"
	"daicho/internal/pgtest"
	"daicho/internal/postgres/schema"
)

// steps makes a set of migrations from the bodies of their up files.
func steps(bodies ...string) fs.FS {
	files := fstest.MapFS{}
	for i, body := range bodies {
		files["00000"+string(rune('1'+i))+"_step.up.sql"] = &fstest.MapFile{Data: []byte(body)}
	}
	return files
}

const (
	first  = "BEGIN;\nCREATE TABLE one (n int);\nCOMMIT;\n"
	second = "BEGIN;\nCREATE TABLE two (n int);\nINSERT INTO two SELECT 2;\nCOMMIT;\n"
	broken = "BEGIN;\nCREATE TABLE two (n int);\nINSERT INTO nowhere VALUES (1);\nCOMMIT;\n"
)

func migrate(t *testing.T, db *pgtest.DB, files fs.FS, wantFrom, wantTo uint) {
	t.Helper()
	from, to, err := schema.Migrate(t.Context(), db.OwnerURL, files)
	if err != nil {
		t.Fatalf("Migrate: %v", err)
	}
	if from != wantFrom || to != wantTo {
		t.Errorf("Migrate went from %d to %d, want %d to %d", from, to, wantFrom, wantTo)
	}
}

func exists(t *testing.T, db *pgtest.DB, table string) bool {
	t.Helper()
	var yes bool
	if err := db.Owner.QueryRow(t.Context(), `SELECT to_regclass($1) IS NOT NULL`, table).Scan(&yes); err != nil {
		t.Fatal(err)
	}
	return yes
}

func status(t *testing.T, url string, files fs.FS, want schema.Status) {
	t.Helper()
	got, err := schema.ReadStatus(t.Context(), url, files)
	if err != nil {
		t.Fatal(err)
	}
	if got != want {
		t.Errorf("status = %+v, want %+v", got, want)
	}
}

func TestMigrateStepByStep(t *testing.T) {
	db := pgtest.Empty(t)
	status(t, db.AppURL, steps(first, second), schema.Status{Latest: 2})
	migrate(t, db, steps(first), 0, 1)
	status(t, db.AppURL, steps(first, second), schema.Status{At: 1, Latest: 2})
	migrate(t, db, steps(first, second), 1, 2)
	migrate(t, db, steps(first, second), 2, 2)
	status(t, db.AppURL, steps(first, second), schema.Status{At: 2, Latest: 2})
}

func TestFailedStepIsUndone(t *testing.T) {
	db := pgtest.Empty(t)
	_, _, err := schema.Migrate(t.Context(), db.OwnerURL, steps(first, broken))
	if errs.CodeOf(err) != "migrate.failed" || errs.MessageOf(err) == "" {
		t.Fatalf("Migrate = %v, want migrate.failed in words", err)
	}
	if exists(t, db, "two") {
		t.Error("half of the failed step is there")
	}
	status(t, db.OwnerURL, steps(first, broken), schema.Status{At: 1, Latest: 2, Interrupted: true})
	migrate(t, db, steps(first, second), 1, 2)
	if !exists(t, db, "two") {
		t.Error("the mended step was not applied")
	}
}

// A server that dies in the middle of a step undoes it; the mark that golang-migrate leaves must
// not stop the next start, and must not make it skip the step.
func TestInterruptedStepIsDoneAgain(t *testing.T) {
	db := pgtest.Empty(t)
	migrate(t, db, steps(first), 0, 1)
	slow := "BEGIN;\nCREATE TABLE two (n int);\nSELECT pg_sleep(600);\nCOMMIT;\n"
	ended := make(chan error, 1)
	go func() {
		_, _, err := schema.Migrate(context.Background(), db.OwnerURL, steps(first, slow))
		ended <- err
	}()
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for killed := 0; killed == 0; <-tick.C {
		err := db.Owner.QueryRow(t.Context(), `SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity
			WHERE datname = current_database() AND wait_event = 'PgSleep'`).Scan(&killed)
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := <-ended; err == nil {
		t.Fatal("a migration whose server died reports success")
	}
	status(t, db.OwnerURL, steps(first, second), schema.Status{At: 1, Latest: 2, Interrupted: true})
	migrate(t, db, steps(first, second), 1, 2)
	if !exists(t, db, "two") {
		t.Error("the interrupted step was skipped")
	}
}

func TestInterruptedFirstStep(t *testing.T) {
	db := pgtest.Empty(t)
	if _, _, err := schema.Migrate(t.Context(), db.OwnerURL, steps(broken)); err == nil {
		t.Fatal("a broken step reports success")
	}
	migrate(t, db, steps(first), 0, 1)
}

func TestConcurrentMigrate(t *testing.T) {
	db := pgtest.Empty(t)
	files := steps(first, second)
	var wg sync.WaitGroup
	var mu sync.Mutex
	moved := 0
	for range 4 {
		wg.Go(func() {
			from, to, err := schema.Migrate(t.Context(), db.OwnerURL, files)
			mu.Lock()
			defer mu.Unlock()
			if err != nil {
				t.Errorf("Migrate: %v", err)
			}
			if to != 2 {
				t.Errorf("ended at %d", to)
			}
			if from != to {
				moved++
			}
		})
	}
	wg.Wait()
	if moved != 1 {
		t.Errorf("%d processes migrated, want 1", moved)
	}
}

func TestNewerDatabaseIsRefused(t *testing.T) {
	db := pgtest.Empty(t)
	migrate(t, db, steps(first, second), 0, 2)
	_, _, err := schema.Migrate(t.Context(), db.OwnerURL, steps(first))
	if errs.CodeOf(err) != "migrate.newer" {
		t.Fatalf("Migrate = %v, want migrate.newer", err)
	}
	status(t, db.OwnerURL, steps(first), schema.Status{At: 2, Latest: 1})
}

func TestStepOutsideATransactionIsRefused(t *testing.T) {
	db := pgtest.Empty(t)
	for _, body := range []string{"CREATE TABLE loose (n int);", "BEGIN;\nCREATE TABLE loose (n int);"} {
		if _, _, err := schema.Migrate(t.Context(), db.OwnerURL, steps(body)); err == nil {
			t.Errorf("accepted: %s", body)
		}
	}
	if exists(t, db, "loose") {
		t.Error("a step without a transaction was run")
	}
}

func TestWaitForTheLockEndsWithTheContext(t *testing.T) {
	db := pgtest.Empty(t)
	holder, err := db.Owner.Acquire(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer holder.Release()
	if _, err := holder.Exec(t.Context(), `SELECT pg_advisory_lock(110369542727791)`); err != nil { // "daicho" as a number
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
	defer cancel()
	_, _, err = schema.Migrate(ctx, db.OwnerURL, steps(first))
	if errs.CodeOf(err) != "migrate.lock" {
		t.Errorf("Migrate = %v, want migrate.lock", err)
	}
}

// What goes wrong with the connection is said in words, and never with the password.
func TestConnectionErrors(t *testing.T) {
	for _, c := range []struct{ name, url, code string }{
		{"nonsense", "postgres://u:hunter2@[::1/daicho", "database.url"},
		{"nobody listens", "postgres://u:hunter2@127.0.0.1:1/daicho?sslmode=disable", "database.unreachable"},
		{"no such database", strings.Replace(pgtest.Empty(t).OwnerURL, "/daicho_test", "/daicho_absent", 1), "database.missing"},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, _, err := schema.Migrate(t.Context(), c.url, steps(first))
			if errs.CodeOf(err) != c.code {
				t.Fatalf("Migrate = %v, want %s", err, c.code)
			}
			if errs.MessageOf(err) == "" {
				t.Error("no words")
			}
			if strings.Contains(err.Error(), "hunter2") {
				t.Errorf("the password is in the error: %v", err)
			}
		})
	}
}

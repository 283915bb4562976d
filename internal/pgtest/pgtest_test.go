package pgtest_test

import (
	"fmt"
	"testing"

	"daicho/internal/pgtest"
)

func TestMain(m *testing.M) { pgtest.Main(m) }

// Two tests must never see each other's rows, or a green test means nothing.
func TestDatabasesAreApart(t *testing.T) {
	a, b := pgtest.Empty(t), pgtest.Empty(t)
	if _, err := a.Owner.Exec(t.Context(), `CREATE TABLE only_a (n int)`); err != nil {
		t.Fatal(err)
	}
	var there bool
	if err := b.Owner.QueryRow(t.Context(), `SELECT to_regclass('only_a') IS NOT NULL`).Scan(&there); err != nil {
		t.Fatal(err)
	}
	if there {
		t.Error("a table made in one test's database is visible in another's")
	}
}

func TestNewHasTheSchema(t *testing.T) {
	db := pgtest.New(t)
	var tables int
	if err := db.App.QueryRow(t.Context(), `SELECT count(*) FROM pg_tables WHERE schemaname = 'public'`).Scan(&tables); err != nil {
		t.Fatal(err)
	}
	if tables < 2 {
		t.Errorf("%d tables: the migrations are not applied", tables)
	}
}

// The application's role has what a private cluster gives it, on a clone too: privileges on a
// database are not copied from its template.
func TestAppRoleIsBound(t *testing.T) {
	db := pgtest.New(t)
	for _, c := range []struct{ what, sql string }{
		{"superuser", `SELECT rolsuper FROM pg_roles WHERE rolname = current_user`},
		{"temporary tables", `SELECT has_database_privilege(current_database(), 'TEMPORARY')`},
		{"create in public", `SELECT has_schema_privilege('public', 'CREATE')`},
		{"owns a table", `SELECT EXISTS (SELECT FROM pg_class WHERE relowner = current_user::regrole)`},
	} {
		var yes bool
		if err := db.App.QueryRow(t.Context(), c.sql).Scan(&yes); err != nil {
			t.Fatalf("%s: %v", c.what, err)
		}
		if yes {
			t.Errorf("the application's role has: %s", c.what)
		}
	}
	var limit string
	if err := db.App.QueryRow(t.Context(), `SHOW statement_timeout`).Scan(&limit); err != nil {
		t.Fatal(err)
	}
	if limit != "10s" {
		t.Errorf("statement_timeout = %s, want 10s", limit)
	}
}

func TestDroppedAtTheEnd(t *testing.T) {
	watcher := pgtest.Empty(t)
	var name string
	t.Run("inner", func(t *testing.T) { name = pgtest.Empty(t).Name })
	var there bool
	if err := watcher.Owner.QueryRow(t.Context(), `SELECT EXISTS (SELECT FROM pg_database WHERE datname = $1)`, name).Scan(&there); err != nil {
		t.Fatal(err)
	}
	if there {
		t.Errorf("%s is still there after its test", name)
	}
}

func BenchmarkNew(b *testing.B) {
	for i := range b.N {
		b.Run(fmt.Sprint(i), func(b *testing.B) { pgtest.New(b) })
	}
}

package postgres_test

import (
	"context"
	"fmt"
	"net/url"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"daicho/internal/errs"
	"daicho/internal/pgtest"
	"daicho/internal/postgres"
)

func TestMain(m *testing.M) { pgtest.Main(m) }

// The program runs only as a role that can neither rewrite the trail nor give itself the right to.
func TestOpenRefusesRolesThatCouldRewriteTheTrail(t *testing.T) {
	db := pgtest.New(t)
	if got, err := postgres.Open(t.Context(), db.AppURL, postgres.Options{}); err != nil {
		t.Fatalf("the application's role: %v", err)
	} else {
		got.Close()
	}
	if _, err := postgres.Open(t.Context(), db.OwnerURL, postgres.Options{}); errs.CodeOf(err) != "postgres.owner" {
		t.Errorf("the owner: %v, want postgres.owner", err)
	}
	if _, err := postgres.Open(t.Context(), db.AdminURL, postgres.Options{}); errs.CodeOf(err) != "postgres.superuser" {
		t.Errorf("a superuser: %v, want postgres.superuser", err)
	}
	admin, err := pgx.Connect(t.Context(), db.AdminURL)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = admin.Close(context.Background()) })
	ask := func(sql string) {
		t.Helper()
		if _, err := admin.Exec(context.WithoutCancel(t.Context()), sql); err != nil {
			t.Fatalf("%v in %s", err, sql)
		}
	}
	for i, c := range []struct{ name, grant, code string }{
		{"a role that may what the application may", "", ""},
		{"a role that writes past the rights", "GRANT pg_write_all_data TO ROLE!", "postgres.member"},
		{"a role that reads the server's files", "GRANT pg_read_server_files TO ROLE!", "postgres.member"},
		{"a role with temporary tables", "GRANT TEMPORARY ON DATABASE DATABASE! TO ROLE!", "postgres.creates"},
		{"a role that makes schemas", "GRANT CREATE ON DATABASE DATABASE! TO ROLE!", "postgres.creates"},
		{"a role that makes tables", "GRANT CREATE ON SCHEMA public TO ROLE!", "postgres.creates"},
		{"a member of the owner", "GRANT daicho_owner TO ROLE!", "postgres.owner"},
		{"a role that makes roles", "ALTER ROLE ROLE! CREATEROLE", "postgres.superuser"},
	} {
		role := fmt.Sprintf("%s_role%d", strings.ToLower(db.Name), i)
		ask("CREATE ROLE " + role + " LOGIN PASSWORD 'x' IN ROLE daicho_app")
		defer func() {
			ask("DROP OWNED BY " + role)
			ask("DROP ROLE " + role)
		}()
		if c.grant != "" {
			ask(strings.NewReplacer("ROLE!", role, "DATABASE!", db.Name).Replace(c.grant))
		}
		u, err := url.Parse(db.AppURL)
		if err != nil {
			t.Fatal(err)
		}
		u.User = url.UserPassword(role, "x")
		got, err := postgres.Open(t.Context(), u.String(), postgres.Options{})
		if err == nil {
			got.Close()
		}
		if errs.CodeOf(err) != c.code || err != nil && errs.MessageOf(err) == "" {
			t.Errorf("%s: %v, want %q", c.name, err, c.code)
		}
	}
	if _, err := postgres.Open(t.Context(), "postgres://%zz", postgres.Options{}); errs.CodeOf(err) != "postgres.url" || errs.MessageOf(err) == "" {
		t.Errorf("an address that nobody can read: %v", err)
	}
}

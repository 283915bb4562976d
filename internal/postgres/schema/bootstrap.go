// Package schema brings a PostgreSQL server to the state that the program needs: the two roles, the
// database, the migrations; and it judges whether a server and the role that the program was given
// are fit for use. It knows no feature and must not import one, nor internal/postgres: tests inside
// that package use this one through internal/pgtest.
package schema

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
)

const (
	// OwnerRole owns the database and every object in it, and runs the migrations. Not a superuser.
	OwnerRole = "daicho_owner"
	// AppRole is what the program runs as. It owns nothing and is a member of nothing, so that it
	// cannot switch off the triggers that keep the trail.
	AppRole = "daicho_app"
	// Database is the name of the database in a private cluster.
	Database = "daicho"
	// MinMajor is the oldest major version of PostgreSQL that the SQL of this program runs on.
	MinMajor = 14
)

// Limits of the application's role. They stand at the role rather than in postgresql.conf, so that
// they also hold for a psql opened by hand as this role and never for a migration or a backup.
const (
	StatementTimeout = 10 * time.Second
	LockTimeout      = 5 * time.Second
	IdleInTxTimeout  = 60 * time.Second
)

// Bootstrap makes the two roles and the database on the server that adminURL reaches, or puts
// right what is there. It may be repeated, so a process killed half way needs no cleaning up.
// adminURL must belong to a superuser. password is given to roles that are made here; it may be
// empty where the server asks for none.
func Bootstrap(ctx context.Context, adminURL, database, password string) error {
	admin, err := connect(ctx, adminURL, "")
	if err != nil {
		return fmt.Errorf("bootstrap: %w", err)
	}
	defer admin.Close(context.WithoutCancel(ctx))
	for _, role := range []string{OwnerRole, AppRole} {
		if err := ensureRole(ctx, admin, role, password); err != nil {
			return fmt.Errorf("bootstrap: role %s: %w", role, err)
		}
	}
	for _, set := range []struct {
		name  string
		limit time.Duration
	}{
		{"statement_timeout", StatementTimeout},
		{"lock_timeout", LockTimeout},
		{"idle_in_transaction_session_timeout", IdleInTxTimeout},
	} {
		sql := fmt.Sprintf("ALTER ROLE %s SET %s = %d", AppRole, set.name, set.limit.Milliseconds())
		if _, err := admin.Exec(ctx, sql); err != nil {
			return fmt.Errorf("bootstrap: %s: %w", set.name, err)
		}
	}
	if err := ensureDatabase(ctx, admin, database); err != nil {
		return fmt.Errorf("bootstrap: database %s: %w", database, err)
	}
	return grantDatabase(ctx, adminURL, database)
}

func ensureRole(ctx context.Context, admin *pgx.Conn, role, password string) error {
	var there bool
	if err := admin.QueryRow(ctx, `SELECT EXISTS (SELECT FROM pg_roles WHERE rolname = $1)`, role).Scan(&there); err != nil {
		return err
	}
	verb := "ALTER"
	if !there {
		verb = "CREATE"
	}
	sql := verb + " ROLE " + pgx.Identifier{role}.Sanitize() +
		" LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS"
	if !there && password != "" {
		var quoted string
		if err := admin.QueryRow(ctx, `SELECT quote_literal($1::text)`, password).Scan(&quoted); err != nil {
			return err
		}
		sql += " PASSWORD " + quoted
	}
	_, err := admin.Exec(ctx, sql)
	return err
}

func ensureDatabase(ctx context.Context, admin *pgx.Conn, database string) error {
	var there bool
	if err := admin.QueryRow(ctx, `SELECT EXISTS (SELECT FROM pg_database WHERE datname = $1)`, database).Scan(&there); err != nil {
		return err
	}
	name := pgx.Identifier{database}.Sanitize()
	if there {
		_, err := admin.Exec(ctx, "ALTER DATABASE "+name+" OWNER TO "+OwnerRole)
		return err
	}
	// C.UTF-8 sorts by code point, the same on every machine and release; names are sorted by
	// their reading, which is stored. It also classifies Japanese letters as letters, which the
	// trigram index needs and plain C does not do.
	_, err := admin.Exec(ctx, "CREATE DATABASE "+name+" OWNER "+OwnerRole+
		" TEMPLATE template0 ENCODING 'UTF8' LC_COLLATE 'C.UTF-8' LC_CTYPE 'C.UTF-8'")
	return err
}

// grantDatabase leaves the application's role nothing but the right to connect. TEMPORARY is not
// given: a temporary table could stand before a real one in the search path of a trigger function.
func grantDatabase(ctx context.Context, adminURL, database string) error {
	db, err := connect(ctx, adminURL, database)
	if err != nil {
		return fmt.Errorf("bootstrap: %w", err)
	}
	defer db.Close(context.WithoutCancel(ctx))
	name := pgx.Identifier{database}.Sanitize()
	for _, sql := range []string{
		"REVOKE ALL ON DATABASE " + name + " FROM PUBLIC",
		"REVOKE ALL ON DATABASE " + name + " FROM " + AppRole,
		"GRANT CONNECT ON DATABASE " + name + " TO " + AppRole,
		"ALTER SCHEMA public OWNER TO " + OwnerRole,
		"REVOKE ALL ON SCHEMA public FROM PUBLIC",
		"GRANT USAGE ON SCHEMA public TO " + AppRole,
	} {
		if _, err := db.Exec(ctx, sql); err != nil {
			return fmt.Errorf("bootstrap: %s: %w", sql, err)
		}
	}
	return nil
}

// connect opens one connection; database, when given, replaces the one in the URL.
func connect(ctx context.Context, url, database string) (*pgx.Conn, error) {
	cfg, err := pgx.ParseConfig(url)
	if err != nil {
		return nil, badURL(err)
	}
	if database != "" {
		cfg.Database = database
	}
	return pgx.ConnectConfig(ctx, cfg)
}

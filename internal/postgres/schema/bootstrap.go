// Package schema brings a PostgreSQL server to the state that the program needs: the two roles, the
// database, the migrations. It knows no feature and must not import one, nor internal/postgres:
// tests inside that package use this one through internal/pgtest.
package schema

import (
	"context"
	_ "embed"
	"fmt"

	"github.com/jackc/pgx/v5"
)

const (
	// OwnerRole owns the database and every object in it, and runs the migrations. Not a superuser.
	OwnerRole = "daicho_owner"
	// AppRole is what the program runs as. It owns nothing and is a member of nothing.
	AppRole = "daicho_app"
	// Database is the name of the database in a private cluster.
	Database = "daicho"
	// MinMajor is the oldest major version of PostgreSQL that the SQL of this program runs on.
	MinMajor = 14
)

// The files are also run by psql where a server is set up without this program: by the database
// image and by an administrator.
var (
	//go:embed roles.sql
	rolesSQL string
	//go:embed database.sql
	databaseSQL string
)

// Bootstrap makes the two roles and the database on the server that adminURL reaches, or puts
// right what is there. It may be repeated, so a process killed half way needs no cleaning up.
// adminURL must belong to a superuser.
func Bootstrap(ctx context.Context, adminURL, database string) error {
	admin, err := connect(ctx, adminURL, "")
	if err != nil {
		return fmt.Errorf("bootstrap: %w", err)
	}
	defer admin.Close(context.WithoutCancel(ctx))
	if _, err := admin.Exec(ctx, rolesSQL); err != nil {
		return fmt.Errorf("bootstrap: roles: %w", err)
	}
	var there bool
	if err := admin.QueryRow(ctx, `SELECT EXISTS (SELECT FROM pg_database WHERE datname = $1)`, database).Scan(&there); err != nil {
		return fmt.Errorf("bootstrap: database %s: %w", database, err)
	}
	if !there {
		// C.UTF-8 sorts by code point, the same on every machine and release; names are sorted by
		// their reading, which is stored. It also takes Japanese letters for letters, which the
		// trigram index needs and plain C does not do.
		_, err := admin.Exec(ctx, "CREATE DATABASE "+pgx.Identifier{database}.Sanitize()+
			" OWNER "+OwnerRole+" TEMPLATE template0 ENCODING 'UTF8' LC_COLLATE 'C.UTF-8' LC_CTYPE 'C.UTF-8'")
		if err != nil {
			return fmt.Errorf("bootstrap: database %s: %w", database, err)
		}
	}
	return claim(ctx, adminURL, database)
}

// claim gives a database that exists to the owner role, and the application's role its few rights.
func claim(ctx context.Context, adminURL, database string) error {
	db, err := connect(ctx, adminURL, database)
	if err != nil {
		return fmt.Errorf("claim %s: %w", database, err)
	}
	defer db.Close(context.WithoutCancel(ctx))
	if _, err := db.Exec(ctx, databaseSQL); err != nil {
		return fmt.Errorf("claim %s: %w", database, err)
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

// Package pgtest gives every test a database of its own, cloned from a template that has all
// migrations, on a server that all test binaries of one account share. The first test binary
// starts the server, which ends by itself some minutes after the last has gone (see server.go).
// TEST_DATABASE_URL, the connection string of a superuser, replaces it by a server that is
// already there. A test never skips because PostgreSQL is missing: it fails and says how to get
// it. Only tests may import this package; it must not import internal/postgres, so that tests
// inside that package can use it.
package pgtest

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash/fnv"
	"io/fs"
	"net/url"
	"os"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"daicho/internal/errs"
	"daicho/internal/postgres/schema"
	"daicho/migrations"
)

// URLEnv names the environment variable with the server to use instead of the shared one.
const URLEnv = "TEST_DATABASE_URL"

// rolePassword is set for the two roles on a server given by TEST_DATABASE_URL, which may ask for
// one, so that must be a server for tests only. The shared server asks for none.
const rolePassword = "daicho-test"

// patience bounds everything that a test waits for here, the first start of the server included.
const patience = 2 * time.Minute

// DB is a database of one test's own.
type DB struct {
	Name     string
	AppURL   string        // connection string of the application's role
	OwnerURL string        // connection string of the owner
	AdminURL string        // connection string of the superuser
	App      *pgxpool.Pool // pool of the application's role
	Owner    *pgxpool.Pool // pool of the owner
}

// Main starts the server before the tests run, so that the first test is not the slow one, and
// leaves nothing of this process behind:
//
//	func TestMain(m *testing.M) { pgtest.Main(m) }
//
// It is optional; New and Empty start the server too.
func Main(m *testing.M) {
	on, err := server()
	if err != nil {
		fmt.Fprintln(os.Stderr, explain(err))
		os.Exit(1)
	}
	code := m.Run()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	if err := on.dropAll(ctx, clonePrefix()+strconv.Itoa(os.Getpid())+"_"); err != nil {
		fmt.Fprintln(os.Stderr, explain(err))
		code = max(code, 1)
	}
	os.Exit(code)
}

// New gives the test a database with all migrations applied. It is dropped when the test ends; a
// failed test keeps it and logs how to connect.
func New(t testing.TB) *DB {
	t.Helper()
	return ownCopy(t, migrated)
}

// Empty gives the test a database with the roles and without any table.
func Empty(t testing.TB) *DB {
	t.Helper()
	return ownCopy(t, empty)
}

// Template is a database that is filled once in a process, for many tests to have a copy of.
type Template struct {
	once sync.Once
	name string
}

// New gives the test a database like the one of the function New in which fill has worked; only the
// first call calls it.
func (m *Template) New(t testing.TB, fill func(*DB)) *DB {
	t.Helper()
	m.once.Do(func() {
		db := create(t, migrated)
		fill(db)
		db.App.Close() // nobody may be connected to what is copied
		db.Owner.Close()
		m.name = db.Name
	})
	if m.name == "" {
		t.Fatal("the database that this one is a copy of could not be filled; the first test that asked for it says why")
	}
	return ownCopy(t, func() (string, error) { return m.name, nil })
}

// ownCopy makes a database that ends with the test.
func ownCopy(t testing.TB, tmpl func() (string, error)) *DB {
	t.Helper()
	db := create(t, tmpl)
	t.Cleanup(func() { db.discard(t) })
	t.Cleanup(db.App.Close) // runs before
	t.Cleanup(db.Owner.Close)
	return db
}

// create makes a database. Its pools connect when they are used.
func create(t testing.TB, tmpl func() (string, error)) *DB {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	on, err := server()
	if err != nil {
		t.Fatal(explain(err))
	}
	from, err := tmpl()
	if err != nil {
		t.Fatal(explain(err))
	}
	name := fmt.Sprintf("%s%d_%d", clonePrefix(), os.Getpid(), serial.Add(1))
	if err := on.copyTo(ctx, name, from); err != nil {
		t.Fatal(explain(err))
	}
	db := &DB{Name: name, AppURL: as(on.url, schema.AppRole, name), OwnerURL: as(on.url, schema.OwnerRole, name), AdminURL: at(on.url, name)}
	db.App = open(t, db.AppURL)
	db.Owner = open(t, db.OwnerURL)
	return db
}

var serial atomic.Int64

// clonePrefix begins the name of every clone made on this machine; the process number follows.
func clonePrefix() string {
	host, _ := os.Hostname() // without a name all such machines share one prefix
	h := fnv.New32a()
	_, _ = h.Write([]byte(host))
	return fmt.Sprintf("daicho_test_%08x_", h.Sum32())
}

// copyTo grants what a template does not pass on: CREATE DATABASE copies no privileges.
func (on *host) copyTo(ctx context.Context, name, from string) error {
	// Whole files are copied: on a busy machine twice as fast as the default of PostgreSQL 15 and later,
	// which writes every page to the log too. Version 14 knows no other way.
	how := " STRATEGY FILE_COPY"
	if on.version < 150000 {
		how = ""
	}
	for _, sql := range []string{
		"CREATE DATABASE " + name + " OWNER " + schema.OwnerRole + " TEMPLATE " + from + how,
		"REVOKE ALL ON DATABASE " + name + " FROM PUBLIC; GRANT CONNECT ON DATABASE " + name + " TO " + schema.AppRole,
	} {
		if _, err := on.admin.Exec(ctx, sql); err != nil {
			return fmt.Errorf("%s: %w", sql, err)
		}
	}
	return nil
}

func open(t testing.TB, dsn string) *pgxpool.Pool {
	t.Helper()
	cfg, err := pgxpool.ParseConfig(dsn)
	if err != nil {
		t.Fatal(explain(err))
	}
	cfg.MaxConns = 8
	pool, err := pgxpool.NewWithConfig(t.Context(), cfg)
	if err != nil {
		t.Fatal(explain(err))
	}
	return pool
}

// discard drops the database, or keeps it under another name when the test has failed.
func (db *DB) discard(t testing.TB) {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	on, err := server()
	if err != nil {
		t.Errorf("drop %s: %v", db.Name, err)
		return
	}
	if !t.Failed() {
		if err := on.drop(ctx, db.Name); err != nil {
			t.Errorf("drop %s: %v", db.Name, err)
		}
		return
	}
	kept := keptPrefix + strings.TrimPrefix(db.Name, clonePrefix())
	_, err = on.admin.Exec(ctx, "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = $1", db.Name)
	if err == nil {
		_, err = on.admin.Exec(ctx, "ALTER DATABASE "+db.Name+" RENAME TO "+kept)
	}
	if err != nil {
		t.Logf("keep %s: %v", db.Name, err)
		kept = db.Name
	}
	t.Logf("the database is kept for %s: psql '%s'", keepIdle, as(on.url, schema.OwnerRole, kept))
}

// keptPrefix begins the name of a database that a failed test has left.
const keptPrefix = "daicho_kept_"

// as returns the URL of another role and database on the same server.
func as(base, role, database string) string {
	u, err := url.Parse(base)
	if err != nil {
		return "" // base was connected to, so it parses
	}
	u.User = url.UserPassword(role, rolePassword)
	u.Path = "/" + database
	return u.String()
}

// at returns the URL of another database on the same server.
func at(base, database string) string {
	u, err := url.Parse(base)
	if err != nil {
		return "" // base was connected to, so it parses
	}
	u.Path = "/" + database
	return u.String()
}

// explain prefers the words meant for people.
func explain(err error) string {
	if msg := errs.MessageOf(err); msg != "" {
		return msg + "\n" + err.Error()
	}
	return err.Error()
}

// host is the server that the tests use.
type host struct {
	url     string        // the superuser's connection string
	admin   *pgxpool.Pool // of the superuser
	version int           // as server_version_num
}

// server finds the server once per process.
var server = sync.OnceValues(func() (*host, error) {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	on := &host{url: os.Getenv(URLEnv)}
	var err error
	if on.url == "" {
		if on.url, err = shared(ctx); err != nil {
			return nil, err
		}
	}
	if u, err := url.Parse(on.url); err != nil || u.Scheme == "" {
		return nil, fmt.Errorf("%s must be a URL: postgres://user:password@host:port/postgres", URLEnv)
	}
	if on.admin, err = pgxpool.New(context.WithoutCancel(ctx), on.url); err != nil {
		return nil, err
	}
	if err := on.admin.QueryRow(ctx, "SELECT current_setting('server_version_num')::int").Scan(&on.version); err != nil {
		return nil, err
	}
	return on, on.sweep(ctx)
})

// sweep drops the clones of this machine's test binaries that are no more.
func (on *host) sweep(ctx context.Context) error {
	names, err := on.databases(ctx, clonePrefix())
	if err != nil {
		return err
	}
	for _, name := range names {
		pid, _, _ := strings.Cut(strings.TrimPrefix(name, clonePrefix()), "_")
		n, err := strconv.Atoi(pid)
		if err != nil || n <= 1 || !errors.Is(syscall.Kill(n, 0), syscall.ESRCH) {
			continue
		}
		if err := on.drop(ctx, name); err != nil {
			return err
		}
	}
	return nil
}

// dropAll drops every database whose name begins with prefix.
func (on *host) dropAll(ctx context.Context, prefix string) error {
	names, err := on.databases(ctx, prefix)
	if err != nil {
		return err
	}
	for _, name := range names {
		if err := on.drop(ctx, name); err != nil {
			return err
		}
	}
	return nil
}

func (on *host) databases(ctx context.Context, prefix string) ([]string, error) {
	rows, err := on.admin.Query(ctx, "SELECT datname::text FROM pg_database WHERE starts_with(datname::text, $1)", prefix)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowTo[string])
}

func (on *host) drop(ctx context.Context, name string) error {
	_, err := on.admin.Exec(ctx, "DROP DATABASE IF EXISTS "+pgx.Identifier{name}.Sanitize()+" WITH (FORCE)")
	return err
}

// The templates that all test binaries share, by what is in them.
func migrated() (string, error) { return template(migrations.FS) }
func empty() (string, error)    { return template(nil) }

// template returns the name of the database that clones are made from, making it if need be. Its
// name is a digest of the migrations; the template flag, set last, says that it is complete.
func template(files fs.FS) (string, error) {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	on, err := server()
	if err != nil {
		return "", err
	}
	digest, err := digestOf(files)
	if err != nil {
		return "", err
	}
	name := templatePrefix + digest
	complete := false
	look := func() error {
		return on.admin.QueryRow(ctx, "SELECT datistemplate FROM pg_database WHERE datname = $1", name).Scan(&complete)
	}
	if err := look(); complete || err != nil && !errors.Is(err, pgx.ErrNoRows) {
		return name, err
	}
	conn, err := pgx.Connect(ctx, on.url)
	if err != nil {
		return "", err
	}
	defer conn.Close(context.WithoutCancel(ctx)) // and the lock with it
	// One lock for all templates: making them one after another also keeps the roles from being
	// altered by two processes at once, which PostgreSQL refuses.
	if _, err := conn.Exec(ctx, "SELECT pg_advisory_lock(hashtext('daicho template'))"); err != nil {
		return "", err
	}
	switch err := look(); {
	case errors.Is(err, pgx.ErrNoRows):
	case err != nil || complete:
		return name, err
	default: // whoever made it was stopped half way
		if err := on.drop(ctx, name); err != nil {
			return "", err
		}
	}
	if err := on.dropOldTemplates(ctx); err != nil {
		return "", err
	}
	if err := schema.Bootstrap(ctx, on.url, name); err != nil {
		return "", err
	}
	if os.Getenv(URLEnv) != "" {
		for _, role := range []string{schema.OwnerRole, schema.AppRole} {
			if _, err := conn.Exec(ctx, "ALTER ROLE "+role+" PASSWORD '"+rolePassword+"'"); err != nil {
				return "", err
			}
		}
	}
	if files != nil {
		if _, _, err := schema.Migrate(ctx, as(on.url, schema.OwnerRole, name), files); err != nil {
			return "", err
		}
	}
	_, err = conn.Exec(ctx, "ALTER DATABASE "+name+" IS_TEMPLATE true ALLOW_CONNECTIONS false")
	return name, err
}

const (
	templatePrefix = "daicho_tmpl_"
	templatesKept  = 6
)

// dropOldTemplates leaves the newest few: every edit of a migration makes another.
func (on *host) dropOldTemplates(ctx context.Context) error {
	rows, err := on.admin.Query(ctx, `SELECT datname::text FROM pg_database
		WHERE starts_with(datname::text, $1) AND datistemplate ORDER BY oid DESC OFFSET $2`, templatePrefix, templatesKept-1)
	if err != nil {
		return err
	}
	names, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		return err
	}
	for _, name := range names {
		if _, err := on.admin.Exec(ctx, "ALTER DATABASE "+name+" IS_TEMPLATE false"); err != nil {
			return err
		}
		if err := on.drop(ctx, name); err != nil {
			return err
		}
	}
	return nil
}

// digestOf names the content of the migrations; nil gives a fixed word.
func digestOf(files fs.FS) (string, error) {
	if files == nil {
		return "empty", nil
	}
	h := sha256.New()
	names, err := fs.Glob(files, "*.sql")
	if err != nil {
		return "", err
	}
	for _, name := range names {
		text, err := fs.ReadFile(files, name)
		if err != nil {
			return "", err
		}
		fmt.Fprintf(h, "%s %d\n%s", name, len(text), text)
	}
	return hex.EncodeToString(h.Sum(nil))[:16], nil
}

package schema

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"io/fs"

	"github.com/golang-migrate/migrate/v4"
	migratepgx "github.com/golang-migrate/migrate/v4/database/pgx/v5"
	"github.com/golang-migrate/migrate/v4/source"
	"github.com/golang-migrate/migrate/v4/source/iofs"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"

	"daicho/internal/errs"
)

// migrateLock is the key of the advisory lock that one migrating process holds; the letters of
// "daicho" as a number. golang-migrate has a lock of its own, but it waits without a context and
// reads the version outside of it.
const migrateLock = 0x64616963686f

// Status says how far a database is behind the program.
type Status struct {
	At     uint // newest migration applied, 0 = none
	Latest uint // newest migration that this program has
	// Interrupted means that a migration was begun and undone (killed process, power cut); the
	// next Migrate simply does it again.
	Interrupted bool
}

// Migrate applies every migration in files that the database does not have, each in a transaction
// of its own together with its number, and returns the versions before and after. Processes that
// migrate at the same time wait for each other. A migration that fails leaves the database at the
// version before it. ownerURL must log in as the owner of the database. Errors carry a Japanese
// message: Busy when the server cannot be reached, Conflict when the database is newer than the
// program or a migration failed.
func Migrate(ctx context.Context, ownerURL string, files fs.FS) (from, to uint, err error) {
	lock, err := connect(ctx, ownerURL, "")
	if err != nil {
		return 0, 0, unreachable(err)
	}
	// Closing the connection releases the lock, also when the statement was cancelled.
	defer lock.Close(context.WithoutCancel(ctx))
	if _, err := lock.Exec(ctx, `SELECT pg_advisory_lock($1)`, int64(migrateLock)); err != nil {
		return 0, 0, &errs.Error{Kind: errs.Busy, Code: "migrate.lock", Err: err,
			Message: "別のプロセスがデータベースを移行中で、終わるのを待てませんでした。少し待ってからもう一度実行してください"}
	}

	steps, latest, err := open(files)
	if err != nil {
		return 0, 0, err
	}
	m, closeDB, err := migrator(ctx, ownerURL, steps)
	if err != nil {
		return 0, 0, err
	}
	defer closeDB()
	stop := context.AfterFunc(ctx, func() { m.GracefulStop <- true })
	defer stop()

	if from, err = settle(m, steps, latest); err != nil {
		return 0, 0, err
	}
	switch err := m.Up(); {
	case errors.Is(err, migrate.ErrNoChange):
		return from, from, finish(ctx, lock)
	case err != nil:
		at, _, _ := m.Version()
		return from, from, failed(at, err)
	}
	if ctx.Err() != nil {
		return from, from, ctx.Err()
	}
	if to, _, err = m.Version(); err != nil {
		return from, from, failed(to, err)
	}
	return from, to, finish(ctx, lock)
}

// ReadStatus returns how far the database at url is; any role that may read the version will do.
func ReadStatus(ctx context.Context, url string, files fs.FS) (Status, error) {
	steps, latest, err := open(files)
	if err != nil {
		return Status{}, err
	}
	conn, err := connect(ctx, url, "")
	if err != nil {
		return Status{}, unreachable(err)
	}
	defer conn.Close(context.WithoutCancel(ctx))
	st := Status{Latest: latest}
	var there bool
	if err := conn.QueryRow(ctx, `SELECT to_regclass('public.schema_migrations') IS NOT NULL`).Scan(&there); err != nil {
		return Status{}, unreachable(err)
	}
	if !there {
		return st, nil
	}
	var at int64
	err = conn.QueryRow(ctx, `SELECT version, dirty FROM public.schema_migrations`).Scan(&at, &st.Interrupted)
	if errors.Is(err, pgx.ErrNoRows) {
		return st, nil
	}
	if err != nil {
		return Status{}, failed(0, err)
	}
	st.At = uint(at) //nolint:gosec // versions come from file names and are never negative
	if st.Interrupted {
		st.At = before(steps, st.At)
	}
	return st, nil
}

// open lists the migrations and finds the newest.
func open(files fs.FS) (source.Driver, uint, error) {
	steps, err := iofs.New(files, ".")
	if err != nil {
		return nil, 0, fmt.Errorf("migrations: %w", err)
	}
	latest, err := steps.First()
	if errors.Is(err, fs.ErrNotExist) {
		return steps, 0, nil
	}
	for err == nil {
		var next uint
		if next, err = steps.Next(latest); err == nil {
			latest = next
		}
	}
	if !errors.Is(err, fs.ErrNotExist) {
		return nil, 0, fmt.Errorf("migrations: %w", err)
	}
	return steps, latest, nil
}

func migrator(ctx context.Context, ownerURL string, steps source.Driver) (*migrate.Migrate, func(), error) {
	cfg, err := pgx.ParseConfig(ownerURL)
	if err != nil {
		return nil, nil, badURL(err)
	}
	db := stdlib.OpenDB(*cfg)
	if err := db.PingContext(ctx); err != nil {
		return nil, nil, errors.Join(unreachable(err), db.Close())
	}
	driver, err := newDriver(db)
	if err != nil {
		return nil, nil, errors.Join(failed(0, err), db.Close())
	}
	m, err := migrate.NewWithInstance("iofs", steps, "pgx5", driver)
	if err != nil {
		return nil, nil, errors.Join(failed(0, err), db.Close())
	}
	return m, func() { _, _ = m.Close() }, nil
}

// settle returns the version that the database is really at. A mark left by an interrupted
// migration is cleared: see atomicDriver for why that is safe.
func settle(m *migrate.Migrate, steps source.Driver, latest uint) (uint, error) {
	at, dirty, err := m.Version()
	if errors.Is(err, migrate.ErrNilVersion) {
		return 0, nil
	}
	if err != nil {
		return 0, failed(0, err)
	}
	if at > latest {
		return 0, &errs.Error{Kind: errs.Conflict, Code: "migrate.newer", Message: fmt.Sprintf(
			"データベースは版 %d で、このプログラムが知る版 %d より新しいものです。新しいプログラムを使ってください（データベースには触れていません）", at, latest)}
	}
	if !dirty {
		return at, nil
	}
	prev := before(steps, at)
	back := int(prev)
	if prev == 0 {
		back = -1 // golang-migrate's word for "none"
	}
	if err := m.Force(back); err != nil {
		return 0, failed(at, err)
	}
	return prev, nil
}

func before(steps source.Driver, at uint) uint {
	prev, err := steps.Prev(at)
	if err != nil {
		return 0
	}
	return prev
}

// finish makes the version readable to the application, which compares it at start.
func finish(ctx context.Context, owner *pgx.Conn) error {
	for _, sql := range []string{
		`COMMENT ON TABLE public.schema_migrations IS '適用済みの移行の版【運用】'`,
		`DO $$ BEGIN
			IF EXISTS (SELECT FROM pg_roles WHERE rolname = '` + AppRole + `') THEN
				GRANT SELECT ON public.schema_migrations TO ` + AppRole + `;
			END IF;
		END $$`,
	} {
		if _, err := owner.Exec(ctx, sql); err != nil {
			return failed(0, err)
		}
	}
	return nil
}

// atomicDriver makes a migration and the clearing of its "dirty" mark one transaction.
// golang-migrate sets the mark before the file and clears it after, in transactions of their own;
// after a kill in between nobody could tell whether the file was applied. Here a mark that is
// still set proves that it was not.
type atomicDriver struct{ *migratepgx.Postgres }

func newDriver(db *sql.DB) (atomicDriver, error) {
	d, err := migratepgx.WithInstance(db, &migratepgx.Config{SchemaName: "public", MigrationsTable: "schema_migrations"})
	if err != nil {
		return atomicDriver{}, err
	}
	p, ok := d.(*migratepgx.Postgres)
	if !ok {
		return atomicDriver{}, fmt.Errorf("migrate driver is a %T", d)
	}
	return atomicDriver{p}, nil
}

var (
	begin  = []byte("BEGIN;")
	commit = []byte("COMMIT;")
)

// Run executes one migration file. It refuses a file that is not one BEGIN … COMMIT.
func (d atomicDriver) Run(r io.Reader) error {
	text, err := io.ReadAll(r)
	if err != nil {
		return err
	}
	body := bytes.TrimSpace(text)
	if !bytes.HasSuffix(body, commit) || !bytes.Contains(body, begin) {
		return errors.New("the file is not wrapped in BEGIN; and COMMIT;")
	}
	body = append(bytes.TrimSuffix(body, commit), "UPDATE public.schema_migrations SET dirty = false;\nCOMMIT;"...)
	if err := d.Postgres.Run(bytes.NewReader(body)); err != nil {
		// The session is still inside the failed transaction; leave it usable for the unlock.
		return errors.Join(err, d.Postgres.Run(bytes.NewReader([]byte("ROLLBACK;"))))
	}
	return nil
}

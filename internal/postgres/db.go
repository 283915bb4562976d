// Package postgres holds all SQL: one file per feature, statements as constants beside the function
// that runs them. It is the only package (with pgtest) that knows pgx. It must not import app,
// server or web.
//
// There are two doors to the data. View gives a read-only snapshot, Act a transaction that writes.
// Both take a Grant, read the actor's appointments again inside the transaction, and hand out a Tx
// that carries the resulting scope. Only a Tx has queries.
package postgres

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"strings"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"

	"daicho/internal/authz"
	"daicho/internal/errs"
)

// DB is the register's database as the application's role sees it.
type DB struct {
	pool      *pgxpool.Pool
	log       *slog.Logger
	wait      time.Duration
	reference atomic.Pointer[memory] // of the latest state of the reference data
	// inside is the transaction that View and Act run in, where a load of the sample plays the parts
	// of its people; nil everywhere else (see Inside).
	inside *Tx
}

// Conns is how many connections the pool may open.
func (db *DB) Conns() int32 { return db.pool.Config().MaxConns }

// Options set up a DB. The zero value is usable.
type Options struct {
	// MaxConns bounds the pool; 0 means 8.
	MaxConns int32
	// Wait bounds the wait for a free connection; 0 means 3 s. Beyond it the caller gets Busy.
	Wait time.Duration
	// Log receives warnings; nil means slog.Default.
	Log *slog.Logger
}

// Open connects as the application's role and refuses a server or a role that would break the
// promises of the trail. Errors: Invalid with a Japanese message when the server is older than
// PostgreSQL 14, the role is a superuser or owns the register, or the schema is not current.
func Open(ctx context.Context, url string, o Options) (*DB, error) {
	cfg, err := pgxpool.ParseConfig(url)
	if err != nil {
		// pgx repeats the address in its message; a password must not reach a log.
		return nil, errs.New(errs.Invalid, "postgres.url", "DATABASE_URL の書き方が読み取れません。postgres://利用者@ホスト/データベース の形で指定してください。")
	}
	if o.MaxConns == 0 {
		o.MaxConns = 8
	}
	if o.Wait == 0 {
		o.Wait = 3 * time.Second
	}
	if o.Log == nil {
		o.Log = slog.Default()
	}
	cfg.MaxConns = o.MaxConns
	for k, v := range map[string]string{
		"timezone": "UTC", "statement_timeout": "10s", "lock_timeout": "5s",
		"idle_in_transaction_session_timeout": "60s", "synchronous_commit": "on", "jit": "off",
		// The register lies in memory or on a disk without heads: a row elsewhere costs little more than
		// the next one, and the default of 4 makes lists go the long way round.
		"random_page_cost": "1.1",
	} {
		if _, set := cfg.ConnConfig.RuntimeParams[k]; !set {
			cfg.ConnConfig.RuntimeParams[k] = v
		}
	}
	pool, err := pgxpool.NewWithConfig(ctx, cfg)
	if err != nil {
		return nil, fmt.Errorf("open pool: %w", err)
	}
	db := &DB{pool: pool, log: o.Log, wait: o.Wait}
	if err := db.refuseUnsafe(ctx); err != nil {
		pool.Close()
		return nil, err
	}
	return db, nil
}

// Close waits for running transactions and closes the pool.
func (db *DB) Close() { db.pool.Close() }

// Ping asks the server for one row: for the readiness probe.
func (db *DB) Ping(ctx context.Context) error {
	var one int
	return mapErr(db.pool.QueryRow(ctx, sqlPing).Scan(&one))
}

// Stat returns the pool's figures, for metrics.
func (db *DB) Stat() *pgxpool.Stat { return db.pool.Stat() }

const (
	sqlPing = `SELECT 1`

	sqlWhoAmI = `
SELECT current_setting('server_version_num')::int, current_setting('server_encoding'),
       r.rolsuper OR r.rolcreaterole OR r.rolbypassrls OR r.rolreplication,
       EXISTS (SELECT 1 FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
               WHERE n.nspname = 'public' AND c.relkind = 'r' AND pg_has_role(current_user, c.relowner, 'MEMBER'))
         OR EXISTS (SELECT 1 FROM pg_database d WHERE d.datname = current_database() AND pg_has_role(current_user, d.datdba, 'MEMBER')),
       has_database_privilege(current_database(), 'TEMPORARY') OR has_database_privilege(current_database(), 'CREATE')
         OR EXISTS (SELECT 1 FROM pg_namespace n WHERE n.nspname !~ '^pg_' AND has_schema_privilege(n.oid, 'CREATE')),
       coalesce((SELECT string_agg(m.rolname, ', ' ORDER BY m.rolname) FROM pg_roles m
                 WHERE starts_with(m.rolname, 'pg_') AND m.rolname <> 'pg_database_owner' AND pg_has_role(current_user, m.oid, 'MEMBER')), '')
FROM pg_roles r WHERE r.rolname = current_user`
)

func (db *DB) refuseUnsafe(ctx context.Context) error {
	var version int
	var encoding string
	var super, owner, makes bool
	var groups string
	if err := db.pool.QueryRow(ctx, sqlWhoAmI).Scan(&version, &encoding, &super, &owner, &makes, &groups); err != nil {
		return fmt.Errorf("ask the server who we are: %w", mapErr(err))
	}
	switch {
	case version < 140000:
		return errs.New(errs.Invalid, "postgres.version",
			fmt.Sprintf("PostgreSQL 14 以上が必要です（接続先は %d.%d）。", version/10000, version%10000))
	case encoding != "UTF8":
		return errs.New(errs.Invalid, "postgres.encoding",
			"データベースの文字コードが "+encoding+" です。UTF8 のデータベースを作って接続してください。")
	case super:
		return errs.New(errs.Invalid, "postgres.superuser",
			"スーパーユーザーや、ほかの役割を作れる役割では起動できません。操作記録を書き換えられる役割で動かさないための決まりです。daicho_app の役割で接続してください。")
	case owner:
		return errs.New(errs.Invalid, "postgres.owner",
			"表の所有者の役割では起動できません。所有者は migrate だけに使い、serve は daicho_app の役割で接続してください。")
	case groups != "":
		return errs.New(errs.Invalid, "postgres.member",
			"接続に使う役割が "+groups+" に属しているので起動できません。記録の表を決まりの外から読み書きできる役割です。REVOKE で外すか、daicho_app の役割で接続してください。")
	case makes:
		return errs.New(errs.Invalid, "postgres.creates",
			"接続に使う役割が、データベースに表（一時表を含む）を作れるので起動できません。作った表が記録の表の身代わりになりうるためです。"+
				"データベースの TEMPORARY と CREATE、スキーマの CREATE を、この役割と PUBLIC から REVOKE してください。")
	}
	return nil
}

// runner runs statements: the connection that a transaction is open on.
type runner interface {
	Exec(ctx context.Context, sql string, args ...any) (pgconn.CommandTag, error)
	Query(ctx context.Context, sql string, args ...any) (pgx.Rows, error)
	QueryRow(ctx context.Context, sql string, args ...any) pgx.Row
	SendBatch(ctx context.Context, b *pgx.Batch) pgx.BatchResults
	CopyFrom(ctx context.Context, table pgx.Identifier, columns []string, from pgx.CopyFromSource) (int64, error)
}

// Tx is one transaction with the scope of its grant. It is valid inside the function that got it.
type Tx struct {
	tx      runner
	now     time.Time
	actor   authz.Actor
	action  authz.Action
	scope   authz.Scope
	write   bool
	act     int64
	rev     int64
	memory  *memory // of the reference data; nil where the transaction may change it
	sealing bool    // the transaction writes the seal upon the trail
	play    bool    // the transaction plays the people of a sample
}

// Now is the one time of the transaction, by the database's clock.
func (t *Tx) Now() time.Time { return t.now }

// Actor is who acts, with the appointments as this transaction read them.
func (t *Tx) Actor() authz.Actor { return t.actor }

// Scope is how far the grant reaches in this transaction.
func (t *Tx) Scope() authz.Scope { return t.scope }

// View runs fn in a read-only snapshot within the grant's scope.
// Errors: Forbidden without a valid grant or when the actor no longer holds a post that carries the
// action; Busy when no connection is free; whatever fn returns.
func (db *DB) View(ctx context.Context, g authz.Grant, fn func(context.Context, *Tx) error) error {
	return db.within(ctx, g, sqlBeginView, fn)
}

// Act runs fn in a transaction that may write. Before its first write fn calls Sign, which inserts
// the act; the database refuses rows without it and Act refuses to commit. The transaction is run
// again, at most three times, when PostgreSQL reports a deadlock or a serialisation failure, so fn
// must have no effect outside.
// Errors: as View, and Conflict or Stale as fn and the constraints say.
func (db *DB) Act(ctx context.Context, g authz.Grant, fn func(context.Context, *Tx) error) error {
	var err error
	for try := range 3 {
		err = db.within(ctx, g, sqlBeginAct, func(ctx context.Context, t *Tx) error {
			t.write = true
			if err := fn(ctx, t); err != nil {
				return err
			}
			if t.act == 0 {
				return errors.New("a transaction that writes ended without an act")
			}
			return nil
		})
		if !again(err) {
			return err
		}
		db.log.WarnContext(ctx, "transaction runs again", "try", try+1, "action", g.Action(), "err", err)
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(time.Duration(5+rand.IntN(20<<try)) * time.Millisecond): //nolint:gosec // jitter only
		}
	}
	return errs.Wrap(errs.Busy, "postgres.contended", err)
}

// again reports whether the server says that the same transaction may succeed when run once more.
func again(err error) bool {
	var pg *pgconn.PgError
	return errors.As(err, &pg) && (pg.Code == "40001" || pg.Code == "40P01")
}

const (
	sqlBeginView = `BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY`
	sqlBeginAct  = `BEGIN`
)

func (db *DB) within(ctx context.Context, g authz.Grant, begin string, fn func(context.Context, *Tx) error) error {
	if !g.Valid() {
		return errs.New(errs.Forbidden, "authz.no_grant", "")
	}
	if db.inside != nil {
		return db.inside.nested(ctx, g, fn)
	}
	if v := visitOf(ctx); v != nil {
		if begin == sqlBeginView && v.take(g) {
			defer v.give(ctx)
			return db.view(ctx, g, v.conn.Conn(), v.entry, fn)
		}
		v.end(ctx) // a request holds one connection at a time, else all of them could wait for each other
	}
	conn, err := db.acquire(ctx)
	if err != nil {
		return err
	}
	defer conn.Release()
	defer rollback(ctx, conn)
	var e entry
	if err := enter(ctx, conn, begin, &e, sqlAppointments, pgx.StrictNamedArgs{"person": g.Actor().Person}); err != nil {
		return err
	}
	if begin == sqlBeginView {
		if err := db.view(ctx, g, conn.Conn(), e, fn); err != nil {
			return err
		}
		return commit(ctx, conn)
	}
	t := &Tx{tx: conn.Conn(), actor: g.Actor(), action: g.Action()}
	if t.action != authz.LoadPack && t.action != authz.Adopt && t.action != authz.EditScheme && t.action != authz.DecideScheme {
		t.memory = &memory{}
	}
	if err := t.enter(g, e); err != nil {
		return err
	}
	if err := fn(ctx, t); err != nil {
		return mapErr(err)
	}
	return commit(ctx, conn)
}

// view runs fn on a snapshot that is open.
func (db *DB) view(ctx context.Context, g authz.Grant, conn *pgx.Conn, e entry, fn func(context.Context, *Tx) error) error {
	t := &Tx{tx: conn, actor: g.Actor(), action: g.Action(), memory: db.recollect(e.state())}
	if err := t.enter(g, e); err != nil {
		return err
	}
	return mapErr(fn(ctx, t))
}

// acquire takes a connection. Errors: Busy when none is free in time.
func (db *DB) acquire(ctx context.Context) (*pgxpool.Conn, error) {
	wait, cancel := context.WithTimeout(ctx, db.wait)
	defer cancel()
	conn, err := db.pool.Acquire(wait)
	if err == nil || ctx.Err() == nil {
		return conn, errs.Wrap(errs.Busy, "postgres.no_connection", err)
	}
	return nil, ctx.Err()
}

// enter begins a transaction and reads what it needs first, in one round trip.
func enter(ctx context.Context, conn *pgxpool.Conn, begin string, e *entry, sql string, args pgx.StrictNamedArgs, more ...any) error {
	b := &pgx.Batch{}
	b.Queue(begin)
	b.Queue(sql, args).Query(func(r pgx.Rows) error { return e.scan(r, more...) })
	return mapErr(conn.SendBatch(ctx, b).Close())
}

// commit ends a transaction. Errors: see commitErr.
func commit(ctx context.Context, conn *pgxpool.Conn) error {
	tag, err := conn.Exec(ctx, "COMMIT")
	if err == nil && tag.String() == "ROLLBACK" {
		err = pgx.ErrTxCommitRollback
	}
	return commitErr(err)
}

// rollback ends a transaction that was not committed, also when the caller went away. A connection on
// which that fails is thrown away when it is released.
func rollback(ctx context.Context, conn *pgxpool.Conn) {
	if conn.Conn().IsClosed() || conn.Conn().PgConn().TxStatus() == idle {
		return
	}
	end, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
	defer cancel()
	_, _ = conn.Exec(end, "ROLLBACK")
}

// What the server says about the transaction of a connection.
const (
	idle = 'I'
	open = 'T' // and none of its statements has failed
)

// codeCommitUnknown marks a commit whose answer did not arrive: nobody can say whether it holds.
const codeCommitUnknown = "postgres.commit_unknown"

// commitErr tells a commit that the server refused from one whose answer was lost. The cause of the
// latter is kept as text only: a time-out is otherwise taken for a proof that nothing happened.
func commitErr(err error) error {
	var pg *pgconn.PgError
	if err == nil || errors.As(err, &pg) && !strings.HasPrefix(pg.Code, "57P") || errors.Is(err, pgx.ErrTxCommitRollback) {
		return mapErr(err)
	}
	return errs.Wrap(errs.Internal, codeCommitUnknown, fmt.Errorf("commit: %v", err)) //nolint:errorlint // see above
}

// enter takes the clock and the appointments of today, which the transaction has read, and narrows the
// grant.
func (t *Tx) enter(g authz.Grant, e entry) (err error) {
	t.now, t.actor.Appointments = e.now, e.posts
	t.scope, err = authz.Resolve(g, e.posts)
	return err
}

// mapErr turns what the driver says into kinds that the edge understands. The names of constraints
// that people can run into become codes, so that a use case can give the field its message: what must
// be unique, and that nobody decides alone. Any other constraint that breaks is a fault of the
// program, which must be heard of.
func mapErr(err error) error {
	if err == nil {
		return nil
	}
	if errs.KindOf(err) != errs.Internal {
		return err
	}
	if errors.Is(err, pgx.ErrNoRows) {
		return errs.Wrap(errs.NotFound, "postgres.no_rows", err)
	}
	var pg *pgconn.PgError
	if !errors.As(err, &pg) {
		var refused *pgconn.ConnectError
		if errors.As(err, &refused) {
			return errs.Wrap(errs.Busy, "postgres.unreachable", err)
		}
		return err
	}
	switch {
	case again(err):
		return err
	case pg.Code == "23505":
		return errs.Wrap(errs.Conflict, "unique."+pg.ConstraintName, err)
	case pg.ConstraintName == "decision_not_own":
		return errs.Wrap(errs.Forbidden, "check."+pg.ConstraintName, err)
	case pg.Code == "23514":
		return errs.Wrap(errs.Internal, "check."+pg.ConstraintName, err)
	case pg.Code == "23503":
		return errs.Wrap(errs.Internal, "reference."+pg.ConstraintName, err)
	case pg.Code == "55P03", pg.Code == "57014", strings.HasPrefix(pg.Code, "57P"), strings.HasPrefix(pg.Code, "53"):
		return errs.Wrap(errs.Busy, "postgres."+pg.Code, err)
	}
	return err
}

// rows runs a query with named arguments and collects it by column name into T.
func rows[T any](ctx context.Context, t *Tx, sql string, args pgx.StrictNamedArgs) ([]T, error) {
	r, err := t.tx.Query(ctx, sql, named(args)...)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(r, pgx.RowToStructByName[T])
}

// row is rows for exactly one row. Errors: NotFound when there is none.
func row[T any](ctx context.Context, t *Tx, sql string, args pgx.StrictNamedArgs) (T, error) {
	r, err := t.tx.Query(ctx, sql, named(args)...)
	if err != nil {
		var zero T
		return zero, err
	}
	v, err := pgx.CollectExactlyOneRow(r, pgx.RowToStructByName[T])
	return v, mapErr(err)
}

// scalar is row for a single value.
func scalar[T any](ctx context.Context, t *Tx, sql string, args pgx.StrictNamedArgs) (T, error) {
	r, err := t.tx.Query(ctx, sql, named(args)...)
	if err != nil {
		var zero T
		return zero, err
	}
	v, err := pgx.CollectExactlyOneRow(r, pgx.RowTo[T])
	return v, mapErr(err)
}

// exec runs a statement and returns how many rows it touched.
func exec(ctx context.Context, t *Tx, sql string, args pgx.StrictNamedArgs) (int64, error) {
	tag, err := t.tx.Exec(ctx, sql, named(args)...)
	return tag.RowsAffected(), err
}

func named(args pgx.StrictNamedArgs) []any {
	if len(args) == 0 {
		return nil
	}
	return []any{args}
}

// Package cluster runs a private PostgreSQL server for one daicho process: it finds the binaries,
// makes the data directory, starts the server on a socket that only its own account can reach, and
// stops it. It never opens a TCP port, never runs as root, and never lets two servers onto one
// directory. It imports errs and schema and nothing else of the project.
package cluster

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"maps"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/jackc/pgx/v5"

	"daicho/internal/errs"
	"daicho/internal/postgres/schema"
)

// superuser is the bootstrap superuser of a private cluster.
const superuser = "postgres"

// Options say where the cluster lives and how it runs.
type Options struct {
	Dir    string       // data directory; made if it is not there
	BinDir string       // directory of initdb and postgres; empty = search
	Log    *slog.Logger // nil = discard
	// Settings are PostgreSQL settings for this run that go before those of this package. Tests
	// use them to trade safety for speed; serve leaves them empty.
	Settings map[string]string
}

// Cluster is a running private server.
type Cluster struct {
	dir    string
	bin    binaries
	log    *slog.Logger
	server *child
	lock   *os.File
	once   sync.Once
	err    error
}

// Start starts the server on o.Dir, making the cluster, the two roles and the database first if
// they are not there, and waits until it accepts connections, however long a recovery after a
// power cut takes; only ctx ends the wait. ctx does not govern the server afterwards: call Stop.
//
// Errors carry a Japanese message: Conflict when the directory is in use (CodeInUse), belongs to
// another major version or holds something else; Invalid when it cannot be used or no suitable
// PostgreSQL is installed. A directory that is refused is left untouched.
func Start(ctx context.Context, o Options) (*Cluster, error) {
	log := o.Log
	if log == nil {
		log = slog.New(slog.DiscardHandler)
	}
	if o.Dir == "" {
		return nil, errs.New(errs.Invalid, "cluster.dir", "データディレクトリを指定してください")
	}
	dir, err := filepath.Abs(o.Dir)
	if err != nil {
		return nil, dirError(o.Dir, err)
	}
	if err := checkDir(dir); err != nil {
		return nil, err
	}
	pgdata := filepath.Join(dir, pgName)
	major, exists := readMajor(pgdata)
	if !exists {
		if _, err := os.Stat(pgdata); !errors.Is(err, fs.ErrNotExist) {
			return nil, errs.New(errs.Conflict, "cluster.broken", fmt.Sprintf(
				"%s に PostgreSQL の版（PG_VERSION）がないか、読めません。触れていません。権限を確かめるか、バックアップから戻してください", pgdata))
		}
	}
	bin, err := find(ctx, o.BinDir, major)
	if err != nil {
		return nil, cancelled(ctx, err)
	}
	as, err := serviceAccount(dir)
	if err != nil {
		return nil, err
	}
	if err := prepare(dir, as); err != nil {
		return nil, err
	}
	held, err := lock(dir)
	if err != nil {
		return nil, err
	}
	c := &Cluster{dir: dir, bin: bin, log: log, lock: held}
	if err := c.start(ctx, as, o.Settings); err != nil {
		_ = held.Close()
		return nil, cancelled(ctx, err)
	}
	return c, nil
}

// start does what needs the lock.
func (c *Cluster) start(ctx context.Context, as account, extra map[string]string) error {
	pgdata := filepath.Join(c.dir, pgName)
	if _, exists := readMajor(pgdata); !exists {
		c.log.Info("making a new PostgreSQL cluster", "dir", c.dir, "postgres", c.bin.major, "account", as.name)
		if err := initialise(ctx, c.dir, c.bin, as); err != nil {
			return err
		}
	} else if err := sweep(c.dir); err != nil {
		return err
	}
	if err := clearLeftover(ctx, pgdata, c.log); err != nil {
		return err
	}
	if err := c.launch(ctx, as, extra); err != nil {
		return err
	}
	if err := schema.Bootstrap(ctx, c.url(superuser, "postgres"), schema.Database); err != nil {
		_ = c.server.end(ctx, c.log) // the first error tells more
		return err
	}
	return nil
}

// settings are what must hold at every start, whatever postgresql.conf says.
func (c *Cluster) settings() map[string]string {
	return map[string]string{
		"listen_addresses":         "",
		"port":                     "5432", // only the name of the socket
		"unix_socket_directories":  `"` + strings.ReplaceAll(filepath.Join(c.dir, socketName), `"`, `""`) + `"`,
		"unix_socket_permissions":  "0700",
		"fsync":                    "on",
		"full_page_writes":         "on",
		"synchronous_commit":       "on",
		"timezone":                 "UTC",
		"log_timezone":             "UTC",
		"logging_collector":        "off", // the lines go to this process, which passes them on
		"log_destination":          "stderr",
		"log_line_prefix":          "",
		"log_min_messages":         "warning",
		"log_error_verbosity":      "terse", // details quote values, and values must not leak into a log
		"log_min_error_statement":  "panic", // so do statements
		"log_statement":            "none",
		"log_parameter_max_length": "0",
		"cluster_name":             "daicho",
	}
}

// orphanGrace is how long backends of a killed postmaster may take to notice that it is gone.
const orphanGrace = 30 * time.Second

// launch starts the server and waits until it answers. A first refusal because backends of a
// killed postmaster still hold the shared memory is tried again until they are gone.
func (c *Cluster) launch(ctx context.Context, as account, extra map[string]string) error {
	set := c.settings()
	maps.Copy(set, extra)
	args := []string{"-D", filepath.Join(c.dir, pgName)}
	for _, name := range slices.Sorted(maps.Keys(set)) {
		args = append(args, "-c", name+"="+set[name])
	}
	limit := time.NewTimer(orphanGrace)
	defer limit.Stop()
	for {
		var last lastLines
		sink := func(line string) { last.add(line); logLine(c.log, line) }
		server, err := spawn(as, syscall.SIGINT, sink, c.bin.path("postgres"), args...)
		if err != nil {
			return fmt.Errorf("start postgres: %w", err)
		}
		c.server = server
		err = c.ready(ctx)
		if err == nil {
			return nil
		}
		_ = server.end(ctx, c.log) // the first error tells more
		if ctx.Err() != nil {
			return ctx.Err()
		}
		retry := time.NewTimer(10 * poll)
		select {
		case <-limit.C:
			retry.Stop()
			return c.refused(err, last.text())
		case <-retry.C:
			if !strings.Contains(last.text(), "shared memory block") {
				return c.refused(err, last.text())
			}
		}
	}
}

func (c *Cluster) refused(err error, said string) error {
	return &errs.Error{Kind: errs.Busy, Code: "cluster.start", Err: fmt.Errorf("%w: %s", err, said),
		Message: fmt.Sprintf("データディレクトリ %s の PostgreSQL %d が起動しません。ログの内容を添えて保守担当者に連絡してください（データは消していません）", c.dir, c.bin.major)}
}

// ready waits until the server accepts a connection or ends.
func (c *Cluster) ready(ctx context.Context) error {
	tick := time.NewTicker(poll)
	defer tick.Stop()
	slow := time.NewTicker(10 * time.Second)
	defer slow.Stop()
	for {
		if c.ping(ctx) == nil {
			return nil
		}
		select {
		case <-c.server.done:
			return fmt.Errorf("postgres ended: %w", errors.Join(c.server.err, errors.New("before it was ready")))
		case <-ctx.Done():
			return ctx.Err()
		case <-slow.C:
			c.log.Info("waiting for PostgreSQL, which may be recovering after a crash", "dir", c.dir)
		case <-tick.C:
		}
	}
}

func (c *Cluster) ping(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	conn, err := pgx.Connect(ctx, c.url(superuser, "postgres"))
	if err != nil {
		return err
	}
	return conn.Close(ctx)
}

// url builds a connection string over the socket, for pgx and for libpq: to both a plus sign is a
// plus sign. sslmode is there because a PGSSLMODE in the environment must not matter.
func (c *Cluster) url(user, database string) string {
	q := url.Values{"host": {filepath.Join(c.dir, socketName)}, "port": {"5432"}, "sslmode": {"disable"}}
	u := url.URL{Scheme: "postgres", User: url.User(user), Path: "/" + database, RawQuery: strings.ReplaceAll(q.Encode(), "+", "%20")}
	return u.String()
}

// OwnerURL is the connection string of the role that owns and migrates the database.
func (c *Cluster) OwnerURL() string { return c.url(schema.OwnerRole, schema.Database) }

// AppURL is the connection string of the role that the application runs as.
func (c *Cluster) AppURL() string { return c.url(schema.AppRole, schema.Database) }

// AdminURL is the connection string of the superuser, for tests and for mending by hand. The
// program itself never uses it after Start.
func (c *Cluster) AdminURL() string { return c.url(superuser, "postgres") }

// Done is closed when the server has ended, whoever ended it.
func (c *Cluster) Done() <-chan struct{} { return c.server.done }

// Stop shuts the server down: sessions are ended, everything is written, and the directory is
// free for the next start. When ctx ends first, the server is ended at once and will recover at
// the next start; no committed data is lost by that. Calls after the first return the same.
func (c *Cluster) Stop(ctx context.Context) error {
	c.once.Do(func() {
		select {
		case <-c.server.done:
			c.err = fmt.Errorf("postgres had ended by itself: %w", errors.Join(c.server.err))
		default:
			c.err = c.server.end(ctx, c.log)
		}
		c.err = errors.Join(c.err, c.lock.Close())
	})
	return c.err
}

// end asks for a fast shutdown, and for an immediate one when ctx ends first.
func (c *child) end(ctx context.Context, log *slog.Logger) error {
	_ = c.proc.Signal(syscall.SIGINT) // an error means that it has ended
	if ctx.Err() == nil && c.wait(ctx) == nil {
		return nil
	}
	select {
	case <-c.done:
		return c.err
	default:
	}
	log.Warn("PostgreSQL does not stop in time; stopping it at once")
	_ = c.proc.Signal(syscall.SIGQUIT)
	limit := time.NewTimer(immediateGrace)
	defer limit.Stop()
	select {
	case <-c.done:
	case <-limit.C:
		_ = c.proc.Kill()
		<-c.done
	}
	return ctx.Err()
}

// lastLines keeps the end of the server's output for an error.
type lastLines struct {
	mu    sync.Mutex
	lines []string
}

func (l *lastLines) add(line string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.lines = append(l.lines, line); len(l.lines) > 20 {
		l.lines = l.lines[1:]
	}
}

func (l *lastLines) text() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return strings.Join(l.lines, "\n")
}

package pgtest

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"os/signal"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"daicho/internal/postgres/cluster"
)

// The shared server. Files in the directory of cacheDir:
//
//	users.lock   every test binary that uses the server holds it shared for as long as it lives
//	start.lock   held by the one test binary that starts the server
//	url          the superuser's connection string of the running server
//	keeper.pid   the keeper's process number; on SIGUSR1 it leaves as soon as nobody is left
//	server.log   what the keeper said
//	cluster      the data directory
//
// The server is kept by a process of its own, the keeper: a copy of the test binary that turns
// into a keeper in init (there is no other program to start: a test runs without the go command).
// It ends the server when it can take users.lock alone for a while, which the kernel makes exact:
// a killed test binary no longer holds it. A killed keeper takes the server with it, and the next
// test binary starts another. Nothing here is durable: a server that did not end in order is made
// anew, for it runs without fsync.
const (
	keeperEnv = "DAICHO_PGTEST_KEEPER"
	usersLock = "users.lock"
	startLock = "start.lock"
	urlFile   = "url"
	pidFile   = "keeper.pid"
	logFile   = "server.log"
	dataDir   = "cluster"
	idle      = 5 * time.Minute
	keepIdle  = 30 * time.Minute // when a failed test has left a database to look at
)

func init() {
	if dir := os.Getenv(keeperEnv); dir != "" {
		if err := keep(dir); err != nil {
			fmt.Fprintln(os.Stderr, explain(err))
			os.Exit(1)
		}
		os.Exit(0)
	}
}

// memory is the file system in memory that Linux has for shared use. Making and dropping databases,
// hundreds of files each, is most of what the server does, and costs a fraction of it there.
const memory = "/dev/shm"

// room is what the memory must have free: a test's database takes some ten megabytes, and what many
// tests leave in the log some hundred.
const room = 3 << 30

var onDisk bool

// OnDisk keeps this process from a server in memory: for a database that would fill it. It is called
// before anything else here.
func OnDisk() { onDisk = true }

// cacheDir is where the server of this account lives: in memory if there is room or it is there
// already, else on a disk. Root cannot use its home, which is closed to the account that PostgreSQL
// runs as. Where everybody may write, as for a home too deep for a socket, the directory must be
// nobody else's.
func cacheDir() (string, error) {
	own := "daicho-pgtest-" + strconv.Itoa(os.Geteuid())
	if dir := filepath.Join(memory, own); !onDisk && (roomy() || there(filepath.Join(dir, urlFile))) {
		return guarded(dir)
	}
	if os.Geteuid() == 0 {
		return "/var/cache/daicho-pgtest", nil
	}
	if base, err := os.UserCacheDir(); err == nil && len(base) < 60 {
		return filepath.Join(base, "daicho-pgtest"), nil
	}
	return guarded(filepath.Join("/tmp", own))
}

// roomy reports whether the file system in memory is there and has room.
func roomy() bool {
	const tmpfs = 0x01021994
	var st syscall.Statfs_t
	return syscall.Statfs(memory, &st) == nil && st.Type == tmpfs && st.Bavail*uint64(st.Bsize) >= room
}

func there(path string) bool {
	_, err := os.Lstat(path)
	return err == nil
}

// guarded makes a directory where everybody may write, and refuses one that somebody else has made.
// The account that PostgreSQL runs as for root must get through.
func guarded(dir string) (string, error) {
	mode := fs.FileMode(0o700)
	if os.Geteuid() == 0 {
		mode = 0o711
	}
	if err := os.Mkdir(dir, mode); err != nil && !errors.Is(err, fs.ErrExist) {
		return "", err
	}
	var st syscall.Stat_t
	if err := syscall.Lstat(dir, &st); err != nil {
		return "", err
	}
	if int(st.Uid) != os.Geteuid() || fs.FileMode(st.Mode)&0o777&^mode != 0 || st.Mode&syscall.S_IFMT != syscall.S_IFDIR {
		return "", fmt.Errorf("%s belongs to somebody else; remove it or set %s", dir, URLEnv)
	}
	return dir, nil
}

// shared returns the connection string of the shared server, starting it if it does not run.
func shared(ctx context.Context) (string, error) {
	dir, err := cacheDir()
	if err != nil {
		return "", err
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return "", err
	}
	if err := use(filepath.Join(dir, usersLock)); err != nil {
		return "", err
	}
	starter, err := flock(filepath.Join(dir, startLock), syscall.LOCK_EX)
	if err != nil {
		return "", err
	}
	defer starter.Close()
	if url, ok := running(ctx, dir); ok {
		return url, nil
	}
	return startKeeper(ctx, dir)
}

// use takes the lock shared for the rest of this process's life, so that the keeper cannot stop
// under it; it waits while the keeper is stopping. A bare descriptor, because nothing closes it.
func use(path string) error {
	fd, err := syscall.Open(path, syscall.O_RDWR|syscall.O_CREAT|syscall.O_NOFOLLOW|syscall.O_CLOEXEC, 0o600)
	if err != nil {
		return &fs.PathError{Op: "open", Path: path, Err: err}
	}
	return lockFD(fd, syscall.LOCK_SH)
}

func lockFD(fd, how int) error {
	for {
		if err := syscall.Flock(fd, how); !errors.Is(err, syscall.EINTR) {
			return err
		}
	}
}

func flock(path string, how int) (*os.File, error) {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE|syscall.O_NOFOLLOW, 0o600)
	if err != nil {
		return nil, err
	}
	if err := lockFD(int(f.Fd()), how); err != nil {
		_ = f.Close()
		return nil, err
	}
	return f, nil
}

// running returns the address in the url file if a server answers there.
func running(ctx context.Context, dir string) (string, bool) {
	text, err := os.ReadFile(filepath.Join(dir, urlFile))
	if err != nil {
		return "", false
	}
	url := strings.TrimSpace(string(text))
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	conn, err := pgx.Connect(ctx, url)
	if err != nil {
		return "", false
	}
	return url, conn.Close(ctx) == nil
}

// startKeeper starts the keeper apart from this process (own session, no pipe that "go test"
// would wait for) and waits for its server.
func startKeeper(ctx context.Context, dir string) (string, error) {
	self, err := os.Executable()
	if err != nil {
		return "", err
	}
	if err := os.Remove(filepath.Join(dir, urlFile)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return "", err
	}
	out, err := os.Create(filepath.Join(dir, logFile))
	if err != nil {
		return "", err
	}
	defer out.Close()
	null, err := os.Open(os.DevNull)
	if err != nil {
		return "", err
	}
	defer null.Close()
	proc, err := os.StartProcess(self, []string{"pgtest-keeper"}, &os.ProcAttr{
		Dir:   "/",
		Env:   append(os.Environ(), keeperEnv+"="+dir),
		Files: []*os.File{null, out, out},
		Sys:   &syscall.SysProcAttr{Setsid: true},
	})
	if err != nil {
		return "", err
	}
	defer proc.Release()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for {
		if url, ok := running(ctx, dir); ok {
			return url, nil
		}
		var ws syscall.WaitStatus
		if pid, err := syscall.Wait4(proc.Pid, &ws, syscall.WNOHANG, nil); err == nil && pid == proc.Pid {
			said, _ := os.ReadFile(filepath.Join(dir, logFile))
			return "", fmt.Errorf("the test server did not start: %s", strings.TrimSpace(string(said)))
		}
		select {
		case <-ctx.Done():
			return "", fmt.Errorf("the test server did not start in time, see %s: %w", filepath.Join(dir, logFile), ctx.Err())
		case <-tick.C:
		}
	}
}

// keep runs the server until nobody needs it.
func keep(dir string) error {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	data := filepath.Join(dir, dataDir)
	log := slog.New(slog.NewTextHandler(os.Stderr, nil))
	c, err := startFresh(ctx, data, log)
	if err != nil {
		return err
	}
	leave := make(chan os.Signal, 1)
	signal.Notify(leave, syscall.SIGUSR1)
	url, pid := filepath.Join(dir, urlFile), filepath.Join(dir, pidFile)
	if err := errors.Join(put(pid, strconv.Itoa(os.Getpid())), put(url, c.AdminURL())); err != nil {
		return errors.Join(err, c.Stop(ctx))
	}
	alone := watch(ctx, leave, dir, c)
	if alone != nil {
		defer alone.Close() // only when everything is stopped may the next one start
	}
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	err = errors.Join(os.Remove(url), c.Stop(ctx), os.Remove(pid))
	if strings.HasPrefix(dir, memory) {
		err = errors.Join(err, os.RemoveAll(data))
	}
	return err
}

// put writes a line beside its place and moves it there: a reader sees all of it or nothing.
func put(path, line string) error {
	if err := os.WriteFile(path+".new", []byte(line+"\n"), 0o600); err != nil {
		return err
	}
	return os.Rename(path+".new", path)
}

// startFresh starts the cluster, or a new one where the old was not ended in order: without
// fsync nobody can say what is left of it. The same goes for one of another major version.
func startFresh(ctx context.Context, data string, log *slog.Logger) (*cluster.Cluster, error) {
	o := cluster.Options{Dir: data, Log: log, Settings: map[string]string{
		"fsync": "off", "full_page_writes": "off", "synchronous_commit": "off",
		"max_connections": "300", "autovacuum": "off", "wal_level": "minimal", "max_wal_senders": "0",
		"log_min_messages": "fatal", // tests provoke errors by the hundred
	}}
	if strings.HasPrefix(data, memory) {
		o.Settings["max_wal_size"] = "256MB"
	}
	if _, err := os.Stat(filepath.Join(data, "pgdata", "postmaster.pid")); err == nil {
		// It may still be running below a killed keeper; Start ends that first.
		if c, err := cluster.Start(ctx, o); err == nil {
			if err := c.Stop(ctx); err != nil {
				return nil, err
			}
		}
		if err := os.RemoveAll(data); err != nil {
			return nil, err
		}
	}
	c, err := cluster.Start(ctx, o)
	if err == nil {
		return c, dropKept(ctx, c)
	}
	if ctx.Err() != nil {
		return nil, err
	}
	log.Warn("making the test cluster anew", "cause", err)
	if err := os.RemoveAll(data); err != nil {
		return nil, err
	}
	return cluster.Start(ctx, o)
}

// dropKept drops what failed tests have left.
func dropKept(ctx context.Context, c *cluster.Cluster) error {
	admin, err := pgxpool.New(ctx, c.AdminURL())
	if err != nil {
		return err
	}
	defer admin.Close()
	return (&host{admin: admin}).dropAll(ctx, keptPrefix)
}

// watch returns when the server is to be stopped. It returns users.lock, held alone, when nobody
// has used the server for a while; nil when the keeper was told to end or the server has ended.
func watch(ctx context.Context, leave <-chan os.Signal, dir string, c *cluster.Cluster) *os.File {
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	var quiet time.Duration
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-c.Done():
			return nil
		case <-leave:
			quiet = keepIdle
		case <-tick.C:
		}
		f, err := flock(filepath.Join(dir, usersLock), syscall.LOCK_EX|syscall.LOCK_NB)
		if err != nil {
			quiet = 0
			continue
		}
		quiet += time.Second
		limit := idle
		if quiet >= idle && visitors(ctx, c) {
			limit = keepIdle
		}
		if quiet >= limit {
			return f
		}
		_ = f.Close()
	}
}

// visitors reports whether a person may be looking: a failed test's database is kept, or
// something is connected.
func visitors(ctx context.Context, c *cluster.Cluster) bool {
	conn, err := pgx.Connect(ctx, c.AdminURL())
	if err != nil {
		return false
	}
	defer conn.Close(context.WithoutCancel(ctx))
	var yes bool
	err = conn.QueryRow(ctx, `SELECT EXISTS (SELECT FROM pg_database WHERE starts_with(datname::text, $1))
		OR EXISTS (SELECT FROM pg_stat_activity WHERE backend_type = 'client backend' AND pid <> pg_backend_pid())`,
		keptPrefix).Scan(&yes)
	return err == nil && yes
}

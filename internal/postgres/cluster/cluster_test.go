package cluster

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"daicho/internal/errs"
)

func TestStartMakesASafeCluster(t *testing.T) {
	dir := newDir(t)
	c := start(t, dir)
	admin := dial(t, c.AdminURL())
	for name, want := range map[string]string{
		"data_checksums": "on", "server_encoding": "UTF8", "listen_addresses": "", "fsync": "on",
		"full_page_writes": "on", "synchronous_commit": "on", "TimeZone": "UTC", "max_connections": "40",
	} {
		if got := ask[string](t, admin, "SELECT current_setting($1)", name); got != want {
			t.Errorf("%s = %q, want %q", name, got, want)
		}
	}
	for _, d := range []string{dir, filepath.Join(dir, socketName)} {
		info, err := os.Stat(d)
		if err != nil {
			t.Fatal(err)
		}
		if info.Mode().Perm() != 0o700 {
			t.Errorf("%s has mode %04o, want 0700", d, info.Mode().Perm())
		}
	}
	var st syscall.Stat_t
	if err := syscall.Stat(fmt.Sprintf("/proc/%d", postmaster(t, dir)), &st); err != nil {
		t.Fatal(err)
	}
	if st.Uid == 0 {
		t.Error("the server runs as root")
	}

	app := dial(t, c.AppURL())
	if got := ask[string](t, app, "SELECT current_user::text"); got != "daicho_app" {
		t.Errorf("AppURL logs in as %s", got)
	}
	if _, err := app.Exec(t.Context(), "SET ROLE daicho_owner"); err == nil {
		t.Error("the application's role may become the owner")
	}
	if _, err := app.Exec(t.Context(), "CREATE TABLE public.t (n int)"); err == nil {
		t.Error("the application's role may create tables")
	}
	for name, want := range map[string]string{
		"statement_timeout": "10s", "lock_timeout": "5s", "idle_in_transaction_session_timeout": "1min",
	} {
		if got := ask[string](t, app, "SELECT current_setting($1)", name); got != want {
			t.Errorf("%s of the application's role = %q, want %q", name, got, want)
		}
	}
	if owner := ask[string](t, dial(t, c.OwnerURL()), "SELECT datdba::regrole::text FROM pg_database WHERE datname = current_database()"); owner != "daicho_owner" {
		t.Errorf("the database belongs to %s", owner)
	}
}

func TestStopAndStartKeepsData(t *testing.T) {
	dir := seeded(t)
	c := start(t, dir)
	run(t, dial(t, c.OwnerURL()), "CREATE TABLE kept AS SELECT 42 AS n")
	stop(t, c)
	if n := servers(t, dir); n != 0 {
		t.Fatalf("%d servers after Stop", n)
	}
	select {
	case <-c.Done():
	default:
		t.Error("Done is not closed after Stop")
	}
	c = start(t, dir)
	if n := ask[int](t, dial(t, c.OwnerURL()), "SELECT n FROM kept"); n != 42 {
		t.Errorf("n = %d after a restart", n)
	}
}

func TestSecondStartIsRefused(t *testing.T) {
	dir := seeded(t)
	c := start(t, dir)
	_, err := Start(t.Context(), Options{Dir: dir})
	if errs.CodeOf(err) != CodeInUse {
		t.Fatalf("second Start = %v, want %s", err, CodeInUse)
	}
	if msg := errs.MessageOf(err); !strings.Contains(msg, dir) || !strings.Contains(msg, fmt.Sprint(os.Getpid())) {
		t.Errorf("message names neither the directory nor the process: %s", msg)
	}
	if n := servers(t, dir); n != 1 {
		t.Errorf("%d servers on one directory", n)
	}
	if ask[int](t, dial(t, c.AppURL()), "SELECT 1") != 1 {
		t.Error("the first server was disturbed")
	}
}

// A directory that cannot be used is refused before anything in it changes.
func TestRefusedUntouched(t *testing.T) {
	put := func(t *testing.T, path, text string) {
		t.Helper()
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for _, c := range []struct {
		name, code string
		words      []string
		fill       func(t *testing.T, dir string)
	}{
		{"other major", "cluster.major", []string{"PostgreSQL 12", "触れていません"}, func(t *testing.T, dir string) {
			put(t, filepath.Join(dir, pgName, "PG_VERSION"), "12\n")
		}},
		{"newer major", "cluster.major", []string{"PostgreSQL 99"}, func(t *testing.T, dir string) {
			put(t, filepath.Join(dir, pgName, "PG_VERSION"), "99\n")
		}},
		{"no version", "cluster.broken", []string{"PG_VERSION"}, func(t *testing.T, dir string) {
			put(t, filepath.Join(dir, pgName, "base", "1"), "x")
		}},
		{"somebody else's cluster", "cluster.foreign", []string{"PostgreSQL 13"}, func(t *testing.T, dir string) {
			put(t, filepath.Join(dir, "PG_VERSION"), "13\n")
		}},
		{"somebody else's files", "cluster.notempty", []string{"letters.txt"}, func(t *testing.T, dir string) {
			put(t, filepath.Join(dir, "letters.txt"), "dear")
		}},
		{"a file", "cluster.notdir", []string{"ディレクトリではありません"}, func(t *testing.T, dir string) {
			put(t, dir, "x")
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			dir := newDir(t)
			c.fill(t, dir)
			before := tree(t, dir)
			_, err := Start(t.Context(), Options{Dir: dir})
			if errs.CodeOf(err) != c.code {
				t.Fatalf("Start = %v, want %s", err, c.code)
			}
			for _, w := range c.words {
				if !strings.Contains(errs.MessageOf(err), w) {
					t.Errorf("message lacks %q: %s", w, errs.MessageOf(err))
				}
			}
			if after := tree(t, dir); after != before {
				t.Errorf("touched:\n%s\nbefore:\n%s", after, before)
			}
		})
	}
}

func TestPathWithCommaIsRefused(t *testing.T) {
	if _, err := Start(t.Context(), Options{Dir: newDir(t) + "/a,b"}); errs.CodeOf(err) != "cluster.path" {
		t.Errorf("Start = %v, want cluster.path", err)
	}
}

func TestLongPathIsRefusedInWords(t *testing.T) {
	dir := filepath.Join(newDir(t), strings.Repeat("長", 30))
	_, err := Start(t.Context(), Options{Dir: dir})
	if errs.CodeOf(err) != "cluster.path" || !strings.Contains(errs.MessageOf(err), "バイト") {
		t.Fatalf("Start = %v, want cluster.path", err)
	}
	if _, err := os.Stat(dir); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the directory was made: %v", err)
	}
}

// The longest path that is not refused must really work, and so must letters that the connection
// string and postgresql.conf would otherwise read as their own.
func TestOddPathsWork(t *testing.T) {
	base := newDir(t)
	room := maxSocketPath - len(filepath.Join(base, socketName, ".s.PGSQL.5432")) - 1
	for _, name := range []string{strings.Repeat("x", room), `台帳 "a"b'\&=%?#[1]*`} {
		c := start(t, filepath.Join(base, name))
		if ask[int](t, dial(t, c.AppURL()), "SELECT 1") != 1 {
			t.Errorf("no answer from %s", name)
		}
		stop(t, c)
	}
}

func TestClosedParentIsNamed(t *testing.T) {
	closed := filepath.Join(newDir(t), "closed")
	if err := os.MkdirAll(filepath.Join(closed, "in"), 0o700); err != nil {
		t.Fatal(err)
	}
	err := traversable(filepath.Join(closed, "in"), account{drop: true, uid: 54321, gid: 54321, name: "someone"})
	if errs.CodeOf(err) != "cluster.closed" || !strings.Contains(errs.MessageOf(err), "someone") {
		t.Errorf("traversable = %v, want cluster.closed with the account's name", err)
	}
	err = prepare(filepath.Join(closed, "new", "data"), account{drop: true, uid: 54321, gid: 54321, name: "someone"})
	if errs.CodeOf(err) != "cluster.closed" {
		t.Errorf("prepare = %v, want cluster.closed", err)
	}
	if _, err := os.Stat(filepath.Join(closed, "new")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("prepare made a directory although it refuses: %v", err)
	}
	if err := traversable("/usr/lib", account{drop: true, uid: 54321, gid: 54321}); err != nil {
		t.Errorf("traversable(/usr/lib) = %v", err)
	}
}

func TestCancelledStartLeavesNothing(t *testing.T) {
	dir := newDir(t)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := Start(ctx, Options{Dir: dir}); !errors.Is(err, context.Canceled) {
		t.Fatalf("Start = %v, want context.Canceled", err)
	}
	if n := servers(t, dir); n != 0 {
		t.Errorf("%d servers left", n)
	}
	start(t, dir)
}

package cluster

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
)

// A daicho that is killed takes its server along, and the next start finds every commit.
func TestKilledParent(t *testing.T) {
	dir := seeded(t)
	cmd, out := hold(t, dir)
	if !out.Scan() || out.Text() != "ready" {
		t.Fatalf("holder said %q", out.Text())
	}
	// The holder's connection strings are those of any cluster on dir.
	held := &Cluster{dir: dir}
	owner, err := pgx.Connect(t.Context(), held.OwnerURL())
	if err != nil {
		t.Fatal(err)
	}
	run(t, owner, "CREATE TABLE acknowledged AS SELECT generate_series(1, 10000) AS n")
	// A session that is busy when the blow comes must not keep the old server alive.
	go func() { _, _ = owner.Exec(context.Background(), "SELECT pg_sleep(600)") }()
	kill(t, cmd.Process.Pid)
	_ = cmd.Wait() // the lock is free when the process is gone, its server perhaps not
	c := start(t, dir)
	if n := ask[int](t, dial(t, c.OwnerURL()), "SELECT count(*) FROM acknowledged"); n != 10000 {
		t.Errorf("%d rows after the kill, want 10000", n)
	}
	if n := servers(t, dir); n != 1 {
		t.Errorf("%d servers on one directory", n)
	}
}

// A postmaster that is killed leaves its backends for a moment; the next start must wait for them
// rather than run beside them or give up.
func TestKilledPostmaster(t *testing.T) {
	dir := seeded(t)
	c := start(t, dir)
	owner := dial(t, c.OwnerURL())
	run(t, owner, "CREATE TABLE acknowledged AS SELECT generate_series(1, 10000) AS n")
	go func() {
		conn, err := pgx.Connect(context.Background(), c.OwnerURL())
		if err == nil {
			_, _ = conn.Exec(context.Background(), "SELECT count(*) FROM generate_series(1, 100000000)")
		}
	}()
	kill(t, postmaster(t, dir))
	<-c.Done()
	if err := c.Stop(t.Context()); err == nil {
		t.Error("Stop says nothing about a server that had died")
	}
	c = start(t, dir)
	if n := ask[int](t, dial(t, c.OwnerURL()), "SELECT count(*) FROM acknowledged"); n != 10000 {
		t.Errorf("%d rows after the kill, want 10000", n)
	}
}

// initdb is not atomic; a start killed in the middle of it must leave nothing that looks like data.
func TestKilledDuringInitdb(t *testing.T) {
	dir := newDir(t)
	cmd, _ := hold(t, dir)
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	for begun := false; !begun; <-tick.C {
		found, err := filepath.Glob(filepath.Join(dir, newPrefix+"*", "PG_VERSION"))
		if err != nil {
			t.Fatal(err)
		}
		begun = len(found) > 0
	}
	kill(t, cmd.Process.Pid)
	_ = cmd.Wait()
	if _, err := os.Stat(filepath.Join(dir, pgName)); err == nil {
		t.Fatal("the cluster was complete before the blow: nothing was tested")
	}
	c := start(t, dir)
	if ask[int](t, dial(t, c.AppURL()), "SELECT 1") != 1 {
		t.Error("no answer")
	}
	if left, _ := filepath.Glob(filepath.Join(dir, newPrefix+"*")); len(left) > 0 {
		t.Errorf("left over: %v", left)
	}
}

// After a power cut the number in postmaster.pid may belong to any process, in a container it
// usually does; or the file may be empty. PostgreSQL alone would refuse to start.
func TestStalePidFile(t *testing.T) {
	dir, other := seeded(t), seeded(t)
	start(t, other)
	sleeper := exec.Command("sleep", "600")
	if err := sleeper.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = sleeper.Process.Kill(); _ = sleeper.Wait() })
	rest := "\n" + filepath.Join(dir, pgName) + "\n1700000000\n5432\n\n\n  1  1\nready   \n"
	for name, text := range map[string]string{
		"another program":     strconv.Itoa(sleeper.Process.Pid) + rest,
		"another cluster":     strconv.Itoa(postmaster(t, other)) + rest,
		"nobody":              "4194303" + rest,
		"empty":               "",
		"init of a container": "1" + rest,
	} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(dir, pgName, "postmaster.pid")
			if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
			as, err := serviceAccount(dir)
			if err != nil {
				t.Fatal(err)
			}
			if err := as.own(path); err != nil {
				t.Fatal(err)
			}
			stop(t, start(t, dir))
		})
	}
	if servers(t, other) != 1 {
		t.Error("the other cluster was stopped")
	}
}

// A server that survived its daicho (started by hand, or a kernel without the signal) is stopped
// in order before a new one starts: never two on one directory.
func TestLiveLeftoverIsStopped(t *testing.T) {
	dir := seeded(t)
	c := start(t, dir)
	stop(t, c)
	as, err := serviceAccount(dir)
	if err != nil {
		t.Fatal(err)
	}
	args := []string{"-D", filepath.Join(dir, pgName), "-c", "listen_addresses=", "-c", "unix_socket_directories=" + filepath.Join(dir, socketName)}
	var said lastLines
	orphan, err := spawn(as, 9, said.add, c.bin.path("postgres"), args...)
	if err != nil {
		t.Fatal(err)
	}
	c.server = orphan
	if err := c.ready(t.Context()); err != nil {
		t.Fatal(err, said.text())
	}
	fresh := start(t, dir)
	<-orphan.done
	if orphan.err != nil || !strings.Contains(said.text(), "shut down") {
		t.Errorf("the old server ended by %v: %s", orphan.err, said.text())
	}
	if servers(t, dir) != 1 {
		t.Error("not one server")
	}
	if ask[int](t, dial(t, fresh.AppURL()), "SELECT 1") != 1 {
		t.Error("no answer")
	}
}

package cluster

import (
	"bufio"
	"context"
	"io"
	"log/slog"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"syscall"
)

// child is a program of PostgreSQL that runs below this process.
type child struct {
	proc *os.Process
	done chan struct{} // closed when the program has ended and its output is read
	err  error         // how it ended; read only after done
}

// spawn starts a program as the service account. death is the signal that the kernel sends to it
// when this process dies, however it dies, so that a kill -9 never leaves a server behind that
// holds the data directory. Output goes line by line to sink.
func spawn(as account, death syscall.Signal, sink func(string), path string, args ...string) (*child, error) {
	r, w, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	cmd := exec.Command(path, args...) //nolint:noctx // it outlives every context; end stops it
	cmd.Dir = "/"                      // the working directory may be closed to the service account
	cmd.Env = childEnv()
	cmd.Stdout, cmd.Stderr = w, w
	cmd.SysProcAttr = &syscall.SysProcAttr{
		Setpgid:    true, // a Ctrl-C in the terminal reaches this process only, which then stops the server in order
		Pdeathsig:  death,
		Credential: as.credential(),
	}
	c := &child{done: make(chan struct{})}
	started := make(chan error)
	go func() {
		// The kernel's "parent" of Pdeathsig is the thread that forked, not the process: keep it.
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		err := cmd.Start()
		_ = w.Close()
		if err == nil {
			c.proc = cmd.Process
		}
		started <- err
		if err != nil {
			_ = r.Close()
			return
		}
		read := make(chan struct{})
		go func() {
			lines(r, sink)
			close(read)
		}()
		c.err = cmd.Wait()
		<-read
		close(c.done)
	}()
	if err := <-started; err != nil {
		return nil, err
	}
	return c, nil
}

// lines hands each line to sink until every holder of the other end has closed it.
func lines(r io.ReadCloser, sink func(string)) {
	defer func() { _ = r.Close() }()
	sc := bufio.NewScanner(r)
	sc.Buffer(nil, 1<<20)
	for sc.Scan() {
		sink(sc.Text())
	}
	_, _ = io.Copy(io.Discard, r) // a line beyond the buffer must not block the server
}

// wait returns how the program ended, or the context's error if that comes first.
func (c *child) wait(ctx context.Context) error {
	select {
	case <-c.done:
		return c.err
	case <-ctx.Done():
		return ctx.Err()
	}
}

// childEnv is the whole environment of a child: none of the caller's PG… variables, which would
// point the programs elsewhere, and none of its secrets.
func childEnv() []string {
	env := []string{"LC_ALL=C.UTF-8", "TZ=UTC"}
	for _, name := range []string{"PATH", "LD_LIBRARY_PATH"} {
		if v, ok := os.LookupEnv(name); ok {
			env = append(env, name+"="+v)
		}
	}
	return env
}

// logLine passes a line of the server's log on at the level that its prefix tells. FATAL ends one
// session, not the server; while it starts and stops, that is what every caller is told.
func logLine(log *slog.Logger, line string) {
	say := log.Debug
	switch {
	case strings.HasPrefix(line, "PANIC:"):
		say = log.Error
	case strings.HasPrefix(line, "FATAL:  the database system is"), strings.HasPrefix(line, "FATAL:  terminating"):
	case strings.HasPrefix(line, "FATAL:"), strings.HasPrefix(line, "ERROR:"), strings.HasPrefix(line, "WARNING:"):
		say = log.Warn
	}
	say(line, "from", "postgres")
}

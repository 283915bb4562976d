package cluster

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"

	"daicho/internal/errs"
)

// How long a server that a killed daicho has left behind may take to end: first by a fast
// shutdown with its checkpoint, then by an immediate one.
const (
	fastGrace      = 60 * time.Second
	immediateGrace = 10 * time.Second
	poll           = 50 * time.Millisecond
)

// clearLeftover ends a server that still runs on pgdata although no daicho does (the caller holds
// the lock), and removes a postmaster.pid that names a process which is something else: after a
// power cut the number may belong to anyone, and in a container it usually does, and PostgreSQL
// would then refuse to start. Backends without a postmaster are left to PostgreSQL, which finds
// their shared memory by the inode of the directory and refuses; see launch.
func clearLeftover(ctx context.Context, pgdata string, log *slog.Logger) error {
	path := filepath.Join(pgdata, "postmaster.pid")
	text, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return dirError(pgdata, err)
	}
	first, _, _ := strings.Cut(string(text), "\n")
	pid, err := strconv.Atoi(strings.TrimSpace(first))
	if err != nil || pid <= 1 {
		// A power cut can leave the file empty; PostgreSQL takes that for a server that starts.
		log.Info("removing an unreadable postmaster.pid", "dir", pgdata)
		return removeFile(path)
	}
	switch whose(pid, pgdata) {
	case gone:
		return nil // PostgreSQL recovers by itself
	case ended:
		// It still has its number until its parent looks, and PostgreSQL would take it for alive.
		log.Info("removing the lock files of a process that has ended", "dir", pgdata, "pid", pid)
		return removeLocks(pgdata)
	case stranger:
		log.Info("removing lock files that name another process", "dir", pgdata, "pid", pid)
		return removeLocks(pgdata)
	case unclear:
		return inUse(filepath.Dir(pgdata), strconv.Itoa(pid))
	case ours:
	}
	log.Warn("stopping a server left by a killed process", "dir", pgdata, "pid", pid)
	for _, step := range []struct {
		sig   syscall.Signal
		grace time.Duration
	}{{syscall.SIGINT, fastGrace}, {syscall.SIGQUIT, immediateGrace}} {
		if err := syscall.Kill(pid, step.sig); err != nil && !errors.Is(err, syscall.ESRCH) {
			return inUse(filepath.Dir(pgdata), strconv.Itoa(pid))
		}
		over, err := awaitEnd(ctx, pid, pgdata, step.grace)
		if err != nil {
			return err
		}
		if over { // it may have died without tidying up: look again
			return clearLeftover(ctx, pgdata, log)
		}
	}
	return inUse(filepath.Dir(pgdata), strconv.Itoa(pid))
}

func awaitEnd(ctx context.Context, pid int, pgdata string, grace time.Duration) (bool, error) {
	limit := time.NewTimer(grace)
	defer limit.Stop()
	tick := time.NewTicker(poll)
	defer tick.Stop()
	for whose(pid, pgdata) == ours {
		select {
		case <-ctx.Done():
			return false, ctx.Err()
		case <-limit.C:
			return false, nil
		case <-tick.C:
		}
	}
	return true, nil
}

type owner uint8

const (
	gone     owner = iota // no such process
	ended                 // ended, and its parent has not looked yet
	stranger              // a process, but not a server on this directory
	ours                  // a server on this directory
	unclear               // a server, and the kernel does not tell on which directory
)

// whose judges what the process with this number has to do with pgdata. A server's working
// directory is its data directory; where the kernel hides it (another account without the right
// to trace), the command line serves, since this package always starts it with an absolute path.
func whose(pid int, pgdata string) owner {
	proc := fmt.Sprintf("/proc/%d/", pid)
	stat, err := os.ReadFile(proc + "stat")
	if err != nil {
		return gone
	}
	if i := bytes.LastIndexByte(stat, ')'); i >= 0 && bytes.HasPrefix(stat[i:], []byte(") Z")) {
		return ended
	}
	comm, err := os.ReadFile(proc + "comm")
	if err != nil {
		return gone
	}
	if c := strings.TrimSpace(string(comm)); c != "postgres" && c != "postmaster" {
		return stranger
	}
	want, err := os.Stat(pgdata)
	if err != nil {
		return unclear
	}
	if cwd, err := os.Stat(proc + "cwd"); err == nil {
		if os.SameFile(cwd, want) {
			return ours
		}
		return stranger
	}
	args, err := os.ReadFile(proc + "cmdline")
	if err != nil {
		return unclear
	}
	for arg := range bytes.SplitSeq(args, []byte{0}) {
		if string(arg) == pgdata {
			return ours
		}
	}
	return unclear
}

// removeLocks takes away what a server that is no more has left to say that it runs: the file beside
// its data and those beside its sockets, which name the same process.
func removeLocks(pgdata string) error {
	locks, err := filepath.Glob(filepath.Join(filepath.Dir(pgdata), socketName, ".s.PGSQL.*.lock"))
	if err != nil {
		return dirError(pgdata, err)
	}
	for _, path := range append(locks, filepath.Join(pgdata, "postmaster.pid")) {
		if err := removeFile(path); err != nil {
			return err
		}
	}
	return nil
}

func removeFile(path string) error {
	if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return &errs.Error{Kind: errs.Invalid, Code: "cluster.dir", Err: err,
			Message: path + " を消せません。データディレクトリの権限を確かめてください"}
	}
	return nil
}

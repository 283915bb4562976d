package cluster

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"

	"daicho/internal/errs"
)

// hba lets in whoever reaches the socket, as any role. The socket lies in a directory with mode
// 0700: only the account that owns the data files can reach it (and root), and that account could
// rewrite this file anyway, so a password would have to be stored beside what it guards. No line
// for TCP: nothing listens there.
const hba = `# Written by daicho. The socket directory (mode 0700) is the access control.
local all all trust
`

// defaults go into postgresql.conf, where the operator may change them. What must hold is given
// on the command line at every start (see settings).
const defaults = `
# Written by daicho; may be changed.
shared_buffers = 128MB
max_connections = 40
work_mem = 8MB
maintenance_work_mem = 128MB
max_wal_size = 1GB
wal_compression = on
`

// initialise makes the cluster in a directory beside its place and moves it there when it is
// complete and on disk: whatever stops it half way, the next start begins from nothing.
func initialise(ctx context.Context, dir string, bin binaries, as account) error {
	if err := sweep(dir); err != nil {
		return err
	}
	tmp, err := os.MkdirTemp(dir, newPrefix)
	if err != nil {
		return dirError(dir, err)
	}
	defer os.RemoveAll(tmp) // after the rename there is nothing left to remove
	if err := as.own(tmp); err != nil {
		return dirError(dir, err)
	}
	var mu sync.Mutex
	var said bytes.Buffer
	sink := func(line string) {
		mu.Lock()
		defer mu.Unlock()
		said.WriteString(line + "\n")
	}
	c, err := spawn(as, syscall.SIGKILL, sink, bin.path("initdb"), "--pgdata", tmp,
		"--username", superuser, "--auth", "trust", "--data-checksums", "--encoding", "UTF8",
		"--locale", "C.UTF-8", "--text-search-config", "simple")
	if err != nil {
		return fmt.Errorf("initdb: %w", err)
	}
	if err := c.wait(ctx); err != nil {
		_ = c.proc.Signal(syscall.SIGTERM)
		<-c.done
		if ctx.Err() != nil {
			return ctx.Err()
		}
		return &errs.Error{Kind: errs.Invalid, Code: "cluster.initdb",
			Err:     fmt.Errorf("initdb: %w: %s", err, strings.TrimSpace(said.String())),
			Message: fmt.Sprintf("データディレクトリ %s に PostgreSQL のデータを作れませんでした。空き容量と権限を確かめてください（詳しくはログ）", dir)}
	}
	for _, f := range []struct {
		name, text string
		flag       int
	}{{"pg_hba.conf", hba, os.O_TRUNC}, {"postgresql.conf", defaults, os.O_APPEND}} {
		if err := write(filepath.Join(tmp, f.name), f.text, f.flag); err != nil {
			return dirError(dir, err)
		}
	}
	if err := os.Rename(tmp, filepath.Join(dir, pgName)); err != nil {
		return dirError(dir, err)
	}
	return syncDir(dir)
}

// sweep removes what an interrupted initialise has left.
func sweep(dir string) error {
	old, err := filepath.Glob(filepath.Join(escapeGlob(dir), newPrefix+"*"))
	if err != nil {
		return dirError(dir, err)
	}
	for _, path := range old {
		if err := os.RemoveAll(path); err != nil {
			return dirError(dir, err)
		}
	}
	return nil
}

var globMeta = strings.NewReplacer(`\`, `\\`, `*`, `\*`, `?`, `\?`, `[`, `\[`)

func escapeGlob(path string) string { return globMeta.Replace(path) }

// write changes a file that initdb made; it keeps its owner.
func write(path, text string, flag int) error {
	f, err := os.OpenFile(path, os.O_WRONLY|syscall.O_NOFOLLOW|flag, 0o600)
	if err != nil {
		return err
	}
	if _, err := f.WriteString(text); err != nil {
		_ = f.Close()
		return err
	}
	if err := f.Sync(); err != nil {
		_ = f.Close()
		return err
	}
	return f.Close()
}

func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return dirError(dir, err)
	}
	defer d.Close()
	if err := d.Sync(); err != nil {
		return dirError(dir, err)
	}
	return nil
}

package cluster

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/user"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"

	"daicho/internal/errs"
)

// What lies in the data directory.
const (
	lockName   = "daicho.lock"
	pgName     = "pgdata"
	newPrefix  = "pgdata.new-" // an initdb that is not finished
	socketName = "run"
)

// maxSocketPath is the room in sockaddr_un on Linux without the closing zero.
const maxSocketPath = 107

// account is the operating-system account that the server runs as. The zero value means: as this
// process, without a change.
type account struct {
	drop     bool
	uid, gid int
	name     string
}

func (a account) credential() *syscall.Credential {
	if !a.drop {
		return nil
	}
	return &syscall.Credential{Uid: uint32(a.uid), Gid: uint32(a.gid)} //nolint:gosec // ids come from the system and fit
}

// own gives a file to the account.
func (a account) own(path string) error {
	if !a.drop {
		return nil
	}
	return os.Lchown(path, a.uid, a.gid)
}

// serviceAccount chooses whom the server runs as. PostgreSQL refuses root, so root steps down to
// the owner of the data if there is data, else to "postgres", which the packages create, else to
// "nobody".
func serviceAccount(dir string) (account, error) {
	if os.Geteuid() != 0 {
		return account{}, nil
	}
	var st syscall.Stat_t
	if err := syscall.Stat(filepath.Join(dir, pgName), &st); err == nil {
		if st.Uid == 0 {
			return account{}, errs.New(errs.Conflict, "cluster.owner", fmt.Sprintf(
				"%s の所有者が root です。PostgreSQL は root では動きません。「chown -R postgres: %s」で所有者を変えてください", dir, dir))
		}
		a := account{drop: true, uid: int(st.Uid), gid: int(st.Gid), name: "uid " + strconv.Itoa(int(st.Uid))}
		if u, err := user.LookupId(strconv.Itoa(a.uid)); err == nil {
			a.name = u.Username
		}
		return a, nil
	}
	for _, name := range []string{"postgres", "nobody"} {
		u, err := user.Lookup(name)
		if err != nil {
			continue
		}
		uid, errU := strconv.Atoi(u.Uid)
		gid, errG := strconv.Atoi(u.Gid)
		if errU != nil || errG != nil || uid == 0 {
			continue
		}
		return account{drop: true, uid: uid, gid: gid, name: name}, nil
	}
	return account{}, errs.New(errs.Invalid, "cluster.account",
		"PostgreSQL は root では動かず、代わりに使う利用者 postgres がありません。「useradd --system postgres」で作るか、root 以外の利用者で起動してください")
}

// checkDir refuses a directory that cannot hold a cluster, before anything in it is touched.
func checkDir(dir string) error {
	if socket := filepath.Join(dir, socketName, ".s.PGSQL.5432"); len(socket) > maxSocketPath {
		return errs.New(errs.Invalid, "cluster.path", fmt.Sprintf(
			"データディレクトリの場所が長すぎます（%s は %d バイト。上限は %d バイト）。もっと短い場所を指定してください",
			dir, len(dir), maxSocketPath-(len(socket)-len(dir))))
	}
	if strings.ContainsFunc(dir, func(r rune) bool { return r == ',' || r < ' ' }) {
		return errs.New(errs.Invalid, "cluster.path", fmt.Sprintf(
			"データディレクトリの場所 %q にはコンマや制御文字を使えません。別の場所を指定してください", dir)) // a comma separates hosts
	}
	info, err := os.Stat(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return dirError(dir, err)
	}
	if !info.IsDir() {
		return errs.New(errs.Invalid, "cluster.notdir", dir+" はディレクトリではありません。データディレクトリを指定してください")
	}
	if major, ok := readMajor(dir); ok {
		return errs.New(errs.Conflict, "cluster.foreign", fmt.Sprintf(
			"%s は PostgreSQL %d のデータディレクトリそのもので、このプログラムが作ったものではありません。触れていません。空のディレクトリを指定してください", dir, major))
	}
	entries, err := os.ReadDir(dir)
	if err != nil {
		return dirError(dir, err)
	}
	ours, other := false, ""
	for _, e := range entries {
		switch name := e.Name(); name {
		case lockName, pgName:
			ours = true
		case "lost+found": // the root of a file system of its own
		default:
			other = name
		}
	}
	if !ours && other != "" {
		return errs.New(errs.Conflict, "cluster.notempty", fmt.Sprintf(
			"%s には別のもの（%s など）が入っています。触れていません。空のディレクトリか、まだ無い場所を指定してください", dir, other))
	}
	return nil
}

// prepare makes the data directory and its socket directory, both closed to everybody but the
// service account. Whoever reaches the socket is let in as any database role (see initdb.go), so
// these permissions are the lock on the door.
func prepare(dir string, as account) error {
	there := filepath.Dir(dir)
	for there != filepath.Dir(there) {
		if _, err := os.Stat(there); !errors.Is(err, fs.ErrNotExist) {
			break
		}
		there = filepath.Dir(there)
	}
	if err := traversable(there, as); err != nil { // before anything is made
		return err
	}
	if err := os.MkdirAll(filepath.Dir(dir), 0o755); err != nil { //nolint:gosec // the parents of a data home, as mkdir -p would make them
		return dirError(dir, err)
	}
	if err := traversable(filepath.Dir(dir), as); err != nil {
		return err
	}
	for _, d := range []string{dir, filepath.Join(dir, socketName)} {
		if err := os.Mkdir(d, 0o700); err != nil && !errors.Is(err, fs.ErrExist) {
			return dirError(dir, err)
		}
		if err := as.own(d); err != nil {
			return dirError(dir, err)
		}
		if err := os.Chmod(d, 0o700); err != nil { //nolint:gosec // a directory needs the execute bit
			return dirError(dir, err)
		}
	}
	return nil
}

// traversable says in words which directory on the way is closed to the service account. Without
// it, initdb would only say "could not change directory".
func traversable(dir string, as account) error {
	if !as.drop {
		return nil
	}
	for d := dir; ; d = filepath.Dir(d) {
		var st syscall.Stat_t
		if err := syscall.Stat(d, &st); err != nil {
			return dirError(d, err)
		}
		bit := uint32(0o001)
		switch {
		case int(st.Uid) == as.uid:
			bit = 0o100
		case int(st.Gid) == as.gid:
			bit = 0o010
		}
		if st.Mode&bit == 0 {
			return errs.New(errs.Invalid, "cluster.closed", fmt.Sprintf(
				"root で起動したので PostgreSQL は利用者 %s で動きますが、%s（権限 %04o）の中に入れません。/var/lib/daicho のような場所を指定してください",
				as.name, d, st.Mode&0o7777))
		}
		if d == filepath.Dir(d) {
			return nil
		}
	}
}

// lock takes the directory for this process. The kernel gives it back when the process ends in
// any way, so that nothing has to be cleaned up after a kill.
func lock(dir string) (*os.File, error) {
	path := filepath.Join(dir, lockName)
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE|syscall.O_NOFOLLOW, 0o600)
	if err != nil {
		return nil, dirError(dir, err)
	}
	err = syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
	if errors.Is(err, syscall.EWOULDBLOCK) {
		who, _ := os.ReadFile(path)
		_ = f.Close()
		return nil, inUse(dir, strings.TrimSpace(string(who)))
	}
	if err == nil {
		err = f.Truncate(0)
	}
	if err == nil {
		_, err = f.WriteAt([]byte(strconv.Itoa(os.Getpid())+"\n"), 0)
	}
	if err != nil {
		_ = f.Close()
		return nil, dirError(dir, err)
	}
	return f, nil
}

// CodeInUse is the code of the error for a directory that another process serves.
const CodeInUse = "cluster.inuse"

func inUse(dir, pid string) error {
	who := "別の daicho"
	if pid != "" {
		who += "（プロセス番号 " + pid + "）"
	}
	return errs.New(errs.Conflict, CodeInUse, fmt.Sprintf(
		"データディレクトリ %s は%sが使用中です。そちらを止めてから起動するか、別のデータディレクトリを指定してください", dir, who))
}

func dirError(dir string, err error) error {
	var e *errs.Error
	if errors.As(err, &e) {
		return err
	}
	reason := "読み書きできません"
	switch {
	case errors.Is(err, fs.ErrPermission):
		reason = "読み書きする権限がありません。所有者と権限を確かめてください"
	case errors.Is(err, syscall.ENOSPC):
		reason = "書き込む空き容量がありません。容量を空けてからもう一度起動してください"
	case errors.Is(err, syscall.EROFS):
		reason = "読み取り専用です。書き込める場所を指定してください"
	}
	return &errs.Error{Kind: errs.Invalid, Code: "cluster.dir", Err: err,
		Message: fmt.Sprintf("データディレクトリ %s は%s", dir, reason)}
}

// readMajor returns the major version of the PostgreSQL data in dir, if there is any.
func readMajor(dir string) (int, bool) {
	text, err := os.ReadFile(filepath.Join(dir, "PG_VERSION"))
	if err != nil {
		return 0, false
	}
	major, err := strconv.Atoi(strings.TrimSpace(string(text)))
	return major, err == nil
}

// cancelled turns an error into the context's when that is the cause.
func cancelled(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	return err
}

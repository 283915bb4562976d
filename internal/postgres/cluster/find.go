package cluster

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"daicho/internal/errs"
	"daicho/internal/postgres/schema"
)

// BinDirEnv names the environment variable with the directory of initdb and postgres; it comes
// after Options.BinDir and before PATH.
const BinDirEnv = "DAICHO_PG_BINDIR"

// versioned lists where packages put the binaries that are not on PATH: Debian and Ubuntu, the
// RPM packages of postgresql.org, and a build from source.
var versioned = []string{"/usr/lib/postgresql/*/bin", "/usr/pgsql-*/bin", "/usr/local/pgsql/bin"}

// binaries is one installation of the PostgreSQL server.
type binaries struct {
	dir   string
	major int
}

func (b binaries) path(name string) string { return filepath.Join(b.dir, name) }

// find returns the installation to use. With major > 0 only that major version will do, because a
// data directory can be opened by no other.
func find(ctx context.Context, flagDir string, major int) (binaries, error) {
	dirs := candidates(flagDir)
	var seen []string
	for _, dir := range dirs {
		b, err := inspect(ctx, dir)
		if err != nil {
			if dir == flagDir || dir == os.Getenv(BinDirEnv) {
				return binaries{}, &errs.Error{Kind: errs.Invalid, Code: "cluster.bindir", Err: err,
					Message: dir + " に PostgreSQL の実行ファイル（initdb と postgres）がありません。指定を確かめてください"}
			}
			continue
		}
		if major == 0 && b.major >= schema.MinMajor || major == b.major {
			return b, nil
		}
		seen = append(seen, fmt.Sprintf("%d（%s）", b.major, b.dir))
	}
	return binaries{}, notFound(major, seen)
}

func notFound(major int, seen []string) error {
	slices.Sort(seen)
	have := strings.Join(slices.Compact(seen), "、")
	switch {
	case len(seen) == 0:
		return errs.New(errs.Invalid, "cluster.missing", fmt.Sprintf(
			"PostgreSQL が見つかりません。「sudo apt-get install postgresql」で入れるか、実行ファイルのディレクトリを環境変数 %s で指定してください（PostgreSQL %d 以上）",
			BinDirEnv, schema.MinMajor))
	case major == 0:
		return errs.New(errs.Invalid, "cluster.old", fmt.Sprintf(
			"PostgreSQL %d 以上が必要ですが、見つかったのは %s だけです", schema.MinMajor, have))
	default:
		return errs.New(errs.Conflict, "cluster.major", fmt.Sprintf(
			"データディレクトリは PostgreSQL %d のものですが、使える PostgreSQL は %s です。データには触れていません。PostgreSQL %d を入れて起動してください",
			major, have, major))
	}
}

// candidates lists directories in the order of preference: flag, environment, PATH, versioned
// directories with the newest first. What was named explicitly is the only candidate.
func candidates(flagDir string) []string {
	if flagDir != "" {
		return []string{flagDir}
	}
	if dir := os.Getenv(BinDirEnv); dir != "" {
		return []string{dir}
	}
	var dirs []string
	for _, dir := range filepath.SplitList(os.Getenv("PATH")) {
		if filepath.IsAbs(dir) { // never a program from wherever this was started
			dirs = append(dirs, dir)
		}
	}
	for _, pattern := range versioned {
		found, err := filepath.Glob(pattern)
		if err != nil {
			continue // only a malformed pattern can fail, and these are constants
		}
		slices.SortFunc(found, func(a, b string) int { return numberIn(b) - numberIn(a) })
		dirs = append(dirs, found...)
	}
	return dirs
}

var digits = regexp.MustCompile(`\d+`)

// numberIn returns the version in the directory above bin: 15 of …/15/bin and of …/pgsql-15/bin.
func numberIn(path string) int {
	n, err := strconv.Atoi(digits.FindString(filepath.Base(filepath.Dir(path))))
	if err != nil {
		return 0
	}
	return n
}

var versionLine = regexp.MustCompile(`\(PostgreSQL\) (\d+)`)

// inspect returns the installation in dir. Both programs must be there: a directory with psql
// alone, such as /usr/bin on Debian, is not a server.
func inspect(ctx context.Context, dir string) (binaries, error) {
	b := binaries{dir: dir}
	for _, name := range []string{"initdb", "postgres"} {
		if info, err := os.Stat(b.path(name)); err != nil || info.IsDir() || info.Mode()&0o111 == 0 {
			return binaries{}, fmt.Errorf("%s: no executable %s", dir, name)
		}
	}
	cmd := exec.CommandContext(ctx, b.path("postgres"), "--version")
	cmd.Env = childEnv()
	out, err := cmd.Output()
	if err != nil {
		return binaries{}, fmt.Errorf("%s: %w", b.path("postgres"), err)
	}
	m := versionLine.FindSubmatch(out)
	if m == nil {
		return binaries{}, fmt.Errorf("%s: unknown version %q", b.path("postgres"), out)
	}
	b.major, err = strconv.Atoi(string(m[1]))
	return b, err
}

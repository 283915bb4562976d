package arch

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

const module = "daicho"

// root is the top of the checkout, seen from this folder.
const root = "../.."

// source is one Go file with its imports.
type source struct {
	path    string // from the top: internal/app/submit.go
	pkg     string // folder from the top: internal/app
	test    bool
	imports []string
	file    *ast.File
	set     *token.FileSet
}

func sources(t *testing.T) []source {
	t.Helper()
	var out []source
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		name := d.Name()
		if d.IsDir() && (strings.HasPrefix(name, ".") && path != root || name == "build" || name == "node_modules" || name == "testdata" || name == "keep") {
			return filepath.SkipDir
		}
		if d.IsDir() || !strings.HasSuffix(name, ".go") {
			return nil
		}
		set := token.NewFileSet()
		f, err := parser.ParseFile(set, path, nil, parser.ParseComments)
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(root, path)
		if err != nil {
			return err
		}
		s := source{path: filepath.ToSlash(rel), pkg: filepath.ToSlash(filepath.Dir(rel)), test: strings.HasSuffix(name, "_test.go"), file: f, set: set}
		for _, im := range f.Imports {
			p, err := strconv.Unquote(im.Path.Value)
			if err != nil {
				return err
			}
			s.imports = append(s.imports, p)
		}
		out = append(out, s)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(out) < 100 {
		t.Fatalf("only %d Go files found: the walk does not see the tree", len(out))
	}
	return out
}

// The rooms of the house. A package that stands in none of them fails the test, so that a new one is
// placed on purpose.
var (
	leaves   = []string{"errs", "form", "jpdate", "jptext"}
	features = []string{"account", "approval", "asset", "attach", "check", "classify", "control", "intake", "ledger", "org", "pack", "relation", "trail", "zone"}
	// testing libraries and tests about the program: only tests import them.
	testOnly = []string{"arch", "browsertest", "fixture", "htmltest", "pgtest", "servertest", "synth"}
)

func in(list []string, pkg string) bool {
	name, ok := strings.CutPrefix(pkg, "internal/")
	return ok && slices.Contains(list, strings.SplitN(name, "/", 2)[0])
}

// mayImport says whether a package may import another package of this module.
func mayImport(from, to string) bool {
	internal := func(list []string, p string) bool { return in(list, p) }
	leaf := func(p string) bool { return internal(leaves, p) }
	feature := func(p string) bool { return internal(features, p) }
	shell := func(p string) bool {
		return p == "web/page" || p == "web/ui" || p == "web/layout" || strings.HasPrefix(p, "web/static")
	}
	switch {
	case leaf(from):
		return leaf(to)
	case feature(from):
		return leaf(to) || feature(to)
	case from == "internal/authz":
		return leaf(to) || to == "internal/org"
	case from == "internal/postgres" || strings.HasPrefix(from, "internal/postgres/"):
		return leaf(to) || feature(to) || to == "internal/authz" || to == "migrations" || strings.HasPrefix(to, "internal/postgres/")
	case from == "internal/app":
		return leaf(to) || feature(to) || to == "internal/authz" || to == "internal/postgres"
	case shell(from):
		return leaf(to) || to == "internal/authz" || to == "internal/classify" || to == "internal/asset" || shell(to)
	case strings.HasPrefix(from, "web/"):
		return leaf(to) || feature(to) || to == "internal/authz" || to == "internal/app" || shell(to)
	case from == "internal/server":
		return leaf(to) || feature(to) || to == "internal/authz" || to == "internal/app" || strings.HasPrefix(to, "web/")
	case strings.HasPrefix(from, "cmd/"):
		return true
	case from == "packs" || from == "migrations":
		return false
	}
	return internal(testOnly, from) || strings.HasPrefix(from, "e2e") || strings.HasPrefix(from, "internal/setup")
}

func TestImportsFollowTheArrows(t *testing.T) {
	for _, s := range sources(t) {
		if s.test {
			continue
		}
		for _, im := range s.imports {
			to, ok := strings.CutPrefix(im, module+"/")
			if !ok {
				continue
			}
			if !mayImport(s.pkg, to) {
				t.Errorf("%s imports %s: no arrow leads there", s.path, to)
			}
			if in(testOnly, to) && !in(testOnly, s.pkg) && !strings.HasPrefix(s.pkg, "e2e") {
				t.Errorf("%s imports %s, which is for tests", s.path, to)
			}
		}
	}
}

func TestOnlyTheirRoomsKnowTheTechnology(t *testing.T) {
	rules := []struct {
		prefix string
		rooms  []string
		why    string
	}{
		{"github.com/jackc/pgx", []string{"internal/postgres", "internal/pgtest", "internal/synth", "e2e"}, "SQL is in postgres"},
		{"github.com/a-h/templ", []string{"web"}, "markup is in web"},
		{"net/http", []string{"internal/server", "internal/htmltest", "internal/servertest", "web", "cmd", "e2e", "internal/pgtest"}, "requests are at the edge"},
		{"github.com/go-chi", []string{"internal/server"}, "routing is in server"},
		{"github.com/xuri/excelize", []string{"internal/ledger", "internal/intake"}, "xlsx is read and written in one place each"},
		{"database/sql", []string{"internal/postgres"}, "SQL is in postgres"},
		{"golang.org/x/mod", []string{"internal/trail"}, "the Merkle log and its signatures are in trail"},
	}
	for _, s := range sources(t) {
		if s.test {
			continue
		}
		for _, im := range s.imports {
			for _, r := range rules {
				if im != r.prefix && !strings.HasPrefix(im, r.prefix+"/") {
					continue
				}
				if !slices.ContainsFunc(r.rooms, func(room string) bool { return s.pkg == room || strings.HasPrefix(s.pkg, room+"/") }) {
					t.Errorf("%s imports %s: %s", s.path, im, r.why)
				}
			}
		}
	}
}

// pure packages have no context, no input and output, and no clock.
func TestPurePackagesArePure(t *testing.T) {
	banned := []string{"context", "os", "net", "net/http", "database/sql", "log", "log/slog", "os/exec", "math/rand", "math/rand/v2"}
	for _, s := range sources(t) {
		pure := in(leaves, s.pkg) || in(features, s.pkg) || s.pkg == "internal/authz"
		if s.test || !pure {
			continue
		}
		for _, im := range s.imports {
			if slices.Contains(banned, im) {
				t.Errorf("%s imports %s: a pure package decides, it does not act", s.path, im)
			}
		}
	}
}

// The database's clock is the only one that counts; time.Now stands only where the process itself is
// measured or bounded.
func TestClockStaysAtTheEdge(t *testing.T) {
	rooms := []string{"cmd", "internal/server", "internal/postgres/cluster", "internal/postgres/schema", "internal/pgtest", "internal/servertest", "e2e", "internal/synth"}
	for _, s := range sources(t) {
		if s.test || slices.ContainsFunc(rooms, func(r string) bool { return s.pkg == r || strings.HasPrefix(s.pkg, r+"/") }) {
			continue
		}
		for _, call := range selectors(s.file) {
			if call.pkg == "time" && (call.name == "Now" || call.name == "Since" || call.name == "Until") {
				t.Errorf("%s: time.%s", s.set.Position(call.pos), call.name)
			}
		}
	}
}

func TestOneExit(t *testing.T) {
	var exits []string
	for _, s := range sources(t) {
		if s.test || strings.HasPrefix(s.pkg, "internal/pgtest") || strings.HasPrefix(s.pkg, "internal/setup") || strings.HasPrefix(s.pkg, "e2e") {
			continue
		}
		for _, call := range selectors(s.file) {
			if call.pkg == "os" && call.name == "Exit" || call.pkg == "log" && strings.HasPrefix(call.name, "Fatal") {
				exits = append(exits, s.path)
			}
		}
	}
	if len(exits) != 1 || exits[0] != "cmd/daicho/main.go" {
		t.Errorf("os.Exit stands in %v, want it once, in cmd/daicho/main.go", exits)
	}
}

func TestEveryPackageSaysWhatItIsFor(t *testing.T) {
	said, seen := map[string]bool{}, map[string]bool{}
	for _, s := range sources(t) {
		if s.test || strings.HasSuffix(s.path, "_templ.go") {
			continue
		}
		seen[s.pkg] = true
		if d := s.file.Doc; d != nil && len(d.Text()) > 40 {
			said[s.pkg] = true
		}
		for _, bad := range []string{"util", "utils", "common", "helper", "helpers", "model", "models", "types"} {
			if s.file.Name.Name == bad {
				t.Errorf("%s: package %s says nothing about what is in it", s.path, bad)
			}
		}
	}
	for pkg := range seen {
		if !said[pkg] {
			t.Errorf("%s has no package comment", pkg)
		}
	}
}

func TestNoTestIsSkippedOrWaits(t *testing.T) {
	for _, s := range sources(t) {
		if !s.test || s.pkg == "internal/arch" {
			continue
		}
		for _, call := range selectors(s.file) {
			switch {
			case (call.pkg == "t" || call.pkg == "b" || call.pkg == "tb") && strings.HasPrefix(call.name, "Skip"):
				t.Errorf("%s: a missing part is a failure, not a skip", s.set.Position(call.pos))
			case call.pkg == "testing" && call.name == "Short":
				t.Errorf("%s: there is one test run", s.set.Position(call.pos))
			case call.pkg == "time" && call.name == "Sleep":
				t.Errorf("%s: wait for the event, not for the clock", s.set.Position(call.pos))
			}
		}
	}
}

type selector struct {
	pkg, name string
	pos       token.Pos
}

func selectors(f *ast.File) []selector {
	var out []selector
	ast.Inspect(f, func(n ast.Node) bool {
		if sel, ok := n.(*ast.SelectorExpr); ok {
			if id, ok := sel.X.(*ast.Ident); ok {
				out = append(out, selector{id.Name, sel.Sel.Name, sel.Pos()})
			}
		}
		return true
	})
	return out
}

func TestTopLevelHoldsOnlyWhatTheHouseNames(t *testing.T) {
	allowed := []string{
		"cmd", "internal", "web", "migrations", "packs", "e2e", "docs", "go.mod", "go.sum", "docker-compose.yml", "Dockerfile",
		"Makefile", "README.md", "LICENSE", "build",
	}
	entries, err := os.ReadDir(root)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if !strings.HasPrefix(e.Name(), ".") && !slices.Contains(allowed, e.Name()) {
			t.Errorf("%s stands at the top level: find it a room", e.Name())
		}
	}
}

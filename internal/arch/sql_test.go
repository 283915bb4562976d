package arch

import (
	"go/ast"
	"go/token"
	"maps"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"daicho/internal/pgtest"
)

func TestMain(m *testing.M) { pgtest.Main(m) }

// constants folds the string constants of a package, concatenation included.
func constants(files []source) map[string]string {
	exprs := map[string]ast.Expr{}
	for _, s := range files {
		for _, d := range s.file.Decls {
			g, ok := d.(*ast.GenDecl)
			if !ok || g.Tok != token.CONST {
				continue
			}
			for _, spec := range g.Specs {
				v := spec.(*ast.ValueSpec)
				for i, name := range v.Names {
					if i < len(v.Values) {
						exprs[name.Name] = v.Values[i]
					}
				}
			}
		}
	}
	var fold func(ast.Expr) (string, bool)
	fold = func(e ast.Expr) (string, bool) {
		switch x := e.(type) {
		case *ast.BasicLit:
			s, err := strconv.Unquote(x.Value)
			return s, x.Kind == token.STRING && err == nil
		case *ast.ParenExpr:
			return fold(x.X)
		case *ast.Ident:
			next, ok := exprs[x.Name]
			if !ok {
				return "", false
			}
			return fold(next)
		case *ast.BinaryExpr:
			a, ok1 := fold(x.X)
			b, ok2 := fold(x.Y)
			return a + b, ok1 && ok2 && x.Op == token.ADD
		}
		return "", false
	}
	out := map[string]string{}
	for name, e := range exprs {
		if s, ok := fold(e); ok {
			out[name] = s
		}
	}
	return out
}

// Every statement of the program is prepared against the migrated schema, as the role that runs it:
// a misspelt column, a missing right or a wrong type fails here and not in front of a user.
func TestEverySQLConstantPrepares(t *testing.T) {
	var files []source
	for _, s := range sources(t) {
		if s.pkg == "internal/postgres" && !s.test {
			files = append(files, s)
		}
	}
	db := pgtest.New(t)
	conn, err := db.App.Acquire(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Release()
	n := 0
	all := constants(files)
	for _, name := range slices.Sorted(maps.Keys(all)) {
		if !strings.HasPrefix(name, "sql") {
			continue
		}
		n++
		sql, _, err := (pgx.NamedArgs{}).RewriteQuery(t.Context(), conn.Conn(), all[name], nil)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if _, err := conn.Conn().Prepare(t.Context(), name, sql); err != nil {
			t.Errorf("%s: %v\n%s", name, err, sql)
		}
	}
	if n < 50 {
		t.Errorf("only %d statements found: the test does not see them", n)
	}
}

// SQL text outside internal/postgres would escape the test above.
func TestSQLStandsInOneRoom(t *testing.T) {
	for _, s := range sources(t) {
		if s.test || s.pkg == "internal/postgres" || strings.HasPrefix(s.pkg, "internal/postgres/") || in(testOnly, s.pkg) || strings.HasPrefix(s.pkg, "e2e") {
			continue
		}
		ast.Inspect(s.file, func(n ast.Node) bool {
			lit, ok := n.(*ast.BasicLit)
			if !ok || lit.Kind != token.STRING {
				return true
			}
			text := strings.ToUpper(strings.TrimLeft(lit.Value, "`\" \n\t"))
			for _, verb := range []string{"SELECT ", "INSERT INTO ", "UPDATE ", "DELETE FROM ", "WITH RECURSIVE "} {
				if strings.HasPrefix(text, verb) && (strings.Contains(text, " FROM ") || strings.Contains(text, " SET ") || strings.Contains(text, " VALUES")) && !strings.Contains(s.pkg, "asset") {
					t.Errorf("%s: SQL outside internal/postgres", s.set.Position(lit.Pos()))
				}
			}
			return true
		})
	}
}

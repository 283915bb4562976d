package arch

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"

	"daicho/internal/app"
	"daicho/internal/approval"
	"daicho/internal/asset"
	"daicho/internal/fixture"
	"daicho/internal/pgtest"
	"daicho/internal/postgres"
	"daicho/migrations"
)

// sqlShape lists everything of the schema that a migration can change, one line each.
const sqlShape = `
SELECT format('column %s.%s %s %s default %s', c.relname, a.attname, format_type(a.atttypid, a.atttypmod),
              CASE WHEN a.attnotnull THEN 'not null' ELSE 'null' END, pg_get_expr(d.adbin, d.adrelid))
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace AND n.nspname = 'public'
JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
LEFT JOIN pg_attrdef d ON d.adrelid = c.oid AND d.adnum = a.attnum
WHERE c.relkind IN ('r', 'v')
UNION ALL SELECT format('constraint %s %s %s', conrelid::regclass, conname, pg_get_constraintdef(oid)) FROM pg_constraint WHERE connamespace = 'public'::regnamespace
UNION ALL SELECT indexdef FROM pg_indexes WHERE schemaname = 'public'
UNION ALL SELECT pg_get_triggerdef(t.oid) FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid WHERE NOT tgisinternal AND c.relnamespace = 'public'::regnamespace
UNION ALL SELECT pg_get_functiondef(oid) FROM pg_proc WHERE pronamespace = 'public'::regnamespace
UNION ALL SELECT format('view %s %s', viewname, definition) FROM pg_views WHERE schemaname = 'public'
UNION ALL SELECT format('grant %s %s to %s', table_name, privilege_type, grantee) FROM information_schema.role_table_grants WHERE table_schema = 'public'
UNION ALL SELECT format('grant %s.%s %s to %s', table_name, column_name, privilege_type, grantee) FROM information_schema.role_column_grants WHERE table_schema = 'public'
UNION ALL SELECT format('comment %s %s %s', objoid::regclass, objsubid, description) FROM pg_description d JOIN pg_class c ON c.oid = d.objoid AND c.relnamespace = 'public'::regnamespace WHERE classoid = 'pg_class'::regclass
ORDER BY 1`

func shape(t *testing.T, pool *pgxpool.Pool) []string {
	t.Helper()
	return column(t, pool, sqlShape)
}

func column(t *testing.T, pool *pgxpool.Pool, sql string, args ...any) []string {
	t.Helper()
	rows, err := pool.Query(t.Context(), sql, args...)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	var out []string
	for rows.Next() {
		var s string
		if err := rows.Scan(&s); err != nil {
			t.Fatal(err)
		}
		out = append(out, s)
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return out
}

func run(t *testing.T, pool *pgxpool.Pool, pattern string, reverse bool) {
	t.Helper()
	files, err := fs.Glob(migrations.FS, pattern)
	if err != nil || len(files) == 0 {
		t.Fatalf("no migrations like %s: %v", pattern, err)
	}
	slices.Sort(files)
	if reverse {
		slices.Reverse(files)
	}
	for _, f := range files {
		b, err := fs.ReadFile(migrations.FS, f)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := pool.Exec(t.Context(), string(b)); err != nil {
			t.Fatalf("%s: %v", f, err)
		}
	}
}

func TestMigrationsGoUpDownAndUpToTheSame(t *testing.T) {
	db := pgtest.Empty(t)
	before := shape(t, db.Owner)
	run(t, db.Owner, "*.up.sql", false)
	first := shape(t, db.Owner)
	run(t, db.Owner, "*.down.sql", true)
	if d := cmp.Diff(before, shape(t, db.Owner)); d != "" {
		t.Errorf("down leaves something behind:\n%s", d)
	}
	run(t, db.Owner, "*.up.sql", false)
	if d := cmp.Diff(first, shape(t, db.Owner)); d != "" {
		t.Errorf("the second up differs from the first:\n%s", d)
	}
	if len(first) < 300 {
		t.Errorf("the dump has only %d lines: it does not see the schema", len(first))
	}
}

func TestMigrationsAreWholeAndPaired(t *testing.T) {
	files, err := fs.Glob(migrations.FS, "*.sql")
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		b, err := fs.ReadFile(migrations.FS, f)
		if err != nil {
			t.Fatal(err)
		}
		text := strings.TrimSpace(string(b))
		if !strings.HasPrefix(text, "BEGIN;") || !strings.HasSuffix(text, "COMMIT;") {
			t.Errorf("%s is not one transaction: a failure in the middle would leave half of it", f)
		}
		pair := strings.Replace(f, ".up.", ".down.", 1)
		if strings.Contains(f, ".down.") {
			pair = strings.Replace(f, ".down.", ".up.", 1)
		}
		if !slices.Contains(files, pair) {
			t.Errorf("%s has no %s", f, pair)
		}
	}
}

// classes of tables as their comments name them, with the triggers that each must have.
var classes = map[string][]string{
	"【不変】":    {"trail_refuse"},
	"【可変】":    {"trail"},
	"【派生】":    nil,
	"【運用】":    nil,
	"【運用・事実】": {"trail"},
}

// Tables that the application cannot insert into by itself, whose rows come with a migration, or that
// are the seal upon the trail, and so need no digest of inserted rows.
var notInserted = []string{"act", "change", "relation_rule", "file", "trail_leaf", "trail_head"}

func TestEveryTableHasAClass(t *testing.T) {
	db := pgtest.New(t)
	tables := column(t, db.Owner, `SELECT relname::text FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace AND relname <> 'schema_migrations' ORDER BY 1`)
	if len(tables) < 30 {
		t.Fatalf("only %d tables", len(tables))
	}
	for _, table := range tables {
		comment := strings.Join(column(t, db.Owner, `SELECT coalesce(obj_description($1::regclass), '')`, table), "")
		class := ""
		for c := range classes {
			if strings.HasSuffix(comment, c) {
				class = c
			}
		}
		if class == "" {
			t.Errorf("%s: the comment %q names no class", table, comment)
			continue
		}
		triggers := column(t, db.Owner, `SELECT tgname::text FROM pg_trigger WHERE tgrelid = $1::regclass AND NOT tgisinternal`, table)
		for _, want := range classes[class] {
			if !slices.Contains(triggers, want) {
				t.Errorf("%s is %s and lacks the trigger %s", table, class, want)
			}
		}
		if class == "【不変】" && !slices.Contains(triggers, "trail") && !slices.Contains(notInserted, table) {
			t.Errorf("%s is %s and its inserts leave no digest", table, class)
		}
		rights := strings.Join(column(t, db.Owner, `SELECT privilege_type FROM information_schema.role_table_grants
			WHERE table_schema = 'public' AND table_name = $1 AND grantee = 'daicho_app' ORDER BY 1`, table), " ")
		switch class {
		case "【不変】":
			if strings.Contains(rights, "UPDATE") || strings.Contains(rights, "DELETE") || strings.Contains(rights, "TRUNCATE") {
				t.Errorf("%s is %s and the application may %s", table, class, rights)
			}
		case "【可変】", "【運用・事実】":
			if strings.Contains(rights, "DELETE") || strings.Contains(rights, "TRUNCATE") {
				t.Errorf("%s is %s and the application may %s", table, class, rights)
			}
		}
	}
}

// Tables that are evidence or authority although other tables give rise to them: what the application
// may do to each, and no more.
var authority = map[string]string{
	"application":      "INSERT SELECT UPDATE(decided_at) UPDATE(round) UPDATE(state) UPDATE(step) UPDATE(step_since)",
	"application_item": "INSERT SELECT UPDATE(open)",
	"class":            "INSERT SELECT",
	"class_set":        "INSERT SELECT UPDATE",
	"register_head":    "SELECT UPDATE",
	"relation":         "INSERT SELECT UPDATE(to_rev)",
	"requirement_set":  "INSERT SELECT",
	"set_item":         "INSERT SELECT",
	"tenure":           "INSERT SELECT UPDATE(to_rev)",
	"unit_tree":        "DELETE INSERT SELECT UPDATE",
}

func TestAuthorityIsHardToAlter(t *testing.T) {
	db := pgtest.New(t)
	for table, want := range authority {
		got := column(t, db.Owner, `SELECT privilege_type::text FROM information_schema.role_table_grants WHERE table_schema = 'public' AND table_name = $1 AND grantee = 'daicho_app'
			UNION SELECT format('%s(%s)', g.privilege_type, g.column_name) FROM information_schema.role_column_grants g WHERE g.table_schema = 'public' AND g.table_name = $1 AND g.grantee = 'daicho_app'
			  AND NOT EXISTS (SELECT FROM information_schema.role_table_grants t WHERE (t.table_schema, t.table_name, t.grantee, t.privilege_type) = ('public', $1, 'daicho_app', g.privilege_type))
			ORDER BY 1`, table)
		if d := cmp.Diff(want, strings.Join(got, " ")); d != "" {
			t.Errorf("%s: what the application may (-want +got):\n%s", table, d)
		}
		// Each write leaves a trace, or is at least refused without an act.
		if n := column(t, db.Owner, `SELECT tgname::text FROM pg_trigger WHERE tgrelid = $1::regclass AND tgname IN ('trail', 'needs_act')`, table); len(n) == 0 {
			t.Errorf("%s can be written without an act", table)
		}
	}
}

// A function of a trigger never finds a table of the session's own before the real one.
func TestGuardsFixTheirSearchPath(t *testing.T) {
	db := pgtest.New(t)
	for _, f := range column(t, db.Owner, `SELECT oid::regprocedure::text FROM pg_proc
		WHERE pronamespace = 'public'::regnamespace AND (prorettype = 'trigger'::regtype OR prosecdef OR proname IN ('trail_act', 'revision_taken'))
		  AND NOT coalesce(proconfig @> ARRAY['search_path=public, pg_temp'], false)`) {
		t.Errorf("%s has no search_path of its own", f)
	}
	if n := column(t, db.Owner, `SELECT proname::text FROM pg_proc WHERE pronamespace = 'public'::regnamespace AND prorettype = 'trigger'::regtype`); len(n) < 10 {
		t.Errorf("only %d functions of triggers", len(n))
	}
}

// Whatever touches a table of the trail without an act is refused, even by the owner's hand. Each
// table is really touched: rows are there because an asset has walked the spine before.
func TestNoWriteWithoutAnAct(t *testing.T) {
	w := fixture.New(t)
	walk(t, w)
	pool := w.DB.Owner
	tables := column(t, pool, `SELECT DISTINCT c.relname::text FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid WHERE t.tgname = 'trail' ORDER BY 1`)
	if len(tables) < 20 {
		t.Fatalf("only %d tables with a trail", len(tables))
	}
	for _, table := range tables {
		immutable := strings.Join(column(t, pool, `SELECT tgname::text FROM pg_trigger WHERE tgrelid = $1::regclass AND tgname = 'trail_refuse'`, table), "")
		sql := fmt.Sprintf(`INSERT INTO %[1]s OVERRIDING SYSTEM VALUE SELECT * FROM %[1]s LIMIT 0`, table)
		if immutable == "" {
			key := column(t, pool, `SELECT a.attname::text FROM pg_attribute a JOIN pg_constraint c ON c.conrelid = a.attrelid AND a.attnum = ANY (c.conkey)
				WHERE c.contype = 'p' AND a.attrelid = $1::regclass AND a.attidentity = '' UNION ALL
				SELECT attname::text FROM pg_attribute WHERE attrelid = $1::regclass AND attnum > 0 AND attidentity = '' LIMIT 1`, table)[0]
			if n := column(t, pool, fmt.Sprintf(`SELECT count(*)::text FROM %s`, table))[0]; n == "0" {
				t.Errorf("%s has no row that could be touched", table)
			}
			sql = fmt.Sprintf(`UPDATE %s SET %s = %s`, table, key, key)
		}
		wantCode(t, pool, sql, "DA001")
	}
}

// What is immutable stays, for the owner too.
func TestImmutableStays(t *testing.T) {
	w := fixture.New(t)
	walk(t, w)
	for _, table := range column(t, w.DB.Owner, `SELECT DISTINCT c.relname::text FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid WHERE t.tgname = 'trail_refuse' ORDER BY 1`) {
		wantCode(t, w.DB.Owner, fmt.Sprintf(`DELETE FROM %s`, table), "DA002")
		wantCode(t, w.DB.Owner, fmt.Sprintf(`TRUNCATE %s CASCADE`, table), "DA002")
		wantCode(t, w.DB.App, fmt.Sprintf(`DELETE FROM %s`, table), "42501")
	}
}

func wantCode(t *testing.T, pool *pgxpool.Pool, sql, code string) {
	t.Helper()
	tx, err := pool.Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = tx.Rollback(context.WithoutCancel(t.Context())) }()
	_, err = tx.Exec(t.Context(), sql)
	var pg *pgconn.PgError
	if !errors.As(err, &pg) || pg.Code != code {
		t.Errorf("%s: %v, want %s", sql, err, code)
	}
}

// walk brings one asset through the spine, with a file, so that every table of it has a row.
func walk(t *testing.T, w *fixture.World) {
	t.Helper()
	db, err := postgres.Open(t.Context(), w.DB.AppURL, postgres.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(db.Close)
	a := app.New(db, app.Options{})
	registrant, manager := w.Actor(t, fixture.Registrant), w.Actor(t, fixture.Manager)
	d, err := a.SaveDraft(t.Context(), registrant, app.SaveDraft{Kind: asset.Info, Form: app.Raw{
		"name": {"職員名簿"}, "summary": {"職員の連絡先"}, "personal": {"personal"}, "zone": {"LG"}, "place": {"総務課のファイルサーバー"}, "level_c": {"3C"}, "level_i": {"1"}, "level_a": {"1"},
	}})
	if err != nil {
		t.Fatal(err)
	}
	if d.Missing != nil {
		t.Fatal(d.Missing)
	}
	s, err := a.Submit(t.Context(), registrant, app.Submit{Assets: []int64{d.Asset}})
	if err != nil {
		t.Fatal(err)
	}
	v, err := a.Application(t.Context(), manager, s.Application, 0)
	if err != nil {
		t.Fatal(err)
	}
	w.Exec(t, `INSERT INTO pack (name, title, version, sample, sha256, loaded_by) VALUES ('x', 'x', '1', false, '', current_setting('daicho.act')::bigint)`)
	w.Exec(t, `INSERT INTO check_rule (id, severity) VALUES ('R08', 'warn')`)
	w.Exec(t, `INSERT INTO placement (rank, my_number, place, verdict, source) VALUES (4, false, 'LG', 'standard', 'own')`)
	w.Exec(t, `INSERT INTO file (sha256, size, mime, body) VALUES (sha256('x'), 1, 'text/plain', 'x')`)
	w.Exec(t, fmt.Sprintf(`INSERT INTO asset_file (asset_id, sha256, name, added_act) VALUES (%d, sha256('x'), 'x', current_setting('daicho.act')::bigint)`, d.Asset))
	if err := a.Decide(t.Context(), manager, app.Decide{Application: s.Application, Outcome: approval.Approve, Seen: [32]byte(v.Digest)}); err != nil {
		t.Fatal(err)
	}
}

package main

import (
	"bytes"
	"encoding/csv"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"daicho/internal/fixture"
	"daicho/internal/pgtest"
)

func TestMain(m *testing.M) { pgtest.Main(m) }

// result is what a command said and how it ended.
type result struct {
	code     int
	out, err string
}

func command1(t *testing.T, env map[string]string, stdin string, args ...string) result {
	t.Helper()
	var out, errOut bytes.Buffer
	w := world{strings.NewReader(stdin), &out, &errOut, func(k string) string { return env[k] }, time.Now, "tester"}
	code := run(t.Context(), w, args)
	return result{code, out.String(), errOut.String()}
}

func words(s string) []string { return strings.Fields(s) }

func TestWrongUseEndsWith2(t *testing.T) {
	url := map[string]string{"DATABASE_URL": "postgres://nobody@127.0.0.1:1/none"}
	for _, c := range []struct {
		env  map[string]string
		args string
	}{
		{nil, ""}, {nil, "nosuch"}, {nil, "pack"}, {nil, "pack nosuch"}, {nil, "migrate"}, {nil, "account create now"},
		{nil, "serve"}, {nil, "serve --nosuch"}, {url, "serve extra"}, {url, "serve --listen nowhere"}, {url, "serve --idle 1s"},
		{url, "serve --tls-cert x"}, {url, "serve --proxy ten"}, {url, "serve --log yaml"}, {url, "serve --log-level loud"}, {url, "serve --connections 0"}, {url, "serve --behind-tls"}, {url, "serve --connections 3"},
		{nil, "migrate up"}, {nil, "migrate status"}, {url, "migrate up extra"}, {url, "pack load"}, {url, "pack load nosuch-pack"},
		{url, "account create"}, {url, "account create --login a1 --admin"}, {url, "account create --login a1 --name x"}, {url, "account reset"},
		{url, "account create --login a1 --name x --admin --password-stdin"},
		{url, "ledger export"}, {url, "ledger export --as x"}, {url, "ledger export --as x -o y --format doc"}, {url, "ledger export --as x -o y --filter kind=QQ"},
		{url, "ledger export --as x -o y --columns all"}, {url, "rebuild"},
		{nil, "trail"}, {nil, "trail seal"}, {url, "trail seal now"}, {url, "trail head --size many"}, {url, "trail rotate"}, {url, "trail export"}, {url, "trail export --as x"},
		{url, "trail prove --as x -o y"}, {url, "trail prove --as x -o y --act 1 --head z"}, {url, "trail prove --as x -o y --head /no/such/file"}, {url, "trail verify --key /no/such/file"},
		{map[string]string{"DATABASE_URL": "a", "DATABASE_URL_FILE": "b"}, "serve"}, {map[string]string{"DATABASE_URL_FILE": "/no/such/file"}, "serve"},
		{map[string]string{"DATABASE_URL": "a", "DAICHO_IDLE": "soon"}, "serve"},
	} {
		r := command1(t, c.env, "", words(c.args)...)
		if r.code != exitUsage || r.err == "" || r.out != "" {
			t.Errorf("daicho %s: code %d, out %q, err %q", c.args, r.code, r.out, r.err)
		}
	}
	for args, want := range map[string]string{
		"serve --nosuch": "--nosuch という指定はありません", "serve --idle": "--idle の値がありません",
		"serve --idle soon": "--idle の値「soon」を読み取れません", "rebuild --check=maybe": "--check の値「maybe」を読み取れません",
	} {
		if r := command1(t, nil, "", words(args)...); !strings.Contains(r.err, want) {
			t.Errorf("daicho %s: %s", args, r.err)
		}
	}
	r := command1(t, nil, "", "serve")
	if !strings.Contains(r.err, "DATABASE_URL") || !strings.Contains(r.err, "--data") {
		t.Errorf("serve does not say what it needs: %s", r.err)
	}
}

// The programs of PostgreSQL can be named by a flag and by the environment; a folder without them is
// refused in words, and no data is made.
func TestNamedProgramsAreUsedOrRefused(t *testing.T) {
	data, empty := filepath.Join(t.TempDir(), "data"), t.TempDir()
	for what, c := range map[string]struct {
		args []string
		env  map[string]string
	}{
		"flag":        {args: []string{"--pg-bindir", empty}},
		"environment": {env: map[string]string{"DAICHO_PG_BINDIR": empty}},
	} {
		r := command1(t, c.env, "", append([]string{"serve", "--data", data}, c.args...)...)
		if r.code != exitRefused || !strings.Contains(r.err, empty) {
			t.Errorf("%s: code %d, out %q, err %q", what, r.code, r.out, r.err)
		}
	}
	if _, err := os.Stat(filepath.Join(data, "pgdata")); err == nil {
		t.Error("a refused start made data")
	}
}

func TestHelpEverywhere(t *testing.T) {
	asks := [][]string{{"-h"}, {"--help"}, {"help"}, {"pack", "-h"}, {"migrate", "--help"}}
	for _, c := range commands() {
		asks = append(asks, append(words(c.name), "-h"), append(words(c.name), "--help"))
	}
	for _, args := range asks {
		r := command1(t, nil, "", args...)
		if r.code != exitDone || !strings.Contains(r.out, "daicho") || r.err != "" {
			t.Errorf("%v: %d %q %q", args, r.code, r.out, r.err)
		}
	}
	r := command1(t, nil, "", "serve", "-h")
	for _, flag := range []string{"--listen", "--data", "--load", "--metrics", "--idle"} {
		if !strings.Contains(r.out, flag) {
			t.Errorf("serve -h does not name %s", flag)
		}
	}
}

func TestMigrate(t *testing.T) {
	db := pgtest.Empty(t)
	env := map[string]string{"DATABASE_URL": db.OwnerURL}
	if r := command1(t, env, "", "migrate", "status"); r.code != exitRefused || !strings.Contains(r.err, "migrate up") {
		t.Errorf("status of an empty database: %+v", r)
	}
	if r := command1(t, map[string]string{"DATABASE_URL": db.AppURL}, "", "serve", "--listen", "127.0.0.1:0"); r.code != exitRefused || !strings.Contains(r.err, "migrate up") {
		t.Errorf("serve on an empty database: %+v", r)
	}
	for range 2 {
		if r := command1(t, env, "", "migrate", "up"); r.code != exitDone {
			t.Fatalf("up: %+v", r)
		}
	}
	if r := command1(t, env, "", "migrate", "status"); r.code != exitDone {
		t.Errorf("status: %+v", r)
	}
}

func TestServeRefusesTheOwner(t *testing.T) {
	db := pgtest.New(t)
	r := command1(t, map[string]string{"DATABASE_URL": db.OwnerURL}, "", "serve", "--listen", "127.0.0.1:0")
	if r.code != exitRefused || !strings.Contains(r.err, "所有者") {
		t.Errorf("%+v", r)
	}
}

func TestFirstAdministrator(t *testing.T) {
	db := pgtest.New(t)
	env := map[string]string{"DATABASE_URL": db.AppURL}
	create := words("account create --login Kanri --name 管理太郎 --admin")
	if r := command1(t, env, "", create...); r.code != exitRefused || !strings.Contains(r.err, "pack load") {
		t.Fatalf("without an organisation: %+v", r)
	}
	if r := command1(t, env, "", "pack", "load", "kansai"); r.code != exitDone {
		t.Fatalf("pack load: %+v", r)
	}
	if r := command1(t, env, "", "pack", "load", "kansai"); r.code != exitDone || !strings.Contains(r.out, "もう読み込まれています") {
		t.Errorf("twice: %+v", r)
	}
	file := filepath.Join(t.TempDir(), "url")
	if err := os.WriteFile(file, []byte(db.AppURL+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	r := command1(t, map[string]string{"DATABASE_URL_FILE": file}, "", create...)
	if r.code != exitDone || !strings.Contains(r.out, "利用者ID: kanri") || !strings.Contains(r.out, "パスワード: ") {
		t.Fatalf("create: %+v", r)
	}
	if r := command1(t, env, "", create...); r.code != exitRefused || !strings.Contains(r.err, "すでに使われています") {
		t.Errorf("the same login again: %+v", r)
	}
	if r := command1(t, env, "password1234\n", append(words("account create --login b2 --name 次 --admin"), "--password-stdin")...); r.code != exitRefused || !strings.Contains(r.err, "よく使われる") {
		t.Errorf("a weak password: %+v", r)
	}
	given := "朝の川沿いを自転車で走る"
	if r := command1(t, env, given+"\n", append(words("account create --login b2 --name 次 --admin --unit bosai"), "--password-stdin")...); r.code != exitDone || strings.Contains(r.out, given) {
		t.Errorf("a given password: %+v", r)
	}
	if r := command1(t, env, "", words("account create --login c3 --name 三 --admin --unit nowhere")...); r.code != exitRefused || !strings.Contains(r.err, "nowhere") {
		t.Errorf("a unit that is not there: %+v", r)
	}
	if r := command1(t, env, "", words("account reset --login b2")...); r.code != exitDone || !strings.Contains(r.out, "パスワード: ") {
		t.Errorf("reset: %+v", r)
	}
	if r := command1(t, env, "", words("account reset --login nobody")...); r.code != exitRefused {
		t.Errorf("reset of nobody: %+v", r)
	}
	var acts, leaks int
	if err := db.Owner.QueryRow(t.Context(), `SELECT count(*) FILTER (WHERE person_text = 'OS利用者 tester' AND channel = 'cli' AND auth = 'operator'),
		count(*) FILTER (WHERE act::text LIKE '%' || $1 || '%') FROM act WHERE action = 'account.manage'`, given).Scan(&acts, &leaks); err != nil {
		t.Fatal(err)
	}
	if acts != 3 || leaks != 0 {
		t.Errorf("%d acts of the operator, %d with the password", acts, leaks)
	}
}

func TestLedgerExport(t *testing.T) {
	w := fixture.New(t)
	env := map[string]string{"DATABASE_URL": w.DB.AppURL}
	path := filepath.Join(t.TempDir(), "ledger.csv")
	export := append(words("ledger export --format csv --filter kind=IS -o"), path)
	if r := command1(t, env, "", append(export, "--as", fixture.Registrant)...); r.code != exitDone {
		t.Fatalf("%+v", r)
	}
	st, err := os.Stat(path)
	if err != nil || st.Mode().Perm() != 0o600 {
		t.Errorf("the file: %v %v", st, err)
	}
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if rows, err := csv.NewReader(f).ReadAll(); err != nil || len(rows) != 1 || len(rows[0]) < 5 {
		t.Errorf("%d rows, %v", len(rows), err)
	}
	for login, text := range map[string]string{fixture.Admin: "", "nobody": "登録がない"} {
		r := command1(t, env, "", append(export, "--as", login)...)
		if r.code != exitRefused || !strings.Contains(r.err, text) {
			t.Errorf("as %s: %+v", login, r)
		}
	}
	var refused string
	w.One(t, `SELECT string_agg(person_text || ' ' || reason, ',') FROM act WHERE action = 'ledger.export' AND outcome = 'refused'`, nil, &refused)
	if refused != "小林 八郎（OS利用者 tester） authz.role" {
		t.Errorf("refusals in the trail: %s", refused)
	}
	if _, err := os.Stat(path + ".part"); err == nil {
		t.Error("half a file is left")
	}
	var who, channel, auth string
	w.One(t, `SELECT person_text, channel, auth FROM act WHERE action = 'ledger.export' AND outcome = 'done'`, nil, &who, &channel, &auth)
	if who != "山田 太郎（OS利用者 tester）" || channel != "cli" || auth != "operator" {
		t.Errorf("trail: %s %s %s", who, channel, auth)
	}
	if r := command1(t, env, "", append(words("ledger export --format xlsx -o - --as"), fixture.Registrant)...); r.code != exitDone || !strings.HasPrefix(r.out, "PK") {
		t.Errorf("to standard output: %d %q", r.code, r.err)
	}
}

func TestUnreachableDatabaseIsRefusedWithTheCause(t *testing.T) {
	env := map[string]string{"DATABASE_URL": "postgres://daicho_app:hidden-word@127.0.0.1:1/daicho?connect_timeout=2"}
	r := command1(t, env, "", "serve", "--listen", "127.0.0.1:0")
	if r.code != exitRefused || r.err == "" || strings.Contains(r.err, "hidden-word") {
		t.Errorf("%+v", r)
	}
	env["DATABASE_URL"] = "postgres://daicho_app:hidden-word@[bad/daicho"
	if r := command1(t, env, "", "serve"); r.code != exitRefused || strings.Contains(r.err, "hidden-word") {
		t.Errorf("%+v", r)
	}
}

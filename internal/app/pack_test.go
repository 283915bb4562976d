package app_test

import (
	"io/fs"
	"path"
	"strings"
	"testing"
	"testing/fstest"

	"daicho/internal/account"
	"daicho/internal/app"
	"daicho/internal/authz"
	"daicho/internal/errs"
	"daicho/internal/jpdate"
	"daicho/internal/org"
	"daicho/internal/pgtest"
	"daicho/internal/postgres"
	"daicho/packs"
)

// packBench is a register without anything in it, and the operator who loads packs.
type packBench struct {
	db  *pgtest.DB
	app *app.App
	g   authz.Grant
}

func newPackBench(t *testing.T) *packBench {
	t.Helper()
	db := pgtest.New(t)
	pg, err := postgres.Open(t.Context(), db.AppURL, postgres.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(pg.Close)
	g, err := authz.Operator("test", authz.LoadPack)
	if err != nil {
		t.Fatal(err)
	}
	return &packBench{db, app.New(pg, app.Options{Password: account.Params{Memory: 8, Time: 1, Threads: 1}}), g}
}

// shipped is a copy of a pack of the program, for a test to edit.
func shipped(t *testing.T, name string) fstest.MapFS {
	t.Helper()
	out := fstest.MapFS{}
	entries, err := fs.ReadDir(packs.FS, name)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		b, err := fs.ReadFile(packs.FS, path.Join(name, e.Name()))
		if err != nil {
			t.Fatal(err)
		}
		out[e.Name()] = &fstest.MapFile{Data: b}
	}
	return out
}

// people is the sample without its assets: who signs in with which password, and what they adopt.
func people(t *testing.T) fstest.MapFS {
	t.Helper()
	f := shipped(t, "sample")
	list := string(f["pack.json"].Data)
	from, to := strings.Index(list, ",\n    \"asset_"), strings.Index(list, "\n  ],\n  \"note\"")
	if from < 0 || to < from {
		t.Fatalf("the tables of the sample are listed otherwise:\n%s", list)
	}
	f["pack.json"] = &fstest.MapFile{Data: []byte(list[:from] + list[to:])}
	return f
}

func edit(t *testing.T, f fstest.MapFS, file, from, to string) {
	t.Helper()
	s := string(f[file].Data)
	if !strings.Contains(s, from) {
		t.Fatalf("%s does not hold %q", file, from)
	}
	f[file] = &fstest.MapFile{Data: []byte(strings.Replace(s, from, to, 1))}
}

func (b *packBench) load(t *testing.T, f fs.FS) app.PackReport {
	t.Helper()
	r, err := b.app.LoadPack(t.Context(), b.g, f)
	if err != nil {
		t.Fatalf("%v\n%s", err, errs.MessageOf(err))
	}
	return r
}

func (b *packBench) count(t *testing.T, sql string) (n int) {
	t.Helper()
	if err := b.db.Owner.QueryRow(t.Context(), sql).Scan(&n); err != nil {
		t.Fatalf("%v in %s", err, sql)
	}
	return n
}

func TestKansaiLoadsOnceAndStays(t *testing.T) {
	b := newPackBench(t)
	r := b.load(t, shipped(t, "kansai"))
	if r.Unchanged {
		t.Error("the first load changed nothing")
	}
	for _, c := range []struct {
		sql  string
		want int
	}{
		{`SELECT count(*) FROM host_body`, 12},
		{`SELECT count(*) FROM organ`, 4},
		{`SELECT count(*) FROM unit`, 28},
		{`SELECT count(*) FROM unit_tree WHERE depth = 1`, 18},
		{`SELECT count(*) FROM post`, 78},
		{`SELECT count(*) FROM scheme_level WHERE guarded`, 2},
		{`SELECT count(*) FROM control`, 174},
		{`SELECT count(*) FROM scheme WHERE is_default`, 1},
		{`SELECT count(*) FROM adoption`, 0},
		{`SELECT count(*) FROM act`, 1},
	} {
		if n := b.count(t, c.sql); n != c.want {
			t.Errorf("%s: %d, want %d", c.sql, n, c.want)
		}
	}
	changes := b.count(t, `SELECT count(*) FROM change`)
	for range 2 {
		if r := b.load(t, shipped(t, "kansai")); !r.Unchanged {
			t.Errorf("a second load changed %+v", r.Tables)
		}
	}
	if n := b.count(t, `SELECT count(*) FROM change`); n != changes {
		t.Errorf("%d change rows after the second load, %d before", n, changes)
	}
}

// One edited cell is one row in the trail, with what stood there before.
func TestEditedCellIsOneChange(t *testing.T) {
	b := newPackBench(t)
	f := shipped(t, "kansai")
	b.load(t, f)
	before := b.count(t, `SELECT count(*) FROM change WHERE tbl <> 'pack'`)
	edit(t, f, "unit.csv", "honbu-kikaku,KR,honbu,企画課", "honbu-kikaku,KR,honbu,総合企画課")
	r := b.load(t, f)
	if r.Unchanged || b.count(t, `SELECT count(*) FROM change WHERE tbl <> 'pack'`) != before+1 {
		t.Errorf("%+v", r.Tables)
	}
	if b.count(t, `SELECT count(*) FROM change WHERE tbl = 'unit' AND op = 'UPDATE' AND before ->> 'name' = '企画課' AND after ->> 'name' = '総合企画課'`) != 1 {
		t.Error("the trail does not tell before and after")
	}
}

// A unit that moves takes its place in the tree.
func TestMovedUnitMovesInTheTree(t *testing.T) {
	b := newPackBench(t)
	f := shipped(t, "kansai")
	b.load(t, f)
	edit(t, f, "unit.csv", "bosai-oen,KR,bosai,", "bosai-oen,KR,bosai-kikaku,")
	b.load(t, f)
	if b.count(t, `SELECT count(*) FROM unit_tree t JOIN unit a ON a.id = t.above_id JOIN unit u ON u.id = t.unit_id
		WHERE u.code = 'bosai-oen' AND (a.code, t.depth) IN (('bosai-oen', 0), ('bosai-kikaku', 1), ('bosai', 2))`) != 3 ||
		b.count(t, `SELECT count(*) FROM unit_tree t JOIN unit u ON u.id = t.unit_id WHERE u.code = 'bosai-oen'`) != 3 {
		t.Error("the tree is not what the parents say")
	}
}

func TestBrokenPackStoresNothing(t *testing.T) {
	b := newPackBench(t)
	f := shipped(t, "kansai")
	edit(t, f, "applicability.csv", "kansai-2026,9-09,", "kansai-2026,9-99,")
	_, err := b.app.LoadPack(t.Context(), b.g, f)
	if !errs.Is(err, errs.Invalid) || !strings.Contains(errs.MessageOf(err), "applicability.csv") || !strings.Contains(errs.MessageOf(err), "9-99") {
		t.Errorf("%v", err)
	}
	if n := b.count(t, `SELECT (SELECT count(*) FROM unit) + (SELECT count(*) FROM act)`); n != 0 {
		t.Errorf("%d rows", n)
	}
	if _, err := b.app.LoadPack(t.Context(), b.g, fstest.MapFS{}); !errs.Is(err, errs.Invalid) || !strings.Contains(errs.MessageOf(err), "pack.json") {
		t.Errorf("an empty folder: %v", err)
	}
}

// adoption is a sample that adopts the scheme and the catalogue of kansai.
func adoption(rows string) fstest.MapFS {
	return fstest.MapFS{
		"pack.json":    {Data: []byte(`{"format":1,"name":"paper","title":"決裁","version":"1","kind":"sample","requires":["kansai"],"tables":["adoption.csv"]}`)},
		"adoption.csv": {Data: []byte("対象,コード,文書番号,決裁日,備考\r\n" + rows)},
	}
}

const adopted = "scheme,mic-r6,第1号,2026-04-01,\r\ncatalogue,kansai-2026,第1号,2026-04-01,\r\norg,kansai,第1号,2026-04-01,\r\n"

// An edition that was adopted never changes by a load, but the same pack may be loaded again.
func TestAdoptedEditionStands(t *testing.T) {
	b := newPackBench(t)
	b.load(t, shipped(t, "kansai"))
	b.load(t, adoption(adopted))
	if r := b.load(t, shipped(t, "kansai")); !r.Unchanged {
		t.Errorf("%+v", r.Tables)
	}
	for _, e := range []struct{ file, from, to, want string }{
		{"level.csv", "mic-r6,C,1,1,公開している・公開してよい情報", "mic-r6,C,1,1,公開情報", "分類体系「mic-r6」は採用の決裁を経ているので、読込みで変えられません。違うところ：level.csv C 1。"},
		{"scheme.csv", "令和6年10月版,1", "令和7年版,1", "scheme.csv mic-r6"},
		{"control.csv", "最高責任者の設置と権限", "最高責任者", "対策基準「kansai-2026」は採用の決裁を経ているので、読込みで変えられません。違うところ：control.csv 1-01。"},
		{"applicability.csv", "kansai-2026,1-06,1,IS", "kansai-2026,1-06,1,IS CL", "applicability.csv 1-06 1"},
	} {
		f := shipped(t, "kansai")
		edit(t, f, e.file, e.from, e.to)
		_, err := b.app.LoadPack(t.Context(), b.g, f)
		if !errs.Is(err, errs.Conflict) || !strings.Contains(errs.MessageOf(err), e.want) {
			t.Errorf("%s: %v", e.file, err)
		}
	}
	f := shipped(t, "kansai")
	s := string(f["question.csv"].Data)
	line := s[strings.Index(s, "mic-r6,disclosure"):]
	line = line[:strings.Index(line, "\n")+1]
	edit(t, f, "question.csv", line, "")
	edit(t, f, "judgement.csv", "disclosure=no", "published=no")
	edit(t, f, "judgement.csv", "disclosure=yes", "published=no")
	_, err := b.app.LoadPack(t.Context(), b.g, f)
	if !errs.Is(err, errs.Conflict) || !strings.Contains(errs.MessageOf(err), "question.csv disclosure") {
		t.Errorf("a question less: %v", err)
	}
	_, err = b.app.LoadPack(t.Context(), b.g, adoption(strings.Replace(adopted, "第1号", "第2号", 1)))
	if !errs.Is(err, errs.Conflict) || !strings.Contains(errs.MessageOf(err), "scheme mic-r6") {
		t.Errorf("another adoption: %v", err)
	}
}

// An organisation changes with the years: what a load makes of it waits for an adoption of its own, on
// every page that says so, and the adoption of before does not vouch for it. What was put back is
// adopted as it was; who compared a row is no part of it.
func TestAChangedOrganisationIsAdoptedAgain(t *testing.T) {
	b := newPackBench(t)
	f := shipped(t, "kansai")
	b.load(t, f)
	paper := adoption(adopted)
	edit(t, paper, "pack.json", `["adoption.csv"]`, `["person.csv","appointment.csv","adoption.csv"]`)
	paper["person.csv"] = &fstest.MapFile{Data: []byte("コード,氏名,ふりがな,任用\r\nC1,統括 花子,とうかつ はなこ,\r\n")}
	paper["appointment.csv"] = &fstest.MapFile{Data: []byte("職員,職,区分,開始日,終了日\r\nC1,honbu-tokatsu,main,2026-04-01,\r\n")}
	b.load(t, paper)
	chief := authz.Actor{Name: "統括 花子", Auth: "password", Channel: "web", Appointments: []org.Appointment{{Role: org.Chief}}}
	if err := b.db.Owner.QueryRow(t.Context(), `SELECT id FROM person`).Scan(&chief.Person); err != nil {
		t.Fatal(err)
	}
	stands := func(docNo, lapsed string) {
		t.Helper()
		var is app.Edition
		n := 0
		v, err := b.app.Packs(t.Context(), chief)
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range v.Editions {
			if e.Target == "org" {
				is, n = e, n+1
			}
		}
		if n != 1 || is.Code != "kansai" || is.DocNo != docNo || is.Lapsed != lapsed {
			t.Errorf("%d: %+v, want %q and %q", n, is, docNo, lapsed)
		}
		home, err := b.app.Home(t.Context(), chief)
		if err != nil || home.Adopted.Org != (docNo != "") || !home.Adopted.Scheme {
			t.Errorf("the home page: %+v %v", home.Adopted, err)
		}
	}
	stands("第1号", "")
	edit(t, f, "unit.csv", ",,own,未照合", ",,primary 規程,2026-10-01 見本")
	if r := b.load(t, f); r.Unchanged {
		t.Error("the edit was not stored")
	}
	stands("第1号", "")
	edit(t, f, "unit.csv", "本部事務局,ほんぶじむきょく", "本部庁,ほんぶちょう")
	b.load(t, f)
	stands("", "第1号")
	b.load(t, paper) // the same decision again
	stands("", "第1号")
	day, _ := jpdate.ParseISO("2026-10-01")
	again := app.NewAdoption{Target: "org", Code: "kansai", DocNo: "第1号", DecidedOn: day}
	if err := b.app.Adopt(t.Context(), chief, again); errs.CodeOf(err) != "adopt.lapsed" {
		t.Errorf("by the decision of before: %v", err)
	}
	again.DocNo = "第2号"
	if err := b.app.Adopt(t.Context(), chief, again); err != nil {
		t.Fatal(err)
	}
	stands("第2号", "")
	again.DocNo = "第3号"
	if err := b.app.Adopt(t.Context(), chief, again); errs.CodeOf(err) != "adopt.done" {
		t.Errorf("adopted twice: %v", err)
	}
	edit(t, f, "unit.csv", "本部庁,ほんぶちょう", "本部事務局,ほんぶじむきょく")
	b.load(t, f)
	stands("第1号", "")
	// A pack without an organisation has none to adopt.
	b.load(t, shipped(t, "soumu-r4"))
	stands("第1号", "")
	// What levels of earlier editions become is a part of what was adopted; rows may come to it.
	m := shipped(t, "soumu-r4")
	edit(t, m, "mapping.csv", "mic-r6,mic-r4,C,2,2", "mic-r6,mic-r4,C,2,1")
	_, err := b.app.LoadPack(t.Context(), b.g, m)
	if !errs.Is(err, errs.Conflict) || !strings.Contains(errs.MessageOf(err), "mapping.csv mic-r4 C 2") {
		t.Errorf("a mapping of an adopted scheme: %v", err)
	}
}

// What is not adopted may still change, but a row that was there does not vanish silently.
func TestDraftEditionMayChangeButNotShrink(t *testing.T) {
	b := newPackBench(t)
	f := shipped(t, "kansai")
	b.load(t, f)
	edit(t, f, "control.csv", "最高責任者の設置と権限", "最高責任者")
	if r := b.load(t, f); r.Unchanged {
		t.Error("the edit was not stored")
	}
	s := string(f["applicability.csv"].Data)
	line := s[strings.Index(s, "kansai-2026,1-03,2"):]
	edit(t, f, "applicability.csv", line[:strings.Index(line, "\n")+1], "")
	_, err := b.app.LoadPack(t.Context(), b.g, f)
	if !errs.Is(err, errs.Conflict) || !strings.Contains(errs.MessageOf(err), "applicability.csv 1-03 2") {
		t.Errorf("%v", err)
	}
}

func TestSampleNeedsTheOperatorAndAnUnusedRegister(t *testing.T) {
	b := newPackBench(t)
	b.load(t, shipped(t, "kansai"))
	if _, err := b.app.LoadPack(t.Context(), authz.Grant{}, adoption(adopted)); !errs.Is(err, errs.Forbidden) {
		t.Errorf("without a grant: %v", err)
	}
	tx, err := b.db.Owner.Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, sql := range []string{
		`WITH a AS (INSERT INTO act (person_text, auth, channel, action) VALUES ('x', 'operator', 'cli', 'test') RETURNING id) SELECT set_config('daicho.act', id::text, true) FROM a`,
		`INSERT INTO person (code, name) VALUES ('p', '実在の職員')`,
		`INSERT INTO account (person_id, login) SELECT id, 'real' FROM person`,
	} {
		if _, err := tx.Exec(t.Context(), sql); err != nil {
			t.Fatal(err)
		}
	}
	if err := tx.Commit(t.Context()); err != nil {
		t.Fatal(err)
	}
	_, err = b.app.LoadPack(t.Context(), b.g, adoption(adopted))
	if !errs.Is(err, errs.Conflict) || errs.CodeOf(err) != "pack.in_use" {
		t.Errorf("into a register in use: %v", err)
	}
}

// Passwords that everybody knows never come to a register that is used in earnest, not even under the
// name of a pack that is there; the sample itself may come again.
func TestASampleBringsNoAccountsLater(t *testing.T) {
	b := newPackBench(t)
	b.load(t, shipped(t, "kansai"))
	b.load(t, people(t))
	more := people(t)
	edit(t, more, "person.csv", "S001,", "S999,見本 増子,みほん ますこ,\r\nS001,")
	edit(t, more, "account.csv", "fujiwara,", "later,S999,mihon-no-daicho-2026\r\nfujiwara,")
	b.load(t, more) // nobody but its own people is there
	if _, err := b.app.CreateAdmin(t.Context(), "root", app.FirstAdmin{Login: "real", Name: "実在の職員"}); err != nil {
		t.Fatal(err)
	}
	b.load(t, more)
	for _, name := range []string{"sample", "kansai", "other"} {
		again := people(t)
		edit(t, again, "pack.json", `"name": "sample"`, `"name": "`+name+`"`)
		if name == "kansai" {
			edit(t, again, "pack.json", `"kansai"
  ],`, `"sample"
  ],`)
		}
		edit(t, again, "person.csv", "S001,", "S998,見本 重子,みほん しげこ,\r\nS001,")
		edit(t, again, "account.csv", "fujiwara,", "again,S998,mihon-no-daicho-2026\r\nfujiwara,")
		_, err := b.app.LoadPack(t.Context(), b.g, again)
		if !errs.Is(err, errs.Conflict) || errs.CodeOf(err) != "pack.in_use" {
			t.Errorf("as %s: %v", name, err)
		}
	}
	if n := b.count(t, `SELECT count(*) FROM account WHERE login = 'again'`); n != 0 {
		t.Error("an account with a password that everybody knows")
	}
}

// The sample goes through the use cases of the screens: every asset in force stands on a decision of
// somebody else than the applicant, and a second load changes nothing.
func TestSampleIsEnteredSubmittedAndDecidedByItsPeople(t *testing.T) {
	b := newPackBench(t)
	b.load(t, shipped(t, "kansai"))
	r := b.load(t, shipped(t, "sample"))
	if r.Assets < 280 || r.Applications < 50 || r.Decisions < 50 {
		t.Errorf("%d assets, %d applications, %d decisions", r.Assets, r.Applications, r.Decisions)
	}
	for _, c := range []struct {
		what, sql  string
		least, max int
	}{
		{"assets in force", `SELECT count(*) FROM asset_now WHERE state IN ('active', 'suspended')`, 280, 400},
		{"disposed assets", `SELECT count(*) FROM asset_now WHERE state = 'disposed'`, 2, 5},
		{"first applications that wait", `SELECT count(*) FROM asset_now WHERE state = 'pending'`, 10, 14},
		{"changes that wait", `SELECT count(*) FROM asset_now WHERE state = 'active' AND pending_no IS NOT NULL`, 1, 3},
		{"returned assets", `SELECT count(*) FROM asset_now WHERE state = 'returned'`, 4, 6},
		{"drafts", `SELECT count(*) FROM draft WHERE returned IS NULL`, 4, 6},
		{"items that lower a level", `SELECT count(*) FROM application_item WHERE lowers AND open`, 1, 2},
		{"decisions of one's own", `SELECT count(*) FROM decision d JOIN application a ON a.id = d.application_id WHERE d.person_id = a.applicant_id`, 0, 0},
		{"decisions without an account", `SELECT count(*) FROM decision d WHERE NOT EXISTS (SELECT 1 FROM account a WHERE a.person_id = d.person_id)`, 0, 0},
		{"acts of people", `SELECT count(DISTINCT person_id) FROM act WHERE person_id IS NOT NULL`, 25, 60},
		{"acts that are not marked as the load's", `SELECT count(*) FROM act WHERE auth <> 'operator'`, 0, 0},
		{"assets in force without a class", `SELECT count(*) FROM asset_now WHERE state = 'active' AND (class_id IS NULL OR set_id IS NULL)`, 0, 0},
		{"members", `SELECT count(*) FROM asset_member`, 150, 250},
		{"levels above what was declared", `SELECT count(DISTINCT asset_id) FROM level_now WHERE level > base`, 10, 200},
		{"findings of declared levels below the computed", `SELECT count(*) FROM asset_review WHERE cause = 'below'`, 0, 50},
		{"assets to be approved again", `SELECT count(DISTINCT asset_id) FROM asset_review`, 1, 5},
		{"rules by which something is found", `SELECT count(DISTINCT rule) FROM finding WHERE cleared_at IS NULL`, 5, 30},
		{"revisions", `SELECT count(*) FROM revision`, 60, 200},
		{"gaps in the revisions", `SELECT count(*) - max(rev) FROM revision`, 0, 0},
		{"changes outside an act", `SELECT count(*) FROM change c LEFT JOIN act a ON a.id = c.act_id WHERE a.id IS NULL`, 0, 0},
		{"rows of the load itself attributed to people", `SELECT count(*) FROM change c JOIN act a ON a.id = c.act_id WHERE a.person_id IS NOT NULL AND c.tbl IN ('person', 'account', 'credential', 'pack', 'adoption')`, 0, 0},
	} {
		if n := b.count(t, c.sql); n < c.least || n > c.max {
			t.Errorf("%s: %d, want %d to %d", c.what, n, c.least, c.max)
		}
	}
	acts, changes := b.count(t, `SELECT count(*) FROM act`), b.count(t, `SELECT count(*) FROM change`)
	if r := b.load(t, shipped(t, "sample")); !r.Unchanged || r.Assets != 0 {
		t.Errorf("a second load: %+v", r)
	}
	if r := b.load(t, shipped(t, "kansai")); !r.Unchanged {
		t.Errorf("kansai after its adoption: %+v", r.Tables)
	}
	if a, c := b.count(t, `SELECT count(*) FROM act`), b.count(t, `SELECT count(*) FROM change`); a != acts+2 || c != changes {
		t.Errorf("the second loads left %d acts and %d changes", a-acts, c-changes)
	}
}

// A sample whose assets cannot be entered leaves nothing behind, and says which row is wrong.
func TestSampleThatFailsStoresNothing(t *testing.T) {
	b := newPackBench(t)
	b.load(t, shipped(t, "kansai"))
	f := shipped(t, "sample")
	edit(t, f, "appointment.csv", "honbu-somu-shusa,main", "honbu-kikaku-shuji,main")
	acts := b.count(t, `SELECT count(*) FROM act`)
	_, err := b.app.LoadPack(t.Context(), b.g, f)
	if !errs.Is(err, errs.Invalid) || !strings.Contains(errs.MessageOf(err), "asset_") || !strings.Contains(errs.MessageOf(err), "取込番号") {
		t.Errorf("%v", err)
	}
	if b.count(t, `SELECT (SELECT count(*) FROM asset) + (SELECT count(*) FROM person) + (SELECT count(*) FROM adoption)`) != 0 || b.count(t, `SELECT count(*) FROM act`) != acts {
		t.Error("something was stored")
	}
}

package app_test

import (
	"context"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"daicho/internal/app"
	"daicho/internal/approval"
	"daicho/internal/asset"
	"daicho/internal/authz"
	"daicho/internal/classify"
	"daicho/internal/errs"
	"daicho/internal/fixture"
	"daicho/internal/pgtest"
	"daicho/internal/postgres"
	"daicho/internal/relation"
)

func TestMain(m *testing.M) { pgtest.Main(m) }

// spine is the program on a register of its own, with the organisation of the fixture.
type spine struct {
	*fixture.World
	*app.App
	t testing.TB
}

func newSpine(t testing.TB) *spine {
	t.Helper()
	w := fixture.New(t)
	db, err := postgres.Open(t.Context(), w.DB.AppURL, postgres.Options{MaxConns: 16})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(db.Close)
	return &spine{World: w, App: app.New(db, app.Options{}), t: t}
}

func (s *spine) ctx() context.Context { return s.t.Context() }

// as is the holder of a login, seen as a request of now sees them.
func (s *spine) as(login string) authz.Actor { s.t.Helper(); return s.Actor(s.t, login) }

func (s *spine) must(err error) {
	s.t.Helper()
	if err != nil {
		s.t.Fatal(err)
	}
}

// refused checks the kind and the code of an error.
func (s *spine) refused(err error, k errs.Kind, code string) {
	s.t.Helper()
	if errs.KindOf(err) != k || errs.CodeOf(err) != code {
		s.t.Errorf("got %v, want %s %s", err, k, code)
	}
}

// with returns a form with pairs of key and value put in; several values are parted by a space when
// the key is that of the relations.
func with(raw app.Raw, pairs ...string) app.Raw {
	out := app.Raw{}
	for k, v := range raw {
		out[k] = append([]string(nil), v...)
	}
	for i := 0; i+1 < len(pairs); i += 2 {
		switch {
		case pairs[i+1] == "":
			delete(out, pairs[i])
		case pairs[i] == "rel":
			out["rel"] = strings.Fields(pairs[i+1])
		default:
			out[pairs[i]] = []string{pairs[i+1]}
		}
	}
	return out
}

// levels puts levels as "3C 2 1" into a form.
func levels(codes string) []string {
	f := strings.Fields(codes)
	return []string{"level_c", f[0], "level_i", f[1], "level_a", f[2]}
}

// info is a complete form of an electronic information asset.
func info(name, codes string, pairs ...string) app.Raw {
	raw := app.Raw{
		"name": {name}, "summary": {"試験の受験者の名簿"}, "personal": {"personal"}, "zone": {"LG"}, "place": {"ファイルサーバー"},
		"q.mynumber": {"no"}, "q.personal": {"yes"}, "level_reason": {"規程に照らして判断した"},
	}
	return with(with(raw, levels(codes)...), pairs...)
}

// medium is a complete form of a medium whose intended use is declared.
func medium(name, codes string, pairs ...string) app.Raw {
	raw := app.Raw{"name": {name}, "detail_kind": {"usb"}, "personal": {"personal"}, "zone": {"LG"}, "place": {"総務課 キャビネット"}}
	if codes != "" {
		raw = with(raw, levels(codes)...)
	}
	return with(raw, pairs...)
}

// system is a complete form of an information system; only its 可用性 is declared.
func system(name, a string, pairs ...string) app.Raw {
	raw := app.Raw{"name": {name}, "detail_kind": {"business"}, "personal": {"personal"}, "zone": {"LG"}, "level_a": {a}}
	return with(raw, pairs...)
}

func stores(other int64) string    { return app.RelationValue(relation.Stores, true, other) }
func processes(other int64) string { return app.RelationValue(relation.Processes, true, other) }

// draft keeps a new form as the holder of a login and returns the asset.
func (s *spine) draft(login string, k asset.Kind, raw app.Raw) int64 {
	s.t.Helper()
	v, err := s.SaveDraft(s.ctx(), s.as(login), app.SaveDraft{Kind: k, Form: raw})
	s.must(err)
	return v.Asset
}

// rewrite saves a form over the draft of an asset.
func (s *spine) rewrite(login string, id int64, pairs ...string) {
	s.t.Helper()
	d, err := s.OpenDraft(s.ctx(), s.as(login), id)
	s.must(err)
	_, err = s.SaveDraft(s.ctx(), s.as(login), app.SaveDraft{Asset: id, Kind: d.Kind, EditNo: d.EditNo, Form: with(d.Form, pairs...)})
	s.must(err)
}

// submit asks for a decision and returns the application.
func (s *spine) submit(login string, ids ...int64) int64 {
	s.t.Helper()
	got, err := s.Submit(s.ctx(), s.as(login), app.Submit{Assets: ids})
	s.must(err)
	return got.Application
}

// decide decides as somebody who saw the application as it stands.
func (s *spine) decide(login string, id int64, o approval.Outcome, comment string) error {
	s.t.Helper()
	v, err := s.Application(s.ctx(), s.as(login), id, 0)
	s.must(err)
	if v.CanDecide && v.ItemCount > 1 {
		for _, it := range v.Items {
			if it.Must != "" && !it.Opened {
				_, err := s.ApplicationItem(s.ctx(), s.as(login), id, it.No)
				s.must(err)
			}
		}
	}
	return s.Decide(s.ctx(), s.as(login), app.Decide{Application: id, Outcome: o, Comment: comment, Seen: [32]byte(v.Digest)})
}

func (s *spine) approve(login string, id int64) {
	s.t.Helper()
	s.must(s.decide(login, id, approval.Approve, ""))
}

// inForce registers, submits and approves within 総務課, and returns the asset with its number.
func (s *spine) inForce(k asset.Kind, raw app.Raw) (int64, string) {
	s.t.Helper()
	id := s.draft(fixture.Registrant, k, raw)
	s.approve(fixture.Manager, s.submit(fixture.Registrant, id))
	return id, s.number(id)
}

// change opens the draft of an asset in force and saves a form over it.
func (s *spine) change(login string, id int64, pairs ...string) {
	s.t.Helper()
	got, err := s.EditAsset(s.ctx(), s.as(login), s.number(id))
	s.must(err)
	if got != id {
		s.t.Fatalf("the draft of %d is of %d", id, got)
	}
	s.rewrite(login, id, pairs...)
}

func (s *spine) number(id int64) (n string) {
	s.t.Helper()
	s.One(s.t, `SELECT coalesce(number, '') FROM asset WHERE id = $1`, []any{id}, &n)
	return n
}

// standing is what the register says of an asset, table by table.
type standing struct {
	State            string // of the list
	Number           string
	Version, Pending int
	List             classify.Levels // asset_now
	Tenure           classify.Levels // in force; zero when nothing is
	TenureVersion    int
	Decision         int64
	Tenures          int // closed ones included
	Draft            bool
}

func (s *spine) standing(id int64) standing {
	s.t.Helper()
	var g standing
	s.One(s.t, `SELECT n.state, coalesce(n.number, ''), coalesce(n.version_no, 0), coalesce(n.pending_no, 0), n.c, n.i, n.a,
		coalesce(t.c, 0), coalesce(t.i, 0), coalesce(t.a, 0), coalesce(t.version_no, 0), coalesce(t.decision_id, 0),
		(SELECT count(*) FROM tenure x WHERE x.asset_id = n.asset_id), EXISTS (SELECT FROM draft d WHERE d.asset_id = n.asset_id)
		FROM asset_now n LEFT JOIN tenure t ON t.asset_id = n.asset_id AND t.to_rev = 9223372036854775807 WHERE n.asset_id = $1`, []any{id},
		&g.State, &g.Number, &g.Version, &g.Pending, &g.List.C, &g.List.I, &g.List.A,
		&g.Tenure.C, &g.Tenure.I, &g.Tenure.A, &g.TenureVersion, &g.Decision, &g.Tenures, &g.Draft)
	return g
}

// level is the row of level_now of one axis: base, computed, level in force, and the neighbour.
type level struct {
	Base, Computed, Level int
	Via                   int64
}

func (s *spine) level(id int64, a classify.Axis) level {
	s.t.Helper()
	var l level
	s.One(s.t, `SELECT base, computed, level, coalesce(via, 0) FROM level_now WHERE asset_id = $1 AND axis = $2`, []any{id, string(a)},
		&l.Base, &l.Computed, &l.Level, &l.Via)
	return l
}

func (s *spine) count(sql string, args ...any) (n int) {
	s.t.Helper()
	s.One(s.t, sql, args, &n)
	return n
}

func (s *spine) reviews(id int64) int {
	s.t.Helper()
	return s.count(`SELECT count(*) FROM asset_review r JOIN asset_now n USING (asset_id) WHERE r.asset_id = $1 AND n.review_since IS NOT NULL`, id)
}

func lv(c, i, a classify.Rank) classify.Levels { return classify.Levels{C: c, I: i, A: a} }

// The whole way of one asset: register, submit, come back with a comment, correct, submit again,
// approve, in force; then change it, and change it a little.
func TestTheWayOfAnAsset(t *testing.T) {
	s := newSpine(t)
	typed := info("調理師試験 受験者名簿", "3C 2 1", "subjects", "12000", "notes", "１行目\n２行目　全角空白", "retention_end", "令和14年3月31日")
	id := s.draft(fixture.Registrant, asset.Info, typed)
	if g := s.standing(id); g.State != "draft" || g.Number != "" || !g.Draft || g.List != lv(3, 2, 1) || g.Tenures != 0 {
		t.Fatalf("as a draft: %+v", g)
	}

	first := s.submit(fixture.Registrant, id)
	g := s.standing(id)
	if g.State != "pending" || g.Version != 0 || g.Pending != 1 || g.Draft || g.Tenures != 0 {
		t.Fatalf("submitted: %+v", g)
	}
	n, err := asset.ParseNumber(g.Number)
	if err != nil || n.Prefix != "KR" || n.Seq != 1 || n.String() != g.Number {
		t.Errorf("number %q: %v", g.Number, err)
	}

	// The manager returns it; without a comment he cannot.
	s.refused(s.decide(fixture.Manager, first, approval.Return, " 　\n"), errs.Invalid, "approval.comment")
	s.must(s.decide(fixture.Manager, first, approval.Return, "保存場所をくわしく書いてください。"))
	g = s.standing(id)
	if g.State != "returned" || g.Pending != 0 || !g.Draft || g.Tenures != 0 {
		t.Fatalf("returned: %+v", g)
	}
	d, err := s.OpenDraft(s.ctx(), s.as(fixture.Registrant), id)
	s.must(err)
	if diff := cmp.Diff(with(typed, "unit", "honbu-somu", app.SchemeKey, fixture.SchemeCode), d.Form); diff != "" {
		t.Errorf("what was typed came back otherwise (-typed +draft):\n%s", diff)
	}
	if d.Returned == nil || d.Returned.Application != first || d.Returned.Comment != "保存場所をくわしく書いてください。" || !strings.Contains(d.Returned.By, "田中 一郎") {
		t.Errorf("the draft does not say why it came back: %+v", d.Returned)
	}

	// Corrected, submitted and approved, it is in force under the same number.
	number := g.Number
	s.rewrite(fixture.Registrant, id, "place", "ファイルサーバー 資格試験課フォルダ")
	second := s.submit(fixture.Registrant, id)
	s.approve(fixture.Manager, second)
	g = s.standing(id)
	want := standing{State: "active", Number: number, Version: 2, List: lv(3, 2, 1), Tenure: lv(3, 2, 1), TenureVersion: 2, Decision: g.Decision, Tenures: 1}
	if diff := cmp.Diff(want, g); diff != "" {
		t.Errorf("in force (-want +got):\n%s", diff)
	}
	var person string
	var class, set int64
	s.One(t, `SELECT p.name, coalesce(n.class_id, 0), coalesce(n.set_id, 0) FROM decision d JOIN person p ON p.id = d.person_id
		JOIN decision_item i ON i.decision_id = d.id JOIN asset_now n ON n.asset_id = i.asset_id
		WHERE d.id = $1 AND i.asset_id = $2 AND i.version_no = 2 AND d.application_id = $3`, []any{g.Decision, id, second}, &person, &class, &set)
	if person != "田中 一郎" || class == 0 || set == 0 {
		t.Errorf("decided by %s, class %d, set %d", person, class, set)
	}
	if n := s.count(`SELECT count(*) FROM requirement r JOIN control c ON c.id = r.control_id WHERE r.asset_id = $1 AND c.key IN ('2-01', '2-06', '6-01')`, id); n != 3 {
		t.Errorf("%d of the three required controls", n)
	}

	// A change of a material field leaves the old content in force until it is approved.
	s.change(fixture.Registrant, id, "place", "ファイルサーバー 総務課フォルダ")
	third := s.submit(fixture.Registrant, id)
	before := g
	g = s.standing(id)
	want = before
	want.Pending = 3
	if diff := cmp.Diff(want, g); diff != "" {
		t.Errorf("while the change waits (-want +got):\n%s", diff)
	}
	if _, err := s.EditAsset(s.ctx(), s.as(fixture.Registrant), number); !errs.Is(err, errs.Conflict) {
		t.Errorf("a second change beside the first: %v", err)
	}
	v, err := s.Application(s.ctx(), s.as(fixture.Manager), third, 0)
	s.must(err)
	if len(v.Items) != 1 || len(v.Items[0].Changes) != 1 || v.Items[0].Deed != approval.Change || v.Items[0].Lowers {
		t.Fatalf("the approver sees %+v", v.Items)
	}
	if c := v.Items[0].Changes[0]; c.Label != "設置・保管場所" || c.Before != "ファイルサーバー 資格試験課フォルダ" || c.After != "ファイルサーバー 総務課フォルダ" || !c.Material {
		t.Errorf("difference %+v", c)
	}
	s.approve(fixture.Manager, third)
	if g = s.standing(id); g.Version != 3 || g.Pending != 0 || g.TenureVersion != 3 || g.Tenures != 2 || g.Decision == before.Decision {
		t.Errorf("after the change: %+v", g)
	}

	// A minor change is in force at once, under the same decision.
	before = g
	s.change(fixture.Registrant, id, "notes", "担当が替わった")
	got, err := s.Submit(s.ctx(), s.as(fixture.Registrant), app.Submit{Assets: []int64{id}})
	s.must(err)
	if got.Application != 0 || len(got.Minor) != 1 || got.Minor[0] != number {
		t.Errorf("a minor change: %+v", got)
	}
	if g = s.standing(id); g.Version != 4 || g.TenureVersion != 4 || g.Pending != 0 || g.Decision != before.Decision || g.Tenures != 3 || g.Draft {
		t.Errorf("after the minor change: %+v", g)
	}
	if n := s.count(`SELECT count(*) FROM application`); n != 3 {
		t.Errorf("%d applications", n)
	}
	// Each revision has one act, and the numbers run without a gap.
	if n := s.count(`SELECT count(*) FROM revision r WHERE r.rev = (SELECT count(*) FROM revision x WHERE x.rev <= r.rev)`); n != 3 {
		t.Errorf("%d revisions in order, want 3", n)
	}
	s.change(fixture.Registrant, id)
	_, err = s.Submit(s.ctx(), s.as(fixture.Registrant), app.Submit{Assets: []int64{id}})
	if f := errs.Fields(err); len(f) != 1 || f[0].Code != "submit.same" {
		t.Errorf("a change of nothing: %v", err)
	}
}

// A registrant who withdraws gets everything back; a decided application cannot be withdrawn, and
// nobody withdraws for another.
func TestWithdraw(t *testing.T) {
	s := newSpine(t)
	typed := info("名簿", "3C 2 1", "subjects", "30")
	id := s.draft(fixture.Registrant, asset.Info, typed)
	a := s.submit(fixture.Registrant, id)
	s.refused(s.Withdraw(s.ctx(), s.as(fixture.Registrant2), a, ""), errs.Forbidden, "approval.not_own")
	s.must(s.Withdraw(s.ctx(), s.as(fixture.Registrant), a, "書き直します"))
	g := s.standing(id)
	if g.State != "draft" || g.Number == "" || !g.Draft || g.Pending != 0 {
		t.Errorf("withdrawn: %+v", g)
	}
	d, err := s.OpenDraft(s.ctx(), s.as(fixture.Registrant), id)
	s.must(err)
	if diff := cmp.Diff(with(typed, "unit", "honbu-somu", app.SchemeKey, fixture.SchemeCode), d.Form); diff != "" || d.Returned != nil {
		t.Errorf("the draft came back otherwise, returned %v:\n%s", d.Returned, diff)
	}
	s.refused(s.Withdraw(s.ctx(), s.as(fixture.Registrant), a, ""), errs.Conflict, "approval.closed")
	s.refused(s.decide(fixture.Manager, a, approval.Approve, ""), errs.Conflict, "approval.closed")

	// The number stays with the asset when it is submitted again.
	b := s.submit(fixture.Registrant, id)
	if again := s.standing(id); again.Number != g.Number {
		t.Errorf("number %s became %s", g.Number, again.Number)
	}
	s.approve(fixture.Manager, b)
	s.refused(s.Withdraw(s.ctx(), s.as(fixture.Registrant), b, ""), errs.Conflict, "approval.closed")

	// Withdrawing a change leaves what is in force as it is.
	s.change(fixture.Registrant, id, "zone", "IT")
	c := s.submit(fixture.Registrant, id)
	s.must(s.Withdraw(s.ctx(), s.as(fixture.Registrant), c, ""))
	if g := s.standing(id); g.State != "active" || g.Version != 2 || g.Pending != 0 || !g.Draft {
		t.Errorf("after the change was withdrawn: %+v", g)
	}
}

// One application carries several items of both kinds of deed and is decided as a whole.
func TestSeveralItemsInOneApplication(t *testing.T) {
	s := newSpine(t)
	old, _ := s.inForce(asset.Info, info("古い名簿", "3B 2 2"))
	s.change(fixture.Registrant, old, "level_c", "2", "q.personal", "no", "level_reason", "個人の情報を消した", "personal", "none")
	ids := []int64{old}
	for _, name := range []string{"甲", "乙", "丙"} {
		ids = append(ids, s.draft(fixture.Registrant, asset.Info, info(name, "2 1 1", "q.personal", "no", "personal", "none")))
	}
	a := s.submit(fixture.Registrant, ids...)
	v, err := s.Application(s.ctx(), s.as(fixture.Manager), a, 0)
	s.must(err)
	if v.ItemCount != 4 || v.Lowers != 1 || len(v.Items) != 4 || !v.CanDecide || v.Why != "" || v.CanWithdraw {
		t.Fatalf("the approver sees %+v", v)
	}
	deeds := map[approval.Deed]int{}
	for i, it := range v.Items {
		deeds[it.Deed]++
		if it.No != i+1 || it.Lowers != (it.Asset.ID == old) {
			t.Errorf("item %d: %+v", i, it)
		}
	}
	if deeds[approval.Register] != 3 || deeds[approval.Change] != 1 {
		t.Errorf("deeds %v", deeds)
	}
	// The decision names version and digest of each, and the digest of the list.
	s.approve(fixture.Manager, a)
	if n := s.count(`SELECT count(*) FROM decision_item i JOIN decision d ON d.id = i.decision_id JOIN application a ON a.id = d.application_id AND a.digest = d.digest
		JOIN asset_version v ON (v.asset_id, v.no, v.material_sha256) = (i.asset_id, i.version_no, i.material_sha256) WHERE a.id = $1`, a); n != 4 {
		t.Errorf("%d items are named by the decision", n)
	}
	decision := s.standing(old).Decision
	for _, id := range ids {
		if g := s.standing(id); g.State != "active" || g.Decision != decision {
			t.Errorf("%d: %+v", id, g)
		}
	}
	if n := s.count(`SELECT count(DISTINCT from_rev) FROM tenure WHERE decision_id = $1`, decision); n != 1 {
		t.Errorf("one decision, %d revisions", n)
	}
	if g := s.standing(old); g.Tenure.C != 2 || g.List.C != 2 {
		t.Errorf("the approved lowering is not in force: %+v", g)
	}

	// A return sends all of them back.
	more := []int64{s.draft(fixture.Registrant, asset.Info, info("丁", "2 1 1")), s.draft(fixture.Registrant, asset.Info, info("戊", "2 1 1"))}
	b := s.submit(fixture.Registrant, more...)
	s.must(s.decide(fixture.Manager, b, approval.Return, "二つとも名前を直してください。"))
	for _, id := range more {
		if g := s.standing(id); g.State != "returned" || !g.Draft {
			t.Errorf("%d: %+v", id, g)
		}
	}

	// Units are not mixed: each has its own way of decision.
	s.Appoint(t, fixture.Responsible, "p-somu-shuji", "concurrent")
	s.Appoint(t, fixture.Responsible, "p-kikaku-shusa", "concurrent")
	both := s.as(fixture.Responsible)
	x := s.draft(fixture.Responsible, asset.Info, info("総務のもの", "2 1 1", "unit", "honbu-somu"))
	y := s.draft(fixture.Responsible, asset.Info, info("企画のもの", "2 1 1", "unit", "honbu-kikaku"))
	_, err = s.Submit(s.ctx(), both, app.Submit{Assets: []int64{x, y}})
	if f := errs.Fields(err); len(f) != 1 || f[0].Code != "submit.units" {
		t.Errorf("two units in one application: %v", err)
	}
}

// What is missing is said for each draft at its field, and nothing is written.
func TestSubmitSaysWhatIsMissing(t *testing.T) {
	s := newSpine(t)
	a := s.draft(fixture.Registrant, asset.Info, info("甲", "3C 2 1", "summary", "", "level_a", ""))
	b := s.draft(fixture.Registrant, asset.Medium, medium("乙", ""))
	c := s.draft(fixture.Registrant, asset.Info, info("丙", "2 2 1", "level_reason", ""))
	acts := s.count(`SELECT count(*) FROM act`)
	_, err := s.Submit(s.ctx(), s.as(fixture.Registrant), app.Submit{Assets: []int64{c, a, b}})
	if errs.KindOf(err) != errs.Invalid {
		t.Fatalf("%v", err)
	}
	got := map[string]string{}
	for _, f := range errs.Fields(err) {
		got[f.Field] = f.Code
	}
	key := func(id int64, k string) string { return itoa(id) + "/" + k }
	want := map[string]string{
		key(a, "summary"): "asset.field.required", key(a, "level_a"): "asset.level.required", key(b, "level_c"): "asset.level.purpose",
		key(b, "level_i"): "asset.level.purpose", key(b, "level_a"): "asset.level.purpose",
		key(c, "level_reason"): "asset.level.lower",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("what is missing (-want +got):\n%s", diff)
	}
	if s.count(`SELECT count(*) FROM act`) != acts || s.count(`SELECT count(*) FROM application`) != 0 {
		t.Error("a refused submission has left something")
	}
	if _, err := s.Submit(s.ctx(), s.as(fixture.Registrant), app.Submit{}); !errs.Is(err, errs.Invalid) {
		t.Errorf("nothing chosen: %v", err)
	}
}

package app_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"daicho/internal/app"
	"daicho/internal/approval"
	"daicho/internal/asset"
	"daicho/internal/control"
	"daicho/internal/errs"
	"daicho/internal/fixture"
	"daicho/internal/postgres"
	"daicho/internal/relation"
)

// house is the fixture with the program on it, for tests that register and read.
type house struct {
	*fixture.World
	app *app.App
}

func newHouse(t *testing.T) *house {
	t.Helper()
	w := fixture.New(t)
	db, err := postgres.Open(t.Context(), w.DB.AppURL, postgres.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(db.Close)
	return &house{w, app.New(db, app.Options{})}
}

type raw = map[string]string

// fill builds a form that can be submitted: what the kind requires, and what the test says.
func fill(k asset.Kind, unit string, with raw) app.Raw {
	f := app.Raw{"name": {k.Label()}, "unit": {unit}, "lifecycle": {"in_use"}, "personal": {"none"}, "zone": {"LG"}}
	for _, field := range asset.Fields(k) {
		if field.Required && f[field.Key] == nil {
			f[field.Key] = []string{"あ"}
			if len(field.Options) > 0 {
				f[field.Key] = []string{field.Options[0].Code}
			}
		}
	}
	for _, a := range []asset.Axis{"C", "I", "A"} {
		if asset.Declares(k, a) {
			f[asset.LevelKey(a)] = []string{"1"}
		}
	}
	for key, v := range with {
		if key == "rel" {
			f[key] = strings.Fields(v)
			continue
		}
		f[key] = []string{v}
	}
	return f
}

// submit stores and submits a form and returns the asset's id and the application.
func (h *house) submit(t *testing.T, login string, k asset.Kind, form app.Raw) (id, application int64) {
	t.Helper()
	actor := h.Actor(t, login)
	v, err := h.app.SaveDraft(t.Context(), actor, app.SaveDraft{Kind: k, Form: form})
	if err != nil {
		t.Fatal(err)
	}
	s, err := h.app.Submit(t.Context(), actor, app.Submit{Assets: []int64{v.Asset}, Note: "新しく使い始めるため"})
	if err != nil {
		t.Fatal(err)
	}
	return v.Asset, s.Application
}

func (h *house) decide(t *testing.T, login string, id int64, o approval.Outcome, comment string) {
	t.Helper()
	actor := h.Actor(t, login)
	v, err := h.app.Application(t.Context(), actor, id, 0)
	if err != nil {
		t.Fatal(err)
	}
	if err := h.app.Decide(t.Context(), actor, app.Decide{Application: id, Outcome: o, Comment: comment, Seen: [32]byte(v.Digest)}); err != nil {
		t.Fatal(err)
	}
}

// register brings an asset of 総務課 into force and returns id and number.
func (h *house) register(t *testing.T, k asset.Kind, with raw) (int64, string) {
	t.Helper()
	id, application := h.submit(t, fixture.Registrant, k, fill(k, "honbu-somu", with))
	h.decide(t, fixture.Manager, application, approval.Approve, "")
	return id, h.number(t, id)
}

func (h *house) number(t *testing.T, id int64) (n string) {
	t.Helper()
	h.One(t, `SELECT number FROM asset WHERE id = $1`, []any{id}, &n)
	return n
}

// change edits an asset in force and submits the change.
func (h *house) change(t *testing.T, number string, with raw) app.Submitted {
	t.Helper()
	actor := h.Actor(t, fixture.Registrant)
	id, err := h.app.EditAsset(t.Context(), actor, number)
	if err != nil {
		t.Fatal(err)
	}
	d, err := h.app.OpenDraft(t.Context(), actor, id)
	if err != nil {
		t.Fatal(err)
	}
	for k, v := range with {
		d.Form[k] = []string{v}
		if k == "rel" {
			d.Form[k] = strings.Fields(v)
		}
	}
	if _, err := h.app.SaveDraft(t.Context(), actor, app.SaveDraft{Asset: id, Kind: d.Kind, EditNo: d.EditNo, Form: d.Form}); err != nil {
		t.Fatal(err)
	}
	s, err := h.app.Submit(t.Context(), actor, app.Submit{Assets: []int64{id}, Note: "内容が変わったため"})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func (h *house) openings(t *testing.T, id int64) (n int) {
	t.Helper()
	h.One(t, `SELECT count(*) FROM act WHERE asset_id = $1 AND action = 'asset.read' AND person_id IS NOT NULL`, []any{id}, &n)
	return n
}

// pages opens every page of an asset and returns their errors by name.
func (h *house) pages(t *testing.T, login, number string) map[string]error {
	t.Helper()
	actor, ctx := h.Actor(t, login), t.Context()
	out := map[string]error{}
	_, out["asset"] = h.app.Asset(ctx, actor, number)
	_, out["controls"] = h.app.Controls(ctx, actor, number)
	_, out["relations"] = h.app.Relations(ctx, actor, number, app.RelationsQuery{})
	_, out["history"] = h.app.History(ctx, actor, number)
	_, out["version"] = h.app.VersionDiff(ctx, actor, number, 1)
	_, out["files"] = h.app.Files(ctx, actor, number)
	return out
}

func TestAssetInWords(t *testing.T) {
	h := newHouse(t)
	_, number := h.register(t, asset.Info, raw{
		"name": "災害時の協定 一覧", "summary": "協定の相手と連絡先", "level_c": "3C", "level_i": "2", "level_a": "1", "level_reason": "連絡先を含むため",
		"personal": "personal", "q.mynumber": "no", "q.personal": "yes", "q.published": "no", "q.affects": "yes", "q.rto": "48", "manager_post": "p-somu-kacho", "checked_on": "R8.6.3",
	})
	v, err := h.app.Asset(t.Context(), h.Actor(t, fixture.Registrant2), number)
	if err != nil {
		t.Fatal(err)
	}
	if v.Name != "災害時の協定 一覧" || v.UnitPath != "本部事務局 総務課" || v.State != asset.StateActive || v.ManagerPost != "総務課 課長" || v.ZoneLabel != "LGWAN接続系" {
		t.Errorf("head: %+v", v.AssetHead)
	}
	if !v.Scheme.Adopted || v.Marking() != "自治体機密性３Ｃ" || v.Guarded || !v.CanEdit || !v.CanAttach {
		t.Errorf("adopted %v, marking %q, guarded %v, edit %v", v.Scheme.Adopted, v.Marking(), v.Guarded, v.CanEdit)
	}
	var levels []string
	for _, l := range v.Words {
		levels = append(levels, fmt.Sprintf("%s %s %d/%d", l.Axis, l.Level.Code, l.Level.Rank, l.Of))
	}
	if d := cmp.Diff([]string{"C 3C 3/5", "I 2 2/2", "A 1 1/2"}, levels); d != "" {
		t.Error(d)
	}
	lines := map[string]string{}
	for _, s := range v.Sections {
		for _, l := range s.Lines {
			lines[l.Label] = l.Text
		}
	}
	for label, want := range map[string]string{"所管課": "本部事務局 総務課", "最終確認日": "令和8年6月3日", "領域": "LGWAN接続系"} {
		if lines[label] != want {
			t.Errorf("%s: %q, want %q; have %v", label, lines[label], want, lines)
		}
	}
	if lines["名称"] != "" {
		t.Error("the name stands twice")
	}
	want := &app.Judgement{
		Answers: []app.Answer{
			{Question: "マイナンバーが書かれていますか。", Answer: "いいえ"}, {Question: "個人情報が書かれていますか。", Answer: "はい"},
			{Question: "全部をすでに公開していますか。", Answer: "いいえ"}, {Question: "間違いが住民の権利に影響しますか。", Answer: "はい"},
			{Question: "何時間までなら待てますか。", Answer: "48時間"},
		},
		Reason: "連絡先を含むため",
	}
	if v.Judgement == nil || len(v.Judgement.Hits) != 3 || v.Judgement.Hits[0].Why != "個人情報を含むので、外に出さない前提で扱います。" {
		t.Fatalf("judgement: %+v", v.Judgement)
	}
	v.Judgement.Hits = nil
	if d := cmp.Diff(want, v.Judgement); d != "" {
		t.Error(d)
	}
	if d := cmp.Diff([]string{"持ち出しには許可が要る", "鍵のかかる場所に置く", "変更を記録する"}, v.Handling); d != "" {
		t.Error(d)
	}
	if n := h.openings(t, v.Asset); n != 0 {
		t.Errorf("%d openings of an asset that is not guarded", n)
	}
	// As it is typed on a label: full width, without hyphens.
	if _, err := h.app.Asset(t.Context(), h.Actor(t, fixture.Registrant), strings.ReplaceAll(number, "-", "")); err != nil {
		t.Error(err)
	}
}

// What another unit holds does not exist, on every page; who reads the whole body sees it.
func TestAnotherUnitsAssetIsNotFound(t *testing.T) {
	h := newHouse(t)
	id, number := h.register(t, asset.Info, raw{"level_c": "3B", "name": "秘密のある名簿"})
	for _, login := range []string{fixture.Planner, fixture.Bosai, fixture.Gikai, fixture.GikaiHead} {
		for page, err := range h.pages(t, login, number) {
			if !errs.Is(err, errs.NotFound) {
				t.Errorf("%s, %s: %v", login, page, err)
			}
			if err != nil && strings.Contains(err.Error(), "名簿") {
				t.Errorf("%s, %s: the error names it", login, page)
			}
		}
	}
	for page, err := range h.pages(t, fixture.Admin, number) {
		if !errs.Is(err, errs.Forbidden) {
			t.Errorf("administrator, %s: %v", page, err)
		}
	}
	if n := h.openings(t, id); n != 0 {
		t.Errorf("%d openings were recorded for people who saw nothing", n)
	}
	for _, login := range []string{fixture.Manager, fixture.Chief, fixture.CISO, fixture.Auditor} {
		for page, err := range h.pages(t, login, number) {
			if err != nil {
				t.Errorf("%s, %s: %v", login, page, err)
			}
		}
	}
	v, err := h.app.Asset(t.Context(), h.Actor(t, fixture.Auditor), number)
	if err != nil || v.CanEdit || v.CanAttach {
		t.Errorf("an auditor is offered to change: %v %v %v", v.CanEdit, v.CanAttach, err)
	}
	for _, bad := range []string{"", "x", "2026-KR-000001-0", "2026-KR-999999-" + number[len(number)-1:], number + "'"} {
		if _, err := h.app.Asset(t.Context(), h.Actor(t, fixture.Registrant), bad); !errs.Is(err, errs.NotFound) {
			t.Errorf("%q: %v", bad, err)
		}
	}
}

// Every page of a guarded asset leaves one act; it stays guarded in its history when its level fell.
func TestOpeningAGuardedAssetIsAnAct(t *testing.T) {
	h := newHouse(t)
	id, number := h.register(t, asset.Info, raw{"level_c": "3B"})
	before := h.openings(t, id)
	pages := h.pages(t, fixture.Manager, number)
	if n := h.openings(t, id); n != before+len(pages) {
		t.Errorf("%d openings for %d pages", n-before, len(pages))
	}
	var who, post, target, page string
	var unit int64
	h.One(t, `SELECT person_text, post_text, target, detail ->> 'page', unit_id FROM act WHERE asset_id = $1 AND action = 'asset.read' ORDER BY id LIMIT 1`, []any{id},
		&who, &post, &target, &page, &unit)
	if who != "田中 一郎" || !strings.Contains(post, "総務課 課長") || target != number || page != "overview" || unit != h.Units["honbu-somu"] {
		t.Errorf("%q %q %q %q %d", who, post, target, page, unit)
	}
	s := h.change(t, number, raw{"level_c": "2", "level_reason": "個人の部分を消したため"})
	before = h.openings(t, id)
	if _, err := h.app.VersionDiff(t.Context(), h.Actor(t, fixture.Manager), number, 2); err != nil {
		t.Fatal(err)
	}
	h.decide(t, fixture.Manager, s.Application, approval.Approve, "")
	if _, err := h.app.History(t.Context(), h.Actor(t, fixture.Manager), number); err != nil {
		t.Fatal(err)
	}
	if n := h.openings(t, id); n != before+2 {
		t.Errorf("%d openings, want %d: what was guarded once is still guarded", n, before+2)
	}

	// A change that is only applied for: its content is guarded before it is in force.
	id, number = h.register(t, asset.Info, raw{"level_c": "2"})
	h.change(t, number, raw{"level_c": "3A"})
	if _, err := h.app.Asset(t.Context(), h.Actor(t, fixture.Manager), number); err != nil || h.openings(t, id) != 0 {
		t.Errorf("%v, %d openings of what is in force", err, h.openings(t, id))
	}
	if _, err := h.app.VersionDiff(t.Context(), h.Actor(t, fixture.Manager), number, 2); err != nil || h.openings(t, id) != 1 {
		t.Errorf("%v, %d openings of the change", err, h.openings(t, id))
	}
}

// A page of an application with guarded items leaves one act, however many they are and whoever opens
// it; what became of a submission, and a page without them, leaves none.
func TestOpeningAGuardedApplicationIsAnAct(t *testing.T) {
	h := newHouse(t)
	opened := func() (n int) {
		h.One(t, `SELECT count(*) FROM act WHERE action = 'application.read'`, nil, &n)
		return n
	}
	open := func(login string, id int64) {
		t.Helper()
		if _, err := h.app.Application(t.Context(), h.Actor(t, login), id, 1); err != nil {
			t.Fatal(err)
		}
	}
	id, application := h.submit(t, fixture.Registrant, asset.Info, fill(asset.Info, "honbu-somu", raw{"level_c": "3B"}))
	for i, login := range []string{fixture.Manager, fixture.Registrant, fixture.Manager} {
		if open(login, application); opened() != i+1 {
			t.Errorf("%d acts after %d openings", opened(), i+1)
		}
	}
	var who, target string
	var unit, about int64
	h.One(t, `SELECT person_text, target, unit_id, asset_id FROM act WHERE action = 'application.read' ORDER BY id LIMIT 1`, nil, &who, &target, &unit, &about)
	if who != "田中 一郎" || target != fmt.Sprintf("申請 %d（1件、うち慎重に扱うもの1件）", application) || unit != h.Units["honbu-somu"] || about != id {
		t.Errorf("%q %q %d %d", who, target, unit, about)
	}
	before := opened()
	if _, err := h.app.ApplicationHead(t.Context(), h.Actor(t, fixture.Manager), application); err != nil || opened() != before {
		t.Errorf("%v: the head of an application counts as an opening", err)
	}
	_, plain := h.submit(t, fixture.Registrant, asset.Info, fill(asset.Info, "honbu-somu", raw{"level_c": "2"}))
	if open(fixture.Manager, plain); opened() != before {
		t.Error("a page without guarded items leaves an act")
	}

	// A change that leaves the guarded levels behind still shows what stood there.
	_, number := h.register(t, asset.Info, raw{"level_c": "3B"})
	s := h.change(t, number, raw{"level_c": "2", "level_reason": "個人の部分を消したため"})
	before = opened()
	if open(fixture.Manager, s.Application); opened() != before+1 {
		t.Error("the page of a lowering leaves no act")
	}
}

func keys(v app.ControlsView) []string {
	var out []string
	for _, ch := range v.Chapters {
		for _, c := range ch.Controls {
			out = append(out, fmt.Sprintf("%d %s", ch.No, c.Key))
		}
	}
	return out
}

// The list follows the level in the same transaction, and every line says why it is there.
func TestControlsFollowTheLevel(t *testing.T) {
	h := newHouse(t)
	_, number := h.register(t, asset.Info, raw{"level_c": "2"})
	read := func() app.ControlsView {
		v, err := h.app.Controls(t.Context(), h.Actor(t, fixture.Registrant), number)
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
	v := read()
	if d := cmp.Diff([]string{"2 2-01"}, keys(v)); d != "" {
		t.Error(d)
	}
	if v.AssetHead.Controls != 1 || v.Catalogue.DocNo != "試第2号" || v.Preview {
		t.Errorf("%d controls, %+v", v.AssetHead.Controls, v.Catalogue)
	}
	s := h.change(t, number, raw{"level_c": "3C", "level_i": "2"})
	if d := cmp.Diff([]string{"2 2-01"}, keys(read())); d != "" {
		t.Errorf("a change that is only applied for changed the list: %s", d)
	}
	h.decide(t, fixture.Manager, s.Application, approval.Approve, "")
	v = read()
	if d := cmp.Diff([]string{"2 2-01", "2 2-06", "6 6-01"}, keys(v)); d != "" {
		t.Error(d)
	}
	want := []app.Cause{{Reason: "外に出さない前提の情報だから。", Conditions: []control.Condition{
		{Label: "種別", Asks: "電磁的記録媒体・電子情報・印刷文書", Has: "電子情報"}, {Label: "機密性", Asks: "3C以上", Has: "3C"},
	}}}
	if d := cmp.Diff(want, v.Chapters[0].Controls[1].Causes); d != "" {
		t.Error(d)
	}
	if len(v.Org) != 1 || v.Org[0].Key != "1-01" || v.Org[0].AnsweredAt != control.AtOrgan || v.Org[0].Causes[0].Reason != "最後に決める人を定めるため。" {
		t.Errorf("held by the organisation: %+v", v.Org)
	}
	for _, ch := range v.Chapters {
		for _, c := range ch.Controls {
			if len(c.Causes) == 0 {
				t.Errorf("%s has no cause", c.Key)
			}
		}
	}
	// What is only applied for shows what it would need.
	id, _ := h.submit(t, fixture.Registrant, asset.Info, fill(asset.Info, "honbu-somu", raw{"level_a": "2"}))
	number = h.number(t, id)
	if v = read(); !v.Preview || !slices.Equal(keys(v), []string{"2 2-01", "6 6-02"}) {
		t.Errorf("preview %v: %v", v.Preview, keys(v))
	}
}

// A container says from where its level came, hop by hop, and a neighbour outside the scope is
// counted and not named.
func TestFollowedLevelsAndRelations(t *testing.T) {
	h := newHouse(t)
	info, infoNo := h.register(t, asset.Info, raw{"level_c": "3C", "level_i": "2", "name": "職員の名簿"})
	sys, sysNo := h.register(t, asset.System, raw{"name": "文書管理", "level_a": "2", "rel": app.RelationValue(relation.Stores, true, info)})
	_, eqNo := h.register(t, asset.Device, raw{"name": "サーバー", "rel": app.RelationValue(relation.RunsOn, false, sys)})
	v, err := h.app.Asset(t.Context(), h.Actor(t, fixture.Manager), eqNo)
	if err != nil {
		t.Fatal(err)
	}
	var path []string
	if len(v.Origins) != 3 || !v.Origins[0].Follows || v.Origins[0].Level.Code != "3C" {
		t.Fatalf("%+v", v.Origins)
	}
	for _, s := range v.Origins[0].Steps[1:] {
		path = append(path, s.Ref.Number)
	}
	if d := cmp.Diff([]string{sysNo, infoNo}, path); d != "" {
		t.Error(d)
	}
	// Another unit of the same organ uses the system; its people reach it by a relation of their own.
	other, otherApp := h.submit(t, fixture.Planner, asset.Device, fill(asset.Device, "honbu-kikaku", raw{"name": "企画課の秘密の端末", "level_c": "1", "level_i": "1", "level_a": "1"}))
	h.decide(t, fixture.PlanManager, otherApp, approval.Approve, "")
	h.Exec(t, `INSERT INTO relation (type, from_id, from_kind, to_id, to_kind, owner_id, from_rev)
		SELECT 'part_of', $1::bigint, 'EQ', $2::bigint, 'IS', $1::bigint, rev FROM register_head`, other, sys)
	rel, err := h.app.Relations(t.Context(), h.Actor(t, fixture.Manager), sysNo, app.RelationsQuery{})
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]string{}
	for _, g := range rel.Groups {
		var s strings.Builder
		fmt.Fprintf(&s, "内 %d 外 %d", g.Inside, g.Outside)
		for _, l := range g.Lines {
			s.WriteString(" " + l.Other.Name)
		}
		got[g.Label] = s.String()
	}
	if d := cmp.Diff(map[string]string{
		"保存している情報": "内 1 外 0 職員の名簿", "動かしている機器・サービス": "内 1 外 0 サーバー", "構成要素": "内 0 外 1",
	}, got); d != "" {
		t.Error(d)
	}
	if rel.Groups[0].Carries != "相手の機密性・完全性・可用性が、この資産に伝わります。" {
		t.Errorf("%q", rel.Groups[0].Carries)
	}
	all, err := h.app.Relations(t.Context(), h.Actor(t, fixture.Auditor), sysNo, app.RelationsQuery{})
	if err != nil {
		t.Fatal(err)
	}
	for _, g := range all.Groups {
		if g.Outside != 0 {
			t.Errorf("%s: %d outside for one who reads everything", g.Label, g.Outside)
		}
	}
}

package app_test

import (
	"bytes"
	"fmt"
	"io"
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
	"daicho/internal/pgtest"
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
	w := fixture.Body(t, pgtest.New(t))
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
	_, out["relations"] = h.app.Relations(ctx, actor, number)
	_, out["history"] = h.app.History(ctx, actor, number)
	_, out["version"] = h.app.VersionDiff(ctx, actor, number, 1)
	_, out["files"] = h.app.Files(ctx, actor, number)
	return out
}

func TestAssetInWords(t *testing.T) {
	h := newHouse(t)
	_, number := h.register(t, asset.Info, raw{
		"name": "災害時の協定 一覧", "summary": "協定の相手と連絡先", "level_c": "3C", "level_i": "2", "level_a": "1", "level_reason": "連絡先を含むため",
		"q.mynumber": "no", "q.personal": "yes", "q.published": "no", "q.affects": "yes", "q.rto": "48", "manager_post": "p-somu-kacho", "checked_on": "R8.6.3",
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
	if len(v.Followed) != 3 || !v.Followed[0].Follows || v.Followed[0].Level.Code != "3C" {
		t.Fatalf("%+v", v.Followed)
	}
	for _, p := range v.Followed[0].Path {
		path = append(path, p.Number)
	}
	if d := cmp.Diff([]string{sysNo, infoNo}, path); d != "" {
		t.Error(d)
	}
	// Another unit of the same organ uses the system; its people reach it by a relation of their own.
	other, otherApp := h.submit(t, fixture.Planner, asset.Device, fill(asset.Device, "honbu-kikaku", raw{"name": "企画課の秘密の端末", "level_c": "1", "level_i": "1", "level_a": "1"}))
	h.decide(t, fixture.PlanManager, otherApp, approval.Approve, "")
	h.Exec(t, `INSERT INTO relation (type, from_id, from_kind, to_id, to_kind, owner_id, from_rev)
		SELECT 'part_of', $1::bigint, 'EQ', $2::bigint, 'IS', $1::bigint, rev FROM register_head`, other, sys)
	rel, err := h.app.Relations(t.Context(), h.Actor(t, fixture.Manager), sysNo)
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]string{}
	for _, g := range rel.Groups {
		s := fmt.Sprintf("内 %d 外 %d", g.Inside, g.Outside)
		for _, l := range g.Lines {
			s += " " + l.Other.Name
		}
		got[g.Label] = s
	}
	if d := cmp.Diff(map[string]string{
		"保存している情報": "内 1 外 0 職員の名簿", "動かしている機器・サービス": "内 1 外 0 サーバー", "構成要素": "内 0 外 1",
	}, got); d != "" {
		t.Error(d)
	}
	if rel.Groups[0].Carries != "相手の機密性・完全性・可用性が、この資産に伝わります。" {
		t.Errorf("%q", rel.Groups[0].Carries)
	}
	all, err := h.app.Relations(t.Context(), h.Actor(t, fixture.Auditor), sysNo)
	if err != nil {
		t.Fatal(err)
	}
	for _, g := range all.Groups {
		if g.Outside != 0 {
			t.Errorf("%s: %d outside for one who reads everything", g.Label, g.Outside)
		}
	}
}

func TestHistory(t *testing.T) {
	h := newHouse(t)
	id, application := h.submit(t, fixture.Registrant, asset.Info, fill(asset.Info, "honbu-somu", raw{"name": "簿冊"}))
	number := h.number(t, id)
	h.decide(t, fixture.Manager, application, approval.Return, "名称を具体的にしてください")
	actor := h.Actor(t, fixture.Registrant)
	d, err := h.app.OpenDraft(t.Context(), actor, id)
	if err != nil {
		t.Fatal(err)
	}
	d.Form["name"] = []string{"令和8年度の簿冊"}
	if _, err := h.app.SaveDraft(t.Context(), actor, app.SaveDraft{Asset: id, Kind: d.Kind, EditNo: d.EditNo, Form: d.Form}); err != nil {
		t.Fatal(err)
	}
	s, err := h.app.Submit(t.Context(), actor, app.Submit{Assets: []int64{id}})
	if err != nil {
		t.Fatal(err)
	}
	h.decide(t, fixture.Manager, s.Application, approval.Approve, "よい")
	if s := h.change(t, number, raw{"notes": "ロッカー2段目"}); s.Application != 0 {
		t.Fatalf("a minor change went to %d", s.Application)
	}
	s = h.change(t, number, raw{"level_c": "3C", "zone": "MN"})
	if err := h.app.Withdraw(t.Context(), actor, s.Application, "間違えた"); err != nil {
		t.Fatal(err)
	}
	v, err := h.app.History(t.Context(), actor, number)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, e := range v.Events {
		got = append(got, fmt.Sprintf("%s|%s|%s|%s|%d", e.What, e.By.Person, e.Why, e.Note, e.Version))
	}
	want := []string{
		"申請の取下げ|山田 太郎|||0",
		"変更を申請|山田 太郎|内容が変わったため|変更 2項目：領域、機密性|4",
		"軽微な変更|山田 太郎|内容が変わったため|変更 1項目：備考|3",
		"承認|田中 一郎|よい||0",
		"新規登録を申請|山田 太郎|||2",
		"差戻し|田中 一郎|名称を具体的にしてください||0",
		"新規登録を申請|山田 太郎|新しく使い始めるため||1",
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
	if len(v.Tenures) != 2 || !v.Tenures[0].Open || v.Tenures[0].VersionNo != 3 || v.Tenures[1].Open || v.Tenures[1].Words[0].Level.Code != "1" {
		t.Errorf("tenures: %+v", v.Tenures)
	}
	if v.Events[2].Revision == 0 || v.Events[3].Revision == 0 {
		t.Error("what came into force has no revision")
	}
	diff, err := h.app.VersionDiff(t.Context(), actor, number, 4)
	if err != nil {
		t.Fatal(err)
	}
	var changes []string
	for _, c := range diff.Changes {
		changes = append(changes, fmt.Sprintf("%s: %s → %s %v", c.Label, c.Before, c.After, c.Material))
	}
	if d := cmp.Diff([]string{
		"領域: LGWAN接続系 → マイナンバー利用事務系 true",
		"機密性: 公開している・公開してよい情報（機密性1） → 外に出さない前提の情報（機密性3C） true",
	}, changes); d != "" {
		t.Error(d)
	}
	if diff.Base != 3 || diff.Prev != 3 || diff.Next != 0 || len(diff.Tenures) != 0 || len(diff.Declared) != 3 {
		t.Errorf("base %d, prev %d, next %d, in force %d times", diff.Base, diff.Prev, diff.Next, len(diff.Tenures))
	}
	var material []byte
	h.One(t, `SELECT material_sha256 FROM asset_version WHERE asset_id = $1 AND no = 4`, []any{id}, &material)
	if !bytes.Equal(material, diff.Material[:]) {
		t.Error("the digest is not the stored one")
	}
	if _, err := h.app.VersionDiff(t.Context(), actor, number, 9); !errs.Is(err, errs.NotFound) {
		t.Error(err)
	}
}

// A level that rises because of another asset stands in the history with what it was.
func TestHistoryOfARise(t *testing.T) {
	h := newHouse(t)
	info, infoNo := h.register(t, asset.Info, raw{"level_c": "2"})
	_, number := h.register(t, asset.Medium, raw{"rel": app.RelationValue(relation.Stores, true, info)})
	s := h.change(t, infoNo, raw{"level_c": "3C"})
	h.decide(t, fixture.Manager, s.Application, approval.Approve, "")
	v, err := h.app.History(t.Context(), h.Actor(t, fixture.Registrant), number)
	if err != nil {
		t.Fatal(err)
	}
	if e := v.Events[0]; e.Kind != app.EventRaised || e.Note != "機密性 2 → 3C" || e.By.Person != "田中 一郎" || e.Revision == 0 {
		t.Errorf("%+v", e)
	}
	c, err := h.app.Controls(t.Context(), h.Actor(t, fixture.Registrant), number)
	if err != nil || !slices.Contains(keys(c), "2 2-07") {
		t.Errorf("the rise did not change the controls: %v %v", keys(c), err)
	}
}

// endless is an upload that never ends.
type endless struct{ n int }

func (e *endless) Read(p []byte) (int, error) {
	e.n += len(p)
	return len(p), nil
}

func TestFiles(t *testing.T) {
	h := newHouse(t)
	id, number := h.register(t, asset.Info, raw{"level_c": "3B"})
	_, other := h.register(t, asset.Info, nil)
	ctx, actor := t.Context(), h.Actor(t, fixture.Registrant)
	pdf := []byte("%PDF-1.7 協定書")
	attach := func(number, name, token string, r io.Reader) error {
		return h.app.Attach(ctx, actor, number, name, "協定の写し", r, token)
	}
	if err := attach(number, `C:\共有\協定書.pdf`, "t1", bytes.NewReader(pdf)); err != nil {
		t.Fatal(err)
	}
	if err := attach(number, "協定書.pdf", "t1", bytes.NewReader(pdf)); err != nil {
		t.Errorf("the second use of a token: %v", err)
	}
	if err := attach(number, "同じもの.pdf", "t2", bytes.NewReader(pdf)); errs.CodeOf(err) != "attach.twice" || errs.Fields(err)[0].Field != "file" {
		t.Errorf("the same content twice: %v", err)
	}
	if err := attach(other, "協定書.pdf", "t3", bytes.NewReader(pdf)); err != nil {
		t.Errorf("the same content on another asset: %v", err)
	}
	var stored int
	h.One(t, `SELECT count(*) FROM file`, nil, &stored)
	if stored != 1 {
		t.Errorf("%d contents stored", stored)
	}
	big := &endless{}
	if err := attach(number, "大きい.pdf", "", big); errs.CodeOf(err) != "attach.size" || big.n > 32<<20 {
		t.Errorf("%v after reading %d bytes", err, big.n)
	}
	if err := attach(number, "a.exe", "", strings.NewReader("MZ\x00")); errs.CodeOf(err) != "attach.type" {
		t.Error(err)
	}
	if err := h.app.Attach(ctx, actor, number, "b.pdf", "個人番号 123456789018", strings.NewReader("%PDF-1"), ""); errs.CodeOf(err) != "note.my_number" {
		t.Errorf("a My Number as title: %v", err)
	}
	for login, kind := range map[string]errs.Kind{fixture.Planner: errs.NotFound, fixture.Gikai: errs.NotFound, fixture.Auditor: errs.Forbidden, fixture.Chief: errs.Forbidden} {
		r := &endless{}
		if err := h.app.Attach(ctx, h.Actor(t, login), number, "x.pdf", "", r, ""); !errs.Is(err, kind) || r.n != 0 {
			t.Errorf("%s: %v after %d bytes", login, err, r.n)
		}
	}
	v, err := h.app.Files(ctx, actor, number)
	if err != nil || len(v.Files) != 1 {
		t.Fatalf("%v %+v", err, v.Files)
	}
	f := v.Files[0]
	if f.Name != "協定書.pdf" || f.MIME != "application/pdf" || f.Size != int64(len(pdf)) || f.AddedBy != "山田 太郎" || f.Title != "協定の写し" {
		t.Errorf("%+v", f)
	}
	before := h.openings(t, id)
	if _, body, err := h.app.Download(ctx, actor, number, f.ID); err != nil || !bytes.Equal(body, pdf) || h.openings(t, id) != before+1 {
		t.Errorf("%v %q, %d openings", err, body, h.openings(t, id)-before)
	}
	if _, _, err := h.app.Download(ctx, actor, other, f.ID); !errs.Is(err, errs.NotFound) {
		t.Errorf("a file under another asset's number: %v", err)
	}
	if _, _, err := h.app.Download(ctx, h.Actor(t, fixture.Planner), number, f.ID); !errs.Is(err, errs.NotFound) {
		t.Errorf("a file of another unit: %v", err)
	}
	if err := h.app.Detach(ctx, actor, number, f.ID, " "); errs.CodeOf(err) != "attach.reason" {
		t.Error(err)
	}
	if err := h.app.Detach(ctx, h.Actor(t, fixture.Planner), number, f.ID, "外す"); !errs.Is(err, errs.NotFound) {
		t.Error(err)
	}
	if err := h.app.Detach(ctx, actor, number, f.ID, "別の版に替えるため"); err != nil {
		t.Fatal(err)
	}
	if err := h.app.Detach(ctx, actor, number, f.ID, "もう一度"); !errs.Is(err, errs.NotFound) {
		t.Error(err)
	}
	if _, _, err := h.app.Download(ctx, actor, number, f.ID); !errs.Is(err, errs.NotFound) {
		t.Errorf("what was taken off is still given out: %v", err)
	}
	v, err = h.app.Files(ctx, actor, number)
	if err != nil || len(v.Files) != 0 || len(v.Removed) != 1 || v.Removed[0].RemovedWhy != "別の版に替えるため" {
		t.Errorf("%v %+v", err, v)
	}
	hist, err := h.app.History(ctx, actor, number)
	if err != nil || hist.Events[0].What != "添付の取外し" || hist.Events[1].What != "添付の追加" || hist.Events[0].By.Person != "山田 太郎" {
		t.Errorf("%v %+v", err, hist.Events)
	}
}

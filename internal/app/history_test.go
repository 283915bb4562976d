package app_test

import (
	"bytes"
	"fmt"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"daicho/internal/app"
	"daicho/internal/approval"
	"daicho/internal/asset"
	"daicho/internal/errs"
	"daicho/internal/fixture"
	"daicho/internal/relation"
)

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
		"申請の取下げ|山田 太郎|間違えた||0",
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
	if e := v.Events[0]; e.Kind != app.EventRaised || e.Note != "機密性 2 → 3C" || e.By.Person != "田中 一郎" || e.Revision == 0 || len(e.Because) != 1 || e.Because[0].ID != info || e.Application != s.Application {
		t.Errorf("%+v", e)
	}
	// When it holds that no longer, it still rose because of that.
	s = h.change(t, number, raw{"rel": "", "level_c": "3C", "level_i": "1", "level_a": "1"})
	h.decide(t, fixture.Manager, s.Application, approval.Approve, "")
	if v, err = h.app.History(t.Context(), h.Actor(t, fixture.Registrant), number); err != nil {
		t.Fatal(err)
	}
	rise := slices.IndexFunc(v.Events, func(e app.HistoryEvent) bool { return e.Kind == app.EventRaised })
	if rise < 1 || len(v.Events[rise].Because) != 1 || v.Events[rise].Because[0].ID != info {
		t.Errorf("after the relation ended: %d %+v", rise, v.Events)
	}
	// Somebody of another organ who came to decide on what the medium holds is not named.
	h.Exec(t, `UPDATE asset_now SET unit_id = $1 WHERE asset_id = $2`, h.Units["gikai"], info)
	if v, err = h.app.History(t.Context(), h.Actor(t, fixture.Registrant), number); err != nil {
		t.Fatal(err)
	}
	if e := v.Events[rise]; len(e.Because) != 1 || e.Because[0].ID != 0 || e.Because[0].Name != "" {
		t.Errorf("%+v", e.Because)
	}
	c, err := h.app.Controls(t.Context(), h.Actor(t, fixture.Registrant), number)
	if err != nil || !slices.Contains(keys(c), "2 2-07") {
		t.Errorf("the rise did not change the controls: %v %v", keys(c), err)
	}
}

package asset_test

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/PuerkitoBio/goquery"
	"github.com/google/go-cmp/cmp"

	"daicho/internal/approval"
	"daicho/internal/asset"
	"daicho/internal/fixture"
	"daicho/web/page"
)

func TestSentTwice(t *testing.T) {
	s := newSite(t)
	v := s.as(t, fixture.Registrant)
	path := page.AssetNewKind("IN")
	form := fill(typed(v.page(t, path)), append(slices.Clone(info), "do", "save")...)
	a, b := v.post(t, path, form), v.post(t, path, form)
	if a.head.Get("Location") != b.head.Get("Location") || a.code != http.StatusSeeOther {
		t.Fatalf("%s %s", a.head.Get("Location"), b.head.Get("Location"))
	}
	// The second send of one page holds more than the first: nothing of it is lost.
	if r := v.post(t, path, fill(form, "notes", "あとから")); r.head.Get("Location") != a.head.Get("Location") {
		t.Fatalf("%d %s", r.code, r.head.Get("Location"))
	}
	r := v.page(t, a.head.Get("Location"))
	if value(r, "notes") != "あとから" {
		t.Error("the later of two sends is lost")
	}
	path = a.head.Get("Location")
	form = fill(typed(r), "do", "submit")
	a, b = v.post(t, path, form), v.post(t, path, form)
	if a.code != http.StatusSeeOther || b.code != http.StatusSeeOther || b.head.Get("Location") != page.MyRequests {
		t.Errorf("submitted twice: %d, then %d", a.code, b.code)
	}
	var drafts, assets, applications int
	s.One(t, `SELECT (SELECT count(*) FROM draft), (SELECT count(*) FROM asset), (SELECT count(*) FROM application)`, nil, &drafts, &assets, &applications)
	if drafts != 0 || assets != 1 || applications != 1 {
		t.Errorf("%d drafts, %d assets, %d applications", drafts, assets, applications)
	}
	// The same for a form that submits what was never saved.
	path = page.AssetNewKind("IN")
	form = fill(typed(v.page(t, path)), append(slices.Clone(info), "name", "もう一つ", "do", "submit")...)
	a, b = v.post(t, path, form), v.post(t, path, form)
	s.One(t, `SELECT count(*) FROM asset`, nil, &assets)
	if a.code != http.StatusSeeOther || b.code != http.StatusSeeOther || assets != 2 {
		t.Errorf("%d, %d, %d assets", a.code, b.code, assets)
	}
}

func TestTwoEditors(t *testing.T) {
	s := newSite(t)
	one, two := s.as(t, fixture.Registrant), s.as(t, fixture.Registrant2)
	path := one.draft(t, asset.Info, info...)
	mine, theirs := one.page(t, path), two.page(t, path)
	if r := two.post(t, path, fill(typed(theirs), "summary", "相手の概要", "place", "相手の場所", "q.rto", "12", "do", "save")); r.code != http.StatusSeeOther {
		t.Fatalf("%d", r.code)
	}
	r := one.post(t, path, fill(typed(mine), "summary", "自分の概要", "place", "自分の場所", "retention_end", "読めない日", "do", "save"))
	if r.code != http.StatusConflict {
		t.Fatalf("%d", r.code)
	}
	sound(t, "two versions", r)
	if got := squeeze(r.Find("h1").Text()); got != "ほかの人が先に保存しました" {
		t.Errorf("h1 %q", got)
	}
	var rows [][]string
	r.Find(".clash tbody tr").Each(func(_ int, tr *goquery.Selection) { rows = append(rows, texts(tr.Children())) })
	want := [][]string{
		{"概要", "相手の概要", "自分の概要"}, {"設置・保管場所", "相手の場所", "自分の場所"}, {"保存期間の満了日", "（なし）", "読めない日"}, {"何時間までなら待てますか。", "12時間", "（なし）"},
	}
	if d := cmp.Diff(want, rows); d != "" {
		t.Errorf("rows (-want +got)\n%s", d)
	}
	if !strings.Contains(r.Find(".clash thead").Text(), "佐藤 花子") {
		t.Error("the page does not say who was faster")
	}
	var stored string
	s.One(t, `SELECT form->'summary'->>0 FROM draft`, nil, &stored)
	if stored != "相手の概要" {
		t.Errorf("stored %q before anybody has chosen", stored)
	}
	// One field of theirs, the rest of mine.
	r = one.post(t, path, fill(typed(r), "keep.place", "theirs", "keep.q.rto", "theirs", "do", "merge"))
	if r.code != http.StatusSeeOther {
		t.Fatalf("%d %s", r.code, squeeze(r.Find("main").Text()))
	}
	r = one.page(t, path)
	if value(r, "summary") != "自分の概要" || value(r, "place") != "相手の場所" || value(r, "retention_end") != "読めない日" || value(r, "q.rto") != "12" || value(r, "name") != "調理師試験 受験者名簿" {
		t.Errorf("after the choice: %q %q %q %q", value(r, "summary"), value(r, "place"), value(r, "retention_end"), value(r, "q.rto"))
	}
	// Overwriting and giving way.
	mine = one.page(t, path)
	two.post(t, path, fill(typed(two.page(t, path)), "summary", "また相手", "do", "save"))
	r = one.post(t, path, fill(typed(mine), "summary", "また自分", "do", "save"))
	if r.code != http.StatusConflict {
		t.Fatalf("%d", r.code)
	}
	if back := one.post(t, path, fill(typed(r), "do", "theirs")); back.code != http.StatusSeeOther || value(one.page(t, path), "summary") != "また相手" {
		t.Error("giving way changed what the other saved")
	}
	if back := one.post(t, path, fill(typed(r), "do", "save")); back.code != http.StatusSeeOther || value(one.page(t, path), "summary") != "また自分" {
		t.Errorf("overwriting: %d %q", back.code, value(one.page(t, path), "summary"))
	}
}

func TestAutosave(t *testing.T) {
	s := newSite(t)
	v := s.as(t, fixture.Registrant)
	path := page.AssetNewKind("IN")
	first := v.page(t, path)
	form := fill(typed(first), "name", "自動")
	r := v.post(t, first.Find(".assetform").AttrOr("data-autosave", ""), form)
	if got := squeeze(r.Text()); r.code != http.StatusOK || !strings.HasPrefix(got, "まとめ名称自動") {
		t.Fatalf("%d", r.code)
	}
	state, next := r.head.Get("Draft-Id"), r.head.Get("Draft-Url")
	if state == "" || !strings.HasPrefix(next, "/drafts/") {
		t.Fatalf("%q %q", state, next)
	}
	// The button is pressed before the page has heard of its own save: no conflict, nothing lost.
	if r := v.post(t, path, fill(form, "name", "自動と手", "do", "save")); r.code != http.StatusSeeOther {
		t.Fatalf("%d", r.code)
	}
	draft := strings.TrimSuffix(next, "/autosave")
	if got := value(v.page(t, draft), "name"); got != "自動と手" {
		t.Errorf("name %q", got)
	}
	// A save by itself that comes after the button is too old to be kept.
	if r := v.post(t, next, fill(form, "draft", state, "name", "古い")); r.code != http.StatusConflict {
		t.Errorf("%d", r.code)
	}
	if got := value(v.page(t, draft), "name"); got != "自動と手" {
		t.Errorf("an old save came through: %q", got)
	}
	page1 := v.page(t, draft)
	form = typed(page1)
	for i := range 3 { // the page takes over the state that each answer brings
		r := v.post(t, next, fill(form, "name", fmt.Sprint("回", i)))
		if r.code != http.StatusOK {
			t.Fatalf("%d", r.code)
		}
		form.Set("draft", r.head.Get("Draft-Id"))
	}
	if r := v.post(t, next, fill(form, "summary", "123456789018")); r.code != http.StatusUnprocessableEntity {
		t.Errorf("%d", r.code)
	}
	var n int
	s.One(t, `SELECT count(*) FROM draft`, nil, &n)
	if n != 1 {
		t.Errorf("%d drafts", n)
	}
}

func TestADraftWithoutAWord(t *testing.T) {
	s := newSite(t)
	v := s.as(t, fixture.Registrant)
	for _, k := range asset.Kinds() {
		r := v.page(t, v.draft(t, k.Kind))
		if got := squeeze(r.Find("h1").Text()); got != k.Label+"を登録する" {
			t.Errorf("h1 %q", got)
		}
	}
	if got := texts(v.page(t, page.MyRequests).Find(".bulkform tbody th a")); len(got) != len(asset.Kinds()) || got[0] != "（名称未入力）" {
		t.Errorf("%q", got)
	}
}

func TestAnotherUnitsDraft(t *testing.T) {
	s := newSite(t)
	path := s.as(t, fixture.Registrant).draft(t, asset.Info, info...)
	for _, login := range []string{fixture.Bosai, fixture.Gikai, fixture.Planner} {
		v := s.as(t, login)
		for _, p := range []string{path, path + "/discard"} {
			if r := v.get(t, p); r.code != http.StatusNotFound || strings.Contains(string(r.body), "受験者名簿") {
				t.Errorf("%s %s: %d", login, p, r.code)
			}
		}
		for _, p := range []string{path, path + "/autosave", path + "/discard"} {
			for _, do := range []string{"save", "submit", "merge"} {
				if r := v.post(t, p, url.Values{"do": {do}, "name": {"x"}, "unit": {"honbu-somu"}, "form_token": {"guess"}}); r.code != http.StatusNotFound || strings.Contains(string(r.body), "受験者名簿") {
					t.Errorf("%s %s %s: %d", login, p, do, r.code)
				}
			}
		}
		id := strings.TrimPrefix(path, "/drafts/")
		if r := v.get(t, "/my/requests/submit?asset="+id); strings.Contains(string(r.body), "受験者名簿") {
			t.Errorf("%s sees the draft in the basket", login)
		}
		if r := v.post(t, "/my/requests/submit", url.Values{"asset": {id}}); r.code != http.StatusUnprocessableEntity {
			t.Errorf("%s submits it: %d", login, r.code)
		}
	}
	if r := s.as(t, fixture.Registrant).start(t, asset.Info, "save", "name", "よその課", "unit", "bosai-bosai"); !strings.Contains(strings.Join(refused(t, r, 422), ""), "所管課") {
		t.Error("a draft for another unit")
	}
}

func TestDiscard(t *testing.T) {
	s := newSite(t)
	v := s.as(t, fixture.Registrant)
	path := v.draft(t, asset.Info, info...)
	r := v.page(t, path+"/discard")
	if !strings.Contains(r.Find("h2").Text(), "調理師試験 受験者名簿") {
		t.Error("the page does not name what is thrown away")
	}
	if r := v.post(t, path+"/discard", nil); r.code != http.StatusSeeOther {
		t.Fatalf("%d", r.code)
	}
	if r := v.get(t, path); r.code != http.StatusNotFound {
		t.Errorf("%d", r.code)
	}
	id, number := s.register(t, asset.Info, "", with{})
	var application int64
	s.One(t, `SELECT application_id FROM application_item WHERE asset_id = $1`, []any{id}, &application)
	s.decide(t, fixture.Manager, application, approval.Return, "概要をくわしく")
	path = page.Draft(id)
	if r := v.post(t, path+"/discard", nil); r.code != http.StatusConflict || !strings.Contains(r.Text(), number) {
		t.Errorf("a draft with a number: %d", r.code)
	}
	r = v.page(t, path)
	if got := squeeze(r.Find(".banner").Text()); !strings.Contains(got, "田中 一郎") || !strings.Contains(got, "概要をくわしく") {
		t.Errorf("returned: %q", got)
	}
}

func TestEditAndCopy(t *testing.T) {
	s := newSite(t)
	v := s.as(t, fixture.Registrant)
	id, number := s.register(t, asset.Medium, fixture.Manager, with{"serial": "SER-1", "level_c": "2", "level_i": "1", "level_a": "1", "holder": "総務"})
	if r := v.page(t, page.AssetEdit(number)); r.Find(`main form[method="post"]`).AttrOr("action", "") != page.AssetEdit(number) {
		t.Error("no button to begin with")
	}
	var n int
	if s.One(t, `SELECT count(*) FROM draft`, nil, &n); n != 0 {
		t.Error("opening a page made a draft")
	}
	r := v.post(t, page.AssetEdit(number), nil)
	if r.code != http.StatusSeeOther || r.head.Get("Location") != page.Draft(id) {
		t.Fatalf("%d %s", r.code, r.head.Get("Location"))
	}
	form := typed(v.page(t, page.Draft(id)))
	// Only a minor field changes: it is in force without a decision.
	if r := v.post(t, page.Draft(id), fill(form, "holder", "企画", "do", "submit")); r.code != http.StatusSeeOther {
		t.Fatalf("%d %q", r.code, texts(r.Find(".errors li")))
	}
	if got := squeeze(v.page(t, page.MyRequests).Find(".banner").Text()); !strings.Contains(got, number+" の軽微な変更を反映しました") {
		t.Errorf("flash %q", got)
	}
	r = v.page(t, page.AssetCopy("MD", number))
	if value(r, "holder") != "企画" || value(r, "serial") != "" || !strings.Contains(r.Find(".banner").Text(), number) {
		t.Errorf("copy: %q %q", value(r, "holder"), value(r, "serial"))
	}
	if r := s.as(t, fixture.Bosai).get(t, page.AssetCopy("MD", number)); r.code != http.StatusNotFound {
		t.Errorf("a copy of another unit's asset: %d", r.code)
	}
}

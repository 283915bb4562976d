package asset_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"

	"daicho/internal/approval"
	"daicho/internal/asset"
	"daicho/internal/fixture"
	"daicho/web/page"
)

// Whoever is about to change an asset reads which one; one that is not there is not there. The section
// of the navigation is marked on a draft, and numbers are easy to read while a year stays a year.
func TestWhereOneIs(t *testing.T) {
	s := newSite(t)
	id, number := s.register(t, asset.Info, fixture.Manager, with{
		"name": "受験者名簿", "personal": "personal", "level_c": "3C", "level_reason": "氏名を含む", "subjects": "6800", "made_in": "2026",
	})
	v := s.as(t, fixture.Registrant)
	h1 := squeeze(v.page(t, page.AssetEdit(number)).Find("h1").Text())
	if !strings.Contains(h1, "受験者名簿") || !strings.Contains(h1, number) {
		t.Errorf("the heading says %q", h1)
	}
	if r := v.get(t, page.AssetEdit("R8-HS-999999-0")); r.code != http.StatusNotFound {
		t.Errorf("an asset that is not there: %d", r.code)
	}
	if got := squeeze(v.page(t, page.AssetShow(number)).Find("main").Text()); !strings.Contains(got, "6,800 人") || strings.Contains(got, "2,026") {
		t.Error("a number is not in groups of three, or a year is")
	}
	application := s.change(t, number, with{"place": "書庫"})
	s.decide(t, fixture.Manager, application, approval.Return, "棚まで書いてください")
	back := page.Draft(id)
	r := v.page(t, back)
	if here := r.Find(`nav [aria-current="page"]`).First().AttrOr("href", ""); here != page.MyRequests {
		t.Errorf("on a draft the navigation stands at %q", here)
	}
	if got := squeeze(r.Find(".banner").Text()); !strings.Contains(got, "棚まで書いてください") || !strings.Contains(got, "まだ何も変わっていません") {
		t.Errorf("the banner says %q", got)
	}
	form := typed(r)
	form.Set("do", "submit")
	refused := v.post(t, back, form)
	if refused.code != http.StatusUnprocessableEntity || !slices.ContainsFunc(texts(refused.Find("#f-note-error")), func(s string) bool {
		return strings.Contains(s, "差し戻されたときから何も変わっていません")
	}) {
		t.Errorf("submitted again as it was: %d %v", refused.code, texts(refused.Find(".field__error")))
	}
	form = typed(refused)
	form.Set("do", "submit")
	form.Set("note", "棚はまだ決まっていません")
	if sent := v.post(t, back, form); sent.code != http.StatusSeeOther {
		t.Errorf("with a word: %d %v", sent.code, texts(sent.Find(".field__error")))
	}
	s2 := s.as(t, fixture.Manager)
	queue := s2.page(t, page.Approvals)
	seen := squeeze(s2.page(t, queue.Find("main tbody a").First().AttrOr("href", "")).Find("main").Text())
	for _, want := range []string{"前の申請は差し戻されています", "棚まで書いてください", "内容は何も変わっていません", "棚はまだ決まっていません"} {
		if !strings.Contains(seen, want) {
			t.Errorf("the approver does not read 「%s」", want)
		}
	}
}

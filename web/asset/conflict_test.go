package asset_test

import (
	"net/http"
	"slices"
	"testing"

	"daicho/internal/asset"
	"daicho/internal/fixture"
	"daicho/web/page"
)

// Of a change of approved content, the page of two versions also shows what stood before both (UX-07).
func TestTwoEditorsSeeWhatStoodBefore(t *testing.T) {
	s := newSite(t)
	id, number := s.register(t, asset.Info, fixture.Manager, with{"name": "名簿", "contact": "一係", "notes": "元の備考"})
	one, two := s.as(t, fixture.Registrant), s.as(t, fixture.Registrant2)
	one.post(t, page.AssetEdit(number), nil)
	mine, theirs := typed(one.page(t, page.Draft(id))), typed(two.page(t, page.Draft(id)))
	theirs.Set("contact", "二係")
	if r := two.post(t, page.Draft(id), theirs); r.code != http.StatusSeeOther {
		t.Fatalf("%d", r.code)
	}
	mine.Set("notes", "新しい備考")
	r := one.post(t, page.Draft(id), mine)
	if r.code != http.StatusConflict {
		t.Fatalf("%d", r.code)
	}
	var got [][]string
	for _, tr := range r.Find(".clash tbody tr").EachIter() {
		got = append(got, texts(tr.Children()))
	}
	want := [][]string{{"担当", "一係", "二係", "一係"}, {"備考", "元の備考", "元の備考", "新しい備考"}}
	if !slices.EqualFunc(got, want, slices.Equal) {
		t.Errorf("%q, want %q", got, want)
	}
}

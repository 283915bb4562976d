package server_test

import (
	"strings"
	"testing"

	"daicho/internal/fixture"
	"daicho/internal/servertest"
)

// 統括 records the adoption of an edition on a screen; nobody else is offered it, and a bad date
// keeps what was typed.
func TestAdoptionIsRecordedOnAScreen(t *testing.T) {
	s := servertest.New(t)
	s.World.Exec(t, `INSERT INTO catalogue (code, name, edition) VALUES ('next', '次の対策基準', '2027')`)
	s.World.Exec(t, `INSERT INTO pack (name, title, version, sample, sha256, loaded_by) VALUES ('x', 'x', '1', false, '', current_setting('daicho.act')::bigint)`)
	const path = "/admin/packs/adopt?target=catalogue&code=next"
	admin := s.SignIn(t, fixture.Admin)
	if r := admin.Get("/admin/packs"); strings.Contains(r.Text(), "採用を記録する") {
		t.Error("the administrator is offered the adoption")
	}
	if r := admin.Post(path, "doc_no", "1", "decided_on", "R8.4.1"); r.Status != 403 {
		t.Errorf("the administrator adopts: %d, want 403", r.Status)
	}
	chief := s.SignIn(t, fixture.Chief)
	if r := chief.Get("/admin/packs"); r.Doc().Find(`a[href*="adopt"]`).Length() == 0 {
		t.Fatalf("統括 is not offered the adoption: %s", r.Text())
	}
	r := chief.Post(path, "doc_no", "総第1号<b>", "decided_on", "令和99年4月1日")
	if v, _ := r.Doc().Find("input[name=doc_no]").Attr("value"); r.Status != 422 || v != "総第1号<b>" {
		t.Errorf("a bad date: %d, kept %q", r.Status, v)
	}
	if r := chief.Post(path, "doc_no", "総第1号", "decided_on", "R8.4.1"); r.Location() != "/admin/packs" {
		t.Fatalf("adopt: %d %s", r.Status, r.Text())
	}
	if r := chief.Get("/admin/packs"); !strings.Contains(r.Text(), "総第1号") {
		t.Errorf("the page does not show the decision: %s", r.Text())
	}
	if r := chief.Post(path, "doc_no", "総第2号", "decided_on", "R8.4.1"); r.Status != 409 {
		t.Errorf("adopted twice: %d, want 409", r.Status)
	}
	if r := chief.Get("/admin/packs/adopt?target=catalogue&code=nowhere"); r.Status != 404 {
		t.Errorf("an edition that nobody brought: %d, want 404", r.Status)
	}
}

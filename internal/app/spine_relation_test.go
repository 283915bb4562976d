package app_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"daicho/internal/app"
	"daicho/internal/approval"
	"daicho/internal/asset"
	"daicho/internal/classify"
	"daicho/internal/errs"
	"daicho/internal/fixture"
)

// A medium rises by itself when what it holds is approved higher, and never falls without an
// approval of its own (design: an axis is declared or follows).
func TestAContainerFollowsWhatItHolds(t *testing.T) {
	s := newSpine(t)
	list := s.draft(fixture.Registrant, asset.Info, app.Raw{"name": {"名簿"}}) // nothing is known of it yet
	usb := s.draft(fixture.Registrant, asset.Medium, medium("運搬用USBメモリ", "2 1 1", "rel", stores(list)))
	s.approve(fixture.Manager, s.submit(fixture.Registrant, usb))
	before := s.standing(usb)
	if before.Tenure != lv(2, 1, 1) || before.List != lv(2, 1, 1) {
		t.Fatalf("empty: %+v", before)
	}
	class := func(id int64) (n int64) {
		s.One(t, `SELECT class_id FROM asset_now WHERE asset_id = $1`, []any{id}, &n)
		return n
	}
	oldClass := class(usb)

	// While the content is only applied for, nothing moves.
	s.rewrite(fixture.Registrant, list, pairsOf(info("名簿", "3B 2 1", "q.mynumber", "yes", "personal", "mynumber", "zone", "MN"))...)
	a := s.submit(fixture.Registrant, list)
	if g := s.standing(usb); cmp.Diff(before, g) != "" {
		t.Errorf("moved by an application: %+v", g)
	}
	s.approve(fixture.Manager, a)
	g := s.standing(usb)
	if g.Tenure != lv(4, 2, 1) || g.List != lv(4, 2, 1) || g.Decision != before.Decision || g.TenureVersion != before.TenureVersion || g.Tenures != 2 {
		t.Errorf("did not rise with its content: %+v", g)
	}
	if l := s.level(usb, classify.Confidentiality); l != (level{2, 4, 4, list}) {
		t.Errorf("C %+v", l)
	}
	if l := s.level(usb, classify.Availability); l != (level{1, 1, 1, 0}) {
		t.Errorf("A %+v", l)
	}
	if class(usb) == oldClass {
		t.Error("the class did not follow the level")
	}
	if n := s.count(`SELECT count(*) FROM requirement r JOIN control c ON c.id = r.control_id WHERE r.asset_id = $1 AND c.key IN ('2-06', '2-07')`, usb); n != 2 {
		t.Errorf("%d of the two controls that 3B requires", n)
	}
	if s.count(`SELECT count(*) FROM relation WHERE type = 'stores' AND from_id = $1 AND to_id = $2 AND owner_id = $1 AND to_rev > 1000000`, usb, list) != 1 {
		t.Error("the relation is not in force")
	}

	// The content falls with an approval; the medium keeps its level and asks for one.
	s.change(fixture.Registrant, list, "level_c", "2", "q.mynumber", "no", "q.personal", "no", "personal", "none", "zone", "LG")
	b := s.submit(fixture.Registrant, list)
	v, err := s.Application(s.ctx(), s.as(fixture.Manager), b, 1)
	s.must(err)
	if !v.Items[0].Lowers || v.Lowers != 1 {
		t.Errorf("the lowering is not marked: %+v", v.Items[0])
	}
	s.approve(fixture.Manager, b)
	if g := s.standing(list); g.Tenure.C != 2 {
		t.Errorf("the approved lowering: %+v", g)
	}
	if g := s.standing(usb); g.Tenure != lv(4, 2, 1) || g.List != lv(4, 2, 1) || s.reviews(usb) != 1 {
		t.Errorf("the medium fell, or does not ask: %+v, %d reviews", g, s.reviews(usb))
	}

	// A minor change of the medium does not let it fall.
	s.change(fixture.Registrant, usb, "notes", "ひもを替えた")
	got, err := s.Submit(s.ctx(), s.as(fixture.Registrant), app.Submit{Assets: []int64{usb}})
	s.must(err)
	if len(got.Minor) != 1 || s.standing(usb).Tenure != lv(4, 2, 1) || s.reviews(usb) != 1 {
		t.Errorf("a minor change: %+v, %+v", got, s.standing(usb))
	}

	// Submitted again as it is, because its level may fall, it falls with that approval.
	s.change(fixture.Registrant, usb)
	c := s.submit(fixture.Registrant, usb)
	if c == 0 {
		t.Fatal("the approval of the fall was not asked for")
	}
	v, err = s.Application(s.ctx(), s.as(fixture.Manager), c, 1)
	s.must(err)
	if it := v.Items[0]; !it.Lowers || it.Asset.Levels != lv(2, 2, 1) || it.Deed != approval.Change {
		t.Errorf("the approver sees %+v", it)
	}
	s.approve(fixture.Manager, c)
	if g := s.standing(usb); g.Tenure != lv(2, 2, 1) || g.List != lv(2, 2, 1) || s.reviews(usb) != 0 {
		t.Errorf("after its own approval: %+v, %d reviews", g, s.reviews(usb))
	}
}

// A system follows what it processes in 機密性 and 完全性; its 可用性 is declared, and a higher one
// of the content asks for a new decision instead.
func TestASystemDeclaresItsAvailability(t *testing.T) {
	s := newSpine(t)
	data, _ := s.inForce(asset.Info, info("受験者データ", "2 1 1", "q.personal", "no", "personal", "none"))
	is, _ := s.inForce(asset.System, system("試験システム", "1", "rel", processes(data)))
	host, _ := s.inForce(asset.Device, app.Raw{"name": {"サーバー"}, "detail_kind": {"server"}, "personal": {"none"}, "zone": {"LG"}, "place": {"サーバー室"},
		"rel": {app.RelationValue("runs_on", false, is)}})
	for id, want := range map[int64]classify.Levels{is: lv(2, 1, 1), host: lv(2, 1, 1)} {
		if g := s.standing(id); g.Tenure != want {
			t.Fatalf("%d: %+v, want %v", id, g, want)
		}
	}
	s.change(fixture.Registrant, data, "level_c", "3C", "level_i", "2", "level_a", "2", "q.personal", "yes", "personal", "personal")
	s.approve(fixture.Manager, s.submit(fixture.Registrant, data))
	if g := s.standing(is); g.Tenure != lv(3, 2, 1) || s.reviews(is) != 1 {
		t.Errorf("the system: %+v, %d reviews", g, s.reviews(is))
	}
	if l := s.level(is, classify.Availability); l != (level{1, 2, 1, data}) {
		t.Errorf("its availability: %+v", l)
	}
	// The machine follows through the system, on every axis, as far as it was computed.
	if g := s.standing(host); g.Tenure != lv(3, 2, 2) || s.level(host, classify.Confidentiality).Via != is {
		t.Errorf("the machine: %+v", g)
	}
	// Declared higher, the cause is gone.
	s.change(fixture.Registrant, is, "level_a", "2")
	s.approve(fixture.Manager, s.submit(fixture.Registrant, is))
	if g := s.standing(is); g.Tenure != lv(3, 2, 2) || s.reviews(is) != 0 {
		t.Errorf("declared: %+v, %d reviews", g, s.reviews(is))
	}
}

// What came into force is never below what the approver saw, whatever moved around it meanwhile.
func TestTheDecisionHoldsTheLevelThatWasSeen(t *testing.T) {
	s := newSpine(t)
	// The content is a draft at 3B: the medium is shown, and approved, at 3B.
	list := s.draft(fixture.Registrant, asset.Info, info("名簿", "3B 2 1"))
	usb := s.draft(fixture.Registrant, asset.Medium, medium("USBメモリ", "", "rel", stores(list)))
	a := s.submit(fixture.Registrant, usb)
	v, err := s.Application(s.ctx(), s.as(fixture.Manager), a, 1)
	s.must(err)
	if v.Items[0].Asset.Levels != lv(4, 2, 1) || !v.Items[0].Guarded {
		t.Fatalf("the approver sees %v", v.Items[0].Asset.Levels)
	}
	s.approve(fixture.Manager, a)
	if g := s.standing(usb); g.Tenure != lv(4, 2, 1) {
		t.Errorf("approved at 3B, in force as %+v", g)
	}

	// In force at 3B, the medium is to be moved; meanwhile its content falls.
	s.approve(fixture.Manager, s.submit(fixture.Registrant, list))
	s.change(fixture.Registrant, usb, "place", "企画課 キャビネット")
	b := s.submit(fixture.Registrant, usb)
	s.change(fixture.Registrant, list, "level_c", "2", "q.personal", "no", "personal", "none")
	s.approve(fixture.Manager, s.submit(fixture.Registrant, list))
	if n := s.count(`SELECT count(*) FROM application_item WHERE application_id = $1 AND lowers`, b); n != 0 {
		t.Fatal("the move is marked as a lowering")
	}
	s.approve(fixture.Manager, b)
	if g := s.standing(usb); g.Tenure != lv(4, 2, 1) || s.reviews(usb) != 1 {
		t.Errorf("fell with the approval of a move: %+v, %d reviews", g, s.reviews(usb))
	}
	// And the other way: the content rises while the move waits.
	s.change(fixture.Registrant, usb, "place", "総務課 金庫")
	c := s.submit(fixture.Registrant, usb)
	s.change(fixture.Registrant, list, "level_c", "3A", "level_reason", "秘密文書に指定された")
	s.approve(fixture.Manager, s.submit(fixture.Registrant, list))
	s.approve(fixture.Manager, c)
	if g := s.standing(usb); g.Tenure != lv(5, 2, 1) {
		t.Errorf("the rise was lost: %+v", g)
	}
}

// A container whose content is written at the content's side is not taken for one that falls.
func TestContentNamedAtTheOtherEnd(t *testing.T) {
	s := newSpine(t)
	usb, _ := s.inForce(asset.Medium, medium("USBメモリ", "2 1 1"))
	list, _ := s.inForce(asset.Info, info("名簿", "3B 2 1", "rel", app.RelationValue("stores", false, usb)))
	if g := s.standing(usb); g.Tenure != lv(4, 2, 1) {
		t.Fatalf("%+v", g)
	}
	s.change(fixture.Registrant, usb, "place", "総務課 金庫")
	a := s.submit(fixture.Registrant, usb)
	v, err := s.Application(s.ctx(), s.as(fixture.Manager), a, 1)
	s.must(err)
	if it := v.Items[0]; it.Lowers || it.Asset.Levels != lv(4, 2, 1) {
		t.Errorf("the approver sees %+v", it)
	}
	s.approve(fixture.Manager, a)
	if g := s.standing(usb); g.Tenure != lv(4, 2, 1) || s.reviews(usb) != 0 {
		t.Errorf("%+v, %d reviews", g, s.reviews(usb))
	}
	// Taken out of it with an approval, the relation ends, and the medium asks for its own.
	s.change(fixture.Registrant, list, "rel", "")
	s.approve(fixture.Manager, s.submit(fixture.Registrant, list))
	if g := s.standing(usb); g.Tenure != lv(4, 2, 1) || s.reviews(usb) != 1 {
		t.Errorf("%+v, %d reviews", g, s.reviews(usb))
	}
	if n := s.count(`SELECT count(*) FROM relation WHERE to_rev = 9223372036854775807`); n != 0 {
		t.Errorf("%d relations in force", n)
	}
	if n := s.count(`SELECT count(*) FROM relation r JOIN tenure t ON t.asset_id = $1 AND t.from_rev = r.to_rev`, list); n != 1 {
		t.Errorf("the end of the relation is not a revision of the list: %d", n)
	}
}

// A container that came to hold something stays a matter of minor changes as long as nothing
// material is touched.
func TestAMinorChangeOfAContainerStaysMinor(t *testing.T) {
	s := newSpine(t)
	list := s.draft(fixture.Registrant, asset.Info, app.Raw{"name": {"名簿"}})
	usb, _ := s.inForce(asset.Medium, medium("USBメモリ", "2 1 1", "rel", stores(list)))
	s.rewrite(fixture.Registrant, list, pairsOf(info("名簿", "3C 2 1"))...)
	s.approve(fixture.Manager, s.submit(fixture.Registrant, list))
	s.change(fixture.Registrant, usb, "notes", "ひもを替えた")
	got, err := s.Submit(s.ctx(), s.as(fixture.Registrant), app.Submit{Assets: []int64{usb}})
	s.must(err)
	if got.Application != 0 || len(got.Minor) != 1 || s.standing(usb).Tenure != lv(3, 2, 1) {
		t.Errorf("%+v, %+v", got, s.standing(usb))
	}
}

// Disposal is a deed of its own and leaves the row in the register.
func TestDisposal(t *testing.T) {
	s := newSpine(t)
	usb, number := s.inForce(asset.Medium, medium("USBメモリ", "2 1 1"))
	s.change(fixture.Registrant, usb, "lifecycle", "disposed")
	_, err := s.Submit(s.ctx(), s.as(fixture.Registrant), app.Submit{Assets: []int64{usb}})
	if len(errs.Fields(err)) != 3 {
		t.Errorf("disposed without proof: %v", err)
	}
	s.rewrite(fixture.Registrant, usb, "disposed_on", "R8.10.1", "disposal_method", "crush", "disposal_proof", "破砕証明書 第15号")
	a := s.submit(fixture.Registrant, usb)
	v, err := s.Application(s.ctx(), s.as(fixture.Manager), a, 1)
	s.must(err)
	if v.Items[0].Deed != approval.Dispose {
		t.Errorf("deed %s", v.Items[0].Deed)
	}
	s.approve(fixture.Manager, a)
	if g := s.standing(usb); g.State != "disposed" || g.Number != number || g.Tenures != 2 {
		t.Errorf("%+v", g)
	}
}

func pairsOf(raw app.Raw) []string {
	var out []string
	for k, v := range raw {
		out = append(out, k, v[0])
	}
	return out
}

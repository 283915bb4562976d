package app_test

import (
	"testing"

	"daicho/internal/app"
	"daicho/internal/approval"
	"daicho/internal/asset"
	"daicho/internal/errs"
	"daicho/internal/fixture"
	"daicho/internal/org"
)

// gathered is what a form says of a relation with 集積 or 分散.
func gathered(end, effect, c, reason string) []string {
	return []string{"rel", end, "rel." + end + ".effect", effect, "rel." + end + ".pass_c", c, "rel." + end + ".note", reason}
}

// 集積 and 分散 go to the 責任者, and whoever fills in the form is told before the submission.
func TestAnEffectGoesToTheHigherApprover(t *testing.T) {
	s := newSpine(t)
	list, _ := s.inForce(asset.Info, info("名簿", "3C 2 1"))
	usb := s.draft(fixture.Registrant, asset.Medium, medium("USBメモリ", "", "rel", stores(list)))
	who := func(id int64) *app.Approver {
		t.Helper()
		v, err := s.OpenDraft(s.ctx(), s.as(fixture.Registrant), id)
		s.must(err)
		return v.Approver
	}
	if w := who(usb); w == nil || w.Role != org.Manager || w.Higher || w.Words() != "総務課の情報セキュリティ管理者" {
		t.Errorf("a plain relation is decided by %+v", w)
	}
	s.rewrite(fixture.Registrant, usb, gathered(stores(list), asset.Gather, "3B", "年度分を合わせると県民全員になる")...)
	if w := who(usb); w == nil || w.Role != org.Responsible || !w.Higher {
		t.Errorf("集積 is decided by %+v", w)
	}
	a := s.submit(fixture.Registrant, usb)
	s.refused(s.decide(fixture.Manager, a, approval.Approve, ""), errs.Forbidden, "approval.step")
	s.approve(fixture.Responsible, a)
	if n := s.count(`SELECT count(*) FROM application_step WHERE application_id = $1 AND role = 'responsible'`, a); n != 1 {
		t.Error("the step is not that of the 責任者")
	}

	// Another change of the same asset is the manager's again; of the reason alone it is not.
	s.change(fixture.Registrant, usb, "place", "総務課 金庫")
	if w := who(usb); w == nil || w.Higher {
		t.Errorf("a move is decided by %+v", w)
	}
	s.approve(fixture.Manager, s.submit(fixture.Registrant, usb))
	s.change(fixture.Registrant, usb, "rel."+stores(list)+".note", "理由を書き直した")
	if w := who(usb); w == nil || !w.Higher {
		t.Errorf("another reason is decided by %+v", w)
	}
	// One heavy item lifts the whole application.
	other := s.draft(fixture.Registrant, asset.Info, info("別の名簿", "3C 2 1"))
	s.approve(fixture.Responsible, s.submit(fixture.Registrant, other, usb))

	// Nothing to decide, nobody named.
	s.change(fixture.Registrant, usb, "notes", "ひもを替えた")
	if w := who(usb); w != nil {
		t.Errorf("a minor change is decided by %+v", w)
	}
}

// The only 責任者 applies herself: the application climbs and never falls to the manager below.
func TestAnEffectClimbsOverItsApplicant(t *testing.T) {
	s := newSpine(t)
	list, _ := s.inForce(asset.Info, info("名簿", "3C 2 1"))
	s.Appoint(t, fixture.Responsible, "p-somu-shuji", "concurrent")
	usb := s.draft(fixture.Responsible, asset.Medium, with(medium("USBメモリ", "", "unit", "honbu-somu"), gathered(stores(list), asset.Spread, "2", "暗号化した断片だけを置く")...))
	v, err := s.OpenDraft(s.ctx(), s.as(fixture.Responsible), usb)
	s.must(err)
	if v.Approver == nil || v.Approver.Role != org.Chief {
		t.Errorf("decided by %+v", v.Approver)
	}
	a := s.submit(fixture.Responsible, usb)
	s.refused(s.decide(fixture.Manager, a, approval.Approve, ""), errs.Forbidden, "approval.step")
	s.approve(fixture.Chief, a)
}

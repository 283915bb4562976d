package app_test

import (
	"testing"

	"daicho/internal/app"
	"daicho/internal/approval"
	"daicho/internal/asset"
	"daicho/internal/errs"
	"daicho/internal/fixture"
)

// gathered is what a form says of a relation with 集積 or 分散.
func gathered(end, effect, c, reason string) []string {
	return []string{"rel", end, "rel." + end + ".effect", effect, "rel." + end + ".pass_c", c, "rel." + end + ".note", reason}
}

const (
	bySomu   = "総務課の情報セキュリティ管理者"
	byHonbu  = "本部事務局の情報セキュリティ責任者"
	byTokatu = "本部事務局の統括情報セキュリティ責任者"
)

// way is what the form of a draft says of who would decide.
func (s *spine) way(login string, id int64) string {
	s.t.Helper()
	v, err := s.OpenDraft(s.ctx(), s.as(login), id)
	s.must(err)
	return app.WayWords(v.Way)
}

// 集積 and 分散 go on to the 責任者, and whoever fills in the form is told before the submission.
func TestAnEffectGoesOnToTheHigherApprover(t *testing.T) {
	s := newSpine(t)
	list, _ := s.inForce(asset.Info, info("名簿", "3C 2 1"))
	usb := s.draft(fixture.Registrant, asset.Medium, medium("USBメモリ", "", "rel", stores(list)))
	says := func(id int64, want string) {
		t.Helper()
		if got := s.way(fixture.Registrant, id); got != want {
			t.Errorf("the form says %q, want %q", got, want)
		}
	}
	says(usb, bySomu)
	s.rewrite(fixture.Registrant, usb, gathered(stores(list), asset.Gather, "3B", "年度分を合わせると県民全員になる")...)
	says(usb, bySomu+" → "+byHonbu)
	a := s.submit(fixture.Registrant, usb)
	s.refused(s.decide(fixture.Responsible, a, approval.Approve, ""), errs.Forbidden, "approval.step")
	s.approve(fixture.Manager, a)
	if g := s.standing(usb); g.State != "pending" || g.Tenures != 0 {
		t.Errorf("after the first of two steps: %+v", g)
	}
	s.approve(fixture.Responsible, a)
	if g := s.standing(usb); g.State != "active" {
		t.Errorf("after the last step: %+v", g)
	}

	// Another change of the same asset is the manager's alone; of the reason it is not.
	s.change(fixture.Registrant, usb, "place", "総務課 金庫")
	says(usb, bySomu)
	s.approve(fixture.Manager, s.submit(fixture.Registrant, usb))
	s.change(fixture.Registrant, usb, "rel."+stores(list)+".note", "理由を書き直した")
	says(usb, bySomu+" → "+byHonbu)
	// One heavy item lifts the whole application.
	other := s.draft(fixture.Registrant, asset.Info, info("別の名簿", "3C 2 1"))
	b := s.submit(fixture.Registrant, other, usb)
	s.approve(fixture.Manager, b)
	s.approve(fixture.Responsible, b)

	// Nothing to decide, nobody named.
	s.change(fixture.Registrant, usb, "notes", "ひもを替えた")
	says(usb, "")
}

// The only 責任者 applies herself: the application climbs and never ends with the manager below.
func TestAnEffectClimbsOverItsApplicant(t *testing.T) {
	s := newSpine(t)
	list, _ := s.inForce(asset.Info, info("名簿", "3C 2 1"))
	s.Appoint(t, fixture.Responsible, "p-somu-shuji", "concurrent")
	usb := s.draft(fixture.Responsible, asset.Medium, with(medium("USBメモリ", "", "unit", "honbu-somu"), gathered(stores(list), asset.Spread, "2", "暗号化した断片だけを置く")...))
	if got := s.way(fixture.Responsible, usb); got != bySomu+" → "+byTokatu {
		t.Errorf("the form says %q", got)
	}
	a := s.submit(fixture.Responsible, usb)
	s.approve(fixture.Manager, a)
	s.refused(s.decide(fixture.Manager, a, approval.Approve, ""), errs.Forbidden, "approval.twice")
	s.approve(fixture.Chief, a)
}

package app_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"daicho/internal/app"
	"daicho/internal/asset"
	"daicho/internal/authz"
	"daicho/internal/check"
	"daicho/internal/errs"
	"daicho/internal/fixture"
	"daicho/internal/jpdate"
	"daicho/internal/relation"
)

// found lists the open findings of an asset as "R10 level_c".
func (s *spine) found(id int64) []string {
	s.t.Helper()
	rows, err := s.DB.Owner.Query(s.ctx(), `SELECT rule || ' ' || field FROM finding WHERE asset_id = $1 AND cleared_at IS NULL ORDER BY 1`, id)
	s.must(err)
	defer rows.Close()
	out := []string{}
	for rows.Next() {
		var one string
		s.must(rows.Scan(&one))
		out = append(out, one)
	}
	s.must(rows.Err())
	return out
}

func (s *spine) finds(id int64, want ...string) {
	s.t.Helper()
	if want == nil {
		want = []string{}
	}
	if diff := cmp.Diff(want, s.found(id)); diff != "" {
		s.t.Errorf("findings of %d (-want +got):\n%s", id, diff)
	}
}

// one is the open finding of a rule as somebody sees it.
func (s *spine) one(login, rule string) app.Finding {
	s.t.Helper()
	v, err := s.Findings(s.ctx(), s.as(login), app.FindingQuery{Rule: rule})
	s.must(err)
	if len(v.Rows) != 1 || v.Total != 1 {
		s.t.Fatalf("%s: %d of %d", rule, len(v.Rows), v.Total)
	}
	return v.Rows[0]
}

// mend prepares the draft of a finding and brings it into force.
func (s *spine) mend(id int64) {
	s.t.Helper()
	draft, _, err := s.PrepareFix(s.ctx(), s.as(fixture.Registrant), id)
	s.must(err)
	s.approve(fixture.Manager, s.submit(fixture.Registrant, draft))
}

// A medium that comes to hold more than it was registered for is found at once, with what it holds;
// the suggestion makes a draft, and the approved draft clears the finding. What comes again is a new row.
func TestAContainerOutgrowsItsUse(t *testing.T) {
	s := newSpine(t)
	usb, _ := s.inForce(asset.Medium, medium("USBメモリ", "2 1 1", "encryption", "hardware"))
	s.finds(usb)
	list, _ := s.inForce(asset.Info, info("名簿", "3B 1 1", "rel", app.RelationValue(relation.Stores, false, usb)))
	s.finds(usb, "R10 level_c")
	f := s.one(fixture.Registrant, "R10")
	if f.Text != "機密性「2」の情報を入れるものとして登録されていますが、「名簿」は「3B」です。区分は自動で上がっています" || !f.CanFix || f.CanAccept || f.Other.ID != list {
		t.Errorf("%+v", f)
	}
	s.mend(f.ID)
	s.finds(usb)
	s.refused(errOf(s.PrepareFix(s.ctx(), s.as(fixture.Registrant), f.ID)), errs.Conflict, "finding.cleared")
	if n := s.count(`SELECT count(*) FROM finding WHERE asset_id = $1 AND cleared_at IS NOT NULL`, usb); n != 1 {
		t.Errorf("%d cleared rows", n)
	}
}

func errOf(_ int64, _ string, err error) error { return err }

// A copy below its original is refused on the form; an original that rises above its copies is found.
func TestACopyBelowItsOriginal(t *testing.T) {
	s := newSpine(t)
	first, _ := s.inForce(asset.Info, info("原本", "3C 1 1"))
	low := s.draft(fixture.Registrant, asset.Info, info("複製", "2 1 1", "rel", app.RelationValue(relation.CopyOf, true, first)))
	_, err := s.Submit(s.ctx(), s.as(fixture.Registrant), app.Submit{Assets: []int64{low}})
	fields := errs.Fields(err)
	if len(fields) != 1 || !strings.HasSuffix(fields[0].Field, "/level_c") || !strings.Contains(fields[0].Message, "原本「原本」の機密性は「3C」") {
		t.Fatalf("%v", err)
	}
	s.rewrite(fixture.Registrant, low, "level_c", "3C")
	s.approve(fixture.Manager, s.submit(fixture.Registrant, low))
	s.finds(low)
	s.change(fixture.Registrant, first, "level_c", "3B")
	s.approve(fixture.Manager, s.submit(fixture.Registrant, first))
	s.finds(low, "R09 level_c")
	f := s.one(fixture.Registrant, "R09")
	s.mend(f.ID)
	s.finds(low)
	if g := s.standing(low); g.Tenure.C != 4 {
		t.Errorf("%+v", g)
	}
}

// Content and days are judged when they come into force and cleared when they change; a second
// evaluation of everything changes nothing.
func TestFindingsFollowTheRegister(t *testing.T) {
	s := newSpine(t)
	id, _ := s.inForce(asset.Info, info("台帳", "3C 2 1", "subjects", "1200", "retention_end", "令和2年3月31日"))
	s.finds(id, "R07 backup", "R08 pi_file", "R12 retention_end")
	g, err := authz.Operator("root", authz.RunChecks)
	s.must(err)
	for range 2 {
		if found, cleared, err := s.RunChecks(s.ctx(), g); err != nil || found+cleared != 0 {
			t.Errorf("%d found, %d cleared, %v", found, cleared, err)
		}
	}
	s.change(fixture.Registrant, id, "backup", "daily", "retention_end", "")
	if got, err := s.Submit(s.ctx(), s.as(fixture.Registrant), app.Submit{Assets: []int64{id}}); err != nil || len(got.Minor) != 1 {
		t.Fatalf("%+v %v", got, err)
	}
	s.finds(id, "R08 pi_file")

	// 統括 turns the rule off and what it found is gone; it is another thing when it comes again.
	s.must(s.SaveCheck(s.ctx(), s.as(fixture.Chief), check.Setting{ID: "R08", Severity: check.Warn, Limit: 1000}))
	s.finds(id)
	s.refused(s.SaveCheck(s.ctx(), s.as(fixture.Manager), check.Setting{ID: "R08", Severity: check.Warn, Limit: 1000, On: true}), errs.Forbidden, "authz.role")
	s.must(s.SaveCheck(s.ctx(), s.as(fixture.Chief), check.Setting{ID: "R08", Severity: check.Grave, Limit: 1201, On: true}))
	if found, _, err := s.RunChecks(s.ctx(), g); err != nil || found != 0 {
		t.Errorf("above the threshold: %d %v", found, err)
	}
	s.must(s.SaveCheck(s.ctx(), s.as(fixture.Chief), check.Setting{ID: "R08", Severity: check.Grave, Limit: 1200, On: true}))
	if found, _, err := s.RunChecks(s.ctx(), g); err != nil || found != 1 {
		t.Errorf("at the threshold: %d %v", found, err)
	}
	if f := s.one(fixture.Chief, "R08"); f.Severity != check.Grave || s.count(`SELECT count(*) FROM finding WHERE rule = 'R08'`) != 2 {
		t.Errorf("%+v", f)
	}
}

// The run of the day happens once, signed by the system, and finds what only time brings.
func TestTheRunOfTheDay(t *testing.T) {
	s := newSpine(t)
	id, _ := s.inForce(asset.Info, info("台帳", "2 1 1", "checked_on", jpdate.OfTime(time.Now()).AddMonths(-11).ISO()))
	s.finds(id)
	ran, err := s.RunDaily(s.ctx())
	if err != nil || !ran {
		t.Fatalf("%v %v", ran, err)
	}
	if ran, err = s.RunDaily(s.ctx()); err != nil || ran {
		t.Errorf("twice on a day: %v %v", ran, err)
	}
	if n := s.count(`SELECT count(*) FROM act WHERE action = 'check.run' AND channel = 'system' AND person_text = 'システム'`); n != 1 {
		t.Errorf("%d acts", n)
	}
	// Two months later the confirmation is old, and nobody holds the post of the manager.
	s.Exec(t, `UPDATE asset_now SET checked_on = checked_on - 62 WHERE asset_id = $1`, id)
	s.Dismiss(t, fixture.Manager)
	s.Exec(t, `ALTER TABLE check_run DISABLE TRIGGER trail_refuse`)
	s.Exec(t, `UPDATE check_run SET day = day - 1`)
	if ran, err = s.RunDaily(s.ctx()); err != nil || !ran {
		t.Fatalf("%v %v", ran, err)
	}
	s.finds(id, "R11 checked_on")
	if f := s.one(fixture.Chief, "R14"); f.Unit != "総務課" || f.Number != "" {
		t.Errorf("%+v", f)
	}
	s.mendMinor(s.one(fixture.Registrant, "R11").ID)
	s.finds(id)
}

// mendMinor prepares a draft whose change is in force at once.
func (s *spine) mendMinor(id int64) {
	s.t.Helper()
	draft, _, err := s.PrepareFix(s.ctx(), s.as(fixture.Registrant), id)
	s.must(err)
	got, err := s.Submit(s.ctx(), s.as(fixture.Registrant), app.Submit{Assets: []int64{draft}})
	s.must(err)
	if len(got.Minor) != 1 {
		s.t.Errorf("%+v", got)
	}
}

// A 管理者 lives with a finding to a day; then it stands open again by itself. Nobody else accepts,
// and another unit sees nothing of it.
func TestAFindingIsAcceptedToADay(t *testing.T) {
	s := newSpine(t)
	id, _ := s.inForce(asset.Info, info("台帳", "3C 2 1"))
	f := s.one(fixture.Manager, "R07")
	now := jpdate.OfTime(time.Now())
	in := app.AcceptFinding{ID: f.ID, Until: now.AddDays(30), Reason: "新しい保管先が決まるまで、毎週手で控えを取る"}
	s.refused(s.AcceptFinding(s.ctx(), s.as(fixture.Registrant), in), errs.Forbidden, "authz.role")
	s.refused(s.AcceptFinding(s.ctx(), s.as(fixture.BosaiChief), in), errs.NotFound, "postgres.no_rows")
	for _, bad := range []app.AcceptFinding{{ID: f.ID, Until: now.AddDays(-1), Reason: "x"}, {ID: f.ID, Until: now.AddDays(400), Reason: "x"}, {ID: f.ID, Until: now}, {ID: f.ID, Until: now, Reason: "番号は 123456789018 です"}} {
		if err := s.AcceptFinding(s.ctx(), s.as(fixture.Manager), bad); errs.KindOf(err) != errs.Invalid {
			t.Errorf("%+v: %v", bad, err)
		}
	}
	s.must(s.AcceptFinding(s.ctx(), s.as(fixture.Manager), in))
	v, err := s.Findings(s.ctx(), s.as(fixture.Auditor), app.FindingQuery{State: app.FindingAccepted})
	s.must(err)
	if v.Total != 1 || v.Counts[app.FindingOpen] != 0 || v.Rows[0].AcceptedWhy != in.Reason || !strings.Contains(v.Rows[0].AcceptedBy, "田中 一郎") || !v.Rows[0].Accepted {
		t.Errorf("%+v", v)
	}
	h, err := s.Home(s.ctx(), s.as(fixture.Manager))
	s.must(err)
	if h.Findings != 0 {
		t.Errorf("the home page counts %d", h.Findings)
	}
	s.Exec(t, `UPDATE finding SET accepted_until = accepted_until - 31`)
	if got := s.one(fixture.Manager, "R07"); got.Accepted || got.ID != f.ID {
		t.Errorf("%+v", got)
	}
	if h, err = s.Home(s.ctx(), s.as(fixture.Manager)); err != nil || h.Findings != 1 {
		t.Errorf("the home page counts %d, %v", h.Findings, err)
	}
	if other, err := s.Findings(s.ctx(), s.as(fixture.BosaiChief), app.FindingQuery{}); err != nil || other.Total != 0 {
		t.Errorf("another unit sees %d, %v", other.Total, err)
	}
	if _, err := s.Finding(s.ctx(), s.as(fixture.Bosai), f.ID); errs.KindOf(err) != errs.NotFound {
		t.Error(err)
	}
	s.finds(id, "R07 backup")
}

// How far entries have come is counted by unit, and the lists are as long as the counts.
func TestCompleteness(t *testing.T) {
	s := newSpine(t)
	s.inForce(asset.Info, info("台帳", "2 1 1"))
	s.inForce(asset.Medium, medium("USBメモリ", "2 1 1"))
	v, err := s.Completeness(s.ctx(), s.as(fixture.Manager), "honbu-somu", 1, 1)
	s.must(err)
	if v.Whole.Total() != 2 || v.Whole.Count[1] != 2 || len(v.Lines) != 1 || v.Total != 2 || len(v.Assets) != 2 || len(v.Assets[0].Lacks) == 0 {
		t.Errorf("%+v", v)
	}
	s.Exec(t, `DELETE FROM asset_completeness`)
	_, err = s.RunDaily(s.ctx())
	s.must(err)
	again, err := s.Completeness(s.ctx(), s.as(fixture.Manager), "honbu-somu", 1, 1)
	s.must(err)
	if diff := cmp.Diff(v.Assets, again.Assets); diff != "" {
		t.Errorf("measured anew (-was +is):\n%s", diff)
	}
}

package app_test

import (
	"strconv"
	"strings"
	"testing"

	"daicho/internal/app"
	"daicho/internal/approval"
	"daicho/internal/asset"
	"daicho/internal/errs"
	"daicho/internal/fixture"
)

func itoa(n int64) string { return strconv.FormatInt(n, 10) }

// Nobody approves their own application: not by a second post, not past the use case.
func TestOwnApplicationIsRefused(t *testing.T) {
	s := newSpine(t)
	// The registrant also holds the post that decides for the unit.
	s.Appoint(t, fixture.Registrant, "p-somu-kacho", "concurrent")
	id := s.draft(fixture.Registrant, asset.Info, info("名簿", "3C 2 1"))
	a := s.submit(fixture.Registrant, id)
	v, err := s.Application(s.ctx(), s.as(fixture.Registrant), a, 1)
	s.must(err)
	if v.CanDecide || !v.CanWithdraw || !strings.Contains(v.Why, "自分が申請したもの") {
		t.Errorf("the applicant is offered %v, %q", v.CanDecide, v.Why)
	}
	for _, o := range []approval.Outcome{approval.Approve, approval.Return} {
		s.refused(s.decide(fixture.Registrant, a, o, "よい"), errs.Forbidden, "approval.own")
	}
	q, err := s.Queue(s.ctx(), s.as(fixture.Registrant), 1)
	s.must(err)
	if q.Total != 0 || len(q.Applications) != 0 {
		t.Errorf("the applicant's own application waits for the applicant: %+v", q)
	}

	// Whatever the program does, the database refuses.
	_, err = s.DB.App.Exec(t.Context(), `WITH a AS (INSERT INTO act (person_text, auth, channel, action) VALUES ('x', 'none', 'system', 'test') RETURNING id),
		c AS (SELECT set_config('daicho.act', id::text, true) AS act FROM a)
		INSERT INTO decision (application_id, step, applicant_id, person_id, post_id, appointment_id, outcome, digest, act_id)
		SELECT p.id, 1, p.applicant_id, p.applicant_id, o.post_id, o.id, 'approved', p.digest, c.act::bigint
		FROM application p, step_post w, appointment o, c WHERE p.id = $1 AND w.application_id = p.id AND o.person_id = p.applicant_id AND o.post_id = w.post_id`, a)
	if pgCode(err) != "23514" || !strings.Contains(err.Error(), "decision_not_own") {
		t.Errorf("the constraint: %v", err)
	}
	// Nor under the name of another applicant.
	_, err = s.DB.App.Exec(t.Context(), `WITH a AS (INSERT INTO act (person_text, auth, channel, action) VALUES ('x', 'none', 'system', 'test') RETURNING id),
		c AS (SELECT set_config('daicho.act', id::text, true) AS act FROM a)
		INSERT INTO decision (application_id, step, applicant_id, person_id, post_id, appointment_id, outcome, digest, act_id)
		SELECT p.id, 1, $2, p.applicant_id, o.post_id, o.id, 'approved', p.digest, c.act::bigint
		FROM application p, step_post w, appointment o, c WHERE p.id = $1 AND w.application_id = p.id AND o.person_id = p.applicant_id AND o.post_id = w.post_id`, a, s.Persons[fixture.Manager])
	if pgCode(err) != "23503" {
		t.Errorf("a false applicant: %v", err)
	}
	if g := s.standing(id); g.State != "pending" {
		t.Errorf("%+v", g)
	}
	s.approve(fixture.Manager, a)
}

// The way climbs past an applicant who alone holds the post, and never ends at the applicant.
func TestTheWayClimbsPastTheApplicant(t *testing.T) {
	s := newSpine(t)
	id := s.draft(fixture.Manager, asset.Info, info("課長のもの", "3C 2 1"))
	a := s.submit(fixture.Manager, id)
	v, err := s.Application(s.ctx(), s.as(fixture.Manager), a, 1)
	s.must(err)
	if v.StepRole != "responsible" || v.StepUnitName != "本部事務局" || v.CanDecide || !v.CanWithdraw {
		t.Fatalf("goes to %s of %s, %v", v.StepRole, v.StepUnitName, v.CanDecide)
	}
	if !strings.Contains(v.Why, "本部事務局の情報セキュリティ責任者") {
		t.Errorf("says %q", v.Why)
	}
	s.refused(s.decide(fixture.Manager, a, approval.Approve, ""), errs.Forbidden, "approval.own")
	s.approve(fixture.Responsible, a)

	// With a second holder of the post the way does not climb.
	s.Appoint(t, fixture.Registrant2, "p-somu-kacho", "acting")
	b := s.submit(fixture.Manager, s.draft(fixture.Manager, asset.Info, info("もう一つ", "3C 2 1")))
	s.approve(fixture.Registrant2, b)
	var capacity string
	s.One(t, `SELECT capacity FROM decision WHERE application_id = $1`, []any{b}, &capacity)
	if capacity != "acting" {
		t.Errorf("the deputy decided as %q", capacity)
	}

	// Where nobody but the applicant stands on the ladder, nothing is submitted.
	c := s.draft(fixture.GikaiHead, asset.Info, info("議会のもの", "2 1 1"))
	_, err = s.Submit(s.ctx(), s.as(fixture.GikaiHead), app.Submit{Assets: []int64{c}})
	s.refused(err, errs.Conflict, "approval.no_approver")
	if g := s.standing(c); g.State != "draft" || g.Number != "" || !g.Draft {
		t.Errorf("%+v", g)
	}
	if n := s.count(`SELECT count(*) FROM number_counter n JOIN organ o ON o.id = n.organ_id WHERE o.prefix = 'GK'`); n != 0 {
		t.Error("a refused submission has used up a number")
	}
}

// Who may decide: the post of the step, nobody else, and never the administrator.
func TestWhoMayDecide(t *testing.T) {
	s := newSpine(t)
	id := s.draft(fixture.Registrant, asset.Info, info("名簿", "3C 2 1"))
	a := s.submit(fixture.Registrant, id)
	v, err := s.Application(s.ctx(), s.as(fixture.Manager), a, 1)
	s.must(err)
	try := func(login string) error {
		return s.Decide(s.ctx(), s.as(login), app.Decide{Application: a, Outcome: approval.Approve, Seen: [32]byte(v.Digest)})
	}
	for login, want := range map[string]errs.Kind{
		fixture.Admin:       errs.Forbidden, // no business authority at all
		fixture.Auditor:     errs.Forbidden, // reads only
		fixture.Registrant2: errs.Forbidden,
		fixture.Nobody:      errs.Forbidden,
		fixture.Responsible: errs.Forbidden, // above, but the step is the manager's
		fixture.Chief:       errs.Forbidden,
		fixture.PlanManager: errs.NotFound, // another unit: not even there
		fixture.BosaiChief:  errs.NotFound,
		fixture.GikaiHead:   errs.NotFound,
	} {
		if err := try(login); errs.KindOf(err) != want {
			t.Errorf("%s: %v, want %s", login, err, want)
		}
	}
	for login, sees := range map[string]bool{
		fixture.Manager: true, fixture.Responsible: true, fixture.Chief: true, fixture.Auditor: true, fixture.Registrant2: true,
		fixture.Admin: false, fixture.PlanManager: false, fixture.Gikai: false, fixture.GikaiHead: false, fixture.Nobody: false,
	} {
		v, err := s.Application(s.ctx(), s.as(login), a, 1)
		if (err == nil) != sees {
			t.Errorf("%s reads the application: %v", login, err)
		}
		if v.CanDecide != (login == fixture.Manager) {
			t.Errorf("%s is offered the decision: %v", login, v.CanDecide)
		}
	}
	// A post that ended yesterday opens nothing, even while the session still remembers it.
	kept := s.as(fixture.Manager)
	s.Dismiss(t, fixture.Manager)
	err = s.Decide(s.ctx(), kept, app.Decide{Application: a, Outcome: approval.Approve, Seen: [32]byte(v.Digest)})
	s.refused(err, errs.Forbidden, "authz.role")
	if g := s.standing(id); g.State != "pending" {
		t.Errorf("%+v", g)
	}
}

// What another organ has is not there: no list, no page, no act reaches it.
func TestTheOtherOrganIsNotThere(t *testing.T) {
	s := newSpine(t)
	id := s.draft(fixture.Registrant, asset.Info, info("名簿", "3C 2 1"))
	a := s.submit(fixture.Registrant, id)
	s.approve(fixture.Manager, a)
	number := s.number(id)
	mine := s.draft(fixture.Registrant, asset.Info, info("下書き", "2 1 1"))
	gikai := s.as(fixture.Gikai)
	_, err := s.Application(s.ctx(), gikai, a, 1)
	s.refused(err, errs.NotFound, "postgres.no_rows")
	_, err = s.OpenDraft(s.ctx(), gikai, mine)
	s.refused(err, errs.NotFound, "postgres.no_rows")
	_, err = s.EditAsset(s.ctx(), gikai, number)
	s.refused(err, errs.NotFound, "postgres.no_rows")
	_, err = s.NewForm(s.ctx(), gikai, asset.Info, number)
	s.refused(err, errs.NotFound, "postgres.no_rows")
	_, err = s.Submit(s.ctx(), gikai, app.Submit{Assets: []int64{mine}})
	s.refused(err, errs.NotFound, "scope")
	_, err = s.SaveDraft(s.ctx(), gikai, app.SaveDraft{Asset: mine, EditNo: 1, Form: info("とる", "1 1 1")})
	s.refused(err, errs.NotFound, "postgres.no_rows")
	s.refused(s.DiscardDraft(s.ctx(), gikai, mine), errs.NotFound, "scope")
	s.refused(s.Withdraw(s.ctx(), gikai, a, ""), errs.NotFound, "postgres.no_rows")
	if got, more, err := s.Pick(s.ctx(), gikai, "名簿", nil); err != nil || len(got)+more != 0 {
		t.Errorf("a search finds %v, %d more, %v", got, more, err)
	}
	h, err := s.Home(s.ctx(), gikai)
	s.must(err)
	if h.Assets != 0 || h.Drafts.Total != 0 || h.Requests.Total != 0 {
		t.Errorf("home counts %+v", h)
	}
	// A draft of theirs cannot be laid into our unit either.
	_, err = s.SaveDraft(s.ctx(), gikai, app.SaveDraft{Kind: asset.Info, Form: info("よそへ", "2 1 1", "unit", "honbu-somu")})
	if f := errs.Fields(err); len(f) != 1 || f[0].Field != "unit" {
		t.Errorf("a draft for another organ's unit: %v", err)
	}
	// Related to from outside, an asset of ours stays unnamed.
	their := s.draft(fixture.Gikai, asset.Medium, medium("議会のUSB", "2 1 1", "rel", stores(id)))
	d, err := s.OpenDraft(s.ctx(), gikai, their)
	s.must(err)
	if len(d.Relations) != 1 || d.Relations[0].Other.Name != "他機関の資産" || d.Relations[0].Other.Number != "" || d.Holds {
		t.Errorf("the relation shows %+v", d.Relations)
	}
}

// A decision is of what was on the screen.
func TestDecisionOfAnotherListIsStale(t *testing.T) {
	s := newSpine(t)
	a := s.submit(fixture.Registrant, s.draft(fixture.Registrant, asset.Info, info("甲", "3C 2 1")))
	b := s.submit(fixture.Registrant, s.draft(fixture.Registrant, asset.Info, info("乙", "3C 2 1")))
	v, err := s.Application(s.ctx(), s.as(fixture.Manager), a, 1)
	s.must(err)
	for _, seen := range [][32]byte{{}, {1}} {
		err = s.Decide(s.ctx(), s.as(fixture.Manager), app.Decide{Application: b, Outcome: approval.Approve, Seen: seen})
		s.refused(err, errs.Stale, "approval.seen")
	}
	err = s.Decide(s.ctx(), s.as(fixture.Manager), app.Decide{Application: b, Outcome: approval.Approve, Seen: [32]byte(v.Digest)})
	s.refused(err, errs.Stale, "approval.seen")
	err = s.Decide(s.ctx(), s.as(fixture.Manager), app.Decide{Application: a, Outcome: "maybe", Seen: [32]byte(v.Digest)})
	s.refused(err, errs.Invalid, "approval.outcome")
	err = s.Decide(s.ctx(), s.as(fixture.Manager), app.Decide{Application: a, Outcome: approval.Return, Comment: strings.Repeat("あ", 2001), Seen: [32]byte(v.Digest)})
	s.refused(err, errs.Invalid, "approval.comment_long")
	if n := s.count(`SELECT count(*) FROM decision`); n != 0 {
		t.Errorf("%d decisions", n)
	}
}

package app_test

import (
	"strconv"
	"testing"

	"daicho/internal/app"
	"daicho/internal/approval"
	"daicho/internal/asset"
	"daicho/internal/errs"
	"daicho/internal/fixture"
)

// Whoever returned an application meets it again with the comment of then and what was done about it;
// what was not put right cannot come back without a word; a withdrawal in between forgets nothing.
func TestWhatCameBackIsAnswered(t *testing.T) {
	s := newSpine(t)
	id := s.draft(fixture.Registrant, asset.Info, info("名簿", "3B 2 1", "q.rto", "72"))
	first := s.submit(fixture.Registrant, id)
	s.must(s.decide(fixture.Manager, first, approval.Return, "置き場所の棚まで書いてください"))

	draft := func() app.DraftView {
		t.Helper()
		d, err := s.OpenDraft(s.ctx(), s.as(fixture.Registrant), id)
		s.must(err)
		return d
	}
	d := draft()
	if d.Returned == nil || d.Returned.Comment != "置き場所の棚まで書いてください" || d.Returned.Application != first || !d.Returned.Unchanged() || d.Unanswered == nil {
		t.Fatalf("the applicant is not told: %+v, %v", d.Returned, d.Unanswered)
	}
	_, err := s.Submit(s.ctx(), s.as(fixture.Registrant), app.Submit{Assets: []int64{id}})
	s.refused(err, errs.Invalid, "submit.unanswered")
	if f := errs.Fields(err); len(f) != 1 || f[0].Field != strconv.FormatInt(id, 10)+"/"+app.NoteKey {
		t.Errorf("the message stands at %+v", f)
	}
	// A word is enough, and the approver reads it beside the comment.
	s.rewrite(fixture.Registrant, id, app.NoteKey, "棚は決まっていません")
	second := s.submit(fixture.Registrant, id)
	seen := func(application int64) app.ApplicationView {
		t.Helper()
		v, err := s.Application(s.ctx(), s.as(fixture.Manager), application, 1)
		s.must(err)
		return v
	}
	v := seen(second)
	if r := v.Items[0].Returned; r == nil || !r.Unchanged() || r.By == "" || r.At.IsZero() || v.Note != "棚は決まっていません" {
		t.Errorf("the approver sees %+v, %q", r, v.Note)
	}
	if seen(first).Items[0].Returned != nil {
		t.Error("the first application knows of a return that came after it")
	}

	s.must(s.Withdraw(s.ctx(), s.as(fixture.Registrant), second, ""))
	if d = draft(); d.Returned == nil || d.Returned.Application != first || d.Form[app.NoteKey][0] != "棚は決まっていません" {
		t.Errorf("after the withdrawal: %+v, %v", d.Returned, d.Form[app.NoteKey])
	}
	s.rewrite(fixture.Registrant, id, app.NoteKey, "", "place", "書庫 棚3", "q.rto", "48")
	if d = draft(); d.Unanswered != nil || len(d.Returned.Changes) != 2 {
		t.Errorf("after the correction: %v, %+v", d.Unanswered, d.Returned.Changes)
	}
	third := s.submit(fixture.Registrant, id)
	r := seen(third).Items[0].Returned
	if r == nil || r.Application != first || len(r.Changes) != 2 || r.Changes[0].Label != "設置・保管場所" || r.Changes[0].After != "書庫 棚3" || !r.Changes[1].IsAnswer() {
		t.Errorf("the approver sees %+v", r)
	}
	// Once approved, the return is history.
	s.approve(fixture.Manager, third)
	s.change(fixture.Registrant, id, "place", "書庫 棚4")
	if r := seen(s.submit(fixture.Registrant, id)).Items[0].Returned; r != nil {
		t.Errorf("after an approval: %+v", r)
	}
}

// What follows its content does not count as changed because its intended use is no longer asked for.
func TestNothingChangedInAContainer(t *testing.T) {
	s := newSpine(t)
	list := s.draft(fixture.Registrant, asset.Info, info("名簿", "3B 2 1"))
	usb := s.draft(fixture.Registrant, asset.Medium, medium("USBメモリ", "3B 2 1", "rel", stores(list)))
	a := s.submit(fixture.Registrant, usb)
	s.must(s.decide(fixture.Manager, a, approval.Return, "本数を書いてください"))
	d, err := s.OpenDraft(s.ctx(), s.as(fixture.Registrant), usb)
	s.must(err)
	if d.Returned == nil || !d.Returned.Unchanged() {
		t.Errorf("changed: %+v", d.Returned)
	}
}

// The list of drafts says why they came back, and those picked from it are read together: in the order
// asked for, without what is gone and what lies outside the scope.
func TestDraftsAreReadTogether(t *testing.T) {
	s := newSpine(t)
	reg := s.as(fixture.Registrant)
	back := s.draft(fixture.Registrant, asset.Info, info("差し戻された名簿", "2 1 1"))
	s.must(s.decide(fixture.Manager, s.submit(fixture.Registrant, back), approval.Return, "件数を書いてください"))
	fresh := s.draft(fixture.Registrant, asset.Info, info("新しい名簿", "2 1 1"))
	sent := s.draft(fixture.Registrant, asset.Info, info("出した名簿", "2 1 1"))
	s.submit(fixture.Registrant, sent)

	mine, err := s.MyRequests(s.ctx(), reg, app.RequestsQuery{})
	s.must(err)
	if c := mine.Comments[back]; len(mine.Drafts) != 2 || len(mine.Comments) != 1 || c == nil || c.Comment != "件数を書いてください" || c.By == "" {
		t.Errorf("%+v, comments %+v", mine.Drafts, mine.Comments)
	}
	got, err := s.OpenDrafts(s.ctx(), reg, []int64{fresh, sent, back})
	s.must(err)
	if len(got) != 2 || got[0].Asset != fresh || got[1].Asset != back || got[1].Returned == nil || len(got[0].Way) == 0 {
		t.Errorf("%+v", got)
	}
	if got, err := s.OpenDrafts(s.ctx(), s.as(fixture.Bosai), []int64{fresh, back}); err != nil || len(got) != 0 {
		t.Errorf("another unit reads %d drafts, %v", len(got), err)
	}
	_, err = s.OpenDrafts(s.ctx(), s.as(fixture.Auditor), []int64{fresh})
	s.refused(err, errs.Forbidden, "authz.role")
}

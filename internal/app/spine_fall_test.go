package app_test

import (
	"testing"

	"daicho/internal/app"
	"daicho/internal/approval"
	"daicho/internal/asset"
	"daicho/internal/classify"
	"daicho/internal/errs"
	"daicho/internal/fixture"
)

// A change that let go of what a container holds, submitted when nothing fell by it, does not make the
// container fall after what it holds has risen: whoever applied and whoever decides must see it.
func TestALevelFallsOnlyWhereTheApplicationSaysSo(t *testing.T) {
	s := newSpine(t)
	held, _ := s.inForce(asset.Info, info("名簿", "2 1 1"))
	box, number := s.inForce(asset.Medium, medium("保管庫", "2 1 1", "rel", stores(held)))
	if g := s.standing(box); g.List.C != 2 {
		t.Fatalf("%+v", g)
	}
	_, err := s.EditAsset(s.ctx(), s.as(fixture.Registrant), number)
	s.must(err)
	d, err := s.OpenDraft(s.ctx(), s.as(fixture.Registrant), box)
	s.must(err)
	form := with(d.Form, "place", "別の棚", asset.LevelKey("C"), "2", asset.LevelKey("I"), "1", asset.LevelKey("A"), "1")
	delete(form, "rel")
	_, err = s.SaveDraft(s.ctx(), s.as(fixture.Registrant), app.SaveDraft{Asset: box, EditNo: d.EditNo, Form: form})
	s.must(err)
	pending := s.submit(fixture.Registrant, box)
	if n := s.count(`SELECT count(*) FROM application_item WHERE application_id = $1 AND NOT lowers`, pending); n != 1 {
		t.Fatal("the application lowers a level already when it is submitted")
	}
	s.change(fixture.Registrant, held, asset.LevelKey("C"), "3B")
	s.approve(fixture.Manager, s.submit(fixture.Registrant, held))
	if g := s.standing(box); g.List.C != 4 {
		t.Fatalf("the container did not rise: %+v", g)
	}

	s.refused(s.decide(fixture.Manager, pending, approval.Approve, ""), errs.Stale, "approval.fell")
	if g := s.standing(box); g.List.C != 4 || g.Tenure.C != 4 || g.Pending == 0 {
		t.Errorf("after the refusal: %+v", g)
	}
	s.must(s.decide(fixture.Manager, pending, approval.Return, "区分が上がったので、見直してください"))
	s.rewrite(fixture.Registrant, box, "notes", "区分の上がったことを確かめた")
	again := s.submit(fixture.Registrant, box)
	if n := s.count(`SELECT count(*) FROM application_item WHERE application_id = $1 AND lowers`, again); n != 1 {
		t.Error("submitted anew, the application does not say that it lowers a level")
	}
	s.approve(fixture.Manager, again)
	if g := s.standing(box); g.Tenure.C != 2 {
		t.Errorf("the fall that was decided: %+v", g)
	}
}

// An application that waits while a neighbour rises comes into force as it was, where nothing falls.
func TestARiseMeanwhileStopsNothingThatDoesNotFall(t *testing.T) {
	s := newSpine(t)
	held, _ := s.inForce(asset.Info, info("名簿", "2 1 1"))
	box, _ := s.inForce(asset.Medium, medium("保管庫", "2 1 1", "rel", stores(held)))
	s.change(fixture.Registrant, box, "place", "別の棚")
	pending := s.submit(fixture.Registrant, box)
	s.change(fixture.Registrant, held, asset.LevelKey("C"), "3B")
	s.approve(fixture.Manager, s.submit(fixture.Registrant, held))
	s.approve(fixture.Manager, pending)
	if g := s.standing(box); g.Tenure != (classify.Levels{C: 4, I: 1, A: 1}) {
		t.Errorf("%+v", g)
	}
}

// What is decided are the items that were submitted, by the one who submitted them.
func TestItemsThatWereExchangedAreNotDecided(t *testing.T) {
	s := newSpine(t)
	id := s.draft(fixture.Registrant, asset.Info, info("名簿", "2 1 1"))
	other, _ := s.inForce(asset.Info, info("別の名簿", "3B 2 2"))
	a := s.submit(fixture.Registrant, id)
	seen, err := s.Application(s.ctx(), s.as(fixture.Manager), a, 1)
	s.must(err)
	// The owner of the database slips in another asset, past every trigger.
	for _, q := range []string{
		`ALTER TABLE application_item DISABLE TRIGGER USER`,
		`INSERT INTO application_item (application_id, asset_id, no, version_no, material_sha256, deed, lowers, open)
		 SELECT ` + itoa(a) + `, asset_id, 2, no, material_sha256, 'change', false, true FROM asset_version WHERE asset_id = ` + itoa(other),
		`ALTER TABLE application_item ENABLE TRIGGER USER`,
	} {
		s.Exec(t, q)
	}
	for _, o := range []approval.Outcome{approval.Approve, approval.Return} {
		err := s.Decide(s.ctx(), s.as(fixture.Manager), app.Decide{Application: a, Outcome: o, Comment: "x", Seen: [32]byte(seen.Digest)})
		s.refused(err, errs.Conflict, "approval.items")
	}
	if n := s.count(`SELECT count(*) FROM decision WHERE application_id = $1`, a); n != 0 {
		t.Error("decided")
	}
}

// The way of an application passes over posts whose holders cannot sign in, and where nobody is left
// the applicant is told before anything is stored.
func TestTheWayEndsAtSomebodyWhoCanSignIn(t *testing.T) {
	s := newSpine(t)
	end := func(login string) {
		s.Exec(t, `UPDATE account SET ended_at = now() WHERE id = $1`, s.World.Accounts[login])
	}
	end(fixture.Manager)
	id := s.draft(fixture.Registrant, asset.Info, info("名簿", "2 1 1"))
	if got := s.way(fixture.Registrant, id); got != byHonbu {
		t.Errorf("the form says %q", got)
	}
	a := s.submit(fixture.Registrant, id)
	s.approve(fixture.Responsible, a)

	for _, login := range []string{fixture.Responsible, fixture.Chief, fixture.CISO} {
		end(login)
	}
	b := s.draft(fixture.Registrant, asset.Info, info("もう一つ", "2 1 1"))
	before := s.count(`SELECT count(*) FROM act`)
	_, err := s.Submit(s.ctx(), s.as(fixture.Registrant), app.Submit{Assets: []int64{b}})
	s.refused(err, errs.Conflict, "approval.no_approver")
	if g := s.standing(b); g.State != "draft" || g.Number != "" || !g.Draft || s.count(`SELECT count(*) FROM act`) != before {
		t.Errorf("%+v", g)
	}
}

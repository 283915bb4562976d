package app_test

import (
	"fmt"
	"runtime"
	"sync"
	"testing"
	"time"

	"daicho/internal/app"
	"daicho/internal/approval"
	"daicho/internal/asset"
	"daicho/internal/errs"
	"daicho/internal/fixture"
)

// together runs n functions at once and returns what each said.
func together(n int, do func(i int) error) []error {
	out := make([]error, n)
	start := make(chan struct{})
	var wg sync.WaitGroup
	for i := range n {
		wg.Go(func() {
			<-start
			out[i] = do(i)
		})
	}
	close(start)
	wg.Wait()
	return out
}

func won(results []error) (n int) {
	for _, err := range results {
		if err == nil {
			n++
		}
	}
	return n
}

// Of decisions at once exactly one wins, and the others say that it was decided.
func TestDecisionsAtOnce(t *testing.T) {
	s := newSpine(t)
	s.Appoint(t, fixture.Registrant2, "p-somu-kacho", "acting")
	for round := range 4 {
		id := s.draft(fixture.Registrant, asset.Info, info(fmt.Sprint("名簿", round), "3C 2 1"))
		a := s.submit(fixture.Registrant, id)
		v, err := s.Application(s.ctx(), s.as(fixture.Manager), a, 1)
		s.must(err)
		who := []string{fixture.Manager, fixture.Registrant2}
		results := together(8, func(i int) error {
			in := app.Decide{Application: a, Outcome: approval.Approve, Seen: [32]byte(v.Digest)}
			if i%2 == 1 {
				in.Outcome, in.Comment = approval.Return, "直してください"
			}
			return s.Decide(s.ctx(), s.as(who[i/2%2]), in)
		})
		if won(results) != 1 {
			t.Errorf("round %d: %d decisions won: %v", round, won(results), results)
		}
		for _, err := range results {
			if err != nil && errs.KindOf(err) != errs.Conflict {
				t.Errorf("a loser got %v", err)
			}
		}
		if n := s.count(`SELECT count(*) FROM decision WHERE application_id = $1`, a); n != 1 {
			t.Errorf("%d decisions", n)
		}
		g := s.standing(id)
		if (g.State == "active") == g.Draft {
			t.Errorf("half decided: %+v", g)
		}
	}
}

// A decision and a withdrawal at once: one of them.
func TestDecisionAgainstWithdrawal(t *testing.T) {
	s := newSpine(t)
	for round := range 4 {
		id := s.draft(fixture.Registrant, asset.Info, info(fmt.Sprint("名簿", round), "3C 2 1"))
		a := s.submit(fixture.Registrant, id)
		v, err := s.Application(s.ctx(), s.as(fixture.Manager), a, 1)
		s.must(err)
		results := together(2, func(i int) error {
			if i == 0 {
				return s.Withdraw(s.ctx(), s.as(fixture.Registrant), a, "")
			}
			return s.Decide(s.ctx(), s.as(fixture.Manager), app.Decide{Application: a, Outcome: approval.Approve, Seen: [32]byte(v.Digest)})
		})
		if won(results) != 1 {
			t.Errorf("round %d: %v", round, results)
		}
		if g := s.standing(id); (g.State == "active") == g.Draft {
			t.Errorf("both, or neither: %+v", g)
		}
	}
}

// The same draft submitted by two at once becomes one application.
func TestSubmissionsAtOnce(t *testing.T) {
	s := newSpine(t)
	id := s.draft(fixture.Registrant, asset.Info, info("名簿", "3C 2 1"))
	who := []string{fixture.Registrant, fixture.Registrant2}
	results := together(6, func(i int) error {
		_, err := s.Submit(s.ctx(), s.as(who[i%2]), app.Submit{Assets: []int64{id}})
		return err
	})
	if won(results) != 1 || s.count(`SELECT count(*) FROM application`) != 1 || s.count(`SELECT count(*) FROM asset_version`) != 1 {
		t.Fatalf("%v", results)
	}
	for _, err := range results {
		if err != nil && (errs.KindOf(err) != errs.Conflict || errs.MessageOf(err) == "") {
			t.Errorf("a loser got %v", err)
		}
	}
}

// What was approved in the meantime is not overwritten by a draft of something older.
func TestADraftOfAnOldVersionIsStale(t *testing.T) {
	s := newSpine(t)
	id, _ := s.inForce(asset.Info, info("名簿", "3C 2 1"))
	s.change(fixture.Registrant, id, "place", "A")
	s.approve(fixture.Manager, s.submit(fixture.Registrant, id))
	s.change(fixture.Registrant, id, "place", "B")
	s.Exec(t, `UPDATE draft SET base_no = 1 WHERE asset_id = $1`, id) // as if it had been made before
	_, err := s.Submit(s.ctx(), s.as(fixture.Registrant), app.Submit{Assets: []int64{id}})
	s.refused(err, errs.Stale, "submit.base")

	// Two forms of one draft: the second to save is told, and nothing of the first is lost.
	s.Exec(t, `UPDATE draft SET base_no = 2 WHERE asset_id = $1`, id)
	d, err := s.OpenDraft(s.ctx(), s.as(fixture.Registrant), id)
	s.must(err)
	save := func(login, place string) error {
		_, err := s.SaveDraft(s.ctx(), s.as(login), app.SaveDraft{Asset: id, EditNo: d.EditNo, Form: with(d.Form, "place", place)})
		return err
	}
	s.must(save(fixture.Registrant2, "C"))
	s.refused(save(fixture.Registrant, "D"), errs.Stale, "draft.stale")
	if now, err := s.OpenDraft(s.ctx(), s.as(fixture.Registrant), id); err != nil || now.Form["place"][0] != "C" || now.UpdatedBy != "佐藤 花子" {
		t.Errorf("%+v %v", now.Form["place"], err)
	}
}

// A page that was opened on a draft that is gone never passes for one that knows the draft of today.
func TestAPageOfADraftThatIsGoneIsStale(t *testing.T) {
	s := newSpine(t)
	id, number := s.inForce(asset.Info, info("名簿", "3C 2 1"))
	open := func() app.DraftView {
		t.Helper()
		_, err := s.EditAsset(s.ctx(), s.as(fixture.Registrant), number)
		s.must(err)
		d, err := s.OpenDraft(s.ctx(), s.as(fixture.Registrant), id)
		s.must(err)
		return d
	}
	old := open()
	stale := func(what string) {
		t.Helper()
		_, err := s.SaveDraft(s.ctx(), s.as(fixture.Registrant), app.SaveDraft{Asset: id, EditNo: old.EditNo, Form: with(old.Form, "place", "古い画面")})
		s.refused(err, errs.Stale, "draft.stale")
		if d, err := s.OpenDraft(s.ctx(), s.as(fixture.Registrant), id); err != nil || d.Form["place"][0] == "古い画面" {
			t.Errorf("%s was overwritten: %v", what, err)
		}
	}
	s.must(s.DiscardDraft(s.ctx(), s.as(fixture.Registrant), id))
	open()
	stale("a draft made anew")
	s.rewrite(fixture.Registrant2, id, "place", "B")
	s.must(s.decide(fixture.Manager, s.submit(fixture.Registrant, id), approval.Return, "直してください"))
	stale("a draft that came back")

	// What a save returns is what the next one must name.
	d := open()
	for _, place := range []string{"C", "D"} {
		var err error
		d, err = s.SaveDraft(s.ctx(), s.as(fixture.Registrant), app.SaveDraft{Asset: id, EditNo: d.EditNo, Form: with(d.Form, "place", place)})
		s.must(err)
	}
}

// A decision that waits for its turn holds no asset that the one before it may have to raise.
func TestADecisionWaitsWithEmptyHands(t *testing.T) {
	s := newSpine(t)
	id := s.draft(fixture.Registrant, asset.Info, info("名簿", "3C 2 1"))
	a := s.submit(fixture.Registrant, id)
	tx, err := s.DB.Owner.Begin(s.ctx())
	s.must(err)
	defer func() { _ = tx.Rollback(s.ctx()) }()
	var me string
	s.must(tx.QueryRow(s.ctx(), `SELECT pg_current_xact_id()::text FROM register_head FOR UPDATE`).Scan(&me))
	done := make(chan error, 1)
	go func() { done <- s.decide(fixture.Manager, a, approval.Approve, "") }()
	for end := time.Now().Add(10 * time.Second); s.count(`SELECT count(*) FROM pg_locks WHERE NOT granted AND transactionid::text = $1`, me) == 0; runtime.Gosched() {
		if time.Now().After(end) {
			t.Fatal("the decision does not wait for the counter")
		}
	}
	if _, err := tx.Exec(s.ctx(), `SELECT FROM asset_now WHERE asset_id = $1 FOR UPDATE NOWAIT`, id); err != nil {
		t.Errorf("the asset is held: %v", err)
	}
	s.must(tx.Rollback(s.ctx()))
	s.must(<-done)
}

// Numbers are unique and without a gap for each organ, however many submit at once.
func TestNumbersUnderConcurrentSubmitters(t *testing.T) {
	s := newSpine(t)
	const each = 16
	who := []string{fixture.Registrant, fixture.Planner, fixture.Bosai, fixture.Gikai}
	drafts := make([]int64, each*2)
	for i := range drafts {
		drafts[i] = s.draft(who[i%4], asset.Info, info(fmt.Sprint("名簿", i), "3C 2 1"))
	}
	results := together(each, func(i int) error {
		for _, id := range drafts[i*2 : i*2+2] { // even drafts by one, odd by the next: all organs at once
			login := who[(id-drafts[0])%4]
			if _, err := s.Submit(s.ctx(), s.as(login), app.Submit{Assets: []int64{id}}); err != nil {
				return err
			}
		}
		return nil
	})
	if won(results) != each {
		t.Fatalf("%v", results)
	}
	for prefix, want := range map[string]int{"KR": 24, "GK": 8} {
		if n := s.count(`SELECT count(DISTINCT number)::int FROM asset WHERE split_part(number, '-', 2) = $1 AND split_part(number, '-', 3)::int BETWEEN 1 AND $2`, prefix, want); n != want {
			t.Errorf("%s: %d numbers between 1 and %d", prefix, n, want)
		}
	}
	rows, err := s.DB.Owner.Query(t.Context(), `SELECT number FROM asset`)
	s.must(err)
	defer rows.Close()
	for rows.Next() {
		var n string
		s.must(rows.Scan(&n))
		if p, err := asset.ParseNumber(n); err != nil || p.String() != n {
			t.Errorf("%q: %v", n, err)
		}
	}
	s.must(rows.Err())
	// A refused submission uses up none.
	bad := s.draft(fixture.Registrant, asset.Info, info("未完成", "3C 2 1", "summary", ""))
	if _, err := s.Submit(s.ctx(), s.as(fixture.Registrant), app.Submit{Assets: []int64{bad}}); err == nil {
		t.Error("an unfinished draft was submitted")
	}
	good := s.draft(fixture.Registrant, asset.Info, info("完成", "3C 2 1"))
	s.submit(fixture.Registrant, good)
	if p, _ := asset.ParseNumber(s.number(good)); p.Seq != 25 {
		t.Errorf("the next number is %s", s.number(good))
	}
}

// A form that is sent twice acts once, and leads to the same place.
func TestAReplayedFormActsOnce(t *testing.T) {
	s := newSpine(t)
	save := app.SaveDraft{Kind: asset.Info, Form: info("名簿", "3C 2 1"), Token: "t-save"}
	first, err := s.SaveDraft(s.ctx(), s.as(fixture.Registrant), save)
	s.must(err)
	again, err := s.SaveDraft(s.ctx(), s.as(fixture.Registrant), save)
	s.must(err)
	if again.Asset != first.Asset || s.count(`SELECT count(*) FROM draft`) != 1 || s.count(`SELECT count(*) FROM asset`) != 1 {
		t.Errorf("%d, then %d; %d drafts", first.Asset, again.Asset, s.count(`SELECT count(*) FROM draft`))
	}
	sub := app.Submit{Assets: []int64{first.Asset}, Token: "t-submit"}
	results := make([]app.Submitted, 4)
	errors := together(4, func(i int) error {
		var err error
		results[i], err = s.Submit(s.ctx(), s.as(fixture.Registrant), sub)
		return err
	})
	for i, r := range results {
		if errors[i] != nil || r.Application == 0 || r.Application != results[0].Application {
			t.Errorf("submission %d: %+v, %v", i, r, errors[i])
		}
	}
	a := results[0].Application
	v, err := s.Application(s.ctx(), s.as(fixture.Manager), a, 1)
	s.must(err)
	dec := app.Decide{Application: a, Outcome: approval.Approve, Seen: [32]byte(v.Digest), Token: "t-decide"}
	for i, err := range together(4, func(int) error { return s.Decide(s.ctx(), s.as(fixture.Manager), dec) }) {
		if err != nil {
			t.Errorf("decision %d: %v", i, err)
		}
	}
	if s.count(`SELECT count(*) FROM application`) != 1 || s.count(`SELECT count(*) FROM decision`) != 1 || s.count(`SELECT count(*) FROM tenure`) != 1 {
		t.Error("a replay acted a second time")
	}
	// A token of somebody else's opens nothing.
	other := s.draft(fixture.Registrant2, asset.Info, info("別", "3C 2 1"))
	got, err := s.Submit(s.ctx(), s.as(fixture.Registrant2), app.Submit{Assets: []int64{other}, Token: "t-submit"})
	if !errs.Is(err, errs.Stale) || got.Application != 0 {
		t.Errorf("another's token: %+v, %v", got, err)
	}
	// Nor does a used one decide, or seem to decide, something else.
	b := s.submit(fixture.Registrant2, other)
	v, err = s.Application(s.ctx(), s.as(fixture.Manager), b, 1)
	s.must(err)
	dec = app.Decide{Application: b, Outcome: approval.Approve, Seen: [32]byte(v.Digest), Token: "t-decide"}
	s.refused(s.Decide(s.ctx(), s.as(fixture.Manager), dec), errs.Stale, "approval.token")
}

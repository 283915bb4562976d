package app_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"daicho/internal/app"
	"daicho/internal/approval"
	"daicho/internal/asset"
	"daicho/internal/authz"
	"daicho/internal/classify"
	"daicho/internal/errs"
	"daicho/internal/fixture"
	"daicho/internal/ledger"
	"daicho/internal/relation"
)

// edition brings a copy of the edition in force into force: 機密性 3C is to be looked at again, one by
// one, and everything else is carried over.
func (s *spine) edition() int64 {
	s.t.Helper()
	chief, ciso := s.as(fixture.Chief), s.as(fixture.CISO)
	id, err := s.CopyScheme(s.ctx(), chief, s.World.Scheme)
	s.must(err)
	v, err := s.App.Scheme(s.ctx(), chief, id)
	s.must(err)
	maps := v.Edition.Mappings
	for i, m := range maps {
		if m.Axis == "C" && m.From == "3C" {
			maps[i].To = []string{"3C", "3B"}
		}
	}
	s.must(s.SaveScheme(s.ctx(), chief, app.SaveScheme{ID: id, EditNo: v.Head.EditNo, Part: classify.PartMapping, Mappings: maps}))
	s.must(s.ProposeScheme(s.ctx(), chief, app.ProposeScheme{ID: id, From: v.Today, Note: "3Cを見直すため"}))
	v, err = s.App.Scheme(s.ctx(), ciso, id)
	s.must(err)
	if !v.CanDecide {
		s.t.Fatalf("the CISO may not decide: %s", v.Why)
	}
	s.must(s.DecideScheme(s.ctx(), ciso, app.DecideScheme{ID: id, Outcome: approval.Approve, Seen: v.Digest}))
	return id
}

func TestAnEditionComesIntoForceByTwoPeople(t *testing.T) {
	s := newSpine(t)
	chief, ciso := s.as(fixture.Chief), s.as(fixture.CISO)
	if _, err := s.CopyScheme(s.ctx(), s.as(fixture.Registrant), s.World.Scheme); !errs.Is(err, errs.Forbidden) {
		t.Errorf("a registrant copies: %v", err)
	}
	id, err := s.CopyScheme(s.ctx(), ciso, s.World.Scheme)
	s.must(err)
	v, err := s.App.Scheme(s.ctx(), ciso, id)
	s.must(err)
	if len(v.Problems) > 0 || len(v.Changes) != 1 || v.Head.Code != fixture.SchemeCode+"-2" || v.Head.State != string(classify.Drafting) {
		t.Fatalf("a copy: %+v %+v %+v", v.Head, v.Problems, v.Changes)
	}
	// A draft changes nothing.
	if h := s.current(); h.ID != s.World.Scheme {
		t.Fatalf("in force: %+v", h)
	}
	past := v.Today.AddDays(-1)
	s.refused(s.ProposeScheme(s.ctx(), ciso, app.ProposeScheme{ID: id, From: past, Note: "理由"}), errs.Invalid, "scheme.from")
	s.must(s.ProposeScheme(s.ctx(), ciso, app.ProposeScheme{ID: id, From: v.Today.AddDays(7), Note: "理由"}))
	v, err = s.App.Scheme(s.ctx(), ciso, id)
	s.must(err)
	approve := app.DecideScheme{ID: id, Outcome: approval.Approve, Seen: v.Digest}
	s.refused(s.DecideScheme(s.ctx(), ciso, approve), errs.Forbidden, "scheme.own")
	s.refused(s.DecideScheme(s.ctx(), chief, approve), errs.Forbidden, "authz.role")
	s.refused(s.SaveScheme(s.ctx(), ciso, app.SaveScheme{ID: id, EditNo: v.Head.EditNo, Part: classify.PartHead, Name: "別", Edition: "別"}), errs.Conflict, "scheme.state")
	s.must(s.RecallScheme(s.ctx(), ciso, id))
	s.must(s.ProposeScheme(s.ctx(), chief, app.ProposeScheme{ID: id, From: v.Today.AddDays(7), Note: "理由"}))
	s.refused(s.DecideScheme(s.ctx(), ciso, app.DecideScheme{ID: id, Outcome: approval.Approve}), errs.Stale, "scheme.seen")
	s.refused(s.DecideScheme(s.ctx(), ciso, app.DecideScheme{ID: id, Outcome: approval.Return, Seen: v.Digest}), errs.Invalid, "scheme.comment")
	s.must(s.DecideScheme(s.ctx(), ciso, app.DecideScheme{ID: id, Outcome: approval.Return, Comment: "直してください", Seen: v.Digest}))
	s.must(s.ProposeScheme(s.ctx(), chief, app.ProposeScheme{ID: id, From: v.Today.AddDays(7), Note: "理由"}))
	s.must(s.DecideScheme(s.ctx(), ciso, approve))
	// Approved for a day to come: it is not in force yet, and on that day it is.
	if h := s.current(); h.ID != s.World.Scheme {
		t.Errorf("in force before its day: %+v", h)
	}
	day := v.Today.AddDays(7).ISO()
	if n := s.count(`SELECT scheme_in_force($1::date)`, day); int64(n) != id {
		t.Errorf("in force on %s: %d, want %d", day, n, id)
	}
	if n := s.count(`SELECT scheme_in_force($1::date)`, v.Today.AddDays(6).ISO()); int64(n) != s.World.Scheme {
		t.Errorf("in force the day before: %d", n)
	}
	// What is approved for a later moment of the same day takes over.
	second := s.edition()
	if h := s.current(); h.ID != second || h.Adopted {
		t.Errorf("in force: %+v", h)
	}
}

func (s *spine) current() app.SchemeHead {
	s.t.Helper()
	v, err := s.Schemes(s.ctx(), s.as(fixture.Chief))
	s.must(err)
	if !v.Heads[0].Current {
		s.t.Fatalf("the first is not in force: %+v", v.Heads)
	}
	return v.Heads[0]
}

func TestTheDatabaseKeepsAnEditionInForce(t *testing.T) {
	s := newSpine(t)
	id := s.edition()
	pool := s.DB.Owner
	for _, sql := range []string{
		`UPDATE scheme_level SET label = 'x' WHERE scheme_id = $1`,
		`DELETE FROM scheme_level WHERE scheme_id = $1`,
		`UPDATE scheme_question SET text = 'x' WHERE scheme_id = $1`,
		`UPDATE scheme_judgement SET why = 'x' WHERE scheme_id = $1`,
		`UPDATE scheme_axis SET name = 'x' WHERE scheme_id = $1`,
		`DELETE FROM scheme_mapping WHERE scheme_id = $1`,
		`UPDATE scheme SET name = 'x' WHERE id = $1`,
		`UPDATE scheme SET in_force_from = in_force_from - 1 WHERE id = $1`,
		`UPDATE scheme SET state = 'draft' WHERE id = $1`,
		`DELETE FROM scheme WHERE id = $1`,
		`UPDATE scheme_decision SET comment = 'x' WHERE scheme_id = $1`,
		`INSERT INTO scheme_level (scheme_id, axis, rank, code, label, criteria) VALUES ($1, 'C', 9, '9', 'x', 'x')`,
	} {
		if _, err := pool.Exec(s.ctx(), sql, id); err == nil || !strings.Contains(err.Error(), "DA002") {
			t.Errorf("%s: %v", sql, err)
		}
	}
	// The adopted scheme of a pack, too, from the end of the transaction that adopted it on.
	if _, err := pool.Exec(s.ctx(), `DO $$ BEGIN
		INSERT INTO act (person_text, auth, channel, action) VALUES ('x', 'none', 'system', 'test');
		PERFORM set_config('daicho.act', (SELECT max(id) FROM act)::text, true);
		UPDATE scheme_level SET label = 'x' WHERE axis = 'C' AND rank = 1 AND scheme_id = (SELECT id FROM scheme WHERE is_default);
	END $$`); err == nil || !strings.Contains(err.Error(), "DA002") {
		t.Errorf("the adopted default changed: %v", err)
	}
	// Nobody decides about what they proposed, whatever the program says.
	if _, err := pool.Exec(s.ctx(), `INSERT INTO scheme_decision (scheme_id, proposer_id, person_id, post_id, appointment_id, outcome, in_force_from, digest, act_id)
		SELECT scheme_id, person_id, person_id, post_id, appointment_id, outcome, in_force_from, digest, act_id FROM scheme_decision LIMIT 1`); err == nil {
		t.Error("one's own proposal was decided")
	}
}

// Assets stand under the edition that they were judged by until they are judged again: the list, the
// page and the rebuild say so, what is safe is carried over, and what is not is asked.
func TestAssetsAreJudgedAgain(t *testing.T) {
	s := newSpine(t)
	safe, safeNo := s.inForce(asset.Info, info("名簿の控え", "2 2 1"))
	open, openNo := s.inForce(asset.Info, info("人事の資料", "3C 1 1"))
	draft := s.draft(fixture.Registrant, asset.Info, info("書きかけ", "3C 2 1"))
	before := s.standing(open)
	id := s.edition()
	reg := s.as(fixture.Registrant)

	// Nothing of what is in force has changed, and both wait to be judged again.
	if after := s.standing(open); after != before {
		t.Errorf("before %+v, after %+v", before, after)
	}
	list, err := s.List(s.ctx(), reg, ledger.Query{Todo: ledger.Rejudge, Size: 100, Page: 1, Sort: ledger.DefaultSort})
	s.must(err)
	if len(list.Rows) != 2 || list.Count.N != 2 || !list.Book.Rejudge(&list.Rows[0]) || list.Book.Review(&list.Rows[0]) != list.Book.Since {
		t.Fatalf("to be judged again: %d of %+v", len(list.Rows), list.Count)
	}
	if n, err := s.List(s.ctx(), reg, ledger.Query{Todo: ledger.Review, Size: 100, Page: 1, Sort: ledger.DefaultSort}); err != nil || n.Count.N != 2 {
		t.Errorf("要再承認: %d %v", n.Count.N, err)
	}
	page, err := s.Asset(s.ctx(), reg, openNo)
	s.must(err)
	if len(page.Reviews) != 1 || page.Reviews[0].Cause != "scheme" || page.Words[0].Level.Code != "3C" || !page.Words[0].Old || page.Words[0].Next != "" {
		t.Errorf("%+v %+v", page.Reviews, page.Words)
	}
	if page, err = s.Asset(s.ctx(), reg, safeNo); err != nil || page.Words[0].Next != "2" {
		t.Errorf("%+v %v", page.Words, err)
	}
	// A draft from before speaks of the levels of before, and says so until somebody has chosen.
	old, err := s.OpenDraft(s.ctx(), reg, draft)
	s.must(err)
	if old.Scheme.ID != id {
		t.Errorf("the draft is judged by %d", old.Scheme.ID)
	}
	edit, err := s.EditAsset(s.ctx(), reg, openNo)
	s.must(err)
	v, err := s.OpenDraft(s.ctx(), reg, edit)
	s.must(err)
	if v.Missing == nil || len(v.Warnings) < 3 || !strings.Contains(errs.MessageOf(v.Missing), "機密性") {
		t.Errorf("an unsafe level was carried over: %v %v", v.Missing, v.Warnings)
	}
	s.must(s.DiscardDraft(s.ctx(), reg, edit))

	items, err := s.Rejudge(s.ctx(), reg, "", 1)
	s.must(err)
	if items.Total != 2 || len(items.Items) != 2 || !items.Items[0].Safe || items.Items[1].Safe || len(items.Items[1].Axes[0].Choices) != 2 {
		t.Fatalf("%+v", items)
	}
	both := app.MakeRejudgements{Assets: []int64{safe, open}}
	_, err = s.MakeRejudgements(s.ctx(), reg, both)
	s.refused(err, errs.Invalid, "rejudge.choose")
	if n := s.count(`SELECT count(*) FROM draft WHERE asset_id IN ($1, $2)`, safe, open); n != 0 {
		t.Errorf("%d drafts of a refused list", n)
	}
	both.Levels = map[string]string{app.RejudgeKey(open, "C"): "1"}
	_, err = s.MakeRejudgements(s.ctx(), reg, both)
	s.refused(err, errs.Invalid, "rejudge.choose") // not among the candidates
	both.Levels[app.RejudgeKey(open, "C")] = "3B"
	if n, err := s.MakeRejudgements(s.ctx(), reg, both); err != nil || n != 2 {
		t.Fatalf("%d %v", n, err)
	}
	_, err = s.MakeRejudgements(s.ctx(), reg, both)
	s.refused(err, errs.Conflict, "rejudge.stops")
	_, err = s.MakeRejudgements(s.ctx(), s.as(fixture.Bosai), both)
	s.refused(err, errs.Conflict, "rejudge.gone") // another unit's: as if it were not there

	s.approve(fixture.Manager, s.submit(fixture.Registrant, safe, open))
	if got := s.standing(open).List; got.C != 4 {
		t.Errorf("judged again as 3B, it stands at %v", got)
	}
	if items, err = s.Rejudge(s.ctx(), reg, "", 1); err != nil || items.Total != 0 {
		t.Errorf("still %d to do, %v", items.Total, err)
	}
	if n := s.count(`SELECT count(*) FROM asset_now WHERE asset_id IN ($1, $2) AND scheme_id = $3`, safe, open, id); n != 2 {
		t.Errorf("%d stand under the new edition", n)
	}
	if page, err = s.Asset(s.ctx(), reg, openNo); err != nil || len(page.Reviews) != 0 || page.Words[0].Old || !strings.Contains(page.Judgement.Reason, "再判定") {
		t.Errorf("%+v %+v %v", page.Reviews, page.Judgement, err)
	}
	g, err := authz.Operator("root", authz.Rebuild)
	s.must(err)
	if diffs, err := s.RebuildCheck(s.ctx(), g); err != nil || len(diffs) > 0 {
		t.Errorf("rebuild: %v %v", diffs, err)
	}
}

func TestSavingADraftEdition(t *testing.T) {
	s := newSpine(t)
	chief := s.as(fixture.Chief)
	id, err := s.CopyScheme(s.ctx(), chief, s.World.Scheme)
	s.must(err)
	v, err := s.App.Scheme(s.ctx(), chief, id)
	s.must(err)
	var levels []app.LevelEdit
	for _, l := range v.Edition.LevelsOf("C") {
		levels = append(levels, app.LevelEdit{Was: l.Code, LevelRow: l})
	}
	save := func(in app.SaveScheme) error {
		in.ID = id
		return s.SaveScheme(s.ctx(), chief, in)
	}
	// A new code goes through the decision table and the mappings.
	levels[1].Code = "2X"
	s.must(save(app.SaveScheme{EditNo: v.Head.EditNo, Part: classify.PartLevels, Axis: "C", Levels: levels}))
	s.refused(save(app.SaveScheme{EditNo: v.Head.EditNo, Part: classify.PartHead, Name: "名", Edition: "版"}), errs.Stale, "scheme.stale")
	v, err = s.App.Scheme(s.ctx(), chief, id)
	s.must(err)
	used := false
	for _, j := range v.Edition.RowsOf("C") {
		used = used || j.Level == "2X"
	}
	if !used || len(v.Problems) > 0 || v.Edition.MappingFrom(fixture.SchemeCode).Candidates("C", "2")[0] != "2X" {
		t.Errorf("%v %+v %+v", used, v.Problems, v.Edition.Mappings)
	}
	// A level that the table decides for cannot go; a mistake is told at its line.
	levels[1].Was = "2X"
	s.refused(save(app.SaveScheme{EditNo: v.Head.EditNo, Part: classify.PartLevels, Axis: "C", Levels: append(levels[:1:1], levels[2:]...)}), errs.Invalid, "scheme.level_used")
	levels[1].Rank = levels[0].Rank
	err = save(app.SaveScheme{EditNo: v.Head.EditNo, Part: classify.PartLevels, Axis: "C", Levels: levels})
	if fs := errs.Fields(err); len(fs) != 1 || fs[0].Field != "r2.rank" {
		t.Errorf("%v", err)
	}
	// Rows are put in the order of their numbers; a table that leaves a case open stops the proposal.
	rows := []classify.JudgeRow{
		{Axis: "A", Ord: 20, Level: "2", Cond: "rto<=10", Why: "急ぎます。"}, {Axis: "A", Ord: 5, Level: "1", Cond: "rto>24", Why: "待てます。"},
	}
	s.must(save(app.SaveScheme{EditNo: v.Head.EditNo, Part: classify.PartTable, Axis: "A", Rows: rows}))
	v, err = s.App.Scheme(s.ctx(), chief, id)
	s.must(err)
	if got := v.Edition.RowsOf("A"); len(got) != 2 || got[0].Ord != 10 || got[0].Cond != "rto>24" {
		t.Errorf("%+v", got)
	}
	if v.CanPropose || len(v.Problems) != 1 || !strings.Contains(v.Problems[0].Text, "例：") {
		t.Errorf("%+v", v.Problems)
	}
	s.refused(s.ProposeScheme(s.ctx(), chief, app.ProposeScheme{ID: id, From: v.Today, Note: "理由"}), errs.Conflict, "scheme.problems")
	// Thrown away, it is gone; what was never a draft cannot be.
	s.must(s.DiscardScheme(s.ctx(), chief, id))
	if _, err := s.App.Scheme(s.ctx(), chief, id); !errs.Is(err, errs.NotFound) {
		t.Errorf("%v", err)
	}
	s.refused(s.DiscardScheme(s.ctx(), chief, s.World.Scheme), errs.Conflict, "scheme.drop")
}

// What an edition would do is counted by unit before anybody approves it.
func TestImpactOfAnEdition(t *testing.T) {
	s := newSpine(t)
	s.inForce(asset.Info, info("名簿の控え", "2 2 1"))
	s.inForce(asset.Info, info("人事の資料", "3C 1 1"))
	chief := s.as(fixture.Chief)
	id, err := s.CopyScheme(s.ctx(), chief, s.World.Scheme)
	s.must(err)
	v, err := s.App.Scheme(s.ctx(), chief, id)
	s.must(err)
	if len(v.Impact) != 1 || v.Impact[0].All != 2 || v.Impact[0].Safe != 2 {
		t.Fatalf("%+v", v.Impact)
	}
	maps := v.Edition.Mappings
	for i, m := range maps {
		if m.Axis == "C" && m.From == "3C" {
			maps[i].To = []string{"3C", "3B"}
		}
	}
	s.must(s.SaveScheme(s.ctx(), chief, app.SaveScheme{ID: id, EditNo: v.Head.EditNo, Part: classify.PartMapping, Mappings: maps}))
	s.inForce(asset.Info, info("財務の資料", "3C 1 1"))
	s.inForce(asset.Medium, medium("USBメモリ", "3C 1 1"))
	if v, err = s.App.Scheme(s.ctx(), chief, id); err != nil || v.Impact[0].Safe != 2 || v.Impact[0].Unsafe != 2 || v.Impact[0].Unit.Code != "honbu-somu" {
		t.Errorf("%+v %v", v.Impact, err)
	}
	// Behind each number stand exactly the assets that it counts, as far as the reader reaches.
	names := func(login string, q app.SchemeImpactQuery) (out []string) {
		t.Helper()
		l, err := s.SchemeImpact(s.ctx(), s.as(login), id, q)
		s.must(err)
		for _, a := range l.Lines {
			out = append(out, a.Ref.Name)
		}
		if l.Total != len(out) {
			t.Errorf("%+v: %d named of %d", q, len(out), l.Total)
		}
		return out
	}
	for _, unit := range []string{"", "honbu-somu"} {
		for move, want := range map[app.Move][]string{
			app.MoveAll: {"名簿の控え", "人事の資料", "財務の資料", "USBメモリ"}, app.MoveSafe: {"名簿の控え", "USBメモリ"}, app.MoveAsk: {"人事の資料", "財務の資料"},
		} {
			if d := cmp.Diff(want, names(fixture.Chief, app.SchemeImpactQuery{Unit: unit, Move: move})); d != "" {
				t.Errorf("%q %q (-want +got):\n%s", unit, move, d)
			}
		}
	}
	if got := names(fixture.Bosai, app.SchemeImpactQuery{}); len(got) != 0 {
		t.Errorf("another unit reads %v", got)
	}
	_, err = s.SchemeImpact(s.ctx(), s.as(fixture.Bosai), id, app.SchemeImpactQuery{Unit: "honbu-somu"})
	s.refused(err, errs.NotFound, "scheme.impact")
	_, err = s.SchemeImpact(s.ctx(), s.as(fixture.Admin), id, app.SchemeImpactQuery{})
	s.refused(err, errs.Forbidden, "authz.role")
	if v, err = s.App.Scheme(s.ctx(), s.as(fixture.Admin), id); err != nil || len(v.Impact) != 0 {
		t.Errorf("who reads no asset is told of %+v, %v", v.Impact, err)
	}
	l, err := s.SchemeImpact(s.ctx(), chief, id, app.SchemeImpactQuery{Move: app.MoveAsk})
	s.must(err)
	if a := l.Lines[0].Axes; len(a) != 3 || a[0].Was.Code != "3C" || a[0].Safe() || !a[1].Safe() || a[1].To[0] != "1" {
		t.Errorf("%+v", a)
	}
}

// Whatever names a level of an asset says by which edition it was judged: the text of a finding, and the
// page of another asset that was judged again already.
func TestLevelsAreShownInTheirOwnEdition(t *testing.T) {
	s := newSpine(t)
	usb, _ := s.inForce(asset.Medium, medium("USBメモリ", "2 1 1", "encryption", "hardware"))
	list, no := s.inForce(asset.Info, info("名簿", "3B 1 1", "rel", app.RelationValue(relation.Stores, false, usb)))
	s.edition()
	reg := s.as(fixture.Registrant)
	if f := s.one(fixture.Registrant, "R10"); !strings.Contains(f.Text, "機密性「2（旧）」") || !strings.Contains(f.Text, "「3B（旧）」です") {
		t.Error(f.Text)
	}
	if n, err := s.MakeRejudgements(s.ctx(), reg, app.MakeRejudgements{Assets: []int64{list}}); err != nil || n != 1 {
		t.Fatalf("%d %v", n, err)
	}
	s.approve(fixture.Manager, s.submit(fixture.Registrant, list))
	v, err := s.Impact(s.ctx(), reg, no, app.ImpactQuery{Rise: "C:3A"})
	s.must(err)
	if len(v.Rise.Lines) != 1 || v.Rise.Lines[0].Ref.ID != usb || v.Shelf.Old(v.Shown.Scheme) {
		t.Fatalf("%+v", v.Rise)
	}
	if l := v.Shelf.Look(v.Rise.Lines[0].Ref.Scheme, "C", v.Rise.Lines[0].Was); !l.Old || l.Code != "3B" {
		t.Errorf("shown as %+v", l)
	}
}

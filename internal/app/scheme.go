package app

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"time"

	"daicho/internal/authz"
	"daicho/internal/classify"
	"daicho/internal/errs"
	"daicho/internal/jpdate"
	"daicho/internal/postgres"
)

// SchemeHead is an edition of the 分類体系 without its content, and SchemeDecision a decision on one.
type (
	SchemeHead     = postgres.SchemeHead
	SchemeDecision = postgres.SchemeDecision
)

// SchemesView is the list of the editions.
type SchemesView struct {
	Heads   []SchemeHead
	CanEdit bool
}

// Schemes lists the editions: the one in force first. Errors: Forbidden.
func (a *App) Schemes(ctx context.Context, actor authz.Actor) (SchemesView, error) {
	g, err := authz.Permit(actor, authz.SeeSchemes)
	if err != nil {
		return SchemesView{}, err
	}
	v := SchemesView{CanEdit: authz.Can(actor, authz.EditScheme)}
	err = a.db.View(ctx, g, func(ctx context.Context, t *postgres.Tx) error {
		v.Heads, err = t.SchemeHeads(ctx)
		return err
	})
	return v, err
}

// SchemeView is one edition with everything that its page shows.
type SchemeView struct {
	Head       SchemeHead
	Edition    classify.Edition
	Current    classify.Edition // in force today
	Earlier    []classify.Edition
	Problems   []classify.Problem
	Changes    []classify.Difference // against the one in force
	Falls      []classify.MapRow     // levels that would fall without anybody deciding
	Impact     []ImpactLine          // within the reach of who reads assets
	Decisions  []SchemeDecision
	Digest     [32]byte
	Today      jpdate.Date
	CanEdit    bool
	CanPropose bool
	CanDecide  bool
	CanDrop    bool // throw the draft away
	CanRecall  bool // take the proposal back
	Why        string
}

// Turns reports whether the edition, once in force, would have assets judged again: those of a pack are
// copied first, and the one of today has done so.
func (v SchemeView) Turns() bool {
	return !v.Head.Current && classify.State(v.Head.State) != classify.Loaded
}

// Scheme reads one edition: its content, what is missing, what it changes and whom it would concern.
// Errors: Forbidden, NotFound.
func (a *App) Scheme(ctx context.Context, actor authz.Actor, id int64) (SchemeView, error) {
	g, err := authz.Permit(actor, authz.SeeSchemes)
	if err != nil {
		return SchemeView{}, err
	}
	var v SchemeView
	err = a.db.View(ctx, g, func(ctx context.Context, t *postgres.Tx) error {
		v, err = a.scheme(ctx, t, id)
		return err
	})
	if err != nil || !v.Turns() {
		return v, err
	}
	if g, err = authz.Permit(actor, authz.ReadAsset); errs.Is(err, errs.Forbidden) {
		return v, nil // whoever may not read assets is not told how many there are
	}
	if err != nil {
		return v, err
	}
	err = a.db.View(ctx, g, func(ctx context.Context, t *postgres.Tx) error {
		moved, err := readMoved(ctx, t, v.Edition)
		v.Impact = moved.lines()
		return err
	})
	return v, err
}

func (a *App) scheme(ctx context.Context, t *postgres.Tx, id int64) (SchemeView, error) {
	v := SchemeView{Today: jpdate.OfTime(t.Now())}
	var err error
	if v.Head, err = t.SchemeHead(ctx, id); err != nil {
		return v, err
	}
	if v.Edition, err = t.SchemeEdition(ctx, id); err != nil {
		return v, err
	}
	v.Digest = schemeDigest(v.Edition)
	if v.Decisions, err = t.SchemeDecisions(ctx, id); err != nil {
		return v, err
	}
	current, err := t.Scheme(ctx, 0)
	if err != nil {
		return v, err
	}
	if v.Current, err = t.SchemeEdition(ctx, current.ID); err != nil {
		return v, err
	}
	if v.Head.Current {
		return v, nil
	}
	v.Changes = classify.Diff(v.Current, v.Edition)
	if !v.Turns() {
		return v, nil
	}
	if v.Earlier, err = t.SchemesEarlier(ctx, id); err != nil {
		return v, err
	}
	for _, old := range v.Earlier {
		v.Falls = append(v.Falls, v.Edition.Lowers(old)...)
	}
	actor := t.Actor()
	switch classify.State(v.Head.State) {
	case classify.Drafting:
		v.Problems = v.Edition.Check(v.Earlier)
		v.CanEdit = authz.Can(actor, authz.EditScheme)
		v.CanPropose = v.CanEdit && !classify.Blocks(v.Problems)
		v.CanDrop = v.CanEdit && len(v.Decisions) == 0
	case classify.Proposed:
		v.CanRecall = v.Head.Proposer == actor.Person
		switch {
		case !authz.Can(actor, authz.DecideScheme):
			v.Why = "この版は、最高情報セキュリティ責任者が承認します。"
		case v.Head.Proposer == actor.Person:
			v.Why = "自分が承認を求めた版は、自分では承認できません。"
		default:
			v.CanDecide = true
		}
	case classify.Loaded, classify.Approved:
	}
	return v, nil
}

// schemeDigest names the content of an edition: what was on the screen is what is decided about.
func schemeDigest(e classify.Edition) [32]byte {
	b, _ := json.Marshal([]any{e.Name, e.Edition, e.Axes, e.Levels, e.Questions, e.Judgements, e.Mappings}) // texts and numbers only
	return sha256.Sum256(b)
}

// CopyScheme makes a draft edition from another, with what its levels become proposed. A second press
// of the same button leads to the same draft. Errors: Forbidden, NotFound.
func (a *App) CopyScheme(ctx context.Context, actor authz.Actor, base int64) (int64, error) {
	g, err := authz.Permit(actor, authz.EditScheme)
	if err != nil {
		return 0, err
	}
	var id int64
	err = a.db.Act(ctx, g, func(ctx context.Context, t *postgres.Tx) error {
		head, err := t.SchemeHead(ctx, base)
		if err != nil {
			return err
		}
		from, err := t.SchemeEdition(ctx, base)
		if err != nil {
			return err
		}
		if err := t.Sign(ctx, postgres.Note{Target: "分類体系 " + head.Name + " " + head.Edition, Detail: map[string]any{"deed": "copy", "base": head.Code}}); err != nil {
			return err
		}
		if id, err = t.CopyScheme(ctx, base); err != nil {
			return err
		}
		e, err := t.SchemeEdition(ctx, id)
		if err != nil {
			return err
		}
		e.Levels, e.Questions, e.Judgements = from.Levels, from.Questions, from.Judgements
		earlier, err := t.SchemesEarlier(ctx, id)
		if err != nil {
			return err
		}
		for _, old := range earlier {
			e.Mappings = append(e.Mappings, e.SuggestMapping(old, from.Mappings)...)
		}
		return t.SaveScheme(ctx, e, 1)
	})
	return id, err
}

// DiscardScheme throws a draft edition away that nobody has decided about.
// Errors: Forbidden; NotFound; Conflict for what is no such draft.
func (a *App) DiscardScheme(ctx context.Context, actor authz.Actor, id int64) error {
	return a.turnScheme(ctx, actor, authz.EditScheme, id, "discard", "", func(ctx context.Context, t *postgres.Tx, v SchemeView) error {
		if !v.CanDrop {
			return errs.New(errs.Conflict, "scheme.drop", "捨てられるのは、まだ決裁されたことのない作成中の案だけです。")
		}
		return t.DiscardScheme(ctx, id)
	})
}

// ProposeScheme is the wish to bring a draft edition into force.
type ProposeScheme struct {
	ID   int64
	From jpdate.Date // 施行日
	Note string      // why the 分類体系 changes
}

// maxNote bounds what is written about an edition, in characters.
const maxNote = 2000

// ProposeScheme asks the 最高情報セキュリティ責任者 for the decision on a draft edition.
// Errors: Invalid on from and note; Conflict while something is missing in the edition; Forbidden;
// NotFound.
func (a *App) ProposeScheme(ctx context.Context, actor authz.Actor, in ProposeScheme) error {
	return a.turnScheme(ctx, actor, authz.EditScheme, in.ID, "propose", in.Note, func(ctx context.Context, t *postgres.Tx, v SchemeView) error {
		if classify.State(v.Head.State) != classify.Drafting {
			return errs.New(errs.Conflict, "scheme.state", "承認を求められるのは、作成中の案だけです。")
		}
		if classify.Blocks(v.Problems) {
			return errs.New(errs.Conflict, "scheme.problems", "直すところが残っています。「足りないところ」をなくしてから、承認を求めてください。")
		}
		var failed []error
		if in.From.IsZero() || in.From.Before(v.Today) {
			failed = append(failed, errs.OnField("from", "scheme.from", "施行日は、今日から後の日にしてください"))
		}
		if in.Note == "" {
			failed = append(failed, errs.OnField("note", "scheme.note", "改める理由を入力してください"))
		}
		if len([]rune(in.Note)) > maxNote {
			failed = append(failed, errs.OnField("note", "scheme.note_long", "改める理由は2,000文字までにしてください"))
		}
		if len(failed) > 0 {
			return errs.Join(failed...)
		}
		return t.ProposeScheme(ctx, in.ID, civil(in.From), in.Note)
	})
}

// civil is a day as the database takes it.
func civil(d jpdate.Date) time.Time {
	out, _ := time.Parse(time.DateOnly, d.ISO())
	return out
}

// RecallScheme takes a proposal back, so that the edition can be changed again.
// Errors: Forbidden for somebody else's; Conflict when it was decided meanwhile; NotFound.
func (a *App) RecallScheme(ctx context.Context, actor authz.Actor, id int64) error {
	return a.turnScheme(ctx, actor, authz.EditScheme, id, "recall", "", func(ctx context.Context, t *postgres.Tx, v SchemeView) error {
		if classify.State(v.Head.State) != classify.Proposed {
			return errs.New(errs.Conflict, "scheme.state", "この版はもう決裁されているか、承認を求められていません。")
		}
		if !v.CanRecall {
			return errs.New(errs.Forbidden, "scheme.recall", "取り下げられるのは、承認を求めた本人だけです。")
		}
		return t.ReturnScheme(ctx, id)
	})
}

// turnScheme runs a step of the life of an edition, which is held meanwhile, under one act.
func (a *App) turnScheme(ctx context.Context, actor authz.Actor, action authz.Action, id int64, deed, reason string,
	fn func(context.Context, *postgres.Tx, SchemeView) error) error {
	g, err := authz.Permit(actor, action)
	if err != nil {
		return err
	}
	return a.db.Act(ctx, g, func(ctx context.Context, t *postgres.Tx) error {
		if _, err := t.LockScheme(ctx, id); err != nil {
			return err
		}
		v, err := a.scheme(ctx, t, id)
		if err != nil {
			return err
		}
		if err := t.Sign(ctx, postgres.Note{
			Target: "分類体系 " + v.Head.Name + " " + v.Head.Edition, Reason: reason, Detail: map[string]any{"deed": deed, "scheme": v.Head.Code},
		}); err != nil {
			return err
		}
		return fn(ctx, t, v)
	})
}

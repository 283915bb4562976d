package app

import (
	"context"
	"fmt"

	"daicho/internal/authz"
	"daicho/internal/errs"
	"daicho/internal/postgres"
	"daicho/internal/trail"
)

// Erasure is the wish that something leaves the trail, with what became of it.
type Erasure = postgres.Erasure

// ActView is one act with its changes and its seal.
type ActView struct {
	Act      TrailAct
	Changes  []postgres.ActChange // without payloads unless Whole
	More     bool                 // there are more changes than are shown
	Whole    bool                 // the reader's post reaches the whole body
	Sealed   bool
	N        int64  // place in the log
	Leaf     string // its hash
	Under    trail.Head
	Erasures []Erasure
	CanProve bool
	CanAsk   bool
	CanDecide
}

// CanDecide says which wish the reader may decide on; its id is 0 when there is none.
type CanDecide struct {
	Open int64
	Why  string // why not, or ""
}

// actChangesMost is how many changes of an act a page shows.
const actChangesMost = 200

// TrailActOf reads one act of the trail. What rows looked like is told only to whom the whole body is
// open. Errors: Forbidden, NotFound.
func (a *App) TrailActOf(ctx context.Context, actor authz.Actor, id int64) (ActView, error) {
	var v ActView
	g, err := authz.Permit(actor, authz.ReadTrail)
	if err != nil {
		return v, err
	}
	err = a.db.View(ctx, g, func(ctx context.Context, t *postgres.Tx) error {
		if v.Act, err = t.TrailActOf(ctx, id); err != nil {
			return err
		}
		v.Whole = authz.Can(actor, authz.ExportTrail) && t.Scope().All()
		if v.Changes, err = t.ActChanges(ctx, id, actChangesMost+1); err != nil {
			return err
		}
		if v.More = len(v.Changes) > actChangesMost; v.More {
			v.Changes = v.Changes[:actChangesMost]
		}
		if err := v.seal(ctx, t, id); err != nil {
			return err
		}
		if !v.Whole {
			for i := range v.Changes {
				v.Changes[i].Before, v.Changes[i].After = nil, nil
			}
			return nil
		}
		if v.Erasures, err = t.ErasuresOf(ctx, id); err != nil {
			return err
		}
		v.ask(actor)
		return nil
	})
	return v, err
}

// seal reads where the act lies in the log.
func (v *ActView) seal(ctx context.Context, t *postgres.Tx, id int64) error {
	leaf, err := t.ActLeaf(ctx, id)
	if errs.Is(err, errs.NotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	var h trail.Hash
	copy(h[:], leaf.Hashes)
	v.Sealed, v.N, v.Leaf = true, leaf.N, h.String()
	last, ok, err := t.LastHead(ctx)
	if err == nil && ok && leaf.N < last.Size {
		v.Under, err = trail.ReadHead(last.Note)
	}
	return err
}

// ask says what the reader may do about an erasure.
func (v *ActView) ask(actor authz.Actor) {
	v.CanProve = !v.Under.IsZero()
	for _, e := range v.Erasures {
		if e.Outcome != "" {
			continue
		}
		switch {
		case !authz.Can(actor, authz.DecideErasure):
			v.Why = "最高情報セキュリティ責任者の承認を待っています。"
		case e.Person == actor.Person:
			v.Why = "自分が求めた消去は、自分では承認できません。"
		default:
			v.Open = e.ID
		}
		return
	}
	v.CanAsk = v.CanProve && authz.Can(actor, authz.AskErasure) && !ofTrail(v.Act.Action)
}

// ofTrail reports whether an act is about the trail itself, which is never erased.
func ofTrail(action string) bool { return len(action) > 6 && action[:6] == "trail." }

// AskErasure is the wish that what an act says, or one of its changes, leaves the trail.
type AskErasure struct {
	Act, Seq      int64 // Seq 0: the act itself
	Reason, Basis string
}

// AskErasure stores the wish for somebody else to decide. Errors: Forbidden; NotFound; Invalid without
// reason and basis; Conflict for what cannot be erased, or is asked for already.
func (a *App) AskErasure(ctx context.Context, actor authz.Actor, in AskErasure) error {
	g, err := authz.Permit(actor, authz.AskErasure)
	if err != nil {
		return err
	}
	switch {
	case in.Reason == "":
		return errs.OnField("reason", "erasure.reason", "消す理由を入力してください。")
	case in.Basis == "":
		return errs.OnField("basis", "erasure.basis", "根拠を入力してください。")
	}
	view, err := a.TrailActOf(ctx, actor, in.Act)
	if err != nil {
		return err
	}
	if !view.CanAsk || !view.erasable(in.Seq) {
		return errs.New(errs.Conflict, "erasure.cannot", "この内容の消去は求められません。封印されていて、まだ消されておらず、ほかの求めが決裁を待っていないものだけです。")
	}
	return a.db.Act(ctx, g, func(ctx context.Context, t *postgres.Tx) error {
		who := t.Actor()
		if err := t.Sign(ctx, postgres.Note{Target: erasureTarget(in.Act, in.Seq), Reason: in.Reason, Detail: map[string]any{"act": in.Act, "seq": in.Seq, "basis": in.Basis}}); err != nil {
			return err
		}
		_, err := t.AskErasure(ctx, Erasure{Act: in.Act, Seq: in.Seq, Reason: in.Reason, Basis: in.Basis, Person: who.Person, By: who.Title() + " " + who.Name})
		return err
	})
}

// erasable reports whether there is a payload: of the act itself, or of one of its changes.
func (v ActView) erasable(seq int64) bool {
	if seq == 0 {
		return !v.Erased(0)
	}
	for _, c := range v.Changes {
		if c.Seq == seq {
			return c.Before != nil || c.After != nil
		}
	}
	return false
}

// Erased reports whether an erasure of the act itself (0) or of one of its changes was approved.
func (v ActView) Erased(seq int64) bool {
	for _, e := range v.Erasures {
		if e.Seq == seq && e.Outcome == "approved" {
			return true
		}
	}
	return false
}

func erasureTarget(act, seq int64) string {
	if seq == 0 {
		return fmt.Sprintf("行為 %d の内容", act)
	}
	return fmt.Sprintf("行為 %d の変更 %d", act, seq)
}

// DecideErasure approves a wish, which erases at once, or sends it back. Errors: Forbidden, also by the
// one who asked; NotFound; Conflict when it was decided already; Invalid without a note for a return.
func (a *App) DecideErasure(ctx context.Context, actor authz.Actor, id int64, approve bool, note string) error {
	g, err := authz.Permit(actor, authz.DecideErasure)
	if err != nil {
		return err
	}
	if !approve && note == "" {
		return errs.OnField("note", "erasure.note", "差し戻す理由を入力してください。")
	}
	return a.db.Act(ctx, g, func(ctx context.Context, t *postgres.Tx) error {
		e, err := t.Erasure(ctx, id)
		if err != nil {
			return err
		}
		who := t.Actor()
		switch {
		case e.Person == who.Person:
			return errs.New(errs.Forbidden, "erasure.own", "自分が求めた消去は、自分では承認できません。")
		case e.Outcome != "":
			return errs.New(errs.Conflict, "erasure.decided", "この求めは、すでに決裁されています。")
		}
		outcome := map[bool]string{true: "approved", false: "returned"}[approve]
		if err := t.Sign(ctx, postgres.Note{Target: erasureTarget(e.Act, e.Seq), Reason: note, Detail: map[string]any{"act": e.Act, "seq": e.Seq, "outcome": outcome, "basis": e.Basis}}); err != nil {
			return err
		}
		return t.DecideErasure(ctx, e, approve, who.Person, who.Title()+" "+who.Name, note)
	})
}

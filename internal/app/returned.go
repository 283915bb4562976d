package app

import (
	"context"
	"math"
	"time"

	"daicho/internal/asset"
	"daicho/internal/errs"
	"daicho/internal/postgres"
)

// NoteKey is the input of a form in which a registrant answers the comment of whoever returned the
// application. It is kept with the draft and becomes the note of the next application.
const NoteKey = "note"

// ReturnedNote is why an application came back, and what has become of its content since.
type ReturnedNote struct {
	Application int64
	Comment     string
	By          string // unit, post and name of who returned it
	At          time.Time
	Changes     []asset.Change // from what was returned to what is submitted, or typed now
}

// Unchanged reports whether nothing was put right since the return.
func (n *ReturnedNote) Unchanged() bool { return n != nil && len(n.Changes) == 0 }

// returns compares documents with what came back earlier, per asset: of an application only with what
// came back before it, of drafts (before = 0) with the newest.
func (a *App) returns(ctx context.Context, t *postgres.Tx, docs map[int64]postgres.Version, before int64) (map[int64]*ReturnedNote, error) {
	if before == 0 {
		before = math.MaxInt64
	}
	var ids []int64
	for id := range docs {
		ids = append(ids, id)
	}
	earlier, err := t.EarlierReturns(ctx, ids, before)
	if err != nil || len(earlier) == 0 {
		return nil, err
	}
	ids = nil
	var nos []int
	for id, e := range earlier {
		ids, nos = append(ids, id), append(nos, e.VersionNo)
	}
	then, err := t.Versions(ctx, ids, nos)
	if err != nil {
		return nil, err
	}
	scheme, err := t.Scheme(ctx, 0)
	if err != nil {
		return nil, err
	}
	names, err := a.names(ctx, t, scheme, then, docs)
	if err != nil {
		return nil, err
	}
	out := make(map[int64]*ReturnedNote, len(earlier))
	for id, e := range earlier {
		note := noteOf(e)
		for _, c := range asset.Diff(then[id].Doc, docs[id].Doc, names) {
			if !c.IsProposal() { // follows from the answers, and is nobody's deed
				note.Changes = append(note.Changes, c)
			}
		}
		out[id] = note
	}
	return out, nil
}

func noteOf(e postgres.EarlierReturn) *ReturnedNote {
	return &ReturnedNote{Application: e.Application, Comment: e.Comment, By: e.Unit + " " + e.Post + " " + e.Person, At: e.At}
}

// comments says of drafts that came back why, without what was changed since.
func comments(ctx context.Context, t *postgres.Tx, drafts []postgres.Draft) (map[int64]*ReturnedNote, error) {
	var ids []int64
	for _, d := range drafts {
		if d.Returned != 0 {
			ids = append(ids, d.Asset)
		}
	}
	earlier, err := t.EarlierReturns(ctx, ids, math.MaxInt64)
	out := make(map[int64]*ReturnedNote, len(earlier))
	for id, e := range earlier {
		out[id] = noteOf(e)
	}
	return out, err
}

// unanswered refuses to submit again, without a word, what came back in one application when nothing
// of it was put right: whoever returned it would read the same a second time and not learn why. Where
// one of its drafts was put right, the comment was about that one.
func unanswered(list []prepared, note string) []error {
	if note != "" {
		return nil
	}
	answered := map[int64]bool{}
	for _, p := range list {
		if r := p.view.Returned; r != nil && (!r.Unchanged() || first(p.view.Form, NoteKey) != "") {
			answered[r.Application] = true
		}
	}
	var failed []error
	for _, p := range list {
		if r := p.view.Returned; r != nil && !answered[r.Application] {
			failed = append(failed, prefixed(p.draft.Asset, errUnanswered())...)
		}
	}
	return failed
}

func errUnanswered() error {
	return errs.OnField(NoteKey, "submit.unanswered", "差し戻されたときから何も変わっていません。直すか、このまま申請する理由を「承認する人へ」に書いてください")
}

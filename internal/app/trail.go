package app

import (
	"context"

	"daicho/internal/authz"
	"daicho/internal/jpdate"
	"daicho/internal/jptext"
	"daicho/internal/postgres"
)

// TrailQuery asks for one page of the 操作記録.
type TrailQuery struct {
	Person  string      // part of a name
	Action  string      // one action, or empty
	Number  string      // 管理番号 as typed
	Outcome string      // done, refused, or empty
	From    jpdate.Date // first day
	To      jpdate.Date // last day
	Page    int         // from 1
}

// TrailAct is one act in the list.
type TrailAct = postgres.TrailAct

// TrailPerPage is how many acts a page of the list holds, and TrailMost how many are counted: beyond
// it the list asks for a narrower filter.
const (
	TrailPerPage = 100
	TrailMost    = 10_000
)

// TrailList is one page of the 操作記録. Total is at most TrailMost + 1.
type TrailList struct {
	Rows              []TrailAct
	Total, Page, Size int
	Seal              SealView
	Asked             []Erasure // wait for a decision; for those who ask and decide
}

// Trail lists acts, newest first, as far as the actor's posts let them see.
func (a *App) Trail(ctx context.Context, actor authz.Actor, q TrailQuery) (TrailList, error) {
	g, err := authz.Permit(actor, authz.ReadTrail)
	if err != nil {
		return TrailList{}, err
	}
	out := TrailList{Page: min(max(q.Page, 1), TrailMost/TrailPerPage), Size: TrailPerPage}
	f := postgres.TrailFilter{
		Person: q.Person, Action: q.Action, Number: jptext.Code(q.Number), Outcome: q.Outcome,
		Limit: out.Size, Offset: (out.Page - 1) * out.Size,
	}
	if !q.From.IsZero() {
		f.From = q.From.StartOfDay()
	}
	if !q.To.IsZero() {
		f.To = q.To.EndOfDay()
	}
	err = a.db.View(ctx, g, func(ctx context.Context, t *postgres.Tx) (err error) {
		if out.Rows, out.Total, err = t.Trail(ctx, f); err != nil {
			return err
		}
		if out.Seal, err = a.sealView(ctx, t); err != nil {
			return err
		}
		if authz.Can(actor, authz.DecideErasure) || authz.Can(actor, authz.AskErasure) {
			out.Asked, err = t.OpenErasures(ctx)
		}
		return err
	})
	return out, err
}

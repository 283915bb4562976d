package app

import (
	"cmp"
	"context"
	"slices"
	"strings"

	"daicho/internal/approval"
	"daicho/internal/asset"
	"daicho/internal/authz"
	"daicho/internal/classify"
	"daicho/internal/errs"
	"daicho/internal/postgres"
	"daicho/internal/relation"
)

// WayWords puts a way into one line: 「総務課の情報セキュリティ管理者 → 本部事務局の情報セキュリティ責任者」.
func WayWords(steps []approval.Step) string {
	words := make([]string, len(steps))
	for i, s := range steps {
		words[i] = s.Words()
	}
	return strings.Join(words, " → ")
}

// side is what is in force, or would be, of one asset: nil documents stand for nothing.
type side struct {
	doc    *asset.Document
	levels classify.Levels
}

func (s side) relations() []asset.Relation {
	if s.doc == nil {
		return nil
	}
	return s.doc.Relations
}

func (s side) get(key string) string {
	if s.doc == nil {
		return ""
	}
	return s.doc.Get(key)
}

// bridges are the connections between zones that a document describes.
func (s side) bridges() []asset.Relation {
	return slices.DeleteFunc(slices.Clone(s.relations()), func(r asset.Relation) bool { return r.Type != string(relation.Bridges) })
}

// casesOf says what an item asks for: its deed, and beside it what the routes treat by itself.
func casesOf(organ string, was, now side) []approval.Case {
	c := approval.Case{Deed: approval.Change, Kind: now.doc.Kind, Levels: classify.Max(was.levels, now.levels), Zone: cmp.Or(now.get("zone"), asset.ZoneOutside), Organ: organ}
	if was.get("zone") == asset.ZoneMyNumber {
		c.Zone = asset.ZoneMyNumber
	}
	switch {
	case was.doc == nil:
		c.Deed = approval.Register
	case now.doc.Lifecycle() == asset.LifecycleDisposed && was.doc.Lifecycle() != asset.LifecycleDisposed:
		c.Deed = approval.Dispose
	}
	out := []approval.Case{c}
	also := func(d approval.Deed, is bool) {
		if is {
			c.Deed = d
			out = append(out, c)
		}
	}
	cloud := func(s side) bool { return s.doc != nil && (s.doc.Kind == asset.Cloud || s.get("cloud") == "1") }
	also(approval.Lower, was.doc != nil && now.levels.Lower(was.levels))
	also(approval.Balance, approval.Balances(was.relations(), now.relations()))
	also(approval.UseCloud, cloud(now) && !cloud(was))
	also(approval.Connect, slices.ContainsFunc(now.bridges(), func(r asset.Relation) bool { return !slices.ContainsFunc(was.bridges(), r.Equal) }))
	return out
}

// mustOpen says why the item of an application has to be opened before the decision.
func mustOpen(scheme *classify.Scheme, c approval.Case, lowers bool) approval.Must {
	if lowers {
		return approval.MustLower
	}
	for _, a := range classify.Axes() {
		if l, ok := scheme.ByRank(a, c.Levels.On(a)); ok && l.Guarded {
			return approval.MustGuarded
		}
	}
	if c.Zone == asset.ZoneMyNumber {
		return approval.MustMyNumber
	}
	return ""
}

// lay lays the way of cases on the posts above a unit, for the actor as the applicant.
// Errors: Conflict when nobody could decide, or the routes do not say who.
func (a *App) lay(ctx context.Context, t *postgres.Tx, unit int64, today postgres.RouteToday, cases []approval.Case) ([]approval.Step, error) {
	legs, err := today.Edition.Way(cases)
	if err != nil {
		return nil, err
	}
	var named []string
	for _, l := range legs {
		named = append(named, l.Posts...)
	}
	ladder, err := t.Ladder(ctx, unit, named)
	if err != nil {
		return nil, err
	}
	return approval.Resolve(t.Actor().Person, legs, ladder)
}

// ahead works out the way of a draft, so that whoever fills in the form knows it before the
// submission.
func (a *App) ahead(ctx context.Context, t *postgres.Tx, v *DraftView, d postgres.Draft) error {
	if v.Unit.ID == 0 || t.Playing() {
		return nil
	}
	var was side
	if d.BaseNo != 0 {
		vs, err := t.Versions(ctx, []int64{d.Asset}, []int{d.BaseNo})
		if err != nil {
			return err
		}
		refs, err := t.Refs(ctx, []int64{d.Asset})
		if err != nil {
			return err
		}
		old := vs[d.Asset].Doc
		was = side{&old, refs[d.Asset].Levels}
		if kept := v.withLevels(old); kept.OnlyMinor(old) && !v.Levels.Lower(was.levels) {
			return nil
		}
	}
	today, err := t.RouteToday(ctx, v.Unit.ID)
	if err != nil {
		return err
	}
	v.cases = casesOf(today.Organ, was, side{&v.Doc, v.Levels})
	v.Way, err = a.lay(ctx, t, v.Unit.ID, today, v.cases)
	if errs.Is(err, errs.Conflict) { // the submission says so
		return nil
	}
	return err
}

// WayOf works out the way of drafts that would be submitted together; nothing where none of them needs
// a decision or nobody could take it. Errors: Forbidden.
func (a *App) WayOf(ctx context.Context, actor authz.Actor, drafts []DraftView) ([]approval.Step, error) {
	g, err := authz.Permit(actor, authz.SubmitApplication)
	if err != nil {
		return nil, err
	}
	var unit int64
	var cases []approval.Case
	for _, d := range drafts {
		if unit, cases = d.Unit.ID, append(cases, d.cases...); d.Unit.ID != drafts[0].Unit.ID {
			return nil, nil
		}
	}
	if len(cases) == 0 {
		return nil, nil
	}
	var steps []approval.Step
	err = a.db.View(ctx, g, func(ctx context.Context, t *postgres.Tx) error {
		today, err := t.RouteToday(ctx, unit)
		if err != nil {
			return err
		}
		steps, err = a.lay(ctx, t, unit, today, cases)
		if errs.Is(err, errs.Conflict) {
			return nil
		}
		return err
	})
	return steps, err
}

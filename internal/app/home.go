package app

import (
	"cmp"
	"context"

	"daicho/internal/asset"
	"daicho/internal/authz"
	"daicho/internal/check"
	"daicho/internal/errs"
	"daicho/internal/org"
	"daicho/internal/postgres"
)

// HomeView is 「今日やること」: what waits for the actor over all of their posts. A part that the
// actor has no post for is left out. Each number is the length of the list behind its link.
type HomeView struct {
	Drafts      *DraftCount
	DraftLines  []DraftLine // the first few
	Queue       *QueueView  // the first few
	Requests    *postgres.ApplicationCount
	Review      int // assets in scope that need a new decision
	Rejudge     int // of them, those that an earlier edition of the 分類体系 judged
	Assets      int // assets in scope
	Findings    int // open findings in scope that nobody has accepted
	Grave       int // those of them that are 重大
	ReadsAssets bool
	Granted     []postgres.GrantedPost // posts given by administrators, for 統括 and CISO
	Adopted     Adoption
}

// DraftCount counts the drafts that are the actor's work, and of them those that came back.
type DraftCount struct{ Total, Returned int }

// Adoption says what of the body's rules was adopted by a decision; the rest prints 案・未照合.
type Adoption struct{ Org, Scheme, Catalogue bool }

// homeLines is how many lines of each part the home page shows.
const homeLines = 5

// Home gathers what waits for the actor.
func (a *App) Home(ctx context.Context, actor authz.Actor) (HomeView, error) {
	var v HomeView
	part := func(action authz.Action, fn func(context.Context, *postgres.Tx) error) error {
		g, err := authz.Permit(actor, action)
		if errs.Is(err, errs.Forbidden) {
			return nil
		}
		if err != nil {
			return err
		}
		return a.db.View(ctx, g, fn)
	}
	if err := part(authz.SeeHome, func(ctx context.Context, t *postgres.Tx) (err error) {
		v.Adopted, err = adoption(ctx, t)
		return err
	}); err != nil {
		return v, err
	}
	if err := part(authz.RegisterAsset, func(ctx context.Context, t *postgres.Tx) error {
		v.Drafts = &DraftCount{}
		var err error
		if v.Drafts.Total, err = t.CountDrafts(ctx, postgres.DraftFilter{}); err != nil {
			return err
		}
		if v.Drafts.Returned, err = t.CountDrafts(ctx, postgres.DraftFilter{Returned: true}); err != nil {
			return err
		}
		drafts, err := t.Drafts(ctx, postgres.DraftFilter{}, homeLines, 0)
		if err != nil {
			return err
		}
		if v.DraftLines, err = a.draftLines(ctx, t, drafts); err != nil {
			return err
		}
		mine, err := t.CountMyApplications(ctx)
		v.Requests = &mine
		return err
	}); err != nil {
		return v, err
	}
	if err := part(authz.SeeQueue, func(ctx context.Context, t *postgres.Tx) error {
		q := QueueView{Page: 1, Size: homeLines, Now: t.Now()}
		var err error
		if q.Total, err = t.CountQueue(ctx); err != nil {
			return err
		}
		q.Applications, err = t.Queue(ctx, homeLines, 0)
		v.Queue = &q
		return err
	}); err != nil {
		return v, err
	}
	if actor.Has(org.Chief) || actor.Has(org.CISO) {
		if err := part(authz.ReadTrail, func(ctx context.Context, t *postgres.Tx) (err error) {
			v.Granted, err = t.GrantedPosts(ctx, 4*homeLines)
			return err
		}); err != nil {
			return v, err
		}
	}
	return v, part(authz.ReadAsset, func(ctx context.Context, t *postgres.Tx) error {
		v.ReadsAssets = true
		var err error
		if v.Assets, v.Review, err = t.CountAssets(ctx); err != nil {
			return err
		}
		if v.Rejudge, err = t.CountRejudge(ctx); err != nil {
			return err
		}
		if v.Findings, err = t.CountFindings(ctx, postgres.FindingQuery{State: FindingOpen}); err != nil {
			return err
		}
		v.Grave, err = t.CountFindings(ctx, postgres.FindingQuery{State: FindingOpen, Severity: string(check.Grave)})
		return err
	})
}

func adoption(ctx context.Context, t *postgres.Tx) (Adoption, error) {
	targets, err := t.Adopted(ctx)
	return Adoption{Org: targets["org"], Scheme: targets["scheme"], Catalogue: targets["catalogue"]}, err
}

// draftLines says of each draft how far it is.
func (a *App) draftLines(ctx context.Context, t *postgres.Tx, drafts []postgres.Draft) ([]DraftLine, error) {
	if len(drafts) == 0 {
		return nil, nil
	}
	scheme, err := t.Scheme(ctx, 0)
	if err != nil {
		return nil, err
	}
	units, err := t.Units(ctx)
	if err != nil {
		return nil, err
	}
	unitName := map[int64]string{}
	for _, u := range units {
		unitName[u.ID] = u.Name
	}
	set, err := t.Checks(ctx, scheme)
	if err != nil {
		return nil, err
	}
	views := make([]DraftView, len(drafts))
	unread := make([]error, len(drafts))
	var ids []int64
	for i, d := range drafts {
		v := DraftView{Kind: d.Kind, Scheme: scheme, checks: set}
		v.Doc, v.Proposal, unread[i] = document(d.Kind, d.Form, scheme)
		ids = append(ids, others(v.Doc)...)
		views[i] = v
	}
	refs, err := t.Refs(ctx, ids)
	if err != nil {
		return nil, err
	}
	out := make([]DraftLine, len(drafts))
	for i, d := range drafts {
		v := &views[i]
		v.relate(refs)
		missing := len(errs.Fields(v.missing(unread[i])))
		out[i] = DraftLine{
			Asset: d.Asset, Number: d.Number, Kind: d.Kind, Name: cmp.Or(v.Doc.Get("name"), asset.NoName), Unit: unitName[d.Unit],
			Own: d.Owner == t.Actor().Person, Owner: d.OwnerName, Returned: d.Returned != 0, Ready: missing == 0, Missing: missing,
			UpdatedAt: d.UpdatedAt,
		}
	}
	return out, nil
}

package app

import (
	"context"
	"slices"

	"daicho/internal/authz"
	"daicho/internal/errs"
	"daicho/internal/jpdate"
	"daicho/internal/ledger"
	"daicho/internal/postgres"
	"daicho/internal/trail"
)

// TrailHead is a head of the trail for a page.
type TrailHead struct {
	postgres.SealedHead
	trail.Head
}

// TrailKey is a key of the trail for a page.
type TrailKey struct {
	trail.Public
	N   int64 // its place in the log; -1 until it is sealed
	Act int64
}

// SealView is how far the trail is sealed.
type SealView struct {
	Last  TrailHead // zero before the first
	Open  postgres.OpenActs
	State SealState // of this server
}

// OpenActsMost is how many unsealed acts are counted: a server that seals has a handful.
const OpenActsMost = 1_000

func (a *App) sealView(ctx context.Context, t *postgres.Tx) (SealView, error) {
	v := SealView{State: a.SealState()}
	last, ok, err := t.LastHead(ctx)
	if err != nil {
		return v, err
	}
	if ok {
		if v.Last, err = readHead(last); err != nil {
			return v, err
		}
	}
	v.Open, err = t.OpenActs(ctx, OpenActsMost)
	return v, err
}

func readHead(h postgres.SealedHead) (TrailHead, error) {
	head, err := trail.ReadHead(h.Note)
	return TrailHead{h, head}, err
}

// HeadsPerPage is how many heads a page of their list holds.
const HeadsPerPage = 50

// HeadsView is one page of the heads, newest first, with the keys, oldest first.
type HeadsView struct {
	SealView
	Heads             []TrailHead
	Total, Page, Size int
	Keys              []TrailKey
}

// Heads lists the heads of the trail. They say nothing of its content, so that whoever reads the
// trail sees all of them. Errors: Forbidden.
func (a *App) Heads(ctx context.Context, actor authz.Actor, page int) (HeadsView, error) {
	v := HeadsView{Page: max(page, 1), Size: HeadsPerPage}
	g, err := authz.Permit(actor, authz.ReadTrail)
	if err != nil {
		return v, err
	}
	err = a.db.View(ctx, g, func(ctx context.Context, t *postgres.Tx) error {
		if v.SealView, err = a.sealView(ctx, t); err != nil {
			return err
		}
		list, total, err := t.SealedHeads(ctx, v.Size, (v.Page-1)*v.Size)
		if err != nil {
			return err
		}
		v.Total = total
		for _, one := range list {
			h, err := readHead(one)
			if err != nil {
				return err
			}
			v.Heads = append(v.Heads, h)
		}
		v.Keys, err = trailKeys(ctx, t)
		return err
	})
	return v, err
}

func trailKeys(ctx context.Context, t *postgres.Tx) ([]TrailKey, error) {
	keys, err := t.TrailKeys(ctx)
	var out []TrailKey
	for _, k := range keys {
		if p, err := trail.ParsePublic(k.Key); err == nil {
			out = append(out, TrailKey{p, k.N, k.Act})
		}
	}
	return out, err
}

// HeadView is one head with the keys that signed it.
type HeadView struct {
	TrailHead
	By      []TrailKey
	Printed string // moment of reading in words
	Who     string // 所属 職 氏名 of who reads it
}

// HeadOf reads the head of the first size entries. Errors: Forbidden, NotFound.
func (a *App) HeadOf(ctx context.Context, actor authz.Actor, size int64) (HeadView, error) {
	var v HeadView
	g, err := authz.Permit(actor, authz.ReadTrail)
	if err != nil {
		return v, err
	}
	err = a.db.View(ctx, g, func(ctx context.Context, t *postgres.Tx) error {
		one, err := t.SealedHead(ctx, size)
		if err != nil {
			return err
		}
		if v.TrailHead, err = readHead(one); err != nil {
			return err
		}
		keys, err := trailKeys(ctx, t)
		if err != nil {
			return err
		}
		v.By = signedBy(one.Note, keys)
		v.Printed, v.Who = jpdate.FormatTime(t.Now()), t.Actor().Title()+" "+t.Actor().Name
		return nil
	})
	return v, err
}

// signedBy are those of the keys that signed a note; none when a signature is false.
func signedBy(note string, keys []TrailKey) []TrailKey {
	var list []trail.Public
	for _, k := range keys {
		list = append(list, k.Public)
	}
	by, err := trail.Signers(note, list)
	if err != nil {
		return nil
	}
	var out []TrailKey
	for _, k := range keys {
		if slices.ContainsFunc(by, func(p trail.Public) bool { return p.Text == k.Text }) {
			out = append(out, k)
		}
	}
	return out
}

// HeadCheck says how a head that somebody kept stands to the register of now.
type HeadCheck struct {
	Kept   trail.Head
	Signed bool       // a signature was with it
	By     []TrailKey // keys of this trail that signed it
	Last   TrailHead
	Path   []trail.Hash // from the kept head to the last one
	Fault  string       // why it does not lead there, or ""
	Lost   *postgres.LostHead
}

// CheckHead compares a head that was kept with the trail as it is now: whether nothing under it has
// changed since. Errors: Forbidden; Invalid for a text that is no head; Conflict "trail.no_head".
func (a *App) CheckHead(ctx context.Context, actor authz.Actor, text string) (HeadCheck, error) {
	var v HeadCheck
	g, err := authz.Permit(actor, authz.ReadTrail)
	if err != nil {
		return v, err
	}
	kept, signed, err := trail.ReadTyped(text)
	if err != nil {
		return v, err
	}
	v.Kept, v.Signed = kept, signed != ""
	err = a.db.View(ctx, g, func(ctx context.Context, t *postgres.Tx) error {
		last, err := lastHead(ctx, t)
		if err != nil {
			return err
		}
		if v.Last, err = readHead(last); err != nil {
			return err
		}
		keys, err := trailKeys(ctx, t)
		if err != nil {
			return err
		}
		if v.Signed {
			v.By = signedBy(signed, keys)
		}
		switch err := leads(ctx, t, kept, last.Size); {
		case errs.Is(err, errs.Conflict):
			v.Fault = errs.MessageOf(err)
			v.Lost, err = t.LostHead(ctx, kept.Short())
			return err
		case err != nil:
			return err
		}
		v.Path, err = t.TrailHashes(ctx).ProveHead(last.Size, kept.Size)
		return err
	})
	return v, err
}

// headLine is the last head on one line, for what leaves the program; "" before the first.
func headLine(ctx context.Context, t *postgres.Tx) (string, error) {
	last, ok, err := t.LastHead(ctx)
	if err != nil || !ok {
		return "", err
	}
	h, err := trail.ReadHead(last.Note)
	return h.Short(), err
}

// aboutHead is the line of a file about the last head.
func aboutHead(short string) []ledger.Line {
	if short == "" {
		return nil
	}
	return []ledger.Line{{Label: "操作記録の頭", Value: short}}
}

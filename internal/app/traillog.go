package app

import (
	"context"
	"fmt"
	"io"
	"time"

	"daicho/internal/authz"
	"daicho/internal/errs"
	"daicho/internal/jpdate"
	"daicho/internal/postgres"
	"daicho/internal/trail"
)

// TrailReport is what the verification of the register's own trail says.
type TrailReport struct {
	trail.Report
	Open postgres.OpenActs // acts that are not sealed yet: nothing protects their order
}

// VerifyTrail recomputes everything that the trail says, from the first act to the last, in one
// snapshot. Errors: Forbidden; *trail.Fault for the first thing that does not hold.
func (a *App) VerifyTrail(ctx context.Context, g authz.Grant, o trail.Options) (TrailReport, error) {
	var out TrailReport
	if g.Action() != authz.VerifyTrail {
		return out, errs.New(errs.Forbidden, "authz.verify", "")
	}
	err := a.db.View(ctx, g, func(ctx context.Context, t *postgres.Tx) error {
		tip, err := t.SealTip(ctx)
		if err != nil {
			return err
		}
		if err := erasuresSealed(ctx, t, tip.Size); err != nil {
			return err
		}
		v := trail.NewVerifier(o)
		if err := t.EachEntry(ctx, 0, tip.Size, v); err != nil {
			return err
		}
		if out.Report, err = v.Close(tip.Size); err != nil {
			return err
		}
		if last, ok, err := t.LastHead(ctx); err != nil || ok && last.Size != out.Head.Size {
			return errs.Join(err, &trail.Fault{First: tip.Size, Last: max(tip.Size, last.Size-1), What: fmt.Sprintf("最後の頭は%d件ですが、封印は%d件しかありません。記録が失われています。", last.Size, tip.Size)})
		}
		out.Open, err = t.OpenActs(ctx, 0)
		return err
	})
	return out, err
}

// ExportTrail writes the whole trail up to its last head, for verification without the register. That
// it went out is in the trail before the first byte does. begin is called once, then.
// Errors: Forbidden for who does not see the whole body; Conflict "trail.no_head" before the first
// head; of the writer.
func (a *App) ExportTrail(ctx context.Context, actor authz.Actor, begin func(trail.Head) io.Writer) (trail.Head, error) {
	var head trail.Head
	err := a.trailFile(ctx, actor, "log", func(ctx context.Context, t *postgres.Tx, last postgres.SealedHead) error {
		var err error
		if head, err = trail.ReadHead(last.Note); err != nil {
			return err
		}
		w, err := trail.NewWriter(begin(head), trail.WholeLog, head.Size, made(t))
		if err != nil {
			return err
		}
		if err := t.EachEntry(ctx, 0, head.Size, w); err != nil {
			return err
		}
		return w.Close()
	})
	return head, err
}

func made(t *postgres.Tx) string { return t.Now().In(jpdate.JST).Format(time.RFC3339) }

// ProveEntry writes one act with its changes, and the proof that it lies under the last head.
// Errors: as ExportTrail; NotFound for an act that is not sealed under it.
func (a *App) ProveEntry(ctx context.Context, actor authz.Actor, act int64, begin func(trail.Head) io.Writer) error {
	return a.trailFile(ctx, actor, fmt.Sprintf("act %d", act), func(ctx context.Context, t *postgres.Tx, last postgres.SealedHead) error {
		n, err := t.LogPlace(ctx, act)
		if err != nil || n >= last.Size {
			return errs.Join(errs.New(errs.NotFound, "trail.unsealed", fmt.Sprintf("行為 %d は、まだ封印されていないか、ありません。", act)), err)
		}
		path, err := t.TrailHashes(ctx).ProveEntry(last.Size, n)
		if err != nil {
			return err
		}
		return prove(ctx, t, trail.Inclusion, last, begin, func(w *trail.Writer) error { return t.EachEntry(ctx, n, n+1, headless{w}) }, path)
	})
}

// headless leaves the heads among entries out.
type headless struct{ *trail.Writer }

// Head writes nothing: a proof ends with its own head.
func (headless) Head(string) error { return nil }

// ProveHead writes the proof that a head which was kept leads to the last one: nothing under it has
// changed since. Errors: Forbidden; Conflict "trail.no_head", "trail.ahead", "trail.differs".
func (a *App) ProveHead(ctx context.Context, actor authz.Actor, kept trail.Head, begin func(trail.Head) io.Writer) error {
	g, err := authz.Permit(actor, authz.ReadTrail)
	if err != nil {
		return err
	}
	return a.db.View(ctx, g, func(ctx context.Context, t *postgres.Tx) error {
		last, err := lastHead(ctx, t)
		if err != nil {
			return err
		}
		if err := leads(ctx, t, kept, last.Size); err != nil {
			return err
		}
		path, err := t.TrailHashes(ctx).ProveHead(last.Size, kept.Size)
		if err != nil {
			return err
		}
		return prove(ctx, t, trail.Consistency, last, begin, func(w *trail.Writer) error { return w.Kept(kept) }, path)
	})
}

// prove writes the file of a proof: what it is about, the path, the keys and the head.
func prove(ctx context.Context, t *postgres.Tx, k trail.Kind, last postgres.SealedHead, begin func(trail.Head) io.Writer, about func(*trail.Writer) error, path []trail.Hash) error {
	head, err := trail.ReadHead(last.Note)
	if err != nil {
		return err
	}
	keys, err := t.TrailKeys(ctx)
	if err != nil {
		return err
	}
	w, err := trail.NewWriter(begin(head), k, head.Size, made(t))
	if err != nil {
		return err
	}
	return errs.Join(about(w), w.Proof(path, publics(keys), last.Note), w.Close())
}

// trailFile signs that a part of the trail goes out and hands the last head to write.
func (a *App) trailFile(ctx context.Context, actor authz.Actor, what string, write func(context.Context, *postgres.Tx, postgres.SealedHead) error) error {
	g, err := authz.Permit(actor, authz.ExportTrail)
	if err != nil {
		return err
	}
	return a.db.View(ctx, g, func(ctx context.Context, t *postgres.Tx) error {
		if !t.Scope().All() {
			return errs.New(errs.Forbidden, "trail.scope", "操作記録の書き出しは、団体全体に及ぶ職だけが行えます。")
		}
		last, err := lastHead(ctx, t)
		if err != nil {
			return err
		}
		if err := erasuresSealed(ctx, t, last.Size); err != nil {
			return err
		}
		if err := a.db.Act(ctx, g, func(ctx context.Context, t *postgres.Tx) error {
			return t.Sign(ctx, postgres.Note{Target: "操作記録", Unit: unitOf(t.Actor()), Detail: map[string]any{"what": what, "size": last.Size}})
		}); err != nil {
			return err
		}
		return write(ctx, t, last)
	})
}

// erasuresSealed refuses to look at a log in which something is gone that it does not tell of yet.
func erasuresSealed(ctx context.Context, t *postgres.Tx, size int64) error {
	open, err := t.ErasureUnsealed(ctx, size)
	if err == nil && open {
		err = errs.New(errs.Conflict, "trail.erase_unsealed", "内容の消去の記録が、まだ封印されていません。daicho trail seal で封印してから（serve なら1分ほど待ってから）、もう一度行ってください。")
	}
	return err
}

func lastHead(ctx context.Context, t *postgres.Tx) (postgres.SealedHead, error) {
	h, ok, err := t.LastHead(ctx)
	if err == nil && !ok {
		err = errs.New(errs.Conflict, "trail.no_head", "操作記録は、まだ封印されていません。daicho serve か daicho trail seal に署名鍵を指定してください。")
	}
	return h, err
}

// leads reports whether a head that was kept leads to what the register has now. Errors: Conflict
// "trail.ahead" when it is of more than there is, "trail.differs" when it is of something else.
func leads(ctx context.Context, t *postgres.Tx, kept trail.Head, size int64) error {
	if kept.Size > size {
		return errs.New(errs.Conflict, "trail.ahead", fmt.Sprintf(
			"控えは%d件の頭ですが、いまの封印は%d件です。台帳が前の状態に戻されたか、控えがほかの台帳のものです。", kept.Size, size))
	}
	root, err := t.TrailHashes(ctx).RootAt(kept.Size)
	if err != nil {
		return err
	}
	if root != kept.Root {
		return errs.New(errs.Conflict, "trail.differs", fmt.Sprintf(
			"控え（%d件の頭）と、いまの記録が合いません。控えた後に、はじめの%d件のどこかが書き換えられたか、控えがほかの台帳のものです。", kept.Size, kept.Size))
	}
	return nil
}

// TrailNote is the head of the first size entries as a signed note, or the last one when size is 0.
// Errors: Forbidden; NotFound, or Conflict "trail.no_head" before the first.
func (a *App) TrailNote(ctx context.Context, g authz.Grant, size int64) (string, error) {
	var h postgres.SealedHead
	err := a.db.View(ctx, g, func(ctx context.Context, t *postgres.Tx) (err error) {
		if size == 0 {
			h, err = lastHead(ctx, t)
			return err
		}
		if h, err = t.SealedHead(ctx, size); errs.Is(err, errs.NotFound) {
			err = errs.New(errs.NotFound, "trail.no_such_head", fmt.Sprintf("%d件の頭はありません。", size))
		}
		return err
	})
	return h.Note, err
}

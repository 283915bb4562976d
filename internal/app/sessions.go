package app

import (
	"context"

	"daicho/internal/authz"
	"daicho/internal/errs"
	"daicho/internal/postgres"
)

// Session is one signed-in browser in a list.
type Session = postgres.Session

// Sessions lists the living sessions of the actor, last used first.
func (a *App) Sessions(ctx context.Context, actor authz.Actor) ([]Session, error) {
	g, err := authz.Permit(actor, authz.OwnAccount)
	if err != nil {
		return nil, err
	}
	var out []Session
	err = a.db.View(ctx, g, func(ctx context.Context, t *postgres.Tx) (err error) {
		out, err = t.Sessions(ctx, actor.Account)
		return err
	})
	return out, err
}

// RevokeSession ends one session of the actor. The next request that carries it is refused.
// Errors: NotFound when the actor has no such session any more.
func (a *App) RevokeSession(ctx context.Context, actor authz.Actor, id string) error {
	return a.own(ctx, actor, "session_revoked", func(ctx context.Context, t *postgres.Tx) error {
		found, err := t.RevokeSession(ctx, actor.Account, id)
		if err == nil && !found {
			err = errs.New(errs.NotFound, "session.gone", "この接続はすでに切れています。")
		}
		return err
	})
}

// RevokeOtherSessions ends every session of the actor but the one with the id keep.
func (a *App) RevokeOtherSessions(ctx context.Context, actor authz.Actor, keep string) error {
	return a.own(ctx, actor, "other_sessions_revoked", func(ctx context.Context, t *postgres.Tx) error {
		return t.RevokeSessions(ctx, actor.Account, keep)
	})
}

package app

import (
	"context"
	"time"

	"daicho/internal/account"
	"daicho/internal/authz"
	"daicho/internal/errs"
	"daicho/internal/postgres"
)

// ChangePassword is somebody's change of their own password. The names of its parts are the form
// fields that get the messages: old, new, again.
type ChangePassword struct {
	Old, New, Again string
	Session         string // id of the session that stays; every other one ends
}

// ChangePassword checks the old password and stores a new one. Wrong tries count as failures to sign
// in, so that an open screen does not help to guess.
// Errors: Invalid on the fields, Busy when too many passwords are hashed at once.
func (a *App) ChangePassword(ctx context.Context, actor authz.Actor, in ChangePassword) error {
	g, err := authz.Permit(actor, authz.OwnAccount)
	if err != nil {
		return err
	}
	var bad []error
	if err := account.CheckPassword("new", in.New, actor.Login, actor.Name); err != nil {
		bad = append(bad, err)
	}
	if account.Normal(in.New) != account.Normal(in.Again) {
		bad = append(bad, errs.OnField("again", "account.password.again", "新しいパスワードと同じものを入力してください。"))
	}
	if account.Normal(in.New) == account.Normal(in.Old) {
		bad = append(bad, errs.OnField("new", "account.password.same", "いまのパスワードと違うものにしてください。"))
	}
	keys := throttleKeys(actor.Login, "")[:1]
	var cred postgres.Credential
	var wait time.Duration
	err = a.db.View(ctx, g, func(ctx context.Context, t *postgres.Tx) error {
		had, err := t.Throttle(ctx, keys...)
		if err != nil {
			return err
		}
		wait = longest(had, t.Now())
		cred, err = t.CredentialOfAccount(ctx, actor.Account)
		return err
	})
	if err != nil {
		return err
	}
	if wait > 0 {
		return errThrottled(wait)
	}
	ok, err := a.hash.verify(ctx, cred.PHC, in.Old)
	if err != nil {
		return err
	}
	if !ok {
		err := a.db.Act(ctx, g, func(ctx context.Context, t *postgres.Tx) error {
			n := postgres.Note{Target: actor.Login, Reason: ReasonWrongPassword, Refused: true, Detail: map[string]any{"what": "password"}}
			if err := t.Sign(ctx, n); err != nil {
				return err
			}
			_, err := a.countFailure(ctx, t, keys)
			return err
		})
		if err != nil {
			return err
		}
		bad = append([]error{errs.OnField("old", "account.password.old", "いまのパスワードが違います。")}, bad...)
	}
	if len(bad) > 0 {
		return errs.Join(bad...)
	}
	phc, err := a.hash.encode(ctx, in.New)
	if err != nil {
		return err
	}
	return a.own(ctx, actor, "password", func(ctx context.Context, t *postgres.Tx) error {
		now, err := t.CredentialOfAccount(ctx, actor.Account)
		if err != nil {
			return err
		}
		if now.PHC != cred.PHC {
			return errs.New(errs.Conflict, "account.password.raced", "別の画面でパスワードが変えられました。新しいパスワードでログインし直してください。")
		}
		if err := t.SetPassword(ctx, actor.Account, phc, false); err != nil {
			return err
		}
		return t.RevokeSessions(ctx, actor.Account, in.Session)
	})
}

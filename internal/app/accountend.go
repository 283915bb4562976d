package app

import (
	"context"

	"daicho/internal/account"
	"daicho/internal/authz"
	"daicho/internal/errs"
	"daicho/internal/postgres"
)

// ResetAccount gives an account a new generated password, ends its sessions and forgets its
// failures; an ended account is taken into use again.
// Errors: NotFound, and Conflict for the actor's own account: that password is changed by its owner.
func (a *App) ResetAccount(ctx context.Context, actor authz.Actor, id int64) (CreatedAccount, error) {
	g, err := authz.Permit(actor, authz.ManageAccounts)
	if err != nil {
		return CreatedAccount{}, err
	}
	return a.reset(ctx, g, func(ctx context.Context, t *postgres.Tx) (postgres.Credential, error) {
		c, err := t.CredentialOfAccount(ctx, id)
		if err == nil && c.Person == actor.Person {
			err = errs.New(errs.Conflict, "account.self", "自分のパスワードは「パスワードの変更」から変えてください。")
		}
		return c, err
	}, "")
}

// ResetByOperator is ResetAccount by login at the machine: the way back in when no administrator can
// sign in. An empty password means a generated one.
// Errors: NotFound with a message, Invalid on the field password.
func (a *App) ResetByOperator(ctx context.Context, osUser, login, password string) (CreatedAccount, error) {
	g, err := authz.Operator(osUser, authz.ManageAccounts)
	if err != nil {
		return CreatedAccount{}, err
	}
	if password != "" {
		if err := account.CheckPassword("password", password, login); err != nil {
			return CreatedAccount{}, err
		}
	}
	return a.reset(ctx, g, func(ctx context.Context, t *postgres.Tx) (postgres.Credential, error) {
		c, err := t.CredentialOfLogin(ctx, account.Login(login))
		if errs.Is(err, errs.NotFound) {
			err = errs.New(errs.NotFound, "account.unknown", "利用者ID「"+login+"」は登録がありません。")
		}
		return c, err
	}, password)
}

func (a *App) reset(ctx context.Context, g authz.Grant, find func(context.Context, *postgres.Tx) (postgres.Credential, error), password string) (CreatedAccount, error) {
	var out CreatedAccount
	must := password == ""
	if must {
		var err error
		if password, err = a.hash.generate(); err != nil {
			return CreatedAccount{}, err
		}
		out.Password = password
	}
	phc, err := a.hash.encode(ctx, password)
	if err != nil {
		return CreatedAccount{}, err
	}
	err = a.db.Act(ctx, g, func(ctx context.Context, t *postgres.Tx) error {
		c, err := find(ctx, t)
		if err != nil {
			return err
		}
		out.ID, out.Login, out.Name = c.Account, c.Login, c.Name
		what := "reset"
		if c.Ended {
			what = "resumed"
		}
		if err := t.Sign(ctx, postgres.Note{Target: c.Login, Unit: c.Unit, Detail: map[string]any{"what": what}}); err != nil {
			return err
		}
		if c.Ended {
			if err := t.ResumeAccount(ctx, c.Account); err != nil {
				return err
			}
		}
		if err := t.SetPassword(ctx, c.Account, phc, must); err != nil {
			return err
		}
		if err := t.ClearThrottle(ctx, throttleKeys(c.Login, "")[0]); err != nil {
			return err
		}
		return t.RevokeSessions(ctx, c.Account, "")
	})
	if err != nil {
		return CreatedAccount{}, err
	}
	return out, nil
}

// EndAccount ends an account: its sessions end with it and it cannot sign in. What it did stays.
// Errors: NotFound, and Conflict for the actor's own account, so that an administrator remains.
func (a *App) EndAccount(ctx context.Context, actor authz.Actor, id int64, reason string) error {
	g, err := authz.Permit(actor, authz.ManageAccounts)
	if err != nil {
		return err
	}
	return a.db.Act(ctx, g, func(ctx context.Context, t *postgres.Tx) error {
		c, err := t.CredentialOfAccount(ctx, id)
		if err != nil {
			return err
		}
		if c.Person == actor.Person {
			return errs.New(errs.Conflict, "account.self", "自分の利用者IDは終えられません。ほかのシステム管理者に頼んでください。")
		}
		if err := t.Sign(ctx, postgres.Note{Target: c.Login, Unit: c.Unit, Reason: reason, Detail: map[string]any{"what": "ended"}}); err != nil {
			return err
		}
		return t.EndAccount(ctx, c.Account)
	})
}

// SampleLoaded reports whether the register holds a sample pack, for the operator at the machine.
func (a *App) SampleLoaded(ctx context.Context, osUser string) (bool, error) {
	g, err := authz.Operator(osUser, authz.LoadPack)
	if err != nil {
		return false, err
	}
	var loaded bool
	err = a.db.View(ctx, g, func(ctx context.Context, t *postgres.Tx) error {
		list, err := t.Packs(ctx)
		for _, p := range list {
			loaded = loaded || p.Sample
		}
		return err
	})
	return loaded, err
}

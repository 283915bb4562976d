package app

import (
	"context"
	"time"

	"daicho/internal/account"
	"daicho/internal/authz"
	"daicho/internal/errs"
	"daicho/internal/org"
	"daicho/internal/postgres"
)

// Viewer is the owner of a session as one request sees them.
type Viewer struct {
	Actor      authz.Actor
	MustChange bool
	Density    string // relaxed, standard, compact, or empty
	Shortcuts  bool
	Ends       time.Time // of the session, as it is stored; zero when that is not known
}

// Visit prepares a request; see postgres.DB.Visit. With hold, all that its page reads comes from one
// snapshot, until end is called or something is written.
func (a *App) Visit(ctx context.Context, hold bool) (_ context.Context, end func()) {
	return a.db.Visit(ctx, hold)
}

// Viewer reads who an account is now, with the appointments of today. The result carries no channel
// and no request id: the caller adds them.
// Errors: Unauthenticated when there is no such account or it has ended.
func (a *App) Viewer(ctx context.Context, accountID int64) (Viewer, error) {
	g, err := authz.Permit(authz.Actor{}, authz.SignIn)
	if err != nil {
		return Viewer{}, err
	}
	if c, ok := postgres.CallerOf(ctx); ok && c.Account == accountID {
		v := viewer(c.Viewer, c.Posts)
		v.Ends = c.Ends
		return v, nil
	}
	var v Viewer
	err = a.db.View(ctx, g, func(ctx context.Context, t *postgres.Tx) error {
		row, err := t.Viewer(ctx, accountID)
		if errs.Is(err, errs.NotFound) || err == nil && row.Ended {
			return errs.New(errs.Unauthenticated, "account.gone", "ログインしてください。")
		}
		if err != nil {
			return err
		}
		posts, err := t.AppointmentsOf(ctx, row.Person)
		v = viewer(row, posts)
		return err
	})
	return v, err
}

func viewer(v postgres.Viewer, posts []org.Appointment) Viewer {
	return Viewer{
		Actor:      authz.Actor{Account: v.Account, Person: v.Person, Login: v.Login, Name: v.Name, Appointments: posts},
		MustChange: v.MustChange, Density: v.Density, Shortcuts: v.Shortcuts,
	}
}

// ActAs is the actor of a command that somebody at the machine runs in a user's name: it has that
// user's scope, and the trail names both.
// Errors: Forbidden when nobody in use has the login.
func (a *App) ActAs(ctx context.Context, login, osUser string) (authz.Actor, error) {
	g, err := authz.Permit(authz.Actor{}, authz.SignIn)
	if err != nil {
		return authz.Actor{}, err
	}
	var actor authz.Actor
	err = a.db.View(ctx, g, func(ctx context.Context, t *postgres.Tx) error {
		c, err := t.CredentialOfLogin(ctx, account.Login(login))
		if errs.Is(err, errs.NotFound) || err == nil && c.Ended {
			return errs.New(errs.Forbidden, "account.as", "利用者ID「"+login+"」は登録がないか、利用を終えています。")
		}
		if err != nil {
			return err
		}
		posts, err := t.AppointmentsOf(ctx, c.Person)
		actor = authz.Actor{
			Account: c.Account, Person: c.Person, Login: c.Login, Name: c.Name + "（OS利用者 " + osUser + "）",
			Appointments: posts, Auth: "operator", Channel: "cli",
		}
		return err
	})
	return actor, err
}

// SaveMe stores how the actor wants screens to be. density is relaxed, standard, compact or empty
// for the default. Errors: Invalid on the field density.
func (a *App) SaveMe(ctx context.Context, actor authz.Actor, density string, shortcuts bool) error {
	switch density {
	case "", "relaxed", "standard", "compact":
	default:
		return errs.OnField("density", "me.density", "表示の密度を選び直してください。")
	}
	return a.own(ctx, actor, "taste", func(ctx context.Context, t *postgres.Tx) error {
		return t.SaveTaste(ctx, actor.Account, density, shortcuts)
	})
}

// Waiting counts the applications that wait for a decision of the actor; 0 for whom decides nothing.
func (a *App) Waiting(ctx context.Context, actor authz.Actor) (int, error) {
	g, err := authz.Permit(actor, authz.SeeQueue)
	if err != nil {
		return 0, nil //nolint:nilerr // nothing waits for somebody who may not decide
	}
	var n int
	err = a.db.View(ctx, g, func(ctx context.Context, t *postgres.Tx) (err error) {
		n, err = t.CountQueue(ctx)
		return err
	})
	return n, err
}

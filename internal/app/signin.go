package app

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/netip"
	"time"

	"daicho/internal/account"
	"daicho/internal/authz"
	"daicho/internal/errs"
	"daicho/internal/postgres"
)

// SignIn is an attempt to sign in.
type SignIn struct {
	Login    string // as typed
	Password string // as typed
	Address  string // of the client, as the server sees it
}

// SignedIn is a successful attempt.
type SignedIn struct {
	Account    int64
	MustChange bool // the owner must choose a password before anything else
}

// Why an attempt was refused, as the trail says it.
const (
	ReasonWrongPassword = "wrong_password"
	ReasonUnknownLogin  = "unknown_login"
	ReasonEnded         = "account_ended"
	ReasonThrottled     = "throttled"
)

// unknownTarget stands in the trail instead of a login that nobody has: people type passwords into
// the wrong field.
const unknownTarget = "（登録のない利用者ID）"

var errSignIn = errs.New(errs.Invalid, "account.sign_in", "利用者IDまたはパスワードが違います。大文字と小文字、日本語入力の状態を確かめて、もう一度入力してください。")

// SignIn checks a login and its password and writes the act, whatever the outcome. An unknown login,
// an ended account and a wrong password get the same answer by the same path, with one hash each.
// Failures are counted by login and by address, in the database, so that they survive a restart.
// Errors: Invalid with the code account.sign_in, or account.throttled while a key waits (the message
// says how long), Busy when too many sign in at once.
func (a *App) SignIn(ctx context.Context, actor authz.Actor, in SignIn) (SignedIn, error) {
	g, err := authz.Permit(actor, authz.SignIn)
	if err != nil {
		return SignedIn{}, err
	}
	login := account.Login(in.Login)
	keys := throttleKeys(login, in.Address)
	var cred postgres.Credential
	var wait time.Duration
	err = a.db.View(ctx, g, func(ctx context.Context, t *postgres.Tx) error {
		had, err := t.Throttle(ctx, keys...)
		if err != nil {
			return err
		}
		wait = longest(had, t.Now())
		cred, err = t.CredentialOfLogin(ctx, login)
		if errs.Is(err, errs.NotFound) {
			cred = postgres.Credential{}
			return nil
		}
		return err
	})
	if err != nil {
		return SignedIn{}, err
	}
	if wait > 0 {
		return SignedIn{}, a.refuseThrottled(ctx, g, cred, in, wait)
	}
	phc := cred.PHC
	if cred.Ended {
		phc = ""
	}
	ok, err := a.hash.verify(ctx, phc, in.Password)
	if err != nil {
		return SignedIn{}, err
	}
	if !ok {
		return SignedIn{}, a.fail(ctx, g, cred, in, keys)
	}
	return a.welcome(ctx, actor, cred, in, keys)
}

// throttleKeys are the keys under which failures are counted: a digest of the login, because what is
// typed there may be a password, and the address (of IPv6 the network, which one client may roam).
func throttleKeys(login, address string) []string {
	sum := sha256.Sum256([]byte(login))
	net := address
	if ip, err := netip.ParseAddr(address); err == nil && ip.Is6() && !ip.Is4In6() {
		if p, err := ip.WithZone("").Prefix(64); err == nil {
			net = p.String()
		}
	}
	return []string{"login:" + hex.EncodeToString(sum[:16]), "address:" + net}
}

// longest is how long the slowest of the keys still waits.
func longest(had map[string]account.Failures, now time.Time) time.Duration {
	var wait time.Duration
	for _, f := range had {
		if left, blocked := f.Blocked(now); blocked {
			wait = max(wait, left)
		}
	}
	return wait
}

func errThrottled(wait time.Duration) error {
	left := fmt.Sprintf("%d秒", int(wait/time.Second)+1)
	if wait > 90*time.Second {
		left = fmt.Sprintf("%d分", int((wait+time.Minute-1)/time.Minute))
	}
	return errs.New(errs.Invalid, "account.throttled", "ログインの失敗が続いたため、しばらく受け付けません。約"+left+"後に、もう一度お試しください。急ぐときは、システム管理者に連絡してください。")
}

func target(c postgres.Credential) string {
	if c.Account == 0 {
		return unknownTarget
	}
	return c.Login
}

// refuseThrottled answers an attempt that is not looked at. Only the first one of a wait is written
// down: an attacker must not be able to fill the trail.
func (a *App) refuseThrottled(ctx context.Context, g authz.Grant, c postgres.Credential, in SignIn, wait time.Duration) error {
	var noted bool
	err := a.db.View(ctx, g, func(ctx context.Context, t *postgres.Tx) (err error) {
		since := t.Now().Add(wait - max(a.o.ByLogin.Cap, a.o.ByAddress.Cap))
		noted, err = t.RefusalNoted(ctx, since, ReasonThrottled, target(c), in.Address)
		return err
	})
	if err == nil && !noted {
		err = a.db.Act(ctx, g, func(ctx context.Context, t *postgres.Tx) error { return t.Sign(ctx, refusal(c, in, ReasonThrottled)) })
	}
	return errs.Join(errThrottled(wait), err)
}

func refusal(c postgres.Credential, in SignIn, reason string) postgres.Note {
	return postgres.Note{Target: target(c), Unit: c.Unit, Reason: reason, Refused: true, Detail: map[string]any{"address": in.Address}}
}

// fail counts and records a failure.
func (a *App) fail(ctx context.Context, g authz.Grant, c postgres.Credential, in SignIn, keys []string) error {
	reason := ReasonWrongPassword
	switch {
	case c.Account == 0:
		reason = ReasonUnknownLogin
	case c.Ended:
		reason = ReasonEnded
	}
	var wait time.Duration
	err := a.db.Act(ctx, g, func(ctx context.Context, t *postgres.Tx) (err error) {
		if err := t.Sign(ctx, refusal(c, in, reason)); err != nil {
			return err
		}
		wait, err = a.countFailure(ctx, t, keys)
		return err
	})
	switch {
	case err != nil:
		return err
	case wait > 0:
		return errThrottled(wait)
	}
	return errSignIn
}

// countFailure adds one failure to the keys of a login and an address, in this order. Where other
// attempts have made a key wait while the password was being hashed, nothing is added and the wait
// is returned: a wrong password then gets the same answer as a right one (see welcome).
func (a *App) countFailure(ctx context.Context, t *postgres.Tx, keys []string) (time.Duration, error) {
	had, err := t.LockThrottle(ctx, true, keys...)
	if err != nil {
		return 0, err
	}
	if wait := longest(had, t.Now()); wait > 0 {
		return wait, nil
	}
	for i, rule := range []account.Throttle{a.o.ByLogin, a.o.ByAddress}[:len(keys)] {
		if err := t.SaveThrottle(ctx, keys[i], rule.Fail(had[keys[i]], t.Now())); err != nil {
			return 0, err
		}
	}
	return 0, nil
}

// welcome records a success, unless failures at the same time have made the keys wait meanwhile or
// the account has changed.
func (a *App) welcome(ctx context.Context, actor authz.Actor, c postgres.Credential, in SignIn, keys []string) (SignedIn, error) {
	actor.Account, actor.Person, actor.Login, actor.Name, actor.Auth = c.Account, c.Person, c.Login, c.Name, "password"
	g, err := authz.Permit(actor, authz.SignIn)
	if err != nil {
		return SignedIn{}, err
	}
	fresh := ""
	if account.Outdated(c.PHC, a.o.Password) {
		if fresh, err = a.hash.encode(ctx, in.Password); err != nil {
			return SignedIn{}, err
		}
	}
	var wait time.Duration
	err = a.db.Act(ctx, g, func(ctx context.Context, t *postgres.Tx) error {
		had, err := t.LockThrottle(ctx, false, keys...)
		if err != nil {
			return err
		}
		if wait = longest(had, t.Now()); wait > 0 {
			return t.Sign(ctx, refusal(c, in, ReasonThrottled))
		}
		now, err := t.CredentialOfAccount(ctx, c.Account)
		if err != nil {
			return err
		}
		if now.Ended || now.PHC != c.PHC {
			return errSignIn
		}
		if err := t.Sign(ctx, postgres.Note{Target: c.Login, Unit: c.Unit, Detail: map[string]any{"address": in.Address}}); err != nil {
			return err
		}
		if fresh != "" {
			if err := t.SetPassword(ctx, c.Account, fresh, c.MustChange); err != nil {
				return err
			}
		}
		return t.ClearThrottle(ctx, keys[0])
	})
	if err != nil {
		return SignedIn{}, err
	}
	if wait > 0 {
		return SignedIn{}, errThrottled(wait)
	}
	return SignedIn{Account: c.Account, MustChange: c.MustChange}, nil
}

// SignOut records that somebody signed out; the server ends the session.
func (a *App) SignOut(ctx context.Context, actor authz.Actor) error {
	return a.own(ctx, actor, "sign_out", func(context.Context, *postgres.Tx) error { return nil })
}

// own runs something that somebody does to their own account, as an act that names what it was.
func (a *App) own(ctx context.Context, actor authz.Actor, what string, fn func(context.Context, *postgres.Tx) error) error {
	g, err := authz.Permit(actor, authz.OwnAccount)
	if err != nil {
		return err
	}
	return a.db.Act(ctx, g, func(ctx context.Context, t *postgres.Tx) error {
		if err := t.Sign(ctx, postgres.Note{Target: actor.Login, Detail: map[string]any{"what": what}}); err != nil {
			return err
		}
		return fn(ctx, t)
	})
}

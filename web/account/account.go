// Package account has the pages about one's own 利用者ID: signing in and out, the password, the
// signed-in browsers, how screens look. It must not import server or postgres.
package account

import (
	"net/http"

	"daicho/internal/app"
	"daicho/internal/authz"
	"daicho/web/page"
)

// Keeper is what these pages may do with the session of a request; the server provides it.
type Keeper struct {
	Begin   func(r *http.Request, account int64) error // makes the session the account's, under a new token
	Renew   func(r *http.Request) error                // gives it another token
	End     func(r *http.Request) error
	Current func(r *http.Request) string // id of the session in lists
	Address func(r *http.Request) string // of the client
}

type pages struct {
	app  *app.App
	keep Keeper
}

// Routes lists the URLs of this package.
func Routes(a *app.App, k Keeper) []page.Route {
	p := pages{a, k}
	return []page.Route{
		{Method: "GET", Pattern: page.Login, Action: authz.SignIn, Handler: p.signInForm},
		{Method: "POST", Pattern: page.Login, Action: authz.SignIn, Handler: p.signIn},
		{Method: "POST", Pattern: page.Logout, Action: authz.OwnAccount, Handler: p.signOut},
		{Method: "POST", Pattern: page.SessionExtend, Action: authz.OwnAccount, Handler: p.extend},
		{Method: "GET", Pattern: page.Me, Action: authz.OwnAccount, Handler: p.me},
		{Method: "POST", Pattern: page.Me, Action: authz.OwnAccount, Handler: p.saveMe},
		{Method: "GET", Pattern: page.MePassword, Action: authz.OwnAccount, Handler: p.passwordForm},
		{Method: "POST", Pattern: page.MePassword, Action: authz.OwnAccount, Handler: p.changePassword},
		{Method: "GET", Pattern: page.MeSessions, Action: authz.OwnAccount, Handler: p.sessions},
		{Method: "POST", Pattern: page.MeSessions, Action: authz.OwnAccount, Handler: p.revokeOthers},
		{Method: "POST", Pattern: page.MeSessions + "/{id}", Action: authz.OwnAccount, Handler: p.revoke},
	}
}

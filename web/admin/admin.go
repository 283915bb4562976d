// Package admin has the pages of those who look after the program: accounts, packs, the 操作記録. It
// must not import server or postgres.
package admin

import (
	"daicho/internal/app"
	"daicho/internal/authz"
	"daicho/web/page"
)

type pages struct{ app *app.App }

// Routes lists the URLs of this package.
func Routes(a *app.App) []page.Route {
	p := pages{a}
	return []page.Route{
		{Method: "GET", Pattern: page.AdminAccounts, Action: authz.ManageAccounts, Handler: p.accounts},
		{Method: "GET", Pattern: page.AdminAccounts + "/new", Action: authz.ManageAccounts, Handler: p.newAccount},
		{Method: "POST", Pattern: page.AdminAccounts + "/new", Action: authz.ManageAccounts, Handler: p.createAccount},
		{Method: "GET", Pattern: page.AdminAccounts + "/{id}", Action: authz.ManageAccounts, Handler: p.account},
		{Method: "POST", Pattern: page.AdminAccounts + "/{id}/reset", Action: authz.ManageAccounts, Handler: p.resetAccount},
		{Method: "POST", Pattern: page.AdminAccounts + "/{id}/end", Action: authz.ManageAccounts, Handler: p.endAccount},
		{Method: "GET", Pattern: page.AdminPacks, Action: authz.SeePacks, Handler: p.packs},
		{Method: "GET", Pattern: page.AdminPacks + "/adopt", Action: authz.Adopt, Handler: p.adoptForm},
		{Method: "POST", Pattern: page.AdminPacks + "/adopt", Action: authz.Adopt, Handler: p.adopt},
		{Method: "GET", Pattern: page.AdminTrail, Action: authz.ReadTrail, Handler: p.trail},
		{Method: "GET", Pattern: page.AdminTrail + "/acts/{id}", Action: authz.ReadTrail, Handler: p.act},
		{Method: "GET", Pattern: page.AdminTrail + "/acts/{id}/proof", Action: authz.ExportTrail, Handler: p.actProof, Long: true},
		{Method: "POST", Pattern: page.AdminTrail + "/acts/{id}/erase", Action: authz.AskErasure, Handler: p.askErasure},
		{Method: "POST", Pattern: page.AdminTrail + "/acts/{id}/decide", Action: authz.DecideErasure, Handler: p.decideErasure},
		{Method: "GET", Pattern: page.AdminHeads, Action: authz.ReadTrail, Handler: p.heads},
		{Method: "POST", Pattern: page.AdminHeads, Action: authz.ReadTrail, Handler: p.checkHead},
		{Method: "GET", Pattern: page.AdminHeads + "/{size}", Action: authz.ReadTrail, Handler: p.head},
		{Method: "GET", Pattern: page.AdminHeads + "/{size}/print", Action: authz.ReadTrail, Handler: p.printHead},
		{Method: "GET", Pattern: page.AdminHeads + "/{size}/note", Action: authz.ReadTrail, Handler: p.headFile, Long: true},
	}
}

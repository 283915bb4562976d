package server

import (
	"slices"

	"daicho/internal/app"
	"daicho/web/account"
	"daicho/web/admin"
	"daicho/web/approval"
	"daicho/web/asset"
	"daicho/web/finding"
	"daicho/web/help"
	"daicho/web/home"
	"daicho/web/ledger"
	"daicho/web/page"
	"daicho/web/scheme"
	"daicho/web/zone"
)

// Routes is the whole URL table: each feature lists its URLs with the action that each one is.
// Besides it there are /healthz, /readyz and /static/ only.
func Routes(a *app.App, k account.Keeper) []page.Route {
	return slices.Concat(
		asset.ListRoutes(a),  // /assets
		asset.FormRoutes(a),  // /assets/new… /drafts/{id}… /picker /my/requests
		asset.ShowRoutes(a),  // /assets/{no}…
		home.Routes(a),       // /
		approval.Routes(a),   // /approvals /requests/{id}
		finding.Routes(a),    // /findings… /settings/checks
		ledger.Routes(a),     // /ledgers
		zone.Routes(a),       // /zones…
		account.Routes(a, k), // /login /logout /session/extend /me…
		admin.Routes(a),      // /admin/accounts /admin/packs /admin/trail
		scheme.Routes(a),     // /schemes /rejudge
		help.Routes(),        // /help
	)
}

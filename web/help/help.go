// Package help has the guide inside the program and the statement on accessibility. It must not
// import server, app or postgres.
package help

import (
	"net/http"

	"daicho/internal/authz"
	"daicho/web/layout"
	"daicho/web/page"

	"github.com/a-h/templ"
)

// Routes lists the URLs of this package. They are open to all: somebody who cannot sign in needs help.
func Routes() []page.Route {
	return []page.Route{
		{Method: "GET", Pattern: page.Help, Action: authz.ReadHelp, Handler: show("使い方", guide())},
		{Method: "GET", Pattern: page.HelpAccessibility, Action: authz.ReadHelp, Handler: show("アクセシビリティについて", accessibility())},
	}
}

// show draws a text in the shell of whoever reads it.
func show(title string, text templ.Component) page.Handler {
	return func(w http.ResponseWriter, r *http.Request, p *page.Request) error {
		v := layout.View{Title: title}
		if p.Actor.Known() {
			return page.Render(w, r, http.StatusOK, inShell(p, v, title, text))
		}
		return page.Render(w, r, http.StatusOK, bare(v, title, text))
	}
}

package server_test

import (
	"net/http"
	"regexp"
	"strings"
	"testing"

	"daicho/internal/authz"
	"daicho/internal/fixture"
	"daicho/internal/servertest"
)

var variable = regexp.MustCompile(`\{[a-z]+\}`)

func TestEveryRouteNamesAnAction(t *testing.T) {
	s := servertest.New(t)
	seen := map[string]bool{}
	for _, r := range s.Server.Table() {
		key := r.Method + " " + r.Pattern
		if !authz.Defined(r.Action) {
			t.Errorf("%s: no action of the policy table", key)
		}
		if r.Handler == nil || seen[key] || r.Method != http.MethodGet && r.Method != http.MethodPost || !strings.HasPrefix(r.Pattern, "/") {
			t.Errorf("%s: twice, without a handler, or an odd method", key)
		}
		seen[key] = true
	}
}

// Every line of the table is asked as a stranger and as somebody of every role: who may not do the
// action never reaches the handler, and no handler breaks.
func TestRoutesKeepThePolicy(t *testing.T) {
	s := servertest.New(t)
	logins := []string{
		fixture.Registrant, fixture.Manager, fixture.Responsible, fixture.Chief, fixture.CISO, fixture.Auditor, fixture.Admin,
		fixture.Gikai, fixture.Nobody,
	}
	clients := map[string]*servertest.Client{}
	for _, l := range logins {
		clients[l] = s.SignIn(t, l)
	}
	for _, r := range s.Server.Table() {
		if r.Pattern == "/logout" || r.Pattern == "/login" {
			continue // they end or begin what the others need
		}
		path := variable.ReplaceAllString(r.Pattern, "999999")
		ask := func(c *servertest.Client) *servertest.Response {
			if r.Method == http.MethodPost {
				return c.Post(path)
			}
			return c.Get(path)
		}
		if res := ask(s.Client(t)); authz.Can(authz.Actor{}, r.Action) {
			if res.Status >= 400 {
				t.Errorf("%s %s to a stranger: %d", r.Method, path, res.Status)
			}
		} else if res.Status != http.StatusSeeOther || !strings.HasPrefix(res.Location(), "/login") {
			t.Errorf("%s %s to a stranger: %d", r.Method, path, res.Status)
		}
		for _, l := range logins {
			may := authz.Can(s.World.Actor(t, l), r.Action)
			res := ask(clients[l])
			if !may && res.Status != http.StatusForbidden {
				t.Errorf("%s %s as %s: %d, want 403", r.Method, path, l, res.Status)
			}
			if may && (res.Status == http.StatusForbidden || res.Status >= 500 || res.Status == http.StatusSeeOther && strings.HasPrefix(res.Location(), "/login")) {
				t.Errorf("%s %s as %s: %d\n%s", r.Method, path, l, res.Status, res.Text())
			}
		}
	}
}

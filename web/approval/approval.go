// Package approval has the pages of a decision: what waits for the actor, one application as the one
// who decides sees it, and the same as its applicant sees it, with the withdrawal. It must not import
// server or postgres.
package approval

import (
	"crypto/rand"
	"net/http"
	"strconv"
	"strings"
	"time"

	"daicho/internal/app"
	"daicho/internal/approval"
	"daicho/internal/asset"
	"daicho/internal/authz"
	"daicho/internal/classify"
	"daicho/internal/errs"
	"daicho/internal/jpdate"
	"daicho/web/page"
	"daicho/web/ui"
)

type pages struct{ app *app.App }

// Routes lists the URLs of this package.
func Routes(a *app.App) []page.Route {
	h := pages{a}
	const get, post = http.MethodGet, http.MethodPost
	return []page.Route{
		{Method: get, Pattern: page.Approvals, Action: authz.SeeQueue, Handler: h.queue},
		{Method: get, Pattern: page.Approvals + "/{id}", Action: authz.ReadApplication, Handler: h.show},
		{Method: get, Pattern: page.Approvals + "/{id}/items/{item}", Action: authz.ReadApplication, Handler: h.item},
		{Method: post, Pattern: page.Approvals + "/{id}", Action: authz.Decide, Handler: h.decide},
		{Method: get, Pattern: "/requests/{id}", Action: authz.ReadApplication, Handler: h.request},
		{Method: get, Pattern: "/requests/{id}/withdraw", Action: authz.Withdraw, Handler: h.confirmWithdraw},
		{Method: post, Pattern: "/requests/{id}/withdraw", Action: authz.Withdraw, Handler: h.withdraw},
	}
}

// idOf reads the application of an address. Errors: NotFound for anything that is no number.
func idOf(r *http.Request) (int64, error) {
	id, err := strconv.ParseInt(r.PathValue("id"), 10, 64)
	if err != nil || id <= 0 {
		return 0, errs.New(errs.NotFound, "application.id", "")
	}
	return id, nil
}

// pageOf reads the number of a page of a list; anything else is the first.
func pageOf(r *http.Request) int {
	n, _ := strconv.Atoi(r.URL.Query().Get("page"))
	return n
}

func newToken() string { return rand.Text() }

func withdrawPath(id int64) string { return page.RequestShow(id) + "/withdraw" }

// subject names what an application is about: 「受験者名簿」 or 「受験者名簿 ほか2件」.
func subject(name string, items int) string {
	if name == "" {
		name = "（名称なし）"
	}
	if items > 1 {
		return name + " ほか" + strconv.Itoa(items-1) + "件"
	}
	return name
}

// deedLabels joins the deeds of an application: 新規登録・変更.
func deedLabels(deeds []string) string {
	var out []string
	for _, d := range []approval.Deed{approval.Register, approval.Change, approval.Dispose} {
		for _, x := range deeds {
			if x == string(d) {
				out = append(out, d.Label())
			}
		}
	}
	return strings.Join(out, "・")
}

// kindLabels joins kinds in their official order, at most three of them.
func kindLabels(kinds []string) string {
	var out []string
	for _, i := range asset.Kinds() {
		for _, k := range kinds {
			if k == string(i.Kind) {
				out = append(out, i.Label)
			}
		}
	}
	if len(out) > 3 {
		return strings.Join(out[:2], "、") + " ほか" + strconv.Itoa(len(out)-2) + "種別"
	}
	return strings.Join(out, "、")
}

// chip is one level for display.
func chip(s *classify.Scheme, a classify.Axis, r classify.Rank) ui.Level {
	return ui.LevelOf(a, s.Look(a, r))
}

func stateOf(state string) ui.State {
	tone := ui.StateEnded
	switch approval.State(state) {
	case approval.Submitted:
		tone = ui.StatePending
	case approval.Returned:
		tone = ui.StateReturned
	case approval.Approved:
		tone = ui.StateActive
	case approval.Withdrawn:
	}
	return ui.State{Tone: tone, Label: approval.State(state).Label()}
}

func moment(t time.Time) string { return jpdate.FormatTime(t) }

// iso is a time for the datetime attribute.
func iso(t time.Time) string { return t.UTC().Format(time.RFC3339) }

// waited says how long an application has waited, in days of the calendar.
func waited(since, now time.Time) string {
	days := jpdate.OfTime(since).DaysUntil(jpdate.OfTime(now))
	switch days {
	case 0:
		return "今日"
	case 1:
		return "昨日"
	}
	return strconv.Itoa(days) + "日前"
}

func shortDay(t time.Time) string { return jpdate.OfTime(t).Short() }

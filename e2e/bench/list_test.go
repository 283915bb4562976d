//go:build bench

package bench

import (
	"fmt"
	"net/http"
	"net/url"
	"regexp"

	"daicho/internal/fixture"
	"daicho/internal/jptext"
)

// clients is how many ask at a time where the goal says nothing else.
const clients = 16

// lists measures the page itself, with its transaction, scope and count; the session is in whole.
func (r *report) lists() {
	l := r.rate("list, one unit", as(fixture.Registrant, "/assets"), "/floor/unit", clients, 0.5)
	r.add(line{Name: "  its p95", Ours: l.Ours, Floor: l.Floor, Ratio: ratio(l.Ours.P95, l.Floor.P95), Goal: "≤ 3 × floor's p95", OK: l.Ours.P95 <= 3*l.Floor.P95})
	r.rate("list, one unit, level 3C and above", as(fixture.Registrant, "/assets?c=3C~"), "/floor/unit-level", clients, 0.4)
	r.rate("list, whole body", as(fixture.Chief, "/assets"), "/floor/all", clients, 0.4)
	r.rate("list, whole body, rare filter, newest first", as(fixture.Chief, "/assets?kind=MD&c=3B&zone=MN&sort=-updated"), "/floor/rare", clients, 0.4)
	r.rate("list, whole body, common filter, newest first", as(fixture.Chief, "/assets?kind=IN&c=2&sort=-updated"), "/floor/common", clients, 0.4)
}

func as(login, path string) string { return "/" + login + path }

// terms are what is searched for, from every text to none.
var terms = []struct{ name, text string }{
	{"1 character, common", "県"}, {"2 characters, in every text", "年度"}, {"2 characters, common", "医療"}, {"2 characters, rare", "山﨑"},
	{"4 characters", "防災計画"}, {"a serial number", "NT-00123"}, {"no hit", "海賊版"},
}

// searches compares each search with the best pair of statements that one would write by hand.
func (r *report) searches() {
	for _, t := range terms {
		key := jptext.SearchKey(t.text)
		q := url.Values{"key": {key}}.Encode()
		var floor string
		for _, way := range []string{"walk?count=0&", "walk?count=1&", "gather?count=0&", "gather?count=1&"} {
			if path := "/floor/" + way + q; floor == "" || r.once(path) < r.once(floor) {
				floor = path
			}
		}
		r.rate("search, "+t.name, as(fixture.Chief, "/assets?"+url.Values{"q": {t.text}}.Encode()), floor, 4, 0.4)
	}
}

var next = regexp.MustCompile(`href="(/assets\?[^"]*from=[^"]*)"[^>]*rel="next"|rel="next"[^>]*href="(/assets\?[^"]*from=[^"]*)"`)

// pages compares pages deep in the list with the first one, one client at a time.
func (r *report) pages() {
	first := as(fixture.Chief, "/assets")
	slower := func(name, path, first string) {
		s, f := r.pair(path, first, 1)
		r.add(line{Name: name, Ours: s, Floor: f, Ratio: ratio(s.P50, f.P50), Goal: "≤ 2 × first page", OK: s.P50 <= 2*f.P50})
	}
	slower("page 50 of the whole body", as(fixture.Chief, "/assets?page=50"), first)
	slower("page 100 of the whole body", as(fixture.Chief, "/assets?page=100"), first)
	slower("page 100 with a common filter", as(fixture.Chief, "/assets?page=100&kind=IN"), as(fixture.Chief, "/assets?kind=IN"))
	// Past the numbers the list goes on by cursors, from whatever page one is on.
	body := r.body(as(fixture.Chief, "/assets?page=100"))
	for range 3 {
		m := next.FindStringSubmatch(body)
		if m == nil {
			r.t.Error("the last page with a number leads no further")
			return
		}
		path := as(fixture.Chief, htmlUnescape(m[1]+m[2]))
		body = r.body(path)
		slower("next page past the numbers", path, first)
	}
}

// whole measures the list through the whole server: session, navigation and all.
func (r *report) whole() {
	cookie := r.signIn(fixture.Registrant)
	ours := r.loadWith("/assets", clients, func(q *http.Request) { q.AddCookie(cookie) }, r.x.site)
	floor := r.load("/floor/unit", clients)
	r.add(line{Name: "list, one unit, through the whole server", Ours: ours, Floor: floor, Ratio: ours.Rate / floor.Rate, Goal: "≥ 0.5 × floor's rate", OK: ours.Rate >= 0.5*floor.Rate})
	r.add(line{Name: "  its p95", Ours: ours, Floor: floor, Ratio: ratio(ours.P95, floor.P95), Goal: "≤ 3 × floor's p95", OK: ours.P95 <= 3*floor.P95})
	chief := r.signIn(fixture.Chief)
	for _, d := range [][2]string{{"controls", "47 requirements"}, {"relations", "50 relations"}} {
		ours := r.loadWith("/assets/"+r.x.hub+"/"+d[0], clients, func(q *http.Request) { q.AddCookie(chief) }, r.x.site)
		floor := r.load("/floor/"+d[0], clients)
		r.add(line{Name: "detail with " + d[1] + ", whole server", Ours: ours, Floor: floor, Ratio: ours.Rate / floor.Rate, Goal: "≥ 0.4 × floor's rate", OK: ours.Rate >= 0.4*floor.Rate})
	}
}

// against compares the lists and searches with those of the register before this one.
func (r *report) against(before *report) {
	if before == nil {
		return
	}
	for _, l := range r.lines {
		for _, b := range before.lines {
			if l.Name == b.Name && l.Floor.Rate > 0 && l.Ours.Rate > 0 && l.Name[0] != ' ' {
				x := ratio(l.Ours.P50, b.Ours.P50)
				r.add(line{Name: "size: " + l.Name, Ours: l.Ours, Floor: b.Ours, Ratio: x, Goal: fmt.Sprintf("≤ 1.3 × the time at %d", before.x.n), OK: x <= 1.3})
			}
		}
	}
}

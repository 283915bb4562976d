//go:build bench

package bench

import (
	"fmt"
	"html"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"daicho/internal/fixture"
)

// report collects the lines of one register.
type report struct {
	t     *testing.T
	x     *world
	c     *http.Client
	lines []line
}

// line is one measure beside its goal. Ratio is over the floor of the same run.
type line struct {
	Name        string
	Ours, Floor sample
	Ratio       float64
	Goal        string
	OK          bool
	Note        string
}

// sample is a series of requests.
type sample struct {
	P50, P95 time.Duration
	Rate     float64 // requests per second
	Bytes    int64
}

func newReport(t *testing.T, x *world) *report {
	return &report{t: t, x: x, c: &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 64, DisableCompression: true}}}
}

// period is how long each series runs.
const period = 2 * time.Second

// load asks for a path with so many clients at once for the period.
func (r *report) load(path string, clients int) sample {
	r.t.Helper()
	return r.loadWith(path, clients, nil, r.x.url)
}

func (r *report) loadWith(path string, clients int, prepare func(*http.Request), base string) sample {
	r.t.Helper()
	get := func() (time.Duration, int64) {
		start := time.Now()
		q, err := http.NewRequest(http.MethodGet, base+path, nil)
		if err != nil {
			r.t.Error(err)
			return 0, 0
		}
		if prepare != nil {
			prepare(q)
		}
		resp, err := r.c.Do(q)
		if err != nil {
			r.t.Error(err)
			return 0, 0
		}
		defer resp.Body.Close()
		n, err := io.Copy(io.Discard, resp.Body)
		if err != nil || resp.StatusCode != http.StatusOK {
			r.t.Errorf("%s: %d %v", path, resp.StatusCode, err)
		}
		return time.Since(start), n
	}
	for range 8 {
		get()
	}
	var mu sync.Mutex
	var all []time.Duration
	var size int64
	end := time.Now().Add(period)
	start := time.Now()
	var wg sync.WaitGroup
	for range clients {
		wg.Go(func() {
			for time.Now().Before(end) && !r.t.Failed() {
				d, n := get()
				mu.Lock()
				all = append(all, d)
				size = n
				mu.Unlock()
			}
		})
	}
	wg.Wait()
	took := time.Since(start)
	slices.Sort(all)
	if len(all) == 0 {
		r.t.FailNow()
	}
	return sample{P50: all[len(all)/2], P95: all[len(all)*95/100], Rate: float64(len(all)) / took.Seconds(), Bytes: size}
}

// pair measures a page and its floor in turns, three times, and keeps the medians: what else runs on
// the machine then hits both.
func (r *report) pair(ours, floor string, clients int) (a, b sample) {
	var as, bs []sample
	for range 3 {
		bs = append(bs, r.load(floor, clients))
		as = append(as, r.load(ours, clients))
	}
	return median(as), median(bs)
}

func median(s []sample) sample {
	slices.SortFunc(s, func(a, b sample) int { return int(a.Rate - b.Rate) })
	return s[len(s)/2]
}

// rate adds a line whose ratio is requests per second over the floor's.
func (r *report) rate(name, ours, floor string, clients int, goal float64) line {
	a, b := r.pair(ours, floor, clients)
	l := line{Name: name, Ours: a, Floor: b, Ratio: a.Rate / b.Rate, Goal: fmt.Sprintf("≥ %.1f × floor's rate", goal)}
	l.OK = l.Ratio >= goal
	r.add(l)
	return l
}

func (r *report) add(l line) { r.lines = append(r.lines, l) }

func ratio(a, b time.Duration) float64 { return float64(a) / float64(max(b, 1)) }

// once is the time of a single request, after one to warm up.
func (r *report) once(path string) time.Duration {
	r.body(path)
	start := time.Now()
	r.body(path)
	return time.Since(start)
}

func (r *report) body(path string) string {
	r.t.Helper()
	resp, err := r.c.Get(r.x.url + path)
	if err != nil {
		r.t.Fatal(err)
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	if err != nil || resp.StatusCode != http.StatusOK {
		r.t.Fatalf("%s: %d %v %.200s", path, resp.StatusCode, err, b)
	}
	return string(b)
}

// signIn signs in at the whole server and returns the cookie of the session.
func (r *report) signIn(login string) *http.Cookie {
	r.t.Helper()
	q, err := http.NewRequest(http.MethodPost, r.x.site+"/login", strings.NewReader(url.Values{"login": {login}, "password": {fixture.Password}}.Encode()))
	if err != nil {
		r.t.Fatal(err)
	}
	q.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	q.Header.Set("Sec-Fetch-Site", "same-origin")
	resp, err := r.c.Transport.RoundTrip(q)
	if err != nil {
		r.t.Fatal(err)
	}
	defer resp.Body.Close()
	for _, c := range resp.Cookies() {
		if resp.StatusCode == http.StatusSeeOther {
			return c
		}
	}
	r.t.Fatalf("sign in as %s: %d", login, resp.StatusCode)
	return nil
}

func htmlUnescape(s string) string { return html.UnescapeString(s) }

func (r *report) table() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%d assets; ratios of one run\n%-52s %9s %9s %9s %9s %9s %9s %7s  %s\n", r.x.n, "", "ours p50", "p95", "per s", "floor p50", "p95", "per s", "ratio", "goal")
	for _, l := range r.lines {
		mark := "ok  "
		if !l.OK {
			mark = "MISS"
		}
		fmt.Fprintf(&b, "%-52s %9s %9s %9.0f %9s %9s %9.0f %7.2f  %s %s %s\n", l.Name, ms(l.Ours.P50), ms(l.Ours.P95), l.Ours.Rate, ms(l.Floor.P50), ms(l.Floor.P95), l.Floor.Rate, l.Ratio, mark, l.Goal, l.Note)
	}
	return b.String()
}

func ms(d time.Duration) string { return fmt.Sprintf("%.2fms", float64(d.Microseconds())/1000) }

//go:build bench

package bench

import (
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
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
	get := func() (time.Duration, int64) {
		start := time.Now()
		resp, err := r.c.Get(r.x.url + path)
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
	r.lines = append(r.lines, l)
	return l
}

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

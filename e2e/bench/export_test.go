//go:build bench

package bench

import (
	"context"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"runtime/debug"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"github.com/xuri/excelize/v2"

	"daicho/internal/authz"
	"daicho/internal/fixture"
	"daicho/internal/ledger"
	"daicho/internal/postgres"
)

// copyColumns are what a CSV of the main columns reads, in the order of the list.
const copySQL = `COPY (SELECT n.asset_id, n.number, n.kind, n.state, n.name, n.unit_id, n.c, n.i, n.a, n.zone, n.version_no IS NOT NULL AND n.pending_no IS NOT NULL,
  n.review_since, n.checked_on, n.yomi, n.updated_at, n.organ_id, coalesce(n.host_id, 0), n.personal, n.flags, n.fiscal_year, n.members, coalesce(n.version_no, 0)%s
  FROM asset_now n%s ORDER BY n.number, n.asset_id) TO STDOUT (FORMAT csv)`

func (r *report) exports() {
	for _, x := range []struct {
		name, path, values, join string
	}{
		{"CSV of everything, main columns", "/assets.csv?columns=wide", "", ""},
		{"CSV of everything, all columns", "/assets.csv", ", coalesce(v.content, e.detail::text)", " LEFT JOIN asset_version v ON v.asset_id = n.asset_id AND v.no = coalesce(n.version_no, n.pending_no) LEFT JOIN asset_detail e ON e.asset_id = n.asset_id AND v.asset_id IS NULL"},
	} {
		plain := r.timed(func() int64 { return r.copy(fmt.Sprintf(copySQL, x.values, x.join)) })
		before, stop := watchMemory()
		ours := r.timed(func() int64 { return r.download(as(fixture.Chief, x.path)) })
		grown := stop() - before
		r.add(line{Name: x.name + ", over COPY", Ours: ours, Floor: plain, Ratio: ratio(ours.P50, plain.P50), Goal: "≤ 2 × COPY (same query)", OK: ours.P50 <= 2*plain.P50, Note: fmt.Sprintf("%d MB", ours.Bytes>>20)})
		r.add(line{Name: "  its memory", Ratio: float64(grown) / (64 << 20), Goal: "≤ 64 MB more", OK: grown <= 64<<20, Note: fmt.Sprintf("%+d MB", grown>>20)})
	}
	if r.x.n > ledger.XLSXRows {
		return
	}
	cells := r.cells()
	alone := r.timed(func() int64 { return r.streamWriter(cells) })
	cells = nil
	before, stop := watchMemory()
	ours := r.timed(func() int64 { return r.download(as(fixture.Chief, "/assets.xlsx?columns=wide")) })
	grown := stop() - before
	r.add(line{Name: "xlsx of everything, main columns", Ours: ours, Floor: alone, Ratio: ratio(ours.P50, alone.P50), Goal: "≤ 1.3 × StreamWriter alone", OK: ours.P50 <= alone.P50*13/10})
	r.add(line{Name: "  its memory", Ratio: float64(grown) / (128 << 20), Goal: "≤ 128 MB more", OK: grown <= 128<<20, Note: fmt.Sprintf("%+d MB", grown>>20)})
}

// timed runs something three times and keeps the median.
func (r *report) timed(do func() int64) sample {
	var all []sample
	for range 3 {
		start := time.Now()
		n := do()
		d := time.Since(start)
		all = append(all, sample{P50: d, P95: d, Rate: 1 / d.Seconds(), Bytes: n})
	}
	return median(all)
}

type counter int64

func (c *counter) Write(p []byte) (int, error) { *c += counter(len(p)); return len(p), nil }

func (r *report) copy(sql string) int64 {
	conn, err := r.x.pool.Acquire(context.Background())
	if err != nil {
		r.t.Fatal(err)
	}
	defer conn.Release()
	var n counter
	if _, err := conn.Conn().PgConn().CopyTo(context.Background(), &n, sql); err != nil {
		r.t.Fatal(err)
	}
	return int64(n)
}

func (r *report) download(path string) int64 {
	resp, err := r.c.Get(r.x.url + path)
	if err != nil {
		r.t.Fatal(err)
	}
	defer resp.Body.Close()
	n, err := io.Copy(io.Discard, resp.Body)
	if err != nil || resp.StatusCode != 200 {
		r.t.Fatalf("%s: %d %v", path, resp.StatusCode, err)
	}
	return n
}

// cells reads what the xlsx will hold, so that the writer alone can be measured on it.
func (r *report) cells() [][]any {
	var out [][]any
	g, err := authz.Permit(r.x.w.Actor(r.t, fixture.Chief), authz.ExportLedger)
	if err != nil {
		r.t.Fatal(err)
	}
	if err := r.x.db.View(r.t.Context(), g, func(ctx context.Context, t *postgres.Tx) error {
		d, err := t.Directory(ctx)
		if err != nil {
			return err
		}
		columns := ledger.Columns(ledger.Wide, nil)
		rd := ledger.NewReader(d.Book, columns)
		return t.EachAsset(ctx, ledger.Filter{}, ledger.DefaultSort, nil, false, func(row *ledger.Row) error {
			line := make([]any, len(columns))
			for i, s := range rd.Cells(row) {
				if s != "" {
					line[i] = s
				}
			}
			out = append(out, line)
			return nil
		})
	}); err != nil {
		r.t.Fatal(err)
	}
	return out
}

func (r *report) streamWriter(cells [][]any) int64 {
	f := excelize.NewFile()
	defer func() { _ = f.Close() }()
	w, err := f.NewStreamWriter("Sheet1")
	if err != nil {
		r.t.Fatal(err)
	}
	for i, row := range cells {
		if err := w.SetRow("A"+strconv.Itoa(i+1), row); err != nil {
			r.t.Fatal(err)
		}
	}
	if err := w.Flush(); err != nil {
		r.t.Fatal(err)
	}
	var n counter
	if err := f.Write(&n); err != nil {
		r.t.Fatal(err)
	}
	return int64(n)
}

// watchMemory returns the resident memory of this process, and a function that ends the watch and
// returns the greatest seen meanwhile.
func watchMemory() (now int64, stop func() int64) {
	debug.FreeOSMemory() // what earlier measures left behind would hide the growth
	now = resident("self")
	var peak atomic.Int64
	done, ended := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(ended)
		for {
			peak.Store(max(peak.Load(), resident("self")))
			select {
			case <-done:
				return
			case <-time.After(20 * time.Millisecond):
			}
		}
	}()
	return now, func() int64 { close(done); <-ended; return peak.Load() }
}

// resident is the resident memory of a process in bytes.
func resident(pid string) int64 {
	b, err := os.ReadFile("/proc/" + pid + "/statm")
	if err != nil {
		return 0
	}
	f := strings.Fields(string(b))
	if len(f) < 2 {
		return 0
	}
	pages, _ := strconv.ParseInt(f[1], 10, 64)
	return pages * int64(os.Getpagesize())
}

// start measures the real binary on the database as it is.
func (r *report) start() {
	bin := filepath.Join(r.t.TempDir(), "daicho")
	if out, err := exec.CommandContext(r.t.Context(), "go", "build", "-o", bin, "../../cmd/daicho").CombinedOutput(); err != nil {
		r.t.Fatalf("build: %v\n%s", err, out)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		r.t.Fatal(err)
	}
	address := l.Addr().String()
	_ = l.Close()
	cmd := exec.CommandContext(r.t.Context(), bin, "serve", "--listen", address)
	cmd.Env = append(os.Environ(), "DATABASE_URL="+r.x.raw.AppURL)
	var out strings.Builder
	cmd.Stdout, cmd.Stderr = &out, &out
	begun := time.Now()
	if err := cmd.Start(); err != nil {
		r.t.Fatal(err)
	}
	defer func() { _ = cmd.Process.Signal(os.Interrupt); _ = cmd.Wait() }()
	for range time.Tick(2 * time.Millisecond) {
		resp, err := r.c.Get("http://" + address + "/readyz")
		if err == nil {
			_ = resp.Body.Close()
			if resp.StatusCode == 200 {
				break
			}
		}
		if time.Since(begun) > 20*time.Second {
			r.t.Errorf("serve does not come up: %v\n%s", err, out.String())
			return
		}
	}
	took := time.Since(begun)
	<-time.After(time.Second) // idle is what is left when nothing happens for a while
	idle := resident(strconv.Itoa(cmd.Process.Pid))
	r.add(line{Name: "start of serve", Ours: sample{P50: took, P95: took}, Ratio: took.Seconds() / 0.5, Goal: "≤ 0.5 s", OK: took <= 500*time.Millisecond})
	r.add(line{Name: "idle memory", Ratio: float64(idle) / (60 << 20), Goal: "≤ 60 MB", OK: idle <= 60<<20, Note: fmt.Sprintf("%d MB", idle>>20)})
}

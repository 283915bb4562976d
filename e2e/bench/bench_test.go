//go:build bench

// Package bench measures the register against floors: minimal handlers that return the same rows
// through the same kind of pool, and the database's own COPY. Ratios within one run count; absolute
// times belong to the machine. It is run by make bench and is no part of make test.
package bench

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"daicho/internal/app"
	"daicho/internal/authz"
	"daicho/internal/fixture"
	"daicho/internal/pgtest"
	"daicho/internal/postgres"
	"daicho/internal/server"
	"daicho/internal/synth"
	webasset "daicho/web/asset"
	webledger "daicho/web/ledger"
	"daicho/web/page"
)

// A register of a million assets belongs on a disk.
func TestMain(m *testing.M) {
	pgtest.OnDisk()
	pgtest.Main(m)
}

// world is a register of one size with the program on top of it.
type world struct {
	n     int
	raw   *pgtest.DB
	w     *fixture.World
	db    *postgres.DB
	app   *app.App
	pool  *pgxpool.Pool // of the floors
	unit  int64         // of the registrant, whose scope is that one unit
	hub   string        // number of an asset with many relations and controls
	url   string        // of the pages alone and the floors
	site  string        // of the whole server
	frame string        // a page of ours without rows
}

// TestBench builds registers of BENCH_ASSETS assets (several sizes by comma; 100000 and 1000000
// unless set) and prints what was measured beside the goals.
func TestBench(t *testing.T) {
	var before *report
	for _, s := range strings.Split(env("BENCH_ASSETS", "100000,1000000"), ",") {
		n, err := strconv.Atoi(strings.TrimSpace(s))
		if err != nil {
			t.Fatalf("BENCH_ASSETS: %v", err)
		}
		t.Run(s, func(t *testing.T) {
			x := open(t, n)
			r := newReport(t, x)
			defer r.print() // what was measured before a failure is of use too
			for _, part := range []struct {
				name string
				run  func()
			}{{"lists", r.lists}, {"searches", r.searches}, {"pages", r.pages}, {"whole", r.whole}, {"exports", r.exports}, {"start", r.start}, {"graph", r.graph}} {
				if only := os.Getenv("BENCH_ONLY"); only == "" || strings.Contains(only, part.name) {
					part.run()
				}
			}
			r.against(before)
			before = r
		})
	}
}

func env(name, fallback string) string {
	if v := os.Getenv(name); v != "" {
		return v
	}
	return fallback
}

// open makes a register of n assets, or takes the one that BENCH_KEEP names for this size.
func open(t *testing.T, n int) *world {
	x := &world{n: n}
	start := time.Now()
	if keep := os.Getenv("BENCH_KEEP"); keep != "" {
		x.raw, x.w = reopen(t, keep+strconv.Itoa(n))
	} else {
		x.raw = pgtest.New(t)
		x.w = fixture.Body(t, x.raw)
		synth.Units(t, x.w)
		synth.Fill(t, x.w, n)
	}
	t.Logf("register of %d assets ready after %s", n, time.Since(start).Round(time.Second))
	var err error
	if x.db, err = postgres.Open(t.Context(), x.raw.AppURL, postgres.Options{}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(x.db.Close)
	x.app = app.New(x.db, app.Options{})
	cfg, err := pgxpool.ParseConfig(x.raw.AppURL)
	if err != nil {
		t.Fatal(err)
	}
	cfg.MaxConns = 8
	for k, v := range map[string]string{"jit": "off", "random_page_cost": "1.1", "statement_timeout": "0"} {
		cfg.ConnConfig.RuntimeParams[k] = v
	}
	if x.pool, err = pgxpool.NewWithConfig(t.Context(), cfg); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(x.pool.Close)
	x.unit = x.w.Units["honbu-somu"]
	x.hub = synth.Hub(t, x.w, 50, 47)
	x.serve(t)
	whole := httptest.NewServer(server.New(server.Options{App: x.app, Store: x.db.SessionStore(), Log: slog.New(slog.DiscardHandler), Now: time.Now, Version: "bench"}))
	t.Cleanup(whole.Close)
	x.site = whole.URL
	return x
}

// serve puts the pages of the list and the ledger behind a server, each under the login that acts.
// The session is left out: what it costs is measured by the whole server apart.
func (x *world) serve(t *testing.T) {
	mux := http.NewServeMux()
	nav := []page.NavItem{{Label: "今日やること", Path: page.Home, Icon: "home"}, {Label: "情報資産", Path: page.Assets, Icon: "list", Current: true}, {Label: "台帳の出力", Path: page.Ledgers, Icon: "ledger"}}
	routes := append(webasset.ListRoutes(x.app), webledger.Routes(x.app)...)
	for _, login := range []string{fixture.Registrant, fixture.Chief, fixture.Responsible} {
		actor := x.w.Actor(t, login)
		for _, rt := range routes {
			mux.HandleFunc(rt.Method+" /"+login+rt.Pattern, func(w http.ResponseWriter, r *http.Request) {
				if _, err := authz.Permit(actor, rt.Action); err != nil {
					http.Error(w, err.Error(), http.StatusForbidden)
					return
				}
				p := &page.Request{Actor: actor, Now: time.Now(), ID: "bench", Path: r.URL.RequestURI(), Nav: nav, Density: page.Compact}
				if err := rt.Handler(w, r, p); err != nil {
					http.Error(w, err.Error(), http.StatusInternalServerError)
				}
			})
		}
	}
	x.floors(mux)
	s := httptest.NewServer(mux)
	t.Cleanup(s.Close)
	x.url = s.URL
	resp, err := http.Get(s.URL + as(fixture.Chief, "/assets?q=zzzzzzzz"))
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	if err != nil || resp.StatusCode != http.StatusOK {
		t.Fatalf("an empty page: %d %v", resp.StatusCode, err)
	}
	x.frame = string(b)
}

// reopen takes a database that an earlier run has left, by its name.
func reopen(t *testing.T, name string) (*pgtest.DB, *fixture.World) {
	base := os.Getenv(pgtest.URLEnv)
	swap := func(role string) string {
		return strings.Replace(strings.Replace(base, "postgres@", role+"@", 1), "/postgres?", "/"+name+"?", 1)
	}
	db := &pgtest.DB{Name: name, AppURL: swap("daicho_app"), OwnerURL: swap("daicho_owner")}
	var err error
	if db.Owner, err = pgxpool.New(t.Context(), db.OwnerURL); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(db.Owner.Close)
	w := &fixture.World{DB: db, Units: map[string]int64{}, Persons: map[string]int64{}, Accounts: map[string]int64{}}
	for _, q := range []struct {
		sql  string
		into map[string]int64
	}{{"SELECT code, id FROM unit", w.Units}, {"SELECT login, person_id FROM account", w.Persons}, {"SELECT login, id FROM account", w.Accounts}} {
		rows, err := db.Owner.Query(context.Background(), q.sql)
		if err != nil {
			t.Fatal(err)
		}
		for rows.Next() {
			var k string
			var v int64
			if err := rows.Scan(&k, &v); err != nil {
				t.Fatal(err)
			}
			q.into[k] = v
		}
		rows.Close()
	}
	return db, w
}

func (r *report) print() {
	r.t.Log(r.table())
	if path := os.Getenv("BENCH_JSON"); path != "" {
		b, err := json.MarshalIndent(r.lines, "", " ")
		if err == nil {
			err = os.WriteFile(fmt.Sprintf("%s.%d", path, r.x.n), b, 0o644)
		}
		if err != nil {
			r.t.Error(err)
		}
	}
}

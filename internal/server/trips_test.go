package server_test

import (
	"net/http"
	"strings"
	"testing"

	"daicho/internal/app"
	"daicho/internal/approval"
	"daicho/internal/asset"
	"daicho/internal/authz"
	"daicho/internal/fixture"
	"daicho/internal/pgtest"
	"daicho/internal/server"
	"daicho/internal/servertest"
	"daicho/web/page"
)

// A page goes to the database and back a few times and no more: the session with the rights, what the
// page reads, the end of the transaction. What has not changed since the last page is not read again.
func TestRoundTripsOfAPage(t *testing.T) {
	w := fixture.Body(t, pgtest.New(t))
	wire := pgtest.Watch(t, w.DB.AppURL)
	w.DB.AppURL = wire.URL
	s := servertest.On(t, w)
	no := registered(t, s)
	registrant, manager := s.SignIn(t, fixture.Registrant), s.SignIn(t, fixture.Manager)
	for _, p := range []struct {
		name, path                  string
		by                          *servertest.Client
		trips, statements, writings int
	}{
		{"the list", "/assets", registrant, 4, 6, 0},
		{"the list by a filter", "/assets?kind=IN&c=2~&sort=name", registrant, 4, 6, 0},
		{"the list, for whom something may wait", "/assets", manager, 5, 7, 0},
		{"an asset", "/assets/" + no, registrant, 4, 9, 0},
		{"its controls", "/assets/" + no + "/controls", registrant, 4, 9, 0},
		{"its relations", "/assets/" + no + "/relations", registrant, 4, 9, 0},
	} {
		for range 3 { // the driver learns a statement once for each connection
			p.by.Get(p.path)
		}
		wire.Take()
		if r := p.by.Get(p.path); r.Status != http.StatusOK {
			t.Fatalf("%s: %d", p.path, r.Status)
		}
		trips, said := wire.Take()
		writings := 0
		for _, sql := range said {
			if sql = strings.TrimSpace(sql); strings.HasPrefix(sql, "UPDATE") || strings.HasPrefix(sql, "INSERT") || strings.HasPrefix(sql, "DELETE") {
				writings++
			}
		}
		if trips > p.trips || len(said) > p.statements || writings > p.writings {
			t.Errorf("%s: %d round trips, %d statements, %d of them write; want at most %d, %d, %d", p.name, trips, len(said), writings, p.trips, p.statements, p.writings)
			for _, sql := range said {
				t.Logf("%.200s", strings.Join(strings.Fields(sql), " "))
			}
		}
	}
}

// registered brings one asset into force.
func registered(t *testing.T, s *servertest.Site) (number string) {
	t.Helper()
	actor, manager := s.World.Actor(t, fixture.Registrant), s.World.Actor(t, fixture.Manager)
	d, err := s.App.SaveDraft(t.Context(), actor, app.SaveDraft{Kind: asset.Info, Form: app.Raw{
		"name": {"受験者名簿"}, "summary": {"受験者の氏名"}, "personal": {"personal"}, "subjects": {"12000"}, "zone": {"LG"}, "place": {"共有フォルダ"},
		"q.mynumber": {"no"}, "q.personal": {"yes"}, "q.affects": {"yes"}, "q.rto": {"72"}, "level_c": {"3C"}, "level_i": {"2"}, "level_a": {"1"}, "level_reason": {"氏名を含むため"},
	}})
	if err != nil {
		t.Fatal(err)
	}
	sent, err := s.App.Submit(t.Context(), actor, app.Submit{Assets: []int64{d.Asset}})
	if err != nil {
		t.Fatal(err)
	}
	v, err := s.App.Application(t.Context(), manager, sent.Application, 0)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.App.Decide(t.Context(), manager, app.Decide{Application: sent.Application, Outcome: approval.Approve, Seen: [32]byte(v.Digest)}); err != nil {
		t.Fatal(err)
	}
	s.World.One(t, `SELECT number FROM asset_now WHERE asset_id = $1`, []any{d.Asset}, &number)
	return number
}

// While a page goes out to a slow reader, nothing of the database waits for it.
func TestNothingIsHeldWhileAnAnswerGoesOut(t *testing.T) {
	held := make(chan int32, 2)
	var s *servertest.Site
	s = servertest.New(t, func(o *server.Options, _ *app.Options) {
		o.Extra = []page.Route{{Method: http.MethodGet, Pattern: "/slow", Action: authz.OwnAccount, Handler: func(w http.ResponseWriter, _ *http.Request, _ *page.Request) error {
			held <- s.DB.Stat().AcquiredConns()
			_, err := w.Write([]byte("x"))
			held <- s.DB.Stat().AcquiredConns()
			return err
		}}}
	})
	c := s.SignIn(t, fixture.Registrant)
	if r := c.Get("/slow"); r.Status != http.StatusOK {
		t.Fatal(r.Status)
	}
	if before, after := <-held, <-held; before != 1 || after != 0 {
		t.Errorf("%d connections before the answer begins, %d after; want 1 and 0", before, after)
	}
}

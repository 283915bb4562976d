package server_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strconv"
	"strings"
	"testing"

	"daicho/internal/app"
	"daicho/internal/authz"
	"daicho/internal/errs"
	"daicho/internal/fixture"
	"daicho/internal/server"
	"daicho/internal/servertest"
	"daicho/web/page"
)

func failing(err error) page.Handler {
	return func(http.ResponseWriter, *http.Request, *page.Request) error { return err }
}

func TestEveryErrorHasItsPage(t *testing.T) {
	const secret = "pq: relation \"secret\" does not exist"
	cause := errors.New(secret)
	kinds := map[string]struct {
		err    error
		status int
		title  string
	}{
		"/x/notfound":  {errs.Wrap(errs.NotFound, "x", cause), 404, "ページが見つかりません"},
		"/x/forbidden": {errs.Wrap(errs.Forbidden, "x", cause), 403, "この操作はできません"},
		"/x/stale":     {errs.Wrap(errs.Stale, "x", cause), 409, "ほかの人が先に変えました"},
		"/x/conflict":  {errs.Wrap(errs.Conflict, "x", cause), 409, "いまはこの操作ができません"},
		"/x/invalid":   {errs.Wrap(errs.Invalid, "x", cause), 422, "内容を確かめてください"},
		"/x/busy":      {errs.Wrap(errs.Busy, "x", cause), 503, "ただいま混み合っています"},
		"/x/late":      {context.DeadlineExceeded, 503, "ただいま混み合っています"},
		"/x/internal":  {cause, 500, "処理の途中で問題が起きました"},
	}
	var extra []page.Route
	for path, k := range kinds {
		extra = append(extra, page.Route{Method: "GET", Pattern: path, Action: authz.OwnAccount, Handler: failing(k.err)})
	}
	extra = append(extra, page.Route{Method: "GET", Pattern: "/x/panic", Action: authz.OwnAccount, Handler: func(http.ResponseWriter, *http.Request, *page.Request) error { panic(secret) }})
	s := servertest.New(t, func(o *server.Options, _ *app.Options) { o.Extra = extra })
	c := s.SignIn(t, fixture.Registrant)
	kinds["/x/panic"] = struct {
		err    error
		status int
		title  string
	}{nil, 500, "処理の途中で問題が起きました"}
	kinds["/nowhere"] = struct {
		err    error
		status int
		title  string
	}{nil, 404, "ページが見つかりません"}
	for path, k := range kinds {
		r := c.Get(path)
		d := r.Doc()
		id := r.Header.Get("X-Request-Id")
		if r.Status != k.status || d.Find("h1").Text() != k.title || d.Find("main h2").Length() == 0 || d.Find("main li").Length() == 0 {
			t.Errorf("%s: %d %q", path, r.Status, d.Find("main").Text())
		}
		if id == "" || !strings.Contains(d.Find("main").Text(), id) {
			t.Errorf("%s: the request id %q is not on the page", path, id)
		}
		if strings.Contains(r.Body, "secret") || strings.Contains(r.Body, "relation") {
			t.Errorf("%s shows the cause", path)
		}
		if r.Header.Get("Cache-Control") != "no-store" || r.Header.Get("Content-Security-Policy") == "" {
			t.Errorf("%s: headers %v", path, r.Header)
		}
		if (r.Header.Get("Retry-After") != "") != (k.status == 503) {
			t.Errorf("%s: Retry-After %q", path, r.Header.Get("Retry-After"))
		}
		if k.status >= 500 && !strings.Contains(s.Log.String(), "id="+id) {
			t.Errorf("%s: nothing in the log", path)
		}
	}
	if !strings.Contains(s.Log.String(), "secret") {
		t.Error("the cause is not in the log")
	}
	var n int
	s.World.One(t, `SELECT count(*) FROM act WHERE outcome = 'refused' AND action = 'account.own' AND target = 'GET /x/forbidden'`, nil, &n)
	if n != 1 {
		t.Errorf("the refusal is %d times in the trail", n)
	}
	if r := c.Do("DELETE", "/me", nil, ""); r.Status != http.StatusMethodNotAllowed {
		t.Errorf("a method that is not there: %d", r.Status)
	}
	if r := c.Get("/me/"); r.Status != http.StatusMovedPermanently || r.Location() != "/me" {
		t.Errorf("a slash too many: %d %s", r.Status, r.Location())
	}
}

func TestCrossSiteFormsAreRefused(t *testing.T) {
	s := servertest.New(t)
	c := s.SignIn(t, fixture.Registrant)
	for _, h := range []http.Header{
		{"Sec-Fetch-Site": {"cross-site"}}, {"Sec-Fetch-Site": {"same-site"}},
		{"Sec-Fetch-Site": nil, "Origin": {"https://evil.example"}}, {"Sec-Fetch-Site": nil, "Origin": {"null"}},
	} {
		c.Header = h
		r := c.Post("/me", "density", "relaxed")
		if r.Status != http.StatusForbidden || !strings.Contains(r.Text(), "ほかのサイト") {
			t.Errorf("%v: %d", h, r.Status)
		}
	}
	c.Header = http.Header{"Sec-Fetch-Site": {"cross-site"}}
	if r := c.Get("/me"); r.Status != 200 {
		t.Errorf("a link from another site: %d", r.Status)
	}
	var density string
	s.World.One(t, `SELECT density FROM account WHERE login = $1`, []any{fixture.Registrant}, &density)
	if density != "" {
		t.Error("the form of another site was taken")
	}
}

func TestHeaders(t *testing.T) {
	s := servertest.New(t)
	r := s.Client(t).Get("/login")
	const csp = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
	for k, want := range map[string]string{
		"Content-Security-Policy": csp, "X-Content-Type-Options": "nosniff", "X-Frame-Options": "DENY", "Referrer-Policy": "same-origin",
		"Cache-Control": "no-store", "Content-Type": "text/html; charset=utf-8",
	} {
		if got := r.Header.Get(k); got != want {
			t.Errorf("%s: %q, want %q", k, got, want)
		}
	}
	c := s.Client(t)
	c.Header.Set("X-Request-Id", "chosen-by-the-client")
	if got := c.Get("/login").Header.Get("X-Request-Id"); len(got) != 12 || got == "chosen-by-the-client" {
		t.Errorf("request id %q", got)
	}
}

func TestBodyLimit(t *testing.T) {
	s := servertest.New(t)
	c := s.SignIn(t, fixture.Registrant)
	if r := c.Post("/me", "density", strings.Repeat("x", server.MaxForm)); r.Status != http.StatusRequestEntityTooLarge {
		t.Errorf("a large form: %d", r.Status)
	}
	if r := c.Do("POST", "/me", strings.NewReader("density=%zz"), "application/x-www-form-urlencoded"); r.Status != 422 {
		t.Errorf("a broken form: %d", r.Status)
	}
	if r := c.Do("POST", "/me", strings.NewReader("--b\r\n"), "multipart/form-data; boundary=b"); r.Status != 422 {
		t.Errorf("multipart where no file is taken: %d", r.Status)
	}
	huge := s.Client(t)
	huge.Header.Set("Cookie", strings.Repeat("a=b; ", 300_000))
	if r := huge.Get("/login"); r.Status != http.StatusRequestHeaderFieldsTooLarge {
		t.Errorf("large headers: %d", r.Status)
	}
}

func TestHealthAndReadiness(t *testing.T) {
	s := servertest.New(t)
	c := s.Client(t)
	if r := c.Get("/healthz"); r.Status != 200 || r.Body != "ok\n" {
		t.Errorf("healthz: %d", r.Status)
	}
	if r := c.Get("/readyz"); r.Status != 200 {
		t.Errorf("readyz: %d", r.Status)
	}
	s.Server.Drain()
	if r := c.Get("/readyz"); r.Status != http.StatusServiceUnavailable {
		t.Errorf("readyz while stopping: %d", r.Status)
	}
	if r := c.Get("/login"); r.Status != 200 {
		t.Errorf("a page while stopping: %d", r.Status)
	}
	gone := servertest.On(t, s.World)
	gone.DB.Close()
	if r := gone.Client(t).Get("/readyz"); r.Status != http.StatusServiceUnavailable {
		t.Errorf("readyz without a database: %d", r.Status)
	}
}

func TestMetricsCarryPatternsOnly(t *testing.T) {
	s := servertest.New(t)
	c := s.SignIn(t, fixture.Admin)
	c.Get("/admin/accounts/1?secret=1")
	c.Get("/nowhere/at/all")
	c.Do("BREW", "/me", nil, "")
	w := httptest.NewRecorder()
	s.Server.Metrics().Figure("daicho_test", "A figure.", func() float64 { return 7 })
	s.Server.Metrics().Handler().ServeHTTP(w, httptest.NewRequest("GET", "/metrics", nil))
	text := w.Body.String()
	for _, want := range []string{
		`daicho_http_request_seconds_count{method="GET",route="/admin/accounts/{id}",status="`, `route="none",status="404"`, `method="other"`,
		`daicho_test 7`, "go_goroutines",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("no %s", want)
		}
	}
	for _, bad := range []string{"secret", "nowhere", "BREW"} {
		if strings.Contains(text, bad) {
			t.Errorf("%s stands in the metrics", bad)
		}
	}
}

func TestLogLeavesTheQueryOut(t *testing.T) {
	s := servertest.New(t)
	r := s.SignIn(t, fixture.Registrant).Get("/me?q=山田太郎")
	s.Stop() // the line is written after the answer
	log := s.Log.String()
	if strings.Contains(log, "山田") || strings.Contains(log, "%E5%B1%B1") {
		t.Error("the search term stands in the log")
	}
	line := ""
	for one := range strings.Lines(log) {
		if strings.Contains(one, "id="+r.Header.Get("X-Request-Id")) {
			line = one
		}
	}
	for _, want := range []string{"method=GET", "path=/me", "route=/me", "status=200", "address=127.0.0.1", "account=" + strconv.FormatInt(s.World.Accounts[fixture.Registrant], 10)} {
		if !strings.Contains(line, want) {
			t.Errorf("the line lacks %s: %s", want, line)
		}
	}
}

func TestClientAddressBehindAProxy(t *testing.T) {
	for _, c := range []struct {
		trusted []netip.Prefix
		header  string
		want    string
	}{
		{nil, "203.0.113.9", "127.0.0.1"},
		{[]netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}, "198.51.100.1, 203.0.113.9", "203.0.113.9"},
	} {
		s := servertest.New(t, func(o *server.Options, _ *app.Options) { o.Proxies = c.trusted })
		client := s.Client(t)
		client.Header.Set("X-Forwarded-For", c.header)
		client.Post("/login", "login", "nobody-here", "password", "wrong password 1")
		var got string
		s.World.One(t, `SELECT detail ->> 'address' FROM act WHERE action = 'session.sign_in'`, nil, &got)
		if got != c.want {
			t.Errorf("%v: %s, want %s", c.trusted, got, c.want)
		}
	}
}

// Half an answer must not look like a whole one.
func TestBrokenAnswerBreaksTheConnection(t *testing.T) {
	s := servertest.New(t, func(o *server.Options, _ *app.Options) {
		o.Extra = []page.Route{{Method: "GET", Pattern: "/half", Action: authz.OwnAccount, Long: true, Handler: func(w http.ResponseWriter, _ *http.Request, _ *page.Request) error {
			_, _ = w.Write([]byte(strings.Repeat("x", 100_000)))
			return errors.New("the source ended")
		}}}
	})
	c := s.SignIn(t, fixture.Registrant)
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, s.URL+"/half", nil)
	if err != nil {
		t.Fatal(err)
	}
	req.AddCookie(c.Cookies()[0])
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return // broken before the headers came through: as good
	}
	defer res.Body.Close()
	if _, err := io.ReadAll(res.Body); err == nil {
		t.Error("the reader takes half an answer for a whole one")
	}
}

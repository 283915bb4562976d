// Package servertest runs the whole program in a test: the handler of internal/server over a
// database of the test's own with the organisation of internal/fixture, and browsers without
// scripts that are signed in. Only tests may import it.
package servertest

import (
	"io"
	"log/slog"
	"maps"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/PuerkitoBio/goquery"

	"daicho/internal/app"
	"daicho/internal/fixture"
	"daicho/internal/postgres"
	"daicho/internal/server"
)

// Site is one running program.
type Site struct {
	World  *fixture.World
	DB     *postgres.DB
	App    *app.App
	Server *server.Server
	URL    string
	Log    *Log
	Stop   func() // ends the server when every request is done with, what follows the answer included
}

// Setup changes how a Site is made.
type Setup func(*server.Options, *app.Options)

// New starts the program on a fresh database with fixture.Body; it ends with the test.
func New(t testing.TB, setups ...Setup) *Site {
	t.Helper()
	return On(t, fixture.New(t), setups...)
}

// On starts the program on the database of a world: also a second time, as after a restart.
func On(t testing.TB, w *fixture.World, setups ...Setup) *Site {
	t.Helper()
	s := &Site{World: w, Log: &Log{}}
	log := slog.New(slog.NewTextHandler(s.Log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	db, err := postgres.Open(t.Context(), w.DB.AppURL, postgres.Options{Log: log})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(db.Close)
	so := server.Options{Store: db.SessionStore(), Log: log, Now: time.Now, Version: "test"}
	ao := app.Options{Log: log}
	for _, set := range setups {
		set(&so, &ao)
	}
	s.DB, s.App = db, app.New(db, ao)
	so.App = s.App
	s.Server = server.New(so)
	web := httptest.NewServer(s.Server)
	t.Cleanup(web.Close)
	s.URL, s.Stop = web.URL, web.Close
	return s
}

// Log collects what the program writes down.
type Log struct {
	mu   sync.Mutex
	text strings.Builder
}

// Write adds to the log.
func (l *Log) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(p)
}

// String is the log so far.
func (l *Log) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

// Client is a browser without scripts. It does not follow redirects.
type Client struct {
	t    testing.TB
	site *Site
	http *http.Client
	// Header is sent with every request.
	Header http.Header
}

// Client is a browser that nobody has signed in with.
func (s *Site) Client(t testing.TB) *Client {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	return &Client{t: t, site: s, Header: http.Header{}, http: &http.Client{
		Jar: jar, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}
}

// SignIn is a browser in which the holder of a login of the fixture has signed in.
func (s *Site) SignIn(t testing.TB, login string) *Client {
	t.Helper()
	c := s.Client(t)
	if r := c.Post("/login", "login", login, "password", fixture.Password); r.Status != http.StatusSeeOther {
		t.Fatalf("sign in as %s: %d\n%s", login, r.Status, r.Text())
	}
	return c
}

// Response is an answer that has been read.
type Response struct {
	t      testing.TB
	Status int
	Header http.Header
	Body   string
}

// Get asks for a path.
func (c *Client) Get(path string) *Response {
	c.t.Helper()
	return c.Do(http.MethodGet, path, nil, "")
}

// Post sends a form of pairs of key and value, as a page of this site would.
func (c *Client) Post(path string, pairs ...string) *Response {
	c.t.Helper()
	v := url.Values{}
	for i := 0; i+1 < len(pairs); i += 2 {
		v.Add(pairs[i], pairs[i+1])
	}
	return c.Do(http.MethodPost, path, strings.NewReader(v.Encode()), "application/x-www-form-urlencoded")
}

// Do sends any request.
func (c *Client) Do(method, path string, body io.Reader, contentType string) *Response {
	c.t.Helper()
	req, err := http.NewRequestWithContext(c.t.Context(), method, c.site.URL+path, body)
	if err != nil {
		c.t.Fatal(err)
	}
	if contentType != "" {
		req.Header.Set("Content-Type", contentType)
	}
	req.Header.Set("Sec-Fetch-Site", "same-origin")
	maps.Copy(req.Header, c.Header)
	res, err := c.http.Do(req)
	if err != nil {
		c.t.Fatal(err)
	}
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	if err != nil {
		c.t.Fatalf("%s %s: %v", method, path, err)
	}
	return &Response{c.t, res.StatusCode, res.Header, string(b)}
}

// Cookies are those that the browser holds for the site.
func (c *Client) Cookies() []*http.Cookie {
	u, err := url.Parse(c.site.URL)
	if err != nil {
		c.t.Fatal(err)
	}
	return c.http.Jar.Cookies(u)
}

// SetCookies puts cookies into the browser.
func (c *Client) SetCookies(list []*http.Cookie) {
	u, err := url.Parse(c.site.URL)
	if err != nil {
		c.t.Fatal(err)
	}
	c.http.Jar.SetCookies(u, list)
}

// Doc is the answer as a document.
func (r *Response) Doc() *goquery.Document {
	r.t.Helper()
	d, err := goquery.NewDocumentFromReader(strings.NewReader(r.Body))
	if err != nil {
		r.t.Fatal(err)
	}
	return d
}

// Text is what a reader of the page sees, without markup, spaces made one.
func (r *Response) Text() string {
	r.t.Helper()
	d := r.Doc()
	d.Find("script,style,head").Remove()
	return strings.Join(strings.Fields(d.Text()), " ")
}

// Location is where a redirect leads.
func (r *Response) Location() string { return r.Header.Get("Location") }

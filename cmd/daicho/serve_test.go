package main

import (
	"bytes"
	"context"
	"io"
	"net"
	"net/http"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"daicho/internal/fixture"
	"daicho/internal/pgtest"
)

// spoken collects what the program says and lets a test wait for a part of it.
type spoken struct {
	mu   sync.Mutex
	text bytes.Buffer
	more chan struct{}
}

func (s *spoken) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	select {
	case s.more <- struct{}{}:
	default:
	}
	return s.text.Write(p)
}

func (s *spoken) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.text.String()
}

func (s *spoken) wait(t *testing.T, re *regexp.Regexp) []string {
	t.Helper()
	limit := time.After(30 * time.Second)
	for {
		if m := re.FindStringSubmatch(s.String()); m != nil {
			return m
		}
		select {
		case <-s.more:
		case <-limit:
			t.Fatalf("nothing like %s in\n%s", re, s)
		}
	}
}

var (
	screenLine  = regexp.MustCompile(`画面:\s+(http://127\.0\.0\.1:\d+)/`)
	figuresLine = regexp.MustCompile(`msg=metrics address=(\S+)`)
)

// started runs serve until the test stops it, and returns its address, that of the figures, and how
// it ended.
func started(t *testing.T, env map[string]string, args ...string) (url, figures string, stop func() result) {
	t.Helper()
	out := &spoken{more: make(chan struct{}, 1)}
	errOut := &spoken{more: make(chan struct{}, 1)}
	ctx, cancel := context.WithCancel(t.Context())
	w := world{strings.NewReader(""), out, errOut, func(k string) string { return env[k] }, time.Now, "tester"}
	code := make(chan int, 1)
	go func() {
		code <- run(ctx, w, append([]string{"serve", "--listen", "127.0.0.1:0", "--metrics", "127.0.0.1:0"}, args...))
	}()
	url = out.wait(t, screenLine)[1]
	figures = errOut.wait(t, figuresLine)[1]
	stop = sync.OnceValue(func() result {
		cancel()
		return result{<-code, out.String(), errOut.String()}
	})
	t.Cleanup(func() { stop() })
	return url, figures, stop
}

func get(t *testing.T, url string) (int, string) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return res.StatusCode, string(b)
}

func TestServe(t *testing.T) {
	db := fixture.New(t).DB
	url, figures, stop := started(t, map[string]string{"DATABASE_URL": db.AppURL})
	if status, body := get(t, url+"/login"); status != 200 || !strings.Contains(body, "ログインする") {
		t.Errorf("/login: %d", status)
	}
	if status, _ := get(t, url+"/readyz"); status != 200 {
		t.Errorf("/readyz: %d", status)
	}
	if status, _ := get(t, url+"/metrics"); status != 404 {
		t.Errorf("the figures stand among the screens: %d", status)
	}
	if status, body := get(t, "http://"+figures+"/metrics"); status != 200 || !strings.Contains(body, `route="/login"`) || !strings.Contains(body, "daicho_db_connections_max 8") {
		t.Errorf("/metrics: %d\n%s", status, body)
	}
	if r := stop(); r.code != exitDone || strings.Contains(r.out+r.err, "見本の利用者") {
		t.Errorf("%+v", r)
	}
	if _, err := net.DialTimeout("tcp", strings.TrimPrefix(url, "http://"), time.Second); err == nil {
		t.Error("it still listens")
	}
}

// A request that runs when the operator stops the program gets its whole answer.
func TestStopFinishesRunningRequests(t *testing.T) {
	w := fixture.New(t)
	db := w.DB
	url, _, stop := started(t, map[string]string{"DATABASE_URL": db.AppURL})
	// Somebody holds the credential's throttle rows, so that the sign-in waits in the database.
	tx, err := db.Owner.Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := tx.Exec(t.Context(), `LOCK TABLE login_throttle IN ACCESS EXCLUSIVE MODE`); err != nil {
		t.Fatal(err)
	}
	status := make(chan int, 1)
	go func() {
		res, err := http.DefaultTransport.RoundTrip(form(t, url+"/login", "login="+fixture.Registrant+"&password=wrong-password-1"))
		if err != nil {
			status <- 0
			return
		}
		defer res.Body.Close()
		status <- res.StatusCode
	}()
	waiting := func() (n int) {
		w.One(t, `SELECT count(*) FROM pg_locks WHERE NOT granted AND relation = 'login_throttle'::regclass`, nil, &n)
		return n
	}
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for range 2000 {
		if waiting() > 0 {
			break
		}
		<-tick.C
	}
	ended := make(chan result, 1)
	go func() { ended <- stop() }()
	for range 2000 { // until new connections are refused: the stop has begun
		c, err := net.DialTimeout("tcp", strings.TrimPrefix(url, "http://"), time.Second)
		if err != nil {
			break
		}
		_ = c.Close()
		<-tick.C
	}
	if err := tx.Rollback(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got := <-status; got != http.StatusUnprocessableEntity {
		t.Errorf("the running request got %d", got)
	}
	if r := <-ended; r.code != exitDone {
		t.Errorf("%+v", r)
	}
}

func form(t *testing.T, url, body string) *http.Request {
	t.Helper()
	req, err := http.NewRequestWithContext(context.WithoutCancel(t.Context()), http.MethodPost, url, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	req.Header.Set("Sec-Fetch-Site", "same-origin")
	return req
}

func TestAddressInUseIsSaid(t *testing.T) {
	db := pgtest.New(t)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	r := command1(t, map[string]string{"DATABASE_URL": db.AppURL}, "", "serve", "--listen", l.Addr().String())
	if r.code != exitRefused || !strings.Contains(r.err, l.Addr().String()) {
		t.Errorf("%+v", r)
	}
	r = command1(t, map[string]string{"DATABASE_URL": db.AppURL}, "", "serve", "--listen", "127.0.0.1:0", "--metrics", l.Addr().String())
	if r.code != exitRefused || !strings.Contains(r.err, "--metrics") {
		t.Errorf("%+v", r)
	}
}

// Every time and size that bounds a client is set.
func TestServerHasItsBounds(t *testing.T) {
	s := config{}.httpServer(http.NotFoundHandler(), world{err: io.Discard}.quiet())
	if s.ReadHeaderTimeout <= 0 || s.ReadTimeout <= 0 || s.WriteTimeout <= 0 || s.IdleTimeout <= 0 || s.MaxHeaderBytes <= 0 {
		t.Errorf("%+v", s)
	}
}

func TestCookiesAreSecureUnlessLoopback(t *testing.T) {
	for args, secure := range map[string]bool{
		"--listen 127.0.0.1:1": false, "--listen [::1]:1": false, "--listen localhost:1": false, "--listen 0.0.0.0:1": true, "--listen :1": true,
		"--listen 10.0.0.1:1": true, "--listen 127.0.0.1:1 --behind-tls --proxy 10.0.0.5": true, "--listen 127.0.0.1:1 --tls-cert a --tls-key b": true,
		"--listen 0.0.0.0:1 --plain-cookies": false, "--listen 0.0.0.0:1 --plain-cookies --behind-tls --proxy 10.0.0.5": true,
	} {
		c, err := world{env: func(string) string { return "" }}.config(words(args))
		if err != nil || c.secure != secure {
			t.Errorf("%s: %v %v", args, c.secure, err)
		}
	}
	c, err := world{env: func(k string) string {
		return map[string]string{"DAICHO_LISTEN": "10.1.2.3:80", "DAICHO_IDLE": "5m"}[k]
	}}.config([]string{"--idle", "7m"})
	if err != nil || c.listen != "10.1.2.3:80" || c.idle != 7*time.Minute {
		t.Errorf("environment: %+v %v", c, err)
	}
}

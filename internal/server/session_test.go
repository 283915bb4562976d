package server_test

import (
	"context"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"daicho/internal/account"
	"daicho/internal/app"
	"daicho/internal/authz"
	"daicho/internal/fixture"
	"daicho/internal/server"
	"daicho/internal/servertest"
	"daicho/web/page"
)

func TestCookieFlags(t *testing.T) {
	for _, secure := range []bool{false, true} {
		s := servertest.New(t, func(o *server.Options, _ *app.Options) { o.Secure = secure })
		r := s.Client(t).Post("/login", "login", fixture.Registrant, "password", fixture.Password)
		cookies, err := http.ParseSetCookie(strings.Join(r.Header["Set-Cookie"], ""))
		if err != nil {
			t.Fatalf("%q: %v", r.Header["Set-Cookie"], err)
		}
		c := cookies
		if !c.HttpOnly || c.SameSite != http.SameSiteLaxMode || c.Path != "/" || c.Domain != "" || c.MaxAge != 0 || !c.Expires.IsZero() {
			t.Errorf("cookie: %s", r.Header["Set-Cookie"])
		}
		if c.Secure != secure || strings.HasPrefix(c.Name, "__Host-") != secure {
			t.Errorf("secure %v: %s", secure, r.Header["Set-Cookie"])
		}
		if got := r.Header.Get("Strict-Transport-Security"); (got != "") != secure {
			t.Errorf("secure %v: HSTS %q", secure, got)
		}
	}
}

func TestStrangersGetNoSession(t *testing.T) {
	s := servertest.New(t)
	c := s.Client(t)
	for _, path := range []string{"/login", "/help", "/nowhere", "/me"} {
		if r := c.Get(path); len(r.Header["Set-Cookie"]) != 0 {
			t.Errorf("%s sets %s", path, r.Header["Set-Cookie"])
		}
	}
}

// A token that an attacker planted before is worth nothing after somebody signs in with it.
func TestTokenIsRenewedAtSignIn(t *testing.T) {
	s := servertest.New(t)
	first := s.SignIn(t, fixture.Registrant)
	planted := first.Cookies()
	c := s.Client(t)
	c.SetCookies(planted)
	if r := c.Post("/login", "login", fixture.Manager, "password", fixture.Password); r.Status != http.StatusSeeOther {
		t.Fatalf("%d", r.Status)
	}
	if c.Cookies()[0].Value == planted[0].Value {
		t.Error("the token stayed")
	}
	if r := first.Get("/me"); r.Status != http.StatusSeeOther {
		t.Errorf("the old token still opens %d", r.Status)
	}
	invented := s.Client(t)
	invented.SetCookies([]*http.Cookie{{Name: planted[0].Name, Value: "chosen-by-the-attacker", Path: "/"}})
	invented.Post("/login", "login", fixture.Registrant, "password", fixture.Password)
	if invented.Cookies()[0].Value == "chosen-by-the-attacker" {
		t.Error("a token that was never given out is taken")
	}
}

func TestIdleAndAbsoluteLimits(t *testing.T) {
	s := servertest.New(t)
	c := s.SignIn(t, fixture.Registrant)
	var left float64
	// A request moves the idle limit.
	s.World.Exec(t, `UPDATE session SET expires_at = now() + interval '1 minute'`)
	r := c.Get("/me")
	s.World.One(t, `SELECT extract(epoch FROM expires_at - now()) FROM session`, nil, &left)
	if r.Status != 200 || left < 29*60 || left > 30*60+1 {
		t.Errorf("after a request %.0f s are left (%d)", left, r.Status)
	}
	if n, _ := strconv.Atoi(r.Header.Get("Session-Left")); n < 29*60 || n > 30*60 {
		t.Errorf("Session-Left %q", r.Header.Get("Session-Left"))
	}
	expires, err := time.Parse(time.RFC3339, r.Doc().Find("body").AttrOr("data-session-expires", ""))
	if err != nil || time.Until(expires) < 29*time.Minute {
		t.Errorf("the page says %s %v", expires, err)
	}
	if r := c.Post("/session/extend"); r.Status != http.StatusSeeOther {
		t.Errorf("extend without scripts: %d", r.Status)
	}
	// But never beyond the absolute one.
	s.World.Exec(t, `UPDATE session SET data = convert_to(jsonb_set(convert_from(data, 'UTF8')::jsonb, '{deadline}', to_jsonb(now() + interval '5 minutes'))::text, 'UTF8')`)
	r = c.Get("/me")
	s.World.One(t, `SELECT extract(epoch FROM expires_at - now()) FROM session`, nil, &left)
	if r.Status != 200 || left > 5*60+1 {
		t.Errorf("the absolute limit moved: %.0f s", left)
	}
	if n, _ := strconv.Atoi(r.Header.Get("Session-Left")); n > 5*60 {
		t.Errorf("Session-Left %d beyond the absolute limit", n)
	}
	s.World.Exec(t, `UPDATE session SET expires_at = now() - interval '1 second'`)
	if r := c.Get("/me"); r.Status != http.StatusSeeOther || !strings.HasPrefix(r.Location(), "/login") {
		t.Errorf("after the limit: %d", r.Status)
	}
	// A script that saves in the background is told, not led to a page.
	c.Header.Set("X-Requested-By", "app")
	if r := c.Post("/session/extend"); r.Status != http.StatusUnauthorized {
		t.Errorf("the script is told %d", r.Status)
	}
	if err := s.DB.Sweep(t.Context()); err != nil {
		t.Fatal(err)
	}
	var n int
	s.World.One(t, `SELECT count(*) FROM session`, nil, &n)
	if n != 0 {
		t.Errorf("%d expired sessions stay", n)
	}
}

func TestExtendTellsTheScriptWhatIsLeft(t *testing.T) {
	s := servertest.New(t)
	c := s.SignIn(t, fixture.Registrant)
	c.Header.Set("X-Requested-By", "app")
	r := c.Post("/session/extend")
	if n, _ := strconv.Atoi(r.Header.Get("Session-Left")); r.Status != http.StatusNoContent || n < 29*60 {
		t.Errorf("%d %s", r.Status, r.Header.Get("Session-Left"))
	}
}

func TestSessionsAreListedAndRevoked(t *testing.T) {
	s := servertest.New(t)
	here, there := s.SignIn(t, fixture.Registrant), s.SignIn(t, fixture.Registrant)
	other := s.SignIn(t, fixture.Manager)
	d := here.Get("/me/sessions").Doc()
	forms := d.Find("main form[action^='/me/sessions/']")
	if forms.Length() != 2 || !strings.Contains(d.Find("main").Text(), "（この端末）") || !strings.Contains(d.Find("main").Text(), "127.0.0.1") {
		t.Fatalf("list: %s", d.Find("main").Text())
	}
	mine := "/me/sessions/" + account.SessionID(here.Cookies()[0].Value)
	theirs := "/me/sessions/" + account.SessionID(there.Cookies()[0].Value)
	if r := other.Post(theirs); r.Status != http.StatusNotFound {
		t.Errorf("somebody else ends it: %d", r.Status)
	}
	if r := here.Post(theirs); r.Status != http.StatusSeeOther {
		t.Fatalf("revoke: %d", r.Status)
	}
	if r := there.Get("/me"); r.Status != http.StatusSeeOther {
		t.Errorf("the revoked session opens %d", r.Status)
	}
	if r := here.Get("/me"); r.Status != 200 {
		t.Errorf("the other one is gone too: %d", r.Status)
	}
	if r := here.Post(theirs); r.Status != http.StatusNotFound {
		t.Errorf("twice: %d", r.Status)
	}
	there = s.SignIn(t, fixture.Registrant)
	here.Post("/me/sessions")
	if here.Get("/me").Status != 200 || there.Get("/me").Status != http.StatusSeeOther || other.Get("/me").Status != 200 {
		t.Error("ending all others")
	}
	if r := here.Post(mine); r.Status != http.StatusSeeOther || here.Get("/me").Status != http.StatusSeeOther {
		t.Error("ending one's own")
	}
}

// A session that is revoked while a request of it runs does not come back when the request ends.
func TestRevokedWhileARequestRuns(t *testing.T) {
	inside, goOn := make(chan struct{}), make(chan struct{})
	s := servertest.New(t, func(o *server.Options, _ *app.Options) {
		o.Extra = []page.Route{{Method: "GET", Pattern: "/slow", Action: authz.OwnAccount, Handler: func(w http.ResponseWriter, r *http.Request, p *page.Request) error {
			close(inside)
			<-goOn
			p.Leave(page.Info, "x")
			w.WriteHeader(http.StatusNoContent)
			return nil
		}}}
	})
	c := s.SignIn(t, fixture.Registrant)
	done := make(chan struct{})
	go func() { c.Get("/slow"); close(done) }()
	<-inside
	s.World.Exec(t, `DELETE FROM session`)
	close(goOn)
	<-done
	var n int
	s.World.One(t, `SELECT count(*) FROM session`, nil, &n)
	if n != 0 || c.Get("/me").Status != http.StatusSeeOther {
		t.Errorf("%d sessions came back", n)
	}
}

func TestEndedAccountAndLostPostTakeEffectAtOnce(t *testing.T) {
	s := servertest.New(t)
	admin, user := s.SignIn(t, fixture.Admin), s.SignIn(t, fixture.Registrant)
	path := "/admin/accounts/" + strconv.FormatInt(s.World.Accounts[fixture.Registrant], 10)
	if r := admin.Post(path+"/end", "reason", "退職"); r.Status != http.StatusSeeOther {
		t.Fatalf("end: %d %s", r.Status, r.Text())
	}
	if r := user.Get("/me"); r.Status != http.StatusSeeOther {
		t.Errorf("an ended account opens %d", r.Status)
	}
	if r := s.Client(t).Post("/login", "login", fixture.Registrant, "password", fixture.Password); r.Status != 422 {
		t.Errorf("an ended account signs in: %d", r.Status)
	}
	s.World.Dismiss(t, fixture.Admin)
	if r := admin.Get("/admin/accounts"); r.Status != http.StatusForbidden {
		t.Errorf("without the post: %d", r.Status)
	}
}

func TestChangeOfPassword(t *testing.T) {
	s := servertest.New(t)
	here, there := s.SignIn(t, fixture.Registrant), s.SignIn(t, fixture.Registrant)
	before := here.Cookies()[0].Value
	const fresh = "朝の川沿いを自転車で走る"
	for _, bad := range [][]string{
		{"old", "wrong", "new", fresh, "again", fresh}, {"old", fixture.Password, "new", "短い", "again", "短い"},
		{"old", fixture.Password, "new", fresh, "again", fresh + "x"}, {"old", fixture.Password, "new", fixture.Password, "again", fixture.Password},
		{"old", "", "new", "", "again", ""},
	} {
		if r := here.Post("/me/password", bad...); r.Status != 422 || r.Doc().Find("[data-error-summary] a").Length() == 0 {
			t.Errorf("%q: %d", bad, r.Status)
		}
	}
	if r := here.Post("/me/password", "old", fixture.Password, "new", fresh, "again", fresh); r.Status != http.StatusSeeOther {
		t.Fatalf("change: %d %s", r.Status, r.Text())
	}
	if here.Get("/me").Status != 200 || here.Cookies()[0].Value == before {
		t.Error("the session here should go on under another token")
	}
	if there.Get("/me").Status != http.StatusSeeOther {
		t.Error("the session elsewhere goes on")
	}
	if r := s.Client(t).Post("/login", "login", fixture.Registrant, "password", fresh); r.Status != http.StatusSeeOther {
		t.Errorf("the new password: %d", r.Status)
	}
}

func TestMustChangeComesFirst(t *testing.T) {
	s := servertest.New(t)
	s.World.Exec(t, `UPDATE credential SET must_change = true WHERE account_id = $1`, s.World.Accounts[fixture.Registrant])
	c := s.Client(t)
	if r := c.Post("/login", "login", fixture.Registrant, "password", fixture.Password); r.Location() != "/me/password" {
		t.Fatalf("sign in leads to %s", r.Location())
	}
	if r := c.Get("/help"); r.Status != 200 {
		t.Errorf("/help: %d", r.Status)
	}
	if r := c.Get("/me"); r.Location() != "/me/password" {
		t.Errorf("/me: %d %s", r.Status, r.Location())
	}
	if r := c.Get("/me/password"); r.Status != 200 || !strings.Contains(r.Text(), "はじめに、自分のパスワードを決めてください") {
		t.Errorf("/me/password: %d", r.Status)
	}
	const fresh = "朝の川沿いを自転車で走る"
	c.Post("/me/password", "old", fixture.Password, "new", fresh, "again", fresh)
	if r := c.Get("/me"); r.Status != 200 {
		t.Errorf("afterwards: %d", r.Status)
	}
}

// No more than the given number of passwords is hashed at a time; who waits too long is told to
// come back.
func TestHashingIsBounded(t *testing.T) {
	s := servertest.New(t, func(_ *server.Options, o *app.Options) {
		o.Hashers, o.HashWait = 1, time.Millisecond
		o.Password = account.Params{Memory: 19456, Time: 40, Threads: 1} // slow enough to meet
	})
	s.World.Exec(t, `UPDATE credential SET phc = $1`, account.Dummy(account.Params{Memory: 19456, Time: 40, Threads: 1}))
	status := make(chan *servertest.Response, 4)
	for range 4 {
		go func() {
			status <- s.Client(t).Post("/login", "login", fixture.Registrant, "password", "wrong password 123")
		}()
	}
	busy := 0
	for range 4 {
		if r := <-status; r.Status == http.StatusServiceUnavailable {
			busy++
			if r.Header.Get("Retry-After") == "" {
				t.Error("503 without Retry-After")
			}
		}
	}
	if busy == 0 {
		t.Error("four hashes ran at a time where one may")
	}
	if err := s.App.Ready(context.WithoutCancel(t.Context())); err != nil {
		t.Error(err)
	}
}

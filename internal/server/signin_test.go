package server_test

import (
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"daicho/internal/account"
	"daicho/internal/app"
	"daicho/internal/fixture"
	"daicho/internal/server"
	"daicho/internal/servertest"
)

// trail reads the outcome and reason of the sign-in acts, oldest first.
func signIns(t *testing.T, s *servertest.Site) []string {
	t.Helper()
	rows, err := s.World.DB.Owner.Query(t.Context(), `SELECT outcome || ' ' || reason || ' ' || target FROM act WHERE action = 'session.sign_in' ORDER BY id`)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	var out []string
	for rows.Next() {
		var one string
		if err := rows.Scan(&one); err != nil {
			t.Fatal(err)
		}
		out = append(out, one)
	}
	return out
}

func TestSignInAndOut(t *testing.T) {
	s := servertest.New(t)
	c := s.Client(t)
	if r := c.Get("/me?x=1"); r.Status != http.StatusSeeOther || r.Location() != "/login?next=%2Fme%3Fx%3D1" {
		t.Fatalf("a stranger at /me: %d %s", r.Status, r.Location())
	}
	r := c.Post("/login", "login", "ＳＯＭＵ-shusa", "password", fixture.Password, "next", "/me?x=1")
	if r.Status != http.StatusSeeOther || r.Location() != "/me?x=1" {
		t.Fatalf("sign in: %d %s\n%s", r.Status, r.Location(), r.Text())
	}
	if r := c.Get("/me"); r.Status != 200 || !strings.Contains(r.Text(), "山田 太郎") || !strings.Contains(r.Text(), "本部事務局 総務課 主査") {
		t.Fatalf("/me: %d %s", r.Status, r.Text())
	}
	if r := c.Get("/login"); r.Status != http.StatusSeeOther || r.Location() != "/" {
		t.Errorf("the sign-in page to somebody signed in: %d", r.Status)
	}
	if r := c.Post("/logout"); r.Status != http.StatusSeeOther {
		t.Fatalf("sign out: %d", r.Status)
	}
	if r := c.Get("/me"); r.Status != http.StatusSeeOther {
		t.Errorf("after signing out: %d", r.Status)
	}
	var n int
	s.World.One(t, `SELECT count(*) FROM session`, nil, &n)
	if n != 0 {
		t.Errorf("%d sessions are left", n)
	}
	if got := signIns(t, s); len(got) != 1 || got[0] != "done  somu-shusa" {
		t.Errorf("trail: %q", got)
	}
}

func TestReturnPathStaysOnTheSite(t *testing.T) {
	s := servertest.New(t)
	for _, next := range []string{"//evil.example/", "https://evil.example/", "/\\evil.example", "javascript:alert(1)"} {
		r := s.Client(t).Post("/login", "login", fixture.Registrant, "password", fixture.Password, "next", next)
		if r.Location() != "/" {
			t.Errorf("%q leads to %q", next, r.Location())
		}
	}
}

// An unknown login, a wrong password and an ended account look alike, and each costs one hash.
func TestRefusalsLookAlike(t *testing.T) {
	s := servertest.New(t)
	s.World.Exec(t, `UPDATE account SET ended_at = now() WHERE login = $1`, fixture.Planner)
	var texts []string
	var took []time.Duration
	for _, login := range []string{fixture.Registrant, "nobody-at-all", fixture.Planner} {
		start := time.Now()
		r := s.Client(t).Post("/login", "login", login, "password", "wrong password 123")
		took = append(took, time.Since(start))
		if r.Status != http.StatusUnprocessableEntity {
			t.Fatalf("%s: %d", login, r.Status)
		}
		if len(r.Header["Set-Cookie"]) != 0 {
			t.Errorf("%s: a failure sets a cookie", login)
		}
		d := r.Doc()
		if !strings.HasPrefix(d.Find("title").Text(), "エラー：") {
			t.Errorf("title %q", d.Find("title").Text())
		}
		if v, _ := d.Find("#f-password").Attr("value"); v != "" {
			t.Error("the password comes back in the page")
		}
		texts = append(texts, strings.ReplaceAll(d.Find("main").Text(), login, ""))
	}
	if texts[0] != texts[1] || texts[0] != texts[2] {
		t.Errorf("the answers differ:\n%q\n%q\n%q", texts[0], texts[1], texts[2])
	}
	// One hash of 19 MiB takes at least some milliseconds anywhere; skipping it would show.
	for i, d := range took {
		if d < 5*time.Millisecond {
			t.Errorf("attempt %d took %s: no hash was made", i, d)
		}
	}
	want := []string{
		"refused wrong_password somu-shusa", "refused unknown_login （登録のない利用者ID）", "refused account_ended kikaku-shusa",
	}
	got := signIns(t, s)
	for i := range want {
		if got[i] != want[i] {
			t.Errorf("trail %d: %q, want %q", i, got[i], want[i])
		}
	}
}

func TestThrottleByLoginSurvivesARestart(t *testing.T) {
	s := servertest.New(t)
	c := s.Client(t)
	free := account.ByLogin().Free
	for range free + 1 {
		if r := c.Post("/login", "login", fixture.Registrant, "password", "wrong password 123"); r.Status != 422 {
			t.Fatalf("failure: %d", r.Status)
		}
	}
	// Now even the right password is not looked at, here and after a restart.
	for _, site := range []*servertest.Site{s, servertest.On(t, s.World)} {
		r := site.Client(t).Post("/login", "login", fixture.Registrant, "password", fixture.Password)
		if r.Status != http.StatusTooManyRequests || !strings.Contains(r.Text(), "秒後に") {
			t.Fatalf("while waiting: %d %s", r.Status, r.Text())
		}
	}
	// Another login from the same address goes on.
	s.SignIn(t, fixture.Manager)
	// When the wait is over, the right password clears the count.
	s.World.Exec(t, `UPDATE login_throttle SET until = now() WHERE key LIKE 'login:%'`)
	s.SignIn(t, fixture.Registrant)
	var n int
	s.World.One(t, `SELECT count(*) FROM login_throttle WHERE key LIKE 'login:%'`, nil, &n)
	if n != 0 {
		t.Errorf("%d counts are left after a success", n)
	}
	throttled := 0
	for _, one := range signIns(t, s) {
		if strings.HasPrefix(one, "refused throttled") {
			throttled++
		}
	}
	if throttled != 1 {
		t.Errorf("the wait stands %d times in the trail, want once", throttled)
	}
}

func TestThrottleByAddress(t *testing.T) {
	s := servertest.New(t, func(_ *server.Options, o *app.Options) {
		o.Password = account.Params{Memory: 64, Time: 1, Threads: 1}
	})
	c := s.Client(t)
	for i := range account.ByAddress().Free + 1 {
		c.Post("/login", "login", "guess-"+strconv.Itoa(i), "password", "wrong password 123")
	}
	if r := c.Post("/login", "login", fixture.Manager, "password", fixture.Password); r.Status != http.StatusTooManyRequests {
		t.Errorf("after many logins from one address: %d", r.Status)
	}
}

// Guesses made at the same time are counted as if one after another: no more are looked at than the
// free ones, and a right one among the rest is refused.
func TestThrottleHoldsAgainstABurst(t *testing.T) {
	s := servertest.New(t)
	const attempts = 30
	status := make(chan int, attempts)
	for range attempts {
		go func() {
			status <- s.Client(t).Post("/login", "login", fixture.Registrant, "password", "wrong password 123").Status
		}()
	}
	count := map[int]int{}
	for range attempts {
		count[<-status]++
	}
	if r := s.Client(t).Post("/login", "login", fixture.Registrant, "password", fixture.Password); r.Status != http.StatusTooManyRequests {
		t.Errorf("the right password after the burst: %d", r.Status)
	}
	if count[http.StatusTooManyRequests] == 0 {
		t.Errorf("answers: %v", count)
	}
}

// What was typed as a login may be a password: it never reaches the trail, the throttle or the log.
func TestSecretsReachNothing(t *testing.T) {
	s := servertest.New(t)
	const secret = "typed-into-the-wrong-field-9"
	c := s.Client(t)
	c.Post("/login", "login", secret, "password", secret)
	c.Post("/login", "login", fixture.Registrant, "password", secret)
	in := s.SignIn(t, fixture.Registrant)
	in.Post("/me/password", "old", fixture.Password, "new", secret+" 長い言葉", "again", secret+" 長い言葉")
	token := in.Cookies()[0].Value
	var dump string
	s.World.One(t, `SELECT string_agg(x, ' ') FROM (
		SELECT a::text AS x FROM act a UNION ALL SELECT c::text FROM change c UNION ALL SELECT l::text FROM login_throttle l
		UNION ALL SELECT s::text || convert_from(data, 'UTF8') FROM session s) y`, nil, &dump)
	for _, where := range map[string]string{"database": dump, "log": s.Log.String()} {
		for _, bad := range []string{secret, fixture.Password, token, "argon2id"} {
			if strings.Contains(where, bad) {
				t.Errorf("%q stands in the trail, the sessions or the log", bad)
			}
		}
	}
	var facts int
	s.World.One(t, `SELECT count(*) FROM change WHERE tbl = 'credential' AND op = 'UPDATE' AND before IS NULL AND after IS NULL`, nil, &facts)
	if facts != 1 {
		t.Errorf("the change of the password is %d facts in the trail", facts)
	}
}

func TestRehashWhenTheCostsChange(t *testing.T) {
	s := servertest.New(t)
	cheap := account.Params{Memory: 64, Time: 1, Threads: 1}
	s.World.Exec(t, `UPDATE credential SET phc = $1 WHERE account_id = $2`,
		account.Encode(fixture.Password, []byte("0123456789abcdef"), cheap), s.World.Accounts[fixture.Registrant])
	s.SignIn(t, fixture.Registrant)
	var phc string
	s.World.One(t, `SELECT phc FROM credential WHERE account_id = $1`, []any{s.World.Accounts[fixture.Registrant]}, &phc)
	if account.Outdated(phc, account.DefaultParams()) {
		t.Errorf("still %s", phc[:40])
	}
	s.SignIn(t, fixture.Registrant)
}

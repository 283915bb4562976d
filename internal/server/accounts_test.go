package server_test

import (
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"daicho/internal/fixture"
	"daicho/internal/servertest"
)

var generated = regexp.MustCompile(`[2-9a-z]{4}-[2-9a-z]{4}-[2-9a-z]{4}-[2-9a-z]{4}`)

func accountPath(s *servertest.Site, login string) string {
	return "/admin/accounts/" + strconv.FormatInt(s.World.Accounts[login], 10)
}

func TestAdministratorMakesAnAccountForAPerson(t *testing.T) {
	s := servertest.New(t)
	s.World.Exec(t, `INSERT INTO person (code, name, yomi) VALUES ('S-900', '新人 一郎', 'しんじん いちろう')`)
	admin := s.SignIn(t, fixture.Admin)
	form := admin.Get("/admin/accounts/new").Doc()
	person, _ := form.Find("select[name=person] option:contains('新人 一郎')").Attr("value")
	if person == "" {
		t.Fatalf("the form does not offer the person: %s", form.Find("main").Text())
	}
	if n := form.Find("select[name=person] option:contains('山田 太郎')").Length(); n != 0 {
		t.Error("the form offers somebody who has an account")
	}
	for _, bad := range [][]string{
		{"login", "", "person", person}, {"login", "だめ", "person", person}, {"login", "ok-login", "person", ""}, {"login", "ok-login", "person", "999999"},
		{"login", fixture.Manager, "person", person}, {"login", "ok-login", "person", "new"}, {"login", "ok-login", "person", "new", "name", "名前", "post", "7777"},
	} {
		r := admin.Post("/admin/accounts/new", bad...)
		if r.Status != 422 || r.Doc().Find("[data-error-summary] a").Length() == 0 {
			t.Errorf("%q: %d %s", bad, r.Status, r.Text())
		}
	}
	r := admin.Post("/admin/accounts/new", "login", "Shinjin", "person", person)
	password := generated.FindString(r.Text())
	if r.Status != 200 || password == "" || r.Header.Get("Cache-Control") != "no-store" {
		t.Fatalf("create: %d %s", r.Status, r.Text())
	}
	c := s.Client(t)
	if r := c.Post("/login", "login", "shinjin", "password", password); r.Location() != "/me/password" {
		t.Errorf("the first sign-in leads to %q", r.Location())
	}
	var leaks int
	s.World.One(t, `SELECT count(*) FROM act WHERE act::text LIKE '%' || $1 || '%'`, []any{password}, &leaks)
	if leaks != 0 {
		t.Error("the password stands in the trail")
	}
}

func TestAdministratorMakesANewPerson(t *testing.T) {
	s := servertest.New(t)
	admin := s.SignIn(t, fixture.Admin)
	post := strconv.FormatInt(s.World.Posts["p-kikaku-shusa"], 10)
	r := admin.Post("/admin/accounts/new", "login", "tenkin", "person", "new", "name", "髙橋 﨑子", "yomi", "たかはし さきこ", "code", "Ｓ９９", "post", post)
	password := generated.FindString(r.Text())
	if r.Status != 200 || password == "" {
		t.Fatalf("create: %d %s", r.Status, r.Text())
	}
	var name, code, posts string
	s.World.One(t, `SELECT p.name, p.code, q.code FROM person p JOIN account a ON a.person_id = p.id JOIN appointment m ON m.person_id = p.id
		JOIN post q ON q.id = m.post_id WHERE a.login = 'tenkin'`, nil, &name, &code, &posts)
	if name != "髙橋 﨑子" || code != "S99" || posts != "p-kikaku-shusa" {
		t.Errorf("%s %s %s", name, code, posts)
	}
	var detail string
	var unit int64
	s.World.One(t, `SELECT detail::text, unit_id FROM act WHERE action = 'account.manage' AND target = 'tenkin'`, nil, &detail, &unit)
	if !strings.Contains(detail, "企画課 主査") || !strings.Contains(detail, "登録者") || unit != s.World.Units["honbu-kikaku"] {
		t.Errorf("the act does not say which post was given: %s", detail)
	}
	// Who answers for the organisation sees the grant without looking for it; nobody else is shown it.
	if text := s.SignIn(t, fixture.Chief).Get("/").Text(); !strings.Contains(text, "企画課 主査") || !strings.Contains(text, "髙橋 﨑子") {
		t.Errorf("統括 is not shown who was given which post: %s", text)
	}
	if text := s.SignIn(t, fixture.Manager).Get("/").Text(); strings.Contains(text, "髙橋 﨑子") {
		t.Error("a manager is shown the grants of posts")
	}
	if r := admin.Post("/admin/accounts/new", "login", "tenkin2", "person", "new", "name", "別人", "code", "S99", "post", post); r.Status != 422 || !strings.Contains(r.Text(), "職員番号") {
		t.Errorf("a code that is taken: %d", r.Status)
	}
}

func TestResetAndResume(t *testing.T) {
	s := servertest.New(t)
	admin, user := s.SignIn(t, fixture.Admin), s.SignIn(t, fixture.Registrant)
	path := accountPath(s, fixture.Registrant)
	r := admin.Post(path + "/reset")
	first := generated.FindString(r.Text())
	if r.Status != 200 || first == "" {
		t.Fatalf("reset: %d", r.Status)
	}
	if user.Get("/me").Status != http.StatusSeeOther {
		t.Error("the old session goes on")
	}
	if r := s.Client(t).Post("/login", "login", fixture.Registrant, "password", fixture.Password); r.Status != 422 {
		t.Errorf("the old password: %d", r.Status)
	}
	if r := admin.Post(path+"/end", "reason", ""); r.Status != 422 {
		t.Errorf("an end without a reason: %d", r.Status)
	}
	admin.Post(path+"/end", "reason", "退職")
	if text := admin.Get(path).Text(); !strings.Contains(text, "利用終了") || !strings.Contains(text, "利用を再開し") {
		t.Errorf("the page of an ended account: %s", text)
	}
	if n := admin.Get("/admin/accounts").Doc().Find("main a:contains('" + fixture.Registrant + "')").Length(); n != 0 {
		t.Error("an ended account stands in the list of those in use")
	}
	if n := admin.Get("/admin/accounts?ended=1").Doc().Find("main a:contains('" + fixture.Registrant + "')").Length(); n != 1 {
		t.Error("an ended account cannot be found")
	}
	again := generated.FindString(admin.Post(path + "/reset").Text())
	if again == "" || again == first {
		t.Fatal("the same password twice, or none")
	}
	if r := s.Client(t).Post("/login", "login", fixture.Registrant, "password", again); r.Location() != "/me/password" {
		t.Errorf("after resuming: %d", r.Status)
	}
}

func TestOneCannotEndOrResetOneself(t *testing.T) {
	s := servertest.New(t)
	admin := s.SignIn(t, fixture.Admin)
	path := accountPath(s, fixture.Admin)
	for _, r := range []*servertest.Response{admin.Post(path+"/end", "reason", "x"), admin.Post(path + "/reset")} {
		if r.Status != http.StatusConflict {
			t.Errorf("%d", r.Status)
		}
	}
	if admin.Get("/admin/accounts").Status != 200 {
		t.Error("the administrator is out")
	}
	for _, odd := range []string{"/admin/accounts/abc", "/admin/accounts/999999", "/admin/accounts/99999999999999999999"} {
		if r := admin.Get(odd); r.Status != 404 {
			t.Errorf("%s: %d", odd, r.Status)
		}
	}
}

func TestAccountsAreFound(t *testing.T) {
	s := servertest.New(t)
	admin := s.SignIn(t, fixture.Admin)
	for q, want := range map[string]int{"somu": 3, "山田": 1, "さとう": 1, "S-somu-shusa": 1, "%25": 0, "_": 0, "そのような人はいない": 0, "": len(s.World.Accounts)} {
		d := admin.Get("/admin/accounts?q=" + q).Doc()
		if n := d.Find("main tbody tr").Length(); n != want {
			t.Errorf("%q finds %d, want %d", q, n, want)
		}
	}
}

func TestOwnSettings(t *testing.T) {
	s := servertest.New(t)
	c := s.SignIn(t, fixture.Registrant)
	if r := c.Post("/me", "density", "huge"); r.Status != 422 {
		t.Errorf("a density that is not there: %d", r.Status)
	}
	r := c.Post("/me", "density", "relaxed")
	if r.Status != http.StatusSeeOther {
		t.Fatalf("%d", r.Status)
	}
	var who, request string
	s.World.One(t, `SELECT person_text, request_id FROM act WHERE action = 'account.own'`, nil, &who, &request)
	if who != "山田 太郎" || request != r.Header.Get("X-Request-Id") {
		t.Errorf("the act: %s %s, want the request %s", who, request, r.Header.Get("X-Request-Id"))
	}
	d := c.Get("/me").Doc()
	if d.Find("body").AttrOr("data-shortcuts", "") != "off" || d.Find("input[value=relaxed][checked]").Length() != 1 || !strings.Contains(d.Find("main").Text(), "設定を保存しました") {
		t.Errorf("%s", d.Find("main").Text())
	}
	if strings.Contains(c.Get("/me").Text(), "設定を保存しました") {
		t.Error("the message stays")
	}
}

package server_test

import (
	"net/url"
	"strings"
	"testing"

	"daicho/internal/fixture"
	"daicho/internal/servertest"
)

// planted writes acts as use cases do, each with a word of its own.
func planted(t *testing.T) *servertest.Site {
	t.Helper()
	s := servertest.New(t)
	add := func(action, unit, outcome, target, at string) {
		var id int64
		if unit != "" {
			id = s.World.Units[unit]
		}
		if _, err := s.World.DB.Owner.Exec(t.Context(), `INSERT INTO act (at, person_text, auth, channel, action, outcome, target, unit_id, reason, detail)
			VALUES ($1, '植えた 人', 'password', 'web', $2, $3, $4, nullif($5::bigint, 0), '理由の語', '{"deed": "draft"}')`, at, action, outcome, target, id); err != nil {
			t.Fatal(err)
		}
	}
	add("asset.register", "honbu-somu", "done", "総務の語", "2026-04-01T00:00:00+09:00")
	add("asset.register", "gikai", "done", "議会の語", "2026-04-01T23:59:59+09:00")
	add("application.decide", "bosai-bosai", "refused", "防災の語", "2026-04-02T00:00:00+09:00")
	add("account.manage", "", "done", "利用者の語", "2026-04-03T12:00:00+09:00")
	add("pack.load", "", "done", "パックの語", "2026-04-03T12:00:00+09:00")
	return s
}

var markers = []string{"総務の語", "議会の語", "防災の語", "利用者の語", "パックの語"}

func seen(r *servertest.Response) string {
	var out []string
	text := r.Text()
	for _, m := range markers {
		if strings.Contains(text, m) {
			out = append(out, strings.TrimSuffix(m, "の語"))
		}
	}
	return strings.Join(out, " ")
}

func TestTrailScope(t *testing.T) {
	s := planted(t)
	// An auditor whose post reaches one organ only, and an administrator who is also one.
	s.World.Exec(t, `INSERT INTO post (code, unit_id, name, role, reach) VALUES ('p-gikai-kansa', $1, '監査担当', 'auditor', 'organ')`, s.World.Units["gikai"])
	s.World.One(t, `SELECT id FROM post WHERE code = 'p-gikai-kansa'`, nil, new(int64))
	var post int64
	s.World.One(t, `SELECT id FROM post WHERE code = 'p-gikai-kansa'`, nil, &post)
	s.World.Posts["p-gikai-kansa"] = post
	s.World.Appoint(t, fixture.Gikai, "p-gikai-kansa", "concurrent")
	for login, want := range map[string]string{
		fixture.Chief: "総務 議会 防災 利用者 パック", fixture.CISO: "総務 議会 防災 利用者 パック", fixture.Auditor: "総務 議会 防災 利用者 パック",
		fixture.Admin: "利用者 パック", fixture.Gikai: "議会",
	} {
		r := s.SignIn(t, login).Get("/admin/trail")
		if got := seen(r); r.Status != 200 || got != want {
			t.Errorf("%s sees %q, want %q (%d)", login, got, want, r.Status)
		}
	}
	s.World.Appoint(t, fixture.Admin, "p-gikai-kansa", "concurrent")
	if got := seen(s.SignIn(t, fixture.Admin).Get("/admin/trail")); got != "議会 利用者 パック" {
		t.Errorf("both posts see %q", got)
	}
	for _, login := range []string{fixture.Registrant, fixture.Manager, fixture.Responsible} {
		if r := s.SignIn(t, login).Get("/admin/trail"); r.Status != 403 {
			t.Errorf("%s: %d", login, r.Status)
		}
	}
}

func TestTrailFilter(t *testing.T) {
	s := planted(t)
	s.World.Exec(t, `INSERT INTO asset (kind, number) VALUES ('IS', '2026-KR-000001-1')`)
	s.World.Exec(t, `INSERT INTO act (person_text, auth, channel, action, target, asset_id) SELECT '別の人', 'password', 'web', 'asset.attach', 'x', id FROM asset`)
	c := s.SignIn(t, fixture.Auditor)
	for query, want := range map[string]string{
		"person=植えた":                                          "総務 議会 防災 利用者 パック",
		"person=いない人":                                         "",
		"action=asset.register":                               "総務 議会",
		"outcome=refused&person=植えた":                          "防災",
		"from=R8.4.1&to=R8.4.1":                               "総務 議会",
		"from=2026-04-02&to=令和8年4月2日":                         "防災",
		"to=2026-04-02":                                       "総務 議会 防災",
		"action=account.manage&from=2026-04-01&to=2026-04-30": "利用者",
		"number=2026-KR-000001-1":                             "",
	} {
		v, err := url.ParseQuery(query)
		if err != nil {
			t.Fatal(err)
		}
		r := c.Get("/admin/trail?" + v.Encode())
		if got := seen(r); r.Status != 200 || got != want {
			t.Errorf("%s: %q, want %q (%d)", query, got, want, r.Status)
		}
	}
	r := c.Get("/admin/trail?number=" + url.QueryEscape("２０２６-KR-000001-1"))
	if n := r.Doc().Find("main tbody tr").Length(); n != 1 || !strings.Contains(r.Text(), "2026-KR-000001-1") {
		t.Errorf("by number: %d rows", n)
	}
	if r := c.Get("/admin/trail?from=8.4.1"); r.Status != 422 || r.Doc().Find("[data-error-summary] a[href='#f-from']").Length() != 1 {
		t.Errorf("a day that can be read in two ways: %d", r.Status)
	}
	if text := c.Get("/admin/trail?action=asset.register").Text(); !strings.Contains(text, "理由の語") || !strings.Contains(text, "下書きの保存") || !strings.Contains(text, "令和8年4月1日 23:59:59") {
		t.Errorf("the row does not say it in words: %s", text)
	}
}

func TestTrailPages(t *testing.T) {
	s := servertest.New(t)
	if _, err := s.World.DB.Owner.Exec(t.Context(), `INSERT INTO act (person_text, auth, channel, action, target)
		SELECT '多い人', 'none', 'system', 'pack.load', 'no ' || n FROM generate_series(1, 10050) n`); err != nil {
		t.Fatal(err)
	}
	c := s.SignIn(t, fixture.Auditor)
	r := c.Get("/admin/trail?person=多い人")
	if n := r.Doc().Find("main tbody tr").Length(); n != 100 || !strings.Contains(r.Text(), "10,000件以上") || !strings.Contains(r.Text(), "no 10050 ") {
		t.Errorf("first page: %d rows", n)
	}
	last := c.Get("/admin/trail?person=多い人&page=100")
	if n := last.Doc().Find("main tbody tr").Length(); n != 100 || !strings.Contains(last.Text(), "no 51 ") {
		t.Errorf("last page: %d rows", n)
	}
	for _, odd := range []string{"page=0", "page=-1", "page=x", "page=99999999999"} {
		if r := c.Get("/admin/trail?" + odd); r.Status != 200 {
			t.Errorf("%s: %d", odd, r.Status)
		}
	}
}

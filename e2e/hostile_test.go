package e2e

import (
	"bytes"
	"fmt"
	"maps"
	"mime/multipart"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"github.com/PuerkitoBio/goquery"
)

// inside are words that an error has inside of the program and no user may read.
var inside = []string{"SQLSTATE", "pgx", "runtime error", "goroutine ", "panic:", "null value", "violates", `relation "`, "context deadline", "errs.", "<nil>"}

var codeLine = regexp.MustCompile(`\.go:\d+`)

// insider returns the first of those words in a page, or the line of the program that it names. The
// pages of this package's tests are megabytes by the hundred: one expression for all words took most
// of their time.
func insider(page string) string {
	for _, w := range inside {
		if strings.Contains(page, w) {
			return w
		}
	}
	if strings.Contains(page, ".go:") {
		return codeLine.FindString(page)
	}
	return ""
}

// sound fails the test when an answer breaks what holds for every answer: it is the user's fault or
// nobody's, it keeps to itself what happened inside, and it carries the headers that guard it.
func (a *answer) sound() *answer {
	a.v.t.Helper()
	at := fmt.Sprintf("%s: %d", a.At, a.Status)
	if len(at) > 200 {
		at = at[:200]
	}
	if a.Status >= 500 {
		a.v.t.Errorf("%s\n%s", at, a.main())
	}
	if strings.HasPrefix(a.Header.Get("Content-Type"), "text/html") {
		if insider(string(a.Body)) != "" { // unless chance has put it into a number of the request
			if m := insider(a.alike()); m != "" {
				a.v.t.Errorf("%s says %q", at, m)
			}
		}
		a.foreign()
	}
	if a.Header.Get("X-Content-Type-Options") != "nosniff" || !strings.HasPrefix(a.Header.Get("Content-Security-Policy"), "default-src 'none'") {
		a.v.t.Errorf("%s lacks its headers: %v", at, a.Header)
	}
	return a
}

// foreign fails the test when markup that somebody typed became markup of the page.
func (a *answer) foreign() {
	a.v.t.Helper()
	d := a.doc()
	d.Find(`xss, [xss], script:not([src]), img[onerror], svg[onload], iframe, base, object, style, [style], a[href^="javascript:"], form[action^="http"]`).Each(func(_ int, e *goquery.Selection) {
		html, _ := goquery.OuterHtml(e)
		a.v.t.Errorf("%s: what was typed is markup: %.200s", a.At.Path, html)
	})
}

// injections are what people type who want their words to be run. Each is short enough for any field.
var injections = []string{
	`"><xss a='`, `'><xss>`, `<script>xss</script>`, `<img src=x onerror=xss>`, `</textarea><xss>`, `</title><xss>`, `<!--<xss>`,
	`javascript:xss`, `" xss="1`, `<svg onload=xss>`, `{{xss}}${xss}`, `&lt;xss&gt;`, `]]><xss>`, `\u003cxss\u003e`, `＜xss＞`, `<base href=//xss>`,
}

// Whatever is typed into whichever field of whichever kind stays text: in the draft as it was saved,
// and on every page, print and file of an asset in force.
func TestInjections(t *testing.T) {
	t.Parallel()
	p := sample(t)
	v := as(t, p, kikakuClerk)
	for i, k := range kinds {
		a := v.open("/assets/new/" + k.code)
		f := a.form("form.assetform")
		n := i
		a.doc().Find("form.assetform input, form.assetform textarea").Each(func(_ int, c *goquery.Selection) {
			name, kind := c.AttrOr("name", ""), c.AttrOr("type", "text")
			if name == "" || name == "draft" || name == "form_token" || name == "rows" || kind == "submit" || kind == "file" {
				return
			}
			f.Set(name, injections[n%len(injections)])
			n++
		})
		saved := f.send(doSave).sound()
		if saved.Status == http.StatusSeeOther {
			saved = saved.follow().sound()
		}
		again := saved.form("form.assetform")
		for name, values := range f.Values {
			if kept := again.Get(name); name != "draft" && name != "scheme" && name != "form_token" && name != "rows" && name != "members_paste" && !strings.HasPrefix(name, "q.") && !strings.HasPrefix(name, "level_") && !strings.HasSuffix(name, "_q") && again.Has(name) && kept != values[0] && f.Values.Get(name) != "" {
				t.Errorf("%s: %s holds %q, was typed as %q", k.code, name, kept, values[0])
			}
		}
		again.send(doSubmit).sound()
		if strings.HasPrefix(again.path, "/drafts/") {
			v.open(again.path + "/discard").form("form.actions").send("")
		}
	}

	for i := 0; i < len(injections); i += 4 {
		bad := injections[i : i+4]
		name := once(bad[0])
		k := kindOf(t, "EQ")
		f := v.blank(k, name)
		for at, key := range []string{"summary", "notes", "contact", "place", "business", "users_scope", "members.1.holder", "members.1.place"} {
			f.Set(key, bad[at%4])
		}
		application := f.apply()
		chief := as(t, p, kikakuChief)
		chief.open(strings.Replace(application, "/requests/", "/approvals/", 1)).sound()
		if a := chief.decide(application, "return", bad[1]).sound(); a.Status != http.StatusSeeOther {
			t.Fatalf("not returned: %d\n%s", a.Status, a.main())
		}
		v.open("/my/requests").sound().see(bad[1])
		draft := v.open(application).sound().doc().Find(`main a[href^="/drafts/"]`).First().AttrOr("href", "")
		f = v.open(draft).sound().form("form.assetform")
		f.Set("notes", bad[2]) // what came back unchanged is not taken
		application = f.apply()
		chief.approve(application)
		no := v.number(name)
		v.attach(no, strings.NewReplacer("/", "", "<", "＜").Replace(bad[2])+".csv", "番号\r\n1\r\n")
		for _, tab := range []string{"", "/controls", "/relations", "/files", "/history", "/history/1", "/history/2", "/print", "/edit"} {
			v.open("/assets/" + no + tab).sound()
		}
		v.open("/assets/"+no).see(name, bad[1])
		for _, path := range []string{"/", "/assets", "/ledgers", "/ledgers/print?paper=a3&kind=EQ&unit=honbu-kikaku", "/my/requests", "/approvals"} {
			v.get(path).follow().sound()
		}
		chief.open("/approvals").sound()
		as(t, p, auditor).open("/admin/trail").sound()
	}
	for _, bad := range injections {
		q := url.QueryEscape(bad)
		for _, path := range []string{"/assets?q=" + q, "/assets?unit=" + q, "/assets?kind=" + q, "/assets?sort=" + q, "/assets?c=" + q, "/assets?from=" + q, "/assets?page=" + q, "/ledgers?q=" + q, "/ledgers/print?q=" + q, "/assets.csv?q=" + q,
			"/assets/" + url.PathEscape(bad), "/assets/new/" + url.PathEscape(bad), "/assets/new/EQ?from=" + q, "/picker?kind=EQ&end=rel-stores-out&rel-stores-out_q=" + q, "/picker?kind=EQ&end=" + q, "/drafts/" + url.PathEscape(bad), "/my/requests?page=" + q, "/" + url.PathEscape(bad), "/static/" + url.PathEscape(bad)} {
			v.get(path).sound()
		}
		as(t, p, admin).get("/admin/accounts?q=" + q).sound()
		as(t, p, chief).get("/admin/trail?q=" + q + "&action=" + q + "&from=" + q).sound()
		visit(t, p).get("/login?next=" + q).sound()
	}
}

// Signs that no text may hold, numbers out of bounds, and bodies of the wrong form or size are
// refused in words; nothing of them is kept, and nothing breaks.
func TestMalformedInput(t *testing.T) {
	t.Parallel()
	p := sample(t)
	v := as(t, p, geoClerk)
	for what, bad := range map[string]string{
		"NUL": "名\x00簿", "escape": "名\x1b[31m簿", "bell": "\x07", "right-to-left": "名簿\u202efdp", "isolate": "名\u2066簿", "not UTF-8": "名\xff\xfe簿", "half a character": "\xe5\x90", "surrogate": "\xed\xa0\x80",
		"70 KB": strings.Repeat("長", 24_000),
	} {
		for _, key := range []string{"name", "summary", "place", "members.1.serial", "q.mynumber", "level_reason", "unit"} {
			f := v.blank(kindOf(t, "EQ"), once("不正な文字"))
			f.Set(key, bad)
			a := f.send(doSave).sound()
			if key == "q.mynumber" || key == "level_reason" && what != "70 KB" {
				continue // EQ has no such question: what it is not asked it may leave out
			}
			if a.Status != http.StatusUnprocessableEntity {
				t.Errorf("%s in %s: %d", what, key, a.Status)
			}
		}
		for _, path := range []string{"/assets?q=", "/assets?unit=", "/assets.csv?q=", "/ledgers/print?q=", "/picker?kind=EQ&end=rel-stores-out&rel-stores-out_q=", "/assets/", "/assets/new/", "/my/requests?page="} {
			if len(bad) < 1000 {
				v.get(path + url.PathEscape(bad)).sound()
			}
		}
		w := visit(t, p)
		f := w.open("/login").form("form")
		f.Set("login", bad)
		f.Set("password", bad)
		f.send("").sound()
	}
	for _, id := range []string{"0", "-1", "99999999999999999999", "1e9", "0x10", "１", "1;", "1%00", "%2e%2e", "..%2f..", "NaN", " 1"} {
		for _, path := range []string{"/drafts/%s", "/requests/%s", "/approvals/%s", "/assets/%s", "/assets/2026-KR-000001-9/history/%s", "/assets/2026-KR-000001-9/files/%s", "/assets?page=%s", "/assets?size=%s", "/my/requests/submit?asset=%s", "/assets?fy=%s"} {
			v.get(fmt.Sprintf(path, strings.ReplaceAll(id, " ", "%20"))).sound()
		}
		v.post("/drafts/"+strings.ReplaceAll(id, " ", "%20"), url.Values{"draft": {id + ":" + id}, "name": {"x"}}).sound()
		v.post("/assets/new/EQ", url.Values{"draft": {id + ":" + id}, "rows": {id}, "rel": {"stores:out:" + id}, "members." + id + ".serial": {"x"}}).sound()
		v.post("/my/requests/submit", url.Values{"asset": {id, id}}).sound()
	}

	drafts := func() string { return v.open("/my/requests").doc().Find("main .toolbar__count strong").First().Text() }
	big := "name=" + strings.Repeat("x", 10<<20)
	if a := v.do(http.MethodPost, "/assets/new/EQ", strings.NewReader(big), urlencoded).sound(); a.Status != http.StatusRequestEntityTooLarge {
		t.Errorf("a field of 10 MB: %d", a.Status)
	}
	var many strings.Builder
	for i := range 60_000 {
		fmt.Fprintf(&many, "members.%d.serial=1&", i)
	}
	v.do(http.MethodPost, "/assets/new/EQ/autosave", strings.NewReader(many.String()), urlencoded).sound()
	before := drafts()
	for kind, body := range map[string]string{
		"application/json": `{"name":"x"}`, "text/plain": "name=x", "multipart/form-data; boundary=b": "--b\r\nContent-Disposition: form-data; name=\"name\"\r\n\r\nx\r\n--b--\r\n",
		"application/xml": "<name>x</name>", "": "name=x", "x": "name=x",
	} {
		a := v.do(http.MethodPost, "/assets/new/EQ", strings.NewReader(body), kind).sound()
		if a.Status < 400 {
			t.Errorf("a form as %q: %d", kind, a.Status)
		}
	}
	if after := drafts(); after != before {
		t.Errorf("%s drafts after bodies that are no forms, %s before", after, before)
	}
	for _, body := range []string{"name=%zz", "name=%", "&&&=&", strings.Repeat("a=b&", 100_000), "name=x;do=submit"} {
		v.do(http.MethodPost, "/assets/new/EQ", strings.NewReader(body), urlencoded).sound()
	}
	for _, method := range []string{"PUT", "DELETE", "PATCH", "TRACE", "OPTIONS", "BREW"} {
		if a := v.do(method, "/assets", nil, "").sound(); a.Status != http.StatusMethodNotAllowed {
			t.Errorf("%s: %d", method, a.Status)
		}
	}
	for _, path := range []string{"/static/../go.mod", "/static/%2e%2e/%2e%2e/etc/passwd", "/static/..%5c..", "/../etc/passwd", "//evil.example/", "/\\evil.example", "/assets/../../etc", "/.git/config", "/metrics", "/debug/pprof/"} {
		if a := v.get(path); a.Status < 300 || strings.Contains(a.Location(), "evil") {
			t.Errorf("%s: %d %s", path, a.Status, a.Location())
		}
	}
}

// A form is one act however often it is sent, and no form of another site is taken.
func TestReplayedAndForgedForms(t *testing.T) {
	t.Parallel()
	p := sample(t)
	v, chief := as(t, p, kikakuClerk), as(t, p, kikakuChief)
	name := once("二度送り")
	f := v.blank(kindOf(t, "SD"), name)
	a, b := f.send(doSubmit).sound(), f.send(doSubmit).sound()
	if a.Status != http.StatusSeeOther || b.Status != http.StatusSeeOther {
		t.Fatalf("sent twice: %d, %d\n%s", a.Status, b.Status, b.main())
	}
	rows := v.open("/assets?" + url.Values{"q": {name}}.Encode())
	rows.see("1件")
	application := v.open("/my/requests").doc().Find(`main table a[href^="/requests/"]:contains("` + name + `")`)
	if application.Length() == 0 {
		t.Fatal("no application")
	}
	if n := v.open("/my/requests").doc().Find(`main th a:contains("` + name + `")`).Length(); n != 1 {
		t.Errorf("%d drafts and applications of one form", n)
	}
	at := application.First().AttrOr("href", "")
	decision := chief.open(strings.Replace(at, "/requests/", "/approvals/", 1)).form("form.decide")
	if a := decision.send("do=approve").sound(); a.Status != http.StatusSeeOther {
		t.Fatalf("not approved: %d", a.Status)
	}
	decision.send("do=return").sound() // the same form again: it leads to what it did
	decision.Set("form_token", "another")
	decision.Set("comment", "やはり直してください")
	for _, do := range []string{"do=approve", "do=return"} {
		if a := decision.send(do).sound(); a.Status != http.StatusConflict {
			t.Errorf("decided a second time, %s: %d", do, a.Status)
		}
	}
	no := v.number(name)
	if n := v.open("/assets/" + no + "/history").doc().Find(`main tbody tr`).Length(); n < 1 {
		t.Errorf("%d lines of history", n)
	}
	v.open("/assets/" + no).see("使用中")

	// Somebody's own application: no button, and the form that is made up is refused.
	own := as(t, p, kikakuChief).blank(kindOf(t, "SD"), once("課長の申請"))
	mine := own.apply()
	page := chief.open(strings.Replace(mine, "/requests/", "/approvals/", 1))
	if page.doc().Find("form.decide").Length() != 0 {
		t.Error("one may decide one's own application")
	}
	forged := chief.post(strings.Replace(mine, "/requests/", "/approvals/", 1), url.Values{"do": {"approve"}, "seen": {decision.Get("seen")}}).sound()
	if forged.Status != http.StatusForbidden && forged.Status != http.StatusNotFound {
		t.Errorf("one's own application was decided: %d\n%s", forged.Status, forged.main())
	}

	draft := v.blank(kindOf(t, "SD"), once("偽の送信")).draft()
	for what, head := range map[string]http.Header{
		"another site": {"Origin": {"https://evil.example"}}, "nobody": {"Origin": {"null"}}, "a neighbour": {"Origin": {strings.Replace(p.URL, "127.0.0.1", "127.0.0.2", 1)}},
		"says the browser": {"Sec-Fetch-Site": {"cross-site"}}, "a sister site": {"Sec-Fetch-Site": {"same-site"}, "Origin": {p.URL}},
	} {
		w := v.in(t)
		maps.Copy(w.head, head)
		for _, path := range []string{draft, draft + "/autosave", draft + "/discard", "/assets/" + no + "/edit", "/my/requests/submit", "/logout", "/me", "/me/password", "/assets/new/SD"} {
			if a := w.post(path, url.Values{"name": {"evil"}, "asset": {last(draft)}}).sound(); a.Status != http.StatusForbidden {
				t.Errorf("%s, %s: %d", what, path, a.Status)
			}
		}
	}
	v.open(draft)
	stranger := visit(t, p)
	if a := stranger.post(draft, url.Values{"name": {"evil"}}); a.Status != http.StatusSeeOther || !strings.HasPrefix(a.Location(), "/login") {
		t.Errorf("without a session: %d", a.Status)
	}
}

// Signing in changes the session, signing out ends it, and the way back leads to no other site.
func TestSessionsAndTheWayBack(t *testing.T) {
	t.Parallel()
	p := sample(t)
	at, err := url.Parse(p.URL)
	if err != nil {
		t.Fatal(err)
	}
	for _, next := range []string{"https://evil.example/", "//evil.example/", "/\\evil.example", "javascript:xss", "/%09/evil.example", "http:evil.example", "\t//evil.example", "/login"} {
		v := visit(t, p)
		f := v.open("/login?next=" + url.QueryEscape(next)).form("form")
		f.Set("next", next)
		f.Set("login", login(t, auditor))
		f.Set("password", password(t, login(t, auditor)))
		a := f.send("").sound()
		to, err := at.Parse(a.Location())
		if a.Status != http.StatusSeeOther || err != nil || to.Host != at.Host || strings.Contains(a.Location(), "evil") && !strings.HasPrefix(a.Location(), "/%") {
			t.Errorf("next=%q leads to %d %q", next, a.Status, a.Location())
		}
	}
	v := visit(t, p)
	v.open("/login")
	before := v.http.Jar.Cookies(at)
	v.signIn(login(t, auditor))
	after := v.http.Jar.Cookies(at)
	if len(after) != 1 || len(before) > 0 && before[0].Value == after[0].Value {
		t.Errorf("the session stays the same over signing in: %v, %v", before, after)
	}
	old := after[0]
	if a := v.post("/logout", nil); a.Status != http.StatusSeeOther {
		t.Fatalf("signed out: %d", a.Status)
	}
	w := visit(t, p)
	w.head.Set("Cookie", old.Name+"="+old.Value)
	if a := w.get("/assets"); a.Status != http.StatusSeeOther || !strings.HasPrefix(a.Location(), "/login") {
		t.Errorf("the session goes on after signing out: %d", a.Status)
	}
	for _, cookie := range []string{"x", strings.Repeat("A", 43), old.Value + "x", strings.Repeat("A", 4000)} {
		w.head.Set("Cookie", old.Name+"="+cookie)
		if a := w.get("/assets").sound(); a.Status != http.StatusSeeOther {
			t.Errorf("a made-up session: %d", a.Status)
		}
	}
}

// Files are taken for what they hold and only ever leave as downloads.
func TestHostileFiles(t *testing.T) {
	t.Parallel()
	p := sample(t)
	v := as(t, p, kikakuClerk)
	no := inForce(t, p, kikakuClerk, kikakuChief, kindOf(t, "SD"), once("添付の試し"), nil)
	send := func(name string, content []byte) *answer {
		var body bytes.Buffer
		m := multipart.NewWriter(&body)
		w, err := m.CreateFormFile("file", name)
		if err == nil {
			_, err = w.Write(content)
		}
		if err == nil {
			err = m.Close()
		}
		if err != nil {
			t.Fatal(err)
		}
		return v.do(http.MethodPost, "/assets/"+no+"/files", &body, m.FormDataContentType()).sound()
	}
	for name, content := range map[string]string{
		"page.html": "<html><script>xss</script>", "picture.svg": "<svg xmlns='http://www.w3.org/2000/svg' onload='xss'/>", "program.exe": "MZ\x90\x00\x03", "list.pdf": "<html>", "list.csv": "\x7fELF\x02\x01\x01",
		"..": "x", "": "x", "con.csv\x00.exe": "x", "empty.csv": "", "a.xlsx": "PK\x03\x04broken",
	} {
		if a := send(name, []byte(content)); a.Status < 400 {
			t.Errorf("%q was taken: %d", name, a.Status)
		}
	}
	if a := send("big.csv", bytes.Repeat([]byte("1,2\r\n"), 5<<20)); a.Status != http.StatusRequestEntityTooLarge && a.Status != http.StatusUnprocessableEntity {
		t.Errorf("25 MB: %d", a.Status)
	}
	if a := send("../../名簿 \"1\".csv", []byte("番号\r\n=1+1\r\n")); a.Status != http.StatusSeeOther {
		t.Fatalf("a list: %d\n%s", a.Status, a.main())
	}
	path := v.open("/assets/"+no+"/files").sound().doc().Find(`main a[href^="/assets/`+no+`/files/"]`).First().AttrOr("href", "")
	a := v.get(path)
	d := a.Header.Get("Content-Disposition")
	if a.Status != http.StatusOK || !strings.HasPrefix(d, "attachment;") || strings.Contains(d, "..") || a.Header.Get("X-Content-Type-Options") != "nosniff" || !strings.Contains(a.Header.Get("Content-Security-Policy"), "default-src 'none'") || strings.HasPrefix(a.Header.Get("Content-Type"), "text/html") {
		t.Errorf("the download: %d %v", a.Status, a.Header)
	}
	if string(a.Body) != "番号\r\n=1+1\r\n" {
		t.Errorf("the file came back as %q", a.Body)
	}
}

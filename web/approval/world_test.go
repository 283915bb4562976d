package approval_test

import (
	"fmt"
	"html"
	"regexp"
	"strings"
	"testing"

	"github.com/PuerkitoBio/goquery"

	"daicho/internal/app"
	"daicho/internal/approval"
	"daicho/internal/asset"
	"daicho/internal/fixture"
	"daicho/internal/pgtest"
	"daicho/internal/servertest"
	"daicho/web/page"
)

func TestMain(m *testing.M) { pgtest.Main(m) }

// world is the program with people who submit and decide behind the pages.
type world struct {
	*servertest.Site
	t testing.TB
}

func newWorld(t testing.TB) *world {
	t.Helper()
	return &world{servertest.New(t), t}
}

func (w *world) must(err error) {
	w.t.Helper()
	if err != nil {
		w.t.Fatal(err)
	}
}

// list is a complete form of an electronic information asset.
func list(name, c string, pairs ...string) app.Raw {
	raw := app.Raw{
		"name": {name}, "summary": {"試験を受けた人の氏名、住所、合否"}, "personal": {"personal"}, "subjects": {"12000"}, "zone": {"LG"},
		"place": {"ファイルサーバー 資格試験課フォルダ"}, "q.mynumber": {"no"}, "q.personal": {"yes"}, "q.affects": {"yes"}, "q.rto": {"72"},
		"level_c": {c}, "level_i": {"2"}, "level_a": {"1"}, "level_reason": {"氏名と合否を含むため"},
	}
	for i := 0; i+1 < len(pairs); i += 2 {
		if delete(raw, pairs[i]); pairs[i+1] != "" {
			raw[pairs[i]] = []string{pairs[i+1]}
		}
	}
	return raw
}

func (w *world) draft(login string, k asset.Kind, raw app.Raw) int64 {
	w.t.Helper()
	v, err := w.App.SaveDraft(w.t.Context(), w.World.Actor(w.t, login), app.SaveDraft{Kind: k, Form: raw})
	w.must(err)
	return v.Asset
}

func (w *world) submit(login, note string, ids ...int64) int64 {
	w.t.Helper()
	got, err := w.App.Submit(w.t.Context(), w.World.Actor(w.t, login), app.Submit{Assets: ids, Note: note})
	w.must(err)
	return got.Application
}

// apply drafts and submits one list.
func (w *world) apply(login string, raw app.Raw) (application, id int64) {
	w.t.Helper()
	id = w.draft(login, asset.Info, raw)
	return w.submit(login, "", id), id
}

func (w *world) decide(login string, application int64, o approval.Outcome, comment string) {
	w.t.Helper()
	actor := w.World.Actor(w.t, login)
	v, err := w.App.Application(w.t.Context(), actor, application, 1)
	w.must(err)
	w.must(w.App.Decide(w.t.Context(), actor, app.Decide{Application: application, Outcome: o, Comment: comment, Seen: [32]byte(v.Digest)}))
}

// change submits a change of an asset in force.
func (w *world) change(login string, id int64, pairs ...string) int64 {
	w.t.Helper()
	actor := w.World.Actor(w.t, login)
	_, err := w.App.EditAsset(w.t.Context(), actor, w.number(id))
	w.must(err)
	d, err := w.App.OpenDraft(w.t.Context(), actor, id)
	w.must(err)
	for i := 0; i+1 < len(pairs); i += 2 {
		d.Form[pairs[i]] = []string{pairs[i+1]}
	}
	_, err = w.App.SaveDraft(w.t.Context(), actor, app.SaveDraft{Asset: id, EditNo: d.EditNo, Form: d.Form})
	w.must(err)
	return w.submit(login, "", id)
}

func (w *world) number(id int64) (n string) {
	w.t.Helper()
	w.World.One(w.t, `SELECT number FROM asset WHERE id = $1`, []any{id}, &n)
	return n
}

func (w *world) count(sql string, args ...any) (n int) {
	w.t.Helper()
	w.World.One(w.t, sql, args, &n)
	return n
}

func (w *world) state(application int64) (s string) {
	w.t.Helper()
	w.World.One(w.t, `SELECT state FROM application WHERE id = $1`, []any{application}, &s)
	return s
}

// open is Get for a page that must come and be sound.
func (w *world) open(c *servertest.Client, path string) *goquery.Document {
	w.t.Helper()
	r := c.Get(path)
	if r.Status != 200 {
		w.t.Fatalf("%s: %d %s", path, r.Status, r.Text())
	}
	return w.sound(path, r)
}

var banned = regexp.MustCompile(`\sstyle=|<style|\son[a-z]+=|hx-on|javascript:|<script>`)

// sound checks what every page promises: one h1, ids once each, whatever names an id names one that
// is there, tables with captions and headers, nothing that the policy of contents forbids.
func (w *world) sound(path string, r *servertest.Response) *goquery.Document {
	w.t.Helper()
	if m := banned.FindString(r.Body); m != "" {
		w.t.Errorf("%s has %q", path, m)
	}
	d := r.Doc()
	ids := map[string]bool{}
	d.Find("[id]").Each(func(_ int, e *goquery.Selection) {
		id := e.AttrOr("id", "")
		if ids[id] {
			w.t.Errorf("%s: id %q twice", path, id)
		}
		ids[id] = true
	})
	for _, a := range []string{"for", "aria-describedby", "aria-labelledby", "form"} {
		d.Find("[" + a + "]").Each(func(_ int, e *goquery.Selection) {
			for id := range strings.FieldsSeq(e.AttrOr(a, "")) {
				if !ids[id] {
					w.t.Errorf("%s: %s names %q, which is not there", path, a, id)
				}
			}
		})
	}
	if n := d.Find("h1").Length(); n != 1 {
		w.t.Errorf("%s: %d h1", path, n)
	}
	d.Find("table").Each(func(_ int, e *goquery.Selection) {
		if strings.TrimSpace(e.Find("caption").Text()) == "" || e.Find("thead th:not([scope=col]), tbody th:not([scope=row])").Length() > 0 {
			w.t.Errorf("%s: a table without caption or scope", path)
		}
	})
	d.Find("a[href]").Each(func(_ int, e *goquery.Selection) {
		if h := e.AttrOr("href", ""); !page.Local(h) && !strings.HasPrefix(h, "#") {
			w.t.Errorf("%s: a link to %q", path, h)
		}
	})
	return d
}

var tag = regexp.MustCompile(`<[^>]*>`)

// words is the text of a part of a page, with one space where an element begins or ends.
func words(s *goquery.Selection) string {
	var out []string
	s.Each(func(_ int, e *goquery.Selection) {
		h, _ := goquery.OuterHtml(e)
		out = append(out, strings.Fields(html.UnescapeString(tag.ReplaceAllString(h, " ")))...)
	})
	return strings.Join(out, " ")
}

// decision fills in the form of a decision as the page carries it.
func decision(d *goquery.Document, do, comment string) []string {
	f := d.Find("form.decide")
	return []string{
		"form_token", f.Find("[name=form_token]").AttrOr("value", ""), "seen", f.Find("[name=seen]").AttrOr("value", ""),
		"do", do, "comment", comment,
	}
}

func show(id int64) string { return page.ApprovalShow(id) }

func names(n int) []string {
	out := make([]string, n)
	for i := range out {
		out[i] = fmt.Sprintf("名簿%03d", i+1)
	}
	return out
}

const (
	registrant = fixture.Registrant
	manager    = fixture.Manager
)

package story

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"daicho/web/static"

	"github.com/PuerkitoBio/goquery"
)

func draw(t *testing.T, s Story) []byte {
	t.Helper()
	var out bytes.Buffer
	if err := s.Page.Render(context.Background(), &out); err != nil {
		t.Fatalf("%s: %v", s.Name, err)
	}
	return out.Bytes()
}

// With STORYBOOK=dir the pages and their files are left there, to be looked at in a browser.
func TestAllDraw(t *testing.T) {
	dir := os.Getenv("STORYBOOK")
	for _, s := range All() {
		html := draw(t, s)
		if !bytes.HasPrefix(html, []byte(`<!doctype html><html lang="ja">`)) {
			t.Errorf("%s begins with %.60q", s.Name, html)
		}
		if dir != "" {
			put(t, filepath.Join(dir, s.Name+".html"), html)
		}
	}
	if dir != "" {
		for _, n := range []string{static.Style, static.Script, static.HTMX, static.Sprite, static.Favicon} {
			put(t, filepath.Join(dir, static.URL(n)), static.Content(n))
		}
	}
}

func put(t *testing.T, path string, content []byte) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, content, 0o644); err != nil {
		t.Fatal(err)
	}
}

// Nothing in the HTML may need what the content security policy forbids.
func TestNoInlineCode(t *testing.T) {
	banned := regexp.MustCompile(`\sstyle=|<style|\son[a-z]+=|hx-on|javascript:|js:|<script>|https?://`)
	for _, s := range All() {
		if m := banned.Find(draw(t, s)); m != nil {
			t.Errorf("%s has %q", s.Name, m)
		}
	}
}

func document(t *testing.T, s Story) *goquery.Document {
	t.Helper()
	d, err := goquery.NewDocumentFromReader(bytes.NewReader(draw(t, s)))
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// Ids are unique, and whatever names an id names one that exists.
func TestIDs(t *testing.T) {
	for _, s := range All() {
		d := document(t, s)
		ids := map[string]bool{}
		d.Find("[id]").Each(func(_ int, e *goquery.Selection) {
			id := e.AttrOr("id", "")
			if ids[id] {
				t.Errorf("%s: id %q twice", s.Name, id)
			}
			ids[id] = true
		})
		for _, a := range []string{"for", "aria-describedby", "aria-labelledby", "data-enter", "form"} {
			d.Find("[" + a + "]").Each(func(_ int, e *goquery.Selection) {
				for id := range strings.FieldsSeq(e.AttrOr(a, "")) {
					if !ids[id] {
						t.Errorf("%s: %s names %q, which is not there", s.Name, a, id)
					}
				}
			})
		}
		d.Find(`a[href^="#"]`).Each(func(_ int, e *goquery.Selection) {
			if id := strings.TrimPrefix(e.AttrOr("href", ""), "#"); !ids[id] {
				t.Errorf("%s: link to #%s, which is not there", s.Name, id)
			}
		})
	}
}

// Every control has a name that a screen reader can say, and every table its caption and headers.
func TestNamesOfThings(t *testing.T) {
	for _, s := range All() {
		d := document(t, s)
		d.Find("input:not([type=hidden]), select, textarea").Each(func(_ int, e *goquery.Selection) {
			_, labelled := e.Attr("aria-label")
			if !labelled && d.Find(`label[for="`+e.AttrOr("id", "?")+`"]`).Length() == 0 {
				html, _ := goquery.OuterHtml(e)
				t.Errorf("%s: no label for %s", s.Name, html)
			}
		})
		d.Find("button, a").Each(func(_ int, e *goquery.Selection) {
			if strings.TrimSpace(e.Text()) == "" {
				html, _ := goquery.OuterHtml(e)
				t.Errorf("%s: no words in %s", s.Name, html)
			}
		})
		d.Find("table").Each(func(_ int, e *goquery.Selection) {
			if strings.TrimSpace(e.Find("caption").Text()) == "" {
				t.Errorf("%s: table without caption", s.Name)
			}
			if e.Find("thead th:not([scope=col])").Length() > 0 || e.Find("tbody th:not([scope=row])").Length() > 0 {
				t.Errorf("%s: th without scope", s.Name)
			}
		})
		if n := d.Find("h1").Length(); n != 1 {
			t.Errorf("%s: %d h1", s.Name, n)
		}
		if n := d.Find("main").Length(); n != 1 {
			t.Errorf("%s: %d main", s.Name, n)
		}
	}
}

var symbol = regexp.MustCompile(`<symbol id="([a-z-]+)"`)

func TestIconsAreInTheSprite(t *testing.T) {
	have := map[string]bool{}
	for _, m := range symbol.FindAllSubmatch(static.Content(static.Sprite), -1) {
		have[string(m[1])] = true
	}
	for _, s := range All() {
		document(t, s).Find("use").Each(func(_ int, e *goquery.Selection) {
			if _, name, _ := strings.Cut(e.AttrOr("href", ""), "#"); !have[name] {
				t.Errorf("%s: no icon %q", s.Name, name)
			}
		})
	}
}

// Classes that are drawn are styled, and classes that are styled are drawn or made by scripts.
func TestClassesMeetTheStyleSheet(t *testing.T) {
	css := string(static.Content(static.Style))
	styled := map[string]bool{}
	for _, m := range regexp.MustCompile(`\.([a-z][a-z0-9_-]*)`).FindAllStringSubmatch(css, -1) {
		styled[m[1]] = true
	}
	for _, s := range All() {
		document(t, s).Find("[class]").Each(func(_ int, e *goquery.Selection) {
			for c := range strings.FieldsSeq(e.AttrOr("class", "")) {
				if !styled[c] && c != "nav__list" && c != "dialog__wait" {
					t.Errorf("%s: class %q has no style", s.Name, c)
				}
			}
		})
	}
}

// UX-01, UX-02: the title says so, the summary comes first, says what stands at the field and leads there.
func TestRefusedForm(t *testing.T) {
	for _, s := range All() {
		if s.Name != "form-error" {
			continue
		}
		d := document(t, s)
		if title := d.Find("title").Text(); !strings.HasPrefix(title, "エラー：") {
			t.Errorf("title %q", title)
		}
		links := d.Find("[data-error-summary] a")
		if links.Length() < 7 {
			t.Fatalf("%d links in the summary", links.Length())
		}
		links.Each(func(_ int, a *goquery.Selection) {
			control := d.Find(a.AttrOr("href", ""))
			field := control.Closest(".field")
			if got := strings.TrimSpace(field.Find(".field__error span span").Parent().Text()); got != "エラー："+a.Text() {
				t.Errorf("summary %q, field %q", a.Text(), got)
			}
			holder := control
			if field.Is("fieldset") {
				holder = field
			}
			by := strings.Fields(holder.AttrOr("aria-describedby", ""))
			if len(by) == 0 || !strings.HasSuffix(by[0], "-error") {
				t.Errorf("%s is described by %v", a.AttrOr("href", ""), by)
			}
			if control.AttrOr("aria-invalid", "")+field.AttrOr("aria-invalid", "") == "" {
				t.Errorf("%s is not aria-invalid", a.AttrOr("href", ""))
			}
		})
		if d.Find("[required]").Length() > 0 || d.Find("main form:not([novalidate])").Length() > 0 {
			t.Error("the browser would judge the form before the server")
		}
	}
}

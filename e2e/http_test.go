package e2e

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/PuerkitoBio/goquery"
)

// visitor is a person with a browser that runs no scripts: cookies, pages, forms. It follows no
// redirect unless told to.
type visitor struct {
	t    *testing.T
	base string
	http *http.Client
	head http.Header // sent with every request
}

// visit opens such a browser on a program, with nobody signed in.
func visit(t *testing.T, p *program) *visitor {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	return &visitor{t: t, base: p.URL, head: http.Header{}, http: &http.Client{
		Jar: jar, Timeout: patience, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}
}

// signedIn keeps one session for each program, test and post: a test need not sign in again, and the
// message that one request leaves for the next page is not shown to another test.
var signedIn sync.Map

type session struct {
	once sync.Once
	v    *visitor
}

// as is the holder of a post, signed in.
func as(t *testing.T, p *program, post string) *visitor {
	t.Helper()
	test, _, _ := strings.Cut(t.Name(), "/")
	at, _ := signedIn.LoadOrStore(p.URL+" "+test+" "+post, &session{})
	s := at.(*session)
	s.once.Do(func() {
		v := visit(t, p)
		v.signIn(login(t, post))
		s.v = v
	})
	if s.v == nil {
		t.Fatalf("the holder of %s could not sign in", post)
	}
	return s.v.in(t)
}

// in is the same browser in the hands of another test.
func (v *visitor) in(t *testing.T) *visitor {
	return &visitor{t: t, base: v.base, http: v.http, head: v.head.Clone()}
}

func (v *visitor) signIn(name string) {
	v.t.Helper()
	f := v.open("/login").form("form")
	f.Set("login", name)
	f.Set("password", password(v.t, name))
	if a := f.send(""); a.Status != http.StatusSeeOther || strings.HasPrefix(a.Location(), "/login") {
		v.t.Fatalf("%s could not sign in: %d\n%s", name, a.Status, a.main())
	}
}

// answer is what came back.
type answer struct {
	v      *visitor
	Status int
	Header http.Header
	Body   []byte
	At     *url.URL
	page   *goquery.Document
}

// try sends a request and returns what went wrong on the way instead of failing the test.
func (v *visitor) try(ctx context.Context, method, path string, body io.Reader, contentType string) (*answer, error) {
	req, err := http.NewRequestWithContext(ctx, method, v.base+path, body)
	if err != nil {
		return nil, err
	}
	maps.Copy(req.Header, v.head)
	if contentType != "" {
		req.Header.Set("Content-Type", contentType)
	}
	res, err := v.http.Do(req)
	if err != nil {
		return nil, err
	}
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	if err != nil {
		return nil, err
	}
	return &answer{v: v, Status: res.StatusCode, Header: res.Header, Body: b, At: req.URL}, nil
}

func (v *visitor) do(method, path string, body io.Reader, contentType string) *answer {
	v.t.Helper()
	a, err := v.try(v.t.Context(), method, path, body, contentType)
	if err != nil {
		v.t.Fatalf("%s %s: %v", method, path, err)
	}
	return a
}

func (v *visitor) get(path string) *answer {
	v.t.Helper()
	return v.do(http.MethodGet, path, nil, "")
}

const urlencoded = "application/x-www-form-urlencoded"

func (v *visitor) post(path string, values url.Values) *answer {
	v.t.Helper()
	return v.do(http.MethodPost, path, strings.NewReader(values.Encode()), urlencoded)
}

// open gets a page, follows where it leads, and fails the test unless a page is there.
func (v *visitor) open(path string) *answer {
	v.t.Helper()
	a := v.get(path).follow()
	if a.Status != http.StatusOK {
		v.t.Fatalf("%s: %d\n%s", path, a.Status, a.main())
	}
	return a
}

// Location is where a redirect leads.
func (a *answer) Location() string { return a.Header.Get("Location") }

// follow goes where the answer leads, as a browser does.
func (a *answer) follow() *answer {
	a.v.t.Helper()
	for range 5 {
		if a.Status < 300 || a.Status > 399 {
			return a
		}
		to, err := a.At.Parse(a.Location())
		if err != nil {
			a.v.t.Fatal(err)
		}
		a = a.v.get(to.RequestURI())
	}
	a.v.t.Fatalf("%s leads in a circle", a.At)
	return nil
}

func (a *answer) doc() *goquery.Document {
	a.v.t.Helper()
	if a.page == nil {
		d, err := goquery.NewDocumentFromReader(bytes.NewReader(a.Body))
		if err != nil {
			a.v.t.Fatal(err)
		}
		a.page = d
	}
	return a.page
}

// main is what a reader sees of the main part, for assertions and failures.
func (a *answer) main() string {
	a.v.t.Helper()
	if !strings.HasPrefix(a.Header.Get("Content-Type"), "text/html") {
		return string(a.Body[:min(len(a.Body), 500)])
	}
	d := a.doc().Find("main").Clone()
	d.Find("option, script").Remove()
	return strings.Join(strings.Fields(d.Text()), " ")
}

// see fails the test unless the page says all of the words.
func (a *answer) see(words ...string) {
	a.v.t.Helper()
	text := a.main()
	for _, w := range words {
		if !strings.Contains(text, w) {
			a.v.t.Errorf("%s does not say %q: %d\n%.900s", a.At.Path, w, a.Status, text)
		}
	}
}

// sheet is a form of a page, filled as the page came.
type sheet struct {
	url.Values
	v      *visitor
	path   string
	method string
}

// form finds a form of the page by a selector.
func (a *answer) form(selector string) *sheet {
	a.v.t.Helper()
	d := a.doc().Find("main " + selector).First()
	if d.Length() == 0 {
		a.v.t.Fatalf("%s has no form %s: %d\n%s", a.At, selector, a.Status, a.main())
	}
	to, err := a.At.Parse(d.AttrOr("action", ""))
	if err != nil {
		a.v.t.Fatal(err)
	}
	f := &sheet{Values: url.Values{}, v: a.v, path: to.RequestURI(), method: strings.ToUpper(d.AttrOr("method", "get"))}
	d.Find("input, select, textarea").Each(func(_ int, c *goquery.Selection) {
		name := c.AttrOr("name", "")
		if _, off := c.Attr("disabled"); off || name == "" {
			return
		}
		switch goquery.NodeName(c) {
		case "select":
			o := c.Find("option[selected]")
			if o.Length() == 0 {
				o = c.Find("option").First()
			}
			o.Each(func(_ int, o *goquery.Selection) { f.Add(name, o.AttrOr("value", o.Text())) })
		case "textarea":
			f.Add(name, c.Text())
		default:
			switch c.AttrOr("type", "text") {
			case "submit", "button", "image", "file":
			case "checkbox", "radio":
				if _, on := c.Attr("checked"); on {
					f.Add(name, c.AttrOr("value", "on"))
				}
			default:
				f.Add(name, c.AttrOr("value", ""))
			}
		}
	})
	return f
}

// send presses the button that sends name=value along with the form, or one that sends nothing.
func (f *sheet) send(button string) *answer {
	f.v.t.Helper()
	values := url.Values{}
	maps.Copy(values, f.Values)
	if name, value, ok := strings.Cut(button, "="); ok {
		values.Set(name, value)
	}
	if f.method == http.MethodGet {
		path, _, _ := strings.Cut(f.path, "?")
		return f.v.get(path + "?" + values.Encode())
	}
	return f.v.post(f.path, values)
}

// once is a text that no other test has: names must not meet in the shared register.
func once(what string) string {
	counter.Lock()
	defer counter.Unlock()
	counter.n++
	return fmt.Sprintf("%s %s-%d", what, counter.start, counter.n)
}

var counter = struct {
	sync.Mutex
	start string
	n     int
}{start: time.Now().Format("150405")}

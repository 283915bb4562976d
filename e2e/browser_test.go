package e2e

import (
	"context"
	_ "embed"
	"encoding/json"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"daicho/internal/browsertest"
)

//go:embed testdata/axe.min.js
var axeSource string

var browser struct {
	once   sync.Once
	ctx    context.Context
	cancel context.CancelFunc
	err    error
}

func startBrowser() {
	o, err := browsertest.Options()
	if err != nil {
		browser.err = err
		return
	}
	alloc, stop := chromedp.NewExecAllocator(context.Background(), o...)
	ctx, cancel := chromedp.NewContext(alloc)
	browser.ctx, browser.cancel = ctx, func() { cancel(); stop() }
	browser.err = chromedp.Do(ctx, chromedp.Navigate("about:blank"))
}

func closeBrowser() {
	if browser.cancel != nil {
		browser.cancel()
	}
}

// tab is one person's window: its own cookies, watched for what no page may do.
type tab struct {
	t       *testing.T
	ctx     context.Context
	base    string
	noJS    bool
	mu      sync.Mutex
	foreign []string
	warned  []string // dialogs that the browser showed, by type
}

// option changes how a tab is opened.
type option func(*tab)

// withoutScripts opens a tab in which no script runs.
func withoutScripts(b *tab) { b.noJS = true }

// watch is run in every page before its own scripts: it notes what the policy refused and what broke.
const watch = `window.__refused = [];
document.addEventListener('securitypolicyviolation', e => window.__refused.push(e.violatedDirective + ' ' + e.blockedURI));
window.addEventListener('error', e => window.__refused.push('error ' + e.message));
window.addEventListener('unhandledrejection', e => window.__refused.push('rejection ' + e.reason));`

// open opens a tab on a program. When the test ends, any request to another origin fails it.
func open(t *testing.T, p *program, options ...option) *tab {
	t.Helper()
	browser.once.Do(startBrowser)
	if browser.err != nil {
		t.Fatal(browser.err)
	}
	ctx, cancel := chromedp.NewContext(browser.ctx, chromedp.WithNewBrowserContext())
	ctx, stop := context.WithTimeout(ctx, 10*time.Minute)
	b := &tab{t: t, ctx: ctx, base: p.URL}
	for _, o := range options {
		o(b)
	}
	t.Cleanup(func() {
		b.mu.Lock()
		for _, u := range b.foreign {
			t.Errorf("a page asked another origin: %s", u)
		}
		b.mu.Unlock()
		if t.Failed() {
			b.keepPicture()
		}
		stop()
		cancel()
	})
	// The tab lives as long as the context of its first action, which so must not be a shorter one.
	if err := chromedp.Do(ctx, chromedp.Navigate("about:blank"), chromedp.EmulateViewport(1366, 768)); err != nil {
		t.Fatal(err)
	}
	if _, err := chromedp.Call(ctx, page.AddScriptToEvaluateOnNewDocument, page.AddScriptToEvaluateOnNewDocumentParams{Source: watch}); err != nil {
		t.Fatal(err)
	}
	// While one page fades into the next, clicks reach neither.
	still := emulation.SetEmulatedMediaParams{Features: []*emulation.MediaFeature{{Name: "prefers-reduced-motion", Value: "reduce"}}}
	if _, err := chromedp.Call(ctx, emulation.SetEmulatedMedia, still); err != nil {
		t.Fatal(err)
	}
	if b.noJS {
		if _, err := chromedp.Call(ctx, emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: true}); err != nil {
			t.Fatal(err)
		}
	}
	dialogs := chromedp.Events(ctx, page.JavascriptDialogOpening)
	go func() {
		for ev, err := range dialogs {
			if err != nil {
				return
			}
			b.mu.Lock()
			b.warned = append(b.warned, string(ev.Type))
			b.mu.Unlock()
			// The person leaves the page although something was typed.
			_, _ = chromedp.Call(ctx, page.HandleJavaScriptDialog, page.HandleJavaScriptDialogParams{Accept: true}) // the tab may be gone
		}
	}()
	requests := chromedp.Events(ctx, network.RequestWillBeSent)
	go func() {
		for ev, err := range requests {
			if err != nil {
				return
			}
			if u := ev.Request.URL; !strings.HasPrefix(u, b.base) && !strings.HasPrefix(u, "about:") && !strings.HasPrefix(u, "data:") {
				b.mu.Lock()
				b.foreign = append(b.foreign, u)
				b.mu.Unlock()
			}
		}
	}()
	return b
}

func (b *tab) do(steps ...chromedp.Action[chromedp.Void]) {
	b.t.Helper()
	ctx, cancel := context.WithTimeout(b.ctx, patience)
	defer cancel()
	if err := chromedp.Do(ctx, steps...); err != nil {
		b.t.Fatalf("%v\nat %s", err, b.where())
	}
}

func run[T any](b *tab, a chromedp.Action[T]) T {
	b.t.Helper()
	ctx, cancel := context.WithTimeout(b.ctx, patience)
	defer cancel()
	v, err := chromedp.Run(ctx, a)
	if err != nil {
		b.t.Fatalf("%v\nat %s", err, b.where())
	}
	return v
}

// where describes the page for a failure: address, heading, and the first of its text.
func (b *tab) where() string {
	ctx, cancel := context.WithTimeout(b.ctx, 5*time.Second)
	defer cancel()
	at, _ := chromedp.Run(ctx, chromedp.Location())
	text, _ := chromedp.Run(ctx, chromedp.Evaluate[string](`(document.querySelector('main') || document.body).innerText.slice(0, 900)`))
	return at + "\n" + text
}

// goTo opens a path and waits for the page.
func (b *tab) goTo(path string) {
	b.t.Helper()
	b.do(chromedp.Navigate(b.base + path))
	b.clean()
}

// clean fails the test when the page broke a rule that holds for every page.
func (b *tab) clean() {
	b.t.Helper()
	for _, r := range eval[[]string](b, `window.__refused || []`) {
		b.t.Errorf("%s: %s", b.path(), r)
	}
}

func eval[T any](b *tab, js string) T {
	b.t.Helper()
	return run(b, chromedp.Evaluate[T](js))
}

func (b *tab) path() string {
	b.t.Helper()
	return strings.TrimPrefix(run(b, chromedp.Location()), b.base)
}

func quoted(s string) string {
	q, err := json.Marshal(s)
	if err != nil {
		panic(err)
	}
	return string(q)
}

// submit clicks what sends a form or follows a link, found by its words, and waits for the page
// that follows.
func (b *tab) submit(words string) {
	b.t.Helper()
	b.leave(func() { b.press(words) })
}

// press clicks a button or a link by its words, without waiting for a new page.
func (b *tab) press(words string) {
	b.t.Helper()
	if !eval[bool](b, fmt.Sprintf(`(() => {
		const want = %s;
		const text = e => (e.innerText || e.value || e.getAttribute('aria-label') || '').trim().replace(/\s+/g, ' ');
		const shown = e => e.checkVisibility ? e.checkVisibility() : e.offsetParent !== null;
		const all = [...document.querySelectorAll('button, a[href], input[type=submit], summary')].filter(shown);
		const hit = all.find(e => text(e) === want) || all.find(e => text(e).startsWith(want)) || all.find(e => text(e).includes(want));
		document.querySelectorAll('[data-e2e-press]').forEach(e => e.removeAttribute('data-e2e-press'));
		if (!hit) return false;
		hit.setAttribute('data-e2e-press', '');
		return true;
	})()`, quoted(words))) {
		b.t.Fatalf("nothing to press says %q\nat %s", words, b.where())
	}
	b.do(chromedp.Click(chromedp.CSS("[data-e2e-press]")))
}

// leave does something that leads to another page and waits until that is there.
func (b *tab) leave(act func()) {
	b.t.Helper()
	ctx, cancel := context.WithTimeout(b.ctx, patience)
	defer cancel()
	loaded := chromedp.Events(ctx, page.LoadEventFired)
	act()
	for _, err := range loaded {
		if err != nil {
			b.t.Fatalf("no new page came: %v\nat %s", err, b.where())
		}
		break
	}
	b.clean()
}

// over types into what a selector finds, instead of what it holds.
func (b *tab) over(selector, text string) {
	b.t.Helper()
	if !eval[bool](b, fmt.Sprintf(`(() => { const e = document.querySelector(%s); if (!e) return false; e.focus(); e.select(); return true })()`, quoted(selector))) {
		b.t.Fatalf("nothing to type into at %s\nat %s", selector, b.where())
	}
	if text == "" {
		text = kb.Delete // of what is selected; no key at all would leave it
	}
	b.do(chromedp.SendKeys(chromedp.CSS(selector), text))
}

// choose clicks the radio button or check box with the given name and value.
func (b *tab) choose(name, value string) {
	b.t.Helper()
	sel := fmt.Sprintf(`input[name="%s"][value="%s"]`, name, value)
	if !eval[bool](b, fmt.Sprintf(`(() => { const e = document.querySelector(%s); if (!e) return false; const d = e.closest('details'); if (d) d.open = true; e.scrollIntoView({block: 'center'}); e.click(); return e.checked; })()`, quoted(sel))) {
		b.t.Fatalf("cannot choose %s = %s\nat %s", name, value, b.where())
	}
}

// pick selects an option of a list by its value.
func (b *tab) pick(name, value string) {
	b.t.Helper()
	if !eval[bool](b, fmt.Sprintf(`(() => { const e = document.querySelector('select[name="' + %s + '"]'); if (!e) return false; e.value = %s; e.dispatchEvent(new Event('change', {bubbles: true})); return e.value === %s; })()`, quoted(name), quoted(value), quoted(value))) {
		b.t.Fatalf("cannot pick %s = %s\nat %s", name, value, b.where())
	}
}

// text is all that a reader sees of the main part.
func (b *tab) text() string {
	b.t.Helper()
	return eval[string](b, `(document.querySelector('main') || document.body).innerText`)
}

// see fails the test unless the page says all of the words.
func (b *tab) see(words ...string) {
	b.t.Helper()
	text := b.text()
	for _, w := range words {
		if !strings.Contains(text, w) {
			b.t.Errorf("the page does not say %q\nat %s", w, b.where())
		}
	}
}

// signIn signs in with an account of the sample pack.
func (b *tab) signIn(login string) {
	b.t.Helper()
	b.signInWith(login, password(b.t, login))
}

func (b *tab) signInWith(login, secret string) {
	b.t.Helper()
	b.goTo("/login")
	b.do(
		chromedp.SendKeys(chromedp.CSS(`input[name="login"]`), login),
		chromedp.SendKeys(chromedp.CSS(`input[name="password"]`), secret),
	)
	b.submit("ログイン")
	if strings.HasPrefix(b.path(), "/login") {
		b.t.Fatalf("%s could not sign in\n%s", login, b.where())
	}
}

// as gives the tab the session of somebody who signed in already, in place of any that it had; "" is
// nobody.
func (b *tab) as(p *program, post string) {
	b.t.Helper()
	if _, err := chromedp.Call(b.ctx, network.ClearBrowserCookies, cdp.Empty{}); err != nil {
		b.t.Fatal(err)
	}
	if post == "" {
		return
	}
	at, err := url.Parse(p.URL)
	if err != nil {
		b.t.Fatal(err)
	}
	for _, c := range as(b.t, p, post).http.Jar.Cookies(at) {
		if _, err := chromedp.Call(b.ctx, network.SetCookie, network.SetCookieParams{Name: c.Name, Value: c.Value, URL: p.URL}); err != nil {
			b.t.Fatal(err)
		}
	}
}

// axe runs the accessibility rules on the page as it stands.
func (b *tab) axe() {
	b.t.Helper()
	type node struct {
		HTML    string `json:"html"`
		Target  []any  `json:"target"`
		Summary string `json:"failureSummary"`
	}
	type violation struct {
		ID    string `json:"id"`
		Help  string `json:"help"`
		Nodes []node `json:"nodes"`
	}
	b.do(chromedp.Evaluate[chromedp.Void](axeSource + "; undefined"))
	found := run(b, chromedp.Evaluate[[]violation](`axe.run(document, {
		runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'],
		rules: {'target-size': {enabled: true}},
		resultTypes: ['violations'], preload: false, // what passes is not asked for, and no rule here reads a style sheet
	}).then(r => r.violations)`, chromedp.EvalAwaitPromise))
	for _, v := range found {
		for _, n := range v.Nodes {
			b.t.Errorf("%s: axe %s: %s\n%s\n%s", b.path(), v.ID, v.Help, n.HTML, n.Summary)
		}
	}
}

// keepPicture leaves a picture of a page on which a test failed, where the operator asked for it.
func (b *tab) keepPicture() {
	dir := os.Getenv("E2E_PICTURES")
	if dir == "" {
		return
	}
	ctx, cancel := context.WithTimeout(b.ctx, 10*time.Second)
	defer cancel()
	png, err := chromedp.Run(ctx, chromedp.CaptureScreenshot())
	if err == nil {
		err = os.WriteFile(filepath.Join(dir, strings.ReplaceAll(b.t.Name(), "/", "_")+".png"), png, 0o600)
	}
	if err != nil {
		b.t.Logf("no picture: %v", err)
	}
}

package e2e

import (
	"strings"
	"sync"
	"testing"

	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/chromedp"
)

// compose shows what an input method shows while a word is being composed, step by step.
func (b *tab) compose(steps ...string) {
	b.t.Helper()
	for _, s := range steps {
		n := int64(len([]rune(s)))
		if _, err := chromedp.Call(b.ctx, input.ImeSetComposition, input.ImeSetCompositionParams{Text: s, SelectionStart: n, SelectionEnd: n}); err != nil {
			b.t.Fatal(err)
		}
	}
}

// commitWord ends the composition, as Enter does in an input method.
func (b *tab) commitWord(s string) {
	b.t.Helper()
	if _, err := chromedp.Call(b.ctx, input.InsertText, input.InsertTextParams{Text: s}); err != nil {
		b.t.Fatal(err)
	}
}

// requests collects what the tab asks the program for.
type requests struct {
	mu  sync.Mutex
	all []string
}

func (b *tab) listen() *requests {
	r := &requests{}
	events := chromedp.Events(b.ctx, network.RequestWillBeSent)
	go func() {
		for ev, err := range events {
			if err != nil {
				return
			}
			path := strings.TrimPrefix(ev.Request.URL, b.base)
			if strings.HasPrefix(path, "/static/") {
				continue // the icon comes when the browser likes
			}
			r.mu.Lock()
			r.all = append(r.all, ev.Request.Method+" "+path)
			r.mu.Unlock()
		}
	}()
	return r
}

func (r *requests) since() []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	out := r.all
	r.all = nil
	return out
}

// settled lets everything that the page has put off until later happen: the live search waits
// 300 ms after the last character.
const settled = `new Promise(done => setTimeout(() => requestAnimationFrame(() => done(true)), 700))`

func (b *tab) settle() {
	b.t.Helper()
	run(b, chromedp.Evaluate[bool](settled, chromedp.EvalAwaitPromise))
}

// UX-23, UX-24: while a word is being composed, Enter belongs to the input method: on no field does
// it send a form, and no request goes out; the live search asks once when the word stands.
func TestInputMethod(t *testing.T) {
	t.Parallel()
	p := sample(t)
	b := open(t, p)
	b.as(p, kikakuClerk)
	r := b.listen()
	for _, at := range []struct{ path, field string }{
		{"/assets", "header [name=q]"}, {"/assets", "main [name=q]"}, {"/assets/new/MD", "[name=name]"}, {"/assets/new/MD", "[name=place]"}, {"/assets/new/MD", "[name='members.1.holder']"},
		{"/assets/new/MD", "[name='rel-stores-out_q']"}, {"/ledgers", "main [name=q]"},
	} {
		b.goTo(at.path)
		if !eval[bool](b, `(() => { const e = document.querySelector(`+quoted(at.field)+`); for (let d = e.closest('details'); d; d = d.parentElement.closest('details')) d.open = true; e.focus(); return document.activeElement === e })()`) {
			t.Fatalf("%s: no focus on %s", at.path, at.field)
		}
		r.since()
		b.compose("ｗ", "わ", "わk", "わか", "若")
		for _, key := range []string{"keydown", "keyup"} {
			eval[bool](b, `document.activeElement.dispatchEvent(new KeyboardEvent('`+key+`', {key: 'Enter', code: 'Enter', keyCode: 229, isComposing: true, bubbles: true, cancelable: true}))`)
		}
		b.settle()
		if sent := r.since(); len(sent) != 0 {
			t.Errorf("%s %s: while composing the page asked for %v", at.path, at.field, sent)
		}
		b.commitWord("若")
		b.settle()
		sent := r.since()
		live := strings.Contains(at.field, "rel-")
		if got := len(sent); live && (got != 1 || !strings.HasPrefix(sent[0], "GET /picker?")) || !live && got != 0 {
			t.Errorf("%s %s: after the word stood the page asked for %v", at.path, at.field, sent)
		}
		if value := eval[string](b, `document.activeElement.value`); value != "若" {
			t.Errorf("%s %s holds %q", at.path, at.field, value)
		}
		if b.path() != at.path {
			t.Errorf("%s became %s", at.path, b.path())
		}
	}

	b.mu.Lock()
	if len(b.warned) == 0 {
		t.Error("nothing warned when a form with a typed word was left")
	}
	b.mu.Unlock()

	// A shortcut that is a letter of a word is no shortcut, also when the word is not in a field.
	b.goTo("/assets")
	eval[bool](b, `document.dispatchEvent(new KeyboardEvent('keydown', {key: 'n', isComposing: true, bubbles: true}))`)
	eval[bool](b, `document.dispatchEvent(new KeyboardEvent('keydown', {key: 'n', keyCode: 229, bubbles: true}))`)
	b.settle()
	if b.path() != "/assets" {
		t.Errorf("a letter of a word opened %s", b.path())
	}
	// Full-width signs that an input method gives outside of fields work as the keys do.
	eval[bool](b, `document.dispatchEvent(new KeyboardEvent('keydown', {key: '／', bubbles: true, cancelable: true}))`)
	if !eval[bool](b, `document.activeElement.matches('header [name=q]')`) {
		t.Error("／ does not lead to the search")
	}
	// Enter after the word stands searches.
	b.compose("じんじ")
	b.commitWord("人事")
	b.leave(func() { b.stroke("Enter", 0) })
	if !strings.HasPrefix(b.path(), "/assets?q=") {
		t.Errorf("the search is at %s", b.path())
	}
}

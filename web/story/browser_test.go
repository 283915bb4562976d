package story

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
	"unicode"

	"daicho/internal/browsertest"
	"daicho/internal/form"
	"daicho/web/page"
	"daicho/web/static"
	"daicho/web/ui"

	"github.com/chromedp/cdproto/input"
	cdppage "github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"
)

const policy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"

// site serves the stories under the product's policy and keeps what was sent to it.
type site struct {
	*httptest.Server
	mu   sync.Mutex
	seen []string // "POST /path?query body"
}

func newSite(t *testing.T) *site {
	t.Helper()
	s := &site{}
	pages := map[string][]byte{}
	for _, one := range All() {
		pages["/"+one.Name] = draw(t, one)
	}
	files := static.Handler()
	s.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Security-Policy", policy)
		if strings.HasPrefix(r.URL.Path, static.Prefix) {
			files.ServeHTTP(w, r)
			return
		}
		if html, ok := pages[r.URL.Path]; ok && r.Method == "GET" {
			w.Header().Set("Content-Type", "text/html; charset=utf-8")
			_, _ = w.Write(html)
			return
		}
		body, _ := io.ReadAll(r.Body)
		s.mu.Lock()
		s.seen = append(s.seen, r.Method+" "+r.URL.RequestURI()+" "+string(body))
		s.mu.Unlock()
		switch r.URL.Path {
		case page.Picker:
			_ = page.Render(w, r, 200, ui.PickerResults(ui.Picker{Field: &form.Field{Key: "stores"}, Multi: true, Query: r.FormValue("stores_q"), Searched: true, Results: []ui.PickItem{{Value: "live", Label: "見つかったもの"}}}))
		case "/drafts/12/autosave":
			w.Header().Set("Session-Left", "1800")
			w.WriteHeader(http.StatusNoContent)
		case page.SessionExtend:
			w.Header().Set("Session-Left", "1800")
			w.WriteHeader(http.StatusNoContent)
		default:
			w.Header().Set("Content-Type", "text/html; charset=utf-8")
			_, _ = fmt.Fprintf(w, "<!doctype html><html lang=ja><title>%s</title><h1>ok</h1>", r.URL.Path)
		}
	}))
	t.Cleanup(s.Close)
	return s
}

// sent returns the requests to path so far, in order.
func (s *site) sent(path string) []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	var out []string
	for _, r := range s.seen {
		if strings.Contains(r, " "+path) {
			out = append(out, r)
		}
	}
	return out
}

// tab is one page in a real browser.
type tab struct {
	t   *testing.T
	ctx context.Context
	s   *site
}

// TestInTheBrowser starts Chromium once;
func TestInTheBrowser(t *testing.T) {
	opts, err := browsertest.Options()
	if err != nil {
		t.Fatal(err)
	}
	alloc, stop := chromedp.NewExecAllocator(t.Context(), opts...)
	t.Cleanup(stop)
	ctx, cancel := chromedp.NewContext(alloc)
	t.Cleanup(cancel)
	ctx, done := context.WithTimeout(ctx, 3*time.Minute)
	t.Cleanup(done)
	if _, err := chromedp.Call(ctx, cdppage.AddScriptToEvaluateOnNewDocument, cdppage.AddScriptToEvaluateOnNewDocumentParams{
		Source: `window.faults=[];document.addEventListener('securitypolicyviolation',e=>faults.push(e.violatedDirective+' '+e.blockedURI+' '+e.sample));addEventListener('error',e=>faults.push('error '+e.message))`,
	}); err != nil {
		t.Fatalf("Chromium does not start: %v", err)
	}
	dialogs := chromedp.Events(ctx, cdppage.JavascriptDialogOpening)
	go func() { // leave a page although something was typed
		for _, err := range dialogs {
			if err != nil {
				return
			}
			_, _ = chromedp.Call(ctx, cdppage.HandleJavaScriptDialog, cdppage.HandleJavaScriptDialogParams{Accept: true})
		}
	}()
	for _, c := range []struct {
		name string
		run  func(*tab)
	}{
		{"every page", everyPage},
		{"density", density},
		{"days stay on one line", wholeDays},
		{"live search waits for the input method", liveSearch},
		{"keys", keys},
		{"ranges of rows", ranges},
		{"drafts and unsaved changes", drafts},
		{"double submit", doubleSubmit},
		{"enter in a field saves", enterSaves},
		{"radio digits and questions", radioDigits},
		{"focus on the error summary", summaryFocus},
		{"session warning", sessionWarning},
		{"sheet on paper", sheet},
	} {
		t.Run(c.name, func(t *testing.T) { c.run(&tab{t: t, ctx: ctx, s: newSite(t)}) })
	}
}

func (b *tab) do(steps ...chromedp.Action[chromedp.Void]) {
	b.t.Helper()
	ctx, cancel := context.WithTimeout(b.ctx, 15*time.Second)
	defer cancel()
	if err := chromedp.Do(ctx, steps...); err != nil {
		b.t.Fatal(err)
	}
}

func (b *tab) open(name string) {
	b.t.Helper()
	b.do(chromedp.Navigate(b.s.URL + "/" + name))
}

func eval[T any](b *tab, js string) T {
	b.t.Helper()
	v, err := chromedp.Run(b.ctx, chromedp.Evaluate[T](js, chromedp.EvalAwaitPromise))
	if err != nil {
		b.t.Fatalf("%s: %v", js, err)
	}
	return v
}

// wait returns when the expression holds in the page, also after a navigation, and fails after
// twelve seconds.
func (b *tab) wait(js string) {
	b.t.Helper()
	for end := time.Now().Add(12 * time.Second); time.Now().Before(end); {
		ok, err := chromedp.Run(b.ctx, chromedp.Evaluate[bool](`new Promise(done=>{const end=Date.now()+1000;(function look(){
			if(`+js+`)done(true);else if(Date.now()>end)done(false);else setTimeout(look,30)})()})`, chromedp.EvalAwaitPromise))
		if err == nil && ok {
			return
		}
		if b.ctx.Err() != nil {
			b.t.Fatal(err)
		}
	}
	b.t.Fatalf("never became true: %s", js)
}

func (b *tab) is(js string, want any) {
	b.t.Helper()
	if got := eval[any](b, js); fmt.Sprint(got) != fmt.Sprint(want) {
		b.t.Errorf("%s = %v, want %v", js, got, want)
	}
}

// keys presses one key for each character, as a keyboard does: the character is typed only if the
// page lets the key pass. "\r" is Enter.
func (b *tab) keys(text string, modifiers ...int64) {
	b.t.Helper()
	for _, r := range text {
		key, code := string(r), int64(unicode.ToUpper(r))
		if r == '\r' {
			key = "Enter"
		}
		p := input.DispatchKeyEventParams{Type: input.DispatchKeyEventTypeKeyDown, Key: key, Text: string(r), WindowsVirtualKeyCode: code}
		for _, m := range modifiers {
			p.Modifiers |= m
		}
		if p.Modifiers&ctrl != 0 {
			p.Text = ""
		}
		if _, err := chromedp.Call(b.ctx, input.DispatchKeyEvent, p); err != nil {
			b.t.Fatal(err)
		}
		p.Type, p.Text = input.DispatchKeyEventTypeKeyUp, ""
		if _, err := chromedp.Call(b.ctx, input.DispatchKeyEvent, p); err != nil {
			b.t.Fatal(err)
		}
	}
}

const (
	enter = "\r"
	ctrl  = int64(2)
)

// UX-57, UX-47: no page breaks the policy or an own script, and none is wider than its window.
func everyPage(b *tab) {
	for _, width := range []int64{1366, 320} {
		b.do(chromedp.EmulateViewport(width, 768))
		for _, s := range All() {
			b.open(s.Name)
			if f := eval[[]string](b, `faults`); len(f) > 0 {
				b.t.Errorf("%s: %v", s.Name, f)
			}
			if over := eval[int](b, `document.documentElement.scrollWidth-innerWidth`); over > 0 && s.Name != "print" {
				wide := eval[string](b, `[...document.querySelectorAll('body *')].filter(e=>e.getBoundingClientRect().right>innerWidth+1&&!e.closest('.scroll')).map(e=>e.tagName+'.'+e.className).slice(0,4).join(' ')`)
				b.t.Errorf("%s at %d px is %d px too wide: %s", s.Name, width, over, wide)
			}
		}
	}
}

// A day is read in one piece: no line ends between 令和8年6月 and 3日, however wide the window.
func wholeDays(b *tab) {
	broken, seen := map[string]bool{}, 0
	for _, name := range []string{"home", "show", "queue"} {
		b.open(name)
		for width := int64(320); width <= 1366; width += 29 {
			b.do(chromedp.EmulateViewport(width, 768))
			days := eval[[]string](b, `[...document.querySelectorAll('time,.pagehead__sub')].filter(e=>e.checkVisibility()).flatMap(e=>{
				const out=[],walk=document.createTreeWalker(e,NodeFilter.SHOW_TEXT);
				for(let n;n=walk.nextNode();)for(const m of n.data.matchAll(/(令和|R)[\d.]+(年\d+月\d+日)?/g)){
					const r=document.createRange();r.setStart(n,m.index);r.setEnd(n,m.index+m[0].length);
					out.push((new Set([...r.getClientRects()].map(x=>Math.round(x.top))).size>1?'broken ':'')+m[0])}
				return out})`)
			for _, d := range days {
				if seen++; strings.HasPrefix(d, "broken ") {
					broken[fmt.Sprintf("%s in %s at %d px", strings.TrimPrefix(d, "broken "), name, width)] = true
				}
			}
		}
	}
	if len(broken) > 0 || seen < 100 {
		b.t.Errorf("%d days seen, broken: %v", seen, broken)
	}
}

// The rows of a compact list are 30 px, and at least 14 are seen at once on a small notebook (UX (d)).
func density(b *tab) {
	b.do(chromedp.EmulateViewport(1366, 768))
	b.open("list")
	for name, px := range map[string]float64{"compact": 30, "standard": 45, "relaxed": 67} {
		got := eval[float64](b, `document.body.dataset.density='`+name+`',document.querySelectorAll('tbody tr')[1].getBoundingClientRect().height`)
		if got < px-1 || got > px+1 {
			b.t.Errorf("%s: rows are %.1f px, want %.0f", name, got, px)
		}
	}
	rows := eval[int](b, `(()=>{document.body.dataset.density='compact';document.querySelector('.banner').remove();
		const s=document.querySelector('.scroll').getBoundingClientRect(),r=document.querySelector('tbody tr').getBoundingClientRect();
		return Math.floor((Math.min(innerHeight,s.bottom)-r.top)/r.height)})()`)
	if rows < 14 {
		b.t.Errorf("%d rows in view, want 14", rows)
	}
}

// UX-24: nothing is sent while a word is being composed, one request after the commit.
func liveSearch(b *tab) {
	b.open("form")
	eval[bool](b, `(()=>{const q=document.querySelector("#f-stores");q.focus();q.value="";return true})()`)
	for _, s := range []string{"ぶ", "ぶん", "ぶんしょ", "文書"} {
		if _, err := chromedp.Call(b.ctx, input.ImeSetComposition, input.ImeSetCompositionParams{Text: s, SelectionStart: int64(len([]rune(s))), SelectionEnd: int64(len([]rune(s)))}); err != nil {
			b.t.Fatal(err)
		}
	}
	eval[bool](b, `new Promise(r=>setTimeout(r,600,true))`)
	if sent := b.s.sent(page.Picker); len(sent) != 0 {
		b.t.Errorf("sent while composing: %v", sent)
	}
	if _, err := chromedp.Call(b.ctx, input.InsertText, input.InsertTextParams{Text: "文書"}); err != nil {
		b.t.Fatal(err)
	}
	b.wait(`document.querySelector('#f-stores-results').textContent.includes('見つかったもの')`)
	eval[bool](b, `new Promise(r=>setTimeout(r,500,true))`)
	sent := b.s.sent(page.Picker)
	if len(sent) != 1 || !strings.Contains(sent[0], "stores_q=%E6%96%87%E6%9B%B8") || !strings.Contains(sent[0], "stores=R8-HQ-000003-1") {
		b.t.Errorf("after the commit: %v", sent)
	}
	b.keys(enter) // in the search field: searches, never sends the form
	eval[bool](b, `new Promise(r=>setTimeout(r,500,true))`)
	if got := b.s.sent("/assets/new/IS"); len(got) != 0 {
		b.t.Errorf("Enter in the search field sent the form: %v", got)
	}
	if f := eval[[]string](b, `faults`); len(f) > 0 {
		b.t.Errorf("%v", f)
	}
}

// UX-25, UX-23: single keys work outside fields only, also full-width, and never while composing.
func keys(b *tab) {
	b.open("list")
	b.keys("/")
	b.is(`document.activeElement.id`, "global-q")
	b.keys("n?")
	b.is(`location.pathname+" "+document.activeElement.value`, "/list n?")
	b.is(`document.querySelector('#keys').open`, false)
	b.is(`document.activeElement.blur()`, nil)
	eval[bool](b, `document.dispatchEvent(new KeyboardEvent('keydown',{key:'n',isComposing:true,bubbles:true}))`)
	eval[bool](b, `document.dispatchEvent(new KeyboardEvent('keydown',{key:'n',keyCode:229,bubbles:true}))`)
	b.is(`location.pathname`, "/list")
	eval[bool](b, `document.dispatchEvent(new KeyboardEvent('keydown',{key:'？',bubbles:true,cancelable:true}))`)
	b.is(`document.querySelector('#keys').open`, true)
	b.keys("n")
	b.is(`location.pathname`, "/list")
	b.keys(enter)
	b.wait(`!document.querySelector('#keys').open`)
	b.keys("jj")
	b.is(`document.activeElement.closest('tr').rowIndex`, 2)
	b.keys("k")
	b.is(`document.activeElement.closest('tr').rowIndex`, 1)
	b.keys("x")
	b.is(`[...document.querySelectorAll('[data-select]:checked')].length+' '+document.querySelector('[data-select-count]').textContent`, "1 1")
	b.keys("n")
	b.wait(`location.pathname==='/assets/new'`)
	b.open("list")
	b.keys("gq")
	b.wait(`location.pathname==='/approvals'`)
	b.open("no-keys")
	b.keys("n/?")
	b.is(`location.pathname+document.querySelector('#keys').open+(document.activeElement===document.body)`, "/no-keysfalsetrue")
}

func ranges(b *tab) {
	b.open("list")
	b.is(`getComputedStyle(document.querySelector('.bulk')).display`, "none")
	eval[bool](b, `(()=>{const c=[...document.querySelectorAll('[data-select]')];c[1].click();c[4].dispatchEvent(new MouseEvent('click',{bubbles:true,shiftKey:true}));return true})()`)
	b.is(`document.querySelectorAll('[data-select]:checked').length+document.querySelector('[data-select-count]').textContent`, "44")
	b.is(`getComputedStyle(document.querySelector('.bulk')).display`, "flex")
	b.do(chromedp.Click(chromedp.CSS("[data-select-all]")))
	b.is(`document.querySelectorAll('[data-select]:checked').length`, 21)
	b.do(chromedp.Click(chromedp.CSS("[data-select-none]")))
	b.is(`document.querySelectorAll('[data-select]:checked').length`, 0)
}

// UX-05, UX-06: a draft is kept within ten seconds of a change; leaving before warns.
func drafts(b *tab) {
	b.open("form")
	b.is(`(()=>{const e=new Event('beforeunload',{cancelable:true});dispatchEvent(e);return e.defaultPrevented})()`, false)
	b.do(chromedp.SendKeys(chromedp.ID("f-name"), "改"))
	b.is(`(()=>{const e=new Event('beforeunload',{cancelable:true});dispatchEvent(e);return e.defaultPrevented})()`, true)
	begin := time.Now()
	eval[bool](b, `(document.querySelector('[data-autosave-status]').textContent='',true)`)
	b.wait(`document.querySelector('[data-autosave-status]').textContent.startsWith('下書き保存済 ')`)
	if d := time.Since(begin); d > 10*time.Second {
		b.t.Errorf("kept after %v", d)
	}
	sent := b.s.sent("/drafts/12/autosave")
	if len(sent) != 1 || !strings.Contains(sent[0], "form_token=story") || strings.Contains(sent[0], "file=") {
		b.t.Errorf("sent %v", sent)
	}
	b.is(`(()=>{const e=new Event('beforeunload',{cancelable:true});dispatchEvent(e);return e.defaultPrevented})()`, false)
}

// UX-59 (the browser's half): a double click sends once, with the pressed button's value; the page
// that comes back can send again.
func doubleSubmit(b *tab) {
	b.open("form")
	b.do(chromedp.Focus(chromedp.ID("f-name")))
	eval[bool](b, `(()=>{const s=document.querySelector('button[data-primary]');s.click();s.click();s.form.requestSubmit(s);return true})()`)
	b.wait(`document.querySelector('h1')?.textContent==='ok'`)
	if sent := b.s.sent("/assets/new/IS"); len(sent) != 1 || !strings.Contains(sent[0], "do=submit") {
		b.t.Errorf("sent %d times: %v", len(sent), sent)
	}
	eval[bool](b, `(setTimeout(()=>history.back()),true)`)
	b.wait(`document.querySelector('button[data-primary]')`)
	b.wait(`!document.querySelector('button[data-primary]').disabled`)
	eval[bool](b, `(document.querySelector('#f-name').focus(),true)`)
	b.keys(enter, ctrl)
	b.wait(`document.querySelector('h1')?.textContent==='ok'`)
	if sent := b.s.sent("/assets/new/IS"); len(sent) != 2 || !strings.Contains(sent[1], "do=submit") {
		b.t.Errorf("Ctrl+Enter: %v", sent)
	}
}

// Enter in a text field presses the harmless first button, not the search of a picker.
func enterSaves(b *tab) {
	b.open("form")
	b.do(chromedp.Focus(chromedp.ID("f-name")))
	b.keys(enter)
	b.wait(`document.querySelector('h1')?.textContent==='ok'`)
	if sent := b.s.sent("/assets/new/IS"); len(sent) != 1 || !strings.Contains(sent[0], "do=save") || strings.Contains(sent[0], "pick=") {
		b.t.Errorf("sent %v", sent)
	}
}

func radioDigits(b *tab) {
	b.open("form")
	b.is(`document.querySelector('#f-subjects').checkVisibility()`, true)
	b.do(chromedp.Focus(chromedp.ID("f-personal")))
	b.keys("2")
	b.is(`document.querySelector('input[name=personal]:checked').value+document.querySelector('#f-subjects').checkVisibility()`, "nofalse")
	b.is(`document.querySelector('#f-contractor').checkVisibility()`, false)
	b.do(chromedp.Click(chromedp.ID("f-outsourced")))
	b.is(`document.querySelector('#f-contractor').checkVisibility()`, true)
}

func summaryFocus(b *tab) {
	b.open("form-error")
	b.wait(`document.activeElement.matches('[data-error-summary]')`)
	b.do(chromedp.Click(chromedp.CSS(`[data-error-summary] a[href="#f-personal"]`)))
	b.wait(`document.activeElement.id==='f-personal'`)
}

// UX-53: the warning comes in time, says how long is left, and one key extends the session.
func sessionWarning(b *tab) {
	b.open("session")
	b.wait(`document.querySelector('#session').open`)
	b.wait(`document.activeElement.textContent==='続ける'`)
	b.is(`['1','2'].includes(document.querySelector('[data-session-minutes]').textContent)`, true)
	b.keys(enter)
	b.wait(`!document.querySelector('#session').open`)
	if sent := b.s.sent(page.SessionExtend); len(sent) != 1 || !strings.HasPrefix(sent[0], "POST ") {
		b.t.Errorf("sent %v", sent)
	}
	b.open("home")
	b.is(`document.querySelector('#session').open`, false)
}

// UX-41: the sheet prints on A3, with at least 40 rows on a page.
func sheet(b *tab) {
	b.open("print")
	pdf, err := chromedp.Run(b.ctx, chromedp.PrintToPDF(chromedp.PDFPreferCSSPageSize()))
	if err != nil {
		b.t.Fatal(err)
	}
	pages := strings.Count(string(pdf), "/Type /Page\n") + strings.Count(string(pdf), "/Type /Page ")
	if pages == 0 || (130+pages-1)/pages < 40 {
		b.t.Errorf("130 rows take %d pages", pages)
	}
	if !strings.Contains(string(pdf), "[0 0 1191") {
		b.t.Error("the paper is not A3 lying")
	}
	hidden := eval[[]string](b, `[...document.querySelectorAll('.sheet__run span')].map(s=>s.textContent)`)
	if !slices.Contains(hidden, "自治体機密性３Ｂ") {
		b.t.Errorf("what runs on each page: %v", hidden)
	}
}

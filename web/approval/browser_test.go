package approval_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/chromedp"

	"daicho/internal/browsertest"
	"daicho/web/page"
)

// Ten applications with twenty keys: a moves to the button, Enter presses it, and the next one that
// waits comes by itself (UX, T3). Neither key decides alone.
func TestTenDecisionsByKeys(t *testing.T) {
	w := newWorld(t)
	const n = 10
	var ids []int64
	for i := range n {
		id, _ := w.apply(registrant, list(fmt.Sprint("名簿", i+1), "3C"))
		ids = append(ids, id)
	}
	opts, err := browsertest.Options()
	if err != nil {
		t.Fatal(err)
	}
	alloc, stop := chromedp.NewExecAllocator(t.Context(), opts...)
	t.Cleanup(stop)
	ctx, cancel := chromedp.NewContext(alloc)
	t.Cleanup(cancel)
	ctx, done := context.WithTimeout(ctx, 2*time.Minute)
	t.Cleanup(done)
	for _, c := range w.SignIn(t, manager).Cookies() {
		if _, err := chromedp.Call(ctx, network.SetCookie, network.SetCookieParams{Name: c.Name, Value: c.Value, URL: w.URL}); err != nil {
			t.Fatalf("Chromium does not start: %v", err)
		}
	}
	w.must(chromedp.Do(ctx, chromedp.EmulateViewport(1366, 768), chromedp.Navigate(w.URL+show(ids[0]))))
	// until waits in the page for a condition; a page that is left while it is asked is asked again.
	until := func(js string) {
		t.Helper()
		for end := time.Now().Add(20 * time.Second); time.Now().Before(end); {
			ok, err := chromedp.Run(ctx, chromedp.Evaluate[bool](`new Promise(done=>{const end=Date.now()+1000;(function look(){
				let ok=false;try{ok=!!(`+js+`)}catch{};if(ok||Date.now()>end)done(ok);else setTimeout(look,20)})()})`, chromedp.EvalAwaitPromise))
			if err == nil && ok {
				return
			}
			w.must(ctx.Err())
		}
		at, _ := chromedp.Run(ctx, chromedp.Evaluate[string](`location.pathname+' '+document.activeElement.outerHTML.slice(0,200)`))
		t.Fatalf("%s did not come: %s", js, at)
	}
	press := func(key string) {
		t.Helper()
		p := input.DispatchKeyEventParams{Type: input.DispatchKeyEventTypeKeyDown, Key: key, Text: key}
		if key == "Enter" {
			p.Text, p.WindowsVirtualKeyCode = "\r", 13
		}
		_, err := chromedp.Call(ctx, input.DispatchKeyEvent, p)
		w.must(err)
		p.Type, p.Text = input.DispatchKeyEventTypeKeyUp, ""
		_, err = chromedp.Call(ctx, input.DispatchKeyEvent, p)
		w.must(err)
	}
	const ready = `document.readyState==='complete'&&document.querySelector('form.decide')`
	until(`location.pathname==='` + show(ids[0]) + `'&&` + ready)

	// Both buttons are in sight without scrolling, and r only moves.
	until(`[...document.querySelectorAll('form.decide button')].every(b=>b.getBoundingClientRect().bottom<=innerHeight)`)
	press("r")
	until(`document.activeElement.value==='return'`)
	press("a")
	until(`document.activeElement.value==='approve'`)
	if w.state(ids[0]) != "submitted" {
		t.Fatal("a key alone has decided")
	}
	press("Enter")
	for i := 1; i < n; i++ {
		until(`location.pathname==='` + show(ids[i]) + `'&&` + ready)
		press("a")
		until(`document.activeElement.value==='approve'`)
		press("Enter")
	}
	until(`location.pathname==='` + page.Approvals + `'&&document.readyState==='complete'`)
	for _, id := range ids {
		if w.state(id) != "approved" {
			t.Errorf("application %d is %s", id, w.state(id))
		}
	}
	// A comment is text: the keys of the page stay quiet while it is typed.
	id, _ := w.apply(registrant, list("もう一つ", "3C"))
	w.must(chromedp.Do(ctx, chromedp.Navigate(w.URL+show(id))))
	until(ready)
	w.must(chromedp.Do(ctx, chromedp.Focus("#f-comment")))
	press("a")
	press("r")
	until(`document.activeElement.value==='ar'`)
	if w.state(id) != "submitted" {
		t.Error("typing a comment has decided")
	}
}

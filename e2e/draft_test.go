package e2e

import (
	"net/http"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/chromedp"
)

// UX-05, UX-59: what is typed is kept without a button, also when the session ends meanwhile; two
// clicks on the button of a form are one act.
func TestDraftsKeepThemselves(t *testing.T) {
	t.Parallel()
	p := sample(t)
	b := open(t, p)
	b.signIn(login(t, geoClerk))
	name := once("書きかけの名簿")
	b.goTo("/assets/new/SD")
	b.enter("name", name)
	b.until("the page keeps the draft by itself", `document.querySelector('[data-autosave-status]').textContent.includes('下書き保存済')`)
	b.enter("place", "共有フォルダ")
	if _, err := chromedp.Call(b.ctx, network.ClearBrowserCookies, cdp.Empty{}); err != nil {
		t.Fatal(err)
	}
	b.until("the page says that it cannot keep the draft", `document.querySelector('[data-autosave-status]').textContent.includes('保存できませんでした')`)
	if eval[string](b, `document.querySelector('[name=place]').value`) != "共有フォルダ" {
		t.Error("what was typed is gone")
	}
	b.signIn(login(t, geoClerk))
	b.goTo("/my/requests")
	b.submit(name)
	if eval[string](b, `document.querySelector('[name=name]').value`) != name {
		t.Error("the draft lacks what was typed")
	}
	b.pick("detail_kind", "manual")
	b.enter("place", "共有フォルダ")
	for _, axis := range []string{"c", "i", "a"} {
		b.mark("level_"+axis, "1")
	}
	b.leave(func() {
		eval[bool](b, `(() => { const s = document.querySelector('button[name=do][value=submit]'); s.click(); s.click(); return true })()`)
	})
	b.see("を申請しました")
	if n := eval[int](b, `[...document.querySelectorAll('main th a')].filter(a => a.innerText.includes(`+quoted(name)+`)).length`); n != 1 {
		t.Errorf("two clicks made %d applications and drafts", n)
	}
}

// UX-07: of two who change one draft, the second sees both versions and chooses; nothing is lost.
func TestTwoEditorsOfOneDraft(t *testing.T) {
	t.Parallel()
	p := sample(t)
	first, second := as(t, p, somuClerk), as(t, p, somuOther)
	name := once("二人の下書き")
	path := first.blank(kindOf(t, "SD"), name).draft()
	mine, theirs := first.open(path).form("form.assetform"), second.open(path).form("form.assetform")
	theirs.Set("summary", "先に保存した概要")
	if a := theirs.send(doSave); a.Status != http.StatusSeeOther {
		t.Fatalf("the first save: %d", a.Status)
	}
	mine.Set("summary", "後から保存した概要")
	mine.Set("place", "別の棚")
	a := mine.send(doSave)
	if a.Status != http.StatusConflict {
		t.Fatalf("the second save: %d\n%s", a.Status, a.main())
	}
	a.see("ほかの人が先に保存しました", "先に保存した概要", "後から保存した概要", "別の棚")
	if title := a.doc().Find("title").Text(); !strings.HasPrefix(title, "エラー：") {
		t.Errorf("the title is %q", title)
	}
	choice := a.form("form.stack")
	choice.Set("keep.summary", "theirs")
	choice.Set("keep.place", "mine")
	if a := choice.send("do=merge"); a.Status != http.StatusSeeOther {
		t.Fatalf("the choice: %d\n%s", a.Status, a.main())
	}
	got := second.open(path).form("form.assetform")
	if got.Get("summary") != "先に保存した概要" || got.Get("place") != "別の棚" || got.Get("name") != name {
		t.Errorf("kept %q and %q of %q", got.Get("summary"), got.Get("place"), got.Get("name"))
	}
}

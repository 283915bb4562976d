package e2e

import (
	"fmt"
	"net/url"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
)

// until waits for the page to come to a state.
func (b *tab) until(what, js string) {
	b.t.Helper()
	if ok := run(b, chromedp.Poll[bool](`!!(`+js+`)`, chromedp.WithPollingTimeout(patience/2))); !ok {
		b.t.Fatalf("never came: %s\nat %s", what, b.where())
	}
}

// click presses the mouse on what a selector finds.
func (b *tab) click(selector string) {
	b.t.Helper()
	b.do(chromedp.Click(chromedp.CSS(selector)))
}

// mark clicks a radio button or a box on the page with the mouse.
func (b *tab) mark(name, value string) {
	b.t.Helper()
	sel := fmt.Sprintf(`input[name="%s"][value="%s"]`, name, value)
	b.click(sel)
	b.until(name+" is "+value, fmt.Sprintf(`document.querySelector(%s).checked`, quoted(sel)))
}

// enter types into the control with a name instead of what it holds.
func (b *tab) enter(name, text string) {
	b.t.Helper()
	b.over(fmt.Sprintf(`[name="%s"]`, name), text)
}

// The main job with the mouse: information about people, a group of media that stores it and a system
// that processes it are registered, submitted together, returned, corrected and approved; the carriers
// show the level that they follow and from where, and what it makes necessary.
func TestJourneyWithTheMouse(t *testing.T) {
	t.Parallel()
	p := sample(t)
	list, stick, system := once("受験者名簿"), once("運搬用USBメモリ"), once("試験システム")
	clerk, chief := open(t, p), open(t, p)
	clerk.signIn(login(t, somuClerk))
	chief.signIn(login(t, somuChief))

	clerk.submit("新しく登録")
	clerk.see("何を登録しますか")
	clerk.submit("電子情報")
	clerk.enter("name", list)
	clerk.enter("summary", "受験者の氏名、住所、得点")
	clerk.mark("q.mynumber", "no")
	clerk.mark("q.personal", "yes")
	clerk.mark("q.published", "no")
	clerk.mark("q.sensitive", "no")
	clerk.mark("q.subjects1000", "yes")
	clerk.mark("q.affects", "yes")
	clerk.enter("q.rto", "48")
	clerk.mark("zone", "LG")
	clerk.until("the questions lead to a level", `document.querySelectorAll('#judge .level--auto').length == 3`)
	clerk.enter("place", "ファイルサーバー 試験フォルダ")
	clerk.submit("下書きを保存")
	clerk.see("下書きを保存しました", "必要なことはそろっています")
	listDraft := clerk.path()

	clerk.submit("新しく登録")
	clerk.submit("電磁的記録媒体")
	clerk.enter("name", stick)
	clerk.pick("detail_kind", "usb")
	clerk.mark("personal", "personal")
	clerk.mark("zone", "LG")
	clerk.enter("place", "国際会議場11階 施錠キャビネット3")
	clerk.press("内訳")
	for n, serial := range []string{"USB-A-0001", "USB-A-0002", "USB-A-0003"} {
		clerk.enter(fmt.Sprintf("members.%d.serial", n+1), serial)
		clerk.enter(fmt.Sprintf("members.%d.holder", n+1), "経理担当")
	}
	clerk.relate("rel-stores-out", list)
	clerk.submit("下書きを保存")
	clerk.see(list, "特に慎重に扱う個人の情報など")

	clerk.submit("新しく登録")
	clerk.submit("情報システム")
	clerk.enter("name", system)
	clerk.pick("detail_kind", "business")
	clerk.mark("personal", "personal")
	clerk.mark("zone", "LG")
	clerk.mark("level_a", "2")
	clerk.relate("rel-processes-out", list)
	clerk.submit("下書きを保存")
	clerk.see(list, "特に慎重に扱う個人の情報など")

	clerk.apply(list, stick, system)
	chief.decide(list, "ほか2件", "return", "概要に年度を書いてください")

	clerk.goTo("/my/requests")
	clerk.see("差戻し", "概要に年度を書いてください")
	clerk.submit(list)
	if clerk.path() != listDraft {
		t.Errorf("what came back is at %s, was at %s", clerk.path(), listDraft)
	}
	clerk.see("差し戻されました", "概要に年度を書いてください")
	clerk.enter("summary", "令和8年度の受験者の氏名、住所、得点")
	clerk.submit("下書きを保存")
	clerk.apply(list, stick, system)
	finish(t, p, chief.decide(list, "ほか2件", "approve", ""))

	clerk.search(list)
	clerk.see(list, "令和8年度の受験者", "使用中", "機密 3B")
	for _, follower := range []string{stick, system} {
		clerk.search(follower)
		clerk.see("機密 3B", "伝わってきた元", list)
		clerk.submit("関連・経路")
		clerk.see("この区分はどこから来たか", list)
	}
	clerk.search(stick)
	clerk.see("内訳 3件", "USB-A-0001", "USB-A-0003")
	clerk.submit("分類と対策")
	clerk.see("必要な対策", "なぜ必要か")
	if n := eval[int](clerk, `[...document.querySelectorAll('main section[aria-labelledby^="ch-"] tbody tr')].filter(r => r.children[2].innerText.trim() === '').length`); n != 0 {
		t.Errorf("%d controls without a reason", n)
	}
	stored := exported(as(t, p, somuClerk), url.Values{"q": {stick}})
	if len(stored) != 1 || stored[0]["機密性"] != "3B" {
		t.Errorf("the ledger holds %v", stored)
	}
}

// relate opens one way to relate, searches an asset in it and ticks what was found.
func (b *tab) relate(end, name string) {
	b.t.Helper()
	if !eval[bool](b, fmt.Sprintf(`(() => { const f = document.querySelector('[name="%s_q"]'); if (!f) return false; for (let d = f.closest('details'); d; d = d.parentElement.closest('details')) d.open = true; return true })()`, end)) {
		b.t.Fatalf("no way to relate %s\nat %s", end, b.where())
	}
	b.enter(end+"_q", name)
	// An answer that is still under way would take the tick away again.
	b.until(name+" alone is found", fmt.Sprintf(`(() => {
		const hits = [...document.querySelectorAll('#f-%s-results .picker__name')];
		return hits.length === 1 && hits[0].innerText.includes(%s) && !document.querySelector('.htmx-request');
	})()`, end, quoted(name)))
	b.settle()
	b.click(fmt.Sprintf(`#f-%s-results .picker__item .check`, end))
	b.until(name+" is ticked", fmt.Sprintf(`document.querySelector('#f-%s-results .check').checked`, end))
}

// apply submits drafts together from the list of drafts.
func (b *tab) apply(names ...string) {
	b.t.Helper()
	b.goTo("/my/requests")
	for _, n := range names {
		b.click(fmt.Sprintf(`input[data-select][aria-label=%s]`, quoted(n+"を選択")))
	}
	b.submit("選んだ下書きをまとめて申請")
	b.see(names...)
	b.submit(fmt.Sprintf("%d件を申請する", len(names)))
	b.see("を申請しました", "決裁を待っています")
}

// decide opens an application from the queue and approves or returns it; it returns where the
// applicant sees it.
func (b *tab) decide(first, rest, do, comment string) string {
	b.t.Helper()
	b.goTo("/approvals")
	b.submit(strings.TrimSpace(first + " " + rest))
	b.see(first)
	if do == "approve" {
		b.openItems()
	}
	if comment != "" {
		b.enter("comment", comment)
	}
	at := strings.Replace(b.path(), "/approvals/", "/requests/", 1)
	b.leave(func() { b.click(fmt.Sprintf(`form.decide button[value="%s"]`, do)) })
	b.see(map[string]string{"approve": "を承認しました", "return": "を差し戻しました"}[do])
	return at
}

// openItems follows the links of an application through what has to be opened before the decision, and
// comes back to where the decision is taken. While something is closed there is no button to approve.
func (b *tab) openItems() {
	b.t.Helper()
	approve := `document.querySelectorAll('form.decide button[value="approve"]').length`
	decision := b.path()
	next := fmt.Sprintf(`form.decide a[href^="%s/items/"]`, decision)
	if eval[int](b, fmt.Sprintf(`document.querySelectorAll(%s).length`, quoted(next))) == 0 {
		return
	}
	if eval[int](b, approve) != 0 {
		b.t.Errorf("%s can be approved unopened", decision)
	}
	b.leave(func() { b.click(next) })
	opened := map[string]bool{}
	for at := b.path(); strings.HasPrefix(at, decision+"/items/"); at = b.path() {
		if opened[at] {
			b.t.Fatalf("%s asks again for %s", decision, at)
		}
		opened[at] = true
		b.see("開いて確かめる理由")
		if strings.Contains(b.text(), "次に確かめるもの") {
			b.submit("次に確かめるもの")
		} else {
			b.submit("すべて確かめました。決裁に進む")
		}
	}
	if b.path() != decision || eval[int](b, approve) != 1 {
		b.t.Fatalf("after %d items there is nothing to approve with\nat %s", len(opened), b.where())
	}
}

// search opens an asset by its name, as the search field of every page does.
func (b *tab) search(name string) {
	b.t.Helper()
	b.enter("q", name)
	b.leave(func() { b.click("header .search__btn") })
	b.submit(name)
}

package e2e

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
)

// A connection between マイナンバー利用事務系 and the Internet is refused with the reason at its field,
// becomes a 特定通信, is approved, and stands on the 領域図, on the screen and on paper.
func TestForbiddenConnectionIsPutRight(t *testing.T) {
	t.Parallel()
	p := sample(t)
	line, lan := once("申告受付の回線"), once("利用事務系LAN")
	it := inForce(t, p, somuClerk, somuChief, kindOf(t, "NW"), line, func(f *sheet) { f.Set("zone", "IT") })
	f := as(t, p, somuClerk).blank(kindOf(t, "NW"), lan)
	f.Set("zone", "MN")
	draft := f.draft()

	b := open(t, p)
	b.signIn(login(t, somuClerk))
	b.goTo(draft)
	b.relate("rel-bridges-out", line)
	b.submit("下書きを保存")
	b.see(line, "接続の内容")
	end := strings.TrimSuffix(eval[string](b, `document.querySelector('[name^="rel.bridges:out:"][name$=".purpose"]').name`), "purpose")
	b.pick(end+"direction", "out")
	b.enter(end+"purpose", "電子申告のデータを送る")
	b.pick(end+"split", "firewall")
	b.pick(end+"sanitise", "needless")
	b.enter(end+"review_on", "R9.3.31")
	b.submit("申請する")
	b.see("直接には結べません", "基本方針 6(3)①", "許可された特定通信")
	if at := eval[string](b, `document.querySelector('[aria-invalid="true"]').name`); at != end+"special" {
		t.Errorf("the refusal stands at %q", at)
	}
	if typed := eval[string](b, fmt.Sprintf(`document.querySelector('[name="%spurpose"]').value`, end)); typed != "電子申告のデータを送る" {
		t.Errorf("what was typed is %q", typed)
	}
	b.axe()
	b.narrow()

	b.mark(end+"special", "1")
	b.enter(end+"partner", "地方税共同機構（eLTAX）")
	b.pick(end+"path", "lgwan")
	b.enter(end+"protocol", "HTTPS 443")
	b.submit("申請する")
	b.see("を申請しました")
	b.submit(lan)
	application := b.path()
	for _, post := range []string{somuChief, responsible, chief} {
		v := as(t, p, post)
		if v.get(strings.Replace(application, "/requests/", "/approvals/", 1)).doc().Find("form.decide").Length() > 0 {
			v.approve(application)
		}
	}

	b.goTo("/zones?a=MN&b=IT")
	b.see(lan, line, "特定通信：相手 地方税共同機構（eLTAX）、経路 LGWAN", "R9.3.31")
	if row := eval[string](b, fmt.Sprintf(`[...document.querySelectorAll('#crossings ~ * tbody tr, section[aria-labelledby="crossings"] tbody tr')].find(r => r.innerText.includes(%s)).innerText`, quoted(lan))); strings.Contains(row, "違反") {
		t.Errorf("the connection is called a violation: %s", row)
	}
	// Every number of the drawing stands in the table beside it, with the same link.
	apart := eval[[]string](b, `(() => {
		const to = e => e.getAttribute('href');
		const beside = new Set([...document.querySelectorAll('main table a')].map(to));
		return [...document.querySelectorAll('.zmap a')].map(to).filter(h => !beside.has(h));
	})()`)
	if len(apart) > 0 {
		t.Errorf("in the drawing only: %v", apart)
	}
	as(t, p, somuClerk).open("/assets/" + it + "/relations").see(lan)

	b.goTo("/zones/print?a=MN&b=IT")
	pages := b.print()
	if len(pages) == 0 || pages[0].Width <= pages[0].Height {
		t.Fatalf("%d pages, not lying", len(pages))
	}
	for n, page := range pages {
		for _, want := range []string{fmt.Sprintf("%d/%d", n+1, len(pages)), "時点", "自治体機密性３Ｃ"} {
			if !strings.Contains(page.Text, want) {
				t.Errorf("page %d of %d does not say %q", n+1, len(pages), want)
			}
		}
	}
}

// The 統括 decides the adopted model with its document; without scripts it works as well.
func TestTheAdoptedModelIsDecided(t *testing.T) {
	t.Parallel()
	p := sample(t)
	v := as(t, p, chief)
	f := v.open("/zones/model").form("form.form")
	if a := f.send(""); a.Status != http.StatusUnprocessableEntity {
		t.Errorf("decided without anything: %d", a.Status)
	} else {
		a.see("文書番号を入力してください", "理由を入力してください")
	}
	f.Set("unit", "sangyo")
	f.Set("model", "a2")
	f.Set("doc_no", "関広連総第99号")
	f.Set("reason", once("クラウドを直接使うため"))
	a := f.send("")
	if a.Status != http.StatusSeeOther {
		t.Fatalf("%d\n%s", a.Status, a.main())
	}
	a.follow().see("採用モデルを変えました", "関広連総第99号", f.Get("reason"), "α′")
	as(t, p, ciso).open("/zones/model").see("関広連総第99号")
}

package e2e

import (
	"net/url"
	"strings"
	"testing"
	"time"

	"daicho/internal/jpdate"
)

// finding is the first finding on the page of an asset.
func (v *visitor) finding(no string) string {
	v.t.Helper()
	path := v.open("/assets/"+no).doc().Find(`main a[href^="/findings/"]`).First().AttrOr("href", "")
	if path == "" {
		v.t.Fatalf("nothing is found in %s", no)
	}
	return path
}

// A medium registered for little comes to hold much: it is found on its page at once, the suggestion
// makes the draft, and the approved draft clears it.
func TestJourneyOfAFinding(t *testing.T) {
	t.Parallel()
	p := sample(t)
	stick, list := once("配布用USBメモリ"), once("参加者名簿")
	no := inForce(t, p, kikakuClerk, kikakuChief, kindOf(t, "MD"), stick, func(f *sheet) { f.Set("level_c", "2") })
	inForce(t, p, kikakuClerk, kikakuChief, kindOf(t, "IN"), list, func(f *sheet) {
		f.Set("level_c", "3B")
		f.Set("rel", as(t, p, kikakuClerk).relation("IN", "rel-stores-in", stick))
	})

	clerk, chief := open(t, p), open(t, p)
	clerk.as(p, kikakuClerk)
	chief.as(p, kikakuChief)
	clerk.goTo("/assets/" + no)
	clerk.see("検出", "収容物の区分が入れ物の用途を超える", list, "機密 3B")
	clerk.axe()
	clerk.submit("区分を上げる下書きを作る")
	clerk.see("直すための下書きを作りました", stick)
	clerk.submit("申請する")
	clerk.see("決裁を待っています")
	finish(t, p, chief.decide(stick, "", "approve", ""))
	clerk.goTo("/assets/" + no)
	if text := clerk.text(); strings.Contains(text, "収容物の区分") {
		t.Errorf("mended, and still found\n%s", text)
	}
	clerk.goTo("/findings?" + url.Values{"state": {"cleared"}, "rule": {"R10"}}.Encode())
	clerk.see(stick, "直ったもの")
}

// The same without scripts: a finding is accepted to a day by the 管理者, and counted as such.
func TestAFindingIsAcceptedWithoutScripts(t *testing.T) {
	t.Parallel()
	p := sample(t)
	name := once("借りたパソコン")
	no := inForce(t, p, kikakuClerk, kikakuChief, kindOf(t, "EQ"), name, func(f *sheet) { f.Set("acquisition", "lease") })
	chief := as(t, p, kikakuChief)
	path := chief.finding(no)
	f := chief.open(path).form(`form[action$="/accept"]`)
	f.Set("reason", "賃貸借の契約書を取り寄せている")
	f.Set("until", "令和2年4月1日")
	if a := f.send("do=accept"); a.Status != 422 {
		t.Errorf("a day that has passed: %d", a.Status)
	}
	f.Set("until", jpdate.OfTime(time.Now()).AddMonths(2).Wareki())
	if a := f.send("do=accept"); a.Status != 303 {
		t.Fatalf("not accepted: %d\n%s", a.Status, a.main())
	}
	chief.open(path).see("受け入れ中", "賃貸借の契約書を取り寄せている")
	as(t, p, auditor).open("/findings?state=accepted&rule=R20D").see(name)
	if rows := string(as(t, p, auditor).get("/findings.csv?state=accepted&rule=R20D").Body); !strings.Contains(rows, no) {
		t.Errorf("the file lacks it\n%s", rows)
	}
}

package e2e

import (
	"fmt"
	"strings"
	"testing"
)

// stick is a USB stick in force, and an information asset of 3B that nothing holds yet.
func stick(t *testing.T, p *program) (stickName, stickNo, listName, listNo string) {
	t.Helper()
	stickName, listName = once("運搬用USBメモリ"), once("相談の記録")
	stickNo = inForce(t, p, kikakuClerk, kikakuChief, kindOf(t, "MD"), stickName, func(f *sheet) {
		f.Set("level_c", "2")
		f.Set("level_i", "1")
		f.Set("level_a", "1")
	})
	listNo = inForce(t, p, kikakuClerk, kikakuChief, kindOf(t, "IN"), listName, func(f *sheet) {
		f.Set("level_c", "3B")
		f.Set("level_reason", "相談者の事情が書かれている")
	})
	return stickName, stickNo, listName, listNo
}

// A stick is made to hold what is more confidential than it was marked for: it rises with the
// approval, its pages lead back to where the level was declared, and what a change would reach is
// found, with the mouse.
func TestTheGraphWithTheMouse(t *testing.T) {
	t.Parallel()
	p := sample(t)
	name, no, list, listNo := stick(t, p)
	clerk, chief := open(t, p), open(t, p)
	clerk.as(p, kikakuClerk)
	chief.as(p, kikakuChief)

	clerk.goTo("/assets/" + no + "/impact")
	clerk.see("この資産に頼っている資産は登録されていません", "この資産の関連は登録されていません")
	clerk.axe()
	clerk.goTo("/assets/" + listNo)
	clerk.submit("変更する")
	clerk.submit("変更を始める")
	clerk.relate("rel-stores-in", name)
	clerk.submit("申請する")
	clerk.see("を申請しました")
	finish(t, p, chief.decide(list, "", "approve", ""))

	clerk.goTo("/assets/" + no)
	clerk.see("機密 3B", "伝わってきた元", list)
	clerk.submit("どこから来たか")
	if !strings.HasSuffix(clerk.path(), "/relations#origin-C") {
		t.Errorf("the way is at %s", clerk.path())
	}
	clerk.see("この区分はどこから来たか", "保存している情報", list, listNo, "相談者の事情が書かれている", "承認：")
	clerk.axe()
	clerk.submit("履歴")
	clerk.see("区分の上昇", "機密性 2 → 3B", list)

	clerk.goTo("/assets/" + listNo + "/relations")
	clerk.submit("影響範囲を見る")
	clerk.pick("rise", "C:3A")
	clerk.submit("調べる")
	clerk.see("1件の区分が自動で上がります", name, "自動で上がる", "周りの関連")
	clerk.axe()
	clerk.narrow()
	clerk.leave(func() { clerk.click(fmt.Sprintf(`svg.graph a[href="/assets/%s/impact"]`, no)) })
	clerk.see(name, "図の関連", list)
}

// The same pages by keyboard only: the filter, the choice and the links of the drawing are reached and
// their focus is seen.
func TestTheGraphByKeyboard(t *testing.T) {
	t.Parallel()
	p := sample(t)
	name, no, _, listNo := stick(t, p)
	clerk := as(t, p, kikakuClerk)
	clerk.change(p, listNo, func(f *sheet) { f.Set("rel", clerk.relation("IN", "rel-stores-in", name)) }, as(t, p, kikakuChief))
	k := &keyboard{b: open(t, p)}
	k.b.as(p, kikakuClerk)
	k.b.goTo("/assets/" + listNo + "/relations")
	k.reach(`main a[href$="/impact"]`)
	k.b.leave(func() { k.act("Enter") })
	k.reach(`#rise-to`)
	k.b.stroke("ArrowDown", 0)
	k.reach(`form.relfilter button[type="submit"]`)
	k.b.leave(func() { k.act("Enter") })
	k.b.see("この資産の区分が上がると", "この資産が止まると")
	k.reach(fmt.Sprintf(`svg.graph a[href="/assets/%s/impact"]`, no))
	k.b.leave(func() { k.act("Enter") })
	k.b.see(name)
	k.within("from a relation to the impact of another asset", 3)
}

// The same without scripts, in the states that a page can be in.
func TestTheGraphWithoutScripts(t *testing.T) {
	t.Parallel()
	p := sample(t)
	name, no, list, listNo := stick(t, p)
	v := as(t, p, kikakuClerk)
	v.change(p, listNo, func(f *sheet) { f.Set("rel", v.relation("IN", "rel-stores-in", name)) }, as(t, p, kikakuChief))
	b := open(t, p, withoutScripts)
	b.as(p, kikakuClerk)
	b.goTo("/assets/" + no + "/relations")
	b.see(list, "この区分はどこから来たか")
	b.goTo("/assets/" + listNo + "/relations")
	b.submit("影響範囲を見る")
	b.pick("rise", "C:3A")
	b.submit("調べる")
	b.see("1件の区分が自動で上がります", name)
	// Questions that mean nothing are taken for none.
	b.goTo("/assets/" + listNo + "/impact?rise=X:9&rpage=-4&spage=zz")
	b.see("この資産の区分が上がると")
	b.goTo("/assets/" + no + "/relations?q=" + "%E3%81%A9%E3%81%93%E3%81%AB%E3%82%82%E3%81%AA%E3%81%84")
	b.see("条件に合う関連はありません")
	b.submit("条件を解除する")
	b.see(list)
	// What is only applied for reaches nothing yet.
	pending := v.blank(kindOf(t, "SD"), once("申請だけの文書"))
	pending.apply()
	waiting := v.number(pending.Get("name"))
	b.goTo("/assets/" + waiting + "/impact")
	b.see("影響範囲は、承認されるとわかります")
	looked := open(t, p)
	looked.as(p, kikakuClerk)
	for _, path := range []string{"/assets/" + waiting + "/impact", "/assets/" + no + "/relations?q=%E3%81%A9%E3%81%93", "/assets/2026-KR-999999-9/impact"} {
		looked.goTo(path)
		looked.axe()
		looked.narrow()
	}
}

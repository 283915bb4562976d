package e2e

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
)

// draftScheme copies the edition in force and returns the path of the draft.
func draftScheme(t *testing.T, p *program) string {
	t.Helper()
	a := as(t, p, chief).post("/schemes/1/copy", nil)
	if a.Status != http.StatusSeeOther || !strings.HasPrefix(a.Location(), "/schemes/") {
		t.Fatalf("no copy: %d\n%s", a.Status, a.main())
	}
	return a.Location()
}

// The scheme changes and an asset is judged again, from the first copy to the decision on the asset:
// the 統括 copies the edition in force, changes a wording, makes a level a matter of decision, is told
// what is missing, proposes; the CISO approves; the registrant judges again; the 課長 approves.
func TestChangeTheSchemeAndJudgeAgain(t *testing.T) {
	t.Parallel()
	p := own(t, "--load", samplePacks, "--metrics", "off")
	name := once("改める前の名簿")
	no := inForce(t, p, kikakuClerk, kikakuChief, kindOf(t, "SD"), name, nil)

	b := open(t, p)
	b.as(p, chief)
	b.goTo("/schemes")
	b.see("施行中", "総務省ガイドラインによる分類")
	b.axe()
	b.submit("写して改め案を作る")
	b.see("作成中の案", "足りないところ", "ありません。どの答えでも区分が決まり")
	draft, _, _ := strings.Cut(b.path(), "?")

	// A wording, which the comparison shows word by word.
	b.submit("機密性の区分を直す")
	b.enter("r3.criteria", "基本として公表を前提とせず、取扱いに特に注意が要るもの。")
	b.axe()
	b.narrow()
	b.submit("保存する")
	b.see("区分を保存しました")
	if got := eval[string](b, `[...document.querySelectorAll('table.diff ins')].map(e => e.innerText).join('|')`); !strings.Contains(got, "特に") {
		t.Errorf("the comparison does not show the word that is new: %q", got)
	}
	// A table that leaves a case open is told with an example, and cannot be proposed.
	b.submit("可用性の判定表を直す")
	b.enter("r3.cond", "rto>1000")
	b.submit("保存する")
	b.see("どの行にも当たらない答えがあります", "例：")
	if strings.Contains(b.text(), "改める理由") {
		t.Error("an edition that decides nothing for some answers can be proposed")
	}
	b.submit("可用性の判定表を直す")
	eval[string](b, `document.querySelector('[name="r3.cond"]').value = ''`)
	// A mistake stands at its line, and nothing typed is lost.
	b.enter("r4.cond", "rto=often")
	b.enter("r4.ord", "15")
	b.submit("保存する")
	b.see("入力内容に誤りが", "数と比べてください")
	b.axe()
	if got := eval[string](b, `document.querySelector('[name="r4.cond"]').value`); got != "rto=often" {
		t.Errorf("typed and lost: %q", got)
	}
	b.choose("r4.drop", "1")
	b.submit("保存する")
	b.see("判定表を保存しました", "ありません。どの答えでも区分が決まり")

	// 3C is to be looked at one by one.
	b.submit("移り方を直す")
	b.axe()
	line := eval[string](b, `[...document.querySelectorAll('main fieldset')].find(e => e.innerText.includes('機密性 3C')).querySelector('input').name`)
	b.choose(line, "3B")
	b.submit("保存する")
	b.see("のどれかを人が決める", "影響", "人が決めます")
	b.submit("承認を求める")
	b.see("施行日を入力してください", "改める理由を入力してください")
	b.axe()
	today := eval[string](b, `new Intl.DateTimeFormat('sv', {timeZone: 'Asia/Tokyo'}).format(new Date())`)
	b.enter("from", today)
	b.enter("note", "3Cの扱いを一件ずつ見直すため")
	b.submit("承認を求める")
	b.see("承認待ち", "最高情報セキュリティ責任者が承認します")

	// Another person decides.
	top := open(t, p)
	top.as(p, ciso)
	top.goTo(draft)
	top.axe()
	top.choose("outcome", "approved")
	top.submit("決裁する")
	top.see("承認しました", "施行中")

	// What is in force stays what it was, and says that it waits.
	clerk := open(t, p, withoutScripts)
	clerk.as(p, kikakuClerk)
	clerk.goTo("/")
	clerk.see("新しい版の分類体系で判定し直す")
	clerk.goTo("/assets/" + no)
	clerk.see("旧3C", "新しい版の分類体系が効いています")
	clerk.goTo("/assets?todo=rejudge")
	clerk.see("再判定が必要", "旧3C")
	clerk.goTo("/rejudge")
	looker := open(t, p) // the rules of a page are checked by a script
	looker.as(p, kikakuClerk)
	looker.goTo("/rejudge")
	looker.axe()
	looker.narrow()
	box := fmt.Sprintf(`[...document.querySelectorAll('main tbody tr')].find(e => e.innerText.includes(%s))`, quoted(name))
	id := eval[string](clerk, box+`.querySelector('input[name=asset]').value`)
	if eval[bool](clerk, box+`.querySelector('input[name=asset]').checked`) {
		t.Error("what somebody must decide is ticked already")
	}
	clerk.choose("asset", id)
	clerk.submit("再判定の下書きを作る")
	clerk.see("機密性を選んでください")
	clerk.choose("l."+id+".C", "3B")
	clerk.submit("再判定の下書きを作る")
	clerk.see("再判定の下書きを", name)

	v := as(t, p, kikakuClerk)
	v.open("/drafts/" + id).see("再判定")
	application := v.open("/drafts/" + id).form("form.assetform").apply()
	as(t, p, kikakuChief).approve(application)
	finish(t, p, application)
	shown := v.open("/assets/" + no)
	shown.see("3B")
	if strings.Contains(shown.main(), "旧3C") || strings.Contains(shown.main(), "新しい版の分類体系が効いています") {
		t.Errorf("judged again, and still old:\n%s", shown.main())
	}
}

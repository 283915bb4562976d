package e2e

import (
	"fmt"
	"strings"
	"testing"
)

// set gives a control of the form its value: types, picks or chooses, as its kind asks.
func (b *tab) set(name, value string) {
	b.t.Helper()
	switch eval[string](b, fmt.Sprintf(`(() => { const e = document.querySelector('main [name="%s"]'); return e ? e.type : '' })()`, name)) {
	case "":
		b.t.Fatalf("no control %s\nat %s", name, b.where())
	case "radio", "checkbox":
		b.choose(name, value)
	case "select-one":
		b.pick(name, value)
	default:
		b.enter(name, value)
	}
}

// The main job with scripts off: all ten kinds registered with the mouse and keyboard of a browser
// that runs no script, submitted as one application, returned, corrected, opened item by item and
// approved step by step.
func TestJourneyWithoutScripts(t *testing.T) {
	t.Parallel()
	p := sample(t)
	clerk := open(t, p, withoutScripts)
	clerk.signIn(login(t, bosaiClerk))
	if eval[string](clerk, `getComputedStyle(document.querySelector('#keys')).display`) != "none" {
		t.Error("the dialog of keys stands open without scripts")
	}
	names := map[string]string{}
	var order []string
	for _, k := range kinds {
		names[k.code] = once(k.label)
		order = append(order, names[k.code])
		clerk.goTo("/assets/new")
		clerk.submit(k.label)
		clerk.see(k.label)
		clerk.enter("name", names[k.code])
		if one := eval[bool](clerk, `document.querySelector('[name="unit"]').value === ''`); one {
			clerk.pick("unit", "bosai-kikaku")
		}
		for key, value := range k.fields {
			clerk.set(key, value)
		}
		if k.code != "IN" {
			for axis, code := range k.levels {
				clerk.choose("level_"+axis, code)
			}
		} else {
			clerk.choose("q.mynumber", "no")
			clerk.choose("q.personal", "yes")
			clerk.choose("q.published", "no")
			clerk.submit("質問の結果を見る")
			clerk.see("質問の結果のとおり")
			for axis, code := range k.levels {
				clerk.choose("level_"+axis, code)
			}
			clerk.enter("level_reason", "受験者の数が少ない試験である")
		}
		if k.code == "MD" {
			clerk.pickWithoutScripts("rel-stores-out", names["IN"])
		}
		clerk.submit("下書きを保存")
		clerk.see("下書きを保存しました", "必要なことはそろっています")
	}

	apply := func() {
		clerk.goTo("/my/requests")
		for _, n := range order {
			clerk.click(fmt.Sprintf(`input[data-select][aria-label=%s]`, quoted(n+"を選択")))
		}
		clerk.submit("選んだ下書きをまとめて申請")
		clerk.see(order...)
		clerk.submit("10件を申請する")
		clerk.see("を申請しました")
	}
	apply()
	manager := open(t, p, withoutScripts)
	manager.signIn(login(t, bosaiChief))
	manager.submit("承認待ち")
	manager.submit(order[0])
	manager.see(order...)
	at := manager.path()
	manager.leave(func() { manager.click(`form.decide button[value="return"]`) })
	manager.see("直してほしいことをコメントに書いてください")
	if title := eval[string](manager, `document.title`); !strings.HasPrefix(title, "エラー：") {
		t.Errorf("the title of a refused form is %q", title)
	}
	if manager.path() != at {
		t.Errorf("refused at %s", manager.path())
	}
	manager.enter("comment", "施設の概要を書いてください")
	manager.leave(func() { manager.click(`form.decide button[value="return"]`) })
	manager.see("を差し戻しました")

	clerk.goTo("/my/requests")
	clerk.see("施設の概要を書いてください")
	clerk.submit(names["FA"])
	clerk.see("差し戻されました", "施設の概要を書いてください")
	if !eval[bool](clerk, `(() => { const e = document.querySelector('[name="summary"]'); const d = e.closest('details'); if (d) d.open = true; return true })()`) {
		t.Fatal("no summary")
	}
	clerk.enter("summary", "防災の資機材を置く部屋")
	clerk.submit("下書きを保存")
	apply()
	manager.decide(order[0], "", "approve", "")
	// The new cloud service takes the application on to the 局長 and the 統括. Each opens for himself what
	// has to be opened.
	for _, post := range []string{bosaiHead, chief} {
		next := open(t, p, withoutScripts)
		next.signIn(login(t, post))
		next.decide(order[0], "", "approve", "")
	}
	for _, code := range []string{"FA", "MD"} {
		clerk.enter("q", names[code])
		clerk.leave(func() { clerk.click("header .search__btn") })
		clerk.submit(names[code])
		clerk.see("使用中")
		clerk.submit("分類と対策")
		clerk.see("なぜ必要か")
	}
	clerk.see("機密 3C", names["IN"])
	clerk.goTo("/ledgers")
	clerk.submit("件数を確かめる")
	clerk.see("件。")
	clerk.click("details.menu > summary")
	clerk.submit("ログアウト")
	if !strings.HasPrefix(clerk.path(), "/login") {
		t.Errorf("signed out to %s", clerk.path())
	}
}

// pickWithoutScripts searches in a picker by its button, which sends the whole form, and ticks what
// came back.
func (b *tab) pickWithoutScripts(end, name string) {
	b.t.Helper()
	if !eval[bool](b, fmt.Sprintf(`(() => { const f = document.querySelector('[name="%s_q"]'); if (!f) return false; for (let d = f.closest('details'); d; d = d.parentElement.closest('details')) d.open = true; return true })()`, end)) {
		b.t.Fatalf("no way to relate %s\nat %s", end, b.where())
	}
	b.enter(end+"_q", name)
	b.leave(func() { b.click("#f-" + end + "-go") })
	b.see(name)
	b.click(fmt.Sprintf(`#f-%s-results .picker__item .check`, end))
}

package e2e

import (
	"fmt"
	"strings"
	"testing"
	"unicode"

	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/chromedp"
)

// keyboard is a person who has no mouse. It counts as UX does: an action is a key that makes
// something happen; moving with Tab and arrows, and the characters of a value, are counted apart.
type keyboard struct {
	b                     *tab
	actions, moves, typed int
}

const (
	ctrl  = 2
	shift = 8
)

// stroke presses and releases one key as a keyboard does.
func (b *tab) stroke(key string, modifiers int64) {
	b.t.Helper()
	down := input.DispatchKeyEventParams{Type: input.DispatchKeyEventTypeKeyDown, Key: key, Modifiers: modifiers}
	switch r := []rune(key); {
	case key == "Enter":
		down.Code, down.WindowsVirtualKeyCode, down.Text = key, 13, "\r"
	case key == "Tab":
		down.Code, down.WindowsVirtualKeyCode = key, 9
	case key == "Escape":
		down.Code, down.WindowsVirtualKeyCode = key, 27
	case key == "ArrowDown":
		down.Code, down.WindowsVirtualKeyCode = key, 40
	case len(r) == 1:
		down.WindowsVirtualKeyCode, down.Text = int64(unicode.ToUpper(r[0])), key
	default:
		b.t.Fatalf("no key %s", key)
	}
	if modifiers&ctrl != 0 {
		down.Text = ""
	}
	up := down
	up.Type, up.Text = input.DispatchKeyEventTypeKeyUp, ""
	for _, p := range []input.DispatchKeyEventParams{down, up} {
		if _, err := chromedp.Call(b.ctx, input.DispatchKeyEvent, p); err != nil {
			b.t.Fatal(err)
		}
	}
}

// act presses a key that makes something happen.
func (k *keyboard) act(key string, modifiers ...int64) {
	k.b.t.Helper()
	k.actions++
	var m int64
	for _, one := range modifiers {
		m |= one
	}
	k.b.stroke(key, m)
}

// focused says what is wrong with where the focus is: it must be seen and nothing may cover it.
const focused = `(() => {
	const e = document.activeElement;
	if (!e || e === document.body) return '';
	const r = e.getBoundingClientRect(), x = r.x + Math.min(r.width / 2, 40), y = r.y + r.height / 2;
	const it = e.outerHTML.slice(0, 120);
	if (r.width < 1 || r.height < 1 || x < 0 || y < 0 || x > innerWidth || y > innerHeight) return 'outside of the window: ' + it;
	const top = document.elementFromPoint(x, y);
	if (!top || !(e.contains(top) || top.contains(e) || [...(e.labels || [])].some(l => l.contains(top)))) return 'covered by ' + (top ? top.outerHTML.slice(0, 120) : 'nothing') + ': ' + it;
	const s = getComputedStyle(e);
	if (s.outlineStyle === 'none' && s.boxShadow === 'none') return 'not visible: ' + it;
	return '';
})()`

// reach moves with Tab until the focus is on what a selector finds.
func (k *keyboard) reach(selector string) {
	k.b.t.Helper()
	at := fmt.Sprintf(`document.activeElement.matches(%s)`, quoted(selector))
	for range 200 {
		if eval[bool](k.b, at) {
			return
		}
		k.moves++
		k.b.stroke("Tab", 0)
		if wrong := eval[string](k.b, focused); wrong != "" {
			k.b.t.Errorf("%s: the focus is %s", k.b.path(), wrong)
		}
	}
	k.b.t.Fatalf("Tab does not reach %s\nat %s", selector, k.b.where())
}

// write types a value where the focus is; an input method commits what no key has.
func (k *keyboard) write(text string) {
	k.b.t.Helper()
	for _, r := range text {
		k.typed++
		if r < 128 {
			k.b.stroke(string(r), 0)
		} else if _, err := chromedp.Call(k.b.ctx, input.InsertText, input.InsertTextParams{Text: string(r)}); err != nil {
			k.b.t.Fatal(err)
		}
	}
}

// reset starts a new count.
func (k *keyboard) reset() { k.actions, k.moves, k.typed = 0, 0, 0 }

// within fails the test when a task took more actions than it may.
func (k *keyboard) within(task string, actions int) {
	k.b.t.Helper()
	k.b.t.Logf("%s: %d actions, %d moves, %d characters", task, k.actions, k.moves, k.typed)
	if k.actions > actions {
		k.b.t.Errorf("%s took %d actions, may take %d", task, k.actions, actions)
	}
}

func (k *keyboard) signIn(name string) {
	k.b.t.Helper()
	k.b.goTo("/login")
	k.reach(`[name="login"]`)
	k.write(name)
	k.reach(`[name="password"]`)
	k.write(password(k.b.t, name))
	k.b.leave(func() { k.act("Enter") })
}

// The main job by keyboard only, within the counts of UX T1 to T3.
func TestJourneyByKeyboard(t *testing.T) {
	t.Parallel()
	p := sample(t)
	name := once("操作手順書")
	clerk := &keyboard{b: open(t, p)}
	clerk.signIn(login(t, kikakuClerk))
	clerk.b.stroke("g", 0)
	clerk.b.leave(func() { clerk.b.stroke("a", 0) })

	clerk.reset()
	clerk.b.leave(func() { clerk.act("n") })
	clerk.reach(`main a[href="/assets/new/SD"]`)
	clerk.b.leave(func() { clerk.act("Enter") })
	clerk.reach(`[name="name"]`)
	clerk.write(name)
	clerk.reach(`[name="detail_kind"]`)
	for eval[string](clerk.b, `document.activeElement.value`) != "manual" {
		clerk.moves++
		clerk.b.stroke("ArrowDown", 0)
		if clerk.moves > 300 {
			t.Fatal("the arrows do not reach the option")
		}
	}
	for _, axis := range []string{"c", "i", "a"} {
		clerk.reach(fmt.Sprintf(`[name="level_%s"]`, axis))
		clerk.act(map[string]string{"c": "3", "i": "1", "a": "2"}[axis])
	}
	clerk.reach(`[name="place"]`)
	clerk.write("共有フォルダ")
	clerk.b.leave(func() { clerk.act("Enter", ctrl) })
	clerk.b.see("を申請しました")
	clerk.within("T1 register and submit", 6)

	chief := &keyboard{b: open(t, p)}
	chief.signIn(login(t, kikakuChief))
	chief.b.stroke("g", 0)
	chief.b.leave(func() { chief.b.stroke("q", 0) })
	chief.reset()
	for !strings.Contains(eval[string](chief.b, `document.activeElement.matches('a') ? document.activeElement.innerText : ''`), name) {
		chief.moves++
		chief.b.stroke("j", 0)
		if chief.moves > 100 {
			t.Fatalf("j does not reach the application\nat %s", chief.b.where())
		}
	}
	chief.b.leave(func() { chief.b.stroke("Enter", 0) })
	chief.b.see(name)
	chief.reset()
	chief.act("a")
	if wrong := eval[string](chief.b, focused); wrong != "" {
		t.Errorf("after the key a the focus is %s", wrong)
	}
	chief.b.leave(func() { chief.act("Enter") })
	chief.b.see("を承認しました")
	chief.within("T3 approve one", 2)

	no := as(t, p, kikakuClerk).number(name)
	clerk.reset()
	clerk.act("/")
	clerk.write(no)
	clerk.b.leave(func() { clerk.act("Enter") })
	clerk.b.see(name, "使用中")
	if clerk.b.path() != "/assets/"+no {
		t.Errorf("the number leads to %s", clerk.b.path())
	}
	clerk.within("T2 find and open", 2)

	clerk.reset()
	clerk.b.leave(func() { clerk.act("d") })
	clerk.reach(`[name="name"]`)
	clerk.write(once("操作手順書の写し"))
	clerk.b.leave(func() { clerk.act("Enter", ctrl) })
	clerk.within("T1 duplicate", 2)
	clerk.b.see("を申請しました")

	clerk.act("?", shift)
	if !eval[bool](clerk.b, `document.querySelector('#keys').open`) {
		t.Error("the key ? does not show the keys")
	}
	clerk.act("Escape")
}

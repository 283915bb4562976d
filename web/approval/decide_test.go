package approval_test

import (
	"strings"
	"testing"

	"daicho/internal/approval"
	"daicho/internal/fixture"
	"daicho/web/page"
)

// An approval puts in force, says so and leads to the next that waits; a return keeps its comment.
func TestDecide(t *testing.T) {
	w := newWorld(t)
	a, id := w.apply(registrant, list("甲", "3C"))
	b, bid := w.apply(registrant, list("乙", "3C"))
	kacho := w.SignIn(t, manager)
	r := kacho.Post(show(a), decision(w.open(kacho, show(a)), "approve", "確認しました")...)
	if r.Status != 303 || r.Location() != show(b) || w.state(a) != "approved" {
		t.Fatalf("%d to %s, %s", r.Status, r.Location(), w.state(a))
	}
	d := w.open(kacho, r.Location())
	flash := d.Find("main .banner--success").First()
	if got := words(flash); !strings.Contains(got, "「甲」を承認しました。") || !strings.Contains(got, "残り1件") || flash.Find("a").AttrOr("href", "") != page.AssetControls(w.number(id)) {
		t.Errorf("message %q, link %s", got, flash.Find("a").AttrOr("href", ""))
	}
	r = kacho.Post(show(b), decision(d, "return", "棚の番号を書いてください。")...)
	if r.Status != 303 || r.Location() != page.Approvals || w.state(b) != "returned" {
		t.Fatalf("%d to %s, %s", r.Status, r.Location(), w.state(b))
	}
	if got := words(w.open(kacho, page.Approvals).Find("main .banner--success")); !strings.Contains(got, "「乙」を差し戻しました。") || !strings.Contains(got, "ほかにありません") {
		t.Errorf("message %q", got)
	}
	// The applicant reads the comment, and finds the draft.
	d = w.open(w.SignIn(t, registrant), page.RequestShow(b))
	banner := d.Find("main .banner--warning").First()
	if got := words(banner); !strings.Contains(got, "差し戻されました") || !strings.Contains(got, "田中 一郎") || !strings.Contains(got, "棚の番号を書いてください。") {
		t.Errorf("the applicant reads %q", got)
	}
	if banner.Find(`a[href="`+page.Draft(bid)+`"]`).Length() != 1 {
		t.Error("no way to the draft")
	}
	// What was decided is shown as such, without buttons.
	d = w.open(kacho, show(a))
	if d.Find("form.decide").Length() != 0 || !strings.Contains(words(d.Find(".twocol__side")), "承認済") || !strings.Contains(words(d.Find(".twocol__side")), "確認しました") {
		t.Errorf("a decided application: %s", words(d.Find(".twocol__side")))
	}
}

// UX-31: a return says why. The refused form keeps what was typed and leads to the field.
func TestReturnNeedsAComment(t *testing.T) {
	w := newWorld(t)
	a, _ := w.apply(registrant, list("甲", "3C"))
	kacho := w.SignIn(t, manager)
	page1 := w.open(kacho, show(a))
	for comment, message := range map[string]string{
		" 　 ": "差し戻すときは、直してほしいことをコメントに書いてください。", strings.Repeat("長", 2001): "コメントは2000文字以内で入力してください（いまは2001文字です）",
	} {
		r := kacho.Post(show(a), decision(page1, "return", comment)...)
		if r.Status != 422 {
			t.Fatalf("%d", r.Status)
		}
		d := w.sound(show(a), r)
		if !strings.HasPrefix(d.Find("title").Text(), "エラー：") {
			t.Errorf("title %q", d.Find("title").Text())
		}
		link := d.Find("[data-error-summary] a")
		if words(link) != message || link.AttrOr("href", "") != "#f-comment" {
			t.Errorf("summary %q to %s", words(link), link.AttrOr("href", ""))
		}
		area := d.Find("#f-comment")
		if area.Text() != comment || area.AttrOr("aria-invalid", "") != "true" || !strings.HasPrefix(area.AttrOr("aria-describedby", ""), "f-comment-error") {
			t.Errorf("the field keeps %q", area.Text())
		}
		if d.Find(".nav__link").Length() == 0 {
			t.Error("the refused page has no navigation")
		}
		if got := d.Find("form.decide [name=form_token]").AttrOr("value", ""); got == "" || got == page1.Find("form.decide [name=form_token]").AttrOr("value", "") {
			t.Error("the refused form has no token of its own")
		}
	}
	if r := kacho.Post(show(a), decision(page1, "", "x")...); r.Status != 422 || !strings.Contains(r.Text(), "「承認する」か「差し戻す」を選んでください。") {
		t.Errorf("no outcome: %d", r.Status)
	}
	if w.state(a) != "submitted" {
		t.Error("a refused decision was carried out")
	}
	// The corrected form of the refusal works.
	d := w.sound(show(a), kacho.Post(show(a), decision(page1, "return", "")...))
	if r := kacho.Post(show(a), decision(d, "return", "直してください")...); r.Status != 303 || w.state(a) != "returned" {
		t.Errorf("corrected: %d, %s", r.Status, w.state(a))
	}
}

// UX-30: one's own application has no buttons but the reason, and a forged POST is refused and
// leaves its trace.
func TestOwnApplication(t *testing.T) {
	w := newWorld(t)
	w.World.Appoint(t, registrant, "p-somu-kacho", "concurrent")
	a, _ := w.apply(registrant, list("自分のもの", "3C"))
	me := w.SignIn(t, registrant)
	d := w.open(me, show(a))
	if d.Find("form.decide, main button[name=do]").Length() != 0 || !strings.Contains(words(d.Find(".twocol__side")), "自分が申請したものは承認できません。") {
		t.Errorf("the applicant sees %s", words(d.Find(".twocol__side")))
	}
	seen := w.open(w.SignIn(t, manager), show(a)).Find("form.decide [name=seen]").AttrOr("value", "")
	r := me.Post(show(a), "do", "approve", "seen", seen)
	if r.Status != 403 || !strings.Contains(r.Text(), "自分が申請したものは承認できません。") || w.state(a) != "submitted" {
		t.Errorf("forged: %d, %s", r.Status, w.state(a))
	}
	if n := w.count(`SELECT count(*) FROM act WHERE outcome = 'refused' AND action = 'application.decide' AND reason = 'approval.own'`); n != 1 {
		t.Errorf("%d refusals on record", n)
	}
}

// The same form twice is one decision; a form of what has changed is none.
func TestReplayAndStale(t *testing.T) {
	w := newWorld(t)
	a, _ := w.apply(registrant, list("甲", "3C"))
	b, _ := w.apply(registrant, list("乙", "3C"))
	kacho := w.SignIn(t, manager)
	d := w.open(kacho, show(a))
	form := decision(d, "approve", "")
	for range 2 {
		if r := kacho.Post(show(a), form...); r.Status != 303 || r.Location() != show(b) {
			t.Fatalf("%d to %s", r.Status, r.Location())
		}
	}
	if n := w.count(`SELECT count(*) FROM decision`); n != 1 {
		t.Fatalf("%d decisions", n)
	}
	// Decided by another meanwhile: the page says what became of it.
	d = w.open(kacho, show(b))
	w.World.Appoint(t, fixture.Registrant2, "p-somu-kacho", "acting")
	w.decide(fixture.Registrant2, b, approval.Return, "代わりに見ました")
	r := kacho.Post(show(b), decision(d, "approve", "")...)
	if r.Status != 409 {
		t.Fatalf("%d", r.Status)
	}
	got := w.sound(show(b), r)
	if text := words(got.Find("main")); !strings.Contains(text, "この申請はすでに「差戻し」になっています。") || !strings.Contains(text, "代わりに見ました") || !strings.Contains(text, "職務代理として") || got.Find("form.decide").Length() != 0 {
		t.Errorf("the page says %s", text)
	}
	// Another list than the one on the screen.
	c, _ := w.apply(registrant, list("丙", "3C"))
	d = w.open(kacho, show(c))
	r = kacho.Post(show(c), "form_token", "t", "seen", strings.Repeat("00", 32), "do", "approve", "comment", "よい")
	if got := w.sound(show(c), r); r.Status != 409 || !strings.Contains(words(got.Find(".banner--error")), "もう一度開いて確かめてください") || got.Find("#f-comment").Text() != "よい" {
		t.Errorf("stale: %d %s", r.Status, words(got.Find("main")))
	}
	if w.state(c) != "submitted" {
		t.Error("a stale decision was carried out")
	}
	for _, seen := range []string{"", "zz", "00"} {
		if r := kacho.Post(show(c), "seen", seen, "do", "approve"); r.Status != 409 {
			t.Errorf("seen %q: %d", seen, r.Status)
		}
	}
	if r := kacho.Post(show(c), decision(d, "approve", "")...); r.Status != 303 {
		t.Errorf("the true form: %d", r.Status)
	}
}

// Outside the scope an application is not there; inside, a role that does not decide reads it.
func TestWhoSeesAnApplication(t *testing.T) {
	w := newWorld(t)
	a, _ := w.apply(registrant, list("ひみつの名簿", "3C"))
	for login, want := range map[string]int{
		registrant: 200, fixture.Registrant2: 200, manager: 200, fixture.Responsible: 200, fixture.Chief: 200, fixture.Auditor: 200,
		fixture.Planner: 404, fixture.PlanManager: 404, fixture.Bosai: 404, fixture.Gikai: 404, fixture.GikaiHead: 404, fixture.Admin: 403, fixture.Nobody: 403,
	} {
		c := w.SignIn(t, login)
		for _, path := range []string{show(a), page.RequestShow(a)} {
			r := c.Get(path)
			if r.Status != want {
				t.Errorf("%s %s: %d, want %d", login, path, r.Status, want)
			}
			if want != 200 && strings.Contains(r.Body, "ひみつ") {
				t.Errorf("%s reads it on %s", login, path)
			}
			if got := r.Doc().Find("form.decide").Length() == 1; got != (login == manager && path == show(a)) {
				t.Errorf("%s is offered the decision on %s: %v", login, path, got)
			}
		}
		if login == manager {
			continue
		}
		if r := c.Post(show(a), "do", "approve"); r.Status != 403 && r.Status != 404 {
			t.Errorf("%s decides: %d", login, r.Status)
		}
	}
	kacho := w.SignIn(t, manager)
	for _, path := range []string{"/approvals/0", "/approvals/x", "/approvals/999999", "/requests/-1", "/requests/999999", "/requests/9999999999999999999999", "/requests/x/withdraw"} {
		if r := kacho.Get(path); r.Status != 404 {
			t.Errorf("%s: %d", path, r.Status)
		}
	}
	if w.state(a) != "submitted" {
		t.Error("somebody decided")
	}
}

// UX-33: the applicant takes back what is not decided yet, after a page that says what happens.
func TestWithdraw(t *testing.T) {
	w := newWorld(t)
	a, id := w.apply(registrant, list("名簿", "3C"))
	me := w.SignIn(t, registrant)
	path := page.RequestShow(a) + "/withdraw"
	d := w.open(me, page.RequestShow(a))
	if d.Find(`main a[href="`+path+`"]`).Length() != 1 || !strings.Contains(words(d.Find(".banner--info")), "総務課の情報セキュリティ管理者の決裁を待っています") {
		t.Errorf("the open application: %s", words(d.Find("main .banner")))
	}
	d = w.open(me, path)
	if got := words(d.Find(".confirm")); !strings.Contains(got, "「名簿」の申請を取り下げますか") || !strings.Contains(got, "下書きに戻ります") {
		t.Errorf("the confirmation: %s", got)
	}
	// Nobody else may.
	other := w.SignIn(t, fixture.Registrant2)
	if r := other.Get(path); r.Status != 409 || r.Doc().Find(".confirm").Length() != 0 || !strings.Contains(r.Text(), "取り下げられるのは申請した本人だけです。") {
		t.Errorf("another sees %d", r.Status)
	}
	if r := other.Post(path, "reason", "x"); r.Status != 403 {
		t.Errorf("another withdraws: %d", r.Status)
	}
	if r := me.Post(path, "reason", strings.Repeat("長", 201)); r.Status != 422 || r.Doc().Find("#f-reason").AttrOr("value", "") == "" {
		t.Errorf("a long reason: %d", r.Status)
	}
	for range 2 { // the second is the same form again
		if r := me.Post(path, "reason", "書き直します"); r.Status != 303 || r.Location() != page.RequestShow(a) {
			t.Fatalf("%d to %s", r.Status, r.Location())
		}
	}
	d = w.open(me, page.RequestShow(a))
	if got := words(d.Find("main")); !strings.Contains(got, "申請を取り下げました。") || !strings.Contains(got, "取り下げられた申請です") || d.Find(`main a[href="`+path+`"]`).Length() != 0 {
		t.Errorf("afterwards: %s", got)
	}
	if r := me.Get(page.Draft(id)); r.Status != 200 {
		t.Errorf("the draft: %d", r.Status)
	}
	// Too late.
	b, _ := w.apply(registrant, list("別の名簿", "3C"))
	w.decide(manager, b, approval.Approve, "")
	for _, r := range []int{me.Get(page.RequestShow(b) + "/withdraw").Status, me.Post(page.RequestShow(b) + "/withdraw").Status} {
		if r != 409 {
			t.Errorf("withdrawn after the decision: %d", r)
		}
	}
	if w.state(b) != "approved" {
		t.Error("a decided application was withdrawn")
	}
	if got := words(w.open(me, page.RequestShow(b)).Find(".twocol__side")); !strings.Contains(got, "承認済") || !strings.Contains(got, "総務課 課長 田中 一郎") {
		t.Errorf("the verdict: %s", got)
	}
}

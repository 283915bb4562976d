package approval_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/PuerkitoBio/goquery"

	"daicho/internal/app"
	"daicho/internal/approval"
	"daicho/internal/asset"
	"daicho/internal/fixture"
	"daicho/internal/relation"
	"daicho/web/page"
)

// The queue says of each application what an approver wants to know, oldest first.
func TestQueue(t *testing.T) {
	w := newWorld(t)
	kacho := w.SignIn(t, manager)
	d := w.open(kacho, page.Approvals)
	if got := words(d.Find("main .empty")); !strings.Contains(got, "承認を待っている申請はありません") || d.Find("main table").Length() != 0 {
		t.Errorf("nothing waits: %q", got)
	}

	first, id := w.apply(registrant, list("一番目", "3B"))
	w.decide(manager, first, approval.Approve, "")
	lowered := w.change(registrant, id, "level_c", "2", "level_reason", "住所を消した")
	both := w.submit(fixture.Registrant2, "", w.draft(fixture.Registrant2, asset.Info, list("名簿", "3B")), w.draft(fixture.Registrant2, asset.Paper, list("つづり", "3C", "locked", "locked")))
	own := w.submit(manager, "", w.draft(manager, asset.Info, list("課長のもの", "3C")))
	w.apply(fixture.Gikai, list("議会のもの", "3C"))

	d = w.open(kacho, page.Approvals)
	rows := d.Find("main tbody tr")
	if rows.Length() != 2 || !strings.Contains(words(d.Find("main [role=status]")), "2 件") {
		t.Fatalf("%d rows: %s", rows.Length(), words(d.Find("main")))
	}
	for i, want := range []struct {
		href  string
		parts []string
	}{
		{show(lowered), []string{"一番目", "変更", "電子情報", "1", "機密 2", "引下げ", "本部事務局 総務課 主査 山田 太郎", "今日"}},
		{show(both), []string{"名簿 ほか1件", "新規登録", "電子情報、印刷文書", "2", "機密 3B", "個別に確認", "佐藤 花子"}},
	} {
		row := rows.Eq(i)
		if got := row.Find("th a").AttrOr("href", ""); got != want.href {
			t.Errorf("row %d leads to %s", i, got)
		}
		for _, p := range want.parts {
			if !strings.Contains(words(row), p) {
				t.Errorf("row %d lacks %q: %s", i, p, words(row))
			}
		}
	}
	if strings.Contains(words(d.Find("main")), "課長のもの") || strings.Contains(words(d.Find("main")), "議会") {
		t.Error("an application that the manager cannot decide stands in the queue")
	}
	if got := words(d.Find(`.nav__link[aria-current]`)); got != "承認待ち 2 件" {
		t.Errorf("navigation %q", got)
	}
	// One's own goes to the next in rank.
	if d := w.open(w.SignIn(t, fixture.Responsible), page.Approvals); d.Find(`main tbody a[href="`+show(own)+`"]`).Length() != 1 {
		t.Error("the manager's own application is not with the responsible person")
	}
	for login, status := range map[string]int{registrant: 403, fixture.Auditor: 403, fixture.Admin: 403} {
		if r := w.SignIn(t, login).Get(page.Approvals); r.Status != status {
			t.Errorf("%s: %d", login, r.Status)
		}
	}
}

func TestQueuePages(t *testing.T) {
	w := newWorld(t)
	for _, n := range names(52) {
		w.apply(registrant, list(n, "2"))
	}
	kacho := w.SignIn(t, manager)
	d := w.open(kacho, page.Approvals)
	if n := d.Find("main tbody tr").Length(); n != 50 || words(d.Find("main tbody th").First()) != "名簿001" {
		t.Errorf("the first page has %d rows, first %s", n, words(d.Find("main tbody th").First()))
	}
	d = w.open(kacho, page.Approvals+"?page=2")
	if n := d.Find("main tbody tr").Length(); n != 2 || words(d.Find("main tbody th").First()) != "名簿051" {
		t.Errorf("the second page has %d rows, first %s", n, words(d.Find("main tbody th").First()))
	}
	if title := d.Find("title").Text(); !strings.HasPrefix(title, "承認待ち（2ページ） – ") {
		t.Errorf("title %q", title)
	}
	if d := w.open(kacho, page.Approvals+"?page=99"); d.Find("main tbody tr").Length() != 2 {
		t.Error("a page beyond the last is not the last")
	}
}

// UX-29: what changes comes first, in words, and the whole record is one disclosure away.
func TestDecisionPageOfAChange(t *testing.T) {
	w := newWorld(t)
	a, id := w.apply(registrant, list("名簿", "3B", "personal", "sensitive"))
	w.decide(manager, a, approval.Approve, "")
	c := w.change(registrant, id, "level_c", "2", "level_reason", "病歴の欄を消した", "place", "ファイルサーバー 総務課フォルダ", "personal", "none", "q.personal", "no", "notes", "様式を改めた")
	d := w.open(w.SignIn(t, manager), show(c))
	if got := words(d.Find("h1")); !strings.HasPrefix(got, "名簿の変更") || !strings.Contains(got, w.number(id)) {
		t.Errorf("h1 %q", got)
	}
	diff := d.Find("table.diff tbody tr")
	got := map[string][2]string{}
	diff.Each(func(_ int, r *goquery.Selection) {
		got[words(r.Find("th"))] = [2]string{words(r.Find("td").Eq(0)), words(r.Find("td").Eq(1))}
	})
	for label, want := range map[string][2]string{
		"機密性":     {"特に慎重に扱う個人の情報など（機密性3B）", "すぐには公開しない情報（機密性2）"},
		"判断理由":    {"氏名と合否を含むため", "病歴の欄を消した"},
		"個人情報の区分": {"要配慮個人情報", "含まない"},
		"設置・保管場所": {"ファイルサーバー 資格試験課フォルダ", "ファイルサーバー 総務課フォルダ"},
		"備考 軽微":   {"（なし）", "様式を改めた"},
		"個人情報が書かれていますか。": {"はい", "いいえ"},
	} {
		if got[label] != want {
			t.Errorf("%s: %q, want %q", label, got[label], want)
		}
	}
	if len(got) != 6 || words(diff.First().Find("th")) != "機密性" || strings.HasPrefix(words(diff.Last().Find("th")), "備考") == false {
		t.Errorf("the difference has other lines or another order: %v", got)
	}
	if !strings.Contains(words(d.Find(".pagehead__marks")), "引下げ") {
		t.Error("the lowering is not marked")
	}
	if said := words(d.Find(".judged__said")); !strings.HasPrefix(said, "質問の答えから、機密性は「") || d.Find(".judged li").Length() == 0 {
		t.Errorf("the answers led to %q", said)
	}
	level := words(d.Find(".review .table tbody tr").First())
	if !strings.Contains(level, "機密 3B → から 機密 2") || !strings.Contains(level, "引下げ") {
		t.Errorf("the level line says %q", level)
	}
	whole := d.Find("details.more").Last()
	if _, open := whole.Attr("open"); open || !strings.Contains(words(whole), "試験を受けた人の氏名") || !strings.Contains(words(whole), "様式を改めた") {
		t.Errorf("the whole record: %q", words(whole))
	}
	if a := whole.Find("a"); a.AttrOr("href", "") != page.AssetShow(w.number(id)) {
		t.Error("no way to the page of the asset")
	}
	form := d.Find("form.decide")
	if words(form.Find("button[value=approve]")) != "変更を承認する a" || form.Find("button[value=return]").AttrOr("data-key", "") != "r" || form.Find("[name=seen]").AttrOr("value", "") == "" {
		t.Errorf("the form of the decision: %s", words(form))
	}
	if !strings.Contains(words(form), "引き下げるものが1件") {
		t.Error("the form does not warn of the lowering")
	}
}

// A new asset shows what matters, the questions with their answers, why the level, and the plea of
// somebody who could not tell.
func TestDecisionPageOfANewAsset(t *testing.T) {
	w := newWorld(t)
	a, id := w.apply(registrant, list("会議録音データ", "", "level_i", "", "level_a", "", "level_ask", "1", "q.personal", "unknown", "q.mynumber", "unknown", "q.affects", "", "q.rto", "", "outsourced", "1"))
	kacho := w.SignIn(t, manager)
	d := w.open(kacho, show(a))
	main := words(d.Find("main"))
	for _, want := range []string{
		"会議録音データの新規登録", w.number(id), "電子情報 所管 総務課 申請", "山田 太郎", "個別に確認", "機密 3B", "主な内容", "外部に委託する はい",
		"管理者に聞いています", "マイナンバーを含むかどうかが分からないので、仮に重い扱いにしています。", "氏名と合否を含むため",
		"マイナンバーが書かれていますか。 わからない", "本人の数が1,000人以上です",
	} {
		if !strings.Contains(main, want) {
			t.Errorf("the page lacks %q", want)
		}
	}
	if d.Find("table.diff").Length() != 0 || words(d.Find("form.decide button[value=approve]")) != "登録を承認する a" {
		t.Error("a new asset is shown as a change")
	}
	// Beside the proposal.
	b, _ := w.apply(registrant, list("高く選んだもの", "3B"))
	if got := words(w.open(kacho, show(b)).Find("main")); !strings.Contains(got, "質問の結果は「外に出さない前提の情報（3C）」ですが、それより高く選ばれています。") {
		t.Error("the page does not say that the level lies above the proposal")
	}
	// A container: where its level comes from, and what it is related to.
	usb := w.draft(registrant, asset.Medium, app.Raw{"name": {"USBメモリ"}, "detail_kind": {"usb"}, "personal": {"personal"}, "zone": {"LG"}, "place": {"総務課"},
		"rel": {app.RelationValue(relation.Stores, true, id)}})
	c := w.submit(registrant, "急ぎません", usb)
	got := words(w.open(kacho, show(c)).Find("main"))
	for _, want := range []string{"関連 保存している情報：" + w.number(id) + " 会議録音データ", "関連する資産に従います", "申請者から 急ぎません", "機密 3B"} {
		if !strings.Contains(got, want) {
			t.Errorf("the page of the container lacks %q: %s", want, got)
		}
	}
}

// An application with many items says first what it consists of; what needs a look comes first and
// open, the rest is folded, a hundred a page.
func TestDecisionPageOfManyItems(t *testing.T) {
	w := newWorld(t)
	var ids []int64
	for i, n := range names(103) {
		c := "2"
		if i%50 == 49 {
			c = "3B"
		}
		ids = append(ids, w.draft(registrant, asset.Info, list(n, c, "q.personal", "no", "personal", "none")))
	}
	a := w.submit(registrant, "", ids...)
	kacho := w.SignIn(t, manager)
	d := w.open(kacho, show(a))
	var table []string
	d.Find("section[aria-labelledby=groups] tbody tr").Each(func(_ int, r *goquery.Selection) { table = append(table, words(r)) })
	if fmt.Sprint(table) != "[電子情報 新規登録 機密 3B 2 – 2 電子情報 新規登録 機密 2 101 – –]" {
		t.Errorf("what it consists of: %v", table)
	}
	items := d.Find("article.queue")
	if items.Length() != 100 || words(items.Eq(0).Find("h2")) != "名簿050 の新規登録" || words(items.Eq(1).Find("h2")) != "名簿100 の新規登録" {
		t.Errorf("%d items, first %s", items.Length(), words(items.First().Find("h2")))
	}
	// Two of 3B and a sample of eleven of the rest have to be opened, each on a page of its own.
	for i, want := range []string{"開いて確かめる（特に慎重に扱う区分）", "開いて確かめる（特に慎重に扱う区分）", "開いて確かめる（抜取り）"} {
		if got := words(items.Eq(i)); !strings.Contains(got, want) || strings.Contains(got, "内容と区分の理由を見る") {
			t.Errorf("item %d says %q", i, got)
		}
	}
	if got := words(items.Eq(13)); !strings.Contains(got, "内容と区分の理由を見る") || strings.Contains(got, "開いて確かめる") {
		t.Errorf("an item that was not drawn: %q", got)
	}
	if d.Find("form.decide button[value=approve]").Length() != 0 {
		t.Error("an approval is offered before anything was opened")
	}
	if r := kacho.Post(show(a), decision(d, "approve", "")...); r.Status != 409 || !strings.Contains(r.Text(), "あと13件") {
		t.Errorf("approved unseen: %d", r.Status)
	}
	opened := 0
	for link := d.Find(".decide a.btn").AttrOr("href", ""); strings.Contains(link, "/items/"); opened++ {
		link = w.open(kacho, link).Find(".pagehead a.btn").First().AttrOr("href", "")
	}
	if opened != 13 {
		t.Errorf("%d items opened one by one", opened)
	}
	d = w.open(kacho, show(a))
	if got := words(d.Find("form.decide button[value=approve]")); got != "103件を承認する a" {
		t.Errorf("button %q", got)
	}
	second := w.open(kacho, show(a)+"?page=2")
	if n := second.Find("article.queue").Length(); n != 3 {
		t.Errorf("%d items on the second page", n)
	}
	if r := kacho.Post(show(a), decision(second, "approve", "")...); r.Status != 303 || w.state(a) != "approved" {
		t.Errorf("decided from the second page: %d, %s", r.Status, w.state(a))
	}
	if n := w.count(`SELECT count(*) FROM tenure`); n != 103 {
		t.Errorf("%d in force", n)
	}
}

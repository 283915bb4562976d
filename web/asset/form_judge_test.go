package asset_test

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/PuerkitoBio/goquery"

	"daicho/internal/approval"
	"daicho/internal/asset"
	"daicho/internal/fixture"
	"daicho/web/page"
)

// plain are the answers to the plain questions about a list of people.
var plain = []string{"q.mynumber", "no", "q.personal", "yes", "q.published", "no"}

func TestQuestionsLeadToAProposal(t *testing.T) {
	s := newSite(t)
	v := s.as(t, fixture.Registrant)
	// Without scripts the button shows the proposal and keeps everything.
	r := v.start(t, asset.Info, "judge", append(slices.Clone(plain), "name", "名簿", "notes", "覚え", "q.rto", "４８")...)
	if r.code != http.StatusSeeOther || !strings.HasSuffix(r.head.Get("Location"), "#judge") {
		t.Fatalf("%d %s", r.code, r.head.Get("Location"))
	}
	path := strings.TrimSuffix(r.head.Get("Location"), "#judge")
	r = v.page(t, path)
	if value(r, "notes") != "覚え" || value(r, "q.personal") != "yes" || value(r, "q.rto") != "４８" {
		t.Error("what was typed is gone")
	}
	auto := r.Find(".level--auto")
	if got := texts(auto.Find("label")); !slices.Equal(got, []string{"外に出さない前提の情報機密 3C質問の結果のとおり", "誤りが大きく響くもの完 2質問の結果のとおり", "止まっても影響が軽いもの可 1質問の結果のとおり"}) {
		t.Errorf("proposals %q", got)
	}
	if got := squeeze(auto.First().Text()); !strings.Contains(got, "個人情報を含むので、外に出さない前提で扱います。") || !strings.Contains(got, "鍵のかかる場所に置く") {
		t.Errorf("neither why nor how to handle it: %q", got)
	}
	if auto.Find("input[checked]").Length() != 3 {
		t.Error("the proposal is not taken for the choice")
	}
	// What the answers made certain is not asked again, and follows a changed answer.
	if value(r, "personal") != "" {
		t.Errorf("personal data: %q, although nobody said whether it is sensitive", value(r, "personal"))
	}
	form := fill(typed(r), "q.mynumber", "yes", "do", "save")
	if r := v.post(t, path, form); r.code != http.StatusSeeOther {
		t.Fatalf("%d", r.code)
	}
	r = v.page(t, path)
	if got := squeeze(r.Find(".level--auto label").First().Text()); !strings.Contains(got, "機密 3B") || value(r, "personal") != "mynumber" {
		t.Errorf("after another answer: %q, %q", got, value(r, "personal"))
	}
	// The result is one sentence, with the rows that were hit.
	if got := squeeze(r.Find("#judge .judged__said").Text()); strings.Count(got, "。") != 1 || !strings.Contains(got, "（3B）」、完全性は「") || r.Find("#judge .judged li").Length() != 3 {
		t.Errorf("the result is explained by %q and %q", got, squeeze(r.Find("#judge .judged li").Text()))
	}
	// A lower choice asks for a reason, at the reason.
	form = fill(typed(r), append(slices.Clone(info), "personal", "mynumber", "zone", "MN", "level_c", "3C", "do", "submit")...)
	got := refused(t, v.post(t, path, form), http.StatusUnprocessableEntity)
	if !slices.ContainsFunc(got, func(m string) bool { return strings.Contains(m, "判断理由を入力してください") }) {
		t.Errorf("messages %q", got)
	}
}

func TestProposalWhileAnswering(t *testing.T) {
	s := newSite(t)
	v := s.as(t, fixture.Registrant)
	r := v.page(t, page.AssetNewKind("IN"))
	at := r.Find("[hx-post]").First()
	form := fill(typed(r), append(slices.Clone(plain), "level_c", "1")...)
	got := v.post(t, at.AttrOr("hx-post", ""), form)
	if got.code != http.StatusOK || strings.Contains(string(got.body), "<html") {
		t.Fatalf("%d", got.code)
	}
	if at.AttrOr("hx-target", "") != "#judge" || r.Find("#judge").Length() != 1 {
		t.Error("the answer has no place")
	}
	if c := got.Find(`[name="level_c"][checked]`); c.AttrOr("value", "") != "1" || c.Closest(".level--lower").Length() != 1 || got.Find("details[open]").Length() != 1 {
		t.Error("what was chosen is gone, or not said to be lower")
	}
	var n int
	if s.One(t, `SELECT count(*) FROM draft`, nil, &n); n != 0 {
		t.Error("a look at the proposal made a draft")
	}
}

func TestAskTheManager(t *testing.T) {
	s := newSite(t)
	v := s.as(t, fixture.Registrant)
	r := v.start(t, asset.Info, "submit", append(slices.Clone(info), "level_c", "", "level_i", "", "level_a", "", "level_ask", "1")...)
	if r.code != http.StatusSeeOther {
		t.Fatalf("%d %q", r.code, texts(r.Find(".errors li")))
	}
	var c, i, a int
	if s.One(t, `SELECT c, i, a FROM asset_now`, nil, &c, &i, &a); c != 4 || i != 2 || a != 2 {
		t.Errorf("levels %d %d %d: not on the safe side", c, i, a)
	}
}

func TestContradiction(t *testing.T) {
	s := newSite(t)
	v := s.as(t, fixture.Registrant)
	for _, c := range []struct{ answers, personal, want string }{
		{"yes", "none", "マイナンバーがある"}, {"no", "mynumber", "マイナンバーはない"}, {"no yes", "none", "個人情報がある"}, {"no no", "sensitive", "個人情報はない"},
		{"no yes", "sensitive", ""}, {"yes", "mynumber", ""}, {"unknown yes", "none", ""}, {"", "none", ""},
	} {
		mine, personal, _ := strings.Cut(c.answers, " ")
		pairs := append(slices.Clone(info), "personal", c.personal, "q.mynumber", mine, "q.personal", personal, "level_c", "3B", "level_reason", "影響は軽い", "zone", "MN")
		r := v.start(t, asset.Info, "submit", pairs...)
		if c.want == "" {
			if r.code != http.StatusSeeOther {
				t.Errorf("%v: %d %q", c, r.code, texts(r.Find(".errors li")))
			}
			continue
		}
		got := refused(t, r, http.StatusUnprocessableEntity)
		if len(got) != 1 || !strings.Contains(got[0], c.want) {
			t.Errorf("%v: %q", c, got)
		}
		// The basket sees it too.
		id, _, _ := strings.Cut(strings.TrimPrefix(r.Find(".assetform").AttrOr("action", ""), "/drafts/"), "/")
		b := v.page(t, "/my/requests/submit?asset="+id)
		if !strings.Contains(b.Text(), c.want) || b.Find(".actions .btn--primary").Length() != 0 {
			t.Errorf("%v: the basket would submit it", c)
		}
	}
}

func TestWhatFollows(t *testing.T) {
	s := newSite(t)
	v := s.as(t, fixture.Registrant)
	_, number := s.register(t, asset.Info, fixture.Manager, with{"name": "重い名簿", "level_c": "3B", "level_i": "2", "level_a": "1", "level_reason": "多いため"})
	medium := []string{"name", "運搬用USBメモリ", "detail_kind", "usb", "personal", "personal", "zone", "LG", "place", "総務課"}
	// Nothing registered: the form asks what it is for.
	r := v.start(t, asset.Medium, "submit", medium...)
	if got := refused(t, r, http.StatusUnprocessableEntity); len(got) != 3 || !strings.Contains(got[0], "何を入れるためのものか") {
		t.Errorf("messages %q", got)
	}
	path := r.Find(".assetform").AttrOr("action", "")
	// Without scripts: open the picker with the button, everything stays, the result stands in the form.
	form := fill(typed(r), "notes", "書きかけ", "rel-stores-out_q", "重い", "pick", "rel-stores-out")
	form.Del("do")
	r = v.post(t, path, form)
	if r.code != http.StatusSeeOther {
		t.Fatalf("%d", r.code)
	}
	to, err := url.Parse(r.head.Get("Location"))
	if err != nil || to.Fragment != "f-rel-stores-out" {
		t.Fatalf("%v %v", to, err)
	}
	r = v.page(t, to.RequestURI())
	if value(r, "notes") != "書きかけ" || value(r, "rel-stores-out_q") != "重い" {
		t.Error("what was typed is gone")
	}
	hit := r.Find(`input[name="rel-stores-out"]`)
	if hit.Length() != 1 || !strings.Contains(hit.Parent().Text(), number) {
		t.Fatalf("results: %q", texts(r.Find(".picker__item")))
	}
	// Ticked and saved: the levels follow, and from where.
	r = v.post(t, path, fill(typed(r), "rel-stores-out", hit.AttrOr("value", ""), "do", "save"))
	if r.code != http.StatusSeeOther {
		t.Fatalf("%d", r.code)
	}
	r = v.page(t, path)
	if got := texts(r.Find(".follow dd")); len(got) != 3 || got[0] != "特に慎重に扱う個人の情報など機密 3B← 重い名簿" {
		t.Errorf("follows %q", got)
	}
	if r.Find(`[name="level_c"]`).Length() != 0 {
		t.Error("a level that follows is asked")
	}
	if got := texts(r.Find(".end__name")); !slices.Equal(got, []string{"重い名簿（新しいタブで開く） " + number + " 電子情報 総務課"}) {
		t.Errorf("related %q", got)
	}
	// Taken away again.
	drop := r.Find(`.end__line button`).AttrOr("value", "")
	if r := v.post(t, path, fill(typed(r), "do", drop)); r.code != http.StatusSeeOther {
		t.Fatalf("%d", r.code)
	}
	if r = v.page(t, path); r.Find(".end__name").Length() != 0 || value(r, "notes") != "書きかけ" {
		t.Error("not taken away, or something else was")
	}
}

func TestPicker(t *testing.T) {
	s := newSite(t)
	_, number := s.register(t, asset.Info, fixture.Manager, with{"name": "髙橋 サーバー|室<b>", "yomi": "たかはし"})
	v := s.as(t, fixture.Registrant)
	search := func(v *visitor, q string, extra ...string) reply {
		t.Helper()
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, v.site.http.URL+page.With(page.Picker, append([]string{"kind", "MD", "end", "rel-stores-out", "rel-stores-out_q", q}, extra...)...), nil)
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("HX-Request", "true")
		return v.do(t, r)
	}
	for _, q := range []string{number, strings.ReplaceAll(number, "-", ""), "ｻｰﾊﾞ", "高橋", "たかはし"} {
		r := search(v, q)
		if r.Find(".picker__item").Length() != 1 || r.Find("html head title").Length() != 0 || r.Find("b").Length() != 0 {
			t.Errorf("%q: %q", q, squeeze(r.Text()))
		}
	}
	if r := search(v, "見当たらない"); !strings.Contains(r.Text(), "当たるものはありません") {
		t.Errorf("%q", squeeze(r.Text()))
	}
	if r := search(s.as(t, fixture.Bosai), "高橋"); r.Find(".picker__item").Length() != 0 || strings.Contains(string(r.body), number) {
		t.Error("an asset of another unit is offered")
	}
	// What is ticked stays while the search goes on.
	ticked := search(v, "高橋").Find(".picker__item input").AttrOr("value", "")
	r := search(v, "ほか", "rel-stores-out", ticked)
	if c := r.Find(".picker__item input[checked]"); c.AttrOr("value", "") != ticked || !strings.Contains(r.Find(".picker__item").Text(), number) {
		t.Errorf("%q", squeeze(r.Text()))
	}
	if r := search(v, "高橋", "rel-stores-out", ticked); r.Find(".picker__item").Length() != 1 {
		t.Error("a ticked one is offered twice")
	}
	if r := v.page(t, page.With(page.Picker, "kind", "MD", "end", "rel-stores-out", "rel-stores-out_q", "高橋")); !strings.Contains(r.Find("main").Text(), number) {
		t.Error("no page without htmx")
	}
	for _, bad := range []string{"kind=XX&end=rel-stores-out", "kind=MD&end=rel-bridges-out", "kind=MD"} {
		if r := v.get(t, page.Picker+"?"+bad); r.code != http.StatusNotFound {
			t.Errorf("%s: %d", bad, r.code)
		}
	}
}

func TestMembersOfAGroup(t *testing.T) {
	s := newSite(t)
	v := s.as(t, fixture.Registrant)
	device := []string{"name", "業務用パソコン", "detail_kind", "pc", "zone", "LG", "place", "総務課", "level_c", "2", "level_i", "1", "level_a", "1"}
	if n := v.page(t, page.AssetNewKind("EQ")).Find(".members tbody tr").Length(); n != 10 {
		t.Errorf("%d empty lines", n)
	}
	path := v.draft(t, asset.Device, append(device, "members.1.serial", "ｓｎ－１", "members.3.label", "L-3", "members_paste", "製造番号\tラベル番号\r\nSN-8\tL-8\t窓口\t佐藤\r\n\r\nSN-9\t\t\t\r\n")...)
	r := v.page(t, path)
	want := map[string]string{"members.1.serial": "ｓｎ－１", "members.3.label": "L-3", "members.4.serial": "SN-8", "members.4.holder": "佐藤", "members.5.serial": "SN-9", "members.6.serial": ""}
	for name, w := range want {
		if got := value(r, name); got != w {
			t.Errorf("%s: %q, want %q", name, got, w)
		}
	}
	r = v.post(t, path, fill(typed(r), "members.4.place", "倉庫", "do", "rows"))
	to := r.head.Get("Location")
	if r.code != http.StatusSeeOther || !strings.HasSuffix(to, "#members") {
		t.Fatalf("%d %s", r.code, to)
	}
	r = v.page(t, strings.TrimSuffix(to, "#members"))
	if n := r.Find(".members tbody tr").Length(); n < 4+10 || value(r, "members.4.place") != "倉庫" {
		t.Errorf("%d lines, %q", n, value(r, "members.4.place"))
	}
	// Mistakes stand in their cells.
	got := refused(t, v.post(t, path, fill(typed(r), "members.5.serial", "sn-1", "members.6.place", strings.Repeat("あ", 101), "do", "submit")), http.StatusUnprocessableEntity)
	if !slices.ContainsFunc(got, func(m string) bool { return strings.HasPrefix(m, "内訳6番の設置場所は100文字以内") }) {
		t.Errorf("messages %q", got)
	}
	// Three hundred machines are one row; the page stays usable.
	var paste strings.Builder
	for i := range 300 {
		paste.WriteString("PC" + strings.Repeat("0", i%3) + string(rune('A'+i%26)) + "-" + string(rune('0'+i/26%10)) + string(rune('a'+i/260)) + "\t\t総務課\t\n")
	}
	path = v.draft(t, asset.Device, append(device, "members_paste", paste.String())...)
	r = v.page(t, path)
	list := value(r, "members_list")
	if n := strings.Count(list, "\n"); n != 300 || r.Find(".members").Length() != 0 {
		t.Fatalf("%d lines", n)
	}
	edited := strings.Replace(list, "1\tPCA-0a\t\t総務課", "1\tPCA-0a\tL-1\t書庫\t\t\t所在不明", 1)
	if r := v.post(t, path, fill(typed(r), "members_list", edited+"\tNEW-1\n", "do", "submit")); r.code != http.StatusSeeOther {
		t.Fatalf("%d %q", r.code, texts(r.Find(".errors li")))
	}
	var n int
	var place, state, last string
	s.One(t, `SELECT jsonb_array_length(content::jsonb->'members'), content::jsonb #>> '{members,0,place}', content::jsonb #>> '{members,0,state}',
		content::jsonb #>> '{members,300,serial}' FROM asset_version ORDER BY asset_id DESC LIMIT 1`, nil, &n, &place, &state, &last)
	if n != 301 || place != "書庫" || state != "lost" || last != "NEW-1" {
		t.Errorf("%d members, %q %q %q", n, place, state, last)
	}
}

func TestStatementAboutANumber(t *testing.T) {
	s := newSite(t)
	v := s.as(t, fixture.Registrant)
	if v.page(t, page.AssetNewKind("MD")).Find(`[name$="_ok"]`).Length() != 0 {
		t.Error("the statement is asked of everybody")
	}
	r := v.start(t, asset.Medium, "save", "name", "媒体", "serial", "123456789018")
	got := refused(t, r, http.StatusUnprocessableEntity)
	if len(got) != 1 || !strings.Contains(got[0], "個人番号ではない") {
		t.Fatalf("messages %q", got)
	}
	if r.Find(`[name="serial_ok"]`).Length() != 1 || r.Find(`[name="label_no_ok"]`).Length() != 0 || value(r, "serial") != "123456789018" {
		t.Error("the statement is not asked where it is needed")
	}
	r = v.post(t, r.Find(".assetform").AttrOr("action", ""), fill(typed(r), "serial_ok", "1", "do", "save"))
	if r.code != http.StatusSeeOther {
		t.Fatalf("%d", r.code)
	}
	if r = v.page(t, r.head.Get("Location")); value(r, "serial_ok") != "1" {
		t.Error("the statement is not shown any more")
	}
	r = v.start(t, asset.Device, "save", "name", "機器", "members.2.serial", "123456789018")
	if got := refused(t, r, http.StatusUnprocessableEntity); len(got) != 1 || r.Find(`[name="members_ok"]`).Length() != 1 {
		t.Errorf("%q", got)
	}
}

func TestRequests(t *testing.T) {
	s := newSite(t)
	v := s.as(t, fixture.Registrant)
	r := v.page(t, page.MyRequests)
	if !strings.Contains(r.Find(".empty").Text(), "下書きはありません") {
		t.Error("the empty page does not say so")
	}
	v.draft(t, asset.Info, "name", "書きかけ")
	a := v.draft(t, asset.Info, append(slices.Clone(info), "name", "整った一")...)
	b := v.draft(t, asset.Info, append(slices.Clone(info), "name", "整った二")...)
	id, _ := s.register(t, asset.Info, "", with{"name": "戻ったもの"})
	var application int64
	s.One(t, `SELECT application_id FROM application_item WHERE asset_id = $1`, []any{id}, &application)
	s.decide(t, fixture.Manager, application, approval.Return, "概要を<くわしく>")
	r = v.page(t, page.MyRequests)
	names := r.Find(".bulkform tbody th a")
	if got := texts(names); len(got) != 4 || got[0] != "戻ったもの" || got[3] != "書きかけ" {
		t.Errorf("order %q", got)
	}
	if got := squeeze(r.Find(".bulkform tbody tr").First().Text()); !strings.Contains(got, "概要を<くわしく>") || !strings.Contains(got, "差戻し") {
		t.Errorf("the comment is missing: %q", got)
	}
	var off []string
	r.Find(".bulkform tbody tr").Each(func(_ int, tr *goquery.Selection) {
		if tr.Find("input[disabled]").Length() > 0 {
			off = append(off, squeeze(tr.Find("th a").Text()))
		}
	})
	if !slices.Equal(off, []string{"書きかけ"}) {
		t.Errorf("cannot be picked: %q", off)
	}
	first, second := strings.TrimPrefix(a, "/drafts/"), strings.TrimPrefix(b, "/drafts/")
	r = v.page(t, "/my/requests/submit?asset="+first+"&asset="+second+"&asset="+first)
	if got := texts(r.Find("tbody th a")); !slices.Equal(got, []string{"整った一", "整った二"}) {
		t.Errorf("basket %q", got)
	}
	if got := squeeze(r.Find("tbody tr").First().Text()); !strings.Contains(got, "外に出さない前提の情報機密 3C") {
		t.Errorf("without its levels: %q", got)
	}
	form := url.Values{"asset": {first, second}, "note": {"お願いします"}, "form_token": {value(r, "form_token")}}
	x, y := v.post(t, "/my/requests/submit", form), v.post(t, "/my/requests/submit", form)
	if x.code != http.StatusSeeOther || y.code != http.StatusSeeOther {
		t.Fatalf("%d %d %s", x.code, y.code, squeeze(y.Find("main").Text()))
	}
	if got := squeeze(v.page(t, page.MyRequests).Find(".banner__title").Text()); !strings.Contains(got, " ほか1件 を申請しました。") {
		t.Errorf("flash %q", got)
	}
	var n int
	if s.One(t, `SELECT count(*) FROM application WHERE note = 'お願いします' AND item_count = 2`, nil, &n); n != 1 {
		t.Errorf("%d applications", n)
	}
	if r := v.post(t, "/my/requests/submit", url.Values{}); r.code != http.StatusUnprocessableEntity || !strings.Contains(r.Text(), "選んでください") {
		t.Errorf("an empty basket: %d", r.code)
	}
	if r := v.post(t, "/my/requests/submit", url.Values{"asset": {strings.TrimPrefix(page.Draft(id), "/drafts/")}, "note": {"a\u202Eb"}}); r.code != http.StatusUnprocessableEntity {
		t.Errorf("a note that cannot be kept: %d", r.code)
	}
}

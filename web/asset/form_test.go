package asset_test

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/PuerkitoBio/goquery"

	"daicho/internal/asset"
	"daicho/internal/fixture"
	"daicho/web/page"
)

// typed takes what a browser would send of the form on a page.
func typed(r reply) url.Values {
	v := url.Values{}
	r.Find("form.assetform, form[data-guard]").First().Find("input, select, textarea").Each(func(_ int, e *goquery.Selection) {
		name, ok := e.Attr("name")
		_, checked := e.Attr("checked")
		kind := e.AttrOr("type", "text")
		switch {
		case !ok || (kind == "radio" || kind == "checkbox") && !checked:
		case goquery.NodeName(e) == "textarea":
			v.Add(name, strings.TrimPrefix(e.Text(), "\n"))
		case goquery.NodeName(e) == "select":
			v.Add(name, e.Find("option[selected]").AttrOr("value", ""))
		default:
			v.Add(name, e.AttrOr("value", ""))
		}
	})
	return v
}

// fill puts pairs of name and value into a form; a slash before the name adds a value.
func fill(v url.Values, pairs ...string) url.Values {
	for i := 0; i+1 < len(pairs); i += 2 {
		if name, more := strings.CutPrefix(pairs[i], "/"); more {
			v.Add(name, pairs[i+1])
			continue
		}
		v.Set(pairs[i], pairs[i+1])
	}
	return v
}

// info is what makes an IN complete.
var info = []string{"name", "調理師試験 受験者名簿", "summary", "受験者の氏名と結果", "personal", "personal", "zone", "LG", "place", "ファイルサーバー", "level_c", "3C", "level_i", "1", "level_a", "1"}

// start opens the form of a kind, types and presses a button.
func (v *visitor) start(t *testing.T, k asset.Kind, do string, pairs ...string) reply {
	t.Helper()
	path := page.AssetNewKind(string(k))
	return v.post(t, path, fill(typed(v.page(t, path)), append(pairs, "do", do)...))
}

// draft starts a draft and returns its path.
func (v *visitor) draft(t *testing.T, k asset.Kind, pairs ...string) string {
	t.Helper()
	r := v.start(t, k, "save", pairs...)
	if r.code != http.StatusSeeOther {
		t.Fatalf("save: %d %s", r.code, squeeze(r.Find(".errors").Text()))
	}
	return r.head.Get("Location")
}

// value is what a control of a page shows.
func value(r reply, name string) string {
	e := r.Find(fmt.Sprintf(`[name="%s"]`, name))
	switch goquery.NodeName(e.First()) {
	case "textarea":
		return strings.TrimPrefix(e.Text(), "\n")
	case "select":
		return e.Find("option[selected]").AttrOr("value", "")
	}
	if kind := e.AttrOr("type", ""); kind == "radio" || kind == "checkbox" {
		return e.Filter("[checked]").AttrOr("value", "")
	}
	return e.AttrOr("value", "")
}

// refused checks what every refused form promises (UX-01, UX-02) and returns the messages.
func refused(t *testing.T, r reply, code int) []string {
	t.Helper()
	if r.code != code {
		t.Fatalf("status %d, want %d: %s", r.code, code, squeeze(r.Find("main").Text()))
	}
	sound(t, "refused", r)
	if title := r.Find("title").Text(); !strings.HasPrefix(title, "エラー：") {
		t.Errorf("title %q", title)
	}
	r.Find(".errors a").Each(func(_ int, a *goquery.Selection) {
		at := r.Find(fmt.Sprintf(`[id="%s"]`, strings.TrimPrefix(a.AttrOr("href", ""), "#")))
		if at.Length() != 1 {
			t.Errorf("%q leads to %s, which is not there", a.Text(), a.AttrOr("href", ""))
			return
		}
		near := r.Find(fmt.Sprintf(`[id="%s-error"]`, at.AttrOr("id", "")))
		if got := squeeze(near.Text()); got != "エラー："+squeeze(a.Text()) {
			t.Errorf("summary %q, at the field %q", a.Text(), got)
		}
	})
	return texts(r.Find(".errors li"))
}

func TestChooseKind(t *testing.T) {
	s := newSite(t)
	r := s.as(t, fixture.Registrant).page(t, page.AssetNew)
	var links []string
	r.Find(".kinds a").Each(func(_ int, a *goquery.Selection) { links = append(links, a.AttrOr("href", "")) })
	if len(links) != len(asset.Kinds()) {
		t.Errorf("%d kinds: %v", len(links), links)
	}
	for _, k := range asset.Kinds() {
		if !slices.Contains(links, page.AssetNewKind(string(k.Kind))) || !strings.Contains(r.Text(), k.Short) {
			t.Errorf("%s is not offered with its help", k.Kind)
		}
	}
	if r := s.as(t, fixture.Auditor).get(t, page.AssetNew); r.code != http.StatusForbidden {
		t.Errorf("the auditor may register: %d", r.code)
	}
	if r := s.as(t, fixture.Registrant).get(t, "/assets/new/XX"); r.code != http.StatusNotFound {
		t.Errorf("an unknown kind: %d", r.code)
	}
}

func TestEveryKindsForm(t *testing.T) {
	s := newSite(t)
	v := s.as(t, fixture.Registrant)
	for _, k := range asset.Kinds() {
		t.Run(string(k.Kind), func(t *testing.T) {
			r := v.page(t, page.AssetNewKind(string(k.Kind)))
			if n := r.Find(".field__req").Length(); n > 8 || n < 3 {
				t.Errorf("%d required", n)
			}
			if r.Find("[required]").Length() > 0 || r.Find(".assetform[novalidate]").Length() != 1 {
				t.Error("the browser judges the form")
			}
			for _, f := range asset.Fields(k.Kind) {
				if r.Find(fmt.Sprintf(`[name="%s"]`, f.Key)).Length() == 0 {
					t.Errorf("%s is not on the page", f.Key)
				}
			}
			r.Find(".assetform").Find("input:not([type=hidden]), select, textarea").Each(func(_ int, e *goquery.Selection) {
				_, named := e.Attr("aria-label")
				if !named && r.Find(fmt.Sprintf(`label[for="%s"]`, e.AttrOr("id", "?"))).Length() == 0 {
					t.Errorf("no label for %s", e.AttrOr("name", ""))
				}
			})
			heads := texts(r.Find(".form h2"))
			if len(heads) < 3 || heads[0] != "基本" || heads[1] != "分類" {
				t.Errorf("headings %v", heads)
			}
			if got := value(r, "unit"); got != "honbu-somu" {
				t.Errorf("所管課 is %q", got)
			}
			for _, a := range []asset.Axis{"C", "I", "A"} {
				if n := r.Find(fmt.Sprintf(`[name="%s"][value]:not([value=""])`, asset.LevelKey(a))).Length(); n < 2 {
					t.Errorf("%d levels to choose from on %s", n, a)
				}
			}
			asked := r.Find(".judge__question").Length()
			if declares := asset.Declares(k.Kind, "C"); declares && asked != 6 || !declares && asked > 1 {
				t.Errorf("%d questions", asked)
			}
			if members := r.Find(`[name="members.1.serial"]`).Length() == 1; members != asset.HasMembers(k.Kind) {
				t.Errorf("内訳: %v", members)
			}
		})
	}
}

var nasty = []string{
	`<script>alert(1)</script>`, `"><img src=x onerror=alert(1)>`, `' onfocus=alert(1) '`, `</textarea><b>`, `&lt;b&gt;&amp;`, `{{.}} ${7*7}`, `javascript:alert(1)`, "髙﨑神\uFE00 ｱｲｳ",
}

func TestWhatWasTypedComesBack(t *testing.T) {
	s := newSite(t)
	v := s.as(t, fixture.Registrant)
	for _, k := range asset.Kinds() {
		t.Run(string(k.Kind), func(t *testing.T) {
			want := url.Values{}
			var pairs []string
			for i, f := range asset.Fields(k.Kind) {
				if f.Type.IsFree() {
					want.Set(f.Key, nasty[i%len(nasty)])
					pairs = append(pairs, f.Key, nasty[i%len(nasty)])
				}
			}
			pairs = append(pairs, "level_reason", nasty[0])
			path := v.draft(t, k.Kind, pairs...)
			r := v.get(t, path)
			for key := range want {
				if got := value(r, key); got != want.Get(key) {
					t.Errorf("%s: %q, want %q", key, got, want.Get(key))
				}
			}
			if value(r, "level_reason") != nasty[0] || r.Find("script:not([src]), main img, main b, main [onfocus], main [onerror]").Length() > 0 {
				t.Error("what was typed became part of the page")
			}
		})
	}
}

func TestDatesEchoAndStay(t *testing.T) {
	s := newSite(t)
	v := s.as(t, fixture.Registrant)
	r := v.page(t, v.draft(t, asset.Info, "name", "日付", "checked_on", "Ｒ８．６．３", "retention_end", "8.3.31", "retention_start", "2026-04-01"))
	if got := value(r, "checked_on"); got != "Ｒ８．６．３" {
		t.Errorf("typed %q", got)
	}
	if got := r.Find("#f-checked_on-echo").Text(); got != "令和8年6月3日（2026-06-03・水）" {
		t.Errorf("echo %q", got)
	}
	if got := r.Find("#f-retention_start-echo").Text(); !strings.Contains(got, "令和8年4月1日") {
		t.Errorf("echo %q", got)
	}
	if got := r.Find("#f-retention_end-error").Text(); !strings.Contains(got, "令和8年3月31日") {
		t.Errorf("a bare date is not answered with what it may mean: %q", got)
	}
	if r.Find(".errors").Length() != 0 || value(r, "retention_end") != "8.3.31" {
		t.Error("a draft that is only opened is called refused, or lost what was typed")
	}
}

func TestRefusedSubmission(t *testing.T) {
	s := newSite(t)
	v := s.as(t, fixture.Registrant)
	r := v.start(t, asset.Info, "submit", "name", "半分だけ", "zone", "LG", "retention_end", "いつか")
	got := refused(t, r, http.StatusUnprocessableEntity)
	for _, want := range []string{"概要を入力してください", "設置・保管場所を入力してください", "個人情報の区分を選んでください"} {
		if !slices.Contains(got, want) {
			t.Errorf("%q is missing in %q", want, got)
		}
	}
	if i := slices.Index(got, "概要を入力してください"); i < 0 || i > slices.IndexFunc(got, func(s string) bool { return strings.HasPrefix(s, "機密性") }) {
		t.Errorf("the messages are not in the order of the page: %q", got)
	}
	if value(r, "name") != "半分だけ" || value(r, "zone") != "LG" || value(r, "retention_end") != "いつか" {
		t.Error("what was typed is gone")
	}
	var n int
	s.One(t, `SELECT count(*) FROM draft`, nil, &n)
	if n != 1 {
		t.Errorf("%d drafts: what was typed is kept although it cannot be submitted", n)
	}
	// The page that came back goes on with the draft that it made.
	r = v.post(t, r.Find(".assetform").AttrOr("action", ""), fill(typed(r), append(slices.Clone(info), "retention_end", "", "do", "submit")...))
	if r.code != http.StatusSeeOther || r.head.Get("Location") != page.MyRequests {
		t.Fatalf("%d %s %q", r.code, r.head.Get("Location"), texts(r.Find(".errors li")))
	}
	r = v.page(t, page.MyRequests)
	var number string
	s.One(t, `SELECT number FROM asset`, nil, &number)
	if got := squeeze(r.Find(".banner__title").Text()); got != "完了："+number+" を申請しました。" {
		t.Errorf("flash %q", got)
	}
	if got := r.Find(".banner a").AttrOr("href", ""); !strings.HasPrefix(got, "/requests/") {
		t.Errorf("the flash leads to %q", got)
	}
	if got := texts(r.Find("#applications ~ .scroll tbody th")); !slices.Equal(got, []string{"調理師試験 受験者名簿"}) {
		t.Errorf("own applications %q", got)
	}
}

func TestWhatCannotBeKept(t *testing.T) {
	s := newSite(t)
	v := s.as(t, fixture.Registrant)
	for _, c := range []struct{ name, field, in, want string }{
		{"beyond every bound", "summary", strings.Repeat("x", 70_000), "長すぎます"},
		{"bidi", "summary", "請求\u202E書", "概要"},
		{"control", "notes", "a\x07b", "備考"},
		{"zero", "name", "a\x00b", "名称"},
		{"not UTF-8", "name", "a\xffb", "名称"},
		{"my number", "summary", "番号は 123456789018 です", "個人番号"},
		{"in the reason", "level_reason", "a\u2066b", "判断理由"},
		{"in an answer", "q.rto", "半日", "時間"},
		{"in a relation", "rel", "stores:in:x", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := v.start(t, asset.Info, "save", "name", "試し", c.field, c.in)
			if c.want == "" {
				if r.code != http.StatusSeeOther {
					t.Errorf("%d", r.code)
				}
				return
			}
			got := strings.Join(refused(t, r, http.StatusUnprocessableEntity), "\n")
			if !strings.Contains(got, c.want) {
				t.Errorf("messages %q", got)
			}
			if strings.Contains(got, "123456789018") {
				t.Error("the message repeats the number")
			}
		})
	}
	var n int
	s.One(t, `SELECT count(*) FROM draft`, nil, &n)
	if n != 1 {
		t.Errorf("%d drafts", n)
	}
	// What is only too long is kept, and the page says so where it stands.
	long := strings.Repeat("長", 101)
	r := v.page(t, v.draft(t, asset.Info, "name", long, "summary", "長い"))
	if got := squeeze(r.Find("#f-name-error").Text()); value(r, "name") != long || !strings.Contains(got, "名称は100文字以内で入力してください（いまは101文字です）") {
		t.Errorf("overlong: %q", got)
	}
}

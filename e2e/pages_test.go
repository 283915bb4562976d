package e2e

import (
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
)

// screen is one page in one state.
type screen struct {
	post string // whose holder looks at it
	path string
	act  func(*tab) // brings the page into the state, or nil
}

// screens are all pages that a person can meet, each in its normal state, refused and empty where it
// can be: every address of the table that shows something stands here.
func screens(t *testing.T, p *program) []screen {
	t.Helper()
	name := once("画面の見本")
	clerk := as(t, p, kikakuClerk)
	no := inForce(t, p, kikakuClerk, kikakuChief, kindOf(t, "EQ"), name, func(f *sheet) {
		f.Set("acquisition", "lease")
		f.Set("members.1.serial", "SN-0001")
		f.Set("members.2.serial", "SN-0002")
	})
	clerk.change(p, no, func(f *sheet) { f.Set("place", "国際会議場11階 別の部屋") }, as(t, p, kikakuChief))
	draft := clerk.blank(kindOf(t, "IN"), once("画面の下書き")).draft()
	pending := clerk.blank(kindOf(t, "SD"), once("画面の申請")).apply()
	returned := clerk.blank(kindOf(t, "SD"), once("画面の差戻し"))
	sent := returned.apply()
	as(t, p, kikakuChief).decide(sent, "return", "直してください")
	clerk.attach(no, "見本.csv", "番号\r\n1\r\n")
	file := clerk.open("/assets/"+no+"/files").doc().Find(`main a[href$="/remove"]`).First().AttrOr("href", "")
	finding := clerk.finding(no)
	edition := draftScheme(t, p)
	decide := strings.Replace(pending, "/requests/", "/approvals/", 1)
	refuse := func(words string) func(*tab) { return func(b *tab) { b.submit(words) } }
	account := as(t, p, admin).open("/admin/accounts").doc().Find(`main tbody a[href^="/admin/accounts/"]`).First().AttrOr("href", "")

	head := as(t, p, chief).open("/admin/trail/heads").doc().Find(`main tbody a[href^="/admin/trail/heads/"]`).First().AttrOr("href", "")

	list := []screen{
		{"", "/login", nil}, {"", "/login", refuse("ログイン")}, {"", "/login?next=%2Fassets", nil}, {"", "/help", nil}, {"", "/help/accessibility", nil}, {"", "/nowhere", nil},
		{kikakuClerk, "/", nil}, {auditor, "/", nil}, {admin, "/", nil}, {gikaiChief, "/", nil},
		{kikakuClerk, "/assets?size=20", nil}, {kikakuClerk, "/assets?q=" + url.QueryEscape(name), nil}, {kikakuClerk, "/assets?q=" + url.QueryEscape("どこにもない言葉"), nil}, {kikakuClerk, "/assets?kind=XX&page=999", nil},
		{kikakuClerk, "/assets/new", nil}, {kikakuClerk, "/assets/new/EQ?from=" + no, nil},
		{kikakuClerk, "/assets/" + no, nil}, {kikakuClerk, "/assets/" + no + "/controls", nil}, {kikakuClerk, "/assets/" + no + "/relations", nil}, {kikakuClerk, "/assets/" + no + "/impact", nil},
		{kikakuClerk, "/assets/" + no + "/files", nil}, {kikakuClerk, "/assets/" + no + "/files", refuse("添付する")}, {kikakuClerk, file, nil}, {kikakuClerk, "/assets/" + no + "/print", nil}, {kikakuClerk, "/assets/" + no + "/history", nil}, {kikakuClerk, "/assets/" + no + "/history/2", nil},
		{kikakuClerk, "/assets/" + no + "/edit", nil}, {kikakuClerk, "/assets/2026-KR-999999-9", nil}, {auditor, "/assets/new", nil},
		{kikakuClerk, draft, nil}, {kikakuClerk, draft + "/discard", nil}, {kikakuClerk, draft + "?pick=rel-stores-in&q=" + url.QueryEscape(name), nil},
		{kikakuClerk, "/picker?kind=IN&end=rel-stores-in&rel-stores-in_q=" + url.QueryEscape(name), nil},
		{kikakuClerk, "/my/requests", nil}, {kikakuClerk, "/my/requests/submit", nil}, {kikakuClerk, "/my/requests/submit?asset=" + strings.TrimPrefix(draft, "/drafts/"), nil}, {gikaiClerk, "/my/requests", nil},
		{kikakuClerk, pending, nil}, {kikakuClerk, sent, nil}, {kikakuClerk, pending + "/withdraw", nil},
		{kikakuChief, "/approvals", nil}, {gikaiChief, "/approvals", nil}, {kikakuChief, decide, nil}, {kikakuChief, decide + "/items/1", nil}, {kikakuChief, decide, refuse("差し戻す")}, {kikakuChief, strings.Replace(sent, "/requests/", "/approvals/", 1), nil},
		{kikakuClerk, "/ledgers", nil}, {kikakuClerk, "/ledgers/print?kind=EQ&paper=a3", nil}, {kikakuClerk, "/ledgers/print?q=" + url.QueryEscape("どこにもない言葉"), nil}, {kikakuClerk, "/ledgers?q=" + url.QueryEscape("どこにもない言葉"), nil},
		{kikakuClerk, "/zones", nil}, {kikakuClerk, "/zones?a=LG&b=IT&bad=1", nil}, {kikakuClerk, "/zones/print", nil}, {kikakuClerk, "/zones/model", nil}, {chief, "/zones/model", refuse("採用モデルを変える")},
		{kikakuClerk, "/zones/placement", nil}, {chief, "/zones/placement?cell=4-all-IT", nil}, {chief, "/zones/placement", refuse("置き場の表を採用する")},
		{kikakuClerk, "/findings", nil}, {auditor, "/findings?state=cleared", nil}, {kikakuClerk, "/findings?state=accepted&rule=R14&severity=note&unit=honbu-kikaku&days=365", nil},
		{kikakuClerk, finding, nil}, {kikakuChief, finding, refuse("受け入れる")}, {auditor, "/findings/completeness?unit=honbu&level=1", nil}, {gikaiClerk, "/findings/completeness?level=3", nil},
		{chief, "/settings/checks", nil}, {chief, "/settings/checks?rule=R08", nil}, {chief, "/settings/checks?rule=R11", func(b *tab) { b.enter("limit", "0"); b.submit("規則を保存する") }},
		{chief, "/schemes", nil}, {kikakuClerk, "/schemes/1", nil}, {chief, edition, nil}, {chief, edition, refuse("承認を求める")}, {chief, edition + "/impact?move=ask", nil}, {auditor, edition + "/impact?page=2", nil}, {kikakuClerk, "/rejudge", nil},
		{chief, edition + "/edit/head", func(b *tab) { b.enter("name", ""); b.submit("保存する") }}, {chief, edition + "/edit/levels?axis=C", nil},
		{chief, edition + "/edit/questions", nil}, {chief, edition + "/edit/table?axis=I", nil}, {chief, edition + "/edit/mapping", nil},
		{kikakuClerk, "/me", nil}, {kikakuClerk, "/me/password", nil}, {kikakuClerk, "/me/password", refuse("パスワードを変える")}, {kikakuClerk, "/me/sessions", nil},
		{admin, "/admin/accounts?q=a", nil}, {admin, "/admin/accounts?q=zzz", nil}, {admin, "/admin/accounts/new", nil}, {admin, "/admin/accounts/new", refuse("利用者IDを作る")}, {admin, account, nil},
		{admin, "/admin/packs", nil}, {chief, "/admin/trail?action=x", nil}, {chief, "/admin/trail", nil},
		{chief, "/admin/trail/heads", nil}, {auditor, "/admin/trail/heads", refuse("確かめる")}, {chief, head, nil}, {chief, head + "/print", nil}, {auditor, "/admin/trail/acts/1", nil}, {chief, "/admin/trail/acts/1", refuse("消去を求める")},
	}
	for _, k := range kinds {
		path := "/assets/new/" + k.code
		list = append(list, screen{kikakuClerk, path, nil}, screen{kikakuClerk, path, refuse("申請する")})
	}
	return list
}

// UX-45, UX-47, WCAG 2.4.2: no page in any state breaks a rule that a machine can check, is wider
// than a narrow window, or lacks its landmarks; titles tell pages apart.
func TestEveryPage(t *testing.T) {
	t.Parallel()
	p := sample(t)
	all := screens(t, p)
	lookedAt(t, all)
	const parts = 2                            // tabs at once
	titles := make([]map[string]string, parts) // of each part: path → title
	t.Run("pages", func(t *testing.T) {
		for part := range parts {
			titles[part] = map[string]string{}
			t.Run(fmt.Sprint(part), func(t *testing.T) {
				t.Parallel()
				b, who := open(t, p), ""
				for i, s := range all {
					if i%parts != part {
						continue
					}
					if s.post != who {
						b.as(p, s.post)
						who = s.post
					}
					b.goTo(s.path)
					if s.act != nil {
						s.act(b)
					}
					title := b.sound(s)
					if path, _, _ := strings.Cut(s.path, "?"); s.act == nil && !strings.Contains(title, "ページが見つかりません") {
						titles[part][path] = title
					}
					b.axe()
					if !strings.Contains(s.path, "/print") { // a sheet of paper is as wide as it is
						b.narrow()
					}
				}
			})
		}
	})
	by := map[string]string{}
	for _, m := range titles {
		for path, title := range m {
			if other, ok := by[title]; ok && other != path {
				t.Errorf("%s and %s have the same title %q", other, path, title)
			}
			by[title] = path
		}
	}
}

// lookedAt fails the test when a line of the URL table that shows a page stands among no screens.
func lookedAt(t *testing.T, all []screen) {
	t.Helper()
	for _, r := range routes() {
		if r.Pattern == "/admin/packs/adopt" {
			continue // the sample has adopted everything: TestFirstDay looks at it
		}
		if r.Method != http.MethodGet || r.Long && r.Pattern != "/ledgers" && r.Pattern != "/ledgers/print" {
			continue // files
		}
		re := regexp.MustCompile("^" + regexp.MustCompile(`\\\{[a-z]+\\\}`).ReplaceAllString(regexp.QuoteMeta(r.Pattern), "[^/]+") + "$")
		if !slices.ContainsFunc(all, func(s screen) bool {
			path, _, _ := strings.Cut(s.path, "?")
			return re.MatchString(path)
		}) {
			t.Errorf("nobody looks at %s", r.Pattern)
		}
	}
}

// sound checks what every page has, and returns its title.
func (b *tab) sound(s screen) string {
	b.t.Helper()
	type shape struct {
		Title, Lang, H1           string
		H1s, Mains, Headers, Navs int
		Twice, Empty, Wrong       []string
	}
	got := eval[shape](b, `(() => {
		const all = s => [...document.querySelectorAll(s)];
		const ids = all('[id]').map(e => e.id);
		const name = e => (e.innerText || e.value || e.getAttribute('aria-label') || e.title || '').trim();
		return {
			Title: document.title, Lang: document.documentElement.lang, H1: all('h1').map(e => e.innerText).join('|'), H1s: all('h1').length,
			Mains: all('main').length, Headers: all('body header').length, Navs: all('nav[aria-label="メニュー"]').length,
			Twice: ids.filter((x, i) => ids.indexOf(x) !== i), Empty: all('a[href], button').filter(e => !name(e) && e.checkVisibility()).map(e => e.outerHTML.slice(0, 120)),
			Wrong: all('[style], [onclick], [onload], [onerror], a[href^="javascript:"], [hx-on]').map(e => e.outerHTML.slice(0, 120)),
		};
	})()`)
	at := b.path()
	if s.act != nil {
		at = s.path + " refused, at " + at
	}
	if got.Lang != "ja" || got.H1s != 1 || got.Mains != 1 || got.Headers < 1 || !strings.Contains(got.Title, "情報資産台帳") {
		b.t.Errorf("%s: lang %q, %d h1, %d main, %d header, title %q", at, got.Lang, got.H1s, got.Mains, got.Headers, got.Title)
	}
	if s.post != "" && got.Navs != 1 && !strings.Contains(s.path, "/print") {
		b.t.Errorf("%s: %d navigations", at, got.Navs)
	}
	if s.act != nil && !strings.HasPrefix(got.Title, "エラー：") {
		b.t.Errorf("%s: the title is %q", at, got.Title)
	}
	for what, list := range map[string][]string{"an id twice": got.Twice, "no name": got.Empty, "inline code or style": got.Wrong} {
		for _, x := range list {
			b.t.Errorf("%s: %s: %s", at, what, x)
		}
	}
	return got.Title
}

// narrow checks a window of 320 px, which is also 400 % of a usual one, and 200 % of a usual one.
func (b *tab) narrow() {
	b.t.Helper()
	for _, width := range []int64{320, 683} {
		b.do(chromedp.EmulateViewport(width, 640))
		over := eval[[]string](b, `(() => {
			const wide = document.scrollingElement.scrollWidth - innerWidth;
			if (wide <= 0) return [];
			return [wide + ' px', ...[...document.querySelectorAll('body *')].filter(e => e.getBoundingClientRect().right > innerWidth + 1 && !e.parentElement.closest('.scroll')).map(e => e.tagName + '.' + e.className).slice(0, 4)];
		})()`)
		if len(over) > 0 {
			b.t.Errorf("%s at %d px is too wide: %s", b.path(), width, strings.Join(over, " "))
		}
	}
	b.do(chromedp.EmulateViewport(1366, 768))
}

package home_test

import (
	"html"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/PuerkitoBio/goquery"

	"daicho/internal/app"
	"daicho/internal/approval"
	"daicho/internal/asset"
	"daicho/internal/fixture"
	"daicho/internal/pgtest"
	"daicho/internal/servertest"
	"daicho/web/page"
)

func TestMain(m *testing.M) { pgtest.Main(m) }

type world struct {
	*servertest.Site
	t *testing.T
}

func (w *world) must(err error) {
	w.t.Helper()
	if err != nil {
		w.t.Fatal(err)
	}
}

func (w *world) draft(login string, pairs ...string) int64 {
	w.t.Helper()
	raw := app.Raw{
		"summary": {"名簿"}, "personal": {"personal"}, "zone": {"LG"}, "place": {"ファイルサーバー"},
		"level_c": {"3C"}, "level_i": {"2"}, "level_a": {"1"}, "level_reason": {"規程による"},
	}
	for i := 0; i+1 < len(pairs); i += 2 {
		raw[pairs[i]] = []string{pairs[i+1]}
	}
	v, err := w.App.SaveDraft(w.t.Context(), w.World.Actor(w.t, login), app.SaveDraft{Kind: asset.Info, Form: raw})
	w.must(err)
	return v.Asset
}

func (w *world) submit(login string, ids ...int64) int64 {
	w.t.Helper()
	got, err := w.App.Submit(w.t.Context(), w.World.Actor(w.t, login), app.Submit{Assets: ids})
	w.must(err)
	return got.Application
}

func (w *world) decide(login string, application int64, o approval.Outcome, comment string) {
	w.t.Helper()
	actor := w.World.Actor(w.t, login)
	v, err := w.App.Application(w.t.Context(), actor, application, 1)
	w.must(err)
	w.must(w.App.Decide(w.t.Context(), actor, app.Decide{Application: application, Outcome: o, Comment: comment, Seen: [32]byte(v.Digest)}))
}

func (w *world) home(login string) (*servertest.Client, *goquery.Document) {
	w.t.Helper()
	c := w.SignIn(w.t, login)
	r := c.Get(page.Home)
	if r.Status != 200 {
		w.t.Fatalf("%s: %d %s", login, r.Status, r.Text())
	}
	d := r.Doc()
	if n := d.Find("h1").Length(); n != 1 || words(d.Find("h1")) != "今日やること" {
		w.t.Errorf("%s: %d h1, %s", login, n, words(d.Find("h1")))
	}
	return c, d
}

var tag = regexp.MustCompile(`<[^>]*>`)

func words(s *goquery.Selection) string {
	var out []string
	s.Each(func(_ int, e *goquery.Selection) {
		h, _ := goquery.OuterHtml(e)
		out = append(out, strings.Fields(html.UnescapeString(tag.ReplaceAllString(h, " ")))...)
	})
	return strings.Join(out, " ")
}

// tasks are the lines of the list: what → how many.
func tasks(d *goquery.Document) map[string]int {
	out := map[string]int{}
	d.Find(".tasks__item").Each(func(_ int, e *goquery.Selection) {
		n, _ := strconv.Atoi(strings.TrimSuffix(strings.ReplaceAll(words(e.Find(".tasks__count")), " ", ""), "件"))
		out[words(e.Find(".tasks__link a"))] = n
	})
	return out
}

func heads(d *goquery.Document) string { return words(d.Find("main h2")) }

// Each role finds its own work, and no number differs from the list that it leads to (UX-66).
func TestHomeByRole(t *testing.T) {
	w := &world{servertest.New(t), t}
	back := w.submit(fixture.Registrant, w.draft(fixture.Registrant, "name", "返された名簿"))
	w.decide(fixture.Manager, back, approval.Return, "棚の番号を書いてください。")
	w.draft(fixture.Registrant2, "name", "書きかけ", "summary", "")
	for _, n := range []string{"一", "二", "三", "四", "五", "六"} {
		w.submit(fixture.Registrant, w.draft(fixture.Registrant, "name", "待つ"+n))
	}
	w.submit(fixture.Manager, w.draft(fixture.Manager, "name", "課長のもの"))

	c, d := w.home(fixture.Registrant)
	want := map[string]int{"差し戻された申請を直す": 1, "下書きを仕上げて申請する": 2, "要再承認の資産を確かめる": 0, "決裁を待っている申請": 6, "検出を直す": 0}
	for k, n := range want {
		if got, ok := tasks(d)[k]; !ok || got != n {
			t.Errorf("registrant: %s %d, want %d", k, got, n)
		}
	}
	if len(tasks(d)) != len(want) || heads(d) != "やること 情報資産 下書き" {
		t.Errorf("registrant: %v, %s", tasks(d), heads(d))
	}
	w.counts(c, d, fixture.Registrant)
	lines := d.Find(".lines__item")
	if got := words(lines.First()); !strings.Contains(got, "返された名簿") || !strings.Contains(got, "総務課 課長 田中 一郎：棚の番号を書いてください。") || !strings.Contains(got, "差戻し") {
		t.Errorf("the first draft: %s", got)
	}
	if got := words(lines.Eq(1)); !strings.Contains(got, "書きかけ") || !strings.Contains(got, "あと1か所") || !strings.Contains(got, "佐藤 花子") {
		t.Errorf("a colleague's draft: %s", got)
	}
	for _, href := range []string{page.AssetNew, page.Assets, page.Ledgers} {
		if d.Find(`.pagehead__actions a[href="`+href+`"]`).Length() != 1 {
			t.Errorf("no way to %s", href)
		}
	}
	// The numbers are those of the lists.
	assets := d.Find(".figure").First()
	list := c.Get(assets.Find("a").AttrOr("href", "")).Doc()
	if got := words(assets.Find(".figure__value")); got != "9 件" || !strings.Contains(words(list.Find("main [role=status]")), "9 件") {
		t.Errorf("figure %s, list %s", got, words(list.Find("main [role=status]")))
	}
	if r := c.Get(d.Find(".figure a").Eq(1).AttrOr("href", "")); r.Status != 200 || r.Doc().Find("main tbody tr").Length() != 0 {
		t.Errorf("the list of what needs a look: %d", r.Status)
	}
	mine := c.Get(page.MyRequests).Doc()
	if got := mine.Find("section[aria-labelledby=drafts] tbody tr").Length(); got != 2 {
		t.Errorf("the list has %d drafts", got)
	}

	c, d = w.home(fixture.Manager)
	if got := tasks(d); got["申請を決裁する"] != 6 || got["決裁を待っている申請"] != 1 {
		t.Errorf("manager: %v", got)
	}
	// What she returned is the registrants' to mend, and so are the drafts that they have begun.
	if n, ok := tasks(d)["差し戻された申請を直す"]; ok || tasks(d)["下書きを仕上げて申請する"] != 0 {
		t.Errorf("manager: %d returned, %v", n, tasks(d))
	}
	w.counts(c, d, fixture.Manager)
	queue := d.Find(".lines").First().Find(".lines__item")
	if queue.Length() != 5 || !strings.Contains(words(queue.First()), "待つ一 本部事務局 総務課 主査 山田 太郎") {
		t.Errorf("manager: %d lines, %s", queue.Length(), words(queue.First()))
	}
	if n := c.Get(page.Approvals).Doc().Find("main tbody tr").Length(); n != 6 {
		t.Errorf("the queue has %d", n)
	}
	if r := c.Get(queue.First().Find("a").AttrOr("href", "")); r.Status != 200 || r.Doc().Find("form.decide").Length() != 1 {
		t.Errorf("the first line leads to %d", r.Status)
	}

	_, d = w.home(fixture.Responsible) // decides, and registers nothing
	if got := tasks(d); got["申請を決裁する"] != 1 || len(got) != 3 || d.Find(`a[href="`+page.AssetNew+`"]`).Length() != 0 {
		t.Errorf("responsible: %v", got)
	}
	_, d = w.home(fixture.Auditor) // reads only
	if len(tasks(d)) != 0 || d.Find(".figure").Length() != 3 || d.Find(".kinds__item").Length() != 2 {
		t.Errorf("auditor: %v, %s", tasks(d), heads(d))
	}
}

// counts compares every number among the tasks with the list behind its link (UX-66).
func (w *world) counts(c *servertest.Client, d *goquery.Document, login string) {
	w.t.Helper()
	d.Find(".tasks__link a").Each(func(_ int, a *goquery.Selection) {
		part := "main tbody tr"
		switch {
		case strings.HasSuffix(words(a), "申請を直す"), strings.HasPrefix(words(a), "下書きを"):
			part = "section[aria-labelledby=drafts] tbody tr"
		case words(a) == "決裁を待っている申請":
			part = "section[aria-labelledby=applications] tbody tr"
		}
		href := a.AttrOr("href", "")
		if got, want := c.Get(href).Doc().Find(part).Length(), tasks(d)[words(a)]; got != want {
			w.t.Errorf("%s: 「%s」 says %d, the list %s has %d", login, words(a), want, href, got)
		}
	})
}

// A returned application is the work of those who register for the unit, and of whoever submitted it
// with another post; whoever returned it finds it under all drafts of the scope.
func TestReturnedDraftsAreTheRegistrantsWork(t *testing.T) {
	w := &world{servertest.New(t), t}
	back := w.submit(fixture.Registrant, w.draft(fixture.Registrant, "name", "返された名簿"))
	w.decide(fixture.Manager, back, approval.Return, "棚の番号を書いてください。")
	own := w.submit(fixture.Manager, w.draft(fixture.Manager, "name", "課長のもの"))
	w.decide(fixture.Responsible, own, approval.Return, "理由を書いてください。")
	const mend, all = "差し戻された申請を直す", "section[aria-labelledby=drafts] tbody tr"
	for login, want := range map[string]int{fixture.Registrant: 2, fixture.Registrant2: 2, fixture.Manager: 1} {
		c, d := w.home(login)
		if got := tasks(d)[mend]; got != want {
			t.Errorf("%s: %d to mend, want %d", login, got, want)
		}
		w.counts(c, d, login)
		if n := c.Get(page.With(page.MyRequests, page.ParamDrafts, page.DraftsAll)).Doc().Find(all).Length(); n != 2 {
			t.Errorf("%s: %d drafts in scope", login, n)
		}
	}
}

// The administrator has accounts and packs, and no content of anybody.
func TestHomeOfTheAdministrator(t *testing.T) {
	w := &world{servertest.New(t), t}
	w.submit(fixture.Registrant, w.draft(fixture.Registrant, "name", "ひみつの名簿"))
	_, d := w.home(fixture.Admin)
	if got := words(d.Find(".kinds")); !strings.Contains(got, "利用者ID") || !strings.Contains(got, "パック") || !strings.Contains(got, "操作記録") {
		t.Errorf("cards: %s", got)
	}
	if d.Find(".tasks, .figure, .lines").Length() != 0 || strings.Contains(words(d.Find("body")), "ひみつ") {
		t.Error("the administrator sees the work of others")
	}
	for _, href := range []string{page.AdminAccounts, page.AdminPacks, page.AdminTrail} {
		if d.Find(`main a[href="`+href+`"]`).Length() != 1 {
			t.Errorf("no way to %s", href)
		}
	}
}

// Whoever administers finds everything that the role may administer on the first page, and nothing else.
func TestHomeLeadsToWhatOneAdministers(t *testing.T) {
	w := &world{servertest.New(t), t}
	all := []string{page.Schemes, page.CheckSettings, page.Zones + "/model", page.Zones + "/placement", page.AdminPacks, page.AdminTrail}
	for login, want := range map[string][]string{
		fixture.Chief: all, fixture.CISO: slices.DeleteFunc(slices.Clone(all), func(p string) bool { return p == page.Zones+"/placement" }),
		fixture.Auditor: {page.AdminPacks, page.AdminTrail}, fixture.Registrant: nil,
	} {
		_, d := w.home(login)
		var got []string
		d.Find("main .kinds a").Each(func(_ int, a *goquery.Selection) { got = append(got, a.AttrOr("href", "")) })
		if !slices.Equal(got, want) {
			t.Errorf("%s: %q, want %q", login, got, want)
		}
	}
}

// Somebody with nothing to do, and somebody without a post, are told so in kind words.
func TestHomeWithoutWork(t *testing.T) {
	w := &world{servertest.New(t), t}
	_, d := w.home(fixture.Planner)
	if got := words(d.Find(".home")); !strings.Contains(got, "いま、あなたを待っているものはありません。") || !strings.Contains(got, "まだ何も登録されていません。") {
		t.Errorf("nothing to do: %s", got)
	}
	_, d = w.home(fixture.Nobody)
	if got := words(d.Find("main .empty")); !strings.Contains(got, "いまの職でできることは、ありません") || d.Find(".tasks, .figure, .kinds").Length() != 0 {
		t.Errorf("no post: %s", got)
	}
	if r := w.Client(t).Get(page.Home); r.Status != 303 || !strings.HasPrefix(r.Location(), page.Login) {
		t.Errorf("a stranger: %d %s", r.Status, r.Location())
	}
}

// What nobody adopted is called 案・未照合.
func TestHomeNamesWhatIsNotAdopted(t *testing.T) {
	w := &world{servertest.New(t), t}
	_, d := w.home(fixture.Registrant)
	if d.Find("main .banner--warning").Length() != 0 {
		t.Errorf("all is adopted: %s", words(d.Find("main .banner--warning")))
	}
	for _, sql := range []string{`ALTER TABLE adoption DISABLE TRIGGER trail_refuse`, `DELETE FROM adoption WHERE target IN ('scheme', 'catalogue')`} {
		if _, err := w.World.DB.Owner.Exec(t.Context(), sql); err != nil {
			t.Fatal(err)
		}
	}
	for _, login := range []string{fixture.Registrant, fixture.Admin} {
		_, d = w.home(login)
		if got := words(d.Find("main .banner--warning")); !strings.Contains(got, "分類体系・対策基準は、案・未照合です") {
			t.Errorf("%s: %q", login, got)
		}
	}
}

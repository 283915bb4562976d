package asset_test

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/PuerkitoBio/goquery"

	"daicho/internal/fixture"
	"daicho/internal/servertest"
	"daicho/internal/synth"
)

// lists is the program on a synthetic register.
func lists(t *testing.T, n int) *servertest.Site {
	t.Helper()
	w := fixture.New(t)
	synth.Units(t, w)
	synth.Fill(t, w, n)
	return servertest.On(t, w)
}

func numbers(doc *goquery.Document) []string {
	return doc.Find("tbody tr").Map(func(_ int, r *goquery.Selection) string { return strings.TrimSpace(r.Find("td").First().Text()) })
}

func words(s *goquery.Selection) string { return strings.Join(strings.Fields(s.Text()), " ") }

func TestListPage(t *testing.T) {
	s := lists(t, 1200)
	chief := s.SignIn(t, fixture.Chief)
	r := chief.Get("/assets?kind=EQ&kind=IS&c=2~&sort=-updated&page=2&size=25")
	doc := r.Doc()
	if r.Status != 200 || !strings.HasPrefix(doc.Find("title").Text(), "情報資産（2ページ）") {
		t.Fatalf("%d, title %q", r.Status, doc.Find("title").Text())
	}
	var total int
	s.World.One(t, `SELECT count(*) FROM asset_now WHERE kind IN ('EQ', 'IS') AND c >= 2`, nil, &total)
	if got := words(doc.Find(".toolbar [role=status]")); got != fmt.Sprintf("情報資産 %d件", total) {
		t.Errorf("count %q, want %d", got, total)
	}
	if got := doc.Find("tbody tr").Length(); got != 25 {
		t.Errorf("%d rows", got)
	}
	if doc.Find("tbody tr th[scope=row] a").Length() != 25 || doc.Find("table caption").Length() != 1 || doc.Find("thead th[scope=col]").Length() != 10 {
		t.Error("the table lacks caption, scopes or row headers")
	}
	if sorted := doc.Find("th[aria-sort=descending], th[aria-sort=ascending]"); sorted.Length() != 0 { // by update, which has no column
		t.Errorf("sorted columns: %s", words(sorted))
	}
	// Every condition has a chip that takes it away and leaves the rest.
	chips := doc.Find(".active__item")
	if chips.Length() != 2 {
		t.Fatalf("%d chips", chips.Length())
	}
	href, _ := chips.First().Attr("href")
	if u, _ := url.Parse(href); u.Query().Encode() != "c=2~&size=25&sort=-updated" {
		t.Errorf("without the kind: %s", href)
	}
	if got := words(chips.First()); got != "種別：機器、情報システムを解除" {
		t.Errorf("chip %q", got)
	}
	// The whole state is in the address: another session sees the same page.
	again := s.SignIn(t, fixture.Auditor).Get("/assets?kind=EQ&kind=IS&c=2~&sort=-updated&page=2&size=25").Doc()
	if !slices.Equal(numbers(again), numbers(doc)) {
		t.Error("another reader sees another page")
	}
	for name, want := range map[string]string{"kind": "EQ IS", "c": "2~", "sort": "-updated", "size": "25"} {
		var got []string
		doc.Find("form[action='/assets'] [name='" + name + "']").Each(func(_ int, f *goquery.Selection) {
			if _, checked := f.Attr("checked"); f.Is("[type=checkbox]") && !checked {
				return
			}
			if v, ok := f.Attr("value"); ok && !f.Is("select") {
				got = append(got, v)
			}
			f.Find("option[selected]").Each(func(_ int, o *goquery.Selection) { got = append(got, o.AttrOr("value", "")) })
		})
		if strings.Join(got, " ") != want {
			t.Errorf("the form keeps %s = %q, want %q", name, got, want)
		}
	}
}

func TestEveryHeadSorts(t *testing.T) {
	s := lists(t, 400)
	chief := s.SignIn(t, fixture.Chief)
	first := chief.Get("/assets").Doc()
	if got := words(first.Find("th[aria-sort=ascending]")); got != "管理番号" {
		t.Errorf("sorted by %q", got)
	}
	heads := first.Find("th a.table__sort")
	if heads.Length() != 9 {
		t.Fatalf("%d columns sort", heads.Length())
	}
	heads.Each(func(i int, a *goquery.Selection) {
		href, _ := a.Attr("href")
		doc := chief.Get(href).Doc()
		want := "ascending"
		if i == 0 || i >= 5 && i <= 7 { // the first turns round, levels begin with the highest
			want = "descending"
		}
		if th := doc.Find("th[aria-sort=" + want + "]"); words(th) != words(a) {
			t.Errorf("%s leads to a list sorted by %q", href, words(th))
		}
		back, _ := doc.Find("th[aria-sort=" + want + "] a").Attr("href")
		if turned := chief.Get(back).Doc(); words(turned.Find("th[aria-sort="+map[string]string{"ascending": "descending", "descending": "ascending"}[want]+"]")) != words(a) {
			t.Errorf("%s does not turn the order round", back)
		}
	})
}

// Who follows 次へ from the first page to the last meets every asset once, by number and by cursor.
func TestNextLeadsThroughTheWholeList(t *testing.T) {
	s := lists(t, 650)
	chief := s.SignIn(t, fixture.Chief)
	seen := map[string]int{}
	path, pages := "/assets?size=100&sort=unit", 0
	for path != "" {
		doc := chief.Get(path).Doc()
		doc.Find("tbody tr th a").Each(func(_ int, a *goquery.Selection) { seen[a.AttrOr("href", "")]++ })
		pages++
		path, _ = doc.Find("a[rel=next]").First().Attr("href")
	}
	if len(seen) != 650 || pages != 7 {
		t.Errorf("%d assets on %d pages", len(seen), pages)
	}
	for href, n := range seen {
		if n != 1 {
			t.Errorf("%s is met %d times", href, n)
		}
	}
}

func TestListAnswersToWhatIsTyped(t *testing.T) {
	s := lists(t, 300)
	c := s.SignIn(t, fixture.Registrant)
	var inside, outside string
	s.World.One(t, `SELECT max(number) FILTER (WHERE unit_id = $1), max(number) FILTER (WHERE unit_id <> $1) FROM asset_now`, []any{s.World.Units["honbu-somu"]}, &inside, &outside)
	q := func(text string) string { return "/assets?" + url.Values{"q": {text}}.Encode() }
	if r := c.Get(q(strings.ReplaceAll(inside, "-", ""))); r.Status != 303 || r.Location() != "/assets/"+inside {
		t.Errorf("a number leads to %d %s", r.Status, r.Location())
	}
	if r := c.Get(q(inside) + "&sort=-updated"); r.Status != 200 || r.Doc().Find("tbody tr").Length() != 1 {
		t.Errorf("a number among other conditions: %d\n%s", r.Status, r.Text())
	}
	if r := c.Get(q(outside)); r.Status != 200 || !strings.Contains(r.Text(), "条件に合う情報資産はありません") || strings.Contains(r.Body, "/assets/"+outside+"\"") {
		t.Errorf("a number outside: %d\n%s", r.Status, r.Text())
	}
	if r := c.Get(q("存在しない言葉")); !strings.Contains(r.Text(), "絞り込みをすべて解除する") {
		t.Errorf("nothing found: %s", r.Text())
	}
	if r := c.Get("/assets?q=&kind=IS&unit=&c="); r.Status != 303 || r.Location() != "/assets?kind=IS" {
		t.Errorf("a form with blank fields leads to %d %s", r.Status, r.Location())
	}
	r := c.Get("/assets?kind=XX&page=abc&unit=" + url.QueryEscape("iryo"))
	for _, want := range []string{"種別「XX」", "ページ「abc」", "所管「iryo」"} {
		if r.Status != 200 || !strings.Contains(r.Text(), want) {
			t.Errorf("%d: nothing about %s", r.Status, want)
		}
	}
	if r := c.Get("/assets?q=" + url.QueryEscape("<script>alert(1)</script>")); strings.Contains(r.Body, "<script>alert") {
		t.Error("the search is not escaped")
	}
}

func TestListOfAHundredRowsIsLight(t *testing.T) {
	s := lists(t, 300)
	r := s.SignIn(t, fixture.Chief).Get("/assets")
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	if _, err := z.Write([]byte(r.Body)); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	if n := r.Doc().Find("tbody tr").Length(); n != 100 || b.Len() > 25<<10 {
		t.Errorf("%d rows take %d bytes, %d compressed", n, len(r.Body), b.Len())
	}
	t.Logf("%d bytes, %d compressed", len(r.Body), b.Len())
}

package ledger_test

import (
	"encoding/csv"
	"fmt"
	"mime"
	"regexp"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/network"
	cdppage "github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"
	"github.com/xuri/excelize/v2"

	"daicho/internal/browsertest"
	"daicho/internal/fixture"
	"daicho/internal/pgtest"
	"daicho/internal/servertest"
	"daicho/internal/synth"
)

func TestMain(m *testing.M) { pgtest.Main(m) }

func site(t *testing.T, n int) *servertest.Site {
	t.Helper()
	w := fixture.New(t)
	synth.Units(t, w)
	synth.Fill(t, w, n)
	return servertest.On(t, w)
}

func TestFilesOverHTTP(t *testing.T) {
	s := site(t, 900)
	c := s.SignIn(t, fixture.Chief)
	var total int
	s.World.One(t, `SELECT count(*) FROM asset_now WHERE kind = 'EQ'`, nil, &total)
	r := c.Get("/assets.csv?kind=EQ&columns=wide")
	if r.Status != 200 || !strings.HasPrefix(r.Header.Get("Content-Type"), "text/csv; charset=utf-8") || !strings.HasPrefix(r.Body, "\ufeff管理番号,") {
		t.Fatalf("%d %v %.80q", r.Status, r.Header, r.Body)
	}
	disposition, params, err := mime.ParseMediaType(r.Header.Get("Content-Disposition"))
	if err != nil || disposition != "attachment" || !regexp.MustCompile(`^情報資産台帳_\d{8}-\d{4}\.csv$`).MatchString(params["filename"]) {
		t.Errorf("%q %v", r.Header.Get("Content-Disposition"), err)
	}
	records, err := csv.NewReader(strings.NewReader(strings.TrimPrefix(r.Body, "\ufeff"))).ReadAll()
	if err != nil || len(records) != total+1 {
		t.Errorf("%d records for %d devices, %v", len(records), total, err)
	}
	r = c.Get("/assets.xlsx?kind=EQ")
	f, err := excelize.OpenReader(strings.NewReader(r.Body))
	if err != nil {
		t.Fatalf("%d: %v", r.Status, err)
	}
	defer func() { _ = f.Close() }()
	if rows, err := f.GetRows("台帳"); err != nil || len(rows) != total+1 {
		t.Errorf("%d rows, %v", len(rows), err)
	}
	about, err := f.GetRows("出力条件")
	if text := fmt.Sprint(about); err != nil || !strings.Contains(text, "渡辺 五月") || !strings.Contains(text, "機器") || !strings.Contains(text, "自治体機密性") {
		t.Errorf("出力条件: %v %v", about, err)
	}
	// What is not understood is named on a page; a file could not say it.
	for _, address := range []string{"/assets.csv?kind=XX", "/assets.csv?unit=nowhere", "/assets.xlsx?c=9Z"} {
		r := c.Get(address)
		if r.Status != 303 || !strings.HasPrefix(r.Location(), "/ledgers?") {
			t.Errorf("%s leads to %d %s", address, r.Status, r.Location())
			continue
		}
		if page := c.Get(r.Location()); page.Status != 200 || !strings.Contains(page.Text(), "見つからないので") {
			t.Errorf("%s: %d %s", r.Location(), page.Status, page.Text())
		}
	}
	if r := s.SignIn(t, fixture.Admin).Get("/assets.csv"); r.Status != 403 {
		t.Errorf("an administrator gets %d", r.Status)
	}
}

func TestTheLedgerPageLeadsToFiles(t *testing.T) {
	s := site(t, 400)
	c := s.SignIn(t, fixture.Registrant)
	doc := c.Get("/ledgers?kind=IN&sort=-c").Doc()
	var total int
	s.World.One(t, `SELECT count(*) FROM asset_now WHERE kind = 'IN' AND unit_id = $1`, []any{s.World.Units["honbu-somu"]}, &total)
	if got := strings.Join(strings.Fields(doc.Find("[role=status] strong").First().Text()), ""); got != fmt.Sprint(total) {
		t.Errorf("the page says %s, want %d", got, total)
	}
	for format, want := range map[string]string{
		"xlsx": "/assets.xlsx?kind=IN&sort=-c", "csv": "/assets.csv?columns=wide&kind=IN&sort=-c", "csv-full": "/assets.csv?kind=IN&sort=-c",
		"a4": "/ledgers/print?kind=IN&paper=a4&sort=-c", "a3": "/ledgers/print?kind=IN&paper=a3&sort=-c",
	} {
		if r := c.Get("/ledgers?kind=IN&sort=-c&q=&format=" + format); r.Status != 303 || r.Location() != want {
			t.Errorf("%s leads to %d %s, want %s", format, r.Status, r.Location(), want)
		}
	}
	if r := c.Get("/ledgers?kind=IN&format=xlsx&do=count"); r.Status != 303 || r.Location() != "/ledgers?kind=IN" {
		t.Errorf("counting leads to %d %s", r.Status, r.Location())
	}
}

func TestPrintSaysWhatItIs(t *testing.T) {
	s := site(t, 5200)
	c := s.SignIn(t, fixture.Chief)
	doc := c.Get("/ledgers/print?paper=a4").Doc()
	if doc.Find("tbody tr").Length() != 0 || !strings.Contains(doc.Text(), "5,200件あり、一度に印刷できる件数を超えています") {
		t.Errorf("too many rows: %s", doc.Find("main").Text())
	}
	doc = c.Get("/ledgers/print?paper=a3&kind=MD&sort=-c").Doc()
	run := strings.Join(strings.Fields(doc.Find("thead .sheet__run").Text()), " ")
	for _, want := range []string{"情報資産台帳", "自治体機密性３", "時点", "渡辺 五月", "本部事務局"} {
		if !strings.Contains(run, want) {
			t.Errorf("the head of each page lacks %s: %s", want, run)
		}
	}
	var total int
	s.World.One(t, `SELECT count(*) FROM asset_now WHERE kind = 'MD'`, nil, &total)
	if got := doc.Find("tbody tr").Length(); got != total {
		t.Errorf("%d rows of %d", got, total)
	}
	if !strings.Contains(doc.Find("main").Text(), "種別：電磁的記録媒体") {
		t.Error("the sheet does not say what it holds")
	}
	// Nobody has adopted the scheme: the sheet says that it is a draft.
	s.World.Exec(t, `ALTER TABLE adoption DISABLE TRIGGER USER`)
	s.World.Exec(t, `DELETE FROM adoption WHERE target = 'scheme'`)
	if run := c.Get("/ledgers/print?kind=MD").Doc().Find("thead .sheet__run").Text(); !strings.Contains(run, "案・未照合") || !strings.Contains(run, "分類体系") {
		t.Errorf("a draft prints as %s", run)
	}
}

// The sheets as Chromium prints them: the size is exact, no column is cut off, and A3 holds forty
// rows a page.
func TestSheetsOfPaper(t *testing.T) {
	s := site(t, 1500)
	opts, err := browsertest.Options()
	if err != nil {
		t.Fatal(err)
	}
	alloc, stop := chromedp.NewExecAllocator(t.Context(), opts...)
	t.Cleanup(stop)
	ctx, cancel := chromedp.NewContext(alloc)
	t.Cleanup(cancel)
	for _, c := range s.SignIn(t, fixture.Chief).Cookies() {
		if _, err := chromedp.Call(ctx, network.SetCookie, network.SetCookieParams{Name: c.Name, Value: c.Value, URL: s.URL}); err != nil {
			t.Fatalf("Chromium does not start: %v", err)
		}
	}
	for _, x := range []struct {
		paper         string
		width, height float64 // points
		atLeast       int     // rows a page
	}{{"a4", 842, 595, 20}, {"a3", 1191, 842, 40}} {
		if err := chromedp.Do(ctx, chromedp.Navigate(s.URL+"/ledgers/print?kind=EQ&kind=MD&paper="+x.paper)); err != nil {
			t.Fatal(err)
		}
		rows, err := chromedp.Run(ctx, chromedp.Evaluate[int](`document.querySelectorAll('tbody tr').length`))
		if err != nil || rows < 200 {
			t.Fatalf("%d rows, %v", rows, err)
		}
		printed, err := chromedp.Call(ctx, cdppage.PrintToPDF, cdppage.PrintToPDFParams{PreferCSSPageSize: new(true)})
		if err != nil {
			t.Fatal(err)
		}
		pdf := printed.Data
		boxes := regexp.MustCompile(`/MediaBox \[0 0 ([0-9.]+) ([0-9.]+)\]`).FindAllSubmatch(pdf, -1)
		if len(boxes) == 0 {
			t.Fatalf("%s: no pages in %d bytes", x.paper, len(pdf))
		}
		for _, b := range boxes {
			var w, h float64
			if _, err := fmt.Sscan(string(b[1])+" "+string(b[2]), &w, &h); err != nil || w < x.width-1.5 || w > x.width+1.5 || h < x.height-1.5 || h > x.height+1.5 {
				t.Errorf("%s: a page of %s × %s points, want %v × %v", x.paper, b[1], b[2], x.width, x.height)
			}
		}
		if got := rows / len(boxes); got < x.atLeast {
			t.Errorf("%s: %d rows on %d pages: %d a page, want %d", x.paper, rows, len(boxes), got, x.atLeast)
		}
	}
}

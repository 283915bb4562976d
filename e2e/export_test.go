package e2e

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"bytes"
	"encoding/csv"
	"github.com/xuri/excelize/v2"
	"net/http"
	"net/url"
	"strconv"
	"testing"
)

// exported reads the CSV of all columns of a filter, row by row.
func exported(v *visitor, filter url.Values) []map[string]string {
	v.t.Helper()
	a := v.get("/assets.csv?" + filter.Encode())
	if a.Status != http.StatusOK {
		v.t.Fatalf("the export: %d\n%s", a.Status, a.main())
	}
	return parse(v.t, a)
}

// parse reads a CSV file as a machine does: BOM, CRLF, one header, rows of one length, as many as
// the header of the answer promises.
func parse(t *testing.T, a *answer) []map[string]string {
	t.Helper()
	body, ok := bytes.CutPrefix(a.Body, []byte("\ufeff"))
	if !ok {
		t.Error("no byte order mark")
	}
	if bytes.Contains(bytes.ReplaceAll(body, []byte("\r\n"), nil), []byte("\r")) || !bytes.HasSuffix(body, []byte("\r\n")) {
		t.Error("lines do not end in CRLF")
	}
	all, err := csv.NewReader(bytes.NewReader(body)).ReadAll()
	if err != nil || len(all) == 0 {
		t.Fatalf("not a CSV file: %v", err)
	}
	if n, err := strconv.Atoi(a.Header.Get("X-Ledger-Rows")); err != nil || n != len(all)-1 {
		t.Errorf("%d rows, announced %q", len(all)-1, a.Header.Get("X-Ledger-Rows"))
	}
	var out []map[string]string
	for _, row := range all[1:] {
		one := map[string]string{}
		for i, head := range all[0] {
			one[head] = row[i]
		}
		out = append(out, one)
	}
	return out
}

// A ledger leaves as CSV and as xlsx: the same rows, every text as it was typed, and no cell that a
// spreadsheet would run.
func TestLedgerAsAFile(t *testing.T) {
	t.Parallel()
	p := sample(t)
	clerk := as(t, p, bosaiClerk)
	mark := once("式")
	var typed []string
	for _, dangerous := range []string{"=HYPERLINK(\"http://evil.example\")", "+1", "-1", "@SUM(A1)", "'quoted", "comma, \"quote\""} {
		name := dangerous + " " + mark
		typed = append(typed, name)
		inForce(t, p, bosaiClerk, bosaiChief, kindOf(t, "SD"), name, nil)
	}
	slices.Sort(typed)
	filter := url.Values{"q": {mark}, "kind": {"SD"}}
	clerk.open("/assets?" + filter.Encode()).see(strconv.Itoa(len(typed)) + "件")

	heads := map[string][]string{}
	for _, columns := range []string{"wide", ""} {
		q := url.Values{"columns": {columns}, "q": filter["q"], "kind": filter["kind"]}
		if columns == "" {
			q.Del("columns")
		}
		a := clerk.get("/assets.csv?" + q.Encode())
		if d := a.Header.Get("Content-Disposition"); !strings.HasPrefix(d, "attachment;") || a.Header.Get("Cache-Control") != "no-store" {
			t.Errorf("headers %v", a.Header)
		}
		var names []string
		for _, row := range parse(t, a) {
			for head, cell := range row {
				if strings.ContainsAny(cell[:min(1, len(cell))], "=+-@\t\r") {
					t.Errorf("the cell %s would be run: %s", head, cell)
				}
			}
			names = append(names, unescape(row["名称"]))
		}
		slices.Sort(names)
		if !slices.Equal(names, typed) {
			t.Errorf("columns %q: %q, want %q", columns, names, typed)
		}
		first, _, _ := bytes.Cut(bytes.TrimPrefix(a.Body, []byte("\ufeff")), []byte("\r\n"))
		heads[columns] = strings.Split(string(first), ",")
	}
	if len(heads[""]) <= len(heads["wide"]) {
		t.Errorf("all columns are %d, the main ones %d", len(heads[""]), len(heads["wide"]))
	}

	f := clerk.open("/ledgers?" + filter.Encode()).form("form")
	f.Set("format", "xlsx")
	a := f.send("").follow()
	book, err := excelize.OpenReader(bytes.NewReader(a.Body))
	if err != nil {
		t.Fatalf("%s is no workbook: %v", a.At, err)
	}
	defer book.Close()
	sheet := book.GetSheetList()[0]
	rows, err := book.GetRows(sheet)
	if err != nil || len(rows) != len(typed)+1 || !slices.Equal(rows[0], heads[""]) {
		t.Fatalf("%d rows, %v; heads %v", len(rows), err, rows[:1])
	}
	at := slices.Index(rows[0], "名称")
	var names []string
	for n, row := range rows[1:] {
		names = append(names, unescape(row[at]))
		for i := range row {
			cell, err := excelize.CoordinatesToCellName(i+1, n+2)
			if err != nil {
				t.Fatal(err)
			}
			if formula, err := book.GetCellFormula(sheet, cell); err != nil || formula != "" {
				t.Errorf("%s is the formula %q, %v", cell, formula, err)
			}
		}
	}
	slices.Sort(names)
	if !slices.Equal(names, typed) {
		t.Errorf("xlsx: %q, want %q", names, typed)
	}
	if panes, err := book.GetPanes(sheet); err != nil || !panes.Freeze || panes.YSplit != 1 {
		t.Errorf("the heads are not fixed: %+v, %v", panes, err)
	}
	if a := clerk.get("/assets.csv?kind=XX"); a.Status != http.StatusSeeOther || !strings.HasPrefix(a.Location(), "/ledgers?") {
		t.Errorf("a filter that is not understood gives a file: %d", a.Status)
	}
	as(t, p, chief).open("/admin/trail").see("台帳")
}

// unescape takes away the quote that keeps a cell from being run.
func unescape(cell string) string {
	if rest, ok := strings.CutPrefix(cell, "'"); ok && strings.ContainsAny(rest[:min(1, len(rest))], "=+-@'") {
		return rest
	}
	return cell
}

// A ledger on paper: the size of the sheet, the heads of the columns, the marking, the day, who
// printed and n/N on every page, and each row once.
func TestLedgerOnPaper(t *testing.T) {
	t.Parallel()
	p := sample(t)
	b := open(t, p)
	b.as(p, chief)
	const rows = "kind=IN&unit=honbu-shiken&sort=number"
	for _, paper := range []struct {
		name          string
		width, height float64
	}{{"a4", 842, 595}, {"a3", 1191, 842}} {
		b.goTo("/ledgers/print?" + rows + "&paper=" + paper.name)
		heads := eval[[]string](b, `[...document.querySelectorAll('thead tr:last-child th')].map(e => e.innerText.replace(/\s/g, ''))`)
		numbers := eval[[]string](b, `[...document.querySelectorAll("tbody tr")].map(e => e.children[0].innerText.trim()).filter(s => s)`)
		if len(heads) < 8 || len(numbers) < 5 {
			t.Fatalf("%s: %d columns, %d rows", paper.name, len(heads), len(numbers))
		}
		pages := b.print()
		var all strings.Builder
		for i, s := range pages {
			if math.Abs(s.Width-paper.width) > 1.5 || math.Abs(s.Height-paper.height) > 1.5 {
				t.Errorf("%s is %.0f × %.0f points", paper.name, s.Width, s.Height)
			}
			for _, want := range append(heads, fmt.Sprintf("%d/%d", i+1, len(pages)), "自治体機密性", "時点", "出力", "大西隆") {
				if !strings.Contains(s.Text, want) {
					t.Errorf("%s: page %d lacks %s\n%.400s", paper.name, i+1, want, s.Text)
				}
			}
			all.WriteString(s.Text)
		}
		for _, no := range numbers {
			if n := strings.Count(all.String(), no); n != 1 {
				t.Errorf("%s: %s stands %d times", paper.name, no, n)
			}
		}
	}
	no := eval[string](b, `document.querySelector('tbody tr').children[0].innerText.trim()`)
	b.goTo("/assets/" + no + "/print")
	pages := b.print()
	for i, s := range pages {
		for _, want := range []string{no, fmt.Sprintf("%d/%d", i+1, len(pages)), "自治体機密性", "時点"} {
			if !strings.Contains(s.Text, want) {
				t.Errorf("page %d of the asset lacks %s\n%.400s", i+1, want, s.Text)
			}
		}
	}
}

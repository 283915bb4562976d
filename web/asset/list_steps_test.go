package asset

import (
	"fmt"
	"net/url"
	"testing"

	"daicho/internal/app"
	"daicho/internal/ledger"
)

// long is a page of a list of 25,000 rows.
func long(t *testing.T, address string) listView {
	t.Helper()
	v, err := url.ParseQuery(address)
	if err != nil {
		t.Fatal(err)
	}
	q, notices := ledger.Parse(v)
	if len(notices) > 0 {
		t.Fatalf("%s: %+v", address, notices)
	}
	out := listView{ListView: app.ListView{Query: q, Count: ledger.Count{N: 25_000}, Before: true, After: true}}
	for i := range q.Size {
		out.Rows = append(out.Rows, ledger.Row{ID: int64(i + 1), Number: fmt.Sprintf("2026-KR-%06d-0", i+1)})
	}
	return out
}

// led is the query to which a link leads.
func led(t *testing.T, href string) ledger.Query {
	t.Helper()
	u, err := url.Parse(href)
	if err != nil || u.Path != "/assets" {
		t.Fatalf("%q leads nowhere: %v", href, err)
	}
	q, notices := ledger.Parse(u.Query())
	if len(notices) > 0 {
		t.Fatalf("%q is not understood: %+v", href, notices)
	}
	return q
}

func TestAListGoesOnWhereNumbersEnd(t *testing.T) {
	last := long(t, "page=100&kind=EQ")
	if p := listPager(last); p.Pages != 100 || p.From != 9901 || p.To != 10_000 || p.Total != 25_000 {
		t.Errorf("the pager: %d pages, %d to %d of %d", p.Pages, p.From, p.To, p.Total)
	}
	steps, ok := listBeyond(last)
	if !ok {
		t.Fatal("a long list ends with its numbers")
	}
	after := led(t, steps.After)
	if c := after.From; c.Back || c.ID != 100 || c.Text != "2026-KR-000100-0" || c.Row != 10_000 || len(after.Kinds) != 1 {
		t.Errorf("次へ leads to %+v", after)
	}
	if c := led(t, steps.Before).From; !c.Back || c.ID != 1 || c.Row != 9_800 {
		t.Errorf("前へ leads to %+v", c)
	}
	if c := led(t, steps.Last).From; !c.Back || !c.End || c.Row != 24_900 {
		t.Errorf("最後へ leads to %+v", c)
	}
	if q := led(t, steps.First); q.Page != 1 || !q.From.IsZero() || len(q.Kinds) != 1 {
		t.Errorf("最初へ leads to %+v", q)
	}
	beyond := long(t, after.Encode())
	if n := listPageNumber(beyond.Query); n != 101 {
		t.Errorf("the page behind the hundredth is called %d", n)
	}
	if steps, ok := listBeyond(beyond); !ok || led(t, steps.After).From.Row != 10_100 {
		t.Errorf("the list does not go on: %+v", steps)
	}
	short := long(t, "")
	short.Count.N = 300
	if _, ok := listBeyond(short); ok {
		t.Error("a short list has steps besides its numbers")
	}
	text := long(t, "q=a")
	text.Count = ledger.Count{N: ledger.TextBound, Bound: true}
	if steps, ok := listBeyond(text); !ok || steps.Last != "" {
		t.Errorf("a list of unknown length knows its end: %+v", steps)
	}
}

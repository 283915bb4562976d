package ui

import (
	"bytes"
	"context"
	"slices"
	"strings"
	"testing"

	"daicho/internal/form"

	"github.com/PuerkitoBio/goquery"
	"github.com/a-h/templ"
	"pgregory.net/rapid"
)

func parse(t *testing.T, c templ.Component) *goquery.Document {
	t.Helper()
	var out bytes.Buffer
	if err := c.Render(context.Background(), &out); err != nil {
		t.Fatal(err)
	}
	d, err := goquery.NewDocumentFromReader(&out)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func TestPagerItems(t *testing.T) {
	for _, c := range []struct {
		page, pages int
		want        []int
	}{
		{1, 1, []int{1}},
		{1, 3, []int{1, 2, 3}},
		{1, 9, []int{1, 2, 3, 0, 9}},
		{5, 9, []int{1, 2, 3, 4, 5, 6, 7, 8, 9}},
		{9, 20, []int{1, 0, 7, 8, 9, 10, 11, 0, 20}},
		{20, 20, []int{1, 0, 18, 19, 20}},
	} {
		if got := (Pager{Page: c.page, Pages: c.pages}).items(); !slices.Equal(got, c.want) {
			t.Errorf("page %d of %d: %v, want %v", c.page, c.pages, got, c.want)
		}
	}
}

// A pager never leaves a gap of one page, always shows both ends and where one is, and stays short.
func TestPagerProperties(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		pages := rapid.IntRange(1, 5000).Draw(t, "pages")
		at := rapid.IntRange(1, pages).Draw(t, "page")
		items := (Pager{Page: at, Pages: pages}).items()
		if items[0] != 1 || items[len(items)-1] != pages || !slices.Contains(items, at) || len(items) > 11 {
			t.Fatalf("%v", items)
		}
		for i := 1; i+1 < len(items); i++ {
			if items[i] == 0 && items[i+1]-items[i-1] <= 2 {
				t.Fatalf("gap of one page in %v", items)
			}
		}
	})
}

func TestThousands(t *testing.T) {
	for n, want := range map[int]string{0: "0", 12: "12", 999: "999", 1000: "1,000", -1234: "-1,234", 1234567: "1,234,567", -100: "-100"} {
		if got := Thousands(n); got != want {
			t.Errorf("%d: %s, want %s", n, got, want)
		}
	}
}

// A scheme may have any number of levels: the ramp never falls, and the ends are the ends.
func TestLevelTone(t *testing.T) {
	for of := 2; of <= 9; of++ {
		last := 0
		for rank := 1; rank <= of; rank++ {
			tone := Level{Rank: rank, Of: of}.tone()
			if tone < last || tone > 5 {
				t.Errorf("%d of %d: tone %d after %d", rank, of, tone, last)
			}
			last = tone
		}
		if (Level{Rank: 1, Of: of}).tone() != 1 || last != 5 {
			t.Errorf("of %d: ends at %d", of, last)
		}
	}
	for l, want := range map[Level]string{
		{Axis: "C", Code: "3B", Rank: 4, Of: 5}: "機密 3B", {Axis: "I", Code: "2", Rank: 2, Of: 2}: "完 2",
		{Axis: "A", Code: "1", Rank: 1, Of: 2}: "可 1", {Axis: "C"}: "機密 未定",
	} {
		if got := strings.TrimSpace(parse(t, Chip(l)).Text()); got != want {
			t.Errorf("%v: %q, want %q", l, got, want)
		}
	}
}

// What was typed comes back as it was typed, and never as markup.
func TestFieldKeepsWhatWasTyped(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		typed := rapid.StringOf(rapid.SampledFrom([]rune(`aあ髙<>"'&{}/ =-サ〜`))).Draw(rt, "typed")
		for _, ty := range []form.Type{form.Text, form.Area, form.Code, form.Number, form.Date, form.Search, form.Hidden} {
			d := parse(t, Field(&form.Field{Key: "k", Label: "名称", Type: ty, Raw: []string{typed}}))
			e := d.Find(`[name=k]`)
			got := e.AttrOr("value", "")
			if ty == form.Area {
				got = e.Text()
			}
			if e.Length() != 1 || got != typed || d.Find("script, b").Length() > 0 {
				rt.Fatalf("type %d: %q became %q", ty, typed, got)
			}
		}
	})
}

// Passwords and files are never sent back.
func TestFieldForgetsSecrets(t *testing.T) {
	for _, ty := range []form.Type{form.Password, form.File} {
		html := parse(t, Field(&form.Field{Key: "k", Label: "秘密", Type: ty, Raw: []string{"hidden-value"}}))
		if s, _ := html.Html(); strings.Contains(s, "hidden-value") {
			t.Errorf("type %d shows its value: %s", ty, s)
		}
	}
}

func TestFieldOfEachType(t *testing.T) {
	o := []form.Option{{Value: "a", Label: "甲"}, {Value: "b", Label: "乙", Hint: "説明"}, {Value: "c", Label: "丙", Disabled: true}}
	for _, c := range []struct {
		field form.Field
		find  string
	}{
		{form.Field{Type: form.Text}, "input[type=text]#f-k"},
		{form.Field{Type: form.Text, ReadOnly: "理由"}, "input[readonly][aria-describedby=f-k-readonly]"},
		{form.Field{Type: form.Number, Unit: "台"}, "input[inputmode=numeric] + .field__unit"},
		{form.Field{Type: form.Password, Autocomplete: "current-password"}, "input[type=password][autocomplete=current-password]"},
		{form.Field{Type: form.File}, "input[type=file]#f-k"},
		{form.Field{Type: form.Choice, Options: o, Raw: []string{"b"}}, "fieldset[role=radiogroup] input[type=radio][value=b][checked][aria-describedby=f-k-o1]"},
		{form.Field{Type: form.Choice, Options: o}, "input[type=radio][value=c][disabled]"},
		{form.Field{Type: form.Choice, Options: o, Raw: []string{"b"}, ReadOnly: "理由"}, "output#f-k + input[type=hidden][name=k][value=b]"},
		{form.Field{Type: form.Select, Options: o, Raw: []string{"b"}}, "select#f-k option[value=b][selected]"},
		{form.Field{Type: form.Select, Options: o}, `select option[value=""]:first-child`},
		{form.Field{Type: form.Checks, Options: o, Hint: "ヒント", Err: "誤り"}, "fieldset[aria-describedby=f-k-error] legend .field__hint"},
		{form.Field{Type: form.Flag, Raw: []string{"1"}}, "input[type=checkbox][value='1'][checked]"},
		{form.Field{Type: form.Flag, Raw: []string{"1"}, ReadOnly: "理由"}, "input[disabled] + input[type=hidden][value='1']"},
		{form.Field{Type: form.Text, Required: true, Err: "誤り", Hint: "h"}, "input[aria-required=true][aria-invalid=true][aria-describedby='f-k-error f-k-hint']"},
		{form.Field{Type: form.Date, Echo: "令和8年"}, "#f-k-echo"},
	} {
		f := c.field
		f.Key, f.Label = "k", "項目"
		d := parse(t, Field(&f))
		if d.Find(c.find).Length() != 1 {
			html, _ := d.Html()
			t.Errorf("no %s in %s", c.find, html)
		}
		if got := strings.Contains(d.Text(), "※必須"); got != f.Required {
			t.Errorf("type %d: 必須 shown = %v", f.Type, got)
		}
	}
}

func TestErrorSummaryIsSilentWithoutErrors(t *testing.T) {
	if s := parse(t, ErrorSummary(&form.Form{})).Find("body").Children().Length(); s != 0 {
		t.Errorf("%d elements", s)
	}
}

func TestPickerWithoutHits(t *testing.T) {
	d := parse(t, PickerResults(Picker{Field: &form.Field{Key: "k"}, Query: "ない", Searched: true}))
	if !strings.Contains(d.Find("[role=status]").Text(), "当たるものはありません") {
		t.Errorf("%q", d.Text())
	}
}

package jpdate_test

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"daicho/internal/errs"
	"daicho/internal/jpdate"

	"pgregory.net/rapid"
)

func day(t testing.TB, iso string) jpdate.Date {
	t.Helper()
	d, err := jpdate.ParseISO(iso)
	if err != nil || d.IsZero() {
		t.Fatalf("%q is no date of a test", iso)
	}
	return d
}

func TestParseReadsWhatPeopleType(t *testing.T) {
	for in, want := range map[string]string{
		// the forms of the screens
		"令和8年11月23日":               "2026-11-23",
		"令和8年11月23日（2026-11-23・月）": "2026-11-23",
		"R8.11.23":                "2026-11-23",
		"R8/11/23":                "2026-11-23",
		"R8-11-23":                "2026-11-23",
		"r8.11.23":                "2026-11-23",
		"R08.11.23":               "2026-11-23",
		"R081123":                 "2026-11-23",
		"R.8.11.23":               "2026-11-23",
		"R8年11月23日":               "2026-11-23",
		"令和8.11.23":               "2026-11-23",
		"令和8年11月23":               "2026-11-23",
		"2026-11-23":              "2026-11-23",
		"2026/11/23":              "2026-11-23",
		"2026.11.23":              "2026-11-23",
		"2026/1/3":                "2026-01-03",
		"20261123":                "2026-11-23",
		"2026年11月23日":             "2026-11-23",
		"西暦2026年11月23日":           "2026-11-23",
		"2026 11 23":              "2026-11-23",
		"令和八年十一月二十三日":             "2026-11-23",
		"令和三十年十月十日":               "2048-10-10",
		"二〇二六年一一月二三日":             "2026-11-23",
		"Ｒ８．１１．２３":                "2026-11-23",
		"令和８年１１月２３日":              "2026-11-23",
		"２０２６－１１－２３":              "2026-11-23",
		"２０２６ー１１ー２３":              "2026-11-23", // the key next to 0 with the input method on
		"２０２６／１１／２３":              "2026-11-23",
		"2026・11・23":              "2026-11-23",
		"R8。11。23":                "2026-11-23",
		"2026−11−23":              "2026-11-23",
		"㋿8年11月23日":               "2026-11-23",
		"㍻31年4月30日":               "2019-04-30",
		"  令和 8年 11月 23日　":        "2026-11-23",
		"令和８年\u3000４月\u3000１日":    "2026-04-01",
		"R8.11.23(月)":             "2026-11-23",
		"令和8年11月22日（日）":           "2026-11-22",
		"令和8年11月22日(日曜日)":         "2026-11-22",
		"R8.11.23（2026.11.23）":    "2026-11-23",
		"2026年11月23日（令和8年11月23日）": "2026-11-23",
		"2026/11/23 0:00:00":      "2026-11-23",
		"2026/11/23 0:00":         "2026-11-23",
		"2026-11-23T00:00:00":     "2026-11-23",
		"\ufeff2026-11-23":        "2026-11-23",
		// edges of the eras
		"令和元年5月1日":    "2019-05-01",
		"令和1年5月1日":    "2019-05-01",
		"R元.5.1":      "2019-05-01",
		"R1.5.1":      "2019-05-01",
		"平成31年4月30日":  "2019-04-30",
		"H31.4.30":    "2019-04-30",
		"平成元年1月8日":    "1989-01-08",
		"H1.1.8":      "1989-01-08",
		"昭和64年1月7日":   "1989-01-07",
		"S64.1.7":     "1989-01-07",
		"昭和元年12月25日":  "1926-12-25",
		"大正15年12月24日": "1926-12-24",
		"T1.7.30":     "1912-07-30",
		"明治45年7月29日":  "1912-07-29",
		"M6.1.1":      "1873-01-01",
		// leap days, and the last day there is
		"R6.2.29":    "2024-02-29",
		"2000-02-29": "2000-02-29",
		"9999-12-31": "9999-12-31",
		"令和7981年12月31日（9999-12-31・金）": "9999-12-31",
	} {
		got, err := jpdate.Parse(in)
		if err != nil || got.ISO() != want {
			t.Errorf("Parse(%q) = %v, %v; want %s", in, got, err, want)
		}
	}
}

func TestParseRefusesAndOffersCandidates(t *testing.T) {
	for in, want := range map[string]struct{ code, says string }{
		"":                         {"date.empty", "入力してください"},
		"　 ":                       {"date.empty", "入力してください"},
		"8.11.23":                  {"date.ambiguous", "令和8年11月23日なら「R8.11.23」、平成8年11月23日なら「H8.11.23」、昭和8年11月23日なら「S8.11.23」"},
		"26/11/23":                 {"date.ambiguous", "平成26年11月23日なら「H26.11.23」、昭和26年11月23日なら「S26.11.23」、2026年なら「2026-11-23」"},
		"081123":                   {"date.ambiguous", "令和8年11月23日なら「R8.11.23」"},
		"64.1.7":                   {"date.ambiguous", "昭和64年1月7日なら「S64.1.7」"},
		"元年5月1日":                   {"date.ambiguous", "令和元年5月1日なら「R1.5.1」、平成元年5月1日なら「H1.5.1」と"},
		"平成31年5月1日":                {"date.era", "平成は平成31年4月30日までです。令和元年5月1日（2019-05-01・水）ではありませんか"},
		"H33.3.31":                 {"date.era", "令和3年3月31日（2021-03-31・水）"},
		"令和元年4月30日":                {"date.era", "令和元年5月1日より前は令和ではありません。平成31年4月30日（2019-04-30・火）ではありませんか"},
		"昭和64年1月8日":                {"date.era", "平成元年1月8日（1989-01-08・日）"},
		"平成元年1月7日":                 {"date.era", "昭和64年1月7日（1989-01-07・土）"},
		"大正15年12月25日":              {"date.era", "昭和元年12月25日"},
		"明治45年7月30日":               {"date.era", "大正元年7月30日"},
		"令和2026年11月23日":            {"date.era", "令和8年11月23日（2026-11-23・月）ではありませんか"},
		"令和0年1月1日":                 {"date.year", "元年"},
		"2026-02-29":               {"date.day", "2026年2月は28日までです。令和8年2月28日（2026-02-28・土）ではありませんか"},
		"R8.4.31":                  {"date.day", "令和8年4月30日（2026-04-30・木）"},
		"2026-11-00":               {"date.day", "1から"},
		"2026-13-01":               {"date.month", "1から12"},
		"20260001":                 {"date.month", "1から12"},
		"明治5年12月2日":                {"date.range", "1873年から"},
		"1600-10-21":               {"date.range", "1873年から"},
		"11/23/2026":               {"date.order", "令和8年11月23日（2026-11-23・月）ではありませんか"},
		"3/4/2026":                 {"date.order", "令和8年3月4日（2026-03-04・水）または令和8年4月3日（2026-04-03・金）ではありませんか"},
		"R8.11.23(火)":              {"date.weekday", "令和8年11月23日（2026-11-23・月）と曜日が合いません"},
		"R8.11.23(R8.11.22)":       {"date.note", "括弧の中の日付"},
		"R8.11.23(祝)":              {"date.form", "括弧の中"},
		"2026-11":                  {"date.form", "のように入力してください"},
		"令和8年":                     {"date.form", "のように入力してください"},
		"2026-11-23 14:02":         {"date.form", "のように入力してください"},
		"きのう":                      {"date.form", "のように入力してください"},
		"226-11-23":                {"date.form", "のように入力してください"},
		"2026-111-3":               {"date.form", "のように入力してください"},
		"慶応3年1月1日":                 {"date.form", "のように入力してください"},
		"99999999999999999999":     {"date.form", "のように入力してください"},
		strings.Repeat("令和8年", 50): {"date.form", "のように入力してください"},
	} {
		got, err := jpdate.Parse(in)
		if !errs.Is(err, errs.Invalid) || errs.CodeOf(err) != want.code || !strings.Contains(errs.MessageOf(err), want.says) || !got.IsZero() {
			t.Errorf("Parse(%q) = %v, %v\nwant %s … %s", in, got, err, want.code, want.says)
		}
	}
}

// anyDate draws from the days that people meet, with the edges of eras, months and the range.
func anyDate() *rapid.Generator[jpdate.Date] {
	return rapid.OneOf(
		rapid.Map(rapid.IntRange(0, 119_000), func(n int) jpdate.Date { return jpdate.Min.AddDays(n) }),
		rapid.Map(rapid.IntRange(-2, 2), func(n int) jpdate.Date { d, _ := jpdate.New(2019, 5, 1); return d.AddDays(n) }),
		rapid.Map(rapid.IntRange(-2, 2), func(n int) jpdate.Date { d, _ := jpdate.New(1989, 1, 8); return d.AddDays(n) }),
		rapid.Just(jpdate.Max),
	)
}

func TestEveryWrittenFormIsReadBack(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		d := anyDate().Draw(t, "date")
		for _, s := range []string{d.ISO(), d.Wareki(), d.Long(), d.Short(), d.String()} {
			if got, err := jpdate.Parse(s); err != nil || got != d {
				t.Fatalf("Parse(%q) = %v, %v; want %v", s, got, err, d)
			}
		}
		if got, err := jpdate.ParseISO(d.ISO()); err != nil || got != d {
			t.Fatalf("ParseISO(%q) = %v, %v", d.ISO(), got, err)
		}
		if got := jpdate.OfTime(d.StartOfDay()); got != d {
			t.Fatalf("start of %v lies in %v", d, got)
		}
		if got := jpdate.OfTime(d.EndOfDay().Add(-time.Nanosecond)); got != d {
			t.Fatalf("last moment of %v lies in %v", d, got)
		}
		if utc := time.Date(d.Year(), d.Month(), d.Day(), 0, 0, 0, 0, time.UTC); jpdate.OfTime(utc) != d {
			t.Fatalf("midnight UTC of %v lies in %v", d, jpdate.OfTime(utc))
		}
		fy := jpdate.FiscalYear(d)
		if d.Before(jpdate.FiscalYearStart(fy)) && fy >= 1873 || fy < 9999 && d.After(jpdate.FiscalYearEnd(fy)) {
			t.Fatalf("%v is outside its fiscal year %d", d, fy)
		}
	})
}

func TestDaysAreCountedOneByOne(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		d := anyDate().Draw(t, "date")
		n := rapid.IntRange(-40_000, 40_000).Draw(t, "days")
		e := d.AddDays(n)
		if e == jpdate.Min || e == jpdate.Max {
			return // held back at the edge
		}
		if d.DaysUntil(e) != n || e.AddDays(-n) != d || d.Compare(e) != sign(-n) || d.Before(e) != (n > 0) || d.After(e) != (n < 0) {
			t.Fatalf("%v + %d = %v, %d days apart, order %d", d, n, e, d.DaysUntil(e), d.Compare(e))
		}
		if want := (int(d.Weekday()) + n%7 + 7) % 7; int(e.Weekday()) != want {
			t.Fatalf("%v is %v, %v is %v", d, d.Weekday(), e, e.Weekday())
		}
	})
}

func sign(n int) int { return min(1, max(-1, n)) }

func TestMonthsAndYearsEndWithTheMonth(t *testing.T) {
	for _, c := range []struct {
		from   string
		months int
		want   string
	}{
		{"2026-01-31", 1, "2026-02-28"},
		{"2024-01-31", 1, "2024-02-29"},
		{"2024-02-29", 12, "2025-02-28"},
		{"2024-02-29", 48, "2028-02-29"},
		{"2026-03-31", -1, "2026-02-28"},
		{"2026-01-15", -13, "2024-12-15"},
		{"9999-12-31", 1, "9999-12-31"},
		{"1873-01-01", -1, "1873-01-01"},
	} {
		if got := day(t, c.from).AddMonths(c.months); got.ISO() != c.want {
			t.Errorf("%s + %d months = %v, want %s", c.from, c.months, got, c.want)
		}
	}
	if got := day(t, "2024-02-29").AddYears(1); got.ISO() != "2025-02-28" {
		t.Errorf("a year after a leap day is %v", got)
	}
	for _, huge := range []int{1 << 62, -1 << 62} {
		d := day(t, "2026-11-23")
		for _, got := range []jpdate.Date{d.AddDays(huge), d.AddMonths(huge), d.AddYears(huge)} {
			if got != jpdate.Max && got != jpdate.Min || got.After(d) != (huge > 0) {
				t.Errorf("%d units away lies %v", huge, got)
			}
		}
	}
}

func TestTheUnsetDateStaysUnset(t *testing.T) {
	var z jpdate.Date
	if got := z.ISO() + z.Wareki() + z.Long() + z.Short() + jpdate.FormatTime(time.Time{}); got != "" {
		t.Errorf("the unset date is written as %q", got)
	}
	if !z.AddDays(1).IsZero() || !z.AddMonths(1).IsZero() || !z.AddYears(1).IsZero() || !jpdate.OfTime(time.Time{}).IsZero() {
		t.Error("the unset date became a date")
	}
	if !z.StartOfDay().IsZero() || !z.EndOfDay().IsZero() || jpdate.FiscalYear(z) != 0 || z.DaysUntil(day(t, "2026-11-23")) != 0 {
		t.Error("the unset date has a time, a fiscal year or a distance")
	}
	if !z.Before(jpdate.Min) {
		t.Error("the unset date is not the first in order")
	}
}

func TestADayBeginsAndEndsInJapan(t *testing.T) {
	at := func(s string) time.Time {
		v, err := time.Parse(time.RFC3339, s)
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
	if got := jpdate.OfTime(at("2026-11-22T14:59:59Z")).ISO(); got != "2026-11-22" {
		t.Errorf("a second before midnight in Japan lies on %s", got)
	}
	if got := jpdate.OfTime(at("2026-11-22T15:00:00Z")).ISO(); got != "2026-11-23" {
		t.Errorf("midnight in Japan lies on %s", got)
	}
	if got := day(t, "2026-11-23").EndOfDay(); !got.Equal(at("2026-11-23T15:00:00Z")) {
		t.Errorf("the day ends at %v", got)
	}
	if got := day(t, "2026-12-31").EndOfDay(); !got.Equal(at("2026-12-31T15:00:00Z")) {
		t.Errorf("the year ends at %v", got)
	}
	if got := jpdate.FormatTime(at("2026-11-23T05:02:59Z")); got != "令和8年11月23日 14:02" {
		t.Errorf("FormatTime = %q", got)
	}
}

func TestFiscalYears(t *testing.T) {
	for iso, want := range map[string]int{"2026-03-31": 2025, "2026-04-01": 2026, "2027-03-31": 2026, "2027-01-01": 2026} {
		if got := jpdate.FiscalYear(day(t, iso)); got != want {
			t.Errorf("FiscalYear(%s) = %d, want %d", iso, got, want)
		}
	}
	for fy, want := range map[int]string{2026: "令和8年度", 2019: "令和元年度", 2018: "平成30年度", 1989: "平成元年度", 1988: "昭和63年度", 1926: "大正15年度", 1800: "1800年度"} {
		if got := jpdate.FiscalYearName(fy); got != want {
			t.Errorf("FiscalYearName(%d) = %s, want %s", fy, got, want)
		}
	}
}

func TestDocumentsKeepISO(t *testing.T) {
	type doc struct {
		On  jpdate.Date `json:"on"`
		Off jpdate.Date `json:"off,omitzero"`
	}
	b, err := json.Marshal(doc{On: day(t, "2026-11-23")})
	if err != nil || string(b) != `{"on":"2026-11-23"}` {
		t.Fatalf("%s, %v", b, err)
	}
	var d doc
	if err := json.Unmarshal([]byte(`{"on":"2026-11-23","off":""}`), &d); err != nil || d.On.ISO() != "2026-11-23" || !d.Off.IsZero() {
		t.Errorf("%+v, %v", d, err)
	}
	for _, bad := range []string{"R8.11.23", "2026-02-30", "2026/11/23", "2026-1-23", "+026-11-23", "0001-01-01"} {
		if err := d.On.UnmarshalText([]byte(bad)); !errs.Is(err, errs.Invalid) {
			t.Errorf("a document with %q was read: %v, %v", bad, d.On, err)
		}
	}
	if d.On.ISO() != "2026-11-23" {
		t.Errorf("a refused text changed the date to %v", d.On)
	}
}

func FuzzParse(f *testing.F) {
	for _, s := range []string{"令和8年11月23日（2026-11-23・月）", "R8.11.23", "20261123", "8.11.23", "平成32年1月1日", "二〇二六年十月十日", "2026/11/23 0:00:00", "R8(", ")(", "元元元"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		d, err := jpdate.Parse(s)
		if err != nil {
			if !errs.Is(err, errs.Invalid) || errs.MessageOf(err) == "" || !d.IsZero() {
				t.Fatalf("Parse(%q) = %v, %v", s, d, err)
			}
			return
		}
		if d.IsZero() || d.Before(jpdate.Min) || d.After(jpdate.Max) {
			t.Fatalf("Parse(%q) = %v", s, d)
		}
		if again, err := jpdate.Parse(d.ISO()); err != nil || again != d {
			t.Fatalf("Parse(%q) = %v, which is read as %v, %v", s, d, again, err)
		}
	})
}

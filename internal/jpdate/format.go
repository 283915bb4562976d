package jpdate

import (
	"fmt"
	"strconv"
	"time"
)

// era is one 元号 with its first day. The next change of era is one more row.
type era struct {
	name   string
	letter string // JIS X 0301
	first  Date   // a day of change belongs to the new era
}

// eras are in order, newest first. 明治 begins here where Japan took up the Gregorian calendar (see
// Min); its year 1 is 1868 all the same. Sources: 元号を改める政令（平成31年政令第143号、昭和64年
// 政令第1号）; 大正15年12月25日, 明治45年7月30日 and the months before: 詔書 of each day.
var eras = [...]era{
	{"令和", "R", Date{2019, 5, 1}},
	{"平成", "H", Date{1989, 1, 8}},
	{"昭和", "S", Date{1926, 12, 25}},
	{"大正", "T", Date{1912, 7, 30}},
	{"明治", "M", Date{1873, 1, 1}},
}

// base is the Gregorian year of the era's year 0.
func (e *era) base() int {
	if e.letter == "M" {
		return 1867
	}
	return e.first.Year() - 1
}

// yearName writes the year within the era; the first year is 元.
func (e *era) yearName(gregorian int) string {
	if n := gregorian - e.base(); n != 1 {
		return strconv.Itoa(n)
	}
	return "元"
}

// last returns the last day of the era; Max for the present one.
func (e *era) last() Date {
	for i := range eras {
		if eras[i].letter == e.letter && i > 0 {
			return eras[i-1].first.AddDays(-1)
		}
	}
	return Max
}

// eraOf returns the era in which a set date lies.
func eraOf(d Date) *era {
	for i := range eras {
		if !d.Before(eras[i].first) {
			return &eras[i]
		}
	}
	return &eras[len(eras)-1]
}

var weekdays = [...]string{"日", "月", "火", "水", "木", "金", "土"}

// ISO writes 2026-11-23, the form of documents, files and the time element; empty for the zero Date.
func (d Date) ISO() string {
	if d.IsZero() {
		return ""
	}
	return fmt.Sprintf("%04d-%02d-%02d", d.year, d.month, d.day)
}

// String is ISO, so that logs and test failures read well.
func (d Date) String() string { return d.ISO() }

// Wareki writes 令和8年11月23日, the form of screens; empty for the zero Date.
func (d Date) Wareki() string {
	if d.IsZero() {
		return ""
	}
	e := eraOf(d)
	return fmt.Sprintf("%s%s年%d月%d日", e.name, e.yearName(d.Year()), d.month, d.day)
}

// Long writes 令和8年11月23日（2026-11-23・月）: how a typed date was understood, with the 西暦 and the
// weekday by which a slip is seen. Empty for the zero Date. Parse reads it back.
func (d Date) Long() string {
	if d.IsZero() {
		return ""
	}
	return d.Wareki() + "（" + d.ISO() + "・" + weekdays[d.Weekday()] + "）"
}

// Short writes R8.11.23 for narrow columns (R1 for 元年, as JIS X 0301 has it); empty for the zero
// Date.
func (d Date) Short() string {
	if d.IsZero() {
		return ""
	}
	e := eraOf(d)
	return fmt.Sprintf("%s%d.%d.%d", e.letter, d.Year()-e.base(), d.month, d.day)
}

// FormatTime writes a moment as 令和8年11月23日 14:02 in Japan; empty for the zero time.
func FormatTime(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return OfTime(t).Wareki() + t.In(JST).Format(" 15:04")
}

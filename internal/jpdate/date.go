// Package jpdate is the civil date as Japanese public offices write it: 和暦 first, 西暦 beside it,
// fiscal years from 1 April, days that begin and end in Japan. It parses what people type, says how
// it understood it, and offers candidates when it cannot know. It is a leaf: it imports errs and the
// Unicode tables only, never the clock, and its time zone needs no zone files.
package jpdate

import (
	"cmp"
	"fmt"
	"time"
)

// JST is Japan Standard Time as a fixed zone: Japan has had no summer time since 1951, and a fixed
// zone works on machines without zone files.
var JST = time.FixedZone("JST", 9*60*60)

// Date is a day of the Gregorian calendar without time and zone. It is comparable, so it can be a
// map key and be tested with ==. The zero value means "not set".
type Date struct {
	year  int16
	month uint8
	day   uint8
}

// Min and Max bound every Date. Japan has used the Gregorian calendar since 1 January of 明治6年
// (明治5年太政官布告第337号); before that a 和暦 day is not a Gregorian one. Max is what other systems
// write for 永年.
var (
	Min = Date{1873, 1, 1}
	Max = Date{9999, 12, 31}
)

// New makes the date of a year, month and day. ok is false when there is no such day or when it lies
// outside Min to Max.
func New(year, month, day int) (d Date, ok bool) {
	if year < int(Min.year) || year > int(Max.year) || month < 1 || month > 12 || day < 1 || day > daysIn(year, month) {
		return Date{}, false
	}
	return Date{int16(year), uint8(month), uint8(day)}, true //nolint:gosec // Min to Max
}

// OfTime returns the day in Japan on which the moment lies; the zero time gives the zero Date. A
// date column read as midnight UTC gives the same day, because Japan is ahead of UTC by less than a
// day. A moment outside Min to Max gives the nearer of the two.
func OfTime(t time.Time) Date {
	if t.IsZero() {
		return Date{}
	}
	return ofCivil(t.In(JST))
}

// ofCivil takes the calendar fields of t as they are.
func ofCivil(t time.Time) Date {
	y, m, d := t.Date()
	switch {
	case y < int(Min.year):
		return Min
	case y > int(Max.year):
		return Max
	}
	return Date{int16(y), uint8(m), uint8(d)} //nolint:gosec // Min to Max
}

// IsZero reports whether the date is not set.
func (d Date) IsZero() bool { return d == Date{} }

// Year returns the Gregorian year, 0 for the zero Date.
func (d Date) Year() int { return int(d.year) }

// Month returns the month, 0 for the zero Date.
func (d Date) Month() time.Month { return time.Month(d.month) }

// Day returns the day of the month, 0 for the zero Date.
func (d Date) Day() int { return int(d.day) }

// StartOfDay returns the first moment of the day in Japan; the zero time for the zero Date. It is
// also what a driver can store in a date column.
func (d Date) StartOfDay() time.Time {
	if d.IsZero() {
		return time.Time{}
	}
	return time.Date(d.Year(), d.Month(), d.Day(), 0, 0, 0, 0, JST)
}

// EndOfDay returns the exclusive end of the day in Japan: the first moment that no longer belongs to
// it. "As of the day" means everything strictly before it. The zero Date gives the zero time.
func (d Date) EndOfDay() time.Time {
	if d.IsZero() {
		return time.Time{}
	}
	return time.Date(d.Year(), d.Month(), d.Day()+1, 0, 0, 0, 0, JST)
}

// Weekday returns the day of the week. The zero Date has none and gives Sunday.
func (d Date) Weekday() time.Weekday {
	if d.IsZero() {
		return time.Sunday
	}
	return d.StartOfDay().Weekday()
}

// AddDays moves the date by days, which may be negative. The result stays within Min and Max; the
// zero Date stays zero.
func (d Date) AddDays(days int) Date {
	if d.IsZero() {
		return d
	}
	// More than the whole range in either direction ends at its edge; the bound keeps time.Date from
	// overflowing.
	const span = 3_000_000
	days = max(-span, min(span, days))
	return ofCivil(time.Date(d.Year(), d.Month(), d.Day()+days, 0, 0, 0, 0, JST))
}

// AddMonths moves the date by months to the same day of the month, or to the last day of a month
// that has no such day (民法143条2項ただし書). The result stays within Min and Max; zero stays zero.
func (d Date) AddMonths(months int) Date {
	if d.IsZero() {
		return d
	}
	const span = 12 * 10_000
	n := d.Year()*12 + int(d.month) - 1 + max(-span, min(span, months))
	y, m := n/12, n%12+1
	switch {
	case n < 0 || y < int(Min.year):
		return Min
	case y > int(Max.year):
		return Max
	}
	return Date{int16(y), uint8(m), uint8(min(d.Day(), daysIn(y, m)))} //nolint:gosec // Min to Max
}

// AddYears moves the date by years; 29 February becomes 28 February in a common year. The result
// stays within Min and Max; zero stays zero.
func (d Date) AddYears(years int) Date { return d.AddMonths(12 * max(-10_000, min(10_000, years))) }

// DaysUntil counts the days from d to e: 1 for tomorrow, negative when e is earlier, 0 when either
// is not set.
func (d Date) DaysUntil(e Date) int {
	if d.IsZero() || e.IsZero() {
		return 0
	}
	return int(e.StartOfDay().Sub(d.StartOfDay()) / (24 * time.Hour))
}

// Compare orders dates; the zero Date comes before every other.
func (d Date) Compare(e Date) int {
	return cmp.Or(cmp.Compare(d.year, e.year), cmp.Compare(d.month, e.month), cmp.Compare(d.day, e.day))
}

// Before reports whether d is earlier than e.
func (d Date) Before(e Date) bool { return d.Compare(e) < 0 }

// After reports whether d is later than e.
func (d Date) After(e Date) bool { return d.Compare(e) > 0 }

// MarshalText writes the date as ISO 8601, the form in which documents and files keep it; the zero
// Date is the empty text.
func (d Date) MarshalText() ([]byte, error) { return []byte(d.ISO()), nil }

// UnmarshalText reads what MarshalText wrote, and nothing else; see ParseISO for its error.
func (d *Date) UnmarshalText(b []byte) error {
	v, err := ParseISO(string(b))
	if err != nil {
		return err
	}
	*d = v
	return nil
}

// FiscalYear returns the fiscal year (会計年度, 1 April to 31 March, 地方自治法208条1項) of the date by
// the Gregorian year in which it begins; 0 for the zero Date.
func FiscalYear(d Date) int {
	if d.IsZero() {
		return 0
	}
	if d.Month() < time.April {
		return d.Year() - 1
	}
	return d.Year()
}

// FiscalYearStart returns 1 April of the fiscal year; the zero Date when it lies outside the range.
func FiscalYearStart(fy int) Date { d, _ := New(fy, 4, 1); return d }

// FiscalYearEnd returns 31 March that closes the fiscal year; the zero Date when it lies outside.
func FiscalYearEnd(fy int) Date { d, _ := New(fy+1, 3, 31); return d }

// FiscalYearName writes the fiscal year as offices call it: 2026 is 令和8年度, 2019 令和元年度, 1988
// 昭和63年度. The era is the one in force on 1 October, the middle of the year, which gives the usual
// name for every change of era so far. Before 明治 it is 西暦.
func FiscalYearName(fy int) string {
	d, ok := New(fy, 10, 1)
	if !ok {
		return fmt.Sprintf("%d年度", fy)
	}
	e := eraOf(d)
	return e.name + e.yearName(d.Year()) + "年度"
}

func daysIn(year, month int) int {
	switch month {
	case 4, 6, 9, 11:
		return 30
	case 2:
		if year%4 == 0 && (year%100 != 0 || year%400 == 0) {
			return 29
		}
		return 28
	}
	return 31
}

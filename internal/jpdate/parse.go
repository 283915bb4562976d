package jpdate

import (
	"fmt"
	"strings"
	"unicode"

	"daicho/internal/errs"

	"golang.org/x/text/unicode/norm"
)

// maxInput bounds what is looked at, in bytes; the longest form that is accepted is far shorter.
const maxInput = 120

const example = "「令和8年11月23日」「R8.11.23」「2026-11-23」のように入力してください。"

// Parse reads a date as people type it: 令和8年11月23日 R8.11.23 r08/11/23 R081123 ㋿８年１１月２３日
// 令和元年 2026-11-23 2026/11/23 20261123 西暦2026年… 令和八年十一月二十三日, with full-width digits,
// spaces, a weekday that must fit, the midnight that spreadsheets add, and the output of every
// method of Date that writes one.
//
// The error is Invalid with a Japanese message that says what to do; wherever the meaning can be
// guessed the message names the candidates and nothing is decided: a year without an era ("8.11.23"),
// a day that its era did not have (平成32年, 令和元年4月30日), a day that its month does not have, and
// day or month first. An empty text is an error too: whether a date may be missing is for the caller.
func Parse(s string) (Date, error) {
	if len(s) > maxInput {
		return Date{}, invalid("date.form", "日付として読めません。"+example)
	}
	text := normalise(s)
	if text == "" {
		return Date{}, invalid("date.empty", "日付を入力してください。"+example)
	}
	body, note := splitNote(text)
	p, ok := split(stripMidnight(body))
	if !ok {
		return Date{}, invalid("date.form", "日付として読めません。"+example)
	}
	d, err := p.date()
	if err != nil {
		return Date{}, err
	}
	if note != "" {
		if err := d.checkNote(note); err != nil {
			return Date{}, err
		}
	}
	return d, nil
}

// ParseISO reads 2026-11-23 and nothing else, for stored values; the empty text gives the zero Date.
// The error is Invalid.
func ParseISO(s string) (Date, error) {
	if s == "" {
		return Date{}, nil
	}
	if len(s) == 10 && s[4] == '-' && s[7] == '-' {
		y, okY := digits(s[:4])
		m, okM := digits(s[5:7])
		d, okD := digits(s[8:])
		if v, ok := New(y, m, d); ok && okY && okM && okD {
			return v, nil
		}
	}
	return Date{}, invalid("date.iso", "日付は「2026-11-23」の形で書いてください。")
}

func invalid(code, message string) error { return errs.New(errs.Invalid, code, message) }

// normalise makes one shape of what an input method, a spreadsheet or a document may produce.
func normalise(s string) string {
	return strings.TrimSpace(strings.Map(func(r rune) rune {
		switch r {
		case '‐', '‑', '‒', '–', '—', '―', '−', 'ー':
			return '-' // the key next to 0 gives ー while the input method is on
		case '。', '・':
			return '.' // likewise the keys of the full stop and the slash
		case '\t', '\n', '\r', '\v', '\f', '\u00a0':
			return ' '
		case '\ufeff', '\u200b', '\u200e', '\u200f':
			return -1 // left over from copying out of other programs
		}
		return unicode.ToUpper(r)
	}, norm.NFKC.String(s)))
}

// splitNote cuts a closing bracket such as (月) or (2026-11-23・月) off the text.
func splitNote(s string) (body, note string) {
	if !strings.HasSuffix(s, ")") {
		return s, ""
	}
	i := strings.LastIndexByte(s, '(')
	if i < 0 {
		return s, ""
	}
	return strings.TrimSpace(s[:i]), strings.TrimSpace(s[i+1 : len(s)-1])
}

// stripMidnight drops the 0:00 or 00:00:00 that a spreadsheet adds to a day. Any other time stays
// and is refused: dropping it would lose something that somebody typed.
func stripMidnight(s string) string {
	i := strings.LastIndexAny(s, " T")
	if i < 0 {
		return s
	}
	switch s[i+1:] {
	case "0:00", "00:00", "0:00:00", "00:00:00":
		return s[:i]
	}
	return s
}

// parts is a date cut into its numbers; width is how many digits the year was typed with.
type parts struct {
	era              *era
	western          bool // 西暦 was written
	width            int
	year, month, day int
	dayWidth         int
}

// split cuts normalised text into parts; ok is false when it has another shape.
func split(s string) (p parts, ok bool) {
	if rest, found := strings.CutPrefix(s, "西暦"); found {
		p.western, s = true, rest
	} else {
		p.era, s = cutEra(s)
	}
	s = strings.TrimLeft(s, " ")
	p.year, p.width, s = cutNumber(s)
	if p.width == 0 {
		return p, false
	}
	if s == "" {
		return p.compact()
	}
	if s, ok = cutMark(s, '年'); !ok {
		return p, false
	}
	var w int
	if p.month, w, s = cutNumber(s); w == 0 || w > 2 {
		return p, false
	}
	if s, ok = cutMark(s, '月'); !ok {
		return p, false
	}
	if p.day, p.dayWidth, s = cutNumber(s); p.dayWidth == 0 || p.dayWidth == 3 || p.dayWidth > 4 {
		return p, false
	}
	s = strings.TrimLeft(s, " ")
	return p, s == "" || s == "日"
}

// compact takes 20261123 and R081123 apart, and 081123 as a year without an era.
func (p parts) compact() (parts, bool) {
	if !(p.width == 8 && p.era == nil || p.width == 6 && !p.western) {
		return p, false
	}
	n := p.year
	p.year, p.month, p.day = n/10000, n/100%100, n%100
	p.width -= 4
	p.dayWidth = 2
	return p, true
}

// cutMark takes one separator with the spaces around it: the given 年 or 月, or . / - or only spaces.
func cutMark(s string, kanji rune) (rest string, ok bool) {
	t := strings.TrimLeft(s, " ")
	if t != "" && strings.ContainsRune("./-", rune(t[0])) {
		return strings.TrimLeft(t[1:], " "), true
	}
	if rest, ok := strings.CutPrefix(t, string(kanji)); ok {
		return strings.TrimLeft(rest, " "), true
	}
	return t, len(t) < len(s)
}

// cutEra takes an era by name or letter off the front. A letter may be followed by a full stop.
func cutEra(s string) (*era, string) {
	for i := range eras {
		e := &eras[i]
		if rest, ok := strings.CutPrefix(s, e.name); ok {
			return e, strings.TrimLeft(rest, " ")
		}
		if rest, ok := strings.CutPrefix(s, e.letter); ok {
			rest = strings.TrimLeft(rest, " ")
			return e, strings.TrimLeft(strings.TrimPrefix(rest, "."), " ")
		}
	}
	return nil, s
}

// cutNumber takes a number off the front: digits (at most eight), 元, or kanji numerals either by
// place (二〇二六) or with 十 (二十三). width is the number of digits, 0 when there is no number.
func cutNumber(s string) (n, width int, rest string) {
	if rest, ok := strings.CutPrefix(s, "元"); ok {
		return 1, 1, rest
	}
	i := 0
	for i < len(s) && s[i] >= '0' && s[i] <= '9' {
		i++
	}
	if i > 8 {
		return 0, 0, s
	}
	if i > 0 {
		n, _ = digits(s[:i])
		return n, i, s[i:]
	}
	ten := false
	rest = s
	for i, r := range s {
		if r == '十' {
			// 十 stands for ten times what is before it, and is the whole when nothing is.
			if ten || width > 1 {
				return 0, 0, s
			}
			ten, n, width = true, max(n, 1)*10, 2
		} else if v := strings.IndexRune("〇一二三四五六七八九", r); v >= 0 {
			v /= len("〇")
			switch {
			case ten && (v == 0 || n%10 != 0), width >= 4:
				return 0, 0, s
			case ten:
				n += v
			default:
				n, width = n*10+v, width+1
			}
		} else {
			break
		}
		rest = s[i+len(string(r)):]
	}
	return n, width, rest
}

func digits(s string) (int, bool) {
	n := 0
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return 0, false
		}
		n = n*10 + int(s[i]-'0')
	}
	return n, true
}

// date turns parts into a date or an error that helps.
func (p parts) date() (Date, error) {
	switch {
	case p.dayWidth == 4:
		return Date{}, p.reversed()
	case p.era != nil && p.width <= 4:
		return p.inEra()
	case p.era == nil && p.width == 4:
		return p.inYear(p.year)
	case p.era == nil && !p.western && p.width <= 2:
		return Date{}, p.withoutEra()
	}
	return Date{}, invalid("date.form", "日付として読めません。"+example)
}

// inYear checks month and day within a Gregorian year.
func (p parts) inYear(year int) (Date, error) {
	if d, ok := New(year, p.month, p.day); ok {
		return d, nil
	}
	switch {
	case year < Min.Year() || year > Max.Year():
		return Date{}, invalid("date.range", fmt.Sprintf("%d年から%d年までの日付を入力してください。", Min.Year(), Max.Year()))
	case p.month < 1 || p.month > 12:
		return Date{}, invalid("date.month", "月は1から12までの数で入力してください。"+example)
	}
	last, _ := New(year, p.month, daysIn(year, p.month))
	if p.day < 1 {
		return Date{}, invalid("date.day", "日は1からの数で入力してください。"+example)
	}
	return Date{}, invalid("date.day", fmt.Sprintf("%d年%d月は%d日までです。%sではありませんか。", year, p.month, last.Day(), last.Long()))
}

// inEra checks that the era had the day; if it did not, the message names the day that is meant.
func (p parts) inEra() (Date, error) {
	e := p.era
	if p.year == 0 {
		return Date{}, invalid("date.year", e.name+"の年は元年（1年）から入力してください。")
	}
	// 令和2026年 is a mixture, not a day two thousand years ahead.
	if d, ok := New(p.year, p.month, p.day); ok && d.Before(Date{2200, 1, 1}) {
		return Date{}, invalid("date.era", e.name+"と西暦が混ざっています。"+d.Long()+"ではありませんか。")
	}
	d, err := p.inYear(e.base() + p.year)
	if err != nil {
		return Date{}, err
	}
	switch last := e.last(); {
	case d.Before(e.first):
		return Date{}, invalid("date.era", e.first.Wareki()+"より前は"+e.name+"ではありません。"+d.Long()+"ではありませんか。")
	case d.After(last):
		return Date{}, invalid("date.era", e.name+"は"+last.Wareki()+"までです。"+d.Long()+"ではありませんか。")
	}
	return d, nil
}

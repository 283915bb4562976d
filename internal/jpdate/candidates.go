package jpdate

import (
	"strconv"
	"strings"
)

// withoutEra names the days that a short year may mean: each era that had it, newest first, and
// this century's year when two digits were typed. Nothing is chosen for the user.
func (p parts) withoutEra() error {
	var list []string
	for i := range eras {
		q := p
		q.era = &eras[i]
		if d, err := q.inEra(); err == nil && len(list) < 3 {
			list = append(list, d.Wareki()+"なら「"+d.Short()+"」")
		}
	}
	if d, ok := New(2000+p.year, p.month, p.day); ok && p.width == 2 {
		list = append(list, strconv.Itoa(d.Year())+"年なら「"+d.ISO()+"」")
	}
	if len(list) == 0 {
		return invalid("date.form", "日付として読めません。"+example)
	}
	return invalid("date.ambiguous", "年号が分かりません。"+strings.Join(list, "、")+"と入力してください。")
}

// reversed answers 23/11/2026 and 11/23/2026: the year comes first.
func (p parts) reversed() error {
	const order = "年、月、日の順に入力してください。"
	var list []string
	for _, md := range [][2]int{{p.year, p.month}, {p.month, p.year}} {
		d, ok := New(p.day, md[0], md[1])
		if ok && p.era == nil && (len(list) == 0 || list[0] != d.Long()) {
			list = append(list, d.Long())
		}
	}
	if len(list) == 0 {
		return invalid("date.order", order+example)
	}
	return invalid("date.order", order+strings.Join(list, "または")+"ではありませんか。")
}

// checkNote compares what was written in brackets (a weekday, a date, or a date and a weekday) with
// the date before it. What does not fit shows a slip, so it is not passed over.
func (d Date) checkNote(note string) error {
	if rest, weekday := cutWeekday(note); weekday != "" {
		if weekday != weekdays[d.Weekday()] {
			return invalid("date.weekday", d.Long()+"と曜日が合いません。日と曜日を確かめてください。")
		}
		if note = rest; note == "" {
			return nil
		}
	}
	p, ok := split(note)
	if !ok {
		return invalid("date.form", "括弧の中が日付や曜日として読めません。"+example)
	}
	if e, err := p.date(); err != nil || e != d {
		return invalid("date.note", "括弧の中の日付が"+d.Long()+"と合いません。どちらかを直してください。")
	}
	return nil
}

// cutWeekday takes 月, 月曜 or 月曜日 off the end, with the separator before it. The 日 that ends a
// date is no weekday: it follows a number.
func cutWeekday(s string) (rest, weekday string) {
	t := s
	if u, ok := strings.CutSuffix(t, "曜日"); ok {
		t = u
	} else {
		t = strings.TrimSuffix(t, "曜")
	}
	for _, w := range weekdays {
		rest, ok := strings.CutSuffix(t, w)
		if !ok {
			continue
		}
		cut := strings.TrimRight(rest, " .,、")
		if rest == "" || len(cut) < len(rest) {
			return cut, w
		}
	}
	return s, ""
}

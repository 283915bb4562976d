package intake

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"daicho/internal/errs"
	"daicho/internal/jpdate"
	"daicho/internal/jptext"
)

// Raw returns the cell as it stands in the file, "" when the file lacks the column.
func (r *Row) Raw(key string) string {
	if i, ok := r.table.place[key]; ok && i < len(r.cells) {
		return r.cells[i]
	}
	return ""
}

// Fail notes a mistake in a cell, or in the row when key is empty; the message says what to do. Of
// several mistakes in one cell the first is noted.
func (r *Row) Fail(key, message string) {
	if key != "" && r.wrong[key] {
		return
	}
	r.wrong[key] = true
	column := ""
	if key != "" {
		column = r.table.name(key)
	}
	r.table.fail(r.No, column, shorten(strings.TrimSpace(r.Raw(key))), message)
}

// Failf is Fail with a format.
func (r *Row) Failf(key, format string, args ...any) { r.Fail(key, fmt.Sprintf(format, args...)) }

// Text returns the text of a cell, at most limit runes long.
func (r *Row) Text(key string, limit int) string {
	s, err := jptext.Clean(r.Raw(key))
	if err != nil {
		r.Fail(key, errs.MessageOf(err))
		return ""
	}
	if n := utf8.RuneCountInString(s); n > limit {
		r.Failf(key, "%d字は長すぎます。%d字までにしてください。", n, limit)
	}
	return s
}

// Need is Text for a cell that must not be empty.
func (r *Row) Need(key string, limit int) string {
	s := r.Text(key, limit)
	if s == "" && strings.TrimSpace(r.Raw(key)) == "" {
		r.Fail(key, "空です。値を書いてください。")
	}
	return s
}

// Code returns the normal form of a code or number, "" when the cell is empty.
func (r *Row) Code(key string) string {
	s, err := jptext.Clean(r.Raw(key))
	if err != nil {
		r.Fail(key, errs.MessageOf(err))
		return ""
	}
	return jptext.Code(s)
}

// NeedCode is Code for a cell that must not be empty. A code has no white space in it.
func (r *Row) NeedCode(key string) string {
	s := r.Code(key)
	switch {
	case s == "":
		r.Fail(key, "空です。値を書いてください。")
	case strings.ContainsAny(s, " \t\n"):
		r.Fail(key, "コードの中に空白や改行は使えません。取りのぞいてください。")
	case utf8.RuneCountInString(s) > 60:
		r.Fail(key, "コードは60字までにしてください。")
	}
	return s
}

// Int returns a whole number between least and most, 0 when the cell is empty.
func (r *Row) Int(key string, least, most int) int {
	s := strings.ReplaceAll(r.Code(key), ",", "")
	if s == "" {
		return 0
	}
	n, err := strconv.Atoi(s)
	if err != nil || n < least || n > most {
		r.Failf(key, "%dから%dまでの整数で書いてください。", least, most)
		return 0
	}
	return n
}

// NeedInt is Int for a cell that must not be empty.
func (r *Row) NeedInt(key string, least, most int) int {
	if r.Code(key) == "" {
		r.Failf(key, "空です。%dから%dまでの整数で書いてください。", least, most)
		return 0
	}
	return r.Int(key, least, most)
}

// Flag returns whether the cell says yes: 1, ○ or はい; an empty cell says no.
func (r *Row) Flag(key string) bool {
	switch r.Code(key) {
	case "1", "○", "〇", "◯", "はい", "TRUE", "true":
		return true
	case "", "0", "×", "✕", "いいえ", "FALSE", "false":
		return false
	}
	r.Fail(key, "1（はい）か0（いいえ）で書いてください。")
	return false
}

// Date returns the day in a cell, in any form that jpdate reads; the zero day when it is empty.
func (r *Row) Date(key string) jpdate.Date {
	s := strings.TrimSpace(r.Raw(key))
	if s == "" {
		return jpdate.Date{}
	}
	d, err := jpdate.Parse(s)
	if err != nil {
		m := errs.MessageOf(err)
		if m == "" {
			m = "日付として読めません。2026-04-01 のように書いてください。"
		}
		r.Fail(key, m)
	}
	return d
}

// NeedDate is Date for a cell that must not be empty.
func (r *Row) NeedDate(key string) jpdate.Date {
	if strings.TrimSpace(r.Raw(key)) == "" {
		r.Fail(key, "空です。2026-04-01 のように日付を書いてください。")
		return jpdate.Date{}
	}
	return r.Date(key)
}

// OneOf returns a code that is one of those allowed, "" when the cell is empty.
func (r *Row) OneOf(key string, allowed ...string) string {
	s := r.Code(key)
	if s == "" || slices.Contains(allowed, s) {
		return s
	}
	r.Fail(key, "使える値は "+strings.Join(allowed, "、")+" です。")
	return ""
}

// NeedOneOf is OneOf for a cell that must not be empty.
func (r *Row) NeedOneOf(key string, allowed ...string) string {
	if r.Code(key) == "" {
		r.Fail(key, "空です。使える値は "+strings.Join(allowed, "、")+" です。")
		return ""
	}
	return r.OneOf(key, allowed...)
}

// List returns the codes of a cell that holds several, separated by white space, without repeats.
func (r *Row) List(key string) []string {
	var out []string
	for s := range strings.FieldsSeq(r.Code(key)) {
		if !slices.Contains(out, s) {
			out = append(out, s)
		}
	}
	return out
}

// ListOf is List where every code must be one of those allowed.
func (r *Row) ListOf(key string, allowed ...string) []string {
	var out []string
	for _, s := range r.List(key) {
		if !slices.Contains(allowed, s) {
			r.Fail(key, "「"+shorten(s)+"」は使えません。使える値は "+strings.Join(allowed, "、")+" です。二つ以上は空白で区切ります。")
			continue
		}
		out = append(out, s)
	}
	return out
}

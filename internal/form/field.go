package form

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"daicho/internal/jpdate"
	"daicho/internal/jptext"
)

// Type says with which control a field is typed in, and by which reader it is read.
type Type uint8

// The types of fields.
const (
	Text     Type = iota // one line, read by Text
	Area                 // several lines, read by Text
	Code                 // a code or number that is normalised, read by Code
	Number               // a whole number, read by Int
	Date                 // one text field that takes 和暦 and 西暦, read by Date
	Choice               // radio buttons, read by OneOf
	Select               // a list to pull down, read by OneOf
	Checks               // several check boxes, read by AllOf
	Flag                 // one check box, read by Bool
	File                 // an upload; its bytes never pass through here
	Hidden               // carried along, read by Text or Code
	Password             // read by Secret, never shown again
	Pick                 // an asset chosen by number or name, read by Code
	Search               // a term to search for, read by Text
)

// Option is one thing that can be chosen.
type Option struct {
	Value    string // code that is sent and stored
	Label    string // 用語 that is shown
	Hint     string
	Disabled bool // shown, with its reason in Hint, but not accepted
}

// Field is one field of a form: how it is shown, what was typed, and what is wrong with it.
type Field struct {
	Key   string // name of the input
	Label string
	Hint  string // support text above the control
	Unit  string // unit of a number: 時間, 人, 台
	Type  Type
	// Required marks the field as one that must be filled in; the readers refuse a blank one.
	Required bool
	Max      int // runes, 0 = 200 (Area 4000)
	Options  []Option
	Raw      []string // as typed, never altered; nil when the request did not mention the field
	Err      string   // Japanese message, empty when nothing is wrong
	ErrCode  string   // stable code of Err, for tests and logs
	Echo     string   // how a date was understood: 令和8年11月23日（2026-11-23・月）

	Autocomplete, Inputmode string
	ReadOnly                string // reason why it cannot be changed, empty when it can
	Wide                    bool   // takes the full width
}

// ID is the id of the control, to which a summary leads. It has no colon: a link to it must not look
// like one with a scheme.
func (f *Field) ID() string { return "f-" + strings.ReplaceAll(f.Key, ":", "-") }

// Value returns the first value as typed, or the empty text.
func (f *Field) Value() string {
	if len(f.Raw) == 0 {
		return ""
	}
	return f.Raw[0]
}

// Has reports whether v is among the values, for boxes and lists that show what was chosen.
func (f *Field) Has(v string) bool { return slices.Contains(f.Raw, v) }

// Fill puts a stored value in its normal form into a field that nobody has typed into, as it is to
// be shown for editing: a date as 和暦 with its echo, several choices apart, the rest as it is. A
// stored date that cannot be read is shown as it is, so that it is not lost.
func (f *Field) Fill(value string) {
	f.Raw, f.Echo = []string{value}, ""
	switch f.Type {
	case Date:
		if d, err := jpdate.ParseISO(value); err == nil {
			f.Raw[0], f.Echo = d.Wareki(), d.Long()
		}
	case Checks:
		f.Raw = strings.Fields(value)
	}
}

// Fail puts a message at the field. The first one stays: it is nearest to what was typed. An empty
// message becomes a general one, so that a refusal is never silent.
func (f *Field) Fail(code, msg string) {
	if f.Err != "" {
		return
	}
	if msg == "" {
		msg = f.Label + "を確かめてください"
	}
	f.Err, f.ErrCode = msg, code
}

// absent handles a blank value: a message when it is required, with the verb that fits the control.
func (f *Field) absent() {
	if !f.Required {
		return
	}
	switch f.Type {
	case Choice, Select, Checks, Pick, File:
		f.Fail("form.required", f.Label+"を選んでください")
	case Flag:
		f.Fail("form.required", f.Label+"にチェックを入れてください")
	default:
		f.Fail("form.required", f.Label+"を入力してください")
	}
}

// max is the greatest number of runes.
func (f *Field) max() int {
	switch {
	case f.Max > 0:
		return f.Max
	case f.Type == Area:
		return 4000
	}
	return 200
}

// Text returns the text as it is stored: as typed, without white space at the ends, lines ended by
// LF. It is empty when the field is blank or has a message: too long, several lines where there is
// one, required but blank, or what Read refused.
func (f *Field) Text() string {
	return f.text(func(s string) string { return s })
}

// Code returns a code or number in its normal form (jptext.Code); otherwise it is like Text. Max
// counts the normal form.
func (f *Field) Code() string { return f.text(jptext.Code) }

func (f *Field) text(normal func(string) string) string {
	if f.Err != "" {
		return ""
	}
	s, err := jptext.Clean(f.Value())
	if err != nil {
		f.failWith(err)
		return ""
	}
	if s = normal(s); s == "" {
		f.absent()
		return ""
	}
	if f.Type != Area && strings.Contains(s, "\n") {
		f.Fail("form.lines", f.Label+"に改行は使えません。1行で入力してください")
		return ""
	}
	if n := utf8.RuneCountInString(s); n > f.max() {
		f.Fail("form.long", fmt.Sprintf("%sは%d文字以内で入力してください（いまは%d文字です）", f.Label, f.max(), n))
		return ""
	}
	return s
}

// Secret returns a password exactly as typed, spaces included; it is empty when the field is blank
// or has a message. Max counts runes.
func (f *Field) Secret() string {
	if f.Err != "" {
		return ""
	}
	s := f.Value()
	if s == "" {
		f.absent()
		return ""
	}
	if utf8.RuneCountInString(s) > f.max() {
		f.Fail("form.long", fmt.Sprintf("%sは%d文字以内で入力してください", f.Label, f.max()))
		return ""
	}
	return s
}

// Date returns the day that was typed in any form that jpdate.Parse reads, and fills Echo so that
// the page shows how it was understood. It is the zero Date when the field is blank or has a message.
func (f *Field) Date() jpdate.Date {
	f.Echo = ""
	if f.Err != "" {
		return jpdate.Date{}
	}
	if strings.TrimSpace(f.Value()) == "" {
		f.absent()
		return jpdate.Date{}
	}
	d, err := jpdate.Parse(f.Value())
	if err != nil {
		f.failWith(err)
		return jpdate.Date{}
	}
	f.Echo = d.Long()
	return d
}

// Int returns the whole number that was typed, with full-width digits, a comma every three digits
// and the field's unit allowed. ok is false when the field is blank or has a message; min and max
// are the least and the greatest number that are taken.
func (f *Field) Int(min, max int) (n int, ok bool) {
	if f.Err != "" {
		return 0, false
	}
	s := jptext.Code(f.Value())
	if s == "" {
		f.absent()
		return 0, false
	}
	if f.Unit != "" {
		s = strings.TrimSpace(strings.TrimSuffix(s, jptext.Code(f.Unit)))
	}
	plain, ok := ungroup(s)
	if !ok {
		f.Fail("form.number", f.Label+"は「"+strconv.Itoa(max)+"」のような整数で入力してください")
		return 0, false
	}
	n, err := strconv.Atoi(plain) // fails here only for a number that no int can hold
	if err != nil || n < min || n > max {
		f.Fail("form.range", fmt.Sprintf("%sは%d%sから%d%sまでの整数で入力してください", f.Label, min, f.Unit, max, f.Unit))
		return 0, false
	}
	return n, true
}

// ungroup takes the commas out of 1,234,567; ok is false when s is no whole number or a comma stands
// elsewhere: 1,5 is somebody's decimal, not 15.
func ungroup(s string) (plain string, ok bool) {
	body := strings.TrimPrefix(s, "-")
	if body == "" || strings.ContainsFunc(body, func(r rune) bool { return r != ',' && (r < '0' || r > '9') }) {
		return "", false
	}
	if groups := strings.Split(body, ","); len(groups) > 1 {
		if n := len(groups[0]); n < 1 || n > 3 {
			return "", false
		}
		for _, g := range groups[1:] {
			if len(g) != 3 {
				return "", false
			}
		}
	}
	return strings.ReplaceAll(s, ",", ""), true
}

// OneOf returns the value of the option that was chosen; it is empty when none was or the field has
// a message. What is no option, or a disabled one, is refused: the page never offered it.
func (f *Field) OneOf() string {
	if f.Err != "" {
		return ""
	}
	v := f.Value()
	if v == "" {
		f.absent()
		return ""
	}
	if !f.offers(v) {
		f.Fail("form.option", f.Label+"を選び直してください")
		return ""
	}
	return v
}

// AllOf returns the values that were chosen in the order of the options, each once, joined by one
// space; it is empty when none was or the field has a message.
func (f *Field) AllOf() string {
	if f.Err != "" {
		return ""
	}
	for _, v := range f.Raw {
		if v != "" && !f.offers(v) {
			f.Fail("form.option", f.Label+"を選び直してください")
			return ""
		}
	}
	var got []string
	for _, o := range f.Options {
		if o.Value != "" && f.Has(o.Value) {
			got = append(got, o.Value)
		}
	}
	if len(got) == 0 {
		f.absent()
	}
	return strings.Join(got, " ")
}

func (f *Field) offers(v string) bool {
	return slices.ContainsFunc(f.Options, func(o Option) bool { return o.Value == v && !o.Disabled })
}

// Bool reports whether the box was ticked. A browser sends nothing for an empty box, so a field that
// the request does not mention is false; a required one must be ticked.
func (f *Field) Bool() bool {
	if f.Err != "" {
		return false
	}
	switch f.Value() {
	case "1", "on", "true":
		return true
	case "", "0", "off", "false":
		f.absent()
		return false
	}
	f.Fail("form.option", f.Label+"を選び直してください")
	return false
}

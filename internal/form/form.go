// Package form holds the values of a form between a request and a page: what was typed stays as it
// was typed, readers of each type give the normal form, and every message stands at its field in
// Japanese. It knows no HTTP beyond url.Values, no HTML, no database and no clock: it imports errs,
// jpdate and jptext only.
package form

import (
	"errors"
	"net/url"
	"unicode/utf8"

	"daicho/internal/errs"
	"daicho/internal/jptext"
)

// Bounds of what one request may put into a form.
const (
	// MaxValue is the greatest size of one value in bytes.
	MaxValue = 64 << 10
	// MaxValues is the greatest number of values of one field.
	MaxValues = 1000
	// TokenName is the name of the input that carries the idempotency token.
	TokenName = "form_token"

	maxToken = 100
)

// Form is the state of one form: fields in the order of the page, and what concerns the whole.
type Form struct {
	Fields []*Field
	// Summary holds messages that belong to no field; see Messages for what a page lists.
	Summary []Message
	// Token makes a double click one act: the same token is carried out once.
	Token string
}

// Message is one line of the error summary.
type Message struct {
	Anchor string // id of the element to which it leads, without "#"; empty for the whole form
	Text   string // Japanese, the same text as at the field
}

// Read makes a form from the values of a request. Each field gets its values exactly as they came;
// a field that the request does not mention has Raw == nil, which differs from a blank one. A value
// above MaxValue bytes is kept up to that bound, and it or one that may not be stored (see
// jptext.Clean) gets a message; the readers of the field then return nothing. A read-only field
// takes nothing from a request, whatever that says, and keeps what Fill put there.
func Read(v url.Values, fs ...*Field) *Form {
	f := &Form{Fields: fs}
	if t := v.Get(TokenName); len(t) <= maxToken && printable(t) {
		f.Token = t
	}
	for _, fd := range fs {
		if fd.Type != File && fd.ReadOnly == "" {
			fd.read(v[fd.Key])
		}
	}
	return f
}

// printable reports whether s is visible ASCII, as every token that we hand out is.
func printable(s string) bool {
	for i := range len(s) {
		if s[i] <= ' ' || s[i] > '~' {
			return false
		}
	}
	return true
}

func (f *Field) read(values []string) {
	if values == nil {
		return
	}
	if len(values) > MaxValues {
		f.Fail("form.many", f.Label+"の値が多すぎます。選ぶ数を減らしてください")
		values = values[:MaxValues]
	}
	f.Raw = make([]string, len(values))
	for i, s := range values {
		if len(s) > MaxValue {
			f.Fail("form.size", f.Label+"が長すぎます。短くしてください")
			s = cut(s, MaxValue)
		}
		f.Raw[i] = s
		if _, err := jptext.Clean(s); err != nil {
			f.failWith(err)
		}
	}
}

// cut shortens s to at most n bytes without breaking a character.
func cut(s string, n int) string {
	for n > 0 && !utf8.RuneStart(s[n]) {
		n--
	}
	return s[:n]
}

// Field returns the field with the key, or nil.
func (f *Form) Field(key string) *Field {
	for _, fd := range f.Fields {
		if fd.Key == key {
			return fd
		}
	}
	return nil
}

// OK reports whether nothing is wrong: no message at any field and none for the whole. It says
// nothing about fields that were not read yet.
func (f *Form) OK() bool {
	for _, fd := range f.Fields {
		if fd.Err != "" {
			return false
		}
	}
	return len(f.Summary) == 0
}

// Add takes an error of a use case apart: each *errs.Error that names a field of this form goes to
// that field (a message that already stands there stays), every other one with a message goes into
// the summary, and an error that says nothing to a user becomes one general sentence. What Error()
// prints is never shown. Nil changes nothing.
func (f *Form) Add(err error) {
	if err != nil && !f.add(err) {
		f.summarise("", "処理できませんでした。内容を確かめて、もう一度やり直してください。")
	}
}

// add walks the tree of errors and reports whether it found anything to show.
func (f *Form) add(err error) (shown bool) {
	if e, ok := err.(*errs.Error); ok { //nolint:errorlint // the walk itself unwraps
		switch fd := f.Field(e.Field); {
		case e.Field != "" && fd != nil:
			fd.Fail(e.Code, e.Message)
			shown = true
		case e.Message != "":
			f.summarise("", e.Message)
			shown = true
		}
	}
	switch u := err.(type) { //nolint:errorlint // the walk itself unwraps
	case interface{ Unwrap() []error }:
		for _, c := range u.Unwrap() {
			shown = f.add(c) || shown
		}
	default:
		if c := errors.Unwrap(err); c != nil {
			shown = f.add(c) || shown
		}
	}
	return shown
}

func (f *Form) summarise(anchor, text string) {
	for _, m := range f.Summary {
		if m.Text == text && m.Anchor == anchor {
			return
		}
	}
	f.Summary = append(f.Summary, Message{anchor, text})
}

// Messages lists what is wrong for the summary at the head of the page: first what concerns the
// whole form, then the fields in their order, each with the text that stands at the field (WCAG 3.3.1).
func (f *Form) Messages() []Message {
	out := append([]Message(nil), f.Summary...)
	for _, fd := range f.Fields {
		if fd.Err != "" {
			out = append(out, Message{fd.ID(), fd.Err})
		}
	}
	return out
}

// Values returns what was typed, for keeping a draft or sending the form again; fields of type
// Password and File are left out.
func (f *Form) Values() url.Values {
	v := make(url.Values, len(f.Fields))
	for _, fd := range f.Fields {
		if fd.Raw != nil && fd.Type != Password && fd.Type != File {
			v[fd.Key] = append([]string(nil), fd.Raw...)
		}
	}
	return v
}

// failWith puts the message of an error at the field, after its label.
func (f *Field) failWith(err error) {
	msg := errs.MessageOf(err)
	if msg == "" {
		msg = "入力を確かめてください"
	}
	f.Fail(errs.CodeOf(err), f.Label+"："+msg)
}

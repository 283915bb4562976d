package ui

import (
	"strings"
	"unicode/utf8"

	"daicho/internal/form"
)

// control is a field with what the drawing of its control needs.
type control struct{ *form.Field }

func (c control) errorID() string { return c.ID() + "-error" }
func (c control) hintID() string  { return c.ID() + "-hint" }
func (c control) echoID() string  { return c.ID() + "-echo" }

// describedBy lists error, then support text, then the echo: a screen reader reads what is wrong first.
func (c control) describedBy() string {
	return strings.TrimSpace(when(c.Err != "", c.errorID()+" ") + when(c.Hint != "", c.hintID()+" ") + when(c.Echo != "", c.echoID()+" ") + when(c.ReadOnly != "", c.ID()+"-readonly"))
}

// grouped reports whether the field is several inputs under one legend.
func (c control) grouped() bool { return c.Type == form.Choice || c.Type == form.Checks }

// optionID is the id of the nth option; the first carries the field's own id, so that the error
// summary leads to it.
func (c control) optionID(n int) string {
	if n == 0 {
		return c.ID()
	}
	return c.ID() + "-" + strings.Repeat("i", n)
}

// chosenLabels are the words of the chosen options, for a field that cannot be changed.
func (c control) chosenLabels() string {
	var out []string
	for _, o := range c.Options {
		if c.Has(o.Value) && o.Value != "" {
			out = append(out, o.Label)
		}
	}
	if len(out) == 0 {
		return "（未入力）"
	}
	return strings.Join(out, "、")
}

// hasBlank reports whether the options hold one for "nothing chosen".
func (c control) hasBlank() bool {
	for _, o := range c.Options {
		if o.Value == "" {
			return true
		}
	}
	return false
}

func (c control) inputType() string {
	switch c.Type {
	case form.Password:
		return "password"
	case form.Search:
		return "search"
	case form.File:
		return "file"
	}
	return "text"
}

func (c control) inputClass() string {
	switch c.Type {
	case form.Code, form.Pick:
		return "input input--code"
	case form.Number:
		return "input input--num"
	case form.Date:
		return "input input--date"
	case form.File:
		return "file"
	}
	return "input"
}

func (c control) inputMode() string {
	if c.Inputmode == "" && c.Type == form.Number {
		return "numeric"
	}
	return c.Inputmode
}

// choicesClass lays the options out: codes with their meaning beside them, a few short words in one
// line, many in columns.
func (c control) choicesClass() string {
	short, codes := true, true
	for _, o := range c.Options {
		n := utf8.RuneCountInString(o.Label)
		short = short && o.Hint == "" && n <= 12
		codes = codes && o.Hint != "" && n <= 4
	}
	switch {
	case codes && len(c.Options) > 0:
		return "choices choices--beside"
	case short && len(c.Options) <= 4:
		return "choices choices--inline"
	case c.Type == form.Checks && len(c.Options) > 6:
		return "choices choices--many"
	}
	return "choices"
}

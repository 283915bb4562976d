package asset

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"daicho/internal/errs"
	"daicho/internal/form"
	"daicho/internal/jptext"
)

// FormFields returns the form of a kind: one control per field of the catalogue, in order, empty.
// Lists of units, posts and host bodies come without options: the caller knows the organisation.
func FormFields(k Kind) []*form.Field {
	out := make([]*form.Field, 0, len(all[k]))
	for _, f := range all[k] {
		out = append(out, f.control())
	}
	return out
}

// StatementFields returns the check boxes with which a registrant states that a code is no My
// Number, one per code field and one for the members. A page shows one when its field asks for it.
func StatementFields(k Kind) []*form.Field {
	var out []*form.Field
	for _, f := range all[k] {
		if f.Type.IsCode() {
			out = append(out, &form.Field{Key: StatementKey(f.Key), Label: f.Label + "は個人番号ではない", Type: form.Flag})
		}
	}
	if HasMembers(k) {
		out = append(out, &form.Field{Key: MembersStatement, Label: "内訳の番号は個人番号ではない", Type: form.Flag})
	}
	return out
}

// fewOptions is up to how many options are shown at once instead of in a list to pull down.
const fewOptions = 6

func (f Field) control() *form.Field {
	c := &form.Field{Key: f.Key, Label: f.Label, Hint: f.Hint, Unit: f.Unit, Required: f.Required, Wide: f.Wide}
	switch f.Type {
	case Text:
		c.Type, c.Max = form.Text, f.Limit()
	case LongText, CodeLines:
		c.Type, c.Max = form.Area, f.Limit()
	case CodeText:
		c.Type, c.Max = form.Code, f.Limit()
	case Number:
		c.Type, c.Inputmode = form.Number, "numeric"
	case Date:
		c.Type = form.Date
	case Choice:
		c.Type = form.Select
		if len(f.Options) <= fewOptions {
			c.Type = form.Choice
		}
	case Choices:
		c.Type = form.Checks
	case Flag:
		c.Type = form.Flag
	case UnitRef, HostRef, PostRef:
		c.Type = form.Select
	}
	for _, o := range f.Options {
		c.Options = append(c.Options, form.Option{Value: o.Code, Label: o.Label, Hint: o.Hint})
	}
	return c
}

// Normalise turns what was typed, chosen or read from a file into values in normal form. A choice
// may be given by its code or its word, several by codes with spaces or words with 「、」 between
// them; a flag also by はい・いいえ or ○・×. What is blank or absent is left out, and so are keys
// that the kind does not have. The error joins Invalid errors at fields; the values that could be
// read are returned beside it, so that nothing typed well is lost for what was not.
func Normalise(k Kind, raw map[string][]string) (map[string]string, error) {
	out := map[string]string{}
	var bad []error
	for _, f := range all[k] {
		in, ok := raw[f.Key]
		if !ok {
			continue
		}
		v, err := f.normalise(in)
		if err != nil {
			bad = append(bad, err)
		} else if v != "" {
			out[f.Key] = v
		}
		if s := raw[StatementKey(f.Key)]; f.Type.IsCode() && len(s) > 0 && v != "" && yes(s[0]) {
			out[StatementKey(f.Key)] = "1"
		}
	}
	if s := raw[MembersStatement]; len(s) > 0 && yes(s[0]) && HasMembers(k) {
		out[MembersStatement] = "1"
	}
	return out, errors.Join(bad...)
}

func (f Field) normalise(in []string) (string, error) {
	c := f.control()
	c.Required = false // whether it may be blank is for Check to say
	c.Raw = in
	var v string
	switch f.Type {
	case Text, LongText:
		v = c.Text()
	case CodeText:
		v = c.Code()
	case CodeLines:
		v = codeLines(c)
	case Number:
		if n, ok := c.Int(0, f.Limit()); ok {
			v = strconv.Itoa(n)
		}
	case Date:
		if d := c.Date(); !d.IsZero() {
			v = d.ISO()
		}
	case Choice:
		c.Raw = f.codesOf(in[:min(1, len(in))])
		v = c.OneOf()
	case Choices:
		c.Raw = f.codesOf(in)
		v = c.AllOf()
	case Flag:
		switch w := flagWord(c.Value()); w {
		case "1", "0":
			v = w
		default:
			if c.Value() != "" {
				c.Fail("form.option", f.Label+"は「はい」か「いいえ」で入力してください")
			}
		}
	case UnitRef, HostRef, PostRef:
		c.Type, c.Max = form.Code, maxCode
		v = c.Code()
	}
	if c.Err != "" {
		return "", errs.OnField(f.Key, "asset."+c.ErrCode, c.Err)
	}
	return v, nil
}

// codesOf replaces words by codes: what is neither is left for the reader to refuse.
func (f Field) codesOf(in []string) []string {
	var out []string
	for _, s := range in {
		s = strings.TrimSpace(s)
		if code, ok := f.codeOf(s); ok {
			out = append(out, code)
			continue
		}
		if f.Type != Choices {
			out = append(out, s)
			continue
		}
		for _, part := range strings.FieldsFunc(s, func(r rune) bool { return r == '、' || r == '\n' || r == ';' || r == '，' }) {
			if code, ok := f.codeOf(strings.TrimSpace(part)); ok {
				out = append(out, code)
				continue
			}
			for word := range strings.FieldsSeq(part) {
				code, _ := f.codeOf(word)
				out = append(out, code)
			}
		}
	}
	return out
}

// codeOf finds an option by code or word; width and case do not matter. Without one it returns the
// text itself and false.
func (f Field) codeOf(s string) (string, bool) {
	if s == "" {
		return "", true
	}
	n := strings.ToLower(jptext.Code(s))
	i := slices.IndexFunc(f.Options, func(o Option) bool {
		return o.Code == s || o.Label == s || strings.ToLower(o.Code) == n || strings.ToLower(jptext.Code(o.Label)) == n
	})
	if i < 0 {
		return s, false
	}
	return f.Options[i].Code, true
}

func flagWord(s string) string {
	switch strings.ToLower(jptext.Code(s)) {
	case "1", "on", "true", "yes", "はい", "有", "あり", "○", "〇", "✓", "レ":
		return "1"
	case "0", "off", "false", "no", "いいえ", "無", "なし", "×", "✕":
		return "0"
	}
	return ""
}

func yes(s string) bool { return flagWord(s) == "1" }

// codeLines normalises each line as a code and drops blank lines and repeats.
func codeLines(c *form.Field) string {
	var out []string
	for line := range strings.SplitSeq(c.Text(), "\n") {
		if code := jptext.Code(line); code != "" && !slices.Contains(out, code) {
			out = append(out, code)
		}
	}
	v := strings.Join(out, "\n")
	if n := len([]rune(v)); n > c.Max {
		c.Fail("form.long", fmt.Sprintf("%sは%d文字以内で入力してください（いまは%d文字です）", c.Label, c.Max, n))
	}
	return v
}

package asset

import "slices"

// FieldType says how a value is typed in, checked and normalised.
type FieldType uint8

// The types of fields. The normal form of each value is a string: text as typed; codes NFKC; numbers
// decimal; dates ISO 8601; flags "1" or "0"; several choices joined by one space in catalogue order.
const (
	Text FieldType = iota
	LongText
	CodeText
	Number
	Date
	Choice
	Choices
	Flag
	UnitRef
	HostRef
	PostRef
	CodeLines // several codes, one per line: serial numbers, label numbers
)

// IsRef reports whether the value is a code of the organisation, whose word only the organisation
// pack knows.
func (t FieldType) IsRef() bool { return t == UnitRef || t == HostRef || t == PostRef }

// IsFree reports whether the value is free text, where a My Number is never accepted.
func (t FieldType) IsFree() bool { return t == Text || t == LongText }

// IsCode reports whether the value is a typed code, where twelve digits that look like a My Number
// may be something else and are accepted with the registrant's statement.
func (t FieldType) IsCode() bool { return t == CodeText || t == CodeLines }

// Home says where the value of a field lives beside the document: what is joined or filtered is
// never inside asset_now.detail (it would need a scan).
type Home uint8

const (
	// InDetail is kept in asset_now.detail under its CHECK.
	InDetail Home = iota
	// InColumn is a typed column of asset_now.
	InColumn
	// InDue is a deadline: a row of asset_due.
	InDue
	// InCode is a serial or label number: a row of asset_code.
	InCode
)

// Cond says when a field concerns an asset at all, from the value of another field of the same
// kind. The zero Cond holds always. It serves completeness and the order of reading; a field whose
// condition does not hold may still be filled in, so that a form without scripts loses nothing.
type Cond struct {
	Key string
	Is  []string // "" stands for unset
	Not bool     // holds when the value is none of Is
}

// Holds reports whether the condition is met by the values of a document.
func (c Cond) Holds(values map[string]string) bool {
	if c.Key == "" {
		return true
	}
	return slices.Contains(c.Is, values[c.Key]) != c.Not
}

// Option is one code of a choice with its word.
type Option struct {
	Code  string
	Label string
	Hint  string
}

// Field is one line of the field catalogue: the only place where a field of a kind is described.
// Form, difference, history, export, search and the CHECK of the database come from it.
type Field struct {
	Key      string // physical name: ASCII, lower snake case, unique within a kind
	Label    string // 日本語名, unique within a kind
	Type     FieldType
	Options  []Option // for Choice and Choices
	Max      int      // runes for texts, greatest value for numbers; 0 = the type's default
	Unit     string   // unit of a number, for screens and files: 時間, 人, 台
	Required bool     // at submission; a draft may lack it
	Material bool     // in force only when approved (design: 重要項目)
	Level    int      // completeness level 1 (must have) to 3 (good to have); 0 = never missed
	Section  string   // heading of the form under which it stands
	Hint     string   // support text above the control
	Clause   string   // where the field comes from: 基本方針 clause, law, standard
	Home     Home
	Wide     bool // takes the full width of the form
	When     Cond // concerns the asset only then
}

// Limits of a type where the field names none: runes for texts, the greatest value for numbers.
const (
	maxText   = 200
	maxLong   = 4000
	maxNumber = 999_999_999
)

// Limit is the greatest length in runes, or the greatest value of a number.
func (f Field) Limit() int {
	if f.Max > 0 {
		return f.Max
	}
	switch f.Type {
	case LongText, CodeLines:
		return maxLong
	case Number:
		return maxNumber
	}
	return maxText
}

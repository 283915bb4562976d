package ledger

import (
	"encoding/json"
	"strings"

	"daicho/internal/asset"
)

// Reader turns rows into cells of the given columns, row after row. It is for one goroutine.
type Reader struct {
	book    *Book
	columns []Column
	at      map[asset.Kind]map[string]int               // kind → key of a field → place of its column
	words   map[asset.Kind]map[string]map[string]string // kind → key → code → word, for choices
	types   map[asset.Kind]map[string]asset.FieldType   // kind → key → type
	cells   []string
}

// NewReader returns a reader of the columns.
func NewReader(b *Book, columns []Column) *Reader {
	rd := &Reader{
		book: b, columns: columns, cells: make([]string, len(columns)),
		at: map[asset.Kind]map[string]int{}, words: map[asset.Kind]map[string]map[string]string{}, types: map[asset.Kind]map[string]asset.FieldType{},
	}
	for i, c := range columns {
		for k, f := range c.words {
			if rd.at[k] == nil {
				rd.at[k], rd.words[k], rd.types[k] = map[string]int{}, map[string]map[string]string{}, map[string]asset.FieldType{}
			}
			rd.at[k][c.field], rd.types[k][c.field] = i, f.Type
			if len(f.Options) > 0 {
				m := make(map[string]string, len(f.Options))
				for _, o := range f.Options {
					m[o.Code] = o.Label
				}
				rd.words[k][c.field] = m
			}
		}
	}
	return rd
}

// Cells returns the cells of a row, in the order of the columns; the slice is the reader's own and
// good until the next call. Numbers are decimal, dates ISO 8601, choices in words, flags はい or いいえ.
func (rd *Reader) Cells(r *Row) []string {
	for i := range rd.columns {
		if text := rd.columns[i].text; text != nil {
			rd.cells[i] = text(rd.book, r)
		} else {
			rd.cells[i] = ""
		}
	}
	if at := rd.at[r.Kind]; at != nil && len(r.Values) > 2 {
		eachValue(valuesOf(string(r.Values)), func(key, value string) {
			if i, ok := at[key]; ok {
				rd.cells[i] = rd.word(r.Kind, key, value)
			}
		})
	}
	return rd.cells
}

func (rd *Reader) word(k asset.Kind, key, value string) string {
	switch rd.types[k][key] {
	case asset.Flag:
		return yesNo(value == "1")
	case asset.Choice:
		if w, ok := rd.words[k][key][value]; ok {
			return w
		}
	case asset.Choices:
		words := rd.words[k][key]
		if w, ok := words[value]; ok {
			return w
		}
		out := make([]string, 0, 4)
		for code := range strings.FieldsSeq(value) {
			if w, ok := words[code]; ok {
				code = w
			}
			out = append(out, code)
		}
		return strings.Join(out, "、")
	}
	return value
}

// valuesOf returns the object of the values inside the canonical text of a document, whose last key
// it is; anything else is returned as it is. The mark cannot occur within a text: there its quotation
// marks are escaped.
func valuesOf(s string) string {
	const mark = `,"values":`
	if i := strings.LastIndex(s, mark+"{"); i >= 0 {
		return s[i+len(mark):]
	}
	return s
}

// eachValue visits the members of a JSON object whose values are strings; others are passed over.
// It reads what PostgreSQL writes for jsonb, which is where a file of a million rows spends its time.
func eachValue(s string, visit func(key, value string)) {
	i := strings.IndexByte(s, '{') + 1
	for i < len(s) {
		key, next, ok := jsonString(s, i)
		if !ok {
			return
		}
		i = next + strings.IndexByte(s[next:], ':') + 1
		for i < len(s) && s[i] == ' ' {
			i++
		}
		if i >= len(s) {
			return
		}
		if s[i] != '"' { // numbers do not occur; should one, it ends before the next comma
			end := strings.IndexAny(s[i:], ",}")
			if end < 0 {
				return
			}
			visit(key, strings.TrimSpace(s[i:i+end]))
			i += end
		} else {
			value, next, ok := jsonString(s, i)
			if !ok {
				return
			}
			visit(key, value)
			i = next
		}
		for i < len(s) && (s[i] == ',' || s[i] == ' ') {
			i++
		}
		if i < len(s) && s[i] == '}' {
			return
		}
	}
}

// jsonString reads the string that begins at or after i and returns where it ends.
func jsonString(s string, i int) (value string, next int, ok bool) {
	q := strings.IndexByte(s[i:], '"')
	if q < 0 {
		return "", i, false
	}
	start := i + q + 1
	for j := start; j < len(s); j++ {
		switch s[j] {
		case '"':
			return s[start:j], j + 1, true
		case '\\':
			// Rare: let the library decode. Find the end first.
			end := j
			for end < len(s) && s[end] != '"' {
				if s[end] == '\\' {
					end++
				}
				end++
			}
			if end >= len(s) || json.Unmarshal([]byte(s[start-1:end+1]), &value) != nil {
				return "", i, false
			}
			return value, end + 1, true
		}
	}
	return "", i, false
}

package ledger

import (
	"encoding/base64"
	"encoding/json"
	"strings"
	"time"
	"unicode/utf8"

	"daicho/internal/classify"
)

// Cursor is a place between two rows of a sorted list: behind the row whose sort values it holds, or
// before it when the list is read backwards. It is a place and no secret: whatever stands in it, the
// scope of the reader holds.
type Cursor struct {
	Back    bool   // read towards the beginning
	End     bool   // begin at the very end (with Back)
	Segment string // code of the kind, unit, zone, state or rank in whose part of the list the row lies
	Null    bool   // the row has no number yet
	Text    string // number or reading of the row
	Time    time.Time
	ID      int64
	Row     int // how many rows lie before the page, as far as known; for display only
}

// IsZero reports whether the cursor is the beginning of the list.
func (c Cursor) IsZero() bool { return c == Cursor{} }

// After returns the cursor behind a row, and Before the one ahead of it; n is how many rows of the
// list lie before the page that it begins.
func After(r *Row, s Sort, n int) Cursor { return place(r, s, n, false) }

// Before returns the cursor ahead of a row, for reading backwards.
func Before(r *Row, s Sort, n int) Cursor { return place(r, s, n, true) }

// Last returns the cursor of the last page.
func Last(n int) Cursor { return Cursor{Back: true, End: true, Row: n} }

func place(r *Row, s Sort, n int, back bool) Cursor {
	c := Cursor{Back: back, ID: r.ID, Row: max(n, 0), Segment: r.segment(s.Key)}
	switch s.Key {
	case ByName:
		c.Text = r.Yomi
	case ByUpdated:
		c.Time = r.Updated.UTC().Truncate(time.Microsecond)
	default:
		c.Text, c.Null = r.Number, r.Number == ""
	}
	return c
}

// segment returns the code of the part of a list to which the row belongs; "" where the whole list
// is one part.
func (r *Row) segment(k Key) string {
	switch k {
	case ByKind:
		return string(r.Kind)
	case ByUnit:
		return formatInt(r.Unit)
	case ByZone:
		return r.Zone
	case ByState:
		return string(r.State)
	case ByC:
		return formatInt(int64(r.Levels.On(classify.Confidentiality)))
	case ByI:
		return formatInt(int64(r.Levels.On(classify.Integrity)))
	case ByA:
		return formatInt(int64(r.Levels.On(classify.Availability)))
	}
	return ""
}

// wire is a cursor in an address. The order of the list is in it, so that a cursor is not taken for
// one of another order.
type wire struct {
	Sort    string `json:"s"`
	Back    bool   `json:"b,omitempty"`
	End     bool   `json:"e,omitempty"`
	Segment string `json:"g,omitempty"`
	Null    bool   `json:"n,omitempty"`
	Text    string `json:"t,omitempty"`
	Micros  int64  `json:"u,omitempty"`
	ID      int64  `json:"i,omitempty"`
	Row     int    `json:"r,omitempty"`
}

func (c Cursor) encode(s Sort) string {
	if c.IsZero() {
		return ""
	}
	w := wire{Sort: s.String(), Back: c.Back, End: c.End, Segment: c.Segment, Null: c.Null, Text: c.Text, ID: c.ID, Row: c.Row}
	if !c.Time.IsZero() {
		w.Micros = c.Time.UnixMicro()
	}
	b, err := json.Marshal(w)
	if err != nil {
		return "" // strings and numbers always marshal
	}
	return base64.RawURLEncoding.EncodeToString(b)
}

// decodeCursor reads a cursor of the given order; ok is false for anything that encode does not
// write.
func decodeCursor(text string, s Sort) (c Cursor, ok bool) {
	if len(text) > 2000 {
		return Cursor{}, false
	}
	b, err := base64.RawURLEncoding.DecodeString(text)
	if err != nil || !utf8.Valid(b) {
		return Cursor{}, false
	}
	var w wire
	d := json.NewDecoder(strings.NewReader(string(b)))
	d.DisallowUnknownFields()
	if d.Decode(&w) != nil || w.Sort != s.String() || w.ID < 0 || w.Row < 0 || strings.ContainsRune(w.Text+w.Segment, 0) {
		return Cursor{}, false
	}
	c = Cursor{Back: w.Back, End: w.End, Segment: w.Segment, Null: w.Null, Text: w.Text, ID: w.ID, Row: w.Row}
	if w.Micros != 0 {
		if w.Micros < 0 || w.Micros > 1<<52 {
			return Cursor{}, false
		}
		c.Time = time.UnixMicro(w.Micros).UTC()
	}
	if c.encode(s) != text || c.End && !c.Back {
		return Cursor{}, false
	}
	return c, true
}

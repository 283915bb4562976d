package asset

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"unicode/utf8"

	"daicho/internal/errs"
)

// Encode returns the canonical JSON of the document: keys sorted by bytes, no space between tokens,
// no empty value, text as typed in UTF-8 (only the quotation mark, the backslash and control
// characters are escaped). Equal content gives equal bytes whatever the order of the maps and lists.
// The same rules are written down in the evidence format, so that anyone can check a digest.
func (d Document) Encode() []byte {
	c := d.Canonical()
	w := writer{}
	w.open('{')
	w.str("edition", c.Edition)
	if j := c.Judgement; j != nil {
		w.key("judgement")
		w.open('{')
		w.dict("answers", j.Answers)
		w.flag("ask", j.Ask)
		w.dict("levels", j.Levels)
		w.dict("proposed", j.Proposed)
		w.str("reason", j.Reason)
		w.str("scheme", j.Scheme)
		w.close('}')
	}
	w.str("kind", string(c.Kind))
	if len(c.Members) > 0 {
		w.key("members")
		w.open('[')
		for _, m := range c.Members {
			w.item()
			w.open('{')
			w.str("holder", m.Holder)
			w.str("label", m.Label)
			w.num("no", int64(m.No))
			w.str("place", m.Place)
			w.str("serial", m.Serial)
			w.str("state", m.State)
			w.str("storage", m.Storage)
			w.close('}')
		}
		w.close(']')
	}
	if len(c.Relations) > 0 {
		w.key("relations")
		w.open('[')
		for _, r := range c.Relations {
			w.relation(r)
		}
		w.close(']')
	}
	w.dict("values", c.Values)
	w.close('}')
	return w.b
}

// Digest is the SHA-256 of the stored bytes of a version.
func Digest(b []byte) [32]byte { return sha256.Sum256(b) }

// MaterialDigest is the SHA-256 of MaterialBytes: what an approval names beside the version. Two
// versions with the same one differ in minor fields only.
func (d Document) MaterialDigest() [32]byte { return sha256.Sum256(d.MaterialBytes()) }

// MaterialBytes is the canonical JSON of what is in force only when approved: the kind, the material
// fields, the levels chosen with their reason and the answers that they rest on (since edition 2 of
// the catalogue; 基本方針 6(2)), the relations, the identity of the members. A flag
// that is off and the state "in use" count as unset, so that only a change of meaning changes it.
// The note of a relation counts where it is the reason of 集積 or 分散; its values always count.
func (d Document) MaterialBytes() []byte {
	c := d.Canonical()
	w := writer{}
	w.open('{')
	if j := c.Judgement; j != nil {
		w.key("judgement")
		w.open('{')
		if c.Edition != firstEdition {
			w.dict("answers", j.Answers)
		}
		w.flag("ask", j.Ask)
		w.dict("levels", j.Levels)
		w.str("reason", j.Reason)
		w.str("scheme", j.Scheme)
		w.close('}')
	}
	w.str("kind", string(c.Kind))
	if len(c.Members) > 0 {
		w.key("members")
		w.open('[')
		for _, m := range c.Members {
			w.item()
			w.open('{')
			w.flag("disposed", m.State == MemberDisposed)
			w.str("label", m.Label)
			w.num("no", int64(m.No))
			w.str("serial", m.Serial)
			w.close('}')
		}
		w.close(']')
	}
	if len(c.Relations) > 0 {
		rs := slices.Clone(c.Relations)
		for i := range rs {
			if rs[i].Effect == "" {
				rs[i].Note = ""
			}
		}
		slices.SortFunc(rs, compareRelations)
		w.key("relations")
		w.open('[')
		for _, r := range rs {
			w.relation(r)
		}
		w.close(']')
	}
	material := map[string]string{}
	for _, f := range all[c.Kind] {
		v := c.Values[f.Key]
		if f.Material && v != "" && !meansUnset(f, v) {
			material[f.Key] = v
		}
	}
	w.dict("values", material)
	w.close('}')
	return w.b
}

// meansUnset reports whether a value says the same as no value.
func meansUnset(f Field, v string) bool {
	return f.Type == Flag && v == "0" || f.Key == "lifecycle" && v == LifecycleInUse
}

// Decode reads the canonical JSON of a document. It refuses bytes that Encode would not have
// written, so that no two stored texts stand for one document. Keys of values that the present
// catalogue does not know are kept: an old document stays what it was. Errors are Internal: stored
// bytes are never the user's mistake.
func Decode(b []byte) (Document, error) {
	var in struct {
		Kind      string
		Edition   string
		Values    map[string]string
		Judgement *struct {
			Scheme, Reason            string
			Levels, Proposed, Answers map[string]string
			Ask                       bool
		}
		Relations []Relation
		Members   []Member
	}
	dec := json.NewDecoder(bytes.NewReader(b))
	dec.DisallowUnknownFields()
	if err := dec.Decode(&in); err != nil {
		return Document{}, errs.Wrap(errs.Internal, "asset.document.decode", err)
	}
	d := Document{Kind: Kind(in.Kind), Edition: in.Edition, Values: in.Values, Relations: in.Relations, Members: in.Members}
	if d.Values == nil {
		d.Values = map[string]string{}
	}
	if j := in.Judgement; j != nil {
		d.Judgement = &Judgement{Scheme: j.Scheme, Levels: j.Levels, Proposed: j.Proposed, Answers: j.Answers, Reason: j.Reason, Ask: j.Ask}
	}
	if !d.Kind.Valid() {
		return Document{}, errs.Wrap(errs.Internal, "asset.document.kind", fmt.Errorf("unknown kind %q", in.Kind))
	}
	if !bytes.Equal(d.Encode(), b) {
		return Document{}, errs.Wrap(errs.Internal, "asset.document.canonical", errors.New("not the canonical encoding"))
	}
	return d, nil
}

func compareRelations(a, b Relation) int {
	return cmp.Or(
		cmp.Compare(a.Type, b.Type),
		cmp.Compare(bit(a.Outgoing), bit(b.Outgoing)),
		cmp.Compare(a.Other, b.Other),
		cmp.Compare(a.Effect, b.Effect),
		cmp.Compare(a.Note, b.Note),
		compareValues(a.Values, b.Values),
	)
}

// compareValues orders by the pairs of key and value, sorted by key.
func compareValues(a, b map[string]string) int {
	pairs := func(m map[string]string) []string {
		var out []string
		for _, k := range sortedKeys(m) {
			out = append(out, k, m[k])
		}
		return out
	}
	return slices.Compare(pairs(a), pairs(b))
}

func compareMembers(a, b Member) int {
	return cmp.Or(
		cmp.Compare(a.No, b.No),
		cmp.Compare(a.Serial, b.Serial),
		cmp.Compare(a.Label, b.Label),
		cmp.Compare(a.Place, b.Place),
		cmp.Compare(a.Holder, b.Holder),
		cmp.Compare(a.Storage, b.Storage),
		cmp.Compare(a.State, b.State),
	)
}

func bit(b bool) int {
	if b {
		return 1
	}
	return 0
}

// writer writes canonical JSON. encoding/json is not used because it escapes U+2028 and U+2029 and
// its choices are its own; these bytes must stay the same for as long as the register lives.
type writer struct{ b []byte }

func (w *writer) open(c byte)  { w.b = append(w.b, c) }
func (w *writer) close(c byte) { w.b = append(w.b, c) }

// item separates the elements of a list and the members of an object.
func (w *writer) item() {
	if c := w.b[len(w.b)-1]; c != '{' && c != '[' {
		w.b = append(w.b, ',')
	}
}

func (w *writer) key(k string) {
	w.item()
	w.quote(k)
	w.b = append(w.b, ':')
}

func (w *writer) str(k, v string) {
	if v != "" {
		w.key(k)
		w.quote(v)
	}
}

func (w *writer) num(k string, v int64) {
	w.key(k)
	w.b = strconv.AppendInt(w.b, v, 10)
}

func (w *writer) flag(k string, v bool) {
	if v {
		w.key(k)
		w.b = append(w.b, "true"...)
	}
}

func (w *writer) dict(k string, m map[string]string) {
	if len(m) == 0 {
		return
	}
	w.key(k)
	w.open('{')
	for _, key := range slices.Sorted(maps.Keys(m)) {
		w.key(key)
		w.quote(m[key])
	}
	w.close('}')
}

func (w *writer) relation(r Relation) {
	w.item()
	w.open('{')
	w.str("effect", r.Effect)
	w.str("note", r.Note)
	w.num("other", r.Other)
	w.flag("outgoing", r.Outgoing)
	w.str("type", r.Type)
	w.dict("values", r.Values)
	w.close('}')
}

// quote writes a JSON string. Bytes that are not UTF-8 become U+FFFD: Check refuses them before, and
// JSON cannot hold them.
func (w *writer) quote(s string) {
	const hex = "0123456789abcdef"
	w.b = append(w.b, '"')
	for _, r := range s {
		switch {
		case r == '"' || r == '\\':
			w.b = append(w.b, '\\', byte(r))
		case r == '\n':
			w.b = append(w.b, '\\', 'n')
		case r == '\t':
			w.b = append(w.b, '\\', 't')
		case r == '\r':
			w.b = append(w.b, '\\', 'r')
		case r < 0x20:
			w.b = append(w.b, '\\', 'u', '0', '0', hex[r>>4], hex[r&15])
		default:
			w.b = utf8.AppendRune(w.b, r)
		}
	}
	w.b = append(w.b, '"')
}

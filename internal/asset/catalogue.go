package asset

import "slices"

// Edition is the edition of the field catalogue. Every document keeps the edition under which it was
// written; it rises when a key, a code or a normal form changes its meaning or what is material, not
// when a field is added. Since edition 2 the answers of the 判定 are material.
const Edition = "2"

// firstEdition is the edition under which answers of the 判定 were minor: the digests that decisions
// of that time name must verify for ever.
const firstEdition = "1"

// Headings of the form, in the order in which a registrant meets them. The second is the kind's own.
const (
	secBasic     = "基本"
	secPersonal  = "個人情報"
	secPlace     = "所在と領域"
	secHandling  = "取扱い"
	secAdmin     = "管理"
	secRetention = "保存期間"
	secDisposal  = "廃棄"
)

var ownSection = map[Kind]string{
	Network:  "回線と接続",
	System:   "システムの内容",
	Device:   "機器の内容",
	Medium:   "媒体の内容",
	Facility: "区域の内容",
	Info:     "情報の形と控え",
	Paper:    "簿冊の内容",
	SysDoc:   "文書の内容",
	Cloud:    "サービスの内容",
	Contract: "契約の内容",
}

// Section is one heading of the form with its fields, in order.
type Section struct {
	Title  string
	Fields []Field
}

// all is the catalogue, built once: kind → fields in the order of the form.
var all = func() map[Kind][]Field {
	m := map[Kind][]Field{}
	for _, k := range kinds {
		m[k.Kind] = build(k.Kind)
	}
	return m
}()

func build(k Kind) []Field {
	pool := common(k)
	switch k {
	case Network:
		pool = append(pool, networkFields()...)
	case System:
		pool = append(pool, systemFields()...)
	case Device:
		pool = append(pool, deviceFields()...)
	case Medium:
		pool = append(pool, mediumFields()...)
	case Facility:
		pool = append(pool, facilityFields()...)
	case Info:
		pool = append(pool, infoFields()...)
	case Paper:
		pool = append(pool, paperFields()...)
	case SysDoc:
		pool = append(pool, documentFields()...)
	case Cloud:
		pool = append(pool, cloudFields()...)
	case Contract:
		pool = append(pool, contractFields()...)
	}
	var out []Field
	for _, title := range sectionTitles(k) {
		for _, f := range pool {
			if f.Section == "" {
				f.Section = ownSection[k]
			}
			if f.Section == title {
				out = append(out, f)
			}
		}
	}
	return out
}

func sectionTitles(k Kind) []string {
	return []string{secBasic, ownSection[k], secPersonal, secPlace, secHandling, secAdmin, secRetention, secDisposal}
}

// Fields returns every field of a kind in the order of the form; nil for an unknown kind. The slice
// is the caller's own, the options in it are shared and must not be changed.
func Fields(k Kind) []Field { return slices.Clone(all[k]) }

// Lookup returns the field of a kind by its key.
func Lookup(k Kind, key string) (Field, bool) {
	for _, f := range all[k] {
		if f.Key == key {
			return f, true
		}
	}
	return Field{}, false
}

// LookupName returns the field of a kind by its key or its 日本語名, as a column of a file names it.
func LookupName(k Kind, name string) (Field, bool) {
	for _, f := range all[k] {
		if f.Key == name || f.Label == name {
			return f, true
		}
	}
	return Field{}, false
}

// Sections returns the fields of a kind under their headings, in the order of the form.
func Sections(k Kind) []Section {
	var out []Section
	for _, f := range all[k] {
		if n := len(out); n == 0 || out[n-1].Title != f.Section {
			out = append(out, Section{Title: f.Section})
		}
		s := &out[len(out)-1]
		s.Fields = append(s.Fields, f)
	}
	return out
}

// StatementKey returns the key under which a registrant states that the twelve digits in a code
// field are not a My Number. The statement stays in the document as the record of who vouched.
func StatementKey(key string) string { return key + statementSuffix }

// MembersStatement is the key of the same statement for the serial and label numbers of members.
const MembersStatement = "members" + statementSuffix

const statementSuffix = "_ok"

// known reports whether a document of the kind may carry the key: a field of the catalogue or the
// statement that belongs to a code field.
func known(k Kind, key string) bool {
	if _, ok := Lookup(k, key); ok || key == MembersStatement {
		return true
	}
	if n := len(key) - len(statementSuffix); n > 0 && key[n:] == statementSuffix {
		f, ok := Lookup(k, key[:n])
		return ok && f.Type.IsCode()
	}
	return false
}

package asset

import (
	"fmt"
	"strings"

	"daicho/internal/classify"
)

// Flags are the traits of an asset that a control may ask for (design §4.6).
type Flags uint16

// The traits. Cloud of a cloud service and Outsourced of a contract hold by their kind; Hosted
// follows from the 構成団体 that owns building or network.
const (
	FlagCloud Flags = 1 << iota
	FlagOutsourced
	FlagPortable
	FlagPublic
	FlagHosted
)

var flagCodes = [...]struct {
	flag        Flags
	code, label string
}{
	{FlagCloud, "cloud", "クラウドを使う"},
	{FlagOutsourced, "outsourced", "外部に委託する"},
	{FlagPortable, "portable", "庁外へ持ち出す"},
	{FlagPublic, "public", "外部へ公開する"},
	{FlagHosted, "hosted", "構成団体の庁舎・回線を使う"},
}

// Codes returns the codes of the traits that are set, in their fixed order.
func (f Flags) Codes() []string {
	var out []string
	for _, c := range flagCodes {
		if f&c.flag != 0 {
			out = append(out, c.code)
		}
	}
	return out
}

// Labels returns the words of the traits that are set.
func (f Flags) Labels() []string {
	var out []string
	for _, c := range flagCodes {
		if f&c.flag != 0 {
			out = append(out, c.label)
		}
	}
	return out
}

// Has reports whether every trait of want is set.
func (f Flags) Has(want Flags) bool { return f&want == want }

// ParseFlags reads codes separated by spaces, as a pack writes them. It reports false for an
// unknown one.
func ParseFlags(s string) (Flags, bool) {
	var out Flags
next:
	for w := range strings.FieldsSeq(s) {
		for _, c := range flagCodes {
			if c.code == w {
				out |= c.flag
				continue next
			}
		}
		return 0, false
	}
	return out, true
}

// Flags returns the traits of the document.
func (d Document) Flags() Flags {
	var out Flags
	for _, c := range flagCodes {
		if d.Values[c.code] == "1" {
			out |= c.flag
		}
	}
	if d.Kind == Cloud {
		out |= FlagCloud
	}
	if d.Kind == Contract {
		out |= FlagOutsourced
	}
	if d.Hosted() {
		out |= FlagHosted
	}
	return out
}

// Facets are all that the derivation of required controls looks at. Assets with equal facets share
// a class, so nothing else may be looked at (design §4.6).
type Facets struct {
	Kind     Kind
	C, I, A  classify.Rank // in force: declared or followed
	Zone     string
	Personal string // a code of PersonalClasses; "" counts as none
	Flags    Flags
	Model    string // 採用モデル of the unit: a, a2, b, b2 or blank
}

// Facets returns the facets of the document with the levels in force and the network model of the
// unit, which lie outside it.
func (d Document) Facets(l classify.Levels, model string) Facets {
	f := Facets{Kind: d.Kind, C: l.C, I: l.I, A: l.A, Zone: d.Get("zone"), Personal: d.Get("personal"), Flags: d.Flags(), Model: model}
	if f.Personal == PersonalNone {
		f.Personal = ""
	}
	return f
}

// Key is the identity of the class: equal facets, equal key. Its form is stored and stays as it is.
func (f Facets) Key() string {
	return fmt.Sprintf("%s|%d|%d|%d|%s|%s|%d|%s", f.Kind, f.C, f.I, f.A, f.Zone, f.Personal, f.Flags, f.Model)
}

// Levels returns the ranks of the facets.
func (f Facets) Levels() classify.Levels { return classify.Levels{C: f.C, I: f.I, A: f.A} }

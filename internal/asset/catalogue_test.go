package asset

import (
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"
)

var keyPattern = regexp.MustCompile(`^[a-z][a-z0-9_]*$`)

func TestCatalogueIsSound(t *testing.T) {
	labels := map[string]string{} // key → label, the same in every kind
	types := map[string]FieldType{}
	homes := map[string]Home{}
	for _, k := range Kinds() {
		t.Run(string(k.Kind), func(t *testing.T) {
			keys, names := map[string]bool{}, map[string]bool{}
			required := 0
			fields := Fields(k.Kind)
			for _, f := range fields {
				if !keyPattern.MatchString(f.Key) || strings.HasSuffix(f.Key, statementSuffix) || strings.HasPrefix(f.Key, "level_") {
					t.Errorf("%s: not a usable physical name", f.Key)
				}
				if keys[f.Key] || names[f.Label] || f.Label == "" {
					t.Errorf("%s %s: key and 日本語名 must be unique and set", f.Key, f.Label)
				}
				keys[f.Key], names[f.Label] = true, true
				if l, ok := labels[f.Key]; ok && (l != f.Label || types[f.Key] != f.Type || homes[f.Key] != f.Home) {
					t.Errorf("%s: %s here, %s elsewhere: one column of a ledger over all kinds", f.Key, f.Label, l)
				}
				labels[f.Key], types[f.Key], homes[f.Key] = f.Label, f.Type, f.Home
				if f.Hint == "" || f.Section == "" {
					t.Errorf("%s: hint and section are needed", f.Key)
				}
				if strings.ContainsAny(f.Hint, "<>\n") || utf8.RuneCountInString(f.Hint) > 90 {
					t.Errorf("%s: hint too long or with markup: %s", f.Key, f.Hint)
				}
				if f.Clause == "" && !slices.Contains([]string{"yomi", "notes"}, f.Key) {
					t.Errorf("%s: no clause", f.Key)
				}
				if f.Level < 0 || f.Level > TopLevel || f.Required && f.Level != 1 {
					t.Errorf("%s: level %d", f.Key, f.Level)
				}
				if f.Required {
					required++
				}
				choice := f.Type == Choice || f.Type == Choices
				if choice != (len(f.Options) > 0) || len(f.Options) == 1 {
					t.Errorf("%s: %d options", f.Key, len(f.Options))
				}
				codes, words := map[string]bool{}, map[string]bool{}
				for _, o := range f.Options {
					if codes[o.Code] || words[o.Label] || o.Label == "" || o.Code == "" || strings.ContainsAny(o.Code, " \t'\"") {
						t.Errorf("%s: option %q %q", f.Key, o.Code, o.Label)
					}
					codes[o.Code], words[o.Label] = true, true
				}
				if f.Type == Number && f.Max == 0 {
					t.Errorf("%s: a number needs a greatest value", f.Key)
				}
				if f.Type == Number && f.Unit == "" {
					t.Errorf("%s: a number needs a unit", f.Key)
				}
				if f.Home == InDue && f.Type != Date || f.Home == InCode && !f.Type.IsCode() {
					t.Errorf("%s: home does not fit the type", f.Key)
				}
				if f.Home == InDetail && f.Type.IsRef() {
					t.Errorf("%s: what is joined is never inside detail", f.Key)
				}
			}
			if required > 8 || required < 4 {
				t.Errorf("%d required fields; 4 to 8 are bearable", required)
			}
			for _, f := range fields {
				if c := f.When; c.Key != "" {
					on, ok := Lookup(k.Kind, c.Key)
					if !ok {
						t.Errorf("%s depends on %s, which the kind lacks", f.Key, c.Key)
					}
					for _, code := range c.Is {
						if code != "" && len(on.Options) > 0 && Label(on.Options, code) == code {
							t.Errorf("%s depends on %s=%s, which is no option", f.Key, c.Key, code)
						}
					}
					if f.Required {
						t.Errorf("%s: required and conditional", f.Key)
					}
				}
			}
		})
	}
}

// The material fields are those that the design names; a field that slips in or out changes what
// the approvers are asked.
func TestMaterialFields(t *testing.T) {
	want := map[string]string{
		"unit": "", "host_body": "", "place": "", "zone": "", "personal": "", "lifecycle": "", "restrictions": "",
		"cloud": "", "outsourced": "", "portable": "", "public": "",
		"disposed_on": "", "disposal_method": "", "disposal_proof": "",
		"separation": "NW", "sanitising": "NW", "subcontract": "CT", "erased_on": "CT", "erase_grade": "CT",
	}
	for _, k := range Kinds() {
		for _, f := range Fields(k.Kind) {
			kind, in := want[f.Key]
			if f.Material != (in && (kind == "" || kind == string(k.Kind))) {
				t.Errorf("%s %s: material = %v", k.Kind, f.Key, f.Material)
			}
		}
	}
}

func TestEveryKindHasTheCommonFields(t *testing.T) {
	for _, k := range Kinds() {
		for _, key := range []string{"name", "yomi", "summary", "business", "unit", "manager_post", "contact", "policy", "notes", "checked_on", "review_due", "lifecycle", "disposed_on", "disposal_method", "disposal_proof", "detail_kind"} {
			if _, ok := Lookup(k.Kind, key); !ok {
				t.Errorf("%s lacks %s", k.Kind, key)
			}
		}
	}
	for key, in := range map[string][]Kind{
		"zone":         {Network, System, Device, Medium, Info, Cloud},
		"record_items": {Info, Paper},
		"retention":    {Info, Paper, SysDoc, Medium},
		"serial":       {Device, Medium},
	} {
		for _, k := range Kinds() {
			if _, ok := Lookup(k.Kind, key); ok != slices.Contains(in, k.Kind) {
				t.Errorf("%s in %s: %v", key, k.Kind, ok)
			}
		}
	}
}

func TestOptionTablesNameOnlyKinds(t *testing.T) {
	for _, m := range []map[Kind][]Option{detailKinds, disposalMethods} {
		if len(m) != len(kinds) {
			t.Errorf("%d of %d kinds", len(m), len(kinds))
		}
		for k, o := range m {
			if !k.Valid() || o[len(o)-1].Code != "other" {
				t.Errorf("%s: unknown kind, or the list is not closed by その他", k)
			}
		}
	}
}

func TestSectionsHoldEveryFieldOnce(t *testing.T) {
	for _, k := range Kinds() {
		var flat []string
		titles := map[string]bool{}
		for _, s := range Sections(k.Kind) {
			if titles[s.Title] || len(s.Fields) == 0 {
				t.Errorf("%s: section %q twice or empty", k.Kind, s.Title)
			}
			titles[s.Title] = true
			for _, f := range s.Fields {
				flat = append(flat, f.Key)
			}
		}
		var want []string
		for _, f := range Fields(k.Kind) {
			want = append(want, f.Key)
		}
		if !slices.Equal(flat, want) {
			t.Errorf("%s: sections %v, fields %v", k.Kind, flat, want)
		}
		pool := len(common(k.Kind))
		if n := len(want); n <= pool {
			t.Errorf("%s: no field of its own got a section (%d of %d)", k.Kind, n, pool)
		}
	}
}

func TestLookup(t *testing.T) {
	for _, k := range Kinds() {
		for _, f := range Fields(k.Kind) {
			for _, name := range []string{f.Key, f.Label} {
				if got, ok := LookupName(k.Kind, name); !ok || got.Key != f.Key {
					t.Errorf("%s %s: found %q", k.Kind, name, got.Key)
				}
			}
		}
	}
	if _, ok := Lookup(Paper, "zone"); ok {
		t.Error("PD has no 領域")
	}
	if _, ok := Lookup("XX", "name"); ok || Fields("XX") != nil {
		t.Error("an unknown kind has fields")
	}
	if !known(Device, StatementKey("serial")) || known(Device, StatementKey("notes")) || !known(Device, MembersStatement) {
		t.Error("statements belong to code fields and members only")
	}
}

func TestFieldsIsACopy(t *testing.T) {
	Fields(Info)[0].Label = "壊した"
	if f, _ := Lookup(Info, Fields(Info)[0].Key); f.Label == "壊した" {
		t.Error("a caller can change the catalogue")
	}
}

func TestPersonalRankRisesWithGravity(t *testing.T) {
	for i, o := range PersonalClasses() {
		if PersonalRank(o.Code) != i {
			t.Errorf("%s: %d", o.Code, PersonalRank(o.Code))
		}
	}
	if PersonalRank("") != 0 || PersonalRank(PersonalMyNumber) != 4 {
		t.Error("unset is none, 特定個人情報 is the gravest")
	}
}

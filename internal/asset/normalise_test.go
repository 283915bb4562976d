package asset

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"daicho/internal/errs"
	"daicho/internal/form"
)

func TestNormalise(t *testing.T) {
	got, err := Normalise(Device, map[string][]string{
		"name":            {"  髙﨑 神 ｻｰﾊﾞｰ①  "},
		"notes":           {"一行目\r\n二行目"},
		"serial":          {"　５ｃｄ１２３４－Ｘ "},
		"serial_ok":       {"on"},
		"storage_serials": {"Ｄ１\r\n\r\nD2\nD1"},
		"storage_count":   {"１，２００個"},
		"acquired_on":     {"Ｒ６．４．１"},
		"lease_end":       {"令和11年3月31日"},
		"zone":            {"LGWAN接続系"},
		"detail_kind":     {"server"},
		"restrictions":    {"暗号化", ""},
		"portable":        {"on"},
		"outsourced":      {"いいえ"},
		"unit":            {"Ｋ－ＳＯＭＵ"},
		"place":           {"   "},
		"password":        {"x"},
	})
	want := map[string]string{
		"name": "髙﨑 神 ｻｰﾊﾞｰ①", "notes": "一行目\n二行目", "serial": "5cd1234-X", "serial_ok": "1", "storage_serials": "D1\nD2",
		"storage_count": "1200", "acquired_on": "2024-04-01", "lease_end": "2029-03-31", "zone": "LG", "detail_kind": "server",
		"portable": "1", "outsourced": "0", "unit": "K-SOMU",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if got := codesAt(err, "restrictions"); !slices.Equal(got, []string{"asset.form.option"}) || len(errs.Fields(err)) != 1 {
		t.Errorf("the unknown word is refused and nothing else: %v", err)
	}
}

func TestNormaliseOfSeveralChoices(t *testing.T) {
	for _, in := range [][]string{
		{"limited", "encrypt"}, {"encrypt", "limited"}, {"encrypt limited"}, {"関係者限り、送信・運搬は暗号化"}, {"送信・運搬は暗号化、関係者限り"},
		{"関係者限り\n送信・運搬は暗号化"}, {"関係者限り 送信・運搬は暗号化"}, {"limited", "", "encrypt", "limited"},
	} {
		got, err := Normalise(Info, map[string][]string{"restrictions": in})
		if err != nil || got["restrictions"] != "limited encrypt" {
			t.Errorf("%q: %q %v", in, got["restrictions"], err)
		}
	}
}

// A word of several choices never holds what separates the words of a file.
func TestWordsOfChoicesCanBeSeparated(t *testing.T) {
	for _, k := range Kinds() {
		for _, f := range Fields(k.Kind) {
			var every []string
			for _, o := range f.Options {
				every = append(every, o.Label)
			}
			if f.Type != Choices {
				continue
			}
			got, err := Normalise(k.Kind, map[string][]string{f.Key: {strings.Join(every, "、")}})
			if err != nil || got[f.Key] != strings.Join(codes(f.Options), " ") {
				t.Errorf("%s %s: %q %v", k.Kind, f.Key, got[f.Key], err)
			}
		}
	}
}

func TestNormaliseRefusesAtTheField(t *testing.T) {
	for name, c := range map[string]struct {
		kind Kind
		key  string
		in   string
	}{
		"date without era": {Info, "retention_end", "8.11.23"},
		"no number":        {Info, "subjects", "たくさん"},
		"too great":        {System, "rto", "10000"},
		"unknown choice":   {Info, "zone", "どこか"},
		"unknown flag":     {Info, "public", "たぶん"},
		"overlong":         {Info, "name", strings.Repeat("あ", 101)},
		"two lines":        {Info, "name", "一\n二"},
		"control":          {Info, "name", "a\x01b"},
	} {
		got, err := Normalise(c.kind, map[string][]string{c.key: {c.in}, "notes": {"残る"}})
		fields := errs.Fields(err)
		if len(fields) != 1 || fields[0].Field != c.key || fields[0].Message == "" {
			t.Errorf("%s: %v", name, err)
		}
		if got["notes"] != "残る" || got[c.key] != "" {
			t.Errorf("%s: %v", name, got)
		}
	}
}

// What is in normal form stays as it is, and Check takes what Normalise gives: the two agree.
func TestNormaliseIsStable(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		d := genDocument().Draw(t, "d")
		raw := map[string][]string{}
		for k, v := range d.Values {
			raw[k] = []string{v}
		}
		got, err := Normalise(d.Kind, raw)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(d.Values, got); diff != "" {
			t.Fatal(diff)
		}
	})
}

func FuzzNormalise(f *testing.F) {
	f.Add("IN", "name", "髙﨑")
	f.Add("EQ", "storage_serials", "Ａ\n\nＢ")
	f.Add("FA", "entry", "IC カード、鍵")
	f.Fuzz(func(t *testing.T, kind, key, value string) {
		k := Kind(kind)
		got, err := Normalise(k, map[string][]string{key: {value}})
		if err != nil {
			return
		}
		d := New(k)
		d.Values = got
		for _, e := range errs.Fields(Check(d, Draft, nil)) {
			// What only Check judges: My Numbers, check digits, years far away.
			if !strings.HasPrefix(e.Code, "asset.mynumber") && e.Code != "asset.field.corporate" && e.Code != "asset.field.date" {
				t.Fatalf("normal form of %q is refused: %v", value, e)
			}
		}
	})
}

func TestFormFields(t *testing.T) {
	for _, k := range Kinds() {
		controls := FormFields(k.Kind)
		fields := Fields(k.Kind)
		if len(controls) != len(fields) {
			t.Fatalf("%s: %d controls for %d fields", k.Kind, len(controls), len(fields))
		}
		for i, c := range controls {
			f := fields[i]
			if c.Key != f.Key || c.Label != f.Label || c.Hint != f.Hint || c.Required != f.Required || len(c.Options) != len(f.Options) || c.Raw != nil {
				t.Errorf("%s %s: %+v", k.Kind, f.Key, c)
			}
			list := c.Type == form.Choice || c.Type == form.Select || c.Type == form.Checks
			if want := f.Type == Choice || f.Type == Choices || f.Type.IsRef(); list != want {
				t.Errorf("%s %s: control %d", k.Kind, f.Key, c.Type)
			}
		}
		for _, s := range StatementFields(k.Kind) {
			if !known(k.Kind, s.Key) || s.Type != form.Flag {
				t.Errorf("%s: statement %s", k.Kind, s.Key)
			}
		}
	}
	FormFields(Info)[0].Label = "x"
	if FormFields(Info)[0].Label == "x" {
		t.Error("forms share their fields")
	}
}

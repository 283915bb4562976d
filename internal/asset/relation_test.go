package asset

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"daicho/internal/errs"
)

func TestDetailsOfARelation(t *testing.T) {
	r := Relation{Type: "bridges", Outgoing: true, Other: 7}
	got, err := r.Details(map[string][]string{
		"rel.bridges:out:7.purpose":   {"　申請書データの取込み "},
		"rel.bridges:out:7.direction": {"相手からこの資産へ"},
		"rel.bridges:out:7.split":     {"firewall"},
		"rel.bridges:out:7.special":   {"0"},
		"rel.bridges:out:7.review_on": {"令和9年3月31日"},
		"rel.bridges:out:7.sanitise":  {"魔法"},
		"rel.bridges:in:7.purpose":    {"別の関連"},
		"rel.bridges:out:7.unheard":   {"x"},
	})
	want := map[string]string{"purpose": "申請書データの取込み", "direction": "in", "split": "firewall", "review_on": "2027-03-31"}
	if diff := cmp.Diff(want, got.Values); diff != "" {
		t.Error(diff)
	}
	if fs := errs.Fields(err); len(fs) != 1 || fs[0].Field != "rel.bridges:out:7.sanitise" {
		t.Errorf("errors %v", err)
	}
}

func TestCheckOfTheDetailsOfARelation(t *testing.T) {
	bridge := func(change func(map[string]string)) Relation {
		v := map[string]string{"direction": "in", "purpose": "取込み", "split": "firewall", "sanitise": "rebuild"}
		change(v)
		return Relation{Type: "bridges", Outgoing: true, Other: 7, Values: v}
	}
	for name, c := range map[string]struct {
		r     Relation
		field string // "" = accepted
		code  string
	}{
		"a connection":             {bridge(func(map[string]string) {}), "", ""},
		"without a purpose":        {bridge(func(v map[string]string) { delete(v, "purpose") }), "purpose", "asset.field.required"},
		"unknown split":            {bridge(func(v map[string]string) { v["split"] = "hope" }), "split", "asset.field.option"},
		"special, nobody named":    {bridge(func(v map[string]string) { v["special"], v["path"], v["protocol"] = "1", "lgwan", "HTTPS 443" }), "partner", "asset.relation.special"},
		"special, no port":         {bridge(func(v map[string]string) { v["special"], v["path"], v["partner"] = "1", "lgwan", "eLTAX" }), "protocol", "asset.relation.special"},
		"My Number in the purpose": {bridge(func(v map[string]string) { v["purpose"] = "123456789018" }), "purpose", "asset.mynumber.text"},
		"value of another type":    {Relation{Type: "stores", Other: 7, Values: map[string]string{"purpose": "x"}}, "-", "asset.relation.value"},
		"spread to a level":        {Relation{Type: "stores", Other: 7, Effect: Spread, Note: "件数が少ない", Values: map[string]string{"pass_c": "2"}}, "", ""},
		"spread to nothing":        {Relation{Type: "stores", Other: 7, Effect: Spread, Note: "件数が少ない"}, "pass_c", "asset.relation.pass"},
		"unknown level":            {Relation{Type: "stores", Other: 7, Effect: Gather, Note: "全府県分", Values: map[string]string{"pass_c": "9"}}, "pass_c", "asset.relation.pass"},
		"a level, no effect":       {Relation{Type: "stores", Other: 7, Values: map[string]string{"pass_c": "2"}}, "-", "asset.relation.value"},
	} {
		t.Run(name, func(t *testing.T) {
			d := complete(Info)
			d.Relations = []Relation{c.r}
			err := Check(d, Submit, testScheme())
			field := c.r.Input(c.field)
			if c.field == "-" {
				field = "relation"
			}
			if c.field == "" {
				if err != nil {
					t.Error(err)
				}
			} else if got := codesAt(err, field); !slices.Contains(got, c.code) {
				t.Errorf("at %s: %v, want %s (%v)", field, got, c.code, err)
			}
		})
	}
}

func TestDiffNamesTheValueOfARelation(t *testing.T) {
	old, now := complete(Info), complete(Info)
	old.Relations = []Relation{{Type: "bridges", Outgoing: true, Other: 7, Values: map[string]string{"split": "firewall"}}}
	now.Relations = []Relation{{Type: "bridges", Outgoing: true, Other: 7, Values: map[string]string{"split": SplitNone}}}
	d := Diff(old, now)
	if len(d) != 1 || !d[0].Material || d[0].Before != "bridges 7（分割の方式 ファイアウォールで必要な通信だけ許可）" || d[0].After != "bridges 7（分割の方式 分割していない）" {
		t.Errorf("%+v", d)
	}
	if now.OnlyMinor(old) {
		t.Error("a connection that is no longer split passes as minor")
	}
}

func TestCompareRelationsIsAnOrder(t *testing.T) {
	values := rapid.MapOfN(rapid.SampledFrom([]string{"a", "b", "c"}), rapid.SampledFrom([]string{"1", "2"}), 0, 3)
	rapid.Check(t, func(t *rapid.T) {
		a := Relation{Type: "stores", Other: 1, Values: values.Draw(t, "a")}
		b := Relation{Type: "stores", Other: 1, Values: values.Draw(t, "b")}
		if x, y := compareRelations(a, b), compareRelations(b, a); x != -y || (x == 0) != a.Equal(b) {
			t.Fatalf("%v %v: %d %d", a, b, x, y)
		}
	})
}

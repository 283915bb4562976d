package asset

import (
	"net/url"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"daicho/internal/app"
	"daicho/internal/asset"
	"daicho/internal/classify"
	"daicho/internal/form"
	"daicho/internal/org"
)

// A long 内訳 goes out as text and comes back the same, whatever stands in its cells.
func TestMemberListRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		raw := app.Raw{}
		cell := rapid.StringMatching(`[A-Za-z0-9あ-ん_.|"',;<> -]{0,12}`)
		for _, no := range rapid.SliceOfNDistinct(rapid.IntRange(1, maxRows), 0, 20, rapid.ID[int]).Draw(t, "numbers") {
			cells := make([]string, len(memberColumns))
			for i := range cells {
				cells[i] = cell.Draw(t, "cell")
			}
			cells[5] = rapid.SampledFrom([]string{"", asset.MemberLost, asset.MemberDisposed}).Draw(t, "state")
			if strings.Contains(cells[0], "製造番号") {
				cells[0] = ""
			}
			putMember(raw, no, cells)
		}
		back := app.Raw{}
		readMemberList(back, listMembers(memberRows(raw)))
		if d := cmp.Diff(memberRows(raw), memberRows(back)); d != "" {
			t.Fatal(d)
		}
	})
}

// Numbers of members are never given twice, however lines are pasted.
func TestPasteGivesFreshNumbers(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		raw := app.Raw{}
		putMember(raw, rapid.IntRange(1, 50).Draw(t, "no"), []string{"first"})
		before := memberRows(raw)
		n := rapid.IntRange(0, 30).Draw(t, "lines")
		pasteMembers(raw, strings.Repeat("S\tL\n", n))
		rows := memberRows(raw)
		if len(rows) != 1+n {
			t.Fatalf("%d rows, want %d", len(rows), 1+n)
		}
		if d := cmp.Diff(before, rows[:1]); d != "" {
			t.Fatal(d)
		}
	})
}

// Nothing that the form does not have comes in, and what it has is not altered.
func TestReadRaw(t *testing.T) {
	v := url.Values{
		"name": {" 名 "}, "yomi": {"  "}, "unit": {""}, "serial": {"x"}, "evil": {"1"}, "page": {"forged"}, "draft": {"3:4"}, "format": {"sheet", "pdf"},
		"rel": {"stores:in:5", "stores:in:5", "nonsense"}, "rel-copy_of-out": {"copy_of:out:7|名|注"}, "q.personal": {"yes"}, "level_c": {""},
	}
	want := app.Raw{
		"name": {" 名 "}, "unit": {""}, "format": {"sheet", "pdf"}, "rel": {"stores:in:5", "copy_of:out:7"}, "q.personal": {"yes"},
	}
	if d := cmp.Diff(want, readRaw(asset.Info, v)); d != "" {
		t.Error(d)
	}
}

func scheme() *classify.Scheme {
	levels := []classify.Level{{Rank: 1, Code: "1", Label: "低"}, {Rank: 2, Code: "2", Label: "高"}}
	return &classify.Scheme{
		Code: "t",
		Axes: []classify.AxisDef{{Axis: "C", Levels: levels}, {Axis: "I", Levels: levels}, {Axis: "A", Levels: levels}},
		Questions: []classify.Question{
			{Code: "mynumber", Stage: 1, Options: []classify.Choice{{Value: "yes", Label: "はい"}, {Value: "no", Label: "いいえ"}}},
			{Code: "deep", Stage: 2, ShownWhen: []classify.Cond{{Code: "mynumber", Op: "=", Value: "no"}}},
			{Code: "rto", Stage: 2, Unit: "時間"},
		},
		Rules: []classify.Rule{
			{Axis: "C", Conds: []classify.Cond{{Code: "deep", Op: "=", Value: "yes"}}, Level: "2"}, {Axis: "C", Level: "1"},
			{Axis: "I", Level: "1"},
			{Axis: "A", Conds: []classify.Cond{{Code: "rto", Op: "<=", Value: "24"}}, Level: "2"}, {Axis: "A", Level: "1"},
		},
	}
}

// Only what bears on a declared axis is asked, with what it hangs on.
func TestQuestionsByKind(t *testing.T) {
	for _, c := range []struct {
		kind asset.Kind
		want map[string]bool
	}{
		{asset.Info, map[string]bool{"mynumber": true, "deep": true, "rto": true}},
		{asset.System, map[string]bool{"rto": true}},
		{asset.Device, map[string]bool{}},
	} {
		if d := cmp.Diff(c.want, neededFor(c.kind, scheme())); d != "" {
			t.Errorf("%s: %s", c.kind, d)
		}
	}
}

// Whoever takes everything of the other's gets exactly that; whoever takes nothing keeps exactly
// their own.
func TestMergeIsWhatWasChosen(t *testing.T) {
	keys := []string{"name", "notes", "format", "q.mynumber", "q.rto", "level_c", "level_reason", "level_ask", "rel", "rel.stores:out:1.note", "members.1.serial", "members.7.place"}
	values := map[string][]string{"format": {"sheet", "pdf"}, "level_c": {"1", "2"}, "level_ask": {"1"}, "rel": {"stores:out:1", "stores:out:2"}, "q.mynumber": {"yes", "no"}}
	draw := func(t *rapid.T, label string) app.Raw {
		raw := app.Raw{}
		for _, k := range keys {
			from := values[k]
			if from == nil {
				from = []string{"a", "b", "c"}
			}
			if rapid.Bool().Draw(t, label+k) {
				raw[k] = []string{rapid.SampledFrom(from).Draw(t, label+k)}
			}
		}
		return raw
	}
	rapid.Check(t, func(t *rapid.T) {
		mine, theirs := draw(t, "mine"), draw(t, "theirs")
		now := app.DraftView{Kind: asset.Info, Scheme: scheme(), Form: theirs}
		choices := url.Values{}
		for _, c := range clashes(now, mine, nil) {
			choices.Set(keepPrefix+c.Key, "theirs")
		}
		got := copyRaw(mine)
		merge(got, now, choices)
		if len(clashes(now, got, nil)) != 0 {
			t.Fatalf("took all of theirs, and still differs: %v", clashes(now, got, nil))
		}
		got = copyRaw(mine)
		merge(got, now, url.Values{})
		if d := cmp.Diff(mine, got); d != "" {
			t.Fatal(d)
		}
	})
}

func copyRaw(raw app.Raw) app.Raw {
	out := app.Raw{}
	for k, v := range raw {
		out[k] = append([]string(nil), v...)
	}
	return out
}

// A long list of units is divided by what stands above them; a short one is not.
func TestUnitsUnderHeadings(t *testing.T) {
	units := func(n int) []org.Unit {
		var out []org.Unit
		for i := range n {
			bureau := string(rune('甲' + i/20))
			out = append(out, org.Unit{Code: strconv.Itoa(i), Path: bureau + " 課" + strconv.Itoa(i), Organ: "連合長", OrganID: 1})
		}
		return out
	}
	groups := func(u []org.Unit) []optionGroup {
		v := &view{DraftView: app.DraftView{Kind: asset.Info, Units: u, Form: app.Raw{"unit": {"3"}}}}
		c := &form.Field{Key: "unit", Type: form.Select}
		v.fill(c)
		return groupsOf(c)
	}
	if g := groups(units(8)); g != nil {
		t.Errorf("%d headings over 8 units", len(g))
	}
	if g := groups(units(60)); len(g) != 3 || len(g[0].Options) != 20 || g[0].Label != "甲" {
		t.Errorf("60 units: %d headings", len(g))
	}
	two := units(10)
	two[9].Organ, two[9].OrganID = "議会", 2
	if g := groups(two); len(g) != 2 || g[1].Label != "議会" {
		t.Errorf("two organs: %v", g)
	}
}

package ledger_test

import (
	"net/url"
	"slices"
	"strings"
	"testing"

	"daicho/internal/asset"
	"daicho/internal/classify"
	"daicho/internal/jpdate"
	"daicho/internal/ledger"
	"daicho/internal/org"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// scheme is a small scheme with five levels of 機密性 and two of the others.
func scheme() *classify.Scheme {
	levels := func(codes ...string) []classify.Level {
		var out []classify.Level
		for i, c := range codes {
			out = append(out, classify.Level{Rank: classify.Rank(i + 1), Code: c, Label: "区分" + c + "の呼び名", Criteria: "定義", Marking: "自治体機密性" + c})
		}
		return out
	}
	return &classify.Scheme{Code: "test", Name: "試験", Axes: []classify.AxisDef{
		{Axis: classify.Confidentiality, Levels: levels("1", "2", "3C", "3B", "3A")}, {Axis: classify.Integrity, Levels: levels("1", "2")}, {Axis: classify.Availability, Levels: levels("1", "2")},
	}}
}

func book() *ledger.Book {
	return &ledger.Book{
		Scheme: scheme(),
		Units:  map[int64]org.Unit{7: {ID: 7, Code: "honbu-somu", Name: "総務課", Path: "本部事務局 総務課", Organ: "広域連合長"}},
		Hosts:  map[int64]org.HostBody{3: {ID: 3, Code: "shiga", Name: "滋賀県"}},
	}
}

// address draws the parameters of an address: some that mean something, some that do not.
func address() *rapid.Generator[url.Values] {
	params := []string{"q", "kind", "unit", "zone", "c", "i", "a", "state", "fy", "part", "todo", "sort", "size", "page", "from", "other"}
	known := []string{"IS", "MD", "LG", "OUT", "3C", "3C~", "~", "2", "draft", "active", "2026", "2019", "99999", "main", "related", "review", "changing", "-updated", "number", "c", "-unit", "50", "100", "3", "0", "-1", "honbu-somu", "サーバー 名簿", " 空白 ", "", "２０２６", "e30", "eyJzIjoibnVtYmVyIn0"}
	return rapid.Custom(func(t *rapid.T) url.Values {
		v := url.Values{}
		for range rapid.IntRange(0, 8).Draw(t, "n") {
			value := rapid.OneOf(rapid.SampledFrom(known), rapid.String()).Draw(t, "value")
			v.Add(rapid.SampledFrom(params).Draw(t, "param"), value)
		}
		return v
	})
}

func TestEveryAddressIsRead(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		in := address().Draw(t, "address")
		q, _ := ledger.Parse(in)
		if !slices.Contains(ledger.Sizes(), q.Size) || q.Page < 1 || q.Page*q.Size > ledger.NumberedRows {
			t.Fatalf("size %d, page %d", q.Size, q.Page)
		}
		again, notices := ledger.Parse(q.Values())
		if diff := cmp.Diff(q, again); diff != "" {
			t.Fatalf("the address of a query leads to another one: %s", diff)
		}
		for _, n := range notices {
			if n.Param != "q" || len(strings.Fields(q.Text)) <= 8 {
				t.Fatalf("an address of ours is not understood: %+v", n)
			}
		}
	})
}

func FuzzParse(f *testing.F) {
	for _, s := range []string{"q=a&kind=IS", "from=e30", "c=3C~&page=9999999999999999999", "sort=%00", "q=%ff", "fy=１"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		v, err := url.ParseQuery(s)
		if err != nil {
			return
		}
		q, _ := ledger.Parse(v)
		if again, _ := ledger.Parse(q.Values()); again.Encode() != q.Encode() {
			t.Errorf("%q becomes %q and then %q", s, q.Encode(), again.Encode())
		}
	})
}

func TestParseSaysWhatItDidNotUnderstand(t *testing.T) {
	for address, want := range map[string]string{
		"kind=XX":               "種別「XX」は見つからないので、絞り込みに使っていません。",
		"zone=LAN":              "領域「LAN」",
		"state=lost":            "状態「lost」",
		"fy=R8":                 "年度「R8」",
		"sort=color":            "並び順「color」",
		"size=7":                "件数「7」",
		"page=x":                "ページ「x」",
		"from=xxx":              "続きの位置",
		"part=half":             "台帳の範囲「half」",
		"q=%00":                 "使えない文字",
		"q=a+b+c+d+e+f+g+h+i":   "8語まで",
		"kind=IS&kind=nonsense": "種別「nonsense」",
	} {
		v, err := url.ParseQuery(address)
		if err != nil {
			t.Fatal(err)
		}
		_, notices := ledger.Parse(v)
		if len(notices) != 1 || !strings.Contains(notices[0].Text, want) {
			t.Errorf("%s: %+v, want %q", address, notices, want)
		}
	}
}

func TestOneStateHasOneAddress(t *testing.T) {
	for in, want := range map[string]string{
		"":                                     "",
		"page=1&size=100&sort=number&q=&kind=": "",
		"kind=MD&kind=IS&kind=MD":              "kind=MD&kind=IS", // order of the ledger
		"zone=OUT&zone=MN":                     "zone=MN&zone=OUT",
		"fy=2026&fy=2019":                      "fy=2019&fy=2026",
		"c=３Ｃ~":                                "c=3C~",
		"zone=MN&zone=LG&zone=IT&zone=OUT":     "", // all of them is no filter
		"q=%E3%80%80%E3%81%82+&page=2":         "page=2&q=%E3%81%82",
	} {
		v, err := url.ParseQuery(in)
		if err != nil {
			t.Fatal(err)
		}
		q, _ := ledger.Parse(v)
		if got := q.Encode(); got != want {
			t.Errorf("%q becomes %q, want %q", in, got, want)
		}
	}
}

func TestFilterResolvesCodes(t *testing.T) {
	units := func(code string) ([]int64, bool) {
		if code == "honbu" {
			return []int64{1, 2, 3}, true
		}
		return nil, false
	}
	q, _ := ledger.Parse(url.Values{"c": {"3C~"}, "i": {"2"}, "unit": {"honbu"}, "part": {"related"}, "q": {"ｻｰﾊﾞｰ 名簿"}})
	f, notices := q.Filter(scheme(), units)
	want := ledger.Filter{Kinds: []string{"CL", "CT"}, Units: []int64{1, 2, 3}, C: []int16{3, 4, 5, 6, 7, 8, 9}, I: []int16{2, 3, 4, 5, 6, 7, 8, 9}, Terms: []string{"さば", "名簿"}}
	if diff := cmp.Diff(want, f); diff != "" || notices != nil {
		t.Errorf("%s %v", diff, notices)
	}
	q, _ = ledger.Parse(url.Values{"c": {"4X"}, "unit": {"nowhere"}, "kind": {"IS"}, "part": {"related"}})
	f, notices = q.Filter(scheme(), units)
	if len(notices) != 2 || !f.Empty() || f.Units != nil || f.C != nil {
		t.Errorf("%+v %+v", f, notices)
	}
}

func TestDescribeTakesOneConditionAway(t *testing.T) {
	q, _ := ledger.Parse(url.Values{"q": {"名簿"}, "kind": {"IS", "MD"}, "unit": {"honbu-somu"}, "zone": {"LG"}, "c": {"3C~"}, "i": {"2"}, "a": {"1"}, "state": {"draft"}, "fy": {"2026"}, "part": {"main"}, "todo": {"review"}, "page": {"3"}, "sort": {"-c"}})
	terms := q.Describe(book())
	if len(terms) != 11 {
		t.Fatalf("%d terms", len(terms))
	}
	values := map[string]string{}
	for _, x := range terms {
		values[x.Label] = x.Value
		if n := len(x.Without.Describe(book())); n != 10 || x.Without.Page != 1 || x.Without.Sort != q.Sort {
			t.Errorf("without %s: %d conditions, %+v", x.Label, n, x.Without)
		}
	}
	for label, want := range map[string]string{"種別": "電磁的記録媒体、情報システム", "所管": "本部事務局 総務課", "機密性": "3C以上", "年度": "令和8年度", "要対応": "要再承認", "状態": "下書き"} {
		if values[label] != want {
			t.Errorf("%s is %q, want %q", label, values[label], want)
		}
	}
	if q.Sort.Label() != "機密性の高い順" {
		t.Error(q.Sort.Label())
	}
}

func TestColumnsHaveNamesOfTheirOwn(t *testing.T) {
	sets := [][]asset.Kind{nil}
	for _, k := range asset.Kinds() {
		sets = append(sets, []asset.Kind{k.Kind})
	}
	sets = append(sets, []asset.Kind{asset.Device, asset.Facility}, []asset.Kind{asset.Facility, asset.Device})
	for _, kinds := range sets {
		for _, set := range []ledger.Set{ledger.Short, ledger.Broad, ledger.Wide, ledger.Full} {
			keys, labels := map[string]bool{}, map[string]bool{}
			for _, c := range ledger.Columns(set, kinds) {
				if keys[c.Key] || labels[c.Label] {
					t.Errorf("%v %s: %s %s stands twice", kinds, set, c.Key, c.Label)
				}
				keys[c.Key], labels[c.Label] = true, true
				if strings.Trim(c.Key, "abcdefghijklmnopqrstuvwxyz0123456789_") != "" {
					t.Errorf("physical name %q", c.Key)
				}
			}
			if set != ledger.Full {
				continue
			}
			if len(kinds) == 1 { // what one kind's import reads is named as the catalogue names it
				for _, f := range asset.Fields(kinds[0]) {
					if !labels[f.Label] || !keys[f.Key] {
						t.Errorf("%v lacks %s %s", kinds, f.Key, f.Label)
					}
				}
			}
		}
	}
	if n := len(ledger.Columns(ledger.Broad, nil)); n > 16 {
		t.Errorf("%d columns do not fit on A3", n)
	}
}

// A row that was judged by an earlier edition is shown in that edition's words, sorts and filters by
// the common scale, and is 要再承認 from the day of the edition in force.
func TestRowsOfEarlierEditions(t *testing.T) {
	b := book()
	b.Scheme.ID = 1
	old := &classify.Scheme{ID: 2, Code: "old", Name: "旧分類", Edition: "令和4年版", Axes: []classify.AxisDef{{Axis: "C", Levels: []classify.Level{
		{Rank: 1, Code: "1"}, {Rank: 2, Code: "2"}, {Rank: 5, Code: "3", Label: "秘密文書に相当する情報"},
	}}}}
	b.Shelf = &classify.Shelf{Current: b.Scheme, Editions: map[int64]*classify.Scheme{1: b.Scheme, 2: old}, Mappings: []classify.MapRow{
		{Earlier: "old", Axis: "C", From: "2", To: []string{"2"}}, {Earlier: "old", Axis: "C", From: "3", To: []string{"3C", "3B", "3A"}},
	}}
	since, _ := jpdate.New(2026, 10, 1)
	b.Since = since
	row := ledger.Row{State: asset.StateActive, Scheme: 2, Levels: classify.Levels{C: 5}}
	if l := b.Look(&row, "C"); l.Code != "3" || !l.Old || l.Next != "" || l.Of != 5 {
		t.Errorf("旧3 is shown as %+v", l)
	}
	if !b.Rejudge(&row) || b.Review(&row) != since {
		t.Errorf("rejudge %v, since %v", b.Rejudge(&row), b.Review(&row))
	}
	row.Levels.C = 2
	if l := b.Look(&row, "C"); l.Code != "2" || !l.Old || l.Next != "2" {
		t.Errorf("旧2 is shown as %+v", l)
	}
	row.State = asset.StateDisposed
	if b.Rejudge(&row) || !b.Review(&row).IsZero() {
		t.Error("what is disposed of waits for nobody")
	}
	row = ledger.Row{State: asset.StateActive, Scheme: 1, Levels: classify.Levels{C: 5}}
	if l := b.Look(&row, "C"); l.Code != "3A" || l.Old || b.Rejudge(&row) {
		t.Errorf("today's edition: %+v", l)
	}
}

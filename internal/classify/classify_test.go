package classify_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"daicho/internal/classify"
)

func level(axis string, rank int, code string) classify.LevelRow {
	return classify.LevelRow{Axis: axis, Rank: rank, Code: code, Label: "呼び名" + code, Criteria: "定義" + code}
}

// small is an edition in which everything is as it should be.
func small() classify.Edition {
	return classify.Edition{
		Code: "small", Name: "小さな分類", Edition: "一",
		Axes: []classify.AxisRow{{Axis: "C", Name: "機密性", Ord: 1}, {Axis: "I", Name: "完全性", Ord: 2}, {Axis: "A", Name: "可用性", Ord: 3}},
		Levels: []classify.LevelRow{
			level("C", 1, "1"), level("C", 2, "2"), level("C", 5, "3"), level("I", 1, "1"), level("I", 2, "2"), level("A", 1, "1"), level("A", 2, "2"),
		},
		Questions: []classify.QuestionRow{
			{Code: "personal", Ord: 1, Stage: 1, Text: "個人情報がありますか。", Options: "yes:はい no:いいえ unknown:わからない"},
			{Code: "published", Ord: 2, Stage: 1, Text: "公開していますか。", Options: "yes:はい no:いいえ", ShownWhen: "personal=no"},
			{Code: "rto", Ord: 3, Stage: 2, Text: "何時間待てますか。", Options: "number:時間"},
		},
		Judgements: []classify.JudgeRow{
			{Axis: "C", Ord: 1, Cond: "personal!=no", Level: "3", Why: "個人情報です。"}, {Axis: "C", Ord: 2, Cond: "published=yes", Level: "1", Why: "公開です。"},
			{Axis: "C", Ord: 3, Level: "2", Why: "そのほかです。"},
			{Axis: "I", Ord: 1, Level: "2", Why: "いつも重くします。"},
			{Axis: "A", Ord: 1, Cond: "rto>24", Level: "1", Why: "待てます。"}, {Axis: "A", Ord: 2, Level: "2", Why: "待てません。"},
		},
	}
}

func TestByRankNeverShowsLess(t *testing.T) {
	s := small().Classify()
	for rank, want := range map[classify.Rank]string{0: "", 1: "1", 2: "2", 3: "3", 4: "3", 5: "3", 6: "3", 9: "3"} {
		if got := s.CodeOf(classify.Confidentiality, rank); got != want {
			t.Errorf("rank %d shows as %q, want %q", rank, got, want)
		}
	}
	l, _ := s.ByCode(classify.Confidentiality, "3")
	if got := s.Stands(classify.Confidentiality, l); !slices.Equal(got, []classify.Rank{3, 4, 5, 6, 7, 8, 9}) {
		t.Errorf("3 stands for %v", got)
	}
}

// Every rank is shown by a level at or above it while there is one, and each rank by exactly one.
func TestRanksAreShownWhole(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		ranks := rapid.SliceOfNDistinct(rapid.IntRange(1, 9), 1, 9, rapid.ID[int]).Draw(r, "ranks")
		slices.Sort(ranks)
		d := classify.AxisDef{Axis: "C"}
		for _, x := range ranks {
			d.Levels = append(d.Levels, classify.Level{Rank: classify.Rank(x), Code: fmt.Sprint(x)})
		}
		s := classify.Scheme{Axes: []classify.AxisDef{d}}
		shown := map[classify.Rank]int{}
		for _, l := range d.Levels {
			for _, x := range s.Stands("C", l) {
				shown[x]++
			}
		}
		for x := classify.Rank(1); x <= classify.MaxRank; x++ {
			l, ok := s.ByRank("C", x)
			if !ok || shown[x] != 1 || l.Rank < x && l.Rank != classify.Rank(ranks[len(ranks)-1]) {
				r.Fatalf("rank %d of %v: %v %v, shown %d times", x, ranks, l, ok, shown[x])
			}
		}
	})
}

func TestCheckFindsWhatIsMissing(t *testing.T) {
	old := small()
	old.Code = "old"
	for name, c := range map[string]struct {
		spoil func(*classify.Edition)
		want  string
		part  classify.Part
		row   int
	}{
		"nothing":        {func(*classify.Edition) {}, "", "", 0},
		"same code":      {func(e *classify.Edition) { e.Levels[1].Code = "1" }, "同じです", classify.PartLevels, 2},
		"same rank":      {func(e *classify.Edition) { e.Levels[1].Rank = 1 }, "別の順位", classify.PartLevels, 2},
		"rank too high":  {func(e *classify.Edition) { e.Levels[2].Rank = 10 }, "1から9", classify.PartLevels, 3},
		"no criteria":    {func(e *classify.Edition) { e.Levels[0].Criteria = "" }, "定義", classify.PartLevels, 1},
		"no levels":      {func(e *classify.Edition) { e.Levels = e.Levels[:3] }, "一つもありません", classify.PartLevels, 0},
		"twice asked":    {func(e *classify.Edition) { e.Questions[1].Code = "personal" }, "同じです", classify.PartQuestions, 2},
		"asked too late": {func(e *classify.Edition) { e.Questions[0].ShownWhen = "published=yes" }, "ここより前にありません", classify.PartQuestions, 1},
		"no options":     {func(e *classify.Edition) { e.Questions[0].Options = "はい" }, "選択肢", classify.PartQuestions, 1},
		"no plain one": {func(e *classify.Edition) {
			e.Questions[0].Stage, e.Questions[1].Stage = 2, 2
		}, "段階1", classify.PartQuestions, 0},
		"unknown answer": {func(e *classify.Edition) { e.Judgements[0].Cond = "personal=maybe" }, "「maybe」はありません", classify.PartTable, 1},
		"unreadable":     {func(e *classify.Edition) { e.Judgements[0].Cond = "personal" }, "条件として読めません", classify.PartTable, 1},
		"unknown level":  {func(e *classify.Edition) { e.Judgements[0].Level = "9" }, "という区分はありません", classify.PartTable, 1},
		"no sentence":    {func(e *classify.Edition) { e.Judgements[2].Why = "" }, "説明", classify.PartTable, 3},
		"not total":      {func(e *classify.Edition) { e.Judgements[5].Cond = "rto<=12" }, "例：", classify.PartTable, 0},
		"dead row":       {func(e *classify.Edition) { e.Judgements[1].Cond = "published=yes personal=yes" }, "使われません", classify.PartTable, 2},
	} {
		t.Run(name, func(t *testing.T) {
			e := small()
			c.spoil(&e)
			ps := e.Check(nil)
			if c.want == "" {
				if len(ps) > 0 {
					t.Fatalf("%+v", ps)
				}
				return
			}
			if !slices.ContainsFunc(ps, func(p classify.Problem) bool {
				return p.Part == c.part && p.Row == c.row && strings.Contains(p.Text, c.want)
			}) {
				t.Errorf("%+v", ps)
			}
			if classify.Blocks(ps) != (name != "dead row") {
				t.Errorf("blocks: %v", classify.Blocks(ps))
			}
		})
	}
}

func TestCheckWantsEveryEarlierLevelMapped(t *testing.T) {
	e, old := small(), small()
	old.Code, old.Name = "old", "前の分類"
	if n := len(e.Check([]classify.Edition{old})); n != 7 {
		t.Fatalf("%d problems, want one for each level", n)
	}
	e.Mappings = e.SuggestMapping(old, nil)
	if ps := e.Check([]classify.Edition{old}); len(ps) > 0 {
		t.Fatalf("%+v", ps)
	}
	e.Mappings[0].To = []string{"7"}
	if ps := e.Check([]classify.Edition{old}); len(ps) != 1 || !strings.Contains(ps[0].Text, "行き先「7」") {
		t.Errorf("%+v", ps)
	}
	e.Mappings[0].To, e.Mappings[2].To = []string{"1"}, []string{"1"}
	if low := e.Lowers(old); len(low) != 1 || low[0].From != "3" {
		t.Errorf("falls: %+v", low)
	}
}

// A level of the same code and place is carried over; for any other nothing below its place is a
// candidate; and what the copied edition says already is kept as far as its levels still exist.
func TestSuggestMapping(t *testing.T) {
	e, old := small(), small()
	old.Code = "old"
	e.Levels[2] = level("C", 4, "3B")
	e.Levels = append(e.Levels, level("C", 5, "3A"))
	got := classify.NewMapping(e.SuggestMapping(old, nil), "old")
	if c, ok := got.Safe("C", "1"); !ok || c != "1" {
		t.Errorf("1 becomes %q %v", c, ok)
	}
	if c := got.Candidates("C", "3"); !slices.Equal(c, []string{"3A"}) {
		t.Errorf("3 becomes %v", c)
	}
	known := []classify.MapRow{{Earlier: "old", Axis: "C", From: "3", To: []string{"3C", "3B", "3A"}}}
	if c := classify.NewMapping(e.SuggestMapping(old, known), "old").Candidates("C", "3"); !slices.Equal(c, []string{"3B", "3A"}) {
		t.Errorf("3 becomes %v", c)
	}
}

// Explore agrees with trying everything: a table is total when no combination of answers misses it.
func TestExploreAgreesWithTryingEverything(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		s := &classify.Scheme{Axes: []classify.AxisDef{{Axis: "C", Levels: []classify.Level{{Rank: 1, Code: "1"}}}}}
		codes := []string{"a", "b", "c"}
		values := []string{"yes", "no", "unknown"}
		cond := func(upTo int, label string) []classify.Cond {
			var out []classify.Cond
			for range rapid.IntRange(0, 2).Draw(r, label) {
				if upTo == 0 {
					break
				}
				out = append(out, classify.Cond{
					Code: codes[rapid.IntRange(0, upTo-1).Draw(r, label+"q")], Op: rapid.SampledFrom([]string{"=", "!="}).Draw(r, label+"o"),
					Value: rapid.SampledFrom(values).Draw(r, label+"v"),
				})
			}
			return out
		}
		for i, c := range codes {
			q := classify.Question{Code: c, ShownWhen: cond(i, "shown")}
			for _, v := range values {
				q.Options = append(q.Options, classify.Choice{Value: v, Label: v})
			}
			s.Questions = append(s.Questions, q)
		}
		for i := range rapid.IntRange(1, 5).Draw(r, "rows") {
			s.Rules = append(s.Rules, classify.Rule{Axis: "C", Conds: cond(3, "row"), Level: "1", Why: fmt.Sprint(i)})
		}
		hit, total := map[string]bool{}, true
		for _, a := range append(values, "") {
			for _, b := range append(values, "") {
				for _, c := range append(values, "") {
					p := s.Judge(map[string]string{"a": a, "b": b, "c": c})
					if len(p.Hits) == 0 {
						total = false
						continue
					}
					hit[p.Hits[0].Why] = true
				}
			}
		}
		x := s.Explore("C")
		if (x.Undecided == nil) != total || !x.Whole {
			r.Fatalf("%+v, total %v", x, total)
		}
		if x.Undecided != nil && len(s.Judge(x.Undecided).Hits) > 0 {
			r.Fatalf("the example %v is decided", x.Undecided)
		}
		for i, rule := range s.Rules {
			if slices.Contains(x.Dead, i) == hit[rule.Why] {
				r.Fatalf("row %d: dead %v, hit %v", i, x.Dead, hit)
			}
		}
	})
}

func TestDiff(t *testing.T) {
	old, now := small(), small()
	now.Levels[1].Criteria = "定義を変えました"
	now.Levels = append(now.Levels, level("A", 3, "3"))
	now.Questions = now.Questions[:2]
	now.Judgements[0].Level = "2"
	want := []classify.Difference{
		{Part: classify.PartLevels, What: "機密性 2", Field: "定義", Before: "定義2", After: "定義を変えました"},
		{Part: classify.PartLevels, What: "可用性 3", After: "3／呼び名3／定義3／しない"},
		{Part: classify.PartQuestions, What: "質問 rto", Before: "3／2／何時間待てますか。／number:時間"},
		{Part: classify.PartTable, What: "機密性 personal!=no", Field: "区分", Before: "3", After: "2"},
	}
	if d := cmp.Diff(want, classify.Diff(old, now)); d != "" {
		t.Error(d)
	}
	if d := classify.Diff(old, small()); len(d) > 0 {
		t.Errorf("the same edition differs: %+v", d)
	}
}

func TestCompareWords(t *testing.T) {
	got := classify.CompareWords("漏れると権利を損なうもの。", "漏れると住民の権利を損なうもの。")
	want := []classify.Piece{{Text: "漏れると"}, {Text: "住民の", New: true}, {Text: "権利を損なうもの。"}}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
	rapid.Check(t, func(r *rapid.T) {
		a, b := rapid.StringOf(rapid.RuneFrom([]rune("個人情報の権利をABカナ12。"))).Draw(r, "a"), rapid.StringOf(rapid.RuneFrom([]rune("個人情報の権利をABカナ12。"))).Draw(r, "b")
		var before, after strings.Builder
		for _, p := range classify.CompareWords(a, b) {
			if !p.New {
				before.WriteString(p.Text)
			}
			if !p.Gone {
				after.WriteString(p.Text)
			}
			if p.New && p.Gone {
				r.Fatal("a piece of neither wording")
			}
		}
		if before.String() != a || after.String() != b {
			r.Fatalf("%q → %q and %q → %q", a, before.String(), b, after.String())
		}
	})
}

func TestJudgeIgnoresWhatIsHidden(t *testing.T) {
	s := small().Classify()
	for name, c := range map[string]struct {
		answers map[string]string
		want    string
		doubt   bool
	}{
		"nothing":         {nil, "3/2/2", true},
		"personal":        {map[string]string{"personal": "yes", "rto": "24"}, "3/2/2", false},
		"hidden":          {map[string]string{"personal": "yes", "published": "yes", "rto": "25"}, "3/2/1", false},
		"published":       {map[string]string{"personal": "no", "published": "yes", "rto": "25"}, "1/2/1", false},
		"not sure":        {map[string]string{"personal": "unknown", "rto": "25"}, "3/2/1", true},
		"neither":         {map[string]string{"personal": "no", "published": "no", "rto": "3"}, "2/2/2", false},
		"number in words": {map[string]string{"personal": "no", "published": "no", "rto": "三日"}, "2/2/2", false},
	} {
		p := s.Judge(c.answers)
		codes := s.Codes(p.Levels)
		if got := codes["C"] + "/" + codes["I"] + "/" + codes["A"]; got != c.want || p.Doubt != c.doubt {
			t.Errorf("%s: %s doubt %v, want %s %v", name, got, p.Doubt, c.want, c.doubt)
		}
	}
}

func TestParseConds(t *testing.T) {
	for text, ok := range map[string]bool{"": true, "a=1": true, "a!=1 b<=2 c>3": true, "a": false, "=1": false, "a==1": false, "a!1": false, "a=": false} {
		if _, got := classify.ParseConds(text); got != ok {
			t.Errorf("%q: %v", text, got)
		}
	}
}

// What the answers lead to is said in one sentence, with the rows of the table that decided and what they
// ask of the answers.
func TestAJudgementIsExplained(t *testing.T) {
	s := small().Classify()
	hits := s.Judge(map[string]string{"personal": "no", "published": "yes", "rto": "25"}).Hits
	if got, want := classify.Said(hits), "質問の答えから、機密性は「呼び名1（1）」、完全性は「呼び名2（2）」、可用性は「呼び名1（1）」と判定しました。"; got != want {
		t.Errorf("%s, want %s", got, want)
	}
	if classify.Said(nil) != "" {
		t.Error("nothing was answered, and something is said")
	}
	for _, h := range hits {
		rows := 0
		for i, r := range s.Rules {
			if r.Axis != h.Axis {
				continue
			}
			if rows++; rows == h.Row && (r.Why != h.Why || len(r.Conds) == 0 && h.When != "上のどの行にも当たらないとき") {
				t.Errorf("%+v is row %d: %+v", h, i, r)
			}
		}
		if h.Row < 1 || h.Row > rows || h.When == "" {
			t.Errorf("%+v", h)
		}
	}
	if h := hits[2]; h.When != "「何時間待てますか。」が24時間を超える" || h.Row != 1 {
		t.Errorf("%+v", h)
	}
}

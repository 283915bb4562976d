package classify

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// Part is a part of an edition, as the editor cuts it.
type Part string

// The parts.
const (
	PartHead      Part = "head"
	PartLevels    Part = "levels"
	PartQuestions Part = "questions"
	PartTable     Part = "table"
	PartMapping   Part = "mapping"
)

// Problem is something that keeps an edition from being proposed, in Japanese, with the place to mend
// it.
type Problem struct {
	Part Part
	Axis Axis // of levels, table and mapping
	Row  int  // from 1 in the order shown; 0 = the part as a whole
	Key  string
	Text string
	// Warns is true when the edition may be proposed all the same.
	Warns bool
}

// Check finds everything that keeps the edition from deciding every case, and every level of the
// earlier editions from having a successor. An edition without a problem that is no warning can be
// proposed.
func (e Edition) Check(earlier []Edition) []Problem {
	var out []Problem
	for _, a := range Axes() {
		out = append(out, e.checkLevels(a)...)
	}
	out = append(out, e.checkQuestions()...)
	for _, a := range Axes() {
		rows := e.checkRows(a)
		out = append(out, rows...)
		if !Blocks(out) { // what cannot be read cannot be walked
			out = append(out, e.checkTotal(a)...)
		}
	}
	for _, old := range earlier {
		out = append(out, e.checkMapping(old)...)
	}
	return out
}

// Blocks reports whether any of the problems keeps an edition from being proposed.
func Blocks(ps []Problem) bool {
	return slices.ContainsFunc(ps, func(p Problem) bool { return !p.Warns })
}

func (e Edition) checkLevels(a Axis) []Problem {
	var out []Problem
	levels := e.LevelsOf(a)
	if len(levels) == 0 {
		return []Problem{{Part: PartLevels, Axis: a, Text: a.Label() + "の区分が一つもありません。区分を加えてください。"}}
	}
	codes, ranks := map[string]int{}, map[int]int{}
	for i, l := range levels {
		fail := func(key, text string) {
			out = append(out, Problem{Part: PartLevels, Axis: a, Row: i + 1, Key: key, Text: text})
		}
		switch {
		case l.Code == "":
			fail("code", "コードを入力してください。")
		case codes[l.Code] > 0:
			fail("code", fmt.Sprintf("コード「%s」は%d行目と同じです。どちらかを直してください。", l.Code, codes[l.Code]))
		case strings.ContainsAny(l.Code, " \u3000~,／"):
			fail("code", "コードに空白や記号（~ , ／）は使えません。")
		}
		codes[l.Code] = i + 1
		switch {
		case l.Rank < 1 || Rank(l.Rank) > MaxRank: //nolint:gosec // compared first
			fail("rank", "順位は1から9までの数にしてください。")
		case ranks[l.Rank] > 0:
			fail("rank", fmt.Sprintf("順位%dは%d行目と同じです。区分ごとに別の順位にしてください。", l.Rank, ranks[l.Rank]))
		}
		ranks[l.Rank] = i + 1
		if l.Label == "" {
			fail("label", "呼び名を入力してください。")
		}
		if l.Criteria == "" {
			fail("criteria", "定義を入力してください。")
		}
	}
	return out
}

func (e Edition) checkQuestions() []Problem {
	var out []Problem
	qs := slices.Clone(e.Questions)
	slices.SortStableFunc(qs, func(a, b QuestionRow) int { return a.Ord - b.Ord })
	seen := map[string]int{}
	for i, q := range qs {
		fail := func(key, text string) {
			out = append(out, Problem{Part: PartQuestions, Row: i + 1, Key: key, Text: text})
		}
		if q.Code == "" || !codeLike(q.Code) {
			fail("code", "コードを英小文字と数字で入力してください。例：personal")
		} else if seen[q.Code] > 0 {
			fail("code", fmt.Sprintf("コード「%s」は%d行目と同じです。どちらかを直してください。", q.Code, seen[q.Code]))
		}
		seen[q.Code] = i + 1
		if q.Text == "" {
			fail("text", "質問を入力してください。")
		}
		choices, unit := ParseOptions(q.Options)
		if unit == "" && (len(choices) < 2 || slices.ContainsFunc(choices, func(c Choice) bool { return c.Label == "" || !codeLike(c.Value) })) {
			fail("options", "選択肢は「yes:はい no:いいえ」のように二つ以上、数で答えるときは「number:時間」のように書いてください。")
		}
		if q.Stage != 1 && q.Stage != 2 {
			fail("stage", "段階は1か2にしてください。")
		}
		if text := condProblem(q.ShownWhen, qs[:i]); text != "" {
			fail("shown_when", text)
		}
	}
	if !slices.ContainsFunc(qs, func(q QuestionRow) bool { return q.Stage == 1 }) {
		out = append(out, Problem{Part: PartQuestions, Text: "最初に聞く質問（段階1）がありません。加えてください。"})
	}
	return out
}

func codeLike(s string) bool {
	for i, r := range s {
		if (r < 'a' || r > 'z') && (r < '0' || r > '9' || i == 0) && (r != '_' || i == 0) {
			return false
		}
	}
	return s != ""
}

// condProblem says in words why conditions over the answers to some questions cannot be; "" when they
// can.
func condProblem(text string, questions []QuestionRow) string {
	conds, ok := ParseConds(text)
	if !ok {
		return "条件として読めません。「personal=yes rto<=24」のように、質問のコード、記号（= != <= >= < >）、値をつないで書いてください。"
	}
	for _, c := range conds {
		i := slices.IndexFunc(questions, func(q QuestionRow) bool { return q.Code == c.Code })
		if i < 0 {
			return fmt.Sprintf("「%s」という質問が、ここより前にありません。質問のコードか並び順を直してください。", c.Code)
		}
		choices, unit := ParseOptions(questions[i].Options)
		_, err := strconv.ParseFloat(c.Value, 64)
		switch {
		case unit != "" && err != nil:
			return fmt.Sprintf("「%s」は数で答える質問です。数と比べてください。", c.Code)
		case unit == "" && c.Op != "=" && c.Op != "!=":
			return fmt.Sprintf("「%s」は選んで答える質問です。= か != で比べてください。", c.Code)
		case unit == "" && !slices.ContainsFunc(choices, func(o Choice) bool { return o.Value == c.Value }):
			return fmt.Sprintf("「%s」の答えに「%s」はありません。", c.Code, c.Value)
		}
	}
	return ""
}

func (e Edition) checkRows(a Axis) []Problem {
	rows := e.RowsOf(a)
	if len(rows) == 0 {
		return []Problem{{Part: PartTable, Axis: a, Text: a.Label() + "の判定表が空です。行を加えてください。"}}
	}
	qs := slices.Clone(e.Questions)
	slices.SortStableFunc(qs, func(a, b QuestionRow) int { return a.Ord - b.Ord })
	var out []Problem
	for i, j := range rows {
		fail := func(key, text string) {
			out = append(out, Problem{Part: PartTable, Axis: a, Row: i + 1, Key: key, Text: text})
		}
		if text := condProblem(j.Cond, qs); text != "" {
			fail("cond", text)
		}
		if !slices.ContainsFunc(e.LevelsOf(a), func(l LevelRow) bool { return l.Code == j.Level }) {
			fail("level", fmt.Sprintf("%sに「%s」という区分はありません。選び直してください。", a.Label(), j.Level))
		}
		if j.Why == "" {
			fail("why", "説明を入力してください。登録する人と承認する人に見せる文です。")
		}
	}
	return out
}

func (e Edition) checkTotal(a Axis) []Problem {
	s := e.Classify()
	x := s.Explore(a)
	var out []Problem
	switch {
	case x.Undecided != nil:
		out = append(out, Problem{Part: PartTable, Axis: a,
			Text: a.Label() + "の判定表に、どの行にも当たらない答えがあります。例：" + s.InWords(x.Undecided) + "。条件が空の行を最後に加えるか、この答えに当たる行を加えてください。"})
	case !x.Whole:
		out = append(out, Problem{Part: PartTable, Axis: a, Warns: true, Text: a.Label() + "の判定表は、答えの組合せが多く、すべては確かめられません。行を減らしてください。"})
	}
	for _, i := range x.Dead {
		out = append(out, Problem{Part: PartTable, Axis: a, Row: i + 1, Warns: true, Text: "この行は、どの答えでも使われません。上の行が先に当たっています。"})
	}
	return out
}

// InWords puts answers into one line of Japanese, in the order of the questions.
func (s *Scheme) InWords(answers map[string]string) string {
	var parts []string
	for _, q := range s.Questions {
		v, ok := answers[q.Code]
		if !ok {
			continue
		}
		word := v + q.Unit
		for _, o := range q.Options {
			if o.Value == v {
				word = o.Label
			}
		}
		parts = append(parts, "「"+q.Text+"」に「"+word+"」")
	}
	if len(parts) == 0 {
		return "どの質問にも答えないとき"
	}
	return strings.Join(parts, "、")
}

func (e Edition) checkMapping(old Edition) []Problem {
	m := e.MappingFrom(old.Code)
	var out []Problem
	for _, a := range Axes() {
		codes := map[string]bool{}
		for _, l := range e.LevelsOf(a) {
			codes[l.Code] = true
		}
		for i, l := range old.LevelsOf(a) {
			fail := func(text string) {
				out = append(out, Problem{Part: PartMapping, Axis: a, Row: i + 1, Key: old.Code + "." + l.Code, Text: text})
			}
			to := m.Candidates(a, l.Code)
			if len(to) == 0 {
				fail(fmt.Sprintf("「%s」の%s「%s」が、この版のどの区分になるかが決まっていません。一つ以上選んでください。", old.Name, a.Label(), l.Code))
			}
			for _, c := range to {
				if !codes[c] {
					fail(fmt.Sprintf("「%s」の%s「%s」の行き先「%s」が、この版にありません。選び直してください。", old.Name, a.Label(), l.Code, c))
				}
			}
		}
	}
	return out
}

// Lowers lists the safe mappings by which a level falls on the common scale although this edition has
// a higher one: a proposal that would protect less than before needs a second look before the edition
// is approved.
func (e Edition) Lowers(old Edition) []MapRow {
	ranks, top := map[string]int{}, map[string]int{}
	for _, l := range e.Levels {
		ranks[l.Axis+" "+l.Code] = l.Rank
		top[l.Axis] = max(top[l.Axis], l.Rank)
	}
	var out []MapRow
	for _, r := range e.Mappings {
		if r.Earlier != old.Code || !r.Safe() {
			continue
		}
		for _, l := range old.LevelsOf(Axis(r.Axis)) {
			if to := ranks[r.Axis+" "+r.To[0]]; l.Code == r.From && to < l.Rank && to < top[r.Axis] {
				out = append(out, r)
			}
		}
	}
	return out
}

// Difference is one line of a comparison of two editions.
type Difference struct {
	Part          Part
	What          string // which row: 機密性 3B
	Field         string // which of its fields; "" for a row that is new or gone
	Before, After string
}

// Diff compares an edition with an earlier one, row by row and field by field. Rows of levels and
// questions are the same when their code is; rows of a decision table when their condition is.
func Diff(old, now Edition) []Difference {
	var out []Difference
	add := func(part Part, what, field, before, after string) {
		if before != after {
			out = append(out, Difference{part, what, field, before, after})
		}
	}
	add(PartHead, "版", "名称", old.Name, now.Name)
	add(PartHead, "版", "版", old.Edition, now.Edition)
	type cell struct{ field, text string }
	compare := func(part Part, before, after map[string][]cell, order []string) {
		for _, key := range order {
			b, was := before[key]
			n, is := after[key]
			switch {
			case !was:
				add(part, key, "", "", joinCells(n, func(c cell) string { return c.text }))
			case !is:
				add(part, key, "", joinCells(b, func(c cell) string { return c.text }), "")
			default:
				for i := range n {
					add(part, key, n[i].field, b[i].text, n[i].text)
				}
			}
		}
	}
	collect := func(part Part, rows func(Edition, func(key string, cells ...cell))) {
		before, after := map[string][]cell{}, map[string][]cell{}
		var order []string
		into := func(m map[string][]cell) func(string, ...cell) {
			return func(key string, cells ...cell) {
				for n := 2; m[key] != nil; n++ {
					key = strings.TrimSuffix(key, fmt.Sprintf("（%d）", n-1)) + fmt.Sprintf("（%d）", n)
				}
				m[key] = cells
				if !slices.Contains(order, key) {
					order = append(order, key)
				}
			}
		}
		rows(now, into(after))
		rows(old, into(before))
		compare(part, before, after, order)
	}
	collect(PartLevels, func(e Edition, put func(string, ...cell)) {
		for _, a := range Axes() {
			for _, l := range e.LevelsOf(a) {
				guarded := map[bool]string{true: "する", false: "しない"}[l.Guarded]
				put(a.Label()+" "+l.Code, cell{"順位", strconv.Itoa(l.Rank)}, cell{"呼び名", l.Label}, cell{"定義", l.Criteria}, cell{"例", l.Examples},
					cell{"取扱制限", l.Handling}, cell{"表示", l.Marking}, cell{"個別確認", guarded})
			}
		}
	})
	collect(PartQuestions, func(e Edition, put func(string, ...cell)) {
		for _, q := range e.Questions {
			put("質問 "+q.Code, cell{"並び順", strconv.Itoa(q.Ord)}, cell{"段階", strconv.Itoa(q.Stage)}, cell{"質問", q.Text}, cell{"補足", q.Hint},
				cell{"選択肢", q.Options}, cell{"表示条件", q.ShownWhen})
		}
	})
	collect(PartTable, func(e Edition, put func(string, ...cell)) {
		for _, a := range Axes() {
			for _, j := range e.RowsOf(a) {
				cond := j.Cond
				if cond == "" {
					cond = "（どの答えでも）"
				}
				put(a.Label()+" "+cond, cell{"並び順", strconv.Itoa(j.Ord)}, cell{"区分", j.Level}, cell{"説明", j.Why})
			}
		}
	})
	return out
}

func joinCells[T any](list []T, text func(T) string) string {
	var out []string
	for _, c := range list {
		if t := text(c); t != "" {
			out = append(out, t)
		}
	}
	return strings.Join(out, "／")
}

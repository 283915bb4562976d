package classify

import (
	"strconv"
	"strings"
)

// Unknown is the answer 「わからない」. It never lowers a proposal: a rule that asks for "no" does not
// hit on it, and the safe side is proposed.
const Unknown = "unknown"

// Question is one question of the 判定. Stage 1 questions are the plain ones that are always asked.
type Question struct {
	Code      string
	Stage     int
	Text      string
	Hint      string
	Options   []Choice // empty for a number
	Unit      string   // of a number: 時間
	ShownWhen []Cond   // all must hold; empty = always
}

// Choice is one possible answer with its word.
type Choice struct{ Value, Label string }

// Cond is one condition over an answer: code, operator and value ("rto<=24", "personal=yes").
type Cond struct {
	Code, Op, Value string
}

// ParseConds reads space-separated conditions that must all hold. Operators: = != <= >= < >.
// It reports false for text that it cannot read.
func ParseConds(s string) ([]Cond, bool) {
	var out []Cond
	for f := range strings.FieldsSeq(s) {
		i := strings.IndexAny(f, "=<>!")
		if i <= 0 {
			return nil, false
		}
		op := f[i : i+1]
		rest := f[i+1:]
		if strings.HasPrefix(rest, "=") {
			op, rest = op+"=", rest[1:]
		}
		if op == "!" || op == "==" || rest == "" {
			return nil, false
		}
		out = append(out, Cond{f[:i], op, rest})
	}
	return out, true
}

// Holds reports whether the condition is met by the answers. An answer that is missing or
// 「わからない」 meets "= unknown" and "!=" only: a doubt is never taken for a "no".
func (c Cond) Holds(answers map[string]string) bool {
	got := answers[c.Code]
	switch c.Op {
	case "=":
		return got == c.Value
	case "!=":
		return got != c.Value
	}
	x, err1 := strconv.ParseFloat(got, 64)
	y, err2 := strconv.ParseFloat(c.Value, 64)
	if err1 != nil || err2 != nil {
		return false
	}
	switch c.Op {
	case "<=":
		return x <= y
	case ">=":
		return x >= y
	case "<":
		return x < y
	case ">":
		return x > y
	}
	return false
}

// Rule is one row of the decision table of an axis; the first row whose conditions all hold decides.
type Rule struct {
	Axis  Axis
	Conds []Cond
	Level string // code
	Why   string // one plain sentence
}

// Hit is the row that decided one axis.
type Hit struct {
	Axis  Axis
	Level Level
	Why   string
	Row   int    // its place in the decision table of the axis, from 1
	When  string // its conditions in words
}

// Said is the result of a judgement in one sentence, for whoever answered and whoever decides.
func Said(hits []Hit) string {
	var out []string
	for _, h := range hits {
		out = append(out, h.Axis.Label()+"は「"+h.Level.Words()+"」")
	}
	if len(out) == 0 {
		return ""
	}
	return "質問の答えから、" + strings.Join(out, "、") + "と判定しました。"
}

// when puts the conditions of a row into words.
func (s *Scheme) when(conds []Cond) string {
	var out []string
	for _, c := range conds {
		text := c.Code + c.Op + c.Value
		for _, q := range s.Questions {
			if q.Code == c.Code {
				text = "「" + q.Text + "」が" + q.meets(c)
			}
		}
		out = append(out, text)
	}
	if len(out) == 0 {
		return "上のどの行にも当たらないとき"
	}
	return strings.Join(out, "、")
}

// meets puts what a condition asks of the answer into words.
func (q Question) meets(c Cond) string {
	value := c.Value + q.Unit
	for _, o := range q.Options {
		if o.Value == c.Value {
			value = "「" + o.Label + "」"
		}
	}
	switch c.Op {
	case "!=":
		return value + "以外"
	case "<=":
		return value + "以下"
	case ">=":
		return value + "以上"
	case "<":
		return value + "未満"
	case ">":
		return value + "を超える"
	}
	return value
}

// Proposal is what the answers lead to.
type Proposal struct {
	Levels Levels
	Hits   []Hit // one per axis that has a rule, in the order of the axes
	// Doubt is true when a shown question is unanswered or 「わからない」, so that the 管理者 decides.
	Doubt bool
}

// Shown returns the questions that the answers so far make relevant, in order.
func (s *Scheme) Shown(answers map[string]string) []Question {
	var out []Question
	for _, q := range s.Questions {
		if all(q.ShownWhen, answers) {
			out = append(out, q)
		}
	}
	return out
}

// Judge runs the decision table: per axis the first row whose conditions hold. Answers to questions
// that are not shown are ignored, so that what was hidden cannot decide.
func (s *Scheme) Judge(answers map[string]string) Proposal {
	var p Proposal
	asked := map[string]string{}
	for _, q := range s.Questions {
		if !all(q.ShownWhen, asked) {
			continue
		}
		if v := answers[q.Code]; v != "" {
			asked[q.Code] = v
		}
		if v := asked[q.Code]; v == "" || v == Unknown {
			p.Doubt = true
		}
	}
	for _, a := range Axes() {
		row := 0
		for _, r := range s.Rules {
			if r.Axis != a {
				continue
			}
			row++
			if !all(r.Conds, asked) {
				continue
			}
			if l, ok := s.ByCode(a, r.Level); ok {
				p.Levels = p.Levels.With(a, l.Rank)
				p.Hits = append(p.Hits, Hit{a, l, r.Why, row, s.when(r.Conds)})
			}
			break
		}
	}
	return p
}

func all(cs []Cond, answers map[string]string) bool {
	for _, c := range cs {
		if !c.Holds(answers) {
			return false
		}
	}
	return true
}

// ParseOptions reads the options of a question as a pack writes them: "yes:はい no:いいえ" gives the
// choices, "number:時間" a number with its unit.
func ParseOptions(s string) (choices []Choice, unit string) {
	for f := range strings.FieldsSeq(s) {
		v, label, _ := strings.Cut(f, ":")
		if v == "number" {
			return nil, label
		}
		choices = append(choices, Choice{v, label})
	}
	return choices, ""
}

// SplitHandling separates the 取扱制限 of a level, which one cell of a pack holds together.
func SplitHandling(s string) []string {
	var out []string
	for p := range strings.SplitSeq(s, "／") {
		if p = strings.TrimSpace(p); p != "" {
			out = append(out, p)
		}
	}
	return out
}

package pack

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"daicho/internal/classify"
	"daicho/internal/intake"
)

// The rows of a scheme are those of an edition, wherever it is written: a pack or the browser.
type (
	// Scheme is one edition of a 分類体系 with everything that hangs on it.
	Scheme = classify.Edition
	// Axis is a row of axis.csv.
	Axis = classify.AxisRow
	// Level is a row of level.csv.
	Level = classify.LevelRow
	// Question is a row of question.csv.
	Question = classify.QuestionRow
	// Judge is a row of judgement.csv.
	Judge = classify.JudgeRow
)

// Mapping is a row of mapping.csv: what a level of one scheme becomes in another.
type Mapping struct {
	Scheme string `json:"scheme"` // code of the scheme in which the level is looked for
	classify.MapRow
}

var axes = []string{string(classify.Confidentiality), string(classify.Integrity), string(classify.Availability)}

func (r *reader) schemes() {
	codes, defaults := keys{}, keys{}
	at := map[string]int{}
	heads := map[string]*intake.Row{}
	for _, row := range r.rows("scheme") {
		s := Scheme{Code: code(row, "code"), Name: row.Need("name", 100), Edition: row.Need("edition", 60), Default: row.Flag("is_default")}
		s.Source, s.Checked = provenance(row)
		if !codes.add(row, "code", s.Code) {
			continue
		}
		if s.Default {
			defaults.add(row, "is_default", "1")
		}
		at[s.Code], heads[s.Code] = len(r.p.Schemes), row
		r.p.Schemes = append(r.p.Schemes, s)
	}
	// of returns the scheme of a row. The parts of a scheme stand in the pack that brings it.
	of := func(row *intake.Row) (*Scheme, bool) {
		c := codes.needRef(row, "scheme", "scheme.csv", nil)
		i, ok := at[c]
		if !ok {
			return &Scheme{}, false
		}
		return &r.p.Schemes[i], true
	}
	seen := keys{}
	for _, row := range r.rows("axis") {
		s, ok := of(row)
		a := Axis{Axis: row.NeedOneOf("axis", axes...), Name: row.Need("name", 30), Ord: row.Int("ord", 0, maxOrd)}
		if seen.add(row, "axis", join(s.Code, a.Axis)) && ok {
			s.Axes = append(s.Axes, a)
		}
	}
	r.levels(of)
	r.questions(of)
	r.judgements(of)
	for i := range r.p.Schemes {
		r.total(&r.p.Schemes[i], heads[r.p.Schemes[i].Code])
	}
	r.mappings()
}

// mappings reads what levels of one scheme become in another; either may stand in the pack or in the
// register already.
func (r *reader) mappings() {
	known := map[string]*classify.Scheme{}
	maps.Copy(known, r.known.Editions)
	for _, s := range r.p.Schemes {
		known[s.Code] = s.Classify()
	}
	find := func(row *intake.Row, cell string) *classify.Scheme {
		c := row.NeedCode(cell)
		s := known[c]
		if s == nil && c != "" {
			row.Fail(cell, "この分類体系が、パックにも台帳にもありません。コードを直すか、そのパックを先に読み込んでください。")
		}
		return s
	}
	seen := keys{}
	for _, row := range r.rows("mapping") {
		now, earlier := find(row, "scheme"), find(row, "earlier")
		m := Mapping{Scheme: row.Code("scheme"), MapRow: classify.MapRow{
			Earlier: row.Code("earlier"), Axis: row.NeedOneOf("axis", axes...), From: row.NeedCode("from"), To: strings.Fields(row.Need("to", 100)),
		}}
		m.Source, m.Checked = provenance(row)
		has := func(s *classify.Scheme, cell, code string) {
			if s == nil || m.Axis == "" || code == "" {
				return
			}
			if _, ok := s.ByCode(classify.Axis(m.Axis), code); !ok {
				row.Failf(cell, "「%s」の%sに「%s」という区分はありません。コードを直してください。", s.Name, classify.Axis(m.Axis).Label(), code)
			}
		}
		has(earlier, "from", m.From)
		for _, c := range m.To {
			has(now, "to", c)
		}
		if m.Scheme != "" && m.Scheme == m.Earlier {
			row.Fail("earlier", "同じ分類体系です。移る前の分類体系を書いてください。")
		}
		if seen.add(row, "from", join(m.Scheme, m.Earlier, m.Axis, m.From)) {
			r.p.Mappings = append(r.p.Mappings, m)
		}
	}
}

func (r *reader) levels(of func(*intake.Row) (*Scheme, bool)) {
	ranks, levels := keys{}, keys{}
	for _, row := range r.rows("level") {
		s, ok := of(row)
		l := Level{
			Axis: row.NeedOneOf("axis", axes...), Rank: row.NeedInt("rank", 1, 9), Code: code(row, "code"), Label: row.Need("label", 60),
			Criteria: row.Need("criteria", 400), Examples: row.Text("examples", 400), Handling: row.Text("handling", 1000), Marking: row.Text("marking", 60),
			Guarded: row.Flag("guarded"),
		}
		l.Source, l.Checked = provenance(row)
		if !ok || l.Axis == "" {
			continue
		}
		if !slices.ContainsFunc(s.Axes, func(a Axis) bool { return a.Axis == l.Axis }) {
			row.Fail("axis", "axis.csv にこの体系のこの軸がありません。軸を直すか、axis.csv に加えてください。")
		}
		ranks.add(row, "rank", join(s.Code, l.Axis, l.Rank))
		levels.add(row, "code", join(s.Code, l.Axis, l.Code))
		s.Levels = append(s.Levels, l)
	}
}

func (r *reader) questions(of func(*intake.Row) (*Scheme, bool)) {
	type shown struct {
		row *intake.Row
		s   *Scheme
		q   Question
	}
	var later []shown
	seen := keys{}
	for _, row := range r.rows("question") {
		s, ok := of(row)
		q := Question{
			Code: code(row, "code"), Ord: row.NeedInt("ord", 0, maxOrd), Stage: row.NeedInt("stage", 1, 2), Text: row.Need("text", 200),
			Hint: row.Text("hint", 400), Options: row.Need("options", 400), ShownWhen: row.Text("shown_when", 400),
		}
		q.Source, q.Checked = provenance(row)
		choices, unit := classify.ParseOptions(q.Options)
		if q.Options != "" && unit == "" && (len(choices) < 2 || slices.ContainsFunc(choices, func(c classify.Choice) bool { return c.Label == "" || !codePattern.MatchString(c.Value) })) {
			row.Fail("options", "「yes:はい no:いいえ」のように、符号とことばを「:」でつないで二つ以上書くか、「number:時間」のように書いてください。")
		}
		if !seen.add(row, "code", join(s.Code, q.Code)) || !ok {
			continue
		}
		s.Questions = append(s.Questions, q)
		later = append(later, shown{row, s, q})
	}
	for _, x := range later {
		conds(x.row, "shown_when", x.q.ShownWhen, x.s.Questions, x.q.Ord)
	}
}

// conds checks conditions over the answers to questions of the scheme. before limits them to
// questions that are asked earlier.
func conds(row *intake.Row, cell, text string, questions []Question, before int) {
	cs, ok := classify.ParseConds(text)
	if !ok {
		row.Fail(cell, "条件として読めません。「personal=yes rto<=24」のように、質問のコード、記号（= != <= >= < >）、値をつないで書いてください。")
		return
	}
	for _, c := range cs {
		i := slices.IndexFunc(questions, func(q Question) bool { return q.Code == c.Code })
		if i < 0 || questions[i].Ord >= before {
			if before < laterThanAll {
				row.Failf(cell, "「%s」という質問が、この質問より前にありません。コードか並び順を直してください。", c.Code)
			} else {
				row.Failf(cell, "「%s」という質問が question.csv にありません。コードを直してください。", c.Code)
			}
			continue
		}
		choices, unit := classify.ParseOptions(questions[i].Options)
		number := unit != ""
		_, notNumber := strconv.ParseFloat(c.Value, 64)
		switch {
		case number && notNumber != nil:
			row.Failf(cell, "「%s」は数で答える質問です。数と比べてください。", c.Code)
		case !number && c.Op != "=" && c.Op != "!=":
			row.Failf(cell, "「%s」は選んで答える質問です。= か != で比べてください。", c.Code)
		case !number && !slices.ContainsFunc(choices, func(o classify.Choice) bool { return o.Value == c.Value }):
			row.Failf(cell, "「%s」の答えに「%s」はありません。", c.Code, c.Value)
		}
	}
}

const laterThanAll = maxOrd + 1

func (r *reader) judgements(of func(*intake.Row) (*Scheme, bool)) {
	seen := keys{}
	for _, row := range r.rows("judgement") {
		s, ok := of(row)
		j := Judge{
			Axis: row.NeedOneOf("axis", axes...), Ord: row.NeedInt("ord", 0, maxOrd), Cond: row.Text("cond", 400),
			Level: row.NeedCode("level"), Why: row.Need("explanation", 400),
		}
		j.Source, j.Checked = provenance(row)
		if !ok {
			continue
		}
		conds(row, "cond", j.Cond, s.Questions, laterThanAll)
		if j.Level != "" && !slices.ContainsFunc(s.Levels, func(l Level) bool { return l.Axis == j.Axis && l.Code == j.Level }) {
			row.Fail("level", "level.csv にこの軸のこの区分がありません。コードを直してください。")
		}
		seen.add(row, "ord", join(s.Code, j.Axis, j.Ord))
		s.Judgements = append(s.Judgements, j)
	}
}

// total checks that a scheme decides every case: three axes with levels, plain questions to begin with, and per axis a decision table of which the last row, and only the
// last, holds always.
func (r *reader) total(s *Scheme, head *intake.Row) {
	if !slices.ContainsFunc(s.Questions, func(q Question) bool { return q.Stage == 1 }) {
		head.Fail("", "最初に聞く質問（段階1）が question.csv にありません。加えてください。")
	}
	for _, axis := range axes {
		name := axis + "（" + classify.Axis(axis).Label() + "）"
		ranks := s.LevelsOf(classify.Axis(axis))
		if len(ranks) == 0 {
			head.Fail("", "軸"+name+"の区分が level.csv にありません。加えてください。")
			continue
		}
		var js []Judge
		for _, j := range s.Judgements {
			if j.Axis == axis {
				js = append(js, j)
			}
		}
		slices.SortStableFunc(js, func(a, b Judge) int { return a.Ord - b.Ord })
		i := slices.IndexFunc(js, func(j Judge) bool { return j.Cond == "" })
		switch {
		case i < 0:
			head.Fail("", "軸"+name+"の判定表が、どの答えでも決まるようになっていません。judgement.csv の最後に条件が空の行を加えてください。")
		case i < len(js)-1:
			head.Fail("", fmt.Sprintf("軸%sの判定表で、条件が空の行（並び順 %d）の後ろの行は使われません。judgement.csv の並び順を直してください。", name, js[i].Ord))
		}
	}
}

package classify

import (
	"cmp"
	"slices"
)

// State is where an edition of a 分類体系 stands on its way into force.
type State string

// The states of an edition.
const (
	// Loaded came with a pack. It is read only in the browser: a body copies it.
	Loaded State = "loaded"
	// Drafting is being written, or came back from its approver.
	Drafting State = "draft"
	// Proposed waits for the 最高情報セキュリティ責任者; it is not edited meanwhile.
	Proposed State = "proposed"
	// Approved is in force from its day until another edition is, and never changes.
	Approved State = "approved"
)

// Label returns the 用語 of the state.
func (s State) Label() string {
	switch s {
	case Loaded:
		return "読込み"
	case Drafting:
		return "案（作成中）"
	case Proposed:
		return "承認待ち"
	case Approved:
		return "承認済"
	}
	return string(s)
}

// Editable reports whether the content of an edition in this state may still change in the browser.
func (s State) Editable() bool { return s == Drafting }

// Edition is one edition of a 分類体系 as rows: what a pack brings, the browser edits and the database
// keeps. The JSON names are the columns of the database.
type Edition struct {
	ID         int64         `json:"-"`
	Code       string        `json:"code"`
	Name       string        `json:"name"`
	Edition    string        `json:"edition"`
	Default    bool          `json:"is_default"`
	Source     string        `json:"source"`
	Checked    string        `json:"checked"`
	Axes       []AxisRow     `json:"-"`
	Levels     []LevelRow    `json:"-"`
	Questions  []QuestionRow `json:"-"`
	Judgements []JudgeRow    `json:"-"`
	Mappings   []MapRow      `json:"-"`
}

// AxisRow is one axis of an edition.
type AxisRow struct {
	Axis string `json:"axis"`
	Name string `json:"name"`
	Ord  int    `json:"ord"`
}

// LevelRow is one 区分 as it is written: 取扱制限 in one text, separated by 「／」.
type LevelRow struct {
	Axis     string `json:"axis"`
	Rank     int    `json:"rank"`
	Code     string `json:"code"`
	Label    string `json:"label"`
	Criteria string `json:"criteria"`
	Examples string `json:"examples"`
	Handling string `json:"handling"`
	Marking  string `json:"marking"`
	Guarded  bool   `json:"guarded"`
	Source   string `json:"source"`
	Checked  string `json:"checked"`
}

// QuestionRow is one question as it is written: options "yes:はい no:いいえ" or "number:時間".
type QuestionRow struct {
	Code      string `json:"code"`
	Ord       int    `json:"ord"`
	Stage     int    `json:"stage"`
	Text      string `json:"text"`
	Hint      string `json:"hint"`
	Options   string `json:"options"`
	ShownWhen string `json:"shown_when"`
	Source    string `json:"source"`
	Checked   string `json:"checked"`
}

// JudgeRow is one row of the decision table of an axis as it is written.
type JudgeRow struct {
	Axis    string `json:"axis"`
	Ord     int    `json:"ord"`
	Cond    string `json:"cond"`
	Level   string `json:"level"`
	Why     string `json:"why"`
	Source  string `json:"source"`
	Checked string `json:"checked"`
}

// MapRow says what a level of an earlier edition becomes. One candidate is a safe proposal; several
// need a decision of a person (旧3 → 3A, 3B or 3C).
type MapRow struct {
	Earlier string   `json:"earlier"` // code of the earlier edition
	Axis    string   `json:"axis"`
	From    string   `json:"from_code"`
	To      []string `json:"to_codes"`
	Source  string   `json:"source"`
	Checked string   `json:"checked"`
}

// Safe reports whether the level can be carried over without anybody deciding.
func (m MapRow) Safe() bool { return len(m.To) == 1 }

// Classify returns the edition as the rest of the program reads it.
func (e Edition) Classify() *Scheme {
	out := &Scheme{ID: e.ID, Code: e.Code, Name: e.Name, Edition: e.Edition}
	axes := slices.Clone(e.Axes)
	slices.SortStableFunc(axes, func(a, b AxisRow) int { return cmp.Compare(a.Ord, b.Ord) })
	for _, a := range axes {
		d := AxisDef{Axis: Axis(a.Axis), Name: a.Name}
		for _, l := range e.LevelsOf(Axis(a.Axis)) {
			d.Levels = append(d.Levels, Level{
				Rank: Rank(l.Rank), Code: l.Code, Label: l.Label, Criteria: l.Criteria, Examples: l.Examples, //nolint:gosec // 1 to 9
				Handling: SplitHandling(l.Handling), Marking: l.Marking, Guarded: l.Guarded,
			})
		}
		out.Axes = append(out.Axes, d)
	}
	qs := slices.Clone(e.Questions)
	slices.SortStableFunc(qs, func(a, b QuestionRow) int { return cmp.Compare(a.Ord, b.Ord) })
	for _, q := range qs {
		conds, _ := ParseConds(q.ShownWhen)
		choices, unit := ParseOptions(q.Options)
		out.Questions = append(out.Questions, Question{Code: q.Code, Stage: q.Stage, Text: q.Text, Hint: q.Hint, Options: choices, Unit: unit, ShownWhen: conds})
	}
	for _, a := range Axes() {
		for _, j := range e.RowsOf(a) {
			conds, _ := ParseConds(j.Cond)
			out.Rules = append(out.Rules, Rule{Axis: a, Conds: conds, Level: j.Level, Why: j.Why})
		}
	}
	return out
}

// LevelsOf returns the levels of an axis, lowest first.
func (e Edition) LevelsOf(a Axis) []LevelRow {
	var out []LevelRow
	for _, l := range e.Levels {
		if l.Axis == string(a) {
			out = append(out, l)
		}
	}
	slices.SortStableFunc(out, func(a, b LevelRow) int { return cmp.Compare(a.Rank, b.Rank) })
	return out
}

// RowsOf returns the rows of the decision table of an axis in their order.
func (e Edition) RowsOf(a Axis) []JudgeRow {
	var out []JudgeRow
	for _, j := range e.Judgements {
		if j.Axis == string(a) {
			out = append(out, j)
		}
	}
	slices.SortStableFunc(out, func(a, b JudgeRow) int { return cmp.Compare(a.Ord, b.Ord) })
	return out
}

// Mapping says what the levels of one earlier edition become, by axis and code.
type Mapping map[Axis]map[string][]string

// MappingFrom returns what the levels of an earlier edition become in this one.
func (e Edition) MappingFrom(earlier string) Mapping { return NewMapping(e.Mappings, earlier) }

// NewMapping gathers the rows about one earlier edition.
func NewMapping(rows []MapRow, earlier string) Mapping {
	m := Mapping{}
	for _, r := range rows {
		if r.Earlier != earlier {
			continue
		}
		a := Axis(r.Axis)
		if m[a] == nil {
			m[a] = map[string][]string{}
		}
		m[a][r.From] = r.To
	}
	return m
}

// Candidates returns what a level may become; none when nobody has said.
func (m Mapping) Candidates(a Axis, code string) []string { return m[a][code] }

// Safe returns what a level becomes without anybody deciding, and whether there is such a level.
func (m Mapping) Safe(a Axis, code string) (string, bool) {
	if to := m[a][code]; len(to) == 1 {
		return to[0], true
	}
	return "", false
}

// SuggestMapping proposes what the levels of an earlier edition become in this one, for a person to
// confirm or change. known are rows that the edition this one was copied from already has. A level
// of the same code at the same place is carried over; for any other every level of the axis at its
// place or above is a candidate, all of them when there is none: nothing falls without a decision.
func (e Edition) SuggestMapping(earlier Edition, known []MapRow) []MapRow {
	var out []MapRow
	has := NewMapping(known, earlier.Code)
	for _, a := range Axes() {
		mine := e.LevelsOf(a)
		for _, l := range earlier.LevelsOf(a) {
			row := MapRow{Earlier: earlier.Code, Axis: string(a), From: l.Code, Source: "own", Checked: "未照合"}
			row.To = slices.DeleteFunc(slices.Clone(has.Candidates(a, l.Code)), func(c string) bool {
				return !slices.ContainsFunc(mine, func(m LevelRow) bool { return m.Code == c })
			})
			if len(row.To) == 0 {
				row.To = candidates(mine, l)
			}
			out = append(out, row)
		}
	}
	return out
}

func candidates(mine []LevelRow, of LevelRow) []string {
	var above, all []string
	for _, m := range mine {
		if m.Code == of.Code && m.Rank == of.Rank {
			return []string{m.Code}
		}
		all = append(all, m.Code)
		if m.Rank >= of.Rank {
			above = append(above, m.Code)
		}
	}
	if len(above) > 0 {
		return above
	}
	return all
}

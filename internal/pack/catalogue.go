package pack

import (
	"regexp"
	"slices"
	"strconv"
	"strings"

	"daicho/internal/asset"
	"daicho/internal/classify"
	"daicho/internal/intake"
)

// Catalogue is one edition of a 対策基準 with everything that hangs on it.
type Catalogue struct {
	Code          string          `json:"code"`
	Name          string          `json:"name"`
	Edition       string          `json:"edition"`
	Source        string          `json:"source"`
	Checked       string          `json:"checked"`
	Chapters      []Chapter       `json:"-"`
	Controls      []Control       `json:"-"`
	Applicability []Applicability `json:"-"`
}

// Chapter is a row of chapter.csv.
type Chapter struct {
	No     int    `json:"no"`
	Name   string `json:"name"`
	Clause string `json:"clause"`
}

// Control is a row of control.csv.
type Control struct {
	Key        string `json:"key"`
	Chapter    int    `json:"chapter"`
	Title      string `json:"title"`
	Text       string `json:"text"`
	Aim        string `json:"aim"`
	Modality   string `json:"modality"`
	Role       string `json:"role"`
	Evidence   string `json:"evidence"`
	Cycle      string `json:"cycle"`
	Effort     int    `json:"effort"`
	AnsweredAt string `json:"answered_at"`
	Clause     string `json:"clause"`
	Source     string `json:"source"`
	Checked    string `json:"checked"`
}

// Applicability is a row of applicability.csv. Levels are ranks of the default scheme; the personal
// class is its rank, flags are bits.
type Applicability struct {
	Key      string   `json:"key"`
	Row      int      `json:"row_no"`
	Kinds    []string `json:"kinds"`
	MinC     int      `json:"min_c"`
	MaxC     int      `json:"max_c"`
	MinI     int      `json:"min_i"`
	MinA     int      `json:"min_a"`
	Zones    []string `json:"zones"`
	Personal int      `json:"personal"`
	Flags    int      `json:"flags"`
	Models   []string `json:"models"`
	Reason   string   `json:"reason"`
}

// Organisation is the kind in an applicability row that is asked of the organisation once, not of
// each asset.
const Organisation = "ORG"

var (
	keyPattern = regexp.MustCompile(`^[0-9]{1,2}-[0-9]{2,3}[a-z]?$`)
	cycles     = []string{"年", "随時", "4月", "変更毎", "人事異動毎"}
	roles      = []string{"統", "責", "管", "S", "担", "職", "監", "CISO", "CSIRT", "委員会"}
	answered   = []string{"organ", "unit", "unit_kind", "system", "asset"}
)

func (r *reader) catalogues() {
	codes, at := keys{}, map[string]int{}
	for _, row := range r.rows("catalogue") {
		c := Catalogue{Code: code(row, "code"), Name: row.Need("name", 100), Edition: row.Need("edition", 60)}
		c.Source, c.Checked = provenance(row)
		if codes.add(row, "code", c.Code) {
			at[c.Code] = len(r.p.Catalogues)
			r.p.Catalogues = append(r.p.Catalogues, c)
		}
	}
	of := func(row *intake.Row) (*Catalogue, bool) {
		c := codes.needRef(row, "catalogue", "catalogue.csv", nil)
		i, ok := at[c]
		if !ok {
			return &Catalogue{}, false
		}
		return &r.p.Catalogues[i], true
	}
	seen := keys{}
	for _, row := range r.rows("chapter") {
		c, ok := of(row)
		h := Chapter{No: row.NeedInt("no", 1, 99), Name: row.Need("name", 100), Clause: row.Text("clause", 60)}
		if seen.add(row, "no", join(c.Code, h.No)) && ok {
			c.Chapters = append(c.Chapters, h)
		}
	}
	where := r.controls(of)
	r.applicability(of, where)
}

// controls returns the row of each control, to name those that nothing would ever require.
func (r *reader) controls(of func(*intake.Row) (*Catalogue, bool)) map[string]*intake.Row {
	seen, where := keys{}, map[string]*intake.Row{}
	for _, row := range r.rows("control") {
		c, ok := of(row)
		k := Control{
			Key: row.NeedCode("key"), Chapter: row.NeedInt("chapter", 1, 99), Title: row.Need("title", 100), Text: row.Need("text", 1000),
			Aim: row.Text("aim", 400), Modality: row.NeedOneOf("modality", "must", "should", "may"), Role: strings.Join(row.ListOf("role", roles...), " "),
			Evidence: row.Text("evidence", 200), Cycle: row.OneOf("cycle", cycles...), Effort: row.Int("effort", 0, 5),
			AnsweredAt: row.NeedOneOf("answered_at", answered...), Clause: row.Text("clause", 60),
		}
		k.Source, k.Checked = provenance(row)
		if k.Key != "" && !keyPattern.MatchString(k.Key) {
			row.Fail("key", "番号は「2-06」のように、章と2桁の番号をハイフンでつないでください。")
		}
		if !ok {
			continue
		}
		if !slices.ContainsFunc(c.Chapters, func(h Chapter) bool { return h.No == k.Chapter }) {
			row.Fail("chapter", "chapter.csv にこの基準のこの章がありません。章を直すか、chapter.csv に加えてください。")
		}
		if seen.add(row, "key", join(c.Code, k.Key)) {
			where[join(c.Code, k.Key)] = row
			c.Controls = append(c.Controls, k)
		}
	}
	return where
}

func (r *reader) applicability(of func(*intake.Row) (*Catalogue, bool), where map[string]*intake.Row) {
	scheme := r.defaultScheme()
	kinds, zones, personal := []string{Organisation}, []string{}, []string{}
	for _, k := range asset.Kinds() {
		kinds = append(kinds, string(k.Kind))
	}
	for _, z := range asset.Zones() {
		zones = append(zones, z.Code)
	}
	for _, p := range asset.PersonalClasses()[1:] {
		personal = append(personal, p.Code)
	}
	seen, required := keys{}, map[string]bool{}
	for _, row := range r.rows("applicability") {
		c, ok := of(row)
		a := Applicability{
			Key: row.NeedCode("key"), Row: row.NeedInt("row", 1, 999), Kinds: row.ListOf("kinds", kinds...), Zones: row.ListOf("zones", zones...),
			Personal: asset.PersonalRank(row.OneOf("personal", personal...)), Models: row.ListOf("models", models...), Reason: row.Need("reason", 400),
			MinC: rank(row, "min_c", scheme, classify.Confidentiality), MaxC: rank(row, "max_c", scheme, classify.Confidentiality),
			MinI: rank(row, "min_i", scheme, classify.Integrity), MinA: rank(row, "min_a", scheme, classify.Availability),
		}
		if f, known := asset.ParseFlags(row.Code("flags")); known {
			a.Flags = int(f)
		} else {
			row.Fail("flags", "使える値は "+strings.Join((^asset.Flags(0)).Codes(), "、")+" です。二つ以上は空白で区切ります。")
		}
		if len(a.Kinds) == 0 {
			row.Fail("kinds", "空です。使える値は "+strings.Join(kinds, "、")+" です。")
		}
		if slices.Contains(a.Kinds, Organisation) && len(a.Kinds) > 1 {
			row.Fail("kinds", "ORG（組織に課すもの）は、資産の種別と同じ行に書けません。行を分けてください。")
		}
		if a.MaxC > 0 && a.MaxC < a.MinC {
			row.Fail("max_c", "機密性下限より低い区分です。どちらかを直してください。")
		}
		if !ok {
			continue
		}
		id := join(c.Code, a.Key)
		if _, known := where[id]; !known && a.Key != "" {
			row.Fail("key", "control.csv にこの基準のこの番号がありません。番号を直すか、control.csv に加えてください。")
		}
		required[id] = true
		if seen.add(row, "row", join(c.Code, a.Key, strconv.Itoa(a.Row))) {
			c.Applicability = append(c.Applicability, a)
		}
	}
	for id, row := range where {
		if !required[id] {
			row.Fail("key", "applicability.csv に条件が一行もないので、この対策はどこにも求められません。条件を加えてください。")
		}
	}
}

// defaultScheme is the scheme whose codes the tables use: the pack's own default, else the register's.
func (r *reader) defaultScheme() *classify.Scheme {
	for _, s := range r.p.Schemes {
		if s.Default {
			return s.Classify()
		}
	}
	if r.known.Default != nil {
		return r.known.Default
	}
	if len(r.p.Schemes) > 0 {
		return r.p.Schemes[0].Classify()
	}
	return nil
}

// rank reads a code of a level as its rank, 0 when the cell is empty.
func rank(row *intake.Row, cell string, s *classify.Scheme, axis classify.Axis) int {
	code := row.Code(cell)
	if code == "" {
		return 0
	}
	if s == nil {
		row.Fail(cell, "区分を読むための分類体系がありません。scheme.csv と level.csv を加えるか、先に読み込んでください。")
		return 0
	}
	l, ok := s.ByCode(axis, code)
	if !ok {
		var codes []string
		for _, l := range s.Axis(axis).Levels {
			codes = append(codes, l.Code)
		}
		row.Fail(cell, axis.Label()+"の区分ではありません。使える値は "+strings.Join(codes, "、")+" です。")
	}
	return int(l.Rank)
}

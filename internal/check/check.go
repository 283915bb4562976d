// Package check holds the 点検規則: what the register finds wrong with an asset by itself. A rule is
// code with a stable id; its severity, threshold, wording and whether it is on are data (Setting).
// The conditions of a rule are values (Test), so that the form evaluates them over a document and the
// database over a million rows from one description. It is pure: it imports asset, classify, errs,
// jpdate and zone, and must not import a database, a request or the clock.
package check

import (
	"slices"
	"strings"

	"daicho/internal/asset"
	"daicho/internal/classify"
)

// Severity says what a finding means for whoever registers or answers for the asset.
type Severity string

// The severities, the gravest first.
const (
	Refuse Severity = "refuse" // 拒否: the submission is refused; a row exists only where the state came otherwise
	Grave  Severity = "grave"  // 重大
	Warn   Severity = "warn"   // 注意
	Note   Severity = "note"   // 案内
)

// Severities lists the severities with their words, the gravest first.
func Severities() []asset.Option { return severities[:] }

var severities = [...]asset.Option{
	{Code: string(Refuse), Label: "拒否", Hint: "申請を受け付けない"},
	{Code: string(Grave), Label: "重大", Hint: "すぐに直すか、管理者が理由を残して受け入れる"},
	{Code: string(Warn), Label: "注意", Hint: "直すか、確かめる"},
	{Code: string(Note), Label: "案内", Hint: "よりよくするためのすすめ"},
}

// Label is the word of the severity, or the code itself for an unknown one.
func (s Severity) Label() string { return asset.Label(severities[:], string(s)) }

// Valid reports whether s is one of the severities.
func (s Severity) Valid() bool {
	return slices.ContainsFunc(severities[:], func(o asset.Option) bool { return o.Code == string(s) })
}

// Source says what a line of a rule looks at, and so when it is evaluated.
type Source uint8

// The sources. All but Vacancy are evaluated when an asset or a neighbour of it changes; Days,
// Stale and Vacancy also once a day, because they change with the calendar.
const (
	Content   Source = iota // the asset's own content and levels
	Days                    // a deadline of the asset
	Stale                   // the day on which the entry was last confirmed
	CopyBelow               // the original of a copy weighs more than the copy
	HoldsMore               // what a container holds weighs more than the use that was declared
	Above                   // what is related weighs more than what was declared
	MeetsIT                 // a relation ties マイナンバー利用事務系 to インターネット接続系
	Vacancy                 // nobody holds the post that answers for the unit
	Crossings               // a relation joins two 領域 (package zone)
	Placed                  // what holds the information is no place for it (package zone)
)

// Fix says what one click may prepare as a draft; never in force by itself.
type Fix uint8

// The fixes. Open only leads to the field, where no value is safe to propose.
const (
	Open      Fix = iota
	ToHigh        // 機密性 to the least level of 特定個人情報
	Computed      // the level to what the relations give
	ZoneMN        // 領域 to マイナンバー利用事務系
	LockedBox     // 施錠保管 to a locked place
	Today         // 最終確認日 to today
)

// Label is the text of the button.
func (f Fix) Label() string {
	switch f {
	case ToHigh, Computed:
		return "区分を上げる下書きを作る"
	case ZoneMN:
		return "領域を直す下書きを作る"
	case LockedBox:
		return "施錠保管を直す下書きを作る"
	case Today:
		return "今日確かめたとして下書きを作る"
	case Open:
	}
	return "欄を開いて直す"
}

// Line is one way in which a rule can be broken, at one field.
type Line struct {
	Field  string       // key of the catalogue or level_c, level_i, level_a; "" for a unit
	Kinds  []asset.Kind // to which it applies; nil = every kind that has the field
	Source Source
	If     []Test // all must hold; besides them the asset is in use unless Gone
	Gone   bool   // about what is disposed of, not about what is in use
	Before bool   // of Days: the threshold lies before the deadline, not after it
	Text   string // what is wrong, with names in braces (Params)
	Fix    Fix
	// Held says that asset.Check refuses it on the form: a row tells where it came by another way.
	Held bool
}

// Rule is one 点検規則.
type Rule struct {
	ID       string // stable
	Title    string // 規則の名前
	Clause   string // where it comes from
	Severity Severity
	Limit    int    // default threshold, 0 = none
	Unit     string // of the threshold: 人, か月, 日
	Advice   string // what to do, for the list and the asset
	On       bool   // false only by a setting
	Lines    []Line
}

// Setting is what a body decides about a rule.
type Setting struct {
	ID       string
	Severity Severity
	Limit    int
	On       bool
	Title    string // "" = as shipped
	Advice   string // "" = as shipped
}

// Set is the rules as a body uses them.
type Set struct {
	Rules []Rule
	// High is the least 機密性 of 特定個人情報 in the scheme, 0 when the scheme does not say; rules that
	// need it are then silent.
	High classify.Rank
}

// New puts settings over the shipped rules. A setting of an unknown rule is left alone: an older
// program must run with newer data.
func New(settings []Setting, scheme *classify.Scheme) Set {
	s := Set{Rules: Shipped()}
	for i := range s.Rules {
		r := &s.Rules[i]
		for _, x := range settings {
			if x.ID != r.ID {
				continue
			}
			r.On = x.On
			if x.Severity.Valid() {
				r.Severity = x.Severity
			}
			if r.Unit != "" && x.Limit > 0 {
				r.Limit = x.Limit
			}
			if x.Title != "" {
				r.Title = x.Title
			}
			if x.Advice != "" {
				r.Advice = x.Advice
			}
		}
	}
	if scheme != nil {
		s.High = High(scheme)
	}
	return s
}

// High is the least 機密性 of 特定個人情報: what the decision table of the scheme gives when the
// answer to the question about the My Number is yes.
func High(s *classify.Scheme) classify.Rank {
	return s.Judge(map[string]string{"mynumber": "yes", "personal": "yes", "published": "no"}).Levels.C
}

// Rule finds a rule by its id.
func (s Set) Rule(id string) (Rule, bool) {
	i := slices.IndexFunc(s.Rules, func(r Rule) bool { return r.ID == id })
	if i < 0 {
		return Rule{}, false
	}
	return s.Rules[i], true
}

// OfLevels narrows the set to the rules with a line whose outcome or words depend on a level in force:
// those to look at again when nothing but levels changed.
func (s Set) OfLevels() Set {
	s.Rules = slices.DeleteFunc(slices.Clone(s.Rules), func(r Rule) bool {
		return !slices.ContainsFunc(r.Lines, func(l Line) bool {
			return slices.ContainsFunc(l.If, readsLevels) || slices.ContainsFunc(classify.Axes(), func(a classify.Axis) bool { return strings.Contains(l.Text, "{"+a.Label()+"}") })
		})
	})
	return s
}

// Line finds the line of a rule that stands at a field and concerns a kind.
func (r Rule) Line(k asset.Kind, field string) (Line, bool) {
	for _, l := range r.Lines {
		if l.Field == field && (k == "" || l.Concerns(k)) {
			return l, true
		}
	}
	return Line{}, false
}

// Concerns reports whether the line can apply to a kind.
func (l Line) Concerns(k asset.Kind) bool {
	if l.Kinds != nil {
		return slices.Contains(l.Kinds, k)
	}
	if l.Field == "" || strings.HasPrefix(l.Field, "level_") {
		return true
	}
	_, ok := asset.Lookup(k, l.Field)
	return ok
}

// AllKinds returns the kinds that the line concerns, in the order of screens.
func (l Line) AllKinds() []asset.Kind {
	var out []asset.Kind
	for _, k := range asset.Kinds() {
		if l.Concerns(k.Kind) {
			out = append(out, k.Kind)
		}
	}
	return out
}

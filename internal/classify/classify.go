// Package classify holds the classification of an asset by confidentiality, integrity and
// availability: axes, levels, schemes and the questions that lead to a proposal. Schemes are data;
// nothing here names the levels of one. It is pure: no I/O, no clock.
package classify

import "slices"

// Axis is one of the three properties of 基本方針 2(3): C 機密性, I 完全性, A 可用性.
type Axis string

// The three axes.
const (
	Confidentiality Axis = "C"
	Integrity       Axis = "I"
	Availability    Axis = "A"
)

// Axes returns the axes in the order of every screen and file.
func Axes() []Axis { return []Axis{Confidentiality, Integrity, Availability} }

// Label returns the 用語 of the axis.
func (a Axis) Label() string {
	switch a {
	case Confidentiality:
		return "機密性"
	case Integrity:
		return "完全性"
	case Availability:
		return "可用性"
	}
	return string(a)
}

// Rank is the place of a level on the common scale of its axis: 1 is the lowest, 0 means that none is
// set. Editions of different schemes place their levels on one scale, so that an asset judged under
// one can be compared with an asset judged under another. A level whose real place is open stands at
// the highest of its candidates: nothing is protected less because its edition is old.
type Rank int16

// MaxRank is the highest place of the common scale.
const MaxRank Rank = 9

// Levels are the ranks on the three axes.
type Levels struct{ C, I, A Rank }

// On returns the rank on one axis.
func (l Levels) On(a Axis) Rank {
	switch a {
	case Confidentiality:
		return l.C
	case Integrity:
		return l.I
	case Availability:
		return l.A
	}
	return 0
}

// With returns l with the rank on one axis replaced.
func (l Levels) With(a Axis, r Rank) Levels {
	switch a {
	case Confidentiality:
		l.C = r
	case Integrity:
		l.I = r
	case Availability:
		l.A = r
	}
	return l
}

// Max returns the higher rank on each axis: what holds several things is as high as the highest
// of them (対策 2-14).
func Max(a, b Levels) Levels {
	return Levels{max(a.C, b.C), max(a.I, b.I), max(a.A, b.A)}
}

// Lower reports whether l is below other on any axis where both are set.
func (l Levels) Lower(other Levels) bool {
	for _, a := range Axes() {
		if l.On(a) != 0 && l.On(a) < other.On(a) {
			return true
		}
	}
	return false
}

// Complete reports whether a rank is set on every axis.
func (l Levels) Complete() bool { return l.C > 0 && l.I > 0 && l.A > 0 }

// Level is one 区分 of an axis in a scheme edition.
type Level struct {
	Rank     Rank
	Code     string   // 3B
	Label    string   // the words that stand before the code on every screen
	Criteria string   // 定義
	Examples string   // 典型例
	Handling []string // 取扱制限, one sentence each
	Marking  string   // text to print on what holds it: 自治体機密性３Ｂ
	Guarded  bool     // opened one by one before a decision, and each opening is recorded (3B and above)
}

// Words puts the words first and the code after them, as on every screen: 「外に出さない前提の情報
// （3C）」.
func (l Level) Words() string {
	if l.Code == "" {
		return "未定"
	}
	return l.Label + "（" + l.Code + "）"
}

// AxisDef is one axis of a scheme with its levels, lowest first.
type AxisDef struct {
	Axis   Axis
	Name   string
	Levels []Level
}

// Scheme is one edition of a 分類体系.
type Scheme struct {
	ID        int64
	Code      string
	Name      string
	Edition   string
	Adopted   bool // an adoption act exists; otherwise everything from it prints 案・未照合
	Axes      []AxisDef
	Questions []Question
	Rules     []Rule
}

// Axis returns the definition of one axis; the zero AxisDef if the scheme lacks it.
func (s *Scheme) Axis(a Axis) AxisDef {
	for _, d := range s.Axes {
		if d.Axis == a {
			return d
		}
	}
	return AxisDef{}
}

// ByCode returns the level of an axis by its code.
func (s *Scheme) ByCode(a Axis, code string) (Level, bool) {
	for _, l := range s.Axis(a).Levels {
		if l.Code == code {
			return l, true
		}
	}
	return Level{}, false
}

// ByRank returns the level that stands for a rank of the common scale: the one at the rank, else the
// least above it, else the highest. A rank that travelled along relations from an asset of another
// edition may have no level of its own here, and must never look less than it is. It reports false
// for rank 0 and for an axis without levels.
func (s *Scheme) ByRank(a Axis, r Rank) (Level, bool) {
	if r <= 0 {
		return Level{}, false
	}
	var last Level
	for _, l := range s.Axis(a).Levels { // lowest first
		if l.Rank >= r {
			return l, true
		}
		last = l
	}
	return last, last.Rank > 0
}

// Guards reports whether the opening of what stands at the levels is recorded: see Level.Guarded.
func (s *Scheme) Guards(at Levels) bool {
	return slices.ContainsFunc(Axes(), func(a Axis) bool {
		l, _ := s.ByRank(a, at.On(a))
		return l.Guarded
	})
}

// Stands returns the ranks of the common scale that a level of this scheme stands for: its own, and
// those below it down to the next lower level; above the highest level all that are left.
func (s *Scheme) Stands(a Axis, l Level) []Rank {
	var out []Rank
	for r := Rank(1); r <= MaxRank; r++ {
		if got, ok := s.ByRank(a, r); ok && got.Rank == l.Rank {
			out = append(out, r)
		}
	}
	return out
}

// CodeOf returns the code of a rank, or "" when none is set or known.
func (s *Scheme) CodeOf(a Axis, r Rank) string {
	l, _ := s.ByRank(a, r)
	return l.Code
}

// Ranks turns codes per axis into ranks; an unknown code becomes 0.
func (s *Scheme) Ranks(codes map[string]string) Levels {
	var out Levels
	for _, a := range Axes() {
		if l, ok := s.ByCode(a, codes[string(a)]); ok {
			out = out.With(a, l.Rank)
		}
	}
	return out
}

// Codes turns ranks into codes per axis; axes that are not set are left out.
func (s *Scheme) Codes(l Levels) map[string]string {
	out := map[string]string{}
	for _, a := range Axes() {
		if c := s.CodeOf(a, l.On(a)); c != "" {
			out[string(a)] = c
		}
	}
	return out
}

// Top returns the highest rank that the scheme knows on an axis.
func (s *Scheme) Top(a Axis) Rank {
	var r Rank
	for _, l := range s.Axis(a).Levels {
		r = max(r, l.Rank)
	}
	return r
}

// Handling returns the 取扱制限 of the given levels, without repeats, axis by axis.
func (s *Scheme) Handling(l Levels) []string {
	var out []string
	for _, a := range Axes() {
		lv, _ := s.ByRank(a, l.On(a))
		for _, h := range lv.Handling {
			if !slices.Contains(out, h) {
				out = append(out, h)
			}
		}
	}
	return out
}

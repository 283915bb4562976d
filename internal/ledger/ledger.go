// Package ledger is the list of assets as a thing of its own, apart from any screen: which rows are
// asked for and in which order (Query), what a row holds (Row), which columns a ledger has (Column),
// and how rows become a file (CSV, xlsx). It is pure: it imports asset, classify, org and leaves,
// knows no database, no request and no clock, and writes only to the io.Writer that it is given.
package ledger

import (
	"slices"

	"daicho/internal/asset"
	"daicho/internal/classify"
	"daicho/internal/jptext"
)

// Bounds of a list.
const (
	// DefaultSize is how many rows a page has unless asked otherwise.
	DefaultSize = 100
	// NumberedRows is how far pages have numbers; beyond it a list goes on by 前へ and 次へ only,
	// because skipping rows costs as much as reading them.
	NumberedRows = 10_000
	// TextBound is up to how many hits of a text search are counted exactly.
	TextBound = 10_000
	// maxTerms and maxText bound what one search may ask.
	maxTerms = 8
	maxText  = 200
)

// Sizes are the numbers of rows that a page may have.
func Sizes() []int { return []int{25, 50, 100, 200, 500} }

// Query says which assets a list or a file holds, in which order, and which part of it a page shows.
// It is what stands in the address of the page: codes and words, never ids of the database. Parse
// makes it from an address and Values turns it back.
type Query struct {
	Text   string // as typed
	Kinds  []asset.Kind
	Unit   string // code of a 組織; those below it are meant too
	Zones  []string
	C      Bound
	I      Bound
	A      Bound
	States []asset.State
	Years  []int // 年度 of the 管理番号
	Part   Part
	Todo   Todo
	Sort   Sort
	Size   int    // rows per page, one of Sizes
	Page   int    // from 1
	From   Cursor // where a page without a number begins; the zero Cursor is the beginning
}

// Bound narrows an axis to one level, or to it and all above.
type Bound struct {
	Code  string // code of a level; "" = any
	Above bool   // the level or a higher one (以上)
}

// IsZero reports whether the bound lets everything pass.
func (b Bound) IsZero() bool { return b.Code == "" }

// Part is one of the two halves of the register.
type Part string

// The parts. Source: 基本方針 4(2)①②③ names what is an information asset; cloud services and
// contracts are 関連台帳 (6(8)).
const (
	Whole   Part = ""
	Main    Part = "main"
	Related Part = "related"
)

// Label returns the 用語 of the part.
func (p Part) Label() string {
	switch p {
	case Main:
		return "情報資産（基本方針4(2)①②③）"
	case Related:
		return "関連台帳（クラウド・委託契約）"
	}
	return "すべて"
}

// Todo narrows a list to assets that wait for something.
type Todo string

// The kinds of waiting.
const (
	Anything Todo = ""
	Changing Todo = "changing" // a change of what is in force was submitted
	Review   Todo = "review"   // 要再承認
	Rejudge  Todo = "rejudge"  // judged by an earlier edition of the 分類体系
)

// Label returns the 用語.
func (t Todo) Label() string {
	switch t {
	case Changing:
		return "変更を申請中"
	case Review:
		return "要再承認"
	case Rejudge:
		return "再判定が必要"
	}
	return ""
}

// Key is what a list can be sorted by.
type Key string

// The sort keys. Kind, unit, zone, level and state sort by their official order, and by number
// within; a name sorts by its reading (五十音順).
const (
	ByNumber  Key = "number"
	ByName    Key = "name"
	ByUpdated Key = "updated"
	ByKind    Key = "kind"
	ByUnit    Key = "unit"
	ByZone    Key = "zone"
	ByState   Key = "state"
	ByC       Key = "c"
	ByI       Key = "i"
	ByA       Key = "a"
)

var keys = []Key{ByNumber, ByName, ByUpdated, ByKind, ByUnit, ByZone, ByState, ByC, ByI, ByA}

// Sort is a key and its direction.
type Sort struct {
	Key  Key
	Desc bool
}

// String is the form of an address: "number", "-updated".
func (s Sort) String() string {
	if s.Desc {
		return "-" + string(s.Key)
	}
	return string(s.Key)
}

// DefaultSort is the order of a list that names none: by 管理番号.
var DefaultSort = Sort{Key: ByNumber}

// Terms returns the search keys that all must be found.
func (q Query) Terms() []string {
	t := jptext.Terms(q.Text)
	return t[:min(len(t), maxTerms)]
}

// Filtered reports whether anything narrows the list.
func (q Query) Filtered() bool {
	return q.Text != "" || q.Unit != "" || q.Part != Whole || q.Todo != Anything || !q.C.IsZero() || !q.I.IsZero() || !q.A.IsZero() ||
		len(q.Kinds)+len(q.Zones)+len(q.States)+len(q.Years) > 0
}

// Unpaged returns the query for a file or a print: the same rows in the same order, without a page.
func (q Query) Unpaged() Query {
	q.Page, q.Size, q.From = 1, DefaultSize, Cursor{}
	return q
}

// KindsMeant returns the kinds that the filters for kind and part leave; nil when all.
func (q Query) KindsMeant() []asset.Kind {
	if len(q.Kinds) == 0 && q.Part == Whole {
		return nil
	}
	out := []asset.Kind{} // not nil: kinds and part may leave none
	for _, k := range asset.Kinds() {
		if len(q.Kinds) > 0 && !slices.Contains(q.Kinds, k.Kind) {
			continue
		}
		if q.Part == Whole || k.Main == (q.Part == Main) {
			out = append(out, k.Kind)
		}
	}
	return out
}

// Filter is a Query with its codes resolved: what the database is asked. A nil list lets everything
// pass, an empty one nothing.
type Filter struct {
	Kinds   []string
	Units   []int64
	Zones   []string
	States  []string
	Years   []int32
	C, I, A []int16
	Todo    Todo
	Terms   []string
	// Common says that the terms stand in so many texts that looking at one text after another finds
	// them sooner than the index of texts does. It changes no result.
	Common bool
}

// Filter resolves the codes of the query. units lists the ids that the code of a unit stands for,
// itself and below; ok is false for an unknown one. What is unknown is left out of the filter and
// named in a notice: a list that silently shows less, or more, would be a lie.
func (q Query) Filter(s *classify.Scheme, units func(code string) (ids []int64, ok bool)) (Filter, []Notice) {
	f := Filter{Todo: q.Todo, Terms: q.Terms(), Years: toInts(q.Years)}
	var notices []Notice
	if ks := q.KindsMeant(); ks != nil {
		f.Kinds = texts(ks)
	}
	if len(q.Zones) > 0 {
		f.Zones = slices.Clone(q.Zones)
	}
	if len(q.States) > 0 {
		f.States = texts(q.States)
	}
	if q.Unit != "" {
		ids, ok := units(q.Unit)
		if ok {
			f.Units = ids
		} else {
			notices = append(notices, unknown("unit", "所管", q.Unit))
		}
	}
	for _, x := range []struct {
		axis  classify.Axis
		bound Bound
		into  *[]int16
	}{{classify.Confidentiality, q.C, &f.C}, {classify.Integrity, q.I, &f.I}, {classify.Availability, q.A, &f.A}} {
		if x.bound.IsZero() {
			continue
		}
		at, ok := s.ByCode(x.axis, x.bound.Code)
		if !ok {
			notices = append(notices, unknown(paramOf(x.axis), x.axis.Label(), x.bound.Code))
			continue
		}
		for _, l := range s.Axis(x.axis).Levels {
			if l.Rank == at.Rank || x.bound.Above && l.Rank > at.Rank {
				for _, r := range s.Stands(x.axis, l) { // assets of other editions stand between
					*x.into = append(*x.into, int16(r))
				}
			}
		}
	}
	return f, notices
}

// Empty reports whether the filter lets nothing pass, so that nobody need be asked.
func (f Filter) Empty() bool { return f.Kinds != nil && len(f.Kinds) == 0 }

func texts[T ~string](in []T) []string {
	out := make([]string, len(in))
	for i, v := range in {
		out[i] = string(v)
	}
	return out
}

func toInts(in []int) []int32 {
	if len(in) == 0 {
		return nil
	}
	out := make([]int32, len(in))
	for i, v := range in {
		out[i] = int32(v) //nolint:gosec // four digits
	}
	return out
}

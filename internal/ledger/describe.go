package ledger

import (
	"slices"
	"strings"

	"daicho/internal/asset"
	"daicho/internal/classify"
	"daicho/internal/jpdate"
)

// Term is one condition of a query in words: a chip above the list, a line on a sheet. Without is
// the query that lacks it.
type Term struct {
	Label   string
	Value   string
	Without Query
}

// Describe says in words what narrows the list, one term per parameter, in the order of the filter.
func (q Query) Describe(b *Book) []Term {
	var out []Term
	add := func(label, value string, without func(*Query)) {
		rest := q.First()
		without(&rest)
		out = append(out, Term{label, value, rest})
	}
	if q.Text != "" {
		add("検索", q.Text, func(r *Query) { r.Text = "" })
	}
	if q.Part != Whole {
		add("台帳の範囲", q.Part.Label(), func(r *Query) { r.Part = Whole })
	}
	if len(q.Kinds) > 0 {
		add("種別", words(q.Kinds, asset.Kind.Label), func(r *Query) { r.Kinds = nil })
	}
	if q.Unit != "" {
		add("所管", b.unitByCode(q.Unit), func(r *Query) { r.Unit = "" })
	}
	if len(q.Zones) > 0 {
		add("領域", words(q.Zones, func(z string) string { return asset.Label(asset.Zones(), z) }), func(r *Query) { r.Zones = nil })
	}
	if !q.C.IsZero() {
		add(classify.Confidentiality.Label(), q.C.Words(), func(r *Query) { r.C = Bound{} })
	}
	if !q.I.IsZero() {
		add(classify.Integrity.Label(), q.I.Words(), func(r *Query) { r.I = Bound{} })
	}
	if !q.A.IsZero() {
		add(classify.Availability.Label(), q.A.Words(), func(r *Query) { r.A = Bound{} })
	}
	if len(q.States) > 0 {
		add("状態", words(q.States, asset.State.Label), func(r *Query) { r.States = nil })
	}
	if len(q.Years) > 0 {
		add("年度", words(q.Years, jpdate.FiscalYearName), func(r *Query) { r.Years = nil })
	}
	if q.Todo != Anything {
		add("要対応", q.Todo.Label(), func(r *Query) { r.Todo = Anything })
	}
	return out
}

// Words is the bound as people say it: 3C, 3C以上.
func (b Bound) Words() string {
	if b.Above {
		return b.Code + "以上"
	}
	return b.Code
}

// Label is the order as people say it.
func (s Sort) Label() string {
	words := map[Key][3]string{
		ByNumber: {"管理番号", "小さい順", "大きい順"}, ByName: {"名称", "五十音順", "五十音の逆順"}, ByUpdated: {"更新日", "古い順", "新しい順"},
		ByKind: {"種別", "順", "逆順"}, ByUnit: {"所管", "順", "逆順"}, ByZone: {"領域", "順", "逆順"}, ByState: {"状態", "順", "逆順"},
		ByC: {"機密性", "低い順", "高い順"}, ByI: {"完全性", "低い順", "高い順"}, ByA: {"可用性", "低い順", "高い順"},
	}[s.Key]
	if s.Desc {
		return words[0] + "の" + words[2]
	}
	return words[0] + "の" + words[1]
}

func (b *Book) unitByCode(code string) string {
	for _, u := range b.Units {
		if u.Code == code {
			return u.Path
		}
	}
	return code
}

func words[T any](list []T, word func(T) string) string {
	out := make([]string, len(list))
	for i, v := range list {
		out[i] = word(v)
	}
	return strings.Join(slices.Clip(out), "、")
}

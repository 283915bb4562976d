package asset

import (
	"strconv"
	"strings"

	"daicho/internal/app"
	"daicho/internal/asset"
	"daicho/internal/classify"
	"daicho/internal/form"
	"daicho/internal/jpdate"
	"daicho/internal/ledger"
)

// listFilters are the fields of the filter panel, filled with what is in force.
func listFilters(v app.ListView, m *listMarks) []*form.Field {
	q := v.Query.Values()
	field := func(key, label string, t form.Type, options []form.Option) *form.Field {
		return &form.Field{Key: key, Label: label, Type: t, Options: options, Raw: q[key]}
	}
	text := field(ledger.ParamText, "名称・番号・かな", form.Search, nil)
	text.Wide = true
	return []*form.Field{
		text,
		field(ledger.ParamUnit, "所管（下の組織も含む）", form.Select, listUnits(v)),
		field(ledger.ParamC, classify.Confidentiality.Label(), form.Select, m.bounds[0]),
		field(ledger.ParamI, classify.Integrity.Label(), form.Select, m.bounds[1]),
		field(ledger.ParamA, classify.Availability.Label(), form.Select, m.bounds[2]),
		field(ledger.ParamYear, "登録した年度", form.Select, listYears(v)),
		field(ledger.ParamPart, "台帳の範囲", form.Select, []form.Option{{Value: string(ledger.Main), Label: ledger.Main.Label()}, {Value: string(ledger.Related), Label: ledger.Related.Label()}}),
		field(ledger.ParamTodo, "要対応", form.Select, []form.Option{{Value: string(ledger.Changing), Label: ledger.Changing.Label()}, {Value: string(ledger.Review), Label: ledger.Review.Label()}, {Value: string(ledger.Rejudge), Label: ledger.Rejudge.Label()}}),
		field(ledger.ParamKind, "種別", form.Checks, kindChoices),
		field(ledger.ParamZone, "領域", form.Checks, zoneChoices),
		field(ledger.ParamState, "状態", form.Checks, stateChoices),
	}
}

var kindChoices, zoneChoices, stateChoices = listKinds(), listOptions(asset.Zones()), listOptions(asset.States())

func listOptions(in []asset.Option) []form.Option {
	out := make([]form.Option, len(in))
	for i, o := range in {
		out[i] = form.Option{Value: o.Code, Label: o.Label}
	}
	return out
}

func listKinds() []form.Option {
	var out []form.Option
	for _, k := range asset.Kinds() {
		out = append(out, form.Option{Value: string(k.Kind), Label: k.Label})
	}
	return out
}

// listUnits lists the units within reach as a tree; one that the filter names and that is no
// longer there stays to be seen.
func listUnits(v app.ListView) []form.Option {
	var out []form.Option
	found := v.Query.Unit == ""
	for _, u := range v.Units {
		found = found || u.Code == v.Query.Unit
		out = append(out, form.Option{Value: u.Code, Label: strings.Repeat("　", u.Depth) + u.Name})
	}
	if !found {
		for _, u := range v.Book.Units {
			if u.Code == v.Query.Unit {
				out = append(out, form.Option{Value: u.Code, Label: u.Path})
			}
		}
	}
	return out
}

// listLevels offers each level with all above it, and alone; the word stands before the code.
func listLevels(s *classify.Scheme, a classify.Axis) []form.Option {
	levels := s.Axis(a).Levels
	var above, alone []form.Option
	for i := len(levels) - 1; i >= 0; i-- {
		l := levels[i]
		alone = append(alone, form.Option{Value: l.Code, Label: l.Code + " だけ：" + l.Label})
		if i > 0 && i < len(levels)-1 {
			above = append(above, form.Option{Value: ledger.Bound{Code: l.Code, Above: true}.String(), Label: l.Code + " 以上"})
		}
	}
	return append(above, alone...)
}

func listYears(v app.ListView) []form.Option {
	var out []form.Option
	for _, y := range v.Years {
		out = append(out, form.Option{Value: strconv.Itoa(y), Label: jpdate.FiscalYearName(y)})
	}
	return out
}

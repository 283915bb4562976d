package ledger

import (
	"slices"
	"strconv"
	"strings"

	"daicho/internal/asset"
	"daicho/internal/classify"
	"daicho/internal/jpdate"
)

// CellType says how a cell is written into a file.
type CellType uint8

// The types of cells. Text is guarded against being taken for a formula; numbers and dates are
// written as they are (dates in ISO 8601, the form of 機械可読性のルール for data).
const (
	TextCell CellType = iota
	NumberCell
	DateCell
)

// Column is one column of a ledger.
type Column struct {
	Key   string // physical name: ASCII, unique within a ledger
	Label string // 日本語名, unique within a ledger
	Brief string // the same for a narrow column on paper; "" = Label
	Type  CellType
	Note  string // for 項目定義: unit of a number, form of the value
	// field and kinds: the column holds a field of the catalogue, of these kinds; field is "" for a
	// column that every asset has.
	field string
	kinds []asset.Kind
	text  func(*Book, *Row) string // nil for a field
	words map[asset.Kind]*asset.Field
}

// Set is how many columns a ledger shows.
type Set string

// The sets of columns.
const (
	Short Set = "short" // A4
	Broad Set = "broad" // A3: what an auditor looks at, one line a row
	Wide  Set = "wide"  // files of the main columns
	Full  Set = "full"  // files: every field of the kinds in question
)

// Columns returns the columns of a ledger of the given kinds; nil means all kinds.
func Columns(set Set, kinds []asset.Kind) []Column {
	switch set {
	case Short:
		return pick("number", "kind_name", "name", "unit_name", "shown_c", "shown_i", "shown_a", "zone_brief", "personal", "state", "checked_on")
	case Broad:
		out := pick("number", "kind_name", "name", "unit_name", "host_name", "shown_c", "shown_i", "shown_a", "zone_brief", "personal", "traits", "members", "state", "checked_on")
		for _, c := range fieldColumns(kinds) {
			if c.Key == "place" {
				c.Brief = "場所"
				out = slices.Insert(out, 5, c)
			}
		}
		return out
	case Wide:
		return pick("number", "kind_name", "name", "yomi", "unit_name", "host_name", "level_c", "level_c_name", "level_i", "level_a", "scheme", "rejudge",
			"zone", "personal", "cloud", "outsourced", "portable", "public", "hosted", "members", "state", "changing", "review_since", "checked_on", "updated_on")
	}
	out := slices.Clone(fixed)
	return append(out, fieldColumns(kinds)...)
}

func pick(keys ...string) []Column {
	var out []Column
	for _, k := range keys {
		for _, c := range slices.Concat(fixed, composed) {
			if c.Key == k {
				out = append(out, c)
			}
		}
	}
	return out
}

// fixed are the columns that every asset has. A column that the import reads carries the name that
// the field has there; names of units and words of levels stand beside as columns of their own.
var fixed = []Column{
	{Key: "number", Label: "管理番号", text: func(_ *Book, r *Row) string { return r.Number }},
	{Key: "kind", Label: "種別コード", text: func(_ *Book, r *Row) string { return string(r.Kind) }},
	{Key: "kind_name", Label: "種別", Brief: "種別", text: func(_ *Book, r *Row) string { return r.Kind.Label() }},
	{Key: "state", Label: "登録状態", Brief: "状態", text: func(_ *Book, r *Row) string { return r.State.Label() }},
	{Key: "name", Label: "名称", text: name},
	{Key: "yomi", Label: "ふりがな", text: func(_ *Book, r *Row) string { return r.Reading }},
	{Key: "unit", Label: "所管課", Note: "組織のコード", text: func(b *Book, r *Row) string { return b.Unit(r.Unit).Code }},
	{Key: "unit_name", Label: "所管課の名称", Brief: "所管", text: func(b *Book, r *Row) string { return b.Unit(r.Unit).Path }},
	{Key: "organ_name", Label: "機関", text: func(b *Book, r *Row) string { return b.Unit(r.Unit).Organ }},
	{Key: "host_body", Label: "庁舎・回線を持つ構成団体", Note: "構成団体のコード", text: func(b *Book, r *Row) string { return b.Hosts[r.Host].Code }},
	{Key: "host_name", Label: "構成団体の名称", Brief: "構成団体", text: func(b *Book, r *Row) string { return b.Hosts[r.Host].Name }},
	{Key: "level_c", Label: "機密性", Brief: "機密", text: codeOf(classify.Confidentiality)},
	{Key: "level_c_name", Label: "機密性の呼び名", text: wordOf(classify.Confidentiality)},
	{Key: "level_i", Label: "完全性", Brief: "完全", text: codeOf(classify.Integrity)},
	{Key: "level_i_name", Label: "完全性の呼び名", text: wordOf(classify.Integrity)},
	{Key: "level_a", Label: "可用性", Brief: "可用", text: codeOf(classify.Availability)},
	{Key: "level_a_name", Label: "可用性の呼び名", text: wordOf(classify.Availability)},
	{Key: "scheme", Label: "分類体系の版", text: func(b *Book, r *Row) string { s := b.shelf().Of(r.Scheme); return s.Name + " " + s.Edition }},
	{Key: "rejudge", Label: "再判定が必要", text: func(b *Book, r *Row) string { return yesNo(b.Rejudge(r)) }},
	{Key: "zone", Label: "領域", text: func(_ *Book, r *Row) string { return asset.Label(asset.Zones(), r.Zone) }},
	{Key: "personal", Label: "個人情報の区分", Brief: "個人情報", text: personal},
	{Key: "cloud", Label: "クラウドを使う", text: flag(asset.FlagCloud)},
	{Key: "outsourced", Label: "外部に委託する", text: flag(asset.FlagOutsourced)},
	{Key: "portable", Label: "庁外へ持ち出す", text: flag(asset.FlagPortable)},
	{Key: "public", Label: "外部へ公開する", text: flag(asset.FlagPublic)},
	{Key: "hosted", Label: "構成団体の庁舎・回線を使う", text: flag(asset.FlagHosted)},
	{Key: "lifecycle", Label: "状態", text: lifecycle},
	{Key: "members", Label: "内訳の数", Brief: "内訳", Type: NumberCell, Note: "件", text: func(_ *Book, r *Row) string { return strconv.Itoa(r.Members) }},
	{Key: "changing", Label: "変更の申請中", text: func(_ *Book, r *Row) string { return yesNo(r.Changing) }},
	{Key: "review_since", Label: "要再承認となった日", Type: DateCell, Note: iso, text: func(b *Book, r *Row) string { return b.Review(r).ISO() }},
	{Key: "checked_on", Label: "最終確認日", Brief: "確認日", Type: DateCell, Note: iso, text: func(_ *Book, r *Row) string { return r.Checked.ISO() }},
	{Key: "fiscal_year", Label: "登録年度", Type: NumberCell, Note: "年度（西暦）", text: year},
	{Key: "entry_version", Label: "台帳の版", Type: NumberCell, text: version},
	{Key: "updated_on", Label: "更新日", Brief: "更新日", Type: DateCell, Note: iso, text: func(_ *Book, r *Row) string { return jpdate.OfTime(r.Updated).ISO() }},
}

// composed are columns for paper, where the words of the fixed ones would take too much room.
var composed = []Column{
	{Key: "zone_brief", Label: "領域", text: func(_ *Book, r *Row) string { return BriefZone(r.Zone) }},
	{Key: "traits", Label: "特性", text: traits},
	{Key: "shown_c", Label: "機密性", Brief: "機密", text: shownOf(classify.Confidentiality)},
	{Key: "shown_i", Label: "完全性", Brief: "完全", text: shownOf(classify.Integrity)},
	{Key: "shown_a", Label: "可用性", Brief: "可用", text: shownOf(classify.Availability)},
}

// BriefZone is a 領域 in a narrow column.
func BriefZone(code string) string {
	switch code {
	case asset.ZoneMyNumber:
		return "マイナンバー"
	case asset.ZoneLGWAN:
		return "LGWAN"
	case asset.ZoneInternet:
		return "インターネット"
	}
	return asset.Label(asset.Zones(), code)
}

func traits(_ *Book, r *Row) string {
	var out []string
	for _, t := range []struct {
		flag asset.Flags
		word string
	}{{asset.FlagCloud, "クラウド"}, {asset.FlagOutsourced, "委託"}, {asset.FlagPortable, "持出"}, {asset.FlagPublic, "公開"}, {asset.FlagHosted, "構成団体"}} {
		if r.Flags.Has(t.flag) {
			out = append(out, t.word)
		}
	}
	return strings.Join(out, "、")
}

const iso = "西暦 年-月-日"

func codeOf(a classify.Axis) func(*Book, *Row) string {
	return func(b *Book, r *Row) string { return b.Look(r, a).Code }
}

// shownOf is the code for paper, where an earlier edition must show at the code itself.
func shownOf(a classify.Axis) func(*Book, *Row) string {
	return func(b *Book, r *Row) string {
		l := b.Look(r, a)
		if l.Old {
			return l.Code + classify.OldMark
		}
		return l.Code
	}
}

func wordOf(a classify.Axis) func(*Book, *Row) string {
	return func(b *Book, r *Row) string {
		return b.Look(r, a).Label
	}
}

func flag(f asset.Flags) func(*Book, *Row) string {
	return func(_ *Book, r *Row) string { return yesNo(r.Flags.Has(f)) }
}

func name(_ *Book, r *Row) string {
	if r.Name == asset.NoName {
		return ""
	}
	return r.Name
}

func yesNo(b bool) string {
	if b {
		return "はい"
	}
	return "いいえ"
}

func personal(_ *Book, r *Row) string {
	classes := asset.PersonalClasses()
	if r.Personal < 0 || int(r.Personal) >= len(classes) {
		return ""
	}
	return classes[r.Personal].Label
}

// lifecycle is the 状態 of what is in force, in the words of the form; nothing before the first
// approval.
func lifecycle(_ *Book, r *Row) string {
	switch r.State {
	case asset.StateActive:
		return asset.Label(asset.Lifecycles(), asset.LifecycleInUse)
	case asset.StateSuspended:
		return asset.Label(asset.Lifecycles(), asset.LifecycleSuspended)
	case asset.StateDisposed:
		return asset.Label(asset.Lifecycles(), asset.LifecycleDisposed)
	}
	return ""
}

func year(_ *Book, r *Row) string {
	if r.Year == 0 {
		return ""
	}
	return strconv.Itoa(r.Year)
}

func version(_ *Book, r *Row) string {
	if r.Version == 0 {
		return ""
	}
	return strconv.Itoa(r.Version)
}

// fieldColumns returns a column for every field of the kinds that has none among the fixed ones. A
// key with one 日本語名 in several kinds is one column; where the name differs (address is IPアドレス
// of a device and 所在地 of a facility), the later kind gets a column of its own.
func fieldColumns(kinds []asset.Kind) []Column {
	if kinds == nil {
		kinds = kindsInOrder()
	}
	taken := map[string]bool{}
	for _, c := range fixed {
		taken[c.Key], taken[c.Label] = true, true
	}
	var out []Column
	for _, k := range kinds {
		for _, f := range asset.Fields(k) {
			if isFixed(f.Key) {
				continue
			}
			if i := slices.IndexFunc(out, func(c Column) bool { return c.field == f.Key && c.Note == noteOf(f) && baseLabel(c) == f.Label }); i >= 0 {
				out[i].kinds = append(out[i].kinds, k)
				out[i].words[k] = &f
				continue
			}
			c := Column{Key: f.Key, Label: f.Label, Type: typeOf(f), Note: noteOf(f), field: f.Key, kinds: []asset.Kind{k}, words: map[asset.Kind]*asset.Field{k: &f}}
			if taken[c.Key] {
				c.Key = strings.ToLower(string(k)) + "_" + c.Key
			}
			if taken[c.Label] {
				c.Label += "（" + k.Label() + "）"
			}
			taken[c.Key], taken[c.Label] = true, true
			out = append(out, c)
		}
	}
	return out
}

func isFixed(key string) bool {
	return slices.ContainsFunc(fixed, func(c Column) bool { return c.Key == key })
}

// baseLabel is the name of the field in the catalogue, whatever was added to tell columns apart.
func baseLabel(c Column) string { return c.words[c.kinds[0]].Label }

func typeOf(f asset.Field) CellType {
	switch f.Type {
	case asset.Number:
		return NumberCell
	case asset.Date:
		return DateCell
	}
	return TextCell
}

func noteOf(f asset.Field) string {
	switch f.Type {
	case asset.Date:
		return iso
	case asset.Number:
		return f.Unit
	case asset.Choices:
		return "複数は「、」区切り"
	}
	return ""
}

// Kinds returns the kinds that the column concerns; nil for all.
func (c Column) Kinds() []asset.Kind { return c.kinds }

// Head is the label of the column on paper.
func (c Column) Head() string {
	if c.Brief != "" {
		return c.Brief
	}
	return c.Label
}

// Text returns the cell of a column that every asset has. A field of the catalogue is read by a
// Reader instead, which opens the values of a row once for all columns.
func (c Column) Text(b *Book, r *Row) string {
	if c.text == nil {
		return ""
	}
	return c.text(b, r)
}

// NeedsValues reports whether any of the columns holds a field of the catalogue, so that rows must
// carry Values.
func NeedsValues(columns []Column) bool {
	return slices.ContainsFunc(columns, func(c Column) bool { return c.text == nil })
}

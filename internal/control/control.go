// Package control holds the requirements of a 対策基準 and derives which of them an asset, or an
// organisation, must meet. It looks at the facets of an asset and at nothing else, so that assets
// with equal facets share one list (適用区分). It is pure: no I/O, no clock; it must not import
// postgres, app or web.
package control

import "strings"

// Modality is how strongly a control asks (強さ).
type Modality string

// The modalities.
const (
	Must   Modality = "must"
	Should Modality = "should"
	May    Modality = "may"
)

// Label returns the word of the modality.
func (m Modality) Label() string {
	switch m {
	case Must:
		return "必須"
	case Should:
		return "推奨"
	case May:
		return "任意"
	}
	return string(m)
}

// Place is where the state of implementation of a control is answered, once for all that lies below:
// the answer nearest to the asset holds.
type Place string

// The places of an answer.
const (
	AtOrgan    Place = "organ"
	AtUnit     Place = "unit"
	AtUnitKind Place = "unit_kind"
	AtSystem   Place = "system"
	AtAsset    Place = "asset"
)

// Label returns the words for the place, as they stand on the page of an asset.
func (p Place) Label() string {
	switch p {
	case AtOrgan:
		return "機関で一度だけ"
	case AtUnit:
		return "所管の課で一度だけ"
	case AtUnitKind:
		return "所管の課で、同じ種別をまとめて"
	case AtSystem:
		return "情報システムごと"
	case AtAsset:
		return "この資産で"
	}
	return string(p)
}

// Control is one 対策 of an edition of a catalogue.
type Control struct {
	ID         int64
	Catalogue  int64
	Key        string // 2-06
	Chapter    int
	Title      string
	Text       string
	Aim        string
	Modality   Modality
	Role       string // 担当 as the catalogue writes it: 統 責 管 S 担 職 監 CISO CSIRT 委員会
	Evidence   string // 証跡
	Cycle      string // 周期: "" 年 随時 4月 変更毎 人事異動毎
	Effort     int16  // 手間, 0 to 5
	AnsweredAt Place
	Clause     string // clause of the 基本方針
	Source     string // where the text comes from; the first word is the kind of provenance
	Checked    string // 照合: 未照合, or the day and the person who compared it
}

var roles = map[string]string{
	"統": "統括情報セキュリティ責任者", "責": "情報セキュリティ責任者", "管": "情報セキュリティ管理者", "S": "情報システム管理者",
	"担": "担当者", "職": "職員", "監": "監査統括", "CISO": "最高情報セキュリティ責任者", "CSIRT": "CSIRT（緊急対応の担当）", "委員会": "情報セキュリティ委員会",
}

// RoleLabel returns the full name of a 担当, or the text itself when it is none of the short forms.
func RoleLabel(role string) string {
	if l := roles[role]; l != "" {
		return l
	}
	return role
}

// CycleLabel returns the words for a 周期; "" for a control that is met once.
func CycleLabel(cycle string) string {
	switch cycle {
	case "年":
		return "年1回以上"
	case "変更毎":
		return "変更のつど"
	case "人事異動毎":
		return "人事異動のつど"
	case "4月":
		return "毎年4月"
	}
	return cycle
}

// Compared reports whether a person has compared the text with its source. Nothing that was not is
// ever shown as a quotation.
func (c Control) Compared() bool { return c.Checked != "" && c.Checked != "未照合" }

// SourceLabel says in words where a text comes from: the first word of a source is its kind, the
// rest names document and clause.
func SourceLabel(source string) string {
	kind, rest, _ := strings.Cut(source, " ")
	var word string
	switch kind {
	case "primary":
		word = "元の文書を見て書いた"
	case "secondary":
		word = "紹介する資料を見て書いた"
	case "memory":
		word = "記憶による再構成（引用ではない）"
	case "own":
		word = "団体又は作者が定めた"
	default:
		return source
	}
	if rest == "" {
		return word
	}
	return word + "：" + rest
}

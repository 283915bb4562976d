package control

import (
	"strings"

	"daicho/internal/asset"
	"daicho/internal/classify"
)

// Condition is one thing that a row asks for and what the asset has, in words.
type Condition struct {
	Label string // 機密性
	Asks  string // 3C以上
	Has   string // 3B
}

// models names the ways in which a body separates its networks. Source: 総務省ガイドライン 三層の対策.
var models = map[string]string{"": "定めなし", "a": "α", "a2": "α′", "b": "β", "b2": "β′"}

// ModelLabel returns the name of an adopted model, or the code itself for an unknown one.
func ModelLabel(code string) string {
	if l, ok := models[code]; ok {
		return l
	}
	return code
}

// Conditions puts into words what the row asks of an asset with the facets; a row that asks nothing
// but the kind gives one. code gives the code of a rank on an axis (3B).
func (r Row) Conditions(f asset.Facets, code func(classify.Axis, classify.Rank) string) []Condition {
	var out []Condition
	if len(r.Kinds) == len(asset.Kinds()) {
		out = append(out, Condition{"種別", "すべて", f.Kind.Label()})
	} else {
		out = append(out, Condition{"種別", words(r.Kinds, asset.Kind.Label), f.Kind.Label()})
	}
	level := func(a classify.Axis, least, most, has classify.Rank) {
		asks := ""
		if least > 0 {
			asks = code(a, least) + "以上"
		}
		if most > 0 {
			asks += code(a, most) + "以下"
		}
		if asks != "" {
			out = append(out, Condition{a.Label(), asks, code(a, has)})
		}
	}
	level(classify.Confidentiality, r.MinC, r.MaxC, f.C)
	level(classify.Integrity, r.MinI, 0, f.I)
	level(classify.Availability, r.MinA, 0, f.A)
	zone := func(z string) string { return asset.Label(asset.Zones(), z) }
	if len(r.Zones) > 0 {
		out = append(out, Condition{"領域", words(r.Zones, zone), zone(f.Zone)})
	}
	if all := asset.PersonalClasses(); r.Personal > 0 && r.Personal < len(all) {
		out = append(out, Condition{"個人情報", all[r.Personal].Label + "以上", all[asset.PersonalRank(f.Personal)].Label})
	}
	if r.Flags != 0 {
		out = append(out, Condition{"特性", strings.Join(r.Flags.Labels(), "、"), strings.Join((f.Flags & r.Flags).Labels(), "、")})
	}
	if len(r.Models) > 0 {
		out = append(out, Condition{"採用モデル", words(r.Models, ModelLabel), ModelLabel(f.Model)})
	}
	return out
}

func words[T any](list []T, label func(T) string) string {
	out := make([]string, len(list))
	for i, v := range list {
		out[i] = label(v)
	}
	return strings.Join(out, "・")
}

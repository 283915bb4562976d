package app

import (
	"cmp"
	"daicho/internal/asset"
	"daicho/internal/classify"
	"daicho/internal/postgres"
	"daicho/internal/relation"
)

// wordsOf turns codes of the organisation, the scheme and the register into words for differences
// and detail pages. What is not among others lies outside the scope and is shown without its name.
func wordsOf(scheme *classify.Scheme, codes postgres.CodeNames, others map[int64]AssetRef) asset.Names {
	return asset.Names{
		Ref: func(t asset.FieldType, code string) string {
			var name string
			switch t { //nolint:exhaustive // the types that refer to the organisation
			case asset.UnitRef:
				name = codes.Units[code]
			case asset.HostRef:
				name = codes.Hosts[code]
			case asset.PostRef:
				name = codes.Posts[code]
			}
			return cmp.Or(name, code)
		},
		Level: func(_ string, a asset.Axis, code string) string {
			if l, ok := scheme.ByCode(a, code); ok {
				return l.Label + "（" + a.Label() + l.Code + "）"
			}
			return code
		},
		Relation: func(r asset.Relation) string { return relationWords(r, others) },
		Answer: func(code, answer string) (string, string) {
			for _, q := range scheme.Questions {
				if q.Code == code {
					return q.Text, answerWords(q, answer)
				}
			}
			return "判定の回答（" + code + "）", answer // of a question that the scheme asks no more
		},
	}
}

// answerWords is what was answered, as the form shows it.
func answerWords(q classify.Question, answer string) string {
	for _, o := range q.Options {
		if o.Value == answer {
			return o.Label
		}
	}
	return answer + q.Unit
}

func relationWords(r asset.Relation, others map[int64]AssetRef) string {
	label := r.Type
	for _, i := range relation.Infos() {
		if i.Type != relation.Type(r.Type) {
			continue
		}
		label = i.Out
		if !r.Outgoing {
			label = i.In
		}
		break
	}
	o, ok := others[r.Other]
	if !ok {
		return label + "：他機関の資産"
	}
	if o.Number == "" {
		return label + "：" + o.Name
	}
	return label + "：" + o.Number + " " + o.Name
}

package asset

import (
	"maps"
	"strings"
	"testing"

	"daicho/internal/errs"
)

// What is said of personal data and the answers of the 判定 agree, whoever asks: the form, an import
// or a pack. The message stands at the field.
func TestPersonalDataAgreesWithTheAnswers(t *testing.T) {
	for name, c := range map[string]struct {
		values  map[string]string
		answers map[string]string
		field   string // "" = they agree
	}{
		"number, none":         {map[string]string{"personal": PersonalNone}, map[string]string{"mynumber": "yes"}, "personal"},
		"number, ordinary":     {map[string]string{"personal": PersonalOrdinary}, map[string]string{"mynumber": "yes"}, "personal"},
		"no number, number":    {map[string]string{"personal": PersonalMyNumber}, map[string]string{"mynumber": "no", "personal": "yes"}, "personal"},
		"number, number":       {map[string]string{"personal": PersonalMyNumber}, map[string]string{"mynumber": "yes"}, ""},
		"names, none":          {map[string]string{"personal": PersonalNone}, map[string]string{"mynumber": "no", "personal": "yes"}, "personal"},
		"no names, ordinary":   {map[string]string{"personal": PersonalOrdinary}, map[string]string{"mynumber": "no", "personal": "no"}, "personal"},
		"no names, none":       {map[string]string{"personal": PersonalNone}, map[string]string{"mynumber": "no", "personal": "no"}, ""},
		"grave, ordinary":      {map[string]string{"personal": PersonalOrdinary}, map[string]string{"mynumber": "no", "personal": "yes", "sensitive": "yes"}, "personal"},
		"not grave, sensitive": {map[string]string{"personal": PersonalSensitive}, map[string]string{"mynumber": "no", "personal": "yes", "sensitive": "no"}, "personal"},
		"grave, ordinance":     {map[string]string{"personal": PersonalOrdinance}, map[string]string{"mynumber": "no", "personal": "yes", "sensitive": "yes"}, ""},
		"left over":            {map[string]string{"personal": PersonalNone}, map[string]string{"mynumber": "no", "personal": "no", "sensitive": "yes"}, ""},
		"unknown":              {map[string]string{"personal": PersonalOrdinary}, map[string]string{"mynumber": "unknown", "personal": "no"}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			d := complete(Info)
			maps.Copy(d.Values, c.values)
			if c.values["personal"] == PersonalMyNumber {
				d.Values["zone"] = ZoneMyNumber
			}
			d.Judgement.Answers = c.answers
			var at strings.Builder
			for _, e := range errs.Fields(Check(d, Submit, testScheme())) {
				if e.Code == "asset.rule.answers" {
					at.WriteString(e.Field)
				}
			}
			if at.String() != c.field {
				t.Errorf("a message at %q, want %q", at.String(), c.field)
			}
			if err := Check(d, Draft, testScheme()); err != nil {
				t.Errorf("a draft is refused: %v", err)
			}
		})
	}
}

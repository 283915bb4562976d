package asset

import (
	"maps"
	"slices"
	"testing"
)

func TestCrossFieldRules(t *testing.T) {
	for name, c := range map[string]struct {
		kind   Kind
		values map[string]string
		field  string // "" = accepted
		code   string
	}{
		"R1 zone":                    {Info, map[string]string{"personal": PersonalMyNumber, "zone": ZoneLGWAN}, "zone", "asset.rule.r1"},
		"R1 medium":                  {Medium, map[string]string{"personal": PersonalMyNumber, "zone": ZoneOutside}, "zone", "asset.rule.r1"},
		"R1 paper, no lock":          {Paper, map[string]string{"personal": PersonalMyNumber, "locked": "open"}, "locked", "asset.rule.r1"},
		"R1 paper, lock not said":    {Paper, map[string]string{"personal": PersonalMyNumber}, "locked", "asset.rule.r1"},
		"contract has no zone":       {Contract, map[string]string{"personal": PersonalMyNumber}, "", ""},
		"retention ends first":       {Info, map[string]string{"retention_start": "2027-04-01", "retention_end": "2027-03-31"}, "retention_end", "asset.rule.order"},
		"retention of one day":       {Info, map[string]string{"retention_start": "2027-04-01", "retention_end": "2027-04-01"}, "", ""},
		"contract ends first":        {Contract, map[string]string{"start_on": "2027-04-01"}, "contract_end", "asset.rule.order"},
		"disposed, no proof":         {Info, map[string]string{"lifecycle": "disposed", "disposed_on": "2027-03-31", "disposal_method": "delete"}, "disposal_proof", "asset.rule.disposal"},
		"disposed, no date":          {Info, map[string]string{"lifecycle": "disposed", "disposal_proof": "写真", "disposal_method": "delete"}, "disposed_on", "asset.rule.disposal"},
		"disposed, no method":        {Info, map[string]string{"lifecycle": "disposed", "disposal_proof": "写真", "disposed_on": "2027-03-31"}, "disposal_method", "asset.rule.disposal"},
		"disposed":                   {Info, map[string]string{"lifecycle": "disposed", "disposal_proof": "写真", "disposed_on": "2027-03-31", "disposal_method": "delete"}, "", ""},
		"proof, but in use":          {Info, map[string]string{"disposal_proof": "写真"}, "lifecycle", "asset.rule.disposal"},
		"disposed before it was got": {Device, map[string]string{"acquired_on": "2027-04-01", "disposed_on": "2027-03-31", "lifecycle": "disposed", "disposal_method": "crush", "disposal_proof": "証明書"}, "disposed_on", "asset.rule.order"},
	} {
		t.Run(name, func(t *testing.T) {
			d := complete(c.kind)
			if d.Judgement.Levels["C"] != "" {
				d.Judgement.Levels["C"] = "3B"
			}
			maps.Copy(d.Values, c.values)
			err := Check(d, Submit, testScheme())
			if c.field == "" && err != nil || c.field != "" && !slices.Contains(codesAt(err, c.field), c.code) {
				t.Errorf("%v", err)
			}
			if err := Check(d, Draft, testScheme()); err != nil {
				t.Errorf("a draft may be half right: %v", err)
			}
		})
	}
}

package asset

import (
	"maps"
	"slices"
	"testing"

	"daicho/internal/errs"
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

func TestWarnings(t *testing.T) {
	for name, c := range map[string]struct {
		kind   Kind
		values map[string]string
		c      string // level of confidentiality
		code   string
		field  string
	}{
		"R2":                 {Info, map[string]string{"personal": PersonalSensitive}, "3C", "asset.rule.r2", "level_c"},
		"R3":                 {Info, map[string]string{"zone": ZoneInternet}, "3B", "asset.rule.r3", "zone"},
		"R4":                 {Cloud, map[string]string{"personal": PersonalOrdinary}, "", "asset.rule.r4", "ismap"},
		"R5 no encryption":   {Medium, map[string]string{"personal": PersonalOrdinary, "encryption": "none"}, "", "asset.rule.r5", "encryption"},
		"R5 carried machine": {Device, map[string]string{"personal": PersonalOrdinary, "portable": "1"}, "", "asset.rule.r5", "encryption"},
		"R7":                 {Info, map[string]string{"backup": "none"}, "2", "asset.rule.r7", "backup"},
		"R7 time":            {System, nil, "", "asset.rule.r7", "rto"},
		"R8":                 {Info, map[string]string{"personal": PersonalOrdinary, "subjects": "1000"}, "3C", "asset.rule.r8", "pi_file"},
		"R8 wrong reason":    {Info, map[string]string{"personal": PersonalOrdinary, "subjects": "1000", "pi_file": "exempt", "pi_file_reason": "under_1000"}, "3C", "asset.rule.r8", "pi_file_reason"},
		"PIA":                {Info, map[string]string{"personal": PersonalMyNumber, "zone": ZoneMyNumber}, "3B", "asset.rule.pia", "pia"},
		"R20":                {Device, map[string]string{"acquisition": "lease"}, "", "asset.rule.r20", "lease_end"},
		"public names":       {Info, map[string]string{"personal": PersonalOrdinary, "public": "1"}, "3C", "asset.rule.public", "public"},
		"subcontractors":     {Contract, map[string]string{"subcontract": "approved"}, "", "asset.rule.subcontract", "subcontractors"},
	} {
		t.Run(name, func(t *testing.T) {
			d := complete(c.kind)
			maps.Copy(d.Values, c.values)
			if c.c != "" {
				d.Judgement.Levels["C"] = c.c
			}
			found := slices.ContainsFunc(Warnings(d, testScheme()), func(e *errs.Error) bool { return e.Code == c.code && e.Field == c.field })
			if !found {
				t.Errorf("no advice: %v", Warnings(d, testScheme()))
			}
			if err := Check(d, Submit, testScheme()); err != nil {
				t.Errorf("advice must not stop a submission: %v", err)
			}
		})
	}
	quiet := complete(Info)
	quiet.Judgement.Levels = map[string]string{"C": "2", "I": "1", "A": "1"}
	quiet.Values["personal"] = PersonalNone
	if w := Warnings(quiet, testScheme()); len(w) != 0 {
		t.Errorf("advice without cause: %v", w)
	}
}

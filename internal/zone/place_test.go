package zone_test

import (
	"strings"
	"testing"

	"daicho/internal/asset"
	"daicho/internal/zone"
)

func matrix() zone.Matrix {
	return zone.Matrix{
		{Rank: 4, MyNumber: true, Place: zone.PlaceLG, Verdict: zone.Banned, Control: "3-01"},
		{Rank: 5, Place: zone.PlaceLG, Verdict: zone.Approval, Control: "7-08", Note: "独立した機器に限る"},
		{Rank: 4, Place: zone.PlaceLG, Verdict: zone.Standard},
		{Rank: 1, Place: zone.PlaceLG, Verdict: zone.Allowed},
		{Rank: 4, Place: zone.PlaceIT, Verdict: zone.Approval, Models: []string{zone.BetaPrime}, Control: "3-14"},
		{Rank: 2, Place: zone.PlaceIT, Verdict: zone.Allowed},
	}
}

func TestJudgePlace(t *testing.T) {
	for name, c := range map[string]struct {
		in    zone.Content
		place zone.Place
		model string
		want  string
	}{
		"3B on LGWAN":                        {zone.Content{Rank: 4}, zone.PlaceLG, "a", ""},
		"3A on LGWAN":                        {zone.Content{Rank: 5}, zone.PlaceLG, "a", "Z12"},
		"between two rows":                   {zone.Content{Rank: 3}, zone.PlaceLG, "a", ""},
		"My Number on LGWAN":                 {zone.Content{Rank: 4, MyNumber: true}, zone.PlaceLG, "a", "Z11"},
		"My Number judged too low":           {zone.Content{Rank: 2, MyNumber: true}, zone.PlaceLG, "a", "Z11"},
		"My Number in a secret document":     {zone.Content{Rank: 5, MyNumber: true}, zone.PlaceLG, "a", "Z12"},
		"3B on the Internet, α":              {zone.Content{Rank: 4}, zone.PlaceIT, "a", "Z11"},
		"3B on the Internet, β":              {zone.Content{Rank: 4}, zone.PlaceIT, "b", "Z11"},
		"3B on the Internet, β′":             {zone.Content{Rank: 4}, zone.PlaceIT, "b2", "Z12"},
		"2 on the Internet":                  {zone.Content{Rank: 2}, zone.PlaceIT, "", ""},
		"below every row":                    {zone.Content{Rank: 1}, zone.PlaceIT, "", ""},
		"no column":                          {zone.Content{Rank: 5}, zone.PlaceMedium, "a", ""},
		"not judged yet":                     {zone.Content{MyNumber: true}, zone.PlaceLG, "a", ""},
		"My Number where no row names it":    {zone.Content{Rank: 4, MyNumber: true}, zone.PlaceIT, "b2", "Z12"},
		"My Number, low, no row on Internet": {zone.Content{Rank: 1, MyNumber: true}, zone.PlaceIT, "b2", ""},
	} {
		t.Run(name, func(t *testing.T) {
			got := zone.JudgePlace(c.in, c.place, matrix(), c.model)
			if s := strings.Join(ids(got), " "); s != c.want {
				t.Errorf("found %q, want %q", s, c.want)
			}
			says(t, got)
		})
	}
	if got := zone.JudgePlace(zone.Content{Rank: 5}, zone.PlaceLG, matrix(), "a"); !strings.Contains(got[0].Text(), "独立した機器に限る") || !strings.Contains(got[0].Why, "7-08") {
		t.Errorf("the cell does not say why: %s", got[0].Text())
	}
}

func TestPlaceOf(t *testing.T) {
	for _, c := range []struct {
		kind asset.Kind
		zone string
		want zone.Place
	}{
		{asset.System, "MN", zone.PlaceMN}, {asset.Device, "LG", zone.PlaceLG}, {asset.Device, "IT", zone.PlaceIT}, {asset.Device, "OUT", ""},
		{asset.Cloud, "MN", zone.PlaceCloudMN}, {asset.Cloud, "LG", zone.PlaceCloudLG}, {asset.Cloud, "IT", zone.PlaceCloud}, {asset.Cloud, "", zone.PlaceCloud},
		{asset.Paper, "", zone.PlacePaper}, {asset.Medium, "LG", zone.PlaceMedium}, {asset.Facility, "LG", ""}, {asset.Info, "IT", zone.PlaceIT},
	} {
		got, ok := zone.PlaceOf(zone.Container{Kind: c.kind, Zone: c.zone})
		if got != c.want || ok != (c.want != "") {
			t.Errorf("%s in %q: %q %v, want %q", c.kind, c.zone, got, ok, c.want)
		}
	}
}

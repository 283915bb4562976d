package check

import (
	"daicho/internal/asset"
	"daicho/internal/zone"
)

// zoneRules are the rules about 領域: package zone judges, the words of a row come from there.
func zoneRules() []Rule {
	var out []Rule
	for _, z := range zone.Rules() {
		r := Rule{ID: z.ID, Title: z.Title, Clause: z.Clause, Severity: Severity(z.Severity), Advice: z.Advice}
		line := Line{Field: "relation", Kinds: []asset.Kind{asset.Network, asset.System}, Source: Crossings, Text: "{値}（相手：「{相手}」）"}
		switch z.ID {
		case "Z06", "Z07", "Z08":
			line.Field, line.Kinds = "zone", []asset.Kind{asset.Device, asset.System}
		case "Z09":
			line.Text = "接続の見直し期日（{日}）を過ぎました（相手：「{相手}」）"
		case "Z11", "Z12":
			line = Line{Field: "place", Kinds: []asset.Kind{asset.Info, asset.Paper}, Source: Placed, Text: "機密性「{機密性}」の情報が、{値}にあります"}
		}
		r.Lines = []Line{line}
		out = append(out, r)
	}
	return out
}

package pack

import (
	"slices"

	"daicho/internal/classify"
	"daicho/internal/zone"
)

// PlaceRow is a row of placement.csv: whether information of a level may lie in a place. The rank is
// that of the level in the default scheme.
type PlaceRow struct {
	Rank     int      `json:"rank"`
	MyNumber bool     `json:"my_number"`
	Place    string   `json:"place"`
	Verdict  string   `json:"verdict"`
	Models   []string `json:"models"`
	Control  string   `json:"control"`
	Note     string   `json:"note"`
	Source   string   `json:"source"`
	Checked  string   `json:"checked"`
}

func (r *reader) placement() {
	var places, verdicts []string
	for _, o := range zone.Places() {
		places = append(places, o.Code)
	}
	for _, o := range zone.Verdicts() {
		verdicts = append(verdicts, o.Code)
	}
	scheme := r.defaultScheme()
	seen := keys{}
	for _, row := range r.rows("placement") {
		p := PlaceRow{
			Rank: rank(row, "level", scheme, classify.Confidentiality), MyNumber: row.Flag("my_number"), Place: row.NeedOneOf("place", places...),
			Verdict: row.NeedOneOf("verdict", verdicts...), Models: row.ListOf("models", models...), Control: row.Code("control"), Note: row.Text("note", 200),
		}
		p.Source, p.Checked = provenance(row)
		if row.NeedCode("level") == "" || p.Rank == 0 { // said at its cell
			continue
		}
		if p.Control != "" && len(r.p.Catalogues) > 0 && !slices.ContainsFunc(r.p.Catalogues, func(c Catalogue) bool {
			return slices.ContainsFunc(c.Controls, func(k Control) bool { return k.Key == p.Control })
		}) {
			row.Fail("control", "control.csv にない番号です。番号を直すか、control.csv に加えてください。")
		}
		if p.Models == nil {
			p.Models = []string{}
		}
		if seen.add(row, "place", join(p.Rank, p.MyNumber, p.Place)) {
			r.p.Placement = append(r.p.Placement, p)
		}
	}
}

package pack

import (
	rules "daicho/internal/check"
)

// Check is a row of check.csv: what a body decides about a 点検規則. It counts when the rule has no
// settings yet; afterwards those of the screen stand.
type Check struct {
	ID       string `json:"id"`
	Severity string `json:"severity"`
	Enabled  bool   `json:"enabled"`
	Limit    int    `json:"limit_no"`
	Title    string `json:"title"`
	Advice   string `json:"advice"`
}

func (r *reader) checks() {
	seen, known := keys{}, map[string]rules.Rule{}
	ids, severities := []string{}, []string{}
	for _, x := range rules.Shipped() {
		known[x.ID], ids = x, append(ids, x.ID)
	}
	for _, s := range rules.Severities() {
		severities = append(severities, s.Code)
	}
	for _, row := range r.rows("check") {
		c := Check{
			ID: row.NeedOneOf("id", ids...), Severity: row.NeedOneOf("severity", severities...), Limit: row.Int("limit", 0, 1_000_000),
			Enabled: row.Code("enabled") != "0", Title: row.Text("title", 100), Advice: row.Text("advice", 400),
		}
		row.Flag("enabled")
		if c.Limit > 0 && known[c.ID].Unit == "" {
			row.Fail("limit", "この規則にしきい値はありません。空にしてください。")
		}
		if seen.add(row, "id", c.ID) {
			r.p.Checks = append(r.p.Checks, c)
		}
	}
}

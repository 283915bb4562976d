package zone_test

import (
	"slices"
	"strings"
	"testing"

	"daicho/internal/asset"
	"daicho/internal/jpdate"
	"daicho/internal/relation"
	"daicho/internal/zone"
)

func day(s string) jpdate.Date {
	d, err := jpdate.ParseISO(s)
	if err != nil {
		panic(err)
	}
	return d
}

// ids are the rules that found something, in order.
func ids(fs []zone.Finding) []string {
	var out []string
	for _, f := range fs {
		out = append(out, f.Rule)
	}
	return out
}

// good is a connection between LGWAN and the Internet that nothing is wrong with.
func good(change func(*zone.Connection)) zone.Connection {
	c := zone.Connection{
		Type: relation.Bridges, From: asset.ZoneLGWAN, To: asset.ZoneInternet, Flow: zone.In, Split: "firewall", Sanitise: "rebuild",
		ReviewOn: day("2027-03-31"), Today: day("2026-11-23"),
	}
	change(&c)
	return c
}

// special is a 特定通信 that nothing is wrong with.
func special(change func(*zone.Connection)) zone.Connection {
	return good(func(c *zone.Connection) {
		c.From, c.To, c.Special = asset.ZoneMyNumber, asset.ZoneInternet, true
		c.Partner, c.Path, c.Protocol, c.Sanitise = "地方税共同機構（eLTAX）", "lgwan", "HTTPS 443", "none"
		change(c)
	})
}

func TestJudge(t *testing.T) {
	hang := func(kind relation.Type, from, to string, cloud bool) zone.Connection {
		return zone.Connection{Type: kind, From: from, To: to, Cloud: cloud, Today: day("2026-11-23")}
	}
	keep := func(*zone.Connection) {}
	const mn, lg, it, out = asset.ZoneMyNumber, asset.ZoneLGWAN, asset.ZoneInternet, asset.ZoneOutside
	for name, c := range map[string]struct {
		c     zone.Connection
		model string
		want  string
	}{
		"LG and IT, split and sanitised":       {good(keep), "a", ""},
		"not split":                            {good(func(c *zone.Connection) { c.Split = "none" }), "a", "Z04"},
		"split not said":                       {good(func(c *zone.Connection) { c.Split = "" }), "a", "Z04"},
		"not sanitised":                        {good(func(c *zone.Connection) { c.Sanitise = "none" }), "a", "Z05"},
		"inspected only":                       {good(func(c *zone.Connection) { c.Sanitise = "inspect" }), "b", "Z05"},
		"said to take nothing in, but does":    {good(func(c *zone.Connection) { c.Sanitise = "needless" }), "a", "Z05"},
		"takes nothing in":                     {good(func(c *zone.Connection) { c.Sanitise, c.Flow = "needless", zone.Out }), "a", ""},
		"the same, drawn at the other end":     {good(func(c *zone.Connection) { c.From, c.To, c.Sanitise, c.Flow = it, lg, "needless", zone.In }), "a", ""},
		"into LG, drawn at the other end":      {good(func(c *zone.Connection) { c.From, c.To, c.Sanitise, c.Flow = it, lg, "none", zone.Out }), "a", "Z05"},
		"both ways":                            {good(func(c *zone.Connection) { c.Sanitise, c.Flow = "none", zone.Both }), "a", "Z05"},
		"neither split nor sanitised":          {good(func(c *zone.Connection) { c.Split, c.Sanitise = "none", "none" }), "a", "Z04 Z05"},
		"review passed":                        {good(func(c *zone.Connection) { c.ReviewOn = day("2026-11-22") }), "a", "Z09"},
		"review today":                         {good(func(c *zone.Connection) { c.ReviewOn = day("2026-11-23") }), "a", ""},
		"no review":                            {good(func(c *zone.Connection) { c.ReviewOn = jpdate.Date{} }), "a", "Z10"},
		"without a day nothing is late":        {good(func(c *zone.Connection) { c.ReviewOn, c.Today = day("2020-01-01"), jpdate.Date{} }), "a", ""},
		"MN and IT":                            {good(func(c *zone.Connection) { c.From = mn }), "a", "Z01"},
		"IT and MN":                            {good(func(c *zone.Connection) { c.From, c.To = it, mn }), "b2", "Z01"},
		"MN and IT by a closed way":            {special(keep), "a", ""},
		"special over an unnamed way":          {special(func(c *zone.Connection) { c.Path = "other" }), "a", "Z01"},
		"special without a way":                {special(func(c *zone.Connection) { c.Path = "" }), "a", "Z01"},
		"special with nobody":                  {special(func(c *zone.Connection) { c.Partner = "" }), "a", "Z03"},
		"special without a port":               {special(func(c *zone.Connection) { c.Protocol = "HTTPS" }), "a", "Z03"},
		"special, full-width port":             {special(func(c *zone.Connection) { c.Protocol = "ＨＴＴＰＳ　４４３" }), "a", ""},
		"special MN–LG without a way":          {special(func(c *zone.Connection) { c.To, c.Path = lg, "" }), "a", "Z03"},
		"special MN–LG":                        {special(func(c *zone.Connection) { c.To = lg }), "a", ""},
		"special without a review":             {special(func(c *zone.Connection) { c.ReviewOn = jpdate.Date{} }), "a", "Z10"},
		"MN and LG":                            {good(func(c *zone.Connection) { c.From, c.To = mn, lg }), "a", "Z02"},
		"MN and outside":                       {good(func(c *zone.Connection) { c.From, c.To = out, mn }), "a", "Z02"},
		"within MN":                            {good(func(c *zone.Connection) { c.From, c.To = mn, mn }), "a", ""},
		"LG and outside":                       {good(func(c *zone.Connection) { c.To, c.Split, c.Sanitise = out, "none", "none" }), "a", ""},
		"an end without 領域":                    {good(func(c *zone.Connection) { c.To, c.Split = "", "none" }), "a", ""},
		"device of MN on the Internet":         {hang(relation.Connects, mn, it, false), "a", "Z07"},
		"system of LG on a host of MN":         {hang(relation.RunsOn, lg, mn, false), "a", "Z07"},
		"device of LG on the Internet":         {hang(relation.Connects, lg, it, false), "b", "Z08"},
		"device of the Internet on LG":         {hang(relation.Connects, it, lg, false), "b2", "Z08"},
		"system of LG on a host on the Net":    {hang(relation.RunsOn, lg, it, false), "a2", "Z08"},
		"system of LG on a cloud, α":           {hang(relation.RunsOn, lg, it, true), "a", "Z06"},
		"system of LG on a cloud, no model":    {hang(relation.RunsOn, lg, it, true), "", "Z06"},
		"system of LG on a cloud, α′":          {hang(relation.RunsOn, lg, it, true), "a2", ""},
		"system of LG on a cloud of LG":        {hang(relation.RunsOn, lg, lg, true), "a", ""},
		"device of LG outside":                 {hang(relation.Connects, lg, out, false), "a", ""},
		"storage does not cross":               {hang(relation.Stores, mn, it, false), "a", ""},
		"system of the Net on a cloud of MN":   {hang(relation.RunsOn, it, mn, true), "b2", "Z07"},
		"system of the Net on a cloud of LG":   {hang(relation.RunsOn, it, lg, true), "a2", "Z08"},
		"MN–IT neither split nor sanitised":    {good(func(c *zone.Connection) { c.From, c.Split, c.Sanitise = mn, "none", "none" }), "a", "Z01"},
		"special between LG and IT is no door": {good(func(c *zone.Connection) { c.Special, c.Split = true, "none" }), "a", "Z04"},
	} {
		t.Run(name, func(t *testing.T) {
			got := zone.Judge(c.c, c.model)
			if s := strings.Join(ids(got), " "); s != c.want {
				t.Errorf("found %q, want %q", s, c.want)
			}
			says(t, got)
		})
	}
}

// says checks what every finding promises: what, why, which clause, what to do, at a field that there
// is, with the severity of its rule.
func says(t *testing.T, fs []zone.Finding) {
	t.Helper()
	fields := map[string]bool{"": true, "zone": true}
	for _, f := range asset.RelationFields("bridges", "") {
		fields[f.Key] = true
	}
	for _, f := range fs {
		i := slices.IndexFunc(zone.Rules(), func(r zone.Rule) bool { return r.ID == f.Rule })
		if i < 0 || zone.Rules()[i].Severity != f.Severity {
			t.Errorf("%s is no rule, or has another severity: %v", f.Rule, f.Severity)
		}
		if f.What == "" || f.Why == "" || f.Do == "" || !strings.HasPrefix(f.Clause, "基本方針 6") || !fields[f.Field] {
			t.Errorf("%+v does not say enough", f)
		}
		if f.Severity.Label() == string(f.Severity) || !strings.Contains(f.Text(), f.Clause) {
			t.Errorf("%s: %q %q", f.Rule, f.Severity.Label(), f.Text())
		}
	}
}

// Only the direct connection of MN and the Internet refuses a submission.
func TestOnlyTheDirectConnectionRefuses(t *testing.T) {
	for _, r := range zone.Rules() {
		if (r.Severity == zone.Refuse) != (r.ID == "Z01") {
			t.Errorf("%s: %s", r.ID, r.Severity)
		}
	}
}

func TestConnectionOfARelation(t *testing.T) {
	r := asset.Relation{Type: "bridges", Other: 7, Values: map[string]string{
		"direction": "in", "split": "vlan", "sanitise": "text", "special": "1", "partner": "p", "path": "juki", "protocol": "x 1", "review_on": "2027-03-31",
	}}
	got := zone.OfRelation(r, "MN", "LG", day("2026-11-23"))
	want := zone.Connection{
		Type: relation.Bridges, From: "MN", To: "LG", Flow: zone.In, Split: "vlan", Sanitise: "text", Special: true, Partner: "p", Path: "juki",
		Protocol: "x 1", ReviewOn: day("2027-03-31"), Today: day("2026-11-23"),
	}
	if got != want {
		t.Errorf("%+v", got)
	}
}

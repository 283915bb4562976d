package app

import (
	"cmp"
	"context"
	"slices"
	"strconv"
	"strings"

	"daicho/internal/asset"
	"daicho/internal/authz"
	"daicho/internal/classify"
	"daicho/internal/errs"
	"daicho/internal/jpdate"
	"daicho/internal/postgres"
	"daicho/internal/relation"
	"daicho/internal/zone"
)

// crossingPage is how many crossings a page of the 領域図 lists, and printCrossings how many a sheet may.
const (
	crossingPage   = 50
	printCrossings = 2_000
)

// ZoneQuery says which crossings the page of the 領域図 lists.
type ZoneQuery struct {
	A, B string // the two 領域; blank = all
	Bad  bool   // only those that break a rule
	Page int    // from 1
}

// ZoneArea is one 領域 with what is in use there.
type ZoneArea struct {
	Zone   string
	Kinds  []postgres.ZoneKind // within the scope, in the order of the kinds, none empty
	N      int
	Others int // assets of others, whose names stay hidden
}

// ZonePair is what joins two 領域.
type ZonePair struct {
	A, B    string
	N       int // crossings within the scope
	Bad     int // of them, those that break a rule
	Worst   zone.Severity
	Methods []string // in words, with how many each; none for a pair that nothing joins
}

// ZoneLine is one crossing with what is wrong with it.
type ZoneLine struct {
	postgres.Crossing
	Findings []zone.Finding
}

// Worst is the gravest severity of the line, "" when nothing is wrong.
func (l ZoneLine) Worst() zone.Severity { return worst(l.Findings) }

// ZoneView is the 領域図 with the table beside it.
type ZoneView struct {
	Query  ZoneQuery
	Areas  []ZoneArea // all four, in their order
	Pairs  []ZonePair // all six, in their order
	Lines  []ZoneLine
	Count  int // of the lines that the query lets pass
	Pages  int
	Bad    int    // of all crossings within the scope
	Model  string // adopted model of the body
	Others []string
	Day    jpdate.Date
}

// PairOf returns what joins two 領域, whichever is named first.
func (v ZoneView) PairOf(a, b string) ZonePair {
	for _, p := range v.Pairs {
		if p.A == a && p.B == b || p.A == b && p.B == a {
			return p
		}
	}
	return ZonePair{A: a, B: b}
}

// Zones reads the 領域図 within the scope. Errors: Forbidden, Busy.
func (a *App) Zones(ctx context.Context, actor authz.Actor, q ZoneQuery) (ZoneView, error) {
	g, err := authz.Permit(actor, authz.ReadAsset)
	if err != nil {
		return ZoneView{}, err
	}
	var v ZoneView
	err = a.db.View(ctx, g, func(ctx context.Context, t *postgres.Tx) error {
		v, err = zones(ctx, t, q, crossingPage)
		return err
	})
	return v, err
}

func zones(ctx context.Context, t *postgres.Tx, q ZoneQuery, size int) (ZoneView, error) {
	v := ZoneView{Query: q, Day: jpdate.OfTime(t.Now())}
	kinds, err := t.ZoneKinds(ctx)
	if err != nil {
		return v, err
	}
	v.Areas = areas(kinds)
	patterns, err := t.Patterns(ctx)
	if err != nil {
		return v, err
	}
	v.Pairs = pairs(patterns)
	if v.Model, err = t.BodyModel(ctx); err != nil {
		return v, err
	}
	crossings := postgres.CrossingQuery{A: q.A, B: q.B, Limit: size}
	if q.Bad {
		crossings.Patterns = []string{}
	}
	for _, p := range patterns {
		bad := breaks(zone.Judge(p.Connection, p.Model))
		if bad {
			v.Bad += p.N
		}
		if q.A != "" && !(p.From == q.A && p.To == q.B || p.From == q.B && p.To == q.A) || q.Bad && !bad {
			continue
		}
		v.Count += p.N
		if q.Bad {
			crossings.Patterns = append(crossings.Patterns, p.Key)
		}
	}
	v.Pages = max((v.Count+size-1)/size, 1)
	v.Query.Page = min(max(q.Page, 1), v.Pages)
	crossings.Offset = (v.Query.Page - 1) * size
	list, err := t.Crossings(ctx, crossings)
	if err != nil {
		return v, err
	}
	for _, c := range list {
		v.Lines = append(v.Lines, ZoneLine{c, zone.Judge(c.Connection(v.Day), c.Model)})
	}
	return v, nil
}

func areas(kinds []postgres.ZoneKind) []ZoneArea {
	var out []ZoneArea
	for _, z := range asset.Zones() {
		x := ZoneArea{Zone: z.Code}
		for _, k := range asset.Kinds() {
			for _, n := range kinds {
				if n.Zone != z.Code || n.Kind != k.Kind {
					continue
				}
				x.N += n.N
				x.Others += n.All - n.N
				if n.N > 0 {
					x.Kinds = append(x.Kinds, n)
				}
			}
		}
		out = append(out, x)
	}
	return out
}

// pairs takes the crossings of each two 領域 together.
func pairs(patterns []postgres.Pattern) []ZonePair {
	var out []ZonePair
	all := asset.Zones()
	for i, x := range all {
		for _, y := range all[i+1:] {
			p := ZonePair{A: x.Code, B: y.Code}
			methods := map[string]int{}
			for _, c := range patterns {
				if !(c.From == p.A && c.To == p.B || c.From == p.B && c.To == p.A) {
					continue
				}
				p.N += c.N
				methods[Method(c.Connection)] += c.N
				if fs := zone.Judge(c.Connection, c.Model); breaks(fs) {
					p.Bad += c.N
					p.Worst = graver(p.Worst, worst(fs))
				}
			}
			for m, n := range methods {
				p.Methods = append(p.Methods, m+" "+strconv.Itoa(n)+"件")
			}
			slices.Sort(p.Methods)
			out = append(out, p)
		}
	}
	return out
}

// Method is the way of a crossing in a few words.
func Method(c zone.Connection) string {
	if c.Type != relation.Bridges {
		return "登録だけのつながり"
	}
	if c.Special {
		return "特定通信"
	}
	words := map[string]string{}
	for _, f := range asset.RelationFields(string(relation.Bridges), "") {
		for _, o := range f.Options {
			words[f.Key+o.Code], _, _ = strings.Cut(o.Label, "（")
		}
	}
	split, sanitise := words["split"+c.Split], words["sanitise"+c.Sanitise]
	return "分割：" + cmp.Or(split, "未記入") + "、無害化：" + cmp.Or(sanitise, "未記入")
}

// breaks reports whether a rule is broken: a mere note is no violation.
func breaks(fs []zone.Finding) bool {
	return slices.ContainsFunc(fs, func(f zone.Finding) bool { return f.Severity != zone.Note })
}

var gravest = []zone.Severity{zone.Refuse, zone.Grave, zone.Warn, zone.Note, ""}

func graver(a, b zone.Severity) zone.Severity {
	if slices.Index(gravest, b) < slices.Index(gravest, a) {
		return b
	}
	return a
}

func worst(fs []zone.Finding) zone.Severity {
	var out zone.Severity
	for _, f := range fs {
		out = graver(out, f.Severity)
	}
	return out
}

// ZoneSheet is the 領域図 for paper, as a system document.
type ZoneSheet struct {
	ZoneView
	Marking string // of the highest content
	By      string
	Printed string
	Head    string // of the trail, on one line, or ""
	TooMany bool
}

// PrintZones reads the 領域図 for paper. A print is in the trail. Errors: Forbidden, Busy.
func (a *App) PrintZones(ctx context.Context, actor authz.Actor, q ZoneQuery) (ZoneSheet, error) {
	g, err := authz.Permit(actor, authz.ExportLedger)
	if err != nil {
		return ZoneSheet{}, err
	}
	q.Page = 1
	var v ZoneSheet
	err = a.db.View(ctx, g, func(ctx context.Context, t *postgres.Tx) error {
		if v.ZoneView, err = zones(ctx, t, q, printCrossings); err != nil {
			return err
		}
		v.TooMany = v.Count > printCrossings
		scheme, err := t.Scheme(ctx, 0)
		if err != nil {
			return err
		}
		// A drawing of networks and their connections is a system document (SD), which is 3C by default,
		// whatever it shows: the level of that code, else the one in the middle of the scheme.
		levels := scheme.Axis(classify.Confidentiality).Levels
		if l, ok := scheme.ByRank(classify.Confidentiality, documentRank); ok {
			v.Marking = l.Marking
		} else if len(levels) > 0 {
			v.Marking = levels[len(levels)/2].Marking
		}
		if v.Head, err = headLine(ctx, t); err != nil {
			return err
		}
		v.By, v.Printed = actor.Title()+" "+actor.Name, jpdate.FormatTime(t.Now())
		return a.db.Act(ctx, g, func(ctx context.Context, t *postgres.Tx) error {
			return t.Sign(ctx, postgres.Note{Target: "領域図", Detail: map[string]any{"format": "print", "rows": v.Count, "marking": v.Marking}})
		})
	})
	return v, err
}

// documentRank is the rank of 機密性 of a drawing of networks on the common scale: 3C.
const documentRank = 3

// crossings judges the connections that a draft draws, and those that others have drawn to it: the
// forbidden ones stop a submission at their input, the rest is advice. Ends outside the scope are
// left to the nightly look: their 領域 are not told.
func (v *DraftView) crossings(ctx context.Context, t *postgres.Tx, d postgres.Draft) ([]*errs.Error, error) {
	own := v.Doc.Get("zone")
	if own == "" {
		return nil, nil
	}
	var ids []int64
	for _, r := range v.Doc.Relations {
		known := !slices.ContainsFunc(v.strange, func(s asset.Relation) bool { return s.Other == r.Other })
		if known && slices.Contains([]relation.Type{relation.Bridges, relation.Connects, relation.RunsOn}, relation.Type(r.Type)) {
			ids = append(ids, r.Other)
		}
	}
	zones, err := t.ZonesOf(ctx, ids)
	if err != nil {
		return nil, err
	}
	var advice []*errs.Error
	note := func(field string, c zone.Connection) {
		for _, f := range zone.Judge(c, v.Unit.Model) {
			e := errs.OnField(field+f.Field, "zone."+f.Rule, f.Text())
			if field == "zone" {
				e.Field = field
			}
			if f.Severity == zone.Refuse {
				v.ends = errs.Join(v.ends, e)
			} else {
				advice = append(advice, e)
			}
		}
	}
	day := jpdate.OfTime(t.Now())
	for _, r := range v.Doc.Relations {
		other, ok := zones[r.Other]
		if !ok {
			continue
		}
		c := zone.OfRelation(r, own, other.Zone, day)
		c.Cloud = other.Kind == asset.Cloud
		if !r.Outgoing && c.Type != relation.Bridges { // connects and runs_on are judged from the device
			c.From, c.To, c.Cloud = c.To, c.From, v.Kind == asset.Cloud
		}
		if c.Type == relation.Bridges {
			note(r.Input(""), c)
		} else {
			note("zone", c)
		}
	}
	if d.BaseNo == 0 {
		return advice, nil
	}
	drawn, err := t.DrawnElsewhere(ctx, d.Asset)
	if err != nil {
		return nil, err
	}
	for _, x := range drawn {
		c := x.Connection(day)
		if x.FromID == d.Asset {
			c.From = own
		} else {
			c.To = own
		}
		note("zone", c)
	}
	return advice, nil
}

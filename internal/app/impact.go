package app

import (
	"context"
	"strings"

	"daicho/internal/asset"
	"daicho/internal/authz"
	"daicho/internal/classify"
	"daicho/internal/postgres"
	"daicho/internal/relation"
)

// impactPage is how many assets a page of an impact names.
const impactPage = 100

// ImpactQuery says which impact of an asset to show.
type ImpactQuery struct {
	Rise     string // "<axis>:<code of a level>"; "" or unknown = the next level on the first axis that has one
	RisePage int    // from 1
	StopPage int
}

// ImpactView is the page 影響範囲: what would change if the asset weighed more, and what stops if it
// stops.
type ImpactView struct {
	AssetHead
	Choices []RiseChoice
	Chosen  RiseChoice // zero when the asset stands at the top of every axis
	Rise    ImpactList
	Stop    ImpactList
	Near    Neighbourhood
}

// RiseChoice is one level to which the asset could rise.
type RiseChoice struct {
	Axis  classify.Axis
	Level classify.Level
}

// Value is what ImpactQuery.Rise names the choice by.
func (c RiseChoice) Value() string { return string(c.Axis) + ":" + c.Level.Code }

// ImpactList is what a change reaches.
type ImpactList struct {
	Units       []postgres.UnitImpact // within the scope, most first
	Lines       []postgres.Impacted
	Sure, Asks  int // within the scope: change by themselves, would have to be looked at again
	Outside     int // 他機関の資産
	More        bool
	Page, Pages int
}

// pageOf keeps a page that was asked for within what an impact or a list of relations can have.
func pageOf(n int) int { return min(max(1, n), 100_000) }

// Total counts everything that the change reaches.
func (l ImpactList) Total() int { return l.Sure + l.Asks + l.Outside }

// Neighbourhood is a part of the graph around an asset, with the words of its relations.
type Neighbourhood struct {
	Nodes []postgres.NearNode
	Links []NearLink
	Rest  []NearRest
	First int64 // the asset in the middle
}

// NearLink is one relation between two assets of a neighbourhood.
type NearLink struct {
	From, To int64
	Out, In  string // words seen from either end
	Effect   string
}

// NearRest counts what an asset of a neighbourhood is related to in one way beyond what is drawn.
type NearRest struct {
	ID              int64
	Label           string
	Inside, Outside int
	End             string // for RelationsQuery
}

// Impact reads what a change of an asset would reach. Nothing is changed. Errors: Forbidden, NotFound.
func (a *App) Impact(ctx context.Context, actor authz.Actor, number string, q ImpactQuery) (ImpactView, error) {
	var v ImpactView
	err := a.openAsset(ctx, actor, authz.ReadAsset, number, "impact", func(ctx context.Context, t *postgres.Tx, r postgres.AssetRow) (bool, error) {
		head, err := a.assetHead(ctx, t, r)
		if err != nil {
			return false, err
		}
		v = ImpactView{AssetHead: head}
		if !head.InForce() {
			return false, nil
		}
		v.choose(q.Rise)
		if err := v.readRise(ctx, t, impactPage, q.RisePage); err != nil {
			return false, err
		}
		if err := v.readStop(ctx, t, impactPage, q.StopPage); err != nil {
			return false, err
		}
		near, err := t.Near(ctx, r.Asset)
		if err != nil {
			return false, err
		}
		v.Near = neighbourhood(r.Asset, near)
		return false, nil
	})
	return v, err
}

// readRise reads a page of what would change if the asset stood at the chosen level.
func (v *ImpactView) readRise(ctx context.Context, t *postgres.Tx, size, page int) error {
	if v.Chosen.Axis == "" {
		return nil
	}
	units, lines, err := t.Rise(ctx, v.Asset, v.Chosen.Axis, v.Chosen.Level.Rank, size, (pageOf(page)-1)*size)
	v.Rise = impactList(units, lines, page)
	return err
}

// readStop reads a page of what stops if the asset stops.
func (v *ImpactView) readStop(ctx context.Context, t *postgres.Tx, size, page int) error {
	units, lines, err := t.Stop(ctx, v.Asset, size, (pageOf(page)-1)*size)
	v.Stop = impactList(units, lines, page)
	return err
}

// choose lists the levels above those in force and takes the one that was asked for, or the next.
func (v *ImpactView) choose(value string) {
	for _, axis := range classify.Axes() {
		for _, l := range v.Scheme.Axis(axis).Levels {
			if l.Rank > v.Levels().On(axis) {
				v.Choices = append(v.Choices, RiseChoice{axis, l})
			}
		}
	}
	for i, c := range v.Choices {
		if i == 0 || strings.EqualFold(c.Value(), strings.TrimSpace(value)) {
			v.Chosen = c
		}
	}
}

// RiseWords says what a rise does to an asset that it reaches.
func RiseWords(sure bool) string {
	if sure {
		return "自動で上がる"
	}
	return "申告した区分の見直し"
}

func impactList(units []postgres.UnitImpact, lines []postgres.Impacted, page int) ImpactList {
	l := ImpactList{Lines: lines, Page: pageOf(page)}
	for _, u := range units {
		l.More = l.More || u.More
		if u.Unit == 0 {
			l.Outside += u.Sure + u.Asks
			continue
		}
		l.Units = append(l.Units, u)
		l.Sure, l.Asks = l.Sure+u.Sure, l.Asks+u.Asks
	}
	l.Pages = max(1, (l.Sure+l.Asks+impactPage-1)/impactPage)
	return l
}

func neighbourhood(middle int64, near postgres.Near) Neighbourhood {
	out := Neighbourhood{Nodes: near.Nodes, First: middle}
	kinds := map[int64]asset.Kind{}
	for _, n := range near.Nodes {
		kinds[n.Ref.ID] = n.Ref.Kind
	}
	for _, e := range near.Edges {
		if info, ok := relation.Find(relation.Type(e.Type), kinds[e.From], kinds[e.To]); ok {
			out.Links = append(out.Links, NearLink{e.From, e.To, info.Out, info.In, e.Effect})
		}
	}
	for _, r := range near.Rest {
		out.Rest = append(out.Rest, NearRest{r.ID, endLabel(kinds[r.ID], relation.Type(r.Type), r.Outgoing), r.Inside, r.Outside, endName(r.Type, r.Outgoing)})
	}
	return out
}

package app

import (
	"context"

	"daicho/internal/authz"
	"daicho/internal/postgres"
	"daicho/internal/relation"
)

// relatedShown is how many assets of one type of relation the page names; the rest it counts.
const relatedShown = 100

// RelationsView is the tab 関連・経路.
type RelationsView struct {
	AssetHead
	Groups   []RelationGroup
	Followed []FollowedLevel
	Pending  bool // nothing is in force yet: as the application says
}

// RelationGroup is all that an asset is to others in one way.
type RelationGroup struct {
	Label   string
	Carries string // which levels travel, and to which end
	Lines   []postgres.Related
	Inside  int // within the scope, named or not
	Outside int // 他機関の資産
}

// Relations reads how an asset hangs together with others, in both directions. What lies outside
// the scope is counted and never named. Errors: Forbidden, NotFound.
func (a *App) Relations(ctx context.Context, actor authz.Actor, number string) (RelationsView, error) {
	var v RelationsView
	err := a.openAsset(ctx, actor, authz.ReadAsset, number, "relations", func(ctx context.Context, t *postgres.Tx, r postgres.AssetRow) (bool, error) {
		head, version, err := a.assetHead(ctx, t, r)
		if err != nil {
			return false, err
		}
		v = RelationsView{AssetHead: head, Pending: !head.InForce()}
		if v.Followed, err = followed(ctx, t, head); err != nil {
			return false, err
		}
		lines, counts, err := t.Related(ctx, r.Asset, relatedShown)
		if err != nil {
			return false, err
		}
		if v.Pending {
			if lines, counts, err = applied(ctx, t, version); err != nil {
				return false, err
			}
		}
		if v.Shelf, err = t.Shelf(ctx, append(schemesOf(lines), r.Scheme)...); err != nil {
			return false, err
		}
		v.Groups = groups(head, lines, counts)
		return false, nil
	})
	return v, err
}

// schemesOf names the editions that the other ends of relations were judged by.
func schemesOf(lines []postgres.Related) []int64 {
	var out []int64
	for _, l := range lines {
		out = append(out, l.Other.Scheme)
	}
	return out
}

// applied reads the relations that a document asks for, while none of them is in force.
func applied(ctx context.Context, t *postgres.Tx, v postgres.Version) ([]postgres.Related, []postgres.RelatedCount, error) {
	var ids []int64
	for _, r := range v.Doc.Relations {
		ids = append(ids, r.Other)
	}
	refs, err := t.Refs(ctx, ids)
	if err != nil {
		return nil, nil, err
	}
	var lines []postgres.Related
	var counts []postgres.RelatedCount
	for _, r := range v.Doc.Relations {
		i := 0
		for i < len(counts) && (counts[i].Type != r.Type || counts[i].Outgoing != r.Outgoing) {
			i++
		}
		if i == len(counts) {
			counts = append(counts, postgres.RelatedCount{Type: r.Type, Outgoing: r.Outgoing})
		}
		ref, ok := refs[r.Other]
		if !ok {
			counts[i].Outside++
			continue
		}
		counts[i].Inside++
		lines = append(lines, postgres.Related{Type: r.Type, Outgoing: r.Outgoing, Note: r.Note, Other: ref})
	}
	return lines, counts, nil
}

func groups(h AssetHead, lines []postgres.Related, counts []postgres.RelatedCount) []RelationGroup {
	var out []RelationGroup
	for _, end := range relation.Ends(h.Kind) {
		for _, c := range counts {
			if c.Type != string(end.Type) || c.Outgoing != end.Outgoing {
				continue
			}
			g := RelationGroup{Label: end.Label, Carries: carries(end), Inside: c.Inside, Outside: c.Outside}
			for _, l := range lines {
				if l.Type == c.Type && l.Outgoing == c.Outgoing {
					g.Lines = append(g.Lines, l)
				}
			}
			out = append(out, g)
		}
	}
	return out
}

// carries says in words which levels travel along a way of being related.
func carries(end relation.End) string {
	here, there := "", ""
	for _, i := range relation.Infos() {
		label := i.Out
		if !end.Outgoing {
			label = i.In
		}
		if i.Type != end.Type || label != end.Label {
			continue
		}
		for _, x := range []struct {
			name   string
			travel relation.Travel
		}{{"機密性", i.C}, {"完全性", i.I}, {"可用性", i.A}} {
			toFrom := x.travel == relation.ToFrom
			switch {
			case x.travel == relation.Stays:
			case toFrom == end.Outgoing: // to the end where this asset stands
				here += "・" + x.name
			default:
				there += "・" + x.name
			}
		}
	}
	switch {
	case here != "":
		return "相手の" + here[len("・"):] + "が、この資産に伝わります。"
	case there != "":
		return "この資産の" + there[len("・"):] + "が、相手に伝わります。"
	}
	return ""
}

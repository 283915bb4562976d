package app

import (
	"context"
	"slices"
	"strings"

	"daicho/internal/asset"
	"daicho/internal/authz"
	"daicho/internal/classify"
	"daicho/internal/jptext"
	"daicho/internal/postgres"
	"daicho/internal/relation"
)

// How many assets the tab 関連・経路 names of each way of being related, while all ways are shown, and
// on a page of one of them.
const (
	relatedShown = 20
	relatedPage  = 100
)

// RelationsQuery says what of the relations to show. Its zero value shows the beginning of each way.
type RelationsQuery struct {
	Text string // all its terms stand in the search key of the other asset
	End  string // "<type>:<out|in>" of the one way to show, "" = all
	Page int    // of that way, from 1
}

// RelationsView is the tab 関連・経路.
type RelationsView struct {
	AssetHead
	Query   RelationsQuery // as it was understood
	Groups  []RelationGroup
	Origins []Origin
	Pending bool // nothing is in force yet: as the application says
}

// Inside counts what the groups hold within the scope, Found what of it the text asks for.
func (v RelationsView) Inside() (n int) {
	for _, g := range v.Groups {
		n += g.Inside
	}
	return n
}

// Found counts what the text asks for.
func (v RelationsView) Found() (n int) {
	for _, g := range v.Groups {
		n += g.Found
	}
	return n
}

// RelationGroup is all that an asset is to others in one way.
type RelationGroup struct {
	End     string // for RelationsQuery
	Label   string
	Carries string // which levels travel, and to which end
	Lines   []postgres.Related
	Inside  int // within the scope, named or not
	Found   int // of those, what the text asks for
	Outside int // 他機関の資産
	Page    int // that Lines is, from 1
	Pages   int
}

// shows reports whether the query shows the group.
func (q RelationsQuery) shows(end string) bool { return q.End == "" || q.End == end }

func endName(t string, outgoing bool) string {
	if outgoing {
		return t + ":out"
	}
	return t + ":in"
}

// Relations reads how an asset hangs together with others, in both directions. What lies outside
// the scope is counted and never named. Errors: Forbidden, NotFound.
func (a *App) Relations(ctx context.Context, actor authz.Actor, number string, q RelationsQuery) (RelationsView, error) {
	var v RelationsView
	err := a.openAsset(ctx, actor, authz.ReadAsset, number, "relations", func(ctx context.Context, t *postgres.Tx, r postgres.AssetRow) (bool, error) {
		asked := q.normal(r.Kind)
		var lines []postgres.Related
		var counts []postgres.RelatedCount
		var way postgres.Way
		more := []postgres.Reading{t.ReadOrigin(r.Asset, true, &way)}
		if r.VersionNo != 0 {
			of := t.ReadRelated(r.Asset, asked.rows(), &lines, &counts)
			more = append(more, of[:]...)
		}
		head, err := a.assetHead(ctx, t, r, more...)
		if err != nil {
			return false, err
		}
		v = RelationsView{AssetHead: head, Pending: !head.InForce(), Query: asked, Origins: origins(head, way)}
		if err := declare(head, v.Origins, way); err != nil {
			return false, err
		}
		if v.Pending {
			if lines, counts, err = applied(ctx, t, r.Shown, asked.Text); err != nil {
				return false, err
			}
		}
		v.Groups = groups(head, v.Query, lines, counts)
		return false, nil
	})
	return v, err
}

// normal keeps of a query what the kind of the asset can have.
func (q RelationsQuery) normal(k asset.Kind) RelationsQuery {
	known := slices.ContainsFunc(relation.Ends(k), func(e relation.End) bool { return endName(string(e.Type), e.Outgoing) == q.End })
	if !known {
		q.End, q.Page = "", 1
	}
	q.Page = pageOf(q.Page)
	return q
}

// rows is the query for the database.
func (q RelationsQuery) rows() postgres.RelatedQuery {
	out := postgres.RelatedQuery{Text: q.Text, Limit: relatedShown}
	if q.End != "" {
		for _, i := range relation.Infos() {
			for _, outgoing := range []bool{true, false} {
				if endName(string(i.Type), outgoing) == q.End {
					out.Type, out.Outgoing = string(i.Type), outgoing
				}
			}
		}
		out.Limit, out.Offset = relatedPage, (q.Page-1)*relatedPage
	}
	return out
}

// applied reads the relations that a document asks for, while none of them is in force.
func applied(ctx context.Context, t *postgres.Tx, v postgres.Version, text string) ([]postgres.Related, []postgres.RelatedCount, error) {
	var ids []int64
	for _, r := range v.Doc.Relations {
		ids = append(ids, r.Other)
	}
	refs, err := t.Refs(ctx, ids)
	if err != nil {
		return nil, nil, err
	}
	scheme, err := t.Scheme(ctx, v.Scheme)
	if err != nil {
		return nil, nil, err
	}
	terms := jptext.Terms(text)
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
		if !holdsAll(jptext.SearchKey(ref.Name+" "+ref.Number), terms) {
			continue
		}
		counts[i].Found++
		lines = append(lines, postgres.Related{Type: r.Type, Outgoing: r.Outgoing, Note: r.Note, Effect: r.Effect, Pass: passOf(scheme, r), Other: ref})
	}
	return lines, counts, nil
}

func groups(h AssetHead, q RelationsQuery, lines []postgres.Related, counts []postgres.RelatedCount) []RelationGroup {
	var out []RelationGroup
	for _, end := range relation.Ends(h.Kind) {
		for _, c := range counts {
			if c.Type != string(end.Type) || c.Outgoing != end.Outgoing {
				continue
			}
			g := RelationGroup{
				End: endName(c.Type, c.Outgoing), Label: end.Label, Carries: carries(end), Inside: c.Inside, Found: c.Found, Outside: c.Outside,
				Page: 1, Pages: 1,
			}
			if q.End != "" {
				g.Page, g.Pages = q.Page, max(1, (c.Found+relatedPage-1)/relatedPage)
			}
			for _, l := range lines {
				if l.Type == c.Type && l.Outgoing == c.Outgoing && q.shows(g.End) {
					g.Lines = append(g.Lines, l)
				}
			}
			if v := len(g.Lines); h.VersionNo == 0 && v > 0 { // the application holds them all
				size, from := relatedShown, 0
				if q.End != "" {
					size, from = relatedPage, (q.Page-1)*relatedPage
				}
				g.Lines = g.Lines[min(from, v):min(from+size, v)]
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

// passOf are the ranks that the 集積 or 分散 of a relation passes on, 0 where the level travels as it is.
func passOf(scheme *classify.Scheme, r asset.Relation) classify.Levels {
	codes := map[string]string{}
	for _, axis := range classify.Axes() {
		codes[string(axis)] = r.Values[asset.PassKey(axis)]
	}
	return scheme.Ranks(codes)
}

// holdsAll reports whether a search key holds every term.
func holdsAll(key string, terms []string) bool {
	return !slices.ContainsFunc(terms, func(term string) bool { return !strings.Contains(key, term) })
}

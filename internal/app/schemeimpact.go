package app

import (
	"context"
	"slices"

	"daicho/internal/asset"
	"daicho/internal/authz"
	"daicho/internal/classify"
	"daicho/internal/errs"
	"daicho/internal/org"
	"daicho/internal/postgres"
)

// Move is what an edition does to an asset that comes under it.
type Move string

// The moves.
const (
	MoveAll  Move = ""     // of either sort
	MoveSafe Move = "safe" // every level that the asset declares has one successor
	MoveAsk  Move = "ask"  // somebody must decide
)

// Label is the 用語 of the move.
func (m Move) Label() string {
	switch m {
	case MoveSafe:
		return "そのまま移せる"
	case MoveAsk:
		return "人が決める"
	case MoveAll:
	}
	return "判定し直す"
}

// ImpactLine is what an edition would do to the assets of one unit.
type ImpactLine struct {
	Unit   org.Unit
	All    int // to be judged again
	Safe   int // of them, every level has one successor
	Unsafe int // of them, somebody must decide
}

// Of is how many assets of the line a move concerns.
func (l ImpactLine) Of(m Move) int {
	switch m {
	case MoveSafe:
		return l.Safe
	case MoveAsk:
		return l.Unsafe
	case MoveAll:
	}
	return l.All
}

// moved are the assets in force within the scope that an edition would have judged again, in groups of
// those that are alike to it.
type moved struct {
	edition classify.Edition
	dir     *postgres.Directory
	groups  []postgres.ImpactGroup
}

func readMoved(ctx context.Context, t *postgres.Tx, e classify.Edition) (moved, error) {
	m := moved{edition: e}
	var err error
	if m.groups, err = t.SchemeImpact(ctx, e.ID); err == nil && len(m.groups) > 0 {
		m.dir, err = t.Directory(ctx)
	}
	if err != nil {
		return moved{}, err
	}
	return m, nil
}

// axes says what becomes of the levels that assets of a group declare. Levels that an asset follows are
// left out: they come from what it holds.
func (m moved) axes(g postgres.ImpactGroup) []MovedAxis {
	shelf := m.dir.Book.Shelf
	mapping := m.edition.MappingFrom(shelf.Of(g.Scheme).Code)
	ranks := classify.Levels{C: classify.Rank(g.C), I: classify.Rank(g.I), A: classify.Rank(g.A)}
	var out []MovedAxis
	for _, axis := range classify.Axes() {
		if asset.Declares(asset.Kind(g.Kind), axis) {
			was := shelf.Of(g.Scheme).Look(axis, ranks.On(axis))
			out = append(out, MovedAxis{axis, was, mapping.Candidates(axis, was.Code)})
		}
	}
	return out
}

func (m moved) move(g postgres.ImpactGroup) Move {
	if slices.ContainsFunc(m.axes(g), func(x MovedAxis) bool { return !x.Safe() }) {
		return MoveAsk
	}
	return MoveSafe
}

// lines counts by unit, in the order of the organisation.
func (m moved) lines() []ImpactLine {
	units := map[int64]*ImpactLine{}
	for _, g := range m.groups {
		l := units[g.Unit]
		if l == nil {
			l = &ImpactLine{Unit: m.dir.Book.Unit(g.Unit)}
			units[g.Unit] = l
		}
		l.All += g.Count
		if m.move(g) == MoveSafe {
			l.Safe += g.Count
		} else {
			l.Unsafe += g.Count
		}
	}
	var out []ImpactLine
	if len(units) > 0 {
		for _, id := range m.dir.Order {
			if l := units[id]; l != nil {
				out = append(out, *l)
			}
		}
	}
	return out
}

// MovedAxis is what an edition makes of one level.
type MovedAxis struct {
	Axis classify.Axis
	Was  classify.Look
	To   []string // codes that it may become
}

// Safe reports whether nobody has to decide.
func (x MovedAxis) Safe() bool { return len(x.To) == 1 }

// MovedAsset is one asset that an edition would have judged again.
type MovedAsset struct {
	Ref  AssetRef
	Axes []MovedAxis // that it declares
}

// SchemeImpactQuery says which of the numbers of an impact to open.
type SchemeImpactQuery struct {
	Unit string // code; "" = all
	Move Move
	Page int // from 1
}

// SchemeImpactView are the assets behind one number of the impact of an edition.
type SchemeImpactView struct {
	Head  SchemeHead
	Query SchemeImpactQuery
	Unit  org.Unit // zero for all
	Total int
	Size  int
	Lines []MovedAsset
}

// Pages is how many pages there are.
func (v SchemeImpactView) Pages() int { return max(1, (v.Total+v.Size-1)/v.Size) }

// SchemeImpact lists the assets that a number of the impact of an edition counts: by the very groups
// that were counted, so that the list is as long as the number says. Errors: Forbidden; NotFound,
// also for a unit of which nothing is counted.
func (a *App) SchemeImpact(ctx context.Context, actor authz.Actor, id int64, q SchemeImpactQuery) (SchemeImpactView, error) {
	g, err := authz.Permit(actor, authz.ReadAsset)
	if err != nil {
		return SchemeImpactView{}, err
	}
	v := SchemeImpactView{Query: q, Size: impactPage}
	v.Query.Page = pageOf(q.Page)
	err = a.db.View(ctx, g, func(ctx context.Context, t *postgres.Tx) error {
		if v.Head, err = t.SchemeHead(ctx, id); err != nil {
			return err
		}
		if !(SchemeView{Head: v.Head}).Turns() {
			return nil
		}
		e, err := t.SchemeEdition(ctx, id)
		if err != nil {
			return err
		}
		m, err := readMoved(ctx, t, e)
		if err != nil {
			return err
		}
		known := false
		for _, l := range m.lines() {
			if q.Unit == "" || l.Unit.Code == q.Unit {
				known, v.Total = true, v.Total+l.Of(q.Move)
				if q.Unit != "" {
					v.Unit = l.Unit
				}
			}
		}
		if q.Unit != "" && !known {
			return errs.New(errs.NotFound, "scheme.impact", "")
		}
		v.Query.Page = min(v.Query.Page, v.Pages())
		v.Lines, err = m.list(ctx, t, v)
		return err
	})
	return v, err
}

// list reads one page of the assets of the groups that a query counts.
func (m moved) list(ctx context.Context, t *postgres.Tx, v SchemeImpactView) ([]MovedAsset, error) {
	var of []postgres.ImpactGroup
	for _, g := range m.groups {
		if (v.Unit.ID == 0 || v.Unit.ID == g.Unit) && (v.Query.Move == MoveAll || v.Query.Move == m.move(g)) {
			of = append(of, g)
		}
	}
	refs, err := t.SchemeMoved(ctx, m.edition.ID, of, v.Size, (v.Query.Page-1)*v.Size)
	out := make([]MovedAsset, len(refs))
	for i, r := range refs {
		g := postgres.ImpactGroup{Kind: string(r.Kind), Scheme: r.Scheme, C: int16(r.Levels.C), I: int16(r.Levels.I), A: int16(r.Levels.A)}
		out[i] = MovedAsset{r, m.axes(g)}
	}
	return out, err
}

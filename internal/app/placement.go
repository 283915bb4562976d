package app

import (
	"context"
	"slices"

	"daicho/internal/asset"
	"daicho/internal/authz"
	"daicho/internal/classify"
	"daicho/internal/errs"
	"daicho/internal/postgres"
	"daicho/internal/zone"
)

// PlaceCell is one cell of the 置き場の表 with where it comes from.
type PlaceCell = postgres.PlaceCell

// PlaceControl is a 対策 to which a cell of the 置き場の表 refers.
type PlaceControl = postgres.PlaceControl

// PlaceRow is one row of the 置き場の表: what a kind of information may do in each place.
type PlaceRow struct {
	Rank     classify.Rank
	MyNumber bool
	Level    classify.Level // in the scheme of today; zero when it has none at the rank
	Cells    []PlaceCell
}

// PlacementView is the 置き場の表.
type PlacementView struct {
	Rows     []PlaceRow
	Open     int            // cells without a decision: the table is 案・未照合 in them
	Controls []PlaceControl // 対策 of today, in their order
}

// Control returns the 対策 of today with the key.
func (v PlacementView) Control(key string) (PlaceControl, bool) {
	for _, c := range v.Controls {
		if c.Key == key {
			return c, true
		}
	}
	return PlaceControl{}, false
}

// Find returns the cell of a row in a place.
func (v PlacementView) Find(rank int, myNumber bool, place string) (PlaceCell, bool) {
	for _, r := range v.Rows {
		for _, c := range r.Cells {
			if int(c.Rank) == rank && c.MyNumber == myNumber && c.Place == place {
				return c, true
			}
		}
	}
	return PlaceCell{}, false
}

// Placement reads the 置き場の表. Errors: Forbidden, Busy.
func (a *App) Placement(ctx context.Context, actor authz.Actor) (PlacementView, error) {
	g, err := authz.Permit(actor, authz.ReadAsset)
	if err != nil {
		return PlacementView{}, err
	}
	var v PlacementView
	err = a.db.View(ctx, g, func(ctx context.Context, t *postgres.Tx) error {
		v, err = placement(ctx, t)
		return err
	})
	return v, err
}

func placement(ctx context.Context, t *postgres.Tx) (PlacementView, error) {
	v := PlacementView{}
	scheme, err := t.Scheme(ctx, 0)
	if err != nil {
		return v, err
	}
	if v.Controls, err = t.PlaceControls(ctx); err != nil {
		return v, err
	}
	cells, err := t.Placement(ctx)
	if err != nil {
		return v, err
	}
	for _, c := range cells {
		if n := len(v.Rows); n == 0 || v.Rows[n-1].Rank != c.Rank || v.Rows[n-1].MyNumber != c.MyNumber {
			l, _ := scheme.ByRank(classify.Confidentiality, c.Rank)
			v.Rows = append(v.Rows, PlaceRow{Rank: c.Rank, MyNumber: c.MyNumber, Level: l})
		}
		r := &v.Rows[len(v.Rows)-1]
		r.Cells = append(r.Cells, c)
		if c.DocNo == "" {
			v.Open++
		}
	}
	return v, nil
}

// NewPlace is a decision about one cell of the 置き場の表.
type NewPlace struct {
	postgres.PlaceCell
	Reason string
}

// DecidePlace changes one cell of the 置き場の表, at once. Errors: Invalid on verdict, models, control,
// doc_no or reason; NotFound when there is no such cell; Forbidden.
func (a *App) DecidePlace(ctx context.Context, actor authz.Actor, in NewPlace) error {
	g, err := authz.Permit(actor, authz.EditPlacement)
	if err != nil {
		return err
	}
	return a.db.Act(ctx, g, func(ctx context.Context, t *postgres.Tx) error {
		v, err := placement(ctx, t)
		if err != nil {
			return err
		}
		old, ok := v.Find(int(in.Rank), in.MyNumber, in.Place)
		if !ok {
			return errs.New(errs.NotFound, "placement.cell", "")
		}
		var failed []error
		has := func(list []asset.Option, code string) bool {
			return slices.ContainsFunc(list, func(o asset.Option) bool { return o.Code == code })
		}
		if !has(zone.Verdicts(), in.Verdict) {
			failed = append(failed, errs.OnField("verdict", "placement.verdict", "可否を選んでください"))
		}
		for _, m := range in.Models {
			if !has(zone.Models(), m) {
				failed = append(failed, errs.OnField("models", "placement.models", "採用モデルを選び直してください"))
			}
		}
		if _, known := v.Control(in.Control); in.Control == "" || !known {
			failed = append(failed, errs.OnField("control", "placement.control", "もとになる対策の番号を、対策基準にある番号で入力してください"))
		}
		if _, err := note("note", "条件", in.Note, 200); err != nil {
			failed = append(failed, err)
		}
		failed = append(failed, needDecision(in.DocNo, in.Reason)...)
		if len(failed) > 0 {
			return errs.Join(failed...)
		}
		if err := t.Sign(ctx, postgres.Note{
			Target: "置き場の表", Reason: in.Reason,
			Detail: map[string]any{"rank": in.Rank, "my_number": in.MyNumber, "place": in.Place, "verdict": in.Verdict, "was": old.Verdict, "doc_no": in.DocNo},
		}); err != nil {
			return err
		}
		if _, err = t.SetPlacement(ctx, in.PlaceCell); err != nil {
			return err
		}
		return t.RecheckZones(ctx, nil)
	})
}

// AdoptPlacement notes the decision that makes the whole 置き場の表 that of the body: what has no
// decision of its own yet. Errors: Invalid on doc_no or reason; Conflict when nothing is open.
func (a *App) AdoptPlacement(ctx context.Context, actor authz.Actor, docNo, reason string) error {
	g, err := authz.Permit(actor, authz.EditPlacement)
	if err != nil {
		return err
	}
	return a.db.Act(ctx, g, func(ctx context.Context, t *postgres.Tx) error {
		if failed := needDecision(docNo, reason); len(failed) > 0 {
			return errs.Join(failed...)
		}
		if err := t.Sign(ctx, postgres.Note{Target: "置き場の表の採用", Reason: reason, Detail: map[string]any{"doc_no": docNo}}); err != nil {
			return err
		}
		n, err := t.AdoptPlacement(ctx, docNo)
		if err == nil && n == 0 {
			return errs.New(errs.Conflict, "placement.done", "置き場の表は、すべて採用されています。")
		}
		return err
	})
}

// needDecision asks for what stands behind a decision that somebody records: the number of its
// document and the reason, neither of which may hold a My Number.
func needDecision(docNo, reason string) []error {
	var failed []error
	for _, x := range [...]struct {
		key, label, text string
		most             int
	}{{"doc_no", "文書番号", docNo, 100}, {"reason", "理由", reason, 1000}} {
		if x.text == "" {
			failed = append(failed, errs.OnField(x.key, "decision."+x.key, x.label+"を入力してください"))
		} else if _, err := note(x.key, x.label, x.text, x.most); err != nil {
			failed = append(failed, err)
		}
	}
	return failed
}

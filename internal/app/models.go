package app

import (
	"context"
	"fmt"
	"slices"

	"daicho/internal/asset"
	"daicho/internal/authz"
	"daicho/internal/control"
	"daicho/internal/errs"
	"daicho/internal/postgres"
	"daicho/internal/zone"
)

// modelDecisions is how many decisions the page of adopted models lists.
const modelDecisions = 50

// ModelsView is the adopted model of the body and of its units, with how they came.
type ModelsView struct {
	Body      string
	Units     []postgres.UnitModel
	Decisions []postgres.ModelDecision
}

// Models reads the adopted models within the scope. Errors: Forbidden, Busy.
func (a *App) Models(ctx context.Context, actor authz.Actor) (ModelsView, error) {
	g, err := authz.Permit(actor, authz.ReadAsset)
	if err != nil {
		return ModelsView{}, err
	}
	var v ModelsView
	err = a.db.View(ctx, g, func(ctx context.Context, t *postgres.Tx) error {
		if v.Body, err = t.BodyModel(ctx); err != nil {
			return err
		}
		if v.Units, err = t.UnitModels(ctx); err != nil {
			return err
		}
		v.Decisions, err = t.ModelDecisions(ctx, modelDecisions)
		return err
	})
	return v, err
}

// NewModel is a decision about the adopted model.
type NewModel struct {
	Unit   string // code; "" = the whole body
	Model  string // a code of zone.Models; "" = that of the unit above, or of the body
	DocNo  string // 文書番号
	Reason string
}

// DecideModel makes a model the adopted one of the body or of a unit with all below that have none of
// their own. The controls of every asset that it concerns follow at once. It returns how many assets
// moved. Errors: Invalid on unit, model, doc_no or reason; Conflict when it holds already; Forbidden.
func (a *App) DecideModel(ctx context.Context, actor authz.Actor, in NewModel) (int, error) {
	g, err := authz.Permit(actor, authz.DecideModel)
	if err != nil {
		return 0, err
	}
	moved := 0
	err = a.db.Act(ctx, g, func(ctx context.Context, t *postgres.Tx) error {
		d := postgres.ModelDecision{Model: in.Model, DocNo: in.DocNo, Reason: in.Reason, ByText: actor.Title() + " " + actor.Name}
		target := "団体全体"
		if in.Unit == "" {
			if !t.Scope().All() {
				return errs.New(errs.Forbidden, "model.body", "団体全体の採用モデルは、団体全体に及ぶ職が決めます。")
			}
			if d.Was, err = t.BodyModel(ctx); err != nil {
				return err
			}
		} else {
			units, err := t.UnitModels(ctx)
			if err != nil {
				return err
			}
			i := slices.IndexFunc(units, func(u postgres.UnitModel) bool { return u.Code == in.Unit })
			if i < 0 {
				return errs.OnField("unit", "model.unit", "組織を選び直してください")
			}
			d.UnitID, d.Was, target = units[i].ID, units[i].Own, units[i].Path
		}
		var failed []error
		if in.Model != "" && !slices.ContainsFunc(zone.Models(), func(o asset.Option) bool { return o.Code == in.Model }) {
			failed = append(failed, errs.OnField("model", "model.model", "採用モデルを選び直してください"))
		}
		if failed = append(failed, needDecision(in.DocNo, in.Reason)...); len(failed) > 0 {
			return errs.Join(failed...)
		}
		if d.Was == in.Model {
			return errs.OnField("model", "model.same", fmt.Sprintf("%sは、すでに「%s」です", target, control.ModelLabel(in.Model)))
		}
		if err := t.Sign(ctx, postgres.Note{
			Target: "採用モデル " + target, Unit: d.UnitID, Reason: in.Reason,
			Detail: map[string]any{"model": in.Model, "was": d.Was, "doc_no": in.DocNo},
		}); err != nil {
			return err
		}
		moved, err = t.DecideModel(ctx, d)
		return err
	})
	return moved, err
}

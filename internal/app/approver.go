package app

import (
	"context"

	"daicho/internal/approval"
	"daicho/internal/errs"
	"daicho/internal/org"
	"daicho/internal/postgres"
)

// Approver is who would decide on a draft that were submitted now.
type Approver struct {
	Unit   string
	Role   org.Role
	Higher bool // because of 集積 or 分散, and not the 管理者 who decides otherwise
}

// Words names the approver: 「本部事務局の情報セキュリティ責任者」.
func (a Approver) Words() string { return a.Unit + "の" + a.Role.Label() }

// decider works out who would decide on the draft, so that whoever fills in the form knows it before
// the submission.
func (v *DraftView) decider(ctx context.Context, t *postgres.Tx, d postgres.Draft) error {
	if v.Unit.ID == 0 || t.Playing() {
		return nil
	}
	least := approval.Least(nil, v.Doc.Relations)
	if d.BaseNo != 0 {
		vs, err := t.Versions(ctx, []int64{d.Asset}, []int{d.BaseNo})
		if err != nil {
			return err
		}
		old := vs[d.Asset].Doc
		if v.withLevels(old).OnlyMinor(old) {
			return nil
		}
		least = approval.Least(old.Relations, v.Doc.Relations)
	}
	ladder, err := t.Ladder(ctx, v.Unit.ID)
	if err != nil {
		return err
	}
	steps, err := approval.Route(t.Actor().Person, least, ladder)
	if errs.Is(err, errs.Conflict) { // the submission says so
		return nil
	}
	if err != nil {
		return err
	}
	for _, h := range ladder {
		if h.Step == steps[0] {
			v.Approver = &Approver{h.Name, h.Step.Role, least != org.Manager}
		}
	}
	return nil
}

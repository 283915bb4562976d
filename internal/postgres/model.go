package postgres

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"
)

// ModelDecision is one decision about the adopted model.
type ModelDecision struct {
	UnitID     int64 // 0 = the whole body
	Unit       string
	Model, Was string
	DocNo      string
	Reason     string
	ByText     string
	At         time.Time
}

// UnitModel is a unit with the model that it has itself and the one that holds there.
type UnitModel struct {
	ID     int64
	Code   string
	Path   string
	Depth  int
	Own    string
	Holds  string
	Assets int // of the unit itself, in use
}

const (
	sqlBodyModel = `SELECT coalesce(` + fragBodyModel + `, '') AS model`

	sqlUnitModels = `
SELECT u.id, u.code, ` + fragUnitPath + ` AS path,
  (SELECT max(depth) FROM unit_tree y WHERE y.unit_id = u.id)::int AS depth, u.model AS own, ` + fragUnitModel + ` AS holds,
  coalesce((SELECT sum(c.n) FROM census_sum c WHERE c.unit_id = u.id AND c.facet = 'state' AND c.value = 'active'), 0)::int AS assets
FROM unit u JOIN organ o ON o.id = u.organ_id
WHERE (@everything OR u.id = ANY (@scope::bigint[])) AND u.valid_from <= @today AND @today < u.valid_to
ORDER BY o.ord, o.id,
  ` + fragUnitOrder

	sqlModelDecisions = `
SELECT coalesce(d.unit_id, 0) AS unit_id, coalesce(u.name, '') AS unit, d.model, d.was, d.doc_no, d.reason, d.by_text, d.at
FROM model_decision d LEFT JOIN unit u ON u.id = d.unit_id
WHERE d.unit_id IS NULL OR @everything OR d.unit_id IN (SELECT above_id FROM unit_tree WHERE unit_id = ANY (@scope::bigint[])) ORDER BY d.id DESC LIMIT @limit`

	sqlDecideModel = `
INSERT INTO model_decision (unit_id, model, was, doc_no, reason, by_text, act_id)
VALUES (nullif(@unit::bigint, 0), @model, @was, @doc_no, @reason, @by, @act)`

	sqlSetUnitModel = `UPDATE unit SET model = @model WHERE id = @unit`

	// Those below whose model is another now: a unit with a model of its own keeps it, with all below.
	sqlModelMoved = `
SELECT n.asset_id FROM asset_now n JOIN class k ON k.id = n.class_id
JOIN (SELECT u.id, ` + fragUnitModel + ` AS model FROM unit u OFFSET 0) p ON p.id = n.unit_id
WHERE p.model <> k.model AND (@unit = 0 OR n.unit_id IN (SELECT unit_id FROM unit_tree WHERE above_id = @unit))
ORDER BY n.asset_id`
)

// BodyModel is the adopted model of the whole body, "" when none was decided.
func (t *Tx) BodyModel(ctx context.Context) (string, error) {
	return scalar[string](ctx, t, sqlBodyModel, nil)
}

// UnitModels lists the units of today within the scope with their adopted models.
func (t *Tx) UnitModels(ctx context.Context) ([]UnitModel, error) {
	return rows[UnitModel](ctx, t, sqlUnitModels, t.scoped(pgx.StrictNamedArgs{"today": today(t.now)}))
}

// ModelDecisions lists the decisions about adopted models that bear on the units in scope, newest first.
func (t *Tx) ModelDecisions(ctx context.Context, limit int) ([]ModelDecision, error) {
	return rows[ModelDecision](ctx, t, sqlModelDecisions, t.scoped(pgx.StrictNamedArgs{"limit": limit}))
}

// reclassAtOnce is how many assets one statement of DecideModel moves, so that none of them runs into
// the time limit of a statement.
const reclassAtOnce = 20_000

// DecideModel records the adopted model of a unit, or of the body when its id is 0, and gives every
// asset that it concerns its class and controls anew, in this transaction. It returns how many moved.
// The unit must be one that the caller has read within the scope.
func (t *Tx) DecideModel(ctx context.Context, d ModelDecision) (int, error) {
	// Nobody may put an asset in force under the model of before.
	if _, err := t.Revision(ctx); err != nil {
		return 0, err
	}
	if _, err := exec(ctx, t, sqlDecideModel, pgx.StrictNamedArgs{
		"unit": d.UnitID, "model": d.Model, "was": d.Was, "doc_no": d.DocNo, "reason": d.Reason, "by": d.ByText, "act": t.act,
	}); err != nil {
		return 0, mapErr(err)
	}
	if d.UnitID != 0 {
		if _, err := exec(ctx, t, sqlSetUnitModel, pgx.StrictNamedArgs{"unit": d.UnitID, "model": d.Model}); err != nil {
			return 0, mapErr(err)
		}
	}
	q, err := t.tx.Query(ctx, sqlModelMoved, pgx.StrictNamedArgs{"unit": d.UnitID})
	if err != nil {
		return 0, mapErr(err)
	}
	ids, err := pgx.CollectRows(q, pgx.RowTo[int64])
	if err != nil {
		return 0, mapErr(err)
	}
	for at := 0; at < len(ids); at += reclassAtOnce {
		if err := t.Reclass(ctx, ids[at:min(at+reclassAtOnce, len(ids))]); err != nil {
			return 0, err
		}
	}
	if len(ids) == 0 {
		return 0, nil
	}
	return len(ids), t.RecheckZones(ctx, ids)
}

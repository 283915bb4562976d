package postgres

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"

	"daicho/internal/classify"
	"daicho/internal/errs"
	"daicho/internal/org"
)

const (
	sqlCopyScheme = `
INSERT INTO scheme (code, name, edition, source, checked, state, base_id)
SELECT b.code || '-' || (SELECT n FROM generate_series(2, 999) n WHERE NOT EXISTS (SELECT FROM scheme x WHERE x.code = b.code || '-' || n) ORDER BY n LIMIT 1),
       b.name, replace(b.edition, '（改め案）', '') || '（改め案）', 'own', '未照合', 'draft', b.id
FROM scheme b WHERE b.id = @base RETURNING id`

	sqlCopyAxes = `INSERT INTO scheme_axis (scheme_id, axis, name, ord) SELECT @id, axis, name, ord FROM scheme_axis WHERE scheme_id = @base`
)

// CopyScheme makes a draft from an edition, without its content. Errors: NotFound.
func (t *Tx) CopyScheme(ctx context.Context, base int64) (int64, error) {
	id, err := scalar[int64](ctx, t, sqlCopyScheme, pgx.StrictNamedArgs{"base": base})
	if err != nil {
		return 0, err
	}
	_, err = exec(ctx, t, sqlCopyAxes, pgx.StrictNamedArgs{"id": id, "base": base})
	return id, mapErr(err)
}

const (
	sqlSaveScheme = `
UPDATE scheme SET name = @name, edition = @edition, source = @source, edit_no = edit_no + 1
WHERE id = @id AND state = 'draft' AND edit_no = @edit`

	sqlPruneScheme = `SELECT scheme_prune(@id, @part, @rows::jsonb)::text`

	sqlPruneMappings = `
SELECT scheme_prune(@id, 'scheme_mapping', (
  SELECT coalesce(jsonb_agg(jsonb_build_object('earlier_id', e.id, 'axis', x.axis, 'from_code', x.from_code, 'to_codes', to_jsonb(x.to_codes),
    'source', x.source, 'checked', x.checked)), '[]')
  FROM jsonb_to_recordset(@rows::jsonb) x (earlier text, axis text, from_code text, to_codes text[], source text, checked text)
  JOIN scheme e ON e.code = x.earlier))::text`

	sqlAddMappings = `
INSERT INTO scheme_mapping (scheme_id, earlier_id, axis, from_code, to_codes, source, checked)
SELECT @id, e.id, x.axis, x.from_code, x.to_codes, x.source, x.checked
FROM jsonb_to_recordset(@rows::jsonb) x (earlier text, axis text, from_code text, to_codes text[], source text, checked text)
JOIN scheme e ON e.code = x.earlier ON CONFLICT DO NOTHING`
)

// SaveScheme stores the content of a draft: rows that changed are taken out and put in anew, rows that
// did not are not touched. Errors: Stale when another saved since, or the edition is no draft any
// more; Conflict when a code stands twice.
func (t *Tx) SaveScheme(ctx context.Context, e classify.Edition, edit int) error {
	n, err := exec(ctx, t, sqlSaveScheme, pgx.StrictNamedArgs{"id": e.ID, "edit": edit, "name": e.Name, "edition": e.Edition, "source": e.Source})
	if err != nil {
		return mapErr(err)
	}
	if n == 0 {
		return errs.New(errs.Stale, "scheme.stale", "この案は、開いたあとにほかの人が保存したか、承認を求められました。開き直して、もう一度直してください。")
	}
	prune := func(part string, list any, empty bool) error {
		if empty {
			list = []string{}
		}
		_, err := exec(ctx, t, sqlPruneScheme, pgx.StrictNamedArgs{"id": e.ID, "part": part, "rows": list})
		return mapErr(err)
	}
	for _, err := range []error{
		prune("scheme_judgement", e.Judgements, len(e.Judgements) == 0), prune("scheme_level", e.Levels, len(e.Levels) == 0),
		prune("scheme_question", e.Questions, len(e.Questions) == 0),
	} {
		if err != nil {
			return err
		}
	}
	of := pgx.StrictNamedArgs{"of": e.ID}
	if _, _, err := put(ctx, t, "level.csv", sqlPutLevels, e.Levels, of); err != nil {
		return err
	}
	if _, _, err := put(ctx, t, "question.csv", sqlPutQuestions, e.Questions, of); err != nil {
		return err
	}
	if _, _, err := put(ctx, t, "judgement.csv", sqlPutJudgements, e.Judgements, of); err != nil {
		return err
	}
	maps := pgx.StrictNamedArgs{"id": e.ID, "rows": e.Mappings}
	if len(e.Mappings) == 0 {
		maps["rows"] = []string{}
	}
	if _, err := exec(ctx, t, sqlPruneMappings, maps); err != nil {
		return mapErr(err)
	}
	_, err = exec(ctx, t, sqlAddMappings, maps)
	return mapErr(err)
}

const (
	sqlLockScheme    = `SELECT edit_no FROM scheme WHERE id = @id FOR UPDATE`
	sqlProposeScheme = `
UPDATE scheme SET state = 'proposed', proposer_id = @person, in_force_from = @day, note = @note, edit_no = edit_no + 1 WHERE id = @id AND state = 'draft'`
	sqlReturnScheme  = `UPDATE scheme SET state = 'draft', edit_no = edit_no + 1 WHERE id = @id AND state = 'proposed'`
	sqlApproveScheme = `UPDATE scheme SET state = 'approved', edit_no = edit_no + 1 WHERE id = @id AND state = 'proposed'`
	sqlDiscardScheme = `SELECT scheme_discard(@id)::text`
)

// LockScheme holds an edition to the end of the transaction and returns how often it was saved.
// Errors: NotFound.
func (t *Tx) LockScheme(ctx context.Context, id int64) (int, error) {
	return scalar[int](ctx, t, sqlLockScheme, pgx.StrictNamedArgs{"id": id})
}

// ProposeScheme asks for the decision on a draft. day is the day from which it is to be in force.
func (t *Tx) ProposeScheme(ctx context.Context, id int64, day time.Time, note string) error {
	return t.turnScheme(ctx, sqlProposeScheme, pgx.StrictNamedArgs{"id": id, "person": t.actor.Person, "day": day, "note": note})
}

// ReturnScheme makes a proposed edition a draft again.
func (t *Tx) ReturnScheme(ctx context.Context, id int64) error {
	return t.turnScheme(ctx, sqlReturnScheme, pgx.StrictNamedArgs{"id": id})
}

// ApproveScheme makes a proposed edition one that never changes again; its decision is there already.
func (t *Tx) ApproveScheme(ctx context.Context, id int64) error {
	return t.turnScheme(ctx, sqlApproveScheme, pgx.StrictNamedArgs{"id": id})
}

func (t *Tx) turnScheme(ctx context.Context, sql string, args pgx.StrictNamedArgs) error {
	n, err := exec(ctx, t, sql, args)
	if err == nil && n == 0 {
		return errs.New(errs.Conflict, "scheme.state", "この版の状態が変わっています。開き直してください。")
	}
	return mapErr(err)
}

// DiscardScheme throws a draft away that was never decided about.
func (t *Tx) DiscardScheme(ctx context.Context, id int64) error {
	_, err := exec(ctx, t, sqlDiscardScheme, pgx.StrictNamedArgs{"id": id})
	return mapErr(err)
}

const sqlDecideScheme = `
INSERT INTO scheme_decision (scheme_id, proposer_id, person_id, post_id, appointment_id, outcome, comment, in_force_from, digest, act_id)
SELECT s.id, s.proposer_id, @person, @post, @appointment, @outcome, @comment, s.in_force_from, @digest, @act FROM scheme s WHERE s.id = @id`

// DecideScheme stores a decision on a proposed edition. Errors: Conflict with the code
// check.scheme_decision_not_own when the one who decides is the one who proposed.
func (t *Tx) DecideScheme(ctx context.Context, id int64, by org.Appointment, outcome, comment string, digest [32]byte) error {
	_, err := exec(ctx, t, sqlDecideScheme, pgx.StrictNamedArgs{
		"id": id, "person": t.actor.Person, "post": by.PostID, "appointment": by.ID, "outcome": outcome, "comment": comment, "digest": digest[:], "act": t.act,
	})
	return mapErr(err)
}

// SchemeDecision is one decision on an edition.
type SchemeDecision struct {
	Outcome, Comment, Person, Post string
	At                             time.Time
	From                           time.Time
}

const sqlSchemeDecisions = `
SELECT d.outcome, d.comment, a.person_text AS person, a.post_text AS post, a.at, d.in_force_from AS "from"
FROM scheme_decision d JOIN act a ON a.id = d.act_id WHERE d.scheme_id = @id ORDER BY d.id DESC`

// SchemeDecisions lists the decisions on an edition, newest first.
func (t *Tx) SchemeDecisions(ctx context.Context, id int64) ([]SchemeDecision, error) {
	return rows[SchemeDecision](ctx, t, sqlSchemeDecisions, pgx.StrictNamedArgs{"id": id})
}

// ImpactGroup counts assets in force of one unit that are alike to a change of the 分類体系.
type ImpactGroup struct {
	Unit    int64
	Kind    string
	Scheme  int64
	C, I, A int16
	Count   int
}

const (
	fragMoved = `
WHERE n.version_no IS NOT NULL AND n.state <> 'disposed' AND n.scheme_id IS NOT NULL AND n.scheme_id <> @id
  AND (@everything OR n.unit_id = ANY (@scope::bigint[]))`

	sqlSchemeImpact = `
SELECT n.unit_id AS unit, n.kind, n.scheme_id AS scheme, n.c, n.i, n.a, count(*)::int AS count
FROM asset_now n` + fragMoved + ` GROUP BY 1, 2, 3, 4, 5, 6`

	sqlSchemeMoved = `
SELECT ` + fragRefColumns + `
FROM unnest(@units::bigint[], @kinds::text[], @schemes::bigint[], @cs::smallint[], @is::smallint[], @as::smallint[]) g (unit, kind, scheme, c, i, a)
JOIN asset_now n ON n.unit_id = g.unit AND n.kind = g.kind AND n.scheme_id = g.scheme AND n.c = g.c AND n.i = g.i AND n.a = g.a
JOIN unit u ON u.id = n.unit_id` + fragMoved + ` ORDER BY n.number, n.asset_id LIMIT @limit OFFSET @offset`

	sqlRejudgeUnits = `
SELECT n.unit_id AS unit, u.code, ` + fragUnitPath + ` AS name,
  count(*)::int AS count
FROM asset_now n JOIN unit u ON u.id = n.unit_id WHERE ` + fragRejudge + ` AND (@everything OR n.unit_id = ANY (@scope::bigint[]))
GROUP BY 1, 2, u.id ORDER BY u.organ_id, u.ord, u.id`

	fragRejudgeRows = `
SELECT n.asset_id AS asset, n.number, n.name, n.kind, n.unit_id AS unit, n.version_no, coalesce(n.scheme_id, 0) AS scheme, n.c, n.i, n.a,
  n.pending_no IS NOT NULL AS pending, EXISTS (SELECT FROM draft d WHERE d.asset_id = n.asset_id) AS drafted
FROM asset_now n WHERE ` + fragRejudge + ` AND (@everything OR n.unit_id = ANY (@scope::bigint[]))`

	sqlRejudgeRows = fragRejudgeRows + ` AND (@unit::bigint = 0 OR n.unit_id = @unit) ORDER BY n.number, n.asset_id OFFSET @offset LIMIT @limit`

	sqlRejudgeRowsOf = fragRejudgeRows + ` AND n.asset_id = ANY (@ids::bigint[]) ORDER BY n.asset_id`
)

// SchemeImpact counts the assets in force within the scope that stand under another edition than the
// given one, by what decides what becomes of them.
func (t *Tx) SchemeImpact(ctx context.Context, id int64) ([]ImpactGroup, error) {
	return rows[ImpactGroup](ctx, t, sqlSchemeImpact, t.scoped(pgx.StrictNamedArgs{"id": id}))
}

// SchemeMoved reads a page of the assets that groups of an impact count, by their numbers.
func (t *Tx) SchemeMoved(ctx context.Context, id int64, groups []ImpactGroup, limit, offset int) ([]AssetRef, error) {
	units, schemes, kinds := []int64{}, []int64{}, []string{}
	var cs, is, as []int16
	for _, g := range groups {
		units, schemes, kinds = append(units, g.Unit), append(schemes, g.Scheme), append(kinds, g.Kind)
		cs, is, as = append(cs, g.C), append(is, g.I), append(as, g.A)
	}
	list, err := rows[refRow](ctx, t, sqlSchemeMoved, t.scoped(pgx.StrictNamedArgs{
		"id": id, "units": units, "kinds": kinds, "schemes": schemes, "cs": cs, "is": is, "as": as, "limit": limit, "offset": offset,
	}))
	out := make([]AssetRef, len(list))
	for i, r := range list {
		out[i] = r.ref()
	}
	return out, err
}

// RejudgeUnit is a unit with the assets that are still to be judged again.
type RejudgeUnit struct {
	Unit  int64
	Code  string
	Name  string
	Count int
}

// RejudgeUnits lists the units in scope that have assets under an earlier edition, in the official
// order.
func (t *Tx) RejudgeUnits(ctx context.Context) ([]RejudgeUnit, error) {
	return rows[RejudgeUnit](ctx, t, sqlRejudgeUnits, t.scoped(pgx.StrictNamedArgs{}))
}

// RejudgeRow is one asset that is to be judged again.
type RejudgeRow struct {
	Asset     int64
	Number    string
	Name      string
	Kind      string
	Unit      int64
	VersionNo int
	Scheme    int64
	C, I, A   int16
	Pending   bool // a change waits for its decision
	Drafted   bool // somebody is writing one
}

// RejudgeRows reads a page of the assets in scope that stand under an earlier edition, by number; unit
// 0 means every unit.
func (t *Tx) RejudgeRows(ctx context.Context, unit int64, limit, offset int) ([]RejudgeRow, error) {
	return rows[RejudgeRow](ctx, t, sqlRejudgeRows, t.scoped(pgx.StrictNamedArgs{"unit": unit, "limit": limit, "offset": offset}))
}

// RejudgeRowsOf reads those of the given assets that lie in scope and stand under an earlier edition.
func (t *Tx) RejudgeRowsOf(ctx context.Context, ids []int64) ([]RejudgeRow, error) {
	return rows[RejudgeRow](ctx, t, sqlRejudgeRowsOf, t.scoped(pgx.StrictNamedArgs{"ids": ids}))
}

package postgres

import (
	"context"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"daicho/internal/approval"
	"daicho/internal/org"
)

const sqlLadder = `
SELECT p.id AS post, p.code, p.role, u.id AS unit, u.name, array_agg(DISTINCT a.person_id) AS persons, x.near, x.deputy
FROM unit me
CROSS JOIN LATERAL (
  SELECT q.id, (y.depth IS NOT NULL OR q.reach <> 'unit') AS near, false AS deputy, array_position('{manager,responsible,chief,ciso}', q.role) AS ord, coalesce(y.depth, 99) AS far
  FROM post q JOIN unit v ON v.id = q.unit_id LEFT JOIN unit_tree y ON y.unit_id = me.id AND y.above_id = v.id
  WHERE q.role IN ('manager', 'responsible', 'chief', 'ciso') AND v.organ_id = me.organ_id AND (y.depth IS NOT NULL OR q.reach <> 'unit' OR q.code = ANY (@named::text[]))
  UNION ALL
  SELECT d.deputy_id, true, true, 100 - array_position('{manager,responsible,chief,ciso}', q.role), d.ord
  FROM post_deputy d JOIN post q ON q.id = d.post_id JOIN unit v ON v.id = q.unit_id LEFT JOIN unit_tree y ON y.unit_id = me.id AND y.above_id = v.id
  WHERE v.organ_id = me.organ_id AND (y.depth IS NOT NULL OR q.reach <> 'unit')) x
JOIN post p ON p.id = x.id AND p.role IN ('manager', 'responsible', 'chief', 'ciso')
JOIN unit u ON u.id = p.unit_id AND u.organ_id = me.organ_id AND u.valid_from <= @today AND @today < u.valid_to
JOIN appointment a ON a.post_id = p.id AND a.valid_from <= @today AND @today < a.valid_to
  AND EXISTS (SELECT FROM account c WHERE c.person_id = a.person_id AND c.ended_at IS NULL)
WHERE me.id = @unit
GROUP BY p.id, u.id, x.near, x.deputy, x.ord, x.far
ORDER BY x.deputy, x.ord, x.far, u.id, p.ord, p.id`

// Ladder lists the posts that could decide for a unit, lowest first: the managers of the unit and of
// those above it, then its 責任者, then — in an organ that is not independent — 統括 and CISO; then
// the deputies whom the organ named. Posts of the organ that a route names come along wherever they
// stand. Each comes with the people who hold it today and can sign in: a post whose holders cannot is
// no step of a way that must come to an end.
func (t *Tx) Ladder(ctx context.Context, unit int64, named []string) ([]approval.Rung, error) {
	if named == nil {
		named = []string{}
	}
	return rows[approval.Rung](ctx, t, sqlLadder, pgx.StrictNamedArgs{"unit": unit, "named": named, "today": today(t.now)})
}

// WayStep is one step of an application, with who takes it and by whom a 合議 was asked for.
type WayStep struct {
	No          int
	Kind        string
	Role        string
	Unit        int64
	UnitName    string
	InNameOf    string
	Again       bool
	Days        int
	Question    string
	AskedBy     string
	Posts       []int64
	PostNames   []string
	HolderNames []string // of today, but the applicant
	Turn        int
}

// Rules returns what the rules of approval need to know of the step.
func (s WayStep) Rules() approval.Step {
	return approval.Step{
		No: s.No, Kind: approval.StepKind(s.Kind), Role: org.Role(s.Role), Unit: s.Unit, Name: s.UnitName, Posts: s.Posts,
		For: org.Role(s.InNameOf), Again: s.Again, Days: s.Days,
	}
}

const sqlWay = `
SELECT s.no, s.kind, s.role, s.unit_id AS unit, u.name AS unit_name, s.in_name_of, s.again, s.days, s.question, coalesce(q.name, '') AS asked_by,
       p.turn, p.posts, p.names AS post_names, p.holders AS holder_names
FROM application_step s JOIN unit u ON u.id = s.unit_id LEFT JOIN person q ON q.id = s.asked_by JOIN application a ON a.id = s.application_id
CROSS JOIN LATERAL (
  SELECT t.turn, array_agg(DISTINCT t.post_id) AS posts, array_agg(DISTINCT o.name) AS names,
         coalesce(array_agg(DISTINCT h.name) FILTER (WHERE h.id IS NOT NULL), '{}') AS holders
  FROM step_post t JOIN post o ON o.id = t.post_id
  LEFT JOIN (appointment m JOIN person h ON h.id = m.person_id) ON m.post_id = t.post_id AND m.valid_from <= @today AND @today < m.valid_to AND m.person_id <> a.applicant_id
  WHERE t.application_id = s.application_id AND t.step = s.no GROUP BY t.turn ORDER BY t.turn DESC LIMIT 1) p
WHERE s.application_id = @application ORDER BY s.ord, s.kind, s.no`

// Way lists the steps of an application that the caller has read within the scope, in their order.
func (t *Tx) Way(ctx context.Context, application int64) ([]WayStep, error) {
	return rows[WayStep](ctx, t, sqlWay, pgx.StrictNamedArgs{"application": application, "today": today(t.now)})
}

// Decision is what was decided at a step.
type Decision struct {
	ID                 int64
	Step               int
	PersonID           int64
	Outcome, Comment   string
	Capacity           string
	BackTo             int
	Person, Post, Unit string
	At                 time.Time
}

const sqlDecisions = `
SELECT d.id, d.step, d.person_id, d.outcome, d.comment, d.capacity, coalesce(d.back_to, 0) AS back_to, p.name AS person, po.name AS post, u.name AS unit, a.at
FROM decision d JOIN person p ON p.id = d.person_id JOIN post po ON po.id = d.post_id JOIN unit u ON u.id = po.unit_id
JOIN act a ON a.id = d.act_id WHERE d.application_id = @id ORDER BY d.id`

// Decisions lists what was decided on an application, in the order of time.
func (t *Tx) Decisions(ctx context.Context, application int64) ([]Decision, error) {
	return rows[Decision](ctx, t, sqlDecisions, pgx.StrictNamedArgs{"id": application})
}

// Rules returns what the rules of approval need to know of an application with its way.
func (a Application) Rules(way []WayStep, decisions []Decision) approval.Application {
	out := approval.Application{State: approval.State(a.State), Applicant: a.Applicant, Digest: [32]byte(a.Digest)}
	for _, s := range way {
		out.Steps = append(out.Steps, s.Rules())
	}
	for _, d := range decisions {
		out.Decisions = append(out.Decisions, approval.Decision{Step: d.Step, Person: d.PersonID, Outcome: approval.Outcome(d.Outcome), BackTo: d.BackTo})
	}
	return out
}

// Takes returns the appointment by which the transaction may take a step: one's own post before one
// held for another.
func (t *Tx) Takes(s approval.Step) (org.Appointment, bool) {
	var found org.Appointment
	for _, p := range t.scope.Posts() {
		if slices.Contains(s.Posts, p.PostID) && (found.ID == 0 || found.Kind == org.Delegated && p.Kind != org.Delegated) {
			found = p
		}
	}
	return found, found.ID != 0
}

const (
	sqlCloseApplication = `UPDATE application SET state = @state, decided_at = now() WHERE id = @id`
	sqlCloseItems       = `UPDATE application_item SET open = false WHERE application_id = @id`
	sqlNextStep         = `UPDATE application SET step = application_next(id), round = round + @back::int, step_since = now() WHERE id = @id`

	sqlInsertDecision = `
INSERT INTO decision (application_id, step, round, applicant_id, person_id, post_id, appointment_id, capacity, outcome, comment, back_to, digest, act_id)
VALUES (@application, @step, @round, @applicant, @person, @post, @appointment, @capacity, @outcome, @comment, nullif(@back::int, 0), @digest, @act) RETURNING id`

	sqlInsertDecisionItems = `
INSERT INTO decision_item (decision_id, application_id, asset_id, version_no, material_sha256)
SELECT @decision, application_id, asset_id, version_no, material_sha256 FROM application_item WHERE application_id = @application`
)

// NewDecision is a decision to be stored.
type NewDecision struct {
	Outcome approval.Outcome
	Comment string
	BackTo  int             // step, of approval.SendBack
	By      org.Appointment // by which the actor takes the step
	For     org.Role        // 専決: in whose name
}

// capacity is how the one who decides stands for the post.
func (d NewDecision) capacity() string {
	switch d.By.Kind {
	case org.Acting:
		return "acting"
	case org.Delegated:
		return "delegated"
	case org.Main, org.Concurrent:
	}
	if d.For != "" {
		return "standing"
	}
	return "self"
}

// InsertDecision stores a decision at the step where an application stands.
// Errors: Forbidden "check.decision_not_own" for one's own application, "unique.decision_once" when
// the step was decided already.
func (t *Tx) InsertDecision(ctx context.Context, a Application, d NewDecision) (int64, error) {
	return scalar[int64](ctx, t, sqlInsertDecision, pgx.StrictNamedArgs{
		"application": a.ID, "step": a.Step, "round": a.Round, "applicant": a.Applicant, "person": t.actor.Person, "post": d.By.PostID,
		"appointment": d.By.ID, "capacity": d.capacity(), "outcome": string(d.Outcome), "comment": d.Comment, "back": d.BackTo, "digest": a.Digest, "act": t.act,
	})
}

// NameItems lets the decision that ended the way name every item with its version and digest.
func (t *Tx) NameItems(ctx context.Context, application, decision int64) error {
	_, err := exec(ctx, t, sqlInsertDecisionItems, pgx.StrictNamedArgs{"decision": decision, "application": application})
	return mapErr(err)
}

// NextStep moves an application to the step that its decisions have come to; back begins a new round.
func (t *Tx) NextStep(ctx context.Context, application int64, back bool) error {
	n := 0
	if back {
		n = 1
	}
	_, err := exec(ctx, t, sqlNextStep, pgx.StrictNamedArgs{"id": application, "back": n})
	return mapErr(err)
}

// CloseApplication ends an application in a state and frees its assets for the next one.
func (t *Tx) CloseApplication(ctx context.Context, id int64, s approval.State) error {
	b := &pgx.Batch{}
	b.Queue(sqlCloseApplication, pgx.StrictNamedArgs{"id": id, "state": string(s)})
	b.Queue(sqlCloseItems, pgx.StrictNamedArgs{"id": id})
	return mapErr(t.tx.SendBatch(ctx, b).Close())
}

const (
	sqlOpenItems = `
INSERT INTO item_opening (application_id, asset_id, person_id, act_id) SELECT @application, unnest(@assets::bigint[]), @person, @act ON CONFLICT DO NOTHING`

	sqlOpenMust = `
INSERT INTO item_opening (application_id, asset_id, person_id, act_id)
SELECT application_id, asset_id, @person, @act FROM application_item WHERE application_id = @application AND must <> '' ON CONFLICT DO NOTHING`

	sqlUnopened = `
SELECT coalesce(min(i.no), 0) AS first, count(*) AS count FROM application_item i WHERE i.application_id = @application AND i.must <> ''
  AND NOT EXISTS (SELECT FROM item_opening o WHERE (o.application_id, o.asset_id, o.person_id) = (i.application_id, i.asset_id, @person))`
)

// OpenItems notes that the actor has opened items; again, nothing.
func (t *Tx) OpenItems(ctx context.Context, application int64, assets []int64) error {
	_, err := exec(ctx, t, sqlOpenItems, pgx.StrictNamedArgs{"application": application, "assets": assets, "person": t.actor.Person, "act": t.act})
	return mapErr(err)
}

// OpenMust notes it for every item that has to be opened: for the people of a sample, who are played.
func (t *Tx) OpenMust(ctx context.Context, application int64) error {
	_, err := exec(ctx, t, sqlOpenMust, pgx.StrictNamedArgs{"application": application, "person": t.actor.Person, "act": t.act})
	return mapErr(err)
}

// Unopened is what the actor still has to open before deciding.
type Unopened struct {
	First int // number of the first such item
	Count int
}

// Unopened counts the items of an application that the actor still has to open.
func (t *Tx) Unopened(ctx context.Context, application int64) (Unopened, error) {
	return row[Unopened](ctx, t, sqlUnopened, pgx.StrictNamedArgs{"application": application, "person": t.actor.Person})
}

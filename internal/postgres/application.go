package postgres

import (
	"context"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"daicho/internal/approval"
	"daicho/internal/classify"
	"daicho/internal/org"
)

// Ladder lists the posts that could decide for a unit, lowest first: the managers of the unit and of
// those above it, then its 責任者, then — in an organ that is not independent — 統括 and CISO. Each
// comes with the people who hold it today and can sign in: a post whose holders cannot is no step of
// a way that must come to an end. The people of a sample are played and need not sign in.
func (t *Tx) Ladder(ctx context.Context, unit int64) ([]approval.Holder, error) {
	type rung struct {
		Role    string
		Unit    int64
		Name    string
		Persons []int64
	}
	list, err := rows[rung](ctx, t, sqlLadder, pgx.StrictNamedArgs{"unit": unit, "today": today(t.now), "play": t.play})
	out := make([]approval.Holder, len(list))
	for i, r := range list {
		out[i] = approval.Holder{Step: approval.Step{Role: org.Role(r.Role), Unit: r.Unit}, Name: r.Name, Persons: r.Persons}
	}
	return out, err
}

const sqlLadder = `
SELECT p.role, u.id AS unit, u.name, array_agg(DISTINCT a.person_id) AS persons
FROM unit me JOIN organ o ON o.id = me.organ_id
JOIN post p ON p.role IN ('manager', 'responsible', 'chief', 'ciso')
JOIN unit u ON u.id = p.unit_id AND u.organ_id = me.organ_id AND u.valid_from <= @today AND @today < u.valid_to
JOIN appointment a ON a.post_id = p.id AND a.valid_from <= @today AND @today < a.valid_to
  AND (@play::boolean OR EXISTS (SELECT FROM account c WHERE c.person_id = a.person_id AND c.ended_at IS NULL))
LEFT JOIN unit_tree y ON y.unit_id = me.id AND y.above_id = u.id
WHERE me.id = @unit AND (y.depth IS NOT NULL OR p.reach <> 'unit')
GROUP BY p.role, u.id, u.name, y.depth
ORDER BY array_position('{manager,responsible,chief,ciso}', p.role), coalesce(y.depth, 99), u.id`

// NewApplication is an application to be stored.
type NewApplication struct {
	Unit          int64
	ApplicantText string
	Note          string
	Steps         []approval.Step
	Items         []NewItem
}

// NewItem is one item of an application to be stored.
type NewItem struct {
	approval.Item
	BaseNo int
	Deed   approval.Deed
	Lowers bool
	Levels classify.Levels // as they would be, for the eyes of the one who decides
}

const (
	sqlInsertApplication = `
INSERT INTO application (unit_id, applicant_id, applicant_text, note, state, item_count, digest, act_id)
VALUES (@unit, @applicant, @text, @note, 'submitted', @count, @digest, @act) RETURNING id`

	sqlInsertStep = `INSERT INTO application_step (application_id, no, role, unit_id) VALUES (@application, @no, @role, @unit)`

	sqlInsertItem = `
INSERT INTO application_item (application_id, asset_id, no, version_no, material_sha256, base_no, deed, lowers, c, i, a)
VALUES (@application, @asset, @no, @version, @material, @base, @deed, @lowers, @c, @i, @a)`
)

// InsertApplication stores an application with its route and items and returns its id.
// Errors: Conflict "unique.application_item_open" when an asset waits for a decision already.
func (t *Tx) InsertApplication(ctx context.Context, a NewApplication) (int64, error) {
	items := make([]approval.Item, len(a.Items))
	for i, it := range a.Items {
		items[i] = it.Item
	}
	digest := approval.Digest(items)
	id, err := scalar[int64](ctx, t, sqlInsertApplication, pgx.StrictNamedArgs{
		"unit": a.Unit, "applicant": t.actor.Person, "text": a.ApplicantText, "note": a.Note, "count": len(a.Items),
		"digest": digest[:], "act": t.act,
	})
	if err != nil {
		return 0, err
	}
	b := &pgx.Batch{}
	for i, s := range a.Steps {
		b.Queue(sqlInsertStep, pgx.StrictNamedArgs{"application": id, "no": i + 1, "role": string(s.Role), "unit": s.Unit})
	}
	for i, it := range a.Items {
		b.Queue(sqlInsertItem, pgx.StrictNamedArgs{
			"application": id, "asset": it.Asset, "no": i + 1, "version": it.Version, "material": it.Material[:],
			"base": it.BaseNo, "deed": string(it.Deed), "lowers": it.Lowers,
			"c": int16(it.Levels.C), "i": int16(it.Levels.I), "a": int16(it.Levels.A),
		})
	}
	return id, mapErr(t.tx.SendBatch(ctx, b).Close())
}

// Application is a stored application.
type Application struct {
	ID            int64
	Unit          int64
	UnitName      string
	Applicant     int64
	ApplicantText string
	Note          string
	State         string
	Step          int
	StepRole      string
	StepUnit      int64
	StepUnitName  string
	ItemCount     int
	Lowers        int // items that lower a level
	Guarded       int // items of a level that is opened one by one
	Kinds, Deeds  []string
	C, I, A       classify.Rank // the highest of all items on each axis
	Digest        []byte
	SubmittedAt   time.Time
	DecidedAt     *time.Time
	FirstName     string // name of the first item, for lists
}

// Rules returns what the rules of approval need to know.
func (a Application) Rules() approval.Application {
	return approval.Application{
		State: approval.State(a.State), Applicant: a.Applicant,
		Step: approval.Step{Role: org.Role(a.StepRole), Unit: a.StepUnit}, Digest: [32]byte(a.Digest),
	}
}

const (
	fragApplication = `
SELECT a.id, a.unit_id AS unit, u.name AS unit_name, a.applicant_id AS applicant, a.applicant_text, a.note, a.state, a.step,
       s.role AS step_role, s.unit_id AS step_unit, su.name AS step_unit_name, a.item_count,
       x.lowers, x.guarded, x.kinds, x.deeds, x.c, x.i, x.a,
       a.digest, a.submitted_at, a.decided_at,
       coalesce((SELECT n.name FROM application_item i JOIN asset_now n USING (asset_id) WHERE i.application_id = a.id ORDER BY i.no LIMIT 1), '') AS first_name
FROM application a JOIN unit u ON u.id = a.unit_id
JOIN application_step s ON s.application_id = a.id AND s.no = a.step JOIN unit su ON su.id = s.unit_id
CROSS JOIN LATERAL (
  SELECT count(*) FILTER (WHERE i.lowers) AS lowers, count(*) FILTER (WHERE ` + fragGuarded + `) AS guarded,
         array_agg(DISTINCT k.kind) AS kinds, array_agg(DISTINCT i.deed) AS deeds, max(i.c) AS c, max(i.i) AS i, max(i.a) AS a
  FROM application_item i JOIN asset k ON k.id = i.asset_id
  JOIN asset_version v ON (v.asset_id, v.no) = (i.asset_id, i.version_no) WHERE i.application_id = a.id) x
WHERE (@everything OR a.unit_id = ANY (@scope::bigint[]))`

	// Whether the item i of the version v stands at a level that is opened one by one: at its rank, or
	// the least above it in its own edition.
	fragGuarded = `EXISTS (SELECT FROM scheme_level l CROSS JOIN LATERAL (SELECT CASE l.axis WHEN 'C' THEN i.c WHEN 'I' THEN i.i ELSE i.a END) x (r)
           WHERE l.scheme_id = v.scheme_id AND l.guarded AND x.r > 0
           AND NOT EXISTS (SELECT FROM scheme_level m WHERE (m.scheme_id, m.axis) = (l.scheme_id, l.axis) AND m.rank < l.rank AND m.rank >= x.r)
           AND (l.rank >= x.r OR NOT EXISTS (SELECT FROM scheme_level m WHERE (m.scheme_id, m.axis) = (l.scheme_id, l.axis) AND m.rank > l.rank)))`

	sqlApplication     = fragApplication + ` AND a.id = @id`
	sqlLockApplication = fragApplication + ` AND a.id = @id FOR UPDATE OF a`

	// What a person could decide: open, at a step of a role and unit that one of the posts covers, and
	// not the person's own.
	fragMine = ` AND a.state = 'submitted' AND a.applicant_id <> @person
  AND EXISTS (SELECT 1 FROM unnest(@roles::text[], @units::bigint[]) w (role, unit) WHERE w.role = s.role AND w.unit = s.unit_id)`

	sqlQueue = fragApplication + fragMine + ` ORDER BY a.submitted_at, a.id LIMIT @limit OFFSET @offset`

	sqlCountQueue = `
SELECT count(*) FROM application a JOIN application_step s ON s.application_id = a.id AND s.no = a.step
WHERE (@everything OR a.unit_id = ANY (@scope::bigint[]))` + fragMine

	sqlMyApplications = fragApplication + ` AND a.applicant_id = @person AND (NOT @open OR a.state = 'submitted') ORDER BY (a.state = 'submitted') DESC, a.submitted_at DESC, a.id DESC LIMIT @limit OFFSET @offset`

	sqlCountMyApplications = `
SELECT count(*) AS total, count(*) FILTER (WHERE state = 'submitted') AS open FROM application a
WHERE (@everything OR a.unit_id = ANY (@scope::bigint[])) AND a.applicant_id = @person`
)

// Application reads an application within the scope. Errors: NotFound.
func (t *Tx) Application(ctx context.Context, id int64) (Application, error) {
	return row[Application](ctx, t, sqlApplication, t.scoped(pgx.StrictNamedArgs{"id": id}))
}

// LockApplication reads an application within the scope and holds it to the end of the transaction,
// so that exactly one of two decisions wins. Errors: NotFound.
func (t *Tx) LockApplication(ctx context.Context, id int64) (Application, error) {
	return row[Application](ctx, t, sqlLockApplication, t.scoped(pgx.StrictNamedArgs{"id": id}))
}

// reachOf spells out the steps that the posts of the transaction could take, as parallel arrays.
func (t *Tx) reachOf() (roles []string, units []int64) {
	roles, units = []string{}, []int64{}
	for _, p := range t.scope.Posts() {
		for _, u := range p.Units {
			roles, units = append(roles, string(p.Role)), append(units, u)
		}
	}
	return roles, units
}

func (t *Tx) queueArgs(args pgx.StrictNamedArgs) pgx.StrictNamedArgs {
	args["person"] = t.actor.Person
	args["roles"], args["units"] = t.reachOf()
	return t.scoped(args)
}

// Queue lists what the actor could decide, oldest first.
func (t *Tx) Queue(ctx context.Context, limit, offset int) ([]Application, error) {
	return rows[Application](ctx, t, sqlQueue, t.queueArgs(pgx.StrictNamedArgs{"limit": limit, "offset": offset}))
}

// CountQueue counts what the actor could decide.
func (t *Tx) CountQueue(ctx context.Context) (int, error) {
	return scalar[int](ctx, t, sqlCountQueue, t.queueArgs(pgx.StrictNamedArgs{}))
}

// MyApplications lists the actor's own applications, open ones first, newest first; or only those.
func (t *Tx) MyApplications(ctx context.Context, open bool, limit, offset int) ([]Application, error) {
	return rows[Application](ctx, t, sqlMyApplications, t.scoped(pgx.StrictNamedArgs{"person": t.actor.Person, "open": open, "limit": limit, "offset": offset}))
}

// ApplicationCount counts applications.
type ApplicationCount struct{ Total, Open int }

// CountMyApplications counts the actor's own applications.
func (t *Tx) CountMyApplications(ctx context.Context) (ApplicationCount, error) {
	return row[ApplicationCount](ctx, t, sqlCountMyApplications, t.scoped(pgx.StrictNamedArgs{"person": t.actor.Person}))
}

// CanDecide reports whether one of the posts of the transaction takes the step of the application,
// and by which appointment.
func (t *Tx) CanDecide(a Application) (org.Appointment, bool) {
	for _, p := range t.scope.Posts() {
		if p.Role != org.Role(a.StepRole) {
			continue
		}
		if slices.Contains(p.Units, a.StepUnit) {
			return p, true
		}
	}
	return org.Appointment{}, false
}

// Item is one item of a stored application.
type Item struct {
	AssetID        int64
	No             int
	Kind           string
	Number         string
	VersionNo      int
	MaterialSha256 []byte
	BaseNo         int
	Deed           string
	Lowers         bool
	Guarded        bool // of a level that is opened one by one
	C, I, A        classify.Rank
}

// Levels returns the levels as they would be.
func (i Item) Levels() classify.Levels { return classify.Levels{C: i.C, I: i.I, A: i.A} }

const fragItems = `
SELECT i.asset_id, i.no, s.kind, coalesce(s.number, '') AS number, i.version_no, i.material_sha256, i.base_no, i.deed, i.lowers,
       ` + fragGuarded + ` AS guarded, i.c, i.i, i.a
FROM application_item i JOIN asset s ON s.id = i.asset_id
JOIN asset_version v ON (v.asset_id, v.no) = (i.asset_id, i.version_no)
WHERE i.application_id = @id`

const (
	sqlItems = fragItems + ` AND i.no > @after ORDER BY i.no LIMIT @limit`

	sqlItemsToSee = fragItems + ` ORDER BY i.lowers DESC, guarded DESC, i.no LIMIT @limit OFFSET @offset`
)

// Items lists the items of an application that the caller has read within the scope, after a given
// number, at most limit of them.
func (t *Tx) Items(ctx context.Context, application int64, after, limit int) ([]Item, error) {
	return rows[Item](ctx, t, sqlItems, pgx.StrictNamedArgs{"id": application, "after": after, "limit": limit})
}

// ItemsToSee is Items in the order in which they are looked at: first what lowers a level, then what
// is opened one by one.
func (t *Tx) ItemsToSee(ctx context.Context, application int64, offset, limit int) ([]Item, error) {
	return rows[Item](ctx, t, sqlItemsToSee, pgx.StrictNamedArgs{"id": application, "offset": offset, "limit": limit})
}

const sqlEverGuarded = `
SELECT DISTINCT t.asset_id FROM tenure t JOIN asset_version v ON (v.asset_id, v.no) = (t.asset_id, t.version_no)
JOIN scheme_level l ON l.scheme_id = v.scheme_id AND l.guarded AND (l.axis, l.rank) IN
  (('C', scheme_level_at(v.scheme_id, 'C', t.c)), ('I', scheme_level_at(v.scheme_id, 'I', t.i)), ('A', scheme_level_at(v.scheme_id, 'A', t.a)))
WHERE t.asset_id = ANY (@assets::bigint[]) ORDER BY t.asset_id`

// GuardedOf returns the assets of the items whose opening is recorded: those that would stand, stand
// or ever stood at a guarded level.
func (t *Tx) GuardedOf(ctx context.Context, items []Item) ([]int64, error) {
	var out, rest []int64
	for _, it := range items {
		if it.Guarded {
			out = append(out, it.AssetID)
		} else if it.BaseNo != 0 {
			rest = append(rest, it.AssetID)
		}
	}
	if len(rest) == 0 {
		return out, nil
	}
	type asset struct{ AssetID int64 }
	ever, err := rows[asset](ctx, t, sqlEverGuarded, pgx.StrictNamedArgs{"assets": rest})
	for _, a := range ever {
		out = append(out, a.AssetID)
	}
	return out, err
}

// ItemGroup counts the items of an application that are alike.
type ItemGroup struct {
	Kind    string
	Deed    string
	C       classify.Rank
	Count   int
	Lowers  int
	Guarded int
}

const sqlItemGroups = `
SELECT s.kind, i.deed, i.c, count(*) AS count, count(*) FILTER (WHERE i.lowers) AS lowers, count(*) FILTER (WHERE ` + fragGuarded + `) AS guarded
FROM application_item i JOIN asset s ON s.id = i.asset_id
JOIN asset_version v ON (v.asset_id, v.no) = (i.asset_id, i.version_no)
WHERE i.application_id = @id GROUP BY s.kind, i.deed, i.c ORDER BY i.c DESC, s.kind, i.deed`

// ItemGroups counts the items of an application that the caller has read within the scope, by kind,
// deed and 機密性, the highest first.
func (t *Tx) ItemGroups(ctx context.Context, application int64) ([]ItemGroup, error) {
	return rows[ItemGroup](ctx, t, sqlItemGroups, pgx.StrictNamedArgs{"id": application})
}

const (
	sqlCloseApplication = `UPDATE application SET state = @state, decided_at = now() WHERE id = @id`
	sqlCloseItems       = `UPDATE application_item SET open = false WHERE application_id = @id`

	sqlInsertDecision = `
INSERT INTO decision (application_id, step, applicant_id, person_id, post_id, appointment_id, capacity, outcome, comment, digest, act_id)
VALUES (@application, @step, @applicant, @person, @post, @appointment, @capacity, @outcome, @comment, @digest, @act) RETURNING id`

	sqlInsertDecisionItems = `
INSERT INTO decision_item (decision_id, application_id, asset_id, version_no, material_sha256)
SELECT @decision, application_id, asset_id, version_no, material_sha256 FROM application_item WHERE application_id = @application`
)

// InsertDecision stores a decision; an approval names every item with its version and digest.
// Errors: Forbidden "check.decision_not_own" for one's own application, "unique…" when the step was
// decided already.
func (t *Tx) InsertDecision(ctx context.Context, a Application, by org.Appointment, o approval.Outcome, comment string) (int64, error) {
	capacity := "self"
	switch by.Kind {
	case org.Acting:
		capacity = "acting"
	case org.Delegated:
		capacity = "delegated"
	case org.Main, org.Concurrent:
	}
	id, err := scalar[int64](ctx, t, sqlInsertDecision, pgx.StrictNamedArgs{
		"application": a.ID, "step": a.Step, "applicant": a.Applicant, "person": t.actor.Person, "post": by.PostID,
		"appointment": by.ID, "capacity": capacity, "outcome": string(o), "comment": comment, "digest": a.Digest, "act": t.act,
	})
	if err != nil || o != approval.Approve {
		return id, err
	}
	_, err = exec(ctx, t, sqlInsertDecisionItems, pgx.StrictNamedArgs{"decision": id, "application": a.ID})
	return id, mapErr(err)
}

// CloseApplication ends an application in a state and frees its assets for the next one.
func (t *Tx) CloseApplication(ctx context.Context, id int64, s approval.State) error {
	b := &pgx.Batch{}
	b.Queue(sqlCloseApplication, pgx.StrictNamedArgs{"id": id, "state": string(s)})
	b.Queue(sqlCloseItems, pgx.StrictNamedArgs{"id": id})
	return mapErr(t.tx.SendBatch(ctx, b).Close())
}

const sqlDecisionOf = `
SELECT d.id, d.outcome, d.comment, d.capacity, p.name AS person, po.name AS post, u.name AS unit, a.at
FROM decision d JOIN person p ON p.id = d.person_id JOIN post po ON po.id = d.post_id JOIN unit u ON u.id = po.unit_id
JOIN act a ON a.id = d.act_id WHERE d.application_id = @id ORDER BY d.step DESC LIMIT 1`

// Decision is the newest decision on an application.
type Decision struct {
	ID                 int64
	Outcome, Comment   string
	Capacity           string
	Person, Post, Unit string
	At                 time.Time
}

// DecisionOf reads the newest decision on an application. Errors: NotFound while there is none.
func (t *Tx) DecisionOf(ctx context.Context, application int64) (Decision, error) {
	return row[Decision](ctx, t, sqlDecisionOf, pgx.StrictNamedArgs{"id": application})
}

const sqlTenureDecisions = `
SELECT asset_id, decision_id FROM tenure WHERE asset_id = ANY (@assets::bigint[]) AND to_rev = 9223372036854775807`

// StandingDecisions returns, per asset in force, the decision under which it stands.
func (t *Tx) StandingDecisions(ctx context.Context, assets []int64) (map[int64]int64, error) {
	type standing struct{ AssetID, DecisionID int64 }
	list, err := rows[standing](ctx, t, sqlTenureDecisions, pgx.StrictNamedArgs{"assets": assets})
	out := make(map[int64]int64, len(list))
	for _, s := range list {
		out[s.AssetID] = s.DecisionID
	}
	return out, err
}

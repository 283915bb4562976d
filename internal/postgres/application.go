package postgres

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"

	"daicho/internal/approval"
	"daicho/internal/classify"
)

// NewApplication is an application to be stored.
type NewApplication struct {
	Unit          int64
	ApplicantText string
	Note          string
	Route         int64 // edition of the routes; 0 = approval.Simple
	Steps         []approval.Step
	Items         []NewItem
	Seed          []byte // of the drawn sample; nil where none was drawn
	// EmergencyOn is the day on which the deed was done in an emergency, before this application (7-09).
	EmergencyOn  *time.Time
	EmergencyWhy string
}

// NewItem is one item of an application to be stored.
type NewItem struct {
	approval.Item
	BaseNo int
	Deed   approval.Deed
	Lowers bool
	Levels classify.Levels // as they would be, for the eyes of the one who decides
	Must   approval.Must   // why it has to be opened before the decision
}

const (
	sqlInsertApplication = `
INSERT INTO application (unit_id, applicant_id, applicant_text, note, state, item_count, digest, route_id, sample_seed, emergency_on, emergency_why, act_id)
VALUES (@unit, @applicant, @text, @note, 'submitted', @count, @digest, nullif(@route::bigint, 0), @seed, @emergency, @why, @act) RETURNING id`

	sqlInsertStep = `
INSERT INTO application_step (application_id, no, ord, kind, role, unit_id, in_name_of, again, days)
VALUES (@application, @no, @no * 1000, @kind, @role, @unit, @for, @again, @days)`

	sqlInsertStepPosts = `INSERT INTO step_post (application_id, step, turn, post_id) SELECT @application, @step, @turn, unnest(@posts::bigint[])`

	sqlInsertItem = `
INSERT INTO application_item (application_id, asset_id, no, version_no, material_sha256, base_no, deed, lowers, c, i, a, must)
VALUES (@application, @asset, @no, @version, @material, @base, @deed, @lowers, @c, @i, @a, @must)`
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
		"digest": digest[:], "route": a.Route, "seed": a.Seed, "emergency": a.EmergencyOn, "why": a.EmergencyWhy, "act": t.act,
	})
	if err != nil {
		return 0, err
	}
	b := &pgx.Batch{}
	for i, s := range a.Steps {
		b.Queue(sqlInsertStep, pgx.StrictNamedArgs{
			"application": id, "no": i + 1, "kind": string(s.Kind), "role": string(s.Role), "unit": s.Unit, "for": string(s.For), "again": s.Again, "days": s.Days,
		})
		b.Queue(sqlInsertStepPosts, pgx.StrictNamedArgs{"application": id, "step": i + 1, "turn": 0, "posts": s.Posts})
	}
	for i, it := range a.Items {
		b.Queue(sqlInsertItem, pgx.StrictNamedArgs{
			"application": id, "asset": it.Asset, "no": i + 1, "version": it.Version, "material": it.Material[:],
			"base": it.BaseNo, "deed": string(it.Deed), "lowers": it.Lowers,
			"c": int16(it.Levels.C), "i": int16(it.Levels.I), "a": int16(it.Levels.A), "must": string(it.Must),
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
	Step          int // where it stands, or ended
	StepKind      string
	StepRole      string
	StepUnit      int64
	StepUnitName  string
	StepDays      int
	StepSince     time.Time
	StepNo, Steps int // how many steps came before and with it, and how many there are
	Round         int
	ItemCount     int
	Lowers        int // items that lower a level
	Guarded       int // items of a level that is opened one by one
	Must          int // items that have to be opened before the decision
	EmergencyOn   *time.Time
	EmergencyWhy  string
	Kinds, Deeds  []string
	C, I, A       classify.Rank // the highest of all items on each axis
	Digest        []byte
	SubmittedAt   time.Time
	DecidedAt     *time.Time
	FirstName     string // name of the first item, for lists
}

// Due is when the open step is to be taken at the latest, and false where there is no limit. What was
// done in an emergency is due in three days, whatever the route says (7-09).
func (a Application) Due() (time.Time, bool) {
	days := a.StepDays
	if a.EmergencyOn != nil && (days == 0 || days > emergencyDays) {
		days = emergencyDays
	}
	return a.StepSince.AddDate(0, 0, days), days > 0
}

const emergencyDays = 3

const (
	fragApplication = `
SELECT a.id, a.unit_id AS unit, u.name AS unit_name, a.applicant_id AS applicant, a.applicant_text, a.note, a.state, a.step, a.round,
       s.kind AS step_kind, s.role AS step_role, s.unit_id AS step_unit, su.name AS step_unit_name, s.days AS step_days, a.step_since,
       (SELECT count(*) FROM application_step y WHERE y.application_id = a.id AND (y.ord, y.kind, y.no) <= (s.ord, s.kind, s.no)) AS step_no,
       (SELECT count(*) FROM application_step y WHERE y.application_id = a.id) AS steps,
       a.item_count, a.emergency_on, a.emergency_why, x.lowers, x.guarded, x.must, x.kinds, x.deeds, x.c, x.i, x.a,
       a.digest, a.submitted_at, a.decided_at,
       coalesce((SELECT n.name FROM application_item i JOIN asset_now n USING (asset_id) WHERE i.application_id = a.id ORDER BY i.no LIMIT 1), '') AS first_name
FROM application a JOIN unit u ON u.id = a.unit_id
JOIN application_step s ON s.application_id = a.id AND s.no = a.step JOIN unit su ON su.id = s.unit_id
CROSS JOIN LATERAL (
  SELECT count(*) FILTER (WHERE i.lowers) AS lowers, count(*) FILTER (WHERE ` + fragGuarded + `) AS guarded, count(*) FILTER (WHERE i.must <> '') AS must,
         array_agg(DISTINCT k.kind) AS kinds, array_agg(DISTINCT i.deed) AS deeds, max(i.c) AS c, max(i.i) AS i, max(i.a) AS a
  FROM application_item i JOIN asset k ON k.id = i.asset_id
  JOIN asset_version v ON (v.asset_id, v.no) = (i.asset_id, i.version_no) WHERE i.application_id = a.id) x`

	// An application of a unit in scope, or one whose way leads over a post of the transaction.
	fragReach = ` WHERE (@everything OR a.unit_id = ANY (@scope::bigint[])
  OR EXISTS (SELECT FROM step_post t WHERE t.application_id = a.id AND t.post_id = ANY (@posts::bigint[])))`

	// Whether the item i of the version v stands at a level that is opened one by one: at its rank, or
	// the least above it in its own edition.
	fragGuarded = `EXISTS (SELECT FROM scheme_level l CROSS JOIN LATERAL (SELECT CASE l.axis WHEN 'C' THEN i.c WHEN 'I' THEN i.i ELSE i.a END) x (r)
           WHERE l.scheme_id = v.scheme_id AND l.guarded AND x.r > 0
           AND NOT EXISTS (SELECT FROM scheme_level m WHERE (m.scheme_id, m.axis) = (l.scheme_id, l.axis) AND m.rank < l.rank AND m.rank >= x.r)
           AND (l.rank >= x.r OR NOT EXISTS (SELECT FROM scheme_level m WHERE (m.scheme_id, m.axis) = (l.scheme_id, l.axis) AND m.rank > l.rank)))`

	sqlApplication     = fragApplication + fragReach + ` AND a.id = @id`
	sqlLockApplication = fragApplication + fragReach + ` AND a.id = @id FOR UPDATE OF a`

	// What a person could decide: open, at a step that one of the posts takes, not the person's own, and
	// not passed by the person at another step.
	fragMine = ` WHERE a.state = 'submitted' AND a.applicant_id <> @person
  AND EXISTS (SELECT FROM step_post t WHERE t.application_id = a.id AND t.step = a.step AND t.post_id = ANY (@posts::bigint[])
    AND t.turn = (SELECT max(y.turn) FROM step_post y WHERE y.application_id = a.id AND y.step = a.step))
  AND (s.again OR NOT EXISTS (SELECT FROM decision d JOIN application_step y ON (y.application_id, y.no) = (d.application_id, d.step)
    WHERE d.application_id = a.id AND d.step <> a.step AND d.person_id = @person AND d.outcome IN ('approved', 'agreed', 'opinion')
      AND NOT y.again AND step_passed(a.id, d.step)))`

	// What was done in an emergency comes first, then what is oldest.
	sqlQueue = fragApplication + fragMine + ` ORDER BY (a.emergency_on IS NULL), a.submitted_at, a.id LIMIT @limit OFFSET @offset`

	sqlCountQueue = `SELECT count(*) FROM application a JOIN application_step s ON s.application_id = a.id AND s.no = a.step` + fragMine

	sqlMyApplications = fragApplication + ` WHERE (@everything OR a.unit_id = ANY (@scope::bigint[])) AND a.applicant_id = @person AND (NOT @open OR a.state = 'submitted')
ORDER BY (a.state = 'submitted') DESC, a.submitted_at DESC, a.id DESC LIMIT @limit OFFSET @offset`

	sqlCountMyApplications = `
SELECT count(*) AS total, count(*) FILTER (WHERE state = 'submitted') AS open FROM application a
WHERE (@everything OR a.unit_id = ANY (@scope::bigint[])) AND a.applicant_id = @person`
)

// Application reads an application within the scope, or on whose way one of the posts stands.
// Errors: NotFound.
func (t *Tx) Application(ctx context.Context, id int64) (Application, error) {
	return row[Application](ctx, t, sqlApplication, t.onWay(t.scoped(pgx.StrictNamedArgs{"id": id})))
}

// LockApplication is Application, and holds it to the end of the transaction, so that exactly one of
// two decisions wins. Errors: NotFound.
func (t *Tx) LockApplication(ctx context.Context, id int64) (Application, error) {
	return row[Application](ctx, t, sqlLockApplication, t.onWay(t.scoped(pgx.StrictNamedArgs{"id": id})))
}

// onWay adds the posts that carry the action of the transaction.
func (t *Tx) onWay(args pgx.StrictNamedArgs) pgx.StrictNamedArgs {
	posts := []int64{}
	for _, p := range t.scope.Posts() {
		posts = append(posts, p.PostID)
	}
	args["posts"] = posts
	return args
}

// Queue lists what the actor could decide: what was done in an emergency, then the oldest first.
func (t *Tx) Queue(ctx context.Context, limit, offset int) ([]Application, error) {
	return rows[Application](ctx, t, sqlQueue, t.onWay(pgx.StrictNamedArgs{"person": t.actor.Person, "limit": limit, "offset": offset}))
}

// CountQueue counts what the actor could decide.
func (t *Tx) CountQueue(ctx context.Context) (int, error) {
	return scalar[int](ctx, t, sqlCountQueue, t.onWay(pgx.StrictNamedArgs{"person": t.actor.Person}))
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
	Must           approval.Must
	Opened         bool // by the actor
	C, I, A        classify.Rank
}

// Levels returns the levels as they would be.
func (i Item) Levels() classify.Levels { return classify.Levels{C: i.C, I: i.I, A: i.A} }

const fragItems = `
SELECT i.asset_id, i.no, s.kind, coalesce(s.number, '') AS number, i.version_no, i.material_sha256, i.base_no, i.deed, i.lowers,
       ` + fragGuarded + ` AS guarded, i.must,
       EXISTS (SELECT FROM item_opening o WHERE (o.application_id, o.asset_id, o.person_id) = (i.application_id, i.asset_id, @person)) AS opened, i.c, i.i, i.a
FROM application_item i JOIN asset s ON s.id = i.asset_id
JOIN asset_version v ON (v.asset_id, v.no) = (i.asset_id, i.version_no)
WHERE i.application_id = @id`

const (
	sqlItems = fragItems + ` AND i.no > @after ORDER BY i.no LIMIT @limit`

	sqlItemsToSee = fragItems + ` ORDER BY i.lowers DESC, guarded DESC, i.must <> '' DESC, i.no LIMIT @limit OFFSET @offset`

	sqlItem = fragItems + ` AND i.no = @no`
)

// Items lists the items of an application that the caller has read within the scope, after a given
// number, at most limit of them.
func (t *Tx) Items(ctx context.Context, application int64, after, limit int) ([]Item, error) {
	return rows[Item](ctx, t, sqlItems, pgx.StrictNamedArgs{"id": application, "person": t.actor.Person, "after": after, "limit": limit})
}

// ItemsToSee is Items in the order in which they are looked at: first what lowers a level, then what
// is opened one by one.
func (t *Tx) ItemsToSee(ctx context.Context, application int64, offset, limit int) ([]Item, error) {
	return rows[Item](ctx, t, sqlItemsToSee, pgx.StrictNamedArgs{"id": application, "person": t.actor.Person, "offset": offset, "limit": limit})
}

// Item reads one item by its number. Errors: NotFound.
func (t *Tx) Item(ctx context.Context, application int64, no int) (Item, error) {
	return row[Item](ctx, t, sqlItem, pgx.StrictNamedArgs{"id": application, "person": t.actor.Person, "no": no})
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

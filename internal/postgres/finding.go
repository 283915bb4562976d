package postgres

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"

	"daicho/internal/check"
	"daicho/internal/errs"
	"daicho/internal/pack"
)

// Finding is one thing that a check found, as the database has it.
type Finding struct {
	ID                      int64
	Rule, Field, Severity   string
	AssetID                 int64 // 0 = about a unit
	Number, Name, Kind      string
	UnitID                  int64
	Unit                    string
	OtherID                 int64
	C, I, A                 int16
	Axis                    string
	Level, Computed         int16
	Value, Day              string
	FirstSeen, LastSeen     time.Time
	ClearedAt               *time.Time
	AcceptedUntil           *time.Time
	AcceptedBy, AcceptedWhy string
	Scheme                  int64 // the edition that the asset was judged by, 0 = today's
}

// DayWords puts the day of a finding into words.
func (f Finding) DayWords() string { return dayOf(f.Day) }

// FindingState narrows a list of findings.
type FindingState string

// The states of a finding.
const (
	FindingOpen     FindingState = "open"     // nobody has answered it
	FindingAccepted FindingState = "accepted" // accepted with a reason, to a day that has not passed
	FindingCleared  FindingState = "cleared"  // it no longer holds
)

// FindingQuery is what a list of findings asks for. Zero values ask for everything.
type FindingQuery struct {
	State    FindingState
	Units    []int64
	Rule     string
	Severity string
	Before   time.Time // first seen before it
}

const (
	fragFinding = `
SELECT f.id, f.rule, f.field, f.severity, coalesce(f.asset_id, 0) AS asset_id, coalesce(n.number, '') AS number, coalesce(n.name, '') AS name,
  coalesce(n.kind, '') AS kind, f.unit_id, u.name AS unit, coalesce(f.other_id, 0) AS other_id,
  coalesce((f.params->>'c')::smallint, 0) AS c, coalesce((f.params->>'i')::smallint, 0) AS i, coalesce((f.params->>'a')::smallint, 0) AS a,
  coalesce(f.params->>'axis', '') AS axis, coalesce((f.params->>'level')::smallint, 0) AS level, coalesce((f.params->>'computed')::smallint, 0) AS computed,
  coalesce(f.params->>'value', '') AS value, coalesce(f.params->>'day', '') AS day, f.first_seen, f.last_seen, f.cleared_at, f.accepted_until,
  coalesce(x.by_text, '') AS accepted_by, coalesce(x.reason, '') AS accepted_why,
  coalesce(n.scheme_id, 0) AS scheme
FROM `
	fragFindingJoin = ` f
JOIN unit u ON u.id = f.unit_id LEFT JOIN asset_now n ON n.asset_id = f.asset_id
LEFT JOIN LATERAL (SELECT by_text, reason FROM finding_acceptance y WHERE y.finding_id = f.id AND f.accepted_until IS NOT NULL ORDER BY y.id DESC LIMIT 1) x ON true`

	fragFindingWhere = `
  AND (@everything OR f.unit_id = ANY (@scope::bigint[])) AND (cardinality(@units::bigint[]) = 0 OR f.unit_id = ANY (@units))
  AND (@rule = '' OR f.rule = @rule) AND (@severity = '' OR f.severity = @severity)
  AND f.first_seen < @before`

	fragStandsOpen = ` f.cleared_at IS NULL AND coalesce(f.accepted_until >= @today, false) = @accepted` + fragFindingWhere

	sqlCountFindings = `SELECT count(*)::int FROM finding f WHERE` + fragStandsOpen

	sqlFindings = fragFinding + `(SELECT * FROM finding f WHERE` + fragStandsOpen + ` ORDER BY f.weight, f.first_seen, f.id LIMIT @limit OFFSET @skip)` +
		fragFindingJoin + ` ORDER BY f.weight, f.first_seen, f.id`

	// Those of one asset, accepted ones last.
	sqlAssetFindings = fragFinding + `(SELECT * FROM finding f WHERE f.cleared_at IS NULL AND f.asset_id = @asset AND (@everything OR f.unit_id = ANY (@scope::bigint[])))` +
		fragFindingJoin + ` ORDER BY coalesce(f.accepted_until >= @today, false), f.weight, f.first_seen, f.id LIMIT 400`

	sqlCountCleared = `SELECT count(*)::int FROM finding f WHERE f.cleared_at IS NOT NULL` + fragFindingWhere

	sqlCleared = fragFinding + `(SELECT * FROM finding f WHERE f.cleared_at IS NOT NULL` + fragFindingWhere + ` ORDER BY f.cleared_at DESC, f.id DESC LIMIT @limit OFFSET @skip)` +
		fragFindingJoin + ` ORDER BY f.cleared_at DESC, f.id DESC`

	sqlFinding = fragFinding + `finding` + fragFindingJoin + ` WHERE f.id = @id AND (@everything OR f.unit_id = ANY (@scope::bigint[]))`
)

func (t *Tx) findingArgs(q FindingQuery) pgx.StrictNamedArgs {
	if q.Units == nil {
		q.Units = []int64{}
	}
	if q.Before.IsZero() {
		q.Before = t.now.Add(time.Hour)
	}
	args := t.scoped(pgx.StrictNamedArgs{"units": q.Units, "rule": q.Rule, "severity": q.Severity, "before": q.Before})
	if q.State != FindingCleared {
		args["today"], args["accepted"] = today(t.now), q.State == FindingAccepted
	}
	return args
}

// CountFindings counts the findings within the scope that a query asks for, exactly.
func (t *Tx) CountFindings(ctx context.Context, q FindingQuery) (int, error) {
	sql := sqlCountFindings
	if q.State == FindingCleared {
		sql = sqlCountCleared
	}
	return scalar[int](ctx, t, sql, t.findingArgs(q))
}

// Findings reads findings within the scope: open ones the gravest and oldest first, cleared ones the
// latest first.
func (t *Tx) Findings(ctx context.Context, q FindingQuery, skip, limit int) ([]Finding, error) {
	args := t.findingArgs(q)
	args["skip"], args["limit"] = skip, limit
	sql := sqlFindings
	if q.State == FindingCleared {
		sql = sqlCleared
	}
	list, err := rows[Finding](ctx, t, sql, args)
	return list, mapErr(err)
}

// ReadAssetFindings reads what stands open on one asset within the scope, accepted ones last.
func (t *Tx) ReadAssetFindings(id int64, into *[]Finding) Reading {
	return reading(sqlAssetFindings, t.scoped(pgx.StrictNamedArgs{"asset": id, "today": today(t.now)}), func(list []Finding) { *into = list })
}

// Finding reads one finding within the scope. Errors: NotFound.
func (t *Tx) Finding(ctx context.Context, id int64) (Finding, error) {
	return row[Finding](ctx, t, sqlFinding, t.scoped(pgx.StrictNamedArgs{"id": id}))
}

const (
	sqlLockFinding = `
SELECT f.cleared_at IS NULL FROM finding f WHERE f.id = @id AND (@everything OR f.unit_id = ANY (@scope::bigint[])) FOR UPDATE`

	sqlInsertAcceptance = `
INSERT INTO finding_acceptance (finding_id, until, reason, person_id, by_text, act_id)
VALUES (@id, @until, @reason, @person, @by, @act)`

	sqlAcceptFinding = `UPDATE finding SET accepted_until = @until WHERE id = @id`
)

// AcceptFinding records that an open finding is accepted to a day, or no longer (nil). The caller has
// signed. Errors: NotFound outside the scope; Conflict when it was cleared meanwhile.
func (t *Tx) AcceptFinding(ctx context.Context, id int64, until *time.Time, reason, by string) error {
	open, err := scalar[bool](ctx, t, sqlLockFinding, t.scoped(pgx.StrictNamedArgs{"id": id}))
	if err != nil {
		return err
	}
	if !open {
		return errs.New(errs.Conflict, "finding.cleared", "この検出は、すでに直っています。一覧を開き直してください。")
	}
	if _, err := exec(ctx, t, sqlInsertAcceptance, pgx.StrictNamedArgs{
		"id": id, "until": until, "reason": reason, "person": t.actor.Person, "by": by, "act": t.act,
	}); err != nil {
		return mapErr(err)
	}
	_, err = exec(ctx, t, sqlAcceptFinding, pgx.StrictNamedArgs{"id": id, "until": until})
	return mapErr(err)
}

const (
	sqlPutCheckRule = `
INSERT INTO check_rule AS c (id, severity, enabled, limit_no, title, advice) VALUES (@id, @severity, @on, @limit, @title, @advice)
ON CONFLICT (id) DO UPDATE SET severity = excluded.severity, enabled = excluded.enabled, limit_no = excluded.limit_no, title = excluded.title,
  advice = excluded.advice`

	sqlSilenceRule = `UPDATE finding SET cleared_at = greatest(now(), first_seen) WHERE rule = @id AND cleared_at IS NULL AND NOT @on`

	sqlWeighRule = `
UPDATE finding SET severity = @severity, weight = @weight WHERE rule = @id AND cleared_at IS NULL AND severity <> @severity`
)

// PutCheck stores what the body decides about a rule. A rule that is turned off clears what it found,
// a severity is seen at once; a threshold counts from the next run.
func (t *Tx) PutCheck(ctx context.Context, s check.Setting) error {
	b := &pgx.Batch{}
	b.Queue(sqlPutCheckRule, pgx.StrictNamedArgs{"id": s.ID, "severity": string(s.Severity), "on": s.On, "limit": s.Limit, "title": s.Title, "advice": s.Advice})
	b.Queue(sqlSilenceRule, pgx.StrictNamedArgs{"id": s.ID, "on": s.On})
	b.Queue(sqlWeighRule, pgx.StrictNamedArgs{"id": s.ID, "severity": string(s.Severity), "weight": weight(s.Severity)})
	return mapErr(t.tx.SendBatch(ctx, b).Close())
}

const sqlPutChecks = `
INSERT INTO check_rule AS c (id, severity, enabled, limit_no, title, advice)
SELECT id, severity, enabled, limit_no, title, advice
FROM jsonb_to_recordset(@rows::jsonb) x (id text, severity text, enabled boolean, limit_no int, title text, advice text)
ON CONFLICT (id) DO NOTHING RETURNING c.id AS key, true AS fresh`

// PutChecks stores the settings of a pack for rules that nobody has set yet.
func (t *Tx) PutChecks(ctx context.Context, list []pack.Check) (Put, error) {
	p, _, err := put(ctx, t, "check.csv", sqlPutChecks, list, nil)
	return p, err
}

const sqlLastRun = `
SELECT r.day, a.at, r.found, r.cleared, r.complete FROM check_run r JOIN act a ON a.id = r.act_id ORDER BY r.day DESC LIMIT 1`

// CheckRun is the last run by the day.
type CheckRun struct {
	Day            time.Time
	At             time.Time
	Found, Cleared int
	Complete       bool
}

// LastCheck reads the last run by the day. Errors: NotFound before the first.
func (t *Tx) LastCheck(ctx context.Context) (CheckRun, error) {
	return row[CheckRun](ctx, t, sqlLastRun, nil)
}

package postgres

import (
	"context"
	"crypto/sha256"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"daicho/internal/asset"
	"daicho/internal/check"
	"daicho/internal/classify"
	"daicho/internal/jpdate"
)

const sqlCheckRules = `
SELECT id, severity, limit_no AS "limit", enabled AS "on", title, advice FROM check_rule ORDER BY id`

// Checks reads the rules as the body uses them.
func (t *Tx) Checks(ctx context.Context, scheme *classify.Scheme) (check.Set, error) {
	of := ""
	if scheme != nil {
		of = fmt.Sprint(scheme.ID)
	}
	return keep(ctx, t, askChecks, of, func(ctx context.Context) (check.Set, error) {
		settings, err := rows[check.Setting](ctx, t, sqlCheckRules, nil)
		return check.New(settings, scheme), err
	})
}

// lines are the lines of the rules of some sources, ruleLine as a statement names them.
type lines struct {
	rules, fields, severities []string
	weights                   []int16
	byOther                   []bool
	group                     []string // the rules of the sources, also those that are off
	list                      []ruleLine
}

type ruleLine struct {
	check.Line
	rule check.Rule
}

func linesOf(s check.Set, sources ...check.Source) lines {
	var out lines
	for _, r := range s.Rules {
		if !slices.Contains(sources, r.Lines[0].Source) {
			continue
		}
		out.group = append(out.group, r.ID)
		if !r.On {
			continue
		}
		for _, l := range r.Lines {
			out.rules, out.fields = append(out.rules, r.ID), append(out.fields, l.Field)
			out.severities, out.weights = append(out.severities, string(r.Severity)), append(out.weights, weight(r.Severity))
			out.byOther = append(out.byOther, l.Source == check.MeetsIT || l.Source >= check.Crossings)
			out.list = append(out.list, ruleLine{l, r})
		}
	}
	return out
}

// weight orders severities, the gravest first.
func weight(s check.Severity) int16 {
	for i, o := range check.Severities() {
		if o.Code == string(s) {
			return int16(i + 1)
		}
	}
	return int16(len(check.Severities())) //nolint:gosec // four of them
}

// Parts of the statements that evaluate. They are put together from fixed text, codes of the field
// catalogue and numbers; nothing that somebody typed is ever part of them.
const (
	fragInForce = `n.version_no IS NOT NULL`

	// The rows wanted, compared with the rows that are open: what no longer holds is cleared, what is new
	// is born, what goes on is touched once a day or when it says something else. A full join is hashed
	// whatever the planner believes about the sizes; two anti-joins over ten thousand assets were not.
	fragMerge = `, w AS MATERIALIZED (
  SELECT want.asset_id, want.unit_id, want.other_id, jsonb_strip_nulls(want.params) AS params, l.rule, l.field, l.severity, l.weight,
    l.field || CASE WHEN l.by_other THEN ':' || coalesce(want.other_id::text, '') ELSE '' END AS mark
  FROM want JOIN unnest(@rules::text[], @fields::text[], @severities::text[], @weights::smallint[], @by_other::boolean[])
    WITH ORDINALITY l (rule, field, severity, weight, by_other, line) ON l.line = want.line
), held AS MATERIALIZED (
  SELECT f.id, f.asset_id, f.rule, f.mark, f.unit_id, f.other_id, f.params, f.severity, f.last_seen FROM finding f
  WHERE f.cleared_at IS NULL AND f.asset_id IS NOT NULL AND f.rule = ANY (@group::text[])`
	fragMergeRest = `
), compared AS MATERIALIZED (
  SELECT h.id, w.asset_id, w.unit_id, w.other_id, w.params, w.rule, w.field, w.severity, w.weight, w.mark,
    h.last_seen < @day OR (h.unit_id, h.other_id, h.params, h.severity) IS DISTINCT FROM (w.unit_id, w.other_id, w.params, w.severity) AS other
  FROM held h FULL JOIN w ON w.asset_id = h.asset_id AND w.rule = h.rule AND w.mark = h.mark
), gone AS (
  UPDATE finding f SET cleared_at = greatest(now(), f.first_seen) FROM compared x WHERE f.id = x.id AND x.asset_id IS NULL RETURNING 1
), kept AS (
  UPDATE finding f SET unit_id = x.unit_id, other_id = x.other_id, params = x.params, severity = x.severity, weight = x.weight, last_seen = now()
  FROM compared x WHERE f.id = x.id AND x.asset_id IS NOT NULL AND x.other
), born AS (
  INSERT INTO finding (rule, asset_id, unit_id, field, mark, other_id, severity, weight, params)
  SELECT x.rule, x.asset_id, x.unit_id, x.field, x.mark, x.other_id, x.severity, x.weight, x.params FROM compared x WHERE x.id IS NULL
  ON CONFLICT DO NOTHING RETURNING 1
)
SELECT (SELECT count(*) FROM born)::int AS found, (SELECT count(*) FROM gone)::int AS cleared`
)

// FindingTally counts what an evaluation did to the findings.
type FindingTally struct{ Found, Cleared int }

func (a FindingTally) plus(b FindingTally) FindingTally {
	return FindingTally{a.Found + b.Found, a.Cleared + b.Cleared}
}

// merge evaluates one group of rules: want is a query of (line, asset_id, unit_id, other_id, params),
// narrowed by the caller, with more arguments of its own; some are the assets that it is about, nil = all.
func (t *Tx) merge(ctx context.Context, want string, l lines, some []int64, neighbours bool, more ...pgx.StrictNamedArgs) (FindingTally, error) {
	sql := "WITH want AS MATERIALIZED (" + want + ")" + fragMerge
	args := pgx.StrictNamedArgs{
		"rules": l.rules, "fields": l.fields, "severities": l.severities, "weights": l.weights, "by_other": l.byOther, "group": l.group,
		"day": jpdate.OfTime(t.now).StartOfDay(),
	}
	for _, m := range more {
		maps.Copy(args, m)
	}
	if some != nil {
		args["ids"] = some
		if neighbours {
			sql += ` AND (f.asset_id = ANY (@ids::bigint[]) OR f.other_id = ANY (@ids::bigint[]))`
		} else {
			sql += ` AND f.asset_id = ANY (@ids::bigint[])`
		}
	}
	if strings.Contains(want, "@today") {
		args["today"] = today(t.now)
	}
	out, err := row[FindingTally](ctx, t, sql+fragMergeRest, args)
	return out, mapErr(err)
}

// among narrows a query to some assets.
func among(some []int64) string {
	if some == nil {
		return ""
	}
	return ` AND n.asset_id = ANY (@ids::bigint[])`
}

// wantContent asks every line about content of every asset in one pass.
func wantContent(l lines, high classify.Rank, some []int64) string {
	tests, values := make([]string, 0, len(l.list)), make([]string, 0, len(l.list))
	for i, x := range l.list {
		tests = append(tests, fmt.Sprintf("CASE WHEN %s THEN %d END", lineSQL(x, high), i+1))
		if f := x.Field; !strings.HasPrefix(f, "level_") {
			values = append(values, fmt.Sprintf("WHEN %d THEN %s", i+1, valueSQL(f)))
		}
	}
	if len(tests) == 0 {
		tests = append(tests, "NULL")
	}
	value := "NULL"
	if len(values) > 0 {
		value = "CASE u.line " + strings.Join(values, " ") + " END"
	}
	return `SELECT u.line, n.asset_id, n.unit_id, NULL::bigint AS other_id,
  jsonb_build_object('c', n.c, 'i', n.i, 'a', n.a, 'value', ` + value + `) AS params
FROM asset_now n JOIN asset_detail e ON e.asset_id = n.asset_id CROSS JOIN LATERAL unnest(array_remove(ARRAY[` + strings.Join(tests, ",\n  ") + `]::int[], NULL)) u (line)
WHERE ` + fragInForce + among(some)
}

// lineSQL is the condition of a line as SQL over asset_now n and asset_detail e.
func lineSQL(x ruleLine, high classify.Rank) string {
	parts := []string{"n.state <> 'disposed'"}
	if x.Gone {
		parts[0] = "n.state = 'disposed'"
	}
	parts = append(parts, kindSQL(x.Line))
	for _, c := range x.If {
		parts = append(parts, testSQL(c, high, x.rule.Limit))
	}
	return strings.Join(parts, " AND ")
}

func kindSQL(l check.Line) string {
	kinds := l.AllKinds()
	if len(kinds) == len(asset.Kinds()) {
		return "true"
	}
	codes := make([]string, len(kinds))
	for i, k := range kinds {
		codes[i] = "'" + string(k) + "'"
	}
	return "n.kind IN (" + strings.Join(codes, ", ") + ")"
}

// valueSQL is the value of a field as text, ” when unset.
func valueSQL(key string) string {
	switch key {
	case "zone":
		return "n.zone"
	case "eol", "lease_end", "contract_end", "permit_end":
		return "coalesce((SELECT d.due::text FROM asset_due d WHERE d.asset_id = n.asset_id AND d.what = '" + key + "'), '')"
	case "portable", "public":
		return "''"
	}
	return "coalesce(e.detail->>'" + key + "', '')"
}

// testSQL is one condition as SQL. TestRulesInSQLSayTheSame compares it with check.Set.Content.
func testSQL(c check.Test, high classify.Rank, limit int) string {
	switch x := c.(type) {
	case check.AtLeast:
		rank := x.Rank
		if rank == 0 {
			rank = high
		}
		if rank == 0 {
			return "false"
		}
		return fmt.Sprintf("n.%s >= %d", strings.ToLower(string(x.Axis)), rank)
	case check.BelowHigh:
		return fmt.Sprintf("n.c > 0 AND n.c < %d", high)
	case check.Personal:
		return fmt.Sprintf("n.personal >= %d", asset.PersonalRank(x.From))
	case check.Flagged:
		return fmt.Sprintf("n.flags & %d = %d", x.Flags, x.Flags)
	case check.OverLimit:
		return fmt.Sprintf("(e.detail->>'%s')::int >= %d", x.Key, limit)
	case check.Either:
		parts := make([]string, len(x))
		for i, o := range x {
			parts[i] = testSQL(o, high, limit)
		}
		return "(" + strings.Join(parts, " OR ") + ")"
	case check.Is:
		quoted := make([]string, len(x.In))
		for i, v := range x.In {
			quoted[i] = "'" + v + "'"
			if x.Key == "personal" {
				quoted[i] = fmt.Sprint(asset.PersonalRank(v))
			}
		}
		left := valueSQL(x.Key)
		if x.Key == "personal" {
			left = "n.personal"
		}
		return left + " IN (" + strings.Join(quoted, ", ") + ")"
	}
	return "false"
}

// wantDays asks the deadlines. Days are counted in Japan.
func wantDays(l lines, high classify.Rank, some []int64) string {
	var parts []string
	for i, x := range l.list {
		due := fmt.Sprintf("d.due < @today::date - %d", x.rule.Limit)
		if x.Before {
			due = fmt.Sprintf("d.due <= @today::date + %d", x.rule.Limit)
		}
		parts = append(parts, fmt.Sprintf(`SELECT %d::bigint AS line, n.asset_id, n.unit_id, NULL::bigint AS other_id, jsonb_build_object('c', n.c, 'i', n.i, 'a', n.a, 'day', d.due) AS params
FROM asset_due d JOIN asset_now n ON n.asset_id = d.asset_id JOIN asset_detail e ON e.asset_id = n.asset_id
WHERE d.what = '%s' AND %s AND %s AND %s%s`, i+1, x.Field, due, fragInForce, lineSQL(x, high), among(some)))
	}
	if len(parts) == 0 {
		return wantNothing
	}
	return strings.Join(parts, "\nUNION ALL ")
}

const wantNothing = `SELECT NULL::bigint AS line, NULL::bigint AS asset_id, NULL::bigint AS unit_id, NULL::bigint AS other_id, NULL::jsonb AS params WHERE false`

// wantStale asks when an entry was last confirmed: by the day in the document, else by the day of the
// decision that it stands on.
func wantStale(l lines, some []int64) string {
	if len(l.list) == 0 {
		return wantNothing
	}
	return fmt.Sprintf(`SELECT 1::bigint AS line, n.asset_id, n.unit_id, NULL::bigint AS other_id,
  jsonb_build_object('c', n.c, 'i', n.i, 'a', n.a, 'day', coalesce(n.checked_on, (a.at AT TIME ZONE 'Asia/Tokyo')::date)) AS params
FROM asset_now n
JOIN tenure t ON t.asset_id = n.asset_id AND t.to_rev = 9223372036854775807
JOIN decision d ON d.id = t.decision_id JOIN act a ON a.id = d.act_id
WHERE %s AND n.state <> 'disposed'%s
  AND coalesce(n.checked_on, (a.at AT TIME ZONE 'Asia/Tokyo')::date) < (@today::date - interval '%d months')::date`, fragInForce, among(some), l.list[0].rule.Limit)
}

// wantLevels asks the levels: of declared axes those below what was computed, of axes that follow
// those whose declared use lies below. Which line of a rule it is follows from the axis.
func wantLevels(l lines, some []int64) string {
	at := func(s check.Source, axis classify.Axis) string {
		for i, x := range l.list {
			if x.Source == s && x.Field == asset.LevelKey(axis) {
				return fmt.Sprint(i + 1)
			}
		}
		return "NULL"
	}
	var above, holds []string
	for _, a := range classify.Axes() {
		above = append(above, fmt.Sprintf("WHEN '%s' THEN %s", a, at(check.Above, a)))
		holds = append(holds, fmt.Sprintf("WHEN '%s' THEN %s", a, at(check.HoldsMore, a)))
	}
	return `SELECT x.line::bigint AS line, x.asset_id, x.unit_id, x.via AS other_id,
  jsonb_build_object('c', x.c, 'i', x.i, 'a', x.a, 'axis', x.axis, 'level', x.declared, 'computed', x.computed) AS params
FROM (SELECT n.asset_id, n.unit_id, n.c, n.i, n.a, l.via, l.axis, l.computed, CASE WHEN k.declares THEN l.level ELSE l.base END AS declared,
    CASE WHEN NOT k.declares THEN CASE l.axis ` + strings.Join(holds, " ") + ` END
      WHEN l.axis = 'C' AND n.kind IN ('IN', 'PD') AND EXISTS (SELECT 1 FROM relation r WHERE r.type = 'copy_of' AND r.from_id = n.asset_id
        AND r.to_id = l.via AND r.to_rev = 9223372036854775807) THEN ` + at(check.CopyBelow, classify.Confidentiality) + `
      ELSE CASE l.axis ` + strings.Join(above, " ") + ` END END AS line
  FROM level_now l JOIN asset_now n ON n.asset_id = l.asset_id
  CROSS JOIN LATERAL (SELECT n.kind IN ('IN', 'PD', 'SD') OR n.kind = 'IS' AND l.axis = 'A' AS declares) k
  WHERE ` + fragInForce + ` AND n.state <> 'disposed' AND l.computed > l.base` + among(some) + `
    AND CASE WHEN k.declares THEN l.computed > l.level
        ELSE l.base > 1 OR EXISTS (SELECT 1 FROM asset_version v WHERE v.asset_id = n.asset_id AND v.no = n.version_no
          AND v.content ~ ('"levels":\{[^}]*"' || l.axis || '":')) END) x
WHERE x.line IS NOT NULL`
}

// wantMeets asks for relations that tie the two zones directly. What crosses a border by a 領域間接続
// is judged with its 分割 and 無害化 by the rules of zones.
func wantMeets(l lines, some []int64) string {
	if len(l.list) == 0 {
		return wantNothing
	}
	some2 := ""
	if some != nil {
		some2 = ` AND (r.from_id = ANY (@ids::bigint[]) OR r.to_id = ANY (@ids::bigint[]))`
	}
	return `SELECT DISTINCT 1::bigint AS line, n.asset_id, n.unit_id, o.asset_id AS other_id, jsonb_build_object('c', n.c, 'i', n.i, 'a', n.a, 'value', n.zone) AS params
FROM relation r
JOIN asset_now n ON n.asset_id IN (r.from_id, r.to_id) AND n.zone = 'MN'
JOIN asset_now o ON o.asset_id IN (r.from_id, r.to_id) AND o.zone = 'IT'
WHERE r.to_rev = 9223372036854775807 AND r.type IN ('connects', 'runs_on') AND ` + fragInForce + ` AND n.state <> 'disposed' AND o.state <> 'disposed'` + some2
}

// refreshFindings evaluates the rules after entries came into force, and notes how far the entries have
// come: every rule for the entries themselves, for others whose levels rose with them the rules that look
// at levels, and where only something else is computed, whether it is what holds. The number of statements
// does not grow with the assets but by portions.
func (t *Tx) refreshFindings(ctx context.Context, scheme *classify.Scheme, entries []Entry, mine, risen, moved []int64) error {
	docs := make(map[int64]asset.Document, len(entries))
	for _, e := range entries {
		docs[e.Asset] = e.Doc
	}
	if err := t.putCompleteness(ctx, docs); err != nil {
		return err
	}
	set, err := t.Checks(ctx, scheme)
	if err != nil {
		return err
	}
	for _, x := range []struct {
		ids []int64
		occasion
	}{{mine, contentChanged}, {risen, levelsRose}, {moved, othersMoved}} {
		for some := range slices.Chunk(x.ids, portion) {
			if _, err := t.evaluate(ctx, set, some, x.occasion); err != nil {
				return err
			}
		}
	}
	return nil
}

// occasion is why the rules are evaluated. It says which of them can come to another result.
type occasion uint8

const (
	dayPassed      occasion = iota // those that look at the calendar
	contentChanged                 // all of them
	levelsRose                     // those that look at the levels in force
	othersMoved                    // those that compare the levels with what is computed
)

// evaluate runs the rules over some assets or over all (nil).
func (t *Tx) evaluate(ctx context.Context, set check.Set, some []int64, why occasion) (FindingTally, error) {
	if why == levelsRose {
		set = set.OfLevels()
	}
	var out FindingTally
	for _, g := range []struct {
		on         []occasion
		sources    []check.Source
		want       func(lines) string
		neighbours bool
	}{
		{[]occasion{dayPassed, contentChanged, levelsRose}, []check.Source{check.Days}, func(l lines) string { return wantDays(l, set.High, some) }, false},
		{[]occasion{dayPassed, contentChanged}, []check.Source{check.Stale}, func(l lines) string { return wantStale(l, some) }, false},
		{[]occasion{contentChanged, levelsRose}, []check.Source{check.Content}, func(l lines) string { return wantContent(l, set.High, some) }, false},
		{[]occasion{contentChanged, othersMoved}, []check.Source{check.CopyBelow, check.HoldsMore, check.Above}, func(l lines) string { return wantLevels(l, some) }, false},
		{[]occasion{contentChanged}, []check.Source{check.MeetsIT}, func(l lines) string { return wantMeets(l, some) }, true},
	} {
		l := linesOf(set, g.sources...)
		if !slices.Contains(g.on, why) || len(l.group) == 0 {
			continue
		}
		got, err := t.merge(ctx, g.want(l), l, some, g.neighbours)
		if err != nil {
			return out, err
		}
		out = out.plus(got)
	}
	// What crosses a border has review days; where something lies depends on levels that are declared,
	// and these do not rise by themselves.
	if why != dayPassed && why != contentChanged {
		return out, nil
	}
	got, err := t.evaluateZones(ctx, set, some, why == contentChanged)
	return out.plus(got), err
}

const (
	sqlCheckTurn = `SELECT pg_try_advisory_xact_lock(hashtext('daicho check'))`

	sqlCheckRan = `SELECT EXISTS (SELECT 1 FROM check_run WHERE day = @today)`

	sqlCheckSame = `SELECT coalesce((SELECT settings FROM check_run WHERE complete ORDER BY day DESC LIMIT 1), '\x') = @settings`

	sqlPatient = `SELECT set_config('statement_timeout', '1200000', true)`

	sqlHeadRev = `SELECT rev FROM register_head`

	sqlHoldHead = `SELECT rev FROM register_head FOR UPDATE`

	sqlTouchedSince = `SELECT coalesce(array_agg(asset_id), '{}') FROM asset_now WHERE updated_rev > @rev`

	sqlInsertRun = `
INSERT INTO check_run (day, act_id, complete, settings, found, cleared) VALUES (@today, @act, @complete, @settings, @found, @cleared)`

	sqlVacancies = `
WITH vacant AS (
  SELECT u.id FROM unit u
  WHERE EXISTS (SELECT 1 FROM asset_now n WHERE n.unit_id = u.id AND n.version_no IS NOT NULL AND n.state <> 'disposed')
    AND NOT EXISTS (
      SELECT 1 FROM post q JOIN appointment m ON m.post_id = q.id AND m.valid_from <= @today AND @today < m.valid_to
      WHERE q.role = 'manager' AND q.unit_id = (
        SELECT y.above_id FROM unit_tree y JOIN post p ON p.unit_id = y.above_id AND p.role = 'manager' WHERE y.unit_id = u.id ORDER BY y.depth LIMIT 1))
    AND @on
), gone AS (
  UPDATE finding f SET cleared_at = greatest(now(), f.first_seen) WHERE f.cleared_at IS NULL AND f.asset_id IS NULL AND f.rule = @rule AND f.unit_id NOT IN (SELECT id FROM vacant) RETURNING 1
), kept AS (
  UPDATE finding f SET last_seen = now(), severity = @severity, weight = @weight FROM vacant v
  WHERE f.cleared_at IS NULL AND f.asset_id IS NULL AND f.rule = @rule AND f.unit_id = v.id AND (f.last_seen < @day OR f.severity <> @severity)
), born AS (
  INSERT INTO finding (rule, unit_id, mark, severity, weight) SELECT @rule, id, '', @severity, @weight FROM vacant v
  WHERE NOT EXISTS (SELECT 1 FROM finding f WHERE f.cleared_at IS NULL AND f.asset_id IS NULL AND f.rule = @rule AND f.unit_id = v.id)
  ON CONFLICT DO NOTHING RETURNING 1
)
SELECT (SELECT count(*) FROM born)::int AS found, (SELECT count(*) FROM gone)::int AS cleared`
)

// CheckDue reports whether the check of today (in Japan) is still to be run, and takes the turn to
// run it to the end of the transaction: of two servers one gets it.
func (t *Tx) CheckDue(ctx context.Context) (bool, error) {
	turn, err := scalar[bool](ctx, t, sqlCheckTurn, nil)
	if err != nil || !turn {
		return false, err
	}
	ran, err := scalar[bool](ctx, t, sqlCheckRan, pgx.StrictNamedArgs{"today": today(t.now)})
	return !ran, err
}

const sqlTakeChecks = `SELECT pg_advisory_xact_lock(hashtext('daicho check'))`

// TakeChecks waits for the turn to run checks, and holds it to the end of the transaction.
func (t *Tx) TakeChecks(ctx context.Context) error {
	_, err := exec(ctx, t, sqlTakeChecks, nil)
	return mapErr(err)
}

// RunChecks evaluates what changes with the calendar for the whole register, and every rule when the
// rules or their settings are others than at the last complete run, or all is asked for. The caller
// has the turn (CheckDue) and has signed. What is decided while it runs is evaluated again at its end.
func (t *Tx) RunChecks(ctx context.Context, all bool) (FindingTally, error) {
	var out FindingTally
	if _, err := scalar[string](ctx, t, sqlPatient, nil); err != nil {
		return out, err
	}
	scheme, err := t.Scheme(ctx, 0)
	if err != nil {
		return out, err
	}
	set, err := t.Checks(ctx, scheme)
	if err != nil {
		return out, err
	}
	digest := sha256.Sum256(fmt.Appendf(nil, "%v", set))
	if !all {
		same, err := scalar[bool](ctx, t, sqlCheckSame, pgx.StrictNamedArgs{"settings": digest[:]})
		if err != nil {
			return out, err
		}
		all = !same
	}
	rev, err := scalar[int64](ctx, t, sqlHeadRev, nil)
	if err != nil {
		return out, err
	}
	why := dayPassed
	if all {
		why = contentChanged
	}
	if out, err = t.evaluate(ctx, set, nil, why); err != nil {
		return out, err
	}
	vacant, err := t.vacancies(ctx, set)
	if err != nil {
		return out, err
	}
	out = out.plus(vacant)
	if err := t.fillCompleteness(ctx); err != nil {
		return out, err
	}
	last, err := scalar[int64](ctx, t, sqlHoldHead, nil)
	if err != nil {
		return out, mapErr(err)
	}
	if last != rev {
		late, err := scalar[[]int64](ctx, t, sqlTouchedSince, pgx.StrictNamedArgs{"rev": rev})
		if err != nil {
			return out, err
		}
		if _, err := t.evaluate(ctx, set, late, contentChanged); err != nil {
			return out, err
		}
	}
	ran, err := scalar[bool](ctx, t, sqlCheckRan, pgx.StrictNamedArgs{"today": today(t.now)})
	if err != nil || ran {
		return out, err // asked for again by hand: the record of the day stands
	}
	_, err = exec(ctx, t, sqlInsertRun, pgx.StrictNamedArgs{
		"today": today(t.now), "act": t.act, "complete": all, "settings": digest[:], "found": out.Found, "cleared": out.Cleared,
	})
	return out, mapErr(err)
}

func (t *Tx) vacancies(ctx context.Context, set check.Set) (FindingTally, error) {
	for _, r := range set.Rules {
		if r.Lines[0].Source != check.Vacancy {
			continue
		}
		return row[FindingTally](ctx, t, sqlVacancies, pgx.StrictNamedArgs{
			"today": today(t.now), "on": r.On, "rule": r.ID, "severity": string(r.Severity), "weight": weight(r.Severity),
			"day": jpdate.OfTime(t.now).StartOfDay(),
		})
	}
	return FindingTally{}, nil
}

// dayOf reads a day that a statement put into params.
func dayOf(iso string) string {
	d, err := time.Parse(time.DateOnly, iso)
	if err != nil {
		return iso
	}
	return jpdate.OfTime(d.Add(12 * time.Hour)).Wareki()
}

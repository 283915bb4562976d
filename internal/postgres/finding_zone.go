package postgres

import (
	"context"
	"slices"

	"github.com/jackc/pgx/v5"

	"daicho/internal/asset"
	"daicho/internal/check"
	"daicho/internal/classify"
	"daicho/internal/jpdate"
	"daicho/internal/zone"
)

const (
	fragFound = `
FROM crossing x JOIN asset_now f ON f.asset_id = x.from_id JOIN asset_now g ON g.asset_id = x.to_id
JOIN asset_now o ON o.asset_id = x.owner_id JOIN (SELECT u.id, ` + fragUnitModel + ` AS model FROM unit u OFFSET 0) p ON p.id = o.unit_id`

	fragFoundSome = ` WHERE (@every OR x.from_id = ANY (@ids::bigint[]) OR x.to_id = ANY (@ids::bigint[]))`

	sqlFoundPatterns = `SELECT DISTINCT ` + fragPattern + ` AS pattern` + fragFound + fragFoundSome

	// A connection is mended where it is written, what hangs in another 領域 at the device or system.
	wantCrossings = `SELECT DISTINCT ON (1, 2, 4) u.line, n.asset_id, n.unit_id, CASE WHEN n.asset_id = x.from_id THEN x.to_id ELSE x.from_id END AS other_id,
  jsonb_build_object('c', n.c, 'i', n.i, 'a', n.a, 'value', u.what, 'day', x.review_on) AS params` + fragFound + `
JOIN asset_now n ON n.asset_id = CASE WHEN x.type = 'bridges' THEN x.owner_id ELSE x.from_id END
JOIN unnest(@patterns::text[], @plines::bigint[], @whats::text[]) u (pattern, line, what) ON u.pattern = ` + fragPattern

	// fragPlace is the column of the 置き場の表 that a container h is; TestPlacesInSQLSayTheSame compares
	// it with zone.PlaceOf.
	fragPlace = `CASE h.kind WHEN 'PD' THEN 'PAPER' WHEN 'MD' THEN 'MEDIUM' WHEN 'FA' THEN ''
  WHEN 'CL' THEN CASE h.zone WHEN 'MN' THEN 'CMN' WHEN 'LG' THEN 'CLG' ELSE 'CIT' END
  ELSE CASE WHEN h.zone IN ('MN', 'LG', 'IT') THEN h.zone ELSE '' END END`

	fragHeld = `SELECT r.to_id AS id, r.from_id AS holder FROM relation r
  WHERE r.to_kind = 'IN' AND r.type IN ('stores', 'processes') AND r.to_rev = 9223372036854775807`

	fragAlone = `SELECT n.asset_id, NULL FROM asset_now n
  WHERE (n.kind = 'PD' OR n.kind = 'IN' AND NOT EXISTS (` + fragHeld + ` AND r.to_id = n.asset_id))`

	// What lies where: by what holds it; paper by itself; electronic information that nothing holds by its
	// own 領域. Each step is finished before the next: the planner takes the table for ten rows and an
	// approval for the first of its kind, and a join of all at once then went over the whole register.
	wantMisplaced = `, lies AS MATERIALIZED (
  SELECT n.asset_id, n.unit_id, l.holder, n.c, n.i, n.a, n.personal = @my_number AS my_number, ` + fragPlace + ` AS place
  FROM laid l JOIN asset_now n ON n.asset_id = l.id JOIN asset_now h ON h.asset_id = coalesce(l.holder, l.id)
  WHERE n.version_no IS NOT NULL AND n.state <> 'disposed' AND h.version_no IS NOT NULL AND h.state <> 'disposed'
), models AS MATERIALIZED (
  SELECT u.id, ` + fragUnitModel + ` AS model FROM unit u WHERE u.id IN (SELECT unit_id FROM lies)
)
SELECT u.line, x.asset_id, x.unit_id, x.holder AS other_id, jsonb_build_object('c', x.c, 'i', x.i, 'a', x.a, 'value', u.what) AS params
FROM lies x JOIN models p ON p.id = x.unit_id
JOIN unnest(@ranks::smallint[], @my_numbers::boolean[], @places::text[], @models::text[], @plines::bigint[], @whats::text[]) u (rank, my_number, place, model, line, what)
  ON u.rank = x.c AND u.my_number = x.my_number AND u.place = x.place AND u.model = p.model`
)

// evaluateZones runs the rules about 領域: crossings always, because their review days pass; the
// placement of information when also what does not change with the calendar is asked for.
func (t *Tx) evaluateZones(ctx context.Context, set check.Set, some []int64, complete bool) (FindingTally, error) {
	out, err := t.evaluateCrossings(ctx, set, some)
	if err != nil || !complete {
		return out, err
	}
	got, err := t.evaluatePlacement(ctx, set, some)
	return out.plus(got), err
}

// numbered returns the number of the line of a rule, false when the rule is off.
func (l lines) numbered(rule string) (int64, bool) {
	i := slices.Index(l.rules, rule)
	return int64(i + 1), i >= 0
}

func (t *Tx) evaluateCrossings(ctx context.Context, set check.Set, some []int64) (FindingTally, error) {
	l := linesOf(set, check.Crossings)
	ids := some
	if ids == nil {
		ids = []int64{}
	}
	q, err := t.tx.Query(ctx, sqlFoundPatterns, pgx.StrictNamedArgs{"today": today(t.now), "every": some == nil, "ids": ids})
	if err != nil {
		return FindingTally{}, mapErr(err)
	}
	patterns, err := pgx.CollectRows(q, pgx.RowTo[string])
	if err != nil {
		return FindingTally{}, mapErr(err)
	}
	keys, at, whats := []string{}, []int64{}, []string{}
	day := jpdate.OfTime(t.now)
	for _, key := range patterns {
		p, ok := parsePattern(key, day)
		if !ok {
			continue
		}
		for _, f := range zone.Judge(p.Connection, p.Model) {
			n, on := l.numbered(f.Rule)
			// R15 says so already.
			direct := f.Rule == "Z07" && p.From != asset.ZoneLGWAN && p.To != asset.ZoneLGWAN && p.From != asset.ZoneOutside && p.To != asset.ZoneOutside
			if on && !direct {
				keys, at, whats = append(keys, key), append(at, n), append(whats, f.What)
			}
		}
	}
	want := wantCrossings
	if some != nil {
		want += ` WHERE (x.from_id = ANY (@ids::bigint[]) OR x.to_id = ANY (@ids::bigint[]))`
	}
	return t.merge(ctx, want, l, some, true, pgx.StrictNamedArgs{"patterns": keys, "plines": at, "whats": whats})
}

func (t *Tx) evaluatePlacement(ctx context.Context, set check.Set, some []int64) (FindingTally, error) {
	l := linesOf(set, check.Placed)
	cells, err := t.Placement(ctx)
	if err != nil {
		return FindingTally{}, err
	}
	m := make(zone.Matrix, len(cells))
	for i, c := range cells {
		m[i] = c.Cell()
	}
	ranks, mine, places, models, at, whats := []int16{}, []bool{}, []string{}, []string{}, []int64{}, []string{}
	for rank := classify.Rank(1); rank <= 9; rank++ {
		for _, my := range []bool{false, true} {
			for _, p := range zone.Places() {
				for _, model := range []string{"", zone.Alpha, zone.AlphaPrime, zone.Beta, zone.BetaPrime} {
					for _, f := range zone.JudgePlace(zone.Content{Rank: rank, MyNumber: my}, zone.Place(p.Code), m, model) {
						n, on := l.numbered(f.Rule)
						if !on {
							continue
						}
						ranks, mine, places, models = append(ranks, int16(rank)), append(mine, my), append(places, p.Code), append(models, model)
						at, whats = append(at, n), append(whats, "「"+p.Label+"」（"+f.Why+"）")
					}
				}
			}
		}
	}
	held, alone := fragHeld, fragAlone
	if some != nil { // along the index of either end
		held += ` AND r.from_id = ANY (@ids::bigint[]) UNION ` + fragHeld + ` AND r.to_id = ANY (@ids::bigint[])`
		alone += ` AND n.asset_id = ANY (@ids::bigint[])`
	}
	want := `WITH laid AS MATERIALIZED (` + held + ` UNION ` + alone + `)` + wantMisplaced
	return t.merge(ctx, want, l, some, true, pgx.StrictNamedArgs{
		"ranks": ranks, "my_numbers": mine, "places": places, "models": models, "plines": at, "whats": whats,
		"my_number": int16(asset.PersonalRank(asset.PersonalMyNumber)), //nolint:gosec // one of five
	})
}

// RecheckZones runs the rules about 領域 over some assets, or over all (nil): after the adopted model or
// the 置き場の表 changed.
func (t *Tx) RecheckZones(ctx context.Context, some []int64) error {
	if _, err := scalar[string](ctx, t, sqlPatient, nil); err != nil {
		return err
	}
	scheme, err := t.Scheme(ctx, 0)
	if err != nil {
		return err
	}
	set, err := t.Checks(ctx, scheme)
	if err != nil {
		return err
	}
	_, err = t.evaluateZones(ctx, set, some, true)
	return err
}

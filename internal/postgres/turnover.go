package postgres

import (
	"context"
	"slices"

	"github.com/jackc/pgx/v5"

	"daicho/internal/asset"
	"daicho/internal/classify"
)

const (
	// The facets that assets would have by the levels of today, of those whose class differs, with the class
	// and the controls that go with it where they are known.
	sqlFacets = `
SELECT n.asset_id AS id, k.kind, l.c, l.i, l.a, k.zone, k.personal, k.flags, m.model, coalesce(w.id, 0) AS class, coalesce(s.set_id, 0) AS set
FROM asset_now n JOIN class k ON k.id = n.class_id
CROSS JOIN LATERAL (
  SELECT coalesce(max(v.level) FILTER (WHERE v.axis = 'C'), n.c) AS c, coalesce(max(v.level) FILTER (WHERE v.axis = 'I'), n.i) AS i,
    coalesce(max(v.level) FILTER (WHERE v.axis = 'A'), n.a) AS a
  FROM level_now v WHERE v.asset_id = n.asset_id AND n.version_no IS NOT NULL) l
JOIN (SELECT u.id, CASE WHEN @anew THEN ` + fragUnitModel + ` END AS model FROM unit u OFFSET 0) p ON p.id = n.unit_id
CROSS JOIN LATERAL (SELECT coalesce(p.model, k.model) AS model) m
LEFT JOIN class w ON (w.kind, w.c, w.i, w.a, w.zone, w.personal, w.flags, w.model) = (k.kind, l.c, l.i, l.a, k.zone, k.personal, k.flags, m.model)
LEFT JOIN class_set s ON s.class_id = w.id AND s.catalogue_id = @catalogue
WHERE n.asset_id = ANY (@ids::bigint[]) AND (l.c, l.i, l.a, m.model) IS DISTINCT FROM (k.c, k.i, k.a, k.model)
ORDER BY n.asset_id`

	fragTurned = `unnest(@ids::bigint[], @c::smallint[], @i::smallint[], @a::smallint[], @classes::bigint[], @sets::bigint[]) w (id, c, i, a, class, set)`

	// The same version under the same decision, in another class.
	sqlTurnTenure = `
WITH old AS (
  UPDATE tenure t SET to_rev = @rev WHERE t.asset_id = ANY (@ids::bigint[]) AND t.to_rev = 9223372036854775807 RETURNING t.*)
INSERT INTO tenure (asset_id, version_no, from_rev, material_sha256, decision_id, unit_id, kind, state, c, i, a, zone, class_id, number, name)
SELECT o.asset_id, o.version_no, @rev, o.material_sha256, o.decision_id, o.unit_id, o.kind, o.state, w.c, w.i, w.a, o.zone, w.class, o.number, o.name
FROM old o JOIN ` + fragTurned + ` ON w.id = o.asset_id`

	sqlTurnNow = `
UPDATE asset_now n SET c = w.c, i = w.i, a = w.a, class_id = w.class, set_id = nullif(w.set, 0), updated_at = now(), updated_rev = @rev
FROM ` + fragTurned + ` WHERE n.asset_id = w.id`
)

// portion is how many rows of the list one statement rewrites. Each of them writes to many indexes,
// and one statement for ten thousand could meet its time limit on a busy machine.
const portion = 2_000

// Reclass gives the assets the class of their facets of today and the controls that go with it: after
// the adopted model of their unit changed. Those in force turn over their tenure under the same
// decision; what is not in force only moves in the list. Levels stay. ids may be those of every asset
// of a unit; drafts without a class, and assets whose facets did not change, are left alone. It takes
// the next revision and must not follow PutInForce of the same assets in one transaction.
func (t *Tx) Reclass(ctx context.Context, ids []int64) error {
	rev, err := t.Revision(ctx)
	if err != nil {
		return err
	}
	return t.turnOver(ctx, rev, ids, true)
}

// turnOver is turnSome, a portion at a time.
func (t *Tx) turnOver(ctx context.Context, rev int64, ids []int64, anew bool) error {
	for some := range slices.Chunk(ids, portion) {
		if err := t.turnSome(ctx, rev, some, anew); err != nil {
			return err
		}
	}
	return nil
}

// turnSome closes the tenure of assets whose facets changed around them and opens the next, and moves
// their rows of the list. A class that is new is made once for all assets with the same facets. With anew
// the adopted model of the unit is read again.
func (t *Tx) turnSome(ctx context.Context, rev int64, ids []int64, anew bool) error {
	type facets struct {
		Kind     string
		C, I, A  int16
		Zone     string
		Personal int16
		Flags    int32
		Model    string
	}
	type line struct {
		ID int64
		facets
		Class, Set int64
	}
	catalogue, _, err := t.CurrentCatalogue(ctx)
	if err != nil {
		return err
	}
	list, err := rows[line](ctx, t, sqlFacets, pgx.StrictNamedArgs{"ids": ids, "anew": anew, "catalogue": catalogue})
	if err != nil || len(list) == 0 {
		return mapErr(err)
	}
	fresh := map[facets][2]int64{}
	n := len(list)
	turned, classes, sets := make([]int64, n), make([]int64, n), make([]int64, n)
	c, i, a := make([]int16, n), make([]int16, n), make([]int16, n)
	for x, l := range list {
		turned[x], c[x], i[x], a[x], classes[x], sets[x] = l.ID, l.C, l.I, l.A, l.Class, l.Set
		if l.Class != 0 && (l.Set != 0 || catalogue == 0) {
			continue
		}
		f, made := fresh[l.facets]
		if !made {
			f[0], f[1], err = t.ClassOf(ctx, asset.Facets{
				Kind: asset.Kind(l.Kind), C: classify.Rank(l.C), I: classify.Rank(l.I), A: classify.Rank(l.A), Zone: l.Zone,
				Personal: personalCode(l.Personal), Flags: asset.Flags(l.Flags), Model: l.Model, //nolint:gosec // written from the same type
			})
			if err != nil {
				return err
			}
			fresh[l.facets] = f
		}
		classes[x], sets[x] = f[0], f[1]
	}
	args := pgx.StrictNamedArgs{"rev": rev, "ids": turned, "c": c, "i": i, "a": a, "classes": classes, "sets": sets}
	for _, sql := range []string{sqlTurnTenure, sqlTurnNow} {
		if _, err := exec(ctx, t, sql, args); err != nil {
			return mapErr(err)
		}
	}
	return nil
}

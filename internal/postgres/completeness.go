package postgres

import (
	"context"
	"strings"

	"github.com/jackc/pgx/v5"

	"daicho/internal/asset"
)

const (
	sqlPutCompleteness = `
INSERT INTO asset_completeness AS c (asset_id, unit_id, level, filled, total, missing)
SELECT w.asset_id, n.unit_id, w.level, w.filled, w.total, string_to_array(w.missing, ' ')
FROM unnest(@assets::bigint[], @levels::smallint[], @filled::int[], @totals::int[], @missing::text[]) w (asset_id, level, filled, total, missing)
JOIN asset_now n USING (asset_id)
ON CONFLICT (asset_id) DO UPDATE SET unit_id = excluded.unit_id, level = excluded.level, filled = excluded.filled, total = excluded.total,
  missing = excluded.missing
WHERE (c.unit_id, c.level, c.filled, c.total, c.missing) IS DISTINCT FROM (excluded.unit_id, excluded.level, excluded.filled, excluded.total, excluded.missing)`

	sqlDropCompleteness = `DELETE FROM asset_completeness`

	sqlNotMeasured = `
SELECT n.asset_id, n.version_no FROM asset_now n LEFT JOIN asset_completeness c USING (asset_id)
WHERE c.asset_id IS NULL AND n.version_no IS NOT NULL AND n.asset_id > @after ORDER BY n.asset_id LIMIT 1000`
)

// putCompleteness notes how far the entries have come.
func (t *Tx) putCompleteness(ctx context.Context, docs map[int64]asset.Document) error {
	if len(docs) == 0 {
		return nil
	}
	n := len(docs)
	ids, levels, filled, totals, missing := make([]int64, 0, n), make([]int16, 0, n), make([]int32, 0, n), make([]int32, 0, n), make([]string, 0, n)
	for id, d := range docs {
		c := d.Completeness()
		var keys strings.Builder
		for i, f := range c.Missing {
			if i > 0 {
				keys.WriteString(" ")
			}
			keys.WriteString(f.Key)
		}
		ids, levels, missing = append(ids, id), append(levels, int16(c.Level)), append(missing, keys.String()) //nolint:gosec // 0 to 3
		filled, totals = append(filled, int32(c.Filled)), append(totals, int32(c.Total))                       //nolint:gosec // fields of a kind
	}
	_, err := exec(ctx, t, sqlPutCompleteness, pgx.StrictNamedArgs{"assets": ids, "levels": levels, "filled": filled, "totals": totals, "missing": missing})
	return mapErr(err)
}

// fillCompleteness measures what came into force before anybody measured: once after an upgrade.
func (t *Tx) fillCompleteness(ctx context.Context) error {
	for after := int64(0); ; {
		type head struct {
			AssetID   int64
			VersionNo int
		}
		hs, err := rows[head](ctx, t, sqlNotMeasured, pgx.StrictNamedArgs{"after": after})
		if err != nil || len(hs) == 0 {
			return mapErr(err)
		}
		ids, nos := make([]int64, len(hs)), make([]int, len(hs))
		for i, h := range hs {
			ids[i], nos[i] = h.AssetID, h.VersionNo
		}
		after = ids[len(ids)-1]
		vs, err := t.Versions(ctx, ids, nos)
		if err != nil {
			return err
		}
		docs := make(map[int64]asset.Document, len(vs))
		for id, v := range vs {
			docs[id] = v.Doc
		}
		if err := t.putCompleteness(ctx, docs); err != nil {
			return err
		}
	}
}

// UnitCompleteness counts the assets in use of a unit by how far their entries have come.
type UnitCompleteness struct {
	UnitID int64
	Counts [asset.TopLevel + 1]int // by level
}

const sqlUnitCompleteness = `
SELECT c.unit_id, count(*) FILTER (WHERE c.level = 0)::int AS l0, count(*) FILTER (WHERE c.level = 1)::int AS l1,
  count(*) FILTER (WHERE c.level = 2)::int AS l2, count(*) FILTER (WHERE c.level = 3)::int AS l3
FROM asset_completeness c WHERE @everything OR c.unit_id = ANY (@scope::bigint[]) GROUP BY c.unit_id`

// Completeness counts the assets within the scope by unit and level.
func (t *Tx) Completeness(ctx context.Context) (map[int64]UnitCompleteness, error) {
	type line struct {
		UnitID         int64
		L0, L1, L2, L3 int
	}
	list, err := rows[line](ctx, t, sqlUnitCompleteness, t.scoped(pgx.StrictNamedArgs{}))
	out := make(map[int64]UnitCompleteness, len(list))
	for _, l := range list {
		out[l.UnitID] = UnitCompleteness{l.UnitID, [4]int{l.L0, l.L1, l.L2, l.L3}}
	}
	return out, mapErr(err)
}

// IncompleteAsset is one asset with how far its entry has come.
type IncompleteAsset struct {
	Number, Name, Kind, Unit string
	Level, Filled, Total     int
	Missing                  []string // keys of fields
}

const sqlByCompleteness = `
SELECT coalesce(n.number, '') AS number, n.name, n.kind, u.name AS unit, c.level::int AS level, c.filled, c.total, c.missing
FROM asset_completeness c JOIN asset_now n USING (asset_id) JOIN unit u ON u.id = c.unit_id
WHERE (@everything OR c.unit_id = ANY (@scope::bigint[])) AND (cardinality(@units::bigint[]) = 0 OR c.unit_id = ANY (@units)) AND c.level = @level
ORDER BY n.number, n.asset_id LIMIT @limit OFFSET @skip`

// ByCompleteness lists the assets of a level within the scope, of some units or (empty) of all.
func (t *Tx) ByCompleteness(ctx context.Context, units []int64, level, skip, limit int) ([]IncompleteAsset, error) {
	if units == nil {
		units = []int64{}
	}
	list, err := rows[IncompleteAsset](ctx, t, sqlByCompleteness, t.scoped(pgx.StrictNamedArgs{"units": units, "level": int16(level), "skip": skip, "limit": limit})) //nolint:gosec // 0 to 3
	return list, mapErr(err)
}

const sqlTree = `SELECT y.above_id, y.unit_id FROM unit_tree y ORDER BY 1, 2`

// Tree gives for every unit its own id and those of the units below it.
func (t *Tx) Tree(ctx context.Context) (map[int64][]int64, error) {
	type edge struct{ AboveID, UnitID int64 }
	list, err := rows[edge](ctx, t, sqlTree, nil)
	out := map[int64][]int64{}
	for _, e := range list {
		out[e.AboveID] = append(out[e.AboveID], e.UnitID)
	}
	return out, mapErr(err)
}

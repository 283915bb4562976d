package postgres

import (
	"context"
	"encoding/hex"
	"fmt"

	"github.com/jackc/pgx/v5"

	"daicho/internal/asset"
	"daicho/internal/classify"
	"daicho/internal/control"
	"daicho/internal/relation"
)

const (
	// Rows of the list and what stands behind them.
	sqlStrays = `
WITH backed AS (
  SELECT n.asset_id, n.state, EXISTS (SELECT FROM tenure t WHERE t.asset_id = n.asset_id AND t.to_rev = 9223372036854775807)
      OR EXISTS (SELECT FROM application_item i WHERE i.asset_id = n.asset_id AND i.open) AS registered,
    EXISTS (SELECT FROM draft d WHERE d.asset_id = n.asset_id) AS drafted
  FROM asset_now n)
SELECT format('asset_now: 在任も申請も下書きもない行 %s', asset_id) FROM backed WHERE NOT registered AND NOT drafted
UNION ALL SELECT format('asset_now: 下書きしかないのに状態が %s の行 %s', state, asset_id) FROM backed WHERE drafted AND NOT registered AND state NOT IN ('draft', 'returned')
UNION ALL SELECT format('asset_now: 下書きがあるのに行がない %s', d.asset_id) FROM draft d WHERE NOT EXISTS (SELECT FROM asset_now n WHERE n.asset_id = d.asset_id)
UNION ALL SELECT format('asset_search: 一覧の行と対にならない %s', coalesce(n.asset_id, s.asset_id)) FROM asset_now n FULL JOIN asset_search s ON s.asset_id = n.asset_id
  WHERE n.asset_id IS NULL OR s.asset_id IS NULL OR n.unit_id <> s.unit_id
UNION ALL SELECT format('asset_detail: 一覧の行と対にならない %s', coalesce(n.asset_id, d.asset_id)) FROM asset_now n FULL JOIN asset_detail d ON d.asset_id = n.asset_id
  WHERE n.asset_id IS NULL OR d.asset_id IS NULL
UNION ALL SELECT format('tenure: 終わったまま次がない %s', asset_id) FROM tenure GROUP BY asset_id HAVING max(to_rev) < 9223372036854775807`

	sqlTreeDiffers = `
WITH RECURSIVE w AS (
  SELECT id AS above_id, id AS unit_id, 0 AS depth FROM unit
  UNION ALL SELECT w.above_id, u.id, w.depth + 1 FROM w JOIN unit u ON u.parent_id = w.unit_id WHERE w.depth < 50)
SELECT format('unit_tree: 組織から作るとこうなる %s', x) FROM (SELECT * FROM w EXCEPT SELECT above_id, unit_id, depth FROM unit_tree) x
UNION ALL SELECT format('unit_tree: 組織からは作れない行 %s', x) FROM (SELECT above_id, unit_id, depth FROM unit_tree EXCEPT SELECT * FROM w) x`

	sqlCensusDiffers = `
WITH counted AS (
  SELECT v.unit_id, n.kind, n.state, n.c, n.i, n.a, n.zone, n.fiscal_year, count(*)::numeric AS n
  FROM asset_now n, LATERAL (VALUES (n.unit_id), (0::bigint)) v (unit_id) GROUP BY 1, 2, 3, 4, 5, 6, 7, 8),
kept AS (
  SELECT unit_id, kind, state, c, i, a, zone, fiscal_year, sum(n) AS n FROM census GROUP BY 1, 2, 3, 4, 5, 6, 7, 8 HAVING sum(n) <> 0),
counted_sum AS (
  SELECT d.unit_id, f.facet, f.value, sum(d.n) AS n FROM counted d, LATERAL (VALUES ('', ''), ('kind', d.kind), ('state', d.state), ('c', d.c::text),
    ('i', d.i::text), ('a', d.a::text), ('zone', d.zone), ('fiscal_year', d.fiscal_year::text)) f (facet, value) GROUP BY 1, 2, 3),
kept_sum AS (SELECT unit_id, facet, value, sum(n) AS n FROM census_sum GROUP BY 1, 2, 3 HAVING sum(n) <> 0)
SELECT format('census: 一覧を数えるとこうなる %s', x) FROM (SELECT * FROM counted EXCEPT SELECT * FROM kept) x
UNION ALL SELECT format('census: 一覧にない件数 %s', x) FROM (SELECT * FROM kept EXCEPT SELECT * FROM counted) x
UNION ALL SELECT format('census_sum: 一覧を数えるとこうなる %s', x) FROM (SELECT * FROM counted_sum EXCEPT SELECT * FROM kept_sum) x
UNION ALL SELECT format('census_sum: 一覧にない件数 %s', x) FROM (SELECT * FROM kept_sum EXCEPT SELECT * FROM counted_sum) x`

	sqlReviewsDiffer = `
WITH w AS (
  SELECT l.asset_id, bool_or(l.computed > l.level AND NOT ` + fragFollows + `) AS above, bool_or(l.computed < l.level AND ` + fragFollows + `) AS fall
  FROM level_now l JOIN asset s ON s.id = l.asset_id GROUP BY l.asset_id),
due AS (
  SELECT asset_id, @above::text AS cause FROM w WHERE above UNION ALL SELECT asset_id, @fall::text FROM w WHERE fall),
kept AS (SELECT asset_id, cause FROM asset_review WHERE cause IN (@above, @fall))
SELECT format('asset_review: 区分から見て要る理由 %s', x) FROM (SELECT * FROM due EXCEPT SELECT * FROM kept) x
UNION ALL SELECT format('asset_review: 区分から見て要らない理由 %s', x) FROM (SELECT * FROM kept EXCEPT SELECT * FROM due) x
UNION ALL SELECT format('asset_now: 要再承認の日時が理由と合わない %s', n.asset_id) FROM asset_now n
  LEFT JOIN (SELECT asset_id, min(since) AS since FROM asset_review GROUP BY 1) r USING (asset_id) WHERE n.review_since IS DISTINCT FROM r.since`

	// The items of a set are what its digest names (control.Digest).
	sqlSetsDiffer = `
SELECT format('set_item: 必要対策群 %s の中身が要約値と合わない', s.id)
FROM requirement_set s LEFT JOIN (
  SELECT set_id, string_agg(control_id || array_to_string(ARRAY(SELECT ' ' || c FROM unnest(causes) WITH ORDINALITY u (c, n) ORDER BY n), '') || E'\n', '' ORDER BY control_id) AS list
  FROM set_item GROUP BY set_id) i ON i.set_id = s.id
WHERE s.digest <> sha256(convert_to(coalesce(i.list, ''), 'UTF8'))`

	sqlTenuresDiffer = `
SELECT format('tenure: 文書から作った一覧と合わない %s', t.asset_id)
FROM tenure t JOIN asset_now n USING (asset_id)
WHERE t.to_rev = 9223372036854775807 AND (t.version_no, t.unit_id, t.kind, t.state, t.c, t.i, t.a, t.zone, t.class_id, t.number, t.name)
  IS DISTINCT FROM (n.version_no, n.unit_id, n.kind, n.state, n.c, n.i, n.a, n.zone, n.class_id, n.number, n.name)`
)

// stored compares what is derived from other tables than the documents, as it was stored.
func (t *Tx) stored(ctx context.Context) ([]string, error) {
	var out []string
	add := func(line string) { out = append(out, line) }
	for _, sql := range []string{sqlStrays, sqlTreeDiffers, sqlCensusDiffers, sqlSetsDiffer} {
		if err := t.eachText(ctx, sql, nil, add); err != nil {
			return out, err
		}
	}
	err := t.eachText(ctx, sqlReviewsDiffer, following(pgx.StrictNamedArgs{"above": ReviewComputedAbove, "fall": ReviewMayFall}), add)
	return out, err
}

// tenuresStand compares the open tenures with the rows of the list, which were made again.
func (t *Tx) tenuresStand(ctx context.Context, _ said) (out []string, err error) {
	err = t.eachText(ctx, sqlTenuresDiffer, nil, func(line string) { out = append(out, line) })
	return out, err
}

// levelRow is a row of level_now.
type levelRow struct {
	AssetID               int64
	Axis                  string
	Base, Computed, Level classify.Rank
	Via, Gathered         int64
}

const (
	sqlLevelRows = `
SELECT asset_id, axis, base, computed, level, coalesce(via, 0) AS via, coalesce(gathered, 0) AS gathered FROM level_now ORDER BY axis, asset_id`

	// A witness that does not give what it is said to give.
	sqlWitnessesDiffer = `
SELECT format('level_now: 区分をもたらした隣が合わない %s %s', l.asset_id, l.axis) FROM level_now l
WHERE coalesce(l.via, l.gathered) IS NOT NULL AND NOT EXISTS (
  SELECT FROM travel x JOIN level_now g ON g.asset_id = x.giver AND g.axis = x.axis
  WHERE x.taker = l.asset_id AND x.axis = l.axis AND x.giver = coalesce(l.via, l.gathered)
    AND least(greatest(g.computed, x.least), x.most) = l.computed AND (l.via IS NULL OR g.computed >= l.computed))`
)

// levelsStand compares the levels with those that the slow reference computes from the documents, and
// with the tenures; and walks the ways along via to their ends.
func (t *Tx) levelsStand(ctx context.Context, docs said) ([]string, error) {
	computed := relation.Relax(docs.nodes, docs.edges)
	type spotKey struct {
		axis string
		id   int64
	}
	want := map[spotKey]levelRow{}
	for _, n := range docs.nodes {
		for x, axis := range classify.Axes() {
			want[spotKey{string(axis), n.ID}] = levelRow{
				AssetID: n.ID, Axis: string(axis), Base: n.Base.On(axis), Computed: computed[n.ID][x].Level, Level: docs.levels[n.ID].On(axis),
			}
		}
	}
	list, err := rows[levelRow](ctx, t, sqlLevelRows, nil)
	if err != nil {
		return nil, mapErr(err)
	}
	var out []string
	via := map[spotKey]int64{}
	for _, l := range list {
		key := spotKey{l.Axis, l.AssetID}
		via[key] = l.Via
		bare := l
		bare.Via, bare.Gathered = 0, 0
		w, ok := want[key]
		delete(want, key)
		switch {
		case !ok:
			out = append(out, fmt.Sprintf("level_now: 発効していない資産の行 %d %s", l.AssetID, l.Axis))
		case bare != w:
			out = append(out, fmt.Sprintf("level_now: 文書から作るとこうなる %d %s 申告%d 計算%d 区分%d（表では %d %d %d）",
				l.AssetID, l.Axis, w.Base, w.Computed, w.Level, l.Base, l.Computed, l.Level))
		case (l.Computed > l.Base) != (l.Via != 0 || l.Gathered != 0):
			out = append(out, fmt.Sprintf("level_now: 区分をもたらした隣が合わない %d %s", l.AssetID, l.Axis))
		}
	}
	for key := range want {
		out = append(out, fmt.Sprintf("level_now: 行がない %d %s", key.id, key.axis))
	}
	ends := map[spotKey]bool{} // the way from here comes to an end
	for key := range via {
		way, at := map[spotKey]bool{}, key
		for via[at] != 0 && !ends[at] && !way[at] {
			way[at] = true
			at = spotKey{at.axis, via[at]}
		}
		if way[at] {
			out = append(out, fmt.Sprintf("level_now: 区分の出どころが循環する %d %s", key.id, key.axis))
			continue
		}
		for k := range way {
			ends[k] = true
		}
	}
	err = t.eachText(ctx, sqlWitnessesDiffer, nil, func(line string) { out = append(out, line) })
	return out, err
}

const sqlClassSets = `
SELECT k.id, k.kind, k.c, k.i, k.a, k.zone, k.personal, k.flags, k.model, r.digest
FROM class k JOIN class_set s ON s.class_id = k.id AND s.catalogue_id = @catalogue JOIN requirement_set r ON r.id = s.set_id ORDER BY k.id`

// setsStand derives what every class requires again, under the current catalogue.
func (t *Tx) setsStand(ctx context.Context, _ said) ([]string, error) {
	catalogue, _, err := t.CurrentCatalogue(ctx)
	if err != nil || catalogue == 0 {
		return nil, err
	}
	conditions, err := t.Applicability(ctx, catalogue)
	if err != nil {
		return nil, err
	}
	type class struct {
		ID       int64
		Kind     string
		C, I, A  int16
		Zone     string
		Personal int16
		Flags    int32
		Model    string
		Digest   []byte
	}
	list, err := rows[class](ctx, t, sqlClassSets, pgx.StrictNamedArgs{"catalogue": catalogue})
	if err != nil {
		return nil, mapErr(err)
	}
	var out []string
	for _, k := range list {
		want := control.Digest(control.Derive(asset.Facets{
			Kind: asset.Kind(k.Kind), C: classify.Rank(k.C), I: classify.Rank(k.I), A: classify.Rank(k.A), Zone: k.Zone,
			Personal: personalCode(k.Personal), Flags: asset.Flags(k.Flags), Model: k.Model, //nolint:gosec // five bits
		}, conditions))
		if want != [32]byte(k.Digest) {
			out = append(out, fmt.Sprintf("class_set: 適用区分 %d の必要対策群が適用条件と合わない", k.ID))
		}
	}
	return out, nil
}

const sqlEveryVersion = `
SELECT asset_id, no, content, material_sha256 FROM asset_version WHERE (asset_id, no) > (@asset::bigint, @no::int) ORDER BY asset_id, no LIMIT 500`

// digestsStand takes the digest of the material part of every version again.
func (t *Tx) digestsStand(ctx context.Context, _ said) ([]string, error) {
	type version struct {
		AssetID        int64
		No             int
		Content        string
		MaterialSha256 []byte
	}
	var out []string
	for last := (version{}); ; {
		list, err := rows[version](ctx, t, sqlEveryVersion, pgx.StrictNamedArgs{"asset": last.AssetID, "no": last.No})
		if err != nil || len(list) == 0 {
			return out, mapErr(err)
		}
		for _, v := range list {
			d, err := asset.Decode([]byte(v.Content))
			if err != nil {
				return out, fmt.Errorf("asset %d version %d: %w", v.AssetID, v.No, err)
			}
			if is := d.MaterialDigest(); is != [32]byte(v.MaterialSha256) {
				out = append(out, fmt.Sprintf("asset_version: 重要項目の要約値が内容と合わない %d 版%d（内容からは %s）", v.AssetID, v.No, hex.EncodeToString(is[:])))
			}
		}
		last = list[len(list)-1]
	}
}

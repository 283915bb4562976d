package postgres

import (
	"context"
	"crypto/sha256"
	"fmt"

	"github.com/jackc/pgx/v5"

	"daicho/internal/asset"
	"daicho/internal/classify"
	"daicho/internal/relation"
)

// derived lists the tables that Rebuild makes again, with the columns that must come out the same.
// When a row was last touched is not a property of the documents.
var derived = []struct{ table, columns string }{
	{"asset_now", "asset_id, kind, number, unit_id, organ_id, host_id, state, name, yomi, reading, c, i, a, zone, personal, flags, class_id, version_no, pending_no, fiscal_year, members, checked_on, scheme_id, search, grams, detail"},
	{"asset_due", "asset_id, what, due"},
	{"asset_code", "asset_id, sort, code, member"},
	{"asset_member", "asset_id, no, serial, label, place, holder, storage, state"},
	{"level_now", "asset_id, axis, base, computed, level"},
	{"crossing", "type, from_id, to_id, owner_id, from_zone, to_zone, cloud, flow, purpose, protocol, split, sanitise, special, partner, path, review_on"},
}

const sqlRegistered = `
SELECT n.asset_id AS asset, n.kind, coalesce(n.number, '') AS number, n.state, coalesce(n.version_no, 0) AS version_no,
       coalesce(n.pending_no, 0) AS pending_no, 0 AS last_no, n.unit_id AS unit, n.c, n.i, n.a
FROM asset_now n WHERE n.asset_id > @after AND n.state <> 'draft' AND n.state <> 'returned' ORDER BY n.asset_id LIMIT 500`

const sqlTenureLevels = `
SELECT asset_id AS id, c, i, a FROM tenure WHERE asset_id = ANY (@ids::bigint[]) AND to_rev = 9223372036854775807`

// RebuildCheck makes the derived tables again from the stored documents and returns what differs
// from what was there, one line a difference. The caller rolls back. Drafts are left out: their raw
// form is what they are. An empty result means that the list says no more and no less than the
// documents do.
func (t *Tx) RebuildCheck(ctx context.Context) ([]string, error) {
	was := make([]map[[32]byte]bool, len(derived))
	for i := range derived {
		was[i] = map[[32]byte]bool{}
		if err := t.eachRow(ctx, i, func(row string) { was[i][sha256.Sum256([]byte(row))] = true }); err != nil {
			return nil, err
		}
	}
	if err := t.rebuild(ctx); err != nil {
		return nil, err
	}
	var out []string
	for i, d := range derived {
		err := t.eachRow(ctx, i, func(row string) {
			key := sha256.Sum256([]byte(row))
			if !was[i][key] {
				out = append(out, d.table+": 文書から作るとこうなる "+row)
			}
			delete(was[i], key)
		})
		if err != nil {
			return nil, err
		}
		if n := len(was[i]); n > 0 {
			out = append(out, fmt.Sprintf("%s: 文書からは作れない行が %d 行ある", d.table, n))
		}
	}
	return out, nil
}

// eachRow hands over every row of a derived table as text.
func (t *Tx) eachRow(ctx context.Context, i int, fn func(row string)) error {
	r, err := t.tx.Query(ctx, fmt.Sprintf(`SELECT w::text FROM (SELECT %s FROM %s) w`, derived[i].columns, derived[i].table))
	if err != nil {
		return mapErr(err)
	}
	defer r.Close()
	for r.Next() {
		var row string
		if err := r.Scan(&row); err != nil {
			return err
		}
		fn(row)
	}
	return mapErr(r.Err())
}

func (t *Tx) rebuild(ctx context.Context) error {
	scheme, err := t.Scheme(ctx, 0)
	if err != nil {
		return err
	}
	var nodes []relation.Node
	var edges []relation.Edge
	var said []particulars
	for after := int64(0); ; {
		heads, err := rows[Head](ctx, t, sqlRegistered, pgx.StrictNamedArgs{"after": after})
		if err != nil {
			return err
		}
		if len(heads) == 0 {
			break
		}
		after = heads[len(heads)-1].Asset
		ids, nos := make([]int64, len(heads)), make([]int, len(heads))
		for i, h := range heads {
			ids[i], nos[i] = h.Asset, h.VersionNo
			if h.VersionNo == 0 {
				nos[i] = h.PendingNo
			}
		}
		versions, err := t.Versions(ctx, ids, nos)
		if err != nil {
			return err
		}
		levels, err := t.tenureLevels(ctx, ids)
		if err != nil {
			return err
		}
		for _, h := range heads {
			v := versions[h.Asset]
			own, err := t.schemeOr(ctx, v.Scheme, scheme)
			if err != nil {
				return err
			}
			n, e, err := t.rebuildOne(ctx, own, h, v, levels[h.Asset])
			if err != nil {
				return err
			}
			nodes, edges = append(nodes, n...), append(edges, e...)
			if h.VersionNo != 0 {
				said = append(said, particularsOf(h.Asset, v.Doc)...)
			}
		}
	}
	if err := t.rebuildCrossings(ctx, said); err != nil {
		return err
	}
	return t.recompute(ctx, nodes, edges)
}

func (t *Tx) tenureLevels(ctx context.Context, ids []int64) (map[int64]classify.Levels, error) {
	type line struct {
		ID      int64
		C, I, A int16
	}
	list, err := rows[line](ctx, t, sqlTenureLevels, pgx.StrictNamedArgs{"ids": ids})
	out := make(map[int64]classify.Levels, len(list))
	for _, l := range list {
		out[l.ID] = levelsOf(l.C, l.I, l.A)
	}
	return out, err
}

// rebuildOne writes the row of one asset again. The levels in force are those of its tenure, which
// is history and not derived; a pending asset shows what its document declares and follows.
func (t *Tx) rebuildOne(ctx context.Context, scheme *classify.Scheme, h Head, v Version, l classify.Levels) ([]relation.Node, []relation.Edge, error) {
	place, err := t.PlaceOf(ctx, v.Doc.Get("unit"))
	if err != nil {
		return nil, nil, err
	}
	n := Now{Asset: h.Asset, Number: h.Number, Place: place, Doc: v.Doc, Version: h.VersionNo, Pending: h.PendingNo, State: asset.StatePending, Levels: l, Scheme: v.Scheme}
	if h.VersionNo == 0 {
		refs, err := t.Refs(ctx, []int64{h.Asset})
		if err != nil {
			return nil, nil, err
		}
		n.Levels = refs[h.Asset].Levels
	} else {
		n.State = asset.InForceState(v.Doc.Lifecycle())
	}
	if n.Class, n.Set, err = t.ClassOf(ctx, v.Doc.Facets(n.Levels, place.Model)); err != nil {
		return nil, nil, err
	}
	if err := t.PutNow(ctx, n); err != nil || h.VersionNo == 0 {
		return nil, nil, err
	}
	var edges []relation.Edge
	for _, r := range v.Doc.Relations {
		e := relation.Edge{Type: relation.Type(r.Type), From: h.Asset, To: r.Other, Effect: r.Effect, Pass: passOf(scheme, r)}
		if !r.Outgoing {
			e.From, e.To = r.Other, h.Asset
		}
		edges = append(edges, e)
	}
	return []relation.Node{{ID: h.Asset, Kind: h.Kind, Base: basesOf(scheme, v.Doc)}}, edges, nil
}

const sqlRebuildLevel = `UPDATE level_now SET base = @base, computed = @computed, level = greatest(level, @base) WHERE asset_id = @asset AND axis = @axis`

func (t *Tx) recompute(ctx context.Context, nodes []relation.Node, edges []relation.Edge) error {
	computed := relation.Relax(nodes, edges)
	b := &pgx.Batch{}
	for _, n := range nodes {
		for x, axis := range classify.Axes() {
			b.Queue(sqlRebuildLevel, pgx.StrictNamedArgs{
				"asset": n.ID, "axis": string(axis), "base": int16(n.Base.On(axis)), "computed": int16(computed[n.ID][x].Level),
			})
		}
	}
	return mapErr(t.tx.SendBatch(ctx, b).Close())
}

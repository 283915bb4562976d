package postgres

import (
	"context"
	"crypto/sha256"
	"fmt"
	"slices"

	"github.com/jackc/pgx/v5"

	"daicho/internal/asset"
	"daicho/internal/classify"
	"daicho/internal/relation"
)

// derived lists the tables whose rows are made again from the documents, with the columns that must
// come out the same. When a row was last touched is not a property of the documents.
var derived = []struct{ table, columns string }{
	{"asset_now", "asset_id, kind, number, unit_id, organ_id, host_id, state, name, yomi, reading, c, i, a, zone, personal, flags, class_id, set_id, version_no, pending_no, fiscal_year, members, checked_on, scheme_id"},
	{"asset_search", "asset_id, unit_id, search, grams"},
	{"asset_detail", "asset_id, kind, detail"},
	{"asset_completeness", "asset_id, unit_id, level, filled, total, missing"},
	{"asset_due", "asset_id, what, due"},
	{"asset_code", "asset_id, sort, code, member"},
	{"asset_member", "asset_id, no, serial, label, place, holder, storage, state"},
	{"crossing", "type, from_id, to_id, owner_id, from_zone, to_zone, cloud, flow, purpose, protocol, split, sanitise, special, partner, path, review_on"},
}

// registered is an asset by what is evidence: its open tenure and its open item of an application.
type registered struct {
	Asset                int64
	Kind                 asset.Kind
	Number               string
	VersionNo, PendingNo int           // 0 = none
	C, I, A              classify.Rank // of the tenure, else of the item
}

const sqlRegistered = `
SELECT s.id AS asset, s.kind, coalesce(s.number, '') AS number, coalesce(t.version_no, 0) AS version_no, coalesce(i.version_no, 0) AS pending_no,
  coalesce(t.c, i.c) AS c, coalesce(t.i, i.i) AS i, coalesce(t.a, i.a) AS a
FROM asset s LEFT JOIN tenure t ON t.asset_id = s.id AND t.to_rev = 9223372036854775807
LEFT JOIN application_item i ON i.asset_id = s.id AND i.open
WHERE s.id > @after AND (t.asset_id IS NOT NULL OR i.asset_id IS NOT NULL) ORDER BY s.id LIMIT 500`

// said is what the documents in force say, beyond the rows of the list.
type said struct {
	nodes     []relation.Node
	edges     []relation.Edge
	levels    map[int64]classify.Levels // of the tenures
	relations map[string]bool           // as sqlOpenRelationRows writes them
	crossings []particulars
}

// RebuildCheck makes the derived tables again from what is evidence (the documents, tenures and
// applications, the organisation, the catalogue) and returns what differs from what was there, one
// line a difference. The caller rolls back. Of drafts only their place in the list is looked at: their
// raw form is what they are. An empty result means that the derived tables say no more and no less
// than the evidence does.
func (t *Tx) RebuildCheck(ctx context.Context) ([]string, error) {
	was := make([]map[[32]byte]bool, len(derived))
	for i := range derived {
		was[i] = map[[32]byte]bool{}
		if err := t.eachRow(ctx, i, func(row string) { was[i][sha256.Sum256([]byte(row))] = true }); err != nil {
			return nil, err
		}
	}
	out, err := t.stored(ctx)
	if err != nil {
		return nil, err
	}
	docs, err := t.rebuild(ctx)
	if err != nil {
		return nil, err
	}
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
	for _, check := range []func(context.Context, said) ([]string, error){t.tenuresStand, t.relationsStand, t.levelsStand, t.setsStand, t.digestsStand} {
		more, err := check(ctx, docs)
		if err != nil {
			return nil, err
		}
		out = append(out, more...)
	}
	return out, nil
}

// eachRow hands over every row of a derived table as text.
func (t *Tx) eachRow(ctx context.Context, i int, fn func(row string)) error {
	return t.eachText(ctx, fmt.Sprintf(`SELECT w::text FROM (SELECT %s FROM %s) w`, derived[i].columns, derived[i].table), nil, fn)
}

func (t *Tx) eachText(ctx context.Context, sql string, args pgx.StrictNamedArgs, fn func(string)) error {
	r, err := t.tx.Query(ctx, sql, named(args)...)
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

func (t *Tx) rebuild(ctx context.Context) (said, error) {
	out := said{levels: map[int64]classify.Levels{}, relations: map[string]bool{}}
	scheme, err := t.Scheme(ctx, 0)
	if err != nil {
		return out, err
	}
	if _, err := exec(ctx, t, sqlDropCompleteness, nil); err != nil {
		return out, mapErr(err)
	}
	for after := int64(0); ; {
		list, err := rows[registered](ctx, t, sqlRegistered, pgx.StrictNamedArgs{"after": after})
		if err != nil {
			return out, mapErr(err)
		}
		if len(list) == 0 {
			break
		}
		after = list[len(list)-1].Asset
		ids, nos := make([]int64, len(list)), make([]int, len(list))
		for i, r := range list {
			ids[i], nos[i] = r.Asset, r.VersionNo
			if r.VersionNo == 0 {
				nos[i] = r.PendingNo
			}
		}
		versions, err := t.Versions(ctx, ids, nos)
		if err != nil {
			return out, err
		}
		measured := map[int64]asset.Document{}
		for _, r := range list {
			if r.VersionNo != 0 {
				measured[r.Asset] = versions[r.Asset].Doc
			}
			if err := t.rebuildOne(ctx, scheme, r, versions[r.Asset], &out); err != nil {
				return out, fmt.Errorf("asset %d (%s): %w", r.Asset, r.Number, err)
			}
		}
		if err := t.putCompleteness(ctx, measured); err != nil {
			return out, err
		}
	}
	return out, t.rebuildCrossings(ctx, out.crossings)
}

// rebuildOne writes the row of one asset again and notes what its document says. The levels in force
// are those of its tenure, which is history and not derived; a pending asset shows those of its item.
func (t *Tx) rebuildOne(ctx context.Context, scheme *classify.Scheme, r registered, v Version, out *said) error {
	scheme, err := t.schemeOr(ctx, v.Scheme, scheme)
	if err != nil {
		return err
	}
	place, err := t.PlaceOf(ctx, v.Doc.Get("unit"))
	if err != nil {
		return err
	}
	n := Now{
		Asset: r.Asset, Number: r.Number, Place: place, Doc: v.Doc, Version: r.VersionNo, Pending: r.PendingNo, State: asset.StatePending,
		Levels: classify.Levels{C: r.C, I: r.I, A: r.A}, Scheme: v.Scheme,
	}
	if r.VersionNo != 0 {
		n.State = asset.InForceState(v.Doc.Lifecycle())
	}
	if n.Class, n.Set, err = t.ClassOf(ctx, v.Doc.Facets(n.Levels, place.Model)); err != nil {
		return err
	}
	if err := t.PutNow(ctx, n); err != nil || r.VersionNo == 0 {
		return err
	}
	for _, rel := range v.Doc.Relations {
		pass, err := passOf(scheme, rel)
		if err != nil {
			return err
		}
		e := relation.Edge{Type: relation.Type(rel.Type), From: r.Asset, To: rel.Other, Effect: rel.Effect, Pass: pass}
		if !rel.Outgoing {
			e.From, e.To = rel.Other, r.Asset
		}
		out.edges = append(out.edges, e)
		note := "" // of a plain relation it is no part of what is in force
		if rel.Effect != "" {
			note = rel.Note
		}
		out.relations[fmt.Sprintf("%s %d→%d (%d) %s %d %d %d %s", rel.Type, e.From, e.To, r.Asset, rel.Effect, pass.C, pass.I, pass.A, note)] = true
	}
	base, err := basesOf(scheme, v.Doc)
	out.nodes = append(out.nodes, relation.Node{ID: r.Asset, Kind: r.Kind, Base: base})
	out.levels[r.Asset] = n.Levels
	out.crossings = append(out.crossings, particularsOf(r.Asset, v.Doc)...)
	return err
}

const sqlOpenRelationRows = `
SELECT format('%s %s→%s (%s) %s %s %s %s %s', type, from_id, to_id, owner_id, effect, pass_c, pass_i, pass_a, CASE WHEN effect <> '' THEN note ELSE '' END)
FROM relation WHERE to_rev = 9223372036854775807`

// relationsStand compares the relations in force with those that the documents name.
func (t *Tx) relationsStand(ctx context.Context, docs said) ([]string, error) {
	var out []string
	left := docs.relations
	err := t.eachText(ctx, sqlOpenRelationRows, nil, func(row string) {
		if !left[row] {
			out = append(out, "relation: 文書にない関連 "+row)
		}
		delete(left, row)
	})
	for row := range left {
		out = append(out, "relation: 文書にあって表にない関連 "+row)
	}
	slices.Sort(out)
	return out, err
}

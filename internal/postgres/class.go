package postgres

import (
	"context"
	"fmt"
	"maps"
	"strconv"

	"github.com/jackc/pgx/v5"

	"daicho/internal/asset"
	"daicho/internal/classify"
	"daicho/internal/control"
	"daicho/internal/errs"
)

const sqlCurrentCatalogue = `
SELECT c.id, a.id IS NOT NULL AS adopted
FROM catalogue c LEFT JOIN adoption a ON a.target = 'catalogue' AND a.code = c.code AND a.decided_on <= @today
ORDER BY a.decided_on DESC NULLS LAST, a.id DESC, c.id DESC LIMIT 1`

// CurrentCatalogue returns the 対策基準 that holds today: the latest adopted by the day of its
// decision, else the newest that was loaded, which is then only a draft (案). Zero means that none
// is loaded and nothing is required.
func (t *Tx) CurrentCatalogue(ctx context.Context) (id int64, adopted bool, err error) {
	type current struct {
		ID      int64
		Adopted bool
	}
	c, err := keep(ctx, t, askCatalogueToday, "", func(ctx context.Context) (current, error) {
		return row[current](ctx, t, sqlCurrentCatalogue, pgx.StrictNamedArgs{"today": today(t.now)})
	})
	if errs.Is(err, errs.NotFound) {
		return 0, false, nil
	}
	return c.ID, c.Adopted, err
}

const sqlApplicability = `
SELECT a.id, a.control_id, a.kinds, a.min_c, a.max_c, a.min_i, a.min_a, a.zones, a.personal, a.flags, a.models, a.reason
FROM applicability a JOIN control c ON c.id = a.control_id WHERE c.catalogue_id = @catalogue ORDER BY a.id`

// Applicability reads the 適用の条件 of a catalogue.
func (t *Tx) Applicability(ctx context.Context, catalogue int64) ([]control.Row, error) {
	return keep(ctx, t, askApplicability, fmt.Sprint(catalogue), func(ctx context.Context) ([]control.Row, error) { return t.readApplicability(ctx, catalogue) })
}

func (t *Tx) readApplicability(ctx context.Context, catalogue int64) ([]control.Row, error) {
	type line struct {
		ID, ControlID          int64
		Kinds                  []string
		MinC, MaxC, MinI, MinA int16
		Zones                  []string
		Personal               int16
		Flags                  int32
		Models                 []string
		Reason                 string
	}
	lines, err := rows[line](ctx, t, sqlApplicability, pgx.StrictNamedArgs{"catalogue": catalogue})
	if err != nil {
		return nil, err
	}
	out := make([]control.Row, len(lines))
	for i, l := range lines {
		out[i] = control.Row{
			ID: l.ID, Control: l.ControlID, MinC: classify.Rank(l.MinC), MaxC: classify.Rank(l.MaxC), MinI: classify.Rank(l.MinI), MinA: classify.Rank(l.MinA),
			Zones: l.Zones, Personal: int(l.Personal), Flags: asset.Flags(l.Flags), Models: l.Models, Reason: l.Reason, //nolint:gosec // five bits
		}
		for _, k := range l.Kinds {
			if k == control.OrgKind {
				out[i].Org = true
			} else {
				out[i].Kinds = append(out[i].Kinds, asset.Kind(k))
			}
		}
	}
	return out, nil
}

const (
	sqlFindClass = `
SELECT k.id, coalesce(s.set_id, 0) AS set
FROM class k LEFT JOIN class_set s ON s.class_id = k.id AND s.catalogue_id = @catalogue
WHERE k.kind = @kind AND k.c = @c AND k.i = @i AND k.a = @a AND k.zone = @zone AND k.personal = @personal AND k.flags = @flags AND k.model = @model`

	sqlInsertClass = `
INSERT INTO class (kind, c, i, a, zone, personal, flags, model)
VALUES (@kind, @c, @i, @a, @zone, @personal, @flags, @model) ON CONFLICT DO NOTHING`

	sqlInsertSet = `INSERT INTO requirement_set (digest) VALUES (@digest) ON CONFLICT DO NOTHING RETURNING id`

	sqlFindSet = `SELECT id FROM requirement_set WHERE digest = @digest`

	sqlInsertSetItem = `
INSERT INTO set_item (set_id, control_id, causes)
SELECT @set, c, string_to_array(x, ' ')::bigint[] FROM unnest(@controls::bigint[], @causes::text[]) u (c, x)`

	sqlPutClassSet = `
INSERT INTO class_set AS t (class_id, catalogue_id, set_id)
SELECT c, @catalogue, s FROM unnest(@classes::bigint[], @sets::bigint[]) u (c, s) ORDER BY c
ON CONFLICT (class_id, catalogue_id) DO UPDATE SET set_id = excluded.set_id WHERE t.set_id <> excluded.set_id`
)

// ClassOf returns the 適用区分 of the facets and its 必要対策群 under the current catalogue, making
// both when they are seen for the first time. Without a catalogue the set is 0 and nothing is
// required. Writers that see the same facets at once get the same ids.
func (t *Tx) ClassOf(ctx context.Context, f asset.Facets) (class, set int64, err error) {
	catalogue, _, err := t.CurrentCatalogue(ctx)
	if err != nil {
		return 0, 0, err
	}
	type found struct{ ID, Set int64 }
	args := pgx.StrictNamedArgs{
		"kind": string(f.Kind), "c": f.C, "i": f.I, "a": f.A, "zone": f.Zone,
		"personal": asset.PersonalRank(f.Personal), "flags": int32(f.Flags), "model": f.Model,
	}
	key := pgx.StrictNamedArgs{"catalogue": catalogue}
	maps.Copy(key, args)
	c, err := row[found](ctx, t, sqlFindClass, key)
	if errs.Is(err, errs.NotFound) {
		// Two writers may both come here: the second waits for the first and then finds its row.
		if _, err := exec(ctx, t, sqlInsertClass, args); err != nil {
			return 0, 0, err
		}
		c, err = row[found](ctx, t, sqlFindClass, key)
	}
	if err != nil || c.Set != 0 || catalogue == 0 {
		return c.ID, c.Set, err
	}
	conditions, err := t.Applicability(ctx, catalogue)
	if err != nil {
		return 0, 0, err
	}
	if c.Set, err = t.requirementSet(ctx, control.Derive(f, conditions)); err != nil {
		return 0, 0, err
	}
	_, err = exec(ctx, t, sqlPutClassSet, pgx.StrictNamedArgs{"catalogue": catalogue, "classes": []int64{c.ID}, "sets": []int64{c.Set}})
	return c.ID, c.Set, err
}

// requirementSet finds or makes the set with exactly this list of controls and causes.
func (t *Tx) requirementSet(ctx context.Context, list []control.Requirement) (int64, error) {
	digest := control.Digest(list)
	key := pgx.StrictNamedArgs{"digest": digest[:]}
	id, err := scalar[int64](ctx, t, sqlFindSet, key)
	if !errs.Is(err, errs.NotFound) {
		return id, err
	}
	id, err = scalar[int64](ctx, t, sqlInsertSet, key)
	if errs.Is(err, errs.NotFound) { // another writer was faster and has committed its items with it
		return scalar[int64](ctx, t, sqlFindSet, key)
	}
	if err != nil {
		return 0, err
	}
	controls, causes := make([]int64, len(list)), make([]string, len(list))
	for i, r := range list {
		controls[i], causes[i] = r.Control, joinIDs(r.Causes)
	}
	_, err = exec(ctx, t, sqlInsertSetItem, pgx.StrictNamedArgs{"set": id, "controls": controls, "causes": causes})
	return id, err
}

const (
	sqlHoldRegister = `SELECT rev FROM register_head FOR UPDATE`

	sqlClasses = `SELECT id, kind, c, i, a, zone, personal, flags, model FROM class ORDER BY id`

	sqlMoveSets = `
UPDATE asset_now n SET set_id = s.set_id FROM class_set s
WHERE s.class_id = n.class_id AND s.catalogue_id = @catalogue AND n.set_id IS DISTINCT FROM s.set_id`
)

// DeriveSets derives the 必要対策群 of every class anew under the current catalogue and points the
// assets to them: called after a catalogue or its adoption was loaded. It holds the counter of the
// register to commit, so that no decision meanwhile puts an asset under the catalogue of before.
func (t *Tx) DeriveSets(ctx context.Context) error {
	if _, err := scalar[int64](ctx, t, sqlHoldRegister, nil); err != nil {
		return err
	}
	catalogue, _, err := t.CurrentCatalogue(ctx)
	if err != nil || catalogue == 0 {
		return err
	}
	conditions, err := t.Applicability(ctx, catalogue)
	if err != nil {
		return err
	}
	type class struct {
		ID       int64
		Kind     string
		C, I, A  int16
		Zone     string
		Personal int16
		Flags    int32
		Model    string
	}
	classes, err := rows[class](ctx, t, sqlClasses, nil)
	if err != nil {
		return err
	}
	known := map[[32]byte]int64{}
	ids, sets := make([]int64, len(classes)), make([]int64, len(classes))
	for i, c := range classes {
		list := control.Derive(asset.Facets{
			Kind: asset.Kind(c.Kind), C: classify.Rank(c.C), I: classify.Rank(c.I), A: classify.Rank(c.A), Zone: c.Zone,
			Personal: personalCode(c.Personal), Flags: asset.Flags(c.Flags), Model: c.Model, //nolint:gosec // five bits
		}, conditions)
		digest := control.Digest(list)
		id, ok := known[digest]
		if !ok {
			if id, err = t.requirementSet(ctx, list); err != nil {
				return err
			}
			known[digest] = id
		}
		ids[i], sets[i] = c.ID, id
	}
	if _, err := exec(ctx, t, sqlPutClassSet, pgx.StrictNamedArgs{"catalogue": catalogue, "classes": ids, "sets": sets}); err != nil {
		return err
	}
	_, err = exec(ctx, t, sqlMoveSets, pgx.StrictNamedArgs{"catalogue": catalogue})
	return err
}

// personalCode is the code of a class of personal data by its rank, as PersonalRank gives it.
func personalCode(rank int16) string {
	if all := asset.PersonalClasses(); rank > 0 && int(rank) < len(all) {
		return all[rank].Code
	}
	return ""
}

// joinIDs writes ids as one text: an array of arrays of unequal length has no form in PostgreSQL.
func joinIDs(ids []int64) string {
	var b []byte
	for i, id := range ids {
		if i > 0 {
			b = append(b, ' ')
		}
		b = strconv.AppendInt(b, id, 10)
	}
	return string(b)
}

package postgres_test

import (
	"context"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"

	"github.com/jackc/pgx/v5"
	"pgregory.net/rapid"

	"daicho/internal/asset"
	"daicho/internal/authz"
	"daicho/internal/classify"
	"daicho/internal/fixture"
	"daicho/internal/postgres"
	"daicho/internal/relation"
)

// failer is a test, or one case of a property.
type failer interface {
	Helper()
	Fatal(args ...any)
	Fatalf(format string, args ...any)
}

// meadow is a few assets whose documents a test keeps beside the register: what the slow reference
// computes from them is what the register must say.
type meadow struct {
	w      *fixture.World
	db     *postgres.DB
	scheme *classify.Scheme
	grant  authz.Grant
	ids    []int64
	in     map[int64]bool // in force
	docs   map[int64]asset.Document
	by     map[int64]int64 // standing decision
	level  map[int64]classify.Levels
}

// kinds of a meadow: enough of them to travel round in circles.
var meadowKinds = []asset.Kind{asset.System, asset.Info, asset.System, asset.Device, asset.Info, asset.Network, asset.Medium, asset.Facility, asset.System}

func newMeadow(t failer, ctx context.Context, w *fixture.World, db *postgres.DB, n int) *meadow {
	t.Helper()
	g, err := authz.Operator("test", authz.LoadPack)
	if err != nil {
		t.Fatal(err)
	}
	m := &meadow{w: w, db: db, grant: g, in: map[int64]bool{}, docs: map[int64]asset.Document{}, by: map[int64]int64{}, level: map[int64]classify.Levels{}}
	err = db.View(ctx, g, func(ctx context.Context, tx *postgres.Tx) (err error) {
		m.scheme, err = tx.Scheme(ctx, 0)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	m.owner(t, ctx, func(tx pgx.Tx) error {
		for i := range n {
			k := meadowKinds[i%len(meadowKinds)]
			var id int64
			if err := tx.QueryRow(ctx, `INSERT INTO asset (kind) VALUES ($1) RETURNING id`, string(k)).Scan(&id); err != nil {
				return err
			}
			d := asset.New(k)
			d.Values["name"], d.Values["unit"] = fmt.Sprint("資産", id), "honbu-somu"
			d.Judgement = &asset.Judgement{Scheme: fixture.SchemeCode, Levels: map[string]string{"C": "1", "I": "1", "A": "1"}}
			content, material := d.Encode(), d.MaterialDigest()
			digest := asset.Digest(content)
			if _, err := tx.Exec(ctx, `UPDATE asset SET number = $2 WHERE id = $1`, id, number(id)); err != nil {
				return err
			}
			if _, err := tx.Exec(ctx, `INSERT INTO asset_version (asset_id, no, act_id, author_id, content, content_sha256, material_sha256, fields_edition, scheme_id)
				VALUES ($1, 1, current_setting('daicho.act')::bigint, $2, $3, $4, $5, $6, $7)`, id, w.Persons[fixture.Registrant], string(content), digest[:], material[:], asset.Edition, w.Scheme); err != nil {
				return err
			}
			m.ids, m.docs[id] = append(m.ids, id), d
		}
		return nil
	})
	m.decide(t, ctx, m.ids)
	return m
}

func number(id int64) string { return asset.FormatNumber(2026, "KR", id) }

// owner runs fn in an act of its own.
func (m *meadow) owner(t failer, ctx context.Context, fn func(pgx.Tx) error) {
	t.Helper()
	err := pgx.BeginFunc(ctx, m.w.DB.Owner, func(tx pgx.Tx) error {
		var act int64
		if err := tx.QueryRow(ctx, `INSERT INTO act (person_id, person_text, auth, channel, action) VALUES ($1, '試験', 'operator', 'system', 'test')
			RETURNING set_config('daicho.act', id::text, true)::bigint`, m.w.Persons[fixture.Manager]).Scan(&act); err != nil {
			return err
		}
		return fn(tx)
	})
	if err != nil {
		t.Fatal(err)
	}
}

// decide approves the content of assets once more, at the lowest levels.
func (m *meadow) decide(t failer, ctx context.Context, ids []int64) {
	t.Helper()
	m.owner(t, ctx, func(tx pgx.Tx) error {
		var application, decision int64
		registrant := m.w.Persons[fixture.Registrant]
		if err := tx.QueryRow(ctx, `INSERT INTO application (unit_id, applicant_id, applicant_text, state, item_count, digest, act_id)
			VALUES ($1, $2, '試験', 'submitted', $3, sha256('x'), current_setting('daicho.act')::bigint) RETURNING id`, m.w.Units["honbu-somu"], registrant, len(ids)).Scan(&application); err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, `INSERT INTO application_item (application_id, asset_id, no, version_no, material_sha256, deed, lowers, must, c, i, a, open)
			SELECT $1, asset_id, row_number() OVER (), 1, material_sha256, 'change', true, 'lowers', 1, 1, 1, false FROM asset_version WHERE asset_id = ANY ($2)`, application, ids); err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, `INSERT INTO application_step (application_id, no, role, unit_id) VALUES ($1, 1, 'manager', $2)`, application, m.w.Units["honbu-somu"]); err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, `INSERT INTO step_post (application_id, step, post_id) SELECT $1, 1, post_id FROM appointment WHERE person_id = $2`, application, m.w.Persons[fixture.Manager]); err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, `INSERT INTO item_opening (application_id, asset_id, person_id, act_id)
			SELECT $1, unnest($2::bigint[]), $3, current_setting('daicho.act')::bigint`, application, ids, m.w.Persons[fixture.Manager]); err != nil {
			return err
		}
		if err := tx.QueryRow(ctx, `INSERT INTO decision (application_id, step, applicant_id, person_id, post_id, appointment_id, outcome, digest, act_id)
			SELECT $1, 1, $2, person_id, post_id, id, 'approved', (SELECT sha256(convert_to(string_agg(format(E'%s %s %s\n', asset_id, version_no, encode(material_sha256, 'hex')), '' ORDER BY asset_id), 'UTF8'))
				FROM application_item WHERE application_id = $1), current_setting('daicho.act')::bigint
			FROM appointment WHERE person_id = $3 ORDER BY id LIMIT 1 RETURNING id`, application, registrant, m.w.Persons[fixture.Manager]).Scan(&decision); err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, `UPDATE application SET state = 'approved', decided_at = now() WHERE id = $1`, application); err != nil {
			return err
		}
		_, err := tx.Exec(ctx, `INSERT INTO decision_item (decision_id, application_id, asset_id, version_no, material_sha256)
			SELECT $1, $2, asset_id, version_no, material_sha256 FROM application_item WHERE application_id = $2`, decision, application)
		for _, id := range ids {
			m.by[id] = decision
		}
		return err
	})
}

// put brings documents into force under their standing decisions; fresh says that the decision was
// about this, so that what follows may fall to what is computed.
func (m *meadow) put(ctx context.Context, docs map[int64]asset.Document, fresh bool) error {
	return m.db.Act(ctx, m.grant, func(ctx context.Context, tx *postgres.Tx) error {
		if err := tx.Sign(ctx, postgres.Note{Target: "test"}); err != nil {
			return err
		}
		place, err := tx.PlaceOf(ctx, "honbu-somu")
		if err != nil {
			return err
		}
		var entries []postgres.Entry
		for id, d := range docs {
			entries = append(entries, postgres.Entry{
				Version: postgres.Version{Asset: id, No: 1, Doc: d, Material: m.material(d), Scheme: m.w.Scheme}, Number: number(id), Place: place,
				Decision: m.by[id], Fresh: fresh, Seen: classify.Levels{C: 1, I: 1, A: 1},
			})
		}
		return tx.PutInForce(ctx, m.scheme, entries)
	})
}

// material is the digest under which the asset was approved: that of its first content.
func (m *meadow) material(d asset.Document) [32]byte {
	d = d.Clone()
	d.Relations, d.Judgement.Levels = nil, map[string]string{"C": "1", "I": "1", "A": "1"}
	return d.MaterialDigest()
}

// graph is the neighbourhood as the slow reference takes it.
func (m *meadow) graph() (nodes []relation.Node, edges []relation.Edge) {
	for _, id := range m.ids {
		if !m.in[id] {
			continue
		}
		d := m.docs[id]
		nodes = append(nodes, relation.Node{ID: id, Kind: d.Kind, Base: m.scheme.Ranks(d.Judgement.Levels)})
		for _, r := range d.Relations {
			e := relation.Edge{Type: relation.Type(r.Type), From: id, To: r.Other, Effect: r.Effect}
			if !r.Outgoing {
				e.From, e.To = r.Other, id
			}
			for _, axis := range classify.Axes() {
				if l, ok := m.scheme.ByCode(axis, r.Values[asset.PassKey(axis)]); ok {
					e.Pass = e.Pass.With(axis, l.Rank)
				}
			}
			edges = append(edges, e)
		}
	}
	return nodes, edges
}

// went notes a change that came into force and what follows from it for the levels.
func (m *meadow) went(docs map[int64]asset.Document, fresh bool) {
	for id, d := range docs {
		m.docs[id], m.in[id] = d, true
	}
	nodes, edges := m.graph()
	computed := relation.Relax(nodes, edges)
	for _, n := range nodes {
		_, mine := docs[n.ID]
		for x, axis := range classify.Axes() {
			level := m.level[n.ID].On(axis)
			if mine && fresh {
				level = 1
			}
			if relation.Follows(n.Kind, axis) {
				level = max(level, computed[n.ID][x].Level)
			} else if mine {
				level = max(level, n.Base.On(axis))
			}
			m.level[n.ID] = m.level[n.ID].With(axis, level)
		}
	}
}

const sqlMeadow = `
SELECT l.asset_id, l.axis, l.base, l.computed, l.level, coalesce(l.via, 0), coalesce(l.gathered, 0),
  CASE l.axis WHEN 'C' THEN n.c WHEN 'I' THEN n.i ELSE n.a END, CASE l.axis WHEN 'C' THEN t.c WHEN 'I' THEN t.i ELSE t.a END,
  CASE l.axis WHEN 'C' THEN k.c WHEN 'I' THEN k.i ELSE k.a END, n.class_id = t.class_id,
  EXISTS (SELECT FROM asset_review r WHERE r.asset_id = n.asset_id AND r.cause = 'computed_above'), EXISTS (SELECT FROM asset_review r WHERE r.asset_id = n.asset_id AND r.cause = 'may_fall'),
  EXISTS (SELECT FROM asset_review r WHERE r.asset_id = n.asset_id) = (n.review_since IS NOT NULL)
FROM level_now l JOIN asset_now n USING (asset_id) JOIN tenure t ON t.asset_id = n.asset_id AND t.to_rev = 9223372036854775807 JOIN class k ON k.id = n.class_id
WHERE l.asset_id = ANY ($1) ORDER BY l.asset_id, l.axis`

// check compares the register with the reference. Levels are compared where the order of changes is
// known, else only that none lies below what is computed.
func (m *meadow) check(t failer, ctx context.Context, ordered bool) {
	t.Helper()
	nodes, edges := m.graph()
	computed := relation.Relax(nodes, edges)
	kind := map[int64]asset.Kind{}
	for _, n := range nodes {
		kind[n.ID] = n.Kind
	}
	type key struct {
		id   int64
		axis classify.Axis
	}
	via, has := map[key]int64{}, map[key]classify.Rank{}
	above, fall, says := map[int64]bool{}, map[int64]bool{}, map[int64][2]bool{}
	rows, err := m.w.DB.Owner.Query(ctx, sqlMeadow, m.ids)
	if err != nil {
		t.Fatal(err)
	}
	var id, v, gathered int64
	var axis string
	var base, comp, level, now, tenure, class int16
	var same, saysAbove, saysFall, since bool
	_, err = pgx.ForEachRow(rows, []any{&id, &axis, &base, &comp, &level, &v, &gathered, &now, &tenure, &class, &same, &saysAbove, &saysFall, &since}, func() error {
		a := classify.Axis(axis)
		x := slices.Index(classify.Axes(), a)
		want := computed[id][x].Level
		if classify.Rank(comp) != want || classify.Rank(base) != m.scheme.Ranks(m.docs[id].Judgement.Levels).On(a) {
			t.Fatalf("%s %d on %s: base %d, computed %d, want %d", kind[id], id, axis, base, comp, want)
		}
		if ordered && classify.Rank(level) != m.level[id].On(a) || relation.Follows(kind[id], a) && level < comp {
			t.Fatalf("%s %d on %s: level %d with computed %d, want %d", kind[id], id, axis, level, comp, m.level[id].On(a))
		}
		if now != level || tenure != level || class != level || !same || !since {
			t.Fatalf("%s %d on %s: level %d, in the list %d, in the tenure %d, in the class %d; same class %v; review in the list %v", kind[id], id, axis, level, now, tenure, class, same, since)
		}
		if relation.Follows(kind[id], a) {
			fall[id] = fall[id] || comp < level
		} else {
			above[id] = above[id] || comp > level
		}
		says[id] = [2]bool{saysAbove, saysFall}
		via[key{id, a}], has[key{id, a}] = v, classify.Rank(comp)
		if from := max(v, gathered); (from == 0) != (comp == base) || from != 0 && !slices.ContainsFunc(edges, func(e relation.Edge) bool {
			info, ok := relation.Find(e.Type, kind[e.From], kind[e.To])
			giver, taker := e.From, e.To
			if info.On(a) == relation.ToFrom {
				giver, taker = taker, giver
			}
			g := computed[from][x].Level
			return ok && info.On(a) != relation.Stays && giver == from && taker == id && e.Arrives(a, g) >= want && (v == 0 || g >= want)
		}) {
			t.Fatalf("%s %d on %s: %d over %d is not given by %d / %d", kind[id], id, axis, comp, base, v, gathered)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(has) != 3*len(nodes) {
		t.Fatalf("%d levels of %d assets", len(has), len(nodes))
	}
	for id, s := range says {
		if s != [2]bool{above[id], fall[id]} {
			t.Fatalf("%s %d asks for a decision %v, want above %v, fall %v", kind[id], id, s, above[id], fall[id])
		}
	}
	for k := range via {
		for at, steps := k, 0; via[at] != 0; at, steps = (key{via[at], k.axis}), steps+1 {
			if steps > len(nodes) {
				t.Fatalf("the way from %d on %s leads round", k.id, k.axis)
			}
		}
	}
}

// rewrite makes the document of an asset another by chance: what it declares, a relation more, less or
// with another effect.
func (m *meadow) rewrite(id int64, draw func(n int) int) asset.Document {
	d := m.docs[id].Clone()
	codes := map[classify.Axis][]string{classify.Confidentiality: {"1", "2", "3C", "3B", "3A"}, classify.Integrity: {"1", "2"}, classify.Availability: {"1", "2"}}
	for range 1 + draw(4) {
		switch n := len(d.Relations); draw(6) {
		case 0, 1:
			axis := classify.Axes()[draw(3)]
			d.Judgement.Levels[string(axis)] = codes[axis][draw(len(codes[axis]))]
		case 2:
			if n > 0 {
				at := draw(n)
				d.Relations = slices.Delete(d.Relations, at, at+1)
			}
		default:
			other := m.ids[draw(len(m.ids))]
			ends := relation.Ends(d.Kind)
			e := ends[draw(len(ends))]
			if other == id || !slices.Contains(e.Kinds, m.docs[other].Kind) {
				continue
			}
			r := asset.Relation{Type: string(e.Type), Outgoing: e.Outgoing, Other: other, Effect: []string{"", "", asset.Gather, asset.Spread}[draw(4)]}
			if r.Effect != "" {
				r.Note, r.Values = "理由", map[string]string{}
				for _, axis := range classify.Axes() {
					if c := draw(len(codes[axis]) + 1); c > 0 {
						r.Values[asset.PassKey(axis)] = codes[axis][c-1]
					}
				}
			}
			d.Relations = slices.DeleteFunc(d.Relations, func(o asset.Relation) bool { return o.Type == r.Type && o.Outgoing == r.Outgoing && o.Other == r.Other })
			d.Relations = append(d.Relations, r)
		}
	}
	return d
}

// Whatever comes into force, in whatever order, what is computed is what the slow reference computes
// from the documents, the levels follow, and list, tenure, class, 要再承認 and findings say the same.
func TestLevelsAreThoseOfTheReference(t *testing.T) {
	w, db := openWorld(t)
	ctx := t.Context()
	checkAll := func() (tally postgres.FindingTally) {
		operate(t, db, func(ctx context.Context, tx *postgres.Tx) (err error) {
			tally, err = tx.RunChecks(ctx, true)
			return err
		})
		return tally
	}
	checkAll()
	rapid.Check(t, func(t *rapid.T) {
		m := newMeadow(t, ctx, w, db, rapid.IntRange(2, 8).Draw(t, "assets"))
		draw := func(n int) int { return rapid.IntRange(0, n-1).Draw(t, "choice") }
		for i := range rapid.IntRange(2, 6).Draw(t, "changes") {
			docs := map[int64]asset.Document{}
			if i == 0 { // most come with an import, tied to each other and to what is not in force yet
				for _, id := range m.ids[draw(2):] {
					docs[id] = m.rewrite(id, draw)
				}
			} else {
				for range rapid.IntRange(1, 3).Draw(t, "at once") {
					id := m.ids[draw(len(m.ids))]
					docs[id] = m.rewrite(id, draw)
				}
			}
			fresh := draw(3) == 0
			if fresh {
				var ids []int64
				for id := range docs {
					ids = append(ids, id)
				}
				m.decide(t, ctx, ids)
			}
			if err := m.put(ctx, docs, fresh); err != nil {
				t.Fatal(err)
			}
			m.went(docs, fresh)
			m.check(t, ctx, true)
		}
		// The same once more changes nothing.
		docs := map[int64]asset.Document{}
		for id, d := range m.docs {
			if m.in[id] {
				docs[id] = d
			}
		}
		if err := m.put(ctx, docs, false); err != nil {
			t.Fatal(err)
		}
		m.check(t, ctx, true)
		// Looking at every asset by every rule finds and clears nothing more.
		if tally := checkAll(); tally != (postgres.FindingTally{}) {
			t.Fatalf("what was found along the way differs from what is there: %+v", tally)
		}
	})
}

// Many change one neighbourhood at once; whoever comes when, nothing is wrong in the end.
func TestManyWritersInOneNeighbourhood(t *testing.T) {
	w, db := openWorld(t)
	const writers, each = 8, 6
	m := newMeadow(t, t.Context(), w, db, 3*writers)
	all := map[int64]asset.Document{}
	for _, id := range m.ids {
		all[id] = m.docs[id]
	}
	if err := m.put(t.Context(), all, false); err != nil {
		t.Fatal(err)
	}
	m.went(all, false)
	last := make([]map[int64]asset.Document, writers)
	var wg sync.WaitGroup
	for i := range writers {
		// Each writer has documents of its own and ties them to those of all.
		mine := *m
		mine.docs = map[int64]asset.Document{}
		maps.Copy(mine.docs, m.docs)
		wg.Go(func() {
			rnd := rand.New(rand.NewPCG(uint64(i), 7))
			for range each {
				id := m.ids[3*i+rnd.IntN(3)]
				d := mine.rewrite(id, rnd.IntN)
				if err := mine.put(t.Context(), map[int64]asset.Document{id: d}, false); err != nil {
					t.Error(err)
					return
				}
				mine.docs[id] = d
			}
			last[i] = mine.docs
		})
	}
	wg.Wait()
	if t.Failed() {
		return
	}
	for i := range writers {
		for _, id := range m.ids[3*i : 3*i+3] {
			m.docs[id] = last[i][id]
		}
	}
	m.check(t, t.Context(), false)
}

// A change of the adopted model moves assets to the class of their facets of today, under the decision
// and at the levels that they have.
func TestReclass(t *testing.T) {
	w, db := openWorld(t)
	m := newMeadow(t, t.Context(), w, db, 6)
	all := map[int64]asset.Document{}
	for _, id := range m.ids[:5] {
		all[id] = m.docs[id]
	}
	if err := m.put(t.Context(), all, false); err != nil {
		t.Fatal(err)
	}
	m.went(all, false)
	w.Exec(t, `UPDATE unit SET model = 'b' WHERE code = 'honbu-somu'`)
	reclass := func() {
		operate(t, db, func(ctx context.Context, tx *postgres.Tx) error { return tx.Reclass(ctx, m.ids) })
	}
	tenures := func() (n, open int) {
		w.One(t, `SELECT count(*), count(*) FILTER (WHERE t.to_rev = 9223372036854775807 AND k.model = 'b' AND n.class_id = k.id AND n.set_id = s.set_id)
			FROM tenure t JOIN class k ON k.id = t.class_id JOIN asset_now n USING (asset_id) LEFT JOIN class_set s ON s.class_id = k.id
			WHERE t.asset_id = ANY ($1)`, []any{m.ids}, &n, &open)
		return n, open
	}
	reclass()
	if n, open := tenures(); n != 10 || open != 5 {
		t.Errorf("%d tenures, %d open in a class of the model", n, open)
	}
	m.check(t, t.Context(), true)
	reclass()
	if n, _ := tenures(); n != 10 {
		t.Errorf("%d tenures after the same once more", n)
	}
}

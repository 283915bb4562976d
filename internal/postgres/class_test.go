package postgres_test

import (
	"context"
	"encoding/csv"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"daicho/internal/asset"
	"daicho/internal/authz"
	"daicho/internal/classify"
	"daicho/internal/control"
	"daicho/internal/fixture"
	"daicho/internal/postgres"
	"daicho/packs"
)

func openWorld(t *testing.T) (*fixture.World, *postgres.DB) {
	t.Helper()
	w := fixture.New(t)
	db, err := postgres.Open(t.Context(), w.DB.AppURL, postgres.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(db.Close)
	return w, db
}

// operate runs fn as the operator who loads packs, in a signed act.
func operate(t *testing.T, db *postgres.DB, fn func(context.Context, *postgres.Tx) error) {
	t.Helper()
	g, err := authz.Operator("test", authz.LoadPack)
	if err != nil {
		t.Fatal(err)
	}
	err = db.Act(t.Context(), g, func(ctx context.Context, tx *postgres.Tx) error {
		if err := tx.Sign(ctx, postgres.Note{Target: "test"}); err != nil {
			return err
		}
		return fn(ctx, tx)
	})
	if err != nil {
		t.Fatal(err)
	}
}

// facetsGrid is a spread of facets over every kind and every condition that a catalogue can name.
func facetsGrid() []asset.Facets {
	var out []asset.Facets
	n := 0
	for _, k := range asset.Kinds() {
		for c := classify.Rank(1); c <= 5; c++ {
			for _, z := range asset.Zones() {
				n++
				out = append(out, asset.Facets{
					Kind: k.Kind, C: c, I: classify.Rank(1 + n%2), A: classify.Rank(1 + n/2%2), Zone: z.Code,
					Personal: []string{"", "personal", "sensitive", "ordinance", "mynumber"}[n%5],
					Flags:    asset.Flags(n * 7 % 32), Model: []string{"", "a", "a2", "b", "b2"}[n/3%5],
				})
			}
		}
	}
	return out
}

// stored reads a set as the database holds it: key of the control → numbers of the rows.
func stored(t *testing.T, w *fixture.World, set int64) map[string][]int {
	t.Helper()
	r, err := w.DB.Owner.Query(t.Context(), `
		SELECT c.key, array_agg(a.row_no::int ORDER BY a.row_no) FROM set_item s JOIN control c ON c.id = s.control_id
		JOIN applicability a ON a.id = ANY (s.causes) WHERE s.set_id = $1 GROUP BY c.key`, set)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	out := map[string][]int{}
	for r.Next() {
		var key string
		var nos []int
		if err := r.Scan(&key, &nos); err != nil {
			t.Fatal(err)
		}
		out[key] = nos
	}
	return out
}

// line is a row of applicability.csv, column name → text.
type line map[string]string

func packLines(t *testing.T) []line {
	t.Helper()
	text, err := packs.FS.ReadFile("kansai/applicability.csv")
	if err != nil {
		t.Fatal(err)
	}
	records, err := csv.NewReader(strings.NewReader(strings.TrimPrefix(string(text), "\ufeff"))).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	var out []line
	for _, r := range records[1:] {
		l := line{}
		for i, name := range records[0] {
			l[name] = r[i]
		}
		out = append(out, l)
	}
	return out
}

// demands is the slow reference: the words of the pack's row against an asset, one after another.
func (l line) demands(f asset.Facets) bool {
	order := map[string]int{"1": 1, "2": 2, "3C": 3, "3B": 4, "3A": 5}
	person := map[string]int{"": 0, "personal": 1, "sensitive": 2, "ordinance": 3, "mynumber": 4}
	in := func(column, v string) bool { return l[column] == "" || slices.Contains(strings.Fields(l[column]), v) }
	for flag := range strings.FieldsSeq(l["特性"]) {
		if !slices.Contains(f.Flags.Codes(), flag) {
			return false
		}
	}
	return slices.Contains(strings.Fields(l["種別"]), string(f.Kind)) &&
		int(f.C) >= order[l["機密性下限"]] && (l["機密性上限"] == "" || int(f.C) <= order[l["機密性上限"]]) &&
		int(f.I) >= order[l["完全性下限"]] && int(f.A) >= order[l["可用性下限"]] &&
		in("領域", f.Zone) && in("採用モデル", f.Model) && person[f.Personal] >= person[l["個人情報"]]
}

// load puts the rows of the shipped catalogue into the database as a catalogue of its own.
func load(t *testing.T, w *fixture.World, code string, lines []line) {
	t.Helper()
	rank := map[string]int{"": 0, "1": 1, "2": 2, "3C": 3, "3B": 4, "3A": 5}
	w.Exec(t, `INSERT INTO catalogue (code, name, edition) VALUES ($1, '同梱', '案')`, code)
	w.Exec(t, `INSERT INTO chapter (catalogue_id, no, name) SELECT id, n, '章' FROM catalogue, generate_series(1, 9) n WHERE code = $1`, code)
	var keys, nos, kinds, minC, maxC, minI, minA, zones, personal, flags, models, reasons []string
	for _, l := range lines {
		f, ok := asset.ParseFlags(l["特性"])
		if !ok {
			t.Fatalf("flags %q", l["特性"])
		}
		keys, nos, kinds = append(keys, l["番号"]), append(nos, l["行"]), append(kinds, l["種別"])
		minC, maxC = append(minC, strconv.Itoa(rank[l["機密性下限"]])), append(maxC, strconv.Itoa(rank[l["機密性上限"]]))
		minI, minA = append(minI, strconv.Itoa(rank[l["完全性下限"]])), append(minA, strconv.Itoa(rank[l["可用性下限"]]))
		zones, models, reasons = append(zones, l["領域"]), append(models, l["採用モデル"]), append(reasons, l["理由"])
		personal, flags = append(personal, strconv.Itoa(asset.PersonalRank(l["個人情報"]))), append(flags, strconv.Itoa(int(f)))
	}
	w.Exec(t, `INSERT INTO control (catalogue_id, key, chapter, title, text, modality, answered_at)
		SELECT DISTINCT c.id, k, split_part(k, '-', 1)::int, '題', '文', 'must', 'asset' FROM catalogue c, unnest($2::text[]) k WHERE c.code = $1`, code, keys)
	w.Exec(t, `INSERT INTO applicability (control_id, row_no, kinds, min_c, max_c, min_i, min_a, zones, personal, flags, models, reason)
		SELECT c.id, n::int, string_to_array(k, ' '), c1::int, c2::int, i::int, a::int, string_to_array(z, ' '), p::int, f::int, string_to_array(m, ' '), r
		FROM unnest($2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[], $9::text[], $10::text[], $11::text[], $12::text[], $13::text[])
		  u (key, n, k, c1, c2, i, a, z, p, f, m, r)
		JOIN control c ON c.key = u.key JOIN catalogue g ON g.id = c.catalogue_id AND g.code = $1`,
		code, keys, nos, kinds, minC, maxC, minI, minA, zones, personal, flags, models, reasons)
}

// The set that the database holds for a class is what reading the shipped catalogue row by row
// gives, both on first sight of the class and when a catalogue comes after the classes.
func TestSetsEqualTheSlowReference(t *testing.T) {
	w, db := openWorld(t)
	lines := packLines(t)
	grid := facetsGrid()
	first := map[string]int64{}
	operate(t, db, func(ctx context.Context, tx *postgres.Tx) error {
		for _, f := range grid {
			class, set, err := tx.ClassOf(ctx, f)
			if err != nil {
				return err
			}
			if class == 0 || set == 0 {
				t.Errorf("%s: class %d set %d", f.Key(), class, set)
			}
			first[f.Key()] = class
		}
		return nil
	})
	load(t, w, "shipped", lines)
	w.Exec(t, `INSERT INTO adoption (target, code, doc_no, decided_on, act_id) VALUES ('catalogue', 'shipped', '第9号', '2026-10-01', currval(pg_get_serial_sequence('act', 'id')))`)
	extra := asset.Facets{Kind: asset.Info, C: 4, I: 2, A: 2, Zone: "IT", Personal: "mynumber", Flags: asset.FlagCloud | asset.FlagPublic, Model: "b2"}
	operate(t, db, func(ctx context.Context, tx *postgres.Tx) error { return tx.DeriveSets(ctx) })
	operate(t, db, func(ctx context.Context, tx *postgres.Tx) error {
		for _, f := range append(grid, extra) {
			class, set, err := tx.ClassOf(ctx, f)
			if err != nil {
				return err
			}
			if old, ok := first[f.Key()]; ok && old != class {
				t.Errorf("%s moved from class %d to %d", f.Key(), old, class)
			}
			first[f.Key()] = set
		}
		return nil
	})
	for _, f := range append(grid, extra) {
		want := map[string][]int{}
		for _, l := range lines {
			if l.demands(f) {
				n, err := strconv.Atoi(l["行"])
				if err != nil {
					t.Fatal(err)
				}
				want[l["番号"]] = append(want[l["番号"]], n)
			}
		}
		if d := cmp.Diff(want, stored(t, w, first[f.Key()])); d != "" {
			t.Fatalf("%s:\n%s", f.Key(), d)
		}
	}
	var sets, orphans int
	w.One(t, `SELECT count(DISTINCT set_id), count(*) FILTER (WHERE set_id IS NULL) FROM class_set`, nil, &sets, &orphans)
	if sets >= len(grid) {
		t.Errorf("%d sets for %d classes: equal lists are not shared", sets, len(grid))
	}
}

// A catalogue that nobody adopted holds only while there is no adopted one.
func TestCurrentCatalogue(t *testing.T) {
	w, db := openWorld(t)
	current := func() (id int64, adopted bool) {
		operate(t, db, func(ctx context.Context, tx *postgres.Tx) (err error) {
			id, adopted, err = tx.CurrentCatalogue(ctx)
			return err
		})
		return id, adopted
	}
	var draft int64
	w.Exec(t, `INSERT INTO catalogue (code, name, edition) VALUES ('draft', '案', '1')`)
	w.One(t, `SELECT id FROM catalogue WHERE code = 'draft'`, nil, &draft)
	if id, adopted := current(); id != w.Catalogue || !adopted {
		t.Errorf("%d %v: the adopted catalogue gave way to a draft", id, adopted)
	}
	w.Exec(t, `INSERT INTO adoption (target, code, doc_no, decided_on, act_id) VALUES ('catalogue', 'draft', '第1号', '2999-04-01', currval(pg_get_serial_sequence('act', 'id')))`)
	if id, _ := current(); id != w.Catalogue {
		t.Error("a decision of a day to come holds already")
	}
	for _, table := range []string{"set_item", "requirement_set"} {
		w.Exec(t, `ALTER TABLE `+table+` DISABLE TRIGGER USER`)
	}
	w.Exec(t, `TRUNCATE set_item, class_set, requirement_set, asset_now CASCADE`)
	w.Exec(t, `ALTER TABLE adoption DISABLE TRIGGER USER`)
	w.Exec(t, `DELETE FROM adoption WHERE target = 'catalogue'`)
	if id, adopted := current(); id != draft || adopted {
		t.Errorf("%d %v, want the newest draft %d", id, adopted, draft)
	}
	w.Exec(t, `DELETE FROM applicability`)
	w.Exec(t, `DELETE FROM control`)
	w.Exec(t, `DELETE FROM chapter`)
	w.Exec(t, `DELETE FROM catalogue`)
	operate(t, db, func(ctx context.Context, tx *postgres.Tx) error {
		class, set, err := tx.ClassOf(ctx, asset.Facets{Kind: asset.Info, C: 1, I: 1, A: 1, Zone: "LG"})
		if class == 0 || set != 0 {
			t.Errorf("without a catalogue: class %d, set %d", class, set)
		}
		if err != nil {
			return err
		}
		return tx.DeriveSets(ctx)
	})
}

// Writers that meet the same new facets at the same moment end with one class and one set.
func TestClassOfAtOnce(t *testing.T) {
	w, db := openWorld(t)
	f := asset.Facets{Kind: asset.Info, C: 3, I: 2, A: 1, Zone: "LG"}
	g, err := authz.Operator("test", authz.LoadPack)
	if err != nil {
		t.Fatal(err)
	}
	var start, done sync.WaitGroup
	start.Add(1)
	got := make([][2]int64, 6)
	failed := make([]error, len(got))
	for i := range got {
		done.Go(func() {
			start.Wait()
			failed[i] = db.Act(t.Context(), g, func(ctx context.Context, tx *postgres.Tx) error {
				if err := tx.Sign(ctx, postgres.Note{}); err != nil {
					return err
				}
				// A neighbour with the same list but another class: the set is shared.
				if _, _, err := tx.ClassOf(ctx, asset.Facets{Kind: asset.Info, C: 3, I: 2, A: 1, Zone: "MN"}); err != nil {
					return err
				}
				class, set, err := tx.ClassOf(ctx, f)
				got[i] = [2]int64{class, set}
				return err
			})
		})
	}
	start.Done()
	done.Wait()
	for i := range got {
		if failed[i] != nil || got[i] != got[0] || got[i][0] == 0 || got[i][1] == 0 {
			t.Errorf("writer %d: %v, %v", i, got[i], failed[i])
		}
	}
	var classes, sets int
	w.One(t, `SELECT (SELECT count(*) FROM class), (SELECT count(*) FROM requirement_set)`, nil, &classes, &sets)
	if classes != 2 || sets != 1 {
		t.Errorf("%d classes and %d sets", classes, sets)
	}
	if d := cmp.Diff(map[string][]int{"2-01": {1}, "2-06": {1}, "6-01": {1}}, stored(t, w, got[0][1])); d != "" {
		t.Error(d)
	}
}

// What the pure derivation and the columns of the database call the same must be the same.
func TestApplicabilityReadsEveryColumn(t *testing.T) {
	w, db := openWorld(t)
	w.Exec(t, `ALTER TABLE applicability DISABLE TRIGGER adopted`)
	w.Exec(t, `INSERT INTO applicability (control_id, row_no, kinds, min_c, max_c, min_i, min_a, zones, personal, flags, models, reason)
		VALUES ($1, 7, '{ORG,IN,CL}', 2, 4, 1, 2, '{LG,IT}', 3, 9, '{a2,b}', 'わけ')`, w.Controls["1-01"])
	operate(t, db, func(ctx context.Context, tx *postgres.Tx) error {
		list, err := tx.Applicability(ctx, w.Catalogue)
		if err != nil {
			return err
		}
		got := list[len(list)-1]
		want := control.Row{
			ID: got.ID, Control: w.Controls["1-01"], Kinds: []asset.Kind{asset.Info, asset.Cloud}, Org: true, MinC: 2, MaxC: 4, MinI: 1, MinA: 2,
			Zones: []string{"LG", "IT"}, Personal: 3, Flags: asset.FlagCloud | asset.FlagPublic, Models: []string{"a2", "b"}, Reason: "わけ",
		}
		if d := cmp.Diff(want, got); d != "" {
			t.Error(d)
		}
		return nil
	})
}

package postgres

import (
	"context"
	"slices"
	"testing"

	"daicho/internal/asset"
	"daicho/internal/authz"
	"daicho/internal/classify"
	"daicho/internal/fixture"
	"daicho/internal/pgtest"
	"daicho/internal/synth"
)

// What the tests measure and list is what the program would have written: each row of a register made by
// synth comes out the same when it is written again from its document.
func TestSynthWritesWhatTheProgramWould(t *testing.T) {
	raw := pgtest.New(t)
	w := fixture.Body(t, raw)
	synth.Units(t, w)
	synth.Fill(t, w, 600)
	db, err := Open(t.Context(), raw.AppURL, Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(db.Close)
	g, err := authz.Operator("test", authz.Rebuild)
	if err != nil {
		t.Fatal(err)
	}
	type head struct {
		Asset, Class         int64
		Kind, Number, State  string
		VersionNo, PendingNo int
		C, I, A              classify.Rank
	}
	err = db.Act(t.Context(), g, func(ctx context.Context, tx *Tx) error {
		if err := tx.Sign(ctx, Note{Target: "test"}); err != nil {
			return err
		}
		was, now := map[string]bool{}, 0
		tables := []int{}
		for i, d := range derived {
			if slices.Contains([]string{"asset_now", "asset_search", "asset_detail", "asset_code"}, d.table) {
				tables = append(tables, i)
				if err := tx.eachRow(ctx, i, func(row string) { was[d.table+row] = true }); err != nil {
					return err
				}
			}
		}
		list, err := rows[head](ctx, tx, `SELECT asset_id AS asset, coalesce(class_id, 0) AS class, kind, coalesce(number, '') AS number, state,
			coalesce(version_no, 0) AS version_no, coalesce(pending_no, 0) AS pending_no, c, i, a FROM asset_now WHERE state <> 'draft'`, nil)
		if err != nil {
			return err
		}
		for _, h := range list {
			vs, err := tx.Versions(ctx, []int64{h.Asset}, []int{1})
			if err != nil {
				return err
			}
			v := vs[h.Asset]
			place, err := tx.PlaceOf(ctx, v.Doc.Get("unit"))
			if err != nil {
				return err
			}
			if err := tx.PutNow(ctx, Now{
				Asset: h.Asset, Number: h.Number, Place: place, State: asset.State(h.State), Doc: v.Doc, Levels: classify.Levels{C: h.C, I: h.I, A: h.A},
				Class: h.Class, Version: h.VersionNo, Pending: h.PendingNo, Scheme: v.Scheme,
			}); err != nil {
				return err
			}
		}
		for _, i := range tables {
			d := derived[i]
			if err := tx.eachRow(ctx, i, func(row string) {
				now++
				if !was[d.table+row] {
					t.Errorf("%s: written again it is %s", d.table, row)
				}
			}); err != nil {
				return err
			}
		}
		if now != len(was) || len(list) < 500 {
			t.Errorf("%d rows were %d; %d assets looked at", now, len(was), len(list))
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

package app_test

import (
	"slices"
	"testing"

	"daicho/internal/app"
	"daicho/internal/asset"
	"daicho/internal/errs"
	"daicho/internal/fixture"
	"daicho/internal/postgres"
	"daicho/internal/relation"
)

// Somebody who posts the id of another unit's asset into a form learns nothing of it and cannot tie
// it; an id that nobody has, and kinds that cannot be related, look the same or are named.
func TestRelationsReachOnlyWhatTheActorSees(t *testing.T) {
	w := fixture.New(t)
	db, err := postgres.Open(t.Context(), w.DB.AppURL, postgres.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(db.Close)
	a := app.New(db, app.Options{})
	secret, err := a.SaveDraft(t.Context(), w.Actor(t, fixture.BosaiChief), app.SaveDraft{Kind: asset.Info, Form: app.Raw{
		"name": {"外からは見えない名簿"}, "level_c": {"3B"}, "level_i": {"2"}, "level_a": {"2"},
	}})
	if err != nil {
		t.Fatal(err)
	}
	mine, err := a.SaveDraft(t.Context(), w.Actor(t, fixture.Registrant), app.SaveDraft{Kind: asset.Info, Form: app.Raw{"name": {"自課の名簿"}}})
	if err != nil {
		t.Fatal(err)
	}
	codes := func(v app.DraftView) (out []string) {
		for _, e := range errs.Fields(v.Missing) {
			if e.Field == "relation" {
				out = append(out, e.Code)
			}
		}
		return out
	}
	for _, c := range []struct {
		what string
		rel  string
		want []string
	}{
		{"its own", app.RelationValue(relation.Stores, true, mine.Asset), nil},
		{"another unit's", app.RelationValue(relation.Stores, true, secret.Asset), []string{"asset.relation.end"}},
		{"nobody's", app.RelationValue(relation.Stores, true, 987654), []string{"asset.relation.end"}},
		{"a kind that does not fit", app.RelationValue(relation.Processes, true, mine.Asset), []string{"asset.relation.kinds"}},
	} {
		v, err := a.SaveDraft(t.Context(), w.Actor(t, fixture.Registrant), app.SaveDraft{Kind: asset.Medium, Form: app.Raw{"name": {"USBメモリ"}, "rel": {c.rel}}})
		if err != nil {
			t.Fatalf("%s: %v", c.what, err)
		}
		if got := codes(v); !slices.Equal(got, c.want) {
			t.Errorf("%s: %v, want %v", c.what, got, c.want)
		}
		for _, r := range v.Relations {
			if c.what == "another unit's" && (r.Other.Name == "外からは見えない名簿" || r.Other.Levels.C != 0 || v.Levels.C != 0) {
				t.Errorf("%s: the form shows %+v", c.what, r.Other)
			}
		}
		if c.want == nil {
			continue
		}
		if _, err := a.Submit(t.Context(), w.Actor(t, fixture.Registrant), app.Submit{Assets: []int64{v.Asset}}); !errs.Is(err, errs.Invalid) {
			t.Errorf("%s: submitted: %v, want Invalid", c.what, err)
		}
	}
}

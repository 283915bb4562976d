package app_test

import (
	"testing"

	"daicho/internal/app"
	"daicho/internal/authz"
	"daicho/internal/errs"
	"daicho/internal/fixture"
	"daicho/internal/jpdate"
	"daicho/internal/postgres"
)

// What a pack brings is a draft until those who answer for the body record its adoption, once.
func TestAdoptionTurnsADraftIntoTheBodysOwn(t *testing.T) {
	w := fixture.New(t)
	db, err := postgres.Open(t.Context(), w.DB.AppURL, postgres.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(db.Close)
	a := app.New(db, app.Options{})
	w.Exec(t, `INSERT INTO catalogue (code, name, edition) VALUES ('next', '次の対策基準', '2027')`)
	chief := w.Actor(t, fixture.Chief)
	day, err := jpdate.ParseISO("2026-04-01")
	if err != nil {
		t.Fatal(err)
	}
	in := app.NewAdoption{Target: "catalogue", Code: "next", DocNo: "総第1号", DecidedOn: day}
	for _, login := range []string{fixture.Registrant, fixture.Manager, fixture.Auditor, fixture.Admin} {
		if err := a.Adopt(t.Context(), w.Actor(t, login), in); !errs.Is(err, errs.Forbidden) {
			t.Errorf("%s adopts: %v, want Forbidden", login, err)
		}
	}
	bad := in
	bad.DocNo = ""
	if err := a.Adopt(t.Context(), chief, bad); len(errs.Fields(err)) != 1 || errs.Fields(err)[0].Field != "doc_no" {
		t.Errorf("without a number: %v", err)
	}
	bad = in
	bad.DecidedOn = day.AddYears(900)
	if err := a.Adopt(t.Context(), chief, bad); len(errs.Fields(err)) != 1 || errs.Fields(err)[0].Field != "decided_on" {
		t.Errorf("decided in the future: %v", err)
	}
	bad = in
	bad.Code = "nowhere"
	if err := a.Adopt(t.Context(), chief, bad); !errs.Is(err, errs.NotFound) {
		t.Errorf("an edition that nobody brought: %v", err)
	}
	if err := a.Adopt(t.Context(), chief, in); err != nil {
		t.Fatal(err)
	}
	if err := a.Adopt(t.Context(), chief, in); !errs.Is(err, errs.Conflict) {
		t.Errorf("twice: %v, want Conflict", err)
	}
	v, err := a.Packs(t.Context(), chief)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range v.Editions {
		if e.Code == "next" && (e.DocNo != "総第1号" || e.DecidedOn == nil) {
			t.Errorf("the edition shows %+v", e)
		}
	}
	var acts int
	w.One(t, `SELECT count(*) FROM act WHERE action = $1 AND outcome = 'done' AND detail ->> 'doc_no' = '総第1号'`, []any{string(authz.Adopt)}, &acts)
	if acts != 1 {
		t.Errorf("%d acts of adoption, want 1", acts)
	}
}

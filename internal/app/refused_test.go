package app_test

import (
	"testing"

	"daicho/internal/authz"
	"daicho/internal/fixture"
)

// A script that runs into refusals must not be able to fill the trail, which nobody may empty; and
// what it did is still told, in the unit where somebody watches.
func TestRefusalsAreKeptUpToABound(t *testing.T) {
	s := newSpine(t)
	for range 70 {
		s.must(s.Refused(s.ctx(), s.as(fixture.Registrant), authz.Decide, "authz.forbidden", "POST /approvals/1"))
	}
	var kept, last, units int
	err := s.DB.Owner.QueryRow(t.Context(), `SELECT count(*), count(*) FILTER (WHERE detail ? 'more'), count(unit_id)
		FROM act WHERE outcome = 'refused' AND action = 'application.decide'`).Scan(&kept, &last, &units)
	s.must(err)
	if kept != 60 || last != 1 || units != kept {
		t.Errorf("%d kept, %d say that more follow, %d with a unit", kept, last, units)
	}
	// Another person's refusals are not swallowed with them.
	s.must(s.Refused(s.ctx(), s.as(fixture.Manager), authz.Adopt, "authz.forbidden", "POST /admin/packs"))
	s.must(s.DB.Owner.QueryRow(t.Context(), `SELECT count(*) FROM act WHERE outcome = 'refused'`).Scan(&kept))
	if kept != 61 {
		t.Errorf("%d refusals in all", kept)
	}
}

package postgres_test

import (
	"testing"

	"daicho/internal/errs"
	"daicho/internal/pgtest"
	"daicho/internal/postgres"
)

// The program runs only as a role that can neither rewrite the trail nor give itself the right to.
func TestOpenRefusesRolesThatCouldRewriteTheTrail(t *testing.T) {
	db := pgtest.New(t)
	if got, err := postgres.Open(t.Context(), db.AppURL, postgres.Options{}); err != nil {
		t.Fatalf("the application's role: %v", err)
	} else {
		got.Close()
	}
	if _, err := postgres.Open(t.Context(), db.OwnerURL, postgres.Options{}); errs.CodeOf(err) != "postgres.owner" {
		t.Errorf("the owner: %v, want postgres.owner", err)
	}
	if _, err := postgres.Open(t.Context(), "postgres://%zz", postgres.Options{}); errs.CodeOf(err) != "postgres.url" || errs.MessageOf(err) == "" {
		t.Errorf("an address that nobody can read: %v", err)
	}
}

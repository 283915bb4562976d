package app

import (
	"context"
	"errors"

	"daicho/internal/authz"
	"daicho/internal/postgres"
)

// RebuildCheck compares the derived tables with what the stored documents say and returns what
// differs, one line a difference; nothing is changed. It is for the operator at the command line.
// Errors: Forbidden for any other grant.
func (a *App) RebuildCheck(ctx context.Context, g authz.Grant) ([]string, error) {
	undo := errors.New("checked, nothing is to stay")
	var out []string
	err := a.db.Act(ctx, g, func(ctx context.Context, t *postgres.Tx) error {
		if err := t.Sign(ctx, postgres.Note{Target: "派生表の照合"}); err != nil {
			return err
		}
		var err error
		if out, err = t.RebuildCheck(ctx); err != nil {
			return err
		}
		return undo
	})
	if errors.Is(err, undo) {
		err = nil
	}
	return out, err
}

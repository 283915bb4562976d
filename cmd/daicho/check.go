package main

import (
	"context"
	"fmt"

	"daicho/internal/app"
	"daicho/internal/authz"
)

func checkRun(ctx context.Context, w world, args []string) error {
	f := newFlags(w, "check run")
	at := placeOf(f)
	if err := f.parse(args); err != nil {
		return err
	}
	if err := f.none(); err != nil {
		return err
	}
	return w.withApp(ctx, at, func(ctx context.Context, a *app.App) error {
		g, err := authz.Operator(w.user, authz.RunChecks)
		if err != nil {
			return err
		}
		found, cleared, err := a.RunChecks(ctx, g)
		if err != nil {
			return err
		}
		_, err = fmt.Fprintf(w.out, "すべての資産を点検しました。新しい検出 %d件、直った検出 %d件。\n", found, cleared)
		return err
	})
}

package main

import (
	"context"
	"fmt"

	"daicho/internal/app"
	"daicho/internal/authz"
	"daicho/internal/errs"
)

func rebuild(ctx context.Context, w world, args []string) error {
	f := newFlags(w, "rebuild")
	at := placeOf(f)
	check := f.Bool("check", false, "作り直さず、違いだけを示す")
	if err := f.parse(args); err != nil {
		return err
	}
	if err := f.none(); err != nil {
		return err
	}
	if !*check {
		return errUsage{"--check を付けてください。"}
	}
	return w.withApp(ctx, at, func(ctx context.Context, a *app.App) error {
		g, err := authz.Operator(w.user, authz.Rebuild)
		if err != nil {
			return err
		}
		lines, err := a.RebuildCheck(ctx, g)
		if err != nil {
			return err
		}
		for _, line := range lines {
			fmt.Fprintln(w.out, line)
		}
		if len(lines) > 0 {
			return errs.New(errs.Conflict, "rebuild.differs", fmt.Sprintf("派生表が文書と違うところが%d件あります。", len(lines)))
		}
		_, err = fmt.Fprintln(w.out, "派生表は文書と合っています。")
		return err
	})
}

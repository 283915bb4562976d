package main

import (
	"context"
	"fmt"
	"log/slog"

	"daicho/internal/errs"
	"daicho/internal/postgres"
)

func (w world) quiet() *slog.Logger {
	return slog.New(slog.NewTextHandler(w.err, &slog.HandlerOptions{Level: slog.LevelWarn}))
}

func migrateUp(ctx context.Context, w world, args []string) error {
	f := newFlags(w, "migrate up")
	at := placeOf(f)
	if err := f.parse(args); err != nil {
		return err
	}
	if err := f.none(); err != nil {
		return err
	}
	d, err := w.openBeside(ctx, at, w.quiet())
	if err != nil {
		return err
	}
	defer d.close(w.quiet())
	from, to, err := postgres.Migrate(ctx, d.ownerURL)
	if err != nil {
		return err
	}
	if from == to {
		_, err = fmt.Fprintf(w.out, "データベースの表は最新です（版 %d）。\n", to)
	} else {
		_, err = fmt.Fprintf(w.out, "データベースの表を、版 %d から版 %d にしました。\n", from, to)
	}
	return err
}

func migrateStatus(ctx context.Context, w world, args []string) error {
	f := newFlags(w, "migrate status")
	at := placeOf(f)
	if err := f.parse(args); err != nil {
		return err
	}
	if err := f.none(); err != nil {
		return err
	}
	d, err := w.openBeside(ctx, at, w.quiet())
	if err != nil {
		return err
	}
	defer d.close(w.quiet())
	st, err := postgres.MigrationStatus(ctx, d.appURL)
	if err != nil {
		return err
	}
	fmt.Fprintf(w.out, "データベースの表は版 %d、このプログラムの最新は版 %d です。\n", st.At, st.Latest)
	if st.At != st.Latest {
		return errs.New(errs.Conflict, "migrate.behind", "データベースの表が古いか新しいので、このままでは動きません。古いときは daicho migrate up を実行してください。")
	}
	return nil
}

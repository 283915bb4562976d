package main

import (
	"context"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strings"

	"daicho/internal/app"
	"daicho/internal/authz"
	"daicho/internal/errs"
	"daicho/packs"
)

func packLoad(ctx context.Context, w world, args []string) error {
	f := newFlags(w, "pack load")
	at := placeOf(f)
	if err := f.parse(args); err != nil {
		return err
	}
	if f.NArg() == 0 {
		return errUsage{"読み込むパックの名前（" + strings.Join(shipped(), "、") + "）かフォルダを指定してください。"}
	}
	for _, name := range f.Args() {
		if _, err := findPack(name); err != nil {
			return errUsage{errs.MessageOf(err)}
		}
	}
	return w.withApp(ctx, at, func(ctx context.Context, a *app.App) error {
		for _, name := range f.Args() {
			if err := loadPack(ctx, w.out, a, w.user, name); err != nil {
				return err
			}
		}
		return nil
	})
}

// shipped lists the packs that are part of the program.
func shipped() []string {
	entries, err := fs.ReadDir(packs.FS, ".")
	if err != nil {
		return nil
	}
	var out []string
	for _, e := range entries {
		if e.IsDir() {
			out = append(out, e.Name())
		}
	}
	return out
}

// findPack returns the folder of a shipped pack or of one on disk.
func findPack(name string) (fs.FS, error) {
	if !strings.ContainsAny(name, `/\.`) {
		if _, err := fs.Stat(packs.FS, name+"/pack.json"); err == nil {
			return fs.Sub(packs.FS, name)
		}
	}
	if st, err := os.Stat(name); err == nil && st.IsDir() {
		return os.DirFS(name), nil
	}
	return nil, errs.New(errs.NotFound, "pack.missing", "「"+name+"」というパックもフォルダもありません。同梱のパック: "+strings.Join(shipped(), "、"))
}

func loadPack(ctx context.Context, out io.Writer, a *app.App, osUser, name string) error {
	folder, err := findPack(name)
	if err != nil {
		return err
	}
	g, err := authz.Operator(osUser, authz.LoadPack)
	if err != nil {
		return err
	}
	r, err := a.LoadPack(ctx, g, folder)
	if err != nil {
		return err
	}
	if r.Unchanged {
		fmt.Fprintf(out, "パック %s %s は、もう読み込まれています。変えたものはありません。\n", r.Name, r.Version)
		return nil
	}
	fmt.Fprintf(out, "パック %s %s を読み込みました。\n", r.Name, r.Version)
	if r.Assets > 0 {
		fmt.Fprintf(out, "  資産 %d件、申請 %d件、決裁 %d件\n", r.Assets, r.Applications, r.Decisions)
	}
	for _, note := range r.Notes {
		fmt.Fprintln(out, "  "+note)
	}
	return nil
}

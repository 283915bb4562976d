package main

import (
	"context"
	"fmt"
	"io"
	"net/url"
	"os"

	"daicho/internal/app"
	"daicho/internal/authz"
	"daicho/internal/errs"
	"daicho/internal/ledger"
)

func ledgerExport(ctx context.Context, w world, args []string) error {
	f := newFlags(w, "ledger export")
	at := placeOf(f)
	as := f.String("as", "", "この利用者の範囲で出力する。操作記録には、この利用者とOSの利用者の両方が残る")
	format := f.String("format", "csv", "形式（csv, xlsx）")
	filter := f.String("filter", "", "条件。一覧の画面のアドレスの ? から後ろと同じ書き方（kind=IS&unit=…）")
	columns := f.String("columns", string(ledger.Full), "列の組（short, wide, full）")
	out := f.String("o", "", "出力するファイル（- は標準出力）")
	if err := f.parse(args); err != nil {
		return err
	}
	if err := f.none(); err != nil {
		return err
	}
	switch {
	case *as == "":
		return errUsage{"--as で利用者IDを指定してください。"}
	case *out == "":
		return errUsage{"-o で出力するファイルを指定してください（標準出力は -o -）。"}
	case *format != string(app.CSV) && *format != string(app.XLSX):
		return errUsage{"--format は csv か xlsx です。"}
	}
	switch ledger.Set(*columns) {
	case ledger.Short, ledger.Wide, ledger.Full:
	default:
		return errUsage{"--columns は short、wide、full のどれかです。"}
	}
	values, err := url.ParseQuery(*filter)
	if err != nil {
		return errUsage{"--filter を読み取れません。kind=IS&zone=LG のように書いてください。"}
	}
	query, notices := ledger.Parse(values)
	for _, n := range notices { // a filter that is not understood would export too much
		return errUsage{"--filter の " + n.Param + "：" + n.Text}
	}
	return w.withApp(ctx, at, func(ctx context.Context, a *app.App) error {
		actor, err := a.ActAs(ctx, *as, w.user)
		if err != nil {
			return err
		}
		e := app.Export{Query: query, Format: app.Format(*format), Columns: ledger.Set(*columns)}
		if *out == "-" {
			err = a.Export(ctx, actor, e, func(app.Head) io.Writer { return w.out })
		} else {
			err = w.exportTo(ctx, a, actor, e, *out)
		}
		if errs.Is(err, errs.Forbidden) { // a refusal leaves a trace here as on the screens
			err = errs.Join(err, a.Refused(ctx, actor, authz.ExportLedger, errs.CodeOf(err), "daicho ledger export"))
		}
		return err
	})
}

// exportTo writes a ledger to a file and says what is in it.
func (w world) exportTo(ctx context.Context, a *app.App, actor authz.Actor, e app.Export, path string) error {
	var head app.Head
	err := w.fileWhole(path, func(out io.Writer) error {
		return a.Export(ctx, actor, e, func(h app.Head) io.Writer { head = h; return out })
	})
	if err == nil {
		_, err = fmt.Fprintf(w.err, "%d件を %s に出力しました。%s\n", head.Rows, path, head.Marking)
	}
	return err
}

// fileWhole writes beside the target and renames at the end, so that a file under the asked name is
// always whole. Only its owner can read it: what goes out says where the weak points are.
func (world) fileWhole(path string, write func(io.Writer) error) error {
	half := path + ".part"
	file, err := os.OpenFile(half, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return errs.New(errs.Invalid, "file.create", "ファイル "+path+" を作れません。フォルダがあることと、書き込む権限を確かめてください。")
	}
	err = write(file)
	if err == nil {
		err = file.Sync()
	}
	err = errs.Join(err, file.Close())
	if err == nil {
		err = os.Rename(half, path)
	}
	if err != nil {
		return errs.Join(err, os.Remove(half))
	}
	return nil
}

package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"daicho/internal/app"
	"daicho/internal/authz"
	"daicho/internal/errs"
	"daicho/internal/trail"
)

// list is a flag that may be given several times.
type list []string

func (l *list) String() string     { return strings.Join(*l, ",") }
func (l *list) Set(s string) error { *l = append(*l, s); return nil }

func trailSeal(ctx context.Context, w world, args []string) error {
	f := newFlags(w, "trail seal")
	at, with := placeOf(f), sealOf(f)
	restored := f.String("restored", "", "台帳を前の状態に戻したことを、この理由で記録してから封印する")
	if err := f.parse(args); err != nil {
		return err
	}
	if err := f.none(); err != nil {
		return err
	}
	return w.withApp(ctx, at, func(ctx context.Context, a *app.App) error {
		s, err := with.within(at.data).sealer(ctx, a)
		if err != nil {
			return err
		}
		if *restored != "" {
			g, err := authz.Operator(w.user, authz.AcceptRestore)
			if err != nil {
				return err
			}
			if err := s.AcceptRestore(ctx, g, *restored); err != nil {
				return err
			}
		}
		done, err := s.Seal(ctx)
		if err != nil {
			return err
		}
		return w.sealed(done)
	})
}

func (w world) sealed(done app.Sealed) error {
	_, err := fmt.Fprintf(w.out, "行為を%d件封印しました。最後の頭: %s\n", done.New, done.Head.Short())
	return err
}

func trailHead(ctx context.Context, w world, args []string) error {
	f := newFlags(w, "trail head")
	at := placeOf(f)
	size := f.Int64("size", 0, "この件数の頭（なければ最後の頭）")
	if err := f.parse(args); err != nil {
		return err
	}
	if err := f.none(); err != nil {
		return err
	}
	return w.withApp(ctx, at, func(ctx context.Context, a *app.App) error {
		g, err := authz.Operator(w.user, authz.VerifyTrail)
		if err != nil {
			return err
		}
		note, err := a.TrailNote(ctx, g, *size)
		if err != nil {
			return err
		}
		_, err = io.WriteString(w.out, note)
		return err
	})
}

func trailKeys(ctx context.Context, w world, args []string) error {
	f := newFlags(w, "trail keys")
	at := placeOf(f)
	if err := f.parse(args); err != nil {
		return err
	}
	if err := f.none(); err != nil {
		return err
	}
	return w.withApp(ctx, at, func(ctx context.Context, a *app.App) error {
		g, err := authz.Operator(w.user, authz.VerifyTrail)
		if err != nil {
			return err
		}
		keys, err := a.TrailKeys(ctx, g)
		for _, k := range keys {
			fmt.Fprintf(w.out, "%s\n  指紋 %s\n", k.Text, k.Fingerprint())
		}
		return err
	})
}

func trailRotate(ctx context.Context, w world, args []string) error {
	f := newFlags(w, "trail rotate")
	at, with := placeOf(f), sealOf(f)
	lost := f.Bool("lost", false, "前の署名鍵が失われたので、前の鍵の署名なしで交代する")
	reason := f.String("reason", "", "交代の理由。操作記録に残る")
	if err := f.parse(args); err != nil {
		return err
	}
	if err := f.none(); err != nil {
		return err
	}
	if *reason == "" {
		return errUsage{"--reason で理由を指定してください。"}
	}
	return w.withApp(ctx, at, func(ctx context.Context, a *app.App) error {
		g, err := authz.Operator(w.user, authz.ChangeTrailKey)
		if err != nil {
			return err
		}
		where := with.within(at.data)
		if where.key == "" {
			return errNoKey
		}
		done, kept, err := w.rotate(ctx, a, g, where, *lost, *reason)
		if err != nil {
			return err
		}
		if kept != "" {
			fmt.Fprintf(w.out, "前の署名鍵は %s に移しました。控えを取ってあれば消してください。\n", kept)
		}
		fmt.Fprintf(w.out, "新しい署名鍵は %s です。動いている serve は、起動し直してください。\n", where.key)
		return w.sealed(done)
	})
}

// rotate puts a new key in the place of the old one, after the trail says so. When it is broken off
// the new key lies beside the old one, and the next call goes on with it.
func (w world) rotate(ctx context.Context, a *app.App, g authz.Grant, where seal, lost bool, reason string) (done app.Sealed, kept string, err error) {
	keys, err := a.TrailKeys(ctx, g)
	if err != nil {
		return done, "", err
	}
	if len(keys) == 0 {
		return done, "", errs.New(errs.Conflict, "trail.no_head", "操作記録には、まだ鍵がありません。daicho serve か daicho trail seal が、はじめの鍵を作ります。")
	}
	old, err := readKey(where.key)
	switch {
	case err == nil && lost:
		return done, "", errUsage{"署名鍵のファイル " + where.key + " があります。失われていないなら、--lost は要りません。"}
	case err != nil && !lost:
		return done, "", err
	}
	next := where.key + ".next"
	key, err := readKey(next)
	if errors.Is(err, os.ErrNotExist) {
		key, err = writeKey(next, keys[len(keys)-1].Log())
	}
	if err != nil {
		return done, "", err
	}
	var hands []trail.Key
	if !lost {
		hands = append(hands, old)
	}
	s := a.NewSealer(key, where.keeper(), hands...)
	if done, err = s.RotateKey(ctx, g, reason); errs.CodeOf(err) == "trail.key_same" {
		done, err = s.Seal(ctx) // the trail says so since the call that was broken off
	}
	if err != nil {
		return done, "", err
	}
	if !lost {
		kept = where.key + ".old-" + strings.ReplaceAll(old.Fingerprint(), " ", "")[:8]
		if err := os.Rename(where.key, kept); err != nil {
			return done, "", err
		}
	}
	return done, kept, os.Rename(next, where.key)
}

func trailExport(ctx context.Context, w world, args []string) error {
	f := newFlags(w, "trail export")
	at := placeOf(f)
	as := f.String("as", "", "この利用者として書き出す。操作記録には、この利用者とOSの利用者の両方が残る")
	out := f.String("o", "", "書き出すファイル（- は標準出力）")
	if err := f.parse(args); err != nil {
		return err
	}
	if err := f.none(); err != nil {
		return err
	}
	return w.trailFile(ctx, at, *as, *out, func(ctx context.Context, a *app.App, actor authz.Actor, begin func(trail.Head) io.Writer) error {
		_, err := a.ExportTrail(ctx, actor, begin)
		return err
	})
}

func trailProve(ctx context.Context, w world, args []string) error {
	f := newFlags(w, "trail prove")
	at := placeOf(f)
	as := f.String("as", "", "この利用者として書き出す")
	act := f.Int64("act", 0, "この番号の行為が、最後の頭に含まれることの証明")
	head := f.String("head", "", "このファイルの頭が、最後の頭につながることの証明")
	out := f.String("o", "", "書き出すファイル（- は標準出力）")
	if err := f.parse(args); err != nil {
		return err
	}
	if err := f.none(); err != nil {
		return err
	}
	if (*act == 0) == (*head == "") {
		return errUsage{"--act か --head の、どちらか一つを指定してください。"}
	}
	var kept trail.Head
	if *head != "" {
		var err error
		if kept, err = readHead(*head); err != nil {
			return err
		}
	}
	return w.trailFile(ctx, at, *as, *out, func(ctx context.Context, a *app.App, actor authz.Actor, begin func(trail.Head) io.Writer) error {
		if *act != 0 {
			return a.ProveEntry(ctx, actor, *act, begin)
		}
		return a.ProveHead(ctx, actor, kept, begin)
	})
}

// trailFile writes a file of the trail as somebody.
func (w world) trailFile(ctx context.Context, at *place, as, path string, write func(context.Context, *app.App, authz.Actor, func(trail.Head) io.Writer) error) error {
	switch {
	case as == "":
		return errUsage{"--as で利用者IDを指定してください。"}
	case path == "":
		return errUsage{"-o で書き出すファイルを指定してください（標準出力は -o -）。"}
	}
	return w.withApp(ctx, at, func(ctx context.Context, a *app.App) error {
		actor, err := a.ActAs(ctx, as, w.user)
		if err != nil {
			return err
		}
		if path == "-" {
			err = write(ctx, a, actor, func(trail.Head) io.Writer { return w.out })
		} else {
			err = w.fileWhole(path, func(out io.Writer) error {
				return write(ctx, a, actor, func(h trail.Head) io.Writer {
					fmt.Fprintf(w.err, "頭 %s まで\n", h.Short())
					return out
				})
			})
		}
		if errs.Is(err, errs.Forbidden) {
			err = errs.Join(err, a.Refused(ctx, actor, authz.ExportTrail, errs.CodeOf(err), "daicho trail"))
		}
		return err
	})
}

// readHead reads a head that was kept: a signed note or one line.
func readHead(path string) (trail.Head, error) {
	b, err := os.ReadFile(path)
	if err != nil {
		return trail.Head{}, errUsage{"頭の控え " + path + " を読めません。"}
	}
	h, _, err := trail.ReadTyped(string(b))
	return h, err
}

func trailVerify(ctx context.Context, w world, args []string) error {
	f := newFlags(w, "trail verify")
	at, with := placeOf(f), sealOf(f)
	var heads, keys list
	f.Var(&heads, "head", "外に控えた頭のファイル（署名付きの控えか「件数 文字列」の一行）。いくつでも")
	f.Var(&keys, "key", "信頼する公開鍵（daicho trail keys の一行）か、そのファイル。いくつでも")
	if err := f.parse(args); err != nil {
		return err
	}
	if f.NArg() > 1 {
		return errUsage{"ファイルは一つだけ指定してください。"}
	}
	o, err := outsideOf(heads, keys)
	if err != nil {
		return err
	}
	if f.NArg() == 1 {
		return w.verifyFile(f.Arg(0), o)
	}
	return w.withApp(ctx, at, func(ctx context.Context, a *app.App) error {
		g, err := authz.Operator(w.user, authz.VerifyTrail)
		if err != nil {
			return err
		}
		if where := with.within(at.data); where.anchor != "" {
			note, err := where.keeper().Last()
			if err != nil {
				return err
			}
			if note != "" {
				h, err := trail.ReadHead(note)
				if err != nil {
					return err
				}
				o.Kept = append(o.Kept, h)
			}
		}
		r, err := a.VerifyTrail(ctx, g, o)
		if err != nil {
			return broken(err)
		}
		w.verified(trail.WholeLog, r.Report, len(keys) > 0)
		if r.Open.Count > 0 {
			fmt.Fprintf(w.out, "まだ封印していない行為: %d件\n", r.Open.Count)
		}
		return nil
	})
}

// outsideOf reads what a verification is given from outside.
func outsideOf(heads, keys list) (o trail.Options, err error) {
	for _, path := range heads {
		h, err := readHead(path)
		if err != nil {
			return o, err
		}
		o.Kept = append(o.Kept, h)
	}
	for _, key := range keys {
		if !isPublic(key) {
			b, err := os.ReadFile(key)
			if err != nil {
				return o, errUsage{"公開鍵のファイル " + key + " を読めません。"}
			}
			key = string(b)
		}
		k, err := trail.ParsePublic(key)
		if err != nil {
			return o, err
		}
		o.Keys = append(o.Keys, k)
	}
	return o, nil
}

// verifyFile verifies a file with nothing but the file.
func (w world) verifyFile(path string, o trail.Options) error {
	file, err := os.Open(path)
	if err != nil {
		return errUsage{"ファイル " + path + " を読めません。"}
	}
	defer file.Close()
	kind, r, err := trail.VerifyFile(file, o)
	if err != nil {
		return broken(err)
	}
	w.verified(kind, r, len(o.Keys) > 0)
	return nil
}

// broken says in words what does not hold.
func broken(err error) error {
	var f *trail.Fault
	if errors.As(err, &f) {
		return errs.New(errs.Conflict, "trail.fault", "操作記録が成り立ちません。"+f.Error())
	}
	return err
}

// verified says what holds.
func (w world) verified(k trail.Kind, r trail.Report, trusted bool) {
	switch k {
	case trail.Inclusion:
		fmt.Fprintf(w.out, "記録 %d番（行為 %d）は、頭 %s に含まれています。\n%s\n", r.Entry.N, r.Entry.Act, r.Head.Short(), r.Entry.Text)
	case trail.Consistency:
		fmt.Fprintf(w.out, "控えた頭 %s は、頭 %s につながっています。控えた後に、その中は書き換えられていません。\n", r.Kept[0].Short(), r.Head.Short())
	case trail.WholeLog:
		fmt.Fprintf(w.out, "操作記録 %d件（変更 %d行、頭 %d個）を確かめました。すべて成り立っています。\n", r.Size, r.Changes, r.Heads)
		if r.Heads > 0 {
			fmt.Fprintf(w.out, "最後の頭: %s\n", r.Head.Short())
		}
		for _, h := range r.Kept {
			fmt.Fprintf(w.out, "外に控えた頭 %s と合っています。\n", h.Short())
		}
		if len(r.Erased) > 0 {
			fmt.Fprintf(w.out, "承認を受けて内容を消した記録: %d件（%s）。消した内容のほかは成り立っています。\n", len(r.Erased), numbers(r.Erased))
		}
		if r.Beyond > 0 {
			fmt.Fprintf(w.out, "最後の頭より後の記録: %d件。まだ署名がありません。\n", r.Beyond)
		}
	}
	for _, key := range r.Keys {
		fmt.Fprintf(w.out, "鍵 %s", key.Fingerprint())
		if key.Entry >= 0 {
			fmt.Fprintf(w.out, "（記録 %d番から%s）", key.Entry, map[bool]string{true: "、前の鍵が引き継いだ"}[key.Handed])
		}
		fmt.Fprintln(w.out)
	}
	if !trusted && len(r.Keys) > 0 {
		fmt.Fprintln(w.out, "鍵の指紋が、別に受け取ったものと同じか確かめてください（--key で指定すれば、ここで確かめます）。")
	}
}

// numbers lists places, as far as a line holds them.
func numbers(list []int64) string {
	const most = 10
	var out []string
	for _, n := range list[:min(len(list), most)] {
		out = append(out, fmt.Sprintf("%d番", n))
	}
	if len(list) > most {
		out = append(out, "…")
	}
	return strings.Join(out, "、")
}

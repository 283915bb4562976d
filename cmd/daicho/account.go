package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"daicho/internal/app"
)

const passwordUsage = "パスワードを標準入力の1行目から読む（なければ自動で作り、一度だけ表示します）"

func accountCreate(ctx context.Context, w world, args []string) error {
	f := newFlags(w, "account create")
	at := placeOf(f)
	login := f.String("login", "", "利用者ID（半角の英小文字と数字）")
	name := f.String("name", "", "氏名")
	admin := f.Bool("admin", false, "システム管理者にする。ほかの利用者IDは、システム管理者が画面で作ります")
	unit := f.String("unit", "", "所属する組織のコード（省くと、システム管理者の職がある組織か、最初の組織）")
	stdin := f.Bool("password-stdin", false, passwordUsage)
	if err := f.parse(args); err != nil {
		return err
	}
	if err := f.none(); err != nil {
		return err
	}
	switch {
	case *login == "":
		return errUsage{"--login で利用者IDを指定してください。"}
	case *name == "":
		return errUsage{"--name で氏名を指定してください。"}
	case !*admin:
		return errUsage{"コマンドで作れるのはシステム管理者だけです。--admin を付けてください。"}
	}
	password, err := w.password(*stdin)
	if err != nil {
		return err
	}
	return w.withApp(ctx, at, func(ctx context.Context, a *app.App) error {
		made, err := a.CreateAdmin(ctx, w.user, app.FirstAdmin{Login: *login, Name: *name, Unit: *unit, Password: password})
		if err != nil {
			return err
		}
		return w.tell(made, "システム管理者の利用者IDを作りました。")
	})
}

func accountReset(ctx context.Context, w world, args []string) error {
	f := newFlags(w, "account reset")
	at := placeOf(f)
	login := f.String("login", "", "利用者ID")
	stdin := f.Bool("password-stdin", false, passwordUsage)
	if err := f.parse(args); err != nil {
		return err
	}
	if err := f.none(); err != nil {
		return err
	}
	if *login == "" {
		return errUsage{"--login で利用者IDを指定してください。"}
	}
	password, err := w.password(*stdin)
	if err != nil {
		return err
	}
	return w.withApp(ctx, at, func(ctx context.Context, a *app.App) error {
		made, err := a.ResetByOperator(ctx, w.user, *login, password)
		if err != nil {
			return err
		}
		return w.tell(made, "パスワードを再発行しました。ログイン中の接続は切りました。")
	})
}

// password reads a password from standard input, DAICHO_PASSWORD or DAICHO_PASSWORD_FILE; it is
// never a flag, which every user of the machine could see.
func (w world) password(stdin bool) (string, error) {
	if !stdin {
		return w.secret("DAICHO_PASSWORD")
	}
	line, err := bufio.NewReader(io.LimitReader(w.in, 4096)).ReadString('\n')
	if err != nil && !errors.Is(err, io.EOF) {
		return "", fmt.Errorf("read the password: %w", err)
	}
	if line = strings.TrimRight(line, "\r\n"); line == "" {
		return "", errUsage{"標準入力にパスワードがありません。"}
	}
	return line, nil
}

// tell prints a generated password, this once.
func (w world) tell(made app.CreatedAccount, what string) error {
	text := what + "\n  利用者ID: " + made.Login + "\n"
	if made.Password != "" {
		text += "  パスワード: " + made.Password + "\n  このパスワードは、いま一度だけ表示しました。最初のログインで変えてください。\n"
	}
	_, err := io.WriteString(w.out, text)
	return err
}

// Command daicho is the whole program: the server, and the commands of those who operate it. It
// holds the only exit, the only clock and the composition of all parts, and no rule of the register.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"
	"time"

	"daicho/internal/errs"
	"daicho/internal/pack"
)

// version is set by the build.
var version = "dev"

// world is what a command sees of the machine, so that tests can be one.
type world struct {
	in       io.Reader
	out, err io.Writer
	env      func(string) string
	now      func() time.Time
	user     string // of the operating system
}

// Exit codes, the contract with scripts.
const (
	exitDone    = 0
	exitRefused = 1
	exitUsage   = 2
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	code := run(ctx, world{os.Stdin, os.Stdout, os.Stderr, os.Getenv, time.Now, osUser()}, os.Args[1:])
	stop()
	os.Exit(code)
}

// command is one word of the command line.
type command struct {
	name  string // "pack load"
	does  string // one line
	run   func(ctx context.Context, w world, args []string) error
	usage string // arguments after the name
}

func commands() []command {
	return []command{
		{"serve", "画面を出します。DATABASE_URL か --data のどちらかが要ります。", serve, "[--data フォルダ] [--listen アドレス] [--load パック,…]"},
		{"migrate up", "データベースの表を最新の形にします（所有者の役割で）。", migrateUp, "[--data フォルダ]"},
		{"migrate status", "データベースの表がどの版かを示します。", migrateStatus, "[--data フォルダ]"},
		{"pack load", "パック（kansai、sample、またはフォルダ）を読み込みます。", packLoad, "パック…"},
		{"account create", "システム管理者の利用者IDを作ります。", accountCreate, "--login 利用者ID --name 氏名 --admin [--unit コード] [--password-stdin]"},
		{"account reset", "パスワードを再発行します。利用を終えたものは再開します。", accountReset, "--login 利用者ID [--password-stdin]"},
		{"ledger export", "台帳をファイルに出力します。利用者の範囲で行い、操作記録に残します。", ledgerExport, "--as 利用者ID --format csv|xlsx [--filter 条件] -o ファイル"},
		{"check run", "すべての資産を点検規則に照らします。ふだんは serve が毎日行います。", checkRun, "[--data フォルダ]"},
		{"trail seal", "操作記録を封印します。ふだんは serve が毎分行います。", trailSeal, "[--data フォルダ] [--trail-key ファイル] [--restored 理由]"},
		{"trail head", "最後の頭（署名付きの控え）を示します。外に控えてください。", trailHead, "[--data フォルダ] [--size 件数]"},
		{"trail keys", "封印の公開鍵と指紋を示します。", trailKeys, "[--data フォルダ]"},
		{"trail verify", "操作記録を検証します。ファイルを指定すれば、データベースなしで検証します。", trailVerify, "[--head ファイル]… [--key 公開鍵]… [ファイル]"},
		{"trail export", "操作記録の全体を、データベースなしで検証できる形で書き出します。", trailExport, "--as 利用者ID -o ファイル"},
		{"trail prove", "一つの行為か、控えた頭について、証明を書き出します。", trailProve, "--as 利用者ID (--act 番号 | --head ファイル) -o ファイル"},
		{"trail rotate", "封印の署名鍵を替えます。", trailRotate, "[--data フォルダ] --reason 理由 [--lost]"},
		{"rebuild", "派生表が文書と合っているかを確かめます。", rebuild, "--check"},
		{"version", "版を示します。", showVersion, ""},
	}
}

// run finds the command and turns its error into an exit code.
func run(ctx context.Context, w world, args []string) int {
	if len(args) == 0 {
		usage(w.err)
		return exitUsage
	}
	if isHelp(args[0]) {
		usage(w.out)
		return exitDone
	}
	for _, c := range commands() {
		rest, ok := match(c.name, args)
		if !ok {
			continue
		}
		return report(w, c, c.run(ctx, w, rest))
	}
	for _, c := range commands() {
		if len(args) > 0 && first(c.name) == args[0] { // "pack", "pack -h", "pack lod"
			out, code := w.err, exitUsage
			if len(args) > 1 && isHelp(args[1]) {
				out, code = w.out, exitDone
			}
			usageOf(out, args[0])
			return code
		}
	}
	fmt.Fprintf(w.err, "daicho: 「%s」という命令はありません。\n\n", args[0])
	usage(w.err)
	return exitUsage
}

func isHelp(s string) bool { return s == "-h" || s == "--help" || s == "-help" || s == "help" }

// errUsage is a command line that cannot be understood; its text has been printed.
type errUsage struct{ text string }

func (e errUsage) Error() string { return e.text }

// errHelp is a question for help, which has been answered.
var errHelp = errors.New("help")

func report(w world, c command, err error) int {
	var wrong errUsage
	switch {
	case err == nil, errors.Is(err, errHelp):
		return exitDone
	case errors.As(err, &wrong):
		fmt.Fprintf(w.err, "daicho %s: %s\n使い方: daicho %s %s\nくわしくは daicho %s -h\n", c.name, wrong.text, c.name, c.usage, c.name)
		return exitUsage
	}
	for _, p := range pack.ProblemsOf(err) {
		fmt.Fprintln(w.err, p)
	}
	fields := errs.Fields(err)
	for _, e := range fields {
		fmt.Fprintf(w.err, "daicho %s: %s\n", c.name, e.Message)
	}
	if message := errs.MessageOf(err); message != "" && len(fields) == 0 {
		fmt.Fprintf(w.err, "daicho %s: %s\n", c.name, message)
	}
	if k := errs.KindOf(err); k == errs.Internal || k == errs.Busy || errs.MessageOf(err) == "" || errs.CodeOf(err) == "migrate.failed" {
		fmt.Fprintf(w.err, "daicho %s: 原因: %v\n", c.name, err) // the operator needs the cause
	}
	return exitRefused
}

func showVersion(_ context.Context, w world, args []string) error {
	f := newFlags(w, "version")
	if err := f.parse(args); err != nil {
		return err
	}
	_, err := fmt.Fprintln(w.out, "daicho", version)
	return err
}

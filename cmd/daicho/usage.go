package main

import (
	"fmt"
	"io"
	"os/user"
	"strings"
)

func usage(out io.Writer) {
	fmt.Fprint(out, "daicho — 情報資産台帳\n\n使い方: daicho 命令 [指定…]\n\n")
	for _, c := range commands() {
		fmt.Fprintf(out, "  %-15s %s\n", c.name, c.does)
	}
	fmt.Fprint(out, `
どの命令も -h で指定の一覧を出します。指定は環境変数でも与えられます（--listen は DAICHO_LISTEN）。
データベースは DATABASE_URL（または DATABASE_URL_FILE のファイル）か、--data で指定します。
終了コード: 0 済み、1 できなかった（理由を示します）、2 使い方の誤り
`)
}

func usageOf(out io.Writer, group string) {
	for _, c := range commands() {
		if first(c.name) == group {
			fmt.Fprintf(out, "daicho %s %s\n    %s\n", c.name, c.usage, c.does)
		}
	}
}

func first(name string) string {
	word, _, _ := strings.Cut(name, " ")
	return word
}

// match cuts the words of a command's name off the arguments.
func match(name string, args []string) (rest []string, ok bool) {
	words := strings.Fields(name)
	if len(args) < len(words) {
		return nil, false
	}
	for i, word := range words {
		if args[i] != word {
			return nil, false
		}
	}
	return args[len(words):], true
}

// osUser is the operating system's name of who runs this; the trail keeps it for commands.
func osUser() string {
	u, err := user.Current()
	if err != nil {
		return "不明"
	}
	return u.Username
}

package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"regexp"
	"strings"
)

// flags reads a command's flags, and the environment for those that were not given: --listen is
// DAICHO_LISTEN.
type flags struct {
	*flag.FlagSet
	w     world
	given map[string]bool
}

// newFlags makes the flags of the command with the name.
func newFlags(w world, name string) *flags {
	f := &flags{flag.NewFlagSet(name, flag.ContinueOnError), w, map[string]bool{}}
	f.SetOutput(io.Discard) // messages are ours
	f.Usage = func() {}
	return f
}

func envName(name string) string {
	return "DAICHO_" + strings.ToUpper(strings.ReplaceAll(name, "-", "_"))
}

// parse reads the arguments; what is left over is Args. Errors: errHelp after printing the flags,
// errUsage for anything that cannot be read.
func (f *flags) parse(args []string) error {
	err := f.Parse(args)
	if errors.Is(err, flag.ErrHelp) {
		for _, c := range commands() {
			if c.name == f.Name() {
				f.help(c)
			}
		}
		return errHelp
	}
	if err != nil {
		return errUsage{inJapanese(err.Error())}
	}
	f.Visit(func(one *flag.Flag) { f.given[one.Name] = true })
	f.VisitAll(func(one *flag.Flag) {
		value := f.w.env(envName(one.Name))
		if value == "" || f.given[one.Name] || err != nil {
			return
		}
		if bad := f.Set(one.Name, value); bad != nil {
			err = errUsage{fmt.Sprintf("環境変数 %s の値「%s」を読み取れません。", envName(one.Name), value)}
		}
		f.given[one.Name] = true
	})
	return err
}

var (
	unknownFlag = regexp.MustCompile(`not defined: -+(\S+)`)
	needsValue  = regexp.MustCompile(`needs an argument: -+(\S+)`)
	badValue    = regexp.MustCompile(`invalid (?:boolean )?value "(.*)" for (?:flag )?-+(\S+?):`)
)

// inJapanese turns a message of the flag package into ours.
func inJapanese(text string) string {
	if m := unknownFlag.FindStringSubmatch(text); m != nil {
		return "--" + m[1] + " という指定はありません。"
	}
	if m := needsValue.FindStringSubmatch(text); m != nil {
		return "--" + m[1] + " の値がありません。"
	}
	if m := badValue.FindStringSubmatch(text); m != nil {
		return "--" + m[2] + " の値「" + m[1] + "」を読み取れません。"
	}
	return "指定を読み取れません（" + text + "）。"
}

// none refuses arguments that are left over.
func (f *flags) none() error {
	if f.NArg() > 0 {
		return errUsage{"「" + f.Arg(0) + "」は要りません。"}
	}
	return nil
}

func (f *flags) help(c command) {
	fmt.Fprintf(f.w.out, "使い方: daicho %s %s\n\n%s\n", c.name, c.usage, c.does)
	any := false
	f.VisitAll(func(one *flag.Flag) {
		if !any {
			fmt.Fprint(f.w.out, "\n指定:\n")
			any = true
		}
		def := ""
		if one.DefValue != "" && one.DefValue != "false" {
			def = "（既定 " + one.DefValue + "）"
		}
		dashes := "--"
		if len(one.Name) == 1 {
			dashes = "-"
		}
		fmt.Fprintf(f.w.out, "  %s%-16s %s%s\n", dashes, one.Name, one.Usage, def)
	})
}

// secret reads a secret from the environment, or from the file that NAME_FILE names; both at once
// are an error, because one of them would silently not count.
func (w world) secret(name string) (string, error) {
	value, file := w.env(name), w.env(name+"_FILE")
	switch {
	case value != "" && file != "":
		return "", errUsage{name + " と " + name + "_FILE は、どちらか一つにしてください。"}
	case file == "":
		return value, nil
	}
	b, err := os.ReadFile(file)
	if err != nil {
		return "", errUsage{fmt.Sprintf("%s_FILE のファイル %s を読めません（%v）。", name, file, errors.Unwrap(err))}
	}
	return strings.TrimRight(string(b), "\r\n"), nil
}

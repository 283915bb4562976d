package account

import (
	_ "embed"
	"slices"
	"strings"
	"sync"
	"unicode"
	"unicode/utf8"

	"daicho/internal/errs"
)

// The least and the greatest number of characters of a password, counted after NFKC.
const (
	MinPassword = 12
	MaxPassword = 128
)

// common.txt lists passwords and words that are tried first, one a line, in lower case. A password
// that is one of them, or one of them with digits and signs around it, is refused.
//
//go:embed common.txt
var commonText string

var common = sync.OnceValue(func() map[string]bool {
	out := map[string]bool{}
	for line := range strings.Lines(commonText) {
		if w := strings.TrimSpace(line); w != "" {
			out[w] = true
		}
	}
	return out
})

// CheckPassword says what is wrong with a new password; field is the form field that gets the
// message. words are what must not make up the password: the login, the name. Length alone is asked
// for, no mixture of kinds of letters, after the guidance of NIST SP 800-63B.
// Errors: Invalid on the field.
func CheckPassword(field, password string, words ...string) error {
	p := Normal(password)
	n := utf8.RuneCountInString(p)
	switch {
	case n < MinPassword:
		return errs.OnField(field, "account.password.short", "パスワードは12文字以上にしてください。短い言葉をいくつかつなげると、長くて覚えやすくなります。")
	case n > MaxPassword:
		return errs.OnField(field, "account.password.long", "パスワードは128文字以内にしてください。")
	case strings.ContainsFunc(p, unicode.IsControl):
		return errs.OnField(field, "account.password.control", "パスワードに、改行やタブなど目に見えない文字は使えません。")
	case distinct(p) < 5:
		return errs.OnField(field, "account.password.repeat", "同じ文字の繰り返しは推測されやすいので使えません。ちがう文字を混ぜてください。")
	}
	low := strings.ToLower(p)
	if run(low) {
		return errs.OnField(field, "account.password.sequence", "文字や数字が順に並んだパスワードは推測されやすいので使えません。")
	}
	for _, w := range words {
		if w = strings.ToLower(Normal(w)); utf8.RuneCountInString(w) >= 3 && madeOf(low, w) {
			return errs.OnField(field, "account.password.own", "利用者IDや氏名をもとにしたパスワードは推測されやすいので使えません。ほかの言葉にしてください。")
		}
	}
	if wellKnown(low) {
		return errs.OnField(field, "account.password.common", "よく使われるパスワードなので使えません。ほかの言葉にしてください。")
	}
	return nil
}

func distinct(s string) int {
	seen := map[rune]bool{}
	for _, r := range s {
		seen[r] = true
	}
	return len(seen)
}

// madeOf reports whether s is hardly more than w with digits and signs.
func madeOf(s, w string) bool {
	if !strings.Contains(s, w) {
		return false
	}
	letters := 0
	for _, r := range strings.ReplaceAll(s, w, "") {
		if unicode.IsLetter(r) {
			letters++
		}
	}
	return letters < 5
}

// run reports whether the whole password is one rising or falling row of code points, or a few keys
// in the order of the keyboard.
func run(s string) bool {
	r := []rune(s)
	up, down := 0, 0
	for i := 1; i < len(r); i++ {
		switch r[i] - r[i-1] {
		case 1:
			up++
		case -1:
			down++
		}
	}
	if steps := len(r) - 1; max(up, down)*10 >= steps*8 {
		return true
	}
	for _, row := range []string{"1234567890-^", "qwertyuiop@[", "asdfghjkl;:]", "zxcvbnm,./", "1qaz2wsx3edc4rfv5tgb6yhn7ujm8ik,9ol.0p;/"} {
		back := []rune(row)
		slices.Reverse(back)
		if strings.Contains(row+row, s) || strings.Contains(string(back)+string(back), s) {
			return true
		}
	}
	return false
}

// wellKnown reports whether the password is on the list, also when digits and signs stand around a
// listed word, when letters are replaced by digits that look alike, or when it is a word repeated.
func wellKnown(s string) bool {
	core := strings.TrimFunc(s, func(r rune) bool { return !unicode.IsLetter(r) })
	for _, t := range []string{s, core, plain.Replace(s), plain.Replace(core)} {
		letters := strings.Map(func(r rune) rune {
			if unicode.IsLetter(r) {
				return r
			}
			return -1
		}, t)
		for _, w := range []string{t, letters, halved(letters), halved(t)} {
			if common()[w] {
				return true
			}
		}
	}
	return false
}

var plain = strings.NewReplacer("@", "a", "4", "a", "0", "o", "1", "i", "!", "i", "3", "e", "$", "s", "5", "s", "7", "t")

// halved returns the repeated part of a text that is one part twice or three times, else the text.
func halved(s string) string {
	for _, n := range []int{2, 3} {
		if len(s)%n == 0 && s != "" {
			if part := s[:len(s)/n]; strings.Repeat(part, n) == s {
				return part
			}
		}
	}
	return s
}

// CheckLogin says what is wrong with a new 利用者ID. Errors: Invalid on the field.
func CheckLogin(field, login string) error {
	ok := len(login) >= 2 && len(login) <= 64
	for i, r := range login {
		switch {
		case r >= 'a' && r <= 'z', r >= '0' && r <= '9':
		case i > 0 && strings.ContainsRune("._-", r):
		default:
			ok = false
		}
	}
	if !ok {
		return errs.OnField(field, "account.login", "利用者IDは、半角の英小文字・数字で始まる2〜64文字にしてください（途中に . _ - も使えます）。")
	}
	return nil
}

// Login is the form in which a typed 利用者ID is looked up: NFKC, without spaces around, lower case.
func Login(typed string) string { return strings.ToLower(strings.TrimSpace(Normal(typed))) }

// Package jptext treats Japanese text where its written forms differ but its meaning does not, and
// where its form is a risk: one search key for all spellings of a name, normal forms of codes, what
// may be stored at all, check digits, and cells of files that a spreadsheet would run as formulas.
// Text itself is stored as typed (design §4.15); nothing here rewrites a name. It is a leaf: it
// imports errs and the Unicode tables only.
package jptext

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"daicho/internal/errs"

	"golang.org/x/text/unicode/norm"
)

// Clean returns the text as it may be stored: white space and byte order marks at both
// ends are cut off, ends of lines become LF, and everything else stays byte for byte (髙, 﨑, U+FA19 and
// ideographic variation sequences included).
//
// The error is Invalid when the text is not UTF-8 (a lone surrogate neither is) or holds a control
// character other than tab and end of line, or one that turns the direction of writing (U+202A to
// U+202E, U+2066 to U+2069): with those a name can look like another one. Its Japanese message says
// in which line and at which place.
func Clean(s string) (string, error) {
	if !utf8.ValidString(s) {
		return "", errs.New(errs.Invalid, "text.utf8", "文字コードがUTF-8ではないため読めません。文字を入力し直してください。")
	}
	s = strings.TrimFunc(s, func(r rune) bool { return unicode.IsSpace(r) || r == '\ufeff' })
	if plainLines(s) {
		return s, nil
	}
	var b strings.Builder
	b.Grow(len(s))
	line, place := 1, 0
	for i, r := range s {
		place++
		switch {
		case r == '\r' && strings.HasPrefix(s[i+1:], "\n"):
			continue
		case r == '\n', r == '\r', r == '\u2028', r == '\u2029':
			b.WriteByte('\n')
			line, place = line+1, 0
			continue
		case r != '\t' && forbidden(r):
			return "", errs.New(errs.Invalid, "text.control",
				fmt.Sprintf("%d行目の%d文字目に、目に見えない制御文字（U+%04X）があります。その文字を消してください。", line, place, r))
		}
		b.WriteRune(r)
	}
	return b.String(), nil
}

// plainLines reports whether s can be stored without being rewritten, which is nearly always so.
func plainLines(s string) bool {
	for _, r := range s {
		if r != '\n' && r != '\t' && (forbidden(r) || r == '\u2028' || r == '\u2029') {
			return false
		}
	}
	return true
}

// forbidden reports control characters and those that turn the direction of writing.
func forbidden(r rune) bool {
	return unicode.IsControl(r) || r >= '\u202a' && r <= '\u202e' || r >= '\u2066' && r <= '\u2069'
}

// Code returns the normal form of a code or a number: NFKC (full-width letters and digits become
// ASCII, half-width kana full-width), no white space at the ends, no invisible characters, and every
// kind of dash as "-". The long mark ー counts as a dash where it follows an ASCII letter or digit:
// that is what the key next to 0 gives while the input method is on. Code(Code(s)) equals Code(s).
func Code(s string) string {
	if plainCode(s) {
		return strings.TrimSpace(s)
	}
	for range 4 {
		before := s
		s = codeOnce(s)
		if s == before {
			break
		}
	}
	return s
}

// plainCode reports whether s is ASCII without control characters, so that nothing is to be done.
func plainCode(s string) bool {
	for i := range len(s) {
		if s[i] < ' ' || s[i] >= 0x7f {
			return false
		}
	}
	return true
}

func codeOnce(s string) string {
	var last rune
	s = strings.Map(func(r rune) rune {
		switch {
		case isDash(r), r == 'ー' && last < utf8.RuneSelf && (last == '-' || isAlnum(byte(last))): //nolint:gosec // ASCII
			r = '-'
		case unicode.Is(unicode.Cf, r), isVariationSelector(r):
			return -1
		case unicode.IsSpace(r):
			r = ' '
		}
		last = r
		return r
	}, norm.NFKC.String(s))
	return norm.NFKC.String(strings.TrimSpace(s))
}

// isDash reports the characters that look like a hyphen or minus. The long mark of kana is not one.
func isDash(r rune) bool {
	switch r {
	case '-', '\u2010', '\u2011', '\u2012', '\u2013', '\u2014', '\u2015', '\u2043', '\u2212', '\u2500', '\ufe63', '\uff0d':
		return true
	}
	return false
}

// isVariationSelector reports the characters that choose a shape of the one before them: 葛 and 辻
// have several (IVS), and they are not part of what is searched for.
func isVariationSelector(r rune) bool {
	return r >= '\ufe00' && r <= '\ufe0f' || r >= 0xe0100 && r <= 0xe01ef || r >= '\u180b' && r <= '\u180d'
}

func isDigit(c byte) bool { return c >= '0' && c <= '9' }

func isAlnum(c byte) bool {
	return isDigit(c) || c >= 'A' && c <= 'Z' || c >= 'a' && c <= 'z'
}

package jptext

import (
	"strings"
	"unicode/utf8"
)

// formulaStarts are the first characters after which a spreadsheet may take a cell for a formula or
// a command: = + - @, tab and ends of lines, and the full-width forms, which a Japanese spreadsheet
// reads alike.
const formulaStarts = "=+-@\t\r\n＝＋－＠"

// EscapeFormula guards the text of a cell in a file: an apostrophe is put before a text that starts
// like a formula. A text that starts with apostrophes and then like a formula gets one more, so that
// UnescapeFormula gives back every text exactly. Numbers and dates are written as such and are not
// to be passed through here.
func EscapeFormula(s string) string {
	if startsLikeFormula(s) {
		return "'" + s
	}
	return s
}

// UnescapeFormula takes away the one apostrophe that EscapeFormula put there, for reading a file
// back. A cell that somebody typed without the guard comes back as it is.
func UnescapeFormula(s string) string {
	if strings.HasPrefix(s, "'") && startsLikeFormula(s) {
		return s[1:]
	}
	return s
}

// startsLikeFormula looks at the first character after any apostrophes.
func startsLikeFormula(s string) bool {
	r, n := utf8.DecodeRuneInString(strings.TrimLeft(s, "'"))
	return n > 0 && strings.ContainsRune(formulaStarts, r)
}

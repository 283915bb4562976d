package jptext

import (
	"strings"
	"unicode/utf8"
)

// IsMyNumber reports whether s is twelve ASCII digits that pass the check digit of an individual
// number (個人番号, 平成26年総務省令第85号5条). About one number of twelve digits in ten passes by chance.
func IsMyNumber(s string) bool {
	if len(s) != 12 || !allDigits(s) {
		return false
	}
	sum := 0
	for n := 1; n <= 11; n++ { // the n-th digit from the right, the check digit not counted
		q := n + 1
		if n >= 7 {
			q = n - 5
		}
		sum += int(s[11-n]-'0') * q
	}
	check := 0
	if r := sum % 11; r > 1 {
		check = 11 - r
	}
	return int(s[11]-'0') == check
}

// FindMyNumbers returns the numbers in a text that may be individual numbers, as twelve ASCII digits
// in the order of the text: free-standing groups of twelve digits, or of three times four with one
// kind of dash or with spaces between, in any width, that pass IsMyNumber. Digits that are part of
// something longer are passed over: a letter, digit or decimal point touches them, or a dash joins
// them to more, as in card numbers, serial numbers and UUIDs.
//
// The result is content that the register must not hold: it is not to be shown, logged or stored.
func FindMyNumbers(s string) []string {
	if !mayHoldTwelve(s) {
		return nil
	}
	text := make([]byte, 0, len(s))
	for _, r := range s {
		text = append(text, narrow(r))
	}
	var out []string
	for i := 0; i < len(text); {
		if !isDigit(text[i]) {
			i++
			continue
		}
		end := digitsEnd(text, i)
		switch end - i {
		case 12:
			if alone(text, i, end) {
				out = appendIf(out, string(text[i:end]))
			}
		case 4:
			if number, e := fours(text, i); number != "" {
				out = appendIf(out, number)
				end = e
			}
		}
		i = end
	}
	return out
}

// mayHoldTwelve turns nearly every text away before anything is allocated.
func mayHoldTwelve(s string) bool {
	n := 0
	for _, r := range s {
		if isDigit(narrow(r)) {
			if n++; n == 12 {
				return true
			}
		}
	}
	return false
}

// narrow maps a character to the one byte that matters here: digits and letters of either width,
// "-" for every dash, " " for every space within a line, and anything else as 0. A tab parts
// cells of a table and so is no space.
func narrow(r rune) byte {
	if r >= '！' && r <= '～' {
		r -= '！' - '!'
	}
	switch {
	case r < utf8.RuneSelf && isAlnum(byte(r)), r == '.', r == ' ': //nolint:gosec // ASCII
		return byte(r) //nolint:gosec // ASCII
	case isDash(r), r == 'ー', r == 'ｰ':
		return '-'
	case r == '\u3000', r == '\u00a0', r >= '\u2000' && r <= '\u200a', r == '\u202f':
		return ' '
	}
	return 0
}

func digitsEnd(text []byte, i int) int {
	for i < len(text) && isDigit(text[i]) {
		i++
	}
	return i
}

// alone reports whether text[i:end] is not part of something longer.
func alone(text []byte, i, end int) bool {
	at := func(j int) byte {
		if j < 0 || j >= len(text) {
			return 0
		}
		return text[j]
	}
	joins := func(mark, beyond byte) bool {
		return isAlnum(mark) || mark == '-' && isAlnum(beyond) || mark == '.' && isDigit(beyond)
	}
	return !joins(at(i-1), at(i-2)) && !joins(at(end), at(end+1))
}

// fours reads 1234-5678-9012 or 1234 5678 9012 from i, where four digits stand, and returns the
// twelve digits and where they end; nothing when there is another shape or when a fourth group of
// four comes before or after, as in a card number.
func fours(text []byte, i int) (number string, end int) {
	end = i + 4
	if end >= len(text) {
		return "", i
	}
	sep := text[end]
	if sep != '-' && sep != ' ' {
		return "", i
	}
	b := append(make([]byte, 0, 12), text[i:end]...)
	for range 2 {
		if end >= len(text) || text[end] != sep || digitsEnd(text, end+1)-end != 5 {
			return "", i
		}
		b = append(b, text[end+1:end+5]...)
		end += 5
	}
	fourMore := end < len(text) && text[end] == sep && digitsEnd(text, end+1)-end == 5
	fourBefore := i >= 5 && text[i-1] == sep && allDigits(string(text[i-5:i-1])) && (i == 5 || !isDigit(text[i-6]))
	if fourMore || fourBefore || !alone(text, i, end) {
		return "", i
	}
	return string(b), end
}

func appendIf(out []string, number string) []string {
	if IsMyNumber(number) {
		return append(out, number)
	}
	return out
}

// CorporateNumberOK reports whether s is thirteen ASCII digits whose first is the check digit of a
// corporate number (法人番号の指定等に関する省令（平成26年財務省令第70号）2条).
func CorporateNumberOK(s string) bool {
	if len(s) != 13 || !allDigits(s) {
		return false
	}
	sum := 0
	for n := 1; n <= 12; n++ { // the n-th digit from the right counts once when n is odd, else twice
		sum += int(s[13-n]-'0') * (2 - n%2)
	}
	return int(s[0]-'0') == 9-sum%9
}

// LocalGovCodeOK reports whether s is six ASCII digits whose last is the check digit of a code of a
// local public body (全国地方公共団体コード, 総務省: weights 6 to 2, modulus 11).
func LocalGovCodeOK(s string) bool {
	if len(s) != 6 || !allDigits(s) {
		return false
	}
	sum := 0
	for i := range 5 {
		sum += int(s[i]-'0') * (6 - i)
	}
	return int(s[5]-'0') == (11-sum%11)%10
}

// damm is a weakly totally anti-symmetric quasigroup of order 10 (H. M. Damm, Total anti-symmetrische
// Quasigruppen, Marburg 2004): with it one check digit catches every wrong digit and every swap of
// neighbours, which a sum of weighted digits modulo 10 cannot do.
var damm = [10][10]byte{
	{0, 3, 1, 7, 5, 9, 8, 6, 4, 2},
	{7, 0, 9, 2, 1, 5, 4, 8, 6, 3},
	{4, 2, 0, 6, 8, 7, 1, 3, 5, 9},
	{1, 7, 5, 0, 9, 8, 3, 4, 2, 6},
	{6, 1, 2, 3, 0, 4, 5, 9, 7, 8},
	{3, 6, 7, 4, 2, 0, 9, 5, 8, 1},
	{5, 8, 6, 9, 7, 2, 0, 1, 3, 4},
	{8, 9, 4, 5, 3, 6, 2, 0, 1, 7},
	{9, 4, 3, 8, 6, 1, 7, 2, 0, 5},
	{2, 5, 8, 1, 4, 3, 6, 7, 9, 0},
}

// CheckDigit returns the ASCII check digit (検査数字) of a 管理番号 or a label number without it:
// digits, with dashes passed over and Latin letters counting as two digits each (A = 10 to Z = 35,
// either case). Every single wrong digit and every swap of neighbouring digits changes it; a wrong
// letter does in nine cases of ten. It returns 0 for any other character and for nothing at all.
func CheckDigit(s string) byte {
	var state byte
	seen := false
	for i := range len(s) {
		switch c := s[i]; {
		case isDigit(c):
			state = damm[state][c-'0']
		case isAlnum(c):
			v := c&^0x20 - 'A' + 10
			state = damm[damm[state][v/10]][v%10]
		case c == '-':
			continue
		default:
			return 0
		}
		seen = true
	}
	if !seen {
		return 0
	}
	return '0' + state
}

func allDigits(s string) bool {
	return strings.Trim(s, "0123456789") == ""
}

// Thousands writes a whole number, given in digits, with a comma every three digits; what is no such
// number comes back as it is. It is for eyes only: files and inputs keep plain digits.
func Thousands(digits string) string {
	if digits == "" || strings.ContainsFunc(digits, func(r rune) bool { return r < '0' || r > '9' }) {
		return digits
	}
	out := digits
	for i := len(digits) - 3; i > 0; i -= 3 {
		out = out[:i] + "," + out[i:]
	}
	return out
}

package jptext

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// maxTermGrams bounds what one term asks of the index; what the index finds is compared with the
// whole key anyway, so that fewer grams never lose a hit.
const maxTermGrams = 24

// SearchKey returns the form in which text and terms are compared: ｻｰﾊﾞ, サーバー and さーば have one
// key, and so have 髙橋 and 高橋, 霞ヶ関 and 霞が関, AB-12 and ａｂ１２. It is NFKC in lower case with
// katakana as hiragana, without spaces, dashes, middle dots, long marks, invisible characters and
// combining marks, with one character for each group of kanji variants, with 〜 as ~, and with
// が for the ヶ of places and counters. It is for finding only: a key is never shown.
//
// SearchKey(SearchKey(s)) equals SearchKey(s). A part of a text has a key that is part of the text's
// key, except where it was cut beside the ケ or カ of a place name.
func SearchKey(s string) string {
	var buf [512]byte
	key, odd := appendKey(buf[:0], s)
	if !odd {
		return string(key)
	}
	// Scripts whose letters join or change case in their own ways may need another turn.
	out := string(key)
	for range 8 {
		again, _ := appendKey(buf[:0], out)
		if string(again) == out {
			break
		}
		out = string(again)
	}
	return out
}

// Terms cuts what was typed into a search box at its spaces and returns the search key of each term,
// each once and none empty; all of them must be found.
func Terms(query string) []string {
	var out []string
	for t := range strings.FieldsSeq(query) {
		if k := SearchKey(t); k != "" && !slices.Contains(out, k) {
			out = append(out, k)
		}
	}
	return out
}

// appendKey appends the key of s to dst. odd reports a character other than ASCII, kana and kanji,
// for which one turn may not be the last.
func appendKey(dst []byte, s string) (key []byte, odd bool) {
	if strings.ContainsFunc(s, needsNFKC) {
		s = norm.NFKC.String(s)
	}
	ga := false
	for _, r := range s {
		if r >= '！' && r <= '～' {
			r -= '！' - '!'
		}
		switch {
		case r < utf8.RuneSelf:
			switch c := byte(r); { //nolint:gosec // ASCII
			case c >= 'A' && c <= 'Z':
				dst = append(dst, c+'a'-'A')
			case c > ' ' && c != '-' && c != 0x7f:
				dst = append(dst, c)
			}
			continue
		case r >= kanjiFirst && r <= kanjiLast:
			r = plain(r)
		case r >= 'ぁ' && r <= 'ゖ':
			ga = ga || r == 'か'
			if r == 'ゕ' || r == 'ゖ' {
				r = 'が'
			}
		case r >= 'ァ' && r <= 'ヶ':
			switch r {
			case 'カ', 'ケ':
				ga = true // decided when the neighbours are known
			case 'ヵ', 'ヶ':
				r = 'が'
			default:
				r -= 'ァ' - 'ぁ'
			}
		case r == 'ー', r == '・', r == '\u3000':
			continue
		case r >= '、' && r <= '〛':
			// punctuation, brackets and 々 stay
		default:
			odd = true
			if r = rare(r); r < 0 {
				continue
			}
		}
		dst = utf8.AppendRune(dst, r)
	}
	if ga {
		settleGa(dst)
	}
	return dst, odd
}

// needsNFKC reports a character that normalisation may change, alone or with its neighbours, and
// that appendKey does not treat itself. Nearly every name has none, and a register of a million rows
// is loaded without allocating for it. What is left out here never joins with what follows, unless
// that is a combining mark, which is not left out.
func needsNFKC(r rune) bool {
	return !(r < utf8.RuneSelf || r >= 'ぁ' && r <= 'ゖ' || r >= 'ァ' && r <= 'ー' || r >= kanjiFirst && r <= kanjiLast ||
		r >= '！' && r <= '～' || r >= '\u3000' && r <= '〛')
}

// rare returns the key of a character that is neither ASCII nor common kana nor common kanji, or -1
// when it has none.
func rare(r rune) rune {
	switch {
	case r == '〜', r == '∼', r == '〰', r == '∾':
		return '~'
	case r >= 'ヷ' && r <= 'ヺ':
		return [...]rune{'わ', 'ゐ', 'ゑ', 'を'}[r-'ヷ']
	case r == 'ヽ', r == 'ヾ':
		return r - ('ヽ' - 'ゝ')
	case isDash(r), r == '·', r == '‧', unicode.IsSpace(r), unicode.In(r, unicode.Cc, unicode.Cf, unicode.Mn, unicode.Me):
		return -1
	}
	return unicode.ToLower(plain(r))
}

// settleGa decides in place on カ and ケ, which are か and け within a word, but が between kanji
// (霞ケ関) and after a number (3カ月, 三か所), where people write ヶ ケ ヵ カ が か alike. All of them
// take three bytes.
func settleGa(key []byte) {
	var prev rune
	for i := 0; i < len(key); {
		r, n := utf8.DecodeRune(key[i:])
		if r == 'カ' || r == 'ケ' || r == 'か' {
			next, _ := utf8.DecodeRune(key[i+n:])
			to := r
			switch {
			case isKanji(next) && (isCounting(prev) || r != 'か' && isKanji(prev)):
				to = 'が'
			case r != 'か':
				to = r - ('ァ' - 'ぁ')
			}
			utf8.EncodeRune(key[i:i+n], to)
			r = to
		}
		prev, i = r, i+n
	}
}

func isKanji(r rune) bool {
	return r >= kanjiFirst && r <= kanjiLast || r == '々' || r >= 0x3400 && r <= 0x4dbf || r >= 0x20000 && r <= 0x3ffff
}

func isCounting(r rune) bool {
	return r >= '0' && r <= '9' || strings.ContainsRune("一二三四五六七八九十百千数何", r)
}

// Grams returns every one- and two-character piece of a search key, each once, sorted: what the
// index of texts holds. The pieces share the memory of the key.
func Grams(key string) []string {
	out := make([]string, 0, 2*utf8.RuneCountInString(key))
	for i := 0; i < len(key); {
		_, n := utf8.DecodeRuneInString(key[i:])
		out = append(out, key[i:i+n])
		if i+n < len(key) {
			_, m := utf8.DecodeRuneInString(key[i+n:])
			out = append(out, key[i:i+n+m])
		}
		i += n
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// TermGrams returns the grams that a text must all have to contain the term with this key: the key
// itself for one character, its two-character pieces for more, each once and sorted, at most
// maxTermGrams of them. They are necessary, not sufficient: the caller compares the found texts with
// the key. An empty key has none and so excludes nothing.
func TermGrams(key string) []string {
	if utf8.RuneCountInString(key) <= 1 {
		if key == "" {
			return nil
		}
		return []string{key}
	}
	var out []string
	for i := 0; len(out) < maxTermGrams; {
		_, n := utf8.DecodeRuneInString(key[i:])
		if i+n >= len(key) {
			break
		}
		_, m := utf8.DecodeRuneInString(key[i+n:])
		if g := key[i : i+n+m]; !slices.Contains(out, g) {
			out = append(out, g)
		}
		i += n
	}
	slices.Sort(out)
	return out
}

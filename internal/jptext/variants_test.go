package jptext

import (
	"strings"
	"testing"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

func TestEveryVariantStandsForOneCharacter(t *testing.T) {
	leads, followers := map[rune]bool{}, map[rune]string{}
	pairs := 0
	for group := range strings.FieldsSeq(variantGroups + hiddenVariants) {
		rs := []rune(group)
		if len(rs) < 2 {
			t.Errorf("group %q has nobody to stand for", group)
		}
		leads[rs[0]] = true
		if rs[0] < kanjiFirst || rs[0] > kanjiLast {
			t.Errorf("%q does not fit the table", rs[0])
		}
		for _, r := range rs[1:] {
			pairs++
			if before, ok := followers[r]; ok {
				t.Errorf("%c stands in %s and in %s", r, before, group)
			}
			followers[r] = group
			if got := plain(r); got != rs[0] {
				t.Errorf("plain(%c) = %c, want %c", r, got, rs[0])
			}
			// What NFKC changes never reaches the table: such a pair would be dead, or the source file
			// was normalised by an editor.
			if !norm.NFKC.IsNormalString(string(r)) || r == utf8.RuneError {
				t.Errorf("%c (%U) is changed by NFKC", r, r)
			}
			if got, want := SearchKey(string(r)), SearchKey(string(rs[0])); got != want {
				t.Errorf("SearchKey(%c) = %q, want %q", r, got, want)
			}
		}
	}
	for r := range leads {
		if g, ok := followers[r]; ok {
			t.Errorf("%c leads a group and follows in %s", r, g)
		}
		if plain(r) != r {
			t.Errorf("plain(%c) = %c", r, plain(r))
		}
	}
	if pairs < 500 {
		t.Errorf("only %d pairs are left", pairs)
	}
}

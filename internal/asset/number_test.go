package asset

import (
	"strings"
	"testing"

	"pgregory.net/rapid"

	"daicho/internal/errs"
)

func genNumber() *rapid.Generator[ManagementNumber] {
	return rapid.Custom(func(t *rapid.T) ManagementNumber {
		return ManagementNumber{
			FiscalYear: rapid.IntRange(1900, 9999).Draw(t, "fy"),
			Prefix:     rapid.StringMatching(`[A-Z]{2}`).Draw(t, "prefix"),
			Seq:        rapid.OneOf(rapid.Int64Range(1, 999_999), rapid.Int64Range(1_000_000, 99_999_999_999)).Draw(t, "seq"),
		}
	})
}

func TestNumberForm(t *testing.T) {
	got := FormatNumber(2026, "KR", 123)
	if !strings.HasPrefix(got, "2026-KR-000123-") || len(got) != len("2026-KR-000123-7") {
		t.Error(got)
	}
	if got := FormatNumber(2026, "KR", 1_234_567); !strings.HasPrefix(got, "2026-KR-1234567-") {
		t.Error(got)
	}
}

func TestParseNumberAsTyped(t *testing.T) {
	n := ManagementNumber{2026, "KR", 123}
	s := n.String()
	wide := strings.Map(func(r rune) rune {
		if r > ' ' && r <= '~' {
			return r + 0xFEE0
		}
		return r
	}, s)
	for _, in := range []string{
		s, strings.ToLower(s), strings.ReplaceAll(s, "-", ""), strings.ReplaceAll(s, "-", " "), "  " + s + "\n", wide,
		strings.ReplaceAll(s, "-", "ー"), strings.ReplaceAll(s, "-", "−"), strings.ReplaceAll(s, "-", "‐"), strings.ReplaceAll(s, "-", "　"),
	} {
		if got, err := ParseNumber(in); err != nil || got != n {
			t.Errorf("%q: %v %v", in, got, err)
		}
	}
	for _, in := range []string{"", "2026", "KR-000123-7", "2026-K-000123-7", "2026-KR-123-7", "2026-KR-000000-0", s + "1", "x" + s, strings.Repeat("9", 200), "2026-KR-0000123-" + s[len(s)-1:], "2026-けい-000123-1"} {
		if got, err := ParseNumber(in); !errs.Is(err, errs.Invalid) || errs.MessageOf(err) == "" {
			t.Errorf("%q: %v %v", in, got, err)
		}
	}
}

func TestNumberComesBack(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := genNumber().Draw(t, "n")
		if got, err := ParseNumber(n.String()); err != nil || got != n {
			t.Fatalf("%v: %v %v", n, got, err)
		}
	})
}

func TestCheckDigitFindsSlips(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := []byte(genNumber().Draw(t, "n").String())
		i := rapid.IntRange(0, len(s)-1).Draw(t, "at")
		digit := func(c byte) bool { return c >= '0' && c <= '9' }
		if digit(s[i]) {
			w := append([]byte(nil), s...)
			w[i] = '0' + (s[i]-'0'+byte(rapid.IntRange(1, 9).Draw(t, "by")))%10
			if _, err := ParseNumber(string(w)); err == nil {
				t.Fatalf("%s for %s passes", w, s)
			}
		}
		if i+1 < len(s) && digit(s[i]) && digit(s[i+1]) && s[i] != s[i+1] {
			w := append([]byte(nil), s...)
			w[i], w[i+1] = w[i+1], w[i]
			if _, err := ParseNumber(string(w)); err == nil {
				t.Fatalf("%s for %s passes", w, s)
			}
		}
	})
}

func FuzzParseNumber(f *testing.F) {
	f.Add("2026-KR-000123-7")
	f.Add("２０２６ＫＲ０００１２３７")
	f.Fuzz(func(t *testing.T, s string) {
		n, err := ParseNumber(s)
		if err != nil {
			return
		}
		if again, err := ParseNumber(n.String()); err != nil || again != n {
			t.Fatalf("%q → %v → %v %v", s, n, again, err)
		}
	})
}

package jptext_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"daicho/internal/jptext"

	"pgregory.net/rapid"
)

// valid is a number made for tests that passes the check digit; its neighbours do not.
const valid = "123456789018"

func TestIsMyNumber(t *testing.T) {
	for s, want := range map[string]bool{
		valid:           true,
		"123456789010":  false,
		"023456789013":  true,
		"12345678901":   false,
		"1234567890188": false,
		"12345678901a":  false,
		"１２３４５６７８９０１８":  false,
		"":              false,
	} {
		if got := jptext.IsMyNumber(s); got != want {
			t.Errorf("IsMyNumber(%q) = %v", s, got)
		}
	}
	// Exactly one last digit makes a number of any eleven digits.
	rapid.Check(t, func(t *rapid.T) {
		body := rapid.StringMatching(`[0-9]{11}`).Draw(t, "digits")
		n := 0
		for c := range 10 {
			if jptext.IsMyNumber(fmt.Sprintf("%s%d", body, c)) {
				n++
			}
		}
		if n != 1 {
			t.Fatalf("%s has %d check digits", body, n)
		}
	})
}

func TestFindMyNumbers(t *testing.T) {
	for s, want := range map[string][]string{
		"":                  nil,
		"番号は123456789018です": {valid},
		"番号は１２３４５６７８９０１８です": {valid},
		"1234-5678-9018": {valid},
		"１２３４－５６７８－９０１８":                      {valid},
		"1234ー5678ー9018":                      {valid},
		"1234 5678 9018":                      {valid},
		"1234　5678　9018":                      {valid},
		"個人番号：1234 5678 9018（本人）":             {valid},
		"個人番号-123456789018":                   {valid},
		"末尾は123456789018.":                    {valid},
		"2026 123456789018":                   {valid},
		"123456789018\n123456789018、":         {valid, valid},
		"１件目 123456789018 2件目 0234-5678-9013": {valid, "023456789013"},
		"12 1234 5678 9018 12":                {valid},
		// no number of twelve digits, or a part of something longer
		"123456789010":                         nil,
		"0123456789018":                        nil,
		"1234567890180":                        nil,
		"A123456789018":                        nil,
		"123456789018B":                        nil,
		"Ａ123456789018":                        nil,
		"SN-123456789018":                      nil,
		"123456789018-01":                      nil,
		"0.123456789018":                       nil,
		"123456789018.5":                       nil,
		"1234-5678-9018-1234":                  nil,
		"1234-1234-5678-9018":                  nil,
		"1234 5678 9018 1234":                  nil,
		"1234 1234 5678 9018":                  nil,
		"1234-5678 9018":                       nil,
		"1234-56789018":                        nil,
		"12345-6789-018":                       nil,
		"1234\n5678\n9018":                     nil,
		"1234\t5678\t9018":                     nil,
		"123,456,789,018":                      nil,
		"550e8400-e29b-41d4-a716-123456789018": nil,
		"06-1234-5678-9018":                    nil,
	} {
		if got := jptext.FindMyNumbers(s); !slices.Equal(got, want) {
			t.Errorf("FindMyNumbers(%q) = %q, want %q", s, got, want)
		}
	}
}

func FuzzFindMyNumbers(f *testing.F) {
	for _, s := range []string{valid, "1234-5678-9018", "１２３４　５６７８　９０１８", "1234 1234 5678 9018", "-1234-5678-9018-", "1234-5678-"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		for _, n := range jptext.FindMyNumbers(s) {
			if !jptext.IsMyNumber(n) {
				t.Fatalf("FindMyNumbers(%q) gave %q", s, n)
			}
		}
		// Wherever the number stands free it is found, whatever else the text holds.
		if got := jptext.FindMyNumbers(s + "\n番号：" + valid + "\n" + s); !slices.Contains(got, valid) {
			t.Fatalf("the number is not found beside %q: %q", s, got)
		}
	})
}

func TestCorporateNumberOK(t *testing.T) {
	for s, want := range map[string]bool{
		"7000012050002": true, // 国税庁
		"8000012010038": true, // デジタル庁
		"7000012050003": false,
		"700001205000":  false,
		"T700001205000": false,
		"":              false,
	} {
		if got := jptext.CorporateNumberOK(s); got != want {
			t.Errorf("CorporateNumberOK(%q) = %v", s, got)
		}
	}
}

func TestLocalGovCodeOK(t *testing.T) {
	for s := range strings.FieldsSeq("250007 260002 270008 280003 290009 300004 310000 360007 261009 271004 271403 281000 011002 131016") {
		if !jptext.LocalGovCodeOK(s) {
			t.Errorf("%s was refused", s)
		}
		for c := byte('0'); c <= '9'; c++ {
			if wrong := s[:5] + string(c); wrong != s && jptext.LocalGovCodeOK(wrong) {
				t.Errorf("%s passed beside %s", wrong, s)
			}
		}
	}
	for _, s := range []string{"", "25000", "2500070", "25000a", "２５０００７"} {
		if jptext.LocalGovCodeOK(s) {
			t.Errorf("%q passed", s)
		}
	}
}

func TestCheckDigit(t *testing.T) {
	for s, want := range map[string]byte{"572": '4', "5-7-2": '4', "0": '0', "": 0, "-": 0, "12あ": 0, "1 2": 0, "1.2": 0} {
		if got := jptext.CheckDigit(s); got != want {
			t.Errorf("CheckDigit(%q) = %q, want %q", s, got, want)
		}
	}
	if jptext.CheckDigit("2026-kc-000123") != jptext.CheckDigit("2026KC000123") {
		t.Error("dashes or case change the check digit")
	}
}

// passes reports whether the last character of a number is the check digit of what stands before it.
func passes(number string) bool {
	last := len(number) - 1
	return jptext.CheckDigit(number[:last]) == number[last]
}

func TestCheckDigitCatchesSlips(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		body := rapid.StringMatching(`20[0-9]{2}-[A-Z]{2}-[0-9]{6}`).Draw(t, "number")
		number := []byte(body + "-" + string(jptext.CheckDigit(body)))
		if !passes(string(number)) {
			t.Fatalf("%s was refused", number)
		}
		digit := func(c byte) bool { return c >= '0' && c <= '9' }
		for i, c := range number {
			if !digit(c) {
				continue
			}
			for d := byte('0'); d <= '9'; d++ {
				wrong := slices.Clone(number)
				if wrong[i] = d; d != c && passes(string(wrong)) {
					t.Fatalf("%s passed beside %s", wrong, number)
				}
			}
			j := i + 1
			if j < len(number) && number[j] == '-' {
				j++ // neighbours across the dash
			}
			if j < len(number) && digit(number[j]) && number[j] != c {
				wrong := slices.Clone(number)
				if wrong[i], wrong[j] = wrong[j], wrong[i]; passes(string(wrong)) {
					t.Fatalf("%s passed beside %s", wrong, number)
				}
			}
		}
	})
}

func TestCheckDigitCatchesMostWrongLetters(t *testing.T) {
	passed, tried := 0, 0
	for a := byte('A'); a <= 'Z'; a++ {
		for b := byte('A'); b <= 'Z'; b++ {
			if a == b {
				continue
			}
			tried++
			if jptext.CheckDigit("2026-K"+string(a)+"-000123") == jptext.CheckDigit("2026-K"+string(b)+"-000123") {
				passed++
			}
		}
	}
	if passed*8 > tried {
		t.Errorf("%d of %d wrong letters pass", passed, tried)
	}
}

func TestThousands(t *testing.T) {
	for in, want := range map[string]string{"": "", "0": "0", "999": "999", "6800": "6,800", "999999": "999,999", "1234567": "1,234,567", "12人": "12人", "-1200": "-1200", "１２００": "１２００"} {
		if got := jptext.Thousands(in); got != want {
			t.Errorf("%q: %q, want %q", in, got, want)
		}
	}
}

package asset

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"

	"daicho/internal/errs"
	"daicho/internal/jptext"
)

// ManagementNumber is a 管理番号: 年度–採番機関–連番–検査数字. It carries neither kind nor unit, so a
// reorganisation never makes it lie. It is given at submission and never changes.
type ManagementNumber struct {
	FiscalYear int    // year in which it was given, as the calendar year of its April
	Prefix     string // 採番記号 of the organ: two capital letters
	Seq        int64  // from 1, one counter per organ and year
}

var numberPattern = regexp.MustCompile(`^([0-9]{4})-?([A-Z]{2})-?([0-9]{6,17})-?([0-9])$`)

// String returns the number as it is printed and stored: 2026-KR-000123-7.
func (n ManagementNumber) String() string { return n.body() + "-" + string(n.check()) }

func (n ManagementNumber) body() string {
	return fmt.Sprintf("%04d-%s-%06d", n.FiscalYear, n.Prefix, n.Seq)
}

// FormatNumber returns the 管理番号 of a fiscal year, the 採番記号 of an organ and a running number.
func FormatNumber(fy int, prefix string, seq int64) string {
	return ManagementNumber{fy, prefix, seq}.String()
}

// check is the check digit over the year, the letters and the running number. A wrong digit and two
// neighbouring digits that are swapped are always found, a wrong letter mostly.
func (n ManagementNumber) check() byte { return jptext.CheckDigit(n.body()) }

// ParseNumber reads a 管理番号 as it is typed or scanned: full-width, lower case, with spaces, with
// or without hyphens of any kind. The error is Invalid and says whether the form or the check digit
// is wrong.
func ParseNumber(s string) (ManagementNumber, error) {
	m := numberPattern.FindStringSubmatch(squeeze(s))
	if m == nil {
		return ManagementNumber{}, errs.New(errs.Invalid, "asset.number.form", "管理番号は「2026-KR-000123-7」のような形で入力してください")
	}
	fy, _ := strconv.Atoi(m[1])                // four digits
	seq, err := strconv.ParseInt(m[3], 10, 64) // at most 17 digits
	n := ManagementNumber{fy, m[2], seq}
	if err != nil || seq == 0 || len(m[3]) > 6 && m[3][0] == '0' {
		return ManagementNumber{}, errs.New(errs.Invalid, "asset.number.form", "管理番号は「2026-KR-000123-7」のような形で入力してください")
	}
	if n.check() != m[4][0] {
		return ManagementNumber{}, errs.New(errs.Invalid, "asset.number.check", "管理番号のどこかが違います。ラベルや台帳の番号をもう一度確かめて入力してください")
	}
	return n, nil
}

// squeeze brings a typed number into half-width capitals without spaces and with plain hyphens.
func squeeze(s string) string {
	if len(s) > 100 {
		return ""
	}
	return strings.Map(func(r rune) rune {
		switch r {
		case ' ', '\t', '\u3000', '\u00a0':
			return -1
		case '‐', '‑', '‒', '–', '—', '―', '−', '－', 'ー', 'ｰ', '﹣':
			return '-'
		}
		return r
	}, strings.ToUpper(jptext.Code(s)))
}

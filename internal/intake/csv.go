package intake

import (
	"bytes"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/encoding/japanese"
)

// Names of the encodings, as messages and the report of a load show them.
const (
	encUTF8    = "UTF-8"
	encUTF8BOM = "UTF-8（BOM付き）"
	encCP932   = "CP932"
)

// decode turns the bytes of a file into text. A byte order mark decides; without one the bytes are
// UTF-8 if they are valid as such, else CP932 (what Excel writes as 「CSV」). Bytes that are valid as
// both, which happens with short tables in half-width kana, are what makes more of the header known.
// Bytes that neither can read come out as U+FFFD. words is the reason why nothing can be read.
func decode(b []byte, knows func([]string) int) (text, enc, words string) {
	if rest, ok := bytes.CutPrefix(b, []byte("\xef\xbb\xbf")); ok {
		return strings.ToValidUTF8(string(rest), "\ufffd"), encUTF8BOM, ""
	}
	if bytes.HasPrefix(b, []byte("\xff\xfe")) || bytes.HasPrefix(b, []byte("\xfe\xff")) {
		return "", "UTF-16", "文字コードがUTF-16です。Excelの「名前を付けて保存」で「CSV UTF-8（コンマ区切り）」を選んで保存し直してください。"
	}
	if bytes.HasPrefix(b, []byte("PK\x03\x04")) || bytes.HasPrefix(b, []byte("\xd0\xcf\x11\xe0")) {
		return "", "Excel", "Excelのブックです。「名前を付けて保存」で「CSV UTF-8（コンマ区切り）」を選んで保存し直してください。"
	}
	if bytes.IndexByte(b, 0) >= 0 {
		return "", "", "CSVではないようです。「CSV UTF-8（コンマ区切り）」で保存したファイルを選んでください。"
	}
	cp932 := func() string {
		s, err := japanese.ShiftJIS.NewDecoder().Bytes(b)
		if err != nil {
			return strings.ToValidUTF8(string(b), "\ufffd")
		}
		return string(s)
	}
	if !utf8.Valid(b) {
		// A file in UTF-8 with a damaged byte is still UTF-8 when only that makes its header known.
		u, s := strings.ToValidUTF8(string(b), "\ufffd"), cp932()
		if knows(firstRecord(u)) > knows(firstRecord(s)) {
			return u, encUTF8, ""
		}
		return s, encCP932, ""
	}
	u := string(b)
	if isASCII(b) {
		return u, encUTF8, ""
	}
	if s := cp932(); knows(firstRecord(s)) > knows(firstRecord(u)) {
		return s, encCP932, ""
	}
	return u, encUTF8, ""
}

func isASCII(b []byte) bool {
	for _, c := range b {
		if c >= utf8.RuneSelf {
			return false
		}
	}
	return true
}

func firstRecord(text string) []string {
	recs, _ := splitN(text, 1)
	if len(recs) == 0 {
		return nil
	}
	return recs[0].cells
}

// record is one row of the file with the number that Excel gives it.
type record struct {
	no    int
	cells []string
}

func (r record) blank() bool {
	for _, c := range r.cells {
		if strings.TrimSpace(c) != "" {
			return false
		}
	}
	return true
}

type fault struct {
	row   int
	words string
}

// split reads records of RFC 4180. encoding/csv is not used because it passes over empty lines and
// counts lines, so that its numbers are not the rows that Excel shows, and because it stops at the
// first mistake. A record ends in CRLF, LF or CR; a quoted cell may hold any of them.
func split(text string) ([]record, []fault) { return splitN(text, -1) }

func splitN(text string, most int) ([]record, []fault) {
	var out []record
	var bad []fault
	no, i := 0, 0
	for i < len(text) && most != 0 {
		most--
		no++
		rec := record{no: no}
		for {
			var cell string
			if i < len(text) && text[i] == '"' {
				var words string
				cell, i, words = quoted(text, i+1)
				if words != "" {
					bad = append(bad, fault{no, words})
				}
			} else {
				end := strings.IndexAny(text[i:], ",\r\n")
				if end < 0 {
					end = len(text) - i
				}
				cell, i = text[i:i+end], i+end
			}
			rec.cells = append(rec.cells, cell)
			if i < len(text) && text[i] == ',' {
				i++
				continue
			}
			break
		}
		switch {
		case i+1 < len(text) && text[i] == '\r' && text[i+1] == '\n':
			i += 2
		case i < len(text):
			i++
		}
		out = append(out, rec)
	}
	return out, bad
}

// quoted reads a quoted cell from behind its opening quotation mark and returns where it ends.
func quoted(text string, i int) (cell string, end int, words string) {
	var b strings.Builder
	for {
		j := strings.IndexByte(text[i:], '"')
		if j < 0 {
			b.WriteString(text[i:])
			return b.String(), len(text), "「\"」で始まったセルが閉じていません。閉じる「\"」を書くか、Excelで開いて保存し直してください。"
		}
		b.WriteString(text[i : i+j])
		i += j + 1
		if i < len(text) && text[i] == '"' {
			b.WriteByte('"')
			i++
			continue
		}
		break
	}
	if rest := strings.IndexAny(text[i:], ",\r\n"); rest != 0 && i < len(text) {
		if rest < 0 {
			rest = len(text) - i
		}
		b.WriteString(text[i : i+rest])
		return b.String(), i + rest, "「\"」の後に余分な文字があります。セルの中の「\"」は二つ重ねて書くか、Excelで開いて保存し直してください。"
	}
	return b.String(), i, ""
}

// Package attach decides which files may hang on an asset: by what they hold, never by what they
// call themselves. It reads bytes in memory and unpacks nothing. It is pure; it must not import
// postgres, app or web.
package attach

import (
	"bytes"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/encoding/japanese"

	"daicho/internal/errs"
)

// MaxSize is the greatest size of one file in bytes (design §4.12).
const MaxSize = 20 << 20

// Field is the form field to which the errors of Check belong.
const Field = "file"

// File is what Check found out about a file.
type File struct {
	Name string // cleaned, to be stored and offered for download
	MIME string // by content
}

// Type is one type of file that may be attached.
type Type struct {
	Label string // for screens
	MIME  string
	Ext   []string // endings that a name may have, the usual first
}

// The types that may be attached.
var (
	pdf    = Type{"PDF", "application/pdf", []string{".pdf"}}
	docx   = Type{"Word文書", "application/vnd.openxmlformats-officedocument.wordprocessingml.document", []string{".docx"}}
	xlsx   = Type{"Excelブック", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", []string{".xlsx"}}
	pptx   = Type{"PowerPointプレゼンテーション", "application/vnd.openxmlformats-officedocument.presentationml.presentation", []string{".pptx"}}
	doc    = Type{"Word文書（旧形式）", "application/msword", []string{".doc"}}
	xls    = Type{"Excelブック（旧形式）", "application/vnd.ms-excel", []string{".xls"}}
	ppt    = Type{"PowerPointプレゼンテーション（旧形式）", "application/vnd.ms-powerpoint", []string{".ppt"}}
	png    = Type{"PNG画像", "image/png", []string{".png"}}
	jpeg   = Type{"JPEG画像", "image/jpeg", []string{".jpg", ".jpeg"}}
	gif    = Type{"GIF画像", "image/gif", []string{".gif"}}
	webp   = Type{"WebP画像", "image/webp", []string{".webp"}}
	text   = Type{"テキスト", "text/plain; charset=utf-8", []string{".txt", ".csv"}}
	textJP = Type{"テキスト（シフトJIS）", "text/plain; charset=shift_jis", []string{".txt", ".csv"}}
)

// Types lists the types that may be attached.
func Types() []Type {
	return []Type{pdf, docx, xlsx, pptx, doc, xls, ppt, png, jpeg, gif, webp, text, textJP}
}

// Accepted names the types for a form: 「PDF、Office（Word…）、画像…」.
const Accepted = "PDF、Word・Excel・PowerPoint（マクロとパスワードのないもの）、画像（PNG・JPEG・GIF・WebP）、テキスト・CSV"

// LabelOf returns the word for a stored MIME type, or the type itself for an unknown one.
func LabelOf(mime string) string {
	for _, t := range Types() {
		if t.MIME == mime {
			return t.Label
		}
	}
	return mime
}

func refuse(code, message string) error { return errs.OnField(Field, "attach."+code, message) }

// Check looks at a file as it was uploaded and returns its cleaned name and its type.
// Errors: Invalid on the field "file", with what to do about it.
func Check(name string, body []byte) (File, error) {
	switch {
	case len(body) == 0:
		return File{}, refuse("empty", "ファイルが空です。中身のあるファイルを選んでください")
	case len(body) > MaxSize:
		return File{}, refuse("size", fmt.Sprintf("ファイルが大きすぎます。1件 %d MB までです。分けるか、画像を小さくして添付してください", MaxSize>>20))
	}
	t, err := typeOf(body)
	if err != nil {
		return File{}, err
	}
	clean := CleanName(name)
	ext := strings.ToLower(filepath.Ext(clean))
	if !slices.Contains(t.Ext, ext) {
		return File{}, refuse("ext", fmt.Sprintf("中身は%sですが、名前の終わりが「%s」です。名前の終わりを「%s」にして添付し直してください", t.Label, ext, t.Ext[0]))
	}
	return File{clean, t.MIME}, nil
}

func typeOf(body []byte) (Type, error) {
	starts := func(s string) bool { return bytes.HasPrefix(body, []byte(s)) }
	switch {
	case starts("%PDF-"):
		return pdf, nil
	case starts("PK\x03\x04"):
		return officeOf(body)
	case starts("\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"):
		return oldOfficeOf(body)
	case starts("\x89PNG\r\n\x1a\n"):
		return png, nil
	case starts("\xff\xd8\xff"):
		return jpeg, nil
	case starts("GIF87a"), starts("GIF89a"):
		return gif, nil
	case starts("RIFF") && len(body) > 12 && string(body[8:12]) == "WEBP":
		return webp, nil
	}
	if markup(body) {
		return Type{}, refuse("markup", "HTMLやSVGなど、開くと動くことのあるファイルは添付できません。PDFか画像にして添付してください")
	}
	if plain(body) {
		return text, nil
	}
	if s, err := japanese.ShiftJIS.NewDecoder().Bytes(body); err == nil && !bytes.ContainsRune(s, utf8.RuneError) && plain(s) {
		return textJP, nil
	}
	return Type{}, refuse("type", "この種類のファイルは添付できません。添付できるのは、"+Accepted+"です")
}

// plain reports whether the bytes are UTF-8 text without control characters that no text has.
func plain(b []byte) bool {
	if !utf8.Valid(b) {
		return false
	}
	return !bytes.ContainsFunc(b, func(r rune) bool {
		return r < ' ' && r != '\t' && r != '\n' && r != '\r' && r != '\f' || r == 0x7f
	})
}

// markup reports whether the text begins like a page that a browser would run.
func markup(b []byte) bool {
	b = bytes.TrimPrefix(b, []byte("\ufeff"))
	return bytes.HasPrefix(bytes.TrimLeft(b, " \t\r\n\f"), []byte("<"))
}

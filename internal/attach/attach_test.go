package attach_test

import (
	"archive/zip"
	"bytes"
	"encoding/binary"
	"io"
	"strings"
	"testing"
	"unicode/utf16"
	"unicode/utf8"

	"golang.org/x/text/encoding/japanese"

	"daicho/internal/attach"
	"daicho/internal/errs"
)

func office(parts ...string) []byte {
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for _, p := range parts {
		name, content, _ := strings.Cut(p, "=")
		w, err := z.Create(name)
		if err != nil {
			panic(err)
		}
		if _, err := io.WriteString(w, content); err != nil {
			panic(err)
		}
	}
	if err := z.Close(); err != nil {
		panic(err)
	}
	return b.Bytes()
}

const types = "[Content_Types].xml=<Types/>"

// compound builds a compound file with the given names in its directory.
func compound(names ...string) []byte {
	b := make([]byte, 512*3)
	copy(b, "\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1")
	le := binary.LittleEndian
	le.PutUint16(b[30:], 9)
	le.PutUint32(b[48:], 1)          // directory: sector 1
	le.PutUint32(b[68:], 0xfffffffe) // no more tables
	for i := range 109 {
		le.PutUint32(b[76+4*i:], 0xffffffff)
	}
	le.PutUint32(b[76:], 0) // table: sector 0
	le.PutUint32(b[512:], 0xfffffffd)
	le.PutUint32(b[516:], 0xfffffffe)
	for i, n := range names {
		u := utf16.Encode([]rune(n))
		e := b[1024+128*i:]
		for j, c := range u {
			le.PutUint16(e[2*j:], c)
		}
		le.PutUint16(e[64:], uint16(2*len(u)+2))
		e[66] = 2
	}
	return b
}

func TestCheck(t *testing.T) {
	sjis, err := japanese.ShiftJIS.NewEncoder().Bytes([]byte("管理番号,名称\r\n1,髙橋"))
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name string
		body []byte
		mime string // "" = refused
		code string
	}{
		{"規程.pdf", []byte("%PDF-1.7\n"), "application/pdf", ""},
		{"規程.PDF", []byte("%PDF-1.7\n"), "application/pdf", ""},
		{"a.docx", office(types, "word/document.xml=x"), "application/vnd.openxmlformats-officedocument.wordprocessingml.document", ""},
		{"a.xlsx", office(types, "xl/workbook.xml=x"), "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", ""},
		{"a.pptx", office(types, "ppt/presentation.xml=x"), "application/vnd.openxmlformats-officedocument.presentationml.presentation", ""},
		{"a.doc", compound("Root Entry", "WordDocument"), "application/msword", ""},
		{"a.xls", compound("Root Entry", "Workbook"), "application/vnd.ms-excel", ""},
		{"a.ppt", compound("Root Entry", "PowerPoint Document"), "application/vnd.ms-powerpoint", ""},
		{"a.png", []byte("\x89PNG\r\n\x1a\n..."), "image/png", ""},
		{"a.jpeg", []byte("\xff\xd8\xff\xe0"), "image/jpeg", ""},
		{"a.gif", []byte("GIF89a..."), "image/gif", ""},
		{"a.webp", []byte("RIFF\x00\x00\x00\x00WEBPVP8 "), "image/webp", ""},
		{"a.txt", []byte("\ufeff台帳\r\n"), "text/plain; charset=utf-8", ""},
		{"a.csv", sjis, "text/plain; charset=shift_jis", ""},

		{"a.pdf", nil, "", "attach.empty"},
		{"a.pdf", append([]byte("%PDF-"), make([]byte, attach.MaxSize)...), "", "attach.size"},
		{"a.exe", []byte("%PDF-1.7"), "", "attach.ext"},
		{"a.pdf.exe", []byte("%PDF-1.7"), "", "attach.ext"},
		{"a.pdf", []byte("MZ\x90\x00\x03\x00"), "", "attach.type"},
		{"a.png", []byte("%PDF-1.7"), "", "attach.ext"},
		{"a.txt", []byte("<!DOCTYPE html><script>"), "", "attach.markup"},
		{"a.svg", []byte("\ufeff <svg onload=x>"), "", "attach.markup"},
		{"a.txt", []byte("a\x00b"), "", "attach.type"},
		{"a.zip", office("a.txt=x"), "", "attach.zip"},
		{"a.docx", office("word/document.xml=x"), "", "attach.zip"},
		{"a.docx", office(types, "word/document.xml=x", "../evil=x"), "", "attach.zip"},
		{"a.docx", []byte("PK\x03\x04 broken"), "", "attach.broken"},
		{"a.docm", office(types, "word/document.xml=x", "word/vbaProject.bin=x"), "", "attach.macro"},
		{"a.docx", office(types, "word/document.xml=x", "word/VBAPROJECT.BIN=x"), "", "attach.macro"},
		{"a.xlsx", office(types, "xl/workbook.xml=x", "xl/macrosheets/sheet1.xml=x"), "", "attach.macro"},
		{"a.docx", office("[Content_Types].xml=application/vnd.ms-word.document.macroEnabled.main+xml", "word/document.xml=x"), "", "attach.macro"},
		{"a.docx", office(types, "word/document.xml="+strings.Repeat("a", 64<<20)), "", "attach.bomb"},
		{"a.doc", compound("Root Entry", "WordDocument", "Macros"), "", "attach.macro"},
		{"a.docx", compound("Root Entry", "EncryptedPackage"), "", "attach.locked"},
		{"a.msi", compound("Root Entry", "Something"), "", "attach.type"},
		{"a.doc", compound()[:600], "", "attach.type"},
	} {
		f, err := attach.Check(c.name, c.body)
		if f.MIME != c.mime || errs.CodeOf(err) != c.code {
			t.Errorf("%s: %q %v, want %q %s", c.name, f.MIME, err, c.mime, c.code)
		}
		if err != nil && (errs.KindOf(err) != errs.Invalid || len(errs.Fields(err)) != 1 || errs.MessageOf(err) == "") {
			t.Errorf("%s: %v does not help at the field", c.name, err)
		}
		if f.MIME != "" && attach.LabelOf(f.MIME) == f.MIME {
			t.Errorf("%s has no word for its type", c.name)
		}
	}
}

// A declared size is what the directory of the archive says; one that lies about a huge part is
// refused before anything is unpacked.
func TestDeclaredSizeOfAPart(t *testing.T) {
	b := office(types, "word/document.xml=x")
	at := bytes.Index(b, []byte("PK\x01\x02"))
	if at < 0 {
		t.Fatal("no directory")
	}
	binary.LittleEndian.PutUint32(b[at+24:], 0xf0000000)
	if _, err := attach.Check("a.docx", b); errs.CodeOf(err) != "attach.bomb" {
		t.Error(err)
	}
}

func TestCleanName(t *testing.T) {
	for in, want := range map[string]string{
		"廃棄証明書（令和8年）.pdf":                 "廃棄証明書（令和8年）.pdf",
		`C:\Users\x\報告.docx`:              "報告.docx",
		"../../etc/passwd":                "passwd",
		"a\u202efdp.exe":                  "afdp.exe",
		"a\u200bb\r\nc.pdf":               "abc.pdf",
		`a<b>:"|?*.pdf`:                   "a_b______.pdf",
		".pdf":                            "添付.pdf",
		"":                                "添付",
		"con.pdf":                         "_con.pdf",
		"COM1 .txt":                       "_COM1.txt",
		" . 名 . .pdf ":                    "名.pdf",
		"x.pdf.":                          "x.pdf",
		strings.Repeat("長", 300) + ".pdf": strings.Repeat("長", 76) + ".pdf",
	} {
		if got := attach.CleanName(in); got != want {
			t.Errorf("%q: %q, want %q", in, got, want)
		}
	}
}

// Whatever is uploaded: no crash, and a name that is safe as it stands.
func FuzzCheck(f *testing.F) {
	f.Add("a.docx", office(types, "word/document.xml=x"))
	f.Add("a.doc", compound("Root Entry", "WordDocument"))
	f.Add("a\u202e.txt", []byte("台帳"))
	f.Fuzz(func(t *testing.T, name string, body []byte) {
		got, err := attach.Check(name, body)
		clean := attach.CleanName(name)
		if clean == "" || !utf8.ValidString(clean) || len(clean) > 255 || strings.ContainsAny(clean, "/\\<>:\"|?*\r\n\x00") || attach.CleanName(clean) != clean {
			t.Errorf("%q became %q", name, clean)
		}
		if err == nil && (got.Name != clean || got.MIME == "") {
			t.Errorf("%+v", got)
		}
	})
}

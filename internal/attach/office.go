package attach

import (
	"archive/zip"
	"bytes"
	"encoding/binary"
	"io"
	"path"
	"strings"
	"unicode/utf16"
)

// Bounds of what an Office file may say about itself. A file beyond them is no document but a trap
// for whoever opens it.
const (
	maxEntries  = 5000
	maxUnpacked = 400 << 20
	maxRatio    = 300 // bytes unpacked per byte packed, over the whole file
)

// officeOf tells Word, Excel and PowerPoint apart by the parts of the package and refuses macros.
func officeOf(body []byte) (Type, error) {
	bad := refuse("zip", "圧縮ファイル（ZIPなど）は添付できません。中のファイルを一つずつ添付してください")
	z, err := zip.NewReader(bytes.NewReader(body), int64(len(body)))
	if err != nil {
		return Type{}, refuse("broken", "ファイルが壊れているようです。もとのアプリで開けることを確かめて、保存し直してください")
	}
	if len(z.File) > maxEntries {
		return Type{}, bad
	}
	var unpacked uint64
	var types *zip.File
	var found Type
	for _, f := range z.File {
		unpacked += f.UncompressedSize64
		if unpacked > maxUnpacked || f.UncompressedSize64 > maxUnpacked {
			return Type{}, bomb()
		}
		name := strings.ToLower(strings.ReplaceAll(f.Name, `\`, "/"))
		if strings.HasPrefix(name, "/") || strings.Contains("/"+name+"/", "/../") {
			return Type{}, bad
		}
		switch name {
		case "[content_types].xml":
			types = f
		case "word/document.xml":
			found = docx
		case "xl/workbook.xml", "xl/workbook.bin":
			found = xlsx
		case "ppt/presentation.xml":
			found = pptx
		}
		if base := path.Base(name); base == "vbaproject.bin" || base == "vbadata.xml" || strings.HasPrefix(name, "xl/macrosheets/") {
			return Type{}, macro()
		}
	}
	if unpacked > maxRatio*uint64(len(body)) {
		return Type{}, bomb()
	}
	if types == nil || found.MIME == "" {
		return Type{}, bad
	}
	r, err := types.Open()
	if err != nil {
		return Type{}, bad
	}
	defer r.Close()
	list, err := io.ReadAll(io.LimitReader(r, 1<<20))
	if err != nil {
		return Type{}, bad
	}
	if bytes.Contains(bytes.ToLower(list), []byte("macroenabled")) {
		return Type{}, macro()
	}
	return found, nil
}

func macro() error {
	return refuse("macro", "マクロの入ったファイルは添付できません。マクロのない形式（docx、xlsx、pptx）かPDFで保存し直してください")
}

func bomb() error {
	return refuse("bomb", "広げるとたいへん大きくなるファイルなので添付できません。PDFで保存し直してください")
}

// oldOfficeOf reads the directory of a compound file (Word 97–2003 and its like). Source: [MS-CFB].
func oldOfficeOf(body []byte) (Type, error) {
	var found Type
	var macros, locked bool
	for _, name := range streams(body) {
		switch name {
		case "worddocument":
			found = doc
		case "workbook", "book":
			found = xls
		case "powerpoint document":
			found = ppt
		case "encryptedpackage", "encryptioninfo":
			locked = true
		case "_vba_project", "_vba_project_cur", "macros", "vba":
			macros = true
		}
	}
	switch {
	case locked:
		return Type{}, refuse("locked", "パスワードの付いたファイルは添付できません。中身を確かめられるように、パスワードを外して添付してください")
	case macros:
		return Type{}, macro()
	case found.MIME == "":
		return Type{}, refuse("type", "この種類のファイルは添付できません。添付できるのは、"+Accepted+"です")
	}
	return found, nil
}

// streams lists the names in the directory of a compound file in small letters; none when it cannot
// be read. Every chain is followed at most as far as the file has sectors.
func streams(body []byte) []string {
	if len(body) < 512 {
		return nil
	}
	shift := binary.LittleEndian.Uint16(body[30:])
	if shift != 9 && shift != 12 {
		return nil
	}
	size := 1 << shift
	sector := func(n uint32) []byte {
		from := (int64(n) + 1) << shift
		if n > 0xfffffff9 || from+int64(size) > int64(len(body)) {
			return nil
		}
		return body[from : from+int64(size)]
	}
	limit := len(body)>>shift + 1
	// Where the table of sectors lies: the first 109 places stand in the header, more in a chain.
	table := make([]uint32, 0, limit)
	for i := range 109 {
		table = append(table, binary.LittleEndian.Uint32(body[76+4*i:]))
	}
	per := size / 4
	for next, n := binary.LittleEndian.Uint32(body[68:]), 0; n < limit; n++ {
		s := sector(next)
		if s == nil {
			break
		}
		for i := range per - 1 {
			table = append(table, binary.LittleEndian.Uint32(s[4*i:]))
		}
		next = binary.LittleEndian.Uint32(s[4*(per-1):])
	}
	follow := func(n uint32) uint32 {
		at := int(n) / per
		if at >= len(table) {
			return 0xfffffffe
		}
		s := sector(table[at])
		if s == nil {
			return 0xfffffffe
		}
		return binary.LittleEndian.Uint32(s[4*(int(n)%per):])
	}
	var out []string
	for next, n := binary.LittleEndian.Uint32(body[48:]), 0; n < limit; n++ {
		s := sector(next)
		if s == nil {
			break
		}
		for at := 0; at+128 <= size; at += 128 {
			e := s[at : at+128]
			length := int(binary.LittleEndian.Uint16(e[64:]))
			if e[66] == 0 || length < 2 || length > 64 {
				continue
			}
			units := make([]uint16, 0, 32)
			for i := 0; i+2 <= length-2; i += 2 {
				units = append(units, binary.LittleEndian.Uint16(e[i:]))
			}
			out = append(out, strings.ToLower(string(utf16.Decode(units))))
		}
		next = follow(next)
	}
	return out
}

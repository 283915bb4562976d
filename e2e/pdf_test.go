package e2e

import (
	"bytes"
	"compress/zlib"
	"encoding/hex"
	"fmt"
	"io"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"unicode/utf16"

	"github.com/chromedp/chromedp"
)

// sheetOfPaper is one page of a PDF: its size in points and the text on it.
type sheetOfPaper struct {
	Width, Height float64
	Text          string // in the order of drawing, without spaces
}

// print makes the PDF that the browser prints of the page.
func (b *tab) print() []sheetOfPaper {
	b.t.Helper()
	return readPDF(b.t, run(b, chromedp.PrintToPDF(chromedp.PDFPreferCSSPageSize(), chromedp.PDFPrintBackground())))
}

var (
	pdfObject = regexp.MustCompile(`(?s)\n(\d+) 0 obj\n(.*?)\nendobj`)
	pdfBox    = regexp.MustCompile(`/MediaBox \[0 0 ([\d.]+) ([\d.]+)\]`)
	pdfFonts  = regexp.MustCompile(`(?s)/Font <<(.*?)>>`)
	pdfFont   = regexp.MustCompile(`/(F\d+) (\d+) 0 R`)
	pdfRef    = regexp.MustCompile(`/(Contents|ToUnicode) (\d+) 0 R`)
	pdfShow   = regexp.MustCompile(`/(F\d+) [\d.]+ Tf|<([0-9A-Fa-f]+)>`)
	cmapPart  = regexp.MustCompile(`(?s)begin(bfchar|bfrange)\n(.*?)end`)
	cmapHex   = regexp.MustCompile(`<([0-9A-Fa-f]+)>`)
)

// readPDF reads the pages of a PDF as Chromium writes it: plain objects, compressed streams, fonts
// that say which character each glyph is.
func readPDF(t *testing.T, pdf []byte) []sheetOfPaper {
	t.Helper()
	objects := map[string][]byte{}
	for _, m := range pdfObject.FindAllSubmatch(pdf, -1) {
		objects[string(m[1])] = m[2]
	}
	fonts := map[string]map[string]string{} // object → glyph → text
	var pages []sheetOfPaper
	for _, m := range pdfObject.FindAllSubmatch(pdf, -1) {
		body := m[2]
		if !bytes.HasPrefix(body, []byte("<</Type /Page\n")) {
			continue
		}
		box, contents := pdfBox.FindSubmatch(body), pdfRef.FindSubmatch(body)
		if box == nil || contents == nil {
			t.Fatalf("a page that cannot be read: %.300s", body)
		}
		var p sheetOfPaper
		p.Width, _ = strconv.ParseFloat(string(box[1]), 64)
		p.Height, _ = strconv.ParseFloat(string(box[2]), 64)
		named := map[string]map[string]string{}
		if f := pdfFonts.FindSubmatch(body); f != nil {
			for _, one := range pdfFont.FindAllSubmatch(f[1], -1) {
				at := string(one[2])
				if fonts[at] == nil {
					if ref := pdfRef.FindSubmatch(objects[at]); ref != nil {
						fonts[at] = cmap(inflate(t, objects[string(ref[2])]))
					}
				}
				named[string(one[1])] = fonts[at]
			}
		}
		var text strings.Builder
		var font map[string]string
		for _, s := range pdfShow.FindAllSubmatch(inflate(t, objects[string(contents[2])]), -1) {
			if len(s[1]) > 0 {
				font = named[string(s[1])]
				continue
			}
			width := 4 // digits of a glyph
			for g := range font {
				width = len(g)
				break
			}
			for glyphs := strings.ToLower(string(s[2])); len(glyphs) >= width; glyphs = glyphs[width:] {
				text.WriteString(font[glyphs[:width]])
			}
		}
		p.Text = strings.Join(strings.Fields(text.String()), "")
		pages = append(pages, p)
	}
	if len(pages) == 0 {
		t.Fatal("a PDF without pages")
	}
	return pages
}

func inflate(t *testing.T, object []byte) []byte {
	t.Helper()
	_, stream, ok := bytes.Cut(object, []byte("stream\n"))
	if !ok {
		t.Fatalf("no stream: %.200s", object)
	}
	r, err := zlib.NewReader(bytes.NewReader(stream))
	if err != nil {
		t.Fatal(err)
	}
	out, err := io.ReadAll(r)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// cmap reads which text each glyph stands for.
func cmap(stream []byte) map[string]string {
	out := map[string]string{}
	for _, part := range cmapPart.FindAllSubmatch(stream, -1) {
		var h []string
		for _, m := range cmapHex.FindAllSubmatch(part[2], -1) {
			h = append(h, strings.ToLower(string(m[1])))
		}
		if string(part[1]) == "bfchar" {
			for i := 0; i+1 < len(h); i += 2 {
				out[h[i]] = utf16Text(h[i+1], 0)
			}
			continue
		}
		for i := 0; i+2 < len(h); i += 3 {
			from, _ := strconv.ParseUint(h[i], 16, 16)
			to, _ := strconv.ParseUint(h[i+1], 16, 16)
			for g := from; g <= to; g++ {
				out[fmt.Sprintf("%0*x", len(h[i]), g)] = utf16Text(h[i+2], uint16(g-from))
			}
		}
	}
	return out
}

func utf16Text(h string, plus uint16) string {
	b, err := hex.DecodeString(h)
	if err != nil {
		return ""
	}
	var u []uint16
	for i := 0; i+1 < len(b); i += 2 {
		u = append(u, uint16(b[i])<<8|uint16(b[i+1]))
	}
	if len(u) > 0 {
		u[len(u)-1] += plus
	}
	return string(utf16.Decode(u))
}

package ledger

import (
	"bufio"
	"io"
	"strings"

	"daicho/internal/jptext"
)

// CSV writes a ledger as CSV by RFC 4180: UTF-8 with a byte order mark (so that a spreadsheet knows),
// header in row 1, CRLF, no end of line inside a record (an end of line in a text becomes a space),
// and texts that a spreadsheet would run as a formula guarded by an apostrophe, which the import
// takes off again. It holds one row at a time.
type CSV struct {
	w   *bufio.Writer
	rd  *Reader
	buf []byte
}

// NewCSV writes the header and returns the writer for the rows.
func NewCSV(w io.Writer, b *Book, columns []Column) (*CSV, error) {
	c := &CSV{w: bufio.NewWriterSize(w, 64<<10), rd: NewReader(b, columns)}
	c.buf = append(c.buf, "\ufeff"...)
	for i, col := range columns {
		c.cell(i, col.Label, TextCell)
	}
	return c, c.end()
}

// Row writes one row. The error is that of the writer below.
func (c *CSV) Row(r *Row) error { return c.Cells(c.rd.Cells(r)) }

// Cells writes one row of a list that is no ledger: its cells in the order of the columns.
func (c *CSV) Cells(cells []string) error {
	for i, s := range cells {
		c.cell(i, s, c.rd.columns[i].Type)
	}
	return c.end()
}

// Close writes what is still held back.
func (c *CSV) Close() error { return c.w.Flush() }

func (c *CSV) end() error {
	c.buf = append(c.buf, "\r\n"...)
	_, err := c.w.Write(c.buf)
	c.buf = c.buf[:0]
	return err
}

func (c *CSV) cell(i int, s string, t CellType) {
	if i > 0 {
		c.buf = append(c.buf, ',')
	}
	if s == "" {
		return
	}
	if t == TextCell {
		if strings.ContainsAny(s, "\r\n") {
			s = strings.ReplaceAll(strings.ReplaceAll(s, "\r\n", " "), "\n", " ")
			s = strings.ReplaceAll(s, "\r", " ")
		}
		s = jptext.EscapeFormula(s)
	}
	if !strings.ContainsAny(s, ",\"") && s[0] != ' ' && s[len(s)-1] != ' ' {
		c.buf = append(c.buf, s...)
		return
	}
	c.buf = append(c.buf, '"')
	for {
		q := strings.IndexByte(s, '"')
		if q < 0 {
			break
		}
		c.buf = append(append(c.buf, s[:q]...), '"', '"')
		s = s[q+1:]
	}
	c.buf = append(append(c.buf, s...), '"')
}

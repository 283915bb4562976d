package ledger

import (
	"fmt"
	"io"
	"strconv"
	"time"
	"unicode/utf8"

	"daicho/internal/asset"
	"daicho/internal/classify"
	"daicho/internal/jpdate"

	"github.com/xuri/excelize/v2"
)

// XLSXRows is how many rows an xlsx may have: a sheet ends at 1,048,576, and long before that a
// spreadsheet no longer opens it in comfort. Larger ledgers go out as CSV.
const XLSXRows = 300_000

// Line is one line about a file: what it is, and of what.
type Line struct{ Label, Value string }

// About is what a file says of itself.
type About struct {
	Sheet string    // name of the sheet with the table: 台帳
	At    time.Time // for which it speaks, and its date
	Lines []Line    // of the sheet 出力条件
}

// The sheets of an xlsx.
const (
	sheetItems = "項目定義"
	sheetCodes = "コード表"
	sheetAbout = "出力条件"
)

// XLSX writes a ledger as an Excel file: one table with its header in row 1, frozen and with a
// filter, no merged cells and no formula; beside it the definition of the columns, the codes with
// their words, and what the file was made from. Rows beyond some 16 MB wait in a temporary file, so
// memory stays flat; the result goes out at Close. Equal input gives equal bytes.
type XLSX struct {
	w     io.Writer
	f     *excelize.File
	data  *excelize.StreamWriter
	rd    *Reader
	n     int
	date  int // style
	cells []any
	about About
}

// NewXLSX begins a file. The book may be nil for a list that is no ledger.
func NewXLSX(w io.Writer, b *Book, columns []Column, about About) (*XLSX, error) {
	f := excelize.NewFile()
	x := &XLSX{w: w, f: f, rd: NewReader(b, columns), cells: make([]any, len(columns)), about: about}
	if err := x.begin(columns); err != nil {
		_ = f.Close()
		return nil, fmt.Errorf("begin xlsx: %w", err)
	}
	return x, nil
}

func (x *XLSX) begin(columns []Column) error {
	if err := x.f.SetSheetName("Sheet1", x.about.Sheet); err != nil {
		return err
	}
	for _, s := range []string{sheetItems, sheetCodes, sheetAbout} {
		if _, err := x.f.NewSheet(s); err != nil {
			return err
		}
	}
	pattern := "yyyy-mm-dd"
	var err error
	if x.date, err = x.f.NewStyle(&excelize.Style{CustomNumFmt: &pattern}); err != nil {
		return err
	}
	// Only the data is streamed: the library writes streamed sheets in no fixed order.
	if x.data, err = x.f.NewStreamWriter(x.about.Sheet); err != nil {
		return err
	}
	if err := x.data.SetPanes(headFrozen()); err != nil {
		return err
	}
	for i, c := range columns {
		if err := x.data.SetColWidth(i+1, i+1, width(c)); err != nil {
			return err
		}
		x.cells[i] = c.Label
	}
	return x.row()
}

// headFrozen keeps the first row in view.
func headFrozen() *excelize.Panes {
	return &excelize.Panes{
		Freeze: true, YSplit: 1, TopLeftCell: "A2", ActivePane: "bottomLeft",
		Selection: []excelize.Selection{{SQRef: "A2", ActiveCell: "A2", Pane: "bottomLeft"}},
	}
}

func width(c Column) float64 {
	switch {
	case c.Key == "name" || c.Key == "unit_name" || c.Key == "summary":
		return 36
	case c.Type != TextCell:
		return 12
	}
	return float64(min(max(2*utf8.RuneCountInString(c.Label)+3, 10), 30))
}

func (x *XLSX) row() error {
	x.n++
	return x.data.SetRow("A"+strconv.Itoa(x.n), x.cells)
}

// epoch is day 0 of a spreadsheet.
var epoch, _ = jpdate.New(1899, 12, 30)

// Row writes one row.
func (x *XLSX) Row(r *Row) error { return x.Cells(x.rd.Cells(r)) }

// Cells writes one row of a list that is no ledger: its cells in the order of the columns.
func (x *XLSX) Cells(cells []string) error {
	for i, s := range cells {
		x.cells[i] = x.cell(s, x.rd.columns[i].Type)
	}
	return x.row()
}

// cell returns the value for the writer: a text is always a text and never read as a formula.
func (x *XLSX) cell(s string, t CellType) any {
	if s == "" {
		return nil
	}
	switch t {
	case NumberCell:
		if n, err := strconv.ParseInt(s, 10, 64); err == nil {
			return n
		}
	case DateCell:
		if d, err := jpdate.ParseISO(s); err == nil {
			if n := epoch.DaysUntil(d); n > 60 { // before 1 March 1900 spreadsheets count wrongly
				return excelize.Cell{StyleID: x.date, Value: n}
			}
		}
	}
	return s
}

// Close finishes the file and writes it out.
func (x *XLSX) Close() error {
	defer func() { _ = x.f.Close() }()
	if err := x.end(); err != nil {
		return fmt.Errorf("finish xlsx: %w", err)
	}
	return x.f.Write(x.w)
}

// Discard drops an unfinished file and its temporary files.
func (x *XLSX) Discard() { _ = x.f.Close() }

func (x *XLSX) end() error {
	last, err := excelize.CoordinatesToCellName(len(x.cells), max(x.n, 2))
	if err != nil {
		return err
	}
	off := false
	if err := x.data.AddTable(&excelize.Table{Range: "A1:" + last, Name: "ledger", StyleName: "TableStyleLight1", ShowRowStripes: &off}); err != nil {
		return err
	}
	if err := x.data.Flush(); err != nil {
		return err
	}
	for _, s := range []struct {
		name string
		rows [][]any
	}{{sheetItems, x.items()}, {sheetCodes, x.codes()}, {sheetAbout, x.aboutRows()}} {
		if err := x.f.SetPanes(s.name, headFrozen()); err != nil {
			return err
		}
		for i, r := range s.rows {
			if err := x.f.SetSheetRow(s.name, "A"+strconv.Itoa(i+1), &r); err != nil {
				return err
			}
		}
	}
	when := x.about.At.UTC().Format(time.RFC3339)
	return x.f.SetDocProps(&excelize.DocProperties{
		Title: "情報資産台帳", Creator: "情報資産台帳", LastModifiedBy: "情報資産台帳", Created: when, Modified: when,
	})
}

// items is the 項目定義: one line per column.
func (x *XLSX) items() [][]any {
	out := [][]any{{"列", "日本語名", "物理名", "型", "単位・書式", "種別"}}
	for i, c := range x.rd.columns {
		name, _ := excelize.ColumnNumberToName(i + 1) // i is in range
		kinds := "すべて"
		if c.kinds != nil {
			kinds = ""
			for j, k := range c.kinds {
				if j > 0 {
					kinds += "、"
				}
				kinds += k.Label()
			}
		}
		out = append(out, []any{name, c.Label, c.Key, [...]string{"文字", "数値", "日付"}[c.Type], c.Note, kinds})
	}
	return out
}

// codes is the コード表: every code that a column stands for, with its word.
func (x *XLSX) codes() [][]any {
	out := [][]any{{"物理名", "日本語名", "種別", "コード", "語", "説明"}}
	for _, c := range x.rd.columns {
		for _, o := range x.options(c) {
			out = append(out, []any{c.Key, c.Label, "すべて", o.Code, o.Label, o.Hint})
		}
		for _, k := range c.kinds {
			for _, o := range c.words[k].Options {
				out = append(out, []any{c.Key, c.Label, k.Label(), o.Code, o.Label, o.Hint})
			}
		}
	}
	return out
}

// options lists the codes of a column that every asset has.
func (x *XLSX) options(c Column) []asset.Option {
	var out []asset.Option
	switch c.Key {
	case "kind_name":
		for _, k := range asset.Kinds() {
			out = append(out, asset.Option{Code: string(k.Kind), Label: k.Label, Hint: k.Short})
		}
	case "state":
		return asset.States()
	case "zone":
		return asset.Zones()
	case "personal":
		return asset.PersonalClasses()
	case "lifecycle":
		return asset.Lifecycles()
	case "level_c", "level_i", "level_a":
		axis := map[string]classify.Axis{"level_c": classify.Confidentiality, "level_i": classify.Integrity, "level_a": classify.Availability}[c.Key]
		for _, l := range x.rd.book.Scheme.Axis(axis).Levels {
			out = append(out, asset.Option{Code: l.Code, Label: l.Label, Hint: l.Criteria})
		}
	}
	return out
}

func (x *XLSX) aboutRows() [][]any {
	out := [][]any{{"項目", "内容"}}
	for _, l := range x.about.Lines {
		out = append(out, []any{l.Label, l.Value})
	}
	return out
}

// Package intake reads tables that people edit: CSV files as Excel writes them, in UTF-8 or CP932,
// with a header of 日本語名 or physical names. It finds every mistake before it gives up, and says
// of each in which table, row and column it is, what stands there and what to do. It is pure: it
// takes bytes, knows no file and no database, and must not import one.
package intake

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"daicho/internal/jptext"
)

// Limits bound what a reader accepts, so that a wrong file costs little. A zero value means the
// default of that limit.
type Limits struct {
	Bytes int // of the file; 32 MiB
	Rows  int // of data, without the header; 100,000
	Cell  int // runes of one cell; 20,000
}

func (l Limits) orDefault() Limits {
	if l.Bytes == 0 {
		l.Bytes = 32 << 20
	}
	if l.Rows == 0 {
		l.Rows = 100_000
	}
	if l.Cell == 0 {
		l.Cell = 20_000
	}
	return l
}

// Column is one column that a table may have.
type Column struct {
	Name     string // 日本語名, as the header and the messages show it
	Key      string // physical name, as the program asks for it
	Optional bool   // the file may lack the column
}

// Problem is one mistake in a table.
type Problem struct {
	Table   string // file name as the user knows it: unit.csv
	Row     int    // as Excel shows it: the header is 1; 0 when it concerns the whole table
	Column  string // 日本語名, or empty when it concerns the whole row
	Value   string // what stands there, shortened
	Message string // Japanese: what is wrong and what to do
}

// String returns the problem as one line for a person: unit.csv 5行目「機関」の値「XX」：….
func (p Problem) String() string {
	var b strings.Builder
	b.WriteString(p.Table)
	if p.Row > 0 {
		fmt.Fprintf(&b, " %d行目", p.Row)
	}
	if p.Column != "" {
		fmt.Fprintf(&b, "「%s」", p.Column)
	}
	if p.Value != "" {
		fmt.Fprintf(&b, "の値「%s」", p.Value)
	}
	b.WriteString("：")
	b.WriteString(p.Message)
	return b.String()
}

// Table is a table that was read.
type Table struct {
	Name     string // file name as the user knows it
	Encoding string // what it was read as: UTF-8, UTF-8（BOM付き） or CP932
	Rows     []*Row

	columns  []Column
	place    map[string]int // key → index of the column in the file
	problems []Problem
}

// Row is one row of data. Its typed readers normalise a cell and note what is wrong with it.
type Row struct {
	No    int // as Excel shows it
	table *Table
	cells []string
	wrong map[string]bool // keys of cells that a mistake is noted for: one each is enough
}

// Read reads a table with the given columns. The header may name them by 日本語名 or physical name,
// in any order; empty columns without a name are passed over, other columns are mistakes. Rows
// without any value are passed over but counted. The formula guard that the program's own files
// carry is taken off. What is wrong is in Problems; the rows that could be read are there all the
// same, so that a caller can report everything at once.
func Read(name string, b []byte, columns []Column, l Limits) *Table {
	l = l.orDefault()
	t := &Table{Name: name, columns: columns, place: map[string]int{}}
	if len(b) > l.Bytes {
		t.fail(0, "", "", fmt.Sprintf("ファイルが大きすぎます。%dMBまでに分けてください。", l.Bytes>>20))
		return t
	}
	text, enc, words := decode(b, t.knows)
	t.Encoding = enc
	if words != "" {
		t.fail(0, "", "", words)
		return t
	}
	records, bad := split(text)
	for _, p := range bad {
		t.fail(p.row, "", "", p.words)
	}
	if len(records) == 0 {
		t.fail(0, "", "", "中身がありません。1行目に見出しを書いてください。")
		return t
	}
	if !t.header(records[0]) {
		return t
	}
	width := len(records[0].cells)
	for _, rec := range records[1:] {
		if rec.blank() {
			continue
		}
		if len(t.Rows) == l.Rows {
			t.fail(rec.no, "", "", fmt.Sprintf("行が多すぎます。%d行までに分けてください。", l.Rows))
			return t
		}
		for i, c := range rec.cells {
			if i >= width && strings.TrimSpace(c) != "" {
				t.fail(rec.no, "", shorten(c), fmt.Sprintf("見出しのない%d列目に値があります。カンマが余分にないか、「\"」で囲み忘れていないかを確かめてください。", i+1))
				break
			}
		}
		t.Rows = append(t.Rows, t.row(rec, l))
	}
	return t
}

// row takes the formula guard off the cells and notes those that cannot be used at all.
func (t *Table) row(rec record, l Limits) *Row {
	r := &Row{No: rec.no, table: t, cells: rec.cells, wrong: map[string]bool{}}
	for key, i := range t.place {
		if i >= len(r.cells) {
			continue
		}
		c := r.cells[i]
		switch {
		case strings.ContainsRune(c, utf8.RuneError):
			r.Fail(key, "読めない文字があります。文字を入力し直してください。")
		case utf8.RuneCountInString(c) > l.Cell:
			r.Failf(key, "長すぎます。%d字までにしてください。", l.Cell)
		default:
			r.cells[i] = jptext.UnescapeFormula(c)
			continue
		}
		r.cells[i] = ""
	}
	return r
}

// Problems returns every mistake found so far, in the order of the rows.
func (t *Table) Problems() []Problem {
	out := slices.Clone(t.problems)
	slices.SortStableFunc(out, func(a, b Problem) int {
		return cmp.Or(cmp.Compare(a.Row, b.Row), cmp.Compare(t.at(a.Column), t.at(b.Column)))
	})
	return out
}

// at is the order of a column in the file, for the order of the problems.
func (t *Table) at(name string) int {
	for _, c := range t.columns {
		if i, ok := t.place[c.Key]; ok && c.Name == name {
			return i
		}
	}
	return -1
}

// Fail notes a mistake that concerns the whole table.
func (t *Table) Fail(message string) { t.fail(0, "", "", message) }

func (t *Table) fail(row int, column, value, message string) {
	t.problems = append(t.problems, Problem{t.Name, row, column, value, message})
}

// knows counts the names of a header that the table knows: how decode tells CP932 from UTF-8 where
// the bytes could be either.
func (t *Table) knows(header []string) int {
	n := 0
	for _, h := range header {
		if t.index(h) >= 0 {
			n++
		}
	}
	return n
}

func (t *Table) index(name string) int {
	name = jptext.Code(name)
	return slices.IndexFunc(t.columns, func(c Column) bool { return jptext.Code(c.Name) == name || c.Key == name })
}

func (t *Table) name(key string) string {
	for _, c := range t.columns {
		if c.Key == key {
			return c.Name
		}
	}
	return key
}

// header places the columns and reports whether the rows can be read.
func (t *Table) header(rec record) bool {
	before := len(t.problems)
	for i, h := range rec.cells {
		if strings.TrimSpace(h) == "" {
			continue
		}
		at := t.index(h)
		if at < 0 {
			t.fail(rec.no, "", shorten(h), "知らない見出しです。列の名前を直すか、その列を消してください。使える見出し："+t.names()+"。")
			continue
		}
		key := t.columns[at].Key
		if _, twice := t.place[key]; twice {
			t.fail(rec.no, t.columns[at].Name, "", "同じ見出しが二つあります。どちらかの列を消してください。")
			continue
		}
		t.place[key] = i
	}
	for _, c := range t.columns {
		if _, ok := t.place[c.Key]; !ok && !c.Optional {
			t.fail(rec.no, c.Name, "", "この列がありません。1行目の見出しに「"+c.Name+"」を加えてください。")
		}
	}
	return len(t.problems) == before
}

func (t *Table) names() string {
	var out []string
	for _, c := range t.columns {
		out = append(out, c.Name)
	}
	return strings.Join(out, "、")
}

// shorten keeps a value fit for a message.
func shorten(s string) string {
	s = strings.Map(func(r rune) rune {
		if r == '\n' || r == '\r' || r == '\t' {
			return ' '
		}
		return r
	}, s)
	if utf8.RuneCountInString(s) <= 40 {
		return s
	}
	return string([]rune(s)[:40]) + "…"
}

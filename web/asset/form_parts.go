package asset

import (
	"slices"
	"strings"

	"daicho/internal/app"
	"daicho/internal/asset"
	"daicho/internal/form"
	"daicho/internal/relation"
	"daicho/web/ui"
)

// endView is one way to relate with what is related already.
type endView struct {
	relation.End
	Key    string
	Lines  []endLine
	Picker ui.Picker
	Open   bool
}

type endLine struct {
	Value, Name, Note, Number string
	Detail                    detailView
}

// foldedLines is from how many lines on those of one way to relate stand behind a door.
const foldedLines = 20

func (e endView) folded() bool { return len(e.Lines) > foldedLines }

// opens reports whether something in the lines must be seen.
func (e endView) opens() bool {
	return slices.ContainsFunc(e.Lines, func(l endLine) bool { return l.Detail.Open })
}

// membersView is the 内訳: a table while it is short, otherwise lines of text.
type membersView struct {
	Has   bool
	Rows  []memberRow
	Blank []int  // numbers of empty lines
	List  string // instead of the table
	Long  bool
	Wide  bool // with storage devices
	State bool
	Next  int // how many empty lines there are
	Open  bool
	Cells map[string]*form.Field // cells with a message, by input name
	Field *form.Field            // stands for the whole: an anchor for messages
	Ok    *form.Field            // statement about the numbers
}

const (
	rowStep   = 10
	tableRows = 100 // up to this many members are edited in a table
)

// statements adds the check box with which a registrant vouches that twelve digits are no My Number,
// where a field asked for it or where it was ticked before.
func (v *view) statements() {
	for _, c := range asset.StatementFields(v.Kind) {
		c.Raw = v.Form[c.Key]
		if c.Key == asset.MembersStatement {
			if c.Value() != "" || v.members.asks() {
				v.members.Ok = c
			}
			continue
		}
		key := strings.TrimSuffix(c.Key, strings.TrimPrefix(asset.StatementKey("x"), "x"))
		if at := v.form.Field(key); at != nil && (c.Value() != "" || at.ErrCode == "asset.mynumber.code") {
			v.statement[key] = c
		}
	}
}

// asks reports whether a number of a member needs the registrant's statement.
func (m membersView) asks() bool {
	for _, c := range m.Cells {
		if c.ErrCode == "asset.mynumber.code" {
			return true
		}
	}
	return m.Field.ErrCode == "asset.mynumber.code"
}

// cell is the control of one cell of the 内訳, made when a message stands at it.
func (v *view) cell(key string) *form.Field {
	if c := v.members.Cells[key]; c != nil {
		return c
	}
	c := &form.Field{Key: key, Raw: v.Form[key]}
	v.members.Cells[key] = c
	at := slices.Index(v.form.Fields, v.members.Field) + 1
	v.form.Fields = slices.Insert(v.form.Fields, at, c)
	return c
}

func (v *view) newMembers(o shown) {
	m := &v.members
	m.Cells = map[string]*form.Field{}
	m.Has = asset.HasMembers(v.Kind)
	m.Field = &form.Field{Key: "members", Label: "内訳"}
	if !m.Has {
		return
	}
	m.Rows = memberRows(v.Form)
	m.Wide = v.Kind == asset.Device
	m.State = v.BaseNo != 0 || slices.ContainsFunc(m.Rows, func(r memberRow) bool { return r.cell("state") != "" })
	m.Open = len(m.Rows) > 0 || o.rows > 0
	if m.Long = len(m.Rows) > tableRows; m.Long {
		m.List = listMembers(m.Rows)
		return
	}
	m.Next = max(o.rows, rowStep)
	if len(m.Rows) > 0 && o.rows == 0 {
		m.Next = 3
	}
	m.Next = min(m.Next, tableRows)
	last := lastRow(v.Form)
	for n := range m.Next {
		m.Blank = append(m.Blank, last+1+n)
	}
}

func (v *view) newEnds(o shown) {
	byEnd := map[string][]endLine{}
	known := map[string]endLine{}
	for _, l := range v.Relations {
		known[l.Value] = endLine{Value: l.Value, Name: l.Other.Name, Note: noteOfLine(l), Number: l.Other.Number}
	}
	for _, value := range v.Form[relInput] {
		r, ok := app.ParseRelation(value)
		if !ok {
			continue
		}
		line, ok := known[value]
		if !ok {
			line = endLine{Value: value, Name: "選んだ資産", Note: "保存すると名称が出ます"}
		}
		line.Detail = v.details[value]
		key := endKey(relation.End{Type: relation.Type(r.Type), Outgoing: r.Outgoing})
		byEnd[key] = append(byEnd[key], line)
	}
	for _, e := range relation.Ends(v.Kind) {
		key := endKey(e)
		ev := endView{End: e, Key: key, Lines: byEnd[key], Picker: newPicker(v.Kind, e, o), Open: o.pick == key}
		v.ends = append(v.ends, ev)
	}
}

func noteOfLine(l app.RelationLine) string {
	if l.Other.Kind == "" {
		return ""
	}
	return noteOf(l.Other)
}

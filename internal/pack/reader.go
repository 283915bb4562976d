package pack

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"daicho/internal/intake"
	"daicho/internal/jpdate"
)

// reader reads the tables of one pack. Each part appends to p; mistakes stay with their tables.
type reader struct {
	files  map[string][]byte
	known  Known
	tables map[string]*intake.Table
	bad    Problems
	p      *Pack
}

func (r *reader) open(file string) {
	b, ok := r.files[file]
	if !ok {
		r.bad = append(r.bad, intake.Problem{Table: file, Message: "pack.json に書いてありますが、ファイルがありません。ファイルを置くか、pack.json の tables から消してください。"})
		return
	}
	layout, _ := layoutOf(file)
	t := intake.Read(file, b, layout, intake.Limits{})
	r.tables[file] = t
	r.p.Encodings[file] = t.Encoding
}

// rows returns the rows of a table, none when the pack lacks it.
func (r *reader) rows(name string) []*intake.Row {
	if t := r.tables[name+".csv"]; t != nil {
		return t.Rows
	}
	return nil
}

// keys notes which values stand in a table already.
type keys map[string]int

// add notes a key and reports a mistake in the cell when it stands in an earlier row.
func (k keys) add(row *intake.Row, cell, key string) bool {
	if strings.Trim(key, "\x00") == "" {
		return false
	}
	if at, twice := k[key]; twice {
		row.Failf(cell, "%d行目と同じです。どちらかを直すか消してください。", at)
		return false
	}
	k[key] = row.No
	return true
}

// has reports whether the key is known, in the pack or in the register.
func (k keys) has(key string, register []string) bool {
	_, here := k[key]
	return here || slices.Contains(register, key)
}

// ref returns the code in a cell after checking that the table it refers to, or the register, has it.
func (k keys) ref(row *intake.Row, cell, table string, register []string) string {
	code := row.Code(cell)
	if code != "" && !k.has(code, register) {
		row.Fail(cell, table+" にありません。コードを直すか、"+table+" に加えてください。")
	}
	return code
}

// needRef is ref for a cell that must not be empty.
func (k keys) needRef(row *intake.Row, cell, table string, register []string) string {
	if row.NeedCode(cell) == "" {
		return ""
	}
	return k.ref(row, cell, table, register)
}

// codePattern is what the codes of a pack look like: they stand in addresses, files and filters.
var codePattern = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._-]{0,59}$`)

func code(row *intake.Row, cell string) string {
	s := row.NeedCode(cell)
	if s != "" && !codePattern.MatchString(s) {
		row.Fail(cell, "コードは英数字で始め、英数字とハイフン、下線、ピリオドだけにしてください。")
	}
	return s
}

var (
	sourcePattern = regexp.MustCompile(`^own$|^(primary|secondary|memory) \S`)
)

// provenance reads 出典 and 照合. Source: design §4.5: every item says where it comes from.
func provenance(row *intake.Row) (source, checked string) {
	source, checked = row.Text("source", 400), row.Text("checked", 100)
	if source != "" && !sourcePattern.MatchString(source) {
		row.Fail("source", "primary、secondary、memory のどれかに空白と文書名を続けるか、own だけを書いてください。")
	}
	return source, checked
}

// period reads 開始日 and 終了日 as ISO dates, empty when open.
func period(row *intake.Row) (from, to string) {
	f, t := row.Date("valid_from"), row.Date("valid_to")
	if !f.IsZero() && !t.IsZero() && !f.Before(t) {
		row.Failf("valid_to", "開始日（%s）より後の日にしてください。終了日はその日を含みません。", f.Wareki())
	}
	return iso(f), iso(t)
}

func iso(d jpdate.Date) string {
	if d.IsZero() {
		return ""
	}
	return d.ISO()
}

func join(parts ...any) string {
	var b strings.Builder
	for i, p := range parts {
		if i > 0 {
			b.WriteByte(0)
		}
		fmt.Fprint(&b, p)
	}
	return b.String()
}

const maxOrd = 1_000_000

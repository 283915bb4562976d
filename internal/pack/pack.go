// Package pack turns the folder of a pack (pack.json and CSV tables in the import's own format) into
// typed rows, and refuses it with every mistake named: table, row as Excel shows it, column, value
// and what to do. What it returns is consistent in itself and with the register that it is loaded
// into, so that storing it cannot fail half way for a reason that a person could have been told.
// It is pure: it takes the bytes of the files; it must not import a database, a file system or a
// request.
package pack

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strings"

	"daicho/internal/classify"
	"daicho/internal/errs"
	"daicho/internal/intake"
)

// Format is the edition of the form of packs that this program reads.
const Format = 1

// The kinds of packs.
const (
	Body   = "body"   // organisation, scheme and catalogue of a body
	Sample = "sample" // people, accounts and assets to try the program with; adopts its own
)

// Manifest is pack.json.
type Manifest struct {
	Format   int      `json:"format"`
	Name     string   `json:"name"`
	Title    string   `json:"title"`
	Version  string   `json:"version"`
	Kind     string   `json:"kind"`
	Requires []string `json:"requires"` // packs that must be loaded before
	Tables   []string `json:"tables"`   // file names, in the order of reading
	Note     string   `json:"note"`
}

// Host is a row of host_body.csv. The JSON names of this and the other rows are the columns of the
// database, which takes them as they are.
type Host struct {
	Code    string `json:"code"`
	Name    string `json:"name"`
	Yomi    string `json:"yomi"`
	LGCode  string `json:"lg_code"`
	Ord     int    `json:"ord"`
	Source  string `json:"source"`
	Checked string `json:"checked"`
}

// Organ is a row of organ.csv.
type Organ struct {
	Code        string `json:"code"`
	Name        string `json:"name"`
	Yomi        string `json:"yomi"`
	Prefix      string `json:"prefix"`
	Independent bool   `json:"independent"`
	Ord         int    `json:"ord"`
	Source      string `json:"source"`
	Checked     string `json:"checked"`
}

// Unit is a row of unit.csv. Days are ISO dates or empty.
type Unit struct {
	Code    string `json:"code"`
	Organ   string `json:"organ"`
	Parent  string `json:"parent"`
	Name    string `json:"name"`
	Yomi    string `json:"yomi"`
	Host    string `json:"host"`
	Model   string `json:"model"`
	Ord     int    `json:"ord"`
	From    string `json:"valid_from"`
	To      string `json:"valid_to"`
	Source  string `json:"source"`
	Checked string `json:"checked"`
}

// Post is a row of post.csv.
type Post struct {
	Code    string `json:"code"`
	Unit    string `json:"unit"`
	Name    string `json:"name"`
	Role    string `json:"role"`
	Reach   string `json:"reach"`
	Ord     int    `json:"ord"`
	Source  string `json:"source"`
	Checked string `json:"checked"`
}

// Person is a row of person.csv.
type Person struct {
	Code       string `json:"code"`
	Name       string `json:"name"`
	Yomi       string `json:"yomi"`
	Employment string `json:"employment"`
}

// Appointment is a row of appointment.csv.
type Appointment struct {
	Person string `json:"person"`
	Post   string `json:"post"`
	Kind   string `json:"kind"`
	From   string `json:"valid_from"`
	To     string `json:"valid_to"`
}

// Account is a row of account.csv. The password stands in the open in a sample pack and nowhere else.
type Account struct {
	Login    string `json:"login"`
	Person   string `json:"person"`
	Password string `json:"-"`
}

// Adoption is a row of adoption.csv: the decision that makes an organisation, a scheme, a
// catalogue or the routes official.
type Adoption struct {
	Target    string `json:"target"`
	Code      string `json:"code"`
	DocNo     string `json:"doc_no"`
	DecidedOn string `json:"decided_on"`
	Note      string `json:"note"`
}

// Pack is a pack that may be loaded.
type Pack struct {
	Manifest
	Encodings    map[string]string // table → what it was read as
	Hosts        []Host
	Organs       []Organ
	Units        []Unit
	Posts        []Post
	Persons      []Person
	Appointments []Appointment
	Accounts     []Account
	Adoptions    []Adoption
	Schemes      []Scheme
	Mappings     []Mapping
	Catalogues   []Catalogue
	Placement    []PlaceRow
	Checks       []Check
	Routes       *Routes // nil when the pack brings none
	Deputies     []Deputy
	Assets       []Asset
}

// Known is what the register holds already, by code: what the tables of a pack may refer to.
type Known struct {
	Packs      []string
	Hosts      []string
	Organs     []string
	Units      map[string]string // unit → organ
	Posts      []string
	Persons    []string
	Logins     map[string]string // login → person
	Schemes    []string
	Catalogues []string
	Routes     []string
	Default    *classify.Scheme // nil when none is loaded
	Editions   map[string]*classify.Scheme
}

// Problems is every mistake of a pack.
type Problems []intake.Problem

// Error lists the mistakes, one a line.
func (p Problems) Error() string {
	var b strings.Builder
	for i, x := range p {
		if i > 0 {
			b.WriteByte('\n')
		}
		b.WriteString(x.String())
	}
	return b.String()
}

// shownProblems is how many mistakes a message lists; the rest are counted.
const shownProblems = 100

// refuse makes the error that a person gets: what is wrong, line by line. One wrong code at the head
// of a table makes every row below it wrong in the same way: such rows share a line.
func refuse(what string, p Problems) error {
	type same struct{ table, column, value, message string }
	first, times := []intake.Problem{}, map[same]int{}
	for _, x := range p {
		k := same{x.Table, x.Column, x.Value, x.Message}
		if times[k]++; times[k] == 1 {
			first = append(first, x)
		}
	}
	var b strings.Builder
	fmt.Fprintf(&b, "%sに直すところが%d件あります。一行も取り込んでいません。", what, len(p))
	for i, x := range first {
		if i == shownProblems {
			fmt.Fprintf(&b, "\nほか%d種類", len(first)-i)
			break
		}
		b.WriteString("\n" + x.String())
		if n := times[same{x.Table, x.Column, x.Value, x.Message}]; n > 1 {
			fmt.Fprintf(&b, "（ほか%d行も同じ）", n-1)
		}
	}
	e := errs.New(errs.Invalid, "pack.problems", b.String())
	e.Err = p
	return e
}

// ProblemsOf returns the mistakes in an error of Parse or ParseManifest, nil when it has none.
func ProblemsOf(err error) Problems {
	var p Problems
	_ = errors.As(err, &p)
	return p
}

var (
	namePattern  = regexp.MustCompile(`^[a-z][a-z0-9-]{1,39}$`)
	tablePattern = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9_]{0,59}\.csv$`)
)

// maxManifest bounds pack.json.
const maxManifest = 64 << 10

// ParseManifest reads pack.json. The error is Invalid and lists every mistake.
func ParseManifest(b []byte) (Manifest, error) {
	var m Manifest
	var bad Problems
	fail := func(field, value, message string) {
		bad = append(bad, intake.Problem{Table: "pack.json", Column: field, Value: value, Message: message})
	}
	if len(b) > maxManifest {
		fail("", "", "大きすぎます。64KBまでにしてください。")
		return m, refuse("pack.json", bad)
	}
	b = []byte(strings.TrimPrefix(string(b), "\ufeff"))
	dec := json.NewDecoder(strings.NewReader(string(b)))
	dec.DisallowUnknownFields()
	if err := dec.Decode(&m); err != nil {
		fail("", "", manifestWords(err))
		return m, refuse("pack.json", bad)
	}
	if _, err := dec.Token(); !errors.Is(err, io.EOF) {
		fail("", "", "終わりの「}」の後に余分な文字があります。消してください。")
	}
	if m.Format != Format {
		fail("format", fmt.Sprint(m.Format), "この版のプログラムが読めるのは 1 です。")
	}
	if !namePattern.MatchString(m.Name) {
		fail("name", m.Name, "英小文字で始まる、英小文字・数字・ハイフンの2～40字にしてください。")
	}
	if strings.TrimSpace(m.Title) == "" {
		fail("title", "", "題名を書いてください。")
	}
	if strings.TrimSpace(m.Version) == "" {
		fail("version", "", "版を書いてください。例：2026.1")
	}
	if m.Kind != Body && m.Kind != Sample {
		fail("kind", m.Kind, "body（団体）か sample（見本）にしてください。")
	}
	if len(m.Tables) == 0 {
		fail("tables", "", "読み込む表の名前を並べてください。")
	}
	for i, t := range m.Tables {
		_, known := layoutOf(t)
		switch {
		case !tablePattern.MatchString(t):
			fail("tables", t, "表の名前は unit.csv のように書いてください。")
		case !known:
			fail("tables", t, "知らない表です。名前を直すか、一覧から消してください。")
		case slices.Contains(m.Tables[:i], t):
			fail("tables", t, "同じ表が二つあります。一つを消してください。")
		case m.Kind == Body && sampleOnly(t):
			fail("tables", t, "この表は見本（kind が sample のパック）だけで使えます。")
		}
	}
	for _, r := range m.Requires {
		if !namePattern.MatchString(r) || r == m.Name {
			fail("requires", r, "先に読み込むほかのパックの名前を書いてください。")
		}
	}
	if len(bad) > 0 {
		return m, refuse("pack.json", bad)
	}
	return m, nil
}

// manifestWords says in Japanese what encoding/json says in English, with the place.
func manifestWords(err error) string {
	var syntax *json.SyntaxError
	var typ *json.UnmarshalTypeError
	switch {
	case errors.As(err, &syntax):
		return fmt.Sprintf("JSONとして読めません（%d文字目あたり）。かっこ、引用符、コンマを確かめてください。", syntax.Offset)
	case errors.As(err, &typ) && typ.Field == "":
		return "「{」で始まる、項目と値の組になっていません。"
	case errors.As(err, &typ):
		return fmt.Sprintf("「%s」の値の形が違います（%d文字目あたり）。", typ.Field, typ.Offset)
	case strings.Contains(err.Error(), "unknown field"):
		return "知らない項目があります（" + strings.TrimPrefix(err.Error(), "json: unknown field ") + "）。消してください。"
	}
	return "JSONとして読めません。かっこ、引用符、コンマを確かめてください。"
}

// Parse reads the tables that the manifest lists. known is what the register holds. The error is
// Invalid and lists every mistake of every table; ProblemsOf gives them one by one.
func Parse(m Manifest, files map[string][]byte, known Known) (*Pack, error) {
	r := &reader{
		files: files, known: known, tables: map[string]*intake.Table{},
		p: &Pack{Manifest: m, Encodings: map[string]string{}},
	}
	for _, q := range m.Requires {
		if !slices.Contains(known.Packs, q) {
			r.bad = append(r.bad, intake.Problem{Table: "pack.json", Column: "requires", Value: q, Message: "このパックを先に読み込んでください。"})
		}
	}
	for _, name := range m.Tables {
		r.open(name)
	}
	r.organisation()
	r.people()
	r.schemes()
	r.catalogues()
	r.placement()
	r.checks()
	r.deputies()
	r.routes()
	r.adoptions()
	r.assets()
	for _, name := range m.Tables {
		if t := r.tables[name]; t != nil {
			r.bad = append(r.bad, t.Problems()...)
		}
	}
	if len(r.bad) > 0 {
		return nil, refuse("パック「"+m.Title+"」", r.bad)
	}
	return r.p, nil
}

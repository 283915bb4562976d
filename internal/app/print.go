package app

import (
	"context"
	"slices"
	"strconv"
	"strings"

	"daicho/internal/authz"
	"daicho/internal/classify"
	"daicho/internal/jpdate"
	"daicho/internal/ledger"
	"daicho/internal/org"
	"daicho/internal/postgres"
)

// PrintRows is how many rows a print may have. Beyond it the page says so and prints nothing: a
// ledger that silently ends early would be taken for whole.
const PrintRows = 5_000

// PrintView is a ledger for paper.
type PrintView struct {
	Query   ledger.Query
	Notices []ledger.Notice
	Book    *ledger.Book
	Columns []ledger.Column
	Cells   [][]string // of each row; nil when there are more than PrintRows
	Count   int
	Marking string // of the highest content
	At      jpdate.Date
	Printed string // moment of printing in words
	By      string // 所属 職 氏名
	Note    string // 案・未照合, or ""
	Head    string // of the trail, on one line, or ""
	About   []ledger.Line
}

// Print reads a ledger for paper. A print is in the trail like a file. Errors: Forbidden, Busy.
func (a *App) Print(ctx context.Context, actor authz.Actor, q ledger.Query, set ledger.Set) (PrintView, error) {
	g, err := authz.Permit(actor, authz.ExportLedger)
	if err != nil {
		return PrintView{}, err
	}
	var v PrintView
	err = a.db.View(ctx, g, func(ctx context.Context, t *postgres.Tx) error {
		s, err := a.sheet(ctx, t, q)
		if err != nil {
			return err
		}
		v = PrintView{
			Query: s.query, Notices: s.notices, Book: s.dir.Book, Columns: ledger.Columns(set, q.KindsMeant()), Count: s.rows, Marking: s.marking,
			At: jpdate.OfTime(s.at), Printed: jpdate.FormatTime(s.at), By: s.by, Note: s.draftNote(), Head: s.head, About: s.about(),
		}
		if s.rows > PrintRows {
			return nil
		}
		v.Cells = make([][]string, 0, s.rows)
		rd := ledger.NewReader(s.dir.Book, v.Columns)
		if err := t.EachAsset(ctx, s.filter, s.query.Sort, s.segments, ledger.NeedsValues(v.Columns), func(r *ledger.Row) error {
			v.Cells = append(v.Cells, slices.Clone(rd.Cells(r)))
			return nil
		}); err != nil {
			return err
		}
		return a.signExport(ctx, g, s, "print", set)
	})
	return v, err
}

// LedgerView is what the page that orders files and prints shows before anything is ordered.
type LedgerView struct {
	Query   ledger.Query
	Notices []ledger.Notice
	Count   int
	Marking string
	Book    *ledger.Book
	Units   []org.Unit
	Years   []int
	About   []ledger.Line
}

// Ledger says what a file of the query would hold.
func (a *App) Ledger(ctx context.Context, actor authz.Actor, q ledger.Query) (LedgerView, error) {
	g, err := authz.Permit(actor, authz.ExportLedger)
	if err != nil {
		return LedgerView{}, err
	}
	var v LedgerView
	err = a.db.View(ctx, g, func(ctx context.Context, t *postgres.Tx) error {
		s, err := a.sheet(ctx, t, q)
		if err != nil {
			return err
		}
		v = LedgerView{
			Query: s.query, Notices: s.notices, Count: s.rows, Marking: s.marking, Book: s.dir.Book,
			Units: within(s.dir.Now, t.Scope()), Years: years(s.dir.FirstYear, t), About: s.about(),
		}
		return nil
	})
	return v, err
}

func rankOf(r int16) classify.Rank { return classify.Rank(r) }

// draftNote says what in a ledger nobody has adopted yet: such a ledger is a draft.
func (s sheet) draftNote() string {
	var missing []string
	if !s.adopted.Org {
		missing = append(missing, "組織")
	}
	if !s.adopted.Scheme {
		missing = append(missing, "分類体系")
	}
	if !s.adopted.Catalogue {
		missing = append(missing, "対策基準")
	}
	if len(missing) == 0 {
		return ""
	}
	return "案・未照合（採用の決裁がないもの：" + strings.Join(missing, "、") + "）"
}

// about is what a file says of itself.
func (s sheet) about() []ledger.Line {
	out := []ledger.Line{
		{Label: "様式", Value: "情報資産台帳"},
		{Label: "時点", Value: jpdate.OfTime(s.at).Long()},
		{Label: "出力日時", Value: jpdate.FormatTime(s.at)},
		{Label: "出力者", Value: s.by},
		{Label: "件数", Value: strconv.Itoa(s.rows)},
		{Label: "最高の機密性の表示", Value: s.marking},
		{Label: "分類体系", Value: s.dir.Book.Scheme.Name + " " + s.dir.Book.Scheme.Edition},
	}
	if note := s.draftNote(); note != "" {
		out = append(out, ledger.Line{Label: "注意", Value: note})
	}
	out = append(out, aboutHead(s.head)...)
	for _, f := range s.query.Describe(s.dir.Book) {
		out = append(out, ledger.Line{Label: "条件：" + f.Label, Value: f.Value})
	}
	if !s.query.Filtered() {
		out = append(out, ledger.Line{Label: "条件", Value: "なし（見られる範囲のすべて）"})
	}
	return append(out, ledger.Line{Label: "並び順", Value: s.query.Sort.Label()})
}

package app

import (
	"context"
	"io"
	"time"

	"daicho/internal/authz"
	"daicho/internal/errs"
	"daicho/internal/jpdate"
	"daicho/internal/ledger"
	"daicho/internal/postgres"
)

// Format is the form of a file.
type Format string

// The formats.
const (
	CSV  Format = "csv"
	XLSX Format = "xlsx"
)

// Label returns how people call the format.
func (f Format) Label() string {
	switch f {
	case CSV:
		return "CSV（UTF-8、BOM付き）"
	case XLSX:
		return "Excel（xlsx）"
	}
	return string(f)
}

// Export is what a ledger goes out as.
type Export struct {
	Query   ledger.Query
	Format  Format
	Columns ledger.Set
}

// Head is what is known of a file before its first byte.
type Head struct {
	Name    string // 情報資産台帳_20261123-1402.csv
	Rows    int
	Marking string // 自治体機密性３Ｂ, or ""
	At      time.Time
}

// maxExports is how many files go out at a time: each holds a connection of the pool for as long as
// the reader takes and another to sign its act, and pages must not wait for that.
func (a *App) maxExports() int32 { return max(1, (a.db.Conns()-2)/2) }

var errExportsBusy = errs.New(errs.Busy, "export.busy", "ほかの出力が続いています。少し待ってから、もう一度出力してください。")

// Export writes a ledger into the writer that begin returns, row by row from one snapshot: memory
// stays flat however long it is. begin is called once, when everything is known that stands ahead of
// the first byte. Who exported what, by which filter and how many rows, is in the trail before that:
// a reader who breaks off has read something all the same. A file cannot say that a condition was
// left out, so that one which is unknown is an error here.
// Errors: Forbidden; Invalid "export.filter"; Busy when too many files go out; Conflict "export.too_many" when a sheet cannot
// hold the rows; the error of the writer.
func (a *App) Export(ctx context.Context, actor authz.Actor, e Export, begin func(Head) io.Writer) error {
	g, err := authz.Permit(actor, authz.ExportLedger)
	if err != nil {
		return err
	}
	if a.exports.Add(1) > a.maxExports() {
		a.exports.Add(-1)
		return errExportsBusy
	}
	defer a.exports.Add(-1)
	var out file
	if err := a.db.View(ctx, g, func(ctx context.Context, t *postgres.Tx) error {
		s, err := a.sheet(ctx, t, e.Query)
		if err != nil {
			return err
		}
		if len(s.notices) > 0 {
			return errs.New(errs.Invalid, "export.filter", s.notices[0].Text+"条件を直してから出力してください。")
		}
		if e.Format == XLSX && s.rows > ledger.XLSXRows {
			return errs.New(errs.Conflict, "export.too_many", "件数が多く、Excelの1枚の表に入りません。絞り込むか、CSVで出力してください。")
		}
		if err := a.signExport(ctx, g, s, string(e.Format), e.Columns); err != nil {
			return err
		}
		head := Head{Name: fileName("情報資産台帳", t.Now(), e.Format), Rows: s.rows, Marking: s.marking, At: t.Now()}
		columns := ledger.Columns(e.Columns, e.Query.KindsMeant())
		if out, err = newFile(begin(head), s, e.Format, columns); err != nil {
			return err
		}
		return t.EachAsset(ctx, s.filter, s.query.Sort, s.segments, ledger.NeedsValues(columns), out.Row)
	}); err != nil {
		if x, ok := out.(*ledger.XLSX); ok {
			x.Discard()
		}
		return err
	}
	// An xlsx is put together only now: the transaction need not wait for that.
	return out.Close()
}

// fileName is how a file is offered: 情報資産台帳_20261123-1402.csv.
func fileName(what string, at time.Time, f Format) string {
	return what + "_" + at.In(jpdate.JST).Format("20060102-1504") + "." + string(f)
}

// file is a ledger that is being written.
type file interface {
	Row(*ledger.Row) error
	Close() error
}

func newFile(w io.Writer, s sheet, f Format, columns []ledger.Column) (file, error) {
	if f == CSV {
		return orNothing(ledger.NewCSV(w, s.dir.Book, columns))
	}
	return orNothing(ledger.NewXLSX(w, s.dir.Book, columns, ledger.About{Sheet: "台帳", At: s.at, Lines: s.about()}))
}

// orNothing keeps a failed writer from being taken for one.
func orNothing[F file](f F, err error) (file, error) {
	if err != nil {
		return nil, err
	}
	return f, nil
}

// sheet is a query with all that a file or a print says about itself.
type sheet struct {
	asked
	query   ledger.Query
	rows    int
	marking string
	adopted Adoption
	at      time.Time
	by      string
	head    string // of the trail, on one line
}

func (a *App) sheet(ctx context.Context, t *postgres.Tx, q ledger.Query) (sheet, error) {
	s := sheet{query: q.Unpaged(), at: t.Now()}
	err := t.Unhurried(ctx)
	if err != nil {
		return s, err
	}
	if s.asked, err = a.ask(ctx, t, s.query); err != nil {
		return s, err
	}
	if !s.filter.Empty() {
		var top int16
		if s.rows, top, err = t.Measure(ctx, s.filter); err != nil {
			return s, err
		}
		s.marking = s.dir.Book.Marking(rankOf(top))
	}
	who := t.Actor()
	s.by = who.Title() + " " + who.Name
	if s.head, err = headLine(ctx, t); err != nil {
		return s, err
	}
	s.adopted, err = adoption(ctx, t)
	return s, err
}

// signExport puts the file or print into the trail, in a transaction of its own that is committed
// before the first byte goes out.
func (a *App) signExport(ctx context.Context, g authz.Grant, s sheet, format string, set ledger.Set) error {
	return a.db.Act(ctx, g, func(ctx context.Context, t *postgres.Tx) error {
		return t.Sign(ctx, postgres.Note{Target: "情報資産台帳", Unit: unitOf(t.Actor()), Detail: map[string]any{
			"format": format, "columns": string(set), "filter": s.query.Encode(), "rows": s.rows, "marking": s.marking,
		}})
	})
}

package app

import (
	"context"
	"io"
	"strconv"
	"time"

	"daicho/internal/authz"
	"daicho/internal/classify"
	"daicho/internal/errs"
	"daicho/internal/jpdate"
	"daicho/internal/ledger"
	"daicho/internal/postgres"
)

// ImpactPart is one of the two lists of an impact.
type ImpactPart string

// The parts.
const (
	PartRise ImpactPart = "rise" // what changes when the asset weighs more
	PartStop ImpactPart = "stop" // what stops when it stops
)

// ImpactExport says which list of an impact goes out, and as what.
type ImpactExport struct {
	Part   ImpactPart
	Rise   string // as of ImpactQuery
	Format Format
}

// ExportImpact writes one list of an impact into the writer that begin returns: every asset that the
// page names on all its pages, and what lies outside the scope as one line with its count. Who took it
// out, and how many rows, is in the trail before the first byte. Errors: Forbidden; NotFound, also for
// a list that the asset does not have; Conflict "export.too_many" when the impact was not followed to
// its end, since a file cannot say "at least"; the error of the writer.
func (a *App) ExportImpact(ctx context.Context, actor authz.Actor, number string, e ImpactExport, begin func(Head) io.Writer) error {
	var f impactFile
	detail := map[string]any{"page": "impact", "list": string(e.Part), "format": string(e.Format)}
	if err := a.openNoting(ctx, actor, authz.ExportLedger, number, detail, func(ctx context.Context, t *postgres.Tx, r postgres.AssetRow) (bool, error) {
		head, err := a.assetHead(ctx, t, r)
		if err != nil {
			return false, err
		}
		f = impactFile{ImpactView: ImpactView{AssetHead: head}, part: e.Part, at: t.Now(), by: t.Actor().Title() + " " + t.Actor().Name}
		if !head.InForce() {
			return false, errs.New(errs.NotFound, "impact.none", "")
		}
		if err := f.read(ctx, t, e.Rise); err != nil {
			return false, err
		}
		detail["filter"], detail["rows"], detail["outside"], detail["marking"] = f.Chosen.Value(), len(f.list().Lines), f.list().Outside, f.marking()
		return true, nil
	}); err != nil {
		return err
	}
	w := begin(Head{Name: fileName("影響範囲_"+f.Number, f.at, e.Format), Rows: len(f.list().Lines), Marking: f.marking(), At: f.at})
	if e.Format == XLSX {
		return f.write(ledger.NewXLSX(w, nil, f.columns(), ledger.About{Sheet: "影響範囲", At: f.at, Lines: f.about()}))
	}
	return f.write(ledger.NewCSV(w, nil, f.columns()))
}

// impactFile is one list of an impact as a file.
type impactFile struct {
	ImpactView
	part ImpactPart
	at   time.Time
	by   string
}

func (f *impactFile) list() ImpactList {
	if f.part == PartRise {
		return f.Rise
	}
	return f.Stop
}

func (f *impactFile) read(ctx context.Context, t *postgres.Tx, rise string) error {
	var err error
	switch f.part {
	case PartRise:
		if f.choose(rise); f.Chosen.Axis == "" {
			return errs.New(errs.NotFound, "impact.none", "")
		}
		err = f.readRise(ctx, t, postgres.ImpactBound, 1)
	case PartStop:
		err = f.readStop(ctx, t, postgres.ImpactBound, 1)
	default:
		return errs.New(errs.NotFound, "impact.part", "")
	}
	if err != nil {
		return err
	}
	if f.list().More {
		return errs.New(errs.Conflict, "export.too_many", "影響の及ぶ資産が多く、終わりまでたどれません。数え切れていない一覧は、ファイルに出せません。")
	}
	return nil
}

// marking is that of the highest 機密性 among the asset and what the list names.
func (f *impactFile) marking() string {
	top := f.C
	for _, l := range f.list().Lines {
		top = max(top, l.Ref.Levels.C)
	}
	return (&ledger.Book{Scheme: f.Shelf.Current}).Marking(top)
}

func (f *impactFile) about() []ledger.Line {
	what := "止まると影響の及ぶ資産"
	if f.part == PartRise {
		what = f.Chosen.Axis.Label() + "が" + f.Chosen.Level.Words() + "になると、区分が変わる資産"
	}
	return []ledger.Line{
		{Label: "様式", Value: "影響範囲"},
		{Label: "もとになる資産", Value: f.Number + " " + f.Name},
		{Label: "内容", Value: what},
		{Label: "出力日時", Value: jpdate.FormatTime(f.at)},
		{Label: "出力者", Value: f.by},
		{Label: "件数", Value: strconv.Itoa(f.list().Total())},
		{Label: "うち他機関の資産", Value: strconv.Itoa(f.list().Outside)},
		{Label: "最高の機密性の表示", Value: f.marking()},
	}
}

func (f *impactFile) columns() []ledger.Column {
	out := []ledger.Column{{Key: "number", Label: "管理番号"}, {Key: "name", Label: "名称"}, {Key: "kind_name", Label: "種別"}, {Key: "unit_name", Label: "所管課の名称"}}
	if f.part == PartRise {
		out = append(out, ledger.Column{Key: "axis", Label: "観点"}, ledger.Column{Key: "level", Label: "いまの区分"}, ledger.Column{Key: "level_then", Label: "上がった後の区分"},
			ledger.Column{Key: "becomes", Label: "どうなるか"})
	} else {
		out = append(out, ledger.Column{Key: "steps", Label: "段", Type: ledger.NumberCell}, ledger.Column{Key: "availability", Label: "可用性"},
			ledger.Column{Key: "because_number", Label: "何が止まるためか（管理番号）"}, ledger.Column{Key: "because", Label: "何が止まるためか（名称）"})
	}
	return append(out, ledger.Column{Key: "count", Label: "件数", Type: ledger.NumberCell, Note: "件"})
}

func (f *impactFile) cells(l postgres.Impacted) []string {
	out := []string{l.Ref.Number, l.Ref.Name, l.Ref.Kind.Label(), l.Ref.Unit}
	code := func(a classify.Axis, r classify.Rank) string { return f.Shelf.Code(l.Ref.Scheme, a, r) }
	if f.part == PartRise {
		return append(out, f.Chosen.Axis.Label(), code(f.Chosen.Axis, l.Was), code(f.Chosen.Axis, l.Now), RiseWords(l.Sure), "1")
	}
	because := l.Because
	switch {
	case l.Depth == 1:
		because = AssetRef{Number: f.Number, Name: f.Name}
	case because.ID == 0:
		because.Name = outsideAsset
	}
	return append(out, strconv.Itoa(l.Depth), code(classify.Availability, l.Ref.Levels.A), because.Number, because.Name, "1")
}

// table is a file of cells that is being written.
type table interface {
	Cells([]string) error
	Close() error
}

func (f *impactFile) write(w table, err error) error {
	if err != nil {
		return err
	}
	for _, l := range f.list().Lines {
		if err := w.Cells(f.cells(l)); err != nil {
			return err
		}
	}
	if n := f.list().Outside; n > 0 {
		last := make([]string, len(f.columns()))
		last[1], last[len(last)-1] = outsideAsset, strconv.Itoa(n)
		if err := w.Cells(last); err != nil {
			return err
		}
	}
	return w.Close()
}

package app

import (
	"context"
	"time"

	"daicho/internal/asset"
	"daicho/internal/authz"
	"daicho/internal/postgres"
)

// AssetSheet is one asset on paper: its content, and what is required of it.
type AssetSheet struct {
	ControlsView
	Sections []Section
	Members  []asset.Member
	By       string // 所属 職 氏名 of who prints
	At       time.Time
	Head     string // of the trail, on one line, or ""
}

// PrintAsset reads an asset for paper. A print leaves the program, so it is always recorded.
// Errors: Forbidden, NotFound.
func (a *App) PrintAsset(ctx context.Context, actor authz.Actor, number string) (AssetSheet, error) {
	var v AssetSheet
	err := a.openAsset(ctx, actor, authz.ExportLedger, number, "print", func(ctx context.Context, t *postgres.Tx, r postgres.AssetRow) (bool, error) {
		doc := r.Shown.Doc
		var refs map[int64]AssetRef
		view, err := a.controlsView(ctx, t, r, t.ReadRefs(others(doc), &refs))
		if err != nil {
			return false, err
		}
		codes, err := t.CodeNames(ctx)
		v = AssetSheet{
			ControlsView: view, Sections: sections(doc, wordsOf(view.Scheme, codes, refs)), Members: doc.Members,
			By: t.Actor().Title() + " " + t.Actor().Name, At: t.Now(),
		}
		if err != nil {
			return false, err
		}
		v.Head, err = headLine(ctx, t)
		return true, err
	})
	return v, err
}

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
		head, version, err := a.assetHead(ctx, t, r)
		if err != nil {
			return false, err
		}
		names, err := a.names(ctx, t, head.Scheme, map[int64]postgres.Version{r.Asset: version})
		if err != nil {
			return false, err
		}
		v = AssetSheet{Sections: sections(version.Doc, names), Members: version.Doc.Members, By: t.Actor().Title() + " " + t.Actor().Name, At: t.Now()}
		if v.Head, err = headLine(ctx, t); err != nil {
			return false, err
		}
		v.ControlsView, err = a.controlsView(ctx, t, head, version.Doc)
		return true, err
	})
	return v, err
}

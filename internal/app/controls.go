package app

import (
	"context"
	"slices"

	"daicho/internal/asset"
	"daicho/internal/authz"
	"daicho/internal/classify"
	"daicho/internal/control"
	"daicho/internal/errs"
	"daicho/internal/postgres"
)

// ControlsView is the tab 分類と対策: what is required of an asset and why.
type ControlsView struct {
	AssetHead
	Judgement *Judgement
	Origins   []Origin
	Facets    asset.Facets
	Catalogue postgres.Catalogue // zero when none is loaded: nothing is required
	Chapters  []ControlChapter
	Org       []ControlLine // held once by the organisation to which the asset belongs
	Preview   bool          // nothing is in force yet: what would be required
}

// ControlChapter is one chapter with the controls that are required.
type ControlChapter struct {
	postgres.Chapter
	Controls []ControlLine
}

// ControlLine is one required control with the rows that demand it.
type ControlLine struct {
	control.Control
	Causes []Cause
}

// Cause is one row of a catalogue that demands a control, with what of the asset it hit.
type Cause struct {
	Reason     string
	Conditions []control.Condition
}

// Controls reads what is required of an asset, by chapter, with the rows that demand it, and what
// its organisation holds once. Errors: Forbidden, NotFound.
func (a *App) Controls(ctx context.Context, actor authz.Actor, number string) (ControlsView, error) {
	var v ControlsView
	err := a.openAsset(ctx, actor, authz.ReadAsset, number, "controls", func(ctx context.Context, t *postgres.Tx, r postgres.AssetRow) (_ bool, err error) {
		v, err = a.controlsView(ctx, t, r)
		return false, err
	})
	return v, err
}

func (a *App) controlsView(ctx context.Context, t *postgres.Tx, r postgres.AssetRow, more ...postgres.Reading) (v ControlsView, err error) {
	var stored []control.Requirement
	var zones []string
	var way postgres.Way
	more = append(more, t.ReadSetItems(r.Set, &stored), t.ReadUnitZones(r.Unit, &zones), t.ReadOrigin(r.Asset, false, &way))
	h, err := a.assetHead(ctx, t, r, more...)
	if err != nil {
		return v, err
	}
	d := r.Shown.Doc
	v = ControlsView{AssetHead: h, Judgement: judgementView(h.Scheme, d), Preview: !h.InForce(), Facets: d.Facets(h.Levels(), h.Model), Origins: origins(h, way)}
	catalogue, _, err := t.CurrentCatalogue(ctx)
	if err != nil || catalogue == 0 {
		return v, err
	}
	if r.Set == 0 {
		if stored, err = derived(ctx, t, catalogue, v.Facets); err != nil {
			return v, err
		}
	}
	if v.Catalogue, err = t.Catalogue(ctx, catalogue); err != nil {
		return v, err
	}
	return v, v.explain(ctx, t, stored, zones)
}

// demands counts what an asset must meet: the stored set, or, while the asset has none, what its facets
// would bring; nothing without a catalogue.
func (a *App) demands(ctx context.Context, t *postgres.Tx, r postgres.AssetRow) (int, error) {
	catalogue, _, err := t.CurrentCatalogue(ctx)
	switch {
	case err != nil || catalogue == 0:
		return 0, err
	case r.Set != 0:
		return r.Demands, nil
	}
	list, err := derived(ctx, t, catalogue, r.Shown.Doc.Facets(r.Levels(), r.Model))
	return len(list), err
}

// derived is what a catalogue requires of an asset with the facets.
func derived(ctx context.Context, t *postgres.Tx, catalogue int64, f asset.Facets) ([]control.Requirement, error) {
	conditions, err := t.Applicability(ctx, catalogue)
	return control.Derive(f, conditions), err
}

// explain puts the list into chapters and adds what the organisation holds.
func (v *ControlsView) explain(ctx context.Context, t *postgres.Tx, list []control.Requirement, zones []string) error {
	conditions, err := t.Applicability(ctx, v.Catalogue.ID)
	if err != nil {
		return err
	}
	rows := make(map[int64]control.Row, len(conditions))
	for _, c := range conditions {
		rows[c.ID] = c
	}
	held := control.DeriveOrg(zones, v.Model, conditions)
	causes := map[int64][]int64{}
	orgCauses := map[int64][]int64{}
	var ids []int64
	for _, r := range list {
		causes[r.Control] = r.Causes
		ids = append(ids, r.Control)
	}
	for _, r := range held {
		orgCauses[r.Control] = r.Causes
		ids = append(ids, r.Control)
	}
	slices.Sort(ids)
	controls, err := t.Controls(ctx, slices.Compact(ids))
	if err != nil {
		return err
	}
	chapters, err := t.Chapters(ctx, v.Catalogue.ID)
	if err != nil {
		return err
	}
	code := func(axis classify.Axis, r classify.Rank) string { return v.Scheme.CodeOf(axis, r) }
	for _, ch := range chapters {
		out := ControlChapter{Chapter: ch}
		for _, c := range controls {
			if c.Chapter != ch.No {
				continue
			}
			if ids, ok := causes[c.ID]; ok {
				line := ControlLine{Control: c}
				for _, id := range ids {
					r, ok := rows[id]
					if !ok {
						return errs.New(errs.Internal, "control.cause_missing", "")
					}
					line.Causes = append(line.Causes, Cause{r.Reason, r.Conditions(v.Facets, code)})
				}
				out.Controls = append(out.Controls, line)
			}
			if ids, ok := orgCauses[c.ID]; ok {
				line := ControlLine{Control: c}
				for _, id := range ids {
					line.Causes = append(line.Causes, Cause{Reason: rows[id].Reason})
				}
				v.Org = append(v.Org, line)
			}
		}
		if len(out.Controls) > 0 {
			v.Chapters = append(v.Chapters, out)
		}
	}
	return nil
}

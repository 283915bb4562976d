package app

import (
	"context"
	"slices"

	"daicho/internal/approval"
	"daicho/internal/asset"
	"daicho/internal/authz"
	"daicho/internal/check"
	"daicho/internal/classify"
	"daicho/internal/errs"
	"daicho/internal/org"
	"daicho/internal/postgres"
)

// What the pages of an asset show as the database has it.
type (
	// Standing is the newest application that names an asset.
	Standing = postgres.Standing
	// Review is one cause of 要再承認.
	Review = postgres.Review
	// Related is one relation in force, seen from one of its ends.
	Related = postgres.Related
	// Attachment is a file on an asset, without its content.
	Attachment = postgres.Attachment
	// By is who did something, by which post, and when.
	By = postgres.By
	// PastVersion is one stored version of an asset with what became of it.
	PastVersion = postgres.PastVersion
)

// AssetHead is what stands at the head of every page of an asset.
type AssetHead struct {
	postgres.AssetRow
	Scheme      *classify.Scheme // the edition that the asset was judged by
	Shelf       *classify.Shelf  // with the one in force
	Words       []LevelWords
	ZoneLabel   string
	ManagerPost string
	Controls    int // required of the asset
	Reviews     []Review
	Open        *Standing // the application that waits for a decision, or nil
	Returned    *Standing // the newest application, if it came back and is being put right
	ReturnedWhy string    // what the approver wrote about it
	CanEdit     bool
	CanAttach   bool
}

// LevelWords is the level of one axis in words.
type LevelWords struct {
	Axis classify.Axis
	classify.Look
}

// InForce reports whether the asset has approved content.
func (h AssetHead) InForce() bool { return h.VersionNo != 0 }

// Marking is what must stand on a print of the asset: the marking of its confidentiality.
func (h AssetHead) Marking() string {
	l, _ := h.Scheme.ByRank(classify.Confidentiality, h.C)
	return l.Marking
}

// Section is one part of the content of an asset.
type Section struct {
	Title string
	Lines []Line
	Empty []string // names of the fields that concern the asset and are not filled in
}

// Line is one field of an asset in words.
type Line struct{ Label, Text string }

// Judgement is how the declared levels came about.
type Judgement struct {
	Answers  []Answer
	Hits     []classify.Hit
	Proposed []LevelWords // where the registrant chose another level than the answers led to
	Reason   string
	Ask      bool
}

// AssetView is the page 概要 of an asset.
type AssetView struct {
	AssetHead
	Sections     []Section
	Judgement    *Judgement
	Origins      []Origin
	Handling     []string // 取扱制限 of the levels
	Members      []asset.Member
	Completeness asset.Completeness
	Warnings     []*errs.Error // of what is not in force yet
	Findings     []Finding     // of what is in force, accepted ones last
}

// Asset reads an asset within the scope. Opening one of a guarded level (3B and above) is recorded
// as an act before anything of it is given out. Errors: Forbidden, NotFound.
func (a *App) Asset(ctx context.Context, actor authz.Actor, number string) (AssetView, error) {
	var v AssetView
	err := a.openAsset(ctx, actor, authz.ReadAsset, number, "overview", func(ctx context.Context, t *postgres.Tx, r postgres.AssetRow) (bool, error) {
		doc := r.Shown.Doc
		var found []postgres.Finding
		var way postgres.Way
		var refs map[int64]AssetRef
		head, err := a.assetHead(ctx, t, r, t.ReadAssetFindings(r.Asset, &found), t.ReadOrigin(r.Asset, false, &way), t.ReadRefs(others(doc), &refs))
		if err != nil {
			return false, err
		}
		codes, err := t.CodeNames(ctx)
		if err != nil {
			return false, err
		}
		scheme, set, err := checks(ctx, t)
		if err != nil {
			return false, err
		}
		v = AssetView{
			AssetHead: head, Sections: sections(doc, wordsOf(head.Scheme, codes, refs)), Judgement: judgementView(head.Scheme, doc), Members: doc.Members,
			Handling: head.Scheme.Handling(r.Levels()), Completeness: doc.Completeness(), Origins: origins(head, way),
		}
		if !head.InForce() {
			v.Warnings = set.Warnings(check.Facts{Doc: doc, Levels: r.Levels()}, head.Scheme)
		}
		v.Findings, err = a.findings(ctx, t, set, scheme, found)
		return false, err
	})
	return v, err
}

// openAsset finds an asset by its number and lets fn read it in a snapshot. When the asset stands or
// ever stood at a guarded level, or fn says that what it read must leave a trace, the opening is
// recorded before the result may be shown; without the record there is no result.
func (a *App) openAsset(ctx context.Context, actor authz.Actor, action authz.Action, number, page string,
	fn func(context.Context, *postgres.Tx, postgres.AssetRow) (record bool, err error)) error {
	return a.openNoting(ctx, actor, action, number, map[string]any{"page": page}, fn)
}

// openNoting is openAsset for what says more of itself in the trail than the page: fn may still add to
// the detail.
func (a *App) openNoting(ctx context.Context, actor authz.Actor, action authz.Action, number string, detail map[string]any,
	fn func(context.Context, *postgres.Tx, postgres.AssetRow) (record bool, err error)) error {
	g, err := authz.Permit(actor, action)
	if err != nil {
		return err
	}
	n, err := asset.ParseNumber(number)
	if err != nil {
		return errs.New(errs.NotFound, "asset.number", "")
	}
	var r postgres.AssetRow
	var record bool
	err = a.db.View(ctx, g, func(ctx context.Context, t *postgres.Tx) error {
		var err error
		if r, err = t.AssetRow(ctx, n.String()); err != nil {
			return err
		}
		record, err = fn(ctx, t, r)
		return err
	})
	if err != nil || !record && !r.Guarded {
		return err
	}
	return a.db.Act(ctx, g, func(ctx context.Context, t *postgres.Tx) error {
		return t.Sign(ctx, postgres.Note{Target: r.Number, Asset: r.Asset, Unit: r.Unit, Detail: detail})
	})
}

// assetHead reads what every page of an asset shows, in one round trip with what else a page asks for.
func (a *App) assetHead(ctx context.Context, t *postgres.Tx, r postgres.AssetRow, more ...postgres.Reading) (AssetHead, error) {
	h := AssetHead{AssetRow: r, ZoneLabel: asset.Label(asset.Zones(), r.Zone)}
	dir, err := t.Directory(ctx)
	if err != nil {
		return h, err
	}
	h.Shelf, h.Scheme = dir.Book.Shelf, dir.Book.Shelf.Of(r.Shown.Scheme)
	for _, axis := range classify.Axes() {
		look := h.Shelf.Look(r.Shown.Scheme, axis, r.Levels().On(axis))
		h.Words = append(h.Words, LevelWords{axis, look})
	}
	codes, err := t.CodeNames(ctx)
	if err != nil {
		return h, err
	}
	h.ManagerPost = codes.Posts[r.Shown.Doc.Get("manager_post")]
	if h.Controls, err = a.demands(ctx, t, r); err != nil {
		return h, err
	}
	var st *Standing
	if err := t.Together(ctx, append(more, t.ReadReviews(r.Asset, &h.Reviews), t.ReadStanding(r.Asset, &st))...); err != nil {
		return h, err
	}
	if old, ok, err := t.SchemeReview(ctx, r); err != nil {
		return h, err
	} else if ok {
		h.Reviews = append(h.Reviews, old)
		slices.SortStableFunc(h.Reviews, func(a, b Review) int { return a.Since.Compare(b.Since) })
	}
	switch {
	case st == nil:
	case approval.State(st.State) == approval.Submitted:
		h.Open = st
	case approval.State(st.State) == approval.Returned && st.VersionNo > r.VersionNo && r.Drafted:
		h.Returned, h.ReturnedWhy = st, st.Comment
	}
	h.CanEdit = reaches(t, authz.RegisterAsset, r.Unit)
	h.CanAttach = reaches(t, authz.AttachFile, r.Unit)
	return h, nil
}

// reaches reports whether the actor may do another action on a unit, by the appointments that this
// transaction has read: for showing or hiding a button. The action itself asks again.
func reaches(t *postgres.Tx, action authz.Action, unit int64) bool {
	g, err := authz.Permit(t.Actor(), action)
	if err != nil {
		return false
	}
	s, err := authz.Resolve(g, t.Actor().Appointments)
	return err == nil && s.Covers(unit)
}

func levelWords(s *classify.Scheme, l classify.Levels) []LevelWords {
	var out []LevelWords
	for _, axis := range classify.Axes() {
		out = append(out, LevelWords{axis, s.Look(axis, l.On(axis))})
	}
	return out
}

// sections puts the fields of a document into words under the headings of the form.
func sections(d asset.Document, names asset.Names) []Section {
	var out []Section
	for _, s := range asset.Sections(d.Kind) {
		sec := Section{Title: s.Title}
		for _, f := range s.Fields {
			v := d.Get(f.Key)
			switch {
			case f.Key == "name": // stands in the head
			case v != "" && (f.Type != asset.Flag || v == "1"):
				sec.Lines = append(sec.Lines, Line{f.Label, names.Words(f, v)})
			case f.Type != asset.Flag && f.Level > 0 && f.When.Holds(d.Values) && f.Key != "lifecycle":
				sec.Empty = append(sec.Empty, f.Label)
			}
		}
		if len(sec.Lines)+len(sec.Empty) > 0 {
			out = append(out, sec)
		}
	}
	return out
}

func judgementView(s *classify.Scheme, d asset.Document) *Judgement {
	j := d.Judgement
	if j == nil {
		return nil
	}
	v := &Judgement{Reason: j.Reason, Ask: j.Ask}
	v.Hits, v.Answers = explain(s, d.Kind, j)
	for _, axis := range classify.Axes() {
		proposed, chosen := j.Proposed[string(axis)], j.Levels[string(axis)]
		if proposed == "" || chosen == proposed {
			continue
		}
		l, _ := s.ByCode(axis, proposed)
		v.Proposed = append(v.Proposed, LevelWords{axis, s.Look(axis, l.Rank)})
	}
	if v.Reason == "" && !v.Ask && len(v.Answers)+len(v.Proposed) == 0 {
		return nil
	}
	return v
}

// ReviewWords says why an asset must be approved again.
func ReviewWords(cause string) string {
	switch cause {
	case postgres.ReviewComputedAbove:
		return "関連する資産の区分が、この資産の申告より高くなりました。区分を見直してください。"
	case postgres.ReviewMayFall:
		return "関連する資産の区分が下がりました。この資産の区分も下げられますが、下げるには承認が要ります。"
	}
	if cause == postgres.ReviewScheme {
		return "新しい版の分類体系が効いています。この資産は前の版で判定したままなので、新しい版で判定し直してください。"
	}
	return cause
}

// StepWords says who decides an application next.
func StepWords(s Standing) string {
	return s.StepUnit + " の" + org.Role(s.StepRole).Label()
}

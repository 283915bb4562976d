package app

import (
	"context"

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
		head, version, err := a.assetHead(ctx, t, r)
		if err != nil {
			return false, err
		}
		v = AssetView{AssetHead: head}
		doc := version.Doc
		names, err := a.names(ctx, t, head.Scheme, map[int64]postgres.Version{r.Asset: version})
		if err != nil {
			return false, err
		}
		v.Sections = sections(doc, names)
		v.Judgement = judgementView(head.Scheme, doc)
		v.Members = doc.Members
		v.Handling = head.Scheme.Handling(r.Levels())
		v.Completeness = doc.Completeness()
		if v.Findings, err = a.assetFindings(ctx, t, r.Asset); err != nil {
			return false, err
		}
		if !head.InForce() {
			_, set, err := checks(ctx, t)
			if err != nil {
				return false, err
			}
			v.Warnings = set.Warnings(check.Facts{Doc: doc, Levels: r.Levels()}, head.Scheme)
		}
		v.Origins, err = origins(ctx, t, head, false)
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

// assetHead reads what every page of an asset shows, and the version that it is about.
func (a *App) assetHead(ctx context.Context, t *postgres.Tx, r postgres.AssetRow) (AssetHead, postgres.Version, error) {
	h := AssetHead{AssetRow: r, ZoneLabel: asset.Label(asset.Zones(), r.Zone)}
	vs, err := t.Versions(ctx, []int64{r.Asset}, []int{r.ShownNo})
	if err != nil {
		return h, postgres.Version{}, err
	}
	version := vs[r.Asset]
	if h.Shelf, err = t.Shelf(ctx, r.Scheme); err != nil {
		return h, version, err
	}
	h.Scheme = h.Shelf.Of(r.Scheme)
	for _, axis := range classify.Axes() {
		h.Words = append(h.Words, LevelWords{axis, h.Shelf.Look(r.Scheme, axis, r.Levels().On(axis))})
	}
	codes, err := t.CodeNames(ctx)
	if err != nil {
		return h, version, err
	}
	h.ManagerPost = codes.Posts[version.Doc.Get("manager_post")]
	list, _, err := a.required(ctx, t, r, version.Doc)
	if err != nil {
		return h, version, err
	}
	h.Controls = len(list)
	if h.Reviews, err = t.Reviews(ctx, r.Asset); err != nil {
		return h, version, err
	}
	st, err := t.Standing(ctx, r.Asset)
	if err != nil && !errs.Is(err, errs.NotFound) {
		return h, version, err
	}
	switch approval.State(st.State) {
	case approval.Submitted:
		h.Open = &st
	case approval.Returned:
		if st.VersionNo > r.VersionNo && r.Drafted {
			d, err := t.DecisionOf(ctx, st.ID)
			if err != nil {
				return h, version, err
			}
			h.Returned, h.ReturnedWhy = &st, d.Comment
		}
	case approval.Approved, approval.Withdrawn:
	}
	h.CanEdit = reaches(t, authz.RegisterAsset, r.Unit)
	h.CanAttach = reaches(t, authz.AttachFile, r.Unit)
	return h, version, nil
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

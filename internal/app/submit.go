package app

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

	"daicho/internal/approval"
	"daicho/internal/asset"
	"daicho/internal/authz"
	"daicho/internal/classify"
	"daicho/internal/errs"
	"daicho/internal/jpdate"
	"daicho/internal/postgres"
	"daicho/internal/relation"
)

// Submit asks for the decision on one or many drafts as one application.
type Submit struct {
	Assets []int64 // of drafts
	Note   string  // to the approver
	Token  string
	// EmergencyOn is the day on which it was done already, because it could not wait (7-09); zero
	// otherwise. EmergencyWhy says why.
	EmergencyOn  jpdate.Date
	EmergencyWhy string
}

// noteMost is how many characters the words of an application or of its withdrawal may have.
const noteMost = 2000

// Submitted is what came of a submission.
type Submitted struct {
	Application int64    // 0 when nothing needed a decision
	Minor       []string // numbers of assets whose change was minor and is in force at once
}

// Submit turns drafts into versions and asks for one decision on all of them. A draft that changes
// only minor fields needs none and is in force at once.
// Errors: Invalid with one field error per draft and field (Field = "<asset>/<field>"), NotFound
// outside the scope, Stale when what is in force has changed since the draft was made, Conflict when
// an asset waits for a decision already or nobody could decide.
func (a *App) Submit(ctx context.Context, actor authz.Actor, in Submit) (Submitted, error) {
	g, err := authz.Permit(actor, authz.SubmitApplication)
	if err != nil {
		return Submitted{}, err
	}
	ids := slices.Clone(in.Assets)
	slices.Sort(ids)
	ids = slices.Compact(ids)
	if len(ids) == 0 {
		return Submitted{}, errs.OnField("asset", "submit.none", "申請する下書きを選んでください")
	}
	if in.Note, err = note("note", "承認者への説明", in.Note, noteMost); err != nil {
		return Submitted{}, err
	}
	var out Submitted
	err = a.db.Act(ctx, g, func(ctx context.Context, t *postgres.Tx) error {
		out = Submitted{}
		done, used, err := t.UseToken(ctx, in.Token)
		if err != nil {
			return err
		}
		if used && done == "" { // by somebody else
			return errs.New(errs.Stale, "submit.token", "この画面はすでに使われています。もう一度開いて申請してください。")
		}
		if used {
			out.Application, _ = strconv.ParseInt(done, 10, 64)
			return t.Sign(ctx, postgres.Note{Target: "同じ申請の二度目の送信", Detail: map[string]any{"replay": true}})
		}
		out, err = a.submit(ctx, t, ids, in)
		if err != nil {
			return err
		}
		return t.SetTokenResult(ctx, in.Token, strconv.FormatInt(out.Application, 10))
	})
	return out, err
}

// prepared is a draft that passed every check.
type prepared struct {
	draft postgres.Draft
	head  postgres.Head
	view  DraftView
	minor bool
	item  postgres.NewItem
	was   side // in force
}

func (a *App) submit(ctx context.Context, t *postgres.Tx, ids []int64, in Submit) (Submitted, error) {
	note := in.Note
	drafts, err := t.LockDrafts(ctx, ids)
	if errs.Is(err, errs.NotFound) {
		return Submitted{}, gone(ctx, t, ids, err)
	}
	if err != nil {
		return Submitted{}, err
	}
	heads, err := t.LockHeads(ctx, ids)
	if err != nil {
		return Submitted{}, err
	}
	list := make([]prepared, 0, len(drafts))
	var failed []error
	for _, d := range drafts {
		p, err := a.prepare(ctx, t, d, heads[d.Asset])
		if err != nil && errs.KindOf(err) != errs.Invalid {
			return Submitted{}, err
		}
		failed = append(failed, prefixed(d.Asset, err)...)
		list = append(list, p)
	}
	failed = append(failed, unanswered(list, note)...)
	unit := list[0].view.Unit
	for _, p := range list {
		if p.view.Unit.ID != unit.ID {
			failed = append(failed, errs.OnField(fmt.Sprintf("%d/unit", p.draft.Asset), "submit.units",
				"一つの申請にできるのは、所管課が同じものだけです。所管課ごとに分けて申請してください"))
			break
		}
	}
	if len(failed) > 0 {
		return Submitted{}, errs.Join(failed...)
	}
	route, steps, err := a.steps(ctx, t, unit.ID, list)
	if err != nil {
		return Submitted{}, err
	}
	if note == "" { // what was written on the forms
		var notes []string
		for _, p := range list {
			if n := strings.TrimSpace(first(p.view.Form, NoteKey)); n != "" && !slices.Contains(notes, n) {
				notes = append(notes, n)
			}
		}
		note = strings.Join(notes, "\n")
	}
	target := fmt.Sprintf("%d件", len(list))
	if err := t.Sign(ctx, postgres.Note{Target: target, Unit: unit.ID, Reason: note, Detail: map[string]any{"items": len(list)}}); err != nil {
		return Submitted{}, err
	}
	var out Submitted
	var items []postgres.NewItem
	var minor []postgres.Entry
	standing, err := t.StandingDecisions(ctx, ids)
	if err != nil {
		return Submitted{}, err
	}
	for i := range list {
		p := &list[i]
		entry, err := a.store(ctx, t, p)
		if err != nil {
			return Submitted{}, err
		}
		if p.minor {
			entry.Decision = standing[p.draft.Asset]
			minor = append(minor, entry)
			out.Minor = append(out.Minor, entry.Number)
			continue
		}
		items = append(items, p.item)
	}
	if len(minor) > 0 {
		if err := t.PutInForce(ctx, list[0].view.Scheme, minor); err != nil {
			return Submitted{}, err
		}
	}
	if len(items) == 0 {
		return out, nil
	}
	seed, err := a.draw(items)
	if err != nil {
		return Submitted{}, err
	}
	application := postgres.NewApplication{
		Unit: unit.ID, ApplicantText: t.Actor().Title() + " " + t.Actor().Name, Note: note, Route: route, Steps: steps, Items: items, Seed: seed, EmergencyWhy: in.EmergencyWhy,
	}
	if !in.EmergencyOn.IsZero() {
		day := civil(in.EmergencyOn)
		application.EmergencyOn = &day
	}
	out.Application, err = t.InsertApplication(ctx, application)
	if errs.CodeOf(err) == "unique.application_item_open" {
		return Submitted{}, errs.New(errs.Conflict, "submit.open", "すでに申請中の資産が含まれています。決裁されるか取り下げられるまで申請できません。")
	}
	return out, err
}

// steps works out the way of what needs a decision, before anything is stored, and what of it has to
// be opened. It returns the edition of the routes too.
// Errors: Conflict when nobody could decide.
func (a *App) steps(ctx context.Context, t *postgres.Tx, unit int64, list []prepared) (int64, []approval.Step, error) {
	today, err := t.RouteToday(ctx, unit)
	if err != nil {
		return 0, nil, err
	}
	var cases []approval.Case
	for i := range list {
		p := &list[i]
		if p.minor {
			continue
		}
		mine := casesOf(today.Organ, p.was, side{&p.view.Doc, p.view.Levels})
		p.item.Must = mustOpen(p.view.Scheme, mine[0], p.item.Lowers)
		for _, c := range mine {
			if !slices.Contains(cases, c) {
				cases = append(cases, c)
			}
		}
	}
	if len(cases) == 0 {
		return 0, nil, nil
	}
	steps, err := a.lay(ctx, t, unit, today, cases)
	return today.ID, steps, err
}

// draw marks of many items a sample of those that need not be opened otherwise, and returns the seed.
func (a *App) draw(items []postgres.NewItem) ([]byte, error) {
	var rest []int64
	for _, it := range items {
		if it.Must == "" {
			rest = append(rest, it.Asset)
		}
	}
	n := approval.SampleSize(len(items), len(rest))
	if n == 0 {
		return nil, nil
	}
	var seed [16]byte
	if _, err := io.ReadFull(a.o.Random, seed[:]); err != nil {
		return nil, err
	}
	drawn := approval.Draw(seed, rest, n)
	for i := range items {
		if _, is := slices.BinarySearch(drawn, items[i].Asset); is {
			items[i].Must = approval.MustSample
		}
	}
	return seed[:], nil
}

// prepare checks one draft for submission: what it must hold, what it stands on and what it does to
// what is in force. An Invalid error leaves the rest of the list to be checked.
func (a *App) prepare(ctx context.Context, t *postgres.Tx, d postgres.Draft, h postgres.Head) (prepared, error) {
	v, err := a.view(ctx, t, d)
	if err != nil {
		return prepared{}, err
	}
	p := prepared{draft: d, head: h, view: v}
	if h.PendingNo != 0 {
		return p, errs.New(errs.Conflict, "submit.open", fmt.Sprintf("%s はすでに申請中です。", cmp.Or(h.Number, v.Doc.Get("name"))))
	}
	if h.VersionNo != d.BaseNo {
		return p, errs.New(errs.Stale, "submit.base", fmt.Sprintf("%s は、下書きを作ったあとに別の内容が承認されました。下書きを作り直してください。", h.Number))
	}
	if v.Missing != nil {
		return p, v.Missing
	}
	if v.Unit.ID == 0 {
		return p, errs.OnField("unit", "draft.unit", "所管課を選んでください")
	}
	v.ownLevels(&v.Doc)
	p.item = postgres.NewItem{BaseNo: d.BaseNo, Deed: approval.Register, Levels: v.Levels, Item: approval.Item{Asset: d.Asset, Version: h.LastNo + 1, Material: v.Doc.MaterialDigest()}}
	if d.BaseNo == 0 {
		return p, nil
	}
	vs, err := t.Versions(ctx, []int64{d.Asset}, []int{d.BaseNo})
	if err != nil {
		return p, err
	}
	old := vs[d.Asset].Doc
	p.was = side{&old, h.Levels()}
	if kept := v.withLevels(old); kept.OnlyMinor(old) {
		// Nothing material was touched: that the purpose is no longer asked for is not a change.
		v.Doc, p.view.Doc = kept, kept
		p.item.Material = kept.MaterialDigest()
	}
	p.item.Deed = approval.Change
	if v.Doc.Lifecycle() == asset.LifecycleDisposed && old.Lifecycle() != asset.LifecycleDisposed {
		p.item.Deed = approval.Dispose
	}
	p.item.Lowers = v.Levels.Lower(h.Levels())
	changed := len(asset.Diff(old, v.Doc)) > 0
	if p.minor = changed && v.Doc.OnlyMinor(old); p.minor && v.Doc.Edition != old.Edition {
		// What is in force rests on the digest that was approved, made under the edition of that day.
		v.Doc.Edition = old.Edition
		p.view.Doc, p.item.Material = v.Doc, v.Doc.MaterialDigest()
	}
	// The same content is submitted again to let a level fall with what it follows.
	if !changed && !p.item.Lowers {
		return p, errs.OnField("name", "submit.same", "承認済みの内容から何も変わっていません。直すところがなければ、下書きを破棄してください")
	}
	return p, nil
}

// withLevels returns the document with the levels that another one declares on the axes that follow.
// A use that the draft states anew, because what the asset holds has outgrown the old one, is not put
// back: that is the change which the approver is asked for.
func (v *DraftView) withLevels(from asset.Document) asset.Document {
	d := v.Doc.Clone()
	if d.Judgement == nil || from.Judgement == nil {
		return d
	}
	for _, axis := range classify.Axes() {
		code := from.Judgement.Levels[string(axis)]
		if code == "" || !relation.Follows(d.Kind, axis) {
			continue
		}
		was, _ := v.Scheme.ByCode(axis, code)
		stated, _ := v.Scheme.ByCode(axis, first(v.Form, asset.LevelKey(axis)))
		if was.Rank < v.Levels.On(axis) && stated.Rank >= v.Levels.On(axis) {
			continue
		}
		d.Judgement.Levels[string(axis)] = code
	}
	return d
}

// ownLevels takes out of a document the levels on the axes that follow while it holds something: what
// it is for is then answered by what it holds.
func (v *DraftView) ownLevels(d *asset.Document) {
	if !v.Holds || d.Judgement == nil {
		return
	}
	for _, axis := range classify.Axes() {
		if relation.Follows(v.Kind, axis) {
			delete(d.Judgement.Levels, string(axis))
		}
	}
}

// gone says what became of drafts that are no longer there: of assets that the actor can see, that
// somebody was faster; of others, nothing.
func gone(ctx context.Context, t *postgres.Tx, ids []int64, err error) error {
	seen, e := t.Refs(ctx, ids)
	if e != nil || len(seen) != len(ids) {
		return errs.Join(e, err)
	}
	return errs.New(errs.Conflict, "submit.gone", "選んだ下書きは、すでに申請されたか、捨てられています。下書きの一覧を開き直してください。")
}

// store makes the version of a draft, gives the asset its number, and moves its row in the list.
func (a *App) store(ctx context.Context, t *postgres.Tx, p *prepared) (postgres.Entry, error) {
	v := p.view
	place, err := t.PlaceOf(ctx, v.Unit.Code)
	if err != nil {
		return postgres.Entry{}, err
	}
	number := p.head.Number
	if number == "" {
		if number, err = t.GiveNumber(ctx, p.draft.Asset, place.Organ, place.Prefix, jpdate.FiscalYear(jpdate.OfTime(t.Now()))); err != nil {
			return postgres.Entry{}, err
		}
	}
	version := postgres.Version{Asset: p.draft.Asset, No: p.item.Version, Doc: v.Doc, Material: p.item.Material, Scheme: v.Scheme.ID}
	if err := t.InsertVersion(ctx, version); err != nil {
		return postgres.Entry{}, err
	}
	if err := t.DeleteDraft(ctx, p.draft.Asset); err != nil {
		return postgres.Entry{}, err
	}
	e := postgres.Entry{Version: version, Number: number, Place: place}
	switch {
	case p.minor:
		return e, nil
	case p.draft.BaseNo != 0:
		return e, t.SetPending(ctx, p.draft.Asset, version.No)
	}
	class, set, err := t.ClassOf(ctx, v.Doc.Facets(v.Levels, place.Model))
	if err != nil {
		return e, err
	}
	return e, t.PutNow(ctx, postgres.Now{
		Asset: p.draft.Asset, Number: number, Place: place, State: asset.StatePending, Doc: v.Doc, Levels: v.Levels,
		Class: class, Set: set, Pending: version.No, Scheme: version.Scheme,
	})
}

// prefixed puts the asset before the field of every error, so that a page with many drafts can show
// each message where it belongs.
func prefixed(id int64, err error) []error {
	if err == nil {
		return nil
	}
	fields := errs.Fields(err)
	if len(fields) == 0 {
		return []error{err}
	}
	out := make([]error, len(fields))
	for i, f := range fields {
		e := *f
		e.Field = strconv.FormatInt(id, 10) + "/" + f.Field
		out[i] = &e
	}
	return out
}

// backToDrafts turns the versions of an application that ended without approval into drafts again,
// so that nothing typed is lost.
func (a *App) backToDrafts(ctx context.Context, t *postgres.Tx, app postgres.Application, returned bool) error {
	var all []postgres.Item
	for after := 0; ; {
		page, err := t.Items(ctx, app.ID, after, 500)
		if err != nil {
			return err
		}
		if len(page) == 0 {
			break
		}
		all, after = append(all, page...), page[len(page)-1].No
	}
	ids, nos := make([]int64, len(all)), make([]int, len(all))
	for i, it := range all {
		ids[i], nos[i] = it.AssetID, it.VersionNo
	}
	if _, err := t.LockHeads(ctx, ids); err != nil {
		return err
	}
	versions, err := t.Versions(ctx, ids, nos)
	if err != nil {
		return err
	}
	refs, err := t.Refs(ctx, ids)
	if err != nil {
		return err
	}
	var earlier map[int64]postgres.EarlierReturn // what was withdrawn may still owe an answer
	if !returned {
		if earlier, err = t.EarlierReturns(ctx, ids, app.ID); err != nil {
			return err
		}
	}
	for _, it := range all {
		doc := versions[it.AssetID].Doc
		place, err := t.PlaceOf(ctx, doc.Get("unit"))
		if err != nil {
			return err
		}
		d := postgres.Draft{Asset: it.AssetID, Unit: place.Unit, BaseNo: it.BaseNo, Form: rawOf(doc), Returned: earlier[it.AssetID].Application}
		if returned {
			d.Returned = app.ID
		} else if d.Returned != 0 && app.Note != "" {
			d.Form[NoteKey] = []string{app.Note}
		}
		if err := t.ReviveDraft(ctx, d, app.Applicant); err != nil {
			return err
		}
		if it.BaseNo != 0 {
			if err := t.SetPending(ctx, it.AssetID, 0); err != nil {
				return err
			}
			continue
		}
		state := asset.StateDraft
		if d.Returned != 0 {
			state = asset.StateReturned
		}
		if err := t.PutNow(ctx, postgres.Now{
			Asset: it.AssetID, Number: it.Number, Place: place, State: state, Doc: doc, Levels: refs[it.AssetID].Levels, Scheme: versions[it.AssetID].Scheme,
		}); err != nil {
			return err
		}
	}
	return nil
}

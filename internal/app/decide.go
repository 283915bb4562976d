package app

import (
	"context"
	"fmt"
	"strings"
	"time"

	"daicho/internal/approval"
	"daicho/internal/asset"
	"daicho/internal/authz"
	"daicho/internal/check"
	"daicho/internal/classify"
	"daicho/internal/errs"
	"daicho/internal/postgres"
)

// itemsShown is how many items of an application one page shows.
const itemsShown = 100

// ItemView is one item of an application as an approver sees it.
type ItemView struct {
	No      int
	Asset   AssetRef // levels as they would be
	Deed    approval.Deed
	Lowers  bool
	Guarded bool             // of a level that is opened one by one
	Must    approval.Must    // why it has to be opened before the decision
	Opened  bool             // by the actor
	Scheme  *classify.Scheme // the edition that the item was judged by
	// BeforeScheme is the edition of what is in force; the same as Scheme when nothing is.
	BeforeScheme *classify.Scheme
	Before       classify.Levels // in force while the change waits; zero for a new asset and once decided
	Changes      []asset.Change
	Whole        []asset.Change // every field that is filled in, in words (After)
	Document     asset.Document
	Hits         []classify.Hit // why the questions led to the proposal
	Answers      []Answer
	Warnings     []*errs.Error
	Returned     *ReturnedNote // why an earlier application of the asset came back, and what changed since
}

// Application is an application as lists show it, and ItemGroup counts its items that are alike.
type (
	Application = postgres.Application
	Decision    = postgres.Decision
	ItemGroup   = postgres.ItemGroup
)

// Answer is one question of the 判定 with what was answered, in words.
type Answer struct{ Question, Answer string }

// ApplicationView is an application with the items of one page.
type ApplicationView struct {
	postgres.Application
	Scheme      *classify.Scheme
	Items       []ItemView
	Page, Pages int                // of items, from 1
	Single      bool               // one of several items was opened
	Decision    *postgres.Decision // by which it ended; nil while it is open, and when it was withdrawn
	Way         []WayStep
	Decisions   []postgres.Decision // in the order of time
	Rules       approval.Application
	Open        approval.Step     // where it stands
	Last        bool              // the open step is the only one left: its approval puts it in force
	Unopened    postgres.Unopened // what the actor has to open before deciding
	CanDecide   bool
	Why         string // why the actor cannot decide, in words; "" when CanDecide or when it is closed
	CanWithdraw bool
	Groups      []ItemGroup // what all items are, beyond the page
	FirstNumber string      // 管理番号 of the first item
}

// Application reads an application within the scope, a page of items at a time: first what lowers a
// level, then what is opened one by one. A page beyond the last is the last. Opening a page with an
// item that stands, would stand or ever stood at a guarded level (3B and above) is recorded as one act
// before anything of it is given out. A page that shows an application of few items
// as a whole opens them.
// Errors: Forbidden, NotFound.
func (a *App) Application(ctx context.Context, actor authz.Actor, id int64, page int) (ApplicationView, error) {
	return a.openApplication(ctx, actor, id, func(ctx context.Context, t *postgres.Tx, v *ApplicationView) (items []postgres.Item, err error) {
		v.Page = min(max(1, page), v.Pages)
		if v.Groups, err = t.ItemGroups(ctx, id); err != nil {
			return nil, err
		}
		return t.ItemsToSee(ctx, id, (v.Page-1)*itemsShown, itemsShown)
	})
}

// ApplicationItem opens one item of an application by its number. That an approver did so is kept,
// where the item has to be opened before the decision. Errors: Forbidden, NotFound.
func (a *App) ApplicationItem(ctx context.Context, actor authz.Actor, id int64, no int) (ApplicationView, error) {
	return a.openApplication(ctx, actor, id, func(ctx context.Context, t *postgres.Tx, v *ApplicationView) ([]postgres.Item, error) {
		it, err := t.Item(ctx, id, no)
		v.Single = true
		return []postgres.Item{it}, err
	})
}

// openApplication reads an application with some of its items, and records first what must not be read
// unseen and what has to be opened before the decision.
func (a *App) openApplication(ctx context.Context, actor authz.Actor, id int64,
	some func(context.Context, *postgres.Tx, *ApplicationView) ([]postgres.Item, error)) (ApplicationView, error) {
	g, err := authz.Permit(actor, authz.ReadApplication)
	if err != nil {
		return ApplicationView{}, err
	}
	var v ApplicationView
	var guarded []int64
	var opened []int64
	err = a.db.View(ctx, g, func(ctx context.Context, t *postgres.Tx) error {
		if v, err = a.applicationHead(ctx, t, id); err != nil {
			return err
		}
		items, err := some(ctx, t, &v)
		if err != nil {
			return err
		}
		if guarded, err = t.GuardedOf(ctx, items); err != nil {
			return err
		}
		if v.Items, err = a.items(ctx, t, v.Scheme, id, items); err != nil {
			return err
		}
		for i := range v.Items {
			if v.Decision != nil || v.State == string(approval.Withdrawn) {
				v.Items[i].Before = classify.Levels{}
			}
		}
		if v.CanDecide && (v.Single || v.ItemCount <= approval.Few) {
			for i := range v.Items {
				if it := &v.Items[i]; it.Must != "" && !it.Opened {
					opened, it.Opened = append(opened, it.Asset.ID), true
				}
			}
		}
		return nil
	})
	if err != nil || len(guarded)+len(opened) == 0 {
		return v, err
	}
	note := postgres.Note{
		Target: fmt.Sprintf("申請 %d（%d件、うち慎重に扱うもの%d件）", v.ID, len(v.Items), len(guarded)), Unit: v.Unit,
		Detail: map[string]any{"application": v.ID, "page": v.Page, "assets": guarded},
	}
	if len(guarded) == 1 {
		note.Asset = guarded[0]
	}
	return v, a.db.Act(ctx, g, func(ctx context.Context, t *postgres.Tx) error {
		if err := t.Sign(ctx, note); err != nil || len(opened) == 0 {
			return err
		}
		if err := t.OpenItems(ctx, id, opened); err != nil {
			return err
		}
		v.Unopened, err = t.Unopened(ctx, id)
		return err
	})
}

// ApplicationHead reads where an application stands and who decides it, without the content of its
// items: for saying what became of it. Errors: Forbidden, NotFound.
func (a *App) ApplicationHead(ctx context.Context, actor authz.Actor, id int64) (ApplicationView, error) {
	g, err := authz.Permit(actor, authz.ReadApplication)
	if err != nil {
		return ApplicationView{}, err
	}
	var v ApplicationView
	err = a.db.View(ctx, g, func(ctx context.Context, t *postgres.Tx) error {
		v, err = a.applicationHead(ctx, t, id)
		return err
	})
	return v, err
}

func (a *App) applicationHead(ctx context.Context, t *postgres.Tx, id int64) (v ApplicationView, err error) {
	app, err := t.Application(ctx, id)
	if err != nil {
		return v, err
	}
	v = ApplicationView{Application: app, Pages: max(1, (app.ItemCount+itemsShown-1)/itemsShown)}
	if v.Scheme, err = t.Scheme(ctx, 0); err != nil {
		return v, err
	}
	steps, err := t.Way(ctx, id)
	if err != nil {
		return v, err
	}
	if v.Decisions, err = t.Decisions(ctx, id); err != nil {
		return v, err
	}
	v.Rules = app.Rules(steps, v.Decisions)
	v.Way = wayOf(steps, v.Rules, v.Decisions)
	if n := len(v.Decisions); n > 0 && (app.State == string(approval.Approved) || app.State == string(approval.Returned)) {
		v.Decision = &v.Decisions[n-1]
	}
	v.CanWithdraw = v.Rules.Withdrawable(t.Actor().Person) == nil && authz.Can(t.Actor(), authz.Withdraw)
	if app.State == string(approval.Submitted) {
		v.Open, _ = v.Rules.Next()
		v.Last = v.Rules.Last(v.Open.No)
		_, holds := t.Takes(v.Open)
		switch err := v.Rules.Decidable(t.Actor().Person); {
		case !holds || !authz.Can(t.Actor(), authz.Decide):
			v.Why = "この申請は、" + v.Open.Words() + "が決裁します。"
		case err != nil:
			v.Why = errs.MessageOf(err)
		default:
			v.CanDecide = true
			if v.Unopened, err = t.Unopened(ctx, id); err != nil {
				return v, err
			}
		}
	}
	first, err := t.Items(ctx, id, 0, 1)
	if err == nil && len(first) > 0 {
		v.FirstNumber = first[0].Number
	}
	return v, err
}

func (a *App) items(ctx context.Context, t *postgres.Tx, scheme *classify.Scheme, application int64, items []postgres.Item) ([]ItemView, error) {
	var ids, baseIDs []int64
	var nos, baseNos []int
	for _, it := range items {
		ids, nos = append(ids, it.AssetID), append(nos, it.VersionNo)
		if it.BaseNo != 0 {
			baseIDs, baseNos = append(baseIDs, it.AssetID), append(baseNos, it.BaseNo)
		}
	}
	versions, err := t.Versions(ctx, ids, nos)
	if err != nil {
		return nil, err
	}
	bases, err := t.Versions(ctx, baseIDs, baseNos)
	if err != nil {
		return nil, err
	}
	refs, err := t.Refs(ctx, ids)
	if err != nil {
		return nil, err
	}
	names, err := a.names(ctx, t, scheme, versions, bases)
	if err != nil {
		return nil, err
	}
	set, err := t.Checks(ctx, scheme)
	if err != nil {
		return nil, err
	}
	var schemes []int64
	for id, v := range versions {
		schemes = append(schemes, v.Scheme, refs[id].Scheme)
	}
	shelf, err := t.Shelf(ctx, schemes...)
	if err != nil {
		return nil, err
	}
	returned, err := a.returns(ctx, t, versions, application)
	if err != nil {
		return nil, err
	}
	out := make([]ItemView, 0, len(items))
	for _, it := range items {
		doc := versions[it.AssetID].Doc
		old := asset.New(doc.Kind)
		if b, ok := bases[it.AssetID]; ok {
			old = b.Doc
		}
		own := shelf.Of(versions[it.AssetID].Scheme)
		v := ItemView{
			Scheme: own, BeforeScheme: own, No: it.No, Asset: refs[it.AssetID], Deed: approval.Deed(it.Deed), Lowers: it.Lowers, Guarded: it.Guarded, Must: it.Must, Opened: it.Opened, Document: doc, Returned: returned[it.AssetID],
			Changes: asset.Diff(old, doc, names), Whole: asset.Diff(asset.New(doc.Kind), doc, names), Warnings: set.Warnings(check.Facts{Doc: doc, Levels: it.Levels()}, scheme),
		}
		if v.Asset.ID == 0 { // moved out of the scope since
			v.Asset = AssetRef{ID: it.AssetID, Number: it.Number, Name: doc.Get("name"), Kind: doc.Kind}
		}
		if it.BaseNo != 0 {
			v.Before = v.Asset.Levels
			v.BeforeScheme = shelf.Of(v.Asset.Scheme)
		}
		v.Asset.Levels = it.Levels()
		if j := doc.Judgement; j != nil {
			v.Hits, v.Answers = explain(own, doc.Kind, j)
		}
		out = append(out, v)
	}
	return out, nil
}

// explain puts the answers of a judgement and what they led to into words.
func explain(scheme *classify.Scheme, k asset.Kind, j *asset.Judgement) ([]classify.Hit, []Answer) {
	if len(j.Answers) == 0 {
		return nil, nil
	}
	var hits []classify.Hit
	for _, h := range scheme.Judge(j.Answers).Hits {
		if asset.Declares(k, h.Axis) {
			hits = append(hits, h)
		}
	}
	var answers []Answer
	for _, q := range scheme.Shown(j.Answers) {
		v := j.Answers[q.Code]
		if v == "" {
			continue
		}
		answers = append(answers, Answer{q.Text, answerWords(q, v)})
	}
	return hits, answers
}

// names builds the words for codes that only the organisation, the scheme or the register knows.
func (a *App) names(ctx context.Context, t *postgres.Tx, scheme *classify.Scheme, docs ...map[int64]postgres.Version) (asset.Names, error) {
	refs, err := t.CodeNames(ctx)
	if err != nil {
		return asset.Names{}, err
	}
	var ids []int64
	for _, m := range docs {
		for _, v := range m {
			for _, r := range v.Doc.Relations {
				ids = append(ids, r.Other)
			}
		}
	}
	others, err := t.Refs(ctx, ids)
	if err != nil {
		return asset.Names{}, err
	}
	return wordsOf(scheme, refs, others), nil
}

// itemsStand compares the items of an application with the digest that was taken of them when it was
// submitted. Errors: Conflict when they are others.
func itemsStand(ctx context.Context, t *postgres.Tx, app postgres.Application) error {
	stored, err := t.Items(ctx, app.ID, 0, 1<<20)
	if err != nil {
		return err
	}
	items := make([]approval.Item, len(stored))
	for i, it := range stored {
		items[i] = approval.Item{Asset: it.AssetID, Version: it.VersionNo, Material: [32]byte(it.MaterialSha256)}
	}
	if approval.Digest(items) != [32]byte(app.Digest) {
		return errs.New(errs.Conflict, "approval.items", "この申請の項目が、申請されたときのものと違います。決裁せずに、システム管理者に知らせてください。")
	}
	return nil
}

// putInForce brings every item of an approved application into force. It takes the counter before it
// holds any asset: whoever has the counter raises levels of assets far away, and would wait for what
// this holds while this waits for the counter.
func (a *App) putInForce(ctx context.Context, t *postgres.Tx, application, decision int64) error {
	if _, err := t.Revision(ctx); err != nil {
		return err
	}
	items, err := t.Items(ctx, application, 0, 1<<20)
	if err != nil {
		return err
	}
	ids, nos := make([]int64, len(items)), make([]int, len(items))
	for i, it := range items {
		ids[i], nos[i] = it.AssetID, it.VersionNo
	}
	heads, err := t.LockHeads(ctx, ids)
	if err != nil {
		return err
	}
	versions, err := t.Versions(ctx, ids, nos)
	if err != nil {
		return err
	}
	scheme, err := t.Scheme(ctx, 0)
	if err != nil {
		return err
	}
	entries := make([]postgres.Entry, 0, len(items))
	for _, it := range items {
		v := versions[it.AssetID]
		place, err := t.PlaceOf(ctx, v.Doc.Get("unit"))
		if err != nil {
			return err
		}
		e := postgres.Entry{Version: v, Number: it.Number, Place: place, Decision: decision, Fresh: true, Seen: it.Levels()}
		if h := heads[it.AssetID]; h.VersionNo != 0 && !it.Lowers {
			e.Least = h.Levels()
		}
		entries = append(entries, e)
	}
	return t.PutInForce(ctx, scheme, entries)
}

// Withdraw takes back an application that is not decided yet; its items become drafts again.
// Errors: Forbidden for somebody else's, Conflict when it was decided meanwhile, NotFound.
func (a *App) Withdraw(ctx context.Context, actor authz.Actor, id int64, reason string) error {
	g, err := authz.Permit(actor, authz.Withdraw)
	if err != nil {
		return err
	}
	return a.db.Act(ctx, g, func(ctx context.Context, t *postgres.Tx) error {
		app, err := t.LockApplication(ctx, id)
		if err != nil {
			return err
		}
		rules, err := rulesOf(ctx, t, app)
		if err != nil {
			return err
		}
		if err := rules.Withdrawable(actor.Person); err != nil {
			return err
		}
		if reason, err = note("reason", "取り下げる理由", reason, noteMost); err != nil {
			return err
		}
		if err := t.Sign(ctx, postgres.Note{
			Target: fmt.Sprintf("申請 %d（%d件）", id, app.ItemCount), Unit: app.Unit, Reason: strings.TrimSpace(reason), Detail: map[string]any{"application": id},
		}); err != nil {
			return err
		}
		if err := t.CloseApplication(ctx, id, approval.Withdrawn); err != nil {
			return err
		}
		return a.backToDrafts(ctx, t, app, false)
	})
}

// QueueView is one page of what the actor could decide.
type QueueView struct {
	Applications []postgres.Application
	Total        int
	Page         int // from 1
	Size         int
	Now          time.Time
	Scheme       *classify.Scheme // for the words of levels
}

// Pages is how many pages there are.
func (q QueueView) Pages() int { return max(1, (q.Total+q.Size-1)/q.Size) }

const queueSize = 50

// Queue lists what the actor could decide, oldest first. Errors: Forbidden.
func (a *App) Queue(ctx context.Context, actor authz.Actor, page int) (QueueView, error) {
	g, err := authz.Permit(actor, authz.SeeQueue)
	if err != nil {
		return QueueView{}, err
	}
	v := QueueView{Page: max(1, page), Size: queueSize}
	err = a.db.View(ctx, g, func(ctx context.Context, t *postgres.Tx) error {
		v.Now = t.Now()
		if v.Total, err = t.CountQueue(ctx); err != nil {
			return err
		}
		v.Page = min(v.Page, v.Pages())
		if v.Scheme, err = t.Scheme(ctx, 0); err != nil {
			return err
		}
		v.Applications, err = t.Queue(ctx, v.Size, (v.Page-1)*v.Size)
		return err
	})
	return v, err
}

// MyRequestsView is the actor's own drafts and applications.
type MyRequestsView struct {
	Query        RequestsQuery
	Drafts       []DraftLine
	DraftTotal   int                     // of the drafts asked for
	DraftOthers  int                     // of those in scope that were not asked for
	Comments     map[int64]*ReturnedNote // why drafts came back, by asset; without what was changed since
	Applications []postgres.Application
	Total        int
	Page         int
	Size         int
}

// Pages is how many pages of applications there are.
func (v MyRequestsView) Pages() int { return max(1, (v.Total+v.Size-1)/v.Size) }

// DraftLine is one draft in a list.
type DraftLine struct {
	Asset     int64
	Number    string
	Kind      asset.Kind
	Name      string
	Unit      string
	Own       bool
	Owner     string
	Returned  bool
	Ready     bool // nothing would stop a submission
	Missing   int  // how many things are still missing
	UpdatedAt time.Time
}

// draftsShown is how many drafts the page of one's requests lists.
const draftsShown = 200

// RequestsQuery says which drafts and applications are asked for.
type RequestsQuery struct {
	Drafts postgres.DraftFilter
	Open   bool // of the applications only those that wait for a decision
	Page   int  // of the applications, from 1
}

// MyRequests lists the drafts that are the actor's work, or all of the actor's units, and the actor's
// own applications. Errors: Forbidden.
func (a *App) MyRequests(ctx context.Context, actor authz.Actor, q RequestsQuery) (MyRequestsView, error) {
	g, err := authz.Permit(actor, authz.RegisterAsset)
	if err != nil {
		return MyRequestsView{}, err
	}
	v := MyRequestsView{Query: q, Page: max(1, q.Page), Size: queueSize}
	err = a.db.View(ctx, g, func(ctx context.Context, t *postgres.Tx) error {
		drafts, err := t.Drafts(ctx, q.Drafts, draftsShown, 0)
		if err != nil {
			return err
		}
		if v.DraftTotal, err = t.CountDrafts(ctx, q.Drafts); err != nil {
			return err
		}
		all, err := t.CountDrafts(ctx, postgres.DraftFilter{All: true})
		if err != nil {
			return err
		}
		v.DraftOthers = all - v.DraftTotal
		if v.Drafts, err = a.draftLines(ctx, t, drafts); err != nil {
			return err
		}
		if v.Comments, err = comments(ctx, t, drafts); err != nil {
			return err
		}
		n, err := t.CountMyApplications(ctx)
		if err != nil {
			return err
		}
		if v.Total = n.Total; q.Open {
			v.Total = n.Open
		}
		v.Page = min(v.Page, v.Pages())
		v.Applications, err = t.MyApplications(ctx, q.Open, v.Size, (v.Page-1)*v.Size)
		return err
	})
	return v, err
}

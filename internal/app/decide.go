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
	ItemGroup   = postgres.ItemGroup
)

// Answer is one question of the 判定 with what was answered, in words.
type Answer struct{ Question, Answer string }

// ApplicationView is an application with the items of one page.
type ApplicationView struct {
	postgres.Application
	Scheme      *classify.Scheme
	Items       []ItemView
	Page, Pages int // of items, from 1
	Decision    *postgres.Decision
	CanDecide   bool
	Why         string // why the actor cannot decide, in words; "" when CanDecide or when it is closed
	CanWithdraw bool
	Groups      []ItemGroup // what all items are, beyond the page
	FirstNumber string      // 管理番号 of the first item
}

// Application reads an application within the scope, a page of items at a time: first what lowers a
// level, then what is opened one by one. A page beyond the last is the last. Opening a page with an
// item that stands, would stand or ever stood at a guarded level (3B and above) is recorded as one act
// before anything of it is given out. Errors: Forbidden, NotFound.
func (a *App) Application(ctx context.Context, actor authz.Actor, id int64, page int) (ApplicationView, error) {
	g, err := authz.Permit(actor, authz.ReadApplication)
	if err != nil {
		return ApplicationView{}, err
	}
	var v ApplicationView
	var guarded []int64
	err = a.db.View(ctx, g, func(ctx context.Context, t *postgres.Tx) error {
		var err error
		if v, err = a.applicationHead(ctx, t, id); err != nil {
			return err
		}
		v.Page = min(max(1, page), v.Pages)
		if v.Groups, err = t.ItemGroups(ctx, id); err != nil {
			return err
		}
		items, err := t.ItemsToSee(ctx, id, (v.Page-1)*itemsShown, itemsShown)
		if err != nil {
			return err
		}
		if guarded, err = t.GuardedOf(ctx, items); err != nil {
			return err
		}
		v.Items, err = a.items(ctx, t, v.Scheme, id, items)
		for i := range v.Items {
			if v.Decision != nil || v.State == string(approval.Withdrawn) {
				v.Items[i].Before = classify.Levels{}
			}
		}
		return err
	})
	if err != nil || len(guarded) == 0 {
		return v, err
	}
	note := postgres.Note{
		Target: fmt.Sprintf("申請 %d（%d件、うち慎重に扱うもの%d件）", v.ID, len(v.Items), len(guarded)), Unit: v.Unit,
		Detail: map[string]any{"application": v.ID, "page": v.Page, "assets": guarded},
	}
	if len(guarded) == 1 {
		note.Asset = guarded[0]
	}
	return v, a.db.Act(ctx, g, func(ctx context.Context, t *postgres.Tx) error { return t.Sign(ctx, note) })
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
	if d, err := t.DecisionOf(ctx, id); err == nil {
		v.Decision = &d
	} else if !errs.Is(err, errs.NotFound) {
		return v, err
	}
	rules := app.Rules()
	v.CanWithdraw = rules.Withdrawable(t.Actor().Person) == nil && authz.Can(t.Actor(), authz.Withdraw)
	if _, holds := t.CanDecide(app); !holds || !authz.Can(t.Actor(), authz.Decide) {
		if app.State == string(approval.Submitted) {
			v.Why = fmt.Sprintf("この申請は、%sの%sが決裁します。", app.StepUnitName, rules.Step.Role.Label())
		}
	} else if err := rules.Decidable(t.Actor().Person); err == nil {
		v.CanDecide = true
	} else if app.State == string(approval.Submitted) {
		v.Why = errs.MessageOf(err)
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
			Scheme: own, BeforeScheme: own, No: it.No, Asset: refs[it.AssetID], Deed: approval.Deed(it.Deed), Lowers: it.Lowers, Guarded: it.Guarded, Document: doc, Returned: returned[it.AssetID],
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

// Decide is what an approver decides.
type Decide struct {
	Application int64
	Outcome     approval.Outcome
	Comment     string
	Seen        [32]byte // digest of the list that was on the screen
	Token       string
}

// Decide approves an application, and everything in it comes into force in the same transaction, or
// returns it with a comment, and every item becomes a draft of the applicant again.
// Errors: Forbidden for one's own application or without the post that takes the step; Conflict when
// it was decided or withdrawn meanwhile, or when its items are not those that were submitted; Stale
// when the list on the screen was another, or when a level would fall that the application does not
// lower; Invalid for a return without a comment; NotFound outside the scope.
func (a *App) Decide(ctx context.Context, actor authz.Actor, in Decide) error {
	g, err := authz.Permit(actor, authz.Decide)
	if err != nil {
		return err
	}
	in.Comment = strings.TrimSpace(in.Comment)
	return a.db.Act(ctx, g, func(ctx context.Context, t *postgres.Tx) error {
		app, err := t.LockApplication(ctx, in.Application)
		if err != nil {
			return err
		}
		if _, used, err := t.UseToken(ctx, in.Token); err != nil {
			return err
		} else if used {
			if app.State == string(approval.Submitted) { // used for something else
				return errs.New(errs.Stale, "approval.token", "この画面はすでに使われています。もう一度開いて決裁してください。")
			}
			return t.Sign(ctx, postgres.Note{Target: "同じ決裁の二度目の送信", Unit: app.Unit, Detail: map[string]any{"replay": true, "application": app.ID}})
		}
		rules := app.Rules()
		if err := rules.Decidable(actor.Person); err != nil {
			return err
		}
		by, ok := t.CanDecide(app)
		if !ok {
			return errs.New(errs.Forbidden, "approval.step", fmt.Sprintf("この申請は、%sの%sが決裁します。", app.StepUnitName, rules.Step.Role.Label()))
		}
		if err := itemsStand(ctx, t, app); err != nil {
			return err
		}
		if err := approval.CheckDecision(rules, in.Outcome, in.Comment, in.Seen); err != nil {
			return err
		}
		if len([]rune(in.Comment)) > 2000 {
			return errs.OnField("comment", "approval.comment_long", "コメントは2,000文字までにしてください。")
		}
		if _, err := note("comment", "コメント", in.Comment, noteMost); err != nil {
			return err
		}
		if err := t.Sign(ctx, postgres.Note{
			Target: fmt.Sprintf("申請 %d（%d件）", app.ID, app.ItemCount), Unit: app.Unit, Post: by.ID, Reason: in.Comment,
			Detail: map[string]any{"application": app.ID, "outcome": string(in.Outcome)},
		}); err != nil {
			return err
		}
		decision, err := t.InsertDecision(ctx, app, by, in.Outcome, in.Comment)
		if err != nil {
			return err
		}
		if in.Outcome == approval.Return {
			if err := t.CloseApplication(ctx, app.ID, approval.Returned); err != nil {
				return err
			}
			return a.backToDrafts(ctx, t, app, true)
		}
		if err := t.CloseApplication(ctx, app.ID, approval.Approved); err != nil {
			return err
		}
		return a.putInForce(ctx, t, app.ID, decision)
	})
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
		if err := app.Rules().Withdrawable(actor.Person); err != nil {
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

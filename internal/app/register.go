package app

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"daicho/internal/approval"
	"daicho/internal/asset"
	"daicho/internal/authz"
	"daicho/internal/check"
	"daicho/internal/classify"
	"daicho/internal/errs"
	"daicho/internal/jptext"
	"daicho/internal/org"
	"daicho/internal/postgres"
	"daicho/internal/relation"
)

// AssetRef is another asset as a link shows it.
type AssetRef = postgres.AssetRef

// RelationLine is one relation of a form with the asset at its other end.
type RelationLine struct {
	Value    string // of the input that carries it
	Type     relation.Type
	Outgoing bool
	Label    string
	Other    AssetRef
}

// Followed is the level that an axis takes from what the asset holds.
type Followed struct {
	Axis  classify.Axis
	Level classify.Level
	From  AssetRef // what gave it; zero when it is the intended use
}

// DraftView is a form with all that its page shows beside what was typed.
type DraftView struct {
	Asset     int64  // 0 while nothing is stored
	Number    string // "" until the first submission
	Kind      asset.Kind
	Unit      org.Unit
	BaseNo    int
	EditNo    int
	Form      Raw
	Scheme    *classify.Scheme
	Proposal  classify.Proposal
	Levels    classify.Levels // as far as declared or followed
	Followed  []Followed
	Holds     bool // something registered gives the level; otherwise the form asks what it is for
	Relations []RelationLine
	Units     []org.Unit
	Hosts     []org.HostBody
	Posts     []postgres.PostRef
	UpdatedBy string
	UpdatedAt time.Time
	Controls  int // required controls at these levels, once they are known
	Returned  *ReturnedNote
	// Unanswered is what is still owed to whoever returned the application: a change, or a word why not.
	Unanswered *errs.Error
	Doc        asset.Document
	Missing    error // what would stop a submission now, as errs.Fields
	Warnings   []*errs.Error
	CopiedOf   string          // number of the asset that it was copied from
	Way        []approval.Step // who would decide, in order; nil where nothing would need a decision, or nobody could take it

	was     []*errs.Error    // levels of an earlier edition that the form spoke of
	strange []asset.Relation // to assets outside the scope
	ends    error            // relations that cannot be
	checks  check.Set        // the rules as the body uses them
	cases   []approval.Case  // what a submission would ask for
	above   []weighed        // declared axes that lie below what is related
}

// NewForm prepares the form of a new asset; nothing is stored. A number to copy from fills in its
// content; classification is copied and must be looked at again.
// Errors: Forbidden, NotFound when the asset to copy is outside the scope or of another kind.
func (a *App) NewForm(ctx context.Context, actor authz.Actor, k asset.Kind, from string) (DraftView, error) {
	g, err := authz.Permit(actor, authz.RegisterAsset)
	if err != nil {
		return DraftView{}, err
	}
	var v DraftView
	err = a.db.View(ctx, g, func(ctx context.Context, t *postgres.Tx) error {
		raw := Raw{}
		if from != "" {
			doc, err := inForceDocument(ctx, t, from, k)
			if err != nil {
				return err
			}
			raw = rawOf(doc)
			for key := range raw { // serials and members belong to the thing itself
				if f, ok := asset.Lookup(k, key); ok && (f.Type.IsCode() || f.Home == asset.InDue) {
					delete(raw, key)
				}
				if len(key) > len(memberPrefix) && key[:len(memberPrefix)] == memberPrefix {
					delete(raw, key)
				}
			}
			delete(raw, "lifecycle")
		}
		v, err = a.look(ctx, t, postgres.Draft{Kind: k, Form: raw})
		v.CopiedOf = from
		return err
	})
	return v, err
}

func inForceDocument(ctx context.Context, t *postgres.Tx, number string, k asset.Kind) (asset.Document, error) {
	n, err := asset.ParseNumber(number)
	if err != nil {
		return asset.Document{}, errs.New(errs.NotFound, "asset.number", "")
	}
	h, err := t.HeadByNumber(ctx, n.String())
	if err != nil {
		return asset.Document{}, err
	}
	no := h.VersionNo
	if no == 0 {
		no = h.PendingNo
	}
	if k != "" && h.Kind != k || no == 0 {
		return asset.Document{}, errs.New(errs.NotFound, "asset.kind", "")
	}
	vs, err := t.Versions(ctx, []int64{h.Asset}, []int{no})
	if err != nil {
		return asset.Document{}, err
	}
	return vs[h.Asset].Doc, nil
}

// look is view with the way that a submission would go.
func (a *App) look(ctx context.Context, t *postgres.Tx, d postgres.Draft) (DraftView, error) {
	v, err := a.view(ctx, t, d)
	if err != nil {
		return v, err
	}
	return v, a.ahead(ctx, t, &v, d)
}

// view fills in what the page of a form shows.
func (a *App) view(ctx context.Context, t *postgres.Tx, d postgres.Draft) (DraftView, error) {
	scheme, err := t.Scheme(ctx, 0)
	if err != nil {
		return DraftView{}, err
	}
	v := DraftView{
		Asset: d.Asset, Number: d.Number, Kind: d.Kind, BaseNo: d.BaseNo, EditNo: d.EditNo, Form: d.Form, Scheme: scheme,
		UpdatedBy: d.OwnerName, UpdatedAt: d.UpdatedAt,
	}
	if v.checks, err = t.Checks(ctx, scheme); err != nil {
		return v, err
	}
	if v.Units, err = t.Units(ctx); err != nil {
		return v, err
	}
	if v.Hosts, err = t.Hosts(ctx); err != nil {
		return v, err
	}
	if v.Posts, err = t.Posts(ctx); err != nil {
		return v, err
	}
	if v.Form == nil {
		v.Form = Raw{}
	}
	prefill(t, &v)
	if v.Form, v.was, err = toScheme(ctx, t, v.Form, scheme); err != nil {
		return v, err
	}
	code := first(v.Form, "unit")
	if i := slices.IndexFunc(v.Units, func(u org.Unit) bool { return u.Code == code }); i >= 0 {
		v.Unit = v.Units[i]
	}
	var unread error
	v.Doc, v.Proposal, unread = document(v.Kind, v.Form, scheme)
	refs, err := t.Refs(ctx, others(v.Doc))
	if err != nil {
		return v, err
	}
	v.relate(refs)
	if d.BaseNo != 0 {
		unseen := []int64{}
		for _, r := range v.strange {
			unseen = append(unseen, r.Other)
		}
		given, err := t.Given(ctx, d.Asset, unseen)
		if err != nil {
			return v, err
		}
		ids := make([]int64, len(given))
		for i, g := range given {
			ids[i] = g.ID
		}
		if refs, err = t.Refs(ctx, ids); err != nil {
			return v, err
		}
		v.receive(given, refs)
	}
	if err := v.refuseStrangers(ctx, t, d); err != nil {
		return v, err
	}
	crossed, err := v.crossings(ctx, t, d)
	if err != nil {
		return v, err
	}
	v.Missing = v.missing(unread)
	v.Warnings, _ = v.advise()
	v.Warnings = append(append(v.was, v.Warnings...), crossed...)
	if v.Unit.ID != 0 && v.Levels.Complete() {
		place, err := t.PlaceOf(ctx, v.Unit.Code)
		if err != nil {
			return v, err
		}
		if v.Controls, err = a.demands(ctx, t, postgres.AssetRow{C: v.Levels.C, I: v.Levels.I, A: v.Levels.A, Model: place.Model, Shown: postgres.Version{Doc: v.Doc}}); err != nil {
			return v, err
		}
	}
	if d.Returned != 0 {
		doc := v.Doc.Clone()
		v.ownLevels(&doc)
		notes, err := a.returns(ctx, t, map[int64]postgres.Version{d.Asset: {Doc: doc}}, 0)
		if err != nil {
			return v, err
		}
		v.Returned = notes[d.Asset]
		if v.Returned.Unchanged() && first(v.Form, NoteKey) == "" {
			v.Unanswered = errs.Fields(errUnanswered())[0]
		}
	}
	return v, nil
}

// prefill puts in what the program knows about who fills in the form: the unit of the first post
// that may register there. What was typed stays.
func prefill(t *postgres.Tx, v *DraftView) {
	if _, typed := v.Form["unit"]; typed {
		return
	}
	for _, p := range t.Scope().Posts() {
		for _, u := range v.Units {
			if u.ID == p.UnitID {
				v.Form["unit"] = []string{u.Code}
				if _, ok := v.Form["host_body"]; !ok && u.HostCode != "" {
					if _, has := asset.Lookup(v.Kind, "host_body"); has {
						v.Form["host_body"] = []string{u.HostCode}
					}
				}
				return
			}
		}
	}
}

// others returns the ids of the assets that a document relates to.
func others(d asset.Document) []int64 {
	ids := make([]int64, 0, len(d.Relations))
	for _, r := range d.Relations {
		ids = append(ids, r.Other)
	}
	return ids
}

// missing joins what would stop a submission.
func (v *DraftView) missing(unread error) error {
	_, refused := v.advise()
	return errs.Join(unread, asset.Check(v.Doc, asset.Submit, v.Scheme), v.purpose(), v.ends, refused)
}

// endLabel is the words for one end of a type of relation, as the form of a kind shows them.
func endLabel(k asset.Kind, t relation.Type, outgoing bool) string {
	for _, e := range relation.Ends(k) {
		if e.Type == t && e.Outgoing == outgoing {
			return e.Label
		}
	}
	return string(t)
}

// refuseStrangers refuses relations to assets that the actor cannot see, unless the version that the
// draft was made from has them already: what somebody with a wider view has tied stays tied, but
// nobody learns the level of an asset by naming its id.
func (v *DraftView) refuseStrangers(ctx context.Context, t *postgres.Tx, d postgres.Draft) error {
	if len(v.strange) == 0 || t.Playing() {
		return nil
	}
	var known []asset.Relation
	if d.BaseNo != 0 {
		vs, err := t.Versions(ctx, []int64{d.Asset}, []int{d.BaseNo})
		if err != nil {
			return err
		}
		known = vs[d.Asset].Doc.Relations
	}
	for _, r := range v.strange {
		same := func(k asset.Relation) bool { return k.Type == r.Type && k.Outgoing == r.Outgoing && k.Other == r.Other }
		if !slices.ContainsFunc(known, same) {
			v.ends = errs.Join(v.ends, errs.OnField("relation", "asset.relation.end", "関連の相手が見つかりません。検索して選び直してください"))
		}
	}
	return nil
}

// relate gives the relations their words and works out the levels that follow from them: each other
// end gives what it shows today, drafts and applications included. What is not among refs lies
// outside the scope.
func (v *DraftView) relate(refs map[int64]AssetRef) {
	const self = -1
	base := v.Scheme.Ranks(v.Doc.Judgement.Levels)
	nodes := []relation.Node{{ID: self, Kind: v.Kind, Base: base}}
	var edges []relation.Edge
	for _, r := range v.Doc.Relations {
		ref, ok := refs[r.Other]
		line := RelationLine{Value: RelationValue(relation.Type(r.Type), r.Outgoing, r.Other), Type: relation.Type(r.Type), Outgoing: r.Outgoing, Other: ref}
		e := relation.Edge{Type: line.Type, From: self, To: r.Other}
		from, to := v.Kind, ref.Kind
		if !r.Outgoing {
			e.From, e.To, from, to = r.Other, self, ref.Kind, v.Kind
		}
		line.Label = endLabel(v.Kind, line.Type, r.Outgoing)
		info, fits := relation.Find(line.Type, from, to)
		switch {
		case !ok:
			line.Other = AssetRef{ID: r.Other, Name: "他機関の資産"}
			v.strange = append(v.strange, r)
		case r.Other == v.Asset:
			v.ends = errs.Join(v.ends, errs.OnField("relation", "asset.relation.self", "この資産自身とは関連を結べません。関連を外してください"))
		case !fits:
			v.ends = errs.Join(v.ends, errs.OnField("relation", "asset.relation.kinds",
				fmt.Sprintf("「%s」とは、選んだ関連を結べません。関連の種類を選び直してください", ref.Name)))
		default:
			nodes = append(nodes, relation.Node{ID: ref.ID, Kind: ref.Kind, Base: ref.Levels})
			if e.Effect = r.Effect; e.Effect != "" {
				e.Pass = v.Scheme.Ranks(map[string]string{"C": r.Values["pass_c"], "I": r.Values["pass_i"], "A": r.Values["pass_a"]})
			}
			edges = append(edges, e)
			line.Label = info.Out
			if !r.Outgoing {
				line.Label = info.In
			}
		}
		v.Relations = append(v.Relations, line)
	}
	got := relation.Relax(nodes, edges)[self]
	v.Levels = base
	for x, axis := range classify.Axes() {
		if !relation.Follows(v.Kind, axis) {
			v.weigh(axis, got[x].Level, refs[got[x].From()])
			continue
		}
		v.Levels = v.Levels.With(axis, got[x].Level)
		if got[x].Level == 0 {
			continue
		}
		l, _ := v.Scheme.ByRank(axis, got[x].Level)
		f := Followed{Axis: axis, Level: l}
		if from := got[x].From(); from != 0 {
			f.From = refs[from]
			v.Holds = true
		}
		v.Followed = append(v.Followed, f)
	}
}

// receive adds what comes through relations that are written at their other end: what is kept in the
// asset is often named by the content, not by the container.
func (v *DraftView) receive(given []postgres.Given, refs map[int64]AssetRef) {
	for _, g := range given {
		v.weigh(g.Axis, g.Rank, refs[g.ID])
		if !relation.Follows(v.Kind, g.Axis) || g.Rank <= v.Levels.On(g.Axis) {
			continue
		}
		v.Levels = v.Levels.With(g.Axis, g.Rank)
		v.Holds = true
		l, _ := v.Scheme.ByRank(g.Axis, g.Rank)
		from, ok := refs[g.ID]
		if !ok {
			from = AssetRef{ID: g.ID, Name: "他機関の資産"}
		}
		f := Followed{Axis: g.Axis, Level: l, From: from}
		if i := slices.IndexFunc(v.Followed, func(f Followed) bool { return f.Axis == g.Axis }); i >= 0 {
			v.Followed[i] = f
		} else {
			v.Followed = append(v.Followed, f)
		}
	}
}

// purpose asks what a container is for while it holds nothing that is registered.
func (v *DraftView) purpose() error {
	if !relation.FollowsAny(v.Kind) || v.Holds || v.Doc.Judgement.Ask {
		return nil
	}
	var failed []error
	for _, axis := range classify.Axes() {
		if relation.Follows(v.Kind, axis) && v.Levels.On(axis) == 0 {
			failed = append(failed, errs.OnField(asset.LevelKey(axis), "asset.level.purpose",
				"入れる情報がまだ登録されていません。何を入れるためのものか、"+axis.Label()+"の区分を選んでください"))
		}
	}
	return errs.Join(failed...)
}

// noMyNumber refuses a My Number that was typed where a day, a number or an answer belongs: a draft
// keeps what was typed, readable or not. Texts, codes and the 内訳 have been looked at by asset.Check,
// which knows what the registrant states about them.
func noMyNumber(k asset.Kind, raw Raw) error {
	var failed []error
	for _, key := range slices.Sorted(maps.Keys(raw)) {
		f, ok := asset.Lookup(k, key)
		if ok && (f.Type.IsCode() || f.Type.IsFree()) || strings.HasPrefix(key, memberPrefix) || key == asset.ReasonKey {
			continue
		}
		for _, v := range raw[key] {
			if len(jptext.FindMyNumbers(v)) > 0 {
				failed = append(failed, errs.OnField(key, "asset.mynumber.text", cmp.Or(f.Label, "この欄")+"に、個人番号（マイナンバー）と見分けのつかない12桁の数字があります。個人番号はこの台帳に書けません。その数字を消してください"))
				break
			}
		}
	}
	return errs.Join(failed...)
}

// SaveDraft is what a form sends to be kept.
type SaveDraft struct {
	Asset  int64 // 0 = not stored yet
	Kind   asset.Kind
	EditNo int // that the form was opened with
	Form   Raw
	Token  string
}

// SaveDraft keeps a form as it was typed, finished or not. A new one gets its identity here.
// Errors: Forbidden; NotFound outside the scope; Stale when another saved since the form was opened
// (then OpenDraft gives what they saved); Invalid only for text that can never be stored.
func (a *App) SaveDraft(ctx context.Context, actor authz.Actor, in SaveDraft) (DraftView, error) {
	g, err := authz.Permit(actor, authz.RegisterAsset)
	if err != nil {
		return DraftView{}, err
	}
	var v DraftView
	err = a.db.Act(ctx, g, func(ctx context.Context, t *postgres.Tx) error {
		d := postgres.Draft{Asset: in.Asset, Kind: in.Kind, EditNo: in.EditNo, Form: in.Form}
		if in.Asset != 0 {
			old, err := t.Draft(ctx, in.Asset)
			if err != nil {
				return err
			}
			d.Kind, d.Number, d.BaseNo, d.Returned = old.Kind, old.Number, old.BaseNo, old.Returned
		}
		var err error
		if v, err = a.look(ctx, t, d); err != nil {
			return err
		}
		if err := asset.Check(v.Doc, asset.Draft, v.Scheme); err != nil {
			return err
		}
		if err := noMyNumber(v.Kind, in.Form); err != nil {
			return err
		}
		if v.Unit.ID == 0 {
			return errs.OnField("unit", "draft.unit", "所管課を選んでください。あなたの職で登録できる組織だけが選べます")
		}
		target := v.Number
		if target == "" {
			target = d.Kind.Label() + "の下書き"
		}
		if err := t.Sign(ctx, postgres.Note{Target: target, Asset: in.Asset, Unit: v.Unit.ID, Detail: map[string]any{"deed": "draft"}}); err != nil {
			return err
		}
		if in.Asset == 0 {
			done, used, err := t.UseToken(ctx, in.Token)
			if err != nil {
				return err
			}
			if used { // the same form came twice: show what the first made
				id, _ := strconv.ParseInt(done, 10, 64)
				old, err := t.Draft(ctx, id)
				if err != nil {
					return err
				}
				v, err = a.look(ctx, t, old)
				return err
			}
			if d.Asset, err = t.NewAsset(ctx, d.Kind); err != nil {
				return err
			}
			d.Unit = v.Unit.ID
			if v.EditNo, err = t.InsertDraft(ctx, d); err != nil {
				return err
			}
			if err := t.SetTokenResult(ctx, in.Token, strconv.FormatInt(d.Asset, 10)); err != nil {
				return err
			}
		} else {
			d.Unit = v.Unit.ID
			if v.EditNo, err = t.UpdateDraft(ctx, d); err != nil {
				return err
			}
		}
		v.Asset, v.UpdatedAt, v.UpdatedBy = d.Asset, t.Now(), actor.Name
		if d.BaseNo != 0 {
			return nil // what is in force stays in the list
		}
		return t.PutNow(ctx, draftRow(v, d.Returned != 0))
	})
	return v, err
}

// draftRow is how a draft of a new asset stands in the list.
func draftRow(v DraftView, returned bool) postgres.Now {
	state := asset.StateDraft
	if returned {
		state = asset.StateReturned
	}
	return postgres.Now{
		Asset: v.Asset, Number: v.Number, State: state, Doc: v.Doc, Levels: v.Levels, Scheme: v.Scheme.ID,
		Place: postgres.Place{Unit: v.Unit.ID, Organ: v.Unit.OrganID}, FallbackName: asset.NoName,
	}
}

// OpenDraft reads a draft within the scope. Errors: Forbidden, NotFound.
func (a *App) OpenDraft(ctx context.Context, actor authz.Actor, id int64) (DraftView, error) {
	g, err := authz.Permit(actor, authz.RegisterAsset)
	if err != nil {
		return DraftView{}, err
	}
	var v DraftView
	err = a.db.View(ctx, g, func(ctx context.Context, t *postgres.Tx) error {
		d, err := t.Draft(ctx, id)
		if err != nil {
			return err
		}
		v, err = a.look(ctx, t, d)
		return err
	})
	return v, err
}

// OpenDrafts reads drafts within the scope in one snapshot, in the order of ids; those that are gone are
// left out. Errors: Forbidden.
func (a *App) OpenDrafts(ctx context.Context, actor authz.Actor, ids []int64) ([]DraftView, error) {
	g, err := authz.Permit(actor, authz.RegisterAsset)
	if err != nil || len(ids) == 0 {
		return nil, err
	}
	var out []DraftView
	err = a.db.View(ctx, g, func(ctx context.Context, t *postgres.Tx) error {
		drafts, err := t.DraftsOf(ctx, ids)
		if err != nil {
			return err
		}
		for _, id := range ids {
			d, ok := drafts[id]
			if !ok {
				continue
			}
			v, err := a.look(ctx, t, d)
			if err != nil {
				return err
			}
			out = append(out, v)
		}
		return nil
	})
	return out, err
}

// BaseForm reads the approved content that a draft in the scope changes, as a form; nil for a new
// asset. Errors: Forbidden, NotFound.
func (a *App) BaseForm(ctx context.Context, actor authz.Actor, id int64) (Raw, error) {
	g, err := authz.Permit(actor, authz.RegisterAsset)
	if err != nil {
		return nil, err
	}
	var raw Raw
	err = a.db.View(ctx, g, func(ctx context.Context, t *postgres.Tx) error {
		d, err := t.Draft(ctx, id)
		if err != nil || d.BaseNo == 0 {
			return err
		}
		vs, err := t.Versions(ctx, []int64{id}, []int{d.BaseNo})
		raw = rawOf(vs[id].Doc)
		return err
	})
	return raw, err
}

// EditAsset opens the draft in which an asset in force is changed, and makes it when there is none.
// Errors: Forbidden; NotFound outside the scope; Conflict while a change waits for its decision.
func (a *App) EditAsset(ctx context.Context, actor authz.Actor, number string) (int64, error) {
	g, err := authz.Permit(actor, authz.RegisterAsset)
	if err != nil {
		return 0, err
	}
	var id int64
	err = a.db.Act(ctx, g, func(ctx context.Context, t *postgres.Tx) error {
		n, err := asset.ParseNumber(number)
		if err != nil {
			return errs.New(errs.NotFound, "asset.number", "")
		}
		h, err := t.HeadByNumber(ctx, n.String())
		if err != nil {
			return err
		}
		locked, err := t.LockHeads(ctx, []int64{h.Asset})
		if err != nil {
			return err
		}
		h, id = locked[h.Asset], h.Asset
		note := postgres.Note{Target: h.Number, Asset: h.Asset, Unit: h.Unit, Detail: map[string]any{"deed": "edit"}}
		if err := t.Sign(ctx, note); err != nil {
			return err
		}
		if _, err := t.Draft(ctx, h.Asset); err == nil {
			return nil
		} else if !errs.Is(err, errs.NotFound) {
			return err
		}
		if h.PendingNo != 0 {
			return errs.New(errs.Conflict, "asset.pending", fmt.Sprintf("%s は申請中です。決裁されるか取り下げられるまで変更できません。", h.Number))
		}
		vs, err := t.Versions(ctx, []int64{h.Asset}, []int{h.VersionNo})
		if err != nil {
			return err
		}
		_, err = t.InsertDraft(ctx, postgres.Draft{Asset: h.Asset, Kind: h.Kind, Unit: h.Unit, BaseNo: h.VersionNo, Form: rawOf(vs[h.Asset].Doc)})
		return err
	})
	return id, err
}

// AssetRef reads how an asset within the scope is called, for a page that asks before its change is
// begun; it shows no more than a list does. Errors: Forbidden, NotFound.
func (a *App) AssetRef(ctx context.Context, actor authz.Actor, number string) (AssetRef, error) {
	g, err := authz.Permit(actor, authz.RegisterAsset)
	if err != nil {
		return AssetRef{}, err
	}
	n, err := asset.ParseNumber(number)
	if err != nil {
		return AssetRef{}, errs.New(errs.NotFound, "asset.number", "")
	}
	var ref AssetRef
	err = a.db.View(ctx, g, func(ctx context.Context, t *postgres.Tx) error {
		h, err := t.HeadByNumber(ctx, n.String())
		if err != nil {
			return err
		}
		refs, err := t.Refs(ctx, []int64{h.Asset})
		ref = refs[h.Asset]
		return err
	})
	return ref, err
}

// DiscardDraft throws a draft away. A new asset that was never submitted leaves the list; nothing
// that ever had a number is lost. Errors: Forbidden, NotFound.
func (a *App) DiscardDraft(ctx context.Context, actor authz.Actor, id int64) error {
	g, err := authz.Permit(actor, authz.RegisterAsset)
	if err != nil {
		return err
	}
	return a.db.Act(ctx, g, func(ctx context.Context, t *postgres.Tx) error {
		ds, err := t.LockDrafts(ctx, []int64{id})
		if err != nil {
			return err
		}
		d := ds[0]
		target := d.Number
		if target == "" {
			target = d.Kind.Label() + "の下書き"
		}
		if err := t.Sign(ctx, postgres.Note{Target: target, Asset: id, Unit: d.Unit, Detail: map[string]any{"deed": "discard"}}); err != nil {
			return err
		}
		if d.BaseNo == 0 && d.Number != "" {
			return errs.New(errs.Conflict, "draft.numbered", d.Number+" は一度申請されたので、下書きを捨てられません。直して申請するか、そのまま残してください。")
		}
		if err := t.DeleteDraft(ctx, id); err != nil || d.BaseNo != 0 {
			return err
		}
		return t.DropNow(ctx, id)
	})
}

// Pick searches assets to relate to, by number, name, reading or code, within what the actor may
// read. It returns at most a page and how many more there are.
func (a *App) Pick(ctx context.Context, actor authz.Actor, query string, kinds []asset.Kind) ([]AssetRef, int, error) {
	g, err := authz.Permit(actor, authz.ReadAsset)
	if err != nil {
		return nil, 0, err
	}
	var out []AssetRef
	var more int
	err = a.db.View(ctx, g, func(ctx context.Context, t *postgres.Tx) error {
		var err error
		out, more, err = t.Pick(ctx, query, kinds, 50)
		return err
	})
	return out, more, err
}

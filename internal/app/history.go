package app

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	"daicho/internal/approval"
	"daicho/internal/asset"
	"daicho/internal/authz"
	"daicho/internal/classify"
	"daicho/internal/errs"
	"daicho/internal/postgres"
)

// versionsShown is how many versions the history of one asset shows, newest first.
const versionsShown = 200

// EventKind is what happened to an asset.
type EventKind string

// The kinds of events.
const (
	EventApplied   EventKind = "applied"
	EventApproved  EventKind = "approved"
	EventReturned  EventKind = "returned"
	EventWithdrawn EventKind = "withdrawn"
	EventMinor     EventKind = "minor"
	EventRaised    EventKind = "raised"
	EventAttached  EventKind = "attached"
	EventDetached  EventKind = "detached"
)

// HistoryEvent is one step in the life of an asset: who, when, what and why.
type HistoryEvent struct {
	Kind        EventKind
	What        string
	By          postgres.By
	Why         string // reason or comment
	Note        string // what the program adds: changed fields, levels
	Version     int    // 0 = about no version
	Application int64
	Revision    int64 // of the register, for what changed what is in force
	// Because names the neighbours whose levels a rise followed; ID 0 = 他機関の資産.
	Because []AssetRef
}

// HistoryView is the tab 履歴.
type HistoryView struct {
	AssetHead
	Events   []HistoryEvent // newest first
	Tenures  []TenureLine   // newest first
	Openings postgres.Openings
}

// TenureLine is one span in which a version was in force.
type TenureLine struct {
	postgres.Tenure
	Words []LevelWords
	Open  bool
}

// History reads what became of an asset, newest first. Errors: Forbidden, NotFound.
func (a *App) History(ctx context.Context, actor authz.Actor, number string) (HistoryView, error) {
	var v HistoryView
	err := a.openAsset(ctx, actor, authz.ReadAsset, number, "history", func(ctx context.Context, t *postgres.Tx, r postgres.AssetRow) (bool, error) {
		head, err := a.assetHead(ctx, t, r)
		if err != nil {
			return false, err
		}
		v = HistoryView{AssetHead: head}
		past, err := t.PastVersions(ctx, r.Asset, versionsShown)
		if err != nil {
			return false, err
		}
		tenures, err := t.Tenures(ctx, r.Asset)
		if err != nil {
			return false, err
		}
		causes, err := riseCauses(ctx, t, r.Asset, tenures)
		if err != nil {
			return false, err
		}
		files, err := t.Attachments(ctx, r.Asset)
		if err != nil {
			return false, err
		}
		changed, err := changedFields(ctx, t, head, past, tenures)
		if err != nil {
			return false, err
		}
		if v.Openings, err = t.Openings(ctx, r.Asset); err != nil {
			return false, err
		}
		v.Events = events(head.Scheme, past, tenures, files, changed, causes)
		for _, x := range slices.Backward(tenures) {
			x.By = seenBy(x)
			v.Tenures = append(v.Tenures, TenureLine{x, levelWords(head.Scheme, x.Levels()), x.To == nil})
		}
		return false, nil
	})
	return v, err
}

// baseOf is the version that a version is compared with: what was in force when it was applied for,
// or before it came into force as a minor change; 0 for a new asset.
func baseOf(p postgres.PastVersion, tenures []postgres.Tenure) int {
	if p.Application != 0 {
		return p.BaseNo
	}
	base := p.No - 1
	for i, x := range tenures {
		if x.VersionNo == p.No && i > 0 {
			return tenures[i-1].VersionNo
		}
	}
	return base
}

// pair reads two versions of one asset; a base of 0 gives an empty document.
func pair(ctx context.Context, t *postgres.Tx, id int64, k asset.Kind, base, no int) (old, now postgres.Version, err error) {
	vs, err := t.VersionsOf(ctx, id, []int{base, no})
	if err != nil {
		return old, now, err
	}
	old = postgres.Version{Asset: id, Doc: asset.New(k)}
	if base > 0 {
		old = vs[base]
	}
	return old, vs[no], nil
}

// changedFields names, per version, the fields that it changed.
func changedFields(ctx context.Context, t *postgres.Tx, h AssetHead, past []postgres.PastVersion, tenures []postgres.Tenure) (map[int][]string, error) {
	var nos []int
	for _, p := range past {
		nos = append(nos, p.No, baseOf(p, tenures))
	}
	docs, err := t.VersionsOf(ctx, h.Asset, nos)
	if err != nil {
		return nil, err
	}
	out := map[int][]string{}
	for _, p := range past {
		base := baseOf(p, tenures)
		if base == 0 {
			continue // everything is new
		}
		for _, c := range asset.Diff(docs[base].Doc, docs[p.No].Doc) {
			label := c.Label
			if c.IsAnswer() { // a question is too long for a list of names
				label = "分類の質問の答え"
			}
			if !slices.Contains(out[p.No], label) {
				out[p.No] = append(out[p.No], label)
			}
		}
	}
	return out, nil
}

func events(s *classify.Scheme, past []postgres.PastVersion, tenures []postgres.Tenure, files []postgres.Attachment, changed map[int][]string, causes []postgres.Cause) []HistoryEvent {
	var out []HistoryEvent
	revision := func(decision int64, version int) int64 {
		for _, x := range tenures {
			if x.Decision == decision && x.VersionNo == version || decision == 0 && x.VersionNo == version {
				return x.FromRev
			}
		}
		return 0
	}
	for _, p := range slices.Backward(past) {
		note := ""
		if labels := changed[p.No]; len(labels) > 0 {
			note = fmt.Sprintf("変更 %d項目：%s", len(labels), enumerate(labels, 6))
		}
		if p.Application == 0 {
			out = append(out, HistoryEvent{Kind: EventMinor, What: "軽微な変更", By: p.By, Why: p.Note, Note: note, Version: p.No, Revision: revision(0, p.No)})
			continue
		}
		if p.Lowers {
			note = strings.TrimPrefix(note+"\n区分の引下げを含みます", "\n")
		}
		out = append(out, HistoryEvent{
			Kind: EventApplied, What: approval.Deed(p.Deed).Label() + "を申請", By: p.By, Why: p.Note, Note: note, Version: p.No, Application: p.Application,
		})
		switch d := p.Decision; {
		case d != nil:
			e := HistoryEvent{Kind: EventApproved, What: "承認", By: d.By, Why: d.Comment, Application: p.Application, Revision: revision(d.ID, p.No)}
			switch d.Capacity {
			case "acting":
				e.What += "（職務代理）"
			case "delegated":
				e.What += "（代決）"
			}
			if d.Outcome == string(approval.Return) {
				e.Kind, e.What = EventReturned, "差戻し"
			}
			out = append(out, e)
		case p.State == string(approval.Withdrawn) && p.DecidedAt != nil:
			by := p.By
			by.At = *p.DecidedAt
			out = append(out, HistoryEvent{Kind: EventWithdrawn, What: "申請の取下げ", By: by, Why: p.WithdrawnWhy, Application: p.Application})
		}
	}
	out = append(out, raised(s, tenures, causes)...)
	for _, f := range files {
		out = append(out, HistoryEvent{Kind: EventAttached, What: "添付の追加", By: postgres.By{Person: f.AddedBy, Post: f.AddedPost, At: f.AddedAt}, Note: f.Name})
		if f.RemovedAt != nil {
			out = append(out, HistoryEvent{Kind: EventDetached, What: "添付の取外し", By: postgres.By{Person: f.RemovedBy, At: *f.RemovedAt}, Why: f.RemovedWhy, Note: f.Name})
		}
	}
	slices.SortStableFunc(out, func(a, b HistoryEvent) int { return a.By.At.Compare(b.By.At) })
	slices.Reverse(out)
	return out
}

// enumerate joins the first few names and counts the rest.
func enumerate(names []string, limit int) string {
	if len(names) <= limit {
		return strings.Join(names, "、")
	}
	return strings.Join(names[:limit], "、") + fmt.Sprintf(" ほか%d項目", len(names)-limit)
}

// VersionDiffView is one version of an asset with what it changed.
type VersionDiffView struct {
	AssetHead
	postgres.PastVersion
	Base      int // version that it is compared with, 0 = new
	Changes   []asset.Change
	Sections  []Section
	Judgement *Judgement
	Declared  []LevelWords // levels that the version declares
	Tenures   []TenureLine // when it was in force, newest first
	Prev      int          // neighbouring versions, 0 = none
	Next      int
}

// VersionDiff reads one version of an asset: what it changed against what was in force, its whole
// content, who wrote and decided it, and when it was in force. Errors: Forbidden, NotFound.
func (a *App) VersionDiff(ctx context.Context, actor authz.Actor, number string, no int) (VersionDiffView, error) {
	var v VersionDiffView
	err := a.openAsset(ctx, actor, authz.ReadAsset, number, fmt.Sprintf("version %d", no), func(ctx context.Context, t *postgres.Tx, r postgres.AssetRow) (bool, error) {
		head, err := a.assetHead(ctx, t, r)
		if err != nil {
			return false, err
		}
		past, err := t.PastVersions(ctx, r.Asset, 1<<20)
		if err != nil {
			return false, err
		}
		i, ok := slices.BinarySearchFunc(past, no, func(p postgres.PastVersion, no int) int { return cmp.Compare(no, p.No) })
		if !ok {
			return false, errs.New(errs.NotFound, "version.missing", "")
		}
		tenures, err := t.Tenures(ctx, r.Asset)
		if err != nil {
			return false, err
		}
		v = VersionDiffView{AssetHead: head, PastVersion: past[i], Base: baseOf(past[i], tenures)}
		if i > 0 {
			v.Next = past[i-1].No
		}
		if i+1 < len(past) {
			v.Prev = past[i+1].No
		}
		old, now, err := pair(ctx, t, r.Asset, r.Kind, v.Base, no)
		if err != nil {
			return false, err
		}
		scheme, err := t.Scheme(ctx, now.Scheme)
		if err != nil {
			return false, err
		}
		names, err := a.names(ctx, t, scheme, map[int64]postgres.Version{r.Asset: now}, map[int64]postgres.Version{r.Asset: old})
		if err != nil {
			return false, err
		}
		v.Changes = asset.Diff(old.Doc, now.Doc, names)
		v.Sections = sections(now.Doc, names)
		v.Judgement = judgementView(scheme, now.Doc)
		for _, x := range slices.Backward(tenures) {
			if x.VersionNo == no {
				v.Tenures = append(v.Tenures, TenureLine{x, levelWords(scheme, x.Levels()), x.To == nil})
			}
		}
		guarded := false
		for _, axis := range classify.Axes() {
			l, ok := scheme.ByCode(axis, now.Doc.Level(axis))
			if ok {
				v.Declared = append(v.Declared, LevelWords{axis, scheme.Look(axis, l.Rank)})
			}
			was, _ := scheme.ByCode(axis, old.Doc.Level(axis))
			guarded = guarded || l.Guarded || was.Guarded
		}
		return guarded, nil
	})
	return v, err
}

package app

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"daicho/internal/asset"
	"daicho/internal/authz"
	"daicho/internal/classify"
	"daicho/internal/errs"
	"daicho/internal/postgres"
)

// rejudgeSize is how many assets a page of the re-judging list shows.
const rejudgeSize = 100

// RejudgeAxis is one axis of an asset that is to be judged again.
type RejudgeAxis struct {
	Axis    classify.Axis
	Was     classify.Level
	Next    classify.Level   // the one successor, when it is safe
	Choices []classify.Level // what it may become, when somebody must decide
}

// RejudgeItem is an asset that stands under an earlier edition of the 分類体系.
type RejudgeItem struct {
	postgres.RejudgeRow
	Edition string // that it stands under
	Axes    []RejudgeAxis
	Safe    bool   // every level has one successor
	Stops   string // why no draft can be made now, in words; "" when one can
}

// RejudgeView is one page of the assets of the actor's units that are to be judged again.
type RejudgeView struct {
	Scheme *classify.Scheme // in force
	Units  []postgres.RejudgeUnit
	Unit   postgres.RejudgeUnit // chosen; zero = all
	Items  []RejudgeItem
	Total  int
	Page   int
	Size   int
}

// Pages is how many pages there are.
func (v RejudgeView) Pages() int { return max(1, (v.Total+v.Size-1)/v.Size) }

// Rejudge lists the assets within the actor's units that stand under an earlier edition, a page at a
// time; unit is the code of one of them, "" for all. Errors: Forbidden; NotFound for a unit without
// such assets in scope.
func (a *App) Rejudge(ctx context.Context, actor authz.Actor, unit string, page int) (RejudgeView, error) {
	g, err := authz.Permit(actor, authz.RegisterAsset)
	if err != nil {
		return RejudgeView{}, err
	}
	v := RejudgeView{Page: max(1, page), Size: rejudgeSize}
	err = a.db.View(ctx, g, func(ctx context.Context, t *postgres.Tx) error {
		if v.Scheme, err = t.Scheme(ctx, 0); err != nil {
			return err
		}
		if v.Units, err = t.RejudgeUnits(ctx); err != nil {
			return err
		}
		for _, u := range v.Units {
			if unit == "" || u.Code == unit {
				v.Total += u.Count
			}
			if u.Code == unit {
				v.Unit = u
			}
		}
		v.Page = min(v.Page, v.Pages())
		if unit != "" && v.Unit.Unit == 0 {
			return nil // nothing left to do there
		}
		list, err := t.RejudgeRows(ctx, v.Unit.Unit, v.Size, (v.Page-1)*v.Size)
		if err != nil {
			return err
		}
		v.Items, _, err = rejudgeItems(ctx, t, list)
		return err
	})
	return v, err
}

// rejudgeItems reads what the documents declare and what it becomes.
func rejudgeItems(ctx context.Context, t *postgres.Tx, list []postgres.RejudgeRow) ([]RejudgeItem, map[int64]postgres.Version, error) {
	var ids, schemes []int64
	var nos []int
	for _, r := range list {
		ids, nos, schemes = append(ids, r.Asset), append(nos, r.VersionNo), append(schemes, r.Scheme)
	}
	versions, err := t.Versions(ctx, ids, nos)
	if err != nil {
		return nil, nil, err
	}
	shelf, err := t.Shelf(ctx, schemes...)
	if err != nil {
		return nil, nil, err
	}
	out := make([]RejudgeItem, 0, len(list))
	for _, r := range list {
		old := shelf.Of(r.Scheme)
		it := RejudgeItem{RejudgeRow: r, Edition: old.Name + " " + old.Edition, Safe: true}
		mapping := shelf.MappingFrom(r.Scheme)
		for _, axis := range classify.Axes() {
			was, ok := old.ByCode(axis, versions[r.Asset].Doc.Level(axis))
			if !ok {
				continue
			}
			x := RejudgeAxis{Axis: axis, Was: was}
			if code, ok := mapping.Safe(axis, was.Code); ok {
				x.Next, _ = shelf.Current.ByCode(axis, code)
			} else {
				it.Safe = false
				x.Choices = choices(shelf.Current, axis, mapping.Candidates(axis, was.Code))
			}
			it.Axes = append(it.Axes, x)
		}
		switch {
		case r.Pending:
			it.Stops = "変更の申請中です。決裁のあとで判定し直してください。"
		case r.Drafted:
			it.Stops = "変更の下書きがあります。その下書きで判定し直してください。"
		}
		out = append(out, it)
	}
	return out, versions, nil
}

// choices are the levels with the given codes, all of the axis when there are none.
func choices(s *classify.Scheme, a classify.Axis, codes []string) []classify.Level {
	var out []classify.Level
	for _, l := range s.Axis(a).Levels {
		if len(codes) == 0 || slices.Contains(codes, l.Code) {
			out = append(out, l)
		}
	}
	return out
}

// RejudgeKey is the input by which the level of one axis of one asset is chosen.
func RejudgeKey(id int64, a classify.Axis) string { return fmt.Sprintf("l.%d.%s", id, a) }

// MakeRejudgements is what the re-judging list sends: the assets that were ticked and the levels that
// were chosen where somebody must decide, by RejudgeKey.
type MakeRejudgements struct {
	Assets []int64
	Levels map[string]string
}

// MakeRejudgements makes a draft under the edition in force for each of the assets, with the levels
// carried over or chosen; they go the usual way from there. All or none.
// Errors: Invalid with an error on each RejudgeKey that lacks its decision; Conflict when an asset has
// a draft or an application, or was judged again meanwhile; Forbidden; NotFound outside the scope.
func (a *App) MakeRejudgements(ctx context.Context, actor authz.Actor, in MakeRejudgements) (int, error) {
	g, err := authz.Permit(actor, authz.RegisterAsset)
	if err != nil {
		return 0, err
	}
	if len(in.Assets) == 0 {
		return 0, errs.OnField("asset", "rejudge.none", "判定し直す資産を選んでください")
	}
	if len(in.Assets) > rejudgeSize {
		return 0, errs.OnField("asset", "rejudge.many", fmt.Sprintf("一度に選べるのは%d件までです", rejudgeSize))
	}
	ids := slices.Compact(slices.Sorted(slices.Values(in.Assets)))
	err = a.db.Act(ctx, g, func(ctx context.Context, t *postgres.Tx) error {
		list, err := t.RejudgeRowsOf(ctx, ids)
		if err != nil {
			return err
		}
		if len(list) != len(ids) {
			return errs.New(errs.Conflict, "rejudge.gone", "選んだ資産の中に、もう判定し直されたものがあります。一覧を開き直してください。")
		}
		if _, err := t.LockHeads(ctx, ids); err != nil {
			return err
		}
		items, versions, err := rejudgeItems(ctx, t, list)
		if err != nil {
			return err
		}
		scheme, err := t.Scheme(ctx, 0)
		if err != nil {
			return err
		}
		var failed []error
		forms := make([]Raw, len(items))
		for i, it := range items {
			if it.Stops != "" {
				return errs.New(errs.Conflict, "rejudge.stops", it.Number+"："+it.Stops)
			}
			var bad []error
			forms[i], bad = rejudged(it, versions[it.Asset].Doc, scheme, in.Levels)
			failed = append(failed, bad...)
		}
		if len(failed) > 0 {
			return errs.Join(failed...)
		}
		note := postgres.Note{Target: fmt.Sprintf("再判定の下書き %d件", len(items)), Unit: items[0].Unit, Detail: map[string]any{"deed": "rejudge", "scheme": scheme.Code, "items": len(items)}}
		if err := t.Sign(ctx, note); err != nil {
			return err
		}
		for i, it := range items {
			if _, err := t.InsertDraft(ctx, postgres.Draft{Asset: it.Asset, Kind: asset.Kind(it.Kind), Unit: it.Unit, BaseNo: it.VersionNo, Form: forms[i]}); err != nil {
				return err
			}
		}
		return nil
	})
	return len(ids), err
}

// rejudged is the form of an asset with its levels under the edition in force. The reason says where
// they come from, beside what was written before.
func rejudged(it RejudgeItem, doc asset.Document, scheme *classify.Scheme, chosen map[string]string) (Raw, []error) {
	raw := rawOf(doc)
	raw[SchemeKey] = []string{scheme.Code}
	var was []string
	var failed []error
	for _, x := range it.Axes {
		was = append(was, x.Axis.Label()+x.Was.Code)
		code := x.Next.Code
		if code == "" {
			key := RejudgeKey(it.Asset, x.Axis)
			i := slices.IndexFunc(x.Choices, func(l classify.Level) bool { return l.Code == chosen[key] })
			if i < 0 {
				failed = append(failed, errs.OnField(key, "rejudge.choose", fmt.Sprintf("%s（%s）の%sを選んでください", it.Number, it.Name, x.Axis.Label())))
				continue
			}
			code = x.Choices[i].Code
		}
		raw[asset.LevelKey(x.Axis)] = []string{code}
	}
	reason := fmt.Sprintf("%s %sによる再判定（前の版では%s）", scheme.Name, scheme.Edition, strings.Join(was, "・"))
	if old := first(raw, asset.ReasonKey); old != "" {
		reason += "。" + old
	}
	raw[asset.ReasonKey] = []string{cut(reason, maxRejudgeReason)}
	return raw, failed
}

// maxRejudgeReason is how long a 判断理由 may be, in characters.
const maxRejudgeReason = 1000

// cut keeps the first n characters of a text.
func cut(s string, n int) string {
	if r := []rune(s); len(r) > n {
		return string(r[:n])
	}
	return s
}

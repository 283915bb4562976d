package app

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"daicho/internal/approval"
	"daicho/internal/asset"
	"daicho/internal/authz"
	"daicho/internal/errs"
	"daicho/internal/pack"
	"daicho/internal/postgres"
)

// play is one performance of a sample: its people enter, submit and decide its assets by the use
// cases of the screens, all inside the transaction of the load.
type play struct {
	app    *App         // whose database is the transaction
	t      *postgres.Tx // of the load itself
	r      *PackReport
	ids    map[string]int64 // reference → asset
	actors map[string]authz.Actor
}

// playSample registers the assets of a sample. A registration comes before the changes of it, what is
// held before what holds it, and an application is decided as soon as it is complete.
func (a *App) playSample(ctx context.Context, t *postgres.Tx, assets []pack.Asset, r *PackReport) error {
	ordered, err := inOrder(assets)
	if err != nil {
		return err
	}
	return t.Inside(ctx, func(ctx context.Context, db *postgres.DB) error {
		within := *a
		within.db = db
		p := &play{app: &within, t: t, r: r, ids: map[string]int64{}, actors: map[string]authz.Actor{}}
		return p.all(ctx, ordered)
	})
}

// all enters every row, and submits and decides each application when its last row is entered.
func (p *play) all(ctx context.Context, assets []pack.Asset) error {
	left, drafts := map[string]int{}, map[string][]int64{}
	for _, x := range assets {
		left[x.Application]++
	}
	for _, x := range assets {
		id, err := p.enter(ctx, x)
		if err != nil {
			return placed(x, err)
		}
		p.r.Assets++
		if x.State == pack.Draft {
			continue
		}
		drafts[x.Application] = append(drafts[x.Application], id)
		if left[x.Application]--; left[x.Application] > 0 {
			continue
		}
		if err := p.apply(ctx, x, drafts[x.Application]); err != nil {
			return placed(x, err)
		}
	}
	return nil
}

// inOrder sorts assets so that each comes after those that its relations name; rows of one turn and
// without relations keep their order. Errors: Invalid when relations go in a circle.
func inOrder(assets []pack.Asset) ([]pack.Asset, error) {
	firsts := map[string]int{}
	for i, x := range assets {
		if x.Turn == 1 {
			firsts[x.Ref] = i
		}
	}
	var out []pack.Asset
	state := make([]int, len(assets))
	var visit func(i int) error
	visit = func(i int) error {
		switch state[i] {
		case 1:
			return placed(assets[i], errs.New(errs.Invalid, "pack.circle", "関連をたどると元に戻ります。relation.csv のどれかを外してください。"))
		case 2:
			return nil
		}
		state[i] = 1
		for _, rel := range assets[i].Relations {
			if j, ok := firsts[rel.To]; ok && j != i {
				if err := visit(j); err != nil {
					return err
				}
			}
		}
		state[i] = 2
		out = append(out, assets[i])
		return nil
	}
	most := 0
	for _, x := range assets {
		most = max(most, x.Turn)
	}
	for turn := 1; turn <= most; turn++ {
		for i, x := range assets {
			if x.Turn == turn {
				if err := visit(i); err != nil {
					return nil, err
				}
			}
		}
	}
	return out, nil
}

func (p *play) actor(ctx context.Context, login string, person int64) (authz.Actor, error) {
	key := login + "/" + strconv.FormatInt(person, 10)
	if a, ok := p.actors[key]; ok {
		return a, nil
	}
	a, err := p.t.Play(ctx, login, person)
	if err == nil {
		p.actors[key] = a
	}
	return a, err
}

// enter types one row into the form, as its applicant.
func (p *play) enter(ctx context.Context, x pack.Asset) (int64, error) {
	who, err := p.actor(ctx, x.Applicant, 0)
	if err != nil {
		return 0, err
	}
	raw := rawOf(x.Doc)
	for key, v := range x.Raw { // as it stands in the cell; several choices are already apart in rawOf
		if f, ok := asset.Lookup(x.Doc.Kind, key); ok && f.Type != asset.Choices && f.Type != asset.Choice {
			raw[key] = v
		}
	}
	for _, rel := range x.Relations {
		r := asset.Relation{Type: rel.Type, Outgoing: true, Other: p.ids[rel.To]}
		raw[relationKey] = append(raw[relationKey], r.End())
		raw[r.Input(asset.RelationEffect)], raw[r.Input(asset.RelationNote)] = []string{rel.Effect}, []string{rel.Note}
		for key, v := range rel.Raw {
			raw[r.Input(key)] = []string{v}
		}
	}
	in := SaveDraft{Kind: x.Doc.Kind, Form: raw}
	if x.Turn > 1 {
		refs, err := p.t.Refs(ctx, []int64{p.ids[x.Ref]})
		if err != nil {
			return 0, err
		}
		if in.Asset, err = p.app.EditAsset(ctx, who, refs[p.ids[x.Ref]].Number); err != nil {
			return 0, err
		}
		d, err := p.app.OpenDraft(ctx, who, in.Asset)
		if err != nil {
			return 0, err
		}
		in.EditNo = d.EditNo
	}
	v, err := p.app.SaveDraft(ctx, who, in)
	if err != nil {
		return 0, err
	}
	p.ids[x.Ref] = v.Asset
	return v.Asset, nil
}

// apply submits the drafts of an application and decides it as the sample says.
func (p *play) apply(ctx context.Context, x pack.Asset, drafts []int64) error {
	who, err := p.actor(ctx, x.Applicant, 0)
	if err != nil {
		return err
	}
	s, err := p.app.Submit(ctx, who, Submit{Assets: drafts})
	if err != nil || s.Application == 0 {
		return err
	}
	p.r.Applications++
	if x.State == pack.Pending {
		return nil
	}
	for {
		app, err := p.t.Application(ctx, s.Application)
		if err != nil || app.State != string(approval.Submitted) {
			return err
		}
		holders, err := p.t.StepHolders(ctx, app.ID)
		if err != nil {
			return err
		}
		if len(holders) == 0 {
			return errs.New(errs.Invalid, "pack.no_decider", "この申請を決裁できる職員がいません。appointment.csv に補職を加えてください。")
		}
		decider, err := p.actor(ctx, "", holders[0])
		if err != nil {
			return err
		}
		in := Decide{Application: app.ID, Outcome: approval.Approve, Seen: [32]byte(app.Digest)}
		if x.State == pack.Returned {
			in.Outcome, in.Comment = approval.Return, x.Comment
		}
		p.r.Decisions++
		if err := p.app.Decide(ctx, decider, in); err != nil {
			return err
		}
	}
}

// placed says in which row of the pack something went wrong.
func placed(x pack.Asset, err error) error {
	var words []string
	for _, f := range errs.Fields(err) {
		_, field, _ := strings.Cut(f.Field, "/")
		if field == "" {
			field = f.Field
		}
		if c, ok := asset.Lookup(x.Doc.Kind, field); ok {
			field = c.Label
		}
		if w := "「" + field + "」" + f.Message; !slices.Contains(words, w) {
			words = append(words, w)
		}
	}
	if len(words) == 0 {
		words = append(words, errs.MessageOf(err))
	}
	return &errs.Error{
		Kind: errs.KindOf(err), Code: cmp.Or(errs.CodeOf(err), "pack.asset"), Err: err,
		Message: fmt.Sprintf("%s %d行目（取込番号 %s）：%s", x.Table, x.Row, x.Ref, strings.Join(words, " ")),
	}
}

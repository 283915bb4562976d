package app

import (
	"context"
	"fmt"
	"strings"

	"daicho/internal/approval"
	"daicho/internal/authz"
	"daicho/internal/errs"
	"daicho/internal/postgres"
)

// Decide is what an approver decides, or the one consulted answers.
type Decide struct {
	Application int64
	Outcome     approval.Outcome
	Comment     string
	BackTo      int      // step, of approval.SendBack
	Seen        [32]byte // digest of the list that was on the screen
	Token       string
}

// Decide takes the step at which an application stands. An approval of the last one brings everything
// in it into force in the same transaction; a return makes every item a draft of the applicant again;
// a return to an earlier step lets it be decided anew from there.
// Errors: Forbidden for one's own application, after another step of it, or without the post that
// takes the step; Conflict when it was decided or withdrawn meanwhile, when its items are not those
// that were submitted, or when something that has to be opened was not; Stale when the list on the
// screen was another, or when a level would fall that the application does not lower; Invalid for a
// return without a comment; NotFound outside the scope.
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
			taken, err := takenBy(ctx, t, app)
			if err != nil {
				return err
			}
			if !taken { // used for something else
				return errs.New(errs.Stale, "approval.token", "この画面はすでに使われています。もう一度開いて決裁してください。")
			}
			return t.Sign(ctx, postgres.Note{Target: "同じ決裁の二度目の送信", Unit: app.Unit, Detail: map[string]any{"replay": true, "application": app.ID}})
		}
		rules, err := rulesOf(ctx, t, app)
		if err != nil {
			return err
		}
		return a.decide(ctx, t, app, rules, in)
	})
}

// rulesOf reads the way of an application and what was decided on it.
func rulesOf(ctx context.Context, t *postgres.Tx, app postgres.Application) (approval.Application, error) {
	way, err := t.Way(ctx, app.ID)
	if err != nil {
		return approval.Application{}, err
	}
	decisions, err := t.Decisions(ctx, app.ID)
	return app.Rules(way, decisions), err
}

// takenBy reports whether the actor decided the last step that was decided.
func takenBy(ctx context.Context, t *postgres.Tx, app postgres.Application) (bool, error) {
	decisions, err := t.Decisions(ctx, app.ID)
	n := len(decisions)
	return n > 0 && decisions[n-1].PersonID == t.Actor().Person || app.State != string(approval.Submitted), err
}

func (a *App) decide(ctx context.Context, t *postgres.Tx, app postgres.Application, rules approval.Application, in Decide) error {
	if err := rules.Decidable(t.Actor().Person); err != nil {
		return err
	}
	open, _ := rules.Next()
	by, ok := t.Takes(open)
	if !ok {
		return errs.New(errs.Forbidden, "approval.step", "この申請は、"+open.Words()+"が決裁します。")
	}
	if err := itemsStand(ctx, t, app); err != nil {
		return err
	}
	if err := approval.CheckDecision(rules, in.Outcome, in.Comment, in.BackTo, in.Seen); err != nil {
		return err
	}
	if len([]rune(in.Comment)) > noteMost {
		return errs.OnField("comment", "approval.comment_long", "コメントは2,000文字までにしてください。")
	}
	if _, err := note("comment", "コメント", in.Comment, noteMost); err != nil {
		return err
	}
	if in.Outcome == approval.Approve && !t.Playing() {
		u, err := t.Unopened(ctx, app.ID)
		if err != nil {
			return err
		}
		if u.Count > 0 {
			return errs.New(errs.Conflict, "approval.unopened", fmt.Sprintf("承認の前に開いて確かめるものが、あと%d件あります。", u.Count))
		}
	}
	if err := t.Sign(ctx, postgres.Note{
		Target: fmt.Sprintf("申請 %d（%d件）", app.ID, app.ItemCount), Unit: app.Unit, Post: by.ID, Reason: in.Comment,
		Detail: map[string]any{"application": app.ID, "outcome": string(in.Outcome), "step": open.No},
	}); err != nil {
		return err
	}
	if t.Playing() {
		if err := t.OpenMust(ctx, app.ID); err != nil {
			return err
		}
	}
	decision, err := t.InsertDecision(ctx, app, postgres.NewDecision{Outcome: in.Outcome, Comment: in.Comment, BackTo: in.BackTo, By: by, For: open.For})
	if err != nil {
		return err
	}
	switch {
	case in.Outcome == approval.Return:
		if err := t.CloseApplication(ctx, app.ID, approval.Returned); err != nil {
			return err
		}
		return a.backToDrafts(ctx, t, app, true)
	case in.Outcome == approval.SendBack || !rules.Last(open.No):
		return t.NextStep(ctx, app.ID, in.Outcome == approval.SendBack)
	}
	if err := t.NameItems(ctx, app.ID, decision); err != nil {
		return err
	}
	if err := t.CloseApplication(ctx, app.ID, approval.Approved); err != nil {
		return err
	}
	return a.putInForce(ctx, t, app.ID, decision)
}

// WayStep is one step of an application for its page.
type WayStep struct {
	postgres.WayStep
	Step     approval.Step
	Passed   *postgres.Decision // by which it is passed
	Open     bool               // where the application stands
	Voided   []postgres.Decision
	SentBack []postgres.Decision // from here to an earlier step
}

// wayOf lays the decisions of an application beside its steps.
func wayOf(steps []postgres.WayStep, rules approval.Application, decisions []postgres.Decision) []WayStep {
	next, waits := rules.Next()
	out := make([]WayStep, len(steps))
	for i, s := range steps {
		w := WayStep{WayStep: s, Step: rules.Steps[i], Open: rules.State == approval.Submitted && waits && next.No == s.No}
		_, passed := rules.Standing(s.No)
		last := -1
		for j, d := range decisions {
			if d.Step == s.No && approval.Outcome(d.Outcome).Passes() {
				last = j
			}
		}
		for j, d := range decisions {
			switch {
			case d.Step != s.No:
			case passed && j == last:
				w.Passed = &decisions[j]
			case approval.Outcome(d.Outcome) == approval.SendBack:
				w.SentBack = append(w.SentBack, d)
			case approval.Outcome(d.Outcome).Passes():
				w.Voided = append(w.Voided, d)
			}
		}
		out[i] = w
	}
	return out
}

package app

import (
	"context"
	"fmt"

	"daicho/internal/authz"
	"daicho/internal/errs"
	"daicho/internal/jpdate"
	"daicho/internal/pack"
	"daicho/internal/postgres"
)

// Edition is an organisation, a scheme or a catalogue that a pack brought, with its adoption.
type Edition = postgres.Edition

// NewAdoption is the decision by which a body makes an edition its own.
type NewAdoption struct {
	Target, Code string // of the edition: org, scheme or catalogue
	DocNo        string // 文書番号
	DecidedOn    jpdate.Date
	Note         string
}

// Adopt records the decision that adopts an edition. From then on what derives from it is official;
// the marks of items that nobody compared with their source stay. It is never rewritten, and stands
// behind what is there now: an organisation that a load changes later is a draft until it is adopted
// again by another decision. Errors: Invalid on doc_no or decided_on; NotFound for an edition that no
// pack brought; Conflict when its adoption is recorded already; Forbidden.
func (a *App) Adopt(ctx context.Context, actor authz.Actor, in NewAdoption) error {
	g, err := authz.Permit(actor, authz.Adopt)
	if err != nil {
		return err
	}
	return a.db.Act(ctx, g, func(ctx context.Context, t *postgres.Tx) error {
		if err := t.LockPacks(ctx); err != nil {
			return err
		}
		e, err := edition(ctx, t, in.Target, in.Code)
		if err != nil {
			return err
		}
		if e.DocNo != "" {
			return errs.New(errs.Conflict, "adopt.done", fmt.Sprintf("「%s」の採用は、%s としてすでに記録されています。", e.Name, e.DocNo))
		}
		if _, err := note("doc_no", "文書番号", in.DocNo, 100); err != nil {
			return err
		}
		if _, err := note("note", "備考", in.Note, 400); err != nil {
			return err
		}
		if in.DocNo == "" {
			return errs.OnField("doc_no", "adopt.doc_no", "文書番号を入力してください")
		}
		if in.DocNo == e.Lapsed {
			return errs.OnField("doc_no", "adopt.lapsed", "この文書番号の決裁は、変わる前の内容の採用です。いまの内容を採用した決裁の番号を入力してください")
		}
		if in.DecidedOn.IsZero() || in.DecidedOn.After(jpdate.OfTime(t.Now())) {
			return errs.OnField("decided_on", "adopt.decided_on", "決裁日は、今日までの日にしてください")
		}
		if err := t.Sign(ctx, postgres.Note{
			Target: e.Name + " " + e.Edition, Reason: in.Note,
			Detail: map[string]any{"target": in.Target, "code": in.Code, "doc_no": in.DocNo, "decided_on": in.DecidedOn.ISO()},
		}); err != nil {
			return err
		}
		put, err := t.PutAdoptions(ctx, []pack.Adoption{{Target: in.Target, Code: in.Code, DocNo: in.DocNo, DecidedOn: in.DecidedOn.ISO(), Note: in.Note}})
		if err != nil {
			return err
		}
		if put.Inserted == 0 {
			return errs.New(errs.Conflict, "adopt.done", "採用はすでに記録されています。")
		}
		return t.DeriveSets(ctx)
	})
}

func edition(ctx context.Context, t *postgres.Tx, target, code string) (Edition, error) {
	list, err := t.Editions(ctx)
	if err != nil {
		return Edition{}, err
	}
	for _, e := range list {
		if e.Target == target && e.Code == code {
			return e, nil
		}
	}
	return Edition{}, errs.New(errs.NotFound, "adopt.edition", "")
}

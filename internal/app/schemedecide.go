package app

import (
	"context"
	"strings"

	"daicho/internal/approval"
	"daicho/internal/authz"
	"daicho/internal/classify"
	"daicho/internal/errs"
	"daicho/internal/jpdate"
	"daicho/internal/pack"
	"daicho/internal/postgres"
)

// DecideScheme is what the 最高情報セキュリティ責任者 decides about a proposed edition.
type DecideScheme struct {
	ID      int64
	Outcome approval.Outcome
	Comment string
	Seen    [32]byte // digest of the content that was on the screen
	// DocNo and DecidedOn record the adoption in the same act; both empty leaves the edition 案・未照合
	// until its adoption is recorded as that of a pack is.
	DocNo     string
	DecidedOn jpdate.Date
}

// DecideScheme approves an edition, which is in force from its day and never changes again, or returns
// it with a comment. Errors: Invalid on comment, doc_no and decided_on; Forbidden for what one has
// proposed oneself; Stale when the screen showed another content; Conflict when its day has passed or
// it was decided meanwhile; NotFound.
func (a *App) DecideScheme(ctx context.Context, actor authz.Actor, in DecideScheme) error {
	in.Comment = strings.TrimSpace(in.Comment)
	return a.turnScheme(ctx, actor, authz.DecideScheme, in.ID, string(in.Outcome), in.Comment, func(ctx context.Context, t *postgres.Tx, v SchemeView) error {
		if classify.State(v.Head.State) != classify.Proposed {
			return errs.New(errs.Conflict, "scheme.state", "この版は、承認待ちではありません。開き直してください。")
		}
		if v.Head.Proposer == actor.Person {
			return errs.New(errs.Forbidden, "scheme.own", "自分が承認を求めた版は、自分では承認できません。")
		}
		if in.Seen != v.Digest {
			return errs.New(errs.Stale, "scheme.seen", "画面を開いたあとに内容が変わっています。開き直して、もう一度確かめてください。")
		}
		posts := t.Scope().Posts()
		if len(posts) == 0 {
			return errs.New(errs.Forbidden, "scheme.post", "この版は、最高情報セキュリティ責任者が承認します。")
		}
		if len([]rune(in.Comment)) > maxNote {
			return errs.OnField("comment", "scheme.comment_long", "コメントは2,000文字までにしてください")
		}
		switch in.Outcome {
		case approval.Return:
			if in.Comment == "" {
				return errs.OnField("comment", "scheme.comment", "差し戻す理由を入力してください")
			}
			if err := t.DecideScheme(ctx, in.ID, posts[0], "returned", in.Comment, v.Digest); err != nil {
				return err
			}
			return t.ReturnScheme(ctx, in.ID)
		case approval.Approve:
		default:
			return errs.OnField("outcome", "scheme.outcome", "承認するか差し戻すかを選んでください")
		}
		if from := v.Head.InForceFrom; from == nil || jpdate.OfTime(*from).Before(v.Today) {
			return errs.New(errs.Conflict, "scheme.late", "施行日を過ぎています。差し戻して、施行日を決め直してもらってください。")
		}
		if ps := v.Edition.Check(v.Earlier); classify.Blocks(ps) {
			return errs.New(errs.Conflict, "scheme.problems", "求められたあとに事情が変わり、足りないところがあります。差し戻して直してもらってください："+ps[0].Text)
		}
		if in.DocNo != "" || !in.DecidedOn.IsZero() {
			if in.DocNo == "" {
				return errs.OnField("doc_no", "adopt.doc_no", "文書番号を入力してください")
			}
			if in.DecidedOn.IsZero() || in.DecidedOn.After(v.Today) {
				return errs.OnField("decided_on", "adopt.decided_on", "決裁日は、今日までの日にしてください")
			}
		}
		if err := t.DecideScheme(ctx, in.ID, posts[0], "approved", in.Comment, v.Digest); err != nil {
			return err
		}
		if err := t.ApproveScheme(ctx, in.ID); err != nil || in.DocNo == "" {
			return err
		}
		_, err := t.PutAdoptions(ctx, []pack.Adoption{{Target: "scheme", Code: v.Head.Code, DocNo: in.DocNo, DecidedOn: in.DecidedOn.ISO(), Note: ""}})
		return err
	})
}

// Package approval holds the life of an application: its items, its route, what may be decided by
// whom, and the digest that a decision names. It is pure: no I/O, no clock.
package approval

import (
	"crypto/sha256"
	"fmt"
	"slices"
	"strings"

	"daicho/internal/errs"
)

// State is where an application stands.
type State string

// The states of an application.
const (
	Submitted State = "submitted"
	Returned  State = "returned"
	Approved  State = "approved"
	Withdrawn State = "withdrawn"
)

// Label returns the 用語 of the state.
func (s State) Label() string {
	switch s {
	case Submitted:
		return "承認待ち"
	case Returned:
		return "差戻し"
	case Approved:
		return "承認済"
	case Withdrawn:
		return "取下げ"
	}
	return string(s)
}

// Deed is what is asked for: what an item of an application does to an asset, or what another paper
// of the office asks a decision for.
type Deed string

// The deeds. The first three are those of the items of an application.
const (
	Register  Deed = "register"
	Change    Deed = "change"
	Dispose   Deed = "dispose"
	Lower     Deed = "lower"     // a level falls
	Balance   Deed = "balance"   // 集積 or 分散 moves the levels of others
	TakeOut   Deed = "take_out"  // 持出し
	Connect   Deed = "connect"   // 接続
	UseCloud  Deed = "cloud"     // 外部サービスの利用
	Except    Deed = "exception" // 例外措置
	Stocktake Deed = "stocktake" // closing of a 棚卸し
	Revise    Deed = "revise"    // of 分類体系, 対策基準 and 決裁経路
)

// Deeds lists every deed in the order of screens.
func Deeds() []Deed {
	return []Deed{Register, Change, Lower, Balance, TakeOut, Connect, UseCloud, Except, Dispose, Stocktake, Revise}
}

// OnAsset reports whether the deed is on an asset, so that its kind, levels and zone can be asked for.
func (d Deed) OnAsset() bool { return d != Stocktake && d != Revise }

// Label returns the 用語 of the deed.
func (d Deed) Label() string {
	switch d {
	case Register:
		return "新規登録"
	case Change:
		return "変更"
	case Dispose:
		return "廃棄"
	case Lower:
		return "区分の引下げ"
	case Balance:
		return "集積・分散"
	case TakeOut:
		return "持出し"
	case Connect:
		return "接続"
	case UseCloud:
		return "クラウド利用"
	case Except:
		return "例外措置"
	case Stocktake:
		return "棚卸しの完了"
	case Revise:
		return "体系・基準・経路の改定"
	}
	return string(d)
}

// Item names one version of one asset by the digest of its material part.
type Item struct {
	Asset    int64
	Version  int
	Material [32]byte
}

// Digest is the SHA-256 of the list of items sorted by asset: what the applicant submitted and what
// the approver decides on are the same if and only if the digests are.
func Digest(items []Item) [32]byte {
	s := slices.Clone(items)
	slices.SortFunc(s, func(a, b Item) int {
		switch {
		case a.Asset < b.Asset:
			return -1
		case a.Asset > b.Asset:
			return 1
		}
		return a.Version - b.Version
	})
	var b strings.Builder
	for _, i := range s {
		fmt.Fprintf(&b, "%d %d %x\n", i.Asset, i.Version, i.Material)
	}
	return sha256.Sum256([]byte(b.String()))
}

// Outcome is what is decided at a step.
type Outcome string

// The outcomes of a decision, and the answers to a 合議.
const (
	Approve  Outcome = "approved"
	Return   Outcome = "returned"  // to the applicant
	SendBack Outcome = "sent_back" // to an earlier step
	Agree    Outcome = "agreed"    // of the one consulted: 異議なし
	Opine    Outcome = "opinion"   // of the one consulted: 意見あり
)

// Label returns the 用語 of the outcome.
func (o Outcome) Label() string {
	switch o {
	case Approve:
		return "承認"
	case Return:
		return "差戻し"
	case SendBack:
		return "前の段へ差戻し"
	case Agree:
		return "異議なし"
	case Opine:
		return "意見あり"
	}
	return string(o)
}

// Passes reports whether the way goes on to the next step.
func (o Outcome) Passes() bool { return o == Approve || o == Agree || o == Opine }

// Decision is what somebody decided at a step.
type Decision struct {
	Step    int
	Person  int64
	Outcome Outcome
	BackTo  int // of SendBack: the step that is to be taken again
}

// Application is what the rules need to know of one.
type Application struct {
	State     State
	Applicant int64      // person
	Steps     []Step     // in the order of the way
	Decisions []Decision // in the order of time
	Digest    [32]byte
}

func (a Application) place(step int) int {
	return slices.IndexFunc(a.Steps, func(s Step) bool { return s.No == step })
}

// Standing returns the decision by which a step is passed. A return to an earlier step voids those
// from that step on.
func (a Application) Standing(step int) (Decision, bool) {
	at := a.place(step)
	for i := len(a.Decisions) - 1; i >= 0; i-- {
		d := a.Decisions[i]
		if d.Outcome == SendBack && a.place(d.BackTo) <= at {
			break
		}
		if d.Step == step && d.Outcome.Passes() {
			return d, true
		}
	}
	return Decision{}, false
}

// Next returns the first step that is not passed, and false when every one is.
func (a Application) Next() (Step, bool) {
	for _, s := range a.Steps {
		if _, ok := a.Standing(s.No); !ok {
			return s, true
		}
	}
	return Step{}, false
}

// Last reports whether a step is the only one that is not passed: its approval puts the content in
// force.
func (a Application) Last(step int) bool {
	for _, s := range a.Steps {
		if _, ok := a.Standing(s.No); !ok && s.No != step {
			return false
		}
	}
	return true
}

// Earlier lists the decisions of the way that a step could be sent back to, in their order.
func (a Application) Earlier(step int) []Step {
	var out []Step
	for _, s := range a.Steps[:max(0, a.place(step))] {
		if _, ok := a.Standing(s.No); ok && s.Kind == Deciding {
			out = append(out, s)
		}
	}
	return out
}

// Decidable says whether a person may decide now.
// Errors: Forbidden for the applicant's own application and for whoever passed another step of it
// (compared by person), Conflict when it was already decided or withdrawn.
func (a Application) Decidable(person int64) error {
	if a.Applicant == person {
		return errs.New(errs.Forbidden, "approval.own", "自分が申請したものは承認できません。ほかの承認者に依頼してください。")
	}
	open, ok := a.Next()
	if a.State != Submitted || !ok {
		return errs.New(errs.Conflict, "approval.closed", "この申請はすでに「"+a.State.Label()+"」になっています。")
	}
	for _, s := range a.Steps {
		if d, passed := a.Standing(s.No); passed && d.Person == person && !s.Again && !open.Again {
			return errs.New(errs.Forbidden, "approval.twice", "この申請の別の段を、すでに決裁しています。一人が二つの段を決裁することはできません。")
		}
	}
	return nil
}

// CheckDecision checks a decision before it is written: that the outcome belongs to the open step, the
// comment that a return and an opinion must carry, and that the approver saw the very list that is
// decided.
// Errors: Invalid on the field "comment", "outcome" or "back_to"; Stale when the list differs.
func CheckDecision(a Application, o Outcome, comment string, backTo int, seen [32]byte) error {
	open, _ := a.Next()
	of := []Outcome{Approve, Return, SendBack}
	if open.Kind == Consulting {
		of = []Outcome{Agree, Opine}
	}
	switch {
	case !slices.Contains(of, o) && open.Kind == Consulting:
		return errs.OnField("outcome", "approval.outcome", "「異議なし」か「意見あり」を選んでください。")
	case !slices.Contains(of, o):
		return errs.OnField("outcome", "approval.outcome", "「承認する」か「差し戻す」を選んでください。")
	case (o == Return || o == SendBack) && strings.TrimSpace(comment) == "":
		return errs.OnField("comment", "approval.comment", "差し戻すときは、直してほしいことをコメントに書いてください。")
	case o == Opine && strings.TrimSpace(comment) == "":
		return errs.OnField("comment", "approval.opinion", "意見をコメントに書いてください。")
	case o == SendBack && !slices.ContainsFunc(a.Earlier(open.No), func(s Step) bool { return s.No == backTo }):
		return errs.OnField("back_to", "approval.back_to", "差し戻す先の段を選んでください。")
	case seen != a.Digest:
		return errs.New(errs.Stale, "approval.seen", "表示していた内容と申請の内容が違います。もう一度開いて確かめてください。")
	}
	return nil
}

// Withdrawable says whether a person may withdraw now.
// Errors: Forbidden for somebody else's, Conflict when it was already decided.
func (a Application) Withdrawable(person int64) error {
	if a.Applicant != person {
		return errs.New(errs.Forbidden, "approval.not_own", "取り下げられるのは申請した本人だけです。")
	}
	if a.State != Submitted {
		return errs.New(errs.Conflict, "approval.closed", "この申請はすでに「"+a.State.Label()+"」になっています。")
	}
	return nil
}

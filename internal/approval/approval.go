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

// Deed is what an item asks for.
type Deed string

// The deeds of an item.
const (
	Register Deed = "register"
	Change   Deed = "change"
	Dispose  Deed = "dispose"
)

// Label returns the 用語 of the deed.
func (d Deed) Label() string {
	switch d {
	case Register:
		return "新規登録"
	case Change:
		return "変更"
	case Dispose:
		return "廃棄"
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

// Outcome is what an approver decides.
type Outcome string

// The outcomes of a decision.
const (
	Approve Outcome = "approved"
	Return  Outcome = "returned"
)

// Application is what the rules need to know of one.
type Application struct {
	State     State
	Applicant int64 // person
	Step      Step
	Digest    [32]byte
}

// Decidable says whether a person may decide now.
// Errors: Forbidden for the applicant's own application (compared by person), Conflict when it was
// already decided or withdrawn.
func (a Application) Decidable(person int64) error {
	if a.Applicant == person {
		return errs.New(errs.Forbidden, "approval.own", "自分が申請したものは承認できません。ほかの承認者に依頼してください。")
	}
	if a.State != Submitted {
		return errs.New(errs.Conflict, "approval.closed", "この申請はすでに「"+a.State.Label()+"」になっています。")
	}
	return nil
}

// CheckDecision checks a decision before it is written: the outcome, the comment that a return must
// carry, and that the approver saw the very list that is decided.
// Errors: Invalid on the field "comment" or "outcome"; Stale when the list differs.
func CheckDecision(a Application, o Outcome, comment string, seen [32]byte) error {
	if o != Approve && o != Return {
		return errs.OnField("outcome", "approval.outcome", "「承認する」か「差し戻す」を選んでください。")
	}
	if o == Return && strings.TrimSpace(comment) == "" {
		return errs.OnField("comment", "approval.comment", "差し戻すときは、直してほしいことをコメントに書いてください。")
	}
	if seen != a.Digest {
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

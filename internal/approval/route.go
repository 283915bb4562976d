package approval

import (
	"slices"

	"daicho/internal/asset"
	"daicho/internal/errs"
	"daicho/internal/org"
)

// Step is one decision on the way of an application.
type Step struct {
	Role org.Role
	Unit int64
}

// Holder is a post that could take a step, with the people who hold it today.
type Holder struct {
	Step    Step
	Name    string // of the unit, for words
	Persons []int64
}

// deciders are the roles that decide, lowest first.
var deciders = []org.Role{org.Manager, org.Responsible, org.Chief, org.CISO}

// Route chooses the steps of an application from the ladder of posts above its unit, lowest first.
// One step decides: the first post of the least role or above that somebody other than the applicant
// holds. A route that would reach the applicant climbs, and so it never ends at the applicant. An
// organ in which nobody holds a post of the least role has its highest post decide: a small
// independent organ keeps its decisions to itself (基本方針 4(1)).
// Errors: Conflict when nobody but the applicant stands on the ladder at that height.
func Route(applicant int64, least org.Role, ladder []Holder) ([]Step, error) {
	height := func(h Holder) int { return slices.Index(deciders, h.Step.Role) }
	floor, top := slices.Index(deciders, least), -1
	for _, h := range ladder {
		top = max(top, height(h))
	}
	floor = min(floor, top)
	for _, h := range ladder {
		if height(h) >= floor && slices.ContainsFunc(h.Persons, func(p int64) bool { return p != applicant }) {
			return []Step{h.Step}, nil
		}
	}
	return nil, errs.New(errs.Conflict, "approval.no_approver",
		"承認できる職に就いていて利用者IDのある人が、あなたのほかにいません。システム管理者に補職と利用者IDの登録を依頼してください。")
}

// Least is the lowest role that may decide on a change from the old relations to the new ones: a
// 責任者 where 集積 or 分散 is added, changed or taken away, because it moves the levels of others
// beyond what the assets themselves weigh; otherwise a 管理者.
// Source: design of the graph (集積・分散は理由と上位の承認).
func Least(old, now []asset.Relation) org.Role {
	bears := func(r asset.Relation) bool { return r.Effect != "" }
	stands := func(in []asset.Relation, r asset.Relation) bool { return slices.ContainsFunc(in, r.Equal) }
	for _, r := range now {
		if bears(r) && !stands(old, r) {
			return org.Responsible
		}
	}
	for _, r := range old {
		if bears(r) && !stands(now, r) {
			return org.Responsible
		}
	}
	return org.Manager
}

// Higher returns the higher of two roles that decide.
func Higher(a, b org.Role) org.Role {
	if slices.Index(deciders, b) > slices.Index(deciders, a) {
		return b
	}
	return a
}

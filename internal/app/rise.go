package app

import (
	"context"
	"strings"

	"daicho/internal/classify"
	"daicho/internal/postgres"
)

// rose reports whether a span is the one before it at higher levels: the same version under the same
// decision.
func rose(was, now postgres.Tenure) bool {
	return was.VersionNo == now.VersionNo && was.Decision == now.Decision
}

// riseCauses finds because of which neighbours the levels of an asset rose by themselves.
func riseCauses(ctx context.Context, t *postgres.Tx, id int64, tenures []postgres.Tenure) ([]postgres.Cause, error) {
	var rises []postgres.Risen
	for i := 1; i < len(tenures); i++ {
		was, now := tenures[i-1], tenures[i]
		for _, axis := range classify.Axes() {
			if rose(was, now) && was.Levels().On(axis) < now.Levels().On(axis) {
				rises = append(rises, postgres.Risen{Revision: now.FromRev, Axis: axis, Rank: now.Levels().On(axis)})
			}
		}
	}
	return t.RiseCauses(ctx, id, rises)
}

// raised are the steps in which levels rose by themselves: from what to what, because of whom, and by
// whose decision.
func raised(s *classify.Scheme, tenures []postgres.Tenure, causes []postgres.Cause) []HistoryEvent {
	var out []HistoryEvent
	for i := 1; i < len(tenures); i++ {
		was, x := tenures[i-1], tenures[i]
		if !rose(was, x) {
			continue
		}
		e := HistoryEvent{
			Kind: EventRaised, What: "区分の上昇", By: seenBy(x), Note: risen(s, was.Levels(), x.Levels()),
			Why: "関連する資産の区分が上がったため、承認を待たずに上がりました。", Revision: x.FromRev, Application: x.Application,
		}
		known := map[int64]bool{}
		for _, c := range causes {
			if c.Revision == x.FromRev && !known[c.Ref.ID] {
				known[c.Ref.ID] = true
				e.Because = append(e.Because, c.Ref)
			}
		}
		out = append(out, e)
	}
	return out
}

// seenBy is who opened a span, as far as the reader may know.
func seenBy(x postgres.Tenure) postgres.By {
	if x.Seen {
		return x.By
	}
	return postgres.By{Person: "他機関の決裁", At: x.By.At}
}

func risen(s *classify.Scheme, was, now classify.Levels) string {
	var out []string
	for _, axis := range classify.Axes() {
		if was.On(axis) != now.On(axis) {
			out = append(out, axis.Label()+" "+s.CodeOf(axis, was.On(axis))+" → "+s.CodeOf(axis, now.On(axis)))
		}
	}
	return strings.Join(out, "、")
}

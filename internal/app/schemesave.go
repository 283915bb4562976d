package app

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	"daicho/internal/authz"
	"daicho/internal/classify"
	"daicho/internal/errs"
	"daicho/internal/jptext"
	"daicho/internal/postgres"
)

// SaveScheme is one part of a draft edition as it was typed. Lines stand in the order of the form; a
// mistake in the n-th is reported on the field "r<n>.<key>".
type SaveScheme struct {
	ID        int64
	EditNo    int // that the form was opened with
	Part      classify.Part
	Axis      classify.Axis // of levels and table
	Name      string
	Edition   string
	Source    string
	Levels    []LevelEdit
	Questions []classify.QuestionRow
	Rows      []classify.JudgeRow
	Mappings  []classify.MapRow
}

// LevelEdit is a level with the code that it had when the form was opened, "" for a new one.
type LevelEdit struct {
	Was string
	classify.LevelRow
}

// SaveScheme keeps one part of a draft edition. What is missing in other parts stops nothing: the page
// of the edition says it, and a proposal is refused. Errors: Invalid with field errors; Stale when
// another saved since; Forbidden; NotFound.
func (a *App) SaveScheme(ctx context.Context, actor authz.Actor, in SaveScheme) error {
	return a.turnScheme(ctx, actor, authz.EditScheme, in.ID, "save "+string(in.Part), "", func(ctx context.Context, t *postgres.Tx, v SchemeView) error {
		if classify.State(v.Head.State) != classify.Drafting {
			return errs.New(errs.Conflict, "scheme.state", "直せるのは、作成中の案だけです。承認された版は、写して直してください。")
		}
		if len(jptext.FindMyNumbers(fmt.Sprint(in))) > 0 {
			return errs.New(errs.Invalid, "scheme.mynumber", "個人番号（マイナンバー）と見分けのつかない12桁の数字があります。個人番号はこの台帳に書けません。その数字を消してください。")
		}
		e := v.Edition
		var failed []error
		switch in.Part {
		case classify.PartHead:
			e.Name, e.Edition, e.Source = in.Name, in.Edition, in.Source
			if in.Name == "" {
				failed = append(failed, errs.OnField("name", "scheme.name", "名称を入力してください"))
			}
			if in.Edition == "" {
				failed = append(failed, errs.OnField("edition", "scheme.edition", "版を入力してください"))
			}
		case classify.PartLevels:
			failed = withLevelRows(&e, in)
		case classify.PartQuestions:
			e.Questions = slices.Clone(in.Questions)
			order := sortedBy(e.Questions, func(q classify.QuestionRow) int { return q.Ord })
			failed = problems(e, in, order)
			slices.SortStableFunc(e.Questions, func(a, b classify.QuestionRow) int { return cmp.Compare(a.Ord, b.Ord) })
			for i := range e.Questions {
				e.Questions[i].Ord = (i + 1) * 10
			}
		case classify.PartTable:
			rest := slices.DeleteFunc(slices.Clone(e.Judgements), func(j classify.JudgeRow) bool { return j.Axis == string(in.Axis) })
			e.Judgements = append(slices.Clone(rest), in.Rows...)
			failed = problems(e, in, sortedBy(in.Rows, func(j classify.JudgeRow) int { return j.Ord }))
			rows := slices.Clone(in.Rows)
			slices.SortStableFunc(rows, func(a, b classify.JudgeRow) int { return cmp.Compare(a.Ord, b.Ord) })
			for i := range rows {
				rows[i].Ord = (i + 1) * 10
			}
			e.Judgements = append(rest, rows...)
		case classify.PartMapping:
			e.Mappings = in.Mappings
		default:
			return errs.New(errs.NotFound, "scheme.part", "")
		}
		if len(failed) > 0 {
			return errs.Join(failed...)
		}
		return t.SaveScheme(ctx, e, in.EditNo)
	})
}

// sortedBy returns, for each place after sorting, the place in the form, from 1.
func sortedBy[T any](list []T, key func(T) int) []int {
	out := make([]int, len(list))
	for i := range out {
		out[i] = i
	}
	slices.SortStableFunc(out, func(a, b int) int { return cmp.Compare(key(list[a]), key(list[b])) })
	for i := range out {
		out[i]++
	}
	return out
}

// problems puts what is wrong in the part that was typed onto the lines of the form.
func problems(e classify.Edition, in SaveScheme, order []int) []error {
	var out []error
	for _, p := range e.Check(nil) {
		if p.Part != in.Part || p.Axis != "" && p.Axis != in.Axis || p.Warns || p.Row == 0 || p.Row > len(order) {
			continue
		}
		out = append(out, errs.OnField(fmt.Sprintf("r%d.%s", order[p.Row-1], p.Key), "scheme."+string(p.Part), strings.TrimSuffix(p.Text, "。")))
	}
	return out
}

// withLevelRows puts the levels of one axis in place, and lets the decision table and the mappings
// follow where a code was changed. A level that the table decides for cannot go.
func withLevelRows(e *classify.Edition, in SaveScheme) []error {
	axis := string(in.Axis)
	renamed, kept := map[string]string{}, map[string]bool{}
	var mine []classify.LevelRow
	for _, l := range in.Levels {
		l.Axis = axis
		mine = append(mine, l.LevelRow)
		kept[l.Code] = true
		if l.Was != "" && l.Was != l.Code {
			renamed[l.Was] = l.Code
		}
	}
	name := func(code string) string {
		if to, ok := renamed[code]; ok {
			return to
		}
		return code
	}
	e.Levels = append(slices.DeleteFunc(slices.Clone(e.Levels), func(l classify.LevelRow) bool { return l.Axis == axis }), mine...)
	failed := problems(*e, in, sortedBy(mine, func(l classify.LevelRow) int { return l.Rank }))
	if len(mine) == 0 {
		failed = append(failed, errs.OnField("levels", "scheme.levels", in.Axis.Label()+"の区分を一つ以上残してください"))
	}
	e.Judgements = slices.Clone(e.Judgements)
	for i, j := range e.Judgements {
		if j.Axis != axis {
			continue
		}
		e.Judgements[i].Level = name(j.Level)
		if !kept[name(j.Level)] && len(mine) > 0 {
			failed = append(failed, errs.OnField("levels", "scheme.level_used",
				fmt.Sprintf("区分「%s」は、判定表（並び順 %d）が使っています。先に判定表を直してください", j.Level, j.Ord)))
		}
	}
	var maps []classify.MapRow
	for _, m := range e.Mappings {
		if m.Axis == axis {
			var to []string
			for _, c := range m.To {
				if kept[name(c)] && !slices.Contains(to, name(c)) {
					to = append(to, name(c))
				}
			}
			if m.To = to; len(to) == 0 {
				continue
			}
		}
		maps = append(maps, m)
	}
	e.Mappings = maps
	return failed
}

package asset

import (
	"fmt"
	"net/http"
	"slices"
	"strings"

	"daicho/internal/app"
	"daicho/internal/asset"
	"daicho/internal/classify"
	"daicho/internal/errs"
	"daicho/internal/form"
	"daicho/internal/relation"
	"daicho/web/page"
	"daicho/web/ui"
)

// judgeView is the part of the form about the classification.
type judgeView struct {
	URL       string // where the page asks for a fresh proposal
	Questions []question
	Axes      []axisView
	Follows   []followView
	Purpose   bool // nothing registered gives a level: the form asks what the asset is for
	Ask       *form.Field
	Reason    *form.Field
	Lowered   bool // a level below the proposal was chosen, or a reason was given
	Answered  bool
	Hits      []classify.Hit // of the axes that are declared here
	Handling  []string
}

// question is one question of the 判定.
type question struct {
	*form.Field
	Stage int
	Class string // hides it by the style sheet while an answer makes it needless
}

// axisView is the choice on one axis.
type axisView struct {
	Axis     classify.Axis
	Asks     string // what the axis means, in plain words
	Field    *form.Field
	Proposed *classify.Level
	Why      string
	Auto     bool // the choice follows the proposal
	Options  []levelOption
}

type levelOption struct {
	classify.Level
	ID      string
	Chip    ui.Level
	Checked bool
	Lower   bool // below the proposal
}

// followView is an axis that the asset takes from what it holds.
type followView struct {
	Axis  classify.Axis
	Level *classify.Level
	Chip  ui.Level
	From  app.AssetRef
	// Stated is the use that the draft declares, kept through the form: the submission compares it.
	Stated string
}

// asks puts the axes into plain words, for those who open the form twice a year.
var asks = map[classify.Axis]string{
	classify.Confidentiality: "外にもれると、どのくらい困りますか",
	classify.Integrity:       "間違いや書きかえがあると、どのくらい困りますか",
	classify.Availability:    "使えなくなると、どのくらい困りますか",
}

func (j judgeView) fields() []*form.Field {
	var out []*form.Field
	for _, q := range j.Questions {
		out = append(out, q.Field)
	}
	for _, a := range j.Axes {
		out = append(out, a.Field)
	}
	if len(j.Axes) > 0 {
		out = append(out, j.Ask)
	}
	return append(out, j.Reason)
}

// said is the proposal in one sentence.
func (j judgeView) said() string {
	if said := classify.Said(j.Hits); said != "" {
		return said
	}
	return "区分はまだ決まりません"
}

func (v *view) newJudge() judgeView {
	j := judgeView{
		URL:    page.AssetNewKind(string(v.Kind)) + "/judge",
		Ask:    &form.Field{Key: asset.AskKey, Label: "わからない → 管理者に聞く", Type: form.Flag, Raw: v.Form[asset.AskKey]},
		Reason: &form.Field{Key: asset.ReasonKey, Label: "判断理由", Type: form.Area, Max: 1000, Raw: v.Form[asset.ReasonKey], Hint: "質問の結果より低い区分にするわけや、管理者に聞きたいことを書きます。承認する人が読みます"},
	}
	j.Ask.Hint = "このまま申請できます。管理者が内容を見て区分を決めます。決まるまでは、重いほうの区分で扱います"
	answers := answersOf(v.Form, v.Scheme)
	j.Answered = len(answers) > 0
	p := v.Scheme.Judge(answers)
	needed := neededFor(v.Kind, v.Scheme)
	for _, q := range v.Scheme.Questions {
		if needed[q.Code] {
			j.Questions = append(j.Questions, v.newQuestion(q, needed))
		}
	}
	for _, a := range classify.Axes() {
		switch {
		case asset.Declares(v.Kind, a):
			j.Axes = append(j.Axes, v.newAxis(a, p, decides(answers)))
		case v.Holds:
			fv := followView{Axis: a, Stated: one(v.Form, asset.LevelKey(a))}
			for _, f := range v.Followed {
				if f.Axis == a {
					l := f.Level
					fv.Level, fv.From, fv.Chip = &l, f.From, ui.LevelOf(a, v.Scheme.Look(a, l.Rank))
				}
			}
			j.Follows = append(j.Follows, fv)
		case relation.Follows(v.Kind, a):
			j.Purpose = true
			j.Axes = append(j.Axes, v.newAxis(a, classify.Proposal{}, false))
		}
	}
	lowered := false
	for _, h := range p.Hits {
		if decides(answers) && asset.Declares(v.Kind, h.Axis) {
			j.Hits = append(j.Hits, h)
		}
	}
	for _, a := range j.Axes {
		for _, o := range a.Options {
			lowered = lowered || o.Checked && o.Lower
		}
	}
	j.Lowered = lowered || j.Reason.Value() != ""
	j.Handling = v.Scheme.Handling(v.Levels)
	return j
}

// neededFor finds the questions that bear on the axes that a kind declares, with those on whose
// answers they hang. Kinds that follow are asked nothing.
func neededFor(k asset.Kind, s *classify.Scheme) map[string]bool {
	needed := map[string]bool{}
	for _, r := range s.Rules {
		if asset.Declares(k, r.Axis) {
			for _, c := range r.Conds {
				needed[c.Code] = true
			}
		}
	}
	for range s.Questions { // what a shown question hangs on may hang on others
		for _, q := range s.Questions {
			for _, c := range q.ShownWhen {
				if needed[q.Code] {
					needed[c.Code] = true
				}
			}
		}
	}
	return needed
}

func (v *view) newQuestion(q classify.Question, needed map[string]bool) question {
	f := &form.Field{Key: app.AnswerKey(q.Code), Label: q.Text, Hint: q.Hint, Unit: q.Unit, Type: form.Choice, Raw: slices.Clone(v.Form[app.AnswerKey(q.Code)])}
	if len(q.Options) == 0 {
		f.Type, f.Inputmode = form.Number, "numeric"
		f.Int(0, 100_000) // for its message; the answer is kept as typed
	}
	for _, o := range q.Options {
		f.Options = append(f.Options, form.Option{Value: o.Value, Label: o.Label})
	}
	var class []string
	if q.Stage > 1 && plain(v.Scheme, needed) {
		class = append(class, "when-plain")
	}
	for _, c := range q.ShownWhen {
		if needed[c.Code] && (c.Op == "=" || c.Op == "!=") {
			op := "is"
			if c.Op == "!=" {
				op = "not"
			}
			class = append(class, fmt.Sprintf("when-%s-%s-%s", c.Code, op, c.Value))
		}
	}
	return question{f, q.Stage, strings.Join(class, " ")}
}

// plain reports whether the three plain questions are among those that are asked: the rest then
// waits until they are answered.
func plain(s *classify.Scheme, needed map[string]bool) bool {
	n := 0
	for _, q := range s.Questions {
		if needed[q.Code] && (q.Code == "mynumber" || q.Code == "personal" || q.Code == "published") {
			n++
		}
	}
	return n == 3
}

func (v *view) newAxis(a classify.Axis, p classify.Proposal, decided bool) axisView {
	key := asset.LevelKey(a)
	chosen := one(v.Form, key)
	x := axisView{Axis: a, Asks: asks[a], Field: &form.Field{Key: key, Label: a.Label(), Type: form.Choice, Raw: v.Form[key], Required: asset.Declares(v.Kind, a)}}
	if decided {
		if l, ok := v.Scheme.ByRank(a, p.Levels.On(a)); ok {
			x.Proposed = &l
			x.Auto = chosen == "" || chosen == l.Code
		}
		for _, h := range p.Hits {
			if h.Axis == a {
				x.Why = h.Why
			}
		}
	}
	for i, l := range v.Scheme.Axis(a).Levels {
		id := x.Field.ID() + "-" + l.Code
		if i == 0 && x.Proposed == nil {
			id = x.Field.ID() // the summary leads to the first
		}
		x.Options = append(x.Options, levelOption{
			Level: l, ID: id, Chip: ui.LevelOf(a, v.Scheme.Look(a, l.Rank)), Checked: chosen == l.Code && !x.Auto,
			Lower: x.Proposed != nil && l.Rank < x.Proposed.Rank,
		})
	}
	return x
}

// judge answers the page with the proposal for the answers so far; nothing is stored.
func (f forms) judge(w http.ResponseWriter, r *http.Request, p *page.Request) error {
	k, err := kindOf(r.PathValue("kind"))
	if err != nil {
		return err
	}
	if err := r.ParseForm(); err != nil {
		return errs.Wrap(errs.Invalid, "form.parse", err)
	}
	v, err := f.app.NewForm(r.Context(), p.Actor, k, "")
	if err != nil {
		return err
	}
	v.Form = readRaw(k, r.PostForm)
	return page.Render(w, r, http.StatusOK, judgeFragment((&view{DraftView: v}).newJudge()))
}

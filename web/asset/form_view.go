package asset

import (
	"slices"
	"strconv"
	"strings"

	"daicho/internal/app"
	"daicho/internal/asset"
	"daicho/internal/classify"
	"daicho/internal/errs"
	"daicho/internal/form"
	"daicho/internal/jpdate"
	"daicho/internal/org"
	"daicho/internal/relation"
	"daicho/web/page"
	"daicho/web/ui"
)

// view is the page of a form, ready to be drawn.
type view struct {
	app.DraftView
	form      *form.Form // every control in the order of the page
	failed    bool
	sections  []section
	judge     judgeView
	ends      []endView
	details   map[string]detailView // by the value of the relation
	members   membersView
	statement map[string]*form.Field // check boxes that a code field asked for, by the key of that field
	open      shown
	todo      []form.Message // what a submission still needs, with where
	advice    []form.Message
	note      *form.Field // answers the comment of whoever returned it; nil when nobody did
}

// section is one heading of the form: what must be filled in, and what may wait.
type section struct {
	ID, Title string
	Main      []*form.Field
	More      []*form.Field
	Filled    int  // of More
	Open      bool // More shows at once
}

// newView arranges a draft for its page. cause is why the form was refused, or nil.
func newView(p *page.Request, d app.DraftView, o shown, cause error) *view {
	if d.Asset != 0 {
		p.Nav = page.MarkCurrent(p.Nav, page.MyRequests)
	}
	v := &view{DraftView: d, open: o, statement: map[string]*form.Field{}, failed: cause != nil}
	show := cause
	if cause == nil {
		show = filledIn(d)
	}
	controls := map[string]*form.Field{}
	for _, c := range asset.FormFields(d.Kind) {
		v.fill(c)
		controls[c.Key] = c
	}
	v.judge = v.newJudge()
	for i, s := range asset.Sections(d.Kind) {
		v.sections = append(v.sections, newSection("s"+strconv.Itoa(i+1), s, controls))
	}
	v.newMembers(o)
	relations := append([]*form.Field{{Key: "relation", Label: "関連"}}, v.newDetails(o)...)
	v.form = &form.Form{Token: newToken()}
	for i, s := range v.sections {
		v.form.Fields = append(v.form.Fields, s.Main...)
		v.form.Fields = append(v.form.Fields, s.More...)
		if i == 0 {
			v.form.Fields = append(v.form.Fields, v.judge.fields()...)
			if v.follows() {
				v.form.Fields = append(v.form.Fields, relations...)
			}
		}
		if i == 1 {
			v.form.Fields = append(v.form.Fields, v.members.Field)
		}
	}
	if !v.follows() {
		v.form.Fields = append(v.form.Fields, relations...)
	}
	if v.Returned != nil {
		v.note = &form.Field{Key: app.NoteKey, Label: "承認する人へ", Type: form.Area, Max: 1000, Wide: true, Raw: d.Form[app.NoteKey],
			Hint: "どう直したか、または直さない理由を書きます。承認する人が、前のコメントと並べて読みます"}
		v.form.Fields = append(v.form.Fields, v.note)
	}
	v.form.Add(v.placed(show))
	v.statements()
	v.settleDetails(cause == nil)
	for i := range v.sections {
		v.sections[i].settle(cause == nil)
	}
	v.newEnds(o)
	v.todo = v.messages(d.Missing)
	if d.Unanswered != nil {
		v.todo = append(v.todo, v.messages(d.Unanswered)...)
	}
	var advice []error
	for _, w := range d.Warnings {
		advice = append(advice, w)
	}
	v.advice = v.messages(errs.Join(advice...))
	return v
}

// filledIn keeps of what a draft lacks only what stands at something typed: an open page must not be
// red from the start, but what was typed and cannot be read is shown.
func filledIn(d app.DraftView) error {
	var out []error
	for _, e := range errs.Fields(d.Missing) {
		member := strings.HasPrefix(e.Field, "member.")
		_, ok := asset.Lookup(d.Kind, e.Field)
		if ok = ok || strings.HasPrefix(e.Field, detailPrefix); member || ok && one(d.Form, e.Field) != "" {
			out = append(out, e)
		}
	}
	return errs.Join(out...)
}

// placed puts errors of the use cases at controls of this page.
func (v *view) placed(err error) error {
	var out []error
	fields := errs.Fields(err)
	if len(fields) == 0 {
		return err
	}
	for _, e := range fields {
		c := *e
		switch {
		case strings.HasPrefix(e.Field, "member.") || e.Field == "members":
			v.members.Open = true
			c.Field = "members"
			if rest, ok := strings.CutPrefix(e.Field, "member."); ok && !v.members.Long {
				c.Field = v.cell(memberPrefix + rest).Key
			}
		case e.Field == "level_scheme":
			if slices.ContainsFunc(v.judge.Questions, func(q question) bool { return q.Err != "" }) {
				continue
			}
			if len(v.judge.Questions) > 0 {
				c.Field = v.judge.Questions[0].Key
			}
		case e.Code == "asset.level.purpose": // the use case names the first; the page shows all at once
			for _, a := range v.judge.Axes {
				if key := a.Field.Key; key != e.Field && one(v.Form, key) == "" {
					out = append(out, errs.OnField(key, e.Code, a.Axis.Label()+"の区分を選んでください"))
				}
			}
		case e.Code == "draft.unit" && one(v.Form, "unit") == "":
			c.Message = "所管課を選んでください"
		}
		out = append(out, &c)
	}
	return errs.Join(out...)
}

// fill puts what was typed into a control, and how a date is understood.
func (v *view) fill(c *form.Field) {
	c.Raw = slices.Clone(v.Form[c.Key])
	switch c.Key {
	case "unit":
		for _, u := range v.Units {
			c.Options = append(c.Options, form.Option{Value: u.Code, Label: u.Path, Hint: v.unitHeading(u)})
		}
	case "host_body":
		for _, h := range v.Hosts {
			c.Options = append(c.Options, form.Option{Value: h.Code, Label: h.Name})
		}
	case "manager_post":
		for _, p := range v.Posts {
			c.Options = append(c.Options, form.Option{Value: p.Code, Label: p.Name, Hint: p.Unit})
		}
	case "personal":
		if asset.Declares(v.Kind, classify.Confidentiality) {
			c.Hint += "。分類の質問の答えで決まるときは、選ばなくてもかまいません"
		}
	}
	offerNothing(c)
	if c.Type == form.Date && c.Value() != "" {
		if day, err := jpdate.Parse(c.Value()); err == nil {
			c.Echo = day.Long()
		}
	}
	// A code that is offered no more stays chosen and visible, so that saving does not drop it.
	if (c.Type == form.Select) && c.Value() != "" && !slices.ContainsFunc(c.Options, func(o form.Option) bool { return o.Value == c.Value() }) {
		c.Options = append(c.Options, form.Option{Value: c.Value(), Label: c.Value() + "（いまは選べません）"})
	}
}

// manyUnits is from how many units on the list is divided by headings.
const manyUnits = 9

// unitHeading is the heading under which a unit stands in the list: its organ where there are
// several, else the unit at the top of its branch; none in a short list.
func (v *view) unitHeading(u org.Unit) string {
	if len(v.Units) < manyUnits {
		return ""
	}
	for _, o := range v.Units {
		if o.OrganID != u.OrganID {
			return u.Organ
		}
	}
	top, _, _ := strings.Cut(u.Path, " ")
	return top
}

// offerNothing lets a choice that need not be made be taken back: a radio button alone cannot.
func offerNothing(c *form.Field) {
	if c.Type != form.Choice || c.Required || c.Key == "lifecycle" {
		return
	}
	if slices.ContainsFunc(c.Options, func(o form.Option) bool { return o.Hint != "" }) {
		c.Options = append(c.Options, form.Option{Label: "選ばない"})
		return
	}
	c.Type = form.Select
}

func newSection(id string, s asset.Section, controls map[string]*form.Field) section {
	out := section{ID: id, Title: s.Title}
	for _, f := range s.Fields {
		c := controls[f.Key]
		if f.Required {
			out.Main = append(out.Main, c)
			continue
		}
		out.More = append(out.More, c)
		if len(c.Raw) > 0 {
			out.Filled++
		}
	}
	// Three fields or fewer need no door.
	if len(out.Main) > 0 && len(out.More) <= 2 {
		out.Main, out.More, out.Filled = append(out.Main, out.More...), nil, 0
	}
	return out
}

// settle opens the part that may wait where something stands in it that must be seen.
func (s *section) settle(calm bool) {
	for _, c := range s.More {
		if c.Err != "" {
			s.Open = true
		}
	}
	if calm && s.Filled > 0 {
		s.Open = true
	}
}

// messages lists errors with the places on the page to which they lead.
func (v *view) messages(err error) []form.Message {
	var out []form.Message
	for _, e := range errs.Fields(v.placed(err)) {
		m := form.Message{Text: e.Message}
		if f := v.form.Field(e.Field); f != nil {
			m.Anchor = f.ID()
		}
		if !slices.Contains(out, m) {
			out = append(out, m)
		}
	}
	return out
}

// follows reports whether the asset takes levels from what it holds: what it holds then stands
// beside the classification.
func (v *view) follows() bool { return relation.FollowsAny(v.Kind) }

// title is what the page is for.
func (v *view) title() string {
	if v.BaseNo != 0 {
		return v.Kind.Label() + "の変更"
	}
	return v.Kind.Label() + "の登録"
}

// action is where the form goes.
func (v *view) action() string {
	if v.Asset != 0 {
		return page.Draft(v.Asset)
	}
	return page.AssetNewKind(string(v.Kind))
}

// savedText says when the draft was kept.
func (v *view) savedText() string {
	if v.Asset == 0 || v.UpdatedAt.IsZero() {
		return "まだ保存していません"
	}
	return "下書き保存済 " + jpdate.FormatTime(v.UpdatedAt)
}

// unitName is the unit that answers for the asset, in full.
func (v *view) unitName() string { return v.Unit.Path }

// summary says what the page holds, beside the form.
func (v *view) summary() []ui.Desc {
	out := []ui.Desc{{Term: "名称", Text: v.Doc.Get("name")}, {Term: "所管課", Text: v.unitName()}}
	if v.Number != "" {
		out = append(out, ui.Desc{Term: "管理番号", Text: v.Number})
	}
	if len(v.levels()) > 0 {
		out = append(out, ui.Desc{Term: "区分", Body: levelWords(v.levels())})
	} else {
		out = append(out, ui.Desc{Term: "区分", Text: ""})
	}
	if v.Controls > 0 {
		out = append(out, ui.Desc{Term: "必要な対策", Text: ui.Thousands(v.Controls) + "件"})
	}
	return out
}

// levels are the levels of the draft in words, as far as it has any.
func (v *view) levels() []levelWord {
	return wordsOf(v.Scheme, v.Levels)
}

// levelWord is one level as people read it: the words first, then the code.
type levelWord struct {
	Words string
	Level ui.Level
}

func wordsOf(s *classify.Scheme, levels classify.Levels) []levelWord {
	var out []levelWord
	for _, a := range classify.Axes() {
		if l, ok := s.ByRank(a, levels.On(a)); ok {
			out = append(out, levelWord{l.Label, ui.LevelOf(a, s.Look(a, l.Rank))})
		}
	}
	return out
}

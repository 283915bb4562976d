package scheme

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"daicho/internal/app"
	"daicho/internal/classify"
	"daicho/internal/errs"
	"daicho/internal/form"
	"daicho/web/page"
)

// maxLines bounds the lines of one form, spare is how many empty ones stand at its end.
const (
	maxLines = 200
	spare    = 1
	more     = 5
)

// line is one row of the editor: a level, a question, a row of a decision table.
type line struct {
	No     int // from 1, as the inputs are called
	Title  string
	Fields []*form.Field
}

func (l line) field(key string) *form.Field {
	i := slices.IndexFunc(l.Fields, func(f *form.Field) bool { return f.Key == lineKey(l.No, key) })
	return l.Fields[i]
}

func lineKey(no int, key string) string { return fmt.Sprintf("r%d.%s", no, key) }

// mapLine is one level of an earlier edition with the levels that it may become.
type mapLine struct {
	Earlier, EarlierName, Code string
	Axis                       classify.Axis
	Field                      *form.Field
}

type editView struct {
	app.SchemeView
	Part   classify.Part
	Axis   classify.Axis
	EditNo int
	Form   *form.Form
	Head   []*form.Field
	Lines  []line
	Maps   []mapLine
}

func (v editView) title() string {
	s := partLabel(v.Part) + "を直す"
	if v.Axis != "" {
		s = v.Axis.Label() + "の" + s
	}
	return s
}

// open reads the edition and says which part of it the address names.
func (h pages) open(r *http.Request, p *page.Request) (editView, error) {
	s, err := h.app.Scheme(r.Context(), p.Actor, idOf(r))
	if err != nil {
		return editView{}, err
	}
	if !s.CanEdit {
		return editView{}, errs.New(errs.Conflict, "scheme.state", "直せるのは、作成中の案だけです。承認された版は、写して直してください。")
	}
	v := editView{SchemeView: s, Part: classify.Part(r.PathValue("part")), EditNo: s.Head.EditNo}
	switch v.Part {
	case classify.PartHead, classify.PartQuestions, classify.PartMapping:
	case classify.PartLevels, classify.PartTable:
		v.Axis = classify.Axis(r.URL.Query().Get("axis"))
		if !slices.Contains(classify.Axes(), v.Axis) {
			return v, errs.New(errs.NotFound, "scheme.axis", "")
		}
	default:
		return v, errs.New(errs.NotFound, "scheme.part", "")
	}
	return v, nil
}

func (h pages) edit(w http.ResponseWriter, r *http.Request, p *page.Request) error {
	v, err := h.open(r, p)
	if err != nil {
		return err
	}
	v.stored()
	return page.Render(w, r, http.StatusOK, editPage(p, v))
}

// all are the fields of the form in the order of the page.
func (v *editView) all() []*form.Field {
	out := slices.Clone(v.Head)
	for _, l := range v.Lines {
		out = append(out, l.Fields...)
	}
	for _, m := range v.Maps {
		out = append(out, m.Field)
	}
	return out
}

// stored fills the form with what is stored, and empty lines after it.
func (v *editView) stored() {
	fill := func(l line, values map[string]string) {
		for _, f := range l.Fields {
			key := f.Key[strings.Index(f.Key, ".")+1:]
			if s, ok := values[key]; ok {
				f.Raw = []string{s}
			}
		}
		v.Lines = append(v.Lines, l)
	}
	e := v.Edition
	switch v.Part {
	case classify.PartHead:
		v.Head = headFields()
		for i, s := range []string{e.Name, e.Edition, e.Source} {
			v.Head[i].Raw = []string{s}
		}
	case classify.PartLevels:
		for i, l := range e.LevelsOf(v.Axis) {
			guarded := ""
			if l.Guarded {
				guarded = "1"
			}
			fill(v.line(i+1), map[string]string{
				"was": l.Code, "rank": strconv.Itoa(l.Rank), "code": l.Code, "label": l.Label, "criteria": l.Criteria, "examples": l.Examples,
				"handling": l.Handling, "marking": l.Marking, "guarded": guarded, "source": l.Source, "checked": l.Checked,
			})
		}
	case classify.PartQuestions:
		for i, q := range e.Questions {
			fill(v.line(i+1), map[string]string{
				"ord": strconv.Itoa(q.Ord), "code": q.Code, "stage": strconv.Itoa(q.Stage), "text": q.Text, "hint": q.Hint, "options": q.Options,
				"shown_when": q.ShownWhen, "source": q.Source, "checked": q.Checked,
			})
		}
	case classify.PartTable:
		for i, j := range e.RowsOf(v.Axis) {
			fill(v.line(i+1), map[string]string{
				"ord": strconv.Itoa(j.Ord), "cond": j.Cond, "level": j.Level, "why": j.Why, "source": j.Source, "checked": j.Checked,
			})
		}
	case classify.PartMapping:
		v.Maps = v.mapLines()
		for _, m := range v.Maps {
			m.Field.Raw = e.MappingFrom(m.Earlier).Candidates(m.Axis, m.Code)
		}
	}
	v.spare(spare)
	v.Form = &form.Form{Fields: v.all()}
}

// spare adds empty lines at the end.
func (v *editView) spare(n int) {
	if v.Part == classify.PartHead || v.Part == classify.PartMapping {
		return
	}
	for range n {
		if len(v.Lines) < maxLines {
			v.Lines = append(v.Lines, v.line(len(v.Lines)+1))
		}
	}
}

func headFields() []*form.Field {
	return []*form.Field{
		{Key: "name", Label: "名称", Type: form.Text, Required: true, Max: 100, Wide: true},
		{Key: "edition", Label: "版", Type: form.Text, Required: true, Max: 60, Hint: "例：令和9年4月版"},
		{Key: "source", Label: "出典", Type: form.Text, Max: 200, Wide: true, Hint: "primary・secondary・memory・own のどれかと、文書と条項。団体が決めたものは own だけ。"},
	}
}

// line is an empty line of the part.
func (v *editView) line(no int) line {
	f := func(key, label string, t form.Type, limit int, hint string) *form.Field {
		return &form.Field{Key: lineKey(no, key), Label: label, Type: t, Max: limit, Hint: hint, Wide: limit > 100}
	}
	hidden := func(key string) *form.Field { return f(key, key, form.Hidden, 400, "") }
	drop := f("drop", "この行を消す", form.Flag, 0, "")
	l := line{No: no, Title: strconv.Itoa(no) + "行目"}
	switch v.Part {
	case classify.PartLevels:
		l.Fields = []*form.Field{
			f("code", "コード", form.Code, 16, "台帳に出る短い名前。例：3B"),
			f("rank", "順位", form.Number, 2, "団体で一つの物差し（1が最も軽く、9まで）。総務省R6の機密性は 1・2・3C・3B・3A が1～5"),
			f("label", "呼び名", form.Text, 60, "画面でコードの前に出る言葉"),
			f("marking", "表示", form.Text, 60, "媒体や書類に表示する言葉"),
			f("criteria", "定義", form.Text, 400, ""), f("examples", "例", form.Text, 400, "「／」で区切る"),
			f("handling", "取扱制限", form.Text, 1000, "「／」で区切る"), f("guarded", "一件ずつ開いて確かめてから決裁する", form.Flag, 0, ""),
			drop, hidden("was"), hidden("source"), hidden("checked"),
		}
	case classify.PartQuestions:
		l.Fields = []*form.Field{
			f("ord", "並び順", form.Number, 5, "小さい順に聞く"), f("code", "コード", form.Code, 40, "英小文字と数字。条件に書く名前"),
			f("stage", "段階", form.Number, 1, "1＝最初に必ず聞く、2＝必要に応じて聞く"), f("shown_when", "聞く条件", form.Code, 400, "例：mynumber=no personal=yes。空なら必ず"),
			f("text", "質問", form.Text, 200, ""), f("hint", "補足", form.Text, 400, ""),
			f("options", "選択肢", form.Text, 400, "例：yes:はい no:いいえ unknown:わからない。数で答えるときは number:時間"),
			drop, hidden("source"), hidden("checked"),
		}
	case classify.PartTable:
		level := f("level", "区分", form.Select, 0, "")
		for _, x := range v.Edition.LevelsOf(v.Axis) {
			level.Options = append(level.Options, form.Option{Value: x.Code, Label: x.Code + "　" + x.Label})
		}
		l.Fields = []*form.Field{
			f("ord", "並び順", form.Number, 5, "小さい順に見る"), level,
			f("cond", "条件", form.Code, 400, "例：personal=yes rto<=24。空なら、どの答えでも当たる"), f("why", "説明", form.Text, 400, "登録する人と承認する人に見せる一文"),
			drop, hidden("source"), hidden("checked"),
		}
	case classify.PartHead, classify.PartMapping:
	}
	return l
}

// mapLines are the levels of the earlier editions.
func (v *editView) mapLines() []mapLine {
	var out []mapLine
	for _, old := range v.Earlier {
		for _, a := range classify.Axes() {
			for _, l := range old.LevelsOf(a) {
				f := &form.Field{
					Key: fmt.Sprintf("m%d", len(out)+1), Label: a.Label() + " " + l.Code + "（" + l.Label + "）", Type: form.Checks,
				}
				for _, mine := range v.Edition.LevelsOf(a) {
					f.Options = append(f.Options, form.Option{Value: mine.Code, Label: mine.Code})
				}
				out = append(out, mapLine{old.Code, old.Name + " " + old.Edition, l.Code, a, f})
			}
		}
	}
	return out
}

// typed reads the form as it was sent.
func (v *editView) typed(in url.Values) {
	v.Lines = nil
	switch v.Part {
	case classify.PartHead:
		v.Head = headFields()
	case classify.PartMapping:
		v.Maps = v.mapLines()
	default:
		n, _ := strconv.Atoi(in.Get("lines"))
		for i := range min(max(n, 0), maxLines) {
			v.Lines = append(v.Lines, v.line(i+1))
		}
	}
	v.Form = form.Read(in, v.all()...)
	if n, err := strconv.Atoi(in.Get("edit")); err == nil {
		v.EditNo = n
	}
}

func (h pages) save(w http.ResponseWriter, r *http.Request, p *page.Request) error {
	v, err := h.open(r, p)
	if err != nil {
		return err
	}
	v.typed(r.PostForm)
	if r.PostForm.Get("do") == "more" {
		v.spare(more)
		v.Form.Fields = v.all()
		return page.Render(w, r, http.StatusOK, editPage(p, v))
	}
	in, lines := v.request()
	if v.Form.OK() {
		err := h.app.SaveScheme(r.Context(), p.Actor, in)
		if err == nil {
			p.Leave(page.Success, partLabel(v.Part)+"を保存しました")
			return page.Redirect(w, r, page.Scheme(v.SchemeView.Head.ID))
		}
		if !errs.Is(err, errs.Invalid) {
			return err
		}
		for _, e := range errs.Fields(err) {
			v.Form.Add(errs.OnField(placed(e.Field, lines), e.Code, e.Message))
		}
	}
	return page.Render(w, r, http.StatusUnprocessableEntity, editPage(p, v))
}

// placed turns the number of a line that was sent on into that of the form, where lines were empty or
// to be dropped.
func placed(field string, lines []int) string {
	no, key, ok := strings.Cut(strings.TrimPrefix(field, "r"), ".")
	n, err := strconv.Atoi(no)
	if !ok || err != nil || n < 1 || n > len(lines) {
		return field
	}
	return lineKey(lines[n-1], key)
}

// request is what was typed, without empty lines and those to be dropped; lines says which line of
// the form each of them was.
func (v *editView) request() (app.SaveScheme, []int) {
	in := app.SaveScheme{ID: v.SchemeView.Head.ID, EditNo: v.EditNo, Part: v.Part, Axis: v.Axis}
	if v.Part == classify.PartHead {
		in.Name, in.Edition, in.Source = v.Head[0].Text(), v.Head[1].Text(), v.Head[2].Text()
	}
	for _, m := range v.Maps {
		if to := strings.Fields(m.Field.AllOf()); len(to) > 0 {
			in.Mappings = append(in.Mappings, classify.MapRow{Earlier: m.Earlier, Axis: string(m.Axis), From: m.Code, To: to, Source: "own", Checked: "未照合"})
		}
	}
	var lines []int
	for _, l := range v.Lines {
		text := func(key string) string { return l.field(key).Text() }
		code := func(key string) string { return l.field(key).Code() }
		number := func(key string) int {
			f := l.field(key)
			f.Required = true
			n, _ := f.Int(0, 99999)
			return n
		}
		if l.field("drop").Bool() || l.blank() {
			continue
		}
		lines = append(lines, l.No)
		switch v.Part {
		case classify.PartLevels:
			in.Levels = append(in.Levels, app.LevelEdit{Was: text("was"), LevelRow: classify.LevelRow{
				Axis: string(v.Axis), Rank: number("rank"), Code: code("code"), Label: text("label"), Criteria: text("criteria"), Examples: text("examples"),
				Handling: text("handling"), Marking: text("marking"), Guarded: l.field("guarded").Bool(), Source: orOwn(text("source")), Checked: orOpen(text("checked")),
			}})
		case classify.PartQuestions:
			in.Questions = append(in.Questions, classify.QuestionRow{
				Code: code("code"), Ord: number("ord"), Stage: number("stage"), Text: text("text"), Hint: text("hint"), Options: text("options"),
				ShownWhen: code("shown_when"), Source: orOwn(text("source")), Checked: orOpen(text("checked")),
			})
		case classify.PartTable:
			in.Rows = append(in.Rows, classify.JudgeRow{
				Axis: string(v.Axis), Ord: number("ord"), Cond: code("cond"), Level: l.field("level").OneOf(), Why: text("why"),
				Source: orOwn(text("source")), Checked: orOpen(text("checked")),
			})
		case classify.PartHead, classify.PartMapping:
		}
	}
	return in, lines
}

func orOwn(s string) string {
	if s == "" {
		return "own"
	}
	return s
}

func orOpen(s string) string {
	if s == "" {
		return "未照合"
	}
	return s
}

// blank reports whether nothing was typed into the line.
func (l line) blank() bool {
	for _, f := range l.Fields {
		if f.Type != form.Hidden && f.Type != form.Flag && strings.TrimSpace(f.Value()) != "" {
			return false
		}
	}
	return true
}

package asset

import (
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"daicho/internal/app"
	"daicho/internal/asset"
	"daicho/internal/classify"
	"daicho/internal/jpdate"
	"daicho/web/page"
)

// keepPrefix begins the names of the choices on the page of two versions; "theirs" takes what the
// other saved, anything else keeps one's own.
const keepPrefix = "keep."

// clash is one thing in which two versions of a draft differ, in words.
type clash struct {
	Key, Label   string
	Theirs, Mine string
	Was          string // approved, before both
}

// conflictView is the page that shows both versions when somebody else was faster.
type conflictView struct {
	app.DraftView         // what is stored now
	Mine          app.Raw // what was typed, carried along whole
	Clashes       []clash
	Hidden        [][2]string // inputs that carry what was typed
	Token         string
	Based         bool // there is approved content that both change
}

func (f forms) conflict(w http.ResponseWriter, r *http.Request, p *page.Request, s sent, mine app.DraftView) error {
	p.Nav = page.MarkCurrent(p.Nav, page.MyRequests)
	c := conflictView{DraftView: s.shell, Mine: s.raw, Clashes: clashes(s.shell, s.raw, mine.Relations), Token: newToken()}
	base, err := f.app.BaseForm(r.Context(), p.Actor, s.shell.Asset)
	if err != nil {
		return err
	}
	if c.Based = base != nil; c.Based {
		c.before(base, slices.Concat(s.shell.Relations, mine.Relations))
	}
	for _, key := range slices.Sorted(keysOf(s.raw)) {
		if key == pageInput {
			continue
		}
		for _, v := range s.raw[key] {
			c.Hidden = append(c.Hidden, [2]string{key, v})
		}
	}
	return page.Render(w, r, http.StatusConflict, conflictPage(p, c))
}

// before puts the approved words beside each clash: where what is stored now does not differ from them,
// they are its own.
func (c *conflictView) before(base app.Raw, lines []app.RelationLine) {
	was := map[string]string{}
	for _, x := range clashes(c.DraftView, base, lines) { // where what is stored now differs from it
		was[x.Key] = x.Mine
	}
	for i, x := range c.Clashes {
		words, differs := was[x.Key]
		if !differs {
			words = x.Theirs
		}
		c.Clashes[i].Was = words
	}
}

func keysOf(raw app.Raw) func(func(string) bool) {
	return func(yield func(string) bool) {
		for k := range raw {
			if !yield(k) {
				return
			}
		}
	}
}

// clashes lists in what the stored version and the typed one differ, in the order of the form. It
// compares what was typed, so that text that nobody can read yet is not lost either.
func clashes(now app.DraftView, mine app.Raw, lines []app.RelationLine) []clash {
	var out []clash
	add := func(key, label, theirs, own string) {
		out = append(out, clash{Key: key, Label: label, Theirs: theirs, Mine: own})
	}
	theirs := now.Form
	for _, f := range asset.Fields(now.Kind) {
		if differs(theirs[f.Key], mine[f.Key]) {
			add(f.Key, f.Label, fieldWords(now, f, theirs), fieldWords(now, f, mine))
		}
	}
	for _, q := range now.Scheme.Questions {
		if key := app.AnswerKey(q.Code); differs(theirs[key], mine[key]) {
			add(key, q.Text, answerWords(q, one(theirs, key)), answerWords(q, one(mine, key)))
		}
	}
	for _, a := range classify.Axes() {
		if key := asset.LevelKey(a); differs(theirs[key], mine[key]) {
			add(key, a.Label(), codeWords(now.Scheme, a, one(theirs, key)), codeWords(now.Scheme, a, one(mine, key)))
		}
	}
	if differs(theirs[asset.ReasonKey], mine[asset.ReasonKey]) {
		add(asset.ReasonKey, "判断理由", one(theirs, asset.ReasonKey), one(mine, asset.ReasonKey))
	}
	if differs(theirs[asset.AskKey], mine[asset.AskKey]) {
		add(asset.AskKey, "管理者に聞く", yesNo(one(theirs, asset.AskKey)), yesNo(one(mine, asset.AskKey)))
	}
	if differs(theirs[app.NoteKey], mine[app.NoteKey]) {
		add(app.NoteKey, "承認する人へ", one(theirs, app.NoteKey), one(mine, app.NoteKey))
	}
	known := slices.Concat(now.Relations, lines)
	if a, b := relationWords(theirs, known), relationWords(mine, known); !sameRelations(theirs, mine) {
		add(relInput, "関連", a, b)
	}
	if a, b := memberRows(theirs), memberRows(mine); listMembers(a) != listMembers(b) {
		add(memberPrefix, "内訳", memberWords(a, b), memberWords(b, a))
	}
	return out
}

// merge takes over from what is stored what the choices on the page of two versions say; all else
// stays as it was typed.
func merge(mine app.Raw, now app.DraftView, choices url.Values) {
	take := func(key string) {
		if v, ok := now.Form[key]; ok {
			mine[key] = slices.Clone(v)
		} else {
			delete(mine, key)
		}
	}
	for _, c := range clashes(now, mine, nil) {
		if choices.Get(keepPrefix+c.Key) != "theirs" {
			continue
		}
		prefix := c.Key
		switch c.Key {
		case memberPrefix:
		case relInput:
			take(relInput)
			prefix = detailPrefix
		default:
			take(c.Key)
			continue
		}
		for _, raw := range []app.Raw{mine, now.Form} {
			for key := range raw {
				if strings.HasPrefix(key, prefix) {
					take(key)
				}
			}
		}
	}
}

// differs compares what was typed, apart from space at the ends.
func differs(a, b []string) bool {
	trim := func(in []string) []string {
		var out []string
		for _, s := range in {
			if s = strings.TrimSpace(strings.ReplaceAll(s, "\r\n", "\n")); s != "" {
				out = append(out, s)
			}
		}
		return out
	}
	return !slices.Equal(trim(a), trim(b))
}

// fieldWords are what was typed into a field, in words where it can be read.
func fieldWords(v app.DraftView, f asset.Field, raw app.Raw) string {
	in := raw[f.Key]
	if len(in) == 0 {
		return ""
	}
	values, err := asset.Normalise(v.Kind, map[string][]string{f.Key: in})
	if err != nil || f.Type == asset.Text || f.Type == asset.LongText {
		return strings.Join(in, "、")
	}
	names := asset.Names{Ref: func(t asset.FieldType, code string) string {
		for _, u := range v.Units {
			if t == asset.UnitRef && u.Code == code {
				return u.Path
			}
		}
		for _, h := range v.Hosts {
			if t == asset.HostRef && h.Code == code {
				return h.Name
			}
		}
		for _, p := range v.Posts {
			if t == asset.PostRef && p.Code == code {
				return p.Unit + " " + p.Name
			}
		}
		return code
	}}
	return names.Words(f, values[f.Key])
}

func answerWords(q classify.Question, v string) string {
	for _, o := range q.Options {
		if o.Value == v {
			return o.Label
		}
	}
	if v != "" {
		v += q.Unit
	}
	return v
}

func codeWords(s *classify.Scheme, a classify.Axis, code string) string {
	if l, ok := s.ByCode(a, code); ok {
		return l.Label + "（" + a.Label() + l.Code + "）"
	}
	return code
}

func yesNo(v string) string {
	if v == "1" {
		return "はい"
	}
	return ""
}

// sameRelations reports whether two forms hold the same relations and say the same about them.
func sameRelations(a, b app.Raw) bool {
	if !slices.Equal(slices.Sorted(slices.Values(a[relInput])), slices.Sorted(slices.Values(b[relInput]))) {
		return false
	}
	for _, raw := range []app.Raw{a, b} {
		for key := range raw {
			if strings.HasPrefix(key, detailPrefix) && differs(a[key], b[key]) {
				return false
			}
		}
	}
	return true
}

func relationWords(raw app.Raw, lines []app.RelationLine) string {
	var out []string
	for _, v := range slices.Sorted(slices.Values(raw[relInput])) {
		words := "選んだ資産"
		for _, l := range lines {
			if l.Value == v {
				words = l.Label + "：" + strings.TrimSpace(l.Other.Number+" "+l.Other.Name)
			}
		}
		if d := detailWords(raw, v); d != "" {
			words += "（" + d + "）"
		}
		out = append(out, words)
	}
	return strings.Join(out, "\n")
}

// memberWords lists the lines of one version that the other has not.
func memberWords(rows, other []memberRow) string {
	const most = 20
	var out []string
	for _, r := range rows {
		if slices.ContainsFunc(other, func(o memberRow) bool { return o.No == r.No && slices.Equal(o.Cells, r.Cells) }) {
			continue
		}
		if len(out) == most {
			out = append(out, "…")
			break
		}
		var cells []string
		for _, c := range r.Cells {
			if c != "" {
				cells = append(cells, c)
			}
		}
		out = append(out, strconv.Itoa(r.No)+"番 "+strings.Join(cells, "、"))
	}
	return "全" + strconv.Itoa(len(rows)) + "件\n" + strings.Join(out, "\n")
}

// savedBy says who was faster, and when.
func (c conflictView) savedBy() string {
	return c.UpdatedBy + "さんが " + jpdate.FormatTime(c.UpdatedAt) + " に保存した内容"
}

package asset

import (
	"cmp"
	"maps"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"daicho/internal/app"
	"daicho/internal/asset"
	"daicho/internal/classify"
	"daicho/internal/errs"
	"daicho/internal/form"
	"daicho/internal/jptext"
)

// Names of the inputs of the form that are not fields of the catalogue.
const (
	draftInput   = "draft" // "<asset>:<edit>" of the draft that the page shows
	doInput      = "do"    // which button was pressed
	relInput     = "rel"
	pickPrefix   = "rel-"
	memberPrefix = "members."
	memberList   = "members_list"
	memberPaste  = "members_paste"
	rowsInput    = "rows"
	// pageInput is a key of the stored form: the page that saved last. It tells one's own saves apart
	// from those of others.
	pageInput = "page"
)

// Bounds of what one form may bring beside its fields.
const (
	maxRelated = 5_000
	maxRows    = 10_000
	maxAnswers = 100
)

// memberColumns are the columns of the 内訳 in the order in which they are pasted.
var memberColumns = []string{"serial", "label", "place", "holder", "storage", "state"}

// readRaw takes what belongs to the form of a kind out of a request, as it was typed. What is blank
// is left out, except the unit: a unit that was cleared must not be filled in again.
func readRaw(k asset.Kind, v url.Values) app.Raw {
	raw := app.Raw{}
	take := func(key string) {
		if in := v[key]; slices.ContainsFunc(in, func(s string) bool { return strings.TrimSpace(s) != "" }) {
			raw[key] = slices.Clone(in[:min(len(in), form.MaxValues)])
		}
	}
	for _, f := range asset.Fields(k) {
		take(f.Key)
		if f.Type.IsCode() {
			take(asset.StatementKey(f.Key))
		}
	}
	if _, ok := v["unit"]; ok && raw["unit"] == nil {
		raw["unit"] = []string{""}
	}
	take(asset.MembersStatement)
	take(app.SchemeKey)
	take(asset.ReasonKey)
	take(asset.AskKey)
	take(app.NoteKey)
	for _, a := range classify.Axes() {
		take(asset.LevelKey(a))
	}
	answers := 0
	for _, key := range slices.Sorted(maps.Keys(v)) {
		switch {
		case strings.HasPrefix(key, app.AnswerKey("")) && len(key) < 70 && answers < maxAnswers:
			answers++
			take(key)
		case strings.HasPrefix(key, memberPrefix) && len(key) < 40:
			take(key)
		}
	}
	readRelations(raw, v)
	if list, ok := v[memberList]; ok && len(list) > 0 {
		for key := range raw {
			if strings.HasPrefix(key, memberPrefix) {
				delete(raw, key)
			}
		}
		readMemberList(raw, list[0])
	}
	if paste := v.Get(memberPaste); strings.TrimSpace(paste) != "" {
		pasteMembers(raw, paste)
	}
	return raw
}

// readRelations joins the relations that the page carries with those that were ticked in a picker.
// A ticked one carries the words that its line showed after a bar.
func readRelations(raw app.Raw, v url.Values) {
	var out []string
	for _, key := range slices.Sorted(maps.Keys(v)) {
		if key != relInput && !strings.HasPrefix(key, pickPrefix) {
			continue
		}
		for _, s := range v[key] {
			s, _, _ = strings.Cut(s, "|")
			if _, ok := app.ParseRelation(s); ok && !slices.Contains(out, s) && len(out) < maxRelated {
				out = append(out, s)
			}
		}
	}
	if len(out) == 0 {
		return
	}
	raw[relInput] = out
	for _, s := range out {
		r, _ := app.ParseRelation(s)
		for _, key := range detailInputs(r) {
			if in := v[key]; len(in) > 0 && strings.TrimSpace(in[0]) != "" {
				raw[key] = in[:1:1]
			}
		}
	}
}

// dropRelation takes a relation out of a form with all that was said about it.
func dropRelation(raw app.Raw, value string) {
	raw[relInput] = slices.DeleteFunc(raw[relInput], func(x string) bool { return x == value })
	if len(raw[relInput]) == 0 {
		delete(raw, relInput)
	}
	if r, ok := app.ParseRelation(value); ok {
		for _, key := range detailInputs(r) {
			delete(raw, key)
		}
	}
}

// memberRow is one line of the 内訳 as it was typed: the columns in the order of memberColumns.
type memberRow struct {
	No    int
	Cells []string
}

func (r memberRow) cell(column string) string { return r.Cells[slices.Index(memberColumns, column)] }

// memberRows reads the lines of a form in the order of their numbers.
func memberRows(raw app.Raw) []memberRow {
	rows := map[int]*memberRow{}
	for key, v := range raw {
		no, column, ok := strings.Cut(strings.TrimPrefix(key, memberPrefix), ".")
		n, err := strconv.Atoi(no)
		i := slices.Index(memberColumns, column)
		if !strings.HasPrefix(key, memberPrefix) || !ok || err != nil || n < 1 || n > maxRows || i < 0 || len(v) == 0 {
			continue
		}
		if rows[n] == nil {
			rows[n] = &memberRow{No: n, Cells: make([]string, len(memberColumns))}
		}
		rows[n].Cells[i] = v[0]
	}
	out := make([]memberRow, 0, len(rows))
	for _, r := range rows {
		out = append(out, *r)
	}
	slices.SortFunc(out, func(a, b memberRow) int { return cmp.Compare(a.No, b.No) })
	return out
}

// lastRow is the highest number in use: numbers of members are never given again.
func lastRow(raw app.Raw) int {
	rows := memberRows(raw)
	if len(rows) == 0 {
		return 0
	}
	return rows[len(rows)-1].No
}

func putMember(raw app.Raw, no int, cells []string) {
	if no < 1 || no > maxRows {
		return
	}
	for i, column := range memberColumns {
		if i < len(cells) && strings.TrimSpace(cells[i]) != "" {
			raw[memberPrefix+strconv.Itoa(no)+"."+column] = []string{strings.TrimSpace(cells[i])}
		}
	}
}

// pasteMembers adds lines as they come from a spreadsheet: columns between tabs, one thing a line. A
// first line that repeats the headings is left out.
func pasteMembers(raw app.Raw, text string) {
	no := lastRow(raw)
	for i, line := range lines(text) {
		cells := strings.Split(line, "\t")
		if strings.TrimSpace(line) == "" || i == 0 && strings.Contains(cells[0], "製造番号") {
			continue
		}
		no++
		putMember(raw, no, cells[:min(len(cells), 5)])
	}
}

// readMemberList reads a 内訳 that is too long for a table: its number, then the columns, between tabs.
// A line without a number gets the next one.
func readMemberList(raw app.Raw, text string) {
	var late [][]string
	for i, line := range lines(text) {
		cells := strings.Split(line, "\t")
		if strings.TrimSpace(line) == "" || i == 0 && strings.Contains(line, "製造番号") {
			continue
		}
		no, err := strconv.Atoi(jptext.Code(cells[0]))
		if err != nil || no < 1 || no > maxRows || raw[memberPrefix+strconv.Itoa(no)+".serial"] != nil {
			if err == nil || strings.TrimSpace(cells[0]) == "" {
				cells = cells[1:]
			}
			late = append(late, cells)
			continue
		}
		putMember(raw, no, stateCode(cells[1:]))
	}
	no := lastRow(raw)
	for _, cells := range late {
		no++
		putMember(raw, no, stateCode(cells))
	}
}

// stateCode replaces the word of a state in the last column by its code.
func stateCode(cells []string) []string {
	if i := len(memberColumns) - 1; i < len(cells) {
		for _, o := range asset.MemberStates() {
			if strings.TrimSpace(cells[i]) == o.Label {
				cells[i] = o.Code
			}
		}
	}
	return cells
}

// listMembers writes what readMemberList reads.
func listMembers(rows []memberRow) string {
	var b strings.Builder
	for _, r := range rows {
		cells := slices.Clone(r.Cells)
		for i := range cells {
			cells[i] = strings.ReplaceAll(strings.ReplaceAll(cells[i], "\t", " "), "\n", " ")
		}
		if last := len(cells) - 1; cells[last] != "" {
			cells[last] = asset.Label(asset.MemberStates(), cells[last])
		}
		b.WriteString(strings.TrimRight(strconv.Itoa(r.No)+"\t"+strings.Join(cells, "\t"), "\t") + "\n")
	}
	return b.String()
}

func lines(s string) []string {
	return strings.Split(strings.ReplaceAll(strings.ReplaceAll(s, "\r\n", "\n"), "\r", "\n"), "\n")
}

// unstorable finds what could never be kept, not even as a draft: characters that no text may hold,
// and values beyond every bound, which are cut. The messages stand at the fields.
func unstorable(k asset.Kind, raw app.Raw) error {
	var out []error
	for _, key := range slices.Sorted(maps.Keys(raw)) {
		for i, s := range raw[key] {
			if len(s) > form.MaxValue {
				raw[key][i] = strings.ToValidUTF8(s[:form.MaxValue], "")
				out = append(out, errs.OnField(fieldOf(key), "form.size", labelOf(k, key)+"が長すぎます。短くしてください"))
				continue
			}
			if _, err := jptext.Clean(s); err != nil {
				message := errs.MessageOf(err)
				if message == "" {
					message = "使えない文字があります。入力し直してください"
				}
				out = append(out, errs.OnField(fieldOf(key), errs.CodeOf(err), labelOf(k, key)+"："+message))
			}
		}
	}
	return errs.Join(out...)
}

// fieldOf turns the name of an input into the field under which errors of the use cases name it.
func fieldOf(key string) string {
	if rest, ok := strings.CutPrefix(key, memberPrefix); ok {
		return "member." + rest
	}
	if key == relInput {
		return "relation"
	}
	return key
}

func labelOf(k asset.Kind, key string) string {
	if f, ok := asset.Lookup(k, key); ok {
		return f.Label
	}
	if strings.HasPrefix(key, detailPrefix) {
		return "関連の詳細"
	}
	if rest, ok := strings.CutPrefix(key, memberPrefix); ok {
		no, _, _ := strings.Cut(rest, ".")
		return "内訳" + no + "番"
	}
	switch key {
	case asset.ReasonKey:
		return "判断理由"
	case app.NoteKey:
		return "承認する人へ"
	}
	return "入力"
}

// reuse fills in what was answered already, so that nothing is asked twice (WCAG 3.3.7): levels left
// to the questions, the class of personal data and the time to wait. What was typed stays.
func reuse(k asset.Kind, raw app.Raw, scheme *classify.Scheme) {
	answers := answersOf(raw, scheme)
	p := scheme.Judge(answers)
	for _, a := range classify.Axes() {
		if asset.Declares(k, a) && one(raw, asset.LevelKey(a)) == "" && decides(answers) {
			if code := scheme.CodeOf(a, p.Levels.On(a)); code != "" {
				raw[asset.LevelKey(a)] = []string{code}
			}
		}
	}
	fill := func(key, v string) {
		if _, ok := asset.Lookup(k, key); ok && one(raw, key) == "" && v != "" {
			raw[key] = []string{v}
		}
	}
	fill("personal", personalOf(answers))
	fill("rto", answers["rto"])
}

// personalOf is the class of personal data that the plain questions make certain, or "".
func personalOf(answers map[string]string) string {
	switch {
	case answers["mynumber"] == "yes":
		return asset.PersonalMyNumber
	case answers["mynumber"] != "no":
		return ""
	case answers["personal"] == "no":
		return asset.PersonalNone
	case answers["personal"] == "yes" && answers["sensitive"] == "no":
		return asset.PersonalOrdinary
	}
	return ""
}

func answersOf(raw app.Raw, scheme *classify.Scheme) map[string]string {
	out := map[string]string{}
	for _, q := range scheme.Questions {
		if v := jptext.Code(one(raw, app.AnswerKey(q.Code))); v != "" {
			out[q.Code] = v
		}
	}
	return out
}

// decides reports whether a proposal may stand for a choice: as soon as one question was answered,
// there is one on every axis, which errs on the safe side where answers are missing.
func decides(answers map[string]string) bool { return len(answers) > 0 }

func one(raw app.Raw, key string) string {
	if v := raw[key]; len(v) > 0 {
		return v[0]
	}
	return ""
}

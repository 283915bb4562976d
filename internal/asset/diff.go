package asset

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"daicho/internal/classify"
	"daicho/internal/jpdate"
	"daicho/internal/jptext"
)

// Change is one line of a difference, in words that a reader of the screen or the ledger knows.
type Change struct {
	Key      string // key of the field, level_c …, answer_rto, relation, member.3
	Label    string // 日本語名
	Before   string // "" = unset
	After    string
	Material bool // in force only when approved
}

// Names turns codes that only the organisation, the scheme or the register knows into words. A nil
// function leaves the code as it is.
type Names struct {
	Ref      func(t FieldType, code string) string           // UnitRef, HostRef, PostRef
	Level    func(scheme string, a Axis, code string) string // words of a level
	Relation func(r Relation) string                         // 「保存先：2026-KR-000123-7 ファイルサーバー」
	Answer   func(question, answer string) (q, a string)     // words of a question of the 判定 and of its answer
}

// Words returns the value of a field as people read it: words for codes, 和暦 for dates, はい or
// いいえ for flags, a number in groups of three with its unit. An unknown code is shown as it is.
func (n Names) Words(f Field, v string) string {
	if v == "" {
		return ""
	}
	switch {
	case f.Type == Choice:
		return Label(f.Options, v)
	case f.Type == Choices:
		var out []string
		for c := range strings.FieldsSeq(v) {
			out = append(out, Label(f.Options, c))
		}
		return strings.Join(out, "、")
	case f.Type == Flag:
		if v == "1" {
			return "はい"
		}
		return "いいえ"
	case f.Type == Date:
		if d, err := jpdate.ParseISO(v); err == nil {
			return d.Wareki()
		}
	case f.Type == Number && strings.HasPrefix(f.Unit, "年度"):
		return v + " " + f.Unit // a year is no quantity
	case f.Type == Number:
		return strings.TrimRight(jptext.Thousands(v)+" "+f.Unit, " ")
	case f.Type.IsRef() && n.Ref != nil:
		return n.Ref(f.Type, v)
	}
	return v
}

func (n Names) level(scheme string, a Axis, code string) string {
	if code == "" || n.Level == nil {
		return code
	}
	return n.Level(scheme, a, code)
}

// answer puts a question and its answer into words; no answer stays "".
func (n Names) answer(question, answer string) (q, a string) {
	if n.Answer == nil {
		return "判定の回答（" + question + "）", answer
	}
	q, a = n.Answer(question, answer)
	if answer == "" {
		a = ""
	}
	return q, a
}

func (n Names) relation(r Relation) string {
	var s string
	if n.Relation != nil {
		s = n.Relation(r)
	} else {
		s = fmt.Sprintf("%s %d", r.Type, r.Other)
	}
	switch r.Effect {
	case Gather:
		s += "（集積）"
	case Spread:
		s += "（分散）"
	}
	var said []string
	for _, f := range RelationFields(r.Type, r.Effect) {
		if v := r.Values[f.Key]; v != "" {
			words := n.Words(f, v)
			if isPass(f.Key) {
				words = v
			}
			said = append(said, f.Label+" "+words)
		}
	}
	if len(said) > 0 {
		s += "（" + strings.Join(said, "、") + "）"
	}
	if r.Note != "" {
		s += " " + r.Note
	}
	return s
}

// answerPrefix begins the keys of changes of answers to the questions of the 判定.
const answerPrefix = "answer_"

// proposalPrefix begins the keys of changes of the levels that the answers lead to.
const proposalPrefix = "proposed_"

// IsAnswer reports whether the change is one of an answer to a question of the 判定: the ground of
// the classification, and so in force only when approved. Source: 基本方針 6(2).
func (c Change) IsAnswer() bool { return strings.HasPrefix(c.Key, answerPrefix) }

// IsProposal reports whether the change is one of what the answers lead to.
func (c Change) IsProposal() bool { return strings.HasPrefix(c.Key, proposalPrefix) }

// Diff lists what changed from old to new in the order of the form: fields, levels, relations,
// members. Codes become words; give Names for those that lie outside the catalogue. Values whose
// change says nothing (a flag unset and off) are not listed.
func Diff(old, now Document, names ...Names) []Change {
	var n Names
	if len(names) > 0 {
		n = names[0]
	}
	var out []Change
	for _, f := range all[now.Kind] {
		b, a := old.Values[f.Key], now.Values[f.Key]
		if meansUnset(f, b) && a == "" || meansUnset(f, a) && b == "" || a == b {
			continue
		}
		out = append(out, Change{f.Key, f.Label, n.Words(f, b), n.Words(f, a), f.Material})
		if c := &out[len(out)-1]; c.Before == c.After { // two codes with one word: show the codes
			c.Before, c.After = b, a
		}
	}
	out = append(out, diffUnknown(old, now)...)
	out = append(out, diffJudgement(n, old.Judgement, now.Judgement)...)
	out = append(out, diffRelations(n, old.Relations, now.Relations)...)
	return append(out, diffMembers(old.Members, now.Members)...)
}

// diffUnknown lists keys that the catalogue of today does not describe: statements about code
// fields, and fields of an older edition. Nothing that changed stays out of a difference.
func diffUnknown(old, now Document) []Change {
	keys := map[string]bool{}
	for _, m := range []map[string]string{old.Values, now.Values} {
		for k := range m {
			if _, ok := Lookup(now.Kind, k); !ok {
				keys[k] = true
			}
		}
	}
	var out []Change
	for _, k := range sortedKeys(keys) {
		if b, a := old.Values[k], now.Values[k]; b != a {
			label := k
			if f, ok := Lookup(now.Kind, strings.TrimSuffix(k, statementSuffix)); ok {
				label = f.Label + "は個人番号ではない"
				yes := Field{Type: Flag}
				b, a = Names{}.Words(yes, b), Names{}.Words(yes, a)
			}
			out = append(out, Change{k, label, b, a, false})
		}
	}
	return out
}

func diffJudgement(n Names, old, now *Judgement) []Change {
	var o, w Judgement
	if old != nil {
		o = *old
	}
	if now != nil {
		w = *now
	}
	var out []Change
	add := func(key, label, b, a string, material bool) {
		if b != a {
			out = append(out, Change{key, label, b, a, material})
		}
	}
	add("level_scheme", "分類体系", o.Scheme, w.Scheme, true)
	for _, ax := range axesOf(o.Levels, w.Levels) {
		a := Axis(ax)
		add(LevelKey(a), a.Label(), n.level(o.Scheme, a, o.Levels[ax]), n.level(w.Scheme, a, w.Levels[ax]), true)
	}
	add(ReasonKey, "判断理由", o.Reason, w.Reason, true)
	add(AskKey, "管理者に聞く", yesNo(o.Ask), yesNo(w.Ask), true)
	for _, ax := range axesOf(o.Proposed, w.Proposed) {
		a := Axis(ax)
		add(proposalPrefix+strings.ToLower(ax), a.Label()+"の提案", n.level(o.Scheme, a, o.Proposed[ax]), n.level(w.Scheme, a, w.Proposed[ax]), false)
	}
	keys := map[string]bool{}
	for _, m := range []map[string]string{o.Answers, w.Answers} {
		for k := range m {
			keys[k] = true
		}
	}
	for _, k := range sortedKeys(keys) {
		q, b := n.answer(k, o.Answers[k])
		_, a := n.answer(k, w.Answers[k])
		if b == a { // two codes with one word: show the codes
			b, a = o.Answers[k], w.Answers[k]
		}
		add(answerPrefix+k, q, b, a, true)
	}
	return out
}

// axesOf returns the axes of two maps: C, I, A first, others of another scheme after them.
func axesOf(ms ...map[string]string) []string {
	keys := map[string]bool{}
	for _, m := range ms {
		for k := range m {
			keys[k] = true
		}
	}
	var out []string
	for _, a := range classify.Axes() {
		if keys[string(a)] {
			out = append(out, string(a))
			delete(keys, string(a))
		}
	}
	return append(out, sortedKeys(keys)...)
}

func diffRelations(n Names, old, now []Relation) []Change {
	type end struct {
		Type     string
		Outgoing bool
		Other    int64
	}
	at := func(rs []Relation) (map[end]Relation, []end) {
		rs = slices.SortedFunc(slices.Values(rs), compareRelations)
		m, order := map[end]Relation{}, []end{}
		for _, r := range rs {
			e := end{r.Type, r.Outgoing, r.Other}
			if _, ok := m[e]; !ok {
				order = append(order, e)
			}
			m[e] = r
		}
		return m, order
	}
	om, oo := at(old)
	nm, no := at(now)
	var out []Change
	for _, e := range oo {
		if r, ok := nm[e]; !ok {
			out = append(out, Change{"relation", "関連", n.relation(om[e]), "", true})
		} else if !r.Equal(om[e]) {
			material := r.Effect != om[e].Effect || r.Effect != "" || !maps.Equal(r.Values, om[e].Values)
			out = append(out, Change{"relation", "関連", n.relation(om[e]), n.relation(r), material})
		}
	}
	for _, e := range no {
		if _, ok := om[e]; !ok {
			out = append(out, Change{"relation", "関連", "", n.relation(nm[e]), true})
		}
	}
	return out
}

func diffMembers(old, now []Member) []Change {
	at := func(ms []Member) map[int]Member {
		m := map[int]Member{}
		for _, x := range ms {
			m[x.No] = x
		}
		return m
	}
	om, nm := at(old), at(now)
	nos := map[int]bool{}
	for n := range om {
		nos[n] = true
	}
	for n := range nm {
		nos[n] = true
	}
	order := make([]int, 0, len(nos))
	for n := range nos {
		order = append(order, n)
	}
	slices.Sort(order)
	var out []Change
	for _, no := range order {
		b, hadB := om[no]
		a, hasA := nm[no]
		if b == a && hadB == hasA {
			continue
		}
		material := hadB != hasA || b.Serial != a.Serial || b.Label != a.Label || (b.State == MemberDisposed) != (a.State == MemberDisposed)
		c := Change{Key: "member." + strconv.Itoa(no), Label: "内訳 " + strconv.Itoa(no), Material: material}
		if hadB {
			c.Before = b.words()
		}
		if hasA {
			c.After = a.words()
		}
		out = append(out, c)
	}
	return out
}

func (m Member) words() string {
	var out []string
	for _, p := range [...][2]string{{"製造番号", m.Serial}, {"ラベル番号", m.Label}, {"設置場所", m.Place}, {"使用者", m.Holder}, {"記憶装置", strings.ReplaceAll(m.Storage, "\n", " ")}} {
		if p[1] != "" {
			out = append(out, p[0]+" "+p[1])
		}
	}
	state := m.State
	if state == "" {
		state = MemberInUse
	}
	return strings.Join(append(out, Label(memberStates[:], state)), "、")
}

// OnlyMinor reports whether the step from old to d may take effect without approval: the same kind
// and the same material part, both as the present edition of the catalogue sees it. The new version
// then keeps the edition of the old one, so that its digest is the one that was approved.
func (d Document) OnlyMinor(old Document) bool {
	d.Edition, old.Edition = Edition, Edition
	return d.Kind == old.Kind && d.MaterialDigest() == old.MaterialDigest()
}

func yesNo(b bool) string {
	if b {
		return "はい"
	}
	return ""
}

func sortedKeys[V any](m map[string]V) []string {
	out := make([]string, 0, len(m))
	for k := range m {
		out = append(out, k)
	}
	slices.Sort(out)
	return out
}

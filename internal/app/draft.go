package app

import (
	"cmp"
	"maps"
	"slices"
	"strconv"
	"strings"

	"daicho/internal/asset"
	"daicho/internal/classify"
	"daicho/internal/errs"
	"daicho/internal/jpdate"
	"daicho/internal/jptext"
	"daicho/internal/relation"
)

// Raw is a form as it was typed: the name of each input with its values.
type Raw = map[string][]string

// Names of inputs that are not fields of the catalogue.
const (
	answerPrefix = "q."       // answers of the 判定: q.<question>
	relationKey  = "rel"      // repeated: <type>:<out|in>:<asset id>
	memberPrefix = "members." // members.<no>.<serial|label|place|holder|storage|state>
	// SchemeKey is the code of the edition of the 分類体系 whose levels the form speaks of.
	SchemeKey = "scheme"
)

// AnswerKey is the input of a question of the 判定.
func AnswerKey(code string) string { return answerPrefix + code }

// RelationValue is the value of the input that carries one relation of a form. Its details have
// inputs of their own (asset.Relation.Input).
func RelationValue(t relation.Type, outgoing bool, other int64) string {
	return asset.Relation{Type: string(t), Outgoing: outgoing, Other: other}.End()
}

// ParseRelation reads what RelationValue wrote.
func ParseRelation(s string) (asset.Relation, bool) {
	p := strings.Split(s, ":")
	if len(p) != 3 || p[1] != "in" && p[1] != "out" {
		return asset.Relation{}, false
	}
	id, err := strconv.ParseInt(p[2], 10, 64)
	if err != nil || id <= 0 {
		return asset.Relation{}, false
	}
	return asset.Relation{Type: p[0], Outgoing: p[1] == "out", Other: id}, true
}

// document turns a form into the document that it stands for. The error joins what could not be
// read, each at its field; the document then holds the rest, so that a half-filled draft has a name
// and a place in the list.
func document(k asset.Kind, raw Raw, scheme *classify.Scheme) (asset.Document, classify.Proposal, error) {
	d := asset.New(k)
	values, err := asset.Normalise(k, raw)
	if values != nil {
		d.Values = values
	}
	var failed []error
	if err != nil {
		failed = append(failed, err)
	}
	for _, v := range raw[relationKey] {
		if r, ok := ParseRelation(v); ok {
			r, err := r.Details(raw)
			d.Relations, failed = append(d.Relations, r), append(failed, err)
		} else {
			failed = append(failed, errs.OnField("relation", "asset.relation.end", "関連を選び直してください"))
		}
	}
	d.Members = members(raw)
	j, p := judgement(k, raw, scheme)
	d.Judgement = &j
	return d, p, errs.Join(failed...)
}

// judgement reads the answers and the levels chosen. Where the registrant asks the 管理者, the
// proposal stands in until she decides: it errs on the safe side.
func judgement(k asset.Kind, raw Raw, scheme *classify.Scheme) (asset.Judgement, classify.Proposal) {
	j := asset.Judgement{Scheme: scheme.Code, Levels: map[string]string{}, Answers: map[string]string{}}
	for _, q := range scheme.Questions {
		if v := jptext.Code(first(raw, answerPrefix+q.Code)); v != "" {
			j.Answers[q.Code] = v
		}
	}
	var p classify.Proposal
	if len(j.Answers) > 0 {
		p = scheme.Judge(j.Answers)
	}
	j.Reason = strings.TrimSpace(first(raw, asset.ReasonKey))
	j.Ask = first(raw, asset.AskKey) == "1"
	proposed := scheme.Codes(p.Levels)
	for _, a := range classify.Axes() {
		code := first(raw, asset.LevelKey(a))
		declared := asset.Declares(k, a)
		if code == "" && declared && j.Ask {
			if len(j.Answers) == 0 { // nothing is known: the safe side is the answer to no answers
				proposed = scheme.Codes(scheme.Judge(nil).Levels)
			}
			code = proposed[string(a)]
		}
		if code != "" {
			j.Levels[string(a)] = code
		}
		if !declared {
			delete(proposed, string(a))
		}
	}
	j.Proposed = proposed
	return j, p
}

func members(raw Raw) []asset.Member {
	byNo := map[int]*asset.Member{}
	for key, vs := range raw {
		rest, ok := strings.CutPrefix(key, memberPrefix)
		no, field, ok2 := strings.Cut(rest, ".")
		if !ok || !ok2 || len(vs) == 0 || strings.TrimSpace(vs[0]) == "" {
			continue
		}
		n, err := strconv.Atoi(no)
		if err != nil || n < 1 || n > 100_000 {
			continue
		}
		if byNo[n] == nil {
			byNo[n] = &asset.Member{No: n}
		}
		m, v := byNo[n], strings.TrimSpace(vs[0])
		switch field {
		case "serial":
			m.Serial = jptext.Code(v)
		case "label":
			m.Label = jptext.Code(v)
		case "place":
			m.Place = v
		case "holder":
			m.Holder = v
		case "storage":
			m.Storage = strings.Join(strings.Fields(jptext.Code(v)), "\n")
		case "state":
			m.State = v
		}
	}
	var out []asset.Member
	for _, m := range slices.SortedFunc(maps.Values(byNo), func(a, b *asset.Member) int { return cmp.Compare(a.No, b.No) }) {
		// A line on which only the state was left as it came is an empty line.
		if m.Serial == "" && m.Label == "" && m.Place == "" && m.Holder == "" && m.Storage == "" {
			continue
		}
		out = append(out, *m)
	}
	return out
}

// rawOf turns a stored document back into a form, as somebody would have typed it.
func rawOf(d asset.Document) Raw {
	raw := Raw{}
	for _, f := range asset.Fields(d.Kind) {
		v := d.Get(f.Key)
		switch {
		case v == "":
		case f.Type == asset.Choices:
			raw[f.Key] = strings.Fields(v)
		case f.Type == asset.Date:
			if day, err := jpdate.ParseISO(v); err == nil {
				v = day.Wareki()
			}
			raw[f.Key] = []string{v}
		default:
			raw[f.Key] = []string{v}
		}
	}
	for key, v := range d.Values { // statements about numbers
		if _, ok := asset.Lookup(d.Kind, key); !ok && v != "" {
			raw[key] = []string{v}
		}
	}
	if j := d.Judgement; j != nil {
		if j.Scheme != "" {
			raw[SchemeKey] = []string{j.Scheme}
		}
		for _, a := range classify.Axes() {
			if c := j.Levels[string(a)]; c != "" {
				raw[asset.LevelKey(a)] = []string{c}
			}
		}
		for q, v := range j.Answers {
			raw[answerPrefix+q] = []string{v}
		}
		if j.Reason != "" {
			raw[asset.ReasonKey] = []string{j.Reason}
		}
		if j.Ask {
			raw[asset.AskKey] = []string{"1"}
		}
	}
	for _, r := range d.Relations {
		raw[relationKey] = append(raw[relationKey], r.End())
		put := func(key, v string) {
			if v != "" {
				raw[r.Input(key)] = []string{v}
			}
		}
		put(asset.RelationEffect, r.Effect)
		put(asset.RelationNote, r.Note)
		for _, f := range asset.RelationFields(r.Type, r.Effect) {
			v := r.Values[f.Key]
			if day, err := jpdate.ParseISO(v); f.Type == asset.Date && err == nil {
				v = day.Wareki()
			}
			put(f.Key, v)
		}
	}
	for _, m := range d.Members {
		put := func(field, v string) {
			if v != "" {
				raw[memberPrefix+strconv.Itoa(m.No)+"."+field] = []string{v}
			}
		}
		put("serial", m.Serial)
		put("label", m.Label)
		put("place", m.Place)
		put("holder", m.Holder)
		put("storage", strings.ReplaceAll(m.Storage, "\n", " "))
		put("state", m.State)
	}
	return raw
}

func first(raw Raw, key string) string {
	if v := raw[key]; len(v) > 0 {
		return v[0]
	}
	return ""
}

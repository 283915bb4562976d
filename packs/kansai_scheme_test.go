package packs_test

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"daicho/internal/classify"
)

// scheme builds the scheme as the program does, from the tables.
func scheme(t *testing.T) *classify.Scheme {
	t.Helper()
	s := &classify.Scheme{Code: "mic-r6"}
	conds := func(where, text string) []classify.Cond {
		c, ok := classify.ParseConds(text)
		if !ok {
			t.Fatalf("%s: cannot read condition %q", where, text)
		}
		return c
	}
	for _, a := range table(t, "axis") {
		def := classify.AxisDef{Axis: classify.Axis(a["軸"]), Name: a["名称"]}
		for _, l := range table(t, "level") {
			if l["軸"] != a["軸"] {
				continue
			}
			rank, err := strconv.Atoi(l["順位"])
			if err != nil || rank != len(def.Levels)+1 {
				t.Errorf("level %s/%s: rank %s", l["軸"], l["コード"], l["順位"])
			}
			def.Levels = append(def.Levels, classify.Level{Rank: classify.Rank(rank), Code: l["コード"], Label: l["呼び名"], Marking: l["表示"]})
		}
		s.Axes = append(s.Axes, def)
	}
	for _, q := range table(t, "question") {
		stage, err := strconv.Atoi(q["段階"])
		if err != nil {
			t.Fatal(err)
		}
		out := classify.Question{Code: q["コード"], Stage: stage, Text: q["質問"], ShownWhen: conds(q["コード"], q["表示条件"])}
		for o := range strings.FieldsSeq(q["選択肢"]) {
			v, label, ok := strings.Cut(o, ":")
			if !ok || label == "" {
				t.Errorf("question %s: option %q", q["コード"], o)
			}
			if v == "number" {
				out.Unit = label
				continue
			}
			out.Options = append(out.Options, classify.Choice{Value: v, Label: label})
		}
		s.Questions = append(s.Questions, out)
	}
	for _, j := range table(t, "judgement") {
		s.Rules = append(s.Rules, classify.Rule{Axis: classify.Axis(j["軸"]), Conds: conds("judgement", j["条件"]), Level: j["区分"], Why: j["説明"]})
	}
	return s
}

func TestScheme(t *testing.T) {
	schemes := index(t, "scheme", table(t, "scheme"), "コード")
	if len(schemes) != 1 || schemes["mic-r6"]["既定"] != "1" {
		t.Errorf("schemes: %v", schemes)
	}
	axes := index(t, "axis", table(t, "axis"), "体系", "軸")
	levels := index(t, "level", table(t, "level"), "体系", "軸", "コード")
	index(t, "level", table(t, "level"), "体系", "軸", "順位")
	for k, l := range levels {
		refers(t, "level "+k, l["体系"]+"/"+l["軸"], axes)
		for _, c := range []string{"呼び名", "定義", "例", "表示"} {
			if l[c] == "" {
				t.Errorf("level %s: no %s", k, c)
			}
		}
		if l["順位"] != "1" && l["取扱制限"] == "" {
			t.Errorf("level %s: no handling restriction", k)
		}
	}
	s := scheme(t)
	codes := map[classify.Axis]string{}
	for _, a := range s.Axes {
		for _, l := range a.Levels {
			codes[a.Axis] += l.Code + " "
		}
	}
	want := map[classify.Axis]string{"C": "1 2 3C 3B 3A ", "I": "1 2 ", "A": "1 2 "}
	if !maps.Equal(codes, want) {
		t.Errorf("levels %v, want %v", codes, want)
	}
}

func TestQuestions(t *testing.T) {
	rows := table(t, "question")
	index(t, "question", rows, "体系", "コード")
	code := regexp.MustCompile(`[0-9３][ABCＡＢＣ]|機密性|完全性|可用性|MN|LGWAN`)
	asked := map[string]bool{}
	for i, q := range scheme(t).Questions {
		if code.MatchString(q.Text) {
			t.Errorf("question %s speaks in codes: %s", q.Code, q.Text)
		}
		if !strings.HasSuffix(q.Text, "か。") || rows[i]["補足"] == "" {
			t.Errorf("question %s: not a question, or no hint", q.Code)
		}
		if (len(q.Options) == 0) == (q.Unit == "") {
			t.Errorf("question %s: neither choices nor a number, or both", q.Code)
		}
		if (q.Stage == 1) != (i < 3) {
			t.Errorf("question %s: stage %d at place %d", q.Code, q.Stage, i+1)
		}
		for _, c := range q.ShownWhen {
			refers(t, "question "+q.Code, c.Code, asked)
		}
		asked[q.Code] = true
	}
	for i, want := range []string{"mynumber", "personal", "published"} {
		if rows[i]["コード"] != want {
			t.Errorf("question %d is %s, want %s", i+1, rows[i]["コード"], want)
		}
	}
}

func TestJudgementTables(t *testing.T) {
	s := scheme(t)
	rows := table(t, "judgement")
	index(t, "judgement", rows, "体系", "軸", "並び順")
	levels := index(t, "level", table(t, "level"), "体系", "軸", "コード")
	questions := index(t, "question", table(t, "question"), "コード")
	last := map[string]row{}
	for _, r := range rows {
		refers(t, "judgement", r["体系"]+"/"+r["軸"]+"/"+r["区分"], levels)
		if prev := last[r["軸"]]; prev != nil && prev["条件"] == "" {
			t.Errorf("axis %s: a row after the one that always hits: %v", r["軸"], r)
		}
		if !strings.HasSuffix(r["説明"], "。") {
			t.Errorf("judgement without a sentence: %v", r)
		}
		last[r["軸"]] = r
	}
	for _, a := range s.Axes {
		if r := last[string(a.Axis)]; r == nil || r["条件"] != "" {
			t.Errorf("axis %s: the table is not total", a.Axis)
		}
	}
	for _, r := range s.Rules {
		for _, c := range r.Conds {
			refers(t, "judgement", c.Code, questions)
		}
	}
}

// Every combination of answers leads to a level on every axis, every row decides at least once, and
// an answer that is withheld or 「わからない」 never makes the proposal lower. 「秘密の指定」 is the
// one exception: it is asked without 「わからない」, and silence is taken for a "no".
func TestJudgementIsTotalAndCautious(t *testing.T) {
	s := scheme(t)
	hit := map[string]bool{}
	answers := map[string]string{}
	var walk func(i int)
	walk = func(i int) {
		if i < len(s.Questions) {
			q := s.Questions[i]
			if !slices.ContainsFunc(s.Shown(answers), func(x classify.Question) bool { return x.Code == q.Code }) {
				walk(i + 1)
				return
			}
			values := []string{"", "3", "24", "25"}
			if len(q.Options) > 0 {
				values = []string{""}
				for _, o := range q.Options {
					values = append(values, o.Value)
				}
			}
			for _, v := range values {
				answers[q.Code] = v
				walk(i + 1)
			}
			delete(answers, q.Code)
			return
		}
		p := s.Judge(answers)
		if !p.Levels.Complete() || len(p.Hits) != 3 {
			t.Fatalf("%v: no level on some axis: %+v", answers, p)
		}
		for _, h := range p.Hits {
			hit[string(h.Axis)+h.Why] = true
		}
		for _, q := range s.Questions {
			v := answers[q.Code]
			if v == "" || q.Code == "secret" {
				continue
			}
			answers[q.Code] = ""
			less := []classify.Proposal{s.Judge(answers)}
			if slices.ContainsFunc(q.Options, func(o classify.Choice) bool { return o.Value == classify.Unknown }) {
				answers[q.Code] = classify.Unknown
				less = append(less, s.Judge(answers))
			}
			answers[q.Code] = v
			for _, l := range less {
				if l.Levels.Lower(p.Levels) {
					t.Fatalf("%v: without an answer to %s the proposal falls from %v to %v", answers, q.Code, p.Levels, l.Levels)
				}
			}
		}
	}
	// The questions that only one axis asks are walked apart, so that the walk stays small.
	all := s.Questions
	split := slices.IndexFunc(all, func(q classify.Question) bool { return q.Code == "affects" })
	s.Questions = all[:split]
	walk(0)
	s.Questions = all[split:]
	walk(0)
	for _, r := range s.Rules {
		if !hit[string(r.Axis)+r.Why] {
			t.Errorf("axis %s: no answers ever reach the row %q", r.Axis, r.Why)
		}
	}
}

func TestJudgementExamples(t *testing.T) {
	s := scheme(t)
	no := func(more ...string) map[string]string {
		m := map[string]string{
			"mynumber": "no", "personal": "no", "published": "no", "secret": "no",
			"internal": "no", "disclosure": "yes", "affects": "no", "rto": "72",
		}
		for i := 0; i < len(more); i += 2 {
			m[more[i]] = more[i+1]
		}
		return m
	}
	for name, c := range map[string]struct {
		answers map[string]string
		want    string
	}{
		"working paper":          {no(), "2/1/1"},
		"pamphlet":               {no("published", "yes"), "1/1/1"},
		"paper shown on request": {no("disclosure", "no"), "1/1/1"},
		"small list of names":    {no("personal", "yes", "sensitive", "no", "subjects1000", "no", "lifedata", "no"), "3C/1/1"},
		"published list of names": {no("personal", "yes", "published", "yes", "sensitive", "no", "subjects1000", "no", "lifedata", "no"),
			"1/1/1"},
		"licence holders":         {no("personal", "yes", "sensitive", "no", "subjects1000", "yes", "lifedata", "no", "affects", "yes"), "3B/2/1"},
		"illness":                 {no("personal", "yes", "sensitive", "yes"), "3B/1/1"},
		"bank accounts":           {no("personal", "yes", "sensitive", "no", "subjects1000", "no", "lifedata", "yes"), "3B/1/1"},
		"names, rest not known":   {no("personal", "yes", "sensitive", "no", "subjects1000", "unknown", "lifedata", "no"), "3B/1/1"},
		"my number":               {no("mynumber", "yes", "personal", "yes"), "3B/1/1"},
		"state secret":            {no("secret", "yes", "mynumber", "yes"), "3A/1/1"},
		"tender price":            {no("internal", "yes"), "3C/1/1"},
		"half a day":              {no("rto", "12"), "2/1/2"},
		"one day":                 {no("rto", "24"), "2/1/2"},
		"nothing answered":        {nil, "3B/2/2"},
		"number with a typo":      {no("rto", "a day"), "2/1/2"},
		"hidden answer is unread": {no("sensitive", "yes"), "2/1/1"},
	} {
		codes := s.Codes(s.Judge(c.answers).Levels)
		if got := fmt.Sprintf("%s/%s/%s", codes["C"], codes["I"], codes["A"]); got != c.want {
			t.Errorf("%s: %s, want %s", name, got, c.want)
		}
	}
}

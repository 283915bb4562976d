package packs_test

import (
	"io/fs"
	"path"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"daicho/internal/classify"
	"daicho/internal/pack"
	"daicho/packs"
)

// shipped reads the schemes of every body pack as the program does, and their mappings.
func shipped(t *testing.T) (map[string]classify.Edition, []pack.Mapping) {
	t.Helper()
	out := map[string]classify.Edition{}
	var maps []pack.Mapping
	known := pack.Known{Packs: []string{"kansai"}, Editions: map[string]*classify.Scheme{}}
	for _, name := range []string{"kansai", "soumu-r4", "mext", "toitsu"} {
		b, err := fs.ReadFile(packs.FS, path.Join(name, "pack.json"))
		if err != nil {
			t.Fatal(err)
		}
		m, err := pack.ParseManifest(b)
		if err != nil {
			t.Fatal(err)
		}
		files := map[string][]byte{}
		for _, table := range m.Tables {
			if files[table], err = fs.ReadFile(packs.FS, path.Join(name, table)); err != nil {
				t.Fatal(err)
			}
		}
		p, err := pack.Parse(m, files, known)
		if err != nil {
			t.Fatal(err)
		}
		for _, s := range p.Schemes {
			out[s.Code] = s
			known.Editions[s.Code] = s.Classify()
			known.Schemes = append(known.Schemes, s.Code)
		}
		maps = append(maps, p.Mappings...)
	}
	if len(out) != 4 {
		t.Fatalf("schemes: %d, want 4", len(out))
	}
	return out, maps
}

// Every shipped scheme can be proposed as it stands, decides every combination of answers, has no row
// that nothing reaches, and says of every row where it comes from and that nobody has checked it.
func TestShippedSchemesDecideEveryCase(t *testing.T) {
	schemes, _ := shipped(t)
	for code, e := range schemes {
		if ps := e.Check(nil); len(ps) > 0 {
			t.Errorf("%s: %+v", code, ps)
		}
		for _, a := range classify.Axes() {
			x := e.Classify().Explore(a)
			if x.Undecided != nil || len(x.Dead) > 0 || !x.Whole {
				t.Errorf("%s %s: %+v", code, a, x)
			}
		}
		var marks [][2]string
		for _, l := range e.Levels {
			marks = append(marks, [2]string{l.Source, l.Checked})
		}
		for _, q := range e.Questions {
			marks = append(marks, [2]string{q.Source, q.Checked})
		}
		for _, j := range e.Judgements {
			marks = append(marks, [2]string{j.Source, j.Checked})
		}
		for _, m := range append(marks, [2]string{e.Source, e.Checked}) {
			if m[0] == "" || m[1] != "未照合" {
				t.Errorf("%s: a row without a source or without the mark that nobody checked it: %q", code, m)
			}
		}
	}
}

// draw answers the questions of a scheme in order: each as offered, 「わからない」 or not at all.
func draw(r *rapid.T, s *classify.Scheme) map[string]string {
	answers := map[string]string{}
	for _, q := range s.Questions {
		values := []string{""}
		for _, o := range q.Options {
			values = append(values, o.Value)
		}
		if len(q.Options) == 0 {
			values = append(values, "0", "1", "24", "25", "72", "73", "1000", "x")
		}
		if v := rapid.SampledFrom(values).Draw(r, q.Code); v != "" {
			answers[q.Code] = v
		}
	}
	return answers
}

// The first row whose conditions hold decides, as a slow reading of the table says; and an answer
// that is withheld or 「わからない」 never makes the proposal lower. 「秘密の指定」 is asked without
// 「わからない」, and silence is taken for a "no".
func TestShippedSchemesTakeTheFirstHit(t *testing.T) {
	schemes, _ := shipped(t)
	for code, e := range schemes {
		s := e.Classify()
		t.Run(code, rapid.MakeCheck(func(r *rapid.T) {
			answers := draw(r, s)
			shown := map[string]string{}
			for _, q := range s.Shown(answers) {
				shown[q.Code] = answers[q.Code]
			}
			got := s.Judge(answers)
			for _, a := range classify.Axes() {
				if want := slow(s, a, shown, answers); s.CodeOf(a, got.Levels.On(a)) != want {
					r.Fatalf("%v: %s is %s, want %s", answers, a, s.CodeOf(a, got.Levels.On(a)), want)
				}
			}
			for _, q := range s.Questions {
				if answers[q.Code] == "" || q.Code == "secret" {
					continue
				}
				less := map[string]string{}
				for k, v := range answers {
					if k != q.Code {
						less[k] = v
					}
				}
				if s.Judge(less).Levels.Lower(got.Levels) {
					r.Fatalf("%v: without an answer to %s the proposal falls", answers, q.Code)
				}
			}
		}))
	}
}

// slow reads the table row by row, with the visibility of questions worked out from the top each time.
func slow(s *classify.Scheme, a classify.Axis, _, answers map[string]string) string {
	seen := map[string]string{}
	for _, q := range s.Questions {
		visible := true
		for _, c := range q.ShownWhen {
			visible = visible && c.Holds(seen)
		}
		if visible && answers[q.Code] != "" {
			seen[q.Code] = answers[q.Code]
		}
	}
	for _, rule := range s.Rules {
		hit := rule.Axis == a
		for _, c := range rule.Conds {
			hit = hit && c.Holds(seen)
		}
		if hit {
			return rule.Level
		}
	}
	return ""
}

// Each pair of schemes that a mapping is about is mapped whole; a safe step never falls on the common
// scale, and 旧3 is nobody's to decide but a person's.
func TestShippedMappingsAreTotalAndCautious(t *testing.T) {
	schemes, maps := shipped(t)
	pairs := map[[2]string][]classify.MapRow{}
	for _, m := range maps {
		pairs[[2]string{m.Earlier, m.Scheme}] = append(pairs[[2]string{m.Earlier, m.Scheme}], m.MapRow)
	}
	for _, from := range []string{"mic-r4", "mext", "gov-toitsu"} {
		if len(pairs[[2]string{from, "mic-r6"}]) == 0 {
			t.Errorf("nothing says what %s becomes in mic-r6", from)
		}
	}
	for pair, rows := range pairs {
		old, now := schemes[pair[0]], schemes[pair[1]]
		now.Mappings = rows
		for _, p := range now.Check([]classify.Edition{old}) {
			t.Errorf("%v: %+v", pair, p)
		}
		if low := now.Lowers(old); len(low) > 0 {
			t.Errorf("%v: falls without a decision: %+v", pair, low)
		}
	}
	m := classify.NewMapping(pairs[[2]string{"mic-r4", "mic-r6"}], "mic-r4")
	if got := m.Candidates("C", "3"); !slices.Equal(got, []string{"3C", "3B", "3A"}) {
		t.Errorf("旧3 becomes %v", got)
	}
	if got, ok := m.Safe("C", "2"); !ok || got != "2" {
		t.Errorf("旧2 becomes %q %v", got, ok)
	}
}

// The schemes stand on one scale: the same words stand at the same place, and a level whose place is
// open stands at the highest of its candidates.
func TestShippedSchemesShareOneScale(t *testing.T) {
	schemes, maps := shipped(t)
	for _, m := range maps {
		old, now := schemes[m.Earlier].Classify(), schemes[m.Scheme].Classify()
		from, _ := old.ByCode(classify.Axis(m.Axis), m.From)
		for _, c := range m.To {
			to, _ := now.ByCode(classify.Axis(m.Axis), c)
			if m.Scheme == "mic-r6" && to.Rank > from.Rank {
				t.Errorf("%s %s %s stands at %d, below its candidate %s at %d", m.Earlier, m.Axis, m.From, from.Rank, c, to.Rank)
			}
		}
	}
}

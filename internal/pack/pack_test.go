package pack_test

import (
	"flag"
	"io/fs"
	"maps"
	"os"
	"path"
	"path/filepath"
	"strings"
	"testing"

	"daicho/internal/asset"
	"daicho/internal/errs"
	"daicho/internal/pack"
	"daicho/packs"

	"github.com/google/go-cmp/cmp"
)

var update = flag.Bool("update", false, "write the golden files")

// files reads the folder of a shipped pack.
func files(t testing.TB, name string) map[string][]byte {
	t.Helper()
	entries, err := fs.ReadDir(packs.FS, name)
	if err != nil {
		t.Fatal(err)
	}
	out := map[string][]byte{}
	for _, e := range entries {
		b, err := fs.ReadFile(packs.FS, path.Join(name, e.Name()))
		if err != nil {
			t.Fatal(err)
		}
		out[e.Name()] = b
	}
	return out
}

func manifest(t testing.TB, b []byte) pack.Manifest {
	t.Helper()
	m, err := pack.ParseManifest(b)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func kansai(t testing.TB) *pack.Pack {
	t.Helper()
	f := files(t, "kansai")
	p, err := pack.Parse(manifest(t, f["pack.json"]), f, pack.Known{})
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func TestKansai(t *testing.T) {
	p := kansai(t)
	s := p.Schemes[0].Classify()
	got := map[string]int{
		"hosts": len(p.Hosts), "organs": len(p.Organs), "units": len(p.Units), "posts": len(p.Posts), "levels C": len(s.Axes[0].Levels),
		"questions": len(s.Questions), "controls": len(p.Catalogues[0].Controls), "chapters": len(p.Catalogues[0].Chapters),
	}
	want := map[string]int{"hosts": 12, "organs": 4, "units": 28, "posts": 78, "levels C": 5, "questions": 11, "controls": 174, "chapters": 9}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
	if l, _ := s.ByCode("C", "3B"); !l.Guarded || l.Rank != 4 || len(l.Handling) < 3 {
		t.Errorf("3B: %+v", l)
	}
	for name, enc := range p.Encodings {
		if enc != "UTF-8（BOM付き）" {
			t.Errorf("%s: %s", name, enc)
		}
	}
}

// edits make one mistake each in a copy of the shipped pack: table, old text, new text.
var edits = [][3]string{
	{"host_body.csv", "shiga,滋賀県,しがけん,250007", "shiga,,しがけん,250008"},
	{"organ.csv", "GK,議会,ぎかい,GK", "KR,議会,ぎかい,gk"},
	{"unit.csv", "honbu-kaikei,KR,honbu,会計室,かいけいしつ,,,40,2025-04-01,", "honbu-kaikei,XX,hnbu,会計室,かいけいしつ,,z,40,2025-04-01,2025-04-01"},
	{"unit.csv", "bosai-kikaku,KR,bosai,防災企画課", "honbu-somu,GK,bosai,防災企画課"},
	{"post.csv", "honbu-somu-kacho,honbu-somu,課長,manager,unit", "honbu-somu-kacho,honbu-sōmu,課長,boss,everything"},
	{"scheme.csv", ",1,secondary", ",たぶん,secondary"},
	{"axis.csv", "mic-r6,A,可用性,30", "mic-r7,A,可用性,30"},
	{"level.csv", "mic-r6,C,3,3C", "mic-r6,C,4,3C"},
	{"question.csv", "yes:はい no:いいえ unknown:わからない,mynumber=no personal=yes,own", "はい いいえ,mynumber=nein later=yes,own"},
	{"judgement.csv", "mic-r6,C,160,,2,", "mic-r6,C,160,rto=yes,4,"},
	{"catalogue.csv", "kansai-2026,既定の対策基準（関西広域連合の基本方針に沿った案）,", "kansai-2026,,"},
	{"chapter.csv", "kansai-2026,9,", "kansai-2026,8,"},
	{"control.csv", "kansai-2026,1-02,1,", "kansai-2026,1-01,10,"},
	{"control.csv", ",must,CISO,任命簿,,1,organ", ",shall,社長,任命簿,ときどき,9,nowhere"},
	{"applicability.csv", "kansai-2026,1-01,1,ORG,,,,,,,,,", "kansai-2026,1-99,1,ORG EQ,3B,2,9,,XX,many,fast,c,"},
	{"applicability.csv", "kansai-2026,1-06,1,IS", "kansai-2026,1-06,1,"},
	{"applicability.csv", "kansai-2026,1-10,1,CL", "kansai-2026,1-11,1,CL"},
	{"check.csv", "R08,warn,1000,1,", "R99,loud,x,2,"},
	{"placement.csv", "3A,0,MN,no,,2-15", "3A,0,MARS,maybe,z,9-99"},
}

// Every mistake of a broken pack is reported at once, in words that say where it is and what to do.
func TestBrokenPackNamesEveryMistake(t *testing.T) {
	f := files(t, "kansai")
	for _, e := range edits {
		before := string(f[e[0]])
		after := strings.Replace(before, e[1], e[2], 1)
		if before == after {
			t.Fatalf("%s: %q is not there any more", e[0], e[1])
		}
		f[e[0]] = []byte(after)
	}
	_, err := pack.Parse(manifest(t, f["pack.json"]), f, pack.Known{})
	golden(t, "broken.txt", err)
}

func TestBrokenManifest(t *testing.T) {
	var b strings.Builder
	for _, in := range []string{
		`{`, `[]`, `{"format":1,"colour":2}`, `{"format":"1"}`,
		`{"format":2,"name":"Ab","title":" ","version":"","kind":"x","requires":["kansai"],"tables":["unit.csv","unit.csv","../x.csv","foo.csv"]} x`,
		`{"format":1,"name":"abc","title":"t","version":"1","kind":"body","requires":["abc"],"tables":["account.csv","asset_EQ.csv"]}`,
		`{"format":1,"name":"abc","title":"t","version":"1","kind":"body","tables":[]}`,
	} {
		_, err := pack.ParseManifest([]byte(in))
		if err == nil {
			t.Errorf("%s: accepted", in)
			continue
		}
		b.WriteString(in + "\n" + errs.MessageOf(err) + "\n\n")
	}
	compare(t, "manifest.txt", b.String())
}

func TestMissingTableAndPack(t *testing.T) {
	f := files(t, "kansai")
	m := manifest(t, f["pack.json"])
	delete(f, "organ.csv")
	m.Requires = []string{"base"}
	_, err := pack.Parse(m, f, pack.Known{})
	for _, part := range []string{"organ.csv：pack.json に書いてありますが", "pack.json「requires」の値「base」：このパックを先に", "unit.csv 2行目「機関」の値「KR」"} {
		if !strings.Contains(errs.MessageOf(err), part) {
			t.Errorf("missing %s in\n%v", part, errs.MessageOf(err))
		}
	}
	if errs.KindOf(err) != errs.Invalid || len(pack.ProblemsOf(err)) < 3 {
		t.Errorf("%v", err)
	}
}

func golden(t *testing.T, name string, err error) {
	t.Helper()
	if err == nil {
		t.Fatal("accepted")
	}
	compare(t, name, errs.MessageOf(err)+"\n")
}

func compare(t *testing.T, name, got string) {
	t.Helper()
	file := filepath.Join("testdata", name)
	if *update {
		if err := os.MkdirAll("testdata", 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(string(want), got); d != "" {
		t.Error(d)
	}
}

// known is what the register holds once kansai is loaded.
func known(p *pack.Pack) pack.Known {
	k := pack.Known{Packs: []string{p.Name}, Units: map[string]string{}, Default: p.Schemes[0].Classify()}
	for _, h := range p.Hosts {
		k.Hosts = append(k.Hosts, h.Code)
	}
	for _, o := range p.Organs {
		k.Organs = append(k.Organs, o.Code)
	}
	for _, u := range p.Units {
		k.Units[u.Code] = u.Organ
	}
	for _, q := range p.Posts {
		k.Posts = append(k.Posts, q.Code)
	}
	for _, s := range p.Schemes {
		k.Schemes = append(k.Schemes, s.Code)
	}
	for _, c := range p.Catalogues {
		k.Catalogues = append(k.Catalogues, c.Code)
	}
	if p.Routes != nil {
		k.Routes = append(k.Routes, p.Routes.Code)
	}
	return k
}

// The sample shows every kind and every state of an asset, and people with several posts.
func TestSample(t *testing.T) {
	f := files(t, "sample")
	p, err := pack.Parse(manifest(t, f["pack.json"]), f, known(kansai(t)))
	if err != nil {
		t.Fatal(errs.MessageOf(err))
	}
	kinds, states, members, disposed := map[asset.Kind]int{}, map[string]int{}, 0, 0
	for _, a := range p.Assets {
		kinds[a.Doc.Kind]++
		states[a.State]++
		members += len(a.Doc.Members)
		if a.Doc.Lifecycle() == asset.LifecycleDisposed {
			disposed++
		}
	}
	for _, k := range asset.Kinds() {
		if kinds[k.Kind] < 10 {
			t.Errorf("%d of %s", kinds[k.Kind], k.Label)
		}
	}
	if len(p.Assets) < 280 || states[pack.Pending] < 10 || states[pack.Returned] < 4 || states[pack.Draft] < 3 || members < 100 || disposed < 2 {
		t.Errorf("%d assets, %v, %d members, %d disposed", len(p.Assets), states, members, disposed)
	}
	posts := map[string]int{}
	for _, a := range p.Appointments {
		posts[a.Person]++
	}
	several := 0
	for _, n := range posts {
		if n > 1 {
			several++
		}
	}
	if len(p.Persons) < 35 || len(p.Accounts) < 15 || several < 5 || len(p.Adoptions) != 4 {
		t.Errorf("%d people, %d accounts, %d with several posts, %d adoptions", len(p.Persons), len(p.Accounts), several, len(p.Adoptions))
	}
}

// Whatever stands in a table, the answer is a pack or a list of mistakes, never a panic, and each
// mistake names its table and says something.
func FuzzParse(f *testing.F) {
	base := map[string]map[string][]byte{"kansai": files(f, "kansai"), "sample": files(f, "sample")}
	k := known(kansai(f))
	for name, fs := range base {
		for table, b := range fs {
			f.Add(name == "sample", table, b[:min(len(b), 600)])
		}
	}
	f.Add(true, "asset_EQ.csv", []byte("取込番号,登録状態,申請者,名称\nEQ-1,draft,yamada,x\nEQ-1,draft,yamada,y\n"))
	f.Add(true, "relation.csv", []byte("元,種類,先\nEQ-001,stores,EQ-001\n,,\n"))
	f.Fuzz(func(t *testing.T, sample bool, table string, body []byte) {
		name, known := "kansai", pack.Known{}
		if sample {
			name, known = "sample", k
		}
		in := map[string][]byte{}
		maps.Copy(in, base[name])
		if _, ok := in[table]; !ok {
			return
		}
		in[table] = body
		m, err := pack.ParseManifest(in["pack.json"])
		if err == nil {
			_, err = pack.Parse(m, in, known)
		}
		if err == nil {
			return
		}
		if !errs.Is(err, errs.Invalid) || len(pack.ProblemsOf(err)) == 0 {
			t.Fatalf("%v", err)
		}
		for _, p := range pack.ProblemsOf(err) {
			if p.Table == "" || p.Message == "" {
				t.Fatalf("%+v", p)
			}
		}
	})
}

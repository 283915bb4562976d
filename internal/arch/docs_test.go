package arch

import (
	"encoding/csv"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"daicho/internal/asset"
	"daicho/internal/org"
	"daicho/packs"
)

// manuals reads README.md and every Markdown file under docs, by path from the root.
func manuals(t *testing.T) map[string]string {
	t.Helper()
	out := map[string]string{}
	read := func(name string) {
		b, err := os.ReadFile(filepath.Join(root, name))
		if err != nil {
			t.Fatal(err)
		}
		out[filepath.ToSlash(name)] = string(b)
	}
	read("README.md")
	err := filepath.WalkDir(filepath.Join(root, "docs"), func(name string, d fs.DirEntry, err error) error {
		if err == nil && filepath.Ext(name) == ".md" {
			rel, bad := filepath.Rel(root, name)
			if bad != nil {
				return bad
			}
			read(rel)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

var mdLink = regexp.MustCompile(`\]\(([^)\s]+)\)|\bsrc="([^"]+)"`)

// Whoever follows a link of the manuals arrives, in a checkout without a network.
func TestLinksOfManualsResolve(t *testing.T) {
	links := 0
	for name, text := range manuals(t) {
		for _, m := range mdLink.FindAllStringSubmatch(text, -1) {
			u, err := url.Parse(m[1] + m[2])
			if err != nil {
				t.Errorf("%s: %v", name, err)
				continue
			}
			if u.Scheme != "" || u.Path == "" {
				continue
			}
			links++
			if _, err := os.Stat(filepath.Join(root, path.Join(path.Dir(name), u.Path))); err != nil {
				t.Errorf("%s: %s leads nowhere", name, u.Path)
			}
		}
	}
	if links < 10 {
		t.Errorf("only %d links were looked at", links)
	}
}

// The pictures of the manuals are all shown, and light enough for a checkout.
func TestPicturesOfManualsAreUsed(t *testing.T) {
	var all strings.Builder
	for _, text := range manuals(t) {
		all.WriteString(text)
	}
	entries, err := os.ReadDir(filepath.Join(root, "docs", "img"))
	if err != nil {
		t.Fatal(err)
	}
	var size int64
	for _, e := range entries {
		info, err := e.Info()
		if err != nil {
			t.Fatal(err)
		}
		size += info.Size()
		if !strings.Contains(all.String(), "img/"+e.Name()) {
			t.Errorf("docs/img/%s is shown nowhere", e.Name())
		}
	}
	if size > 1_500_000 {
		t.Errorf("docs/img holds %d bytes", size)
	}
}

// table reads a table of a shipped pack as one map per row.
func table(t *testing.T, name string) []map[string]string {
	t.Helper()
	b, err := fs.ReadFile(packs.FS, name)
	if err != nil {
		t.Fatal(err)
	}
	rows, err := csv.NewReader(strings.NewReader(strings.TrimPrefix(string(b), "\ufeff"))).ReadAll()
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	var out []map[string]string
	for _, row := range rows[1:] {
		m := map[string]string{}
		for i, label := range rows[0] {
			m[label] = row[i]
		}
		out = append(out, m)
	}
	return out
}

// The README lets a reader in: each account in it is in the sample pack, with that password, of that
// person, in that role.
func TestAccountsOfReadmeAreInTheSample(t *testing.T) {
	_, text, ok1 := strings.Cut(manuals(t)["README.md"], "<!-- accounts -->\n")
	text, _, ok2 := strings.Cut(text, "<!-- /accounts -->")
	if !ok1 || !ok2 {
		t.Fatal("README.md has lost the marks around the accounts")
	}
	names, roles := map[string]string{}, map[string]string{}
	for _, p := range table(t, "sample/person.csv") {
		names[p["コード"]] = p["氏名"]
	}
	for _, p := range table(t, "kansai/post.csv") {
		roles[p["コード"]] = org.Role(p["役割"]).Label()
	}
	known := map[string]bool{}
	for _, a := range table(t, "sample/account.csv") {
		for _, p := range table(t, "sample/appointment.csv") {
			if p["職員"] == a["職員"] {
				known[strings.Join([]string{a["利用者ID"], a["初期パスワード"], names[a["職員"]], roles[p["職"]]}, "|")] = true
			}
		}
	}
	accounts := 0
	for line := range strings.Lines(text) {
		cells := strings.Split(strings.Trim(strings.TrimSpace(line), "|"), "|")
		if len(cells) < 4 || !strings.Contains(cells[0], "`") {
			continue
		}
		accounts++
		for i, c := range cells {
			cells[i] = strings.Trim(strings.TrimSpace(c), "`")
		}
		if got := strings.Join(cells[:4], "|"); !known[got] {
			t.Errorf("README.md: the sample has no account %s", got)
		}
	}
	if accounts < 5 {
		t.Errorf("README.md names %d accounts", accounts)
	}
}

// A verifier written from the evidence format computes the digests that the program computes: the
// list of material fields in it is the catalogue's.
func TestEvidenceFormatListsMaterialFields(t *testing.T) {
	text := manuals(t)["docs/evidence-format.md"]
	flags, other := []string{}, []string{}
	for _, k := range asset.Kinds() {
		for _, f := range asset.Fields(k.Kind) {
			switch {
			case !f.Material:
			case f.Type == asset.Flag:
				flags = append(flags, f.Key)
			default:
				other = append(other, f.Key)
			}
		}
	}
	for label, keys := range map[string][]string{"FLAGS": flags, "MATERIAL": other} {
		slices.Sort(keys)
		want := fmt.Sprintf("%s = set(%q.split())", label, strings.Join(slices.Compact(keys), " "))
		if !strings.Contains(text, strings.ReplaceAll(want, `"`, "'")) {
			t.Errorf("docs/evidence-format.md should say\n%s", strings.ReplaceAll(want, `"`, "'"))
		}
	}
	if !strings.Contains(text, "edition `"+asset.Edition+"`") {
		t.Errorf("docs/evidence-format.md does not speak of edition %s of the field catalogue", asset.Edition)
	}
	// One set for all kinds is right only while no key is material for one kind and minor for another.
	for _, k := range asset.Kinds() {
		for _, f := range asset.Fields(k.Kind) {
			if material := slices.Contains(flags, f.Key) || slices.Contains(other, f.Key); material != f.Material {
				t.Errorf("%s of %s: material for some kinds only; the snippet of docs/evidence-format.md must know", f.Key, k.Label)
			}
		}
	}
}

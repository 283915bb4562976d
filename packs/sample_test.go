package packs_test

import (
	"bytes"
	"encoding/json"
	"io/fs"
	"regexp"
	"slices"
	"strings"
	"testing"

	"daicho/internal/jptext"
	"daicho/packs"
)

// The tables of the sample open in Excel as they are, and hold nothing that could be somebody's.
func TestSampleFiles(t *testing.T) {
	files, err := fs.Glob(packs.FS, "sample/*")
	if err != nil {
		t.Fatal(err)
	}
	b, err := fs.ReadFile(packs.FS, "sample/pack.json")
	if err != nil {
		t.Fatal(err)
	}
	var m struct {
		Kind, Note string
		Requires   []string
		Tables     []string
	}
	if err := json.Unmarshal(b, &m); err != nil {
		t.Fatal(err)
	}
	want := []string{"sample/pack.json"}
	for _, f := range m.Tables {
		want = append(want, "sample/"+f)
	}
	slices.Sort(want)
	if !slices.Equal(files, want) || m.Kind != "sample" || !slices.Equal(m.Requires, []string{"kansai"}) || !strings.Contains(m.Note, "架空") {
		t.Errorf("files %v\nmanifest %+v", files, m)
	}
	thirteen := regexp.MustCompile(`[0-9]{13}`)
	for _, f := range files[1:] {
		b, err := fs.ReadFile(packs.FS, f)
		if err != nil {
			t.Fatal(err)
		}
		if strings.HasSuffix(f, ".json") {
			continue
		}
		body, ok := bytes.CutPrefix(b, []byte("\xef\xbb\xbf"))
		if !ok || !bytes.HasSuffix(body, []byte("\r\n")) {
			t.Errorf("%s: not as Excel writes UTF-8", f)
		}
		if got := jptext.FindMyNumbers(string(body)); len(got) > 0 {
			t.Errorf("%s: %d numbers that could be a My Number", f, len(got))
		}
		if thirteen.Match(body) {
			t.Errorf("%s: a number that could be a 法人番号", f)
		}
		for _, c := range []string{"@", "http:", "https:", "090-", "080-"} {
			if bytes.Contains(body, []byte(c)) {
				t.Errorf("%s: %q looks like an address or a telephone number", f, c)
			}
		}
	}
	adoption, err := fs.ReadFile(packs.FS, "sample/adoption.csv")
	if err != nil {
		t.Fatal(err)
	}
	if n := bytes.Count(adoption, []byte("見本第1号")); n != 4 || bytes.Count(adoption, []byte("実在の決裁ではありません")) != 4 {
		t.Errorf("%d adoptions are marked as a sample", n)
	}
}

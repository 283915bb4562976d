package trail

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// The verifier in another language that docs/evidence-format.md offers says of a log what ours says:
// that it holds, with its last head, and of whatever is altered in it that it does not.
func TestTheVerifierInPythonAgrees(t *testing.T) {
	python, err := exec.LookPath("python3")
	if err != nil {
		t.Fatal("python3 is missing; make test gets it (internal/setup/need.sh)")
	}
	w, keys, heads := sample(t)
	at := slices.IndexFunc(w.lines, func(l line) bool { return l.Act != nil && l.Act.N == 4 })
	erase(w, at)
	last := w.head(t, keys[1])
	dir := t.TempDir()
	run := func(file []byte, args ...string) (string, bool) {
		t.Helper()
		path := filepath.Join(dir, "log")
		if err := os.WriteFile(path, file, 0o600); err != nil {
			t.Fatal(err)
		}
		out, err := exec.Command(python, append([]string{"../../docs/verify-trail.py", path}, args...)...).CombinedOutput()
		return string(out), err == nil
	}
	whole := w.file(t)
	for _, kept := range [][]string{nil, strings.Fields(heads[1].Short()), strings.Fields(last.Short())} {
		if out, ok := run(whole, kept...); !ok || !strings.Contains(out, last.Short()) {
			t.Errorf("kept %v: %s", kept, out)
		}
	}
	for _, kept := range [][]string{{"2", heads[1].Root.String()}, {"99", last.Root.String()}} {
		if out, ok := run(whole, kept...); ok {
			t.Errorf("kept %v: %s", kept, out)
		}
	}
	lines := slices.Collect(strings.Lines(string(whole)))
	tried := map[string]bool{}
	for i := range lines {
		var paths []string
		reline(t, lines, i, func(m map[string]any) {
			leaves(m, "", func(path string, _ func(any), old any) {
				if !slices.Contains(free, path) && !tried[path+fmt.Sprint(old == "")] {
					paths = append(paths, path)
					tried[path+fmt.Sprint(old == "")] = true
				}
			})
		})
		for _, path := range paths {
			file := reline(t, lines, i, func(m map[string]any) {
				leaves(m, "", func(p string, set func(any), old any) {
					if n, number := old.(json.Number); p == path && number {
						k, _ := n.Int64()
						set(k + 1)
					} else if p == path {
						set(alter(old.(string)))
					}
				})
			})
			if out, ok := run(file); ok {
				t.Errorf("line %d, %s: %s", i+1, path, out)
			}
		}
		if i > 4 {
			continue // each start of it costs; ours is asked about every line
		}
		for what, file := range map[string][]string{"left out": slices.Delete(slices.Clone(lines), i, i+1), "doubled": slices.Insert(slices.Clone(lines), i, lines[i])} {
			if out, ok := run([]byte(strings.Join(file, ""))); ok {
				t.Errorf("line %d %s: %s", i+1, what, out)
			}
		}
	}
	if len(tried) < 20 {
		t.Errorf("only %d values were altered", len(tried))
	}
}

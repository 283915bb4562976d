package trail

import (
	"bytes"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/mod/sumdb/tlog"
	"pgregory.net/rapid"

	"daicho/internal/errs"
)

func newKey(t testing.TB, log string) Key {
	t.Helper()
	text, err := NewKey(rand.Reader, log)
	if err != nil {
		t.Fatal(err)
	}
	k, err := ParseKey(text)
	if err != nil {
		t.Fatal(err)
	}
	return k
}

// written is a log as a register would have it, line by line.
type written struct {
	lines []line
	tree  Tree
	kept  stored
	acts  int64
	seq   int64
	notes []string

	covered int64 // entries under the last head
}

const salt = "00112233445566778899aabbccddeeff"

func text(id int64, action, outcome, target string, detail any) string {
	b, _ := json.Marshal([]any{"1795400000.000000", 1, 2, 3, 4, "山田 花子", "総務課 主査", "password", "web", action, outcome, target, nil, nil, "", "", detail})
	return string(b)
}

func (w *written) act(action string, detail any, changes ...Change) int64 {
	w.acts++
	e := Entry{N: w.tree.Size(), Act: w.acts, Xid: fmt.Sprint(700 + w.acts), Head: w.covered, Salt: salt, Text: text(w.acts, action, "done", "<台帳> & 2026", detail), Count: len(changes)}
	e.Digest = digest(e.Salt, e.Text)
	at := len(w.lines)
	w.lines = append(w.lines, line{Act: &e})
	for _, c := range changes {
		w.seq++
		c.Seq = w.seq
		if c.Digest == "" {
			c.Digest = digest(c.Salt, deref(c.Before)+"\x1f"+deref(c.After))
		}
		w.lines = append(w.lines, line{Change: &c})
	}
	w.seal(at)
	return e.N
}

// seal takes the leaf of the entry that stands at a line again and appends it.
func (w *written) seal(at int) {
	e := w.lines[at].Act
	l := NewLeaf(e.Act, e.Xid, e.Head, e.Digest)
	for _, x := range w.lines[at+1:] {
		if x.Change == nil {
			break
		}
		l.Add(*x.Change)
	}
	h := l.Hash()
	e.Leaf = h.String()
	w.kept = append(w.kept, w.tree.Append(h))
}

func (w *written) head(t testing.TB, keys ...Key) Head {
	t.Helper()
	h := Head{keys[0].Log(), w.tree.Size(), w.tree.Root()}
	n, err := h.Sign(keys...)
	if err != nil {
		t.Fatal(err)
	}
	w.lines = append(w.lines, line{Head: n})
	w.notes = append(w.notes, n)
	w.covered = h.Size
	return h
}

func (w *written) file(t testing.TB) []byte {
	t.Helper()
	var b bytes.Buffer
	f, err := NewWriter(&b, WholeLog, w.tree.Size(), "2026-11-23")
	if err != nil {
		t.Fatal(err)
	}
	for _, l := range w.lines {
		if err := f.enc.Encode(l); err != nil {
			t.Fatal(err)
		}
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func deref(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}

// sample is a log with a change of the key, an erased act and an erased change.
func sample(t testing.TB) (*written, []Key, []Head) {
	t.Helper()
	a, b := newKey(t, "example/log"), newKey(t, "example/log")
	w := &written{}
	var heads []Head
	w.act("pack.load", map[string]any{}, Change{Op: "INSERT", Table: "unit", PK: "1", Salt: salt, After: new(`{"id": 1}`)}, Change{Op: "INSERT", Table: "asset_version", PK: "2", Salt: salt, Digest: strings.Repeat("ab", 32)})
	w.act(ActionKey, map[string]any{"key": a.Text})
	heads = append(heads, w.head(t, a))
	w.act("asset.register", map[string]any{"number": "2026-KR-000001-1"}, Change{Op: "UPDATE", Table: "draft", PK: "1", Salt: salt, Before: new(`{"x": 1}`), After: new(`{"x": 2}`)})
	heads = append(heads, w.head(t, a))
	w.act(ActionKey, map[string]any{"key": b.Text, "was": a.Text})
	heads = append(heads, w.head(t, a, b))
	for range 3 {
		w.act("asset.register", map[string]any{}, Change{Op: "DELETE", Table: "draft", PK: "甲 1", Salt: salt, Before: new(`{"x": "\u0000"}`)})
	}
	heads = append(heads, w.head(t, b))
	return w, []Key{a, b}, heads
}

// erase takes the payload of the act at a line away, as an approved erasure does, and of its first change.
func erase(w *written, at int) {
	e := w.lines[at].Act
	e.Salt, e.Text = "", text(e.Act, "asset.register", "done", "", map[string]any{})
	c := w.lines[at+1].Change
	c.Salt, c.Before, c.After = "", nil, nil
	w.act(ActionErase, map[string]any{},
		Change{Op: "UPDATE", Table: "act", PK: fmt.Sprint(e.Act), Salt: salt, After: new(e.Text)},
		Change{Op: "UPDATE", Table: "change", PK: fmt.Sprintf("%d/%d", e.Act, c.Seq), Salt: salt, After: new(`{"erased": true}`)})
}

func verify(t testing.TB, file []byte, o Options) (Report, error) {
	t.Helper()
	_, r, err := VerifyFile(bytes.NewReader(file), o)
	return r, err
}

func TestAWholeLogHolds(t *testing.T) {
	w, keys, heads := sample(t)
	at := slices.IndexFunc(w.lines, func(l line) bool { return l.Act != nil && l.Act.N == 4 })
	erase(w, at)
	last := w.head(t, keys[1])
	w.act("asset.register", map[string]any{})
	r, err := verify(t, w.file(t), Options{Keys: []Public{keys[0].Public}, Kept: []Head{heads[2], {Size: heads[0].Size, Root: heads[0].Root}}})
	if err != nil {
		t.Fatal(err)
	}
	want := Report{
		Log: "example/log", Size: 9, Changes: 8, Heads: 5, Head: last, Beyond: 1, Erased: []int64{4},
		Kept: []Head{{Size: heads[0].Size, Root: heads[0].Root}, heads[2]},
		Keys: []KeyUse{{Public: keys[0].Public, Entry: 1, Trusted: true}, {Public: keys[1].Public, Entry: 3, Handed: true, Trusted: true}},
	}
	if d := cmp.Diff(want, r, cmp.Comparer(func(a, b Public) bool { return a.Text == b.Text })); d != "" {
		t.Error(d)
	}
}

// A key that nobody handed over is not trusted because the log names it; a head of a later state, or
// of another log, is said to be so.
func TestWhatComesFromOutsideIsAsked(t *testing.T) {
	w, keys, heads := sample(t)
	file := w.file(t)
	stranger := newKey(t, "example/log")
	for want, o := range map[string]Options{
		"指定された鍵ではなく":  {Keys: []Public{stranger.Public}},
		"7件しかありません":   {Kept: []Head{{Size: 9, Root: heads[0].Root}}},
		"別の記録":        {Kept: []Head{{Log: "other/log", Size: 2, Root: heads[0].Root}}},
		"2件）と合いません":   {Kept: []Head{{Size: 2, Root: heads[1].Root}}},
		"控えた後に書き換えられ": {Kept: []Head{{Size: 3, Root: heads[0].Root}}},
	} {
		if _, err := verify(t, file, o); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q, want %q", err, want)
		}
	}
	// Handed over by nobody: the old key is trusted, the new one is not.
	w = &written{}
	w.act(ActionKey, map[string]any{"key": keys[0].Text})
	w.head(t, keys[0])
	w.act(ActionKey, map[string]any{"key": keys[1].Text})
	w.head(t, keys[1])
	if _, err := verify(t, w.file(t), Options{Keys: []Public{keys[0].Public}}); err == nil {
		t.Error("a key that the old one did not hand over is trusted")
	}
	if r, err := verify(t, w.file(t), Options{}); err != nil || r.Keys[1].Handed {
		t.Errorf("without a list of keys the report says who handed over: %+v %v", r.Keys, err)
	}
}

// leaves walks every text, number and list of a decoded line.
func leaves(v any, path string, each func(path string, set func(any), old any)) {
	switch x := v.(type) {
	case map[string]any:
		for k, one := range x {
			switch one.(type) {
			case map[string]any, []any:
				leaves(one, path+"."+k, each)
			default:
				each(path+"."+k, func(n any) {
					if n == nil {
						delete(x, k)
					} else {
						x[k] = n
					}
				}, one)
			}
		}
	case []any:
		for i, one := range x {
			each(fmt.Sprintf("%s[%d]", path, i), func(n any) { x[i] = n }, one)
		}
	}
}

// free are the parts of a file that say something to people and prove nothing.
var free = []string{".log.made"}

func reline(t testing.TB, lines []string, i int, change func(m map[string]any)) []byte {
	t.Helper()
	d := json.NewDecoder(strings.NewReader(lines[i]))
	d.UseNumber()
	var m map[string]any
	if err := d.Decode(&m); err != nil {
		t.Fatal(err)
	}
	change(m)
	b, _ := json.Marshal(m)
	out := slices.Clone(lines)
	out[i] = string(b) + "\n"
	return []byte(strings.Join(out, ""))
}

// Whatever is altered in a file is found: every value of every line, a line left out, doubled or put
// elsewhere, and the end cut off.
func TestEveryAlterationIsFound(t *testing.T) {
	w, keys, _ := sample(t)
	at := slices.IndexFunc(w.lines, func(l line) bool { return l.Act != nil && l.Act.N == 4 })
	erase(w, at)
	w.head(t, keys[1])
	lines := slices.Collect(strings.Lines(string(w.file(t))))
	values := 0
	for i := range lines {
		var paths []string
		reline(t, lines, i, func(m map[string]any) {
			leaves(m, "", func(path string, _ func(any), _ any) { paths = append(paths, path) })
		})
		for _, path := range paths {
			if slices.Contains(free, path) {
				continue
			}
			for _, to := range []string{"other", "none"} {
				file := reline(t, lines, i, func(m map[string]any) {
					leaves(m, "", func(p string, set func(any), old any) {
						switch n, number := old.(json.Number); {
						case p != path:
						case to == "none" && (old == "" || old == json.Number("0")):
							set(alter("")) // what is not there is empty
						case to == "none":
							set(nil)
						case number:
							k, _ := n.Int64()
							set(k + 1)
						default:
							set(alter(old.(string)))
						}
					})
				})
				values++
				if _, err := verify(t, file, Options{}); err == nil {
					t.Errorf("line %d: %s %s is not noticed\n%s", i+1, path, to, lines[i])
				}
			}
		}
		if i == len(lines)-1 {
			continue // without its last head the log is as it was before that
		}
		for what, file := range map[string][]string{
			"left out": slices.Delete(slices.Clone(lines), i, i+1),
			"doubled":  slices.Insert(slices.Clone(lines), i, lines[i]),
			"cut off":  lines[:i],
		} {
			if _, err := verify(t, []byte(strings.Join(file, "")), Options{}); err == nil {
				t.Errorf("line %d %s is not noticed\n%s", i+1, what, lines[i])
			}
		}
		for j := range lines {
			if lines[i] == lines[j] {
				continue
			}
			swapped := slices.Clone(lines)
			swapped[i], swapped[j] = lines[j], lines[i]
			if _, err := verify(t, []byte(strings.Join(swapped, "")), Options{}); err == nil {
				t.Errorf("lines %d and %d swapped are not noticed", i+1, j+1)
			}
		}
	}
	if values < 150 {
		t.Errorf("only %d values were altered", values)
	}
}

func alter(s string) string {
	if strings.HasSuffix(s, "\n") {
		return strings.Replace(s, "\n", "0\n", 2)
	}
	if s == "" {
		return "00"
	}
	last := s[len(s)-1]
	if last == '0' {
		return s[:len(s)-1] + "1"
	}
	return s[:len(s)-1] + "0"
}

// Somebody who may rewrite a whole entry, its digest and its leaf is stopped by the head, and the
// fault says among which entries it lies; what is named is the first.
func TestTheFirstFaultIsNamed(t *testing.T) {
	w, _, _ := sample(t)
	at := slices.IndexFunc(w.lines, func(l line) bool { return l.Act != nil && l.Act.N == 5 })
	e := w.lines[at].Act
	e.Text = strings.Replace(e.Text, "2026", "2027", 1)
	want := func(first, last int64) {
		t.Helper()
		var f *Fault
		if _, err := verify(t, w.file(t), Options{}); !errors.As(err, &f) || f.First != first || f.Last != last {
			t.Errorf("%v, want %d to %d", err, first, last)
		}
	}
	want(5, 5)
	e.Digest = digest(e.Salt, e.Text)
	want(5, 5)
	l := NewLeaf(e.Act, e.Xid, e.Head, e.Digest)
	l.Add(*w.lines[at+1].Change)
	h := l.Hash()
	e.Leaf = h.String()
	want(4, 6) // between the head of four entries and that of seven
}

// An erasure is one only when the log says that it was approved.
func TestAnErasureIsExplained(t *testing.T) {
	w, keys, _ := sample(t)
	at := slices.IndexFunc(w.lines, func(l line) bool { return l.Act != nil && l.Act.N == 4 })
	e := w.lines[at].Act
	e.Salt, e.Text = "", text(e.Act, "asset.register", "done", "", map[string]any{})
	var f *Fault
	if _, err := verify(t, w.file(t), Options{}); !errors.As(err, &f) || f.First != 4 {
		t.Errorf("a payload that went away without an act: %v", err)
	}
	for _, x := range []struct {
		action, rest string
		holds        bool
	}{{"asset.register", e.Text, false}, {ActionErase, e.Text + " ", false}, {ActionErase, e.Text, true}} {
		w, before := *w, len(w.lines)
		w.lines, w.tree.full = slices.Clone(w.lines[:before]), slices.Clone(w.tree.full)
		w.act(x.action, map[string]any{}, Change{Op: "UPDATE", Table: "act", PK: fmt.Sprint(e.Act), Salt: salt, After: new(x.rest)})
		w.head(t, keys[1])
		if _, err := verify(t, w.file(t), Options{}); (err == nil) != x.holds {
			t.Errorf("explained by %s: %v", x.action, err)
		}
	}
}

func TestProofFiles(t *testing.T) {
	w, keys, heads := sample(t)
	publics := []Public{keys[0].Public, keys[1].Public}
	var inclusion, consistency bytes.Buffer
	f, _ := NewWriter(&inclusion, Inclusion, 7, "")
	at := slices.IndexFunc(w.lines, func(l line) bool { return l.Act != nil && l.Act.N == 2 })
	path, _ := tlog.ProveRecord(7, 2, w.kept)
	if err := errors.Join(f.Entry(*w.lines[at].Act), f.Change(*w.lines[at+1].Change), f.Proof(path, publics, w.notes[3]), f.Close()); err != nil {
		t.Fatal(err)
	}
	f, _ = NewWriter(&consistency, Consistency, 7, "")
	tree, _ := tlog.ProveTree(7, 2, w.kept)
	if err := errors.Join(f.Kept(heads[0]), f.Proof(tree, publics, w.notes[3]), f.Close()); err != nil {
		t.Fatal(err)
	}
	for _, file := range [][]byte{inclusion.Bytes(), consistency.Bytes()} {
		r, err := verify(t, file, Options{Keys: publics[1:]})
		if err != nil || r.Head.Size != 7 || r.Entry == nil && r.Kept == nil {
			t.Errorf("%+v %v", r, err)
		}
		if _, err := verify(t, file, Options{Keys: publics[:1]}); err == nil {
			t.Error("a proof holds for a key that did not sign")
		}
		lines := slices.Collect(strings.Lines(string(file)))
		for i := range lines {
			if strings.HasPrefix(lines[i], `{"key"`) && strings.Contains(lines[i], keys[0].Text) {
				continue // the old key is not needed
			}
			if _, err := verify(t, []byte(strings.Join(slices.Delete(slices.Clone(lines), i, i+1), "")), Options{}); err == nil {
				t.Errorf("%s is not missed", lines[i])
			}
		}
	}
	other := bytes.Replace(consistency.Bytes(), []byte(heads[0].Root.String()), []byte(heads[1].Root.String()), 1)
	if _, err := verify(t, other, Options{}); err == nil {
		t.Error("a head of another state is proved")
	}
	if _, err := verify(t, consistency.Bytes(), Options{Kept: heads[1:2]}); err == nil {
		t.Error("the head that was asked about is not the one that is proved")
	}
}

func TestHeadsAreReadAsTheyArePrinted(t *testing.T) {
	k := newKey(t, "example/log")
	h := Head{"example/log", 1234, Hash{1, 2, 3}}
	note, err := h.Sign(k)
	if err != nil {
		t.Fatal(err)
	}
	for _, typed := range []string{note, strings.TrimSpace(note), "\r\n" + strings.ReplaceAll(note, "\n", "\r\n"), h.Short(), " 1,234\n" + h.Root.String()} {
		got, signed, err := ReadTyped(typed)
		if err != nil || got.Size != h.Size || got.Root != h.Root {
			t.Errorf("%q: %+v %v", typed, got, err)
		}
		if signed != "" {
			if by, err := Signers(signed, []Public{k.Public}); err != nil || len(by) != 1 || got.Log != h.Log {
				t.Errorf("%q: %v", typed, err)
			}
			if _, err := Signers(signed, []Public{newKey(t, "example/log").Public}); err == nil {
				t.Error("somebody else's key is taken for the signer")
			}
		}
	}
	for _, typed := range []string{"", "1234", "1234 x", "0 " + h.Root.String(), "-1 " + h.Root.String(), "01 " + h.Root.String(), strings.Replace(note, "1234", "1234x", 1), "a b c"} {
		if _, _, err := ReadTyped(typed); !errs.Is(err, errs.Invalid) || errs.MessageOf(err) == "" {
			t.Errorf("%q: %v", typed, err)
		}
	}
}

func TestKeys(t *testing.T) {
	text, _ := NewKey(rand.Reader, "example.lg.jp/daicho")
	k, err := ParseKey(text)
	if err != nil || k.Log() != "example.lg.jp/daicho" || len(strings.Fields(k.Fingerprint())) != 16 {
		t.Fatalf("%q %v", k.Fingerprint(), err)
	}
	for range 200 { // a key may have a plus in it
		if newKey(t, "a").Fingerprint() == "" {
			t.Fatal("a key without a fingerprint")
		}
	}
	for _, bad := range []string{"", "x", text[:20], strings.Replace(text, "PRIVATE", "PUBLIC", 1), text[:len(text)-6] + "AAAA\n"} {
		if _, err := ParseKey(bad); !errs.Is(err, errs.Invalid) {
			t.Errorf("%q: %v", bad, err)
		}
	}
	for _, bad := range []string{"", "a b", "a+b", "県/台帳", "a\nb"} {
		if _, err := NewKey(rand.Reader, bad); !errs.Is(err, errs.Invalid) {
			t.Errorf("name %q: %v", bad, err)
		}
	}
	if _, err := ParsePublic(text); err == nil {
		t.Error("a secret key is taken for a public one")
	}
}

// Whatever bytes come, the verifier ends with words or with a fault.
func FuzzVerifyFile(f *testing.F) {
	w, _, _ := sample(f)
	f.Add(w.file(f))
	f.Add([]byte(`{"log":{"format":1,"kind":"inclusion","size":1}}` + "\n" + `{"path":[]}` + "\n"))
	f.Fuzz(func(t *testing.T, b []byte) {
		_, _, err := VerifyFile(bytes.NewReader(b), Options{})
		var fault *Fault
		if err != nil && !errors.As(err, &fault) && !errs.Is(err, errs.Invalid) {
			t.Errorf("%T %v", err, err)
		}
	})
}

// A long log in pieces: the lines are read whole however they lie in the buffer.
func TestLongLines(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(1, 300_000).Draw(t, "n")
		s := strings.Repeat("あ", n)
		var b bytes.Buffer
		w, _ := NewWriter(&b, WholeLog, 1, "")
		_ = errors.Join(w.Change(Change{PK: s}), w.Change(Change{PK: "end"}), w.Close())
		r := &reader{}
		r.s = newBuffer(&b)
		for _, want := range []string{"", s, "end"} {
			l, err := r.next()
			if err != nil || want != "" && (l.Change == nil || l.Change.PK != want) {
				t.Fatal(err)
			}
		}
		if _, err := r.next(); !errors.Is(err, io.EOF) {
			t.Fatal(err)
		}
	})
}

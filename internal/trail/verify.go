package trail

import (
	"bytes"
	"fmt"
	"maps"
	"slices"
	"strconv"
)

// Fault is the first thing that does not hold, with the entries among which it lies.
type Fault struct {
	First, Last int64 // places in the log; -1 where it is about no entry
	What        string
}

// Error says where and what, for people.
func (f *Fault) Error() string {
	switch {
	case f.First < 0:
		return f.What
	case f.First == f.Last:
		return fmt.Sprintf("記録 %d番: %s", f.First, f.What)
	}
	return fmt.Sprintf("記録 %d番から%d番まで: %s", f.First, f.Last, f.What)
}

// KeyUse is a key that the log names.
type KeyUse struct {
	Public
	Entry   int64 // the act that brought it
	Handed  bool  // the first head under it is signed by an earlier key too
	Trusted bool  // it is among the keys that the verifier was given, or was handed over by one of them
}

// Report says what was verified.
type Report struct {
	Log     string
	Size    int64 // entries
	Changes int64
	Heads   int
	Head    Head // the last
	Beyond  int64
	Erased  []int64 // entries with an erased payload; the log says who erased it
	Keys    []KeyUse
	Kept    []Head // heads kept elsewhere that lie on the way
	Entry   *Entry // of an inclusion proof
}

// Options are what a verifier is given from outside the log.
type Options struct {
	Keys []Public // that are trusted; none: the report says which keys there are
	Kept []Head   // heads kept elsewhere; without a root they cannot be
}

// erasedMost bounds how many erased payloads are remembered until the act that erased them comes by.
const erasedMost = 100_000

// Verifier takes a log from its first entry to its last and says what does not hold. Its memory does
// not grow with the log. After an error it is of no further use.
type Verifier struct {
	o       Options
	tree    Tree
	report  Report
	leaf    *Leaf
	entry   Entry
	said    said
	seq     int64
	left    int // changes of the entry that are still to come
	keys    []Public
	pending map[string]erased // payloads without an erasure so far
	covered int64             // entries under the last head
}

type erased struct {
	n    int64
	rest string
}

// NewVerifier begins at the first entry.
func NewVerifier(o Options) *Verifier {
	o.Kept = slices.SortedFunc(slices.Values(o.Kept), func(a, b Head) int { return int(a.Size - b.Size) })
	return &Verifier{o: o, pending: map[string]erased{}}
}

func (v *Verifier) fault(what string, args ...any) error {
	return &Fault{v.entry.N, v.entry.N, fmt.Sprintf(what, args...)}
}

// Entry takes the next act. Its changes follow.
func (v *Verifier) Entry(e Entry) error {
	if err := v.finish(); err != nil {
		return err
	}
	if e.N != v.tree.Size() {
		return &Fault{v.tree.Size(), v.tree.Size(), fmt.Sprintf("順序が合いません（ここに%d番があります）。抜けたか、入れ替えられています。", e.N)}
	}
	v.entry, v.said, v.seq, v.left = e, said{}, 0, e.Count
	v.leaf = NewLeaf(e.Act, e.Xid, e.Head, e.Digest)
	if e.Head != v.covered {
		return v.fault("%d件の頭の後に封印されたはずですが、その前の頭は%d件です。頭が消されたか、足されています。", e.Head, v.covered)
	}
	if e.Salt == "" {
		return v.blank("act", strconv.FormatInt(e.Act, 10), e.Text)
	}
	if !e.holds() {
		return v.fault("行為 %d の内容が、要約値と合いません。書き換えられています。", e.Act)
	}
	var err error
	if v.said, err = e.read(); err != nil {
		return v.fault("行為 %d の内容を読み取れません。", e.Act)
	}
	if v.said.Action == ActionKey && v.said.Outcome == "done" {
		return v.key()
	}
	return nil
}

// blank notes that a payload is gone: the log must say later who erased it.
func (v *Verifier) blank(table, pk, rest string) error {
	v.pending[table+" "+pk] = erased{v.entry.N, rest}
	if len(v.pending) > erasedMost {
		return v.unexplained()
	}
	if k := len(v.report.Erased); k == 0 || v.report.Erased[k-1] != v.entry.N {
		v.report.Erased = append(v.report.Erased, v.entry.N)
	}
	return nil
}

func (v *Verifier) unexplained() error {
	first := slices.MinFunc(slices.Collect(maps.Values(v.pending)), func(a, b erased) int { return int(a.n - b.n) })
	return &Fault{first.n, first.n, "内容がないのに、承認された消去の記録がありません。消されています。"}
}

func (v *Verifier) key() error {
	k, err := ParsePublic(v.said.Detail.Key)
	if err != nil {
		return v.fault("鍵の交代の記録に、公開鍵がありません。")
	}
	if v.report.Log == "" {
		v.report.Log = k.Log()
	}
	if k.Log() != v.report.Log || slices.ContainsFunc(v.keys, func(o Public) bool { return o.Text == k.Text }) {
		return v.fault("鍵の交代の記録が、この記録の鍵のものではありません。")
	}
	v.keys = append(v.keys, k)
	v.report.Keys = append(v.report.Keys, KeyUse{Public: k, Entry: v.entry.N, Trusted: slices.ContainsFunc(v.o.Keys, func(o Public) bool { return o.Text == k.Text })})
	return nil
}

// Change takes the next change of the entry.
func (v *Verifier) Change(c Change) error {
	if v.left == 0 {
		return v.fault("変更の数が合いません。足されています。")
	}
	if c.Seq <= v.seq {
		return v.fault("変更 %d の順序が合いません。", c.Seq)
	}
	v.left--
	v.seq = c.Seq
	v.report.Changes++
	v.leaf.Add(c)
	switch {
	case c.Bare():
		return nil // the leaf holds its salt
	case c.Salt == "" && c.Before == nil && c.After == nil:
		return v.blank("change", fmt.Sprintf("%d/%d", v.entry.Act, c.Seq), "")
	case !c.holds():
		return v.fault("変更 %d（%s %s）の内容が、要約値と合いません。書き換えられています。", c.Seq, c.Table, c.PK)
	}
	if v.said.Action != ActionErase || v.said.Outcome != "done" || c.Op != "UPDATE" || c.After == nil {
		return nil
	}
	if gone, ok := v.pending[c.Table+" "+c.PK]; ok && (c.Table == "change" || gone.rest == *c.After) {
		delete(v.pending, c.Table+" "+c.PK)
	}
	return nil
}

// finish ends the entry that is under way.
func (v *Verifier) finish() error {
	if v.leaf == nil {
		return nil
	}
	if v.left > 0 {
		return v.fault("変更が%d件足りません。消されています。", v.left)
	}
	h := v.leaf.Hash()
	if h.String() != v.entry.Leaf {
		return v.fault("行為 %d の封印が合いません。行為か変更が、足されたか、消されたか、書き換えられています。", v.entry.Act)
	}
	v.leaf = nil
	stored := v.tree.Append(h)
	if v.entry.Stored != nil && !bytes.Equal(v.entry.Stored, Bytes(stored)) {
		return v.fault("行為 %d とともに置かれた木の要約値が合いません。書き換えられています。", v.entry.Act)
	}
	for len(v.o.Kept) > 0 && v.o.Kept[0].Size == v.tree.Size() {
		kept := v.o.Kept[0]
		v.o.Kept = v.o.Kept[1:]
		if kept.Log != "" && kept.Log != v.report.Log {
			return &Fault{-1, -1, fmt.Sprintf("外に控えた頭は別の記録（%s）のものです。", kept.Log)}
		}
		if kept.Root != v.tree.Root() {
			return &Fault{0, kept.Size - 1, fmt.Sprintf("外に控えた頭（%d件）と合いません。控えた後に書き換えられています。", kept.Size)}
		}
		v.report.Kept = append(v.report.Kept, kept)
	}
	return nil
}

// Head takes a signed head; every entry under it has come by.
func (v *Verifier) Head(text string) error {
	if err := v.finish(); err != nil {
		return err
	}
	h, by, err := signers(text, v.keys)
	whole := func(what string, args ...any) error {
		return &Fault{min(v.covered, v.tree.Size()), max(v.tree.Size()-1, v.covered), fmt.Sprintf(what, args...)}
	}
	switch {
	case err != nil:
		return whole("%d件の頭の署名が、この記録の鍵のものではありません。", v.tree.Size())
	case h.Log != v.report.Log || h.Size != v.tree.Size() || h.Size <= v.covered:
		return whole("頭の順序が合いません（%d件の頭が、%d件のところにあります）。", h.Size, v.tree.Size())
	case h.Root != v.tree.Root():
		return whole("%d件の頭と合いません。この範囲のどこかが書き換えられています。", h.Size)
	}
	last := len(v.keys) - 1
	signed := func(k Public) bool { return slices.ContainsFunc(by, func(o Public) bool { return o.Text == k.Text }) }
	if !signed(v.keys[last]) {
		return whole("%d件の頭が、そのとき有効な鍵で署名されていません。", h.Size)
	}
	use := &v.report.Keys[last]
	if v.covered <= use.Entry { // the first head under this key
		for i := range last {
			if signed(v.keys[i]) {
				use.Handed = true
				use.Trusted = use.Trusted || v.report.Keys[i].Trusted
			}
		}
	}
	if len(v.o.Keys) > 0 && !use.Trusted {
		return whole("%d件の頭の鍵（%s）は、指定された鍵ではなく、指定された鍵から引き継がれてもいません。", h.Size, use.Fingerprint())
	}
	v.report.Heads++
	v.report.Head = h
	v.covered = h.Size
	return nil
}

// Close ends the log, which has size entries as it says itself.
func (v *Verifier) Close(size int64) (Report, error) {
	if err := v.finish(); err != nil {
		return v.report, err
	}
	v.report.Size = v.tree.Size()
	v.report.Beyond = v.tree.Size() - v.covered
	switch {
	case v.tree.Size() != size:
		return v.report, &Fault{v.tree.Size(), v.tree.Size(), fmt.Sprintf("%d件あるはずの記録が、ここで終わっています。", size)}
	case len(v.pending) > 0:
		return v.report, v.unexplained()
	case len(v.o.Kept) > 0:
		return v.report, &Fault{-1, -1, fmt.Sprintf("外に控えた頭は%d件ですが、記録は%d件しかありません。記録が失われたか、前の状態に戻されています。", v.o.Kept[0].Size, v.tree.Size())}
	}
	return v.report, nil
}

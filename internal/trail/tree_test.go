package trail

import (
	"strings"
	"testing"

	"golang.org/x/mod/sumdb/tlog"
	"pgregory.net/rapid"
)

// stored keeps the hashes of a tree as the register does: with each leaf those that it completes.
type stored [][]Hash

func (s stored) ReadHashes(indexes []int64) ([]Hash, error) {
	out := make([]Hash, len(indexes))
	for i, x := range indexes {
		n, at := Stored(x)
		out[i] = s[n][at]
	}
	return out, nil
}

func grow(sizes ...string) (stored, *Tree) {
	var s stored
	t := &Tree{}
	for _, data := range sizes {
		s = append(s, t.Append(tlog.RecordHash([]byte(data))))
	}
	return s, t
}

// The edge that is kept while appending names the same roots as the library that is used to prove,
// can be read again at any size, and stores what the library wants stored.
func TestTreeIsThatOfTheLibrary(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		data := rapid.SliceOfN(rapid.String(), 0, 70).Draw(t, "data")
		s, tree := grow(data...)
		want, err := tlog.TreeHash(int64(len(data)), s)
		if err != nil || tree.Root() != want || tree.Size() != int64(len(data)) {
			t.Fatalf("root of %d leaves: %v, want %v (%v)", len(data), tree.Root(), want, err)
		}
		for n, d := range data {
			hashes, err := tlog.StoredHashes(int64(n), []byte(d), s)
			if err != nil || len(hashes) != len(s[n]) {
				t.Fatalf("leaf %d: %d stored, want %d (%v)", n, len(s[n]), len(hashes), err)
			}
			for i := range hashes {
				if hashes[i] != s[n][i] {
					t.Fatalf("leaf %d, hash %d differs", n, i)
				}
			}
		}
		size := rapid.Int64Range(0, int64(len(data))).Draw(t, "size")
		again, err := TreeAt(size, s.ReadHashes)
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range data[size:] {
			again.Append(tlog.RecordHash([]byte(d)))
		}
		if again.Root() != want {
			t.Fatalf("the edge read at %d grows to another root", size)
		}
	})
}

// Every entry is proved under every head, every head under every later one, and no proof holds for
// another entry, another place or another head.
func TestProofs(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		data := rapid.SliceOfNDistinct(rapid.String(), 2, 40, rapid.ID).Draw(t, "data")
		s, _ := grow(data...)
		size := rapid.Int64Range(2, int64(len(data))).Draw(t, "size")
		n := rapid.Int64Range(0, size-1).Draw(t, "n")
		root, _ := tlog.TreeHash(size, s)
		path, err := tlog.ProveRecord(size, n, s)
		if err != nil {
			t.Fatal(err)
		}
		other := rapid.Int64Range(0, size-1).Filter(func(o int64) bool { return o != n }).Draw(t, "other")
		if tlog.CheckRecord(path, size, root, n, s[n][0]) != nil {
			t.Fatal("the proof of an entry does not hold")
		}
		if tlog.CheckRecord(path, size, root, n, s[other][0]) == nil || tlog.CheckRecord(path, size, root, other, s[n][0]) == nil {
			t.Fatal("the proof of an entry holds for another")
		}
		old := rapid.Int64Range(1, size).Draw(t, "old")
		oldRoot, _ := tlog.TreeHash(old, s)
		tree, err := tlog.ProveTree(size, old, s)
		if err != nil || tlog.CheckTree(tree, size, root, old, oldRoot) != nil {
			t.Fatalf("the proof of a head does not hold: %v", err)
		}
		oldRoot[0] ^= 1
		if tlog.CheckTree(tree, size, root, old, oldRoot) == nil {
			t.Fatal("the proof of a head holds for another")
		}
	})
}

// A leaf is the RFC 6962 hash of the content that docs/evidence-format.md describes.
func TestLeafContent(t *testing.T) {
	row := `{"a": 1}`
	changes := []Change{
		{Seq: 7, Op: "INSERT", Table: "unit", PK: "1", Digest: "aa", Salt: "01", After: &row},
		{Seq: 9, Op: "INSERT", Table: "asset_version", PK: "3", Digest: "bb", Salt: "02"},
		{Seq: 12, Op: "UPDATE", Table: "check_rule", PK: "R 1\n改行", Digest: "cc"},
	}
	l := NewLeaf(5, "731", 3, "dd")
	for _, c := range changes {
		l.Add(c)
	}
	want := "daicho-act/1\n5 731 3 dd\n7 INSERT unit aa - 1 1\n9 INSERT asset_version bb 02 1 3\n12 UPDATE check_rule cc - 10 R 1\n改行\n"
	if l.Hash() != tlog.RecordHash([]byte(want)) {
		t.Errorf("the leaf is not the hash of\n%s", want)
	}
	changes[0].After, changes[0].Salt = nil, "" // erased
	l = NewLeaf(5, "731", 3, "dd")
	for _, c := range changes {
		l.Add(c)
	}
	if l.Hash() != tlog.RecordHash([]byte(want)) {
		t.Error("an erasure changes the leaf")
	}
	if strings.Contains(want, row) {
		t.Error("the leaf holds the payload")
	}
}

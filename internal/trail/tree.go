package trail

import (
	"math/bits"

	"golang.org/x/mod/sumdb/tlog"
)

// Tree is the right edge of a Merkle tree: what is needed to append to it and to name its root. The
// zero Tree is empty.
type Tree struct {
	size int64
	full []Hash // roots of the complete subtrees, the largest first: one for each bit of size
}

// Size is how many leaves the tree has.
func (t *Tree) Size() int64 { return t.size }

// Append adds a leaf and returns what is stored with it: its own hash, then the root of each subtree
// that it completes, from the lowest level up (see Stored).
func (t *Tree) Append(h Hash) []Hash {
	out := []Hash{h}
	for s := t.size; s&1 == 1; s >>= 1 {
		last := len(t.full) - 1
		h = tlog.NodeHash(t.full[last], h)
		t.full = t.full[:last]
		out = append(out, h)
	}
	t.full = append(t.full, h)
	t.size++
	return out
}

// Bytes are hashes as they are stored with a leaf.
func Bytes(hashes []Hash) []byte {
	out := make([]byte, 0, len(hashes)*tlog.HashSize)
	for _, h := range hashes {
		out = append(out, h[:]...)
	}
	return out
}

// Root is the root of the tree; that of the empty one is the SHA-256 of nothing.
func (t *Tree) Root() Hash {
	if t.size == 0 {
		h, _ := tlog.TreeHash(0, nil) // reads nothing
		return h
	}
	last := len(t.full) - 1
	h := t.full[last]
	for i := last - 1; i >= 0; i-- {
		h = tlog.NodeHash(t.full[i], h)
	}
	return h
}

// Stored says where a hash of the tree lies that tlog names by its index: with the leaf n, as its
// at-th hash.
func Stored(index int64) (n int64, at int) {
	level, i := tlog.SplitStoredHashIndex(index)
	return (i+1)<<level - 1, level
}

// TreeAt reads the right edge of the tree of the first size leaves.
func TreeAt(size int64, r Reader) (*Tree, error) {
	var need []int64
	for lo := int64(0); lo < size; {
		level := bits.Len64(uint64(size-lo)) - 1 //nolint:gosec // positive
		need = append(need, tlog.StoredHashIndex(level, lo>>level))
		lo += 1 << level
	}
	full, err := r(need)
	return &Tree{size, full}, err
}

// Reader reads hashes of the tree by the indexes that tlog gives them (see Stored).
type Reader func(indexes []int64) ([]Hash, error)

// RootAt is the root of the first size leaves.
func (r Reader) RootAt(size int64) (Hash, error) { return tlog.TreeHash(size, tlog.HashReaderFunc(r)) }

// ProveEntry is the path from an entry to the root of the first size leaves.
func (r Reader) ProveEntry(size, n int64) ([]Hash, error) {
	return tlog.ProveRecord(size, n, tlog.HashReaderFunc(r))
}

// ProveHead is the path from the root of the first old leaves to that of the first size leaves.
func (r Reader) ProveHead(size, old int64) ([]Hash, error) {
	return tlog.ProveTree(size, old, tlog.HashReaderFunc(r))
}

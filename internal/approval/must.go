package approval

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"slices"
)

// Must says why an item has to be opened before it is decided on; "" when it need not be.
type Must string

// The causes, the gravest first. Source: 基本方針 6(2); design of the decision on many items.
const (
	MustLower    Must = "lowers"   // a level falls
	MustGuarded  Must = "guarded"  // 3B and above, before or after
	MustMyNumber Must = "mynumber" // マイナンバー利用事務系, before or after
	MustSample   Must = "sample"   // drawn
)

// Label returns the words of the cause.
func (m Must) Label() string {
	switch m {
	case MustLower:
		return "引下げ"
	case MustGuarded:
		return "特に慎重に扱う区分"
	case MustMyNumber:
		return "マイナンバー利用事務系"
	case MustSample:
		return "抜取り"
	}
	return ""
}

// Few is up to how many items an application can be read as a whole: its page opens all of them, and
// none is drawn.
const Few = 5

// SampleSize is how many of the items that need not be opened anyway are drawn: none where the
// application has few items, otherwise the square root of their number, rounded up.
func SampleSize(items, rest int) int {
	if items <= Few {
		return 0
	}
	n := 0
	for n*n < rest {
		n++
	}
	return n
}

// Draw chooses from assets by a seed, so that anybody who has the seed can draw again: those whose
// SHA-256 of seed and id comes first.
func Draw(seed [16]byte, assets []int64, n int) []int64 {
	type ticket struct {
		asset int64
		hash  [32]byte
	}
	tickets := make([]ticket, len(assets))
	for i, a := range assets {
		tickets[i] = ticket{a, sha256.Sum256(binary.BigEndian.AppendUint64(seed[:], uint64(a)))} //nolint:gosec // an id is positive
	}
	slices.SortFunc(tickets, func(a, b ticket) int { return bytes.Compare(a.hash[:], b.hash[:]) })
	var out []int64
	for _, t := range tickets[:min(n, len(tickets))] {
		out = append(out, t.asset)
	}
	slices.Sort(out)
	return out
}

package ledger

import (
	"slices"
	"strconv"

	"daicho/internal/asset"
	"daicho/internal/classify"
)

// Segment is one part of a list that is sorted by kind, unit, zone, level or state: the rows with
// one value of that, which stand together and are sorted by number. Such an order needs no index:
// the parts are read one after another.
type Segment struct {
	Code   string // as a Cursor names it
	Filter Filter // lets the rows of this part pass
}

// Segments cuts a list into the parts of its order, the first part first; nil when the order is not
// made of parts. units is every unit in the official order. Descending turns the parts round, not
// the numbers within.
func (f Filter) Segments(s Sort, b *Book, units []int64) []Segment {
	var out []Segment
	switch s.Key {
	case ByKind:
		for _, k := range asset.Kinds() {
			if f.Kinds == nil || slices.Contains(f.Kinds, string(k.Kind)) {
				g := f
				g.Kinds = []string{string(k.Kind)}
				out = append(out, Segment{string(k.Kind), g})
			}
		}
	case ByUnit:
		for _, u := range units {
			if f.Units == nil || slices.Contains(f.Units, u) {
				g := f
				g.Units = []int64{u}
				out = append(out, Segment{strconv.FormatInt(u, 10), g})
			}
		}
	case ByZone:
		for _, z := range append(codesInOrder(asset.Zones()), "") {
			if f.Zones == nil || slices.Contains(f.Zones, z) {
				g := f
				g.Zones = []string{z}
				out = append(out, Segment{z, g})
			}
		}
	case ByState:
		for _, st := range statesInOrder() {
			if f.States == nil || slices.Contains(f.States, string(st)) {
				g := f
				g.States = []string{string(st)}
				out = append(out, Segment{string(st), g})
			}
		}
	case ByC, ByI, ByA:
		axis := map[Key]classify.Axis{ByC: classify.Confidentiality, ByI: classify.Integrity, ByA: classify.Availability}[s.Key]
		for _, r := range b.ranks(axis) {
			g := f
			ranks := map[Key]*[]int16{ByC: &g.C, ByI: &g.I, ByA: &g.A}[s.Key]
			if *ranks == nil || slices.Contains(*ranks, r) {
				*ranks = []int16{r}
				out = append(out, Segment{strconv.Itoa(int(r)), g})
			}
		}
	default:
		return nil
	}
	if s.Desc {
		slices.Reverse(out)
	}
	return out
}

package control

import (
	"cmp"
	"crypto/sha256"
	"fmt"
	"slices"
	"strings"

	"daicho/internal/asset"
	"daicho/internal/classify"
)

// OrgKind is the word in the 種別 of a row that lays the control on an organisation.
const OrgKind = "ORG"

// Row is one 適用の条件: every condition that it states must hold. A control is required when any of
// its rows matches, and the rows that match are its cause (design §4.6).
type Row struct {
	ID       int64
	Control  int64
	Kinds    []asset.Kind  // any of them; none for a row that is only about organisations
	Org      bool          // laid on the organisation once
	MinC     classify.Rank // least 機密性; 0 = any
	MaxC     classify.Rank // greatest 機密性; 0 = any
	MinI     classify.Rank
	MinA     classify.Rank
	Zones    []string    // any of them; empty = every zone
	Personal int         // least class of personal data (asset.PersonalRank); 0 = any
	Flags    asset.Flags // all of them
	Models   []string    // adopted model of the unit, any of them; empty = every model
	Reason   string      // why, one plain sentence
}

// Requirement is a control that must be met, with the rows that demand it.
type Requirement struct {
	Control int64
	Causes  []int64 // ids of rows, ascending
}

// Matches reports whether the row lays its control on an asset with the facets.
func Matches(f asset.Facets, r Row) bool {
	return slices.Contains(r.Kinds, f.Kind) &&
		f.C >= r.MinC && (r.MaxC == 0 || f.C <= r.MaxC) &&
		f.I >= r.MinI && f.A >= r.MinA &&
		(len(r.Zones) == 0 || slices.Contains(r.Zones, f.Zone)) &&
		asset.PersonalRank(f.Personal) >= r.Personal &&
		f.Flags.Has(r.Flags) &&
		(len(r.Models) == 0 || slices.Contains(r.Models, f.Model))
}

// Derive returns what the rows of a catalogue require of an asset with the facets, ascending by
// control, and never nil.
func Derive(f asset.Facets, rows []Row) []Requirement {
	return collect(rows, func(r Row) bool { return Matches(f, r) })
}

// DeriveOrg returns what the rows require of an organisation once, whatever it owns. A row with
// zones is laid only on an organisation that has assets in one of them.
func DeriveOrg(zones []string, model string, rows []Row) []Requirement {
	return collect(rows, func(r Row) bool {
		return r.Org &&
			(len(r.Zones) == 0 || slices.ContainsFunc(r.Zones, func(z string) bool { return slices.Contains(zones, z) })) &&
			(len(r.Models) == 0 || slices.Contains(r.Models, model))
	})
}

func collect(rows []Row, match func(Row) bool) []Requirement {
	causes := map[int64][]int64{}
	for _, r := range rows {
		if match(r) {
			causes[r.Control] = append(causes[r.Control], r.ID)
		}
	}
	out := make([]Requirement, 0, len(causes))
	for c, ids := range causes {
		slices.Sort(ids)
		out = append(out, Requirement{c, slices.Compact(ids)})
	}
	slices.SortFunc(out, func(a, b Requirement) int { return cmp.Compare(a.Control, b.Control) })
	return out
}

// Digest is the identity of a 必要対策群: equal lists of control and cause, equal digest. It takes
// the list as Derive returns it. Its form is stored and stays as it is.
func Digest(list []Requirement) [32]byte {
	var b strings.Builder
	for _, r := range list {
		fmt.Fprintf(&b, "%d", r.Control)
		for _, c := range r.Causes {
			fmt.Fprintf(&b, " %d", c)
		}
		b.WriteByte('\n')
	}
	return sha256.Sum256([]byte(b.String()))
}

package pack

import (
	"cmp"
	"crypto/sha256"
	"encoding/json"
	"slices"
)

// OrgDigest names the organisation that the pack brings: bodies, organs, units and posts, in whatever
// order they stand. Where a row comes from and who compared it is not a part of what is adopted. It is
// empty for a pack without an organisation.
func (p *Pack) OrgDigest() []byte {
	if len(p.Hosts)+len(p.Organs)+len(p.Units)+len(p.Posts) == 0 {
		return []byte{}
	}
	hosts, organs, units, posts := slices.Clone(p.Hosts), slices.Clone(p.Organs), slices.Clone(p.Units), slices.Clone(p.Posts)
	for i := range hosts {
		hosts[i].Source, hosts[i].Checked = "", ""
	}
	for i := range organs {
		organs[i].Source, organs[i].Checked = "", ""
	}
	for i := range units {
		units[i].Source, units[i].Checked = "", ""
	}
	for i := range posts {
		posts[i].Source, posts[i].Checked = "", ""
	}
	slices.SortFunc(hosts, func(a, b Host) int { return cmp.Compare(a.Code, b.Code) })
	slices.SortFunc(organs, func(a, b Organ) int { return cmp.Compare(a.Code, b.Code) })
	slices.SortFunc(units, func(a, b Unit) int { return cmp.Compare(a.Code, b.Code) })
	slices.SortFunc(posts, func(a, b Post) int { return cmp.Compare(a.Code, b.Code) })
	text, _ := json.Marshal([]any{hosts, organs, units, posts}) // texts, numbers and flags only
	sum := sha256.Sum256(text)
	return sum[:]
}

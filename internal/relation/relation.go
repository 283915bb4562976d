// Package relation holds how assets hang together: the types of relations, which axis follows what
// an asset holds, and the recomputation of levels over a neighbourhood. It is pure.
package relation

import (
	"slices"

	"daicho/internal/asset"
	"daicho/internal/classify"
)

// Type is the type of a relation, as in the table relation_rule.
type Type string

// The types of relations.
const (
	Stores    Type = "stores"
	Processes Type = "processes"
	RunsOn    Type = "runs_on"
	PartOf    Type = "part_of"
	Connects  Type = "connects"
	LocatedIn Type = "located_in"
	DependsOn Type = "depends_on"
	CopyOf    Type = "copy_of"
	Documents Type = "documents"
	Entrusted Type = "entrusted"
	Bridges   Type = "bridges"
)

// Travel says to which end of a relation a level is carried.
type Travel uint8

// The directions of travel.
const (
	Stays  Travel = iota
	ToFrom        // the from end is at least as high as the to end
	ToTo          // the to end is at least as high as the from end
)

// Info describes a type of relation: the words at both ends, the kinds that it may join and where
// the levels travel. The table relation_rule of the database says the same; a test compares.
type Info struct {
	Type    Type
	Out, In string // seen from the from end and from the to end
	From    []asset.Kind
	To      []asset.Kind
	C, I, A Travel
}

// On returns the travel on one axis.
func (i Info) On(a classify.Axis) Travel {
	switch a {
	case classify.Confidentiality:
		return i.C
	case classify.Integrity:
		return i.I
	case classify.Availability:
		return i.A
	}
	return Stays
}

type ks = []asset.Kind

var infos = []Info{
	{Stores, "保存している情報", "保存先", ks{asset.Medium, asset.Device, asset.System, asset.Cloud, asset.Facility}, ks{asset.Info, asset.Paper, asset.SysDoc}, ToFrom, ToFrom, ToFrom},
	{Processes, "処理する情報", "処理するシステム", ks{asset.System}, ks{asset.Info}, ToFrom, ToFrom, ToFrom},
	{RunsOn, "動かしている機器・サービス", "動いているシステム", ks{asset.System}, ks{asset.Device, asset.Cloud}, ToTo, ToTo, ToTo},
	{PartOf, "構成する先", "構成要素", ks{asset.Device, asset.Medium, asset.Network}, ks{asset.System}, Stays, Stays, ToFrom},
	{PartOf, "含まれる施設", "含む区域・設備", ks{asset.Facility}, ks{asset.Facility}, Stays, Stays, ToFrom},
	{Connects, "接続しているネットワーク", "接続している機器・システム", ks{asset.Device, asset.System}, ks{asset.Network}, ToTo, ToTo, ToTo},
	{LocatedIn, "置いてある場所", "ここにあるもの", ks{asset.Device, asset.Medium, asset.Paper}, ks{asset.Facility}, ToTo, Stays, ToTo},
	{DependsOn, "止まると困る相手", "これに頼っているもの", ks{asset.System, asset.Device, asset.Network}, ks{asset.System, asset.Device, asset.Network, asset.Facility, asset.Cloud}, Stays, Stays, ToTo},
	{CopyOf, "複製の元", "複製", ks{asset.Info, asset.Paper, asset.Medium}, ks{asset.Info, asset.Paper}, ToFrom, Stays, Stays},
	{Documents, "説明している対象", "関連文書", ks{asset.SysDoc}, ks{asset.System, asset.Network, asset.Facility}, Stays, Stays, Stays},
	{Entrusted, "委託している契約", "委託で預けているもの", ks{asset.Info, asset.System, asset.Device}, ks{asset.Contract}, ToTo, ToTo, ToTo},
	{Bridges, "つながる先の領域", "つながってくる側", ks{asset.Network, asset.System}, ks{asset.Network, asset.System}, Stays, Stays, Stays},
}

// Infos returns every type of relation in the order of the forms.
func Infos() []Info { return slices.Clone(infos) }

// Find returns the relation type that joins the two kinds, in this direction.
func Find(t Type, from, to asset.Kind) (Info, bool) {
	for _, i := range infos {
		if i.Type == t && slices.Contains(i.From, from) && slices.Contains(i.To, to) {
			return i, true
		}
	}
	return Info{}, false
}

// End is one way in which an asset of a kind can be related: a line of its form.
type End struct {
	Type     Type
	Outgoing bool         // the asset stands at the from end
	Label    string       // the words for this end
	Kinds    []asset.Kind // kinds at the other end
}

// Ends returns the ways in which an asset of the kind can be related, what it holds first.
func Ends(k asset.Kind) []End {
	var out []End
	for _, i := range infos {
		if slices.Contains(i.From, k) {
			out = append(out, End{i.Type, true, i.Out, i.To})
		}
		if slices.Contains(i.To, k) {
			out = append(out, End{i.Type, false, i.In, i.From})
		}
	}
	return out
}

// Follows reports whether the level of an axis is not declared but follows what the asset holds
// (対策 2-14): containers and carriers on every axis, a system on all but its availability.
func Follows(k asset.Kind, a classify.Axis) bool { return k.Valid() && !asset.Declares(k, a) }

// FollowsAny reports whether any axis of the kind follows.
func FollowsAny(k asset.Kind) bool {
	return slices.ContainsFunc(classify.Axes(), func(a classify.Axis) bool { return Follows(k, a) })
}

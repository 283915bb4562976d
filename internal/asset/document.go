package asset

import (
	"maps"
	"slices"
	"strings"

	"daicho/internal/classify"
)

// Axis is a property of classification; an alias, so that callers of this package need one import.
type Axis = classify.Axis

// Document is the whole content of one version of an asset. Its canonical encoding is what is
// stored, digested, approved and shown to an auditor; tables are derived from it.
type Document struct {
	Kind      Kind
	Edition   string            // edition of the field catalogue under which it was written
	Values    map[string]string // by key, in normal form; unset keys are absent
	Judgement *Judgement        // nil = not judged yet
	Relations []Relation
	Members   []Member
}

// New returns an empty document of a kind under the present edition of the catalogue.
func New(k Kind) Document {
	return Document{Kind: k, Edition: Edition, Values: map[string]string{}}
}

// Judgement is the classification that a registrant declares, with what it rests on.
// Source: 基本方針 6(2). Only the axes that the kind declares are in Levels.
type Judgement struct {
	Scheme   string            // code of the 分類体系
	Levels   map[string]string // axis → code of the level chosen
	Proposed map[string]string // axis → code that the answers led to
	Answers  map[string]string // question → answer
	Reason   string            // 判断理由; needed when a level is below the proposal
	Ask      bool              // 「わからない→管理者に聞く」
}

// Relation is one relation of the asset to another, seen from the document's own asset.
type Relation struct {
	Type     string // code of the type of relation
	Outgoing bool   // true: from this asset to Other
	Other    int64  // id of the other asset
	Note     string // for Gather and Spread: the reason
	Effect   string // "", Gather or Spread
	// Values say more about the relation, by the keys of RelationFields; unset keys are absent.
	Values map[string]string
}

// Equal reports whether two relations say the same.
func (r Relation) Equal(o Relation) bool {
	return r.Type == o.Type && r.Outgoing == o.Outgoing && r.Other == o.Other && r.Note == o.Note && r.Effect == o.Effect && maps.Equal(r.Values, o.Values)
}

// PassKey is the key in Relation.Values of the level that a relation with an effect passes on, on an
// axis: for Gather at least, for Spread at most this level. A code of the document's scheme.
func PassKey(a Axis) string { return "pass_" + strings.ToLower(string(a)) }

// Effects of a relation on what travels along it. Source: design of the graph, after the
// cumulation and distribution effects of BSI 200-2 and 総務省の分類の考え方.
const (
	Gather = "gather" // 集積: together they weigh more than each
	Spread = "spread" // 分散: what is passed on weighs less than the whole
)

// Member is one item of a row that stands for several things managed alike (内訳).
type Member struct {
	No      int    // from 1, unique within the asset, never given again
	Serial  string // 製造番号
	Label   string // ラベル番号
	Place   string // 設置場所
	Holder  string // 使用者
	Storage string // serial numbers of the storage devices in it, one per line
	State   string // a code of MemberStates; "" = in use
}

// The codes of the state of a member.
const (
	MemberInUse    = "in_use"
	MemberLost     = "lost"
	MemberReturned = "returned"
	MemberDisposed = "disposed"
)

// MemberStates lists the states of a member.
func MemberStates() []Option { return memberStates[:] }

var memberStates = [...]Option{
	{MemberInUse, "使用中", ""},
	{MemberLost, "所在不明", "探しても見つからない"},
	{MemberReturned, "返却済", "貸主に返した"},
	{MemberDisposed, "廃棄済", "証拠とともに廃棄した"},
}

// Declares reports whether the level on an axis is declared by the registrant of the kind; on the
// others the asset follows what it holds. Source: 基本方針 6(2) classifies information; containers
// take the level of their content.
func Declares(k Kind, a Axis) bool {
	switch k {
	case Info, Paper, SysDoc:
		return true
	case System:
		return a == classify.Availability
	}
	return false
}

// LevelKey is the form field of the level on an axis: level_c, level_i, level_a.
func LevelKey(a Axis) string { return "level_" + strings.ToLower(string(a)) }

// NoName stands on screens for the name of a draft that has none yet. It is never written to a file,
// where it would be read back as a name.
const NoName = "（名称未入力）"

// Keys of the form that belong to the judgement and not to the catalogue.
const (
	ReasonKey = "level_reason"
	AskKey    = "level_ask"
)

// Get returns a value in normal form, "" when unset.
func (d Document) Get(key string) string { return d.Values[key] }

// Lifecycle returns the 状態 of the document; unset means in use.
func (d Document) Lifecycle() string {
	if v := d.Values["lifecycle"]; v != "" {
		return v
	}
	return LifecycleInUse
}

// Hosted reports whether the asset stands in the building or on the network of a 構成団体.
func (d Document) Hosted() bool { return d.Values["host_body"] != "" }

// Level returns the code of the declared level on an axis, "" when none.
func (d Document) Level(a Axis) string {
	if d.Judgement == nil {
		return ""
	}
	return d.Judgement.Levels[string(a)]
}

// At returns the values whose home is h, without empty ones. Statements about code fields stay in
// the document only. Detail of asset_now is At(InDetail).
func (d Document) At(h Home) map[string]string {
	out := map[string]string{}
	for _, f := range all[d.Kind] {
		if v := d.Values[f.Key]; v != "" && f.Home == h {
			out[f.Key] = v
		}
	}
	return out
}

// Codes returns the serial, label and other numbers under which the asset can be found: key of the
// field ("member" for those of members) → distinct codes, sorted.
func (d Document) Codes() map[string][]string {
	out := map[string][]string{}
	add := func(key, v string) {
		for line := range strings.SplitSeq(v, "\n") {
			if line != "" {
				out[key] = append(out[key], line)
			}
		}
	}
	for key, v := range d.At(InCode) {
		add(key, v)
	}
	for _, m := range d.Members {
		add("member", m.Serial)
		add("member", m.Label)
		add("member", m.Storage)
	}
	for key, v := range out {
		slices.Sort(v)
		out[key] = slices.Compact(v)
	}
	return out
}

// Clone returns a copy that shares nothing with d.
func (d Document) Clone() Document {
	d.Values = maps.Clone(d.Values)
	d.Relations = slices.Clone(d.Relations)
	for i := range d.Relations {
		d.Relations[i].Values = maps.Clone(d.Relations[i].Values)
	}
	d.Members = slices.Clone(d.Members)
	if d.Judgement != nil {
		j := *d.Judgement
		j.Levels, j.Proposed, j.Answers = maps.Clone(j.Levels), maps.Clone(j.Proposed), maps.Clone(j.Answers)
		d.Judgement = &j
	}
	return d
}

// Canonical returns the one form that all documents of the same content share: no empty values,
// relations and members in order, an empty judgement left out. Encode writes this form.
func (d Document) Canonical() Document {
	c := Document{Kind: d.Kind, Edition: d.Edition, Values: compact(d.Values)}
	if c.Values == nil {
		c.Values = map[string]string{}
	}
	if j := d.Judgement; j != nil {
		n := Judgement{Scheme: j.Scheme, Levels: compact(j.Levels), Proposed: compact(j.Proposed), Answers: compact(j.Answers), Reason: j.Reason, Ask: j.Ask}
		if n.Scheme != "" || n.Levels != nil || n.Proposed != nil || n.Answers != nil || n.Reason != "" || n.Ask {
			c.Judgement = &n
		}
	}
	if len(d.Relations) > 0 {
		c.Relations = slices.Clone(d.Relations)
		for i := range c.Relations {
			c.Relations[i].Values = compact(c.Relations[i].Values)
		}
		slices.SortFunc(c.Relations, compareRelations)
	}
	if len(d.Members) > 0 {
		c.Members = slices.Clone(d.Members)
		slices.SortFunc(c.Members, compareMembers)
	}
	return c
}

// compact drops empty values; nil when nothing is left.
func compact(m map[string]string) map[string]string {
	var out map[string]string
	for k, v := range m {
		if v == "" {
			continue
		}
		if out == nil {
			out = make(map[string]string, len(m))
		}
		out[k] = v
	}
	return out
}

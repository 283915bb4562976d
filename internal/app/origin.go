package app

import (
	"daicho/internal/asset"
	"daicho/internal/classify"
	"daicho/internal/postgres"
	"daicho/internal/relation"
)

// Origin says where the level of one axis of an asset comes from: asset by asset along the relations
// to the one whose own level it is.
type Origin struct {
	Axis     classify.Axis
	Level    classify.Level // in force
	Follows  bool           // the axis is not declared
	Computed classify.Level // from the relations and from what the asset declares itself
	Held     bool           // in force is more than what is computed now: a fall needs a decision
	Above    bool           // more is computed than what is declared
	Steps    []OriginStep   // the asset itself first
	Cut      bool           // the way goes on and is not followed
	Declared *Declared      // at its end; nil where that lies outside the scope or is a 集積
}

// Moves reports whether the level comes from another asset.
func (o Origin) Moves() bool { return len(o.Steps) > 1 }

// OriginStep is one asset on the way of a level. One outside the scope has no Ref, no Label beyond
// the neighbour's, no Level.
type OriginStep struct {
	Ref    AssetRef       // ID 0: 他機関の資産, one or several in a row
	Label  string         // what it is to the asset before it: 保存している情報
	Level  classify.Level // what it has and gives on
	Effect *Effect        // of the relation to the asset before it
}

// Outside reports whether the step lies outside the scope.
func (s OriginStep) Outside() bool { return s.Ref.ID == 0 }

// Effect is a 集積 or 分散 that acts on a relation.
type Effect struct {
	Kind   string         // asset.Gather or asset.Spread
	Pass   classify.Level // at least, or at most
	Reason string
	By     postgres.By // who brought it into force
	Source bool        // the level rests on it
}

// Declared is how the level at the end of a way came about, and who approved it.
type Declared struct {
	Asset    AssetRef
	Level    classify.Level
	Intended bool // the asset follows and holds nothing that gives more: what it was meant for
	None     bool // nothing is declared: the lowest level
	Hits     []classify.Hit
	Proposed classify.Level // where another level than the answers led to was chosen
	Reason   string
	By       postgres.By
}

// origins says where the levels of an asset come from, in the order of the axes; none while nothing is
// in force.
func origins(h AssetHead, way postgres.Way) []Origin {
	var out []Origin
	for _, axis := range classify.Axes() {
		o := Origin{Axis: axis, Follows: relation.Follows(h.Kind, axis), Cut: way.Cut[axis]}
		var before postgres.Step
		for _, s := range way.Steps {
			if s.Axis != axis {
				continue
			}
			if s.Depth == 0 {
				o.Level, _ = h.Scheme.ByRank(axis, s.Level)
				o.Computed, _ = h.Scheme.ByRank(axis, s.Computed)
				o.Held = s.Level > s.Computed
				o.Above = !o.Follows && s.Computed > s.Level
			}
			o.add(h.Scheme, before, s)
			before = s
		}
		if len(o.Steps) > 0 {
			out = append(out, o)
		}
	}
	return out
}

// add puts the next asset on the way. Of what lies outside only the fact is told, once for several in
// a row.
func (o *Origin) add(s *classify.Scheme, before, next postgres.Step) {
	var step OriginStep
	if next.Depth > 0 && next.Written && next.Effect != "" && next.Pass > 0 {
		e := &Effect{Kind: next.Effect, Reason: next.Reason, By: next.Related, Source: next.Gathered}
		e.Pass, _ = s.ByRank(o.Axis, next.Pass)
		step.Effect = e
	}
	if next.Depth > 0 && (before.Inside || next.Inside) {
		step.Label = labelOf(next, before)
	}
	if next.Inside {
		step.Ref = next.Ref
		step.Level, _ = s.ByRank(o.Axis, next.Computed)
	} else if n := len(o.Steps); n > 0 && o.Steps[n-1].Outside() {
		return
	}
	o.Steps = append(o.Steps, step)
}

// labelOf says what an asset is to the one before it.
func labelOf(next, before postgres.Step) string {
	from, to := before.Ref.Kind, next.Ref.Kind
	if !next.Outgoing {
		from, to = to, from
	}
	info, ok := relation.Find(relation.Type(next.Type), from, to)
	switch {
	case !ok:
		return ""
	case next.Outgoing:
		return info.Out
	}
	return info.In
}

// declare adds what was declared where each way ends.
func declare(h AssetHead, list []Origin, way postgres.Way) error {
	for i := range list {
		o := &list[i]
		for _, s := range way.Steps {
			if s.Axis != o.Axis || s.Content == "" || o.Cut {
				continue
			}
			doc := h.Shown.Doc
			if s.Ref.ID != h.Asset {
				var err error
				if doc, err = asset.Decode([]byte(s.Content)); err != nil {
					return err
				}
			}
			o.Declared = declaredOn(h.Shelf.Of(s.Scheme), doc, s.Axis)
			o.Declared.Asset, o.Declared.By = s.Ref, s.Approved
			if o.Declared.None {
				o.Declared.Level, _ = h.Scheme.ByRank(s.Axis, s.Base)
			}
		}
	}
	return nil
}

// declaredOn says how a document came to its level on an axis.
func declaredOn(scheme *classify.Scheme, doc asset.Document, axis classify.Axis) *Declared {
	d := &Declared{Intended: relation.Follows(doc.Kind, axis)}
	j := doc.Judgement
	var ok bool
	if d.Level, ok = scheme.ByCode(axis, doc.Level(axis)); !ok || j == nil {
		d.None = true
		return d
	}
	d.Reason = j.Reason
	hits, _ := explain(scheme, doc.Kind, j)
	for _, hit := range hits {
		if hit.Axis == axis {
			d.Hits = append(d.Hits, hit)
		}
	}
	if p := j.Proposed[string(axis)]; p != "" && p != d.Level.Code {
		d.Proposed, _ = scheme.ByCode(axis, p)
	}
	return d
}

package classify

// Shelf holds the edition in force and those that assets still stand under, so that each level is
// shown in the words of the edition that it was judged by.
type Shelf struct {
	Current  *Scheme
	Editions map[int64]*Scheme // the current one too
	Mappings []MapRow          // what the levels of earlier editions become in the current one
}

// Of returns the edition of an asset: the current one for 0 and for one that the shelf lacks.
func (s *Shelf) Of(id int64) *Scheme {
	if e, ok := s.Editions[id]; ok {
		return e
	}
	return s.Current
}

// Old reports whether an asset of this edition waits to be judged again.
func (s *Shelf) Old(id int64) bool { return s.Of(id) != s.Current }

// Shown returns the level that stands for a rank in the edition of an asset.
func (s *Shelf) Shown(id int64, a Axis, r Rank) (Level, bool) { return s.Of(id).ByRank(a, r) }

// Code is the code of a rank in the edition of an asset; that of an earlier edition says so: 3（旧）.
func (s *Shelf) Code(id int64, a Axis, r Rank) string {
	l, ok := s.Shown(id, a, r)
	switch {
	case !ok:
		return ""
	case s.Old(id):
		return l.Code + OldMark
	}
	return l.Code
}

// OldMark stands behind a code of an earlier edition.
const OldMark = "（旧）"

// Proposal is what a level of an earlier edition becomes in the current one, where that is safe.
func (s *Shelf) Proposal(id int64, a Axis, r Rank) (Level, bool) {
	old := s.Of(id)
	l, ok := old.ByRank(a, r)
	if !ok || old == s.Current {
		return Level{}, false
	}
	code, ok := NewMapping(s.Mappings, old.Code).Safe(a, l.Code)
	if !ok {
		return Level{}, false
	}
	return s.Current.ByCode(a, code)
}

// Look is a level as a screen or a sheet shows it.
type Look struct {
	Level
	Of   Rank   // highest rank of the axis in the edition of the asset
	Old  bool   // of an earlier edition
	Next string // the code that it becomes in the current edition, where that is safe
}

// Look returns how a rank is shown by an asset of this edition while it is in force.
func (s *Scheme) Look(a Axis, r Rank) Look {
	l, _ := s.ByRank(a, r)
	return Look{Level: l, Of: s.Top(a)}
}

// Look returns how a rank of an asset is shown: in the words of its own edition, with what it would
// become beside it.
func (s *Shelf) Look(id int64, a Axis, r Rank) Look {
	own := s.Of(id)
	out := own.Look(a, r)
	out.Old = out.Rank > 0 && own != s.Current
	if next, ok := s.Proposal(id, a, r); ok {
		out.Next = next.Code
	}
	return out
}

// MappingFrom returns what the levels of an edition become in the current one.
func (s *Shelf) MappingFrom(id int64) Mapping { return NewMapping(s.Mappings, s.Of(id).Code) }

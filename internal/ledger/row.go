package ledger

import (
	"maps"
	"slices"
	"strconv"
	"time"

	"daicho/internal/asset"
	"daicho/internal/classify"
	"daicho/internal/jpdate"
	"daicho/internal/org"
)

// Row is one asset of a list: what asset_now says of it.
type Row struct {
	ID       int64
	Number   string // "" while it is a draft that was never submitted
	Kind     asset.Kind
	State    asset.State
	Name     string
	Yomi     string // key of the order by name, never shown
	Reading  string // ふりがな as typed; only in files and prints
	Unit     int64
	Organ    int64
	Host     int64 // 0 = none
	Levels   classify.Levels
	Scheme   int64 // the edition that the levels were judged by, 0 = today's
	Zone     string
	Personal int16 // rank of the 個人情報の区分
	Flags    asset.Flags
	Year     int // 年度 of the number, 0 without one
	Members  int
	Version  int  // version in force, 0 = none
	Changing bool // a change was submitted
	Review   jpdate.Date
	Checked  jpdate.Date
	Updated  time.Time
	Values   []byte // for files: the document of the row, or the fields of its kind as one JSON object; else nil
}

// Count is how many assets a filter lets pass.
type Count struct {
	N     int
	Bound bool // N or more: the text was found so often that nobody counted on
}

// Book is what turns codes and ids of rows into words: the scheme, the units and the host bodies.
type Book struct {
	Scheme *classify.Scheme // in force today
	Shelf  *classify.Shelf  // with the editions that assets still stand under; nil = today's alone
	Since  jpdate.Date      // the day from which today's edition is in force; zero while none was approved
	Units  map[int64]org.Unit
	Hosts  map[int64]org.HostBody
}

func (b *Book) shelf() *classify.Shelf {
	if b.Shelf != nil {
		return b.Shelf
	}
	return &classify.Shelf{Current: b.Scheme}
}

// Look returns how the level of a row on one axis is shown: in the words of its own edition.
func (b *Book) Look(r *Row, a classify.Axis) classify.Look {
	return b.shelf().Look(r.Scheme, a, r.Levels.On(a))
}

// Rejudge reports whether what is in force of a row was judged by an earlier edition of the 分類体系.
func (b *Book) Rejudge(r *Row) bool {
	return (r.State == asset.StateActive || r.State == asset.StateSuspended) && b.shelf().Old(r.Scheme)
}

// Review returns since when a row is 要再承認, for whatever cause; the zero date when it is not. That
// another edition came into force is read off the edition of the row and never written to it.
func (b *Book) Review(r *Row) jpdate.Date {
	if b.Rejudge(r) && (r.Review.IsZero() || b.Since.Before(r.Review)) {
		return b.Since
	}
	return r.Review
}

// ranks returns the places of an axis at which some edition has a level, lowest first, after 0 for
// what is not classified yet.
func (b *Book) ranks(a classify.Axis) []int16 {
	has := map[classify.Rank]bool{}
	for _, s := range append(slices.Collect(maps.Values(b.shelf().Editions)), b.Scheme) {
		for _, l := range s.Axis(a).Levels {
			has[l.Rank] = true
		}
	}
	out := []int16{0}
	for _, r := range slices.Sorted(maps.Keys(has)) {
		out = append(out, int16(r))
	}
	return out
}

// Unit returns the unit of a row; an ended one that the book does not hold is named by its id.
func (b *Book) Unit(id int64) org.Unit {
	if u, ok := b.Units[id]; ok {
		return u
	}
	return org.Unit{ID: id, Code: formatInt(id), Name: "（廃止された組織）", Path: "（廃止された組織）"}
}

// Marking returns what a sheet must carry that holds assets of at most the given rank of 機密性:
// 自治体機密性３Ｂ. A scheme without a marking gets axis and code, and rank 0 nothing.
// Source: 基本方針 6(2) (表示); a ledger is as sensitive as the highest entry in it.
func (b *Book) Marking(c classify.Rank) string {
	l, ok := b.Scheme.ByRank(classify.Confidentiality, c)
	switch {
	case !ok:
		return ""
	case l.Marking != "":
		return l.Marking
	}
	return classify.Confidentiality.Label() + l.Code
}

func formatInt(n int64) string { return strconv.FormatInt(n, 10) }

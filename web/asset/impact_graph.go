package asset

import (
	"fmt"
	"slices"
	"strconv"

	"daicho/internal/app"
	"daicho/internal/classify"
	"daicho/web/page"
	"daicho/web/ui"
)

// Measures of the drawing, in its own units.
const (
	boxWidth  = 196
	boxHeight = 44
	boxStep   = 72 // from one box of a column to the next, with the words above it
	colStep   = 256
	margin    = 8
)

// drawing is a neighbourhood with the place of everything in it.
type drawing struct {
	Width, Height int
	Boxes         []box
	Lines         []line
	Rows          []linkRow // the same, for the table beside it
	Rest          []restRow
}

// box is one asset, or what is not drawn of one way of being related.
type box struct {
	ID         int64
	X, Y       int
	First, Out bool
	Above      string // what it is to the box before it
	Name, Note string
	Full, Href string
	depth      int
	parent     int // place of the box before it among the boxes
}

// line is one relation: it leads from the from end to the to end.
type line struct{ Path, Title string }

// linkRow is one relation in words.
type linkRow struct {
	From, To app.AssetRef
	Words    string
	Effect   string
}

// restRow counts what is not drawn.
type restRow struct {
	Of    app.AssetRef
	Label string
	Count string
	Href  string
}

// drawGraph places a neighbourhood: the asset at the left, its neighbours in the next column, theirs in the
// next; what is not drawn of the asset itself stands below its neighbours.
func drawGraph(v app.ImpactView) drawing {
	var d drawing
	near := v.Near
	refs := map[int64]app.AssetRef{}
	at := map[int64]int{}
	for _, n := range near.Nodes {
		refs[n.Ref.ID] = n.Ref
	}
	for _, n := range near.Nodes { // the nearest first: the box before it is there already
		b := box{ID: n.Ref.ID, First: n.Ref.ID == near.First, depth: n.Depth, parent: -1, Name: shorten(n.Ref.Name, 12), Full: n.Ref.Number + " " + n.Ref.Name}
		b.Note = n.Ref.Kind.Label() + "　" + levelNote(v, n.Ref)
		if n.Ref.Number != "" {
			b.Href = page.AssetImpact(n.Ref.Number)
		}
		for _, l := range near.Links {
			other, words := l.From, l.Out
			if l.From == n.Ref.ID {
				other, words = l.To, l.In
			}
			if i, ok := at[other]; ok && l.From != l.To && (l.From == n.Ref.ID || l.To == n.Ref.ID) && d.Boxes[i].depth == n.Depth-1 {
				b.parent, b.Above = i, words
				break
			}
		}
		at[n.Ref.ID] = len(d.Boxes)
		d.Boxes = append(d.Boxes, b)
	}
	for _, r := range near.Rest {
		href := page.With(page.AssetRelations(refs[r.ID].Number), "end", r.End)
		d.Rest = append(d.Rest, restRow{refs[r.ID], r.Label, restText(r), href})
		if r.ID != near.First {
			continue
		}
		d.Boxes = append(d.Boxes, box{Out: true, depth: 1, parent: at[near.First], Above: r.Label, Name: restText(r), Full: r.Label + " " + restText(r), Href: href})
	}
	d.place()
	for _, l := range near.Links {
		from, ok1 := at[l.From]
		to, ok2 := at[l.To]
		if !ok1 || !ok2 {
			continue
		}
		words := refs[l.From].Name + "　" + l.Out + "　" + refs[l.To].Name
		d.Lines = append(d.Lines, line{curve(d.Boxes[from], d.Boxes[to]), words})
		d.Rows = append(d.Rows, linkRow{refs[l.From], refs[l.To], l.Out, effectTag(l.Effect)})
	}
	return d
}

// place gives every box its column and row: boxes stand in the order of those before them.
func (d *drawing) place() {
	rows := map[int]int{}
	order := make([]int, len(d.Boxes))
	for i := range order {
		order[i] = i
	}
	row := make([]int, len(d.Boxes))
	slices.SortStableFunc(order, func(a, b int) int { return d.Boxes[a].depth - d.Boxes[b].depth })
	for depth := 0; len(order) > 0; depth++ {
		n := 0
		for n < len(order) && d.Boxes[order[n]].depth <= depth {
			n++
		}
		column := order[:n]
		order = order[n:]
		slices.SortStableFunc(column, func(a, b int) int {
			pa, pb := d.Boxes[a].parent, d.Boxes[b].parent
			if pa >= 0 && pb >= 0 && row[pa] != row[pb] {
				return row[pa] - row[pb]
			}
			if d.Boxes[a].Above != d.Boxes[b].Above {
				return compareWords(d.Boxes[a].Above, d.Boxes[b].Above)
			}
			return 0
		})
		for _, i := range column {
			row[i] = rows[depth]
			rows[depth]++
			d.Boxes[i].X = margin + depth*colStep
			d.Width = max(d.Width, d.Boxes[i].X+boxWidth+margin)
		}
	}
	most := 1
	for _, n := range rows {
		most = max(most, n)
	}
	d.Height = margin + most*boxStep
	for i := range d.Boxes {
		b := &d.Boxes[i]
		free := (most - rows[b.depth]) * boxStep / 2
		b.Y = margin + free + row[i]*boxStep + boxStep - boxHeight - margin
	}
}

func compareWords(a, b string) int {
	switch {
	case a < b:
		return -1
	case a > b:
		return 1
	}
	return 0
}

// curve leads from one box to another, out of the sides that face each other.
func curve(from, to box) string {
	x1, x2 := from.X+boxWidth, to.X
	bend := 40
	switch {
	case from.X > to.X:
		x1, x2, bend = from.X, to.X+boxWidth, -40
	case from.X == to.X:
		x1, x2 = from.X+boxWidth, to.X+boxWidth
		return fmt.Sprintf("M%d %dC%d %d %d %d %d %d", x1, mid(from), x1+44, mid(from), x2+44, mid(to), x2, mid(to))
	}
	return fmt.Sprintf("M%d %dC%d %d %d %d %d %d", x1, mid(from), x1+bend, mid(from), x2-bend, mid(to), x2, mid(to))
}

func mid(b box) int { return b.Y + boxHeight/2 }

func levelNote(v app.ImpactView, r app.AssetRef) string {
	code := v.Shelf.Code(r.Scheme, classify.Confidentiality, r.Levels.C)
	if code == "" {
		return ""
	}
	return classify.Confidentiality.Label() + " " + code
}

func restText(r app.NearRest) string {
	switch {
	case r.Inside > 0 && r.Outside > 0:
		return "ほか" + ui.Thousands(r.Inside) + "件、他機関の資産" + ui.Thousands(r.Outside) + "件"
	case r.Inside > 0:
		return "ほか " + ui.Thousands(r.Inside) + "件"
	}
	return "他機関の資産 " + ui.Thousands(r.Outside) + "件"
}

// shorten cuts a name to a number of full-width characters; a half-width one takes two thirds of the
// room, because fonts that stand in for others draw them wide.
func shorten(s string, width int) string {
	used := 0
	for i, r := range s {
		w := 3
		if r < 0x250 || r >= 0xff61 && r <= 0xff9f {
			w = 2
		}
		if used+w > 3*width {
			return s[:i] + "…"
		}
		used += w
	}
	return s
}

func num(n int) string { return strconv.Itoa(n) }

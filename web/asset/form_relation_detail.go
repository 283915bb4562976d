package asset

import (
	"strings"

	"daicho/internal/app"
	"daicho/internal/asset"
	"daicho/internal/classify"
	"daicho/internal/form"
	"daicho/internal/jpdate"
	"daicho/internal/relation"
)

const (
	detailPrefix = "rel."   // begins the inputs of the details of relations
	detailInput  = "detail" // names the relation whose details a page opens
	// detailLines is up to how many relations each carry their details; in a longer list, only those
	// do about which something is said, so that 500 relations are no page of 5,000 inputs.
	detailLines = 30
)

// detailView is what can be said about one relation beside its ends: a connection between 領域, a
// 集積 or 分散, a note.
type detailView struct {
	Value  string // of the relation
	Title  string // of the door
	Said   string // what is said already, in words
	Fields []*form.Field
	Open   bool
	Ask    bool // nothing is drawn but a button that opens it
}

// detailFields are the fields of all that may be said about a relation: those of its type, and of
// 集積 and 分散 where levels travel along it.
func detailFields(r asset.Relation) []asset.Field {
	var out []asset.Field
	seen := map[string]bool{}
	for _, effect := range []string{"", r.Effect, asset.Gather} {
		if effect != "" && !travels(r) {
			continue
		}
		for _, f := range asset.RelationFields(r.Type, effect) {
			if !seen[f.Key] && !stays(r, f.Key) {
				seen[f.Key] = true
				out = append(out, f)
			}
		}
	}
	return out
}

// detailInputs names the inputs of all that may be said about a relation.
func detailInputs(r asset.Relation) []string {
	out := []string{r.Input(asset.RelationEffect), r.Input(asset.RelationNote)}
	for _, f := range detailFields(r) {
		out = append(out, r.Input(f.Key))
	}
	return out
}

// travels reports whether levels travel along a relation of the type, so that 集積 and 分散 mean
// something.
func travels(r asset.Relation) bool {
	for _, i := range relation.Infos() {
		if string(i.Type) == r.Type && (i.C != relation.Stays || i.I != relation.Stays || i.A != relation.Stays) {
			return true
		}
	}
	return false
}

// stays reports whether a key is that of a level that never travels along the relation.
func stays(r asset.Relation, key string) bool {
	for _, a := range classify.Axes() {
		if asset.PassKey(a) != key {
			continue
		}
		for _, i := range relation.Infos() {
			if string(i.Type) == r.Type && i.On(a) != relation.Stays {
				return false
			}
		}
		return true
	}
	return false
}

// newDetails makes the details of every relation of the form and returns their controls, so that
// messages find them.
func (v *view) newDetails(o shown) []*form.Field {
	v.details = map[string]detailView{}
	var all []*form.Field
	for _, value := range v.Form[relInput] {
		r, ok := app.ParseRelation(value)
		if !ok {
			continue
		}
		d := v.newDetail(r, value, o, len(v.Form[relInput]) <= detailLines)
		v.details[value] = d
		all = append(all, d.Fields...)
	}
	return all
}

func (v *view) newDetail(r asset.Relation, value string, o shown, few bool) detailView {
	d := detailView{Value: value, Title: "メモ", Open: o.detail == value}
	effects := travels(r)
	connection := len(asset.RelationFields(r.Type, "")) > 0
	switch {
	case connection:
		d.Title = "接続の内容"
	case effects:
		d.Title = "集積・分散、メモ"
	}
	typed := false
	for _, key := range detailInputs(r) {
		typed = typed || one(v.Form, key) != ""
	}
	if !typed && !connection && !d.Open && !few {
		d.Ask = true
		return d
	}
	r, _ = r.Details(v.Form)
	d.Said = detailWords(v.Form, value)
	add := func(c *form.Field) {
		c.Raw = v.Form[c.Key]
		if day, err := jpdate.Parse(c.Value()); c.Type == form.Date && err == nil && c.Value() != "" {
			c.Echo = day.Long()
		}
		d.Fields = append(d.Fields, c)
	}
	if effects {
		add(&form.Field{Key: r.Input(asset.RelationEffect), Label: "集積・分散", Type: form.Select, Wide: true,
			Hint:    "集まると重くなる（集積）、または分けて軽くなる（分散）ときだけ選びます。理由と、上位の承認が要ります",
			Options: []form.Option{{Label: "どちらでもない"}, {Value: asset.Gather, Label: "集積：集まると、1件ずつより重い"}, {Value: asset.Spread, Label: "分散：渡るものは、全体より軽い"}}})
	}
	for _, f := range detailFields(r) {
		c := r.Control(f)
		if c.Type == form.Choice {
			c.Type = form.Select
		}
		for _, a := range classify.Axes() {
			if f.Key == asset.PassKey(a) {
				if r.Effect == "" {
					c.Label = "渡る" + a.Label()
				}
				c.Options = []form.Option{{Label: "変えない"}}
				for _, l := range v.Scheme.Axis(a).Levels {
					c.Options = append(c.Options, form.Option{Value: l.Code, Label: l.Code + "　" + l.Label})
				}
			}
		}
		add(c)
	}
	note := &form.Field{Key: r.Input(asset.RelationNote), Label: "メモ", Type: form.Text, Wide: true}
	if effects {
		note.Label = "メモ（集積・分散を選んだときは、その理由）"
	}
	add(note)
	return d
}

// settleDetails opens the details in which something must be seen: a message, or a connection of
// which nothing is said yet.
func (v *view) settleDetails(calm bool) {
	for value, d := range v.details {
		r, _ := app.ParseRelation(value)
		if calm && d.Said == "" && len(asset.RelationFields(r.Type, "")) > 0 {
			d.Open = true
		}
		for _, c := range d.Fields {
			d.Open = d.Open || c.Err != ""
		}
		v.details[value] = d
	}
}

// detailID is the id of the details of a relation.
func detailID(value string) string { return "detail-" + strings.ReplaceAll(value, ":", "-") }

// detailWords are what a form says about a relation beside its ends, as it was typed where it cannot
// be read.
func detailWords(raw app.Raw, value string) string {
	r, ok := app.ParseRelation(value)
	if !ok {
		return ""
	}
	var out []string
	switch one(raw, r.Input(asset.RelationEffect)) {
	case asset.Gather:
		out = append(out, "集積")
	case asset.Spread:
		out = append(out, "分散")
	}
	for _, f := range detailFields(r) {
		words := strings.TrimSpace(one(raw, r.Input(f.Key)))
		if words == "" {
			continue
		}
		for _, o := range f.Options {
			if o.Code == words {
				words = o.Label
			}
		}
		if f.Type == asset.Flag {
			words = f.Label
		} else {
			words = f.Label + " " + words
		}
		out = append(out, words)
	}
	if note := strings.TrimSpace(one(raw, r.Input(asset.RelationNote))); note != "" {
		out = append(out, note)
	}
	return strings.Join(out, "、")
}

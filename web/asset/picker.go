package asset

import (
	"net/http"
	"slices"
	"strings"

	"daicho/internal/app"
	"daicho/internal/asset"
	"daicho/internal/errs"
	"daicho/internal/form"
	"daicho/internal/relation"
	"daicho/web/page"
	"daicho/web/ui"
)

// endKey is the name of the picker of one way to relate: "rel-stores-out".
func endKey(e relation.End) string {
	dir := "in"
	if e.Outgoing {
		dir = "out"
	}
	return pickPrefix + string(e.Type) + "-" + dir
}

// endOf finds the way to relate by the name of its picker.
func endOf(k asset.Kind, key string) (relation.End, bool) {
	for _, e := range relation.Ends(k) {
		if endKey(e) == key {
			return e, true
		}
	}
	return relation.End{}, false
}

// search looks for assets that a picker could relate to. An empty query finds everything of the
// kinds, so that a short register needs no words.
func (f forms) search(r *http.Request, p *page.Request, k asset.Kind, key, query string) ([]app.AssetRef, int, error) {
	e, ok := endOf(k, key)
	if !ok {
		return nil, 0, errs.New(errs.NotFound, "picker.end", "")
	}
	return f.app.Pick(r.Context(), p.Actor, clip(query, 200), e.Kinds)
}

// pick answers the search of a picker: the results alone for a page that replaces them by itself,
// otherwise a page of its own.
func (f forms) pick(w http.ResponseWriter, r *http.Request, p *page.Request) error {
	q := r.URL.Query()
	k, err := kindOf(q.Get("kind"))
	if err != nil {
		return err
	}
	key := q.Get("end")
	e, ok := endOf(k, key)
	if !ok {
		return errs.New(errs.NotFound, "picker.end", "")
	}
	o := shown{pick: key, query: q.Get(key + "_q"), picked: q[key]}
	if o.results, o.more, err = f.search(r, p, k, key, o.query); err != nil {
		return err
	}
	pk := newPicker(k, e, o)
	if page.Partial(r) {
		return page.Render(w, r, http.StatusOK, ui.PickerResults(pk))
	}
	return page.Render(w, r, http.StatusOK, pickerPage(p, k, e, o))
}

// newPicker is the picker of one way to relate. What is ticked stays ticked while the search goes
// on; its value carries its words, because it may be among no results any more.
func newPicker(k asset.Kind, e relation.End, o shown) ui.Picker {
	key := endKey(e)
	pk := ui.Picker{
		Field: &form.Field{Key: key, Label: e.Label + "を追加", Type: form.Pick},
		Multi: true, URL: page.With(page.Picker, "kind", string(k), "end", key),
	}
	if o.pick != key {
		return pk
	}
	pk.Query, pk.Searched, pk.More = o.query, true, o.more
	for _, value := range o.picked {
		rel, words, ok := strings.Cut(value, "|")
		if _, fits := app.ParseRelation(rel); ok && fits {
			name, note, _ := strings.Cut(clip(words, 400), "|")
			pk.Chosen = append(pk.Chosen, ui.PickItem{Value: value, Label: name, Note: note})
		}
	}
	for _, a := range o.results {
		rel := app.RelationValue(e.Type, e.Outgoing, a.ID)
		if slices.ContainsFunc(o.picked, func(v string) bool { return strings.HasPrefix(v, rel+"|") }) {
			continue
		}
		name, note := strings.ReplaceAll(a.Name, "|", " "), noteOf(a)
		pk.Results = append(pk.Results, ui.PickItem{Value: rel + "|" + name + "|" + note, Label: name, Note: note})
	}
	return pk
}

// noteOf is what tells assets of one name apart: number, kind, unit.
func noteOf(a app.AssetRef) string {
	number := a.Number
	if number == "" {
		number = a.State.Label()
	}
	return strings.Join([]string{number, a.Kind.Label(), a.Unit}, "　")
}

func clip(s string, runes int) string {
	if r := []rune(s); len(r) > runes {
		return string(r[:runes])
	}
	return s
}

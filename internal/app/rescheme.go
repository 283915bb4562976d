package app

import (
	"context"
	"maps"

	"daicho/internal/asset"
	"daicho/internal/classify"
	"daicho/internal/errs"
	"daicho/internal/postgres"
)

// toScheme turns a form that speaks of the levels of an earlier edition into one that speaks of those
// of the edition in force: a level with a safe successor is carried over, any other is asked again.
// The notes say what each level was. The form itself is left as it is.
func toScheme(ctx context.Context, t *postgres.Tx, raw Raw, scheme *classify.Scheme) (Raw, []*errs.Error, error) {
	code := first(raw, SchemeKey)
	if code == "" || code == scheme.Code {
		return raw, nil, nil
	}
	old, err := t.SchemeOf(ctx, code)
	if errs.Is(err, errs.NotFound) { // what a request made up is no edition
		out := maps.Clone(raw)
		delete(out, SchemeKey)
		return out, nil, nil
	}
	if err != nil {
		return raw, nil, err
	}
	rows, err := t.SchemeMappings(ctx, scheme.ID)
	if err != nil {
		return raw, nil, err
	}
	mapping := classify.NewMapping(rows, code)
	out := maps.Clone(raw)
	out[SchemeKey] = []string{scheme.Code}
	var notes []*errs.Error
	carry := func(key string, a classify.Axis) (was, now string) {
		if was = first(raw, key); was == "" {
			return "", ""
		}
		now, ok := mapping.Safe(a, was)
		if !ok {
			delete(out, key)
			return was, ""
		}
		out[key] = []string{now}
		return was, now
	}
	for _, a := range classify.Axes() {
		was, now := carry(asset.LevelKey(a), a)
		if was == "" {
			continue
		}
		text := "前の版（" + old.Name + " " + old.Edition + "）では" + a.Label() + "「" + was + "」でした。"
		if now != "" {
			text += "今の版では「" + now + "」になる案です。"
		} else {
			text += "今の版のどの区分になるかを決めてください。"
		}
		notes = append(notes, errs.OnField(asset.LevelKey(a), "scheme.was", text))
	}
	for _, v := range raw[relationKey] {
		r, ok := ParseRelation(v)
		for _, a := range classify.Axes() {
			if ok {
				carry(r.Input(asset.PassKey(a)), a)
			}
		}
	}
	return out, notes, nil
}

package postgres

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"daicho/internal/classify"
	"daicho/internal/errs"
)

const sqlScheme = `
SELECT s.id, s.code, s.name, s.edition, EXISTS (SELECT 1 FROM adoption a WHERE a.target = 'scheme' AND a.code = s.code) AS adopted
FROM scheme s WHERE s.id = @id`

const sqlSchemeToday = `SELECT s.id FROM scheme s WHERE s.id = scheme_today()`

const sqlSchemeLevels = `
SELECT l.axis, x.name, l.rank, l.code, l.label, l.criteria, l.examples, l.handling, l.marking, l.guarded
FROM scheme_level l JOIN scheme_axis x USING (scheme_id, axis) WHERE l.scheme_id = @id ORDER BY x.ord, l.axis, l.rank`

const sqlSchemeQuestions = `
SELECT code, stage, text, hint, options, shown_when FROM scheme_question WHERE scheme_id = @id ORDER BY ord, code`

const sqlSchemeRules = `
SELECT axis, cond, level, why FROM scheme_judgement WHERE scheme_id = @id ORDER BY axis, ord`

// Scheme reads an edition of a 分類体系 with levels, questions and decision table; id 0 is the one
// that is in force today by the database's clock (JST).
// Errors: NotFound when no scheme is loaded.
func (t *Tx) Scheme(ctx context.Context, id int64) (*classify.Scheme, error) {
	if id == 0 {
		var err error
		if id, err = keep(ctx, t, askSchemeToday, "", func(ctx context.Context) (int64, error) { return scalar[int64](ctx, t, sqlSchemeToday, nil) }); err != nil {
			return nil, err
		}
	}
	return keep(ctx, t, askScheme, fmt.Sprint(id), func(ctx context.Context) (*classify.Scheme, error) { return t.readScheme(ctx, id) })
}

func (t *Tx) readScheme(ctx context.Context, id int64) (*classify.Scheme, error) {
	type head struct {
		ID                  int64
		Code, Name, Edition string
		Adopted             bool
	}
	h, err := row[head](ctx, t, sqlScheme, pgx.StrictNamedArgs{"id": id})
	if err != nil {
		return nil, err
	}
	s := &classify.Scheme{ID: h.ID, Code: h.Code, Name: h.Name, Edition: h.Edition, Adopted: h.Adopted}
	args := pgx.StrictNamedArgs{"id": h.ID}
	type level struct {
		Axis, Name                                         string
		Rank                                               int16
		Code, Label, Criteria, Examples, Handling, Marking string
		Guarded                                            bool
	}
	levels, err := rows[level](ctx, t, sqlSchemeLevels, args)
	if err != nil {
		return nil, err
	}
	for _, l := range levels {
		if n := len(s.Axes); n == 0 || s.Axes[n-1].Axis != classify.Axis(l.Axis) {
			s.Axes = append(s.Axes, classify.AxisDef{Axis: classify.Axis(l.Axis), Name: l.Name})
		}
		d := &s.Axes[len(s.Axes)-1]
		d.Levels = append(d.Levels, classify.Level{
			Rank: classify.Rank(l.Rank), Code: l.Code, Label: l.Label, Criteria: l.Criteria, Examples: l.Examples,
			Handling: classify.SplitHandling(l.Handling), Marking: l.Marking, Guarded: l.Guarded,
		})
	}
	type question struct {
		Code                           string
		Stage                          int
		Text, Hint, Options, ShownWhen string
	}
	questions, err := rows[question](ctx, t, sqlSchemeQuestions, args)
	if err != nil {
		return nil, err
	}
	for _, q := range questions {
		conds, _ := classify.ParseConds(q.ShownWhen) // checked before it came into force
		choices, unit := classify.ParseOptions(q.Options)
		s.Questions = append(s.Questions, classify.Question{Code: q.Code, Stage: q.Stage, Text: q.Text, Hint: q.Hint, Options: choices, Unit: unit, ShownWhen: conds})
	}
	type rule struct{ Axis, Cond, Level, Why string }
	rules, err := rows[rule](ctx, t, sqlSchemeRules, args)
	if err != nil {
		return nil, err
	}
	for _, r := range rules {
		conds, _ := classify.ParseConds(r.Cond)
		s.Rules = append(s.Rules, classify.Rule{Axis: classify.Axis(r.Axis), Conds: conds, Level: r.Level, Why: r.Why})
	}
	return s, nil
}

// schemeOr reads the edition of a document: other when it is that one, or none is named.
func (t *Tx) schemeOr(ctx context.Context, id int64, other *classify.Scheme) (*classify.Scheme, error) {
	if id == 0 || id == other.ID {
		return other, nil
	}
	return t.Scheme(ctx, id)
}

const sqlSchemeID = `SELECT id FROM scheme WHERE code = @code`

// SchemeOf reads an edition by its code. Errors: NotFound.
func (t *Tx) SchemeOf(ctx context.Context, code string) (*classify.Scheme, error) {
	id, err := keep(ctx, t, askSchemeOf, code, func(ctx context.Context) (int64, error) {
		return scalar[int64](ctx, t, sqlSchemeID, pgx.StrictNamedArgs{"code": code})
	})
	if err != nil {
		return nil, err
	}
	return t.Scheme(ctx, id)
}

// SchemeHead is an edition without its content: where it stands and since when.
type SchemeHead struct {
	ID                  int64
	Code, Name, Edition string
	State               string
	Base                int64 // the edition that it was copied from, 0 = none
	BaseName            string
	InForceFrom         *time.Time // the day, 00:00 UTC; wished while proposed, fixed once approved
	Note                string
	Proposer            int64
	ProposerName        string
	EditNo              int
	Adopted             bool
	Current             bool // in force today
	Over                bool // was in force, and another is
	Assets              int  // that stand under it
}

const sqlSchemeHeads = `
SELECT s.id, s.code, s.name, s.edition, s.state, coalesce(s.base_id, 0) AS base, coalesce(b.name || ' ' || b.edition, '') AS base_name,
  s.in_force_from, s.note, coalesce(s.proposer_id, 0) AS proposer, coalesce(p.name, '') AS proposer_name, s.edit_no,
  EXISTS (SELECT FROM adoption a WHERE a.target = 'scheme' AND a.code = s.code) AS adopted,
  s.id = scheme_today() AS current,
  s.id <> scheme_today() AND (s.is_default OR s.state = 'approved' AND s.in_force_from <= @today::date) AS over,
  (SELECT count(*) FROM asset_now n WHERE n.scheme_id = s.id AND n.version_no IS NOT NULL AND n.state <> 'disposed')::int AS assets
FROM scheme s LEFT JOIN scheme b ON b.id = s.base_id LEFT JOIN person p ON p.id = s.proposer_id
WHERE @of::bigint = 0 OR s.id = @of::bigint
ORDER BY s.id = scheme_today() DESC, s.state = 'proposed' DESC, s.state = 'draft' DESC, s.in_force_from DESC NULLS LAST, s.id`

// SchemeHeads lists the editions: the one in force first, then what is under way, then the rest.
func (t *Tx) SchemeHeads(ctx context.Context) ([]SchemeHead, error) {
	return rows[SchemeHead](ctx, t, sqlSchemeHeads, pgx.StrictNamedArgs{"of": int64(0), "today": today(t.now)})
}

// SchemeHead reads where one edition stands. Errors: NotFound.
func (t *Tx) SchemeHead(ctx context.Context, id int64) (SchemeHead, error) {
	if id <= 0 {
		return SchemeHead{}, errs.New(errs.NotFound, "scheme.id", "")
	}
	return row[SchemeHead](ctx, t, sqlSchemeHeads, pgx.StrictNamedArgs{"of": id, "today": today(t.now)})
}

const (
	sqlEditionHead = `SELECT code, name, edition, is_default, source, checked FROM scheme WHERE id = @id`

	sqlEditionAxes = `SELECT axis, name, ord FROM scheme_axis WHERE scheme_id = @id ORDER BY ord, axis`

	sqlEditionLevels = `
SELECT axis, rank, code, label, criteria, examples, handling, marking, guarded, source, checked
FROM scheme_level WHERE scheme_id = @id ORDER BY axis, rank`

	sqlEditionQuestions = `
SELECT code, ord, stage, text, hint, options, shown_when, source, checked FROM scheme_question WHERE scheme_id = @id ORDER BY ord, code`

	sqlEditionRows = `
SELECT axis, ord, cond, level, why, source, checked FROM scheme_judgement WHERE scheme_id = @id ORDER BY axis, ord`

	sqlEditionMappings = `
SELECT e.code AS earlier, m.axis, m.from_code AS "from", m.to_codes AS "to", m.source, m.checked
FROM scheme_mapping m JOIN scheme e ON e.id = m.earlier_id WHERE m.scheme_id = @id ORDER BY m.earlier_id, m.axis, m.from_code`
)

// SchemeEdition reads an edition as the rows that it is written in. Errors: NotFound.
func (t *Tx) SchemeEdition(ctx context.Context, id int64) (classify.Edition, error) {
	args := pgx.StrictNamedArgs{"id": id}
	type head struct {
		Code, Name, Edition string
		IsDefault           bool
		Source, Checked     string
	}
	h, err := row[head](ctx, t, sqlEditionHead, args)
	if err != nil {
		return classify.Edition{}, err
	}
	e := classify.Edition{ID: id, Code: h.Code, Name: h.Name, Edition: h.Edition, Default: h.IsDefault, Source: h.Source, Checked: h.Checked}
	if e.Axes, err = rows[classify.AxisRow](ctx, t, sqlEditionAxes, args); err != nil {
		return e, err
	}
	if e.Levels, err = rows[classify.LevelRow](ctx, t, sqlEditionLevels, args); err != nil {
		return e, err
	}
	if e.Questions, err = rows[classify.QuestionRow](ctx, t, sqlEditionQuestions, args); err != nil {
		return e, err
	}
	if e.Judgements, err = rows[classify.JudgeRow](ctx, t, sqlEditionRows, args); err != nil {
		return e, err
	}
	e.Mappings, err = t.SchemeMappings(ctx, id)
	return e, err
}

// SchemeMappings reads what the levels of earlier editions become in an edition.
func (t *Tx) SchemeMappings(ctx context.Context, id int64) ([]classify.MapRow, error) {
	return keep(ctx, t, askMappings, fmt.Sprint(id), func(ctx context.Context) ([]classify.MapRow, error) {
		return rows[classify.MapRow](ctx, t, sqlEditionMappings, pgx.StrictNamedArgs{"id": id})
	})
}

const sqlSchemesEarlier = `
SELECT s.id FROM scheme s WHERE s.id <> @id AND s.state IN ('loaded', 'approved')
  AND (s.id = scheme_today() OR EXISTS (SELECT FROM asset_now n WHERE n.scheme_id = s.id))
ORDER BY s.id = scheme_today() DESC, s.id`

// SchemesEarlier lists the editions that an edition must say something about: the one in force and
// those that assets still stand under.
func (t *Tx) SchemesEarlier(ctx context.Context, id int64) ([]classify.Edition, error) {
	type line struct{ ID int64 }
	ids, err := rows[line](ctx, t, sqlSchemesEarlier, pgx.StrictNamedArgs{"id": id})
	if err != nil {
		return nil, err
	}
	out := make([]classify.Edition, len(ids))
	for i, l := range ids {
		if out[i], err = t.SchemeEdition(ctx, l.ID); err != nil {
			return nil, err
		}
	}
	return out, nil
}

const sqlSchemesShown = `SELECT id FROM scheme WHERE state IN ('loaded', 'approved') ORDER BY id`

// ShelfWhole reads every edition that an asset may stand under. Errors: NotFound when no scheme is
// loaded.
func (t *Tx) ShelfWhole(ctx context.Context) (*classify.Shelf, error) {
	type line struct{ ID int64 }
	list, err := rows[line](ctx, t, sqlSchemesShown, nil)
	if err != nil {
		return nil, err
	}
	ids := make([]int64, len(list))
	for i, l := range list {
		ids[i] = l.ID
	}
	return t.Shelf(ctx, ids...)
}

// Shelf reads the edition in force and the given others.
func (t *Tx) Shelf(ctx context.Context, ids ...int64) (*classify.Shelf, error) {
	current, err := t.Scheme(ctx, 0)
	if err != nil {
		return nil, err
	}
	s := &classify.Shelf{Current: current, Editions: map[int64]*classify.Scheme{current.ID: current}}
	for _, id := range ids {
		if id == 0 || s.Editions[id] != nil {
			continue
		}
		if s.Editions[id], err = t.Scheme(ctx, id); err != nil {
			return nil, err
		}
	}
	if len(s.Editions) > 1 {
		s.Mappings, err = t.SchemeMappings(ctx, current.ID)
	}
	return s, err
}

const sqlSchemeSince = `
SELECT coalesce((SELECT d.in_force_from::timestamp AT TIME ZONE 'Asia/Tokyo' FROM scheme_decision d
  WHERE d.outcome = 'approved' AND d.scheme_id = scheme_today()), '0001-01-01'::timestamptz)`

// SchemeSince returns the time from which today's edition is in force, 00:00 JST of its day; the year
// 1 while none was ever approved.
func (t *Tx) SchemeSince(ctx context.Context) (time.Time, error) {
	return scalar[time.Time](ctx, t, sqlSchemeSince, nil)
}

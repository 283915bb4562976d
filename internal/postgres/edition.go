package postgres

import (
	"context"
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5"

	"daicho/internal/errs"
	"daicho/internal/pack"
)

const (
	sqlPutSchemes = `
INSERT INTO scheme AS t (code, name, edition, is_default, source, checked)
SELECT code, name, edition, is_default AND NOT EXISTS (SELECT 1 FROM scheme d WHERE d.is_default AND d.code <> x.code), source, checked
FROM jsonb_to_recordset(@rows::jsonb) x (code text, name text, edition text, is_default boolean, source text, checked text)
ON CONFLICT (code) DO UPDATE SET name = excluded.name, edition = excluded.edition, is_default = excluded.is_default,
  source = excluded.source, checked = excluded.checked
WHERE (t.name, t.edition, t.is_default, t.source, t.checked)
  IS DISTINCT FROM (excluded.name, excluded.edition, excluded.is_default, excluded.source, excluded.checked)
RETURNING t.code AS key, t.xmax = 0 AS fresh`

	sqlPutAxes = `
INSERT INTO scheme_axis AS t (scheme_id, axis, name, ord)
SELECT @of, axis, name, ord FROM jsonb_to_recordset(@rows::jsonb) x (axis text, name text, ord int)
ON CONFLICT (scheme_id, axis) DO UPDATE SET name = excluded.name, ord = excluded.ord
WHERE (t.name, t.ord) IS DISTINCT FROM (excluded.name, excluded.ord)
RETURNING t.axis AS key, t.xmax = 0 AS fresh`

	sqlPutLevels = `
INSERT INTO scheme_level AS t (scheme_id, axis, rank, code, label, criteria, examples, handling, marking, guarded, source, checked)
SELECT @of, axis, rank, code, label, criteria, examples, handling, marking, guarded, source, checked
FROM jsonb_to_recordset(@rows::jsonb) x (axis text, rank smallint, code text, label text, criteria text, examples text, handling text,
  marking text, guarded boolean, source text, checked text)
ON CONFLICT (scheme_id, axis, rank) DO UPDATE SET code = excluded.code, label = excluded.label, criteria = excluded.criteria,
  examples = excluded.examples, handling = excluded.handling, marking = excluded.marking, guarded = excluded.guarded,
  source = excluded.source, checked = excluded.checked
WHERE (t.code, t.label, t.criteria, t.examples, t.handling, t.marking, t.guarded, t.source, t.checked)
  IS DISTINCT FROM (excluded.code, excluded.label, excluded.criteria, excluded.examples, excluded.handling, excluded.marking,
    excluded.guarded, excluded.source, excluded.checked)
RETURNING t.axis || ' ' || t.code AS key, t.xmax = 0 AS fresh`

	sqlPutQuestions = `
INSERT INTO scheme_question AS t (scheme_id, code, ord, stage, text, hint, options, shown_when, source, checked)
SELECT @of, code, ord, stage, text, hint, options, shown_when, source, checked
FROM jsonb_to_recordset(@rows::jsonb) x (code text, ord int, stage int, text text, hint text, options text, shown_when text,
  source text, checked text)
ON CONFLICT (scheme_id, code) DO UPDATE SET ord = excluded.ord, stage = excluded.stage, text = excluded.text, hint = excluded.hint,
  options = excluded.options, shown_when = excluded.shown_when, source = excluded.source, checked = excluded.checked
WHERE (t.ord, t.stage, t.text, t.hint, t.options, t.shown_when, t.source, t.checked)
  IS DISTINCT FROM (excluded.ord, excluded.stage, excluded.text, excluded.hint, excluded.options, excluded.shown_when,
    excluded.source, excluded.checked)
RETURNING t.code AS key, t.xmax = 0 AS fresh`

	sqlPutJudgements = `
INSERT INTO scheme_judgement AS t (scheme_id, axis, ord, cond, level, why, source, checked)
SELECT @of, axis, ord, cond, level, why, source, checked
FROM jsonb_to_recordset(@rows::jsonb) x (axis text, ord int, cond text, level text, why text, source text, checked text)
ON CONFLICT (scheme_id, axis, ord) DO UPDATE SET cond = excluded.cond, level = excluded.level, why = excluded.why,
  source = excluded.source, checked = excluded.checked
WHERE (t.cond, t.level, t.why, t.source, t.checked)
  IS DISTINCT FROM (excluded.cond, excluded.level, excluded.why, excluded.source, excluded.checked)
RETURNING t.axis || ' ' || t.ord AS key, t.xmax = 0 AS fresh`

	sqlPutMappings = `
INSERT INTO scheme_mapping AS t (scheme_id, earlier_id, axis, from_code, to_codes, source, checked)
SELECT s.id, e.id, x.axis, x.from_code, x.to_codes, x.source, x.checked
FROM jsonb_to_recordset(@rows::jsonb) x (scheme text, earlier text, axis text, from_code text, to_codes text[], source text, checked text)
JOIN scheme s ON s.code = x.scheme JOIN scheme e ON e.code = x.earlier
ON CONFLICT (scheme_id, earlier_id, axis, from_code) DO UPDATE SET to_codes = excluded.to_codes, source = excluded.source, checked = excluded.checked
WHERE (t.to_codes, t.source, t.checked) IS DISTINCT FROM (excluded.to_codes, excluded.source, excluded.checked)
RETURNING t.axis || ' ' || t.from_code AS key, t.xmax = 0 AS fresh`

	// What a load would change of the mappings of adopted schemes.
	sqlMappingsAdopted = `
SELECT x.scheme || ' ' || x.earlier || ' ' || x.axis || ' ' || x.from_code
FROM jsonb_to_recordset(@rows::jsonb) x (scheme text, earlier text, axis text, from_code text, to_codes text[])
JOIN scheme s ON s.code = x.scheme JOIN scheme e ON e.code = x.earlier
JOIN scheme_mapping t ON t.scheme_id = s.id AND t.earlier_id = e.id AND t.axis = x.axis AND t.from_code = x.from_code
WHERE t.to_codes IS DISTINCT FROM x.to_codes AND EXISTS (SELECT FROM adoption a WHERE a.target = 'scheme' AND a.code = s.code)
ORDER BY 1`

	// What the register has of a scheme and the pack has not.
	sqlSchemeRest = `
SELECT 'axis.csv ' || axis FROM scheme_axis WHERE scheme_id = @of AND axis <> ALL (@axes::text[])
UNION ALL SELECT 'level.csv ' || axis || ' ' || code FROM scheme_level WHERE scheme_id = @of AND axis || ' ' || rank <> ALL (@levels::text[])
UNION ALL SELECT 'question.csv ' || code FROM scheme_question WHERE scheme_id = @of AND code <> ALL (@questions::text[])
UNION ALL SELECT 'judgement.csv ' || axis || ' ' || ord FROM scheme_judgement WHERE scheme_id = @of AND axis || ' ' || ord <> ALL (@judgements::text[])`

	sqlSchemeAdopted = `
SELECT s.id, EXISTS (SELECT 1 FROM adoption a WHERE a.target = 'scheme' AND a.code = s.code) AS adopted FROM scheme s WHERE s.code = @code`

	sqlSchemeOwn = `SELECT EXISTS (SELECT FROM scheme WHERE code = @code AND state <> 'loaded')`

	sqlCatalogueAdopted = `
SELECT c.id, EXISTS (SELECT 1 FROM adoption a WHERE a.target = 'catalogue' AND a.code = c.code) AS adopted FROM catalogue c WHERE c.code = @code`

	sqlPutCatalogues = `
INSERT INTO catalogue AS t (code, name, edition, source, checked)
SELECT code, name, edition, source, checked
FROM jsonb_to_recordset(@rows::jsonb) x (code text, name text, edition text, source text, checked text)
ON CONFLICT (code) DO UPDATE SET name = excluded.name, edition = excluded.edition, source = excluded.source, checked = excluded.checked
WHERE (t.name, t.edition, t.source, t.checked) IS DISTINCT FROM (excluded.name, excluded.edition, excluded.source, excluded.checked)
RETURNING t.code AS key, t.xmax = 0 AS fresh`

	sqlPutChapters = `
INSERT INTO chapter AS t (catalogue_id, no, name, clause)
SELECT @of, no, name, clause FROM jsonb_to_recordset(@rows::jsonb) x (no int, name text, clause text)
ON CONFLICT (catalogue_id, no) DO UPDATE SET name = excluded.name, clause = excluded.clause
WHERE (t.name, t.clause) IS DISTINCT FROM (excluded.name, excluded.clause)
RETURNING t.no::text AS key, t.xmax = 0 AS fresh`

	sqlPutControls = `
INSERT INTO control AS t (catalogue_id, key, chapter, title, text, aim, modality, role, evidence, cycle, effort, answered_at, clause, source, checked)
SELECT @of, key, chapter, title, text, aim, modality, role, evidence, cycle, effort, answered_at, clause, source, checked
FROM jsonb_to_recordset(@rows::jsonb) x (key text, chapter int, title text, text text, aim text, modality text, role text, evidence text,
  cycle text, effort smallint, answered_at text, clause text, source text, checked text)
ON CONFLICT (catalogue_id, key) DO UPDATE SET chapter = excluded.chapter, title = excluded.title, text = excluded.text, aim = excluded.aim,
  modality = excluded.modality, role = excluded.role, evidence = excluded.evidence, cycle = excluded.cycle, effort = excluded.effort,
  answered_at = excluded.answered_at, clause = excluded.clause, source = excluded.source, checked = excluded.checked
WHERE (t.chapter, t.title, t.text, t.aim, t.modality, t.role, t.evidence, t.cycle, t.effort, t.answered_at, t.clause, t.source, t.checked)
  IS DISTINCT FROM (excluded.chapter, excluded.title, excluded.text, excluded.aim, excluded.modality, excluded.role, excluded.evidence,
    excluded.cycle, excluded.effort, excluded.answered_at, excluded.clause, excluded.source, excluded.checked)
RETURNING t.key, t.xmax = 0 AS fresh`

	sqlPutApplicability = `
INSERT INTO applicability AS t (control_id, row_no, kinds, min_c, max_c, min_i, min_a, zones, personal, flags, models, reason)
SELECT c.id, x.row_no, coalesce(x.kinds, '{}'), x.min_c, x.max_c, x.min_i, x.min_a, coalesce(x.zones, '{}'), x.personal, x.flags, coalesce(x.models, '{}'), x.reason
FROM jsonb_to_recordset(@rows::jsonb) x (key text, row_no int, kinds text[], min_c smallint, max_c smallint, min_i smallint, min_a smallint,
  zones text[], personal smallint, flags int, models text[], reason text)
JOIN control c ON c.catalogue_id = @of AND c.key = x.key
ON CONFLICT (control_id, row_no) DO UPDATE SET kinds = excluded.kinds, min_c = excluded.min_c, max_c = excluded.max_c, min_i = excluded.min_i,
  min_a = excluded.min_a, zones = excluded.zones, personal = excluded.personal, flags = excluded.flags, models = excluded.models, reason = excluded.reason
WHERE (t.kinds, t.min_c, t.max_c, t.min_i, t.min_a, t.zones, t.personal, t.flags, t.models, t.reason)
  IS DISTINCT FROM (excluded.kinds, excluded.min_c, excluded.max_c, excluded.min_i, excluded.min_a, excluded.zones, excluded.personal,
    excluded.flags, excluded.models, excluded.reason)
RETURNING (SELECT key FROM control WHERE id = t.control_id) || ' ' || t.row_no AS key, t.xmax = 0 AS fresh`

	sqlCatalogueRest = `
SELECT 'chapter.csv ' || no FROM chapter WHERE catalogue_id = @of AND no::text <> ALL (@chapters::text[])
UNION ALL SELECT 'control.csv ' || key FROM control WHERE catalogue_id = @of AND key <> ALL (@controls::text[])
UNION ALL SELECT 'applicability.csv ' || c.key || ' ' || a.row_no FROM applicability a JOIN control c ON c.id = a.control_id
  WHERE c.catalogue_id = @of AND c.key || ' ' || a.row_no <> ALL (@applicability::text[])`
)

// edition guards one scheme or catalogue while its parts are stored: once adopted it never changes,
// and what it has is never taken away.
type edition struct {
	what, code string
	id         int64
	adopted    bool
	changed    []string // what a load would change in it
	puts       []Put
}

func (e *edition) note(p Put, keys []string, err error) error {
	e.puts = append(e.puts, p)
	for _, k := range keys {
		e.changed = append(e.changed, p.Table+" "+k)
	}
	return err
}

// shownChanges is how many changes a refusal names.
const shownChanges = 10

func (e *edition) check(rest []string) error {
	list := func(s []string) string {
		if len(s) > shownChanges {
			return strings.Join(s[:shownChanges], "、") + fmt.Sprintf("、ほか%d件", len(s)-shownChanges)
		}
		return strings.Join(s, "、")
	}
	if e.adopted && len(e.changed)+len(rest) > 0 {
		return errs.New(errs.Conflict, "pack.adopted", fmt.Sprintf(
			"%s「%s」は採用の決裁を経ているので、読込みで変えられません。違うところ：%s。直した版には別のコードを付けて読み込んでください。",
			e.what, e.code, list(append(e.changed, rest...))))
	}
	if len(rest) > 0 {
		return errs.New(errs.Conflict, "pack.fewer", fmt.Sprintf(
			"%s「%s」から、すでに登録されている行がなくなっています：%s。行を減らした版には別のコードを付けて読み込んでください。", e.what, e.code, list(rest)))
	}
	return nil
}

// of finds the stored head of the edition and whether it is adopted.
func (t *Tx) editionOf(ctx context.Context, what, sql, code string) (*edition, error) {
	type head struct {
		ID      int64
		Adopted bool
	}
	h, err := row[head](ctx, t, sql, pgx.StrictNamedArgs{"code": code})
	return &edition{what: what, code: code, id: h.ID, adopted: h.Adopted}, err
}

// PutScheme stores a scheme. An adopted one must be what it was. The first default scheme stays the
// default: another takes over only by a decision of its own.
// Errors: Conflict with words when an adopted scheme would change or a stored row is missing.
func (t *Tx) PutScheme(ctx context.Context, s pack.Scheme) ([]Put, error) {
	if own, err := scalar[bool](ctx, t, sqlSchemeOwn, pgx.StrictNamedArgs{"code": s.Code}); err != nil {
		return nil, err
	} else if own {
		return nil, errs.New(errs.Conflict, "pack.own_scheme", fmt.Sprintf("コード「%s」は、画面で作った分類体系の版が使っています。パックのコードを変えてください。", s.Code))
	}
	head, keys, err := put(ctx, t, "scheme.csv", sqlPutSchemes, []pack.Scheme{s}, nil)
	if err != nil {
		return nil, err
	}
	e, err := t.editionOf(ctx, "分類体系", sqlSchemeAdopted, s.Code)
	if err != nil {
		return nil, err
	}
	of := pgx.StrictNamedArgs{"of": e.id}
	rest := pgx.StrictNamedArgs{"of": e.id}
	for _, f := range []func() error{
		func() error { return e.note(head, keys, nil) },
		func() error { return e.note(put(ctx, t, "axis.csv", sqlPutAxes, s.Axes, of)) },
		func() error { return e.note(put(ctx, t, "level.csv", sqlPutLevels, s.Levels, of)) },
		func() error { return e.note(put(ctx, t, "question.csv", sqlPutQuestions, s.Questions, of)) },
		func() error { return e.note(put(ctx, t, "judgement.csv", sqlPutJudgements, s.Judgements, of)) },
	} {
		if err := f(); err != nil {
			return nil, err
		}
	}
	rest["axes"] = keysOf(s.Axes, func(a pack.Axis) string { return a.Axis })
	rest["levels"] = keysOf(s.Levels, func(l pack.Level) string { return fmt.Sprintf("%s %d", l.Axis, l.Rank) })
	rest["questions"] = keysOf(s.Questions, func(q pack.Question) string { return q.Code })
	rest["judgements"] = keysOf(s.Judgements, func(j pack.Judge) string { return fmt.Sprintf("%s %d", j.Axis, j.Ord) })
	gone, err := t.strings(ctx, sqlSchemeRest, rest)
	if err != nil {
		return nil, err
	}
	return e.puts, e.check(gone)
}

// PutMappings stores what levels of schemes become in others; both must be there already. Errors:
// Conflict when a row of an adopted scheme would change; rows for other editions may be added to it.
func (t *Tx) PutMappings(ctx context.Context, list []pack.Mapping) (Put, error) {
	adopted, err := t.strings(ctx, sqlMappingsAdopted, pgx.StrictNamedArgs{"rows": list})
	if err != nil {
		return Put{}, err
	}
	e := edition{what: "分類体系", adopted: true}
	for _, row := range adopted {
		var key string
		e.code, key, _ = strings.Cut(row, " ")
		e.changed = append(e.changed, "mapping.csv "+key)
	}
	if err := e.check(nil); err != nil {
		return Put{}, err
	}
	p, _, err := put(ctx, t, "mapping.csv", sqlPutMappings, list, nil)
	return p, err
}

// PutCatalogue stores a catalogue. An adopted one must be what it was.
// Errors: Conflict with words when an adopted catalogue would change or a stored row is missing.
func (t *Tx) PutCatalogue(ctx context.Context, c pack.Catalogue) ([]Put, error) {
	head, keys, err := put(ctx, t, "catalogue.csv", sqlPutCatalogues, []pack.Catalogue{c}, nil)
	if err != nil {
		return nil, err
	}
	e, err := t.editionOf(ctx, "対策基準", sqlCatalogueAdopted, c.Code)
	if err != nil {
		return nil, err
	}
	of := pgx.StrictNamedArgs{"of": e.id}
	rest := pgx.StrictNamedArgs{"of": e.id}
	for _, f := range []func() error{
		func() error { return e.note(head, keys, nil) },
		func() error { return e.note(put(ctx, t, "chapter.csv", sqlPutChapters, c.Chapters, of)) },
		func() error { return e.note(put(ctx, t, "control.csv", sqlPutControls, c.Controls, of)) },
		func() error {
			return e.note(put(ctx, t, "applicability.csv", sqlPutApplicability, c.Applicability, of))
		},
	} {
		if err := f(); err != nil {
			return nil, err
		}
	}
	rest["chapters"] = keysOf(c.Chapters, func(h pack.Chapter) string { return fmt.Sprint(h.No) })
	rest["controls"] = keysOf(c.Controls, func(k pack.Control) string { return k.Key })
	rest["applicability"] = keysOf(c.Applicability, func(a pack.Applicability) string { return fmt.Sprintf("%s %d", a.Key, a.Row) })
	gone, err := t.strings(ctx, sqlCatalogueRest, rest)
	if err != nil {
		return nil, err
	}
	return e.puts, e.check(gone)
}

func keysOf[T any](list []T, key func(T) string) []string {
	out := make([]string, len(list))
	for i, x := range list {
		out[i] = key(x)
	}
	return out
}

// strings runs a query of one text column.
func (t *Tx) strings(ctx context.Context, sql string, args pgx.StrictNamedArgs) ([]string, error) {
	q, err := t.tx.Query(ctx, sql, named(args)...)
	if err != nil {
		return nil, mapErr(err)
	}
	out, err := pgx.CollectRows(q, pgx.RowTo[string])
	return out, mapErr(err)
}

package postgres

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

	"daicho/internal/approval"
	"daicho/internal/errs"
	"daicho/internal/pack"
)

// RouteToday is the edition of the routes that is in force, as a unit meets it.
type RouteToday struct {
	ID      int64  // 0 = approval.Simple
	Organ   string // code of the organ of the unit
	Edition approval.Edition
}

const sqlRouteToday = `
SELECT coalesce(e.id, 0) AS id, coalesce(e.content, '') AS content, o.code AS organ
FROM unit u JOIN organ o ON o.id = u.organ_id LEFT JOIN route_edition e ON e.id = route_in_force(@today) WHERE u.id = @unit`

// RouteToday reads the edition of the routes in force today, for a unit. Errors: NotFound.
func (t *Tx) RouteToday(ctx context.Context, unit int64) (RouteToday, error) {
	type stored struct {
		ID      int64
		Content string
		Organ   string
	}
	s, err := row[stored](ctx, t, sqlRouteToday, pgx.StrictNamedArgs{"unit": unit, "today": today(t.now)})
	if err != nil {
		return RouteToday{}, err
	}
	out := RouteToday{ID: s.ID, Organ: s.Organ, Edition: approval.Simple()}
	if s.ID != 0 {
		out.Edition, err = approval.ParseEdition([]byte(s.Content))
	}
	return out, err
}

const (
	sqlRouteOwn = `
SELECT EXISTS (SELECT FROM route_edition WHERE code = @code AND state <> 'loaded') AS own,
  EXISTS (SELECT FROM route_edition e JOIN adoption a ON a.target = 'route' AND a.code = e.code WHERE e.code = @code AND e.content <> @content) AS adopted`

	sqlPutRoutes = `
INSERT INTO route_edition AS t (code, name, edition, is_default, content, digest, source, checked)
SELECT x.code, x.name, x.edition, NOT EXISTS (SELECT FROM route_edition d WHERE d.is_default AND d.code <> x.code), x.content, sha256(convert_to(x.content, 'UTF8')), x.source, x.checked
FROM jsonb_to_recordset(@rows::jsonb) x (code text, name text, edition text, content text, source text, checked text)
ON CONFLICT (code) DO UPDATE SET name = excluded.name, edition = excluded.edition, content = excluded.content, digest = excluded.digest,
  source = excluded.source, checked = excluded.checked
WHERE (t.name, t.edition, t.content, t.source, t.checked) IS DISTINCT FROM (excluded.name, excluded.edition, excluded.content, excluded.source, excluded.checked)
RETURNING t.code AS key, t.xmax = 0 AS fresh`
)

// PutRoutes stores the edition of the routes that a pack brings; the first is in force until the body
// approves one of its own. Errors: Conflict with words when an adopted edition would change, or the
// code is that of an edition made in the browser.
func (t *Tx) PutRoutes(ctx context.Context, p *pack.Routes) (Put, error) {
	if p == nil {
		return Put{Table: "route_edition.csv"}, nil
	}
	content := string(p.Document())
	type state struct{ Own, Adopted bool }
	s, err := row[state](ctx, t, sqlRouteOwn, pgx.StrictNamedArgs{"code": p.Code, "content": content})
	switch {
	case err != nil:
		return Put{}, err
	case s.Own:
		return Put{}, errs.New(errs.Conflict, "pack.own_route", fmt.Sprintf("コード「%s」は、画面で作った決裁経路の版が使っています。パックのコードを変えてください。", p.Code))
	case s.Adopted:
		return Put{}, errs.New(errs.Conflict, "pack.adopted", fmt.Sprintf("採用の決裁がある決裁経路「%s」の中身は変えられません。新しい版として別のコードにしてください。", p.Code))
	}
	type stored struct {
		Code    string `json:"code"`
		Name    string `json:"name"`
		Edition string `json:"edition"`
		Content string `json:"content"`
		Source  string `json:"source"`
		Checked string `json:"checked"`
	}
	out, _, err := put(ctx, t, "route_edition.csv", sqlPutRoutes, []stored{{p.Code, p.Name, p.Version, content, p.Source, p.Checked}}, nil)
	return out, err
}

package postgres

import (
	"context"

	"github.com/jackc/pgx/v5"

	"daicho/internal/approval"
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

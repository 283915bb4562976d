package postgres

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"

	"daicho/internal/org"
)

const (
	// fragUnitPath is the path of a unit u by its names: 本部事務局 総務課.
	fragUnitPath = `(SELECT string_agg(x.name, ' ' ORDER BY y.depth DESC) FROM unit_tree y JOIN unit x ON x.id = y.above_id WHERE y.unit_id = u.id)`

	// fragUnitOrder puts units u in the order of the organisation, each before those below it.
	fragUnitOrder = `(SELECT array_agg(lpad(x.ord::text, 6, '0') || x.code ORDER BY y.depth DESC) FROM unit_tree y JOIN unit x ON x.id = y.above_id WHERE y.unit_id = u.id)`
)

const (
	// fragPosts is what every transaction reads first: see entry.
	fragPosts = `now() AS now, (SELECT mark FROM reference_head) AS mark, a.id, a.kind, p.id AS post_id, p.name AS post_name, p.role, p.reach, u.id AS unit_id, u.name AS unit_name,
       ` + fragUnitPath + ` AS path,
       u.organ_id,
       CASE p.reach WHEN 'unit' THEN ARRAY(SELECT unit_id FROM unit_tree WHERE above_id = u.id)
                    ELSE ARRAY(SELECT id FROM unit WHERE organ_id = u.organ_id) END AS units`

	fragToday = `(VALUES ((now() AT TIME ZONE 'Asia/Tokyo')::date)) d (today)`

	fragPostHeld = `LEFT JOIN (appointment a JOIN post p ON p.id = a.post_id JOIN unit u ON u.id = p.unit_id)
  ON a.valid_from <= d.today AND d.today < a.valid_to AND u.valid_from <= d.today AND d.today < u.valid_to AND a.person_id = `

	fragPostOrder = ` ORDER BY array_position('{main,concurrent,acting,delegated}', a.kind), p.ord, a.id`

	sqlAppointments = `
SELECT ` + fragPosts + ` FROM ` + fragToday + ` ` + fragPostHeld + `@person` + fragPostOrder
)

// entry is what every transaction reads first: the clock, the state of the reference data, and the posts
// that a person holds today (JST), 本務 first.
type entry struct {
	now   time.Time
	mark  [16]byte
	posts []org.Appointment
}

func (e *entry) state() state { return state{e.mark, today(e.now)} }

// scan reads the rows of fragPosts; more are the columns that a statement has after those.
func (e *entry) scan(r pgx.Rows, more ...any) error {
	defer r.Close()
	var id, post, unit, organ *int64
	var kind, name, role, reach, uname, path *string
	var units []int64
	into := append([]any{&e.now, &e.mark, &id, &kind, &post, &name, &role, &reach, &unit, &uname, &path, &organ, &units}, more...)
	for r.Next() {
		units = nil
		if err := r.Scan(into...); err != nil {
			return err
		}
		if id == nil {
			continue
		}
		e.posts = append(e.posts, org.Appointment{
			ID: *id, Kind: org.AppointmentKind(*kind), PostID: *post, PostName: *name, Role: org.Role(*role),
			Reach: org.Reach(*reach), UnitID: *unit, UnitName: *uname, UnitPath: *path, OrganID: *organ, Units: units,
		})
	}
	return mapErr(r.Err())
}

// AppointmentsOf reads the posts that a person holds today, for the actor of a request.
func (t *Tx) AppointmentsOf(ctx context.Context, person int64) ([]org.Appointment, error) {
	e, err := t.entry(ctx, person)
	return e.posts, err
}

func (t *Tx) entry(ctx context.Context, person int64) (e entry, err error) {
	r, err := t.tx.Query(ctx, sqlAppointments, pgx.StrictNamedArgs{"person": person})
	if err != nil {
		return e, mapErr(err)
	}
	return e, e.scan(r)
}

const sqlUnits = `
SELECT u.id, u.code, u.name,
       ` + fragUnitPath + ` AS path,
       coalesce(u.parent_id, 0) AS parent_id, u.organ_id, o.name AS organ, o.prefix,
       coalesce(h.id, 0) AS host_id, coalesce(h.code, '') AS host_code, coalesce(h.name, '') AS host_name,
       ` + fragUnitModel + ` AS model,
       (SELECT max(depth) FROM unit_tree y WHERE y.unit_id = u.id)::int AS depth
FROM unit u JOIN organ o ON o.id = u.organ_id LEFT JOIN host_body h ON h.id = u.host_id
WHERE (@everything OR u.id = ANY (@scope::bigint[])) AND u.valid_from <= @today AND @today < u.valid_to
ORDER BY o.ord, o.id,
  ` + fragUnitOrder

// Units lists the units of today within the scope, in the official order, parents before children.
func (t *Tx) Units(ctx context.Context) ([]org.Unit, error) {
	return keep(ctx, t, askUnits, t.scopeKey(), func(ctx context.Context) ([]org.Unit, error) {
		return rows[org.Unit](ctx, t, sqlUnits, t.scoped(pgx.StrictNamedArgs{"today": today(t.now)}))
	})
}

const sqlHosts = `SELECT id, code, name FROM host_body ORDER BY ord, id`

// Hosts lists the 構成団体 in their official order.
func (t *Tx) Hosts(ctx context.Context) ([]org.HostBody, error) {
	return keep(ctx, t, askHosts, "", func(ctx context.Context) ([]org.HostBody, error) { return rows[org.HostBody](ctx, t, sqlHosts, nil) })
}

var jst = time.FixedZone("JST", 9*60*60)

// today is the day in Japan at an instant, as the driver takes a date.
func today(now time.Time) time.Time {
	y, m, d := now.In(jst).Date()
	return time.Date(y, m, d, 0, 0, 0, 0, time.UTC)
}

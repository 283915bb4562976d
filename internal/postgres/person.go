package postgres

import (
	"context"

	"github.com/jackc/pgx/v5"

	"daicho/internal/org"
)

// Person is somebody who may get a 利用者ID.
type Person struct {
	ID    int64
	Code  string
	Name  string
	Posts string // 所属 職 of today, joined by ／
}

const sqlPersonsWithoutAccount = `
SELECT p.id, p.code, p.name,
       coalesce((SELECT string_agg(u.name || ' ' || q.name, '／' ORDER BY array_position('{main,concurrent,acting,delegated}', m.kind), q.ord)
         FROM appointment m JOIN post q ON q.id = m.post_id JOIN unit u ON u.id = q.unit_id
         WHERE m.person_id = p.id AND m.valid_from <= @today AND @today < m.valid_to), '') AS posts
FROM person p WHERE NOT EXISTS (SELECT 1 FROM account a WHERE a.person_id = p.id)
ORDER BY p.yomi, p.code LIMIT @limit`

// PersonsWithoutAccount lists the people who have no 利用者ID, by reading.
func (t *Tx) PersonsWithoutAccount(ctx context.Context, limit int) ([]Person, error) {
	return rows[Person](ctx, t, sqlPersonsWithoutAccount, pgx.StrictNamedArgs{"today": today(t.now), "limit": limit})
}

const (
	sqlPerson       = `SELECT id, code, name, '' AS posts FROM person WHERE id = @id`
	sqlInsertPerson = `INSERT INTO person (code, name, yomi) VALUES (@code, @name, @yomi) RETURNING id`
)

// PersonByID reads one person, without the posts. Errors: NotFound.
func (t *Tx) PersonByID(ctx context.Context, id int64) (Person, error) {
	return row[Person](ctx, t, sqlPerson, pgx.StrictNamedArgs{"id": id})
}

// InsertPerson makes a person. Errors: Conflict with the code unique.person_code_key.
func (t *Tx) InsertPerson(ctx context.Context, code, name, yomi string) (int64, error) {
	return scalar[int64](ctx, t, sqlInsertPerson, pgx.StrictNamedArgs{"code": code, "name": name, "yomi": yomi})
}

// OfficePost is a post that can be given to somebody.
type OfficePost struct {
	ID     int64
	Code   string
	Name   string
	Role   org.Role
	UnitID int64
	Unit   string // path
	Held   bool   // somebody holds it today
}

const fragPost = `
SELECT q.id, q.code, q.name, q.role, q.unit_id,
       (SELECT string_agg(x.name, ' ' ORDER BY y.depth DESC) FROM unit_tree y JOIN unit x ON x.id = y.above_id WHERE y.unit_id = q.unit_id) AS unit,
       EXISTS (SELECT 1 FROM appointment m WHERE m.post_id = q.id AND m.valid_from <= @today AND @today < m.valid_to) AS held
FROM post q JOIN unit u ON u.id = q.unit_id`

const (
	sqlOfficePosts = fragPost + ` WHERE u.valid_from <= @today AND @today < u.valid_to ORDER BY u.ord, u.id, q.ord, q.id`
	sqlPostByID    = fragPost + ` WHERE q.id = @id AND u.valid_from <= @today AND @today < u.valid_to`
)

// OfficePosts lists every post of today's units in the official order.
func (t *Tx) OfficePosts(ctx context.Context) ([]OfficePost, error) {
	return rows[OfficePost](ctx, t, sqlOfficePosts, pgx.StrictNamedArgs{"today": today(t.now)})
}

// PostByID reads one post of a unit of today. Errors: NotFound.
func (t *Tx) PostByID(ctx context.Context, id int64) (OfficePost, error) {
	return row[OfficePost](ctx, t, sqlPostByID, pgx.StrictNamedArgs{"id": id, "today": today(t.now)})
}

const sqlAppoint = `
INSERT INTO appointment (person_id, post_id, kind, valid_from) VALUES (@person, @post, @kind, @today) RETURNING id`

// Appoint gives a person a post from today.
func (t *Tx) Appoint(ctx context.Context, person, post int64, kind org.AppointmentKind) (int64, error) {
	return scalar[int64](ctx, t, sqlAppoint, pgx.StrictNamedArgs{"person": person, "post": post, "kind": string(kind), "today": today(t.now)})
}

const (
	sqlAdminPost = `
SELECT q.id FROM post q JOIN unit u ON u.id = q.unit_id
WHERE q.role = 'admin' AND (@unit = '' OR u.code = @unit) AND u.valid_from <= @today AND @today < u.valid_to
ORDER BY u.ord, u.id, q.ord, q.id LIMIT 1`

	sqlFirstUnit = `
SELECT id FROM unit WHERE (@unit = '' OR code = @unit) AND valid_from <= @today AND @today < valid_to
ORDER BY ord, id LIMIT 1`

	sqlInsertAdminPost = `
INSERT INTO post (code, unit_id, name, role, reach, ord, source)
SELECT u.code || '-admin', u.id, '情報システム管理担当', 'admin', 'body', 9999, 'own' FROM unit u WHERE u.id = @unit RETURNING id`
)

// AdminPost finds the administrator's post in the unit with the code (any unit when it is empty),
// or makes one there. Errors: NotFound when there is no such unit.
func (t *Tx) AdminPost(ctx context.Context, unit string) (int64, error) {
	args := pgx.StrictNamedArgs{"unit": unit, "today": today(t.now)}
	found, err := rows[struct{ ID int64 }](ctx, t, sqlAdminPost, args)
	if err != nil {
		return 0, err
	}
	if len(found) > 0 {
		return found[0].ID, nil
	}
	first, err := scalar[int64](ctx, t, sqlFirstUnit, args)
	if err != nil {
		return 0, err
	}
	return scalar[int64](ctx, t, sqlInsertAdminPost, pgx.StrictNamedArgs{"unit": first})
}

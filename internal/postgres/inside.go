package postgres

import (
	"context"
	"errors"
	"log/slog"

	"github.com/jackc/pgx/v5"

	"daicho/internal/authz"
)

// Inside runs fn with a DB whose View and Act run inside this transaction, with the actor, the scope
// and the act of their own grants. It is how the load of a sample runs the very use cases of the
// screens as the sample's people, and still stores all or nothing: an error of any of them ends the
// whole load. Afterwards this transaction writes under its own act again.
// Errors: Internal unless the transaction loads a pack; whatever fn returns.
func (t *Tx) Inside(ctx context.Context, fn func(context.Context, *DB) error) error {
	if t.action != authz.LoadPack || t.act == 0 {
		return errors.New("inside: only the load of a pack acts as others")
	}
	t.memory = &memory{} // a sample asks the same for each of its entries
	defer func() { t.memory = nil }()
	if err := fn(ctx, &DB{log: slog.Default(), inside: t}); err != nil {
		return err
	}
	_, err := exec(ctx, t, sqlRestoreAct, pgx.StrictNamedArgs{"act": joinIDs([]int64{t.act})})
	return mapErr(err)
}

// Playing reports whether the transaction plays the people of a sample, whose tables tie assets of
// different units, as somebody with a view over all of them would.
func (t *Tx) Playing() bool { return t.play }

const sqlRestoreAct = `SELECT set_config('daicho.act', @act, true)`

func (t *Tx) nested(ctx context.Context, g authz.Grant, fn func(context.Context, *Tx) error) error {
	n := &Tx{tx: t.tx, actor: g.Actor(), action: g.Action(), memory: t.memory, play: true}
	e, err := n.entry(ctx, n.actor.Person)
	if err == nil {
		err = n.enter(g, e)
	}
	if err != nil {
		return err
	}
	return mapErr(fn(ctx, n))
}

const (
	sqlAccountOf = `
SELECT p.id AS person, p.name, coalesce(a.id, 0) AS account, coalesce(a.login, '') AS login
FROM person p LEFT JOIN account a ON a.person_id = p.id WHERE a.login = @login OR p.id = @person`

	sqlStepHolders = `
SELECT DISTINCT m.person_id, a.id IS NULL AS silent
FROM application x JOIN step_post q ON q.application_id = x.id AND q.step = x.step
JOIN appointment m ON m.post_id = q.post_id AND m.valid_from <= @today AND @today < m.valid_to
LEFT JOIN account a ON a.person_id = m.person_id
WHERE x.id = @application AND x.state = 'submitted' AND m.person_id <> x.applicant_id
  AND NOT EXISTS (SELECT FROM decision d WHERE d.application_id = x.id AND d.person_id = m.person_id)
ORDER BY 2, 1`
)

// Play returns the actor that a person of the sample is, with today's appointments: by login, or by
// id when the login is empty. Errors: NotFound.
func (t *Tx) Play(ctx context.Context, login string, person int64) (authz.Actor, error) {
	type who struct {
		Person  int64
		Name    string
		Account int64
		Login   string
	}
	w, err := row[who](ctx, t, sqlAccountOf, pgx.StrictNamedArgs{"login": login, "person": person})
	if err != nil {
		return authz.Actor{}, err
	}
	a := authz.Actor{Account: w.Account, Person: w.Person, Login: w.Login, Name: w.Name, Auth: "operator", Channel: "system"}
	a.Appointments, err = t.AppointmentsOf(ctx, w.Person)
	return a, err
}

// StepHolders lists the people who could take the open step of an application and took none before,
// those with an account first; nobody once it is decided.
func (t *Tx) StepHolders(ctx context.Context, application int64) ([]int64, error) {
	type holder struct {
		PersonID int64
		Silent   bool
	}
	hs, err := rows[holder](ctx, t, sqlStepHolders, pgx.StrictNamedArgs{"application": application, "today": today(t.now)})
	out := make([]int64, len(hs))
	for i, h := range hs {
		out[i] = h.PersonID
	}
	return out, err
}

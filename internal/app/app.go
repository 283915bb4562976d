// Package app holds the use cases, one file per verb: each asks authz for a grant, opens one
// transaction and lets pure packages and internal/postgres do the rest. It is the only caller of
// DB.Act. It must not import server, web, pgx or net/http.
package app

import (
	"context"
	"crypto/rand"
	"io"
	"log/slog"
	"sync/atomic"
	"time"

	"daicho/internal/account"
	"daicho/internal/authz"
	"daicho/internal/postgres"
)

// App is the program without its screens.
type App struct {
	db   *postgres.DB
	o    Options
	hash *hasher

	exports *atomic.Int32 // files that go out now
	// sealing is how the last pass of this process's sealer ended; nil before the first.
	sealing *atomic.Pointer[SealState]
}

// Options set up an App. The zero value is what production uses.
type Options struct {
	// Password is the cost of a password hash; zero means account.DefaultParams.
	Password account.Params
	// Hashers is how many passwords are hashed at a time (each takes its memory); 0 means 2.
	Hashers int
	// HashWait bounds the wait for a free hasher; 0 means 5 s. Beyond it the caller gets Busy.
	HashWait time.Duration
	// ByLogin and ByAddress slow down failures to sign in; zero means the account package's own.
	ByLogin, ByAddress account.Throttle
	// Random is where salts, tokens and generated passwords come from; nil means crypto/rand.
	Random io.Reader
	// Log receives what concerns the operator; nil means slog.Default.
	Log *slog.Logger
}

// New makes an App on a database.
func New(db *postgres.DB, o Options) *App {
	if o.Password == (account.Params{}) {
		o.Password = account.DefaultParams()
	}
	if o.Hashers == 0 {
		o.Hashers = 2
	}
	if o.HashWait == 0 {
		o.HashWait = 5 * time.Second
	}
	if o.ByLogin == (account.Throttle{}) {
		o.ByLogin = account.ByLogin()
	}
	if o.ByAddress == (account.Throttle{}) {
		o.ByAddress = account.ByAddress()
	}
	if o.Random == nil {
		o.Random = rand.Reader
	}
	if o.Log == nil {
		o.Log = slog.Default()
	}
	return &App{db: db, o: o, hash: newHasher(o), exports: new(atomic.Int32), sealing: new(atomic.Pointer[SealState])}
}

// Ready reports whether the register can be served: the database answers.
// Errors: Busy when it does not.
func (a *App) Ready(ctx context.Context) error { return a.db.Ping(ctx) }

// Refused leaves a trace of something that an actor tried and may not do. target names what it was
// about without protected content. It is called once, where the refusal becomes an answer.
func (a *App) Refused(ctx context.Context, actor authz.Actor, action authz.Action, code, target string) error {
	return a.db.Refuse(ctx, actor, action, postgres.Note{Target: target, Reason: code, Unit: unitOf(actor)})
}

// unitOf is the unit of an act that is about no unit: the actor's own, so that those who watch over
// it can read the act.
func unitOf(actor authz.Actor) int64 {
	if len(actor.Appointments) == 0 {
		return 0
	}
	return actor.Appointments[0].UnitID
}

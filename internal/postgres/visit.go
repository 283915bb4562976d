package postgres

import (
	"bytes"
	"context"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"daicho/internal/account"
	"daicho/internal/authz"
	"daicho/internal/org"
)

// visit is one request of somebody who carries a session. Session, account and today's appointments are
// read in one statement; for a page it opens the snapshot from which everything on the page is read, so
// that the page is one transaction and agrees with itself. Each View inside still gets its scope from
// its own grant and the appointments that this very transaction has read. What writes ends the visit
// first: it reads again, in a transaction of its own.
type visit struct {
	db   *DB
	hold bool // keep the snapshot open

	mu         sync.Mutex
	conn       *pgxpool.Conn // of the open snapshot, else nil
	busy, over bool

	entry
	caller Caller
	data   []byte // of the session, as stored
}

// Caller is the owner of a session as one request sees them.
type Caller struct {
	Viewer
	Posts []org.Appointment // of today
	Ends  time.Time         // of the session, if nothing more is asked for
}

type visitKey struct{}

func visitOf(ctx context.Context) *visit {
	v, _ := ctx.Value(visitKey{}).(*visit)
	return v
}

// Visit prepares a request: the session that is looked up under the context, see SessionStore, brings
// its owner. With hold, what View reads under the context for that owner comes from one snapshot, until
// end is called or something is written. end must be called, and may be twice.
func (db *DB) Visit(ctx context.Context, hold bool) (_ context.Context, end func()) {
	v := &visit{db: db, hold: hold && db.inside == nil}
	return context.WithValue(ctx, visitKey{}, v), func() { v.end(ctx) }
}

// CallerOf returns the owner of the session that was found under the context of a visit; ok is false
// when there is none.
func CallerOf(ctx context.Context) (c Caller, ok bool) {
	if v := visitOf(ctx); v != nil {
		c = v.caller
		c.Posts = v.posts
	}
	return c, c.Account != 0
}

const sqlVisit = `
SELECT ` + fragPosts + `, s.data, s.expires_at, c.id AS account, c.person_id, c.login, w.name, coalesce(k.must_change, true) AS must_change, c.density, c.shortcuts
FROM session s JOIN account c ON c.id = s.account_id AND c.ended_at IS NULL JOIN person w ON w.id = c.person_id
LEFT JOIN credential k ON k.account_id = c.id CROSS JOIN ` + fragToday + ` ` + fragPostHeld + `c.person_id
WHERE s.token = @token AND s.expires_at > now()` + fragPostOrder

// arrive looks up a session with its owner. It returns the data of the session, nil when there is none.
func (v *visit) arrive(ctx context.Context, token string) ([]byte, error) {
	conn, err := v.db.acquire(ctx)
	if err != nil {
		return nil, err
	}
	c := &v.caller
	into := []any{&v.data, &c.Ends, &c.Account, &c.Person, &c.Login, &c.Name, &c.MustChange, &c.Density, &c.Shortcuts}
	args := pgx.StrictNamedArgs{"token": token}
	if v.hold {
		err = enter(ctx, conn, sqlBeginView, &v.entry, sqlVisit, args, into...)
	} else {
		var r pgx.Rows
		if r, err = conn.Query(ctx, sqlVisit, args); err == nil {
			err = v.scan(r, into...)
		}
	}
	if err != nil || !v.hold || v.data == nil {
		rollback(ctx, conn)
		conn.Release()
		return v.data, mapErr(err)
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	v.conn = conn
	return v.data, nil
}

// take reserves the snapshot for a View of its owner. It reports false when there is none to be had.
func (v *visit) take(g authz.Grant) bool {
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.conn == nil || v.busy || v.over || v.caller.Person != g.Actor().Person || v.conn.Conn().PgConn().TxStatus() != open {
		return false
	}
	v.busy = true
	return true
}

func (v *visit) give(ctx context.Context) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.busy = false
	if v.over {
		v.release(ctx)
	}
}

// end gives the connection back, after the View that is running.
func (v *visit) end(ctx context.Context) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.over = true
	if !v.busy {
		v.release(ctx)
	}
}

func (v *visit) release(ctx context.Context) {
	if v.conn != nil {
		rollback(ctx, v.conn) // it has only read
		v.conn.Release()
		v.conn = nil
	}
}

// keeps reports whether a session may stay as it was found.
func (v *visit) keeps(data []byte, ends time.Time) bool {
	return v != nil && bytes.Equal(data, v.data) && !account.SessionMoves(v.caller.Ends, ends, v.now)
}

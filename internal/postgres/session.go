package postgres

import (
	"context"
	"fmt"
	"strconv"
	"time"

	"github.com/jackc/pgx/v5"

	"daicho/internal/account"
)

// Session is one signed-in browser as its owner sees it in a list.
type Session struct {
	ID        string // names the session on a page; not the token and of no use as one
	Address   string
	Agent     string
	CreatedAt time.Time
	SeenAt    time.Time
	ExpiresAt time.Time
}

const (
	fragSessionID = `left(encode(sha256(convert_to(token, 'UTF8')), 'hex'), 24)`

	sqlSessions = `
SELECT ` + fragSessionID + ` AS id, address, agent, created_at, seen_at, expires_at
FROM session WHERE account_id = @account AND expires_at > now() ORDER BY seen_at DESC`

	sqlRevokeSession  = `DELETE FROM session WHERE account_id = @account AND ` + fragSessionID + ` = @id`
	sqlRevokeSessions = `DELETE FROM session WHERE account_id = @account AND ` + fragSessionID + ` <> @keep`
)

// Sessions lists the living sessions of an account, last used first.
func (t *Tx) Sessions(ctx context.Context, owner int64) ([]Session, error) {
	return rows[Session](ctx, t, sqlSessions, pgx.StrictNamedArgs{"account": owner})
}

// RevokeSession ends one session of an account; the next request that carries it is nobody's. It
// reports false when there was none.
func (t *Tx) RevokeSession(ctx context.Context, owner int64, id string) (bool, error) {
	n, err := exec(ctx, t, sqlRevokeSession, pgx.StrictNamedArgs{"account": owner, "id": id})
	return n > 0, err
}

// RevokeSessions ends every session of an account but the one with the id keep.
func (t *Tx) RevokeSessions(ctx context.Context, owner int64, keep string) error {
	_, err := exec(ctx, t, sqlRevokeSessions, pgx.StrictNamedArgs{"account": owner, "keep": keep})
	return err
}

// SessionStore keeps sessions in the table session. It stands beside View and Act because a session
// is no business of the register: the table is operational and leaves no act. Signing in and out
// do, in the use cases.
type SessionStore struct{ db *DB }

// SessionStore returns the store of sessions, for the session manager of the server.
func (db *DB) SessionStore() *SessionStore { return &SessionStore{db} }

const (
	sqlSessionInsert = `
INSERT INTO session (token, data, expires_at, account_id, address, agent)
VALUES (@token, @data, @expires, nullif(@account::bigint, 0), @address, @agent)`

	// Losing the last move of the idle limit in a power cut costs nothing, so it does not wait for the
	// disk; ending a session does.
	sqlSessionTouch = `
UPDATE session SET data = @data, expires_at = @expires, seen_at = now()
FROM (SELECT set_config('synchronous_commit', 'off', true)) off WHERE token = @token`

	sqlSessionDelete = `DELETE FROM session WHERE token = @token`
)

// FindCtx returns the data of a living session of an account in use, and makes its owner known to the
// visit of the context: see DB.Visit. Errors: Busy when no connection is free in time, as View.
func (s *SessionStore) FindCtx(ctx context.Context, token string) ([]byte, bool, error) {
	v := visitOf(ctx)
	if v == nil {
		v = &visit{db: s.db}
	}
	data, err := v.arrive(ctx, token)
	return data, data != nil, err
}

// exec runs a statement on a connection of its own. Errors: as FindCtx.
func (s *SessionStore) exec(ctx context.Context, sql string, args pgx.StrictNamedArgs) error {
	if v := visitOf(ctx); v != nil {
		v.end(ctx)
	}
	conn, err := s.db.acquire(ctx)
	if err != nil {
		return err
	}
	defer conn.Release()
	_, err = conn.Exec(ctx, sql, args)
	return mapErr(err)
}

// CommitCtx stores a session; see account.SessionFresh for which are inserted, and account.SessionMoves
// for which stay as they are.
func (s *SessionStore) CommitCtx(ctx context.Context, token string, b []byte, expiry time.Time) error {
	deadline, values, err := account.SessionCodec{}.Decode(b)
	if err != nil {
		return err
	}
	text := func(key string) string { v, _ := values[key].(string); return v }
	if text(account.SessionFresh) == "" {
		if visitOf(ctx).keeps(b, expiry) {
			return nil
		}
		return s.exec(ctx, sqlSessionTouch, pgx.StrictNamedArgs{"token": token, "data": b, "expires": expiry})
	}
	delete(values, account.SessionFresh)
	if b, err = (account.SessionCodec{}).Encode(deadline, values); err != nil {
		return err
	}
	id, err := strconv.ParseInt(text(account.SessionAccount), 10, 64)
	if err != nil {
		return fmt.Errorf("session without an account: %w", err)
	}
	return s.exec(ctx, sqlSessionInsert, pgx.StrictNamedArgs{
		"token": token, "data": b, "expires": expiry, "account": id, "address": text(account.SessionAddress), "agent": text(account.SessionAgent),
	})
}

// DeleteCtx ends a session; it is no error when there is none.
func (s *SessionStore) DeleteCtx(ctx context.Context, token string) error {
	return s.exec(ctx, sqlSessionDelete, pgx.StrictNamedArgs{"token": token})
}

// Find is FindCtx without a context, which the interface of the session manager asks for.
func (s *SessionStore) Find(token string) ([]byte, bool, error) {
	return s.FindCtx(context.Background(), token)
}

// Commit is CommitCtx without a context.
func (s *SessionStore) Commit(token string, b []byte, expiry time.Time) error {
	return s.CommitCtx(context.Background(), token, b, expiry)
}

// Delete is DeleteCtx without a context.
func (s *SessionStore) Delete(token string) error { return s.DeleteCtx(context.Background(), token) }

const (
	sqlSweepSessions = `DELETE FROM session WHERE expires_at < now()`
	sqlSweepThrottle = `DELETE FROM login_throttle WHERE since < now() - interval '1 day' AND until < now()`
	sqlSweepTokens   = `DELETE FROM form_token WHERE at < now() - interval '7 days'`
)

// Sweep deletes what has expired: sessions, old failures, tokens of forms sent long ago. All of it
// is operational and leaves no act.
func (db *DB) Sweep(ctx context.Context) error {
	for _, sql := range []string{sqlSweepSessions, sqlSweepThrottle, sqlSweepTokens} {
		if _, err := db.pool.Exec(ctx, sql); err != nil {
			return mapErr(err)
		}
	}
	return nil
}

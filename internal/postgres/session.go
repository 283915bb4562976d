package postgres

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"daicho/internal/account"
	"daicho/internal/errs"
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
	sqlSessionFind = `
SELECT s.data FROM session s WHERE s.token = @token AND s.expires_at > now()
  AND NOT EXISTS (SELECT 1 FROM account a WHERE a.id = s.account_id AND a.ended_at IS NOT NULL)`

	sqlSessionInsert = `
INSERT INTO session (token, data, expires_at, account_id, address, agent)
VALUES (@token, @data, @expires, nullif(@account::bigint, 0), @address, @agent)`

	// Every request moves the idle limit. Losing the last of these in a power cut costs nothing, so
	// it does not wait for the disk; ending a session does.
	sqlSessionTouch = `
UPDATE session SET data = @data, expires_at = @expires, seen_at = now()
FROM (SELECT set_config('synchronous_commit', 'off', true)) off WHERE token = @token`

	sqlSessionDelete = `DELETE FROM session WHERE token = @token`
)

// FindCtx returns the data of a living session of an account in use.
func (s *SessionStore) FindCtx(ctx context.Context, token string) ([]byte, bool, error) {
	var data []byte
	err := s.with(ctx, func(ctx context.Context, c *pgxpool.Conn) error {
		return c.QueryRow(ctx, sqlSessionFind, pgx.StrictNamedArgs{"token": token}).Scan(&data)
	})
	if errors.Is(err, pgx.ErrNoRows) {
		return nil, false, nil
	}
	return data, err == nil, err
}

// with runs fn on a connection. Errors: Busy when none is free in time, as View.
func (s *SessionStore) with(ctx context.Context, fn func(context.Context, *pgxpool.Conn) error) error {
	wait, cancel := context.WithTimeout(ctx, s.db.wait)
	conn, err := s.db.pool.Acquire(wait)
	cancel()
	if err != nil {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		return errs.Wrap(errs.Busy, "postgres.no_connection", err)
	}
	defer conn.Release()
	return mapErr(fn(ctx, conn))
}

func (s *SessionStore) exec(ctx context.Context, sql string, args pgx.StrictNamedArgs) error {
	return s.with(ctx, func(ctx context.Context, c *pgxpool.Conn) error {
		_, err := c.Exec(ctx, sql, args)
		return err
	})
}

// CommitCtx stores a session; see account.SessionFresh for which are inserted.
func (s *SessionStore) CommitCtx(ctx context.Context, token string, b []byte, expiry time.Time) error {
	deadline, values, err := account.SessionCodec{}.Decode(b)
	if err != nil {
		return err
	}
	text := func(key string) string { v, _ := values[key].(string); return v }
	if text(account.SessionFresh) == "" {
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

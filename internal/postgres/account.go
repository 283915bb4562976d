package postgres

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"

	"daicho/internal/account"
)

// Credential is what a sign-in needs to know about a 利用者ID. PHC leaves this package for
// verification only and never reaches a page or a log.
type Credential struct {
	Account    int64
	Person     int64
	Login      string
	Name       string
	PHC        string
	MustChange bool
	Ended      bool
	Unit       int64 // of the first post of today, 0 when none: decides who may read the act
}

const fragCredential = `
SELECT a.id AS account, a.person_id AS person, a.login, p.name, coalesce(c.phc, '') AS phc,
       coalesce(c.must_change, true) AS must_change, a.ended_at IS NOT NULL AS ended,
       coalesce((SELECT q.unit_id FROM appointment m JOIN post q ON q.id = m.post_id
         WHERE m.person_id = a.person_id AND m.valid_from <= @today AND @today < m.valid_to
         ORDER BY array_position('{main,concurrent,acting,delegated}', m.kind), q.ord LIMIT 1), 0) AS unit
FROM account a JOIN person p ON p.id = a.person_id LEFT JOIN credential c ON c.account_id = a.id`

const (
	sqlCredentialByLogin   = fragCredential + ` WHERE a.login = @login`
	sqlCredentialByAccount = fragCredential + ` WHERE a.id = @account`
)

// CredentialOfLogin reads the credential of a login. Errors: NotFound.
func (t *Tx) CredentialOfLogin(ctx context.Context, login string) (Credential, error) {
	return row[Credential](ctx, t, sqlCredentialByLogin, pgx.StrictNamedArgs{"login": login, "today": today(t.now)})
}

// CredentialOfAccount reads the credential of an account. Errors: NotFound.
func (t *Tx) CredentialOfAccount(ctx context.Context, id int64) (Credential, error) {
	return row[Credential](ctx, t, sqlCredentialByAccount, pgx.StrictNamedArgs{"account": id, "today": today(t.now)})
}

const sqlSetPassword = `
INSERT INTO credential (account_id, phc, must_change) VALUES (@account, @phc, @must_change)
ON CONFLICT (account_id) DO UPDATE SET phc = excluded.phc, must_change = excluded.must_change, changed_at = now()`

// SetPassword stores the hash of a password; mustChange makes the next sign-in lead to the page
// where the owner chooses one.
func (t *Tx) SetPassword(ctx context.Context, id int64, phc string, mustChange bool) error {
	_, err := exec(ctx, t, sqlSetPassword, pgx.StrictNamedArgs{"account": id, "phc": phc, "must_change": mustChange})
	return err
}

const (
	sqlThrottle = `SELECT key, failures, since, until FROM login_throttle WHERE key = ANY (@keys::text[])`

	sqlThrottleLock = `
SELECT key, failures, since, until FROM login_throttle WHERE key = ANY (@keys::text[]) ORDER BY key FOR UPDATE`

	sqlThrottleSeed = `
INSERT INTO login_throttle (key, failures, since, until)
SELECT k, 0, now(), now() FROM unnest(@keys::text[]) k ORDER BY k ON CONFLICT DO NOTHING`

	sqlThrottleSave  = `UPDATE login_throttle SET failures = @failures, since = @since, until = @until WHERE key = @key`
	sqlThrottleClear = `DELETE FROM login_throttle WHERE key = @key`
)

type throttleRow struct {
	Key          string
	Failures     int
	Since, Until time.Time
}

func throttled(rs []throttleRow) map[string]account.Failures {
	out := make(map[string]account.Failures, len(rs))
	for _, r := range rs {
		out[r.Key] = account.Failures{Count: r.Failures, Since: r.Since, Until: r.Until}
	}
	return out
}

// Throttle reads the failures counted for the keys; a key without any is missing.
func (t *Tx) Throttle(ctx context.Context, keys ...string) (map[string]account.Failures, error) {
	rs, err := rows[throttleRow](ctx, t, sqlThrottle, pgx.StrictNamedArgs{"keys": keys})
	return throttled(rs), err
}

// LockThrottle reads the failures and holds the rows to commit, so that attempts made at the same
// time are counted one after another. seed makes the rows that are missing.
func (t *Tx) LockThrottle(ctx context.Context, seed bool, keys ...string) (map[string]account.Failures, error) {
	if seed {
		if _, err := exec(ctx, t, sqlThrottleSeed, pgx.StrictNamedArgs{"keys": keys}); err != nil {
			return nil, err
		}
	}
	rs, err := rows[throttleRow](ctx, t, sqlThrottleLock, pgx.StrictNamedArgs{"keys": keys})
	return throttled(rs), err
}

// SaveThrottle stores the failures of a key that LockThrottle holds.
func (t *Tx) SaveThrottle(ctx context.Context, key string, f account.Failures) error {
	_, err := exec(ctx, t, sqlThrottleSave, pgx.StrictNamedArgs{"key": key, "failures": f.Count, "since": f.Since, "until": f.Until})
	return err
}

// ClearThrottle forgets the failures of a key.
func (t *Tx) ClearThrottle(ctx context.Context, key string) error {
	_, err := exec(ctx, t, sqlThrottleClear, pgx.StrictNamedArgs{"key": key})
	return err
}

const sqlRefusalNoted = `
SELECT EXISTS (SELECT 1 FROM act WHERE at >= @since AND action = @action AND outcome = 'refused' AND reason = @reason
  AND (target = @target OR detail ->> 'address' = @address))`

// RefusalNoted reports whether a refusal of this action and reason about the target or from the
// address stands in the trail since a time: an attacker must not fill the trail at will.
func (t *Tx) RefusalNoted(ctx context.Context, since time.Time, reason, target, address string) (bool, error) {
	return scalar[bool](ctx, t, sqlRefusalNoted, pgx.StrictNamedArgs{
		"since": since, "action": string(t.action), "reason": reason, "target": target, "address": address,
	})
}

// Account is one 利用者ID in a list.
type Account struct {
	ID         int64
	Person     int64
	Login      string
	Code       string // of the person
	Name       string
	Yomi       string
	Posts      string // 所属 職 of today, joined by ／
	Admin      bool   // holds the administrator's post today
	MustChange bool
	EndedAt    *time.Time
	LastSignIn *time.Time
	Density    string
	Shortcuts  bool
}

const fragAccount = `
SELECT a.id, a.person_id AS person, a.login, p.code, p.name, p.yomi,
       coalesce((SELECT string_agg((SELECT string_agg(x.name, ' ' ORDER BY y.depth DESC) FROM unit_tree y JOIN unit x ON x.id = y.above_id
                                    WHERE y.unit_id = q.unit_id) || ' ' || q.name, '／'
                                   ORDER BY array_position('{main,concurrent,acting,delegated}', m.kind), q.ord)
         FROM appointment m JOIN post q ON q.id = m.post_id
         WHERE m.person_id = p.id AND m.valid_from <= @today AND @today < m.valid_to), '') AS posts,
       EXISTS (SELECT 1 FROM appointment m JOIN post q ON q.id = m.post_id WHERE q.role = 'admin'
         AND m.person_id = p.id AND m.valid_from <= @today AND @today < m.valid_to) AS admin,
       coalesce(c.must_change, true) AS must_change, a.ended_at,
       (SELECT at FROM act WHERE act.person_id = p.id AND action = 'session.sign_in' AND outcome = 'done' ORDER BY id DESC LIMIT 1) AS last_sign_in,
       a.density, a.shortcuts
FROM account a JOIN person p ON p.id = a.person_id LEFT JOIN credential c ON c.account_id = a.id`

const (
	sqlAccounts = fragAccount + `
WHERE (@q = '' OR a.login LIKE @pattern OR p.name LIKE @pattern OR p.yomi LIKE @pattern OR p.code LIKE @pattern)
  AND (@ended OR a.ended_at IS NULL)
ORDER BY a.ended_at IS NOT NULL, a.login LIMIT @limit OFFSET @offset`

	sqlAccountCount = `
SELECT count(*) FROM account a JOIN person p ON p.id = a.person_id
WHERE (@q = '' OR a.login LIKE @pattern OR p.name LIKE @pattern OR p.yomi LIKE @pattern OR p.code LIKE @pattern)
  AND (@ended OR a.ended_at IS NULL)`

	sqlAccount = fragAccount + ` WHERE a.id = @id`
)

// AccountFilter narrows the list of accounts.
type AccountFilter struct {
	Query         string // part of login, name, yomi or code
	Ended         bool   // ended ones too
	Limit, Offset int
}

// Accounts lists accounts by login, those in use first, with how many there are in all.
func (t *Tx) Accounts(ctx context.Context, f AccountFilter) ([]Account, int, error) {
	args := pgx.StrictNamedArgs{"q": f.Query, "pattern": "%" + likeEscape(f.Query) + "%", "ended": f.Ended}
	n, err := scalar[int](ctx, t, sqlAccountCount, args)
	if err != nil {
		return nil, 0, err
	}
	args["today"], args["limit"], args["offset"] = today(t.now), f.Limit, f.Offset
	out, err := rows[Account](ctx, t, sqlAccounts, args)
	return out, n, err
}

// Account reads one account. Errors: NotFound.
func (t *Tx) Account(ctx context.Context, id int64) (Account, error) {
	return row[Account](ctx, t, sqlAccount, pgx.StrictNamedArgs{"id": id, "today": today(t.now)})
}

const (
	sqlInsertAccount = `INSERT INTO account (person_id, login) VALUES (@person, @login) RETURNING id`
	sqlEndAccount    = `UPDATE account SET ended_at = now() WHERE id = @id AND ended_at IS NULL`
	sqlResumeAccount = `UPDATE account SET ended_at = NULL WHERE id = @id AND ended_at IS NOT NULL`
	sqlSaveTaste     = `UPDATE account SET density = @density, shortcuts = @shortcuts WHERE id = @id`
)

// InsertAccount makes a 利用者ID for a person. Errors: Conflict with the code
// unique.account_login_key or unique.account_person_id_key.
func (t *Tx) InsertAccount(ctx context.Context, person int64, login string) (int64, error) {
	return scalar[int64](ctx, t, sqlInsertAccount, pgx.StrictNamedArgs{"person": person, "login": login})
}

// EndAccount ends an account and its sessions.
func (t *Tx) EndAccount(ctx context.Context, id int64) error {
	if _, err := exec(ctx, t, sqlEndAccount, pgx.StrictNamedArgs{"id": id}); err != nil {
		return err
	}
	return t.RevokeSessions(ctx, id, "")
}

// ResumeAccount lets an ended account sign in again.
func (t *Tx) ResumeAccount(ctx context.Context, id int64) error {
	_, err := exec(ctx, t, sqlResumeAccount, pgx.StrictNamedArgs{"id": id})
	return err
}

// SaveTaste stores how somebody wants screens to be: the height of rows and single-key shortcuts.
func (t *Tx) SaveTaste(ctx context.Context, id int64, density string, shortcuts bool) error {
	_, err := exec(ctx, t, sqlSaveTaste, pgx.StrictNamedArgs{"id": id, "density": density, "shortcuts": shortcuts})
	return err
}

// Viewer is what every request needs to know of the account that asks.
type Viewer struct {
	Account    int64
	Person     int64
	Login      string
	Name       string
	Ended      bool
	MustChange bool
	Density    string
	Shortcuts  bool
}

const sqlViewer = `
SELECT a.id AS account, a.person_id AS person, a.login, p.name, a.ended_at IS NOT NULL AS ended,
       coalesce(c.must_change, true) AS must_change, a.density, a.shortcuts
FROM account a JOIN person p ON p.id = a.person_id LEFT JOIN credential c ON c.account_id = a.id WHERE a.id = @id`

// Viewer reads the account of a session. Errors: NotFound.
func (t *Tx) Viewer(ctx context.Context, id int64) (Viewer, error) {
	return row[Viewer](ctx, t, sqlViewer, pgx.StrictNamedArgs{"id": id})
}

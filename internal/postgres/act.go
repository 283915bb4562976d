package postgres

import (
	"cmp"
	"context"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"

	"daicho/internal/authz"
	"daicho/internal/errs"
	"daicho/internal/jptext"
	"daicho/internal/org"
)

// Note is what an act says besides who acts and when.
type Note struct {
	Target  string         // what it is about, in words without protected content: a 管理番号, a login
	Asset   int64          // 0 when it is not about one asset
	Unit    int64          // 0 when it is not about one unit; decides who may read the act
	Post    int64          // appointment id by which the actor acts; 0 = the first that carries the action
	Reason  string         // why, as the actor wrote it
	Detail  map[string]any // filter, counts, digests; never a secret
	Refused bool           // the act was refused
}

const sqlSign = `
INSERT INTO act (account_id, person_id, post_id, appointment_id, person_text, post_text, auth, channel, action, outcome,
  target, asset_id, unit_id, reason, request_id, detail)
VALUES (nullif(@account::bigint, 0), nullif(@person::bigint, 0), nullif(@post::bigint, 0), nullif(@appointment::bigint, 0),
  @person_text, @post_text, @auth, @channel, @action, @outcome, @target, nullif(@asset::bigint, 0), nullif(@unit::bigint, 0),
  @reason, @request, @detail)
RETURNING set_config('daicho.act', id::text, true)::bigint`

// Sign inserts the act of this transaction. It is called once, after what must be read first and
// before the first write. Errors: Internal when called twice or in a View.
func (t *Tx) Sign(ctx context.Context, n Note) error {
	if !t.write || t.act != 0 {
		return errors.New("sign: not a writing transaction, or signed already")
	}
	// The last line: whatever a use case forgot to look at, the trail holds no My Number for ever.
	if len(jptext.FindMyNumbers(n.Reason)) > 0 || len(jptext.FindMyNumbers(fmt.Sprint(n.Detail))) > 0 {
		return errs.New(errs.Invalid, "act.mynumber", "個人番号（マイナンバー）と見分けのつかない12桁の数字があります。個人番号はこの台帳に書けません。その数字を消してください。")
	}
	var post org.Appointment
	for _, p := range t.scope.Posts() {
		if post.ID == 0 || p.ID == n.Post {
			post = p
		}
	}
	if n.Post == 0 && n.Unit != 0 {
		if p, ok := t.scope.Post(n.Unit); ok {
			post = p
		}
	}
	outcome := "done"
	if n.Refused {
		outcome = "refused"
	}
	if n.Detail == nil {
		n.Detail = map[string]any{}
	}
	title := ""
	if post.ID != 0 {
		title = post.UnitPath + " " + post.PostName
	}
	id, err := scalar[int64](ctx, t, sqlSign, pgx.StrictNamedArgs{
		"account": t.actor.Account, "person": t.actor.Person, "post": post.PostID, "appointment": post.ID,
		"person_text": cmp.Or(t.actor.Name, "（ログイン前）"), "post_text": title,
		"auth": cmp.Or(t.actor.Auth, "none"), "channel": cmp.Or(t.actor.Channel, "system"),
		"action": string(t.action), "outcome": outcome, "target": n.Target, "asset": n.Asset, "unit": n.Unit,
		"reason": n.Reason, "request": t.actor.RequestID, "detail": n.Detail,
	})
	if err != nil {
		return err
	}
	t.act = id
	return nil
}

const sqlNextRevision = `
WITH head AS (UPDATE register_head SET rev = rev + 1 RETURNING rev)
INSERT INTO revision (rev, act_id) SELECT rev, @act FROM head RETURNING rev`

// Revision takes the next number of the register for this transaction, once, and holds the counter
// to commit: from here on this transaction is the only one that changes what is in force.
func (t *Tx) Revision(ctx context.Context) (int64, error) {
	if t.rev != 0 {
		return t.rev, nil
	}
	if t.act == 0 {
		return 0, errors.New("revision: the transaction is not signed")
	}
	rev, err := scalar[int64](ctx, t, sqlNextRevision, pgx.StrictNamedArgs{"act": t.act})
	if err != nil {
		return 0, err
	}
	t.rev = rev
	return rev, nil
}

// refusalsKept bounds the acts that one person's refusals leave in a minute: a script must not be able
// to fill the trail, which nobody may ever empty.
const refusalsKept = 60

const sqlRecentRefusals = `
SELECT count(*) FROM (SELECT FROM act WHERE person_id = @person AND id > (SELECT coalesce(max(id), 0) - 10000 FROM act)
  AND outcome = 'refused' AND at > now() - interval '1 minute' ORDER BY id DESC LIMIT @most) recent`

// Refuse records that an actor tried what they may not do. It is called at the edge, in a
// transaction of its own, because the one that was refused rolls back. Beyond refusalsKept in a
// minute nothing is written; the last one that is says so.
func (db *DB) Refuse(ctx context.Context, a authz.Actor, action authz.Action, n Note) error {
	g, err := authz.Permit(a, authz.SignIn) // anyone may leave a trace
	if err != nil {
		return err
	}
	var recent int
	if err := db.View(ctx, g, func(ctx context.Context, t *Tx) (err error) {
		recent, err = scalar[int](ctx, t, sqlRecentRefusals, pgx.StrictNamedArgs{"person": a.Person, "most": refusalsKept})
		return err
	}); err != nil || recent >= refusalsKept {
		return err
	}
	n.Refused = true
	if recent == refusalsKept-1 {
		n.Detail = map[string]any{"more": "この1分間のこれより後の拒否は記録しない"}
	}
	return db.Act(ctx, g, func(ctx context.Context, t *Tx) error {
		t.action = action
		return t.Sign(ctx, n)
	})
}

// errScope is what a row outside the scope looks like: as if it did not exist.
func errScope() error { return errs.New(errs.NotFound, "scope", "") }

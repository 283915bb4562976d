package postgres

import (
	"context"
	"encoding/json"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"daicho/internal/org"
	"daicho/internal/pack"
)

// TrailFilter narrows the list of acts; a zero part does not narrow.
type TrailFilter struct {
	Person        string    // part of the name
	Action        string    // one action
	Number        string    // 管理番号
	Outcome       string    // done, refused
	From, To      time.Time // acts at or after From and before To
	Limit, Offset int
}

// TrailAct is one act in the list.
type TrailAct struct {
	ID      int64
	At      time.Time
	Person  string
	Post    string
	Auth    string
	Channel string
	Action  string
	Outcome string
	Target  string
	Number  string // 管理番号 of the asset that it is about, or empty
	Reason  string
	Request string
	Detail  json.RawMessage
	Changes int // rows that it changed
}

// What an administrator sees of the trail: acts on accounts and packs, no business (authz).
var adminActions = []string{"account.%", "pack.%"}

const (
	fragTrail = `
SELECT a.id, a.at, a.person_text AS person, a.post_text AS post, a.auth, a.channel, a.action, a.outcome, a.target,
       coalesce((SELECT number FROM asset s WHERE s.id = a.asset_id), '') AS number, a.reason, a.request_id AS request, a.detail,
       (SELECT count(*) FROM change c WHERE c.act_id = a.id)::int AS changes
FROM act a WHERE `

	fragTrailScope   = `(@everything OR a.unit_id = ANY (@units::bigint[]) OR a.action LIKE ANY (@actions::text[]))`
	fragTrailPerson  = ` AND a.person_text LIKE @person`
	fragTrailAction  = ` AND a.action = @action`
	fragTrailNumber  = ` AND a.asset_id = (SELECT id FROM asset WHERE number = @number)`
	fragTrailOutcome = ` AND a.outcome = @outcome`
	fragTrailFrom    = ` AND a.at >= @from`
	fragTrailTo      = ` AND a.at < @to`
	fragTrailPage    = ` ORDER BY a.at DESC, a.id DESC LIMIT @limit OFFSET @offset`

	// Beyond so many the exact number helps nobody and counting it costs.
	trailCountMax      = 10_000
	fragTrailCountHead = `SELECT count(*) FROM (SELECT 1 FROM act a WHERE `
	fragTrailCountTail = ` LIMIT @most) x`
)

// Trail lists acts within the reader's scope, newest first, with how many there are (at most
// trailCountMax+1). A post that reaches the whole body sees all, another what concerns its units, an
// administrator's post only acts on accounts and packs.
func (t *Tx) Trail(ctx context.Context, f TrailFilter) ([]TrailAct, int, error) {
	where, args := t.trailWhere(f)
	args["most"] = trailCountMax + 1
	n, err := scalar[int](ctx, t, fragTrailCountHead+where+fragTrailCountTail, args)
	if err != nil {
		return nil, 0, err
	}
	delete(args, "most")
	args["limit"], args["offset"] = f.Limit, f.Offset
	out, err := rows[TrailAct](ctx, t, fragTrail+where+fragTrailPage, args)
	return out, n, err
}

func (t *Tx) trailWhere(f TrailFilter) (string, pgx.StrictNamedArgs) {
	everything, units, actions := false, []int64{}, []string{}
	for _, p := range t.scope.Posts() {
		switch {
		case p.Role == org.Admin:
			actions = adminActions
		case p.Reach == org.ReachBody:
			everything = true
		default:
			units = append(units, p.Units...)
		}
	}
	slices.Sort(units)
	args := pgx.StrictNamedArgs{"everything": everything, "units": slices.Compact(units), "actions": actions}
	where := strings.Builder{}
	where.WriteString(fragTrailScope)
	add := func(on bool, frag, name string, value any) {
		if on {
			where.WriteString(frag)
			args[name] = value
		}
	}
	add(f.Person != "", fragTrailPerson, "person", "%"+likeEscape(f.Person)+"%")
	add(f.Action != "", fragTrailAction, "action", f.Action)
	add(f.Number != "", fragTrailNumber, "number", f.Number)
	add(f.Outcome != "", fragTrailOutcome, "outcome", f.Outcome)
	add(!f.From.IsZero(), fragTrailFrom, "from", f.From)
	add(!f.To.IsZero(), fragTrailTo, "to", f.To)
	return where.String(), args
}

// GrantedPost is a post that somebody was given.
type GrantedPost struct {
	At     time.Time
	Person string
	Unit   string
	Post   string
	Role   string
	By     string // who gave it, as the act has it
}

// Thirty days: whoever looks in once a month sees every one. A post whose end is put off is given
// again. Only what a sample brings with it is nobody's doing.
const sqlGrantedPosts = `
SELECT a.at, p.name AS person, u.name AS unit, q.name AS post, q.role, a.person_text AS by
FROM act a JOIN change c ON c.act_id = a.id AND c.tbl = 'appointment'
  AND (c.op = 'INSERT' OR (c.after ->> 'valid_to')::date > (c.before ->> 'valid_to')::date)
JOIN appointment m ON m.id = c.pk::bigint JOIN person p ON p.id = m.person_id
JOIN post q ON q.id = m.post_id JOIN unit u ON u.id = q.unit_id
WHERE a.at > now() - interval '30 days' AND a.outcome = 'done' AND a.detail ->> 'kind' IS DISTINCT FROM @sample ORDER BY a.id DESC, c.seq DESC LIMIT @limit`

// GrantedPosts lists the posts that people were given in the last thirty days, newest first, by an
// administrator or by a pack: those who gave them hold no business authority, and those who do are to
// see it.
func (t *Tx) GrantedPosts(ctx context.Context, limit int) ([]GrantedPost, error) {
	return rows[GrantedPost](ctx, t, sqlGrantedPosts, pgx.StrictNamedArgs{"sample": pack.Sample, "limit": limit})
}

package postgres

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"

	"daicho/internal/classify"
)

// By is who did something, by which post, and when, as the act says it.
type By struct {
	Person string
	Post   string // 組織 職
	At     time.Time
}

// PastVersion is one stored version of an asset with who wrote it and, where it was applied for,
// what became of it.
type PastVersion struct {
	No           int
	By           By
	Content      [32]byte // SHA-256 of the stored text
	Material     [32]byte // SHA-256 of its material part
	Application  int64    // 0 = in force without one: a minor change
	BaseNo       int      // in force when it was applied for, 0 = new
	Deed         string
	Lowers       bool
	State        string // of the application
	Note         string // 申請の理由
	DecidedAt    *time.Time
	WithdrawnWhy string // reason that the applicant gave when it was withdrawn
	Decision     *PastDecision
}

// PastDecision is what was decided on an application.
type PastDecision struct {
	ID       int64
	By       By
	Outcome  string
	Capacity string
	Comment  string
}

const sqlPastVersions = `
SELECT v.no, w.at, w.person_text, w.post_text, v.content_sha256, v.material_sha256, coalesce(a.id, 0) AS application, coalesce(i.base_no, 0) AS base_no,
  coalesce(i.deed, '') AS deed, coalesce(i.lowers, false) AS lowers, coalesce(a.state, '') AS state, coalesce(nullif(a.note, ''), w.reason) AS note, a.decided_at, coalesce(ww.reason, '') AS withdrawn_why,
  coalesce(d.id, 0) AS decision, dw.at AS d_at, coalesce(dw.person_text, '') AS d_person, coalesce(dw.post_text, '') AS d_post,
  coalesce(d.outcome, '') AS outcome, coalesce(d.capacity, '') AS capacity, coalesce(d.comment, '') AS comment
FROM asset_version v JOIN act w ON w.id = v.act_id
LEFT JOIN (application_item i JOIN application a ON a.id = i.application_id) ON i.asset_id = v.asset_id AND i.version_no = v.no
LEFT JOIN (decision d JOIN act dw ON dw.id = d.act_id) ON d.application_id = a.id AND d.step = a.step AND d.round = a.round
LEFT JOIN act ww ON a.state = 'withdrawn' AND ww.at = a.decided_at AND ww.action = 'application.withdraw' AND ww.detail ->> 'application' = a.id::text
WHERE v.asset_id = @asset ORDER BY v.no DESC LIMIT @limit`

// PastVersions lists the versions of an asset that the caller has read within the scope, newest
// first.
func (t *Tx) PastVersions(ctx context.Context, id int64, limit int) ([]PastVersion, error) {
	type line struct {
		No                            int
		At                            time.Time
		PersonText, PostText          string
		MaterialSha256, ContentSha256 []byte
		Application                   int64
		BaseNo                        int
		Deed                          string
		Lowers                        bool
		State, Note                   string
		DecidedAt                     *time.Time
		WithdrawnWhy                  string
		Decision                      int64
		DAt                           *time.Time
		DPerson, DPost                string
		Outcome, Capacity             string
		Comment                       string
	}
	lines, err := rows[line](ctx, t, sqlPastVersions, pgx.StrictNamedArgs{"asset": id, "limit": limit})
	if err != nil {
		return nil, err
	}
	out := make([]PastVersion, len(lines))
	for i, l := range lines {
		out[i] = PastVersion{
			No: l.No, By: By{l.PersonText, l.PostText, l.At}, Content: [32]byte(l.ContentSha256), Material: [32]byte(l.MaterialSha256), Application: l.Application, BaseNo: l.BaseNo,
			Deed: l.Deed, Lowers: l.Lowers, State: l.State, Note: l.Note, DecidedAt: l.DecidedAt, WithdrawnWhy: l.WithdrawnWhy,
		}
		if l.DAt != nil {
			out[i].Decision = &PastDecision{l.Decision, By{l.DPerson, l.DPost, *l.DAt}, l.Outcome, l.Capacity, l.Comment}
		}
	}
	return out, nil
}

// Tenure is one span in which a version was in force at certain levels.
type Tenure struct {
	VersionNo int
	FromRev   int64
	ToRev     int64 // greatest number while it lasts
	From      time.Time
	To        *time.Time
	C, I, A   classify.Rank
	State     string
	Decision  int64
	By        By
	// Application is the one whose decision opened the span, 0 where none did or where it lies outside
	// the scope; Seen says that the act lies within it.
	Application int64
	Seen        bool
}

// Levels returns the levels of the span.
func (t Tenure) Levels() classify.Levels { return classify.Levels{C: t.C, I: t.I, A: t.A} }

const sqlTenures = `
SELECT t.version_no, t.from_rev, t.to_rev, f.at AS "from", u.at AS "to", t.c, t.i, t.a, t.state, t.decision_id AS decision,
       w.person_text AS person, w.post_text AS post, x.seen, CASE WHEN x.seen THEN coalesce((w.detail ->> 'application')::bigint, 0) ELSE 0 END AS application
FROM tenure t JOIN revision f ON f.rev = t.from_rev JOIN act w ON w.id = f.act_id LEFT JOIN revision u ON u.rev = t.to_rev
CROSS JOIN LATERAL (SELECT @everything OR w.unit_id IS NULL OR w.unit_id = ANY (@scope::bigint[]) AS seen) x
WHERE t.asset_id = @asset ORDER BY t.from_rev`

// Tenures lists the spans in which an asset was in force, oldest first.
func (t *Tx) Tenures(ctx context.Context, id int64) ([]Tenure, error) {
	type line struct {
		VersionNo      int
		FromRev, ToRev int64
		From           time.Time
		To             *time.Time
		C, I, A        classify.Rank
		State          string
		Decision       int64
		Person, Post   string
		Seen           bool
		Application    int64
	}
	lines, err := rows[line](ctx, t, sqlTenures, t.scoped(pgx.StrictNamedArgs{"asset": id}))
	out := make([]Tenure, len(lines))
	for i, l := range lines {
		out[i] = Tenure{l.VersionNo, l.FromRev, l.ToRev, l.From, l.To, l.C, l.I, l.A, l.State, l.Decision, By{l.Person, l.Post, l.From}, l.Application, l.Seen}
	}
	return out, err
}

// Openings counts how often the pages of an asset were opened while that was recorded.
type Openings struct {
	Count int
	Last  *time.Time
}

const sqlOpenings = `SELECT count(*)::int AS count, max(at) AS last FROM act WHERE asset_id = @asset AND action IN ('asset.read', 'application.read')`

// Openings counts the recorded openings of an asset: of its own pages, and of an application in which
// it was the one guarded item.
func (t *Tx) Openings(ctx context.Context, id int64) (Openings, error) {
	return row[Openings](ctx, t, sqlOpenings, pgx.StrictNamedArgs{"asset": id})
}

// Risen is an axis of an asset that rose under a revision.
type Risen struct {
	Revision int64
	Axis     classify.Axis
	Rank     classify.Rank // since then
}

// Cause is a neighbour that gave a level when it rose. One outside the scope has no Ref.
type Cause struct {
	Revision int64
	Axis     classify.Axis
	Ref      AssetRef
}

// sqlRiseCauses finds for each rise a neighbour that stood as high under that revision, along a relation
// that was in force then. That it is open or ended goes without saying, and tells the planner that the
// indexes of either together hold them all.
const sqlRiseCauses = `
SELECT w.rev AS revision, w.axis, x.inside, ` + fragRefColumns + `
FROM unnest(@revs::bigint[], @axes::text[], @ranks::smallint[]) w (rev, axis, rank)
CROSS JOIN LATERAL (
  SELECT v.giver FROM passage v
  JOIN tenure t ON t.asset_id = v.giver AND t.from_rev <= w.rev AND w.rev < t.to_rev
  LEFT JOIN level_now l ON l.asset_id = v.taker AND l.axis = v.axis
  CROSS JOIN LATERAL (SELECT least(greatest(CASE w.axis WHEN 'C' THEN t.c WHEN 'I' THEN t.i ELSE t.a END, v.least), v.most) AS gave) y
  WHERE v.taker = @asset AND v.axis = w.axis AND v.from_rev <= w.rev AND w.rev < v.to_rev
    AND (v.to_rev = 9223372036854775807 OR v.to_rev <> 9223372036854775807)
  ORDER BY y.gave >= w.rank DESC, (t.from_rev = w.rev) DESC, (v.giver = coalesce(l.via, l.gathered)) IS TRUE DESC, y.gave DESC, v.giver LIMIT 1) g
JOIN asset_now n ON n.asset_id = g.giver JOIN unit u ON u.id = n.unit_id
CROSS JOIN LATERAL (SELECT @everything OR n.unit_id = ANY (@scope::bigint[]) AS inside) x ORDER BY w.rev, w.axis`

// RiseCauses finds because of which neighbours the levels of an asset rose.
func (t *Tx) RiseCauses(ctx context.Context, id int64, rises []Risen) ([]Cause, error) {
	if len(rises) == 0 {
		return nil, nil
	}
	var revs []int64
	var axes []string
	var ranks []int16
	for _, r := range rises {
		revs, axes, ranks = append(revs, r.Revision), append(axes, string(r.Axis)), append(ranks, int16(r.Rank))
	}
	type line struct {
		Revision int64
		Axis     string
		Inside   bool
		refRow
	}
	list, err := rows[line](ctx, t, sqlRiseCauses, t.scoped(pgx.StrictNamedArgs{"asset": id, "revs": revs, "axes": axes, "ranks": ranks}))
	out := make([]Cause, len(list))
	for i, l := range list {
		out[i] = Cause{Revision: l.Revision, Axis: classify.Axis(l.Axis)}
		if l.Inside {
			out[i].Ref = l.ref()
		}
	}
	return out, err
}

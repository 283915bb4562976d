package postgres

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"
)

// EarlierReturn is the application by which an asset came back without being approved since.
type EarlierReturn struct {
	AssetID            int64
	Application        int64
	VersionNo          int
	Comment            string
	Person, Post, Unit string // who returned it
	At                 time.Time
}

// What was withdrawn in between changes nothing: the comment still waits for its answer.
const sqlEarlierReturns = `
SELECT x.asset_id, x.application, x.version_no, d.comment, p.name AS person, po.name AS post, u.name AS unit, w.at
FROM (SELECT DISTINCT ON (i.asset_id) i.asset_id, a.id AS application, i.version_no, a.state
      FROM application_item i JOIN application a ON a.id = i.application_id
      WHERE i.asset_id = ANY (@assets::bigint[]) AND a.id < @before AND a.state IN ('returned', 'approved')
        AND (@everything OR a.unit_id = ANY (@scope::bigint[]))
      ORDER BY i.asset_id, a.id DESC) x
JOIN decision d ON d.application_id = x.application AND d.outcome = 'returned'
JOIN person p ON p.id = d.person_id JOIN post po ON po.id = d.post_id JOIN unit u ON u.id = po.unit_id JOIN act w ON w.id = d.act_id
WHERE x.state = 'returned'`

// EarlierReturns finds, per asset, the newest application within the scope before another one, if it
// came back: what an applicant has to answer, and an approver to see again.
func (t *Tx) EarlierReturns(ctx context.Context, assets []int64, before int64) (map[int64]EarlierReturn, error) {
	list, err := rows[EarlierReturn](ctx, t, sqlEarlierReturns, t.scoped(pgx.StrictNamedArgs{"assets": assets, "before": before}))
	out := make(map[int64]EarlierReturn, len(list))
	for _, e := range list {
		out[e.AssetID] = e
	}
	return out, err
}

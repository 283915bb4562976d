package postgres

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"

	"daicho/internal/asset"
	"daicho/internal/classify"
)

// AssetRow is an asset as its page opens: where it stands, and how much there is on each tab.
type AssetRow struct {
	Asset       int64
	Number      string
	Kind        asset.Kind
	Unit        int64
	UnitPath    string
	Organ       string
	Model       string // adopted model of the unit, its own or inherited
	Host        string // 構成団体, "" = none
	State       asset.State
	Name        string
	C, I, A     classify.Rank
	Zone        string
	Class       int64
	Set         int64
	VersionNo   int // in force, 0 = none
	PendingNo   int // waiting for a decision, 0 = none
	ShownNo     int // what the page shows: in force, or the newest while nothing is
	Scheme      int64
	Guarded     bool // stands, or ever stood, at a level whose opening is recorded
	Drafted     bool // somebody is writing a change
	CheckedOn   *time.Time
	UpdatedAt   time.Time
	UpdatedRev  int64
	Versions    int
	Relations   int
	Attachments int
}

// Levels returns the levels that the list shows: in force, or applied for while nothing is.
func (r AssetRow) Levels() classify.Levels { return classify.Levels{C: r.C, I: r.I, A: r.A} }

const sqlAssetRow = `
SELECT n.asset_id AS asset, n.number, n.kind, n.unit_id AS unit,
  (SELECT string_agg(x.name, ' ' ORDER BY y.depth DESC) FROM unit_tree y JOIN unit x ON x.id = y.above_id WHERE y.unit_id = n.unit_id) AS unit_path,
  o.name AS organ,
  coalesce((SELECT x.model FROM unit_tree y JOIN unit x ON x.id = y.above_id WHERE y.unit_id = n.unit_id AND x.model <> '' ORDER BY y.depth LIMIT 1), ` + fragBodyModel + `, '') AS model,
  coalesce(h.name, '') AS host, n.state, n.name, n.c, n.i, n.a, n.zone, coalesce(n.class_id, 0) AS class, coalesce(n.set_id, 0) AS set,
  coalesce(n.version_no, 0) AS version_no, coalesce(n.pending_no, 0) AS pending_no, v.no AS shown_no, v.scheme_id AS scheme,
  EXISTS (SELECT FROM scheme_level l WHERE l.scheme_id = v.scheme_id AND l.guarded
          AND (l.axis, l.rank) IN (('C', scheme_level_at(v.scheme_id, 'C', n.c)), ('I', scheme_level_at(v.scheme_id, 'I', n.i)), ('A', scheme_level_at(v.scheme_id, 'A', n.a))))
    OR EXISTS (SELECT FROM tenure t JOIN asset_version tv ON (tv.asset_id, tv.no) = (t.asset_id, t.version_no)
               JOIN scheme_level l ON l.scheme_id = tv.scheme_id AND l.guarded AND (l.axis, l.rank) IN (('C', scheme_level_at(tv.scheme_id, 'C', t.c)), ('I', scheme_level_at(tv.scheme_id, 'I', t.i)), ('A', scheme_level_at(tv.scheme_id, 'A', t.a)))
               WHERE t.asset_id = n.asset_id) AS guarded,
  EXISTS (SELECT FROM draft d WHERE d.asset_id = n.asset_id) AS drafted,
  n.checked_on, n.updated_at, n.updated_rev,
  (SELECT count(*) FROM asset_version w WHERE w.asset_id = n.asset_id) AS versions,
  (SELECT count(*) FROM relation r WHERE r.to_rev = 9223372036854775807 AND (r.from_id = n.asset_id OR r.to_id = n.asset_id)) AS relations,
  (SELECT count(*) FROM asset_file f WHERE f.asset_id = n.asset_id AND f.removed_act IS NULL) AS attachments
FROM asset_now n JOIN organ o ON o.id = n.organ_id LEFT JOIN host_body h ON h.id = n.host_id
JOIN LATERAL (SELECT w.no, w.scheme_id FROM asset_version w WHERE w.asset_id = n.asset_id ORDER BY (w.no = n.version_no) IS TRUE DESC, w.no DESC LIMIT 1) v ON true
WHERE n.number = @number AND (@everything OR n.unit_id = ANY (@scope::bigint[]))`

// AssetRow reads an asset by its 管理番号 within the scope. Errors: NotFound, also for one that lies
// outside.
func (t *Tx) AssetRow(ctx context.Context, number string) (AssetRow, error) {
	return row[AssetRow](ctx, t, sqlAssetRow, t.scoped(pgx.StrictNamedArgs{"number": number}))
}

// Standing is the newest application that names an asset.
type Standing struct {
	ID            int64
	State         string
	VersionNo     int
	Deed          string
	Lowers        bool
	ApplicantText string
	Note          string
	SubmittedAt   time.Time
	StepRole      string
	StepUnit      string
}

const sqlStanding = `
SELECT a.id, a.state, i.version_no, i.deed, i.lowers, a.applicant_text, a.note, a.submitted_at, s.role AS step_role, u.name AS step_unit
FROM application_item i JOIN application a ON a.id = i.application_id
JOIN application_step s ON s.application_id = a.id AND s.no = a.step JOIN unit u ON u.id = s.unit_id
WHERE i.asset_id = @asset ORDER BY a.id DESC LIMIT 1`

// Standing reads the newest application of an asset that the caller has read within the scope.
// Errors: NotFound when there is none.
func (t *Tx) Standing(ctx context.Context, id int64) (Standing, error) {
	return row[Standing](ctx, t, sqlStanding, pgx.StrictNamedArgs{"asset": id})
}

// Review is one cause of 要再承認.
type Review struct {
	Cause string
	Since time.Time
	Note  string
}

// That an edition came into force is nobody's write: it is read off the edition that an asset stands
// under, so that it holds from midnight on for a million assets at once.
const sqlReviews = `
SELECT cause, since, note FROM asset_review WHERE asset_id = @asset
UNION ALL
SELECT '` + ReviewScheme + `', d.in_force_from::timestamp AT TIME ZONE 'Asia/Tokyo', s.name || ' ' || s.edition
FROM asset_now n JOIN scheme s ON s.id = scheme_today() JOIN scheme_decision d ON d.scheme_id = s.id AND d.outcome = 'approved'
WHERE n.asset_id = @asset AND n.scheme_id <> s.id AND n.version_no IS NOT NULL AND n.state <> 'disposed'
ORDER BY since, cause`

// ReviewScheme is the cause of 要再承認 that another edition of the 分類体系 is in force than the one
// that the asset was judged by.
const ReviewScheme = "scheme"

// Reviews lists why an asset must be approved again.
func (t *Tx) Reviews(ctx context.Context, id int64) ([]Review, error) {
	return rows[Review](ctx, t, sqlReviews, pgx.StrictNamedArgs{"asset": id})
}

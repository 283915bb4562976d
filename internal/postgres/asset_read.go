package postgres

import (
	"context"
	"fmt"
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
	UnitPath    string `db:"-"`
	Model       string `db:"-"` // adopted model of the unit, its own or inherited
	Host        string `db:"-"` // 構成団体, "" = none
	State       asset.State
	Name        string
	C, I, A     classify.Rank
	Zone        string
	Set         int64
	VersionNo   int     // in force, 0 = none
	PendingNo   int     // waiting for a decision, 0 = none
	Shown       Version `db:"-"` // what the page shows: in force, or the newest while nothing is
	Guarded     bool    `db:"-"` // stands, or ever stood, at a level whose opening is recorded
	Drafted     bool    // somebody is writing a change
	CheckedOn   *time.Time
	Versions    int
	Relations   int
	Attachments int
	Demands     int // controls of the stored set
}

// Levels returns the levels that the list shows: in force, or applied for while nothing is.
func (r AssetRow) Levels() classify.Levels { return classify.Levels{C: r.C, I: r.I, A: r.A} }

// The words for units and hosts, and which levels are guarded, come from memory.
const sqlAssetRow = `
SELECT n.asset_id AS asset, n.number, n.kind, n.unit_id AS unit, coalesce(n.host_id, 0) AS host_id, n.state, n.name, n.c, n.i, n.a, n.zone,
  coalesce(n.set_id, 0) AS set, coalesce(n.version_no, 0) AS version_no, coalesce(n.pending_no, 0) AS pending_no,
  v.no, v.scheme_id, v.content, v.material_sha256,
  ARRAY(SELECT DISTINCT format('%s %s %s %s', w.scheme_id, t.c, t.i, t.a) FROM tenure t JOIN asset_version w ON (w.asset_id, w.no) = (t.asset_id, t.version_no) WHERE t.asset_id = n.asset_id) AS stood,
  EXISTS (SELECT FROM draft d WHERE d.asset_id = n.asset_id) AS drafted,
  n.checked_on,
  (SELECT count(*) FROM asset_version w WHERE w.asset_id = n.asset_id) AS versions,
  (SELECT count(*) FROM relation r WHERE r.to_rev = 9223372036854775807 AND (r.from_id = n.asset_id OR r.to_id = n.asset_id)) AS relations,
  (SELECT count(*) FROM asset_file f WHERE f.asset_id = n.asset_id AND f.removed_act IS NULL) AS attachments,
  (SELECT count(*) FROM set_item s WHERE s.set_id = n.set_id) AS demands
FROM asset_now n
JOIN LATERAL (SELECT w.no, w.scheme_id, w.content, w.material_sha256 FROM asset_version w WHERE w.asset_id = n.asset_id ORDER BY (w.no = n.version_no) IS TRUE DESC, w.no DESC LIMIT 1) v ON true
WHERE n.number = @number AND (@everything OR n.unit_id = ANY (@scope::bigint[]))`

// AssetRow reads an asset by its 管理番号 within the scope. Errors: NotFound, also for one that lies
// outside; Internal when the stored text is not a document.
func (t *Tx) AssetRow(ctx context.Context, number string) (AssetRow, error) {
	type line struct {
		AssetRow
		HostID         int64
		No             int
		SchemeID       int64
		Content        string
		MaterialSha256 []byte
		Stood          []string
	}
	l, err := row[line](ctx, t, sqlAssetRow, t.scoped(pgx.StrictNamedArgs{"number": number}))
	if err != nil {
		return AssetRow{}, err
	}
	r := l.AssetRow
	if r.Shown, err = (storedVersion{r.Asset, l.No, l.Content, l.MaterialSha256, l.SchemeID}).version(); err != nil {
		return r, err
	}
	d, err := t.Directory(ctx)
	if err != nil {
		return r, err
	}
	unit := d.Book.Unit(r.Unit)
	r.UnitPath, r.Model, r.Host = unit.Path, unit.Model, d.Book.Hosts[l.HostID].Name
	for _, s := range append(l.Stood, fmt.Sprint(l.SchemeID, r.C, r.I, r.A)) {
		var of int64
		var at classify.Levels
		if _, err := fmt.Sscan(s, &of, &at.C, &at.I, &at.A); err != nil {
			return r, fmt.Errorf("levels of an asset %q: %w", s, err)
		}
		r.Guarded = r.Guarded || d.Book.Shelf.Of(of).Guards(at)
	}
	return r, nil
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
	Comment       string // of the newest decision, "" = none
}

const sqlStanding = `
SELECT a.id, a.state, i.version_no, i.deed, i.lowers, a.applicant_text, a.note, a.submitted_at, s.role AS step_role, u.name AS step_unit,
  coalesce((SELECT d.comment FROM decision d WHERE d.application_id = a.id ORDER BY d.id DESC LIMIT 1), '') AS comment
FROM application_item i JOIN application a ON a.id = i.application_id
JOIN application_step s ON s.application_id = a.id AND s.no = a.step JOIN unit u ON u.id = s.unit_id
WHERE i.asset_id = @asset ORDER BY a.id DESC LIMIT 1`

// ReadStanding reads the newest application of an asset that the caller has read within the scope; into
// stays nil where there is none.
func (t *Tx) ReadStanding(id int64, into **Standing) Reading {
	return reading(sqlStanding, pgx.StrictNamedArgs{"asset": id}, func(list []Standing) {
		if len(list) > 0 {
			*into = &list[0]
		}
	})
}

// Review is one cause of 要再承認.
type Review struct {
	Cause string
	Since time.Time
	Note  string
}

const sqlReviews = `SELECT cause, since, note FROM asset_review WHERE asset_id = @asset ORDER BY since, cause`

// ReviewScheme is the cause of 要再承認 that another edition of the 分類体系 is in force than the one
// that the asset was judged by.
const ReviewScheme = "scheme"

// ReadReviews reads why an asset must be approved again, but for ReviewScheme.
func (t *Tx) ReadReviews(id int64, into *[]Review) Reading {
	return reading(sqlReviews, pgx.StrictNamedArgs{"asset": id}, func(list []Review) { *into = list })
}

// SchemeReview is the cause of an asset to be approved again that another edition came into force. That
// is nobody's write: it is read off the edition that an asset stands under, so that it holds from
// midnight on for a million assets at once. ok is false where it does not hold.
func (t *Tx) SchemeReview(ctx context.Context, r AssetRow) (_ Review, ok bool, err error) {
	d, err := t.Directory(ctx)
	if err != nil {
		return Review{}, false, err
	}
	s := d.Book.Scheme
	ok = r.VersionNo != 0 && r.State != asset.StateDisposed && r.Shown.Scheme != s.ID && !d.Book.Since.IsZero()
	since := d.Book.Since
	return Review{ReviewScheme, time.Date(since.Year(), since.Month(), since.Day(), 0, 0, 0, 0, jst), s.Name + " " + s.Edition}, ok, nil
}

package postgres

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"daicho/internal/asset"
	"daicho/internal/classify"
	"daicho/internal/errs"
	"daicho/internal/jptext"
)

// Head is where an asset stands, locked for a change.
type Head struct {
	Asset     int64
	Kind      asset.Kind
	Number    string
	State     asset.State
	VersionNo int // in force, 0 = none
	PendingNo int // waiting for a decision, 0 = none
	LastNo    int // newest version of all
	Unit      int64
	C, I, A   classify.Rank // as the list shows them
}

// Levels returns the levels that the list shows.
func (h Head) Levels() classify.Levels { return classify.Levels{C: h.C, I: h.I, A: h.A} }

// fragHead are the columns of a Head but the newest version.
const fragHead = `
SELECT n.asset_id AS asset, n.kind, coalesce(n.number, '') AS number, n.state, coalesce(n.version_no, 0) AS version_no,
  coalesce(n.pending_no, 0) AS pending_no, n.unit_id AS unit, n.c, n.i, n.a,`

const sqlLockHeads = fragHead + `
  coalesce((SELECT max(no) FROM asset_version v WHERE v.asset_id = n.asset_id), 0) AS last_no
FROM asset_now n WHERE n.asset_id = ANY (@assets::bigint[]) ORDER BY n.asset_id FOR UPDATE OF n`

// LockHeads reads where assets stand and holds their rows to the end of the transaction, in the
// order of ids. The caller has checked the scope (a draft or an application names them).
func (t *Tx) LockHeads(ctx context.Context, ids []int64) (map[int64]Head, error) {
	hs, err := rows[Head](ctx, t, sqlLockHeads, pgx.StrictNamedArgs{"assets": ids})
	out := make(map[int64]Head, len(hs))
	for _, h := range hs {
		out[h.Asset] = h
	}
	return out, err
}

const sqlHeadByNumber = fragHead + ` 0 AS last_no
FROM asset_now n WHERE n.number = @number AND (@everything OR n.unit_id = ANY (@scope::bigint[]))`

// HeadByNumber finds an asset within the scope by its 管理番号. Errors: NotFound.
func (t *Tx) HeadByNumber(ctx context.Context, number string) (Head, error) {
	return row[Head](ctx, t, sqlHeadByNumber, t.scoped(pgx.StrictNamedArgs{"number": number}))
}

// Place is what the organisation says about a unit: where an asset of it belongs.
type Place struct {
	Unit, Organ int64
	Prefix      string
	Model       string
	Name        string
}

const sqlPlace = `
SELECT u.id AS unit, u.organ_id AS organ, o.prefix, u.name,
  ` + fragUnitModel + ` AS model
FROM unit u JOIN organ o ON o.id = u.organ_id WHERE u.code = @code`

// PlaceOf finds the unit of a document by its code. Errors: NotFound.
func (t *Tx) PlaceOf(ctx context.Context, unitCode string) (Place, error) {
	return keep(ctx, t, askPlace, unitCode, func(ctx context.Context) (Place, error) {
		return row[Place](ctx, t, sqlPlace, pgx.StrictNamedArgs{"code": unitCode})
	})
}

const sqlHostID = `SELECT coalesce((SELECT id FROM host_body WHERE code = @code), 0)`

// Now is what the list shows of an asset: the row of asset_now and the tables beside it, made from
// a document.
type Now struct {
	Asset        int64
	Number       string
	Place        Place
	State        asset.State
	Doc          asset.Document
	Levels       classify.Levels
	Class, Set   int64
	Version      int
	Pending      int
	Scheme       int64  // the edition that the levels were judged by
	FallbackName string // shown while a draft has no name yet
}

const sqlPutNow = `
INSERT INTO asset_now AS n (asset_id, kind, number, unit_id, organ_id, host_id, state, name, yomi, reading, c, i, a, zone, personal, flags,
  class_id, set_id, version_no, pending_no, fiscal_year, members, checked_on, updated_at, updated_rev, scheme_id)
VALUES (@asset, @kind, nullif(@number, ''), @unit, @organ, nullif(@host::bigint, 0), @state, @name, @yomi, @reading, @c, @i, @a, @zone, @personal, @flags,
  nullif(@class::bigint, 0), nullif(@set::bigint, 0), nullif(@version::int, 0), nullif(@pending::int, 0), @fy, @members, @checked_on, now(), @rev,
  nullif(@scheme::bigint, 0))
ON CONFLICT (asset_id) DO UPDATE SET number = excluded.number, unit_id = excluded.unit_id, organ_id = excluded.organ_id,
  host_id = excluded.host_id, state = excluded.state, name = excluded.name, yomi = excluded.yomi, reading = excluded.reading, c = excluded.c, i = excluded.i,
  a = excluded.a, zone = excluded.zone, personal = excluded.personal, flags = excluded.flags, class_id = excluded.class_id,
  set_id = excluded.set_id, version_no = excluded.version_no, pending_no = excluded.pending_no, fiscal_year = excluded.fiscal_year,
  members = excluded.members, checked_on = excluded.checked_on, updated_at = excluded.updated_at, updated_rev = excluded.updated_rev,
  scheme_id = excluded.scheme_id`

const (
	// The words and the fields of the kind, left alone where they say the same: the index of the grams is
	// the dearest of all.
	sqlPutSearch = `
INSERT INTO asset_search AS s (asset_id, unit_id, search, grams) VALUES (@asset, @unit, @search, @grams)
ON CONFLICT (asset_id) DO UPDATE SET unit_id = excluded.unit_id, search = excluded.search, grams = excluded.grams
WHERE (s.unit_id, s.search, s.grams) IS DISTINCT FROM (excluded.unit_id, excluded.search, excluded.grams)`

	sqlPutDetail = `
INSERT INTO asset_detail AS d (asset_id, kind, detail) VALUES (@asset, @kind, @detail)
ON CONFLICT (asset_id) DO UPDATE SET detail = excluded.detail WHERE d.detail <> excluded.detail`
)

const (
	sqlDropDue    = `DELETE FROM asset_due WHERE asset_id = @asset`
	sqlDropCode   = `DELETE FROM asset_code WHERE asset_id = @asset`
	sqlDropMember = `DELETE FROM asset_member WHERE asset_id = @asset`
	sqlAddDue     = `INSERT INTO asset_due (asset_id, what, due) VALUES (@asset, @what, @due::date)`
	sqlAddCode    = `INSERT INTO asset_code (asset_id, sort, code) VALUES (@asset, @sort, @code) ON CONFLICT DO NOTHING`
	sqlAddMember  = `
INSERT INTO asset_member (asset_id, no, serial, label, place, holder, storage, state)
VALUES (@asset, @no, @serial, @label, @place, @holder, @storage, @state)`
)

// PutNow writes the row of the list and what stands beside it: words, fields of the kind, deadlines,
// codes and members.
func (t *Tx) PutNow(ctx context.Context, n Now) error {
	host, err := scalar[int64](ctx, t, sqlHostID, pgx.StrictNamedArgs{"code": n.Doc.Get("host_body")})
	if err != nil {
		return err
	}
	search, grams := searchOf(n.Doc, n.Number)
	fy := 0
	if num, err := asset.ParseNumber(n.Number); err == nil {
		fy = num.FiscalYear
	}
	name := n.Doc.Get("name")
	if name == "" {
		name = n.FallbackName
	}
	args := pgx.StrictNamedArgs{
		"asset": n.Asset, "kind": string(n.Doc.Kind), "number": n.Number, "unit": n.Place.Unit, "organ": n.Place.Organ, "host": host,
		"state": string(n.State), "name": name, "yomi": jptext.SearchKey(cmp.Or(n.Doc.Get("yomi"), name)), "reading": n.Doc.Get("yomi"),
		"c": int16(n.Levels.C), "i": int16(n.Levels.I), "a": int16(n.Levels.A), "zone": n.Doc.Get("zone"),
		"personal": int16(asset.PersonalRank(n.Doc.Get("personal"))), "flags": int32(n.Doc.Flags()), //nolint:gosec // small constants
		"class": n.Class, "set": n.Set, "version": n.Version, "pending": n.Pending, "fy": fy, "members": len(n.Doc.Members),
		"checked_on": dateOrNil(n.Doc.Get("checked_on")), "rev": t.rev, "scheme": n.Scheme,
	}
	b := &pgx.Batch{}
	b.Queue(sqlPutNow, args)
	b.Queue(sqlPutDetail, pgx.StrictNamedArgs{"asset": n.Asset, "kind": string(n.Doc.Kind), "detail": n.Doc.At(asset.InDetail)})
	b.Queue(sqlPutSearch, pgx.StrictNamedArgs{"asset": n.Asset, "unit": n.Place.Unit, "search": search, "grams": grams})
	own := pgx.StrictNamedArgs{"asset": n.Asset}
	b.Queue(sqlDropDue, own)
	b.Queue(sqlDropCode, own)
	b.Queue(sqlDropMember, own)
	for what, day := range n.Doc.At(asset.InDue) {
		b.Queue(sqlAddDue, pgx.StrictNamedArgs{"asset": n.Asset, "what": what, "due": day})
	}
	for sort, codes := range n.Doc.Codes() {
		for _, c := range codes {
			b.Queue(sqlAddCode, pgx.StrictNamedArgs{"asset": n.Asset, "sort": sort, "code": jptext.SearchKey(c)})
		}
	}
	for _, m := range n.Doc.Members {
		b.Queue(sqlAddMember, pgx.StrictNamedArgs{
			"asset": n.Asset, "no": m.No, "serial": m.Serial, "label": m.Label, "place": m.Place, "holder": m.Holder,
			"storage": m.Storage, "state": cmp.Or(m.State, asset.MemberInUse),
		})
	}
	return mapErr(t.tx.SendBatch(ctx, b).Close())
}

const sqlDropNow = `
WITH gone AS (DELETE FROM asset_now WHERE asset_id = @asset AND state = 'draft' RETURNING asset_id),
words AS (DELETE FROM asset_search s USING gone WHERE s.asset_id = gone.asset_id)
DELETE FROM asset_detail d USING gone WHERE d.asset_id = gone.asset_id`

// DropNow takes a thrown-away draft out of the list.
func (t *Tx) DropNow(ctx context.Context, id int64) error {
	b := &pgx.Batch{}
	own := pgx.StrictNamedArgs{"asset": id}
	for _, q := range []string{sqlDropDue, sqlDropCode, sqlDropMember, sqlDropNow} {
		b.Queue(q, own)
	}
	return mapErr(t.tx.SendBatch(ctx, b).Close())
}

const sqlSetPending = `
UPDATE asset_now SET pending_no = nullif(@pending::int, 0), updated_at = now() WHERE asset_id = @asset`

// SetPending notes the version that waits beside what is in force; 0 clears it.
func (t *Tx) SetPending(ctx context.Context, id int64, version int) error {
	_, err := exec(ctx, t, sqlSetPending, pgx.StrictNamedArgs{"asset": id, "pending": version})
	return err
}

// searchOf builds the search key of a document: every text by which somebody may look for it, each
// part by itself so that no term matches across two of them.
func searchOf(d asset.Document, number string) (key string, grams []string) {
	parts := []string{d.Get("name"), d.Get("yomi"), number, d.Get("summary"), d.Get("business"), d.Get("place"), d.Get("contact"), d.Get("notes")}
	codes := d.Codes()
	for _, sort := range slices.Sorted(maps.Keys(codes)) { // in one order, so that a rebuild gives the same key
		parts = append(parts, codes[sort]...)
	}
	for _, m := range d.Members {
		parts = append(parts, m.Holder, m.Place)
	}
	var keys []string
	grams = []string{} // a draft may still be without a word, and the column holds no NULL
	seen := map[string]bool{}
	for _, p := range parts {
		k := jptext.SearchKey(p)
		if k == "" || seen[k] {
			continue
		}
		seen[k] = true
		keys = append(keys, k)
		grams = append(grams, jptext.Grams(k)...)
	}
	slices.Sort(grams)
	return strings.Join(keys, "\x1f"), slices.Compact(grams)
}

func dateOrNil(iso string) *time.Time {
	d, err := time.Parse(time.DateOnly, iso)
	if err != nil {
		return nil
	}
	return &d
}

// Version is one stored version of an asset.
type Version struct {
	Asset    int64
	No       int
	Doc      asset.Document
	Material [32]byte
	Scheme   int64
}

const sqlInsertVersion = `
INSERT INTO asset_version (asset_id, no, act_id, author_id, content, content_sha256, material_sha256, fields_edition, scheme_id)
VALUES (@asset, @no, @act, @author, @content, @digest, @material, @edition, @scheme)`

// InsertVersion stores the canonical text of a document as the next version of its asset.
func (t *Tx) InsertVersion(ctx context.Context, v Version) error {
	content := v.Doc.Encode()
	digest := asset.Digest(content)
	_, err := exec(ctx, t, sqlInsertVersion, pgx.StrictNamedArgs{
		"asset": v.Asset, "no": v.No, "act": t.act, "author": t.actor.Person, "content": string(content),
		"digest": digest[:], "material": v.Material[:], "edition": v.Doc.Edition, "scheme": v.Scheme,
	})
	return mapErr(err)
}

const (
	fragVersion = `SELECT v.asset_id, v.no, v.content, v.material_sha256, v.scheme_id FROM `

	sqlVersions   = fragVersion + `unnest(@assets::bigint[], @nos::int[]) w (asset_id, no) JOIN asset_version v USING (asset_id, no)`
	sqlVersionsOf = fragVersion + `asset_version v WHERE v.asset_id = @asset AND v.no = ANY (@nos::int[])`
)

// Versions reads one stored version of each asset and checks each text against its canonical form.
// Errors: NotFound unless all are there; Internal when a stored text is not a document.
func (t *Tx) Versions(ctx context.Context, assets []int64, nos []int) (map[int64]Version, error) {
	list, err := t.versions(ctx, sqlVersions, pgx.StrictNamedArgs{"assets": assets, "nos": nos})
	if err == nil && len(list) != len(assets) {
		return nil, errs.New(errs.NotFound, "version.missing", "")
	}
	out := make(map[int64]Version, len(list))
	for _, v := range list {
		out[v.Asset] = v
	}
	return out, err
}

// VersionsOf reads versions of one asset by their numbers.
// Errors: Internal when a stored text is not a document.
func (t *Tx) VersionsOf(ctx context.Context, id int64, nos []int) (map[int]Version, error) {
	list, err := t.versions(ctx, sqlVersionsOf, pgx.StrictNamedArgs{"asset": id, "nos": nos})
	out := make(map[int]Version, len(list))
	for _, v := range list {
		out[v.No] = v
	}
	return out, err
}

// storedVersion is a version as its row has it.
type storedVersion struct {
	AssetID        int64
	No             int
	Content        string
	MaterialSha256 []byte
	SchemeID       int64
}

func (s storedVersion) version() (Version, error) {
	d, err := asset.Decode([]byte(s.Content))
	if err != nil {
		return Version{}, err
	}
	return Version{Asset: s.AssetID, No: s.No, Doc: d, Material: [32]byte(s.MaterialSha256), Scheme: s.SchemeID}, nil
}

func (t *Tx) versions(ctx context.Context, sql string, args pgx.StrictNamedArgs) ([]Version, error) {
	list, err := rows[storedVersion](ctx, t, sql, args)
	if err != nil {
		return nil, err
	}
	out := make([]Version, len(list))
	for i, s := range list {
		if out[i], err = s.version(); err != nil {
			return nil, err
		}
	}
	return out, nil
}

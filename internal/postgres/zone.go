package postgres

import (
	"context"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"daicho/internal/asset"
	"daicho/internal/classify"
	"daicho/internal/jpdate"
	"daicho/internal/pack"
	"daicho/internal/relation"
	"daicho/internal/zone"
)

const (
	// fragBodyModel is the adopted model of the whole body, where no unit above has its own.
	fragBodyModel = `(SELECT m.model FROM model_decision m WHERE m.unit_id IS NULL ORDER BY m.id DESC LIMIT 1)`

	// fragUnitModel is the adopted model that holds in the unit u.
	fragUnitModel = `coalesce((SELECT x.model FROM unit_tree y JOIN unit x ON x.id = y.above_id WHERE y.unit_id = u.id AND x.model <> '' ORDER BY y.depth LIMIT 1), ` + fragBodyModel + `, '')`

	fragCrosses = `
FROM relation r JOIN asset_now f ON f.asset_id = r.from_id JOIN asset_now g ON g.asset_id = r.to_id
WHERE r.to_rev = 9223372036854775807 AND r.type IN ('bridges', 'connects', 'runs_on')
  AND f.version_no IS NOT NULL AND f.state <> 'disposed' AND g.version_no IS NOT NULL AND g.state <> 'disposed'
  AND (r.type = 'bridges' OR f.zone <> g.zone AND f.zone <> '' AND g.zone <> '')`

	// The relations are found along the index of either end. The particulars of a connection stay: they
	// come from the document of its owner.
	sqlPutCrossings = `
WITH hit AS MATERIALIZED (
  SELECT id FROM relation WHERE from_id = ANY (@ids::bigint[]) AND to_rev = 9223372036854775807
  UNION SELECT id FROM relation WHERE to_id = ANY (@ids::bigint[]) AND to_rev = 9223372036854775807),
now AS MATERIALIZED (
  SELECT r.type, r.from_id, r.to_id, r.owner_id, f.zone AS from_zone, g.zone AS to_zone, r.to_kind = 'CL' AS cloud` + fragCrosses + `
    AND r.id IN (SELECT id FROM hit)),
gone AS (
  DELETE FROM crossing x WHERE (x.from_id = ANY (@ids::bigint[]) OR x.to_id = ANY (@ids::bigint[]))
    AND NOT EXISTS (SELECT FROM now n WHERE (n.type, n.from_id, n.to_id, n.owner_id) = (x.type, x.from_id, x.to_id, x.owner_id)))
INSERT INTO crossing AS t (type, from_id, to_id, owner_id, from_zone, to_zone, cloud)
SELECT n.type, n.from_id, n.to_id, n.owner_id, n.from_zone, n.to_zone, n.cloud FROM now n
ON CONFLICT (type, from_id, to_id, owner_id) DO UPDATE SET from_zone = excluded.from_zone, to_zone = excluded.to_zone
WHERE (t.from_zone, t.to_zone) IS DISTINCT FROM (excluded.from_zone, excluded.to_zone)`

	sqlPutParticulars = `
UPDATE crossing x SET flow = w.flow, purpose = w.purpose, protocol = w.protocol, split = w.split, sanitise = w.sanitise, special = w.special,
  partner = w.partner, path = w.path, review_on = nullif(w.review_on, '')::date
FROM jsonb_to_recordset(@rows::jsonb) w (owner bigint, "from" bigint, "to" bigint, flow text, purpose text, protocol text, split text,
  sanitise text, special boolean, partner text, path text, review_on text)
WHERE x.type = 'bridges' AND x.owner_id = w.owner AND x.from_id = w."from" AND x.to_id = w."to"`
)

// particulars are what a document says about one connection, seen from the end From.
type particulars struct {
	Owner    int64  `json:"owner"`
	From     int64  `json:"from"`
	To       int64  `json:"to"`
	Flow     string `json:"flow"`
	Purpose  string `json:"purpose"`
	Protocol string `json:"protocol"`
	Split    string `json:"split"`
	Sanitise string `json:"sanitise"`
	Special  bool   `json:"special"`
	Partner  string `json:"partner"`
	Path     string `json:"path"`
	ReviewOn string `json:"review_on"`
}

func particularsOf(owner int64, d asset.Document) []particulars {
	var out []particulars
	for _, r := range d.Relations {
		if relation.Type(r.Type) != relation.Bridges {
			continue
		}
		v := r.Values
		p := particulars{
			Owner: owner, From: owner, To: r.Other, Flow: v["direction"], Purpose: v["purpose"], Protocol: v["protocol"], Split: v["split"],
			Sanitise: v["sanitise"], Special: v["special"] == "1", Partner: v["partner"], Path: v["path"], ReviewOn: v["review_on"],
		}
		if !r.Outgoing { // the document speaks from its own end
			p.From, p.To = r.Other, owner
			switch p.Flow {
			case zone.Out:
				p.Flow = zone.In
			case zone.In:
				p.Flow = zone.Out
			}
		}
		out = append(out, p)
	}
	return out
}

// putCrossings brings the table of crossings up to date around assets that came into force, and the
// particulars of the connections that their documents draw.
func (t *Tx) putCrossings(ctx context.Context, entries []Entry) error {
	ids := make([]int64, len(entries))
	var said []particulars
	for i, e := range entries {
		ids[i] = e.Asset
		said = append(said, particularsOf(e.Asset, e.Doc)...)
	}
	if _, err := exec(ctx, t, sqlPutCrossings, pgx.StrictNamedArgs{"ids": ids}); err != nil {
		return mapErr(err)
	}
	return t.putParticulars(ctx, said)
}

func (t *Tx) putParticulars(ctx context.Context, said []particulars) error {
	if len(said) == 0 {
		return nil
	}
	_, err := exec(ctx, t, sqlPutParticulars, pgx.StrictNamedArgs{"rows": said})
	return mapErr(err)
}

const (
	sqlEmptyCrossings = `DELETE FROM crossing`

	sqlAllCrossings = `
INSERT INTO crossing (type, from_id, to_id, owner_id, from_zone, to_zone, cloud)
SELECT r.type, r.from_id, r.to_id, r.owner_id, f.zone, g.zone, r.to_kind = 'CL'` + fragCrosses
)

// rebuildCrossings makes the whole table of crossings again, with the particulars that the documents
// in force hold.
func (t *Tx) rebuildCrossings(ctx context.Context, said []particulars) error {
	for _, sql := range []string{sqlEmptyCrossings, sqlAllCrossings} {
		if _, err := exec(ctx, t, sql, nil); err != nil {
			return mapErr(err)
		}
	}
	return t.putParticulars(ctx, said)
}

// ZoneKind is how many assets in force of a kind lie in a 領域.
type ZoneKind struct {
	Zone string
	Kind asset.Kind
	N    int
	All  int // within the whole body
}

const sqlZoneKinds = `
SELECT c.zone, c.kind, coalesce(sum(c.n) FILTER (WHERE (@everything AND c.unit_id = 0) OR (NOT @everything AND c.unit_id = ANY (@scope::bigint[]))), 0)::int AS n,
  coalesce(sum(c.n) FILTER (WHERE c.unit_id = 0), 0)::int AS "all"
FROM census c WHERE (c.unit_id = 0 OR c.unit_id = ANY (@scope::bigint[])) AND c.state = 'active' AND c.zone <> '' GROUP BY 1, 2`

// ZoneKinds counts the assets in use by 領域 and kind: within the scope, and in the whole body.
func (t *Tx) ZoneKinds(ctx context.Context) ([]ZoneKind, error) {
	return rows[ZoneKind](ctx, t, sqlZoneKinds, t.scoped(pgx.StrictNamedArgs{}))
}

const (
	fragCrossing = `
FROM crossing x JOIN asset_now f ON f.asset_id = x.from_id JOIN asset_now g ON g.asset_id = x.to_id
JOIN asset_now o ON o.asset_id = x.owner_id JOIN (SELECT u.id, ` + fragUnitModel + ` AS model FROM unit u OFFSET 0) p ON p.id = o.unit_id
WHERE (@everything OR f.unit_id = ANY (@scope::bigint[]) OR g.unit_id = ANY (@scope::bigint[]))
  AND x.from_zone <> '' AND x.to_zone <> '' AND x.from_zone <> x.to_zone`

	// The pattern of a crossing is all that a rule looks at: crossings of one pattern are judged once.
	fragPattern = `concat_ws('|', x.type, x.from_zone, x.to_zone, x.cloud, x.flow, x.split, x.sanitise, x.special, x.partner <> '', x.path,
  x.protocol ~ '[0-9０-９]', CASE WHEN x.review_on IS NULL THEN 'none' WHEN x.review_on < @today::date THEN 'late' ELSE 'due' END, p.model)`

	sqlPatterns = `SELECT ` + fragPattern + ` AS pattern, count(*)::int AS n` + fragCrossing + ` GROUP BY 1`

	sqlCrossingRows = `
SELECT x.type, x.from_id, x.to_id, x.owner_id, x.from_zone, x.to_zone, x.cloud, x.flow, x.purpose, x.protocol, x.split, x.sanitise, x.special,
  x.partner, x.path, x.review_on, p.model,
  CASE WHEN @everything OR f.unit_id = ANY (@scope::bigint[]) THEN coalesce(f.number, '') ELSE '' END AS from_number,
  CASE WHEN @everything OR f.unit_id = ANY (@scope::bigint[]) THEN f.name ELSE '' END AS from_name,
  CASE WHEN @everything OR f.unit_id = ANY (@scope::bigint[]) THEN f.kind ELSE '' END AS from_kind,
  CASE WHEN @everything OR g.unit_id = ANY (@scope::bigint[]) THEN coalesce(g.number, '') ELSE '' END AS to_number,
  CASE WHEN @everything OR g.unit_id = ANY (@scope::bigint[]) THEN g.name ELSE '' END AS to_name,
  CASE WHEN @everything OR g.unit_id = ANY (@scope::bigint[]) THEN g.kind ELSE '' END AS to_kind` + fragCrossing + `
  AND (@pattern_any OR ` + fragPattern + ` = ANY (@patterns::text[]))
  AND (@a = '' OR (x.from_zone = @a AND x.to_zone = @b) OR (x.from_zone = @b AND x.to_zone = @a))
ORDER BY x.type, x.from_zone, x.to_zone, f.yomi, g.yomi, x.from_id, x.to_id, x.owner_id LIMIT @limit OFFSET @offset`
)

// Pattern is what the rules look at of a crossing, with how many crossings are alike in it.
type Pattern struct {
	Key   string // names the pattern in Crossings
	N     int
	Model string
	zone.Connection
}

// Patterns reads the crossings within the scope, those alike taken together.
func (t *Tx) Patterns(ctx context.Context) ([]Pattern, error) {
	type line struct {
		Pattern string
		N       int
	}
	day := jpdate.OfTime(t.now)
	list, err := rows[line](ctx, t, sqlPatterns, t.scoped(pgx.StrictNamedArgs{"today": today(t.now)}))
	out := make([]Pattern, 0, len(list))
	for _, l := range list {
		p, ok := parsePattern(l.Pattern, day)
		if !ok {
			continue
		}
		p.N = l.N
		out = append(out, p)
	}
	return out, mapErr(err)
}

// parsePattern reads what fragPattern wrote. Where the pattern says only that there is something, a
// word stands for it.
func parsePattern(key string, day jpdate.Date) (Pattern, bool) {
	v := strings.Split(key, "|")
	if len(v) != 13 {
		return Pattern{}, false
	}
	c := zone.Connection{
		Type: relation.Type(v[0]), From: v[1], To: v[2], Cloud: v[3] == "t", Flow: v[4], Split: v[5], Sanitise: v[6], Special: v[7] == "t",
		Path: v[9], Today: day,
	}
	if v[8] == "t" {
		c.Partner = "あり"
	}
	if v[10] == "t" {
		c.Protocol = "0"
	}
	switch v[11] {
	case "late":
		c.ReviewOn = day.AddDays(-1)
	case "due":
		c.ReviewOn = day
	}
	return Pattern{Key: key, Model: v[12], Connection: c}, true
}

// Crossing is one crossing with its ends. The names of an end outside the scope are blank.
type Crossing struct {
	Type                     string
	FromID, ToID, OwnerID    int64
	FromZone, ToZone         string
	Cloud                    bool
	Flow, Purpose, Protocol  string
	Split, Sanitise          string
	Special                  bool
	Partner, Path            string
	ReviewOn                 *time.Time
	Model                    string
	FromNumber, FromName     string
	FromKind                 string
	ToNumber, ToName, ToKind string
}

// Connection is the crossing as the rules see it on a day.
func (c Crossing) Connection(day jpdate.Date) zone.Connection {
	out := zone.Connection{
		Type: relation.Type(c.Type), From: c.FromZone, To: c.ToZone, Cloud: c.Cloud, Flow: c.Flow, Split: c.Split, Sanitise: c.Sanitise,
		Special: c.Special, Partner: c.Partner, Path: c.Path, Protocol: c.Protocol, Today: day,
	}
	if c.ReviewOn != nil {
		out.ReviewOn, _ = jpdate.ParseISO(c.ReviewOn.Format(time.DateOnly))
	}
	return out
}

// CrossingQuery says which crossings to read.
type CrossingQuery struct {
	A, B          string   // the two 領域; blank = any
	Patterns      []string // keys of Patterns; nil = any
	Limit, Offset int
}

// Crossings reads crossings within the scope.
func (t *Tx) Crossings(ctx context.Context, q CrossingQuery) ([]Crossing, error) {
	patterns := q.Patterns
	if patterns == nil {
		patterns = []string{}
	}
	return rows[Crossing](ctx, t, sqlCrossingRows, t.scoped(pgx.StrictNamedArgs{
		"today": today(t.now), "pattern_any": q.Patterns == nil, "patterns": patterns, "a": q.A, "b": q.B, "limit": q.Limit, "offset": q.Offset,
	}))
}

const sqlZonesOf = `SELECT asset_id AS id, zone, kind FROM asset_now WHERE asset_id = ANY (@ids::bigint[])`

// ZoneOf is the 領域 and the kind of an asset.
type ZoneOf struct {
	ID   int64
	Zone string
	Kind asset.Kind
}

// ZonesOf reads the 領域 of assets whatever the scope: the caller has seen them already.
func (t *Tx) ZonesOf(ctx context.Context, ids []int64) (map[int64]ZoneOf, error) {
	out := make(map[int64]ZoneOf, len(ids))
	if len(ids) == 0 {
		return out, nil
	}
	list, err := rows[ZoneOf](ctx, t, sqlZonesOf, pgx.StrictNamedArgs{"ids": ids})
	for _, z := range list {
		out[z.ID] = z
	}
	return out, mapErr(err)
}

const sqlDrawnElsewhere = `
SELECT x.type, x.from_id, x.to_id, x.owner_id, x.from_zone, x.to_zone, x.cloud, x.flow, x.purpose, x.protocol, x.split, x.sanitise, x.special,
  x.partner, x.path, x.review_on, '' AS model, '' AS from_number, '' AS from_name, '' AS from_kind, '' AS to_number, '' AS to_name, '' AS to_kind
FROM crossing x WHERE (x.from_id = @asset OR x.to_id = @asset) AND x.owner_id <> @asset AND x.type = 'bridges'`

// DrawnElsewhere reads the connections in force of an asset that stand in the document of the other
// end, without names.
func (t *Tx) DrawnElsewhere(ctx context.Context, id int64) ([]Crossing, error) {
	return rows[Crossing](ctx, t, sqlDrawnElsewhere, pgx.StrictNamedArgs{"asset": id})
}

// PlaceCell is one cell of the 置き場の表 with where it comes from.
type PlaceCell struct {
	Rank     classify.Rank
	MyNumber bool
	Place    string
	Verdict  string
	Models   []string
	Control  string
	Note     string
	DocNo    string // 文書番号 of the decision; "" = 案
	Source   string
	Checked  string
}

// Cell is the cell as the rules see it.
func (p PlaceCell) Cell() zone.Cell {
	return zone.Cell{Rank: p.Rank, MyNumber: p.MyNumber, Place: zone.Place(p.Place), Verdict: zone.Verdict(p.Verdict), Models: p.Models, Control: p.Control, Note: p.Note}
}

const (
	sqlPlacement = `
SELECT rank, my_number, place, verdict, models, control, note, doc_no, source, checked FROM placement ORDER BY rank DESC, my_number DESC, place`

	// A cell that the body has decided itself stays as it decided.
	sqlPutPlacement = `
INSERT INTO placement AS t (rank, my_number, place, verdict, models, control, note, source, checked)
SELECT x.rank, x.my_number, x.place, x.verdict, x.models, x.control, x.note, x.source, x.checked
FROM jsonb_to_recordset(@rows::jsonb) x (rank smallint, my_number boolean, place text, verdict text, models text[], control text, note text, source text, checked text)
ON CONFLICT (rank, my_number, place) DO UPDATE SET verdict = excluded.verdict, models = excluded.models, control = excluded.control,
  note = excluded.note, source = excluded.source, checked = excluded.checked
WHERE t.doc_no = '' AND (t.verdict, t.models, t.control, t.note, t.source, t.checked)
  IS DISTINCT FROM (excluded.verdict, excluded.models, excluded.control, excluded.note, excluded.source, excluded.checked)
RETURNING t.place AS key, t.xmax = 0 AS fresh`

	sqlSetPlacement = `
UPDATE placement SET verdict = @verdict, models = @models, control = @control, note = @note, doc_no = @doc_no, source = 'own', checked = ''
WHERE rank = @rank AND my_number = @my_number AND place = @place`

	sqlAdoptPlacement = `UPDATE placement SET doc_no = @doc_no WHERE doc_no = ''`
)

// Placement reads the 置き場の表.
func (t *Tx) Placement(ctx context.Context) ([]PlaceCell, error) {
	return keep(ctx, t, askPlacement, "", func(ctx context.Context) ([]PlaceCell, error) { return rows[PlaceCell](ctx, t, sqlPlacement, nil) })
}

// SetPlacement writes one cell as the body has decided it. It reports false when there is none.
func (t *Tx) SetPlacement(ctx context.Context, p PlaceCell) (bool, error) {
	models := p.Models
	if models == nil {
		models = []string{}
	}
	n, err := exec(ctx, t, sqlSetPlacement, pgx.StrictNamedArgs{
		"rank": int16(p.Rank), "my_number": p.MyNumber, "place": p.Place, "verdict": p.Verdict, "models": models, "control": p.Control,
		"note": p.Note, "doc_no": p.DocNo,
	})
	return n == 1, mapErr(err)
}

// AdoptPlacement notes the decision behind every cell that has none yet and returns how many.
func (t *Tx) AdoptPlacement(ctx context.Context, docNo string) (int, error) {
	n, err := exec(ctx, t, sqlAdoptPlacement, pgx.StrictNamedArgs{"doc_no": docNo})
	return int(n), mapErr(err)
}

// PutPlacement stores the 置き場の表 of a pack; cells that the body has decided itself stay.
func (t *Tx) PutPlacement(ctx context.Context, list []pack.PlaceRow) (Put, error) {
	p, _, err := put(ctx, t, "placement.csv", sqlPutPlacement, list, nil)
	return p, err
}

// PlaceControl is a 対策 to which a cell of the 置き場の表 refers.
type PlaceControl struct{ Key, Title, Text, Clause string }

const sqlPlaceControls = `SELECT key, title, text, clause FROM control WHERE catalogue_id = @catalogue ORDER BY chapter, key`

// PlaceControls reads the 対策 of today in their order; none without a 対策基準.
func (t *Tx) PlaceControls(ctx context.Context) ([]PlaceControl, error) {
	catalogue, _, err := t.CurrentCatalogue(ctx)
	if err != nil {
		return nil, err
	}
	return rows[PlaceControl](ctx, t, sqlPlaceControls, pgx.StrictNamedArgs{"catalogue": catalogue})
}

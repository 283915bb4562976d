package postgres

import (
	"context"
	"strings"

	"github.com/jackc/pgx/v5"

	"daicho/internal/asset"
	"daicho/internal/classify"
)

// AssetRef is another asset as a link shows it.
type AssetRef struct {
	ID     int64
	Number string // "" while it is a draft
	Name   string
	Kind   asset.Kind
	Unit   string
	State  asset.State
	Levels classify.Levels
	Scheme int64 // the edition that the levels were judged by, 0 = today's
}

type refRow struct {
	ID                       int64
	Number, Name, Kind, Unit string
	State                    string
	C, I, A                  int16
	Scheme                   int64
}

func (r refRow) ref() AssetRef {
	return AssetRef{r.ID, r.Number, r.Name, asset.Kind(r.Kind), r.Unit, asset.State(r.State), levelsOf(r.C, r.I, r.A), r.Scheme}
}

const (
	// fragRefColumns are the columns of a refRow, of n and its unit u.
	fragRefColumns = `n.asset_id AS id, coalesce(n.number, '') AS number, n.name, n.kind, u.name AS unit, n.state, n.c, n.i, n.a, coalesce(n.scheme_id, 0) AS scheme`

	fragRef = `
SELECT ` + fragRefColumns + `
FROM asset_now n JOIN unit u ON u.id = n.unit_id
WHERE (@everything OR n.unit_id = ANY (@scope::bigint[]))`

	sqlRefs = fragRef + ` AND n.asset_id = ANY (@ids::bigint[])`

	sqlPick = fragRef + `
  AND n.state <> 'disposed' AND (cardinality(@kinds::text[]) = 0 OR n.kind = ANY (@kinds))
  AND n.asset_id IN (SELECT s.asset_id FROM asset_search s
    WHERE (@grams::text[] = '{}' OR s.grams @> @grams) AND s.search LIKE ALL (@patterns::text[]) AND (@everything OR s.unit_id = ANY (@scope::bigint[])))
ORDER BY n.yomi, n.asset_id LIMIT @limit`
)

// Refs looks up assets by id within the scope; those outside are missing from the result.
func (t *Tx) Refs(ctx context.Context, ids []int64) (map[int64]AssetRef, error) {
	if len(ids) == 0 {
		return map[int64]AssetRef{}, nil
	}
	var out map[int64]AssetRef
	err := t.Together(ctx, t.ReadRefs(ids, &out))
	return out, err
}

// ReadRefs is Refs for later.
func (t *Tx) ReadRefs(ids []int64, into *map[int64]AssetRef) Reading {
	if len(ids) == 0 {
		return Reading{}
	}
	return reading(sqlRefs, t.scoped(pgx.StrictNamedArgs{"ids": ids}), func(list []refRow) {
		*into = make(map[int64]AssetRef, len(list))
		for _, r := range list {
			(*into)[r.ID] = r.ref()
		}
	})
}

// sqlGiven takes what the list shows of the giver, and what a 集積 or 分散 makes of it.
const sqlGiven = `
SELECT DISTINCT ON (x.axis) x.axis, y.rank, n.asset_id AS id
FROM travel x JOIN relation r ON r.id = x.relation_id AND (r.owner_id <> @asset OR x.giver = ANY (@unseen::bigint[]))
JOIN asset_now n ON n.asset_id = x.giver
CROSS JOIN LATERAL (SELECT least(greatest(CASE x.axis WHEN 'C' THEN n.c WHEN 'I' THEN n.i ELSE n.a END, x.least), x.most) AS rank) y
WHERE x.taker = @asset ORDER BY x.axis, y.rank DESC, n.asset_id`

// Given is the highest level that an asset gets on one axis through relations in force that are
// written at their other end, and from whom.
type Given struct {
	Axis classify.Axis
	Rank classify.Rank
	ID   int64
}

// Given reads what an asset gets through relations that its own document does not name, and through
// those of its own that lead to the unseen: assets outside the scope of whoever changes it. The
// levels count whatever the scope: what comes into force counts them too.
func (t *Tx) Given(ctx context.Context, asset int64, unseen []int64) ([]Given, error) {
	return rows[Given](ctx, t, sqlGiven, pgx.StrictNamedArgs{"asset": asset, "unseen": unseen})
}

// Pick searches assets of the kinds within the scope by all terms of a query, in the order of their
// reading. It returns at most limit and how many more there are, counted to a thousand.
func (t *Tx) Pick(ctx context.Context, query string, kinds []asset.Kind, limit int) ([]AssetRef, int, error) {
	codes := []string{}
	for _, k := range kinds {
		codes = append(codes, string(k))
	}
	patterns, grams := patternsOf(query)
	list, err := rows[refRow](ctx, t, sqlPick, t.scoped(pgx.StrictNamedArgs{"kinds": codes, "grams": grams, "patterns": patterns, "limit": limit + 1000}))
	if err != nil {
		return nil, 0, err
	}
	out := make([]AssetRef, 0, min(limit, len(list)))
	for _, r := range list[:min(limit, len(list))] {
		out = append(out, r.ref())
	}
	return out, len(list) - len(out), nil
}

// likeEscape makes a term literal inside a LIKE pattern.
func likeEscape(s string) string {
	return strings.NewReplacer(`\`, `\\`, `%`, `\%`, `_`, `\_`).Replace(s)
}

// PostRef is a post to choose from.
type PostRef struct {
	Code, Name, Unit string
	UnitID           int64
}

const sqlPosts = `
SELECT p.code, p.name, u.name AS unit, u.id AS unit_id FROM post p JOIN unit u ON u.id = p.unit_id
WHERE (@everything OR u.id = ANY (@scope::bigint[])) AND p.role IN ('manager', 'responsible', 'registrant')
  AND u.valid_from <= @today AND @today < u.valid_to
ORDER BY u.organ_id, u.ord, u.id, p.ord, p.id`

// Posts lists the posts of the units in scope that can answer for an asset.
func (t *Tx) Posts(ctx context.Context) ([]PostRef, error) {
	return keep(ctx, t, askPosts, t.scopeKey(), func(ctx context.Context) ([]PostRef, error) {
		return rows[PostRef](ctx, t, sqlPosts, t.scoped(pgx.StrictNamedArgs{"today": today(t.now)}))
	})
}

// CodeNames are the words for codes of the organisation, ended units included, so that an old
// document can still be read.
type CodeNames struct{ Units, Hosts, Posts map[string]string }

const sqlCodeNames = `
SELECT 'unit' AS sort, u.code, ` + fragUnitPath + ` AS name FROM unit u
UNION ALL SELECT 'host', code, name FROM host_body
UNION ALL SELECT 'post', p.code, u.name || ' ' || p.name FROM post p JOIN unit u ON u.id = p.unit_id`

// CodeNames reads the words for codes of the organisation.
func (t *Tx) CodeNames(ctx context.Context) (CodeNames, error) {
	return keep(ctx, t, askCodeNames, "", t.readCodeNames)
}

func (t *Tx) readCodeNames(ctx context.Context) (CodeNames, error) {
	type line struct{ Sort, Code, Name string }
	list, err := rows[line](ctx, t, sqlCodeNames, nil)
	out := CodeNames{map[string]string{}, map[string]string{}, map[string]string{}}
	for _, l := range list {
		switch l.Sort {
		case "unit":
			out.Units[l.Code] = l.Name
		case "host":
			out.Hosts[l.Code] = l.Name
		case "post":
			out.Posts[l.Code] = l.Name
		}
	}
	return out, err
}

const sqlCountAssets = `
SELECT coalesce((SELECT sum(n) FROM census WHERE (@everything AND unit_id = 0) OR (NOT @everything AND unit_id = ANY (@scope::bigint[]))), 0)::int AS total,
  (SELECT count(*) FROM asset_now n WHERE ` + fragReview + ` AND (@everything OR n.unit_id = ANY (@scope::bigint[])))::int AS review`

// CountAssets counts the assets in scope, and those of them that need a new decision.
func (t *Tx) CountAssets(ctx context.Context) (total, review int, err error) {
	type counts struct{ Total, Review int }
	c, err := row[counts](ctx, t, sqlCountAssets, t.scoped(pgx.StrictNamedArgs{}))
	return c.Total, c.Review, err
}

const sqlCountRejudge = `SELECT count(*)::int FROM asset_now n WHERE ` + fragRejudge + ` AND (@everything OR n.unit_id = ANY (@scope::bigint[]))`

// CountRejudge counts the assets in scope that were judged by an earlier edition of the 分類体系.
func (t *Tx) CountRejudge(ctx context.Context) (int, error) {
	return scalar[int](ctx, t, sqlCountRejudge, t.scoped(pgx.StrictNamedArgs{}))
}

const sqlAdopted = `
SELECT 'scheme' AS target FROM scheme s JOIN adoption a ON a.target = 'scheme' AND a.code = s.code WHERE s.id = scheme_today()
UNION SELECT 'catalogue' FROM adoption WHERE target = 'catalogue'
UNION SELECT 'org' FROM adoption WHERE target = 'org' AND NOT EXISTS (
  SELECT FROM pack p WHERE NOT p.sample AND p.org_sha256 <> ''
    AND NOT EXISTS (SELECT FROM adoption a WHERE a.target = 'org' AND a.code = p.name AND a.content = p.org_sha256))`

// Adopted says which of the body's rules an adoption act stands behind: org, scheme, catalogue.
func (t *Tx) Adopted(ctx context.Context) (map[string]bool, error) {
	r, err := t.tx.Query(ctx, sqlAdopted)
	if err != nil {
		return nil, mapErr(err)
	}
	list, err := pgx.CollectRows(r, pgx.RowTo[string])
	out := map[string]bool{}
	for _, target := range list {
		out[target] = true
	}
	return out, mapErr(err)
}

package postgres

import (
	"time"

	"github.com/jackc/pgx/v5"

	"daicho/internal/classify"
	"daicho/internal/jptext"
)

// Related is one relation in force, seen from one of its ends.
type Related struct {
	Type     string
	Outgoing bool
	Note     string
	Effect   string          // "", 集積 or 分散
	Pass     classify.Levels // what it passes on with an effect; 0 on an axis that travels as it is
	Since    time.Time
	Other    AssetRef
}

// RelatedQuery says which of the relations of an asset to list.
type RelatedQuery struct {
	Text     string // all its terms stand in the search key of the other asset; "" = all
	Type     string // "" = of every type and direction
	Outgoing bool
	Limit    int // of each type and direction
	Offset   int
}

const (
	// fragNamed is true where the other end has all words of the text, if any are asked for.
	fragNamed = `(cardinality(@patterns::text[]) = 0 OR (SELECT s.search FROM asset_search s WHERE s.asset_id = n.asset_id) LIKE ALL (@patterns))`

	fragEnds = `
WITH ends AS (
  SELECT type, true AS outgoing, note, effect, pass_c, pass_i, pass_a, from_rev, to_id AS other FROM relation WHERE from_id = @asset AND to_rev = 9223372036854775807
  UNION ALL
  SELECT type, false, note, effect, pass_c, pass_i, pass_a, from_rev, from_id FROM relation WHERE to_id = @asset AND to_rev = 9223372036854775807)`

	sqlRelated = fragEnds + `, near AS (
  SELECT e.*, n.number, n.name, n.kind, n.unit_id, n.state, n.c, n.i, n.a, coalesce(n.scheme_id, 0) AS scheme,
         row_number() OVER (PARTITION BY e.type, e.outgoing ORDER BY n.yomi, n.asset_id, e.from_rev) AS at
  FROM ends e JOIN asset_now n ON n.asset_id = e.other
  WHERE (@everything OR n.unit_id = ANY (@scope::bigint[])) AND ` + fragNamed + `
    AND (@type = '' OR e.type = @type AND e.outgoing = @outgoing))
SELECT r.type, r.outgoing, r.note, r.effect, r.pass_c, r.pass_i, r.pass_a, v.at AS since,
  r.other AS id, coalesce(r.number, '') AS number, r.name, r.kind, u.name AS unit, r.state, r.c, r.i, r.a, r.scheme
FROM near r JOIN unit u ON u.id = r.unit_id JOIN revision v ON v.rev = r.from_rev
WHERE r.at > @offset AND r.at <= @offset::int + @limit::int ORDER BY r.type, r.outgoing DESC, r.at`

	sqlRelatedCount = fragEnds + `
SELECT e.type, e.outgoing, (count(*) FILTER (WHERE x.inside))::int AS inside,
       (count(*) FILTER (WHERE x.inside AND ` + fragNamed + `))::int AS found,
       (count(*) FILTER (WHERE NOT x.inside))::int AS outside
FROM ends e JOIN asset_now n ON n.asset_id = e.other CROSS JOIN LATERAL (SELECT @everything OR n.unit_id = ANY (@scope::bigint[]) AS inside) x
GROUP BY 1, 2 ORDER BY 1, 2 DESC`
)

// RelatedCount counts the relations of one type and direction.
type RelatedCount struct {
	Type            string
	Outgoing        bool
	Inside, Outside int // other end within the scope, and beyond it
	Found           int // of those inside, what the text asks for
}

// patternsOf are the patterns that all must match a search key, and the grams that it must hold.
func patternsOf(query string) (patterns, grams []string) {
	patterns, grams = []string{}, []string{}
	for _, term := range jptext.Terms(query) {
		grams = append(grams, jptext.TermGrams(term)...)
		patterns = append(patterns, "%"+likeEscape(term)+"%")
	}
	return patterns, grams
}

// ReadRelated reads relations in force of an asset in the order of the other ends' readings, and counts
// them all by type and direction. What lies outside the scope is counted and never named; a text does
// not search it.
func (t *Tx) ReadRelated(id int64, q RelatedQuery, into *[]Related, counts *[]RelatedCount) [2]Reading {
	type line struct {
		Type                string
		Outgoing            bool
		Note, Effect        string
		PassC, PassI, PassA int16
		Since               time.Time
		refRow
	}
	patterns, _ := patternsOf(q.Text)
	return [2]Reading{
		reading(sqlRelatedCount, t.scoped(pgx.StrictNamedArgs{"asset": id, "patterns": patterns}), func(list []RelatedCount) { *counts = list }),
		reading(sqlRelated, t.scoped(pgx.StrictNamedArgs{
			"asset": id, "patterns": patterns, "limit": q.Limit, "offset": q.Offset, "type": q.Type, "outgoing": q.Outgoing,
		}), func(list []line) {
			for _, l := range list {
				*into = append(*into, Related{l.Type, l.Outgoing, l.Note, l.Effect, levelsOf(l.PassC, l.PassI, l.PassA), l.Since, l.ref()})
			}
		}),
	}
}

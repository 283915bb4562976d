package postgres

import (
	"context"

	"github.com/jackc/pgx/v5"

	"daicho/internal/ledger"
)

// Part is how many rows a list, or a part of one, has.
type Part struct {
	N     int
	Bound bool // N or more
	base  int  // rows within the scope before any filter
}

// Tally is what CountList says of a list.
type Tally struct {
	Part
	parts map[string]int // rows by part of the order, where the census knows
}

// censusColumn is the column of the census by which an order has parts.
var censusColumn = map[ledger.Key]string{
	ledger.ByKind: "n.kind", ledger.ByZone: "n.zone", ledger.ByState: "n.state", ledger.ByC: "n.c::text", ledger.ByI: "n.i::text", ledger.ByA: "n.a::text",
}

// CountList counts what a filter lets pass within the scope: exactly from the census, and up to
// ledger.TextBound for what the census does not know (a text, what waits for something).
func (t *Tx) CountList(ctx context.Context, f ledger.Filter, s ledger.Sort) (Tally, error) {
	c := t.conditions(f)
	words := c.words(f)
	where := "n.unit_id = 0"
	if !c.everything {
		where = "n.unit_id = ANY (@scope::bigint[])"
	}
	base := `(SELECT coalesce(sum(n.n), 0)::bigint FROM census_sum n WHERE ` + where + ` AND n.facet = '')`
	if words != "" || f.Todo != ledger.Anything {
		c.args["bound"] = ledger.TextBound + 1
		rows := `asset_now n WHERE ` + c.scope("n") + c.facet + c.rest + c.reviews + c.found(words)
		if c.facet == "" && c.rest == "" { // a text alone needs no row of the list
			rows = `asset_search s WHERE ` + c.scope("s") + words
		}
		return t.tally(ctx, `SELECT '', count(*), `+base+` FROM (SELECT FROM `+rows+` LIMIT @bound) x`, pgx.QueryExecModeCacheDescribe, c.args, false)
	}
	part, parts := censusColumn[s.Key]
	group := " GROUP BY 1"
	if !parts {
		part, group = "''", ""
	}
	from := ` FROM census n WHERE ` + where + c.facet
	if facet, values, ok := c.single(part); ok {
		// One facet at most: the sums know it.
		c.args["facet"] = facet
		from = ` FROM census_sum n WHERE ` + where + ` AND n.facet = @facet`
		if values != nil {
			c.args["values"] = values
			from += ` AND n.value = ANY (@values::text[])`
		}
		if parts {
			part = "n.value"
		}
	}
	if !c.filters() {
		base = "0::bigint"
	}
	return t.tally(ctx, `SELECT `+part+`, coalesce(sum(n.n), 0)::bigint, `+base+from+group, pgx.QueryExecModeCacheStatement, c.args, parts)
}

func (t *Tx) tally(ctx context.Context, sql string, mode pgx.QueryExecMode, args pgx.StrictNamedArgs, parts bool) (Tally, error) {
	var out Tally
	if parts {
		out.parts = map[string]int{}
	}
	r, err := t.tx.Query(ctx, sql, mode, pgx.NamedArgs(args))
	if err != nil {
		return out, mapErr(err)
	}
	defer r.Close()
	for r.Next() {
		var part string
		var n int
		var base *int
		if err := r.Scan(&part, &n, &base); err != nil {
			return out, err
		}
		out.N += n
		out.base = max(deref(base), 0)
		if parts {
			out.parts[part] += n
		}
	}
	out.base = max(out.base, out.N)
	if out.N > ledger.TextBound && args["bound"] != nil {
		out.N, out.Bound = ledger.TextBound, true
	}
	return out, mapErr(r.Err())
}

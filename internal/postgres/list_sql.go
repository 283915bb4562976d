package postgres

import (
	"fmt"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"

	"daicho/internal/jptext"
	"daicho/internal/ledger"
)

const (
	// fragListPage is what a page shows of a row, and fragListSheet what a file or a print may.
	fragListPage = `n.asset_id, n.number, n.kind, n.state, n.name, n.unit_id, n.c, n.i, n.a, n.zone, n.version_no IS NOT NULL AND n.pending_no IS NOT NULL,
  n.review_since, n.checked_on, coalesce(n.scheme_id, 0)`

	fragListSheet = `, n.yomi, n.reading, n.updated_at, n.organ_id, coalesce(n.host_id, 0), n.personal, n.flags, n.fiscal_year, n.members, coalesce(n.version_no, 0)`

	// fragListHeld is what a page or its order needs.
	fragListHeld = `n.asset_id, n.number, n.kind, n.state, n.name, n.yomi, n.unit_id, n.c, n.i, n.a, n.zone, n.version_no, n.pending_no, n.review_since,
  n.checked_on, n.updated_at, n.scheme_id`

	// The fields of the kind come from the document in force, else the one submitted; a draft has
	// only what its row shows.
	fragListValues = `, coalesce(v.content, e.detail::text, '{}')`
	fragListJoin   = ` LEFT JOIN asset_version v ON v.asset_id = n.asset_id AND v.no = coalesce(n.version_no, n.pending_no)
  LEFT JOIN asset_detail e ON e.asset_id = n.asset_id AND v.asset_id IS NULL`
)

func deref[T any](p *T) T {
	if p == nil {
		var zero T
		return zero
	}
	return *p
}

// fragRejudge: what is in force was judged by an earlier edition of the 分類体系.
const fragRejudge = `(n.scheme_id = ANY (ARRAY(SELECT z.id FROM scheme z WHERE z.id <> scheme_today())) AND n.version_no IS NOT NULL AND n.state <> 'disposed')`

// fragReview finds what waits for a new decision, by its reasons or because of an earlier edition.
const fragReview = `(n.asset_id = ANY (ARRAY(SELECT r.asset_id FROM asset_review r)) OR ` + fragRejudge + `)`

// order is an order of rows that an index has.
type order struct {
	column string
	desc   bool
	null   bool   // the column may be null; nulls come last, descending first
	first  string // an expression that comes before it, when parts of a list are sorted together
	parts  []string
}

func orderOf(s ledger.Sort) order {
	switch s.Key { //nolint:exhaustive // the others are orders by parts, with numbers inside
	case ledger.ByName:
		return order{column: "yomi", desc: s.Desc}
	case ledger.ByUpdated:
		return order{column: "updated_at", desc: s.Desc}
	case ledger.ByNumber:
		return order{column: "number", desc: s.Desc, null: true}
	}
	return order{column: "number", null: true}
}

// segmentOrder sorts the parts of a list together, when all rows are gathered anyway.
func segmentOrder(s ledger.Sort, parts []ledger.Segment) order {
	o := orderOf(ledger.DefaultSort)
	column := censusColumn[s.Key]
	if s.Key == ledger.ByUnit {
		column = "n.unit_id::text"
	}
	o.first = "array_position(@segments::text[], " + column + ")"
	for _, p := range parts {
		o.parts = append(o.parts, p.Code)
	}
	return o
}

// by is the ORDER BY of the order, forwards or backwards.
func (o order) by(alias string, back bool) string {
	dir := ""
	if o.desc != back {
		dir = " DESC"
	}
	s := alias + o.column + dir + ", " + alias + "asset_id" + dir
	if o.first != "" {
		first := o.first
		if back {
			first += " DESC"
		}
		s = first + ", " + s
	}
	return " ORDER BY " + s
}

// conditions are what a filter asks of "asset_now n", as SQL with parameters.
type conditions struct {
	everything bool
	units      []int64
	facet      string              // what the census knows too; begins with AND
	facets     map[string][]string // the same by facet, for the census by single facets
	classes    string              // the part of it that 適用区分 answers
	year       string              // the years again, for the index of numbers
	rest       string
	reviews    string // the part of it that the reasons of 要再承認 answer, for gathering and counting
	text       string // by grams, for gathering and counting: of asset_search s
	like       string // the same without the index, for walking and for what is common
	args       pgx.StrictNamedArgs
}

// conditions turns a filter into SQL. The units of the filter are cut to the scope here, so that the
// planner sees one short list.
func (t *Tx) conditions(f ledger.Filter) conditions {
	c := conditions{args: pgx.StrictNamedArgs{}, facets: map[string][]string{}}
	c.everything, c.units = t.reach(f)
	if !c.everything {
		c.args["scope"] = c.units
	}
	if len(c.units) == 1 {
		c.args["unit"] = c.units[0]
	}
	facet(&c, "kind", "text", f.Kinds)
	facet(&c, "zone", "text", f.Zones)
	facet(&c, "c", "smallint", f.C)
	facet(&c, "i", "smallint", f.I)
	facet(&c, "a", "smallint", f.A)
	if c.facet != "" {
		own := strings.ReplaceAll(strings.TrimPrefix(c.facet, " AND "), "n.", "k.")
		c.classes = " AND (n.class_id = ANY (ARRAY(SELECT k.id FROM class k WHERE " + own + ")) OR n.class_id IS NULL" + c.facet + ")"
	}
	facet(&c, "state", "text", f.States)
	facet(&c, "fiscal_year", "int", f.Years)
	if len(f.Years) == 1 {
		// The year begins the number, so that the index of numbers serves it.
		y := itoa(int(f.Years[0]))
		c.args["year_from"], c.args["year_to"] = y+"-", y+"."
		c.year = " AND n.number >= @year_from AND n.number < @year_to"
	}
	switch f.Todo {
	case ledger.Changing:
		c.rest += " AND n.pending_no IS NOT NULL AND n.version_no IS NOT NULL"
	case ledger.Review:
		c.rest += " AND (n.review_since IS NOT NULL OR " + fragRejudge + ")"
		c.reviews = " AND " + fragReview
	case ledger.Rejudge:
		c.rest += " AND " + fragRejudge
	case ledger.Anything:
	}
	c.search(f.Terms)
	return c
}

// facet adds the condition that a column is one of the values; nil lets everything pass.
func facet[T any](c *conditions, column, cast string, values []T) {
	if values == nil {
		return
	}
	c.args["f_"+column] = values
	c.facet += " AND n." + column + " = ANY (@f_" + column + "::" + cast + "[])"
	words := make([]string, len(values))
	for i, v := range values {
		words[i] = fmt.Sprint(v)
	}
	c.facets[column] = words
}

// reach intersects the units of a filter with the scope.
func (t *Tx) reach(f ledger.Filter) (everything bool, units []int64) {
	switch {
	case f.Units == nil && t.scope.All():
		return true, nil
	case f.Units == nil:
		return false, t.scope.Units()
	}
	units = []int64{}
	for _, u := range f.Units {
		if t.scope.Covers(u) {
			units = append(units, u)
		}
	}
	return false, units
}

// search adds the conditions of a text search. A term of one or two characters is a gram, which the
// index answers exactly; a longer one is compared with the key as well.
func (c *conditions) search(terms []string) {
	if len(terms) == 0 {
		return
	}
	var grams []string
	var all, long strings.Builder
	for i, term := range terms {
		one := " AND s.search LIKE @like" + itoa(i)
		c.args["like"+itoa(i)] = "%" + likeEscape(term) + "%"
		all.WriteString(one)
		g := jptext.TermGrams(term)
		if len([]rune(term)) > 2 {
			long.WriteString(one)
		}
		grams = append(grams, g...)
	}
	slices.Sort(grams)
	c.args["grams"] = slices.Compact(grams)
	c.text = " AND s.grams @> @grams::text[]" + long.String()
	c.like = all.String()
}

// words is what a count asks of asset_search: by the index, unless the words are so common that it
// would be the longer way.
func (c *conditions) words(f ledger.Filter) string {
	if f.Common {
		return c.like
	}
	return c.text
}

// found is the condition that the words of n are among those that text or like describes, for the
// planner to begin with. It says the scope again: a unit is then known before its row is looked up.
func (c *conditions) found(words string) string {
	if words == "" {
		return ""
	}
	return " AND n.asset_id IN (SELECT s.asset_id FROM asset_search s WHERE " + c.scope("s") + words + ")"
}

// reads is the same for one row after the other, which the planner cannot turn round.
func (c *conditions) reads() string {
	if c.like == "" {
		return ""
	}
	return " AND (SELECT true" + c.like + " FROM asset_search s WHERE s.asset_id = n.asset_id)"
}

// single returns the one facet that the conditions and the parts of the order ask about, with its
// values (nil = any); ok is false when they ask about more than one.
func (c *conditions) single(part string) (facet string, values []string, ok bool) {
	if part != "''" {
		facet = strings.TrimSuffix(strings.TrimPrefix(part, "n."), "::text")
	}
	for f, v := range c.facets {
		if facet != "" && f != facet || values != nil {
			return "", nil, false
		}
		facet, values = f, v
	}
	return facet, values, true
}

// mode says how a statement is planned. A text is planned for by its very grams: how common they are
// decides everything. The other shapes leave the planner no choice that their values could decide,
// so one plan serves all.
func (c *conditions) mode() pgx.QueryExecMode {
	if c.text != "" {
		return pgx.QueryExecModeCacheDescribe
	}
	return pgx.QueryExecModeCacheStatement
}

// filters reports whether anything but the scope narrows the list.
func (c *conditions) filters() bool { return c.facet != "" || c.rest != "" || c.text != "" }

// scope is the condition that a row of the alias lies within the units that are asked for.
func (c *conditions) scope(alias string) string {
	switch {
	case c.everything:
		return "true"
	case len(c.units) == 1: // an equality lets the index of the unit give the order, too
		return alias + ".unit_id = @unit"
	}
	return alias + ".unit_id = ANY (@scope::bigint[])"
}

// after is the condition that a row lies behind the cursor in the direction of reading, in the half
// of the list that the window is about.
func (c *conditions) after(w window) string {
	o := w.order
	col := "n." + o.column
	only := map[half]string{numbered: " AND " + col + " IS NOT NULL", unnumbered: " AND " + col + " IS NULL"}[w.half]
	from := w.from
	if from.IsZero() || from.End {
		return only
	}
	c.args["from_id"] = from.ID
	greater := o.desc == w.back // towards greater values
	op := map[bool]string{true: " > ", false: " < "}[greater]
	cond := "n.asset_id" + op + "@from_id"
	if !from.Null {
		c.args["from_key"] = from.Text
		if o.column == "updated_at" {
			c.args["from_key"] = from.Time
		}
		cond = "(" + col + ", n.asset_id)" + op + "(@from_key, @from_id)"
	}
	if o.first == "" {
		return only + " AND " + cond
	}
	// All halves and parts at once: this is for few rows, which are gathered.
	switch {
	case from.Null && greater:
		cond = "(" + col + " IS NULL AND " + cond + ")"
	case from.Null:
		cond = "(" + col + " IS NOT NULL OR " + cond + ")"
	case greater:
		cond = "(" + cond + " OR " + col + " IS NULL)"
	}
	c.args["from_segment"] = from.Segment
	first := "array_position(@segments::text[], @from_segment)"
	beyond := map[bool]string{true: " < ", false: " > "}[w.back]
	return " AND (" + o.first + beyond + first + " OR " + o.first + " = " + first + " AND " + cond + ")"
}

func (c *conditions) limit(w window) string {
	s := ""
	if w.limit > 0 {
		s = " LIMIT " + itoa(w.limit) // in the text: a plan for any limit would expect many rows
	}
	if w.offset > 0 {
		c.args["offset"] = w.offset
		s += " OFFSET @offset"
	}
	return s
}

func columns(w window) (cols, join string) {
	cols = fragListPage
	switch {
	case w.sheet:
		cols += fragListSheet
	case w.order.column != "number":
		cols += ", n." + w.order.column
	}
	if w.values {
		return cols + fragListValues, fragListJoin
	}
	return cols, ""
}

// gather fetches all hits and sorts them. MATERIALIZED keeps the planner from walking the order.
func (c *conditions) gather(w window) string {
	cols, _ := columns(w)
	c.args["segments"] = w.order.parts
	return "WITH hit AS MATERIALIZED (SELECT " + fragListHeld + " FROM asset_now n WHERE " + c.scope("n") + c.facet + c.year + c.classes + c.rest + c.reviews + c.found(c.text) + ") SELECT " + cols +
		" FROM hit n WHERE true" + c.after(w) + w.order.by("n.", w.back) + c.limit(w)
}

// held reports whether the index of an order holds all that the filter asks.
func (c *conditions) held(o order) bool {
	return c.like == "" && c.rest == "" && o.column != "yomi"
}

// walk goes along the index of the order. Where the index holds all that the filter asks, rows are
// dropped and skipped in it, and only those of the page are fetched from the table. Otherwise a
// budget may bound how many rows are looked at.
func (c *conditions) walk(w window, budget int) string {
	cols, _ := columns(w)
	order := w.order.by("n.", w.back)
	from := " FROM asset_now n WHERE " + c.scope("n") + c.after(w)
	if w.order.column == "number" {
		from += c.year
	}
	if c.held(w.order) && (c.facet != "" || w.offset > 0) {
		return "SELECT " + cols + " FROM (SELECT n.asset_id, n." + w.order.column + from + c.facet + order + c.limit(w) + ") x JOIN asset_now n ON n.asset_id = x.asset_id" +
			w.order.by("x.", w.back)
	}
	if budget > 0 {
		c.args["budget"] = budget
		from = " FROM (SELECT " + fragListHeld + ", n.fiscal_year" + from + order + " LIMIT @budget) n WHERE true"
	}
	return "SELECT " + cols + from + c.facet + c.rest + c.reads() + order + c.limit(w)
}

// merge walks the index of every unit in scope as far as the whole page needs, and merges.
func (c *conditions) merge(w window) string {
	cols, _ := columns(w)
	c.args["each"] = w.offset + w.limit
	return "SELECT " + cols + " FROM unnest(@scope::bigint[]) u (id) CROSS JOIN LATERAL (SELECT n.asset_id FROM asset_now n WHERE n.unit_id = u.id" +
		c.facet + c.rest + c.reads() + c.after(w) + w.order.by("n.", w.back) + " LIMIT @each) x JOIN asset_now n ON n.asset_id = x.asset_id" +
		w.order.by("n.", w.back) + c.limit(w)
}

// stream is everything that the filter lets pass, in order, for a file: the planner chooses freely.
func (c *conditions) stream(w window) string {
	cols, join := columns(w)
	c.args["segments"] = w.order.parts
	return "SELECT " + cols + " FROM asset_now n" + join + " WHERE " + c.scope("n") + c.facet + c.year + c.classes + c.rest + c.found(c.text) + w.order.by("n.", false)
}

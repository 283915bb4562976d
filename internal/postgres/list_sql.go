package postgres

import (
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"daicho/internal/asset"
	"daicho/internal/classify"
	"daicho/internal/jpdate"
	"daicho/internal/jptext"
	"daicho/internal/ledger"
)

const (
	fragListColumns = `n.asset_id, n.number, n.kind, n.state, n.name, n.yomi, n.unit_id, n.organ_id, n.host_id, n.c, n.i, n.a, n.zone, n.personal,
  n.flags, n.fiscal_year, n.members, n.version_no, n.pending_no, n.review_since, n.checked_on, n.updated_at`

	// The fields of the kind come from the document in force, else the one submitted; a draft has
	// only what its row shows.
	fragListValues = `, coalesce(v.content, n.detail::text)`
	fragListJoin   = ` LEFT JOIN asset_version v ON v.asset_id = n.asset_id AND v.no = coalesce(n.version_no, n.pending_no)`
)

// scanner reads rows of fragListColumns, with or without the values.
type scanner struct {
	row      ledger.Row
	number   *string
	host     *int64
	version  *int32
	pending  *int32
	review   *time.Time
	checked  *time.Time
	kind     string
	state    string
	c, i, a  int16
	flags    int32
	year     int32
	members  int32
	personal int16
	into     []any
}

func (s *scanner) scan(r pgx.Rows) error {
	if s.into == nil {
		s.into = []any{&s.row.ID, &s.number, &s.kind, &s.state, &s.row.Name, &s.row.Yomi, &s.row.Unit, &s.row.Organ, &s.host, &s.c, &s.i, &s.a,
			&s.row.Zone, &s.personal, &s.flags, &s.year, &s.members, &s.version, &s.pending, &s.review, &s.checked, &s.row.Updated}
		if len(r.FieldDescriptions()) > len(s.into) {
			s.into = append(s.into, &s.row.Values)
		}
	}
	if err := r.Scan(s.into...); err != nil {
		return err
	}
	s.row.Number, s.row.Host, s.row.Version = deref(s.number), deref(s.host), int(deref(s.version))
	s.row.Kind, s.row.State = asset.Kind(s.kind), asset.State(s.state)
	s.row.Levels = classify.Levels{C: classify.Rank(s.c), I: classify.Rank(s.i), A: classify.Rank(s.a)}
	s.row.Personal, s.row.Flags = s.personal, asset.Flags(s.flags) //nolint:gosec // five bits
	s.row.Year, s.row.Members = int(s.year), int(s.members)
	s.row.Changing = s.pending != nil && s.version != nil
	s.row.Review, s.row.Checked = jpdate.OfTime(deref(s.review)), jpdate.OfTime(deref(s.checked))
	return nil
}

func deref[T any](p *T) T {
	if p == nil {
		var zero T
		return zero
	}
	return *p
}

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
	facet      string // what the census knows too; begins with AND
	classes    string // the part of it that 適用区分 answers
	rest       string
	text       string // by grams, for gathering
	like       string // the same without the index, for walking
	args       pgx.StrictNamedArgs
}

// conditions turns a filter into SQL. The units of the filter are cut to the scope here, so that the
// planner sees one short list.
func (t *Tx) conditions(f ledger.Filter) conditions {
	c := conditions{args: pgx.StrictNamedArgs{}}
	c.everything, c.units = t.reach(f)
	if !c.everything {
		c.args["scope"] = c.units
	}
	var facet, class strings.Builder
	in := func(column, cast string, ofClass, set bool, v any) {
		if !set {
			return
		}
		cond := column + " = ANY (@f_" + column + "::" + cast + "[])"
		c.args["f_"+column] = v
		facet.WriteString(" AND n." + cond)
		if ofClass {
			class.WriteString(" AND k." + cond)
		}
	}
	in("kind", "text", true, f.Kinds != nil, f.Kinds)
	in("zone", "text", true, f.Zones != nil, f.Zones)
	in("c", "smallint", true, f.C != nil, f.C)
	in("i", "smallint", true, f.I != nil, f.I)
	in("a", "smallint", true, f.A != nil, f.A)
	in("state", "text", false, f.States != nil, f.States)
	in("fiscal_year", "int", false, f.Years != nil, f.Years)
	c.facet = facet.String()
	if class.Len() > 0 {
		c.classes = " AND (n.class_id = ANY (ARRAY(SELECT k.id FROM class k WHERE " + strings.TrimPrefix(class.String(), " AND ") + ")) OR n.class_id IS NULL)"
	}
	if len(f.Years) == 1 {
		// The year begins the number, so that the index of numbers serves it.
		y := itoa(int(f.Years[0]))
		c.args["year_from"], c.args["year_to"] = y+"-", y+"."
		c.rest += " AND n.number >= @year_from AND n.number < @year_to"
	}
	switch f.Todo {
	case ledger.Changing:
		c.rest += " AND n.pending_no IS NOT NULL AND n.version_no IS NOT NULL"
	case ledger.Review:
		c.rest += " AND n.review_since IS NOT NULL"
	case ledger.Anything:
	}
	c.search(f.Terms)
	return c
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
		one := " AND n.search LIKE @like" + itoa(i)
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
	c.text = " AND n.grams @> @grams::text[]" + long.String()
	c.like = all.String()
}

// filters reports whether anything but the scope narrows the list.
func (c *conditions) filters() bool { return c.facet != "" || c.rest != "" || c.text != "" }

func (c *conditions) scope() string {
	if c.everything {
		return "true"
	}
	return "n.unit_id = ANY (@scope::bigint[])"
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
		c.args["limit"] = w.limit
		s = " LIMIT @limit"
	}
	if w.offset > 0 {
		c.args["offset"] = w.offset
		s += " OFFSET @offset"
	}
	return s
}

func columns(w window) (cols, join string) {
	if w.values {
		return fragListColumns + fragListValues, fragListJoin
	}
	return fragListColumns, ""
}

// gather fetches all hits and sorts them. MATERIALIZED keeps the planner from walking the order.
func (c *conditions) gather(w window) string {
	cols, join := columns(w)
	c.args["segments"] = w.order.parts
	return "WITH hit AS MATERIALIZED (SELECT n.* FROM asset_now n WHERE " + c.scope() + c.facet + c.classes + c.rest + c.text + ") SELECT " + cols +
		" FROM hit n" + join + " WHERE true" + c.after(w) + w.order.by("n.", w.back) + c.limit(w)
}

// walk goes along the index of the order; with a budget it looks at that many rows and no more.
func (c *conditions) walk(w window, budget int) string {
	cols, join := columns(w)
	if budget == 0 {
		delete(c.args, "grams")
		return "SELECT " + cols + " FROM asset_now n" + join + " WHERE " + c.scope() + c.facet + c.rest + c.like + c.after(w) + w.order.by("n.", w.back) + c.limit(w)
	}
	c.args["budget"] = budget
	return "SELECT " + cols + " FROM (SELECT n.* FROM asset_now n WHERE " + c.scope() + c.after(w) + w.order.by("n.", w.back) + " LIMIT @budget) n" + join +
		" WHERE true" + c.facet + c.rest + c.like + w.order.by("n.", w.back) + c.limit(w)
}

// merge walks the index of every unit in scope as far as the whole page needs, and merges.
func (c *conditions) merge(w window) string {
	cols, join := columns(w)
	c.args["each"] = w.offset + w.limit
	return "SELECT " + cols + " FROM unnest(@scope::bigint[]) u (id) CROSS JOIN LATERAL (SELECT n.asset_id FROM asset_now n WHERE n.unit_id = u.id" +
		c.facet + c.rest + c.like + c.after(w) + w.order.by("n.", w.back) + " LIMIT @each) x JOIN asset_now n ON n.asset_id = x.asset_id" + join +
		w.order.by("n.", w.back) + c.limit(w)
}

// stream is everything that the filter lets pass, in order, for a file: the planner chooses freely.
func (c *conditions) stream(w window) string {
	cols, join := columns(w)
	c.args["segments"] = w.order.parts
	return "SELECT " + cols + " FROM asset_now n" + join + " WHERE " + c.scope() + c.facet + c.classes + c.rest + c.text + w.order.by("n.", false)
}

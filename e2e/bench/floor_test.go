//go:build bench

package bench

import (
	"bytes"
	"fmt"
	"html"
	"net/http"
	"strconv"
	"time"

	"github.com/jackc/pgx/v5"

	"daicho/internal/jptext"
)

// columns are what the page shows, as the floors read them.
const columns = `n.asset_id, coalesce(n.number, ''), n.kind, n.state, n.name, n.unit_id, n.c, n.i, n.a, n.zone, n.pending_no IS NOT NULL, n.review_since IS NOT NULL, n.checked_on`

// floors answer with the same rows as the page, found by the best statement that somebody who knows
// the answer would write by hand, as a plain table inside the frame of the page, which is written as
// it is: one statement, no scope, no count, no session. A search counts its hits to the same bound
// as the page, because that is what the page says.
func (x *world) floors(mux *http.ServeMux) {
	for name, sql := range map[string]string{
		"unit":       `FROM asset_now n WHERE n.unit_id = $1 ORDER BY n.number, n.asset_id LIMIT 100`,
		"unit-level": `FROM asset_now n WHERE n.unit_id = $1 AND n.c >= 3 ORDER BY n.number, n.asset_id LIMIT 100`,
		"all":        `FROM asset_now n WHERE $1 > 0 ORDER BY n.number, n.asset_id LIMIT 100`,
		"rare":       `FROM (SELECT n.* FROM asset_now n WHERE $1 > 0 AND n.class_id = ANY (ARRAY(SELECT id FROM class WHERE kind IN ('MD') AND c = 4 AND zone = 'MN')) OFFSET 0) n ORDER BY n.updated_at DESC LIMIT 100`,
		"common":     `FROM asset_now n WHERE $1 > 0 AND n.kind = 'IN' AND n.c = 2 ORDER BY n.updated_at DESC LIMIT 100`,
		"controls":   `FROM asset_now h JOIN set_item s ON s.set_id = h.set_id JOIN control c ON c.id = s.control_id JOIN asset_now n ON n.asset_id = h.asset_id WHERE $1 > 0 AND h.number = '` + x.hub + `' ORDER BY c.key`,
		"relations":  `FROM asset_now h JOIN relation r ON r.from_id = h.asset_id AND r.to_rev = 9223372036854775807 JOIN asset_now n ON n.asset_id = r.to_id WHERE $1 > 0 AND h.number = '` + x.hub + `' ORDER BY n.number`,
	} {
		x.floor(mux, name, sql, func(*http.Request) []any { return []any{x.unit} })
	}
	// A search by hand: along the order of the list, or by the index of the grams.
	like := func(r *http.Request) []any { return []any{"%" + r.FormValue("key") + "%"} }
	both := func(r *http.Request) []any { return append(like(r), jptext.TermGrams(r.FormValue("key"))) }
	const byGrams, byText = `asset_search s WHERE s.grams @> $2 AND s.search LIKE $1`, `asset_search s WHERE cardinality($2::text[]) > 0 AND s.search LIKE $1`
	x.floor(mux, "walk", `FROM asset_now n WHERE cardinality($2::text[]) > 0 AND (SELECT s.search FROM asset_search s WHERE s.asset_id = n.asset_id) LIKE $1 ORDER BY n.number, n.asset_id LIMIT 100`, both, byText, byGrams)
	x.floor(mux, "gather", `FROM (SELECT n.* FROM asset_now n JOIN asset_search s USING (asset_id) WHERE s.grams @> $2 AND s.search LIKE $1 OFFSET 0) n ORDER BY n.number, n.asset_id LIMIT 100`, both, byText, byGrams)
}

func (x *world) floor(mux *http.ServeMux, name, sql string, args func(*http.Request) []any, counts ...string) {
	mux.HandleFunc("GET /floor/"+name, func(w http.ResponseWriter, r *http.Request) {
		n := 0
		if i, err := strconv.Atoi(r.FormValue("count")); err == nil && i < len(counts) {
			if err := x.pool.QueryRow(r.Context(), "SELECT count(*) FROM (SELECT FROM "+counts[i]+" LIMIT 10001) x", append([]any{pgx.QueryExecModeCacheDescribe}, args(r)...)...).Scan(&n); err != nil {
				http.Error(w, err.Error(), http.StatusInternalServerError)
				return
			}
		}
		rows, err := x.pool.Query(r.Context(), "SELECT "+columns+" "+sql, args(r)...)
		if err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
			return
		}
		defer rows.Close()
		var b bytes.Buffer
		b.WriteString(x.frame)
		fmt.Fprintf(&b, "<p>%d</p><table>", n)
		for rows.Next() {
			var id, unit int64
			var number, kind, state, name, zone string
			var c, i, a int16
			var pending, review bool
			var checked *time.Time
			if err := rows.Scan(&id, &number, &kind, &state, &name, &unit, &c, &i, &a, &zone, &pending, &review, &checked); err != nil {
				http.Error(w, err.Error(), http.StatusInternalServerError)
				return
			}
			fmt.Fprintf(&b, "<tr><td>%s<td><a href=\"/assets/%s\">%s</a><td>%s<td>%d<td>%s<td>%d<td>%d<td>%d<td>%s<td>", number, number, html.EscapeString(name), kind, unit, zone, c, i, a, state)
			if checked != nil {
				b.WriteString(checked.Format(time.DateOnly))
			}
		}
		if err := rows.Err(); err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
			return
		}
		b.WriteString("</table>")
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		w.Header().Set("Content-Length", strconv.Itoa(b.Len()))
		_, _ = w.Write(b.Bytes())
	})
}

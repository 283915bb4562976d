//go:build bench

package bench

import (
	"bytes"
	"fmt"
	"html"
	"net/http"
	"strconv"
	"time"
)

// columns are what the page shows, as the floors read them.
const columns = `n.asset_id, coalesce(n.number, ''), n.kind, n.state, n.name, n.unit_id, n.c, n.i, n.a, n.zone, n.pending_no IS NOT NULL, n.review_since IS NOT NULL, n.checked_on`

// floors answer with the same rows as the page, found by the best statement that somebody who knows
// the answer would write by hand, as a plain table: one statement, no scope, no count, no session.
func (x *world) floors(mux *http.ServeMux) {
	for name, sql := range map[string]string{
		"unit":       `FROM asset_now n WHERE n.unit_id = $1 ORDER BY n.number, n.asset_id LIMIT 100`,
		"unit-level": `FROM asset_now n WHERE n.unit_id = $1 AND n.c >= 3 ORDER BY n.number, n.asset_id LIMIT 100`,
		"all":        `FROM asset_now n WHERE $1 > 0 ORDER BY n.number, n.asset_id LIMIT 100`,
		"rare":       `FROM (SELECT n.* FROM asset_now n WHERE $1 > 0 AND n.class_id = ANY (ARRAY(SELECT id FROM class WHERE kind IN ('MD') AND c = 4 AND zone = 'MN')) OFFSET 0) n ORDER BY n.updated_at DESC LIMIT 100`,
		"common":     `FROM asset_now n WHERE $1 > 0 AND n.kind = 'IN' AND n.c = 2 ORDER BY n.updated_at DESC LIMIT 100`,
		"text-rare":  `FROM (SELECT n.* FROM asset_now n WHERE $1 > 0 AND n.grams @> '{髙槻}' OFFSET 0) n ORDER BY n.number LIMIT 100`,
	} {
		x.floor(mux, name, sql, x.unit)
	}
}

func (x *world) floor(mux *http.ServeMux, name, sql string, args ...any) {
	mux.HandleFunc("GET /floor/"+name, func(w http.ResponseWriter, r *http.Request) {
		rows, err := x.pool.Query(r.Context(), "SELECT "+columns+" "+sql, args...)
		if err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
			return
		}
		defer rows.Close()
		var b bytes.Buffer
		b.WriteString("<!DOCTYPE html><table>")
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

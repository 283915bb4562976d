package postgres

import (
	"testing"

	"daicho/internal/asset"
	"daicho/internal/pgtest"
	"daicho/internal/zone"
)

// The database and the pure rule put every container into the same column.
func TestPlacesInSQLSayTheSame(t *testing.T) {
	db := pgtest.New(t)
	for _, k := range asset.Kinds() {
		for _, z := range append([]asset.Option{{}}, asset.Zones()...) {
			want, _ := zone.PlaceOf(zone.Container{Kind: k.Kind, Zone: z.Code})
			var got string
			if err := db.App.QueryRow(t.Context(), `SELECT `+fragPlace+` FROM (SELECT $1::text AS kind, $2::text AS zone) h`, string(k.Kind), z.Code).Scan(&got); err != nil {
				t.Fatal(err)
			}
			if got != string(want) {
				t.Errorf("%s in %q: the database says %q, the rule %q", k.Kind, z.Code, got, want)
			}
		}
	}
}

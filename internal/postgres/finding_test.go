package postgres

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"daicho/internal/asset"
	"daicho/internal/check"
	"daicho/internal/classify"
	"daicho/internal/pgtest"
)

// The form and the database evaluate the same rules: over drawn documents both find the same.
func TestRulesInSQLSayTheSame(t *testing.T) {
	db := pgtest.New(t)
	set := check.New(nil, nil)
	set.High = 4
	l := linesOf(set, check.Content)
	tests := make([]string, len(l.list))
	for i, x := range l.list {
		tests[i] = fmt.Sprintf("CASE WHEN %s THEN %d END", lineSQL(x, set.High), i+1)
	}
	sql := `SELECT array_remove(ARRAY[` + strings.Join(tests, ",\n") + `]::int[], NULL)
FROM (SELECT 0::bigint AS asset_id, $1::text AS kind, $2::text AS state, $3::smallint AS c, $4::smallint AS i, $5::smallint AS a, $6::text AS zone,
  $7::smallint AS personal, $8::int AS flags) n, (SELECT $9::jsonb AS detail) e`
	rapid.Check(t, func(r *rapid.T) {
		d := asset.New(rapid.SampledFrom(asset.Kinds()).Draw(r, "kind").Kind)
		for _, f := range asset.Fields(d.Kind) {
			if f.Home == asset.InDue || !slices.Contains([]asset.FieldType{asset.Choice, asset.Choices, asset.Flag, asset.Number}, f.Type) || !rapid.Bool().Draw(r, f.Key) {
				continue
			}
			switch f.Type {
			case asset.Number:
				d.Values[f.Key] = fmt.Sprint(rapid.SampledFrom([]int{0, 1, 999, 1000, 5000}).Draw(r, "number"))
			case asset.Flag:
				d.Values[f.Key] = "1"
			default:
				d.Values[f.Key] = rapid.SampledFrom(f.Options).Draw(r, "code").Code
			}
		}
		level := func(top int) classify.Rank { return classify.Rank(rapid.IntRange(1, top).Draw(r, "level")) }
		levels := classify.Levels{C: level(5), I: level(2), A: level(2)}
		want := []string{}
		for _, x := range set.Content(check.Facts{Doc: d, Levels: levels}) {
			want = append(want, x.Rule.ID+" "+x.Line.Field)
		}
		var hits []int
		err := db.App.QueryRow(t.Context(), sql, string(d.Kind), string(asset.InForceState(d.Lifecycle())), int16(levels.C), int16(levels.I), int16(levels.A),
			d.Get("zone"), int16(asset.PersonalRank(d.Get("personal"))), int32(d.Flags()), d.At(asset.InDetail)).Scan(&hits)
		if err != nil {
			r.Fatal(err)
		}
		got := []string{}
		for _, n := range hits {
			got = append(got, l.rules[n-1]+" "+l.fields[n-1])
		}
		if !slices.Equal(want, got) {
			r.Fatalf("%+v at %+v: the form finds %v, the database %v", d.Values, levels, want, got)
		}
	})
}

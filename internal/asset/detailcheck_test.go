package asset

import (
	"flag"
	"os"
	"regexp"
	"strings"
	"testing"
	"time"
)

var update = flag.Bool("update", false, "write the golden files of this package")

// The text that the migration carries is the text that the catalogue gives today. After a change of
// the catalogue: go test ./internal/asset -update, and a migration with the new text.
func TestDetailCheckSQLGolden(t *testing.T) {
	const path = "testdata/detail_ok.sql"
	got := DetailCheckSQL()
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Error("detail_ok.sql differs from the catalogue")
	}
}

func TestDetailCheckSQLNamesEveryDetailFieldAndNoOther(t *testing.T) {
	sql := DetailCheckSQL()
	for _, k := range Kinds() {
		_, part, ok := strings.Cut(sql, "WHEN '"+string(k.Kind)+"' THEN")
		if !ok {
			t.Fatalf("%s is missing", k.Kind)
		}
		part, _, _ = strings.Cut(part, ";")
		for _, f := range Fields(k.Kind) {
			if has := strings.Contains(part, "(detail->>'"+f.Key+"' IS NULL"); has != (f.Home == InDetail) {
				t.Errorf("%s %s: in the check = %v", k.Kind, f.Key, has)
			}
		}
	}
}

// The pattern of dates in the database may be wider than the calendar, never narrower.
func TestDatePattern(t *testing.T) {
	re := regexp.MustCompile(datePattern)
	for d := time.Date(1900, 1, 1, 0, 0, 0, 0, time.UTC); d.Year() < 2200; d = d.AddDate(0, 0, 1) {
		if s := d.Format(time.DateOnly); !re.MatchString(s) {
			t.Fatal(s)
		}
	}
	for _, s := range []string{"", "2026-13-01", "2026-00-10", "2026-01-32", "2026-1-1", "R8.11.23", " 2026-01-01", "2026-01-01 "} {
		if re.MatchString(s) {
			t.Errorf("%q matches", s)
		}
	}
}

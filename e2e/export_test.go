package e2e

import (
	"bytes"
	"encoding/csv"
	"net/http"
	"net/url"
	"strconv"
	"testing"
)

// exported reads the CSV of all columns of a filter, row by row.
func exported(v *visitor, filter url.Values) []map[string]string {
	v.t.Helper()
	a := v.get("/assets.csv?" + filter.Encode())
	if a.Status != http.StatusOK {
		v.t.Fatalf("the export: %d\n%s", a.Status, a.main())
	}
	return parse(v.t, a)
}

// parse reads a CSV file as a machine does: BOM, CRLF, one header, rows of one length, as many as
// the header of the answer promises.
func parse(t *testing.T, a *answer) []map[string]string {
	t.Helper()
	body, ok := bytes.CutPrefix(a.Body, []byte("\ufeff"))
	if !ok {
		t.Error("no byte order mark")
	}
	if bytes.Contains(bytes.ReplaceAll(body, []byte("\r\n"), nil), []byte("\r")) || !bytes.HasSuffix(body, []byte("\r\n")) {
		t.Error("lines do not end in CRLF")
	}
	all, err := csv.NewReader(bytes.NewReader(body)).ReadAll()
	if err != nil || len(all) == 0 {
		t.Fatalf("not a CSV file: %v", err)
	}
	if n, err := strconv.Atoi(a.Header.Get("X-Ledger-Rows")); err != nil || n != len(all)-1 {
		t.Errorf("%d rows, announced %q", len(all)-1, a.Header.Get("X-Ledger-Rows"))
	}
	var out []map[string]string
	for _, row := range all[1:] {
		one := map[string]string{}
		for i, head := range all[0] {
			one[head] = row[i]
		}
		out = append(out, one)
	}
	return out
}

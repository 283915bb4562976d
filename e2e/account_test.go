package e2e

import (
	"bytes"
	"encoding/csv"
	"os"
	"testing"
	"time"
)

// table reads a table of the sample pack: rows by the names of their columns.
func table(t *testing.T, name string) []map[string]string {
	t.Helper()
	b, err := os.ReadFile("../packs/sample/" + name + ".csv")
	if err != nil {
		t.Fatal(err)
	}
	rows, err := csv.NewReader(bytes.NewReader(bytes.TrimPrefix(b, []byte("\ufeff")))).ReadAll()
	if err != nil || len(rows) < 2 {
		t.Fatalf("%s.csv: %d rows, %v", name, len(rows), err)
	}
	var out []map[string]string
	for _, r := range rows[1:] {
		one := map[string]string{}
		for i, head := range rows[0] {
			one[head] = r[i]
		}
		out = append(out, one)
	}
	return out
}

// password reads the first password of an account from the sample pack, so that the tests sign in
// with what a newcomer reads in the README.
func password(t *testing.T, login string) string {
	t.Helper()
	for _, r := range table(t, "account") {
		if r["利用者ID"] == login {
			return r["初期パスワード"]
		}
	}
	t.Fatalf("the sample pack has no account %s", login)
	return ""
}

// Posts of the sample union whose holders the tests act as.
const (
	ciso        = "honbu-ciso"
	chief       = "honbu-tokatsu"
	responsible = "honbu-jicho"
	somuChief   = "honbu-somu-kacho"
	somuClerk   = "honbu-somu-shusa"
	somuOther   = "honbu-somu-shuji"
	admin       = "honbu-somu-system"
	kikakuChief = "honbu-kikaku-kacho"
	kikakuClerk = "honbu-kikaku-shusa"
	bosaiHead   = "bosai-kyokucho"
	bosaiChief  = "bosai-kikaku-kacho"
	bosaiClerk  = "bosai-kikaku-shusa"
	geoClerk    = "kanko-geo-shusa"
	gikaiChief  = "gikai-jicho"
	gikaiClerk  = "gikai-shusa"
	auditor     = "kansa-tokatsu"
)

// login is the account of whoever holds a post today.
func login(t *testing.T, post string) string {
	t.Helper()
	today := time.Now().Format(time.DateOnly)
	accounts := map[string]string{}
	for _, r := range table(t, "account") {
		accounts[r["職員"]] = r["利用者ID"]
	}
	for _, r := range table(t, "appointment") {
		if end := r["終了日"]; r["職"] == post && r["開始日"] <= today && (end == "" || end > today) && accounts[r["職員"]] != "" {
			return accounts[r["職員"]]
		}
	}
	t.Fatalf("nobody with an account holds %s today", post)
	return ""
}

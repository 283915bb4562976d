package e2e

import (
	"encoding/csv"
	"os"
	"testing"
)

// password reads the first password of an account from the sample pack, so that the tests sign in
// with what a newcomer reads in the README.
func password(t *testing.T, login string) string {
	t.Helper()
	f, err := os.Open("../packs/sample/account.csv")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	rows, err := csv.NewReader(f).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	col := map[string]int{}
	for i, name := range rows[0] {
		col[name] = i
	}
	for _, r := range rows[1:] {
		for _, cell := range r {
			if cell == login {
				return r[col["初期パスワード"]]
			}
		}
	}
	t.Fatalf("the sample pack has no account %s", login)
	return ""
}

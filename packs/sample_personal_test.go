package packs_test

import (
	"encoding/csv"
	"io/fs"
	"strconv"
	"strings"
	"testing"

	"daicho/packs"
)

// What a row of the sample says of people is one story: the class of personal data, the number of
// people and the answers agree. A row that is wrong on purpose says so in its 備考; a returned one in
// the comment of the 管理者.
func TestSamplePersonalData(t *testing.T) {
	tables, err := fs.Glob(packs.FS, "sample/asset_*.csv")
	if err != nil {
		t.Fatal(err)
	}
	with, onPurpose := 0, 0
	for _, name := range tables {
		b, err := fs.ReadFile(packs.FS, name)
		if err != nil {
			t.Fatal(err)
		}
		rows, err := csv.NewReader(strings.NewReader(strings.TrimPrefix(string(b), "\ufeff"))).ReadAll()
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		column := map[string]int{}
		for i, label := range rows[0] {
			column[label] = i
		}
		for _, row := range rows[1:] {
			cell := func(label string) string {
				if i, ok := column[label]; ok {
					return row[i]
				}
				return ""
			}
			answers := map[string]string{}
			for part := range strings.FieldsSeq(cell("回答")) {
				code, answer, _ := strings.Cut(part, "=")
				answers[code] = answer
			}
			none := cell("個人情報の区分") == "" || cell("個人情報の区分") == "含まない"
			if !none {
				with++
			}
			subjects, _ := strconv.Atoi(cell("本人の数"))
			var wrong []string
			if none && (subjects > 0 || cell("記録項目") != "" || answers["personal"] == "yes") {
				wrong = append(wrong, "people, but 含まない")
			}
			if p := answers["personal"]; p != "" && !none && p != "yes" {
				wrong = append(wrong, cell("個人情報の区分")+", but answered personal="+p)
			}
			if cell("個人情報の区分") == "要配慮個人情報" && answers["sensitive"] == "no" {
				wrong = append(wrong, "要配慮, but answered sensitive=no")
			}
			if s := answers["subjects1000"]; s != "" && subjects > 0 && (s == "yes") != (subjects >= 1000) {
				wrong = append(wrong, strconv.Itoa(subjects)+" people, but answered subjects1000="+s)
			}
			switch {
			case len(wrong) == 0:
			case cell("備考") != "" || cell("コメント") != "":
				onPurpose++
			default:
				t.Errorf("%s %s %s: %s", name, cell("取込番号"), cell("名称"), strings.Join(wrong, "; "))
			}
		}
	}
	if with < 100 || onPurpose == 0 || onPurpose > 5 {
		t.Errorf("%d rows hold personal data, %d are wrong on purpose", with, onPurpose)
	}
}

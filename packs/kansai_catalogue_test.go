package packs_test

import (
	"fmt"
	"maps"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"daicho/internal/asset"
	"daicho/internal/classify"
)

func TestCatalogue(t *testing.T) {
	catalogues := index(t, "catalogue", table(t, "catalogue"), "コード")
	chapterRows, controlRows := table(t, "chapter"), table(t, "control")
	chapters := index(t, "chapter", chapterRows, "基準", "番号")
	controls := index(t, "control", controlRows, "基準", "番号")
	for _, c := range []string{"題名", "文"} {
		index(t, "control", controlRows, c)
	}
	want := map[string]int{"1": 11, "2": 28, "3": 15, "4": 25, "5": 22, "6": 37, "7": 13, "8": 14, "9": 9}
	clause := regexp.MustCompile(`^(5|7|8|6\([1-8]\)[①②③]?)( (5|7|8|6\([1-8]\)))?$`)
	got := map[string]int{}
	for _, c := range controlRows {
		where := "control " + c["番号"]
		refers(t, where, c["基準"], catalogues)
		refers(t, where, c["基準"]+"/"+c["章"], chapters)
		got[c["章"]]++
		if key := fmt.Sprintf("%s-%02d", c["章"], got[c["章"]]); c["番号"] != key {
			t.Errorf("%s stands where %s should", where, key)
		}
		oneOf(t, where, c["強さ"], "must", "should", "may")
		oneOf(t, where, c["担当"], "統", "責", "管", "S", "担", "職", "監", "CISO", "CSIRT", "委員会")
		oneOf(t, where, c["周期"], "", "年", "随時", "4月", "変更毎", "人事異動毎")
		oneOf(t, where, c["手間"], "0", "1", "2", "3", "4", "5")
		oneOf(t, where, c["回答場所"], "organ", "unit", "unit_kind", "system", "asset")
		if !strings.HasSuffix(c["文"], "ならない。") || strings.Count(c["文"], "。") != 1+strings.Count(c["文"], "。）") {
			t.Errorf("%s: not one requirement sentence: %s", where, c["文"])
		}
		if (c["強さ"] == "should") != strings.Contains(c["文"], "よう努めなければ") {
			t.Errorf("%s: the sentence is not as strong as %s", where, c["強さ"])
		}
		if !strings.HasSuffix(c["ねらい"], "ため。") || c["証跡"] == "" || len([]rune(c["題名"])) > 24 {
			t.Errorf("%s: aim %q, evidence %q, title %q", where, c["ねらい"], c["証跡"], c["題名"])
		}
		if !clause.MatchString(c["条項"]) {
			t.Errorf("%s: clause %q", where, c["条項"])
		}
	}
	if !maps.Equal(got, want) || len(controls) != 174 || len(chapters) != 9 {
		t.Errorf("%d controls in %d chapters: %v, want %v", len(controls), len(chapters), got, want)
	}
}

func TestApplicability(t *testing.T) {
	controls := index(t, "control", table(t, "control"), "基準", "番号")
	rows := table(t, "applicability")
	index(t, "applicability", rows, "基準", "番号", "行")
	s := scheme(t)
	rowsOf := map[string]int{}
	for _, r := range rows {
		key := r["基準"] + "/" + r["番号"]
		where := "applicability " + r["番号"] + " row " + r["行"]
		refers(t, where, key, controls)
		if rowsOf[key]++; strconv.Itoa(rowsOf[key]) != r["行"] {
			t.Errorf("%s is out of order", where)
		}
		kinds := strings.Fields(r["種別"])
		if len(kinds) == 0 {
			t.Errorf("%s: no kinds", where)
		}
		for _, k := range kinds {
			if k == "ORG" && len(kinds) == 1 {
				switch controls[key]["回答場所"] {
				case "organ", "unit":
				default:
					t.Errorf("%s: for an organisation, answered at %s", where, controls[key]["回答場所"])
				}
				continue
			}
			if !asset.Kind(k).Valid() {
				t.Errorf("%s: kind %q", where, k)
			}
		}
		for col, axis := range map[string]classify.Axis{"機密性下限": "C", "機密性上限": "C", "完全性下限": "I", "可用性下限": "A"} {
			if _, ok := s.ByCode(axis, r[col]); r[col] != "" && !ok {
				t.Errorf("%s: %s = %q", where, col, r[col])
			}
		}
		for z := range strings.FieldsSeq(r["領域"]) {
			oneOf(t, where, z, "MN", "LG", "IT", "OUT")
		}
		oneOf(t, where, r["個人情報"], "", "personal", "sensitive", "ordinance", "mynumber")
		for f := range strings.FieldsSeq(r["特性"]) {
			oneOf(t, where, f, "cloud", "outsourced", "portable", "public", "hosted")
		}
		for m := range strings.FieldsSeq(r["採用モデル"]) {
			oneOf(t, where, m, "a", "a2", "b", "b2")
		}
		if !strings.HasSuffix(r["理由"], "。") {
			t.Errorf("%s: reason %q is not a sentence", where, r["理由"])
		}
	}
	for key := range controls {
		if rowsOf[key] == 0 {
			t.Errorf("control %s is required of nothing", key)
		}
	}
	for key, want := range map[string]string{
		"2-18": "MD|2||||| MD|||2||| MD||||2||",
		"3-07": "IN|3B||||IT|",
		"3-11": "NW CL|||||LG|a2",
		"3-14": "EQ IS|||||IT|b EQ IS|||||IT|b2",
		"6-02": "IS IN|||2||| IS IN||||2||",
		"6-05": "SD|3C|||||",
		"8-12": "CL||1||||",
		"5-14": "ORG||||||",
	} {
		var got []string
		for _, r := range rows {
			if r["番号"] == key {
				got = append(got, strings.Join([]string{r["種別"], r["機密性下限"], r["機密性上限"], r["完全性下限"], r["可用性下限"], r["領域"], r["採用モデル"]}, "|"))
			}
		}
		if g := strings.Join(got, " "); g != want {
			t.Errorf("%s: %s, want %s", key, g, want)
		}
	}
}

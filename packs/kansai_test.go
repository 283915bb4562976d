package packs_test

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"io/fs"
	"maps"
	"path"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"daicho/packs"
)

// row is one line of a table by its Japanese column name.
type row map[string]string

// columns is the contract of each table of the pack: names and order of the header.
var columns = map[string]string{
	"host_body":     "コード 名称 ふりがな 全国地方公共団体コード 並び順 出典 照合",
	"organ":         "コード 名称 ふりがな 採番記号 独立 並び順 出典 照合",
	"unit":          "コード 機関 上位 名称 ふりがな 構成団体 採用モデル 並び順 開始日 終了日 出典 照合",
	"post":          "コード 組織 職名 役割 範囲 並び順 出典 照合",
	"scheme":        "コード 名称 版 既定 出典 照合",
	"axis":          "体系 軸 名称 並び順",
	"level":         "体系 軸 順位 コード 呼び名 定義 例 取扱制限 表示 個別確認 出典 照合",
	"question":      "体系 コード 並び順 段階 質問 補足 選択肢 表示条件 出典 照合",
	"judgement":     "体系 軸 並び順 条件 区分 説明 出典 照合",
	"catalogue":     "コード 名称 版 出典 照合",
	"chapter":       "基準 番号 名称 条項",
	"control":       "基準 番号 章 題名 文 ねらい 強さ 担当 証跡 周期 手間 回答場所 条項 出典 照合",
	"applicability": "基準 番号 行 種別 機密性下限 機密性上限 完全性下限 可用性下限 領域 個人情報 特性 採用モデル 理由",
	"check":         "規則 重大さ しきい値 使う 名前 どう直すか",
	"route_edition": "コード 名称 版 出典 照合",
	"route":         "経路 名称 種類 役割 職 全員 専決 同じ人 期限",
	"route_rule":    "行為 種別 機密性下限 機密性上限 完全性下限 完全性上限 可用性下限 可用性上限 領域 機関 経路",
	"deputy":        "職 代決する職 順位",
	"placement":     "機密性 特定個人情報 置き場 可否 採用モデル 対策 条件 出典 照合",
}

func table(t *testing.T, name string) []row {
	t.Helper()
	b, err := fs.ReadFile(packs.FS, path.Join("kansai", name+".csv"))
	if err != nil {
		t.Fatal(err)
	}
	body, ok := bytes.CutPrefix(b, []byte("\xef\xbb\xbf"))
	if !ok {
		t.Errorf("%s: no byte order mark", name)
	}
	if bytes.Count(body, []byte("\n")) != bytes.Count(body, []byte("\r\n")) || !bytes.HasSuffix(body, []byte("\r\n")) {
		t.Errorf("%s: a line does not end in CRLF", name)
	}
	recs, err := csv.NewReader(bytes.NewReader(body)).ReadAll()
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	if got := strings.Join(recs[0], " "); got != columns[name] {
		t.Fatalf("%s: header\n got %s\nwant %s", name, got, columns[name])
	}
	var out []row
	for i, rec := range recs[1:] {
		r := row{}
		for j, v := range rec {
			if v != strings.TrimSpace(v) || strings.ContainsAny(v, "\n\r\t") {
				t.Errorf("%s line %d: %q has stray white space", name, i+2, v)
			}
			r[recs[0][j]] = v
		}
		out = append(out, r)
	}
	return out
}

// index keys the rows and reports a key that occurs twice or is empty.
func index(t *testing.T, name string, rows []row, cols ...string) map[string]row {
	t.Helper()
	m := map[string]row{}
	for _, r := range rows {
		var k []string
		for _, c := range cols {
			if r[c] == "" {
				t.Errorf("%s: empty %s in %v", name, c, r)
			}
			k = append(k, r[c])
		}
		key := strings.Join(k, "/")
		if m[key] != nil {
			t.Errorf("%s: %s occurs twice", name, key)
		}
		m[key] = r
	}
	return m
}

func oneOf(t *testing.T, where, got string, allowed ...string) {
	t.Helper()
	if !slices.Contains(allowed, got) {
		t.Errorf("%s: %q is not one of %v", where, got, allowed)
	}
}

func refers[V any](t *testing.T, where, key string, to map[string]V) {
	t.Helper()
	if _, ok := to[key]; !ok {
		t.Errorf("%s refers to %q, which does not exist", where, key)
	}
}

func TestManifestNamesEveryTable(t *testing.T) {
	b, err := fs.ReadFile(packs.FS, "kansai/pack.json")
	if err != nil {
		t.Fatal(err)
	}
	var m struct {
		Format        int
		Name, Title   string
		Version, Kind string
		Requires      []string
		Tables        []string
		Note          string
	}
	dec := json.NewDecoder(bytes.NewReader(b))
	dec.DisallowUnknownFields()
	if err := dec.Decode(&m); err != nil {
		t.Fatal(err)
	}
	if m.Format != 1 || m.Name != "kansai" || m.Kind != "body" || m.Title == "" || m.Version == "" || len(m.Requires) != 0 {
		t.Errorf("manifest: %+v", m)
	}
	files, err := fs.Glob(packs.FS, "kansai/*")
	if err != nil {
		t.Fatal(err)
	}
	want := []string{"kansai/pack.json"}
	for _, f := range m.Tables {
		want = append(want, "kansai/"+f)
	}
	slices.Sort(want)
	if !slices.Equal(files, want) {
		t.Errorf("files %v\nmanifest %v", files, want)
	}
	if len(m.Tables) != len(columns) {
		t.Errorf("%d tables, contract has %d", len(m.Tables), len(columns))
	}
}

// Nothing in the pack has been compared with its source by a person, and every row says so.
func TestProvenance(t *testing.T) {
	source := regexp.MustCompile(`^own$|^(primary|secondary|memory) \S`)
	for _, name := range slices.Sorted(maps.Keys(columns)) {
		for _, r := range table(t, name) {
			if _, has := r["出典"]; !has {
				continue
			}
			if !source.MatchString(r["出典"]) {
				t.Errorf("%s: source %q in %v", name, r["出典"], r)
			}
			if r["照合"] != "未照合" {
				t.Errorf("%s: checked = %q in %v", name, r["照合"], r)
			}
		}
	}
}

func TestOrganisation(t *testing.T) {
	hostRows, organRows, unitRows, postRows := table(t, "host_body"), table(t, "organ"), table(t, "unit"), table(t, "post")
	hosts := index(t, "host_body", hostRows, "コード")
	organs := index(t, "organ", organRows, "コード")
	units := index(t, "unit", unitRows, "コード")
	posts := index(t, "post", postRows, "コード")
	index(t, "host_body", hostRows, "全国地方公共団体コード")
	index(t, "organ", organRows, "採番記号")
	index(t, "post", postRows, "組織", "職名")
	if len(hosts) != 12 {
		t.Errorf("%d host bodies, the union has 12 members", len(hosts))
	}
	for _, h := range hostRows {
		sum := 0
		code := h["全国地方公共団体コード"]
		if !regexp.MustCompile(`^[0-9]{6}$`).MatchString(code) {
			t.Errorf("host body %s: code %q", h["名称"], code)
			continue
		}
		for i, weight := range []int{6, 5, 4, 3, 2} {
			sum += weight * int(code[i]-'0')
		}
		if int(code[5]-'0') != (11-sum%11)%10 {
			t.Errorf("host body %s: check digit of %s", h["名称"], code)
		}
	}
	independent := map[string]string{"広域連合長": "0", "議会": "1", "選挙管理委員会": "1", "監査委員": "1"}
	if len(organs) != len(independent) {
		t.Errorf("%d organs, 基本方針 4(1) names 4", len(organs))
	}
	for _, o := range organRows {
		if want, ok := independent[o["名称"]]; !ok || o["独立"] != want {
			t.Errorf("organ %s: independent = %s", o["名称"], o["独立"])
		}
		if !regexp.MustCompile(`^[A-Z]{2}$`).MatchString(o["採番記号"]) {
			t.Errorf("organ %s: prefix %q", o["名称"], o["採番記号"])
		}
	}
	seen := map[string]bool{}
	for _, u := range unitRows {
		where := "unit " + u["コード"]
		refers(t, where, u["機関"], organs)
		if u["構成団体"] != "" {
			refers(t, where, u["構成団体"], hosts)
		}
		if p := u["上位"]; p != "" {
			if !seen[p] {
				t.Errorf("%s: parent %q does not stand above it in the table", where, p)
			} else if units[p]["機関"] != u["機関"] {
				t.Errorf("%s: its parent belongs to another organ", where)
			}
		}
		oneOf(t, where, u["採用モデル"], "", "a", "a2", "b", "b2")
		if u["上位"] == "" && u["採用モデル"] == "" {
			t.Errorf("%s: a unit at the top has no model to hand down", where)
		}
		if _, err := time.Parse(time.DateOnly, u["開始日"]); err != nil {
			t.Errorf("%s: %v", where, err)
		}
		seen[u["コード"]] = true
	}
	for name, host := range map[string]string{
		"広域防災局": "兵庫県", "広域観光・文化・スポーツ振興局": "京都府", "広域産業振興局": "大阪府",
		"広域医療局": "徳島県", "広域環境保全局": "滋賀県", "広域職員研修局": "和歌山県",
	} {
		i := slices.IndexFunc(unitRows, func(u row) bool { return u["名称"] == name })
		if i < 0 || hosts[unitRows[i]["構成団体"]]["名称"] != host {
			t.Errorf("%s is not there or not with %s", name, host)
		}
	}
	held := map[string][]string{}
	for _, p := range postRows {
		where := "post " + p["コード"]
		refers(t, where, p["組織"], units)
		oneOf(t, where, p["役割"], "registrant", "manager", "responsible", "chief", "ciso", "auditor", "admin")
		oneOf(t, where, p["範囲"], "unit", "organ", "body")
		held[p["組織"]] = append(held[p["組織"]], p["役割"])
		held[units[p["組織"]]["機関"]] = append(held[units[p["組織"]]["機関"]], p["役割"])
		held["reach "+p["役割"]] = append(held["reach "+p["役割"]], p["範囲"])
	}
	for _, role := range []string{"chief", "ciso", "auditor", "admin"} {
		if got := slices.Compact(held["reach "+role]); !slices.Equal(got, []string{"body"}) {
			t.Errorf("reach of %s: %v", role, got)
		}
	}
	for _, u := range unitRows {
		if u["上位"] != "" && (!slices.Contains(held[u["コード"]], "manager") || !slices.Contains(held[u["コード"]], "registrant")) {
			t.Errorf("unit %s: nobody registers or approves there", u["名称"])
		}
	}
	for _, o := range organRows {
		for _, role := range []string{"registrant", "manager", "responsible"} {
			if !slices.Contains(held[o["コード"]], role) {
				t.Errorf("organ %s: has no %s of its own", o["名称"], role)
			}
		}
	}
	if len(posts) < 2*len(units) {
		t.Errorf("%d posts for %d units", len(posts), len(units))
	}
}

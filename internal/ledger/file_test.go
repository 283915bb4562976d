package ledger_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/csv"
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"daicho/internal/asset"
	"daicho/internal/classify"
	"daicho/internal/jpdate"
	"daicho/internal/jptext"
	"daicho/internal/ledger"

	"github.com/xuri/excelize/v2"
	"pgregory.net/rapid"
)

var at = time.Date(2026, 11, 23, 5, 2, 0, 0, time.UTC)

// medium is a row with everything that a file may trip over.
func medium() *ledger.Row {
	d := asset.New(asset.Medium)
	maps.Copy(d.Values, map[string]string{
		"name": "=HYPERLINK(\"x\")", "detail_kind": "usb", "restrictions": "no_copy locked", "outsourced": "1", "capacity": "16", "serial": "-12345", "label_no": "@7",
		"summary": "一行目\n二行目,\"引用\"", "notes": "備考、\"values\":{ではない", "scanned_on": "2026-04-01", "permit_end": "2027-03-31", "unit": "honbu-somu",
	})
	checked, _ := jpdate.New(2026, 6, 3)
	return &ledger.Row{
		ID: 1, Number: "2026-KR-000001-8", Kind: asset.Medium, State: asset.StateActive, Name: d.Values["name"], Yomi: "ゆえすび", Reading: "ゆーえすびー", Unit: 7, Host: 3,
		Levels: classify.Levels{C: 4, I: 2, A: 1}, Zone: "LG", Personal: 1, Flags: asset.FlagPortable, Year: 2026, Members: 3, Version: 2, Checked: checked,
		Updated: time.Date(2026, 11, 22, 20, 0, 0, 0, time.UTC), Values: d.Encode(),
	}
}

func TestCSVIsReadBackAsItWasWritten(t *testing.T) {
	var b bytes.Buffer
	columns := ledger.Columns(ledger.Full, nil)
	w, err := ledger.NewCSV(&b, book(), columns)
	if err != nil {
		t.Fatal(err)
	}
	draft := &ledger.Row{ID: 2, Kind: asset.Medium, State: asset.StateDraft, Name: "下書き", Unit: 99, Values: []byte(`{"summary": "途中", "capacity": "8"}`)}
	for _, r := range []*ledger.Row{medium(), draft} {
		if err := w.Row(r); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	text, ok := strings.CutPrefix(b.String(), "\ufeff")
	if !ok {
		t.Error("no byte order mark")
	}
	if n := strings.Count(text, "\n"); n != 3 || strings.Count(text, "\r\n") != 3 {
		t.Errorf("%d lines; an end of line stands in a record or lacks its CR", n)
	}
	records, err := csv.NewReader(strings.NewReader(text)).ReadAll()
	if err != nil || len(records) != 3 {
		t.Fatalf("%d records, %v", len(records), err)
	}
	cell := func(row int, label string) string {
		i := slices.Index(records[0], label)
		if i < 0 {
			t.Fatalf("no column %s", label)
		}
		return records[row][i]
	}
	for label, want := range map[string]string{
		"管理番号": "2026-KR-000001-8", "種別": "電磁的記録媒体", "名称": "'=HYPERLINK(\"x\")", "所管課": "honbu-somu", "所管課の名称": "本部事務局 総務課",
		"庁舎・回線を持つ構成団体": "shiga", "機密性": "3B", "機密性の呼び名": "区分3Bの呼び名", "領域": "LGWAN接続系", "個人情報の区分": "個人情報", "庁外へ持ち出す": "はい",
		"外部に委託する": "いいえ", // from the row, which the register derives
		"細別":      "USBメモリ", "取扱制限": "複製禁止、施錠保管", "容量": "16", "製造番号": "'-12345", "ラベル番号": "'@7", "概要": "一行目 二行目,\"引用\"",
		"備考": "備考、\"values\":{ではない", "ウイルス検査をした日": "2026-04-01", "使用許可の期限": "2027-03-31", "最終確認日": "2026-06-03", "更新日": "2026-11-23", "状態": "使用中", "登録状態": "使用中",
	} {
		if got := cell(1, label); got != want {
			t.Errorf("%s is %q, want %q", label, got, want)
		}
	}
	if cell(2, "概要") != "途中" || cell(2, "容量") != "8" || cell(2, "管理番号") != "" || cell(2, "登録状態") != "下書き" || cell(2, "状態") != "" {
		t.Errorf("the draft: %q", records[2])
	}
	if jptext.UnescapeFormula(cell(1, "名称")) != medium().Name {
		t.Error("the guard does not come off")
	}
}

// What a file says in words, the import reads back as the same codes.
func TestCellsNormaliseToTheDocument(t *testing.T) {
	for _, k := range asset.Kinds() {
		d := asset.New(k.Kind)
		for _, f := range asset.Fields(k.Kind) {
			switch f.Type {
			case asset.Choice:
				d.Values[f.Key] = f.Options[len(f.Options)-1].Code
			case asset.Choices:
				d.Values[f.Key] = f.Options[0].Code + " " + f.Options[len(f.Options)-1].Code
			case asset.Flag:
				d.Values[f.Key] = "1"
			case asset.Number:
				d.Values[f.Key] = "3"
			case asset.Date:
				d.Values[f.Key] = "2026-04-01"
			case asset.CodeText, asset.CodeLines:
				d.Values[f.Key] = "AB-12"
			case asset.Text, asset.LongText:
				d.Values[f.Key] = "文字"
			}
		}
		columns := ledger.Columns(ledger.Full, []asset.Kind{k.Kind})
		rd := ledger.NewReader(book(), columns)
		cells := rd.Cells(&ledger.Row{Kind: k.Kind, Values: d.Encode()})
		raw := map[string][]string{}
		for i, c := range columns {
			if f, ok := asset.Lookup(k.Kind, c.Key); ok && f.Home != asset.InColumn {
				raw[c.Key] = []string{cells[i]}
			}
		}
		got, err := asset.Normalise(k.Kind, raw)
		if err != nil {
			t.Errorf("%s: %v", k.Kind, err)
		}
		for _, f := range asset.Fields(k.Kind) {
			if f.Home != asset.InColumn && got[f.Key] != d.Values[f.Key] {
				t.Errorf("%s %s: %q, want %q", k.Kind, f.Key, got[f.Key], d.Values[f.Key])
			}
		}
	}
}

// The reader of values is our own, for speed; it must agree with the library about every text.
func TestValuesAreReadLikeTheLibraryReadsThem(t *testing.T) {
	columns := ledger.Columns(ledger.Full, []asset.Kind{asset.Info})
	var keys []string
	for _, f := range asset.Fields(asset.Info) {
		if (f.Type == asset.Text || f.Type == asset.LongText) && f.Home == asset.InDetail {
			keys = append(keys, f.Key)
		}
	}
	rd := ledger.NewReader(book(), columns)
	rapid.Check(t, func(t *rapid.T) {
		d := asset.New(asset.Info)
		for _, k := range keys {
			d.Values[k] = rapid.OneOf(rapid.String(), rapid.SampledFrom([]string{"", "\\", "\"", "\\\"", ",\"values\":{", "}", "\u2028", "a\nb", "\x01"})).Draw(t, k)
		}
		plain, err := json.Marshal(d.Canonical().Values)
		if err != nil {
			t.Fatal(err)
		}
		var want map[string]string
		if err := json.Unmarshal(plain, &want); err != nil {
			t.Fatal(err)
		}
		for _, text := range [][]byte{d.Encode(), plain} {
			cells := rd.Cells(&ledger.Row{Kind: asset.Info, Values: text})
			for i, c := range columns {
				if slices.Contains(keys, c.Key) && cells[i] != want[c.Key] {
					t.Fatalf("%s: %q, want %q in %s", c.Key, cells[i], want[c.Key], text)
				}
			}
		}
	})
}

func xlsx(t *testing.T, rows ...*ledger.Row) []byte {
	t.Helper()
	var b bytes.Buffer
	w, err := ledger.NewXLSX(&b, book(), ledger.Columns(ledger.Full, []asset.Kind{asset.Medium}), ledger.About{Sheet: "台帳", At: at, Lines: []ledger.Line{{Label: "出力者", Value: "総務課 主査 山田 太郎"}}})
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range rows {
		if err := w.Row(r); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestXLSXIsOneTableWithItsCodes(t *testing.T) {
	f, err := excelize.OpenReader(bytes.NewReader(xlsx(t, medium())))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = f.Close() }()
	if got := f.GetSheetList(); !slices.Equal(got, []string{"台帳", "項目定義", "コード表", "出力条件"}) {
		t.Fatalf("sheets %v", got)
	}
	rows, err := f.GetRows("台帳")
	if err != nil || len(rows) != 2 {
		t.Fatalf("%d rows, %v", len(rows), err)
	}
	at := func(label string) string {
		i := slices.Index(rows[0], label)
		name, err := excelize.CoordinatesToCellName(i+1, 2)
		if err != nil {
			t.Fatalf("%s: %v", label, err)
		}
		return name
	}
	if v, _ := f.GetCellValue("台帳", at("名称")); v != medium().Name {
		t.Errorf("name %q", v)
	}
	if formula, _ := f.GetCellFormula("台帳", at("名称")); formula != "" {
		t.Errorf("the name became the formula %q", formula)
	}
	if v, _ := f.GetCellValue("台帳", at("ウイルス検査をした日")); v != "2026-04-01" {
		t.Errorf("date %q", v)
	}
	if kind, _ := f.GetCellType("台帳", at("容量")); kind != excelize.CellTypeNumber && kind != excelize.CellTypeUnset {
		t.Errorf("the capacity is no number: %v", kind)
	}
	if panes, err := f.GetPanes("台帳"); err != nil || !panes.Freeze || panes.YSplit != 1 {
		t.Errorf("panes %+v %v", panes, err)
	}
	tables, err := f.GetTables("台帳")
	if err != nil || len(tables) != 1 || !strings.HasPrefix(tables[0].Range, "A1:") || !strings.HasSuffix(tables[0].Range, "2") {
		t.Errorf("tables %+v %v", tables, err)
	}
	if merged, _ := f.GetMergeCells("台帳"); len(merged) != 0 {
		t.Errorf("merged cells %v", merged)
	}
	codes, err := f.GetRows("コード表")
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range [][]string{{"level_c", "機密性", "すべて", "3B"}, {"detail_kind", "細別", "電磁的記録媒体", "usb", "USBメモリ"}, {"zone", "領域", "すべて", "LG", "LGWAN接続系"}} {
		if !slices.ContainsFunc(codes, func(r []string) bool { return len(r) >= len(want) && slices.Equal(r[:len(want)], want) }) {
			t.Errorf("コード表 lacks %v", want)
		}
	}
	items, err := f.GetRows("項目定義")
	if err != nil || len(items) != len(rows[0])+1 {
		t.Errorf("項目定義 has %d lines for %d columns, %v", len(items), len(rows[0]), err)
	}
	if about, _ := f.GetRows("出力条件"); len(about) != 2 || about[1][1] != "総務課 主査 山田 太郎" {
		t.Errorf("出力条件 %v", about)
	}
}

func TestXLSXOfNothingOpens(t *testing.T) {
	f, err := excelize.OpenReader(bytes.NewReader(xlsx(t)))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = f.Close() }()
	if rows, err := f.GetRows("台帳"); err != nil || len(rows) != 1 {
		t.Errorf("%d rows, %v", len(rows), err)
	}
}

func TestEqualLedgersAreEqualFiles(t *testing.T) {
	a, b := sha256.Sum256(xlsx(t, medium(), medium())), sha256.Sum256(xlsx(t, medium(), medium()))
	if a != b {
		t.Error("the same ledger gives two files")
	}
}

func TestMarking(t *testing.T) {
	b := book()
	for rank, want := range map[classify.Rank]string{0: "", 4: "自治体機密性3B", 9: "自治体機密性3A"} {
		if got := b.Marking(rank); got != want {
			t.Errorf("rank %d is marked %q, want %q", rank, got, want)
		}
	}
	b.Scheme.Axes[0].Levels[3].Marking = ""
	if got := b.Marking(4); got != "機密性3B" {
		t.Errorf("without a marking: %q", got)
	}
}

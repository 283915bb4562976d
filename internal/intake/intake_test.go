package intake_test

import (
	"bytes"
	"encoding/csv"
	"fmt"
	"slices"
	"strings"
	"testing"

	"daicho/internal/intake"

	"golang.org/x/text/encoding/japanese"
	"pgregory.net/rapid"
)

var columns = []intake.Column{
	{Name: "コード", Key: "code"},
	{Name: "名称", Key: "name"},
	{Name: "並び順", Key: "ord", Optional: true},
	{Name: "開始日", Key: "from", Optional: true},
	{Name: "独立", Key: "independent", Optional: true},
	{Name: "種別", Key: "kinds", Optional: true},
}

func read(s string) *intake.Table {
	return intake.Read("t.csv", []byte(s), columns, intake.Limits{})
}

func lines(t *intake.Table) string {
	var b strings.Builder
	for _, p := range t.Problems() {
		b.WriteString(p.String() + "\n")
	}
	return b.String()
}

func TestEncodings(t *testing.T) {
	text := "コード,名称\r\na,髙橋﨑①～ﾃｽﾄ\r\n"
	sjis, err := japanese.ShiftJIS.NewEncoder().String(text)
	if err != nil {
		t.Fatal(err)
	}
	// Half-width kana in CP932 can be valid UTF-8 by chance; the header decides.
	kana := "code,name\r\na,\xc3\x84\xc3\x85\r\n"
	kanaHead := "\xba\xb0\xc4\xde,name,code\r\n1,a,b\r\n" // コード half-width: not UTF-8 anyway
	for _, c := range []struct{ what, in, enc, name string }{
		{"BOM", "\xef\xbb\xbf" + text, "UTF-8（BOM付き）", "髙橋﨑①～ﾃｽﾄ"},
		{"no BOM", text, "UTF-8", "髙橋﨑①～ﾃｽﾄ"},
		{"CP932", sjis, "CP932", "髙橋﨑①～ﾃｽﾄ"},
		{"physical names", "code,name\na,b", "UTF-8", "b"},
		{"ambiguous body", kana, "UTF-8", "ÄÅ"},
	} {
		tab := read(c.in)
		if tab.Encoding != c.enc || len(tab.Rows) != 1 || tab.Rows[0].Text("name", 40) != c.name {
			t.Errorf("%s: %s, %d rows\n%s", c.what, tab.Encoding, len(tab.Rows), lines(tab))
		}
	}
	if tab := read(kanaHead); tab.Encoding != "CP932" {
		t.Errorf("half-width header: %s", tab.Encoding)
	}
	for _, in := range []string{"\xff\xfeA\x00", "PK\x03\x04zzzz", "a\x00b", "", "\xef\xbb\xbf"} {
		tab := read(in)
		if len(tab.Problems()) != 1 || len(tab.Rows) != 0 {
			t.Errorf("%q: %s", in, lines(tab))
		}
	}
}

// The numbers are those that Excel shows: blank rows and line ends inside cells count as Excel
// counts them.
func TestRowNumbersAreExcels(t *testing.T) {
	tab := read("コード,名称\r\na,\"二行の\r\n名前\"\r\n\r\n,,\r\nb,c\rd,e\n")
	var got []int
	for _, r := range tab.Rows {
		got = append(got, r.No)
	}
	if !slices.Equal(got, []int{2, 5, 6}) || len(tab.Problems()) != 0 {
		t.Errorf("rows %v\n%s", got, lines(tab))
	}
	if v := tab.Rows[0].Text("name", 40); v != "二行の\n名前" {
		t.Errorf("%q", v)
	}
}

// Every mistake of a file comes out at once and says where it is, what stands there and what to do.
func TestProblems(t *testing.T) {
	tab := read("名称,コード,並び順,開始日,独立,種別\n" +
		",a b,x,2025-13-01,たぶん,EQ ZZ MD\n" +
		"い\u202eろ,\"b\",10001,8.4.1,1,\n" +
		strings.Repeat("あ", 6) + ",c,,,,,はみ出し\n" +
		"ok,d\"e,,\"\"x,,\n" +
		"z,\"閉じない")
	for _, r := range tab.Rows {
		r.Need("name", 5)
		r.NeedCode("code")
		r.Int("ord", 1, 10000)
		r.Date("from")
		r.Flag("independent")
		r.ListOf("kinds", "EQ", "MD")
	}
	want := `t.csv 2行目「名称」：空です。値を書いてください。
t.csv 2行目「コード」の値「a b」：コードの中に空白や改行は使えません。取りのぞいてください。
t.csv 2行目「並び順」の値「x」：1から10000までの整数で書いてください。
t.csv 2行目「独立」の値「たぶん」：1（はい）か0（いいえ）で書いてください。
t.csv 2行目「種別」の値「EQ ZZ MD」：「ZZ」は使えません。使える値は EQ、MD です。二つ以上は空白で区切ります。
t.csv 3行目「並び順」の値「10001」：1から10000までの整数で書いてください。
t.csv 4行目の値「はみ出し」：見出しのない7列目に値があります。カンマが余分にないか、「"」で囲み忘れていないかを確かめてください。
t.csv 4行目「名称」の値「ああああああ」：6字は長すぎます。5字までにしてください。
t.csv 5行目：「"」の後に余分な文字があります。セルの中の「"」は二つ重ねて書くか、Excelで開いて保存し直してください。
t.csv 6行目：「"」で始まったセルが閉じていません。閉じる「"」を書くか、Excelで開いて保存し直してください。
`
	var got []string
	for l := range strings.SplitSeq(lines(tab), "\n") {
		// What the leaves say about days and characters is their own; that it is said is ours.
		if strings.Contains(l, "開始日") || strings.Contains(l, "U+202E") {
			continue
		}
		got = append(got, l)
	}
	if g := strings.Join(got, "\n"); g != want {
		t.Errorf("got\n%s\nwant\n%s", g, want)
	}
	for _, part := range []string{"2行目「開始日」の値「2025-13-01」", "3行目「開始日」の値「8.4.1」", "3行目「名称」"} {
		if !strings.Contains(lines(tab), part) {
			t.Errorf("missing %s in\n%s", part, lines(tab))
		}
	}
}

func TestHeader(t *testing.T) {
	for _, c := range []struct{ in, want string }{
		{"コード,なまえ\n", "知らない見出しです"},
		{"コード,code,名称\n", "同じ見出しが二つあります"},
		{"名称\n", "「コード」：この列がありません"},
	} {
		if tab := read(c.in); !strings.Contains(lines(tab), c.want) {
			t.Errorf("%q: %s", c.in, lines(tab))
		}
	}
	if tab := read("ＣＯＤＥ,名称\na,b"); len(tab.Problems()) == 0 {
		t.Error("a physical name in capitals is another name")
	}
	if tab := read("並び順,,名称,コード\n3,,n,c\n"); len(tab.Problems()) != 0 || tab.Rows[0].Int("ord", 1, 9) != 3 {
		t.Errorf("an empty column is passed over: %s", lines(tab))
	}
}

func TestReaders(t *testing.T) {
	tab := read("コード,名称,並び順,開始日,独立,種別\n ａ-１ ,'=1+1,\"1,200\",R8.4.1,〇,EQ  MD EQ\n")
	r := tab.Rows[0]
	if got := fmt.Sprintln(r.NeedCode("code"), r.Text("name", 9), r.NeedInt("ord", 1, 9999), r.NeedDate("from").ISO(), r.Flag("independent"), r.ListOf("kinds", "EQ", "MD")); got != "a-1 =1+1 1200 2026-04-01 true [EQ MD]\n" {
		t.Error(got)
	}
	if len(tab.Problems()) != 0 {
		t.Error(lines(tab))
	}
}

func TestLimits(t *testing.T) {
	tab := intake.Read("t.csv", []byte("コード,名称\na,b\nc,d\n"), columns, intake.Limits{Rows: 1})
	if len(tab.Rows) != 1 || !strings.Contains(lines(tab), "3行目：行が多すぎます。1行まで") {
		t.Error(lines(tab))
	}
	tab = intake.Read("t.csv", []byte("コード,名称\na,bbb\n"), columns, intake.Limits{Cell: 2})
	if !strings.Contains(lines(tab), "2行目「名称」の値「bbb」：長すぎます。2字まで") {
		t.Error(lines(tab))
	}
	if tab = intake.Read("t.csv", make([]byte, 9), columns, intake.Limits{Bytes: 8}); len(tab.Problems()) != 1 {
		t.Error(lines(tab))
	}
}

// What the standard library writes is read back cell by cell.
func TestReadsWhatIsWritten(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		cell := rapid.StringOf(rapid.SampledFrom([]rune("aあ髙,\"\n =+@-'①")))
		rows := rapid.SliceOfN(rapid.SliceOfN(cell, 2, 2), 1, 20).Draw(t, "rows")
		var b bytes.Buffer
		w := csv.NewWriter(&b)
		w.UseCRLF = rapid.Bool().Draw(t, "crlf")
		_ = w.Write([]string{"code", "name"})
		for _, r := range rows {
			_ = w.Write([]string{"k" + r[0], r[1]})
		}
		w.Flush()
		tab := intake.Read("t.csv", b.Bytes(), columns, intake.Limits{})
		if len(tab.Problems()) != 0 || len(tab.Rows) != len(rows) {
			t.Fatalf("%d rows of %d: %s", len(tab.Rows), len(rows), lines(tab))
		}
		for i, r := range tab.Rows {
			want := rows[i][0]
			if w.UseCRLF {
				want = strings.ReplaceAll(want, "\n", "\r\n")
			}
			if r.No != i+2 || r.Raw("code") != "k"+want {
				t.Fatalf("row %d: %q, want %q", r.No, r.Raw("code"), "k"+want)
			}
		}
	})
}

func FuzzRead(f *testing.F) {
	f.Add([]byte("コード,名称\na,b\n"))
	f.Add([]byte("\"a\"b,\"\r\n\x83\x52"))
	f.Fuzz(func(t *testing.T, b []byte) {
		tab := intake.Read("t.csv", b, columns, intake.Limits{Rows: 50})
		last := 1
		for _, r := range tab.Rows {
			if r.No <= last {
				t.Fatalf("row %d after %d", r.No, last)
			}
			last = r.No
			r.NeedCode("code")
			r.Need("name", 10)
			r.Date("from")
		}
		for _, p := range tab.Problems() {
			if p.Message == "" || !strings.HasPrefix(p.String(), "t.csv") {
				t.Fatalf("%+v", p)
			}
		}
	})
}

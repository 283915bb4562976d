package jptext_test

import (
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"daicho/internal/errs"
	"daicho/internal/jptext"

	"golang.org/x/text/unicode/norm"
	"pgregory.net/rapid"
)

// japanese draws text as people type it, with the characters that matter here drawn often.
func japanese() *rapid.Generator[string] {
	return rapid.StringOf(rapid.OneOf(
		rapid.SampledFrom([]rune("サーバーｻｰﾊﾞﾞさばがガケヶカヵか関月ヴヷヽヾ・ー－-〜～ 　髙﨑邉斉葛\U000e0100㈱①ＡａA1１゛\u3099\u0301\u200d한ᄒ\u1161İßΣς々〇三")),
		rapid.Rune(),
	))
}

func TestSearchKeyIsOneForAllSpellings(t *testing.T) {
	for _, same := range [][]string{
		{"ｻｰﾊﾞ", "サーバー", "さーば", "サーバ", "サ-バ-", "ｻ ｰ ﾊﾞ", "さば"},
		{"サーバー室", "ｻｰﾊﾞｰ室", "サーバー　室", "サーバー・室"},
		{"SERVER室", "server室", "ＳＥＲＶＥＲ室", "Server 室"},
		{"髙橋", "高橋", "髙槗", "高𣘺"},
		{"山﨑", "山崎", "山嵜"},
		{"渡邊", "渡邉", "渡辺", "渡邉\U000e0101", "渡 辺"},
		{"斎藤", "齋藤", "斉藤", "齊藤"},
		{"霞ヶ関", "霞ケ関", "霞が関", "霞ｹ関", "霞 ケ 関", "霞ガ関"},
		{"茅ヶ崎", "茅ケ﨑", "茅が崎"},
		{"3ヶ月", "3か月", "３カ月", "3ヵ月", "3ケ月", "3ゕ月", "3 か 月"},
		{"三ヶ所", "三か所", "三カ所", "三ヵ所"},
		{"1〜3月", "1～3月", "1~3月"},
		{"R8-0001", "Ｒ８－０００１", "r80001", "R8‐0001", "R8−0001", "R8ー0001"},
		{"㈱国際", "(株)國際"},
		{"ヴァーチャル", "ゔぁちゃる"},
		{"神社", "\ufa19社"},
		{"塚口", "\ufa10口"},
		{"青色", "\u2ed8色"},
		{"葛城", "葛\U000e0100城"},
		{"みすゞ", "みすヾ"},
		{"soft\u00adware", "software", "SOFT\u200bWARE"},
	} {
		want := jptext.SearchKey(same[0])
		if want == "" {
			t.Errorf("%q has no key", same[0])
		}
		for _, s := range same[1:] {
			if got := jptext.SearchKey(s); got != want {
				t.Errorf("SearchKey(%q) = %q, but of %q it is %q", s, got, same[0], want)
			}
		}
	}
	for _, other := range [][2]string{{"ケーブル", "ガーブル"}, {"カード", "ガード"}, {"届け出", "届が出"}, {"書架", "書か"}, {"はし", "ばし"}, {"大阪", "大坂"}, {"つくし", "っくし"}} {
		if jptext.SearchKey(other[0]) == jptext.SearchKey(other[1]) {
			t.Errorf("%q and %q have one key %q", other[0], other[1], jptext.SearchKey(other[0]))
		}
	}
	for in, want := range map[string]string{"": "", " 　-ー・": "", "電源ケーブル": "電源けぶる", "サーバー室の鍵": "さば室の鍵"} {
		if got := jptext.SearchKey(in); got != want {
			t.Errorf("SearchKey(%q) = %q, want %q", in, got, want)
		}
	}
}

func TestTypingATermFindsTheTextAtEveryStep(t *testing.T) {
	for _, text := range []string{"霞ヶ関サーバー室 電源ケーブル（髙橋）", "Ｒ８－０００１ 住民情報システム", "三か月ごとの点検"} {
		key := jptext.SearchKey(text)
		for _, term := range []string{"霞", "サーバ", "電源ケ", "電源ケー", "ケーブル", "高橋", "R8-0", "住民 情報", "三", "点検"} {
			if k := jptext.SearchKey(term); strings.Contains(text, term) && !strings.Contains(key, k) {
				t.Errorf("%q (%q) is not found in %q (%q)", term, k, text, key)
			}
		}
	}
}

func TestSearchKeyIsIdempotent(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := japanese().Draw(t, "text")
		key := jptext.SearchKey(s)
		if again := jptext.SearchKey(key); again != key {
			t.Fatalf("SearchKey(%+q) = %+q, and of that %+q", s, key, again)
		}
		if full := jptext.SearchKey(norm.NFKC.String(s)); full != key {
			t.Fatalf("SearchKey(%+q) = %+q, but of its NFKC %+q", s, key, full)
		}
		if !utf8.ValidString(key) || strings.ContainsAny(key, " -ー　・カケヶヵ") {
			t.Fatalf("SearchKey(%+q) = %+q", s, key)
		}
	})
}

func TestTermGramsAreAmongTheGramsOfEveryTextWithTheTerm(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		key := []rune(jptext.SearchKey(japanese().Draw(t, "text")))
		from := rapid.IntRange(0, len(key)).Draw(t, "from")
		to := rapid.IntRange(from, len(key)).Draw(t, "to")
		term, grams := jptext.TermGrams(string(key[from:to])), jptext.Grams(string(key))
		for _, g := range term {
			if _, ok := slices.BinarySearch(grams, g); !ok {
				t.Fatalf("%q is no gram of %q: %q", g, string(key), grams)
			}
		}
		if (len(term) == 0) != (from == to) || len(term) > 24 {
			t.Fatalf("%q has the grams %q", string(key[from:to]), term)
		}
		if !slices.IsSorted(grams) || len(slices.Compact(slices.Clone(grams))) != len(grams) {
			t.Fatalf("grams of %q are not sorted or not distinct: %q", string(key), grams)
		}
		if !slices.IsSorted(term) || len(slices.Compact(slices.Clone(term))) != len(term) {
			t.Fatalf("grams of the term are not sorted or not distinct: %q", term)
		}
	})
}

func TestGrams(t *testing.T) {
	for key, want := range map[string][2]string{
		"":     {"", ""},
		"端":    {"端", "端"},
		"端末":   {"末 端 端末", "端末"},
		"ab室":  {"a ab b b室 室", "ab b室"},
		"ああああ": {"あ ああ", "ああ"},
		"台帳台帳": {"台 台帳 帳 帳台", "台帳 帳台"},
	} {
		if got := strings.Join(jptext.Grams(key), " "); got != want[0] {
			t.Errorf("Grams(%q) = %q, want %q", key, got, want[0])
		}
		if got := strings.Join(jptext.TermGrams(key), " "); got != want[1] {
			t.Errorf("TermGrams(%q) = %q, want %q", key, got, want[1])
		}
	}
	if got := len(jptext.TermGrams(strings.Repeat("一二三四五六七八九十壱弐参", 4) + "あいうえおかきくけこさしすせそたちつてと")); got != 24 {
		t.Errorf("a long term asks the index for %d grams", got)
	}
}

func TestTerms(t *testing.T) {
	if got := jptext.Terms("　ｻｰﾊﾞ　総務課 サーバー - \t端末\n"); !slices.Equal(got, []string{"さば", "総務課", "端末"}) {
		t.Errorf("Terms = %q", got)
	}
	if got := jptext.Terms(" 　"); len(got) != 0 {
		t.Errorf("Terms of nothing = %q", got)
	}
}

func TestCode(t *testing.T) {
	for in, want := range map[string]string{
		"":               "",
		" AB-12 ":        "AB-12",
		"ＡＢ－１２　":         "AB-12",
		"ＡＢー１２":          "AB-12", // the key next to 0 with the input method on
		"AB‐12—3−4":      "AB-12-3-4",
		"サーバー01":         "サーバー01",
		"ｻｰﾊﾞｰ０１":        "サーバー01",
		"１９２．１６８．０．１":    "192.168.0.1",
		"ｉｎｆｏ＠ｌｇ．ｊｐ":     "info@lg.jp",
		"A\u200bB\ufeff": "AB",
		"葛\U000e0100":    "葛",
		"㈱":              "(株)",
		"髙﨑":             "髙﨑",
		"A B　C":          "A B C",
		"\tA\n":          "A",
	} {
		if got := jptext.Code(in); got != want {
			t.Errorf("Code(%q) = %q, want %q", in, got, want)
		}
	}
	rapid.Check(t, func(t *rapid.T) {
		s := japanese().Draw(t, "text")
		if once := jptext.Code(s); jptext.Code(once) != once {
			t.Fatalf("Code(%+q) = %+q, and of that %+q", s, once, jptext.Code(once))
		}
	})
}

func TestCleanKeepsNamesByteForByte(t *testing.T) {
	for in, want := range map[string]string{
		"":                         "",
		" 　髙橋 﨑太郎\t\n":             "髙橋 﨑太郎",
		"\ufa19\ufa10":             "\ufa19\ufa10",
		"葛\U000e0100城 辻\U000e0101": "葛\U000e0100城 辻\U000e0101",
		"が":                        "が", // not composed
		"ＬＧＷＡＮ①㈱":                  "ＬＧＷＡＮ①㈱",
		"一\r\n二\r三\n四\u2028五":      "一\n二\n三\n四\n五",
		"列\t列":                     "列\t列",
		"\ufeff先頭":                 "先頭",
		"👨\u200d👩\u200d👧 𠮷":        "👨\u200d👩\u200d👧 𠮷",
		"\ufffd":                   "\ufffd",
	} {
		if got, err := jptext.Clean(in); err != nil || got != want {
			t.Errorf("Clean(%+q) = %+q, %v; want %+q", in, got, err, want)
		}
	}
}

func TestCleanRefusesWhatCannotBeSeen(t *testing.T) {
	for in, want := range map[string]string{
		"a\x00b":           "1行目の2文字目に、目に見えない制御文字（U+0000）",
		"一行目\r\n二行\x08目":   "2行目の3文字目に、目に見えない制御文字（U+0008）",
		"a\x7f":            "（U+007F）",
		"a\u0085b":         "（U+0085）",
		"abc\u202etxt.exe": "1行目の4文字目に、目に見えない制御文字（U+202E）",
		"a\u202ab":         "（U+202A）",
		"a\u2066b":         "（U+2066）",
		"a\u2069b":         "（U+2069）",
		"\x93\xfa\x96\x7b": "UTF-8",
		"\xed\xa0\x80":     "UTF-8", // a lone surrogate
		"あ\xff":            "UTF-8",
		"\xc0\x80":         "UTF-8",
	} {
		got, err := jptext.Clean(in)
		if !errs.Is(err, errs.Invalid) || !strings.Contains(errs.MessageOf(err), want) || got != "" {
			t.Errorf("Clean(%+q) = %+q, %v; want a message with %s", in, got, err, want)
		}
	}
}

func TestEscapeFormula(t *testing.T) {
	for in, want := range map[string]string{
		"":         "",
		"台帳":       "台帳",
		"=1+1":     "'=1+1",
		"+81":      "'+81",
		"-":        "'-",
		"@SUM(A1)": "'@SUM(A1)",
		"\t=1":     "'\t=1",
		"\r":       "'\r",
		"＝1":       "'＝1",
		"'=1":      "''=1",
		"''=1":     "'''=1",
		"'quoted'": "'quoted'",
		"'":        "'",
		"a=1":      "a=1",
		"1-2":      "1-2",
	} {
		got := jptext.EscapeFormula(in)
		if got != want || jptext.UnescapeFormula(got) != in {
			t.Errorf("EscapeFormula(%q) = %q, want %q; back %q", in, got, want, jptext.UnescapeFormula(got))
		}
	}
	if got := jptext.UnescapeFormula("=1"); got != "=1" {
		t.Errorf("a cell without the guard became %q", got)
	}
	rapid.Check(t, func(t *rapid.T) {
		s := rapid.OneOf(rapid.StringMatching(`['=+\-@\t＝a]{0,6}`), rapid.String()).Draw(t, "text")
		guarded := jptext.EscapeFormula(s)
		if back := jptext.UnescapeFormula(guarded); back != s {
			t.Fatalf("%q → %q → %q", s, guarded, back)
		}
		if guarded != "" && strings.ContainsAny(guarded[:1], "=+-@\t\r\n") {
			t.Fatalf("%q is not guarded", guarded)
		}
		if back := jptext.EscapeFormula(jptext.UnescapeFormula(guarded)); back != guarded {
			t.Fatalf("%q does not come back: %q", guarded, back)
		}
	})
}

func FuzzClean(f *testing.F) {
	for _, s := range []string{"髙橋\r\n﨑", "a\x00", "\u202e", "\xed\xa0\x80", " \ufeff\u2028\r", "\r\n\r\r\n"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		got, err := jptext.Clean(s)
		if err != nil {
			if !errs.Is(err, errs.Invalid) || errs.MessageOf(err) == "" || got != "" {
				t.Fatalf("Clean(%+q) = %+q, %v", s, got, err)
			}
			return
		}
		if strings.ContainsAny(got, "\x00\r\u202e\u2066\u2028") || !utf8.ValidString(got) || strings.TrimSpace(got) != got {
			t.Fatalf("Clean(%+q) = %+q", s, got)
		}
		if again, err := jptext.Clean(got); err != nil || again != got {
			t.Fatalf("Clean(%+q) = %+q, and of that %+q, %v", s, got, again, err)
		}
		if key := jptext.SearchKey(s); jptext.SearchKey(key) != key {
			t.Fatalf("SearchKey(%+q) = %+q, and of that %+q", s, key, jptext.SearchKey(key))
		}
		if code := jptext.Code(s); jptext.Code(code) != code {
			t.Fatalf("Code(%+q) = %+q, and of that %+q", s, code, jptext.Code(code))
		}
		if back := jptext.UnescapeFormula(jptext.EscapeFormula(s)); back != s {
			t.Fatalf("%+q came back as %+q", s, back)
		}
	})
}

var names = []string{"住民情報システム　サーバー室　業務端末（総務課）No.12", "霞ヶ関 データセンター LGWAN接続系 ファイルサーバー", "令和8年度 防災計画 台帳", "髙橋ＰＣ-ｻｰﾊﾞｰ"}

func BenchmarkSearchKey(b *testing.B) {
	b.ReportAllocs()
	for i := range b.N {
		jptext.SearchKey(names[i%len(names)])
	}
}

func BenchmarkGrams(b *testing.B) {
	keys := make([]string, len(names))
	for i, n := range names {
		keys[i] = jptext.SearchKey(n)
	}
	b.ReportAllocs()
	b.ResetTimer()
	for i := range b.N {
		jptext.Grams(keys[i%len(keys)])
	}
}

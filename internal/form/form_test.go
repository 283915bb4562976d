package form_test

import (
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"daicho/internal/errs"
	"daicho/internal/form"
	"daicho/internal/jpdate"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// read makes a form of one field from what was typed.
func read(f form.Field, typed ...string) *form.Field {
	if f.Key == "" {
		f.Key = "k"
	}
	if f.Label == "" {
		f.Label = "項目"
	}
	form.Read(url.Values{f.Key: typed}, &f)
	return &f
}

func TestText(t *testing.T) {
	for _, c := range []struct {
		name      string
		field     form.Field
		typed     string
		want, err string
	}{
		{"as typed, ends cut", form.Field{}, " 髙﨑　太郎 ", "髙﨑　太郎", ""},
		{"full width stays", form.Field{}, "ＬＧＷＡＮ①", "ＬＧＷＡＮ①", ""},
		{"blank", form.Field{}, " 　", "", ""},
		{"required", form.Field{Required: true, Label: "名称"}, "　", "", "名称を入力してください"},
		{"lines of an area", form.Field{Type: form.Area}, "一\r\n二\r\n", "一\n二", ""},
		{"lines where there is one", form.Field{Label: "名称"}, "一\r\n二", "", "名称に改行は使えません。1行で入力してください"},
		{"longest", form.Field{Max: 3}, "𠮷野家", "𠮷野家", ""},
		{"too long", form.Field{Max: 3, Label: "略称"}, "吉野家屋", "", "略称は3文字以内で入力してください（いまは4文字です）"},
		{"too long by default", form.Field{Label: "名称"}, strings.Repeat("あ", 201), "", "名称は200文字以内で入力してください（いまは201文字です）"},
		{"area by default", form.Field{Type: form.Area}, strings.Repeat("あ", 4000), strings.Repeat("あ", 4000), ""},
		{"area too long by default", form.Field{Type: form.Area, Label: "備考"}, strings.Repeat("あ", 4001), "", "備考は4000文字以内で入力してください（いまは4001文字です）"},
		{"control character", form.Field{Label: "名称"}, "a\x00", "", "名称：1行目の2文字目に、目に見えない制御文字（U+0000）があります。その文字を消してください。"},
		{"not UTF-8", form.Field{Label: "名称"}, "\x93\xfa", "", "名称：文字コードがUTF-8ではないため読めません。文字を入力し直してください。"},
	} {
		t.Run(c.name, func(t *testing.T) {
			f := read(c.field, c.typed)
			if got := f.Text(); got != c.want || f.Err != c.err {
				t.Errorf("Text = %q, %q; want %q, %q", got, f.Err, c.want, c.err)
			}
			if f.Value() != c.typed {
				t.Errorf("what was typed became %q", f.Value())
			}
			if (f.ErrCode == "") != (f.Err == "") {
				t.Errorf("code %q with message %q", f.ErrCode, f.Err)
			}
		})
	}
}

func TestCode(t *testing.T) {
	f := read(form.Field{Type: form.Code, Max: 6}, " ＡＢー１２３ ")
	if got := f.Code(); got != "AB-123" || f.Err != "" || f.Value() != " ＡＢー１２３ " {
		t.Errorf("Code = %q, %q, typed %q", got, f.Err, f.Value())
	}
	f = read(form.Field{Type: form.Code, Required: true, Label: "製造番号"}, "　")
	if got := f.Code(); got != "" || f.Err != "製造番号を入力してください" {
		t.Errorf("Code = %q, %q", got, f.Err)
	}
}

func TestDateEchoesHowItWasUnderstood(t *testing.T) {
	f := read(form.Field{Type: form.Date, Label: "取得日"}, "Ｒ８．１１．２３")
	if got := f.Date(); got.ISO() != "2026-11-23" || f.Echo != "令和8年11月23日（2026-11-23・月）" || f.Err != "" || f.Value() != "Ｒ８．１１．２３" {
		t.Errorf("Date = %v, echo %q, %q, typed %q", got, f.Echo, f.Err, f.Value())
	}
	f = read(form.Field{Type: form.Date, Label: "取得日"}, "8.11.23")
	if got := f.Date(); !got.IsZero() || f.Echo != "" || !strings.HasPrefix(f.Err, "取得日：年号が分かりません。令和8年11月23日なら「R8.11.23」") || f.ErrCode != "date.ambiguous" || f.Value() != "8.11.23" {
		t.Errorf("Date = %v, echo %q, %q", got, f.Echo, f.Err)
	}
	f = read(form.Field{Type: form.Date, Label: "取得日", Required: true}, " ")
	if got := f.Date(); !got.IsZero() || f.Err != "取得日を入力してください" {
		t.Errorf("Date = %v, %q", got, f.Err)
	}
	f = read(form.Field{Type: form.Date}, "")
	if got := f.Date(); !got.IsZero() || f.Err != "" {
		t.Errorf("Date = %v, %q", got, f.Err)
	}
}

func TestInt(t *testing.T) {
	for _, c := range []struct {
		typed string
		want  int
		ok    bool
		err   string
	}{
		{"24", 24, true, ""},
		{" ２４ ", 24, true, ""},
		{"24時間", 24, true, ""},
		{"２４ 時間", 24, true, ""},
		{"1,000", 1000, true, ""},
		{"－5", -5, true, ""},
		{"-10", -10, true, ""},
		{"007", 7, true, ""},
		{"", 0, false, ""},
		{"1001", 0, false, "目標復旧時間は-10時間から1000時間までの整数で入力してください"},
		{"-11", 0, false, "目標復旧時間は-10時間から1000時間までの整数で入力してください"},
		{"99999999999999999999999", 0, false, "目標復旧時間は-10時間から1000時間までの整数で入力してください"},
		{"1,5", 0, false, "目標復旧時間は「1000」のような整数で入力してください"},
		{"1,00,000", 0, false, "目標復旧時間は「1000」のような整数で入力してください"},
		{"1.5", 0, false, "目標復旧時間は「1000」のような整数で入力してください"},
		{"約24", 0, false, "目標復旧時間は「1000」のような整数で入力してください"},
		{"24人", 0, false, "目標復旧時間は「1000」のような整数で入力してください"},
		{"時間", 0, false, "目標復旧時間は「1000」のような整数で入力してください"},
		{"--5", 0, false, "目標復旧時間は「1000」のような整数で入力してください"},
		{"5-", 0, false, "目標復旧時間は「1000」のような整数で入力してください"},
		{"1e3", 0, false, "目標復旧時間は「1000」のような整数で入力してください"},
	} {
		f := read(form.Field{Type: form.Number, Label: "目標復旧時間", Unit: "時間"}, c.typed)
		if got, ok := f.Int(-10, 1000); got != c.want || ok != c.ok || f.Err != c.err || f.Value() != c.typed {
			t.Errorf("Int of %q = %d, %v, %q; want %d, %v, %q", c.typed, got, ok, f.Err, c.want, c.ok, c.err)
		}
	}
	f := read(form.Field{Type: form.Number, Label: "人数", Required: true}, "")
	if _, ok := f.Int(0, 9); ok || f.Err != "人数を入力してください" {
		t.Errorf("a required number: %v, %q", ok, f.Err)
	}
}

func TestChoices(t *testing.T) {
	options := []form.Option{{Value: "a", Label: "甲"}, {Value: "b", Label: "乙"}, {Value: "c", Label: "丙"}, {Value: "old", Label: "旧", Disabled: true}}
	one := func(required bool, typed ...string) *form.Field {
		return read(form.Field{Type: form.Choice, Label: "区分", Options: options, Required: required}, typed...)
	}
	if f := one(true, "b"); f.OneOf() != "b" || f.Err != "" || !f.Has("b") || f.Has("a") {
		t.Errorf("chosen: %q, %q", f.OneOf(), f.Err)
	}
	if f := one(true); f.OneOf() != "" || f.Err != "区分を選んでください" {
		t.Errorf("nothing chosen: %q", f.Err)
	}
	if f := one(false, ""); f.OneOf() != "" || f.Err != "" {
		t.Errorf("nothing chosen: %q", f.Err)
	}
	for _, v := range []string{"z", "old", "a ", "甲"} {
		if f := one(false, v); f.OneOf() != "" || f.Err != "区分を選び直してください" || !f.Has(v) {
			t.Errorf("%q was not refused: %q", v, f.Err)
		}
	}
	all := func(required bool, typed ...string) *form.Field {
		return read(form.Field{Type: form.Checks, Label: "特性", Options: options, Required: required}, typed...)
	}
	if f := all(true, "c", "a", "c", ""); f.AllOf() != "a c" || f.Err != "" {
		t.Errorf("chosen: %q, %q", f.AllOf(), f.Err)
	}
	if f := all(true, ""); f.AllOf() != "" || f.Err != "特性を選んでください" {
		t.Errorf("nothing chosen: %q", f.Err)
	}
	for _, v := range []string{"z", "old", "a b"} {
		if f := all(false, "a", v); f.AllOf() != "" || f.Err != "特性を選び直してください" || !slices.Equal(f.Raw, []string{"a", v}) {
			t.Errorf("%q was not refused: %q", v, f.Err)
		}
	}
	for typed, want := range map[string]bool{"1": true, "on": true, "true": true, "0": false, "": false} {
		if f := read(form.Field{Type: form.Flag}, typed); f.Bool() != want || f.Err != "" {
			t.Errorf("a box with %q: %v, %q", typed, f.Bool(), f.Err)
		}
	}
	if f := read(form.Field{Type: form.Flag, Label: "確認", Required: true}); f.Bool() || f.Err != "確認にチェックを入れてください" {
		t.Errorf("a required box: %q", f.Err)
	}
	if f := read(form.Field{Type: form.Flag, Label: "確認"}, "yes"); f.Bool() || f.Err != "確認を選び直してください" {
		t.Errorf("a box with a value of its own: %q", f.Err)
	}
}

func TestSecretIsNotTouchedAndNotGivenOut(t *testing.T) {
	f := &form.Field{Key: "p", Label: "パスワード", Type: form.Password, Required: true}
	fm := form.Read(url.Values{"p": {" ｐａｓｓ　"}, "name": {"x"}}, f, &form.Field{Key: "name"}, &form.Field{Key: "none"})
	if got := f.Secret(); got != " ｐａｓｓ　" || f.Err != "" {
		t.Errorf("Secret = %q, %q", got, f.Err)
	}
	if diff := cmp.Diff(url.Values{"name": {"x"}}, fm.Values()); diff != "" {
		t.Errorf("Values (-want +got):\n%s", diff)
	}
	if f := read(form.Field{Type: form.Password, Label: "パスワード", Required: true}, ""); f.Secret() != "" || f.Err != "パスワードを入力してください" {
		t.Errorf("no password: %q", f.Err)
	}
	if f := read(form.Field{Type: form.Password, Label: "パスワード", Max: 3}, "abcd"); f.Secret() != "" || f.Err != "パスワードは3文字以内で入力してください" {
		t.Errorf("a long password: %q", f.Err)
	}
}

func TestReadKeepsAbsentAndBlankApart(t *testing.T) {
	absent, blank := &form.Field{Key: "a"}, &form.Field{Key: "b"}
	fixed := &form.Field{Key: "c", ReadOnly: "承認待ちのため変更できません"}
	fixed.Fill("保存済み")
	fm := form.Read(url.Values{"b": {""}, "c": {"書き換え"}, "stray": {"x"}, form.TokenName: {"tok-123"}}, absent, blank, fixed)
	if absent.Raw != nil || blank.Raw == nil || blank.Value() != "" {
		t.Errorf("absent %#v, blank %#v", absent.Raw, blank.Raw)
	}
	if fixed.Text() != "保存済み" {
		t.Errorf("a read-only field took %q", fixed.Text())
	}
	if fm.Token != "tok-123" || fm.Field("b") != blank || fm.Field("stray") != nil || !fm.OK() {
		t.Errorf("%+v", fm)
	}
	for _, bad := range []string{strings.Repeat("a", 101), "a b", "あ", "a\n"} {
		if got := form.Read(url.Values{form.TokenName: {bad}}).Token; got != "" {
			t.Errorf("token %q was taken", got)
		}
	}
}

func TestReadBoundsWhatARequestMayHold(t *testing.T) {
	long := "ab" + strings.Repeat("あ", form.MaxValue/3) // the bound lies within a character
	f := read(form.Field{Type: form.Area, Label: "備考", Max: 1 << 20}, long)
	if f.Err != "備考が長すぎます。短くしてください" || f.Text() != "" {
		t.Errorf("a value of %d bytes: %q", len(long), f.Err)
	}
	if n := len(f.Value()); n > form.MaxValue || n < form.MaxValue-3 || !strings.HasPrefix(long, f.Value()) || !utf8.ValidString(f.Value()) {
		t.Errorf("%d bytes were kept", n)
	}
	largest := strings.Repeat("a", form.MaxValue)
	f = read(form.Field{Type: form.Area, Max: 1 << 20}, largest)
	if f.Err != "" || f.Text() != largest {
		t.Errorf("the largest value: %q", f.Err)
	}
	f = read(form.Field{Type: form.Checks, Label: "特性"}, make([]string, form.MaxValues+1)...)
	if f.Err != "特性の値が多すぎます。選ぶ数を減らしてください" || len(f.Raw) != form.MaxValues {
		t.Errorf("%d values: %q", len(f.Raw), f.Err)
	}
}

func TestFillShowsStoredValuesAndReadsThemBack(t *testing.T) {
	d := &form.Field{Key: "d", Type: form.Date}
	d.Fill("2026-11-23")
	if d.Value() != "令和8年11月23日" || d.Echo != "令和8年11月23日（2026-11-23・月）" || d.Date() != jpdate.OfTime(d.Date().StartOfDay()) || d.Date().ISO() != "2026-11-23" {
		t.Errorf("date: %q, echo %q, %v", d.Value(), d.Echo, d.Date())
	}
	d.Fill("")
	if d.Value() != "" || d.Echo != "" {
		t.Errorf("no date: %q, echo %q", d.Value(), d.Echo)
	}
	d.Fill("unknown")
	if d.Value() != "unknown" {
		t.Errorf("a stored value was lost: %q", d.Value())
	}
	c := &form.Field{Key: "c", Type: form.Checks, Options: []form.Option{{Value: "a"}, {Value: "b"}}}
	c.Fill("a b")
	if !c.Has("a") || !c.Has("b") || c.AllOf() != "a b" {
		t.Errorf("choices: %q", c.Raw)
	}
}

func TestMessagesStandInTheOrderOfThePage(t *testing.T) {
	a, b, c := &form.Field{Key: "a", Label: "甲", Required: true}, &form.Field{Key: "b", Label: "乙"}, &form.Field{Key: "c", Label: "丙", Required: true}
	fm := form.Read(url.Values{}, a, b, c)
	if !fm.OK() || len(fm.Messages()) != 0 {
		t.Fatalf("an unread form has %v", fm.Messages())
	}
	c.Text()
	a.Text()
	fm.Add(errs.New(errs.Conflict, "x", "ほかの人が先に保存しました"))
	want := []form.Message{{"", "ほかの人が先に保存しました"}, {"f-a", a.Err}, {"f-c", c.Err}}
	if diff := cmp.Diff(want, fm.Messages()); diff != "" || fm.OK() {
		t.Errorf("Messages (-want +got):\n%s", diff)
	}
	if a.ID() != "f-a" {
		t.Errorf("id %q", a.ID())
	}
}

func TestAddTakesErrorsApart(t *testing.T) {
	cause := errors.New("pq: secret detail of the database")
	for _, c := range []struct {
		name    string
		err     error
		a, b    string
		summary []string
	}{
		{"nothing", nil, "", "", nil},
		{"one field", errs.OnField("a", "x", "甲が重複しています"), "甲が重複しています", "", nil},
		{"wrapped", fmt.Errorf("register: %w", errs.OnField("a", "x", "だめ")), "だめ", "", nil},
		{"two fields and one for all", errs.Join(errs.OnField("b", "x", "乙だめ"), errs.New(errs.Conflict, "y", "全体だめ"), errs.OnField("a", "x", "甲だめ")), "甲だめ", "乙だめ", []string{"全体だめ"}},
		{"the first stays", errs.Join(errs.OnField("a", "x", "一"), errs.OnField("a", "x", "二")), "一", "", nil},
		{"no such field", errs.OnField("zzz", "x", "別の画面の項目"), "", "", []string{"別の画面の項目"}},
		{"told twice", errs.Join(errs.New(errs.Invalid, "x", "同じ"), errs.New(errs.Invalid, "x", "同じ")), "", "", []string{"同じ"}},
		{"a message over its cause", &errs.Error{Kind: errs.Invalid, Message: "入力に誤りがあります", Err: errs.OnField("a", "x", "甲だめ")}, "甲だめ", "", []string{"入力に誤りがあります"}},
		{"no message at the field", errs.OnField("a", "x", ""), "甲を確かめてください", "", nil},
		{"nothing for a user", errs.Wrap(errs.Busy, "db", cause), "", "", []string{"処理できませんでした。内容を確かめて、もう一度やり直してください。"}},
		{"an unknown error", cause, "", "", []string{"処理できませんでした。内容を確かめて、もう一度やり直してください。"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			a, b := &form.Field{Key: "a", Label: "甲"}, &form.Field{Key: "b", Label: "乙"}
			fm := form.Read(url.Values{}, a, b)
			fm.Add(c.err)
			var summary []string
			for _, m := range fm.Summary {
				summary = append(summary, m.Text)
			}
			if a.Err != c.a || b.Err != c.b || !slices.Equal(summary, c.summary) || fm.OK() != (c.err == nil) {
				t.Errorf("甲 %q, 乙 %q, summary %q", a.Err, b.Err, summary)
			}
			if strings.Contains(fmt.Sprint(fm.Messages()), "secret detail") {
				t.Error("the cause is shown")
			}
		})
	}
}

// TestNothingTypedIsLost reads anything at all with every reader: what was typed stays byte for
// byte, a message comes with a refusal, and what is accepted is read back the same.
func TestNothingTypedIsLost(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		typed := rapid.SliceOfN(rapid.OneOf(rapid.String(), rapid.SampledFrom([]string{"R8.11.23", "8.11.23", "1,000", "a", "b", "on", " 髙 \r\n", "\x00", "\xff", ""})), 1, 3).Draw(t, "typed")
		before := slices.Clone(typed)
		options := []form.Option{{Value: "a"}, {Value: "b"}}
		f := &form.Field{Key: "k", Label: "項目", Options: options, Type: form.Type(rapid.IntRange(int(form.Text), int(form.Search)).Filter(func(n int) bool { return n != int(form.File) }).Draw(t, "type"))}
		fm := form.Read(url.Values{"k": typed}, f)
		refused := f.Err != ""
		var got string
		var again func(*form.Field) string
		switch f.Type {
		case form.Date:
			again = func(f *form.Field) string { return f.Date().ISO() }
		case form.Number:
			again = func(f *form.Field) string {
				if n, ok := f.Int(-1000, 1000); ok {
					return fmt.Sprint(n)
				}
				return ""
			}
		case form.Choice, form.Select:
			again = (*form.Field).OneOf
		case form.Checks:
			again = (*form.Field).AllOf
		case form.Code, form.Pick:
			again = (*form.Field).Code
		case form.Password:
			again = (*form.Field).Secret
		case form.Flag:
			again = func(f *form.Field) string {
				if f.Bool() {
					return "1"
				}
				return ""
			}
		default:
			again = (*form.Field).Text
		}
		got = again(f)
		if !slices.Equal(f.Raw, before) || !slices.Equal(typed, before) {
			t.Fatalf("typed %q became %q", before, f.Raw)
		}
		if refused && got != "" || f.Err != "" && got != "" || (f.Err == "") != fm.OK() {
			t.Fatalf("%q gave %q with %q", typed, got, f.Err)
		}
		if f.Err == "" && got != "" {
			g := &form.Field{Key: "k", Options: options, Type: f.Type}
			g.Fill(got)
			if back := again(g); back != got || g.Err != "" {
				t.Fatalf("%q was read as %q, and that as %q (%s)", typed, got, back, g.Err)
			}
		}
	})
}

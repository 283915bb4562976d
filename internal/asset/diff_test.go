package asset

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

func TestDiffSpeaksInWords(t *testing.T) {
	old, now := sample(), sample()
	now.Values["zone"] = ZoneInternet
	now.Values["retention_end"] = "2032-03-31"
	now.Values["subjects"] = "13000"
	now.Values["public"] = "1"
	now.Values["restrictions"] = "limited no_copy"
	delete(now.Values, "place")
	now.Values["unit"] = "K-SOMU"
	now.Judgement.Levels["C"] = "3C"
	now.Relations = now.Relations[:1]
	names := Names{
		Ref:   func(t FieldType, code string) string { return map[string]string{"K-SOMU": "総務課"}[code] + "" },
		Level: func(s string, a Axis, code string) string { return s + "の" + code },
	}
	want := []Change{
		{"unit", "所管課", "", "総務課", true},
		{"subjects", "本人の数", "12,000 人", "13,000 人", false},
		{"zone", "領域", "LGWAN接続系", "インターネット接続系", true},
		{"place", "設置・保管場所", "ファイルサーバー <資格> & \"試験\"\u2028", "", true},
		{"restrictions", "取扱制限", "関係者限り、送信・運搬は暗号化", "関係者限り、複製禁止", true},
		{"public", "外部へ公開する", "", "はい", true},
		{"retention_end", "保存期間の満了日", "", "令和14年3月31日", false},
		{"level_c", "機密性", "mic-r6の3B", "mic-r6の3C", true},
		{"relation", "関連", "copy_of 7（集積） 全府県分", "", true},
	}
	if diff := cmp.Diff(want, Diff(old, now, names)); diff != "" {
		t.Error(diff)
	}
}

// An answer that leads to no other level shows with the words of its question: it is the ground of
// the classification.
func TestDiffShowsAnswersInTheWordsOfTheirQuestions(t *testing.T) {
	old, now := sample(), sample()
	old.Judgement.Answers["rto"], now.Judgement.Answers["rto"] = "72", "12"
	delete(now.Judgement.Answers, "personal")
	words := Names{Answer: func(q, a string) (string, string) { return "問い " + q, "「" + a + "」" }}
	want := []Change{
		{"answer_personal", "問い personal", "「yes」", "", true},
		{"answer_rto", "問い rto", "「72」", "「12」", true},
	}
	got := Diff(old, now, words)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	for _, c := range got {
		if !c.IsAnswer() {
			t.Errorf("%s is no answer", c.Key)
		}
	}
	same := Names{Answer: func(q, _ string) (string, string) { return q, "はい" }}
	if got := Diff(old, now, same); len(got) != 2 || got[1].Before != "72" || got[1].After != "12" {
		t.Errorf("two answers with one word: %+v", got)
	}
}

func TestDiffOfMembers(t *testing.T) {
	old, now := New(Device), New(Device)
	old.Members = []Member{{No: 1, Serial: "A", Holder: "総務課"}, {No: 2, Serial: "B"}}
	now.Members = []Member{{No: 3, Serial: "C", State: MemberLost}, {No: 1, Serial: "A", Holder: "企画課"}}
	want := []Change{
		{"member.1", "内訳 1", "製造番号 A、使用者 総務課、使用中", "製造番号 A、使用者 企画課、使用中", false},
		{"member.2", "内訳 2", "製造番号 B、使用中", "", true},
		{"member.3", "内訳 3", "", "製造番号 C、所在不明", true},
	}
	if diff := cmp.Diff(want, Diff(old, now)); diff != "" {
		t.Error(diff)
	}
}

func TestDiffShowsStatementsAndOldKeys(t *testing.T) {
	old, now := New(Device), New(Device)
	now.Values["serial_ok"] = "1"
	old.Values["shelf"] = "3"
	want := []Change{{"serial_ok", "製造番号は個人番号ではない", "", "はい", false}, {"shelf", "shelf", "3", "", false}}
	if diff := cmp.Diff(want, Diff(old, now)); diff != "" {
		t.Error(diff)
	}
}

// No change of the bytes is silent unless it says nothing, and what is silent is never material.
func TestDiffMissesNothing(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		old := genDocument().Draw(t, "old")
		now := genDocument().Draw(t, "now")
		now.Kind, now.Edition = old.Kind, old.Edition
		changes := Diff(old, now)
		material := false
		for _, c := range changes {
			if c.Label == "" || c.Before == c.After {
				t.Fatalf("empty line %+v", c)
			}
			material = material || c.Material
		}
		if material == now.OnlyMinor(old) {
			t.Fatalf("difference material = %v, digests equal = %v: %+v", material, now.OnlyMinor(old), changes)
		}
		if len(changes) == 0 {
			for _, f := range all[old.Kind] {
				b, a := old.Values[f.Key], now.Values[f.Key]
				if a != b && !meansUnset(f, a) && !meansUnset(f, b) {
					t.Fatalf("%s changed silently", f.Key)
				}
			}
		}
		if len(Diff(now, now.Clone())) != 0 {
			t.Fatal("a document differs from itself")
		}
	})
}

package asset

import (
	"fmt"
	"strconv"

	"daicho/internal/classify"
	"daicho/internal/errs"
	"daicho/internal/jpdate"
)

// required asks for the required fields that are still empty.
func (c *checker) required() {
	for _, f := range all[c.d.Kind] {
		if f.Required && c.d.Values[f.Key] == "" && !c.failed(f.Key) {
			c.fail(f.Key, "asset.field.required", requiredMessage(f))
		}
	}
}

func requiredMessage(f Field) string {
	switch f.Type {
	case Choice, Choices, UnitRef, HostRef, PostRef:
		return f.Label + "を選んでください"
	case Flag:
		return f.Label + "にチェックを入れてください"
	}
	return f.Label + "を入力してください"
}

// levels asks for the levels that the kind declares, unless the registrant asks the 管理者, and for a
// reason where one lies below what the answers led to. Source: 基本方針 6(2).
func (c *checker) levels(scheme *classify.Scheme) {
	j := c.d.Judgement
	if j == nil {
		j = &Judgement{}
	}
	for _, a := range classify.Axes() {
		if Declares(c.d.Kind, a) && j.Levels[string(a)] == "" && !j.Ask {
			c.fail(LevelKey(a), "asset.level.required", a.Label()+"の区分を選んでください。わからないときは「管理者に聞く」を選べます")
		}
	}
	if scheme == nil {
		return
	}
	got, proposed := scheme.Ranks(j.Levels), scheme.Ranks(j.Proposed)
	for _, a := range classify.Axes() {
		if r := got.On(a); r != 0 && r < proposed.On(a) && j.Reason == "" && !c.failed(ReasonKey) {
			c.fail(ReasonKey, "asset.level.lower", a.Label()+"を質問の結果より低くするときは、判断理由を入力してください")
		}
	}
	// R1: 特定個人情報 is never below what the scheme's own table says of it.
	if least := leastForMyNumber(scheme); c.d.Get("personal") == PersonalMyNumber && got.C != 0 && got.C < least {
		c.fail(LevelKey(classify.Confidentiality), "asset.rule.r1", "特定個人情報を含むときは、機密性を「"+scheme.CodeOf(classify.Confidentiality, least)+"」以上にしてください")
	}
}

// leastForMyNumber is the least 機密性 of 特定個人情報: what the decision table of the scheme gives
// when the answer to the question about the My Number is yes.
func leastForMyNumber(s *classify.Scheme) classify.Rank {
	return s.Judge(map[string]string{"mynumber": "yes", "personal": "yes", "published": "no"}).Levels.C
}

// order lists pairs of dates of which the first must not come after the second.
var order = [...][2]string{
	{"retention_start", "retention_end"},
	{"start_on", "contract_end"},
	{"approved_on", "permit_end"},
	{"acquired_on", "lease_end"},
	{"acquired_on", "disposed_on"},
	{"start_on", "erased_on"},
	{"inspected_on", "inspection_due"},
}

// crossFields refuses what contradicts itself. Source: 番号法 and 基本方針 6(3)① for R1, 6(2) for 廃棄.
func (c *checker) crossFields() {
	v := c.d.Values
	if v["personal"] == PersonalMyNumber {
		if f, ok := Lookup(c.d.Kind, "zone"); ok && v["zone"] != "" && v["zone"] != ZoneMyNumber {
			c.fail("zone", "asset.rule.r1", "特定個人情報を含むときは、"+f.Label+"を「"+Label(zones[:], ZoneMyNumber)+"」にしてください")
		}
		if c.d.Kind == Paper && (v["locked"] == "" || v["locked"] == "open") {
			c.fail("locked", "asset.rule.r1", "特定個人情報を含む文書は、鍵のかかる場所に保管し、施錠保管を選んでください")
		}
	}
	for _, p := range order {
		from, err1 := jpdate.ParseISO(v[p[0]])
		to, err2 := jpdate.ParseISO(v[p[1]])
		if err1 != nil || err2 != nil || from.IsZero() || to.IsZero() || !to.Before(from) {
			continue
		}
		a, okA := Lookup(c.d.Kind, p[0])
		b, okB := Lookup(c.d.Kind, p[1])
		if okA && okB && !c.failed(b.Key) {
			c.fail(b.Key, "asset.rule.order", fmt.Sprintf("%sは、%s（%s）と同じか後の日にしてください", b.Label, a.Label, from.Wareki()))
		}
	}
	disposal := [...]string{"disposed_on", "disposal_method", "disposal_proof"}
	for _, key := range disposal {
		f, _ := Lookup(c.d.Kind, key)
		switch {
		case c.failed(key):
		case c.d.Lifecycle() == LifecycleDisposed && v[key] == "":
			c.fail(key, "asset.rule.disposal", "廃棄済にするには、"+requiredMessage(f))
		case c.d.Lifecycle() != LifecycleDisposed && v[key] != "" && !c.failed("lifecycle"):
			c.fail("lifecycle", "asset.rule.disposal", "廃棄の内容が書かれています。状態を「廃棄済」にするか、廃棄の欄を空にしてください")
		}
	}
	if c.d.Lifecycle() == LifecycleDisposed {
		for _, m := range c.d.Members {
			if m.State != MemberDisposed && m.State != MemberReturned {
				c.fail("members", "asset.rule.members", fmt.Sprintf("廃棄済にするには、内訳%d番を「廃棄済」か「返却済」にしてください", m.No))
				break
			}
		}
	}
}

// Warnings returns advice that does not stop a submission: what a good entry would say, and what an
// approver will ask. Each stands at a field. The scheme may be nil. Sources: 基本方針 6(2), 6(3),
// 6(8); 個人情報保護法 75条; 番号法 28条.
func Warnings(d Document, scheme *classify.Scheme) []*errs.Error {
	w := &checker{d: d}
	v := d.Values
	personal := PersonalRank(v["personal"])
	has := func(key string) bool { _, ok := Lookup(d.Kind, key); return ok }
	missing := func(key, code, message string) {
		if has(key) && v[key] == "" {
			w.fail(key, code, message)
		}
	}

	if scheme != nil && d.Judgement != nil {
		got := scheme.Ranks(d.Judgement.Levels)
		least := leastForMyNumber(scheme)
		if least > 0 && got.C != 0 {
			if (v["personal"] == PersonalSensitive || v["personal"] == PersonalOrdinance) && got.C < least {
				w.fail(LevelKey(classify.Confidentiality), "asset.rule.r2", "要配慮個人情報は、ふつう機密性「"+scheme.CodeOf(classify.Confidentiality, least)+"」以上です。低くするわけを判断理由に書いてください")
			}
			if v["zone"] == ZoneInternet && got.C >= least {
				w.fail("zone", "asset.rule.r3", "機密性の高い情報をインターネット接続系に置くには、例外措置の承認が要ります")
			}
		}
		if got.A >= 2 || got.I >= 2 {
			if has("backup") && (v["backup"] == "" || v["backup"] == "none") {
				w.fail("backup", "asset.rule.r7", "壊れたり消えたりすると困るものです。控え（バックアップ）の取り方を確かめてください")
			}
		}
		if got.A >= 2 {
			missing("rto", "asset.rule.r7", "止まると困るものです。復旧の目標時間を書いてください")
		}
	}
	if personal > 0 {
		if d.Kind == Cloud {
			missing("approval_no", "asset.rule.r4", "個人情報を入れるサービスです。利用承認の文書番号を書いてください")
			missing("data_place", "asset.rule.r4", "個人情報を入れるサービスです。データの保存先を選んでください")
			missing("ismap", "asset.rule.r4", "個人情報を入れるサービスです。ISMAPの登録を調べて選んでください")
		}
		if d.Kind == Medium || d.Flags().Has(FlagPortable) {
			if has("encryption") && (v["encryption"] == "" || v["encryption"] == "none" || v["encryption"] == "password") {
				w.fail("encryption", "asset.rule.r5", "個人情報を入れて持ち運ぶものです。暗号化しているかを確かめてください")
			}
		}
		if has("locked") && v["locked"] == "open" {
			w.fail("locked", "asset.rule.r5", "個人情報を含むものです。鍵のかかる場所に保管してください")
		}
		if d.Kind == Info && v["public"] == "1" {
			w.fail("public", "asset.rule.public", "個人情報を含むものを公開するとしています。まちがいがないか確かめてください")
		}
		if d.Kind == Contract {
			missing("terms", "asset.rule.terms", "個人情報を扱わせる契約です。契約書に入れた事項を選んでください")
		}
	}
	if n, err := strconv.Atoi(v["subjects"]); err == nil && n >= 1000 && personal > 0 && has("pi_file") {
		switch {
		case v["pi_file"] == "":
			w.fail("pi_file", "asset.rule.r8", "本人の数が1,000人以上です。個人情報ファイル簿に載せるかを選んでください")
		case v["pi_file"] == "exempt" && (v["pi_file_reason"] == "" || v["pi_file_reason"] == "under_1000"):
			w.fail("pi_file_reason", "asset.rule.r8", "本人の数が1,000人以上です。個人情報ファイル簿に載せない理由を選び直してください")
		}
	}
	if v["personal"] == PersonalMyNumber {
		missing("pia", "asset.rule.pia", "特定個人情報を含みます。特定個人情報保護評価の種類を選んでください")
		if d.Flags().Has(FlagPortable) {
			w.fail("portable", "asset.rule.mn", "特定個人情報は、庁外へ持ち出せない設定が原則です。持ち出すには、そのつど承認が要ります")
		}
	}
	if (v["acquisition"] == "lease" || v["acquisition"] == "rental") && has("lease_end") {
		missing("lease_end", "asset.rule.r20", "借りている機器です。リースの満了日を書いてください")
	}
	if v["subcontract"] == "approved" {
		missing("subcontractors", "asset.rule.subcontract", "再委託先を1行に1社ずつ書いてください")
	}
	return w.found
}

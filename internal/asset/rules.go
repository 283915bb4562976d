package asset

import (
	"fmt"

	"daicho/internal/classify"
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

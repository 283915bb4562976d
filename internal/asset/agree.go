package asset

// agree refuses where the class of personal data goes against an answer to the questions of the
// 判定: one of the two is a slip, and both the classification and the controls depend on them. It asks
// only the questions that are shown: the later ones hang on the answers to the first. Sources: 基本方針
// 6(2); 番号法 2条8項, 個人情報保護法 2条3項.
func (c *checker) agree() {
	if c.d.Judgement == nil {
		return
	}
	const key = "personal"
	said := saidOfPersonal(c.d.Judgement.Answers, c.d.Values[key])
	if _, ok := Lookup(c.d.Kind, key); ok && said != "" && !c.failed(key) {
		c.fail(key, "asset.rule.answers", "分類の質問では"+said+"と答えています。個人情報の区分か質問の答えを直してください")
	}
}

// saidOfPersonal is the answer that a class of personal data goes against, or "".
func saidOfPersonal(answers map[string]string, class string) string {
	grave := class == PersonalSensitive || class == PersonalOrdinance
	switch {
	case class == "":
	case answers["mynumber"] == "yes" && class != PersonalMyNumber:
		return "マイナンバーがある"
	case answers["mynumber"] == "no" && class == PersonalMyNumber:
		return "マイナンバーはない"
	case answers["mynumber"] != "no":
	case answers["personal"] == "no" && class != PersonalNone:
		return "個人情報はない"
	case answers["personal"] == "yes" && class == PersonalNone:
		return "個人情報がある"
	case answers["personal"] == "yes" && answers["sensitive"] == "yes" && !grave:
		return "特に配慮が要る個人情報がある"
	case answers["personal"] == "yes" && answers["sensitive"] == "no" && grave:
		return "特に配慮が要る個人情報はない"
	}
	return ""
}

package asset

// The codes of 領域, field "zone". Source: 基本方針 2(8)(9)(10), 6(3).
const (
	ZoneMyNumber = "MN"
	ZoneLGWAN    = "LG"
	ZoneInternet = "IT"
	ZoneOutside  = "OUT"
)

// Zones lists the 領域 in the order in which screens and ledgers show them.
func Zones() []Option { return zones[:] }

var zones = [...]Option{
	{ZoneMyNumber, "マイナンバー利用事務系", "個人番号利用事務や戸籍事務のためのもの。ほかの領域とは原則として通信しない"},
	{ZoneLGWAN, "LGWAN接続系", "LGWANにつながる業務用のもの。庁内の業務の多くはここ"},
	{ZoneInternet, "インターネット接続系", "メール、ホームページなど、インターネットにつながるもの"},
	{ZoneOutside, "領域外", "どのネットワークにもつながない機器や媒体など"},
}

// The codes of 個人情報の区分, field "personal", from the least to the gravest.
// Source: 個人情報保護法 2条, 60条; 番号法 2条.
const (
	PersonalNone      = "none"
	PersonalOrdinary  = "personal"
	PersonalSensitive = "sensitive"
	PersonalOrdinance = "ordinance"
	PersonalMyNumber  = "mynumber"
)

// PersonalClasses lists the 個人情報の区分 from the least to the gravest.
func PersonalClasses() []Option { return personalClasses[:] }

var personalClasses = [...]Option{
	{PersonalNone, "含まない", "個人を識別できる情報がない"},
	{PersonalOrdinary, "個人情報", "氏名、住所、連絡先など。職員の情報も当たる"},
	{PersonalSensitive, "要配慮個人情報", "病歴、障害、健康診断の結果、犯罪の経歴など"},
	{PersonalOrdinance, "条例要配慮個人情報", "条例が特に配慮を求めると定めたもの"},
	{PersonalMyNumber, "特定個人情報", "個人番号（マイナンバー）を含むもの"},
}

// PersonalRank orders the 個人情報の区分: 0 for unset or none, 1 to 4 upwards. A control that asks
// for at least one class is met by every graver one.
func PersonalRank(code string) int {
	for i, o := range personalClasses {
		if o.Code == code {
			return i
		}
	}
	return 0
}

// The codes of 適用ポリシー, field "policy": whose security policy binds the asset. An asset of the
// union often stands in the building and on the network of a host body.
const (
	PolicyOwn  = "own"
	PolicyHost = "host"
	PolicyBoth = "both"
)

// Policies lists the codes of 適用ポリシー.
func Policies() []Option { return policies[:] }

var policies = [...]Option{
	{PolicyOwn, "当団体のポリシー", "当団体の情報セキュリティポリシーだけによる"},
	{PolicyHost, "構成団体のポリシー", "庁舎や回線を持つ構成団体の決まりだけによる"},
	{PolicyBoth, "両方", "両方の決まりのうち厳しい方による"},
}

// Label returns the word of a code among options, or the code itself when it is not among them.
func Label(options []Option, code string) string {
	for _, o := range options {
		if o.Code == code {
			return o.Label
		}
	}
	return code
}

// opts builds options from pairs of code and word.
func opts(pairs ...string) []Option {
	out := make([]Option, 0, len(pairs)/2)
	for i := 0; i+1 < len(pairs); i += 2 {
		out = append(out, Option{Code: pairs[i], Label: pairs[i+1]})
	}
	return out
}

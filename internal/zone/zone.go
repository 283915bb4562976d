// Package zone holds the rules about 領域: which connections between them may be, by the way in which
// the body separates its networks (採用モデル), and which information may lie where (置き場). It is
// pure: no I/O, no clock; it must not import postgres, app or web.
package zone

import (
	"strings"

	"daicho/internal/asset"
	"daicho/internal/jpdate"
	"daicho/internal/relation"
)

// The adopted models. Source: 総務省 地方公共団体における情報セキュリティポリシーに関するガイドライン
// （令和6年10月版）の三層の対策.
const (
	Alpha      = "a"
	AlphaPrime = "a2"
	Beta       = "b"
	BetaPrime  = "b2"
)

// Models lists the adopted models with what each means.
func Models() []asset.Option { return models[:] }

var models = [...]asset.Option{
	{Code: Alpha, Label: "α", Hint: "業務の端末とシステムをLGWAN接続系に置く"},
	{Code: AlphaPrime, Label: "α′", Hint: "αに加え、限ったクラウドをLGWAN接続系から直接使う"},
	{Code: Beta, Label: "β", Hint: "業務の端末の一部をインターネット接続系に置く"},
	{Code: BetaPrime, Label: "β′", Hint: "端末に加え、重要な情報とシステムもインターネット接続系に置く"},
}

// Severity is how grave a finding is.
type Severity string

// The severities, gravest first.
const (
	Refuse Severity = "refuse" // the submission is refused
	Grave  Severity = "grave"
	Warn   Severity = "warn"
	Note   Severity = "note"
)

// Label returns the word of the severity.
func (s Severity) Label() string {
	switch s {
	case Refuse:
		return "拒否"
	case Grave:
		return "重大"
	case Warn:
		return "注意"
	case Note:
		return "案内"
	}
	return string(s)
}

// Finding is one thing that is not as it must be.
type Finding struct {
	Rule     string // stable id: Z01 …
	Severity Severity
	Field    string // key of the field of the connection; "zone", or "" when it is about the placement
	What     string // what is wrong, with the names of the 領域
	Why      string
	Clause   string
	Do       string // what to do
}

// Text is the finding as a form shows it at its field: what, why with the clause, and what to do.
func (f Finding) Text() string {
	return f.What + "。" + f.Why + "（" + f.Clause + "）。" + f.Do
}

// Rule is one rule as the page of rules shows it.
type Rule struct {
	ID       string
	Severity Severity
	Title    string
	Clause   string
	Advice   string // what to do, in general
}

// The clauses of the 基本方針 that the rules rest on.
const (
	clMN    = "基本方針 6(3)①"
	clLG    = "基本方針 6(3)②"
	clZone  = "基本方針 6(3)"
	clPlace = "基本方針 6(2)"
)

var rules = []Rule{
	{"Z01", Refuse, "マイナンバー利用事務系とインターネット接続系の直接の接続", clMN, "接続をやめるか、承認された特定通信に改めてください。"},
	{"Z02", Grave, "特定通信でない、マイナンバー利用事務系と外との接続", clMN, "接続をやめるか、承認された特定通信に改めてください。"},
	{"Z03", Grave, "相手先・経路・ポートの定まらない特定通信", clMN, "特定通信の相手先・経路・ポートを書いてください。"},
	{"Z04", Grave, "分割していない、LGWAN接続系とインターネット接続系の接続", clLG, "分割の方式を決めて設定し、登録を直してください。"},
	{"Z05", Grave, "無害化していない、LGWAN接続系への取込み", clLG, "取り込むデータを無害化し、登録を直してください。"},
	{"Z06", Grave, "採用モデルが認めない、LGWAN接続系からのクラウドの直接の利用", clLG, "クラウドの領域を直すか、α′の採用を統括情報セキュリティ責任者に相談してください。"},
	{"Z07", Grave, "マイナンバー利用事務系の機器・システムの、ほかの領域への接続", clMN, "領域の登録を確かめ、正しければ接続を外してください。"},
	{"Z08", Grave, "LGWAN接続系とインターネット接続系にまたがる機器・システム", clLG, "領域の登録を確かめ、正しければ、あいだの機器を領域間接続として登録してください。"},
	{"Z09", Warn, "見直し期日を過ぎた接続", clZone, "まだ要るかを確かめ、次の期日を書いてください。"},
	{"Z10", Note, "見直し期日のない接続", clZone, "次に確かめる日を書いてください。"},
	{"Z11", Grave, "置いてはならない場所に置かれた情報", clPlace, "許された場所に移すか、例外措置を申請してください。"},
	{"Z12", Warn, "承認か例外措置が要る場所に置かれた情報", clPlace, "承認か例外措置の文書を確かめ、なければ受けてください。"},
}

// Rules lists every rule in the order of the ids.
func Rules() []Rule { return append([]Rule(nil), rules...) }

func ruleOf(id string) Rule {
	for _, r := range rules {
		if r.ID == id {
			return r
		}
	}
	return Rule{ID: id, Severity: Grave}
}

func found(id, field, what, why, do string) Finding {
	r := ruleOf(id)
	return Finding{Rule: id, Severity: r.Severity, Field: field, What: what, Why: why, Clause: r.Clause, Do: do}
}

// The directions of a connection, seen from the end From.
const (
	Out  = "out"
	In   = "in"
	Both = "both"
)

// Connection is a relation between two assets in their 領域. One of type bridges is a connection that
// somebody drew with its particulars; connects and runs_on say where a device or system hangs and
// cross 領域 without any.
type Connection struct {
	Type     relation.Type
	From, To string // 領域
	Cloud    bool   // the end To is a cloud service
	Flow     string // Out, In or Both, seen from From
	Split    string
	Sanitise string
	Special  bool // 特定通信
	Partner  string
	Path     string
	Protocol string
	ReviewOn jpdate.Date // zero = none
	Today    jpdate.Date // zero = dates are not judged
}

// OfRelation reads the connection that a relation of a document draws. own and other are the 領域 of
// the document's asset and of the other end.
func OfRelation(r asset.Relation, own, other string, today jpdate.Date) Connection {
	v := r.Values
	c := Connection{
		Type: relation.Type(r.Type), From: own, To: other, Flow: v["direction"], Split: v["split"], Sanitise: v["sanitise"],
		Special: v["special"] == "1", Partner: v["partner"], Path: v["path"], Protocol: v["protocol"], Today: today,
	}
	c.ReviewOn, _ = jpdate.ParseISO(v["review_on"])
	return c
}

// Label returns the word of a 領域.
func Label(code string) string { return asset.Label(asset.Zones(), code) }

// internet reports whether the connection joins a 領域 with インターネット接続系, whichever end is where.
func (c Connection) internet(z string) bool {
	return c.From == z && c.To == asset.ZoneInternet || c.From == asset.ZoneInternet && c.To == z
}

// touches reports whether one end, and only one, lies in the 領域.
func (c Connection) touches(z string) bool { return (c.From == z) != (c.To == z) }

// into reports whether data come into the 領域 from the other end; unknown directions count as both.
func (c Connection) into(z string) bool {
	switch c.Flow {
	case Out:
		return c.To == z
	case In:
		return c.From == z
	}
	return c.From == z || c.To == z
}

// Crosses reports whether the ends lie in two known 領域.
func (c Connection) Crosses() bool { return c.From != "" && c.To != "" && c.From != c.To }

// Judge says what is wrong with a connection under the adopted model of the unit that answers for it.
// A connection within one 領域, or whose 領域 nobody named, is never wrong.
// Source: 基本方針 6(3)①–③; the models after 総務省ガイドライン.
func Judge(c Connection, model string) []Finding {
	if !c.Crosses() {
		return nil
	}
	if c.Type != relation.Bridges {
		return judgeHanging(c, model)
	}
	var out []Finding
	ends := Label(c.From) + "と" + Label(c.To) + "の接続"
	switch {
	case c.touches(asset.ZoneMyNumber) && c.Special:
		out = append(out, judgeSpecial(c, ends)...)
	case c.internet(asset.ZoneMyNumber):
		out = append(out, found("Z01", "special", ends+"は、直接には結べません",
			"マイナンバー利用事務系は、ほかの領域と通信できないように分離します",
			"接続をやめるか、閉じた経路を通る許可された特定通信なら「許可された特定通信」を選び、相手先・経路・ポートを入力してください"))
	case c.touches(asset.ZoneMyNumber):
		out = append(out, found("Z02", "special", ends+"が、特定通信になっていません",
			"マイナンバー利用事務系と外との通信は、安全を確かめた相手・経路・通信の種類に限ります",
			"接続をやめるか、「許可された特定通信」を選び、相手先・経路・ポートを入力してください"))
	}
	if c.internet(asset.ZoneLGWAN) {
		out = append(out, judgeSplit(c, ends)...)
	}
	return append(out, judgeReview(c, ends)...)
}

// judgeSpecial looks at a 特定通信: with whom, by which closed way, through which port.
func judgeSpecial(c Connection, ends string) []Finding {
	const why = "特定通信は、相手・経路・通信の種類を限って許可するものです"
	if c.internet(asset.ZoneMyNumber) && (c.Path == "" || c.Path == "other") {
		return []Finding{found("Z01", "path", ends+"は、閉じた経路が選ばれていません",
			"インターネットを通る特定通信はありません", "経路をLGWAN・住民基本台帳ネットワーク・専用線・閉域VPNから選ぶか、接続をやめてください")}
	}
	var out []Finding
	if c.Partner == "" {
		out = append(out, found("Z03", "partner", ends+"の特定通信に、相手先がありません", why, "相手先を入力してください"))
	}
	if c.Path == "" {
		out = append(out, found("Z03", "path", ends+"の特定通信に、経路がありません", why, "経路を選んでください"))
	}
	if !HasPort(c.Protocol) {
		out = append(out, found("Z03", "protocol", ends+"の特定通信に、ポート番号がありません", why, "通信の種類とポートを「HTTPS 443」のように入力してください"))
	}
	return out
}

// HasPort reports whether the text names a port number.
func HasPort(s string) bool {
	return strings.ContainsAny(s, "0123456789０１２３４５６７８９")
}

// judgeSplit looks at a connection between LGWAN and the Internet.
func judgeSplit(c Connection, ends string) []Finding {
	var out []Finding
	if c.Split == "" || c.Split == asset.SplitNone {
		out = append(out, found("Z04", "split", ends+"が、分割されていません",
			"二つの領域は通信の経路を分け、必要な通信だけを許可します", "分割の方式を選び、そのとおりに設定してください"))
	}
	if !c.into(asset.ZoneLGWAN) {
		return out
	}
	switch c.Sanitise {
	case "", asset.SanitiseNone:
		out = append(out, found("Z05", "sanitise", ends+"で、取り込むデータを無害化していません",
			"インターネットから取り込むものは、文字だけにする、画面だけを送る、危険な部分を取り除くなどの方法で無害にします", "無害化の方式を選んでください"))
	case "needless":
		out = append(out, found("Z05", "sanitise", ends+"は、LGWAN接続系へ向く通信なのに「データを取り込まない」になっています",
			"LGWAN接続系へ入る通信は、無害化の対象です", "無害化の方式を選ぶか、通信の向きを直してください"))
	case "inspect":
		out = append(out, found("Z05", "sanitise", ends+"で、検査だけをしています",
			"検査は無害化を補うもので、それだけでは足りません", "文字だけにする、画面転送、危険な部分を取り除く、のどれかを加えてください"))
	}
	return out
}

func judgeReview(c Connection, ends string) []Finding {
	switch {
	case c.ReviewOn.IsZero() && (c.Special || c.internet(asset.ZoneLGWAN)):
		return []Finding{found("Z10", "review_on", ends+"に、見直しの期日がありません",
			"領域のあいだの接続は、要るかどうかを毎年度確かめます", "次に確かめる日を入力してください")}
	case !c.ReviewOn.IsZero() && !c.Today.IsZero() && c.ReviewOn.Before(c.Today):
		return []Finding{found("Z09", "review_on", ends+"の見直し期日（"+c.ReviewOn.Wareki()+"）を過ぎています",
			"領域のあいだの接続は、要るかどうかを毎年度確かめます", "まだ要るか、方式が今も正しいかを確かめ、次の期日を入力してください")}
	}
	return nil
}

// judgeHanging looks at a device or system whose network, host or cloud service lies elsewhere: such
// a relation has no particulars that could make it right, but the model may allow it.
func judgeHanging(c Connection, model string) []Finding {
	what := "機器・システム（" + Label(c.From) + "）が、" + Label(c.To) + "の"
	switch c.Type {
	case relation.Connects:
		what += "ネットワークにつながっています"
	case relation.RunsOn:
		what += map[bool]string{true: "クラウドサービス", false: "機器"}[c.Cloud] + "で動いています"
	default:
		return nil
	}
	switch {
	case c.touches(asset.ZoneMyNumber):
		return []Finding{found("Z07", "zone", what, "マイナンバー利用事務系は、ほかの領域と通信できないように分離します",
			"領域の登録を確かめ、正しければ接続を外すか、許可された特定通信として登録してください")}
	case c.internet(asset.ZoneLGWAN) && c.Cloud && c.From == asset.ZoneLGWAN:
		if model == AlphaPrime {
			return nil // with 対策 3-11, which the model requires
		}
		return []Finding{found("Z06", "zone", what, "LGWAN接続系からクラウドを直接使えるのは、α′を採用した組織だけです",
			"専用の回線でつなぐクラウドならその領域をLGWAN接続系に直し、そうでなければα′の採用を統括情報セキュリティ責任者に相談してください")}
	case c.internet(asset.ZoneLGWAN):
		return []Finding{found("Z08", "zone", what, "二つの領域は通信の経路を分け、必要な通信だけを許可します",
			"領域の登録を確かめ、正しければ、あいだの機器を「領域間接続」として分割と無害化の方式とともに登録してください")}
	}
	return nil
}

package check

import (
	"slices"

	"daicho/internal/asset"
	"daicho/internal/classify"
)

// Clauses that several rules serve.
const (
	clClass    = "基本方針 6(2)"
	clZone     = "基本方針 6(3)①"
	clInternet = "基本方針 6(3)③"
	clPhysical = "基本方針 6(4)"
	clTech     = "基本方針 6(6)"
	clRun      = "基本方針 6(7)"
	clExternal = "基本方針 6(8)"
	clAudit    = "基本方針 7"
	clMyNumber = "番号法 28条"
	clAPPI     = "個人情報保護法 75条"
)

// Shipped returns the rules as they are shipped, each with a copy of its own.
//
// R17 (期限の切れた例外) waits for the register of exceptions. R18 (個人番号) never becomes a row: such
// a text is refused where it is typed (asset.Check and app), so that there is nothing to find. R13
// knows the contract's own 消去確認 only, R19 the field 区分の表示 and not the printing of labels, R06
// the method and not whether the photograph is attached.
func Shipped() []Rule {
	out := append(slices.Clone(shipped), zoneRules()...)
	for i := range out {
		out[i].On = true
	}
	return out
}

var (
	mynumber  = Is{"personal", []string{asset.PersonalMyNumber}}
	anyPerson = Personal{asset.PersonalOrdinary}
	c2        = AtLeast{classify.Confidentiality, 2}
	high      = AtLeast{Axis: classify.Confidentiality}
	unset     = []string{""}
)

// empty holds when a field is unset.
func empty(key string) Test { return Is{key, unset} }

var shipped = []Rule{
	{ID: "R01", Title: "特定個人情報の区分・領域・保管", Clause: clMyNumber + "、" + clZone, Severity: Refuse,
		Advice: "機密性と領域を、特定個人情報にふさわしいものに直してください。",
		Lines: []Line{
			{Field: "level_c", Kinds: []asset.Kind{asset.Info, asset.Paper, asset.SysDoc}, If: []Test{mynumber, BelowHigh{}}, Fix: ToHigh, Held: true,
				Text: "特定個人情報を含みますが、機密性が「{機密性}」です。「{基準}」以上が要ります。"},
			{Field: "zone", If: []Test{mynumber, Is{"zone", []string{asset.ZoneLGWAN, asset.ZoneInternet, asset.ZoneOutside}}}, Fix: ZoneMN, Held: true,
				Text: "特定個人情報を含みますが、領域が「{値}」です。マイナンバー利用事務系に置きます。"},
			{Field: "locked", Kinds: []asset.Kind{asset.Paper}, If: []Test{mynumber, Is{"locked", []string{"", "open"}}}, Fix: LockedBox, Held: true,
				Text: "特定個人情報を含む文書ですが、施錠保管が「{値}」です。"},
		}},
	{ID: "R01P", Title: "特定個人情報保護評価", Clause: clMyNumber, Severity: Warn, Advice: "特定個人情報保護評価の種類を調べて選んでください。",
		Lines: []Line{{Field: "pia", If: []Test{mynumber, Is{"pia", []string{"", "unknown"}}},
			Text: "特定個人情報を含みます。特定個人情報保護評価の種類を選んでください"}}},
	{ID: "R02", Title: "要配慮個人情報の機密性", Clause: clClass, Severity: Grave,
		Advice: "機密性を上げるか、低くするわけを判断理由に書いて、管理者に受け入れてもらってください。",
		Lines: []Line{{Field: "level_c", If: []Test{Is{"personal", []string{asset.PersonalSensitive, asset.PersonalOrdinance}}, BelowHigh{}}, Fix: ToHigh,
			Text: "要配慮個人情報は、ふつう機密性「{基準}」以上です（いまは「{機密性}」）。低くするわけを判断理由に書いてください"}}},
	{ID: "R03", Title: "機密性の高い情報とインターネット接続系", Clause: clInternet, Severity: Grave,
		Advice: "ほかの領域へ移すか、例外措置の承認を受けてください。",
		Lines: []Line{{Field: "zone", If: []Test{high, Is{"zone", []string{asset.ZoneInternet}}},
			Text: "機密性の高い情報（「{機密性}」）をインターネット接続系に置くには、例外措置の承認が要ります"}}},
	{ID: "R04", Title: "クラウドの利用承認・保存先・ISMAP", Clause: clExternal, Severity: Warn, Advice: "利用承認の文書番号、データの保存先、ISMAPの登録を調べて書いてください。",
		Lines: []Line{
			{Field: "approval_no", Kinds: []asset.Kind{asset.Cloud}, If: []Test{Either{anyPerson, c2}, empty("approval_no")}, Text: "公開しない情報や個人情報を入れるサービスです。利用承認の文書番号を書いてください"},
			{Field: "data_place", Kinds: []asset.Kind{asset.Cloud}, If: []Test{Either{anyPerson, c2}, Is{"data_place", []string{"", "unknown"}}}, Text: "公開しない情報や個人情報を入れるサービスです。データの保存先を選んでください"},
			{Field: "ismap", Kinds: []asset.Kind{asset.Cloud}, If: []Test{Either{anyPerson, c2}, Is{"ismap", []string{"", "unknown"}}}, Text: "公開しない情報や個人情報を入れるサービスです。ISMAPの登録を調べて選んでください"},
		}},
	{ID: "R05", Title: "媒体・持ち運ぶ機器の暗号化と施錠", Clause: clPhysical, Severity: Warn, Advice: "暗号化し、鍵のかかる場所に保管してください。",
		Lines: []Line{
			{Field: "encryption", Kinds: []asset.Kind{asset.Medium}, If: []Test{Either{anyPerson, c2}, Is{"encryption", []string{"", "none", "password"}}}, Text: "公開しない情報や個人情報を入れて持ち運ぶものです。暗号化しているかを確かめてください（いまは「{値}」）"},
			{Field: "encryption", Kinds: []asset.Kind{asset.Device, asset.Info}, If: []Test{Either{anyPerson, c2}, Flagged{asset.FlagPortable}, Is{"encryption", []string{"", "none", "password"}}}, Text: "公開しない情報や個人情報を入れて持ち運ぶものです。暗号化しているかを確かめてください（いまは「{値}」）"},
			{Field: "locked", If: []Test{Either{anyPerson, c2}, Is{"locked", []string{"open"}}}, Fix: LockedBox, Text: "公開しない情報や個人情報を含むものです。鍵のかかる場所に保管してください"},
		}},
	{ID: "R06", Title: "特定個人情報の媒体の廃棄", Clause: clMyNumber + "、" + clPhysical, Severity: Grave,
		Advice: "物理的に壊し、立会いまたは写真のある証明を残してください。すでに渡したものは、壊したことを事業者に確かめてください。",
		Lines: []Line{{Field: "disposal_method", Gone: true, Kinds: []asset.Kind{asset.Medium, asset.Device},
			If:   []Test{Either{mynumber, Is{"zone", []string{asset.ZoneMyNumber}}}, Is{"disposal_method", []string{"", "overwrite", "crypto_erase", "return", "transfer", "degauss", "other"}}},
			Text: "マイナンバー利用事務系の記憶装置は、物理的に壊すことが必要です（廃棄の方法は「{値}」）。"}}},
	{ID: "R07", Title: "止まると困るものの控えと復旧時間", Clause: clTech, Severity: Warn, Advice: "控えの取り方と、復旧の目標時間を決めて書いてください。",
		Lines: []Line{
			{Field: "backup", If: []Test{Either{AtLeast{classify.Availability, 2}, AtLeast{classify.Integrity, 2}}, Is{"backup", []string{"", "none"}}}, Text: "壊れたり消えたりすると困るものです。控え（バックアップ）の取り方を確かめてください"},
			{Field: "rto", If: []Test{AtLeast{classify.Availability, 2}, empty("rto")}, Text: "止まると困るものです。復旧の目標時間を書いてください"},
		}},
	{ID: "R08", Title: "個人情報ファイル簿", Clause: clAPPI, Severity: Warn, Limit: 1000, Unit: "人", Advice: "個人情報ファイル簿に載せるか、載せない理由を選んでください。",
		Lines: []Line{
			{Field: "pi_file", If: []Test{anyPerson, OverLimit{"subjects"}, Is{"pi_file", []string{"", "unknown"}}}, Text: "本人の数が{しきい値}以上です。個人情報ファイル簿に載せるかを選んでください"},
			{Field: "pi_file_reason", If: []Test{anyPerson, OverLimit{"subjects"}, Is{"pi_file", []string{"exempt"}}, Is{"pi_file_reason", []string{"", "under_1000"}}}, Text: "本人の数が{しきい値}以上です。個人情報ファイル簿に載せない理由を選び直してください"},
		}},
	{ID: "R09", Title: "複製の区分が原本より低い", Clause: clClass, Severity: Refuse, Advice: "複製の区分を原本に合わせるか、黒塗りなどで軽くなったときは関連の「分散」で理由を示してください。",
		Lines: []Line{{Field: "level_c", Kinds: []asset.Kind{asset.Info, asset.Paper}, Source: CopyBelow, Fix: Computed,
			Text: "原本「{相手}」の機密性は「{計算}」ですが、この複製は「{区分}」です。複製は原本と同じ区分で扱います"}}},
	{ID: "R10", Title: "収容物の区分が入れ物の用途を超える", Clause: clClass, Severity: Grave, Advice: "入れ物の用途を収容物に合わせて承認を受け直すか、収容物をほかへ移してください。",
		Lines: perAxis(HoldsMore, "{項目}「{区分}」の情報を入れるものとして登録されていますが、「{相手}」は「{計算}」です。区分は自動で上がっています")},
	{ID: "R11", Title: "棚卸しの確認", Clause: clAudit, Severity: Warn, Limit: 12, Unit: "か月", Advice: "現物と台帳が合っているかを確かめ、最終確認日を書いてください。",
		Lines: []Line{{Field: "checked_on", Source: Stale, Fix: Today, Text: "最後に確かめたのは{日}で、{しきい値}を過ぎました"}}},
	{ID: "R12", Title: "保存期間の満了", Clause: clClass, Severity: Warn, Advice: "廃棄するか、保存期間を延ばしてください。",
		Lines: []Line{{Field: "retention_end", Source: Days, Text: "保存期間が{日}に満了しました"}}},
	{ID: "R13", Title: "契約終了後の消去確認", Clause: clExternal, Severity: Grave, Limit: 30, Unit: "日", Advice: "渡した情報の返還・消去を確かめ、確認した日と証拠を書いてください。",
		Lines: []Line{{Field: "contract_end", Kinds: []asset.Kind{asset.Contract}, Source: Days, If: []Test{empty("erased_on"), Either{anyPerson, c2}}, Text: "契約が{日}に終わって{しきい値}を過ぎましたが、渡した情報の消去を確認していません"}}},
	{ID: "R14", Title: "情報セキュリティ管理者の空席", Clause: "基本方針 6(1)", Severity: Grave, Advice: "補職を登録してください。それまで決裁は上位の責任者が行います。",
		Lines: []Line{{Source: Vacancy, Text: "情報セキュリティ管理者の職に、いま就いている人がいません。決裁は上位の責任者へ回ります"}}},
	{ID: "R15", Title: "マイナンバー利用事務系とインターネット接続系の直接接続", Clause: clZone, Severity: Grave, Advice: "接続をやめるか、承認された特定通信に改めてください。",
		Lines: []Line{{Field: "zone", Source: MeetsIT, Text: "マイナンバー利用事務系のこの資産が、インターネット接続系の「{相手}」に直接つながっています"}}},
	{ID: "R16", Title: "サポート終了", Clause: clTech, Severity: Grave, Advice: "新しいものに替えるか、替えるまでの守り方を決めてください。",
		Lines: []Line{{Field: "eol", Source: Days, Text: "サポートが{日}に終わりました"}}},
	{ID: "R19", Title: "区分の表示", Clause: clClass, Severity: Note, Advice: "ラベル、表紙、ファイル名などに区分を表示し、「表示した」を選んでください。",
		Lines: []Line{{Field: "marking", If: []Test{c2, Is{"marking", []string{"not_yet"}}}, Text: "公開しないものですが、区分の表示が「{値}」です"}}},
	{ID: "R20", Title: "リース満了前の返却・消去", Clause: clPhysical, Severity: Warn, Limit: 90, Unit: "日", Advice: "返却と消去の計画を立て、記憶装置の番号を確かめてください。",
		Lines: []Line{
			{Field: "lease_end", Source: Days, Before: true, Text: "リースの満了日（{日}）まで{しきい値}以内です。返却と消去の計画を立ててください"},
		}},
	{ID: "R20D", Title: "リースの満了日", Clause: clPhysical, Severity: Warn, Advice: "契約書を見て満了日を書いてください。",
		Lines: []Line{{Field: "lease_end", If: []Test{Is{"acquisition", []string{"lease", "rental"}}, empty("lease_end")}, Text: "借りている機器です。リースの満了日を書いてください"}}},
	{ID: "G01", Title: "申告した区分が、関連する資産から計算した区分より低い", Clause: clClass, Severity: Grave,
		Advice: "区分を上げるか、関連が正しいかを確かめてください。",
		Lines:  perAxis(Above, "{項目}は「{区分}」と申告されていますが、「{相手}」から計算すると「{計算}」です")},
	{ID: "D01", Title: "許可・点検・評価・見直しの期限切れ", Clause: clRun, Severity: Warn, Advice: "手続きをして、新しい期限を書いてください。",
		Lines: []Line{
			{Field: "permit_end", Source: Days, Text: "{項目}（{日}）が過ぎました"},
			{Field: "inspection_due", Source: Days, Text: "{項目}（{日}）が過ぎました"},
			{Field: "pia_review", Source: Days, Text: "{項目}（{日}）が過ぎました"},
			{Field: "review_due", Source: Days, Text: "{項目}（{日}）が過ぎました"},
		}},
	{ID: "P01", Title: "個人情報の公開", Clause: clClass, Severity: Grave, Advice: "公開するものに個人情報がないかを確かめてください。",
		Lines: []Line{{Field: "public", Kinds: []asset.Kind{asset.Info}, If: []Test{anyPerson, Flagged{asset.FlagPublic}}, Text: "個人情報を含むものを公開するとしています。まちがいがないか確かめてください"}}},
	{ID: "P02", Title: "個人情報を扱わせる契約の事項", Clause: clExternal, Severity: Warn, Advice: "契約書や特記仕様書を見て、入れた事項を選んでください。",
		Lines: []Line{{Field: "terms", Kinds: []asset.Kind{asset.Contract}, If: []Test{anyPerson, empty("terms")}, Text: "個人情報を扱わせる契約です。契約書に入れた事項を選んでください"}}},
	{ID: "P03", Title: "再委託先の一覧", Clause: clExternal, Severity: Warn, Advice: "再委託先を1行に1社ずつ書いてください。",
		Lines: []Line{{Field: "subcontractors", If: []Test{Is{"subcontract", []string{"approved"}}, empty("subcontractors")}, Text: "再委託先を1行に1社ずつ書いてください"}}},
	{ID: "P04", Title: "特定個人情報の持出し", Clause: clZone, Severity: Grave, Advice: "持ち出せない設定にしてください。持ち出すときは、そのつど承認を受けてください。",
		Lines: []Line{{Field: "portable", If: []Test{mynumber, Flagged{asset.FlagPortable}}, Text: "特定個人情報は、庁外へ持ち出せない設定が原則です。持ち出すには、そのつど承認が要ります"}}},
}

// perAxis is a line for the level of every axis.
func perAxis(s Source, text string) []Line {
	var out []Line
	for _, a := range classify.Axes() {
		out = append(out, Line{Field: asset.LevelKey(a), Source: s, Fix: Computed, Text: text})
	}
	return out
}

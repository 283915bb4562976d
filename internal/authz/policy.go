package authz

import (
	"slices"
	"strings"

	"daicho/internal/org"
)

// Action is one thing that somebody may do. Every route names one.
type Action string

// The actions.
const (
	SignIn            Action = "session.sign_in"
	ReadHelp          Action = "help.read"
	OwnAccount        Action = "account.own"
	SeeHome           Action = "home.see"
	ReadAsset         Action = "asset.read"
	ExportLedger      Action = "ledger.export"
	RegisterAsset     Action = "asset.register"
	AttachFile        Action = "asset.attach"
	SubmitApplication Action = "application.submit"
	ReadApplication   Action = "application.read"
	Withdraw          Action = "application.withdraw"
	SeeQueue          Action = "application.queue"
	Decide            Action = "application.decide"
	ReadTrail         Action = "trail.read"
	ManageAccounts    Action = "account.manage"
	SeePacks          Action = "pack.read"
	LoadPack          Action = "pack.load"
	Adopt             Action = "pack.adopt"
	SeeSchemes        Action = "scheme.read"
	EditScheme        Action = "scheme.edit"
	DecideScheme      Action = "scheme.decide"
	DecideModel       Action = "network.model"
	EditPlacement     Action = "placement.edit"
	Rebuild           Action = "register.rebuild"
	AcceptFinding     Action = "finding.accept"
	ManageChecks      Action = "check.manage"
	RunChecks         Action = "check.run"
	SealTrail         Action = "trail.seal"
	ChangeTrailKey    Action = "trail.key"
	AcceptRestore     Action = "trail.restore"
	VerifyTrail       Action = "trail.verify"
	ExportTrail       Action = "trail.export"
	AskErasure        Action = "trail.erase_ask"
	DecideErasure     Action = "trail.erase"
)

// Rule is one line of the policy: who may do an action and under which condition.
type Rule struct {
	Action   Action
	Label    string // Japanese, for the table in docs
	Roles    []org.Role
	Anyone   bool // also without signing in
	SignedIn bool // any signed-in person, whatever the post
	Operator bool // also at the machine's command line, without a person
	// OwnOrgan keeps a post that reaches the whole body inside its own organ for this action:
	// the organs decide for themselves (基本方針 4(1), design: 機関の独立).
	OwnOrgan  bool
	Condition string // Japanese: what is checked besides the role
}

var business = []org.Role{org.Registrant, org.Manager, org.Responsible, org.Chief, org.CISO, org.Auditor}

var policy = []Rule{
	{Action: SignIn, Label: "ログインする", Anyone: true, Condition: "利用者IDごと・接続元ごとに失敗を制限する"},
	{Action: ReadHelp, Label: "手引きを読む", Anyone: true},
	{Action: OwnAccount, Label: "自分の設定とパスワードを変える、接続を切る", SignedIn: true, Condition: "本人のものだけ"},
	{Action: SeeHome, Label: "今日やることを見る", SignedIn: true, Condition: "自分の職の分だけ"},
	{Action: ReadAsset, Label: "情報資産を見る", Roles: business, Condition: "範囲の中だけ。外は存在も知らせない"},
	{Action: ExportLedger, Label: "台帳を出力・印刷する", Roles: business, Condition: "範囲の中だけ。出力は操作記録に残る"},
	{Action: RegisterAsset, Label: "登録・変更の下書きを作る", Roles: []org.Role{org.Registrant, org.Manager}, OwnOrgan: true, Condition: "範囲の中の組織だけ"},
	{Action: AttachFile, Label: "添付を付ける・外す", Roles: []org.Role{org.Registrant, org.Manager}, OwnOrgan: true, Condition: "範囲の中の資産だけ"},
	{Action: SubmitApplication, Label: "申請する", Roles: []org.Role{org.Registrant, org.Manager}, OwnOrgan: true, Condition: "範囲の中の下書きだけ"},
	{Action: ReadApplication, Label: "申請の内容を見る", Roles: business, Condition: "範囲の中の申請だけ"},
	{Action: Withdraw, Label: "申請を取り下げる", Roles: []org.Role{org.Registrant, org.Manager}, OwnOrgan: true, Condition: "申請した本人、決裁の前だけ"},
	{Action: SeeQueue, Label: "承認待ちを見る", Roles: []org.Role{org.Manager, org.Responsible, org.Chief, org.CISO}, OwnOrgan: true, Condition: "範囲の中の申請だけ"},
	{Action: Decide, Label: "承認する・差し戻す", Roles: []org.Role{org.Manager, org.Responsible, org.Chief, org.CISO}, OwnOrgan: true, Condition: "申請した本人でない人だけ。決裁経路の役割を持つ職で、自機関の中だけ"},
	{Action: ReadTrail, Label: "操作記録を見る", Roles: []org.Role{org.Chief, org.CISO, org.Auditor, org.Admin}, Condition: "範囲の中の行為だけ。システム管理者は利用者とパックの行為だけ"},
	{Action: ManageAccounts, Label: "利用者IDを作る・止める・再発行する", Roles: []org.Role{org.Admin}, Operator: true, Condition: "承認の権限は持たない"},
	{Action: SeePacks, Label: "パックを見る", Roles: []org.Role{org.Admin, org.Chief, org.CISO, org.Auditor}},
	{Action: LoadPack, Label: "パックを読み込む", Roles: []org.Role{org.Admin}, Operator: true, Condition: "読み込んだだけでは案"},
	{Action: Adopt, Label: "採用の決裁を記録する", Roles: []org.Role{org.Chief, org.CISO}, Condition: "文書番号と決裁日を添える。書きかえられない"},
	{Action: AcceptFinding, Label: "検出を期限つきで受け入れる", Roles: []org.Role{org.Manager, org.Responsible}, OwnOrgan: true, Condition: "範囲の中の検出だけ。理由と1年以内の期限を添える。期限が過ぎれば未対応に戻る"},
	{Action: ManageChecks, Label: "点検規則の重大さ・しきい値・言い回しを変える", Roles: []org.Role{org.Chief, org.CISO}, Condition: "変更は操作記録に残る"},
	{Action: RunChecks, Label: "点検を行う", Operator: true, Condition: "毎日自動で。コマンドからも行える"},
	{Action: DecideModel, Label: "採用モデルを決める", Roles: []org.Role{org.Chief, org.CISO}, Condition: "文書番号と理由を添える。対象の資産の必要対策がその場で変わる"},
	{Action: EditPlacement, Label: "置き場の表を直す・採用する", Roles: []org.Role{org.Chief}, Condition: "文書番号と理由を添える"},
	{Action: SeeSchemes, Label: "分類体系の版を見る", Roles: append(slices.Clone(business), org.Admin)},
	{Action: EditScheme, Label: "分類体系の版を案として作り、直し、承認を求める", Roles: []org.Role{org.Chief, org.CISO}, Condition: "作成中の案だけ。承認された版は直せない"},
	{Action: DecideScheme, Label: "分類体系の版を承認する・差し戻す", Roles: []org.Role{org.CISO}, Condition: "承認を求めた本人でない人だけ。施行日は今日から後"},
	{Action: ExportTrail, Label: "操作記録の全体を書き出す", Roles: []org.Role{org.Chief, org.CISO, org.Auditor}, Condition: "団体全体に及ぶ職だけ。書き出しは操作記録に残る"},
	{Action: AskErasure, Label: "操作記録の内容の消去を求める", Roles: []org.Role{org.Chief}, Condition: "団体全体に及ぶ職だけ。封印された一つの行為か変更について、理由と根拠を添える"},
	{Action: DecideErasure, Label: "操作記録の内容の消去を承認する・差し戻す", Roles: []org.Role{org.CISO}, Condition: "求めた本人でない人だけ。要約値と、だれが消したかは残る"},
	{Action: SealTrail, Label: "操作記録を封印する", Operator: true, Condition: "自動で。コマンドからも行える"},
	{Action: ChangeTrailKey, Label: "封印の鍵を決める・替える", Operator: true, Condition: "コマンドだけ。はじめの鍵は自動で記録する。鍵の交代は操作記録に残る"},
	{Action: AcceptRestore, Label: "前の状態に戻したことを記録し、封印を続ける", Operator: true, Condition: "コマンドだけ。理由を添える。失われた頭が操作記録に残る"},
	{Action: VerifyTrail, Label: "操作記録を検証する", Operator: true, Condition: "コマンドだけ。内容は出さない"},
	{Action: Rebuild, Label: "派生表を作り直す・比べる", Operator: true, Condition: "コマンドだけ"},
}

// Policy returns the whole table, for the documentation and for tests.
func Policy() []Rule { return slices.Clone(policy) }

func ruleFor(a Action) (Rule, bool) {
	for _, r := range policy {
		if r.Action == a {
			return r, true
		}
	}
	return Rule{}, false
}

// Defined reports whether the action stands in the policy table.
func Defined(a Action) bool {
	_, ok := ruleFor(a)
	return ok
}

func (r Rule) who() string {
	var names []string
	for _, role := range r.Roles {
		names = append(names, role.Label())
	}
	return strings.Join(names, "・")
}

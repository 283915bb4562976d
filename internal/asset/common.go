package asset

import "slices"

// Clauses of the 基本方針 that bring a field in, in short.
const (
	clScope    = "基本方針 4(2)"
	clOrg      = "基本方針 6(1)"
	clClass    = "基本方針 6(2)"
	clZone     = "基本方針 6(3)"
	clMN       = "基本方針 6(3)①"
	clLG       = "基本方針 6(3)②"
	clIT       = "基本方針 6(3)③"
	clPhysical = "基本方針 6(4)"
	clHuman    = "基本方針 6(5)"
	clTech     = "基本方針 6(6)"
	clRun      = "基本方針 6(7)"
	clExternal = "基本方針 6(8)"
	clAudit    = "基本方針 7"
	clAPPI     = "個人情報保護法 75条"
	clMyNumber = "番号法 28条"
)

// use narrows a common field to the kinds that it concerns and words it for each.
type use struct {
	Field
	in       []Kind          // empty = every kind
	not      []Kind          // every kind but these
	required []Kind          // required in these
	hints    map[Kind]string // replaces Hint
	options  map[Kind][]Option
}

// common returns the common fields that concern a kind. A key means the same and carries the same
// 日本語名 in every kind, because a ledger over all kinds shows it in one column.
func common(k Kind) []Field {
	var out []Field
	for _, u := range commonUses {
		if len(u.in) > 0 && !slices.Contains(u.in, k) || slices.Contains(u.not, k) {
			continue
		}
		f := u.Field
		f.Required = f.Required || slices.Contains(u.required, k)
		if f.Required {
			f.Level = 1
		}
		if h, ok := u.hints[k]; ok {
			f.Hint = h
		}
		if o, ok := u.options[k]; ok {
			f.Options = o
		}
		out = append(out, f)
	}
	return out
}

var (
	isDisposed  = Cond{Key: "lifecycle", Is: []string{LifecycleDisposed}}
	hasPersonal = Cond{Key: "personal", Is: []string{"", PersonalNone}, Not: true}
	hasMyNumber = Cond{Key: "personal", Is: []string{PersonalMyNumber}}
)

var commonUses = []use{
	{Field: Field{Key: "name", Label: "名称", Type: Text, Max: 100, Required: true, Level: 1, Section: secBasic, Clause: clScope, Home: InColumn, Wide: true,
		Hint: "ほかの課の人が見てもわかる名前にします。例：調理師試験 受験者名簿"},
		hints: map[Kind]string{
			Network:  "どこをつなぐものかがわかる名前にします。例：本部事務局 庁内LAN",
			System:   "ふだん呼んでいる名前にします。例：財務会計システム",
			Device:   "同じ扱いの機器は1件にまとめられます。例：総務課 業務用パソコン（15台）",
			Medium:   "同じ扱いの媒体は1件にまとめられます。例：総務課 運搬用USBメモリ（5本）",
			Facility: "建物と部屋がわかる名前にします。例：国際会議場11階 サーバー室",
			Paper:    "簿冊の背表紙の名前にします。例：令和8年度 准看護師試験 願書つづり",
			SysDoc:   "何の何という文書かを書きます。例：財務会計システム 基本設計書",
			Cloud:    "サービスの名前にします。例：Web会議サービス",
			Contract: "契約書の件名にします。例：財務会計システム運用保守業務委託",
		}},
	{Field: Field{Key: "yomi", Label: "ふりがな", Type: Text, Max: 200, Level: 3, Section: secBasic, Home: InColumn, Wide: true,
		Hint: "五十音順に並べるときに使います。ひらがなで書きます。例：ちょうりししけん じゅけんしゃめいぼ"}},
	{Field: Field{Key: "detail_kind", Label: "細別", Type: Choice, Level: 2, Section: secBasic, Clause: clScope,
		Hint: "いちばん近いものを選びます"},
		required: []Kind{Network, System, Device, Medium, Facility, SysDoc, Cloud, Contract},
		options:  detailKinds},
	{Field: Field{Key: "summary", Label: "概要", Type: LongText, Max: 1000, Level: 2, Section: secBasic, Clause: clScope, Wide: true,
		Hint: "何のための、どのようなものかを1～2行で書きます。例：職員の旅費と物品購入の支払いに使うシステム"},
		required: []Kind{Info, Paper},
		hints: map[Kind]string{
			Info:  "何の情報かを1～2行で書きます。例：調理師試験の受験者の氏名、住所、試験の結果",
			Paper: "何をとじたものかを1～2行で書きます。例：受験願書と写真、卒業証明書の写し",
		}},
	{Field: Field{Key: "business", Label: "事務・事業", Type: Text, Max: 200, Level: 2, Section: secBasic, Clause: clScope,
		Hint: "使っている仕事の名前を書きます。例：調理師試験の実施"}},

	{Field: Field{Key: "personal", Label: "個人情報の区分", Type: Choice, Options: PersonalClasses(), Material: true, Level: 1, Section: secPersonal, Clause: clClass, Home: InColumn, Wide: true,
		Hint: "当てはまるもののうち、いちばん下のものを選びます。職員の名前や連絡先も個人情報です"},
		not:      []Kind{Network, Facility},
		required: []Kind{System, Medium, Info, Paper, Cloud, Contract},
		hints: map[Kind]string{
			Medium:   "中に保存する情報について、当てはまるもののうち、いちばん下のものを選びます",
			Device:   "中に保存する情報について、当てはまるもののうち、いちばん下のものを選びます。保存しないなら「含まない」です",
			Cloud:    "サービスに入れる情報について、当てはまるもののうち、いちばん下のものを選びます",
			Contract: "委託先に渡すか、委託先が見る情報について、当てはまるもののうち、いちばん下のものを選びます",
		}},
	{Field: Field{Key: "subjects", Label: "本人の数", Type: Number, Max: 999_999_999, Unit: "人", Level: 2, Section: secPersonal, Clause: clAPPI, When: hasPersonal,
		Hint: "何人分の情報が入っているか、およその数を書きます。例：12000"},
		in: []Kind{System, Info, Paper}},
	{Field: Field{Key: "record_items", Label: "記録項目", Type: LongText, Max: 1000, Level: 2, Section: secPersonal, Clause: clAPPI, When: hasPersonal, Wide: true,
		Hint: "どんな項目があるかを書きます。実際の個人の情報は書きません。例：氏名、生年月日、住所、受験番号、合否"},
		in: []Kind{Info, Paper}},
	{Field: Field{Key: "source", Label: "取得元", Type: Text, Max: 400, Level: 3, Section: secPersonal, Clause: clAPPI, Wide: true,
		Hint: "だれから、どのように受け取るかを書きます。例：受験者本人から願書で"},
		in: []Kind{Info, Paper}},
	{Field: Field{Key: "recipients", Label: "提供先", Type: Text, Max: 400, Level: 3, Section: secPersonal, Clause: clAPPI, Wide: true,
		Hint: "ふだん渡している相手を書きます。なければ「なし」。例：構成府県の担当課"},
		in: []Kind{Info, Paper}},
	{Field: Field{Key: "pi_file", Label: "個人情報ファイル簿", Type: Choice, Level: 2, Section: secPersonal, Clause: clAPPI, When: hasPersonal,
		Options: opts("listed", "載せている", "to_list", "これから載せる", "exempt", "載せなくてよい", "unknown", "わからない"),
		Hint:    "本人の数が1,000人以上なら、原則として載せます"},
		in: []Kind{System, Info, Paper}},
	{Field: Field{Key: "pi_file_reason", Label: "個人情報ファイル簿に載せない理由", Type: Choice, Level: 2, Section: secPersonal, Clause: "個人情報保護法 74条2項", When: Cond{Key: "pi_file", Is: []string{"exempt"}},
		Options: opts("staff", "職員の人事・給与など", "trial", "試験的な電算処理", "duplicate", "載せたファイルの写し・一部", "one_year", "1年以内に消す", "mailing", "送付・連絡のためだけ", "research", "学術研究のため", "under_1000", "本人の数が1,000人未満", "other", "その他"),
		Hint:    "「載せなくてよい」を選んだときだけ選びます"},
		in: []Kind{System, Info, Paper}},
	{Field: Field{Key: "pia", Label: "特定個人情報保護評価", Type: Choice, Level: 2, Section: secPersonal, Clause: clMyNumber, When: hasMyNumber,
		Options: opts("not_needed", "対象外", "basic", "基礎項目評価", "focused", "重点項目評価", "full", "全項目評価", "unknown", "わからない"),
		Hint:    "個人番号を含むときだけ選びます"},
		in: []Kind{System, Info, Paper}},
	{Field: Field{Key: "pia_no", Label: "評価書番号", Type: CodeText, Max: 40, Level: 3, Section: secPersonal, Clause: clMyNumber, When: Cond{Key: "pia", Is: []string{"basic", "focused", "full"}},
		Hint: "公表した評価書の番号を書きます。例：12"},
		in: []Kind{System, Info, Paper}},
	{Field: Field{Key: "pia_review", Label: "評価書の見直し期限", Type: Date, Level: 3, Section: secPersonal, Clause: clMyNumber, Home: InDue, When: Cond{Key: "pia", Is: []string{"basic", "focused", "full"}},
		Hint: "次に見直す日を書きます。例：令和9年3月31日"},
		in: []Kind{System, Info, Paper}},

	{Field: Field{Key: "zone", Label: "領域", Type: Choice, Options: Zones(), Material: true, Level: 1, Section: secPlace, Clause: clZone, Home: InColumn, Wide: true,
		Hint: "どの系統のネットワークで使うかを選びます。どこにもつながないなら「領域外」です"},
		in:       []Kind{Network, System, Device, Medium, Info, Cloud},
		required: []Kind{Network, System, Device, Medium, Info, Cloud},
		hints: map[Kind]string{
			Medium: "どの系統の端末で使うかを選びます。使う端末が決まっていなければ管理者に聞いてください",
			Info:   "どの系統に置いているかを選びます。例：業務用パソコンの共有フォルダなら「LGWAN接続系」",
			Cloud:  "どの系統の端末から使うかを選びます。例：インターネット用の端末から使うなら「インターネット接続系」",
		}},
	{Field: Field{Key: "place", Label: "設置・保管場所", Type: Text, Max: 200, Material: true, Level: 2, Section: secPlace, Clause: clPhysical, Wide: true,
		Hint: "建物、階、部屋、棚の順に書きます。例：国際会議場11階 総務課 施錠キャビネット3"},
		not:      []Kind{Cloud, Contract},
		required: []Kind{Device, Medium, Facility, Info, Paper, SysDoc},
		hints: map[Kind]string{
			Network:  "どこに敷かれているかを書きます。例：国際会議場11階 本部事務局の全室",
			System:   "動いている場所を書きます。例：データセンター（大阪市内）。クラウドなら「クラウド」",
			Facility: "建物と階、部屋番号を書きます。例：国際会議場11階 1103号室",
			Info:     "どのシステムのどこに保存しているかを書きます。例：ファイルサーバー 資格試験課フォルダ",
			SysDoc:   "紙なら棚、電子ならフォルダを書きます。例：ファイルサーバー 情報担当フォルダ",
		}},
	{Field: Field{Key: "host_body", Label: "庁舎・回線を持つ構成団体", Type: HostRef, Material: true, Level: 2, Section: secPlace, Clause: clPhysical, Home: InColumn,
		Hint: "構成団体の庁舎に置くか、その回線で使うときに選びます。当団体だけで持つなら選びません"},
		not: []Kind{Cloud, Contract}},
	{Field: Field{Key: "policy", Label: "適用ポリシー", Type: Choice, Options: Policies(), Level: 2, Section: secPlace, Clause: clOrg,
		Hint: "どの団体の情報セキュリティの決まりに従うかを選びます。構成団体の庁舎に置くものは「両方」が多くなります"}},

	{Field: Field{Key: "users_scope", Label: "利用者の範囲", Type: Text, Max: 200, Level: 2, Section: secHandling, Clause: clTech,
		Hint: "使ってよい人を書きます。例：総務課の職員と各分野局の経理担当"},
		not: []Kind{Network, Contract},
		hints: map[Kind]string{
			Facility: "入ってよい人を書きます。例：情報担当と保守業者（職員が立ち会う）",
			SysDoc:   "見てよい人を書きます。例：情報担当と保守業者",
		}},
	{Field: Field{Key: "restrictions", Label: "取扱制限", Type: Choices, Material: true, Level: 2, Section: secHandling, Clause: clClass, Wide: true,
		Options: opts("limited", "関係者限り", "no_copy", "複製禁止", "permit_copy", "複製は許可制", "no_distribute", "配付禁止", "no_forward", "転送禁止", "no_print", "印刷禁止", "no_takeout", "持出禁止", "permit_takeout", "持出しは許可制", "encrypt", "送信・運搬は暗号化", "locked", "施錠保管"),
		Hint:    "区分から決まる取扱いのほかに、守ることがあれば選びます"},
		not: []Kind{Network, Facility}},
	{Field: Field{Key: "marking", Label: "区分の表示", Type: Choice, Level: 3, Section: secHandling, Clause: clClass,
		Options: opts("done", "表示した", "not_yet", "まだ", "not_needed", "表示しなくてよい"),
		Hint:    "ラベル、表紙、ファイル名などに区分を表示したかを選びます"},
		in: []Kind{Device, Medium, Info, Paper, SysDoc}},
	{Field: Field{Key: "locked", Label: "施錠保管", Type: Choice, Level: 2, Section: secHandling, Clause: clPhysical,
		Options: opts("locked", "鍵のかかる場所に保管", "fireproof", "耐火の金庫に保管", "controlled", "入室を制限した部屋に保管", "open", "鍵はかからない"),
		Hint:    "使わないときの置き方を選びます"},
		in: []Kind{Device, Medium, Paper, SysDoc}},
	{Field: Field{Key: "encryption", Label: "暗号化", Type: Choice, Level: 2, Section: secHandling, Clause: clTech,
		Options: opts("hardware", "機器・媒体の機能で暗号化", "software", "ソフトウェアで暗号化", "password", "パスワードだけ", "none", "していない", "na", "保存する部分がない"),
		Hint:    "保存した中身が、なくしたときに読まれないようになっているかを選びます"},
		in: []Kind{System, Device, Medium, Info, Cloud}},
	{Field: Field{Key: "backup", Label: "控え（バックアップ）", Type: Choice, Level: 2, Section: secHandling, Clause: clTech,
		Options: opts("realtime", "常時", "daily", "毎日", "weekly", "毎週", "monthly", "毎月", "ad_hoc", "決まっていない", "none", "取っていない"),
		Hint:    "どのくらいの間隔で取っているかを選びます"},
		in: []Kind{System, Info, Cloud}},
	{Field: Field{Key: "backup_place", Label: "控えの保管場所", Type: Text, Max: 200, Level: 3, Section: secHandling, Clause: clTech, When: Cond{Key: "backup", Is: []string{"", "none"}, Not: true},
		Hint: "元とは別の場所や、切り離した媒体があれば書きます。例：データセンターの別棟、テープ（書庫）"},
		in: []Kind{System, Info, Cloud}},
	{Field: Field{Key: "mfa", Label: "多要素認証", Type: Choice, Level: 2, Section: secHandling, Clause: clMN,
		Options: opts("all", "全員", "admin", "管理者だけ", "none", "していない", "na", "ログインがない"),
		Hint:    "パスワードのほかに、カードや指紋、確認コードなども使うかを選びます"},
		in: []Kind{System, Device, Cloud}},
	{Field: Field{Key: "log_days", Label: "ログの保存期間", Type: Number, Max: 36_500, Unit: "日", Level: 3, Section: secHandling, Clause: clTech,
		Hint: "利用やアクセスの記録を何日残すかを書きます。1年なら365"},
		in: []Kind{Network, System, Cloud}},
	{Field: Field{Key: "users_count", Label: "利用者数", Type: Number, Max: 9_999_999, Unit: "人", Level: 3, Section: secHandling, Clause: clTech,
		Hint: "利用者として登録している人の、およその数を書きます。例：45"},
		in: []Kind{System, Cloud}},
	{Field: Field{Key: "cloud", Label: "クラウドを使う", Type: Flag, Material: true, Section: secHandling, Clause: clExternal, Home: InColumn,
		Hint: "外部のクラウドサービスの上に置くか、動かすときに付けます"},
		in: []Kind{System, Info, SysDoc}},
	{Field: Field{Key: "outsourced", Label: "外部に委託する", Type: Flag, Material: true, Section: secHandling, Clause: clExternal, Home: InColumn,
		Hint: "運用、保守、入力、印刷、保管などを外部の事業者に任せるときに付けます"},
		not: []Kind{Cloud, Contract}},
	{Field: Field{Key: "portable", Label: "庁外へ持ち出す", Type: Flag, Material: true, Section: secHandling, Clause: clPhysical, Home: InColumn,
		Hint: "許可を受けて庁舎の外へ持ち出すことがあるときに付けます"},
		in: []Kind{Device, Medium, Info, Paper, SysDoc}},
	{Field: Field{Key: "public", Label: "外部へ公開する", Type: Flag, Material: true, Section: secHandling, Clause: clIT, Home: InColumn,
		Hint: "インターネットから、だれでも見られるか、つなげるときに付けます"},
		in: []Kind{Network, System, Device, Info, Cloud},
		hints: map[Kind]string{
			Info: "ホームページなどで公表しているときに付けます",
		}},

	{Field: Field{Key: "unit", Label: "所管課", Type: UnitRef, Required: true, Material: true, Level: 1, Section: secBasic, Clause: clOrg, Home: InColumn,
		Hint: "この資産に責任を持つ課を選びます"}},
	{Field: Field{Key: "manager_post", Label: "管理責任者", Type: PostRef, Level: 2, Section: secAdmin, Clause: clOrg, Home: InColumn,
		Hint: "責任を持つ職を選びます。選ばなければ所管課の情報セキュリティ管理者です"}},
	{Field: Field{Key: "contact", Label: "担当", Type: Text, Max: 100, Level: 3, Section: secAdmin, Clause: clOrg,
		Hint: "問い合わせ先の係や内線を書きます。例：情報担当（内線 123）"}},
	{Field: Field{Key: "checked_on", Label: "最終確認日", Type: Date, Section: secAdmin, Clause: clAudit, Home: InColumn,
		Hint: "現物と台帳が合っていることを最後に確かめた日を書きます。例：令和8年6月1日"}},
	{Field: Field{Key: "review_due", Label: "次回見直し期限", Type: Date, Section: secAdmin, Clause: clAudit, Home: InDue,
		Hint: "早めに見直したいときだけ書きます。例：令和9年3月31日"}},
	{Field: Field{Key: "notes", Label: "備考", Type: LongText, Max: 4000, Section: secAdmin, Wide: true,
		Hint: "ほかの欄に書けないことを書きます。パスワードや個人番号は書きません"}},

	{Field: Field{Key: "origin", Label: "由来", Type: Choice, Level: 3, Section: secRetention, Clause: clClass,
		Options: opts("created", "庁内で作った（原本）", "copy", "庁内のものの複製", "received", "庁外から受け取った", "provided", "国から受け取った"),
		Hint:    "複製や、もらったものは、元の区分を引き継ぎます"},
		in: []Kind{Info, Paper, SysDoc}},
	{Field: Field{Key: "retention", Label: "保存期間", Type: Choice, Level: 2, Section: secRetention, Clause: clClass,
		Options: opts("under1", "1年未満", "y1", "1年", "y3", "3年", "y5", "5年", "y10", "10年", "y20", "20年", "y30", "30年", "always", "常用", "event", "事由が終わるまで", "other", "その他"),
		Hint:    "文書の保存期間の決まりに合わせて選びます"},
		in: []Kind{Info, Paper, SysDoc, Medium}},
	{Field: Field{Key: "retention_start", Label: "保存期間の起算日", Type: Date, Level: 3, Section: secRetention, Clause: clClass,
		Hint: "保存期間を数え始める日を書きます。多くは作った年度の次の4月1日です。例：令和9年4月1日"},
		in: []Kind{Info, Paper, SysDoc, Medium}},
	{Field: Field{Key: "retention_end", Label: "保存期間の満了日", Type: Date, Level: 3, Section: secRetention, Clause: clClass, Home: InDue,
		Hint: "この日を過ぎると、廃棄するか延ばすかをお尋ねします。例：令和14年3月31日"},
		in: []Kind{Info, Paper, SysDoc, Medium}},
	{Field: Field{Key: "retention_note", Label: "保存期間の補足", Type: Text, Max: 200, Section: secRetention, Clause: clClass, When: Cond{Key: "retention", Is: []string{"event", "other"}},
		Hint: "「事由が終わるまで」「その他」を選んだときに内容を書きます。例：訴訟が終わるまで"},
		in: []Kind{Info, Paper, SysDoc, Medium}},

	{Field: Field{Key: "lifecycle", Label: "状態", Type: Choice, Options: Lifecycles(), Material: true, Level: 1, Section: secDisposal, Clause: clClass, Home: InColumn,
		Hint: "使っているなら「使用中」です。廃棄や返却が済んだら「廃棄済」にし、下の欄に証拠を書きます"}},
	{Field: Field{Key: "disposed_on", Label: "廃棄した日", Type: Date, Material: true, Level: 1, Section: secDisposal, Clause: clClass, When: isDisposed,
		Hint: "廃棄、返却、解約などが済んだ日を書きます。例：令和9年3月25日"}},
	{Field: Field{Key: "disposal_method", Label: "廃棄の方法", Type: Choice, Material: true, Level: 1, Section: secDisposal, Clause: clClass, When: isDisposed,
		Hint: "中の情報を元に戻せないようにした方法を選びます"},
		options: disposalMethods},
	{Field: Field{Key: "disposal_proof", Label: "廃棄の証拠", Type: LongText, Max: 1000, Material: true, Level: 1, Section: secDisposal, Clause: clClass, When: isDisposed, Wide: true,
		Hint: "証明書の番号、立ち会った人、写真の有無などを書きます。例：消去証明書 第15号、総務課主査が立会い、写真あり"}},
}

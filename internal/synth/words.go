package synth

import "daicho/internal/asset"

// The words from which names are made: businesses of a union of prefectures, things that they keep,
// and kana in the spellings that people use.
var (
	bureaus = []struct{ code, name string }{
		{"kanko", "広域観光・文化・スポーツ振興局"}, {"sangyo", "広域産業振興局"}, {"iryo", "広域医療局"}, {"kankyo", "広域環境保全局"},
		{"shikaku", "資格試験・免許課"}, {"kenshu", "広域職員研修局"}, {"norin", "農林水産部"}, {"kotsu", "広域交通局"}, {"suido", "広域水道局"},
	}
	sections = []struct{ code, name string }{
		{"somu", "総務課"}, {"kikaku", "企画課"}, {"keiri", "経理課"}, {"joho", "情報政策課"}, {"chosei", "調整課"}, {"suishin", "推進課"}, {"shido", "指導課"}, {"shien", "支援課"},
	}
	businesses = []string{
		"調理師試験", "製菓衛生師試験", "准看護師試験", "毒物劇物取扱者試験", "登録販売者試験", "防災計画", "応援受援体制", "備蓄物資", "帰宅困難者対策", "原子力災害対策",
		"観光振興", "通訳案内士登録", "ジオパーク推進", "産業クラスター", "公設試験研究機関連携", "医療連携", "ドクターヘリ運航", "危険ドラッグ対策", "救急医療", "温室効果ガス削減",
		"鳥獣被害対策", "再生可能エネルギー", "職員研修", "政策形成能力研修", "議会運営", "監査", "予算編成", "決算", "旅費支給", "物品調達", "人事評価", "給与支給", "例規管理", "情報公開請求",
		"文書管理", "庁舎管理", "広報", "交通網調査", "水質検査", "農産物輸出", "河川流域対策", "プラスチック対策", "感染症対策", "住民意識調査",
	}
	things = map[asset.Kind][]string{
		asset.Info:     {"受験者名簿", "申請者台帳", "集計データ", "会議資料", "検討資料", "実績報告データ", "アンケート回答", "連絡先一覧", "写真データ", "決裁データ", "統計データ", "ログデータ", "公表資料"},
		asset.Paper:    {"願書つづり", "申請書つづり", "契約書類", "会議録", "伺い文書", "報告書つづり", "図面", "名簿（紙）", "領収書つづり", "起案文書"},
		asset.Medium:   {"運搬用USBメモリ", "外付けハードディスク", "バックアップテープ", "提出用ＤＶＤ", "撮影用メモリカード"},
		asset.Device:   {"業務用パソコン", "ノートパソコン", "ファイルサーバー", "ｻｰﾊﾞｰ機", "複合機", "タブレット端末", "無線LANアクセスポイント", "スイッチ", "監視カメラ"},
		asset.System:   {"管理システム", "受付システム", "ホームページ", "ファイル共有システム", "データベースシステム"},
		asset.Network:  {"庁内LAN", "拠点間回線", "無線LAN", "インターネット回線"},
		asset.Facility: {"執務室", "サーバー室", "書庫", "会議室"},
		asset.SysDoc:   {"基本設計書", "操作手順書", "ネットワーク図", "設定書", "利用者一覧"},
		asset.Cloud:    {"Web会議サービス", "オンラインストレージ", "申請フォーム", "メール配信サービス"},
		asset.Contract: {"運用保守業務委託", "データ入力業務委託", "印刷業務委託", "調査業務委託", "機器賃貸借"},
	}
	readings = map[string]string{
		"調理師試験": "ちょうりししけん", "防災計画": "ぼうさいけいかく", "医療連携": "いりょうれんけい", "職員研修": "しょくいんけんしゅう", "旅費支給": "りょひしきゅう",
		"予算編成": "よさんへんせい", "議会運営": "ぎかいうんえい", "広報": "こうほう", "監査": "かんさ", "文書管理": "ぶんしょかんり", "観光振興": "かんこうしんこう",
	}
	surnames = []string{"山田", "佐藤", "鈴木", "髙橋", "田中", "渡邉", "伊藤", "山﨑", "中村", "小林", "齋藤", "加藤", "吉田", "山本", "松本", "井上"}
	places   = []string{"国際会議場11階 総務課", "国際会議場11階 サーバー室", "府庁別館6階 書庫", "県庁本館3階 執務室", "合同庁舎2階 施錠キャビネット", "データセンター（大阪市内）"}
	makers   = []string{"NT", "FJ", "HP", "DL", "PN", "CN"}
)

// mix is how many of a thousand assets are of each kind.
var mix = []struct {
	kind asset.Kind
	of   int
}{
	{asset.Info, 350}, {asset.Paper, 260}, {asset.Device, 160}, {asset.Medium, 80}, {asset.SysDoc, 60}, {asset.System, 35}, {asset.Contract, 25}, {asset.Cloud, 15}, {asset.Facility, 10}, {asset.Network, 5},
}

// details is the 細別 of each kind that the words above stand for.
var details = map[asset.Kind][]string{
	asset.Info: {"register", "files", "database", "media", "web"}, asset.Paper: {"binder", "form", "register", "contract"}, asset.Medium: {"usb", "hdd", "tape", "optical"},
	asset.Device: {"pc", "server", "printer", "network"}, asset.System: {"business", "file", "web"}, asset.Network: {"lan", "wlan", "site"}, asset.Facility: {"office", "server_room", "archive"},
	asset.SysDoc: {"design", "manual", "network", "config"}, asset.Cloud: {"saas", "storage", "meeting"}, asset.Contract: {"operation", "entry", "printing", "research"},
}

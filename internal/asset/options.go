package asset

// detailKinds are the 細別 of each kind. "other" closes each list; the 概要 then says what it is.
var detailKinds = map[Kind][]Option{
	Network:  opts("lan", "庁内LAN（有線）", "wlan", "無線LAN", "site", "拠点を結ぶ回線", "external", "外部と結ぶ回線", "mobile", "携帯電話回線", "other", "その他"),
	System:   opts("business", "業務システム", "office", "庁内共通（グループウェアなど）", "file", "ファイルサーバー", "mail", "メール", "web", "ホームページ", "infra", "基盤（認証・監視など）", "other", "その他"),
	Device:   opts("pc", "パソコン", "tablet", "タブレット・スマートフォン", "server", "サーバー", "storage", "ストレージ装置", "network", "通信装置", "printer", "複合機・プリンター", "iot", "カメラなどの特定用途機器", "other", "その他"),
	Medium:   opts("usb", "USBメモリ", "hdd", "外付けディスク", "optical", "光学媒体（CD・DVDなど）", "tape", "磁気テープ", "card", "メモリカード", "removed", "取り外した内蔵ディスク", "other", "その他"),
	Facility: opts("server_room", "サーバー室", "office", "執務室", "archive", "書庫", "datacenter", "データセンター", "power", "電源設備", "air", "空調設備", "other", "その他"),
	Info:     opts("register", "名簿・台帳データ", "database", "データベース", "files", "業務ファイル一式", "mail", "メール", "media", "写真・動画・録音", "log", "記録（ログ）", "backup", "控え（バックアップ）", "web", "公表資料", "other", "その他"),
	Paper:    opts("binder", "簿冊", "form", "申請書・届出書", "register", "名簿・台帳", "ledger", "帳票（出力したもの）", "contract", "契約書類", "drawing", "図面", "other", "その他"),
	SysDoc:   opts("spec", "仕様書", "design", "設計書", "network", "ネットワーク図", "config", "設定書", "manual", "操作・運用手順書", "source", "プログラム", "account", "権限・利用者一覧", "test", "試験・検査の記録", "other", "その他"),
	Cloud:    opts("saas", "業務サービス（SaaS）", "platform", "基盤（IaaS・PaaS）", "storage", "オンラインストレージ", "meeting", "Web会議", "mail", "メール・グループウェア", "sns", "SNS", "form", "申請・アンケート", "ai", "生成AI", "other", "その他"),
	Contract: opts("operation", "運用・保守", "development", "開発・改修", "entry", "データ入力・処理", "printing", "印刷・封入", "storage", "保管・運搬", "disposal", "消去・廃棄", "research", "調査・計画", "lease", "賃貸借（リース）", "facility", "庁舎・設備の管理", "other", "その他"),
}

var disposalMethods = map[Kind][]Option{
	Network:  opts("remove", "撤去・解約", "transfer", "ほかの団体へ引継ぎ", "other", "その他"),
	System:   opts("erase", "データを消して撤去", "crypto_erase", "暗号鍵を捨てて読めなくした", "transfer", "ほかの団体へ引継ぎ", "other", "その他"),
	Device:   opts("crush", "物理的に壊した", "degauss", "磁気で消した", "overwrite", "上書きで消した", "crypto_erase", "暗号鍵を捨てて読めなくした", "return", "消してから返却した", "no_storage", "記憶装置がない", "transfer", "ほかの団体へ引継ぎ", "other", "その他"),
	Medium:   opts("crush", "物理的に壊した", "degauss", "磁気で消した", "overwrite", "上書きで消した", "crypto_erase", "暗号鍵を捨てて読めなくした", "shred", "裁断した", "return", "消してから返却した", "other", "その他"),
	Facility: opts("close", "用途をやめた", "return", "返還した", "transfer", "ほかの団体へ引継ぎ", "other", "その他"),
	Info:     opts("overwrite", "上書きで消した", "delete", "削除した", "crypto_erase", "暗号鍵を捨てて読めなくした", "with_medium", "媒体ごと壊した", "archive", "公文書館などへ移した", "transfer", "ほかの団体へ引継ぎ", "other", "その他"),
	Paper:    opts("dissolve", "溶解した", "shred", "裁断した", "burn", "焼却した", "archive", "公文書館などへ移した", "transfer", "ほかの団体へ引継ぎ", "other", "その他"),
	SysDoc:   opts("dissolve", "溶解した", "shred", "裁断した", "delete", "削除した", "archive", "公文書館などへ移した", "transfer", "ほかの団体へ引継ぎ", "other", "その他"),
	Cloud:    opts("vendor_proof", "解約し、事業者の消去証明を受けた", "crypto_erase", "暗号鍵を捨ててから解約した", "delete", "自分で消してから解約した", "no_data", "情報を入れていなかった", "other", "その他"),
	Contract: opts("returned", "情報を返してもらった", "vendor_proof", "委託先の消去証明を受けた", "witness", "消去に立ち会った", "no_data", "情報を渡していなかった", "other", "その他"),
}

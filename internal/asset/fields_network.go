package asset

// Fields that several kinds share, so that a key means the same everywhere.
func fVersion(hint string) Field {
	return Field{Key: "version", Label: "版", Type: Text, Max: 60, Level: 3, Clause: clScope, Hint: hint}
}

func fEOL() Field {
	return Field{Key: "eol", Label: "サポート終了日", Type: Date, Level: 2, Clause: clTech, Home: InDue,
		Hint: "メーカーの更新や修正が終わる日を書きます。わからなければ保守業者に聞きます。例：令和11年10月14日"}
}

func fContractEnd(hint string) Field {
	return Field{Key: "contract_end", Label: "契約満了日", Type: Date, Level: 2, Clause: clExternal, Home: InDue, Hint: hint}
}

func fContractNo() Field {
	return Field{Key: "contract_no", Label: "契約番号", Type: CodeText, Max: 40, Level: 3, Clause: clExternal, Home: InCode,
		Hint: "契約書や回線の契約の番号を書きます。例：8総契第45号"}
}

func fCorporateNo() Field {
	return Field{Key: "corporate_no", Label: "法人番号", Type: CodeText, Max: 13, Level: 3, Clause: clExternal,
		Hint: "事業者の13桁の番号を書きます。会社のホームページや国税庁の公表サイトで調べられます"}
}

func fMaintenance() Field {
	return Field{Key: "maintenance", Label: "保守の委託先", Type: Text, Max: 200, Level: 3, Clause: clExternal,
		Hint: "保守を頼んでいる事業者を書きます。契約を登録したら「関連」で結びます。例：株式会社○○"}
}

func fMaker(hint string) Field {
	return Field{Key: "maker", Label: "製造元・開発元", Type: Text, Max: 100, Level: 3, Clause: clTech, Hint: hint}
}

// networkFields are the fields of NW beside the common ones: line, carrier, addresses, separation of
// routes (基本方針 2(11)) and sanitised transfer (2(12)).
func networkFields() []Field {
	return []Field{
		{Key: "line_type", Label: "回線の種類", Type: Choice, Level: 2, Clause: clTech,
			Options: opts("internal", "庁内の配線だけ", "leased", "専用線", "closed", "閉域網（IP-VPN・広域イーサネット）", "vpn", "インターネットVPN", "internet", "インターネット回線", "lgwan", "LGWAN回線", "mobile", "携帯電話網"),
			Hint:    "外とつなぐ回線があれば、その種類を選びます"},
		{Key: "carrier", Label: "通信事業者", Type: Text, Max: 100, Level: 2, Clause: clExternal,
			Hint: "回線を提供している事業者を書きます。例：○○通信株式会社"},
		fContractNo(),
		fContractEnd("回線の契約が切れる日を書きます。例：令和10年3月31日"),
		{Key: "address_range", Label: "アドレスの範囲", Type: LongText, Max: 1000, Level: 3, Clause: clTech, Wide: true,
			Hint: "使っているIPアドレスの範囲を書きます。これを書くと、この資産の情報は広く見せられないものになります。例：192.0.2.0/24"},
		{Key: "connected_to", Label: "接続先", Type: Text, Max: 400, Level: 2, Clause: clZone, Wide: true,
			Hint: "どこにつながるかを書きます。登録してあるものは「関連」で結びます。例：大阪府庁のネットワーク、LGWAN"},
		{Key: "separation", Label: "ほかの領域との分け方", Type: Choice, Material: true, Level: 2, Clause: "基本方針 2(11)",
			Options: opts("physical", "配線から別にしている", "logical", "機器の設定（VLANなど）で分けている", "firewall", "許可した通信だけを通している", "screen", "画面だけを転送している", "none", "分けていない", "unknown", "わからない"),
			Hint:    "LGWAN接続系とインターネット接続系などを、どう分けているかを選びます"},
		{Key: "sanitising", Label: "無害化の方式", Type: Choices, Material: true, Level: 2, Clause: "基本方針 2(12)",
			Options: opts("text", "メールを文字だけにする", "screen", "画面を転送する", "file", "ファイルから危ない部分を取り除く", "none", "していない", "na", "領域をまたぐ通信がない"),
			Hint:    "別の領域からデータを入れるときに、どうしているかを選びます"},
		{Key: "wireless", Label: "無線の暗号方式", Type: Choice, Level: 3, Clause: clTech, When: Cond{Key: "detail_kind", Is: []string{"wlan"}},
			Options: opts("wpa3", "WPA3", "wpa2", "WPA2", "old", "それより古い方式", "open", "暗号化していない", "unknown", "わからない"),
			Hint:    "無線LANのときだけ選びます"},
		{Key: "admission", Label: "つなぐ機器の確認", Type: Choice, Level: 3, Clause: clTech,
			Options: opts("cert", "電子証明書で確認", "account", "利用者IDで確認", "address", "機器の番号（MACアドレス）で確認", "none", "していない", "unknown", "わからない"),
			Hint:    "許可していない機器がつながらないようにする方法を選びます"},
		{Key: "redundant", Label: "予備の経路がある", Type: Flag, Clause: clTech,
			Hint: "1本が切れても、別の回線や装置で続けられるときに付けます"},
		{Key: "monitoring", Label: "通信の監視", Type: Choice, Level: 2, Clause: clIT,
			Options: opts("always", "常に監視している", "log", "記録だけ取っている", "none", "していない", "host", "構成団体に任せている", "unknown", "わからない"),
			Hint:    "不正な通信を見張っているかを選びます"},
	}
}

// systemFields are the fields of IS beside the common ones.
func systemFields() []Field {
	return []Field{
		{Key: "purpose", Label: "利用目的", Type: Text, Max: 400, Level: 2, Clause: clAPPI, Wide: true,
			Hint: "何のために使うかを書きます。例：旅費と物品購入の支払いを管理するため"},
		{Key: "using_organs", Label: "利用する機関・課", Type: Text, Max: 400, Level: 2, Clause: clTech, Wide: true,
			Hint: "使っている課や局を書きます。例：本部事務局の全課、各分野局の経理担当"},
		{Key: "hosting", Label: "動かし方", Type: Choice, Level: 2, Clause: clTech,
			Options: opts("own", "当団体のサーバー", "host", "構成団体のサーバー", "datacenter", "データセンターに預けたサーバー", "cloud", "クラウド", "pc", "パソコンの中だけ", "unknown", "わからない"),
			Hint:    "どこのサーバーで動いているかを選びます"},
		fMaker("システムを作ったところ、または売っているところを書きます。例：株式会社○○"),
		fVersion("製品の版を書きます。例：Ver. 5.2"),
		fMaintenance(),
		{Key: "rto", Label: "復旧の目標時間", Type: Number, Max: 8760, Unit: "時間", Level: 2, Clause: clClass,
			Hint: "止まってから何時間以内に直す必要があるかを書きます。3日なら72"},
		{Key: "rpo", Label: "さかのぼってよい時間", Type: Number, Max: 8760, Unit: "時間", Level: 3, Clause: clClass,
			Hint: "直したときに、何時間前の状態に戻ってもよいかを書きます。前日の終わりまでなら24"},
		{Key: "restore_tested_on", Label: "復元を試した日", Type: Date, Level: 3, Clause: clTech,
			Hint: "控えから戻せることを最後に確かめた日を書きます。例：令和8年2月10日"},
		fEOL(),
		{Key: "patching", Label: "更新のしかた", Type: Choice, Level: 3, Clause: clTech,
			Options: opts("auto", "自動で更新", "monthly", "毎月まとめて更新", "contract", "保守業者が更新", "ad_hoc", "決まっていない", "none", "更新できない", "unknown", "わからない"),
			Hint:    "弱点を直す更新（パッチ）を、どう当てているかを選びます"},
	}
}

package asset

func fSerial(hint string) Field {
	return Field{Key: "serial", Label: "製造番号", Type: CodeText, Max: 60, Level: 2, Clause: clPhysical, Home: InCode, Hint: hint}
}

func fLabelNo() Field {
	return Field{Key: "label_no", Label: "ラベル番号", Type: CodeText, Max: 40, Level: 3, Clause: clPhysical, Home: InCode,
		Hint: "貼ってある管理ラベルの番号を書きます。例：A-0123"}
}

func fPropertyNo() Field {
	return Field{Key: "property_no", Label: "備品番号", Type: CodeText, Max: 40, Level: 3, Clause: clPhysical, Home: InCode,
		Hint: "備品台帳や資産台帳の番号を書きます。例：備-2024-0015"}
}

// deviceFields are the fields of EQ beside the common ones. The count and the serial of every
// built-in storage device are asked because returned machines have leaked through single disks.
func deviceFields() []Field {
	return []Field{
		fMaker("例：○○電機"),
		{Key: "model", Label: "型番", Type: CodeText, Max: 80, Level: 2, Clause: clPhysical,
			Hint: "裏や底のラベルにある型番を書きます。例：ABC-1234"},
		fSerial("1台だけのときに書きます。何台もあるときは「内訳」に1台ずつ書きます。例：5CD1234XYZ"),
		fPropertyNo(),
		fLabelNo(),
		{Key: "acquisition", Label: "調達の区分", Type: Choice, Level: 2, Clause: clPhysical,
			Options: opts("purchase", "購入", "lease", "リース", "rental", "レンタル", "host", "構成団体から借りている", "contract", "委託先の持ち物", "donation", "寄附"),
			Hint:    "だれの持ち物かがわかるように選びます"},
		{Key: "acquired_on", Label: "取得した日", Type: Date, Level: 3, Clause: clPhysical,
			Hint: "買った日、または借り始めた日を書きます。例：令和6年4月1日"},
		{Key: "lease_end", Label: "リースの満了日", Type: Date, Level: 2, Clause: clPhysical, Home: InDue, When: Cond{Key: "acquisition", Is: []string{"lease", "rental", "host"}},
			Hint: "返す日を書きます。90日前に、消去の準備をお知らせします。例：令和11年3月31日"},
		{Key: "os", Label: "OS・基本ソフト", Type: Text, Max: 100, Level: 2, Clause: clTech,
			Hint: "名前と版を書きます。例：Windows 11 Pro 24H2"},
		fEOL(),
		{Key: "hostname", Label: "コンピュータ名", Type: CodeText, Max: 63, Level: 3, Clause: clTech,
			Hint: "ネットワーク上の名前を書きます。例：SOMU-PC-01"},
		{Key: "ip_address", Label: "IPアドレス", Type: CodeText, Max: 60, Level: 3, Clause: clTech,
			Hint: "固定のときだけ書きます。例：192.0.2.15"},
		{Key: "storage_count", Label: "内蔵記憶装置の数", Type: Number, Max: 9999, Unit: "個", Level: 2, Clause: clPhysical,
			Hint: "中に入っているディスクなどの数を書きます。複合機にも入っていることがあります。例：2"},
		{Key: "storage_serials", Label: "内蔵記憶装置の製造番号", Type: CodeLines, Max: 2000, Level: 3, Clause: clPhysical, Home: InCode, Wide: true,
			Hint: "1行に1個ずつ書きます。廃棄のときに、すべて消したことをこの番号で確かめます"},
		{Key: "malware", Label: "不正プログラム対策", Type: Choice, Level: 2, Clause: clTech,
			Options: opts("edr", "EDRまで入れている", "antivirus", "対策ソフトを入れている", "builtin", "OSの機能だけ", "none", "入れていない", "na", "入れられない機器"),
			Hint:    "ウイルスなどへの備えを選びます"},
		{Key: "remote_wipe", Label: "遠隔で消去できる", Type: Flag, Clause: clPhysical,
			Hint: "なくしたときに、離れた所から中身を消せるときに付けます"},
		{Key: "usb_control", Label: "媒体の接続制限", Type: Choice, Level: 3, Clause: clMN,
			Options: opts("deny", "つなげないようにしている", "listed", "登録した媒体だけつなげる", "readonly", "読むだけできる", "none", "制限していない", "na", "差込口がない"),
			Hint:    "USBメモリなどをつなげるかどうかを選びます"},
		fMaintenance(),
	}
}

// mediumFields are the fields of MD beside the common ones.
func mediumFields() []Field {
	return []Field{
		{Key: "use", Label: "使いみち", Type: Choice, Level: 2, Clause: clPhysical,
			Options: opts("carry", "運ぶため", "exchange", "外部との受渡し", "backup", "控え（バックアップ）", "archive", "長く保管するため", "distribution", "配るため", "other", "その他"),
			Hint:    "主な使いみちを選びます"},
		{Key: "product", Label: "製品名", Type: Text, Max: 100, Level: 3, Clause: clPhysical,
			Hint: "メーカーと製品の名前を書きます。例：○○社 暗号化USBメモリ 16GB"},
		{Key: "capacity", Label: "容量", Type: Number, Max: 9_999_999, Unit: "GB", Level: 3, Clause: clPhysical,
			Hint: "1個の容量を書きます。1TBなら1000"},
		fSerial("1個だけのときに書きます。何個もあるときは「内訳」に1個ずつ書きます。例：07A1B2C3D4"),
		fLabelNo(),
		fPropertyNo(),
		{Key: "holder", Label: "現在の所持者", Type: Text, Max: 100, Level: 3, Clause: clPhysical,
			Hint: "今、手元に持っている係や人を書きます。例：総務課 経理担当"},
		{Key: "scanned_on", Label: "ウイルス検査をした日", Type: Date, Level: 3, Clause: clTech,
			Hint: "最後に検査した日を書きます。例：令和8年11月2日"},
		{Key: "write_protect", Label: "書込みできないようにしている", Type: Flag, Clause: clPhysical,
			Hint: "長く保管する媒体に、書込み禁止の措置をしたときに付けます"},
		{Key: "permit_end", Label: "使用許可の期限", Type: Date, Level: 2, Clause: clPhysical, Home: InDue,
			Hint: "許可は年度末までが原則です。例：令和9年3月31日"},
	}
}

// facilityFields are the fields of FA beside the common ones.
func facilityFields() []Field {
	return []Field{
		{Key: "area_class", Label: "区域の区分", Type: Choice, Required: true, Level: 1, Clause: clPhysical,
			Options: []Option{
				{"controlled", "管理区域", "サーバー室など、入る人を限る所"},
				{"handling", "取扱区域", "個人番号などを扱う執務室"},
				{"general", "一般区域", "ふつうの執務室など"},
				{"na", "設備（区域ではない）", "電源、空調など"},
			},
			Hint: "入る人をどのくらい限っているかで選びます"},
		{Key: "address", Label: "所在地", Type: Text, Max: 200, Level: 2, Clause: clPhysical, Wide: true,
			Hint: "住所を書きます。例：大阪市北区中之島5丁目3番51号"},
		{Key: "owner", Label: "建物・設備の持ち主", Type: Text, Max: 100, Level: 2, Clause: clPhysical,
			Hint: "建物を管理しているところを書きます。例：大阪府立国際会議場"},
		{Key: "entry", Label: "入退室の方法", Type: Choices, Level: 2, Clause: clPhysical,
			Options: opts("ic", "ICカード", "bio", "指紋・顔など", "pin", "暗証番号", "key", "鍵", "guard", "受付・警備員", "none", "制限していない"),
			Hint:    "入るときに使うものをすべて選びます"},
		{Key: "entry_log", Label: "入退室の記録", Type: Choice, Level: 2, Clause: clPhysical,
			Options: opts("auto", "自動で記録", "book", "記録簿に書く", "none", "していない"),
			Hint:    "だれがいつ入ったかを残しているかを選びます"},
		{Key: "protection", Label: "災害への備え", Type: Choices, Level: 2, Clause: "基本方針 3(3)", Wide: true,
			Options: opts("quake", "耐震・転倒防止", "fire", "耐火・消火設備", "gas", "機器を傷めない消火設備（ガス）", "water", "水害に備えた階・止水", "leak", "漏水の検知", "lightning", "雷への備え", "ups", "無停電電源装置", "generator", "自家発電", "cooling", "専用の空調", "none", "ない"),
			Hint:    "備えてあるものをすべて選びます"},
		{Key: "hazard", Label: "災害の想定", Type: Text, Max: 200, Level: 3, Clause: "基本方針 3(3)", Wide: true,
			Hint: "ハザードマップの想定を書きます。例：洪水 1～3メートル、津波 想定なし"},
		{Key: "inspected_on", Label: "最後に点検した日", Type: Date, Level: 3, Clause: clPhysical,
			Hint: "設備を点検した日を書きます。例：令和8年5月20日"},
		{Key: "inspection_due", Label: "次の点検期限", Type: Date, Level: 3, Clause: clPhysical, Home: InDue,
			Hint: "次に点検する日を書きます。例：令和9年5月31日"},
		{Key: "permit_end", Label: "使用許可の期限", Type: Date, Level: 3, Clause: clPhysical, Home: InDue,
			Hint: "庁舎の使用許可や賃貸借が切れる日を書きます。例：令和9年3月31日"},
	}
}

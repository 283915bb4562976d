package asset

// infoFields are the fields of IN beside the common ones.
func infoFields() []Field {
	return []Field{
		{Key: "format", Label: "形式", Type: Choices, Level: 2, Clause: clScope,
			Options: opts("database", "データベース", "sheet", "表計算（Excelなど）", "text", "文書（Wordなど）", "pdf", "PDF", "image", "画像・動画・音声", "mail", "メール", "csv", "CSVなどのデータ", "other", "その他"),
			Hint:    "当てはまるものをすべて選びます"},
		{Key: "amount", Label: "件数", Type: Number, Max: 999_999_999, Unit: "件", Level: 3, Clause: clScope,
			Hint: "およその件数を書きます。例：3500"},
		{Key: "copies", Label: "複製の置き場所", Type: Text, Max: 400, Level: 3, Clause: clClass, Wide: true,
			Hint: "ほかにも同じものがあれば場所を書きます。なければ「なし」。例：総務課のUSBメモリ、委託先"},
		fVersion("いつ時点のものかを書きます。例：令和8年4月版"),
		{Key: "updating", Label: "更新の間隔", Type: Choice, Level: 3, Clause: clClass,
			Options: opts("always", "随時", "daily", "毎日", "monthly", "毎月", "yearly", "毎年度", "once", "更新しない"),
			Hint:    "中身が変わる間隔を選びます"},
		{Key: "access", Label: "見られる人の制限", Type: Choice, Level: 2, Clause: clTech,
			Options: opts("person", "担当者だけ", "unit", "課の職員だけ", "organ", "機関の職員だけ", "all", "職員ならだれでも", "public", "だれでも", "none", "制限していない"),
			Hint:    "フォルダやシステムの設定で、だれが見られるようになっているかを選びます"},
	}
}

// paperFields are the fields of PD beside the common ones.
func paperFields() []Field {
	return []Field{
		{Key: "binder", Label: "簿冊名", Type: Text, Max: 200, Level: 2, Clause: clScope,
			Hint: "文書目録の簿冊の名前を書きます。例：准看護師試験 願書"},
		{Key: "class_code", Label: "分類記号", Type: CodeText, Max: 40, Level: 2, Clause: clScope,
			Hint: "文書分類表の記号を書きます。例：C-3-02"},
		{Key: "made_in", Label: "作成年度", Type: Number, Max: 2199, Unit: "年度（西暦）", Level: 3, Clause: clScope,
			Hint: "西暦で書きます。令和8年度なら2026"},
		{Key: "volumes", Label: "冊数", Type: Number, Max: 99_999, Unit: "冊", Level: 2, Clause: clScope,
			Hint: "つづりや箱の数を書きます。例：3"},
		{Key: "sheets", Label: "枚数", Type: Number, Max: 9_999_999, Unit: "枚", Level: 3, Clause: clScope,
			Hint: "およその枚数を書きます。例：1500"},
		{Key: "searchable", Label: "個人名などで探せるように並べている", Type: Flag, Clause: "個人情報保護法 60条2項",
			Hint: "五十音順や番号順に並べて、特定の人をすぐ探せるときに付けます"},
		{Key: "copies", Label: "複製の置き場所", Type: Text, Max: 400, Level: 3, Clause: clClass, Wide: true,
			Hint: "写しがあれば場所を書きます。なければ「なし」。例：大阪府の担当課"},
	}
}

// documentFields are the fields of SD beside the common ones.
func documentFields() []Field {
	return []Field{
		{Key: "target", Label: "対象のシステム", Type: Text, Max: 200, Level: 2, Clause: "基本方針 4(2)③",
			Hint: "何についての文書かを書きます。登録してあるものは「関連」で結びます。例：財務会計システム"},
		fVersion("例：第2.1版"),
		{Key: "revised_on", Label: "改定した日", Type: Date, Level: 2, Clause: "基本方針 4(2)③",
			Hint: "最後に直した日を書きます。例：令和7年12月1日"},
		{Key: "form", Label: "文書の形", Type: Choice, Level: 2, Clause: clScope,
			Options: opts("electronic", "電子だけ", "paper", "紙だけ", "both", "紙と電子の両方"),
			Hint:    "両方あるときは、それぞれの置き場所を書きます"},
		{Key: "author", Label: "作成者", Type: Text, Max: 200, Level: 3, Clause: clExternal,
			Hint: "作った課または事業者を書きます。例：株式会社○○"},
		{Key: "secrets", Label: "パスワードなどが書かれている", Type: Flag, Clause: clTech,
			Hint: "管理者のパスワードや鍵が書かれているときに付けます。その値はこの台帳には書きません"},
		{Key: "copies", Label: "複製の置き場所", Type: Text, Max: 400, Level: 3, Clause: clClass, Wide: true,
			Hint: "写しを持っている所を書きます。なければ「なし」。例：保守業者"},
	}
}

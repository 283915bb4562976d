package pack

import (
	"strings"

	"daicho/internal/asset"
	"daicho/internal/intake"
	"daicho/internal/relation"
)

// layouts are the columns of each table. What a body writes by hand may lack the optional ones.
var layouts = map[string][]intake.Column{
	"host_body": columns("コード=code 名称=name ふりがな=yomi? 全国地方公共団体コード=lg_code? 並び順=ord? 出典=source? 照合=checked?"),
	"organ":     columns("コード=code 名称=name ふりがな=yomi? 採番記号=prefix 独立=independent? 並び順=ord? 出典=source? 照合=checked?"),
	"unit": columns("コード=code 機関=organ 上位=parent 名称=name ふりがな=yomi? 構成団体=host_body? 採用モデル=model? 並び順=ord? " +
		"開始日=valid_from? 終了日=valid_to? 出典=source? 照合=checked?"),
	"post":   columns("コード=code 組織=unit 職名=name 役割=role 範囲=reach 並び順=ord? 出典=source? 照合=checked?"),
	"scheme": columns("コード=code 名称=name 版=edition 既定=is_default? 出典=source? 照合=checked?"),
	"axis":   columns("体系=scheme 軸=axis 名称=name 並び順=ord?"),
	"level": columns("体系=scheme 軸=axis 順位=rank コード=code 呼び名=label 定義=criteria 例=examples? 取扱制限=handling? 表示=marking? " +
		"個別確認=guarded? 出典=source? 照合=checked?"),
	"question": columns("体系=scheme コード=code 並び順=ord 段階=stage 質問=text 補足=hint? 選択肢=options 表示条件=shown_when? " +
		"出典=source? 照合=checked?"),
	"judgement": columns("体系=scheme 軸=axis 並び順=ord 条件=cond 区分=level 説明=explanation 出典=source? 照合=checked?"),
	"mapping":   columns("体系=scheme 前の体系=earlier 軸=axis 前の区分=from 区分=to 出典=source? 照合=checked?"),
	"catalogue": columns("コード=code 名称=name 版=edition 出典=source? 照合=checked?"),
	"chapter":   columns("基準=catalogue 番号=no 名称=name 条項=clause?"),
	"control": columns("基準=catalogue 番号=key 章=chapter 題名=title 文=text ねらい=aim? 強さ=modality 担当=role? 証跡=evidence? 周期=cycle? " +
		"手間=effort? 回答場所=answered_at 条項=clause? 出典=source? 照合=checked?"),
	"applicability": columns("基準=catalogue 番号=key 行=row 種別=kinds 機密性下限=min_c? 機密性上限=max_c? 完全性下限=min_i? 可用性下限=min_a? " +
		"領域=zones? 個人情報=personal? 特性=flags? 採用モデル=models? 理由=reason"),
	"check":         columns("規則=id 重大さ=severity しきい値=limit? 使う=enabled? 名前=title? どう直すか=advice?"),
	"placement":     columns("機密性=level 特定個人情報=my_number? 置き場=place 可否=verdict 採用モデル=models? 対策=control? 条件=note? 出典=source? 照合=checked?"),
	"route_edition": columns("コード=code 名称=name 版=edition 出典=source? 照合=checked?"),
	"route":         columns("経路=route 名称=name 種類=kind 役割=role 職=posts? 全員=all? 専決=for? 同じ人=again? 期限=days?"),
	"route_rule": columns("行為=deeds 種別=kinds? 機密性下限=min_c? 機密性上限=max_c? 完全性下限=min_i? 完全性上限=max_i? 可用性下限=min_a? 可用性上限=max_a? " +
		"領域=zones? 機関=organs? 経路=route"),
	"deputy":      columns("職=post 代決する職=deputy 順位=ord?"),
	"person":      columns("コード=code 氏名=name ふりがな=yomi? 任用=employment?"),
	"appointment": columns("職員=person 職=post 区分=kind 開始日=valid_from 終了日=valid_to?"),
	"account":     columns("利用者ID=login 職員=person 初期パスワード=password"),
	"adoption":    columns("対象=target コード=code 文書番号=doc_no 決裁日=decided_on 備考=note?"),
	"relation":    relationLayout(),
	"member":      columns("資産=asset 番号=no 製造番号=serial? ラベル番号=label? 設置場所=place? 使用者=holder? 記憶装置=storage? 状態=state?"),
}

func columns(s string) []intake.Column {
	var out []intake.Column
	for f := range strings.FieldsSeq(s) {
		name, key, _ := strings.Cut(f, "=")
		key, optional := strings.CutSuffix(key, "?")
		out = append(out, intake.Column{Name: name, Key: key, Optional: optional})
	}
	return out
}

// layoutOf returns the columns of a table by its file name.
func layoutOf(file string) ([]intake.Column, bool) {
	name := strings.TrimSuffix(file, ".csv")
	if k, ok := strings.CutPrefix(name, "asset_"); ok {
		return assetLayout(asset.Kind(k))
	}
	l, ok := layouts[name]
	return l, ok
}

// assetLayout is the pack's own columns around the fields of the kind. A field may be left out, and
// then it is unset.
func assetLayout(k asset.Kind) ([]intake.Column, bool) {
	if !k.Valid() {
		return nil, false
	}
	out := columns("取込番号=ref 登録状態=state 申請者=applicant 申請=application? コメント=comment?")
	for _, f := range asset.Fields(k) {
		out = append(out, intake.Column{Name: f.Label, Key: f.Key, Optional: true})
	}
	return append(out, columns("機密性=level_c? 完全性=level_i? 可用性=level_a? 判断理由=level_reason? 回答=answers?")...), true
}

// relationLayout is the ends of a relation, what it passes on and what is said about a connection.
func relationLayout() []intake.Column {
	out := columns("元=from 種類=type 先=to メモ=note? 効果=effect? 伝える機密性=pass_c? 伝える完全性=pass_i? 伝える可用性=pass_a?")
	for _, f := range asset.RelationFields(string(relation.Bridges), "") {
		out = append(out, intake.Column{Name: f.Label, Key: f.Key, Optional: true})
	}
	return out
}

// sampleOnly reports tables that would give people rights or contents that nobody has decided.
func sampleOnly(file string) bool {
	switch name := strings.TrimSuffix(file, ".csv"); name {
	case "account", "adoption", "relation", "member":
		return true
	default:
		return strings.HasPrefix(name, "asset_")
	}
}

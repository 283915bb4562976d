package asset

import (
	"daicho/internal/app"
	"daicho/internal/asset"
	"daicho/internal/classify"
	"daicho/web/page"
)

// originID is the anchor of the way of one axis on the tab 関連・経路.
func originID(a classify.Axis) string { return "origin-" + string(a) }

func originHref(number string, a classify.Axis) string {
	return page.AssetRelations(number) + "#" + originID(a)
}

// originNote says what the way does not: that the level is kept, or lies below what is related.
func originNote(o app.Origin) string {
	switch {
	case o.Held:
		return "いまの関連から計算すると " + o.Computed.Words() + " です。区分は承認なしには下がらないので、前の区分のままです。"
	case o.Above:
		return "関連する資産から計算すると " + o.Computed.Words() + " です。申告した区分のほうが低いので、見直してください。"
	}
	return ""
}

// effectText says what a 集積 or 分散 does and why.
func effectText(e app.Effect) string {
	if e.Kind == asset.Spread {
		return "分散：高くても " + e.Pass.Words() + " として伝わります。"
	}
	s := "集積：少なくとも " + e.Pass.Words() + " として伝わります。"
	if e.Source {
		s += "この区分は、この集積から来ています。"
	}
	return s
}

// declaredText says how the level at the end of a way came about.
func declaredText(d app.Declared) string {
	switch {
	case d.None && d.Intended:
		return "入れるものの区分は決められていません。最も低い区分とみなしています。"
	case d.None:
		return "申告された区分がありません。最も低い区分とみなしています。"
	case d.Intended:
		return "入れるものとして " + d.Level.Words() + " と決めています。"
	}
	return "申告した区分は " + d.Level.Words() + " です。"
}

package asset

import (
	"daicho/internal/app"
	"daicho/internal/asset"
	"daicho/internal/classify"
	"daicho/web/page"
	"daicho/web/ui"
)

// originID is the anchor of the way of one axis on the tab 関連・経路.
func originID(a classify.Axis) string { return "origin-" + string(a) }

func originHref(number string, a classify.Axis) string {
	return page.AssetRelations(number) + "#" + originID(a)
}

// chipOn is the mark of a level on an axis.
func chipOn(s *classify.Scheme, a classify.Axis, l classify.Level) ui.Level {
	return ui.Level{Axis: string(a), Code: l.Code, Rank: int(l.Rank), Of: int(s.Top(a)), Word: l.Label}
}

// originNote says what the way does not: that the level is kept, or lies below what is related.
func originNote(o app.Origin) string {
	switch {
	case o.Held:
		return "いまの関連から計算すると " + levelText(o.Computed) + " です。区分は承認なしには下がらないので、前の区分のままです。"
	case o.Above:
		return "関連する資産から計算すると " + levelText(o.Computed) + " です。申告した区分のほうが低いので、見直してください。"
	}
	return ""
}

// effectText says what a 集積 or 分散 does and why.
func effectText(e app.Effect) string {
	if e.Kind == asset.Spread {
		return "分散：高くても " + levelText(e.Pass) + " として伝わります。"
	}
	s := "集積：少なくとも " + levelText(e.Pass) + " として伝わります。"
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
		return "入れるものとして " + levelText(d.Level) + " と決めています。"
	}
	return "申告した区分は " + levelText(d.Level) + " です。"
}

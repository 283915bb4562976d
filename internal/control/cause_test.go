package control_test

import (
	"strconv"
	"testing"

	"github.com/google/go-cmp/cmp"

	"daicho/internal/asset"
	"daicho/internal/classify"
	"daicho/internal/control"
)

func TestConditions(t *testing.T) {
	code := func(_ classify.Axis, r classify.Rank) string { return "L" + strconv.Itoa(int(r)) }
	f := asset.Facets{Kind: asset.Info, C: 4, I: 2, A: 1, Zone: "IT", Personal: "mynumber", Flags: asset.FlagCloud | asset.FlagPublic, Model: "b2"}
	full := control.Row{
		Kinds: []asset.Kind{asset.Info, asset.Paper}, MinC: 3, MaxC: 5, MinI: 2, Zones: []string{"LG", "IT"}, Personal: 1,
		Flags: asset.FlagCloud, Models: []string{"b", "b2"},
	}
	want := []control.Condition{
		{"種別", "電子情報・印刷文書", "電子情報"},
		{"機密性", "L3以上L5以下", "L4"},
		{"完全性", "L2以上", "L2"},
		{"領域", "LGWAN接続系・インターネット接続系", "インターネット接続系"},
		{"個人情報", "個人情報以上", "特定個人情報"},
		{"特性", "クラウドを使う", "クラウドを使う"},
		{"採用モデル", "β・β′", "β′"},
	}
	if d := cmp.Diff(want, full.Conditions(f, code)); d != "" {
		t.Error(d)
	}
	var every []asset.Kind
	for _, k := range asset.Kinds() {
		every = append(every, k.Kind)
	}
	if d := cmp.Diff([]control.Condition{{"種別", "すべて", "電子情報"}}, control.Row{Kinds: every}.Conditions(f, code)); d != "" {
		t.Error(d)
	}
}

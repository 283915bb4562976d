package asset

import (
	"net/http"
	"strings"

	"daicho/internal/asset"
	"daicho/web/page"
	"daicho/web/ui"
)

// kindGroup is one heading of the page on which the kind is chosen.
type kindGroup struct {
	Title, Text string
	Kinds       []asset.Kind
}

// kindGroups sort the ten kinds by what a registrant holds in hand.
var kindGroups = []kindGroup{
	{"情報そのもの", "中身を登録します。大切さ（区分）は、ここで決めます。", []asset.Kind{asset.Info, asset.Paper, asset.SysDoc}},
	{"入れもの", "情報を入れたり置いたりするものです。区分は、入っている情報から決まります。", []asset.Kind{asset.Medium, asset.Device, asset.Facility}},
	{"仕組み", "情報を扱ったり運んだりする仕組みです。", []asset.Kind{asset.System, asset.Network, asset.Cloud}},
	{"契約", "情報の取扱いを外に任せる契約です。", []asset.Kind{asset.Contract}},
}

func (g kindGroup) cards() []ui.KindCard {
	var out []ui.KindCard
	for _, k := range g.Kinds {
		i := k.Info()
		out = append(out, ui.KindCard{Icon: "k-" + strings.ToLower(string(k)), Label: i.Label, Code: string(k), Text: i.Short, Href: page.AssetNewKind(string(k))})
	}
	return out
}

func (f forms) chooseKind(w http.ResponseWriter, r *http.Request, p *page.Request) error {
	return page.Render(w, r, http.StatusOK, kindsPage(p))
}

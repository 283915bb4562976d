package server

import (
	"context"

	"daicho/internal/app"
	"daicho/internal/authz"
	"daicho/web/page"
)

// menu is the navigation on the left; an item is shown to whom its action is open.
var menu = []struct {
	action authz.Action
	item   page.NavItem
}{
	{authz.SeeHome, page.NavItem{Label: "今日やること", Path: page.Home, Icon: "home"}},
	{authz.ReadAsset, page.NavItem{Label: "情報資産", Path: page.Assets, Icon: "list"}},
	{authz.RegisterAsset, page.NavItem{Label: "新しく登録", Path: page.AssetNew, Icon: "plus"}},
	{authz.SubmitApplication, page.NavItem{Label: "下書き・申請", Path: page.MyRequests, Icon: "draft"}},
	{authz.SeeQueue, page.NavItem{Label: "承認待ち", Path: page.Approvals, Icon: "approve"}},
	{authz.ReadAsset, page.NavItem{Label: "検出", Path: page.Findings, Icon: "warning"}},
	{authz.ReadAsset, page.NavItem{Label: "領域図", Path: page.Zones, Icon: "k-nw"}},
	{authz.ExportLedger, page.NavItem{Label: "台帳の出力", Path: page.Ledgers, Icon: "ledger"}},
	{authz.ReadTrail, page.NavItem{Label: "操作記録", Path: page.AdminTrail, Icon: "log", Group: "管理"}},
	{authz.ManageChecks, page.NavItem{Label: "点検規則", Path: page.CheckSettings, Icon: "gear", Group: "管理"}},
	{authz.SeePacks, page.NavItem{Label: "分類体系", Path: page.Schemes, Icon: "org", Group: "管理"}},
	{authz.SeePacks, page.NavItem{Label: "パック", Path: page.AdminPacks, Icon: "pack", Group: "管理"}},
	{authz.ManageAccounts, page.NavItem{Label: "利用者ID", Path: page.AdminAccounts, Icon: "key", Group: "管理"}},
}

// nav is the navigation for one viewer. A count that cannot be read is left out: the page matters more.
func (s *Server) nav(ctx context.Context, v app.Viewer) []page.NavItem {
	var out []page.NavItem
	for _, m := range menu {
		if !authz.Can(v.Actor, m.action) {
			continue
		}
		item := m.item
		if m.action == authz.SeeQueue {
			n, err := s.o.App.Waiting(ctx, v.Actor)
			if err != nil {
				s.log.WarnContext(ctx, "count of the queue", "id", infoOf(ctx).id, "err", err)
			}
			item.Count = n
		}
		out = append(out, item)
	}
	return out
}

package page

import (
	"net/url"
	"strconv"
)

// The paths of screens that have no variable part.
const (
	Home              = "/"
	Login             = "/login"
	Logout            = "/logout"
	SessionExtend     = "/session/extend"
	Assets            = "/assets"
	AssetNew          = "/assets/new"
	MyRequests        = "/my/requests"
	Approvals         = "/approvals"
	Ledgers           = "/ledgers"
	Zones             = "/zones"
	Me                = "/me"
	MeSessions        = "/me/sessions"
	MePassword        = "/me/password"
	AdminAccounts     = "/admin/accounts"
	AdminPacks        = "/admin/packs"
	AdminTrail        = "/admin/trail"
	AdminHeads        = "/admin/trail/heads"
	Help              = "/help"
	HelpAccessibility = "/help/accessibility"
	Picker            = "/picker"

	// Findings is the list of what the checks found, FindingsCompleteness how far entries have come.
	Findings             = "/findings"
	FindingsCompleteness = "/findings/completeness"
	CheckSettings        = "/settings/checks"

	// Schemes is the list of the editions of the 分類体系, Rejudge what is to be judged again.
	Schemes = "/schemes"
	Rejudge = "/rejudge"
)

// What of MyRequests is shown: of the drafts those that came back, or all in scope instead of one's
// own; of the applications those that wait for a decision.
const (
	ParamDrafts       = "drafts"
	DraftsReturned    = "returned"
	DraftsAll         = "all"
	ParamApplications = "applications"
	ApplicationsOpen  = "open"
)

// AssetNewKind is the form for a new asset of a kind (NW, IS …).
func AssetNewKind(kind string) string { return AssetNew + "/" + url.PathEscape(kind) }

// AssetCopy is the form for a new asset of a kind, filled from the asset with the number from.
func AssetCopy(kind, from string) string { return With(AssetNewKind(kind), "from", from) }

// AssetShow is the page of the asset with a 管理番号.
func AssetShow(no string) string { return Assets + "/" + url.PathEscape(no) }

// AssetControls is the tab 分類と対策.
func AssetControls(no string) string { return AssetShow(no) + "/controls" }

// AssetRelations is the tab 関連・経路.
func AssetRelations(no string) string { return AssetShow(no) + "/relations" }

// AssetImpact is the page 影響範囲.
func AssetImpact(no string) string { return AssetShow(no) + "/impact" }

// AssetFiles is the tab 添付.
func AssetFiles(no string) string { return AssetShow(no) + "/files" }

// AssetFile is the download of one attachment.
func AssetFile(no string, id int64) string { return AssetFiles(no) + "/" + number(id) }

// AssetHistory is the tab 履歴.
func AssetHistory(no string) string { return AssetShow(no) + "/history" }

// AssetVersion is one version of an asset with what it changed.
func AssetVersion(no string, version int) string {
	return AssetHistory(no) + "/" + strconv.Itoa(version)
}

// AssetEdit is the form that changes an asset (変更申請).
func AssetEdit(no string) string { return AssetShow(no) + "/edit" }

// Draft is a draft that is not submitted yet.
func Draft(id int64) string { return "/drafts/" + number(id) }

// RequestShow is one application as its applicant sees it.
func RequestShow(id int64) string { return "/requests/" + number(id) }

// ApprovalItem is one of several items of an application as its approver sees it.
func ApprovalItem(id int64, no int) string {
	return ApprovalShow(id) + "/items/" + strconv.Itoa(no)
}

// ApprovalShow is one application as its approver sees it.
func ApprovalShow(id int64) string { return Approvals + "/" + number(id) }

// Finding is one thing that the checks found.
func Finding(id int64) string { return Findings + "/" + number(id) }

// Scheme is one edition of the 分類体系.
func Scheme(id int64) string { return Schemes + "/" + number(id) }

// SchemeImpact is the list of the assets that an edition would have judged again.
func SchemeImpact(id int64) string { return Scheme(id) + "/impact" }

// AdminAccount is one account for the administrator.
func AdminAccount(id int64) string { return AdminAccounts + "/" + number(id) }

// AdminHead is one head of the 操作記録.
func AdminHead(size int64) string { return AdminHeads + "/" + number(size) }

// AdminAct is one act of the 操作記録.
func AdminAct(id int64) string { return AdminTrail + "/acts/" + number(id) }

// AssetSearch is the list of assets with a search term.
func AssetSearch(q string) string { return With(Assets, "q", q) }

// LoginReturn is the sign-in page that leads back to a path afterwards.
func LoginReturn(path string) string {
	if !Local(path) || path == Home {
		return Login
	}
	return With(Login, "next", path)
}

// With adds pairs of key and value to a path as its query, leaving out empty values. A path that
// has a query already keeps it.
func With(path string, pairs ...string) string {
	u, err := url.Parse(path)
	if err != nil {
		return path
	}
	q := u.Query()
	for i := 0; i+1 < len(pairs); i += 2 {
		if pairs[i+1] == "" {
			q.Del(pairs[i])
			continue
		}
		q.Set(pairs[i], pairs[i+1])
	}
	u.RawQuery = q.Encode()
	return u.String()
}

func number(id int64) string { return strconv.FormatInt(id, 10) }

// Package story draws every component of the design system with made-up content, so that people can
// look at it and tests can check all of it at once. It is not part of the program: only tests import it.
package story

import (
	"errors"
	"time"

	"daicho/internal/authz"
	"daicho/internal/errs"
	"daicho/internal/form"
	"daicho/internal/jpdate"
	"daicho/internal/org"
	"daicho/web/layout"
	"daicho/web/page"
	"daicho/web/ui"

	"github.com/a-h/templ"
)

// Story is one page with made-up content.
type Story struct {
	Name string
	Page templ.Component
}

var storyTime = time.Date(2026, 11, 23, 14, 2, 0, 0, jpdate.JST)

func storyRequest(current string) *page.Request {
	nav := []page.NavItem{
		{Label: "ホーム", Path: page.Home, Icon: "home"},
		{Label: "資産", Path: page.Assets, Icon: "list"},
		{Label: "新規登録", Path: page.AssetNew, Icon: "plus"},
		{Label: "下書き・申請", Path: page.MyRequests, Icon: "draft", Count: 3, Quiet: true},
		{Label: "承認待ち", Path: page.Approvals, Icon: "approve", Count: 7},
		{Label: "台帳出力", Path: page.Ledgers, Icon: "ledger"},
		{Label: "利用者", Path: page.AdminAccounts, Icon: "user", Group: "管理"},
		{Label: "パック", Path: page.AdminPacks, Icon: "pack", Group: "管理"},
		{Label: "操作記録", Path: page.AdminTrail, Icon: "log", Group: "管理"},
	}
	return &page.Request{
		Actor:     authz.Actor{Person: 1, Name: "山田 太郎", Appointments: []org.Appointment{{UnitPath: "本部事務局 総務課", PostName: "主査", Role: org.Registrant}}},
		Now:       storyTime,
		ID:        "01JD8Y0Q4T",
		Path:      current,
		Nav:       page.MarkCurrent(nav, current),
		Density:   page.Compact,
		Shortcuts: true,
		Session:   page.SessionInfo{Expires: storyTime.Add(30 * time.Minute)},
		Version:   "0.1.0",
	}
}

var (
	storyLevels = []ui.Level{{Axis: "C", Code: "3B", Rank: 4, Of: 5}, {Axis: "I", Code: "2", Rank: 2, Of: 2}, {Axis: "A", Code: "1", Rank: 1, Of: 2}}
	storyStates = []ui.State{
		{Tone: ui.StateDraft, Label: "下書き"}, {Tone: ui.StatePending, Label: "申請中"}, {Tone: ui.StateReturned, Label: "差戻し"},
		{Tone: ui.StateActive, Label: "有効"}, {Tone: ui.StatePaused, Label: "休止"}, {Tone: ui.StateEnded, Label: "廃棄"},
		{Tone: ui.StateWarn, Label: "要再承認"}, {Tone: ui.StateError, Label: "期限切れ"},
	}
	storyZones = [][2]string{{"MN", "マイナンバー利用事務系"}, {"LG", "LGWAN接続系"}, {"IT", "インターネット接続系"}, {"OUT", "領域外"}}
	storyRun   = ui.Running{Title: "情報資産台帳", Marking: "自治体機密性３Ｂ", AsOf: "令和8年3月31日時点", By: "本部事務局 総務課 課長 田中 花子", Printed: "令和8年11月23日 14:02", Note: "案・未照合"}
)

func levelsOf(i int) []ui.Level {
	codes := []string{"1", "2", "3C", "3B", "3A"}
	c := i % 5
	return []ui.Level{{Axis: "C", Code: codes[c], Rank: c + 1, Of: 5}, {Axis: "I", Code: "2", Rank: 2, Of: 2}, {Axis: "A", Code: "1", Rank: 1, Of: 2}}
}

func options(pairs ...string) []form.Option {
	var out []form.Option
	for i := 0; i+1 < len(pairs); i += 2 {
		out = append(out, form.Option{Value: pairs[i], Label: pairs[i+1]})
	}
	return out
}

// storyForm has every type of field; failed puts a message at most of them.
func storyForm(failed bool) *form.Form {
	level := []form.Option{
		{Value: "3A", Label: "3A", Hint: "特に慎重に扱う個人の情報など"}, {Value: "3B", Label: "3B", Hint: "個人情報など、漏れると権利を損なうもの"},
		{Value: "3C", Label: "3C", Hint: "庁内だけで扱う構成情報など"}, {Value: "2", Label: "2", Hint: "直ちに公表しないもの"}, {Value: "1", Label: "1", Hint: "公表しているもの"},
	}
	f := &form.Form{Token: "story", Fields: []*form.Field{
		{Key: "name", Label: "名称", Type: form.Text, Required: true, Wide: true, Hint: "台帳と通知に出る名前です。略さずに書いてください。", Raw: []string{"文書管理システム"}},
		{Key: "yomi", Label: "ふりがな", Type: form.Text, Hint: "一覧を五十音順に並べるために使います。"},
		{Key: "code", Label: "製造番号", Type: form.Code, Raw: []string{"SN-00123"}},
		{Key: "unit", Label: "所管課", Type: form.Select, Required: true, Options: options("HQ-SOMU", "本部事務局 総務課", "HQ-KIKAKU", "本部事務局 企画課"), Raw: []string{""}},
		{Key: "rto", Label: "目標復旧時間", Type: form.Number, Unit: "時間", Raw: []string{"24"}},
		{Key: "ends", Label: "契約の満了日", Type: form.Date, Hint: "例：R9.3.31、令和9年3月31日、2027-03-31", Raw: []string{"R9.3.31"}, Echo: "令和9年3月31日（2027-03-31・水）"},
		{Key: "host", Label: "構成団体", Type: form.Select, Options: options("28", "兵庫県"), Raw: []string{"28"}, ReadOnly: "設置場所から決まるため、ここでは変えられません。"},
		{Key: "summary", Label: "概要", Type: form.Area, Raw: []string{"起案、決裁、保存、廃棄までの文書事務を電子で行う。"}},
		{Key: "personal", Label: "個人情報を含みますか", Type: form.Choice, Required: true, Options: options("yes", "はい", "no", "いいえ", "unknown", "わからない"), Raw: []string{"yes"}, Wide: true},
		{Key: "c", Label: "機密性", Type: form.Choice, Required: true, Options: level, Raw: []string{"3B"}, Wide: true},
		{Key: "restrictions", Label: "取扱制限", Type: form.Checks, Hint: "当てはまるものをすべて選んでください。", Options: options("copy", "複製禁止", "send", "送信禁止", "carry", "持出禁止", "print", "印刷禁止", "cloud", "クラウド保存禁止", "view", "閲覧者限定", "lock", "施錠保管"), Raw: []string{"copy", "lock"}, Wide: true},
		{Key: "cloud", Label: "クラウドサービスを使う", Type: form.Flag, Raw: []string{"1"}, Hint: "契約が外部サービスの利用に当たるとき"},
		{Key: "file", Label: "添付", Type: form.File},
		{Key: "pw", Label: "パスワード", Type: form.Password, Autocomplete: "current-password"},
		{Key: "draft", Label: "下書き", Type: form.Hidden, Raw: []string{"12"}},
	}}
	if failed {
		f.Summary = []form.Message{{Text: "ほかの人が先に同じ番号で登録しました。番号を確かめてください。"}}
		f.Field("name").Raw = []string{""}
		f.Add(errors.Join(
			errs.OnField("name", "x", "名称を入力してください"), errs.OnField("unit", "x", "所管課を選んでください"),
			errs.OnField("ends", "x", "契約の満了日：「8.11.23」は令和8年11月23日か平成8年11月23日か決められません。"),
			errs.OnField("personal", "x", "個人情報を含みますかを選んでください"), errs.OnField("restrictions", "x", "取扱制限を選んでください"),
			errs.OnField("cloud", "x", "クラウドサービスを使うにチェックを入れてください"), errs.OnField("summary", "x", "概要を入力してください"),
		))
		f.Field("ends").Raw, f.Field("ends").Echo = []string{"8.11.23"}, ""
	}
	return f
}

// All returns the stories; together they show every component in every state.
func All() []Story {
	list := storyRequest(page.Assets)
	list.Flash = &page.Flash{Tone: page.Success, Title: "「文書管理システム」を申請しました。", Text: "承認者は総務課長です。", Path: "/requests/1", Link: "申請を見る"}
	short, quiet := storyRequest(page.Home), storyRequest(page.Home)
	short.Session.Expires = storyTime.Add(2 * time.Minute)
	quiet.Shortcuts = false
	return []Story{
		{"session", storyHome(short)},
		{"no-keys", storyHome(quiet)},
		{"home", storyHome(storyRequest(page.Home))},
		{"list", storyList(list)},
		{"show", storyShow(storyRequest("/assets/R8-HQ-000012-3"))},
		{"form", storyFormPage(storyRequest("/assets/new/IS"), storyForm(false))},
		{"form-error", storyFormPage(storyRequest("/assets/new/IS"), storyForm(true))},
		{"kinds", storyKinds(storyRequest(page.AssetNew))},
		{"queue", storyQueue(storyRequest(page.Approvals))},
		{"parts", storyParts(storyRequest(page.MyRequests))},
		{"print", storyPrint(storyRequest(page.Ledgers))},
		{"login", storyLogin()},
		{"error", layout.ErrorPage(layout.Problem{Status: 500, Title: "処理できませんでした", Text: "サーバーの内部で問題が起きました。入力した内容は反映されていません。", Next: []string{"少し待って、もう一度操作してください。", "続くときは、下の番号を添えて情報政策担当へ連絡してください。"}, RequestID: "01JD8Y0Q4T"})},
		{"forbidden", layout.ErrorShell(storyRequest(page.Home), layout.Problem{Status: 403, Title: "この操作はできません", Text: "自分が申請したものは承認できません。", Next: []string{"ほかの承認者に依頼してください。"}, Back: page.Approvals, BackText: "承認待ちへ戻る"})},
	}
}

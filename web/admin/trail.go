package admin

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"daicho/internal/app"
	"daicho/internal/authz"
	"daicho/internal/form"
	"daicho/internal/jpdate"
	"daicho/web/page"
	"daicho/web/ui"
)

// trailView is the list of acts with its filter.
type trailView struct {
	Form  *form.Form
	Rows  []actRow
	Total int
	More  bool // there are more than are counted
	Pager ui.Pager
	Set   bool // the list is narrowed
	Seal  app.SealView
	Asked []app.Erasure
}

// actRow is one act in words.
type actRow struct {
	ID                                                                  int64
	At, ISO, Who, Post, How, What, Target, Number, Why, Detail, Request string
	Refused                                                             bool
	Changes                                                             int
}

func trailFields() []*form.Field {
	actions := []form.Option{{Value: "", Label: "すべて"}}
	for _, r := range authz.Policy() {
		actions = append(actions, form.Option{Value: string(r.Action), Label: r.Label})
	}
	return []*form.Field{
		{Key: "person", Label: "氏名", Type: form.Search, Max: 100},
		{Key: "action", Label: "行為", Type: form.Select, Options: actions},
		{Key: "number", Label: "管理番号", Type: form.Code, Max: 40},
		{Key: "from", Label: "この日から", Type: form.Date},
		{Key: "to", Label: "この日まで", Type: form.Date},
		{Key: "outcome", Label: "結果", Type: form.Select, Options: []form.Option{{Value: "", Label: "すべて"}, {Value: "done", Label: "行われた"}, {Value: "refused", Label: "拒否された"}}},
	}
}

func (h pages) trail(w http.ResponseWriter, r *http.Request, p *page.Request) error {
	query := r.URL.Query()
	f := form.Read(query, trailFields()...)
	n, _ := strconv.Atoi(query.Get("page")) // anything else is the first page
	q := app.TrailQuery{
		Person: f.Field("person").Text(), Action: f.Field("action").OneOf(), Number: f.Field("number").Code(),
		From: f.Field("from").Date(), To: f.Field("to").Date(), Outcome: f.Field("outcome").OneOf(), Page: n,
	}
	v := trailView{Form: f}
	status := http.StatusUnprocessableEntity
	if f.OK() {
		status = http.StatusOK
		list, err := h.app.Trail(r.Context(), p.Actor, q)
		if err != nil {
			return err
		}
		for _, a := range list.Rows {
			v.Rows = append(v.Rows, actOf(a))
		}
		v.Seal, v.Asked = list.Seal, list.Asked
		v.More = list.Total > app.TrailMost
		v.Total = min(list.Total, app.TrailMost)
		v.Pager = pager(list.Page, list.Size, v.Total, len(list.Rows), here(f))
	}
	for _, one := range f.Fields {
		v.Set = v.Set || one.Value() != ""
	}
	return page.Render(w, r, status, trailPage(p, v))
}

// here is the address of the list with its filter.
func here(f *form.Form) string {
	var pairs []string
	for _, one := range f.Fields {
		pairs = append(pairs, one.Key, one.Value())
	}
	return page.With(page.AdminTrail, pairs...)
}

var actionLabels = func() map[string]string {
	out := map[string]string{}
	for _, r := range authz.Policy() {
		out[string(r.Action)] = r.Label
	}
	return out
}()

// Words for what acts say in codes.
var (
	channels = map[string]string{"web": "画面", "cli": "コマンド", "system": "自動"}
	reasons  = map[string]string{
		app.ReasonWrongPassword: "パスワードの誤り", app.ReasonUnknownLogin: "登録のない利用者ID", app.ReasonEnded: "利用を終えた利用者ID",
		app.ReasonThrottled: "失敗が続いたための制限", "authz.role": "職に権限がない",
	}
	whats = map[string]string{
		"sign_out": "ログアウト", "password": "パスワードの変更", "taste": "画面の設定", "session_revoked": "接続を切る",
		"other_sessions_revoked": "ほかの接続をすべて切る", "created": "作成", "reset": "パスワードの再発行", "resumed": "利用の再開", "ended": "利用の終了",
	}
	deeds = map[string]string{"draft": "下書きの保存", "edit": "変更の開始", "discard": "下書きの破棄", "attach": "添付", "detach": "添付を外す"}
	// outcomes and kinds of packs
	outcomes = map[string]string{"approved": "承認", "returned": "差戻し", "body": "団体", "sample": "見本", "true": "はい"}
	details  = map[string]string{
		"what": "内容", "address": "接続元", "post": "職", "role": "役割", "deed": "内容", "name": "ファイル名", "size": "大きさ（バイト）",
		"application": "申請番号", "outcome": "結果", "items": "件数", "replay": "二度目の送信", "format": "形式", "columns": "列の組",
		"filter": "条件", "rows": "行数", "marking": "表示", "kind": "種類", "page": "画面", "number": "管理番号", "level": "区分",
	}
)

// unseen are the parts of a detail that serve verification, not reading.
var unseen = []string{"sha256"}

func word(words map[string]string, code string) string {
	if w, ok := words[code]; ok {
		return w
	}
	return code
}

func actOf(a app.TrailAct) actRow {
	return actRow{
		ID: a.ID, At: jpdate.FormatTime(a.At) + a.At.In(jpdate.JST).Format(":05"), ISO: a.At.UTC().Format(time.RFC3339Nano), Who: a.Person, Post: a.Post, How: word(channels, a.Channel), What: word(actionLabels, a.Action),
		Target: a.Target, Number: a.Number, Why: word(reasons, a.Reason), Detail: detailText(a.Detail), Request: a.Request,
		Refused: a.Outcome == "refused", Changes: a.Changes,
	}
}

// detailText writes the detail of an act as 「内容：作成、接続元：127.0.0.1」.
func detailText(raw json.RawMessage) string {
	var d map[string]any
	if err := json.Unmarshal(raw, &d); err != nil {
		return ""
	}
	var out []string
	for _, k := range slices.Sorted(maps.Keys(d)) {
		value := fmt.Sprint(d[k])
		if n, ok := d[k].(float64); ok {
			value = strconv.FormatFloat(n, 'f', -1, 64)
		}
		switch k {
		case "what":
			value = word(whats, value)
		case "deed":
			value = word(deeds, value)
		case "outcome", "kind", "replay":
			value = word(outcomes, value)
		}
		if slices.Contains(unseen, k) || value == "" {
			continue
		}
		out = append(out, word(details, k)+"："+value)
	}
	return strings.Join(out, "、")
}

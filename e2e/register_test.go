package e2e

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/PuerkitoBio/goquery"
)

// kind is one kind of asset with the least that a registrant must say about one.
type kind struct {
	code, label string
	fields      map[string]string // besides the name; the unit comes by itself
	levels      map[string]string // chosen because nothing related gives any
}

// kinds are the ten kinds of the register.
var kinds = []kind{
	{"IN", "電子情報", map[string]string{"summary": "受験者の氏名と得点の一覧", "personal": "personal", "zone": "LG", "place": "ファイルサーバー 試験フォルダ"}, map[string]string{"c": "3C", "i": "2", "a": "1"}},
	{"PD", "印刷文書", map[string]string{"summary": "受験願書の綴り", "personal": "personal", "place": "国際会議場11階 書庫2"}, map[string]string{"c": "3C", "i": "1", "a": "1"}},
	{"SD", "システム関連文書", map[string]string{"detail_kind": "manual", "place": "ファイルサーバー 情報担当フォルダ"}, map[string]string{"c": "3C", "i": "1", "a": "1"}},
	{"MD", "電磁的記録媒体", map[string]string{"detail_kind": "usb", "personal": "none", "zone": "LG", "place": "国際会議場11階 施錠キャビネット3"}, map[string]string{"c": "2", "i": "1", "a": "1"}},
	{"EQ", "機器", map[string]string{"detail_kind": "pc", "zone": "LG", "place": "国際会議場11階 執務室"}, map[string]string{"c": "2", "i": "1", "a": "1"}},
	{"IS", "情報システム", map[string]string{"detail_kind": "business", "personal": "none", "zone": "LG"}, map[string]string{"c": "2", "i": "1", "a": "2"}},
	{"NW", "ネットワーク", map[string]string{"detail_kind": "lan", "zone": "LG"}, map[string]string{"c": "2", "i": "1", "a": "2"}},
	{"FA", "施設・区域・設備", map[string]string{"detail_kind": "office", "area_class": "general", "place": "国際会議場11階 1103号室"}, map[string]string{"c": "2", "i": "1", "a": "1"}},
	{"CL", "外部サービス（クラウド）", map[string]string{"detail_kind": "form", "provider": "株式会社みほん", "personal": "none", "zone": "IT"}, map[string]string{"c": "2", "i": "1", "a": "1"}},
	{"CT", "委託契約", map[string]string{"detail_kind": "operation", "contractor": "株式会社みほん", "contract_end": "令和10年3月31日", "personal": "none"}, map[string]string{"c": "2", "i": "1", "a": "1"}},
}

func kindOf(t *testing.T, code string) kind {
	t.Helper()
	for _, k := range kinds {
		if k.code == code {
			return k
		}
	}
	t.Fatalf("no kind %s", code)
	return kind{}
}

// blank opens the form of a kind, filled with what it needs under a name.
func (v *visitor) blank(k kind, name string) *sheet {
	v.t.Helper()
	f := v.open("/assets/new/" + k.code).form("form.assetform")
	f.Set("name", name)
	for key, value := range k.fields {
		f.Set(key, value)
	}
	for axis, code := range k.levels {
		f.Set("level_"+axis, code)
	}
	return f
}

const (
	doSave   = "do=save"
	doSubmit = "do=submit"
)

// draft keeps the form as a draft and returns its path.
func (f *sheet) draft() string {
	f.v.t.Helper()
	a := f.send(doSave)
	if a.Status != http.StatusSeeOther || !strings.HasPrefix(a.Location(), "/drafts/") {
		f.v.t.Fatalf("the draft was not kept: %d\n%s", a.Status, a.main())
	}
	path, _, _ := strings.Cut(a.Location(), "?")
	return path
}

// apply submits the form and returns the path of the application as the applicant sees it.
func (f *sheet) apply() string {
	f.v.t.Helper()
	a := f.send(doSubmit)
	if a.Status != http.StatusSeeOther {
		f.v.t.Fatalf("not submitted: %d\n%s", a.Status, a.main())
	}
	at := a.follow().doc().Find(`main .banner a[href^="/requests/"]`).First()
	return at.AttrOr("href", "")
}

// decide approves or returns an application, as somebody who may.
func (v *visitor) decide(application, do, comment string) *answer {
	v.t.Helper()
	f := v.open(strings.Replace(application, "/requests/", "/approvals/", 1)).form("form.decide")
	f.Set("comment", comment)
	return f.send("do=" + do)
}

func (v *visitor) approve(application string) {
	v.t.Helper()
	if a := v.decide(application, "approve", ""); a.Status != http.StatusSeeOther {
		v.t.Fatalf("%s was not approved: %d\n%s", application, a.Status, a.main())
	}
}

// finish lets those who come after the first approver decide, if the way of an application leads on.
func finish(t *testing.T, p *program, application string) {
	t.Helper()
	for _, post := range []string{responsible, chief, ciso} {
		v := as(t, p, post)
		if a := v.get(strings.Replace(application, "/requests/", "/approvals/", 1)); a.Status == http.StatusOK && a.doc().Find("form.decide").Length() > 0 {
			v.approve(application)
		}
	}
}

// inForce registers an asset and has it approved; it returns its 管理番号.
func inForce(t *testing.T, p *program, clerk, approver string, k kind, name string, change func(*sheet)) string {
	t.Helper()
	v := as(t, p, clerk)
	f := v.blank(k, name)
	if change != nil {
		change(f)
	}
	application := f.apply()
	as(t, p, approver).approve(application)
	finish(t, p, application)
	return v.number(name)
}

// number finds the 管理番号 of an asset by its name, as the search does.
func (v *visitor) number(name string) string {
	v.t.Helper()
	a := v.open("/assets?" + url.Values{"q": {name}}.Encode())
	var found string
	a.doc().Find("main tbody tr").Each(func(_ int, row *goquery.Selection) {
		if strings.TrimSpace(row.Find("th").Text()) == name {
			found = strings.TrimSpace(row.Find("td").First().Text())
		}
	})
	if found == "" {
		v.t.Fatalf("the search does not find %q\n%s", name, a.main())
	}
	return found
}

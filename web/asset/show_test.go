package asset_test

import (
	"bytes"
	"io"
	"log/slog"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/PuerkitoBio/goquery"
	"github.com/google/go-cmp/cmp"

	"daicho/internal/app"
	"daicho/internal/approval"
	"daicho/internal/asset"
	"daicho/internal/fixture"
	"daicho/internal/pgtest"
	"daicho/internal/postgres"
	"daicho/internal/relation"
	"daicho/internal/server"
	"daicho/web/page"
)

func TestMain(m *testing.M) { pgtest.Main(m) }

// site is the program on the fixture, reached as a browser reaches it.
type site struct {
	*fixture.World
	app  *app.App
	http *httptest.Server
}

func newSite(t *testing.T) *site {
	t.Helper()
	w := fixture.New(t)
	db, err := postgres.Open(t.Context(), w.DB.AppURL, postgres.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(db.Close)
	a := app.New(db, app.Options{})
	h := httptest.NewServer(server.New(server.Options{App: a, Store: db.SessionStore(), Now: time.Now, Log: slog.New(slog.DiscardHandler)}))
	t.Cleanup(h.Close)
	return &site{w, a, h}
}

// visitor is one signed-in browser.
type visitor struct {
	site *site
	http *http.Client
}

func (s *site) as(t *testing.T, login string) *visitor {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	c := &http.Client{Jar: jar, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	v := &visitor{s, c}
	if r := v.post(t, page.Login, url.Values{"login": {login}, "password": {fixture.Password}}); r.code != http.StatusSeeOther {
		t.Fatalf("sign in as %s: %d", login, r.code)
	}
	return v
}

type reply struct {
	code int
	head http.Header
	body []byte
	*goquery.Document
}

func (v *visitor) do(t *testing.T, r *http.Request) reply {
	t.Helper()
	got, err := v.http.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer got.Body.Close()
	body, err := io.ReadAll(got.Body)
	if err != nil {
		t.Fatal(err)
	}
	d, err := goquery.NewDocumentFromReader(bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	return reply{got.StatusCode, got.Header, body, d}
}

func (v *visitor) get(t *testing.T, path string) reply {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, v.site.http.URL+path, nil)
	if err != nil {
		t.Fatal(err)
	}
	return v.do(t, r)
}

func (v *visitor) post(t *testing.T, path string, form url.Values) reply {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, v.site.http.URL+path, strings.NewReader(form.Encode()))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	return v.do(t, r)
}

// page is get for a page that must come, and that must be sound as HTML.
func (v *visitor) page(t *testing.T, path string) reply {
	t.Helper()
	r := v.get(t, path)
	if r.code != http.StatusOK {
		t.Fatalf("%s: %d %s", path, r.code, squeeze(r.Find("main").Text()))
	}
	sound(t, path, r)
	return r
}

var banned = regexp.MustCompile(`\sstyle=|<style|\son[a-z]+=|hx-on|javascript:|<script>`)

// sound checks what every page promises: ids, headings, tables, nothing that the policy of contents
// forbids.
func sound(t *testing.T, path string, r reply) {
	t.Helper()
	if m := banned.Find(r.body); m != nil {
		t.Errorf("%s has %q", path, m)
	}
	seen := map[string]bool{}
	r.Find("[id]").Each(func(_ int, e *goquery.Selection) {
		id := e.AttrOr("id", "")
		if seen[id] || strings.ContainsAny(id, " \t") {
			t.Errorf("%s: id %q", path, id)
		}
		seen[id] = true
	})
	for _, attr := range []string{"aria-labelledby", "aria-describedby", "for"} {
		r.Find("[" + attr + "]").Each(func(_ int, e *goquery.Selection) {
			for id := range strings.FieldsSeq(e.AttrOr(attr, "")) {
				if !seen[id] {
					t.Errorf("%s: %s names %q, which is not there", path, attr, id)
				}
			}
		})
	}
	if n := r.Find("h1").Length(); n != 1 {
		t.Errorf("%s: %d h1", path, n)
	}
	r.Find("table").Each(func(_ int, e *goquery.Selection) {
		if e.Find("caption").Length() != 1 || e.Find("thead th:not([scope])").Length() != 0 {
			t.Errorf("%s: a table without caption or scope", path)
		}
		e.Find("tbody tr").Each(func(_ int, row *goquery.Selection) {
			if row.ChildrenFiltered(`th[scope="row"]`).Length() != 1 {
				t.Errorf("%s: a row without its header: %s", path, squeeze(row.Text()))
			}
		})
	})
}

func squeeze(s string) string { return strings.Join(strings.Fields(s), " ") }

func texts(s *goquery.Selection) []string {
	return s.Map(func(_ int, e *goquery.Selection) string { return squeeze(e.Text()) })
}

type with map[string]string

// register brings an asset of 総務課 into force; an empty approver leaves it waiting.
func (s *site) register(t *testing.T, k asset.Kind, approver string, w with) (id int64, number string) {
	t.Helper()
	f := app.Raw{"name": {k.Label()}, "unit": {"honbu-somu"}, "personal": {"none"}, "zone": {"LG"}, "manager_post": {"p-somu-kacho"}}
	for _, field := range asset.Fields(k) {
		if field.Required && f[field.Key] == nil {
			f[field.Key] = []string{"あ"}
			if len(field.Options) > 0 {
				f[field.Key] = []string{field.Options[0].Code}
			}
		}
	}
	for _, a := range []asset.Axis{"C", "I", "A"} {
		if asset.Declares(k, a) {
			f[asset.LevelKey(a)] = []string{"1"}
		}
	}
	for key, v := range w {
		f[key] = []string{v}
	}
	actor := s.Actor(t, fixture.Registrant)
	d, err := s.app.SaveDraft(t.Context(), actor, app.SaveDraft{Kind: k, Form: f})
	if err != nil {
		t.Fatal(err)
	}
	sent, err := s.app.Submit(t.Context(), actor, app.Submit{Assets: []int64{d.Asset}, Note: "新しく使い始めるため"})
	if err != nil {
		t.Fatal(err)
	}
	if approver != "" {
		s.decide(t, approver, sent.Application, approval.Approve, "確かめました")
	}
	s.One(t, `SELECT number FROM asset WHERE id = $1`, []any{d.Asset}, &number)
	return d.Asset, number
}

func (s *site) decide(t *testing.T, login string, id int64, o approval.Outcome, comment string) {
	t.Helper()
	actor := s.Actor(t, login)
	v, err := s.app.Application(t.Context(), actor, id, 0)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.app.Decide(t.Context(), actor, app.Decide{Application: id, Outcome: o, Comment: comment, Seen: [32]byte(v.Digest)}); err != nil {
		t.Fatal(err)
	}
}

func (s *site) change(t *testing.T, number string, w with) int64 {
	t.Helper()
	actor := s.Actor(t, fixture.Registrant)
	id, err := s.app.EditAsset(t.Context(), actor, number)
	if err != nil {
		t.Fatal(err)
	}
	d, err := s.app.OpenDraft(t.Context(), actor, id)
	if err != nil {
		t.Fatal(err)
	}
	for k, v := range w {
		d.Form[k] = []string{v}
	}
	if _, err := s.app.SaveDraft(t.Context(), actor, app.SaveDraft{Asset: id, Kind: d.Kind, EditNo: d.EditNo, Form: d.Form}); err != nil {
		t.Fatal(err)
	}
	sent, err := s.app.Submit(t.Context(), actor, app.Submit{Assets: []int64{id}, Note: "内容が変わったため"})
	if err != nil {
		t.Fatal(err)
	}
	return sent.Application
}

func TestOverview(t *testing.T) {
	s := newSite(t)
	info, infoNo := s.register(t, asset.Info, fixture.Manager, with{
		"name": "災害時応援協定の<一覧>", "summary": "相手の連絡先", "level_c": "3C", "level_reason": "連絡先があるため", "q.mynumber": "no", "q.personal": "yes", "personal": "personal",
		"checked_on": "R8.6.3",
	})
	v := s.as(t, fixture.Registrant)
	r := v.page(t, page.AssetShow(infoNo))
	if got := r.Find("title").Text(); got != "災害時応援協定の<一覧> – 資産 – 情報資産台帳" {
		t.Errorf("title %q", got)
	}
	if got := squeeze(r.Find("h1").Text()); got != "災害時応援協定の<一覧> "+infoNo {
		t.Errorf("h1 %q", got)
	}
	if got := squeeze(r.Find(".pagehead__sub").Text()); got != "所管 本部事務局 総務課 管理責任者 総務課 課長 最終確認 令和8年6月3日" {
		t.Errorf("line below %q", got)
	}
	if d := cmp.Diff([]string{"使用中", "機密 3C", "完 1", "可 1", "LGWAN接続系", "電子情報"}, texts(r.Find(".pagehead__marks .chip"))); d != "" {
		t.Error(d)
	}
	if d := cmp.Diff([]string{"変更する e", "複製する d", "印刷"}, texts(r.Find(".pagehead__actions .btn"))); d != "" {
		t.Error(d)
	}
	if d := cmp.Diff([]string{"概要", "分類と対策 2", "関連・経路 0", "添付 0", "履歴 1"}, texts(r.Find(".tabs__link"))); d != "" {
		t.Error(d)
	}
	if got := r.Find(`.tabs__link[aria-current="page"]`).AttrOr("href", ""); got != page.AssetShow(infoNo) {
		t.Errorf("current tab %q", got)
	}
	if got := squeeze(r.Find("main").Text()); !strings.Contains(got, "判断理由連絡先があるため") || !strings.Contains(got, "個人情報を含むので、外に出さない前提で扱います。") {
		t.Errorf("the reasons are missing: %s", got)
	}
	// A container says from where its level came.
	_, mdNo := s.register(t, asset.Medium, fixture.Manager, with{"name": "控え用ディスク", "rel": app.RelationValue(relation.Stores, true, info)})
	r = v.page(t, page.AssetShow(mdNo))
	if got := squeeze(r.Find(".dl__note").First().Text()); got != "伝わってきた元： 災害時応援協定の<一覧>どこから来たか（機密性）" {
		t.Errorf("%q", got)
	}
	// A number as it stands on a label leads to the one address.
	if r := v.get(t, "/assets/"+strings.ReplaceAll(mdNo, "-", "")+"/history"); r.code != http.StatusSeeOther || r.head.Get("Location") != page.AssetHistory(mdNo) {
		t.Errorf("%d %q", r.code, r.head.Get("Location"))
	}
	// Who may only read is offered to read.
	r = s.as(t, fixture.Auditor).page(t, page.AssetShow(mdNo))
	if d := cmp.Diff([]string{"印刷"}, texts(r.Find(".pagehead__actions .btn"))); d != "" {
		t.Error(d)
	}
}

func TestBanners(t *testing.T) {
	s := newSite(t)
	v := s.as(t, fixture.Registrant)
	titles := func(no string) []string { return texts(v.page(t, page.AssetShow(no)).Find(".banner__title")) }
	_, pending := s.register(t, asset.Info, "", nil)
	if d := cmp.Diff([]string{"お知らせ：承認を待っています"}, titles(pending)); d != "" {
		t.Error(d)
	}
	if n := v.page(t, page.AssetShow(pending)).Find(`a[data-key="e"]`).Length(); n != 0 {
		t.Error("what waits for a decision can be changed")
	}
	_, no := s.register(t, asset.Info, fixture.Manager, nil)
	application := s.change(t, no, with{"level_c": "3C"})
	if d := cmp.Diff([]string{"お知らせ：変更の申請が承認を待っています"}, titles(no)); d != "" {
		t.Error(d)
	}
	s.decide(t, fixture.Manager, application, approval.Return, "理由を書いてください")
	if d := cmp.Diff([]string{"注意：申請が差し戻されました"}, titles(no)); d != "" {
		t.Error(d)
	}
	if got := squeeze(v.page(t, page.AssetShow(no)).Find(".banner__text p").Eq(1).Text()); got != "理由を書いてください" {
		t.Errorf("what the approver wrote: %q", got)
	}
	if got := texts(v.page(t, page.AssetShow(no)).Find(`a[data-key="e"]`)); !slices.Equal(got, []string{"下書きを続ける e"}) {
		t.Errorf("%v", got)
	}
	s.Exec(t, `INSERT INTO asset_review (asset_id, cause) SELECT id, 'computed_above' FROM asset WHERE number = $1`, no)
	if got := titles(no); !slices.Contains(got, "注意：もう一度承認が必要です") {
		t.Errorf("%v", got)
	}
	s.Exec(t, `ALTER TABLE adoption DISABLE TRIGGER USER`)
	s.Exec(t, `DELETE FROM adoption`)
	s.Exec(t, `UPDATE reference_head SET mark = gen_random_uuid()`) // which the trigger would have done
	r := v.page(t, page.AssetControls(no))
	if got := texts(r.Find(".banner__title")); !slices.Contains(got, "注意：分類体系は案です（未照合）") || !slices.Contains(got, "注意：対策基準は案です（未照合）") {
		t.Errorf("%v", got)
	}
	if got := squeeze(v.page(t, page.AssetShow(no)+"/print").Find(".sheet__run").Text()); !strings.Contains(got, "案・未照合") {
		t.Errorf("the print says nothing: %s", got)
	}
}

func TestControlsPage(t *testing.T) {
	s := newSite(t)
	_, no := s.register(t, asset.Info, fixture.Manager, with{"level_c": "3C", "level_i": "2"})
	s.Exec(t, `ALTER TABLE control DISABLE TRIGGER adopted`)
	s.Exec(t, `UPDATE control SET checked = '2026-04-01 照合者' WHERE key = '2-06'`)
	r := s.as(t, fixture.Registrant).page(t, page.AssetControls(no))
	if d := cmp.Diff([]string{"分類", "分類の根拠", "必要な対策 3件", "2 情報資産の分類と管理", "6 技術的セキュリティ", "組織で一度だけ実施する対策 1件"},
		slices.DeleteFunc(texts(r.Find("main h2")), func(s string) bool { return s == "" })); d != "" {
		t.Error(d)
	}
	row := r.Find("#c-2-06")
	if got := squeeze(row.Find("td").Eq(1).Text()); got != "外に出さない前提の情報だから。種別：電磁的記録媒体・電子情報・印刷文書機密性：3C以上（この資産は3C）" {
		t.Errorf("why: %q", got)
	}
	if got := texts(row.Find("th .chip")); !slices.Equal(got, []string{"必須"}) {
		t.Errorf("a compared control: %v", got)
	}
	if got := texts(r.Find("#c-2-01 th .chip")); !slices.Equal(got, []string{"必須", "未照合"}) {
		t.Errorf("a control that nobody compared: %v", got)
	}
	if got := squeeze(row.Find("td").Last().Text()); got != "この資産で" {
		t.Errorf("answered at %q", got)
	}
	if got := squeeze(r.Find("main").Text()); !strings.Contains(got, "採用 令和8年4月1日 試第2号") || !strings.Contains(got, "うち2件は、元の文書と見比べていません") {
		t.Error("the edition and its adoption are missing")
	}
}

func TestHistoryPages(t *testing.T) {
	s := newSite(t)
	_, no := s.register(t, asset.Info, fixture.Manager, with{"name": "簿冊"})
	s.decide(t, fixture.Manager, s.change(t, no, with{"level_c": "3B", "name": "令和8年度の簿冊"}), approval.Approve, "よい")
	v := s.as(t, fixture.Registrant)
	r := v.page(t, page.AssetHistory(no))
	if d := cmp.Diff([]string{"承認", "変更を申請", "承認", "新規登録を申請"}, texts(r.Find(".timeline__what"))); d != "" {
		t.Error(d)
	}
	item := r.Find(".timeline__item").Eq(1)
	if got := squeeze(item.Find(".timeline__who").Text()); got != "本部事務局 総務課 主査 山田 太郎" {
		t.Errorf("who %q", got)
	}
	if got := squeeze(item.Find(".timeline__when").Text()); !regexp.MustCompile(`^令和\d+年\d+月\d+日 \d+:\d\d$`).MatchString(got) {
		t.Errorf("when %q", got)
	}
	if got := squeeze(item.Find(".timeline__body").Text()); got != "理由：内容が変わったため 変更 2項目：名称、機密性" {
		t.Errorf("why %q", got)
	}
	if got := item.Find("a").AttrOr("href", ""); got != page.AssetVersion(no, 2) {
		t.Errorf("link %q", got)
	}
	r = v.page(t, page.AssetVersion(no, 2))
	var rows [][]string
	r.Find("table.diff tbody tr").Each(func(_ int, e *goquery.Selection) { rows = append(rows, texts(e.Children())) })
	if d := cmp.Diff([][]string{
		{"名称", "簿冊", "令和8年度の簿冊"},
		{"機密性 重要項目", "公開している・公開してよい情報（機密性1）", "特に慎重に扱う個人の情報など（機密性3B）"},
	}, rows); d != "" {
		t.Error(d)
	}
	if r.Find("table.diff del").Length() != 2 || r.Find("table.diff ins").Length() != 2 {
		t.Error("the difference is told by colour alone")
	}
	var digest string
	s.One(t, `SELECT encode(content_sha256, 'hex') FROM asset_version JOIN asset ON id = asset_id WHERE number = $1 AND asset_version.no = 2`, []any{no}, &digest)
	if !strings.Contains(r.Text(), digest) {
		t.Error("the digest of the stored text is missing")
	}
	for _, bad := range []string{"/history/0", "/history/9", "/history/x", "/history/99999999999999999999"} {
		if r := v.get(t, page.AssetShow(no)+bad); r.code != http.StatusNotFound {
			t.Errorf("%s: %d", bad, r.code)
		}
	}
}

// Each page, file and act of another unit's asset is 404, and the page says nothing of it.
func TestAnotherUnitsPages(t *testing.T) {
	s := newSite(t)
	_, no := s.register(t, asset.Info, fixture.Manager, with{"name": "ひみつの名簿", "level_c": "3B"})
	owner := s.as(t, fixture.Registrant)
	if r := owner.upload(t, no, "協定.pdf", []byte("%PDF-1.7"), "写し"); r.code != http.StatusSeeOther {
		t.Fatalf("%d %s", r.code, squeeze(r.Find(".errors").Text()))
	}
	var id int64
	s.One(t, `SELECT id FROM asset_file`, nil, &id)
	paths := []string{
		page.AssetShow(no), page.AssetControls(no), page.AssetRelations(no), page.AssetFiles(no), page.AssetFile(no, id),
		page.AssetHistory(no), page.AssetVersion(no, 1), page.AssetShow(no) + "/print", page.AssetFile(no, id) + "/remove",
	}
	for _, login := range []string{fixture.Planner, fixture.Bosai, fixture.Gikai} {
		v := s.as(t, login)
		for _, path := range paths {
			r := v.get(t, path)
			if r.code != http.StatusNotFound || strings.Contains(string(r.body), "ひみつ") || strings.Contains(string(r.body), "協定") {
				t.Errorf("%s %s: %d", login, path, r.code)
			}
		}
		if r := v.post(t, page.AssetFile(no, id)+"/remove", url.Values{"reason": {"x"}}); r.code != http.StatusNotFound {
			t.Errorf("%s removes: %d", login, r.code)
		}
		if r := v.upload(t, no, "x.pdf", []byte("%PDF-1.7 x"), ""); r.code != http.StatusNotFound {
			t.Errorf("%s uploads: %d", login, r.code)
		}
	}
	for _, path := range paths[:len(paths)-1] {
		if r := owner.get(t, path); r.code != http.StatusOK {
			t.Errorf("owner %s: %d", path, r.code)
		}
	}
}

// A print leaves the program: it is on record whatever the level, and carries the marking.
func TestPrint(t *testing.T) {
	s := newSite(t)
	id, no := s.register(t, asset.Info, fixture.Manager, with{"level_c": "3C"})
	r := s.as(t, fixture.Registrant2).page(t, page.AssetShow(no)+"/print")
	run := squeeze(r.Find(".sheet__run").Text())
	for _, want := range []string{"自治体機密性３Ｃ", "時点", "総務課 主事 佐藤 花子", no} {
		if !strings.Contains(run, want) {
			t.Errorf("no %q on the sheet: %s", want, run)
		}
	}
	var prints int
	s.One(t, `SELECT count(*) FROM act WHERE asset_id = $1 AND action = 'ledger.export' AND detail ->> 'page' = 'print'`, []any{id}, &prints)
	if prints != 1 {
		t.Errorf("%d prints on record", prints)
	}
}

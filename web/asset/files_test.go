package asset_test

import (
	"bytes"
	"fmt"
	"mime/multipart"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/PuerkitoBio/goquery"
	"github.com/google/go-cmp/cmp"

	"daicho/internal/asset"
	"daicho/internal/fixture"
	"daicho/web/page"
)

func (v *visitor) upload(t *testing.T, no, name string, body []byte, title string) reply {
	t.Helper()
	var b bytes.Buffer
	m := multipart.NewWriter(&b)
	for k, val := range map[string]string{"form_token": fmt.Sprintf("tok-%s-%d", name, len(body)), "title": title} {
		if err := m.WriteField(k, val); err != nil {
			t.Fatal(err)
		}
	}
	w, err := m.CreateFormFile("file", name)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.Write(body); err != nil {
		t.Fatal(err)
	}
	if err := m.Close(); err != nil {
		t.Fatal(err)
	}
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, v.site.http.URL+page.AssetFiles(no), &b)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", m.FormDataContentType())
	return v.do(t, r)
}

func TestFilesPages(t *testing.T) {
	s := newSite(t)
	_, no := s.register(t, asset.Info, fixture.Manager, nil)
	v := s.as(t, fixture.Registrant)
	if got := squeeze(v.page(t, page.AssetFiles(no)).Find(".empty h2").Text()); got != "添付はまだありません" {
		t.Errorf("empty: %q", got)
	}
	// The page's own form must send what the handler reads: the small fields before the file.
	names := v.page(t, page.AssetFiles(no)).Find(`form[enctype="multipart/form-data"] [name]`).Map(func(_ int, e *goquery.Selection) string { return e.AttrOr("name", "") })
	if d := cmp.Diff([]string{"form_token", "title", "file"}, names); d != "" {
		t.Error(d)
	}
	for _, c := range []struct {
		name string
		body []byte
		want string
	}{
		{"", nil, "ファイルを選んでください"},
		{"a.exe", []byte("MZ\x00"), "この種類のファイルは添付できません。"},
		{"a.html", []byte("<script>alert(1)</script>"), "HTMLやSVGなど"},
		{"a.png", []byte("%PDF-1.7"), "中身はPDFですが"},
	} {
		r := v.upload(t, no, c.name, c.body, "<説明>")
		if r.code != http.StatusUnprocessableEntity || !strings.HasPrefix(squeeze(r.Find("#f-file-error").Text()), "エラー："+c.want) {
			t.Errorf("%s: %d %q", c.name, r.code, squeeze(r.Find(".errors").Text()))
		}
		if got := r.Find("title").Text(); !strings.HasPrefix(got, "エラー：") {
			t.Errorf("%s: title %q", c.name, got)
		}
		if got := r.Find("#f-title").AttrOr("value", ""); got != "<説明>" {
			t.Errorf("%s: what was typed is lost: %q", c.name, got)
		}
		sound(t, c.name, r)
	}
	body := []byte("%PDF-1.7 廃棄証明書")
	if r := v.upload(t, no, "廃棄 証明書\".pdf", body, "証明"); r.code != http.StatusSeeOther || r.head.Get("Location") != page.AssetFiles(no) {
		t.Fatalf("%d %s", r.code, squeeze(r.Find(".errors").Text()))
	}
	r := v.page(t, page.AssetFiles(no))
	if got := squeeze(r.Find(".banner__title").Text()); got != "完了：「廃棄 証明書_.pdf」を添付しました。" {
		t.Errorf("flash %q", got)
	}
	link := r.Find("tbody th a").First()
	if got := squeeze(link.Text()); got != "廃棄 証明書_.pdf をダウンロード" {
		t.Errorf("%q", got)
	}
	d := v.get(t, link.AttrOr("href", ""))
	want := map[string]string{
		"Content-Type": "application/pdf", "X-Content-Type-Options": "nosniff", "Cache-Control": "no-store",
		"Content-Security-Policy": "default-src 'none'; sandbox",
		"Content-Disposition":     `attachment; filename="__ ____.pdf"; filename*=UTF-8''%E5%BB%83%E6%A3%84%20%E8%A8%BC%E6%98%8E%E6%9B%B8_.pdf`,
	}
	for k, w := range want {
		if got := d.head.Get(k); got != w {
			t.Errorf("%s: %q, want %q", k, got, w)
		}
	}
	if d.code != http.StatusOK || !bytes.Equal(d.body, body) {
		t.Errorf("%d %q", d.code, d.body)
	}
	remove := r.Find(`tbody a[href$="/remove"]`).AttrOr("href", "")
	if got := texts(v.page(t, remove).Find("main form button")); !slices.Equal(got, []string{"添付を外す"}) {
		t.Errorf("%v", got)
	}
	if r := v.post(t, remove, url.Values{"reason": {""}}); r.code != http.StatusUnprocessableEntity || !strings.Contains(r.Find("#f-reason-error").Text(), "外す理由を入力してください") {
		t.Errorf("without a reason: %d", r.code)
	}
	if r := v.post(t, remove, url.Values{"reason": {"版を替えるため"}}); r.code != http.StatusSeeOther {
		t.Errorf("%d", r.code)
	}
	if r := v.get(t, link.AttrOr("href", "")); r.code != http.StatusNotFound {
		t.Errorf("what was taken off: %d", r.code)
	}
	if got := squeeze(v.page(t, page.AssetFiles(no)).Find("details.more").Last().Text()); !strings.Contains(got, "版を替えるため") {
		t.Errorf("%q", got)
	}
}

// A file at the limit comes back byte for byte; one byte more is refused at the field, and a body
// that is far too big before it is read.
func TestLimitOfAFile(t *testing.T) {
	s := newSite(t)
	_, no := s.register(t, asset.Info, fixture.Manager, nil)
	v := s.as(t, fixture.Registrant)
	body := append([]byte("%PDF-1.7"), bytes.Repeat([]byte{0x5a}, 20<<20-8)...)
	if r := v.upload(t, no, "大きい.pdf", body, ""); r.code != http.StatusSeeOther {
		t.Fatalf("%d %s", r.code, squeeze(r.Find(".errors").Text()))
	}
	var id int64
	s.One(t, `SELECT id FROM asset_file`, nil, &id)
	if r := v.get(t, page.AssetFile(no, id)); !bytes.Equal(r.body, body) {
		t.Errorf("%d bytes came back", len(r.body))
	}
	if r := v.upload(t, no, "大きすぎる.pdf", append(body, 1), ""); r.code != http.StatusUnprocessableEntity || !strings.Contains(r.Find(".errors").Text(), "大きすぎます") {
		t.Errorf("%d", r.code)
	}
	if r := v.upload(t, no, "たいへん大きい.pdf", append(body, body...), ""); r.code != http.StatusUnprocessableEntity && r.code != http.StatusRequestEntityTooLarge {
		t.Errorf("%d", r.code)
	}
}

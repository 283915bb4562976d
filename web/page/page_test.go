package page

import (
	"context"
	"errors"
	"io"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/a-h/templ"
)

func TestRenderSendsNothingWhenDrawingFails(t *testing.T) {
	broken := templ.ComponentFunc(func(_ context.Context, w io.Writer) error {
		if _, err := io.WriteString(w, "<p>half"); err != nil {
			return err
		}
		return errors.New("no such field")
	})
	w := httptest.NewRecorder()
	err := Render(w, httptest.NewRequest("GET", "/assets", nil), 200, broken)
	if err == nil || w.Body.Len() != 0 || len(w.Header()) != 0 {
		t.Errorf("err %v, body %q, headers %v", err, w.Body, w.Header())
	}
}

func TestRender(t *testing.T) {
	hello := templ.ComponentFunc(func(_ context.Context, w io.Writer) error {
		_, err := io.WriteString(w, "台帳")
		return err
	})
	for _, method := range []string{"GET", "HEAD"} {
		w := httptest.NewRecorder()
		if err := Render(w, httptest.NewRequest(method, "/", nil), 422, hello); err != nil {
			t.Fatal(err)
		}
		h := w.Header()
		if w.Code != 422 || h.Get("Content-Length") != "6" || h.Get("Cache-Control") != "no-store" || h.Get("Content-Type") != "text/html; charset=utf-8" {
			t.Errorf("%s: %d %v", method, w.Code, h)
		}
		if want := map[string]string{"GET": "台帳", "HEAD": ""}[method]; w.Body.String() != want {
			t.Errorf("%s: body %q", method, w.Body)
		}
	}
}

func TestRedirectStaysOnTheSite(t *testing.T) {
	for path, ok := range map[string]bool{
		"/": true, "/assets?q=a": true, "/assets/2026-HQ-000012-3": true,
		"": false, "assets": false, "//evil.example": false, "/\\evil.example": false,
		"https://evil.example/": false, "/a\r\nSet-Cookie: x=1": false, "/\t/evil.example": false, "javascript:alert(1)": false,
	} {
		w := httptest.NewRecorder()
		err := Redirect(w, httptest.NewRequest("POST", "/x", nil), path)
		if (err == nil) != ok {
			t.Errorf("%q: %v", path, err)
		}
		if ok && (w.Code != 303 || w.Header().Get("Location") != path) {
			t.Errorf("%q: %d %q", path, w.Code, w.Header().Get("Location"))
		}
		if !ok && w.Header().Get("Location") != "" {
			t.Errorf("%q went to %q", path, w.Header().Get("Location"))
		}
	}
}

func TestRedirectOfAPartTellsHTMX(t *testing.T) {
	r := httptest.NewRequest("POST", "/x", nil)
	r.Header.Set("HX-Request", "true")
	w := httptest.NewRecorder()
	if err := Redirect(w, r, "/approvals"); err != nil || w.Code != 200 || w.Header().Get("HX-Redirect") != "/approvals" {
		t.Errorf("%v %d %v", err, w.Code, w.Header())
	}
}

func TestPaths(t *testing.T) {
	for _, c := range [][2]string{
		{AssetShow("2026-HQ-000012-3"), "/assets/2026-HQ-000012-3"},
		{AssetShow("../admin"), "/assets/..%2Fadmin"},
		{AssetCopy("IS", "2026-HQ-000012-3"), "/assets/new/IS?from=2026-HQ-000012-3"},
		{AssetVersion("n", 3), "/assets/n/history/3"},
		{AssetFile("n", 9), "/assets/n/files/9"},
		{ApprovalShow(7), "/approvals/7"},
		{AssetSearch("さーば &x=1"), "/assets?q=%E3%81%95%E3%83%BC%E3%81%B0+%26x%3D1"},
		{With("/assets?kind=IS&page=2", "page", "", "sort", "-no"), "/assets?kind=IS&sort=-no"},
		{LoginReturn("/assets?q=a"), "/login?next=%2Fassets%3Fq%3Da"},
		{LoginReturn("//evil.example"), "/login"},
		{Title("", "文書管理システム", "資産"), "文書管理システム – 資産 – 情報資産台帳"},
	} {
		if c[0] != c[1] {
			t.Errorf("%q, want %q", c[0], c[1])
		}
	}
}

func TestMarkCurrent(t *testing.T) {
	for path, want := range map[string]string{
		"/": Home, "/assets": Assets, "/assets?q=x": Assets, "/assets/2026-HQ-1": Assets, "/assets/new/IS": AssetNew,
		"/assetsx": "", "/approvals/7": Approvals, "/me": "",
	} {
		var got strings.Builder
		for _, i := range MarkCurrent([]NavItem{{Path: Home}, {Path: Assets}, {Path: AssetNew}, {Path: Approvals, Current: true}}, path) {
			if i.Current {
				got.WriteString(i.Path)
			}
		}
		if got.String() != want {
			t.Errorf("%s: %q, want %q", path, got.String(), want)
		}
	}
}

func TestParseDensity(t *testing.T) {
	for in, want := range map[string]Density{"relaxed": Relaxed, "standard": Standard, "compact": Compact, "": Compact, "x": Compact} {
		if got := ParseDensity(in); got != want {
			t.Errorf("%q: %s", in, got)
		}
	}
	if strings.Contains(Login, "?") {
		t.Error("a path constant has a query")
	}
}

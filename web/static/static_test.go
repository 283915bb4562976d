package static

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"io"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"
)

// Checksums of what others wrote. A new version is taken over by hand, together with its checksum.
const (
	htmxSum   = "a0abb04f2f45a1f89d1d4844023245537e5e6014c87b144553e0607b4cc32130" // htmx.org 4.0.1, dist/htmx.min.js, 0BSD
	tokensSum = "ec3fb5b1e881d1bdf076feff29fe15a32269353c7a9cef40194f1eff0c3d7a90" // @digital-go-jp/design-tokens 1.1.9, dist/tokens.css, MIT
)

func sum(b []byte) string {
	s := sha256.Sum256(b)
	return hex.EncodeToString(s[:])
}

func read(t *testing.T, name string) []byte {
	t.Helper()
	b, err := source.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestVendoredFilesAreUnaltered(t *testing.T) {
	if got := sum(read(t, "js/htmx.min.js")); got != htmxSum {
		t.Errorf("htmx.min.js is not htmx.org 4.0.1: %s", got)
	}
	head, body, ok := bytes.Cut(read(t, "css/00-tokens.css"), []byte(" */\n/**\n"))
	if !ok {
		t.Fatal("00-tokens.css lost its header")
	}
	if got := sum(append([]byte("/**\n"), body...)); got != tokensSum {
		t.Errorf("00-tokens.css is not design-tokens 1.1.9: %s", got)
	}
	for _, want := range []string{"1.1.9", tokensSum, "MIT License", "デジタル庁"} {
		if !bytes.Contains(head, []byte(want)) {
			t.Errorf("header of 00-tokens.css lacks %q", want)
		}
	}
}

// The budget of a first visit: everything that a page links to, as sent.
func TestBudget(t *testing.T) {
	total := 0
	for _, n := range []string{Style, Script, HTMX} {
		f := load().byName[n]
		total += len(f.gzipped)
		t.Logf("%-12s %6d B, %6d B compressed", n, len(f.plain), len(f.gzipped))
	}
	if total > 42*1024 {
		t.Errorf("style and scripts are %d B compressed, more than 42 KB", total)
	}
	if n := len(load().byName[Script].plain); n > 8*1024 {
		t.Errorf("app.js is %d B, more than 8 KB", n)
	}
}

func get(t *testing.T, method, path string, header ...string) *httptest.ResponseRecorder {
	t.Helper()
	r := httptest.NewRequest(method, path, nil)
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	w := httptest.NewRecorder()
	Handler().ServeHTTP(w, r)
	return w
}

func TestHandlerServesForEver(t *testing.T) {
	for _, name := range []string{Style, Script, HTMX, Sprite, Favicon} {
		want := load().byName[name].plain
		for _, accept := range []string{"", "gzip, deflate, br", "gzip;q=0", "br"} {
			res := get(t, "GET", URL(name), "Accept-Encoding", accept)
			body := io.Reader(res.Body)
			if zipped := res.Header().Get("Content-Encoding") == "gzip"; zipped != strings.HasPrefix(accept, "gzip, ") {
				t.Errorf("%s with %q: compressed = %v", name, accept, zipped)
			} else if zipped {
				z, err := gzip.NewReader(body)
				if err != nil {
					t.Fatal(err)
				}
				body = z
			}
			got, err := io.ReadAll(body)
			if err != nil || res.Code != 200 || !bytes.Equal(got, want) {
				t.Errorf("%s with %q: %d, %d bytes, %v", name, accept, res.Code, len(got), err)
			}
			if cc := res.Header().Get("Cache-Control"); !strings.Contains(cc, "immutable") {
				t.Errorf("%s: Cache-Control %q", name, cc)
			}
			if res.Header().Get("Vary") != "Accept-Encoding" || res.Header().Get("Content-Type") == "" {
				t.Errorf("%s: headers %v", name, res.Header())
			}
		}
		res := get(t, "GET", URL(name), "If-None-Match", load().byName[name].etag)
		if res.Code != http.StatusNotModified {
			t.Errorf("%s again: %d", name, res.Code)
		}
	}
}

func TestHandlerRefuses(t *testing.T) {
	stale := strings.Replace(URL(Style), "/static/", "/static/0", 1)
	for _, c := range []struct {
		method, path string
		want         int
	}{
		{"GET", stale, 404},
		{"GET", "/static/app.css", 404},
		{"GET", "/static/../embed.go", 404},
		{"GET", "/static/", 404},
		{"POST", URL(Style), 405},
		{"HEAD", URL(Style), 200},
	} {
		res := get(t, c.method, c.path)
		if res.Code != c.want {
			t.Errorf("%s %s: %d, want %d", c.method, c.path, res.Code, c.want)
		}
		if c.want == 404 && res.Header().Get("Cache-Control") != "no-store" {
			t.Errorf("%s would be kept: %q", c.path, res.Header().Get("Cache-Control"))
		}
	}
}

// Our own files must run under a policy that allows neither eval nor another origin.
func TestOwnFilesKeepToThePolicy(t *testing.T) {
	banned := regexp.MustCompile(`\beval\(|new Function|innerHTML|document\.write|https?://|\.style\b|@import|@layer|@font-face|url\(|import\s`)
	for _, name := range []string{"js/app.js", "css/10-roles.css", "css/20-base.css", "css/30-layout.css", "css/40-form.css", "css/50-table.css", "css/60-chip.css", "css/70-component.css", "css/90-print.css"} {
		if m := banned.FindString(string(read(t, name))); m != "" {
			t.Errorf("%s uses %q", name, m)
		}
	}
}

// Every symbol that a component may name exists; the list of names is what ui.Icon takes.
func TestSpriteIsWellFormed(t *testing.T) {
	ids := regexp.MustCompile(`<symbol id="([a-z-]+)" viewBox="0 0 24 24">`).FindAllStringSubmatch(string(read(t, "icons/sprite.svg")), -1)
	if len(ids) < 40 {
		t.Errorf("only %d icons", len(ids))
	}
	seen := map[string]bool{}
	for _, m := range ids {
		if seen[m[1]] {
			t.Errorf("icon %s twice", m[1])
		}
		seen[m[1]] = true
	}
}

// Package static serves the style sheet, the two scripts and the icons out of the binary, each under
// a URL that carries the hash of its content, so that browsers may keep it for ever. It imports the
// standard library only and knows nothing of pages.
package static

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"fmt"
	"io/fs"
	"net/http"
	"strconv"
	"strings"
	"sync"
)

//go:embed css/*.css js/*.js icons/*.svg
var source embed.FS

// Prefix is the path under which Handler is mounted.
const Prefix = "/static/"

// The names of the files that pages link to.
const (
	Style   = "app.css"     // all of css/*.css in the order of their numbers
	Script  = "app.js"      // our own module
	HTMX    = "htmx.min.js" // htmx core, vendored
	Sprite  = "sprite.svg"  // the icons
	Favicon = "favicon.svg"
)

type file struct {
	url, mediaType, etag string
	plain, gzipped       []byte
}

// shelf holds every file by name and by URL; it is built once, on first use.
type shelf struct {
	byName map[string]*file
	byURL  map[string]*file
}

var load = sync.OnceValue(func() *shelf {
	s := &shelf{byName: map[string]*file{}, byURL: map[string]*file{}}
	s.add(Style, "text/css; charset=utf-8", mustJoin("css/*.css"))
	s.add(Script, "text/javascript; charset=utf-8", mustJoin("js/app.js"))
	s.add(HTMX, "text/javascript; charset=utf-8", mustJoin("js/htmx.min.js"))
	s.add(Sprite, "image/svg+xml", mustJoin("icons/sprite.svg"))
	s.add(Favicon, "image/svg+xml", mustJoin("icons/favicon.svg"))
	return s
})

// mustJoin reads the embedded files that match pattern in name order. The files are part of the
// binary, so a failure is a mistake in this package and cannot be handled by anyone.
func mustJoin(pattern string) []byte {
	names, err := fs.Glob(source, pattern)
	if err != nil || len(names) == 0 {
		panic(fmt.Sprintf("static: nothing matches %s: %v", pattern, err))
	}
	var out bytes.Buffer
	for _, n := range names {
		b, err := source.ReadFile(n)
		if err != nil {
			panic(fmt.Sprintf("static: %v", err))
		}
		out.Write(b)
	}
	return out.Bytes()
}

func (s *shelf) add(name, mediaType string, content []byte) {
	sum := sha256.Sum256(content)
	hash := hex.EncodeToString(sum[:8])
	f := &file{
		url:       Prefix + hash + "/" + name,
		mediaType: mediaType,
		etag:      `"` + hash + `"`,
		plain:     content,
		gzipped:   squeeze(content),
	}
	s.byName[name], s.byURL[f.url] = f, f
}

func squeeze(content []byte) []byte {
	var out bytes.Buffer
	w, err := gzip.NewWriterLevel(&out, gzip.BestCompression)
	if err != nil {
		panic(fmt.Sprintf("static: %v", err))
	}
	if _, err := w.Write(content); err != nil {
		panic(fmt.Sprintf("static: %v", err))
	}
	if err := w.Close(); err != nil {
		panic(fmt.Sprintf("static: %v", err))
	}
	return out.Bytes()
}

// URL returns the path of one of the named files, with its hash. An unknown name panics: names are
// constants of this package and a wrong one is found by the first test that draws a page.
func URL(name string) string {
	f, ok := load().byName[name]
	if !ok {
		panic("static: no file " + name)
	}
	return f.url
}

// Handler serves the files under Prefix. A path whose hash is not the present one is 404 and is not
// to be kept, so that a page from before an update never mixes with files from after it.
func Handler() http.Handler {
	s := load()
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodGet && r.Method != http.MethodHead {
			w.Header().Set("Allow", "GET, HEAD")
			http.Error(w, "method not allowed", http.StatusMethodNotAllowed)
			return
		}
		f, ok := s.byURL[r.URL.Path]
		if !ok {
			w.Header().Set("Cache-Control", "no-store")
			http.NotFound(w, r)
			return
		}
		h := w.Header()
		h.Set("Cache-Control", "public, max-age=31536000, immutable")
		h.Set("Vary", "Accept-Encoding")
		h.Set("ETag", f.etag)
		h.Set("X-Content-Type-Options", "nosniff")
		if strings.Contains(r.Header.Get("If-None-Match"), f.etag) {
			w.WriteHeader(http.StatusNotModified)
			return
		}
		content := f.plain
		if acceptsGzip(r.Header.Get("Accept-Encoding")) {
			h.Set("Content-Encoding", "gzip")
			content = f.gzipped
		}
		h.Set("Content-Type", f.mediaType)
		h.Set("Content-Length", strconv.Itoa(len(content)))
		if r.Method == http.MethodHead {
			return
		}
		// A failed write means that the browser has gone; there is nobody left to tell.
		_, _ = w.Write(content)
	})
}

// acceptsGzip reads an Accept-Encoding header; gzip;q=0 is a refusal (RFC 9110 12.5.3).
func acceptsGzip(header string) bool {
	for part := range strings.SplitSeq(header, ",") {
		name, params, _ := strings.Cut(strings.TrimSpace(part), ";")
		if !strings.EqualFold(strings.TrimSpace(name), "gzip") {
			continue
		}
		q, found := strings.CutPrefix(strings.ReplaceAll(params, " ", ""), "q=")
		if !found {
			return true
		}
		v, err := strconv.ParseFloat(q, 64)
		return err == nil && v > 0
	}
	return false
}

// Content returns the bytes of one of the named files, for tests and tools; it panics like URL.
func Content(name string) []byte {
	f, ok := load().byName[name]
	if !ok {
		panic("static: no file " + name)
	}
	return bytes.Clone(f.plain)
}

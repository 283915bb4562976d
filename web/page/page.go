// Package page is what every handler of the web side shares: the request as a page sees it, drawing
// a component into a response, redirects and the URLs of all screens. It must not import features,
// internal/app or a component package: they import it.
package page

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"

	"daicho/internal/authz"

	"github.com/a-h/templ"
)

// Product is the name of the program on screens and in titles.
const Product = "情報資産台帳"

// Request is what a handler knows about one request beyond net/http: who asks, when, and what the
// shell of the page shows. The server fills it; a handler reads it.
type Request struct {
	Actor    authz.Actor
	Now      time.Time
	ID       string // request id, shown on error pages and in the log
	Path     string // path with query as asked for
	Flash    *Flash // message left by the request before, or nil
	SetFlash func(Flash)
	Nav      []NavItem
	Density  Density
	// MustChange: a password must be chosen before anything else, because somebody else knows this one.
	MustChange bool
	Era        Era
	Shortcuts  bool // single-key shortcuts are on (WCAG 2.1.4: they can be switched off)
	Session    SessionInfo
	Version    string // of the program, for the footer
}

// Handler answers one request or returns an error, which the server turns into a page.
type Handler func(w http.ResponseWriter, r *http.Request, p *Request) error

// Leave keeps a message for the next page that this user sees. Without a session it does nothing.
func (p *Request) Leave(t Tone, title string) {
	if p.SetFlash != nil {
		p.SetFlash(Flash{Tone: t, Title: title})
	}
}

// SessionInfo says how long the session lives if nothing more is asked for; the zero value means
// that nobody is signed in.
type SessionInfo struct {
	Expires time.Time
}

// Tone is the kind of a message to the user.
type Tone string

// The tones.
const (
	Success Tone = "success"
	Error   Tone = "error"
	Warning Tone = "warning"
	Info    Tone = "info"
)

// Flash is a message that one request leaves for the next. It stays until the user moves on.
type Flash struct {
	Tone  Tone
	Title string
	Text  string // more, or empty
	Path  string // page that the message is about, or empty
	Link  string // words of the link to Path
}

// Density is how high the rows of tables are.
type Density string

// The densities: 67, 45 and 30 px a row.
const (
	Relaxed  Density = "relaxed"
	Standard Density = "standard"
	Compact  Density = "compact"
)

// ParseDensity reads a density; anything unknown is Compact, the default of lists.
func ParseDensity(s string) Density {
	switch d := Density(s); d {
	case Relaxed, Standard:
		return d
	}
	return Compact
}

// Era is how dates are shown.
type Era string

// The ways to show dates.
const (
	Wareki  Era = "wareki"  // 令和8年11月23日
	Western Era = "western" // 2026-11-23
)

// NavItem is one line of the navigation on the left.
type NavItem struct {
	Label   string
	Path    string
	Icon    string // name in the sprite
	Group   string // heading above the first item of a group, or empty
	Count   int    // shown when positive
	Quiet   bool   // the count is information, not work waiting
	Current bool
}

// MarkCurrent marks the item to which path belongs: the one with the longest path that is path
// itself or a folder above it. The home page belongs to itself only.
func MarkCurrent(items []NavItem, path string) []NavItem {
	path, _, _ = strings.Cut(path, "?")
	best, length := -1, 0
	for i := range items {
		items[i].Current = false
		p := items[i].Path
		inside := path == p || p != Home && strings.HasPrefix(path, p+"/")
		if inside && len(p) > length {
			best, length = i, len(p)
		}
	}
	if best >= 0 {
		items[best].Current = true
	}
	return items
}

// Title joins the parts of a page's title, most particular first: 「名称 – 資産 – 情報資産台帳」.
func Title(parts ...string) string {
	var kept []string
	for _, p := range parts {
		if p != "" {
			kept = append(kept, p)
		}
	}
	return strings.Join(append(kept, Product), " – ")
}

// drawn holds the memory of pages between requests: a list takes 100 KB, and growing that anew for
// each reader is a good part of what a page costs. What is much larger is not kept.
var drawn = sync.Pool{New: func() any { return new(bytes.Buffer) }}

const keptPage = 1 << 20

// Render draws the component into memory and then sends it with the status. When drawing fails,
// nothing has been sent, and the error it returns lets the server answer with a clean 500.
func Render(w http.ResponseWriter, r *http.Request, status int, c templ.Component) error {
	out := drawn.Get().(*bytes.Buffer)
	out.Reset()
	defer func() {
		if out.Cap() <= keptPage {
			drawn.Put(out)
		}
	}()
	if err := c.Render(r.Context(), out); err != nil {
		return fmt.Errorf("draw %s: %w", r.URL.Path, err)
	}
	h := w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Content-Length", strconv.Itoa(out.Len()))
	h.Add("Vary", "HX-Request")
	if h.Get("Cache-Control") == "" {
		h.Set("Cache-Control", "no-store")
	}
	w.WriteHeader(status)
	if r.Method == http.MethodHead {
		return nil
	}
	// A failed write means that the browser has gone; an error page could not reach it either.
	_, _ = out.WriteTo(w)
	return nil
}

// Partial reports whether htmx asks for a part of a page, not for the whole.
func Partial(r *http.Request) bool {
	return r.Header.Get("HX-Request") == "true" && r.Header.Get("HX-Request-Type") != "full"
}

var errNotLocal = errors.New("redirect leaves the site")

// Redirect sends the browser to a page of ours by GET (303), also when htmx asked. It returns an
// error for anything but a path on this site: a return path may come from the address bar.
func Redirect(w http.ResponseWriter, r *http.Request, path string) error {
	if !Local(path) {
		return fmt.Errorf("%w: %q", errNotLocal, path)
	}
	w.Header().Set("Cache-Control", "no-store")
	if r.Header.Get("HX-Request") == "true" {
		w.Header().Set("HX-Redirect", path)
		w.WriteHeader(http.StatusOK)
		return nil
	}
	http.Redirect(w, r, path, http.StatusSeeOther)
	return nil
}

// Local reports whether a path surely stays on this site: one slash at the start, and nothing that
// a browser would take for another host (//, /\) or drop (control characters).
func Local(path string) bool {
	if !strings.HasPrefix(path, "/") || len(path) > 1 && (path[1] == '/' || path[1] == '\\') {
		return false
	}
	return !strings.ContainsFunc(path, func(c rune) bool { return c < ' ' || c == 0x7f || c == '\\' })
}

// Begin says what file is offered and returns where it goes. It is called once, when everything is known
// that stands ahead of the first byte.
type Begin func(name string, rows int) io.Writer

// Download sends a file as it is made. Once the first byte is out an error can only break the
// connection off, which every browser shows as a failed download: half a list must not look like a
// whole one.
func Download(w http.ResponseWriter, send func(Begin) error) error {
	begun := false
	err := send(func(name string, rows int) io.Writer {
		begun = true
		h := w.Header()
		h.Set("Content-Type", "text/csv; charset=utf-8; header=present")
		if strings.HasSuffix(name, ".xlsx") {
			h.Set("Content-Type", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet")
		}
		h.Set("Content-Disposition", mime.FormatMediaType("attachment", map[string]string{"filename": name}))
		h.Set("Cache-Control", "no-store")
		h.Set("X-Ledger-Rows", strconv.Itoa(rows))
		return w
	})
	if err != nil && begun {
		panic(http.ErrAbortHandler)
	}
	return err
}

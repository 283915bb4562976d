// Package server turns requests into calls of the web packages: the URL table, the middleware, the
// session, the answer to every error, health and metrics. It knows no feature: what a page shows is
// the business of web/*. It must not import internal/postgres beyond the session store, nor pgx.
package server

import (
	"context"
	"log/slog"
	"net/http"
	"net/netip"
	"sync/atomic"
	"time"

	"github.com/alexedwards/scs/v2"
	"github.com/go-chi/chi/v5"
	chimiddleware "github.com/go-chi/chi/v5/middleware"

	"daicho/internal/app"
	"daicho/internal/errs"
	"daicho/web/page"
	"daicho/web/static"
)

// Options say how a Server runs.
type Options struct {
	App   *app.App
	Store scs.CtxStore // of sessions
	Log   *slog.Logger // nil = slog.Default
	Now   func() time.Time
	// Idle and Absolute end a session: without a request for so long, and so long after signing in
	// whatever happens. 0 means 30 minutes and 10 hours.
	Idle, Absolute time.Duration
	// Secure says that browsers reach us by HTTPS only: cookies are Secure and HSTS is sent.
	Secure bool
	// Proxies are the networks of reverse proxies whose X-Forwarded-For is believed.
	Proxies []netip.Prefix
	Version string
	// Extra routes stand beside the table; only tests use them.
	Extra []page.Route
}

// MaxForm is the greatest body of a form in bytes, for routes that name no limit of their own.
const MaxForm = 2 << 20

// Times that a request may take. The server of net/http has longer ones of its own as a last line.
const (
	formTime = 30 * time.Second
	longTime = 10 * time.Minute
)

// Server answers requests.
type Server struct {
	o        Options
	log      *slog.Logger
	sessions *scs.SessionManager
	metrics  *Metrics
	handler  http.Handler
	table    []page.Route
	draining atomic.Bool
}

// New builds the whole handler.
func New(o Options) *Server {
	if o.Log == nil {
		o.Log = slog.Default()
	}
	if o.Idle == 0 {
		o.Idle = 30 * time.Minute
	}
	if o.Absolute == 0 {
		o.Absolute = 10 * time.Hour
	}
	s := &Server{o: o, log: o.Log, metrics: newMetrics()}
	s.sessions = s.newSessions()
	s.table = append(Routes(o.App, s.keeper()), o.Extra...)
	s.handler = s.build()
	return s
}

// ServeHTTP answers one request.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) { s.handler.ServeHTTP(w, r) }

// Table is the URL table, for tests and documentation.
func (s *Server) Table() []page.Route { return s.table }

// Metrics are the figures of this server, for the metrics listener.
func (s *Server) Metrics() *Metrics { return s.metrics }

// Drain makes /readyz fail, so that a balancer sends no more requests; running ones go on.
func (s *Server) Drain() { s.draining.Store(true) }

// build stacks the middleware, outermost first.
func (s *Server) build() http.Handler {
	r := chi.NewRouter()
	r.Use(s.requestID, s.clientAddress(), s.access, s.recoverer, s.headers)
	r.Get("/healthz", func(w http.ResponseWriter, _ *http.Request) { plain(w, http.StatusOK, "ok") })
	r.Get("/readyz", s.ready)
	r.Handle(static.Prefix+"*", named("static", static.Handler()))
	r.Group(func(r chi.Router) {
		r.Use(s.sameOrigin, s.session)
		for _, route := range s.table {
			h := s.route(route)
			r.Method(route.Method, route.Pattern, h)
			if route.Method == http.MethodGet {
				r.Method(http.MethodHead, route.Pattern, h)
			}
		}
	})
	// chi runs these outside of the group, but a signed-in user should keep the navigation.
	r.NotFound(s.session(http.HandlerFunc(s.notFound)).ServeHTTP)
	r.MethodNotAllowed(s.session(http.HandlerFunc(s.notAllowed)).ServeHTTP)
	return r
}

// clientAddress finds out who asks: the peer, or what a trusted proxy says.
func (s *Server) clientAddress() func(http.Handler) http.Handler {
	if len(s.o.Proxies) == 0 {
		return chimiddleware.ClientIPFromRemoteAddr
	}
	var nets []string
	for _, p := range s.o.Proxies {
		nets = append(nets, p.String())
	}
	return chimiddleware.ClientIPFromXFF(nets...)
}

func (s *Server) ready(w http.ResponseWriter, r *http.Request) {
	ctx, cancel := context.WithTimeout(r.Context(), 2*time.Second)
	defer cancel()
	if s.draining.Load() {
		plain(w, http.StatusServiceUnavailable, "stopping")
		return
	}
	if err := s.o.App.Ready(ctx); err != nil {
		s.log.WarnContext(r.Context(), "not ready", "err", err)
		plain(w, http.StatusServiceUnavailable, "database")
		return
	}
	plain(w, http.StatusOK, "ready")
}

func plain(w http.ResponseWriter, status int, text string) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	_, _ = w.Write([]byte(text + "\n")) // a failed write means that the caller has gone
}

func (s *Server) notFound(w http.ResponseWriter, r *http.Request) {
	if p := r.URL.Path; len(p) > 1 && p[len(p)-1] == '/' && r.Method == http.MethodGet && page.Local(p[:len(p)-1]) {
		to := p[:len(p)-1]
		if r.URL.RawQuery != "" {
			to += "?" + r.URL.RawQuery
		}
		http.Redirect(w, r, to, http.StatusMovedPermanently) //nolint:gosec // page.Local: a path of this program
		return
	}
	s.fail(w, r, s.request(r), "", errs.New(errs.NotFound, "route", ""))
}

func (s *Server) notAllowed(w http.ResponseWriter, r *http.Request) {
	s.fail(w, r, s.request(r), "", errNotAllowed)
}

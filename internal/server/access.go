package server

import (
	"log/slog"
	"net/http"

	chimiddleware "github.com/go-chi/chi/v5/middleware"
)

// access writes one line per request and counts it. The query is left out: search terms name people.
func (s *Server) access(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		start := s.o.Now()
		ww := chimiddleware.NewWrapResponseWriter(w, r.ProtoMajor)
		s.metrics.running.Inc()
		defer func() {
			s.metrics.running.Dec()
			i := infoOf(r.Context())
			status := ww.Status()
			if status == 0 {
				status = http.StatusOK
			}
			took := s.o.Now().Sub(start)
			s.metrics.observe(r.Method, i.route, status, took)
			level := slog.LevelInfo
			switch {
			case status >= 500:
				level = slog.LevelError
			case i.route == "static", r.URL.Path == "/healthz", r.URL.Path == "/readyz":
				level = slog.LevelDebug
			}
			attrs := []any{
				"id", i.id, "method", r.Method, "path", r.URL.Path, "route", i.route, "status", status,
				"bytes", ww.BytesWritten(), "ms", float64(took.Microseconds()) / 1000,
				"address", chimiddleware.GetClientIP(r.Context()), "account", i.account,
			}
			if i.failed != nil {
				attrs = append(attrs, "err", i.failed.Error())
			}
			s.log.Log(r.Context(), level, "request", attrs...)
		}()
		next.ServeHTTP(ww, r)
	})
}

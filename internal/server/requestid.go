package server

import (
	"context"
	"crypto/rand"
	"net/http"
	"strings"
)

// info is what the layers of one request tell each other for its line in the log.
type info struct {
	id      string
	route   string // pattern of the URL table
	account int64
	failed  error // what the answer does not say
}

type infoKey struct{}

// infoOf returns the record of the request; outside of one it returns an empty record.
func infoOf(ctx context.Context) *info {
	if i, ok := ctx.Value(infoKey{}).(*info); ok {
		return i
	}
	return &info{}
}

// requestID gives every request a number of its own, which stands in the log, in the acts, in the
// answer's headers and on error pages. One that the client sends is not taken.
func (s *Server) requestID(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		i := &info{id: strings.ToLower(rand.Text()[:12])}
		w.Header().Set("X-Request-Id", i.id)
		next.ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), infoKey{}, i)))
	})
}

// named gives a handler outside of the URL table its name in log and metrics.
func named(route string, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		infoOf(r.Context()).route = route
		next.ServeHTTP(w, r)
	})
}

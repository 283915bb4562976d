package server

import (
	"errors"
	"fmt"
	"net/http"
	"runtime/debug"
)

// recoverer turns a panic into a logged error and a 500 page, if nothing has been sent yet. The
// panic that net/http uses to drop a connection goes on.
func (s *Server) recoverer(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		defer func() {
			v := recover()
			if v == nil {
				return
			}
			if err, ok := v.(error); ok && errors.Is(err, http.ErrAbortHandler) {
				panic(v)
			}
			i := infoOf(r.Context())
			s.log.ErrorContext(r.Context(), "panic", "id", i.id, "route", i.route, "panic", fmt.Sprint(v), "stack", string(debug.Stack()))
			s.fail(w, r, nil, "", fmt.Errorf("panic: %v", v))
		}()
		next.ServeHTTP(w, r)
	})
}

package server

import (
	"net/http"

	"daicho/internal/errs"
)

var errCrossSite = errs.New(errs.Forbidden, "cross_site", "ほかのサイトから送られた操作なので、受け付けませんでした。")

// sameOrigin refuses requests that change something and come from another site (CSRF), by the
// headers that browsers set themselves. There is no list of exceptions.
func (s *Server) sameOrigin(next http.Handler) http.Handler {
	c := http.NewCrossOriginProtection()
	c.SetDenyHandler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		infoOf(r.Context()).route = "cross-site"
		s.fail(w, r, nil, "", errCrossSite)
	}))
	return c.Handler(next)
}

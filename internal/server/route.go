package server

import (
	"context"
	"mime"
	"net/http"
	"strings"

	"daicho/internal/authz"
	"daicho/internal/errs"
	"daicho/web/page"
)

// route answers one line of the URL table: bounds, then who may, then the handler.
func (s *Server) route(rt page.Route) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		infoOf(r.Context()).route = rt.Pattern
		limit := formTime
		if rt.Long || rt.Body > 0 {
			limit = longTime
			c := http.NewResponseController(w)
			end := s.o.Now().Add(longTime)
			// A writer that cannot move its deadline keeps the server's own.
			_, _ = c.SetReadDeadline(end), c.SetWriteDeadline(end)
		}
		ctx, cancel := context.WithTimeout(r.Context(), limit)
		defer cancel()
		r = r.WithContext(ctx)
		p := s.request(r)
		if err := s.admit(r, p, rt); err != nil {
			s.fail(w, r, p, rt.Action, err)
			return
		}
		if err := s.read(w, r, rt); err != nil {
			s.fail(w, r, p, rt.Action, err)
			return
		}
		if err := rt.Handler(w, r, p); err != nil {
			s.fail(w, r, p, rt.Action, err)
		}
	})
}

// passwordFirst are the paths that stay open to somebody who must choose a password.
var passwordFirst = []string{page.MePassword, page.Logout, page.SessionExtend, page.Help}

// admit asks the policy. The use cases ask it again: a route with the wrong action opens nothing.
func (s *Server) admit(r *http.Request, p *page.Request, rt page.Route) error {
	if _, err := authz.Permit(p.Actor, rt.Action); err != nil {
		return err
	}
	if !viewerOf(r.Context()).MustChange {
		return nil
	}
	for _, open := range passwordFirst {
		if r.URL.Path == open || strings.HasPrefix(r.URL.Path, open+"/") {
			return nil
		}
	}
	return errMustChange
}

// read bounds the body and parses the form of an ordinary POST, so that no handler forgets either.
func (s *Server) read(w http.ResponseWriter, r *http.Request, rt page.Route) error {
	if rt.Body > 0 {
		r.Body = http.MaxBytesReader(w, r.Body, rt.Body)
		return nil
	}
	r.Body = http.MaxBytesReader(w, r.Body, MaxForm)
	if r.Method != http.MethodPost {
		return nil
	}
	// Any other body would be read as a form without a field, and an empty form is a deed too.
	if sort, _, err := mime.ParseMediaType(r.Header.Get("Content-Type")); r.ContentLength != 0 && (err != nil || sort != "application/x-www-form-urlencoded") {
		return errs.Wrap(errs.Invalid, "form.type", errBadForm)
	}
	if err := r.ParseForm(); err != nil {
		return errs.Wrap(errs.Invalid, "form.parse", err)
	}
	return nil
}

// request is what the handler gets to know.
func (s *Server) request(r *http.Request) *page.Request {
	ctx := r.Context()
	v := viewerOf(ctx)
	p := &page.Request{
		Actor: v.Actor, Now: s.o.Now(), ID: infoOf(ctx).id, Path: r.URL.RequestURI(),
		Density: page.ParseDensity(v.Density), Era: page.Wareki, Shortcuts: v.Shortcuts, MustChange: v.MustChange, Version: s.o.Version,
	}
	if !v.Actor.Known() {
		p.Actor = authz.Actor{Channel: "web", Auth: "none", RequestID: p.ID}
		return p
	}
	p.Session.Expires = s.expiry(ctx)
	p.SetFlash = func(f page.Flash) { s.leaveFlash(ctx, f) }
	if page.Partial(r) || r.Header.Get("X-Requested-By") != "" {
		return p // a part of a page, or a script that keeps a draft
	}
	// A form that is refused is drawn again as a whole page, so a POST needs the navigation too.
	p.Nav = page.MarkCurrent(s.nav(ctx, v), p.Path)
	if r.Method == http.MethodGet {
		p.Flash = s.takeFlash(ctx)
	}
	return p
}

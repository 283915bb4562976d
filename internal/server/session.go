package server

import (
	"context"
	"encoding/json"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/alexedwards/scs/v2"
	chimiddleware "github.com/go-chi/chi/v5/middleware"

	"daicho/internal/account"
	"daicho/internal/app"
	"daicho/internal/errs"
	accountpage "daicho/web/account"
	"daicho/web/page"
)

// The names of the session cookie. The prefix makes browsers refuse one that is not Secure, names a
// domain or another path (RFC 6265bis); it needs HTTPS, so plain HTTP on this machine goes without.
const (
	secureCookie = "__Host-daicho"
	plainCookie  = "daicho"
)

const flashKey = "flash"

func (s *Server) newSessions() *scs.SessionManager {
	m := scs.New()
	m.Store = s.o.Store
	m.Codec = account.SessionCodec{}
	m.HashTokenInStore = true // a stolen backup opens no session
	m.IdleTimeout = s.o.Idle
	m.Lifetime = s.o.Absolute
	m.Cookie.Name = plainCookie
	if s.o.Secure {
		m.Cookie.Name = secureCookie
	}
	m.Cookie.Secure = s.o.Secure
	m.Cookie.HttpOnly = true
	m.Cookie.SameSite = http.SameSiteLaxMode
	m.Cookie.Persist = false // ends with the browser
	m.ErrorFunc = func(_ http.ResponseWriter, r *http.Request, err error) {
		// The answer is on its way; what is lost is one step of the idle limit or a message.
		s.log.WarnContext(r.Context(), "session not saved", "id", infoOf(r.Context()).id, "err", err)
	}
	return m
}

type viewerKey struct{}

// viewerOf returns whose request it is; the zero Viewer when nobody is signed in.
func viewerOf(ctx context.Context) app.Viewer {
	v, _ := ctx.Value(viewerKey{}).(app.Viewer)
	return v
}

// session finds out who asks, from the database at every request: what was revoked or ended a
// moment ago is over.
func (s *Server) session(next http.Handler) http.Handler {
	inner := s.sessions.LoadAndSave(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		v, err := s.viewer(r.Context())
		if err != nil {
			s.fail(w, r, nil, "", err)
			return
		}
		infoOf(r.Context()).account = v.Actor.Account
		r = r.WithContext(context.WithValue(r.Context(), viewerKey{}, v))
		if v.Actor.Known() {
			w.Header().Set("Session-Left", strconv.Itoa(int(s.expiry(r.Context()).Sub(s.o.Now()).Seconds())))
		}
		next.ServeHTTP(w, r)
	}))
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		token := ""
		if c, err := r.Cookie(s.sessions.Cookie.Name); err == nil {
			token = c.Value
		}
		ctx, end := s.o.App.Visit(r.Context(), r.Method == http.MethodGet || r.Method == http.MethodHead)
		defer end()
		ctx, err := s.sessions.Load(ctx, token)
		if err != nil {
			s.fail(w, r, nil, "", err)
			return
		}
		inner.ServeHTTP(&answer{w, end}, r.WithContext(ctx))
	})
}

// answer ends the visit of a request when the page is known: nothing of the database is held while it
// goes out to a slow reader.
type answer struct {
	http.ResponseWriter
	end func()
}

func (a *answer) WriteHeader(status int) {
	a.end()
	a.ResponseWriter.WriteHeader(status)
}

func (a *answer) Write(b []byte) (int, error) {
	a.end()
	return a.ResponseWriter.Write(b)
}

// Unwrap lets http.ResponseController through.
func (a *answer) Unwrap() http.ResponseWriter { return a.ResponseWriter }

func (s *Server) viewer(ctx context.Context) (app.Viewer, error) {
	text := s.sessions.GetString(ctx, account.SessionAccount)
	if text == "" {
		return app.Viewer{}, nil
	}
	id, err := strconv.ParseInt(text, 10, 64)
	if err != nil {
		return app.Viewer{}, err
	}
	v, err := s.o.App.Viewer(ctx, id)
	if errs.Is(err, errs.Unauthenticated) {
		return app.Viewer{}, s.sessions.Destroy(ctx)
	}
	v.Actor.Auth, v.Actor.Channel, v.Actor.RequestID = "password", "web", infoOf(ctx).id
	return v, err
}

// expiry is when the session ends if nothing more is asked for.
func (s *Server) expiry(ctx context.Context) time.Time {
	now, stored := s.o.Now(), viewerOf(ctx).Ends
	next := now.Add(s.o.Idle)
	if end := s.sessions.Deadline(ctx); end.Before(next) {
		next = end
	}
	if !stored.IsZero() && !account.SessionMoves(stored, next, now) {
		return stored
	}
	return next
}

// keeper is what the pages about signing in may do with the session of the request.
func (s *Server) keeper() accountpage.Keeper {
	return accountpage.Keeper{
		Begin: func(r *http.Request, id int64) error {
			ctx := r.Context()
			if err := s.sessions.Clear(ctx); err != nil {
				return err
			}
			s.sessions.Put(ctx, account.SessionAccount, strconv.FormatInt(id, 10))
			s.sessions.Put(ctx, account.SessionAddress, chimiddleware.GetClientIP(ctx))
			s.sessions.Put(ctx, account.SessionAgent, agent(r.UserAgent()))
			return s.renew(ctx)
		},
		Renew:   func(r *http.Request) error { return s.renew(r.Context()) },
		End:     func(r *http.Request) error { return s.sessions.Destroy(r.Context()) },
		Current: func(r *http.Request) string { return account.SessionID(s.sessions.Token(r.Context())) },
		Address: func(r *http.Request) string { return chimiddleware.GetClientIP(r.Context()) },
	}
}

// renew gives the session another token, so that one known before means nothing after, and stores
// it now: an error must reach the user, not the log.
func (s *Server) renew(ctx context.Context) error {
	if err := s.sessions.RenewToken(ctx); err != nil {
		return err
	}
	s.sessions.Put(ctx, account.SessionFresh, "1")
	_, _, err := s.sessions.Commit(ctx)
	s.sessions.Remove(ctx, account.SessionFresh)
	return err
}

// agent is the name of a browser for the list of sessions: short and printable.
func agent(s string) string {
	s = strings.Map(func(r rune) rune {
		if r < ' ' || r > '~' {
			return -1
		}
		return r
	}, s)
	return s[:min(len(s), 200)]
}

// takeFlash returns the message that the request before has left, once.
func (s *Server) takeFlash(ctx context.Context) *page.Flash {
	text := s.sessions.PopString(ctx, flashKey)
	var f page.Flash
	if text == "" || json.Unmarshal([]byte(text), &f) != nil {
		return nil
	}
	return &f
}

func (s *Server) leaveFlash(ctx context.Context, f page.Flash) {
	if b, err := json.Marshal(f); err == nil { // a struct of strings always is
		s.sessions.Put(ctx, flashKey, string(b))
	}
}

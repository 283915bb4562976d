package server

import (
	"cmp"
	"context"
	"errors"
	"net/http"
	"strings"
	"time"

	"daicho/internal/authz"
	"daicho/internal/errs"
	"daicho/web/layout"
	"daicho/web/page"
)

var (
	errNotAllowed = errors.New("method not allowed")
	errBadForm    = errors.New("this address takes an ordinary form only")
	errMustChange = errors.New("a password must be chosen first")
)

// statusGone stands in the log for a browser that did not wait for the answer.
const statusGone = 499

// fail is the one place where an error becomes an answer: a page that says what happened, what to
// do next and under which number it is logged. What the error says in English stays in the log.
func (s *Server) fail(w http.ResponseWriter, r *http.Request, p *page.Request, action authz.Action, err error) {
	i := infoOf(r.Context())
	i.failed = err
	if sent(w) {
		// Half an answer is gone. Breaking the connection is the only way to say that it is wrong.
		s.log.ErrorContext(r.Context(), "answer broken off", "id", i.id, "route", i.route, "err", err)
		panic(http.ErrAbortHandler)
	}
	if errors.Is(r.Context().Err(), context.Canceled) {
		w.WriteHeader(statusGone)
		return
	}
	if errors.Is(err, errMustChange) {
		p.Leave(page.Info, "はじめに、自分のパスワードを決めてください。")
		s.redirect(w, r, page.MePassword)
		return
	}
	if errs.Is(err, errs.Unauthenticated) {
		s.toLogin(w, r)
		return
	}
	problem := problemOf(err)
	problem.RequestID = i.id
	if problem.Status == http.StatusForbidden && p != nil && p.Actor.Known() && action != "" {
		s.noteRefusal(r, p.Actor, action, err)
	}
	if problem.Status == http.StatusServiceUnavailable {
		w.Header().Set("Retry-After", "5")
	}
	if problem.Status >= 500 {
		s.log.ErrorContext(r.Context(), "failed", "id", i.id, "route", i.route, "status", problem.Status, "err", err)
	}
	s.answer(w, r, p, problem)
}

func (s *Server) answer(w http.ResponseWriter, r *http.Request, p *page.Request, problem layout.Problem) {
	w.Header().Set("Cache-Control", "no-store")
	c := layout.ErrorPage(problem)
	if problem.Status == http.StatusNotFound && p != nil && !p.Actor.Known() { // the bare page has no search field
		problem.Next, problem.Back, problem.BackText = []string{"アドレスを確かめてください。", "ログインしてから、もう一度開いてください。"}, page.Login, "ログインへ"
		c = layout.ErrorPage(problem)
	}
	if p != nil && p.Actor.Known() {
		if p.Nav == nil {
			p.Nav = s.nav(r.Context(), viewerOf(r.Context()))
		}
		c = layout.ErrorShell(p, problem)
	}
	if err := page.Render(w, r, problem.Status, c); err != nil {
		s.log.ErrorContext(r.Context(), "error page", "id", problem.RequestID, "err", err)
		plain(w, problem.Status, problem.Title+" "+problem.RequestID)
	}
}

// sent reports whether a part of the answer has gone out.
func sent(w http.ResponseWriter) bool {
	for {
		switch x := w.(type) {
		case interface{ Status() int }:
			return x.Status() != 0
		case interface{ Unwrap() http.ResponseWriter }:
			w = x.Unwrap()
		default:
			return false
		}
	}
}

func (s *Server) redirect(w http.ResponseWriter, r *http.Request, path string) {
	if err := page.Redirect(w, r, path); err != nil {
		s.log.ErrorContext(r.Context(), "redirect", "id", infoOf(r.Context()).id, "err", err)
		plain(w, http.StatusInternalServerError, "error")
	}
}

// toLogin sends somebody who is not signed in to the sign-in page, and afterwards back to the page
// that they wanted or, when they sent a form, to the page that the form stood on. A script that
// saves in the background is told plainly, so that the page can say so and keep what was typed.
func (s *Server) toLogin(w http.ResponseWriter, r *http.Request) {
	if r.Header.Get("X-Requested-By") != "" {
		plain(w, http.StatusUnauthorized, "signed out")
		return
	}
	back := r.URL.RequestURI()
	if r.Method != http.MethodGet {
		back = refererPath(r)
	}
	s.redirect(w, r, page.LoginReturn(back))
}

func refererPath(r *http.Request) string {
	ref := r.Referer()
	for _, scheme := range []string{"https://", "http://"} {
		if path, ok := strings.CutPrefix(ref, scheme+r.Host); ok && page.Local(path) {
			return path
		}
	}
	return page.Home
}

// noteRefusal writes the act. The refusal stands, whether or not it can be written.
func (s *Server) noteRefusal(r *http.Request, actor authz.Actor, action authz.Action, err error) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(r.Context()), 5*time.Second)
	defer cancel()
	if err := s.o.App.Refused(ctx, actor, action, errs.CodeOf(err), r.Method+" "+r.URL.Path); err != nil {
		s.log.ErrorContext(ctx, "refusal not recorded", "id", infoOf(ctx).id, "err", err)
	}
}

// problemOf says what an error is to the user.
func problemOf(err error) layout.Problem {
	var tooLarge *http.MaxBytesError
	message := errs.MessageOf(err)
	switch {
	case errors.As(err, &tooLarge):
		return layout.Problem{Status: http.StatusRequestEntityTooLarge, Title: "送られた内容が大きすぎます",
			Text: "一度に送れる大きさを超えたため、受け付けませんでした。何も変わっていません。",
			Next: []string{"添付は1つ20MBまでです。文章が長いときは短くしてください。", "前の画面に戻ると、入力した内容が残っています。"}}
	case errors.Is(err, errNotAllowed):
		return layout.Problem{Status: http.StatusMethodNotAllowed, Title: "この開き方はできません",
			Text: "このアドレスは、画面のボタンから送ったときだけ働きます。", Next: []string{"ホームから、目的の画面を開き直してください。"}}
	case errors.Is(err, context.DeadlineExceeded), errors.Is(err, context.Canceled):
		return busy
	}
	switch errs.KindOf(err) {
	case errs.NotFound:
		return layout.Problem{Status: http.StatusNotFound, Title: "ページが見つかりません", Text: cmp.Or(message, "このアドレスのページはないか、ご覧になれる範囲の外にあります。"),
			Next: []string{"アドレスを確かめてください。管理番号の一部が欠けていることがあります。", "上の検索欄に、名称や管理番号を入れて探してください。", "見られるはずのものが見られないときは、所属の情報セキュリティ管理者に確かめてください。"}}
	case errs.Forbidden:
		return layout.Problem{Status: http.StatusForbidden, Title: "この操作はできません", Text: cmp.Or(message, "いまの職では、この操作は行えません。"),
			Next: []string{"異動や併任で職が変わったときは、補職の登録をシステム管理者に確かめてください。", "行える人に依頼してください。"}}
	case errs.Stale:
		return layout.Problem{Status: http.StatusConflict, Title: "ほかの人が先に変えました", Text: cmp.Or(message, "画面を開いている間に、同じものが変えられました。あなたの操作は反映していません。"),
			Next: []string{"前の画面を開き直して、いまの内容を確かめてください。", "そのうえで、もう一度操作してください。"}}
	case errs.Conflict:
		return layout.Problem{Status: http.StatusConflict, Title: "いまはこの操作ができません", Text: cmp.Or(message, "ほかの処理と重なったか、状態が変わっています。あなたの操作は反映していません。"),
			Next: []string{"前の画面を開き直して、いまの状態を確かめてください。"}}
	case errs.Invalid:
		return layout.Problem{Status: http.StatusUnprocessableEntity, Title: "内容を確かめてください", Text: cmp.Or(message, "送られた内容を読み取れませんでした。何も変わっていません。"),
			Next: []string{"前の画面に戻り、内容を直してから、もう一度送ってください。"}}
	case errs.Busy:
		return busy
	}
	return layout.Problem{Status: http.StatusInternalServerError, Title: "処理の途中で問題が起きました",
		Text: "こちら側の問題です。操作が反映したかどうかは、一覧や申請の画面で確かめてください。",
		Next: []string{"少し待って、もう一度操作してください。", "続くときは、下のお問い合わせ番号をシステム管理者に伝えてください。"}}
}

var busy = layout.Problem{Status: http.StatusServiceUnavailable, Title: "ただいま混み合っています",
	Text: "処理が集中しているか、データベースに接続できません。操作は反映していません。",
	Next: []string{"少し待って、画面を開き直してください。", "数分たっても続くときは、下のお問い合わせ番号をシステム管理者に伝えてください。"}}

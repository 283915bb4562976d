package account

import (
	"net/http"
	"strings"

	"daicho/internal/app"
	"daicho/internal/jpdate"
	"daicho/web/page"
)

// sessionRow is one signed-in browser in words.
type sessionRow struct {
	ID, Browser, Address, Since, Seen, Ends string
	Current                                 bool
}

func (h pages) sessions(w http.ResponseWriter, r *http.Request, p *page.Request) error {
	list, err := h.app.Sessions(r.Context(), p.Actor)
	if err != nil {
		return err
	}
	return page.Render(w, r, http.StatusOK, sessionsPage(p, sessionRows(list, h.keep.Current(r))))
}

func sessionRows(list []app.Session, current string) []sessionRow {
	var out []sessionRow
	for _, s := range list {
		out = append(out, sessionRow{
			ID: s.ID, Browser: Browser(s.Agent), Address: s.Address, Since: jpdate.FormatTime(s.CreatedAt),
			Seen: jpdate.FormatTime(s.SeenAt), Ends: jpdate.FormatTime(s.ExpiresAt), Current: s.ID == current,
		})
	}
	return out
}

// Browser names a browser and a system from its User-Agent, roughly, for people who recognise their
// own machine.
func Browser(agent string) string {
	name := "不明なブラウザ"
	for _, b := range [][2]string{{"Edg/", "Edge"}, {"Firefox/", "Firefox"}, {"Chrome/", "Chrome"}, {"Safari/", "Safari"}} {
		if strings.Contains(agent, b[0]) {
			name = b[1]
			break
		}
	}
	for _, o := range [][2]string{{"Windows", "Windows"}, {"Android", "Android"}, {"iPhone", "iPhone"}, {"iPad", "iPad"}, {"Mac OS", "macOS"}, {"Linux", "Linux"}} {
		if strings.Contains(agent, o[0]) {
			return name + "（" + o[1] + "）"
		}
	}
	return name
}

func (h pages) revoke(w http.ResponseWriter, r *http.Request, p *page.Request) error {
	id := r.PathValue("id")
	if err := h.app.RevokeSession(r.Context(), p.Actor, id); err != nil {
		return err
	}
	if id == h.keep.Current(r) {
		if err := h.keep.End(r); err != nil {
			return err
		}
		return page.Redirect(w, r, page.With(page.Login, "out", "1"))
	}
	p.Leave(page.Success, "接続を切りました。その端末は、もう一度ログインが必要です。")
	return page.Redirect(w, r, page.MeSessions)
}

func (h pages) revokeOthers(w http.ResponseWriter, r *http.Request, p *page.Request) error {
	if err := h.app.RevokeOtherSessions(r.Context(), p.Actor, h.keep.Current(r)); err != nil {
		return err
	}
	p.Leave(page.Success, "この端末のほかの接続をすべて切りました。")
	return page.Redirect(w, r, page.MeSessions)
}

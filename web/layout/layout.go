// Package layout draws what stands around the content of a page: the shell with header, navigation
// and footer, the bare shell for signing in and for errors, and the shell for paper. It imports page
// for the request and ui for components, and must not import features or internal/app.
package layout

import (
	"time"

	"daicho/internal/jpdate"
	"daicho/web/page"
	"daicho/web/ui"
)

// View is what a page tells its shell.
type View struct {
	Title  string     // parts before the product's name, joined by page.Title; 「エラー：」 is put before it when Failed
	Crumbs []ui.Crumb // path to the page
	Failed bool       // the form was refused: the title says so first (WCAG 3.3.1)
	Query  string     // what the search field of the header shows
	Dense  bool       // the page is a list: rows as high as the user's setting says; else standard
}

func (v View) title() string {
	t := page.Title(v.Title)
	if v.Failed {
		return "エラー：" + t
	}
	return t
}

func density(p *page.Request, v View) string {
	if !v.Dense || p.Density == "" {
		return string(page.Standard)
	}
	return string(p.Density)
}

func onOff(b bool) string {
	if b {
		return "on"
	}
	return "off"
}

func stamp(t time.Time) string { return t.UTC().Format(time.RFC3339) }

func clock(t time.Time) string { return jpdate.FormatTime(t) }

// tone maps the tone of a message to the look of a banner; the words are the same on purpose.
func tone(t page.Tone) ui.Tone { return ui.Tone(t) }

// Paper is the size on which a sheet is printed, both lying.
type Paper string

// The sizes of paper.
const (
	A4 Paper = "a4"
	A3 Paper = "a3"
)

// key is one line of the list of keys.
type key struct {
	keys []string
	does string
}

// keys lists the single-key shortcuts that static/js/app.js knows.
var keys = []key{
	{[]string{"/"}, "検索欄へ移る"},
	{[]string{"?"}, "この一覧を開く"},
	{[]string{"g", "a"}, "資産の一覧へ"},
	{[]string{"g", "q"}, "承認待ちへ"},
	{[]string{"n"}, "新しく登録する"},
	{[]string{"e"}, "編集（変更申請）する"},
	{[]string{"d"}, "複製する"},
	{[]string{"j", "k"}, "次の行・前の行へ移る"},
	{[]string{"x"}, "いまの行を選ぶ・外す"},
	{[]string{"a"}, "承認の欄へ（承認待ちで）"},
	{[]string{"r"}, "差戻しの欄へ（承認待ちで）"},
	{[]string{"Ctrl+Enter"}, "入力中の画面を送る"},
}

// Problem is an error as the user sees it.
type Problem struct {
	Status    int
	Title     string   // what happened
	Text      string   // why, in words that help; or empty
	Next      []string // what to do next
	Back      string   // where the main button leads, or empty for the home page
	BackText  string
	RequestID string
}

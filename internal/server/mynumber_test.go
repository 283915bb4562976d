package server_test

import (
	"bytes"
	"fmt"
	"mime/multipart"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/PuerkitoBio/goquery"

	"daicho/internal/app"
	"daicho/internal/approval"
	"daicho/internal/asset"
	"daicho/internal/fixture"
	"daicho/internal/jptext"
	"daicho/internal/server"
	"daicho/internal/servertest"
	webaccount "daicho/web/account"
)

// numbers gives My Numbers that pass the check digit, each another, and remembers where each was typed.
type numbers struct {
	next  int
	where map[string]string
}

func (n *numbers) at(place string) string {
	for {
		n.next++
		for d := range 10 {
			if s := fmt.Sprintf("%011d%d", 23456700000+n.next, d); jptext.IsMyNumber(s) {
				n.where[s] = place
				return s
			}
		}
	}
}

// formOf reads a form as a browser would send it, with words in the texts that must not be empty.
func formOf(f *goquery.Selection) (values url.Values, texts []string, file string) {
	values = url.Values{}
	f.Find("input, textarea, select").Each(func(_ int, c *goquery.Selection) {
		name, kind := c.AttrOr("name", ""), c.AttrOr("type", "text")
		switch {
		case name == "" || kind == "submit":
		case kind == "file":
			file = name
		case goquery.NodeName(c) == "select":
			v := c.Find("option[selected]").AttrOr("value", "")
			if v == "" {
				v = c.Find(`option:not([value=""])`).First().AttrOr("value", "")
			}
			values.Set(name, v)
		case kind == "radio" || kind == "checkbox":
			if _, on := c.Attr("checked"); on || kind == "radio" && values.Get(name) == "" {
				values.Set(name, c.AttrOr("value", ""))
			}
		case kind == "hidden" || kind == "password":
			values.Add(name, c.AttrOr("value", ""))
		default:
			v := c.AttrOr("value", "")
			if goquery.NodeName(c) == "textarea" {
				v = c.Text()
			}
			switch class := c.AttrOr("class", ""); {
			case v != "":
			case strings.Contains(class, "input--date"):
				v = "令和8年11月1日"
			case strings.Contains(class, "input--num"):
				v = "1"
			case c.AttrOr("aria-required", "") == "true":
				v = "記入"
			}
			values.Set(name, v)
			if !strings.HasSuffix(name, "_q") && kind != "search" {
				texts = append(texts, name)
			}
		}
	})
	return values, texts, file
}

// Whatever text input of whatever form a My Number is typed into, nothing of it is kept: no table of
// the register holds one afterwards. Only what one searches for is not looked at.
func TestNoFormKeepsAMyNumber(t *testing.T) {
	s, sealer, _ := sealedSite(t)
	n := &numbers{where: map[string]string{}}
	as := map[string]*servertest.Client{}
	sent := map[string]bool{} // routes that were tried
	patterns := map[string]*regexp.Regexp{}
	for _, r := range server.Routes(nil, webaccount.Keeper{}) {
		if r.Method == http.MethodPost {
			patterns[r.Pattern] = regexp.MustCompile("^" + regexp.MustCompile(`\\\{[a-z]+\\\}`).ReplaceAllString(regexp.QuoteMeta(r.Pattern), "[^/]+") + "$")
		}
	}
	try := func(login, path string) {
		t.Helper()
		c := as[login]
		if c == nil {
			c = s.SignIn(t, login)
			as[login] = c
		}
		got := c.Get(path)
		if got.Status != http.StatusOK {
			t.Fatalf("%s %s: %d\n%s", login, path, got.Status, got.Text())
		}
		got.Doc().Find(`main form[method="post"]`).Each(func(_ int, f *goquery.Selection) {
			to := f.AttrOr("action", path)
			values, texts, file := formOf(f)
			buttons := [][2]string{{"", ""}}
			f.Find("button[name]").Each(func(_ int, b *goquery.Selection) {
				if v := b.AttrOr("value", ""); v == "save" || v == "approve" || v == "return" || v == "accept" {
					buttons = append(buttons, [2]string{b.AttrOr("name", ""), v})
				}
			})
			if len(buttons) > 1 {
				buttons = buttons[1:]
			}
			short, _, _ := strings.Cut(to, "?")
			for pattern, re := range patterns {
				sent[pattern] = sent[pattern] || re.MatchString(short)
			}
			for _, button := range buttons {
				for _, name := range texts {
					one := url.Values{}
					for k, v := range values {
						one[k] = slices.Clone(v)
					}
					if button[0] != "" {
						one.Set(button[0], button[1])
					}
					one.Set(name, n.at(to+" "+name))
					var a *servertest.Response
					if file == "" {
						a = c.Do(http.MethodPost, to, strings.NewReader(one.Encode()), "application/x-www-form-urlencoded")
					} else {
						a = upload(t, c, to, one, file, "一覧.csv")
					}
					if a.Status >= 500 {
						t.Errorf("%s %s: %d", to, name, a.Status)
					}
				}
				if file != "" {
					upload(t, c, to, values, file, n.at(to+" the name of the file")+".csv")
				}
			}
		})
	}

	w := s.World
	registrant, manager := w.Actor(t, fixture.Registrant), w.Actor(t, fixture.Manager)
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	form := func(name string) app.Raw {
		return app.Raw{
			"name": {name}, "summary": {"名簿"}, "personal": {"personal"}, "zone": {"LG"}, "place": {"共有フォルダ"}, "level_c": {"3C"}, "level_i": {"2"}, "level_a": {"1"},
		}
	}
	save := func(name string) int64 {
		d, err := s.App.SaveDraft(t.Context(), registrant, app.SaveDraft{Kind: asset.Info, Form: form(name)})
		must(err)
		return d.Asset
	}
	submit := func(name string) int64 {
		x, err := s.App.Submit(t.Context(), registrant, app.Submit{Assets: []int64{save(name)}})
		must(err)
		return x.Application
	}
	first := submit("有効な名簿")
	v, err := s.App.Application(t.Context(), manager, first, 0)
	must(err)
	must(s.App.Decide(t.Context(), manager, app.Decide{Application: first, Outcome: approval.Approve, Seen: [32]byte(v.Digest)}))
	var number string
	var id, finding int64
	w.One(t, `SELECT a.number, f.id FROM finding f JOIN asset a ON a.id = f.asset_id LIMIT 1`, nil, &number, &finding)
	w.One(t, `SELECT id FROM account ORDER BY id LIMIT 1`, nil, &id)

	for _, k := range asset.Kinds() {
		try(fixture.Registrant, "/assets/new/"+string(k.Kind))
	}
	draft, waiting := save("下書きの名簿"), submit("申請中の名簿")
	try(fixture.Registrant, fmt.Sprintf("/drafts/%d", draft))
	try(fixture.Registrant, fmt.Sprintf("/my/requests/submit?asset=%d", draft))
	try(fixture.Registrant, fmt.Sprintf("/requests/%d/withdraw", waiting))
	try(fixture.Registrant, "/assets/"+number+"/files")
	upload(t, as[fixture.Registrant], "/assets/"+number+"/files", url.Values{}, "file", "一覧.csv")
	var file int64
	w.One(t, `SELECT id FROM asset_file ORDER BY id LIMIT 1`, nil, &file)
	try(fixture.Registrant, fmt.Sprintf("/assets/%s/files/%d/remove", number, file))
	try(fixture.Manager, fmt.Sprintf("/approvals/%d", waiting))
	try(fixture.Manager, fmt.Sprintf("/findings/%d", finding))
	try(fixture.Chief, "/settings/checks?rule=R08")
	try(fixture.Chief, "/zones/model")
	try(fixture.Chief, "/zones/placement")
	w.Exec(t, `INSERT INTO scheme (code, name, edition) VALUES ('other', '別の体系', '1')`)
	try(fixture.Chief, "/admin/packs/adopt?target=scheme&code=other")
	var base int64
	w.One(t, `SELECT id FROM scheme WHERE is_default`, nil, &base)
	edition, err := s.App.CopyScheme(t.Context(), w.Actor(t, fixture.Chief), base)
	must(err)
	for _, part := range []string{"head", "levels?axis=C", "questions", "table?axis=C", "mapping"} {
		try(fixture.Chief, fmt.Sprintf("/schemes/%d/edit/%s", edition, part))
	}
	try(fixture.Chief, fmt.Sprintf("/schemes/%d", edition))
	try(fixture.Admin, "/admin/accounts/new")
	try(fixture.Admin, fmt.Sprintf("/admin/accounts/%d", id))
	seal(t, sealer)
	try(fixture.Chief, "/admin/trail/heads")
	try(fixture.Chief, "/admin/trail/acts/1")
	must(s.App.AskErasure(t.Context(), w.Actor(t, fixture.Chief), app.AskErasure{Act: 1, Reason: "誤って書かれた", Basis: "条例第1条"}))
	try(fixture.CISO, "/admin/trail/acts/1")

	for pattern := range patterns {
		if !sent[pattern] && !slices.Contains(textless, pattern) {
			t.Errorf("nobody typed into the form of %s", pattern)
		}
	}
	kept := map[string]string{}
	twelve := regexp.MustCompile(`[0-9]{12}`)
	for _, table := range tables(t, w) {
		rows, err := w.DB.Owner.Query(t.Context(), `SELECT x::text FROM `+table+` x`)
		must(err)
		for rows.Next() {
			var text string
			must(rows.Scan(&text))
			for _, hit := range twelve.FindAllString(text, -1) {
				if place, ok := n.where[hit]; ok {
					kept[place] = table
				}
			}
		}
		must(rows.Err())
	}
	for place, table := range kept {
		t.Errorf("typed into %s: kept in %s", place, table)
	}
	if len(n.where) < 250 {
		t.Errorf("only %d inputs were tried", len(n.where))
	}
	if strings.Contains(s.Log.String(), "23456700") {
		t.Error("the log holds one")
	}
}

// textless are the routes of forms without a text, or whose texts are written by a form tried above.
var textless = []string{
	"/login", "/logout", "/session/extend", "/me", "/me/password", "/me/sessions", "/me/sessions/{id}", // one's own, and nothing is kept as typed
	"/assets/{no}/edit", "/drafts/{id}/discard", "/rejudge", "/schemes/{id}/copy", "/schemes/{id}/discard", // no text
	"/assets/new/{kind}/autosave", "/drafts/{id}/autosave", "/assets/new/{kind}/judge", // the form of the draft
	// Their words are the reason of an act, which Tx.Sign looks at for all (the withdrawal of an
	// application and the adopted model are tried above); the fixture has no edition that is proposed
	// and no table of places.
	"/schemes/{id}/decide", "/schemes/{id}/recall", "/zones/placement", "/zones/placement/adopt",
}

func tables(t *testing.T, w *fixture.World) []string {
	t.Helper()
	var out []string
	rows, err := w.DB.Owner.Query(t.Context(), `SELECT relname::text FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace`)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	for rows.Next() {
		var one string
		if err := rows.Scan(&one); err != nil {
			t.Fatal(err)
		}
		out = append(out, one)
	}
	if len(out) < 30 {
		t.Fatalf("only %d tables", len(out))
	}
	return out
}

func upload(t *testing.T, c *servertest.Client, to string, values url.Values, field, name string) *servertest.Response {
	t.Helper()
	var body bytes.Buffer
	m := multipart.NewWriter(&body)
	for k, vs := range values {
		for _, v := range vs {
			if err := m.WriteField(k, v); err != nil {
				t.Fatal(err)
			}
		}
	}
	part, err := m.CreateFormFile(field, name)
	if err == nil {
		_, err = part.Write([]byte("番号\r\n1\r\n"))
	}
	if err == nil {
		err = m.Close()
	}
	if err != nil {
		t.Fatal(err)
	}
	return c.Do(http.MethodPost, to, &body, m.FormDataContentType())
}

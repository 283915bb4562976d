package e2e

import (
	"bytes"
	"encoding/csv"
	"mime/multipart"
	"net/http"
	"os"
	"regexp"
	"strings"
	"testing"

	"daicho/internal/authz"
	"daicho/internal/org"
	"daicho/internal/server"
	"daicho/web/account"
	"daicho/web/page"
)

// routes is the URL table of the program; nothing in it is called here.
func routes() []page.Route { return server.Routes(nil, account.Keeper{}) }

// actor is the holder of a post as the policy sees him: all roles of all his posts.
func actor(t *testing.T, post string) authz.Actor {
	t.Helper()
	if post == "" {
		return authz.Actor{}
	}
	b, err := os.ReadFile("../packs/kansai/post.csv")
	if err != nil {
		t.Fatal(err)
	}
	posts, err := csv.NewReader(bytes.NewReader(bytes.TrimPrefix(b, []byte("\ufeff")))).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	name, person := login(t, post), ""
	for _, r := range table(t, "account") {
		if r["利用者ID"] == name {
			person = r["職員"]
		}
	}
	a := authz.Actor{Person: 1}
	for _, r := range table(t, "appointment") {
		if r["職員"] != person || r["終了日"] != "" {
			continue
		}
		for _, p := range posts[1:] {
			if p[0] == r["職"] {
				a.Appointments = append(a.Appointments, org.Appointment{Role: org.Role(p[3])})
			}
		}
	}
	if len(a.Appointments) == 0 {
		t.Fatalf("%s has no role", post)
	}
	return a
}

// things are the objects of one unit, by the part of an address that names each.
type things struct{ no, draft, application, file, account, finding, scheme, act, head string }

// own makes one of each that an address can name, in the hands of a unit.
func (v *visitor) things(t *testing.T, p *program, clerk, approver, mark string) things {
	t.Helper()
	var x things
	x.no = inForce(t, p, clerk, approver, kindOf(t, "EQ"), once(mark+"機器"), func(f *sheet) { f.Set("summary", mark); f.Set("acquisition", "lease") })
	v = v.in(t)
	x.finding = last(v.finding(x.no))
	v.attach(x.no, mark+".csv", "番号,"+mark+"\r\n")
	x.file = last(v.open("/assets/"+x.no+"/files").doc().Find(`main a[href^="/assets/`+x.no+`/files/"]`).First().AttrOr("href", ""))
	f := v.blank(kindOf(t, "IN"), once(mark+"下書き"))
	f.Set("summary", mark)
	x.draft = last(f.draft())
	f = v.blank(kindOf(t, "SD"), once(mark+"申請"))
	f.Set("summary", mark)
	x.application = last(f.apply())
	x.account = last(as(t, p, admin).open("/admin/accounts?q="+login(t, clerk)).doc().Find(`main tbody a[href^="/admin/accounts/"]`).First().AttrOr("href", ""))
	x.scheme = last(draftScheme(t, p))
	// The load of the sample lies under a head since the program that loaded it ended, and every post
	// that reads the trail sees the acts upon packs.
	x.act = last(as(t, p, admin).open("/admin/trail?action=pack.load").doc().Find(`main tbody a[href^="/admin/trail/acts/"]`).First().AttrOr("href", ""))
	x.head = last(as(t, p, chief).open("/admin/trail/heads").doc().Find(`main tbody a[href^="/admin/trail/heads/"]`).First().AttrOr("href", ""))
	for what, id := range map[string]string{"act": x.act, "head": x.head, "asset": x.no, "scheme": x.scheme, "file": x.file, "draft": x.draft, "application": x.application, "account": x.account, "finding": x.finding} {
		if id == "" {
			t.Fatalf("no %s", what)
		}
	}
	return x
}

func last(path string) string { return path[strings.LastIndexByte(path, '/')+1:] }

// attach hangs a file on an asset.
func (v *visitor) attach(no, name, content string) {
	v.t.Helper()
	var body bytes.Buffer
	m := multipart.NewWriter(&body)
	w, err := m.CreateFormFile("file", name)
	if err == nil {
		_, err = w.Write([]byte(content))
	}
	if err == nil {
		err = m.Close()
	}
	if err != nil {
		v.t.Fatal(err)
	}
	if a := v.do(http.MethodPost, "/assets/"+no+"/files", &body, m.FormDataContentType()); a.Status != http.StatusSeeOther {
		v.t.Fatalf("not attached: %d\n%s", a.Status, a.main())
	}
}

// at puts the objects into a pattern of the URL table.
func (x things) at(pattern string) string {
	id := x.application
	switch {
	case strings.HasPrefix(pattern, "/drafts/"):
		id = x.draft
	case strings.HasPrefix(pattern, "/assets/"):
		id = x.file
	case strings.HasPrefix(pattern, "/findings/"):
		id = x.finding
	case strings.HasPrefix(pattern, "/admin/trail/acts/"):
		id = x.act
	case strings.HasPrefix(pattern, "/admin/"):
		id = x.account
	case strings.HasPrefix(pattern, "/schemes/"):
		id = x.scheme
	}
	path := strings.NewReplacer("{no}", x.no, "{id}", id, "{size}", x.head, "{kind}", "EQ", "{v}", "1", "{part}", "head", "{item}", "1").Replace(pattern)
	if pattern == "/picker" {
		path += "?kind=IN&end=rel-stores-in"
	}
	if strings.Contains(pattern, "/impact.") {
		path += "?part=stop"
	}
	return path
}

// nothing has the form of objects and is none.
var nothing = things{no: "2026-KR-999999-9", draft: "999999999", application: "999999999", file: "999999999", account: "999999999", finding: "999999999", scheme: "999999999", act: "999999999", head: "999999999"}

var (
	variable = regexp.MustCompile(`\{(no|id|v|size)\}`)
	changing = regexp.MustCompile(`(?s)<time.*?</time>|data-(now|session-expires)="[^"]*"|お問い合わせ番号 <span class="mono">[^<]*</span>|<span class="nav__count[^<]*<span class="vh">件</span></span>`)
)

// alike is what two answers about nothing must have in common: all but the clock and the number of
// the request.
func (a *answer) alike() string { return changing.ReplaceAllString(string(a.Body), "") }

// Every line of the URL table is asked by every role, about objects that exist: what the policy does
// not grant is refused before anything else; what it grants stops at the border of the unit, where
// the answer is the same, byte for byte, as about something that does not exist.
func TestRolesAndRoutes(t *testing.T) {
	t.Parallel()
	p := sample(t)
	x := as(t, p, kikakuClerk).things(t, p, kikakuClerk, kikakuChief, "照合")
	reach := map[string]bool{kikakuClerk: true, kikakuChief: true, responsible: true, chief: true, ciso: true, auditor: true}
	for _, post := range []string{"", kikakuClerk, kikakuChief, responsible, chief, ciso, auditor, admin, bosaiClerk, bosaiChief, gikaiClerk, gikaiChief} {
		t.Run("as "+post, func(t *testing.T) {
			v := visit(t, p)
			if post != "" {
				v = as(t, p, post)
			}
			who := actor(t, post)
			for _, r := range routes() {
				if r.Pattern == page.Login || r.Pattern == page.Logout {
					continue // they begin and end what the others need
				}
				named := variable.MatchString(r.Pattern)
				may, get := authz.Can(who, r.Action), r.Method == http.MethodGet
				inside := reach[post] || strings.HasPrefix(r.Pattern, "/admin/") || strings.HasPrefix(r.Pattern, "/schemes/") || !named
				if may && inside && !get {
					continue // it would be done
				}
				ask := func(x things) *answer {
					if get {
						return v.get(x.at(r.Pattern))
					}
					if r.Body > 0 {
						return v.do(r.Method, x.at(r.Pattern), strings.NewReader("--b--\r\n"), "multipart/form-data; boundary=b")
					}
					return v.post(x.at(r.Pattern), nil)
				}
				a := ask(x)
				path := r.Method + " " + r.Pattern
				switch {
				case !may && post == "":
					if a.Status != http.StatusSeeOther || !strings.HasPrefix(a.Location(), page.Login) {
						t.Errorf("%s to a stranger: %d", path, a.Status)
					}
				case !may:
					if a.Status != http.StatusForbidden {
						t.Errorf("%s: %d, want 403\n%s", path, a.Status, a.main())
					}
				case inside && r.Pattern == "/admin/packs/adopt":
					if a.Status != http.StatusNotFound { // the sample has adopted everything
						t.Errorf("%s: %d\n%s", path, a.Status, a.main())
					}
				case inside && r.Pattern == "/requests/{id}/withdraw" && post != kikakuClerk:
					if a.Status != http.StatusConflict {
						t.Errorf("%s of somebody else's: %d\n%s", path, a.Status, a.main())
					}
				case inside:
					if a.Status >= 400 {
						t.Errorf("%s: %d\n%s", path, a.Status, a.main())
					}
				case r.Pattern == "/assets/{no}/edit" && get:
					// It asks before it looks, and shows nothing of the asset.
					if strings.Contains(a.main(), "照合") {
						t.Errorf("%s shows the asset\n%s", path, a.main())
					}
				default:
					none := ask(nothing)
					if a.Status != http.StatusNotFound || none.Status != http.StatusNotFound || a.alike() != none.alike() {
						t.Errorf("%s: %d, about nothing %d\n%s\n%s", path, a.Status, none.Status, a.main(), none.main())
					}
				}
			}
		})
	}
	clerk := as(t, p, kikakuClerk)
	clerk.open("/drafts/" + x.draft)
	clerk.open("/requests/" + x.application).see("決裁を待っています")
	clerk.open("/assets/" + x.no + "/files").see("照合.csv")
}

package e2e

import (
	"net/http"
	"os/exec"
	"regexp"
	"strings"
	"testing"
)

var passwordLine = regexp.MustCompile(`パスワード: (\S+)`)

// first signs in with a password that somebody else has made: nothing opens before it is changed.
func (v *visitor) first(t *testing.T, name, given, own string) {
	t.Helper()
	f := v.open("/login").form("form")
	f.Set("login", name)
	f.Set("password", given)
	if a := f.send(""); a.Location() != "/me/password" {
		t.Fatalf("%s: %d %s\n%s", name, a.Status, a.Location(), a.main())
	}
	if a := v.get("/assets"); a.Location() != "/me/password" && a.Status != http.StatusForbidden {
		t.Errorf("%s sees the register before the password is changed: %d %s", name, a.Status, a.Location())
	}
	f = v.open("/me/password").form("form")
	f.Set("old", given)
	f.Set("new", "short")
	f.Set("again", "shorter")
	if a := f.send(""); a.Status != http.StatusUnprocessableEntity {
		t.Errorf("a short password: %d", a.Status)
	}
	f.Set("new", own)
	f.Set("again", own)
	if a := f.send(""); a.Status != http.StatusSeeOther || a.Location() != "/" {
		t.Fatalf("the password was not changed: %d\n%s", a.Status, a.main())
	}
}

// account makes an account for a new person in a post and returns its first password.
func (v *visitor) account(t *testing.T, name, login, post string) string {
	t.Helper()
	a := v.open("/admin/accounts/new")
	f := a.form("form")
	f.Set("login", login)
	f.Set("person", "new")
	f.Set("name", name)
	found := ""
	for _, o := range a.doc().Find(`[name="post"] option`).EachIter() {
		if strings.Contains(o.Text(), post) {
			found = o.AttrOr("value", "")
		}
	}
	if found == "" {
		t.Fatalf("no post %s", post)
	}
	f.Set("post", found)
	made := f.send("")
	made.see(name, login, "最初のパスワード")
	codes := made.doc().Find("main dd code, main dd .mono")
	if made.Status != http.StatusOK || codes.Length() < 2 {
		t.Fatalf("no account: %d\n%s", made.Status, made.main())
	}
	return strings.TrimSpace(codes.Last().Text())
}

// The first day without the sample: the operator makes an administrator, who makes the others; what
// nobody has adopted is called so everywhere until the 統括 records the decision.
func TestFirstDay(t *testing.T) {
	t.Parallel()
	p := own(t, "--load", "kansai", "--metrics", "off")
	out, err := exec.Command(binary, "account", "create", "--data", p.Data, "--login", "kanri", "--name", "管理 太郎", "--admin").CombinedOutput()
	made := passwordLine.FindSubmatch(out)
	if err != nil || made == nil {
		t.Fatalf("account create: %v\n%s", err, out)
	}
	administrator := visit(t, p)
	administrator.first(t, "kanri", string(made[1]), "umi-yama-sora-kaze-2026")
	if a := administrator.get("/assets"); a.Status != http.StatusForbidden {
		t.Errorf("the administrator sees the register: %d", a.Status)
	}
	people := map[string]*visitor{}
	for name, post := range map[string]string{"touroku": "本部事務局 企画課 主査", "kachou": "本部事務局 企画課 課長", "toukatsu": "統括情報セキュリティ責任者"} {
		given := administrator.account(t, name+" 花子", name, post)
		people[name] = visit(t, p)
		people[name].first(t, name, given, "kawa-mori-hoshi-"+name)
	}

	empty := people["touroku"].open("/assets")
	empty.see("情報資産はまだ登録されていません", "新しく登録する")
	f := people["touroku"].blank(kindOf(t, "SD"), "最初の一件")
	application := f.apply()
	people["kachou"].approve(application)
	no := people["touroku"].number("最初の一件")
	people["touroku"].open("/assets/" + no).see("案・未照合")
	people["touroku"].open("/assets/" + no + "/controls").see("対策基準は案です")
	people["touroku"].open("/assets/" + no + "/print").see("案・未照合")
	people["touroku"].open("/ledgers/print?kind=SD").see("案・未照合")

	b := open(t, p)
	b.signInWith("toukatsu", "kawa-mori-hoshi-toukatsu")
	b.see("案・未照合")
	adopted := 0
	for range 5 {
		b.goTo("/admin/packs")
		link := eval[string](b, `document.querySelector('main a[href*="/admin/packs/adopt"]')?.getAttribute('href') || ''`)
		if link == "" {
			break
		}
		b.goTo(link)
		b.axe()
		b.submit("記録する")
		b.sound(screen{post: chief, act: func(*tab) {}})
		b.axe()
		b.narrow()
		b.enter("doc_no", "関広連総第1号")
		b.enter("decided_on", "令和8年4月1日")
		b.submit("記録する")
		b.see("採用を記録しました")
		adopted++
	}
	if adopted < 2 || b.path() != "/admin/packs" || strings.Contains(b.text(), "採用を記録する") {
		t.Errorf("%d adoptions, and something may still wait\n%s", adopted, b.where())
	}
	for _, path := range []string{"/assets/" + no, "/assets/" + no + "/print", "/"} {
		if a := people["touroku"].open(path); strings.Contains(a.main(), "案・未照合") {
			t.Errorf("%s still calls what is adopted a draft\n%s", path, a.main())
		}
	}

	// Guessing is slowed down, for this account and in words that help.
	v := visit(t, p)
	for n := range 30 {
		f := v.open("/login").form("form")
		f.Set("login", "kachou")
		f.Set("password", "guess number "+string(rune('a'+n%26)))
		a := f.send("").sound()
		if a.Status == http.StatusTooManyRequests {
			a.see("しばらく")
			return
		}
		if a.Status != http.StatusUnprocessableEntity && a.Status != http.StatusUnauthorized {
			t.Fatalf("a wrong password: %d", a.Status)
		}
	}
	t.Error("thirty wrong passwords in a row were looked at")
}

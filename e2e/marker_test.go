package e2e

import (
	"archive/zip"
	"bytes"
	"io"
	"math/rand/v2"
	"net/http"
	"net/url"
	"strings"
	"testing"
)

// mark is a word that stands nowhere else: the half that is searched for, and the half that only
// who may see the whole gets to see.
type mark struct{ half, whole string }

func newMark() mark {
	const letters = "あいうえおかきくけこさしすせそたちつてとなにぬねのはひふへほまみむめも"
	r := []rune(letters)
	word := func(n int) string {
		var b strings.Builder
		for range n {
			b.WriteRune(r[rand.IntN(len(r))])
		}
		return b.String()
	}
	half := "秘" + word(6)
	return mark{half, half + word(6) + "印"}
}

// hidden fails the test when an answer holds the mark, packed or not.
func (a *answer) hidden(m mark) {
	a.v.t.Helper()
	if bytes.Contains(a.Body, []byte(m.whole)) {
		at := bytes.Index(a.Body, []byte(m.whole))
		a.v.t.Errorf("%s shows what lies outside: …%s…", a.At, a.Body[max(0, at-200):min(len(a.Body), at+100)])
	}
	if strings.Contains(strings.Join(append(a.Header["Content-Disposition"], a.Header["Location"]...), " "), m.whole) {
		a.v.t.Errorf("%s shows what lies outside in its headers", a.At)
	}
	if z, err := zip.NewReader(bytes.NewReader(a.Body), int64(len(a.Body))); err == nil {
		for _, f := range z.File {
			r, err := f.Open()
			if err != nil {
				a.v.t.Fatal(err)
			}
			b, err := io.ReadAll(r)
			if err != nil {
				a.v.t.Fatal(err)
			}
			if bytes.Contains(b, []byte(m.whole)) {
				a.v.t.Errorf("%s shows what lies outside in %s", a.At, f.Name)
			}
		}
	}
}

// plant fills every free text of a form with the mark.
func (m mark) plant(f *sheet) {
	for _, key := range []string{"yomi", "summary", "business", "contact", "notes", "users_scope", "record_items", "source", "recipients"} {
		if f.Has(key) {
			f.Set(key, m.whole)
		}
	}
	for _, key := range []string{"place", "members.1.place", "members.1.holder"} {
		if f.Has(key) {
			f.Set(key, m.whole+" の棚")
		}
	}
}

// The organs are independent: what one of them holds shows nowhere to somebody of another, neither on
// a page, in a suggestion, a count, a file or an error, nor through an asset of his own that is
// related to it (design 4.8). 議会 holds one mark; 選挙管理委員会 holds another, which an asset of
// 総務課 stores, because one person serves both.
func TestWhatLiesOutsideIsNowhere(t *testing.T) {
	t.Parallel()
	p := sample(t)
	m := newMark()

	gikai := as(t, p, gikaiClerk)
	theirs := gikai.things(t, p, gikaiClerk, gikaiChief, m.whole)
	returned := gikai.blank(kindOf(t, "PD"), once(m.whole))
	m.plant(returned)
	sent := returned.apply()
	if a := as(t, p, gikaiChief).decide(sent, "return", m.whole+" を直してください"); a.Status != http.StatusSeeOther {
		t.Fatalf("not returned: %d", a.Status)
	}

	both := as(t, p, somuOther)
	list := both.blank(kindOf(t, "IN"), m.whole+" 選挙人名簿")
	m.plant(list)
	list.Set("unit", "senkan")
	list.Set("level_c", "3B")
	ofList := list.apply()
	as(t, p, somuChief).approve(ofList)
	finish(t, p, ofList)
	listNo := both.number(m.whole + " 選挙人名簿")
	holder := once("総務課の端末")
	f := both.blank(kindOf(t, "EQ"), holder)
	f.Set("unit", "honbu-somu")
	for _, axis := range []string{"c", "i", "a"} {
		f.Del("level_" + axis)
	}
	f.Set("rel", both.relation("EQ", "rel-stores-out", m.half))
	ofHolder := f.apply()
	as(t, p, somuChief).approve(ofHolder)
	finish(t, p, ofHolder)
	holderNo := both.number(holder)
	both.open("/assets/" + holderNo + "/relations").see(m.whole)

	for _, post := range []string{somuClerk, bosaiClerk, kikakuChief, admin} {
		t.Run(post, func(t *testing.T) {
			v := as(t, p, post)
			ours := things{}
			if post == somuClerk {
				ours = v.things(t, p, somuClerk, somuChief, "自分の")
			}
			for _, x := range []things{theirs, {no: listNo, draft: "1", application: last(sent), file: "1", account: "1"}, {no: listNo, draft: "1", application: last(ofList), file: "1", account: "1"}, {no: holderNo, draft: "1", application: last(ofHolder), file: "1", account: "1"}, ours} {
				if x.no == "" {
					continue
				}
				for _, r := range routes() {
					if r.Method == http.MethodGet {
						v.get(x.at(r.Pattern)).hidden(m)
					}
				}
			}
			for _, path := range []string{"/assets", "/assets.csv", "/assets.xlsx", "/ledgers", "/ledgers/print", "/admin/trail", "/admin/accounts"} {
				for _, q := range []url.Values{{"q": {m.half}}, {"q": {theirs.no}}, {"q": {listNo}}, {"unit": {"gikai"}}, {"unit": {"senkan"}}, {}} {
					v.get(path + "?" + q.Encode()).follow().hidden(m)
				}
			}
			if post == admin {
				return
			}
			v.open("/assets?"+url.Values{"q": {m.half}}.Encode()).see("0件", "条件に合う情報資産はありません")
			if rows := exported(v, url.Values{"q": {m.half}}); len(rows) != 0 {
				t.Errorf("%d rows are exported", len(rows))
			}
			for _, end := range []string{"rel-stores-out", "rel-located_in-out", "rel-part_of-out", "rel-depends_on-out", "rel-entrusted-out"} {
				for _, q := range []string{m.half, theirs.no, listNo, ""} {
					v.open("/picker?" + url.Values{"kind": {"EQ"}, "end": {end}, end + "_q": {q}}.Encode()).hidden(m)
				}
			}
			v.get("/assets/new/EQ?from=" + theirs.no).hidden(m)
			v.get("/my/requests/submit?asset=" + theirs.draft).follow().hidden(m)
		})
	}

	t.Run("in the hands of 総務課", func(t *testing.T) {
		v := as(t, p, somuClerk)
		for _, tab := range []string{"", "/controls", "/relations", "/impact", "/print"} {
			a := v.open("/assets/" + holderNo + tab)
			a.hidden(m)
			if tab != "/print" {
				a.see("3B", "他機関の資産")
			}
		}
		// Opened by itself, the item of the application names the other end no more than the list did.
		item := v.open("/approvals/" + last(ofHolder) + "/items/1")
		item.see(holder, "他機関の資産")
		item.hidden(m)
		// A draft that names what lies outside learns nothing of it and cannot be submitted with it.
		f := v.blank(kindOf(t, "EQ"), once("のぞき見"))
		f.Set("rel", both.relation("EQ", "rel-stores-out", m.half))
		for _, axis := range []string{"c", "i", "a"} {
			f.Del("level_" + axis)
		}
		saved := f.send(doSave)
		saved.hidden(m)
		page := saved.follow()
		page.hidden(m)
		if strings.Contains(page.doc().Find(".twocol__side").Text(), "3B") {
			t.Errorf("the draft shows the level of what lies outside\n%s", page.main())
		}
		a := page.form("form.assetform").send(doSubmit)
		a.hidden(m)
		if a.Status == http.StatusSeeOther {
			t.Errorf("a relation to what lies outside was submitted")
		}
		// The same with a change of the asset that is related already: the relation stays, unnamed.
		edit := v.open("/assets/" + holderNo + "/edit").form("form.actions").send("").follow()
		edit.hidden(m)
		f = edit.form("form.assetform")
		f.Set("notes", "備考を足した")
		done := f.send(doSubmit)
		done.hidden(m)
		if done.Status != http.StatusSeeOther {
			t.Errorf("a change beside the relation: %d\n%s", done.Status, done.main())
		}
		done.follow().hidden(m)
		v.open("/assets/"+holderNo).see("3B", "備考を足した", "他機関の資産")
		both.open("/assets/" + holderNo + "/relations").see(m.whole)
		for path, values := range map[string]url.Values{
			"/drafts/" + theirs.draft: {"name": {"x"}, "do": {"save"}}, "/drafts/" + theirs.draft + "/autosave": {"name": {"x"}}, "/drafts/" + theirs.draft + "/discard": {},
			"/assets/" + theirs.no + "/edit": {}, "/approvals/" + theirs.application: {"do": {"approve"}}, "/requests/" + theirs.application + "/withdraw": {"reason": {"x"}},
			"/my/requests/submit": {"asset": {theirs.draft}},
		} {
			a := v.post(path, values)
			a.hidden(m)
			if a.Status < 400 {
				t.Errorf("%s: %d", path, a.Status)
			}
		}
		gikai.in(t).open("/drafts/" + theirs.draft).see(m.whole)
	})

	// The 統括 sees and counts the whole body, and decides nothing for an independent organ.
	t.Run("the chief", func(t *testing.T) {
		v := as(t, p, chief)
		v.open("/assets/" + theirs.no).see(m.whole)
		v.open("/approvals").hidden(m)
		v.open("/approvals/" + theirs.application).see(m.whole)
		v.open("/approvals/" + theirs.application + "/items/1").see(m.whole)
		seen := as(t, p, gikaiChief).open("/approvals/" + theirs.application).form("form.decide").Get("seen")
		if a := v.post("/approvals/"+theirs.application, url.Values{"do": {"approve"}, "seen": {seen}}); a.Status != http.StatusNotFound && a.Status != http.StatusForbidden {
			t.Errorf("the chief decided for 議会: %d\n%s", a.Status, a.main())
		}
	})
}

// relation is the value of the input that relates an asset which a picker finds.
func (v *visitor) relation(kind, end, query string) string {
	v.t.Helper()
	f := v.open("/assets/new/" + kind).form("form.assetform")
	f.Set(end+"_q", query)
	f.Set("name", once("探すだけ"))
	a := f.send("pick=" + end).follow()
	value := a.doc().Find(`main .picker__item input[name="`+end+`"]`).First().AttrOr("value", "")
	if value == "" {
		v.t.Fatalf("%q is not found\n%s", query, a.main())
	}
	value, _, _ = strings.Cut(value, "|")
	return value
}

package e2e

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/PuerkitoBio/goquery"
)

// Every kind goes the whole way without scripts: refused while empty, submitted, returned, corrected,
// approved, its requirements derived, its row exported; then a change of it does the same.
func TestEveryKindGoesTheWholeWay(t *testing.T) {
	t.Parallel()
	p := sample(t)
	for _, k := range kinds {
		t.Run(k.code, func(t *testing.T) {
			clerk, chief := as(t, p, somuClerk), as(t, p, somuChief)
			name := once(k.label)
			refusedWhileEmpty(clerk, k)

			f := clerk.blank(k, name)
			draft := f.draft()
			application := clerk.open(draft).form("form.assetform").apply()
			if again := clerk.get(draft); again.Status != http.StatusNotFound {
				t.Errorf("the draft is still open after its submission: %d", again.Status)
			}
			if a := chief.decide(application, "return", ""); a.Status != http.StatusUnprocessableEntity {
				t.Errorf("returned without a comment: %d", a.Status)
			} else {
				a.see("直してほしいことをコメントに書いてください")
			}
			if a := chief.decide(application, "return", "概要をくわしく書いてください"); a.Status != http.StatusSeeOther {
				t.Fatalf("not returned: %d\n%s", a.Status, a.main())
			}
			clerk.open("/my/requests").see("概要をくわしく書いてください")
			back := clerk.open(draft)
			back.see("差し戻されました", "概要をくわしく書いてください")
			f = back.form("form.assetform")
			f.Set("summary", "差戻しを受けて、くわしく書いた")
			application = f.apply()
			chief.approve(application)
			finish(t, p, application)

			no := clerk.number(name)
			page := clerk.open("/assets/" + no)
			page.see(name, "差戻しを受けて、くわしく書いた", "使用中")
			controls := clerk.open("/assets/" + no + "/controls").doc()
			if rows := controls.Find("main tbody tr"); rows.Length() < 5 {
				t.Errorf("%d controls", rows.Length())
			} else {
				rows.Each(func(_ int, r *goquery.Selection) {
					if strings.TrimSpace(r.Find("td").Eq(1).Text()) == "" {
						t.Errorf("no reason beside the control %s", r.Find("th").Text())
					}
				})
			}
			if rows := exported(clerk, url.Values{"q": {name}}); len(rows) != 1 || rows[0]["名称"] != name || rows[0]["管理番号"] != no {
				t.Errorf("the export has %v", rows)
			}

			clerk.change(p, no, func(f *sheet) {
				f.Set("business", "試験事務")
				f.Set("place", "国際会議場11階 新しい書庫")
				f.Set("personal", "sensitive")
			}, chief)
			clerk.open("/assets/"+no+"/history").see("変更", "新規登録", "総務課 課長")
			clerk.open("/assets/"+no+"/history/3").see("試験事務", "変更前", "変更後")
		})
	}
}

// refusedWhileEmpty submits the form of a kind as it came: every message stands at its field too, in
// the same words, and the summary leads to each.
func refusedWhileEmpty(v *visitor, k kind) {
	v.t.Helper()
	a := v.open("/assets/new/" + k.code).form("form.assetform").send(doSubmit)
	if a.Status != http.StatusUnprocessableEntity {
		v.t.Fatalf("an empty %s: %d", k.label, a.Status)
	}
	d := a.doc()
	if title := d.Find("title").Text(); !strings.HasPrefix(title, "エラー：") {
		v.t.Errorf("the title is %q", title)
	}
	if d.Find("main > *").Not("nav").First().AttrOr("class", "") != "errors" {
		v.t.Error("the summary is not first in the main part")
	}
	items := d.Find(".errors li")
	if items.Length() < 2 {
		v.t.Errorf("%d messages\n%s", items.Length(), a.main())
	}
	items.Each(func(_ int, li *goquery.Selection) {
		text := strings.TrimSpace(li.Text())
		to := li.Find("a").AttrOr("href", "#")
		at := d.Find("main " + strings.ReplaceAll(to, ".", `\.`))
		if len(to) < 2 || at.Length() != 1 {
			v.t.Errorf("%q leads to %q, which is %d places", text, to, at.Length())
			return
		}
		field := at.Closest(".field, section, .stack")
		if said := field.Find(".field__error").Text(); !strings.Contains(said, text) {
			v.t.Errorf("the summary says %q, the field %q", text, said)
		}
	})
	if gone := v.open(a.form("form.assetform").path + "/discard").form("form.actions").send(""); gone.Location() != "/my/requests" {
		v.t.Errorf("the draft was not thrown away: %d\n%s", gone.Status, gone.main())
	}
	d.Find("form.assetform [name=name]").Each(func(_ int, c *goquery.Selection) {
		ids := strings.Fields(c.AttrOr("aria-describedby", ""))
		if c.AttrOr("aria-invalid", "") != "true" || len(ids) < 1 || !strings.HasSuffix(ids[0], "-error") {
			v.t.Errorf("the name is not marked: %v", ids)
		}
		for _, id := range ids {
			if d.Find("#"+id).Length() != 1 {
				v.t.Errorf("described by %s, which is not there", id)
			}
		}
	})
}

// change asks for a change of an asset and has it approved.
func (v *visitor) change(p *program, no string, edit func(*sheet), approver *visitor) {
	v.t.Helper()
	a := v.open("/assets/" + no + "/edit").form("form.actions").send("").follow()
	f := a.form("form.assetform")
	edit(f)
	application := f.apply()
	if application == "" {
		v.t.Fatalf("the change of %s needed no approval", no)
	}
	v.open("/assets/" + no).see("承認を待っています")
	approver.approve(application)
	finish(v.t, p, application)
}

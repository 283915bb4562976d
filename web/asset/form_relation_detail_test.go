package asset_test

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"daicho/internal/asset"
	"daicho/internal/fixture"
)

// What is said about a relation is kept from save to save, comes back as it was typed, and goes with
// its relation.
func TestDetailsOfARelationAreKept(t *testing.T) {
	s := newSite(t)
	v := s.as(t, fixture.Registrant)
	other := idOfDraft(t, v.draft(t, asset.Network, "name", "インターネット回線", "zone", "IT"))
	held := idOfDraft(t, v.draft(t, asset.Info, "name", "名簿"))
	bridge, store := fmt.Sprintf("bridges:out:%s", other), fmt.Sprintf("stores:out:%s", held)
	in := func(end, key string) string { return "rel." + end + "." + key }

	path := v.draft(t, asset.System, "name", "文書管理", "rel", bridge, "/rel", store)
	r := v.page(t, path)
	if value(r, in(bridge, "purpose")) != "" || r.Find(fmt.Sprintf(`[id="detail-bridges-out-%s"][open]`, other)).Length() != 1 {
		t.Error("a connection of which nothing is said does not ask for it")
	}
	if r.Find(fmt.Sprintf(`[name="%s"]`, in(bridge, "effect"))).Length() != 0 {
		t.Error("a connection offers 集積, although nothing travels along it")
	}
	said := []string{
		in(bridge, "direction"), "in", in(bridge, "purpose"), nasty[0], in(bridge, "split"), "firewall", in(bridge, "sanitise"), "screen",
		in(bridge, "special"), "1", in(bridge, "partner"), "eLTAX", in(bridge, "path"), "lgwan", in(bridge, "review_on"), "R9.3.31", in(bridge, "note"), nasty[3],
		in(store, "effect"), "gather", in(store, "pass_c"), "3B", in(store, "note"), "全府県分が集まる",
	}
	r = v.post(t, path, fill(typed(r), append(said, "do", "save")...))
	if r.code != http.StatusSeeOther {
		t.Fatalf("save: %d %q", r.code, texts(r.Find(".errors li")))
	}
	r = v.page(t, path)
	for i := 0; i < len(said); i += 2 {
		if got := value(r, said[i]); got != said[i+1] {
			t.Errorf("%s: %q, want %q", said[i], got, said[i+1])
		}
	}
	if got := r.Find(fmt.Sprintf(`[id="f-rel.bridges-out-%s.review_on-echo"]`, other)).Text(); !strings.Contains(got, "2027-03-31") {
		t.Errorf("echo %q", got)
	}
	// The page says again what it showed: nothing is lost by saving once more.
	if r = v.post(t, path, fill(typed(r), "do", "save")); r.code != http.StatusSeeOther {
		t.Fatal(r.code)
	}
	if r = v.page(t, path); value(r, in(store, "note")) != "全府県分が集まる" || value(r, in(bridge, "purpose")) != nasty[0] {
		t.Error("the second save lost the details")
	}
	// A relation that is taken away takes its details along; tied again, it says nothing.
	r = v.post(t, path, fill(typed(r), "do", "drop:"+bridge))
	r = v.page(t, r.head.Get("Location"))
	v.post(t, path, fill(typed(r), "/rel", bridge, "do", "save"))
	if r = v.page(t, path); value(r, in(bridge, "purpose")) != "" || value(r, in(store, "pass_c")) != "3B" {
		t.Errorf("purpose %q, pass %q", value(r, in(bridge, "purpose")), value(r, in(store, "pass_c")))
	}
}

// What a connection still lacks is said at its own input, and nothing typed is gone.
func TestRefusedConnectionSaysWhere(t *testing.T) {
	s := newSite(t)
	v := s.as(t, fixture.Registrant)
	other := idOfDraft(t, v.draft(t, asset.Network, "name", "インターネット回線"))
	end := "bridges:out:" + other
	path := v.draft(t, asset.Network, "name", "庁内LAN", "rel", end)
	r := v.post(t, path, fill(typed(v.page(t, path)), "rel."+end+".purpose", "試し", "rel."+end+".special", "1", "rel."+end+".review_on", "いつか", "do", "submit"))
	got := refused(t, r, http.StatusUnprocessableEntity)
	for key, want := range map[string]string{
		"direction": "通信の向きを選んでください", "split": "分割の方式を選んでください",
		"partner": "特定通信には、特定通信の相手先を入力してください", "protocol": "特定通信には、通信の種類とポートを入力してください", "review_on": "",
	} {
		at := squeeze(r.Find(fmt.Sprintf(`[id="f-rel.bridges-out-%s.%s-error"]`, other, key)).Text())
		if at == "" || !strings.Contains(at, want) {
			t.Errorf("%s: %q, want %q (all: %q)", key, at, want, got)
		}
	}
	if value(r, "rel."+end+".purpose") != "試し" || value(r, "rel."+end+".review_on") != "いつか" || r.Find(fmt.Sprintf(`[id="detail-bridges-out-%s"][open]`, other)).Length() != 1 {
		t.Error("what was typed is gone, or hidden behind its door")
	}
}

// A long list of relations does not carry a form in each line; a button opens one, without scripts.
func TestManyRelationsAskForTheirDetails(t *testing.T) {
	s := newSite(t)
	v := s.as(t, fixture.Registrant)
	q := url.Values{}
	for i := range 40 {
		q.Add("rel", fmt.Sprintf("stores:out:%d", 1000+i))
	}
	path := v.draft(t, asset.Device, "name", "ファイルサーバー")
	body := typed(v.page(t, path))
	body["rel"] = q["rel"]
	body.Set("do", "save")
	v.post(t, path, body)
	r := v.page(t, path)
	if n := r.Find(`[name$=".note"]`).Length(); n != 0 {
		t.Errorf("%d notes on a page of 40 relations", n)
	}
	r = v.post(t, path, fill(typed(r), "do", "more:stores:out:1007"))
	to, _, _ := strings.Cut(r.head.Get("Location"), "#")
	if r = v.page(t, to); r.Find(`[name="rel.stores:out:1007.note"]`).Length() != 1 || r.Find(`[name$=".note"]`).Length() != 1 {
		t.Errorf("the details did not open at %s", to)
	}
}

func idOfDraft(t *testing.T, path string) string {
	t.Helper()
	id := strings.TrimPrefix(path, "/drafts/")
	if id == path || id == "" {
		t.Fatalf("not a draft: %s", path)
	}
	return id
}

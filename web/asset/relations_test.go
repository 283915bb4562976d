package asset_test

import (
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"testing"

	"github.com/PuerkitoBio/goquery"

	"daicho/internal/app"
	"daicho/internal/approval"
	"daicho/internal/asset"
	"daicho/internal/fixture"
	"daicho/internal/relation"
	"daicho/web/page"
)

// many makes n information assets like one in force, with a name and a number each.
func (s *site) many(t *testing.T, of int64, n int) []int64 {
	t.Helper()
	s.Exec(t, `WITH a AS (INSERT INTO asset (kind, number) SELECT 'IN', '2026-KR-5' || lpad(g::text, 5, '0') || '-0' FROM generate_series(1, $2::int) g RETURNING id, number),
		numbered AS (SELECT id, number, row_number() OVER (ORDER BY id) AS g FROM a),
		now AS (INSERT INTO asset_now (asset_id, kind, number, unit_id, organ_id, state, name, yomi, c, i, a, zone, updated_at)
		  SELECT b.id, n.kind, b.number, n.unit_id, n.organ_id, 'pending', '名簿 ' || b.g, '名簿 ' || lpad(b.g::text, 4, '0'), n.c, n.i, n.a, n.zone, now()
		  FROM numbered b CROSS JOIN asset_now n WHERE n.asset_id = $1),
		words AS (INSERT INTO asset_search (asset_id, unit_id, search, grams) SELECT b.id, s.unit_id, '名簿 ' || b.g, s.grams FROM numbered b CROSS JOIN asset_search s WHERE s.asset_id = $1)
		INSERT INTO level_now (asset_id, axis, base, computed, level) SELECT b.id, l.axis, l.base, l.base, l.base FROM numbered b CROSS JOIN level_now l WHERE l.asset_id = $1`, of, n)
	var ids []int64
	s.One(t, `SELECT array_agg(asset_id ORDER BY asset_id) FROM asset_now WHERE name LIKE '名簿 %'`, nil, &ids)
	return ids
}

// An asset with 500 relations: its form stays of a sensible size with the lines behind a door, loses
// none when it is saved, and its tab, its impact and its drawing find their way.
func TestFiveHundredRelations(t *testing.T) {
	s := newSite(t)
	info, _ := s.register(t, asset.Info, fixture.Manager, with{"name": "もとの名簿"})
	ids := s.many(t, info, 500)
	v := s.as(t, fixture.Registrant)
	path := v.draft(t, asset.Medium, "name", "大きな記憶装置", "detail_kind", "usb", "personal", "none", "zone", "LG", "place", "総務課")
	f := typed(v.page(t, path))
	for _, id := range ids {
		f.Add("rel", app.RelationValue(relation.Stores, true, id))
	}
	end := app.RelationValue(relation.Stores, true, ids[7])
	fill(f, "rel."+end+".note", "月ごとに入れ替える", "do", "save")
	if r := v.post(t, path, f); r.code != http.StatusSeeOther {
		t.Fatalf("not saved: %d %s", r.code, squeeze(r.Find(".errors").Text()))
	}
	r := v.page(t, path)
	if n := len(r.body); n > 700_000 {
		t.Errorf("the form has %d bytes", n)
	}
	if got := r.Find(`input[name="rel"]`).Length(); got != 500 {
		t.Errorf("%d lines", got)
	}
	door := r.Find(`details:has(input[name="rel"])`)
	if door.Length() != 1 || squeeze(door.Find("summary").First().Text()) != "500件を見る・外す" {
		t.Errorf("the lines stand behind %d doors: %q", door.Length(), door.Find("summary").First().Text())
	}
	if _, open := door.Attr("open"); open {
		t.Error("the door stands open")
	}
	if got := value(r, "rel."+end+".note"); got != "月ごとに入れ替える" {
		t.Errorf("the note is %q", got)
	}
	// Saved again as it stands, and without one of them.
	f = fill(typed(r), "do", "drop:"+app.RelationValue(relation.Stores, true, ids[0]))
	if r := v.post(t, path, f); r.code != http.StatusSeeOther {
		t.Fatalf("not saved: %d", r.code)
	}
	r = v.page(t, path)
	if got := r.Find(`input[name="rel"]`).Length(); got != 499 {
		t.Errorf("%d lines after one was taken away", got)
	}
	if r := v.post(t, path, fill(typed(r), "do", "submit")); r.code != http.StatusSeeOther {
		t.Fatalf("not submitted: %d %s", r.code, squeeze(r.Find(".errors").Text()))
	}
	var number string
	var application int64
	s.One(t, `SELECT s.number, i.application_id FROM application_item i JOIN asset s ON s.id = i.asset_id WHERE s.kind = 'MD'`, nil, &number, &application)
	lines := func(r reply) int { return r.Find("main tbody tr[data-row]").Length() }
	tab := page.AssetRelations(number)
	if r := v.page(t, tab); lines(r) != 20 || !strings.Contains(squeeze(r.Find("main").Text()), "保存している情報 499件") {
		t.Errorf("applied for: %d lines", lines(r))
	}
	s.decide(t, fixture.Manager, application, approval.Approve, "")

	r = v.page(t, tab)
	if lines(r) != 20 || !strings.Contains(squeeze(r.Find("main").Text()), "保存している情報の499件をすべて見る") || len(r.body) > 200_000 {
		t.Errorf("%d lines, %d bytes", lines(r), len(r.body))
	}
	all := tab + "?end=stores%3Aout"
	if r := v.page(t, all); lines(r) != 100 || r.Find(`.pager a[rel="next"]`).Length() != 1 {
		t.Errorf("a page of one way: %d lines", lines(r))
	}
	if r := v.page(t, all+"&page=5"); lines(r) != 99 || r.Find(`.pager a[rel="next"]`).Length() != 0 {
		t.Errorf("the last page: %d lines", lines(r))
	}
	if r := v.page(t, tab+"?q="+strconv.Itoa(417)); lines(r) != 1 || !strings.Contains(squeeze(r.Find("main").Text()), "499件のうち、条件に合うもの 1件") || value(r, "q") != "名簿" && r.Find(`main input[name="q"]`).AttrOr("value", "") != "417" {
		t.Errorf("filtered: %d lines", lines(r))
	}
	if r := v.page(t, tab+"?q=zzz"); lines(r) != 0 || !strings.Contains(r.Find("main").Text(), "条件に合う関連はありません") {
		t.Errorf("found nothing: %d lines", lines(r))
	}
	for _, odd := range []string{"?q=%00%ff%25_", "?page=99999999999999999999", "?end=stores%3Aout&page=99999999999999999999", "?end=%27&q=%5C"} {
		v.page(t, tab+odd)
	}
	v.page(t, page.AssetImpact(number)+"?rise=%00&rpage=99999999999999999999&spage=-1")
	r = v.page(t, page.AssetImpact(number))
	boxes := r.Find("svg.graph rect.graph__box").Length()
	rest := squeeze(r.Find("svg.graph .graph__box--rest + text").Text())
	if boxes > 45 || rest != fmt.Sprintf("ほか %d件", 499-(boxes-2)) || len(r.body) > 200_000 {
		t.Errorf("%d boxes and %q, %d bytes", boxes, rest, len(r.body))
	}
	// Every link of the drawing stands in the table too, and everything in it has a name.
	in := map[string]bool{}
	r.Find("table a").Each(func(_ int, a *goquery.Selection) { in[strings.TrimPrefix(a.AttrOr("href", ""), "/assets/")] = true })
	r.Find("svg.graph a").Each(func(_ int, a *goquery.Selection) {
		href := strings.TrimSuffix(strings.TrimPrefix(a.AttrOr("href", ""), "/assets/"), "/impact")
		if !in[href] {
			t.Errorf("%s stands in no table", href)
		}
		if squeeze(a.Find("text").Text()) == "" {
			t.Errorf("%s has no name", href)
		}
	})
	if r.Find("svg.graph > title").Length() != 1 || r.Find("svg.graph > desc").Length() != 1 || r.Find("svg [style]").Length() != 0 {
		t.Error("the drawing has no title or description, or a style of its own")
	}
}

// What the page of an impact lists goes out as a file, by links of its own.
func TestAnImpactHasItsFiles(t *testing.T) {
	s := newSite(t)
	info, number := s.register(t, asset.Info, fixture.Manager, with{"name": "名簿"})
	s.register(t, asset.Medium, fixture.Manager, with{"name": "USBメモリ", "rel": app.RelationValue(relation.Stores, true, info)})
	v := s.as(t, fixture.Registrant)
	r := v.page(t, page.AssetImpact(number)+"?rise=C%3A3A")
	files := r.Find(`main a[href*="/impact."]`)
	if r.Find("#rise ~ * tbody tr[data-row], section:has(#rise) tbody tr[data-row]").Length() != 1 || files.Length() != 2 {
		t.Fatalf("%d files, %s", files.Length(), squeeze(r.Find("main").Text()))
	}
	files.Each(func(_ int, a *goquery.Selection) {
		f := v.get(t, a.AttrOr("href", ""))
		if f.code != http.StatusOK || f.head.Get("X-Ledger-Rows") != "1" || !strings.HasPrefix(f.head.Get("Content-Disposition"), "attachment") {
			t.Errorf("%s: %d %v", a.AttrOr("href", ""), f.code, f.head)
		}
	})
	if r := v.get(t, page.AssetImpact(number)+".csv?part=x"); r.code != http.StatusNotFound {
		t.Errorf("a list that there is not: %d", r.code)
	}
}

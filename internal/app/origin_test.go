package app_test

import (
	"strings"
	"testing"

	"daicho/internal/app"
	"daicho/internal/asset"
	"daicho/internal/authz"
	"daicho/internal/classify"
	"daicho/internal/fixture"
	"daicho/internal/relation"
)

// originOf is the way of one axis of an asset as somebody sees it.
func (s *spine) originOf(login string, id int64, axis classify.Axis) app.Origin {
	s.t.Helper()
	v, err := s.Relations(s.ctx(), s.as(login), s.number(id), app.RelationsQuery{})
	s.must(err)
	for _, o := range v.Origins {
		if o.Axis == axis {
			return o
		}
	}
	s.t.Fatalf("no origin of %s", axis)
	return app.Origin{}
}

// wayOf writes a way as 「この資産 3B < 動いているシステム:業務 3B < 処理する情報:名簿 3B」.
func wayOf(o app.Origin) string {
	var out []string
	for i, s := range o.Steps {
		name := s.Ref.Name
		if s.Outside() {
			name = "他機関の資産"
		}
		if i > 0 {
			name = s.Label + ":" + name
		}
		out = append(out, strings.TrimSpace(name+" "+s.Level.Code))
	}
	return strings.Join(out, " < ")
}

// The way of a level leads along the relations to what was declared, with the answers that hit, the
// reason and the one who approved it.
func TestWhereALevelComesFrom(t *testing.T) {
	s := newSpine(t)
	list, _ := s.inForce(asset.Info, info("名簿", "3B 2 1", "q.mynumber", "yes", "personal", "mynumber", "zone", "MN"))
	is, _ := s.inForce(asset.System, system("業務システム", "2", "rel", processes(list)))
	host, _ := s.inForce(asset.Device, app.Raw{"name": {"サーバー"}, "detail_kind": {"server"}, "personal": {"none"}, "zone": {"LG"}, "place": {"サーバー室"},
		"rel": {app.RelationValue(relation.RunsOn, false, is)}})
	c := s.originOf(fixture.Manager, host, classify.Confidentiality)
	if got := wayOf(c); got != "サーバー 3B < 動いているシステム:業務システム 3B < 処理する情報:名簿 3B" {
		t.Errorf("%s", got)
	}
	if d := c.Declared; d == nil || d.Asset.ID != list || d.Level.Code != "3B" || d.Reason != "規程に照らして判断した" || len(d.Hits) != 1 || d.By.Person != "田中 一郎" || d.By.At.IsZero() || !c.Follows || c.Held {
		t.Errorf("%+v %+v", c, d)
	}
	// What a system declares itself ends at the system.
	a := s.originOf(fixture.Manager, host, classify.Availability)
	if got := wayOf(a); got != "サーバー 2 < 動いているシステム:業務システム 2" || a.Declared == nil || a.Declared.Asset.ID != is || a.Declared.Intended {
		t.Errorf("%s %+v", got, a.Declared)
	}
	// An asset that declares is its own source; a container that holds nothing was meant for something.
	if o := s.originOf(fixture.Manager, list, classify.Confidentiality); o.Moves() || o.Declared == nil || o.Declared.Asset.ID != list {
		t.Errorf("%+v", o)
	}
	usb, _ := s.inForce(asset.Medium, medium("USBメモリ", "2 1 1"))
	if o := s.originOf(fixture.Manager, usb, classify.Confidentiality); o.Moves() || o.Declared == nil || !o.Declared.Intended || o.Declared.Level.Code != "2" {
		t.Errorf("%+v", o)
	}
	// A fall of the content leaves the level, and the way says so.
	s.change(fixture.Registrant, list, "level_c", "2", "q.mynumber", "no", "q.personal", "no", "personal", "none", "zone", "LG")
	s.approve(fixture.Manager, s.submit(fixture.Registrant, list))
	if o := s.originOf(fixture.Manager, host, classify.Confidentiality); !o.Held || o.Level.Code != "3B" || o.Computed.Code != "2" {
		t.Errorf("%+v", o)
	}
}

// 集積 and 分散 stand on the way with their reason and whoever brought them into force; where the
// level rests on a 集積, the way ends there.
func TestEffectsStandOnTheWay(t *testing.T) {
	s := newSpine(t)
	list, _ := s.inForce(asset.Info, info("名簿", "3C 2 1"))
	usb := s.draft(fixture.Registrant, asset.Medium, with(medium("集めたUSBメモリ", ""), gathered(stores(list), asset.Gather, "3B", "年度分を合わせると県民全員になる")...))
	s.pass(fixture.Registrant, usb)
	o := s.originOf(fixture.Manager, usb, classify.Confidentiality)
	if got := wayOf(o); got != "集めたUSBメモリ 3B < 保存している情報:名簿 3C" {
		t.Fatal(got)
	}
	e := o.Steps[1].Effect
	if e == nil || e.Kind != asset.Gather || e.Pass.Code != "3B" || e.Reason != "年度分を合わせると県民全員になる" || e.By.Person != "伊藤 四郎" || !e.Source || o.Declared != nil {
		t.Errorf("%+v, declared %+v", e, o.Declared)
	}
	part := s.draft(fixture.Registrant, asset.Medium, with(medium("分けたUSBメモリ", ""), gathered(stores(list), asset.Spread, "2", "暗号化した断片だけを置く")...))
	s.pass(fixture.Registrant, part)
	o = s.originOf(fixture.Manager, part, classify.Confidentiality)
	if got := wayOf(o); got != "分けたUSBメモリ 2 < 保存している情報:名簿 3C" {
		t.Fatal(got)
	}
	if e := o.Steps[1].Effect; e == nil || e.Kind != asset.Spread || e.Source || o.Declared == nil {
		t.Errorf("%+v, declared %+v", e, o.Declared)
	}
}

// What a relation spreads or gathers is foreseen in the form of the asset that takes it, at whichever
// end it is written: the approver sees what will be in force, and no more is kept.
func TestEffectsWrittenAtTheOtherEnd(t *testing.T) {
	s := newSpine(t)
	usb, _ := s.inForce(asset.Medium, medium("USBメモリ", "2 1 1"))
	list := s.draft(fixture.Registrant, asset.Info, with(info("名簿", "3B 2 1"), gathered(app.RelationValue(relation.Stores, false, usb), asset.Spread, "2", "暗号化した断片だけを置く")...))
	s.pass(fixture.Registrant, list)
	if g := s.standing(usb); g.Tenure != lv(2, 2, 1) {
		t.Fatalf("%+v", g)
	}
	s.change(fixture.Registrant, usb, "place", "総務課 金庫")
	a := s.submit(fixture.Registrant, usb)
	v, err := s.Application(s.ctx(), s.as(fixture.Manager), a, 1)
	s.must(err)
	if it := v.Items[0]; it.Asset.Levels != lv(2, 2, 1) || it.Lowers {
		t.Errorf("the approver sees %v", it.Asset.Levels)
	}
	s.approve(fixture.Manager, a)
	if g := s.standing(usb); g.Tenure != lv(2, 2, 1) || s.reviews(usb) != 0 {
		t.Errorf("%+v", g)
	}
	// A container that only gathers what is lower needs no purpose of its own on that axis.
	part, _ := s.inForce(asset.Info, info("一部", "1 1 1", "q.personal", "no", "personal", "none"))
	end := stores(part)
	box := s.draft(fixture.Registrant, asset.Medium, with(medium("箱", ""), append(gathered(end, asset.Gather, "3C", "集めると全体がわかる"), "rel."+end+".pass_i", "2", "rel."+end+".pass_a", "2")...))
	d, err := s.OpenDraft(s.ctx(), s.as(fixture.Registrant), box)
	s.must(err)
	if !d.Holds || d.Levels != lv(3, 2, 2) || len(d.Followed) != 3 || d.Followed[0].From.ID != part {
		t.Errorf("%v %v %+v", d.Holds, d.Levels, d.Followed)
	}
	s.pass(fixture.Registrant, box)
	if g := s.standing(box); g.Tenure != lv(3, 2, 2) {
		t.Errorf("%+v", g)
	}
}

// What lies outside of the reader's scope is one nameless step, however many it is, and gives away
// neither what was declared there nor by whom.
func TestTheWayOutside(t *testing.T) {
	s := newSpine(t)
	list := s.draft(fixture.Planner, asset.Info, info("企画課の秘密の名簿", "3B 2 1", "unit", "honbu-kikaku"))
	s.approve(fixture.PlanManager, s.submit(fixture.Planner, list))
	is := s.draft(fixture.Planner, asset.System, system("企画課の秘密のシステム", "1", "unit", "honbu-kikaku", "rel", processes(list)))
	s.approve(fixture.PlanManager, s.submit(fixture.Planner, is))
	host, _ := s.inForce(asset.Device, app.Raw{"name": {"サーバー"}, "detail_kind": {"server"}, "personal": {"none"}, "zone": {"LG"}, "place": {"サーバー室"},
		"level_c": {"1"}, "level_i": {"1"}, "level_a": {"1"}})
	s.Exec(t, `INSERT INTO relation (type, from_id, from_kind, to_id, to_kind, owner_id, note, from_rev)
		SELECT 'runs_on', $1::bigint, 'IS', $2::bigint, 'EQ', $1::bigint, '秘密の備考', rev FROM register_head`, is, host)
	s.Exec(t, `UPDATE level_now SET computed = 4, level = 4, via = $1 WHERE asset_id = $2 AND axis = 'C'`, is, host)
	o := s.originOf(fixture.Manager, host, classify.Confidentiality)
	if got := wayOf(o); got != "サーバー 3B < 動いているシステム:他機関の資産" || o.Declared != nil {
		t.Errorf("%s %+v", got, o.Declared)
	}
	if o := s.originOf(fixture.Responsible, host, classify.Confidentiality); wayOf(o) != "サーバー 3B < 動いているシステム:企画課の秘密のシステム 3B < 処理する情報:企画課の秘密の名簿 3B" || o.Declared == nil {
		t.Errorf("%s", wayOf(o))
	}
	// The same of what a change would reach.
	v, err := s.Impact(s.ctx(), s.as(fixture.Planner), s.number(list), app.ImpactQuery{Rise: "C:3A"})
	s.must(err)
	if v.Rise.Sure != 1 || v.Rise.Outside != 1 || len(v.Rise.Lines) != 1 || v.Rise.Lines[0].Ref.ID != is || v.Rise.Total() != 2 {
		t.Errorf("%+v", v.Rise)
	}
	v, err = s.Impact(s.ctx(), s.as(fixture.Manager), s.number(host), app.ImpactQuery{})
	s.must(err)
	if v.Stop.Outside != 1 || v.Stop.Sure != 0 || len(v.Stop.Lines) != 0 || len(v.Near.Nodes) != 1 || len(v.Near.Rest) != 1 || v.Near.Rest[0].Outside != 1 || v.Near.Rest[0].Inside != 0 {
		t.Errorf("%+v %+v", v.Stop, v.Near)
	}
}

// What would rise is what does rise, with the same levels; what declares is to be looked at again.
func TestWhatARiseWouldChange(t *testing.T) {
	s := newSpine(t)
	list, _ := s.inForce(asset.Info, info("名簿", "3C 2 1"))
	is, _ := s.inForce(asset.System, system("業務システム", "1", "rel", processes(list)))
	host, _ := s.inForce(asset.Device, app.Raw{"name": {"サーバー"}, "detail_kind": {"server"}, "personal": {"none"}, "zone": {"LG"}, "place": {"サーバー室"},
		"rel": {app.RelationValue(relation.RunsOn, false, is)}})
	copied, _ := s.inForce(asset.Paper, app.Raw{"name": {"名簿の控え"}, "summary": {"名簿を印刷したもの"}, "personal": {"personal"}, "place": {"総務課 金庫"}, "q.mynumber": {"no"}, "q.personal": {"yes"},
		"level_c": {"3C"}, "level_i": {"2"}, "level_a": {"1"}, "level_reason": {"原本と同じ"}, "rel": {app.RelationValue(relation.CopyOf, true, list)}})
	// Held higher already, it does not rise.
	held := s.draft(fixture.Registrant, asset.Medium, with(medium("金庫のUSBメモリ", ""), gathered(stores(list), asset.Gather, "3A", "合わせると秘密になる")...))
	s.pass(fixture.Registrant, held)

	read := func(q app.ImpactQuery) app.ImpactView {
		t.Helper()
		v, err := s.Impact(s.ctx(), s.as(fixture.Manager), s.number(list), q)
		s.must(err)
		return v
	}
	v := read(app.ImpactQuery{Rise: "c:3b"})
	if v.Chosen.Value() != "C:3B" || len(v.Choices) != 3 { // 3B and 3A, and the higher 可用性
		t.Fatalf("%+v of %+v", v.Chosen, v.Choices)
	}
	would := map[int64]classify.Rank{}
	for _, l := range v.Rise.Lines {
		would[l.Ref.ID] = l.Now
		if l.Sure != (l.Ref.ID != copied) || l.Was != 3 {
			t.Errorf("%+v", l)
		}
	}
	if len(would) != 3 || would[is] != 4 || would[host] != 4 || would[copied] != 4 || v.Rise.Sure != 2 || v.Rise.Asks != 1 || v.Rise.More {
		t.Errorf("%v, %+v", would, v.Rise)
	}
	if len(v.Rise.Units) != 1 || v.Rise.Units[0].Path != "本部事務局 総務課" {
		t.Errorf("%+v", v.Rise.Units)
	}
	if before := s.standing(host); before.Tenure.C != 3 {
		t.Fatalf("looking has changed it: %+v", before)
	}
	s.change(fixture.Registrant, list, "level_c", "3B")
	s.approve(fixture.Manager, s.submit(fixture.Registrant, list))
	for id, rank := range would {
		want := rank
		if id == copied {
			want = 3
		}
		if g := s.standing(id); g.Tenure.C != want {
			t.Errorf("%d stands at %d, foretold was %d", id, g.Tenure.C, want)
		}
	}
	if s.reviews(copied) != 1 || s.standing(held).Tenure.C != 5 {
		t.Error("the copy does not ask, or the gathered one moved")
	}
	// At the top of every axis there is nothing to choose.
	s.change(fixture.Registrant, list, "level_c", "3A", "level_a", "2", "level_reason", "秘密文書に指定された")
	s.approve(fixture.Manager, s.submit(fixture.Registrant, list))
	if v := read(app.ImpactQuery{Rise: "C:3B"}); len(v.Choices) != 0 || v.Chosen.Axis != "" || v.Rise.Total() != 0 {
		t.Errorf("%+v", v.Choices)
	}
}

// What stops is followed in the direction in which things need each other, with the number of steps.
func TestWhatStops(t *testing.T) {
	s := newSpine(t)
	device := func(name string, pairs ...string) int64 {
		t.Helper()
		id, _ := s.inForce(asset.Device, with(app.Raw{"name": {name}, "detail_kind": {"server"}, "personal": {"none"}, "zone": {"LG"}, "place": {"サーバー室"},
			"level_c": {"1"}, "level_i": {"1"}, "level_a": {"1"}}, pairs...))
		return id
	}
	room, _ := s.inForce(asset.Facility, facility("サーバー室"))
	host := device("サーバー", "rel", app.RelationValue(relation.LocatedIn, true, room))
	is, _ := s.inForce(asset.System, system("業務システム", "1", "level_c", "1", "level_i", "1", "rel", app.RelationValue(relation.RunsOn, true, host)))
	user, _ := s.inForce(asset.System, system("連携先", "1", "level_c", "1", "level_i", "1", "rel", app.RelationValue(relation.DependsOn, true, is)))
	disk := device("記憶装置", "rel", app.RelationValue(relation.PartOf, true, is))
	list, _ := s.inForce(asset.Info, info("名簿", "2 1 1", "q.personal", "no", "personal", "none"))
	s.change(fixture.Registrant, is, "rel", app.RelationValue(relation.RunsOn, true, host)+" "+processes(list))
	s.approve(fixture.Manager, s.submit(fixture.Registrant, is))
	depths := func(id int64) map[int64]int {
		t.Helper()
		v, err := s.Impact(s.ctx(), s.as(fixture.Manager), s.number(id), app.ImpactQuery{})
		s.must(err)
		out := map[int64]int{}
		for _, l := range v.Stop.Lines {
			out[l.Ref.ID] = l.Depth
			if l.Depth > 1 && l.Because.ID == 0 {
				t.Errorf("%d stops because of nothing", l.Ref.ID)
			}
		}
		if v.Stop.Sure != len(out) {
			t.Errorf("%d counted, %d listed", v.Stop.Sure, len(out))
		}
		return out
	}
	for _, c := range []struct {
		name string
		id   int64
		want map[int64]int
	}{
		{"the room", room, map[int64]int{host: 1, is: 2, user: 3}},
		{"the machine", host, map[int64]int{is: 1, user: 2}},
		{"a part", disk, map[int64]int{is: 1, user: 2}},
		{"the system", is, map[int64]int{user: 1}},
		{"the last", user, map[int64]int{}},
		{"information", list, map[int64]int{}},
	} {
		if got := depths(c.id); len(got) != len(c.want) {
			t.Errorf("%s stops %v, want %v", c.name, got, c.want)
		} else {
			for id, d := range c.want {
				if got[id] != d {
					t.Errorf("%s stops %v, want %v", c.name, got, c.want)
				}
			}
		}
	}
	v, err := s.Impact(s.ctx(), s.as(fixture.Manager), s.number(is), app.ImpactQuery{})
	s.must(err)
	words := map[string]bool{}
	for _, l := range v.Near.Links {
		words[l.Out] = true
	}
	if len(v.Near.Nodes) != 6 || v.Near.Nodes[0].Ref.ID != is || !words["動かしている機器・サービス"] || !words["構成する先"] || !words["止まると困る相手"] || !words["置いてある場所"] {
		t.Errorf("%d drawn, %v", len(v.Near.Nodes), words)
	}
}

// An asset with many relations: every number is exact, every one of them is found and reached.
func TestFiveHundredRelations(t *testing.T) {
	s := newSpine(t)
	usb, number := s.inForce(asset.Medium, medium("大きな記憶装置", "1 1 1"))
	list, _ := s.inForce(asset.Info, info("名簿 0", "2 1 1", "q.personal", "no", "personal", "none"))
	s.many(list, usb, 520)
	read := func(q app.RelationsQuery) app.RelationsView {
		t.Helper()
		v, err := s.Relations(s.ctx(), s.as(fixture.Manager), number, q)
		s.must(err)
		return v
	}
	v := read(app.RelationsQuery{})
	if v.AssetRow.Relations != 520 || len(v.Groups) != 1 || v.Groups[0].Inside != 520 || len(v.Groups[0].Lines) != 20 || v.Groups[0].Found != 520 {
		t.Fatalf("%d: %d groups", v.AssetRow.Relations, len(v.Groups))
	}
	seen := map[int64]bool{}
	for p := 1; p <= 6; p++ {
		v := read(app.RelationsQuery{End: "stores:out", Page: p})
		if v.Groups[0].Pages != 6 || v.Groups[0].Page != p {
			t.Errorf("page %d of %d", v.Groups[0].Page, v.Groups[0].Pages)
		}
		for _, l := range v.Groups[0].Lines {
			seen[l.Other.ID] = true
		}
	}
	if len(seen) != 520 {
		t.Errorf("%d of 520 are reached", len(seen))
	}
	if v := read(app.RelationsQuery{Text: "めいぼ 417"}); v.Found() != 0 || v.Inside() != 520 {
		t.Errorf("found %d", v.Found())
	}
	if v := read(app.RelationsQuery{Text: "名簿 417"}); v.Found() != 1 || len(v.Groups[0].Lines) != 1 || v.Groups[0].Lines[0].Other.Name != "名簿 417" {
		t.Errorf("found %d", v.Found())
	}
	if v := read(app.RelationsQuery{End: "nothing:out", Page: -3}); v.Query.End != "" || len(v.Groups[0].Lines) != 20 {
		t.Errorf("%+v", v.Query)
	}
	w, err := s.Impact(s.ctx(), s.as(fixture.Manager), number, app.ImpactQuery{})
	s.must(err)
	if len(w.Near.Nodes) > 40 || len(w.Near.Rest) == 0 || w.Near.Rest[0].Inside+len(w.Near.Nodes)-1 != 520 {
		t.Errorf("%d drawn, %+v", len(w.Near.Nodes), w.Near.Rest)
	}
	// The form of it is opened, saved and submitted with all of them.
	s.change(fixture.Registrant, usb, "notes", "点検した")
	d, err := s.OpenDraft(s.ctx(), s.as(fixture.Registrant), usb)
	s.must(err)
	if len(d.Relations) != 0 { // they are written at the other end
		t.Errorf("%d lines", len(d.Relations))
	}
	var rel []string
	for id := range seen {
		rel = append(rel, stores(id))
	}
	s.rewrite(fixture.Registrant, usb, "rel", strings.Join(rel, " "))
	s.approve(fixture.Manager, s.submit(fixture.Registrant, usb))
	if v := read(app.RelationsQuery{}); v.Groups[0].Inside != 1040 {
		t.Errorf("%d relations, written at both ends", v.Groups[0].Inside)
	}
}

// many copies an asset in force n times as assets that the container holds.
func (s *spine) many(of, holder int64, n int) {
	s.t.Helper()
	var kept int64
	s.Exec(s.t, `WITH a AS (INSERT INTO asset (kind, number) SELECT 'IN', '2026-KR-5' || lpad(g::text, 5, '0') || '-0' FROM generate_series(1, $2::int) g RETURNING id, number),
		numbered AS (SELECT id, number, row_number() OVER (ORDER BY id) AS g FROM a),
		now AS (INSERT INTO asset_now (asset_id, kind, number, unit_id, organ_id, state, name, yomi, c, i, a, zone, updated_at)
		  SELECT b.id, n.kind, b.number, n.unit_id, n.organ_id, 'pending', '名簿 ' || b.g, n.yomi, n.c, n.i, n.a, n.zone, now()
		  FROM numbered b CROSS JOIN asset_now n WHERE n.asset_id = $1),
		words AS (INSERT INTO asset_search (asset_id, unit_id, search, grams) SELECT b.id, s.unit_id, '名簿 ' || b.g, s.grams FROM numbered b CROSS JOIN asset_search s WHERE s.asset_id = $1),
		level AS (INSERT INTO level_now (asset_id, axis, base, computed, level) SELECT b.id, l.axis, l.base, l.base, l.base FROM numbered b CROSS JOIN level_now l WHERE l.asset_id = $1)
		INSERT INTO relation (type, from_id, from_kind, to_id, to_kind, owner_id, from_rev)
		SELECT 'stores', $3, 'MD', b.id, 'IN', b.id, (SELECT rev FROM register_head) FROM numbered b`, of, n, holder)
	s.One(s.t, `SELECT count(*) FROM relation WHERE from_id = $1`, []any{holder}, &kept)
	if kept != int64(n) {
		s.t.Fatalf("%d relations made", kept)
	}
}

func facility(name string) app.Raw {
	return app.Raw{"name": {name}, "detail_kind": {"server_room"}, "area_class": {"controlled"}, "place": {"本庁舎3階"}, "personal": {"none"}, "level_c": {"1"}, "level_i": {"1"}, "level_a": {"1"}}
}

// Reading where a level comes from needs the same right as reading the asset.
func TestImpactNeedsTheRight(t *testing.T) {
	s := newSpine(t)
	_, number := s.inForce(asset.Info, info("名簿", "2 1 1"))
	if authz.Can(s.as(fixture.Admin), authz.ReadAsset) {
		t.Fatal("the administrator reads assets")
	}
	if _, err := s.Impact(s.ctx(), s.as(fixture.Admin), number, app.ImpactQuery{}); err == nil {
		t.Error("the administrator reads an impact")
	}
	if _, err := s.Impact(s.ctx(), s.as(fixture.Gikai), number, app.ImpactQuery{}); err == nil {
		t.Error("another organ reads an impact")
	}
}

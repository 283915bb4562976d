package app_test

import (
	"slices"
	"strings"
	"testing"

	"daicho/internal/app"
	"daicho/internal/asset"
	"daicho/internal/authz"
	"daicho/internal/errs"
	"daicho/internal/fixture"
	"daicho/internal/postgres"
	"daicho/internal/relation"
	"daicho/internal/zone"
)

// network is a complete form of a network in a 領域.
func network(name, z string, pairs ...string) app.Raw {
	raw := app.Raw{"name": {name}, "detail_kind": {"lan"}, "personal": {"none"}, "zone": {z}, "level_c": {"1"}, "level_i": {"1"}, "level_a": {"1"}}
	return with(raw, pairs...)
}

func bridge(other int64) string { return app.RelationValue(relation.Bridges, true, other) }

// joined are the inputs of a connection, with its particulars.
func joined(other int64, pairs ...string) []string {
	end := "rel." + bridge(other) + "."
	out := []string{"rel", bridge(other), end + "direction", "in", end + "purpose", "取込み", end + "split", "firewall", end + "sanitise", "rebuild"}
	for i := 0; i+1 < len(pairs); i += 2 {
		out = append(out, end+pairs[i], pairs[i+1])
	}
	return out
}

// codesAt are the codes of what an error says at a field.
func codesAt(err error, field string) []string {
	var out []string
	for _, e := range errs.Fields(err) {
		if e.Field == field {
			out = append(out, e.Code)
		}
	}
	return out
}

// pass submits and lets everybody on the way decide.
func (s *spine) pass(login string, id int64) {
	s.t.Helper()
	a := s.submit(login, id)
	for _, who := range []string{fixture.Manager, fixture.Responsible, fixture.Chief} {
		v, err := s.Application(s.ctx(), s.as(who), a, 0)
		s.must(err)
		if v.CanDecide {
			s.approve(who, a)
		}
	}
	if s.count(`SELECT count(*) FROM application WHERE id = $1 AND state = 'approved'`, a) != 1 {
		s.t.Fatalf("application %d was not approved", a)
	}
}

func (s *spine) registered(k asset.Kind, raw app.Raw) int64 {
	s.t.Helper()
	id := s.draft(fixture.Registrant, k, raw)
	s.pass(fixture.Registrant, id)
	return id
}

func (s *spine) zones(login string, q app.ZoneQuery) app.ZoneView {
	s.t.Helper()
	v, err := s.Zones(s.ctx(), s.as(login), q)
	s.must(err)
	return v
}

func TestAForbiddenConnectionIsRefusedUntilItIsPutRight(t *testing.T) {
	s := newSpine(t)
	it := s.registered(asset.Network, network("インターネット回線", "IT"))
	mn := s.draft(fixture.Registrant, asset.Network, network("利用事務系LAN", "MN", joined(it)...))
	_, err := s.Submit(s.ctx(), s.as(fixture.Registrant), app.Submit{Assets: []int64{mn}})
	field := itoa(mn) + "/rel." + bridge(it) + ".special"
	if got := codesAt(err, field); !slices.Equal(got, []string{"zone.Z01"}) {
		t.Fatalf("refused with %v, want Z01 at %s", err, field)
	}
	for _, e := range errs.Fields(err) {
		if e.Code == "zone.Z01" && !strings.Contains(e.Message, "基本方針 6(3)①") {
			t.Errorf("the refusal does not say why: %s", e.Message)
		}
	}
	s.rewrite(fixture.Registrant, mn, joined(it, "special", "1", "partner", "地方税共同機構", "path", "lgwan", "protocol", "HTTPS 443", "review_on", "令和12年3月31日")...)
	s.pass(fixture.Registrant, mn)
	v := s.zones(fixture.Registrant, app.ZoneQuery{A: "IT", B: "MN"})
	p := v.PairOf("MN", "IT")
	if p.N != 1 || p.Bad != 0 || !slices.Equal(p.Methods, []string{"特定通信 1件"}) || v.Count != 1 || len(v.Lines) != 1 {
		t.Fatalf("%+v, %d lines", p, len(v.Lines))
	}
	if l := v.Lines[0]; l.FromName != "利用事務系LAN" || l.ToName != "インターネット回線" || l.Flow != zone.In || l.Partner != "地方税共同機構" || len(l.Findings) != 0 {
		t.Errorf("%+v", l)
	}

	// The other end moves into LGWAN: the same connection now joins two others.
	s.change(fixture.Registrant, it, "zone", "LG")
	s.pass(fixture.Registrant, it)
	if v := s.zones(fixture.Registrant, app.ZoneQuery{}); v.PairOf("MN", "IT").N != 0 || v.PairOf("MN", "LG").N != 1 || v.Lines[0].Partner == "" {
		t.Errorf("the map did not follow: %+v", v.Pairs)
	}
	// What the documents say and what the map says are the same.
	g, err := authz.Operator("test", authz.Rebuild)
	s.must(err)
	out, err := s.RebuildCheck(s.ctx(), g)
	s.must(err)
	if len(out) > 0 {
		t.Error(strings.Join(out, "\n"))
	}
}

// A change of 領域 draws a forbidden connection as well as a new relation does, wherever it is written.
func TestAChangeOfZoneIsJudgedWithTheConnectionsOfOthers(t *testing.T) {
	s := newSpine(t)
	lg := s.registered(asset.Network, network("庁内LAN", "LG"))
	s.registered(asset.Network, network("インターネット回線", "IT", joined(lg)...))
	s.change(fixture.Registrant, lg, "zone", "MN")
	_, err := s.Submit(s.ctx(), s.as(fixture.Registrant), app.Submit{Assets: []int64{lg}})
	if got := codesAt(err, itoa(lg)+"/zone"); !slices.Contains(got, "zone.Z01") {
		t.Errorf("not refused: %v", err)
	}
}

// Whatever breaks a rule but Z01 is advice at its input, is approved if somebody approves it, and
// stands on the map as a violation.
func TestOtherViolationsWarnAndStandOnTheMap(t *testing.T) {
	s := newSpine(t)
	it := s.registered(asset.Network, network("インターネット回線", "IT"))
	lg := s.draft(fixture.Registrant, asset.Network, network("庁内LAN", "LG", joined(it, "split", "none", "review_on", "令和8年4月1日")...))
	d, err := s.OpenDraft(s.ctx(), s.as(fixture.Registrant), lg)
	s.must(err)
	if !slices.ContainsFunc(d.Warnings, func(e *errs.Error) bool { return e.Code == "zone.Z04" && e.Field == "rel."+bridge(it)+".split" }) {
		t.Errorf("no advice: %v", d.Warnings)
	}
	s.pass(fixture.Registrant, lg)
	eq := s.registered(asset.Device, with(app.Raw{"name": {"端末"}, "detail_kind": {"pc"}, "personal": {"none"}, "zone": {"LG"}, "place": {"執務室"},
		"level_c": {"1"}, "level_i": {"1"}, "level_a": {"1"}}, "rel", app.RelationValue(relation.Connects, true, it)))
	v := s.zones(fixture.Registrant, app.ZoneQuery{Bad: true})
	if p := v.PairOf("LG", "IT"); p.N != 2 || p.Bad != 2 || p.Worst != zone.Grave || v.Bad != 2 || v.Count != 2 {
		t.Fatalf("%+v", p)
	}
	rules := map[string]bool{}
	for _, l := range v.Lines {
		for _, f := range l.Findings {
			rules[f.Rule] = true
		}
	}
	if !rules["Z04"] || !rules["Z08"] || !rules["Z09"] {
		t.Errorf("found %v", rules)
	}
	open := func(rule string, id int64) int {
		return s.count(`SELECT count(*) FROM finding WHERE rule = $1 AND asset_id = $2 AND cleared_at IS NULL`, rule, id)
	}
	if open("Z04", lg) != 1 || open("Z09", lg) != 1 || open("Z08", eq) != 1 || open("Z05", lg) != 0 {
		t.Error("the findings are not those of the map")
	}
	// A device that goes out of use hangs nowhere.
	s.change(fixture.Registrant, eq, "rel", "")
	s.pass(fixture.Registrant, eq)
	if open("Z08", eq) != 0 || open("Z04", lg) != 1 {
		t.Error("the finding of the device stayed, or took another along")
	}
	// Put right by the other end: without a 領域 in common nothing crosses any more.
	s.change(fixture.Registrant, it, "zone", "LG")
	s.pass(fixture.Registrant, it)
	if open("Z04", lg) != 0 || open("Z09", lg) != 0 {
		t.Error("what no longer crosses is still found")
	}
	s.change(fixture.Registrant, it, "zone", "IT")
	s.pass(fixture.Registrant, it)
	if v := s.zones(fixture.Registrant, app.ZoneQuery{}); v.PairOf("LG", "IT").N != 1 {
		t.Errorf("%+v", v.PairOf("LG", "IT"))
	}
	area := v.Areas[slices.IndexFunc(v.Areas, func(a app.ZoneArea) bool { return a.Zone == "LG" })]
	if area.N != 2 || area.Others != 0 {
		t.Errorf("%+v", area)
	}
	// Another unit sees that there is something, not what.
	v = s.zones(fixture.Gikai, app.ZoneQuery{})
	area = v.Areas[slices.IndexFunc(v.Areas, func(a app.ZoneArea) bool { return a.Zone == "LG" })]
	if area.N != 0 || area.Others != 2 || v.Count != 0 || len(v.Lines) != 0 {
		t.Errorf("%+v, %d lines", area, len(v.Lines))
	}
}

// The adopted model switches controls on and off at once, for the unit and all below that have no
// model of their own, and for the whole body.
func TestTheAdoptedModelSwitchesControls(t *testing.T) {
	s := newSpine(t)
	s.Exec(t, `WITH k AS (INSERT INTO catalogue (code, name, edition) VALUES ('models', 'モデルの条件', '1') RETURNING id)
		INSERT INTO chapter (catalogue_id, no, name) SELECT id, 3, '強靭性' FROM k`)
	for key, row := range map[string]string{
		"3-11": `'{NW,CL}', '{LG}', '{a2}'`, "3-14": `'{EQ,IS,NW}', '{IT}', '{b,b2}'`,
	} {
		s.Exec(t, `WITH c AS (INSERT INTO control (catalogue_id, key, chapter, title, text, modality, answered_at)
			SELECT id, $1, 3, 'モデルの条件', '条件', 'must', 'organ' FROM catalogue WHERE code = 'models' RETURNING id)
			INSERT INTO applicability (control_id, row_no, kinds, zones, models, reason) SELECT id, 1, `+row+`, '採用モデルのため' FROM c`, key)
	}
	s.Exec(t, `INSERT INTO adoption (target, code, doc_no, decided_on, act_id) VALUES ('catalogue', 'models', '試第3号', '2026-05-01', current_setting('daicho.act')::bigint)`)
	lg := s.registered(asset.Network, network("庁内LAN", "LG"))
	it := s.registered(asset.Network, network("インターネット回線", "IT"))
	required := func(id int64) (out string) {
		s.One(t, `SELECT coalesce(string_agg(c.key, ' ' ORDER BY c.key), '') FROM requirement r JOIN control c ON c.id = r.control_id
			WHERE r.asset_id = $1 AND c.key IN ('3-11', '3-14')`, []any{id}, &out)
		return out
	}
	decide := func(login, unit, model string) int {
		t.Helper()
		n, err := s.DecideModel(s.ctx(), s.as(login), app.NewModel{Unit: unit, Model: model, DocNo: "関広連総第9号", Reason: "試験のため"})
		s.must(err)
		return n
	}
	check := func(wantLG, wantIT string) {
		t.Helper()
		if a, b := required(lg), required(it); a != wantLG || b != wantIT {
			t.Errorf("LG requires %q, want %q; IT requires %q, want %q", a, wantLG, b, wantIT)
		}
	}
	check("", "")
	if n := decide(fixture.Chief, "honbu", zone.AlphaPrime); n != 2 {
		t.Errorf("%d assets moved", n)
	}
	check("3-11", "")
	decide(fixture.CISO, "honbu", zone.BetaPrime)
	check("", "3-14")
	// The unit itself wins over what stands above it, and the body over nothing.
	decide(fixture.Chief, "honbu-somu", zone.AlphaPrime)
	check("3-11", "")
	decide(fixture.Chief, "honbu-somu", "")
	decide(fixture.Chief, "honbu", "")
	check("", "")
	decide(fixture.Chief, "", zone.Beta)
	check("", "3-14")
	if s.standing(it).Tenures < 3 || s.count(`SELECT count(*) FROM tenure WHERE asset_id = $1 AND to_rev > 1000000000`, it) != 1 {
		t.Errorf("the history does not show the models: %+v", s.standing(it))
	}
	v, err := s.Models(s.ctx(), s.as(fixture.Chief))
	s.must(err)
	if v.Body != zone.Beta || len(v.Decisions) != 6 || v.Decisions[0].UnitID != 0 || v.Decisions[1].Was != zone.BetaPrime || !strings.Contains(v.Decisions[0].ByText, "渡辺 五月") {
		t.Errorf("%q, %+v", v.Body, v.Decisions)
	}
	_, err = s.DecideModel(s.ctx(), s.as(fixture.Chief), app.NewModel{Model: zone.Beta, DocNo: "1", Reason: "x"})
	if got := codesAt(err, "model"); !slices.Equal(got, []string{"model.same"}) {
		t.Errorf("the same again: %v", err)
	}
	_, err = s.DecideModel(s.ctx(), s.as(fixture.Chief), app.NewModel{Unit: "honbu", Model: "z"})
	if len(codesAt(err, "model"))+len(codesAt(err, "doc_no"))+len(codesAt(err, "reason")) != 3 {
		t.Errorf("%v", err)
	}
	if _, err := s.DecideModel(s.ctx(), s.as(fixture.Responsible), app.NewModel{}); errs.KindOf(err) != errs.Forbidden {
		t.Errorf("the 責任者 decides: %v", err)
	}
	// An asset that comes into force later stands under the model of now.
	later := s.registered(asset.Network, network("別の回線", "IT"))
	if required(later) != "3-14" {
		t.Errorf("a later asset requires %q", required(later))
	}
}

func TestThePlacementMatrixIsDecided(t *testing.T) {
	s := newSpine(t)
	s.Exec(t, `INSERT INTO placement (rank, my_number, place, verdict, control, source) VALUES (4, false, 'IT', 'no', '2-01', 'own'), (4, false, 'LG', 'standard', '2-01', 'own')`)
	v, err := s.Placement(s.ctx(), s.as(fixture.Registrant))
	s.must(err)
	if v.Open != 2 || len(v.Rows) != 1 || v.Rows[0].Level.Code != "3B" {
		t.Fatalf("%+v", v)
	}
	c, ok := v.Find(4, false, "IT")
	if !ok || c.Cell().Verdict != zone.Banned {
		t.Fatalf("%+v", c)
	}
	c.Verdict, c.Models, c.Note, c.DocNo = "approval", []string{"b2"}, "条件つき", "関広連総第10号"
	in := app.NewPlace{PlaceCell: c, Reason: "β′を採用した"}
	s.must(s.DecidePlace(s.ctx(), s.as(fixture.Chief), in))
	v, _ = s.Placement(s.ctx(), s.as(fixture.Registrant))
	if c, _ := v.Find(4, false, "IT"); c.Verdict != "approval" || !slices.Equal(c.Models, []string{"b2"}) || v.Open != 1 {
		t.Errorf("%+v, %d open", c, v.Open)
	}
	if s.count(`SELECT count(*) FROM act WHERE action = 'placement.edit' AND reason = 'β′を採用した'`) != 1 {
		t.Error("the decision is no act")
	}
	for field, change := range map[string]func(*app.NewPlace){
		"verdict": func(p *app.NewPlace) { p.Verdict = "perhaps" }, "models": func(p *app.NewPlace) { p.Models = []string{"z"} },
		"note":    func(p *app.NewPlace) { p.Note = "番号は123456789018" },
		"control": func(p *app.NewPlace) { p.Control = "9-99" }, "doc_no": func(p *app.NewPlace) { p.DocNo = "" }, "reason": func(p *app.NewPlace) { p.Reason = "" },
	} {
		bad := in
		change(&bad)
		if err := s.DecidePlace(s.ctx(), s.as(fixture.Chief), bad); len(codesAt(err, field)) != 1 {
			t.Errorf("%s: %v", field, err)
		}
	}
	if err := s.DecidePlace(s.ctx(), s.as(fixture.CISO), in); errs.KindOf(err) != errs.Forbidden {
		t.Errorf("the CISO edits the table: %v", err)
	}
	in.PlaceCell = postgres.PlaceCell{Rank: 9, Place: "IT", Verdict: "no", Control: "2-01", DocNo: "1"}
	if err := s.DecidePlace(s.ctx(), s.as(fixture.Chief), in); errs.KindOf(err) != errs.NotFound {
		t.Errorf("a cell that is not there: %v", err)
	}
	s.must(s.AdoptPlacement(s.ctx(), s.as(fixture.Chief), "関広連総第11号", "委員会で決めた"))
	v, _ = s.Placement(s.ctx(), s.as(fixture.Registrant))
	if c, _ := v.Find(4, false, "IT"); v.Open != 0 || c.DocNo != "関広連総第10号" {
		t.Errorf("%d open, %+v", v.Open, c)
	}
	if err := s.AdoptPlacement(s.ctx(), s.as(fixture.Chief), "1", "x"); errs.KindOf(err) != errs.Conflict {
		t.Errorf("adopted twice: %v", err)
	}
}

// Information is judged by what holds it, and again as soon as the table or the model is another.
func TestInformationIsJudgedByWhereItLies(t *testing.T) {
	s := newSpine(t)
	s.Exec(t, `INSERT INTO placement (rank, my_number, place, verdict, models, control, note, source) VALUES
		(3, false, 'IT', 'approval', '{b2}', '2-01', 'β′の条件', 'own'), (3, false, 'LG', 'standard', '{}', '2-01', '', 'own'), (3, false, 'PAPER', 'no', '{}', '2-01', '', 'own')`)
	list := s.registered(asset.Info, info("名簿", "3C 1 1"))
	low := s.registered(asset.Info, info("公表資料", "1 1 1", "q.personal", "no", "personal", "none"))
	eq := s.registered(asset.Device, app.Raw{"name": {"公開サーバー"}, "detail_kind": {"server"}, "personal": {"none"}, "zone": {"IT"}, "place": {"サーバー室"},
		"rel": {stores(list), stores(low)}})
	paper := s.registered(asset.Paper, with(info("願書の綴り", "3C 1 1"), "zone", ""))
	open := func(id int64) (out string) {
		s.One(t, `SELECT coalesce(string_agg(rule || ':' || coalesce(other_id, 0), ' ' ORDER BY rule), '') FROM finding
			WHERE rule IN ('Z11', 'Z12') AND asset_id = $1 AND cleared_at IS NULL`, []any{id}, &out)
		return out
	}
	if got := open(list); got != "Z11:"+itoa(eq) {
		t.Errorf("under α: %q", got)
	}
	if got := open(low) + open(eq); got != "" {
		t.Errorf("found without need: %q", got)
	}
	if got := open(paper); got != "Z11:0" {
		t.Errorf("paper: %q", got)
	}
	decide := func(model string) {
		t.Helper()
		_, err := s.DecideModel(s.ctx(), s.as(fixture.Chief), app.NewModel{Unit: "honbu", Model: model, DocNo: "1", Reason: "試験"})
		s.must(err)
	}
	decide(zone.BetaPrime)
	if got := open(list); got != "Z12:"+itoa(eq) {
		t.Errorf("under β′: %q", got)
	}
	cell := postgres.PlaceCell{Rank: 3, Place: "IT", Verdict: "ok", Control: "2-01", DocNo: "2"}
	s.must(s.DecidePlace(s.ctx(), s.as(fixture.Chief), app.NewPlace{PlaceCell: cell, Reason: "試験"}))
	if got := open(list); got != "" {
		t.Errorf("after the table changed: %q", got)
	}
}

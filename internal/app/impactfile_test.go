package app_test

import (
	"bytes"
	"encoding/csv"
	"io"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/xuri/excelize/v2"

	"daicho/internal/app"
	"daicho/internal/asset"
	"daicho/internal/errs"
	"daicho/internal/fixture"
)

// impactFile takes one list of an impact out, as cells with the header first.
func (s *spine) impactFile(login, number string, e app.ImpactExport) (app.Head, [][]string) {
	s.t.Helper()
	var b bytes.Buffer
	var head app.Head
	s.must(s.ExportImpact(s.ctx(), s.as(login), number, e, func(h app.Head) io.Writer { head = h; return &b }))
	if e.Format == app.CSV {
		text, ok := strings.CutPrefix(b.String(), "\ufeff")
		records, err := csv.NewReader(strings.NewReader(text)).ReadAll()
		if s.must(err); !ok {
			s.t.Error("no byte order mark")
		}
		return head, records
	}
	f, err := excelize.OpenReader(&b)
	s.must(err)
	defer func() { _ = f.Close() }()
	records, err := f.GetRows("影響範囲")
	s.must(err)
	return head, records
}

// A file of an impact holds what the page names, in its words and codes, and what lies outside as one
// line with its count; taking it out is in the trail.
func TestAnImpactGoesOut(t *testing.T) {
	s := newSpine(t)
	list := s.draft(fixture.Planner, asset.Info, info("企画課の名簿", "3B 2 1", "unit", "honbu-kikaku"))
	s.approve(fixture.PlanManager, s.submit(fixture.Planner, list))
	is := s.draft(fixture.Planner, asset.System, system("=HYPERLINK(\"x\")", "1", "unit", "honbu-kikaku", "rel", processes(list)))
	s.approve(fixture.PlanManager, s.submit(fixture.Planner, is))
	host, _ := s.inForce(asset.Device, app.Raw{"name": {"秘密のサーバー"}, "detail_kind": {"server"}, "personal": {"none"}, "zone": {"LG"}, "place": {"サーバー室"},
		"level_c": {"1"}, "level_i": {"1"}, "level_a": {"1"}})
	s.Exec(t, `INSERT INTO relation (type, from_id, from_kind, to_id, to_kind, owner_id, from_rev)
		SELECT 'runs_on', $1::bigint, 'IS', $2::bigint, 'EQ', $1::bigint, rev FROM register_head`, is, host)
	number := s.number(list)
	want := [][]string{
		{"管理番号", "名称", "種別", "所管課の名称", "観点", "いまの区分", "上がった後の区分", "どうなるか", "件数"},
		{s.number(is), "'=HYPERLINK(\"x\")", "情報システム", "企画課", "機密性", "3B", "3A", "自動で上がる", "1"},
		{"", "他機関の資産", "", "", "", "", "", "", "1"},
	}
	for _, f := range []app.Format{app.CSV, app.XLSX} {
		head, got := s.impactFile(fixture.Planner, number, app.ImpactExport{Part: app.PartRise, Rise: "C:3A", Format: f})
		if f == app.XLSX {
			want[1][1] = "=HYPERLINK(\"x\")" // a text, which an xlsx can say
		}
		if d := cmp.Diff(want, got); d != "" {
			t.Errorf("%s (-want +got):\n%s", f, d)
		}
		if head.Rows != 1 || head.Marking == "" || !strings.HasSuffix(head.Name, "."+string(f)) || !strings.Contains(head.Name, number) {
			t.Errorf("%+v", head)
		}
		if n := s.count(`SELECT count(*) FROM act WHERE action = 'ledger.export' AND asset_id = $1 AND detail->>'format' = $2 AND detail->>'filter' = 'C:3A'
			AND detail->>'list' = 'rise' AND (detail->>'rows')::int = 1 AND (detail->>'outside')::int = 1`, list, string(f)); n != 1 {
			t.Errorf("%d acts about %s", n, f)
		}
	}
	export := func(login string, e app.ImpactExport) error {
		e.Format = app.CSV
		return s.ExportImpact(s.ctx(), s.as(login), number, e, func(app.Head) io.Writer { t.Error("a byte went out"); return io.Discard })
	}
	s.refused(export(fixture.Planner, app.ImpactExport{Part: "x"}), errs.NotFound, "impact.part")
	if err := export(fixture.Bosai, app.ImpactExport{Part: app.PartStop}); !errs.Is(err, errs.NotFound) {
		t.Errorf("another unit: %v", err)
	}
	if err := export(fixture.Admin, app.ImpactExport{Part: app.PartStop}); !errs.Is(err, errs.Forbidden) {
		t.Errorf("who reads no asset: %v", err)
	}
}

// Every page of the list is in the file, in its order, with codes marked where their edition is old.
func TestAnImpactFileHasEveryPage(t *testing.T) {
	s := newSpine(t)
	room, number := s.inForce(asset.Facility, facility("サーバー室"))
	host, _ := s.inForce(asset.Device, app.Raw{"name": {"サーバー"}, "detail_kind": {"server"}, "personal": {"none"}, "zone": {"LG"}, "place": {"サーバー室"},
		"level_c": {"1"}, "level_i": {"1"}, "level_a": {"1"}})
	s.Exec(t, `WITH a AS (INSERT INTO asset (kind, number) SELECT 'EQ', '2026-KR-5' || lpad(g::text, 5, '0') || '-0' FROM generate_series(1, 230) g RETURNING id, number),
		now AS (INSERT INTO asset_now (asset_id, kind, number, unit_id, organ_id, state, name, yomi, c, i, a, zone, updated_at, scheme_id)
		  SELECT a.id, n.kind, a.number, n.unit_id, n.organ_id, 'pending', a.number, n.yomi, n.c, n.i, n.a, n.zone, now(), n.scheme_id
		  FROM a CROSS JOIN asset_now n WHERE n.asset_id = $2)
		INSERT INTO relation (type, from_id, from_kind, to_id, to_kind, owner_id, from_rev)
		SELECT 'located_in', a.id, 'EQ', $1, 'FA', a.id, (SELECT rev FROM register_head) FROM a`, room, host)
	s.edition()
	var shown []string
	for page := 1; ; page++ {
		v, err := s.Impact(s.ctx(), s.as(fixture.Manager), number, app.ImpactQuery{StopPage: page})
		s.must(err)
		for _, l := range v.Stop.Lines {
			shown = append(shown, l.Ref.Number)
		}
		if page >= v.Stop.Pages {
			break
		}
	}
	head, got := s.impactFile(fixture.Manager, number, app.ImpactExport{Part: app.PartStop, Format: app.CSV})
	var filed []string
	for _, r := range got[1:] {
		filed = append(filed, r[0])
		if r[4] != "1" || r[5] != "1（旧）" || r[6] != number || r[7] != "サーバー室" {
			t.Fatalf("%q", r)
		}
	}
	if len(shown) != 230 || head.Rows != 230 || !slices.Equal(shown, filed) {
		t.Errorf("%d shown, %s in the head, %d in the file", len(shown), strconv.Itoa(head.Rows), len(filed))
	}
}

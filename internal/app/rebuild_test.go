package app_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"daicho/internal/app"
	"daicho/internal/approval"
	"daicho/internal/asset"
	"daicho/internal/authz"
	"daicho/internal/errs"
	"daicho/internal/fixture"
)

// Whatever is altered in a derived table behind the program's back, the check of the operator says
// that this table differs.
func TestTheCheckNoticesWhatWasAltered(t *testing.T) {
	s := newSpine(t)
	held, _ := s.inForce(asset.Info, info("名簿", "3B 2 1"))
	box, _ := s.inForce(asset.Medium, medium("保管庫", "2 1 1", "rel", stores(held)))
	twice, _ := s.inForce(asset.Info, info("二度目", "3C 2 1"))
	s.change(fixture.Registrant, twice, "place", "別の棚")
	s.approve(fixture.Manager, s.submit(fixture.Registrant, twice))
	waits, _ := s.inForce(asset.Info, info("変更の途中", "2 1 1"))
	s.change(fixture.Registrant, waits, "place", "別の棚")
	s.submit(fixture.Registrant, waits)
	fresh := s.draft(fixture.Registrant, asset.Info, info("申請中", "2 1 1"))
	s.submit(fixture.Registrant, fresh)
	draft := s.draft(fixture.Registrant, asset.Info, info("下書き", "2 1 1"))
	back := s.draft(fixture.Registrant, asset.Info, info("戻り", "2 1 1"))
	s.must(s.decide(fixture.Manager, s.submit(fixture.Registrant, back), approval.Return, "直してください"))
	// What the second container holds has become less, and it waits for somebody to let its level fall.
	less, _ := s.inForce(asset.Info, info("軽くなる名簿", "3B 2 1"))
	s.inForce(asset.Medium, medium("もう一つの保管庫", "2 1 1", "rel", stores(less)))
	s.change(fixture.Registrant, less, asset.LevelKey("C"), "2")
	s.approve(fixture.Manager, s.submit(fixture.Registrant, less))

	g, err := authz.Operator("test", authz.Rebuild)
	s.must(err)
	check := func() []string {
		t.Helper()
		lines, err := s.RebuildCheck(s.ctx(), g)
		s.must(err)
		return lines
	}
	if lines := check(); len(lines) != 0 {
		t.Fatalf("nothing was altered yet:\n%s", strings.Join(lines, "\n"))
	}
	admin, err := pgx.Connect(t.Context(), s.DB.AdminURL)
	s.must(err)
	t.Cleanup(func() { _ = admin.Close(context.Background()) })
	do := func(sql string) int64 {
		t.Helper()
		tag, err := admin.Exec(t.Context(), sql)
		if err != nil {
			t.Fatalf("%v in %s", err, sql)
		}
		return tag.RowsAffected()
	}
	do(`SET session_replication_role = replica`) // past every trigger and constraint between tables
	for _, c := range []struct{ table, says, sql string }{
		{"asset_now", "asset_now", fmt.Sprintf(`UPDATE asset_now SET version_no = 1 WHERE asset_id = %d`, twice)},
		{"asset_now", "asset_now", fmt.Sprintf(`DELETE FROM asset_now WHERE asset_id = %d`, twice)},
		{"asset_now", "asset_now", fmt.Sprintf(`DELETE FROM asset_now WHERE asset_id = %d`, fresh)},
		{"asset_now", "asset_now", fmt.Sprintf(`DELETE FROM asset_now WHERE asset_id = %d`, draft)},
		{"asset_now", "asset_now", fmt.Sprintf(`UPDATE asset_now SET pending_no = NULL WHERE asset_id = %d`, waits)},
		{"asset_now", "asset_now", fmt.Sprintf(`UPDATE asset_now SET state = 'disposed' WHERE asset_id = %d`, twice)},
		{"asset_now", "asset_now", fmt.Sprintf(`UPDATE asset_now SET state = 'draft', version_no = NULL WHERE asset_id = %d`, twice)},
		{"asset_now", "asset_now", fmt.Sprintf(`UPDATE asset_now SET c = 1 WHERE asset_id = %d`, box)},
		{"asset_now", "asset_now", fmt.Sprintf(`UPDATE asset_now SET c = 1 WHERE asset_id = %d`, fresh)},
		{"asset_now", "asset_now", `UPDATE asset_now SET set_id = NULL`},
		{"asset_now", "asset_now", fmt.Sprintf(`UPDATE asset_now SET review_since = now() WHERE asset_id = %d`, twice)},
		{"asset_search", "asset_search", fmt.Sprintf(`UPDATE asset_search SET grams = '{}' WHERE asset_id = %d`, twice)},
		{"asset_search", "asset_search", fmt.Sprintf(`UPDATE asset_search SET search = 'x' WHERE asset_id = %d`, fresh)},
		{"asset_search", "asset_search", fmt.Sprintf(`UPDATE asset_search SET unit_id = %d WHERE asset_id = %d`, s.Units["bosai"], draft)},
		{"asset_search", "asset_search", fmt.Sprintf(`DELETE FROM asset_search WHERE asset_id = %d`, draft)},
		{"asset_detail", "asset_detail", fmt.Sprintf(`UPDATE asset_detail SET detail = '{}' WHERE asset_id = %d`, box)},
		{"asset_detail", "asset_detail", fmt.Sprintf(`DELETE FROM asset_detail WHERE asset_id = %d`, draft)},
		{"asset_completeness", "asset_completeness", fmt.Sprintf(`UPDATE asset_completeness SET filled = filled + 1 WHERE asset_id = %d`, box)},
		{"asset_completeness", "asset_completeness", fmt.Sprintf(`UPDATE asset_completeness SET missing = '{}' WHERE asset_id = %d`, box)},
		{"asset_completeness", "asset_completeness", fmt.Sprintf(`DELETE FROM asset_completeness WHERE asset_id = %d`, waits)},
		{"asset_completeness", "asset_completeness", fmt.Sprintf(`INSERT INTO asset_completeness VALUES (%d, %d, 0, 0, 1, '{name}')`, fresh, s.Units["honbu-somu"])},
		{"draft", "asset_now", fmt.Sprintf(`DELETE FROM draft WHERE asset_id = %d`, draft)},
		{"tenure", "tenure", fmt.Sprintf(`UPDATE tenure SET name = 'x' WHERE asset_id = %d`, twice)},
		{"tenure", "level_now", fmt.Sprintf(`UPDATE tenure SET c = 5 WHERE asset_id = %d`, box)},
		{"tenure", "tenure", fmt.Sprintf(`UPDATE tenure SET to_rev = from_rev + 1 WHERE asset_id = %d`, held)},
		{"level_now", "level_now", fmt.Sprintf(`UPDATE level_now SET level = 5 WHERE asset_id = %d AND axis = 'C'`, held)},
		{"level_now", "level_now", fmt.Sprintf(`UPDATE level_now SET computed = 5 WHERE asset_id = %d AND axis = 'C'`, box)},
		{"level_now", "level_now", fmt.Sprintf(`UPDATE level_now SET via = %d WHERE asset_id = %d AND axis = 'C'`, twice, box)},
		{"level_now", "level_now", fmt.Sprintf(`UPDATE level_now SET via = asset_id WHERE asset_id = %d AND axis = 'C'`, box)},
		{"level_now", "level_now", fmt.Sprintf(`UPDATE level_now SET via = NULL WHERE asset_id = %d AND axis = 'C'`, box)},
		{"level_now", "level_now", fmt.Sprintf(`DELETE FROM level_now WHERE asset_id = %d AND axis = 'A'`, box)},
		{"level_now", "level_now", fmt.Sprintf(`INSERT INTO level_now (asset_id, axis, base, computed, level) VALUES (%d, 'C', 1, 1, 1)`, fresh)},
		{"relation", "relation", fmt.Sprintf(`UPDATE relation SET to_rev = from_rev + 1 WHERE from_id = %d`, box)},
		{"relation", "relation", fmt.Sprintf(`UPDATE relation SET to_id = %d WHERE from_id = %d`, twice, box)},
		{"set_item", "set_item", `DELETE FROM set_item WHERE ctid = (SELECT min(ctid) FROM set_item)`},
		{"set_item", "set_item", `UPDATE set_item SET causes = '{999}' WHERE ctid = (SELECT min(ctid) FROM set_item)`},
		{"class_set", "class_set", `UPDATE class_set SET set_id = (SELECT min(set_id) FROM class_set) WHERE set_id = (SELECT max(set_id) FROM class_set)`},
		{"applicability", "class_set", `DELETE FROM applicability`},
		{"unit_tree", "unit_tree", fmt.Sprintf(`INSERT INTO unit_tree VALUES (%d, %d, 1)`, s.Units["bosai"], s.Units["honbu-somu"])},
		{"unit_tree", "unit_tree", fmt.Sprintf(`DELETE FROM unit_tree WHERE unit_id = %d`, s.Units["bosai-bosai"])},
		{"census", "census", `UPDATE census SET n = n + 1 WHERE ctid = (SELECT min(ctid) FROM census)`},
		{"census_sum", "census_sum", `DELETE FROM census_sum WHERE ctid = (SELECT min(ctid) FROM census_sum)`},
		{"asset_review", "asset_review", `DELETE FROM asset_review`},
		{"asset_review", "asset_review", fmt.Sprintf(`INSERT INTO asset_review (asset_id, cause) VALUES (%d, 'may_fall')`, twice)},
		{"asset_version", "asset_version", fmt.Sprintf(`UPDATE asset_version SET material_sha256 = sha256('x') WHERE asset_id = %d AND no = 1`, twice)},
		{"asset_code", "asset_code", fmt.Sprintf(`INSERT INTO asset_code (asset_id, sort, code) VALUES (%d, 'serial', 'x')`, twice)},
	} {
		do(`CREATE TEMPORARY TABLE kept AS TABLE ` + c.table)
		if do(c.sql) == 0 {
			t.Errorf("%s: alters nothing", c.sql)
		}
		lines := check()
		if !slices.ContainsFunc(lines, func(l string) bool { return strings.HasPrefix(l, c.says+":") }) {
			t.Errorf("%s: unnoticed %q", c.sql, lines)
		}
		do(`DELETE FROM ` + c.table)
		do(`INSERT INTO ` + c.table + ` OVERRIDING SYSTEM VALUE TABLE kept`)
		do(`DROP TABLE kept`)
	}
	if lines := check(); len(lines) != 0 {
		t.Errorf("everything was put back:\n%s", strings.Join(lines, "\n"))
	}
}

// A level that the scheme does not know stops what would come into force; it never counts as the
// lowest.
func TestAnUnknownLevelNeverCountsAsTheLowest(t *testing.T) {
	s := newSpine(t)
	id := s.draft(fixture.Registrant, asset.Info, info("名簿", "3B 2 1"))
	a := s.submit(fixture.Registrant, id)
	admin, err := pgx.Connect(t.Context(), s.DB.AdminURL)
	s.must(err)
	t.Cleanup(func() { _ = admin.Close(context.Background()) })
	for _, q := range []string{
		`SET session_replication_role = replica`,
		`UPDATE scheme_level SET code = '3B2' WHERE axis = 'C' AND code = '3B'`,
	} {
		_, err := admin.Exec(t.Context(), q)
		s.must(err)
	}
	v, err := s.Application(s.ctx(), s.as(fixture.Manager), a, 1)
	s.must(err)
	err = s.Decide(s.ctx(), s.as(fixture.Manager), app.Decide{Application: a, Outcome: approval.Approve, Seen: [32]byte(v.Digest)})
	s.refused(err, errs.Conflict, "level.unknown")
	if n := s.count(`SELECT count(*) FROM tenure`); n != 0 {
		t.Error("in force")
	}
}

package app_test

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"daicho/internal/app"
	"daicho/internal/approval"
	"daicho/internal/asset"
	"daicho/internal/fixture"
)

func pgCode(err error) string {
	var pg *pgconn.PgError
	if errors.As(err, &pg) {
		return pg.Code
	}
	return ""
}

// signed runs a statement as the application's role in a transaction that has an act, and returns
// what the database said to it.
func (s *spine) signed(sql string, args ...any) error {
	s.t.Helper()
	tx, err := s.DB.App.Begin(s.ctx())
	s.must(err)
	defer func() { _ = tx.Rollback(context.WithoutCancel(s.ctx())) }()
	_, err = tx.Exec(s.ctx(), `WITH a AS (INSERT INTO act (person_text, auth, channel, action) VALUES ('x', 'none', 'system', 'test') RETURNING id)
		SELECT set_config('daicho.act', id::text, true) FROM a`)
	s.must(err)
	if _, err := tx.Exec(s.ctx(), sql, args...); err != nil {
		return err
	}
	return tx.Commit(s.ctx())
}

// The database itself keeps the promises of the register, whatever the program does.
func TestTheDatabaseGuards(t *testing.T) {
	s := newSpine(t)
	id, _ := s.inForce(asset.Info, info("名簿", "3B 2 2"))
	other, _ := s.inForce(asset.Info, info("別の名簿", "3B 2 2", "place", "書庫"))
	ctx := t.Context()
	asApp := func(sql string, args ...any) error { _, err := s.DB.App.Exec(ctx, sql, args...); return err }
	asOwner := func(sql string, args ...any) error { _, err := s.DB.Owner.Exec(ctx, sql, args...); return err }

	const heir = `INSERT INTO tenure (asset_id, version_no, from_rev, material_sha256, decision_id, unit_id, kind, state, c, i, a, zone, class_id, number, name)
		SELECT asset_id, version_no, (SELECT max(rev) FROM revision), material_sha256, `
	const rest = ` FROM tenure WHERE asset_id = $1 ORDER BY from_rev DESC LIMIT 1`
	const next = `WITH h AS (UPDATE register_head SET rev = rev + 1 RETURNING rev)
		INSERT INTO revision (rev, act_id) SELECT rev, current_setting('daicho.act')::bigint FROM h`
	// closed ends the present tenure under a new revision in the transaction of a signed statement.
	tenure := func(sql string, args ...any) error {
		tx, err := s.DB.App.Begin(ctx)
		s.must(err)
		defer func() { _ = tx.Rollback(context.WithoutCancel(ctx)) }()
		for _, q := range []string{
			`WITH a AS (INSERT INTO act (person_text, auth, channel, action) VALUES ('x', 'none', 'system', 'test') RETURNING id) SELECT set_config('daicho.act', id::text, true) FROM a`,
			next,
			`UPDATE tenure SET to_rev = (SELECT max(rev) FROM revision) WHERE to_rev = 9223372036854775807 AND asset_id = ` + itoa(id),
		} {
			if _, err := tx.Exec(ctx, q); err != nil {
				t.Fatalf("%v in %s", err, q)
			}
		}
		_, err = tx.Exec(ctx, sql, args...)
		return err
	}

	// asSigned runs a statement as the owner in a transaction that has an act.
	asSigned := func(sql string) error {
		tx, err := s.DB.Owner.Begin(ctx)
		s.must(err)
		defer func() { _ = tx.Rollback(context.WithoutCancel(ctx)) }()
		_, err = tx.Exec(ctx, `WITH a AS (INSERT INTO act (person_text, auth, channel, action) VALUES ('x', 'none', 'system', 'test') RETURNING id) SELECT set_config('daicho.act', id::text, true) FROM a`)
		s.must(err)
		if _, err := tx.Exec(ctx, sql); err != nil {
			return err
		}
		return tx.Commit(ctx)
	}

	for _, c := range []struct {
		name string
		err  error
		code string
	}{
		{"a row without an act", asApp(`INSERT INTO asset (kind) VALUES ('IN')`), "DA001"},
		{"a change without an act", asApp(`UPDATE application SET state = 'withdrawn'`), "DA001"},
		{"a step without an act", asApp(`INSERT INTO application_step SELECT application_id, no + 1, role, unit_id FROM application_step LIMIT 1`), "DA001"},
		{"a version without an act", asApp(`INSERT INTO asset_version SELECT asset_id, no + 1, act_id, author_id, content, content_sha256, material_sha256, fields_edition, scheme_id FROM asset_version WHERE asset_id = $1`, id), "DA001"},
		{"an act of somebody else's transaction", asApp(`WITH x AS (SELECT set_config('daicho.act', (SELECT max(id) FROM act)::text, true) AS s) INSERT INTO asset (kind) SELECT 'IN' FROM x WHERE s <> ''`), "DA001"},
		{"an act rewritten by the application", asApp(`UPDATE act SET reason = 'x'`), "42501"},
		{"an act deleted by the application", asApp(`DELETE FROM act`), "42501"},
		{"a change invented by the application", asApp(`INSERT INTO change (act_id, tbl, pk, op, digest) SELECT max(id), 'asset', '1', 'UPDATE', '' FROM act`), "42501"},
		{"a change rewritten by the application", asApp(`UPDATE change SET pk = 'x'`), "42501"},
		{"a version rewritten by the application", asApp(`UPDATE asset_version SET content = content`), "42501"},
		{"a tenure deleted by the application", asApp(`DELETE FROM tenure`), "42501"},
		{"a time of its own", asApp(`INSERT INTO act (person_text, auth, channel, action, at) VALUES ('x', 'none', 'web', 'test', '2020-01-01')`), "42501"},
		{"an act rewritten by the owner", asOwner(`UPDATE act SET reason = 'x'`), "DA002"},
		{"a change deleted by the owner", asOwner(`DELETE FROM change`), "DA002"},
		{"a version rewritten by the owner", asOwner(`UPDATE asset_version SET content = content`), "DA002"},
		{"versions truncated by the owner", asOwner(`TRUNCATE asset_version CASCADE`), "DA002"},
		{"a decision rewritten by the owner", asOwner(`UPDATE decision SET comment = 'x'`), "DA002"},
		{"another number", s.signed(`UPDATE asset SET number = '2026-KR-009999-0' WHERE id = $1`, id), "DA002"},
		{"another kind", asApp(`UPDATE asset SET kind = 'PD' WHERE id = $1`, id), "42501"},
		{"a lower level under the same decision", tenure(heir+`decision_id, unit_id, kind, state, 2, i, a, zone, class_id, number, name`+rest, id), "DA003"},
		{"a level lowered in place", s.signed(`UPDATE tenure SET c = 2 WHERE asset_id = $1`, id), "42501"},
		{"a decision exchanged in place", s.signed(`UPDATE tenure SET decision_id = (SELECT max(decision_id) FROM tenure) WHERE asset_id = $1`, id), "42501"},
		{"a decision of another asset", tenure(heir+`(SELECT decision_id FROM tenure WHERE asset_id = $2), unit_id, kind, state, c, i, a, zone, class_id, number, name`+rest, id, other), "23503"},
		{"no decision at all", tenure(heir+`0, unit_id, kind, state, c, i, a, zone, class_id, number, name`+rest, id), "23503"},
		{"content that was not approved", tenure(`INSERT INTO tenure (asset_id, version_no, from_rev, material_sha256, decision_id, unit_id, kind, state, c, i, a, zone, class_id, number, name)
			SELECT t.asset_id, t.version_no, (SELECT max(rev) FROM revision), o.material_sha256, t.decision_id, t.unit_id, t.kind, t.state, t.c, t.i, t.a, t.zone, t.class_id, t.number, t.name
			FROM tenure t, asset_version o WHERE t.asset_id = $1 AND o.asset_id = $2`, id, other), "23503"},
		{"the same level under the same decision", tenure(heir+`decision_id, unit_id, kind, state, c, i, a, zone, class_id, number, name`+rest, id), ""},
		{"two at once in force", s.signed(`INSERT INTO tenure (asset_id, version_no, from_rev, material_sha256, decision_id, unit_id, kind, state, c, i, a, zone, class_id, number, name)
			SELECT asset_id, version_no, 1, material_sha256, decision_id, unit_id, kind, state, c, i, a, zone, class_id, number, name FROM tenure WHERE asset_id = $1`, other), "DA003"},
		{"a second decision", s.signed(`INSERT INTO decision (application_id, step, applicant_id, person_id, post_id, appointment_id, outcome, comment, digest, act_id)
			SELECT application_id, step, applicant_id, person_id, post_id, appointment_id, 'returned', 'x', digest, act_id FROM decision LIMIT 1`), "DA003"},
		{"an applicant exchanged", s.signed(`UPDATE application SET applicant_id = $1`, s.Persons[fixture.Planner]), "42501"},
		{"an application opened again", s.signed(`UPDATE application SET state = 'submitted', decided_at = NULL`), "DA002"},
		{"an item that lowers after all", s.signed(`UPDATE application_item SET lowers = true`), "42501"},
		{"an item opened again", s.signed(`UPDATE application_item SET open = true`), "DA002"},
		{"an item added to an application", s.signed(`INSERT INTO application_item (application_id, asset_id, no, version_no, material_sha256, deed, lowers)
			SELECT x.application_id, v.asset_id, 9, v.no, v.material_sha256, 'register', false FROM application_item x, asset_version v
			WHERE x.asset_id = $1 AND v.asset_id = $2`, id, other), "DA003"},
		{"an item added to a decision", s.signed(`INSERT INTO decision_item (decision_id, application_id, asset_id, version_no, material_sha256)
			SELECT max(d.id), 0, $1, 1, sha256('x') FROM decision d`, id), "DA003"},
		{"a step back of the register", s.signed(`UPDATE register_head SET rev = rev - 1`), "DA003"},
		{"a leap of the register", s.signed(`UPDATE register_head SET rev = rev + 2`), "DA003"},
		{"a step of the register without an act", asApp(`UPDATE register_head SET rev = rev + 1`), "DA001"},
		{"a register without a head", asOwner(`DELETE FROM register_head`), "DA002"},
		{"a tenure of a revision that is over", s.signed(`UPDATE tenure SET to_rev = (SELECT rev FROM register_head) WHERE asset_id = $1`, id), "DA003"},
		{"a tenure in the past", tenure(`INSERT INTO tenure (asset_id, version_no, from_rev, to_rev, material_sha256, decision_id, unit_id, kind, state, c, i, a, zone, class_id, number, name)
			SELECT asset_id, version_no, 0, from_rev, material_sha256, decision_id, unit_id, kind, state, c, i, a, zone, class_id, number, name FROM tenure WHERE asset_id = $1`, id), "DA003"},
		{"a tenure that begins before the one that ended", tenure(`INSERT INTO tenure (asset_id, version_no, from_rev, material_sha256, decision_id, unit_id, kind, state, c, i, a, zone, class_id, number, name)
			SELECT asset_id, version_no, (SELECT min(rev) FROM revision), material_sha256, decision_id, unit_id, kind, state, c, i, a, zone, class_id, number, name FROM tenure WHERE asset_id = $1`, other), "DA003"},
		{"a class rewritten", s.signed(`UPDATE class SET c = 1`), "42501"},
		{"a class rewritten by the owner", asOwner(`UPDATE class SET c = 1`), "DA002"},
		{"a set emptied", s.signed(`DELETE FROM set_item`), "42501"},
		{"a set emptied by the owner", asOwner(`DELETE FROM set_item`), "DA002"},
		{"a requirement slipped in without an act", asApp(`INSERT INTO set_item (set_id, control_id, causes) SELECT max(set_id), min(id), '{1}' FROM set_item, control WHERE control.id NOT IN (SELECT control_id FROM set_item)`), "DA001"},
		{"another set without an act", asApp(`UPDATE class_set SET set_id = set_id + 0`), "DA001"},
		{"a set of a class taken away", s.signed(`DELETE FROM class_set`), "42501"},
		{"a wider reach without an act", asApp(`INSERT INTO unit_tree VALUES ($1, $2, 1)`, s.Units["bosai"], s.Units["honbu-somu"]), "DA001"},
		{"a narrower reach without an act", asApp(`DELETE FROM unit_tree`), "DA001"},
		{"a relation that was another", s.signed(`UPDATE relation SET to_id = from_id`), "42501"},
		{"a relation taken away", s.signed(`DELETE FROM relation`), "42501"},
		{"a relation without an act", asApp(`INSERT INTO relation (type, from_id, from_kind, to_id, to_kind, owner_id, from_rev) VALUES ('copy_of', $1, 'IN', $2, 'IN', $1, 1)`, id, other), "DA001"},
		{"a control of an adopted catalogue", asSigned(`UPDATE control SET modality = 'may'`), "DA002"},
		{"a control taken out of an adopted catalogue", asSigned(`DELETE FROM applicability`), "DA002"},
		{"a control added to an adopted catalogue", s.signed(`INSERT INTO control (catalogue_id, key, chapter, title, text, modality, answered_at) SELECT $1, 'x', 1, 'x', 'x', 'may', 'unit'`, s.Catalogue), "DA002"},
		{"an adopted catalogue under another name", s.signed(`UPDATE catalogue SET edition = 'x'`), "DA002"},
		{"an adopted scheme under another name", s.signed(`UPDATE scheme SET edition = 'x' WHERE id = $1`, s.World.Scheme), "DA002"},
		{"a level of an adopted scheme", s.signed(`UPDATE scheme_level SET guarded = false WHERE scheme_id = $1`, s.World.Scheme), "DA002"},
		{"a relation that no rule knows", s.signed(`INSERT INTO relation (type, from_id, from_kind, to_id, to_kind, owner_id, from_rev) VALUES ('stores', $1, 'IN', $2, 'IN', $1, 1)`, id, other), "23503"},
	} {
		if (c.err == nil) != (c.code == "") || pgCode(c.err) != c.code {
			t.Errorf("%s: %v, want %q", c.name, c.err, c.code)
		}
	}
	// An application that is open ends by a decision, and a decision is by somebody who holds the post.
	waits := s.submit(fixture.Registrant, s.draft(fixture.Registrant, asset.Info, info("申請中", "2 1 1")))
	const decide = `INSERT INTO decision (application_id, step, applicant_id, person_id, post_id, appointment_id, outcome, digest, act_id)
		SELECT p.id, 1, p.applicant_id, $2, m.post_id, m.id, 'approved', `
	const by = `, current_setting('daicho.act')::bigint FROM application p, appointment m WHERE p.id = $1 AND m.person_id = $3 LIMIT 1`
	manager, planner := s.Persons[fixture.Manager], s.Persons[fixture.PlanManager]
	for _, c := range []struct {
		name string
		err  error
		code string
	}{
		{"an approval without a decision", s.signed(`UPDATE application SET state = 'approved', decided_at = now() WHERE id = $1`, waits), "DA003"},
		{"a decision by a post that is not on the way", s.signed(decide+`p.digest`+by, waits, planner, planner), "DA003"},
		{"a decision by the appointment of another", s.signed(decide+`p.digest`+by, waits, planner, manager), "23503"},
		{"a decision of other items", s.signed(decide+`sha256('x')`+by, waits, manager, manager), "DA003"},
		{"a decision of an application that ended", s.signed(decide+`p.digest`+by, waits-1, manager, manager), "DA003"},
	} {
		if pgCode(c.err) != c.code {
			t.Errorf("%s: %v, want %q", c.name, c.err, c.code)
		}
	}
	// A level falls only where the item of the decision says so, and never below what was decided.
	low, _ := s.inForce(asset.Info, info("別の申請", "2 1 1"))
	falls := func(c int, lowers bool) string {
		t.Helper()
		admin, err := pgx.Connect(ctx, s.DB.AdminURL)
		s.must(err)
		defer func() { _ = admin.Close(context.WithoutCancel(ctx)) }()
		// As if the decision came just now, after an earlier one at level 4.
		tx, err := admin.Begin(ctx)
		s.must(err)
		defer func() { _ = tx.Rollback(context.WithoutCancel(ctx)) }()
		for _, q := range []string{
			`SET LOCAL session_replication_role = replica`,
			fmt.Sprintf(`UPDATE tenure SET decision_id = 0, c = 4, to_rev = (SELECT rev + 1 FROM register_head) WHERE asset_id = %d`, low),
			fmt.Sprintf(`UPDATE application_item SET lowers = %[1]t, must = CASE WHEN %[1]t THEN 'lowers' ELSE '' END WHERE asset_id = %[2]d`, lowers, low),
			`SET LOCAL session_replication_role = origin`,
			`WITH a AS (INSERT INTO act (person_text, auth, channel, action) VALUES ('x', 'none', 'system', 'test') RETURNING id) SELECT set_config('daicho.act', id::text, true) FROM a`,
			next,
		} {
			if _, err := tx.Exec(ctx, q); err != nil {
				t.Fatalf("%v in %s", err, q)
			}
		}
		_, err = tx.Exec(ctx, fmt.Sprintf(`INSERT INTO tenure (asset_id, version_no, from_rev, material_sha256, decision_id, unit_id, kind, state, c, i, a, zone, class_id, number, name)
			SELECT asset_id, version_no, (SELECT max(rev) FROM revision), material_sha256, (SELECT max(decision_id) FROM decision_item WHERE asset_id = %[1]d), unit_id, kind, state, %[2]d, i, a, zone, class_id, number, name
			FROM tenure WHERE asset_id = %[1]d ORDER BY from_rev DESC LIMIT 1`, low, c))
		if err != nil && pgCode(err) == "" {
			t.Error(err)
		}
		return pgCode(err)
	}
	for _, c := range []struct {
		name   string
		c      int
		lowers bool
		code   string
	}{
		{"a fall that nobody applied for", 2, false, "DA003"},
		{"a fall that was applied for", 2, true, ""},
		{"a fall below what was decided", 1, true, "DA003"},
		{"no fall", 4, false, ""},
	} {
		if got := falls(c.c, c.lowers); got != c.code {
			t.Errorf("%s: %q, want %q", c.name, got, c.code)
		}
	}
	// A closed tenure never changes.
	s.change(fixture.Registrant, id, "place", "別の棚")
	s.approve(fixture.Manager, s.submit(fixture.Registrant, id))
	if err := s.signed(`UPDATE tenure SET to_rev = 9223372036854775807 WHERE asset_id = $1 AND to_rev <> 9223372036854775807`, id); pgCode(err) != "DA002" {
		t.Errorf("a closed tenure opened again: %v", err)
	}
}

// Each write leaves one act, signed by who did it, with its changes.
func TestEachWriteLeavesOneAct(t *testing.T) {
	s := newSpine(t)
	type mark struct {
		Action, Person, Post string
		Changes              map[string]int // "INSERT asset" → rows of change
	}
	acts := func() int { return s.count(`SELECT count(*) FROM act`) }
	one := func(name string, want mark, do func()) {
		t.Helper()
		before := acts()
		do()
		if n := acts() - before; n != 1 {
			t.Errorf("%s: %d acts", name, n)
			return
		}
		got := mark{Changes: map[string]int{}}
		var id int64
		s.One(t, `SELECT id, action, person_text, post_text FROM act ORDER BY id DESC LIMIT 1`, nil, &id, &got.Action, &got.Person, &got.Post)
		rows, err := s.DB.Owner.Query(t.Context(), `SELECT op || ' ' || tbl, count(*)::int FROM change WHERE act_id = $1 GROUP BY 1`, id)
		s.must(err)
		_, err = pgx.CollectRows(rows, func(r pgx.CollectableRow) (struct{}, error) {
			var k string
			var n int
			err := r.Scan(&k, &n)
			got.Changes[k] = n
			return struct{}{}, err
		})
		s.must(err)
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
	type ops = map[string]int
	const yamada, tanaka = "本部事務局 総務課 主査", "本部事務局 総務課 課長"
	var a, b, app1 int64
	one("a new draft", mark{"asset.register", "山田 太郎", yamada, ops{"INSERT asset": 1}}, func() {
		a = s.draft(fixture.Registrant, asset.Info, info("甲", "3C 2 1"))
	})
	one("a draft saved again", mark{"asset.register", "山田 太郎", yamada, ops{}}, func() { s.rewrite(fixture.Registrant, a, "notes", "x") })
	b = s.draft(fixture.Registrant, asset.Info, info("乙", "3C 2 1"))
	one("a submission of two", mark{"application.submit", "山田 太郎", yamada, ops{
		"INSERT application": 1, "INSERT application_item": 2, "INSERT application_step": 1, "INSERT step_post": 1, "INSERT asset_version": 2, "UPDATE asset": 2,
		"INSERT class": 1, "INSERT class_set": 1, "INSERT requirement_set": 1, "INSERT set_item": 1,
	}}, func() { app1 = s.submit(fixture.Registrant, a, b) })
	one("a return", mark{"application.decide", "田中 一郎", tanaka, ops{"INSERT decision": 1, "UPDATE application": 1, "UPDATE application_item": 2}}, func() {
		s.must(s.decide(fixture.Manager, app1, approval.Return, "直してください"))
	})
	s.rewrite(fixture.Registrant, a, "notes", "直した")
	app1 = s.submit(fixture.Registrant, a, b)
	one("a withdrawal", mark{"application.withdraw", "山田 太郎", yamada, ops{"UPDATE application": 1, "UPDATE application_item": 2}}, func() {
		s.must(s.Withdraw(s.ctx(), s.as(fixture.Registrant), app1, "書き直す"))
	})
	app1 = s.submit(fixture.Registrant, a, b)
	one("an approval", mark{"application.decide", "田中 一郎", tanaka, ops{
		"INSERT decision": 1, "INSERT decision_item": 1, "UPDATE application": 1, "UPDATE application_item": 2, "INSERT revision": 1, "INSERT tenure": 2,
	}}, func() { s.approve(fixture.Manager, app1) })
	one("a change begun", mark{"asset.register", "山田 太郎", yamada, ops{}}, func() {
		_, err := s.EditAsset(s.ctx(), s.as(fixture.Registrant), s.number(a))
		s.must(err)
	})
	s.rewrite(fixture.Registrant, a, "notes", "y")
	one("a minor change", mark{"application.submit", "山田 太郎", yamada, ops{"INSERT asset_version": 1, "INSERT revision": 1, "UPDATE tenure": 1, "INSERT tenure": 1}}, func() {
		_, err := s.Submit(s.ctx(), s.as(fixture.Registrant), app.Submit{Assets: []int64{a}})
		s.must(err)
	})
	var reason, detail string
	s.One(t, `SELECT reason, detail::text FROM act WHERE action = 'application.withdraw'`, nil, &reason, &detail)
	if reason != "書き直す" || detail == "{}" {
		t.Errorf("the act of the withdrawal says %q, %s", reason, detail)
	}
	// Every row of change belongs to an act of the same transaction, and none is without one.
	if n := s.count(`SELECT count(*) FROM change c LEFT JOIN act a ON a.id = c.act_id WHERE a.id IS NULL`); n != 0 {
		t.Errorf("%d changes without an act", n)
	}
}

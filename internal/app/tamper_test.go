package app_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"daicho/internal/asset"
	"daicho/internal/authz"
	"daicho/internal/errs"
	"daicho/internal/fixture"
	"daicho/internal/trail"
)

// found verifies a trail that was altered: it must not hold. Afterwards it is put right again.
func (s *sealed) found(what, do, undo string) {
	s.t.Helper()
	s.alter(do)
	g, err := authz.Operator("test", authz.VerifyTrail)
	s.must(err)
	_, err = s.VerifyTrail(s.ctx(), g, trail.Options{})
	var f *trail.Fault
	if !errors.As(err, &f) || f.What == "" {
		s.t.Errorf("%s is not noticed: %v", what, err)
	}
	s.alter(undo)
}

// tampered is a sealed trail with rows of every kind: several heads, changes with both images, with
// one, with none, a credential, a key.
func tampered(t *testing.T) *sealed {
	s := newSealed(t)
	s.seal()
	id, _ := s.inForce(asset.Info, info("名簿", "3B 2 1"))
	s.seal()
	s.change(fixture.Registrant, id, "place", "別の棚")
	s.seal()
	s.draft(fixture.Registrant, asset.Info, info("下書き", "2 1 1"))
	s.seal()
	s.holds()
	// A superuser is not held up by what a table demands of its rows.
	_, err := s.admin.Exec(s.ctx(), `ALTER TABLE act ALTER id DROP IDENTITY; ALTER TABLE change ALTER seq DROP IDENTITY; DO $$
		DECLARE c record;
		BEGIN
			FOR c IN SELECT conname, conrelid::regclass t FROM pg_constraint WHERE contype = 'c' AND conrelid IN ('act'::regclass, 'change'::regclass, 'trail_leaf'::regclass, 'trail_head'::regclass) LOOP
				EXECUTE format('ALTER TABLE %s DROP CONSTRAINT %I', c.t, c.conname);
			END LOOP;
		END $$`)
	s.must(err)
	return s
}

// Whatever a superuser alters in whichever column of whichever table of the trail, triggers off, is
// found by the verification; so is a row that is put in, taken out or put elsewhere.
func TestTamperingBySuperuserIsFound(t *testing.T) {
	s := tampered(t)
	tables := map[string]string{ // with the rows that are tried: one of each kind
		"act":        `SELECT (SELECT act_id FROM trail_leaf WHERE n = k) FROM generate_series(0, (SELECT max(n) FROM trail_leaf)) k`,
		"change":     `SELECT min(seq) FROM change GROUP BY before IS NULL, after IS NULL, op`,
		"trail_leaf": `SELECT n FROM trail_leaf WHERE n IN (0, 1, 3, (SELECT max(n) FROM trail_leaf))`,
		"trail_head": `SELECT size FROM trail_head`,
	}
	keys := map[string]string{"act": "id", "change": "seq", "trail_leaf": "n", "trail_head": "size"}
	tried := 0
	for table, sql := range tables {
		ids, err := s.admin.Query(s.ctx(), sql)
		s.must(err)
		list, err := pgx.CollectRows(ids, pgx.RowTo[int64])
		s.must(err)
		if table == "act" {
			list = []int64{list[0], list[len(list)/2], list[len(list)-1]}
		}
		if len(list) < 3 {
			t.Fatalf("only %d rows of %s", len(list), table)
		}
		columns, err := s.admin.Query(s.ctx(), `SELECT attname::text, atttypid::regtype::text, attnotnull FROM pg_attribute WHERE attrelid = $1::regclass AND attnum > 0 AND NOT attisdropped`, table)
		s.must(err)
		type column struct {
			Name, Type string
			Needed     bool
		}
		all, err := pgx.CollectRows(columns, pgx.RowToStructByPos[column])
		s.must(err)
		for _, c := range all {
			values, ok := map[string][]string{
				"bigint": {`coalesce(%[1]s, 0) + 1000000`}, "xid8": {`(%[1]s::text::bigint + 1)::text::xid8`}, "timestamp with time zone": {`%[1]s - interval '1 microsecond'`},
				"text": {`%[1]s || 'x'`, `''`}, "jsonb": {`coalesce(%[1]s, '{}') || '{"x": 1}'`, `'{}'`}, "bytea": {`%[1]s || '\x00'`, `set_byte(%[1]s, 0, get_byte(%[1]s, 0) # 1)`, `''`},
			}[c.Type]
			if !ok {
				t.Fatalf("%s.%s is of the type %s, which is not tried", table, c.Name, c.Type)
			}
			if !c.Needed {
				values = append(values, "NULL")
			}
			for _, id := range list {
				for _, v := range values {
					s.try(table, keys[table], c.Name, v, id, &tried)
				}
			}
		}
	}
	if tried < 150 {
		t.Errorf("only %d alterations were tried", tried)
	}
}

// try alters one column of one row, unless it says the same afterwards, and puts it back.
func (s *sealed) try(table, key, column, value string, id int64, tried *int) {
	s.t.Helper()
	value = fmt.Sprintf(value+"%[2]s", column, "")
	if strings.Contains(value, "set_byte") && s.number(fmt.Sprintf(`SELECT octet_length(%s) FROM %s WHERE %s = %d`, column, table, key, id)) == 0 {
		return
	}
	if s.number(fmt.Sprintf(`SELECT (%[1]s IS NOT DISTINCT FROM (%[5]s))::int FROM %[2]s WHERE %[3]s = %[4]d`, column, table, key, id, value)) == 1 {
		return
	}
	*tried++
	s.alter(fmt.Sprintf(`CREATE TABLE kept AS SELECT * FROM %s WHERE %s = %d`, table, key, id))
	at := id
	if column == key {
		at = s.number(fmt.Sprintf(`SELECT %s FROM %s WHERE %s = %d`, value, table, key, id))
	}
	s.found(fmt.Sprintf("%s.%s = %s where %s is %d", table, column, value, key, id),
		fmt.Sprintf(`UPDATE %s SET %s = %s WHERE %s = %d`, table, column, value, key, id),
		fmt.Sprintf(`UPDATE %s t SET %s = k.%s FROM kept k WHERE t.%s = %d`, table, column, column, key, at))
	_, err := s.admin.Exec(s.ctx(), `DROP TABLE kept`)
	s.must(err)
}

// Rows that are taken out, put in or swapped.
func TestTamperingWithRowsIsFound(t *testing.T) {
	s := tampered(t)
	for _, table := range []string{"act", "change", "trail_leaf", "trail_head"} {
		s.alter(fmt.Sprintf(`CREATE TABLE kept_%[1]s AS SELECT * FROM %[1]s`, table))
	}
	last := s.number(`SELECT max(n) FROM trail_leaf`)
	for _, x := range []struct{ what, table, do string }{
		{"an act taken out", "act", `DELETE FROM act WHERE id = (SELECT act_id FROM trail_leaf WHERE n = 3)`},
		{"the first act taken out", "act", `DELETE FROM act WHERE id = (SELECT act_id FROM trail_leaf WHERE n = 0)`},
		{"a change taken out", "change", `DELETE FROM change WHERE seq = (SELECT max(seq) FROM change)`},
		{"a change put in", "change", `INSERT INTO change SELECT act_id, 1000000, tbl, pk, op, before, after, salt, digest FROM change WHERE seq = (SELECT max(seq) FROM change)`},
		{"a change in a sealed act without one", "change", `INSERT INTO change SELECT a.id, 1000001, tbl, pk, op, before, after, c.salt, c.digest FROM change c, act a WHERE a.action = 'trail.key' AND c.seq = (SELECT max(seq) FROM change)`},
		{"two changes swapped", "change", `UPDATE change SET seq = (SELECT min(seq) + max(seq) FROM change) - seq WHERE seq IN ((SELECT min(seq) FROM change), (SELECT max(seq) FROM change))`},
		{"a change moved to another act", "change", `UPDATE change SET act_id = (SELECT act_id FROM trail_leaf WHERE n = 3) WHERE seq = (SELECT max(seq) FROM change)`},
		{"a leaf taken out", "trail_leaf", `DELETE FROM trail_leaf WHERE n = 3`},
		{"the first leaf taken out", "trail_leaf", `DELETE FROM trail_leaf WHERE n = 0`},
		{"the last leaf taken out", "trail_leaf", fmt.Sprintf(`DELETE FROM trail_leaf WHERE n = %d`, last)},
		{"all leaves after a head taken out", "trail_leaf", `DELETE FROM trail_leaf WHERE n >= (SELECT min(size) FROM trail_head)`},
		{"a head in the middle taken out", "trail_head", `DELETE FROM trail_head WHERE size = (SELECT size FROM trail_head ORDER BY size OFFSET 1 LIMIT 1)`},
		{"the first head taken out", "trail_head", `DELETE FROM trail_head WHERE size = (SELECT min(size) FROM trail_head)`},
		{"two heads swapped", "trail_head", `UPDATE trail_head h SET note = o.note FROM trail_head o WHERE (h.size, o.size) IN (SELECT min(size), max(size) FROM trail_head UNION ALL SELECT max(size), min(size) FROM trail_head)`},
		{"a head put in", "trail_head", `INSERT INTO trail_head SELECT (SELECT min(n) FROM trail_leaf WHERE n > 0 AND n NOT IN (SELECT size FROM trail_head)), note FROM trail_head ORDER BY size DESC LIMIT 1`},
		{"a head beyond the end put in", "trail_head", `INSERT INTO trail_head SELECT size + 5, note FROM trail_head ORDER BY size DESC LIMIT 1`},
		{"an act's text and digest rewritten", "act", `UPDATE act SET reason = 'x', digest = sha256(salt || 'x') WHERE id = (SELECT act_id FROM trail_leaf WHERE n = 3)`},
	} {
		s.alter(x.do)
		g, err := authz.Operator("test", authz.VerifyTrail)
		s.must(err)
		_, err = s.VerifyTrail(s.ctx(), g, trail.Options{})
		var f *trail.Fault
		if !errors.As(err, &f) {
			t.Errorf("%s is not noticed: %v", x.what, err)
		}
		s.alter(fmt.Sprintf(`DELETE FROM %s`, x.table))
		s.alter(fmt.Sprintf(`INSERT INTO %[1]s SELECT * FROM kept_%[1]s`, x.table))
	}
	// Two leaves swapped, each with its own hashes.
	s.alter(`UPDATE trail_leaf SET act_id = -act_id WHERE n IN (2, 3)`)
	s.alter(`UPDATE trail_leaf l SET act_id = -o.act_id, hashes = o.hashes FROM kept_trail_leaf k JOIN trail_leaf o ON o.n = 5 - k.n WHERE l.n = k.n AND l.n IN (2, 3)`)
	g, _ := authz.Operator("test", authz.VerifyTrail)
	if _, err := s.VerifyTrail(s.ctx(), g, trail.Options{}); err == nil {
		t.Error("two leaves swapped are not noticed")
	}
}

// Somebody who holds the key and the database can make everything anew and the register holds by
// itself: only a head that was kept outside shows it. This is what the manual says of the outside
// anchor.
func TestOnlyAHeadKeptOutsideShowsWhatTheKeyHolderDid(t *testing.T) {
	s := tampered(t)
	kept, err := trail.ReadHead(s.outside.note)
	s.must(err)
	s.alter(`UPDATE act SET reason = '書き換えた' WHERE id = (SELECT act_id FROM trail_leaf WHERE n = 3)`)
	s.alter(`UPDATE act a SET digest = sha256(salt || convert_to(jsonb_build_array(extract(epoch FROM at)::text, account_id, person_id, post_id, appointment_id, person_text,
		post_text, auth, channel, action, outcome, target, asset_id, unit_id, reason, request_id, detail)::text, 'UTF8')) WHERE id = (SELECT act_id FROM trail_leaf WHERE n = 3)`)
	s.alter(`DELETE FROM trail_head`)
	s.alter(`DELETE FROM trail_leaf`)
	_, err = s.NewSealer(s.key, (&memoryAnchor{}).anchor()).Seal(s.ctx())
	s.must(err)
	s.holds()
	g, _ := authz.Operator("test", authz.VerifyTrail)
	var f *trail.Fault
	if _, err := s.VerifyTrail(s.ctx(), g, trail.Options{Kept: []trail.Head{kept}}); !errors.As(err, &f) {
		t.Errorf("a head from before does not show it: %v", err)
	}
	_, err = s.Seal(s.ctx())
	s.refused(err, errs.Conflict, "trail.forked")
}

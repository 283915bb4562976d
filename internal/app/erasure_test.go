package app_test

import (
	"bytes"
	"io"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5/pgconn"

	"errors"

	"daicho/internal/app"
	"daicho/internal/asset"
	"daicho/internal/authz"
	"daicho/internal/errs"
	"daicho/internal/fixture"
	"daicho/internal/trail"
)

// One asks, another approves: what the act said is gone from the database, its digest and its place
// stay, the log holds online and in a file, and both say that it was erased and by which act.
func TestAnErasureNeedsTwoAndLeavesTheLogWhole(t *testing.T) {
	s := newSealed(t)
	word := "消すべき言葉"
	act := s.number(`SELECT min(act_id) FROM change WHERE tbl = 'unit'`)
	s.alter(`UPDATE act SET detail = '{"x": "`+word+`"}', reason = '`+word+`' WHERE id = $1`, act)
	s.alter(`UPDATE act SET digest = sha256(salt || convert_to(jsonb_build_array(extract(epoch FROM at)::text, account_id, person_id, post_id, appointment_id, person_text,
		post_text, auth, channel, action, outcome, target, asset_id, unit_id, reason, request_id, detail)::text, 'UTF8')) WHERE id = $1`, act)
	change := s.number(`SELECT min(seq) FROM change WHERE act_id = $1 AND tbl = 'unit'`, act)
	ask := app.AskErasure{Act: act, Reason: "書いてはならないもの", Basis: "番号法第19条"}
	chief, ciso := s.as(fixture.Chief), s.as(fixture.CISO)

	s.refused(s.AskErasure(s.ctx(), chief, ask), errs.Conflict, "erasure.cannot") // not sealed yet
	s.seal()
	before := s.holds()
	s.refused(s.AskErasure(s.ctx(), ciso, ask), errs.Forbidden, "authz.role")
	s.refused(s.AskErasure(s.ctx(), s.as(fixture.Manager), ask), errs.Forbidden, "authz.role")
	s.must(s.AskErasure(s.ctx(), chief, ask))
	s.refused(s.AskErasure(s.ctx(), chief, ask), errs.Conflict, "erasure.cannot") // one at a time
	id := func() int64 { return s.number(`SELECT max(id) FROM erasure`) }
	s.refused(s.DecideErasure(s.ctx(), chief, id(), true, ""), errs.Forbidden, "authz.role")
	s.refused(s.DecideErasure(s.ctx(), ciso, id(), false, ""), errs.Invalid, "erasure.note")
	s.must(s.DecideErasure(s.ctx(), ciso, id(), false, "根拠を確かめてください"))
	if n := s.number(`SELECT count(*) FROM act WHERE reason = $1`, word); n != 1 {
		t.Error("a wish that came back erased something")
	}
	s.must(s.AskErasure(s.ctx(), chief, ask))
	s.must(s.DecideErasure(s.ctx(), ciso, id(), true, ""))
	s.refused(s.DecideErasure(s.ctx(), ciso, id(), true, ""), errs.Conflict, "erasure.decided")

	g, err := authz.Operator("test", authz.VerifyTrail)
	s.must(err)
	_, err = s.VerifyTrail(s.ctx(), g, trail.Options{})
	s.refused(err, errs.Conflict, "trail.erase_unsealed")
	_, err = s.ExportTrail(s.ctx(), s.as(fixture.Auditor), func(trail.Head) io.Writer { return io.Discard })
	s.refused(err, errs.Conflict, "trail.erase_unsealed")
	s.seal()
	ask.Seq = change
	s.must(s.AskErasure(s.ctx(), chief, ask))
	s.must(s.DecideErasure(s.ctx(), ciso, id(), true, "消すこと"))
	s.seal()

	r := s.holds()
	if len(r.Erased) != 1 || r.Erased[0] != s.number(`SELECT n FROM trail_leaf WHERE act_id = $1`, act) || r.Size <= before.Size {
		t.Errorf("%+v", r)
	}
	var file bytes.Buffer
	_, err = s.ExportTrail(s.ctx(), s.as(fixture.Auditor), func(trail.Head) io.Writer { return &file })
	s.must(err)
	_, out, err := trail.VerifyFile(bytes.NewReader(file.Bytes()), trail.Options{Keys: []trail.Public{s.key.Public}, Kept: []trail.Head{before.Head}})
	if err != nil || len(out.Erased) != 1 {
		t.Errorf("%+v %v", out, err)
	}
	entry := ""
	for line := range strings.Lines(file.String()) {
		if strings.Contains(line, word) && strings.Contains(line, `"reason"`) {
			entry = line
		}
	}
	if n := s.number(`SELECT count(*) FROM act WHERE id = $1 AND row(act)::text LIKE '%`+word+`%'`, act) + s.number(`SELECT count(*) FROM change WHERE act_id = $1 AND seq = $2 AND (before IS NOT NULL OR after IS NOT NULL)`, act, change); n != 0 || entry != "" {
		t.Errorf("what was erased is still there: %d %s", n, entry)
	}
	v, err := s.TrailActOf(s.ctx(), ciso, act)
	if err != nil || !v.Erased(0) || !v.Erased(change) || len(v.Erasures) != 3 {
		t.Errorf("%+v %v", v.Erasures, err)
	}
	// What is left of the act is bound again: by whom it was cannot be altered behind the erasure.
	s.alter(`UPDATE act SET person_text = '別の人' WHERE id = $1`, act)
	var f *trail.Fault
	if _, err := s.VerifyTrail(s.ctx(), g, trail.Options{}); !errors.As(err, &f) {
		t.Errorf("what is left of an erased act can be altered: %v", err)
	}
}

// Nobody erases by another way, the owner of the tables included: without a decision, of the trail
// itself, of what has no payload, by the one who asked.
func TestNothingIsErasedByAnotherWay(t *testing.T) {
	s := newSealed(t)
	s.draft(fixture.Registrant, asset.Info, info("名簿", "2 1 1"))
	act := s.number(`SELECT max(id) FROM act`)
	s.seal()
	s.must(s.AskErasure(s.ctx(), s.as(fixture.Chief), app.AskErasure{Act: act, Reason: "x", Basis: "x"}))
	sign := `SELECT set_config('daicho.act', (SELECT max(id) FROM act)::text, true)`
	begin := func(action string) []string {
		return []string{`INSERT INTO act (person_text, auth, channel, action) VALUES ('x', 'none', 'web', '` + action + `')`, sign}
	}
	decide := `INSERT INTO erasure_decision (erasure_id, asked_by, person_id, outcome, by_text, act_id) SELECT e.id, e.person_id, (SELECT max(id) FROM person), 'approved', 'x', current_setting('daicho.act')::bigint FROM erasure e`
	blank := `UPDATE act SET target = '', reason = '', detail = '{}', salt = '' WHERE id = (SELECT max(of_act) FROM erasure)`
	for what, statements := range map[string][]string{
		"without a decision":       append(begin("trail.erase"), blank),
		"by another act":           append(begin("asset.register"), decide, blank),
		"another column too":       append(begin("trail.erase"), decide, strings.Replace(blank, "SET", "SET person_text = 'x',", 1)),
		"another act":              append(begin("trail.erase"), decide, strings.Replace(blank, "max(of_act)", "max(of_act) - 1", 1)),
		"the salt alone":           append(begin("trail.erase"), decide, `UPDATE act SET salt = '' WHERE id = (SELECT max(of_act) FROM erasure)`),
		"a change instead":         append(begin("trail.erase"), decide, `UPDATE change SET before = NULL, after = NULL, salt = ''`),
		"the function before":      append(begin("trail.erase"), `SELECT trail_erase(1)`),
		"by the one who asked":     append(begin("trail.erase"), strings.Replace(decide, "(SELECT max(id) FROM person)", "e.person_id", 1)),
		"somebody else's wish":     append(begin("trail.erase"), strings.Replace(decide, "e.person_id, (", "(SELECT max(id) FROM person), (", 1)),
		"twice":                    append(begin("trail.erase"), decide, `SELECT trail_erase(1)`, `SELECT trail_erase(1)`),
		"of what the trail says":   append(begin("trail.erase"), `INSERT INTO erasure (of_act, reason, basis, person_id, by_text, act_id) SELECT a.id, 'x', 'x', p.id, 'x', current_setting('daicho.act')::bigint FROM act a, person p WHERE a.action = 'trail.key' LIMIT 1`, decide, `SELECT trail_erase(2)`),
		"by an update of all":      {`UPDATE act SET reason = 'x'`},
		"by an update of a change": {`UPDATE change SET after = NULL`},
		"the decision afterwards":  append(begin("trail.erase"), blank, decide),
	} {
		tx, err := s.DB.Owner.Begin(t.Context())
		s.must(err)
		for _, sql := range statements {
			if _, err = tx.Exec(t.Context(), sql); err != nil {
				break
			}
		}
		var pg *pgconn.PgError
		if !errors.As(err, &pg) || pg.Code != "DA002" && pg.Code != "DA003" && pg.Code != "23514" && pg.Code != "23503" {
			t.Errorf("%s: %v", what, err)
		}
		s.must(tx.Rollback(t.Context()))
	}
	if _, err := s.DB.App.Exec(t.Context(), blank); err == nil {
		t.Error("the application may update acts")
	}
	s.holds()
}

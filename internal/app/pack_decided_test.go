package app_test

import (
	"testing"
)

// What a body decided about a model and about the 置き場の表 stands, also when its pack is loaded again
// with something else.
func TestALoadLeavesWhatWasDecided(t *testing.T) {
	b := newPackBench(t)
	f := shipped(t, "kansai")
	b.load(t, f)
	tx, err := b.db.Owner.Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, sql := range []string{
		`WITH a AS (INSERT INTO act (person_text, auth, channel, action) VALUES ('試験', 'operator', 'system', 'test') RETURNING id)
			SELECT set_config('daicho.act', id::text, true) FROM a`,
		`INSERT INTO model_decision (unit_id, model, was, doc_no, reason, by_text, act_id)
			SELECT id, 'b2', 'a', '1', '試験', '試験', current_setting('daicho.act')::bigint FROM unit WHERE code = 'honbu'`,
		`UPDATE unit SET model = 'b2' WHERE code = 'honbu'`,
		`UPDATE placement SET verdict = 'ok', doc_no = '2' WHERE rank = 3 AND NOT my_number AND place = 'IT'`,
	} {
		if _, err := tx.Exec(t.Context(), sql); err != nil {
			t.Fatal(err)
		}
	}
	if err := tx.Commit(t.Context()); err != nil {
		t.Fatal(err)
	}
	edit(t, f, "unit.csv", "honbu,KR,,本部事務局,ほんぶじむきょく,,a,10", "honbu,KR,,本部事務局,ほんぶじむきょく,,b,11")
	edit(t, f, "placement.csv", "3C,0,IT,approval", "3C,0,IT,no")
	edit(t, f, "placement.csv", "2,0,IT,ok", "2,0,IT,standard")
	b.load(t, f)
	if b.count(t, `SELECT count(*) FROM unit WHERE code = 'honbu' AND model = 'b2' AND ord = 11`) != 1 {
		t.Error("the load undid the model, or did not bring the rest of the row")
	}
	if b.count(t, `SELECT count(*) FROM placement WHERE rank = 3 AND NOT my_number AND place = 'IT' AND verdict = 'ok'`) != 1 {
		t.Error("the load undid a cell")
	}
	if b.count(t, `SELECT count(*) FROM placement WHERE rank = 2 AND NOT my_number AND place = 'IT' AND verdict = 'standard'`) != 1 {
		t.Error("what nobody decided did not follow the pack")
	}
}

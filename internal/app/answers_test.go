package app_test

import (
	"testing"

	"daicho/internal/app"
	"daicho/internal/approval"
	"daicho/internal/asset"
	"daicho/internal/fixture"
)

// An answer of the 判定 is the ground of the classification (基本方針 6(2)): changed without any level
// changing, it waits for a decision, and the one who decides reads the question with both answers.
func TestAChangedAnswerWaitsForADecision(t *testing.T) {
	s := newSpine(t)
	id, _ := s.inForce(asset.Info, info("名簿", "3B 2 1", "q.rto", "72"))
	s.change(fixture.Registrant, id, "q.rto", "48")
	a := s.submit(fixture.Registrant, id)
	if a == 0 {
		t.Fatal("the changed answer is in force without a decision")
	}
	v, err := s.Application(s.ctx(), s.as(fixture.Manager), a, 1)
	s.must(err)
	var question string
	for _, q := range v.Scheme.Questions {
		if q.Code == "rto" {
			question = q.Text
		}
	}
	want := asset.Change{Key: "answer_rto", Label: question, Before: "72時間", After: "48時間", Material: true}
	if got := v.Items[0].Changes; question == "" || len(got) != 1 || got[0] != want {
		t.Errorf("the changes are %+v, want %+v", got, want)
	}
	if g := s.standing(id); g.TenureVersion != 1 || g.Pending != 2 {
		t.Errorf("before the decision: %+v", g)
	}
	s.approve(fixture.Manager, a)
	if g := s.standing(id); g.TenureVersion != 2 {
		t.Errorf("after the decision: %+v", g)
	}
}

// What was approved while answers were minor still takes minor changes without a decision: they rest
// on the digest that was approved then. The first approved change brings it under today's edition.
func TestApprovedUnderTheFirstEdition(t *testing.T) {
	s := newSpine(t)
	id, number := s.inForce(asset.Info, info("名簿", "3B 2 1", "q.rto", "72"))
	var content string
	s.One(t, `SELECT content FROM asset_version WHERE asset_id = $1`, []any{id}, &content)
	doc, err := asset.Decode([]byte(content))
	s.must(err)
	doc.Edition = "1"
	bytes, material := doc.Encode(), doc.MaterialDigest()
	digest := asset.Digest(bytes)
	// As the owner of the database could: what the program wrote on a day of the first edition.
	for _, q := range []struct {
		sql  string
		args []any
	}{
		{`DO $$ DECLARE c record; BEGIN
			FOR c IN SELECT conname, conrelid::regclass AS tbl FROM pg_constraint WHERE contype = 'f' AND pg_get_constraintdef(oid) LIKE '%material_sha256%' LOOP
				EXECUTE format('ALTER TABLE %s DROP CONSTRAINT %I', c.tbl, c.conname);
			END LOOP;
			FOR c IN SELECT unnest('{asset_version,application_item,decision_item,tenure}'::text[]) AS tbl LOOP
				EXECUTE format('ALTER TABLE %s DISABLE TRIGGER USER', c.tbl);
			END LOOP;
		END $$`, nil},
		{`UPDATE asset_version SET content = $2, content_sha256 = $3, material_sha256 = $4, fields_edition = '1' WHERE asset_id = $1`,
			[]any{id, string(bytes), digest[:], material[:]}},
		{`UPDATE application_item SET material_sha256 = $2 WHERE asset_id = $1`, []any{id, material[:]}},
		{`UPDATE decision_item SET material_sha256 = $2 WHERE asset_id = $1`, []any{id, material[:]}},
		{`UPDATE tenure SET material_sha256 = $2 WHERE asset_id = $1`, []any{id, material[:]}},
		{`DO $$ DECLARE t text; BEGIN
			FOREACH t IN ARRAY '{asset_version,application_item,decision_item,tenure}'::text[] LOOP
				EXECUTE format('ALTER TABLE %s ENABLE TRIGGER USER', t);
			END LOOP;
		END $$`, nil},
	} {
		_, err := s.DB.Owner.Exec(t.Context(), q.sql, q.args...)
		s.must(err)
	}

	s.change(fixture.Registrant, id, "notes", "ロッカー2段目")
	got, err := s.Submit(s.ctx(), s.as(fixture.Registrant), app.Submit{Assets: []int64{id}})
	s.must(err)
	if len(got.Minor) != 1 || got.Minor[0] != number || s.standing(id).TenureVersion != 2 {
		t.Errorf("a minor change: %+v, %+v", got, s.standing(id))
	}
	if n := s.count(`SELECT count(*) FROM asset_version v JOIN tenure t USING (asset_id) WHERE t.asset_id = $1 AND t.to_rev = 9223372036854775807
		AND v.material_sha256 = t.material_sha256 AND t.material_sha256 = $2`, id, material[:]); n != 2 {
		t.Errorf("%d versions carry the digest that was approved, want both", n)
	}
	s.change(fixture.Registrant, id, "q.rto", "48")
	a := s.submit(fixture.Registrant, id)
	if a == 0 {
		t.Fatal("the changed answer is in force without a decision")
	}
	s.must(s.decide(fixture.Manager, a, approval.Approve, ""))
	var editions string
	s.One(t, `SELECT string_agg(fields_edition, ' ' ORDER BY no) FROM asset_version WHERE asset_id = $1`, []any{id}, &editions)
	if want := "1 1 " + asset.Edition; editions != want {
		t.Errorf("editions %q, want %q", editions, want)
	}
}

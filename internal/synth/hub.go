package synth

import (
	"testing"

	"daicho/internal/fixture"
)

// Hub gives one information system of a filled register so many relations to pieces of information
// and so many required controls, and returns its number: a page that has much to show.
func Hub(t testing.TB, w *fixture.World, relations, controls int) string {
	t.Helper()
	var id int64
	var number string
	w.One(t, `SELECT asset_id, number FROM asset_now WHERE kind = 'IS' AND state = 'active' ORDER BY asset_id LIMIT 1`, nil, &id, &number)
	w.Exec(t, `WITH head AS (UPDATE register_head SET rev = rev + 1 RETURNING rev),
		r AS (INSERT INTO revision (rev, act_id) SELECT rev, current_setting('daicho.act')::bigint FROM head RETURNING rev)
		INSERT INTO relation (type, from_id, from_kind, to_id, to_kind, owner_id, from_rev)
		SELECT 'processes', $1::bigint, 'IS', n.asset_id, 'IN', $1::bigint, r.rev
		FROM r, (SELECT asset_id FROM asset_now WHERE kind = 'IN' AND state = 'active' ORDER BY asset_id LIMIT $2) n ON CONFLICT DO NOTHING`, id, relations)
	// Only in a test: what was adopted is not added to.
	w.Exec(t, `ALTER TABLE control DISABLE TRIGGER adopted`)
	w.Exec(t, `ALTER TABLE applicability DISABLE TRIGGER adopted`)
	w.Exec(t, `WITH c AS (INSERT INTO control (catalogue_id, key, chapter, title, text, modality, answered_at)
			SELECT $2::bigint, 'H-' || x, 2, '負荷試験の対策 ' || x, '対策' || x || 'を行わなければならない。', 'must', 'asset' FROM generate_series(1, $3::int) x
			ON CONFLICT DO NOTHING RETURNING id),
		a AS (INSERT INTO applicability (control_id, row_no, kinds, reason) SELECT id, 1, '{IS}', '情報システムだから。' FROM c RETURNING id, control_id),
		s AS (INSERT INTO requirement_set (digest) VALUES (sha256(convert_to('hub' || $1::bigint::text, 'UTF8'))) ON CONFLICT DO NOTHING RETURNING id),
		i AS (INSERT INTO set_item (set_id, control_id, causes) SELECT s.id, a.control_id, ARRAY[a.id] FROM s, a)
		UPDATE asset_now SET set_id = (SELECT id FROM s) WHERE asset_id = $1::bigint AND EXISTS (SELECT FROM s)`, id, catalogue(t, w), controls)
	return number
}

func catalogue(t testing.TB, w *fixture.World) (id int64) {
	t.Helper()
	w.One(t, `SELECT id FROM catalogue ORDER BY id LIMIT 1`, nil, &id)
	return id
}

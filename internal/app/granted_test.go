package app_test

import (
	"fmt"
	"testing"

	"daicho/internal/fixture"
)

// Whoever answers for the organisation sees every post that somebody was given, whoever gave it, a
// pack too; only what a sample brought is left out.
func TestTheChiefSeesEveryPostThatWasGiven(t *testing.T) {
	s := newSpine(t)
	seen := func(login string) map[string]int {
		t.Helper()
		v, err := s.Home(s.ctx(), s.as(login))
		s.must(err)
		out := map[string]int{}
		for _, g := range v.Granted {
			out[g.Person+" "+g.Post+" "+g.By]++
		}
		return out
	}
	give := func(by, action, detail, login, post, change string) {
		t.Helper()
		tx, err := s.DB.Owner.Begin(t.Context())
		s.must(err)
		_, err = tx.Exec(t.Context(), `WITH a AS (INSERT INTO act (person_text, auth, channel, action, detail)
			VALUES ($1, 'operator', 'cli', $2, $3::jsonb) RETURNING id) SELECT set_config('daicho.act', id::text, true) FROM a`, by, action, detail)
		s.must(err)
		if change == "" {
			change = fmt.Sprintf(`INSERT INTO appointment (person_id, post_id, kind, valid_from) VALUES (%d, %d, 'concurrent', '2026-04-01')`,
				s.Persons[login], s.Posts[post])
		}
		_, err = tx.Exec(t.Context(), change)
		s.must(err)
		s.must(tx.Commit(t.Context()))
	}
	give("運用者", "pack.load", `{"kind": "sample"}`, fixture.Planner, "p-somu-kacho", "")
	give("運用者", "pack.load", `{"kind": "standard"}`, fixture.Registrant, "p-somu-kacho", "")
	give("小林 八郎", "account.manage", `{}`, fixture.Registrant2, "p-jicho", "")
	give("延ばした人", "pack.load", `{"kind": "standard"}`, "", "", fmt.Sprintf(
		`UPDATE appointment SET valid_to = 'infinity' WHERE person_id = %d AND valid_to < 'infinity'`, s.Persons[fixture.Nobody]))
	give("終えた人", "pack.load", `{"kind": "standard"}`, "", "", fmt.Sprintf(
		`UPDATE appointment SET valid_to = '2026-12-01' WHERE person_id = %d`, s.Persons[fixture.Bosai]))
	for _, login := range []string{fixture.Chief, fixture.CISO} {
		got := seen(login)
		for line, want := range map[string]int{
			"鈴木 次郎 課長 運用者": 0, "山田 太郎 課長 運用者": 1, "佐藤 花子 本部事務局次長 小林 八郎": 1, "林 無職 主事 延ばした人": 1, "加藤 九美 主査 終えた人": 0,
		} {
			if got[line] != want {
				t.Errorf("%s sees %q %d times, want %d: %v", login, line, got[line], want, got)
			}
		}
	}
	if got := seen(fixture.Manager); len(got) != 0 {
		t.Errorf("the manager sees %v", got)
	}
}

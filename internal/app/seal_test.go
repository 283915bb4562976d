package app_test

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"daicho/internal/app"
	"daicho/internal/asset"
	"daicho/internal/authz"
	"daicho/internal/errs"
	"daicho/internal/fixture"
	"daicho/internal/pgtest"
	"daicho/internal/trail"
)

// memoryAnchor is the head that is kept outside, for tests.
type memoryAnchor struct {
	mu   sync.Mutex
	note string
}

func (m *memoryAnchor) anchor() app.Anchor {
	return app.Anchor{
		Last: func() (string, error) { m.mu.Lock(); defer m.mu.Unlock(); return m.note, nil },
		Keep: func(note string) error { m.mu.Lock(); defer m.mu.Unlock(); m.note = note; return nil },
	}
}

func newTrailKey(t testing.TB, log string) trail.Key {
	t.Helper()
	text, err := trail.NewKey(rand.Reader, log)
	if err != nil {
		t.Fatal(err)
	}
	k, err := trail.ParseKey(text)
	if err != nil {
		t.Fatal(err)
	}
	return k
}

// sealed is a spine with a sealer.
type sealed struct {
	*spine
	key     trail.Key
	outside *memoryAnchor
	*app.Sealer
	admin *pgx.Conn
}

func newSealed(t testing.TB) *sealed {
	s := newSpine(t)
	admin, err := pgx.Connect(t.Context(), s.DB.AdminURL)
	s.must(err)
	t.Cleanup(func() { _ = admin.Close(context.Background()) })
	k, m := newTrailKey(t, "example/test"), &memoryAnchor{}
	return &sealed{s, k, m, s.NewSealer(k, m.anchor()), admin}
}

func (s *sealed) seal() app.Sealed {
	s.t.Helper()
	out, err := s.Seal(s.ctx())
	s.must(err)
	return out
}

// number runs a query for one number as the superuser.
func (s *sealed) number(sql string, args ...any) (n int64) {
	s.t.Helper()
	s.must(s.admin.QueryRow(s.ctx(), sql, args...).Scan(&n))
	return n
}

// alter runs a statement as a superuser who switches every trigger off.
func (s *sealed) alter(sql string, args ...any) {
	s.t.Helper()
	tx, err := s.admin.Begin(s.ctx())
	s.must(err)
	_, err = tx.Exec(s.ctx(), "SET LOCAL session_replication_role = replica")
	s.must(err)
	tag, err := tx.Exec(s.ctx(), sql, args...)
	s.must(err)
	if tag.RowsAffected() == 0 {
		s.t.Errorf("%s touches nothing", sql)
	}
	s.must(tx.Commit(s.ctx()))
}

// Every act is sealed once, in one order that stays, and a head says so each time that there is
// something new.
func TestActsAreSealed(t *testing.T) {
	s := newSealed(t)
	first := s.seal()
	if first.New != s.number(`SELECT count(*) FROM act`) || first.Head.Size != first.New || first.Head.Log != "example/test" {
		t.Errorf("%+v", first)
	}
	if again := s.seal(); again.New != 0 || again.Head != first.Head || s.number(`SELECT count(*) FROM trail_head`) != 1 {
		t.Errorf("nothing new: %+v", again)
	}
	s.inForce(asset.Info, info("名簿", "3B 2 1"))
	second := s.seal()
	if second.New < 3 || second.Head.Size != first.Head.Size+second.New {
		t.Errorf("%+v after %+v", second, first)
	}
	if kept, err := trail.ReadHead(s.outside.note); err != nil || kept != second.Head {
		t.Errorf("kept outside: %+v %v", kept, err)
	}
	if n := s.number(`SELECT count(*) FROM act a LEFT JOIN trail_leaf l ON l.act_id = a.id WHERE l.n IS NULL`); n != 0 {
		t.Errorf("%d acts are not sealed", n)
	}
}

// An act that is under way while others are sealed is found when it is done, wherever its number lies;
// a transaction of another database holds nothing up.
func TestActsInFlightAreNotLost(t *testing.T) {
	s := newSealed(t)
	other := pgtest.Empty(t)
	foreign, err := other.Owner.Begin(t.Context())
	s.must(err)
	defer func() { _ = foreign.Rollback(context.Background()) }()
	_, err = foreign.Exec(t.Context(), `SELECT pg_current_xact_id()`)
	s.must(err)
	slow, err := s.DB.Owner.Begin(t.Context())
	s.must(err)
	var id int64
	s.must(slow.QueryRow(t.Context(), `INSERT INTO act (person_text, auth, channel, action) VALUES ('遅い人', 'operator', 'cli', 'test') RETURNING set_config('daicho.act', id::text, true)::bigint`).Scan(&id))
	s.draft(fixture.Registrant, asset.Info, info("先に終わる", "2 1 1"))
	for range 3 {
		s.seal()
	}
	open := s.number(`SELECT count(*) FROM act a LEFT JOIN trail_leaf l ON l.act_id = a.id WHERE l.n IS NULL`)
	top := s.number(`SELECT max(act_id) FROM trail_leaf`)
	if open != 0 || top <= id {
		t.Errorf("%d of those that are done wait for one that is not; the last sealed is %d", open, top)
	}
	_, err = slow.Exec(t.Context(), `UPDATE unit SET name = name || '（改）' WHERE code = 'honbu-somu'`)
	s.must(err)
	s.must(slow.Commit(t.Context()))
	if got := s.seal(); got.New != 1 || s.number(`SELECT n FROM trail_leaf WHERE act_id = $1`, id) != got.Head.Size-1 {
		t.Errorf("the slow act is the next leaf: %+v", got)
	}
	s.holds()
}

// Many write while two sealers run at once: every act gets one place, without a gap.
func TestTwoSealersAtOnce(t *testing.T) {
	s := newSealed(t)
	s.seal()
	two := s.NewSealer(s.key, s.outside.anchor())
	var wg sync.WaitGroup
	stop := make(chan struct{})
	for _, one := range []*app.Sealer{s.Sealer, two} {
		wg.Go(func() {
			for {
				if _, err := one.Seal(s.ctx()); err != nil && errs.CodeOf(err) != "trail.sealing" {
					t.Error(err)
					return
				}
				select {
				case <-stop:
					return
				default:
				}
			}
		})
	}
	var writers sync.WaitGroup
	for i := range 4 {
		writers.Go(func() {
			for k := range 8 {
				s.draft(fixture.Registrant, asset.Info, info(fmt.Sprintf("名簿%d-%d", i, k), "2 1 1"))
			}
		})
	}
	writers.Wait()
	close(stop)
	wg.Wait()
	s.seal()
	if n := s.number(`SELECT count(*) FROM act a FULL JOIN trail_leaf l ON l.act_id = a.id WHERE l.n IS NULL OR a.id IS NULL`); n != 0 {
		t.Errorf("%d acts without a leaf", n)
	}
	if n := s.number(`SELECT count(*) - max(n) - 1 FROM trail_leaf`); n != 0 {
		t.Errorf("%d places are empty", -n)
	}
	s.holds()
}

// What the tables refuse whoever writes: a gap, a leaf that is not that of its act, one of an act that
// is not committed, a head of something else.
func TestTheSealIsGuarded(t *testing.T) {
	s := newSealed(t)
	s.seal()
	s.draft(fixture.Registrant, asset.Info, info("名簿", "2 1 1"))
	act := s.number(`SELECT min(a.id) FROM act a LEFT JOIN trail_leaf l ON l.act_id = a.id WHERE l.n IS NULL`)
	size := s.number(`SELECT count(*) FROM trail_leaf`)
	for sql, args := range map[string][]any{
		`INSERT INTO trail_leaf SELECT $1::bigint + 1, $2::bigint, $1, trail_leaf_hash($2, $1)`:                                                                                               {size, act},
		`INSERT INTO trail_leaf SELECT $1::bigint - 1, $2::bigint, 0, trail_leaf_hash($2, 0)`:                                                                                                 {size, act},
		`INSERT INTO trail_leaf SELECT $1::bigint, $2::bigint, $1, sha256('x')`:                                                                                                               {size, act},
		`INSERT INTO trail_leaf SELECT $1::bigint, $2::bigint, $1 - 1, trail_leaf_hash($2, $1 - 1)`:                                                                                           {size, act},
		`INSERT INTO trail_leaf SELECT $1::bigint, act_id, $1, trail_leaf_hash(act_id, $1) FROM trail_leaf WHERE n = 0`:                                                                       {size},
		`INSERT INTO trail_head SELECT $1::bigint + 1, E'x\n' || ($1 + 1) || E'\nx\n'`:                                                                                                        {size},
		`INSERT INTO trail_head SELECT $1::bigint, E'x\n' || $1 || E'\nx\n'`:                                                                                                                  {size},
		`WITH a AS (INSERT INTO act (person_text, auth, channel, action) VALUES ('x', 'none', 'web', 'x') RETURNING id) INSERT INTO trail_leaf SELECT $1::bigint, id, $1, sha256('x') FROM a`: {size},
		`UPDATE trail_leaf SET hashes = hashes`:                                                                                                                                               {}, `DELETE FROM trail_head`: {}, `DELETE FROM trail_leaf WHERE n = $1`: {size},
	} {
		var pg *pgconn.PgError
		if _, err := s.DB.Owner.Exec(t.Context(), sql, args...); !errors.As(err, &pg) || pg.Code != "DA003" && pg.Code != "DA002" && pg.Code != "23505" {
			t.Errorf("%s: %v", sql, err)
		}
	}
	s.seal()
	s.holds()
}

// A sealed act takes no more changes, even from a transaction that has its number again.
func TestASealedActIsClosed(t *testing.T) {
	s := newSealed(t)
	s.draft(fixture.Registrant, asset.Info, info("名簿", "2 1 1"))
	s.seal()
	tx, err := s.admin.Begin(t.Context())
	s.must(err)
	defer func() { _ = tx.Rollback(context.Background()) }()
	for _, sql := range []string{
		`SET LOCAL session_replication_role = replica`, `UPDATE act SET xid = pg_current_xact_id() WHERE id = (SELECT max(act_id) FROM trail_leaf)`,
		`SET LOCAL session_replication_role = origin`, `SELECT set_config('daicho.act', (SELECT max(act_id) FROM trail_leaf)::text, true)`,
	} {
		_, err := tx.Exec(t.Context(), sql)
		s.must(err)
	}
	if _, err := tx.Exec(t.Context(), `UPDATE unit SET name = 'x'`); err == nil || !strings.Contains(err.Error(), "DA001") {
		t.Errorf("a sealed act took another change: %v", err)
	}
}

// A database that was put back is noticed by the head outside, named in words, and goes on only after
// an operator has said so; what was lost stays in the trail.
func TestARestoreIsNoticed(t *testing.T) {
	s := newSealed(t)
	s.seal()
	early := s.outside.note
	s.draft(fixture.Registrant, asset.Info, info("名簿", "2 1 1"))
	late := s.seal().Head
	s.alter(`DELETE FROM trail_head WHERE size = $1`, late.Size)
	s.alter(`DELETE FROM trail_leaf WHERE n >= (SELECT max(size) FROM trail_head)`)
	s.alter(`DELETE FROM change WHERE act_id NOT IN (SELECT act_id FROM trail_leaf)`)
	s.alter(`DELETE FROM act WHERE id NOT IN (SELECT act_id FROM trail_leaf)`)
	refused := func(code string) {
		t.Helper()
		_, err := s.Seal(s.ctx())
		s.refused(err, errs.Conflict, code)
		if !strings.Contains(errs.MessageOf(err), fmt.Sprint(late.Size)) {
			t.Errorf("the words do not name the head: %v", err)
		}
	}
	refused("trail.restored")
	// Somebody goes on with another sealer as if nothing had been: the head outside tells them apart.
	careless := s.NewSealer(s.key, (&memoryAnchor{note: early}).anchor())
	for range late.Size {
		s.draft(fixture.Registrant, asset.Info, info("別の名簿", "2 1 1"))
	}
	_, err := careless.Seal(s.ctx())
	s.must(err)
	refused("trail.forked")
	g, err := authz.Operator("root", authz.AcceptRestore)
	s.must(err)
	s.must(s.AcceptRestore(s.ctx(), g, "令和8年11月20日の控えから戻した"))
	s.seal()
	if n := s.number(`SELECT count(*) FROM act WHERE action = 'trail.restore' AND detail ->> 'lost' = $1 AND reason <> ''`, late.Short()); n != 1 {
		t.Errorf("the lost head is in the trail %d times", n)
	}
	s.refused(s.AcceptRestore(s.ctx(), g, "もう一度"), errs.Conflict, "trail.not_restored")
	s.holds()
}

// After a dump and a restore into another server the numbers of transactions begin again: what was
// not sealed before, and what has come since, is sealed all the same.
func TestNumbersThatBeginAgain(t *testing.T) {
	s := newSealed(t)
	s.seal()
	s.draft(fixture.Registrant, asset.Info, info("戻す前", "2 1 1"))
	s.alter(`UPDATE act SET xid = (xid::text::bigint + 1000000000)::text::xid8`) // a server that has seen much
	fresh := s.NewSealer(s.key, (&memoryAnchor{}).anchor())                      // as after a start
	s.alter(`DELETE FROM trail_head`)
	s.alter(`DELETE FROM trail_leaf`)
	if _, err := fresh.Seal(s.ctx()); err != nil {
		t.Fatal(err)
	}
	s.draft(fixture.Registrant, asset.Info, info("戻した後", "2 1 1"))
	got, err := fresh.Seal(s.ctx())
	s.must(err)
	if got.New == 0 || s.number(`SELECT count(*) FROM act a LEFT JOIN trail_leaf l ON l.act_id = a.id WHERE l.n IS NULL`) != 0 {
		t.Errorf("%+v", got)
	}
	s.holds()
}

// The register says when its clock has gone back, and seals nothing before it is right.
func TestAClockThatWentBackIsRefused(t *testing.T) {
	s := newSealed(t)
	s.seal()
	s.alter(`UPDATE act SET at = at + interval '1 day' WHERE id = (SELECT act_id FROM trail_leaf ORDER BY n DESC LIMIT 1)`)
	s.draft(fixture.Registrant, asset.Info, info("名簿", "2 1 1"))
	_, err := s.Seal(s.ctx())
	s.refused(err, errs.Conflict, "trail.clock")
}

// A key changes by a word in the trail, and the first head under the new key is signed by the old one
// too; a key that the trail does not name signs nothing.
func TestKeysAreHandedOver(t *testing.T) {
	s := newSealed(t)
	s.seal()
	next := newTrailKey(t, "example/test")
	_, err := s.NewSealer(next, s.outside.anchor()).Seal(s.ctx())
	s.refused(err, errs.Conflict, "trail.key_unknown")
	g, err := authz.Operator("root", authz.ChangeTrailKey)
	s.must(err)
	_, err = s.NewSealer(newTrailKey(t, "other/log"), s.outside.anchor(), s.key).RotateKey(s.ctx(), g, "")
	s.refused(err, errs.Invalid, "trail.key_log")
	rotated := s.NewSealer(next, s.outside.anchor(), s.key)
	if _, err := rotated.RotateKey(s.ctx(), g, "年次の交代"); err != nil {
		t.Fatal(err)
	}
	by, err := trail.Signers(s.outside.note, []trail.Public{s.key.Public, next.Public})
	if err != nil || len(by) != 2 {
		t.Errorf("the first head under the new key is signed by %d: %v", len(by), err)
	}
	_, err = s.Seal(s.ctx())
	s.refused(err, errs.Conflict, "trail.key_unknown")
	_, err = rotated.RotateKey(s.ctx(), g, "")
	s.refused(err, errs.Conflict, "trail.key_same")
	s.draft(fixture.Registrant, asset.Info, info("名簿", "2 1 1"))
	if _, err := rotated.Seal(s.ctx()); err != nil {
		t.Fatal(err)
	}
	if by, err := trail.Signers(s.outside.note, []trail.Public{s.key.Public, next.Public}); err != nil || len(by) != 1 || by[0].Text != next.Text {
		t.Errorf("later heads are signed by %v: %v", by, err)
	}
	s.Sealer = rotated
	r := s.holds()
	if len(r.Keys) != 2 || !r.Keys[1].Handed || r.Keys[0].Handed {
		t.Errorf("%+v", r.Keys)
	}
}

// A head that cannot be kept outside is an error that is heard of; what was sealed is sealed.
func TestAnAnchorThatFails(t *testing.T) {
	s := newSealed(t)
	full := errors.New("no space left")
	broken := s.NewSealer(s.key, app.Anchor{Last: s.outside.anchor().Last, Keep: func(string) error { return full }})
	if _, err := broken.Seal(s.ctx()); !errors.Is(err, full) {
		t.Errorf("%v", err)
	}
	s.seal()
	s.holds()
}

// holds verifies the register's own trail.
func (s *sealed) holds() trail.Report {
	s.t.Helper()
	g, err := authz.Operator("test", authz.VerifyTrail)
	s.must(err)
	r, err := s.VerifyTrail(s.ctx(), g, trail.Options{})
	if err != nil {
		s.t.Fatalf("the trail does not hold: %v", err)
	}
	return r.Report
}

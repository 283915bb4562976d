package postgres_test

import (
	"context"
	"testing"
	"time"

	"daicho/internal/account"
	"daicho/internal/authz"
	"daicho/internal/errs"
	"daicho/internal/fixture"
	"daicho/internal/pgtest"
	"daicho/internal/postgres"
)

// visited is a session of the registrant on a pool with a single connection: whatever would want two at
// a time waits for ever, and fails.
type visited struct {
	t  *testing.T
	w  *fixture.World
	db *postgres.DB
	g  authz.Grant
}

const visitToken = "token-of-the-test"

func newVisited(t *testing.T) *visited {
	t.Helper()
	w := fixture.Body(t, pgtest.New(t))
	db, err := postgres.Open(t.Context(), w.DB.AppURL, postgres.Options{MaxConns: 1, Wait: time.Second})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(db.Close)
	g, err := authz.Permit(w.Actor(t, fixture.Registrant), authz.ReadAsset)
	if err != nil {
		t.Fatal(err)
	}
	w.Exec(t, `INSERT INTO session (token, data, expires_at, account_id) VALUES ($1, '{}', now() + interval '30 minutes', $2)`, visitToken, w.Accounts[fixture.Registrant])
	return &visited{t, w, db, g}
}

// arrive begins a visit and finds the session.
func (v *visited) arrive(hold bool) (context.Context, func()) {
	v.t.Helper()
	ctx, end := v.db.Visit(v.t.Context(), hold)
	if _, ok, err := v.db.SessionStore().FindCtx(ctx, visitToken); err != nil || !ok {
		v.t.Fatalf("the session: %v %v", ok, err)
	}
	return ctx, end
}

// name reads the name of a unit with the grant, and the time of the transaction.
func (v *visited) name(ctx context.Context) (name string, at time.Time) {
	v.t.Helper()
	err := v.db.View(ctx, v.g, func(ctx context.Context, t *postgres.Tx) error {
		codes, err := t.CodeNames(ctx)
		name, at = codes.Units["honbu-somu"], t.Now()
		return err
	})
	if err != nil {
		v.t.Error(err)
	}
	return name, at
}

func (v *visited) rename(name string) {
	v.t.Helper()
	v.w.Exec(v.t, `UPDATE unit SET name = $1 WHERE code = 'honbu-somu'`, name)
}

func (v *visited) held() int32 { return v.db.Stat().AcquiredConns() }

// All that a page reads comes from one transaction; what is written ends it, and is seen after.
func TestAVisitIsOneSnapshot(t *testing.T) {
	v := newVisited(t)
	ctx, end := v.arrive(true)
	defer end()
	c, ok := postgres.CallerOf(ctx)
	if !ok || c.Login != fixture.Registrant || len(c.Posts) == 0 || c.Ends.Before(time.Now()) {
		t.Errorf("the caller: %+v", c)
	}
	first, at := v.name(ctx)
	v.rename("改称課")
	if name, again := v.name(ctx); name != first || !again.Equal(at) {
		t.Errorf("the page goes on with %s at %s, it began with %s at %s", name, again, first, at)
	}
	if other, _ := v.name(ctx); other != first {
		t.Error("a third view has another snapshot")
	}
	g, err := authz.Permit(v.g.Actor(), authz.OwnAccount)
	if err != nil {
		t.Fatal(err)
	}
	if err := v.db.Act(ctx, g, func(ctx context.Context, t *postgres.Tx) error { return t.Sign(ctx, postgres.Note{Target: "試験"}) }); err != nil {
		t.Fatal(err)
	}
	if name, _ := v.name(ctx); name == first {
		t.Error("after something was written the page still reads what was before")
	}
	if v.held() != 0 {
		t.Errorf("%d connections are held", v.held())
	}
}

// The grant of somebody else finds nothing of the visit, nor does a grant of the owner that their
// posts, as the transaction itself has read them, no longer carry.
func TestAVisitGivesNoRights(t *testing.T) {
	v := newVisited(t)
	ctx, end := v.arrive(true)
	defer end()
	_, at := v.name(ctx)
	other, err := authz.Permit(v.w.Actor(t, fixture.Chief), authz.ReadAsset)
	if err != nil {
		t.Fatal(err)
	}
	if err := v.db.View(ctx, other, func(_ context.Context, t *postgres.Tx) error {
		if t.Now().Equal(at) || !t.Scope().All() {
			v.t.Error("somebody else reads within the visit")
		}
		return nil
	}); err != nil {
		t.Error(err)
	}
	old := v.w.Actor(t, fixture.Registrant)
	v.w.Exec(t, `UPDATE appointment SET valid_from = valid_from - 1, valid_to = (now() AT TIME ZONE 'Asia/Tokyo')::date WHERE person_id = $1`, old.Person)
	ctx, end = v.arrive(true)
	defer end()
	g, err := authz.Permit(old, authz.ReadAsset)
	if err != nil {
		t.Fatal(err)
	}
	if err := v.db.View(ctx, g, func(context.Context, *postgres.Tx) error { return nil }); !errs.Is(err, errs.Forbidden) {
		t.Errorf("a post that has ended reads: %v", err)
	}
}

// Nothing is held longer than the page needs: not after the end, not after a failure, and by no request
// that does not ask for it. An end that comes while a View is running waits for it.
func TestAVisitLetsGo(t *testing.T) {
	v := newVisited(t)
	ctx, end := v.arrive(false)
	if v.held() != 0 {
		t.Error("a request that may write holds a snapshot")
	}
	v.name(ctx)
	end()
	ctx, end = v.arrive(true)
	if v.held() != 1 {
		t.Error("the snapshot of a page is not held")
	}
	end()
	end()
	if v.held() != 0 {
		t.Error("the end of a visit leaves it open")
	}
	v.name(ctx) // as ever, in a transaction of its own
	ctx, end = v.arrive(true)
	if err := v.db.View(ctx, v.g, func(ctx context.Context, t *postgres.Tx) error {
		end()
		_, err := t.CodeNames(ctx)
		if err == nil {
			_, err = t.Hosts(ctx)
		}
		return err
	}); err != nil {
		t.Error(err)
	}
	if v.held() != 0 {
		t.Error("a visit that ended during a view is still open")
	}
	ctx, end = v.arrive(true)
	defer end()
	if err := v.db.View(ctx, v.g, func(ctx context.Context, t *postgres.Tx) error { return t.SaveTaste(ctx, 1, "", true) }); err == nil {
		t.Error("a page writes")
	}
	v.name(ctx)
	if v.held() != 0 {
		t.Error("a broken snapshot is held")
	}
	if _, ok, err := v.db.SessionStore().FindCtx(v.t.Context(), "another"); ok || err != nil {
		t.Errorf("a session that nobody has: %v %v", ok, err)
	}
}

// A session is written when it says something else or a sixtieth of its time is gone.
func TestASessionStaysAsItIs(t *testing.T) {
	v := newVisited(t)
	store := v.db.SessionStore()
	data, err := account.SessionCodec{}.Encode(time.Now().Add(time.Hour), map[string]any{account.SessionAccount: "1"})
	if err != nil {
		t.Fatal(err)
	}
	v.w.Exec(t, `UPDATE session SET data = $1`, data)
	for _, c := range []struct {
		name string
		data []byte
		left time.Duration
		want bool
	}{
		{"the same", data, 30*time.Minute + 5*time.Second, false},
		{"a minute later", data, 31 * time.Minute, true},
		{"sooner", data, 20 * time.Minute, true},
		{"with a message", append(append([]byte{}, data[:len(data)-2]...), `,"flash":"x"}}`...), 30 * time.Minute, true},
	} {
		v.w.Exec(t, `UPDATE session SET expires_at = now() + interval '30 minutes', seen_at = 'epoch'`)
		ctx, end := v.arrive(true)
		if err := store.CommitCtx(ctx, visitToken, c.data, time.Now().Add(c.left)); err != nil {
			t.Errorf("%s: %v", c.name, err)
		}
		end()
		var written bool
		v.w.One(t, `SELECT seen_at > 'epoch' FROM session`, nil, &written)
		if written != c.want {
			t.Errorf("%s: written %v", c.name, written)
		}
	}
}

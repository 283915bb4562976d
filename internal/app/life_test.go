package app_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"daicho/internal/app"
	"daicho/internal/approval"
	"daicho/internal/asset"
	"daicho/internal/authz"
	"daicho/internal/errs"
	"daicho/internal/fixture"
	"daicho/internal/postgres"
	"daicho/internal/relation"
)

// Two registrants and a manager do what they like to a dozen assets that hold each other. Whatever
// the order, the list says what the documents say, nothing is in force without a decision of exactly
// that content by somebody else, and no level falls without one.
func TestAnyOrderOfActsKeepsTheRegisterTrue(t *testing.T) {
	for seed := range uint64(4) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			t.Parallel()
			l := newLife(t, seed)
			for range 300 {
				l.step(t)
			}
			l.check(t)
		})
	}
}

type life struct {
	w       *fixture.World
	app     *app.App
	rnd     *rand.Rand
	people  []authz.Actor
	manager authz.Actor
	assets  []int64
	kinds   map[int64]asset.Kind
	open    []int64
	done    map[string]int
}

func newLife(t *testing.T, seed uint64) *life {
	t.Helper()
	w := fixture.New(t)
	db, err := postgres.Open(t.Context(), w.DB.AppURL, postgres.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(db.Close)
	return &life{
		w: w, app: app.New(db, app.Options{}), rnd: rand.New(rand.NewPCG(seed, 7)), kinds: map[int64]asset.Kind{}, done: map[string]int{},
		people: []authz.Actor{w.Actor(t, fixture.Registrant), w.Actor(t, fixture.Registrant2)}, manager: w.Actor(t, fixture.Manager),
	}
}

var livingKinds = []asset.Kind{asset.Info, asset.Info, asset.Medium, asset.System, asset.Device, asset.Facility}

// form fills in what every kind asks for, with levels and relations by chance.
func (l *life) form(k asset.Kind) app.Raw {
	pick := func(s ...string) []string { return []string{s[l.rnd.IntN(len(s))]} }
	raw := app.Raw{
		asset.LevelKey("C"): pick("1", "2", "3C", "3B"), asset.LevelKey("I"): pick("1", "2"), asset.LevelKey("A"): pick("1", "2"),
		asset.ReasonKey: {"見本の理由"}, "notes": {fmt.Sprint("メモ", l.rnd.IntN(1000))},
	}
	for _, f := range asset.Fields(k) {
		if !f.Required || f.Key == "unit" {
			continue
		}
		switch f.Type {
		case asset.Choice:
			raw[f.Key] = []string{f.Options[min(1, len(f.Options)-1)].Code}
		case asset.Date:
			raw[f.Key] = []string{"令和8年4月1日"}
		case asset.Number:
			raw[f.Key] = []string{"3"}
		case asset.Flag:
			raw[f.Key] = []string{"1"}
		default:
			raw[f.Key] = []string{fmt.Sprint(f.Label, l.rnd.IntN(100))}
		}
	}
	seen := map[string]bool{}
	for range 1 + l.rnd.IntN(4) {
		if len(l.assets) == 0 {
			break
		}
		other := l.assets[l.rnd.IntN(len(l.assets))]
		for _, i := range l.rnd.Perm(len(relation.Infos())) {
			info := relation.Infos()[i]
			_, out := relation.Find(info.Type, k, l.kinds[other])
			_, in := relation.Find(info.Type, l.kinds[other], k)
			if !out && !in {
				continue
			}
			v := app.RelationValue(info.Type, out, other)
			if !seen[v] {
				raw["rel"] = append(raw["rel"], v)
			}
			seen[v] = true
			break
		}
	}
	return raw
}

func (l *life) step(t *testing.T) {
	t.Helper()
	ctx := t.Context()
	who := l.people[l.rnd.IntN(2)]
	may := func(what string, err error) {
		t.Helper()
		switch errs.KindOf(err) {
		case errs.Internal, errs.Busy, errs.Unauthenticated:
			if err != nil {
				t.Fatalf("%s: %v", what, err)
			}
		}
		if err == nil {
			l.done[what]++
		}
	}
	if len(l.assets) < 4 || len(l.assets) < 8 && l.rnd.IntN(4) == 0 {
		k := livingKinds[l.rnd.IntN(len(livingKinds))]
		v, err := l.app.SaveDraft(ctx, who, app.SaveDraft{Kind: k, Form: l.form(k)})
		may("new", err)
		if err == nil {
			l.assets = append(l.assets, v.Asset)
			l.kinds[v.Asset] = k
		}
		return
	}
	id := l.assets[l.rnd.IntN(len(l.assets))]
	switch l.rnd.IntN(8) {
	case 0:
		var number *string
		l.w.One(t, `SELECT number FROM asset WHERE id = $1`, []any{id}, &number)
		if number == nil {
			return
		}
		_, err := l.app.EditAsset(ctx, who, *number)
		may("edit", err)
	case 1:
		v, err := l.app.OpenDraft(ctx, who, id)
		may("open", err)
		if err != nil {
			return
		}
		raw := l.form(v.Kind)
		raw["unit"] = v.Form["unit"]
		if l.rnd.IntN(3) == 0 { // only something minor
			raw = v.Form
			raw["notes"] = []string{fmt.Sprint("メモ", l.rnd.IntN(1000))}
		}
		_, err = l.app.SaveDraft(ctx, who, app.SaveDraft{Asset: id, EditNo: v.EditNo, Form: raw})
		may("save", err)
	case 2, 3:
		ids := []int64{id}
		if l.rnd.IntN(3) == 0 {
			ids = append(ids, l.assets[l.rnd.IntN(len(l.assets))])
		}
		s, err := l.app.Submit(ctx, who, app.Submit{Assets: ids})
		may("submit", err)
		if s.Application != 0 {
			l.open = append(l.open, s.Application)
		}
		if len(s.Minor) > 0 {
			l.done["minor"]++
		}
	default:
		if len(l.open) == 0 {
			return
		}
		at := l.rnd.IntN(len(l.open))
		app1 := l.open[at]
		v, err := l.app.Application(ctx, l.manager, app1, 0)
		may("read", err)
		if l.rnd.IntN(8) == 0 {
			err := l.app.Withdraw(ctx, who, app1, "")
			may("withdraw", err)
			l.forget(at, err)
			return
		}
		o, comment := approval.Approve, ""
		if l.rnd.IntN(6) == 0 {
			o, comment = approval.Return, "直してください"
		}
		by := l.manager
		if l.rnd.IntN(5) == 0 {
			by = who
		}
		err = l.app.Decide(ctx, by, app.Decide{Application: app1, Outcome: o, Comment: comment, Seen: [32]byte(v.Digest)})
		may("decide", err)
		l.forget(at, err)
	}
}

// forget drops an application that is decided, now and then only: late acts on it must be refused.
func (l *life) forget(at int, err error) {
	if err == nil && l.rnd.IntN(4) > 0 || errs.Is(err, errs.Conflict) {
		l.open = slices.Delete(l.open, at, at+1)
	}
}

func (l *life) check(t *testing.T) {
	t.Helper()
	for _, what := range []string{"new", "submit", "decide", "edit", "save"} {
		if l.done[what] == 0 {
			t.Errorf("%s never succeeded: %v", what, l.done)
		}
	}
	g, err := authz.Operator("test", authz.Rebuild)
	if err != nil {
		t.Fatal(err)
	}
	lines, err := l.app.RebuildCheck(t.Context(), g)
	if err != nil {
		t.Fatal(err)
	}
	for _, line := range lines {
		t.Error(line)
	}
	var kept int
	l.w.One(t, `SELECT count(*) FROM asset_review WHERE cause = 'may_fall'`, nil, &kept)
	t.Logf("seed gave %v, %d levels kept until a decision", l.done, kept)
	for what, sql := range map[string]string{
		"a tenure without a decision by somebody else on that content": `
			SELECT count(*) FROM tenure t JOIN decision d ON d.id = t.decision_id JOIN application a ON a.id = d.application_id
			WHERE d.person_id = a.applicant_id OR d.outcome <> 'approved'`,
		"a level that fell without a decision": `
			SELECT count(*) FROM tenure n JOIN tenure o ON o.asset_id = n.asset_id AND o.to_rev = n.from_rev
			WHERE o.decision_id = n.decision_id AND (n.c < o.c OR n.i < o.i OR n.a < o.a)`,
		"a tenure below the levels that the one who decided saw": `
			SELECT count(*) FROM tenure t JOIN decision d ON d.id = t.decision_id
			JOIN application_item i ON (i.application_id, i.asset_id) = (d.application_id, t.asset_id) WHERE t.c < i.c OR t.i < i.i OR t.a < i.a`,
		"an item that lowers what is in force without saying so": `
			SELECT count(*) FROM tenure n JOIN tenure o ON o.asset_id = n.asset_id AND o.to_rev = n.from_rev
			JOIN decision d ON d.id = n.decision_id JOIN application_item i ON (i.application_id, i.asset_id) = (d.application_id, n.asset_id)
			WHERE (n.c < o.c OR n.i < o.i OR n.a < o.a) AND NOT i.lowers`,
		"two tenures at once, or a gap": `
			SELECT count(*) FROM (SELECT from_rev, lag(to_rev) OVER (PARTITION BY asset_id ORDER BY from_rev) AS before FROM tenure) x WHERE before <> from_rev`,
		"a gap in the revisions": `SELECT count(*) FROM revision r WHERE rev > 1 AND NOT EXISTS (SELECT 1 FROM revision p WHERE p.rev = r.rev - 1)`,
		"a census that differs from the list": `
			SELECT count(*) FROM (SELECT unit_id, kind, state, c, i, a, zone, fiscal_year, sum(n) FROM census WHERE unit_id <> 0 GROUP BY 1,2,3,4,5,6,7,8 HAVING sum(n) <> 0
			EXCEPT SELECT unit_id, kind, state, c, i, a, zone, fiscal_year, count(*) FROM asset_now GROUP BY 1,2,3,4,5,6,7,8) x`,
		"an open item without a pending version": `
			SELECT count(*) FROM application_item i JOIN asset_now n USING (asset_id) WHERE i.open AND n.pending_no IS DISTINCT FROM i.version_no`,
		"an asset that holds more than its level": `
			SELECT count(*) FROM relation r JOIN asset_now f ON f.asset_id = r.from_id JOIN asset_now t ON t.asset_id = r.to_id
			WHERE r.to_rev > 1000000 AND r.type = 'stores' AND f.version_no IS NOT NULL AND t.version_no IS NOT NULL AND f.c < t.c`,
		"a container below its content in the trail's own table": `
			SELECT count(*) FROM tenure t JOIN asset_now n USING (asset_id) WHERE t.to_rev > 1000000 AND (t.c, t.i, t.a, t.class_id) IS DISTINCT FROM (n.c, n.i, n.a, n.class_id)`,
		"an asset whose set is not that of its class": `
			SELECT count(*) FROM asset_now n JOIN class_set s USING (class_id) WHERE n.set_id IS DISTINCT FROM s.set_id`,
	} {
		var n int
		l.w.One(t, sql, nil, &n)
		if n != 0 {
			t.Errorf("%d × %s", n, what)
		}
	}
}

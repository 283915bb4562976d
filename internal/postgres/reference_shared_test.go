package postgres_test

import (
	"crypto/sha256"
	"fmt"
	"io"
	"maps"
	"net/http"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"

	"daicho/internal/app"
	"daicho/internal/approval"
	"daicho/internal/asset"
	"daicho/internal/fixture"
	"daicho/internal/postgres"
	"daicho/internal/servertest"
)

// digest writes down a value to its last field, whatever pointers it is reached by.
func digest(w io.Writer, v reflect.Value) {
	switch v.Kind() { //nolint:exhaustive // the rest are plain values
	case reflect.Pointer, reflect.Interface:
		if !v.IsNil() {
			digest(w, v.Elem())
		}
	case reflect.Struct:
		for _, field := range v.Fields() {
			digest(w, field)
		}
	case reflect.Slice:
		// What stands behind the end as well: an append to a shared slice writes there.
		fmt.Fprintf(w, "%d/%d[", v.Len(), v.Cap())
		for i := range v.Slice(0, v.Cap()).Len() {
			digest(w, v.Slice(0, v.Cap()).Index(i))
		}
	case reflect.Array:
		for i := range v.Len() {
			digest(w, v.Index(i))
		}
	case reflect.Map:
		var lines []string
		for k, x := range v.Seq2() {
			var b strings.Builder
			digest(&b, k)
			digest(&b, x)
			lines = append(lines, b.String())
		}
		slices.Sort(lines)
		fmt.Fprint(w, lines)
	default:
		fmt.Fprintf(w, "%v|", v)
	}
}

func sums(db *postgres.DB) map[any]string {
	out := map[any]string{}
	for k, v := range postgres.Remembered(db) {
		h := sha256.New()
		digest(h, reflect.ValueOf(&v).Elem())
		out[k] = fmt.Sprintf("%x", h.Sum(nil))
	}
	return out
}

// All requests share what is remembered, so none may change it: neither a field nor the memory behind a
// slice. Everybody asks for every page at the same time, and what was remembered is what it was.
func TestNobodyChangesWhatIsShared(t *testing.T) {
	s := servertest.New(t)
	actor := s.World.Actor(t, fixture.Registrant)
	d, err := s.App.SaveDraft(t.Context(), actor, app.SaveDraft{Kind: asset.Info, Form: app.Raw{
		"name": {"受験者名簿"}, "summary": {"受験者の氏名"}, "personal": {"personal"}, "subjects": {"12000"}, "zone": {"LG"}, "place": {"共有フォルダ"},
		"q.mynumber": {"no"}, "q.personal": {"yes"}, "q.affects": {"yes"}, "q.rto": {"72"}, "level_c": {"3C"}, "level_i": {"2"}, "level_a": {"1"}, "level_reason": {"氏名を含むため"},
	}})
	if err != nil {
		t.Fatal(err)
	}
	sent, err := s.App.Submit(t.Context(), actor, app.Submit{Assets: []int64{d.Asset}})
	if err != nil {
		t.Fatal(err)
	}
	manager := s.World.Actor(t, fixture.Manager)
	v, err := s.App.Application(t.Context(), manager, sent.Application, 0)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.App.Decide(t.Context(), manager, app.Decide{Application: sent.Application, Outcome: approval.Approve, Seen: [32]byte(v.Digest)}); err != nil {
		t.Fatal(err)
	}
	var no string
	s.World.One(t, `SELECT number FROM asset_now WHERE asset_id = $1`, []any{d.Asset}, &no)

	fill := strings.NewReplacer("{no}", no, "{id}", "1", "{kind}", "EQ", "{v}", "1", "{part}", "levels")
	var paths []string
	for _, r := range s.Server.Table() {
		if r.Method == http.MethodGet {
			paths = append(paths, fill.Replace(r.Pattern))
		}
	}
	paths = append(paths, "/assets?q=名簿&sort=-c", "/assets?unit=honbu&sort=unit", "/assets/new?copy="+no)
	clients := map[string]*servertest.Client{}
	for login := range s.World.Accounts {
		clients[login] = s.SignIn(t, login)
	}
	everybody := func() (seen int) {
		var mu sync.Mutex
		var wg sync.WaitGroup
		for _, c := range clients {
			wg.Go(func() {
				for _, p := range paths {
					if c.Get(p).Status == http.StatusOK {
						mu.Lock()
						seen++
						mu.Unlock()
					}
				}
			})
		}
		wg.Wait()
		return seen
	}
	everybody()
	before := sums(s.DB)
	if len(before) < 15 {
		t.Errorf("only %d answers are remembered: %v", len(before), slices.Collect(maps.Keys(before)))
	}
	if seen := everybody(); seen < 100 {
		t.Errorf("only %d pages were seen", seen)
	}
	after := sums(s.DB)
	for k, was := range before {
		if after[k] != was {
			t.Errorf("the answer to %v has changed", k)
		}
	}
}

package e2e

import (
	"context"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
)

// Whatever the program has answered "done" to is there after a kill -9 of the program, and after one
// of PostgreSQL, in the middle of registrations; everything comes up again by itself, and the list
// says what the documents say.
func TestNothingAcknowledgedIsLost(t *testing.T) {
	p := own(t, "--load", "kansai,sample")
	for _, c := range []struct {
		what string
		kill func(*program)
	}{
		{"the program is killed", func(p *program) { p.kill() }},
		{"PostgreSQL is killed", func(p *program) { killPostgres(t, p) }},
	} {
		kept := registerUntil(t, p, c.kill)
		select {
		case <-p.done:
		default:
			p.kill()
		}
		again, err := launch(p.Data)
		if err != nil {
			t.Fatalf("%s: it does not come up again: %v", c.what, err)
		}
		*p = *again // the clean-up of own ends what runs now
		v := visit(t, p)
		v.signIn(login(t, "honbu-somu-shusa"))
		for _, name := range kept {
			if a := v.open("/assets?q=" + url.QueryEscape(name)); !strings.Contains(a.main(), name) {
				t.Errorf("%s: %q was acknowledged and is gone", c.what, name)
			}
		}
		out, err := exec.Command(binary, "rebuild", "--check", "--data", p.Data).CombinedOutput()
		if err != nil {
			t.Errorf("%s: the list differs from the documents: %v\n%s", c.what, err, out)
		}
		t.Logf("%s: %d registrations were acknowledged before", c.what, len(kept))
	}
}

// registerUntil lets six people register at once, ends something in the middle, and returns the
// names whose registration was acknowledged.
func registerUntil(t *testing.T, p *program, end func(*program)) []string {
	t.Helper()
	const forms, before = 48, 16
	v := visit(t, p)
	v.signIn(login(t, "honbu-somu-shusa"))
	type sending struct {
		name, path, body string
	}
	work := make(chan sending, forms)
	for i := range forms {
		name := once("停電の前の記録") + "号"
		f := v.blank(kindOf(t, "IN"), name)
		if i%2 == 0 {
			f.Set("do", "save")
		} else {
			f.Set("do", "submit")
		}
		work <- sending{name, f.path, f.Encode()}
	}
	close(work)
	var mu sync.Mutex
	var kept []string
	enough := make(chan struct{})
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	var all sync.WaitGroup
	for range 6 {
		all.Go(func() {
			for s := range work {
				a, err := v.try(ctx, http.MethodPost, s.path, strings.NewReader(s.body), urlencoded)
				if err != nil || a.Status != http.StatusSeeOther {
					continue // not acknowledged: it may be there or not
				}
				mu.Lock()
				kept = append(kept, s.name)
				if len(kept) == before {
					close(enough)
				}
				mu.Unlock()
			}
		})
	}
	<-enough
	end(p)
	cancel() // nothing answers any more: do not wait for time-outs
	all.Wait()
	return kept
}

// killPostgres ends the server of a data directory at once, with all that it is doing.
func killPostgres(t *testing.T, p *program) {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(p.Data, "pgdata", "postmaster.pid"))
	if err != nil {
		t.Fatal(err)
	}
	first, _, _ := strings.Cut(string(b), "\n")
	pid, err := strconv.Atoi(first)
	if err != nil {
		t.Fatal(err)
	}
	if err := syscall.Kill(pid, syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
}

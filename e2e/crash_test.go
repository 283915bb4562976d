package e2e

import (
	"crypto/rand"
	"errors"
	"fmt"
	"math/big"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"

	"github.com/PuerkitoBio/goquery"
)

// acknowledged is what the program has said that it keeps.
type acknowledged struct {
	mu      sync.Mutex
	drafts  map[string]string // name → path
	sent    map[string]bool   // names of what was submitted
	decided map[string]bool   // paths of applications that were approved
	n, stop int               // so many answers, and after how many the blow comes
	blow    chan struct{}
}

func (a *acknowledged) one(note func()) {
	a.mu.Lock()
	defer a.mu.Unlock()
	note()
	if a.n++; a.n == a.stop {
		close(a.blow)
	}
}

// Whoever gets an answer has what it says, although the server, PostgreSQL or both are killed in the
// middle of registrations and decisions: everything comes up again by itself, nothing that was
// acknowledged is missing, nothing is there twice, and the derived tables agree with the documents.
func TestNothingAcknowledgedIsLost(t *testing.T) {
	t.Parallel()
	dir, err := dataDir()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	data := filepath.Join(dir, "data")
	if err := fill(data); err != nil {
		t.Fatal(err)
	}
	p, err := launch(data, "--load", samplePacks, "--metrics", "off")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := p.stop(); err != nil {
			t.Error(err)
		}
		if t.Failed() {
			t.Logf("the program said:\n%s", p.out)
		}
	})
	clerks := []string{somuClerk, somuOther, kikakuClerk, bosaiClerk, geoClerk}
	chiefs := []string{somuChief, kikakuChief, bosaiChief}
	for _, post := range slices.Concat(clerks, chiefs, []string{chief}) {
		as(t, p, post)
	}
	first := p.URL
	kept := &acknowledged{drafts: map[string]string{}, sent: map[string]bool{}, decided: map[string]bool{}}
	mark := once("停電")
	for round, kill := range []struct {
		what string
		do   func(*program)
	}{
		{"the server", func(p *program) { p.kill() }},
		{"PostgreSQL", func(p *program) { killPostmaster(t, data) }},
		{"both", func(p *program) { killPostmaster(t, data); p.kill() }},
	} {
		kept.n, kept.stop, kept.blow = 0, 20+chance(t, 25), make(chan struct{})
		var crowd sync.WaitGroup
		for i, post := range clerks {
			v := again(t, p, first, post)
			crowd.Go(func() { registerUntilItBreaks(v, kept, fmt.Sprintf("%s %d %d", mark, round, i)) })
		}
		for _, post := range chiefs {
			v := again(t, p, first, post)
			crowd.Go(func() { approveUntilItBreaks(v, kept) })
		}
		select {
		case <-kept.blow:
		case <-t.Context().Done():
			t.Fatal("no answers came")
		}
		kill.do(p)
		crowd.Wait()
		<-p.done // the server does not go on without its database
		t.Logf("%s killed after %d answers: %d drafts, %d submissions, %d approvals", kill.what, kept.n, len(kept.drafts), len(kept.sent), len(kept.decided))
		next, err := launch(data, "--load", samplePacks, "--metrics", "off")
		if err != nil {
			t.Fatalf("after %s was killed it does not start: %v", kill.what, err)
		}
		p = next
		kept.check(t, p, first, mark)
		out, err := exec.Command(binary, "rebuild", "--check", "--data", data).CombinedOutput()
		if err != nil {
			t.Errorf("rebuild --check: %v\n%s", err, out)
		}
	}
}

func chance(t *testing.T, below int64) int {
	t.Helper()
	n, err := rand.Int(rand.Reader, big.NewInt(below))
	if err != nil {
		t.Fatal(err)
	}
	return int(n.Int64())
}

// killPostmaster kills the private PostgreSQL as the kernel does when memory runs out.
func killPostmaster(t *testing.T, data string) {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(data, "pgdata", "postmaster.pid"))
	if err != nil {
		t.Fatal(err)
	}
	line, _, _ := strings.Cut(string(b), "\n")
	pid, err := strconv.Atoi(strings.TrimSpace(line))
	if err != nil {
		t.Fatal(err)
	}
	if err := syscall.Kill(pid, syscall.SIGKILL); err != nil && !errors.Is(err, syscall.ESRCH) {
		t.Fatal(err)
	}
}

// again is somebody who signed in before the program was killed, at its new address.
func again(t *testing.T, p *program, first, post string) *visitor {
	t.Helper()
	v := as(t, &program{URL: first}, post)
	v.base = p.URL
	return v
}

// registerUntilItBreaks keeps drafts and submits them, one after the other, until no answer comes.
func registerUntilItBreaks(v *visitor, kept *acknowledged, mark string) {
	k := kinds[2]
	for n := 0; ; n++ {
		name := fmt.Sprintf("%s-%d", mark, n)
		values := url.Values{"name": {name}, "form_token": {rand.Text()}, "do": {"save"}, "level_c": {"2"}, "level_i": {"1"}, "level_a": {"1"}}
		for key, value := range k.fields {
			values.Set(key, value)
		}
		a, err := v.try(v.t.Context(), http.MethodPost, "/assets/new/"+k.code, strings.NewReader(values.Encode()), urlencoded)
		if err != nil || a.Status >= 500 {
			return
		}
		path := a.Location()
		if a.Status != http.StatusSeeOther || !strings.HasPrefix(path, "/drafts/") {
			v.t.Errorf("%s was not kept: %d\n%s", name, a.Status, a.main())
			return
		}
		kept.one(func() { kept.drafts[name] = path })
		if n%3 == 0 {
			continue // stays a draft
		}
		values.Set("do", "submit")
		values.Set("form_token", rand.Text())
		values.Set("draft", last(path)+":1")
		a, err = v.try(v.t.Context(), http.MethodPost, path, strings.NewReader(values.Encode()), urlencoded)
		if err != nil || a.Status >= 500 {
			kept.mu.Lock()
			delete(kept.drafts, name) // a draft or an application: the answer is missing
			kept.mu.Unlock()
			return
		}
		if a.Status != http.StatusSeeOther {
			v.t.Errorf("%s was not submitted: %d\n%s", name, a.Status, a.main())
			return
		}
		kept.one(func() { delete(kept.drafts, name); kept.sent[name] = true })
	}
}

// approveUntilItBreaks approves what waits, until no answer comes.
func approveUntilItBreaks(v *visitor, kept *acknowledged) {
	for {
		queue, err := v.try(v.t.Context(), http.MethodGet, "/approvals", nil, "")
		if err != nil || queue.Status >= 500 {
			return
		}
		broken := false
		queue.doc().Find(`main th a[href^="/approvals/"]`).EachWithBreak(func(_ int, link *goquery.Selection) bool {
			path := link.AttrOr("href", "")
			page, err := v.try(v.t.Context(), http.MethodGet, path, nil, "")
			if err != nil || page.Status >= 500 {
				broken = true
				return false
			}
			f := page.doc().Find("form.decide")
			if f.Length() == 0 {
				return true // one's own
			}
			values := url.Values{"do": {"approve"}, "comment": {""}}
			for _, key := range []string{"seen", "form_token"} {
				values.Set(key, f.Find(`[name="`+key+`"]`).AttrOr("value", ""))
			}
			a, err := v.try(v.t.Context(), http.MethodPost, path, strings.NewReader(values.Encode()), urlencoded)
			if err != nil || a.Status >= 500 {
				broken = true
				return false
			}
			if a.Status == http.StatusSeeOther {
				kept.one(func() { kept.decided[path] = true })
			}
			return true
		})
		if broken {
			return
		}
	}
}

// check compares what was acknowledged with what is there.
func (a *acknowledged) check(t *testing.T, p *program, first, mark string) {
	t.Helper()
	a.mu.Lock()
	defer a.mu.Unlock()
	rows := exported(again(t, p, first, chief), url.Values{"q": {mark}})
	count, numbers := map[string]int{}, map[string]string{}
	for _, r := range rows {
		count[r["名称"]]++
		no := r["管理番号"]
		if other, twice := numbers[no]; no != "" && twice {
			t.Errorf("%s and %s have the same number %s", other, r["名称"], no)
		}
		numbers[no] = r["名称"]
		if a.sent[r["名称"]] && no == "" {
			t.Errorf("%s was submitted and is a draft again", r["名称"])
		}
	}
	for name := range a.sent {
		if count[name] != 1 {
			t.Errorf("%s was submitted and is there %d times", name, count[name])
		}
	}
	for name, path := range a.drafts {
		found := false
		for _, post := range []string{somuClerk, kikakuClerk, bosaiClerk, geoClerk} {
			if d := again(t, p, first, post).get(path); d.Status == http.StatusOK {
				found = true
				if kept := d.form("form.assetform").Get("name"); kept != name {
					t.Errorf("the draft %s holds %q", name, kept)
				}
				break
			}
		}
		if !found {
			t.Errorf("the draft %s is gone", name)
		}
	}
	for path := range a.decided {
		d := again(t, p, first, chief).get(path)
		if !strings.Contains(d.main(), "承認済") {
			t.Errorf("%s was approved, now %d\n%s", path, d.Status, d.main())
		}
	}
}

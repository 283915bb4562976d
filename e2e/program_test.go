// Package e2e drives the real binary in a real browser: what a member of staff does, and what an
// attacker or a power cut does to it. It knows the program by its command line and its pages only.
package e2e

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// patience bounds every wait for something that must happen.
const patience = 60 * time.Second

var binary string

func TestMain(m *testing.M) {
	os.Exit(func() int {
		dir, err := os.MkdirTemp("", "daicho-e2e-")
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			return 1
		}
		defer os.RemoveAll(dir)
		binary = filepath.Join(dir, "daicho")
		build := exec.Command("go", "build", "-o", binary, "../cmd/daicho")
		build.Stderr = os.Stderr
		build.Env = append(os.Environ(), "CGO_ENABLED=0") // as it is shipped
		if err := build.Run(); err != nil {
			fmt.Fprintln(os.Stderr, "build the program:", err)
			return 1
		}
		code := m.Run()
		closeShared()
		return code
	}())
}

// program is a running daicho with a private PostgreSQL.
type program struct {
	URL  string
	Data string
	cmd  *exec.Cmd
	out  *output
	done chan struct{}
	err  error
}

// output keeps what the program said and lets others wait for a line.
type output struct {
	mu    sync.Mutex
	text  bytes.Buffer
	waits []wait
}

type wait struct {
	want *regexp.Regexp
	hit  chan []string
}

func (o *output) line(s string) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.text.WriteString(s + "\n")
	for i := 0; i < len(o.waits); i++ {
		if m := o.waits[i].want.FindStringSubmatch(s); m != nil {
			o.waits[i].hit <- m
			o.waits = append(o.waits[:i], o.waits[i+1:]...)
			i--
		}
	}
}

func (o *output) expect(re string) <-chan []string {
	o.mu.Lock()
	defer o.mu.Unlock()
	w := wait{regexp.MustCompile(re), make(chan []string, 1)}
	for line := range strings.Lines(o.text.String()) {
		if m := w.want.FindStringSubmatch(strings.TrimRight(line, "\n")); m != nil {
			w.hit <- m
			return w.hit
		}
	}
	o.waits = append(o.waits, w)
	return w.hit
}

func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.String()
}

// urlLine is where the program says that it serves.
const urlLine = `(http://127\.0\.0\.1:\d+)`

// launch starts the program on a data directory and waits until it serves.
func launch(data string, args ...string) (*program, error) {
	p := &program{Data: data, out: &output{}, done: make(chan struct{})}
	p.cmd = exec.Command(binary, append([]string{"serve", "--data", data, "--listen", "127.0.0.1:0"}, args...)...)
	p.cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	r, w, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	p.cmd.Stdout, p.cmd.Stderr = w, w
	url := p.out.expect(urlLine)
	if err := p.cmd.Start(); err != nil {
		return nil, err
	}
	w.Close()
	go func() {
		s := bufio.NewScanner(r)
		s.Buffer(nil, 1<<20)
		for s.Scan() {
			p.out.line(s.Text())
		}
		r.Close()
	}()
	go func() {
		p.err = p.cmd.Wait()
		close(p.done)
	}()
	select {
	case m := <-url:
		p.URL = m[1]
	case <-p.done:
		return nil, fmt.Errorf("the program ended: %w\n%s", p.err, p.out)
	case <-time.After(2 * patience):
		p.kill()
		return nil, fmt.Errorf("the program did not say where it serves:\n%s", p.out)
	}
	return p, p.ready()
}

// ready waits until the program answers that it can serve.
func (p *program) ready() error {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for {
		req, err := http.NewRequestWithContext(ctx, http.MethodGet, p.URL+"/readyz", nil)
		if err != nil {
			return err
		}
		if res, err := http.DefaultClient.Do(req); err == nil {
			res.Body.Close()
			if res.StatusCode == http.StatusOK {
				return nil
			}
		}
		select {
		case <-tick.C:
		case <-p.done:
			return fmt.Errorf("the program ended: %w\n%s", p.err, p.out)
		case <-ctx.Done():
			return fmt.Errorf("not ready:\n%s", p.out)
		}
	}
}

// stop ends the program as an operator does and returns how it ended.
func (p *program) stop() error {
	if err := p.cmd.Process.Signal(syscall.SIGTERM); err != nil && !errors.Is(err, os.ErrProcessDone) {
		return err
	}
	select {
	case <-p.done:
		return p.err
	case <-time.After(patience):
		p.kill()
		return fmt.Errorf("did not stop when told to:\n%s", p.out)
	}
}

// kill ends the program as a power cut would, without a chance to tidy up.
func (p *program) kill() {
	_ = p.cmd.Process.Kill()
	<-p.done
}

// dataDir makes a directory that an unprivileged PostgreSQL can reach too: a test's own temporary
// directory is closed to others.
func dataDir() (string, error) {
	dir, err := os.MkdirTemp("", "daicho-e2e-data-")
	if err != nil {
		return "", err
	}
	return dir, os.Chmod(dir, 0o755)
}

// samplePacks are what the sample union is loaded from.
const samplePacks = "kansai,sample"

var template struct {
	once sync.Once
	dir  string
	err  error
}

// fill makes a data directory that holds the sample. It is loaded once by the program itself; the
// others are copies of what that left when it ended.
func fill(data string) error {
	template.once.Do(func() {
		template.dir, template.err = dataDir()
		if template.err != nil {
			return
		}
		p, err := launch(filepath.Join(template.dir, "data"), "--load", samplePacks, "--metrics", "off")
		if err == nil {
			err = p.stop()
		}
		template.err = err
	})
	if template.err != nil {
		return template.err
	}
	// Its owner is the account that PostgreSQL runs as, which os.CopyFS would not keep.
	if out, err := exec.Command("cp", "-a", filepath.Join(template.dir, "data"), data).CombinedOutput(); err != nil {
		return fmt.Errorf("copy the sample: %w\n%s", err, out)
	}
	return nil
}

var shared struct {
	once sync.Once
	p    *program
	dir  string
	err  error
}

// sample returns the program that all tests of the sample union share.
func sample(t *testing.T) *program {
	t.Helper()
	shared.once.Do(func() {
		shared.dir, shared.err = dataDir()
		data := filepath.Join(shared.dir, "data")
		if shared.err == nil {
			shared.err = fill(data)
		}
		if shared.err == nil {
			shared.p, shared.err = launch(data, "--load", samplePacks)
		}
	})
	if shared.err != nil {
		t.Fatal(shared.err)
	}
	return shared.p
}

func closeShared() {
	closeBrowser()
	if shared.p != nil {
		if err := shared.p.stop(); err != nil {
			fmt.Fprintln(os.Stderr, err)
		}
	}
	for _, dir := range []string{shared.dir, template.dir} {
		if dir != "" {
			os.RemoveAll(dir)
		}
	}
}

// own starts a program of the test's own.
func own(t *testing.T, args ...string) *program {
	t.Helper()
	dir, err := dataDir()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	data := filepath.Join(dir, "data")
	if slices.Contains(args, samplePacks) {
		if err := fill(data); err != nil {
			t.Fatal(err)
		}
	}
	p, err := launch(data, args...)
	if err != nil {
		t.Fatal(err)
	}
	endWith(t, p)
	return p
}

// endWith stops a program when the test ends, unless it has ended by then.
func endWith(t *testing.T, p *program) {
	t.Helper()
	t.Cleanup(func() {
		select {
		case <-p.done:
		default:
			if err := p.stop(); err != nil {
				t.Error(err)
			}
		}
		if t.Failed() {
			t.Logf("the program said:\n%s", p.out)
		}
	})
}

package pgtest

import (
	"encoding/binary"
	"errors"
	"io"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/jackc/pgx/v5/pgconn"
)

// Wire stands between a program and the server and writes down what the program asks: it shows how
// often a page goes there and back, whatever the driver makes of the statements.
type Wire struct {
	URL string // where the program connects instead

	mu    sync.Mutex
	trips int
	said  []string
	err   error
}

// Watch puts a wire before the server of a connection string; it is taken away with the test.
func Watch(t testing.TB, dsn string) *Wire {
	t.Helper()
	cfg, err := pgconn.ParseConfig(dsn)
	if err != nil {
		t.Fatal(err)
	}
	// Not t.TempDir: the path of a socket has an end.
	dir, err := os.MkdirTemp("", "wire")
	if err != nil {
		t.Fatal(err)
	}
	l, err := net.Listen("unix", filepath.Join(dir, ".s.PGSQL.5432"))
	if err != nil {
		t.Fatal(err)
	}
	u, err := url.Parse(dsn)
	if err != nil {
		t.Fatal(err)
	}
	u.Host = ""
	u.RawQuery = url.Values{"host": {dir}, "port": {"5432"}, "sslmode": {"disable"}}.Encode()
	w := &Wire{URL: u.String()}
	network, address := pgconn.NetworkAddress(cfg.Host, cfg.Port)
	var all sync.WaitGroup
	all.Go(func() {
		for {
			program, err := l.Accept()
			if err != nil {
				return
			}
			server, err := net.Dial(network, address)
			if err != nil {
				w.fail(err)
				_ = program.Close()
				continue
			}
			all.Go(func() { _, _ = io.Copy(program, server); _ = program.Close() })
			all.Go(func() { w.fail(w.listen(program, server)); _ = server.Close() })
		}
	})
	t.Cleanup(func() {
		_ = l.Close()
		all.Wait() // the program's pool has been closed: it was opened after the wire
		_ = os.RemoveAll(dir)
		if w.err != nil {
			t.Errorf("wire: %v", w.err)
		}
	})
	return w
}

func (w *Wire) fail(err error) {
	if err == nil || errors.Is(err, io.EOF) || errors.Is(err, net.ErrClosed) {
		return
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.err = errors.Join(w.err, err)
}

// listen passes on what the program says: messages of a type, a length and a body, behind a first one
// without a type.
func (w *Wire) listen(program io.Reader, server io.Writer) error {
	prepared := map[string]string{}
	head := make([]byte, 5)
	for first := true; ; first = false {
		at := head
		if first {
			at = head[1:]
		}
		if _, err := io.ReadFull(program, at); err != nil {
			return err
		}
		body := make([]byte, int(binary.BigEndian.Uint32(head[1:]))-4)
		if _, err := io.ReadFull(program, body); err != nil {
			return err
		}
		if !first {
			w.note(head[0], body, prepared)
		}
		if _, err := server.Write(append(append([]byte{}, at...), body...)); err != nil {
			return err
		}
	}
}

func (w *Wire) note(sort byte, body []byte, prepared map[string]string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	words := strings.SplitN(string(body), "\x00", 3)
	switch sort {
	case 'P': // Parse: name, text
		prepared[words[0]] = words[1]
	case 'B': // Bind: portal, name
		w.said = append(w.said, prepared[words[1]])
	case 'Q': // Query: text
		w.said = append(w.said, words[0])
		w.trips++
	case 'S': // Sync: the program waits for an answer
		w.trips++
	}
}

// Take returns how often the program has waited for an answer since the last call, and the statements
// that it has run.
func (w *Wire) Take() (trips int, statements []string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	trips, statements = w.trips, w.said
	w.trips, w.said = 0, nil
	return trips, statements
}

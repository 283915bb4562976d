package arch

import (
	"os"
	"regexp"
	"strings"
	"testing"
)

// modules is every module that the program or its tests import directly, with the reason why it is
// better than our own code. A new one is argued for here, with its licence read.
var modules = map[string]string{
	"github.com/go-chi/chi/v5":             "routing (given), MIT",
	"github.com/jackc/pgx/v5":              "PostgreSQL (given), MIT",
	"github.com/a-h/templ":                 "markup (given), MIT",
	"github.com/golang-migrate/migrate/v4": "migrations (given), MIT",
	"github.com/alexedwards/scs/v2":        "sessions: opaque token, renewal, idle and absolute limits, MIT",
	"github.com/xuri/excelize/v2":          "xlsx: nobody should write that format by hand, BSD-3",
	"golang.org/x/text":                    "NFKC and CP932, BSD-3",
	"golang.org/x/crypto":                  "argon2id, BSD-3",
	"golang.org/x/mod":                     "Merkle log and signed notes as the Go checksum database has them (sumdb/tlog, sumdb/note), BSD-3",
	"github.com/prometheus/client_golang":  "metrics in the form that operators collect, Apache-2.0",
	"github.com/chromedp/chromedp":         "test: the real browser, MIT",
	"github.com/chromedp/cdproto":          "test: the protocol types of chromedp, MIT",
	"github.com/PuerkitoBio/goquery":       "test: selectors over HTML, BSD-3",
	"pgregory.net/rapid":                   "test: properties, MPL-2.0",
	"github.com/google/go-cmp":             "test: readable differences, BSD-3",
}

var requireLine = regexp.MustCompile(`^\s*(?:require\s+)?([a-z0-9.\-]+\.[a-z]+/\S+|pgregory\.net/\S+)\s+v\S+\s*(//.*)?$`)

func TestModulesHaveAReason(t *testing.T) {
	b, err := os.ReadFile(root + "/go.mod")
	if err != nil {
		t.Fatal(err)
	}
	seen := map[string]bool{}
	for line := range strings.Lines(string(b)) {
		m := requireLine.FindStringSubmatch(strings.TrimRight(line, "\n"))
		if m == nil || strings.Contains(m[2], "indirect") {
			continue
		}
		seen[m[1]] = true
		if modules[m[1]] == "" {
			t.Errorf("%s is required without a reason in this list", m[1])
		}
	}
	for m := range modules {
		if !seen[m] {
			t.Errorf("%s has a reason but is not required any more", m)
		}
	}
	if strings.Contains(string(b), "\nreplace ") {
		t.Error("go.mod replaces a module: nobody else would build the same program")
	}
}

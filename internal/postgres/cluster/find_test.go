package cluster

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"daicho/internal/errs"
)

// install makes a directory that looks like a PostgreSQL installation of a major version.
func install(t *testing.T, dir string, version string) {
	t.Helper()
	if err := os.MkdirAll(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"initdb", "postgres"} {
		script := fmt.Sprintf("#!/bin/sh\necho '%s (PostgreSQL) %s'\n", name, version)
		if err := os.WriteFile(filepath.Join(dir, name), []byte(script), 0o755); err != nil {
			t.Fatal(err)
		}
	}
}

func TestFindOrder(t *testing.T) {
	root := t.TempDir()
	dir := func(name string) string { return filepath.Join(root, name) }
	install(t, dir("flag"), "14.9")
	install(t, dir("env"), "16.1 (Debian 16.1-1)")
	install(t, dir("path"), "15.4")
	install(t, dir("lib/9.6/bin"), "9.6.24")
	install(t, dir("lib/13/bin"), "13.2")
	install(t, dir("lib/17/bin"), "17.0")
	install(t, dir("lib/18/bin"), "18beta1")
	if err := os.MkdirAll(dir("empty"), 0o755); err != nil {
		t.Fatal(err)
	}
	old := versioned
	t.Cleanup(func() { versioned = old })

	for _, c := range []struct {
		name, flag, env, path, lib string
		major                      int
		want                       string // directory, or the code of the error
	}{
		{"flag first", dir("flag"), dir("env"), dir("path"), "lib/*/bin", 0, dir("flag")},
		{"then environment", "", dir("env"), dir("path"), "lib/*/bin", 0, dir("env")},
		{"then PATH", "", "", dir("empty") + ":" + dir("path"), "lib/*/bin", 0, dir("path")},
		{"then versioned, newest by number", "", "", dir("empty"), "lib/*/bin", 0, dir("lib/18/bin")},
		{"the version of the data", "", "", dir("path"), "lib/*/bin", 13, dir("lib/13/bin")},
		{"too old", "", "", dir("empty"), "lib/9.6/bin", 0, "cluster.old"},
		{"not the version of the data", "", "", dir("empty"), "lib/17/bin", 13, "cluster.major"},
		{"a flag is never passed over", dir("flag"), "", dir("path"), "lib/*/bin", 15, "cluster.major"},
		{"a flag that leads nowhere", dir("empty"), "", dir("path"), "lib/*/bin", 0, "cluster.bindir"},
		{"an environment that leads nowhere", "", dir("empty"), dir("path"), "lib/*/bin", 0, "cluster.bindir"},
		{"nothing", "", "", dir("empty"), "none/*/bin", 0, "cluster.missing"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Setenv(BinDirEnv, c.env)
			t.Setenv("PATH", c.path+":/usr/bin/none") // scripts run by the absolute path of sh
			versioned = []string{dir(c.lib)}
			b, err := find(t.Context(), c.flag, c.major)
			if err != nil {
				if errs.CodeOf(err) != c.want {
					t.Fatalf("find = %v, want %s", err, c.want)
				}
				if errs.MessageOf(err) == "" {
					t.Error("no words")
				}
				return
			}
			if b.dir != c.want {
				t.Errorf("found %s, want %s", b.dir, c.want)
			}
		})
	}
}

func TestMissingSaysHowToGetIt(t *testing.T) {
	msg := errs.MessageOf(notFound(0, nil))
	for _, want := range []string{"apt-get install postgresql", BinDirEnv, "14"} {
		if !strings.Contains(msg, want) {
			t.Errorf("message lacks %q: %s", want, msg)
		}
	}
}

// Package browsertest finds the browser of the tests and says how it is started, the same for all of
// them. It imports nothing of the program.
package browsertest

import (
	"errors"
	"os"
	"os/exec"

	"github.com/chromedp/chromedp"
)

// PathEnv names the environment variable with the browser to use instead of the one that is found.
const PathEnv = "CHROMIUM"

// ErrMissing says how to get a browser.
var ErrMissing = errors.New("no Chromium: run make test, which installs it, or: apt-get install chromium-headless-shell; or name one in " + PathEnv)

// names are what a Chromium is called, in the order of internal/setup/need.sh. The headless shell
// comes first: it draws the same with half the work.
var names = []string{
	"chromium-headless-shell", "headless_shell", "headless-shell", "chromium", "chromium-browser",
	"google-chrome", "google-chrome-stable", "google-chrome-beta", "google-chrome-unstable",
}

// path is the browser to start.
func path() (string, error) {
	if p := os.Getenv(PathEnv); p != "" {
		return p, nil
	}
	for _, n := range names {
		if p, err := exec.LookPath(n); err == nil {
			return p, nil
		}
	}
	return "", ErrMissing
}

// Options are how the browser is started: without a window, in Japanese, 1366 by 768 pixels. It keeps
// its sandbox unless it runs as root, who cannot have one. The error is ErrMissing.
func Options() ([]chromedp.ExecAllocatorOption, error) {
	p, err := path()
	if err != nil {
		return nil, err
	}
	o := append(chromedp.DefaultExecAllocatorOptions[:],
		chromedp.ExecPath(p), chromedp.DisableGPU, chromedp.WindowSize(1366, 768), chromedp.Flag("lang", "ja-JP"))
	if os.Geteuid() == 0 {
		o = append(o, chromedp.NoSandbox)
	}
	return o, nil
}

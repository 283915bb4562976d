package static

import (
	"io/fs"
	"math"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

var (
	declaration = regexp.MustCompile(`(--[a-z0-9-]+):\s*([^;]+);`)
	rule        = regexp.MustCompile(`([^{}]+)\{([^{}]*)\}`)
	comment     = regexp.MustCompile(`(?s)/\*.*?\*/`)
)

// palette resolves custom properties to colours.
func palette(t *testing.T) func(name string) string {
	t.Helper()
	values := map[string]string{}
	for _, f := range []string{"css/00-tokens.css", "css/10-roles.css"} {
		for _, m := range declaration.FindAllStringSubmatch(string(read(t, f)), -1) {
			if _, ok := values[m[1]]; !ok {
				values[m[1]] = strings.TrimSpace(m[2])
			}
		}
	}
	return func(name string) string {
		v := values[name]
		for strings.HasPrefix(v, "var(") {
			v = values[strings.TrimSuffix(strings.TrimPrefix(v, "var("), ")")]
		}
		if !strings.HasPrefix(v, "#") {
			t.Fatalf("%s is %q, not a colour", name, v)
		}
		return v
	}
}

// luminance and ratio: WCAG 2.2, "relative luminance" and "contrast ratio".
func luminance(hex string) float64 {
	channel := func(s string) float64 {
		n, err := strconv.ParseUint(s, 16, 8)
		if err != nil {
			panic(err)
		}
		c := float64(n) / 255
		if c <= 0.04045 {
			return c / 12.92
		}
		return math.Pow((c+0.055)/1.055, 2.4)
	}
	return 0.2126*channel(hex[1:3]) + 0.7152*channel(hex[3:5]) + 0.0722*channel(hex[5:7])
}

func ratio(a, b string) float64 {
	x, y := luminance(a), luminance(b)
	return (math.Max(x, y) + 0.05) / (math.Min(x, y) + 0.05)
}

func TestRatioFormula(t *testing.T) {
	for _, c := range []struct {
		a, b string
		want float64
	}{{"#000000", "#ffffff", 21}, {"#767676", "#ffffff", 4.54}, {"#949494", "#ffffff", 3.03}} {
		if got := ratio(c.a, c.b); math.Abs(got-c.want) > 0.005 {
			t.Errorf("%s on %s: %.3f, want %.2f", c.a, c.b, got, c.want)
		}
	}
}

// Text on a ground that it inherits: 4.5 (WCAG 1.4.3).
func TestTextContrast(t *testing.T) {
	colour := palette(t)
	grounds := map[string][]string{
		"--c-text":         {"--c-surface", "--c-ground", "--c-head", "--c-hover", "--c-selected", "--c-warn-ground"},
		"--c-sub":          {"--c-surface", "--c-ground", "--c-head", "--c-hover", "--c-selected", "--c-warn-ground"},
		"--c-faint":        {"--c-surface", "--c-ground"},
		"--c-link":         {"--c-surface", "--c-ground", "--c-head", "--c-hover", "--c-selected", "--c-warn-ground"},
		"--c-link-hover":   {"--c-surface", "--c-ground", "--c-hover", "--c-selected"},
		"--c-visited":      {"--c-surface", "--c-ground"},
		"--c-error":        {"--c-surface"},
		"--c-error-text":   {"--c-surface", "--c-error-ground"},
		"--c-danger":       {"--c-surface"},
		"--c-return":       {"--c-surface"},
		"--c-warn-text":    {"--c-warn-ground"},
		"--c-success-text": {"--c-surface"},
		"--c-disabled":     {"--c-surface", "--c-disabled-ground"},
	}
	for text, list := range grounds {
		for _, ground := range list {
			if got := ratio(colour(text), colour(ground)); got < 4.5 {
				t.Errorf("%s on %s: %.2f < 4.5", text, ground, got)
			}
		}
	}
}

// Every rule that sets both a text colour and a ground is checked as it stands.
func TestRulesThatSetBoth(t *testing.T) {
	colour := palette(t)
	text := regexp.MustCompile(`(?:^|[;\s])color:\s*var\((--c-[a-z0-9-]+)\)`)
	ground := regexp.MustCompile(`background(?:-color)?:\s*var\((--c-[a-z0-9-]+)\)`)
	pairs := 0
	for name, css := range own(t) {
		for _, m := range rule.FindAllStringSubmatch(css, -1) {
			a, b := text.FindStringSubmatch(m[2]), ground.FindStringSubmatch(m[2])
			if a == nil || b == nil {
				continue
			}
			pairs++
			if got := ratio(colour(a[1]), colour(b[1])); got < 4.5 {
				t.Errorf("%s: %s: %s on %s is %.2f < 4.5", name, strings.TrimSpace(m[1]), a[1], b[1], got)
			}
		}
	}
	if pairs < 20 {
		t.Errorf("only %d pairs found: the test no longer reads the files", pairs)
	}
}

// Lines that carry meaning (borders of controls, marks, zones): 3 (WCAG 1.4.11).
func TestLineContrast(t *testing.T) {
	colour := palette(t)
	for line, grounds := range map[string][]string{
		"--c-edge":        {"--c-surface", "--c-ground", "--c-hover"},
		"--c-faint":       {"--c-surface", "--c-ground", "--c-hover", "--c-head"},
		"--c-primary":     {"--c-surface", "--c-ground", "--c-hover", "--c-selected"},
		"--c-error":       {"--c-surface", "--c-ground"},
		"--c-success":     {"--c-surface", "--c-ground"},
		"--c-warn":        {"--c-surface", "--c-warn-ground"},
		"--c-return":      {"--c-surface", "--c-return-ground"},
		"--c-info":        {"--c-surface", "--c-info-ground"},
		"--c-focus":       {"--c-surface", "--c-ground", "--c-selected", "--c-focus-ring"},
		"--c-zone-mn":     {"--c-surface", "--c-hover"},
		"--c-zone-lg":     {"--c-surface", "--c-hover"},
		"--c-zone-it":     {"--c-surface", "--c-hover"},
		"--c-zone-out":    {"--c-surface", "--c-hover"},
		"--c-level1-edge": {"--c-surface", "--c-level1"},
	} {
		for _, ground := range grounds {
			if got := ratio(colour(line), colour(ground)); got < 3 {
				t.Errorf("%s on %s: %.2f < 3", line, ground, got)
			}
		}
	}
}

// Steps of the confidentiality ramp must differ from each other, not only from the page.
func TestLevelsGetDarker(t *testing.T) {
	colour := palette(t)
	for i := 1; i < 5; i++ {
		low, high := colour("--c-level"+strconv.Itoa(i)), colour("--c-level"+strconv.Itoa(i+1))
		if luminance(high) >= luminance(low) {
			t.Errorf("level %d is not darker than level %d", i+1, i)
		}
	}
}

// own returns our style sheets by name, without comments.
func own(t *testing.T) map[string]string {
	t.Helper()
	names, err := fs.Glob(source, "css/[2-9]*.css")
	if err != nil || len(names) < 5 {
		t.Fatalf("style sheets: %v %v", names, err)
	}
	out := map[string]string{}
	for _, n := range names {
		out[n] = comment.ReplaceAllString(string(read(t, n)), "")
	}
	return out
}

// Components use roles, never the palette: else the checks above would not see them.
func TestComponentsUseRolesOnly(t *testing.T) {
	raw := regexp.MustCompile(`--color-|#[0-9a-fA-F]{3,8}\b|rgba?\(|hsl`)
	used := regexp.MustCompile(`var\((--[a-z0-9-]+)`)
	roles := string(read(t, "css/10-roles.css")) + string(read(t, "css/00-tokens.css"))
	for name, css := range own(t) {
		if m := raw.FindString(css); m != "" {
			t.Errorf("%s uses the palette: %q", name, m)
		}
		for _, m := range used.FindAllStringSubmatch(css, -1) {
			if !strings.Contains(roles, "\n  "+m[1]+":") {
				t.Errorf("%s uses %s, which nobody defines", name, m[1])
			}
		}
	}
}

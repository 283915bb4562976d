package zone

import (
	"strconv"
	"strings"

	"daicho/internal/app"

	"github.com/a-h/templ"
)

func zoneKey(code string) string { return strings.ToLower(code) }

// spotOf are the coordinates of the nth kind of a box.
func spotOf(b box, n int) templ.Attributes {
	x, y := b.spot(n)
	return templ.Attributes{"x": strconv.Itoa(x), "y": strconv.Itoa(y)}
}

func crossingsTitle(v view) string {
	out := "接続"
	if v.Query.A != "" {
		out = name(v.Query.A) + "と" + name(v.Query.B) + "の接続"
	}
	if v.Query.Bad {
		out += "のうち違反"
	}
	return out
}

func endText(number, name string) string {
	if name == "" {
		return "他機関の資産"
	}
	return strings.TrimSpace(number + " " + name)
}

func foundText(l app.ZoneLine) string {
	var out []string
	for _, f := range l.Findings {
		out = append(out, f.Severity.Label()+" "+f.Rule+" "+f.What)
	}
	if len(out) == 0 {
		return "違反なし"
	}
	return strings.Join(out, "、")
}

package attach

import (
	"path/filepath"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// maxName is the greatest length of a stored name in runes: short enough for every file system in
// UTF-8 (255 bytes).
const maxName = 80

// devices are names that Windows takes for a device whatever the ending.
var devices = []string{"con", "prn", "aux", "nul", "com1", "com2", "com3", "com4", "com5", "com6", "com7", "com8", "com9",
	"lpt1", "lpt2", "lpt3", "lpt4", "lpt5", "lpt6", "lpt7", "lpt8", "lpt9"}

// CleanName returns a name that can be stored, shown and saved under any operating system: no
// folders, no characters that Windows forbids, none that are invisible or turn the reading around
// (a name may pretend another ending with them), not too long. It is never empty.
func CleanName(name string) string {
	if i := strings.LastIndexAny(name, `/\`); i >= 0 {
		name = name[i+1:]
	}
	name = strings.Map(func(r rune) rune {
		switch {
		case r == utf8.RuneError, unicode.IsControl(r), unicode.Is(unicode.Cf, r), unicode.Is(unicode.Zl, r), unicode.Is(unicode.Zp, r):
			return -1
		case strings.ContainsRune(`<>:"|?*`, r):
			return '_'
		}
		return r
	}, name)
	ext := filepath.Ext(name)
	if len([]rune(ext)) > 10 {
		ext = ""
	}
	stem := strings.Trim(strings.TrimSuffix(name, ext), " .　")
	if stem == "" {
		stem = "添付"
	}
	if first, _, _ := strings.Cut(strings.ToLower(stem), "."); slices.Contains(devices, strings.TrimSpace(first)) {
		stem = "_" + stem
	}
	if r := []rune(stem); len(r) > maxName-len([]rune(ext)) {
		stem = strings.TrimRight(string(r[:maxName-len([]rune(ext))]), " .　")
	}
	return stem + strings.TrimRight(ext, " .　")
}

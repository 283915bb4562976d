package trail

import (
	"bytes"
	"testing"
)

// An exported log of realistic acts, two changes each, verified from its bytes: the time of an entry,
// and what is allocated for it.
func BenchmarkVerifyFile(b *testing.B) {
	const entries = 20_000
	key := newKey(b, "example/log")
	w := &written{}
	w.act(ActionKey, map[string]any{"key": key.Text})
	image := `{"id": 1, "name": "職員名簿", "unit_id": 12, "updated_at": "2026-11-23T14:02:00+00:00", "form": {"name": ["職員名簿"], "place": ["総務課のファイルサーバー"]}}`
	for w.tree.Size() < entries {
		w.act("asset.register", map[string]any{"deed": "draft"},
			Change{Op: "UPDATE", Table: "draft", PK: "1", Salt: salt, Before: &image, After: &image}, Change{Op: "INSERT", Table: "asset_version", PK: "1", Salt: salt, Digest: digest(salt, "x")})
		if w.tree.Size()%10 == 0 {
			w.head(b, key)
		}
	}
	file := w.file(b)
	b.SetBytes(int64(len(file)))
	b.ReportAllocs()
	for b.Loop() {
		if _, _, err := VerifyFile(bytes.NewReader(file), Options{}); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Microseconds())/float64(b.N*entries), "µs/entry")
}

package asset

import (
	"strconv"
	"strings"

	"pgregory.net/rapid"

	"daicho/internal/classify"
	"daicho/internal/jptext"
)

// Generators of documents that the register may really hold: any kind, any subset of its fields, in
// normal form.

func genKind() *rapid.Generator[Kind] {
	return rapid.Custom(func(t *rapid.T) Kind { return rapid.SampledFrom(Kinds()).Draw(t, "kind").Kind })
}

func genText(max int, lines bool) *rapid.Generator[string] {
	alphabet := []rune("あ髙﨑神𠮷ヶ葛󠄀台帳サーバー ｻ\"\\/<>&'={}[]:,.-_ABCxyz0123\u2028\u2029")
	if lines {
		alphabet = append(alphabet, '\n', '\t')
	}
	return rapid.Custom(func(t *rapid.T) string {
		s := strings.TrimSpace(rapid.StringOfN(rapid.SampledFrom(alphabet), 0, min(max, 40), -1).Draw(t, "text"))
		if c, err := jptext.Clean(s); err != nil || c != s {
			return "台帳"
		}
		return s
	})
}

func genCode() *rapid.Generator[string] { return rapid.StringMatching(`[A-Z]{1,3}-[0-9]{1,6}`) }

func genValue(t *rapid.T, f Field) string {
	switch f.Type {
	case Text:
		return genText(f.Limit(), false).Draw(t, f.Key)
	case LongText:
		return genText(f.Limit(), true).Draw(t, f.Key)
	case CodeText:
		if f.Key == "corporate_no" {
			return "7000012050002"
		}
		return genCode().Draw(t, f.Key)
	case CodeLines:
		return strings.Join(rapid.SliceOfNDistinct(genCode(), 1, 4, rapid.ID[string]).Draw(t, f.Key), "\n")
	case Number:
		return strconv.Itoa(rapid.IntRange(0, f.Limit()).Draw(t, f.Key))
	case Date:
		return rapid.StringMatching(`(19|20)[0-9]{2}-(0[1-9]|1[0-2])-(0[1-9]|1[0-9]|2[0-8])`).Draw(t, f.Key)
	case Choice:
		return rapid.SampledFrom(f.Options).Draw(t, f.Key).Code
	case Choices:
		var out []string
		for _, o := range f.Options {
			if rapid.Bool().Draw(t, o.Code) {
				out = append(out, o.Code)
			}
		}
		return strings.Join(out, " ")
	case Flag:
		return rapid.SampledFrom([]string{"0", "1"}).Draw(t, f.Key)
	}
	return genCode().Draw(t, f.Key)
}

func genDocument() *rapid.Generator[Document] {
	return rapid.Custom(func(t *rapid.T) Document {
		d := New(genKind().Draw(t, "kind"))
		for _, f := range all[d.Kind] {
			if !rapid.Bool().Draw(t, "has "+f.Key) {
				continue
			}
			if v := genValue(t, f); v != "" {
				d.Values[f.Key] = v
			}
		}
		if rapid.Bool().Draw(t, "judged") {
			d.Judgement = &Judgement{
				Scheme:   "mic-r6",
				Levels:   genLevels().Draw(t, "levels"),
				Proposed: genLevels().Draw(t, "proposed"),
				Answers:  rapid.MapOfN(rapid.StringMatching(`[a-z]{2,8}`), rapid.SampledFrom([]string{"yes", "no", "unknown", "24"}), 0, 4).Draw(t, "answers"),
				Reason:   genText(100, true).Draw(t, "reason"),
				Ask:      rapid.Bool().Draw(t, "ask"),
			}
		}
		for i := range rapid.IntRange(0, 3).Draw(t, "relations") {
			r := Relation{
				Type:     rapid.SampledFrom([]string{"stores", "located_in", "copy_of"}).Draw(t, "type"),
				Outgoing: rapid.Bool().Draw(t, "outgoing"),
				Other:    int64(i + 1),
				Effect:   rapid.SampledFrom([]string{"", Gather, Spread}).Draw(t, "effect"),
				Note:     genText(60, false).Draw(t, "note"),
			}
			if r.Effect != "" {
				r.Values = rapid.MapOfN(rapid.SampledFrom([]string{"pass_c", "pass_i", "pass_a"}), rapid.SampledFrom([]string{"", "1", "2"}), 0, 3).Draw(t, "values")
			}
			d.Relations = append(d.Relations, r)
		}
		if HasMembers(d.Kind) {
			for i := range rapid.IntRange(0, 4).Draw(t, "members") {
				d.Members = append(d.Members, Member{
					No: i + 1, Serial: "S-" + strconv.Itoa(i) + genCode().Draw(t, "serial"), Label: genCode().Draw(t, "label"),
					Place: genText(40, false).Draw(t, "place"), Holder: genText(40, false).Draw(t, "holder"),
					State: rapid.SampledFrom([]string{"", MemberInUse, MemberLost, MemberDisposed}).Draw(t, "state"),
				})
			}
		}
		return d
	})
}

func genLevels() *rapid.Generator[map[string]string] {
	return rapid.Custom(func(t *rapid.T) map[string]string {
		m := map[string]string{}
		for _, a := range classify.Axes() {
			levels := []string{"", "1", "2"}
			if a == classify.Confidentiality {
				levels = append(levels, "3C", "3B")
			}
			if v := rapid.SampledFrom(levels).Draw(t, string(a)); v != "" {
				m[string(a)] = v
			}
		}
		return m
	})
}

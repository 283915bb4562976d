package asset

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

func sample() Document {
	d := New(Info)
	d.Values = map[string]string{
		"name": "調理師試験 受験者名簿", "unit": "K-SHIKAKU", "summary": "受験者の氏名、住所\n試験の結果", "personal": PersonalOrdinary,
		"zone": ZoneLGWAN, "place": "ファイルサーバー <資格> & \"試験\"\u2028", "subjects": "12000", "portable": "0", "restrictions": "limited encrypt",
	}
	d.Judgement = &Judgement{Scheme: "mic-r6", Levels: map[string]string{"C": "3B", "I": "2", "A": "1"}, Proposed: map[string]string{"C": "3B"}, Answers: map[string]string{"personal": "yes", "mynumber": "no"}}
	d.Relations = []Relation{{Type: "stores", Other: 12}, {Type: "copy_of", Outgoing: true, Other: 7, Effect: Gather, Note: "全府県分"}}
	return d
}

// The bytes of a known document and both digests are fixed: what was approved must verify for ever.
func TestEncodeIsFixed(t *testing.T) {
	const want = `{"edition":"2","judgement":{"answers":{"mynumber":"no","personal":"yes"},"levels":{"A":"1","C":"3B","I":"2"},"proposed":{"C":"3B"},"scheme":"mic-r6"},"kind":"IN","relations":[{"effect":"gather","note":"全府県分","other":7,"outgoing":true,"type":"copy_of"},{"other":12,"type":"stores"}],"values":{"name":"調理師試験 受験者名簿","personal":"personal","place":"ファイルサーバー <資格> & \"試験\"` + "\u2028" + `","portable":"0","restrictions":"limited encrypt","subjects":"12000","summary":"受験者の氏名、住所\n試験の結果","unit":"K-SHIKAKU","zone":"LG"}}`
	got := sample().Encode()
	if string(got) != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	const wantMaterial = `{"judgement":{"answers":{"mynumber":"no","personal":"yes"},"levels":{"A":"1","C":"3B","I":"2"},"scheme":"mic-r6"},"kind":"IN","relations":[{"effect":"gather","note":"全府県分","other":7,"outgoing":true,"type":"copy_of"},{"other":12,"type":"stores"}],"values":{"personal":"personal","place":"ファイルサーバー <資格> & \"試験\"` + "\u2028" + `","restrictions":"limited encrypt","unit":"K-SHIKAKU","zone":"LG"}}`
	if got := string(sample().MaterialBytes()); got != wantMaterial {
		t.Errorf("material: got\n%s\nwant\n%s", got, wantMaterial)
	}
	sum := Digest(got)
	path := "testdata/sample.sha256"
	if *update {
		if err := os.WriteFile(path, []byte(hex.EncodeToString(sum[:])+"\n"), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	fixed, err := os.ReadFile(path)
	if err != nil || strings.TrimSpace(string(fixed)) != hex.EncodeToString(sum[:]) {
		t.Errorf("digest %x, file %s, %v", sum, fixed, err)
	}
}

func TestEncodeIsJSONThatOthersRead(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		d := genDocument().Draw(t, "d")
		var m struct {
			Values map[string]string `json:"values"`
		}
		if err := json.Unmarshal(d.Encode(), &m); err != nil {
			t.Fatal(err)
		}
		if m.Values == nil {
			m.Values = map[string]string{}
		}
		if diff := cmp.Diff(d.Values, m.Values); diff != "" {
			t.Fatal(diff)
		}
		if !json.Valid(d.MaterialBytes()) {
			t.Fatal("material part is not JSON")
		}
	})
}

func TestDecodeUndoesEncode(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		d := genDocument().Draw(t, "d").Canonical()
		got, err := Decode(d.Encode())
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(d, got); diff != "" {
			t.Fatal(diff)
		}
	})
}

func TestEncodeKnowsNoOrder(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		d := genDocument().Draw(t, "d")
		e := d.Clone()
		e.Relations = rapid.Permutation(d.Relations).Draw(t, "relations")
		e.Members = rapid.Permutation(d.Members).Draw(t, "members")
		e.Values = map[string]string{"yomi": ""} // an empty value is no value
		for _, k := range slices.Backward(slices.Sorted(maps.Keys(d.Values))) {
			e.Values[k] = d.Values[k]
		}
		before := d.Clone()
		if !bytes.Equal(d.Encode(), e.Encode()) || d.MaterialDigest() != e.MaterialDigest() {
			t.Fatal("order or an empty value changes the bytes")
		}
		if diff := cmp.Diff(before, d); diff != "" {
			t.Fatal("encoding changes the document: " + diff)
		}
	})
}

func TestDecodeRefusesWhatEncodeDoesNotWrite(t *testing.T) {
	good := string(sample().Encode())
	for name, b := range map[string]string{
		"space":         strings.Replace(good, ":", ": ", 1),
		"trailing":      good + "\n",
		"escaped":       strings.Replace(good, "調", `\u8abf`, 1),
		"unknown":       strings.Replace(good, `{"edition"`, `{"extra":1,"edition"`, 1),
		"order":         strings.Replace(good, `"name":"調理師試験 受験者名簿","personal":"personal"`, `"personal":"personal","name":"調理師試験 受験者名簿"`, 1),
		"twice":         strings.Replace(good, `"kind":"IN"`, `"kind":"IN","kind":"IN"`, 1),
		"case":          strings.Replace(good, `"kind":"IN"`, `"Kind":"IN"`, 1),
		"empty value":   strings.Replace(good, `"zone":"LG"`, `"zone":"LG","zz":""`, 1),
		"unknown kind":  strings.Replace(good, `"kind":"IN"`, `"kind":"XX"`, 1),
		"not an object": `[]`,
		"nothing":       ``,
		"invalid UTF-8": strings.Replace(good, "調", "\xff", 1),
	} {
		if _, err := Decode([]byte(b)); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
	if _, err := Decode([]byte(good)); err != nil {
		t.Error(err)
	}
}

// A document of an older catalogue keeps keys that today's does not know.
func TestDecodeKeepsOldKeys(t *testing.T) {
	b := []byte(`{"edition":"0","kind":"PD","values":{"name":"古い簿冊","shelf":"3"}}`)
	d, err := Decode(b)
	if err != nil || d.Values["shelf"] != "3" || !bytes.Equal(d.Encode(), b) {
		t.Errorf("%v %v", d, err)
	}
}

func FuzzDecode(f *testing.F) {
	f.Add(sample().Encode())
	f.Add([]byte(`{"edition":"1","kind":"EQ","members":[{"no":1,"serial":"X"}],"values":{"name":"a"}}`))
	f.Fuzz(func(t *testing.T, b []byte) {
		d, err := Decode(b)
		if err != nil {
			return
		}
		if !bytes.Equal(d.Encode(), b) {
			t.Fatal("two texts for one document")
		}
	})
}

func FuzzEncodeText(f *testing.F) {
	for _, s := range []string{"", "台帳", "\"\\\n\t\r\x00\x1f\x7f", "\u2028\ufffd", "\xff\xfe"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		d := New(Info)
		d.Values["notes"] = s
		got, err := Decode(d.Encode())
		if err != nil {
			t.Fatal(err)
		}
		if utf8.ValidString(s) && got.Values["notes"] != s {
			t.Fatalf("%q came back as %q", s, got.Values["notes"])
		}
	})
}

// Each change is material or minor exactly as the catalogue and the design say, and the difference
// that an approver sees agrees with the digest.
func TestMaterialDigest(t *testing.T) {
	base := func() Document { return sample() }
	for name, c := range map[string]struct {
		change   func(*Document)
		material bool
	}{
		"name":               {func(d *Document) { d.Values["name"] = "別の名" }, false},
		"notes":              {func(d *Document) { d.Values["notes"] = "備考" }, false},
		"subjects":           {func(d *Document) { d.Values["subjects"] = "1" }, false},
		"zone":               {func(d *Document) { d.Values["zone"] = ZoneInternet }, true},
		"place removed":      {func(d *Document) { delete(d.Values, "place") }, true},
		"flag off from none": {func(d *Document) { d.Values["cloud"] = "0" }, false},
		"flag removed":       {func(d *Document) { delete(d.Values, "portable") }, false},
		"flag on":            {func(d *Document) { d.Values["portable"] = "1" }, true},
		"in use said":        {func(d *Document) { d.Values["lifecycle"] = LifecycleInUse }, false},
		"disposed":           {func(d *Document) { d.Values["lifecycle"] = LifecycleDisposed }, true},
		"level":              {func(d *Document) { d.Judgement.Levels["C"] = "3C" }, true},
		"reason":             {func(d *Document) { d.Judgement.Reason = "理由" }, true},
		"ask":                {func(d *Document) { d.Judgement.Ask = true }, true},
		"scheme":             {func(d *Document) { d.Judgement.Scheme = "mic-r4" }, true},
		"answer":             {func(d *Document) { d.Judgement.Answers["rto"] = "24" }, true},
		"answer taken back":  {func(d *Document) { delete(d.Judgement.Answers, "mynumber") }, true},
		"answer left empty":  {func(d *Document) { d.Judgement.Answers["rto"] = "" }, false},
		"proposal":           {func(d *Document) { d.Judgement.Proposed["A"] = "2" }, false},
		"no judgement":       {func(d *Document) { d.Judgement = nil }, true},
		"relation added":     {func(d *Document) { d.Relations = append(d.Relations, Relation{Type: "stores", Other: 99}) }, true},
		"relation removed":   {func(d *Document) { d.Relations = d.Relations[:1] }, true},
		"relation turned":    {func(d *Document) { d.Relations[0].Outgoing = true }, true},
		"relation note":      {func(d *Document) { d.Relations[0].Note = "メモ" }, false},
		"reason of gather":   {func(d *Document) { d.Relations[1].Note = "府県分だけ" }, true},
		"value of relation":  {func(d *Document) { d.Relations[0].Values = map[string]string{"pass_c": "2"} }, true},
		"effect":             {func(d *Document) { d.Relations[1].Effect = Spread }, true},
		"edition":            {func(d *Document) { d.Edition = "1" }, false},
		"statement":          {func(d *Document) { d.Values["pia_no_ok"] = "1" }, false},
	} {
		t.Run(name, func(t *testing.T) {
			d := base()
			c.change(&d)
			if d.OnlyMinor(base()) == c.material {
				t.Errorf("minor = %v", !c.material)
			}
			if got := slices.ContainsFunc(Diff(base(), d), func(x Change) bool { return x.Material }); got != c.material {
				t.Errorf("the difference says material = %v: %+v", got, Diff(base(), d))
			}
		})
	}
}

// What was approved under the first edition keeps its digest: answers were minor then. Against it, a
// change of an answer needs an approval today, and any other minor change still none.
func TestFirstEditionKeepsItsDigest(t *testing.T) {
	old := sample()
	old.Edition = "1"
	if got := string(old.MaterialBytes()); strings.Contains(got, "answers") {
		t.Errorf("material part of edition 1: %s", got)
	}
	now := sample()
	now.Values["notes"] = "備考"
	if !now.OnlyMinor(old) {
		t.Error("a note is not minor against the first edition")
	}
	now.Edition = old.Edition
	if now.MaterialDigest() != old.MaterialDigest() {
		t.Error("a minor version that keeps the edition has another digest")
	}
	now.Judgement.Answers["rto"] = "12"
	if now.OnlyMinor(old) {
		t.Error("an answer is minor against the first edition")
	}
}

func TestMembersIdentityIsMaterial(t *testing.T) {
	base := New(Device)
	base.Members = []Member{{No: 1, Serial: "A", Label: "L1", Place: "3階", Holder: "総務課"}, {No: 2, Serial: "B"}}
	for name, c := range map[string]struct {
		change   func(*Document)
		material bool
	}{
		"holder":   {func(d *Document) { d.Members[0].Holder = "企画課" }, false},
		"place":    {func(d *Document) { d.Members[0].Place = "4階" }, false},
		"storage":  {func(d *Document) { d.Members[0].Storage = "DISK1" }, false},
		"lost":     {func(d *Document) { d.Members[0].State = MemberLost }, false},
		"disposed": {func(d *Document) { d.Members[0].State = MemberDisposed }, true},
		"serial":   {func(d *Document) { d.Members[0].Serial = "Z" }, true},
		"label":    {func(d *Document) { d.Members[0].Label = "L9" }, true},
		"removed":  {func(d *Document) { d.Members = d.Members[:1] }, true},
		"added":    {func(d *Document) { d.Members = append(d.Members, Member{No: 3}) }, true},
		"order":    {func(d *Document) { slices.Reverse(d.Members) }, false},
	} {
		d := base.Clone()
		c.change(&d)
		if d.OnlyMinor(base) == c.material {
			t.Errorf("%s: minor = %v", name, !c.material)
		}
		if got := slices.ContainsFunc(Diff(base, d), func(x Change) bool { return x.Material }); got != c.material {
			t.Errorf("%s: the difference says material = %v", name, got)
		}
	}
}

func TestHomes(t *testing.T) {
	d := New(Device)
	d.Values = map[string]string{"name": "サーバー", "os": "Linux", "eol": "2029-10-14", "serial": "AB-1", "serial_ok": "1", "storage_serials": "D1\nD2", "unit": "U1", "notes": ""}
	d.Members = []Member{{No: 1, Serial: "AB-2", Label: "AB-1", Storage: "D1\nD3"}}
	if diff := cmp.Diff(map[string]string{"os": "Linux"}, d.At(InDetail)); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(map[string]string{"eol": "2029-10-14"}, d.At(InDue)); diff != "" {
		t.Error(diff)
	}
	want := map[string][]string{"serial": {"AB-1"}, "storage_serials": {"D1", "D2"}, "member": {"AB-1", "AB-2", "D1", "D3"}}
	if diff := cmp.Diff(want, d.Codes()); diff != "" {
		t.Error(diff)
	}
}

func TestCloneSharesNothing(t *testing.T) {
	d := sample()
	d.Members = []Member{{No: 1}}
	before := d.Encode()
	c := d.Clone()
	c.Values["name"] = "x"
	c.Judgement.Levels["C"], c.Judgement.Proposed["C"], c.Judgement.Answers["personal"], c.Judgement.Reason = "1", "1", "no", "r"
	c.Relations[0].Other, c.Members[0].No = 1, 2
	if !bytes.Equal(before, d.Encode()) {
		t.Error("a change of the copy reaches the original")
	}
}

package asset

import (
	"maps"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"pgregory.net/rapid"

	"daicho/internal/classify"
	"daicho/internal/errs"
)

// testScheme is a small scheme of the shape that packs carry.
func testScheme() *classify.Scheme {
	levels := func(codes ...string) []classify.Level {
		var out []classify.Level
		for i, c := range codes {
			out = append(out, classify.Level{Rank: classify.Rank(i + 1), Code: c, Label: c})
		}
		return out
	}
	rule := func(a classify.Axis, cond, level string) classify.Rule {
		cs, ok := classify.ParseConds(cond)
		if !ok {
			panic(cond)
		}
		return classify.Rule{Axis: a, Conds: cs, Level: level}
	}
	return &classify.Scheme{
		Code: "mic-r6",
		Axes: []classify.AxisDef{
			{Axis: classify.Confidentiality, Levels: levels("1", "2", "3C", "3B", "3A")},
			{Axis: classify.Integrity, Levels: levels("1", "2")},
			{Axis: classify.Availability, Levels: levels("1", "2")},
		},
		Questions: []classify.Question{{Code: "mynumber"}, {Code: "personal"}, {Code: "published"}},
		Rules: []classify.Rule{
			rule("C", "mynumber=yes", "3B"), rule("C", "published=yes", "1"), rule("C", "personal=yes", "3C"), rule("C", "", "2"),
			rule("I", "", "1"), rule("A", "", "1"),
		},
	}
}

// complete returns a document of the kind that may be submitted.
func complete(k Kind) Document {
	d := New(k)
	for _, f := range Fields(k) {
		if !f.Required {
			continue
		}
		switch f.Type {
		case Choice:
			d.Values[f.Key] = f.Options[0].Code
		case Date:
			d.Values[f.Key] = "2027-03-31"
		default:
			d.Values[f.Key] = "X1"
		}
	}
	d.Judgement = &Judgement{Scheme: "mic-r6", Levels: map[string]string{}}
	for _, a := range classify.Axes() {
		if Declares(k, a) {
			d.Judgement.Levels[string(a)] = "2"
		}
	}
	return d
}

func codesAt(err error, field string) []string {
	var out []string
	for _, e := range errs.Fields(err) {
		if e.Field == field {
			out = append(out, e.Code)
		}
	}
	return out
}

func TestTheLeastDocumentOfEachKindMayBeSubmitted(t *testing.T) {
	for _, k := range Kinds() {
		if err := Check(complete(k.Kind), Submit, testScheme()); err != nil {
			t.Errorf("%s: %v", k.Kind, err)
		}
	}
}

func TestEmptyDocument(t *testing.T) {
	for _, k := range Kinds() {
		d := New(k.Kind)
		if err := Check(d, Draft, testScheme()); err != nil {
			t.Errorf("%s: an empty draft is refused: %v", k.Kind, err)
		}
		err := Check(d, Submit, testScheme())
		asked := errs.Fields(err)
		want := 0
		for _, f := range Fields(k.Kind) {
			if f.Required {
				want++
				if got := codesAt(err, f.Key); !slices.Equal(got, []string{"asset.field.required"}) {
					t.Errorf("%s %s: %v", k.Kind, f.Key, got)
				}
			}
		}
		for _, a := range classify.Axes() {
			if Declares(k.Kind, a) {
				want++
				if len(codesAt(err, LevelKey(a))) != 1 {
					t.Errorf("%s: the level on %s is not asked for", k.Kind, a)
				}
			}
		}
		if len(asked) != want {
			t.Errorf("%s: %d messages, want %d", k.Kind, len(asked), want)
		}
		if !errs.Is(err, errs.Invalid) {
			t.Errorf("%s: %v", k.Kind, errs.KindOf(err))
		}
		first, _ := Lookup(k.Kind, asked[0].Field)
		if first.Key != "name" || asked[0].Message != "名称を入力してください" {
			t.Errorf("%s: messages do not follow the form: %+v", k.Kind, asked[0])
		}
	}
}

func TestCheckOfValues(t *testing.T) {
	bidi := "請求書\u202egpj.exe"
	for name, c := range map[string]struct {
		kind  Kind
		key   string
		value string
		code  string // "" = accepted
	}{
		"names stay as typed":       {Info, "name", "髙﨑 神 𠮷野家 葛󠄀城", ""},
		"markup is text":            {Info, "name", "<script>alert(1)</script>", ""},
		"SQL is text":               {Info, "name", "'; DROP TABLE asset;--", ""},
		"formula is text":           {Info, "name", "=1+1", ""},
		"control character":         {Info, "name", "a\x00b", "asset.field.text"},
		"direction override":        {Info, "name", bidi, "asset.field.text"},
		"not UTF-8":                 {Info, "name", "\xff\xfe", "asset.field.text"},
		"space around":              {Info, "name", " 台帳", "asset.field.text"},
		"two lines":                 {Info, "name", "一\n二", "asset.field.lines"},
		"two lines of long text":    {Info, "summary", "一\n二", ""},
		"100 characters":            {Info, "name", strings.Repeat("髙", 100), ""},
		"101 characters":            {Info, "name", strings.Repeat("髙", 101), "asset.field.long"},
		"a My Number":               {Info, "summary", "番号は123456789018です", "asset.mynumber.text"},
		"a full-width My Number":    {Info, "notes", "１２３４５６７８９０１８", "asset.mynumber.text"},
		"a My Number in groups":     {Info, "contact", "1234 5678 9018", "asset.mynumber.text"},
		"twelve other digits":       {Info, "notes", "123456789012", ""},
		"a telephone number":        {Info, "contact", "06-4803-5587", ""},
		"unknown zone":              {Info, "zone", "XX", "asset.field.option"},
		"personal":                  {Info, "personal", PersonalSensitive, ""},
		"number":                    {Info, "subjects", "12000", ""},
		"zero":                      {Info, "subjects", "0", ""},
		"leading zero":              {Info, "subjects", "012", "asset.field.number"},
		"full-width number":         {Info, "subjects", "１２", "asset.field.number"},
		"negative":                  {Info, "subjects", "-1", "asset.field.number"},
		"too many hours":            {System, "rto", "8761", "asset.field.range"},
		"date":                      {Info, "retention_end", "2032-02-29", ""},
		"day that does not exist":   {Info, "retention_end", "2031-02-29", "asset.field.date"},
		"wareki is not normal form": {Info, "retention_end", "R8.11.23", "asset.field.date"},
		"before Meiji":              {Info, "retention_end", "1700-01-01", "asset.field.date"},
		"choices":                   {Info, "restrictions", "limited encrypt", ""},
		"choices in another order":  {Info, "restrictions", "encrypt limited", "asset.field.option"},
		"choice twice":              {Info, "restrictions", "limited limited", "asset.field.option"},
		"unknown among choices":     {Info, "restrictions", "limited x", "asset.field.option"},
		"flag":                      {Info, "public", "1", ""},
		"flag of another form":      {Info, "public", "on", "asset.field.flag"},
		"unit code":                 {Info, "unit", "K-SOMU", ""},
		"unit code with space":      {Info, "unit", "K SOMU", "asset.field.option"},
		"key of another kind":       {Info, "serial", "A1", "asset.field.unknown"},
		"key of no kind":            {Info, "password", "x", "asset.field.unknown"},
		"statement without field":   {Info, "notes_ok", "1", "asset.field.unknown"},
		"serial":                    {Device, "serial", "5CD1234XYZ", ""},
		"serial like a My Number":   {Device, "serial", "123456789018", "asset.mynumber.code"},
		"serial of twelve digits":   {Device, "serial", "123456789012", ""},
		"full-width serial":         {Device, "serial", "Ａ１", "asset.field.code"},
		"serials":                   {Device, "storage_serials", "D1\nD2", ""},
		"serials with a blank line": {Device, "storage_serials", "D1\n\nD2", "asset.field.code"},
		"a My Number among serials": {Device, "storage_serials", "D1\n123456789018", "asset.mynumber.code"},
		"control in a serial":       {Device, "serial", "A\x01", "asset.field.text"},
		"corporate number":          {Cloud, "corporate_no", "7000012050002", ""},
		"wrong corporate number":    {Cloud, "corporate_no", "7000012050003", "asset.field.corporate"},
	} {
		t.Run(name, func(t *testing.T) {
			d := New(c.kind)
			d.Values[c.key] = c.value
			got := codesAt(Check(d, Draft, nil), c.key)
			if c.code == "" && len(got) != 0 || c.code != "" && !slices.Equal(got, []string{c.code}) {
				t.Errorf("%q: %v, want %q", c.value, got, c.code)
			}
		})
	}
}

func TestStatementLetsACodePass(t *testing.T) {
	d := New(Device)
	d.Values["serial"], d.Values["serial_ok"] = "123456789018", "1"
	d.Members = []Member{{No: 1, Serial: "123456789018"}}
	err := Check(d, Draft, nil)
	if got := codesAt(err, "serial"); len(got) != 0 {
		t.Error(got)
	}
	if got := codesAt(err, "member.1.serial"); !slices.Equal(got, []string{"asset.mynumber.code"}) {
		t.Error("the statement of one field serves another:", got)
	}
	d.Values[MembersStatement] = "1"
	if err := Check(d, Draft, nil); err != nil {
		t.Error(err)
	}
	d.Values["serial_ok"] = "maybe"
	if got := codesAt(Check(d, Draft, nil), "serial_ok"); len(got) != 1 {
		t.Error("a statement is 1 or 0")
	}
}

// A message may reach a log or a screen of another: it never repeats the number that it refuses.
func TestMessagesDoNotRepeatAMyNumber(t *testing.T) {
	d := New(Device)
	d.Values = map[string]string{"serial": "123456789018", "notes": "123456789018", "123456789018": "x"}
	d.Judgement = &Judgement{Reason: "123456789018"}
	d.Members = []Member{{No: 1, Serial: "123456789018", Holder: "123456789018"}}
	delete(d.Values, "123456789018")
	err := Check(d, Draft, nil)
	if n := len(errs.Fields(err)); n != 5 {
		t.Errorf("%d messages, want 5: %v", n, err)
	}
	if strings.Contains(err.Error(), "123456789018") {
		t.Error("the message repeats the number")
	}
}

func TestEveryMessageIsForPeople(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		d := New(genKind().Draw(t, "kind"))
		for _, f := range all[d.Kind] {
			d.Values[f.Key] = rapid.SampledFrom([]string{"", "x", "\x00", strings.Repeat("あ", 5000), "2026-01-01", "1", "-1"}).Draw(t, f.Key)
		}
		for _, e := range errs.Fields(Check(d, Submit, testScheme())) {
			if e.Field == "" || e.Code == "" || !utf8.ValidString(e.Message) || !strings.Contains(e.Message, "ください") && !strings.Contains(e.Message, "にはありません") {
				t.Fatalf("%+v does not say what to do", e)
			}
		}
	})
}

// What the generators call a document is one that a draft may be, so the properties of the encoding
// speak about real documents.
func TestGeneratedDocumentsAreDrafts(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		d := genDocument().Draw(t, "d")
		if err := Check(d, Draft, testScheme()); err != nil {
			t.Fatal(err)
		}
	})
}

func TestCheckOfTheJudgement(t *testing.T) {
	for name, c := range map[string]struct {
		change func(*Document)
		field  string
		code   string
	}{
		"none":                {func(d *Document) { d.Judgement = nil }, "level_c", "asset.level.required"},
		"one axis missing":    {func(d *Document) { delete(d.Judgement.Levels, "A") }, "level_a", "asset.level.required"},
		"unknown level":       {func(d *Document) { d.Judgement.Levels["C"] = "4" }, "level_c", "asset.level.option"},
		"level, no scheme":    {func(d *Document) { d.Judgement.Scheme = "" }, "level_c", "asset.level.option"},
		"unknown axis":        {func(d *Document) { d.Judgement.Levels["X"] = "1" }, "level_scheme", "asset.level.axis"},
		"hostile answer":      {func(d *Document) { d.Judgement.Answers = map[string]string{"q": "a b"} }, "level_scheme", "asset.level.answer"},
		"below the proposal":  {func(d *Document) { d.Judgement.Proposed = map[string]string{"C": "3B"} }, ReasonKey, "asset.level.lower"},
		"overlong reason":     {func(d *Document) { d.Judgement.Reason = strings.Repeat("あ", 1001) }, ReasonKey, "asset.field.long"},
		"My Number in reason": {func(d *Document) { d.Judgement.Reason = "123456789018" }, ReasonKey, "asset.mynumber.text"},
		"R1":                  {func(d *Document) { d.Values["personal"], d.Values["zone"] = PersonalMyNumber, ZoneMyNumber }, "level_c", "asset.rule.r1"},
	} {
		t.Run(name, func(t *testing.T) {
			d := complete(Info)
			c.change(&d)
			if got := codesAt(Check(d, Submit, testScheme()), c.field); !slices.Contains(got, c.code) {
				t.Errorf("%v, want %s", got, c.code)
			}
		})
	}
	for name, change := range map[string]func(*Document){
		"asking the 管理者": func(d *Document) { d.Judgement = &Judgement{Ask: true} },
		"lower, and why": func(d *Document) {
			d.Judgement.Proposed, d.Judgement.Reason = map[string]string{"C": "3B"}, "項目を消したため"
		},
		"above the answer": func(d *Document) { d.Judgement.Proposed = map[string]string{"C": "1"} },
		"R1 met": func(d *Document) {
			d.Values["personal"], d.Values["zone"], d.Judgement.Levels["C"] = PersonalMyNumber, ZoneMyNumber, "3B"
		},
	} {
		d := complete(Info)
		change(&d)
		if err := Check(d, Submit, testScheme()); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestCheckOfRelationsAndMembers(t *testing.T) {
	for name, c := range map[string]struct {
		change func(*Document)
		field  string
		code   string
	}{
		"no other end": {func(d *Document) { d.Relations = []Relation{{Type: "stores"}} }, "relation", "asset.relation.end"},
		"no type":      {func(d *Document) { d.Relations = []Relation{{Other: 1}} }, "relation", "asset.relation.end"},
		"twice": {func(d *Document) {
			d.Relations = []Relation{{Type: "stores", Other: 1}, {Type: "stores", Other: 1, Note: "x"}}
		}, "relation", "asset.relation.twice"},
		"unknown effect":    {func(d *Document) { d.Relations = []Relation{{Type: "stores", Other: 1, Effect: "x"}} }, "relation", "asset.relation.effect"},
		"effect, no reason": {func(d *Document) { d.Relations = []Relation{{Type: "stores", Other: 1, Effect: Spread}} }, "rel.stores:in:1.note", "asset.relation.reason"},
		"My Number in note": {func(d *Document) { d.Relations = []Relation{{Type: "stores", Other: 1, Note: "123456789018"}} }, "rel.stores:in:1.note", "asset.mynumber.text"},
		"number twice":      {func(d *Document) { d.Members = []Member{{No: 1}, {No: 1}} }, "member.1.no", "asset.member.no"},
		"number zero":       {func(d *Document) { d.Members = []Member{{No: 0}} }, "member.0.no", "asset.member.no"},
		"serial twice":      {func(d *Document) { d.Members = []Member{{No: 1, Serial: "A"}, {No: 2, Serial: "A"}} }, "member.2.serial", "asset.member.twice"},
		"unknown state":     {func(d *Document) { d.Members = []Member{{No: 1, State: "x"}} }, "member.1.state", "asset.member.state"},
		"hostile holder":    {func(d *Document) { d.Members = []Member{{No: 1, Holder: "a\u202eb"}} }, "member.1.holder", "asset.field.text"},
		"too many":          {func(d *Document) { d.Members = make([]Member, maxMembers+1) }, "members", "asset.member.many"},
		"disposed without its members": {func(d *Document) {
			d.Members = []Member{{No: 1, State: MemberDisposed}, {No: 2}}
			maps.Copy(d.Values, map[string]string{"lifecycle": "disposed", "disposed_on": "2027-03-31", "disposal_method": "crush", "disposal_proof": "証明書"})
		}, "members", "asset.rule.members"},
	} {
		t.Run(name, func(t *testing.T) {
			d := complete(Device)
			c.change(&d)
			if got := codesAt(Check(d, Submit, testScheme()), c.field); !slices.Contains(got, c.code) {
				t.Errorf("%v, want %s", got, c.code)
			}
		})
	}
	d := complete(Info)
	d.Members = []Member{{No: 1}}
	if got := codesAt(Check(d, Draft, nil), "members"); !slices.Equal(got, []string{"asset.member.kind"}) {
		t.Error(got)
	}
	if err := Check(Document{Kind: "XX"}, Draft, nil); !errs.Is(err, errs.Invalid) {
		t.Error(err)
	}
}

func FuzzCheck(f *testing.F) {
	f.Add("name", "台帳", "EQ")
	f.Add("serial", "123456789018", "EQ")
	f.Add("\xff", "\xff", "IN")
	f.Fuzz(func(t *testing.T, key, value, kind string) {
		d := New(Kind(kind))
		d.Values[key] = value
		for _, mode := range []Mode{Draft, Submit} {
			for _, e := range errs.Fields(Check(d, mode, nil)) {
				if !utf8.ValidString(e.Message) {
					t.Fatalf("%q", e.Message)
				}
			}
		}
		if d.Kind.Valid() && Check(d, Draft, nil) == nil {
			if got, err := Decode(d.Encode()); err != nil || got.Values[key] != value {
				t.Fatalf("accepted %q=%q, came back %q %v", key, value, got.Values[key], err)
			}
		}
	})
}

package asset

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"daicho/internal/classify"
	"daicho/internal/errs"
	"daicho/internal/jpdate"
	"daicho/internal/jptext"
)

// Mode says how much a document must hold.
type Mode uint8

const (
	// Draft takes what is half filled in: only what could never be stored is refused.
	Draft Mode = iota
	// Submit also asks for what an approver needs, and for what must not contradict.
	Submit
)

// Limits of what is not a field of the catalogue.
const (
	maxReason    = 1000
	maxNote      = 400
	maxMembers   = 10_000
	maxRelations = 5_000
	maxCode      = 64
)

// Check says whether the document may be stored (Draft) or submitted (Submit). The scheme is the one
// that the judgement names; nil leaves out what needs its levels. The error joins Invalid errors at
// fields, in the order of the form, each with a Japanese message that says what to do; none repeats a
// value, because it may be a My Number.
func Check(d Document, mode Mode, scheme *classify.Scheme) error {
	if !d.Kind.Valid() {
		return errs.New(errs.Invalid, "asset.kind", "種別を選んでください")
	}
	c := checker{d: d}
	c.values()
	c.judgement(scheme)
	c.relations(mode, scheme)
	c.members()
	if mode == Submit {
		c.required()
		c.levels(scheme)
		c.crossFields()
		c.agree()
	}
	slices.SortStableFunc(c.found, func(a, b *errs.Error) int { return c.place(a.Field) - c.place(b.Field) })
	out := make([]error, len(c.found))
	for i, e := range c.found {
		out[i] = e
	}
	return errors.Join(out...)
}

type checker struct {
	d     Document
	found []*errs.Error
}

func (c *checker) fail(field, code, message string) {
	c.found = append(c.found, errs.OnField(field, code, message))
}

// failed reports whether the field has a message already; the first is nearest to what was typed.
func (c *checker) failed(field string) bool {
	return slices.ContainsFunc(c.found, func(e *errs.Error) bool { return e.Field == field })
}

// place orders messages as the form orders fields; what is not in the catalogue comes after.
func (c *checker) place(key string) int {
	key = strings.TrimSuffix(key, statementSuffix)
	if i := slices.IndexFunc(all[c.d.Kind], func(f Field) bool { return f.Key == key }); i >= 0 {
		return i
	}
	return len(all[c.d.Kind])
}

func (c *checker) values() {
	for _, key := range slices.Sorted(maps.Keys(c.d.Values)) {
		v := c.d.Values[key]
		f, ok := Lookup(c.d.Kind, key)
		switch {
		case ok && v != "":
			if e := checkValue(f, v, c.d.Values[StatementKey(key)] == "1"); e != nil {
				c.found = append(c.found, e)
			}
		case ok:
		case !known(c.d.Kind, key):
			c.fail(key, "asset.field.unknown", "「"+strings.ToValidUTF8(cut(key, 40), "?")+"」という項目は、"+c.d.Kind.Label()+"にはありません")
		case v != "0" && v != "1" && v != "":
			c.fail(key, "asset.field.flag", "チェックの有無をもう一度選んでください")
		}
	}
}

// checkValue checks one value in normal form; stated means that the registrant vouches that twelve
// digits are no My Number.
func checkValue(f Field, v string, stated bool) *errs.Error {
	bad := func(code, message string) *errs.Error { return errs.OnField(f.Key, "asset.field."+code, message) }
	switch f.Type {
	case Text, LongText:
		return checkText(f.Key, f.Label, v, f.Limit(), f.Type == LongText)
	case CodeText, CodeLines:
		if e := checkCodes(f.Key, f.Label, v, f.Limit(), f.Type == CodeLines, stated); e != nil {
			return e
		}
		if f.Key == "corporate_no" && !jptext.CorporateNumberOK(v) {
			return bad("corporate", "法人番号は、国税庁の公表サイトにある13桁の数字を入力してください")
		}
	case Number:
		n, err := strconv.Atoi(v)
		if err != nil || n < 0 || strconv.Itoa(n) != v {
			return bad("number", f.Label+"は数字で入力してください")
		}
		if n > f.Limit() {
			return bad("range", fmt.Sprintf("%sは%d以下で入力してください", f.Label, f.Limit()))
		}
	case Date:
		if d, err := jpdate.ParseISO(v); err != nil || d.IsZero() || d.Year() < 1868 || d.Year() > 2199 {
			return bad("date", f.Label+"は「令和8年11月23日」「2026-11-23」のように入力してください")
		}
	case Choice:
		if !hasCode(f.Options, v) {
			return bad("option", f.Label+"を選び直してください")
		}
	case Choices:
		last := -1
		for code := range strings.SplitSeq(v, " ") {
			i := slices.IndexFunc(f.Options, func(o Option) bool { return o.Code == code })
			if i <= last {
				return bad("option", f.Label+"を選び直してください")
			}
			last = i
		}
	case Flag:
		if v != "0" && v != "1" {
			return bad("flag", f.Label+"のチェックの有無をもう一度選んでください")
		}
	case UnitRef, HostRef, PostRef:
		if jptext.Code(v) != v || utf8.RuneCountInString(v) > maxCode || strings.ContainsAny(v, " \n") {
			return bad("option", f.Label+"を選び直してください")
		}
	}
	return nil
}

// checkText refuses what no free text may hold: control and direction characters, too much, and a
// My Number. Source of the last: 番号法 GL, records of handling hold no 特定個人情報.
func checkText(key, label, v string, limit int, lines bool) *errs.Error {
	clean, err := jptext.Clean(v)
	if err != nil {
		return errs.OnField(key, "asset.field.text", cmp.Or(errs.MessageOf(err), label+"に使えない文字があります。入力し直してください"))
	}
	if clean != v {
		return errs.OnField(key, "asset.field.text", label+"の前後の空白を取ってください")
	}
	if !lines && strings.Contains(v, "\n") {
		return errs.OnField(key, "asset.field.lines", label+"に改行は使えません。1行で入力してください")
	}
	if e := checkLength(key, label, v, limit); e != nil {
		return e
	}
	if len(jptext.FindMyNumbers(v)) > 0 {
		return errs.OnField(key, "asset.mynumber.text", label+"に、個人番号（マイナンバー）と見分けのつかない12桁の数字があります。個人番号はこの台帳に書けません。その数字を消してください。ほかの番号なら、番号の欄に書いてください")
	}
	return nil
}

// checkCodes checks one code, or one a line. Twelve digits that could be a My Number need the
// registrant's statement: one serial number of twelve digits in ten passes by chance.
func checkCodes(key, label, v string, limit int, lines, stated bool) *errs.Error {
	if e := checkLength(key, label, v, limit); e != nil {
		return e
	}
	if !lines && strings.Contains(v, "\n") {
		return errs.OnField(key, "asset.field.lines", label+"に改行は使えません。1つだけ入力してください")
	}
	for line := range strings.SplitSeq(v, "\n") {
		if _, err := jptext.Clean(line); err != nil {
			return errs.OnField(key, "asset.field.text", cmp.Or(errs.MessageOf(err), label+"に使えない文字があります。入力し直してください"))
		}
		if line == "" || jptext.Code(line) != line {
			return errs.OnField(key, "asset.field.code", label+"は、空行や余分な空白のない半角で入力してください")
		}
		if !stated && (jptext.IsMyNumber(line) || len(jptext.FindMyNumbers(line)) > 0) {
			return errs.OnField(key, "asset.mynumber.code", label+"が、個人番号（マイナンバー）と見分けのつかない12桁の数字です。個人番号なら消してください。ほかの番号なら「個人番号ではない」にチェックを入れてください")
		}
	}
	return nil
}

func checkLength(key, label, v string, limit int) *errs.Error {
	if n := utf8.RuneCountInString(v); n > limit {
		return errs.OnField(key, "asset.field.long", fmt.Sprintf("%sは%d文字以内で入力してください（いまは%d文字です）", label, limit, n))
	}
	return nil
}

func (c *checker) judgement(scheme *classify.Scheme) {
	j := c.d.Judgement
	if j == nil {
		return
	}
	if j.Reason != "" {
		if e := checkText(ReasonKey, "判断理由", j.Reason, maxReason, true); e != nil {
			c.found = append(c.found, e)
		}
	}
	for _, ax := range axesOf(j.Levels) {
		a := Axis(ax)
		if !slices.Contains(classify.Axes(), a) {
			c.fail("level_scheme", "asset.level.axis", "分類体系にない軸の区分があります。区分を選び直してください")
			continue
		}
		if v := j.Levels[ax]; v != "" && (j.Scheme == "" || !isCode(v) || scheme != nil && !inScheme(scheme, a, v)) {
			c.fail(LevelKey(a), "asset.level.option", a.Label()+"の区分を選び直してください")
		}
	}
	for _, m := range []map[string]string{j.Proposed, j.Answers} {
		for k, v := range m {
			if !isCode(k) || !isCode(v) {
				c.fail("level_scheme", "asset.level.answer", "判定の質問に、もう一度答えてください")
				return
			}
		}
	}
	if j.Scheme != "" && !isCode(j.Scheme) {
		c.fail("level_scheme", "asset.level.scheme", "分類体系を選び直してください")
	}
}

// isCode reports whether s can be a code of a scheme or an answer: short, printable ASCII, no space.
func isCode(s string) bool {
	return s != "" && len(s) <= maxCode && !strings.ContainsFunc(s, func(r rune) bool { return r <= ' ' || r > '~' })
}

func inScheme(s *classify.Scheme, a Axis, code string) bool {
	_, ok := s.ByCode(a, code)
	return ok
}

func (c *checker) relations(mode Mode, scheme *classify.Scheme) {
	if len(c.d.Relations) > maxRelations {
		c.fail("relation", "asset.relation.many", fmt.Sprintf("関連は%d件までです。施設やシステムなどの単位にまとめてください", maxRelations))
		return
	}
	type end struct {
		t   string
		out bool
		id  int64
	}
	seen := map[end]bool{}
	for _, r := range c.d.Relations {
		e := end{r.Type, r.Outgoing, r.Other}
		switch {
		case !isCode(r.Type) || r.Other <= 0:
			c.fail("relation", "asset.relation.end", "関連の種類と相手の資産を選んでください")
		case seen[e]:
			c.fail("relation", "asset.relation.twice", "同じ関連が2つあります。1つにしてください")
		case r.Effect != "" && r.Effect != Gather && r.Effect != Spread:
			c.fail("relation", "asset.relation.effect", "集積・分散を選び直してください")
		case mode == Submit && r.Effect != "" && r.Note == "":
			c.fail(r.Input(RelationNote), "asset.relation.reason", "集積または分散を選んだ関連には、理由を入力してください")
		}
		seen[e] = true
		if r.Note != "" {
			if e := checkText(r.Input(RelationNote), "関連のメモ", r.Note, maxNote, true); e != nil {
				c.found = append(c.found, e)
			}
		}
		c.relationValues(r, mode, scheme)
	}
}

// HasMembers reports whether a row of the kind may stand for several things managed alike.
func HasMembers(k Kind) bool { return k == Device || k == Medium || k == Paper }

func (c *checker) members() {
	if len(c.d.Members) == 0 {
		return
	}
	if !HasMembers(c.d.Kind) {
		c.fail("members", "asset.member.kind", c.d.Kind.Label()+"に内訳は付けられません。1件ずつ登録してください")
		return
	}
	if len(c.d.Members) > maxMembers {
		c.fail("members", "asset.member.many", fmt.Sprintf("内訳は%d件までです。置き場所などで分けて登録してください", maxMembers))
		return
	}
	stated := c.d.Values[MembersStatement] == "1"
	nos, serials := map[int]bool{}, map[string]int{}
	for _, m := range c.d.Members {
		at := func(part string) string { return "member." + strconv.Itoa(m.No) + "." + part }
		name := func(part string) string { return fmt.Sprintf("内訳%d番の%s", m.No, part) }
		if m.No < 1 || nos[m.No] {
			c.fail(at("no"), "asset.member.no", "内訳の番号は1からの、重ならない数字にしてください")
		}
		nos[m.No] = true
		for _, p := range [...]struct {
			part, label, v string
			max            int
			lines          bool
		}{{"serial", "製造番号", m.Serial, 60, false}, {"label", "ラベル番号", m.Label, 40, false}, {"storage", "記憶装置の製造番号", m.Storage, 1000, true}} {
			if p.v == "" {
				continue
			}
			if e := checkCodes(at(p.part), name(p.label), p.v, p.max, p.lines, stated); e != nil {
				c.found = append(c.found, e)
			}
		}
		for _, p := range [...][3]string{{"place", "設置場所", m.Place}, {"holder", "使用者", m.Holder}} {
			if p[2] == "" {
				continue
			}
			if e := checkText(at(p[0]), name(p[1]), p[2], 100, false); e != nil {
				c.found = append(c.found, e)
			}
		}
		if m.State != "" && !hasCode(memberStates[:], m.State) {
			c.fail(at("state"), "asset.member.state", name("状態")+"を選び直してください")
		}
		if m.Serial != "" {
			if no, twice := serials[m.Serial]; twice {
				c.fail(at("serial"), "asset.member.twice", fmt.Sprintf("内訳%d番の製造番号が%d番と同じです。どちらかを直してください", m.No, no))
			}
			serials[m.Serial] = m.No
		}
	}
}

func hasCode(options []Option, code string) bool {
	return slices.ContainsFunc(options, func(o Option) bool { return o.Code == code })
}

func cut(s string, runes int) string {
	if r := []rune(s); len(r) > runes {
		return string(r[:runes]) + "…"
	}
	return s
}

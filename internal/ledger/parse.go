package ledger

import (
	"net/url"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"daicho/internal/asset"
	"daicho/internal/classify"
	"daicho/internal/jptext"
)

// The names of parameters in an address.
const (
	ParamText  = "q"
	ParamKind  = "kind"
	ParamUnit  = "unit"
	ParamZone  = "zone"
	ParamC     = "c"
	ParamI     = "i"
	ParamA     = "a"
	ParamState = "state"
	ParamYear  = "fy"
	ParamPart  = "part"
	ParamTodo  = "todo"
	ParamSort  = "sort"
	ParamSize  = "size"
	ParamPage  = "page"
	ParamFrom  = "from"
)

// above marks a level with all above it in an address: c=3C~.
const above = "~"

// maxValues bounds how many values of one parameter are looked at.
const maxValues = 100

// Notice says in Japanese that a part of an address was not understood and so does not count.
type Notice struct {
	Param string
	Value string
	Text  string
}

// Parse reads a query from an address. It never fails: what it does not understand is left out and
// named in a notice. Values of one parameter may be repeated. The order of values is that of the
// catalogue, so that one state of a list has one address.
func Parse(v url.Values) (Query, []Notice) {
	p := parser{v: v}
	q := Query{
		Text:   p.text(ParamText, "検索の言葉", maxText),
		Kinds:  among(&p, ParamKind, "種別", kindsInOrder()),
		Unit:   p.text(ParamUnit, "所管", 64),
		Zones:  among(&p, ParamZone, "領域", codesInOrder(asset.Zones())),
		C:      p.bound(ParamC, classify.Confidentiality),
		I:      p.bound(ParamI, classify.Integrity),
		A:      p.bound(ParamA, classify.Availability),
		States: among(&p, ParamState, "状態", statesInOrder()),
		Years:  p.years(),
		Part:   one(&p, ParamPart, "台帳の範囲", []Part{Main, Related}),
		Todo:   one(&p, ParamTodo, "要対応", []Todo{Changing, Review, Rejudge}),
		Sort:   p.sort(),
		Size:   p.size(),
		Page:   p.page(),
	}
	if n := len(jptext.Terms(q.Text)); n > maxTerms {
		p.say(ParamText, q.Text, "検索の言葉は"+strconv.Itoa(maxTerms)+"語までです。9語目から後は使っていません。")
	}
	q.From = p.cursor(q.Sort)
	if !q.From.IsZero() {
		q.Page = 1
	}
	if q.Page*q.Size > NumberedRows {
		q.Page = NumberedRows / q.Size
	}
	return q, p.notices
}

// Values returns the parameters of the address of the query, without those that say what holds
// anyway.
func (q Query) Values() url.Values {
	v := url.Values{}
	set := func(k, s string) {
		if s != "" {
			v.Set(k, s)
		}
	}
	add := func(k string, s []string) {
		if len(s) > 0 {
			v[k] = s
		}
	}
	set(ParamText, q.Text)
	add(ParamKind, texts(q.Kinds))
	set(ParamUnit, q.Unit)
	add(ParamZone, slices.Clone(q.Zones))
	set(ParamC, q.C.String())
	set(ParamI, q.I.String())
	set(ParamA, q.A.String())
	add(ParamState, texts(q.States))
	for _, y := range q.Years {
		v.Add(ParamYear, strconv.Itoa(y))
	}
	set(ParamPart, string(q.Part))
	set(ParamTodo, string(q.Todo))
	if q.Sort != DefaultSort && q.Sort.Key != "" {
		v.Set(ParamSort, q.Sort.String())
	}
	if q.Size != DefaultSize && q.Size != 0 {
		v.Set(ParamSize, strconv.Itoa(q.Size))
	}
	if q.Page > 1 {
		v.Set(ParamPage, strconv.Itoa(q.Page))
	}
	set(ParamFrom, q.From.encode(q.Sort))
	return v
}

// Encode returns the query string of the address, without the question mark.
func (q Query) Encode() string { return q.Values().Encode() }

// First returns the query at its first page: where a link that changes filter or order leads.
func (q Query) First() Query {
	q.Page, q.From = 1, Cursor{}
	return q
}

// String is the bound in an address.
func (b Bound) String() string {
	if b.Above && b.Code != "" {
		return b.Code + above
	}
	return b.Code
}

func paramOf(a classify.Axis) string { return strings.ToLower(string(a)) }

type parser struct {
	v       url.Values
	notices []Notice
}

func (p *parser) say(param, value, text string) {
	p.notices = append(p.notices, Notice{param, shorten(value), text})
}

func unknown(param, label, value string) Notice {
	return Notice{param, shorten(value), label + "「" + shorten(value) + "」は見つからないので、絞り込みに使っていません。"}
}

// values returns the values of a parameter that are not blank.
func (p *parser) values(param string) []string {
	var out []string
	for _, s := range p.v[param] {
		if s != "" && len(out) < maxValues {
			out = append(out, s)
		}
	}
	return out
}

func (p *parser) text(param, label string, limit int) string {
	all := p.values(param)
	if len(all) == 0 {
		return ""
	}
	s, err := jptext.Clean(all[0])
	if err != nil || strings.ContainsAny(s, "\n") {
		p.say(param, "", label+"に使えない文字があるので、絞り込みに使っていません。")
		return ""
	}
	if utf8.RuneCountInString(s) > limit {
		p.say(param, s, label+"が長すぎるので、先頭の"+strconv.Itoa(limit)+"文字だけを使っています。")
		s = strings.TrimSpace(string([]rune(s)[:limit]))
	}
	return s
}

// among keeps the values that are known, each once, in their official order.
func among[T ~string](p *parser, param, label string, order []T) []T {
	var asked []T
	for _, s := range p.values(param) {
		if slices.Contains(order, T(s)) {
			asked = append(asked, T(s))
		} else {
			p.notices = append(p.notices, unknown(param, label, s))
		}
	}
	var out []T
	for _, o := range order {
		if slices.Contains(asked, o) {
			out = append(out, o)
		}
	}
	if len(out) == len(order) {
		return nil // all of them is no filter
	}
	return out
}

func one[T ~string](p *parser, param, label string, order []T) T {
	var zero T
	all := p.values(param)
	if len(all) == 0 {
		return zero
	}
	if slices.Contains(order, T(all[0])) {
		return T(all[0])
	}
	p.notices = append(p.notices, unknown(param, label, all[0]))
	return zero
}

func (p *parser) bound(param string, a classify.Axis) Bound {
	all := p.values(param)
	if len(all) == 0 {
		return Bound{}
	}
	code, up := strings.CutSuffix(jptext.Code(all[0]), above)
	if code == "" || len(code) > 16 || !utf8.ValidString(code) || strings.ContainsAny(code, above+" \n") {
		p.notices = append(p.notices, unknown(param, a.Label(), all[0]))
		return Bound{}
	}
	return Bound{Code: code, Above: up}
}

func (p *parser) years() []int {
	var out []int
	for _, s := range p.values(ParamYear) {
		y, err := strconv.Atoi(s)
		if err != nil || y < 1900 || y > 2199 {
			p.notices = append(p.notices, unknown(ParamYear, "年度", s))
			continue
		}
		if !slices.Contains(out, y) {
			out = append(out, y)
		}
	}
	slices.Sort(out)
	return out
}

func (p *parser) sort() Sort {
	all := p.values(ParamSort)
	if len(all) == 0 {
		return DefaultSort
	}
	k, desc := strings.CutPrefix(all[0], "-")
	if !slices.Contains(keys, Key(k)) {
		p.say(ParamSort, all[0], "並び順「"+shorten(all[0])+"」は使えないので、管理番号の順に並べています。")
		return DefaultSort
	}
	return Sort{Key(k), desc}
}

func (p *parser) size() int {
	all := p.values(ParamSize)
	if len(all) == 0 {
		return DefaultSize
	}
	n, err := strconv.Atoi(all[0])
	if err != nil || !slices.Contains(Sizes(), n) {
		p.say(ParamSize, all[0], "1ページの件数「"+shorten(all[0])+"」は使えないので、"+strconv.Itoa(DefaultSize)+"件ずつ表示しています。")
		return DefaultSize
	}
	return n
}

func (p *parser) page() int {
	all := p.values(ParamPage)
	if len(all) == 0 {
		return 1
	}
	n, err := strconv.Atoi(all[0])
	if err != nil || n < 1 || n > NumberedRows {
		p.say(ParamPage, all[0], "ページ「"+shorten(all[0])+"」はないので、最初のページを表示しています。")
		return 1
	}
	return n
}

func (p *parser) cursor(s Sort) Cursor {
	all := p.values(ParamFrom)
	if len(all) == 0 {
		return Cursor{}
	}
	c, ok := decodeCursor(all[0], s)
	if !ok {
		p.say(ParamFrom, "", "続きの位置が読み取れないので、最初のページを表示しています。")
	}
	return c
}

func kindsInOrder() []asset.Kind {
	var out []asset.Kind
	for _, k := range asset.Kinds() {
		out = append(out, k.Kind)
	}
	return out
}

func statesInOrder() []asset.State {
	var out []asset.State
	for _, o := range asset.States() {
		out = append(out, asset.State(o.Code))
	}
	return out
}

func codesInOrder(options []asset.Option) []string {
	var out []string
	for _, o := range options {
		out = append(out, o.Code)
	}
	return out
}

// shorten keeps what came from an address short in a message.
func shorten(s string) string {
	s = strings.ToValidUTF8(s, "")
	if utf8.RuneCountInString(s) > 20 {
		return string([]rune(s)[:20]) + "…"
	}
	return s
}

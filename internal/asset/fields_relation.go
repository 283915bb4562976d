package asset

import (
	"errors"
	"slices"
	"strconv"
	"strings"

	"daicho/internal/classify"
	"daicho/internal/errs"
	"daicho/internal/form"
)

// bridges is the type of relation that joins two networks or systems across 領域: a connection.
const bridges = "bridges"

// Keys of the inputs of a relation beside those of RelationFields.
const (
	RelationEffect = "effect"
	RelationNote   = "note"
)

// The codes of 分割 and 無害化 that rules name. Source: 基本方針 2(11), 2(12), 6(3)②.
const (
	SplitNone    = "none"
	SanitiseNone = "none"
)

// connectionFields describe a connection between 領域. Source: 基本方針 2(11) 通信経路の分割, 2(12)
// 無害化通信, 6(3)①–③.
var connectionFields = []Field{
	{Key: "direction", Label: "通信の向き", Type: Choice, Required: true, Material: true, Level: 1, Clause: clZone,
		Options: opts("out", "この資産から相手へ", "in", "相手からこの資産へ", "both", "双方向")},
	{Key: "purpose", Label: "接続の目的", Type: Text, Max: 200, Required: true, Material: true, Level: 1, Clause: clZone, Wide: true,
		Hint: "例：申請書データの取込み"},
	{Key: "protocol", Label: "通信の種類とポート", Type: Text, Max: 100, Material: true, Level: 2, Clause: clLG,
		Hint: "例：HTTPS 443"},
	{Key: "split", Label: "分割の方式", Type: Choice, Required: true, Material: true, Level: 1, Clause: clLG,
		Options: opts("physical", "物理的に分離", "vlan", "論理的に分離（VLANなど）", "firewall", "ファイアウォールで必要な通信だけ許可", "gateway", "中継サーバーを介する", SplitNone, "分割していない")},
	{Key: "sanitise", Label: "無害化の方式", Type: Choice, Required: true, Material: true, Level: 1, Clause: clLG,
		Options: opts("text", "文字だけにする（テキスト化）", "screen", "画面転送", "rebuild", "危険な部分を取り除く（サニタイズ）", "inspect", "検査だけする", SanitiseNone, "していない", "needless", "データを取り込まない")},
	{Key: "special", Label: "許可された特定通信", Type: Flag, Material: true, Clause: clMN,
		Hint: "マイナンバー利用事務系と外との通信は、許可された特定通信だけです"},
	{Key: "partner", Label: "特定通信の相手先", Type: Text, Max: 100, Material: true, Clause: clMN, When: isSpecial,
		Hint: "例：地方税共同機構（eLTAX）"},
	{Key: "path", Label: "特定通信の経路", Type: Choice, Material: true, Clause: clMN, When: isSpecial,
		Options: opts("lgwan", "LGWAN", "juki", "住民基本台帳ネットワーク", "dedicated", "専用線", "vpn", "閉域VPN", "other", "その他")},
	{Key: "review_on", Label: "接続の見直し期日", Type: Date, Material: true, Level: 2, Clause: clZone},
}

var isSpecial = Cond{Key: "special", Is: []string{"1"}}

// RelationFields describes the values that a relation of a type with an effect carries, in the order
// of the form. The fields of 集積 and 分散 have no options: the codes are those of the document's
// scheme.
func RelationFields(relationType, effect string) []Field {
	var out []Field
	if relationType == bridges {
		out = slices.Clone(connectionFields)
	}
	if effect == Gather || effect == Spread {
		for _, a := range classify.Axes() {
			label := a.Label() + "は少なくとも"
			if effect == Spread {
				label = a.Label() + "は高くても"
			}
			out = append(out, Field{Key: PassKey(a), Label: label, Type: Choice, Material: true, Clause: clClass})
		}
	}
	return out
}

// End identifies a relation within its document: type, direction and the other asset.
func (r Relation) End() string {
	dir := "in"
	if r.Outgoing {
		dir = "out"
	}
	return r.Type + ":" + dir + ":" + strconv.FormatInt(r.Other, 10)
}

// relationPrefix starts the names of the inputs of the details of relations.
const relationPrefix = "rel."

// Input is the name of the input of one detail of the relation: RelationEffect, RelationNote or a key
// of RelationFields.
func (r Relation) Input(key string) string { return relationPrefix + r.End() + "." + key }

// Control is the empty control of one detail of the relation: of a field of RelationFields.
func (r Relation) Control(f Field) *form.Field {
	c := f.control()
	c.Key = r.Input(f.Key)
	return c
}

// Details reads the effect, the note and the values of the relation from the inputs of a form. The
// error joins what could not be read, each at its input; the rest is kept.
func (r Relation) Details(raw map[string][]string) (Relation, error) {
	first := func(key string) string {
		if v := raw[r.Input(key)]; len(v) > 0 {
			return strings.TrimSpace(v[0])
		}
		return ""
	}
	r.Effect, r.Note = first(RelationEffect), first(RelationNote)
	r.Values = nil
	var bad []error
	for _, f := range RelationFields(r.Type, r.Effect) {
		in, ok := raw[r.Input(f.Key)]
		if !ok {
			continue
		}
		var v string
		var err error
		if isPass(f.Key) {
			v = first(f.Key)
		} else {
			v, err = f.normalise(in)
		}
		switch {
		case err != nil:
			bad = append(bad, errs.OnField(r.Input(f.Key), errs.CodeOf(err), errs.MessageOf(err)))
		case v != "" && !meansUnset(f, v):
			if r.Values == nil {
				r.Values = map[string]string{}
			}
			r.Values[f.Key] = v
		}
	}
	return r, errors.Join(bad...)
}

func isPass(key string) bool {
	return slices.ContainsFunc(classify.Axes(), func(a Axis) bool { return PassKey(a) == key })
}

// relationValues checks what one relation carries beside its ends.
func (c *checker) relationValues(r Relation, mode Mode, scheme *classify.Scheme) {
	fields := RelationFields(r.Type, r.Effect)
	passes := 0
	for _, key := range sortedKeys(r.Values) {
		v := r.Values[key]
		i := slices.IndexFunc(fields, func(f Field) bool { return f.Key == key })
		switch {
		case v == "":
		case i < 0:
			c.fail("relation", "asset.relation.value", "関連に、使えない項目があります。関連を選び直してください")
		case isPass(key):
			passes++
			axis := Axis(strings.ToUpper(strings.TrimPrefix(key, "pass_")))
			if !isCode(v) || scheme != nil && !inScheme(scheme, axis, v) {
				c.fail(r.Input(key), "asset.relation.pass", axis.Label()+"の区分を選び直してください")
			}
		default:
			if e := checkValue(fields[i], v, false); e != nil {
				c.fail(r.Input(key), errs.CodeOf(e), errs.MessageOf(e))
			}
		}
	}
	if mode != Submit {
		return
	}
	if (r.Effect == Gather || r.Effect == Spread) && passes == 0 {
		c.fail(r.Input(PassKey(classify.Confidentiality)), "asset.relation.pass", "集積・分散で伝える区分を、少なくとも1つ選んでください")
	}
	for _, f := range fields {
		if f.Required && r.Values[f.Key] == "" && !c.failed(r.Input(f.Key)) {
			c.fail(r.Input(f.Key), "asset.field.required", requiredMessage(f))
		}
	}
	if r.Values["special"] == "1" {
		for _, f := range fields {
			if f.When.Key == "special" && r.Values[f.Key] == "" {
				c.fail(r.Input(f.Key), "asset.relation.special", "特定通信には、"+requiredMessage(f))
			}
		}
		if r.Values["protocol"] == "" {
			c.fail(r.Input("protocol"), "asset.relation.special", "特定通信には、通信の種類とポートを入力してください")
		}
	}
}

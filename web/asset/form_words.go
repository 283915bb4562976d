package asset

import (
	"slices"
	"strconv"
	"strings"

	"daicho/internal/asset"
	"daicho/internal/classify"
	"daicho/internal/form"
	"daicho/web/page"
	"daicho/web/ui"
)

// heading is the h1: the name once there is one.
func (v *view) heading() string {
	if name := v.Doc.Get("name"); name != "" && v.Asset != 0 {
		return name
	}
	if v.BaseNo != 0 {
		return v.title()
	}
	return v.Kind.Label() + "を登録する"
}

// pageTitle is the title of the page: the name first, so that tabs can be told apart.
func (v *view) pageTitle() string {
	if name := v.Doc.Get("name"); name != "" {
		return name + " – " + v.title()
	}
	return v.title()
}

// lead is the line under the heading.
func (v *view) lead() string {
	switch {
	case v.BaseNo != 0:
		return v.title() + "。承認されるまでは、いまの内容のままです"
	case v.Asset != 0:
		return v.title() + "。※必須のところを埋めると申請できます"
	}
	return v.Kind.Info().Short + "。※必須のところを埋めると申請できます。途中でやめても下書きが残ります"
}

func (v *view) crumbs() []ui.Crumb {
	if v.Asset != 0 {
		return []ui.Crumb{{Label: "下書き・申請", Href: page.MyRequests}, {Label: v.title()}}
	}
	return []ui.Crumb{{Label: "新規登録", Href: page.AssetNew}, {Label: v.Kind.Label()}}
}

// changedLabels names what changed, each once; a question of the judgement is too long for a list.
func changedLabels(changes []asset.Change) string {
	var out []string
	for _, c := range changes {
		label := c.Label
		if c.IsAnswer() {
			label = "分類の質問の答え"
		}
		if !slices.Contains(out, label) {
			out = append(out, label)
		}
	}
	return strings.Join(out, "、")
}

// moreText says how much waits behind the door of a section.
func (s section) moreText() string {
	text := "任意・" + strconv.Itoa(len(s.More)) + "項目"
	if len(s.Main) > 0 {
		text = "くわしい項目（任意・" + strconv.Itoa(len(s.More)) + "項目"
	}
	if s.Filled > 0 {
		text += "、入力済 " + strconv.Itoa(s.Filled)
	}
	if len(s.Main) > 0 {
		text += "）"
	}
	return text
}

// optionGroup is one heading in a list to pull down.
type optionGroup struct {
	Label   string
	Options []form.Option
}

// groupsOf puts the options of a list under what their hints name, in the order given; a list with
// one heading needs none.
func groupsOf(f *form.Field) []optionGroup {
	if f.Type != form.Select {
		return nil
	}
	var out []optionGroup
	for _, o := range f.Options {
		if o.Hint == "" {
			return nil
		}
		if n := len(out); n == 0 || out[n-1].Label != o.Hint {
			out = append(out, optionGroup{Label: o.Hint})
		}
		g := &out[len(out)-1]
		g.Options = append(g.Options, o)
	}
	return out
}

// title names the 内訳 by what it lists.
func (m membersView) title() string {
	return "内訳（何台・何個もまとめて登録するとき）"
}

func (m membersView) note() string {
	if len(m.Rows) > 0 {
		return strconv.Itoa(len(m.Rows)) + "件"
	}
	return "任意"
}

// memberInput is one column of the 内訳 that is typed.
type memberInput struct {
	Column, Label string
	Code          bool
}

func (m membersView) inputs() []memberInput {
	out := []memberInput{{"serial", "製造番号", true}, {"label", "ラベル番号", true}, {"place", "設置場所", false}, {"holder", "使用者", false}}
	if m.Wide {
		out = append(out, memberInput{"storage", "記憶装置の製造番号", true})
	}
	return out
}

func (m membersView) columns() string {
	return "製造番号、ラベル番号、設置場所、使用者、記憶装置の製造番号、状態"
}

func (r memberRow) value(column string) string {
	if r.Cells == nil {
		return ""
	}
	return r.cell(column)
}

func memberName(no int, column string) string {
	return memberPrefix + strconv.Itoa(no) + "." + column
}

func memberID(no int, column string) string { return "f-" + memberName(no, column) }

// endsShown is how many ways to relate stand open; those in use always do.
const endsShown = 3

func (v *view) shownEnds() []endView {
	var out []endView
	for i, e := range v.ends {
		if i < endsShown || len(e.Lines) > 0 || e.Open {
			out = append(out, e)
		}
	}
	return out
}

func (v *view) otherEnds() []endView {
	var out []endView
	for i, e := range v.ends {
		if i >= endsShown && len(e.Lines) == 0 && !e.Open {
			out = append(out, e)
		}
	}
	return out
}

func kindWords(kinds []asset.Kind) string {
	var out []string
	for _, k := range kinds {
		out = append(out, k.Label())
	}
	return strings.Join(out, "・")
}

// declared reports whether the registrant chooses the level of the axis, rather than says what the
// asset is for.
func (x axisView) declared() bool { return x.Field.Required }

func (j judgeView) declared(k asset.Kind) []axisView {
	var out []axisView
	for _, x := range j.Axes {
		if asset.Declares(k, x.Axis) {
			out = append(out, x)
		}
	}
	return out
}

func (x axisView) proposedChip() ui.Level {
	for _, o := range x.Options {
		if o.Rank == x.Proposed.Rank {
			return o.Chip
		}
	}
	return ui.Level{Axis: string(x.Axis)}
}

func examples(l classify.Level) string { return strings.ReplaceAll(l.Examples, "／", "、") }

// purposeHead asks what a thing is for while nothing registered gives its level.
func purposeHead(k asset.Kind) string {
	switch k { //nolint:exhaustive // the rest share their words
	case asset.System:
		return "どのような情報を扱うシステムですか"
	case asset.Network:
		return "どのような情報が流れるネットワークですか"
	case asset.Facility:
		return "どのようなものを置く場所ですか"
	case asset.Contract:
		return "どのような情報を任せる契約ですか"
	}
	return "何を入れるためのものですか"
}

func purposeText(k asset.Kind) string {
	if k == asset.System {
		return "扱う情報を「関連」で結ぶと、区分はそこから自動で決まります。まだ登録されていないときは、扱う予定のもののうち、いちばん重いものを選んでください。"
	}
	return "中の情報を「関連」で結ぶと、区分はそこから自動で決まります。まだ登録されていないときは、入れる予定のもののうち、いちばん重いものを選んでください。"
}

// relationText says what relations are good for.
func (v *view) relationText() string {
	if v.follows() {
		return "入っている情報や使っている情報を結ぶと、区分がそこから決まります。置いてある場所などのつながりも、ここで登録します。"
	}
	return "どこに保存しているか、何の複製かなど、ほかの資産とのつながりを登録します。保存先の区分は、この情報に合わせて決まります。"
}

// short keeps the first sentence of each message, for the narrow column beside the form.
func short(list []form.Message) []form.Message {
	out := make([]form.Message, len(list))
	for i, m := range list {
		if first, _, ok := strings.Cut(m.Text, "。"); ok {
			m.Text = first
		}
		out[i] = m
	}
	return out
}

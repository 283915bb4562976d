package approval

import (
	"slices"
	"strconv"
	"strings"

	"daicho/internal/app"
	"daicho/internal/approval"
	"daicho/internal/asset"
	"daicho/internal/classify"
	"daicho/web/page"
	"daicho/web/ui"
)

// itemView is one item of an application, laid out for the eyes of the one who decides: first what
// changes, then the levels with their reasons, then everything.
type itemView struct {
	app.ItemView
	Heading string // id of the heading
	Levels  []levelLine
	Ask     bool // the registrant could not tell and asks
	Reason  string
	Diff    []ui.Change // of a change; nil for a new asset
	Main    []ui.Desc   // of a new asset
	Whole   []ui.Desc
	Folded  bool   // one of many that needs no look of its own
	link    string // where it is opened by itself, when it has to be
}

// levelLine is the level of one axis with where it comes from.
type levelLine struct {
	Axis   string
	Before ui.Level // Rank 0 = nothing to compare with
	Now    ui.Level
	Words  string
	Lowers bool
	Why    string
}

// many is from how many items on the unremarkable ones are folded.
const many = approval.Few + 1

func itemsOf(v app.ApplicationView) []itemView {
	out := make([]itemView, len(v.Items))
	for i, it := range v.Items {
		out[i] = newItem(it.Scheme, it, v.ItemCount >= many)
		if it.Must != "" && v.ItemCount >= many && v.State == string(approval.Submitted) {
			out[i].link = page.ApprovalItem(v.ID, it.No)
		}
	}
	return out
}

func newItem(s *classify.Scheme, it app.ItemView, folded bool) itemView {
	v := itemView{ItemView: it, Heading: "item-" + strconv.Itoa(it.No), Whole: descriptions(it.Whole, nil)}
	j := it.Document.Judgement
	if j != nil {
		v.Ask, v.Reason = j.Ask, j.Reason
	}
	for _, a := range classify.Axes() {
		v.Levels = append(v.Levels, lineOf(s, it, a))
	}
	if it.Deed == approval.Register {
		v.Main = descriptions(it.Whole, mainKeys)
	} else {
		v.Diff = differences(it.Changes)
	}
	v.Folded = folded && !it.Lowers && !it.Guarded && !v.Ask && it.Returned == nil
	return v
}

func lineOf(s *classify.Scheme, it app.ItemView, a classify.Axis) levelLine {
	now, before := it.Asset.Levels.On(a), it.Before.On(a)
	l := levelLine{Axis: a.Label(), Now: chip(s, a, now), Words: s.Look(a, now).Words()}
	if before != 0 && before != now {
		l.Before, l.Lowers = chip(it.BeforeScheme, a, before), now < before
		l.Before.Old = it.BeforeScheme != s
	}
	var why []string
	declared := it.Document.Level(a)
	switch {
	case !asset.Declares(it.Document.Kind, a) && declared == "":
		why = append(why, "中に入れるものなど、関連する資産に従います。")
	case !asset.Declares(it.Document.Kind, a):
		why = append(why, "これから入れる情報に合わせて選ばれています。")
	}
	for _, h := range it.Hits {
		if h.Axis == a {
			why = append(why, h.Why)
		}
	}
	if j := it.Document.Judgement; j != nil && asset.Declares(it.Document.Kind, a) {
		proposed, ok := s.ByCode(a, j.Proposed[string(a)])
		chosen, ok2 := s.ByCode(a, declared)
		switch {
		case !ok || !ok2 || proposed.Rank == chosen.Rank:
		case chosen.Rank < proposed.Rank:
			why = append(why, "質問の結果は「"+proposed.Words()+"」ですが、それより低く選ばれています。")
		default:
			why = append(why, "質問の結果は「"+proposed.Words()+"」ですが、それより高く選ばれています。")
		}
	}
	l.Why = strings.Join(why, "")
	return l
}

// Bounds of what one item shows at once; the page of the asset shows the rest.
const (
	maxLines = 200
	maxEach  = 30 // relations or members
)

// mainKeys are the fields of a new asset that stand outside of the door.
var mainKeys = []string{"detail_kind", "summary", "business", "personal", "subjects", "zone", "place", "host_body", "provider", "contractor", "relation",
	"cloud", "outsourced", "portable", "public", "lifecycle"}

// judged reports whether a line belongs to the judgement, which is shown by itself in full.
func judged(c asset.Change) bool {
	return c.IsAnswer() || c.IsProposal() || c.Key == "level_scheme"
}

// differences are the changes in the order in which they weigh: the levels, the answers that they
// rest on, what else needs an approval, the rest. What the answers lead to is shown with the levels.
func differences(changes []asset.Change) []ui.Change {
	changes = slices.DeleteFunc(slices.Clone(changes), func(c asset.Change) bool { return judged(c) && !c.Material })
	weight := func(c asset.Change) int {
		switch {
		case strings.HasPrefix(c.Key, "level_"):
			return 0
		case c.IsAnswer():
			return 1
		case c.Material:
			return 2
		}
		return 3
	}
	slices.SortStableFunc(changes, func(a, b asset.Change) int { return weight(a) - weight(b) })
	var out []ui.Change
	for i, c := range changes {
		if i == maxLines {
			return append(out, ui.Change{Label: "ほか" + strconv.Itoa(len(changes)-i) + "行", Before: "省略", After: "省略"})
		}
		x := ui.Change{Label: c.Label, Before: c.Before, After: c.After}
		if !c.Material {
			x.Marks = ui.Tag("軽微")
		}
		out = append(out, x)
	}
	return out
}

// descriptions turns a whole document into terms and values; only, when given, names the keys to
// keep. Relations and members stand in one line each sort, and no more than a few of them.
func descriptions(fields []asset.Change, only []string) []ui.Desc {
	var out []ui.Desc
	groups := map[string]int{}
	var counts []int
	for _, f := range fields {
		key, member := f.Key, strings.HasPrefix(f.Key, "member.")
		if member {
			key = "member"
		}
		if judged(f) || strings.HasPrefix(f.Key, "level_") || f.Key == "name" || only != nil && !slices.Contains(only, key) {
			continue
		}
		if only != nil && (f.After == "いいえ" || f.Key == "lifecycle" && f.After == asset.Label(asset.Lifecycles(), asset.LifecycleInUse)) {
			continue
		}
		if key != "relation" && !member {
			out, counts = append(out, ui.Desc{Term: f.Label, Text: f.After}), append(counts, 1)
			continue
		}
		text := f.After
		if member {
			text = strings.TrimPrefix(f.Label, "内訳 ") + "：" + text
		}
		at, seen := groups[key]
		switch {
		case !seen:
			groups[key] = len(out)
			label := "関連"
			if member {
				label = "内訳"
			}
			out, counts = append(out, ui.Desc{Term: label, Text: text}), append(counts, 1)
		case counts[at] < maxEach:
			out[at].Text += "\n" + text
			counts[at]++
		default:
			counts[at]++
			out[at].Note = "ほか" + strconv.Itoa(counts[at]-maxEach) + "件"
		}
	}
	return out
}

// heading names the deed: 「受験者名簿」の新規登録.
func (v itemView) deed() string {
	switch v.Deed {
	case approval.Change:
		if len(v.Diff) == 0 {
			return "区分の見直し"
		}
		return "変更"
	case approval.Dispose:
		return "廃棄"
	case approval.Register:
	}
	return "新規登録"
}

// href is the page of the asset, once it has one.
func (v itemView) href() string {
	if v.Asset.Number == "" {
		return ""
	}
	return page.AssetShow(v.Asset.Number)
}

func (v itemView) answered() []ui.Desc {
	var out []ui.Desc
	for _, a := range v.Answers {
		out = append(out, ui.Desc{Term: a.Question, Text: a.Answer})
	}
	return out
}

func (v itemView) warnings() []string {
	var out []string
	for _, w := range v.Warnings {
		out = append(out, w.Message)
	}
	return out
}

// groupLine is one line of what an application with many items consists of.
type groupLine struct {
	Kind, Deed string
	Level      ui.Level
	app.ItemGroup
}

func groupsOf(v app.ApplicationView) []groupLine {
	out := make([]groupLine, len(v.Groups))
	for i, g := range v.Groups {
		out[i] = groupLine{asset.Kind(g.Kind).Label(), approval.Deed(g.Deed).Label(), chip(v.Scheme, classify.Confidentiality, g.C), g}
	}
	return out
}

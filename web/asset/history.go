package asset

import (
	"encoding/hex"
	"fmt"
	"net/http"
	"strconv"
	"strings"

	"daicho/internal/app"
	"daicho/internal/asset"
	"daicho/internal/errs"
	"daicho/web/page"
	"daicho/web/ui"
)

func (s shows) history(w http.ResponseWriter, r *http.Request, p *page.Request) error {
	v, err := s.app.History(r.Context(), p.Actor, r.PathValue("no"))
	if err != nil {
		return err
	}
	if gone, err := canonical(w, r, v.Number); gone {
		return err
	}
	return page.Render(w, r, http.StatusOK, historyPage(p, headView{AssetHead: v.AssetHead, Tab: tabHistory}, v))
}

// timeline puts the steps in the life of an asset into words.
func timeline(v app.HistoryView) []ui.Event {
	var out []ui.Event
	for _, e := range v.Events {
		x := ui.Event{What: e.What, Who: by(e.By), When: moment(e.By.At), ISO: iso(e.By.At)}
		switch e.Kind {
		case app.EventMinor, app.EventAttached, app.EventDetached:
			x.Tone = ui.EventMinor
		case app.EventReturned, app.EventWithdrawn:
			x.Tone = ui.EventError
		case app.EventApplied, app.EventApproved, app.EventRaised:
		}
		var text []string
		if e.Why != "" {
			text = append(text, whyWord(e.Kind)+e.Why)
		}
		if e.Note != "" {
			text = append(text, e.Note)
		}
		if len(e.Because) > 0 {
			text = append(text, "もとになった資産："+refNames(e.Because))
		}
		if e.Revision != 0 {
			text = append(text, fmt.Sprintf("台帳リビジョン %d で有効になりました", e.Revision))
		}
		x.Text = strings.Join(text, "\n")
		switch {
		case e.Version != 0:
			x.Href, x.Link = page.AssetVersion(v.Number, e.Version), fmt.Sprintf("版 %d を見る", e.Version)
		case e.Application != 0:
			x.Href, x.Link = page.RequestShow(e.Application), fmt.Sprintf("申請 %d を見る", e.Application)
		}
		out = append(out, x)
	}
	return out
}

// refNames names assets in a line of text; one outside the scope has no name.
func refNames(refs []app.AssetRef) string {
	var out []string
	for _, r := range refs {
		if r.ID == 0 {
			out = append(out, "他機関の資産")
			continue
		}
		out = append(out, strings.TrimSpace(r.Name+" "+r.Number))
	}
	return strings.Join(out, "、")
}

func whyWord(k app.EventKind) string {
	switch k {
	case app.EventApproved, app.EventReturned:
		return "コメント：" // what the approver wrote
	case app.EventRaised:
		return ""
	case app.EventApplied, app.EventMinor, app.EventWithdrawn, app.EventAttached, app.EventDetached:
	}
	return "理由："
}

// openings says how often the pages of a guarded asset were opened.
func openings(v app.HistoryView) string {
	if v.Openings.Count == 0 || v.Openings.Last == nil {
		return "開いた記録はありません。"
	}
	return fmt.Sprintf("記録は %d件、最後は %s です。だれが開いたかは操作記録で確かめられます。", v.Openings.Count, moment(*v.Openings.Last))
}

func (s shows) version(w http.ResponseWriter, r *http.Request, p *page.Request) error {
	no, err := strconv.Atoi(r.PathValue("v"))
	if err != nil || no <= 0 {
		return errs.New(errs.NotFound, "version.number", "")
	}
	v, err := s.app.VersionDiff(r.Context(), p.Actor, r.PathValue("no"), no)
	if err != nil {
		return err
	}
	if gone, err := canonical(w, r, v.Number); gone {
		return err
	}
	return page.Render(w, r, http.StatusOK, versionPage(p, headView{AssetHead: v.AssetHead, Tab: tabHistory, Title: fmt.Sprintf("版 %d", no)}, v))
}

// versionDescs say who wrote and decided a version, why, and when it was in force.
func versionDescs(v app.VersionDiffView) []ui.Desc {
	who := by(v.PastVersion.By) + "　" + moment(v.PastVersion.By.At)
	out := []ui.Desc{{Term: "作成", Text: who}}
	if v.Application == 0 {
		out[0].Note = "承認の要らない軽微な変更です。"
	}
	if v.Note != "" {
		out = append(out, ui.Desc{Term: "理由", Text: v.Note})
	}
	switch d := v.Decision; {
	case d != nil && d.Outcome == "approved":
		out = append(out, ui.Desc{Term: "承認", Text: by(d.By) + "　" + moment(d.By.At), Note: d.Comment})
	case d != nil:
		out = append(out, ui.Desc{Term: "差戻し", Text: by(d.By) + "　" + moment(d.By.At), Note: d.Comment})
	case v.PastVersion.State == "withdrawn":
		out = append(out, ui.Desc{Term: "決裁", Text: "決裁の前に取り下げられました"})
	case v.Application != 0:
		out = append(out, ui.Desc{Term: "決裁", Text: "承認を待っています"})
	}
	if len(v.Tenures) == 0 {
		out = append(out, ui.Desc{Term: "有効だった期間", Text: "有効になったことはありません"})
	}
	for _, t := range v.Tenures {
		out = append(out, ui.Desc{Term: "有効だった期間", Body: tenureLine(t)})
	}
	return append(out,
		ui.Desc{Term: "内容の要約値", Body: digestLine(hex.EncodeToString(v.Content[:]))},
		ui.Desc{Term: "重要項目の要約値", Body: digestLine(hex.EncodeToString(v.Material[:]))})
}

func span(t app.TenureLine) string {
	if t.To == nil {
		return moment(t.From) + " から現在まで"
	}
	return moment(t.From) + " から " + moment(*t.To) + " まで"
}

// changeRows are the lines of a difference; an item that needed approval is marked.
func changeRows(changes []asset.Change) []ui.Change {
	var out []ui.Change
	for _, c := range changes {
		x := ui.Change{Label: c.Label, Before: c.Before, After: c.After}
		if c.Material {
			x.Marks = ui.Tag("重要項目")
		}
		out = append(out, x)
	}
	return out
}

func diffTitle(v app.VersionDiffView) string {
	if v.Base == 0 {
		return "登録した内容"
	}
	return fmt.Sprintf("版 %d からの変更 %d項目", v.Base, len(v.Changes))
}

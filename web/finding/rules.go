package finding

import (
	"net/http"
	"strconv"
	"strings"

	"daicho/internal/app"
	"daicho/internal/asset"
	"daicho/internal/check"
	"daicho/internal/errs"
	"daicho/internal/form"
	"daicho/web/page"
	"daicho/web/ui"
)

// rulesView is the list of rules, with the form of one of them when it is being changed.
type rulesView struct {
	Rules []check.Rule
	Rule  check.Rule
	Form  *form.Form
}

func ruleFields(r check.Rule) []*form.Field {
	severities := []form.Option{}
	for _, s := range check.Severities() {
		severities = append(severities, form.Option{Value: s.Code, Label: s.Label, Hint: s.Hint})
	}
	out := []*form.Field{
		{Key: "on", Label: "この規則を使う", Type: form.Flag, Raw: []string{map[bool]string{true: "1"}[r.On]}},
		{Key: "severity", Label: "重大さ", Type: form.Choice, Required: true, Options: severities, Raw: []string{string(r.Severity)}},
	}
	if r.Unit != "" {
		out = append(out, &form.Field{Key: "limit", Label: "しきい値", Type: form.Number, Required: true, Unit: r.Unit, Raw: []string{strconv.Itoa(r.Limit)}})
	}
	return append(out,
		&form.Field{Key: "title", Label: "規則の名前", Type: form.Text, Required: true, Max: 100, Wide: true, Raw: []string{r.Title}},
		&form.Field{Key: "advice", Label: "どう直すか", Type: form.Area, Max: 400, Raw: []string{r.Advice}, Hint: "検出の画面に出ます。団体の手続きに合わせて書き直せます"})
}

func (h pages) rules(w http.ResponseWriter, r *http.Request, p *page.Request) error {
	list, err := h.app.CheckRules(r.Context(), p.Actor)
	if err != nil {
		return err
	}
	v := rulesView{Rules: list}
	if id := r.URL.Query().Get("rule"); id != "" {
		for _, x := range list {
			if x.ID == id {
				v.Rule, v.Form = x, &form.Form{Fields: ruleFields(x)}
			}
		}
		if v.Form == nil {
			return errs.New(errs.NotFound, "check.rule", "")
		}
	}
	return page.Render(w, r, http.StatusOK, rulesPage(p, v))
}

func (h pages) saveRule(w http.ResponseWriter, r *http.Request, p *page.Request) error {
	list, err := h.app.CheckRules(r.Context(), p.Actor)
	if err != nil {
		return err
	}
	v := rulesView{Rules: list}
	for _, x := range list {
		if x.ID == r.PostFormValue("id") {
			v.Rule = x
		}
	}
	if v.Rule.ID == "" {
		return errs.New(errs.NotFound, "check.rule", "")
	}
	fields := ruleFields(v.Rule)
	for _, f := range fields {
		f.Raw = nil
	}
	f := form.Read(r.PostForm, fields...)
	in := check.Setting{
		ID: v.Rule.ID, On: f.Field("on").Bool(), Severity: check.Severity(f.Field("severity").OneOf()), Title: f.Field("title").Text(), Advice: f.Field("advice").Text(),
	}
	if v.Rule.Unit != "" {
		in.Limit, _ = f.Field("limit").Int(1, 1_000_000)
	}
	v.Form = f
	if f.OK() {
		err := h.app.SaveCheck(r.Context(), p.Actor, in)
		if err == nil {
			p.Leave(page.Success, "点検規則 "+in.ID+" を保存しました")
			return page.Redirect(w, r, page.CheckSettings)
		}
		if !errs.Is(err, errs.Invalid) {
			return err
		}
		f.Add(err)
	}
	return page.Render(w, r, http.StatusUnprocessableEntity, rulesPage(p, v))
}

func limitWords(r check.Rule) string {
	if r.Unit == "" {
		return "–"
	}
	return ui.Thousands(r.Limit) + r.Unit
}

func levelHeads() []ui.Column {
	out := []ui.Column{{Label: "組織"}}
	for l := range asset.TopLevel + 1 {
		out = append(out, ui.Column{Label: levelWords(l), Num: true})
	}
	return append(out, ui.Column{Label: "資産", Num: true}, ui.Column{Label: "すべて記入した割合", Num: true})
}

func kindWords(k string) string { return asset.Kind(k).Label() }

func filled(a app.IncompleteAsset) string {
	return strconv.Itoa(a.Filled) + "／" + strconv.Itoa(a.Total)
}

func lacks(a app.IncompleteAsset) string {
	if len(a.Lacks) == 0 {
		return "–"
	}
	return strings.Join(a.Lacks, "、")
}

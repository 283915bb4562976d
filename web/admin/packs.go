package admin

import (
	"net/http"

	"daicho/internal/authz"
	"daicho/internal/jpdate"
	"daicho/web/page"
	"daicho/web/ui"
)

// packRow is one loaded pack, and editionRow one edition that packs have brought, in words.
type (
	packRow    struct{ Name, Title, Version, Sort, At, By string }
	editionRow struct {
		What, Name, Edition, Decided string
		State                        ui.State
		Unchecked                    string
		Lapsed                       string // 文書番号 of an adoption of what was there before
		Adopt                        string // where to record the adoption, for those who may
	}
)

var targets = map[string]string{"org": "組織", "scheme": "分類体系", "catalogue": "対策基準"}

func (h pages) packs(w http.ResponseWriter, r *http.Request, p *page.Request) error {
	v, err := h.app.Packs(r.Context(), p.Actor)
	if err != nil {
		return err
	}
	var packs []packRow
	for _, k := range v.Packs {
		sort := "団体"
		if k.Sample {
			sort = "見本"
		}
		packs = append(packs, packRow{k.Name, k.Title, k.Version, sort, jpdate.FormatTime(k.At), k.By})
	}
	var editions []editionRow
	for _, e := range v.Editions {
		row := editionRow{What: targets[e.Target], Name: e.Name, Edition: e.Edition, State: ui.State{Tone: ui.StateWarn, Label: "案・未照合"}}
		if e.DocNo != "" {
			row.State = ui.State{Tone: ui.StateActive, Label: "採用"}
			row.Decided = e.DocNo
			if e.DecidedOn != nil {
				row.Decided += "　" + jpdate.OfTime(*e.DecidedOn).Wareki()
			}
			if e.Note != "" {
				row.Decided += "　" + e.Note
			}
		}
		row.Lapsed = e.Lapsed
		if e.DocNo == "" && authz.Can(p.Actor, authz.Adopt) {
			row.Adopt = page.With(page.AdminPacks+"/adopt", "target", e.Target, "code", e.Code)
		}
		row.Unchecked = ui.Thousands(e.Unchecked) + " / " + ui.Thousands(e.Items)
		editions = append(editions, row)
	}
	return page.Render(w, r, http.StatusOK, packsPage(p, packs, editions))
}

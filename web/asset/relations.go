package asset

import (
	"fmt"
	"net/http"

	"daicho/internal/app"
	"daicho/web/page"
	"daicho/web/ui"
)

func (s shows) relations(w http.ResponseWriter, r *http.Request, p *page.Request) error {
	v, err := s.app.Relations(r.Context(), p.Actor, r.PathValue("no"))
	if err != nil {
		return err
	}
	if gone, err := canonical(w, r, v.Number); gone {
		return err
	}
	return page.Render(w, r, http.StatusOK, relationsPage(p, headView{AssetHead: v.AssetHead, Tab: tabRelations}, v))
}

// refLevels are the levels of another asset, in the words of the edition that it was judged by.
func refLevels(h app.AssetHead, r app.AssetRef) []ui.Level {
	var out []ui.Level
	for _, w := range h.Words {
		l := h.Shelf.Look(r.Scheme, w.Axis, r.Levels.On(w.Axis))
		out = append(out, ui.Level{Axis: string(w.Axis), Code: l.Code, Rank: int(l.Rank), Of: int(l.Of), Word: l.Label, Old: l.Old, Next: l.Next})
	}
	return out
}

// beyond says how many assets of a group are not named.
func beyond(g app.RelationGroup) string {
	s := ""
	if n := g.Inside - len(g.Lines); n > 0 {
		s = fmt.Sprintf("ほか %d件", n)
	}
	if g.Outside > 0 {
		if s != "" {
			s += "、"
		}
		s += fmt.Sprintf("他機関の資産 %d件", g.Outside)
	}
	return s
}

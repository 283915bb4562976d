//go:build bench

package bench

import "daicho/internal/fixture"

const clients = 16

func (r *report) lists() {
	l := r.rate("list, one unit, 16 clients", "/"+fixture.Registrant+"/assets", "/floor/unit", clients, 0.5)
	r.lines = append(r.lines, line{Name: "  p95 of it", Ours: l.Ours, Floor: l.Floor, Ratio: float64(l.Ours.P95) / float64(l.Floor.P95), Goal: "≤ 3 × floor's p95", OK: l.Ours.P95 <= 3*l.Floor.P95})
	r.rate("list, one unit, level 3C and above", "/"+fixture.Registrant+"/assets?c=3C~", "/floor/unit-level", clients, 0.4)
	r.rate("list, whole body", "/"+fixture.Chief+"/assets", "/floor/all", clients, 0.4)
	r.rate("list, whole body, rare filter, by update", "/"+fixture.Chief+"/assets?kind=MD&c=3B&zone=MN&sort=-updated", "/floor/rare", clients, 0.4)
	r.rate("list, whole body, common filter, by update", "/"+fixture.Chief+"/assets?kind=IN&c=2&sort=-updated", "/floor/common", clients, 0.4)
}

func (r *report) searches()       {}
func (r *report) pages()          {}
func (r *report) exports()        {}
func (r *report) against(*report) {}

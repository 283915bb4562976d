package postgres

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"daicho/internal/control"
)

// Catalogue is an edition of a 対策基準 with the act that adopted it.
type Catalogue struct {
	ID                  int64
	Code, Name, Edition string
	Source, Checked     string
	DocNo               string // 文書番号 of the adoption, "" = not adopted: 案
	DecidedOn           *time.Time
}

const sqlCatalogue = `
SELECT c.id, c.code, c.name, c.edition, c.source, c.checked, coalesce(a.doc_no, '') AS doc_no, a.decided_on
FROM catalogue c LEFT JOIN adoption a ON a.target = 'catalogue' AND a.code = c.code AND a.decided_on <= @today WHERE c.id = @id`

// Catalogue reads the head of a 対策基準. Errors: NotFound.
func (t *Tx) Catalogue(ctx context.Context, id int64) (Catalogue, error) {
	return keep(ctx, t, askCatalogue, fmt.Sprint(id), func(ctx context.Context) (Catalogue, error) {
		return row[Catalogue](ctx, t, sqlCatalogue, pgx.StrictNamedArgs{"id": id, "today": today(t.now)})
	})
}

// Chapter is one 章 of a 対策基準.
type Chapter struct {
	No     int
	Name   string
	Clause string // clause of the 基本方針
}

const sqlChapters = `SELECT no, name, clause FROM chapter WHERE catalogue_id = @id ORDER BY no`

// Chapters lists the chapters of a catalogue in order.
func (t *Tx) Chapters(ctx context.Context, catalogue int64) ([]Chapter, error) {
	return keep(ctx, t, askChapters, fmt.Sprint(catalogue), func(ctx context.Context) ([]Chapter, error) {
		return rows[Chapter](ctx, t, sqlChapters, pgx.StrictNamedArgs{"id": catalogue})
	})
}

const sqlSetItems = `SELECT control_id AS control, causes FROM set_item WHERE set_id = @set ORDER BY control_id`

// ReadSetItems reads what a 必要対策群 holds, as it was derived when the set was made; nothing for 0.
func (t *Tx) ReadSetItems(set int64, into *[]control.Requirement) Reading {
	if set == 0 {
		return Reading{}
	}
	return reading(sqlSetItems, pgx.StrictNamedArgs{"set": set}, func(list []control.Requirement) { *into = list })
}

const sqlControls = `
SELECT id, catalogue_id AS catalogue, key, chapter, title, text, aim, modality, role, evidence, cycle, effort, answered_at, clause, source, checked
FROM control ORDER BY chapter, key COLLATE "C", id`

// Controls reads controls by id, in the order of their catalogue.
func (t *Tx) Controls(ctx context.Context, ids []int64) ([]control.Control, error) {
	all, err := keep(ctx, t, askControls, "", func(ctx context.Context) ([]control.Control, error) {
		return rows[control.Control](ctx, t, sqlControls, nil)
	})
	if err != nil {
		return nil, err
	}
	wanted := make(map[int64]bool, len(ids))
	for _, id := range ids {
		wanted[id] = true
	}
	out := make([]control.Control, 0, len(wanted))
	for i := range all {
		if wanted[all[i].ID] {
			out = append(out, all[i])
		}
	}
	return out, nil
}

const sqlUnitZones = `
SELECT zone FROM census WHERE unit_id = @unit AND state IN ('active', 'suspended') AND zone <> '' GROUP BY zone HAVING sum(n) > 0 ORDER BY zone`

// ReadUnitZones reads the 領域 in which a unit has assets in force: some controls are laid on a unit
// only because of them.
func (t *Tx) ReadUnitZones(unit int64, into *[]string) Reading {
	type line struct{ Zone string }
	return reading(sqlUnitZones, pgx.StrictNamedArgs{"unit": unit}, func(list []line) {
		for _, l := range list {
			*into = append(*into, l.Zone)
		}
	})
}

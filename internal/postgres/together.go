package postgres

import (
	"context"

	"github.com/jackc/pgx/v5"
)

// Reading is a statement whose answer is read together with those of others: see Together. The zero
// Reading reads nothing.
type Reading struct {
	sql  string
	args pgx.StrictNamedArgs
	take func(pgx.Rows) error
}

// Together runs readings in one round trip, however many they are.
func (t *Tx) Together(ctx context.Context, list ...Reading) error {
	b := &pgx.Batch{}
	for _, r := range list {
		if r.sql != "" {
			b.Queue(r.sql, r.args).Query(r.take)
		}
	}
	if b.Len() == 0 {
		return nil
	}
	return mapErr(t.tx.SendBatch(ctx, b).Close())
}

// reading is rows for later: what was found is handed on.
func reading[T any](sql string, args pgx.StrictNamedArgs, found func([]T)) Reading {
	return Reading{sql, args, func(r pgx.Rows) error {
		list, err := pgx.CollectRows(r, pgx.RowToStructByName[T])
		found(list)
		return err
	}}
}

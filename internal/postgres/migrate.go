package postgres

import (
	"context"

	"daicho/internal/postgres/schema"
	"daicho/migrations"
)

// MinMajor is the oldest major version of PostgreSQL that is served.
const MinMajor = schema.MinMajor

// Status says how far a database is behind the program.
type Status = schema.Status

// Migrate brings the database at ownerURL to the newest schema, under a lock that makes concurrent
// processes wait, and returns the versions before and after; equal versions mean that nothing was
// to be done. Errors carry a Japanese message (see schema.Migrate).
func Migrate(ctx context.Context, ownerURL string) (from, to uint, err error) {
	return schema.Migrate(ctx, ownerURL, migrations.FS)
}

// MigrationStatus returns how far the database at url is; any role that may connect will do.
func MigrationStatus(ctx context.Context, url string) (Status, error) {
	return schema.ReadStatus(ctx, url, migrations.FS)
}

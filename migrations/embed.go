// Package migrations holds the schema of the database: one pair of SQL files per step, numbered
// without gaps, each wrapped in BEGIN and COMMIT. A step that was released is never edited. The
// package imports nothing of the project, so that anything may embed it.
package migrations

import "embed"

// FS holds the migration files at its root.
//
//go:embed *.sql
var FS embed.FS

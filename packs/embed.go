// Package packs carries the packs that ship with the program: folders of CSV tables with a
// pack.json, in the same form as a pack that another body writes for itself. It holds data only
// and imports nothing but embed; reading and loading are the business of others.
package packs

import "embed"

// FS holds one folder per shipped pack, named after the pack ("kansai/pack.json").
//
//go:embed all:kansai all:sample all:soumu-r4 all:mext all:toitsu
var FS embed.FS

package app

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"slices"

	"daicho/internal/authz"
	"daicho/internal/errs"
	"daicho/internal/pack"
	"daicho/internal/postgres"
)

// PackReport says what the load of a pack did.
type PackReport struct {
	pack.Manifest
	Encodings    map[string]string // table → what it was read as
	Tables       []postgres.Put
	Assets       int // registered from the sample
	Applications int
	Decisions    int
	// Unchanged means that the register was exactly like the pack already.
	Unchanged bool
	Notes     []string // Japanese: what the operator should know
}

// maxTable bounds one table of a pack in bytes, maxPack all of them together.
const (
	maxTable = 32 << 20
	maxPack  = 128 << 20
)

// LoadPack reads the folder of a pack and stores all of it or nothing. A second load of the same
// pack changes nothing. What it brings is a draft (案) until its adoption is recorded; an edition
// that was adopted is never changed. A sample is loaded by the operator alone and only into a
// register that nobody uses yet, because its passwords stand in the open; nor does it bring an account
// later, once anything was done in earnest.
// Errors: Invalid with every mistake of the pack (pack.ProblemsOf lists them); Conflict when an
// adopted edition would change or the register is in use; Forbidden for a sample from a screen.
func (a *App) LoadPack(ctx context.Context, g authz.Grant, fsys fs.FS) (PackReport, error) {
	m, files, err := readPack(fsys)
	if err != nil {
		return PackReport{}, err
	}
	if m.Kind == pack.Sample && g.Actor().Known() {
		return PackReport{}, errs.New(errs.Forbidden, "pack.sample", "見本のパックは、コマンド（daicho pack load）だけで読み込めます。")
	}
	digest := digestOf(files)
	var r PackReport
	err = a.db.Act(ctx, g, func(ctx context.Context, t *postgres.Tx) error {
		r = PackReport{Manifest: m}
		if err := t.LockPacks(ctx); err != nil {
			return err
		}
		loaded, same, err := t.PackLoaded(ctx, m.Name, digest)
		if err != nil {
			return err
		}
		if m.Kind == pack.Sample && !loaded {
			if used, err := t.InUse(ctx); err != nil {
				return err
			} else if used {
				return errs.New(errs.Conflict, "pack.in_use", "見本のパックは、利用者も資産もないデータベースにだけ読み込めます。だれでも知っているパスワードが含まれるためです。")
			}
		}
		known, err := t.Known(ctx)
		if err != nil {
			return err
		}
		p, err := pack.Parse(m, files, known)
		if err != nil {
			return err
		}
		if loaded && slices.ContainsFunc(p.Accounts, func(x pack.Account) bool { return known.Logins[x.Login] == "" }) {
			if real, err := t.InEarnest(ctx); err != nil {
				return err
			} else if real {
				return errs.New(errs.Conflict, "pack.in_use", "このパックには、だれでも知っているパスワードの利用者IDが含まれています。利用者や資産が登録されているデータベースには読み込めません。")
			}
		}
		r.Encodings = p.Encodings
		if err := t.Sign(ctx, postgres.Note{
			Target: "パック " + m.Name + " " + m.Version, Detail: map[string]any{"sha256": hex.EncodeToString(digest[:]), "kind": m.Kind},
		}); err != nil {
			return err
		}
		if err := t.PutPack(ctx, m, digest); err != nil {
			return err
		}
		if err := a.putPack(ctx, t, p, &r); err != nil {
			return err
		}
		if len(p.Assets) > 0 && loaded {
			if !same {
				r.Notes = append(r.Notes, "見本の資産は、最初の読込みのときだけ登録します。今回は資産を登録していません。")
			}
		} else if len(p.Assets) > 0 {
			if err := a.playSample(ctx, t, p.Assets, &r); err != nil {
				return err
			}
		}
		r.Unchanged = loaded && same && r.Assets == 0 && !slices.ContainsFunc(r.Tables, func(x postgres.Put) bool { return x.Inserted+x.Updated > 0 })
		return nil
	})
	return r, err
}

// putPack stores the tables and derives the required controls anew where a catalogue changed.
func (a *App) putPack(ctx context.Context, t *postgres.Tx, p *pack.Pack, r *PackReport) error {
	puts, err := t.PutOrganisation(ctx, p)
	if err != nil {
		return err
	}
	r.add(puts...)
	for _, s := range p.Schemes {
		if puts, err = t.PutScheme(ctx, s); err != nil {
			return err
		}
		r.add(puts...)
	}
	mappings, err := t.PutMappings(ctx, p.Mappings)
	if err != nil {
		return err
	}
	r.add(mappings)
	derive := false
	for _, c := range p.Catalogues {
		if puts, err = t.PutCatalogue(ctx, c); err != nil {
			return err
		}
		derive = r.add(puts...) || derive
	}
	placement, err := t.PutPlacement(ctx, p.Placement)
	if err != nil {
		return err
	}
	r.add(placement)
	routes, err := t.PutRoutes(ctx, p.Routes)
	if err != nil {
		return err
	}
	r.add(routes)
	settings, err := t.PutChecks(ctx, p.Checks)
	if err != nil {
		return err
	}
	r.add(settings)
	accounts, err := t.PutAccounts(ctx, p.Accounts, a.hash.encode)
	if err != nil {
		return err
	}
	r.add(accounts)
	adoptions, err := t.PutAdoptions(ctx, p.Adoptions)
	if err != nil {
		return err
	}
	if r.add(adoptions) || derive {
		return t.DeriveSets(ctx)
	}
	return nil
}

// add adds what was done to tables, those of several editions together, and reports whether
// anything changed.
func (r *PackReport) add(puts ...postgres.Put) bool {
	changed := false
	for _, p := range puts {
		changed = changed || p.Inserted+p.Updated > 0
		if p.Rows == 0 {
			continue
		}
		if i := slices.IndexFunc(r.Tables, func(x postgres.Put) bool { return x.Table == p.Table }); i >= 0 {
			x := &r.Tables[i]
			x.Rows, x.Inserted, x.Updated = x.Rows+p.Rows, x.Inserted+p.Inserted, x.Updated+p.Updated
			continue
		}
		r.Tables = append(r.Tables, p)
	}
	return changed
}

func readPack(fsys fs.FS) (pack.Manifest, map[string][]byte, error) {
	b, err := readLimited(fsys, "pack.json", 1<<20)
	if err != nil {
		return pack.Manifest{}, nil, err
	}
	if b == nil {
		return pack.Manifest{}, nil, errs.New(errs.Invalid, "pack.none", "pack.json がありません。パックのフォルダーを指定してください。")
	}
	m, err := pack.ParseManifest(b)
	if err != nil {
		return m, nil, err
	}
	files := map[string][]byte{"pack.json": b}
	total := 0
	for _, name := range m.Tables {
		b, err := readLimited(fsys, name, maxTable)
		if err != nil {
			return m, nil, err
		}
		if total += len(b); total > maxPack {
			return m, nil, errs.New(errs.Invalid, "pack.large", fmt.Sprintf("パックが大きすぎます。合わせて%dMBまでにしてください。", maxPack>>20))
		}
		if b != nil {
			files[name] = b
		}
	}
	return m, files, nil
}

// readLimited reads a file, nil when there is none.
func readLimited(fsys fs.FS, name string, limit int64) ([]byte, error) {
	f, err := fsys.Open(name)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, unreadable(name, err)
	}
	defer func() { _ = f.Close() }()
	b, err := io.ReadAll(io.LimitReader(f, limit+1))
	if err != nil {
		return nil, unreadable(name, err)
	}
	if int64(len(b)) > limit {
		return nil, errs.New(errs.Invalid, "pack.large", fmt.Sprintf("%s が大きすぎます。%dMBまでにしてください。", name, limit>>20))
	}
	if b == nil {
		b = []byte{}
	}
	return b, nil
}

func unreadable(name string, err error) error {
	return &errs.Error{Kind: errs.Invalid, Code: "pack.unreadable", Err: err,
		Message: name + " を読めません。ファイルがあり、読む許可があることを確かめてください。"}
}

// digestOf names the content of the files of a pack.
func digestOf(files map[string][]byte) [32]byte {
	h := sha256.New()
	for _, name := range slices.Sorted(maps.Keys(files)) {
		_, _ = fmt.Fprintf(h, "%s %d\n", name, len(files[name])) // a hash never fails
		_, _ = h.Write(files[name])
	}
	return [32]byte(h.Sum(nil))
}

// PacksView is what is loaded and what of it has been adopted.
type PacksView struct {
	Packs    []postgres.LoadedPack
	Editions []postgres.Edition
}

// Packs lists the packs that are loaded and the editions that they brought, each with its adoption.
// Errors: Forbidden.
func (a *App) Packs(ctx context.Context, actor authz.Actor) (PacksView, error) {
	g, err := authz.Permit(actor, authz.SeePacks)
	if err != nil {
		return PacksView{}, err
	}
	var v PacksView
	err = a.db.View(ctx, g, func(ctx context.Context, t *postgres.Tx) error {
		if v.Packs, err = t.Packs(ctx); err != nil {
			return err
		}
		v.Editions, err = t.Editions(ctx)
		return err
	})
	return v, err
}

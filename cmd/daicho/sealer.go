package main

import (
	"context"
	"crypto/rand"
	"errors"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"time"

	"daicho/internal/app"
	"daicho/internal/authz"
	"daicho/internal/errs"
	"daicho/internal/trail"
)

// seal is where the key of the trail's seal is, and where the last head is kept outside the database.
type seal struct{ key, anchor string }

// sealOf declares the flags of a seal.
func sealOf(f *flags) *seal {
	var s seal
	f.StringVar(&s.key, "trail-key", "", "操作記録の封印の署名鍵のファイル。まだ鍵のない台帳なら作る。--data では既定がデータのフォルダの trail/key")
	f.StringVar(&s.anchor, "trail-anchor", "", "最後の頭をデータベースの外に控えるファイル。既定は署名鍵のファイル名に .head を付けたもの")
	return &s
}

// within fills in the places of a private database's folder.
func (s *seal) within(dir string) seal {
	out := *s
	if out.key == "" && dir != "" {
		out.key = filepath.Join(dir, "trail", "key")
	}
	if out.anchor == "" && out.key != "" {
		out.anchor = out.key + ".head"
	}
	return out
}

// errNoKey is sealing without a key.
var errNoKey = errs.New(errs.Invalid, "trail.no_key", "操作記録を封印する署名鍵がありません。--trail-key（または環境変数 DAICHO_TRAIL_KEY）で署名鍵のファイルを指定してください。")

// sealer makes a sealer with the key of the place. The first key of a register is made here.
// Errors: errNoKey without a place; Conflict when the key of a register that has one is not there.
func (s seal) sealer(ctx context.Context, a *app.App) (*app.Sealer, error) {
	if s.key == "" {
		return nil, errNoKey
	}
	key, err := readKey(s.key)
	if errors.Is(err, fs.ErrNotExist) {
		key, err = s.first(ctx, a)
	}
	if err != nil {
		return nil, err
	}
	return a.NewSealer(key, s.keeper()), nil
}

// first makes the first key of a register.
func (s seal) first(ctx context.Context, a *app.App) (trail.Key, error) {
	g, err := authz.System(authz.SealTrail)
	if err != nil {
		return trail.Key{}, err
	}
	keys, err := a.TrailKeys(ctx, g)
	if err != nil {
		return trail.Key{}, err
	}
	if len(keys) > 0 {
		return trail.Key{}, errs.New(errs.Conflict, "trail.key_missing", "署名鍵のファイル "+s.key+" がありません。この台帳の操作記録には鍵があります（指紋 "+keys[len(keys)-1].Fingerprint()+
			"）。そのファイルを戻すか、失われたなら daicho trail rotate --lost で鍵の交代を記録してください。")
	}
	log, err := trail.NewLogName(rand.Reader)
	if err != nil {
		return trail.Key{}, err
	}
	return writeKey(s.key, log)
}

// readKey reads a key from its file.
func readKey(path string) (trail.Key, error) {
	b, err := os.ReadFile(path)
	if err != nil {
		return trail.Key{}, errs.Join(errs.New(errs.Invalid, "trail.key_file", "署名鍵のファイル "+path+" を読めません。"), err)
	}
	return trail.ParseKey(string(b))
}

// writeKey makes a key for the log in a new file, which only its owner can read.
func writeKey(path, log string) (trail.Key, error) {
	text, err := trail.NewKey(rand.Reader, log)
	if err != nil {
		return trail.Key{}, err
	}
	err = os.MkdirAll(filepath.Dir(path), 0o700)
	if err == nil {
		err = writeWhole(path, text)
	}
	if err != nil {
		return trail.Key{}, errs.Join(errs.New(errs.Invalid, "trail.key_file", "署名鍵のファイル "+path+" を作れません。フォルダと権限を確かめてください。"), err)
	}
	return trail.ParseKey(text)
}

// writeWhole writes a file so that it is there as a whole or as it was before, whatever happens.
func writeWhole(path, text string) error {
	f, err := os.CreateTemp(filepath.Dir(path), filepath.Base(path)+".new-*")
	if err != nil {
		return err
	}
	_, err = f.WriteString(text)
	if err == nil {
		err = f.Sync()
	}
	err = errs.Join(err, f.Close())
	if err == nil {
		err = os.Rename(f.Name(), path)
	}
	if err != nil {
		return errs.Join(err, os.Remove(f.Name()))
	}
	return syncDir(filepath.Dir(path))
}

// syncDir makes the names in a folder outlive a power cut.
func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errs.Join(d.Sync(), d.Close())
}

// keeper keeps the last head in its file.
func (s seal) keeper() app.Anchor {
	return app.Anchor{
		Last: func() (string, error) {
			b, err := os.ReadFile(s.anchor)
			if errors.Is(err, fs.ErrNotExist) {
				return "", nil
			}
			return string(b), err
		},
		Keep: func(note string) error {
			if err := writeWhole(s.anchor, note); err != nil {
				return errs.Join(errs.New(errs.Invalid, "trail.anchor", "最後の頭を控えるファイル "+s.anchor+" に書けません。--trail-anchor で書ける場所を指定してください。"), err)
			}
			return nil
		},
	}
}

// sealEvery is how often a server seals: what lies after the last head is protected by privileges
// alone for so long.
const sealEvery = time.Minute

// sealTrail seals at once, every so often, and a last time when ctx ends. What goes wrong is logged
// each time: a trail that is not sealed any more must be noticed.
func sealTrail(ctx context.Context, s *app.Sealer, log *slog.Logger) {
	tick := time.NewTicker(sealEvery)
	defer tick.Stop()
	for {
		sealOnce(ctx, s, log)
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

func sealOnce(ctx context.Context, s *app.Sealer, log *slog.Logger) {
	done, err := s.Seal(ctx)
	switch {
	case ctx.Err() != nil:
	case errs.Is(err, errs.Conflict) && errs.CodeOf(err) == "trail.sealing":
		log.Debug("another daicho seals the trail")
	case err != nil:
		log.Error("the trail is not sealed", "message", errs.MessageOf(err), "err", err)
	case done.New > 0:
		log.Debug("sealed", "acts", done.New, "head", done.Head.Short())
	}
}

// isPublic tells the text of a public key from the name of a file.
func isPublic(s string) bool { return strings.Count(s, "+") >= 2 }

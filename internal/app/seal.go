package app

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"daicho/internal/authz"
	"daicho/internal/errs"
	"daicho/internal/postgres"
	"daicho/internal/trail"
)

// Anchor keeps the last head outside the database, so that a database that was put back to an earlier
// state is noticed. Last returns "" when nothing was kept yet.
type Anchor struct {
	Last func() (string, error)
	Keep func(note string) error
}

// Sealer seals the trail. One runs in a server; a command makes another.
type Sealer struct {
	app    *App
	key    trail.Key
	old    []trail.Key // signs too when the key is handed over
	anchor Anchor
	batch  int

	mu     sync.Mutex
	from   string // transactions before it are all sealed
	passes int
}

const (
	// sealBatch is how many acts one transaction seals: it holds nothing up that others write, and
	// what a sudden end undoes is little.
	sealBatch = 20_000
	// sealWholeEvery is after how many passes everything is looked at again, whatever the numbers of
	// transactions say.
	sealWholeEvery = 60
)

// NewSealer makes a sealer that signs with the key; those of old sign the first head under it too.
func (a *App) NewSealer(key trail.Key, anchor Anchor, old ...trail.Key) *Sealer {
	return &Sealer{app: a, key: key, old: old, anchor: anchor, batch: sealBatch}
}

// Sealed says what a pass has done.
type Sealed struct {
	New  int64      // acts
	Head trail.Head // the last, or zero as long as there is none
}

// Seal seals every act that is finished and signs the head of all. The first key of a register enters
// the trail by itself.
// Errors: Conflict "trail.sealing" while another seals; "trail.key_unknown" for a key that the trail
// does not name; "trail.restored", "trail.forked" and "trail.broken" when the database is not what
// was sealed; "trail.clock" when the clock has gone back; of the anchor.
func (s *Sealer) Seal(ctx context.Context) (Sealed, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	out, err := s.seal(ctx)
	switch {
	case ctx.Err() != nil, errs.CodeOf(err) == codeSealing:
	case err != nil:
		s.app.sealing.Store(&SealState{true, s.app.SealState().Size, err})
	default:
		s.app.sealing.Store(&SealState{true, out.Head.Size, nil})
	}
	return out, err
}

// codeSealing is another sealer's turn.
const codeSealing = "trail.sealing"

func (s *Sealer) seal(ctx context.Context) (out Sealed, err error) {
	if err := s.app.enterKey(ctx, s.key); err != nil {
		return out, err
	}
	g, err := authz.System(authz.SealTrail)
	if err != nil {
		return out, err
	}
	kept, err := s.kept()
	if err != nil {
		return out, err
	}
	p := pass{Sealer: s, kept: kept}
	if s.passes%sealWholeEvery == 0 {
		s.from = "0"
	}
	p.from = s.from
	for !p.done {
		note := ""
		if err := s.app.db.Seal(ctx, g, func(ctx context.Context, t *postgres.Tx) error {
			note, err = p.batch(ctx, t)
			return err
		}); err != nil {
			return p.out, err
		}
		if note != "" {
			if err := s.anchor.Keep(note); err != nil {
				return p.out, err
			}
			p.kept, err = trail.ReadHead(note)
			if err != nil {
				return p.out, err
			}
		}
	}
	s.from = p.horizon
	s.passes++
	return p.out, nil
}

// kept reads the head outside; zero when there is none.
func (s *Sealer) kept() (trail.Head, error) {
	note, err := s.anchor.Last()
	if err != nil || note == "" {
		return trail.Head{}, err
	}
	return trail.ReadHead(note)
}

// pass is one pass over what is not sealed.
type pass struct {
	*Sealer
	kept    trail.Head
	out     Sealed
	from    string
	after   int64
	horizon string
	done    bool
}

// batch seals the next acts and returns the head that it signed, or "".
func (p *pass) batch(ctx context.Context, t *postgres.Tx) (string, error) {
	tip, tree, keys, err := p.app.tip(ctx, t, p.kept)
	if err != nil {
		return "", err
	}
	if tip.Last != nil && tip.Now.Before(*tip.Last) {
		return "", errs.New(errs.Conflict, "trail.clock", fmt.Sprintf("データベースの時計（%s）が、封印した記録の時刻（%s）より前です。時計を合わせてから、もう一度行ってください。",
			tip.Now.UTC().Format(time.RFC3339), tip.Last.UTC().Format(time.RFC3339)))
	}
	horizon, err := t.Horizon(ctx)
	if err != nil {
		return "", err
	}
	if p.horizon == "" {
		p.horizon = horizon
		if less(horizon, p.from) { // the numbers began again: the database was restored from a dump
			p.from = "0"
		}
	}
	acts, err := t.Unsealed(ctx, p.from, p.after, p.Sealer.batch)
	if err != nil {
		return "", err
	}
	p.done = len(acts) < p.Sealer.batch
	if len(acts) > 0 {
		p.after = acts[len(acts)-1].ID
		if err := t.SealActs(ctx, tree, tip.head.Size, acts); err != nil {
			return "", err
		}
		p.out.New += int64(len(acts))
		if keys, err = t.TrailKeys(ctx); err != nil {
			return "", err
		}
	}
	p.out.Head = tip.head
	mine := keys[len(keys)-1]
	if mine.N < 0 || tree.Size() <= tip.head.Size {
		return "", nil // the key signs once the trail under the head says that it does
	}
	signers := []trail.Key{p.key}
	if tip.head.Size <= mine.N {
		signers = append(signers, p.old...)
	}
	head := trail.Head{Log: p.key.Log(), Size: tree.Size(), Root: tree.Root()}
	note, err := head.Sign(signers...)
	if err != nil {
		return "", err
	}
	p.out.Head = head
	return note, t.AddHead(ctx, head.Size, note)
}

// less compares numbers of transactions, which have no leading zeroes.
func less(a, b string) bool { return len(a) < len(b) || len(a) == len(b) && a < b }

// tip is how far the trail is sealed, after a look whether it is what was sealed.
type tip struct {
	postgres.SealTip
	head trail.Head // the last one
}

// tip reads how far the trail is sealed. Errors: Conflict when it is not what the last head and the
// one that was kept outside say.
func (a *App) tip(ctx context.Context, t *postgres.Tx, kept trail.Head) (tip, *trail.Tree, []postgres.TrailKey, error) {
	var out tip
	var err error
	if out.SealTip, err = t.SealTip(ctx); err != nil {
		return out, nil, nil, err
	}
	keys, err := t.TrailKeys(ctx)
	if err != nil {
		return out, nil, nil, err
	}
	hashes := t.TrailHashes(ctx)
	if out.Note != "" {
		if out.head, err = trail.ReadHead(out.Note); err != nil {
			return out, nil, nil, err
		}
		if out.head.Size > out.Size {
			return out, nil, nil, errs.New(errs.Conflict, "trail.broken", fmt.Sprintf(
				"最後の頭は%d件ですが、封印は%d件しかありません。記録が失われています。daicho trail verify で確かめてください。", out.head.Size, out.Size))
		}
		root, err := hashes.RootAt(out.head.Size)
		if err != nil {
			return out, nil, nil, err
		}
		by, bad := trail.Signers(out.Note, publics(keys))
		if bad != nil || len(by) == 0 || root != out.head.Root {
			return out, nil, nil, errs.New(errs.Conflict, "trail.broken", fmt.Sprintf(
				"%d件の頭が、封印の表と合いません。書き換えられています。daicho trail verify で確かめてください。", out.head.Size))
		}
	}
	if err := outside(hashes, out.head.Size, kept); err != nil {
		return out, nil, nil, err
	}
	tree, err := trail.TreeAt(out.Size, hashes)
	return out, tree, keys, err
}

// outside compares the head that was kept outside with the register's own tree.
func outside(hashes trail.Reader, size int64, kept trail.Head) error {
	if kept.IsZero() {
		return nil
	}
	if kept.Size > size {
		return errs.New(errs.Conflict, "trail.restored", fmt.Sprintf(
			"台帳が前の状態に戻されています。外に控えた頭は%d件ですが、データベースの最後の頭は%d件です。"+
				"正しい控えから戻したのであれば、daicho trail seal --restored 理由 で記録してください。心当たりがなければ、封印せずに調べてください。", kept.Size, size))
	}
	root, err := hashes.RootAt(kept.Size)
	if err != nil {
		return err
	}
	if root != kept.Root {
		return errs.New(errs.Conflict, "trail.forked", fmt.Sprintf(
			"外に控えた頭（%d件）と、データベースの封印が合いません。書き換えられたか、前の状態に戻してから別の記録が続いています。"+
				"正しい控えから戻したのであれば、daicho trail seal --restored 理由 で記録してください。", kept.Size))
	}
	return nil
}

// publics are the keys that can be read, oldest first.
func publics(keys []postgres.TrailKey) []trail.Public {
	var out []trail.Public
	for _, k := range keys {
		if p, err := trail.ParsePublic(k.Key); err == nil {
			out = append(out, p)
		}
	}
	return out
}

// enterKey sees to it that the key is the one that the trail names last. A register without a key gets
// this one.
func (a *App) enterKey(ctx context.Context, key trail.Key) error {
	g, err := authz.System(authz.ChangeTrailKey)
	if err != nil {
		return err
	}
	var keys []postgres.TrailKey
	if err := a.db.View(ctx, g, func(ctx context.Context, t *postgres.Tx) (err error) {
		keys, err = t.TrailKeys(ctx)
		return err
	}); err != nil {
		return err
	}
	if len(keys) > 0 {
		if last := keys[len(keys)-1].Key; last != key.Text {
			return errs.New(errs.Conflict, "trail.key_unknown", "この署名鍵（"+key.Fingerprint()+"）は、操作記録が名指しする今の鍵ではありません。"+
				"今の鍵のファイルを指定するか、daicho trail rotate で鍵の交代を記録してください。")
		}
		return nil
	}
	return a.db.Act(ctx, g, func(ctx context.Context, t *postgres.Tx) error {
		if err := t.LockTrailKeys(ctx); err != nil {
			return err
		}
		if keys, err := t.TrailKeys(ctx); err != nil || len(keys) > 0 {
			return errors.Join(err, errs.New(errs.Conflict, "trail.key_unknown", "ほかの daicho が、先に鍵を決めました。"))
		}
		return t.Sign(ctx, keyNote(key.Public, "はじめの鍵"))
	})
}

func keyNote(k trail.Public, reason string) postgres.Note {
	return postgres.Note{Target: "封印の鍵 " + k.Fingerprint(), Reason: reason, Detail: map[string]any{"key": k.Text}}
}

// RotateKey records that the key of the sealer signs from now on, and seals, so that the record lies
// under a head that the old key has signed too. Errors: Forbidden; Conflict "trail.key_same" when it
// signs already; Invalid when it is a key of another log; as Seal.
func (s *Sealer) RotateKey(ctx context.Context, g authz.Grant, reason string) (Sealed, error) {
	if err := s.app.db.Act(ctx, g, func(ctx context.Context, t *postgres.Tx) error {
		if err := t.LockTrailKeys(ctx); err != nil {
			return err
		}
		keys, err := t.TrailKeys(ctx)
		if err != nil {
			return err
		}
		for _, k := range publics(keys) {
			if k.Text == s.key.Text {
				return errs.New(errs.Conflict, "trail.key_same", "この鍵は、すでに操作記録にあります。新しい鍵を指定してください。")
			}
			if k.Log() != s.key.Log() {
				return errs.New(errs.Invalid, "trail.key_log", "新しい鍵の名前（"+s.key.Log()+"）が、この記録の名前（"+k.Log()+"）と違います。同じ名前で作ってください。")
			}
		}
		return t.Sign(ctx, keyNote(s.key.Public, reason))
	}); err != nil {
		return Sealed{}, err
	}
	return s.Seal(ctx)
}

// AcceptRestore records that the database was put back to an earlier state, with the head that was
// lost, and lets sealing go on from there. Errors: Forbidden; Conflict "trail.not_restored" when the
// head outside is no other than the register's own; of the anchor.
func (s *Sealer) AcceptRestore(ctx context.Context, g authz.Grant, reason string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	kept, err := s.kept()
	if err != nil {
		return err
	}
	var own string
	if err := s.app.db.Act(ctx, g, func(ctx context.Context, t *postgres.Tx) error {
		at, _, _, err := s.app.tip(ctx, t, trail.Head{})
		if err != nil {
			return err
		}
		own = at.Note
		err = outside(t.TrailHashes(ctx), at.head.Size, kept)
		if code := errs.CodeOf(err); code != "trail.restored" && code != "trail.forked" {
			return errors.Join(err, errs.New(errs.Conflict, "trail.not_restored", "外に控えた頭は、データベースの封印と合っています。戻したことの記録は要りません。"))
		}
		return t.Sign(ctx, postgres.Note{Target: "操作記録", Reason: reason, Detail: map[string]any{"lost": kept.Short(), "size": at.Size}})
	}); err != nil {
		return err
	}
	return s.anchor.Keep(own)
}

// TrailKeys lists the keys of the trail in the order in which they began to sign, for the operator.
func (a *App) TrailKeys(ctx context.Context, g authz.Grant) ([]trail.Public, error) {
	var keys []postgres.TrailKey
	err := a.db.View(ctx, g, func(ctx context.Context, t *postgres.Tx) (err error) {
		keys, err = t.TrailKeys(ctx)
		return err
	})
	return publics(keys), err
}

// SealState is how sealing goes in this process.
type SealState struct {
	Runs bool  // a sealer has made a pass
	Size int64 // entries under the last head
	Err  error // of the last pass
}

// SealState says how sealing goes in this process.
func (a *App) SealState() SealState {
	if s := a.sealing.Load(); s != nil {
		return *s
	}
	return SealState{}
}

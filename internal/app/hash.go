package app

import (
	"context"
	"errors"
	"io"
	"time"

	"daicho/internal/account"
	"daicho/internal/errs"
)

// hasher bounds how many passwords are hashed at a time: each takes tens of megabytes, and without a
// bound a crowd at the sign-in page would take all memory.
type hasher struct {
	free   chan struct{}
	wait   time.Duration
	params account.Params
	random io.Reader
	dummy  string
}

func newHasher(o Options) *hasher {
	return &hasher{
		free: make(chan struct{}, o.Hashers), wait: o.HashWait, params: o.Password, random: o.Random,
		dummy: account.Dummy(o.Password),
	}
}

// enter waits for a free place. Errors: Busy when none came free in time.
func (h *hasher) enter(ctx context.Context) (leave func(), err error) {
	limit := time.NewTimer(h.wait)
	defer limit.Stop()
	select {
	case h.free <- struct{}{}:
		return func() { <-h.free }, nil
	case <-limit.C:
		return nil, errs.Wrap(errs.Busy, "account.hash_queue", errors.New("no hasher came free in time"))
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// verify compares a password with a stored string. An empty string costs the same and never matches.
func (h *hasher) verify(ctx context.Context, phc, password string) (bool, error) {
	leave, err := h.enter(ctx)
	if err != nil {
		return false, err
	}
	defer leave()
	if phc == "" {
		_, err := account.Verify(h.dummy, password)
		return false, err
	}
	return account.Verify(phc, password)
}

// encode hashes a password with a fresh salt.
func (h *hasher) encode(ctx context.Context, password string) (string, error) {
	salt := make([]byte, account.SaltLen)
	if _, err := io.ReadFull(h.random, salt); err != nil {
		return "", err
	}
	leave, err := h.enter(ctx)
	if err != nil {
		return "", err
	}
	defer leave()
	return account.Encode(password, salt, h.params), nil
}

// legible are 32 letters and digits none of which looks like another.
const legible = "23456789abcdefghijkmnpqrstuvwxyz"

// generate makes a password of four groups of four for somebody who must change it: 80 bits.
func (h *hasher) generate() (string, error) {
	b := make([]byte, 16)
	if _, err := io.ReadFull(h.random, b); err != nil {
		return "", err
	}
	var out []byte
	for i, v := range b {
		if i > 0 && i%4 == 0 {
			out = append(out, '-')
		}
		out = append(out, legible[int(v)%len(legible)])
	}
	return string(out), nil
}

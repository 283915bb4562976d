// Package account holds the rules of 利用者ID and パスワード: how a password becomes a stored string,
// which passwords are taken, and how long somebody waits after failures. It is pure: no I/O, no
// clock, no randomness of its own. It imports errs only.
package account

import (
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"

	"golang.org/x/crypto/argon2"
	"golang.org/x/text/unicode/norm"
)

// Params are the costs of one argon2id hash.
type Params struct {
	Memory  uint32 // KiB
	Time    uint32 // passes
	Threads uint8
}

// DefaultParams is the least that the OWASP cheat sheet takes: 19 MiB, two passes, one lane.
func DefaultParams() Params { return Params{Memory: 19456, Time: 2, Threads: 1} }

const (
	// SaltLen is the number of random bytes that Encode needs.
	SaltLen = 16

	keyLen    = 32
	maxMemory = 1 << 20 // KiB: a stored string never makes the program take more than 1 GiB
	maxTime   = 64
)

var b64 = base64.RawStdEncoding.Strict()

// Normal is the form in which a password is compared: NFKC, so that the same keys give the same
// password on a keyboard that types full-width letters.
func Normal(password string) string { return norm.NFKC.String(password) }

// Encode hashes a password with the salt and returns it as a PHC string
// ($argon2id$v=19$m=…,t=…,p=…$salt$key). The salt must be fresh and random (SaltLen bytes).
func Encode(password string, salt []byte, p Params) string {
	key := argon2.IDKey([]byte(Normal(password)), salt, p.Time, p.Memory, p.Threads, keyLen)
	return format(salt, key, p)
}

// Dummy is a PHC string that no password matches but that costs as much to verify as a true one: an
// unknown login takes the same time as a wrong password.
func Dummy(p Params) string {
	return format(make([]byte, SaltLen), make([]byte, keyLen), p)
}

func format(salt, key []byte, p Params) string {
	return fmt.Sprintf("$argon2id$v=%d$m=%d,t=%d,p=%d$%s$%s",
		argon2.Version, p.Memory, p.Time, p.Threads, b64.EncodeToString(salt), b64.EncodeToString(key))
}

// Verify reports whether the password gives the stored string, in time that does not depend on the
// password. Errors: a string that is not argon2id of the known version or asks for absurd costs.
func Verify(phc, password string) (bool, error) {
	p, salt, key, err := parse(phc)
	if err != nil {
		return false, err
	}
	got := argon2.IDKey([]byte(Normal(password)), salt, p.Time, p.Memory, p.Threads, uint32(len(key))) //nolint:gosec // bounded by parse
	return subtle.ConstantTimeCompare(got, key) == 1, nil
}

// Outdated reports whether a stored string was made with other costs than p, so that the next
// sign-in should store a new one.
func Outdated(phc string, p Params) bool {
	was, _, _, err := parse(phc)
	return err != nil || was != p
}

var errPHC = errors.New("not an argon2id string")

func parse(phc string) (p Params, salt, key []byte, err error) {
	part := strings.Split(phc, "$")
	if len(part) != 6 || part[0] != "" || part[1] != "argon2id" || part[2] != fmt.Sprintf("v=%d", argon2.Version) {
		return p, nil, nil, errPHC
	}
	if _, err := fmt.Sscanf(part[3], "m=%d,t=%d,p=%d", &p.Memory, &p.Time, &p.Threads); err != nil {
		return p, nil, nil, errPHC
	}
	if part[3] != fmt.Sprintf("m=%d,t=%d,p=%d", p.Memory, p.Time, p.Threads) ||
		p.Memory < 8 || p.Memory > maxMemory || p.Time < 1 || p.Time > maxTime || p.Threads < 1 {
		return p, nil, nil, errPHC
	}
	salt, err1 := b64.DecodeString(part[4])
	key, err2 := b64.DecodeString(part[5])
	if err1 != nil || err2 != nil || len(salt) < 8 || len(key) < 16 || len(key) > 64 {
		return p, nil, nil, errPHC
	}
	return p, salt, key, nil
}

package trail

import (
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"io"
	"strings"

	"golang.org/x/mod/sumdb/note"

	"daicho/internal/errs"
)

// Public is what a signature of a head is verified with, in the text form of C2SP signed notes:
// name+id+key. Its name is the name of the log, which all keys of a log share.
type Public struct {
	Text     string
	verifier note.Verifier
}

// ParsePublic reads the text form of a public key. Errors: Invalid.
func ParsePublic(text string) (Public, error) {
	text = strings.TrimSpace(text)
	v, err := note.NewVerifier(text)
	if err != nil {
		return Public{}, errs.New(errs.Invalid, "trail.public", "公開鍵を読み取れません。「名前+8桁+文字列」の一行をそのまま指定してください。")
	}
	return Public{text, v}, nil
}

// Log is the name of the log that the key signs.
func (p Public) Log() string { return p.verifier.Name() }

// Fingerprint names the key for people: the SHA-256 of the Ed25519 key in hex, by fours.
func (p Public) Fingerprint() string {
	_, b64, _ := strings.Cut(strings.TrimPrefix(p.Text, p.Log()+"+"), "+")
	raw, err := base64.StdEncoding.DecodeString(b64)
	if err != nil || len(raw) < 1 {
		return "" // ParsePublic has read it
	}
	sum := sha256.Sum256(raw[1:])
	text := hex.EncodeToString(sum[:])
	var out []string
	for i := 0; i < len(text); i += 4 {
		out = append(out, text[i:i+4])
	}
	return strings.Join(out, " ")
}

// Key signs heads.
type Key struct {
	Public
	signer note.Signer
}

// NewLogName makes a name that no other log has.
func NewLogName(random io.Reader) (string, error) {
	var b [8]byte
	if _, err := io.ReadFull(random, b[:]); err != nil {
		return "", fmt.Errorf("name of a log: %w", err)
	}
	return "daicho/" + hex.EncodeToString(b[:]), nil
}

// NewKey makes the text of a key for the log with the name, to be kept secret. Errors: Invalid for a
// name with a space or a plus; of the reader.
func NewKey(random io.Reader, log string) (string, error) {
	if log == "" || strings.ContainsAny(log, "+") || strings.ContainsFunc(log, func(r rune) bool { return r <= ' ' || r > '~' }) {
		return "", errs.New(errs.Invalid, "trail.log", "記録の名前は、空白と + を除く半角の英数字と記号で指定してください。例：example.lg.jp/daicho")
	}
	secret, _, err := note.GenerateKey(random, log)
	return secret + "\n", err
}

// ParseKey reads the text of a key. Errors: Invalid.
func ParseKey(text string) (Key, error) {
	bad := errs.New(errs.Invalid, "trail.key", "署名鍵のファイルを読み取れません。daicho trail key で作ったファイルを指定してください。")
	text = strings.TrimSpace(text)
	signer, err := note.NewSigner(text)
	if err != nil {
		return Key{}, bad
	}
	parts := strings.SplitN(text, "+", 5) // PRIVATE+KEY+name+id+key; NewSigner has read it
	seed, err := base64.StdEncoding.DecodeString(parts[4])
	if err != nil || len(seed) != 1+ed25519.SeedSize {
		return Key{}, bad
	}
	vkey, err := note.NewEd25519VerifierKey(signer.Name(), ed25519.NewKeyFromSeed(seed[1:]).Public().(ed25519.PublicKey))
	if err != nil {
		return Key{}, bad
	}
	p, err := ParsePublic(vkey)
	return Key{p, signer}, err
}

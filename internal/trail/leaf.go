// Package trail is the seal upon the 操作記録: how an act with its changes becomes a leaf, leaves a
// Merkle tree (RFC 6962), the tree a signed head (C2SP tlog-checkpoint), and how all of that is
// verified, with the register or with an exported file alone. docs/evidence-format.md says the same
// for people who write a verifier of their own. It is pure: it must not import what knows a database,
// a clock or a file.
package trail

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"hash"

	"golang.org/x/mod/sumdb/tlog"
)

// Hash is a SHA-256 of the tree; its text is base64.
type Hash = tlog.Hash

// The actions of acts that the trail itself looks at; internal/authz has them under the same codes.
const (
	ActionKey   = "trail.key"   // a key begins to sign
	ActionErase = "trail.erase" // a payload was erased
)

// Entry is one act at its place in the log. Digests and salts are lower-case hex.
type Entry struct {
	N      int64  `json:"n"` // place, from 0
	Act    int64  `json:"act"`
	Xid    string `json:"xid"`
	Head   int64  `json:"head"` // size of the last head when the act was sealed
	Digest string `json:"digest"`
	Salt   string `json:"salt"` // empty: what the act said was erased
	Text   string `json:"text"` // the JSON array that the digest is taken of; of an erased act what is left
	Leaf   string `json:"leaf"` // hash of the leaf as the register has it
	Count  int    `json:"changes"`
	Stored []byte `json:"-"` // what lies with the leaf in the register; nil elsewhere
}

// Sink takes a log from its first entry to its last: each entry, then its changes, and each head after
// the last entry under it.
type Sink interface {
	Entry(e Entry) error
	Change(c Change) error
	Head(note string) error
}

// Change is one row change of an entry. Before and After are the row as jsonb text, nil where the
// trail keeps a digest only.
type Change struct {
	Seq    int64   `json:"seq"`
	Op     string  `json:"op"`
	Table  string  `json:"tbl"`
	PK     string  `json:"pk"`
	Digest string  `json:"digest"`
	Salt   string  `json:"salt"` // empty: the payload was erased
	Before *string `json:"before,omitempty"`
	After  *string `json:"after,omitempty"`
}

// Bare reports whether the change never had a payload, so that its salt stands in the leaf.
func (c Change) Bare() bool { return c.Before == nil && c.After == nil && c.Salt != "" }

// Leaf takes the hash of one leaf as its parts come by, however many changes it has.
type Leaf struct{ h hash.Hash }

// leafFormat begins the content of a leaf. Another format would begin otherwise.
const leafFormat = "daicho-act/1\n"

// NewLeaf begins the leaf of an act with its transaction and its digest in hex, sealed after the head
// of so many entries: so no head can be taken out later.
func NewLeaf(act int64, xid string, head int64, digest string) *Leaf {
	l := &Leaf{sha256.New()}
	_, _ = fmt.Fprintf(l.h, "\x00%s%d %s %d %s\n", leafFormat, act, xid, head, digest) // a hash takes everything
	return l
}

// Add puts the next change, by ascending number, into the leaf.
func (l *Leaf) Add(c Change) {
	salt := "-"
	if c.Bare() {
		salt = c.Salt
	}
	_, _ = fmt.Fprintf(l.h, "%d %s %s %s %s %d %s\n", c.Seq, c.Op, c.Table, c.Digest, salt, len(c.PK), c.PK) // likewise
}

// Hash is the hash of the leaf.
func (l *Leaf) Hash() Hash { return Hash(l.h.Sum(nil)) }

// holds reports whether the digest of an act is that of its text.
func (e Entry) holds() bool { return digest(e.Salt, e.Text) == e.Digest }

// holds reports whether the digest of a change with a payload is that of the payload.
func (c Change) holds() bool {
	text := "\x1f"
	if c.Before != nil {
		text = *c.Before + text
	}
	if c.After != nil {
		text += *c.After
	}
	return digest(c.Salt, text) == c.Digest
}

func digest(salt, text string) string {
	b, err := hex.DecodeString(salt)
	if err != nil {
		return ""
	}
	sum := sha256.Sum256(append(b, text...))
	return hex.EncodeToString(sum[:])
}

// said is the part of an act's text that the trail itself looks at.
type said struct {
	Action, Outcome string
	Detail          struct {
		Key string `json:"key"`
	}
}

// read takes the text of an act apart. The text is a JSON array whose places docs/evidence-format.md
// names.
func (e Entry) read() (said, error) {
	var parts []json.RawMessage
	var s said
	if err := json.Unmarshal([]byte(e.Text), &parts); err != nil {
		return s, err
	}
	if len(parts) != 17 {
		return s, errors.New("not an act")
	}
	return s, errors.Join(json.Unmarshal(parts[9], &s.Action), json.Unmarshal(parts[10], &s.Outcome), json.Unmarshal(parts[16], &s.Detail))
}

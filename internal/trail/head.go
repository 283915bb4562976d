package trail

import (
	"errors"
	"fmt"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"

	"daicho/internal/errs"
)

// Head says what the first Size acts of a log are. Kept outside the register, it proves that nothing
// under it changed since.
type Head struct {
	Log  string // name of the log
	Size int64
	Root Hash
}

// text is the body of the checkpoint.
func (h Head) text() string { return fmt.Sprintf("%s\n%d\n%s\n", h.Log, h.Size, h.Root) }

// Short is the head on one line, as prints have it: the number of acts and the root.
func (h Head) Short() string { return fmt.Sprintf("%d %s", h.Size, h.Root) }

// IsZero reports whether there is no head.
func (h Head) IsZero() bool { return h.Size == 0 }

// Sign writes the head as a signed note. More than one key signs where a key hands over to the next.
func (h Head) Sign(keys ...Key) (string, error) {
	signers := make([]note.Signer, len(keys))
	for i, k := range keys {
		signers[i] = k.signer
	}
	b, err := note.Sign(&note.Note{Text: h.text()}, signers...)
	return string(b), err
}

var errHead = errs.New(errs.Invalid, "trail.head", "頭の控えを読み取れません。控えの全文か、台帳に印刷された「件数 文字列」をそのまま入れてください。")

// ReadHead reads a signed note without asking who signed it. Errors: Invalid.
func ReadHead(text string) (Head, error) {
	_, err := note.Open([]byte(text), nil)
	var unverified *note.UnverifiedNoteError
	if !errors.As(err, &unverified) {
		return Head{}, errHead
	}
	return parseHead(unverified.Note.Text)
}

// ReadTyped reads what a person typed or pasted: a signed note, or a head on one line, which has no
// signature and no name of the log. Errors: Invalid.
func ReadTyped(text string) (h Head, signed string, err error) {
	text = strings.TrimSpace(strings.ReplaceAll(text, "\r\n", "\n"))
	if words := strings.Fields(text); len(words) == 2 {
		h, err := parseHead("-\n" + strings.ReplaceAll(words[0], ",", "") + "\n" + words[1] + "\n")
		h.Log = ""
		return h, "", err
	}
	signed = text + "\n"
	h, err = ReadHead(signed)
	return h, signed, err
}

func parseHead(text string) (Head, error) {
	lines := strings.Split(text, "\n")
	if len(lines) < 4 || lines[0] == "" {
		return Head{}, errHead
	}
	size, err := strconv.ParseInt(lines[1], 10, 64)
	if err != nil || size < 1 || strconv.FormatInt(size, 10) != lines[1] {
		return Head{}, errHead
	}
	root, err := tlog.ParseHash(lines[2])
	if err != nil {
		return Head{}, errHead
	}
	return Head{lines[0], size, root}, nil
}

// signers opens a signed note and returns which of the keys signed it. Errors: when a signature by
// one of them is false, or none of them signed.
func signers(text string, keys []Public) (Head, []Public, error) {
	list := make([]note.Verifier, len(keys))
	for i, k := range keys {
		list[i] = k.verifier
	}
	n, err := note.Open([]byte(text), note.VerifierList(list...))
	if err != nil {
		return Head{}, nil, err
	}
	var by []Public
	for _, s := range n.Sigs {
		for _, k := range keys {
			if k.verifier.Name() == s.Name && k.verifier.KeyHash() == s.Hash {
				by = append(by, k)
			}
		}
	}
	h, err := parseHead(n.Text)
	return h, by, err
}

// Signers returns which of the keys signed a note. Errors: Conflict when none did, or one falsely.
func Signers(text string, keys []Public) ([]Public, error) {
	_, by, err := signers(text, keys)
	if err != nil {
		return nil, errs.New(errs.Conflict, "trail.signature", "頭の署名が、この記録の鍵のものではありません。")
	}
	return by, nil
}

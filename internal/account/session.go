package account

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"time"
)

// SessionID names the session that belongs to a token as the browser holds it, as in Session.ID.
func SessionID(token string) string {
	stored := sha256.Sum256([]byte(token)) // as scs stores it with HashTokenInStore
	id := sha256.Sum256([]byte(base64.RawURLEncoding.EncodeToString(stored[:])))
	return fmt.Sprintf("%x", id[:12])
}

// The keys of the values that a session carries and this store knows: they fill columns of their
// own, so that sessions can be listed and ended by account.
const (
	SessionAccount = "account" // id of the account, decimal
	SessionAddress = "address"
	SessionAgent   = "agent"
	// SessionFresh marks a session that was just made; the store inserts it and drops the mark. A
	// session without it is only ever updated: one that was revoked while a request was running
	// does not come back when the request ends.
	SessionFresh = "fresh"
)

// SessionMoves reports whether a request moves the idle limit of a session from the end that is stored to
// the next. Not every request does, because that is a write for every page somebody looks at; but before
// more than a sixtieth of the limit is gone. A session never lives longer than it should by that, and
// what is stored is what people are told.
func SessionMoves(stored, next, now time.Time) bool {
	return next.Before(stored) || next.Sub(stored) > next.Sub(now)/60
}

// SessionCodec writes a session as JSON; every value must be a string.
type SessionCodec struct{}

type sessionData struct {
	Deadline time.Time         `json:"deadline"`
	Values   map[string]string `json:"values"`
}

// Encode returns the bytes to store. Errors: a value that is no string.
func (SessionCodec) Encode(deadline time.Time, values map[string]any) ([]byte, error) {
	d := sessionData{deadline, make(map[string]string, len(values))}
	for k, v := range values {
		s, ok := v.(string)
		if !ok {
			return nil, fmt.Errorf("session value %s is a %T", k, v)
		}
		d.Values[k] = s
	}
	return json.Marshal(d)
}

// Decode is the reverse of Encode.
func (SessionCodec) Decode(b []byte) (time.Time, map[string]any, error) {
	var d sessionData
	if err := json.Unmarshal(b, &d); err != nil {
		return time.Time{}, nil, fmt.Errorf("session: %w", err)
	}
	values := make(map[string]any, len(d.Values))
	for k, v := range d.Values {
		values[k] = v
	}
	return d.Deadline, values, nil
}

// Package errs gives an error a kind, so that one place at the edge can turn any error into a
// response without knowing who made it. It is a leaf: standard library only.
package errs

import (
	"errors"
	"fmt"
)

// Kind says what an error means to the caller; the server maps each to one HTTP status.
type Kind uint8

const (
	// Internal is anything unexpected (500). It is the zero value, so a forgotten kind is never mild.
	Internal Kind = iota
	// Invalid is input that the user can correct (422).
	Invalid
	// NotFound is absent or outside the actor's scope; the two must look alike (404).
	NotFound
	// Forbidden is visible but not allowed to this actor (403).
	Forbidden
	// Unauthenticated means that nobody is signed in (303 to the sign-in page).
	Unauthenticated
	// Stale means that another was faster: the version differs (409).
	Stale
	// Conflict means that the state or a uniqueness rule does not allow it now (409).
	Conflict
	// Busy means that the server cannot serve now and the caller may try again (503).
	Busy
)

var kindNames = [...]string{"internal", "invalid", "not found", "forbidden", "unauthenticated", "stale", "conflict", "busy"}

// String returns the English name of the kind, for logs.
func (k Kind) String() string {
	if int(k) < len(kindNames) {
		return kindNames[k]
	}
	return fmt.Sprintf("kind %d", uint8(k))
}

// Error is an error with a kind. Message is Japanese and may be shown to the user; Err never is.
type Error struct {
	Kind    Kind
	Code    string // stable, for tests and logs: "asset.name.required"
	Field   string // key of the form field that it concerns, or empty
	Message string // Japanese: where and what to do; empty when only the kind matters
	Err     error  // cause, for the log only
}

// Error joins the code, the message and the cause, for logs.
func (e *Error) Error() string {
	s := e.Kind.String()
	if e.Code != "" {
		s += " " + e.Code
	}
	if e.Field != "" {
		s += " (" + e.Field + ")"
	}
	if e.Message != "" {
		s += ": " + e.Message
	}
	if e.Err != nil {
		s += ": " + e.Err.Error()
	}
	return s
}

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Err }

// New makes an error of a kind with a stable code and a Japanese message for the user.
func New(k Kind, code, message string) *Error {
	return &Error{Kind: k, Code: code, Message: message}
}

// OnField makes an Invalid error that belongs to one form field.
func OnField(field, code, message string) *Error {
	return &Error{Kind: Invalid, Code: code, Field: field, Message: message}
}

// Wrap gives a cause a kind and a code; it returns nil for a nil cause.
func Wrap(k Kind, code string, err error) error {
	if err == nil {
		return nil
	}
	return &Error{Kind: k, Code: code, Err: err}
}

// KindOf returns the kind of the outermost *Error in the chain that has one other than Internal,
// or Internal if there is none. It looks into joined errors too; the first found wins.
func KindOf(err error) Kind {
	if e := find(err); e != nil {
		return e.Kind
	}
	return Internal
}

// CodeOf returns the code that goes with KindOf, or the empty string.
func CodeOf(err error) string {
	if e := find(err); e != nil {
		return e.Code
	}
	return ""
}

// MessageOf returns the Japanese message meant for the user, or the empty string.
func MessageOf(err error) string {
	if e := find(err); e != nil {
		return e.Message
	}
	return ""
}

// Fields returns every field error in the chain, in order.
func Fields(err error) []*Error {
	var out []*Error
	walk(err, func(e *Error) bool {
		if e.Field != "" {
			out = append(out, e)
		}
		return true
	})
	return out
}

// Is reports whether the error is of the kind.
func Is(err error, k Kind) bool { return err != nil && KindOf(err) == k }

func find(err error) *Error {
	var got *Error
	walk(err, func(e *Error) bool {
		if e.Kind != Internal {
			got = e
			return false
		}
		return true
	})
	return got
}

// walk visits every *Error in the tree, outermost first, until f returns false.
func walk(err error, f func(*Error) bool) bool {
	if err == nil {
		return true
	}
	if e, ok := err.(*Error); ok { //nolint:errorlint // the walk itself unwraps
		if !f(e) {
			return false
		}
	}
	switch u := err.(type) { //nolint:errorlint // the walk itself unwraps
	case interface{ Unwrap() []error }:
		for _, c := range u.Unwrap() {
			if !walk(c, f) {
				return false
			}
		}
	case interface{ Unwrap() error }:
		return walk(u.Unwrap(), f)
	}
	return true
}

// Join is errors.Join, here so that callers need one import.
func Join(err ...error) error { return errors.Join(err...) }

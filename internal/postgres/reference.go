package postgres

import (
	"context"
	"sync"
	"time"
)

// Organisation, schemes, catalogues and rules (基準データ) change a few times a year, and every request
// asks for them. Each process keeps the answers in memory under the mark that the database gives to
// this state of its tables (migration 17): a trigger of each puts a new mark with every change. View
// reads the mark in its snapshot, with the appointments, and so in no round trip of its own; answers
// under that mark are what this snapshot would read, whichever process wrote them. Some answers depend
// on the day as well, so a state is a mark on a day.
//
// A transaction that writes sees what others commit while it runs and what it has changed itself. It
// keeps the few answers of which it needs a thousand (bulk) for itself alone, and never gives one to
// others.

// state names the content of the reference tables on a day (JST).
type state struct {
	mark [16]byte
	day  time.Time
}

// question is a thing to be known of the reference data.
type question uint8

// The questions. An answer is shared by all requests and never changed: a test compares.
const (
	askSchemeToday question = iota
	askScheme
	askUnits
	askHosts
	askPosts
	askPlace
	askCatalogueToday
	askApplicability
	// Up to here a transaction that writes keeps answers too.
	bulk
	askSchemeOf
	askMappings
	askCatalogue
	askChapters
	askControls
	askCodeNames
	askChecks
	askPlacement
	askDirectory
	questions // how many there are
)

// asked is a question with what it is about: an id, a code, the units in scope.
type asked struct {
	question
	of string
}

// memory keeps answers. Its zero value is empty.
type memory struct {
	state
	shared  bool // by all snapshots of one state; otherwise of one transaction that writes
	answers sync.Map
}

// recollect returns the memory of the state that a snapshot sees. Two states may take turns while one
// is replaced by the other: that costs a reading, and never mixes them.
func (db *DB) recollect(s state) *memory {
	m := db.reference.Load()
	if m == nil || m.state != s {
		m = &memory{state: s, shared: true}
		db.reference.Store(m)
	}
	return m
}

// keep returns what is known of a question, or reads it and remembers the answer; an error is not
// remembered. The first of several answers that are read at once is everybody's.
func keep[T any](ctx context.Context, t *Tx, q question, of string, read func(context.Context) (T, error)) (T, error) {
	m := t.memory
	if m == nil || !m.shared && q >= bulk {
		return read(ctx)
	}
	key := asked{q, of}
	if known, ok := m.answers.Load(key); ok {
		return known.(T), nil
	}
	answer, err := read(context.WithValue(ctx, readFor{}, q))
	if err != nil {
		return answer, err
	}
	known, _ := m.answers.LoadOrStore(key, answer)
	return known.(T), nil
}

// readFor is the question for which a context reads, for the test that knows from which tables answers
// come.
type readFor struct{}

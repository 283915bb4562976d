package account

import "time"

// Throttle says how failures to sign in are slowed down. The count belongs to one key: a login or
// an address.
type Throttle struct {
	Free   int           // failures that cost nothing
	Base   time.Duration // wait after the first failure beyond Free; doubles with each further one
	Cap    time.Duration // longest wait
	Forget time.Duration // failures older than this are forgotten
}

// ByLogin slows down guessing of one account. The wait is capped, so that an attacker who fails on
// purpose never shuts the owner out for long.
func ByLogin() Throttle {
	return Throttle{Free: 4, Base: 30 * time.Second, Cap: 15 * time.Minute, Forget: 12 * time.Hour}
}

// ByAddress slows down guessing of many accounts from one address; a whole office may share one.
func ByAddress() Throttle {
	return Throttle{Free: 20, Base: 30 * time.Second, Cap: 15 * time.Minute, Forget: 12 * time.Hour}
}

// Wait is how long a key waits after its nth failure.
func (t Throttle) Wait(failures int) time.Duration {
	over := failures - t.Free
	if over <= 0 {
		return 0
	}
	wait := t.Base
	for range over - 1 {
		if wait *= 2; wait >= t.Cap {
			return t.Cap
		}
	}
	return min(wait, t.Cap)
}

// Failures is the state of one key.
type Failures struct {
	Count int
	Since time.Time // of the last failure
	Until time.Time // no attempt is looked at before
}

// Blocked reports whether an attempt at now is refused unseen, and for how long.
func (f Failures) Blocked(now time.Time) (time.Duration, bool) {
	if left := f.Until.Sub(now); left > 0 {
		return left, true
	}
	return 0, false
}

// Fail is the state after one more failure at now.
func (t Throttle) Fail(f Failures, now time.Time) Failures {
	if now.Sub(f.Since) > t.Forget {
		f.Count = 0
	}
	f.Count++
	f.Since = now
	f.Until = now.Add(t.Wait(f.Count))
	return f
}

// Package authz decides who may do what: the actor, the actions, the policy table and the scope in
// which a grant holds. It is pure. A Grant is the only key to the database, and only Permit and
// Operator make one, so a forgotten check does not compile.
package authz

import (
	"slices"

	"daicho/internal/errs"
	"daicho/internal/org"
)

// Actor is who acts: a signed-in person with today's appointments, or the operator at the machine.
// The zero Actor is nobody and is permitted nothing but to sign in.
type Actor struct {
	Account      int64
	Person       int64
	Login        string
	Name         string
	Appointments []org.Appointment
	Auth         string // how identity was proved: password, operator, none
	Channel      string // web, cli, system
	RequestID    string
}

// Known reports whether somebody is signed in.
func (a Actor) Known() bool { return a.Person != 0 }

// Has reports whether the actor holds a post with the role.
func (a Actor) Has(r org.Role) bool {
	return slices.ContainsFunc(a.Appointments, func(p org.Appointment) bool { return p.Role == r })
}

// Title returns 所属 職 of the actor's first appointment (本務 comes first), for acts and prints.
func (a Actor) Title() string {
	if len(a.Appointments) == 0 {
		return ""
	}
	p := a.Appointments[0]
	return p.UnitPath + " " + p.PostName
}

// Grant is the permission of one actor to do one action. Its zero value is refused everywhere.
type Grant struct {
	actor  Actor
	action Action
	ok     bool
}

// Actor returns who was permitted.
func (g Grant) Actor() Actor { return g.actor }

// Action returns what was permitted.
func (g Grant) Action() Action { return g.action }

// Valid reports whether the grant came from Permit or Operator.
func (g Grant) Valid() bool { return g.ok }

// Permit gives the grant to do an action if any of the actor's posts may do it. The appointments
// are read again inside the transaction that uses the grant, which narrows it to a Scope.
// Errors: Unauthenticated for nobody, Forbidden when no post of the actor may do it.
func Permit(a Actor, act Action) (Grant, error) {
	rule, ok := ruleFor(act)
	if !ok {
		return Grant{}, errs.New(errs.Forbidden, "authz.unknown_action", "")
	}
	if rule.Anyone {
		return Grant{a, act, true}, nil
	}
	if !a.Known() {
		return Grant{}, errs.New(errs.Unauthenticated, "authz.signed_out", "ログインしてください。")
	}
	if rule.SignedIn || slices.ContainsFunc(rule.Roles, a.Has) {
		return Grant{a, act, true}, nil
	}
	return Grant{}, errs.New(errs.Forbidden, "authz.role", "この操作は、"+rule.who()+"が行えます。")
}

// Can reports whether Permit would give the grant: for showing or hiding a button.
func Can(a Actor, act Action) bool {
	_, err := Permit(a, act)
	return err == nil
}

// Operator gives the grant of somebody at the machine's command line to do one of the operator's
// actions (loading a pack, the first account). It carries no business authority.
// Errors: Forbidden for any other action.
func Operator(osUser string, act Action) (Grant, error) {
	rule, ok := ruleFor(act)
	if !ok || !rule.Operator {
		return Grant{}, errs.New(errs.Forbidden, "authz.operator", "この操作はコマンドからは行えません。")
	}
	return Grant{Actor{Name: "OS利用者 " + osUser, Auth: "operator", Channel: "cli"}, act, true}, nil
}

// System gives the grant of the program itself, without anybody's word, to do one of the operator's
// actions: what it does by the clock. It carries no business authority.
// Errors: Forbidden for any other action.
func System(act Action) (Grant, error) {
	rule, ok := ruleFor(act)
	if !ok || !rule.Operator {
		return Grant{}, errs.New(errs.Forbidden, "authz.system", "この操作は自動では行えません。")
	}
	return Grant{Actor{Name: "システム", Auth: "none", Channel: "system"}, act, true}, nil
}

// Scope is how far a grant reaches in one transaction: resolved from the appointments that the
// transaction itself has read.
type Scope struct {
	all   bool
	units []int64
	posts []org.Appointment // the appointments that carry the action
}

// Resolve narrows a grant to the scope that freshly read appointments give.
// Errors: Forbidden when none of them carries the action any more.
func Resolve(g Grant, fresh []org.Appointment) (Scope, error) {
	rule, ok := ruleFor(g.action)
	if !g.ok || !ok {
		return Scope{}, errs.New(errs.Forbidden, "authz.no_grant", "")
	}
	if rule.Operator && !g.actor.Known() {
		return Scope{all: true}, nil
	}
	if rule.Anyone {
		return Scope{}, nil
	}
	var s Scope
	for _, p := range fresh {
		if !rule.SignedIn && !slices.Contains(rule.Roles, p.Role) {
			continue
		}
		s.posts = append(s.posts, p)
		if rule.SignedIn && p.Role == org.Admin {
			continue // the administrator's post opens no asset
		}
		if p.Reach == org.ReachBody && !rule.OwnOrgan {
			s.all = true
		}
		for _, u := range p.Units {
			if !slices.Contains(s.units, u) {
				s.units = append(s.units, u)
			}
		}
	}
	if len(s.posts) == 0 && !rule.SignedIn {
		return Scope{}, errs.New(errs.Forbidden, "authz.role", "この操作は、"+rule.who()+"が行えます。")
	}
	slices.Sort(s.units)
	return s, nil
}

// All reports whether the scope is the whole body.
func (s Scope) All() bool { return s.all }

// Units returns the ids of the units in scope; it means nothing when All holds.
func (s Scope) Units() []int64 { return s.units }

// Covers reports whether a unit lies in the scope.
func (s Scope) Covers(unit int64) bool {
	if s.all {
		return true
	}
	_, ok := slices.BinarySearch(s.units, unit)
	return ok
}

// Post returns the appointment by which the action reaches the unit: its own unit's first, else
// any that covers it. It reports false when none does.
func (s Scope) Post(unit int64) (org.Appointment, bool) {
	var found org.Appointment
	for _, p := range s.posts {
		if p.UnitID == unit {
			return p, true
		}
		if found.ID == 0 && (slices.Contains(p.Units, unit) || s.all && p.Reach == org.ReachBody) {
			found = p
		}
	}
	return found, found.ID != 0
}

// Posts returns the appointments that carry the action.
func (s Scope) Posts() []org.Appointment { return s.posts }

package authz

import (
	"slices"
	"testing"

	"pgregory.net/rapid"

	"daicho/internal/errs"
	"daicho/internal/org"
)

// What each role must never get, whatever the table says: a slip in the table fails here.
func TestSeparationOfDuties(t *testing.T) {
	for role, never := range map[org.Role][]Action{
		org.Admin:       {ReadAsset, ExportLedger, RegisterAsset, AttachFile, SubmitApplication, ReadApplication, Withdraw, SeeQueue, Decide, Rebuild},
		org.Auditor:     {RegisterAsset, AttachFile, SubmitApplication, Withdraw, SeeQueue, Decide, ManageAccounts, LoadPack, Rebuild},
		org.Registrant:  {Decide, SeeQueue, ManageAccounts, LoadPack, ReadTrail, Rebuild},
		org.Manager:     {ManageAccounts, LoadPack, ReadTrail, Rebuild},
		org.Responsible: {RegisterAsset, SubmitApplication, ManageAccounts, LoadPack, Rebuild},
		org.Chief:       {RegisterAsset, SubmitApplication, ManageAccounts, LoadPack, Rebuild},
		org.CISO:        {RegisterAsset, SubmitApplication, ManageAccounts, LoadPack, Rebuild},
	} {
		for _, a := range never {
			if Can(holder(role), a) {
				t.Errorf("%s may %s", role, a)
			}
		}
	}
}

func TestNobodyMaySignInAndReadHelpOnly(t *testing.T) {
	for _, r := range Policy() {
		_, err := Permit(Actor{}, r.Action)
		if open := r.Action == SignIn || r.Action == ReadHelp; open != (err == nil) || !open && errs.KindOf(err) != errs.Unauthenticated {
			t.Errorf("%s: %v", r.Action, err)
		}
	}
	if _, err := Permit(holder(org.CISO), "no.such"); !errs.Is(err, errs.Forbidden) {
		t.Errorf("an action that is not in the table: %v", err)
	}
}

func TestOperatorDoesOperatorsWorkOnly(t *testing.T) {
	for _, r := range Policy() {
		g, err := Operator("root", r.Action)
		want := slices.Contains([]Action{ManageAccounts, LoadPack, Rebuild, RunChecks, SealTrail, ChangeTrailKey, AcceptRestore, VerifyTrail}, r.Action)
		if want != (err == nil) || g.Valid() != want {
			t.Errorf("%s: %v", r.Action, err)
		}
		if want && (g.Actor().Known() || g.Actor().Channel != "cli") {
			t.Errorf("%s: %+v", r.Action, g.Actor())
		}
	}
}

func TestZeroGrantResolvesToNothing(t *testing.T) {
	if _, err := Resolve(Grant{}, holder(org.CISO).Appointments); !errs.Is(err, errs.Forbidden) {
		t.Error(err)
	}
}

// The appointments that count are those that the transaction reads, not those of the request.
func TestResolveTakesFreshAppointments(t *testing.T) {
	g, err := Permit(holder(org.Manager), Decide)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := Resolve(g, nil); !errs.Is(err, errs.Forbidden) {
		t.Errorf("without a post any more: %v", err)
	}
	if _, err := Resolve(g, holder(org.Registrant).Appointments); !errs.Is(err, errs.Forbidden) {
		t.Errorf("with another post: %v", err)
	}
	s, err := Resolve(g, []org.Appointment{{ID: 7, Role: org.Manager, Reach: org.ReachUnit, UnitID: 5, Units: []int64{6, 5}}})
	if err != nil || s.All() || !slices.Equal(s.Units(), []int64{5, 6}) || !s.Covers(6) || s.Covers(1) {
		t.Errorf("%+v %v", s, err)
	}
}

func TestReachOverTheBody(t *testing.T) {
	chief := []org.Appointment{{ID: 1, Role: org.Chief, Reach: org.ReachBody, UnitID: 1, Units: []int64{1, 2}}}
	a := Actor{Account: 1, Person: 1, Appointments: chief}
	for action, all := range map[Action]bool{ReadAsset: true, ExportLedger: true, ReadApplication: true, ReadTrail: true, Decide: false, SeeQueue: false} {
		g, err := Permit(a, action)
		if err != nil {
			t.Fatal(err)
		}
		s, err := Resolve(g, chief)
		if err != nil || s.All() != all || s.Covers(99) != all || !s.Covers(2) {
			t.Errorf("%s: %+v %v", action, s, err)
		}
	}
}

// An administrator who is also a registrant sees with the registrant's post only.
func TestAdministratorsPostOpensNoAsset(t *testing.T) {
	both := []org.Appointment{
		{ID: 1, Role: org.Admin, Reach: org.ReachBody, UnitID: 1, Units: []int64{1, 2, 3}},
		{ID: 2, Role: org.Registrant, Reach: org.ReachUnit, UnitID: 4, Units: []int64{4}},
	}
	a := Actor{Account: 1, Person: 1, Appointments: both}
	for _, action := range []Action{ReadAsset, RegisterAsset, SeeHome, OwnAccount, ExportLedger} {
		g, err := Permit(a, action)
		if err != nil {
			t.Fatal(err)
		}
		s, err := Resolve(g, both)
		if err != nil || s.All() || !slices.Equal(s.Units(), []int64{4}) {
			t.Errorf("%s: %+v %v", action, s, err)
		}
	}
}

// Whatever posts somebody holds: a scope covers nothing that none of the posts that carry the action
// reaches, and the post that it names for a unit reaches that unit and carries the action.
func TestScopeNeverExceedsThePosts(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		posts := rapid.SliceOfN(rapid.Custom(func(t *rapid.T) org.Appointment {
			return org.Appointment{
				ID: rapid.Int64Range(1, 9).Draw(t, "id"), Role: rapid.SampledFrom(org.Roles()).Draw(t, "role"),
				Reach:  rapid.SampledFrom([]org.Reach{org.ReachUnit, org.ReachOrgan, org.ReachBody}).Draw(t, "reach"),
				UnitID: rapid.Int64Range(1, 9).Draw(t, "unit"), Units: rapid.SliceOf(rapid.Int64Range(1, 9)).Draw(t, "units"),
			}
		}), 0, 4).Draw(t, "posts")
		rule := rapid.SampledFrom(Policy()).Draw(t, "rule")
		g, err := Permit(Actor{Account: 1, Person: 1, Appointments: posts}, rule.Action)
		if err != nil {
			return
		}
		s, err := Resolve(g, posts)
		if err != nil {
			t.Fatal(err)
		}
		for unit := int64(1); unit <= 9; unit++ {
			reached := slices.ContainsFunc(posts, func(p org.Appointment) bool {
				carries := rule.SignedIn && p.Role != org.Admin || slices.Contains(rule.Roles, p.Role)
				return carries && (slices.Contains(p.Units, unit) || p.Reach == org.ReachBody && !rule.OwnOrgan)
			})
			if s.Covers(unit) != reached {
				t.Fatalf("%s covers %d: %v, reached: %v", rule.Action, unit, s.Covers(unit), reached)
			}
			p, ok := s.Post(unit)
			if ok && !rule.SignedIn && !slices.Contains(rule.Roles, p.Role) {
				t.Fatalf("%s by a post that does not carry it: %+v", rule.Action, p)
			}
		}
	})
}

// What the program does by the clock is the operator's kind of work, and nobody's business.
func TestSystemDoesOperatorsWorkOnly(t *testing.T) {
	for _, r := range Policy() {
		g, err := System(r.Action)
		if r.Operator != (err == nil) || g.Valid() != r.Operator {
			t.Errorf("%s: %v", r.Action, err)
		}
		if r.Operator && (g.Actor().Known() || g.Actor().Channel != "system") {
			t.Errorf("%s: %+v", r.Action, g.Actor())
		}
	}
}

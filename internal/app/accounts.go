package app

import (
	"context"
	"crypto/rand"
	"strings"

	"daicho/internal/account"
	"daicho/internal/authz"
	"daicho/internal/errs"
	"daicho/internal/jptext"
	"daicho/internal/org"
	"daicho/internal/postgres"
)

// Account is one 利用者ID for the administrator.
type Account = postgres.Account

// AccountQuery asks for one page of the list of accounts.
type AccountQuery struct {
	Query string // part of login, name, yomi or code
	Ended bool   // ended ones too
	Page  int    // from 1
}

// AccountsPerPage is how many accounts a page of the list holds.
const AccountsPerPage = 50

// AccountList is one page of the list.
type AccountList struct {
	Rows              []Account
	Total, Page, Size int
}

// Accounts lists accounts by login.
func (a *App) Accounts(ctx context.Context, actor authz.Actor, q AccountQuery) (AccountList, error) {
	g, err := authz.Permit(actor, authz.ManageAccounts)
	if err != nil {
		return AccountList{}, err
	}
	out := AccountList{Page: max(q.Page, 1), Size: AccountsPerPage}
	err = a.db.View(ctx, g, func(ctx context.Context, t *postgres.Tx) (err error) {
		out.Rows, out.Total, err = t.Accounts(ctx, postgres.AccountFilter{
			Query: q.Query, Ended: q.Ended, Limit: out.Size, Offset: (out.Page - 1) * out.Size,
		})
		return err
	})
	return out, err
}

// AccountView is one account with its sessions.
type AccountView struct {
	Account  Account
	Sessions []Session
	Self     bool // it is the actor's own
}

// Account reads one account. Errors: NotFound.
func (a *App) Account(ctx context.Context, actor authz.Actor, id int64) (AccountView, error) {
	g, err := authz.Permit(actor, authz.ManageAccounts)
	if err != nil {
		return AccountView{}, err
	}
	var v AccountView
	err = a.db.View(ctx, g, func(ctx context.Context, t *postgres.Tx) error {
		var err error
		if v.Account, err = t.Account(ctx, id); err != nil {
			return err
		}
		v.Self = v.Account.Person == actor.Person
		v.Sessions, err = t.Sessions(ctx, id)
		return err
	})
	return v, err
}

// Person is somebody who may get an account.
type Person = postgres.Person

// OfficePost is a post that can be given.
type OfficePost = postgres.OfficePost

// AccountChoices is what the form for a new account offers.
type AccountChoices struct {
	Persons []Person
	Posts   []OfficePost
}

// AccountChoices reads the people without an account and the posts that a new person can hold.
func (a *App) AccountChoices(ctx context.Context, actor authz.Actor) (AccountChoices, error) {
	g, err := authz.Permit(actor, authz.ManageAccounts)
	if err != nil {
		return AccountChoices{}, err
	}
	var c AccountChoices
	err = a.db.View(ctx, g, func(ctx context.Context, t *postgres.Tx) (err error) {
		if c.Persons, err = t.PersonsWithoutAccount(ctx, 1000); err != nil {
			return err
		}
		c.Posts, err = t.OfficePosts(ctx)
		return err
	})
	return c, err
}

// NewAccount is a 利用者ID to make: for a person that is there (Person), or for a new one (Name, Yomi,
// Code and a Post from today).
type NewAccount struct {
	Login            string
	Person           int64
	Name, Yomi, Code string
	Post             int64
}

// CreatedAccount is a new 利用者ID with the password that its owner must change. The password is
// nowhere else: it is shown once.
type CreatedAccount struct {
	ID       int64
	Login    string
	Name     string
	Password string
}

// CreateAccount makes an account with a generated password. A new person may be given any post but
// only together with the account; the act says which, so that the 統括 can see it.
// Errors: Invalid on the fields login, person, name, code, post.
func (a *App) CreateAccount(ctx context.Context, actor authz.Actor, in NewAccount) (CreatedAccount, error) {
	g, err := authz.Permit(actor, authz.ManageAccounts)
	if err != nil {
		return CreatedAccount{}, err
	}
	var post OfficePost
	return a.createAccount(ctx, g, in, "", func(ctx context.Context, t *postgres.Tx, n *postgres.Note) error {
		if in.Person != 0 {
			return nil
		}
		var err error
		if post, err = t.PostByID(ctx, in.Post); errs.Is(err, errs.NotFound) {
			err = errs.OnField("post", "account.post", "職を選び直してください。")
		}
		n.Unit = post.UnitID
		n.Detail["post"] = post.Unit + " " + post.Name
		n.Detail["role"] = post.Role.Label()
		return err
	}, func(ctx context.Context, t *postgres.Tx, person int64) error {
		if in.Person != 0 {
			return nil
		}
		_, err := t.Appoint(ctx, person, post.ID, org.Main)
		return err
	})
}

// FirstAdmin is the administrator whom an operator makes at the machine.
type FirstAdmin struct {
	Login, Name string
	Unit        string // code of the unit of the post; empty = where such a post is, else the first unit
	Password    string // empty = generated
}

// CreateAdmin makes a new person with the administrator's post and an account, by the operator at
// the machine. A given password need not be changed, a generated one must be.
// Errors: Conflict when no organisation is loaded, Invalid on the fields login, name, password, unit.
func (a *App) CreateAdmin(ctx context.Context, osUser string, in FirstAdmin) (CreatedAccount, error) {
	g, err := authz.Operator(osUser, authz.ManageAccounts)
	if err != nil {
		return CreatedAccount{}, err
	}
	only := NewAccount{Login: in.Login, Name: in.Name}
	return a.createAccount(ctx, g, only, in.Password, func(_ context.Context, _ *postgres.Tx, n *postgres.Note) error {
		n.Detail["role"] = org.Admin.Label()
		return nil
	}, func(ctx context.Context, t *postgres.Tx, person int64) error {
		post, err := t.AdminPost(ctx, in.Unit)
		if errs.Is(err, errs.NotFound) {
			if in.Unit != "" {
				return errs.OnField("unit", "account.unit", "コード「"+in.Unit+"」の組織はありません。")
			}
			return errs.New(errs.Conflict, "account.no_org", "組織がまだありません。先に daicho pack load で組織のパックを読み込んでください。")
		}
		if err != nil {
			return err
		}
		_, err = t.Appoint(ctx, person, post, org.Main)
		return err
	})
}

// createAccount makes the account, and the person unless one is named. plan reads what the act must
// say before it is signed; appoint, after it, gives the person a post.
func (a *App) createAccount(ctx context.Context, g authz.Grant, in NewAccount, password string,
	plan func(context.Context, *postgres.Tx, *postgres.Note) error, appoint func(context.Context, *postgres.Tx, int64) error,
) (CreatedAccount, error) {
	out := CreatedAccount{Login: account.Login(in.Login)}
	if err := checkNew(out.Login, in, password); err != nil {
		return CreatedAccount{}, err
	}
	must := password == ""
	if must {
		var err error
		if password, err = a.hash.generate(); err != nil {
			return CreatedAccount{}, err
		}
		out.Password = password
	}
	phc, err := a.hash.encode(ctx, password)
	if err != nil {
		return CreatedAccount{}, err
	}
	err = a.db.Act(ctx, g, func(ctx context.Context, t *postgres.Tx) error {
		n := postgres.Note{Target: out.Login, Detail: map[string]any{"what": "created"}}
		if err := plan(ctx, t, &n); err != nil {
			return err
		}
		if err := t.Sign(ctx, n); err != nil {
			return err
		}
		person, name, err := a.personFor(ctx, t, in)
		if err != nil {
			return err
		}
		out.Name = name
		if err := appoint(ctx, t, person); err != nil {
			return err
		}
		if out.ID, err = t.InsertAccount(ctx, person, out.Login); err != nil {
			return err
		}
		return t.SetPassword(ctx, out.ID, phc, must)
	})
	if err != nil {
		return CreatedAccount{}, accountConflict(err)
	}
	return out, nil
}

func checkNew(login string, in NewAccount, password string) error {
	var bad []error
	if err := account.CheckLogin("login", login); err != nil {
		bad = append(bad, err)
	}
	if in.Person == 0 && strings.TrimSpace(in.Name) == "" {
		bad = append(bad, errs.OnField("name", "account.name", "氏名を入力してください。"))
	}
	for _, x := range [...][3]string{{"name", "氏名", in.Name}, {"yomi", "ふりがな", in.Yomi}, {"code", "職員番号", in.Code}} {
		if _, err := note(x[0], x[1], x[2], titleMax); err != nil {
			bad = append(bad, err)
		}
	}
	if password != "" {
		if err := account.CheckPassword("password", password, login, in.Name); err != nil {
			bad = append(bad, err)
		}
	}
	return errs.Join(bad...)
}

// personFor reads the person named, or makes one. A new person without a code gets a random one.
func (a *App) personFor(ctx context.Context, t *postgres.Tx, in NewAccount) (int64, string, error) {
	if in.Person != 0 {
		p, err := t.PersonByID(ctx, in.Person)
		if errs.Is(err, errs.NotFound) {
			err = errs.OnField("person", "account.person", "職員を選び直してください。")
		}
		return p.ID, p.Name, err
	}
	name, err := jptext.Clean(in.Name)
	if err != nil {
		return 0, "", errs.OnField("name", "account.name", "氏名："+errs.MessageOf(err))
	}
	code := jptext.Code(in.Code)
	if code == "" {
		code = "N-" + rand.Text()[:12]
	}
	id, err := t.InsertPerson(ctx, code, name, strings.TrimSpace(in.Yomi))
	return id, name, err
}

// accountConflict gives what the database found to be taken a message at its field.
func accountConflict(err error) error {
	switch errs.CodeOf(err) {
	case "unique.account_login_key":
		return errs.OnField("login", "account.login.taken", "この利用者IDはすでに使われています（利用を終えたものも使えません）。別の利用者IDにしてください。")
	case "unique.account_person_id_key":
		return errs.OnField("person", "account.person.taken", "この職員には、すでに利用者IDがあります。")
	case "unique.person_code_key":
		return errs.OnField("code", "account.code.taken", "この職員番号は、ほかの職員に使われています。")
	}
	return err
}

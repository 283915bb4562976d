package postgres

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"daicho/internal/asset"
	"daicho/internal/errs"
	"daicho/internal/org"
)

// Draft is the raw form of an asset that is being written: what was typed, as it was typed.
type Draft struct {
	Asset     int64
	Kind      asset.Kind
	Number    string // "" until the first submission
	Unit      int64
	Owner     int64 // person who saved last
	OwnerName string
	BaseNo    int // version from which it was made; 0 = new
	EditNo    int // another with each save, and never that of an earlier draft of the asset
	Form      map[string][]string
	Returned  int64 // application that was sent back, or 0
	UpdatedAt time.Time
}

const sqlNewAsset = `INSERT INTO asset (kind) VALUES (@kind) RETURNING id`

// NewAsset makes the identity of an asset; it has no number until it is submitted.
func (t *Tx) NewAsset(ctx context.Context, k asset.Kind) (int64, error) {
	return scalar[int64](ctx, t, sqlNewAsset, pgx.StrictNamedArgs{"kind": string(k)})
}

const (
	fragDraft = `
SELECT d.asset_id AS asset, s.kind, coalesce(s.number, '') AS number, d.unit_id AS unit, d.owner_id AS owner, p.name AS owner_name,
       d.base_no, d.edit_no, d.form, coalesce(d.returned, 0) AS returned, d.updated_at
FROM draft d JOIN asset s ON s.id = d.asset_id JOIN person p ON p.id = d.owner_id
WHERE (@everything OR d.unit_id = ANY (@scope::bigint[]))`

	// Of the drafts in scope those that are the actor's work, and of them those that came back.
	fragDraftsOf = ` AND (@all OR d.owner_id = @person OR d.unit_id = ANY (@registers::bigint[])) AND (NOT @returned OR d.returned IS NOT NULL)`

	sqlDraft      = fragDraft + ` AND d.asset_id = @asset`
	sqlDraftsOf   = fragDraft + ` AND d.asset_id = ANY (@assets::bigint[])`
	sqlLockDrafts = fragDraft + ` AND d.asset_id = ANY (@assets::bigint[]) ORDER BY d.asset_id FOR UPDATE OF d`
	sqlOwnDrafts  = fragDraft + fragDraftsOf + ` ORDER BY (d.owner_id = @person) DESC, (d.returned IS NOT NULL) DESC, d.updated_at DESC, d.asset_id DESC LIMIT @limit OFFSET @offset`
)

// Draft reads one draft within the scope. Errors: NotFound.
func (t *Tx) Draft(ctx context.Context, id int64) (Draft, error) {
	return row[Draft](ctx, t, sqlDraft, t.scoped(pgx.StrictNamedArgs{"asset": id}))
}

// DraftsOf reads drafts by their assets; those that are not there or outside the scope are missing from
// the result.
func (t *Tx) DraftsOf(ctx context.Context, ids []int64) (map[int64]Draft, error) {
	ds, err := rows[Draft](ctx, t, sqlDraftsOf, t.scoped(pgx.StrictNamedArgs{"assets": ids}))
	out := make(map[int64]Draft, len(ds))
	for _, d := range ds {
		out[d.Asset] = d
	}
	return out, err
}

// LockDrafts reads drafts for a submission and holds them to the end of the transaction. The result
// is in the order of ids, so that two submissions wait for each other instead of deadlocking.
// Errors: NotFound unless all of them are there and in scope.
func (t *Tx) LockDrafts(ctx context.Context, ids []int64) ([]Draft, error) {
	ds, err := rows[Draft](ctx, t, sqlLockDrafts, t.scoped(pgx.StrictNamedArgs{"assets": ids}))
	if err == nil && len(ds) != len(ids) {
		return nil, errScope()
	}
	return ds, err
}

// DraftFilter says which of the drafts in scope are asked for. Unless All is set, these are the work of
// the actor: what the actor saved last, and what stands in a unit where the actor registers. Whoever
// only decides for a unit sees the drafts of its registrants, but they are theirs to finish.
type DraftFilter struct {
	All      bool
	Returned bool // only those that came back
}

func (t *Tx) draftArgs(f DraftFilter, args pgx.StrictNamedArgs) pgx.StrictNamedArgs {
	registers := []int64{}
	for _, p := range t.scope.Posts() {
		if p.Role == org.Registrant {
			registers = append(registers, p.Units...)
		}
	}
	args["all"], args["returned"], args["person"], args["registers"] = f.All, f.Returned, t.actor.Person, registers
	return t.scoped(args)
}

// Drafts lists the drafts that a filter names: the actor's own first, what came back before the rest,
// newest first.
func (t *Tx) Drafts(ctx context.Context, f DraftFilter, limit, offset int) ([]Draft, error) {
	return rows[Draft](ctx, t, sqlOwnDrafts, t.draftArgs(f, pgx.StrictNamedArgs{"limit": limit, "offset": offset}))
}

const sqlCountDrafts = `
SELECT count(*) FROM draft d WHERE (@everything OR d.unit_id = ANY (@scope::bigint[]))` + fragDraftsOf

// CountDrafts counts the drafts that a filter names.
func (t *Tx) CountDrafts(ctx context.Context, f DraftFilter) (int, error) {
	return scalar[int](ctx, t, sqlCountDrafts, t.draftArgs(f, pgx.StrictNamedArgs{}))
}

const (
	sqlInsertDraft = `
INSERT INTO draft (asset_id, unit_id, owner_id, base_no, form, returned, created_at, updated_at)
VALUES (@asset, @unit, @owner, @base, @form, nullif(@returned::bigint, 0), now(), now()) RETURNING edit_no`

	sqlUpdateDraft = `
UPDATE draft SET unit_id = @unit, owner_id = @owner, form = @form, edit_no = nextval('draft_edit'), updated_at = now()
WHERE asset_id = @asset AND edit_no = @edit AND (@everything OR unit_id = ANY (@scope::bigint[])) RETURNING edit_no`

	sqlDeleteDraft = `DELETE FROM draft WHERE asset_id = @asset`
)

// InsertDraft stores a new draft and returns the number of its edit. Errors: Conflict "unique.draft_pkey" when the asset has one already;
// NotFound when its unit lies outside the scope.
func (t *Tx) InsertDraft(ctx context.Context, d Draft) (edit int, err error) {
	if !t.scope.Covers(d.Unit) {
		return 0, errScope()
	}
	return scalar[int](ctx, t, sqlInsertDraft, pgx.StrictNamedArgs{
		"asset": d.Asset, "unit": d.Unit, "owner": t.actor.Person, "base": d.BaseNo, "form": d.Form, "returned": d.Returned,
	})
}

// ReviveDraft stores the draft of a version that came back without approval, for the person who
// submitted it. The caller has read the application within its scope.
func (t *Tx) ReviveDraft(ctx context.Context, d Draft, owner int64) error {
	_, err := scalar[int](ctx, t, sqlInsertDraft, pgx.StrictNamedArgs{
		"asset": d.Asset, "unit": d.Unit, "owner": owner, "base": d.BaseNo, "form": d.Form, "returned": d.Returned,
	})
	return mapErr(err)
}

// UpdateDraft stores what was typed over the edit that the form was opened with, and returns the
// number of the new one.
// Errors: Stale when another was faster; NotFound when either unit lies outside the scope.
func (t *Tx) UpdateDraft(ctx context.Context, d Draft) (edit int, err error) {
	if !t.scope.Covers(d.Unit) {
		return 0, errScope()
	}
	edit, err = scalar[int](ctx, t, sqlUpdateDraft, t.scoped(pgx.StrictNamedArgs{
		"asset": d.Asset, "unit": d.Unit, "owner": t.actor.Person, "form": d.Form, "edit": d.EditNo,
	}))
	if errs.Is(err, errs.NotFound) {
		return 0, errs.New(errs.Stale, "draft.stale", "この下書きは、あなたが開いたあとに別の画面で保存されました。")
	}
	return edit, err
}

// DeleteDraft removes a draft that was submitted or thrown away.
func (t *Tx) DeleteDraft(ctx context.Context, id int64) error {
	_, err := exec(ctx, t, sqlDeleteDraft, pgx.StrictNamedArgs{"asset": id})
	return err
}

// scoped adds the scope of the transaction to the arguments of a statement.
func (t *Tx) scoped(args pgx.StrictNamedArgs) pgx.StrictNamedArgs {
	args["everything"], args["scope"] = t.scope.All(), t.scope.Units()
	return args
}

// scopeKey names the scope among all scopes.
func (t *Tx) scopeKey() string {
	if t.scope.All() {
		return "all"
	}
	return fmt.Sprint(t.scope.Units())
}

const sqlUseToken = `
INSERT INTO form_token (token, account_id, result) VALUES (@token, @account, '') ON CONFLICT DO NOTHING`

const sqlTokenResult = `SELECT result FROM form_token WHERE token = @token AND account_id = @account`

// UseToken takes the idempotency token of a form. The second use of a token returns the result of
// the first (and waits for it while it runs). An empty token is always fresh.
func (t *Tx) UseToken(ctx context.Context, token string) (result string, used bool, err error) {
	if token == "" {
		return "", false, nil
	}
	args := pgx.StrictNamedArgs{"token": token, "account": t.actor.Account}
	n, err := exec(ctx, t, sqlUseToken, args)
	if err != nil || n == 1 {
		return "", false, mapErr(err)
	}
	// A token of another account is nobody's business: it looks like a used one without a result.
	result, err = scalar[string](ctx, t, sqlTokenResult, args)
	if errs.Is(err, errs.NotFound) {
		return "", true, nil
	}
	return result, true, err
}

const sqlSetTokenResult = `UPDATE form_token SET result = @result WHERE token = @token AND account_id = @account`

// SetTokenResult remembers where a form led, for its second use.
func (t *Tx) SetTokenResult(ctx context.Context, token, result string) error {
	if token == "" {
		return nil
	}
	_, err := exec(ctx, t, sqlSetTokenResult, pgx.StrictNamedArgs{"token": token, "account": t.actor.Account, "result": result})
	return err
}

const sqlNextNumber = `
INSERT INTO number_counter AS n (organ_id, fiscal_year, last) VALUES (@organ, @fy, 1)
ON CONFLICT (organ_id, fiscal_year) DO UPDATE SET last = n.last + 1 RETURNING last`

const sqlSetNumber = `UPDATE asset SET number = @number WHERE id = @asset`

// GiveNumber gives an asset its 管理番号 from the counter of its organ and fiscal year. The counter
// row is locked to the end of the transaction, so that numbers are unique and never reused.
func (t *Tx) GiveNumber(ctx context.Context, id, organ int64, prefix string, fiscalYear int) (string, error) {
	seq, err := scalar[int64](ctx, t, sqlNextNumber, pgx.StrictNamedArgs{"organ": organ, "fy": fiscalYear})
	if err != nil {
		return "", err
	}
	number := asset.FormatNumber(fiscalYear, prefix, seq)
	_, err = exec(ctx, t, sqlSetNumber, pgx.StrictNamedArgs{"asset": id, "number": number})
	return number, mapErr(err)
}

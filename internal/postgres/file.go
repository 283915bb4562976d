package postgres

import (
	"context"
	"crypto/sha256"
	"time"

	"github.com/jackc/pgx/v5"

	"daicho/internal/errs"
)

// Attachment is a file on an asset, without its content.
type Attachment struct {
	ID         int64
	Name       string
	Title      string
	MIME       string
	Size       int64
	SHA256     []byte
	AddedAt    time.Time
	AddedBy    string
	AddedPost  string
	RemovedAt  *time.Time
	RemovedBy  string
	RemovedWhy string
}

const (
	fragAttachment = `
SELECT f.id, f.name, f.title, b.mime, b.size, f.sha256, w.at AS added_at, w.person_text AS added_by, w.post_text AS added_post,
       r.at AS removed_at, coalesce(r.person_text, '') AS removed_by, coalesce(r.reason, '') AS removed_why
FROM asset_file f JOIN file b USING (sha256) JOIN act w ON w.id = f.added_act LEFT JOIN act r ON r.id = f.removed_act
WHERE f.asset_id = @asset`

	sqlAttachments = fragAttachment + ` ORDER BY f.removed_act IS NOT NULL, f.id`
	sqlAttachment  = fragAttachment + ` AND f.id = @id AND f.removed_act IS NULL`
	sqlFileBody    = `SELECT body FROM file WHERE sha256 = @digest`
)

// Attachments lists the files of an asset that the caller has read within the scope: those that
// hang on it first, then those that were taken off.
func (t *Tx) Attachments(ctx context.Context, id int64) ([]Attachment, error) {
	return rows[Attachment](ctx, t, sqlAttachments, pgx.StrictNamedArgs{"asset": id})
}

// Attachment reads one file that hangs on an asset, without its content. Errors: NotFound, also
// when it was taken off or hangs on another asset.
func (t *Tx) Attachment(ctx context.Context, asset, id int64) (Attachment, error) {
	return row[Attachment](ctx, t, sqlAttachment, pgx.StrictNamedArgs{"asset": asset, "id": id})
}

// FileBody reads the content of a file by its digest. Errors: NotFound.
func (t *Tx) FileBody(ctx context.Context, digest []byte) ([]byte, error) {
	return scalar[[]byte](ctx, t, sqlFileBody, pgx.StrictNamedArgs{"digest": digest})
}

const (
	// Content that is there already is not sent again: a file may have twenty megabytes.
	sqlHasFile = `SELECT EXISTS (SELECT FROM file WHERE sha256 = @digest)`

	sqlInsertFile = `
INSERT INTO file (sha256, size, mime, body) VALUES (@digest, @size, @mime, @body) ON CONFLICT DO NOTHING`

	sqlHasAttachment = `
SELECT EXISTS (SELECT FROM asset_file WHERE asset_id = @asset AND sha256 = @digest AND removed_act IS NULL)`

	sqlInsertAttachment = `
INSERT INTO asset_file (asset_id, sha256, name, title, added_act) VALUES (@asset, @digest, @name, @title, @act) RETURNING id`

	sqlRemoveAttachment = `
UPDATE asset_file SET removed_act = @act WHERE id = @id AND asset_id = @asset AND removed_act IS NULL`

	sqlLockAsset = `SELECT id FROM asset WHERE id = @asset FOR UPDATE`
)

// AddFile hangs a file on an asset that the caller has read within the scope. Content that the
// register holds already is stored once. Errors: Conflict when the same content hangs on it.
func (t *Tx) AddFile(ctx context.Context, asset int64, name, title, mime string, body []byte) (int64, error) {
	digest := sha256.Sum256(body)
	args := pgx.StrictNamedArgs{"digest": digest[:]}
	// Two uploads of the same file to one asset wait for each other, so that one of them is told.
	if _, err := scalar[int64](ctx, t, sqlLockAsset, pgx.StrictNamedArgs{"asset": asset}); err != nil {
		return 0, err
	}
	twice, err := scalar[bool](ctx, t, sqlHasAttachment, pgx.StrictNamedArgs{"asset": asset, "digest": digest[:]})
	if err != nil {
		return 0, err
	}
	if twice {
		return 0, errs.New(errs.Conflict, "file.twice", "")
	}
	there, err := scalar[bool](ctx, t, sqlHasFile, args)
	if err != nil {
		return 0, err
	}
	if !there {
		if _, err := exec(ctx, t, sqlInsertFile, pgx.StrictNamedArgs{"digest": digest[:], "size": len(body), "mime": mime, "body": body}); err != nil {
			return 0, mapErr(err)
		}
	}
	id, err := scalar[int64](ctx, t, sqlInsertAttachment, pgx.StrictNamedArgs{
		"asset": asset, "digest": digest[:], "name": name, "title": title, "act": t.act,
	})
	return id, mapErr(err)
}

// RemoveFile takes a file off an asset; the row and the content stay as evidence.
// Errors: NotFound when it does not hang on the asset (any more).
func (t *Tx) RemoveFile(ctx context.Context, asset, id int64) error {
	n, err := exec(ctx, t, sqlRemoveAttachment, pgx.StrictNamedArgs{"asset": asset, "id": id, "act": t.act})
	if err == nil && n == 0 {
		return errScope()
	}
	return mapErr(err)
}

package app

import (
	"context"
	"encoding/hex"
	"fmt"
	"io"
	"slices"
	"strings"

	"daicho/internal/asset"
	"daicho/internal/attach"
	"daicho/internal/authz"
	"daicho/internal/errs"
	"daicho/internal/jptext"
	"daicho/internal/postgres"
)

// FilesView is the tab 添付.
type FilesView struct {
	AssetHead
	Files   []postgres.Attachment // hanging on the asset
	Removed []postgres.Attachment // taken off; the content stays as evidence and is not given out
}

// Files lists the files of an asset. Errors: Forbidden, NotFound.
func (a *App) Files(ctx context.Context, actor authz.Actor, number string) (FilesView, error) {
	var v FilesView
	err := a.openAsset(ctx, actor, authz.ReadAsset, number, "files", func(ctx context.Context, t *postgres.Tx, r postgres.AssetRow) (bool, error) {
		head, err := a.assetHead(ctx, t, r)
		if err != nil {
			return false, err
		}
		v = FilesView{AssetHead: head}
		list, err := t.Attachments(ctx, r.Asset)
		for _, f := range list {
			if f.RemovedAt == nil {
				v.Files = append(v.Files, f)
			} else {
				v.Removed = append(v.Removed, f)
			}
		}
		return false, err
	})
	return v, err
}

// Bounds of what stands beside a file, in runes.
const (
	titleMax  = 100
	reasonMax = 500
)

// filesMax is how many files may hang on one asset at a time.
const filesMax = 100

// Attach hangs a file on an asset. It is read to its end or to one byte beyond the limit, and
// accepted by what it holds. The second use of a token does nothing.
// Errors: Forbidden, NotFound; Invalid on "file" or "title"; Conflict on "file" when the same
// content hangs on the asset already.
func (a *App) Attach(ctx context.Context, actor authz.Actor, number, name, title string, r io.Reader, token string) error {
	g, err := authz.Permit(actor, authz.AttachFile)
	if err != nil {
		return err
	}
	n, err := asset.ParseNumber(number)
	if err != nil {
		return errs.New(errs.NotFound, "asset.number", "")
	}
	// Whether the asset is there is asked first: nobody sends twenty megabytes to learn that.
	if err := a.db.View(ctx, g, func(ctx context.Context, t *postgres.Tx) error {
		_, err := t.HeadByNumber(ctx, n.String())
		return err
	}); err != nil {
		return err
	}
	body, err := io.ReadAll(io.LimitReader(r, attach.MaxSize+1))
	if err != nil {
		return errs.OnField(attach.Field, "attach.read", "ファイルを最後まで受け取れませんでした。もう一度添付してください")
	}
	file, badFile := attach.Check(name, body)
	title, badTitle := note("title", "説明", title, titleMax)
	_, badName := note(attach.Field, "ファイルの名前", file.Name, titleMax)
	if err := errs.Join(badFile, badTitle, badName); err != nil {
		return err
	}
	return a.db.Act(ctx, g, func(ctx context.Context, t *postgres.Tx) error {
		row, err := t.HeadByNumber(ctx, n.String())
		if err != nil {
			return err
		}
		files, err := t.Attachments(ctx, row.Asset)
		if err != nil {
			return err
		}
		digest := asset.Digest(body)
		if err := t.Sign(ctx, postgres.Note{
			Target: row.Number, Asset: row.Asset, Unit: row.Unit,
			Detail: map[string]any{"deed": "attach", "name": file.Name, "size": len(body), "sha256": hex.EncodeToString(digest[:])},
		}); err != nil {
			return err
		}
		if _, used, err := t.UseToken(ctx, token); err != nil || used {
			return err
		}
		files = slices.DeleteFunc(files, func(f Attachment) bool { return f.RemovedAt != nil })
		if len(files) >= filesMax {
			return errs.OnField(attach.Field, "attach.many", fmt.Sprintf("一つの資産に添付できるのは %d 件までです。要らなくなった添付を外してください", filesMax))
		}
		_, err = t.AddFile(ctx, row.Asset, file.Name, title, file.MIME, body)
		if errs.CodeOf(err) == "file.twice" {
			return errs.OnField(attach.Field, "attach.twice", "同じ内容のファイルがすでに添付されています。別のファイルを選んでください")
		}
		return err
	})
}

// note reads a short text that somebody typed beside an act.
func note(field, label, s string, limit int) (string, error) {
	s, err := jptext.Clean(s)
	if err != nil {
		return "", errs.OnField(field, "note.characters", label+"に使えない文字が入っています。打ち直してください")
	}
	if len([]rune(s)) > limit {
		return "", errs.OnField(field, "note.long", fmt.Sprintf("%sは%d文字までにしてください", label, limit))
	}
	if len(jptext.FindMyNumbers(s)) > 0 {
		return "", errs.OnField(field, "note.my_number", label+"に個人番号（マイナンバー）らしい12桁の数字があります。個人番号は書けません")
	}
	return s, nil
}

// Detach takes a file off an asset. Row and content stay in the register as evidence.
// Errors: Forbidden; NotFound, also when it was taken off already; Invalid on "reason".
func (a *App) Detach(ctx context.Context, actor authz.Actor, number string, id int64, reason string) error {
	g, err := authz.Permit(actor, authz.AttachFile)
	if err != nil {
		return err
	}
	n, err := asset.ParseNumber(number)
	if err != nil {
		return errs.New(errs.NotFound, "asset.number", "")
	}
	reason, err = note("reason", "外す理由", reason, reasonMax)
	if err != nil {
		return err
	}
	if strings.TrimSpace(reason) == "" {
		return errs.OnField("reason", "attach.reason", "外す理由を入力してください")
	}
	return a.db.Act(ctx, g, func(ctx context.Context, t *postgres.Tx) error {
		row, err := t.HeadByNumber(ctx, n.String())
		if err != nil {
			return err
		}
		f, err := t.Attachment(ctx, row.Asset, id)
		if err != nil {
			return err
		}
		if err := t.Sign(ctx, postgres.Note{
			Target: row.Number, Asset: row.Asset, Unit: row.Unit, Reason: reason,
			Detail: map[string]any{"deed": "detach", "name": f.Name, "sha256": hex.EncodeToString(f.SHA256)},
		}); err != nil {
			return err
		}
		return t.RemoveFile(ctx, row.Asset, id)
	})
}

// Attachment reads one file that hangs on an asset, without its content: for the page that asks
// before it is taken off. Errors: Forbidden, NotFound.
func (a *App) Attachment(ctx context.Context, actor authz.Actor, number string, id int64) (AssetHead, postgres.Attachment, error) {
	var h AssetHead
	var f postgres.Attachment
	err := a.openAsset(ctx, actor, authz.ReadAsset, number, "files", func(ctx context.Context, t *postgres.Tx, r postgres.AssetRow) (bool, error) {
		var err error
		if h, err = a.assetHead(ctx, t, r); err != nil {
			return false, err
		}
		f, err = t.Attachment(ctx, r.Asset, id)
		return false, err
	})
	return h, f, err
}

// Download gives the content of one file that hangs on an asset. From an asset of a guarded level it
// is recorded like every opening. Errors: Forbidden, NotFound.
func (a *App) Download(ctx context.Context, actor authz.Actor, number string, id int64) (postgres.Attachment, []byte, error) {
	var f postgres.Attachment
	var body []byte
	err := a.openAsset(ctx, actor, authz.ReadAsset, number, fmt.Sprintf("file %d", id), func(ctx context.Context, t *postgres.Tx, r postgres.AssetRow) (bool, error) {
		var err error
		if f, err = t.Attachment(ctx, r.Asset, id); err != nil {
			return false, err
		}
		body, err = t.FileBody(ctx, f.SHA256)
		return false, err
	})
	return f, body, err
}

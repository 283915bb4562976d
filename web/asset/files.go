package asset

import (
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"daicho/internal/app"
	"daicho/internal/attach"
	"daicho/internal/errs"
	"daicho/internal/form"
	"daicho/web/page"
	"daicho/web/ui"
)

// fileForm are the fields under which a file is hung on an asset.
func fileForm() *form.Form {
	return &form.Form{Token: rand.Text(), Fields: []*form.Field{
		{Key: attach.Field, Label: "ファイル", Type: form.File, Required: true,
			Hint: fmt.Sprintf("%s。1件 %d MB まで", attach.Accepted, attach.MaxSize>>20)},
		{Key: "title", Label: "説明", Type: form.Text, Max: 100, Hint: "何のファイルかを書きます。例：廃棄証明書、協定の写し"},
	}}
}

func (s shows) files(w http.ResponseWriter, r *http.Request, p *page.Request) error {
	v, err := s.app.Files(r.Context(), p.Actor, r.PathValue("no"))
	if err != nil {
		return err
	}
	if gone, err := canonical(w, r, v.Number); gone {
		return err
	}
	return page.Render(w, r, http.StatusOK, filesPage(p, headView{AssetHead: v.AssetHead, Tab: tabFiles}, v, fileForm()))
}

// upload is what a multipart form brought: the small fields come before the file.
type upload struct {
	values url.Values
	name   string
	body   io.Reader
}

// maxSmall bounds a field that is no file, in bytes.
const maxSmall = 4 << 10

// readUpload reads the parts of a form up to its file, which it leaves unread. The fields that the
// page puts after the file do not exist: the file is last on purpose.
func readUpload(r *http.Request) (upload, error) {
	bad := func(err error) error { return errs.Wrap(errs.Invalid, "files.form", err) }
	m, err := r.MultipartReader()
	if err != nil {
		return upload{}, bad(err)
	}
	u := upload{values: url.Values{}, body: strings.NewReader("")}
	for range 10 {
		part, err := m.NextPart()
		if errors.Is(err, io.EOF) {
			return u, nil
		}
		if err != nil {
			return u, bad(err)
		}
		if part.FormName() == attach.Field {
			u.name, u.body = fileName(part), part
			return u, nil
		}
		v, err := io.ReadAll(io.LimitReader(part, maxSmall))
		if err != nil {
			return u, bad(err)
		}
		u.values.Add(part.FormName(), string(v))
	}
	return u, bad(errors.New("too many parts"))
}

// fileName is the name as the browser sent it: Part.FileName would cut it at a backslash only on
// Windows, and the rule for names lives in one place.
func fileName(p *multipart.Part) string {
	_, params, err := mime.ParseMediaType(p.Header.Get("Content-Disposition"))
	if err != nil {
		return ""
	}
	return params["filename"]
}

func (s shows) attach(w http.ResponseWriter, r *http.Request, p *page.Request) error {
	no := r.PathValue("no")
	u, err := readUpload(r)
	if err != nil {
		return err
	}
	f := fileForm()
	token := form.Read(u.values, f.Fields...).Token
	if u.name == "" {
		err = errs.OnField(attach.Field, "form.required", "ファイルを選んでください")
	} else {
		err = s.app.Attach(r.Context(), p.Actor, no, u.name, u.values.Get("title"), u.body, token)
	}
	if err == nil {
		p.Leave(page.Success, "「"+attach.CleanName(u.name)+"」を添付しました。")
		return page.Redirect(w, r, page.AssetFiles(no))
	}
	if !errs.Is(err, errs.Invalid) {
		return err
	}
	v, err2 := s.app.Files(r.Context(), p.Actor, no)
	if err2 != nil {
		return err2
	}
	f.Add(err)
	return page.Render(w, r, http.StatusUnprocessableEntity, filesPage(p, headView{AssetHead: v.AssetHead, Tab: tabFiles, Failed: true}, v, f))
}

func fileID(r *http.Request) (int64, error) {
	id, err := strconv.ParseInt(r.PathValue("id"), 10, 64)
	if err != nil || id <= 0 {
		return 0, errs.New(errs.NotFound, "file.id", "")
	}
	return id, nil
}

// download gives a file as a download and never as a page: a browser must not run what somebody
// uploaded under our name.
func (s shows) download(w http.ResponseWriter, r *http.Request, p *page.Request) error {
	id, err := fileID(r)
	if err != nil {
		return err
	}
	f, body, err := s.app.Download(r.Context(), p.Actor, r.PathValue("no"), id)
	if err != nil {
		return err
	}
	h := w.Header()
	h.Set("Content-Type", f.MIME)
	h.Set("Content-Length", strconv.Itoa(len(body)))
	h.Set("Content-Disposition", disposition(f.Name))
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Content-Security-Policy", "default-src 'none'; sandbox")
	h.Set("Cache-Control", "no-store")
	w.WriteHeader(http.StatusOK)
	if r.Method == http.MethodHead {
		return nil
	}
	_, _ = w.Write(body) //nolint:gosec // sandboxed, and of the type it says; a failed write means that the browser has gone
	return nil
}

// disposition names a download for every browser: an ASCII stand-in, and the name itself as RFC 8187
// writes it (RFC 6266).
func disposition(name string) string {
	ascii := strings.Map(func(c rune) rune {
		if c < ' ' || c > '~' || c == '"' || c == '\\' || c == '%' {
			return '_'
		}
		return c
	}, name)
	return `attachment; filename="` + ascii + `"; filename*=UTF-8''` + strings.ReplaceAll(url.QueryEscape(name), "+", "%20")
}

func removeForm() *form.Form {
	return &form.Form{Fields: []*form.Field{
		{Key: "reason", Label: "外す理由", Type: form.Text, Max: 500, Required: true, Wide: true, Hint: "例：新しい版に差し替えるため"},
	}}
}

func (s shows) confirmRemove(w http.ResponseWriter, r *http.Request, p *page.Request) error {
	return s.removePage(w, r, p, http.StatusOK, removeForm())
}

func (s shows) removePage(w http.ResponseWriter, r *http.Request, p *page.Request, status int, f *form.Form) error {
	id, err := fileID(r)
	if err != nil {
		return err
	}
	h, file, err := s.app.Attachment(r.Context(), p.Actor, r.PathValue("no"), id)
	if err != nil {
		return err
	}
	return page.Render(w, r, status, removeFilePage(p, headView{AssetHead: h, Tab: tabFiles, Title: "添付を外す", Failed: !f.OK()}, file, f))
}

func (s shows) remove(w http.ResponseWriter, r *http.Request, p *page.Request) error {
	id, err := fileID(r)
	if err != nil {
		return err
	}
	f := removeForm()
	form.Read(r.PostForm, f.Fields...)
	no := r.PathValue("no")
	err = s.app.Detach(r.Context(), p.Actor, no, id, f.Field("reason").Value())
	switch {
	case err == nil:
		p.Leave(page.Success, "添付を外しました。")
		return page.Redirect(w, r, page.AssetFiles(no))
	case errs.Is(err, errs.Invalid):
		f.Add(err)
		return s.removePage(w, r, p, http.StatusUnprocessableEntity, f)
	}
	return err
}

// fileSize says how big a file is.
func fileSize(n int64) string {
	switch {
	case n < 1<<10:
		return fmt.Sprintf("%d バイト", n)
	case n < 1<<20:
		return fmt.Sprintf("%.0f KB", float64(n)/(1<<10))
	}
	return fmt.Sprintf("%.1f MB", float64(n)/(1<<20))
}

func fileDigest(f app.Attachment) string { return hex.EncodeToString(f.SHA256) }

func fileRemove(no string, f app.Attachment) string { return page.AssetFile(no, f.ID) + "/remove" }

func fileColumns(can bool) []ui.Column {
	out := []ui.Column{{Label: "名前"}, {Label: "説明"}, {Label: "種類"}, {Label: "大きさ", Num: true}, {Label: "添付した人・日時"}, {Label: "SHA-256"}}
	if can {
		out = append(out, ui.Column{Label: "操作", Hide: true})
	}
	return out
}

// Package asset shows information assets: the form in which one is registered and changed, the list
// and the pages of one. It knows internal/app for what can be done and must not import internal/postgres,
// internal/server or another feature's pages.
package asset

import (
	"crypto/rand"
	"errors"
	"maps"
	"net/http"
	"net/url"
	"reflect"
	"strconv"
	"strings"

	"daicho/internal/app"
	"daicho/internal/asset"
	"daicho/internal/authz"
	"daicho/internal/errs"
	"daicho/internal/form"
	"daicho/web/page"
)

// forms answers the requests about drafts.
type forms struct{ app *app.App }

// FormRoutes are the pages on which assets are registered, changed and submitted.
func FormRoutes(a *app.App) []page.Route {
	f := forms{a}
	const get, post = http.MethodGet, http.MethodPost
	return []page.Route{
		{Method: get, Pattern: "/assets/new", Action: authz.RegisterAsset, Handler: f.chooseKind},
		{Method: get, Pattern: "/assets/new/{kind}", Action: authz.RegisterAsset, Handler: f.openNew},
		{Method: post, Pattern: "/assets/new/{kind}", Action: authz.RegisterAsset, Handler: f.sendNew},
		{Method: post, Pattern: "/assets/new/{kind}/autosave", Action: authz.RegisterAsset, Handler: f.autosave},
		{Method: post, Pattern: "/assets/new/{kind}/judge", Action: authz.RegisterAsset, Handler: f.judge},
		{Method: get, Pattern: "/assets/{no}/edit", Action: authz.RegisterAsset, Handler: f.confirmEdit},
		{Method: post, Pattern: "/assets/{no}/edit", Action: authz.RegisterAsset, Handler: f.edit},
		{Method: get, Pattern: "/drafts/{id}", Action: authz.RegisterAsset, Handler: f.openDraft},
		{Method: post, Pattern: "/drafts/{id}", Action: authz.RegisterAsset, Handler: f.sendDraft},
		{Method: post, Pattern: "/drafts/{id}/autosave", Action: authz.RegisterAsset, Handler: f.autosave},
		{Method: get, Pattern: "/drafts/{id}/discard", Action: authz.RegisterAsset, Handler: f.confirmDiscard},
		{Method: post, Pattern: "/drafts/{id}/discard", Action: authz.RegisterAsset, Handler: f.discard},
		{Method: get, Pattern: "/picker", Action: authz.ReadAsset, Handler: f.pick},
		{Method: get, Pattern: "/my/requests", Action: authz.RegisterAsset, Handler: f.requests},
		{Method: get, Pattern: "/my/requests/submit", Action: authz.SubmitApplication, Handler: f.confirmSubmit},
		{Method: post, Pattern: "/my/requests/submit", Action: authz.SubmitApplication, Handler: f.submitMany},
	}
}

// The buttons of the form. Each of them keeps what was typed.
const (
	doSave   = "save"
	doSubmit = "submit"
	doJudge  = "judge"  // shows the proposal without scripts
	doRows   = "rows"   // more lines for the 内訳
	doDrop   = "drop:"  // takes away one relation, whose value follows
	doDetail = "more:"  // opens the details of one relation, whose value follows
	doMerge  = "merge"  // saves what was chosen on the page of two versions
	doTheirs = "theirs" // keeps what the other saved
)

// sent is what one request brought: the state of the page and what was typed.
type sent struct {
	kind  asset.Kind
	id    int64 // of the draft, 0 = not stored yet
	edit  int   // with which it was opened
	raw   app.Raw
	do    string
	token string
	opts  shown
	gone  bool          // a submission of a draft that is no longer there: perhaps it came twice
	shell app.DraftView // what stands around the form: choices, scheme, what is stored now
}

// shown says what the page opens beside the form: further lines, a picker with its search.
type shown struct {
	rows        int
	pick, query string
	results     []app.AssetRef
	more        int
	picked      []string // values ticked in the picker, with their words
	detail      string   // value of the relation whose details are open
}

func newToken() string { return rand.Text() }

func kindOf(s string) (asset.Kind, error) {
	k := asset.Kind(strings.ToUpper(s))
	if !k.Valid() {
		return "", errs.New(errs.NotFound, "asset.kind", "")
	}
	return k, nil
}

func idOf(r *http.Request) (int64, error) {
	id, err := strconv.ParseInt(r.PathValue("id"), 10, 64)
	if err != nil || id <= 0 {
		return 0, errs.New(errs.NotFound, "draft.id", "")
	}
	return id, nil
}

// draftState writes what the hidden input "draft" carries, and what a save answers with.
func draftState(id int64, edit int) string {
	return strconv.FormatInt(id, 10) + ":" + strconv.Itoa(edit)
}

func parseDraftState(s string) (id int64, edit int) {
	a, b, _ := strings.Cut(s, ":")
	id, err1 := strconv.ParseInt(a, 10, 64)
	edit, err2 := strconv.Atoi(b)
	if err1 != nil || err2 != nil || id < 0 || edit < 0 {
		return 0, 0
	}
	return id, edit
}

// parse reads what a request of the form says beside its values.
func parse(r *http.Request) (sent, error) {
	if err := r.ParseForm(); err != nil {
		return sent{}, errs.Wrap(errs.Invalid, "form.parse", err)
	}
	v := r.PostForm
	s := sent{do: v.Get(doInput), token: form.Read(v).Token}
	s.id, s.edit = parseDraftState(v.Get(draftInput))
	s.opts.rows, _ = strconv.Atoi(v.Get(rowsInput))
	if key := v.Get("pick"); strings.HasPrefix(key, pickPrefix) {
		s.opts.pick, s.opts.query = key, v.Get(key+"_q")
	}
	if s.do == "" {
		s.do = doSave
	}
	return s, nil
}

// read takes the values of the form, now that the kind is known.
func (s *sent) read(v url.Values) {
	s.raw = readRaw(s.kind, v)
	if drop, ok := strings.CutPrefix(s.do, doDrop); ok {
		dropRelation(s.raw, drop)
	}
	if s.token != "" {
		s.raw[pageInput] = []string{s.token}
	}
}

func (f forms) openNew(w http.ResponseWriter, r *http.Request, p *page.Request) error {
	k, err := kindOf(r.PathValue("kind"))
	if err != nil {
		return err
	}
	v, err := f.app.NewForm(r.Context(), p.Actor, k, r.URL.Query().Get("from"))
	if err != nil {
		return err
	}
	return page.Render(w, r, http.StatusOK, formPage(p, newView(p, v, shown{}, nil)))
}

func (f forms) openDraft(w http.ResponseWriter, r *http.Request, p *page.Request) error {
	id, err := idOf(r)
	if err != nil {
		return err
	}
	v, err := f.app.OpenDraft(r.Context(), p.Actor, id)
	if err != nil {
		return err
	}
	q := r.URL.Query()
	o := shown{pick: q.Get("pick"), query: q.Get("q"), detail: q.Get(detailInput)}
	o.rows, _ = strconv.Atoi(q.Get(rowsInput))
	if o.pick != "" {
		if o.results, o.more, err = f.search(r, p, v.Kind, o.pick, o.query); err != nil {
			return err
		}
	}
	return page.Render(w, r, http.StatusOK, formPage(p, newView(p, v, o, nil)))
}

func (f forms) sendNew(w http.ResponseWriter, r *http.Request, p *page.Request) error {
	s, err := f.receive(r, p)
	if err != nil {
		return err
	}
	return f.answer(w, r, p, s)
}

func (f forms) sendDraft(w http.ResponseWriter, r *http.Request, p *page.Request) error {
	s, err := f.receive(r, p)
	if err != nil {
		return err
	}
	return f.answer(w, r, p, s)
}

// receive reads a request of the form, for a draft (/drafts/{id}) or for a new asset
// (/assets/new/{kind}); the page of a new asset knows its draft once it has saved by itself.
func (f forms) receive(r *http.Request, p *page.Request) (sent, error) {
	s, err := parse(r)
	if err != nil {
		return s, err
	}
	if r.PathValue("kind") != "" {
		if s.kind, err = kindOf(r.PathValue("kind")); err != nil {
			return s, err
		}
	} else {
		id, err := idOf(r)
		if err != nil {
			return s, err
		}
		if s.id != id { // the page of another draft: its edit says nothing about this one
			s.id, s.edit = id, 0
		}
	}
	if s.id != 0 {
		s.shell, err = f.app.OpenDraft(r.Context(), p.Actor, s.id)
	} else {
		s.shell, err = f.app.NewForm(r.Context(), p.Actor, s.kind, "")
	}
	if errs.Is(err, errs.NotFound) && s.do == doSubmit {
		s.gone = true
		return s, nil
	}
	if err != nil {
		return s, err
	}
	s.kind = s.shell.Kind
	s.read(r.PostForm)
	return s, nil
}

func (f forms) answer(w http.ResponseWriter, r *http.Request, p *page.Request, s sent) error {
	switch {
	case s.gone:
		done, ok := f.replayed(r, p, s)
		if !ok {
			return errs.New(errs.NotFound, "draft.gone", "")
		}
		return f.submitted(w, r, p, done)
	case s.do == doTheirs && s.id != 0:
		return page.Redirect(w, r, page.Draft(s.id))
	case s.do == doMerge && s.id != 0:
		merge(s.raw, s.shell, r.PostForm)
	}
	return f.send(w, r, p, s)
}

// send keeps what was typed and does what the button says.
func (f forms) send(w http.ResponseWriter, r *http.Request, p *page.Request, s sent) error {
	v, err := f.save(r, p, &s, false)
	switch {
	case errs.Is(err, errs.Stale):
		return f.conflict(w, r, p, s, v)
	case errs.Is(err, errs.Invalid):
		return f.refuse(w, r, p, http.StatusUnprocessableEntity, v, s, err)
	case errs.Is(err, errs.NotFound) && s.do == doSubmit:
		if done, ok := f.replayed(r, p, s); ok {
			return f.submitted(w, r, p, done)
		}
		return err
	case err != nil:
		return err
	}
	to := page.Draft(v.Asset)
	switch {
	case s.do == doSubmit:
		return f.submitOne(w, r, p, v, s)
	case s.opts.pick != "":
		to = page.With(to, "pick", s.opts.pick, "q", s.opts.query) + "#f-" + s.opts.pick
	case s.do == doJudge:
		to += "#judge"
	case s.do == doRows:
		to = page.With(to, rowsInput, strconv.Itoa(min(s.opts.rows, maxRows)+rowStep)) + "#members"
	case strings.HasPrefix(s.do, doDrop):
		to += "#relations"
	case strings.HasPrefix(s.do, doDetail):
		value := strings.TrimPrefix(s.do, doDetail)
		to = page.With(to, detailInput, value) + "#" + detailID(value)
	default:
		p.Leave(page.Success, "下書きを保存しました。")
	}
	return page.Redirect(w, r, to)
}

// save stores the draft. A save that comes twice, or over one that the same page made by itself, is
// no conflict. auto is a save that the page makes by itself.
func (f forms) save(r *http.Request, p *page.Request, s *sent, auto bool) (app.DraftView, error) {
	if bad := unstorable(s.kind, s.raw); bad != nil {
		v := s.shell
		v.Form = s.raw
		return v, bad
	}
	if !auto {
		reuse(s.kind, s.raw, s.shell.Scheme)
		if s.token != "" {
			s.raw[pageInput] = []string{s.token + "!"} // later saves by the page itself come too late
		}
	}
	in := app.SaveDraft{Asset: s.id, Kind: s.kind, EditNo: s.edit, Form: s.raw, Token: s.token}
	v, err := f.app.SaveDraft(r.Context(), p.Actor, in)
	if err == nil && s.id == 0 && !same(v.Form, s.raw) { // the first of two sends made the draft: keep this one too
		in.Asset, in.EditNo = v.Asset, v.EditNo
		v, err = f.app.SaveDraft(r.Context(), p.Actor, in)
	}
	if !errs.Is(err, errs.Stale) {
		return v, err
	}
	now, openErr := f.app.OpenDraft(r.Context(), p.Actor, in.Asset)
	if openErr != nil {
		return v, openErr
	}
	last := one(now.Form, pageInput)
	switch {
	case same(now.Form, s.raw):
		return now, nil
	case last != "" && (last == s.token || !auto && last == s.token+"!"):
		in.EditNo = now.EditNo
		return f.app.SaveDraft(r.Context(), p.Actor, in)
	}
	s.id, s.shell = in.Asset, now
	return v, err
}

// same reports whether two forms hold the same, apart from which page saved them and what was
// filled in by the program.
func same(a, b app.Raw) bool {
	strip := func(raw app.Raw) app.Raw {
		out := maps.Clone(raw)
		for _, k := range []string{pageInput, app.SchemeKey, "unit", "host_body"} {
			if k == pageInput || k == app.SchemeKey || one(a, k) == "" || one(b, k) == "" {
				delete(out, k)
			}
		}
		return out
	}
	return reflect.DeepEqual(strip(a), strip(b))
}

// refuse shows the form again with what was typed and what is wrong.
func (f forms) refuse(w http.ResponseWriter, r *http.Request, p *page.Request, status int, v app.DraftView, s sent, cause error) error {
	if v.Scheme == nil {
		v = s.shell
	}
	if s.id != 0 {
		v.Asset, v.EditNo = s.id, s.edit
	}
	v.Form = s.raw
	return page.Render(w, r, status, formPage(p, newView(p, v, s.opts, cause)))
}

// submitToken makes the token of the submission out of that of the page: saving has used up the
// page's own.
func submitToken(token string) string {
	if token == "" {
		return ""
	}
	return token + ".submit"
}

func (f forms) submitOne(w http.ResponseWriter, r *http.Request, p *page.Request, v app.DraftView, s sent) error {
	s.id, s.edit = v.Asset, v.EditNo
	done, err := f.app.Submit(r.Context(), p.Actor, app.Submit{Assets: []int64{v.Asset}, Token: submitToken(s.token)})
	switch errs.KindOf(err) {
	case errs.Invalid:
		return f.refuse(w, r, p, http.StatusUnprocessableEntity, v, s, ofOne(v.Asset, err))
	case errs.Conflict, errs.Stale:
		return f.refuse(w, r, p, http.StatusConflict, v, s, err)
	}
	if err != nil {
		return err
	}
	return f.submitted(w, r, p, done)
}

// replayed finds what a submission led to that is sent a second time: its draft is gone, and the
// token alone knows. Nothing can be submitted by it, because it names no draft.
func (f forms) replayed(r *http.Request, p *page.Request, s sent) (app.Submitted, bool) {
	if s.token == "" {
		return app.Submitted{}, false
	}
	done, err := f.app.Submit(r.Context(), p.Actor, app.Submit{Assets: []int64{0}, Token: submitToken(s.token)})
	return done, err == nil
}

// ofOne takes the asset out of the names of fields in the errors of a submission.
func ofOne(id int64, err error) error {
	var out []error
	for _, e := range errs.Fields(err) {
		c := *e
		c.Field = strings.TrimPrefix(c.Field, strconv.FormatInt(id, 10)+"/")
		out = append(out, &c)
	}
	if len(out) == 0 {
		return err
	}
	return errors.Join(out...)
}

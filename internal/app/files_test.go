package app_test

import (
	"bytes"
	"io"
	"strings"
	"testing"

	"daicho/internal/asset"
	"daicho/internal/errs"
	"daicho/internal/fixture"
)

// endless is an upload that never ends.
type endless struct{ n int }

func (e *endless) Read(p []byte) (int, error) {
	e.n += len(p)
	return len(p), nil
}

func TestFiles(t *testing.T) {
	h := newHouse(t)
	id, number := h.register(t, asset.Info, raw{"level_c": "3B"})
	_, other := h.register(t, asset.Info, nil)
	ctx, actor := t.Context(), h.Actor(t, fixture.Registrant)
	pdf := []byte("%PDF-1.7 協定書")
	attach := func(number, name, token string, r io.Reader) error {
		return h.app.Attach(ctx, actor, number, name, "協定の写し", r, token)
	}
	if err := attach(number, `C:\共有\協定書.pdf`, "t1", bytes.NewReader(pdf)); err != nil {
		t.Fatal(err)
	}
	if err := attach(number, "協定書.pdf", "t1", bytes.NewReader(pdf)); err != nil {
		t.Errorf("the second use of a token: %v", err)
	}
	if err := attach(number, "同じもの.pdf", "t2", bytes.NewReader(pdf)); errs.CodeOf(err) != "attach.twice" || errs.Fields(err)[0].Field != "file" {
		t.Errorf("the same content twice: %v", err)
	}
	if err := attach(other, "協定書.pdf", "t3", bytes.NewReader(pdf)); err != nil {
		t.Errorf("the same content on another asset: %v", err)
	}
	var stored int
	h.One(t, `SELECT count(*) FROM file`, nil, &stored)
	if stored != 1 {
		t.Errorf("%d contents stored", stored)
	}
	big := &endless{}
	if err := attach(number, "大きい.pdf", "", big); errs.CodeOf(err) != "attach.size" || big.n > 32<<20 {
		t.Errorf("%v after reading %d bytes", err, big.n)
	}
	if err := attach(number, "a.exe", "", strings.NewReader("MZ\x00")); errs.CodeOf(err) != "attach.type" {
		t.Error(err)
	}
	if err := h.app.Attach(ctx, actor, number, "b.pdf", "個人番号 123456789018", strings.NewReader("%PDF-1"), ""); errs.CodeOf(err) != "note.my_number" {
		t.Errorf("a My Number as title: %v", err)
	}
	for login, kind := range map[string]errs.Kind{fixture.Planner: errs.NotFound, fixture.Gikai: errs.NotFound, fixture.Auditor: errs.Forbidden, fixture.Chief: errs.Forbidden} {
		r := &endless{}
		if err := h.app.Attach(ctx, h.Actor(t, login), number, "x.pdf", "", r, ""); !errs.Is(err, kind) || r.n != 0 {
			t.Errorf("%s: %v after %d bytes", login, err, r.n)
		}
	}
	v, err := h.app.Files(ctx, actor, number)
	if err != nil || len(v.Files) != 1 {
		t.Fatalf("%v %+v", err, v.Files)
	}
	f := v.Files[0]
	if f.Name != "協定書.pdf" || f.MIME != "application/pdf" || f.Size != int64(len(pdf)) || f.AddedBy != "山田 太郎" || f.Title != "協定の写し" {
		t.Errorf("%+v", f)
	}
	before := h.openings(t, id)
	if _, body, err := h.app.Download(ctx, actor, number, f.ID); err != nil || !bytes.Equal(body, pdf) || h.openings(t, id) != before+1 {
		t.Errorf("%v %q, %d openings", err, body, h.openings(t, id)-before)
	}
	if _, _, err := h.app.Download(ctx, actor, other, f.ID); !errs.Is(err, errs.NotFound) {
		t.Errorf("a file under another asset's number: %v", err)
	}
	if _, _, err := h.app.Download(ctx, h.Actor(t, fixture.Planner), number, f.ID); !errs.Is(err, errs.NotFound) {
		t.Errorf("a file of another unit: %v", err)
	}
	if err := h.app.Detach(ctx, actor, number, f.ID, " "); errs.CodeOf(err) != "attach.reason" {
		t.Error(err)
	}
	if err := h.app.Detach(ctx, h.Actor(t, fixture.Planner), number, f.ID, "外す"); !errs.Is(err, errs.NotFound) {
		t.Error(err)
	}
	if err := h.app.Detach(ctx, actor, number, f.ID, "別の版に替えるため"); err != nil {
		t.Fatal(err)
	}
	if err := h.app.Detach(ctx, actor, number, f.ID, "もう一度"); !errs.Is(err, errs.NotFound) {
		t.Error(err)
	}
	if _, _, err := h.app.Download(ctx, actor, number, f.ID); !errs.Is(err, errs.NotFound) {
		t.Errorf("what was taken off is still given out: %v", err)
	}
	v, err = h.app.Files(ctx, actor, number)
	if err != nil || len(v.Files) != 0 || len(v.Removed) != 1 || v.Removed[0].RemovedWhy != "別の版に替えるため" {
		t.Errorf("%v %+v", err, v)
	}
	hist, err := h.app.History(ctx, actor, number)
	if err != nil || hist.Events[0].What != "添付の取外し" || hist.Events[1].What != "添付の追加" || hist.Events[0].By.Person != "山田 太郎" {
		t.Errorf("%v %+v", err, hist.Events)
	}
}

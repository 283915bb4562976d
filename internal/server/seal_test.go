package server_test

import (
	"bytes"
	"crypto/rand"
	"fmt"
	"strings"
	"testing"

	"daicho/internal/app"
	"daicho/internal/fixture"
	"daicho/internal/servertest"
	"daicho/internal/trail"
)

// sealedSite is a program with a sealer.
func sealedSite(t *testing.T) (*servertest.Site, *app.Sealer, trail.Key) {
	t.Helper()
	s := servertest.New(t)
	text, err := trail.NewKey(rand.Reader, "example/log")
	if err != nil {
		t.Fatal(err)
	}
	k, err := trail.ParseKey(text)
	if err != nil {
		t.Fatal(err)
	}
	kept := ""
	return s, s.App.NewSealer(k, app.Anchor{Last: func() (string, error) { return kept, nil }, Keep: func(n string) error { kept = n; return nil }}), k
}

func seal(t *testing.T, s *app.Sealer) trail.Head {
	t.Helper()
	done, err := s.Seal(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return done.Head
}

// A head is shown, printed and taken away; put in again later, as the file, as what is printed, it is
// compared with the register of then, and one of another register or another state is told apart.
func TestHeadsOnTheScreen(t *testing.T) {
	s, sealer, key := sealedSite(t)
	c := s.SignIn(t, fixture.Chief)
	if text := c.Get("/admin/trail/heads").Text(); !strings.Contains(text, "まだ封印していません") || !strings.Contains(text, "まだ鍵がありません") {
		t.Errorf("before the first head:\n%s", text)
	}
	if r := c.Post("/admin/trail/heads", "head", "1 "+trail.Hash{}.String()); r.Status != 422 || !strings.Contains(r.Text(), "まだ封印されていません") {
		t.Errorf("a head against nothing: %d", r.Status)
	}
	first := seal(t, sealer)
	at := fmt.Sprintf("/admin/trail/heads/%d", first.Size)
	page := c.Get(at)
	file := c.Get(at + "/note")
	if !strings.Contains(page.Text(), first.Root.String()) || !strings.Contains(page.Text(), key.Fingerprint()) || !strings.Contains(file.Header.Get("Content-Disposition"), "attachment") {
		t.Errorf("the head: %s\n%v", page.Text(), file.Header)
	}
	if by, err := trail.Signers(file.Body, []trail.Public{key.Public}); err != nil || len(by) != 1 {
		t.Errorf("the file of the head: %v", err)
	}
	if text := c.Get(at + "/print").Text(); !strings.Contains(text, first.Root.String()) || !strings.Contains(text, "控えた頭を確かめる") {
		t.Errorf("on paper:\n%s", text)
	}
	c.Get("/ledgers/print")
	last := seal(t, sealer)
	if text := c.Get("/ledgers/print").Text(); !strings.Contains(text, last.Short()) {
		t.Error("a printed ledger lacks the head")
	}
	if text := c.Get("/ledgers").Text(); !strings.Contains(text, last.Short()) {
		t.Error("what a file says of itself lacks the head")
	}
	check := func(head string, status int, says ...string) {
		t.Helper()
		r := c.Post("/admin/trail/heads", "head", head)
		for _, say := range says {
			if r.Status != status || !strings.Contains(r.Text(), say) {
				t.Errorf("%q: %d, want %d and %q", head, r.Status, status, say)
			}
		}
	}
	check(file.Body, 200, "つながっています", "変わっていません", key.Fingerprint())
	check(first.Short(), 200, "つながっています", "署名のない控え")
	check(fmt.Sprintf("%d %s", first.Size, last.Root), 200, "合いません", "書き換えられたか")
	check(fmt.Sprintf("%d %s", last.Size+100, last.Root), 200, "合いません", "前の状態に戻されたか")
	text, _ := trail.NewKey(rand.Reader, "example/log")
	stranger, _ := trail.ParseKey(text)
	forged, _ := first.Sign(stranger)
	check(forged, 200, "この記録の鍵の署名ではありません")
	check("", 422, "控えた頭を入力してください")
	check("nonsense", 422, "頭の控えを読み取れません")
	for _, login := range []string{fixture.Registrant, fixture.Manager} {
		for _, path := range []string{"/admin/trail/heads", at, at + "/print", at + "/note", "/admin/trail/acts/1", "/admin/trail/acts/1/proof"} {
			if r := s.SignIn(t, login).Get(path); r.Status != 403 {
				t.Errorf("%s sees %s: %d", login, path, r.Status)
			}
		}
	}
	for _, odd := range []string{"/admin/trail/heads/0", "/admin/trail/heads/x", "/admin/trail/heads/999999", "/admin/trail/heads?page=x", "/admin/trail/acts/x", "/admin/trail/acts/999999"} {
		if r := c.Get(odd); r.Status != 404 && !strings.Contains(odd, "?") {
			t.Errorf("%s: %d", odd, r.Status)
		}
	}
}

// A sealing that fails is said on the page of the trail.
func TestAFailureOfTheSealIsSaid(t *testing.T) {
	s, sealer, _ := sealedSite(t)
	head := seal(t, sealer)
	ahead := trail.Head{Log: head.Log, Size: head.Size + 5, Root: head.Root}
	text, _ := trail.NewKey(rand.Reader, head.Log)
	k, _ := trail.ParseKey(text)
	note, _ := ahead.Sign(k)
	other := s.App.NewSealer(k, app.Anchor{Last: func() (string, error) { return note, nil }})
	if _, err := other.Seal(t.Context()); err == nil {
		t.Fatal("a key that the trail does not name seals")
	}
	if text := s.SignIn(t, fixture.Chief).Get("/admin/trail").Text(); !strings.Contains(text, "封印できていません") || !strings.Contains(text, "今の鍵ではありません") {
		t.Errorf("the page does not say so:\n%s", text)
	}
}

// An act with its proof, which holds by itself; what rows looked like is told to whom the whole body
// is open, and an act outside the scope is not there.
func TestOneActOfTheTrail(t *testing.T) {
	s, sealer, key := sealedSite(t)
	if text := s.SignIn(t, fixture.Chief).Get("/admin/trail/acts/1").Text(); !strings.Contains(text, "まだ封印していません") {
		t.Error("an act that is not sealed says nothing of it")
	}
	seal(t, sealer)
	c := s.SignIn(t, fixture.Auditor)
	text := c.Get("/admin/trail/acts/1").Text()
	if !strings.Contains(text, "葉の要約値") || !strings.Contains(text, `"code": "honbu"`) {
		t.Errorf("the act:\n%s", text)
	}
	proof := c.Get("/admin/trail/acts/1/proof")
	if _, r, err := trail.VerifyFile(bytes.NewReader([]byte(proof.Body)), trail.Options{Keys: []trail.Public{key.Public}}); err != nil || r.Entry.Act != 1 {
		t.Errorf("the proof: %v", err)
	}
	a := s.SignIn(t, fixture.Admin)
	if text := a.Get("/admin/trail/acts/1").Text(); !strings.Contains(text, "葉の要約値") || strings.Contains(text, `"code": "honbu"`) {
		t.Errorf("an administrator sees what rows looked like:\n%s", text)
	}
	if r := a.Get("/admin/trail/acts/1/proof"); r.Status != 403 {
		t.Errorf("an administrator takes a proof: %d", r.Status)
	}
	var other int64
	s.World.One(t, `SELECT id FROM act WHERE action = 'trail.key'`, nil, &other)
	if r := a.Get(fmt.Sprintf("/admin/trail/acts/%d", other)); r.Status != 404 {
		t.Errorf("an act outside the scope: %d", r.Status)
	}
}

// The way of an erasure through the screens.
func TestErasureOnTheScreen(t *testing.T) {
	s, sealer, _ := sealedSite(t)
	seal(t, sealer)
	chief, ciso := s.SignIn(t, fixture.Chief), s.SignIn(t, fixture.CISO)
	if r := chief.Post("/admin/trail/acts/1/erase", "seq", "0", "reason", "", "basis", ""); r.Status != 422 || !strings.Contains(r.Text(), "消す理由を入力してください") {
		t.Errorf("without a reason: %d", r.Status)
	}
	if r := ciso.Post("/admin/trail/acts/1/erase", "seq", "0", "reason", "x", "basis", "x"); r.Status != 403 {
		t.Errorf("the one who approves asks: %d", r.Status)
	}
	if r := chief.Post("/admin/trail/acts/1/erase", "seq", "0", "reason", "誤って書かれた", "basis", "条例第1条"); r.Status != 303 {
		t.Errorf("asked: %d\n%s", r.Status, r.Text())
	}
	if text := chief.Get("/admin/trail/acts/1").Text(); !strings.Contains(text, "承認待ち") {
		t.Error("the one who asked does not see the wish")
	}
	if text := ciso.Get("/admin/trail").Text(); !strings.Contains(text, "消去の求めが、承認を待っています") {
		t.Error("the one who approves is not told")
	}
	if r := chief.Post("/admin/trail/acts/1/decide", "erasure", "1", "do", "approve"); r.Status != 403 {
		t.Errorf("the one who asked approves: %d", r.Status)
	}
	if r := ciso.Post("/admin/trail/acts/1/decide", "erasure", "1", "do", "return"); r.Status != 422 {
		t.Errorf("sent back without a reason: %d", r.Status)
	}
	if r := ciso.Get("/admin/trail/acts/1/proof"); r.Status != 200 {
		t.Errorf("an approval that was refused holds the proofs up: %d\n%s", r.Status, r.Text())
	}
	if r := ciso.Post("/admin/trail/acts/1/decide", "erasure", "1", "do", "approve"); r.Status != 303 {
		t.Errorf("approved: %d", r.Status)
	}
	if text := ciso.Get("/admin/trail/acts/1").Text(); !strings.Contains(text, "消されています") || !strings.Contains(text, "消去済") {
		t.Errorf("approved:\n%s", text)
	}
	if r := ciso.Get("/admin/trail/acts/1/proof"); r.Status != 409 {
		t.Errorf("a proof before the erasure is sealed: %d", r.Status)
	}
	seal(t, sealer)
	if r := ciso.Get("/admin/trail/acts/1/proof"); r.Status != 200 {
		t.Errorf("a proof after the erasure is sealed: %d\n%s", r.Status, r.Text())
	}
}

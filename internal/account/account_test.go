package account

import (
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"daicho/internal/errs"
)

var cheap = Params{Memory: 64, Time: 1, Threads: 1}

func TestEncodeVerify(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		pw := rapid.String().Draw(t, "password")
		other := rapid.String().Draw(t, "other")
		salt := rapid.SliceOfN(rapid.Byte(), SaltLen, SaltLen).Draw(t, "salt")
		phc := Encode(pw, salt, cheap)
		if ok, err := Verify(phc, pw); err != nil || !ok {
			t.Fatalf("the right password: %v %v", ok, err)
		}
		if ok, _ := Verify(phc, other); ok != (Normal(pw) == Normal(other)) {
			t.Fatalf("another password: %v", ok)
		}
		if len(pw) > 6 && strings.Contains(phc, pw) {
			t.Fatal("the password stands in the stored text")
		}
	})
}

// The known answer of the reference implementation (argon2 -id -t 2 -m 16 -p 1, salt "somesalt").
func TestKnownAnswer(t *testing.T) {
	const phc = "$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc"
	if ok, err := Verify(phc, "password"); err != nil || !ok {
		t.Errorf("%v %v", ok, err)
	}
	if ok, _ := Verify(phc, "passwore"); ok {
		t.Error("a wrong password passes")
	}
}

func TestNFKC(t *testing.T) {
	phc := Encode("ｐａｓｓ　１２３４", []byte("0123456789abcdef"), cheap)
	if ok, _ := Verify(phc, "pass 1234"); !ok {
		t.Error("full-width letters are another password")
	}
}

func TestDefaultParamsAreAtLeastOWASP(t *testing.T) {
	p := DefaultParams()
	if p.Memory < 19456 || p.Time < 2 || p.Threads < 1 {
		t.Errorf("%+v", p)
	}
}

func TestOutdatedAndDummy(t *testing.T) {
	phc := Encode("x", make([]byte, SaltLen), cheap)
	if Outdated(phc, cheap) || !Outdated(phc, DefaultParams()) || !Outdated("plain", cheap) {
		t.Error("Outdated")
	}
	d := Dummy(DefaultParams())
	if Outdated(d, DefaultParams()) {
		t.Error("the dummy costs something else than a true one")
	}
	if ok, err := Verify(d, ""); ok || err != nil {
		t.Errorf("dummy: %v %v", ok, err)
	}
}

func TestVerifyRefusesBadStrings(t *testing.T) {
	for _, s := range []string{
		"", "password", "$argon2i$v=19$m=64,t=1,p=1$MDEyMzQ1Njc$MDEyMzQ1Njc4OWFiY2RlZg", "$argon2id$v=16$m=64,t=1,p=1$MDEyMzQ1Njc$MDEyMzQ1Njc4OWFiY2RlZg",
		"$argon2id$v=19$m=9999999,t=1,p=1$MDEyMzQ1Njc$MDEyMzQ1Njc4OWFiY2RlZg", "$argon2id$v=19$m=64,t=0,p=1$MDEyMzQ1Njc$MDEyMzQ1Njc4OWFiY2RlZg",
		"$argon2id$v=19$m=64,t=1,p=0$MDEyMzQ1Njc$MDEyMzQ1Njc4OWFiY2RlZg", "$argon2id$v=19$m=64,t=1,p=1,x=2$MDEyMzQ1Njc$MDEyMzQ1Njc4OWFiY2RlZg",
		"$argon2id$v=19$m=64,t=1,p=1$MDEyMzQ1Njc$short", "$argon2id$v=19$m=64,t=1,p=1$!!$MDEyMzQ1Njc4OWFiY2RlZg",
	} {
		if ok, err := Verify(s, ""); ok || err == nil {
			t.Errorf("%q: %v %v", s, ok, err)
		}
	}
}

func FuzzVerify(f *testing.F) {
	f.Add("$argon2id$v=19$m=64,t=1,p=1$MDEyMzQ1Njc$MDEyMzQ1Njc4OWFiY2RlZg")
	f.Fuzz(func(t *testing.T, s string) {
		p, _, _, err := parse(s)
		if err == nil && (p.Memory > maxMemory || p.Time > maxTime) {
			t.Errorf("%q asks for %+v", s, p)
		}
	})
}

func TestCheckPassword(t *testing.T) {
	for pw, want := range map[string]string{
		"青い自転車で川沿いを走る朝":              "",
		"correct horse 電池 staple":    "",
		"shizukana-ike ni kaeru":     "",
		"k9#vTq2!mZx7":               "",
		"みじかい":                       "short",
		"elevenchars":                "short",
		"ｅｌｅｖｅｎｃｈａｒｓ":                "short",
		strings.Repeat("長い言葉です", 30): "long",
		"abcd\tefghijklmn":           "control",
		"aaaaaaaaaaaa":               "repeat",
		"ababababababab":             "repeat",
		"123456789012":               "sequence",
		"abcdefghijklmn":             "sequence",
		"qwertyuiop@[":               "sequence",
		"password1234":               "common",
		"P@ssw0rd1234!":              "common",
		"Kansai-2026!!":              "common",
		"2026kansai2026":             "common",
		"yamada20260401":             "common",
		"somu-shusa2026":             "own",
		"山田 太郎 202604！":              "own",
	} {
		err := CheckPassword("new", pw, "somu-shusa", "山田 太郎")
		code := errs.CodeOf(err)
		if strings.TrimPrefix(code, "account.password.") != want {
			t.Errorf("%q: %q, want %q", pw, code, want)
		}
		if err != nil && (len(errs.Fields(err)) != 1 || errs.Fields(err)[0].Field != "new" || errs.MessageOf(err) == "") {
			t.Errorf("%q: %v", pw, err)
		}
	}
}

func TestCheckLogin(t *testing.T) {
	for login, ok := range map[string]bool{
		"admin": true, "somu-shusa": true, "a1": true, "t.yamada_2": true, strings.Repeat("a", 64): true,
		"": false, "a": false, "Admin": false, "-a": false, "a b": false, "山田": false, strings.Repeat("a", 65): false, "ａｄｍｉｎ": false,
	} {
		if err := CheckLogin("login", login); (err == nil) != ok {
			t.Errorf("%q: %v", login, err)
		}
	}
	if Login(" ＳＯＭＵ-Shusa　") != "somu-shusa" {
		t.Errorf("%q", Login(" ＳＯＭＵ-Shusa　"))
	}
}

func TestThrottle(t *testing.T) {
	th := ByLogin()
	now := time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC)
	var f Failures
	var waits []time.Duration
	for range 10 {
		if _, blocked := f.Blocked(now); blocked {
			t.Fatal("still blocked after the wait")
		}
		f = th.Fail(f, now)
		wait, _ := f.Blocked(now)
		waits = append(waits, wait)
		now = now.Add(wait)
	}
	want := []time.Duration{0, 0, 0, 0, 30, 60, 120, 240, 480, 900}
	for i := range want {
		if waits[i] != want[i]*time.Second {
			t.Errorf("failure %d waits %s, want %s", i+1, waits[i], want[i]*time.Second)
		}
	}
	if f = th.Fail(f, now.Add(th.Forget+time.Hour)); f.Count != 1 {
		t.Errorf("old failures count: %d", f.Count)
	}
}

func TestThrottleNeverExceedsItsCapNorFalls(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(0, 1<<30).Draw(t, "failures")
		a, b := ByAddress().Wait(n), ByAddress().Wait(n+1)
		if a < 0 || a > ByAddress().Cap || b < a {
			t.Fatalf("%d: %s then %s", n, a, b)
		}
	})
}

func TestSessionMovesBeforeASixtiethIsGone(t *testing.T) {
	now := time.Date(2026, 4, 1, 0, 0, 0, 0, time.UTC)
	for _, c := range []struct {
		stored, next time.Duration
		want         bool
	}{
		{30 * time.Minute, 30 * time.Minute, false},
		{30*time.Minute - 29*time.Second, 30 * time.Minute, false},
		{30*time.Minute - 31*time.Second, 30 * time.Minute, true},
		{time.Minute, 30 * time.Minute, true},
		{30 * time.Minute, 5 * time.Minute, true}, // the absolute limit comes first
		{10*time.Second - time.Second, 10 * time.Second, true},
	} {
		if got := SessionMoves(now.Add(c.stored), now.Add(c.next), now); got != c.want {
			t.Errorf("from %s to %s: %v", c.stored, c.next, got)
		}
	}
}

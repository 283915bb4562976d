package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"daicho/internal/fixture"
)

// desk is an operator at a register with a key and a folder for files.
type desk struct {
	t   *testing.T
	w   *fixture.World
	env map[string]string
	dir string
}

func newDesk(t *testing.T) desk {
	w := fixture.New(t)
	dir := t.TempDir()
	return desk{t, w, map[string]string{"DATABASE_URL": w.DB.AppURL, "DAICHO_TRAIL_KEY": filepath.Join(dir, "keys", "key")}, dir}
}

func (d desk) file(name string) string { return filepath.Join(d.dir, name) }

// does runs a command that must succeed and say all of the words.
func (d desk) does(args string, says ...string) string {
	d.t.Helper()
	r := command1(d.t, d.env, "", words(args)...)
	if r.code != exitDone {
		d.t.Fatalf("daicho %s: %d %s%s", args, r.code, r.out, r.err)
	}
	for _, say := range says {
		if !strings.Contains(r.out, say) {
			d.t.Errorf("daicho %s does not say %q:\n%s", args, say, r.out)
		}
	}
	return r.out
}

// alone runs a command without a database.
func (d desk) alone(code int, args string, says ...string) {
	d.t.Helper()
	r := command1(d.t, nil, "", words(args)...)
	for _, say := range says {
		if !strings.Contains(r.out+r.err, say) {
			d.t.Errorf("daicho %s does not say %q:\n%s%s", args, say, r.out, r.err)
		}
	}
	if r.code != code {
		d.t.Errorf("daicho %s: %d, want %d\n%s%s", args, r.code, code, r.out, r.err)
	}
}

func (d desk) refused(args string, says ...string) {
	d.t.Helper()
	r := command1(d.t, d.env, "", words(args)...)
	for _, say := range says {
		if !strings.Contains(r.err, say) {
			d.t.Errorf("daicho %s does not say %q:\n%s", args, say, r.err)
		}
	}
	if r.code != exitRefused {
		d.t.Errorf("daicho %s: %d %s%s", args, r.code, r.out, r.err)
	}
}

func (d desk) write(name, text string) string {
	d.t.Helper()
	if err := os.WriteFile(d.file(name), []byte(text), 0o600); err != nil {
		d.t.Fatal(err)
	}
	return d.file(name)
}

func (d desk) read(name string) string {
	d.t.Helper()
	b, err := os.ReadFile(d.file(name))
	if err != nil {
		d.t.Fatal(err)
	}
	return string(b)
}

// The way of an auditor: a head is kept, the trail goes on, the whole is exported and verified on a
// machine that has no database, with the head and the key that were kept.
func TestTheTrailIsVerifiedWithoutADatabase(t *testing.T) {
	d := newDesk(t)
	d.refused("trail head", "まだ封印されていません")
	d.does("trail seal", "行為を2件封印しました")
	if info, err := os.Stat(d.file("keys/key")); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the key: %v %v", info, err)
	}
	head := d.write("head", d.does("trail head"))
	if d.read("keys/key.head") != d.read("head") {
		t.Error("the head is not kept beside the key")
	}
	d.write("line", strings.Join(strings.Fields(d.read("head"))[1:3], " "))
	key := strings.Fields(d.does("trail keys", "指紋"))[0]
	d.does("trail export --as " + fixture.Auditor + " -o " + d.file("early"))
	d.does("trail seal")
	d.does("trail verify", "操作記録 3件", "すべて成り立っています", "外に控えた頭")
	d.does("trail export --as " + fixture.Auditor + " -o " + d.file("log"))
	d.alone(exitDone, "trail verify --head "+head+" --head "+d.file("line")+" --key "+key+" "+d.file("log"), "操作記録 3件", "と合っています")
	d.alone(exitDone, "trail verify "+d.file("log"), "指紋が、別に受け取ったもの")
	d.alone(exitDone, "trail verify --key "+d.write("public", key+"\n")+" "+d.file("log"))
	d.alone(exitRefused, "trail verify --key "+key[:len(key)-4]+"AAA= "+d.file("log"), "公開鍵を読み取れません")
	d.does("trail seal")
	later := d.write("later", d.does("trail head"))
	d.alone(exitRefused, "trail verify --head "+later+" "+d.file("log"), "3件しかありません")
	d.does("trail verify --head " + head)

	d.does("trail prove --as " + fixture.Auditor + " --act 1 -o " + d.file("act"))
	d.alone(exitDone, "trail verify --key "+key+" "+d.file("act"), "行為 1", "含まれています", "見本")
	d.does("trail prove --as " + fixture.Chief + " --head " + head + " -o " + d.file("since"))
	d.alone(exitDone, "trail verify --head "+head+" "+d.file("since"), "つながっています")
	d.alone(exitRefused, "trail verify --head "+later+" "+d.file("since"), "違います")
	d.refused("trail prove --as "+fixture.Auditor+" --act 99999 -o "+d.file("none"), "まだ封印されていないか")

	for _, name := range []string{"log", "act", "since"} {
		broken := strings.Replace(d.read(name), "の", "が", 1)
		if name == "since" {
			broken = strings.Replace(d.read(name), `"path":["`, `"path":["AAAA`, 1)
		}
		if broken == d.read(name) {
			broken = strings.Replace(broken, "見本", "本物", 1)
		}
		d.alone(exitRefused, "trail verify "+d.write("broken", broken))
	}
	d.alone(exitRefused, "trail verify "+d.write("cut", d.read("log")[:len(d.read("log"))-20]), "途中で切れています")
	d.alone(exitRefused, "trail verify "+d.write("empty", ""), "操作記録のファイルではありません")
	d.alone(exitUsage, "trail verify /no/such/file")
	d.alone(exitUsage, "trail verify a b")
}

// Who may take the trail out, and that it is in the trail.
func TestTheTrailGoesOutToWhomItMay(t *testing.T) {
	d := newDesk(t)
	d.refused("trail export --as "+fixture.Auditor+" -o "+d.file("log"), "まだ封印されていません")
	d.does("trail seal")
	for _, login := range []string{fixture.Registrant, fixture.Manager, fixture.Admin} {
		d.refused("trail export --as " + login + " -o " + d.file("log"))
	}
	d.does("trail export --as " + fixture.CISO + " -o -")
	var done, refused int
	if err := d.w.DB.Owner.QueryRow(t.Context(), `SELECT count(*) FILTER (WHERE outcome = 'done'), count(*) FILTER (WHERE outcome = 'refused') FROM act WHERE action = 'trail.export'`).Scan(&done, &refused); err != nil {
		t.Fatal(err)
	}
	if done != 1 || refused != 3 {
		t.Errorf("%d exports and %d refusals are in the trail", done, refused)
	}
	if _, err := os.Stat(d.file("log")); err == nil {
		t.Error("a refused export left a file")
	}
}

// A key is replaced while the operator's file keeps its name; a lost one, and a folder that lost it.
func TestKeysAreReplaced(t *testing.T) {
	d := newDesk(t)
	d.refused("trail rotate --reason x", "まだ鍵がありません")
	d.does("trail seal")
	first := d.read("keys/key")
	key := strings.Fields(d.does("trail keys"))[0]
	d.does("trail rotate --reason 年次の交代", "前の署名鍵は", "封印しました")
	if d.read("keys/key") == first {
		t.Error("the key is the old one")
	}
	d.does("trail verify --key "+key, "前の鍵が引き継いだ")
	old := d.write("old", first)
	d.env["DAICHO_TRAIL_KEY"] = old
	d.refused("trail seal", "今の鍵ではありません", "trail rotate")
	d.env["DAICHO_TRAIL_KEY"] = d.file("keys/key")
	if err := os.Remove(d.file("keys/key")); err != nil {
		t.Fatal(err)
	}
	d.refused("trail seal", "署名鍵のファイル", "trail rotate --lost")
	d.refused("trail rotate --reason x", "読めません")
	d.does("trail rotate --lost --reason 消失")
	d.does("trail seal", "0件")
	d.refused("trail verify --key "+key, "引き継がれてもいません")
	d.does("trail verify")

	// Broken off after the trail knew of the new key: the next call goes on with it.
	if err := os.Rename(d.file("keys/key"), d.file("keys/key.next")); err != nil {
		t.Fatal(err)
	}
	d.write("keys/key", first)
	d.does("trail rotate --reason x")
	d.does("trail seal", "0件")
}

// A database that was put back.
func TestARestoredDatabaseIsRefusedInWords(t *testing.T) {
	d := newDesk(t)
	d.does("trail seal")
	d.refused("trail seal --restored x", "戻したことの記録は要りません")
	// As if the database were of before the last three heads.
	for range 3 {
		d.does("trail export --as " + fixture.CISO + " -o -")
		d.does("trail seal")
	}
	admin, err := pgx.Connect(t.Context(), d.w.DB.AdminURL)
	if err != nil {
		t.Fatal(err)
	}
	defer admin.Close(t.Context())
	if _, err := admin.Exec(t.Context(), `SET session_replication_role = replica; DELETE FROM trail_head WHERE size > 2; DELETE FROM trail_leaf WHERE n >= 2;
		DELETE FROM change WHERE act_id NOT IN (SELECT act_id FROM trail_leaf); DELETE FROM act WHERE id NOT IN (SELECT act_id FROM trail_leaf)`); err != nil {
		t.Fatal(err)
	}
	d.refused("trail seal", "前の状態に戻されています", "5件", "2件", "--restored")
	d.refused("trail verify", "5件", "2件しかありません")
	d.does("trail seal --restored 前日の控えから戻した", "1件封印しました")
	d.does("trail verify", "すべて成り立っています")
}

package authz

import (
	"flag"
	"os"
	"strings"
	"testing"

	"daicho/internal/org"
)

var update = flag.Bool("update", false, "write docs/policy.md anew")

// The table in docs is what the program does, because this test writes it.
func TestPolicyStandsInDocs(t *testing.T) {
	const path = "../../docs/policy.md"
	want := policyTable()
	if *update {
		if err := os.WriteFile(path, []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile(path)
	if err != nil || string(got) != want {
		t.Errorf("docs/policy.md is not what the policy says (%v): run go test ./internal/authz -update", err)
	}
}

func policyTable() string {
	var b strings.Builder
	b.WriteString(`# だれが何を行えるか

この表は、プログラムの権限の定義（internal/authz/policy.go）から試験が書き出したものです。手で直さないでください。
権限は人ではなく職に付きます（基本方針 6(1)）。補職は取引のたびに読み直すので、異動や任期の終わりはすぐに効きます。

`)
	head := []string{"行為", "符号"}
	for _, r := range org.Roles() {
		head = append(head, r.Label())
	}
	head = append(head, "職がなくても", "コマンド", "条件")
	line := func(cells []string) { b.WriteString("| " + strings.Join(cells, " | ") + " |\n") }
	line(head)
	b.WriteString(strings.Repeat("|---", len(head)) + "|\n")
	for _, rule := range Policy() {
		cells := []string{rule.Label, "`" + string(rule.Action) + "`"}
		for _, role := range org.Roles() {
			cells = append(cells, mark(Can(holder(role), rule.Action)))
		}
		open := ""
		switch {
		case rule.Anyone:
			open = "ログイン前も"
		case rule.SignedIn:
			open = "ログインした人"
		}
		condition := rule.Condition
		if rule.OwnOrgan {
			condition = strings.TrimPrefix(condition+"。自分の機関の中だけ（機関の独立）", "。")
		}
		line(append(cells, open, mark(rule.Operator), condition))
	}
	return b.String()
}

func mark(yes bool) string {
	if yes {
		return "○"
	}
	return ""
}

func holder(r org.Role) Actor {
	return Actor{Account: 1, Person: 1, Appointments: []org.Appointment{{ID: 1, Role: r, Reach: org.ReachUnit, UnitID: 1, Units: []int64{1}}}}
}

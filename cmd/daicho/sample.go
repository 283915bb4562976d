package main

import (
	"context"
	"encoding/csv"
	"fmt"
	"strings"

	"daicho/internal/app"
	"daicho/internal/authz"
	"daicho/internal/org"
	"daicho/packs"
)

// samplePack is the shipped pack whose accounts stand in the open.
const samplePack = "sample"

type sampleAccount struct {
	login, password string
	actor           authz.Actor
}

// sampleAccounts says how to sign in when the sample is loaded: a registrant, the 管理者 of the same
// unit, and one of each of the others. It is empty without the sample.
func sampleAccounts(ctx context.Context, a *app.App, osUser string) []string {
	loaded, err := a.SampleLoaded(ctx, osUser)
	if err != nil || !loaded {
		return nil
	}
	all := readSample(ctx, a, osUser)
	var chosen []sampleAccount
	pick := func(role org.Role, unit int64) int64 {
		for _, one := range all {
			if len(one.actor.Appointments) == 0 {
				continue
			}
			if p := one.actor.Appointments[0]; p.Role == role && (unit == 0 || p.UnitID == unit) {
				chosen = append(chosen, one)
				return p.UnitID
			}
		}
		return 0
	}
	if unit := pick(org.Registrant, 0); unit != 0 {
		pick(org.Manager, unit)
	}
	for _, role := range []org.Role{org.Chief, org.Auditor, org.Admin} {
		pick(role, 0)
	}
	if len(chosen) == 0 {
		return nil
	}
	out := []string{"  見本の利用者（利用者ID / 最初のパスワード）"}
	for _, one := range chosen {
		p := one.actor.Appointments[0]
		out = append(out, fmt.Sprintf("    %-16s %-24s %s（%s・%s）", one.login, one.password, one.actor.Name, p.Role.Label(), p.UnitPath))
	}
	return append(out, "  見本のパスワードは公開されています。本物の情報を入れる前に、見本のないデータで始めてください。")
}

// readSample reads the accounts of the shipped pack, as far as the register has them.
func readSample(ctx context.Context, a *app.App, osUser string) []sampleAccount {
	f, err := packs.FS.Open(samplePack + "/account.csv")
	if err != nil {
		return nil
	}
	defer f.Close()
	rows, err := csv.NewReader(f).ReadAll()
	if err != nil || len(rows) < 2 {
		return nil
	}
	col := map[string]int{}
	for i, name := range rows[0] {
		col[strings.TrimPrefix(name, "\ufeff")] = i
	}
	login, ok1 := col["利用者ID"]
	password, ok2 := col["初期パスワード"]
	if !ok1 || !ok2 {
		return nil
	}
	var out []sampleAccount
	for _, r := range rows[1:] {
		actor, err := a.ActAs(ctx, r[login], osUser)
		if err != nil {
			continue
		}
		actor.Name, _, _ = strings.Cut(actor.Name, "（OS利用者")
		out = append(out, sampleAccount{r[login], r[password], actor})
	}
	return out
}

package pack

import (
	"maps"
	"regexp"
	"slices"
	"strings"

	"daicho/internal/account"
	"daicho/internal/errs"
	"daicho/internal/jptext"
	"daicho/internal/org"
)

var prefixPattern = regexp.MustCompile(`^[A-Z]{2}$`)

// models are the network models that the 総務省ガイドライン names; blank follows the unit above.
var models = []string{"a", "a2", "b", "b2"}

func (r *reader) organisation() {
	hosts, organs, units := keys{}, keys{}, keys{}
	for _, row := range r.rows("host_body") {
		h := Host{Code: code(row, "code"), Name: row.Need("name", 100), Yomi: row.Text("yomi", 200), LGCode: row.Code("lg_code"), Ord: row.Int("ord", 0, maxOrd)}
		h.Source, h.Checked = provenance(row)
		if h.LGCode != "" && !jptext.LocalGovCodeOK(h.LGCode) {
			row.Fail("lg_code", "全国地方公共団体コードの6桁目（検査数字）が合いません。6桁を確かめてください。")
		}
		hosts.add(row, "code", h.Code)
		r.p.Hosts = append(r.p.Hosts, h)
	}
	prefixes := keys{}
	for _, row := range r.rows("organ") {
		o := Organ{
			Code: code(row, "code"), Name: row.Need("name", 100), Yomi: row.Text("yomi", 200), Prefix: row.NeedCode("prefix"),
			Independent: row.Flag("independent"), Ord: row.Int("ord", 0, maxOrd),
		}
		o.Source, o.Checked = provenance(row)
		if o.Prefix != "" && !prefixPattern.MatchString(o.Prefix) {
			row.Fail("prefix", "英大文字2字にしてください。管理番号に入ります。")
		}
		organs.add(row, "code", o.Code)
		prefixes.add(row, "prefix", o.Prefix)
		r.p.Organs = append(r.p.Organs, o)
	}
	organOf := maps.Clone(r.known.Units)
	if organOf == nil {
		organOf = map[string]string{}
	}
	for _, row := range r.rows("unit") {
		u := Unit{
			Code: code(row, "code"), Organ: organs.needRef(row, "organ", "organ.csv", r.known.Organs), Parent: row.Code("parent"),
			Name: row.Need("name", 100), Yomi: row.Text("yomi", 200), Host: hosts.ref(row, "host_body", "host_body.csv", r.known.Hosts),
			Model: row.OneOf("model", models...), Ord: row.Int("ord", 0, maxOrd),
		}
		u.From, u.To = period(row)
		u.Source, u.Checked = provenance(row)
		// A parent stands above its children, so that a circle cannot be written at all.
		if above, ok := organOf[u.Parent]; u.Parent != "" && (!ok || u.Parent == u.Code) {
			row.Fail("parent", "この行より上にも台帳にもない組織です。コードを直すか、上位の組織をこの行より上に書いてください。")
		} else if u.Parent != "" && above != u.Organ {
			row.Fail("parent", "上位の組織の機関が違います。機関か上位を直してください。")
		}
		if units.add(row, "code", u.Code) {
			organOf[u.Code] = u.Organ
		}
		r.p.Units = append(r.p.Units, u)
	}
	posts := keys{}
	var roles []string
	for _, role := range org.Roles() {
		roles = append(roles, string(role))
	}
	for _, row := range r.rows("post") {
		p := Post{
			Code: code(row, "code"), Unit: units.needRef(row, "unit", "unit.csv", slices.Collect(maps.Keys(r.known.Units))),
			Name: row.Need("name", 100), Role: row.NeedOneOf("role", roles...),
			Reach: row.NeedOneOf("reach", string(org.ReachUnit), string(org.ReachOrgan), string(org.ReachBody)), Ord: row.Int("ord", 0, maxOrd),
		}
		p.Source, p.Checked = provenance(row)
		posts.add(row, "code", p.Code)
		r.p.Posts = append(r.p.Posts, p)
	}
}

func (r *reader) people() {
	posts, persons := keys{}, keys{}
	for i, p := range r.p.Posts {
		posts[p.Code] = i
	}
	for _, row := range r.rows("person") {
		p := Person{Code: code(row, "code"), Name: row.Need("name", 60), Yomi: row.Text("yomi", 120), Employment: row.Text("employment", 60)}
		persons.add(row, "code", p.Code)
		r.p.Persons = append(r.p.Persons, p)
	}
	held, mains := keys{}, map[string][]Appointment{}
	for _, row := range r.rows("appointment") {
		a := Appointment{
			Person: persons.needRef(row, "person", "person.csv", r.known.Persons), Post: posts.needRef(row, "post", "post.csv", r.known.Posts),
			Kind: row.NeedOneOf("kind", string(org.Main), string(org.Concurrent), string(org.Acting), string(org.Delegated)),
		}
		row.NeedDate("valid_from")
		a.From, a.To = period(row)
		held.add(row, "valid_from", join(a.Person, a.Post, a.From))
		if a.Kind == string(org.Main) {
			for _, b := range mains[a.Person] {
				if (b.To == "" || a.From < b.To) && (a.To == "" || b.From < a.To) {
					row.Fail("kind", "同じ期間に本務が二つあります。一つを concurrent（併任）にするか、期間を直してください。")
					break
				}
			}
			mains[a.Person] = append(mains[a.Person], a)
		}
		r.p.Appointments = append(r.p.Appointments, a)
	}
	logins, owners := keys{}, keys{}
	for _, row := range r.rows("account") {
		a := Account{Login: row.NeedCode("login"), Person: persons.needRef(row, "person", "person.csv", r.known.Persons), Password: row.Need("password", 128)}
		if a.Login != "" {
			if err := account.CheckLogin("login", a.Login); err != nil {
				row.Fail("login", errs.MessageOf(err))
			}
		}
		if a.Password != "" {
			if err := account.CheckPassword("password", a.Password, a.Login); err != nil {
				// In no cell, because a message repeats what stands in its cell.
				row.Fail("", "初期パスワードが弱すぎます。"+errs.MessageOf(err))
			}
		}
		if owner, ok := r.known.Logins[a.Login]; ok && owner != a.Person {
			row.Fail("login", "別の職員がすでに使っています。ほかの利用者IDにしてください。")
		}
		logins.add(row, "login", a.Login)
		owners.add(row, "person", a.Person)
		r.p.Accounts = append(r.p.Accounts, a)
	}
}

// adoptions reads what the sample adopts. The organisation goes by the name of its pack.
func (r *reader) adoptions() {
	schemes, catalogues := slices.Clone(r.known.Schemes), slices.Clone(r.known.Catalogues)
	packs := append(slices.Clone(r.known.Packs), r.p.Name)
	for _, s := range r.p.Schemes {
		schemes = append(schemes, s.Code)
	}
	for _, c := range r.p.Catalogues {
		catalogues = append(catalogues, c.Code)
	}
	routes := slices.Clone(r.known.Routes)
	if r.p.Routes != nil {
		routes = append(routes, r.p.Routes.Code)
	}
	seen := keys{}
	for _, row := range r.rows("adoption") {
		a := Adoption{
			Target: row.NeedOneOf("target", "org", "scheme", "catalogue", "route"), Code: code(row, "code"), DocNo: row.Need("doc_no", 60),
			DecidedOn: iso(row.NeedDate("decided_on")), Note: row.Text("note", 400),
		}
		among, what := packs, "組織を持つパックの名前"
		switch a.Target {
		case "scheme":
			among, what = schemes, "分類体系のコード"
		case "catalogue":
			among, what = catalogues, "対策基準のコード"
		case "route":
			among, what = routes, "決裁経路の版のコード"
		}
		if a.Code != "" && !slices.Contains(among, a.Code) {
			row.Fail("code", what+"ではありません。使える値は "+strings.Join(among, "、")+" です。")
		}
		seen.add(row, "code", join(a.Target, a.Code))
		r.p.Adoptions = append(r.p.Adoptions, a)
	}
}

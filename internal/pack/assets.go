package pack

import (
	"maps"
	"slices"
	"strconv"
	"strings"

	"daicho/internal/asset"
	"daicho/internal/classify"
	"daicho/internal/errs"
	"daicho/internal/intake"
	"daicho/internal/relation"
)

// The states in which a sample asset is left by a load.
const (
	Approved = "approved"
	Pending  = "pending"
	Returned = "returned"
	Draft    = "draft"
)

// Asset is a row of asset_<KIND>.csv: what a registrant would have entered, and what became of it.
// The same reference may stand in several rows: each later one is a change of the asset.
type Asset struct {
	Ref         string
	Turn        int // 1 for the registration, then one more for each change
	Table       string
	Row         int // as Excel shows it
	State       string
	Applicant   string // login
	Application string // rows with the same word are one application
	Comment     string // of the decision that returns it
	Unit        string
	Raw         map[string][]string // as typed: field → values
	Doc         asset.Document      // without relations: those name ids, which only the register gives
	Relations   []Relation
}

// Relation is a row of relation.csv.
type Relation struct {
	Type   string
	To     string // reference
	Note   string
	Effect string
	Raw    map[string]string // values as typed, by the keys of asset.RelationFields
}

// order is the order in which the kinds are loaded: what is held before what holds it, so that a
// relation finds its other end.
var order = []asset.Kind{
	asset.Info, asset.Paper, asset.Contract, asset.Facility, asset.Network, asset.Cloud, asset.Medium, asset.Device, asset.System, asset.SysDoc,
}

func (r *reader) assets() {
	scheme := r.defaultScheme()
	logins := maps.Clone(r.known.Logins)
	if logins == nil {
		logins = map[string]string{}
	}
	for _, a := range r.p.Accounts {
		logins[a.Login] = a.Person
	}
	units, hosts, posts := slices.Collect(maps.Keys(r.known.Units)), slices.Clone(r.known.Hosts), slices.Clone(r.known.Posts)
	for _, u := range r.p.Units {
		units = append(units, u.Code)
	}
	for _, h := range r.p.Hosts {
		hosts = append(hosts, h.Code)
	}
	for _, p := range r.p.Posts {
		posts = append(posts, p.Code)
	}
	for _, l := range [][]string{units, hosts, posts} {
		slices.Sort(l)
	}
	at, rows := map[string][]int{}, []*intake.Row{} // reference → its rows
	groups := map[string]int{}
	for _, k := range order {
		table := "asset_" + string(k)
		for _, row := range r.rows(table) {
			a := Asset{
				Ref: code(row, "ref"), Turn: 1, Table: table + ".csv", Row: row.No, State: row.NeedOneOf("state", Approved, Pending, Returned, Draft),
				Applicant: row.NeedCode("applicant"), Application: row.Code("application"), Comment: row.Text("comment", 1000), Raw: map[string][]string{},
			}
			if _, ok := logins[a.Applicant]; !ok && a.Applicant != "" {
				row.Fail("applicant", "account.csv にない利用者IDです。直すか、account.csv に加えてください。")
			}
			if (a.Application == "") != (a.State == Draft) {
				row.Fail("application", "申請したもの（draft 以外）には申請のまとまりを書き、下書きには書かないでください。")
			}
			if (a.Comment == "") == (a.State == Returned) {
				row.Fail("comment", "差し戻したもの（returned）にはコメントを書き、ほかには書かないでください。")
			}
			for _, f := range asset.Fields(k) {
				if v := row.Raw(f.Key); strings.TrimSpace(v) != "" {
					a.Raw[f.Key] = []string{v}
				}
			}
			a.Doc = r.document(row, k, a.Raw, scheme)
			a.Unit = a.Doc.Get("unit")
			among(row, a.Doc, "unit", units, "unit.csv")
			among(row, a.Doc, "host_body", hosts, "host_body.csv")
			among(row, a.Doc, "manager_post", posts, "post.csv")
			if earlier := at[a.Ref]; len(earlier) > 0 && a.Ref != "" {
				before := r.p.Assets[earlier[len(earlier)-1]]
				a.Turn = before.Turn + 1
				if before.Table != a.Table || before.State != Approved || before.Application == a.Application {
					row.Failf("ref", "%s の%d行目と同じです。変更として読み込むには、種別が同じで、前の行が approved で、申請が別でなければなりません。", before.Table, before.Row)
				}
			}
			if g, ok := groups[a.Application]; ok && a.Application != "" {
				first := r.p.Assets[g]
				if first.State != a.State || first.Applicant != a.Applicant || first.Unit != a.Unit || first.Turn != a.Turn || first.Comment != a.Comment {
					row.Failf("application", "同じ申請の行（%s の%d行目）と、登録状態、申請者、所管課、コメントをそろえてください。", first.Table, first.Row)
				}
			} else {
				groups[a.Application] = len(r.p.Assets)
			}
			at[a.Ref] = append(at[a.Ref], len(r.p.Assets))
			r.p.Assets, rows = append(r.p.Assets, a), append(rows, row)
		}
	}
	r.members(at)
	r.relations(at)
	for i, a := range r.p.Assets {
		check(rows[i], a, scheme)
	}
}

// document reads the values of a row and the judgement that stands beside them.
func (r *reader) document(row *intake.Row, k asset.Kind, raw map[string][]string, s *classify.Scheme) asset.Document {
	d := asset.New(k)
	values, err := asset.Normalise(k, raw)
	d.Values = values
	for _, e := range errs.Fields(err) {
		row.Fail(e.Field, e.Message+"。")
	}
	if s == nil {
		row.Fail("", "区分を読むための分類体系がありません。scheme.csv を加えるか、先に読み込んでください。")
		return d
	}
	j := asset.Judgement{Scheme: s.Code, Levels: map[string]string{}, Answers: map[string]string{}, Reason: row.Text("level_reason", 1000)}
	for _, axis := range classify.Axes() {
		key := asset.LevelKey(axis)
		if rank(row, key, s, axis) == 0 {
			continue
		}
		j.Levels[string(axis)] = row.Code(key)
	}
	for part := range strings.FieldsSeq(row.Text("answers", 1000)) {
		q, v, _ := strings.Cut(part, "=")
		if !answerable(s, q, v) {
			row.Failf("answers", "「%s」は答えとして読めません。「mynumber=no personal=yes rto=72」のように、質問のコードと答えを書いてください。", part)
			continue
		}
		j.Answers[q] = v
	}
	if len(j.Answers) > 0 {
		for a, c := range s.Codes(s.Judge(j.Answers).Levels) {
			if asset.Declares(k, classify.Axis(a)) {
				if j.Proposed == nil {
					j.Proposed = map[string]string{}
				}
				j.Proposed[a] = c
			}
		}
	}
	if len(j.Levels) > 0 || len(j.Answers) > 0 || j.Reason != "" {
		d.Judgement = &j
	}
	return d
}

func answerable(s *classify.Scheme, code, answer string) bool {
	for _, q := range s.Questions {
		if q.Code != code {
			continue
		}
		if q.Unit != "" {
			_, err := strconv.ParseFloat(answer, 64)
			return err == nil
		}
		return slices.ContainsFunc(q.Options, func(c classify.Choice) bool { return c.Value == answer })
	}
	return false
}

// among checks a reference of a document to the organisation. sorted is in order.
func among(row *intake.Row, d asset.Document, key string, sorted []string, table string) {
	v := d.Get(key)
	if v == "" {
		return
	}
	if _, ok := slices.BinarySearch(sorted, v); !ok {
		row.Fail(key, table+" にありません。コードを直してください。")
	}
}

func (r *reader) members(at map[string][]int) {
	for _, row := range r.rows("member") {
		of := at[row.NeedCode("asset")]
		if len(of) == 0 {
			row.Fail("asset", "この取込番号の資産が asset_ の表にありません。番号を直してください。")
			continue
		}
		m := asset.Member{
			No: row.NeedInt("no", 1, 10_000), Serial: row.Code("serial"), Label: row.Code("label"), Place: row.Text("place", 100),
			Holder: row.Text("holder", 100), Storage: row.Text("storage", 1000), State: memberState(row),
		}
		if slices.ContainsFunc(r.p.Assets[of[0]].Doc.Members, func(x asset.Member) bool { return x.No == m.No }) {
			row.Fail("no", "同じ資産に同じ番号の内訳があります。番号を直してください。")
			continue
		}
		for _, i := range of {
			r.p.Assets[i].Doc.Members = append(r.p.Assets[i].Doc.Members, m)
		}
	}
}

func memberState(row *intake.Row) string {
	v := row.Text("state", 20)
	var words []string
	for _, o := range asset.MemberStates() {
		if v == o.Code || v == o.Label {
			return o.Code
		}
		words = append(words, o.Label)
	}
	if v != "" {
		row.Fail("state", "使える値は "+strings.Join(words, "、")+" です。")
	}
	return ""
}

func (r *reader) relations(at map[string][]int) {
	types := []string{}
	for _, i := range relation.Infos() {
		if !slices.Contains(types, string(i.Type)) {
			types = append(types, string(i.Type))
		}
	}
	seen := keys{}
	for _, row := range r.rows("relation") {
		from, to := at[row.NeedCode("from")], at[row.NeedCode("to")]
		okFrom, okTo := len(from) > 0, len(to) > 0
		if !okFrom {
			row.Fail("from", "この取込番号の資産が asset_ の表にありません。番号を直してください。")
		}
		if !okTo {
			row.Fail("to", "この取込番号の資産が asset_ の表にありません。番号を直してください。")
		}
		x := Relation{Type: row.NeedOneOf("type", types...), To: row.Code("to"), Note: row.Text("note", 400), Effect: row.OneOf("effect", asset.Gather, asset.Spread)}
		if !okFrom || !okTo || x.Type == "" {
			continue
		}
		if from[0] == to[0] {
			row.Fail("to", "元と先が同じです。どちらかを直してください。")
			continue
		}
		fk, tk := r.p.Assets[from[0]].Doc.Kind, r.p.Assets[to[0]].Doc.Kind
		if _, ok := relation.Find(relation.Type(x.Type), fk, tk); !ok {
			row.Failf("type", "%sから%sへは、この種類の関連を結べません。種類か、元と先を直してください。", fk.Label(), tk.Label())
			continue
		}
		for _, f := range asset.RelationFields(x.Type, x.Effect) {
			if v := row.Text(f.Key, f.Limit()); v != "" {
				if x.Raw == nil {
					x.Raw = map[string]string{}
				}
				x.Raw[f.Key] = v
			}
		}
		if x.Effect != "" && x.Note == "" {
			row.Fail("note", "集積（gather）や分散（spread）には、メモに理由を書いてください。")
		}
		if seen.add(row, "to", join(row.Code("from"), x.Type, x.To)) {
			for _, i := range from {
				r.p.Assets[i].Relations = append(r.p.Assets[i].Relations, x)
			}
		}
	}
}

// check asks the asset's own rules, so that nothing reaches the register that a screen would refuse.
func check(row *intake.Row, a Asset, s *classify.Scheme) {
	mode := asset.Submit
	if a.State == Draft {
		mode = asset.Draft
	}
	err := asset.Check(a.Doc, mode, s)
	for _, e := range errs.Fields(err) {
		row.Fail(column(a.Doc.Kind, e.Field), e.Message+"。")
	}
	if err != nil && len(errs.Fields(err)) == 0 {
		row.Fail("", errs.MessageOf(err))
	}
}

// column is the column of a field of a mistake; what stands in other tables concerns the whole row.
func column(k asset.Kind, field string) string {
	if _, ok := asset.Lookup(k, field); ok {
		return field
	}
	for _, a := range classify.Axes() {
		if field == asset.LevelKey(a) {
			return field
		}
	}
	if field == asset.ReasonKey {
		return field
	}
	return ""
}

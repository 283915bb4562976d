package app

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"daicho/internal/asset"
	"daicho/internal/authz"
	"daicho/internal/check"
	"daicho/internal/classify"
	"daicho/internal/errs"
	"daicho/internal/jpdate"
	"daicho/internal/org"
	"daicho/internal/postgres"
	"daicho/internal/relation"
)

// Severity, FindingState and CheckRun are what pages of findings need of the parts below.
type (
	// FindingState narrows a list of findings.
	FindingState = postgres.FindingState
	// CheckRun is the last run by the day.
	CheckRun = postgres.CheckRun
)

// The states of a finding.
const (
	FindingOpen     = postgres.FindingOpen
	FindingAccepted = postgres.FindingAccepted
	FindingCleared  = postgres.FindingCleared
)

// outsideAsset is how an asset is named that lies outside of what the reader may see.
const outsideAsset = "他機関の資産"

// Finding is one thing that a check found, in words.
type Finding struct {
	ID            int64
	Rule          string
	Title, Clause string
	Severity      check.Severity
	Text, Advice  string
	Field, Label  string // the field where it can be mended, and its 日本語名
	Number, Name  string // of the asset; "" for a unit
	Kind          asset.Kind
	Unit          string
	Other         AssetRef // zero, or without a number when it lies outside the scope
	OtherName     string
	First, Last   time.Time
	Cleared       *time.Time
	AcceptedUntil *time.Time
	AcceptedBy    string
	AcceptedWhy   string
	Accepted      bool // today
	Fix           check.Fix
	CanFix        bool // the reader may prepare the draft
	CanAccept     bool
	unit, assetID int64
	axis          classify.Axis
	computed      classify.Rank
}

// FindingQuery is what a list of findings asks for; zero values ask for everything.
type FindingQuery struct {
	State    FindingState
	Unit     string // code; its sub-units are asked for too
	Rule     string
	Severity string
	Days     int // at least so many days old
	Page     int // from 1
}

// FindingsView is one page of a list of findings.
type FindingsView struct {
	Query  FindingQuery
	Rows   []Finding
	Total  int
	Size   int
	Units  []org.Unit
	Rules  []check.Rule
	Last   *CheckRun // nil before the first run
	Counts map[FindingState]int
}

// findingsShown is how many findings a page shows.
const findingsShown = 50

// Findings reads one page of the findings within the actor's reach. What of the query is unknown is
// left out. Errors: Forbidden, Busy.
func (a *App) Findings(ctx context.Context, actor authz.Actor, q FindingQuery) (FindingsView, error) {
	v := FindingsView{Query: q, Size: findingsShown}
	err := a.readFindings(ctx, actor, authz.ReadAsset, func(ctx context.Context, t *postgres.Tx, set check.Set, scheme *classify.Scheme) error {
		var err error
		v.Rules = set.Rules
		if v.Units, err = t.Units(ctx); err != nil {
			return err
		}
		pq, err := a.findingQuery(ctx, t, &v.Query)
		if err != nil {
			return err
		}
		v.Counts = map[FindingState]int{}
		for _, s := range []FindingState{FindingOpen, FindingAccepted, FindingCleared} {
			one := pq
			one.State = s
			if v.Counts[s], err = t.CountFindings(ctx, one); err != nil {
				return err
			}
		}
		v.Total = v.Counts[pq.State]
		v.Query.Page = min(max(v.Query.Page, 1), max(1, (v.Total+v.Size-1)/v.Size))
		rows, err := t.Findings(ctx, pq, (v.Query.Page-1)*v.Size, v.Size)
		if err != nil {
			return err
		}
		if v.Rows, err = a.findings(ctx, t, set, scheme, rows); err != nil {
			return err
		}
		last, err := t.LastCheck(ctx)
		if err == nil {
			v.Last = &last
		} else if errs.Is(err, errs.NotFound) {
			err = nil
		}
		return err
	})
	return v, err
}

// FindingsFile hands every finding that a query asks for to fn, in the order of the list. Taking them
// out is recorded as an act first. Errors: Forbidden, Busy; whatever fn returns.
func (a *App) FindingsFile(ctx context.Context, actor authz.Actor, q FindingQuery, fn func([]Finding) error) error {
	g, err := authz.Permit(actor, authz.ExportLedger)
	if err != nil {
		return err
	}
	if err := a.db.Act(ctx, g, func(ctx context.Context, t *postgres.Tx) error {
		return t.Sign(ctx, postgres.Note{Target: "検出の一覧", Detail: map[string]any{"format": "csv", "filter": fmt.Sprintf("state=%s unit=%s rule=%s severity=%s days=%d", q.State, q.Unit, q.Rule, q.Severity, q.Days)}})
	}); err != nil {
		return err
	}
	return a.readFindings(ctx, actor, authz.ExportLedger, func(ctx context.Context, t *postgres.Tx, set check.Set, scheme *classify.Scheme) error {
		pq, err := a.findingQuery(ctx, t, &q)
		if err != nil {
			return err
		}
		const many = 1000
		for skip := 0; ; skip += many {
			rows, err := t.Findings(ctx, pq, skip, many)
			if err != nil {
				return err
			}
			list, err := a.findings(ctx, t, set, scheme, rows)
			if err != nil {
				return err
			}
			if err := fn(list); err != nil || len(rows) < many {
				return err
			}
		}
	})
}

func (a *App) readFindings(ctx context.Context, actor authz.Actor, action authz.Action, fn func(context.Context, *postgres.Tx, check.Set, *classify.Scheme) error) error {
	g, err := authz.Permit(actor, action)
	if err != nil {
		return err
	}
	return a.db.View(ctx, g, func(ctx context.Context, t *postgres.Tx) error {
		scheme, set, err := checks(ctx, t)
		if err != nil {
			return err
		}
		return fn(ctx, t, set, scheme)
	})
}

// checks reads the rules as the body uses them. Before a scheme is loaded there is nothing to find.
func checks(ctx context.Context, t *postgres.Tx) (*classify.Scheme, check.Set, error) {
	scheme, err := t.Scheme(ctx, 0)
	if errs.Is(err, errs.NotFound) {
		scheme, err = nil, nil
	}
	if err != nil {
		return nil, check.Set{}, err
	}
	set, err := t.Checks(ctx, scheme)
	return scheme, set, err
}

// findingQuery resolves a query; what it does not know falls out of it.
func (a *App) findingQuery(ctx context.Context, t *postgres.Tx, q *FindingQuery) (postgres.FindingQuery, error) {
	if q.State != FindingAccepted && q.State != FindingCleared {
		q.State = FindingOpen
	}
	if !check.Severity(q.Severity).Valid() {
		q.Severity = ""
	}
	out := postgres.FindingQuery{State: q.State, Rule: q.Rule, Severity: q.Severity}
	if q.Days > 0 {
		out.Before = t.Now().AddDate(0, 0, -min(q.Days, 36_500))
	}
	if q.Unit == "" {
		return out, nil
	}
	ids, err := a.below(ctx, t, q.Unit)
	if len(ids) == 0 {
		q.Unit = ""
	}
	out.Units = ids
	return out, err
}

// below is a unit with its sub-units, as far as the reader sees them; none for an unknown code.
func (a *App) below(ctx context.Context, t *postgres.Tx, code string) ([]int64, error) {
	units, err := t.Units(ctx)
	if err != nil {
		return nil, err
	}
	i := slices.IndexFunc(units, func(u org.Unit) bool { return u.Code == code })
	if i < 0 {
		return nil, nil
	}
	tree, err := t.Tree(ctx)
	return inScope(tree[units[i].ID], t.Scope()), err
}

// findings puts rows into words.
func (a *App) findings(ctx context.Context, t *postgres.Tx, set check.Set, scheme *classify.Scheme, rows []postgres.Finding) ([]Finding, error) {
	var others []int64
	for _, r := range rows {
		if r.OtherID != 0 {
			others = append(others, r.OtherID)
		}
	}
	refs, err := t.Refs(ctx, others)
	if err != nil {
		return nil, err
	}
	shelf := classify.Shelf{Current: scheme, Editions: map[int64]*classify.Scheme{0: scheme}}
	if scheme != nil {
		shelf.Editions[scheme.ID] = scheme
	}
	day := jpdate.OfTime(t.Now()).ISO()
	out := make([]Finding, 0, len(rows))
	for _, r := range rows {
		f := Finding{
			ID: r.ID, Rule: r.Rule, Severity: check.Severity(r.Severity), Field: r.Field, Number: r.Number, Name: r.Name, Kind: asset.Kind(r.Kind),
			Unit: r.Unit, First: r.FirstSeen, Last: r.LastSeen, Cleared: r.ClearedAt, AcceptedUntil: r.AcceptedUntil, AcceptedBy: r.AcceptedBy,
			AcceptedWhy: r.AcceptedWhy, unit: r.UnitID, assetID: r.AssetID, axis: classify.Axis(r.Axis), computed: classify.Rank(r.Computed),
		}
		f.Accepted = r.AcceptedUntil != nil && r.AcceptedUntil.Format(time.DateOnly) >= day && r.ClearedAt == nil
		if r.OtherID != 0 {
			f.OtherName = outsideAsset
			if ref, ok := refs[r.OtherID]; ok {
				f.Other, f.OtherName = ref, ref.Name
			}
		}
		rule, known := set.Rule(r.Rule)
		line, has := rule.Line(f.Kind, f.Field)
		if !known || !has {
			f.Title, f.Text = r.Rule, "この版のプログラムにない規則です"
			out = append(out, f)
			continue
		}
		f.Title, f.Clause, f.Advice, f.Fix = rule.Title, rule.Clause, rule.Advice, line.Fix
		f.Label = fieldLabel(f.Kind, f.Field)
		if _, read := shelf.Editions[r.Scheme]; !read {
			if shelf.Editions[r.Scheme], err = t.Scheme(ctx, r.Scheme); err != nil {
				return nil, err
			}
		}
		f.Text = set.Text(rule, line, check.Params{
			Kind: f.Kind, Field: f.Field, Levels: classify.Levels{C: classify.Rank(r.C), I: classify.Rank(r.I), A: classify.Rank(r.A)},
			Axis: f.axis, Level: classify.Rank(r.Level), Computed: f.computed, Value: r.Value, Day: r.DayWords(), Other: f.OtherName,
			Old: shelf.Old(r.Scheme),
		}, shelf.Of(r.Scheme))
		open := r.ClearedAt == nil
		f.CanFix = open && f.Number != "" && reaches(t, authz.RegisterAsset, r.UnitID)
		f.CanAccept = open && reaches(t, authz.AcceptFinding, r.UnitID)
		out = append(out, f)
	}
	return out, nil
}

func fieldLabel(k asset.Kind, key string) string {
	if f, ok := asset.Lookup(k, key); ok {
		return f.Label
	}
	for _, axis := range classify.Axes() {
		if asset.LevelKey(axis) == key {
			return axis.Label()
		}
	}
	return ""
}

// Finding reads one finding. Errors: Forbidden, NotFound outside the scope.
func (a *App) Finding(ctx context.Context, actor authz.Actor, id int64) (Finding, error) {
	var out Finding
	err := a.readFindings(ctx, actor, authz.ReadAsset, func(ctx context.Context, t *postgres.Tx, set check.Set, scheme *classify.Scheme) error {
		f, err := a.finding(ctx, t, set, scheme, id)
		out = f
		return err
	})
	return out, err
}

func (a *App) finding(ctx context.Context, t *postgres.Tx, set check.Set, scheme *classify.Scheme, id int64) (Finding, error) {
	row, err := t.Finding(ctx, id)
	if err != nil {
		return Finding{}, err
	}
	list, err := a.findings(ctx, t, set, scheme, []postgres.Finding{row})
	if err != nil {
		return Finding{}, err
	}
	return list[0], nil
}

// PrepareFix makes the draft that mends a finding, or puts the value into the draft that is there, and
// returns the asset whose draft it is and the field. Nothing is in force by it: the draft is submitted
// like any other. Errors: Forbidden; NotFound outside the scope; Conflict while a change waits for its
// decision, or when the finding was cleared.
func (a *App) PrepareFix(ctx context.Context, actor authz.Actor, id int64) (draft int64, field string, err error) {
	g, err := authz.Permit(actor, authz.RegisterAsset)
	if err != nil {
		return 0, "", err
	}
	var f Finding
	var set check.Set
	var scheme *classify.Scheme
	if err := a.db.View(ctx, g, func(ctx context.Context, t *postgres.Tx) error {
		var err error
		if scheme, set, err = checks(ctx, t); err != nil {
			return err
		}
		f, err = a.finding(ctx, t, set, scheme, id)
		return err
	}); err != nil {
		return 0, "", err
	}
	switch {
	case f.Number == "":
		return 0, "", errs.New(errs.Conflict, "finding.unit", "組織についての検出です。資産の下書きでは直せません。")
	case f.Cleared != nil:
		return 0, "", errs.New(errs.Conflict, "finding.cleared", "この検出は、すでに直っています。一覧を開き直してください。")
	}
	if draft, err = a.EditAsset(ctx, actor, f.Number); err != nil || f.Fix == check.Open {
		return draft, f.Field, err
	}
	err = a.db.Act(ctx, g, func(ctx context.Context, t *postgres.Tx) error {
		d, err := t.Draft(ctx, draft)
		if err != nil {
			return err
		}
		if err := t.Sign(ctx, postgres.Note{Target: f.Number, Asset: draft, Unit: d.Unit, Detail: map[string]any{"deed": "fix", "rule": f.Rule, "field": f.Field}}); err != nil {
			return err
		}
		if d.Form == nil {
			d.Form = Raw{}
		}
		own := scheme // a draft of what was judged under another edition still speaks its codes
		if code := first(d.Form, SchemeKey); code != "" && code != scheme.Code {
			if own, err = t.SchemeOf(ctx, code); err != nil {
				return err
			}
		}
		d.Form[f.Field] = []string{fixValue(f, set, own, t.Now())}
		_, err = t.UpdateDraft(ctx, d)
		return err
	})
	return draft, f.Field, err
}

// fixValue is the value that mends a finding, as somebody would type it.
func fixValue(f Finding, set check.Set, scheme *classify.Scheme, now time.Time) string {
	switch f.Fix {
	case check.ToHigh:
		return check.CodeOf(scheme, classify.Confidentiality, set.High)
	case check.Computed:
		axis := f.axis
		if axis == "" {
			axis = classify.Confidentiality
		}
		return check.CodeOf(scheme, axis, f.computed)
	case check.ZoneMN:
		return asset.ZoneMyNumber
	case check.LockedBox:
		return "locked"
	case check.Today:
		return jpdate.OfTime(now).Wareki()
	case check.Open:
	}
	return ""
}

// AcceptFinding is the decision of a 管理者 to live with a finding to a day.
type AcceptFinding struct {
	ID     int64
	Until  jpdate.Date // zero withdraws an acceptance
	Reason string
}

// longestAcceptance is how many days ahead an acceptance may end: it is looked at again every year.
const longestAcceptance = 366

// AcceptFinding records why a finding is left as it is, by whom and to which day; after it the finding
// stands open again by itself. Errors: Forbidden, NotFound outside the scope, Invalid on reason and
// until, Conflict when it was cleared meanwhile.
func (a *App) AcceptFinding(ctx context.Context, actor authz.Actor, in AcceptFinding) error {
	g, err := authz.Permit(actor, authz.AcceptFinding)
	if err != nil {
		return err
	}
	in.Reason = strings.TrimSpace(in.Reason)
	return a.db.Act(ctx, g, func(ctx context.Context, t *postgres.Tx) error {
		f, err := t.Finding(ctx, in.ID)
		if err != nil {
			return err
		}
		now := jpdate.OfTime(t.Now())
		var failed []error
		if in.Reason == "" {
			failed = append(failed, errs.OnField("reason", "finding.reason", "受け入れる理由を入力してください"))
		} else if _, err := note("reason", "理由", in.Reason, 1000); err != nil {
			failed = append(failed, err)
		}
		if !in.Until.IsZero() && (in.Until.Before(now) || now.DaysUntil(in.Until) > longestAcceptance) {
			failed = append(failed, errs.OnField("until", "finding.until", "期限は、今日から1年以内の日にしてください"))
		}
		if len(failed) > 0 {
			return errs.Join(failed...)
		}
		by, _ := t.Scope().Post(f.UnitID)
		if err := t.Sign(ctx, postgres.Note{
			Target: cmp.Or(f.Number, f.Unit), Asset: f.AssetID, Unit: f.UnitID, Post: by.ID, Reason: in.Reason,
			Detail: map[string]any{"rule": f.Rule, "finding": in.ID, "until": in.Until.ISO()},
		}); err != nil {
			return err
		}
		var until *time.Time
		if !in.Until.IsZero() {
			day := time.Date(in.Until.Year(), in.Until.Month(), in.Until.Day(), 0, 0, 0, 0, time.UTC)
			until = &day
		}
		return t.AcceptFinding(ctx, in.ID, until, in.Reason, strings.TrimSpace(by.UnitPath+" "+by.PostName+" "+actor.Name))
	})
}

// SaveCheck stores what the body decides about a rule. Errors: Forbidden, NotFound for an unknown
// rule, Invalid on severity and limit.
func (a *App) SaveCheck(ctx context.Context, actor authz.Actor, in check.Setting) error {
	g, err := authz.Permit(actor, authz.ManageChecks)
	if err != nil {
		return err
	}
	return a.db.Act(ctx, g, func(ctx context.Context, t *postgres.Tx) error {
		i := slices.IndexFunc(check.Shipped(), func(r check.Rule) bool { return r.ID == in.ID })
		if i < 0 {
			return errs.New(errs.NotFound, "check.rule", "")
		}
		rule := check.Shipped()[i]
		if !in.Severity.Valid() {
			return errs.OnField("severity", "check.severity", "重大さを選んでください")
		}
		if rule.Unit == "" {
			in.Limit = 0
		} else if in.Limit < 1 || in.Limit > 1_000_000 {
			return errs.OnField("limit", "check.limit", "しきい値は、1から1,000,000までの数字を入力してください")
		}
		for _, x := range [...][3]string{{"title", "規則の名前", in.Title}, {"advice", "どう直すか", in.Advice}} {
			if _, err := note(x[0], x[1], x[2], 400); err != nil {
				return err
			}
		}
		if err := t.Sign(ctx, postgres.Note{Target: "点検規則 " + in.ID, Detail: map[string]any{"rule": in.ID}}); err != nil {
			return err
		}
		return t.PutCheck(ctx, in)
	})
}

// CheckRules reads the rules as the body uses them. Errors: Forbidden.
func (a *App) CheckRules(ctx context.Context, actor authz.Actor) ([]check.Rule, error) {
	var out []check.Rule
	err := a.readFindings(ctx, actor, authz.ManageChecks, func(_ context.Context, _ *postgres.Tx, set check.Set, _ *classify.Scheme) error {
		out = set.Rules
		return nil
	})
	return out, err
}

// RunDaily runs the checks of the day as the system, unless they ran today or another server runs
// them now. It reports whether it ran.
func (a *App) RunDaily(ctx context.Context) (bool, error) {
	g, err := authz.System(authz.RunChecks)
	if err != nil {
		return false, err
	}
	ran := false
	skip := errs.New(errs.Conflict, "check.done", "")
	err = a.db.Act(ctx, g, func(ctx context.Context, t *postgres.Tx) error {
		due, err := t.CheckDue(ctx)
		if err != nil {
			return err
		}
		if _, e := t.Scheme(ctx, 0); !due || errs.Is(e, errs.NotFound) {
			return skip
		}
		if err := t.Sign(ctx, postgres.Note{Target: "日ごとの点検"}); err != nil {
			return err
		}
		_, err = t.RunChecks(ctx, false)
		ran = err == nil
		return err
	})
	if errs.CodeOf(err) == "check.done" {
		return false, nil
	}
	return ran, err
}

// RunChecks evaluates every rule over the whole register at the operator's word and says what came of
// it. Errors: Forbidden for any other grant; Conflict while another run is under way.
func (a *App) RunChecks(ctx context.Context, g authz.Grant) (found, cleared int, err error) {
	err = a.db.Act(ctx, g, func(ctx context.Context, t *postgres.Tx) error {
		if err := t.TakeChecks(ctx); err != nil {
			return err
		}
		if err := t.Sign(ctx, postgres.Note{Target: "すべての点検"}); err != nil {
			return err
		}
		tally, err := t.RunChecks(ctx, true)
		found, cleared = tally.Found, tally.Cleared
		return err
	})
	return found, cleared, err
}

// UnitLine is a unit with how far the entries of its assets have come.
type UnitLine struct {
	Unit  org.Unit
	Count [asset.TopLevel + 1]int
}

// Total is the number of assets of the line.
func (l UnitLine) Total() int {
	n := 0
	for _, c := range l.Count {
		n += c
	}
	return n
}

// CompletenessView is how far the entries of the register have come.
type CompletenessView struct {
	Unit   string // asked for, or ""
	Level  int    // of the list of assets, -1 = none
	Page   int
	Size   int
	Lines  []UnitLine // with the assets of the unit itself and of those below it
	Whole  UnitLine
	Assets []IncompleteAsset
	Total  int
}

// IncompleteAsset is one asset whose entry is at some level, with the words of what it lacks.
type IncompleteAsset struct {
	postgres.IncompleteAsset
	Lacks []string
}

// Completeness counts assets by unit and level, and lists those of one level.
// Errors: Forbidden, Busy.
func (a *App) Completeness(ctx context.Context, actor authz.Actor, unit string, level, page int) (CompletenessView, error) {
	v := CompletenessView{Unit: unit, Level: level, Size: findingsShown}
	err := a.readFindings(ctx, actor, authz.ReadAsset, func(ctx context.Context, t *postgres.Tx, _ check.Set, _ *classify.Scheme) error {
		counts, err := t.Completeness(ctx)
		if err != nil {
			return err
		}
		units, err := t.Units(ctx)
		if err != nil {
			return err
		}
		tree, err := t.Tree(ctx)
		if err != nil {
			return err
		}
		sum := func(ids []int64) (c [asset.TopLevel + 1]int) {
			for _, id := range ids {
				for l, n := range counts[id].Counts {
					c[l] += n
				}
			}
			return c
		}
		for _, u := range units {
			if l := (UnitLine{Unit: u, Count: sum(inScope(tree[u.ID], t.Scope()))}); l.Total() > 0 {
				v.Lines = append(v.Lines, l)
			}
		}
		for _, c := range counts {
			for l, n := range c.Counts {
				v.Whole.Count[l] += n
			}
		}
		if level < 0 || level > asset.TopLevel {
			v.Level = -1
			return nil
		}
		var ids []int64
		shown := v.Whole.Count
		if unit != "" {
			if ids, err = a.below(ctx, t, unit); err != nil {
				return err
			}
			if len(ids) == 0 {
				v.Unit = ""
			} else {
				shown = sum(ids)
			}
		}
		v.Total = shown[level]
		v.Page = min(max(page, 1), max(1, (v.Total+v.Size-1)/v.Size))
		list, err := t.ByCompleteness(ctx, ids, level, (v.Page-1)*v.Size, v.Size)
		for _, x := range list {
			one := IncompleteAsset{IncompleteAsset: x}
			for _, key := range x.Missing {
				one.Lacks = append(one.Lacks, fieldLabel(asset.Kind(x.Kind), key))
			}
			v.Assets = append(v.Assets, one)
		}
		return err
	})
	return v, err
}

// weighed is a declared axis that lies below what a related asset gives.
type weighed struct {
	axis  classify.Axis
	rank  classify.Rank
	other AssetRef
	copy  bool
}

// weigh notes that a related asset gives a declared axis more than was declared.
func (v *DraftView) weigh(axis classify.Axis, rank classify.Rank, other AssetRef) {
	if own := v.Levels.On(axis); own == 0 || rank <= own || relation.Follows(v.Kind, axis) {
		return
	}
	w := weighed{axis: axis, rank: rank, other: other}
	for _, r := range v.Doc.Relations {
		w.copy = w.copy || r.Type == string(relation.CopyOf) && r.Outgoing && r.Other == other.ID && axis == classify.Confidentiality
	}
	if i := slices.IndexFunc(v.above, func(x weighed) bool { return x.axis == axis }); i < 0 {
		v.above = append(v.above, w)
	} else if v.above[i].rank < rank {
		v.above[i] = w
	}
}

// advise says what the rules find in the form: what stops a submission, and what does not.
func (v *DraftView) advise() (warned []*errs.Error, refused error) {
	facts := check.Facts{Doc: v.Doc, Levels: v.Levels}
	warned, refused = v.checks.Warnings(facts, v.Scheme), v.checks.Refusals(facts, v.Scheme)
	for _, w := range v.above {
		source := check.Above
		if w.copy {
			source = check.CopyBelow
		}
		for _, r := range v.checks.Rules {
			line, ok := r.Line(v.Kind, asset.LevelKey(w.axis))
			if !r.On || !ok || line.Source != source {
				continue
			}
			text := v.checks.Text(r, line, check.Params{
				Kind: v.Kind, Field: line.Field, Axis: w.axis, Level: v.Levels.On(w.axis), Computed: w.rank, Other: cmp.Or(w.other.Name, outsideAsset),
			}, v.Scheme)
			e := errs.OnField(line.Field, "check."+strings.ToLower(r.ID), text)
			if r.Severity == check.Refuse {
				refused = errs.Join(refused, e)
			} else {
				warned = append(warned, e)
			}
		}
	}
	return warned, refused
}

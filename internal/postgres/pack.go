package postgres

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"daicho/internal/authz"
	"daicho/internal/classify"
	"daicho/internal/errs"
	"daicho/internal/pack"
)

// Put counts what a load did to one table.
type Put struct {
	Table    string // as the folder names it: unit.csv
	Rows     int    // in the pack
	Inserted int
	Updated  int
}

// put runs an upsert over rows of a pack that returns, per row that it changed, the key and whether
// the row is new. Rows that are equal are not touched, so that they leave nothing in the trail.
func put[T any](ctx context.Context, t *Tx, table, sql string, list []T, more pgx.StrictNamedArgs) (Put, []string, error) {
	p := Put{Table: table, Rows: len(list)}
	if len(list) == 0 {
		return p, nil, nil
	}
	args := pgx.StrictNamedArgs{"rows": list}
	maps.Copy(args, more)
	type changed struct {
		Key   string
		Fresh bool
	}
	cs, err := rows[changed](ctx, t, sql, args)
	if err != nil {
		return p, nil, putError(table, err)
	}
	var keys []string
	for _, c := range cs {
		if c.Fresh {
			p.Inserted++
		} else {
			p.Updated++
		}
		keys = append(keys, c.Key)
	}
	return p, keys, nil
}

// putError gives the conflicts that only the register can find their words.
func putError(table string, err error) error {
	err = mapErr(err)
	if errs.Is(err, errs.Conflict) {
		return &errs.Error{Kind: errs.Conflict, Code: errs.CodeOf(err), Err: err,
			Message: table + " のどれかの行が、すでに登録されている別のものと重なります。コード、採番記号、利用者ID、区分のコードを確かめてください。"}
	}
	return err
}

const (
	sqlPutHosts = `
INSERT INTO host_body AS t (code, name, yomi, lg_code, ord, source, checked)
SELECT code, name, yomi, lg_code, ord, source, checked
FROM jsonb_to_recordset(@rows::jsonb) x (code text, name text, yomi text, lg_code text, ord int, source text, checked text)
ON CONFLICT (code) DO UPDATE SET name = excluded.name, yomi = excluded.yomi, lg_code = excluded.lg_code, ord = excluded.ord,
  source = excluded.source, checked = excluded.checked
WHERE (t.name, t.yomi, t.lg_code, t.ord, t.source, t.checked)
  IS DISTINCT FROM (excluded.name, excluded.yomi, excluded.lg_code, excluded.ord, excluded.source, excluded.checked)
RETURNING t.code AS key, t.xmax = 0 AS fresh`

	sqlPutOrgans = `
INSERT INTO organ AS t (code, name, yomi, prefix, independent, ord, source, checked)
SELECT code, name, yomi, prefix, independent, ord, source, checked
FROM jsonb_to_recordset(@rows::jsonb) x (code text, name text, yomi text, prefix text, independent boolean, ord int, source text, checked text)
ON CONFLICT (code) DO UPDATE SET name = excluded.name, yomi = excluded.yomi, prefix = excluded.prefix, independent = excluded.independent,
  ord = excluded.ord, source = excluded.source, checked = excluded.checked
WHERE (t.name, t.yomi, t.prefix, t.independent, t.ord, t.source, t.checked)
  IS DISTINCT FROM (excluded.name, excluded.yomi, excluded.prefix, excluded.independent, excluded.ord, excluded.source, excluded.checked)
RETURNING t.code AS key, t.xmax = 0 AS fresh`

	// A model that somebody decided for a unit is not undone by loading the pack again.
	sqlPutUnits = `
INSERT INTO unit AS t (code, organ_id, parent_id, name, yomi, host_id, model, ord, valid_from, valid_to, source, checked)
SELECT x.code, o.id, p.id, x.name, x.yomi, h.id, x.model, x.ord, coalesce(nullif(x.valid_from, ''), '0001-01-01')::date,
       coalesce(nullif(x.valid_to, ''), 'infinity')::date, x.source, x.checked
FROM jsonb_to_recordset(@rows::jsonb) x (code text, organ text, parent text, name text, yomi text, host text, model text, ord int,
  valid_from text, valid_to text, source text, checked text)
JOIN organ o ON o.code = x.organ LEFT JOIN unit p ON p.code = x.parent LEFT JOIN host_body h ON h.code = x.host
ORDER BY x.ord, x.code
ON CONFLICT (code) DO UPDATE SET organ_id = excluded.organ_id, parent_id = excluded.parent_id, name = excluded.name, yomi = excluded.yomi,
  host_id = excluded.host_id, model = CASE WHEN EXISTS (SELECT FROM model_decision m WHERE m.unit_id = t.id) THEN t.model ELSE excluded.model END, ord = excluded.ord, valid_from = excluded.valid_from, valid_to = excluded.valid_to,
  source = excluded.source, checked = excluded.checked
WHERE (t.organ_id, t.parent_id, t.name, t.yomi, t.host_id, t.model, t.ord, t.valid_from, t.valid_to, t.source, t.checked)
  IS DISTINCT FROM (excluded.organ_id, excluded.parent_id, excluded.name, excluded.yomi, excluded.host_id,
    CASE WHEN EXISTS (SELECT FROM model_decision m WHERE m.unit_id = t.id) THEN t.model ELSE excluded.model END, excluded.ord,
    excluded.valid_from, excluded.valid_to, excluded.source, excluded.checked)
RETURNING t.code AS key, t.xmax = 0 AS fresh`

	// The tree below every unit, rebuilt in one statement; rows that are right already stay.
	sqlRebuildTree = `
WITH RECURSIVE w AS (
  SELECT id AS above_id, id AS unit_id, 0 AS depth FROM unit
  UNION ALL SELECT w.above_id, u.id, w.depth + 1 FROM w JOIN unit u ON u.parent_id = w.unit_id WHERE w.depth < 50
), gone AS (
  DELETE FROM unit_tree t WHERE NOT EXISTS (SELECT 1 FROM w WHERE (w.above_id, w.unit_id) = (t.above_id, t.unit_id))
)
INSERT INTO unit_tree AS t (above_id, unit_id, depth) SELECT above_id, unit_id, depth FROM w
ON CONFLICT (above_id, unit_id) DO UPDATE SET depth = excluded.depth WHERE t.depth <> excluded.depth`

	sqlPutPosts = `
INSERT INTO post AS t (code, unit_id, name, role, reach, ord, source, checked)
SELECT x.code, u.id, x.name, x.role, x.reach, x.ord, x.source, x.checked
FROM jsonb_to_recordset(@rows::jsonb) x (code text, unit text, name text, role text, reach text, ord int, source text, checked text)
JOIN unit u ON u.code = x.unit ORDER BY x.ord, x.code
ON CONFLICT (code) DO UPDATE SET unit_id = excluded.unit_id, name = excluded.name, role = excluded.role, reach = excluded.reach,
  ord = excluded.ord, source = excluded.source, checked = excluded.checked
WHERE (t.unit_id, t.name, t.role, t.reach, t.ord, t.source, t.checked)
  IS DISTINCT FROM (excluded.unit_id, excluded.name, excluded.role, excluded.reach, excluded.ord, excluded.source, excluded.checked)
RETURNING t.code AS key, t.xmax = 0 AS fresh`

	sqlPutPersons = `
INSERT INTO person AS t (code, name, yomi, employment)
SELECT code, name, yomi, employment FROM jsonb_to_recordset(@rows::jsonb) x (code text, name text, yomi text, employment text)
ON CONFLICT (code) DO UPDATE SET name = excluded.name, yomi = excluded.yomi, employment = excluded.employment
WHERE (t.name, t.yomi, t.employment) IS DISTINCT FROM (excluded.name, excluded.yomi, excluded.employment)
RETURNING t.code AS key, t.xmax = 0 AS fresh`

	sqlPutDeputies = `
INSERT INTO post_deputy AS t (post_id, deputy_id, ord)
SELECT p.id, d.id, x.ord FROM jsonb_to_recordset(@rows::jsonb) x (post text, deputy text, ord int) JOIN post p ON p.code = x.post JOIN post d ON d.code = x.deputy
ON CONFLICT (post_id, deputy_id) DO UPDATE SET ord = excluded.ord WHERE t.ord <> excluded.ord
RETURNING t.post_id::text AS key, t.xmax = 0 AS fresh`

	sqlPutAppointments = `
INSERT INTO appointment AS t (person_id, post_id, kind, valid_from, valid_to)
SELECT p.id, q.id, x.kind, x.valid_from::date, coalesce(nullif(x.valid_to, ''), 'infinity')::date
FROM jsonb_to_recordset(@rows::jsonb) x (person text, post text, kind text, valid_from text, valid_to text)
JOIN person p ON p.code = x.person JOIN post q ON q.code = x.post
ON CONFLICT (person_id, post_id, valid_from) DO UPDATE SET kind = excluded.kind, valid_to = excluded.valid_to
WHERE (t.kind, t.valid_to) IS DISTINCT FROM (excluded.kind, excluded.valid_to)
RETURNING t.person_id::text AS key, t.xmax = 0 AS fresh`

	sqlPutAccounts = `
INSERT INTO account AS t (person_id, login)
SELECT p.id, x.login FROM jsonb_to_recordset(@rows::jsonb) x (login text, person text) JOIN person p ON p.code = x.person
ON CONFLICT (login) DO NOTHING RETURNING t.login AS key, true AS fresh`

	// A password that stands already is somebody's own by now: a load never touches it.
	sqlPutCredential = `
INSERT INTO credential (account_id, phc)
SELECT id, @phc FROM account WHERE login = @login ON CONFLICT (account_id) DO NOTHING`
)

// PutOrganisation stores the organisation and the people of a pack, rebuilds the tree of units, and
// notes what was brought: an adoption of something else no longer stands behind it.
func (t *Tx) PutOrganisation(ctx context.Context, p *pack.Pack) ([]Put, error) {
	var out []Put
	add := func(x Put, _ []string, err error) error {
		out = append(out, x)
		return err
	}
	if err := add(put(ctx, t, "host_body.csv", sqlPutHosts, p.Hosts, nil)); err != nil {
		return out, err
	}
	if err := add(put(ctx, t, "organ.csv", sqlPutOrgans, p.Organs, nil)); err != nil {
		return out, err
	}
	units := Put{Table: "unit.csv"}
	for _, wave := range waves(p.Units) { // a parent must be stored before its children can point to it
		x, _, err := put(ctx, t, "unit.csv", sqlPutUnits, wave, nil)
		if err != nil {
			return out, err
		}
		units.Rows, units.Inserted, units.Updated = units.Rows+x.Rows, units.Inserted+x.Inserted, units.Updated+x.Updated
	}
	out = append(out, units)
	if units.Inserted+units.Updated > 0 {
		if _, err := exec(ctx, t, sqlRebuildTree, nil); err != nil {
			return out, mapErr(err)
		}
	}
	if err := add(put(ctx, t, "post.csv", sqlPutPosts, p.Posts, nil)); err != nil {
		return out, err
	}
	changed := slices.ContainsFunc(out, func(x Put) bool { return x.Inserted+x.Updated > 0 })
	if _, err := exec(ctx, t, sqlPutPackOrg, pgx.StrictNamedArgs{"name": p.Name, "digest": p.OrgDigest(), "changed": changed}); err != nil {
		return out, mapErr(err)
	}
	if err := add(put(ctx, t, "person.csv", sqlPutPersons, p.Persons, nil)); err != nil {
		return out, err
	}
	if err := add(put(ctx, t, "deputy.csv", sqlPutDeputies, p.Deputies, nil)); err != nil {
		return out, err
	}
	err := add(put(ctx, t, "appointment.csv", sqlPutAppointments, p.Appointments, nil))
	return out, err
}

// waves splits units so that each comes after its parent.
func waves(units []pack.Unit) [][]pack.Unit {
	depth := map[string]int{}
	var out [][]pack.Unit
	for _, u := range units { // parents stand above their children in a checked pack
		d := 0
		if at, ok := depth[u.Parent]; ok {
			d = at + 1
		}
		depth[u.Code] = d
		if d == len(out) {
			out = append(out, nil)
		}
		out[d] = append(out[d], u)
	}
	return out
}

// PutAccounts stores the accounts of a sample pack. hash makes the stored form of a password and is
// asked only for accounts that are new: hashing is meant to be slow.
func (t *Tx) PutAccounts(ctx context.Context, accounts []pack.Account, hash func(context.Context, string) (string, error)) (Put, error) {
	p, fresh, err := put(ctx, t, "account.csv", sqlPutAccounts, accounts, nil)
	if err != nil {
		return p, err
	}
	for _, a := range accounts {
		if !slices.Contains(fresh, a.Login) {
			continue
		}
		phc, err := hash(ctx, a.Password)
		if err != nil {
			return p, err
		}
		if _, err := exec(ctx, t, sqlPutCredential, pgx.StrictNamedArgs{"login": a.Login, "phc": phc}); err != nil {
			return p, mapErr(err)
		}
	}
	return p, nil
}

const (
	sqlPutPack = `
INSERT INTO pack AS t (name, title, version, sample, sha256, loaded_by) VALUES (@name, @title, @version, @sample, @sha256, @act)
ON CONFLICT (name) DO UPDATE SET title = excluded.title, version = excluded.version, sample = excluded.sample, sha256 = excluded.sha256,
  loaded_by = excluded.loaded_by
WHERE (t.title, t.version, t.sample, t.sha256) IS DISTINCT FROM (excluded.title, excluded.version, excluded.sample, excluded.sha256)`

	// What was adopted keeps its digest until a load changes what is there.
	sqlPutPackOrg = `
UPDATE pack SET org_sha256 = @digest WHERE name = @name AND org_sha256 IS DISTINCT FROM @digest::bytea
  AND (@changed OR NOT EXISTS (SELECT FROM adoption a WHERE a.target = 'org' AND a.code = @name))`

	sqlPackHash = `SELECT coalesce((SELECT sha256 FROM pack WHERE name = @name), '\x')`
)

// PutPack notes that the pack is loaded, with the digest of its files.
func (t *Tx) PutPack(ctx context.Context, m pack.Manifest, digest [32]byte) error {
	_, err := exec(ctx, t, sqlPutPack, pgx.StrictNamedArgs{
		"name": m.Name, "title": m.Title, "version": m.Version, "sample": m.Kind == pack.Sample, "sha256": digest[:], "act": t.act,
	})
	return mapErr(err)
}

// PackLoaded reports whether a pack of the name is loaded, and whether from these very files.
func (t *Tx) PackLoaded(ctx context.Context, name string, digest [32]byte) (loaded, same bool, err error) {
	b, err := scalar[[]byte](ctx, t, sqlPackHash, pgx.StrictNamedArgs{"name": name})
	return len(b) > 0, string(b) == string(digest[:]), err
}

const (
	sqlLockPacks = `SELECT pg_advisory_xact_lock(hashtext('daicho pack load'))`
	sqlInUse     = `SELECT EXISTS (SELECT 1 FROM asset) OR EXISTS (SELECT 1 FROM account)`
)

// LockPacks holds other loads off to the end of the transaction.
func (t *Tx) LockPacks(ctx context.Context) error {
	_, err := exec(ctx, t, sqlLockPacks, nil)
	return mapErr(err)
}

const sqlInEarnest = `
SELECT EXISTS (SELECT FROM act WHERE action = ANY (@actions::text[]) AND outcome = 'done' AND channel <> 'system')`

// InEarnest reports whether anybody gave an account, wrote an entry or asked for a decision who is not
// played by a sample.
func (t *Tx) InEarnest(ctx context.Context) (bool, error) {
	return scalar[bool](ctx, t, sqlInEarnest, pgx.StrictNamedArgs{"actions": []string{
		string(authz.ManageAccounts), string(authz.RegisterAsset), string(authz.AttachFile), string(authz.SubmitApplication), string(authz.Decide),
	}})
}

// InUse reports whether the register has an account or an asset already.
func (t *Tx) InUse(ctx context.Context) (bool, error) { return scalar[bool](ctx, t, sqlInUse, nil) }

const sqlKnown = `
SELECT ARRAY(SELECT name FROM pack) AS packs, ARRAY(SELECT code FROM host_body) AS hosts, ARRAY(SELECT code FROM organ) AS organs,
       ARRAY(SELECT code FROM post) AS posts, ARRAY(SELECT code FROM person) AS persons, ARRAY(SELECT code FROM scheme) AS schemes,
       ARRAY(SELECT code FROM catalogue) AS catalogues, ARRAY(SELECT code FROM route_edition) AS routes,
       ARRAY(SELECT u.code FROM unit u ORDER BY u.id) AS units,
       ARRAY(SELECT o.code FROM unit u JOIN organ o ON o.id = u.organ_id ORDER BY u.id) AS unit_organs,
       ARRAY(SELECT a.login FROM account a ORDER BY a.id) AS logins,
       ARRAY(SELECT p.code FROM account a JOIN person p ON p.id = a.person_id ORDER BY a.id) AS login_persons`

// Known reads the codes that the tables of a pack may refer to.
func (t *Tx) Known(ctx context.Context) (pack.Known, error) {
	type codes struct {
		Packs, Hosts, Organs, Posts, Persons, Schemes, Catalogues, Routes []string
		Units, UnitOrgans, Logins, LoginPersons                           []string
	}
	c, err := row[codes](ctx, t, sqlKnown, nil)
	if err != nil {
		return pack.Known{}, err
	}
	k := pack.Known{
		Packs: c.Packs, Hosts: c.Hosts, Organs: c.Organs, Posts: c.Posts, Persons: c.Persons, Schemes: c.Schemes, Catalogues: c.Catalogues, Routes: c.Routes,
		Units: map[string]string{}, Logins: map[string]string{},
	}
	for i, u := range c.Units {
		k.Units[u] = c.UnitOrgans[i]
	}
	for i, l := range c.Logins {
		k.Logins[l] = c.LoginPersons[i]
	}
	shelf, err := t.ShelfWhole(ctx)
	if errs.Is(err, errs.NotFound) {
		return k, nil
	}
	if err != nil {
		return k, err
	}
	k.Default, k.Editions = shelf.Current, map[string]*classify.Scheme{}
	for _, s := range shelf.Editions {
		k.Editions[s.Code] = s
	}
	return k, nil
}

// LoadedPack is a pack in the register.
type LoadedPack struct {
	Name, Title, Version string
	Sample               bool
	At                   time.Time
	By                   string
}

// Edition is an organisation, a scheme, a catalogue or the routes with its adoption, if there is one.
type Edition struct {
	Target, Code, Name, Edition string
	DocNo                       string // "" = not adopted: 案・未照合
	Lapsed                      string // 文書番号 of an adoption of what was there before it changed
	DecidedOn                   *time.Time
	Note                        string
	Unchecked                   int // items that nobody has compared with their source
	Items                       int
}

const (
	sqlPacks = `
SELECT p.name, p.title, p.version, p.sample, a.at, a.person_text AS by FROM pack p JOIN act a ON a.id = p.loaded_by ORDER BY a.id, p.name`

	sqlEditions = `
SELECT e.target, e.code, e.name, e.edition, coalesce(d.doc_no, '') AS doc_no, d.decided_on, coalesce(d.note, '') AS note, e.unchecked, e.items,
  CASE WHEN d.id IS NULL THEN coalesce((SELECT x.doc_no FROM adoption x WHERE x.target = e.target AND x.code = e.code ORDER BY x.id DESC LIMIT 1), '') ELSE '' END AS lapsed
FROM (SELECT 'scheme' AS target, 1 AS ord, s.code, s.name, s.edition, s.id, NULL::bytea AS content,
             count(*) FILTER (WHERE l.checked = '未照合') AS unchecked, count(l.*) AS items
      FROM scheme s LEFT JOIN scheme_level l ON l.scheme_id = s.id WHERE s.state IN ('loaded', 'approved') GROUP BY s.id
      UNION ALL
      SELECT 'catalogue', 2, c.code, c.name, c.edition, c.id, NULL, count(*) FILTER (WHERE k.checked = '未照合'), count(k.*)
      FROM catalogue c LEFT JOIN control k ON k.catalogue_id = c.id GROUP BY c.id
      UNION ALL
      SELECT 'route', 3, r.code, r.name, r.edition, r.id, NULL, (r.checked = '未照合')::int, 1 FROM route_edition r WHERE r.state IN ('loaded', 'approved')
      UNION ALL
      SELECT 'org', 0, p.name, p.title, p.version, 0, p.org_sha256,
             (SELECT count(*) FROM unit WHERE checked = '未照合'), (SELECT count(*) FROM unit)
      FROM pack p WHERE NOT p.sample AND p.org_sha256 IS DISTINCT FROM '') e
LEFT JOIN adoption d ON d.target = e.target AND d.code = e.code AND d.content IS NOT DISTINCT FROM e.content ORDER BY e.ord, e.id, e.code`
)

// Packs lists the packs that are loaded, in the order of loading.
func (t *Tx) Packs(ctx context.Context) ([]LoadedPack, error) {
	return rows[LoadedPack](ctx, t, sqlPacks, nil)
}

// Editions lists the organisation, the schemes and the catalogues with their adoptions.
func (t *Tx) Editions(ctx context.Context) ([]Edition, error) {
	return rows[Edition](ctx, t, sqlEditions, nil)
}

const (
	sqlInsertAdoptions = `
INSERT INTO adoption AS t (target, code, doc_no, decided_on, note, act_id, content)
SELECT x.target, x.code, x.doc_no, x.decided_on::date, x.note, @act, p.org_sha256
FROM jsonb_to_recordset(@rows::jsonb) x (target text, code text, doc_no text, decided_on text, note text)
LEFT JOIN pack p ON x.target = 'org' AND p.name = x.code
ON CONFLICT DO NOTHING RETURNING t.target || ' ' || t.code AS key, true AS fresh`

	sqlOtherAdoptions = `
SELECT x.target || ' ' || x.code FROM jsonb_to_recordset(@rows::jsonb) x (target text, code text, doc_no text, decided_on text, note text)
LEFT JOIN pack p ON x.target = 'org' AND p.name = x.code
JOIN adoption a ON a.target = x.target AND a.code = x.code AND a.content IS NOT DISTINCT FROM p.org_sha256
WHERE (a.doc_no, a.decided_on, a.note) IS DISTINCT FROM (x.doc_no, x.decided_on::date, x.note)`
)

// PutAdoptions stores adoptions, each of what is there now. Errors: Conflict when another adoption of
// the same content stands already: a decision is never rewritten. One that was stored before is passed
// over, also when its content has changed since.
func (t *Tx) PutAdoptions(ctx context.Context, list []pack.Adoption) (Put, error) {
	if len(list) == 0 {
		return Put{Table: "adoption.csv"}, nil
	}
	q, err := t.tx.Query(ctx, sqlOtherAdoptions, pgx.StrictNamedArgs{"rows": list})
	if err != nil {
		return Put{}, mapErr(err)
	}
	other, err := pgx.CollectRows(q, pgx.RowTo[string])
	if err != nil {
		return Put{}, mapErr(err)
	}
	if len(other) > 0 {
		return Put{}, errs.New(errs.Conflict, "pack.adopted", fmt.Sprintf("adoption.csv の %s には、別の採用決裁が登録されています。決裁は書きかえられません。", strings.Join(other, "、")))
	}
	p, _, err := put(ctx, t, "adoption.csv", sqlInsertAdoptions, list, pgx.StrictNamedArgs{"act": t.act})
	return p, err
}

package postgres

import (
	"time"

	"github.com/jackc/pgx/v5"

	"daicho/internal/classify"
)

// originSteps bounds the way of one level. A way is as long as the chain of containers that it leads
// through; a longer one is cut and says so.
const originSteps = 64

// Step is one asset on the way of a level, seen from the asset before it.
type Step struct {
	Axis                  classify.Axis
	Depth                 int // 0 = the asset itself
	Base, Computed, Level classify.Rank
	// Inside says that the asset lies within the scope. Of one outside nothing else here may be shown.
	Inside bool
	Ref    AssetRef

	// The relation along which the asset gives to the one before it.
	Type     string
	Outgoing bool // the one before stands at its from end
	Effect   string
	Pass     classify.Rank
	Reason   string
	Written  bool // in the document of an asset within the scope
	Related  By   // who brought the relation into force
	Gathered bool // the level rests on the relation, not on the asset: the way ends here

	Version  int // in force, 0 = none
	Approved By  // who approved what is in force
	Decision int64

	// What the last asset of a way declares, where details were asked for and it lies within the scope.
	Content string // of the version in force, "" = not read
	Scheme  int64  // by which it was judged
}

// sqlOrigin walks the way of all three axes along via. It cannot lead round in a circle, but a reader
// must not hang on a wrong row. A level that only a 集積 gives ends at the relation that gathers.
const sqlOrigin = `
WITH RECURSIVE way (axis, id, depth, seen, taker, gathered) AS (
  SELECT axis, asset_id, 0, ARRAY[asset_id], 0::bigint, false FROM level_now WHERE asset_id = @asset
  UNION ALL
  SELECT w.axis, coalesce(l.via, l.gathered), w.depth + 1, w.seen || coalesce(l.via, l.gathered), w.id, l.via IS NULL
  FROM way w JOIN level_now l ON l.asset_id = w.id AND l.axis = w.axis
  WHERE NOT w.gathered AND coalesce(l.via, l.gathered) <> ALL (w.seen) AND w.depth < @steps)
SELECT w.axis, w.depth, w.gathered, l.base, l.computed, l.level AS held, (@everything OR n.unit_id = ANY (@scope::bigint[])) AS inside,
  ` + fragRefColumns + `,
  coalesce(e.type, '') AS type, coalesce(e.outgoing, false) AS outgoing, coalesce(e.effect, '') AS effect, coalesce(e.pass, 0)::smallint AS pass,
  coalesce(e.note, '') AS note, coalesce(e.written, false) AS written, coalesce(e.person_text, '') AS r_person, coalesce(e.post_text, '') AS r_post, e.at AS r_at,
  coalesce(t.version_no, 0) AS version, coalesce(t.decision_id, 0) AS decision,
  coalesce(da.person_text, '') AS d_person, coalesce(da.post_text, '') AS d_post, da.at AS d_at,
  coalesce(dv.content, '') AS content, coalesce(dv.scheme_id, 0) AS declared_by
FROM (SELECT *, @detail AND NOT gathered AND lead(depth) OVER (PARTITION BY axis ORDER BY depth) IS NULL AS declares FROM way) w JOIN level_now l ON l.asset_id = w.id AND l.axis = w.axis
JOIN asset_now n ON n.asset_id = w.id JOIN unit u ON u.id = n.unit_id
LEFT JOIN tenure t ON t.asset_id = w.id AND t.to_rev = 9223372036854775807
LEFT JOIN decision d ON d.id = t.decision_id LEFT JOIN act da ON da.id = d.act_id
LEFT JOIN asset_version dv ON w.declares AND dv.asset_id = w.id AND dv.no = t.version_no AND (@everything OR n.unit_id = ANY (@scope::bigint[]))
LEFT JOIN LATERAL (
  SELECT r.type, r.from_id = w.taker AS outgoing, r.effect, CASE w.axis WHEN 'C' THEN r.pass_c WHEN 'I' THEN r.pass_i ELSE r.pass_a END AS pass,
    r.note, @everything OR o.unit_id = ANY (@scope::bigint[]) AS written, ra.person_text, ra.post_text, v.at
  FROM travel x JOIN relation r ON r.id = x.relation_id JOIN asset_now o ON o.asset_id = r.owner_id
  JOIN revision v ON v.rev = r.from_rev JOIN act ra ON ra.id = v.act_id
  WHERE x.axis = w.axis AND x.taker = w.taker AND x.giver = w.id
  ORDER BY least(greatest(l.computed, x.least), x.most) DESC, r.id LIMIT 1) e ON true
ORDER BY w.axis, w.depth`

// Way is what Origin reads.
type Way struct {
	Steps []Step                 // per axis, the asset itself first
	Cut   map[classify.Axis]bool // axes whose way is longer than is followed
}

// ReadOrigin reads the way of each level of an asset to where it comes from: per axis, the asset itself
// first, then neighbour by neighbour along via to the one whose own level it is, or to the 集積 that
// gives it; none while nothing is in force. detail reads what was declared at the ends, too.
func (t *Tx) ReadOrigin(id int64, detail bool, into *Way) Reading {
	type line struct {
		Axis                 string
		Depth                int
		Gathered             bool
		Base, Computed, Held int16
		Inside               bool
		refRow
		Type           string
		Outgoing       bool
		Effect         string
		Pass           int16
		Note           string
		Written        bool
		RPerson, RPost string
		RAt            *time.Time
		Version        int
		Decision       int64
		DPerson, DPost string
		DAt            *time.Time
		Content        string
		DeclaredBy     int64
	}
	return reading(sqlOrigin, t.scoped(pgx.StrictNamedArgs{"asset": id, "steps": originSteps, "detail": detail}), func(list []line) {
		into.Cut = map[classify.Axis]bool{}
		for _, l := range list {
			s := Step{
				Axis: classify.Axis(l.Axis), Depth: l.Depth, Base: classify.Rank(l.Base), Computed: classify.Rank(l.Computed), Level: classify.Rank(l.Held),
				Inside: l.Inside, Ref: l.ref(), Type: l.Type, Outgoing: l.Outgoing, Effect: l.Effect, Pass: classify.Rank(l.Pass), Reason: l.Note,
				Written: l.Written, Related: By{l.RPerson, l.RPost, deref(l.RAt)}, Gathered: l.Gathered,
				Version: l.Version, Approved: By{l.DPerson, l.DPost, deref(l.DAt)}, Decision: l.Decision, Content: l.Content, Scheme: l.DeclaredBy,
			}
			if s.Depth == originSteps && s.Computed > s.Base && !s.Gathered {
				into.Cut[s.Axis] = true
			}
			into.Steps = append(into.Steps, s)
		}
	})
}

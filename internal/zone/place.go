package zone

import (
	"daicho/internal/asset"
	"daicho/internal/classify"
)

// Place is where information may lie: a column of the 置き場の表.
type Place string

// The places. Source: domain of the field, 置き場の許容.
const (
	PlaceMN      Place = "MN"
	PlaceLG      Place = "LG"
	PlaceIT      Place = "IT"
	PlaceCloudMN Place = "CMN" // a cloud service on a line of its own, managed as MN
	PlaceCloudLG Place = "CLG" // on a line of its own as LG, or directly under α′
	PlaceCloud   Place = "CIT" // any other cloud service
	PlacePaper   Place = "PAPER"
	PlaceMedium  Place = "MEDIUM"
)

// Places lists the places in the order of the columns.
func Places() []asset.Option { return places[:] }

var places = [...]asset.Option{
	{Code: string(PlaceMN), Label: "マイナンバー系", Hint: "マイナンバー利用事務系の機器・システム"},
	{Code: string(PlaceLG), Label: "LGWAN系", Hint: "LGWAN接続系の機器・システム"},
	{Code: string(PlaceIT), Label: "インターネット系", Hint: "インターネット接続系の機器・システム"},
	{Code: string(PlaceCloudMN), Label: "クラウド（MN系）", Hint: "専用の回線でつなぎ、マイナンバー利用事務系として管理するクラウド"},
	{Code: string(PlaceCloudLG), Label: "クラウド（LG系）", Hint: "専用の回線でつなぐか、α′でLGWAN接続系から直接使うクラウド"},
	{Code: string(PlaceCloud), Label: "クラウド（一般）", Hint: "そのほかのクラウド"},
	{Code: string(PlacePaper), Label: "紙（施錠）"},
	{Code: string(PlaceMedium), Label: "持ち運べる媒体"},
}

// Verdict says whether information may lie in a place.
type Verdict string

// The verdicts.
const (
	Standard Verdict = "standard" // ◎
	Allowed  Verdict = "ok"       // ○
	Approval Verdict = "approval" // △ with an approval or an exception
	Banned   Verdict = "no"       // ✕
)

// Verdicts lists the verdicts with their signs.
func Verdicts() []asset.Option { return verdicts[:] }

var verdicts = [...]asset.Option{
	{Code: string(Standard), Label: "◎ 標準", Hint: "ふつうはここに置く"},
	{Code: string(Allowed), Label: "○ 可", Hint: "置いてよい"},
	{Code: string(Approval), Label: "△ 承認・例外", Hint: "承認か例外措置を受けて置く"},
	{Code: string(Banned), Label: "✕ 不可", Hint: "置いてはならない"},
}

// Label returns the sign and the word of the verdict.
func (v Verdict) Label() string { return asset.Label(verdicts[:], string(v)) }

// Cell is one cell of the 置き場の表.
type Cell struct {
	Rank     classify.Rank // the row is for this rank of 機密性 on the common scale and for those above up to the next row
	MyNumber bool          // the row is for 特定個人情報
	Place    Place
	Verdict  Verdict
	Models   []string // the cell holds under these adopted models only; elsewhere it is ✕. Empty = any
	Control  string   // key of the 対策 that says why: 3-07
	Note     string   // the condition in words
}

// Matrix is the 置き場の表: what may lie where.
type Matrix []Cell

// At finds the cell for information of a rank in a place: the row of 特定個人情報 for such, unless the
// rank lies above it, else the highest row at or below the rank. It reports false when the table has
// none, and then nothing is judged.
func (m Matrix) At(rank classify.Rank, myNumber bool, p Place) (Cell, bool) {
	var best Cell
	ok := false
	better := func(c Cell) bool {
		if !ok {
			return true
		}
		return c.Rank > best.Rank || c.Rank == best.Rank && c.MyNumber && !best.MyNumber
	}
	for _, c := range m {
		if c.Place != p {
			continue
		}
		// 特定個人情報 that was judged too low is still 特定個人情報.
		if c.MyNumber && myNumber && better(c) {
			best, ok = c, true
		}
		if !c.MyNumber && c.Rank <= rank && better(c) {
			best, ok = c, true
		}
	}
	return best, ok
}

// Container is what holds information, as far as the 置き場の表 asks.
type Container struct {
	Kind asset.Kind
	Zone string
}

// PlaceOf says which column a container is; false for what the table knows no column for, as a device
// outside every network or a room.
func PlaceOf(c Container) (Place, bool) {
	byZone := map[string]Place{asset.ZoneMyNumber: PlaceMN, asset.ZoneLGWAN: PlaceLG, asset.ZoneInternet: PlaceIT}
	switch c.Kind {
	case asset.Paper:
		return PlacePaper, true
	case asset.Medium:
		return PlaceMedium, true
	case asset.Cloud:
		switch c.Zone {
		case asset.ZoneMyNumber:
			return PlaceCloudMN, true
		case asset.ZoneLGWAN:
			return PlaceCloudLG, true
		}
		return PlaceCloud, true
	case asset.Facility:
		return "", false
	}
	p, ok := byZone[c.Zone]
	return p, ok
}

// Content is information that lies somewhere.
type Content struct {
	Rank     classify.Rank // of 機密性, on the common scale; 0 = not judged yet
	Code     string        // of the level as people read it: 3B
	MyNumber bool
}

// JudgePlace says what is wrong with information in a place, under the adopted model of the unit that
// answers for it. Information that nobody has judged yet is never wrong.
func JudgePlace(in Content, p Place, m Matrix, model string) []Finding {
	if in.Rank == 0 {
		return nil
	}
	c, ok := m.At(in.Rank, in.MyNumber, p)
	if !ok {
		return nil
	}
	what := "機密性" + in.Code + "の情報"
	if in.MyNumber {
		what = "特定個人情報"
	}
	what += "が、" + asset.Label(places[:], string(p)) + "に"
	why := c.Note
	if why == "" {
		why = "置き場の表がそう定めています"
	}
	if c.Control != "" {
		why += "。もとになる対策 " + c.Control
	}
	fits := len(c.Models) == 0
	for _, x := range c.Models {
		fits = fits || x == model
	}
	switch {
	case c.Verdict == Banned || !fits:
		return []Finding{found("Z11", "", what+"置かれています", why, "許された場所に移すか、置けない事情があれば例外措置を申請してください")}
	case c.Verdict == Approval:
		return []Finding{found("Z12", "", what+"置かれています", why, "承認か例外措置の文書を確かめ、なければ受けてください")}
	}
	return nil
}
